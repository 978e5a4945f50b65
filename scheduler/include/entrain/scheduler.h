/// @file scheduler.h  Workers, phases and a barrier: runs opaque tasks, has never heard of actors.
///
/// A run is a sequence of phases. In each phase every task 0 .. task_count-1 runs once (several steps of it,
/// where the job and the policy can do without a barrier: entrain_job.steps), on whichever worker the policy
/// chooses; then all workers meet at a barrier, where exactly one of them (the last to arrive) runs the
/// serial part, advance(), which names the next phase or ends the run. What a task wrote is seen by advance()
/// and by every task of the next phase, so a job needs no atomics between phases; within one phase, tasks
/// must not touch what others write.
///
/// The caller's thread is worker 0; the others are threads that the scheduler owns, joined by destroy. They
/// sleep when there is nothing to do, and take no signals but faults: those sent to the process go to the
/// program's own threads. They do not survive a fork(): in the child a scheduler of more than one worker can
/// only be destroyed, and that only if no run was on.
///
/// Tasks and advance() find the default floating-point environment, whichever thread runs them and whatever
/// the caller's is, which run() puts back.
///
/// All calls on a scheduler: one thread at a time. Different schedulers: freely.
#ifndef ENTRAIN_SCHEDULER_H
#define ENTRAIN_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "entrain/policy.h"
#include "entrain/status.h"

ENTRAIN_BEGIN_DECLS

typedef struct entrain_scheduler entrain_scheduler;

#define ENTRAIN_WORKERS_MAX 256
#define ENTRAIN_TIMELINE_EVENTS_MAX (1 << 24)

typedef struct entrain_scheduler_config {
    uint32_t worker_count; ///< threads, 1 to 256; default: entrain_scheduler_cpus()
    const char *policy;    ///< a known policy's name; default "steal"
    uint64_t seed;         ///< for policies that draw; default 1
    /// Spans that the timeline keeps per worker, the newest ones, 40 bytes each: 1 to 2^24; 0, the default:
    /// there is no timeline.
    uint32_t timeline_events;
    /// Keep worker i on one cpu: of each core that this process may use the first, in the order of the
    /// machine's tree, then the cores' second ones, then over again (without hwloc: in the order of the cpus'
    /// numbers). Worker 0 is the caller's thread: pinned during run() only, and then let go to where it was
    /// allowed before; what it starts meanwhile inherits the cpu. Default false.
    bool pin;
    /// The machine to take distances of workers from, for policies that want them: a synthetic description of
    /// hwloc's, such as "package:2 l3:2 core:2 pu:2", or the path of an .xml file that lstopo wrote. Default
    /// NULL: this one. For trying policies out; it excludes pin. Read during create only.
    const char *machine;
} entrain_scheduler_config;

ENTRAIN_API entrain_scheduler_config entrain_scheduler_config_defaults(void);

/// Cpus this process may use: its affinity mask, cut by the cgroup's cpu quota (rounded up), at least 1.
ENTRAIN_API uint32_t entrain_scheduler_cpus(void);

/// Copies and validates @p config, starts the threads. ENTRAIN_INVALID / ENTRAIN_UNKNOWN with a sentence,
/// ENTRAIN_NO_MEMORY, ENTRAIN_SYSTEM when a thread cannot be started or pinned (then none is left),
/// ENTRAIN_UNSUPPORTED for a machine where hwloc is missing.
ENTRAIN_API entrain_status entrain_scheduler_create(const entrain_scheduler_config *config,
                                                    entrain_scheduler **scheduler_out,
                                                    entrain_error *error_out);
/// Joins the threads. Not from within a job (asserted). NULL is allowed.
ENTRAIN_API void entrain_scheduler_destroy(entrain_scheduler *scheduler);

/// Prepares for @p task_count tasks (1 to 2^31) of the given relative weights (each >= 1; NULL: alike),
/// replacing an earlier plan, which stays when this one is refused. All allocation happens here; run()
/// allocates nothing. @p task_weights is read during the call only.
/// @return ENTRAIN_OK; ENTRAIN_INVALID; ENTRAIN_NO_MEMORY; ENTRAIN_LIMIT when the policy cannot hold that
/// many ("shared" keeps at most 2^24 - 1 tasks in its ring); ENTRAIN_ORDER from within a job.
ENTRAIN_API entrain_status entrain_scheduler_plan(entrain_scheduler *scheduler, uint32_t task_count,
                                                  const uint32_t *task_weights, entrain_error *error_out);

/// advance() returns this to end the run.
#define ENTRAIN_PHASE_END UINT32_MAX

/// Which tasks depend on each other, by task: CSR, both directions, no task on itself. Kept by reference
/// until the next plan has replaced this one.
typedef struct entrain_task_links {
    const uint64_t *offsets; ///< [task_count + 1]
    const uint32_t *tasks;   ///< [offsets[task_count]]
} entrain_task_links;

/// The same as entrain_scheduler_plan(), for jobs that can do without a barrier between phases. @p links may
/// be NULL.
ENTRAIN_API entrain_status entrain_scheduler_plan_linked(entrain_scheduler *scheduler, uint32_t task_count,
                                                         const uint32_t *task_weights,
                                                         const entrain_task_links *links,
                                                         entrain_error *error_out);
/// Whether its policy makes use of links and of entrain_job.steps.
ENTRAIN_API bool entrain_scheduler_runs_ahead(const entrain_scheduler *scheduler);

typedef struct entrain_job {
    void *context;
    /// The serial part, on any worker's thread, while no task runs. Called before the first phase and after
    /// each one; returns the next phase's number (any number below ENTRAIN_PHASE_END; tasks are told it) or
    /// ENTRAIN_PHASE_END.
    uint32_t (*advance)(void *context);
    /// Runs one task of one phase, as worker 0 .. worker_count-1.
    void (*task)(void *context, uint32_t phase, uint32_t task, uint32_t worker);
    /// Optional, both or neither. steps() is called after advance(), when the plan has links and the policy
    /// can run ahead: how many steps of this phase, 1 or more, may follow one another without a barrier and a
    /// serial part. task_at() then runs step 0 .. steps-1 of a task instead of task(): after steps 0 ..
    /// step-1 of that task and of all it is linked to, and seeing what they wrote; the others may be
    /// anywhere.
    uint32_t (*steps)(void *context);
    void (*task_at)(void *context, uint32_t phase, uint32_t step, uint32_t task, uint32_t worker);
    /// What the timeline calls @p phase: UTF-8, alive as long as the scheduler. NULL, or an answer of NULL:
    /// its number. Asked in the serial part, after advance() named the phase, and only with a timeline.
    const char *(*phase_name)(void *context, uint32_t phase);
} entrain_job;

/// Runs @p job from its first advance() to its end; a plan may be run many times. ENTRAIN_ORDER without a
/// plan, from within a job, or in a process forked since create; ENTRAIN_MISMATCH with a sentence if the
/// policy lost or doubled a task (the run ends at that barrier, without another advance()); ENTRAIN_SYSTEM if
/// its thread cannot be pinned any more.
ENTRAIN_API entrain_status entrain_scheduler_run(entrain_scheduler *scheduler, const entrain_job *job,
                                                 entrain_error *error_out);

/// A run without phases: tasks become ready, are run, and may become ready again.
///
/// A task is in at most one queue, and run by at most one worker at a time: whoever makes one ready sees to
/// it that it is not ready already, nor running (its own task() call says so by its answer). Builds with
/// ENTRAIN_CHECKED check it.
typedef struct entrain_ready_job {
    void *context;
    /// Runs ready @p task as @p worker. @return true: it is ready again, and goes to the back of the queue.
    /// It then must not be made ready by others until the next call has begun. After it returned false others
    /// may have made it ready, even before it returned: its last act is what lets them.
    bool (*task)(void *context, uint32_t task, uint32_t worker);
    /// All workers are at rest: no task runs, and unless somebody asked for a rest none is ready. One thread,
    /// as
    /// @p worker; may call entrain_scheduler_ready(). @p quiescent: no task is ready (else this is because
    /// somebody asked). @return false to end the run.
    bool (*rest)(void *context, uint32_t worker, bool quiescent);
    /// How much @p worker has done so far, in any unit that only grows; any thread, at any time. With it
    /// workers that are in each other's way stand aside while tasks are short (about a microsecond): no task
    /// may then wait for another one to be run. NULL: all work.
    uint64_t (*progress)(void *context, uint32_t worker);
} entrain_ready_job;

/// Prepares for up to @p task_count tasks, as plan() does for phases; both plans may stand side by side.
/// ENTRAIN_UNSUPPORTED with a sentence for a policy without queues.
ENTRAIN_API entrain_status entrain_scheduler_plan_ready(entrain_scheduler *scheduler, uint32_t task_count,
                                                        entrain_error *error_out);
/// Runs @p job: rest() first, then tasks as they become ready. Workers that find none look for a while, then
/// sleep, and are woken when there is something for them. When the last one finds nothing, or all have come
/// to rest because somebody asked, that one calls rest(). Tasks left in queues when rest() ends the run stay
/// there for the next one. ENTRAIN_ORDER, ENTRAIN_SYSTEM as run().
ENTRAIN_API entrain_status entrain_scheduler_run_ready(entrain_scheduler *scheduler,
                                                       const entrain_ready_job *job,
                                                       entrain_error *error_out);
/// @p task is ready. From within task() or rest(), by @p worker's thread. Never fails.
ENTRAIN_API void entrain_scheduler_ready(entrain_scheduler *scheduler, uint32_t worker, uint32_t task);
/// Asks that all workers come to rest soon: each after the task it runs. Any thread and any signal handler,
/// during run_ready() (afterwards it counts for the next).
ENTRAIN_API void entrain_scheduler_ask_rest(entrain_scheduler *scheduler);

/// One worker's figures since create, for all plans. Wall-clock, so they differ from run to run. What it
/// waits since the last run ended is not in them yet. The four times do not overlap; what they lack to the
/// time since create is the barrier itself.
typedef struct entrain_worker_stats {
    uint64_t tasks;        ///< tasks run, each step of one counted
    uint64_t steals_tried; ///< looks into another worker's queue
    uint64_t steals_won;   ///< those that found something, one task or many
    uint64_t parks;        ///< times it slept in the kernel
    uint64_t yields;       ///< times it gave up the processor without sleeping
    uint64_t busy_ns;      ///< inside tasks, and getting them
    /// From having nothing left to the release, serial parts of others included; and waits for a task between
    /// steps.
    uint64_t barrier_wait_ns;
    uint64_t idle_ns;     ///< between runs
    uint64_t serial_ns;   ///< inside advance(), steps() and the policy's submit()
    uint64_t task_ns_max; ///< longest task, or step of one
} entrain_worker_stats;

ENTRAIN_API uint32_t entrain_scheduler_worker_count(const entrain_scheduler *scheduler);
/// The name of its policy.
ENTRAIN_API const char *entrain_scheduler_policy(const entrain_scheduler *scheduler);
/// Whether its workers are pinned.
ENTRAIN_API bool entrain_scheduler_pinned(const entrain_scheduler *scheduler);
/// The cpu, by the operating system's number, that @p worker, 0 .. worker_count-1, is pinned to, or would be;
/// UINT32_MAX if nobody asked: neither pin, nor machine, nor a policy that wants distances.
ENTRAIN_API uint32_t entrain_scheduler_cpu(const entrain_scheduler *scheduler, uint32_t worker);
/// One sentence, without a full stop, on what is known of where workers are and how far apart, and if that is
/// nothing why; NULL if nobody asked. It lives as long as the scheduler.
ENTRAIN_API const char *entrain_scheduler_machine(const entrain_scheduler *scheduler);
/// The figures of @p worker, 0 .. worker_count-1. Not from within a job.
ENTRAIN_API void entrain_scheduler_worker(const entrain_scheduler *scheduler, uint32_t worker,
                                          entrain_worker_stats *stats_out);

/// Every timeline begins with these characters, so that a file can be told to be one.
#define ENTRAIN_TIMELINE_BEGINS "{\"otherData\":{\"format\":\"entrain-timeline\""

/// Writes what the workers did, as far as it is kept, since create: Chrome trace-event JSON for
/// ui.perfetto.dev. A thread per worker; times in microseconds since create; tasks (with phase, number of the
/// phase since the plan, step, and whether they were stolen), serial parts, waits at the barrier or for a
/// task, and idleness before and between runs. Spans of one worker do not overlap. "otherData" says how many
/// were dropped.
/// @p stream stays the caller's and is flushed. ENTRAIN_ORDER without a timeline or from within a job;
/// ENTRAIN_IO.
ENTRAIN_API entrain_status entrain_scheduler_timeline_write(const entrain_scheduler *scheduler, FILE *stream,
                                                            entrain_error *error_out);
/// Spans that the timeline had no room to keep, of all workers; 0 without one. Not from within a job.
ENTRAIN_API uint64_t entrain_scheduler_timeline_dropped(const entrain_scheduler *scheduler);

ENTRAIN_END_DECLS

#endif
