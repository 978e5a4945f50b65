/// @file ring.h  A bounded ring of task numbers: filled whole while all are quiescent, then emptied by many.
///
/// A ck_ring whose slots are written once, when it is made. Since every phase submits the same tasks, filling
/// it again is setting its two counters: O(1) where enqueuing would be O(tasks), in the serial part, where it
/// counts double. Consumers are ck_ring's own, any number of them; there is no producer while they run.
///
/// Consumers compare and swap a 32-bit position that starts at 0 in each phase. One that was preempted
/// between reading and swapping cannot meet the same position of a later phase: it reaches the barrier first.
#ifndef ENTRAIN_SCHEDULER_RING_H
#define ENTRAIN_SCHEDULER_RING_H

#include <ck_ring.h>

#include "engine/base/assert.h"
#include "engine/base/atomics.h"
#include "engine/base/memory.h"

/// A ring of 2^24 slots holds one less.
#define ENTRAIN__RING_TASKS_MAX ((UINT32_C(1) << 24) - 1)

struct entrain__ring_task {
    uint32_t number;
};
CK_RING_PROTOTYPE(task, entrain__ring_task)

typedef struct entrain__ring {
    _Alignas(
        ENTRAIN_CACHE_LINE) ck_ring_t ring; // c_head by every consumer, the rest by refill; padded by libck
    struct entrain__ring_task *slots;
    uint32_t count;
} entrain__ring;

/// Makes @p ring hold @p count tasks from @p first on; empty until refilled. ENTRAIN_LIMIT above
/// ENTRAIN__RING_TASKS_MAX.
static inline entrain_status entrain__ring_make(entrain__ring *ring, entrain__arena *arena, uint32_t first,
                                                uint32_t count) {
    if (count > ENTRAIN__RING_TASKS_MAX)
        return ENTRAIN_LIMIT;
    uint32_t size = 2;
    while (size < count + 1)
        size *= 2;
    ring->slots = entrain__arena_take(arena, size, sizeof *ring->slots);
    if (ring->slots == NULL)
        return ENTRAIN_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        ring->slots[i].number = first + i;
    ring->count = count;
    ck_ring_init(&ring->ring, size);
    return ENTRAIN_OK;
}

/// All its tasks are in it again. One thread, nobody else in the ring before the next barrier or gate, which
/// publishes it.
static inline void entrain__ring_refill(entrain__ring *ring) {
    ENTRAIN_ASSERT(ring->count < ck_ring_capacity(&ring->ring));
    ring->ring.c_head = 0;
    ring->ring.p_head = ring->ring.p_tail = ring->count;
}

/// The oldest task, or false: empty, and so until the next refill. Any thread. Lock-free: a retry means that
/// somebody got one.
static inline bool entrain__ring_take(entrain__ring *ring, uint32_t *task_out) {
    struct entrain__ring_task task;
    if (!CK_RING_DEQUEUE_SPMC(task, &ring->ring, ring->slots, &task))
        return false;
    *task_out = task.number;
    return true;
}

#endif
