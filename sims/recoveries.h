/// @file recoveries.h  What a run makes of each disruption among its events (entrain/recovery.h).
#ifndef ENTRAIN_SIMS_RECOVERIES_H
#define ENTRAIN_SIMS_RECOVERIES_H

#include <jansson.h>

#include "entrain/recovery.h"
#include "sims/events.h"

typedef struct run_recoveries {
    entrain_population *population; ///< of the swarm; its goal, if it has one, is looked at with each sample
    entrain_recovery_watch watch;
    entrain_recovery *list; ///< by the event's number; recoveries.c's
    bool *known;            ///< of these, that disrupt and have been watched
    uint32_t count, room;
    uint32_t current; ///< the one that is watched
} run_recoveries;

void recoveries_begin(run_recoveries *recoveries, entrain_swarm *swarm);
/// Event @p index of @p events has happened. False: no memory.
bool recoveries_event(run_recoveries *recoveries, const scenario_events *events, uint32_t index);
/// Makes room for the first @p count events. False: no memory.
bool recoveries_room(run_recoveries *recoveries, uint32_t count);
void recoveries_sample(run_recoveries *recoveries, const entrain_phase_sample *sample);
/// After the last sample.
void recoveries_end(run_recoveries *recoveries);
/// Adds "recovery" to each event of the summary that was a disruption: figures, and under "in_words" a
/// sentence.
void recoveries_put(const run_recoveries *recoveries, json_t *summary);
void recoveries_fini(run_recoveries *recoveries);

#endif
