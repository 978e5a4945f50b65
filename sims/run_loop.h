/// @file run_loop.h  From sample to sample until something ends the run. Used by run and verify alike.
#ifndef ENTRAIN_SIMS_RUN_LOOP_H
#define ENTRAIN_SIMS_RUN_LOOP_H

#include <stdbool.h>
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
    RUN_END_NONE,        ///< it has not ended; never answered
} run_end;

/// Swarms above this size have no windows of frequencies: what they take (40 bytes an actor) would be felt.
#define RUN_WINDOW_ACTORS_MAX (1u << 20)

/// "duration", "stop condition", "timeout", "interrupted", "failed".
const char *run_end_name(run_end end);

/// Where a loop stands between two ticks: all that it remembers. Zeroed: before the beginning.
typedef struct run_position {
    bool sampled, asked; ///< there was a sample; and what follows from it (event_run_ask()) has happened
    entrain_phase_sample sample; ///< the latest
    bool holding;                ///< the stop condition holds, since that tick
    uint64_t holding_since;
    uint64_t marked; ///< when the latest window of frequencies began
} run_position;

typedef struct run_plan {
    entrain_swarm *swarm;
    uint64_t tick_count;
    uint64_t record_every_ticks;
    uint64_t begun_tick; ///< samples and windows of frequencies count from here; not 0: the swarm ran before
    scenario_stop stop;
    event_run *events; ///< of this swarm, begun, by the caller to be ended; NULL: there are none
    /// Receives every sample: tick 0, every record_every_ticks, and the last tick whatever it is. Anything
    /// but ENTRAIN_OK ends the run.
    entrain_status (*on_sample)(void *context, const entrain_phase_sample *sample, entrain_error *error_out);
    void *context;
    /// Where to begin, and where it stands from then on; NULL: at the beginning. One that has begun is of
    /// a swarm that stands where it says.
    run_position *position;
    /// Called at tick boundaries: where it begins, on the way, after the last tick; when everything that
    /// is to happen there has happened and before it is sampled; once more, @p stopped, where a signal or
    /// a deadline ends the run. Who goes on from `position` and the swarm as they are then, goes on as if
    /// nobody had stopped. NULL: nobody is called. Anything but ENTRAIN_OK ends the run as on_sample does.
    entrain_status (*on_boundary)(void *context, bool stopped, entrain_error *error_out);
    /// The next tick after @p tick whose boundary must not be run past; NULL: none has to be called.
    uint64_t (*next_boundary)(void *context, uint64_t tick);
} run_plan;

/// Runs @p plan from where the engine stands. The last sample handed out is the state the engine is left in,
/// unless the end is FAILED. @p sentence_out is written for CALLER and FAILED.
run_end run_loop(const run_plan *plan, entrain_error *error_out);

#endif
