/// @file bench_network.h  A network of oscillators with four arcs each, solved from t = 0 to 20: exactly, and
/// in plain C as one writes it by hand.
///
/// theta_i' = omega_i + K sum_j sin(theta_j - theta_i) over the speakers j of i, nothing normalised; omega
/// uniform in -0.5 to 0.5 rad/s, theta(0) uniform in 0 to 2 pi.
#ifndef ENTRAIN_SIMS_BENCH_NETWORK_H
#define ENTRAIN_SIMS_BENCH_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/topology.h"

#define BENCH_NETWORK_END_S 20.0

typedef enum bench_network_kind {
    BENCH_NETWORK_SMALL_WORLD, ///< Watts and Strogatz (1998): degree 4, rewired with chance 0.2; both ways
    BENCH_NETWORK_RANDOM,      ///< directed; of all graphs with 4 size different arcs any is as likely as any
                               ///< other
    BENCH_NETWORK_KINDS
} bench_network_kind;

typedef struct bench_network {
    uint32_t size;
    entrain_topology *topology;
    const uint64_t *offsets;   ///< [size + 1] the topology's
    const int32_t *speakers;   ///< [offsets[size]]
    double *frequency, *start; ///< [size]
    double coupling;
    double *columns; ///< scratch of the solvers
    long double *exact_columns;
} bench_network;

/// At least 16 oscillators; @p size x 200 bytes or so beside the graph.
entrain_status bench_network_create(bench_network *network, bench_network_kind kind, uint32_t size,
                                    entrain_error *error_out);
void bench_network_destroy(bench_network *network);

/// phases[size] at the end, with more and more steps until they change by less than @p most in the mean. By
/// extrapolation in long double. @return false: they never do (trajectories part too fast), or a signal came.
bool bench_network_exact(bench_network *network, long double most, long double *phases);

/// The same by RK4 in @p steps steps with libm: a sine for every arc; or a sine and a cosine for every
/// oscillator and sin(theta_j - theta_i) from those.
typedef enum bench_network_sines { BENCH_NETWORK_OF_ARCS, BENCH_NETWORK_OF_OSCILLATORS } bench_network_sines;
void bench_network_plain(bench_network *network, bench_network_sines sines, uint32_t steps, double *phases);

#endif
