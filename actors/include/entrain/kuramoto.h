/// @file kuramoto.h  Phase oscillators: theta_i' = omega_i + (K / n) sum_j w_ij sin(theta_j - theta_i -
/// alpha).
///
/// Kuramoto (1975, 1984); phase lag alpha: Sakaguchi and Kuramoto (1986). An actor publishes (cos theta, sin
/// theta) as words; the coupling is cos(theta_i + alpha) S - sin(theta_i + alpha) C, with S and C the exact
/// sums of what it heard. Phases are stored wrapped to [-pi, pi] (and a rounding) with an int32 count of
/// turns, modulo 2^32. A step, or a stage of one, that would take a phase beyond 2^40 rad takes it there (and
/// a NaN to 2^40), the same everywhere.
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

typedef struct entrain_kuramoto_config {
    double coupling;               ///< K, rad/s, |K| <= 1e6 and |K| step_s <= 2^20; default 1
    double lag;                    ///< alpha, rad, |alpha| <= pi; default 0
    entrain_normalise normalise;   ///< default degree; the same as size on a complete graph of just these
    entrain_integrator integrator; ///< default rk4
} entrain_kuramoto_config;

ENTRAIN_API entrain_kuramoto_config entrain_kuramoto_config_defaults(void);

/// Columns of the population, for entrain_population_at() and range->columns. What is written there is the
/// writer's to keep in range.
enum {
    ENTRAIN_KURAMOTO_PHASE = 0, ///< double, rad, wrapped; written from outside: within -2^20 to 2^20
    ENTRAIN_KURAMOTO_TURNS = 1, ///< int32: full turns taken off; phase + 2 pi turns is the unwrapped phase
    ENTRAIN_KURAMOTO_FREQUENCY = 2, ///< double, rad/s: natural frequency
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
