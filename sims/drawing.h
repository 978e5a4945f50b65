/// @file drawing.h  What all our pictures share: paper, ink, and files that appear only when they are
/// whole.
#ifndef ENTRAIN_SIMS_DRAWING_H
#define ENTRAIN_SIMS_DRAWING_H

#include <stdio.h>

#include "entrain/status.h"

/// The settings that each picture begins with: UTF-8, commas between data, and the colours ink, faint,
/// blue, orange.
void drawing_put_common(FILE *to);
/// A picture of @p width x @p height pixels goes to "NAME.KIND.part" from here on; @p kind is "png" or
/// "svg".
void drawing_put_terminal(FILE *to, const char *kind, const char *name, int width, int height);
/// A gnuplot string in single quotes: quotes doubled, control characters left out.
void drawing_put_quoted(FILE *to, const char *text);
/// `set title` with at most 80 letters of @p title; options of it may follow.
void drawing_put_title(FILE *to, const char *title);

/// A logarithmic axis, 'x' or 'y', from @p low to @p high: a number at each decade, or at 1, 2, 5 of them
/// where they are few.
void drawing_put_log_tics(FILE *to, char which, double low, double high);

/// The bottom margin for an axis and, below it, a key of so many names in a picture @p width wide: gnuplot
/// sets them in columns as wide as the longest, and draws over the plot where they do not fit.
int drawing_bottom_lines(int names, size_t longest, int width);

/// Runs @p script in @p directory, then gives each of @p pictures ("bench.png", ..., NULL) its name: all of
/// them or none. In PNG, letters that a plain font has not are squares. Statuses of gnuplot_run(), and
/// ENTRAIN_IO when one is not whole.
entrain_status drawing_run(const char *directory, const char *script, const char *const *pictures,
                           entrain_error *error_out);
/// The note for a picture that could not be had.
void drawing_say_missing(entrain_status status, const entrain_error *error);

#endif
