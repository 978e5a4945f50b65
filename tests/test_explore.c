// The schedule explorer finds what is planted: an answer that is wrong in one order of arrival of a hundred
// and twenty, a circle of full mailboxes, a workload that something besides the seed decides. And finds
// nothing where nothing is wrong.
#include "check.h"

#include <inttypes.h>

#include "entrain/explore.h"

static entrain_error error;

// --- A workload with a fault: five actors each say their number, and the answer is wrong if the highest
// comes first, then the next, and so on.

enum { SPEAKERS = 5 };
enum { SPEAKER, LISTENER };
enum { GO = ENTRAIN_KIND_USER, NUMBER };

typedef struct listener {
    int64_t heard, descending, last, unused;
} listener;

static entrain_status speak(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const entrain_reference_run *run = self->context;
    const entrain_payload number = {.i64 = self->index}, none = {.i64 = 0};
    (void)messages, (void)count;
    return entrain_send(self, run->ids[LISTENER][0], NUMBER, 0, number, none);
}

static entrain_status listen_to(entrain_self *self, const entrain_message *messages, uint32_t count) {
    listener *own = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        own->descending += own->heard == 0 || messages[m].payload[0].i64 < own->last;
        own->last = messages[m].payload[0].i64;
        own->heard++;
    }
    return ENTRAIN_OK;
}

static entrain_status build(entrain_reference_run *run, entrain_error *error_out) {
    static const entrain_column columns[] = {{.name = "listener", .bytes = sizeof(listener)}};
    const entrain_behavior speaker = {.name = "speaker", .sends_max = 1, .inbox = 1, .receive = speak};
    const entrain_behavior listening = {
        .name = "listener", .columns = columns, .column_count = 1, .inbox = SPEAKERS, .receive = listen_to};
    entrain_status status = entrain_reference_add(run, &speaker, SPEAKERS, SPEAKERS, error_out);
    return status == ENTRAIN_OK ? entrain_reference_add(run, &listening, 1, 1, error_out) : status;
}

static entrain_status begin(entrain_reference_run *run, entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t i = 0; i < SPEAKERS && status == ENTRAIN_OK; i++)
        status = entrain_reference_begin(run, SPEAKER, i, GO, 0, error_out);
    return status;
}

static entrain_status check(entrain_reference_run *run, entrain_error *error_out) {
    const listener *own = entrain_reference_column(run, LISTENER, 0, 0);
    if (own->heard != SPEAKERS || own->descending == SPEAKERS)
        return entrain_error_set(error_out, ENTRAIN_MISMATCH, "planted: heard %" PRId64 ", all descending.",
                                 own->heard);
    return ENTRAIN_OK;
}

static uint64_t messages(entrain_reference_run *run) {
    (void)run;
    return SPEAKERS;
}

static const char *const kinds[] = {"go", "number"};
static const entrain_reference planted = {.name = "planted",
                                          .summary = "wrong in one order of 120",
                                          .executions = 1 << ENTRAIN_EXECUTION_EVENT_DRIVEN,
                                          .kinds = kinds,
                                          .kind_count = 2,
                                          .build = build,
                                          .begin = begin,
                                          .check = check,
                                          .messages = messages};

static entrain_explore_config config_of(const entrain_reference *reference, uint64_t first, uint64_t last) {
    entrain_explore_config config = entrain_explore_config_defaults();
    config.reference = reference;
    config.seed_first = first;
    config.seed_last = last;
    return config;
}

static void test_planted_fault(void **state) {
    (void)state;
    entrain_explore_config config = config_of(&planted, 1, 5000);
    entrain_exploration seen, again;
    CHECK_REFUSED(entrain_explore(&config, &seen, &error), ENTRAIN_MISMATCH, error, "all descending");
    assert_true(seen.failed && seen.failed_seed == seen.seeds);
    assert_true(seen.seeds > 1 && seen.orders > 1 && seen.orders <= 120 * 120);
    // Its seed alone shows it again, with every message.
    char *text = NULL;
    size_t size = 0;
    config = config_of(&planted, seen.failed_seed, seen.failed_seed);
    config.trace = open_memstream(&text, &size);
    assert_non_null(config.trace);
    CHECK_REFUSED(entrain_explore(&config, &again, &error), ENTRAIN_MISMATCH, error, "all descending");
    fclose(config.trace);
    assert_true(again.signature == seen.signature && again.failed_seed == seen.failed_seed);
    const char *at = text;
    for (int speaker = SPEAKERS - 1; speaker >= 0; speaker--) {
        char line[64];
        snprintf(line, sizeof line, "listener 0 <- speaker %d: number %d 0", speaker, speaker);
        at = strstr(at, line);
        assert_non_null(at);
    }
    free(text);
}

// All 120 orders of five arrivals are legal, and all are seen, equally often as far as chance goes: the fault
// shows in one of 120 seeds on average.
static void test_orders_are_uniform(void **state) {
    (void)state;
    enum { SEEDS = 2400 };
    uint64_t failures = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        entrain_exploration seen;
        entrain_explore_config config = config_of(&planted, seed, SEEDS);
        config.again = 0;
        if (entrain_explore(&config, &seen, &error) == ENTRAIN_OK)
            break;
        failures++;
        seed = seen.failed_seed;
    }
    // Batches of 3 and 100 do not change who is taken first. 20 on average, four standard deviations either
    // way.
    assert_in_range(failures, 3, 38);
}

static void test_nothing_found(void **state) {
    (void)state;
    const entrain_reference *reference;
    for (uint32_t i = 0; (reference = entrain_reference_at(i)) != NULL; i++) {
        entrain_explore_config config = config_of(reference, 1, 60);
        entrain_exploration seen;
        CHECK_OK(entrain_explore(&config, &seen, &error), error);
        assert_int_equal(seen.seeds, 60);
        assert_false(seen.failed);
        bool serial =
            strcmp(reference->name, "ping-pong") == 0 || strcmp(reference->name, "thread-ring") == 0;
        bool timed = strcmp(reference->name, "phold") == 0; // times decide there, but for the beginning
        if (serial)
            assert_int_equal(seen.orders, 1); // one message at a time: there is one order
        else if (!timed)
            assert_true(seen.orders > 50);
    }
}

// A first-come policy gives one order for all seeds, and less to find.
static void test_first_come(void **state) {
    (void)state;
    entrain_explore_config config = config_of(&planted, 1, 30);
    entrain_exploration seen;
    config.policy = "serial";
    CHECK_OK(entrain_explore(&config, &seen, &error), error);
    assert_int_equal(seen.orders, 1);
}

static void test_deadlock(void **state) {
    (void)state;
    const double parameters[] = {8, 50, 1}; // mailboxes of one message
    entrain_explore_config config = config_of(entrain_reference_find("big"), 1, 50);
    entrain_exploration seen;
    config.parameters = parameters;
    CHECK_REFUSED(entrain_explore(&config, &seen, &error), ENTRAIN_DEADLOCK, error,
                  "wait for each other's full mailboxes");
    assert_true(seen.failed);
}

// --- What the seed does not decide

static uint64_t runs_so_far;

static entrain_status listen_badly(entrain_self *self, const entrain_message *given, uint32_t count) {
    const entrain_reference_run *run = self->context;
    const entrain_payload number = {.u64 = runs_so_far}, none = {.i64 = 0};
    listener *own = self->columns[0];
    own->heard += count;
    if (given[0].kind == NUMBER && own->descending++ == 0)
        return entrain_send(self, run->ids[LISTENER][0], NUMBER + 1, 0, number, none);
    return ENTRAIN_OK;
}

static entrain_status build_badly(entrain_reference_run *run, entrain_error *error_out) {
    static const entrain_column columns[] = {{.name = "listener", .bytes = sizeof(listener)}};
    const entrain_behavior speaker = {.name = "speaker", .sends_max = 1, .inbox = 1, .receive = speak};
    const entrain_behavior listening = {.name = "listener",
                                        .columns = columns,
                                        .column_count = 1,
                                        .sends_max = 1,
                                        .inbox = SPEAKERS + 1,
                                        .receive = listen_badly};
    runs_so_far++;
    entrain_status status = entrain_reference_add(run, &speaker, SPEAKERS, SPEAKERS, error_out);
    return status == ENTRAIN_OK ? entrain_reference_add(run, &listening, 1, 1, error_out) : status;
}

static entrain_status check_nothing(entrain_reference_run *run, entrain_error *error_out) {
    (void)run, (void)error_out;
    return ENTRAIN_OK;
}

static void test_not_repeatable(void **state) {
    (void)state;
    entrain_reference bad = planted;
    bad.build = build_badly;
    bad.check = check_nothing;
    entrain_explore_config config = config_of(&bad, 1, 3);
    entrain_exploration seen;
    CHECK_REFUSED(entrain_explore(&config, &seen, &error), ENTRAIN_MISMATCH, error,
                  "something besides the seed decides");
    // And what is said to be exact must be.
    bad = planted;
    bad.exact = true;
    bad.check = check_nothing;
    config = config_of(&bad, 1, 20);
    CHECK_OK(entrain_explore(&config, &seen, &error), error); // its columns are in no fingerprint
}

static entrain_status build_fingerprinted(entrain_reference_run *run, entrain_error *error_out) {
    static const entrain_column columns[] = {
        {.name = "listener", .bytes = sizeof(listener), .fingerprint = true}};
    const entrain_behavior speaker = {.name = "speaker", .sends_max = 1, .inbox = 1, .receive = speak};
    const entrain_behavior listening = {
        .name = "listener", .columns = columns, .column_count = 1, .inbox = SPEAKERS, .receive = listen_to};
    entrain_status status = entrain_reference_add(run, &speaker, SPEAKERS, SPEAKERS, error_out);
    return status == ENTRAIN_OK ? entrain_reference_add(run, &listening, 1, 1, error_out) : status;
}

static void test_not_exact(void **state) {
    (void)state;
    entrain_reference bad = planted;
    bad.build = build_fingerprinted;
    bad.check = check_nothing;
    bad.exact = true;
    entrain_explore_config config = config_of(&bad, 1, 30);
    entrain_exploration seen;
    CHECK_REFUSED(entrain_explore(&config, &seen, &error), ENTRAIN_MISMATCH, error,
                  "must not depend on the order of messages");
}

static bool stop_at_three(void *context, uint64_t seed) {
    uint64_t *calls = context;
    return ++*calls < 3 && seed < 100;
}

static void test_refusals(void **state) {
    (void)state;
    entrain_exploration seen;
    uint64_t calls = 0;
    entrain_explore_config config = config_of(entrain_reference_find("dining"), 2, 1);
    CHECK_REFUSED(entrain_explore(&config, &seen, &error), ENTRAIN_INVALID, error, "seeds are 2 to 1");
    config.seed_last = 3;
    config.policy = "sideways";
    CHECK_REFUSED(entrain_explore(&config, &seen, &error), ENTRAIN_UNKNOWN, error, "sideways");
    assert_false(seen.failed);
    config = entrain_explore_config_defaults();
    CHECK_REFUSED(entrain_explore(&config, &seen, &error), ENTRAIN_INVALID, error, "no workload to explore");
    config = config_of(entrain_reference_find("dining"), 1, 1000);
    config.go_on = stop_at_three;
    config.context = &calls;
    CHECK_OK(entrain_explore(&config, &seen, &error), error);
    assert_int_equal(seen.seeds, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted_fault), cmocka_unit_test(test_orders_are_uniform),
        cmocka_unit_test(test_nothing_found), cmocka_unit_test(test_first_come),
        cmocka_unit_test(test_deadlock),      cmocka_unit_test(test_not_repeatable),
        cmocka_unit_test(test_not_exact),     cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
