/// @file virtual_state.h  What virtual time keeps: between virtual_time.c, which says how it goes, and
/// archive_virtual.c.
#ifndef ENTRAIN_ENGINE_VIRTUAL_STATE_H
#define ENTRAIN_ENGINE_VIRTUAL_STATE_H

#include "engine/virtual_time.h"

/// A message that has left its sender's calendar and has not been handled.
typedef struct entrain__parcel {
    entrain_message message;
    entrain_id to;
    uint32_t round;
    uint64_t when, order;
    uint32_t sender;   // slot + 1; 0: from outside
    uint32_t receiver; // slot
    uint32_t next;     // in a list: number + 1 of the next one
    uint32_t spare;
} entrain__parcel;
_Static_assert(sizeof(entrain__parcel) == 64, "a cache line");

/// What a cohort has of its own for this.
typedef struct entrain__lobby {
    _Alignas(ENTRAIN_CACHE_LINE)
        uint32_t door; // atomic in LEAVE: number + 1 of the newest parcel before it; anybody's
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t sorted; // parcels to be handled, in order; its task's from here on
    uint32_t failed;                              // parcels whose senders are to be told, in any order
    uint32_t first, count;                        // its part of the array of parcels, for those that leave it
    uint64_t held;                                // in `sorted`
    entrain__instant next,
        next_other;        // when the first is due: of all it has to handle; of what will leave it
    entrain__instant past; // the first instant after all that it has handled
} entrain__lobby;

typedef struct entrain__virtual {
    entrain__lobby *lobbies;  // [cohort_count]
    entrain__parcel *parcels; // those of the lobbies, then ENTRAIN_TELLS_MAX for messages from outside
    uint32_t tells_first;
    // The serial part's.
    bool open;             // a window
    entrain__instant past; // everybody's
    entrain__instant stop; // the run goes on to here at most
    double until_s;
    uint32_t phase;
    // The serial part's, and read by every task.
    _Alignas(ENTRAIN_CACHE_LINE) entrain__instant end; // of the window
    entrain__instant handle_end;                       // of this phase
    entrain__instant notices_at;                       // notices of ends are handed over at
    bool notices;                                      // in this phase
} entrain__virtual;

static inline entrain__parcel *entrain__parcel_at(const entrain__virtual *virtual_time, uint32_t number) {
    return &virtual_time->parcels[number - 1];
}

static inline bool entrain__parcel_before(const entrain__parcel *a, const entrain__parcel *b) {
    if (a->when != b->when)
        return a->when < b->when;
    if (a->round != b->round)
        return a->round < b->round;
    if (a->receiver != b->receiver)
        return a->receiver < b->receiver;
    return a->sender != b->sender ? a->sender < b->sender : a->order < b->order;
}

/// When the first that it has to handle is due, and the first that will leave it: looks, after either has
/// changed between runs.
void entrain__virtual_look(entrain_engine *engine, entrain__cohort *cohort);

#endif
