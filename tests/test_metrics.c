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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_of_splay_and_twisted_states_are_one_or_nothing),
        cmocka_unit_test(moments_of_clusters_are_what_their_sizes_say),
        cmocka_unit_test(local_coherence_is_that_of_the_neighbours),
        cmocka_unit_test(winding_counts_the_turns_around_the_indices),
        cmocka_unit_test(winding_skips_those_who_are_gone),
        cmocka_unit_test(frequencies_are_measured_over_many_turns),
        cmocka_unit_test(turns_may_pass_the_end_of_an_int32),
        cmocka_unit_test(a_small_spread_is_seen_beside_a_large_mean),
        cmocka_unit_test(a_restarted_actor_counts_from_its_own_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
