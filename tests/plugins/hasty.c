// A policy that breaks its contract where nobody counts: it runs ahead without asking whether the tasks
// linked to one have done their last step, so actors hear neighbours half-way through a tick. Every task is
// run as often as it should, so that the scheduler has nothing to say; the sum of phases has.
#include <entrain/plugin.h>

#include <stdlib.h>

typedef struct hasty {
    uint32_t tasks, steps, task, step;
} hasty;

static entrain_status create(const entrain_policy_setup *setup, void **state_out) {
    hasty *state = *state_out = calloc(1, sizeof *state);
    if (state == NULL)
        return ENTRAIN_NO_MEMORY;
    state->tasks = setup->task_count;
    return ENTRAIN_OK;
}

static void submit_ahead(void *data, uint64_t phase, uint32_t steps) {
    hasty *state = data;
    (void)phase;
    state->steps = steps;
    state->task = state->step = 0;
}

// Two steps of the first task, then two of the next ...: an odd one at the end stands alone.
static bool next(void *data, uint32_t worker, uint32_t *task_out) {
    hasty *state = data;
    if (worker != 0 || state->step >= state->steps)
        return false;
    uint32_t depth = state->steps - state->step < 2 ? 1 : 2;
    *task_out = state->task / depth;
    if (++state->task == state->tasks * depth) {
        state->task = 0;
        state->step += depth;
    }
    return true;
}

static const entrain_policy policy = {.name = "hasty",
                                      .summary = "does not wait for the neighbours",
                                      .create = create,
                                      .submit_ahead = submit_ahead,
                                      .next = next,
                                      .destroy = free};

static entrain_status set_up(entrain_error *error_out) { return entrain_policy_register(&policy, error_out); }

ENTRAIN_PLUGIN(set_up);
