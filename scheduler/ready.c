// A run without phases: workers take ready tasks, look for some when they have none, sleep when there are none, and are
// woken when there are.
//
//   work -> (found nothing) -> search -> (still nothing) -> announce -> look again -> sleep -> woken: search
//
// A worker is asleep from the moment it announces itself (asleep = 1), whether it is in the kernel yet or not. Who wants it
// awake swaps that 1 for 0; only who did so moves its event and takes it off the count of sleepers, before doing anything else.
//
// No wake-up is lost. Make ready: push, a full fence (the policy's ready() has it), look for sleepers. Sleep: announce by a
// locked instruction, look at the queues. One of both sees the other. That a pusher leaves it to a worker that is
// searching is no gap: a searcher that stops searching announces itself and looks once more after that.
// tests/models/park.pml checks it.
//
// Rest is exact. Who announces itself as the last of all (sleepers == workers) looks at the queues on everybody's behalf: if
// all are empty, or somebody asked for a rest, this phase is over and all go to the scheduler's barrier. There, with nobody
// in here any more, the queues are looked at once more, and that look is what rest() is told. If they are not empty,
// whoever may take what is there announced itself before it was pushed and looks again (above), or is this worker. A
// worker that goes to sleep over something without looking again has seen before it announced itself that a rest was asked
// for; then the last one sees that too.
//
// Searching is for at most half of the workers, so that those who work are not asked by everybody at once; the last
// searcher to find something wakes another, because there may be more.
#include "scheduler/ready.h"

#include <time.h>

#include "engine/base/assert.h"
#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "engine/base/preempt.h"
#include "engine/base/wait.h"
#include "scheduler/mix.h"

enum { SEARCH_ROUNDS = 64 };

// One worker's.
typedef struct sleeper {
    entrain__event event;                         // moved by whoever wakes it
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t asleep; // atomic, see above
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t next;   // whom to wake next: its own
    bool searching; // counted among the searchers: its own, or set by who wakes it
    entrain__wait_count waits;
} sleeper;

struct entrain__ready {
    entrain__arena *arena;
    const entrain_policy_queues *queues;
    void *state;
    sleeper *sleepers; // [worker_count]
    uint32_t worker_count, task_count;
    const entrain_ready_job *job; // by the serial part
#ifdef ENTRAIN_CHECKED
    uint32_t *checked; // [task_count] atomic: 0 nowhere, 1 in a queue, 2 run, 3 run and ready again already
#endif
    // By anybody.
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t asked;        // atomic: somebody wants a rest
    uint32_t resting;                                   // atomic: this phase is over
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t asleep_count; // atomic
    uint32_t searching_count;                           // atomic
};

// --- The invariant, checked: a task is in one queue at most, and run by one worker at most.

#ifdef ENTRAIN_CHECKED
static void check_pushed(entrain__ready *ready, uint32_t task) {
    // A task's last act may make it ready while its task() call has not returned: 2 to 3.
    uint32_t before = entrain__add_acq_rel_u32(&ready->checked[task], 1);
    ENTRAIN_ASSERT(before == 0 || before == 2);
}
static void check_taken(entrain__ready *ready, uint32_t task) {
    // From 1, or from 3 by a worker that is quicker than the one whose call has not returned.
    uint32_t before = entrain__add_acq_rel_u32(&ready->checked[task], 1);
    ENTRAIN_ASSERT(before == 1 || before == 3);
}
static void check_done(entrain__ready *ready, uint32_t task) {
    uint32_t before = entrain__add_acq_rel_u32(&ready->checked[task], (uint32_t)-2);
    ENTRAIN_ASSERT(before >= 2);
}
#else
#define check_pushed(ready, task) ((void)0)
#define check_taken(ready, task) ((void)0)
#define check_done(ready, task) ((void)0)
#endif

// --- Life

entrain_status entrain__ready_create(const entrain_policy *policy, const entrain_policy_setup *setup,
                                     entrain__ready **ready_out) {
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    entrain_status status = ENTRAIN_NO_MEMORY;
    entrain__ready *ready = entrain__arena_take(arena, 1, sizeof *ready);
    if (ready == NULL)
        goto fail;
    ready->arena = arena;
    ready->worker_count = setup->worker_count;
    ready->task_count = setup->task_count;
    ready->sleepers = entrain__arena_take(arena, setup->worker_count, sizeof *ready->sleepers);
    if (ready->sleepers == NULL)
        goto fail;
#ifdef ENTRAIN_CHECKED
    ready->checked = entrain__arena_take(arena, setup->task_count, sizeof *ready->checked);
    if (ready->checked == NULL)
        goto fail;
#endif
    for (uint32_t w = 0; w < setup->worker_count; w++)
        entrain__event_init(&ready->sleepers[w].event);
    // Alone there is nobody to share with or to steal from: the plain queue, without a locked instruction.
    const entrain_policy_queues *queues = policy->queues;
    const bool ours = queues == &entrain__queues_shared || queues == &entrain__queues_static ||
                      queues == &entrain__queues_steal || queues == &entrain__queues_steal_near;
    ready->queues = setup->worker_count == 1 && ours ? &entrain__queues_first_come : queues;
    status = ready->queues->create(setup, &ready->state);
    if (status != ENTRAIN_OK)
        goto fail;
    *ready_out = ready;
    return ENTRAIN_OK;
fail:
    entrain__arena_destroy(arena);
    return status;
}

void entrain__ready_destroy(entrain__ready *ready) {
    if (ready == NULL)
        return;
    ready->queues->destroy(ready->state);
    entrain__arena_destroy(ready->arena);
}

void entrain__ready_begin(entrain__ready *ready, const entrain_ready_job *job) { ready->job = job; }

void entrain__ready_count(const entrain__ready *ready, uint32_t worker, entrain_worker_stats *stats) {
    entrain_policy_count count = {0};
    if (ready->queues->count != NULL)
        ready->queues->count(ready->state, worker, &count);
    stats->steals_tried += count.steals_tried;
    stats->steals_won += count.steals_won;
    stats->parks += ready->sleepers[worker].waits.parks;
    stats->yields += ready->sleepers[worker].waits.yields;
}

// --- Waking

// Wakes @p worker if it is asleep. @return whether it was. It is counted as searching from now on.
static bool wake(entrain__ready *ready, uint32_t worker) {
    sleeper *other = &ready->sleepers[worker];
    // Pairs with the exchange in wait_for_task().
    if (entrain__load_relaxed_u32(&other->asleep) == 0 || !entrain__cas_acq_rel_u32(&other->asleep, 1, 0))
        return false;
    ENTRAIN__PREEMPT_POINT();
    entrain__add_acq_rel_u32(&ready->asleep_count, (uint32_t)-1);
    entrain__add_acq_rel_u32(&ready->searching_count, 1);
    // Pairs with the wait in wait_for_task().
    entrain__event_advance(&other->event);
    return true;
}

static void wake_anybody(entrain__ready *ready, uint32_t worker) {
    if (entrain__load_relaxed_u32(&ready->asleep_count) == 0 ||
        entrain__load_relaxed_u32(&ready->searching_count) != 0)
        return;
    sleeper *self = &ready->sleepers[worker];
    for (uint32_t n = 0; n < ready->worker_count; n++) {
        self->next = self->next + 1 < ready->worker_count ? self->next + 1 : 0;
        if (wake(ready, self->next))
            return;
    }
}

void entrain__ready_push(entrain__ready *ready, uint32_t worker, uint32_t task) {
    check_pushed(ready, task);
    int who = ready->queues->ready(ready->state, worker, task);
    if (who == ENTRAIN_WAKE_NOBODY || ready->worker_count == 1)
        return;
    if (who == ENTRAIN_WAKE_ANYBODY)
        wake_anybody(ready, worker);
    else
        (void)wake(ready, (uint32_t)who);
}

void entrain__ready_ask(entrain__ready *ready) {
    // Pairs with the loads in is_asked(). One store: safe in a signal handler.
    entrain__store_release_u32(&ready->asked, 1);
}

static bool is_asked(const entrain__ready *ready) { return entrain__load_relaxed_u32(&ready->asked) != 0; }

// --- Working, searching, sleeping

static bool search(entrain__ready *ready, uint32_t worker) {
    sleeper *self = &ready->sleepers[worker];
    if (!self->searching) {
        if (2 * entrain__load_relaxed_u32(&ready->searching_count) >= ready->worker_count)
            return false;
        entrain__add_acq_rel_u32(&ready->searching_count, 1);
        self->searching = true;
    }
    bool found = false;
    for (uint32_t round = 0; round < SEARCH_ROUNDS && !found && !is_asked(ready); round++) {
        found = ready->queues->any(ready->state, worker);
        entrain__stall();
    }
    self->searching = false;
    ENTRAIN__PREEMPT_POINT();
    const bool last = entrain__add_acq_rel_u32(&ready->searching_count, (uint32_t)-1) == 1;
    if (found && last)
        wake_anybody(ready, worker); // there may be more
    return found;
}

static bool nothing_anywhere(const entrain__ready *ready) {
    for (uint32_t w = 0; w < ready->worker_count; w++)
        if (ready->queues->any(ready->state, w))
            return false;
    return true;
}

// All have announced themselves, this worker as the last. @return whether the phase is over.
static bool come_to_rest(entrain__ready *ready, uint32_t worker) {
    if (!nothing_anywhere(ready) && !is_asked(ready))
        return false;
    // Pairs with the loads in wait_for_task() and entrain__ready_work().
    entrain__store_release_u32(&ready->resting, 1);
    for (uint32_t w = 0; w < ready->worker_count; w++)
        if (w != worker)
            entrain__event_advance(&ready->sleepers[w].event);
    return true;
}

// Takes back what a worker announced. If somebody has woken it meanwhile, that one may not have counted it yet: its event,
// which moves last, says when. (Going on at once it could announce itself again, and be counted twice.)
static void get_up(entrain__ready *ready, uint32_t worker, uint32_t seen) {
    sleeper *self = &ready->sleepers[worker];
    if (entrain__cas_acq_rel_u32(&self->asleep, 1, 0)) {
        entrain__add_acq_rel_u32(&ready->asleep_count, (uint32_t)-1);
    } else {
        entrain__event_wait(&self->event, seen, &self->waits); // pairs with wake()
        self->searching = true;
    }
}

// @return false: this phase is over, and all rest.
static bool wait_for_task(entrain__ready *ready, uint32_t worker) {
    sleeper *self = &ready->sleepers[worker];
    if (ready->worker_count == 1)
        return false;
    if (!is_asked(ready) && search(ready, worker))
        return true;
    if (self->searching) { // woken, and asked to rest before it could look
        self->searching = false;
        entrain__add_acq_rel_u32(&ready->searching_count, (uint32_t)-1);
    }
    const bool asked = is_asked(ready);
    const uint32_t seen = entrain__event_value(&self->event);
    if (entrain__load_acquire_u32(&ready->resting) !=
        0) // pairs with come_to_rest(), which moves the event afterwards
        return false;
    // Announce, a full fence, look again. Pairs with wake(), and with the fence in the policies' ready().
    entrain__exchange_u32(&self->asleep, 1);
    const bool last = entrain__add_acq_rel_u32(&ready->asleep_count, 1) + 1 == ready->worker_count;
    ENTRAIN__PREEMPT_POINT();
    if (last && come_to_rest(ready, worker))
        return false;
    if (!asked && ready->queues->any(ready->state, worker)) {
        get_up(ready, worker, seen);
        return true;
    }
    ENTRAIN__PREEMPT_POINT();
    entrain__event_wait(&self->event, seen, &self->waits);
    if (entrain__load_acquire_u32(&ready->resting) != 0) // pairs with come_to_rest()
        return false;
    self->searching = true; // whoever woke it has counted it
    return true;
}

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void entrain__ready_work(entrain__ready *ready, uint32_t worker, entrain_worker_stats *stats) {
    const entrain_ready_job *job = ready->job;
    const entrain_policy_queues *queues = ready->queues;
    sleeper *self = &ready->sleepers[worker];
    uint64_t since_ns = clock_ns(), tasks = 0;
    for (;;) {
        uint32_t task;
        while (!is_asked(ready) && queues->take(ready->state, worker, &task)) {
            if (__builtin_expect(self->searching, 0)) {
                self->searching = false;
                if (entrain__add_acq_rel_u32(&ready->searching_count, (uint32_t)-1) == 1)
                    wake_anybody(ready, worker);
            }
            ENTRAIN_ASSERT(task < ready->task_count);
            check_taken(ready, task);
            tasks++;
            const bool again = job->task(job->context, task, worker);
            check_done(ready, task);
            if (again)
                entrain__ready_push(ready, worker, task);
        }
        uint64_t now_ns = clock_ns();
        stats->busy_ns += now_ns - since_ns;
        const bool goes_on = wait_for_task(ready, worker);
        since_ns = clock_ns();
        stats->barrier_wait_ns += since_ns - now_ns;
        if (!goes_on)
            break;
    }
    stats->tasks += tasks;
}

bool entrain__ready_rest(entrain__ready *ready, uint32_t worker) {
    // All have arrived at the scheduler's barrier: nobody is in here.
    entrain__store_relaxed_u32(&ready->asked, 0);
    entrain__store_relaxed_u32(&ready->resting, 0);
    entrain__store_relaxed_u32(&ready->asleep_count, 0);
    entrain__store_relaxed_u32(&ready->searching_count, 0);
    for (uint32_t w = 0; w < ready->worker_count; w++) {
        entrain__store_relaxed_u32(&ready->sleepers[w].asleep, 0);
        ready->sleepers[w].searching = false;
    }
    return ready->job->rest(ready->job->context, worker, nothing_anywhere(ready));
}
