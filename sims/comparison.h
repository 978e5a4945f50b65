/// @file comparison.h  Theory beside measurement: what is known of a swarm, and how far a run's samples are
/// from it.
///
/// Measured is the time average of r (below threshold: the root mean square) over the second half of the
/// samples. Its standard error has two parts. That of the time average is by the integrated autocorrelation
/// time, summed up to six times itself (Sokal 1997). The other, finite_size, is of the swarm: its own sample
/// of frequencies, which no averaging over time takes out. With fewer than ten correlation times no number is
/// given.
///
/// Built from samples and the configuration alone: the same for any workers, policy, transport.
#ifndef ENTRAIN_SIMS_COMPARISON_H
#define ENTRAIN_SIMS_COMPARISON_H

#include "sims/outcome.h"

/// For summary.json, key "theory"; NULL where theory.h has nothing for the scenario, or where not the same
/// swarm lived from beginning to end.
///
///   law, source, threshold, coherence, frequency   as entrain_theory_answer has them
///   quantity      coherence, coherence_rms (below threshold), coherence_final (r = 1), or sync_time_s (until
///                 r = 0.9)
///   expected, measured, standard_error (both parts together), error_of_time, finite_size
///   distance      (measured - expected) / standard_error
///   correlation_time_s, correlation_times          of r, and how many the second half has
///   verdict       compared, too short, not reached, not known
///
/// Numbers that are not known, or not worth giving, are null.
json_t *comparison_json(const scenario *given, const run_outcome *outcome);
/// What a picture of r over time may draw as a line; NAN: nothing.
double comparison_level(const json_t *theory);
/// One sentence for people.
void comparison_sentence(const json_t *theory, char *text_out, size_t size);

#endif
