// A sweep's tables: aggregates beside a naive sum in long double, what is missing and what failed, the
// same bytes whatever the order in which rows arrived, and reading back what was written.
#include "tests/check.h"

#include <math.h>
#include <unistd.h>

#include "sims/replica_stats.h"
#include "sims/sweep_progress.h"
#include "sims/sweep_results.h"
#include "sims/sweep_view.h"

enum { SIZES = 3, COUPLINGS = 4, REPLICAS = 5, RUNS = SIZES * COUPLINGS * REPLICAS };

typedef struct fixture {
    char folder[64];
    sweep_plan plan;
    sweep_run runs[RUNS];
    json_t *rows[RUNS];
    double coherence[RUNS]; // NAN: has none
    bool done[RUNS];
} fixture;

static double draw(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) / 16777216.0;
}

static int make(void **state_out) {
    static const int sizes[SIZES] = {100, 1000, 10000};
    fixture *f = calloc(1, sizeof *f);
    uint32_t state = 7;
    strcpy(f->folder, "/tmp/entrain-sweep-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->plan = (sweep_plan){.name = (char *)(uintptr_t) "test",
                           .axis_count = 2,
                           .runs = f->runs,
                           .run_count = RUNS,
                           .point_count = 12};
    f->plan.axes[0].key = "swarm.size";
    f->plan.axes[1].key = "model.coupling";
    f->plan.base = json_object();
    f->plan.json = json_object();
    for (uint32_t r = 0; r < RUNS; r++) {
        const uint32_t point = r / REPLICAS;
        f->runs[r] = (sweep_run){.index = r,
                                 .point = point,
                                 .replica = r % REPLICAS + 1,
                                 .seed = r % REPLICAS + 1,
                                 .chosen = true};
        f->runs[r].values = json_pack("{s:i,s:f}", "swarm.size", sizes[point / COUPLINGS], "model.coupling",
                                      0.1 * (point % COUPLINGS));
        f->done[r] = r != 17;
        f->coherence[r] = r % 7 == 3 ? NAN : 1e6 + draw(&state); // far from 0: what naive sums lose shows
        json_t *result =
            json_pack("{s:o,s:s,s:b,s:s}", "coherence",
                      isnan(f->coherence[r]) ? json_null() : json_real(f->coherence[r]), "fingerprint",
                      "0123456789012345", "goal_met", r % 2, "zz_note", "a, \"b\"");
        f->rows[r] = f->done[r] ? json_pack("{s:i,s:s,s:o,s:f}", "run", r, "status", "done", "result", result,
                                            "wall_s", 0.5)
                                : json_pack("{s:i,s:s,s:s}", "run", r, "status", "failed", "reason",
                                            "It broke, \"here\"\nand there.");
        if (!f->done[r])
            json_decref(result);
    }
    *state_out = f;
    return 0;
}

static int unmake(void **state) {
    fixture *f = *state;
    char command[128];
    for (uint32_t r = 0; r < RUNS; r++) {
        json_decref(f->rows[r]);
        json_decref(f->runs[r].values);
    }
    json_decref(f->plan.base);
    json_decref(f->plan.json);
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static void write_all(fixture *f) {
    entrain_error error = {0};
    json_t *manifest = sweep_manifest_json(&f->plan, "entrain sweep x.lua");
    CHECK_OK(run_file_write_json(f->folder, "manifest.json", manifest, &error), error);
    json_decref(manifest);
    CHECK_OK(sweep_results_write(f->folder, &f->plan, f->rows, NULL, &error), error);
}

static char *slurp(const fixture *f, const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    FILE *from = fopen(path, "r");
    assert_non_null(from);
    char *text = calloc(1, 1 << 20);
    assert_true(fread(text, 1, (1 << 20) - 1, from) > 0);
    fclose(from);
    return text;
}

static void test_reads_back(void **state) {
    fixture *f = *state;
    entrain_error error = {0};
    sweep_table table;
    write_all(f);
    CHECK_OK(sweep_table_read(f->folder, &table, &error), error);
    assert_int_equal(table.results.row_count, RUNS);
    assert_int_equal(table.axis_count, 2);
    assert_string_equal(table.results.columns[table.axis_first], "swarm.size");
    assert_string_equal(table.results.columns[table.axis_first + 1], "model.coupling");
    assert_int_equal(table.direction, table.results.column_count);
    const uint32_t coherence = csv_table_find(&table.results, "coherence"),
                   note = csv_table_find(&table.results, "zz_note");
    for (uint32_t r = 0; r < RUNS; r++) {
        char **row = table.results.cells[r];
        assert_int_equal(atoi(row[0]), r);
        assert_string_equal(row[table.status], f->done[r] ? "done" : "failed");
        assert_string_equal(row[note], f->done[r] ? "a, \"b\"" : "");
        const double back = csv_number(row[coherence]), wrote = f->done[r] ? f->coherence[r] : NAN;
        assert_true(isnan(wrote) ? isnan(back) : back == wrote);
    }
    assert_string_equal(table.results.cells[17][table.status + 1], "It broke, \"here\"\nand there.");
    sweep_table_free(&table);
}

// The column's cell of a row of aggregate.csv.
static double figure(const csv_table *table, uint32_t row, const char *name) {
    const uint32_t column = csv_table_find(table, name);
    if (column == table->column_count)
        fail_msg("aggregate.csv has no column %s", name);
    return csv_number(table->cells[row][column]);
}

static void test_aggregates(void **state) {
    fixture *f = *state;
    entrain_error error = {0};
    csv_table table;
    char path[128];
    write_all(f);
    snprintf(path, sizeof path, "%s/aggregate.csv", f->folder);
    CHECK_OK(csv_table_read(path, false, &table, &error), error);
    assert_int_equal(table.row_count, SIZES * COUPLINGS);
    assert_int_equal(csv_table_find(&table, "fingerprint_mean"), table.column_count); // no number
    assert_int_equal(csv_table_find(&table, "zz_note_mean"), table.column_count);
    for (uint32_t p = 0; p < table.row_count; p++) {
        long double sum = 0, squares = 0;
        uint32_t n = 0, failed = 0, met = 0;
        for (uint32_t k = 0; k < REPLICAS; k++) {
            const uint32_t r = p * REPLICAS + k;
            failed += !f->done[r];
            met += f->done[r] && r % 2 == 1;
            if (f->done[r] && !isnan(f->coherence[r])) {
                sum += f->coherence[r];
                n++;
            }
        }
        for (uint32_t k = 0; k < REPLICAS; k++) {
            const uint32_t r = p * REPLICAS + k;
            if (f->done[r] && !isnan(f->coherence[r]))
                squares += (f->coherence[r] - sum / n) * (f->coherence[r] - sum / n);
        }
        const double deviation = (double)sqrtl(squares / (n - 1));
        CHECK_NEAR(figure(&table, p, "n"), REPLICAS - failed, 0);
        CHECK_NEAR(figure(&table, p, "failed"), failed, 0);
        CHECK_NEAR(figure(&table, p, "coherence_n"), n, 0);
        CHECK_NEAR(figure(&table, p, "coherence_mean"), (double)(sum / n), 2e-10); // an ulp of 1e6 is 1.2e-10
        CHECK_NEAR(figure(&table, p, "coherence_sd"), deviation, 1e-9);
        CHECK_NEAR(figure(&table, p, "coherence_se"), deviation / sqrt(n), 1e-9);
        CHECK_NEAR(figure(&table, p, "goal_met_mean"), (double)met / (REPLICAS - failed), 1e-15);
    }
    csv_table_free(&table);
}

static void test_quantiles(void **state) {
    (void)state;
    // R: quantile(c(3, 1, 4, 1.5, 9, 2.6), c(.05, .5, .95)) says 1.125 2.8 7.75
    double values[] = {3, 1, 4, 1.5, 9, 2.6}, one[] = {0.3}, alike[] = {0.1, 0.1, 0.1};
    replica_stats stats = replica_stats_of(values, 6);
    CHECK_NEAR(stats.low, 1.125, 1e-15);
    CHECK_NEAR(stats.median, 2.8, 1e-15);
    CHECK_NEAR(stats.high, 7.75, 1e-14);
    assert_true(stats.least == 1 && stats.greatest == 9);
    stats = replica_stats_of(one, 1);
    assert_true(stats.mean == 0.3 && stats.low == 0.3 && isnan(stats.error) && isnan(stats.deviation));
    stats = replica_stats_of(alike, 3);
    assert_true(stats.mean == 0.1 && stats.error == 0);
    stats = replica_stats_of(one, 0);
    assert_true(isnan(stats.mean) && isnan(stats.median) && stats.count == 0);
}

static void test_same_bytes(void **state) {
    fixture *f = *state;
    static const char *const names[] = {"results.csv", "aggregate.csv"};
    char *before[2];
    write_all(f);
    for (int i = 0; i < 2; i++)
        before[i] = slurp(f, names[i]);
    // As read back from a journal, and with other wall-clock figures.
    for (uint32_t r = 0; r < RUNS; r++) {
        char *text = json_dumps(f->rows[r], JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
        json_decref(f->rows[r]);
        f->rows[r] = json_loads(text, 0, NULL);
        json_object_set_new(f->rows[r], "wall_s", json_real(r));
        free(text);
    }
    write_all(f);
    for (int i = 0; i < 2; i++) {
        char *after = slurp(f, names[i]);
        assert_string_equal(after, before[i]);
        free(after);
        free(before[i]);
    }
}

static void test_partial(void **state) {
    fixture *f = *state;
    entrain_error error = {0};
    sweep_table table;
    for (uint32_t r = 0; r < RUNS; r++)
        if (r % 3 != 0) {
            json_decref(f->rows[r]);
            f->rows[r] = NULL;
        }
    write_all(f);
    CHECK_OK(sweep_table_read(f->folder, &table, &error), error);
    assert_int_equal(table.results.row_count, RUNS / 3);
    assert_string_equal(table.results.cells[1][0], "3");
    char *said = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&said, &size);
    sweep_findings(&table, to);
    fclose(to);
    assert_non_null(strstr(said, "20 runs done of 60"));
    free(said);
    sweep_table_free(&table);
}

// The outcome before the place: a narrow terminal cuts the end off.
static void test_standing(void **state) {
    (void)state;
    static const struct {
        const char *values, *row, *end;
    } cases[] = {
        {"{\"swarm.size\": 100, \"model.coupling\": 1.5}", "{\"result\": {\"coherence\": 0.25}}",
         "  r = 0.25 at size 100, coupling 1.5"},
        {"{}", "{\"result\": {\"coherence\": 0.25}}", "  r = 0.25"},
        {"{\"swarm.size\": 100}", "{\"result\": {\"threshold\": 1.5, \"coherence\": 0.25}}",
         "  threshold 1.5 at size 100"},
        {"{\"swarm.size\": 100}", "{\"reason\": \"It broke.\"}", "  size 100 failed: It broke."},
        {"{}", "{\"reason\": \"It broke.\"}", "  failed: It broke."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        json_t *values = json_loads(cases[i].values, 0, NULL), *row = json_loads(cases[i].row, 0, NULL);
        const sweep_run run = {.values = values};
        const sweep_standing now = {.total = 3, .done = 3, .last = &run, .row = row};
        sweep_standing_text(&now, text, sizeof text);
        assert_int_equal(strncmp(text, "3 of 3 runs", 11), 0);
        assert_string_equal(text + 11, cases[i].end);
        json_decref(values);
        json_decref(row);
    }
}

static void test_torn(void **state) {
    fixture *f = *state;
    entrain_error error = {0};
    sweep_table table;
    char path[128];
    write_all(f);
    snprintf(path, sizeof path, "%s/results.csv", f->folder);
    char *text = slurp(f, "results.csv");
    const size_t size = strlen(text);
    assert_int_equal(truncate(path, (off_t)size - 3), 0);
    CHECK_REFUSED(sweep_table_read(f->folder, &table, &error), ENTRAIN_PARSE, error, "torn");
    csv_table csv;
    CHECK_OK(csv_table_read(path, true, &csv, &error), error);
    assert_int_equal(csv.row_count, RUNS - 1);
    csv_table_free(&csv);
    *strchr(text, ',') = ';'; // the header has one column fewer
    FILE *to = fopen(path, "w");
    fputs(text, to);
    fclose(to);
    free(text);
    CHECK_REFUSED(sweep_table_read(f->folder, &table, &error), ENTRAIN_PARSE, error, "the header");
}

static void test_view(void **state) {
    fixture *f = *state;
    entrain_error error = {0};
    sweep_table table;
    sweep_view view;
    uint32_t count;
    write_all(f);
    CHECK_OK(sweep_table_read(f->folder, &table, &error), error);
    CHECK_OK(sweep_view_make(&table, NULL, &view, &error), error);
    assert_int_equal(view.axis_count, 2);
    assert_string_equal(view.axes[0].key, "model.coupling");
    assert_true(view.axes[1].logarithmic && !view.axes[0].logarithmic);
    view_group *groups = sweep_view_groups(&view, 0, 1, VIEW_NONE, &count);
    assert_int_equal(count, 12);
    for (uint32_t g = 0; g < count; g++)
        assert_true(groups[g].x == g % COUPLINGS && groups[g].y == g / COUPLINGS);
    free(groups);
    sweep_view_free(&view);
    CHECK_REFUSED(sweep_view_make(&table, "coherense", &view, &error), ENTRAIN_UNKNOWN, error,
                  "did you mean coherence?");
    CHECK_REFUSED(sweep_view_make(&table, "fingerprint", &view, &error), ENTRAIN_UNKNOWN, error,
                  "has a number");
    sweep_table_free(&table);
}

static void test_csv_text(void **state) {
    (void)state;
    static const char *const texts[] = {"plain", "", "a,b", "say \"hi\"", "two\nlines", "\"", ",", "ü", NULL};
    entrain_error error = {0};
    csv_table table;
    char path[] = "/tmp/entrain-csv-XXXXXX";
    FILE *to = fdopen(mkstemp(path), "w");
    for (int line = 0; line < 2; line++)
        for (int i = 0; texts[i] != NULL; i++) {
            csv_put_text(to, texts[i]);
            fputs(texts[i + 1] != NULL ? "," : line == 0 ? "\r\n" : "\n", to);
        }
    fclose(to);
    CHECK_OK(csv_table_read(path, false, &table, &error), error);
    unlink(path);
    assert_int_equal(table.row_count, 1);
    for (int i = 0; texts[i] != NULL; i++) {
        assert_string_equal(table.columns[i], texts[i]);
        assert_string_equal(table.cells[0][i], texts[i]);
    }
    csv_table_free(&table);
    assert_true(isnan(csv_number("")) && isnan(csv_number("0x10")) && isnan(csv_number("nan")) &&
                isnan(csv_number("up")));
    assert_true(csv_number("true") == 1 && csv_number("false") == 0 && csv_number("-1.5e3") == -1500);
}

// Rows that are in a journal alone make the same files.
static void test_lean(void **state) {
    static const char *const names[] = {"results.csv", "aggregate.csv", "timing.csv"};
    fixture *f = *state;
    entrain_error error = {0};
    char *before[3], path[128];
    json_t *header = json_object(), *rows[RUNS];
    journal *log;
    write_all(f);
    for (int i = 0; i < 3; i++)
        before[i] = slurp(f, names[i]);
    snprintf(path, sizeof path, "%s/runs.jsonl", f->folder);
    CHECK_OK(journal_create(path, header, &log, &error), error);
    for (uint32_t r = 0; r < RUNS; r++) {
        char key[16];
        snprintf(key, sizeof key, "%u", r);
        rows[r] = f->rows[r] != NULL ? json_true() : NULL;
        if (rows[r] != NULL)
            CHECK_OK(journal_append(log, key, f->rows[r], &error), error);
    }
    CHECK_OK(sweep_results_write(f->folder, &f->plan, rows, log, &error), error);
    for (int i = 0; i < 3; i++) {
        char *after = slurp(f, names[i]);
        assert_string_equal(after, before[i]);
        free(after);
        free(before[i]);
    }
    journal_close(log);
    json_decref(header);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_back, make, unmake),
        cmocka_unit_test_setup_teardown(test_aggregates, make, unmake),
        cmocka_unit_test_setup_teardown(test_same_bytes, make, unmake),
        cmocka_unit_test_setup_teardown(test_lean, make, unmake),
        cmocka_unit_test_setup_teardown(test_partial, make, unmake),
        cmocka_unit_test_setup_teardown(test_torn, make, unmake),
        cmocka_unit_test(test_standing),
        cmocka_unit_test_setup_teardown(test_view, make, unmake),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_csv_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
