// What tests/test_instructions.sh runs under callgrind: ticks of swarms, one swarm after the other, each in
// one call of count_ticks(), the only function that is counted. Nothing is said here; callgrind says it.
//   count_instructions GRAPH:SIZE:TRANSPORT:INTEGRATOR:SIMD:TICKS[:LOW-HIGH[:LOSS:SIDES]] ...
// such as ring:1000:publish:euler:avx2:20, or, with delays of 0 to 9 steps,
// ring:1000:publish:euler:avx2:20:0-9, or, with 30 % lost between two sides, drawn at random,
// ring:1000:publish:euler:avx2:20:0-0:0.3:2; the integrator noisy is euler with noise, weighed that with
// weights, twice that with a second harmonic. In the integrator's place also agents: nudge, lock, pulse,
// aware, adaptive (by strategy), spread (distribute-load), work (lock, with a workload).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/simd.h"
#include "entrain/swarm.h"

// What only the first tick does is not counted.
enum { WARM_UP_TICKS = 2 };

static void refuse(const char *what, const char *why) {
    fprintf(stderr, "count_instructions: %s: %s\n", what, why);
    exit(2);
}

// By name: callgrind counts what this calls.
static __attribute__((noinline)) bool count_ticks(entrain_engine *engine, uint64_t ticks,
                                                  entrain_error *error_out) {
    return entrain_engine_advance(engine, ticks, error_out) == ENTRAIN_OK; // no tail call: it must return
}

static void disturb(entrain_engine *engine, uint32_t size, double loss, unsigned sides, const char *text) {
    uint8_t *side_of = calloc(size, 1);
    entrain_error error = {0};
    for (uint32_t v = 0; side_of != NULL && sides > 0 && v < size; v++)
        side_of[v] = (uint8_t)((v * UINT32_C(2654435761) >> 16) % sides);
    if (side_of == NULL ||
        entrain_engine_disturb(engine, &(entrain_disturbance){.loss = loss, .sides = side_of}, &error) !=
            ENTRAIN_OK)
        refuse(text, error.sentence);
    free(side_of);
}

static const struct {
    const char *name;
    entrain_strategy strategy;
    entrain_goal goal;
    bool pulses, moments, workload;
} agents[] = {
    {"nudge", ENTRAIN_STRATEGY_PHASE_NUDGE, ENTRAIN_GOAL_MINIMIZE_API_CALLS, false, false, false},
    {"lock", ENTRAIN_STRATEGY_FREQUENCY_LOCK, ENTRAIN_GOAL_MINIMIZE_API_CALLS, false, false, false},
    {"pulse", ENTRAIN_STRATEGY_PULSE, ENTRAIN_GOAL_MINIMIZE_API_CALLS, true, false, false},
    {"aware", ENTRAIN_STRATEGY_ENERGY_AWARE, ENTRAIN_GOAL_MINIMIZE_API_CALLS, false, false, false},
    {"adaptive", ENTRAIN_STRATEGY_ADAPTIVE, ENTRAIN_GOAL_MINIMIZE_API_CALLS, true, false, false},
    {"spread", ENTRAIN_STRATEGY_FREQUENCY_LOCK, ENTRAIN_GOAL_DISTRIBUTE_LOAD, false, true, false},
    {"work", ENTRAIN_STRATEGY_FREQUENCY_LOCK, ENTRAIN_GOAL_MINIMIZE_API_CALLS, false, false, true},
};

static void make_agents(entrain_swarm_config *config, const char *name) {
    for (size_t a = 0; a < sizeof agents / sizeof *agents; a++) {
        if (strcmp(agents[a].name, name) != 0)
            continue;
        config->kind = ENTRAIN_SWARM_AGENTS;
        config->agent.strategy = agents[a].strategy;
        config->agent.goal = agents[a].goal;
        config->agent.pulses = agents[a].pulses;
        config->agent.moments = agents[a].moments;
        config->has_workload = agents[a].workload;
        config->frequency = (entrain_distribution){
            .kind = ENTRAIN_DISTRIBUTION_NORMAL, .mean = 6.283185307179586, .deviation = 0.2};
    }
}

static void run_case(const char *text) {
    char graph[16], transport[16], integrator[16], simd[16];
    unsigned size, ticks, low = 0, high = 0, sides = 0;
    double loss = 0;
    const int words = sscanf(text, "%15[^:]:%u:%15[^:]:%15[^:]:%15[^:]:%u:%u-%u:%lf:%u", graph, &size,
                             transport, integrator, simd, &ticks, &low, &high, &loss, &sides);
    if (words != 6 && words != 8 && words != 10)
        refuse(text, "not GRAPH:SIZE:TRANSPORT:INTEGRATOR:SIMD:TICKS[:LOW-HIGH[:LOSS:SIDES]]");
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = size;
    config.topology.kind = entrain_topology_kind_find(graph);
    config.topology.degree = 8;
    config.topology.delay_low = low * config.engine.step_s;
    config.topology.delay_high = high * config.engine.step_s;
    config.engine.transport =
        strcmp(transport, "mailbox") == 0 ? ENTRAIN_TRANSPORT_MAILBOX : ENTRAIN_TRANSPORT_PUBLISH;
    config.model.integrator =
        strcmp(integrator, "rk4") == 0 ? ENTRAIN_INTEGRATOR_RK4 : ENTRAIN_INTEGRATOR_EULER;
    config.model.noise = strcmp(integrator, "noisy") == 0 ? 0.1 : 0;
    config.model.harmonics = strcmp(integrator, "twice") == 0 ? 2 : 1;
    config.topology.weight_low = strcmp(integrator, "weighed") == 0 ? 0.5 : 1;
    config.engine.simd = strcmp(simd, "sse2") == 0 ? ENTRAIN_SIMD_SSE2 : ENTRAIN_SIMD_AVX2;
    config.engine.scheduler.worker_count = 1;
    make_agents(&config, integrator);

    entrain_error error = {0};
    entrain_swarm *swarm = NULL;
    if (entrain_swarm_create(&config, &swarm, &error) != ENTRAIN_OK)
        refuse(text, error.sentence);
    entrain_engine *engine = entrain_swarm_engine(swarm);
    if (loss > 0 || sides > 0)
        disturb(engine, size, loss, sides, text);
    if (entrain_engine_advance(engine, WARM_UP_TICKS, &error) != ENTRAIN_OK ||
        !count_ticks(engine, ticks, &error))
        refuse(text, error.sentence);
    entrain_swarm_destroy(swarm);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--has-avx2") == 0)
        return entrain_simd_available(ENTRAIN_SIMD_AVX2) ? 0 : 1;
    for (int i = 1; i < argc; i++)
        run_case(argv[i]);
    return 0;
}
