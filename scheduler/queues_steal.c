// The queues of `steal` and `steal-near` where tasks become ready one by one.
//
// Each worker has a ring that it alone pushes into and that anybody takes from, by moving the head with
// one compare and swap, oldest first:
//
//   ring     head | ready tasks ... | tail        the owner takes a few at once, a thief half
//   next     one task, if the ring was empty when it became ready: nobody else takes it
//   in hand  those few that the owner took
//   spill    a list of what the ring had no room for, moved into the ring before anything is taken
//
// A token that goes from actor to actor is always `next`: it stays with one worker and costs no locked
// instruction, and nobody is woken for it. What is hidden from thieves, while the owner runs a task, is
// `next` (one task) and what it has in hand: at most 16, and only as long as at least three times as many
// lie in its ring for others. The spill is hidden too, but it is empty unless the ring is full of RING_MAX
// others.
//
// Slots are read before the compare and swap that makes them the reader's. Their owner may write over them
// meanwhile, but only after the head has moved past them, and then the compare and swap fails. (The head
// has 32 bits; it would have to wrap entirely in between.)
#include "engine/base/assert.h"
#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "engine/base/preempt.h"
#include "scheduler/mix.h"
#include "scheduler/policies.h"
#include "scheduler/ready.h"

enum { RING_MAX = 1 << 16, HAND_MAX = 16, LOOT_MAX = 1024, NOBODY = UINT16_MAX };
#define NOTHING UINT32_MAX

typedef struct owner {
    // By the owner; the first four are atomic, because whoever comes to rest last looks whether anything
    // is left there.
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t next;
    uint32_t in_hand, hand_count; // hand[in_hand .. hand_count-1] are left
    uint32_t spill_first;         // task + 1, linked
    uint32_t spill_last, hand[HAND_MAX];
    uint64_t draws;
    entrain_policy_count count;
    const uint16_t *victims; // [worker_count - 1] nearest first
    // By the owner, read by thieves.
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t tail; // atomic
    uint32_t *tasks;                            // atomic each
    uint32_t mask;
    // By whoever takes.
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t head; // atomic
} owner;

typedef struct steal_state {
    entrain__arena *arena;
    owner *owners;   // [worker_count]
    uint32_t *links; // [task_count] of spills; NULL where rings hold all tasks
    uint32_t worker_count;
} steal_state;

static void order_victims(uint16_t *victims, const entrain_policy_setup *setup, uint32_t worker, bool near) {
    const uint32_t *distances = near ? setup->worker_distances : NULL;
    for (uint32_t n = 0; n + 1 < setup->worker_count; n++) {
        const uint32_t victim = (worker + 1 + n) % setup->worker_count;
        uint32_t at = n; // by insertion: at most 255
        for (; distances != NULL && at > 0 &&
               distances[worker * setup->worker_count + victims[at - 1]] >
                   distances[worker * setup->worker_count + victim];
             at--)
            victims[at] = victims[at - 1];
        victims[at] = (uint16_t)victim;
    }
}

static entrain_status create_state(const entrain_policy_setup *setup, bool near, void **state_out) {
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    const uint32_t workers = setup->worker_count;
    uint32_t size = 64;
    while (size < setup->task_count && size < RING_MAX)
        size *= 2;
    steal_state *state = entrain__arena_take(arena, 1, sizeof *state);
    uint16_t *victims = entrain__arena_take(arena, (size_t)workers * workers, sizeof *victims);
    if (state == NULL || victims == NULL)
        goto no_memory;
    *state = (steal_state){.arena = arena, .worker_count = workers};
    state->owners = entrain__arena_take(arena, workers, sizeof *state->owners);
    if (size < setup->task_count)
        state->links = entrain__arena_take(arena, setup->task_count, sizeof *state->links);
    if (state->owners == NULL || (size < setup->task_count && state->links == NULL))
        goto no_memory;
    for (uint32_t w = 0; w < workers; w++) {
        owner *self = &state->owners[w];
        self->next = NOTHING;
        self->draws = setup->seed + w;
        self->mask = size - 1;
        self->victims = victims + (size_t)w * workers;
        order_victims(victims + (size_t)w * workers, setup, w, near);
        self->tasks = entrain__arena_take(arena, size, sizeof *self->tasks);
        if (self->tasks == NULL)
            goto no_memory;
    }
    *state_out = state;
    return ENTRAIN_OK;
no_memory:
    entrain__arena_destroy(arena);
    return ENTRAIN_NO_MEMORY;
}

static entrain_status create_steal(const entrain_policy_setup *setup, void **state_out) {
    return create_state(setup, false, state_out);
}
static entrain_status create_steal_near(const entrain_policy_setup *setup, void **state_out) {
    return create_state(setup, true, state_out);
}

static void destroy(void *opaque) {
    steal_state *state = opaque;
    entrain__arena_destroy(state->arena);
}

static uint32_t room_in(const owner *self) {
    // Pairs with the compare and swap that moved the head: what its reader read may be written over.
    return self->mask + 1 - (self->tail - entrain__load_acquire_u32(&self->head));
}

static void write_task(owner *self, uint32_t at, uint32_t task) {
    // Relaxed: published with the tail; a thief that reads it too early finds that the head has moved.
    entrain__store_relaxed_u32(&self->tasks[at & self->mask], task);
}

static void spill(steal_state *state, owner *self, uint32_t task) {
    ENTRAIN_ASSERT(state->links != NULL); // else the ring holds all tasks there are
    state->links[task] = 0;
    if (self->spill_first == 0)
        entrain__store_relaxed_u32(&self->spill_first, task + 1);
    else
        state->links[self->spill_last - 1] = task + 1;
    self->spill_last = task + 1;
}

static int make_ready(void *opaque, uint32_t worker, uint32_t task) {
    steal_state *state = opaque;
    owner *self = &state->owners[worker];
    const uint32_t tail = self->tail;
    const bool alone = self->in_hand == self->hand_count && self->spill_first == 0 &&
                       entrain__load_relaxed_u32(&self->head) == tail;
    if (alone && self->next == NOTHING) {
        entrain__store_relaxed_u32(&self->next, task);
        return ENTRAIN_WAKE_NOBODY;
    }
    if (self->spill_first != 0 || room_in(self) == 0) {
        spill(state, self, task);
        return ENTRAIN_WAKE_ANYBODY;
    }
    write_task(self, tail, task);
    ENTRAIN__PREEMPT_POINT();
    // Publishes the task, and is the full fence of ready(). Pairs with the acquire loads of the tail.
    entrain__exchange_u32(&self->tail, tail + 1);
    return ENTRAIN_WAKE_ANYBODY;
}

static void unspill(steal_state *state, owner *self) {
    uint32_t tail = self->tail;
    for (uint32_t room = room_in(self); room > 0 && self->spill_first != 0; room--) {
        const uint32_t task = self->spill_first - 1;
        entrain__store_relaxed_u32(&self->spill_first, state->links[task]);
        write_task(self, tail++, task);
    }
    // Publishes the tasks. Pairs with the acquire loads of the tail.
    entrain__store_release_u32(&self->tail, tail);
}

// Takes up to @p count of the oldest tasks of @p from. @return how many: 0, it is empty.
static uint32_t take_some(owner *from, uint32_t share, uint32_t limit, uint32_t *tasks_out,
                          bool *contended_out) {
    const uint32_t head = entrain__load_acquire_u32(&from->head);
    // Pairs with the exchange in make_ready().
    const uint32_t queued = entrain__load_acquire_u32(&from->tail) - head;
    if (queued == 0 || queued > from->mask + 1) // or this head is out of date
        return 0;
    uint32_t count = queued / share;
    count = count < 1 ? 1 : count > limit ? limit : count;
    for (uint32_t n = 0; n < count; n++)
        tasks_out[n] = entrain__load_relaxed_u32(&from->tasks[(head + n) & from->mask]);
    ENTRAIN__PREEMPT_POINT();
    // Makes them the caller's. Pairs with itself, and with the load in room_in().
    if (entrain__cas_acq_rel_u32(&from->head, head, head + count))
        return count;
    *contended_out = true;
    return 0;
}

static bool take_own(steal_state *state, owner *self, uint32_t *task_out) {
    if (self->in_hand < self->hand_count) {
        *task_out = self->hand[self->in_hand];
        entrain__store_relaxed_u32(&self->in_hand, self->in_hand + 1);
        return true;
    }
    if (self->next != NOTHING) {
        *task_out = self->next;
        entrain__store_relaxed_u32(&self->next, NOTHING);
        return true;
    }
    if (self->spill_first != 0)
        unspill(state, self);
    for (;;) {
        bool contended = false;
        const uint32_t count = take_some(self, 4, HAND_MAX, self->hand, &contended);
        if (count > 0) {
            *task_out = self->hand[0];
            entrain__store_relaxed_u32(&self->in_hand, 1);
            entrain__store_relaxed_u32(&self->hand_count, count);
            return true;
        }
        if (!contended)
            return false;
    }
}

static bool take_from(owner *self, owner *victim, uint32_t *task_out) {
    uint32_t loot[LOOT_MAX];
    bool contended;
    self->count.steals_tried++;
    uint32_t limit = room_in(self) < LOOT_MAX ? room_in(self) : LOOT_MAX;
    uint32_t count = limit == 0 ? 0 : take_some(victim, 2, limit, loot, &contended);
    if (count == 0)
        return false;
    self->count.steals_won++;
    uint32_t tail = self->tail;
    for (uint32_t n = 1; n < count; n++)
        write_task(self, tail++, loot[n]);
    ENTRAIN__PREEMPT_POINT();
    if (count > 1) // publishes them for the next thief; pairs with the acquire loads of the tail
        entrain__exchange_u32(&self->tail, tail);
    *task_out = loot[0];
    return true;
}

static bool take(steal_state *state, uint32_t worker, bool near, uint32_t *task_out) {
    owner *self = &state->owners[worker];
    if (take_own(state, self, task_out))
        return true;
    const uint32_t others = state->worker_count - 1;
    const uint32_t first = near || others < 2 ? 0 : entrain__mix_below(&self->draws, others);
    for (uint32_t n = 0; n < others; n++) {
        uint32_t at = first + n < others ? first + n : first + n - others;
        if (take_from(self, &state->owners[self->victims[at]], task_out))
            return true;
    }
    return false;
}

static bool take_random(void *opaque, uint32_t worker, uint32_t *task_out) {
    return take(opaque, worker, false, task_out);
}
static bool take_near(void *opaque, uint32_t worker, uint32_t *task_out) {
    return take(opaque, worker, true, task_out);
}

// What is next, in hand or spilt is its owner's, who sleeps over it only when asked to.
static bool holds(const void *opaque, uint32_t worker) {
    const steal_state *state = opaque;
    const owner *self = &state->owners[worker];
    return entrain__load_relaxed_u32(&self->next) != NOTHING ||
           entrain__load_relaxed_u32(&self->spill_first) != 0 ||
           entrain__load_relaxed_u32(&self->in_hand) < entrain__load_relaxed_u32(&self->hand_count);
}

static bool any(const void *opaque, uint32_t worker) {
    const steal_state *state = opaque;
    if (holds(opaque, worker))
        return true;
    for (uint32_t w = 0; w < state->worker_count; w++) {
        const owner *other = &state->owners[w];
        // Pairs with the exchange in make_ready().
        if (entrain__load_acquire_u32(&other->tail) != entrain__load_acquire_u32(&other->head))
            return true;
    }
    return false;
}

static void count(const void *opaque, uint32_t worker, entrain_policy_count *count_out) {
    const steal_state *state = opaque;
    *count_out = state->owners[worker].count;
}

const entrain_policy_queues entrain__queues_steal = {
    .create = create_steal,
    .ready = make_ready,
    .take = take_random,
    .any = any,
    .holds = holds,
    .count = count,
    .destroy = destroy,
};

const entrain_policy_queues entrain__queues_steal_near = {
    .create = create_steal_near,
    .ready = make_ready,
    .take = take_near,
    .any = any,
    .holds = holds,
    .count = count,
    .destroy = destroy,
};
