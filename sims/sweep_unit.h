/// @file sweep_unit.h  Carries out one unit of a sweep, in a process of its own (pool.h): a run, a ladder, a search.
#ifndef ENTRAIN_SIMS_SWEEP_UNIT_H
#define ENTRAIN_SIMS_SWEEP_UNIT_H

#include "sims/sweep_plan.h"

/// What is known already of a search that was interrupted: probe k (from 0) of @p unit as it was emitted, or NULL.
typedef const json_t *sweep_known(void *context, uint32_t unit, uint32_t probe);

/// Hands out entries one by one, as they are done; false: nobody takes them any more.
///   {"run": 17, "status": "done", "result": {columns of run_once.h, and for a search threshold, low, high,
///    evaluations}, "wall_s": 0.8, "ticks_per_s": 1e5}
///   {"run": 17, "status": "failed", "reason": "sentence"}
///   {"run": 17, "probe": 2, "value": 1.5, "true": false, "result": {...}}   of a search, before its row
/// What stands under "result" depends on scenario and seed alone.
typedef bool sweep_emit(void *context, json_t *entry);

typedef struct sweep_unit_job {
    const sweep_plan *plan;
    uint32_t unit, workers;
    double timeout_s;  ///< of each run, 0: no limit; one that is over it has failed
    sweep_known *known; ///< NULL: nothing is
    sweep_emit *emit;
    void *context;
} sweep_unit_job;

/// Never fails as a whole: what goes wrong with a run is its entry. Interrupted (interrupt_requested()): returns
/// without entries for what was not finished. In a ladder a step that fails fails those above it.
void sweep_unit_carry_out(const sweep_unit_job *job);

#endif
