// The scheduler: every policy runs each task exactly once per phase on any number of workers, what one phase
// wrote the next one reads, and what cannot be is refused with a sentence.
#include <time.h>

#include "scheduler_check.h"

#include "scheduler/policies.h"

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
    entrain_job job = {.context = self, .advance = nested_advance, .task = nested_task};
    self->run = entrain_scheduler_run(self->scheduler, &job, NULL);
    self->plan = entrain_scheduler_plan(self->scheduler, 3, NULL, NULL);
}

static void calls_in_the_wrong_order_are_refused(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler *scheduler = make("steal", 2);
    nested self = {.scheduler = scheduler};
    entrain_job job = {.context = &self, .advance = nested_advance, .task = nested_task};
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

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// What a worker did is busy or serial or waiting or idle, and never two of them.
static void nobody_does_two_things_at_once(void **state) {
    (void)state;
    for (size_t p = 0; p < COUNT_OF(policies); p++) {
        uint64_t began_ns = now_ns();
        entrain_scheduler *scheduler = make(policies[p], 3);
        for (int run = 0; run < 3; run++)
            run_world(scheduler, 50, 20);
        uint64_t wall_ns = now_ns() - began_ns;
        for (uint32_t worker = 0; worker < 3; worker++) {
            entrain_worker_stats stats;
            entrain_scheduler_worker(scheduler, worker, &stats);
            uint64_t sum_ns = stats.busy_ns + stats.serial_ns + stats.barrier_wait_ns + stats.idle_ns;
            if (sum_ns > wall_ns || stats.task_ns_max > stats.busy_ns)
                fail_msg("%s: worker %u did %llu ns of things in %llu ns", policies[p], worker,
                         (unsigned long long)sum_ns, (unsigned long long)wall_ns);
        }
        entrain_scheduler_destroy(scheduler);
    }
}

// Worker 1 has one long task, of *context ns; worker 0 waits for it, and then the run is over.
static void long_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)phase, (void)worker;
    uint64_t began_ns = now_ns();
    while (task == 1 && now_ns() - began_ns < *(uint64_t *)context)
        entrain__stall();
}
static uint32_t one_phase(void *context) {
    uint64_t *phases_left = (uint64_t *)context + 1;
    return (*phases_left)-- > 0 ? 0 : ENTRAIN_PHASE_END;
}

static void waiting_for_the_last_task_of_a_run_is_waiting(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler *scheduler = make("static", 2);
    CHECK_OK(entrain_scheduler_plan(scheduler, 2, NULL, &error), error);
    bool waited = false; // not where worker 0 was kept from getting to the barrier for as long
    for (int attempt = 0; attempt < 100 && !waited; attempt++) {
        entrain_worker_stats before, after;
        uint64_t context[] = {1000000, 1};
        entrain_job job = {.context = context, .advance = one_phase, .task = long_task};
        entrain_scheduler_worker(scheduler, 0, &before);
        CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
        entrain_scheduler_worker(scheduler, 0, &after);
        waited = after.barrier_wait_ns - before.barrier_wait_ns >= context[0] / 2;
    }
    assert_true(waited);
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
    const entrain_policy *const open_policies[] = {&entrain__policy_steal, &entrain__policy_steal_near,
                                                   &entrain__policy_adaptive, &entrain__policy_guided,
                                                   &entrain__policy_shared};
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
    entrain_job job = {.context = &self, .advance = slow_advance, .task = slow_task};
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    assert_int_equal(self.ended, tasks);
    uint64_t won = stats_of(scheduler).steals_won;
    entrain_scheduler_destroy(scheduler);
    return won;
}

static void the_share_of_a_slow_worker_is_stolen(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        // Half a time: what is left of 5 tasks is gone after 3 steals, of 10 after 4.
        assert_true(steals_of_slow_run("steal", 2, 10) >= 3);
        assert_true(steals_of_slow_run("steal-near", 8, 80) >= 4);
        assert_true(steals_of_slow_run("adaptive", 8, 80) >= 4);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_runs_once_per_phase_and_reads_the_phase_before),
        cmocka_unit_test(a_plan_may_be_run_again_and_a_run_may_have_no_phase),
        cmocka_unit_test(calls_in_the_wrong_order_are_refused),
        cmocka_unit_test(the_figures_add_up),
        cmocka_unit_test(nobody_does_two_things_at_once),
        cmocka_unit_test(waiting_for_the_last_task_of_a_run_is_waiting),
        cmocka_unit_test(serial_keeps_the_order_on_worker_0),
        cmocka_unit_test(shuffled_shuffles_each_phase_and_repeats_with_the_seed),
        cmocka_unit_test(shares_are_balanced_by_weight),
        cmocka_unit_test(static_runs_a_task_where_it_ran_before),
        cmocka_unit_test(one_worker_alone_gets_everything),
        cmocka_unit_test(the_share_of_a_slow_worker_is_stolen),
        cmocka_unit_test(a_plan_too_large_for_a_ring_is_refused_and_the_old_one_stays),
        cmocka_unit_test(bad_configs_are_refused_with_a_sentence),
        cmocka_unit_test(bad_plans_are_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
