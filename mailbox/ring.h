/// @file ring.h  The ring under a mailbox, packed, with batch operations for the one who owns both ends.
///
/// ck_ring_t is 136 bytes, most of it padding that keeps producers and consumer on different cache lines. In
/// lockstep only the owner of a cohort touches its actors' rings, so the padding buys nothing there: with
/// CK_MD_CACHELINE at 8 a ring is 24 bytes (at 16 it was 40, and eight messages through each of 100,000
/// rings cost 34.5 ns instead of 56). The constant is changed for ck_ring.h alone (it has no compiled
/// functions in libck, so nobody else's idea of the struct matters) and put back right after. Where many
/// producers write, two mailboxes on one line slowed each other sevenfold: there each ring begins a line
/// of its own. A file that includes this one must not include <ck_ring.h> itself.
///
/// The batch operations are what ck_ring's single-producer enqueue and single-consumer dequeue do, with the
/// shared counter read and written once per batch instead of once per message. Reserve and commit move p_tail
/// without p_head, so one of them on a ring with many producers would leave every later sender waiting for
/// its ticket: they are refused on any set that counts for itself, which includes all sets with many
/// producers.
#ifndef ENTRAIN_MAILBOX_RING_H
#define ENTRAIN_MAILBOX_RING_H

#ifdef CK_RING_H
#error "include mailbox/ring.h instead of <ck_ring.h>, or not at all"
#endif

#include <ck_md.h>
#pragma push_macro("CK_MD_CACHELINE")
#undef CK_MD_CACHELINE
#define CK_MD_CACHELINE 8
#include <ck_ring.h>
#pragma pop_macro("CK_MD_CACHELINE")

#include "engine/base/assert.h"
#include "engine/base/atomics.h"
#include "entrain/mailbox.h"

_Static_assert(sizeof(ck_ring_t) == 24, "a packed ring header is 24 bytes");
_Static_assert(sizeof(entrain_message) == 24, "a message is 24 bytes");

/// Where every message of one mailbox went. Grouped by writer, a cache line each. NULL in sets that an engine
/// counts itself.
typedef struct entrain__mailbox_counter {
    _Alignas(ENTRAIN_CACHE_LINE) uint64_t sent;     // by senders
    uint64_t shed, undeliverable;                   // by senders
    _Alignas(ENTRAIN_CACHE_LINE) uint64_t received; // by the owner
} entrain__mailbox_counter;

struct entrain_mailbox_set {
    ck_ring_t *rings;        // [mailbox_count], ring_stride bytes from one to the next
    size_t ring_stride;      // packed where there is one producer, a cache line each where there are many
    const uint64_t *offsets; // [mailbox_count] of each mailbox's first slot
    entrain_message *slots;
    entrain__mailbox_counter *counters; // [mailbox_count] or NULL
    uint32_t mailbox_count;
    entrain_producers producers;
    entrain_overflow overflow;
    size_t bytes;
    void *memory; // the arena; mailbox.c's
};

/// The ring of mailbox @p index. Of a set with one producer at a time it is rings[index] too.
static inline ck_ring_t *entrain__mailbox_ring(const entrain_mailbox_set *set, uint32_t index) {
    return (ck_ring_t *)(void *)((char *)set->rings + index * set->ring_stride);
}

/// Up to two runs of slots: a batch may wrap around the end of the ring.
typedef struct entrain__span {
    entrain_message *first, *second;
    uint32_t first_count, second_count;
} entrain__span;

static inline entrain_message *entrain__span_slot(const entrain__span *span, uint32_t k) {
    return k < span->first_count ? &span->first[k] : &span->second[k - span->first_count];
}
static inline entrain__span entrain__span_at(entrain_message *slots, uint32_t mask, uint32_t position,
                                             uint32_t count) {
    uint32_t at = position & mask, until_end = mask + 1 - at;
    uint32_t first_count = count < until_end ? count : until_end;
    return (entrain__span){slots + at, slots, first_count, count - first_count};
}

/// Messages that still fit. Single producer.
static inline uint32_t entrain__mailbox_room(const entrain_mailbox_set *set, uint32_t index) {
    const ck_ring_t *ring = &set->rings[index];
    // Pairs with the release store of c_head in entrain__ring_release().
    return ring->mask - (ring->p_tail - entrain__load_acquire_u32(&ring->c_head));
}

/// Slots for the next @p count messages, count <= room. Nothing is visible before commit. Single producer.
static inline entrain__span entrain__mailbox_reserve(entrain_mailbox_set *set, uint32_t index,
                                                     uint32_t count) {
    ENTRAIN_ASSERT(set->counters == NULL); // a bare set, hence of one producer
    ENTRAIN_ASSERT(count <= entrain__mailbox_room(set, index));
    const ck_ring_t *ring = &set->rings[index];
    return entrain__span_at(set->slots + set->offsets[index], ring->mask, ring->p_tail, count);
}
static inline void entrain__mailbox_commit(entrain_mailbox_set *set, uint32_t index, uint32_t count) {
    ENTRAIN_ASSERT(set->counters == NULL); // a bare set, hence of one producer
    ck_ring_t *ring = &set->rings[index];
    // Publishes the slots. Pairs with the acquire load of p_tail in entrain__ring_peek().
    entrain__store_release_u32(&ring->p_tail, ring->p_tail + count);
}

/// Takes back the newest @p count messages, as if they had never been enqueued. Only where one thread owns
/// both ends, as in lockstep: a receiver elsewhere might hold them already.
static inline void entrain__mailbox_retract(entrain_mailbox_set *set, uint32_t index, uint32_t count) {
    ENTRAIN_ASSERT(set->counters == NULL); // a bare set, hence of one producer
    ck_ring_t *ring = &set->rings[index];
    ENTRAIN_ASSERT(count <= ring->p_tail - ring->c_head);
    // Pairs with the acquire load of p_tail in entrain__ring_peek(), by the same thread.
    entrain__store_release_u32(&ring->p_tail, ring->p_tail - count);
}

static inline entrain__span entrain__ring_peek(const ck_ring_t *ring, entrain_message *slots) {
    // Pairs with the release store of p_tail in entrain__mailbox_commit() and those of mailbox.c's sends.
    uint32_t tail = entrain__load_acquire_u32(&ring->p_tail);
    return entrain__span_at(slots, ring->mask, ring->c_head, tail - ring->c_head);
}
static inline void entrain__ring_release(ck_ring_t *ring, uint32_t count) {
    // Gives the slots back. Pairs with the load of c_head in entrain__mailbox_room() and ck_ring's reserves.
    entrain__store_release_u32(&ring->c_head, ring->c_head + count);
}

/// Slots of all mailboxes together, and which of them a message lies in.
static inline uint64_t entrain__mailbox_slot_count(const entrain_mailbox_set *set) {
    const uint32_t last = set->mailbox_count - 1;
    return set->offsets[last] + entrain__mailbox_ring(set, last)->size;
}
static inline uint64_t entrain__mailbox_slot_index(const entrain_mailbox_set *set,
                                                   const entrain_message *message) {
    return (uint64_t)(message - set->slots);
}

/// Everything queued, oldest first. Owner only, single producer; the slots stay the ring's until released.
static inline entrain__span entrain__mailbox_peek(entrain_mailbox_set *set, uint32_t index) {
    ENTRAIN_ASSERT(set->producers == ENTRAIN_PRODUCERS_ONE); // else the ring is not where this looks
    return entrain__ring_peek(&set->rings[index], set->slots + set->offsets[index]);
}
static inline void entrain__mailbox_release(entrain_mailbox_set *set, uint32_t index, uint32_t count) {
    entrain__ring_release(&set->rings[index], count);
}

/// An empty mailbox begins again at its first slot: so one that is emptied before it is filled again uses
/// the same few cache lines all the time, instead of walking through its whole ring, and its messages lie
/// in one run. Owner of both ends only.
/// @return the first slot, or NULL: it is not empty, or holds less than @p count messages.
static inline entrain_message *entrain__mailbox_rewind(entrain_mailbox_set *set, uint32_t index,
                                                       uint32_t count) {
    ENTRAIN_ASSERT(set->counters == NULL); // a bare set, hence of one producer
    ck_ring_t *ring = &set->rings[index];
    if (ring->c_head != ring->p_tail || ring->mask < count)
        return NULL;
    ring->c_head = ring->p_tail = 0; // the producer and the consumer of these are the caller
    return set->slots + set->offsets[index];
}

/// A set without per-mailbox counters, for an engine that counts per cohort. Only the batch calls above may
/// be used on it, and those that ask (count, capacity, queued, bytes). config->producers must be
/// ENTRAIN_PRODUCERS_ONE, or it is ENTRAIN_UNSUPPORTED; config->overflow is the engine's to apply.
entrain_status entrain__mailbox_set_create_bare(const entrain_mailbox_set_config *config,
                                                entrain_mailbox_set **set_out, entrain_error *error_out);

#endif
