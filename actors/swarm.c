// A whole swarm from one configuration.
#include <inttypes.h>

#include "engine/base/memory.h"
#include "entrain/random.h"
#include "entrain/swarm.h"

struct entrain_swarm {
    entrain__arena *arena;
    entrain_engine *engine;
    entrain_topology *topology;
    entrain_population *population;
    entrain_phase_meter *meter;
};

entrain_swarm_config entrain_swarm_config_defaults(void) {
    return (entrain_swarm_config){
        .size = 1000,
        .seed = 1,
        .engine = entrain_engine_config_defaults(),
        .topology = entrain_topology_config_defaults(),
        .model = entrain_kuramoto_config_defaults(),
        .frequency = {.kind = ENTRAIN_DISTRIBUTION_LORENTZ, .center = 0, .width = 0.5},
        .phase = {.kind = ENTRAIN_DISTRIBUTION_UNIFORM,
                  .low = -3.14159265358979323846,
                  .high = 3.14159265358979323846},
        .gain = entrain_distribution_constant(1),
        .inertia = entrain_distribution_constant(0),
        .damping = entrain_distribution_constant(1),
        .velocity = entrain_distribution_constant(0),
    };
}

// Initial values live only until the population has copied them.
static entrain_status populate(entrain_swarm *swarm, const entrain_swarm_config *config, uint32_t count,
                               entrain_error *error_out) {
    double *phases = entrain__arena_take(swarm->arena, count, sizeof *phases);
    double *frequencies = entrain__arena_take(swarm->arena, count, sizeof *frequencies);
    entrain_status status = ENTRAIN_OK;
    if (phases == NULL || frequencies == NULL)
        status =
            entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                              "There is no memory for the initial values of %" PRIu32 " oscillators.", count);
    if (status == ENTRAIN_OK)
        status = entrain_distribution_fill(&config->frequency, "model.frequency", config->seed,
                                           ENTRAIN_STREAM_FREQUENCY, count, frequencies, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_distribution_fill(&config->phase, "model.phase", config->seed, ENTRAIN_STREAM_PHASE,
                                           count, phases, error_out);
    if (status == ENTRAIN_OK && config->phase_model != NULL)
        status = entrain_phase_model_add(swarm->engine, config->phase_model, config->parameters, count,
                                         phases, frequencies, &swarm->population, error_out);
    else if (status == ENTRAIN_OK)
        status = entrain_kuramoto_add(swarm->engine, &config->model, count, phases, frequencies,
                                      &swarm->population, error_out);
    entrain__arena_give(swarm->arena, phases);
    entrain__arena_give(swarm->arena, frequencies);
    return status;
}

entrain_status entrain_swarm_create(const entrain_swarm_config *config, entrain_swarm **swarm_out,
                                    entrain_error *error_out) {
    entrain__arena *arena = NULL;
    entrain_swarm *swarm = NULL;
    if (entrain__arena_create(&arena) == ENTRAIN_OK)
        swarm = entrain__arena_take(arena, 1, sizeof *swarm);
    if (swarm == NULL) {
        entrain__arena_destroy(arena);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for a swarm.");
    }
    swarm->arena = arena;

    entrain_topology_config topology = config->topology;
    topology.size = config->size;
    topology.seed = config->seed;
    entrain_engine_config engine = config->engine;
    engine.seed = config->seed;
    engine.scheduler.seed = config->seed;
    entrain_status status = entrain_topology_create(&topology, &swarm->topology, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_engine_create(&engine, &swarm->engine, error_out);
    if (status == ENTRAIN_OK)
        status = populate(swarm, config, entrain_topology_look(swarm->topology).vertex_count, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_engine_set_topology(swarm->engine, swarm->topology, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_engine_start(swarm->engine, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_phase_meter_create(swarm->engine, swarm->population, &swarm->meter, error_out);
    if (status != ENTRAIN_OK) {
        entrain_swarm_destroy(swarm);
        return status;
    }
    *swarm_out = swarm;
    return ENTRAIN_OK;
}

void entrain_swarm_destroy(entrain_swarm *swarm) {
    if (swarm == NULL)
        return;
    entrain_phase_meter_destroy(swarm->meter);
    entrain_engine_destroy(swarm->engine);
    entrain_topology_release(swarm->topology);
    entrain__arena_destroy(swarm->arena);
}

entrain_engine *entrain_swarm_engine(const entrain_swarm *swarm) { return swarm->engine; }
entrain_population *entrain_swarm_population(const entrain_swarm *swarm) { return swarm->population; }
entrain_topology *entrain_swarm_topology(const entrain_swarm *swarm) { return swarm->topology; }
uint64_t entrain_swarm_tick(const entrain_swarm *swarm) { return entrain_engine_tick(swarm->engine); }
entrain_status entrain_swarm_advance(entrain_swarm *swarm, uint64_t tick, entrain_error *error_out) {
    uint64_t now = entrain_swarm_tick(swarm);
    return entrain_engine_advance(swarm->engine, tick > now ? tick - now : 0, error_out);
}
entrain_status entrain_swarm_sample(entrain_swarm *swarm, entrain_phase_sample *sample_out) {
    return entrain_phase_meter_sample(swarm->meter, sample_out);
}
