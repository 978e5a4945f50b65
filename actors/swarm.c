// A whole swarm from one configuration.
#include <inttypes.h>

#include "actors/swarm_state.h"
#include "entrain/random.h"

entrain_swarm_config entrain_swarm_config_defaults(void) {
    return (entrain_swarm_config){
        .size = 1000,
        .seed = 1,
        .engine = entrain_engine_config_defaults(),
        .topology = entrain_topology_config_defaults(),
        .kind = ENTRAIN_SWARM_KURAMOTO,
        .model = entrain_kuramoto_config_defaults(),
        .pulse = entrain_pulse_config_defaults(),
        .desync = entrain_desync_config_defaults(),
        .agent = entrain_agent_config_defaults(),
        .workload = entrain_workload_config_defaults(),
        .frequency = {.kind = ENTRAIN_DISTRIBUTION_LORENTZ, .center = 0, .width = 0.5},
        .phase = {.kind = ENTRAIN_DISTRIBUTION_UNIFORM,
                  .low = -3.14159265358979323846,
                  .high = 3.14159265358979323846},
        .gain = entrain_distribution_constant(1),
        .noisiness = entrain_distribution_constant(1),
        .inertia = entrain_distribution_constant(0),
        .damping = entrain_distribution_constant(1),
        .velocity = entrain_distribution_constant(0),
    };
}

// Who has a value of its own, whatever it is, needs an array; one value for all does not.
static bool is_everybodys(const entrain_distribution *distribution, double value) {
    return distribution->kind == ENTRAIN_DISTRIBUTION_CONSTANT && distribution->jitter == 0 &&
           distribution->value == value;
}

// The arrays of one population: initial values and each one's own parameters. They live only until the
// population has copied them.
typedef struct values {
    double *phases, *frequencies, *gains, *noises, *inertias, *dampings, *velocities;
} values;

typedef struct filler {
    entrain_swarm *swarm;
    const entrain_swarm_config *config;
    uint32_t count;
    entrain_error *error_out;
} filler;

static entrain_status fill(const filler *with, const entrain_distribution *distribution, const char *what,
                           uint32_t stream, double **values_out) {
    *values_out = entrain__arena_take(with->swarm->arena, with->count, sizeof **values_out);
    if (*values_out == NULL)
        return entrain_error_set(with->error_out, ENTRAIN_NO_MEMORY,
                                 "There is no memory for the initial values of %" PRIu32 " oscillators.",
                                 with->count);
    return entrain_distribution_fill(distribution, what, with->config->seed, stream, with->count, *values_out,
                                     with->error_out);
}

// Kuramoto's arrays; what everybody has alike stays one number, so that it can be changed for all later.
static entrain_status fill_own(const filler *with, values *own, entrain_kuramoto_config *model) {
    const entrain_swarm_config *config = with->config;
    entrain_status status = ENTRAIN_OK;
    if (!is_everybodys(&config->gain, 1))
        status = fill(with, &config->gain, "model.gain", ENTRAIN_STREAM_GAIN, &own->gains);
    model->gains = own->gains;
    if (status == ENTRAIN_OK && model->noise > 0 && !is_everybodys(&config->noisiness, 1))
        status = fill(with, &config->noisiness, "model.noisiness", ENTRAIN_STREAM_NOISINESS, &own->noises);
    for (uint32_t i = 0; status == ENTRAIN_OK && own->noises != NULL && i < with->count; i++)
        own->noises[i] *= model->noise;
    model->noises = own->noises;
    if (status != ENTRAIN_OK || is_everybodys(&config->inertia, 0))
        return status;
    if (is_everybodys(&config->inertia, config->inertia.value))
        model->inertia = config->inertia.value;
    else
        status = fill(with, &config->inertia, "model.inertia", ENTRAIN_STREAM_INERTIA, &own->inertias);
    if (is_everybodys(&config->damping, config->damping.value))
        model->damping = config->damping.value;
    else if (status == ENTRAIN_OK)
        status = fill(with, &config->damping, "model.damping", ENTRAIN_STREAM_DAMPING, &own->dampings);
    if (status == ENTRAIN_OK && !is_everybodys(&config->velocity, 0))
        status = fill(with, &config->velocity, "model.velocity", ENTRAIN_STREAM_VELOCITY, &own->velocities);
    model->inertias = own->inertias;
    model->dampings = own->dampings;
    model->velocities = own->velocities;
    return status;
}

// Agents, and what they produce for whom. Whoever pulses must know its hearers: the topology comes first.
static entrain_status add_agents(const filler *with, const double *phases, const double *frequencies) {
    entrain_swarm *swarm = with->swarm;
    entrain_workload *workload = NULL;
    entrain_status status = entrain_engine_set_topology(swarm->engine, swarm->topology, with->error_out);
    if (status == ENTRAIN_OK && with->config->has_workload)
        status =
            entrain_workload_create(&with->config->workload, with->config->seed, &workload, with->error_out);
    if (status == ENTRAIN_OK)
        status = entrain_agents_add(swarm->engine, &with->config->agent, workload, with->config->size,
                                    with->count, phases, frequencies, &swarm->population, with->error_out);
    if (status != ENTRAIN_OK)
        return status;
    swarm->workload = workload;
    return workload != NULL
               ? entrain_workload_connect(workload, swarm->engine, swarm->population, with->error_out)
               : ENTRAIN_OK;
}

static entrain_status populate(entrain_swarm *swarm, const entrain_swarm_config *config, uint32_t count,
                               entrain_error *error_out) {
    const filler with = {swarm, config, count, error_out};
    bool swing = config->model.inertia > 0 || !is_everybodys(&config->inertia, 0);
    values own = {0};
    entrain_status status = fill(&with, &config->frequency, swing ? "model.power" : "model.frequency",
                                 ENTRAIN_STREAM_FREQUENCY, &own.frequencies);
    if (status == ENTRAIN_OK)
        status = fill(&with, &config->phase, "model.phase", ENTRAIN_STREAM_PHASE, &own.phases);
    if (status == ENTRAIN_OK && config->phase_model != NULL) {
        status = entrain_phase_model_add(swarm->engine, config->phase_model, config->parameters, count,
                                         own.phases, own.frequencies, &swarm->population, error_out);
    } else if (status == ENTRAIN_OK && config->kind == ENTRAIN_SWARM_PULSE) {
        status = entrain_pulse_add(swarm->engine, &config->pulse, swarm->topology, count, own.phases,
                                   own.frequencies, &swarm->population, error_out);
    } else if (status == ENTRAIN_OK && config->kind == ENTRAIN_SWARM_DESYNC) {
        status = entrain_desync_add(swarm->engine, &config->desync, swarm->topology, count, own.phases,
                                    own.frequencies, &swarm->population, error_out);
    } else if (status == ENTRAIN_OK && config->kind == ENTRAIN_SWARM_AGENTS) {
        status = add_agents(&with, own.phases, own.frequencies);
    } else if (status == ENTRAIN_OK) {
        entrain_kuramoto_config model = config->model;
        status = fill_own(&with, &own, &model);
        if (status == ENTRAIN_OK)
            status = entrain_kuramoto_add(swarm->engine, &model, count, own.phases, own.frequencies,
                                          &swarm->population, error_out);
    }
    double *const taken[] = {own.phases,   own.frequencies, own.gains,     own.noises,
                             own.inertias, own.dampings,    own.velocities};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        entrain__arena_give(swarm->arena, taken[i]);
    return status;
}

// In virtual time nothing is heard before the shortest delay of a pulse: that is how much may run in
// parallel. (Of a complete graph's pulses half is the relays' way.)
static void choose_execution(const entrain_swarm_config *config, const entrain_topology *topology,
                             entrain_engine_config *engine) {
    const entrain_topology_view view = entrain_topology_look(topology);
    engine->execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
    engine->lookahead_s = config->kind == ENTRAIN_SWARM_PULSE && view.in_offsets != NULL
                              ? config->pulse.delay_s + view.delay_low
                              : 0;
    // A window is then one round of one instant: many tasks would cost more than they could share.
    const uint32_t workers = engine->scheduler.worker_count > 0 ? engine->scheduler.worker_count : 1;
    if (engine->lookahead_s == 0 && engine->cohort_weight == 0)
        engine->cohort_weight = view.vertex_count / workers < 4096 ? 4096 : view.vertex_count / workers + 1;
}

// The graph of those who live from the start, with isolated places for those who join.
static entrain_status make_room(entrain_swarm *swarm, uint32_t room, entrain_error *error_out) {
    entrain_topology *padded = NULL;
    const entrain_status status = entrain_topology_padded(swarm->topology, room, &padded, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain_topology_release(swarm->topology);
    swarm->topology = padded;
    return ENTRAIN_OK;
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
    if (status == ENTRAIN_OK && config->kind == ENTRAIN_SWARM_AGENTS && config->room > config->size)
        status = make_room(swarm, config->room, error_out);
    swarm->by_ticks = config->kind == ENTRAIN_SWARM_KURAMOTO || config->kind == ENTRAIN_SWARM_AGENTS ||
                      config->phase_model != NULL;
    swarm->step_s = engine.step_s;
    if (status == ENTRAIN_OK && !swarm->by_ticks)
        choose_execution(config, swarm->topology, &engine);
    if (status == ENTRAIN_OK)
        status = entrain_engine_create(&engine, &swarm->engine, error_out);
    if (status == ENTRAIN_OK)
        status = populate(swarm, config, entrain_topology_look(swarm->topology).vertex_count, error_out);
    if (status == ENTRAIN_OK && swarm->by_ticks && entrain_engine_topology(swarm->engine) == NULL)
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
entrain_phase_meter *entrain_swarm_meter(const entrain_swarm *swarm) { return swarm->meter; }
entrain_workload *entrain_swarm_workload(const entrain_swarm *swarm) { return swarm->workload; }
uint64_t entrain_swarm_tick(const entrain_swarm *swarm) {
    return swarm->by_ticks ? entrain_engine_tick(swarm->engine) : swarm->tick;
}

// A run in virtual time stops wherever it is, also in the midst of an instant, and what is seen there depends
// on when somebody pressed Ctrl-C. So the tick is finished, if that takes no more than a quarter of a
// second. Never one beyond @p target, in whose very instant it may have stopped: something else may have
// to happen there first.
#define FINISH_S 0.25
static entrain_status finish_tick(entrain_swarm *swarm, uint64_t target, entrain_status why,
                                  entrain_error *error_out) {
    const double now_s = entrain_engine_time_s(swarm->engine);
    uint64_t tick = (uint64_t)(now_s / swarm->step_s);
    while (tick > swarm->tick && (double)tick * swarm->step_s > now_s)
        tick--;
    entrain_engine_clear(swarm->engine);
    entrain_engine_set_deadline(swarm->engine, FINISH_S);
    tick = tick < swarm->tick ? swarm->tick : tick;
    tick = tick < target ? tick : target - 1;
    entrain_error ignored;
    if (entrain_engine_run(swarm->engine, (double)(tick + 1) * swarm->step_s, &ignored) == ENTRAIN_OK)
        tick++;
    swarm->tick = tick;
    entrain_engine_clear(swarm->engine);
    return entrain_error_set(error_out, why, "The run stopped %s at %.9g s.",
                             why == ENTRAIN_CANCELLED ? "on request" : "at its deadline",
                             entrain_engine_time_s(swarm->engine));
}

entrain_status entrain_swarm_advance(entrain_swarm *swarm, uint64_t tick, entrain_error *error_out) {
    const uint64_t now = entrain_swarm_tick(swarm);
    if (swarm->by_ticks)
        return entrain_engine_advance(swarm->engine, tick > now ? tick - now : 0, error_out);
    if (tick <= now)
        return ENTRAIN_OK;
    const entrain_status status = entrain_engine_run(swarm->engine, (double)tick * swarm->step_s, error_out);
    if (status == ENTRAIN_CANCELLED || status == ENTRAIN_TIMEOUT)
        return finish_tick(swarm, tick, status, error_out);
    if (status == ENTRAIN_OK)
        swarm->tick = tick;
    return status;
}

entrain_status entrain_swarm_sample(entrain_swarm *swarm, entrain_phase_sample *sample_out) {
    const entrain_status status = entrain_phase_meter_sample(swarm->meter, sample_out);
    if (status == ENTRAIN_OK)
        sample_out->tick = entrain_swarm_tick(swarm);
    return status;
}
