/// @file agent_twin.h  The equations of agent.h once more: one thread, plain loops, libm.
///
/// Made to be read beside agent.h, not to be quick; shares no code with the library. Agents that neither
/// pulse nor adapt nor are stubborn. Sums are of integers, as published words are, so that only the
/// roundings within one agent's own update differ from the engine's: about 1e-15 a tick.
#ifndef ENTRAIN_TESTS_AGENT_TWIN_H
#define ENTRAIN_TESTS_AGENT_TWIN_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/agent.h"
#include "entrain/topology.h"

enum { TWIN_SIZE_MAX = 64, TWIN_HARMONICS = 13 };

typedef struct twin_agent {
    bool living;
    double phase; ///< unwrapped
    double omega, learned;
    double lean_x[TWIN_HARMONICS],
        lean_y[TWIN_HARMONICS]; ///< p of each harmonic; the first is the one of agent.h
    double energy, spent;
    entrain_strategy strategy;
    uint32_t slow;
    bool unpowered;
} twin_agent;

typedef struct twin_swarm {
    entrain_agent_config config;
    entrain_topology_view graph;
    uint32_t size;
    double step_s;
    uint64_t tick;
    twin_agent agents[TWIN_SIZE_MAX];
    double first_phases[TWIN_SIZE_MAX], first_frequencies[TWIN_SIZE_MAX];
} twin_swarm;

/// Everybody as at the start.
void twin_begin(twin_swarm *twin, const entrain_agent_config *config, const entrain_topology *topology,
                double step_s, const double *phases, const double *frequencies);
/// Agent @p index begins, at the start or again.
void twin_live(twin_swarm *twin, uint32_t index);
void twin_tick(twin_swarm *twin);

#endif
