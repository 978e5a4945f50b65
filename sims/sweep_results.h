/// @file sweep_results.h  A sweep's files, made from its plan and its rows.
///
///   manifest.json   format "entrain-sweep": the resolved scenario, the sweep, what repeats it
///   runs.jsonl      journal.h
///   results.csv     run, point, replica, seed, one column for each axis, direction, status, reason,
/// result columns;
///                   sorted by run; the same bytes whatever -j, order of ends, interruptions
///   aggregate.csv   for each point (and direction): the axes, n (runs that are done) and failed (runs
/// that are not;
///                   they are in no figure), and of each number NAME that any run has, over the replicas
/// that have
///                   it: NAME_n (how many: it may be fewer than n, as where not all synchronized), NAME_mean,
///                   NAME_se (standard error of the mean, sd / sqrt n), NAME_sd (standard deviation, by n
/// - 1),
///                   NAME_min, NAME_q05, NAME_median, NAME_q95, NAME_max; true counts 1 and false 0, so
/// that the
///                   mean of a yes or no is a share; empty: too few
///   timing.csv      run, workers, wall_s, ticks_per_s: what differs from machine to machine lives here
///   pictures, report.html
#ifndef ENTRAIN_SIMS_SWEEP_RESULTS_H
#define ENTRAIN_SIMS_SWEEP_RESULTS_H

#include "sims/csv_table.h"
#include "sims/run_directory.h"
#include "sims/sweep_execute.h"

#define SWEEP_FORMAT "entrain-sweep"
/// A sweep's directory, for directory_prepare().
extern const directory_kind sweep_directory_kind;

json_t *sweep_manifest_json(const sweep_plan *plan, const char *typed);
/// Writes results.csv, aggregate.csv, timing.csv from what there is so far. Rows as of sweep_row_at().
entrain_status sweep_results_write(const char *directory, const sweep_plan *plan, json_t *const *rows,
                                   const journal *log, entrain_error *error_out);

/// A sweep's results as read back from its directory: `entrain plot`, `diff`, `show` and reports need no
/// plan.
typedef struct sweep_table {
    json_t *manifest;
    csv_table results;               ///< results.csv
    uint32_t axis_first, axis_count; ///< its columns axis_first .. are the axes
    uint32_t direction, status;      ///< columns; direction is results.column_count where there is none
} sweep_table;
entrain_status sweep_table_read(const char *directory, sweep_table *table_out, entrain_error *error_out);
void sweep_table_free(sweep_table *table);

/// Over pictures and pages: the scenario's title, but for one that names the first of several goals or
/// scales.
const char *sweep_title(const json_t *manifest);

/// What a finished sweep found, in three lines: how many runs and failures; what changed most and along
/// which axis (with the threshold or the fit, where there is one); beside theory, where it is known.
void sweep_findings(const sweep_table *table, FILE *to);

/// The right picture for what was swept: one numeric axis: the result over it with error bars, one curve
/// for each value of a second axis of few values, theory's curve where the rows have it, ladders with
/// arrows of direction; two numeric axes of many values: a heat map; a search: threshold over the other
/// axis. @p result NULL: coherence, or what was searched. Statuses of drawing_run().
entrain_status sweep_plot(const char *directory, const sweep_table *table, const char *result,
                          entrain_error *error_out);

#endif
