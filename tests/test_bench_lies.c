// `entrain bench` must see what an honest run never shows: a policy with another result, one that loses a
// task, messages that are lost, a scenario that fails on the way. The engine is wrapped at link time and
// tells the lies. None of them may be shown a time, and the exit code says so.
#include "tests/command_check.h"

#include <jansson.h>
#include <signal.h>

#include "entrain/swarm.h"
#include "sims/interrupt.h"
#include "sims/options.h"

uint64_t __real_entrain_engine_fingerprint(entrain_engine *engine);
uint64_t __wrap_entrain_engine_fingerprint(entrain_engine *engine);
void __real_entrain_engine_count(const entrain_engine *engine, entrain_message_count *count_out);
void __wrap_entrain_engine_count(const entrain_engine *engine, entrain_message_count *count_out);
double __wrap_wall_now_s(void);
entrain_status __real_entrain_engine_advance(entrain_engine *engine, uint64_t ticks,
                                             entrain_error *error_out);
entrain_status __wrap_entrain_engine_advance(entrain_engine *engine, uint64_t ticks,
                                             entrain_error *error_out);

typedef enum lie {
    LIE_NONE,
    LIE_FINGERPRINT,
    LIE_MESSAGES,
    LIE_TASK,
    LIE_FAILURE,
    LIE_REFERENCE,
    LIE_CTRL_C
} lie;
static lie told;
static int rounds_seen; // checks of the one who lies
static double clock_s;  // the only one there is: it moves when an engine does

static bool is_under(const entrain_engine *engine, const char *policy, uint32_t workers) {
    const entrain_scheduler *scheduler = entrain_engine_scheduler(engine);
    return entrain_scheduler_worker_count(scheduler) == workers &&
           strcmp(entrain_scheduler_policy(scheduler), policy) == 0;
}

// From the second look on: at first, before the rounds, all is well.
uint64_t __wrap_entrain_engine_fingerprint(entrain_engine *engine) {
    uint64_t fingerprint = __real_entrain_engine_fingerprint(engine);
    bool lies = told == LIE_FINGERPRINT && is_under(engine, "shared", 2) && ++rounds_seen > 1;
    return lies ? fingerprint ^ 1 : fingerprint;
}

void __wrap_entrain_engine_count(const entrain_engine *engine, entrain_message_count *count_out) {
    __real_entrain_engine_count(engine, count_out);
    if (told == LIE_MESSAGES && is_under(engine, "shared", 2))
        count_out->received -= 3;
    if (told == LIE_REFERENCE && is_under(engine, "serial", 1))
        count_out->received += 3;
}

double __wrap_wall_now_s(void) { return clock_s; }
uint64_t __wrap_entrain_engine_tick_ns(const entrain_engine *engine, double quantile);

// What a tick costs here: 8 us, under `shared` on 2 workers 5.
static double tick_s(const entrain_engine *engine) { return is_under(engine, "shared", 2) ? 5e-6 : 8e-6; }

uint64_t __wrap_entrain_engine_tick_ns(const entrain_engine *engine, double quantile) {
    (void)quantile;
    return (uint64_t)(tick_s(engine) * 1e9 + 0.5);
}

// How that ends up in a benchmark of serial 1, shared 1, shared 2, 1 ms each: doubled until they take a
// quarter of 3 ms together, 64 ticks, seven doublings of two calls; and 3 ms are 142 ticks.
enum { CALLS_BEFORE_ROUNDS = 14, TICKS = 142 };

entrain_status __wrap_entrain_engine_advance(entrain_engine *engine, uint64_t ticks,
                                             entrain_error *error_out) {
    if (told == LIE_FAILURE && is_under(engine, "shared", 2))
        return entrain_error_set(error_out, ENTRAIN_LIMIT, "an actor sent too much");
    if (told == LIE_CTRL_C && is_under(engine, "shared", 2) && ++rounds_seen == CALLS_BEFORE_ROUNDS + 2)
        raise(SIGINT); // in the second round
    clock_s += tick_s(engine) * (double)ticks;
    return __real_entrain_engine_advance(engine, ticks, error_out);
}

// --- A policy that loses a task when told to, and one that cannot hold any

typedef struct careless {
    uint32_t count, next;
    bool loses;
} careless;

static entrain_status careless_create(const entrain_policy_setup *setup, void **state_out) {
    careless *state = calloc(1, sizeof *state);
    state->count = setup->task_count;
    *state_out = state;
    return ENTRAIN_OK;
}

static void careless_submit(void *opaque, uint64_t phase) {
    careless *state = opaque;
    state->next = 0;
    state->loses = told == LIE_TASK && phase > 40;
}

static bool careless_next(void *opaque, uint32_t worker, uint32_t *task_out) {
    careless *state = opaque;
    if (worker != 0 || state->next == state->count || state->loses)
        return false;
    *task_out = state->next++;
    return true;
}

static entrain_status full_create(const entrain_policy_setup *setup, void **state_out) {
    (void)setup, (void)state_out;
    return ENTRAIN_LIMIT;
}

static const entrain_policy careless_policy = {.name = "careless",
                                               .summary = "worker 0 runs all; loses a task when told to",
                                               .create = careless_create,
                                               .submit = careless_submit,
                                               .next = careless_next,
                                               .destroy = free};
static const entrain_policy full_policy = {.name = "full",
                                           .summary = "refuses every plan",
                                           .create = full_create,
                                           .submit = careless_submit,
                                           .next = careless_next,
                                           .destroy = free};

// --- The command

static char path[] = "/tmp/entrain-bench-XXXXXX.json";
static char said[32768];

static int set_up(void **state) {
    (void)state;
    int fd = mkstemps(path, 5);
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
    if (to == NULL)
        return -1;
    fputs("{\"swarm\": {\"size\": 40, \"topology\": {\"kind\": \"ring\"}}, \"model\": {\"coupling\": 2}}",
          to);
    entrain_error error = {0};
    return fclose(to) != 0 || entrain_policy_register(&careless_policy, &error) != ENTRAIN_OK ||
           entrain_policy_register(&full_policy, &error) != ENTRAIN_OK;
}

static int tear_down(void **state) {
    (void)state;
    return unlink(path);
}

static void bench(lie what, const char *policies, bool json, int wanted) {
    char words[8][64] = {"entrain", "bench", "", "--workers=1,2", "--repeat=3", "--seconds=0.001", ""};
    snprintf(words[2], sizeof words[2], "%s", path);
    snprintf(words[6], sizeof words[6], "--policies=%s", policies);
    snprintf(words[7], sizeof words[7], "--json");
    char *arguments[8];
    for (int i = 0; i < 8; i++)
        arguments[i] = words[i];
    told = what;
    rounds_seen = 0;
    int got = run_command(json ? 8 : 7, arguments, said, sizeof said);
    told = LIE_NONE;
    if (got != wanted)
        fail_msg("exit code %d, not %d; it said:\n%s", got, wanted, said);
}

static void expect_said(const char *words) {
    if (strstr(said, words) == NULL)
        fail_msg("it does not say \"%s\":\n%s", words, said);
}

// The row of @p policy with @p workers out of the lines of JSON in `said`; the caller's.
static json_t *find_row(const char *policy, int workers) {
    char *copy = strdup(said), *rest = copy;
    json_t *found = NULL;
    for (char *line; (line = strtok_r(rest, "\n", &rest)) != NULL && found == NULL;) {
        json_t *json = json_loads(line, 0, NULL);
        const char *name = json_string_value(json_object_get(json, "policy"));
        if (name != NULL && strcmp(name, policy) == 0 &&
            json_integer_value(json_object_get(json, "workers")) == workers)
            found = json_incref(json);
        json_decref(json);
    }
    free(copy);
    if (found == NULL)
        fail_msg("no row of %s with %d in:\n%s", policy, workers, said);
    return found;
}

// All lines of the tables that begin so, @p count of them, have nothing but "-".
static void check_blank(const char *beginning, int count) {
    const char *at = said;
    for (; (at = strstr(at, beginning)) != NULL; count--) {
        at += strlen(beginning);
        if (at[strspn(at, " -")] != '\n')
            fail_msg("a figure of one that is wrong:\n%s", said);
    }
    assert_int_equal(count, 0);
}

// That row has a result and a remark, and no number but who it is about.
static void check_no_time(const char *policy, int workers, const char *result, const char *remark) {
    json_t *row = find_row(policy, workers), *value;
    const char *key;
    json_object_foreach(row, key, value) if (json_is_number(value) && strcmp(key, "workers") != 0 &&
                                             strcmp(key, "size") != 0)
        fail_msg("%s of a row that is %s:\n%s", key, result, said);
    assert_string_equal(json_string_value(json_object_get(row, "result")), result);
    if (strstr(json_string_value(json_object_get(row, "remark")), remark) == NULL)
        fail_msg("it does not say \"%s\":\n%s", remark, said);
    json_decref(row);
}

static void check_good(const char *policy, int workers) {
    static const char *const keys[] = {
        "ns_median",          "ns_q1",        "ns_q3",        "ns_least",   "speedup",
        "efficiency",         "to_reference", "serial_share", "parks",      "idle_share",
        "barrier_wait_share", "steals_won",   "task_us_max",  "tick_us_p50"};
    json_t *row = find_row(policy, workers);
    assert_string_equal(json_string_value(json_object_get(row, "result")), "ok");
    assert_null(json_object_get(row, "remark"));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!json_is_number(json_object_get(row, keys[i])))
            fail_msg("no %s of %s with %d:\n%s", keys[i], policy, workers, said);
    assert_int_equal(json_integer_value(json_object_get(row, "rounds")), 3);
    json_decref(row);
}

static void test_honest(void **state) {
    (void)state;
    bench(LIE_NONE, "shared,careless,serial", true, EXIT_DONE);
    static const char *const policies[] = {"serial", "shared", "careless"};
    for (int workers = 1; workers <= 2; workers++)
        for (size_t p = 0; p < 3; p++)
            check_good(policies[p], workers);
    expect_said("6 of 6 agree on fingerprint");
    json_t *first = find_row("serial", 1), *last = find_row("careless", 2);
    assert_string_equal(json_string_value(json_object_get(first, "speedup_over")), "serial");
    assert_string_equal(json_string_value(json_object_get(last, "speedup_over")), "itself");
    assert_true(json_number_value(json_object_get(first, "speedup")) == 1);
    assert_true(json_number_value(json_object_get(first, "to_reference")) == 1);
    assert_string_equal(json_string_value(json_object_get(first, "fingerprint")),
                        json_string_value(json_object_get(last, "fingerprint")));
    assert_true(json_is_null(json_object_get(first, "karp_flatt")));
    assert_true(json_is_number(json_object_get(last, "karp_flatt")));
    json_decref(first);
    json_decref(last);
}

static double number_at(const json_t *row, const char *key) {
    const json_t *value = json_object_get(row, key);
    if (!json_is_number(value))
        fail_msg("no %s in:\n%s", key, said);
    return json_number_value(value);
}

// With a clock whose ticks are known every figure is known.
static void test_figures(void **state) {
    (void)state;
    bench(LIE_NONE, "shared", true, EXIT_DONE);
    json_t *row = find_row("shared", 2);
    assert_int_equal(json_integer_value(json_object_get(row, "ticks")), TICKS);
    CHECK_NEAR(number_at(row, "ns_median"), 5000 / 40.0, 1e-5);
    CHECK_NEAR(number_at(row, "ns_q1"), 5000 / 40.0, 1e-5);
    CHECK_NEAR(number_at(row, "ns_q3"), 5000 / 40.0, 1e-5);
    CHECK_NEAR(number_at(row, "updates_per_s"), 40 / 5e-6, 1);
    CHECK_NEAR(number_at(row, "speedup"), 1.6, 1e-7);
    CHECK_NEAR(number_at(row, "efficiency"), 80, 1e-5);
    CHECK_NEAR(number_at(row, "karp_flatt"), 0.25, 1e-7); // (1/1.6 - 1/2) / (1 - 1/2)
    CHECK_NEAR(number_at(row, "to_reference"), 1 / 1.6, 1e-7);
    CHECK_NEAR(number_at(row, "tick_us_p50"), 5, 1e-6);
    CHECK_NEAR(number_at(row, "tick_us_p99"), 5, 1e-6);
    json_decref(row);
    row = find_row("shared", 1);
    CHECK_NEAR(number_at(row, "ns_median"), 200, 1e-5);
    CHECK_NEAR(number_at(row, "speedup"), 1, 1e-7);
    CHECK_NEAR(number_at(row, "to_reference"), 1, 1e-7);
    json_decref(row);
}

static void test_fingerprint_differs(void **state) {
    (void)state;
    bench(LIE_FINGERPRINT, "shared,static", true, EXIT_MISMATCH);
    check_no_time("shared", 2, "WRONG", "WRONG: its fingerprint at tick ");
    check_good("shared", 1);
    check_good("static", 2);
    expect_said("4 of 5 agree");
    expect_said("see the rows that say WRONG");
    bench(LIE_FINGERPRINT, "shared,static", false, EXIT_MISMATCH);
    check_blank("\n  shared        2 ", 3); // in each of the three tables
    expect_said("    WRONG: its fingerprint at tick ");
}

static void test_messages_lost(void **state) {
    (void)state;
    bench(LIE_MESSAGES, "shared", true, EXIT_MISMATCH);
    check_no_time("shared", 2, "WRONG", "WRONG: 3 messages are unaccounted for");
    check_good("shared", 1);
}

static void test_task_lost(void **state) {
    (void)state;
    bench(LIE_TASK, "careless,shared", true, EXIT_MISMATCH);
    check_no_time("careless", 1, "WRONG", "careless");
    check_no_time("careless", 2, "WRONG", "careless");
    check_good("shared", 2);
}

static void test_left_out(void **state) {
    (void)state;
    bench(LIE_NONE, "full,shared", true, EXIT_DONE);
    check_no_time("full", 2, "left out", "left out: policy \"full\" cannot hold");
    check_good("shared", 2);
}

static void test_failure(void **state) {
    (void)state;
    bench(LIE_FAILURE, "shared", true, EXIT_FAILED);
    check_no_time("shared", 2, "failed", "failed: an actor sent too much");
    check_good("shared", 1);
}

// Without a sound reference nothing can be said about anybody.
static void test_reference_wrong(void **state) {
    (void)state;
    bench(LIE_REFERENCE, "shared", true, EXIT_MISMATCH);
    check_no_time("serial", 1, "WRONG", "-3 messages are unaccounted for");
    check_no_time("shared", 1, "left out", "no sound reference");
    assert_null(strstr(said, "agree on"));
}

// What is shown is of complete rounds. Last: a signal stays requested.
static void test_interrupted(void **state) {
    (void)state;
    interrupt_install();
    bench(LIE_CTRL_C, "shared", true, EXIT_INTERRUPTED);
    json_t *row = find_row("shared", 2);
    assert_int_equal(json_integer_value(json_object_get(row, "rounds")), 1);
    CHECK_NEAR(number_at(row, "ns_median"), 5000 / 40.0, 1e-5);
    json_decref(row);
    expect_said("\"kind\":\"end\",\"complete\":false");
    expect_said("interrupted");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_fingerprint_differs),
        cmocka_unit_test(test_messages_lost),
        cmocka_unit_test(test_task_lost),
        cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_reference_wrong),
        cmocka_unit_test(test_interrupted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
