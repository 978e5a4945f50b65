/// @file run_state.h  What a run remembers beside its swarm, written to or read from an archive.
///
/// checkpoint.h says what the file is. Each function reads into what was begun at tick 0 of the same
/// scenario. Failures stay in the archive, and what was being read into is then good for its own end only.
#ifndef ENTRAIN_SIMS_RUN_STATE_H
#define ENTRAIN_SIMS_RUN_STATE_H

#include "entrain/archive.h"
#include "sims/goal_report.h"
#include "sims/outcome.h"
#include "sims/recoveries.h"
#include "sims/run_loop.h"

/// Whoever adds a field to @p type is stopped here: does a run that goes on from a checkpoint need it?
/// Then archive it, and say the new size.
#define RUN_STATE_ARCHIVED(type, bytes)                                                                      \
    _Static_assert(sizeof(type) == (bytes), #type " has changed: see RUN_STATE_ARCHIVED in "                 \
                                                  "sims/run_state.h")

void run_position_archive(run_position *position, entrain_archive *archive);
void phase_sample_archive(entrain_phase_sample *sample, entrain_archive *archive);
void outcome_archive(run_outcome *outcome, entrain_archive *archive);
void goal_watch_archive(entrain_goal_watch *watch, entrain_archive *archive);
void goal_band_archive(entrain_goal_band *band, entrain_archive *archive);
void goal_report_archive(goal_report *report, entrain_archive *archive);
void recoveries_archive(run_recoveries *recoveries, entrain_archive *archive);
/// Reading, the swarm must have been read before: the graph is the swarm's.
void event_run_archive(event_run *events, entrain_archive *archive);
/// For a run that branches off at @p tick, with events of its own: @p events goes on from where @p from,
/// of the same swarm and just read, stood. The course, what is disrupted and the state of a hook of the
/// same text change places; events up to @p tick are passed over. Both are to be ended.
void event_run_branch(event_run *events, event_run *from, uint64_t tick);

#endif
