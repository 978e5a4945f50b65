// Order statistics of at most a thousand numbers.
#include "sims/bench_stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double bench_quantile(const double *sorted, uint32_t count, double share) {
    if (count == 0)
        return NAN;
    double at = share * (count - 1);
    uint32_t below = (uint32_t)at;
    if (below + 1 >= count)
        return sorted[count - 1];
    return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

bench_stats bench_stats_of(const double *values, uint32_t count) {
    double sorted[BENCH_REPEATS_MAX];
    if (count > BENCH_REPEATS_MAX)
        abort(); // the caller's promise
    if (count == 0)
        return (bench_stats){.median = NAN, .q1 = NAN, .q3 = NAN, .least = NAN, .most = NAN};
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, ascending);
    return (bench_stats){.median = bench_quantile(sorted, count, 0.5),
                         .q1 = bench_quantile(sorted, count, 0.25),
                         .q3 = bench_quantile(sorted, count, 0.75),
                         .least = sorted[0],
                         .most = sorted[count - 1],
                         .count = count};
}

bench_stats bench_stats_ratio(const double *values, const double *base, uint32_t count) {
    double ratios[BENCH_REPEATS_MAX];
    uint32_t kept = 0;
    if (count > BENCH_REPEATS_MAX)
        abort(); // the caller's promise
    for (uint32_t i = 0; i < count; i++)
        if (base[i] != 0)
            ratios[kept++] = values[i] / base[i];
    return bench_stats_of(ratios, kept);
}

double bench_karp_flatt(double speedup, uint32_t workers) {
    if (workers < 2 || !(speedup > 0))
        return NAN;
    double p = workers;
    return (1 / speedup - 1 / p) / (1 - 1 / p);
}
