/// @file pool.h  Processes that carry out jobs side by side: forked, so that each begins with all that its
/// parent knows, ends with all its memory, and takes nobody with it when it crashes.
///
/// The parent has one thread and runs no engine. A job's body writes lines into a pipe; the parent gets whole
/// lines, in the order written, and then how the job ended. Workers are counted, not bound: the sum of what
/// running jobs use stays at or below the pool's. Children stay in the parent's process group, so that Ctrl-C
/// and Ctrl-Z at a terminal reach them; SIGTERM to the parent alone is passed on by pool_stop(). Children of
/// a parent that died, in whatever way, are killed by the kernel (PR_SET_PDEATHSIG). A child has no
/// descriptors of its parent's but 0 to 2, and SIGUSR1 means nothing to it.
#ifndef ENTRAIN_SIMS_POOL_H
#define ENTRAIN_SIMS_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "entrain/status.h"

typedef struct pool pool;

typedef struct pool_job {
    uint64_t id;
    uint32_t workers; ///< of the pool's, that it uses: 1 or more
    size_t bytes;     ///< memory it is expected to need
    /// In the child. Returns the child's exit code. What it wrote to @p lines is flushed when it returns; a
    /// body that wants a line to be taken at once flushes it itself. At most 256 MB a line.
    int (*body)(void *context, uint64_t id, FILE *lines);
    void *context;
} pool_job;

typedef struct pool_end {
    uint64_t id;
    uint32_t workers;
    int code;           ///< exit code; -1: ended by a signal
    int signal;         ///< 0: by exit
    bool out_of_memory; ///< SIGKILL that we did not send, most likely
    double wall_s, processor_s;
    size_t resident_bytes_max;
} pool_end;

typedef struct pool_watch {
    void (*line)(void *context, uint64_t id, const char *text); ///< one whole line, without its end
    void (*ended)(void *context, const pool_end *end);          ///< after its last line
    void *context;
} pool_watch;

/// @p workers in all. @p bytes: memory that jobs may need together, 0: what the machine has free.
entrain_status pool_create(uint32_t workers, size_t bytes, const pool_watch *watch, pool **pool_out,
                           entrain_error *error_out);
/// Whether a job of so many workers and bytes may begin now; always when nothing runs.
bool pool_has_room(const pool *jobs, uint32_t workers, size_t bytes);
/// Forks. ENTRAIN_FULL: no room; ENTRAIN_SYSTEM with a sentence.
entrain_status pool_begin(pool *jobs, const pool_job *job, entrain_error *error_out);
/// Waits for lines and ends, at most @p wait_s (0: only looks; a signal wakes it), and hands them to the
/// watch.
/// @return how many jobs are running.
uint32_t pool_wait(pool *jobs, double wait_s);
/// Kills the job @p id, whose end comes with the next wait; nothing where there is none.
void pool_kill(pool *jobs, uint64_t id);
/// Tells all running jobs to stop (SIGTERM); those that have not within @p patience_s are killed. Waits for
/// all.
void pool_stop(pool *jobs, double patience_s);
/// Share of the pool's workers x time since create() that children's processor time amounts to, 0 to 1.
/// Waiting that spins counts as processor time.
double pool_busy(const pool *jobs);
/// Share that jobs held, however much of it the machine let them have: 1 when no worker was ever free.
double pool_held(const pool *jobs);
/// Memory that jobs may need together; 0: not known.
size_t pool_bytes(const pool *jobs);
void pool_destroy(pool *jobs); ///< stops what still runs; NULL: nothing

#endif
