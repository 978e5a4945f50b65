/// @file plot_table.h  The picture of any table of ours: its columns over the first.
#ifndef ENTRAIN_SIMS_PLOT_TABLE_H
#define ENTRAIN_SIMS_PLOT_TABLE_H

#include "entrain/status.h"

/// Draws STEM.png and STEM.svg of the table @p file ("name.csv", or a part of one) in @p directory: a
/// curve for each column of numbers over the first column, logarithmic axes where values lie so; a first
/// column of words gives a place to each; NAME_se or NAME_error beside NAME are its error bars; columns of
/// a text beside two numbers are passed over. @p column: that column only, or NULL. @p title: over it.
/// ENTRAIN_UNKNOWN where the table has nothing to draw, or no such column.
entrain_status plot_table(const char *directory, const char *file, const char *stem, const char *column,
                          const char *title, entrain_error *error_out);

#endif
