/// @file bench_loop.h  The loops that Entrain is measured against: no actors, no messages, no tasks, no
/// promise.
///
/// One swarm of phases on a graph, k neighbours each, one Euler step of Kuramoto's model per tick:
///
///   theta_i += h (omega_i + gain_i sum_j sin(theta_j - theta_i)), wrapped, its whole turns counted
///
/// - bare: the best loop we know for Entrain's arithmetic (its sine, nothing fused). Per actor the cosine
/// and sine
///   side by side, summed in double precision; rows summed by shape (see bench_run); far neighbours fetched
///   ahead; huge pages where the system gives them. What lies between it and `publish` is the price of the
///   engine and of integer sums.
/// - fused: the same with a sine without the last half ulp and fused multiply-adds. What lies between it and
///   `bare` is the price of bits that are the same everywhere.
/// - libm: what one writes first. CSR rows, sin() of every difference, one actor at a time.
///
/// One thread at a time for all of it, but for the team's own threads.
#ifndef ENTRAIN_SIMS_BENCH_LOOP_H
#define ENTRAIN_SIMS_BENCH_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrain/simd.h"
#include "entrain/status.h"
#include "entrain/topology.h"
#include "sims/bench_team.h"

/// Rows of a block that are summed alike. A band: consecutive rows whose speakers lie at the same distances
/// from each, as on a lattice; summed as shifted blocks of memory, without an index. A slice: rows of one
/// degree, wherever they lie; summed by a loop that knows its length.
typedef struct bench_run {
    uint32_t degree, count;
    uint32_t first; ///< band: its first row within the block
    bool band;
} bench_run;

enum {
    BENCH_BLOCK_MAX = 512, ///< actors whose sums stay in the first cache
    BENCH_AHEAD = 128,     ///< arcs by which far speakers are fetched ahead
};

typedef struct bench_loop {
    uint32_t count, block, block_count;
    double step_s;
    bool far;          ///< speakers lie far away: fetch them ahead
    double *frequency; ///< [count]
    double *gain;      ///< [count] K / degree

    // fused and bare: the rows of each block, bands first, then slices by degree
    uint64_t *first_arc; ///< [block_count]
    uint32_t *first_run; ///< [block_count + 1]
    bench_run *runs;     ///< in the order of blocks
    uint16_t *rows;      ///< [count] which actor of its block a row of a slice is
    int32_t *speakers;   ///< [arcs + BENCH_AHEAD + degree_max]
    double *phase;       ///< [count] radians, -pi to pi
    int32_t *turns;      ///< [count]
    double *pairs[2];    ///< [count][2] cos, sin: heard, and being written

    // libm: CSR of the topology, borrowed
    const uint64_t *offsets;
    const int32_t *heard;
    double *angles[2]; ///< [count] heard, and being written; NULL without libm

    struct bench_block *memory; ///< everything above that is not borrowed
} bench_loop;

/// Bytes that a loop of @p count actors and @p arcs arcs takes.
double bench_loop_bytes(uint32_t count, uint64_t arcs, bool with_libm);

/// Lays out @p topology (retained by nobody: it must outlive the loop) for up to @p workers threads.
/// ENTRAIN_NO_MEMORY. The caller fills frequency[] and gain[], then calls bench_loop_reset(). *loop_out is
/// the caller's to fini.
entrain_status bench_loop_init(const entrain_topology_view *view, double step_s, uint32_t workers,
                               bool with_libm, bench_loop *loop_out, entrain_error *error_out);
void bench_loop_fini(bench_loop *loop);
/// Every loop's state as at tick 0, from @p phase, [count] radians.
void bench_loop_reset(bench_loop *loop, const double *phase);

/// One Euler step of the blocks first .. last-1: reads pairs[0], writes pairs[1].
typedef void bench_loop_body(const bench_loop *loop, uint32_t first, uint32_t last);
void bench_fused_sse2(const bench_loop *loop, uint32_t first, uint32_t last);
void bench_fused_avx2(const bench_loop *loop, uint32_t first, uint32_t last);
void bench_fused_avx512(const bench_loop *loop, uint32_t first, uint32_t last);
void bench_bare_sse2(const bench_loop *loop, uint32_t first, uint32_t last);
void bench_bare_avx2(const bench_loop *loop, uint32_t first, uint32_t last);
void bench_bare_avx512(const bench_loop *loop, uint32_t first, uint32_t last);

typedef enum bench_loop_kind { BENCH_LOOP_FUSED, BENCH_LOOP_BARE, BENCH_LOOP_LIBM } bench_loop_kind;

/// @p ticks ticks of @p loop on @p workers members of @p team, in the vector instructions of @p simd:
/// contiguous shares and one spinning barrier a tick, for nothing cheaper exists while there are no more
/// threads than cores. Ends early, at a tick, after @p limit_s seconds, and after a signal.
/// @return seconds that all ticks would have taken
double bench_loop_run(bench_loop *loop, bench_team *team, bench_loop_kind kind, entrain_simd simd,
                      uint32_t workers, uint64_t ticks, double limit_s);

#endif
