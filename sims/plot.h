/// @file plot.h  The pictures of a run: r over time, the final phases on the unit circle, effective over
/// natural frequencies.
#ifndef ENTRAIN_SIMS_PLOT_H
#define ENTRAIN_SIMS_PLOT_H

#include "sims/events.h"
#include "sims/goal_report.h"
#include "sims/outcome.h"

typedef struct plot_facts {
    const char *directory; ///< holds series.csv and phases.csv
    const char *title;
    double level;   ///< drawn as a line
    double theory;  ///< as well; NAN: not
    double since_s; ///< when r came to stay above it; 0 or below: from the start, or it did not
    double time_s;  ///< at the last sample
    uint64_t sample_count;
    const scenario_events *events; ///< what happened: the first event_count of these
    uint32_t event_count;
    entrain_population *population; ///< oscillators, as they are at the end
    double coherence, mean_phase;   ///< the arrow
    const goal_report *goal;        ///< of agents: its band is drawn instead of the level; NULL: none
    bool complete;                  ///< everybody hears everybody: local coherence is r and is left out
    const entrain_phase_plateaus *plateaus; ///< of the run; NULL: phases.csv has no effective frequencies
} plot_facts;

/// Draws coherence.png, coherence.svg, phases.png, phases.svg, and, where there are plateaus and natural
/// frequencies differ, frequencies.png, frequencies.svg. A failure costs the pictures only; its
/// sentence is meant for a note and says how to get gnuplot where that is what is missing.
entrain_status plot_run(const plot_facts *facts, entrain_error *error_out);

#endif
