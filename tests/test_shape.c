// How phases lie on the circle and who turns alike: gaps, clusters, plateaus, against counts by another way
// and against states whose figures are known.
#include <math.h>
#include <stdlib.h>

#include "check.h"

#include "entrain/random.h"
#include "entrain/swarm.h"

#define PI 3.14159265358979323846
enum { OSCILLATORS_MAX = 20000 };

static double phases[OSCILLATORS_MAX], frequencies[OSCILLATORS_MAX];

typedef struct lab {
    entrain_engine *engine;
    entrain_population *population;
    entrain_phase_meter *meter;
} lab;

// From the two arrays, all-to-all.
static lab make(uint32_t count, double coupling) {
    entrain_error error = {0};
    lab made;
    entrain_engine_config config = entrain_engine_config_defaults();
    config.cohort_weight = 64;
    config.scheduler.worker_count = 2;
    config.layout = ENTRAIN_LAYOUT_SHUFFLED;
    entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
    model.coupling = coupling;
    model.integrator = ENTRAIN_INTEGRATOR_EULER;
    entrain_topology_config graph = entrain_topology_config_defaults();
    graph.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    graph.size = count;
    entrain_topology *topology;
    CHECK_OK(entrain_topology_create(&graph, &topology, &error), error);
    CHECK_OK(entrain_engine_create(&config, &made.engine, &error), error);
    CHECK_OK(entrain_kuramoto_add(made.engine, &model, count, phases, frequencies, &made.population, &error),
             error);
    CHECK_OK(entrain_engine_set_topology(made.engine, topology, &error), error);
    entrain_topology_release(topology);
    CHECK_OK(entrain_engine_start(made.engine, &error), error);
    CHECK_OK(entrain_phase_meter_create(made.engine, made.population, &made.meter, &error), error);
    return made;
}

static void leave(lab *one) {
    entrain_phase_meter_destroy(one->meter);
    entrain_engine_destroy(one->engine);
}

static entrain_phase_sample measure(lab *one) {
    entrain_phase_sample sample;
    assert_int_equal(entrain_phase_meter_sample(one->meter, &sample), ENTRAIN_OK);
    return sample;
}

static entrain_phase_shape shape_of(lab *one) {
    entrain_phase_shape shape;
    assert_int_equal(entrain_phase_meter_shape(one->meter, &shape), ENTRAIN_OK);
    return shape;
}

static void advance(lab *one, uint64_t ticks) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(one->engine, ticks, &error), error);
}

static int compare(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

// The definition: sum_ij |g_i - g_j| / (2 n^2 mean g), gaps in turns so that the mean is 1 / n.
static double gini_by_hand(uint32_t count) {
    static double sorted[OSCILLATORS_MAX], gaps[OSCILLATORS_MAX];
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = phases[i] / (2 * PI);
        sorted[i] -= floor(sorted[i]);
    }
    qsort(sorted, count, sizeof *sorted, compare);
    for (uint32_t i = 0; i < count; i++)
        gaps[i] = i + 1 < count ? sorted[i + 1] - sorted[i] : sorted[0] + 1 - sorted[i];
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < count; j++)
            sum += fabs(gaps[i] - gaps[j]);
    return sum / (2.0 * count);
}

static void gini_is_what_its_definition_says(void **state) {
    (void)state;
    entrain_random key = entrain_random_key(3, ENTRAIN_STREAM_USER);
    const uint32_t counts[] = {2, 3, 5, 17, 200, 201, 1000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (uint32_t way = 0; way < 4; way++) {
            for (uint32_t i = 0; i < counts[c]; i++) {
                double u = entrain_random_uniform(key, i, c, way);
                phases[i] = way == 0   ? 2 * PI * u - PI
                            : way == 1 ? 0.01 * u * u + 3.14 // across the end of the range
                            : way == 2 ? (i % 3) * 2 * PI / 3 + 0.1 * u
                                       : 2 * PI * i / counts[c] - PI + 1e-4 * u;
            }
            lab one = make(counts[c], 0);
            entrain_phase_sample sample = measure(&one);
            CHECK_NEAR(sample.gap_gini, gini_by_hand(counts[c]), 1e-9);
            entrain_phase_shape shape = shape_of(&one);
            assert_true(shape.gap_gini == sample.gap_gini && shape.cluster_count == sample.cluster_count &&
                        shape.cluster_share == sample.cluster_share);
            leave(&one);
        }
}

// Who is gone is no phase, not even beside one just below 0, the last on the circle, whose digits are all
// ones.
static void nobody_is_not_the_last_on_the_circle(void **state) {
    (void)state;
    enum { COUNT = 300 };
    for (uint32_t i = 0; i < COUNT; i++)
        phases[i] = i == COUNT - 1 ? -3e-14 : 3.0 * i / COUNT;
    lab one = make(COUNT, 0);
    assert_int_equal(entrain_engine_stop_actor(one.engine, entrain_population_id(one.population, 7)),
                     ENTRAIN_OK);
    const entrain_phase_shape shape = shape_of(&one);
    CHECK_NEAR(shape.gap_max, (2 * PI - 3.0 * (COUNT - 2) / COUNT) / (2 * PI), 1e-12);
    assert_int_equal(shape.cluster_count, 1);
    assert_true(shape.cluster_share == 1 && shape.gap_gini > 0 && shape.gap_gini < 1);
    leave(&one);
}

// As many as take every way of sorting: the sum over ordered gaps, which the definition comes to.
static void gini_of_many(void **state) {
    (void)state;
    static double sorted[OSCILLATORS_MAX], gaps[OSCILLATORS_MAX];
    entrain_random key = entrain_random_key(5, ENTRAIN_STREAM_USER);
    const uint32_t counts[] = {200, 201, 8192, 8193, 16384, 20000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        const uint32_t count = counts[c];
        for (uint32_t i = 0; i < count; i++) {
            phases[i] = 2 * PI * entrain_random_uniform(key, i, c, 0) - PI;
            sorted[i] = phases[i] / (2 * PI) + 0.5;
        }
        qsort(sorted, count, sizeof *sorted, compare);
        for (uint32_t i = 0; i < count; i++)
            gaps[i] = i + 1 < count ? sorted[i + 1] - sorted[i] : sorted[0] + 1 - sorted[i];
        qsort(gaps, count, sizeof *gaps, compare);
        double sum = 0;
        for (uint32_t i = 0; i < count; i++)
            sum += (2.0 * i + 1 - count) * gaps[i];
        lab one = make(count, 0);
        CHECK_NEAR(shape_of(&one).gap_gini, sum / count, 1e-9);
        assert_true(isnan(measure(&one).gap_gini) || count <= ENTRAIN_SHAPE_ALWAYS_MAX);
        leave(&one);
    }
}

static void gini_at_both_ends(void **state) {
    (void)state;
    const uint32_t counts[] = {2, 3, 7, 64, 1000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        uint32_t count = counts[c];
        for (uint32_t i = 0; i < count; i++)
            phases[i] = 2 * PI * (i * 7 % count) / count + 0.2; // 7 and the counts but one share nothing
        if (count == 7)
            for (uint32_t i = 0; i < count; i++)
                phases[i] = 2 * PI * i / count;
        lab one = make(count, 0);
        CHECK_NEAR(measure(&one).gap_gini, 0, 1e-12); // splay
        leave(&one);
        for (uint32_t i = 0; i < count; i++)
            phases[i] = -3.1;
        one = make(count, 0);
        entrain_phase_sample sample = measure(&one);
        CHECK_NEAR(sample.gap_gini, 1 - 1.0 / count, 1e-12);
        assert_true(sample.cluster_count == 1 && sample.cluster_share == 1);
        // Those who are gone do not count; a lone one has one gap; nobody has none.
        for (uint32_t i = 1; i < count; i++)
            assert_int_equal(entrain_engine_stop_actor(one.engine, entrain_population_id(one.population, i)),
                             ENTRAIN_OK);
        sample = measure(&one);
        assert_true(sample.gap_gini == 0 && sample.cluster_count == 1 && sample.cluster_share == 1);
        assert_int_equal(entrain_engine_stop_actor(one.engine, entrain_population_id(one.population, 0)),
                         ENTRAIN_OK);
        sample = measure(&one);
        assert_true(sample.gap_gini == 0 && sample.cluster_count == 0 && sample.cluster_share == 0);
        leave(&one);
    }
}

// Bunches of known sizes, of a given width, one of them across the end of the range.
static void clusters_are_counted(void **state) {
    (void)state;
    const uint32_t sizes[4] = {50, 120, 30, 100};
    for (uint32_t bunches = 1; bunches <= 4; bunches++)
        for (int turn = 0; turn < 8; turn++) {
            uint32_t count = 0, most = 0;
            for (uint32_t b = 0; b < bunches; b++) {
                most = sizes[b] > most ? sizes[b] : most;
                for (uint32_t i = 0; i < sizes[b]; i++)
                    phases[count++] =
                        remainder(2 * PI * b / bunches + 0.5 * i / sizes[b] + turn * PI / 4, 2 * PI);
            }
            lab one = make(count, 0);
            entrain_phase_sample sample = measure(&one);
            assert_int_equal(sample.cluster_count, bunches);
            CHECK_NEAR(sample.cluster_share, (double)most / count, 1e-15);
            for (uint32_t i = sizes[0]; i < count; i++) // the others go, and are not there any more
                assert_int_equal(
                    entrain_engine_stop_actor(one.engine, entrain_population_id(one.population, i)),
                    ENTRAIN_OK);
            sample = measure(&one);
            assert_true(sample.cluster_count == 1 && sample.cluster_share == 1);
            leave(&one);
        }
}

// Independent phases have no empty gap, but once in e^7 samples; from 93 on.
static void chance_makes_no_clusters(void **state) {
    (void)state;
    entrain_random key = entrain_random_key(11, ENTRAIN_STREAM_USER);
    const uint32_t counts[] = {93, 150, 250, 2000};
    for (size_t c = 0; c < 4; c++) {
        uint32_t found = 0;
        for (uint32_t round = 0; round < 50; round++) {
            for (uint32_t i = 0; i < counts[c]; i++)
                phases[i] = 2 * PI * entrain_random_uniform(key, i, round, (uint32_t)c);
            lab one = make(counts[c], 0);
            found += measure(&one).cluster_count > 0;
            leave(&one);
        }
        assert_in_range(found, 0, 2);
    }
}

static void large_swarms_are_asked_once(void **state) {
    (void)state;
    uint32_t count = ENTRAIN_SHAPE_ALWAYS_MAX + 1;
    for (uint32_t i = 0; i < count; i++)
        phases[i] = 2 * PI * i / count;
    lab one = make(count, 0);
    entrain_phase_sample sample = measure(&one);
    assert_true(isnan(sample.gap_gini) && isnan(sample.cluster_share) && sample.cluster_count == 0);
    CHECK_NEAR(shape_of(&one).gap_gini, 0, 1e-9);
    leave(&one);
}

// ---- frequencies over a window ----

static entrain_phase_plateaus plateaus_of(lab *one, double *effective) {
    entrain_phase_plateaus found;
    assert_int_equal(entrain_phase_meter_plateaus(one->meter, effective, &found), ENTRAIN_OK);
    return found;
}

static void who_turns_alone_is_on_no_plateau(void **state) {
    (void)state;
    static double effective[OSCILLATORS_MAX];
    for (uint32_t i = 0; i < 1000; i++) {
        frequencies[i] = tan(PI * ((i + 0.5) / 1000 - 0.5)) / 2;
        phases[i] = 0.1 * i;
    }
    lab one = make(1000, 0);
    entrain_phase_plateaus found;
    assert_int_equal(entrain_phase_meter_plateaus(one.meter, effective, &found), ENTRAIN_ORDER);
    assert_int_equal(entrain_phase_meter_mark(one.meter), ENTRAIN_OK);
    assert_int_equal(entrain_phase_meter_plateaus(one.meter, effective, &found), ENTRAIN_ORDER);
    advance(&one, 3000);
    found = plateaus_of(&one, effective);
    CHECK_NEAR(found.window_s, 30, 1e-12);
    CHECK_NEAR(found.tolerance, 2 * PI / 30, 1e-12);
    assert_true(!found.locked && found.plateau_count == 0 && found.plateau_share == 0);
    assert_int_equal(found.counted, 1000);
    for (uint32_t i = 0; i < 1000; i++)
        CHECK_NEAR(effective[i], frequencies[i], 1e-9);
    // Who was replaced meanwhile is not counted.
    entrain_id id;
    assert_int_equal(entrain_engine_stop_actor(one.engine, entrain_population_id(one.population, 3)),
                     ENTRAIN_OK);
    assert_int_equal(entrain_engine_restart_actor(one.engine, one.population, 3, &id), ENTRAIN_OK);
    assert_int_equal(entrain_engine_stop_actor(one.engine, entrain_population_id(one.population, 5)),
                     ENTRAIN_OK);
    found = plateaus_of(&one, effective);
    assert_int_equal(found.counted, 998);
    assert_true(isnan(effective[3]) && isnan(effective[5]) && !isnan(effective[4]));
    leave(&one);
}

static void the_locked_ones_are_a_plateau(void **state) {
    (void)state;
    static double effective[OSCILLATORS_MAX];
    // Lorentz of half width 1/2 at K = 2: r = sqrt(1/2), and those within K r = 1.414 are locked: 2 atan(2 K
    // r) / pi = 78.4 %.
    for (uint32_t i = 0; i < 1000; i++) {
        frequencies[i] = 3 + tan(PI * ((i + 0.5) / 1000 - 0.5)) / 2;
        phases[i] = 0;
    }
    lab one = make(1000, 2);
    assert_int_equal(entrain_phase_meter_mark(one.meter), ENTRAIN_OK);
    advance(&one, 10000);
    assert_int_equal(entrain_phase_meter_mark(one.meter), ENTRAIN_OK);
    advance(&one, 10000);
    entrain_phase_plateaus found = plateaus_of(&one, effective);
    assert_true(!found.locked && found.plateau_count == 1);
    CHECK_NEAR(found.plateau_share, 0.784, 0.02);
    CHECK_NEAR(found.plateau_frequency, 3, 1e-6);
    CHECK_NEAR(found.window_s, 100, 1e-9); // the mark in the middle
    leave(&one);
    // Two that pull apart, at 1 and 5; each locked in itself: identical ones are alike by themselves.
    for (uint32_t i = 0; i < 100; i++) {
        frequencies[i] = i < 70 ? 1 : 5;
        phases[i] = 0.01 * i;
    }
    one = make(100, 0.1);
    assert_int_equal(entrain_phase_meter_mark(one.meter), ENTRAIN_OK);
    advance(&one, 5000);
    found = plateaus_of(&one, NULL);
    assert_true(found.plateau_count == 2 && !found.locked && found.plateau_share == 0.7);
    CHECK_NEAR(found.plateau_frequency, 1, 0.05);
    leave(&one);
    // All: Adler on both sides of its threshold, T3.
    for (int over = 0; over < 2; over++) {
        frequencies[0] = 0.5, frequencies[1] = -0.5, phases[0] = 0.7, phases[1] = -0.7;
        one = make(2, over ? 1.05 : 0.95);
        advance(&one, 5000);
        assert_int_equal(entrain_phase_meter_mark(one.meter), ENTRAIN_OK);
        advance(&one, 20000); // 200 s: a gap of sqrt(1 - K^2) = 0.312 rad/s is 9.9 turns
        found = plateaus_of(&one, effective);
        assert_true(found.locked == (over == 1));
        CHECK_NEAR(effective[0] - effective[1], over ? 0 : 0.31225, found.tolerance);
        leave(&one);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gini_is_what_its_definition_says),
        cmocka_unit_test(nobody_is_not_the_last_on_the_circle),
        cmocka_unit_test(gini_of_many),
        cmocka_unit_test(gini_at_both_ends),
        cmocka_unit_test(clusters_are_counted),
        cmocka_unit_test(chance_makes_no_clusters),
        cmocka_unit_test(large_swarms_are_asked_once),
        cmocka_unit_test(who_turns_alone_is_on_no_plateau),
        cmocka_unit_test(the_locked_ones_are_a_plateau),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
