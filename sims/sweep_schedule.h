/// @file sweep_schedule.h  Which unit of a sweep begins next, and with how many workers, so that none is
/// idle.
///
/// Units are begun in the order in which they were added. One that is done by a single worker before all else
/// could be has one; one that would keep the others waiting has as many as bring it to its end with them; one
/// that needs a good part of the memory has as good a part of the workers. Where the one whose turn it is has
/// to wait for workers or memory, later ones that are done by then go before it (backfilling).
///
/// Costs are learnt: what units took corrects the estimates of those of about their cost.
#ifndef ENTRAIN_SIMS_SWEEP_SCHEDULE_H
#define ENTRAIN_SIMS_SWEEP_SCHEDULE_H

#include "sims/sweep_plan.h"

enum { SCHEDULE_BATCH_MAX = 512 };

typedef struct sweep_schedule sweep_schedule;

/// What is begun as one job: small units follow each other in it.
typedef struct schedule_choice {
    uint32_t units[SCHEDULE_BATCH_MAX], count;
    uint32_t workers;
    size_t bytes;
    uint32_t handle; ///< for schedule_ended()
} schedule_choice;

/// @p bytes of memory for all, 0: no limit known. Nothing is pending yet.
entrain_status schedule_make(const sweep_unit *units, uint32_t count, uint32_t workers, size_t bytes,
                             sweep_schedule **schedule_out, entrain_error *error_out);
/// @p unit is to be done: after all others.
void schedule_add(sweep_schedule *schedule, uint32_t unit);
/// @p unit was begun and did not come to its turn, or shall have another: before all others. @p alone: while
/// nothing else runs.
void schedule_return(sweep_schedule *schedule, uint32_t unit, bool alone);
/// The next job, which counts as begun at @p now_s (any clock that goes on); false: none may begin now.
bool schedule_pick(sweep_schedule *schedule, double now_s, schedule_choice *choice_out);
/// What @p unit took: workers x seconds.
void schedule_learn(sweep_schedule *schedule, uint32_t unit, double worker_s);
void schedule_ended(sweep_schedule *schedule, uint32_t handle);
/// What beginning a job costs the parent (a fork): small units are put together until that is little.
void schedule_set_overhead(sweep_schedule *schedule, double seconds);
uint32_t schedule_pending(const sweep_schedule *schedule);
/// Seconds until all is done, about.
double schedule_left_s(const sweep_schedule *schedule, double now_s);
void schedule_free(sweep_schedule *schedule); ///< NULL: nothing

#endif
