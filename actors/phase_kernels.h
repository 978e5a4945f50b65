/// @file phase_kernels.h  The inner loops of phase oscillators, once per vector instruction set.
///
/// phase_kernels.inc is compiled three times, for SSE2, AVX2 and AVX-512; a table of function pointers is
/// chosen when an engine starts. Every lane of every width computes the same sequence of IEEE operations, so
/// the choice changes no bit.
#ifndef ENTRAIN_ACTORS_PHASE_KERNELS_H
#define ENTRAIN_ACTORS_PHASE_KERNELS_H

#include <stdint.h>

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
} entrain__rate;

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
    /// moments[2m-2], [2m-1] += sum over k of cos(m theta), sin(m theta) scaled by 2^44, m = 1..8, from
    /// published words. count <= 2^18.
    void (*moments)(uint32_t count, const int64_t *words, int64_t *moments);
} entrain__phase_kernels;

extern const entrain__phase_kernels entrain__phase_kernels_sse2, entrain__phase_kernels_avx2,
    entrain__phase_kernels_avx512;

/// The table for a resolved level.
const entrain__phase_kernels *entrain__phase_kernels_for(entrain_simd level);

#endif
