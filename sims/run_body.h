/// @file run_body.h  What a run is beside its files: swarm, events, what its samples amount to, its summary.
/// Shared by `entrain run` (command_run.c), runs without files (run_once.c), steps of ladders (sweep_unit.c).
///
///   scenario -> run_body_begin() -> run_loop(), with samples and events handed in -> finish() -> check()
#ifndef ENTRAIN_SIMS_RUN_BODY_H
#define ENTRAIN_SIMS_RUN_BODY_H

#include "sims/goal_report.h"
#include "sims/outcome.h"
#include "sims/recoveries.h"
#include "sims/run_loop.h"
#include "sims/summary_phases.h"

typedef struct run_body {
    const scenario *given;
    const char *name;                      ///< of the scenario
    const char *where;                     ///< opens sentences; may be NULL
    double timeout_s;                      ///< wall time of run and control together, 0: no limit
    bool quiet;                            ///< no progress line
    bool notes;                            ///< what happens is told on stderr
    uint64_t from_tick, from_observations; ///< of the swarm, where judging began: 0 but for run_body_go_on()
    const entrain_swarm_config *config;    ///< what the swarm is made of; NULL: what the scenario says
    entrain_swarm *swarm;
    event_run events; ///< told and context are the caller's
    run_outcome outcome;
    goal_report goal;
    run_recoveries recoveries;
    run_phases phases;           ///< at the end
    double begun_s;              ///< wall time; the caller's
    double carried_s;            ///< when the first tick began; the caller's
    json_t *worth;               ///< against the control; NULL: there was none
    json_t *summary, *execution; ///< NULL before run_body_finish()
} run_body;

/// Builds and looks at everything, at tick 0; the scenario's fields are filled in, the rest is zero. Whatever
/// it answers, run_body_end() is owed.
entrain_status run_body_begin(run_body *body, entrain_error *error_out);
/// For run_loop's on_sample. Ticks and times count from from_tick.
entrain_status run_body_sample(run_body *body, const entrain_phase_sample *taken, entrain_error *error_out);
/// For events.told: event @p index has happened.
void run_body_event(run_body *body, uint32_t index);
/// The same swarm once more, nobody adjusting anything (control_run.h), where that applies; @p large: above
/// CONTROL_AGENTS_MAX. What stands in its way is no failure. After the loop, before run_body_finish().
void run_body_control(run_body *body, run_end end, bool large);
/// Everything that is to be said once the last sample is taken: phases, summary, execution. There was one.
void run_body_finish(run_body *body, run_end end);
/// Of a finished one: every message and request is accounted for. Else ENTRAIN_MISMATCH with a sentence: a
/// bug of ours, which must not pass for a result.
entrain_status run_body_check(const run_body *body, entrain_error *error_out);
/// Of a finished one: what comes from here on is judged by itself, as a run of @p given (NULL: the same)
/// that begins with the swarm as it is now. Swarm and events stay; summary and execution are gone.
entrain_status run_body_go_on(run_body *body, const scenario *given, entrain_error *error_out);
/// Gives everything back; nothing on one that is zeroed. The scenario is the caller's.
void run_body_end(run_body *body);

#endif
