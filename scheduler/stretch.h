/// @file stretch.h  A bounded queue of neighbouring positions that thieves halve in one step.
///
/// A queue of this scheduler is filled whole while all are quiescent and then only emptied. So it needs no
/// slots: it is a stretch [begin, end) of one list that nobody writes during a phase, and both ends fit one
/// word. The owner takes from the front, a thief the back half, each by one compare-and-swap, however many
/// tasks that is. (A ck_ring takes one entry a time: half of a ring would be that many copies out and in
/// again, or as many steals.) What both keep stays contiguous.
///
///      begin            end       owner:   [begin + 1, end)
///      [ # # # # # # # # )        thief:   [begin, end - half); its own: [end - half, end)
///
/// A word that has something never comes back within a phase, so a swap that succeeds saw the truth: for it
/// to come back position `begin` would have to leave and return. It leaves with who takes it from the front,
/// who runs it, or as the first of a stolen half, which its thief runs before anything else. And who was
/// preempted between reading a word and swapping it reaches the barrier before the word is filled again.
#ifndef ENTRAIN_SCHEDULER_STRETCH_H
#define ENTRAIN_SCHEDULER_STRETCH_H

#include "engine/base/assert.h"
#include "engine/base/atomics.h"

typedef struct entrain__stretch {
    // begin below, end above. Front: by its owner. Back: by thieves. Whole: by the owner when it is empty,
    // and by entrain__stretch_fill().
    _Alignas(ENTRAIN_CACHE_LINE) uint64_t word;
} entrain__stretch;

/// Empty, and its owner is about to put here what it is taking from somebody else.
#define ENTRAIN__STRETCH_AWAITED UINT64_MAX

static inline uint64_t entrain__stretch_word(uint32_t begin, uint32_t end) {
    return begin | (uint64_t)end << 32;
}
static inline uint32_t entrain__stretch_begin(uint64_t word) { return (uint32_t)word; }
static inline uint32_t entrain__stretch_end(uint64_t word) { return (uint32_t)(word >> 32); }
static inline bool entrain__stretch_has(uint64_t word) {
    return entrain__stretch_begin(word) < entrain__stretch_end(word); // not AWAITED: equal
}

/// It holds [begin, end), which ends below 2^32 - 1. One thread, all others quiescent until a gate, which
/// publishes it.
static inline void entrain__stretch_fill(entrain__stretch *stretch, uint32_t begin, uint32_t end) {
    ENTRAIN_ASSERT(begin <= end && end < UINT32_MAX);
    entrain__store_relaxed_u64(&stretch->word, entrain__stretch_word(begin, end));
}

/// The first position, or false: empty. Its owner. Lock-free: a retry means that a thief got half.
static inline bool entrain__stretch_take(entrain__stretch *stretch, uint32_t *position_out) {
    for (;;) {
        // No order is needed but the word's own, here and below: what positions stand for was published by
        // the gate.
        uint64_t word = entrain__load_relaxed_u64(&stretch->word);
        if (!entrain__stretch_has(word))
            return false;
        // Against entrain__stretch_halve() of thieves: one of both sees the other's.
        if (entrain__cas_acq_rel_u64(&stretch->word, word, word + 1)) {
            *position_out = entrain__stretch_begin(word);
            return true;
        }
    }
}

/// Takes the back half, rounded up, of what @p word says @p stretch holds, which is not nothing; false: it
/// has changed, somebody else got something. Any thread. Wait-free.
static inline bool entrain__stretch_halve(entrain__stretch *stretch, uint64_t word, uint32_t *begin_out,
                                          uint32_t *end_out) {
    const uint32_t begin = entrain__stretch_begin(word), end = entrain__stretch_end(word);
    const uint32_t middle = begin + (end - begin) / 2;
    // Against entrain__stretch_take() of the owner, and this of other thieves: one of them succeeds.
    if (!entrain__cas_acq_rel_u64(&stretch->word, word, entrain__stretch_word(begin, middle)))
        return false;
    *begin_out = middle;
    *end_out = end;
    return true;
}

#endif
