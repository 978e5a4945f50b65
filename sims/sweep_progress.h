/// @file sweep_progress.h  How far a sweep is, in words: one line on a terminal, JSON for machines, and more
/// of it for whoever asks with SIGUSR1.
#ifndef ENTRAIN_SIMS_SWEEP_PROGRESS_H
#define ENTRAIN_SIMS_SWEEP_PROGRESS_H

#include <jansson.h>

#include "sims/sweep_plan.h"

typedef struct sweep_standing {
    uint32_t total, done, failed, earlier; ///< as in sweep_tally
    uint32_t running, workers, workers_used;
    double elapsed_s, left_s, busy;
    const sweep_run *last; ///< the run whose row came last; NULL: none yet
    const json_t *row;     ///< its row
} sweep_standing;

/// "size 100, coupling 1.5", the caller's room. @p values: as in sweep_run.
void sweep_values_text(const json_t *values, char *text, size_t size);
/// "12 of 340 runs  2 failed  3.4 runs/s  ETA 12.3 s  r = 0.8123 at coupling 1.5"
void sweep_standing_text(const sweep_standing *now, char *text, size_t size);
/// The same as an object, the caller's.
json_t *sweep_standing_json(const sweep_standing *now);

#endif
