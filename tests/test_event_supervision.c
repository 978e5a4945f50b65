// Supervision where actors run when they have mail: several workers, no ticks. What must hold whatever the
// schedule: who is told, how often, what is restarted how often, and that every message is accounted for.
#include "check.h"
#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "entrain/engine.h"

static const entrain_payload nothing = {0};

enum { FAIL = ENTRAIN_KIND_USER, WATCH, WATCH_ALL, FINISH, NOTE, STOP };
enum { ACTORS = 64, WATCHERS = 4 };

typedef struct meeting {
    entrain_engine *engine;
    entrain_population *actors, *watchers;
    uint32_t kinds[ENTRAIN_LIFECYCLE_COUNT], reasons[ENTRAIN_REASON_COUNT]; // told one at a time
    uint32_t stops, chain_count;                                            // stops: atomic
    entrain_trace_step first;
    entrain_id ids[ACTORS]; // as they began
} meeting;

static entrain_status actor_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].kind == FAIL)
            return ENTRAIN_IO;
        if (messages[m].kind == FINISH)
            entrain_finish(self);
        if (messages[m].kind == STOP)
            (void)entrain_stop(self, (entrain_id)messages[m].payload[0].u64);
    }
    return ENTRAIN_OK;
}

// Watches everybody, then tells each what was asked for.
static entrain_status watcher_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const meeting *hall = self->context;
    uint64_t *told = self->columns[0]; // [ACTORS] how often, [ACTORS] sum of reasons
    for (uint32_t m = 0; m < count; m++) {
        const entrain_message *message = &messages[m];
        if (message->kind == ENTRAIN_KIND_ENDED) {
            const uint32_t index = (message->from & ENTRAIN_ID_INDEX_MAX) % ACTORS;
            told[index]++;
            told[ACTORS + index] = message->flags;
        }
        for (uint32_t k = 0; message->kind == WATCH_ALL && k < ACTORS; k++)
            assert_int_equal(entrain_watch(self, hall->ids[k]), ENTRAIN_OK);
        for (uint32_t k = 0; message->kind == WATCH_ALL && message->flags != 0 && k < ACTORS; k++)
            assert_int_equal(entrain_send(self, hall->ids[k], message->flags, 0, nothing, nothing),
                             ENTRAIN_OK);
    }
    return ENTRAIN_OK;
}

static void remember(void *context, const entrain_lifecycle *event) {
    meeting *hall = context;
    hall->kinds[event->kind]++;
    hall->reasons[event->reason]++;
    if (event->kind == ENTRAIN_LIFECYCLE_FAILED && event->chain_count > 0) {
        hall->chain_count = event->chain_count;
        hall->first = event->chain[event->chain_count - 1];
    }
}

static void count_stop(entrain_self *self) { // pairs with nothing: read when nobody runs
    entrain__add_acq_rel_u32(&((meeting *)self->context)->stops, 1);
}

static void open_hall(meeting *in, const entrain_engine_config *config, const entrain_supervision *how,
                      bool debug) {
    entrain_error error = {0};
    static const entrain_column told = {.name = "told", .bytes = 2 * ACTORS * 8};
    const entrain_behavior actor = {
        .name = "actor", .sends_max = 1, .inbox = 63, .receive = actor_receive, .stop = count_stop};
    const entrain_behavior watcher = {.name = "watcher",
                                      .columns = &told,
                                      .column_count = 1,
                                      .sends_max = ACTORS,
                                      .inbox = 63,
                                      .watches_max = ACTORS,
                                      .receive = watcher_receive};
    memset(in, 0, sizeof *in);
    CHECK_OK(entrain_engine_create(config, &in->engine, &error), error);
    CHECK_OK(entrain_engine_add(in->engine, &actor, in, ACTORS, &in->actors, &error), error);
    CHECK_OK(entrain_engine_add(in->engine, &watcher, in, WATCHERS, &in->watchers, &error), error);
    CHECK_OK(entrain_engine_supervise(in->engine, in->actors, how, &error), error);
    assert_int_equal(entrain_engine_on_lifecycle(in->engine, debug, remember, in), ENTRAIN_OK);
    CHECK_OK(entrain_engine_start(in->engine, &error), error);
    for (uint32_t k = 0; k < ACTORS; k++)
        in->ids[k] = entrain_population_id(in->actors, k);
}

static entrain_engine_config event_driven(uint32_t workers) {
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
    config.scheduler.worker_count = workers;
    config.batch = 5;
    return config;
}

static void run(meeting *in) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_run(in->engine, 1e300, &error), error);
}

static void close_hall(meeting *in) {
    entrain_message_count count;
    entrain_engine_count(in->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    entrain_engine_destroy(in->engine);
}

static void tell_watcher(meeting *in, uint32_t index, uint16_t flags) {
    assert_int_equal(entrain_engine_tell(in->engine, entrain_population_id(in->watchers, index), WATCH_ALL,
                                         flags, nothing, nothing),
                     ENTRAIN_OK);
}

// Three watch everybody, the fourth watches too and makes everybody fail, or finish.
static void everybody_is_told_once_however_they_end(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers++)
        for (int restart = 0; restart < 2; restart++)
            for (int finish = 0; finish < 2; finish++) {
                meeting in;
                entrain_supervision how = entrain_supervision_defaults();
                how.remedy = restart ? ENTRAIN_REMEDY_RESTART : ENTRAIN_REMEDY_STOP;
                const entrain_engine_config config = event_driven(workers);
                open_hall(&in, &config, &how, true);
                for (uint32_t w = 1; w < WATCHERS; w++)
                    tell_watcher(&in, w, 0);
                run(&in);
                tell_watcher(&in, 0, finish ? FINISH : FAIL);
                run(&in);
                const entrain_reason reason = finish ? ENTRAIN_REASON_FINISHED : ENTRAIN_REASON_STATUS;
                for (uint32_t w = 0; w < WATCHERS; w++) {
                    const uint64_t *told = entrain_population_at(in.watchers, w, 0);
                    for (uint32_t k = 0; k < ACTORS; k++) {
                        assert_int_equal(told[k], 1);
                        assert_int_equal(told[ACTORS + k], reason);
                    }
                }
                assert_int_equal(in.stops, ACTORS);
                assert_int_equal(in.kinds[ENTRAIN_LIFECYCLE_STARTED], ACTORS + WATCHERS);
                assert_int_equal(in.kinds[ENTRAIN_LIFECYCLE_ENDED], finish ? ACTORS : 0);
                assert_int_equal(in.kinds[ENTRAIN_LIFECYCLE_FAILED], finish ? 0 : ACTORS);
                assert_int_equal(in.kinds[ENTRAIN_LIFECYCLE_RESTARTED], restart && !finish ? ACTORS : 0);
                for (uint32_t k = 0; k < ACTORS; k++)
                    assert_int_equal(entrain_population_id(in.actors, k) >> ENTRAIN_ID_INDEX_BITS,
                                     restart && !finish ? 2 : 0);
                close_hall(&in);
            }
}

// Watching while those who are watched end: told once all the same, of the end or that they are gone.
static void who_watches_while_they_end_is_told_once(void **state) {
    (void)state;
    for (uint32_t round = 0; round < 40; round++) {
        meeting in;
        entrain_supervision how = entrain_supervision_defaults();
        how.remedy = ENTRAIN_REMEDY_STOP;
        const entrain_engine_config config = event_driven(1 + round % 4);
        open_hall(&in, &config, &how, false);
        for (uint32_t w = 0; w < WATCHERS; w++)
            tell_watcher(&in, w, w == round % WATCHERS ? FAIL : w == (round + 1) % WATCHERS ? FINISH : 0);
        run(&in);
        for (uint32_t w = 0; w < WATCHERS; w++) {
            const uint64_t *told = entrain_population_at(in.watchers, w, 0);
            for (uint32_t k = 0; k < ACTORS; k++) {
                assert_int_equal(told[k], 1);
                assert_true(told[ACTORS + k] == ENTRAIN_REASON_GONE ||
                            told[ACTORS + k] == ENTRAIN_REASON_STATUS ||
                            told[ACTORS + k] == ENTRAIN_REASON_FINISHED);
            }
        }
        close_hall(&in);
    }
}

static void a_group_is_restarted_as_often_as_granted(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers++) {
        meeting in;
        entrain_supervision how = entrain_supervision_defaults();
        how.remedy = ENTRAIN_REMEDY_RESTART;
        how.all_for_one = true;
        how.restarts_max = 2;
        const entrain_engine_config config = event_driven(workers);
        open_hall(&in, &config, &how, false);
        for (uint32_t n = 1; n <= 3; n++) {
            assert_int_equal(entrain_engine_tell(in.engine, entrain_population_id(in.actors, n * 7), FAIL, 0,
                                                 nothing, nothing),
                             ENTRAIN_OK);
            run(&in);
            for (uint32_t k = 0; k < ACTORS; k++)
                assert_int_equal(entrain_population_id(in.actors, k) >> ENTRAIN_ID_INDEX_BITS,
                                 n < 3 ? n + 1 : 0);
        }
        assert_int_equal(in.kinds[ENTRAIN_LIFECYCLE_FAILED], 2);
        assert_int_equal(in.kinds[ENTRAIN_LIFECYCLE_GIVEN_UP], 1);
        assert_int_equal(in.kinds[ENTRAIN_LIFECYCLE_RESTARTED], 2 * ACTORS);
        assert_int_equal(in.stops, 3 * ACTORS);
        close_hall(&in);
    }
}

static void an_escalated_failure_ends_the_run_which_can_go_on(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 3; workers++) {
        meeting in;
        entrain_error error = {0};
        const entrain_supervision how = entrain_supervision_defaults();
        const entrain_engine_config config = event_driven(workers);
        open_hall(&in, &config, &how, false);
        assert_int_equal(
            entrain_engine_tell(in.engine, entrain_population_id(in.actors, 7), FAIL, 0, nothing, nothing),
            ENTRAIN_OK);
        CHECK_REFUSED(entrain_engine_run(in.engine, 1e300, &error), ENTRAIN_FAILED, error,
                      "Actor 7 of \"actor\" (id 0x01000007) failed");
        assert_int_equal(entrain_population_id(in.actors, 7), ENTRAIN_ID_NONE);
        tell_watcher(&in, 1, 0);
        run(&in);
        close_hall(&in);
    }
}

static void the_chain_reaches_back_to_the_outside(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers++) {
        meeting in;
        entrain_supervision how = entrain_supervision_defaults();
        how.remedy = ENTRAIN_REMEDY_STOP;
        entrain_engine_config config = event_driven(workers);
        config.trace = 1000;
        open_hall(&in, &config, &how, false);
        tell_watcher(&in, 2, FAIL);
        run(&in);
        assert_int_equal(in.kinds[ENTRAIN_LIFECYCLE_FAILED], ACTORS);
        assert_int_equal(in.chain_count, 2);
        assert_int_equal(in.first.from, ENTRAIN_ID_NONE);
        assert_int_equal(in.first.to, entrain_population_id(in.watchers, 2));
        assert_int_equal(in.first.kind, WATCH_ALL);
        assert_int_equal(in.first.flags, FAIL);
        close_hall(&in);
    }
}

static void nothing_is_left(void **state) {
    (void)state;
    const int64_t blocks = entrain__memory_live();
    for (int how_far = 0; how_far < 3; how_far++) {
        meeting in;
        entrain_supervision how = entrain_supervision_defaults();
        how.remedy = ENTRAIN_REMEDY_RESTART;
        entrain_engine_config config = event_driven(3);
        config.trace = 100;
        open_hall(&in, &config, &how, true);
        if (how_far > 0)
            tell_watcher(&in, 0, FAIL); // under way
        if (how_far > 1)
            run(&in);
        close_hall(&in);
        assert_int_equal(entrain__memory_live(), blocks);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_is_told_once_however_they_end),
        cmocka_unit_test(who_watches_while_they_end_is_told_once),
        cmocka_unit_test(a_group_is_restarted_as_often_as_granted),
        cmocka_unit_test(an_escalated_failure_ends_the_run_which_can_go_on),
        cmocka_unit_test(the_chain_reaches_back_to_the_outside),
        cmocka_unit_test(nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
