/// @file kuramoto.h  Phase oscillators: theta_i' = omega_i + (K / n) sum_j w_ij sin(theta_j - theta_i -
/// alpha), and what the field builds on it.
///
/// Kuramoto (1975, 1984); phase lag alpha: Sakaguchi and Kuramoto (1986). In full, with every part that is
/// not asked for left out:
///
///   M_i theta_i'' + D_i theta_i' = omega_i + sqrt(2 T_i) xi_i(t)
///                                  + g_i sum_h (K_h / n) sum_j w_ij sin(h (theta_j - theta_i) - alpha_h)
///
///   harmonics  h = 1 .. 4; K_1 = coupling, alpha_1 = lag. Daido (1996).
///   groups     K and alpha by the groups of hearer and speaker, n = size: the size of the speaker's group.
///              Abrams, Mirollo, Strogatz and Wiley (2008) for two.
///   inertia    M: the swing equation, with omega_i the power. Filatrella, Nielsen and Pedersen (2008).
///   noise      xi: white, <xi(t) xi(t')> = delta(t - t'). Sakaguchi (1988), whose D is T here.
///   delay      of what is heard: entrain/topology.h. Yeung and Strogatz (1999).
///
/// An actor publishes (cos theta, sin theta) as words (a pair for each harmonic, at the place of its group);
/// the coupling is cos(theta_i + alpha) S - sin(theta_i + alpha) C, with S and C the exact sums of what it
/// heard. Phases are stored wrapped to [-pi, pi] (and a rounding) with an int32 count of turns, modulo 2^32.
/// A step, or a stage of one, that would take a phase beyond 2^40 rad takes it there (and a NaN to 2^40), the
/// same everywhere.
#ifndef ENTRAIN_KURAMOTO_H
#define ENTRAIN_KURAMOTO_H

#include <stdint.h>

#include "entrain/engine.h"

ENTRAIN_BEGIN_DECLS

typedef enum entrain_normalise {
    ENTRAIN_NORMALISE_SIZE = 0, ///< n = N, the population's size (the theory's convention on complete)
    ENTRAIN_NORMALISE_DEGREE,   ///< n = the graph's in-degree of i: arcs, whatever their weights
    ENTRAIN_NORMALISE_HEARD,    ///< n = how many i heard in this exchange: no silent speakers, nothing lost
    ENTRAIN_NORMALISE_NONE,     ///< n = 1
    ENTRAIN_NORMALISE_COUNT
} entrain_normalise;
ENTRAIN_API const char *entrain_normalise_name(entrain_normalise normalise);

typedef enum entrain_integrator {
    ENTRAIN_INTEGRATOR_EULER = 0, ///< order 1, one exchange a tick
    ENTRAIN_INTEGRATOR_HEUN,      ///< order 2, two exchanges
    ENTRAIN_INTEGRATOR_RK4,       ///< order 4, four exchanges
    ENTRAIN_INTEGRATOR_COUNT
} entrain_integrator;
ENTRAIN_API const char *entrain_integrator_name(entrain_integrator integrator);

#define ENTRAIN_HARMONICS_MAX 4
#define ENTRAIN_GROUPS_MAX 4

/// What delayed oscillators hear of the time before tick 0.
typedef enum entrain_past {
    ENTRAIN_PAST_STILL = 0, ///< everybody stood at its initial phase
    ENTRAIN_PAST_TURNING,   ///< everybody came to it turning at its natural frequency (with inertia: its
                            ///< velocity)
    ENTRAIN_PAST_SILENT,    ///< nothing: what was published at tick 0 is the first that arrives
    ENTRAIN_PAST_COUNT
} entrain_past;
ENTRAIN_API const char *entrain_past_name(entrain_past past);

typedef struct entrain_kuramoto_config {
    double coupling;               ///< K, rad/s, |K| <= 1e6 and |K| step_s <= 2^20; default 1
    double lag;                    ///< alpha, rad, |alpha| <= pi; default 0
    entrain_normalise normalise;   ///< default degree; the same as size on a complete graph of just these
    entrain_integrator integrator; ///< default rk4

    /// Further harmonics: [h - 2] is K_h (rad/s, bounds as K) and alpha_h (rad) of h = 2 .. harmonics.
    uint32_t harmonics; ///< the highest h, 1 to ENTRAIN_HARMONICS_MAX; default 1, and 0 means 1
    double harmonic_coupling[ENTRAIN_HARMONICS_MAX - 1];
    double harmonic_lag[ENTRAIN_HARMONICS_MAX - 1];

    /// Groups of consecutive indices: 0 or 1: none; up to ENTRAIN_GROUPS_MAX, and groups x harmonics at most
    /// 4. What hearers in group a make of speakers in group b: K_h x group_coupling[a][b] in the place of
    /// K_h, alpha_h + group_lag[a][b] in that of alpha_h; and n = size is the size of group b.
    uint32_t group_count;
    uint32_t group_sizes[ENTRAIN_GROUPS_MAX];                      ///< each at least 1, their sum the count
    double group_coupling[ENTRAIN_GROUPS_MAX][ENTRAIN_GROUPS_MAX]; ///< factors, within -1e6 to 1e6
    double group_lag[ENTRAIN_GROUPS_MAX][ENTRAIN_GROUPS_MAX];

    /// White noise, euler (Euler-Maruyama) and heun (stochastic Heun) only: T, rad^2/s (with inertia: of the
    /// torque), 0 to 1e6; default 0. Draws are keyed by (seed, ENTRAIN_STREAM_NOISE), counted by
    /// (the id's index bits, tick): in an engine's first population that is the index.
    double noise;
    /// Second order: M >= 0 and D >= 0; default 0 and 1. With M = 0 and no inertias it is of first order: D
    /// is 1, whatever it says.
    double inertia, damping;
    entrain_past past; ///< where the topology has delays; default still

    /// Each actor's own, [count] in the order of index, borrowed during the call; NULL: as above, or 1.
    const double *gains;      ///< g_i, factor of all its coupling, within -1e6 to 1e6
    const double *inertias;   ///< M_i > 0, all
    const double *dampings;   ///< D_i >= 0, with inertia
    const double *velocities; ///< theta_i'(0), rad/s, with inertia; NULL: 0
    const double *noises;     ///< T_i >= 0
} entrain_kuramoto_config;

ENTRAIN_API entrain_kuramoto_config entrain_kuramoto_config_defaults(void);
/// How a population was configured, changes included (the arrays of each actor's own are ours then); NULL for
/// a population that was not added by entrain_kuramoto_add(). Until the engine is destroyed.
ENTRAIN_API const entrain_kuramoto_config *entrain_kuramoto_look(const entrain_population *population);
/// Changes coupling, lag, harmonic_*, group_coupling, group_lag, noise, damping (where it is the same for
/// all) at a tick boundary, from the next tick on, and nothing else: ENTRAIN_INVALID with a sentence for any
/// other difference from entrain_kuramoto_look(), or a value out of range; noise cannot come where none was
/// configured, with rk4.
ENTRAIN_API entrain_status entrain_kuramoto_change(entrain_population *population,
                                                   const entrain_kuramoto_config *config,
                                                   entrain_error *error_out);

/// Columns of the population, for entrain_population_at() and range->columns. What is written there is the
/// writer's to keep in range.
enum {
    ENTRAIN_KURAMOTO_PHASE = 0, ///< double, rad, wrapped; written from outside: within -2^20 to 2^20
    ENTRAIN_KURAMOTO_TURNS = 1, ///< int32: full turns taken off; phase + 2 pi turns is the unwrapped phase
    ENTRAIN_KURAMOTO_FREQUENCY = 2, ///< double, rad/s: natural frequency (with inertia: power)
    ENTRAIN_KURAMOTO_VELOCITY = 3,  ///< double, rad/s; only with inertia
};

/// Adds @p count oscillators with the given initial phases (rad, at most 2^20 in magnitude; wrapped, the
/// turns counted) and natural frequencies (rad/s), both [count] in the order of index, copied. A frequency
/// that in one step would turn a phase by more than 2^20 rad is refused, with the actor's index. Who is
/// restarted begins with its initial values.
ENTRAIN_API entrain_status entrain_kuramoto_add(entrain_engine *engine, const entrain_kuramoto_config *config,
                                                uint32_t count, const double *phases,
                                                const double *frequencies,
                                                entrain_population **population_out,
                                                entrain_error *error_out);

ENTRAIN_END_DECLS

#endif
