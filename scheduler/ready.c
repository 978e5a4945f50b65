// A run without phases: workers take ready tasks, look for some when they have none, sleep when there are
// none, and are woken when there are.
//
//   work -> (found nothing) -> search -> (still nothing) -> announce -> look again -> sleep -> woken: search
//
// One word counts the sleepers and the searchers, and has a bit that says that all rest. Besides, each
// worker has a status of its own, AWAKE or ASLEEP, because one word has no room for 256 names:
//
//  - To sleep: status = ASLEEP, then sleepers + 1 (and searchers - 1). The worker is asleep from that
// addition on,
//    whether it is in the kernel yet or not.
//  - To wake somebody: sleepers - 1 first, by a compare and swap that finds them above 0 (and, for a
// searcher,
//    searchers + 1: only where none searches). That is the right to one sleeper, any one: then swap some
// ASLEEP for
//    WOKEN, and move that worker's event. As each right was counted after a status had been set, one is
// there.
//  - A sleeper that gets up by itself does the same with its own name. If somebody was quicker, it gives
// the right
//    back and is woken. Only who is awake, or about to be, ever gives one back: that never completes the
// sleepers.
//
// So the count is never above the number of workers that are asleep and nobody has a right to, and a
// worker runs only after it was taken off. (Counting it off afterwards would be wrong: it might run,
// announce itself again and be counted twice.)
//
// No wake-up is lost. Make ready: push, a full fence (the policy's ready() has it), look at the word.
// Sleep: announce by a locked instruction, look at the queues. One of both sees the other. That a pusher
// leaves it to a worker that is searching is no gap: a searcher that gives up announces itself and looks
// once more after that; one that finds something and was the last to search looks once more too, and wakes
// another.
//
// Rest is exact. The addition that makes all workers sleepers is made by one of them. None runs then, so
// nothing becomes ready; some may be about to get up for what they saw. That one looks at the queues on
// everybody's behalf. If all are empty, or somebody asked for a rest, it closes the door: it sets RESTING
// by a compare and swap that fails if anything has happened to the word since the addition (rights move
// its epoch on), and getting up fails while RESTING is set. If not, it gets up and wakes whom it found
// something for. With RESTING set all go to the scheduler's barrier, and there, with nobody in here any
// more, rest() is called. A worker that goes to sleep over something without looking again has seen before
// that a rest was asked for; until rest() has begun nobody takes that back.
//
// Searching is for at most half of the workers, so that those who work are not asked by everybody at once.
// tests/models/park.pml checks the protocol, for two workers, without those who stand aside (below),
// requests for a rest and policies that name whom to wake.
#include "scheduler/ready.h"

#include <time.h>

#include "engine/base/assert.h"
#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "engine/base/preempt.h"
#include "engine/base/wait.h"
#include "scheduler/throttle.h"

enum {
    SEARCH_ROUNDS = 64,    // looks before it sleeps: some microseconds, about what waking it costs
    SEARCH_ROUNDS_MIN = 8, // where searches end in vain they become shorter
    VAIN_MAX = 4, // times it gets up for nothing before it yields: somebody was preempted while it pushed
};

// The word: how many are asleep, how many search, whether all rest, and how often somebody got up.
#define SLEEPER UINT64_C(1)
#define SEARCHER (UINT64_C(1) << 16)
#define RESTING (UINT64_C(1) << 32)
#define EPOCH (UINT64_C(1) << 33)
static uint32_t sleepers_of(uint64_t word) { return (uint32_t)word & 0xffff; }
static uint32_t searchers_of(uint64_t word) { return (uint32_t)word >> 16; }

enum { AWAKE, ASLEEP, WOKEN, WOKEN_TO_SEARCH };

// One worker's.
typedef struct sleeper {
    entrain__event event;                         // moved by whoever wakes it
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t status; // atomic, see above
    // Its own.
    _Alignas(ENTRAIN_CACHE_LINE) bool searching; // counted among the searchers
    uint32_t search_halvings, vain;
    uint32_t long_windows; // in turn
    entrain__wait_count waits;
} sleeper;

struct entrain__ready {
    entrain__arena *arena;
    const entrain_policy_queues *queues;
    void *state;
    sleeper *sleepers; // [worker_count]
    uint32_t worker_count, task_count;
    const entrain_ready_job *job; // by the serial part
    // Alone: first come, first served, and these instead of queues and state.
    uint32_t *ring; // NULL: not alone
    uint32_t ring_mask, head, tail;
#ifdef ENTRAIN_CHECKED
    uint32_t
        *checked; // [task_count] atomic: 1 if it is in a queue, and 2 for each call that has not returned
#endif
    // By anybody.
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t asked; // atomic: somebody wants a rest
    uint32_t allowed; // atomic: workers that may work; by who keeps the pace, or finds no task
    // By whoever keeps the pace.
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t paced; // atomic: somebody does
    uint64_t epoch_ends;                         // atomic
    bool fresh;                                  // no epoch has begun
    entrain__throttle throttle;
    uint32_t aside;                             // atomic: so many stand aside
    uint32_t lifted;                            // atomic: all may work again; the throttle begins anew
    entrain__event change;                      // more may work
    _Alignas(ENTRAIN_CACHE_LINE) uint64_t word; // atomic, see above
};

// --- The invariant, checked: a task is in one queue at most, and run by one worker at most.

#ifdef ENTRAIN_CHECKED
// A task's last act may make it ready while its task() call has not returned, and a quicker worker may do
// that again.
static void check_pushed(entrain__ready *ready, uint32_t task) {
    uint32_t before = entrain__add_acq_rel_u32(&ready->checked[task], 1);
    ENTRAIN_ASSERT(before % 2 == 0);
}
static void check_taken(entrain__ready *ready, uint32_t task) {
    uint32_t before = entrain__add_acq_rel_u32(&ready->checked[task], 1);
    ENTRAIN_ASSERT(before % 2 == 1);
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
    entrain__event_init(&ready->change);
    ready->allowed = setup->worker_count;
    // Alone there is nobody to share with or to steal from: the plain queue, without a locked instruction.
    const entrain_policy_queues *queues = policy->queues;
    const bool ours = queues == &entrain__queues_first_come || queues == &entrain__queues_shared ||
                      queues == &entrain__queues_static || queues == &entrain__queues_steal ||
                      queues == &entrain__queues_steal_near;
    if (setup->worker_count == 1 && ours) {
        uint32_t size = 1;
        while (size < setup->task_count)
            size *= 2;
        ready->ring_mask = size - 1;
        ready->ring = entrain__arena_take(arena, size, sizeof *ready->ring);
        if (ready->ring == NULL)
            goto fail;
    } else {
        ready->queues = queues;
        status = queues->create(setup, &ready->state);
        if (status != ENTRAIN_OK)
            goto fail;
    }
    *ready_out = ready;
    return ENTRAIN_OK;
fail:
    entrain__arena_destroy(arena);
    return status;
}

void entrain__ready_destroy(entrain__ready *ready) {
    if (ready == NULL)
        return;
    if (ready->queues != NULL)
        ready->queues->destroy(ready->state);
    entrain__arena_destroy(ready->arena);
}

void entrain__ready_begin(entrain__ready *ready, const entrain_ready_job *job) {
    ready->job = job;
    ready->fresh = true;
    ready->epoch_ends = 0;
    entrain__store_relaxed_u32(&ready->allowed, ready->worker_count);
}

void entrain__ready_count(const entrain__ready *ready, uint32_t worker, entrain_worker_stats *stats) {
    entrain_policy_count count = {0};
    if (ready->queues != NULL && ready->queues->count != NULL)
        ready->queues->count(ready->state, worker, &count);
    stats->steals_tried += count.steals_tried;
    stats->steals_won += count.steals_won;
    stats->parks += ready->sleepers[worker].waits.parks;
    stats->yields += ready->sleepers[worker].waits.yields;
}

// --- Waking

// What @p worker's status becomes: @p woken, WOKEN or WOKEN_TO_SEARCH. The caller has the right to one
// sleeper.
// @return false: it does not sleep.
static bool claim(entrain__ready *ready, uint32_t worker, uint32_t woken) {
    sleeper *other = &ready->sleepers[worker];
    // Pairs with the load in sleep_until_woken(): it sees what was made ready before.
    if (entrain__load_relaxed_u32(&other->status) != ASLEEP ||
        !entrain__cas_acq_rel_u32(&other->status, ASLEEP, woken))
        return false;
    ENTRAIN__PREEMPT_POINT();
    // Pairs with the wait in sleep_until_woken().
    entrain__event_advance(&other->event);
    return true;
}

static __attribute__((noinline)) void wake_a_searcher(entrain__ready *ready) {
    uint64_t word;
    do { // orders nothing by itself: the caller has fenced since it pushed
        word = entrain__load_relaxed_u64(&ready->word);
        if (sleepers_of(word) == 0 || searchers_of(word) != 0 || (word & RESTING) != 0)
            return;
        ENTRAIN__PREEMPT_POINT();
    } while (!entrain__cas_acq_rel_u64(&ready->word, word, word - SLEEPER + SEARCHER + EPOCH));
    // One is there; it moves only if others with a right like ours take what we looked at, and leave
    // another one.
    for (uint32_t round = 0;; round++) {
        ENTRAIN__PREEMPT_POINT();
        for (uint32_t worker = 0; worker < ready->worker_count; worker++)
            if (claim(ready, worker, WOKEN_TO_SEARCH))
                return;
        entrain__wait_step(round);
    }
}

// Wakes a sleeper if there is one and nobody searches.
static inline void wake_anybody(entrain__ready *ready) {
    // Relaxed, behind a full fence: see the head of this file.
    uint64_t word = entrain__load_relaxed_u64(&ready->word);
    if (__builtin_expect(sleepers_of(word) != 0 && searchers_of(word) == 0, 0))
        wake_a_searcher(ready);
}

// Wakes @p worker if it sleeps. The caller is awake, and another one.
static void wake_worker(entrain__ready *ready, uint32_t worker) {
    uint64_t word;
    for (uint32_t round = 0;; round++) {
        // Relaxed, behind a full fence, as above.
        if (entrain__load_relaxed_u32(&ready->sleepers[worker].status) != ASLEEP)
            return;
        word = entrain__load_relaxed_u64(&ready->word);
        if ((word & RESTING) != 0) // in rest(): nobody sleeps when it is over
            return;
        ENTRAIN__PREEMPT_POINT();
        if (sleepers_of(word) != 0 &&
            entrain__cas_acq_rel_u64(&ready->word, word, word - SLEEPER + EPOCH)) // pairs with itself
            break;
        entrain__wait_step(round); // it has not announced itself yet, or others have all rights just now
    }
    ENTRAIN__PREEMPT_POINT();
    if (!claim(ready, worker, WOKEN)) // up already: the right goes back, and does not complete the sleepers
        entrain__add_acq_rel_u64(&ready->word, SLEEPER);
}

void entrain__ready_push(entrain__ready *ready, uint32_t worker, uint32_t task) {
    check_pushed(ready, task);
    if (ready->ring != NULL) {
        ready->ring[ready->tail++ & ready->ring_mask] = task;
        return;
    }
    int who = ready->queues->ready(ready->state, worker, task);
    if (who == ENTRAIN_WAKE_NOBODY || who == (int)worker || ready->worker_count == 1)
        return;
    if (who == ENTRAIN_WAKE_ANYBODY)
        wake_anybody(ready);
    else
        wake_worker(ready, (uint32_t)who);
}

void entrain__ready_ask(entrain__ready *ready) {
    // Pairs with the exchange in entrain__ready_rest(). One store: safe in a signal handler. Nobody need
    // be woken: who sleeps rests already, and if all do, rest() is on or about to be.
    entrain__store_release_u32(&ready->asked, 1);
}

static bool is_asked(const entrain__ready *ready) { return entrain__load_relaxed_u32(&ready->asked) != 0; }

// --- Standing aside
//
// While tasks are short and plenty, only so many workers work as pay (throttle.h). The others stand aside:
// awake, as far as sleeping and resting go, and waiting for one event. Nothing is lost by it: who stands
// aside has nothing that only it can take, and has seen to it that worker 0, which never does, is awake;
// and whoever finds no task, and so anybody on the way to sleep or to rest, first calls all of them back.

enum {
    PACE_TASKS = 16,    // between two looks at the clock
    LONG_CYCLES = 6000, // a task: about two microseconds
    LONG_WINDOWS =
        3, // so many times PACE_TASKS long tasks in turn, and all are to work: once may be a preemption
    EPOCH_CYCLES = 1 << 19, // some 200 microseconds
};

// Everybody may work, if anybody stands aside.
static void call_back(entrain__ready *ready) {
    // Relaxed, behind a full fence: see above.
    if (entrain__load_relaxed_u32(&ready->aside) == 0)
        return;
    entrain__store_relaxed_u32(&ready->lifted, 1);
    entrain__store_release_u32(&ready->allowed, ready->worker_count); // pairs with the load in stand_aside()
    entrain__event_advance(&ready->change);
}

static void stand_aside(entrain__ready *ready, uint32_t worker) {
    sleeper *self = &ready->sleepers[worker];
    entrain__add_acq_rel_u32(&ready->aside, 1); // a full fence; pairs with the one in sleep_on_it()
    ENTRAIN__PREEMPT_POINT();
    wake_worker(ready, 0); // there may be tasks in this one's queue
    for (;;) {
        const uint32_t seen = entrain__event_value(&ready->change);
        // Pairs with the stores in call_back() and keep_pace(), which move the event afterwards.
        if (worker < entrain__load_acquire_u32(&ready->allowed) || is_asked(ready))
            break;
        ENTRAIN__PREEMPT_POINT();
        entrain__event_wait(&ready->change, seen, &self->waits);
    }
    entrain__add_acq_rel_u32(&ready->aside, (uint32_t)-1);
}

static void end_epoch(entrain__ready *ready, uint64_t now) {
    uint64_t progress = 0;
    for (uint32_t w = 0; w < ready->worker_count; w++)
        progress += ready->job->progress(ready->job->context, w);
    if (ready->fresh || entrain__load_relaxed_u32(&ready->lifted) != 0) {
        ready->fresh = false;
        entrain__store_relaxed_u32(&ready->lifted, 0);
        entrain__throttle_begin(&ready->throttle, ready->worker_count, now, progress);
        return;
    }
    if (now - ready->throttle.began > 3 * (uint64_t)EPOCH_CYCLES) { // somebody had no core: that says nothing
        ready->throttle.began = now;
        ready->throttle.progress = progress;
        return;
    }
    const uint32_t before = entrain__load_relaxed_u32(&ready->allowed);
    const uint32_t allowed = entrain__throttle_epoch(&ready->throttle, now, progress);
    entrain__store_release_u32(&ready->allowed, allowed); // pairs with the load in stand_aside()
    if (allowed > before)
        entrain__event_advance(&ready->change);
}

// After PACE_TASKS tasks of this worker, the last of which ended at @p now and the first of which began at
// @p before.
static __attribute__((noinline)) void keep_pace(entrain__ready *ready, uint32_t worker, uint64_t before,
                                                uint64_t now) {
    sleeper *self = &ready->sleepers[worker];
    self->long_windows = now - before > (uint64_t)PACE_TASKS * LONG_CYCLES ? self->long_windows + 1 : 0;
    const bool are_long = self->long_windows >= LONG_WINDOWS;
    if (are_long)
        call_back(ready);
    if (now < entrain__load_relaxed_u64(&ready->epoch_ends) || !entrain__cas_acq_rel_u32(&ready->paced, 0, 1))
        return; // the pair of that is the store below
    if (are_long)
        ready->fresh = true; // nothing is tried while tasks are long
    end_epoch(ready, now);
    entrain__store_relaxed_u64(&ready->epoch_ends, now + EPOCH_CYCLES);
    entrain__store_release_u32(&ready->paced, 0);
}

// --- Searching, sleeping

static bool begin_search(entrain__ready *ready, sleeper *self) {
    while (!self->searching) {
        uint64_t word = entrain__load_relaxed_u64(&ready->word);
        if (searchers_of(word) != 0 && 2 * (searchers_of(word) + 1) > ready->worker_count)
            return false;
        // Pairs with itself, and with the looks of those who push.
        self->searching = entrain__cas_acq_rel_u64(&ready->word, word, word + SEARCHER);
    }
    return true;
}

// It has found a task. The last to do so wakes another if there is more: those who pushed meanwhile left
// it to us.
static void end_search(entrain__ready *ready, uint32_t worker) {
    sleeper *self = &ready->sleepers[worker];
    self->vain = 0;
    if (!self->searching)
        return;
    self->searching = false;
    if (self->search_halvings > 0)
        self->search_halvings--;
    // A full fence before the look. Pairs with the one in the policy's ready().
    uint64_t before = entrain__add_acq_rel_u64(&ready->word, UINT64_C(0) - SEARCHER);
    ENTRAIN__PREEMPT_POINT();
    if (searchers_of(before) == 1 && sleepers_of(before) != 0 && ready->queues->any(ready->state, worker))
        wake_anybody(ready);
}

static bool search(entrain__ready *ready, uint32_t worker, uint32_t *task_out) {
    sleeper *self = &ready->sleepers[worker];
    bool found = !is_asked(ready) && ready->queues->take(ready->state, worker, task_out);
    if (!found && ready->worker_count > 1 && begin_search(ready, self)) {
        const uint32_t rounds = SEARCH_ROUNDS >> self->search_halvings;
        for (uint32_t round = 0; round < rounds && !found && !is_asked(ready); round++) {
            entrain__stall();
            found = ready->queues->take(ready->state, worker, task_out);
        }
        if (!found && rounds / 2 >= SEARCH_ROUNDS_MIN)
            self->search_halvings++;
    }
    if (found)
        end_search(ready, worker);
    return found;
}

// A worker that might find a task, @p first if that is one, or worker_count.
static uint32_t whom_it_concerns(const entrain__ready *ready, uint32_t first) {
    for (uint32_t n = 0; n < ready->worker_count; n++) {
        const uint32_t worker = first + n < ready->worker_count ? first + n : first + n - ready->worker_count;
        if (ready->queues->any(ready->state, worker))
            return worker;
    }
    return ready->worker_count;
}

// Takes back what a worker announced, to search. @return false: all rest, or somebody wakes it.
static bool get_up(entrain__ready *ready, uint32_t worker) {
    sleeper *self = &ready->sleepers[worker];
    for (uint32_t round = 0;; round++) {
        uint64_t word = entrain__load_acquire_u64(&ready->word);
        if ((word & RESTING) != 0 || entrain__load_acquire_u32(&self->status) != ASLEEP)
            return false;
        ENTRAIN__PREEMPT_POINT();
        if (sleepers_of(word) != 0 &&
            entrain__cas_acq_rel_u64(&ready->word, word,
                                     word - SLEEPER + SEARCHER + EPOCH)) // pairs with itself
            break;
        entrain__wait_step(round); // others have all rights just now, and claim somebody
    }
    ENTRAIN__PREEMPT_POINT();
    if (!entrain__cas_acq_rel_u32(&self->status, ASLEEP, AWAKE)) { // pairs with claim()
        entrain__add_acq_rel_u64(&ready->word, SLEEPER - SEARCHER);
        return false;
    }
    self->searching = true;
    return true;
}

// This worker's announcement @p word made all of them sleepers. @return whether it has closed the door.
static bool come_to_rest(entrain__ready *ready, uint32_t worker, uint64_t word) {
    const uint32_t concerned = is_asked(ready) ? ready->worker_count : whom_it_concerns(ready, worker);
    ENTRAIN__PREEMPT_POINT();
    if (concerned < ready->worker_count) {
        if (get_up(ready, worker) && concerned != worker)
            wake_worker(ready, concerned);
        return false;
    }
    // Pairs with the loads of the word in get_up() and sleep_until_woken().
    if (!entrain__cas_acq_rel_u64(&ready->word, word, word | RESTING))
        return false;
    for (uint32_t other = 0; other < ready->worker_count; other++)
        if (other != worker)
            entrain__event_advance(&ready->sleepers[other].event);
    return true;
}

// @return false: all rest.
static bool sleep_until_woken(entrain__ready *ready, uint32_t worker) {
    sleeper *self = &ready->sleepers[worker];
    for (;;) {
        const uint32_t seen = entrain__event_value(&self->event);         // before what it announces
        const uint32_t status = entrain__load_acquire_u32(&self->status); // pairs with claim()
        if (status != ASLEEP) {
            self->searching = self->searching || status == WOKEN_TO_SEARCH;
            entrain__store_relaxed_u32(&self->status, AWAKE); // its own until it sleeps again
            return true;
        }
        if ((entrain__load_acquire_u64(&ready->word) & RESTING) != 0) // pairs with come_to_rest()
            return false;
        ENTRAIN__PREEMPT_POINT();
        entrain__event_wait(&self->event, seen, &self->waits);
    }
}

// Sleeps until there may be something. @return false: all rest.
static bool sleep_on_it(entrain__ready *ready, uint32_t worker) {
    sleeper *self = &ready->sleepers[worker];
    if (ready->worker_count == 1)
        return false;
    const bool asked = is_asked(ready);
    ENTRAIN__PREEMPT_POINT();
    entrain__store_relaxed_u32(&self->status, ASLEEP); // published by the addition, see above
    ENTRAIN__PREEMPT_POINT();
    const uint64_t step = SLEEPER - (self->searching ? SEARCHER : 0);
    self->searching = false;
    // Announces it. A full fence: pairs with the one in the policies' ready().
    const uint64_t word = entrain__add_acq_rel_u64(&ready->word, step) + step;
    ENTRAIN__PREEMPT_POINT();
    call_back(ready);
    if (sleepers_of(word) == ready->worker_count) {
        if (come_to_rest(ready, worker, word))
            return false;
    } else if (!asked && ready->queues->any(ready->state, worker) && get_up(ready, worker)) {
        if (++self->vain > VAIN_MAX) // it is there and cannot be taken: give way to who holds it up
            entrain__wait_step(ENTRAIN__WAIT_YIELD);
    }
    return sleep_until_woken(ready, worker);
}

// --- Working

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline void run_task(entrain__ready *ready, const entrain_ready_job *job, uint32_t worker,
                            uint32_t task) {
    ENTRAIN_ASSERT(task < ready->task_count);
    check_taken(ready, task);
    const bool again = job->task(job->context, task, worker);
    check_done(ready, task);
    if (again)
        entrain__ready_push(ready, worker, task);
}

// @return how many tasks it ran.
static uint64_t work_alone(entrain__ready *ready, const entrain_ready_job *job) {
    uint64_t tasks = 0;
    for (; !is_asked(ready) && ready->head != ready->tail; tasks++)
        run_task(ready, job, 0, ready->ring[ready->head++ & ready->ring_mask]);
    return tasks;
}

static uint64_t work(entrain__ready *ready, const entrain_ready_job *job, uint32_t worker) {
    const entrain_policy_queues *queues = ready->queues;
    const bool paced = job->progress != NULL && queues->holds != NULL;
    uint64_t tasks = 0, before = paced ? __builtin_ia32_rdtsc() : 0;
    uint32_t task;
    while (!is_asked(ready) && queues->take(ready->state, worker, &task)) {
        run_task(ready, job, worker, task);
        tasks++;
        if (!paced)
            continue;
        if (tasks % PACE_TASKS == 0) {
            const uint64_t now = __builtin_ia32_rdtsc();
            keep_pace(ready, worker, before, now);
            before = now;
        }
        if (__builtin_expect(worker >= entrain__load_relaxed_u32(&ready->allowed), 0) &&
            !queues->holds(ready->state, worker)) {
            stand_aside(ready, worker);
            before = __builtin_ia32_rdtsc();
        }
    }
    return tasks;
}

void entrain__ready_work(entrain__ready *ready, uint32_t worker, entrain_worker_stats *stats) {
    const entrain_ready_job *job = ready->job;
    uint64_t since_ns = clock_ns();
    for (;;) {
        uint32_t task;
        stats->tasks += ready->ring != NULL ? work_alone(ready, job) : work(ready, job, worker);
        uint64_t now_ns = clock_ns();
        stats->busy_ns += now_ns - since_ns;
        if (ready->ring != NULL)
            return;
        bool found;
        do
            found = search(ready, worker, &task);
        while (!found && sleep_on_it(ready, worker));
        since_ns = clock_ns();
        stats->barrier_wait_ns += since_ns - now_ns;
        if (!found)
            return;
        run_task(ready, job, worker, task);
        stats->tasks++;
    }
}

bool entrain__ready_rest(entrain__ready *ready, uint32_t worker) {
    // All have arrived at the scheduler's barrier: nobody is in here, but those who ask. What they wrote
    // before is seen by rest(): that is why it is an exchange. Pairs with entrain__ready_ask().
    if (is_asked(ready))
        entrain__exchange_u32(&ready->asked, 0);
    entrain__store_relaxed_u64(&ready->word, 0);
    for (uint32_t w = 0; w < ready->worker_count; w++) {
        entrain__store_relaxed_u32(&ready->sleepers[w].status, AWAKE);
        ready->sleepers[w].searching = false;
    }
    const bool quiescent = ready->ring != NULL ? ready->head == ready->tail
                                               : whom_it_concerns(ready, worker) == ready->worker_count;
    return ready->job->rest(ready->job->context, worker, quiescent);
}
