/// @file script_calls.h  The runs that a script asks for: journaled under their number, answered from the journal where they are
/// there.
///
/// Call n (simulate and sweep alike, from 1) stands in the journal under "call:n" with a hash of what it asked. A
/// script that is run anew asks the same again, since nothing differs in what it is answered; one that does not is told
/// so, because its later answers would be another script's. Only where its text, its arguments or its seed were changed
/// since is what it asks anew carried out anew.
#ifndef ENTRAIN_SIMS_SCRIPT_CALLS_H
#define ENTRAIN_SIMS_SCRIPT_CALLS_H

#include "sims/journal.h"
#include "sims/lua_sandbox.h"
#include "sims/scenario.h"

/// One run to be carried out.
typedef struct script_run_job {
    const scenario *given;
    const char *name, *where;
    double timeout_s; ///< 0: none
    bool quiet;
    int lock; ///< a descriptor that the run's process shall not keep open; -1: none
} script_run_job;

/// Carries it out: an entry {"status": "done", "result", "summary", "wall_s", "ticks_per_s", "resident_bytes"} or {"status":
/// "failed", "reason", ...}. ENTRAIN_CANCELLED: interrupted. Anything else ends the script.
typedef entrain_status script_run_one(const script_run_job *job, json_t **entry_out, entrain_error *error_out);

typedef struct script_calls {
    // What the calls need.
    const char *name;   ///< of the script
    journal *log;       ///< NULL: nothing is kept
    bool changed;       ///< text, arguments or seed are not those of the journal
    uint64_t seed;      ///< of runs that name none
    uint32_t workers;   ///< 0: chosen
    double timeout_s;   ///< of each run that names none; 0: none
    bool quiet;
    int lock;
    script_run_one *one;
    // What came of them.
    uint32_t count, runs, failed, earlier; ///< calls; runs, of them failed, of them from the journal
    bool over;                             ///< the script is to end: interrupted, or `fatal` says why
    entrain_error fatal;
} script_calls;

/// As script_host has them.
entrain_status script_calls_simulate(script_calls *calls, sandbox *box, const char *where, json_t *tree,
                                     const json_t *options, json_t **result_out, entrain_error *error_out);
entrain_status script_calls_sweep(script_calls *calls, const char *where, json_t *tree, const json_t *options,
                                  json_t **result_out, entrain_error *error_out);

/// The run itself, in a process of its own (pool.h).
entrain_status script_run_apart(const script_run_job *job, json_t **entry_out, entrain_error *error_out);

#endif
