// `shared`: one bounded ring for all, in task order. Balances perfectly and contends on one counter.
#include "scheduler/policies.h"
#include "scheduler/ready.h"
#include "scheduler/ring.h"

typedef struct shared_state {
    entrain__ring ring;
    entrain__arena *arena;
} shared_state;

static entrain_status create(const entrain_policy_setup *setup, void **state_out) {
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    entrain_status status = ENTRAIN_NO_MEMORY;
    shared_state *state = entrain__arena_take(arena, 1, sizeof *state);
    if (state == NULL)
        goto fail;
    status = entrain__ring_make(&state->ring, arena, 0, setup->task_count);
    if (status != ENTRAIN_OK)
        goto fail;
    state->arena = arena;
    *state_out = state;
    return ENTRAIN_OK;
fail:
    entrain__arena_destroy(arena);
    return status;
}

static void submit(void *opaque, uint64_t phase) {
    shared_state *state = opaque;
    (void)phase;
    entrain__ring_refill(&state->ring);
}

static bool next(void *opaque, uint32_t worker, uint32_t *task_out) {
    shared_state *state = opaque;
    (void)worker;
    return entrain__ring_take(&state->ring, task_out);
}

static void destroy(void *opaque) {
    shared_state *state = opaque;
    entrain__arena_destroy(state->arena);
}

const entrain_policy entrain__policy_shared = {
    .name = "shared",
    .summary = "one queue for all workers",
    .create = create,
    .submit = submit,
    .next = next,
    .destroy = destroy,
    .queues = &entrain__queues_shared,
};
