/// @file ready.h  A run without phases: tasks become ready, are taken, are run. Built on one phase of the
/// scheduler.
#ifndef ENTRAIN_SCHEDULER_READY_H
#define ENTRAIN_SCHEDULER_READY_H

#include "entrain/scheduler.h"

typedef struct entrain__ready entrain__ready;

/// What the built-in policies queue with (queues.c). The first is a plain queue for one worker, whose
/// policy it may be.
extern const entrain_policy_queues entrain__queues_first_come;
extern const entrain_policy_queues entrain__queues_shuffled;
extern const entrain_policy_queues entrain__queues_shared;
extern const entrain_policy_queues entrain__queues_static;
extern const entrain_policy_queues entrain__queues_steal;
extern const entrain_policy_queues entrain__queues_steal_near;

/// For @p setup->task_count tasks under @p policy, which has queues. ENTRAIN_NO_MEMORY, ENTRAIN_LIMIT.
entrain_status entrain__ready_create(const entrain_policy *policy, const entrain_policy_setup *setup,
                                     entrain__ready **ready_out);
void entrain__ready_destroy(entrain__ready *ready);
/// A run begins. Serial.
void entrain__ready_begin(entrain__ready *ready, const entrain_ready_job *job);
/// The serial part: calls rest(). @return whether the run goes on, with all workers in entrain__ready_work().
bool entrain__ready_rest(entrain__ready *ready, uint32_t worker);
/// Runs tasks as @p worker until all rest. Adds to *stats.
void entrain__ready_work(entrain__ready *ready, uint32_t worker, entrain_worker_stats *stats);
/// entrain_scheduler_ready() and _ask_rest().
void entrain__ready_push(entrain__ready *ready, uint32_t worker, uint32_t task);
void entrain__ready_ask(entrain__ready *ready);
void entrain__ready_count(const entrain__ready *ready, uint32_t worker, entrain_worker_stats *stats);

#endif
