// Mirollo and Strogatz's oscillators: the known answers of two (T16), the theorem for many, and random
// networks against one thread with one list.
#include "pulse_model.h"

#include "entrain/scheduler.h"

static uint64_t fired_of(const stage *play) {
    uint64_t fired, driven;
    entrain_pulse_count(play->population, &fired, &driven);
    return fired;
}
static uint64_t driven_of(const stage *play) {
    uint64_t fired, driven;
    entrain_pulse_count(play->population, &fired, &driven);
    return driven;
}

// --- Two: T16

static void open_pair(stage *play, double dissipation, double strength, double phase) {
    entrain_pulse_config config = entrain_pulse_config_defaults();
    config.dissipation = dissipation;
    config.strength = strength;
    const double phases[2] = {0, phase * NAIVE_TWO_PI};
    stage_open(play, &(stage_spec){.count = 2, .phases = phases, .pulse = &config});
}

// The convention: one begins at 0 (as if it had just fired, and the other had had that pulse), the other at
// phi0; counted are the firings before the one that absorbs.
static uint32_t firings_to_absorption(double dissipation, double strength, double phase) {
    stage play;
    open_pair(&play, dissipation, strength, phase);
    double time_s = 0;
    while (driven_of(&play) == 0)
        stage_run(&play, time_s += 0.01);
    const uint32_t firings = (uint32_t)fired_of(&play) - 2; // and the one that absorbed, and the one absorbed
    stage_close(&play);
    return firings;
}

static void test_firings_to_absorption(void **state) {
    (void)state;
    static const uint32_t expected[] = {0, 0, 2, 2, 6, 11, 5, 3, 1};
    for (uint32_t k = 1; k <= 9; k++)
        assert_int_equal(firings_to_absorption(3, 0.1, 0.1 * k), expected[k - 1]);
}

// Phase of the other one just after a firing: *first_out of the first, *second_out of the next. The return
// map is the second.
static void measure_return(double dissipation, double strength, double phase, double *first_out,
                           double *second_out) {
    stage play;
    double cycles[2];
    open_pair(&play, dissipation, strength, phase);
    for (uint32_t firing = 1; firing <= 2; firing++) {
        double last_s = -1;
        for (double time_s = entrain_engine_time_s(play.engine); fired_of(&play) < firing;)
            stage_run(&play, time_s += 0.001);
        // What was moved then has grown since then.
        entrain_pulse_read(play.population, firing % 2, NULL, &last_s, NULL);
        assert_int_equal(fired_of(&play), firing);
        stage_cycles(&play, cycles);
        double *out = firing == 1 ? first_out : second_out;
        *out = cycles[1 - firing % 2] - (entrain_engine_time_s(play.engine) - last_s);
    }
    stage_close(&play);
}

static void check_return_map(double dissipation, double strength) {
    const double kick = exp(dissipation * strength), less_1 = expm1(dissipation);
    // h(phi) = [e^(b eps) (1 + (e^b - 1)(1 - phi)) - 1] / (e^b - 1) = phi: linear in phi.
    const double fixed = expm1(dissipation * (1 + strength)) / (less_1 * (1 + kick));
    double first, second, low, high;
    measure_return(dissipation, strength, fixed, &first, &second);
    CHECK_NEAR(first, fixed, 1e-12);
    CHECK_NEAR(second, fixed, 1e-12);
    const double apart = 0.25 * (1 - fixed) / (kick * kick);
    measure_return(dissipation, strength, fixed - apart, &first, &low);
    CHECK_NEAR(first, expm1(dissipation * strength) / less_1 + kick * (1 - fixed + apart), 1e-12);
    measure_return(dissipation, strength, fixed + apart, &first, &high);
    CHECK_NEAR((high - low) / (2 * apart), kick * kick, 1e-9);
}

static void test_return_map(void **state) {
    (void)state;
    double first, second;
    measure_return(3, 0.1, 0.5822434518, &first, &second);
    CHECK_NEAR(second, 0.5822434518, 1e-9);
    check_return_map(3, 0.1);
    check_return_map(1, 0.05);
    check_return_map(0.01, 0.2);
    check_return_map(1e-7, 0.2); // nearly no curve: e^b - 1 must not lose its bits
    check_return_map(8, 0.02);
}

// --- Many: Mirollo and Strogatz's theorem: all-to-all, identical, any b > 0 and epsilon > 0, nearly every
// start: one group.

static void test_everybody_is_absorbed(void **state) {
    (void)state;
    static const struct {
        uint32_t count;
        double dissipation, strength;
    } cases[] = {{2, 3, 0.1}, {20, 3, 0.01}, {60, 1, 0.02}, {100, 5, 0.003}, {100, 0.5, 0.05}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            entrain_pulse_config config = entrain_pulse_config_defaults();
            config.dissipation = cases[c].dissipation;
            config.strength = cases[c].strength;
            double phases[NAIVE_MAX];
            uint64_t random = seed;
            for (uint32_t i = 0; i < cases[c].count; i++)
                phases[i] = naive_draw(&random) * NAIVE_TWO_PI;
            stage play;
            stage_open(&play, &(stage_spec){.count = cases[c].count, .phases = phases, .pulse = &config});
            stage_run(&play, 100);
            double last_s, other_s;
            entrain_pulse_read(play.population, 0, NULL, &last_s, NULL);
            for (uint32_t i = 1; i < play.count; i++) {
                entrain_pulse_read(play.population, i, NULL, &other_s, NULL);
                if (other_s != last_s)
                    fail_msg("b = %g, epsilon = %g, seed %llu: 0 fired at %.17g, %u at %.17g",
                             config.dissipation, config.strength, (unsigned long long)seed, last_s, i,
                             other_s);
            }
            stage_close(&play);
        }
}

// 0 is fired by the late pulse of 1, and a period later fires in the instant in which the next one comes,
// which therefore changes nothing, whichever of the two sums is rounded up.
static void test_it_fires_as_a_late_pulse_comes(void **state) {
    (void)state;
    entrain_pulse_config config = {.dissipation = 5.725682273080625, .strength = 0.13108104771347961};
    const entrain_edge edges[] = {{0, 1, 1}, {1, 0, 1}};
    uint32_t driven = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint64_t random = seed;
        config.delay_s = 1.88 + 0.03 * naive_draw(&random);
        const double phases[2] = {1.7, 1.89 + 0.01 * naive_draw(&random)};
        stage play;
        stage_open(
            &play,
            &(stage_spec){.count = 2, .edges = edges, .edge_count = 2, .phases = phases, .pulse = &config});
        stage_run(&play, 2.99);
        driven += (uint32_t)driven_of(&play);
        double cycles[2], last_s;
        entrain_pulse_read(play.population, 0, NULL, &last_s, NULL);
        CHECK_NEAR(last_s, 1 - phases[1] / NAIVE_TWO_PI + config.delay_s, 1e-12);
        stage_run(&play, 3.99);
        stage_cycles(&play, cycles);
        CHECK_NEAR(cycles[0], 3.99 - (last_s + 1), 1e-12);
        stage_close(&play);
    }
    assert_true(driven >= 200);
}

// Two delays, and the shorter is the lookahead: kept as floats, 0.7 s came out shorter than that.
static void test_delays_are_kept_exactly(void **state) {
    (void)state;
    entrain_pulse_config config = entrain_pulse_config_defaults();
    config.strength = 0.01;
    const entrain_edge edges[] = {{0, 1, 1}, {1, 0, 1}};
    const double delays[] = {0.7, 0.9}, phases[2] = {0.9 * NAIVE_TWO_PI, 0};
    stage play;
    stage_open(&play, &(stage_spec){.count = 2,
                                    .edges = edges,
                                    .delays = delays,
                                    .edge_count = 2,
                                    .phases = phases,
                                    .pulse = &config,
                                    .lookahead_s = 0.7});
    stage_run(&play, 0.9); // 0 fired at 0.1, and 1 hears of it at 0.8
    double cycles[2];
    stage_cycles(&play, cycles);
    const double m = exp(config.dissipation * config.strength) - 1, c = 1 / (exp(config.dissipation) - 1);
    CHECK_NEAR(cycles[1], 0.8 + m * (0.8 + c) + 0.1, 1e-12);
    stage_run(&play, 5);
    stage_close(&play);
}

// --- Random networks against one list

typedef struct network {
    stage_spec spec;
    entrain_pulse_config config;
    entrain_edge edges[4000];
    double delays[4000];
    double phases[NAIVE_MAX], frequencies[NAIVE_MAX];
} network;

static network net;

static void draw_network(uint64_t seed) {
    uint64_t random = seed * 1000;
    net = (network){.config = entrain_pulse_config_defaults()};
    net.config.dissipation = 0.5 + 5 * naive_draw(&random);
    net.config.strength = (seed % 4 == 1 ? -0.1 : 0.1) * (0.2 + naive_draw(&random));
    net.config.divide = seed % 3 == 0;
    net.config.delay_s = seed % 3 == 1 ? 0.05 + 2 * naive_draw(&random) : 0;
    net.spec = (stage_spec){.count = 5 + (uint32_t)(30 * naive_draw(&random)),
                            .edges = net.edges,
                            .phases = net.phases,
                            .frequencies = net.frequencies,
                            .pulse = &net.config};
    for (uint32_t i = 0; i < net.spec.count; i++) {
        net.phases[i] = (naive_draw(&random) * 3 - 1) * NAIVE_TWO_PI;
        // Some alike, so that they can go together.
        net.frequencies[i] = NAIVE_TWO_PI * (naive_draw(&random) < 0.5 ? 1 : 0.8 + 0.4 * naive_draw(&random));
    }
    if (seed % 5 == 0)
        return; // everybody hears everybody
    const uint32_t wished = 3 * net.spec.count;
    for (uint32_t e = 0; e < wished; e++) {
        const uint32_t from = (uint32_t)(naive_draw(&random) * net.spec.count),
                       to = (uint32_t)(naive_draw(&random) * net.spec.count);
        // Weights are multiples of 1/8, so that a topology keeps them to the bit; some negative, some edges
        // twice.
        const double weight =
            (1 + floor(16 * naive_draw(&random))) / 8 * (naive_draw(&random) < 0.2 ? -1 : 1);
        if (from == to)
            continue;
        net.delays[net.spec.edge_count] = 1.25 * naive_draw(&random);
        net.edges[net.spec.edge_count++] = (entrain_edge){from, to, weight};
    }
    if (seed % 7 == 2)
        net.spec.delays = net.delays;
}

static void play_against_naive(const char *policy, uint32_t workers, uint32_t cohort, double lookahead_s) {
    naive_world world = {.edges = net.spec.edges,
                         .edge_count = net.spec.edge_count,
                         .delays = net.spec.delays,
                         .config = net.config};
    naive_begin(&world, net.spec.count, net.phases, net.frequencies);
    stage_spec spec = net.spec;
    spec.policy = policy;
    spec.workers = workers;
    spec.cohort = cohort;
    spec.lookahead_s = lookahead_s;
    stage play;
    stage_open(&play, &spec);
    for (double until_s = 0.07; until_s < 12; until_s += 0.37) {
        naive_run(&world, until_s);
        stage_run(&play, until_s);
        stage_compare(&play, &world);
    }
    assert_int_equal(driven_of(&play), world.driven);
    stage_close(&play);
    free(world.events);
}

static void test_random_networks(void **state) {
    (void)state;
    uint32_t driven = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        draw_network(seed);
        play_against_naive(NULL, 1, 0, 0);
        play_against_naive("steal", 3, 64, net.config.delay_s);
        play_against_naive("shuffled", 1, 64, net.config.delay_s / 2);
        driven += net.config.strength > 0;
    }
    assert_true(driven > 10);
}

// More pulses in one round than a call is handed, of both signs: what counts is their sum.
static void test_many_pulses_in_one_round(void **state) {
    (void)state;
    for (uint32_t speakers = 99; speakers <= 250; speakers += speakers < 102 ? 1 : 74) {
        net = (network){.config = {.dissipation = 2, .strength = 0.004}};
        net.spec = (stage_spec){.count = speakers + 2,
                                .edges = net.edges,
                                .edge_count = speakers + 1,
                                .phases = net.phases,
                                .frequencies = net.frequencies,
                                .pulse = &net.config};
        for (uint32_t i = 0; i < net.spec.count; i++) {
            net.phases[i] = i == 0 ? 0.3 * NAIVE_TWO_PI : 0.5 * NAIVE_TWO_PI;
            net.frequencies[i] = i == 0 ? NAIVE_TWO_PI * 1.1 : NAIVE_TWO_PI;
            // 120 strong ones that would make it fire, and then the others, which forbid it
            net.edges[i] = (entrain_edge){i + 1, 0, i < 120 ? 2 : -2};
        }
        net.edges[speakers] = (entrain_edge){0, speakers + 1, 1}; // and somebody who hears whether it fired
        play_against_naive(NULL, 1, 0, 0);
    }
}

// Hundreds fire in one round of everybody's: a relay tells it once, when it has heard all of them.
static void test_many_at_once(void **state) {
    (void)state;
    entrain_pulse_config config = entrain_pulse_config_defaults();
    config.strength = 0.002;
    double phases[NAIVE_MAX];
    for (uint32_t i = 0; i < NAIVE_MAX; i++)
        phases[i] = (i < 200 ? 0.75 : 0.5) * NAIVE_TWO_PI;
    stage play;
    stage_open(&play, &(stage_spec){.count = NAIVE_MAX, .phases = phases, .pulse = &config});
    stage_run(&play, 0.2);
    assert_int_equal(fired_of(&play), 0);
    stage_run(&play, 0.3); // 200 pulses carry the other hundred over
    assert_int_equal(fired_of(&play), NAIVE_MAX);
    assert_int_equal(driven_of(&play), 100);
    stage_run(&play, 3.3);
    assert_int_equal(fired_of(&play), 4 * NAIVE_MAX);
    assert_int_equal(driven_of(&play), 100);
    entrain_message_count count;
    entrain_engine_count(play.engine, &count);
    assert_true(count.received < 10 * 4 * NAIVE_MAX); // and not its square
    stage_close(&play);
}

// --- The promise, samples included

static uint64_t fingerprint_of(const char *policy, uint32_t workers, double sample_s,
                               entrain_phase_sample *last_out) {
    entrain_swarm_config config = entrain_swarm_config_defaults();
    entrain_error error = {0};
    entrain_swarm *swarm;
    config.size = 400;
    config.kind = ENTRAIN_SWARM_PULSE;
    config.pulse.strength = 0.02;
    config.topology.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
    config.topology.weight_low = 0.5;
    config.frequency = entrain_distribution_constant(NAIVE_TWO_PI);
    config.frequency.jitter = 0.1;
    config.engine.scheduler.policy = policy;
    config.engine.scheduler.worker_count = workers;
    config.engine.cohort_weight = 64;
    CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
    for (double time_s = sample_s; time_s <= 4; time_s += sample_s) {
        CHECK_OK(entrain_swarm_advance(swarm, (uint64_t)(time_s * 100), &error), error);
        assert_int_equal(entrain_swarm_sample(swarm, last_out), ENTRAIN_OK);
    }
    assert_int_equal(last_out->tick, 400);
    CHECK_NEAR(last_out->time_s, 4, 1e-12);
    entrain_swarm_destroy(swarm);
    return last_out->fingerprint;
}

static void test_the_promise(void **state) {
    (void)state;
    entrain_phase_sample first, other;
    const uint64_t expected = fingerprint_of("serial", 1, 4, &first);
    assert_true(first.observations > 1000);
    for (uint32_t p = 0; entrain_policy_at(p) != NULL; p++)
        for (uint32_t workers = 1; workers <= 8; workers = workers == 3 ? 8 : workers + 1) {
            assert_int_equal(
                fingerprint_of(entrain_policy_at(p)->name, workers, workers == 2 ? 0.25 : 4, &other),
                expected);
            assert_memory_equal(&first.coherence, &other.coherence, sizeof first.coherence);
            assert_memory_equal(&first.local_coherence, &other.local_coherence, sizeof first.local_coherence);
            assert_int_equal(first.observations, other.observations);
        }
}

// --- The meter: the same figures as from the phases by hand

static void test_the_meter(void **state) {
    (void)state;
    static const entrain_edge edges[] = {{0, 1, 1}, {2, 1, 0.5}, {3, 1, -2}, {1, 0, 1}, {3, 2, 1}};
    const double phases[4] = {0.3, 1.9, 4, 6};
    entrain_pulse_config config = entrain_pulse_config_defaults();
    config.strength = 0;
    stage play;
    stage_open(&play, &(stage_spec){
                          .count = 4, .edges = edges, .edge_count = 5, .phases = phases, .pulse = &config});
    entrain_error error = {0};
    entrain_phase_meter *meter;
    entrain_phase_sample sample;
    CHECK_OK(entrain_phase_meter_create(play.engine, play.population, &meter, &error), error);
    for (uint32_t round = 0; round < 3; round++) {
        stage_run(&play, 0.6 * round);
        assert_int_equal(entrain_phase_meter_sample(meter, &sample), ENTRAIN_OK);
        double c = 0, s = 0, local = 0;
        for (uint32_t i = 0; i < 4; i++) {
            double heard = 0, x = 0, y = 0;
            c += cos(phases[i] + 0.6 * round * NAIVE_TWO_PI) / 4;
            s += sin(phases[i] + 0.6 * round * NAIVE_TWO_PI) / 4;
            for (uint32_t e = 0; e < 5; e++)
                if (edges[e].to == i) {
                    heard++;
                    x += edges[e].weight * cos(phases[edges[e].from]);
                    y += edges[e].weight * sin(phases[edges[e].from]);
                }
            local += heard > 0 ? hypot(x, y) / heard / 4 : 0;
        }
        CHECK_NEAR(sample.coherence, hypot(c, s), 1e-12);
        CHECK_NEAR(sample.mean_phase, atan2(s, c), 1e-12);
        CHECK_NEAR(sample.local_coherence, local, 1e-12);
        CHECK_NEAR(sample.frequency_mean, NAIVE_TWO_PI, 1e-9);
        CHECK_NEAR(sample.frequency_spread, 0, 1e-8);
    }
    entrain_phase_meter_destroy(meter);
    stage_close(&play);
}

// --- Failure, cancellation, deadlines

static void test_stopped_and_restarted(void **state) {
    (void)state;
    entrain_pulse_config config = entrain_pulse_config_defaults();
    double phases[10];
    for (uint32_t i = 0; i < 10; i++)
        phases[i] = 0.6 * i;
    stage play;
    stage_open(&play, &(stage_spec){.count = 10, .phases = phases, .pulse = &config});
    stage_run(&play, 20.3);
    assert_int_equal(entrain_engine_stop_actor(play.engine, entrain_population_id(play.population, 3)),
                     ENTRAIN_OK);
    uint64_t fired, then;
    entrain_pulse_read(play.population, 3, &fired, NULL, NULL);
    stage_run(&play, 25.3);
    entrain_pulse_read(play.population, 3, &then, NULL, NULL);
    assert_int_equal(fired, then);
    entrain_id id;
    assert_int_equal(entrain_engine_restart_actor(play.engine, play.population, 3, &id), ENTRAIN_OK);
    double cycles[10];
    stage_cycles(&play, cycles);
    CHECK_NEAR(cycles[3], 1.8 / NAIVE_TWO_PI, 1e-12); // where it began
    stage_run(&play, 60.3);
    stage_cycles(&play, cycles);
    for (uint32_t i = 1; i < 10; i++) // absorbed again
        assert_true(cycles[i] == cycles[0]);
    stage_close(&play);
}

// Time goes on where nobody lives.
static void test_everybody_stopped(void **state) {
    (void)state;
    static const entrain_edge edges[] = {{0, 1, 1}, {1, 0, 1}};
    for (uint32_t complete = 0; complete < 2; complete++) {
        const entrain_pulse_config config = entrain_pulse_config_defaults();
        const double phases[2] = {1, 2};
        stage play;
        stage_open(&play, &(stage_spec){.count = 2,
                                        .edges = edges,
                                        .edge_count = complete == 1 ? 0 : 2,
                                        .phases = phases,
                                        .pulse = &config});
        stage_run(&play, 1.5);
        for (uint32_t i = 0; i < 2; i++)
            assert_int_equal(
                entrain_engine_stop_actor(play.engine, entrain_population_id(play.population, i)),
                ENTRAIN_OK);
        stage_run(&play, 7);
        assert_true(entrain_engine_time_s(play.engine) == 7);
        entrain_id id;
        assert_int_equal(entrain_engine_restart_actor(play.engine, play.population, 1, &id), ENTRAIN_OK);
        stage_run(&play, 7.9);
        double last_s;
        entrain_pulse_read(play.population, 1, NULL, &last_s, NULL);
        CHECK_NEAR(last_s, 8 - 2 / NAIVE_TWO_PI, 1e-12);
        stage_close(&play);
    }
}

// Where a run was stopped changes nothing, and it stops at a tick.
static void test_deadline(void **state) {
    (void)state;
    uint64_t fingerprints[2];
    for (uint32_t cut = 0; cut < 2; cut++) {
        entrain_swarm_config config = entrain_swarm_config_defaults();
        entrain_error error = {0};
        entrain_swarm *swarm;
        config.size = 100;
        config.kind = ENTRAIN_SWARM_PULSE;
        config.pulse.strength = -0.003; // it goes on for good
        config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        config.frequency = entrain_distribution_constant(NAIVE_TWO_PI);
        CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
        entrain_engine *engine = entrain_swarm_engine(swarm);
        if (cut == 1) {
            entrain_engine_set_deadline(engine, 0.002);
            assert_int_equal(entrain_swarm_advance(swarm, UINT64_C(1) << 40, &error), ENTRAIN_TIMEOUT);
            const uint64_t tick = entrain_swarm_tick(swarm);
            assert_true((double)tick * 0.01 == entrain_engine_time_s(engine));
            entrain_engine_cancel(engine);
            assert_int_equal(entrain_swarm_advance(swarm, UINT64_C(1) << 40, &error), ENTRAIN_CANCELLED);
            assert_true((double)entrain_swarm_tick(swarm) * 0.01 == entrain_engine_time_s(engine));
        }
        const uint64_t end = cut == 1 ? entrain_swarm_tick(swarm) + 20 : 0;
        static uint64_t ends[2];
        ends[cut] = end;
        if (cut == 1) {
            CHECK_OK(entrain_swarm_advance(swarm, end, &error), error);
            fingerprints[1] = entrain_engine_fingerprint(engine);
            entrain_swarm_destroy(swarm);
            CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
            CHECK_OK(entrain_swarm_advance(swarm, ends[1], &error), error);
            fingerprints[0] = entrain_engine_fingerprint(entrain_swarm_engine(swarm));
            assert_int_equal(fingerprints[0], fingerprints[1]);
        }
        entrain_swarm_destroy(swarm);
    }
}

// --- Refusals

static void test_refusals(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_engine *lockstep, *engine;
    entrain_topology *complete, *star;
    entrain_population *population;
    CHECK_OK(entrain_engine_create(&config, &lockstep, &error), error);
    config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
    config.lookahead_s = 0.1;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    entrain_topology_config graph = entrain_topology_config_defaults();
    graph.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    graph.size = 3;
    CHECK_OK(entrain_topology_create(&graph, &complete, &error), error);
    graph.kind = ENTRAIN_TOPOLOGY_STAR;
    graph.size = 70000;
    CHECK_OK(entrain_topology_create(&graph, &star, &error), error);
    double phases[3] = {0}, frequencies[3] = {1, 1, 1};
    entrain_pulse_config pulse = entrain_pulse_config_defaults();
    pulse.delay_s = 0.5;
#define REFUSED(in, count, status, words)                                                                    \
    CHECK_REFUSED(entrain_pulse_add(in, &pulse, complete, count, phases, frequencies, &population, &error),  \
                  status, error, words)
    REFUSED(lockstep, 3, ENTRAIN_UNSUPPORTED, "virtual-time");
    REFUSED(engine, 2, ENTRAIN_INVALID, "vertices");
    pulse.delay_s = 0.05;
    REFUSED(engine, 3, ENTRAIN_INVALID, "lookahead");
    pulse.delay_s = (double)NAN;
    REFUSED(engine, 3, ENTRAIN_INVALID, "delay_s");
    pulse.delay_s = 0.5;
    pulse.dissipation = 0;
    REFUSED(engine, 3, ENTRAIN_INVALID, "dissipation");
    pulse.dissipation = 3;
    pulse.strength = 1.5;
    REFUSED(engine, 3, ENTRAIN_INVALID, "strength");
    pulse.strength = 0.1;
    frequencies[1] = 0;
    REFUSED(engine, 3, ENTRAIN_INVALID, "above 0");
    frequencies[1] = 2;
    phases[2] = (double)INFINITY;
    REFUSED(engine, 3, ENTRAIN_INVALID, "initial phase");
    phases[2] = 0;
    double *many = calloc(70000, sizeof *many), *rates = calloc(70000, sizeof *rates);
    assert_true(many != NULL && rates != NULL);
    for (uint32_t i = 0; i < 70000; i++)
        rates[i] = 1;
    CHECK_REFUSED(entrain_pulse_add(engine, &pulse, star, 70000, many, rates, &population, &error),
                  ENTRAIN_LIMIT, error, "at most");
    free(many);
    free(rates);
    entrain_desync_config desync = {.alpha = 0.5};
    CHECK_REFUSED(entrain_desync_add(engine, &desync, complete, 3, phases, frequencies, &population, &error),
                  ENTRAIN_INVALID, error, "equal");
    desync.alpha = -1;
    CHECK_REFUSED(entrain_desync_add(engine, &desync, complete, 3, phases, frequencies, &population, &error),
                  ENTRAIN_INVALID, error, "alpha");
    entrain_topology_release(complete);
    entrain_topology_release(star);
    entrain_engine_destroy(lockstep);
    entrain_engine_destroy(engine);
}

int main(int count, char **arguments) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_firings_to_absorption),
        cmocka_unit_test(test_return_map),
        cmocka_unit_test(test_everybody_is_absorbed),
        cmocka_unit_test(test_it_fires_as_a_late_pulse_comes),
        cmocka_unit_test(test_delays_are_kept_exactly),
        cmocka_unit_test(test_random_networks),
        cmocka_unit_test(test_many_pulses_in_one_round),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_the_promise),
        cmocka_unit_test(test_the_meter),
        cmocka_unit_test(test_stopped_and_restarted),
        cmocka_unit_test(test_everybody_stopped),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_refusals),
    };
    if (count > 1) // a pattern of the names: only those
        cmocka_set_test_filter(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
