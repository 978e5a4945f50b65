/// @file sweep_execute.h  Carries out a plan: keeps the machine full, journals each run, shows how far it is.
#ifndef ENTRAIN_SIMS_SWEEP_EXECUTE_H
#define ENTRAIN_SIMS_SWEEP_EXECUTE_H

#include "sims/journal.h"
#include "sims/sweep_plan.h"

typedef struct sweep_tally {
    uint32_t total;            ///< chosen runs
    uint32_t done;             ///< have a row, earlier ones and failed ones included
    uint32_t failed;           ///< of done
    uint32_t earlier;          ///< found in the journal
    double wall_s, busy;       ///< of this execution; busy: share of all workers, 0 to 1
    bool interrupted, stopped; ///< by a signal; by the first failure (on_error_stop)
} sweep_tally;

typedef struct sweep_execution {
    const sweep_plan *plan;
    journal *log;      ///< borrowed; NULL: nothing is kept
    const char *scope; ///< keys in the journal begin with it: "" for a sweep, "sweep:3:HASH/" for a script's
    uint32_t workers;  ///< -j; 0: the cpus this process may use
    double timeout_s;  ///< of each run; 0: none
    double grace_s;    ///< a process that is silent for so long beyond the timeout is killed; 0: 10 s
    bool on_error_stop;
    bool quiet; ///< no progress line
    bool json;  ///< progress as lines of JSON on stderr, once a second
    bool lean;  ///< rows that are in the journal are not kept in memory, where each needs 13 KB
} sweep_execution;

/// SIGUSR1 prints how far it is, and what runs. Rows lost to a journal that cannot be written are carried out
/// again when it is resumed.
///
/// Small units run one to a worker, large ones with all workers, chosen by cost and memory so that the
/// machine stays full.
/// @param rows_out [plan->run_count], the caller's to free with each json_t: entries as
/// journaled ("run", "status", "result", "reason", "wall_s"), NULL for those that were not carried out. Lean:
/// true, which sweep_row_at() reads from the journal.
/// @return ENTRAIN_OK also where runs failed; else what ended it: a journal that cannot be written.
entrain_status sweep_execute(const sweep_execution *what, json_t ***rows_out, sweep_tally *tally_out,
                             entrain_error *error_out);
/// The row of @p run, the caller's; NULL: there is none. @p log: of a sweep whose scope is ""; may be NULL
/// where none is true.
json_t *sweep_row_at(json_t *const *rows, const journal *log, uint32_t run);
void sweep_rows_free(json_t **rows, uint32_t count);

#endif
