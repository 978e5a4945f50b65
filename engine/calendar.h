/// @file calendar.h  Delayed messages of a group of actors, until they are due. Bounded, cancellable,
/// ordered.
///
/// A delayed message stays with its sender: an actor (here an *owner*, 0 .. owner_count-1 of one calendar)
/// has a fixed number of places, and whoever has none left is refused then and there. So what is full depends
/// on nobody else, and registering writes nothing that another task reads.
///
///             add                     take, line_up                drop_first
///   free  ----------->  in a heap  ------------------->  [in line  ------------>]  free
///                       |                                                           ^
///                       +--------------- cancel, forget ---------------------------+
///
/// Two heaps, so that what an owner sends itself and what goes to others can be looked at apart. What leaves
/// a heap may still hold its place for a while, in its owner's line: in lockstep a timer that its owner has
/// not been handed yet, in virtual-time what has left for others and has not arrived.
///
/// The order is (when, round, sender's slot, order registered), a total one, so it does not matter in which
/// order they were added. Which place a message gets, and so its entrain_timer, depends on its owner's own
/// history alone: never on who else is in this calendar. That is part of the promise, since an actor may keep
/// it in its state.
///
/// One thread at a time; take and friends O(log n), allocation only in create.
#ifndef ENTRAIN_ENGINE_CALENDAR_H
#define ENTRAIN_ENGINE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/memory.h"
#include "engine/letter.h"
#include "entrain/actor.h"
#include "entrain/archive.h"

/// A point of simulated time. `when` orders as the seconds do, see entrain__when(); rounds follow one another
/// at one time.
typedef struct entrain__instant {
    uint64_t when;
    uint32_t round;
} entrain__instant;

/// Seconds, 0 or more, as a number of the same order, and back. Exact.
static inline uint64_t entrain__when(double time_s) {
    union {
        double s;
        uint64_t when;
    } bits = {.s = time_s + 0.0}; // -0 is 0
    return bits.when;
}
static inline double entrain__when_s(uint64_t when) {
    union {
        uint64_t when;
        double s;
    } bits = {.when = when};
    return bits.s;
}
static inline bool entrain__instant_before(entrain__instant a, entrain__instant b) {
    return a.when != b.when ? a.when < b.when : a.round < b.round;
}
/// Later than everything.
#define ENTRAIN__NEVER ((entrain__instant){UINT64_MAX, UINT32_MAX})

/// One delayed message. A cache line.
typedef struct entrain__delayed {
    entrain__letter letter; // `undelivered` is the user's while it is taken
    uint64_t when;
    uint64_t order;    // registered so many-th by its owner, from 1 on
    uint32_t round;    // at `when`
    uint32_t position; // in its heap; in a line or free: the owner's next one, plus one
    uint32_t lane;     // which heap; ENTRAIN__LANES: none
    uint32_t owner;
} entrain__delayed;
_Static_assert(sizeof(entrain__delayed) == 64, "a cache line");

typedef enum entrain__lane {
    ENTRAIN__LANE_OWN = 0,    // timers: from an owner to itself
    ENTRAIN__LANE_OTHERS = 1, // mail
    ENTRAIN__LANES
} entrain__lane;

typedef struct entrain__calendar entrain__calendar;

/// For @p owner_count owners (1 or more) with @p places each (1 to 65535), in @p arena, whose it is; adds
/// what it takes to *bytes. NULL: there is no memory, or more than 2^32 - 2 places in all.
entrain__calendar *entrain__calendar_create(entrain__arena *arena, size_t *bytes, uint32_t owner_count,
                                            uint32_t places);
/// Registers a copy of @p letter. ENTRAIN_OK with *timer_out (may be NULL), or ENTRAIN_FULL: @p owner has no
/// place left.
entrain_status entrain__calendar_add(entrain__calendar *calendar, uint32_t owner, entrain__lane lane,
                                     entrain__instant at, const entrain__letter *letter,
                                     entrain_timer *timer_out);
/// The same for others, where what comes is mostly added in order, as that for the next round is: that costs
/// no more than appending to a list. Taking it back is O(n).
entrain_status entrain__calendar_add_soon(entrain__calendar *calendar, uint32_t owner, entrain__instant at,
                                          const entrain__letter *letter, entrain_timer *timer_out);
/// Takes @p owner's @p timer out of its heap. ENTRAIN_STALE: it is not in one; or it is for others and due
/// before @p others_from (0: any).
entrain_status entrain__calendar_cancel(entrain__calendar *calendar, uint32_t owner, entrain_timer timer,
                                        uint64_t others_from);
/// When the first of a heap is due; ENTRAIN__NEVER: it is empty.
entrain__instant entrain__calendar_next(const entrain__calendar *calendar, entrain__lane lane);
/// When the first of both is.
entrain__instant entrain__calendar_next_of_all(const entrain__calendar *calendar);
/// The first of a heap, left where it is; NULL: it is empty.
const entrain__delayed *entrain__calendar_peek(const entrain__calendar *calendar, entrain__lane lane);
/// Takes the first of a heap if it is due before @p end, and frees its place; NULL if not. Valid until the
/// next add.
entrain__delayed *entrain__calendar_take(entrain__calendar *calendar, entrain__lane lane,
                                         entrain__instant end);
/// The same, but it keeps its place, as the last of its owner's line.
entrain__delayed *entrain__calendar_line_up(entrain__calendar *calendar, entrain__lane lane,
                                            entrain__instant end);
/// The first of @p owner's line, or NULL.
entrain__delayed *entrain__calendar_first(const entrain__calendar *calendar, uint32_t owner);
/// Frees the place of the first of @p owner's line. Its content is valid until the next add.
void entrain__calendar_drop_first(entrain__calendar *calendar, uint32_t owner);
/// Takes out all that @p owner has in heaps, and empties its line. @return how many were in heaps; *lined_out
/// (may be NULL): in the line.
uint32_t entrain__calendar_forget(entrain__calendar *calendar, uint32_t owner, uint32_t *lined_out);
/// Takes out of heaps what @p owner has sent itself, and what it has sent to others for after @p
/// others_after; its line stays. @return how many.
uint32_t entrain__calendar_forget_after(entrain__calendar *calendar, uint32_t owner, uint64_t others_after);
/// All places are free, and as if never used.
void entrain__calendar_clear(entrain__calendar *calendar);
/// What @p owner, who lives at @p slot, has in heaps and in its line, and which of its places will be used
/// next: written, or read into a calendar that was cleared. Depends on the owner's history alone.
void entrain__calendar_archive(entrain__calendar *calendar, uint32_t owner, uint32_t slot,
                               entrain_archive *archive);
/// How many are in heaps, of all owners; and in lines.
uint64_t entrain__calendar_queued(const entrain__calendar *calendar);
uint64_t entrain__calendar_lined(const entrain__calendar *calendar);

#endif
