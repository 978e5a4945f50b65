// The scheduler: every policy runs each task exactly once per phase on any number of workers, what one phase
// wrote the next one reads, a policy that lies is caught, and whatever fails leaves nothing behind.
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xmmintrin.h>

#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "engine/base/wait.h"
#include "entrain/scheduler.h"
#include "scheduler/cpus.h"
#include "scheduler/policies.h"

static const char *const policies[] = {"steal", "static", "shared", "serial", "shuffled"};
static const uint32_t worker_counts[] = {1, 2, 3, 8, 17};
static const uint32_t task_counts[] = {1, 2, 7, 64, 1000, 20000};
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static entrain_scheduler_config config_of(const char *policy, uint32_t worker_count) {
    entrain_scheduler_config config = entrain_scheduler_config_defaults();
    config.policy = policy;
    config.worker_count = worker_count;
    return config;
}

static entrain_scheduler *make(const char *policy, uint32_t worker_count) {
    entrain_scheduler_config config = config_of(policy, worker_count);
    entrain_scheduler *scheduler = NULL;
    entrain_error error;
    CHECK_OK(entrain_scheduler_create(&config, &scheduler, &error), error);
    return scheduler;
}

static entrain_worker_stats stats_of(const entrain_scheduler *scheduler) {
    entrain_worker_stats all = {0};
    for (uint32_t i = 0; i < entrain_scheduler_worker_count(scheduler); i++) {
        entrain_worker_stats one;
        entrain_scheduler_worker(scheduler, i, &one);
        all.tasks += one.tasks;
        all.steals_tried += one.steals_tried;
        all.steals_won += one.steals_won;
        all.busy_ns += one.busy_ns;
        all.serial_ns += one.serial_ns;
    }
    return all;
}

// --- A world of plain data

// Each task reads what two others wrote in the phase before and writes its own cell of the other buffer.
// Nothing here is atomic: only the barrier keeps TSan and the sums quiet.
typedef struct world {
    uint32_t task_count, phase_count;
    uint32_t advances; // by the serial part
    uint64_t *cells[2];
    uint32_t *runs;    // [task_count]
    uint32_t *workers; // [task_count] who ran it last
    uint32_t *order;   // [phase_count * task_count] or NULL; for serial policies
    uint32_t position;
    uint32_t failures; // by any task that saw something wrong
} world;

enum { PHASE_NUMBER = 1000 }; // the job's own numbers need not count from 0

static void *zeroed(size_t count, size_t size) {
    void *memory = calloc(count, size);
    assert_non_null(memory);
    return memory;
}

static world world_of(uint32_t task_count, uint32_t phase_count) {
    world self = {.task_count = task_count, .phase_count = phase_count};
    self.cells[0] = zeroed(task_count, sizeof(uint64_t));
    self.cells[1] = zeroed(task_count, sizeof(uint64_t));
    self.runs = zeroed(task_count, sizeof(uint32_t));
    self.workers = zeroed(task_count, sizeof(uint32_t));
    for (uint32_t i = 0; i < task_count; i++)
        self.cells[0][i] = i * UINT64_C(0x9e3779b97f4a7c15);
    return self;
}

static void world_free(world *self) {
    free(self->cells[0]);
    free(self->cells[1]);
    free(self->runs);
    free(self->workers);
    free(self->order);
}

static uint64_t next_cell(const world *self, const uint64_t *before, uint32_t task) {
    uint32_t left = task == 0 ? self->task_count - 1 : task - 1;
    uint32_t right = task + 1 == self->task_count ? 0 : task + 1;
    return (before[left] ^ (before[right] << 7)) * 5 + before[task] + 1;
}

static uint32_t world_advance(void *context) {
    world *self = context;
    return self->advances == self->phase_count ? ENTRAIN_PHASE_END : PHASE_NUMBER + self->advances++;
}

static void world_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    world *self = context;
    uint32_t turn = phase - PHASE_NUMBER;
    if (turn + 1 != self->advances || self->runs[task] != turn)
        entrain__add_acq_rel_u32(&self->failures, 1);
    self->runs[task]++;
    self->workers[task] = worker;
    self->cells[(turn + 1) % 2][task] = next_cell(self, self->cells[turn % 2], task);
    if (self->order != NULL)
        self->order[self->position++] = task;
}

static entrain_job job_of(world *self) {
    return (entrain_job){.context = self, .advance = world_advance, .task = world_task};
}

static void check_world(const world *self, const char *policy, uint32_t workers) {
    uint64_t *cells[2] = {zeroed(self->task_count, 8), zeroed(self->task_count, 8)};
    for (uint32_t i = 0; i < self->task_count; i++)
        cells[0][i] = i * UINT64_C(0x9e3779b97f4a7c15);
    for (uint32_t phase = 0; phase < self->phase_count; phase++)
        for (uint32_t i = 0; i < self->task_count; i++)
            cells[(phase + 1) % 2][i] = next_cell(self, cells[phase % 2], i);
    if (self->advances != self->phase_count || self->failures != 0)
        fail_msg("%s, %u workers, %u tasks: %u advances of %u, %u failures", policy, workers,
                 self->task_count, self->advances, self->phase_count, self->failures);
    for (uint32_t i = 0; i < self->task_count; i++)
        if (self->runs[i] != self->phase_count ||
            self->cells[self->phase_count % 2][i] != cells[self->phase_count % 2][i])
            fail_msg("%s, %u workers: task %u of %u ran %u times of %u, or read something stale", policy,
                     workers, i, self->task_count, self->runs[i], self->phase_count);
    free(cells[0]);
    free(cells[1]);
}

static void run_world(entrain_scheduler *scheduler, uint32_t task_count, uint32_t phase_count) {
    entrain_error error;
    world self = world_of(task_count, phase_count);
    entrain_job job = job_of(&self);
    CHECK_OK(entrain_scheduler_plan(scheduler, task_count, NULL, &error), error);
    uint64_t taken = entrain__memory_taken();
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    assert_int_equal(entrain__memory_taken(), taken); // a run allocates nothing
    check_world(&self, entrain_scheduler_policy(scheduler), entrain_scheduler_worker_count(scheduler));
    world_free(&self);
}

// --- Running

static void each_task_runs_once_per_phase_and_reads_the_phase_before(void **state) {
    (void)state;
    for (size_t p = 0; p < COUNT_OF(policies); p++)
        for (size_t w = 0; w < COUNT_OF(worker_counts); w++) {
            // One scheduler through all sizes: a plan replaces the one before.
            entrain_scheduler *scheduler = make(policies[p], worker_counts[w]);
            uint64_t tasks = 0;
            for (size_t t = 0; t < COUNT_OF(task_counts); t++) {
                uint32_t phases = task_counts[t] > 1000 ? 3 : 20;
                run_world(scheduler, task_counts[t], phases);
                tasks += (uint64_t)phases * task_counts[t];
            }
            run_world(scheduler, 5, 7);
            assert_int_equal(stats_of(scheduler).tasks, tasks + 5 * 7);
            entrain_scheduler_destroy(scheduler);
        }
}

static void a_plan_may_be_run_again_and_a_run_may_have_no_phase(void **state) {
    (void)state;
    entrain_error error;
    for (size_t p = 0; p < COUNT_OF(policies); p++) {
        entrain_scheduler *scheduler = make(policies[p], 3);
        CHECK_OK(entrain_scheduler_plan(scheduler, 10, NULL, &error), error);
        for (uint32_t i = 0; i < 200; i++) {
            world self = world_of(10, i % 3);
            entrain_job job = job_of(&self);
            CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
            check_world(&self, policies[p], 3);
            world_free(&self);
        }
        entrain_scheduler_destroy(scheduler);
    }
}

typedef struct nested {
    entrain_scheduler *scheduler;
    entrain_status run, plan;
    uint32_t advances, refused_in_advance;
} nested;

static uint32_t nested_advance(void *context) {
    nested *self = context;
    if (entrain_scheduler_plan(self->scheduler, 3, NULL, NULL) == ENTRAIN_ORDER)
        self->refused_in_advance++;
    return self->advances++ == 0 ? 0 : ENTRAIN_PHASE_END;
}

static void nested_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)phase, (void)task, (void)worker;
    nested *self = context;
    entrain_job job = {self, nested_advance, nested_task};
    self->run = entrain_scheduler_run(self->scheduler, &job, NULL);
    self->plan = entrain_scheduler_plan(self->scheduler, 3, NULL, NULL);
}

static void calls_in_the_wrong_order_are_refused(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler *scheduler = make("steal", 2);
    nested self = {.scheduler = scheduler};
    entrain_job job = {&self, nested_advance, nested_task};
    CHECK_REFUSED(entrain_scheduler_run(scheduler, &job, &error), ENTRAIN_ORDER, error,
                  "entrain_scheduler_plan()");
    CHECK_OK(entrain_scheduler_plan(scheduler, 1, NULL, &error), error);
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    assert_int_equal(self.run, ENTRAIN_ORDER);
    assert_int_equal(self.plan, ENTRAIN_ORDER);
    assert_int_equal(self.refused_in_advance, 2);
    job.task = NULL;
    CHECK_REFUSED(entrain_scheduler_run(scheduler, &job, &error), ENTRAIN_INVALID, error, "no task function");
    entrain_scheduler_destroy(scheduler);
    entrain_scheduler_destroy(NULL);
}

static void the_figures_add_up(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler *scheduler = make("steal", 3);
    run_world(scheduler, 100, 50);
    entrain_worker_stats before = stats_of(scheduler);
    assert_int_equal(before.tasks, 5000);
    assert_true(before.busy_ns > 0 && before.serial_ns > 0);
    // Every worker's last sweep of a phase tries the two others.
    assert_true(before.steals_tried >= 3 * 50 * 2 && before.steals_tried >= before.steals_won);
    CHECK_OK(entrain_scheduler_plan(scheduler, 9, NULL, &error), error);
    entrain_worker_stats after = stats_of(scheduler);
    assert_int_equal(after.steals_tried, before.steals_tried); // a new plan keeps them
    assert_int_equal(after.steals_won, before.steals_won);
    entrain_scheduler_destroy(scheduler);
}

// --- Policies, one by one

// The orders of @p phase_count phases under a serial policy.
static uint32_t *orders_of(const char *policy, uint32_t workers, uint64_t seed, uint32_t tasks,
                           uint32_t phases) {
    entrain_scheduler_config config = config_of(policy, workers);
    config.seed = seed;
    entrain_scheduler *scheduler;
    entrain_error error;
    CHECK_OK(entrain_scheduler_create(&config, &scheduler, &error), error);
    CHECK_OK(entrain_scheduler_plan(scheduler, tasks, NULL, &error), error);
    world self = world_of(tasks, phases);
    uint32_t *order = self.order = zeroed((size_t)tasks * phases, sizeof *order);
    entrain_job job = job_of(&self);
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    check_world(&self, policy, workers);
    for (uint32_t i = 0; i < tasks; i++)
        assert_int_equal(self.workers[i], 0);
    entrain_scheduler_destroy(scheduler);
    self.order = NULL;
    world_free(&self);
    return order;
}

static void serial_keeps_the_order_on_worker_0(void **state) {
    (void)state;
    uint32_t *order = orders_of("serial", 3, 1, 100, 2);
    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(order[i], i % 100);
    free(order);
}

static void shuffled_shuffles_each_phase_and_repeats_with_the_seed(void **state) {
    (void)state;
    enum { TASKS = 100, BYTES = TASKS * sizeof(uint32_t) };
    uint32_t *order = orders_of("shuffled", 1, 1, TASKS, 3);
    uint32_t *again = orders_of("shuffled", 8, 1, TASKS, 3);
    uint32_t *other = orders_of("shuffled", 1, 2, TASKS, 3);
    assert_memory_equal(order, again, 3 * BYTES);
    assert_memory_not_equal(order, order + TASKS, BYTES);
    assert_memory_not_equal(order, order + 2 * TASKS, BYTES);
    assert_memory_not_equal(order + TASKS, order + 2 * TASKS, BYTES);
    assert_memory_not_equal(order, other, BYTES);
    // Not just turned or nearly in order: few tasks keep their successor (1 in 100 by chance, so about 1 of
    // 99).
    uint32_t successors = 0, fixed = 0;
    for (uint32_t i = 0; i + 1 < TASKS; i++) {
        successors += order[i] + 1 == order[i + 1];
        fixed += order[i] == i;
    }
    assert_true(successors < 10 && fixed < 10);
    free(order), free(again), free(other);
}

// Every cut lies within half of the heaviest task of the exact one.
static void check_shares(uint32_t workers, uint32_t tasks, const uint32_t *weights) {
    uint32_t firsts[ENTRAIN_WORKERS_MAX + 1];
    const entrain_policy_setup setup = {
        .worker_count = workers, .task_count = tasks, .task_weights = weights};
    entrain__shares_cut(&setup, firsts);
    assert_int_equal(firsts[0], 0);
    assert_int_equal(firsts[workers], tasks);
    uint64_t total = 0, heaviest = 0;
    for (uint32_t i = 0; i < tasks; i++) {
        uint64_t weight = weights == NULL ? 1 : weights[i];
        total += weight;
        heaviest = weight > heaviest ? weight : heaviest;
    }
    uint64_t before = 0;
    for (uint32_t w = 0, task = 0; w < workers; w++) {
        for (; task < firsts[w]; task++)
            before += weights == NULL ? 1 : weights[task];
        assert_true(firsts[w] <= firsts[w + 1]);
        long double exact = (long double)total * w / workers, off = (long double)before - exact;
        if (off > (long double)heaviest / 2 + 1 || off < -(long double)heaviest / 2 - 1)
            fail_msg("cut %u of %u is at weight %llu, not about %.1Lf; the heaviest task is %llu", w, workers,
                     (unsigned long long)before, exact, (unsigned long long)heaviest);
    }
}

static void shares_are_balanced_by_weight(void **state) {
    (void)state;
    enum { TASKS = 20000, MANY = 17 << 20 };
    uint32_t *weights = zeroed(MANY, sizeof *weights);
    const uint32_t many_workers[] = {1, 2, 3, 8, 17, 255, 256};
    for (size_t w = 0; w < COUNT_OF(many_workers); w++)
        for (uint32_t tasks = 1; tasks <= TASKS; tasks = tasks * 3 + 1) {
            check_shares(many_workers[w], tasks, NULL);
            for (uint32_t i = 0; i < tasks; i++)
                weights[i] = i % 7 + 1;
            check_shares(many_workers[w], tasks, weights);
            for (uint32_t i = 0; i < tasks; i++)
                weights[i] = i == tasks / 3 ? 1000000 : 1; // a hub
            check_shares(many_workers[w], tasks, weights);
        }
    memset(weights, 0xff, MANY * sizeof *weights); // total times workers leaves 64 bits
    check_shares(256, MANY, weights);
    free(weights);
}

static void static_runs_a_task_where_it_ran_before(void **state) {
    (void)state;
    entrain_error error;
    uint32_t weights[12] = {60, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 50}; // two hubs: alone with a few, or alone
    entrain_scheduler *scheduler = make("static", 2);
    CHECK_OK(entrain_scheduler_plan(scheduler, 12, weights, &error), error);
    for (uint32_t phases = 1; phases < 20; phases++) {
        world self = world_of(12, phases);
        entrain_job job = job_of(&self);
        CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
        for (uint32_t i = 0; i < 12; i++)
            assert_int_equal(self.workers[i], i >= 1); // 60 | 60
        world_free(&self);
    }
    entrain_scheduler_destroy(scheduler);
}

// The first task to start does not end before all others have: so whoever runs it, its share must be stolen.
typedef struct slow_world {
    uint32_t advances, task_count;
    uint32_t started, ended;
} slow_world;

static uint32_t slow_advance(void *context) {
    slow_world *self = context;
    return self->advances++ == 0 ? 0 : ENTRAIN_PHASE_END;
}

static void slow_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)phase, (void)task, (void)worker;
    slow_world *self = context;
    if (entrain__add_acq_rel_u32(&self->started, 1) == 0)
        for (uint32_t round = 0; entrain__load_acquire_u32(&self->ended) + 1 < self->task_count; round++)
            entrain__wait_step(round);
    entrain__add_acq_rel_u32(&self->ended, 1);
}

// Single-threaded, on the policy itself: a worker that nobody helps gets everything there is, whoever it was
// meant for.
static void one_worker_alone_gets_everything(void **state) {
    (void)state;
    const entrain_policy *const open_policies[] = {&entrain__policy_steal, &entrain__policy_shared};
    const entrain_policy_setup setup = {.worker_count = 9, .task_count = 100, .seed = 3};
    for (size_t p = 0; p < COUNT_OF(open_policies); p++) {
        const entrain_policy *policy = open_policies[p];
        void *tasks;
        assert_int_equal(policy->create(&setup, &tasks), ENTRAIN_OK);
        for (uint32_t phase = 0; phase < 90; phase++) {
            uint32_t sum = 0, count = 0, task;
            policy->submit(tasks, phase);
            for (; policy->next(tasks, phase % 9, &task); count++)
                sum += task;
            assert_int_equal(count, 100);
            assert_int_equal(sum, 99 * 100 / 2);
            for (uint32_t worker = 0; worker < 9; worker++)
                assert_false(policy->next(tasks, worker, &task));
        }
        policy->destroy(tasks);
    }
}

static uint64_t steals_of_slow_run(const char *policy, uint32_t workers, uint32_t tasks) {
    entrain_error error;
    entrain_scheduler *scheduler = make(policy, workers);
    CHECK_OK(entrain_scheduler_plan(scheduler, tasks, NULL, &error), error);
    slow_world self = {.task_count = tasks};
    entrain_job job = {&self, slow_advance, slow_task};
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    assert_int_equal(self.ended, tasks);
    uint64_t won = stats_of(scheduler).steals_won;
    entrain_scheduler_destroy(scheduler);
    return won;
}

static void the_share_of_a_slow_worker_is_stolen(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_true(steals_of_slow_run("steal", 2, 10) >= 4);
        assert_true(steals_of_slow_run("steal", 8, 80) >= 9);
        assert_int_equal(steals_of_slow_run("shared", 8, 80),
                         0); // nothing to steal, but nothing stuck either
    }
}

static void a_plan_too_large_for_a_ring_is_refused_and_the_old_one_stays(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler *scheduler = make("shared", 2);
    CHECK_OK(entrain_scheduler_plan(scheduler, 50, NULL, &error), error);
    CHECK_REFUSED(entrain_scheduler_plan(scheduler, 1u << 24, NULL, &error), ENTRAIN_LIMIT, error,
                  "\"shared\"");
    world self = world_of(50, 3);
    entrain_job job = job_of(&self);
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    check_world(&self, "shared", 2);
    world_free(&self);
    entrain_scheduler_destroy(scheduler);
}

// --- Users' policies, and liars

// Deals tasks round robin; `lie` says how it cheats.
typedef enum lie { HONEST, LOSES, DOUBLES, SWAPS, INVENTS, NEVER_ENDS } lie;
static lie next_lie;
static uint32_t lie_from_phase;
static entrain_policy_setup seen_setup;

typedef struct dealer {
    uint32_t worker_count, task_count;
    uint64_t phase;
    struct {
        _Alignas(ENTRAIN_CACHE_LINE) uint32_t next, done;
        uint64_t cost_ns;
    } workers[ENTRAIN_WORKERS_MAX];
} dealer;

static entrain_status dealer_create(const entrain_policy_setup *setup, void **state_out) {
    seen_setup = *setup;
    dealer *self = aligned_alloc(ENTRAIN_CACHE_LINE, sizeof *self);
    assert_non_null(self);
    memset(self, 0, sizeof *self);
    self->worker_count = setup->worker_count;
    self->task_count = setup->task_count;
    *state_out = self;
    return ENTRAIN_OK;
}

static void dealer_submit(void *state, uint64_t phase) {
    dealer *self = state;
    self->phase = phase;
    for (uint32_t i = 0; i < self->worker_count; i++)
        self->workers[i].next = i;
}

static bool dealer_next(void *state, uint32_t worker, uint32_t *task_out) {
    dealer *self = state;
    lie now = self->phase >= lie_from_phase ? next_lie : HONEST;
    uint32_t *next = &self->workers[worker].next, task = *next;
    if (task >= self->task_count && !(now == NEVER_ENDS && worker == 0)) {
        if (now == DOUBLES && worker == 0 && task != UINT32_MAX) {
            *next = UINT32_MAX;
            *task_out = 0;
            return true;
        }
        return false;
    }
    *next += self->worker_count;
    if (task == 0 && now == LOSES) {
        task = *next;
        *next += self->worker_count;
        if (task >= self->task_count)
            return false;
    }
    if (now == SWAPS && task == 0)
        task = self->task_count - 1; // one lost, one doubled: the count is right
    if (now == INVENTS && task == 0)
        task = self->task_count;
    if (now == NEVER_ENDS && task >= self->task_count)
        task = 0;
    *task_out = task;
    return true;
}

static void dealer_done(void *state, uint32_t worker, uint32_t task, uint64_t cost_ns) {
    dealer *self = state;
    assert_true(task < self->task_count);
    self->workers[worker].done++;
    self->workers[worker].cost_ns += cost_ns;
}

static void dealer_count(const void *state, uint32_t worker, entrain_policy_count *count_out) {
    const dealer *self = state;
    *count_out = (entrain_policy_count){.steals_tried = self->workers[worker].done, .steals_won = worker};
}

static const entrain_policy dealer_policy = {
    .name = "deal",
    .summary = "round robin, from a test",
    .create = dealer_create,
    .submit = dealer_submit,
    .next = dealer_next,
    .done = dealer_done,
    .count = dealer_count,
    .destroy = free,
};

static void a_users_policy_works(void **state) {
    (void)state;
    next_lie = HONEST;
    entrain_scheduler *scheduler = make("deal", 3);
    assert_string_equal(entrain_scheduler_policy(scheduler), "deal");
    run_world(scheduler, 1000, 10);
    assert_int_equal(seen_setup.worker_count, 3);
    assert_int_equal(seen_setup.task_count, 1000);
    assert_int_equal(seen_setup.seed, 1);
    assert_null(seen_setup.task_weights);
    for (uint32_t i = 0; i < 3; i++) {
        entrain_worker_stats stats;
        entrain_scheduler_worker(scheduler, i, &stats);
        assert_int_equal(stats.tasks, 10 * (i == 0 ? 334 : 333));
        assert_int_equal(stats.steals_tried, stats.tasks); // done() was told of each
        assert_int_equal(stats.steals_won, i);
    }
    entrain_scheduler_destroy(scheduler);
}

static void catch_liar(lie how, uint32_t workers, uint32_t from_phase, const char *words) {
    entrain_error error;
    next_lie = how;
    lie_from_phase = from_phase;
    entrain_scheduler *scheduler = make("deal", workers);
    CHECK_OK(entrain_scheduler_plan(scheduler, 64, NULL, &error), error);
    world self = world_of(64, 10);
    entrain_job job = job_of(&self);
    CHECK_REFUSED(entrain_scheduler_run(scheduler, &job, &error), ENTRAIN_MISMATCH, error, "policy \"deal\"");
    if (strstr(error.sentence, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.sentence, words);
    char phase[32];
    snprintf(phase, sizeof phase, "in phase %u", from_phase);
    if (strstr(error.sentence, phase) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.sentence, phase);
    assert_int_equal(self.advances, from_phase + 1); // the run ended at that barrier
    world_free(&self);
    next_lie = HONEST;
    run_world(scheduler, 64, 3); // and the scheduler is still good
    entrain_scheduler_destroy(scheduler);
}

static void a_policy_that_lies_is_caught(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 3; workers += 2)
        for (uint32_t phase = 0; phase < 4; phase += 3) {
            catch_liar(LOSES, workers, phase, "63 tasks of 64");
            catch_liar(LOSES, workers, phase, "lost");
            catch_liar(DOUBLES, workers, phase, "65 tasks of 64");
            catch_liar(DOUBLES, workers, phase, "doubled");
            catch_liar(INVENTS, workers, phase, "no task");
            catch_liar(NEVER_ENDS, workers, phase, "doubled");
        }
    catch_liar(SWAPS, 1, 2, "twice");
}

static void policies_are_known_by_name_and_bad_ones_refused(void **state) {
    (void)state;
    entrain_error error;
    for (uint32_t i = 0; i < COUNT_OF(policies); i++) {
        assert_string_equal(entrain_policy_at(i)->name, policies[i]);
        assert_ptr_equal(entrain_policy_find(policies[i]), entrain_policy_at(i));
        assert_non_null(entrain_policy_at(i)->summary);
    }
    assert_ptr_equal(entrain_policy_at(COUNT_OF(policies)), &dealer_policy);
    assert_null(entrain_policy_at(COUNT_OF(policies) + 1));
    assert_null(entrain_policy_at(UINT32_MAX));
    assert_null(entrain_policy_find("dealt"));
    entrain_policy bad = dealer_policy;
    CHECK_REFUSED(entrain_policy_register(&bad, &error), ENTRAIN_INVALID, error, "already known");
    bad.name = "steal";
    CHECK_REFUSED(entrain_policy_register(&bad, &error), ENTRAIN_INVALID, error, "\"steal\"");
    bad.name = "Steal More";
    CHECK_REFUSED(entrain_policy_register(&bad, &error), ENTRAIN_INVALID, error, "lower-case");
    bad.name = NULL;
    CHECK_REFUSED(entrain_policy_register(&bad, &error), ENTRAIN_INVALID, error, "lower-case");
    bad.name = "bad";
    bad.summary = NULL;
    CHECK_REFUSED(entrain_policy_register(&bad, &error), ENTRAIN_INVALID, error, "summary");
    bad = dealer_policy, bad.name = "bad", bad.create = NULL;
    CHECK_REFUSED(entrain_policy_register(&bad, &error), ENTRAIN_INVALID, error, "create");
    bad = dealer_policy, bad.name = "bad", bad.submit = NULL;
    CHECK_REFUSED(entrain_policy_register(&bad, &error), ENTRAIN_INVALID, error, "submit");
    bad = dealer_policy, bad.name = "bad", bad.next = NULL;
    CHECK_REFUSED(entrain_policy_register(&bad, &error), ENTRAIN_INVALID, error, "next");
    bad = dealer_policy, bad.name = "bad", bad.destroy = NULL;
    CHECK_REFUSED(entrain_policy_register(&bad, &error), ENTRAIN_INVALID, error, "destroy");
}

// Last: it leaves the registry full.
static void the_registry_is_bounded(void **state) {
    (void)state;
    entrain_error error;
    static entrain_policy more[64];
    static char names[64][16];
    uint32_t i = 0;
    while (entrain_policy_at(i) != NULL)
        i++;
    for (; i < 64; i++) {
        snprintf(names[i], sizeof names[i], "more-%u", i);
        more[i] = dealer_policy;
        more[i].name = names[i];
        CHECK_OK(entrain_policy_register(&more[i], &error), error);
        assert_ptr_equal(entrain_policy_at(i), &more[i]);
    }
    more[0] = dealer_policy;
    more[0].name = "one-more";
    CHECK_REFUSED(entrain_policy_register(&more[0], &error), ENTRAIN_FULL, error, "64");
    entrain_scheduler_config config = config_of("more-6", 1);
    config.policy = "more-6x";
    entrain_scheduler *scheduler = NULL;
    CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_UNKNOWN, error,
                  "did you mean");
}

// --- Refusals and failures

static void bad_configs_are_refused_with_a_sentence(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler *scheduler = NULL;
    entrain_scheduler_config config = entrain_scheduler_config_defaults();
    assert_string_equal(config.policy, "steal");
    assert_int_equal(config.seed, 1);
    uint32_t cpus = entrain_scheduler_cpus();
    assert_true(cpus >= 1);
    assert_int_equal(config.worker_count, cpus < 256 ? cpus : 256);
    config.worker_count = 0;
    CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_INVALID, error,
                  "worker_count is 0");
    config.worker_count = 257;
    CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_INVALID, error, "1 to 256");
    config = config_of("staal", 1);
    CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_UNKNOWN, error,
                  "\"staal\"; did you mean \"steal\"?");
    config.policy = "work-sharing";
    CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_UNKNOWN, error,
                  "list policies");
    config.policy = NULL;
    CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_INVALID, error,
                  "policy is NULL");
    assert_null(scheduler);
}

static void bad_plans_are_refused_with_a_sentence(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler *scheduler = make("static", 2);
    const uint32_t weights[4] = {1, 1, 0, 1};
    CHECK_REFUSED(entrain_scheduler_plan(scheduler, 0, NULL, &error), ENTRAIN_INVALID, error,
                  "task_count is 0");
    CHECK_REFUSED(entrain_scheduler_plan(scheduler, (1u << 31) + 1, NULL, &error), ENTRAIN_INVALID, error,
                  "2147483648");
    CHECK_REFUSED(entrain_scheduler_plan(scheduler, 4, weights, &error), ENTRAIN_INVALID, error,
                  "task_weights[2]");
    entrain_scheduler_destroy(scheduler);
}

// Threads of this process. One that was joined may be listed for a moment more, so wait for @p wanted.
static uint32_t thread_count(void) {
    DIR *directory = opendir("/proc/self/task");
    assert_non_null(directory);
    uint32_t threads = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        threads += entry->d_name[0] != '.';
    closedir(directory);
    return threads;
}

static void check_threads(uint32_t wanted) {
    for (uint32_t round = 0; round < 100000 && thread_count() != wanted; round++)
        entrain__wait_step(round);
    assert_int_equal(thread_count(), wanted);
}

static void whatever_cannot_be_had_leaves_nothing(void **state) {
    (void)state;
    entrain_error error;
    const uint32_t threads = thread_count();
    for (size_t p = 0; p < COUNT_OF(policies); p++) {
        const int64_t live = entrain__memory_live();
        entrain_scheduler_config config = config_of(policies[p], 3);
        entrain_scheduler *scheduler = NULL;
        uint64_t n = 1;
        for (;; n++) {
            entrain__memory_fail_at(n);
            entrain_status status = entrain_scheduler_create(&config, &scheduler, &error);
            if (status == ENTRAIN_OK)
                break;
            assert_int_equal(status, ENTRAIN_NO_MEMORY);
            assert_non_null(strstr(error.sentence, "3 workers"));
            assert_null(scheduler);
            assert_int_equal(entrain__memory_live(), live);
        }
        assert_true(n > 2);
        entrain__memory_fail_at(0);
        CHECK_OK(entrain_scheduler_plan(scheduler, 10, NULL, &error), error);
        const int64_t planned = entrain__memory_live();
        for (n = 1;; n++) {
            entrain__memory_fail_at(n);
            entrain_status status = entrain_scheduler_plan(scheduler, 20, NULL, &error);
            if (status == ENTRAIN_OK)
                break;
            assert_int_equal(status, ENTRAIN_NO_MEMORY);
            assert_non_null(strstr(error.sentence, policies[p]));
            assert_int_equal(entrain__memory_live(), planned);
            world self = world_of(10, 2); // the old plan still runs
            entrain_job job = job_of(&self);
            CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
            check_world(&self, policies[p], 3);
            world_free(&self);
        }
        assert_true(n > 2);
        entrain__memory_fail_at(0);
        entrain_scheduler_destroy(scheduler);
        assert_int_equal(entrain__memory_live(), live);
    }
    check_threads(threads);
}

// The linker sends the scheduler's pthread_create here (--wrap).
static uint32_t threads_until_refusal = UINT32_MAX;
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *),
                          void *argument) {
    if (threads_until_refusal-- == 0)
        return EAGAIN;
    return __real_pthread_create(thread, attributes, main, argument);
}

static void a_thread_that_cannot_be_started_leaves_none(void **state) {
    (void)state;
    entrain_error error;
    const uint32_t threads = thread_count();
    const int64_t live = entrain__memory_live();
    for (uint32_t good = 0; good < 7; good++) {
        entrain_scheduler_config config = config_of("steal", 8);
        entrain_scheduler *scheduler = NULL;
        char words[64];
        snprintf(words, sizeof words, "thread %u of 7 could not be started", good + 1);
        threads_until_refusal = good;
        CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_SYSTEM, error, words);
        threads_until_refusal = UINT32_MAX;
        assert_null(scheduler);
        assert_int_equal(entrain__memory_live(), live);
        check_threads(threads);
    }
}

static void a_thousand_schedulers_leave_no_thread(void **state) {
    (void)state;
    entrain_error error;
    const uint32_t threads = thread_count();
    const int64_t live = entrain__memory_live();
    for (uint32_t i = 0; i < 1000; i++) {
        entrain_scheduler *scheduler = make(policies[i % COUNT_OF(policies)], 1 + i % 5);
        if (i % 3 != 0)
            CHECK_OK(entrain_scheduler_plan(scheduler, 20, NULL, &error), error);
        if (i % 3 == 2)
            run_world(scheduler, 20, 2);
        entrain_scheduler_destroy(scheduler);
    }
    assert_int_equal(entrain__memory_live(), live);
    check_threads(threads);
}

static void read_mask(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)phase, (void)task;
    if (worker != 0)
        pthread_sigmask(SIG_SETMASK, NULL, context);
}

static uint32_t two_advances(void *context) {
    (void)context;
    static uint32_t calls;
    return calls++ % 2 == 0 ? 0 : ENTRAIN_PHASE_END;
}

// A blocked fault would be the process's end even for a program that handles it.
static void workers_take_faults_and_nothing_else(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler *scheduler = make("static", 2);
    CHECK_OK(entrain_scheduler_plan(scheduler, 2, NULL, &error), error);
    sigset_t mask;
    sigemptyset(&mask);
    entrain_job job = {&mask, two_advances, read_mask};
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    sigset_t own; // the caller's is put back
    pthread_sigmask(SIG_SETMASK, NULL, &own);
    const int taken[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    const int left[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGCHLD, SIGUSR1, SIGPIPE, SIGWINCH};
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        assert_int_equal(sigismember(&mask, taken[i]), 0);
    for (size_t i = 0; i < COUNT_OF(left); i++)
        assert_int_equal(sigismember(&mask, left[i]) - sigismember(&own, left[i]), 1);
    entrain_scheduler_destroy(scheduler);
}

// The threads stay with the parent: a child that waited for them would wait for ever.
static void a_child_process_is_refused_and_may_destroy(void **state) {
    (void)state;
    entrain_error error;
    for (uint32_t workers = 1; workers <= 3; workers += 2) {
        entrain_scheduler *scheduler = make("steal", workers);
        run_world(scheduler, 20, 2);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(30);
            world self = world_of(20, 2);
            entrain_job job = job_of(&self);
            entrain_status status = entrain_scheduler_run(scheduler, &job, &error);
            entrain_scheduler_destroy(scheduler);
            _exit(status == (workers == 1 ? ENTRAIN_OK : ENTRAIN_ORDER) ? 0 : 1);
        }
        int ended = -1;
        assert_int_equal(waitpid(child, &ended, 0), child);
        assert_int_equal(ended, 0);
        run_world(scheduler, 20, 2); // nothing happened to the parent's
        entrain_scheduler_destroy(scheduler);
    }
}

// A division that rounds and a product below the normal numbers, by worker: different bits under other modes.
typedef struct arithmetic {
    volatile double one, three, tiny;
    double third[3], product[3];
} arithmetic;

static void calculate(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)phase, (void)task;
    arithmetic *self = context;
    self->third[worker] = self->one / self->three;
    self->product[worker] = self->tiny * self->third[worker];
}

static void rounding_and_tiny_numbers_do_not_depend_on_the_worker(void **state) {
    (void)state;
    entrain_error error;
    enum { FLUSH = 0x8040 }; // results, and operands
    const uint32_t usual = _mm_getcsr();
    for (int early = 0; early < 2; early++) { // set before the threads are made, or only by the caller of run
        if (early)
            _mm_setcsr(usual | FLUSH), fesetround(FE_UPWARD);
        entrain_scheduler *scheduler = make("static", 3);
        CHECK_OK(entrain_scheduler_plan(scheduler, 3, NULL, &error), error);
        _mm_setcsr(usual | FLUSH), fesetround(FE_UPWARD);
        arithmetic self = {.one = 1, .three = 3, .tiny = 0x1p-1040};
        entrain_job job = {&self, two_advances, calculate};
        CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
        assert_int_equal(fegetround(), FE_UPWARD); // the caller's own is put back
        assert_int_equal(_mm_getcsr() & FLUSH, FLUSH);
        fesetround(FE_TONEAREST), _mm_setcsr(usual);
        const double third = self.one / self.three, product = self.tiny * third;
        for (size_t w = 0; w < 3; w++) {
            assert_memory_equal(&self.third[w], &third, sizeof third);
            assert_memory_equal(&self.product[w], &product, sizeof product);
        }
        entrain_scheduler_destroy(scheduler);
    }
}

// --- Cpus

static void write_file(const char *root, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void the_cgroups_quota_is_read_and_rounded_up(void **state) {
    (void)state;
    char root[] = "/tmp/entrain-cgroup-XXXXXX", self[64], command[64];
    assert_non_null(mkdtemp(root));
    snprintf(self, sizeof self, "%s/self", root);
    assert_int_equal(entrain__quota_cpus(self, root), UINT32_MAX); // no such file
    // Version 2: the least of a group and those above it.
    write_file(root, "self", "0::/a/b\n");
    assert_int_equal(entrain__quota_cpus(self, root), UINT32_MAX);
    write_file(root, "a/b/cpu.max", "max 100000\n");
    assert_int_equal(entrain__quota_cpus(self, root), UINT32_MAX);
    write_file(root, "a/cpu.max", "350000 100000\n");
    assert_int_equal(entrain__quota_cpus(self, root), 4);
    write_file(root, "a/b/cpu.max", "150000 100000\n");
    assert_int_equal(entrain__quota_cpus(self, root), 2);
    write_file(root, "cpu.max", "100000 100000\n");
    assert_int_equal(entrain__quota_cpus(self, root), 1);
    write_file(root, "cpu.max", "1000 100000\n");
    assert_int_equal(entrain__quota_cpus(self, root), 1); // never 0
    // A path that the container cannot see: its root still binds.
    write_file(root, "cpu.max", "250000 100000\n");
    write_file(root, "self", "0::/not/seen/from/here\n");
    assert_int_equal(entrain__quota_cpus(self, root), 3);
    // Version 1, among controllers that do not matter; -1 is none.
    write_file(root, "self", "9:cpuset:/x\n4:cpu,cpuacct:/x/y\n1:name=systemd:/x\n");
    write_file(root, "cpu/x/cpu.cfs_period_us", "50000\n");
    write_file(root, "cpu/x/y/cpu.cfs_period_us", "100000\n");
    write_file(root, "cpu/x/cpu.cfs_quota_us", "-1\n");
    write_file(root, "cpu/x/y/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(entrain__quota_cpus(self, root), UINT32_MAX);
    write_file(root, "cpu/x/cpu.cfs_quota_us", "120000\n");
    assert_int_equal(entrain__quota_cpus(self, root), 3);
    write_file(root, "cpu/x/y/cpu.cfs_quota_us", "200000\n");
    assert_int_equal(entrain__quota_cpus(self, root), 2);
    // A line longer than any path: its rest is no line of its own.
    char long_line[4200];
    memset(long_line, 'z', sizeof long_line);
    memcpy(long_line, "1:name=z:/", 10);
    strcpy(long_line + 4095, "4:cpu:/x/y\n");
    write_file(root, "self", long_line);
    assert_int_equal(entrain__quota_cpus(self, root), UINT32_MAX);
    write_file(root, "self", "junk\n:\n0:\n4:cpuacct:/x/y\n");
    assert_int_equal(entrain__quota_cpus(self, root), UINT32_MAX);
    snprintf(command, sizeof command, "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

static int register_dealer(void **state) {
    (void)state;
    entrain_error error;
    CHECK_OK(entrain_policy_register(&dealer_policy, &error), error);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_runs_once_per_phase_and_reads_the_phase_before),
        cmocka_unit_test(a_plan_may_be_run_again_and_a_run_may_have_no_phase),
        cmocka_unit_test(calls_in_the_wrong_order_are_refused),
        cmocka_unit_test(the_figures_add_up),
        cmocka_unit_test(serial_keeps_the_order_on_worker_0),
        cmocka_unit_test(shuffled_shuffles_each_phase_and_repeats_with_the_seed),
        cmocka_unit_test(shares_are_balanced_by_weight),
        cmocka_unit_test(static_runs_a_task_where_it_ran_before),
        cmocka_unit_test(one_worker_alone_gets_everything),
        cmocka_unit_test(the_share_of_a_slow_worker_is_stolen),
        cmocka_unit_test(a_plan_too_large_for_a_ring_is_refused_and_the_old_one_stays),
        cmocka_unit_test(a_users_policy_works),
        cmocka_unit_test(a_policy_that_lies_is_caught),
        cmocka_unit_test(policies_are_known_by_name_and_bad_ones_refused),
        cmocka_unit_test(bad_configs_are_refused_with_a_sentence),
        cmocka_unit_test(bad_plans_are_refused_with_a_sentence),
        cmocka_unit_test(whatever_cannot_be_had_leaves_nothing),
        cmocka_unit_test(a_thread_that_cannot_be_started_leaves_none),
        cmocka_unit_test(a_thousand_schedulers_leave_no_thread),
        cmocka_unit_test(rounding_and_tiny_numbers_do_not_depend_on_the_worker),
        cmocka_unit_test(a_child_process_is_refused_and_may_destroy),
        cmocka_unit_test(workers_take_faults_and_nothing_else),
        cmocka_unit_test(the_cgroups_quota_is_read_and_rounded_up),
        cmocka_unit_test(the_registry_is_bounded),
    };
    return cmocka_run_group_tests(tests, register_dealer, NULL);
}
