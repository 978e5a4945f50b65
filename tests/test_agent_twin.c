// Agents in the engine against the same equations in plain loops, in random worlds: graphs, goals,
// strategies, energy that runs out, slow agents, deaths and returns, drifting clocks, scrambled phases;
// column by column, tick by tick.
#include "agent_twin.h"
#include "agent_world.h"
#include "check.h"

static uint32_t below(uint64_t *random, uint32_t bound) { return (uint32_t)(world_draw(random) * bound); }

static double one_of(uint64_t *random, double a, double b, double c) {
    const uint32_t which = below(random, 3);
    return which == 0 ? a : which == 1 ? b : c;
}

static entrain_swarm_config random_config(uint64_t seed, uint64_t *random) {
    static const entrain_topology_kind kinds[] = {
        ENTRAIN_TOPOLOGY_COMPLETE,       ENTRAIN_TOPOLOGY_RING,        ENTRAIN_TOPOLOGY_SMALL_WORLD,
        ENTRAIN_TOPOLOGY_RANDOM_REGULAR, ENTRAIN_TOPOLOGY_ERDOS_RENYI, ENTRAIN_TOPOLOGY_STAR};
    static const entrain_strategy strategies[] = {
        ENTRAIN_STRATEGY_PHASE_NUDGE, ENTRAIN_STRATEGY_FREQUENCY_LOCK, ENTRAIN_STRATEGY_ENERGY_AWARE};
    const entrain_goal goal = (entrain_goal)below(random, ENTRAIN_GOAL_COUNT);
    entrain_swarm_config config = world_goal(goal, 8 + 2 * below(random, 28), seed);
    config.engine.step_s = one_of(random, 0.01, 0.005, 0.02);
    config.engine.transport = (entrain_transport)below(random, ENTRAIN_TRANSPORT_COUNT);
    config.topology.kind = kinds[below(random, 6)];
    config.topology.degree = 4;
    config.topology.directed = config.topology.kind != ENTRAIN_TOPOLOGY_COMPLETE && world_draw(random) < 0.3;
    config.phase = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = -3, .high = 3};
    config.frequency.mean = one_of(random, TWO_PI, TWO_PI, 5);
    config.agent.pulses = false;
    config.agent.moments = goal == ENTRAIN_GOAL_DISTRIBUTE_LOAD;
    if (goal == ENTRAIN_GOAL_COHERENCE) {
        config.agent.low = 0.3 + 0.6 * world_draw(random);
        config.agent.high = one_of(random, 1, 0.95, 0.9);
    }
    config.agent.strategy = strategies[below(random, 3)];
    config.agent.period_s = one_of(random, 1, 1, 1.3);
    config.agent.coupling = one_of(random, 4, 1, 10);
    config.agent.steepness = one_of(random, 12, 3, 50);
    config.agent.alignment = one_of(random, 1, 0, 3);
    config.agent.leak = one_of(random, 0.01, 0, 0.2);
    config.agent.energy = one_of(random, 100, 2, 0.2);
    config.agent.recovery = one_of(random, 5, 0.5, 0);
    config.agent.nudge_cost = one_of(random, 5, 0, 20);
    config.agent.frequency_cost = one_of(random, 10, 0, 30);
    return config;
}

static entrain_agent_habit *habit(world *here, uint32_t index) {
    return (entrain_agent_habit *)entrain_population_at(here->population, index, ENTRAIN_AGENT_HABIT);
}

// Something happens to agent @p i in both.
static void strike(world *here, twin_swarm *twin, uint64_t *random, uint32_t i) {
    twin_agent *other = &twin->agents[i];
    const bool lives = entrain_population_id(here->population, i) != ENTRAIN_ID_NONE;
    assert_true(lives == other->living);
    if (!lives) {
        world_revive(here);
        for (uint32_t k = 0; k < here->size; k++)
            if (!twin->agents[k].living)
                twin_live(twin, k);
        return;
    }
    switch (below(random, 6)) {
    case 0:
        world_must(entrain_engine_stop_actor(here->engine, entrain_population_id(here->population, i)), NULL,
                   "stop");
        other->living = false;
        break;
    case 1:
        habit(here, i)->slow = (uint16_t)(other->slow = below(random, 12));
        break;
    case 2:
        habit(here, i)->unpowered = other->unpowered = !other->unpowered;
        break;
    case 3: {
        const double phase = (world_draw(random) - 0.5) * TWO_PI;
        other->phase += phase - *world_double(here, i, 0);
        *world_double(here, i, 0) = phase;
        entrain_engine_republish(here->engine);
        break;
    }
    case 4:
        *world_double(here, i, 2) = other->omega = other->omega + 0.3;
        entrain_engine_republish(here->engine);
        break;
    default: {
        entrain_error error = {0};
        other->strategy =
            (entrain_strategy)(below(random, 2) ? ENTRAIN_STRATEGY_ENERGY_AWARE : below(random, 2));
        world_must(entrain_agent_set_strategy(here->population, i, other->strategy, &error), &error,
                   "strategy");
        break;
    }
    }
}

static double worst; // difference of anything, of all worlds

static void same(uint64_t seed, uint64_t tick, uint32_t i, const char *what, double engine, double plain) {
    const double off = fabs(engine - plain);
    worst = fmax(worst, off);
    if (!(off <= 1e-9))
        fail_msg("world %d, tick %d, agent %u: %s is %.17g, by plain loops %.17g", (int)seed, (int)tick, i,
                 what, engine, plain);
}

static void compare(world *here, const twin_swarm *twin, uint64_t seed) {
    const double *moments;
    for (uint32_t i = 0; i < here->size; i++) {
        const twin_agent *plain = &twin->agents[i];
        if (!plain->living)
            continue;
        const double turned = *(int32_t *)entrain_population_at(here->population, i, 1) * TWO_PI;
        same(seed, twin->tick, i, "the phase", *world_double(here, i, 0) + turned, plain->phase);
        same(seed, twin->tick, i, "learned", *world_double(here, i, ENTRAIN_AGENT_LEARNED), plain->learned);
        same(seed, twin->tick, i, "lean x", *world_double(here, i, ENTRAIN_AGENT_LEAN_X), plain->lean_x[0]);
        same(seed, twin->tick, i, "lean y", *world_double(here, i, ENTRAIN_AGENT_LEAN_Y), plain->lean_y[0]);
        same(seed, twin->tick, i, "energy", *world_double(here, i, ENTRAIN_AGENT_ENERGY), plain->energy);
        same(seed, twin->tick, i, "spent", *world_double(here, i, ENTRAIN_AGENT_SPENT), plain->spent);
        moments = world_double(here, i, ENTRAIN_AGENT_MOMENTS);
        for (uint32_t m = 1; twin->config.moments && m < TWIN_HARMONICS; m++) {
            same(seed, twin->tick, i, "a moment's x", moments[2 * (m - 1)], plain->lean_x[m]);
            same(seed, twin->tick, i, "a moment's y", moments[2 * (m - 1) + 1], plain->lean_y[m]);
        }
    }
}

// The plain loops go on from where the engine is: steep gains, most of all of slow agents, make no stable
// systems, and what differs by a rounding grows.
static void adopt(world *here, twin_swarm *twin) {
    for (uint32_t i = 0; i < here->size; i++) {
        twin_agent *plain = &twin->agents[i];
        const double turned = *(int32_t *)entrain_population_at(here->population, i, 1) * TWO_PI;
        const double *moments = world_double(here, i, ENTRAIN_AGENT_MOMENTS);
        plain->phase = *world_double(here, i, 0) + turned;
        plain->learned = *world_double(here, i, ENTRAIN_AGENT_LEARNED);
        plain->lean_x[0] = *world_double(here, i, ENTRAIN_AGENT_LEAN_X);
        plain->lean_y[0] = *world_double(here, i, ENTRAIN_AGENT_LEAN_Y);
        plain->energy = *world_double(here, i, ENTRAIN_AGENT_ENERGY);
        plain->spent = *world_double(here, i, ENTRAIN_AGENT_SPENT);
        for (uint32_t m = 1; twin->config.moments && m < TWIN_HARMONICS; m++) {
            plain->lean_x[m] = moments[2 * (m - 1)];
            plain->lean_y[m] = moments[2 * (m - 1) + 1];
        }
    }
}

static uint64_t denied; // over all worlds

static void play(uint64_t seed, uint32_t ticks) {
    uint64_t random = seed;
    twin_swarm twin;
    world here;
    const entrain_swarm_config config = random_config(seed, &random);
    double phases[TWIN_SIZE_MAX], frequencies[TWIN_SIZE_MAX];
    world_open(&here, &config);
    for (uint32_t i = 0; i < here.size; i++) {
        phases[i] = *world_double(&here, i, 0);
        frequencies[i] = *world_double(&here, i, 2);
    }
    twin_begin(&twin, entrain_agents_look(here.population), entrain_swarm_topology(here.swarm),
               config.engine.step_s, phases, frequencies);
    const bool tame = !config.agent.moments && config.agent.coupling <= 4 && config.agent.steepness <= 12;
    for (uint32_t tick = 1; tick <= ticks; tick++) {
        if (world_draw(&random) < 0.05)
            strike(&here, &twin, &random, below(&random, here.size));
        world_run_to(&here, tick * config.engine.step_s);
        twin_tick(&twin);
        compare(&here, &twin, seed);
        if (tick % (tame ? 100 : 4) == 0)
            adopt(&here, &twin);
    }
    entrain_agent_totals totals;
    world_must(entrain_agents_measure(here.population, &totals), NULL, "measure");
    denied += totals.denied;
    world_close(&here);
}

static uint32_t worlds = 150;

static void agents_do_as_the_equations_say(void **state) {
    (void)state;
    worst = 0;
    for (uint64_t seed = 1; seed <= worlds; seed++)
        play(seed, 300);
    print_message("  %u worlds of 300 ticks: off by at most %.1e; %llu times something could not be paid\n",
                  worlds, worst, (unsigned long long)denied);
    assert_true(denied > 0);
    assert_true(worst > 0); // two ways to compute, or nothing was compared
}

int main(int argc, char **argv) {
    if (argc > 1)
        worlds = (uint32_t)strtoul(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(agents_do_as_the_equations_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
