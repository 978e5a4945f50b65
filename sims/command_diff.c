// entrain diff: two runs, or two sweeps: what was asked differently, what came out differently, and of two
// runs the first tick, actor and field where they part. One JSON document is filled and then told in words
// or as it is.
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sims/csv_table.h"
#include "sims/options.h"
#include "sims/recorder.h"
#include "sims/run_diff.h"
#include "sims/run_directory.h"
#include "sims/say.h"
#include "sims/sweep_results.h"
#include "sims/words.h"

enum { SHOWN_MAX = 8, KEPT_MAX = 1000 };

typedef struct diff_state {
    const cli_options *options;
    const char *directories[2];
    json_t *manifests[2];
    json_t *report;
    bool different;
} diff_state;

// --- keys

// "swarm.size" -> value for every leaf; lists are leaves.
static void flatten(const json_t *tree, const char *prefix, json_t *flat) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)tree, key, value) {
        char *name = NULL;
        if (asprintf(&name, "%s%s%s", prefix, *prefix != '\0' ? "." : "", key) < 0)
            abort();
        if (json_is_object(value) && json_object_size(value) > 0)
            flatten(value, name, flat);
        else
            json_object_set(flat, name, value);
        free(name);
    }
}

static bool changes_nothing(const char *key) {
    static const char *const words[] = {"exec.workers", "exec.policy", "exec.transport",
                                        "exec.simd",    "exec.layout", "exec.pin",
                                        "exec.cohort",  "title",       NULL};
    for (size_t i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], key) == 0)
            return true;
    return false;
}

// Neither asks for a capacity of its own.
static bool is_nothing(const json_t *value) { return value == NULL || json_integer_value(value) == 0; }

static void add_key(json_t *list, const char *key, const json_t *a, const json_t *b) {
    json_t *one = json_object();
    json_object_set_new(one, "key", json_string(key));
    json_object_set(one, "a", a != NULL ? (json_t *)(uintptr_t)a : json_null());
    json_object_set(one, "b", b != NULL ? (json_t *)(uintptr_t)b : json_null());
    json_object_set_new(one, "changes_results",
                        json_boolean(!changes_nothing(key) && !(strcmp(key, "exec.mailbox_capacity") == 0 &&
                                                                is_nothing(a) && is_nothing(b))));
    json_array_append_new(list, one);
}

static void compare_keys(diff_state *diff, const char *of) {
    json_t *flats[2], *list = json_array(), *value;
    const char *key;
    for (int s = 0; s < 2; s++) {
        flats[s] = json_object();
        flatten(json_object_get(diff->manifests[s], of), strcmp(of, "sweep") == 0 ? "sweep" : "", flats[s]);
    }
    json_object_foreach(flats[0], key, value) {
        const json_t *other = json_object_get(flats[1], key);
        if (other == NULL || !json_equal(value, other))
            add_key(list, key, value, other);
    }
    json_object_foreach(flats[1], key, value) if (json_object_get(flats[0], key) == NULL)
        add_key(list, key, NULL, value);
    json_t *all = json_object_get(diff->report, "keys");
    if (all == NULL)
        json_object_set_new(diff->report, "keys", list);
    else {
        json_array_extend(all, list);
        json_decref(list);
    }
    json_decref(flats[0]);
    json_decref(flats[1]);
}

// --- files

// 1: the same bytes, 0: not, -1: one is missing
static int same_bytes(const char *a, const char *b) {
    FILE *from[2] = {fopen(a, "re"), fopen(b, "re")};
    int same = from[0] == NULL || from[1] == NULL ? -1 : 1;
    static char pieces[2][1 << 16];
    while (same == 1) {
        const size_t sizes[] = {fread(pieces[0], 1, sizeof pieces[0], from[0]),
                                fread(pieces[1], 1, sizeof pieces[1], from[1])};
        if (sizes[0] != sizes[1] || memcmp(pieces[0], pieces[1], sizes[0]) != 0)
            same = 0;
        if (sizes[0] == 0)
            break;
    }
    for (int s = 0; s < 2; s++)
        if (from[s] != NULL)
            fclose(from[s]);
    return same;
}

static int compare_file(diff_state *diff, const char *name) {
    char *paths[] = {path_join(diff->directories[0], name), path_join(diff->directories[1], name)};
    const bool has[] = {run_directory_has(diff->directories[0], name),
                        run_directory_has(diff->directories[1], name)};
    const int same = same_bytes(paths[0], paths[1]);
    free(paths[0]);
    free(paths[1]);
    if (!has[0] && !has[1])
        return 1;
    json_t *one = json_object();
    json_object_set_new(one, "name", json_string(name));
    json_object_set_new(one, "same", json_boolean(same == 1));
    if (has[0] != has[1])
        json_object_set_new(one, "only_in", json_string(has[0] ? "a" : "b"));
    json_array_append_new(json_object_get(diff->report, "files"), one);
    return same;
}

// Summaries of runs that differ in their words only say the same.
static bool same_summary(const diff_state *diff) {
    json_t *summaries[2];
    for (int s = 0; s < 2; s++) {
        char *path = path_join(diff->directories[s], "summary.json");
        summaries[s] = json_load_file(path, 0, NULL);
        free(path);
        json_object_del(summaries[s], "title");
        json_object_del(summaries[s], "name");
    }
    const bool same = summaries[0] != NULL && summaries[1] != NULL && json_equal(summaries[0], summaries[1]);
    json_decref(summaries[0]);
    json_decref(summaries[1]);
    return same;
}

// --- two runs

static entrain_status read_series(const char *directory, csv_table *table_out, entrain_error *error_out) {
    const bool whole = run_directory_has(directory, "series.csv");
    char *path = path_join(directory, whole ? "series.csv" : "series.csv.part");
    entrain_status status = csv_table_read(path, !whole, table_out, error_out);
    if (status == ENTRAIN_OK &&
        (table_out->column_count < SERIES_FINGERPRINT_AT + 1 || strcmp(table_out->columns[0], "tick") != 0)) {
        csv_table_free(table_out);
        status = entrain_error_set(error_out, ENTRAIN_PARSE, "%s is not the series of an Entrain run.", path);
    }
    free(path);
    return status;
}

static json_t *columns_that_differ(const csv_table *tables, const uint32_t *rows) {
    json_t *list = json_array();
    for (uint32_t c = 0; c < tables[0].column_count; c++) {
        const uint32_t other = csv_table_find(&tables[1], tables[0].columns[c]);
        if (other == tables[1].column_count)
            continue;
        const char *a = tables[0].cells[rows[0]][c], *b = tables[1].cells[rows[1]][other];
        if (strcmp(a, b) != 0)
            json_array_append_new(list,
                                  json_pack("{s:s,s:s,s:s}", "name", tables[0].columns[c], "a", a, "b", b));
    }
    return list;
}

// By fingerprints: what is measured of one state may differ too, as energy does with the coupling.
typedef struct parting {
    bool equal, unequal; // there was such a sample
    uint64_t equal_tick, unequal_tick;
    char fingerprints[2][24]; // as recorded at the unequal one
} parting;

static void put_sample(diff_state *diff, const csv_table *table, uint32_t row, const parting *at,
                       json_t *columns) {
    json_t *sample = json_object();
    json_object_set_new(sample, "tick", json_integer(strtoll(table->cells[row][0], NULL, 10)));
    json_object_set_new(sample, "time_s", json_real(csv_number(table->cells[row][1])));
    json_object_set_new(sample, "last_equal_tick",
                        at->equal ? json_integer((json_int_t)at->equal_tick) : json_null());
    json_object_set(sample, "columns", columns);
    json_object_set_new(diff->report, "sample", sample);
}

// Samples of the same tick, in turn; those that only one of them took are counted.
static parting compare_series(diff_state *diff, const csv_table *tables) {
    parting out = {false};
    uint32_t rows[2] = {0, 0};
    json_int_t only[2] = {0, 0};
    while (rows[0] < tables[0].row_count && rows[1] < tables[1].row_count && !out.unequal) {
        const uint64_t ticks[] = {strtoull(tables[0].cells[rows[0]][0], NULL, 10),
                                  strtoull(tables[1].cells[rows[1]][0], NULL, 10)};
        if (ticks[0] != ticks[1]) {
            const int earlier = ticks[0] < ticks[1] ? 0 : 1;
            only[earlier]++;
            rows[earlier]++;
            continue;
        }
        json_t *columns = columns_that_differ(tables, rows);
        if (json_array_size(columns) > 0 && json_object_get(diff->report, "sample") == NULL)
            put_sample(diff, &tables[0], rows[0], &out, columns);
        json_decref(columns);
        for (int s = 0; s < 2; s++)
            snprintf(out.fingerprints[s], sizeof out.fingerprints[s], "%.20s",
                     tables[s].cells[rows[s]][SERIES_FINGERPRINT_AT]);
        out.unequal = strcmp(out.fingerprints[0], out.fingerprints[1]) != 0;
        out.equal = out.equal || !out.unequal;
        *(out.unequal ? &out.unequal_tick : &out.equal_tick) = ticks[0];
        rows[0]++;
        rows[1]++;
    }
    json_object_set_new(diff->report, "samples_only_in", json_pack("{s:I,s:I}", "a", only[0], "b", only[1]));
    return out;
}

static void put_length(diff_state *diff, const csv_table *tables) {
    json_t *samples = json_array();
    for (int s = 0; s < 2; s++) {
        const uint32_t count = tables[s].row_count;
        json_array_append_new(
            samples, json_pack("{s:I,s:I}", "samples", (json_int_t)count, "last_tick",
                               count > 0 ? (json_int_t)strtoll(tables[s].cells[count - 1][0], NULL, 10)
                                         : (json_int_t)0));
    }
    json_object_set_new(diff->report, "series", samples);
}

// What running both again says of what they recorded.
static void judge_again(const parting *at, json_t *parted) {
    const json_t *again = json_object_get(parted, "again");
    const bool alike = json_object_get(parted, "tick") == NULL;
    bool as_recorded[2];
    for (size_t s = 0; s < 2; s++) {
        const char *now = json_string_value(json_array_get(again, s));
        as_recorded[s] = now != NULL && strcmp(now, at->fingerprints[s]) == 0;
    }
    const char *note = NULL;
    if (json_object_get(parted, "note") != NULL)
        return;
    if (alike && as_recorded[0] != as_recorded[1])
        note =
            as_recorded[0]
                ? "run again, both give what A recorded: B was made by another build, or its file is damaged"
                : "run again, both give what B recorded: A was made by another build, or its file is damaged";
    else if (alike)
        note = "run again, both give the same, and neither what was recorded: they were made by other builds";
    if (note != NULL)
        json_object_set_new(parted, "note", json_string(note));
}

static int compare_runs(diff_state *diff, entrain_error *error_out) {
    static const char *const names[] = {"series.csv", "summary.json", "phases.csv"};
    csv_table tables[2] = {{0}, {0}};
    entrain_status status = read_series(diff->directories[0], &tables[0], error_out);
    if (status == ENTRAIN_OK)
        status = read_series(diff->directories[1], &tables[1], error_out);
    int code = EXIT_FAILED;
    if (status == ENTRAIN_OK) {
        compare_keys(diff, "scenario");
        for (size_t f = 0; f < sizeof names / sizeof *names; f++)
            if (compare_file(diff, names[f]) != 1)
                diff->different = diff->different || f != 1 || !same_summary(diff);
        put_length(diff, tables);
        const parting at = compare_series(diff, tables);
        if (at.unequal) {
            char *paths[] = {path_join(diff->directories[0], "manifest.json"),
                             path_join(diff->directories[1], "manifest.json")};
            json_t *parted = NULL;
            const run_diff_plan plan = {.paths = {paths[0], paths[1]},
                                        .equal = at.equal_tick,
                                        .begins_equal = at.equal,
                                        .unequal = at.unequal_tick,
                                        .quiet = diff->options->quiet};
            entrain_error error = {0};
            status = run_diff(&plan, &parted, &error);
            if (status == ENTRAIN_OK)
                judge_again(&at, parted);
            else
                parted = json_pack("{s:s}", "note",
                                   status == ENTRAIN_CANCELLED ? "interrupted before it was found"
                                                               : error.sentence);
            json_object_set_new(diff->report, "parted", parted);
            free(paths[0]);
            free(paths[1]);
        } else if (json_object_get(diff->report, "sample") != NULL) {
            json_object_set_new(
                diff->report, "parted",
                json_pack("{s:s}", "note",
                          "the states are the same in every sample, by their fingerprints; what "
                          "differs is measured of them"));
        }
        code = status == ENTRAIN_CANCELLED ? EXIT_INTERRUPTED : EXIT_DONE;
    }
    csv_table_free(&tables[0]);
    csv_table_free(&tables[1]);
    return code;
}

// --- two sweeps

static int compare_sweeps(diff_state *diff, entrain_error *error_out) {
    sweep_table tables[2] = {{0}, {0}};
    if (sweep_table_read(diff->directories[0], &tables[0], error_out) != ENTRAIN_OK)
        return EXIT_FAILED;
    if (sweep_table_read(diff->directories[1], &tables[1], error_out) != ENTRAIN_OK) {
        sweep_table_free(&tables[0]);
        return EXIT_FAILED;
    }
    compare_keys(diff, "scenario");
    compare_keys(diff, "sweep");
    diff->different = compare_file(diff, "results.csv") != 1;
    compare_file(diff, "aggregate.csv");
    json_t *cells = json_array(), *columns = json_array();
    json_int_t rows_differ = 0, only[2] = {0, 0};
    const csv_table *csv[] = {&tables[0].results, &tables[1].results};
    for (int s = 0; s < 2; s++)
        for (uint32_t c = 0; c < csv[s]->column_count; c++)
            if (csv_table_find(csv[1 - s], csv[s]->columns[c]) == csv[1 - s]->column_count)
                json_array_append_new(
                    columns, json_pack("{s:s,s:s}", "name", csv[s]->columns[c], "only_in", s ? "b" : "a"));
    uint32_t at[2] = {0, 0};
    while (at[0] < csv[0]->row_count || at[1] < csv[1]->row_count) {
        uint64_t runs[2];
        for (int s = 0; s < 2; s++)
            runs[s] = at[s] < csv[s]->row_count ? strtoull(csv[s]->cells[at[s]][0], NULL, 10) : UINT64_MAX;
        if (runs[0] != runs[1]) {
            const int s = runs[0] < runs[1] ? 0 : 1;
            only[s]++;
            at[s]++;
            continue;
        }
        const csv_table both[] = {*csv[0], *csv[1]};
        json_t *list = columns_that_differ(both, at);
        rows_differ += json_array_size(list) > 0;
        if (json_array_size(list) > 0 && json_array_size(cells) < KEPT_MAX)
            json_array_append_new(cells, json_pack("{s:I,s:O}", "run", (json_int_t)runs[0], "columns", list));
        json_decref(list);
        at[0]++;
        at[1]++;
    }
    json_object_set_new(diff->report, "columns", columns);
    json_object_set_new(diff->report, "rows",
                        json_pack("{s:I,s:I,s:I,s:o}", "differ", rows_differ, "only_in_a", only[0],
                                  "only_in_b", only[1], "first", cells));
    sweep_table_free(&tables[0]);
    sweep_table_free(&tables[1]);
    return EXIT_DONE;
}

// --- two directories of another kind: a script's

static int compare_tables(diff_state *diff) {
    for (int s = 0; s < 2; s++) {
        DIR *directory = opendir(diff->directories[s]);
        for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
            const char *dot = strrchr(entry->d_name, '.');
            const bool taken = s == 0 || !run_directory_has(diff->directories[0], entry->d_name);
            if (dot != NULL && (strcmp(dot, ".csv") == 0 || strcmp(dot, ".txt") == 0) &&
                strcmp(entry->d_name, "timing.csv") != 0 && taken && compare_file(diff, entry->d_name) != 1)
                diff->different = true;
        }
        if (directory != NULL)
            closedir(directory);
    }
    return EXIT_DONE;
}

// --- in words

static void row(const char *label, const char *text) {
    printf("  %-8s ", label);
    print_wrapped(stdout, 11, 11, text);
}

static const char *text_at(const json_t *json, const char *key) {
    const char *text = json_string_value(json_object_get(json, key));
    return text != NULL ? text : "?";
}

static void print_keys(const diff_state *diff) {
    const json_t *keys = json_object_get(diff->report, "keys");
    char text[600];
    for (size_t k = 0; k < json_array_size(keys) && k < SHOWN_MAX; k++) {
        const json_t *one = json_array_get(keys, k), *a = json_object_get(one, "a"),
                     *b = json_object_get(one, "b");
        snprintf(text, sizeof text, "%.100s: %s in A, %s in B%s", text_at(one, "key"),
                 json_is_null(a) ? "not given" : words_value(a).text,
                 json_is_null(b) ? "not given" : words_value(b).text,
                 json_is_true(json_object_get(one, "changes_results")) ? "" : " (changes no result)");
        row(k == 0 ? "Keys" : "", text);
    }
    if (json_array_size(keys) > SHOWN_MAX) {
        snprintf(text, sizeof text, "and %zu more (--json)", json_array_size(keys) - SHOWN_MAX);
        row("", text);
    }
    if (json_array_size(keys) == 0 && json_object_get(diff->report, "keys") != NULL)
        row("Keys", "the same");
}

static void print_files(const diff_state *diff) {
    const json_t *files = json_object_get(diff->report, "files");
    char text[600] = "";
    for (size_t f = 0; f < json_array_size(files); f++) {
        const json_t *one = json_array_get(files, f), *only = json_object_get(one, "only_in");
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%.60s %s", used > 0 ? ", " : "", text_at(one, "name"),
                 only != NULL ? *json_string_value(only) == 'a' ? "only in A" : "only in B"
                 : json_is_true(json_object_get(one, "same")) ? "same"
                                                              : "differs");
    }
    row("Files", *text != '\0' ? text : "none");
}

static void put_columns(char *text, size_t size, const json_t *columns) {
    for (size_t c = 0; c < json_array_size(columns) && c < 3; c++) {
        const json_t *one = json_array_get(columns, c);
        const size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%.40s %.60s in A, %.60s in B", c > 0 ? "; " : "",
                 text_at(one, "name"), *text_at(one, "a") != '\0' ? text_at(one, "a") : "nothing",
                 *text_at(one, "b") != '\0' ? text_at(one, "b") : "nothing");
    }
    if (json_array_size(columns) > 3)
        snprintf(text + strlen(text), size - strlen(text), "; and %zu more columns",
                 json_array_size(columns) - 3);
}

static void print_sample(const diff_state *diff) {
    const json_t *sample = json_object_get(diff->report, "sample"),
                 *series = json_object_get(diff->report, "series");
    char text[1000];
    if (sample != NULL) {
        const json_t *last = json_object_get(sample, "last_equal_tick");
        if (json_is_integer(last))
            snprintf(text, sizeof text, "alike up to tick %" PRId64 "; at tick %" PRId64 " (t = %.6g s) ",
                     (int64_t)json_integer_value(last),
                     (int64_t)json_integer_value(json_object_get(sample, "tick")),
                     json_number_value(json_object_get(sample, "time_s")));
        else
            snprintf(text, sizeof text, "differ from the first on, at tick %" PRId64 ": ",
                     (int64_t)json_integer_value(json_object_get(sample, "tick")));
        put_columns(text, sizeof text, json_object_get(sample, "columns"));
        row("Samples", text);
        return;
    }
    const json_t *only = json_object_get(diff->report, "samples_only_in");
    const json_t *a = json_array_get(series, 0), *b = json_array_get(series, 1);
    if (series == NULL)
        return;
    const int64_t ticks[] = {json_integer_value(json_object_get(a, "last_tick")),
                             json_integer_value(json_object_get(b, "last_tick"))};
    if (ticks[0] == ticks[1])
        snprintf(text, sizeof text, "alike wherever both have one, to the last, at tick %" PRId64, ticks[0]);
    else
        snprintf(text, sizeof text,
                 "alike wherever both have one; A ends at tick %" PRId64 ", B at tick %" PRId64, ticks[0],
                 ticks[1]);
    const int64_t counts[] = {json_integer_value(json_object_get(only, "a")),
                              json_integer_value(json_object_get(only, "b"))};
    if (counts[0] + counts[1] > 0)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "; %" PRId64 " only in A, %" PRId64 " only in B", counts[0], counts[1]);
    row("Samples", text);
}

static void print_parted(const diff_state *diff) {
    const json_t *parted = json_object_get(diff->report, "parted");
    const char *note = json_string_value(json_object_get(parted, "note"));
    char text[900] = "";
    if (parted == NULL)
        return;
    if (json_object_get(parted, "tick") != NULL)
        snprintf(text, sizeof text, "at tick %" PRId64 " (t = %.6g s)",
                 (int64_t)json_integer_value(json_object_get(parted, "tick")),
                 json_number_value(json_object_get(parted, "time_s")));
    if (json_is_integer(json_object_get(parted, "actor"))) {
        const json_t *values = json_object_get(parted, "values");
        const int64_t actors = json_integer_value(json_object_get(parted, "actors"));
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 ": actor %" PRId64 ", %.80s: %s in A, %s in B; %" PRId64 " of %" PRId64 " actors differ",
                 (int64_t)json_integer_value(json_object_get(parted, "actor")), text_at(parted, "field"),
                 json_string_value(json_array_get(values, 0)), json_string_value(json_array_get(values, 1)),
                 actors, (int64_t)json_integer_value(json_object_get(parted, "of")));
    }
    if (note != NULL)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.400s", *text != '\0' ? "; " : "",
                 note);
    row("Parted", text);
}

static void print_rows(const diff_state *diff) {
    const json_t *rows = json_object_get(diff->report, "rows"), *first = json_object_get(rows, "first");
    const json_t *columns = json_object_get(diff->report, "columns");
    char text[1000];
    if (rows == NULL)
        return;
    snprintf(text, sizeof text, "%" PRId64 " differ, %" PRId64 " only in A, %" PRId64 " only in B",
             (int64_t)json_integer_value(json_object_get(rows, "differ")),
             (int64_t)json_integer_value(json_object_get(rows, "only_in_a")),
             (int64_t)json_integer_value(json_object_get(rows, "only_in_b")));
    row("Runs", text);
    for (size_t r = 0; r < json_array_size(first) && r < SHOWN_MAX; r++) {
        const json_t *one = json_array_get(first, r);
        snprintf(text, sizeof text, "run %" PRId64 ": ",
                 (int64_t)json_integer_value(json_object_get(one, "run")));
        put_columns(text, sizeof text, json_object_get(one, "columns"));
        row("", text);
    }
    for (size_t c = 0; c < json_array_size(columns) && c < SHOWN_MAX; c++) {
        const json_t *one = json_array_get(columns, c);
        snprintf(text, sizeof text, "column %.100s only in %c", text_at(one, "name"),
                 *text_at(one, "only_in") - 'a' + 'A');
        row("", text);
    }
}

static void print_words(const diff_state *diff) {
    printf("  A        %s\n  B        %s\n\n", diff->directories[0], diff->directories[1]);
    print_keys(diff);
    print_files(diff);
    print_sample(diff);
    print_parted(diff);
    print_rows(diff);
    printf("\n  %s\n", diff->different ? "They differ." : "The same results.");
}

// --- the command

static const char *format_of(const json_t *manifest) {
    const char *format = json_string_value(json_object_get(manifest, "format"));
    return format != NULL ? format : "?";
}

static entrain_status open_both(diff_state *diff, entrain_error *error_out) {
    for (int s = 0; s < 2; s++) {
        const char *directory = diff->directories[s];
        json_error_t where;
        struct stat about;
        char *path = path_join(directory, "manifest.json");
        diff->manifests[s] = json_load_file(path, 0, &where);
        free(path);
        if (stat(directory, &about) != 0)
            return entrain_error_set(error_out, ENTRAIN_IO, "The directory %s cannot be read: %s.", directory,
                                     strerror(errno));
        if (diff->manifests[s] == NULL || strncmp(format_of(diff->manifests[s]), "entrain-", 8) != 0)
            return entrain_error_set(error_out, ENTRAIN_IO,
                                     "%s is no directory of an Entrain run, sweep or script: it has no whole "
                                     "manifest.json.",
                                     directory);
    }
    if (strcmp(format_of(diff->manifests[0]), format_of(diff->manifests[1])) != 0)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s is of the format %s and %s of %s; compare two of the same.",
                                 diff->directories[0], format_of(diff->manifests[0]), diff->directories[1],
                                 format_of(diff->manifests[1]));
    return ENTRAIN_OK;
}

int command_diff(const cli_options *options) {
    entrain_error error = {0};
    diff_state diff = {.options = options, .directories = {options->operand, options->operand_second}};
    if (options->operand_second == NULL) {
        say_error("diff needs two directories; `entrain help diff` says more.");
        return EXIT_USAGE;
    }
    diff.report = json_pack("{s:s,s:s,s:[]}", "a", options->operand, "b", options->operand_second, "files");
    int code = EXIT_FAILED;
    if (diff.report == NULL)
        entrain_error_set(&error, ENTRAIN_INVALID,
                          "A name that is no UTF-8 cannot be told as JSON; rename it.");
    else if (open_both(&diff, &error) == ENTRAIN_OK) {
        const char *format = format_of(diff.manifests[0]);
        code = strcmp(format, RUN_FORMAT) == 0     ? compare_runs(&diff, &error)
               : strcmp(format, SWEEP_FORMAT) == 0 ? compare_sweeps(&diff, &error)
                                                   : compare_tables(&diff);
    }
    if (code != EXIT_DONE && code != EXIT_INTERRUPTED) {
        say_error("%s", error.sentence);
    } else {
        json_object_set_new(diff.report, "same", json_boolean(!diff.different));
        if (options->json) {
            json_dumpf(diff.report, stdout, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
            putchar('\n');
        } else {
            print_words(&diff);
        }
        code = code == EXIT_DONE && diff.different ? EXIT_MISMATCH : code;
    }
    json_decref(diff.manifests[0]);
    json_decref(diff.manifests[1]);
    json_decref(diff.report);
    return code;
}
