/// @file disruption.h  Who is hit: shared by disruption.c, disruption_graph.c and disruption_work.c.
#ifndef ENTRAIN_ACTORS_DISRUPTION_H
#define ENTRAIN_ACTORS_DISRUPTION_H

#include "engine/base/memory.h"
#include "entrain/disruption.h"
#include "entrain/random.h"

struct entrain_disruptions {
    entrain__arena *arena;
    entrain_swarm *swarm;
    entrain_engine *engine;
    entrain_population *population;
    uint32_t count; ///< places
    bool by_ticks, agents;
    // Draws: the next disruption's number within its tick.
    entrain_random key;
    uint64_t tick;
    uint32_t ordinal;
    uint32_t *histogram;             ///< [2^16] of the draws' upper bits
    uint64_t *chosen, *killed;       ///< bits by index
    entrain_disturbance disturbance; ///< as it is now
    uint8_t *sides;                  ///< [count]; NULL before the first partition
    entrain_workload_config mended;  ///< the service before its first fault
    bool faulty;
};

static inline bool entrain__bit(const uint64_t *bits, uint32_t index) {
    return (bits[index / 64] >> (index % 64) & 1) != 0;
}

/// The number of the disruption that begins now, within its tick.
uint32_t entrain__disruption_ordinal(entrain_disruptions *disruptions);
typedef bool entrain__candidate(const entrain_disruptions *disruptions, uint32_t index);
/// Marks in disruptions->chosen those of the candidates with the smallest draws: round(share x their count),
/// or
/// @p exactly (UINT32_MAX: by the share). How many: *count_out.
entrain_status entrain__disruption_choose(entrain_disruptions *disruptions, uint32_t ordinal,
                                          entrain__candidate *candidate, double share, uint32_t exactly,
                                          uint32_t *count_out, entrain_error *error_out);
entrain_status entrain__disruption_check_share(double share, entrain_error *error_out);

#endif
