// Several steps without a barrier: every step sees exactly what its links wrote in the step before, on any
// graph of tasks; nobody waits for ever; and what a policy that runs ahead does wrong is caught.
#include "scheduler_check.h"

// --- A world on any graph

// Nothing here is atomic: only the policy's order keeps TSan and the sums quiet. Each task has two cells,
// as an engine's publications do: a linked task that were two steps ahead would overwrite what is still to
// be read.
typedef struct linked_world {
    uint32_t task_count, span_count, steps; // spans of `steps` steps
    uint64_t *offsets;
    uint32_t *links;
    uint64_t *cells[2];
    uint32_t *steps_run; // [task_count]
    uint32_t spans, failures;
} linked_world;

static uint64_t linked_next(const linked_world *self, const uint64_t *before, uint32_t task) {
    uint64_t sum = before[task] * 3 + task;
    for (uint64_t l = self->offsets[task]; l < self->offsets[task + 1]; l++)
        sum = (sum ^ before[self->links[l]]) * UINT64_C(0x9e3779b97f4a7c15);
    return sum;
}

static uint32_t linked_advance(void *context) {
    linked_world *self = context;
    return self->spans == self->span_count ? ENTRAIN_PHASE_END : self->spans++;
}

static uint32_t linked_steps(void *context) { return ((linked_world *)context)->steps; }

static void linked_task_at(void *context, uint32_t phase, uint32_t step, uint32_t task, uint32_t worker) {
    linked_world *self = context;
    uint32_t turn = phase * self->steps + step;
    (void)worker;
    if (self->steps_run[task]++ != turn || step >= self->steps)
        entrain__add_acq_rel_u32(&self->failures, 1);
    self->cells[(turn + 1) % 2][task] = linked_next(self, self->cells[turn % 2], task);
}

static void linked_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    linked_task_at(context, phase, 0, task, worker);
}

static entrain_job linked_job(linked_world *self) {
    return (entrain_job){.context = self,
                         .advance = linked_advance,
                         .task = linked_task,
                         .steps = linked_steps,
                         .task_at = linked_task_at};
}

typedef enum shape { ALONE, PATH, RING, STAR, RANDOM, ALL, SHAPES } shape;

static bool are_linked(shape kind, uint32_t count, uint32_t a, uint32_t b) {
    uint32_t low = a < b ? a : b, high = a < b ? b : a;
    switch (kind) {
    case PATH:
        return high - low == 1;
    case RING:
        return high - low == 1 || high - low == count - 1;
    case STAR:
        return low == 0;
    case RANDOM:
        return (low * 2654435761u ^ high * 40503u) % 97 < 9;
    case ALL:
        return true;
    default:
        return false;
    }
}

static linked_world linked_world_of(shape kind, uint32_t task_count, uint32_t span_count, uint32_t steps) {
    linked_world self = {.task_count = task_count, .span_count = span_count, .steps = steps};
    self.offsets = zeroed(task_count + 1, sizeof(uint64_t));
    self.links = zeroed((size_t)task_count * task_count + 1, sizeof(uint32_t));
    for (uint32_t a = 0; a < task_count; a++) {
        self.offsets[a + 1] = self.offsets[a];
        for (uint32_t b = 0; b < task_count; b++)
            if (a != b && are_linked(kind, task_count, a, b))
                self.links[self.offsets[a + 1]++] = b;
    }
    for (int twin = 0; twin < 2; twin++)
        self.cells[twin] = zeroed(task_count, sizeof(uint64_t));
    self.steps_run = zeroed(task_count, sizeof(uint32_t));
    return self;
}

static void linked_world_free(linked_world *self) {
    free(self->offsets);
    free(self->links);
    free(self->cells[0]);
    free(self->cells[1]);
    free(self->steps_run);
}

static void check_linked(const linked_world *self, const char *what, uint32_t workers) {
    uint64_t *cells[2] = {zeroed(self->task_count, 8), zeroed(self->task_count, 8)};
    uint32_t turns = self->span_count * self->steps;
    for (uint32_t turn = 0; turn < turns; turn++)
        for (uint32_t task = 0; task < self->task_count; task++)
            cells[(turn + 1) % 2][task] = linked_next(self, cells[turn % 2], task);
    for (uint32_t task = 0; task < self->task_count; task++)
        if (self->steps_run[task] != turns || self->cells[turns % 2][task] != cells[turns % 2][task] ||
            self->failures != 0)
            fail_msg("%s, %u workers, %u steps: task %u of %u ran %u times of %u, or saw another step", what,
                     workers, self->steps, task, self->task_count, self->steps_run[task], turns);
    free(cells[0]);
    free(cells[1]);
}

static void run_linked(const char *policy, shape kind, uint32_t task_count, uint32_t steps,
                       uint32_t workers) {
    static const char *const names[SHAPES] = {"alone", "path", "ring", "star", "random", "all"};
    entrain_error error;
    entrain_scheduler *scheduler = make(policy, workers);
    linked_world self = linked_world_of(kind, task_count, 3, steps);
    entrain_task_links links = {.offsets = self.offsets, .tasks = self.links};
    entrain_job job = linked_job(&self);
    CHECK_OK(entrain_scheduler_plan_linked(scheduler, task_count, NULL, &links, &error), error);
    uint64_t taken = entrain__memory_taken();
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    assert_int_equal(entrain__memory_taken(), taken);
    check_linked(&self, names[kind], workers);
    assert_int_equal(stats_of(scheduler).tasks, 3 * (uint64_t)steps * task_count);
    linked_world_free(&self);
    entrain_scheduler_destroy(scheduler);
}

static void every_step_sees_its_links_one_step_back(void **state) {
    (void)state;
    static const uint32_t step_counts[] = {1, 2, 3, 50};
    for (shape kind = ALONE; kind < SHAPES; kind++)
        for (size_t w = 0; w < COUNT_OF(worker_counts) - 1; w++)
            for (size_t s = 0; s < COUNT_OF(step_counts); s++) {
                run_linked("dataflow", kind, 1, step_counts[s], worker_counts[w]);
                run_linked("dataflow", kind, 9, step_counts[s], worker_counts[w]);
                run_linked("dataflow", kind, 150, step_counts[s], worker_counts[w]);
            }
}

// --- The policy itself, on one thread that plays all workers

static uint32_t draw(uint32_t *state, uint32_t below) {
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % below;
}

// Whatever is handed out is ready; and while nothing runs, every worker is given something, whosever share
// it is in.
static void play(shape kind, uint32_t task_count, uint32_t workers, uint32_t steps, uint32_t seed) {
    enum { FLIGHTS = 8 };
    const entrain_policy *policy = entrain_policy_find("dataflow");
    linked_world self = linked_world_of(kind, task_count, 1, steps);
    const entrain_policy_setup setup = {.worker_count = workers,
                                        .task_count = task_count,
                                        .seed = 1,
                                        .link_offsets = self.offsets,
                                        .links = self.links};
    uint32_t *handed = zeroed(task_count, sizeof *handed), *done = zeroed(task_count, sizeof *done);
    uint32_t flights[FLIGHTS]; // the task that each worker is at, if it is busy
    bool busy[FLIGHTS] = {false};
    uint32_t flying = 0, finished = 0, players = workers < FLIGHTS ? workers : FLIGHTS;
    void *state;
    assert_int_equal(policy->create(&setup, &state), ENTRAIN_OK);
    policy->submit_ahead(state, 0, steps);
    while (finished < task_count * steps) {
        uint32_t worker = draw(&seed, players), task;
        if (busy[worker]) {
            policy->done(state, worker, flights[worker], 1);
            done[flights[worker]]++;
            busy[worker] = false;
            flying--, finished++;
            continue;
        }
        if (!policy->next(state, worker, &task)) {
            if (flying == 0)
                fail_msg("shape %u, %u tasks, %u workers: nothing for worker %u, and nothing runs", kind,
                         task_count, workers, worker);
            continue;
        }
        assert_true(task < task_count && handed[task] == done[task] && handed[task] < steps);
        for (uint64_t l = self.offsets[task]; l < self.offsets[task + 1]; l++)
            assert_true(done[self.links[l]] >= handed[task]);
        handed[task]++;
        flights[worker] = task;
        busy[worker] = true;
        flying++;
    }
    uint32_t task;
    for (uint32_t worker = 0; worker < workers; worker++)
        assert_false(policy->next(state, worker, &task));
    policy->destroy(state);
    free(handed);
    free(done);
    linked_world_free(&self);
}

static void what_is_ready_is_handed_to_whoever_asks(void **state) {
    (void)state;
    static const uint32_t counts[] = {1, 2, 9, 40};
    for (shape kind = ALONE; kind < SHAPES; kind++)
        for (size_t c = 0; c < COUNT_OF(counts); c++)
            for (uint32_t workers = 1; workers <= 8; workers += workers < 3 ? 1 : 5)
                for (uint32_t seed = 1; seed <= 5; seed++)
                    play(kind, counts[c], workers, 12, seed);
}

// From each task of the sweep up a diagonal, as the picture in policy_dataflow.c has it.
static void where_links_are_short_it_goes_diagonally(void **state) {
    (void)state;
    static const char wanted[] = "00 10 01 20 11 02 30 21 12 40 31 22 50 41 32 60 51 42 "
                                 "70 61 52 80 71 62 81 72 82 ";
    const entrain_policy *policy = entrain_policy_find("dataflow");
    linked_world self = linked_world_of(PATH, 9, 1, 3);
    const entrain_policy_setup setup = {
        .worker_count = 1, .task_count = 9, .link_offsets = self.offsets, .links = self.links};
    char got[sizeof wanted + 8] = "";
    uint32_t steps[9] = {0}, task;
    void *tasks;
    assert_int_equal(policy->create(&setup, &tasks), ENTRAIN_OK);
    policy->submit_ahead(tasks, 0, 3);
    while (strlen(got) + 3 < sizeof got && policy->next(tasks, 0, &task)) {
        snprintf(got + strlen(got), 8, "%u%u ", task % 9, steps[task % 9]++ % 10);
        policy->done(tasks, 0, task, 1);
    }
    assert_string_equal(got, wanted);
    policy->destroy(tasks);
    linked_world_free(&self);
}

static void a_policy_with_a_barrier_takes_one_step_at_a_time(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler *scheduler = make("steal", 2);
    assert_false(entrain_scheduler_runs_ahead(scheduler));
    linked_world self = linked_world_of(RING, 20, 12, 1); // nobody asks for its steps
    entrain_task_links links = {.offsets = self.offsets, .tasks = self.links};
    entrain_job job = linked_job(&self);
    CHECK_OK(entrain_scheduler_plan_linked(scheduler, 20, NULL, &links, &error), error);
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    check_linked(&self, "barrier", 2);
    linked_world_free(&self);
    entrain_scheduler_destroy(scheduler);
}

static void without_links_there_is_one_step_at_a_time(void **state) {
    (void)state;
    entrain_scheduler *scheduler = make("dataflow", 3);
    assert_true(entrain_scheduler_runs_ahead(scheduler));
    run_world(scheduler, 100, 20);
    entrain_scheduler_destroy(scheduler);
}

static void half_a_job_is_refused(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler *scheduler = make("dataflow", 1);
    linked_world self = linked_world_of(RING, 4, 1, 1);
    CHECK_OK(entrain_scheduler_plan(scheduler, 4, NULL, &error), error);
    entrain_job job = linked_job(&self);
    job.steps = NULL;
    CHECK_REFUSED(entrain_scheduler_run(scheduler, &job, &error), ENTRAIN_INVALID, error,
                  "no steps function");
    job = linked_job(&self);
    job.task_at = NULL;
    CHECK_REFUSED(entrain_scheduler_run(scheduler, &job, &error), ENTRAIN_INVALID, error,
                  "no task_at function");
    linked_world_free(&self);
    entrain_scheduler_destroy(scheduler);
}

// --- Policies of a user's own that run ahead

// One lock around everything, and one way to go wrong.
typedef enum slip { SOUND, LOSES_ONE, DOUBLES_ONE, FEEDS_ONE } slip;
static slip next_slip;
static bool bound;         // each task to one worker only: who gives up too early is missed
static uint32_t vain_asks; // ck_pr's: how often there was nothing

typedef struct clerk {
    uint32_t turn; // ck_pr's: 0 free, 1 taken
    uint32_t steps, task_count, worker_count;
    const uint64_t *offsets;
    const uint32_t *links;
    uint32_t handed[64], finished[64];
} clerk;

static entrain_status clerk_create(const entrain_policy_setup *setup, void **state_out) {
    clerk *self = calloc(1, sizeof *self);
    assert_true(self != NULL && setup->task_count <= 64);
    self->task_count = setup->task_count;
    self->worker_count = setup->worker_count;
    self->offsets = setup->link_offsets;
    self->links = setup->links;
    *state_out = self;
    return ENTRAIN_OK;
}

static void clerk_submit(void *state, uint64_t phase, uint32_t steps) {
    clerk *self = state;
    (void)phase;
    self->steps = steps;
    memset(self->handed, 0, sizeof self->handed);
    memset(self->finished, 0, sizeof self->finished);
}

static void lock(clerk *self) {
    for (uint32_t round = 0; !entrain__cas_acq_rel_u32(&self->turn, 0, 1); round++)
        entrain__wait_step(round);
}
static void unlock(clerk *self) {
    entrain__store_release_u32(&self->turn, 0);
} // pairs with the cas in lock()

static bool clerk_is_ready(const clerk *self, uint32_t worker, uint32_t task) {
    uint32_t step = self->handed[task];
    bool ready = step < self->steps && self->finished[task] == step;
    if ((bound && task % self->worker_count != worker) ||
        (next_slip == LOSES_ONE && task == 3 && step == self->steps - 1))
        return false;
    for (uint64_t l = self->offsets[task]; l < self->offsets[task + 1]; l++)
        ready = ready && self->finished[self->links[l]] >= step;
    return ready;
}

static bool clerk_next(void *state, uint32_t worker, uint32_t *task_out) {
    clerk *self = state;
    bool found = next_slip == FEEDS_ONE && worker == 0;
    *task_out = 0;
    if (next_slip == FEEDS_ONE)
        return found;
    lock(self);
    for (uint32_t task = 0; task < self->task_count && !found; task++)
        if (clerk_is_ready(self, worker, task)) {
            found = true;
            *task_out = task;
            self->handed[task]++;
            if (next_slip == DOUBLES_ONE && task == 3 && self->handed[task] == 2) {
                self->handed[task]--;
                self->finished[task]--;
            }
        }
    unlock(self);
    entrain__add_acq_rel_u32(&vain_asks, !found);
    return found;
}

static void clerk_done(void *state, uint32_t worker, uint32_t task, uint64_t cost_ns) {
    clerk *self = state;
    (void)worker, (void)cost_ns;
    lock(self);
    self->finished[task]++;
    unlock(self);
}

static const entrain_policy clerk_policy = {.name = "clerk",
                                            .summary = "one lock around everything",
                                            .create = clerk_create,
                                            .submit_ahead = clerk_submit,
                                            .next = clerk_next,
                                            .done = clerk_done,
                                            .destroy = free};

static void a_users_policy_may_run_ahead(void **state) {
    (void)state;
    next_slip = SOUND;
    run_linked("clerk", RING, 30, 20, 3);
    run_linked("clerk", RANDOM, 60, 20, 8);
}

// A task that never becomes ready would keep everybody waiting: the run ends instead.
static void a_lost_step_ends_the_run(void **state) {
    (void)state;
    next_slip = LOSES_ONE;
    for (uint32_t workers = 1; workers <= 8; workers += workers == 1 ? 2 : 5) {
        entrain_error error;
        entrain_scheduler *scheduler = make("clerk", workers);
        linked_world self = linked_world_of(RING, 12, 2, 6);
        entrain_task_links links = {.offsets = self.offsets, .tasks = self.links};
        entrain_job job = linked_job(&self);
        CHECK_OK(entrain_scheduler_plan_linked(scheduler, 12, NULL, &links, &error), error);
        CHECK_REFUSED(entrain_scheduler_run(scheduler, &job, &error), ENTRAIN_MISMATCH, error, "lost");
        linked_world_free(&self);
        entrain_scheduler_destroy(scheduler);
    }
}

static void a_doubled_step_is_caught(void **state) {
    (void)state;
    next_slip = DOUBLES_ONE;
    entrain_error error;
    entrain_scheduler *scheduler = make("clerk", 1);
    linked_world self = linked_world_of(ALONE, 12, 1, 6);
    entrain_task_links links = {.offsets = self.offsets, .tasks = self.links};
    entrain_job job = linked_job(&self);
    CHECK_OK(entrain_scheduler_plan_linked(scheduler, 12, NULL, &links, &error), error);
    CHECK_REFUSED(entrain_scheduler_run(scheduler, &job, &error), ENTRAIN_MISMATCH, error, "doubled");
    assert_int_equal(self.failures, 0); // no step beyond the last was run
    linked_world_free(&self);
    entrain_scheduler_destroy(scheduler);
}

// Nobody is taken to be stuck who is not, and all are who are, however often they waited and went on
// before: a ring of tasks, each for one worker, so that everybody waits for everybody else all the time.
static void run_bound(uint32_t workers, uint32_t task_count, uint32_t spans, uint32_t steps) {
    entrain_error error;
    entrain_scheduler *scheduler = make("clerk", workers);
    linked_world self = linked_world_of(RING, task_count, spans, steps);
    entrain_task_links links = {.offsets = self.offsets, .tasks = self.links};
    entrain_job job = linked_job(&self);
    CHECK_OK(entrain_scheduler_plan_linked(scheduler, task_count, NULL, &links, &error), error);
    if (next_slip == SOUND) {
        CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
        check_linked(&self, "bound", workers);
    } else {
        CHECK_REFUSED(entrain_scheduler_run(scheduler, &job, &error), ENTRAIN_MISMATCH, error, "lost");
    }
    linked_world_free(&self);
    entrain_scheduler_destroy(scheduler);
}

static void who_waits_is_stuck_only_when_all_are(void **state) {
    (void)state;
    bound = true;
    for (next_slip = SOUND; next_slip <= LOSES_ONE; next_slip++)
        for (uint32_t workers = 2; workers <= 5; workers++) {
            run_bound(workers, workers < 4 ? 4 : workers, 20, 30);
            run_bound(workers, 12, 5, 30);
        }
    bound = false;
}

// One worker is fed for ever and the others get nothing: it gives up, and those who wait for a task hear
// of it.
static void a_policy_that_never_stops_ends_the_run(void **state) {
    (void)state;
    next_slip = FEEDS_ONE;
    for (uint32_t workers = 1; workers <= 3; workers++) {
        entrain_error error;
        entrain_scheduler *scheduler = make("clerk", workers);
        linked_world self = linked_world_of(ALONE, 12, 1, 6);
        entrain_task_links links = {.offsets = self.offsets, .tasks = self.links};
        entrain_job job = linked_job(&self);
        CHECK_OK(entrain_scheduler_plan_linked(scheduler, 12, NULL, &links, &error), error);
        CHECK_REFUSED(entrain_scheduler_run(scheduler, &job, &error), ENTRAIN_MISMATCH, error, "doubled");
        assert_int_equal(self.failures, 0);
        linked_world_free(&self);
        entrain_scheduler_destroy(scheduler);
    }
}

// --- Figures

enum { VAIN_ASKS = 3000 };

// Goes on once the other worker has asked in vain that often.
static void patient_task_at(void *context, uint32_t phase, uint32_t step, uint32_t task, uint32_t worker) {
    (void)context, (void)phase, (void)step, (void)task, (void)worker;
    for (uint32_t round = 0; entrain__load_acquire_u32(&vain_asks) < VAIN_ASKS; round++)
        entrain__wait_step(round);
}

// Who waits for a task gives up the processor as who waits at a barrier does, and says so. Waits at a
// barrier yield 200 times at most.
static void waits_for_a_task_are_in_the_figures(void **state) {
    (void)state;
    next_slip = SOUND;
    entrain_error error;
    entrain_scheduler *scheduler = make("clerk", 2);
    linked_world self = linked_world_of(ALONE, 1, 1, 2);
    entrain_task_links links = {.offsets = self.offsets, .tasks = self.links};
    entrain_job job = linked_job(&self);
    job.task_at = patient_task_at;
    CHECK_OK(entrain_scheduler_plan_linked(scheduler, 1, NULL, &links, &error), error);
    for (uint32_t run = 0; run < 2; run++) { // what the first adds is there after the second
        self.spans = 0;
        entrain__store_relaxed_u32(&vain_asks, 0);
        CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    }
    uint64_t given_up = 0, waited_ns = 0;
    for (uint32_t worker = 0; worker < 2; worker++) {
        entrain_worker_stats stats;
        entrain_scheduler_worker(scheduler, worker, &stats);
        given_up += stats.yields + stats.parks;
        waited_ns += stats.barrier_wait_ns;
    }
    assert_true(given_up >= 2 * (VAIN_ASKS - 2 * ENTRAIN__WAIT_YIELD) && waited_ns > 0);
    linked_world_free(&self);
    entrain_scheduler_destroy(scheduler);
}

int main(void) {
    entrain_error error;
    CHECK_OK(entrain_policy_register(&clerk_policy, &error), error);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_sees_its_links_one_step_back),
        cmocka_unit_test(what_is_ready_is_handed_to_whoever_asks),
        cmocka_unit_test(where_links_are_short_it_goes_diagonally),
        cmocka_unit_test(a_policy_with_a_barrier_takes_one_step_at_a_time),
        cmocka_unit_test(without_links_there_is_one_step_at_a_time),
        cmocka_unit_test(half_a_job_is_refused),
        cmocka_unit_test(a_users_policy_may_run_ahead),
        cmocka_unit_test(a_lost_step_ends_the_run),
        cmocka_unit_test(a_doubled_step_is_caught),
        cmocka_unit_test(who_waits_is_stuck_only_when_all_are),
        cmocka_unit_test(a_policy_that_never_stops_ends_the_run),
        cmocka_unit_test(waits_for_a_task_are_in_the_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
