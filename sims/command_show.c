// entrain show: the summary of a run's directory, from its files, after checking that they belong together.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sims/explain.h"
#include "sims/options.h"
#include "sims/recorder.h"
#include "sims/run_directory.h"
#include "sims/say.h"
#include "sims/script_directory.h"
#include "sims/summary.h"
#include "sims/sweep_results.h"

static uint64_t fields_of(const char *line) {
    uint64_t fields = 1;
    for (; *line != '\0'; line++)
        fields += *line == ',';
    return fields;
}

// Walks series.csv: our header, whole lines, as many samples and the last fingerprint as the summary says.
static entrain_status check_series(const char *directory, const json_t *summary, entrain_error *error_out) {
    char *path = path_join(directory, "series.csv"), *line = NULL, last[32] = "";
    size_t room = 0;
    uint64_t samples = 0, columns = 0;
    bool header = false, torn = false;
    FILE *from = fopen(path, "re");
    entrain_status status = ENTRAIN_OK;
    if (from == NULL)
        status = entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be read: %s.", path, strerror(errno));
    for (ssize_t size; status == ENTRAIN_OK && (size = getline(&line, &room, from)) > 0;) {
        torn = line[size - 1] != '\n';
        line[size - 1] = torn ? line[size - 1] : '\0';
        if (!header) {
            header = true;
            columns = fields_of(line);
            if (strncmp(line, SERIES_HEADER_FIRST, strlen(SERIES_HEADER_FIRST)) != 0)
                status = entrain_error_set(error_out, ENTRAIN_PARSE,
                                           "%s is not the series of an Entrain run.", path);
            continue;
        }
        samples++;
        torn = torn || fields_of(line) != columns;
        const char *field = line;
        for (int f = 0; f < SERIES_FINGERPRINT_AT && field != NULL; f++)
            field = strchr(field, ',') != NULL ? strchr(field, ',') + 1 : NULL;
        snprintf(last, sizeof last, "%.*s", field != NULL ? (int)strcspn(field, ",") : 0,
                 field != NULL ? field : "");
    }
    const char *fingerprint = json_string_value(json_object_get(summary, "fingerprint"));
    if (status == ENTRAIN_OK &&
        (torn || samples != (uint64_t)json_integer_value(json_object_get(summary, "samples")) ||
         fingerprint == NULL || strcmp(last, fingerprint) != 0))
        status = entrain_error_set(
            error_out, ENTRAIN_PARSE,
            "%s is torn or of another run: it does not end as summary.json says; run it again.", path);
    if (from != NULL)
        fclose(from);
    free(line);
    free(path);
    return status;
}

static entrain_status check_directory(const char *directory, entrain_error *error_out) {
    struct stat about;
    if (stat(directory, &about) != 0)
        return entrain_error_set(error_out, ENTRAIN_IO, "The directory %s cannot be read: %s.", directory,
                                 strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return entrain_error_set(error_out, ENTRAIN_IO,
                                 "%s is no directory; give the one that `entrain run` wrote.", directory);
    if (!run_directory_has(directory, "manifest.json"))
        return entrain_error_set(error_out, ENTRAIN_IO, "%s is no Entrain run: it has no manifest.json.",
                                 directory);
    return ENTRAIN_OK;
}

static entrain_status read_run(const char *directory, json_t **summary_out, json_t **execution_out,
                               entrain_error *error_out) {
    json_t *manifest = NULL;
    entrain_status status = run_file_read_json(directory, "manifest.json", RUN_FORMAT, &manifest, error_out);
    if (status != ENTRAIN_OK)
        return status;
    json_decref(manifest);
    if (!run_directory_has(directory, "summary.json"))
        return entrain_error_set(error_out, ENTRAIN_IO,
                                 "The run in %s did not end: there is no summary.json%s.", directory,
                                 run_directory_has(directory, "series.csv.part")
                                     ? ", and series.csv.part holds the samples it took"
                                     : "");
    json_t *summary = NULL;
    status = run_file_read_json(directory, "summary.json", SUMMARY_FORMAT, &summary, error_out);
    if (status == ENTRAIN_OK)
        status = check_series(directory, summary, error_out);
    if (status == ENTRAIN_OK)
        status = run_file_read_json(directory, "execution.json", EXECUTION_FORMAT, execution_out, error_out);
    if (status != ENTRAIN_OK) {
        json_decref(summary);
        return status;
    }
    *summary_out = summary;
    return ENTRAIN_OK;
}

// A sweep's: what it found.
static int show_sweep(const cli_options *options) {
    entrain_error error = {0};
    sweep_table table;
    if (sweep_table_read(options->operand, &table, &error) != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return EXIT_FAILED;
    }
    const csv_table *csv = &table.results;
    const char *title = sweep_title(table.manifest);
    if (options->json) {
        json_t *json = json_deep_copy(table.manifest), *counts = json_object(), *columns = json_array();
        uint32_t done = 0;
        for (uint32_t row = 0; row < csv->row_count; row++)
            done += strcmp(csv->cells[row][table.status], "done") == 0;
        for (uint32_t c = 0; c < csv->column_count; c++)
            json_array_append_new(columns, json_string(csv->columns[c]));
        json_object_set_new(counts, "done", json_integer(done));
        json_object_set_new(counts, "failed", json_integer(csv->row_count - done));
        json_object_set_new(json, "results", counts);
        json_object_set_new(json, "columns", columns);
        json_object_set_new(json, "directory", json_string(options->operand));
        json_dumpf(json, stdout, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
        putchar('\n');
        json_decref(json);
    } else {
        printf("%s\n\n", title);
        sweep_findings(&table, stdout);
        printf("\n  %s\n", options->operand);
    }
    sweep_table_free(&table);
    return EXIT_DONE;
}

int command_show(const cli_options *options) {
    entrain_error error = {0};
    if (sweep_directory_kind.is_ours(options->operand))
        return show_sweep(options);
    if (script_directory_is(options->operand) && !options->json && !options->explain) {
        if (script_directory_show(options->operand, stdout, &error) == ENTRAIN_OK)
            return EXIT_DONE;
        say_error("%s", error.sentence);
        return EXIT_FAILED;
    }
    json_t *summary = NULL, *execution = NULL;
    entrain_status status = check_directory(options->operand, &error);
    if (status == ENTRAIN_OK)
        status = read_run(options->operand, &summary, &execution, &error);
    if (status == ENTRAIN_OK && options->json && options->explain)
        json_object_set_new(summary, "explained", explain_json(summary));
    if (status == ENTRAIN_OK && options->json)
        status = summary_print_json(stdout, summary, execution, options->operand, &error);
    else if (status == ENTRAIN_OK)
        summary_print(stdout, summary, execution, options->operand);
    if (status == ENTRAIN_OK && options->explain && !options->json)
        explain_print(stdout, summary);
    json_decref(summary);
    json_decref(execution);
    if (status == ENTRAIN_OK)
        return EXIT_DONE;
    say_error("%s", error.sentence);
    return EXIT_FAILED;
}
