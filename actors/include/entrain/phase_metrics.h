/// @file phase_metrics.h  What a swarm of phases looks like from outside: for measuring, never an input to an
/// actor.
#ifndef ENTRAIN_PHASE_METRICS_H
#define ENTRAIN_PHASE_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/engine.h"
#include "entrain/kuramoto.h"

ENTRAIN_BEGIN_DECLS

#define ENTRAIN_DAIDO_MAX 8
/// Samples of swarms up to this size say how the phases lie on the circle (gap_gini, clusters); of larger
/// ones the sorting would cost more than the ticks between two samples, and entrain_phase_meter_shape() says
/// it where it is wanted.
#define ENTRAIN_SHAPE_ALWAYS_MAX 16384

typedef struct entrain_phase_sample {
    uint64_t tick;
    double time_s;
    double coherence; ///< r = |sum exp(i theta)| / N, 0 to 1 (and a rounding); N: who lives. Kuramoto (1984).
    double mean_phase;                 ///< psi, [-pi, pi]; 0 where the sum is exactly 0
    double moments[ENTRAIN_DAIDO_MAX]; ///< r_m = |sum exp(i m theta)| / N, m = 1..8. Daido (1990).
    /// Mean over actors of |sum over who it hears of w exp(i theta)| / heard, at most 64 each; complete: r.
    /// Actors that hear nobody count 0. Losses to full mailboxes are not considered.
    /// With several harmonics the first counts; with delays it is what has just arrived.
    double local_coherence;
    /// r and psi of each group among itself: its living actors. Without groups, and for other models than
    /// Kuramoto's, [0] is the whole swarm; beyond the groups 0.
    double group_coherence[ENTRAIN_GROUPS_MAX], group_mean_phase[ENTRAIN_GROUPS_MAX];
    /// Energy V = -(1/2) (g K / n) sum_ij w_ij cos(theta_j - theta_i), rad/s: K g N / (-2) where all are one
    /// on a complete graph (one's own term counts, as in the coupling). Each harmonic h adds (K_h / h) cos(h
    /// (theta_j - theta_i)); groups have their K and n. n (degree, heard) and g are those of all: the means
    /// over the swarm, because so V is a Lyapunov function, V' <= 0, of identical oscillators on an
    /// undirected graph without lags, also where degrees or gains >= 0 differ. Lags and inertia are left out
    /// of it. NaN for other models, where the topology delays, and while observations are lost or late by
    /// entrain_engine_disturb(). van Hemmen and Wreszinski (1993); Wiley,
    /// Strogatz and Girvan (2006).
    double energy;
    /// What a leak into the physics would move: sum_i c_i (theta_i - theta_i(0) - omega_i t) / mean c, rad,
    /// phases unwrapped; with inertia of M_i v_i + D_i theta_i and power. c_i = 1; what n is, for degree and
    /// heard. Zero but for rounding where what one does to another the other does to it: undirected, no lag,
    /// no delay, no noise, gains alike, group couplings K_ab / n_b symmetric. Begins anew (0) when somebody
    /// was stopped or restarted, when frequencies, the coupling or the topology were changed, after
    /// entrain_engine_republish(), and when an observation was lost. NaN where the law does not hold.
    double conservation;
    /// Of it, what came since the previous sample, and what rounding can do in that time at most; NaN
    /// likewise.
    double conservation_change, conservation_bound;
    /// Gini coefficient of the gaps between neighbours on the circle: 0 evenly spread (splay), 1/2 by
    /// chance, 1 - 1/N all together. NaN where not measured.
    double gap_gini;
    /// Bunches that empty gaps set apart, and the share of the largest: see entrain_phase_shape.
    double cluster_share;
    uint32_t cluster_count;
    uint32_t group_count; ///< 1 without groups
    /// Actors in the fullest of 20 equal windows of the circle (from 0 on), over the mean of all: 1 is even,
    /// 20 all in
    /// one. 0 where nobody lives.
    double peak_load;
    /// Sum over j of wrap(theta_(j+1) - theta_j) / 2 pi around the indices of who lives: whole turns,
    /// an integer.
    double winding;
    /// Mean of (unwrapped phase now - at the previous sample) / elapsed, rad/s, each cut at 2^21 and rounded
    /// to 2^-30. The natural frequency (with inertia: the velocity) of an actor that this meter has not seen
    /// before, and of all where no tick has passed.
    double frequency_mean;
    double frequency_spread; ///< its standard deviation over the swarm: over all of N, not N - 1
    uint32_t living;         ///< actors counted
    uint64_t observations;   ///< since start, entrain_engine_observations()
    uint64_t fingerprint;
} entrain_phase_sample;

/// How the phases lie on the circle.
typedef struct entrain_phase_shape {
    /// Of the N gaps between those next to each other: sum_ij |g_i - g_j| / (2 N^2 mean g). 0 where nobody
    /// lives.
    double gap_gini;
    double gap_max; ///< the widest gap, a share of the circle
    /// A gap counts as empty when it is wider than (ln N + 7) / N of the circle, which N independent phases
    /// leave somewhere with a chance of e^-7, but at least 1/16 (from 200 on) and at most 1/8 (up to 92). 0:
    /// no gap is empty.
    uint32_t cluster_count;
    double cluster_share; ///< of the living, in the largest cluster; 0 without
} entrain_phase_shape;

/// Who turns alike. Frequencies are the mean ones over a window: (unwrapped phase now - then) / window_s.
typedef struct entrain_phase_plateaus {
    double window_s;  ///< how long was looked
    double tolerance; ///< 2 pi / window_s: who is within it of another has not drifted a turn away
    bool locked;      ///< all of them lie within one tolerance
    uint32_t counted; ///< who lived all that time
    /// Plateaus: sets of at least 2 and 1 % of them within one tolerance whose natural frequencies are all
    /// alike or spread at least twice as far (standard deviation) as the ones measured: entrained, not
    /// neighbours by birth. At most 16, found by size.
    uint32_t plateau_count;
    double plateau_share;     ///< of the largest among those counted; 0 without
    double plateau_frequency; ///< its median, rad/s; 0 without
} entrain_phase_plateaus;

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

/// ENTRAIN_MISMATCH with a sentence where @p sample says that something leaked into the physics:
/// conservation_change is beyond conservation_bound.
ENTRAIN_API entrain_status entrain_phase_sample_check(const entrain_phase_sample *sample,
                                                      entrain_error *error_out);

/// How the phases lie now, whatever the size. Takes 16 bytes an actor at the first call; ENTRAIN_NO_MEMORY.
ENTRAIN_API entrain_status entrain_phase_meter_shape(entrain_phase_meter *meter,
                                                     entrain_phase_shape *shape_out);

/// Begins a window of frequencies at the time where the engine stands; the one begun before it is kept, too.
/// Takes 20 bytes an actor at each of the first two calls; ENTRAIN_NO_MEMORY.
ENTRAIN_API entrain_status entrain_phase_meter_mark(entrain_phase_meter *meter);
/// Mean frequencies since the mark that is nearest to the middle of the time from 0 to now, into
/// frequencies_out[count] by index (NULL: not wanted); NaN for who has not lived since. *plateaus_out,
/// unless NULL. ENTRAIN_ORDER where no time has passed since a mark; ENTRAIN_NO_MEMORY. Allocates.
ENTRAIN_API entrain_status entrain_phase_meter_plateaus(entrain_phase_meter *meter, double *frequencies_out,
                                                        entrain_phase_plateaus *plateaus_out);

/// Copies phases (wrapped, rad), turns and natural frequencies [count] in the order of index; NULL: not
/// wanted. Of who was stopped, the last. Not before the engine is started.
ENTRAIN_API void entrain_phase_read(entrain_population *population, double *phases_out, int32_t *turns_out,
                                    double *frequencies_out);

ENTRAIN_END_DECLS

#endif
