/// @file cells.h  Mailboxes for actors that run when they have mail: a ring and its owner's words in one
/// cell.
///
/// A cell is 48 bytes: ck_ring's packed header, where its slots begin, and twenty bytes that mean
/// something to its owner only. With a mailbox of 7 (8 slots of 24 bytes) that is 240 bytes an actor, and
/// what a sender looks at lies on one cache line, or two.
///
/// One producer mode for the life of the cells: with one worker nobody else sends, and no instruction is
/// locked. With many a run of messages to one receiver costs one locked instruction, however long it is:
/// the reservation.
///
/// Many producers, invariants as in mailbox.c: c_head <= p_tail <= p_head, p_tail - c_head <= mask. A
/// producer that is preempted between reservation and publication holds up those behind it: they wait with
/// the shared wait, so this is not lock-free.
///
///               push  begin  peek  release, drained
///   push         -     -      -     -
///   (peek, release, drained: the cell's owner only)
#ifndef ENTRAIN_MAILBOX_CELLS_H
#define ENTRAIN_MAILBOX_CELLS_H

#include "engine/base/memory.h"
#include "engine/base/preempt.h"
#include "engine/base/wait.h"
#include "mailbox/ring.h"

typedef struct entrain__cell {
    ck_ring_t ring;
    uint32_t first;    // of its slots
    uint32_t owner[5]; // the owner's
} entrain__cell;
_Static_assert(sizeof(entrain__cell) == 48, "a cell and eight slots are 240 bytes");

typedef struct entrain__cells {
    entrain__cell *cells;   // [count]
    entrain_message *slots; // of all
    uint32_t count;
    bool many; // producers
    size_t bytes;
} entrain__cells;

/// Memory for @p count cells with @p slot_count slots in all, from @p arena; entrain__cell_make() makes each.
entrain_status entrain__cells_take(entrain__cells *cells, entrain__arena *arena, uint32_t count,
                                   uint64_t slot_count, bool many);
/// The smallest ring that holds @p capacity messages: slots that it needs, one more than it holds.
static inline uint32_t entrain__cell_slots(uint32_t capacity) {
    return UINT32_C(1) << (32 - __builtin_clz(capacity));
}
static inline void entrain__cell_make(entrain__cells *cells, uint32_t index, uint32_t first,
                                      uint32_t slot_count) {
    entrain__cell *cell = &cells->cells[index];
    ck_ring_init(&cell->ring, slot_count);
    cell->first = first;
}

/// Room for up to @p wanted messages, of which *@p room_out, perhaps 0, are now the caller's to write,
/// from position
/// @p at_out on (entrain__cell_slot), and then to publish, every one of them. Any thread.
static inline uint32_t entrain__cell_reserve(entrain__cells *cells, entrain__cell *cell, uint32_t wanted,
                                             uint32_t *at_out) {
    ck_ring_t *ring = &cell->ring;
    if (!cells->many) {
        uint32_t room = ring->mask - (ring->p_tail - ring->c_head);
        *at_out = ring->p_tail;
        return room < wanted ? room : wanted;
    }
    uint32_t head = entrain__load_relaxed_u32(&ring->p_head);
    for (;;) {
        // Pairs with the release of c_head in entrain__ring_release(): what the owner is done with may be
        // written over.
        uint32_t used = head - entrain__load_acquire_u32(&ring->c_head);
        uint32_t room = used <= ring->mask ? ring->mask - used : 0; // more: this head is out of date
        uint32_t count = room < wanted ? room : wanted;
        if (count == 0) {
            uint32_t again = entrain__load_relaxed_u32(&ring->p_head);
            if (again == head)
                return 0;
            head = again; // somebody else got on
            continue;
        }
        ENTRAIN__PREEMPT_POINT();
        // A full fence: what the caller reads next is read after the room is its own.
        if (entrain__cas_acq_rel_u32(&ring->p_head, head, head + count)) {
            *at_out = head;
            return count;
        }
        head = entrain__load_relaxed_u32(&ring->p_head);
    }
}
static inline entrain_message *entrain__cell_slot(entrain__cells *cells, entrain__cell *cell, uint32_t at) {
    return cells->slots + cell->first + (at & cell->ring.mask);
}
/// The messages at @p at, all @p count that were reserved there, can be taken. Not a fence: whoever then
/// looks whether the owner is awake puts one in between, once for all the cells that it has published in.
static inline void entrain__cell_publish(entrain__cells *cells, entrain__cell *cell, uint32_t at,
                                         uint32_t count) {
    ck_ring_t *ring = &cell->ring;
    if (!cells->many) {
        ring->p_tail += count;
        return;
    }
    ENTRAIN__PREEMPT_POINT();
    // Waits for the producers of earlier reservations; pairs with their release below.
    for (uint32_t round = 0; entrain__load_acquire_u32(&ring->p_tail) != at; round++)
        entrain__wait_step(round);
    ENTRAIN__PREEMPT_POINT();
    // Publishes the slots. Pairs with the acquire load of p_tail in entrain__ring_peek() and the one above.
    entrain__store_release_u32(&ring->p_tail, at + count);
}

/// What is queued, oldest first; the slots stay the ring's until released. Owner only.
static inline entrain__span entrain__cell_peek(const entrain__cells *cells, const entrain__cell *cell) {
    return entrain__ring_peek(&cell->ring, cells->slots + cell->first);
}
static inline void entrain__cell_release(entrain__cell *cell, uint32_t count) {
    entrain__ring_release(&cell->ring, count);
}
/// Messages queued; exact for the owner, at rest, and for who just missed room; else a snapshot.
static inline uint32_t entrain__cell_queued(const entrain__cell *cell) {
    // Head first, so that what comes between the two loads only adds. Pairs with the releases of both.
    uint32_t head = entrain__load_acquire_u32(&cell->ring.c_head);
    return entrain__load_acquire_u32(&cell->ring.p_tail) - head;
}
/// Whether a producer is between reservation and publication.
static inline bool entrain__cell_is_busy(const entrain__cells *cells, const entrain__cell *cell) {
    // Reservations first: if all that are seen have been published, there is none between. Pairs with the
    // release of p_tail.
    const uint32_t reserved = entrain__load_acquire_u32(&cell->ring.p_head);
    return cells->many && reserved != entrain__load_acquire_u32(&cell->ring.p_tail);
}

#endif
