/// @file outcome.h  What a run's samples amount to: synchronized or not, since when, how far.
#ifndef ENTRAIN_SIMS_OUTCOME_H
#define ENTRAIN_SIMS_OUTCOME_H

#include <jansson.h>

#include "sims/scenario.h"

/// Follows the samples of one run. The level is the threshold of the stop condition, or 0.9 without one (or
/// with one that waits for r to fall). "Synchronized since t" means: r >= level at every sample from t to the
/// end.
typedef struct run_outcome {
    double level;
    double *coherences; ///< of all samples; outcome.c's
    size_t count, room;
    entrain_phase_sample first, last;
    double leak_share_max; ///< |conservation_change| / conservation_bound, the largest
    bool reached, staying; ///< at any sample; at the latest one
    double reached_s, since_s;
    bool even; ///< at the latest sample the phases are spread evenly around the circle
    double even_since_s;
} run_outcome;

void outcome_init(run_outcome *outcome, const scenario_stop *stop);
entrain_status outcome_add(run_outcome *outcome, const entrain_phase_sample *sample,
                           entrain_error *error_out);
void outcome_fini(run_outcome *outcome);

/// The figures as JSON: numbers for machines and, under "outcome", one of "synchronized", "locally
/// synchronized" (those who hear each other agree, the swarm as a whole does not), "evenly spread" (the Gini
/// coefficient of the gaps is at most 0.01), "partly synchronized", "not synchronized".
json_t *outcome_json(const run_outcome *outcome, entrain_topology_kind kind);

/// One sentence for people, from the JSON.
void outcome_sentence(const json_t *summary, char *text_out, size_t size);

/// A JSON number, or null for what JSON cannot say.
json_t *json_number(double value);

#endif
