/// @file theory_twin.h  One swarm twice: through mailboxes and through publications, compared bit for bit.
///
/// Every law in test_theory_*.c is checked on such a pair: whatever moves or measures it also asserts that
/// both transports agree in every bit, so what holds for one of them holds for both.
#ifndef ENTRAIN_TESTS_THEORY_TWIN_H
#define ENTRAIN_TESTS_THEORY_TWIN_H

#include "check.h"

#include "entrain/engine.h"
#include "entrain/kuramoto.h"
#include "entrain/phase_metrics.h"
#include "entrain/swarm.h"
#include "entrain/topology.h"

#define PI_L 3.141592653589793238462643383279502884L
#define SIZE_MAX_HERE 1000 // the largest swarm of these tests

/// What a pair is made of. Arrays are borrowed until twin_open() returns.
typedef struct twin_spec {
    uint32_t count;
    const double *phases, *frequencies; ///< [count]; NULL: all 0
    entrain_topology *topology;         ///< borrowed; NULL: complete
    entrain_kuramoto_config model;
    double step_s;
    entrain_layout layout;
} twin_spec;

typedef struct twin_half {
    entrain_swarm *swarm; // owns the rest when not NULL
    entrain_engine *engine;
    entrain_population *population;
    entrain_phase_meter *meter; // NULL: the swarm's own
} twin_half;

typedef struct twin {
    uint32_t count;
    twin_half half[ENTRAIN_TRANSPORT_COUNT];
} twin;

void twin_open(twin *pair, const twin_spec *spec);
/// The same through entrain_swarm_create(); its transport, workers, policy and cohorts are overridden.
void twin_open_swarm(twin *pair, const entrain_swarm_config *config);
void twin_close(twin *pair);
void twin_advance(twin *pair, uint64_t ticks);
/// A sample in which both transports agree bit for bit, observations included.
entrain_phase_sample twin_sample(twin *pair);
/// Unwrapped phases: wrapped phase + 2 pi turns, with the 2 pi (a double) that the engine takes off.
void twin_unwrapped(twin *pair, long double *phases_out);
void twin_wrapped(twin *pair, double *phases_out);
uint64_t twin_fingerprint(twin *pair);

/// r and psi of wrapped or unwrapped phases, by libm in long double.
long double coherence_of(uint32_t count, const long double *phases);

/// A random number in [0, 1) that owes nothing to the engine (SplitMix64, Steele, Lea and Flood 2014).
double draw(uint64_t *state);

/// Prints what a law says beside what was measured, and fails when they differ by more than @p tolerance.
#define CHECK_LAW(law, measured, expected, tolerance)                                                        \
    do {                                                                                                     \
        double law_m = (double)(measured), law_e = (double)(expected), law_t = (double)(tolerance);          \
        print_message("  %-44s %20.13g  expected %20.13g  off %9.2e  within %9.2e\n", (law), law_m, law_e,   \
                      law_m - law_e, law_t);                                                                 \
        if (!(law_m - law_e <= law_t && law_e - law_m <= law_t))                                             \
            fail_msg("%s: %.17g, expected %.17g within %.3g", (law), law_m, law_e, law_t);                   \
    } while (0)

/// Prints and checks measured <= most.
#define CHECK_MOST(law, measured, most)                                                                      \
    do {                                                                                                     \
        double law_m = (double)(measured), law_t = (double)(most);                                           \
        print_message("  %-44s %20.13g  at most  %20.13g\n", (law), law_m, law_t);                           \
        if (!(law_m <= law_t))                                                                               \
            fail_msg("%s: %.17g is above %.17g", (law), law_m, law_t);                                       \
    } while (0)

/// Prints and checks measured >= least: what must break a law does break it.
#define CHECK_LEAST(law, measured, least)                                                                    \
    do {                                                                                                     \
        double law_m = (double)(measured), law_t = (double)(least);                                          \
        print_message("  %-44s %20.13g  at least %20.13g\n", (law), law_m, law_t);                           \
        if (!(law_m >= law_t))                                                                               \
            fail_msg("%s: %.17g is below %.17g", (law), law_m, law_t);                                       \
    } while (0)

#endif
