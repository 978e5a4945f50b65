/// @file summary_phases.h  What a run's end says of phases and frequencies: bunches, plateaus, groups, the
/// law that was watched.
#ifndef ENTRAIN_SIMS_SUMMARY_PHASES_H
#define ENTRAIN_SIMS_SUMMARY_PHASES_H

#include <jansson.h>
#include <stdio.h>

#include "sims/outcome.h"

typedef struct run_phases {
    /// [count] mean frequencies by index over the last part of the run; NULL: no tick, too large, no memory.
    double *effective;
    entrain_phase_plateaus plateaus; ///< where there is `effective`
} run_phases;

/// Measures @p swarm at its end. How the phases lie is put into @p outcome's last sample, where that was too
/// large to say.
void run_phases_take(entrain_swarm *swarm, run_outcome *outcome, run_phases *phases_out);
void run_phases_free(run_phases *phases);

/// Puts "frequencies", "groups" and "conservation" into @p summary.
void run_phases_json(const run_phases *phases, const run_outcome *outcome, json_t *summary);

/// The same in plain words, a line each for what there is: @p row prints one.
void summary_phases_rows(FILE *to, const json_t *summary,
                         void (*row)(FILE *to, const char *label, const char *text));

#endif
