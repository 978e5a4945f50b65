/// @file thieves.h  A stretch of positions per worker, and idle workers that take half of somebody else's:
/// what the stealing policies share. They differ in what they fill the stretches with, and in who is asked
/// first.
#ifndef ENTRAIN_SCHEDULER_THIEVES_H
#define ENTRAIN_SCHEDULER_THIEVES_H

#include "engine/base/memory.h"
#include "entrain/policy.h"
#include "scheduler/stretch.h"

// Grouped by writer: a cache line per worker.
typedef struct entrain__thief {
    _Alignas(ENTRAIN_CACHE_LINE) uint64_t draws; // by its worker, like all of these
    uint64_t steals_tried, steals_won;
} entrain__thief;

typedef struct entrain__thieves {
    entrain__stretch *stretches; // [worker_count]
    entrain__thief *thieves;     // [worker_count]
    // [worker_count * (worker_count - 1)]: whom each worker asks, nearest first; and where in its row those
    // end that are as near as this one.
    uint8_t *victims, *tier_ends;
    uint32_t worker_count;
} entrain__thieves;

/// Makes them for @p setup, all stretches empty. @p distances: [worker_count * worker_count] as in the setup,
/// or NULL: all alike. ENTRAIN_NO_MEMORY, with what was taken left in @p arena.
entrain_status entrain__thieves_make(entrain__thieves *thieves, entrain__arena *arena,
                                     const entrain_policy_setup *setup, const uint32_t *distances);
/// Worker w has positions firsts[w] .. firsts[w+1]-1. One thread, all workers quiescent.
void entrain__thieves_fill(entrain__thieves *thieves, const uint32_t *firsts);
/// The next position for @p worker, its own or stolen, or false: nothing left for it in this phase. That
/// worker's thread.
bool entrain__thieves_next(entrain__thieves *thieves, uint32_t worker, uint32_t *position_out);
/// As entrain_policy.count.
void entrain__thieves_count(const entrain__thieves *thieves, uint32_t worker,
                            entrain_policy_count *count_out);

#endif
