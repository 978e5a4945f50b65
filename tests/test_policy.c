// Policies from outside: a user's own works, one that lies is caught, and the registry is bounded.
#include "scheduler_check.h"

// --- Users' policies, and liars

// Deals tasks round robin; `lie` says how it cheats.
typedef enum lie { HONEST, LOSES, DOUBLES, SWAPS, MEETS, INVENTS, NEVER_ENDS } lie;
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
        task = self->task_count - 1;              // one lost, one doubled: the count is right
    if (now == MEETS && (task == 0 || task == 6)) // all three are worker 0's
        task = 3;                                 // two lost, one trebled: count and sum are right
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
    catch_liar(MEETS, 1, 2, "twice");
    catch_liar(MEETS, 3, 2, "twice");
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
    bad = dealer_policy, bad.name = "bad", bad.submit = NULL; // nor submit_ahead
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

static int register_dealer(void **state) {
    (void)state;
    entrain_error error;
    CHECK_OK(entrain_policy_register(&dealer_policy, &error), error);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_users_policy_works),
        cmocka_unit_test(a_policy_that_lies_is_caught),
        cmocka_unit_test(policies_are_known_by_name_and_bad_ones_refused),
        cmocka_unit_test(the_registry_is_bounded),
    };
    return cmocka_run_group_tests(tests, register_dealer, NULL);
}
