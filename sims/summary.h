/// @file summary.h  summary.json, execution.json, and both in plain words.
///
/// summary.json holds what the scenario and the seed decide, so it is byte-identical for any workers, policy,
/// transport or machine. How the run was carried out (messages, memory, speed, workers) is in execution.json.
#ifndef ENTRAIN_SIMS_SUMMARY_H
#define ENTRAIN_SIMS_SUMMARY_H

#include <jansson.h>
#include <stdio.h>

#include "sims/outcome.h"
#include "sims/run_loop.h"

#define SUMMARY_FORMAT "entrain-summary"
#define EXECUTION_FORMAT "entrain-execution"

/// "gcc 12.2.0": what this program was built with.
const char *build_compiler(void);

json_t *manifest_json(const char *name, const scenario *given, entrain_engine *engine);
/// @p together: actors within an eighth of a turn of the mean phase at the end.
json_t *summary_json(const char *name, const scenario *given, entrain_swarm *swarm,
                     const run_outcome *outcome, run_end end, uint32_t together);
/// Adds what happened, the first @p happened of @p events, and how many were planned; nothing where there are
/// none. @p unlisted: further ones that a hook made happen.
void summary_put_events(json_t *summary, const scenario_events *events, uint32_t happened, uint64_t unlisted);
json_t *execution_json(const scenario *given, entrain_swarm *swarm, double wall_s);

/// Prints both in plain words, at most 80 columns wide. @p directory NULL: no files.
void summary_print(FILE *to, const json_t *summary, const json_t *execution, const char *directory);
/// Prints both as one JSON object.
entrain_status summary_print_json(FILE *to, const json_t *summary, const json_t *execution,
                                  const char *directory, entrain_error *error_out);

/// How many oscillators lie within an eighth of a turn (45 degrees) of @p mean_phase, in [-pi, pi].
uint32_t count_together(entrain_population *population, double mean_phase);

#endif
