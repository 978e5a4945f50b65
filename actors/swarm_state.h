/// @file swarm_state.h  A swarm's parts: between swarm.c and swarm_archive.c.
#ifndef ENTRAIN_ACTORS_SWARM_STATE_H
#define ENTRAIN_ACTORS_SWARM_STATE_H

#include "engine/base/memory.h"
#include "entrain/swarm.h"

struct entrain_swarm {
    entrain__arena *arena;
    entrain_engine *engine;
    entrain_topology *topology;
    entrain_population *population;
    entrain_phase_meter *meter;
    entrain_workload *workload; // its population's; NULL: none
    bool by_ticks;              // or in virtual time:
    double step_s;
    uint64_t tick; // reached
};

#endif
