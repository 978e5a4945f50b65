/// @file control_run.h  What synchronizing is worth: the same agents once more, nobody adjusting anything.
///
/// The control has the same seed, so the same requests, and the same disruptions; but agent.coupling and
/// agent.alignment are 0 and nobody pulses, so that each hands its requests over whenever its own phase
/// comes round. What the two paid and how long their requests waited is compared as measured, never by a
/// formula.
#ifndef ENTRAIN_SIMS_CONTROL_RUN_H
#define ENTRAIN_SIMS_CONTROL_RUN_H

#include <jansson.h>
#include <stdio.h>

#include "sims/run_loop.h"

/// Up to so many agents a control runs without being asked for.
enum { CONTROL_AGENTS_MAX = 200000 };

/// Whether there is anything to compare: agents with a workload.
bool control_applies(const scenario *given);

typedef struct control_plan {
    const scenario *given;
    const event_run *happened; ///< the run's own events, as far as they came
    uint64_t tick;             ///< where the run ended: so does the control
    double timeout_s;          ///< wall time it may take, 0: no limit; below 0: none is left
    const char *where;         ///< opens sentences; may be NULL
    bool quiet;
} control_plan;

typedef struct control_result {
    run_end end; ///< RUN_END_DURATION: came as far as the run; nothing below is good otherwise
    entrain_workload_totals totals;
    double coherence; ///< time mean of r
} control_result;

/// Runs the control on a swarm of its own with the run's workers. A sentence where it could not be built or
/// failed.
entrain_status control_run(const control_plan *plan, control_result *result_out, entrain_error *error_out);

/// For summary.json, key "worth": "swarm" and "control" with calls, cost, batches, waits, requests;
/// "same_requests", and the ratios of swarm to control "calls_ratio", "cost_ratio", "wait_p50_ratio".
/// @param coherence the run's own time mean of r
json_t *control_json(const entrain_workload_totals *swarm, double coherence, const control_result *control);
/// Where there was none: "missing", a sentence that says why.
json_t *control_json_missing(const char *why);

/// Lines of the summary in words, at most 80 columns; nothing without "worth".
void control_rows(FILE *to, const json_t *summary, void (*row)(FILE *, const char *, const char *));
/// One sentence: what synchronizing was worth, or that it was not; "" without "worth".
void control_sentence(const json_t *summary, char *text_out, size_t size);

#endif
