/// @file workloads.h  Reference workloads as they are named on the command line: which of them, and at what
/// size.
#ifndef ENTRAIN_SIMS_WORKLOADS_H
#define ENTRAIN_SIMS_WORKLOADS_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/reference.h"
#include "sims/options.h"

enum { WORKLOADS_MAX = 32 };

/// One workload with its parameters.
typedef struct workload {
    const entrain_reference *reference;
    double parameters[ENTRAIN_PARAMETERS_MAX];
    bool sized; ///< --set changed a parameter
} workload;

typedef struct workloads {
    workload rows[WORKLOADS_MAX];
    uint32_t count;
    uint64_t seed; ///< --seed; default 1
    bool seeded;
} workloads;

/// The one called @p name, or a sentence with the nearest name; @p where opens it ("--filter").
entrain_status workload_find(const char *where, const char *name, const entrain_reference **reference_out,
                             entrain_error *error_out);
/// Those that @p names lists, separated by commas (NULL: all), at the sizes of benchmarks (@p normal) or
/// small ones, with what --set WORKLOAD.PARAMETER=VALUE and --seed change. Each workload once. @p also: a
/// name to be let through without a row; *also_out says whether it is wanted.
entrain_status workloads_choose(const cli_options *cli, const char *names, bool normal, const char *also,
                                bool *also_out, workloads *chosen_out, entrain_error *error_out);

#endif
