/// @file run_once.h  One run without files: a scenario in, its summary out. What sweeps, searches and scripts
/// consist of.
#ifndef ENTRAIN_SIMS_RUN_ONCE_H
#define ENTRAIN_SIMS_RUN_ONCE_H

#include <jansson.h>

#include "sims/run_loop.h"

typedef struct run_once_plan {
    const scenario *given;
    const char *name;  ///< of the scenario, for the summary
    const char *where; ///< opens sentences; may be NULL
    double timeout_s;  ///< wall time, 0: no limit
    bool control;      ///< agents with a workload: the control run too, "worth" in the summary
    bool quiet;        ///< hooks' print() says nothing
    bool progress;     ///< the progress line of a run (a script's own, in the foreground)
} run_once_plan;

/// Runs it. *summary_out: what `entrain run` would write as summary.json, byte for byte, and
/// *execution_out (may be NULL) as execution.json; both the caller's. @return how it ended; FAILED with
/// the sentence, and then, as for one that could not be begun, *summary_out is NULL where there is nothing
/// to tell. Messages that were not conserved, requests that are not accounted for, or a wrong sum of
/// phases are FAILED too. TIMEOUT and INTERRUPTED come with the summary up to there and no sentence.
run_end run_once(const run_once_plan *plan, json_t **summary_out, json_t **execution_out,
                 entrain_error *error_out);

/// The columns of results: flat figures out of a summary, in one order, for results.csv, aggregate.csv, find,
/// `where` and scripts alike. What does not apply to a run is null; whether it does is true or false, and
/// aggregates count that as 1 or 0. Nothing depends on the wall clock.
typedef struct result_column {
    const char
        *name; ///< "coherence", "coherence_final", "synchronized_since_s", "fingerprint", "goal_held" ...
    const char *summary; ///< meaning and unit, for help and reports
    bool is_text;        ///< outcome, ended, fingerprint: no number; aggregates leave it out
} result_column;
/// Row by row; name NULL past the end.
result_column result_column_at(uint32_t index);
/// The flat figures of @p summary as an object with every column, in their order, the caller's.
/// `coherence` is the settled mean (last quarter of the samples: coherence_settled), with `coherence_spread`;
/// `coherence_final` that of the last sample; `coherence_min` and `coherence_max` of all samples, and so on.
json_t *result_row(const json_t *summary);

#endif
