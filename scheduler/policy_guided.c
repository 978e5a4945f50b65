// `guided`: one cursor for all, and shares that shrink.
//
// Guided self-scheduling (Polychronopoulos and Kuck, IEEE Trans. Computers 36, 1987): whoever is free takes a
// P-th of what is left, P workers, and at least one task. Large shares first keep the cursor quiet, small
// ones last level the finish.
//
//   4 workers   [        1/4        |     1/4     |   1/4   | ... |.|.|.]
//
// Where a share ends depends on where it begins alone, so all cuts are made once, by weight, and taking a
// share is one fetch and add: wait-free, and no retry where the original has one. There are about P ln(tasks
// / P) + P of them. What it costs: a share that is taken cannot be taken back. Who is preempted holding an
// early one makes all wait; `steal` is for that.
#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "scheduler/policies.h"

typedef struct holder {
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t next; // by its worker; by submit while all are quiescent
    uint32_t end;
} holder;

typedef struct guided_state {
    // By create.
    entrain__arena *arena;
    uint32_t *cuts;  // [share_count + 1]
    holder *holders; // [worker_count]
    uint32_t share_count, worker_count;
    // By every worker: how many shares were asked for in this phase. At most share_count + worker_count.
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t cursor;
} guided_state;

static uint32_t weight_of(const entrain_policy_setup *setup, uint32_t task) {
    return setup->task_weights == NULL ? 1 : setup->task_weights[task];
}

// Makes the cuts, or with NULL only counts the shares: tasks until a P-th of the weight that is left is in,
// rounded up.
static uint32_t cut(const entrain_policy_setup *setup, uint32_t *cuts_out) {
    uint64_t left = 0;
    for (uint32_t task = 0; task < setup->task_count; task++)
        left += weight_of(setup, task);
    uint32_t shares = 0;
    for (uint32_t task = 0; task < setup->task_count; shares++) {
        if (cuts_out != NULL)
            cuts_out[shares] = task;
        uint64_t wanted = (left + setup->worker_count - 1) / setup->worker_count, got = 0;
        // No further than half over: a hub begins a share rather than ending one.
        do
            got += weight_of(setup, task++);
        while (task < setup->task_count && got + weight_of(setup, task) / 2 < wanted);
        left -= got;
    }
    if (cuts_out != NULL)
        cuts_out[shares] = setup->task_count;
    return shares;
}

static entrain_status create(const entrain_policy_setup *setup, void **state_out) {
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    const uint32_t shares = cut(setup, NULL);
    guided_state *state = entrain__arena_take(arena, 1, sizeof *state);
    uint32_t *cuts = entrain__arena_take(arena, (size_t)shares + 1, sizeof *cuts);
    holder *holders = entrain__arena_take(arena, setup->worker_count, sizeof *holders);
    if (state == NULL || cuts == NULL || holders == NULL) {
        entrain__arena_destroy(arena);
        return ENTRAIN_NO_MEMORY;
    }
    cut(setup, cuts);
    *state = (guided_state){.arena = arena,
                            .cuts = cuts,
                            .holders = holders,
                            .share_count = shares,
                            .worker_count = setup->worker_count,
                            .cursor = shares};
    *state_out = state;
    return ENTRAIN_OK;
}

static void submit(void *opaque, uint64_t phase) {
    guided_state *state = opaque;
    (void)phase;
    for (uint32_t worker = 0; worker < state->worker_count; worker++)
        state->holders[worker] = (holder){0};
    state->cursor = 0; // nobody looks before the gate, which publishes it
}

static bool next(void *opaque, uint32_t worker, uint32_t *task_out) {
    guided_state *state = opaque;
    holder *own = &state->holders[worker];
    if (own->next == own->end) {
        // Hands out numbers and orders nothing else: the cuts were published by the gate. Pairs with itself
        // in other workers.
        uint32_t share = entrain__add_acq_rel_u32(&state->cursor, 1);
        if (share >= state->share_count)
            return false;
        *own = (holder){state->cuts[share], state->cuts[share + 1]};
    }
    *task_out = own->next++;
    return true;
}

static void destroy(void *opaque) {
    guided_state *state = opaque;
    entrain__arena_destroy(state->arena);
}

const entrain_policy entrain__policy_guided = {
    .name = "guided",
    .summary = "whoever is free takes a share of what is left: large ones first, single tasks last",
    .create = create,
    .submit = submit,
    .next = next,
    .destroy = destroy,
};
