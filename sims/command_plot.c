// entrain plot: the pictures of a directory, from its files alone.
#include <string.h>

#include "sims/drawing.h"
#include "sims/options.h"
#include "sims/say.h"
#include "sims/sweep_results.h"

static int plot_sweep(const cli_options *options) {
    entrain_error error = {0};
    sweep_table table;
    if (sweep_table_read(options->operand, &table, &error) != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return EXIT_FAILED;
    }
    entrain_status status = sweep_plot(options->operand, &table, options->result, &error);
    sweep_table_free(&table);
    if (status == ENTRAIN_OK)
        return EXIT_DONE;
    say_error("%s", error.sentence);
    return EXIT_FAILED;
}

int command_plot(const cli_options *options) { return plot_sweep(options); }
