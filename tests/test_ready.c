// Runs without phases, on opaque tasks: each ready() is one call of task(), nobody sleeps over a task, and
// rest() is called when nothing is ready and nothing runs, no sooner and no later.
//
// The tasks are mailboxes of one number: mail[t] counts what has come for task t, whoever raises it from 0
// makes t ready, and t takes off what it handled as its last act. Everything else a task owns is plain:
// that no two workers run one task is what keeps sums exact and ThreadSanitizer quiet.
//
// The program is built twice: test_ready, and test_ready_preempt, in which the marked points give up the
// processor.
#include "scheduler_check.h"

#include <pthread.h>
#include <signal.h>

#include "engine/base/lock.h"
#include "preempt.h"

static const char *const with_queues[] = {"steal", "steal-near", "static", "shared", "serial", "shuffled"};

typedef struct office {
    entrain_scheduler *scheduler;
    uint32_t task_count,
        fan_out; // letters that each letter gives rise to: 0 .. fan_out, by lot; 0: one, to the next task
    uint32_t letters_first;
    uint32_t *mail;                   // [task_count] atomic
    uint64_t *draws, *handled, *runs; // [task_count] the task's own
    uint32_t *inside;                 // [task_count] atomic: somebody runs it
    uint64_t budget;                  // atomic: letters that may still be written
    uint32_t running;                 // atomic: tasks that run
    uint32_t asks;                    // atomic: asked for a rest, or a request may be under way
    uint32_t seen_workers;            // atomic: bit w % 32
    uint64_t sent;                    // atomic
    // rest()'s own
    uint32_t rests, rests_asked, wrong_rests;
    bool stops_when_asked, begins;
} office;

static void *zeros(size_t count, size_t size) {
    void *memory = calloc(count, size);
    assert_non_null(memory);
    return memory;
}

static office office_of(entrain_scheduler *scheduler, uint32_t task_count, uint32_t fan_out, uint32_t letters,
                        uint64_t budget) {
    office self = {
        .scheduler = scheduler, .task_count = task_count, .fan_out = fan_out, .letters_first = letters};
    self.budget = budget;
    self.mail = zeros(task_count, sizeof *self.mail);
    self.draws = zeros(task_count, sizeof *self.draws);
    self.handled = zeros(task_count, sizeof *self.handled);
    self.runs = zeros(task_count, sizeof *self.runs);
    self.inside = zeros(task_count, sizeof *self.inside);
    for (uint32_t t = 0; t < task_count; t++)
        self.draws[t] = t + 1;
    entrain_error error = {0};
    CHECK_OK(entrain_scheduler_plan_ready(scheduler, task_count, &error), error);
    return self;
}

static void office_free(office *self) {
    free(self->mail);
    free(self->draws);
    free(self->handled);
    free(self->runs);
    free(self->inside);
}

static void post(office *self, uint32_t worker, uint32_t to) {
    entrain__add_acq_rel_u64(&self->sent, 1);
    if (entrain__add_acq_rel_u32(&self->mail[to], 1) == 0)
        entrain_scheduler_ready(self->scheduler, worker, to);
}

static bool may_write(office *self) {
    for (;;) {
        uint64_t left = entrain__load_relaxed_u64(&self->budget);
        if (left == 0)
            return false;
        if (entrain__cas_acq_rel_u64(&self->budget, left, left - 1))
            return true;
    }
}

static bool handle_mail(void *context, uint32_t task, uint32_t worker) {
    office *self = context;
    entrain__add_acq_rel_u32(&self->running, 1);
    assert_int_equal(entrain__exchange_u32(&self->inside[task], 1), 0);
    entrain__or_u32(&self->seen_workers, UINT32_C(1) << worker % 32);
    const uint32_t count = entrain__load_acquire_u32(&self->mail[task]);
    assert_int_not_equal(count, 0);
    self->runs[task]++;
    self->handled[task] += count;
    for (uint32_t m = 0; m < count; m++) {
        uint32_t letters = self->fan_out == 0 ? 1 : entrain__mix_below(&self->draws[task], self->fan_out + 1);
        for (; letters > 0 && may_write(self); letters--)
            post(self, worker,
                 self->fan_out == 0 ? (task + 1) % self->task_count
                                    : entrain__mix_below(&self->draws[task], self->task_count));
    }
    entrain__store_release_u32(&self->inside[task], 0);
    entrain__add_acq_rel_u32(&self->running, (uint32_t)-1);
    return entrain__add_acq_rel_u32(&self->mail[task], -count) != count; // its last act
}

static uint64_t waiting_in(const office *self) {
    uint64_t waiting = 0;
    for (uint32_t t = 0; t < self->task_count; t++)
        waiting += entrain__load_relaxed_u32(&self->mail[t]);
    return waiting;
}

static bool rest_of_the_office(void *context, uint32_t worker, bool quiescent) {
    office *self = context;
    const bool begins = self->begins;
    self->begins = false;
    self->rests++;
    self->wrong_rests += entrain__load_acquire_u32(&self->running) != 0;
    self->wrong_rests += quiescent != (waiting_in(self) == 0);
    for (; self->letters_first > 0; self->letters_first--)
        post(self, worker, self->letters_first % self->task_count);
    if (begins)
        return true;
    if (!quiescent) {
        self->rests_asked++;
        self->wrong_rests += entrain__load_acquire_u32(&self->asks) == 0; // nobody did
    }
    return !quiescent && !self->stops_when_asked;
}

static void run_office(office *self) {
    const entrain_ready_job job = {.context = self, .task = handle_mail, .rest = rest_of_the_office};
    entrain_error error = {0};
    self->begins = true;
    const uint64_t taken = entrain__memory_taken();
    CHECK_OK(entrain_scheduler_run_ready(self->scheduler, &job, &error), error);
    assert_int_equal(entrain__memory_taken(), taken); // a run allocates nothing
}

static void check_office(const office *self, uint64_t sent) {
    uint64_t handled = 0, runs = 0;
    for (uint32_t t = 0; t < self->task_count; t++) {
        handled += self->handled[t];
        runs += self->runs[t];
        assert_int_equal(self->mail[t], 0);
    }
    assert_int_equal(self->wrong_rests, 0);
    assert_int_equal(self->sent, sent);
    assert_int_equal(handled, sent);
    assert_int_equal(stats_of(self->scheduler).tasks, runs);
}

// --- Everybody runs as often as it became ready

static void tokens_go_round(void **state) {
    (void)state;
    for (size_t p = 0; p < COUNT_OF(with_queues); p++)
        for (size_t w = 0; w < COUNT_OF(worker_counts); w++)
            for (uint32_t tokens = 1; tokens <= 50; tokens *= 7) {
                entrain_scheduler *scheduler = make(with_queues[p], worker_counts[w]);
                office self = office_of(scheduler, 61, 0, tokens, 1500);
                run_office(&self);
                check_office(&self, 1500 + tokens);
                office_free(&self);
                entrain_scheduler_destroy(scheduler);
            }
}

static void random_graphs_lose_and_double_nothing(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 2, 63, 5000};
    for (size_t p = 0; p < COUNT_OF(with_queues); p++)
        for (size_t w = 0; w < COUNT_OF(worker_counts); w++)
            for (size_t s = 0; s < COUNT_OF(sizes); s++) {
                entrain_scheduler *scheduler = make(with_queues[p], worker_counts[w]);
                office self = office_of(scheduler, sizes[s], 3, 200, 4000);
                run_office(&self);
                check_office(&self, 4200);
                // Again on the same plan: everything begins where it ended.
                self.budget = 1000;
                self.letters_first = 10;
                run_office(&self);
                check_office(&self, 5210);
                assert_int_equal(self.rests, 4);
                office_free(&self);
                entrain_scheduler_destroy(scheduler);
            }
}

// More ready tasks than any ring holds, all made so by one worker.
static void what_a_ring_cannot_hold_is_spilt_and_run(void **state) {
    (void)state;
    static const char *const stealing[] = {"steal", "steal-near", "static"};
    enum { TASKS = 150000 };
    for (size_t p = 0; p < COUNT_OF(stealing); p++)
        for (uint32_t workers = 1; workers <= 3; workers++) {
            entrain_scheduler *scheduler = make(stealing[p], workers);
            office self = office_of(scheduler, TASKS, 1, TASKS, 30000);
            run_office(&self);
            check_office(&self, TASKS + 30000);
            for (uint32_t t = 0; t < TASKS; t++)
                assert_true(self.runs[t] >= 1);
            office_free(&self);
            entrain_scheduler_destroy(scheduler);
        }
}

// --- Waking

// Task 0 makes another one ready and yields until that has run; it returns true, so the worker is never
// without a task. Under `static` the other one is the last worker's, who must be woken for it, round after
// round.
typedef struct handshake {
    entrain_scheduler *scheduler;
    uint32_t rounds_left, task_count, worker_count;
    uint32_t answered; // atomic
    uint32_t together; // atomic: bit of each worker that has begun a task of this round
    bool waits, begun;
} handshake;

static bool shake(void *context, uint32_t task, uint32_t worker) {
    handshake *self = context;
    if (task != 0) {
        entrain__store_release_u32(&self->answered, 1);
        return false;
    }
    if (!self->waits) {
        self->waits = true;
        entrain_scheduler_ready(self->scheduler, worker, self->task_count - 1);
        return true;
    }
    if (entrain__load_acquire_u32(&self->answered) == 0) {
        entrain__wait_step(ENTRAIN__WAIT_YIELD);
        return true;
    }
    self->answered = 0;
    self->waits = false;
    return --self->rounds_left > 0;
}

static bool begin_with_0(void *context, uint32_t worker, bool quiescent) {
    handshake *self = context;
    assert_true(quiescent);
    if (self->begun)
        return false;
    self->begun = true;
    entrain_scheduler_ready(self->scheduler, worker, 0);
    return true;
}

static void who_waits_for_another_worker_is_not_left_alone(void **state) {
    (void)state;
    for (size_t p = 0; p < COUNT_OF(with_queues); p++)
        for (size_t w = 0; w < COUNT_OF(worker_counts); w++) {
            handshake self = {.scheduler = make(with_queues[p], worker_counts[w]), .rounds_left = 400};
            self.worker_count = worker_counts[w];
            self.task_count = 2 * self.worker_count;
            entrain_error error = {0};
            const entrain_ready_job job = {.context = &self, .task = shake, .rest = begin_with_0};
            CHECK_OK(entrain_scheduler_plan_ready(self.scheduler, self.task_count, &error), error);
            CHECK_OK(entrain_scheduler_run_ready(self.scheduler, &job, &error), error);
            assert_int_equal(self.rounds_left, 0);
            entrain_scheduler_destroy(self.scheduler);
        }
}

// One worker has all tasks, and each is done only when two workers have been at them: somebody must come
// and take some.
static bool needs_two(void *context, uint32_t task, uint32_t worker) {
    handshake *self = context;
    if (task == 0) {
        for (uint32_t other = 1; other < self->task_count; other++)
            entrain_scheduler_ready(self->scheduler, worker, other);
        return false;
    }
    uint32_t seen = entrain__or_u32(&self->together, UINT32_C(1) << worker) | UINT32_C(1) << worker;
    if ((seen & (seen - 1)) != 0)
        return false;
    entrain__wait_step(ENTRAIN__WAIT_YIELD);
    return true;
}

static void thieves_come_where_there_is_work(void **state) {
    (void)state;
    static const char *const sharing[] = {"steal", "steal-near", "shared"};
    for (size_t p = 0; p < COUNT_OF(sharing); p++)
        for (uint32_t workers = 2; workers <= 8; workers *= 2)
            for (int round = 0; round < 20; round++) {
                handshake self = {
                    .scheduler = make(sharing[p], workers), .task_count = 100, .worker_count = workers};
                entrain_error error = {0};
                const entrain_ready_job job = {.context = &self, .task = needs_two, .rest = begin_with_0};
                CHECK_OK(entrain_scheduler_plan_ready(self.scheduler, self.task_count, &error), error);
                CHECK_OK(entrain_scheduler_run_ready(self.scheduler, &job, &error), error);
                entrain_worker_stats stats = stats_of(self.scheduler);
                assert_true(stats.steals_won <= stats.steals_tried);
                assert_true(p == 2 || stats.steals_won > 0);
                entrain_scheduler_destroy(self.scheduler);
            }
}

// --- Asking for a rest

typedef struct asker {
    office *self;
    uint32_t done; // atomic
    pthread_t whom;
    bool by_signal;
} asker;

static entrain_scheduler *asked_scheduler; // the handler's

static void ask_from_a_handler(int number) {
    (void)number;
    entrain_scheduler_ask_rest(asked_scheduler);
}

static void *ask_again_and_again(void *context) {
    asker *self = context;
    while (entrain__load_acquire_u32(&self->done) == 0) {
        if (self->by_signal)
            pthread_kill(self->whom, SIGUSR1);
        else
            entrain_scheduler_ask_rest(self->self->scheduler);
        for (int n = 0; n < 20; n++)
            entrain__wait_step(ENTRAIN__WAIT_YIELD);
    }
    return NULL;
}

// While all work, while all but one sleep (one token), and while tasks are left for the next run each time.
static void a_rest_can_be_asked_for_from_anywhere(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = ask_from_a_handler}, before;
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    uint32_t asked = 0;
    for (size_t p = 0; p < COUNT_OF(with_queues); p++)
        for (uint32_t workers = 1; workers <= 8; workers += workers == 1 ? 2 : 5)
            for (int how = 0; how < 8; how++) {
                entrain_scheduler *scheduler = make(with_queues[p], workers);
                office self = office_of(scheduler, 40, how & 1 ? 3 : 0, how & 1 ? 100 : 1, 10000);
                self.stops_when_asked = (how & 2) != 0;
                self.asks = 1;
                asker other = {.self = &self, .whom = pthread_self(), .by_signal = (how & 4) != 0};
                asked_scheduler = scheduler;
                pthread_t thread;
                assert_int_equal(pthread_create(&thread, NULL, ask_again_and_again, &other), 0);
                uint64_t handled = 0;
                uint32_t runs = 0;
                do { // tasks that are left stay for the next run
                    run_office(&self);
                    handled = 0;
                    for (uint32_t t = 0; t < self.task_count; t++)
                        handled += self.handled[t];
                    runs++;
                } while (handled < self.sent);
                entrain__store_release_u32(&other.done, 1);
                pthread_join(thread, NULL);
                assert_true(runs == 1 || self.stops_when_asked);
                asked += self.rests_asked;
                check_office(&self, self.sent);
                assert_true(self.sent > 10000);
                office_free(&self);
                entrain_scheduler_destroy(scheduler);
            }
    assert_true(asked > 100);
    sigaction(SIGUSR1, &before, NULL);
}

// A request that came between runs is the next one's, and costs it nothing: the run begins with a rest
// anyway.
static void a_request_between_runs_is_kept(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 3; workers++) {
        entrain_scheduler *scheduler = make("steal", workers);
        entrain_scheduler_ask_rest(scheduler); // without a plan: nothing to ask
        office self = office_of(scheduler, 10, 0, 3, 100);
        entrain_scheduler_ask_rest(scheduler);
        run_office(&self);
        check_office(&self, 103);
        assert_int_equal(self.rests, 2);
        office_free(&self);
        entrain_scheduler_destroy(scheduler);
    }
}

// --- What is refused

static bool never(void *context, uint32_t task, uint32_t worker) {
    (void)context, (void)task, (void)worker;
    fail();
    return false;
}

static bool calls_back(void *context, uint32_t worker, bool quiescent) {
    (void)worker;
    entrain_scheduler *scheduler = context;
    const entrain_ready_job job = {.context = context, .task = never, .rest = calls_back};
    entrain_error error = {0};
    assert_true(quiescent);
    CHECK_REFUSED(entrain_scheduler_plan_ready(scheduler, 5, &error), ENTRAIN_ORDER, error,
                  "while its run is on");
    assert_int_equal(entrain_scheduler_run_ready(scheduler, &job, &error), ENTRAIN_ORDER);
    return false;
}

static void what_cannot_be_run_is_refused(void **state) {
    (void)state;
    entrain_error error = {0};
    static const char *const without[] = {"adaptive", "guided", "dataflow"};
    for (size_t p = 0; p < COUNT_OF(without); p++) {
        entrain_scheduler *scheduler = make(without[p], 2);
        CHECK_REFUSED(entrain_scheduler_plan_ready(scheduler, 5, &error), ENTRAIN_UNSUPPORTED, error,
                      without[p]);
        const entrain_ready_job job = {.context = scheduler, .task = never, .rest = calls_back};
        assert_int_equal(entrain_scheduler_run_ready(scheduler, &job, &error), ENTRAIN_ORDER);
        entrain_scheduler_destroy(scheduler);
    }
    for (uint32_t workers = 1; workers <= 3; workers++) {
        entrain_scheduler *scheduler = make("steal", workers);
        entrain_ready_job job = {.context = scheduler, .task = never, .rest = calls_back};
        assert_int_equal(entrain_scheduler_run_ready(scheduler, &job, &error), ENTRAIN_ORDER);
        CHECK_REFUSED(entrain_scheduler_plan_ready(scheduler, 0, &error), ENTRAIN_INVALID, error,
                      "task_count is 0");
        CHECK_OK(entrain_scheduler_plan_ready(scheduler, 1, &error), error);
        CHECK_OK(entrain_scheduler_run_ready(scheduler, &job, &error), error);
        job.rest = NULL;
        CHECK_REFUSED(entrain_scheduler_run_ready(scheduler, &job, &error), ENTRAIN_INVALID, error, "rest");
        job.task = NULL;
        CHECK_REFUSED(entrain_scheduler_run_ready(scheduler, &job, &error), ENTRAIN_INVALID, error, "task");
        entrain_scheduler_destroy(scheduler);
    }
}

static void a_plan_without_memory_leaves_the_old_one(void **state) {
    (void)state;
    for (size_t p = 0; p < COUNT_OF(with_queues); p++)
        for (uint32_t workers = 1; workers <= 2; workers++) {
            entrain_scheduler *scheduler = make(with_queues[p], workers);
            office self = office_of(scheduler, 100, 2, 10, 100);
            const int64_t live = entrain__memory_live();
            entrain_error error = {0};
            entrain_status status = ENTRAIN_NO_MEMORY;
            for (uint64_t n = 1; status != ENTRAIN_OK; n++) {
                entrain__memory_fail_at(n);
                status = entrain_scheduler_plan_ready(scheduler, 100, &error);
                entrain__memory_fail_at(0);
                assert_true(status == ENTRAIN_OK || status == ENTRAIN_NO_MEMORY);
                assert_int_equal(entrain__memory_live(), live);
                assert_true(n < 50 && (n > 3 || status != ENTRAIN_OK));
            }
            run_office(&self);
            check_office(&self, self.sent);
            office_free(&self);
            entrain_scheduler_destroy(scheduler);
        }
}

// --- Beside other things

// Phases and ready runs on one scheduler, in turn; the figures are for both.
static void both_plans_stand_side_by_side(void **state) {
    (void)state;
    for (size_t p = 0; p < COUNT_OF(with_queues); p++) {
        entrain_scheduler *scheduler = make(with_queues[p], 3);
        office self = office_of(scheduler, 50, 2, 20, 500);
        run_world(scheduler, 64, 3);
        const uint64_t phases = stats_of(scheduler).tasks;
        assert_int_equal(phases, 3 * 64);
        run_office(&self);
        run_world(scheduler, 7, 2);
        self.letters_first = 5;
        run_office(&self);
        uint64_t runs = 0;
        for (uint32_t t = 0; t < 50; t++)
            runs += self.runs[t];
        assert_int_equal(stats_of(scheduler).tasks, 3 * 64 + 2 * 7 + runs);
        assert_int_equal(self.wrong_rests, 0);
        office_free(&self);
        entrain_scheduler_destroy(scheduler);
    }
}

static uint64_t waits_of(const entrain_scheduler *scheduler) {
    uint64_t sum = 0;
    for (uint32_t w = 0; w < entrain_scheduler_worker_count(scheduler); w++) {
        entrain_worker_stats one;
        entrain_scheduler_worker(scheduler, w, &one);
        sum += one.parks + one.yields;
    }
    return sum;
}

// What a worker has counted stays counted when a plan is replaced.
static void figures_outlive_a_plan(void **state) {
    (void)state;
    entrain_scheduler *scheduler = make("steal", 4);
    for (int round = 0; round < 3; round++) {
        const entrain_worker_stats before = stats_of(scheduler);
        const uint64_t waits = waits_of(scheduler);
        office self = office_of(scheduler, 100, 3, 100, 3000);
        const entrain_worker_stats planned = stats_of(scheduler);
        assert_int_equal(planned.steals_tried, before.steals_tried);
        assert_int_equal(planned.steals_won, before.steals_won);
        assert_int_equal(waits_of(scheduler), waits);
        run_office(&self);
        assert_true(stats_of(scheduler).steals_tried > planned.steals_tried);
        office_free(&self);
    }
    entrain_scheduler_destroy(scheduler);
}

// Each task runs a scheduler of its own.
static bool run_another(void *context, uint32_t task, uint32_t worker) {
    (void)worker;
    entrain_scheduler *scheduler = make(with_queues[task % COUNT_OF(with_queues)], 1 + task % 3);
    office inner = office_of(scheduler, 20, 2, 10, 200);
    const entrain_ready_job job = {.context = &inner, .task = handle_mail, .rest = rest_of_the_office};
    entrain_error error = {0};
    inner.begins = true;
    CHECK_OK(entrain_scheduler_run_ready(scheduler, &job, &error), error);
    check_office(&inner, inner.sent);
    office_free(&inner);
    entrain_scheduler_destroy(scheduler);
    entrain__add_acq_rel_u32(&((handshake *)context)->answered, 1);
    return false;
}

static bool begin_with_all(void *context, uint32_t worker, bool quiescent) {
    handshake *self = context;
    assert_true(quiescent);
    for (uint32_t t = 0; !self->begun && t < self->task_count; t++)
        entrain_scheduler_ready(self->scheduler, worker, t);
    return self->begun ? false : (self->begun = true);
}

static void a_task_may_run_a_scheduler(void **state) {
    (void)state;
    handshake self = {.scheduler = make("steal", 3), .task_count = 12};
    const entrain_ready_job job = {.context = &self, .task = run_another, .rest = begin_with_all};
    entrain_error error = {0};
    CHECK_OK(entrain_scheduler_plan_ready(self.scheduler, 12, &error), error);
    CHECK_OK(entrain_scheduler_run_ready(self.scheduler, &job, &error), error);
    assert_int_equal(self.answered, 12);
    entrain_scheduler_destroy(self.scheduler);
}

// --- A policy of one's own: the newest first, under a lock

typedef struct pile {
    entrain__lock lock;
    uint32_t count; // atomic: others look
    uint32_t tasks[5000];
} pile;

static entrain_status create_pile(const entrain_policy_setup *setup, void **state_out) {
    if (setup->task_count > 5000)
        return ENTRAIN_LIMIT;
    *state_out = calloc(1, sizeof(pile));
    return *state_out == NULL ? ENTRAIN_NO_MEMORY : ENTRAIN_OK;
}
static int ready_pile(void *opaque, uint32_t worker, uint32_t task) {
    pile *self = opaque;
    (void)worker;
    entrain__lock_take(&self->lock);
    self->tasks[self->count] = task;
    entrain__exchange_u32(&self->count, self->count + 1); // the full fence of ready()
    entrain__lock_give(&self->lock);
    return ENTRAIN_WAKE_ANYBODY;
}
static bool take_pile(void *opaque, uint32_t worker, uint32_t *task_out) {
    pile *self = opaque;
    (void)worker;
    entrain__lock_take(&self->lock);
    const bool any = self->count > 0;
    if (any) {
        *task_out = self->tasks[self->count - 1];
        entrain__store_relaxed_u32(&self->count, self->count - 1);
    }
    entrain__lock_give(&self->lock);
    return any;
}
static bool any_pile(const void *opaque, uint32_t worker) {
    (void)worker;
    return entrain__load_acquire_u32(&((const pile *)opaque)->count) > 0;
}

static void a_registered_policy_may_have_queues(void **state) {
    (void)state;
    static const entrain_policy_queues queues = {
        .create = create_pile, .ready = ready_pile, .take = take_pile, .any = any_pile, .destroy = free};
    static entrain_policy policy;
    policy = *entrain_policy_find("static");
    policy.name = "pile";
    policy.queues = &queues;
    entrain_error error = {0};
    CHECK_OK(entrain_policy_register(&policy, &error), error);
    for (size_t w = 0; w < COUNT_OF(worker_counts); w++) {
        entrain_scheduler *scheduler = make("pile", worker_counts[w]);
        assert_int_equal(entrain_scheduler_plan_ready(scheduler, 5001, &error), ENTRAIN_LIMIT);
        office self = office_of(scheduler, 5000, 3, 100, 5000);
        run_office(&self);
        check_office(&self, 5100);
        office_free(&self);
        entrain_scheduler_destroy(scheduler);
    }
}

int main(int argc, char **argv) {
    preempt_one_in = 20; // looked at only where the points are
    if (argc > 1)
        preempt_seed = strtoull(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_go_round),
        cmocka_unit_test(random_graphs_lose_and_double_nothing),
        cmocka_unit_test(what_a_ring_cannot_hold_is_spilt_and_run),
        cmocka_unit_test(who_waits_for_another_worker_is_not_left_alone),
        cmocka_unit_test(thieves_come_where_there_is_work),
        cmocka_unit_test(a_rest_can_be_asked_for_from_anywhere),
        cmocka_unit_test(a_request_between_runs_is_kept),
        cmocka_unit_test(what_cannot_be_run_is_refused),
        cmocka_unit_test(a_plan_without_memory_leaves_the_old_one),
        cmocka_unit_test(both_plans_stand_side_by_side),
        cmocka_unit_test(figures_outlive_a_plan),
        cmocka_unit_test(a_task_may_run_a_scheduler),
        cmocka_unit_test(a_registered_policy_may_have_queues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
