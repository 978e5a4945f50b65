/// @file plot_goal.h  A goal's band in the picture of coherence.
#ifndef ENTRAIN_SIMS_PLOT_GOAL_H
#define ENTRAIN_SIMS_PLOT_GOAL_H

#include <stdio.h>

#include <stdbool.h>
#include <stdint.h>

/// What a goal asked for, and for which time.
typedef struct plot_band {
    double from_s, to_s;
    double low, high; ///< of coherence, or of what is to be even: 0 to its bound
    bool spread;      ///< not coherence
    bool gaps;        ///< but the Gini coefficient of the gaps; else moments
} plot_band;

/// Shades each band for its time, with a dashed line at its ends. Before `plot`.
void plot_goal_put_bands(FILE *to, const plot_band *bands, uint32_t count);
/// What is held within the @p last band, where that is not coherence: a curve of the file @p series, ended
/// by a comma. In `plot`.
void plot_goal_put_curve(FILE *to, const plot_band *last, const char *series, unsigned long long stride);

#endif
