// Metrics of swarms whose figures are known without measuring: splay states, clusters, twisted states,
// oscillators that turn alone, with actors stopped and restarted in between.
#include <math.h>

#include "check.h"

#include "entrain/swarm.h"

#define PI 3.14159265358979323846
enum { OSCILLATORS_MAX = 512 };

typedef struct lab {
    entrain_engine *engine;
    entrain_population *population;
    entrain_phase_meter *meter;
    double phases[OSCILLATORS_MAX], frequencies[OSCILLATORS_MAX];
} lab;

static lab room;

static void zero(void) { memset(&room, 0, sizeof room); }

// Built from room.phases and room.frequencies; nobody pulls anybody.
static void build(entrain_topology *topology) {
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.cohort_weight = 64;
    config.scheduler.worker_count = 2;
    config.layout = ENTRAIN_LAYOUT_SHUFFLED;
    entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
    model.coupling = 0;
    model.integrator = ENTRAIN_INTEGRATOR_EULER;
    CHECK_OK(entrain_engine_create(&config, &room.engine, &error), error);
    CHECK_OK(entrain_kuramoto_add(room.engine, &model, entrain_topology_look(topology).vertex_count,
                                  room.phases, room.frequencies, &room.population, &error),
             error);
    CHECK_OK(entrain_engine_set_topology(room.engine, topology, &error), error);
    entrain_topology_release(topology);
    CHECK_REFUSED(entrain_phase_meter_create(room.engine, room.population, &room.meter, &error),
                  ENTRAIN_ORDER, error, "before the engine started");
    CHECK_OK(entrain_engine_start(room.engine, &error), error);
    CHECK_OK(entrain_phase_meter_create(room.engine, room.population, &room.meter, &error), error);
}

static void leave(void) {
    entrain_phase_meter_destroy(room.meter);
    entrain_engine_destroy(room.engine);
}

static entrain_topology *graph(entrain_topology_kind kind, uint32_t size) {
    entrain_error error = {0};
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = kind;
    config.size = size;
    entrain_topology *topology;
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    return topology;
}

static entrain_phase_sample measure(void) {
    entrain_phase_sample sample;
    assert_int_equal(entrain_phase_meter_sample(room.meter, &sample), ENTRAIN_OK);
    return sample;
}

static void stop(uint32_t index) {
    assert_int_equal(entrain_engine_stop_actor(room.engine, entrain_population_id(room.population, index)),
                     ENTRAIN_OK);
}

static void advance(uint64_t ticks) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(room.engine, ticks, &error), error);
}

static void twist(uint32_t count, double winding, double offset) {
    zero();
    for (uint32_t j = 0; j < count; j++)
        room.phases[j] = remainder(2 * PI * winding * j / count + offset, 2 * PI);
}

// r_m of `count` phases 2 pi winding j / count is 1 where m winding is a multiple of count, else 0.
static void moments_of_splay_and_twisted_states_are_one_or_nothing(void **state) {
    (void)state;
    const struct {
        uint32_t count;
        int winding;
    } cases[] = {{16, 1}, {4, 1}, {4, -1}, {7, 2}, {12, 3}, {12, 6}, {300, 100}, {9, 0}, {2, 1}, {500, 7}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int complete = 0; complete < 2; complete++) {
            twist(cases[c].count, cases[c].winding, 0.3);
            build(graph(complete || cases[c].count < 3 ? ENTRAIN_TOPOLOGY_COMPLETE : ENTRAIN_TOPOLOGY_RING,
                        cases[c].count));
            entrain_phase_sample sample = measure();
            for (int m = 1; m <= ENTRAIN_DAIDO_MAX; m++)
                CHECK_NEAR(sample.moments[m - 1], m * cases[c].winding % (int)cases[c].count == 0 ? 1 : 0,
                           1e-11);
            assert_true(sample.coherence == sample.moments[0]);
            assert_int_equal(sample.living, cases[c].count);
            leave();
        }
}

// So many actors at each of 20 windows' places; those at the ends of windows are the upper one's.
static void peak_load_is_the_fullest_of_twenty_windows(void **state) {
    (void)state;
    for (uint32_t full = 0; full < 20; full++) {
        zero();
        uint32_t count = 0;
        for (uint32_t w = 0; w < 20; w++)
            for (uint32_t k = 0; k < (w == full ? 12u : 4u); k++)
                room.phases[count++] = remainder(2 * PI * (w + 0.05 + 0.9 * k / 12) / 20, 2 * PI);
        build(graph(ENTRAIN_TOPOLOGY_RING, count));
        const entrain_phase_sample sample = measure();
        CHECK_NEAR(sample.peak_load, 12 / (88.0 / 20), 1e-12);
        stop(0);
        assert_int_equal(measure().living, 87);
        CHECK_NEAR(measure().peak_load, (full == 0 ? 11 : 12) / (87.0 / 20), 1e-12);
        leave();
    }
    twist(500, 1, 1e-6); // even
    build(graph(ENTRAIN_TOPOLOGY_RING, 500));
    assert_true(measure().peak_load == 1);
    leave();
    twist(300, 0, -1e-9); // all in the last window
    build(graph(ENTRAIN_TOPOLOGY_RING, 300));
    assert_true(measure().peak_load == 20);
    leave();
}

static void moments_of_clusters_are_what_their_sizes_say(void **state) {
    (void)state;
    for (uint32_t ahead = 0; ahead <= 100; ahead += 25) { // so many at 0.5, the others opposite
        zero();
        for (uint32_t j = 0; j < 100; j++)
            room.phases[j] = j * 37 % 100 < ahead ? 0.5 : 0.5 - PI;
        build(graph(ENTRAIN_TOPOLOGY_RING, 100));
        entrain_phase_sample sample = measure();
        double odd = fabs(2.0 * ahead - 100) / 100;
        for (int m = 1; m <= ENTRAIN_DAIDO_MAX; m++)
            CHECK_NEAR(sample.moments[m - 1], m % 2 == 1 ? odd : 1, 1e-11);
        if (ahead != 50)
            CHECK_NEAR(sample.mean_phase, ahead > 50 ? 0.5 : 0.5 - PI, 1e-11);
        leave();
    }
    // Two, exactly opposite, ends of the range included: nothing is left, and the mean phase is 0 by
    // convention.
    zero();
    room.phases[1] = PI;
    build(graph(ENTRAIN_TOPOLOGY_COMPLETE, 2));
    entrain_phase_sample sample = measure();
    assert_true(sample.coherence == 0 && sample.mean_phase == 0 && sample.moments[1] == 1);
    assert_true(sample.winding == 0);
    leave();
    zero();
    room.phases[0] = PI, room.phases[1] = -PI;
    build(graph(ENTRAIN_TOPOLOGY_COMPLETE, 2));
    sample = measure();
    assert_true(sample.coherence == 1);
    CHECK_NEAR(fabs(sample.mean_phase), PI, 1e-15);
    leave();
}

static void local_coherence_is_that_of_the_neighbours(void **state) {
    (void)state;
    // A ring of two neighbours, twisted: |exp(i a) + exp(-i a)| / 2 for everybody.
    for (int winding = -4; winding <= 4; winding++) {
        twist(40, winding, 1);
        build(graph(ENTRAIN_TOPOLOGY_RING, 40));
        CHECK_NEAR(measure().local_coherence, fabs(cos(2 * PI * winding / 40)), 1e-12);
        leave();
    }
    // A star: each leaf hears one and is at 1, the hub hears two halves a right angle apart.
    zero();
    for (uint32_t j = 1; j <= 40; j++)
        room.phases[j] = j % 2 ? 0 : PI / 2;
    build(graph(ENTRAIN_TOPOLOGY_STAR, 41));
    CHECK_NEAR(measure().local_coherence, (40 + sqrt(0.5)) / 41, 1e-12);
    for (uint32_t j = 2; j <= 40; j += 2) // one half falls silent: the hub hears one phase only
        stop(j);
    CHECK_NEAR(measure().local_coherence, 1, 1e-12);
    stop(0); // and the leaves nobody
    entrain_phase_sample sample = measure();
    assert_true(sample.local_coherence == 0);
    assert_int_equal(sample.living, 20);
    leave();
    // Weights count, divided by how many are heard; beyond 64 it is cut. Isolated vertices count 0.
    entrain_error error = {0};
    const entrain_edge edges[] = {{1, 0, 3}, {2, 0, -1}, {0, 3, 1000}, {0, 4, 0.5}};
    entrain_topology *topology;
    CHECK_OK(entrain_topology_from_edges(6, edges, 4, true, true, &topology, &error), error);
    zero();
    build(topology);
    CHECK_NEAR(measure().local_coherence, ((3.0 - 1) / 2 + 64 + 0.5) / 6, 1e-9);
    leave();
}

static void winding_counts_the_turns_around_the_indices(void **state) {
    (void)state;
    for (int winding = -19; winding <= 19; winding++) {
        twist(40, winding, 2);
        build(graph(ENTRAIN_TOPOLOGY_RING, 40));
        CHECK_NEAR(measure().winding, winding, 1e-12);
        leave();
    }
}

static void winding_skips_those_who_are_gone(void **state) {
    (void)state;
    for (int winding = -4; winding <= 4; winding++) {
        twist(40, winding, 2);
        build(graph(ENTRAIN_TOPOLOGY_RING, 40));
        for (uint32_t j = 0; j < 40; j += 3) // the first and the last index among them
            stop(j);
        stop(20), stop(22); // a gap of three
        CHECK_NEAR(measure().winding, winding, 1e-12);
        leave();
    }
    twist(40, 1, 0);
    build(graph(ENTRAIN_TOPOLOGY_COMPLETE, 40));
    for (uint32_t j = 0; j < 39; j++)
        stop(j);
    entrain_phase_sample sample = measure();
    assert_true(sample.winding == 0 && sample.living == 1);
    CHECK_NEAR(sample.coherence, 1, 1e-12);
    CHECK_NEAR(sample.local_coherence, 1, 1e-12);
    stop(39); // nobody left
    sample = measure();
    assert_true(sample.winding == 0 && sample.living == 0 && sample.coherence == 0 &&
                sample.local_coherence == 0);
    assert_true(sample.frequency_mean == 0 && sample.frequency_spread == 0 && sample.mean_phase == 0);
    leave();
}

static void frequencies_are_measured_over_many_turns(void **state) {
    (void)state;
    zero();
    for (uint32_t j = 0; j < 100; j++)
        room.phases[j] = 0.01 * j, room.frequencies[j] = j % 2 ? 50 : -30.5;
    build(graph(ENTRAIN_TOPOLOGY_RING, 100));
    for (int again = 0; again < 2; again++) { // natural frequencies at first, and again while no time passes
        entrain_phase_sample sample = measure();
        assert_true(sample.frequency_mean == 9.75 && sample.frequency_spread == 40.25);
    }
    for (uint64_t ticks = 1; ticks <= 10000; ticks *= 10) {
        advance(ticks);
        entrain_phase_sample sample = measure();
        CHECK_NEAR(sample.frequency_mean, 9.75, 1e-8);
        CHECK_NEAR(sample.frequency_spread, 40.25, 1e-8);
        CHECK_NEAR(sample.time_s, 0.01 * (double)sample.tick, 1e-9);
    }
    // What drives a measured frequency is the phase: halve the natural ones and change nothing else.
    for (uint32_t j = 0; j < 100; j++)
        *(double *)entrain_population_at(room.population, j, ENTRAIN_KURAMOTO_FREQUENCY) /= 2;
    advance(1000);
    CHECK_NEAR(measure().frequency_spread, 20.125, 1e-8);
    leave();
}

static void turns_may_pass_the_end_of_an_int32(void **state) {
    (void)state;
    zero();
    for (uint32_t j = 0; j < 10; j++)
        room.frequencies[j] = j % 2 ? 40 : -40;
    build(graph(ENTRAIN_TOPOLOGY_COMPLETE, 10));
    for (uint32_t j = 0; j < 10; j++)
        *(int32_t *)entrain_population_at(room.population, j, ENTRAIN_KURAMOTO_TURNS) =
            j % 2 ? INT32_MAX - 3 : INT32_MIN + 3;
    measure();
    advance(200); // 80 rad: 12.7 turns
    entrain_phase_sample sample = measure();
    CHECK_NEAR(sample.frequency_mean, 0, 1e-8);
    CHECK_NEAR(sample.frequency_spread, 40, 1e-8);
    double phases[10];
    int32_t turns[10];
    entrain_phase_read(room.population, phases, turns, NULL);
    for (uint32_t j = 0; j < 10; j++) {
        assert_int_equal(turns[j], j % 2 ? INT32_MIN + 9 : INT32_MAX - 9);
        CHECK_NEAR(phases[j], (j % 2 ? 1 : -1) * (80 - 13 * 2 * PI), 1e-9);
    }
    leave();
}

// A swarm that is nearly locked, turning fast: the spread is the difference of large numbers.
static void a_small_spread_is_seen_beside_a_large_mean(void **state) {
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        zero();
        for (uint32_t j = 0; j < 101; j++)
            room.frequencies[j] = sign * (1000.123 + (j < 50 ? 0x1p-29 : 0));
        build(graph(ENTRAIN_TOPOLOGY_RING, 101));
        CHECK_NEAR(measure().frequency_spread, 0x1p-29 * sqrt(50.0 * 51) / 101, 1e-11);
        leave();
    }
    zero();
    for (uint32_t j = 0; j < 10; j++)
        room.frequencies[j] = 1e7; // beyond 2^21: cut
    build(graph(ENTRAIN_TOPOLOGY_COMPLETE, 10));
    entrain_phase_sample sample = measure();
    assert_true(sample.frequency_mean == 0x1p21 && sample.frequency_spread == 0);
    leave();
}

static void a_restarted_actor_counts_from_its_own_beginning(void **state) {
    (void)state;
    zero();
    for (uint32_t j = 0; j < 100; j++)
        room.frequencies[j] = 3, room.phases[j] = 0.5;
    build(graph(ENTRAIN_TOPOLOGY_RING, 100));
    measure();
    advance(1000); // 30 rad: 4.8 turns that the newcomer has not made
    for (uint32_t j = 0; j < 50; j++) {
        entrain_id id;
        stop(j);
        assert_int_equal(entrain_engine_restart_actor(room.engine, room.population, j, &id), ENTRAIN_OK);
    }
    entrain_phase_sample sample = measure();
    CHECK_NEAR(sample.frequency_mean, 3, 1e-8);
    CHECK_NEAR(sample.frequency_spread, 0, 1e-8);
    advance(1000);
    CHECK_NEAR(measure().frequency_spread, 0, 1e-8);
    stop(7); // who is gone is not counted, and does not come back with an old phase
    measure();
    advance(1000);
    entrain_id id;
    assert_int_equal(entrain_engine_restart_actor(room.engine, room.population, 7, &id), ENTRAIN_OK);
    sample = measure();
    assert_int_equal(sample.living, 100);
    CHECK_NEAR(sample.frequency_spread, 0, 1e-8);
    leave();
}

// Groups and harmonics publish their words at places of their own; what is seen from outside must not notice.
static void groups_and_harmonics_change_no_figure(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_phase_sample plain = {0};
    for (int which = 0; which < 4; which++) {
        entrain_swarm_config config = entrain_swarm_config_defaults();
        config.size = 300;
        config.engine.cohort_weight = 64;
        config.engine.layout = ENTRAIN_LAYOUT_SHUFFLED;
        config.topology.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
        config.phase =
            (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_NORMAL, .mean = 1, .deviation = 0.8};
        config.model.coupling = 0;
        if (which & 1)
            config.model.harmonics = 2;
        if (which & 2) {
            config.model.group_count = 2;
            config.model.group_sizes[0] = 90, config.model.group_sizes[1] = 210;
            config.model.group_coupling[0][0] = config.model.group_coupling[1][1] = 1;
        }
        entrain_swarm *swarm;
        CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
        CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), 100, &error), error);
        assert_int_equal(
            entrain_engine_stop_actor(entrain_swarm_engine(swarm),
                                      entrain_population_id(entrain_swarm_population(swarm), 10)),
            ENTRAIN_OK);
        entrain_phase_sample sample;
        assert_int_equal(entrain_swarm_sample(swarm, &sample), ENTRAIN_OK);
        if (which == 0)
            plain = sample;
        assert_memory_equal(sample.moments, plain.moments, sizeof plain.moments);
        assert_true(sample.mean_phase == plain.mean_phase && sample.winding == plain.winding &&
                    sample.local_coherence == plain.local_coherence && sample.gap_gini == plain.gap_gini &&
                    sample.frequency_mean == plain.frequency_mean && plain.local_coherence > 0.1 &&
                    plain.coherence < 0.9 && plain.gap_gini < 0.95);
        assert_int_equal(sample.group_count, which & 2 ? 2 : 1);
        for (uint32_t g = 0; g < sample.group_count; g++) { // by hand
            double c = 0, s = 0, living = 0;
            uint32_t first = g == 1 ? 90 : 0, end = which & 2 && g == 0 ? 90 : 300;
            for (uint32_t i = first; i < end; i++) {
                double phase = *(const double *)entrain_population_at(entrain_swarm_population(swarm), i,
                                                                      ENTRAIN_KURAMOTO_PHASE);
                if (i == 10)
                    continue;
                c += cos(phase), s += sin(phase), living++;
            }
            CHECK_NEAR(sample.group_coherence[g], hypot(c, s) / living, 1e-12);
            CHECK_NEAR(sample.group_mean_phase[g], atan2(s, c), 1e-12);
        }
        assert_true(sample.group_coherence[2] == 0 && sample.group_mean_phase[3] == 0);
        entrain_swarm_destroy(swarm);
    }
}

// Whole samples, every figure, bit by bit, NaNs included.
static void every_figure_is_the_same_however_it_is_run(void **state) {
    (void)state;
    enum { SAMPLES = 4 };
    static entrain_phase_sample wanted[SAMPLES];
    entrain_error error = {0};
    for (uint32_t model = 0; model < 3; model++)
        for (uint32_t way = 0; way < 6; way++) {
            entrain_swarm_config config = entrain_swarm_config_defaults();
            config.size = 500;
            config.topology.kind = ENTRAIN_TOPOLOGY_SCALE_FREE;
            config.topology.weight_low = 0.2, config.topology.weight_high = 1.9;
            config.model.harmonics = model == 1 ? 2 : 1;
            config.model.harmonic_coupling[0] = -0.5;
            config.model.lag = model == 2 ? 0.3 : 0; // no law
            if (model == 2) {
                config.model.group_count = 2;
                config.model.group_sizes[0] = 100, config.model.group_sizes[1] = 400;
                config.model.group_coupling[0][0] = config.model.group_coupling[0][1] = 1;
            }
            config.engine.cohort_weight = way == 0 ? 4096 : 64;
            config.engine.scheduler.worker_count = way == 0 ? 1 : 3;
            config.engine.scheduler.policy = way == 1 ? "dataflow" : "steal";
            config.engine.transport = way == 2 ? ENTRAIN_TRANSPORT_PUBLISH : ENTRAIN_TRANSPORT_MAILBOX;
            config.engine.layout = way == 3   ? ENTRAIN_LAYOUT_SHUFFLED
                                   : way == 4 ? ENTRAIN_LAYOUT_NEAR
                                              : ENTRAIN_LAYOUT_INDEX;
            config.engine.simd = way == 5 ? ENTRAIN_SIMD_SSE2 : ENTRAIN_SIMD_AUTO;
            entrain_swarm *swarm;
            CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
            for (int s = 0; s < SAMPLES; s++) {
                entrain_phase_sample sample;
                assert_int_equal(entrain_swarm_sample(swarm, &sample), ENTRAIN_OK);
                if (way == 0)
                    wanted[s] = sample;
#define SAME(field) assert_memory_equal(&sample.field, &wanted[s].field, sizeof sample.field)
                SAME(coherence), SAME(mean_phase), SAME(moments), SAME(local_coherence),
                    SAME(group_coherence);
                SAME(group_mean_phase), SAME(energy), SAME(conservation), SAME(conservation_change);
                SAME(conservation_bound), SAME(gap_gini), SAME(cluster_share), SAME(cluster_count);
                SAME(peak_load), SAME(winding), SAME(frequency_mean), SAME(frequency_spread),
                    SAME(fingerprint);
                SAME(observations), SAME(living), SAME(group_count);
                assert_true((model == 2) == (isnan(sample.conservation) != 0));
                CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), 40, &error), error);
            }
            assert_true(model == 2 || (wanted[SAMPLES - 1].conservation != 0 && wanted[0].gap_gini > 0.3));
            entrain_swarm_destroy(swarm);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_of_splay_and_twisted_states_are_one_or_nothing),
        cmocka_unit_test(peak_load_is_the_fullest_of_twenty_windows),
        cmocka_unit_test(moments_of_clusters_are_what_their_sizes_say),
        cmocka_unit_test(local_coherence_is_that_of_the_neighbours),
        cmocka_unit_test(winding_counts_the_turns_around_the_indices),
        cmocka_unit_test(winding_skips_those_who_are_gone),
        cmocka_unit_test(frequencies_are_measured_over_many_turns),
        cmocka_unit_test(turns_may_pass_the_end_of_an_int32),
        cmocka_unit_test(a_small_spread_is_seen_beside_a_large_mean),
        cmocka_unit_test(a_restarted_actor_counts_from_its_own_beginning),
        cmocka_unit_test(groups_and_harmonics_change_no_figure),
        cmocka_unit_test(every_figure_is_the_same_however_it_is_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
