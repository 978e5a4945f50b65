// Oscillators: what may be added, what n means, weights of any scale, the ends of every range. That they
// synchronize is for the theory's tests, that they do it alike for test_determinism.
#include <math.h>

#include "check.h"

#include "entrain/swarm.h"

#define PI 3.14159265358979323846

static entrain_topology *edges_of(uint32_t size, const entrain_edge *edges, uint64_t count, bool weighted) {
    entrain_error error = {0};
    entrain_topology *topology;
    CHECK_OK(entrain_topology_from_edges(size, edges, count, true, weighted, &topology, &error), error);
    return topology;
}

typedef struct oscillators {
    entrain_engine *engine;
    entrain_population *population;
} oscillators;

static oscillators fill(entrain_engine_config config, entrain_kuramoto_config model,
                        entrain_topology *topology, const double *phases, const double *frequencies) {
    entrain_error error = {0};
    oscillators made;
    uint32_t count = entrain_topology_look(topology).vertex_count;
    CHECK_OK(entrain_engine_create(&config, &made.engine, &error), error);
    CHECK_OK(entrain_kuramoto_add(made.engine, &model, count, phases, frequencies, &made.population, &error),
             error);
    CHECK_OK(entrain_engine_set_topology(made.engine, topology, &error), error);
    CHECK_OK(entrain_engine_start(made.engine, &error), error);
    return made;
}

static double phase_of(oscillators tank, uint32_t index) {
    return *(double *)entrain_population_at(tank.population, index, ENTRAIN_KURAMOTO_PHASE);
}
static int32_t turns_of(oscillators tank, uint32_t index) {
    return *(int32_t *)entrain_population_at(tank.population, index, ENTRAIN_KURAMOTO_TURNS);
}

static void what_cannot_be_integrated_is_refused(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_engine *engine;
    entrain_population *population = NULL;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    const double zeros[3] = {0}, nan_phase[3] = {0, NAN, 0}, far_phase[3] = {0, 0, 1048577},
                 fast[3] = {0, -1.1e8, 0}, endless[3] = {INFINITY, 0, 0};
    const struct {
        entrain_kuramoto_config config;
        const double *phases, *frequencies;
        const char *words;
    } refused[] = {
        {{.coupling = 1e6 + 1}, zeros, zeros, "coupling is 1e+06 rad/s; it must be -1e6 to 1e6."},
        {{.coupling = NAN}, zeros, zeros, "coupling is nan rad/s"},
        {{.lag = 3.2}, zeros, zeros, "lag is 3.2 rad; it must be -pi to pi."},
        {{.lag = -INFINITY}, zeros, zeros, "lag is -inf rad"},
        {{.normalise = (entrain_normalise)4},
         zeros,
         zeros,
         "normalise is 4; it must be size, degree, heard or none."},
        {{.integrator = (entrain_integrator)3},
         zeros,
         zeros,
         "integrator is 3; it must be euler, heun or rk4."},
        {{.coupling = 1},
         nan_phase,
         zeros,
         "The initial phase of actor 1 is nan rad; it must be finite and at most 2^20 in magnitude."},
        {{.coupling = 1}, far_phase, zeros, "The initial phase of actor 2 is 1.04858e+06 rad"},
        {{.coupling = 1},
         zeros,
         fast,
         "Actor 1 has the natural frequency -1.1e+08 rad/s: in one step of 0.01 s it would turn by more than "
         "2^20 rad"},
        {{.coupling = 1}, zeros, endless, "Actor 0 has the natural frequency inf rad/s"},
    };
    for (size_t r = 0; r < sizeof refused / sizeof *refused; r++)
        CHECK_REFUSED(entrain_kuramoto_add(engine, &refused[r].config, 3, refused[r].phases,
                                           refused[r].frequencies, &population, &error),
                      ENTRAIN_INVALID, error, refused[r].words);
    entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
    CHECK_REFUSED(entrain_kuramoto_add(engine, &model, 0, zeros, zeros, &population, &error), ENTRAIN_INVALID,
                  error, "0 actors");
    assert_null(population);
    entrain_engine_destroy(engine);
    config.step_s = 2;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    model.coupling = 1e6;
    CHECK_REFUSED(entrain_kuramoto_add(engine, &model, 3, zeros, zeros, &population, &error), ENTRAIN_INVALID,
                  error,
                  "coupling 1e+06 times step 2 s is too large to integrate; make one of them smaller.");
    entrain_engine_destroy(engine);
    assert_string_equal(entrain_normalise_name(ENTRAIN_NORMALISE_HEARD), "heard");
    assert_null(entrain_normalise_name(ENTRAIN_NORMALISE_COUNT));
    assert_string_equal(entrain_integrator_name(ENTRAIN_INTEGRATOR_HEUN), "heun");
    assert_null(entrain_integrator_name(ENTRAIN_INTEGRATOR_COUNT));
}

// A hub hears four, of whom two fall silent: what one Euler step makes of it, by hand, for each n,
// integrator-free.
static void n_is_what_it_says_also_after_silences(void **state) {
    (void)state;
    entrain_error error = {0};
    const entrain_edge edges[] = {{1, 0, 0}, {2, 0, 0}, {3, 0, 0}, {4, 0, 0}};
    const double phases[5] = {0.1, 0.5, 1, -2, 3}, frequencies[5] = {0.25, 0, 0, 0, 0};
    for (int transport = 0; transport < 2; transport++)
        for (int n = 0; n < ENTRAIN_NORMALISE_COUNT; n++)
            for (int weighted = 0; weighted < 2; weighted++) {
                entrain_topology *topology;
                entrain_edge heavy[4];
                for (int e = 0; e < 4; e++)
                    heavy[e] = (entrain_edge){edges[e].from, 0, 0.5 * e + 0.25};
                topology = edges_of(5, heavy, 4, weighted);
                entrain_engine_config config = entrain_engine_config_defaults();
                config.transport = (entrain_transport)transport;
                const entrain_kuramoto_config model = {.coupling = 3,
                                                       .lag = 0.2,
                                                       .normalise = (entrain_normalise)n,
                                                       .integrator = ENTRAIN_INTEGRATOR_EULER};
                oscillators tank = fill(config, model, topology, phases, frequencies);
                for (uint32_t gone = 3; gone < 5; gone++)
                    assert_int_equal(
                        entrain_engine_stop_actor(tank.engine, entrain_population_id(tank.population, gone)),
                        ENTRAIN_OK);
                CHECK_OK(entrain_engine_advance(tank.engine, 1, &error), error);
                const double counts[] = {5, 4, 2, 1}; // size, degree, heard, none
                double pull = 0;
                for (int e = 0; e < 2; e++)
                    pull += (weighted ? heavy[e].weight : 1) * sin(phases[e + 1] - phases[0] - 0.2);
                CHECK_NEAR(phase_of(tank, 0), 0.1 + 0.01 * (0.25 + 3 / counts[n] * pull), 1e-14);
                assert_true(phase_of(tank, 1) == 0.5); // hears nobody
                // Nobody left to hear: its own frequency alone.
                for (uint32_t gone = 1; gone < 3; gone++)
                    assert_int_equal(
                        entrain_engine_stop_actor(tank.engine, entrain_population_id(tank.population, gone)),
                        ENTRAIN_OK);
                double before = phase_of(tank, 0);
                CHECK_OK(entrain_engine_advance(tank.engine, 1, &error), error);
                CHECK_NEAR(phase_of(tank, 0), before + 0.01 * 0.25, 1e-15);
                entrain_engine_destroy(tank.engine);
                entrain_topology_release(topology);
            }
}

// Weights are divided by a power of two and the coupling makes up for it: no scale is special.
static void weights_of_any_scale_pull_alike(void **state) {
    (void)state;
    entrain_error error = {0};
    uint64_t fingerprints[2][5];
    const int scales[] = {0, 15, 98, -15, -98};
    for (int n = 0; n < 2; n++)
        for (int s = 0; s < 5; s++) {
            double scale = ldexp(1, scales[s]), phases[40], frequencies[40] = {0};
            entrain_edge edges[300];
            for (uint32_t e = 0; e < 300; e++)
                edges[e] = (entrain_edge){e * 7 % 40, (e * 7 + 1 + e % 38) % 40, scale * (1 + e % 5 - 2.5)};
            for (uint32_t i = 0; i < 40; i++)
                phases[i] = 0.7 * i;
            entrain_topology *topology = edges_of(40, edges, 300, true);
            entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
            model.normalise = n == 0 ? ENTRAIN_NORMALISE_DEGREE : ENTRAIN_NORMALISE_NONE;
            // Above 2^19 the coupling may not rise: there the scale is left to the pull, which then is
            // nothing.
            model.coupling = scales[s] == -98 ? 1 : 1 / scale;
            oscillators tank = fill(entrain_engine_config_defaults(), model, topology, phases, frequencies);
            CHECK_OK(entrain_engine_advance(tank.engine, 50, &error), error);
            fingerprints[n][s] = entrain_engine_fingerprint(tank.engine);
            if (scales[s] == -98)
                for (uint32_t i = 0; i < 40; i++)
                    CHECK_NEAR(phase_of(tank, i) + 2 * PI * turns_of(tank, i), phases[i], 1e-13);
            else
                assert_int_equal(fingerprints[n][s], fingerprints[n][0]);
            entrain_engine_destroy(tank.engine);
            entrain_topology_release(topology);
        }
    assert_int_not_equal(fingerprints[0][0], fingerprints[1][0]);
}

static void phases_are_wrapped_and_turns_counted_at_every_end(void **state) {
    (void)state;
    entrain_error error = {0};
    const double phases[] = {PI, -PI, 3 * PI, -3 * PI, 0x1p20, -0x1p20, 2 * PI, 5 * PI, -0.0, 1e-300};
    enum { COUNT = sizeof phases / sizeof *phases };
    double frequencies[COUNT];
    for (int speed = 0; speed < 3; speed++)
        for (int integrator = 0; integrator < ENTRAIN_INTEGRATOR_COUNT; integrator++) {
            const double rate = speed == 0 ? 0 : speed == 1 ? 1000 : 0x1p20 / 0.01;
            for (int i = 0; i < COUNT; i++)
                frequencies[i] = i % 2 ? rate : -rate;
            entrain_topology *topology = edges_of(COUNT, NULL, 0, false); // isolated, all of them
            entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
            model.integrator = (entrain_integrator)integrator;
            oscillators tank = fill(entrain_engine_config_defaults(), model, topology, phases, frequencies);
            for (uint64_t tick = 0; tick <= 100; tick++) {
                for (uint32_t i = 0; i < COUNT; i++) {
                    assert_true(fabs(phase_of(tank, i)) <= PI * (1 + 1e-9));
                    double whole = phases[i] + (i % 2 ? rate : -rate) * 0.01 * (double)tick;
                    CHECK_NEAR(phase_of(tank, i) + 2 * PI * turns_of(tank, i), whole,
                               1e-9 + fabs(whole) * 1e-14);
                }
                CHECK_OK(entrain_engine_advance(tank.engine, 1, &error), error);
            }
            entrain_engine_destroy(tank.engine);
            entrain_topology_release(topology);
        }
}

// What no physics could mean stays within what sums can hold, and stays the same everywhere.
static void nonsense_is_bounded_alike_everywhere(void **state) {
    (void)state;
    entrain_error error = {0};
    uint64_t wanted = 0;
    for (int integrator = 0; integrator < ENTRAIN_INTEGRATOR_COUNT; integrator++)
        for (int simd = ENTRAIN_SIMD_SSE2; simd <= ENTRAIN_SIMD_AVX512; simd++)
            for (int transport = 0; transport < 2; transport++) {
                if (!entrain_simd_available((entrain_simd)simd))
                    continue;
                enum { COUNT = 67 };
                entrain_edge edges[COUNT];
                double phases[COUNT], frequencies[COUNT] = {0};
                for (uint32_t i = 0; i < COUNT; i++) {
                    edges[i] = (entrain_edge){i, (i + 1) % COUNT, i % 3 == 0 ? 0x1p100 : -0x1p99};
                    phases[i] = i;
                }
                entrain_topology *topology = edges_of(COUNT, edges, COUNT, true);
                entrain_engine_config config = entrain_engine_config_defaults();
                config.simd = (entrain_simd)simd;
                config.transport = (entrain_transport)transport;
                config.layout = (entrain_layout)(ENTRAIN_LAYOUT_INDEX + transport);
                entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
                model.integrator = (entrain_integrator)integrator;
                model.coupling = 1e6;
                oscillators tank = fill(config, model, topology, phases, frequencies);
                static const double odd[] = {NAN, INFINITY, -INFINITY, 1e308, -1e308, 5e-324};
                for (uint32_t i = 0; i < 6; i++) {
                    double *frequency =
                        entrain_population_at(tank.population, 11 * i, ENTRAIN_KURAMOTO_FREQUENCY);
                    *frequency = odd[i];
                }
                for (int tick = 0; tick < 20; tick++) {
                    CHECK_OK(entrain_engine_advance(tank.engine, 1, &error), error);
                    for (uint32_t i = 0; i < COUNT; i++)
                        assert_true(fabs(phase_of(tank, i)) < 3.2);
                }
                uint64_t fingerprint = entrain_engine_fingerprint(tank.engine);
                if (simd == ENTRAIN_SIMD_SSE2 && transport == 0)
                    wanted = fingerprint;
                assert_int_equal(fingerprint, wanted);
                entrain_engine_destroy(tank.engine);
                entrain_topology_release(topology);
            }
}

// Vector loops have ends: every number of oscillators, in one piece and with holes, at every width.
static void any_number_of_oscillators_is_the_same_at_every_width(void **state) {
    (void)state;
    for (uint32_t count = 2; count <= 40; count++)
        for (int integrator = 0; integrator < ENTRAIN_INTEGRATOR_COUNT; integrator++) {
            uint64_t wanted = 0;
            for (int simd = ENTRAIN_SIMD_SSE2; simd <= ENTRAIN_SIMD_AVX512; simd++) {
                if (!entrain_simd_available((entrain_simd)simd))
                    continue;
                entrain_error error = {0};
                entrain_swarm_config config = entrain_swarm_config_defaults();
                config.size = count;
                config.topology.kind = count % 2 ? ENTRAIN_TOPOLOGY_STAR : ENTRAIN_TOPOLOGY_COMPLETE;
                config.model.integrator = (entrain_integrator)integrator;
                config.model.normalise = (entrain_normalise)(count % ENTRAIN_NORMALISE_COUNT);
                config.model.lag = count % 3 * 0.1;
                config.engine.simd = (entrain_simd)simd;
                config.engine.transport = (entrain_transport)(simd % 2);
                config.engine.scheduler.worker_count = 1;
                entrain_swarm *swarm;
                CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
                entrain_engine *engine = entrain_swarm_engine(swarm);
                CHECK_OK(entrain_engine_advance(engine, 5, &error), error);
                for (uint32_t i = 1; i < count; i += 1 + i % 7) {
                    entrain_id id = entrain_population_id(entrain_swarm_population(swarm), i);
                    assert_int_equal(entrain_engine_stop_actor(engine, id), ENTRAIN_OK);
                }
                CHECK_OK(entrain_engine_advance(engine, 5, &error), error);
                entrain_phase_sample sample;
                assert_int_equal(entrain_swarm_sample(swarm, &sample), ENTRAIN_OK);
                uint64_t moment;
                memcpy(&moment, &sample.moments[6], sizeof moment);
                if (simd == ENTRAIN_SIMD_SSE2)
                    wanted = sample.fingerprint ^ moment;
                assert_int_equal(sample.fingerprint ^ moment, wanted);
                entrain_swarm_destroy(swarm);
            }
        }
}

static void the_restarted_begin_with_their_first_phase_and_frequency(void **state) {
    (void)state;
    entrain_error error = {0};
    const double phases[4] = {1, 2, 20, 4}, frequencies[4] = {5, 6, 7, 8};
    entrain_topology *topology =
        edges_of(4, (const entrain_edge[]){{0, 2, 0}, {1, 2, 0}, {2, 3, 0}}, 3, false);
    for (int n = 0; n < ENTRAIN_NORMALISE_COUNT; n++) {
        entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
        model.normalise = (entrain_normalise)n;
        oscillators tank = fill(entrain_engine_config_defaults(), model, topology, phases, frequencies);
        CHECK_OK(entrain_engine_advance(tank.engine, 300, &error), error);
        entrain_id id = entrain_population_id(tank.population, 2);
        assert_int_equal(entrain_engine_stop_actor(tank.engine, id), ENTRAIN_OK);
        CHECK_OK(entrain_engine_advance(tank.engine, 3, &error), error);
        assert_int_equal(entrain_engine_restart_actor(tank.engine, tank.population, 2, &id), ENTRAIN_OK);
        CHECK_NEAR(phase_of(tank, 2), 20 - 6 * PI, 1e-14);
        assert_int_equal(turns_of(tank, 2), 3);
        double frequency;
        double all[4];
        entrain_phase_read(tank.population, NULL, NULL, all);
        frequency = all[2];
        assert_true(frequency == 7);
        // Both still pull it, though one of them only by its degree.
        double before = phase_of(tank, 2), others[2] = {phase_of(tank, 0), phase_of(tank, 1)};
        CHECK_OK(entrain_engine_advance(tank.engine, 1, &error), error);
        const double counts[] = {4, 2, 2, 1};
        double pull = 0;
        for (int k = 0; k < 2; k++)
            pull += sin(others[k] - before) / counts[n];
        CHECK_NEAR(phase_of(tank, 2), before + 0.01 * (7 + pull),
                   2e-4); // of order 4, so beside Euler: the square
        entrain_engine_destroy(tank.engine);
    }
    entrain_topology_release(topology);
}

static void every_byte_that_grows_with_the_swarm_is_reported(void **state) {
    (void)state;
    entrain_error error = {0};
    size_t totals[2];
    for (int transport = 0; transport < 2; transport++) {
        entrain_swarm_config config = entrain_swarm_config_defaults();
        config.size = 50000;
        config.model.integrator = ENTRAIN_INTEGRATOR_EULER;
        config.engine.transport = (entrain_transport)transport;
        entrain_swarm *swarm;
        CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
        entrain_engine_memory memory;
        entrain_engine_measure(entrain_swarm_engine(swarm), &memory);
        assert_int_equal(memory.publications, (size_t)2 * 2 * 8 * config.size); // two buffers of two words
        assert_true(memory.contexts >= (size_t)16 * config.size);               // initial phase and frequency
        assert_true(memory.contexts < (size_t)17 * config.size);
        assert_int_equal(memory.mailboxes > 0, transport == ENTRAIN_TRANSPORT_MAILBOX);
        assert_int_equal(memory.total, memory.state + memory.contexts + memory.publications +
                                           memory.mailboxes + memory.topology + memory.messages +
                                           memory.table);
        totals[transport] = memory.total;
        entrain_swarm_destroy(swarm);
    }
    assert_true(totals[0] > 2 * totals[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_that_grows_with_the_swarm_is_reported),
        cmocka_unit_test(what_cannot_be_integrated_is_refused),
        cmocka_unit_test(n_is_what_it_says_also_after_silences),
        cmocka_unit_test(weights_of_any_scale_pull_alike),
        cmocka_unit_test(phases_are_wrapped_and_turns_counted_at_every_end),
        cmocka_unit_test(nonsense_is_bounded_alike_everywhere),
        cmocka_unit_test(any_number_of_oscillators_is_the_same_at_every_width),
        cmocka_unit_test(the_restarted_begin_with_their_first_phase_and_frequency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
