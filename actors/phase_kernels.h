/// @file phase_kernels.h  The inner loops of phase oscillators, once per vector instruction set.
///
/// phase_kernels.inc is compiled three times, for SSE2, AVX2 and AVX-512; a table of function pointers is
/// chosen when an engine starts. Every lane of every width computes the same sequence of IEEE operations, so
/// the choice changes no bit.
#ifndef ENTRAIN_ACTORS_PHASE_KERNELS_H
#define ENTRAIN_ACTORS_PHASE_KERNELS_H

#include <stdint.h>

#include "entrain/actor.h"
#include "entrain/random.h"
#include "entrain/simd.h"

/// What a rate needs: theta' = omega + gain (cos(lag) (c S - s C) - sin(lag) (c C + s S)), with (c, s) an
/// actor's own published words and (C, S) the sums it heard. Sakaguchi and Kuramoto (1986), eq. 2, the sine
/// expanded.
typedef struct entrain__rate {
    uint32_t count;
    const int64_t *own;  ///< [count][2] words
    const int64_t *sums; ///< [count][2]
    double sum_unit;
    const double *frequency; ///< [count] rad/s
    const double *gains;     ///< [count] K / n, or NULL: gain for all
    double gain;
    double cos_lag, sin_lag;
    double step_s;
    const struct entrain__pairs *pairs; ///< harmonics or groups; NULL: neither, and own and sums are as above
} entrain__rate;

/// Harmonics and groups: an actor publishes words[2 p], [2 p + 1] = cos, sin of h theta at the pair p = group
/// x harmonics + h - 1 of its own group, and 0 at the others', so that sums come by harmonic and group of the
/// speakers. (c, s) of pair p, seen by a hearer in group a: the rate gains in_phase[a][p] (c S - s C) -
/// quadrature[a][p] (c C + s S), times the actor's gain.
#define ENTRAIN__PAIRS_MAX 4
typedef struct entrain__pairs {
    uint32_t harmonics, groups; ///< their product 2 to 4
    const uint8_t *group;       ///< [count] each actor's; NULL: one group
    double in_phase[ENTRAIN__PAIRS_MAX][ENTRAIN__PAIRS_MAX],
        quadrature[ENTRAIN__PAIRS_MAX][ENTRAIN__PAIRS_MAX];
} entrain__pairs;

/// The general path takes a range in blocks of so many: rates into one array, what is done with them in
/// another loop.
enum { ENTRAIN__BLOCK = 512 };

typedef struct entrain__phase_kernels {
    /// words[2k], words[2k+1] = cos, sin of phase[k], rounded to 2^-44.
    void (*publish)(uint32_t count, const double *phase, int64_t *words);
    /// phase += h * rate, wrapped, turns counted.
    void (*euler)(const entrain__rate *rate, double *phase, int32_t *turns);
    /// Stage of Heun or RK4 that is not the last: slope += weight * rate (slope = weight * rate when first),
    /// ahead = phase + reach * rate.
    void (*stage)(const entrain__rate *rate, int first, double weight, double reach, const double *phase,
                  double *slope, double *ahead);
    /// Last stage: phase += share * (slope + rate), wrapped, turns counted.
    void (*finish)(const entrain__rate *rate, double share, const double *slope, double *phase,
                   int32_t *turns);
    /// The same with harmonics and groups: [count][2 groups x harmonics] words.
    void (*publish_pairs)(uint32_t count, const entrain__pairs *pairs, const double *phase, int64_t *words);
    /// rates[k] = the rate of each actor, [rate->count].
    void (*rates)(const entrain__rate *rate, double *rates);
    /// push[k] = scales[k] (NULL: scale) x the standard normal of (key, slot of ids[k], tick), rates[k] +=
    /// push[k]. At most a block.
    void (*normals)(uint32_t count, entrain_random key, const entrain_id *ids, uint64_t tick, double scale,
                    const double *scales, double *push, double *rates);
    /// What euler, stage and finish do, with rates at hand.
    void (*turn)(uint32_t count, const double *rates, double step_s, double *phase, int32_t *turns);
    void (*turn_stage)(uint32_t count, const double *rates, int first, double weight, double reach,
                       const double *phase, double *slope, double *ahead);
    void (*turn_last)(uint32_t count, const double *rates, double share, const double *slope, double *phase,
                      int32_t *turns);
    /// The same for velocities, which do not wrap.
    void (*speed)(uint32_t count, const double *rates, double step_s, double *velocity);
    void (*speed_stage)(uint32_t count, const double *rates, int first, double weight, double reach,
                        const double *velocity, double *slope, double *ahead);
    void (*speed_last)(uint32_t count, const double *rates, double share, const double *slope,
                       double *velocity);
    /// rates[k] = (rates[k] - D velocity[k]) / M; dampings, inertias NULL: damping, inertia for all.
    void (*accelerate)(uint32_t count, double damping, const double *dampings, double inertia,
                       const double *inertias, const double *velocity, double *rates);
    /// moments[2m-2], [2m-1] += sum over k of cos(m theta), sin(m theta) scaled by 2^44, m = 1..8, from
    /// published words. count <= 2^18.
    void (*moments)(uint32_t count, const int64_t *words, int64_t *moments);
} entrain__phase_kernels;

extern const entrain__phase_kernels entrain__phase_kernels_sse2, entrain__phase_kernels_avx2,
    entrain__phase_kernels_avx512;

/// The table for a resolved level.
const entrain__phase_kernels *entrain__phase_kernels_for(entrain_simd level);

#endif
