/// @file run_loop.h  From sample to sample until something ends the run. Used by run and verify alike.
#ifndef ENTRAIN_SIMS_RUN_LOOP_H
#define ENTRAIN_SIMS_RUN_LOOP_H

#include <stdint.h>

#include "sims/events.h"
#include "sims/scenario.h"

typedef enum run_end {
    RUN_END_DURATION,    ///< all ticks done
    RUN_END_STOP,        ///< the scenario's stop condition held
    RUN_END_TIMEOUT,     ///< --timeout
    RUN_END_INTERRUPTED, ///< a signal
    RUN_END_CALLER,      ///< on_sample said so, with the sentence in the error
    RUN_END_FAILED,      ///< the engine said so, with the sentence in the error
} run_end;

/// Swarms above this size have no windows of frequencies: what they take (40 bytes an actor) would be felt.
#define RUN_WINDOW_ACTORS_MAX (1u << 20)

/// "duration", "stop condition", "timeout", "interrupted", "failed".
const char *run_end_name(run_end end);

typedef struct run_plan {
    entrain_swarm *swarm;
    uint64_t tick_count;
    uint64_t record_every_ticks;
    scenario_stop stop;
    event_run *events; ///< of this swarm, begun, by the caller to be ended; NULL: there are none
    /// Receives every sample: tick 0, every record_every_ticks, and the last tick whatever it is. Anything
    /// but ENTRAIN_OK ends the run.
    entrain_status (*on_sample)(void *context, const entrain_phase_sample *sample, entrain_error *error_out);
    void *context;
} run_plan;

/// Runs @p plan from where the engine stands. The last sample handed out is the state the engine is left in,
/// unless the end is FAILED. @p sentence_out is written for CALLER and FAILED.
run_end run_loop(const run_plan *plan, entrain_error *error_out);

#endif
