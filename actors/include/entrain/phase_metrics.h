/// @file phase_metrics.h  What a swarm of phases looks like from outside: for measuring, never an input to an
/// actor.
#ifndef ENTRAIN_PHASE_METRICS_H
#define ENTRAIN_PHASE_METRICS_H

#include <stdint.h>

#include "entrain/engine.h"

ENTRAIN_BEGIN_DECLS

#define ENTRAIN_DAIDO_MAX 8

typedef struct entrain_phase_sample {
    uint64_t tick;
    double time_s;
    double coherence; ///< r = |sum exp(i theta)| / N, 0 to 1 (and a rounding); N: who lives. Kuramoto (1984).
    double mean_phase;                 ///< psi, [-pi, pi]; 0 where the sum is exactly 0
    double moments[ENTRAIN_DAIDO_MAX]; ///< r_m = |sum exp(i m theta)| / N, m = 1..8. Daido (1990).
    /// Mean over actors of |sum over who it hears of w exp(i theta)| / heard, at most 64 each; complete: r.
    /// Actors that hear nobody count 0. Losses to full mailboxes are not considered.
    double local_coherence;
    /// Sum over j of wrap(theta_(j+1) - theta_j) / 2 pi around the indices of who lives: whole turns,
    /// an integer.
    double winding;
    /// Mean of (unwrapped phase now - at the previous sample) / elapsed, rad/s, each cut at 2^21 and rounded
    /// to 2^-30. The natural frequency of an actor that this meter has not seen before, and of all where no
    /// tick has passed.
    double frequency_mean;
    double frequency_spread; ///< its standard deviation over the swarm: over all of N, not N - 1
    uint32_t living;         ///< actors counted
    uint64_t observations;   ///< since start, entrain_engine_observations()
    uint64_t fingerprint;
} entrain_phase_sample;

/// A meter remembers the phases of the previous sample. It belongs to the caller and must not outlive the
/// engine.
typedef struct entrain_phase_meter entrain_phase_meter;

/// @p population must have been added by entrain_kuramoto_add() or entrain_phase_model_add() to @p engine.
/// ENTRAIN_ORDER before it is started.
ENTRAIN_API entrain_status entrain_phase_meter_create(entrain_engine *engine, entrain_population *population,
                                                      entrain_phase_meter **meter_out,
                                                      entrain_error *error_out);
ENTRAIN_API void entrain_phase_meter_destroy(entrain_phase_meter *meter);
/// Measures at the tick boundary where the engine stands. Exact integer sums throughout: the same bits for
/// any number of workers. ENTRAIN_OK, or what entrain_engine_visit() answers; nothing is written then.
ENTRAIN_API entrain_status entrain_phase_meter_sample(entrain_phase_meter *meter,
                                                      entrain_phase_sample *sample_out);

/// Copies phases (wrapped, rad), turns and natural frequencies [count] in the order of index; NULL: not
/// wanted. Of who was stopped, the last. Not before the engine is started.
ENTRAIN_API void entrain_phase_read(entrain_population *population, double *phases_out, int32_t *turns_out,
                                    double *frequencies_out);

ENTRAIN_END_DECLS

#endif
