// entrain plot: the pictures of a directory, from its files alone.
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sims/options.h"
#include "sims/plot.h"
#include "sims/plot_table.h"
#include "sims/say.h"
#include "sims/sweep_results.h"
#include "sims/words.h"

static const char *text_at(const json_t *json, const char *key) {
    const char *text = json_string_value(json_object_get(json, key));
    return text != NULL ? text : "";
}

// A run's: all of them, or one column of its series.
static entrain_status plot_of_run(const cli_options *options, const json_t *manifest,
                                  entrain_error *error_out) {
    const char *directory = options->operand;
    if (options->result == NULL)
        return plot_run(directory, error_out);
    const char *file = run_directory_has(directory, "series.csv") ? "series.csv" : "series.csv.part";
    return plot_table(directory, file, "series", options->result,
                      text_at(json_object_get(manifest, "scenario"), "title"), error_out);
}

static entrain_status plot_of_sweep(const cli_options *options, entrain_error *error_out) {
    sweep_table table;
    entrain_status status = sweep_table_read(options->operand, &table, error_out);
    if (status != ENTRAIN_OK)
        return status;
    status = sweep_plot(options->operand, &table, options->result, error_out);
    sweep_table_free(&table);
    return status;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// A script's: one for each of its tables. One that has nothing to draw is passed over with a note.
static entrain_status plot_of_script(const cli_options *options, const json_t *manifest,
                                     entrain_error *error_out) {
    char **names = NULL;
    size_t count = 0, made = 0;
    entrain_status status = ENTRAIN_OK;
    DIR *from = opendir(options->operand);
    for (struct dirent *entry; from != NULL && (entry = readdir(from)) != NULL;) {
        const size_t size = strlen(entry->d_name);
        if (size < 5 || strcmp(entry->d_name + size - 4, ".csv") != 0 ||
            strcmp(entry->d_name, "timing.csv") == 0)
            continue;
        names = realloc(names, (count + 1) * sizeof *names);
        if (names == NULL || (names[count++] = strdup(entry->d_name)) == NULL)
            abort();
    }
    if (from != NULL)
        closedir(from);
    if (count > 0)
        qsort(names, count, sizeof *names, by_text);
    for (size_t i = 0; i < count; i++) {
        const char *name = text_at(manifest, "name");
        char *stem = strndup(names[i], strlen(names[i]) - 4), *title = NULL;
        const bool main_one = stem != NULL && strcmp(stem, name) == 0;
        if (stem == NULL ||
            (main_one ? asprintf(&title, "%s", words_title(text_at(manifest, "text"), name).text)
                      : asprintf(&title, "%s: %s", name, stem)) < 0)
            abort();
        if (status == ENTRAIN_OK)
            status = plot_table(options->operand, names[i], stem, options->result, title, error_out);
        made += status == ENTRAIN_OK;
        if (status == ENTRAIN_UNKNOWN && strstr(error_out->sentence, "gnuplot") == NULL) {
            say_note("no picture: %s", error_out->sentence);
            status = ENTRAIN_OK;
        }
        free(stem);
        free(title);
        free(names[i]);
    }
    free(names);
    if (status == ENTRAIN_OK && made == 0)
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN, "%s has no table to draw.", options->operand);
    return status;
}

int command_plot(const cli_options *options) {
    entrain_error error = {0};
    char *path = path_join(options->operand, "manifest.json");
    json_t *manifest = json_load_file(path, 0, NULL);
    const char *format = text_at(manifest, "format");
    entrain_status status = ENTRAIN_OK;
    free(path);
    if (strncmp(format, "entrain-", 8) != 0)
        status = entrain_error_set(&error, ENTRAIN_IO,
                                   "%s is no directory of an Entrain run, sweep or script: it has no whole "
                                   "manifest.json.",
                                   options->operand);
    else if (strcmp(format, RUN_FORMAT) == 0)
        status = plot_of_run(options, manifest, &error);
    else if (strcmp(format, SWEEP_FORMAT) == 0)
        status = plot_of_sweep(options, &error);
    else
        status = plot_of_script(options, manifest, &error);
    json_decref(manifest);
    if (status == ENTRAIN_OK)
        return EXIT_DONE;
    if (status == ENTRAIN_UNKNOWN && strcmp(error.sentence, "gnuplot is not installed") == 0)
        say_error("no pictures: gnuplot is not installed (Debian: apt-get install gnuplot-nox); the data is "
                  "complete.");
    else
        say_error("%s", error.sentence);
    return EXIT_FAILED;
}
