/// @file plot_frequencies.h  The staircase: effective frequency of each oscillator over its natural one.
#ifndef ENTRAIN_SIMS_PLOT_FREQUENCIES_H
#define ENTRAIN_SIMS_PLOT_FREQUENCIES_H

#include <stdio.h>

#include <stdbool.h>

#include "entrain/phase_metrics.h"

/// The middle nine tenths of the natural frequencies: a Lorentz tail would leave one colour, and one point,
/// for all the others.
typedef struct plot_spread {
    double low, high;
} plot_spread;

/// Puts the commands for frequencies.KIND; phases.csv has effective frequencies in column @p column. @p
/// swing: with inertia, what is in the place of the natural frequency is a power, and alone one would turn
/// at P / D, where all have the damping @p damping (else 0; 1 without inertia).
void plot_frequencies_put(FILE *to, const char *kind, const char *title,
                          const entrain_phase_plateaus *plateaus, int column, plot_spread natural, bool swing,
                          double damping);

#endif
