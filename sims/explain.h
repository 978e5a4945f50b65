/// @file explain.h  The story of a run in a few sentences, with the figures that were measured.
///
/// From summary.json alone, so that `entrain show DIR --explain` tells the same as `entrain run --explain`.
/// Nothing is made prettier than it was: a goal that was missed, a disruption that was not recovered from,
/// a control that did better are said as such.
#ifndef ENTRAIN_SIMS_EXPLAIN_H
#define ENTRAIN_SIMS_EXPLAIN_H

#include <jansson.h>
#include <stdio.h>

/// The sentences, an array of texts; never empty.
json_t *explain_json(const json_t *summary);
/// Prints them as one paragraph, at most 80 columns wide, after an empty line.
void explain_print(FILE *to, const json_t *summary);

#endif
