/// @file bench_cell.h  One swarm under one policy with one number of workers: measured, watched, checked.
#ifndef ENTRAIN_SIMS_BENCH_CELL_H
#define ENTRAIN_SIMS_BENCH_CELL_H

#include <stdbool.h>

#include "entrain/swarm.h"
#include "sims/bench_stats.h"
#include "sims/events.h"

typedef enum bench_cell_state {
    BENCH_CELL_GOOD = 0,
    BENCH_CELL_WRONG, ///< another fingerprint than the reference, messages lost, tasks lost: no time is shown
    BENCH_CELL_LEFT_OUT, ///< the policy or the engine does not support it
    BENCH_CELL_FAILED,   ///< the machine could not: no memory, no threads
} bench_cell_state;

/// What the scheduler and the engine counted during measurements, over all workers.
typedef struct bench_cell_totals {
    uint64_t ticks, advance_ns, serial_ns;
    uint64_t busy_ns, barrier_wait_ns, worker_serial_ns;
    uint64_t steals_tried, steals_won, parks, yields;
} bench_cell_totals;

typedef struct bench_cell {
    const char *policy;
    uint32_t workers;
    const scenario_events *planned; ///< what happens on the way; NULL: nothing. Borrowed
    entrain_swarm *swarm;           ///< NULL: none
    event_run events;               ///< those planned, in this swarm
    bench_cell_state state;
    char why[400];         ///< a sentence, unless good
    uint64_t fingerprint;  ///< at the last check
    uint64_t checked_tick; ///< where the engine stood then
    double *ns;            ///< [repeats] of one measurement; the caller's
    bench_cell_totals totals;
} bench_cell;

/// Creates the swarm of @p config under the cell's policy and workers. What stands in the way becomes the
/// cell's state and sentence.
void bench_cell_create(bench_cell *cell, const entrain_swarm_config *config);
void bench_cell_destroy(bench_cell *cell);
void bench_cell_leave_out(bench_cell *cell, const char *why);

/// Advances @p ticks ticks; *ns_out is what that took, wall-clock. A signal ends it at a tick boundary
/// (ENTRAIN_CANCELLED); anything else but ENTRAIN_OK is the cell's state now. @p count: the statistics
/// enter the totals.
entrain_status bench_cell_advance(bench_cell *cell, uint64_t ticks, bool count, double *ns_out);

/// Takes the fingerprint and looks whether all messages are accounted for. The cell is WRONG if not, or if
/// @p reference (NULL: this is the reference) stands elsewhere or has another fingerprint.
void bench_cell_check(bench_cell *cell, const bench_cell *reference);

/// Shares of the time that the workers had, and the engine's serial share of advance(): 0 to 1, NaN without
/// measurements. Idle: no task, no serial part; waiting at the barrier is the greater part of it.
typedef struct bench_cell_shares {
    double serial, barrier_wait, idle;
} bench_cell_shares;
bench_cell_shares bench_cell_share(const bench_cell *cell);
/// Of any worker, since the swarm was created.
uint64_t bench_cell_task_ns_max(const bench_cell *cell);

/// How long the ticks of all counted advances took, each, as the engine saw it (entrain_engine_tick_ns). NaN
/// in what there were too few ticks for: 2 for the median, 100 for the 99th percentile.
typedef struct bench_latency {
    double p50_ns, p99_ns;
} bench_latency;
bench_latency bench_tick_latency(const bench_cell *cell);

#endif
