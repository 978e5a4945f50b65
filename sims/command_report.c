// entrain report: the page of a directory.
#include <stdlib.h>

#include "sims/options.h"
#include "sims/report.h"
#include "sims/run_directory.h"
#include "sims/say.h"

int command_report(const cli_options *options) {
    entrain_error error = {0};
    if (report_write(options->operand, &error) != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return EXIT_FAILED;
    }
    char *path = path_join(options->operand, "report.html");
    json_t *json = options->json ? json_pack("{s:s}", "report", path) : NULL;
    if (json != NULL) {
        json_dumpf(json, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (!options->quiet) {
        printf("%s\n", path);
    }
    json_decref(json);
    free(path);
    return EXIT_DONE;
}
