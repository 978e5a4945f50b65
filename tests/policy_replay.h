/// @file policy_replay.h  A policy in virtual time: one thread plays all workers, costs are made up, every
/// run is the same.
///
/// The worker whose clock is the earliest asks for its next task, and its clock goes on by what that costs
/// it. No contention shows, and no clock of the wall: what shows is who runs what, in which phase, and when
/// the phase would have ended.
#ifndef ENTRAIN_TESTS_POLICY_REPLAY_H
#define ENTRAIN_TESTS_POLICY_REPLAY_H

#include "check.h"

#include "entrain/scheduler.h"

typedef struct replay {
    const entrain_policy *policy;
    void *state;
    uint32_t worker_count, task_count;
    uint64_t phase;
    /// What @p task costs @p worker in phase @p phase, ns, >= 1; NULL: 1000.
    uint64_t (*cost)(const struct replay *replay, uint64_t phase, uint32_t task, uint32_t worker);
    uint64_t
        late_ns[ENTRAIN_WORKERS_MAX]; ///< how long after the others each begins the next phase; put back then
    const void *given;                ///< for cost
    // Of the last phase.
    uint64_t end_ns, mean_ns; ///< when the last worker had nothing left; and the mean of what all ran
    uint32_t moved;           ///< tasks that ran on another worker than in the phase before; 0 in the first
    uint32_t breaks;          ///< neighbouring tasks that ran on different workers
    uint64_t steals;          ///< won
    uint32_t *ran_by, *ran_before;       ///< [task_count]
    uint32_t ran[ENTRAIN_WORKERS_MAX];   ///< how many tasks each ran
    uint32_t first[ENTRAIN_WORKERS_MAX]; ///< which task each ran first; UINT32_MAX: none
} replay;

static inline replay replay_of(const entrain_policy *policy, const entrain_policy_setup *setup) {
    replay self = {.policy = policy, .worker_count = setup->worker_count, .task_count = setup->task_count};
    assert_int_equal(policy->create(setup, &self.state), ENTRAIN_OK);
    self.ran_by = calloc(setup->task_count, sizeof *self.ran_by);
    self.ran_before = calloc(setup->task_count, sizeof *self.ran_before);
    assert_true(self.ran_by != NULL && self.ran_before != NULL);
    return self;
}

static inline void replay_end(replay *self) {
    self->policy->destroy(self->state);
    free(self->ran_by);
    free(self->ran_before);
}

static inline uint64_t replay_steals(const replay *self) {
    uint64_t won = 0;
    for (uint32_t worker = 0; self->policy->count != NULL && worker < self->worker_count; worker++) {
        entrain_policy_count count;
        self->policy->count(self->state, worker, &count);
        won += count.steals_won;
    }
    return won;
}

/// The worker, of those that @p asks, whose clock is the earliest; worker_count: none.
static inline uint32_t replay_earliest(const replay *self, const uint64_t *clocks, const bool *asks) {
    uint32_t earliest = self->worker_count;
    for (uint32_t worker = 0; worker < self->worker_count; worker++)
        if (asks[worker] && (earliest == self->worker_count || clocks[worker] < clocks[earliest]))
            earliest = worker;
    return earliest;
}

/// One phase: every task runs once, or the test fails.
static inline void replay_phase(replay *self) {
    uint64_t clocks[ENTRAIN_WORKERS_MAX], total = 0;
    bool asks[ENTRAIN_WORKERS_MAX];
    uint32_t *swap = self->ran_before;
    self->ran_before = self->ran_by;
    self->ran_by = swap;
    const uint64_t steals = replay_steals(self);
    for (uint32_t worker = 0; worker < self->worker_count; worker++) {
        clocks[worker] = self->late_ns[worker];
        self->late_ns[worker] = 0;
        asks[worker] = true;
        self->ran[worker] = 0;
        self->first[worker] = UINT32_MAX;
    }
    for (uint32_t task = 0; task < self->task_count; task++)
        self->ran_by[task] = UINT32_MAX;
    self->end_ns = 0;
    self->policy->submit(self->state, self->phase);
    for (uint32_t worker; (worker = replay_earliest(self, clocks, asks)) < self->worker_count;) {
        uint32_t task;
        if (!self->policy->next(self->state, worker, &task)) {
            asks[worker] = false;
            continue;
        }
        assert_true(task < self->task_count);
        if (self->ran_by[task] != UINT32_MAX)
            fail_msg("%s: task %u was handed to workers %u and %u", self->policy->name, task,
                     self->ran_by[task], worker);
        self->ran_by[task] = worker;
        if (self->ran[worker]++ == 0)
            self->first[worker] = task;
        uint64_t cost_ns = self->cost == NULL ? 1000 : self->cost(self, self->phase, task, worker);
        clocks[worker] += cost_ns;
        total += cost_ns;
        self->end_ns = clocks[worker] > self->end_ns ? clocks[worker] : self->end_ns;
        if (self->policy->done != NULL)
            self->policy->done(self->state, worker, task, cost_ns);
    }
    self->moved = self->breaks = 0;
    for (uint32_t task = 0; task < self->task_count; task++) {
        if (self->ran_by[task] == UINT32_MAX)
            fail_msg("%s: task %u was lost", self->policy->name, task);
        self->moved += self->phase > 0 && self->ran_by[task] != self->ran_before[task];
        self->breaks += task > 0 && self->ran_by[task] != self->ran_by[task - 1];
    }
    self->mean_ns = self->worker_count > 0 ? total / self->worker_count : 0;
    self->steals = replay_steals(self) - steals;
    self->phase++;
}

#endif
