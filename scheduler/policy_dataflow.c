// `dataflow`: no barrier. A task goes on to its next step when those it is linked to have done the last one.
//
// Two counters a task say all there is: claimed[t], how many of its steps somebody has taken up, and done[t],
// how many are finished. A worker takes up step s of t by moving claimed[t] from s to s + 1, if done[] is at
// least s for t and for all it is linked to. Why somebody can always go on: among the tasks whose done[] is
// least, one that is not being run is ready, for all its links have done at least as much.
//
// Each worker sweeps its own share by weight, and where the links allow it goes diagonally:
//
//   step 3     d                   what just ran is still in the cache, and `reach` tasks to the left, as far
//   step 2       c  h              as links lead, a task can now take one step more: so from each task of the
//   step 1          b  g           sweep the worker walks up a diagonal, a b c d, f g h ...
//   step 0             a  f  k
//              ---- tasks --->
//
// On a lattice several steps pass over memory at the price of one; on a random graph the reach is too long
// for that, and the sweep is all there is. An idle worker takes what is ready in other shares.
#include <string.h>

#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "scheduler/policies.h"

enum { DEPTH_MAX = 8, WIDTH_MAX = 16 }; // of a diagonal: steps, and the tasks that it spans
#define NO_TASK UINT32_MAX

// Grouped by writer: a cache line per worker.
typedef struct runner {
    _Alignas(ENTRAIN_CACHE_LINE)
        uint32_t cursor;             // by its worker, like all of these; by submit while all are quiescent
    uint32_t last, last_step, depth; // the last task of its diagonal; NO_TASK: none
    uint32_t low;                    // every task is known to have done so many steps
    uint32_t victim;                 // whose share to look at first
    uint64_t steals_tried, steals_won;
} runner;

typedef struct dataflow_state {
    entrain__arena *arena;
    const uint64_t *link_offsets; // NULL: there is one step at a time
    const uint32_t *links;
    uint32_t task_count, worker_count, steps;
    uint32_t reach, depth; // of diagonals; depth 1: there are none
    uint32_t *firsts;      // [worker_count + 1] shares
    uint32_t *claimed;     // [task_count] by whoever takes a step up
    uint32_t *done;        // [task_count] by whoever ran it
    uint32_t *blocker;     // [task_count] a hint: the task it last had to wait for
    runner *runners;       // [worker_count]
} dataflow_state;

// How far ahead the links of most tasks lead: nine in ten. The few at the ends of a ring lead all around it.
static uint32_t find_reach(const entrain_policy_setup *setup) {
    uint32_t counts[WIDTH_MAX + 1] = {0}, most = setup->task_count - setup->task_count / 10, reach = 0;
    for (uint32_t task = 0; task < setup->task_count; task++) {
        uint32_t furthest = 0;
        for (uint64_t link = setup->link_offsets[task]; link < setup->link_offsets[task + 1]; link++)
            if (setup->links[link] > task && setup->links[link] - task > furthest)
                furthest = setup->links[link] - task;
        counts[furthest < WIDTH_MAX ? furthest : WIDTH_MAX]++;
    }
    for (uint32_t within = counts[0]; within < most && reach < WIDTH_MAX; within += counts[reach])
        reach++;
    return reach > 0 ? reach : 1;
}

static entrain_status create(const entrain_policy_setup *setup, void **state_out) {
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    dataflow_state *state = entrain__arena_take(arena, 1, sizeof *state);
    uint32_t *firsts = entrain__arena_take(arena, setup->worker_count + 1, sizeof *firsts);
    uint32_t *claimed = entrain__arena_take(arena, setup->task_count, sizeof *claimed);
    uint32_t *done = entrain__arena_take(arena, setup->task_count, sizeof *done);
    uint32_t *blocker = entrain__arena_take(arena, setup->task_count, sizeof *blocker);
    runner *runners = entrain__arena_take(arena, setup->worker_count, sizeof *runners);
    if (state == NULL || firsts == NULL || claimed == NULL || done == NULL || blocker == NULL ||
        runners == NULL) {
        entrain__arena_destroy(arena);
        return ENTRAIN_NO_MEMORY;
    }
    entrain__shares_cut(setup, firsts);
    for (uint32_t task = 0; task < setup->task_count; task++)
        blocker[task] = task;
    uint32_t reach = setup->link_offsets != NULL ? find_reach(setup) : 1;
    *state = (dataflow_state){.arena = arena,
                              .reach = reach,
                              .depth = WIDTH_MAX / reach < DEPTH_MAX ? WIDTH_MAX / reach : DEPTH_MAX,
                              .link_offsets = setup->link_offsets,
                              .links = setup->links,
                              .task_count = setup->task_count,
                              .worker_count = setup->worker_count,
                              .firsts = firsts,
                              .claimed = claimed,
                              .done = done,
                              .blocker = blocker,
                              .runners = runners};
    *state_out = state;
    return ENTRAIN_OK;
}

static void submit_ahead(void *opaque, uint64_t phase, uint32_t steps) {
    dataflow_state *state = opaque;
    (void)phase;
    state->steps = steps;
    memset(state->claimed, 0, state->task_count * sizeof *state->claimed);
    memset(state->done, 0, state->task_count * sizeof *state->done);
    for (uint32_t worker = 0; worker < state->worker_count; worker++) {
        runner *self = &state->runners[worker];
        self->cursor = state->firsts[worker];
        self->last = NO_TASK;
        self->low = 0;
    }
}

static bool has_done(const dataflow_state *state, uint32_t task, uint32_t step) {
    // Pairs with the release store in done(): what the task wrote in its steps before `step` is seen.
    return entrain__load_acquire_u32(&state->done[task]) >= step;
}

// Where a task is linked to most others, looking whether all have done a step is cheaper than looking through
// the links of each: once known it holds for every task. Stricter than the links, and still always true for
// the task that is furthest behind.
static bool all_have_done(const dataflow_state *state, runner *self, uint32_t task, uint32_t step) {
    for (uint32_t other = 0; other < state->task_count; other++)
        if (!has_done(state, other, step)) {
            entrain__store_relaxed_u32(&state->blocker[task], other);
            return false;
        }
    self->low = step;
    return true;
}

static bool is_ready(const dataflow_state *state, runner *self, uint32_t task, uint32_t step) {
    if (step <= self->low)
        return true;
    // A hint that anybody may write: a wrong one costs a look.
    if (!has_done(state, entrain__load_relaxed_u32(&state->blocker[task]), step) ||
        !has_done(state, task, step))
        return false;
    uint64_t link = state->link_offsets[task], end = state->link_offsets[task + 1];
    if ((end - link) * 4 > state->task_count)
        return all_have_done(state, self, task, step);
    for (; link < end; link++)
        if (!has_done(state, state->links[link], step)) {
            entrain__store_relaxed_u32(&state->blocker[task], state->links[link]);
            return false;
        }
    return true;
}

// Takes up the next step of @p task if it is ready; *step_out tells which.
static bool take(dataflow_state *state, runner *self, uint32_t task, uint32_t *step_out) {
    uint32_t step = entrain__load_relaxed_u32(&state->claimed[task]);
    if (step == state->steps || !is_ready(state, self, task, step))
        return false;
    // Who loses has nothing to do here: somebody runs the task. The step only grows within a phase and is put
    // back between phases, when nobody is in here. What must be seen, is_ready() has acquired.
    if (!entrain__cas_acq_rel_u32(&state->claimed[task], step, step + 1))
        return false;
    *step_out = step;
    return true;
}

static bool walk_diagonal(dataflow_state *state, runner *self, uint32_t first, uint32_t *task_out) {
    if (self->last == NO_TASK || self->last < first + state->reach || self->depth >= state->depth)
        return false;
    uint32_t task = self->last - state->reach, step;
    if (entrain__load_relaxed_u32(&state->claimed[task]) != self->last_step + 1 ||
        !take(state, self, task, &step))
        return false;
    self->last = task;
    self->last_step = step;
    self->depth++;
    *task_out = task;
    return true;
}

// The next ready task of the share first .. end-1 from *cursor on, around once.
static bool sweep(dataflow_state *state, runner *self, uint32_t first, uint32_t end, uint32_t *cursor,
                  uint32_t *task_out, uint32_t *step_out) {
    for (uint32_t looked = first; looked < end; looked++) {
        uint32_t task = *cursor;
        *cursor = task + 1 == end ? first : task + 1;
        if (take(state, self, task, step_out)) {
            *task_out = task;
            return true;
        }
    }
    return false;
}

static bool steal(dataflow_state *state, runner *self, uint32_t worker, uint32_t *task_out) {
    uint32_t victim = self->victim, step;
    for (uint32_t looked = 0; looked < state->worker_count; looked++) {
        victim = victim + 1 >= state->worker_count ? 0 : victim + 1;
        uint32_t first = state->firsts[victim], end = state->firsts[victim + 1], cursor = first;
        if (victim == worker || first == end)
            continue;
        self->steals_tried++;
        if (sweep(state, self, first, end, &cursor, task_out, &step)) {
            self->steals_won++;
            self->victim = victim;
            return true;
        }
    }
    return false;
}

static bool next(void *opaque, uint32_t worker, uint32_t *task_out) {
    dataflow_state *state = opaque;
    runner *self = &state->runners[worker];
    uint32_t first = state->firsts[worker], end = state->firsts[worker + 1];
    if (walk_diagonal(state, self, first, task_out))
        return true;
    if (sweep(state, self, first, end, &self->cursor, task_out, &self->last_step)) {
        self->last = *task_out;
        self->depth = 1;
        return true;
    }
    self->last = NO_TASK;
    return steal(state, self, worker, task_out);
}

static void done(void *opaque, uint32_t worker, uint32_t task, uint64_t cost_ns) {
    dataflow_state *state = opaque;
    (void)worker;
    (void)cost_ns;
    // Publishes what the task wrote. Pairs with the acquire load in has_done(). Nobody else writes this
    // counter: the next step of the task is taken up only after this.
    entrain__store_release_u32(&state->done[task], entrain__load_relaxed_u32(&state->done[task]) + 1);
}

static void count(const void *opaque, uint32_t worker, entrain_policy_count *count_out) {
    const dataflow_state *state = opaque;
    const runner *self = &state->runners[worker];
    *count_out = (entrain_policy_count){.steals_tried = self->steals_tried, .steals_won = self->steals_won};
}

static void destroy(void *opaque) {
    dataflow_state *state = opaque;
    entrain__arena_destroy(state->arena);
}

const entrain_policy entrain__policy_dataflow = {
    .name = "dataflow",
    .summary = "no barrier: a task goes on when those it hears and is heard by have done the last step",
    .create = create,
    .submit_ahead = submit_ahead,
    .next = next,
    .done = done,
    .count = count,
    .destroy = destroy,
};
