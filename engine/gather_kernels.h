/// @file gather_kernels.h  Adding up what speakers published, two words each, once per vector instruction
/// set.
///
/// The sums are of integers, so the order of additions is free, and that is used: rows are not taken one
/// after another but by shape. A cohort's rows are cut once, when the engine starts, into segments:
///
///   band    consecutive rows whose speakers lie at the same distances from each: a lattice, but for its
///   ends. Sums of
///           shifted blocks of memory, without an index.
///   run     consecutive rows of one in-degree: a loop that knows its length
///   slice   rows of one in-degree from all over the cohort, where runs would be short: rows of mixed degrees
///   have a
///           branch mispredicted at every other row. Their speakers are copied in the order in which they are
///           read.
///           (Kreutzer et al., SIAM J. Sci. Comput. 36, 2014: SELL-C-sigma, with the cohort as sigma.)
#ifndef ENTRAIN_ENGINE_GATHER_KERNELS_H
#define ENTRAIN_ENGINE_GATHER_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/simd.h"

typedef enum entrain__segment_kind { ENTRAIN__BAND, ENTRAIN__RUN, ENTRAIN__SLICE } entrain__segment_kind;

typedef struct entrain__segment {
    uint64_t arc;    ///< where its speakers begin: a slice's among `sliced`, others' among `speakers`
    uint32_t degree; ///< of each row; a band is one row of speakers, for its first row
    uint32_t count;  ///< rows
    uint32_t first;  ///< the first row, counted from the cohort's first place; slice: where its rows begin in
                     ///< `rows`
    uint32_t kind;   ///< entrain__segment_kind
} entrain__segment;

/// What one cohort hears.
typedef struct entrain__gather_task {
    const int64_t *publications; ///< of the whole swarm, by place
    const int32_t *speakers;     ///< [arc_count] of the whole graph
    const int32_t *sliced; ///< [sliced_count] of all slices: twice the place, that is, where its words begin
    uint64_t arc_count, sliced_count;
    const entrain__segment *segments;
    uint32_t segment_count;
    bool far;             ///< speakers lie far away: fetch them ahead
    const uint16_t *rows; ///< of slices: twice the row, where its sums begin
} entrain__gather_task;

/// sums[2k], sums[2k+1] = the sums over the speakers of row k, for all rows of all segments. 64-byte aligned.
typedef void entrain__gather_kernel(const entrain__gather_task *task, int64_t *sums);

entrain__gather_kernel entrain__gather_sse2, entrain__gather_avx2, entrain__gather_avx512;

#endif
