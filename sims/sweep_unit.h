/// @file sweep_unit.h  Carries out one unit of a sweep, in a process of its own (pool.h): a run, a ladder, a
/// search.
///
/// A ladder: one swarm. At each step its key is set as a `set` event does (the first step's value is the
/// scenario's), the swarm goes on for another time.duration, and what it does in that time is judged by
/// itself: its own outcome, settled mean, theory; ticks and times count from where the step began, counts
/// (observations, calls, switches, energy) are the step's own, and waiting times, which cannot be told
/// apart, are null after the first step. A stop condition ends a step, not the ladder; events of the
/// scenario happen at their times within the first step. There is no control run.
///
/// A search: `where` is asked at both ends first, then in the middle of where it changes, until the two
/// values that enclose the threshold are no further apart than the tolerance. Its row has the columns of
/// the run at that end where `where` is true.
#ifndef ENTRAIN_SIMS_SWEEP_UNIT_H
#define ENTRAIN_SIMS_SWEEP_UNIT_H

#include "sims/run_once.h"
#include "sims/sweep_plan.h"

/// What is known already of a search that was interrupted: probe k (from 0) of @p unit as it was emitted,
/// or NULL.
typedef const json_t *sweep_known(void *context, uint32_t unit, uint32_t probe);

/// Hands out entries one by one, as they are done, borrowed; false: nobody takes them any more.
///   {"run": 17, "status": "done", "result": {columns of run_once.h, and for a search threshold, low, high,
///    evaluations}, "wall_s": 0.8, "ticks_per_s": 1e5}
///   {"run": 17, "status": "failed", "reason": "sentence", "wall_s": 0.8}
///   {"run": 17, "probe": 2, "value": 1.5, "true": false, "result": {...}}   of a search, before its row
/// What stands under "result" depends on scenario and seed alone. threshold is the middle between low and
/// high (of a search in logarithms their geometric mean; of a whole number the one at which `where` is
/// true), and evaluations counts probes, known ones too.
typedef bool sweep_emit(void *context, json_t *entry);

typedef struct sweep_unit_job {
    const sweep_plan *plan;
    uint32_t unit, workers;
    bool beside_others; ///< not all workers are its own: exec.pin, with which they would share cpus, is off
    double timeout_s;   ///< of each run, 0: no limit; one that is over it has failed
    sweep_known *known; ///< NULL: nothing is
    sweep_emit *emit;
    void *context;
} sweep_unit_job;

/// Never fails as a whole: what goes wrong with a run is its entry. Interrupted (interrupt_requested()):
/// returns without entries for what was not finished. In a ladder a step that fails fails those above it,
/// and steps that
/// --only leaves out are climbed without an entry.
void sweep_unit_carry_out(const sweep_unit_job *job);

// Between sweep_unit.c and sweep_find.c.

/// One run of @p run, or with @p value of the searched key set to it, as far as it came.
typedef struct sweep_once {
    run_end end;
    json_t *result; ///< columns; NULL unless it came to its end
    double wall_s, ticks_per_s;
    uint64_t ticks;
    entrain_error error; ///< why there is no result, unless interrupted
} sweep_once;
sweep_once sweep_carry_out_once(const sweep_unit_job *job, const sweep_run *run, const json_t *value,
                                bool control);
/// The scenario of @p run, as sweep_plan_scenario(), for the workers that @p job has.
entrain_status sweep_unit_scenario(const sweep_unit_job *job, const sweep_run *run, const json_t *value,
                                   scenario *scenario_out, entrain_error *error_out);
/// An entry, emitted; @p result is taken over.
bool sweep_emit_done(const sweep_unit_job *job, const sweep_run *run, json_t *result, double wall_s,
                     double ticks_per_s);
bool sweep_emit_failed(const sweep_unit_job *job, const sweep_run *run, double wall_s, const char *reason);
/// A search: its probes, then its row.
void sweep_find_carry_out(const sweep_unit_job *job, const sweep_run *run);

#endif
