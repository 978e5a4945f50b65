/// @file reference.h  The built-in reference workloads, and words that they share.
#ifndef ENTRAIN_ACTORS_REFERENCE_H
#define ENTRAIN_ACTORS_REFERENCE_H

#include "entrain/reference.h"

extern const entrain_reference entrain__ping_pong, entrain__flood, entrain__thread_ring, entrain__fork_join,
    entrain__big, entrain__bounded_buffer, entrain__dining, entrain__phold, entrain__kuramoto_ring;

/// Executions as bits.
enum {
    ENTRAIN__IN_LOCKSTEP = 1 << ENTRAIN_EXECUTION_LOCKSTEP,
    ENTRAIN__IN_EVENT_DRIVEN = 1 << ENTRAIN_EXECUTION_EVENT_DRIVEN,
    ENTRAIN__IN_VIRTUAL_TIME = 1 << ENTRAIN_EXECUTION_VIRTUAL_TIME,
};

/// For configure(): a message that finds no room waits, so nothing is ever lost.
void entrain__reference_block(entrain_reference_run *run, entrain_engine_config *config);

/// A sentence that begins with the workload's name, as ENTRAIN_MISMATCH.
#define WRONG(run, error_out, format, ...)                                                                   \
    entrain_error_set(error_out, ENTRAIN_MISMATCH, "%s: " format, (run)->reference->name, __VA_ARGS__)

static inline entrain_payload entrain__i64(int64_t value) { return (entrain_payload){.i64 = value}; }

#endif
