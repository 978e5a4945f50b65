/// @file plot_facts.h  What the pictures of a run show, read from its directory.
#ifndef ENTRAIN_SIMS_PLOT_FACTS_H
#define ENTRAIN_SIMS_PLOT_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/phase_metrics.h"
#include "sims/plot_goal.h"
#include "sims/plot_groups.h"

typedef struct plot_event {
    double at_s;
    const char *what;
} plot_event;

typedef struct plot_facts {
    const char *directory, *series; ///< "series.csv", or "series.csv.part" of a run that did not end
    const char *title;
    double level;   ///< drawn as a line
    double theory;  ///< as well; NAN: not
    double since_s; ///< when r came to stay above it; 0 or below: from the start, or it did not
    double time_s;  ///< at the last sample
    uint64_t sample_count;
    plot_event *events; ///< what happened
    uint32_t event_count;
    uint32_t actors; ///< in the swarm; phases.csv has so many or fewer
    uint32_t count;  ///< rows of phases.csv; 0: there is none
    double *phases, *frequencies;
    bool *stopped; ///< who does not live any more
    plot_groups groups;
    double coherence, mean_phase; ///< the arrow
    plot_band *bands;             ///< of agents' goals: drawn instead of the level
    uint32_t band_count;
    bool complete;        ///< everybody hears everybody: local coherence is r and is left out
    int effective_column; ///< of phases.csv, from 1; 0: it has no effective frequencies
    entrain_phase_plateaus plateaus;
    bool swing;     ///< with inertia: what is in the place of the natural frequency is a power
    double damping; ///< of all; 0: each has its own
    void *owned;
} plot_facts;

/// Whatever it answers, plot_facts_free() is owed.
entrain_status plot_facts_read(const char *directory, plot_facts *facts_out, entrain_error *error_out);
void plot_facts_free(plot_facts *facts);

#endif
