// Supervision in lockstep: the same for every policy, worker count and layout; what is said of it; and that
// nothing is left.
#include "engine/base/memory.h"
#include "supervision_check.h"

// --- Determinism

// A number that depends on the seed alone.
static uint32_t draw(uint64_t *state, uint32_t below) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % below;
}

static uint64_t fold(uint64_t sum, uint64_t value) {
    return (sum ^ value) * 0x9e3779b97f4a7c15u + (sum >> 29);
}

// A life with everything in it. @return what came of it: the state, and every event in order.
static uint64_t turmoil(const char *policy, uint32_t workers, entrain_layout layout,
                        entrain_overflow overflow, bool all_for_one) {
    enum { MANY = 300, TICKS = 25 };
    household house;
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.policy = policy;
    config.scheduler.worker_count = workers;
    config.layout = layout;
    config.cohort_weight = 64;
    config.overflow = overflow;
    config.overflow_named = true;
    config.mailbox_capacity = 7;
    entrain_supervision how = remedy(ENTRAIN_REMEDY_RESTART, all_for_one);
    how.window_s = 0.1;
    how.messages_max = 12;
    open_as(&house, &config, &how, true, &worker, MANY);
    uint64_t random = 7, sum = 0;
    for (uint32_t t = 0; t < TICKS; t++) {
        for (uint32_t n = 0; n < 200; n++) {
            static const uint16_t kinds[] = {SEND,    SEND, SEND, WATCH, WATCH,
                                             UNWATCH, STOP, FAIL, BREAK, FINISH};
            uint32_t index = draw(&random, MANY), other = draw(&random, MANY), kind = draw(&random, 10);
            if (all_for_one && kind >= 6 && n > 3)
                kind -= 6; // else nothing else would happen
            const entrain_id to = id_of(&house, index), whom = id_of(&house, other);
            const uint64_t first = kinds[kind] == SEND   ? draw(&random, 5)
                                   : kinds[kind] == FAIL ? ENTRAIN_IO
                                                         : whom;
            if (to != ENTRAIN_ID_NONE && whom != ENTRAIN_ID_NONE)
                (void)entrain_engine_tell(house.engine, to, kinds[kind], 0, (entrain_payload){.u64 = first},
                                          (entrain_payload){.u64 = whom});
        }
        tick(&house);
        sum = fold(sum, entrain_engine_fingerprint(house.engine));
        for (uint32_t e = 0; e < house.event_count; e++) {
            const entrain_lifecycle *event = &house.events[e];
            sum = fold(sum, (uint64_t)event->id << 32 | event->successor);
            sum = fold(sum, (uint64_t)event->kind << 32 | (uint64_t)event->reason << 16 | event->restarts);
            sum = fold(sum, event->tick);
        }
        house.event_count = 0;
        entrain_id id;
        for (uint32_t k = t; k < MANY; k += 20) // some come back
            (void)entrain_engine_restart_actor(house.engine, house.workers, k, &id);
    }
    (void)error;
    close_house(&house);
    return sum;
}

static void the_same_happens_in_the_same_order_whoever_runs_it(void **state) {
    (void)state;
    static const char *const policies[] = {"serial", "shuffled", "static",   "shared",
                                           "guided", "steal",    "adaptive", "dataflow"};
    static const entrain_overflow overflows[] = {ENTRAIN_OVERFLOW_FAIL, ENTRAIN_OVERFLOW_SHED_OLDEST};
    for (int all = 0; all < 2; all++)
        for (size_t o = 0; o < 2; o++) {
            const uint64_t wanted = turmoil("serial", 1, ENTRAIN_LAYOUT_INDEX, overflows[o], all);
            assert_int_equal(turmoil("serial", 1, ENTRAIN_LAYOUT_SHUFFLED, overflows[o], all), wanted);
            for (size_t p = 0; p < sizeof policies / sizeof *policies; p++)
                assert_int_equal(turmoil(policies[p], p % 2 == 0 ? 3 : 2,
                                         p % 3 == 0 ? ENTRAIN_LAYOUT_SHUFFLED : ENTRAIN_LAYOUT_INDEX,
                                         overflows[o], all),
                                 wanted);
        }
}

// --- The rest

static void a_muted_watcher_is_told_when_it_can_hear_again(void **state) {
    (void)state;
    household house;
    entrain_engine_config config = entrain_engine_config_defaults();
    config.overflow = ENTRAIN_OVERFLOW_BLOCK;
    config.overflow_named = true;
    config.mailbox_capacity = 1;
    open_as(&house, &config, NULL, false, &worker, ACTORS);
    tell(&house, 0, WATCH, id_of(&house, 5), 0);
    tick(&house);
    tell(&house, 0, SEND, 3, id_of(&house, 1)); // one at a time: it is mute for two ticks
    tick(&house);                               // tick 1
    assert_int_equal(entrain_engine_stop_actor(house.engine, id_of(&house, 5)), ENTRAIN_OK);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->notices, 0);
    tick(&house);
    tick(&house);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->notices, 1);
    assert_int_equal(memoir_of(&house, 0)->noted[0] & 0xff, 4); // the first tick in which it is called again
    close_house(&house);
}

static void what_happens_is_said_in_one_line(void **state) {
    (void)state;
    char text[256];
    entrain_lifecycle event = {
        .kind = ENTRAIN_LIFECYCLE_FAILED,
        .reason = ENTRAIN_REASON_STATUS,
        .status = ENTRAIN_FULL,
        .remedy = ENTRAIN_REMEDY_RESTART,
        .id = 0x01000011,
        .successor = 0x02000011,
        .behavior = "philosopher",
        .index = 17,
        .tick = 30,
        .time_s = 0.3,
        .restarts = 2,
        .restarts_max = 3,
    };
#define CHECK_LINE(words)                                                                                    \
    do {                                                                                                     \
        assert_int_equal(entrain_lifecycle_format(&event, text, sizeof text), strlen(words));                \
        assert_string_equal(text, words);                                                                    \
    } while (0)
#define WHO "actor 17 of \"philosopher\" (id 0x01000011) "
    CHECK_LINE("error: " WHO "failed at tick 30 (0.3 s): status \"no room left; nothing was stored\"; "
               "restarted as 0x02000011, restart 2 of 3");
    event.remedy = ENTRAIN_REMEDY_STOP;
    event.reason = ENTRAIN_REASON_MESSAGES;
    CHECK_LINE("error: " WHO
               "failed at tick 30 (0.3 s): it was sent more than it may handle; it stays stopped");
    event.remedy = ENTRAIN_REMEDY_ESCALATE;
    event.reason = ENTRAIN_REASON_NOT_FINITE;
    event.column = "phase";
    CHECK_LINE("error: " WHO
               "failed at tick 30 (0.3 s): a NaN or an infinity in its column \"phase\"; this ends "
               "the run");
    event.kind = ENTRAIN_LIFECYCLE_GIVEN_UP;
    event.reason = ENTRAIN_REASON_SENDS;
    event.restarts = 3;
    CHECK_LINE("error: " WHO "failed at tick 30 (0.3 s): it sent more than it may; it stays stopped: its 3 "
               "restarts are used up");
    event.kind = ENTRAIN_LIFECYCLE_ENDED;
    event.reason = ENTRAIN_REASON_GROUP;
    CHECK_LINE("debug: " WHO "ended at tick 30 (0.3 s): another one of its group failed");
    event.kind = ENTRAIN_LIFECYCLE_STARTED;
    CHECK_LINE("debug: " WHO "started at tick 30 (0.3 s)");
    event.kind = ENTRAIN_LIFECYCLE_RESTARTED;
    CHECK_LINE("info: " WHO "began at tick 30 (0.3 s) in the place of one that failed, restart 3 of 3");
    const size_t whole = strlen(text);
    assert_int_equal(entrain_lifecycle_format(&event, text, 5), whole);
    assert_string_equal(text, "info");
    assert_string_equal(entrain_reason_name(ENTRAIN_REASON_NONE), "none");
    assert_string_equal(entrain_reason_name(ENTRAIN_REASON_GONE), "gone");
    assert_null(entrain_reason_name(ENTRAIN_REASON_COUNT));
}

static void everybody_is_told_of_with_debug(void **state) {
    (void)state;
    household house;
    open_house(&house, NULL, true);
    uint32_t at = 0;
    for (uint32_t k = 0; k < ACTORS; k++)
        assert_int_equal(expect(&house, &at, ENTRAIN_LIFECYCLE_STARTED, ENTRAIN_REASON_NONE, k)->id,
                         id_of(&house, k));
    entrain_id id = id_of(&house, 2);
    tick(&house);
    assert_int_equal(entrain_engine_stop_actor(house.engine, id), ENTRAIN_OK);
    assert_int_equal(expect(&house, &at, ENTRAIN_LIFECYCLE_ENDED, ENTRAIN_REASON_STOPPED, 2)->tick, 1);
    assert_int_equal(entrain_engine_restart_actor(house.engine, house.workers, 2, &id), ENTRAIN_OK);
    assert_int_equal(expect(&house, &at, ENTRAIN_LIFECYCLE_STARTED, ENTRAIN_REASON_NONE, 2)->id, id);
    assert_int_equal(house.event_count, at);
    close_house(&house);
}

static void what_is_wrong_is_refused(void **state) {
    (void)state;
    entrain_error error = {0};
    household house;
    open_house(&house, NULL, false);
    entrain_supervision how = entrain_supervision_defaults();
    CHECK_REFUSED(entrain_engine_supervise(house.engine, house.workers, &how, &error), ENTRAIN_ORDER, error,
                  "set it before");
    assert_int_equal(entrain_engine_on_lifecycle(house.engine, true, remember, &house), ENTRAIN_ORDER);
    close_house(&house);

    const entrain_engine_config config = entrain_engine_config_defaults();
    entrain_engine *engine;
    entrain_population *population;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &worker, NULL, 1, &population, &error), error);
    how.remedy = ENTRAIN_REMEDY_COUNT;
    CHECK_REFUSED(entrain_engine_supervise(engine, population, &how, &error), ENTRAIN_INVALID, error,
                  "remedy is 3");
    how = entrain_supervision_defaults();
    static const double windows[] = {0, -1, (double)NAN};
    for (int w = 0; w < 3; w++) {
        how.window_s = windows[w];
        CHECK_REFUSED(entrain_engine_supervise(engine, population, &how, &error), ENTRAIN_INVALID, error,
                      "window_s is");
    }
    entrain_behavior wrong = worker;
    wrong.watches_max = 65536;
    CHECK_REFUSED(entrain_engine_add(engine, &wrong, NULL, 1, &population, &error), ENTRAIN_INVALID, error,
                  "declares 65536 watches");
    const entrain_behavior deaf = {.name = "deaf", .watches_max = 1};
    CHECK_REFUSED(entrain_engine_add(engine, &deaf, NULL, 1, &population, &error), ENTRAIN_INVALID, error,
                  "0 without receive()");
    const entrain_column narrow = {.name = "narrow", .bytes = 4, .finite = true};
    const entrain_behavior thin = {.name = "thin", .columns = &narrow, .column_count = 1};
    CHECK_REFUSED(entrain_engine_add(engine, &thin, NULL, 1, &population, &error), ENTRAIN_INVALID, error,
                  "of 8 where it is to stay finite");
    entrain_engine_destroy(engine);
    entrain_engine_config traced = config;
    traced.trace = (1u << 20) + 1;
    CHECK_REFUSED(entrain_engine_create(&traced, &engine, &error), ENTRAIN_INVALID, error,
                  "trace is 1048577");
}

static uint32_t thread_count(void) {
    uint32_t count = 0;
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Threads: %u", &count) == 1)
            break;
    fclose(file);
    assert_true(count > 0);
    return count;
}

static void a_stopped_engine_leaves_nothing(void **state) {
    (void)state;
    const int64_t blocks = entrain__memory_live();
    const uint32_t threads = thread_count();
    for (int how_far = 0; how_far < 5; how_far++) {
        household house;
        entrain_error error = {0};
        entrain_engine_config config = entrain_engine_config_defaults();
        config.scheduler.worker_count = 4;
        config.trace = 64;
        const entrain_supervision how =
            remedy(how_far == 2 ? ENTRAIN_REMEDY_ESCALATE : ENTRAIN_REMEDY_RESTART, how_far == 3);
        open_as(&house, &config, &how, true, &worker, ACTORS);
        assert_true(thread_count() > threads && entrain__memory_live() > blocks);
        tell(&house, 0, WATCH, id_of(&house, 3), 0);
        tell(&house, 3, SEND, 2, id_of(&house, 1));
        if (how_far > 0)
            tick(&house);
        if (how_far > 1) {
            make_fail(&house, 0, 3);
            make_fail(&house, 1, 4);
            assert_int_equal(entrain_engine_advance(house.engine, 1, &error),
                             how_far == 2 ? ENTRAIN_FAILED : ENTRAIN_OK);
        } // the notice of it, or the mail, is under way
        if (how_far == 4)
            tick(&house);
        close_house(&house);
        assert_int_equal(thread_count(), threads);
        assert_int_equal(entrain__memory_live(), blocks);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_happens_in_the_same_order_whoever_runs_it),
        cmocka_unit_test(a_muted_watcher_is_told_when_it_can_hear_again),
        cmocka_unit_test(what_happens_is_said_in_one_line),
        cmocka_unit_test(everybody_is_told_of_with_debug),
        cmocka_unit_test(what_is_wrong_is_refused),
        cmocka_unit_test(a_stopped_engine_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
