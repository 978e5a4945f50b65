/// @file bench_idle.h  What an actor costs that has nothing to do.
#ifndef ENTRAIN_SIMS_BENCH_IDLE_H
#define ENTRAIN_SIMS_BENCH_IDLE_H

#include <stdint.h>

#include "entrain/status.h"

/// Of one actor, on average.
typedef struct bench_idle_figures {
    double bytes;    ///< as entrain_engine_measure() says
    double resident; ///< by which the process grew, bytes
    double start_ns; ///< of entrain_engine_start(), wall-clock
} bench_idle_figures;

/// Makes @p count event-driven actors with an empty mailbox of capacity 7 and no state of their own, looks,
/// tells some of them something to see that they live, and lets them go.
entrain_status bench_idle_measure(uint32_t count, bench_idle_figures *figures_out, entrain_error *error_out);

#endif
