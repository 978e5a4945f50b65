// `steal`, the default, and `steal-near`: each worker has its contiguous share by weight, and takes half of
// somebody else's when it has run dry. thieves.c is how; here is where a task starts.
//
// Affinity: a task starts where it ran last, so that it finds its columns in that worker's cache, and a
// worker that is always late (a slower core, weights that lie) is given less from the next phase on instead
// of being robbed anew in each. By itself that turns into chaos: one late worker in one phase is enough for
// all its tasks to move, it then steals others to have something to do, and nothing leads back. So:
//
//  - Who stole while tasks of its own share were away was given too little: as many of those come home, and
//    what it stole instead starts where it did. A worker late once has its share back two phases later.
//  - At most half of a share is away, rounded up. Who comes back finds the rest at home.
//  - A worker runs its own share first, then its guests: thieves take from the back, so guests move on and
//    residents stay.
//  - A phase in which less than a WORTH-th of all tasks were stolen changes nothing: that is noise at the end
//    of shares, and writing the list anew is serial time.
//
// In virtual time (8 workers, 400 tasks of 1 us, 640 phases; tests/test_policy_replay.c prints such figures):
// steals, tasks that ran elsewhere than in the phase before, and breaks, where neighbouring tasks do (7 are
// needed); means of a phase.
//
//                                fixed shares            affinity alone          as above
//                                steals moved breaks     steals moved breaks     steals moved breaks
//      one worker twice as slow   15.3   20.2   21.7      1.6    1.5    25.1      1.5    1.6    23.4
//      one share half as dear     12.2   13.2   18.9      0.4    0.4    17.9      1.0    0.4    21.9
//      each late 2 % of phases     3.4   14.6   10.3      6.0   19.6   186.0      5.1   21.4    12.6
//      late once                  0.03    0.2    7.0      0.06   0.2    31.6      0.06   0.3     7.1
//
// So what lasts is stolen once, not in every phase; what happens once is forgotten. The price is that a late
// worker's tasks move twice, out and home. (Sending all guests home every 64 phases, with the first rule or
// instead of it, was no better in any row.)
//
// The list of tasks is in the order of the stretches: written anew in the serial part, O(tasks), about 50
// instructions each, after a phase in which enough was stolen; otherwise only the stretches are filled,
// O(workers).
#include <string.h>

#include "entrain/scheduler.h"
#include "scheduler/policies.h"
#include "scheduler/ready.h"
#include "scheduler/thieves.h"

enum { WORTH = 64 };

// Grouped by writer: a cache line per worker.
typedef struct host {
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t guests; // taken in this phase: by its worker; put back by submit
    uint32_t stolen, claims;                      // by submit: see count_claims()
    uint32_t residents;                           // by submit: of its share, how many are at home
} host;

typedef struct steal_state {
    entrain__arena *arena;
    entrain__thieves thieves;
    host *hosts;       // [worker_count]
    uint32_t *shares;  // [worker_count + 1] by weight, for ever
    uint32_t *firsts;  // [worker_count + 1] where in `order` the workers' tasks begin, by submit
    uint32_t *cursors; // [worker_count] where in `order` its next guest goes, scratch of submit
    uint32_t *order;   // [task_count] by submit
    uint8_t *homes;    // [task_count] who starts with it, by submit
    uint16_t *thefts;  // [task_count] last theft: by the thief
    uint32_t worker_count, task_count;
    uint8_t stamp; // of this phase, by submit
} steal_state;
// A theft is who ran the task as a guest, and in which phase, as far as a byte can tell: one of 256 phases
// ago, taken for new, would cost a move and nothing else.
static uint16_t theft_of(uint8_t stamp, uint32_t thief) { return (uint16_t)((uint32_t)stamp << 8 | thief); }
_Static_assert(ENTRAIN_WORKERS_MAX <= UINT8_MAX + 1, "a byte names a worker");

// Everybody at home.
static void settle_down(steal_state *state) {
    for (uint32_t worker = 0; worker < state->worker_count; worker++)
        for (uint32_t task = state->shares[worker]; task < state->shares[worker + 1]; task++) {
            state->order[task] = task;
            state->homes[task] = (uint8_t)worker;
        }
    for (uint32_t worker = 0; worker <= state->worker_count; worker++)
        state->firsts[worker] = state->shares[worker];
}

static entrain_status create_state(const entrain_policy_setup *setup, const uint32_t *distances,
                                   void **state_out) {
    const uint32_t workers = setup->worker_count, tasks = setup->task_count;
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    steal_state *state = entrain__arena_take(arena, 1, sizeof *state);
    if (state == NULL)
        goto no_memory;
    *state = (steal_state){
        .arena = arena,
        .hosts = entrain__arena_take(arena, workers, sizeof *state->hosts),
        .shares = entrain__arena_take(arena, workers + 1, sizeof *state->shares),
        .firsts = entrain__arena_take(arena, workers + 1, sizeof *state->firsts),
        .cursors = entrain__arena_take(arena, workers, sizeof *state->cursors),
        .order = entrain__arena_take(arena, tasks, sizeof *state->order),
        .homes = entrain__arena_take(arena, tasks, sizeof *state->homes),
        .thefts = entrain__arena_take(arena, tasks, sizeof *state->thefts),
        .worker_count = workers,
        .task_count = tasks,
    };
    if (state->hosts == NULL || state->shares == NULL || state->firsts == NULL || state->cursors == NULL ||
        state->order == NULL || state->homes == NULL || state->thefts == NULL)
        goto no_memory;
    if (entrain__thieves_make(&state->thieves, arena, setup, distances) != ENTRAIN_OK)
        goto no_memory;
    entrain__shares_cut(setup, state->shares);
    settle_down(state);
    *state_out = state;
    return ENTRAIN_OK;
no_memory:
    entrain__arena_destroy(arena);
    return ENTRAIN_NO_MEMORY;
}

static entrain_status create_steal(const entrain_policy_setup *setup, void **state_out) {
    return create_state(setup, NULL, state_out);
}

static entrain_status create_steal_near(const entrain_policy_setup *setup, void **state_out) {
    return create_state(setup, setup->worker_distances, state_out);
}

// What follows is serial time, most of it for tasks that ran at home: those are passed over quickly. (Bytes
// may alias anything, so loops keep in variables what they use.)

// Who ran @p task, in the phase that @p stamp names, having started with @p home.
static uint8_t runner_of(uint16_t theft, uint8_t stamp, uint8_t home) {
    return theft >> 8 == stamp ? (uint8_t)theft : home;
}

// How many tasks each worker may claim back: those of its share that ran elsewhere, but no more than it stole
// for want of them; and as many of those it does not keep.
static void count_claims(steal_state *state) {
    const uint8_t *const homes = state->homes, stamp = state->stamp;
    const uint16_t *const thefts = state->thefts;
    host *const hosts = state->hosts;
    for (uint32_t worker = 0; worker < state->worker_count; worker++)
        hosts[worker].stolen = hosts[worker].claims = 0;
    for (uint32_t owner = 0; owner < state->worker_count; owner++) {
        const uint32_t end = state->shares[owner + 1];
        for (uint32_t task = state->shares[owner]; task < end; task++) {
            const uint8_t runner = runner_of(thefts[task], stamp, homes[task]);
            if (runner != owner) {
                hosts[owner].claims++;
                hosts[runner].stolen += runner != homes[task];
            }
        }
    }
    for (uint32_t worker = 0; worker < state->worker_count; worker++) {
        host *self = &hosts[worker];
        self->claims = self->claims < self->stolen ? self->claims : self->stolen;
        self->stolen = self->claims;
    }
}

// Where a task of @p owner's share that started at @p home and ran at @p runner, not its owner, starts from
// now on. *may_leave: how many more of that share need not be home.
static uint8_t home_for(host *hosts, uint32_t owner, uint8_t home, uint8_t runner, uint32_t *may_leave) {
    if (runner == home || hosts[runner].stolen == 0)
        home = runner;
    else
        hosts[runner].stolen--; // its thief claims one of its own instead
    if (home == owner)
        return home;
    if (hosts[owner].claims > 0) {
        hosts[owner].claims--;
        return (uint8_t)owner;
    }
    if (*may_leave == 0)
        return (uint8_t)owner;
    --*may_leave;
    return home;
}

// A home for each task after a phase in which some ran as guests. Each share from its back: that is where
// thieves took from, so what must come home is from its front. Leaves in `firsts`, at worker + 1, how many
// tasks that worker starts with.
static void choose_homes(steal_state *state) {
    uint8_t *const homes = state->homes;
    const uint8_t stamp = state->stamp;
    const uint16_t *const thefts = state->thefts;
    uint32_t *const counts = state->firsts + 1;
    memset(state->firsts, 0, (state->worker_count + 1) * sizeof *state->firsts);
    for (uint32_t owner = 0; owner < state->worker_count; owner++) {
        const uint32_t first = state->shares[owner], count = state->shares[owner + 1] - first;
        uint32_t may_leave = count - count / 2, guests = 0;
        for (uint32_t task = first + count; task-- > first;) {
            const uint8_t runner = runner_of(thefts[task], stamp, homes[task]);
            if (runner == owner) {
                homes[task] = (uint8_t)owner;
                continue;
            }
            homes[task] = home_for(state->hosts, owner, homes[task], runner, &may_leave);
            guests += homes[task] != owner;
            counts[homes[task]] += homes[task] != owner;
        }
        state->hosts[owner].residents = count - guests;
        counts[owner] += count - guests;
    }
}

// The list by home, residents before guests, each in task order.
static void list_by_home(steal_state *state) {
    const uint8_t *const homes = state->homes;
    uint32_t *const order = state->order, *const cursors = state->cursors, *const firsts = state->firsts;
    uint32_t first = 0;
    for (uint32_t worker = 0; worker < state->worker_count; worker++) {
        cursors[worker] = first + state->hosts[worker].residents;
        first += firsts[worker + 1];
        firsts[worker + 1] = first;
    }
    for (uint32_t owner = 0; owner < state->worker_count; owner++) {
        const uint32_t end = state->shares[owner + 1];
        uint32_t at = firsts[owner];
        for (uint32_t task = state->shares[owner]; task < end; task++)
            if (homes[task] == owner)
                order[at++] = task;
            else
                order[cursors[homes[task]]++] = task;
    }
}

static void submit(void *opaque, uint64_t phase) {
    steal_state *state = opaque;
    uint32_t moved = 0;
    for (uint32_t worker = 0; worker < state->worker_count; worker++) {
        moved += state->hosts[worker].guests;
        state->hosts[worker].guests = 0;
    }
    if (moved > state->task_count / WORTH) {
        count_claims(state);
        choose_homes(state);
        list_by_home(state);
    }
    state->stamp = (uint8_t)(phase + 1);
    entrain__thieves_fill(&state->thieves, state->firsts);
}

static bool next(void *opaque, uint32_t worker, uint32_t *task_out) {
    steal_state *state = opaque;
    uint32_t position;
    if (!entrain__thieves_next(&state->thieves, worker, &position))
        return false;
    const uint32_t task = state->order[position];
    if (position < state->firsts[worker] || position >= state->firsts[worker + 1]) {
        state->thefts[task] = theft_of(state->stamp, worker); // whose task it is until the barrier
        state->hosts[worker].guests++;
    }
    *task_out = task;
    return true;
}

static void count(const void *opaque, uint32_t worker, entrain_policy_count *count_out) {
    const steal_state *state = opaque;
    entrain__thieves_count(&state->thieves, worker, count_out);
}

static void destroy(void *opaque) {
    steal_state *state = opaque;
    entrain__arena_destroy(state->arena);
}

const entrain_policy entrain__policy_steal = {
    .name = "steal",
    .summary = "a queue per worker by weight, and idle workers steal half of another's: the default",
    .create = create_steal,
    .submit = submit,
    .next = next,
    .count = count,
    .destroy = destroy,
    .queues = &entrain__queues_steal,
};

const entrain_policy entrain__policy_steal_near = {
    .name = "steal-near",
    .summary = "as steal, and idle workers ask the nearest first (shared caches, then packages)",
    .create = create_steal_near,
    .submit = submit,
    .next = next,
    .count = count,
    .destroy = destroy,
    .wants_distances = true,
    .queues = &entrain__queues_steal_near,
};
