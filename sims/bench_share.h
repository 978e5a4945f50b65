/// @file bench_share.h  Ways for an agent to share a word with its two neighbours on a ring, with nothing of
/// an engine around: what `entrain bench patterns` times.
///
/// In one round every agent once
///   mutex    locks each neighbour's mutex and adds to its inbox; locks its own and empties its inbox
///   atomic   adds to each neighbour's inbox (a locked addition); empties its own (an exchange)
///   mailbox  sends a message to each neighbour, waiting while there is no room; receives what has arrived
///   rcu      reads each neighbour's word behind a pointer, in a section of ck_epoch
///   update   replaces its own word: a new version, a grace period, the old one given back
///
/// Agents are divided among the threads. Whatever is sent must be received, and no reader may meet a version
/// that was given back.
#ifndef ENTRAIN_SIMS_BENCH_SHARE_H
#define ENTRAIN_SIMS_BENCH_SHARE_H

#include <stdint.h>

#include "entrain/status.h"
#include "sims/bench_team.h"

typedef enum bench_sharing {
    BENCH_SHARE_MUTEX,
    BENCH_SHARE_ATOMIC,
    BENCH_SHARE_MAILBOX,
    BENCH_SHARE_RCU,
    BENCH_SHARE_UPDATE,
    BENCH_SHARE_COUNT
} bench_sharing;

typedef struct bench_share bench_share;

/// @p agents on a ring, 3 or more (2: both neighbours are the other one), and @p threads that take part, up
/// to @p agents. *share_out is the caller's to destroy.
entrain_status bench_share_create(bench_sharing sharing, uint32_t agents, uint32_t threads,
                                  bench_share **share_out, entrain_error *error_out);
void bench_share_destroy(bench_share *share);
/// @p rounds rounds. UPDATE: thread 0 replaces words, @p rounds of them, while the other threads read.
/// Ends early after @p limit_s seconds, and after a signal.
/// @return seconds that all rounds would have taken
double bench_share_run(bench_share *share, bench_team *team, uint64_t rounds, double limit_s);
/// Words sent and not received, or received and not sent; reads of a version that was given back. 0, or a way
/// of sharing does not work.
uint64_t bench_share_faults(const bench_share *share);

#endif
