// The queues of policies that run tasks as they become ready.
//
//   first come   a plain ring, one worker: nobody else is there, no instruction is locked
//   shuffled     one worker takes any of the ready ones: the explorer of schedules
//   shared       one ring for all
//   static       each task has its worker, each worker a ring that all may push into
//   steal        each worker has a ring of its own; who has none takes half of somebody else's
// (queues_steal.c)
//
// The ring that many push into and many take from has a turn per place (Vyukov's bounded queue): place p
// is free for the push number p when its turn is p, full for the take number p when it is p + 1, and free
// again, a round later, at p + size. A pusher that is preempted between taking its place and filling it
// holds up those who come to it, not those who push. A task is in it at most once, so it never overflows.
#include <string.h>

#include "engine/base/assert.h"
#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "engine/base/preempt.h"
#include "engine/base/wait.h"
#include "scheduler/mix.h"
#include "scheduler/policies.h"
#include "scheduler/ready.h"

static uint32_t size_for(uint32_t count) {
    uint32_t size = 2;
    while (size < count + 1)
        size *= 2;
    return size;
}

// --- First come, first served, by worker 0 alone. Positions are atomic only because others may look
// whether there is anything.

typedef struct plain_state {
    entrain__arena *arena;
    uint32_t *tasks;
    uint32_t mask;
    uint32_t head, tail;
    uint64_t draws; // shuffled: the generator's state
} plain_state;

static entrain_status create_plain(const entrain_policy_setup *setup, void **state_out) {
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    plain_state *state = entrain__arena_take(arena, 1, sizeof *state);
    const uint32_t size = size_for(setup->task_count);
    uint32_t *tasks = entrain__arena_take(arena, size, sizeof *tasks);
    if (state == NULL || tasks == NULL) {
        entrain__arena_destroy(arena);
        return ENTRAIN_NO_MEMORY;
    }
    *state = (plain_state){.arena = arena, .tasks = tasks, .mask = size - 1, .draws = setup->seed};
    *state_out = state;
    return ENTRAIN_OK;
}

static void destroy_plain(void *opaque) {
    plain_state *state = opaque;
    entrain__arena_destroy(state->arena);
}

static int ready_plain(void *opaque, uint32_t worker, uint32_t task) {
    plain_state *state = opaque;
    (void)worker; // 0, or whoever rests
    state->tasks[state->tail & state->mask] = task;
    entrain__store_relaxed_u32(&state->tail, state->tail + 1);
    return 0;
}

static bool take_plain(void *opaque, uint32_t worker, uint32_t *task_out) {
    plain_state *state = opaque;
    if (worker != 0 || state->head == state->tail)
        return false;
    *task_out = state->tasks[state->head & state->mask];
    entrain__store_relaxed_u32(&state->head, state->head + 1);
    return true;
}

static bool take_shuffled(void *opaque, uint32_t worker, uint32_t *task_out) {
    plain_state *state = opaque;
    if (worker != 0 || state->head == state->tail)
        return false;
    const uint32_t count = state->tail - state->head;
    uint32_t *first = &state->tasks[state->head & state->mask];
    uint32_t *drawn = &state->tasks[(state->head + entrain__mix_below(&state->draws, count)) & state->mask];
    *task_out = *drawn;
    *drawn = *first;
    entrain__store_relaxed_u32(&state->head, state->head + 1);
    return true;
}

static bool any_plain(const void *opaque, uint32_t worker) {
    const plain_state *state = opaque;
    return worker == 0 && entrain__load_relaxed_u32(&state->head) != entrain__load_relaxed_u32(&state->tail);
}

const entrain_policy_queues entrain__queues_first_come = {
    .create = create_plain,
    .ready = ready_plain,
    .take = take_plain,
    .any = any_plain,
    .destroy = destroy_plain,
};

const entrain_policy_queues entrain__queues_shuffled = {
    .create = create_plain,
    .ready = ready_plain,
    .take = take_shuffled,
    .any = any_plain,
    .destroy = destroy_plain,
};

// --- Rings that many push into

typedef struct place {
    uint32_t turn; // atomic
    uint32_t task;
} place;

typedef struct common_ring {
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t tail; // atomic: by those who push
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t head; // atomic: by those who take
    _Alignas(ENTRAIN_CACHE_LINE) place *places;
    uint32_t mask;
} common_ring;

typedef struct common_state {
    entrain__arena *arena;
    common_ring *rings; // one, or one each
    uint32_t worker_count, task_count;
} common_state;

static void push(common_ring *ring, uint32_t task) {
    // A place is free: there are more of them than tasks. A locked instruction: the full fence that
    // ready() promises comes with the one below.
    const uint32_t at = entrain__add_acq_rel_u32(&ring->tail, 1);
    place *mine = &ring->places[at & ring->mask];
    ENTRAIN__PREEMPT_POINT();
    // Waits for whoever took the last task from here to say so: a few instructions. Pairs with the release
    // in pop().
    for (uint32_t round = 0; entrain__load_acquire_u32(&mine->turn) != at; round++)
        entrain__wait_step(round);
    mine->task = task;
    // Publishes the task, and is a full fence. Pairs with the acquire in pop().
    entrain__exchange_u32(&mine->turn, at + 1);
}

static bool pop(common_ring *ring, uint32_t *task_out) {
    uint32_t at = entrain__load_relaxed_u32(&ring->head);
    for (;;) {
        place *first = &ring->places[at & ring->mask];
        // Pairs with the exchange in push().
        int32_t ahead = (int32_t)(entrain__load_acquire_u32(&first->turn) - (at + 1));
        if (ahead < 0)
            return false; // empty, or about to be filled
        ENTRAIN__PREEMPT_POINT();
        if (ahead == 0 && entrain__cas_acq_rel_u32(&ring->head, at, at + 1)) {
            *task_out = first->task;
            // Pairs with the acquire in push().
            entrain__store_release_u32(&first->turn, at + 1 + ring->mask);
            return true;
        }
        at = entrain__load_relaxed_u32(&ring->head);
    }
}

static bool has_any(const common_ring *ring) {
    const uint32_t at = entrain__load_relaxed_u32(&ring->head);
    return (int32_t)(entrain__load_acquire_u32(&ring->places[at & ring->mask].turn) - (at + 1)) >= 0;
}

// @p rings rings, of which the r-th is for tasks firsts[r] .. firsts[r + 1] - 1; NULL: one for all.
static entrain_status create_common(const entrain_policy_setup *setup, bool apart, void **state_out) {
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    const uint32_t rings = apart ? setup->worker_count : 1;
    common_state *state = entrain__arena_take(arena, 1, sizeof *state);
    if (state == NULL)
        goto no_memory;
    *state = (common_state){.arena = arena,
                            .rings = entrain__arena_take(arena, rings, sizeof *state->rings),
                            .worker_count = setup->worker_count,
                            .task_count = setup->task_count};
    if (state->rings == NULL)
        goto no_memory;
    const uint32_t size = size_for(setup->task_count / rings + 1);
    for (uint32_t r = 0; r < rings; r++) {
        state->rings[r].mask = size - 1;
        state->rings[r].places = entrain__arena_take(arena, size, sizeof *state->rings[r].places);
        if (state->rings[r].places == NULL)
            goto no_memory;
        for (uint32_t p = 0; p < size; p++)
            state->rings[r].places[p].turn = p;
    }
    *state_out = state;
    return ENTRAIN_OK;
no_memory:
    entrain__arena_destroy(arena);
    return ENTRAIN_NO_MEMORY;
}

static void destroy_common(void *opaque) {
    common_state *state = opaque;
    entrain__arena_destroy(state->arena);
}

static entrain_status create_shared(const entrain_policy_setup *setup, void **state_out) {
    return create_common(setup, false, state_out);
}
static int ready_shared(void *opaque, uint32_t worker, uint32_t task) {
    common_state *state = opaque;
    (void)worker;
    push(state->rings, task);
    return ENTRAIN_WAKE_ANYBODY;
}
static bool take_shared(void *opaque, uint32_t worker, uint32_t *task_out) {
    common_state *state = opaque;
    (void)worker;
    return pop(state->rings, task_out);
}
static bool any_shared(const void *opaque, uint32_t worker) {
    const common_state *state = opaque;
    (void)worker;
    return has_any(state->rings);
}

static bool holds_nothing(const void *opaque, uint32_t worker) {
    (void)opaque;
    (void)worker;
    return false;
}

const entrain_policy_queues entrain__queues_shared = {
    .create = create_shared,
    .ready = ready_shared,
    .take = take_shared,
    .any = any_shared,
    .holds = holds_nothing,
    .destroy = destroy_common,
};

static entrain_status create_static(const entrain_policy_setup *setup, void **state_out) {
    return create_common(setup, true, state_out);
}
static int ready_static(void *opaque, uint32_t worker, uint32_t task) {
    common_state *state = opaque;
    const uint32_t home = (uint32_t)((uint64_t)task * state->worker_count / state->task_count);
    push(&state->rings[home], task);
    return home == worker ? ENTRAIN_WAKE_NOBODY : (int)home;
}
static bool take_static(void *opaque, uint32_t worker, uint32_t *task_out) {
    common_state *state = opaque;
    return pop(&state->rings[worker], task_out);
}
static bool any_static(const void *opaque, uint32_t worker) {
    const common_state *state = opaque;
    return has_any(&state->rings[worker]);
}

const entrain_policy_queues entrain__queues_static = {
    .create = create_static,
    .ready = ready_static,
    .take = take_static,
    .any = any_static,
    .destroy = destroy_common,
};
