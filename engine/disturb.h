/// @file disturb.h  What becomes of observations on their way: late, cut off, lost.
///
/// late     hearers look at buffers of so many exchanges earlier (delays.h)
/// cut off  a bit for each arc says whether both its ends are on one side (entrain__graph.open); made anew
/// when
///          the sides or the arcs change
/// lost     a number is drawn for each arc in each exchange; lost is what draws less than loss x 2^32
///
/// The number of the n-th arc of a hearer's row (speakers in the order of their vertices, parallel arcs in
/// the order given: the same in every layout) is 32 bits. Its upper half is the (n modulo 8)-th 16 bits,
/// from the lowest on, of the block drawn at (hearer's vertex, tick, n / 8 x 8 + exchange), so that one
/// block serves eight arcs; its lower half those of the block at n / 8 x 8 + 4 + exchange, which is looked
/// at only where the upper half does not decide: once in 65,536 arcs. Tick and exchange are the hearer's.
///
/// Rows are cut into pieces of up to eight arcs, and the fate of many pieces is looked up at once: a mask for
/// each arc, all ones or zero, to be laid over what the speaker said. No branch depends on a draw.
///
///     a row of 19 arcs    | 8 | 8 | 3 |    a piece: one block, eight masks
#ifndef ENTRAIN_ENGINE_DISTURB_H
#define ENTRAIN_ENGINE_DISTURB_H

#include "engine/delays.h"

enum { ENTRAIN__PIECES = 32, ENTRAIN__PIECE_ARCS = 8 };

/// The fates of the next pieces of a range of rows.
typedef struct entrain__fates {
    const entrain_engine *engine;
    const entrain__cohort *cohort;
    uint32_t place, end; // of the rows still to be cut, and the arc in the first of them
    uint64_t arc;
    uint32_t count;
    uint64_t arcs[ENTRAIN__PIECES];    // where each begins
    uint32_t lengths[ENTRAIN__PIECES]; // 8, or fewer at the end of a row
    uint32_t places[ENTRAIN__PIECES];  // of its hearer
    uint32_t hearers[ENTRAIN__PIECES]; // vertex
    uint32_t draws[ENTRAIN__PIECES];   // arcs of its row before it
    uint32_t arrived[ENTRAIN__PIECES]; // of its arcs: masks that are not 0
    _Alignas(ENTRAIN_CACHE_LINE) int64_t masks[ENTRAIN__PIECES][ENTRAIN__PIECE_ARCS];
} entrain__fates;

static inline void entrain__fates_begin(entrain__fates *fates, const entrain_engine *engine,
                                        const entrain__cohort *cohort, uint32_t place, uint32_t count) {
    fates->engine = engine;
    fates->cohort = cohort;
    fates->place = place;
    fates->end = place + count;
    fates->arc = engine->graph.offsets[place];
}

/// Cuts the next pieces; 0: there are none left. A row without arcs is a piece of none.
uint32_t entrain__fates_cut(entrain__fates *fates);
/// Masks for what was cut: 0 for arcs that bring nothing in this exchange, lost or cut off.
typedef void entrain__fates_draw_kernel(entrain__fates *fates);
entrain__fates_draw_kernel entrain__fates_draw_sse2, entrain__fates_draw_avx2, entrain__fates_draw_avx512;
static inline uint32_t entrain__fates_next(entrain__fates *fates) {
    static entrain__fates_draw_kernel *const kernels[] = {[ENTRAIN_SIMD_SSE2] = entrain__fates_draw_sse2,
                                                          [ENTRAIN_SIMD_AVX2] = entrain__fates_draw_avx2,
                                                          [ENTRAIN_SIMD_AVX512] = entrain__fates_draw_avx512};
    if (entrain__fates_cut(fates) == 0)
        return 0;
    kernels[fates->engine->simd](fates);
    return fates->count;
}
/// Clears the masks of arcs whose speakers were silent then.
void entrain__fates_silence(entrain__fates *fates);

/// What the arcs of the pieces bring, into sums [words], and how many arrived, into heard (or NULL), by
/// row from
/// @p place on; the first piece of a row begins both.
typedef void entrain__fates_add_kernel(const entrain__fates *fates, uint32_t place, int64_t *sums,
                                       uint32_t *heard);
entrain__fates_add_kernel entrain__fates_add_sse2, entrain__fates_add_avx2, entrain__fates_add_avx512;

/// entrain__gather() where some are not heard. @p heard may be NULL.
void entrain__gather_thinned(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                             uint32_t count, int64_t *sums, uint32_t *heard);

/// Whether the ends of an arc are on one side.
static inline bool entrain__arc_open(const entrain__graph *graph, uint64_t arc) {
    return graph->open == NULL || (graph->open[arc >> 3] >> (arc & 7) & 1) != 0;
}
/// Which arcs of a new graph are open, in the memory of the graph: nothing without a partition.
/// ENTRAIN_NO_MEMORY or OK.
entrain_status entrain__graph_divide(entrain_engine *engine);

#endif
