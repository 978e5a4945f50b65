/// @file policy.h  A scheduler policy: who runs which task. It decides speed, never results.
///
/// Tasks are numbers 0 .. task_count-1. In each phase the scheduler submits all of them once, then every
/// worker calls next() until it says there is nothing left for it, then all meet at the barrier. A policy
/// must hand out every submitted task exactly once; the scheduler counts and ends the run with a sentence if
/// one was lost or doubled.
///
/// Calls on one state that may overlap ("-" freely for different workers, never for one; "X" the scheduler
/// keeps them apart, and what the one wrote the other sees):
///                 submit  next  done  count  create, destroy
///   submit          X      X     X      X          X
///   next            X      -     -      -          X
///   done            X      -     -      -          X
///   count           X      -     -      -          X
/// So submit() may fill every worker's queue without atomics. None of them may call the scheduler.
///
/// A policy that can run ahead does without the barrier where the job allows it: see submit_ahead().
#ifndef ENTRAIN_POLICY_H
#define ENTRAIN_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/status.h"

ENTRAIN_BEGIN_DECLS

typedef struct entrain_policy_setup {
    uint32_t worker_count; ///< 1 to 256
    uint32_t task_count;   ///< 1 to 2^31
    /// [task_count] relative costs, each >= 1; NULL: all alike. Valid during create only.
    const uint32_t *task_weights;
    uint64_t seed; ///< for policies that draw
    /// Which tasks depend on each other, in both directions and without a task itself: task t on
    /// links[link_offsets[t]] .. links[link_offsets[t + 1] - 1], [task_count + 1] offsets. NULL: not known,
    /// and submit_ahead() is never called with more than one step. Valid until destroy().
    const uint64_t *link_offsets;
    const uint32_t *links;
    /// [worker_count * worker_count] how far apart workers i and j are, at [i * worker_count + j]: 0 on the
    /// same cpu, and the larger the higher up the machine's tree of caches and packages their cpus meet;
    /// symmetric. Only the order of the values means something. NULL: not asked for (wants_distances), or not
    /// known. Valid during create only.
    const uint32_t *worker_distances;
} entrain_policy_setup;

/// What a policy counts for one worker, besides what the scheduler counts itself.
typedef struct entrain_policy_count {
    uint64_t steals_tried; ///< looks into another worker's queue
    uint64_t steals_won;   ///< those that found something, one task or many
} entrain_policy_count;

/// Who may take a task that has just become ready, so that a sleeper can be woken.
enum { ENTRAIN_WAKE_NOBODY = -1, ENTRAIN_WAKE_ANYBODY = -2 }; ///< else: the number of the one worker that can

/// Queues for runs whose tasks come and go (entrain_scheduler_run_ready), with a state of their own. A task
/// is ready at most once at a time, so a queue for task_count tasks never overflows.
///
/// Calls on one state that may overlap ("-" freely for different workers, never for one; "X" the scheduler
/// keeps them apart):
///             ready  take  any   create, destroy, count
///   ready       -      -     -     X
///   take        -      -     -     X
///   any         -      -     -     X
typedef struct entrain_policy_queues {
    /// As entrain_policy.create(), for setup->task_count tasks of which none is ready.
    entrain_status (*create)(const entrain_policy_setup *setup, void **state_out);
    /// @p task has become ready, found by @p worker. @return who may take it.
    int (*ready)(void *state, uint32_t worker, uint32_t task);
    /// The next task for @p worker, or false: it found none. What the ready() of that task's number wrote
    /// before is seen.
    bool (*take)(void *state, uint32_t worker, uint32_t *task_out);
    /// Whether @p worker might find one. True for a task whose ready() has returned before this call began
    /// (unless an earlier ready() that is still under way keeps it from being taken: that one will name who
    /// is to be woken), if it is still there and @p worker may take it (with a full fence before the looking,
    /// so that of ready() and any() at the same time one sees the other).
    bool (*any)(const void *state, uint32_t worker);
    /// Whether @p worker has tasks that nobody else can take. By its own thread. NULL: workers of this policy
    /// all work, even where fewer would be faster.
    bool (*holds)(const void *state, uint32_t worker);
    void (*count)(const void *state, uint32_t worker, entrain_policy_count *count_out); ///< may be NULL
    void (*destroy)(void *state);
} entrain_policy_queues;

typedef struct entrain_policy {
    const char *name;    ///< lower case, as typed after --policy
    const char *summary; ///< one line for `entrain list policies`
    /// Builds the state for @p setup. Any allocation happens here. ENTRAIN_OK with *state_out written, or
    /// what stands in the way, with nothing left behind: ENTRAIN_NO_MEMORY; ENTRAIN_LIMIT for more tasks than
    /// it can hold.
    entrain_status (*create)(const entrain_policy_setup *setup, void **state_out);
    /// All tasks become runnable, whatever became of the last phase's. One thread, all workers quiescent; it
    /// is serial time, so keep it short. @p phase counts phases from 0 since create, through all runs.
    void (*submit)(void *state, uint64_t phase);
    /// The next task for @p worker, or false: nothing left for it in this phase, in which it then asks no
    /// more. Called by that worker's thread only. Every worker asks in every phase, but a worker without a
    /// core may ask late.
    bool (*next)(void *state, uint32_t worker, uint32_t *task_out);
    /// Instead of submit(), for a policy that can run ahead; NULL for one that cannot. Every task becomes
    /// runnable @p steps times, 1 or more. With 1 step all is as after submit(). With more next() may answer
    /// false when there is nothing yet, and is asked again, also after tasks ran elsewhere. A task may be
    /// handed out for its next step once its last one and those of all tasks that it is linked to are done
    /// for the step before, and next() must then see what those done() calls wrote (acquire), because that is
    /// how one step sees the results of another. While no task runs, next() answers false only to workers for
    /// whom it has nothing: when all have been told so and tasks are left, those are lost, and the run ends.
    /// Which step a task is at, the scheduler counts.
    void (*submit_ahead)(void *state, uint64_t phase, uint32_t steps);
    /// @p worker ran @p task in @p cost_ns, getting it included. May be NULL.
    void (*done)(void *state, uint32_t worker, uint32_t task, uint64_t cost_ns);
    /// The counts of one worker so far. By that worker's thread (with a timeline: after each task), or by one
    /// thread while all workers are quiescent. May be NULL.
    void (*count)(const void *state, uint32_t worker, entrain_policy_count *count_out);
    void (*destroy)(void *state);
    /// Whether create() is to be told worker_distances: finding them out may take milliseconds.
    bool wants_distances;
    const entrain_policy_queues *queues; ///< NULL: this policy knows phases only
} entrain_policy;

/// The policy called @p name, or NULL. Any thread.
ENTRAIN_API const entrain_policy *entrain_policy_find(const char *name);
/// The @p index-th known policy, or NULL past the end: built-in ones first, then registered ones.
ENTRAIN_API const entrain_policy *entrain_policy_at(uint32_t index);
/// Makes @p policy known under its name (1 to 64 of a-z, 0-9, - and _); it must outlive its use.
/// ENTRAIN_INVALID if the name is taken or not such a name, or the summary or a function is missing;
/// ENTRAIN_FULL above 64 policies, built-in ones included. One thread at a time; names may be looked up
/// meanwhile.
ENTRAIN_API entrain_status entrain_policy_register(const entrain_policy *policy, entrain_error *error_out);

ENTRAIN_END_DECLS

#endif
