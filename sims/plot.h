/// @file plot.h  The pictures of a run: r over time, the final phases on the unit circle, effective over
/// natural frequencies.
#ifndef ENTRAIN_SIMS_PLOT_H
#define ENTRAIN_SIMS_PLOT_H

#include "entrain/status.h"

/// Draws coherence.png, coherence.svg, phases.png, phases.svg, and, where effective frequencies are known
/// and natural ones differ, frequencies.png, frequencies.svg, from the files of the run in @p directory;
/// of one that did not end, coherence as far as it came. A failure costs the pictures only; its sentence
/// is meant for a note and says how to get gnuplot where that is what is missing.
entrain_status plot_run(const char *directory, entrain_error *error_out);

#endif
