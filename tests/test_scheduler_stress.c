// The scheduler with more workers than cores, phases too small to be worth it, and interleavings shaken up:
// it ends, it loses nothing, and TSan has nothing to say. The seed is printed; timings decide nothing.
#include "check.h"

#include <sched.h>
#include <time.h>

#include "engine/base/atomics.h"
#include "entrain/scheduler.h"

static const char *const policies[] = {"steal",  "steal-near", "adaptive", "guided",  "static",
                                       "shared", "dataflow",   "serial",   "shuffled"};
enum { POLICIES = sizeof policies / sizeof *policies };

#if defined(ENTRAIN_TSAN)
enum { SCALE = 10 }; // TSan is that much slower
#else
enum { SCALE = 1 };
#endif

typedef struct swarm {
    uint32_t task_count, phases_left, phase;
    uint64_t *cells[2];   // plain: task t reads its neighbour's cell of the phase before
    uint64_t seed;        // 0: no shaking
    uint32_t sleep_every; // phases between two long serial parts; 0: none
} swarm;

static uint64_t shake(uint64_t seed, uint64_t a, uint64_t b) {
    uint64_t x = (seed + a * 0x9e3779b97f4a7c15u) ^ (b * 0xbf58476d1ce4e5b9u);
    x = (x ^ (x >> 31)) * 0x94d049bb133111ebu;
    return x ^ (x >> 29);
}

// Nothing, a little work, a lot, or giving up the core in the middle of a task or of the serial part.
static void disturb(uint64_t draw) {
    if (draw % 16 == 0)
        sched_yield(); // rooms: allowed, because it plays a worker preempted at the worst moment
    uint32_t stalls = draw % 16 == 1 ? 3000 : draw % 16 < 6 ? (uint32_t)(draw >> 60) : 0;
    for (uint32_t i = 0; i < stalls; i++)
        entrain__stall();
}

static uint32_t swarm_advance(void *context) {
    swarm *self = context;
    if (self->phases_left-- == 0)
        return ENTRAIN_PHASE_END;
    self->phase++;
    if (self->seed != 0)
        disturb(shake(self->seed, self->phase, UINT32_MAX));
    const struct timespec long_enough_to_park = {.tv_nsec = 2000000};
    if (self->sleep_every != 0 && self->phase % self->sleep_every == 0)
        nanosleep(&long_enough_to_park, NULL); // rooms: allowed, because it is what is tested
    return self->phase;
}

static void swarm_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    swarm *self = context;
    if (self->seed != 0)
        disturb(shake(self->seed, phase, task + ((uint64_t)worker << 32)));
    uint32_t left = task == 0 ? self->task_count - 1 : task - 1;
    self->cells[phase % 2][task] = self->cells[(phase + 1) % 2][left] + 1;
}

// After any number of phases every cell must hold that number.
static void run_swarm(entrain_scheduler *scheduler, uint32_t task_count, uint32_t runs, uint32_t phases,
                      uint64_t seed, uint32_t sleep_every) {
    entrain_error error;
    swarm self = {.task_count = task_count, .seed = seed, .sleep_every = sleep_every};
    for (int i = 0; i < 2; i++) {
        self.cells[i] = calloc(task_count, sizeof(uint64_t));
        assert_non_null(self.cells[i]);
    }
    CHECK_OK(entrain_scheduler_plan(scheduler, task_count, NULL, &error), error);
    entrain_job job = {.context = &self, .advance = swarm_advance, .task = swarm_task};
    for (uint32_t run = 0; run < runs; run++) {
        self.phases_left = phases;
        CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    }
    assert_int_equal(self.phase, runs * phases);
    for (uint32_t i = 0; i < task_count; i++)
        assert_int_equal(self.cells[self.phase % 2][i], (uint64_t)runs * phases);
    free(self.cells[0]);
    free(self.cells[1]);
}

static entrain_scheduler *make(const char *policy, uint32_t workers) {
    entrain_scheduler_config config = entrain_scheduler_config_defaults();
    config.policy = policy;
    config.worker_count = workers;
    entrain_scheduler *scheduler = NULL;
    entrain_error error;
    CHECK_OK(entrain_scheduler_create(&config, &scheduler, &error), error);
    return scheduler;
}

static void report(const entrain_scheduler *scheduler, const char *what, const struct timespec *began) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t parks = 0, yields = 0, won = 0;
    for (uint32_t i = 0; i < entrain_scheduler_worker_count(scheduler); i++) {
        entrain_worker_stats stats;
        entrain_scheduler_worker(scheduler, i, &stats);
        parks += stats.parks;
        yields += stats.yields;
        won += stats.steals_won;
    }
    printf("%-10s %3u workers, %s: %.2f s, %llu parks, %llu yields, %llu steals\n",
           entrain_scheduler_policy(scheduler), entrain_scheduler_worker_count(scheduler), what,
           (double)(now.tv_sec - began->tv_sec) + 1e-9 * (double)(now.tv_nsec - began->tv_nsec),
           (unsigned long long)parks, (unsigned long long)yields, (unsigned long long)won);
}

static void for_each_policy(uint32_t workers, uint32_t tasks, uint32_t runs, uint32_t phases, uint64_t seed,
                            uint32_t sleep_every, const char *what) {
    for (int p = 0; p < POLICIES; p++) {
        struct timespec began;
        clock_gettime(CLOCK_MONOTONIC, &began);
        entrain_scheduler *scheduler = make(policies[p], workers);
        run_swarm(scheduler, tasks, runs, phases, seed, sleep_every);
        report(scheduler, what, &began);
        entrain_scheduler_destroy(scheduler);
    }
}

static void many_tiny_phases_on_8_workers(void **state) {
    (void)state;
    for_each_policy(8, 16, 1, 12000 / SCALE, 0, 0, "12,000 phases of 16 tasks");
}

static void sixty_four_workers(void **state) {
    (void)state;
    for_each_policy(64, 100, 1, 1200 / SCALE, 0, 0, "1,200 phases of 100 tasks");
}

static void many_short_runs(void **state) {
    (void)state;
    for_each_policy(3, 5, 12000 / SCALE, 1, 0, 0, "12,000 runs of one phase");
}

static void shaken_phases(void **state) {
    (void)state;
    uint64_t seed = 20240607;
    printf("seed %llu\n", (unsigned long long)seed);
    for (uint32_t workers = 2; workers <= 9; workers += 7)
        for_each_policy(workers, 50, 10, 240 / SCALE, seed + workers, 0, "2,400 shaken phases of 50 tasks");
}

// Long serial parts: everybody parks, again and again, at the barrier and between runs.
static void parked_workers_are_woken(void **state) {
    (void)state;
    for_each_policy(5, 10, 4, 60, 7, 2, "120 serial parts of 2 ms");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_tiny_phases_on_8_workers),
        cmocka_unit_test(sixty_four_workers),
        cmocka_unit_test(many_short_runs),
        cmocka_unit_test(shaken_phases),
        cmocka_unit_test(parked_workers_are_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
