/// @file run_state.h  A run that can be put down and taken up: the checkpoint of `entrain run`.
///
/// One file, DIR/checkpoint: the resolved scenario (its text first, so that a swarm can be created from it), the
/// swarm (entrain_swarm_archive()), and everything the run itself remembers: where the loop stands, stop
/// condition, outcome, goal, recoveries, events that have happened, the hook's table `state`, and series.csv so far. A
/// run restored from it ends with the same bytes in series.csv, summary.json and phases.csv as one that never
/// stopped, at another number of workers, under another policy, in the other transport.
#ifndef ENTRAIN_SIMS_RUN_STATE_H
#define ENTRAIN_SIMS_RUN_STATE_H

#include "entrain/archive.h"
#include "sims/goal_report.h"
#include "sims/outcome.h"
#include "sims/recoveries.h"
#include "sims/run_loop.h"

/// Each written or read; reading, what was begun at tick 0 is replaced. Failures stay in the archive.
void outcome_archive(run_outcome *outcome, entrain_archive *archive);
void goal_report_archive(goal_report *report, entrain_archive *archive);
void recoveries_archive(run_recoveries *recoveries, entrain_archive *archive);
void event_run_archive(event_run *events, entrain_archive *archive);

#endif
