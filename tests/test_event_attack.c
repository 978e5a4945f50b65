// Event-driven execution at its edges: what a suspicious reader would try.
#include "check.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>

#include "engine/base/atomics.h"
#include "engine/base/wait.h"
#include "entrain/engine.h"

enum { GO = ENTRAIN_KIND_USER, WORK, FAIL };

typedef struct world {
    entrain_engine *engine;
    entrain_population *workers, *others;
    entrain_id begun; // atomic: who came in the failed one's place
    uint32_t ended;   // atomic: that one has gone
    uint32_t handled, born;
    entrain_id ids[8];
} world;

static const entrain_column numbers = {.name = "numbers", .bytes = 16, .fingerprint = true};

static entrain_payload number(int64_t value) { return (entrain_payload){.i64 = value}; }

static entrain_engine_config event_driven(const char *policy, uint32_t workers, entrain_overflow overflow) {
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
    config.overflow = overflow;
    config.scheduler.policy = policy;
    config.scheduler.worker_count = workers;
    return config;
}

typedef entrain_status receiver(entrain_self *self, const entrain_message *messages, uint32_t count);

static entrain_population *add(world *swarm, receiver *receive, uint32_t inbox, uint32_t sends_max,
                               uint32_t room, uint32_t count) {
    const entrain_behavior behavior = {.name = "actor",
                                       .columns = &numbers,
                                       .column_count = 1,
                                       .inbox = inbox,
                                       .sends_max = sends_max,
                                       .receive = receive};
    entrain_population *population = NULL;
    entrain_error error = {0};
    CHECK_OK(entrain_engine_add_room(swarm->engine, &behavior, swarm, room, count, &population, &error),
             error);
    return population;
}

static void make(world *swarm, const entrain_engine_config *config) {
    entrain_error error = {0};
    *swarm = (struct world){0};
    CHECK_OK(entrain_engine_create(config, &swarm->engine, &error), error);
}

static void start(world *swarm) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_start(swarm->engine, &error), error);
}

static void run(world *swarm) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_run(swarm->engine, INFINITY, &error), error);
}

static entrain_message_count count_of(const world *swarm) {
    entrain_message_count count;
    entrain_engine_count(swarm->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    return count;
}

static void tell(world *swarm, entrain_population *population, uint32_t index, uint16_t kind, int64_t value) {
    assert_int_equal(entrain_engine_tell(swarm->engine, entrain_population_id(population, index), kind, 0,
                                         number(value), number(0)),
                     ENTRAIN_OK);
}

// --- One that finished while it was muted ends, also when what it waited to deliver is shed

static entrain_status fill_itself_and_finish(entrain_self *self, const entrain_message *messages,
                                             uint32_t count) {
    world *swarm = self->context;
    swarm->handled += count;
    if (messages[0].kind == GO) {
        for (int n = 0; n < 2; n++) // its mailbox takes one
            entrain_send(self, self->id, WORK, 0, number(n), number(0));
        entrain_finish(self);
    }
    return ENTRAIN_OK;
}

static void who_finished_muted_ends_when_its_letter_is_shed(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 2; workers++) {
        entrain_engine_config config = event_driven("steal", workers, ENTRAIN_OVERFLOW_BLOCK);
        config.deadlock = ENTRAIN_DEADLOCK_SHEDS;
        world swarm;
        make(&swarm, &config);
        swarm.workers = add(&swarm, fill_itself_and_finish, 1, 2, 1, 1);
        start(&swarm);
        tell(&swarm, swarm.workers, 0, GO, 0);
        run(&swarm);
        const entrain_message_count count = count_of(&swarm);
        assert_int_equal(swarm.handled, 1);
        assert_int_equal(count.shed, 1);
        assert_int_equal(count.undeliverable, 1);
        assert_int_equal(entrain_population_id(swarm.workers, 0), ENTRAIN_ID_NONE);
        entrain_engine_destroy(swarm.engine);
    }
}

// --- A place is given back once, also when who came there after a failure ends before the failure is settled

static entrain_status fail_or_finish(entrain_self *self, const entrain_message *messages, uint32_t count) {
    (void)count;
    if (messages[0].kind == FAIL)
        return ENTRAIN_INVALID;
    entrain_finish(self);
    return ENTRAIN_OK;
}

static void note_the_end(entrain_self *self) {
    world *swarm = self->context;
    if (self->id == entrain__load_acquire_u32(&swarm->begun))
        entrain__store_release_u32(&swarm->ended, 1);
}

// On the other worker: waits for who comes in the failed one's place, tells him to finish, and in the end
// takes all places.
static entrain_status watch_out(entrain_self *self, const entrain_message *messages, uint32_t count) {
    world *swarm = self->context;
    (void)count;
    if (messages[0].kind == WORK) {
        while (swarm->born < 8 && entrain_spawn(self, swarm->others, &swarm->ids[swarm->born]) == ENTRAIN_OK)
            swarm->born++;
        return ENTRAIN_OK;
    }
    const entrain_id begun = entrain__load_acquire_u32(&swarm->begun);
    if (begun != ENTRAIN_ID_NONE)
        entrain_send(self, begun, GO, 0, number(0), number(0));
    else if (messages[0].payload[0].i64 > 0)
        entrain_send(self, self->id, GO, 0, number(messages[0].payload[0].i64 - 1), number(0));
    entrain__wait_step(ENTRAIN__WAIT_YIELD);
    return ENTRAIN_OK;
}

static void dawdle(void *context, const entrain_lifecycle *event) {
    world *swarm = context;
    if (event->kind != ENTRAIN_LIFECYCLE_RESTARTED)
        return;
    entrain__store_release_u32(&swarm->begun, event->id);
    for (int n = 0; n < 20000 && entrain__load_acquire_u32(&swarm->ended) == 0; n++)
        entrain__wait_step(ENTRAIN__WAIT_YIELD);
    for (int n = 0; n < 100; n++) // until its place has been given back, too
        entrain__wait_step(ENTRAIN__WAIT_YIELD);
}

static void a_place_is_given_back_once(void **state) {
    (void)state;
    for (int round = 0; round < 3; round++) {
        // While one worker is held up in dawdle(), the others go on.
        const entrain_engine_config config = event_driven("shared", 3, ENTRAIN_OVERFLOW_FAIL);
        world swarm;
        entrain_error error = {0};
        make(&swarm, &config);
        swarm.workers = add(&swarm, watch_out, 7, 1, 1, 1);
        const entrain_behavior behavior = {.name = "other",
                                           .columns = &numbers,
                                           .column_count = 1,
                                           .inbox = 7,
                                           .receive = fail_or_finish,
                                           .stop = note_the_end};
        CHECK_OK(entrain_engine_add_room(swarm.engine, &behavior, &swarm, 2, 1, &swarm.others, &error),
                 error);
        entrain_supervision supervision = entrain_supervision_defaults();
        supervision.remedy = ENTRAIN_REMEDY_RESTART;
        supervision.restarts_max = 5;
        CHECK_OK(entrain_engine_supervise(swarm.engine, swarm.others, &supervision, &error), error);
        assert_int_equal(entrain_engine_on_lifecycle(swarm.engine, false, dawdle, &swarm), ENTRAIN_OK);
        start(&swarm);
        tell(&swarm, swarm.workers, 0, GO, 100000);
        tell(&swarm, swarm.others, 0, FAIL, 0);
        run(&swarm);
        assert_int_equal(swarm.ended, 1);
        assert_int_equal(entrain_population_id(swarm.others, 0), ENTRAIN_ID_NONE);
        tell(&swarm, swarm.workers, 0, WORK, 0);
        run(&swarm);
        assert_int_equal(swarm.born, 2);
        assert_int_not_equal(swarm.ids[0] & 0xffffff, swarm.ids[1] & 0xffffff);
        entrain_engine_destroy(swarm.engine);
    }
}

// --- A request to stop from a signal handler

static entrain_engine *to_cancel;

static void cancel_from_a_handler(int signal_number) {
    (void)signal_number;
    entrain_engine_cancel(to_cancel);
}

static void *raise_soon(void *context) {
    for (int n = 0; n < 200; n++)
        entrain__wait_step(ENTRAIN__WAIT_YIELD);
    pthread_kill(*(pthread_t *)context, SIGUSR2);
    return NULL;
}

static entrain_status go_on(entrain_self *self, const entrain_message *messages, uint32_t count) {
    world *swarm = self->context;
    int64_t *mine = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        mine[0]++;
        if (messages[m].payload[0].i64 > 0)
            entrain_send(self, entrain_population_id(swarm->workers, (self->index + 1) % 10), WORK, 0,
                         number(messages[m].payload[0].i64 - 1), number(0));
    }
    return ENTRAIN_OK;
}

static void a_handler_may_cancel_and_the_run_goes_on(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = cancel_from_a_handler}, before;
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGUSR2, &action, &before), 0);
    for (uint32_t workers = 1; workers <= 5; workers += 2) {
        const entrain_engine_config config = event_driven("steal", workers, ENTRAIN_OVERFLOW_BLOCK);
        world swarm;
        entrain_error error = {0};
        make(&swarm, &config);
        swarm.workers = add(&swarm, go_on, 7, 100, 10, 10);
        start(&swarm);
        tell(&swarm, swarm.workers, 0, WORK, INT64_MAX); // it never ends by itself
        to_cancel = swarm.engine;
        for (int round = 0; round < 3; round++) {
            pthread_t self = pthread_self(), thread;
            assert_int_equal(pthread_create(&thread, NULL, raise_soon, &self), 0);
            assert_int_equal(entrain_engine_run(swarm.engine, INFINITY, &error), ENTRAIN_CANCELLED);
            pthread_join(thread, NULL);
            assert_int_equal(count_of(&swarm).queued, 1);
            entrain_engine_clear(swarm.engine);
        }
        entrain_engine_destroy(swarm.engine); // with the token under way
    }
    sigaction(SIGUSR2, &before, NULL);
}

// --- Visits and fingerprints, after some have ended

static void count_living(void *context, const entrain_range *range, uint32_t task) {
    (void)task;
    entrain__add_acq_rel_u32(context, range->count);
    for (uint32_t k = 0; k < range->count; k++)
        assert_int_not_equal(range->ids[k], ENTRAIN_ID_NONE);
}

static entrain_status count_and_end_at_3(entrain_self *self, const entrain_message *messages,
                                         uint32_t count) {
    int64_t *mine = self->columns[0];
    (void)messages;
    mine[0] += count;
    if (self->index % 3 == 0)
        entrain_finish(self);
    return ENTRAIN_OK;
}

static void fingerprints_and_visits_know_who_is_gone(void **state) {
    (void)state;
    uint64_t first = 0;
    static const char *const policies[] = {"steal", "shuffled", "static", "shared", "serial"};
    for (size_t p = 0; p < 5; p++)
        for (uint32_t workers = 1; workers <= 17; workers += 8) {
            const entrain_engine_config config = event_driven(policies[p], workers, ENTRAIN_OVERFLOW_FAIL);
            world swarm;
            make(&swarm, &config);
            swarm.workers = add(&swarm, count_and_end_at_3, 3, 0, 6000, 5000);
            start(&swarm);
            const uint64_t before = entrain_engine_fingerprint(swarm.engine);
            for (uint32_t k = 0; k < 5000; k += 2)
                tell(&swarm, swarm.workers, k, WORK, 0);
            run(&swarm);
            uint32_t living = 0;
            assert_int_equal(entrain_engine_visit(swarm.engine, NULL, false, count_living, &living),
                             ENTRAIN_OK);
            assert_int_equal(living, 5000 - 834); // every 6th of them
            const uint64_t print = entrain_engine_fingerprint(swarm.engine);
            if (first == 0)
                first = print;
            assert_int_equal(print, first);
            assert_int_not_equal(print, before);
            entrain_engine_destroy(swarm.engine);
        }
}

// --- Engines that go away in the middle

static entrain_status push(entrain_self *self, const entrain_message *messages, uint32_t count) {
    world *swarm = self->context;
    (void)messages, (void)count;
    for (int n = 0; n < 20; n++)
        entrain_send(self, entrain_population_id(swarm->workers, (self->index + 1) % 3), WORK, 0, number(0),
                     number(0));
    return ENTRAIN_OK;
}

static void an_engine_is_destroyed_with_muted_actors(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers++) {
        const entrain_engine_config config = event_driven("steal", workers, ENTRAIN_OVERFLOW_BLOCK);
        world swarm;
        entrain_error error = {0};
        make(&swarm, &config);
        swarm.workers = add(&swarm, push, 3, 20, 3, 3);
        start(&swarm);
        for (uint32_t k = 0; k < 3; k++)
            tell(&swarm, swarm.workers, k, WORK, 0);
        assert_int_equal(entrain_engine_run(swarm.engine, INFINITY, &error), ENTRAIN_DEADLOCK);
        assert_true(count_of(&swarm).queued > 9);
        if (workers % 2 == 0) // and after one was stopped who waits, and others were woken for it
            assert_int_equal(entrain_engine_stop_actor(swarm.engine, entrain_population_id(swarm.workers, 1)),
                             ENTRAIN_OK);
        entrain_engine_destroy(swarm.engine);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_finished_muted_ends_when_its_letter_is_shed),
        cmocka_unit_test(a_place_is_given_back_once),
        cmocka_unit_test(a_handler_may_cancel_and_the_run_goes_on),
        cmocka_unit_test(fingerprints_and_visits_know_who_is_gone),
        cmocka_unit_test(an_engine_is_destroyed_with_muted_actors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
