/// @file scheduler_private.h  What a scheduler is made of, for the files of scheduler.c.
#ifndef ENTRAIN_SCHEDULER_PRIVATE_H
#define ENTRAIN_SCHEDULER_PRIVATE_H

#include <pthread.h>
#include <sys/types.h>

#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "engine/base/wait.h"
#include "entrain/scheduler.h"
#include "scheduler/machine.h"
#include "scheduler/ready.h"
#include "scheduler/timeline.h"

// What was handed out in a phase: how many tasks, the sum of their numbers and of their mixed numbers. A
// policy that loses one task and doubles another changes the sums; two such errors that cancel in both are
// not to be expected.
typedef struct tally {
    uint64_t count, sum, mixed;
    uint64_t foreign; // numbers beyond the plan, which are not run
} tally;

typedef struct worker {
    // By create.
    entrain_scheduler *scheduler;
    pthread_t thread; // not worker 0
    uint32_t index;
    entrain__track *track; // NULL: no timeline
    // By its own thread between release and arrival, and by the last arriver between arrival and release.
    _Alignas(ENTRAIN_CACHE_LINE) tally handed;
    uint64_t since_ns; // when it began to wait
    uint64_t steals;   // the policy's count of this plan, with a timeline only
    bool idle;         // it waits for a run, not within one
    uint32_t stuck;    // `awoken` + 1 when it asked in vain while all were waiting; read by others who wait
    uint64_t yields_ahead, naps_ahead; // in wait_for_task(); those at events are in `stats`
    entrain_worker_stats stats;
} worker;

struct entrain_scheduler {
    // By create and plan, while no run is on.
    entrain__arena *arena;
    const entrain_policy *policy;
    worker *workers;             // [worker_count]
    void *state;                 // the policy's
    entrain__timeline *timeline; // NULL: none
    entrain__machine *machine;   // NULL: nobody asked
    uint32_t *distances;         // [worker_count * worker_count] or NULL
    bool pin;
    uint64_t seed;
    uint32_t worker_count, started_count; // the latter without worker 0
    pid_t process;                        // whose threads they are
    uint32_t task_count;                  // 0 before the first plan
    tally wanted;                         // of each step
    entrain__ready *ready;                // NULL: no plan for runs without phases
    bool is_ready_run;                    // the run that is on is one
    uint32_t *steps_done; // [task_count] in this phase, by the runner of each task; NULL without links
    // By whoever runs the serial part; read by all between release and arrival.
    struct serial {
        _Alignas(ENTRAIN_CACHE_LINE) const entrain_job *job;
        uint64_t phase_count; // since plan
        uint32_t phase;       // the job's number for it
        uint32_t steps;       // of this phase, 1 but for policies that run ahead
        bool running, mismatch, stopping;
    } serial;
    // By every arriver.
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t arrivals;
    // By every worker, in phases of several steps; by the serial part before them.
    struct ahead {
        _Alignas(ENTRAIN_CACHE_LINE) uint32_t finished; // tasks that have taken their last step
        uint32_t waiting;                               // workers that have nothing to do
        uint32_t awoken;                                // how often one of those had something again
        uint32_t overfed; // not 0: a worker was handed more than there is, and went to the barrier
    } ahead;
    // By the last arriver.
    entrain__event gate; // workers 1 .. worker_count-1 wait here
    entrain__event home; // worker 0 waits here
};

/// Adds what the policy counts for worker @p index to @p stats.
void entrain__scheduler_count(const entrain_scheduler *scheduler, uint32_t index,
                              entrain_worker_stats *stats);

#endif
