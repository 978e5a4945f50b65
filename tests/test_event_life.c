// Event-driven execution: timers in simulated time, watches and notices, failures and what supervision
// does about them, budgets, the trace, dead letters.
#include "check.h"

#include <math.h>

#include "engine/base/memory.h"
#include "entrain/engine.h"

enum { GO = ENTRAIN_KIND_USER, WORK, TIMER, LATE, CRASH, QUIT };

typedef struct world {
    entrain_engine *engine;
    entrain_population *bosses, *hands;
    uint64_t events[ENTRAIN_LIFECYCLE_COUNT], dead[ENTRAIN_FATE_COUNT];
    uint32_t chain_count;
    entrain_trace_step chain[16];
    entrain_reason reason;
} world;

static const entrain_column numbers = {.name = "numbers", .bytes = 64, .fingerprint = true};

static entrain_payload number(int64_t value) { return (entrain_payload){.i64 = value}; }

static void told(void *context, const entrain_lifecycle *event) {
    world *all = context;
    all->events[event->kind]++;
    all->reason = event->reason;
    if (event->chain_count > 0) {
        all->chain_count = event->chain_count;
        memcpy(all->chain, event->chain,
               (event->chain_count < 16 ? event->chain_count : 16) * sizeof *event->chain);
    }
}

static void buried(void *context, const entrain_dead_letter *letter) {
    ((world *)context)->dead[letter->fate]++;
}

typedef entrain_status receiver(entrain_self *self, const entrain_message *messages, uint32_t count);

static entrain_behavior behavior_of(const char *name, receiver *receive) {
    return (entrain_behavior){.name = name,
                              .columns = &numbers,
                              .column_count = 1,
                              .inbox = 15,
                              .sends_max = 20,
                              .timers_max = 8,
                              .watches_max = 8,
                              .receive = receive};
}

static void begin(world *all, uint32_t workers, entrain_overflow overflow, receiver *boss, uint32_t bosses,
                  receiver *hand, uint32_t hands, const entrain_supervision *how) {
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_error error = {0};
    config.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
    config.overflow = overflow;
    config.scheduler.worker_count = workers;
    config.trace = 256;
    *all = (world){0};
    CHECK_OK(entrain_engine_create(&config, &all->engine, &error), error);
    const entrain_behavior first = behavior_of("boss", boss), second = behavior_of("hand", hand);
    CHECK_OK(entrain_engine_add(all->engine, &first, all, bosses, &all->bosses, &error), error);
    CHECK_OK(entrain_engine_add(all->engine, &second, all, hands, &all->hands, &error), error);
    if (how != NULL)
        CHECK_OK(entrain_engine_supervise(all->engine, all->hands, how, &error), error);
    assert_int_equal(entrain_engine_on_lifecycle(all->engine, false, told, all), ENTRAIN_OK);
    entrain_engine_on_dead_letter(all->engine, buried, all);
    CHECK_OK(entrain_engine_start(all->engine, &error), error);
}

static void tell(world *all, entrain_population *who, uint32_t index, uint16_t kind, int64_t value) {
    assert_int_equal(entrain_engine_tell(all->engine, entrain_population_id(who, index), kind, 0,
                                         number(value), number(0)),
                     ENTRAIN_OK);
}

static entrain_status run_until(world *all, double until_s) {
    entrain_error error = {0};
    return entrain_engine_run(all->engine, until_s, &error);
}

static void finish(world *all) {
    entrain_message_count count;
    entrain_engine_count(all->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    assert_int_equal(all->dead[ENTRAIN_FATE_SHED], count.shed);
    assert_int_equal(all->dead[ENTRAIN_FATE_UNDELIVERABLE], count.undeliverable);
    entrain_engine_destroy(all->engine);
}

static int64_t *numbers_of(entrain_population *population, uint32_t index) {
    return entrain_population_at(population, index, 0);
}

// --- Timers

// [0] ticks of its clock, [1] wrong times, [2] answers; the first message starts ten timers of 0.5 s, one
// after the other, and one of 100 s that the last of them cancels.
static entrain_status clockwork(entrain_self *self, const entrain_message *messages, uint32_t count) {
    int64_t *mine = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].kind == GO) {
            entrain_timer timer;
            assert_int_equal(entrain_send_after(self, 100, self->id, LATE, 0, number(0), number(0), &timer),
                             ENTRAIN_OK);
            mine[3] = (int64_t)timer;
        } else if (messages[m].kind == TIMER) {
            mine[0]++;
            mine[1] += fabs(self->time_s - 0.5 * (double)mine[0]) > 1e-12 || messages[m].from != self->id;
        } else {
            mine[2]++;
        }
        if (messages[m].kind != LATE && mine[0] < 10)
            assert_int_equal(entrain_send_after(self, 0.5, self->id, TIMER, 0, number(0), number(0), NULL),
                             ENTRAIN_OK);
        else if (messages[m].kind == TIMER)
            assert_int_equal(entrain_cancel(self, (entrain_timer)mine[3]), ENTRAIN_OK);
    }
    return ENTRAIN_OK;
}

static void time_passes_when_nobody_has_mail(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 3; workers++) {
        world all;
        begin(&all, workers, ENTRAIN_OVERFLOW_BLOCK, clockwork, 20, clockwork, 1, NULL);
        for (uint32_t k = 0; k < 20; k++)
            tell(&all, all.bosses, k, GO, 0);
        assert_int_equal(run_until(&all, 2.25), ENTRAIN_OK);
        CHECK_NEAR(entrain_engine_time_s(all.engine), 2.25, 0);
        for (uint32_t k = 0; k < 20; k++)
            assert_int_equal(numbers_of(all.bosses, k)[0], 4);
        entrain_message_count count;
        entrain_engine_count(all.engine, &count);
        assert_int_equal(count.queued, 40); // each its next one and the late one
        assert_int_equal(run_until(&all, (double)INFINITY), ENTRAIN_OK);
        CHECK_NEAR(entrain_engine_time_s(all.engine), 5, 1e-12);
        for (uint32_t k = 0; k < 20; k++) {
            assert_int_equal(numbers_of(all.bosses, k)[0], 10);
            assert_int_equal(numbers_of(all.bosses, k)[1], 0);
            assert_int_equal(numbers_of(all.bosses, k)[2], 0); // cancelled
        }
        entrain_engine_count(all.engine, &count);
        assert_int_equal(count.cancelled, 20);
        assert_int_equal(count.queued, 0);
        finish(&all);
    }
}

// Sends one message to hand 0 after a second, and fills its mailbox at that very time under block: the
// timer of the hand's own needs no room, the delayed message waits like any other.
static entrain_status delayer(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *all = self->context;
    (void)count;
    const entrain_id to = entrain_population_id(all->hands, 0);
    if (messages[0].kind == GO) {
        assert_int_equal(entrain_send_at(self, 1, to, WORK, 0, number(1), number(0), NULL), ENTRAIN_OK);
        assert_int_equal(entrain_send_after(self, -1, to, WORK, 0, number(1), number(0), NULL),
                         ENTRAIN_INVALID);
        for (int n = 1; n < 8; n++)
            assert_int_equal(entrain_send_after(self, 1, to, WORK, 0, number(1), number(0), NULL),
                             ENTRAIN_OK);
        assert_int_equal(entrain_send_after(self, 1, to, WORK, 0, number(1), number(0), NULL), ENTRAIN_FULL);
    }
    return ENTRAIN_OK;
}

static entrain_status adder(entrain_self *self, const entrain_message *messages, uint32_t count) {
    int64_t *mine = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].kind == GO)
            assert_int_equal(entrain_send_after(self, 1, self->id, TIMER, 0, number(0), number(0), NULL),
                             ENTRAIN_OK);
        mine[messages[m].kind == TIMER ? 1 : 0]++;
    }
    return ENTRAIN_OK;
}

static void delayed_messages_to_others_are_mail_when_they_are_due(void **state) {
    (void)state;
    for (int overflow = 0; overflow < 2; overflow++)
        for (uint32_t workers = 1; workers <= 3; workers++) {
            world all;
            begin(&all, workers, overflow == 0 ? ENTRAIN_OVERFLOW_BLOCK : ENTRAIN_OVERFLOW_SHED_NEWEST,
                  delayer, 30, adder, 1, NULL);
            tell(&all, all.hands, 0, GO, 0);
            for (uint32_t k = 0; k < 30; k++)
                tell(&all, all.bosses, k, GO, 0);
            assert_int_equal(run_until(&all, 0.5), ENTRAIN_OK);
            assert_int_equal(numbers_of(all.hands, 0)[0], 1);
            assert_int_equal(run_until(&all, (double)INFINITY), ENTRAIN_OK);
            assert_int_equal(numbers_of(all.hands, 0)[1], 1); // its own timer, whatever the mail
            const int64_t got = numbers_of(all.hands, 0)[0] - 1;
            assert_int_equal(got + (int64_t)all.dead[ENTRAIN_FATE_SHED], 240);
            assert_true(overflow == 0 ? got == 240 : got >= 15);
            finish(&all);
        }
}

// --- Watching and failing

// Watches hands 0 .. 3 on GO. [0] notices, [1] sum of reasons, [2] sum of statuses.
static entrain_status watcher(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *all = self->context;
    int64_t *mine = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].kind == ENTRAIN_KIND_ENDED) {
            mine[0]++;
            mine[1] += messages[m].flags;
            mine[2] += messages[m].payload[0].i64;
        } else if (messages[m].kind == GO) {
            for (uint32_t k = 0; k < 4; k++)
                assert_int_equal(entrain_watch(self, entrain_population_id(all->hands, k)), ENTRAIN_OK);
            for (uint32_t k = 0; k < 4; k++) // behind the watch
                entrain_send(self, entrain_population_id(all->hands, k),
                             k == 0   ? CRASH
                             : k == 1 ? QUIT
                                      : WORK,
                             0, number(0), number(0));
            assert_int_equal(entrain_stop(self, entrain_population_id(all->hands, 2)), ENTRAIN_OK);
            assert_int_equal(entrain_stop(self, ENTRAIN_ID_NONE), ENTRAIN_STALE);
        }
    }
    return ENTRAIN_OK;
}

static entrain_status mortal(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *all = self->context;
    int64_t *mine = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        mine[0]++;
        if (messages[m].kind == CRASH) {
            // What it sends before it fails arrives.
            entrain_send(self, entrain_population_id(all->hands, 3), WORK, 0, number(0), number(0));
            return ENTRAIN_PARSE;
        }
        if (messages[m].kind == QUIT)
            entrain_finish(self);
    }
    return ENTRAIN_OK;
}

static void watchers_are_told_once_of_every_end(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers++)
        for (int remedy = ENTRAIN_REMEDY_STOP; remedy <= ENTRAIN_REMEDY_RESTART; remedy++) {
            entrain_supervision how = entrain_supervision_defaults();
            how.remedy = (entrain_remedy)remedy;
            world all;
            begin(&all, workers, ENTRAIN_OVERFLOW_BLOCK, watcher, 1, mortal, 4, &how);
            const entrain_id first = entrain_population_id(all.hands, 0);
            tell(&all, all.bosses, 0, GO, 0);
            assert_int_equal(run_until(&all, (double)INFINITY), ENTRAIN_OK);
            const int64_t *seen = numbers_of(all.bosses, 0);
            assert_int_equal(seen[0], 3);
            assert_int_equal(seen[1],
                             ENTRAIN_REASON_STATUS + ENTRAIN_REASON_FINISHED + ENTRAIN_REASON_STOPPED);
            assert_int_equal(seen[2], ENTRAIN_PARSE);
            assert_int_equal(numbers_of(all.hands, 3)[0], 2);
            assert_int_equal(all.events[ENTRAIN_LIFECYCLE_FAILED], 1);
            const entrain_id now = entrain_population_id(all.hands, 0);
            if (remedy == ENTRAIN_REMEDY_RESTART) {
                assert_true(now != ENTRAIN_ID_NONE && now != first);
                assert_int_equal(numbers_of(all.hands, 0)[0], 0);
            } else {
                assert_int_equal(now, ENTRAIN_ID_NONE);
            }
            // By the trace: the crash came from the boss, who was told from outside.
            assert_int_equal(all.chain_count, 2);
            assert_int_equal(all.chain[0].kind, CRASH);
            assert_int_equal(all.chain[1].kind, GO);
            assert_int_equal(all.chain[1].from, ENTRAIN_ID_NONE);
            finish(&all);
        }
}

static entrain_status idle(entrain_self *self, const entrain_message *messages, uint32_t count) {
    (void)self;
    (void)messages;
    (void)count;
    return ENTRAIN_OK;
}

static void failures_escalate_by_default_with_a_sentence(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 2; workers++) {
        world all;
        entrain_error error = {0};
        begin(&all, workers, ENTRAIN_OVERFLOW_BLOCK, idle, 1, mortal, 4, NULL);
        tell(&all, all.hands, 1, CRASH, 0);
        CHECK_REFUSED(entrain_engine_run(all.engine, (double)INFINITY, &error), ENTRAIN_FAILED, error,
                      "Actor 1 of \"hand\"");
        assert_non_null(strstr(error.sentence, "a text could not be understood"));
        assert_int_equal(run_until(&all, (double)INFINITY),
                         ENTRAIN_OK); // the state is whole: it goes on without that one
        assert_int_equal(numbers_of(all.hands, 3)[0], 1);
        finish(&all);
    }
}

// Each restart is one of three; the fourth failure leaves it stopped.
static void restarts_are_limited(void **state) {
    (void)state;
    entrain_supervision how = entrain_supervision_defaults();
    how.remedy = ENTRAIN_REMEDY_RESTART;
    world all;
    begin(&all, 2, ENTRAIN_OVERFLOW_BLOCK, idle, 1, mortal, 4, &how);
    for (int n = 0; n < 4; n++) {
        assert_int_not_equal(entrain_population_id(all.hands, 0), ENTRAIN_ID_NONE);
        tell(&all, all.hands, 0, CRASH, 0);
        assert_int_equal(run_until(&all, (double)INFINITY), ENTRAIN_OK);
    }
    assert_int_equal(entrain_population_id(all.hands, 0), ENTRAIN_ID_NONE);
    assert_int_equal(all.events[ENTRAIN_LIFECYCLE_FAILED], 3);
    assert_int_equal(all.events[ENTRAIN_LIFECYCLE_RESTARTED], 3);
    assert_int_equal(all.events[ENTRAIN_LIFECYCLE_GIVEN_UP], 1);
    entrain_id again;
    assert_int_equal(entrain_engine_restart_actor(all.engine, all.hands, 0, &again), ENTRAIN_OK);
    finish(&all);
}

static void one_for_all(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 3; workers++) {
        entrain_supervision how = entrain_supervision_defaults();
        how.remedy = ENTRAIN_REMEDY_RESTART;
        how.all_for_one = true;
        world all;
        entrain_id before[4];
        begin(&all, workers, ENTRAIN_OVERFLOW_BLOCK, idle, 1, mortal, 4, &how);
        for (uint32_t k = 0; k < 4; k++)
            before[k] = entrain_population_id(all.hands, k);
        tell(&all, all.hands, 0, CRASH, 0);
        assert_int_equal(run_until(&all, (double)INFINITY), ENTRAIN_OK);
        for (uint32_t k = 0; k < 4; k++) {
            assert_int_not_equal(entrain_population_id(all.hands, k), ENTRAIN_ID_NONE);
            assert_int_not_equal(entrain_population_id(all.hands, k), before[k]);
        }
        assert_int_equal(all.events[ENTRAIN_LIFECYCLE_RESTARTED], 4);
        finish(&all);
    }
}

static void budgets_end_actors(void **state) {
    (void)state;
    for (int which = 0; which < 2; which++) {
        entrain_supervision how = entrain_supervision_defaults();
        how.remedy = ENTRAIN_REMEDY_STOP;
        how.messages_max = which == 0 ? 5 : 0;
        world all;
        begin(&all, 1, ENTRAIN_OVERFLOW_FAIL, idle, 1, mortal, 2, &how);
        for (int n = 0; n < 8; n++)
            tell(&all, all.hands, 0, WORK, 0);
        assert_int_equal(run_until(&all, (double)INFINITY), ENTRAIN_OK);
        assert_int_equal(numbers_of(all.hands, 0)[0], which == 0 ? 5 : 8);
        assert_int_equal(entrain_population_id(all.hands, 0) == ENTRAIN_ID_NONE, which == 0);
        assert_int_equal(all.dead[ENTRAIN_FATE_UNDELIVERABLE], which == 0 ? 3 : 0);
        assert_int_equal(all.reason, which == 0 ? ENTRAIN_REASON_MESSAGES : ENTRAIN_REASON_NONE);
        finish(&all);
    }
}

// A column that must be finite is looked at after every call.
static entrain_status divider(entrain_self *self, const entrain_message *messages, uint32_t count) {
    double *mine = self->columns[0];
    (void)count;
    *mine = 1 / (double)messages[0].payload[0].i64;
    return ENTRAIN_OK;
}

static void a_guarded_column_is_finite_or_its_actor_has_failed(void **state) {
    (void)state;
    static const entrain_column ratio = {.name = "ratio", .bytes = 8, .finite = true};
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_error error = {0};
    config.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
    config.scheduler.worker_count = 2;
    const entrain_behavior behavior = {
        .name = "divider", .columns = &ratio, .column_count = 1, .inbox = 3, .receive = divider};
    entrain_engine *engine;
    entrain_population *dividers;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &behavior, NULL, 3, &dividers, &error), error);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    for (uint32_t k = 0; k < 3; k++)
        assert_int_equal(entrain_engine_tell(engine, entrain_population_id(dividers, k), WORK, 0,
                                             number(2 - (int64_t)k), number(0)),
                         ENTRAIN_OK);
    CHECK_REFUSED(entrain_engine_run(engine, (double)INFINITY, &error), ENTRAIN_FAILED, error,
                  "Actor 2 of \"divider\"");
    assert_non_null(strstr(error.sentence, "ratio"));
    entrain_engine_destroy(engine);
}

static void nothing_is_left_behind(void **state) {
    (void)state;
    const int64_t before = entrain__memory_live();
    entrain_supervision how = entrain_supervision_defaults();
    how.remedy = ENTRAIN_REMEDY_RESTART;
    world all;
    begin(&all, 3, ENTRAIN_OVERFLOW_BLOCK, watcher, 1, mortal, 4, &how);
    tell(&all, all.bosses, 0, GO, 0);
    entrain_engine_cancel(all.engine);
    assert_int_equal(run_until(&all, (double)INFINITY), ENTRAIN_CANCELLED);
    entrain_engine_destroy(all.engine);
    assert_int_equal(entrain__memory_live(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_passes_when_nobody_has_mail),
        cmocka_unit_test(delayed_messages_to_others_are_mail_when_they_are_due),
        cmocka_unit_test(watchers_are_told_once_of_every_end),
        cmocka_unit_test(failures_escalate_by_default_with_a_sentence),
        cmocka_unit_test(restarts_are_limited),
        cmocka_unit_test(one_for_all),
        cmocka_unit_test(budgets_end_actors),
        cmocka_unit_test(a_guarded_column_is_finite_or_its_actor_has_failed),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
