/// @file script_calls.h  The runs that a script asks for: journaled under their number, answered from the
/// journal where they are there.
///
/// Call n (simulate and sweep alike, from 1) stands in the journal under "call:n" with a hash of what it
/// asked. A script that is run anew asks the same again, since nothing differs in what it is answered;
/// one that does not is told so, because its later answers would be another script's. Only where its
/// text, its arguments or its seed were changed since is what it asks anew carried out anew.
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
    uint32_t before, failed; ///< runs of the script before this one, and how many of them failed
} script_run_job;

typedef struct script_calls script_calls;

/// Carries it out: an entry {"status": "done", "result", "summary", "wall_s", "ticks_per_s",
/// "resident_bytes"} or {"status": "failed", "reason", ...}. ENTRAIN_CANCELLED: interrupted. Anything
/// else ends the script.
typedef entrain_status script_run_one(const script_run_job *job, json_t **entry_out,
                                      entrain_error *error_out);

struct script_calls {
    // What the calls need.
    const char *name; ///< of the script
    journal *log;     ///< NULL: nothing is kept
    bool changed;     ///< text, arguments or seed are not those of the journal
    uint64_t seed;    ///< of runs that name none
    uint32_t workers; ///< 0: chosen
    double timeout_s; ///< of each run that names none; 0: none
    bool quiet;
    script_run_one *one;
    /// Before the first call that is not refused; may be NULL. Not ENTRAIN_OK, with `fatal`: the script
    /// is to end.
    entrain_status (*begin)(script_calls *calls);
    void *context; ///< begin()'s
    // What came of them.
    bool begun;
    uint32_t count, runs, failed, earlier; ///< calls; runs, of them failed, of them from the journal
    bool over;                             ///< the script is to end: interrupted, or `fatal` says why
    entrain_error fatal;
};

/// As script_host has them.
entrain_status script_calls_simulate(script_calls *calls, sandbox *box, const char *where, json_t *tree,
                                     const json_t *options, json_t **result_out, entrain_error *error_out);
entrain_status script_calls_sweep(script_calls *calls, const char *where, json_t *tree, const json_t *options,
                                  json_t **result_out, entrain_error *error_out);

// Between script_calls.c and script_sweep.c.

/// What a call's second table may say: { workers = 2, timeout = 60, seed = 7 }; the seed goes into @p tree.
typedef struct script_call_options {
    uint32_t workers;
    double timeout_s;
} script_call_options;
entrain_status script_calls_options(const script_calls *calls, const char *where, const json_t *options,
                                    json_t *tree, script_call_options *options_out, entrain_error *error_out);
/// The next call has been understood: begins, where it is the first, and counts it.
entrain_status script_calls_next(script_calls *calls, entrain_error *error_out);
/// The entry of the call, borrowed; NULL: it has to be carried out. Not ENTRAIN_OK: it asked something
/// else before.
entrain_status script_calls_look_up(script_calls *calls, const char *where, const char *hash,
                                    const json_t **entry_out);
entrain_status script_calls_keep(script_calls *calls, json_t *entry);
void script_calls_hash_text(uint64_t hash, char text_out[17]);
/// What a script is given for an entry: the columns by name, and the rest beside them. NULL: no memory.
json_t *script_calls_answer(const json_t *entry);
entrain_status script_calls_end(script_calls *calls, entrain_error *error_out);
entrain_status script_calls_no_memory(const char *where, entrain_error *error_out);

/// The run itself, in a process of its own (pool.h).
entrain_status script_run_apart(const script_run_job *job, json_t **entry_out, entrain_error *error_out);

#endif
