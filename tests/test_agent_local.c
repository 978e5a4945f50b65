// Local means: what an agent knows of the swarm came to it along the graph, and nobody's measuring is an
// input.
//
// 1. The light cone. Of two equal swarms one agent is pushed in one of them. After t ticks whoever is more
//    than t hops away is equal in both, in every bit of every column: an observation travels one hop a tick.
//    (A pulse is sent in one tick and handled in the next, before what its hearer publishes there: at most
//    two hops a tick, and one tick later.) An agent that acted on the swarm's coherence, on a mean over all,
//    on anything kept in the population's context, would differ at once, however far away: the push changes
//    the coherence of the swarm. Two mutants that were tried: a step that adds 1e-9 times the coherence of
//    the last sample to its target (both tests fail), or as much of the phase of the first agent of its
//    block (the first does: 48 hops away after 21 ticks).
// 2. A run that is sampled and measured at every tick, one that never is, and one without any meter end in
//    the same state.
#include "agent_world.h"
#include "check.h"

enum { SIZE = 240 };
#define NEVER UINT32_MAX

// Hops from @p start to everybody along what is heard; NEVER: no way.
static void distances(const entrain_topology *topology, uint32_t start, uint32_t *hops_out) {
    const entrain_topology_view view = entrain_topology_look(topology);
    uint32_t queue[SIZE], head = 0, tail = 0;
    for (uint32_t v = 0; v < SIZE; v++)
        hops_out[v] = NEVER;
    hops_out[start] = 0;
    queue[tail++] = start;
    while (head < tail) {
        const uint32_t from = queue[head++];
        for (uint64_t a = view.out_offsets[from]; a < view.out_offsets[from + 1]; a++) {
            const uint32_t to = (uint32_t)view.out_hearers[a];
            if (hops_out[to] == NEVER) {
                hops_out[to] = hops_out[from] + 1;
                queue[tail++] = to;
            }
        }
    }
}

// The first column in which two swarms differ at @p index; -1: none.
static int difference(world *one, world *other, uint32_t index) {
    const entrain_behavior *behavior = entrain_population_behavior(one->population);
    for (uint32_t c = 0; c < behavior->column_count; c++)
        if (memcmp(entrain_population_at(one->population, index, c),
                   entrain_population_at(other->population, index, c), behavior->columns[c].bytes) != 0)
            return (int)c;
    return -1;
}

typedef struct cone {
    const char *name;
    entrain_goal goal;
    entrain_strategy strategy;
    entrain_topology_kind topology;
    bool pulses, works;
    double energy, stubbornness;
    uint32_t felt_hops; // as far as it must be felt, or nothing was tested
} cone;

static const cone cones[] = {
    {"nudge, ring", ENTRAIN_GOAL_MINIMIZE_LATENCY, ENTRAIN_STRATEGY_PHASE_NUDGE, ENTRAIN_TOPOLOGY_RING, false,
     false, 100, 0, 30},
    {"frequency-lock, ring", ENTRAIN_GOAL_REACH_CONSENSUS, ENTRAIN_STRATEGY_FREQUENCY_LOCK,
     ENTRAIN_TOPOLOGY_RING, false, false, 100, 0.1, 30},
    {"energy-aware, small world", ENTRAIN_GOAL_SAVE_ENERGY, ENTRAIN_STRATEGY_ENERGY_AWARE,
     ENTRAIN_TOPOLOGY_SMALL_WORLD, false, false, 10, 0, 10},
    {"spreading, ring", ENTRAIN_GOAL_DISTRIBUTE_LOAD, ENTRAIN_STRATEGY_FREQUENCY_LOCK, ENTRAIN_TOPOLOGY_RING,
     false, false, 100, 0, 3}, // each harmonic has its turn in every twelfth tick
    {"adapting to its traffic, ring", ENTRAIN_GOAL_ADAPT_TO_TRAFFIC, ENTRAIN_STRATEGY_FREQUENCY_LOCK,
     ENTRAIN_TOPOLOGY_RING, false, true, 100, 0, 30},
    {"pulses, ring", ENTRAIN_GOAL_MINIMIZE_API_CALLS, ENTRAIN_STRATEGY_PULSE, ENTRAIN_TOPOLOGY_RING, true,
     false, 100, 0, 30},
    {"adaptive, ring", ENTRAIN_GOAL_MAINTAIN_RHYTHM, ENTRAIN_STRATEGY_ADAPTIVE, ENTRAIN_TOPOLOGY_RING, true,
     false, 100, 0, 30},
};
enum { CONE_COUNT = sizeof cones / sizeof *cones };

static entrain_swarm_config cone_config(const cone *of) {
    entrain_swarm_config config = world_goal(of->goal, SIZE, 5);
    config.topology.kind = of->topology;
    config.topology.degree = of->topology == ENTRAIN_TOPOLOGY_RING ? 2 : 4;
    config.topology.rewire = 0.02;
    config.agent.strategy = of->strategy;
    config.agent.pulses = of->pulses;
    config.agent.moments = of->goal == ENTRAIN_GOAL_DISTRIBUTE_LOAD;
    config.agent.energy = of->energy;
    config.agent.stubbornness = of->stubbornness;
    config.has_workload = of->works;
    config.workload = entrain_workload_config_defaults();
    return config;
}

// Both are sampled at every tick, so that what reads samples has something to read.
static void check_cone(const cone *of) {
    enum { BEFORE = 130, PUSHED = 17, TICKS = 40 };
    const entrain_swarm_config config = cone_config(of);
    uint32_t hops[SIZE], reached = 0;
    world one, other;
    world_open(&one, &config);
    world_open(&other, &config);
    distances(entrain_swarm_topology(one.swarm), PUSHED, hops);
    for (uint32_t tick = 1; tick <= BEFORE + TICKS; tick++) {
        if (tick == BEFORE + 1) {
            *world_double(&one, PUSHED, 0) *= -0.5;
            entrain_engine_republish(one.engine);
            entrain_engine_republish(other.engine);
        }
        // One after the other: what both kept in one place would be the other's, and tell them apart.
        world_run_to(&one, tick * 0.01);
        const double r_one = world_sample(&one).coherence;
        world_run_to(&other, tick * 0.01);
        const double r_other = world_sample(&other).coherence;
        if (tick <= BEFORE) {
            assert_true(r_one == r_other);
            continue;
        }
        const uint32_t passed = tick - BEFORE, cone_hops = of->pulses ? 2 * passed + 1 : passed;
        assert_true(r_one != r_other); // an agent that knew it would know of the push
        for (uint32_t i = 0; i < SIZE; i++) {
            const int column = difference(&one, &other, i);
            if (column < 0)
                continue;
            if (hops[i] > cone_hops)
                fail_msg("%s: %u ticks after the push agent %u, %u hops away, differs in column %d", of->name,
                         passed, i, hops[i], column);
            if (hops[i] > reached)
                reached = hops[i];
        }
    }
    print_message("  %-32s after %u ticks the push was felt %u hops away\n", of->name, TICKS, reached);
    assert_true(reached >= of->felt_hops);
    world_close(&one);
    world_close(&other);
}

static void what_is_far_away_is_not_felt_before_it_has_come(void **state) {
    (void)state;
    for (int c = 0; c < CONE_COUNT; c++)
        check_cone(&cones[c]);
}

// The fingerprint after 300 ticks, with everything measured at every tick, or nothing ever.
static uint64_t finish(const cone *of, bool measured) {
    const entrain_swarm_config config = cone_config(of);
    world here;
    world_open(&here, &config);
    for (uint32_t tick = 1; measured && tick <= 300; tick++) {
        entrain_agent_totals totals;
        world_run_to(&here, tick * 0.01);
        (void)world_sample(&here);
        world_must(entrain_agents_measure(here.population, &totals), NULL, "measure");
        if (of->works) {
            entrain_workload_totals work;
            world_must(entrain_workload_measure(entrain_swarm_workload(here.swarm), &work), NULL, "measure");
        }
    }
    world_run_to(&here, 3);
    const uint64_t fingerprint = entrain_engine_fingerprint(here.engine);
    world_close(&here);
    return fingerprint;
}

// The same agents in an engine of their own: no swarm, no meter.
static uint64_t finish_bare(const cone *of) {
    const entrain_swarm_config config = cone_config(of);
    entrain_topology_config graph = config.topology;
    entrain_engine_config machine = config.engine;
    entrain_topology *topology;
    entrain_engine *engine;
    entrain_population *agents;
    entrain_error error = {0};
    double phases[SIZE], frequencies[SIZE];
    graph.size = SIZE;
    graph.seed = config.seed;
    machine.seed = config.seed;
    CHECK_OK(entrain_distribution_fill(&config.phase, "phase", config.seed, ENTRAIN_STREAM_PHASE, SIZE,
                                       phases, &error),
             error);
    CHECK_OK(entrain_distribution_fill(&config.frequency, "frequency", config.seed, ENTRAIN_STREAM_FREQUENCY,
                                       SIZE, frequencies, &error),
             error);
    CHECK_OK(entrain_topology_create(&graph, &topology, &error), error);
    CHECK_OK(entrain_engine_create(&machine, &engine, &error), error);
    CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
    CHECK_OK(entrain_agents_add(engine, &config.agent, NULL, SIZE, 0, phases, frequencies, &agents, &error),
             error);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    CHECK_OK(entrain_engine_advance(engine, 300, &error), error);
    const uint64_t fingerprint = entrain_engine_fingerprint(engine);
    entrain_engine_destroy(engine);
    entrain_topology_release(topology);
    return fingerprint;
}

static void measuring_changes_nothing(void **state) {
    (void)state;
    for (int c = 0; c < CONE_COUNT; c++) {
        const uint64_t measured = finish(&cones[c], true);
        if (measured != finish(&cones[c], false))
            fail_msg("%s: who is measured ends elsewhere than who never is", cones[c].name);
        if (!cones[c].works && measured != finish_bare(&cones[c]))
            fail_msg("%s: without a meter it ends elsewhere", cones[c].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_far_away_is_not_felt_before_it_has_come),
        cmocka_unit_test(measuring_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
