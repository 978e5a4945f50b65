/// @file policies.h  The built-in policies, and what several of them share.
#ifndef ENTRAIN_SCHEDULER_POLICIES_H
#define ENTRAIN_SCHEDULER_POLICIES_H

#include "entrain/policy.h"

extern const entrain_policy entrain__policy_steal;
extern const entrain_policy entrain__policy_steal_near;
extern const entrain_policy entrain__policy_adaptive;
extern const entrain_policy entrain__policy_guided;
extern const entrain_policy entrain__policy_static;
extern const entrain_policy entrain__policy_shared;
extern const entrain_policy entrain__policy_dataflow;
extern const entrain_policy entrain__policy_serial;
extern const entrain_policy entrain__policy_shuffled;

/// Cuts the tasks of @p setup into one contiguous share per worker: worker w has firsts_out[w] ..
/// firsts_out[w+1]-1. A task belongs to the share in which the middle of its weight lies, so that no share
/// exceeds the mean by more than the heaviest task. @p firsts_out has worker_count + 1 entries.
void entrain__shares_cut(const entrain_policy_setup *setup, uint32_t *firsts_out);

#endif
