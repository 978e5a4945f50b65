/// @file gather_kernels.h  Adding up what speakers published, two words each, once per vector instruction set.
///
/// The sums are of integers, so the order of additions is free, and that is used: rows are not taken one after another
/// but by shape. A cohort's rows are cut once, when the engine starts, into segments:
///
///   band    consecutive rows whose speakers lie at the same distances from each: a lattice, but for its ends. Sums of
///           shifted blocks of memory, without an index.
///   slice   rows of one in-degree, wherever they lie in the cohort: a loop that knows its length, where rows of mixed
///           degrees would have a branch mispredicted at every other row. (Kreutzer et al., SIAM J. Sci. Comput. 36,
///           2014: SELL-C-sigma, with the cohort as sigma.)
#ifndef ENTRAIN_ENGINE_GATHER_KERNELS_H
#define ENTRAIN_ENGINE_GATHER_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/simd.h"

typedef struct entrain__segment {
    uint32_t degree;
    uint32_t count; ///< rows
    uint32_t first; ///< band: the first row; slice: where its rows begin in `rows`
    bool band;
} entrain__segment;

/// What one cohort hears. Rows count from its first place.
typedef struct entrain__gather_task {
    const int64_t *publications; ///< of the whole swarm, by place
    const uint64_t *offsets;     ///< [rows + 1] of the cohort
    const int32_t *speakers;     ///< of the whole graph
    uint32_t ahead;              ///< rows to look ahead; 0 where speakers lie near
    const entrain__segment *segments;
    uint32_t segment_count;
    const uint32_t *rows; ///< [row_count] of the slices, by degree, the least first
    uint32_t row_count;
} entrain__gather_task;

/// sums[2k], sums[2k+1] = the sums over the speakers of row k, for all rows of all segments. 64-byte aligned.
typedef void entrain__gather_kernel(const entrain__gather_task *task, int64_t *sums);

entrain__gather_kernel entrain__gather_sse2, entrain__gather_avx2, entrain__gather_avx512;

#endif
