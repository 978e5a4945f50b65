// Runs without files: the summary is `entrain run`'s, byte for byte; the columns of results are all there,
// in one order, and each says something of some run; what ends a run is told.
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/command_check.h"

#include "sims/run_once.h"
#include "sims/words.h"

static entrain_error error;

#define FLAGS (JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17))

static const char lorentz[] =
    "return { swarm = { size = 200, topology = { kind = 'complete' } }, model = { coupling = 3,"
    " frequency = { distribution = 'lorentz', width = 0.5, sampling = 'quantile' } }, time = { step = 0.05, "
    "duration = 40 }, record = { every = 0.25 } }";
static const char alike[] = "return { swarm = { size = 100, topology = { kind = 'complete' } }, model = { "
                            "coupling = 1, frequency = 0 },"
                            " time = { duration = 20 }, record = { every = 0.05 } }";
static const char groups[] =
    "return { swarm = { size = 64, topology = { kind = 'complete' } }, model = { frequency = 0, lag = 1.4, "
    "groups = { count = 4, coupling = {"
    " { 2, 1, 1, 1 }, { 1, 2, 1, 1 }, { 1, 1, 2, 1 }, { 1, 1, 1, 2 } } } }, time = { duration = 3 } }";
static const char even[] =
    "return { swarm = { size = 10 }, model = { kind = 'desync', frequency = 6.2831853071795862 },"
    " time = { duration = 60 }, stop = { coherence = 0.02, below = true, hold = 30 } }";
static const char agents[] =
    "return { goal = 'minimize-api-calls', swarm = { size = 100 }, workload = { pattern = 'steady' },"
    " time = { duration = 60 }, events = { { at = 30, kill = 0.3 } } }";

static scenario load(const char *text) {
    scenario loaded;
    CHECK_OK(scenario_load_words(&(scenario_source){.path = "x.lua"}, text, &loaded, &error), error);
    return loaded;
}

static json_t *run(const char *text, bool control) {
    scenario loaded = load(text);
    json_t *summary = NULL;
    const run_once_plan plan = {
        .given = &loaded, .name = "x", .where = "x.lua", .control = control, .quiet = true};
    error = (entrain_error){0};
    const run_end end = run_once(&plan, &summary, NULL, &error);
    if (end != RUN_END_DURATION && end != RUN_END_STOP)
        fail_msg("%s: %s", run_end_name(end), error.sentence);
    assert_non_null(summary);
    scenario_free(&loaded);
    return summary;
}

// --- The same bytes

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void check_same(const char *text, char *extra) {
    char folder[] = "run_once_XXXXXX", said[8000], scenario_path[40], output[40], command[80];
    assert_non_null(mkdtemp(folder));
    snprintf(scenario_path, sizeof scenario_path, "%s/x.lua", folder);
    snprintf(output, sizeof output, "%s/out", folder);
    write_text(scenario_path, text);
    char *argv[] = {"entrain", "run", scenario_path, "-o", output, "--quiet", extra, NULL};
    const int code = run_command(extra != NULL ? 7 : 6, argv, said, sizeof said);
    if (code != EXIT_DONE)
        fail_msg("%s", said);
    snprintf(output, sizeof output, "%s/out/summary.json", folder);
    char *written;
    size_t size;
    CHECK_OK(words_read_file(output, 1 << 20, &written, &size, &error), error);
    json_t *summary = run(text, extra == NULL);
    char *dumped = json_dumps(summary, FLAGS);
    assert_true(size > 100 && written[size - 1] == '\n');
    written[size - 1] = '\0';
    assert_string_equal(dumped, written);
    free(dumped);
    free(written);
    json_decref(summary);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void test_same_as_the_command(void **state) {
    (void)state;
    check_same(lorentz, NULL);
    check_same(agents, NULL);
    check_same(agents, "--no-control");
    check_same(even, NULL);
}

// --- Columns

static void test_columns(void **state) {
    (void)state;
    const char *const texts[] = {lorentz, alike, groups, even, agents};
    uint32_t count = 0;
    while (result_column_at(count).name != NULL)
        count++;
    assert_true(count > 50);
    assert_null(result_column_at(count + 1).name);
    assert_string_equal(result_column_at(count - 1).name, "fingerprint");
    bool *known = calloc(count + 1, sizeof *known);
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        json_t *summary = run(texts[t], true), *row = result_row(summary), *value;
        const char *name;
        uint32_t at = 0;
        json_object_foreach(row, name, value) { // jansson keeps the order of insertion
            const result_column column = result_column_at(at);
            assert_string_equal(name, column.name);
            assert_true(strlen(column.summary) > 3);
            if (json_is_null(value)) {
            } else if (column.is_text) {
                assert_true(json_is_string(value));
            } else if (!json_is_number(value) && !json_is_boolean(value)) {
                fail_msg("%s is no number", name);
            }
            known[at] = known[at] || !json_is_null(value);
            at++;
        }
        assert_int_equal(at, count);
        assert_null(json_object_get(row, "wall_s"));
        json_decref(row);
        json_decref(summary);
    }
    for (uint32_t c = 0; c < count; c++)
        if (!known[c])
            fail_msg("no run has anything in column %s", result_column_at(c).name);
    free(known);
}

static double number_in(const json_t *row, const char *name) {
    const json_t *value = json_object_get(row, name);
    if (!json_is_number(value))
        fail_msg("%s is no number", name);
    return json_number_value(value);
}

static void test_figures(void **state) {
    (void)state;
    json_t *summary = run(lorentz, false), *row = result_row(summary);
    CHECK_NEAR(number_in(row, "theory_r"), sqrt(1 - 1.0 / 3), 1e-12); // K_c = 1
    CHECK_NEAR(number_in(row, "theory_threshold"), 1, 1e-12);
    CHECK_NEAR(number_in(row, "coherence"), sqrt(1 - 1.0 / 3), 0.02);
    assert_true(number_in(row, "coherence_min") <= number_in(row, "coherence"));
    assert_true(number_in(row, "coherence_max") >= number_in(row, "coherence"));
    assert_int_equal(number_in(row, "ticks"), 800);
    assert_true(json_is_null(json_object_get(row, "synchronized_since_s"))); // 0.9 is out of reach
    assert_true(json_is_null(json_object_get(row, "goal_met")));
    assert_true(number_in(row, "r2") < number_in(row, "coherence_final"));
    json_decref(row);
    json_decref(summary);

    summary = run(alike, false);
    row = result_row(summary);
    assert_true(number_in(row, "synchronized_since_s") < 20 && number_in(row, "first_reached_s") > 0);
    assert_true(json_is_true(json_object_get(row, "locked")));
    CHECK_NEAR(number_in(row, "sync_time_s"), number_in(row, "first_reached_s"), 0.1);
    assert_true(json_is_null(json_object_get(row, "theory_r")));
    json_decref(row);
    json_decref(summary);

    summary = run(agents, true);
    row = result_row(summary);
    assert_int_equal(number_in(row, "living"), 70);
    assert_int_equal(number_in(row, "disruptions"), 1);
    assert_true(json_is_boolean(json_object_get(row, "goal_met")));
    assert_true(number_in(row, "worth_calls_ratio") > 0);
    json_decref(row);
    json_decref(summary);
}

// --- Ends

static void test_ends(void **state) {
    (void)state;
    scenario loaded = load(lorentz);
    json_t *summary, *execution;
    run_once_plan plan = {.given = &loaded, .name = "x", .timeout_s = 1e-6, .quiet = true};
    assert_int_equal(run_once(&plan, &summary, &execution, &error), RUN_END_TIMEOUT);
    assert_string_equal(json_string_value(json_object_get(summary, "ended")), "timeout");
    assert_true(json_is_number(json_object_get(execution, "wall_s")));
    json_decref(summary);
    json_decref(execution);
    scenario_free(&loaded);

    // What only the swarm can refuse: there is no such edge.
    loaded = load("return { swarm = { size = 10, topology = { kind = 'ring', degree = 2 } },"
                  " events = { { at = 1, cut = { 0, 5 } } } }");
    plan = (run_once_plan){.given = &loaded, .name = "x", .where = "x.lua"};
    assert_int_equal(run_once(&plan, &summary, &execution, &error), RUN_END_FAILED);
    assert_null(summary);
    assert_null(execution);
    assert_non_null(strstr(error.sentence, "x.lua: events[1]"));
    scenario_free(&loaded);

    // A hook that fails on the way: what was sampled until then is there.
    loaded = load("return { swarm = { size = 10 }, time = { duration = 10 },\n"
                  "on_sample = function(s) if s.time > 5 then error('enough') end end }");
    plan = (run_once_plan){.given = &loaded, .name = "x", .where = "x.lua", .quiet = true};
    assert_int_equal(run_once(&plan, &summary, NULL, &error), RUN_END_FAILED);
    if (strstr(error.sentence, "enough") == NULL)
        fail_msg("%s", error.sentence);
    assert_string_equal(json_string_value(json_object_get(summary, "ended")), "failed");
    json_decref(summary);
    scenario_free(&loaded);
}

// print() of a hook is said in a script's own run, and not in a sweep's.
static void test_print(void **state) {
    (void)state;
    scenario loaded = load("return { swarm = { size = 10 }, time = { duration = 1 },\n"
                           "on_sample = function(s) if s.tick == 0 then print('hello') end end }");
    for (int quiet = 0; quiet < 2; quiet++) {
        char said[1000];
        json_t *summary;
        run_once_plan plan = {.given = &loaded, .name = "x", .where = "x.lua", .quiet = quiet};
        caught what = catch_begin();
        const run_end end = run_once(&plan, &summary, NULL, &error);
        catch_end(what, said, sizeof said);
        assert_int_equal(end, RUN_END_DURATION);
        assert_int_equal(strstr(said, "hello") != NULL, !quiet);
        json_decref(summary);
    }
    scenario_free(&loaded);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_the_command),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
