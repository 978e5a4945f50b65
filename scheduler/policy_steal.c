// `steal`, the default: each worker has a ring with its contiguous share by weight, and takes from others
// when it is empty.
//
// Affinity: a task starts where it ran in the last phase, unless that worker was late. All rings are filled
// in the serial part, not by their owners: so the share of a worker that has no core right now is there for
// thieves.
//
//   worker 0  [ 0 1 2 3 4 ]  <- takes from its own, oldest first
//   worker 1  [ 5 6 7 ]
//   worker 2  [ ]            -> sweeps the others, and stays with the first that has something
//
// A ring that is empty stays empty until the next phase. So one sweep that found all of them empty, or
// insisted until it had a task or they were, means: nothing left. The next sweep begins at a random victim.
#include "scheduler/mix.h"
#include "scheduler/policies.h"
#include "scheduler/ring.h"

// Grouped by writer: one cache line per worker.
typedef struct thief {
    _Alignas(ENTRAIN_CACHE_LINE) uint64_t draws; // by its worker, like all of these
    uint64_t steals_tried, steals_won;
    uint32_t victim; // whose ring to try first
} thief;

typedef struct steal_state {
    entrain__arena *arena;
    entrain__ring *rings; // [worker_count]
    thief *thieves;       // [worker_count]
    uint32_t worker_count;
} steal_state;

static entrain_status create(const entrain_policy_setup *setup, void **state_out) {
    const uint32_t workers = setup->worker_count;
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    entrain_status status = ENTRAIN_NO_MEMORY;
    steal_state *state = entrain__arena_take(arena, 1, sizeof *state);
    uint32_t *firsts = entrain__arena_take(arena, workers + 1, sizeof *firsts);
    entrain__ring *rings = entrain__arena_take(arena, workers, sizeof *rings);
    thief *thieves = entrain__arena_take(arena, workers, sizeof *thieves);
    if (state == NULL || firsts == NULL || rings == NULL || thieves == NULL)
        goto fail;
    entrain__shares_cut(setup, firsts);
    for (uint32_t worker = 0; worker < workers; worker++) {
        status =
            entrain__ring_make(&rings[worker], arena, firsts[worker], firsts[worker + 1] - firsts[worker]);
        if (status != ENTRAIN_OK)
            goto fail;
        thieves[worker].draws = entrain__mix(setup->seed ^ entrain__mix(worker + 1));
    }
    entrain__arena_give(arena, firsts);
    *state = (steal_state){arena, rings, thieves, workers};
    *state_out = state;
    return ENTRAIN_OK;
fail:
    entrain__arena_destroy(arena);
    return status;
}

static void submit(void *opaque, uint64_t phase) {
    steal_state *state = opaque;
    (void)phase;
    for (uint32_t worker = 0; worker < state->worker_count; worker++)
        entrain__ring_refill(&state->rings[worker]);
}

static uint32_t after(const steal_state *state, uint32_t victim) {
    return victim + 1 == state->worker_count ? 0 : victim + 1;
}

// One look at every other ring. Where somebody else is taking, @p insist stays until one of both has it, and
// otherwise we go on: two thieves at one ring cost more than two rings. *busy_out: something was left behind
// that way.
static bool sweep(steal_state *state, uint32_t worker, bool insist, bool *busy_out, uint32_t *task_out) {
    thief *self = &state->thieves[worker];
    uint32_t victim = self->victim;
    for (uint32_t looked = 0; looked < state->worker_count; looked++, victim = after(state, victim)) {
        if (victim == worker)
            continue;
        self->steals_tried++;
        entrain__ring *ring = &state->rings[victim];
        if (entrain__ring_empty(ring))
            continue;
        if (insist ? entrain__ring_take(ring, task_out) : entrain__ring_try(ring, task_out)) {
            self->steals_won++;
            self->victim = victim;
            return true;
        }
        *busy_out = true;
    }
    return false;
}

static bool steal(steal_state *state, uint32_t worker, uint32_t *task_out) {
    bool busy = false;
    if (sweep(state, worker, false, &busy, task_out))
        return true;
    if (busy && sweep(state, worker, true, &busy, task_out))
        return true;
    thief *self = &state->thieves[worker];
    self->victim = entrain__mix_below(&self->draws, state->worker_count);
    return false;
}

static bool next(void *opaque, uint32_t worker, uint32_t *task_out) {
    steal_state *state = opaque;
    return entrain__ring_take(&state->rings[worker], task_out) || steal(state, worker, task_out);
}

static void count(const void *opaque, uint32_t worker, entrain_policy_count *count_out) {
    const steal_state *state = opaque;
    const thief *self = &state->thieves[worker];
    *count_out = (entrain_policy_count){.steals_tried = self->steals_tried, .steals_won = self->steals_won};
}

static void destroy(void *opaque) {
    steal_state *state = opaque;
    entrain__arena_destroy(state->arena);
}

const entrain_policy entrain__policy_steal = {
    .name = "steal",
    .summary = "a queue per worker by weight, and idle workers steal: the default",
    .create = create,
    .submit = submit,
    .next = next,
    .count = count,
    .destroy = destroy,
};
