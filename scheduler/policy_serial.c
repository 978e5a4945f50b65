// `serial` and `shuffled`: worker 0 runs every task, in order or in a seeded permutation that differs per
// phase.
//
// The reference that every other policy is compared with. `shuffled` shows on one worker, and repeatably,
// whether a result depends on the order of tasks: the permutation is a function of (seed, phase) alone.
#include "engine/base/memory.h"
#include "scheduler/mix.h"
#include "scheduler/policies.h"
#include "scheduler/ready.h"

typedef struct serial_state {
    entrain__arena *arena;
    uint32_t *order; // [task_count], or NULL: in order
    uint64_t seed;
    uint32_t task_count;
    uint32_t position; // by worker 0; by submit while all are quiescent
} serial_state;

static entrain_status create_state(const entrain_policy_setup *setup, bool shuffled, void **state_out) {
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    serial_state *state = entrain__arena_take(arena, 1, sizeof *state);
    uint32_t *order = shuffled ? entrain__arena_take(arena, setup->task_count, sizeof *order) : NULL;
    if (state == NULL || (shuffled && order == NULL)) {
        entrain__arena_destroy(arena);
        return ENTRAIN_NO_MEMORY;
    }
    *state = (serial_state){arena, order, setup->seed, setup->task_count, setup->task_count};
    *state_out = state;
    return ENTRAIN_OK;
}

static entrain_status create_serial(const entrain_policy_setup *setup, void **state_out) {
    return create_state(setup, false, state_out);
}

static entrain_status create_shuffled(const entrain_policy_setup *setup, void **state_out) {
    return create_state(setup, true, state_out);
}

// Fisher and Yates, inside out (Knuth, TAOCP 2, 3.4.2), from a generator keyed by (seed, phase).
static void shuffle(uint32_t *order, uint32_t count, uint64_t seed, uint64_t phase) {
    uint64_t draws = entrain__mix(entrain__mix(seed + 1) ^ phase);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = entrain__mix_below(&draws, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

static void submit(void *opaque, uint64_t phase) {
    serial_state *state = opaque;
    state->position = 0;
    if (state->order != NULL)
        shuffle(state->order, state->task_count, state->seed, phase);
}

static bool next(void *opaque, uint32_t worker, uint32_t *task_out) {
    serial_state *state = opaque;
    if (worker != 0 || state->position == state->task_count)
        return false;
    uint32_t position = state->position++;
    *task_out = state->order == NULL ? position : state->order[position];
    return true;
}

static void destroy(void *opaque) {
    serial_state *state = opaque;
    entrain__arena_destroy(state->arena);
}

const entrain_policy entrain__policy_serial = {
    .name = "serial",
    .summary = "worker 0 runs every task, in order: the reference",
    .create = create_serial,
    .submit = submit,
    .next = next,
    .destroy = destroy,
    .queues = &entrain__queues_first_come,
};

const entrain_policy entrain__policy_shuffled = {
    .name = "shuffled",
    .summary = "worker 0 runs every task, in a seeded order that differs per phase",
    .create = create_shuffled,
    .submit = submit,
    .next = next,
    .destroy = destroy,
    .queues = &entrain__queues_shuffled,
};
