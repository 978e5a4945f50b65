/// @file plot_goal.h  A goal's band in the picture of coherence.
#ifndef ENTRAIN_SIMS_PLOT_GOAL_H
#define ENTRAIN_SIMS_PLOT_GOAL_H

#include <stdio.h>

#include "sims/goal_report.h"

/// Shades each course's band for its time, with a dashed line at its ends. Before `plot`.
void plot_goal_put_bands(FILE *to, const goal_report *goal);
/// What is held within the last course's band, where that is not coherence: a curve, ended by a comma. In
/// `plot`.
void plot_goal_put_curve(FILE *to, const goal_report *goal, unsigned long long stride);

#endif
