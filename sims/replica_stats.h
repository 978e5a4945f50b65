/// @file replica_stats.h  What several measurements of one quantity amount to.
#ifndef ENTRAIN_SIMS_REPLICA_STATS_H
#define ENTRAIN_SIMS_REPLICA_STATS_H

#include <stdint.h>

/// NAN where there are too few: of none everything, of one the deviation and the error.
typedef struct replica_stats {
    uint32_t count;
    double mean;
    double deviation; ///< of one measurement: divided by count - 1
    double error;     ///< standard error of the mean: deviation / sqrt(count)
    double least, greatest;
    double low, median,
        high; ///< 5 %, 50 %, 95 %, between neighbours by straight lines: Hyndman and Fan (1996), type
              ///< 7, as in R and NumPy
} replica_stats;

/// Sorts @p values. Sums run from the least to the greatest, so that no order of arrival shows.
replica_stats replica_stats_of(double *values, uint32_t count);

#endif
