// `static`: each worker has the same contiguous share in every phase, cut by weight once.
//
// Nothing is shared but the cuts, so nothing is contended and a task always runs where its memory is warm.
// One slow worker makes all wait.
#include "engine/base/memory.h"
#include "engine/base/atomics.h"
#include "scheduler/policies.h"
#include "scheduler/ready.h"

typedef struct cursor {
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t next; // by its worker; by submit while all are quiescent
    uint32_t end;
} cursor;

typedef struct static_state {
    entrain__arena *arena;
    uint32_t worker_count;
    uint32_t *firsts; // [worker_count + 1]
    cursor *cursors;  // [worker_count]
} static_state;

static entrain_status create(const entrain_policy_setup *setup, void **state_out) {
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    static_state *state = entrain__arena_take(arena, 1, sizeof *state);
    uint32_t *firsts = entrain__arena_take(arena, setup->worker_count + 1, sizeof *firsts);
    cursor *cursors = entrain__arena_take(arena, setup->worker_count, sizeof *cursors);
    if (state == NULL || firsts == NULL || cursors == NULL) {
        entrain__arena_destroy(arena);
        return ENTRAIN_NO_MEMORY;
    }
    entrain__shares_cut(setup, firsts);
    *state = (static_state){arena, setup->worker_count, firsts, cursors};
    *state_out = state;
    return ENTRAIN_OK;
}

static void submit(void *opaque, uint64_t phase) {
    static_state *state = opaque;
    (void)phase;
    for (uint32_t worker = 0; worker < state->worker_count; worker++)
        state->cursors[worker] = (cursor){state->firsts[worker], state->firsts[worker + 1]};
}

static bool next(void *opaque, uint32_t worker, uint32_t *task_out) {
    static_state *state = opaque;
    cursor *own = &state->cursors[worker];
    if (own->next == own->end)
        return false;
    *task_out = own->next++;
    return true;
}

static void destroy(void *opaque) {
    static_state *state = opaque;
    entrain__arena_destroy(state->arena);
}

const entrain_policy entrain__policy_static = {
    .name = "static",
    .summary = "fixed contiguous shares by weight, one per worker",
    .create = create,
    .submit = submit,
    .next = next,
    .destroy = destroy,
    .queues = &entrain__queues_static,
};
