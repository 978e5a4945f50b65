/// @file explore.h  The schedule explorer: a workload run again and again, event-driven, each time under
/// another legal order of messages, until one is found in which its answer is wrong.
///
/// One worker takes a random runnable actor each time (policy `shuffled`), with a batch of 1, 3 or 100
/// messages: an order is a function of the seed alone, so what failed once fails again, and can be looked at
/// message by message.
///
/// One thread; different explorations: freely.
#ifndef ENTRAIN_EXPLORE_H
#define ENTRAIN_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "entrain/reference.h"

ENTRAIN_BEGIN_DECLS

typedef struct entrain_explore_config {
    const entrain_reference *reference; ///< must run event-driven
    const double *parameters;           ///< [parameter_count]; NULL, the default: its small ones
    uint64_t seed_first, seed_last;     ///< of schedules, seed_first <= seed_last; default 1 to 1000
    uint64_t again; ///< every so many seeds are run twice and must give the same order; default 8; 0: none
    const char *policy; ///< default "shuffled"; it must be serial, or orders do not repeat
    /// Every message of every seed is written here: for one seed. Default NULL.
    FILE *trace;
    /// After each seed; false ends the exploration. Default NULL.
    bool (*go_on)(void *context, uint64_t seed);
    void *context;
} entrain_explore_config;

/// What was seen.
typedef struct entrain_exploration {
    uint64_t seeds;     ///< schedules run, the one that failed included
    uint64_t orders;    ///< different order signatures among them
    uint64_t messages;  ///< handled, in all
    uint64_t signature; ///< order signature of the last one
    bool failed;
    uint64_t failed_seed; ///< where failed
} entrain_exploration;

ENTRAIN_API entrain_explore_config entrain_explore_config_defaults(void);

/// Runs the seeds one after another to the first that fails. For every seed: the run reaches its end,
/// conservation holds, the workload's own check passes; if the workload is exact, its fingerprint is that of
/// the first seed; run again, the order is the same.
/// @return ENTRAIN_OK; the status with which a seed failed (ENTRAIN_MISMATCH, ENTRAIN_DEADLOCK,
/// ENTRAIN_FAILED ...) with *seen_out->failed and a sentence; ENTRAIN_INVALID, ENTRAIN_NO_MEMORY or what the
/// engine refuses, without. *seen_out is written in every case.
ENTRAIN_API entrain_status entrain_explore(const entrain_explore_config *config,
                                           entrain_exploration *seen_out, entrain_error *error_out);

ENTRAIN_END_DECLS

#endif
