#include "sims/replica_stats.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Neumaier (1974): what rounding takes from the sum is summed beside it.
static double sum_about(const double *values, uint32_t count, double about, int power) {
    double sum = 0, lost = 0;
    for (uint32_t i = 0; i < count; i++) {
        const double off = values[i] - about, term = power == 2 ? off * off : off, next = sum + term;
        lost += fabs(sum) >= fabs(term) ? sum - next + term : term - next + sum;
        sum = next;
    }
    return sum + lost;
}

static double quantile(const double *sorted, uint32_t count, double part) {
    const double at = part * (count - 1);
    const uint32_t below = (uint32_t)at;
    if (below + 1 >= count)
        return sorted[count - 1];
    return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

replica_stats replica_stats_of(double *values, uint32_t count) {
    replica_stats stats = {.count = count,
                           .mean = NAN,
                           .deviation = NAN,
                           .error = NAN,
                           .least = NAN,
                           .greatest = NAN,
                           .low = NAN,
                           .median = NAN,
                           .high = NAN};
    if (count == 0)
        return stats;
    qsort(values, count, sizeof *values, compare);
    stats.least = values[0];
    stats.greatest = values[count - 1];
    stats.low = quantile(values, count, 0.05);
    stats.median = quantile(values, count, 0.5);
    stats.high = quantile(values, count, 0.95);
    // About the median: what is equal has exactly that mean, and no deviation.
    stats.mean = stats.median + sum_about(values, count, stats.median, 1) / count;
    if (count > 1) {
        stats.deviation = sqrt(sum_about(values, count, stats.mean, 2) / (count - 1));
        stats.error = stats.deviation / sqrt(count);
    }
    return stats;
}
