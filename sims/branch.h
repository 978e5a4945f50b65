/// @file branch.h  A checkpoint and a scenario that is not quite the one it was written by: what may
/// differ, and how a run goes on from there as another one.
#ifndef ENTRAIN_SIMS_BRANCH_H
#define ENTRAIN_SIMS_BRANCH_H

#include "sims/checkpoint.h"

/// Whether a run of @p wanted may go on from @p head, whose scenario is @p written. What never changes
/// results (workers, policy, transport, ...) may differ. Else, without @p branch, the sentence names the
/// first key that differs; with it, the first of those that cannot: what the swarm was built of (size,
/// graph, model, step, seed), and what its events would need from the start.
entrain_status branch_check(const checkpoint_head *head, const scenario *written, const scenario *wanted,
                            bool branch, entrain_error *error_out);
/// What the swarm is to be created from: @p written, carried out as @p wanted says.
void branch_carry(scenario *written, const scenario *wanted);
/// Changes what differs, as an event would: goal, strategy, pattern, and all that `set` can. @p events are
/// of the swarm, at the tick of the checkpoint. In words in @p text_out: "model.coupling = 2"; "" where
/// nothing was changed.
entrain_status branch_apply(event_run *events, const scenario *written, const scenario *wanted,
                            char *text_out, size_t size, entrain_error *error_out);
/// Where a branch comes from: file, tick, time, fingerprint, and the scenario there.
json_t *branch_json(const checkpoint_head *head, const scenario *written);

#endif
