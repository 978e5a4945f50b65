/// @file bench.h  `entrain bench`: what every subject is told, and the subjects.
#ifndef ENTRAIN_SIMS_BENCH_H
#define ENTRAIN_SIMS_BENCH_H

#include "entrain/scheduler.h"
#include "sims/bench_report.h"
#include "sims/lists.h"
#include "sims/options.h"

/// The command line, understood and checked.
typedef struct bench_options {
    const cli_options *cli; ///< json, quiet, force, output, sets, baseline
    const char *command;    ///< as typed: "entrain bench sims/hub.lua --workers 1,2"
    list_of_policies policies;
    list_of_counts workers; ///< 1 to ENTRAIN_WORKERS_MAX each; of no values where none were given
    list_of_counts sizes;   ///< 1 to 2^24 - 1 each; of no values where none were given
    uint32_t repeats;       ///< 1 to BENCH_REPEATS_MAX; default 10
    double seconds;         ///< of one measurement; default 0.2
} bench_options;

/// Fills what the options say of a report: repeats, seconds, command, directory, json, quiet, force. The
/// subject adds what, title, columns, settings.
bench_report_setup bench_setup(const bench_options *options);

/// Each returns the exit code: EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_MISMATCH (a row is WRONG),
/// EXIT_INTERRUPTED.
int bench_scenario(const bench_options *options);
int bench_coupling(const bench_options *options);
int bench_patterns(const bench_options *options);
int bench_imbalance(const bench_options *options);
int bench_precision(const bench_options *options);
int bench_actors(const bench_options *options);
int bench_agents(const bench_options *options);
int bench_resilience(const bench_options *options);

#endif
