// A scheduler policy of the user's own: tasks are dealt like cards, worker w gets w, w + n, w + 2 n, ...
//
//   cc -shared -fPIC my_policy.c -o my_policy.so $(pkg-config --cflags entrain)
//   entrain verify scenario.lua --load ./my_policy.so
//   entrain run scenario.lua --load ./my_policy.so --policy deal
#include <entrain/plugin.h>

#include <stdlib.h>

typedef struct deal {
    uint32_t workers, tasks;
    uint32_t next[ENTRAIN_WORKERS_MAX][16]; // 64 bytes apart: no two workers write to one cache line
} deal;

static entrain_status create(const entrain_policy_setup *setup, void **state_out) {
    deal *state = *state_out = calloc(1, sizeof *state);
    if (state == NULL)
        return ENTRAIN_NO_MEMORY;
    state->workers = setup->worker_count;
    state->tasks = setup->task_count;
    return ENTRAIN_OK;
}

// All tasks become runnable again. Nobody asks meanwhile, so atomics are not needed.
static void submit(void *data, uint64_t phase) {
    deal *state = data;
    (void)phase;
    for (uint32_t worker = 0; worker < state->workers; worker++)
        state->next[worker][0] = worker;
}

// The next task for a worker; false: there is none left for it in this phase.
static bool next(void *data, uint32_t worker, uint32_t *task_out) {
    deal *state = data;
    *task_out = state->next[worker][0];
    state->next[worker][0] += state->workers;
    return *task_out < state->tasks;
}

static const entrain_policy policy = {.name = "deal",
                                      .summary = "every worker takes every n-th task",
                                      .create = create,
                                      .submit = submit,
                                      .next = next,
                                      .destroy = free};

static entrain_status set_up(entrain_error *error_out) { return entrain_policy_register(&policy, error_out); }

ENTRAIN_PLUGIN(set_up);
