/// @file machine.h  Which cpu each worker belongs on, and how far apart those are.
#ifndef ENTRAIN_SCHEDULER_MACHINE_H
#define ENTRAIN_SCHEDULER_MACHINE_H

#include "entrain/scheduler.h"

typedef struct entrain__machine {
    uint32_t cpu_count;                 ///< that may be used, at least 1
    uint32_t cpus[ENTRAIN_WORKERS_MAX]; ///< [worker_count] each worker's, by the operating system's number
    bool here;                          ///< they are this machine's: a thread can be pinned to them
    bool knows_distances;
    char sentence[256]; ///< what is known and from where, without a full stop
} entrain__machine;

/// Looks at the machine that @p description describes (as entrain_scheduler_config.machine), or at the one we
/// are on: the cpus that the calling thread may use. Workers are dealt one to a core in the order of the
/// machine's tree, then to the cores' further hardware threads, then all over again. @p distances_out:
/// [worker_count * worker_count], as entrain_policy_setup has them, or NULL: not wanted. Written where the
/// machine knows_distances. @return ENTRAIN_OK; with a sentence: ENTRAIN_INVALID for a description that
/// cannot be read, ENTRAIN_UNSUPPORTED for any where hwloc is missing, ENTRAIN_SYSTEM where the system does
/// not say which cpus may be used.
entrain_status entrain__machine_look(const char *description, uint32_t worker_count,
                                     entrain__machine *machine_out, uint32_t *distances_out,
                                     entrain_error *error_out);

#endif
