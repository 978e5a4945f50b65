/// @file bench_stats.h  What a few repeated measurements say: median, quartiles, least; and ratios of two
/// subjects that were measured turn by turn.
///
/// Pure functions of their arguments; any thread.
#ifndef ENTRAIN_SIMS_BENCH_STATS_H
#define ENTRAIN_SIMS_BENCH_STATS_H

#include <stdint.h>

/// Repeats that one subject may have.
#define BENCH_REPEATS_MAX 1000

/// Quantiles interpolate between the two nearest values: Hyndman & Fan (1996), definition 7.
typedef struct bench_stats {
    double median, q1, q3;
    double least, most;
    uint32_t count; ///< 0: nothing was measured, and all else is NaN
} bench_stats;

/// Of values[count], in any order; @p count up to BENCH_REPEATS_MAX. Values are finite.
bench_stats bench_stats_of(const double *values, uint32_t count);

/// Of values[i] / base[i]: what drifts (clock rate, neighbours on the machine) hits both of one repeat
/// alike and cancels. Repeats whose base is 0 are left out.
bench_stats bench_stats_ratio(const double *values, const double *base, uint32_t count);

/// The @p share quantile (0 to 1) of values[count], sorted in ascending order; NaN of none.
double bench_quantile(const double *sorted, uint32_t count, double share);

/// Karp-Flatt serial fraction e = (1/S - 1/p) / (1 - 1/p) of speed-up S on p workers. Karp & Flatt (1990),
/// "Measuring parallel processor performance", CACM 33(5), eq. 2. NaN for fewer than 2 workers or S <= 0.
/// Below 0 when the speed-up is more than p.
double bench_karp_flatt(double speedup, uint32_t workers);

#endif
