/// @file scheduler_check.h  What the tests of the scheduler share: making one, and a world that shows who
/// ran what when.
#ifndef ENTRAIN_TESTS_SCHEDULER_CHECK_H
#define ENTRAIN_TESTS_SCHEDULER_CHECK_H

#include "check.h"

#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "engine/base/wait.h"
#include "entrain/scheduler.h"

static const char *const policies[] = {"steal",  "steal-near", "adaptive", "guided",  "static",
                                       "shared", "dataflow",   "serial",   "shuffled"};
static const uint32_t worker_counts[] = {1, 2, 3, 8, 17};
static const uint32_t task_counts[] = {1, 2, 7, 64, 1000, 20000};
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static inline entrain_scheduler_config config_of(const char *policy, uint32_t worker_count) {
    entrain_scheduler_config config = entrain_scheduler_config_defaults();
    config.policy = policy;
    config.worker_count = worker_count;
    return config;
}

static inline entrain_scheduler *make(const char *policy, uint32_t worker_count) {
    entrain_scheduler_config config = config_of(policy, worker_count);
    entrain_scheduler *scheduler = NULL;
    entrain_error error;
    CHECK_OK(entrain_scheduler_create(&config, &scheduler, &error), error);
    return scheduler;
}

static inline entrain_worker_stats stats_of(const entrain_scheduler *scheduler) {
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

static inline void *zeroed(size_t count, size_t size) {
    void *memory = calloc(count, size);
    assert_non_null(memory);
    return memory;
}

static inline world world_of(uint32_t task_count, uint32_t phase_count) {
    world self = {.task_count = task_count, .phase_count = phase_count};
    self.cells[0] = zeroed(task_count, sizeof(uint64_t));
    self.cells[1] = zeroed(task_count, sizeof(uint64_t));
    self.runs = zeroed(task_count, sizeof(uint32_t));
    self.workers = zeroed(task_count, sizeof(uint32_t));
    for (uint32_t i = 0; i < task_count; i++)
        self.cells[0][i] = i * UINT64_C(0x9e3779b97f4a7c15);
    return self;
}

static inline void world_free(world *self) {
    free(self->cells[0]);
    free(self->cells[1]);
    free(self->runs);
    free(self->workers);
    free(self->order);
}

static inline uint64_t next_cell(const world *self, const uint64_t *before, uint32_t task) {
    uint32_t left = task == 0 ? self->task_count - 1 : task - 1;
    uint32_t right = task + 1 == self->task_count ? 0 : task + 1;
    return (before[left] ^ (before[right] << 7)) * 5 + before[task] + 1;
}

static inline uint32_t world_advance(void *context) {
    world *self = context;
    return self->advances == self->phase_count ? ENTRAIN_PHASE_END : PHASE_NUMBER + self->advances++;
}

static inline void world_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
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

static inline entrain_job job_of(world *self) {
    return (entrain_job){.context = self, .advance = world_advance, .task = world_task};
}

static inline void check_world(const world *self, const char *policy, uint32_t workers) {
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

static inline void run_world(entrain_scheduler *scheduler, uint32_t task_count, uint32_t phase_count) {
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

#endif
