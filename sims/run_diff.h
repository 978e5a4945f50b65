/// @file run_diff.h  Two runs carried out again side by side, to see where they part.
#ifndef ENTRAIN_SIMS_RUN_DIFF_H
#define ENTRAIN_SIMS_RUN_DIFF_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "entrain/status.h"

typedef struct run_diff_plan {
    const char *paths[2]; ///< manifest.json of each
    uint64_t equal;       ///< the last tick at which both were recorded to be alike
    bool begins_equal;    ///< there is one
    uint64_t unequal;     ///< the first one at which they were not
    bool quiet;
} run_diff_plan;

/// Runs both, in turns and each from its manifest, up to @p equal, and on from there tick by tick to the
/// first at which their states differ, at most to @p unequal. *parted_out, the caller's:
///   again        [2] fingerprints as they are now at that tick, or at @p unequal where they are alike to
/// there
///   tick, time_s where they part; without what follows where they are alike to @p unequal
///   actor        index of the first that differs, in the order of index; null: none of the oscillators does
///   field        the first column that does: "phase"; "living" where only one of them lives
///   values       [2] texts, with all digits
///   actors       how many differ, of `of`
///   note         a sentence, where there is something to say instead
/// ENTRAIN_CANCELLED when interrupted.
entrain_status run_diff(const run_diff_plan *plan, json_t **parted_out, entrain_error *error_out);

#endif
