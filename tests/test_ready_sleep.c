// Who sleeps and who is woken in runs without phases, with preemption at every marked point of
// scheduler/ready.c and the queues, which this program compiles once more for itself: yields drawn per
// thread from a fixed seed.
//
// Workers that sleep and wake all the time: few tasks with little to do, in hundreds of runs to
// quiescence. A lost wake-up is a hang, which the alarm ends; a rest too early, a task run twice or never
// is seen by what tasks and rest() count.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "engine/base/preempt.h"
#include "scheduler/mix.h"
#include "scheduler_check.h"

enum { TASKS = 64, ROUNDS = 100, HANG_S = 100 };

static uint32_t chance = 8, threads_seen; // one point in `chance` yields, on average

void entrain__preempt(void) {
    static _Thread_local uint64_t draws;
    if (draws == 0)
        draws = entrain__mix(entrain__add_acq_rel_u32(&threads_seen, 1) + 1);
    const uint64_t draw = entrain__mix_next(&draws);
    if (draw % chance == 0) // a yield often comes back at once: now and then it is a nap
        entrain__wait_step((draw >> 32) % 32 == 0 ? ENTRAIN__WAIT_NAP : ENTRAIN__WAIT_YIELD);
}

// --- A crowd of tasks that send each other letters without content

typedef struct member {
    _Alignas(ENTRAIN_CACHE_LINE) uint64_t sent, got, draws; // by its worker
} member;

typedef struct crowd {
    entrain_scheduler *scheduler;
    member members[ENTRAIN_WORKERS_MAX];
    uint32_t pending[TASKS]; // atomic: letters to each task
    uint32_t running;        // atomic
    uint32_t failures;       // atomic
    uint32_t rounds, asked_rests, rest_count;
    uint64_t letters_max; // to a worker: from then on it sends none
} crowd;

static void send(crowd *self, uint32_t worker, uint32_t task) {
    self->members[worker].sent++;
    if (entrain__add_acq_rel_u32(&self->pending[task], 1) == 0) // pairs with the one in run_letters()
        entrain_scheduler_ready(self->scheduler, worker, task);
}

// Each letter is answered by none, one or two, one on average.
static bool run_letters(void *context, uint32_t task, uint32_t worker) {
    crowd *self = context;
    member *own = &self->members[worker];
    entrain__add_acq_rel_u32(&self->running, 1);
    const uint32_t letters = entrain__load_acquire_u32(&self->pending[task]);
    if (letters == 0)
        entrain__add_acq_rel_u32(&self->failures, 1);
    for (uint32_t i = 0; i < letters; i++) {
        const uint64_t draw = entrain__mix_next(&own->draws);
        const uint32_t answers = own->got++ < self->letters_max ? (uint32_t)(draw >> 32) % 3 : 0;
        for (uint32_t n = 0; n < answers; n++)
            send(self, worker, (uint32_t)(draw >> 8 * n) % TASKS);
        for (uint32_t n = 0; n < (draw >> 48) % 32; n++)
            entrain__stall();
    }
    entrain__add_acq_rel_u32(&self->running, UINT32_MAX);
    return entrain__add_acq_rel_u32(&self->pending[task], 0 - letters) !=
           letters; // its last act, pairs with send()
}

static bool rest(void *context, uint32_t worker, bool quiescent) {
    crowd *self = context;
    self->rest_count++;
    if (self->running != 0)
        self->failures++;
    if (!quiescent) {
        self->asked_rests++;
        return true;
    }
    for (uint32_t task = 0; task < TASKS; task++)
        self->failures += self->pending[task] != 0;
    if (self->rounds-- == 0)
        return false;
    member *own = &self->members[worker];
    for (uint32_t n = entrain__mix_below(&own->draws, 6) + 1; n > 0; n--)
        send(self, worker, entrain__mix_below(&own->draws, TASKS));
    return true;
}

static crowd *crowd_of(const char *policy, uint32_t workers, uint32_t rounds) {
    crowd *self = aligned_alloc(ENTRAIN_CACHE_LINE, sizeof *self);
    assert_non_null(self);
    memset(self, 0, sizeof *self);
    self->scheduler = make(policy, workers);
    self->rounds = rounds;
    self->letters_max = 20 * rounds;
    for (uint32_t i = 0; i < ENTRAIN_WORKERS_MAX; i++)
        self->members[i].draws = entrain__mix(workers * 1000 + i);
    entrain_error error;
    CHECK_OK(entrain_scheduler_plan_ready(self->scheduler, TASKS, &error), error);
    return self;
}

static void run_crowd(crowd *self) {
    const entrain_ready_job job = {.context = self, .task = run_letters, .rest = rest};
    entrain_error error;
    CHECK_OK(entrain_scheduler_run_ready(self->scheduler, &job, &error), error);
    uint64_t sent = 0, got = 0;
    for (uint32_t i = 0; i < ENTRAIN_WORKERS_MAX; i++) {
        sent += self->members[i].sent;
        got += self->members[i].got;
    }
    assert_int_equal(self->failures, 0);
    assert_true(sent > 0);
    assert_int_equal(sent, got);
}

static void crowd_free(crowd *self) {
    entrain_scheduler_destroy(self->scheduler);
    free(self);
}

// --- Tests

static void every_wake_up_arrives(void **state) {
    (void)state;
    for (uint32_t i = 0; entrain_policy_at(i) != NULL; i++) {
        if (entrain_policy_at(i)->queues == NULL)
            continue;
        for (size_t w = 0; w < COUNT_OF(worker_counts); w++) {
            crowd *self =
                crowd_of(entrain_policy_at(i)->name, worker_counts[w], worker_counts[w] > 3 ? 40 : 200);
            run_crowd(self);
            assert_int_equal(self->asked_rests, 0); // nobody asked: each rest was a quiescent one
            crowd_free(self);
        }
    }
}

// A task that waits for another one, which only another worker can run: a wake-up that is lost is a hang,
// where in a crowd whoever lost it would run the task itself in the end. Under stealing two are made
// ready, of which one may hide behind the task that waits.
typedef struct couple {
    entrain_scheduler *scheduler;
    uint32_t others, rounds;
    uint32_t runs; // atomic: of the others
} couple;

static bool wait_for_others(void *context, uint32_t task, uint32_t worker) {
    couple *self = context;
    if (task != 0) {
        entrain__add_acq_rel_u32(&self->runs, 1); // pairs with the load below
        return false;
    }
    const uint32_t before = entrain__load_acquire_u32(&self->runs);
    for (uint32_t i = 0; i < self->others; i++) // from the end: under `static` the last is another worker's
        entrain_scheduler_ready(self->scheduler, worker, 3 - i);
    while (entrain__load_acquire_u32(&self->runs) == before)
        entrain__wait_step(ENTRAIN__WAIT_YIELD);
    return false;
}

static bool rest_couple(void *context, uint32_t worker, bool quiescent) {
    couple *self = context;
    if (!quiescent || self->rounds-- == 0)
        return false;
    for (uint32_t i = 0; i < (self->rounds * 7) % 50; i++) // others are asleep, or about to be
        entrain__wait_step(ENTRAIN__WAIT_YIELD);
    entrain_scheduler_ready(self->scheduler, worker, 0);
    return true;
}

static void a_task_may_wait_for_another_workers(void **state) {
    (void)state;
    static const char *const names[] = {"steal", "steal-near", "shared", "static"};
    for (size_t p = 0; p < COUNT_OF(names); p++)
        for (size_t w = 1; w < COUNT_OF(worker_counts); w++) {
            couple self = {.scheduler = make(names[p], worker_counts[w]), .others = p < 2 ? 2 : 1};
            self.rounds = ROUNDS;
            entrain_error error;
            CHECK_OK(entrain_scheduler_plan_ready(self.scheduler, 4, &error), error);
            const entrain_ready_job job = {.context = &self, .task = wait_for_others, .rest = rest_couple};
            CHECK_OK(entrain_scheduler_run_ready(self.scheduler, &job, &error), error);
            assert_int_equal(self.runs, ROUNDS * self.others);
            entrain_scheduler_destroy(self.scheduler);
        }
}

// What another thread wrote before it asked is seen by the rest that answers it.
typedef struct asker {
    crowd *crowd;
    pthread_t thread;
    uint32_t stop;
    uint64_t asked;
} asker;

static void *ask_on(void *argument) {
    asker *self = argument;
    for (; entrain__load_acquire_u32(&self->stop) == 0; self->asked++) {
        entrain_scheduler_ask_rest(self->crowd->scheduler);
        for (uint32_t i = 0; i < 20; i++)
            entrain__wait_step(ENTRAIN__WAIT_YIELD);
    }
    return NULL;
}

static void rests_can_be_asked_for_at_any_time(void **state) {
    (void)state;
    static const char *const names[] = {"steal", "static", "serial"};
    for (size_t p = 0; p < COUNT_OF(names); p++)
        for (size_t w = 0; w < COUNT_OF(worker_counts); w++) {
            asker self = {.crowd = crowd_of(names[p], worker_counts[w], 60)};
            assert_int_equal(pthread_create(&self.thread, NULL, ask_on, &self), 0);
            run_crowd(self.crowd);
            entrain__store_release_u32(&self.stop, 1);
            pthread_join(self.thread, NULL);
            assert_true(self.crowd->asked_rests <= self.asked);
            crowd_free(self.crowd);
        }
}

// A task asks, by a signal to its own thread, while all others sleep; the next rest is that one, and the
// task waits in its queue.
static entrain_scheduler *signalled;
static void on_signal(int number) {
    (void)number;
    entrain_scheduler_ask_rest(signalled);
}

typedef struct one {
    uint32_t runs, rests, quiet_rests;
} one;
static bool run_one(void *context, uint32_t task, uint32_t worker) {
    one *self = context;
    (void)task, (void)worker;
    if (++self->runs % 10 == 0)
        pthread_kill(pthread_self(), SIGUSR1);
    return self->runs < 100;
}
static bool rest_one(void *context, uint32_t worker, bool quiescent) {
    one *self = context;
    if (self->rests++ == 0)
        entrain_scheduler_ready(signalled, worker, 0);
    self->quiet_rests += quiescent;
    return self->runs < 100;
}

static void a_handler_may_ask(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = on_signal}, before;
    sigaction(SIGUSR1, &action, &before);
    for (size_t w = 0; w < COUNT_OF(worker_counts); w++) {
        signalled = make("serial", worker_counts[w]); // worker 0 is this thread; the others block signals
        entrain_error error;
        CHECK_OK(entrain_scheduler_plan_ready(signalled, 1, &error), error);
        one self = {0};
        const entrain_ready_job job = {.context = &self, .task = run_one, .rest = rest_one};
        CHECK_OK(entrain_scheduler_run_ready(signalled, &job, &error), error);
        assert_int_equal(self.runs, 100);
        assert_int_equal(self.rests, 11);      // the first, and ten that were asked for
        assert_int_equal(self.quiet_rests, 2); // the first and the last
        entrain_scheduler_destroy(signalled);
    }
    sigaction(SIGUSR1, &before, NULL);
}

int main(void) {
    alarm(HANG_S);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wake_up_arrives),
        cmocka_unit_test(a_task_may_wait_for_another_workers),
        cmocka_unit_test(rests_can_be_asked_for_at_any_time),
        cmocka_unit_test(a_handler_may_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
