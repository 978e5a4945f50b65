// `adaptive`: contiguous shares, cut again from what tasks were measured to cost; stealing for what is left.
//
// Weights are a guess: cohorts of equal weight cost differently when some lie in cache, and a worker on a
// slower or shared core takes longer for all of its. What is measured is both. Shares stay contiguous, and
// what is stolen in a phase starts at its old place in the next: only cuts move tasks for good.
//
// The serial part pays for every cut, so: once every INTERVAL phases it is asked, O(workers), whether enough
// was stolen to bother; only then, O(tasks), what the present and the new shares would cost; and the new ones
// are taken if the dearest of them is cheaper by a GAIN-th of the mean. Noise below that moves nothing.
//
// Costs are smoothed: an eighth of each phase's news, and no news counts for more than twice what was known,
// so that a worker preempted in the middle of a task (microseconds that read as milliseconds) does not turn
// the shares over: after one such reading a task seems an eighth dearer. A cost that lastingly trebles is
// known to a tenth after 16 phases.
#include "scheduler/policies.h"
#include "scheduler/thieves.h"

enum {
    INTERVAL = 16, // phases between two looks
    STOLEN = 64,   // a look goes on if more than this part of all tasks were stolen since the last
    GAIN = 32,     // and cuts if it saves more than this part of the mean share
    NEWS = 8       // part that a measurement has in the smoothed cost
};

// Grouped by writer: a cache line per worker.
typedef struct bag {
    _Alignas(
        ENTRAIN_CACHE_LINE) uint64_t stolen; // tasks since the last look: by its worker; put back by submit
} bag;

typedef struct adaptive_state {
    entrain__arena *arena;
    entrain__thieves thieves;
    bag *bags;        // [worker_count]
    uint32_t *firsts; // [worker_count + 1] the present shares, by submit
    uint32_t *others; // [worker_count + 1] what they might be, scratch of submit
    uint32_t *costs;  // [task_count] ns, smoothed; 0 before the first: by who ran it
    uint32_t worker_count, task_count;
} adaptive_state;

static entrain_status create(const entrain_policy_setup *setup, void **state_out) {
    const uint32_t workers = setup->worker_count;
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    adaptive_state *state = entrain__arena_take(arena, 1, sizeof *state);
    if (state == NULL)
        goto no_memory;
    *state = (adaptive_state){
        .arena = arena,
        .bags = entrain__arena_take(arena, workers, sizeof *state->bags),
        .firsts = entrain__arena_take(arena, workers + 1, sizeof *state->firsts),
        .others = entrain__arena_take(arena, workers + 1, sizeof *state->others),
        .costs = entrain__arena_take(arena, setup->task_count, sizeof *state->costs),
        .worker_count = workers,
        .task_count = setup->task_count,
    };
    if (state->bags == NULL || state->firsts == NULL || state->others == NULL || state->costs == NULL)
        goto no_memory;
    if (entrain__thieves_make(&state->thieves, arena, setup, NULL) != ENTRAIN_OK)
        goto no_memory;
    entrain__shares_cut(setup, state->firsts);
    *state_out = state;
    return ENTRAIN_OK;
no_memory:
    entrain__arena_destroy(arena);
    return ENTRAIN_NO_MEMORY;
}

// The cost of the dearest of the shares that @p firsts cuts, ns.
static uint64_t dearest(const adaptive_state *state, const uint32_t *firsts) {
    uint64_t most = 0;
    for (uint32_t worker = 0; worker < state->worker_count; worker++) {
        uint64_t cost = 0;
        for (uint32_t task = firsts[worker]; task < firsts[worker + 1]; task++)
            cost += state->costs[task];
        most = cost > most ? cost : most;
    }
    return most;
}

// Cuts the shares anew if that is worth it. Every task has run, so every cost is known.
static void look(adaptive_state *state) {
    const entrain_policy_setup measured = {
        .worker_count = state->worker_count, .task_count = state->task_count, .task_weights = state->costs};
    entrain__shares_cut(&measured, state->others);
    uint64_t total = 0;
    for (uint32_t task = 0; task < state->task_count; task++)
        total += state->costs[task];
    if (dearest(state, state->others) + total / state->worker_count / GAIN >= dearest(state, state->firsts))
        return;
    uint32_t *before = state->firsts;
    state->firsts = state->others;
    state->others = before;
}

static void submit(void *opaque, uint64_t phase) {
    adaptive_state *state = opaque;
    if (phase > 0 && phase % INTERVAL == 0) {
        uint64_t stolen = 0;
        for (uint32_t worker = 0; worker < state->worker_count; worker++) {
            stolen += state->bags[worker].stolen;
            state->bags[worker].stolen = 0;
        }
        if (stolen > (uint64_t)state->task_count * INTERVAL / STOLEN)
            look(state);
    }
    entrain__thieves_fill(&state->thieves, state->firsts);
}

static bool next(void *opaque, uint32_t worker, uint32_t *task_out) {
    adaptive_state *state = opaque;
    if (!entrain__thieves_next(&state->thieves, worker, task_out))
        return false;
    state->bags[worker].stolen += *task_out < state->firsts[worker] || *task_out >= state->firsts[worker + 1];
    return true;
}

static void done(void *opaque, uint32_t worker, uint32_t task, uint64_t cost_ns) {
    adaptive_state *state = opaque;
    (void)worker;
    const uint64_t known = state->costs[task];
    uint64_t news = cost_ns < 1 ? 1 : cost_ns;
    if (known > 0 && news > 2 * known)
        news = 2 * known;
    if (known > 0) // rounded up: 1 is not stuck at 1
        news = (known * (NEWS - 1) + news + NEWS - 1) / NEWS;
    state->costs[task] = news < UINT32_MAX ? (uint32_t)news : UINT32_MAX;
}

static void count(const void *opaque, uint32_t worker, entrain_policy_count *count_out) {
    const adaptive_state *state = opaque;
    entrain__thieves_count(&state->thieves, worker, count_out);
}

static void destroy(void *opaque) {
    adaptive_state *state = opaque;
    entrain__arena_destroy(state->arena);
}

const entrain_policy entrain__policy_adaptive = {
    .name = "adaptive",
    .summary = "contiguous shares, cut again from measured costs, and idle workers steal what is left",
    .create = create,
    .submit = submit,
    .next = next,
    .done = done,
    .count = count,
    .destroy = destroy,
};
