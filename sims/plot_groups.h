/// @file plot_groups.h  Groups in the pictures: each has a colour, in all of them.
#ifndef ENTRAIN_SIMS_PLOT_GROUPS_H
#define ENTRAIN_SIMS_PLOT_GROUPS_H

#include <stdio.h>

#include "entrain/kuramoto.h"

typedef struct plot_groups {
    uint32_t count;                         ///< 0: there are none to tell apart
    uint32_t begin[ENTRAIN_GROUPS_MAX + 1]; ///< the first index of each; the last is everybody's number
    double coherence[ENTRAIN_GROUPS_MAX];   ///< of each among itself
    double mean_phase[ENTRAIN_GROUPS_MAX];  ///< rad
    const char *color[ENTRAIN_GROUPS_MAX];
} plot_groups;

/// The colour of group @p group, from 0.
const char *plot_groups_color(uint32_t group);
/// Into a picture of phases: an arrow for each group's mean field, and what it says. Arrows and labels from
/// number 10 on.
void plot_groups_put_arrows(FILE *to, const plot_groups *groups);
/// Parts of a `plot` of phases.csv, each with a ", \" behind it but the last.
void plot_groups_put_points(FILE *to, const plot_groups *groups, double point_size);
/// Parts of a `plot` of @p file, which lies in @p directory: r of each group, where the file has it; each
/// with a ", \" behind it.
void plot_groups_put_lines(FILE *to, const plot_groups *groups, const char *directory, const char *file,
                           unsigned long long stride);

#endif
