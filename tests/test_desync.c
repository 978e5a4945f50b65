// DESYNC's midpoint rule: how many rounds it takes (T21), that it heals, and every firing against one thread
// with one list.
#include "pulse_model.h"

#include "entrain/scheduler.h"

// max |gap - T/n| over T/n, of who lives.
static double unevenness(stage *play) {
    double cycles[NAIVE_MAX], sorted[NAIVE_MAX], worst = 0;
    uint32_t n = 0;
    stage_cycles(play, cycles);
    for (uint32_t i = 0; i < play->count; i++) {
        if (entrain_population_id(play->population, i) == ENTRAIN_ID_NONE)
            continue;
        uint32_t k = n++;
        for (; k > 0 && sorted[k - 1] > cycles[i]; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = cycles[i];
    }
    for (uint32_t k = 0; k < n; k++) {
        const double gap = k + 1 < n ? sorted[k + 1] - sorted[k] : sorted[0] + 1 - sorted[n - 1];
        worst = fmax(worst, fabs(gap * n - 1));
    }
    return worst;
}

static void open_random(stage *play, uint32_t count, double alpha, uint64_t seed) {
    const entrain_desync_config config = {.alpha = alpha};
    double phases[NAIVE_MAX];
    uint64_t random = seed * 7919;
    for (uint32_t i = 0; i < count; i++)
        phases[i] = naive_draw(&random) * NAIVE_TWO_PI;
    stage_open(play, &(stage_spec){.count = count, .phases = phases, .desync = &config});
}

static double rounds_until_even(uint32_t count, double alpha, uint64_t seed) {
    stage play;
    open_random(&play, count, alpha, seed);
    double time_s = 0;
    do
        stage_run(&play, time_s += 0.125);
    while (unevenness(&play) >= 1e-3 && time_s < 5000);
    stage_close(&play);
    return time_s - 0.0625; // on average
}

static void check_rounds(uint32_t count, double alpha, uint32_t starts, double expected) {
    double sum = 0;
    for (uint64_t seed = 1; seed <= starts; seed++)
        sum += rounds_until_even(count, alpha, seed);
    print_message("  n = %u, alpha = %g: %.1f rounds, expected %.1f\n", count, alpha, sum / starts, expected);
    CHECK_NEAR(sum / starts, expected, 0.1 * expected);
}

static void test_rounds(void **state) {
    (void)state;
    check_rounds(5, 0.5, 200, 15.9);
    check_rounds(5, 0.95, 200, 50.2);
    check_rounds(10, 0.5, 60, 60.7);
    check_rounds(10, 0.95, 60, 39.1);
    check_rounds(20, 0.5, 6, 232);
    check_rounds(20, 0.95, 12, 121);
}

// The same firings as one thread with one list, to the last bit; all-to-all (through relays) and on graphs,
// from ties too.
static void test_against_one_list(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        uint64_t random = seed;
        const uint32_t count = 2 + (uint32_t)(15 * naive_draw(&random));
        const entrain_desync_config config = {.alpha = naive_draw(&random)};
        double phases[NAIVE_MAX], frequencies[NAIVE_MAX];
        entrain_edge edges[100];
        uint32_t edge_count = 0;
        for (uint32_t i = 0; i < count; i++) {
            phases[i] =
                (seed % 3 == 0 ? floor(3 * naive_draw(&random)) / 3 : naive_draw(&random)) * NAIVE_TWO_PI;
            frequencies[i] = 3;
        }
        for (uint32_t e = 0; e < 3 * count && seed % 2 == 0; e++) {
            const uint32_t from = (uint32_t)(naive_draw(&random) * count),
                           to = (uint32_t)(naive_draw(&random) * count);
            if (from != to)
                edges[edge_count++] = (entrain_edge){from, to, 1};
        }
        naive_world world = {
            .edges = edges, .edge_count = edge_count, .is_desync = true, .alpha = config.alpha};
        naive_begin(&world, count, phases, frequencies);
        stage play;
        stage_open(&play, &(stage_spec){.count = count,
                                        .edges = edges,
                                        .edge_count = edge_count,
                                        .phases = phases,
                                        .frequencies = frequencies,
                                        .desync = &config,
                                        .workers = 1 + (uint32_t)seed % 3,
                                        .cohort = 64});
        for (double until_s = 0.3; until_s < 60; until_s += 0.9) {
            naive_run(&world, until_s);
            stage_run(&play, until_s);
            stage_compare(&play, &world);
        }
        stage_close(&play);
        free(world.events);
    }
}

// One falls silent, and the others close the gap; it comes back, and they make room.
static void test_heals(void **state) {
    (void)state;
    stage play;
    open_random(&play, 10, 0.8, 5);
    stage_run(&play, 150);
    assert_true(unevenness(&play) < 1e-6);
    entrain_id id = entrain_population_id(play.population, 4);
    assert_int_equal(entrain_engine_stop_actor(play.engine, id), ENTRAIN_OK);
    assert_true(unevenness(&play) > 0.5);
    stage_run(&play, 300);
    assert_true(unevenness(&play) < 1e-6); // of nine
    assert_int_equal(entrain_engine_restart_actor(play.engine, play.population, 4, &id), ENTRAIN_OK);
    stage_run(&play, 450);
    assert_true(unevenness(&play) < 1e-6);
    stage_close(&play);
}

// All together: firings at one instant count as made in the order of indices.
static void test_all_together(void **state) {
    (void)state;
    const entrain_desync_config config = {.alpha = 0.9};
    const double phases[NAIVE_MAX] = {0};
    stage play;
    stage_open(&play,
               &(stage_spec){.count = 130, .phases = phases, .desync = &config, .workers = 2, .cohort = 64});
    stage_run(&play, 3);
    assert_true(unevenness(&play) > 1);
    stage_close(&play);
    stage_open(&play, &(stage_spec){.count = 12, .phases = phases, .desync = &config});
    stage_run(&play, 300);
    assert_true(unevenness(&play) < 1e-3);
    stage_close(&play);
}

static void test_the_promise(void **state) {
    (void)state;
    uint64_t expected = 0;
    for (uint32_t p = 0; entrain_policy_at(p) != NULL; p++)
        for (uint32_t workers = 1; workers <= 8; workers += workers == 3 ? 5 : 1) {
            const entrain_desync_config config = {.alpha = 0.95};
            double phases[NAIVE_MAX];
            uint64_t random = 3;
            for (uint32_t i = 0; i < NAIVE_MAX; i++)
                phases[i] = naive_draw(&random) * NAIVE_TWO_PI;
            stage play;
            stage_open(&play, &(stage_spec){.count = NAIVE_MAX,
                                            .phases = phases,
                                            .desync = &config,
                                            .policy = entrain_policy_at(p)->name,
                                            .workers = workers,
                                            .cohort = 64});
            for (double time_s = 0.3; workers == 2 && time_s < 1.1; time_s += 0.3)
                stage_run(&play, time_s);
            stage_run(&play, 1.2);
            const uint64_t fingerprint = entrain_engine_fingerprint(play.engine);
            expected = expected == 0 ? fingerprint : expected;
            assert_int_equal(fingerprint, expected);
            stage_close(&play);
        }
}

int main(int count, char **arguments) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounds),      cmocka_unit_test(test_against_one_list),
        cmocka_unit_test(test_heals),       cmocka_unit_test(test_all_together),
        cmocka_unit_test(test_the_promise),
    };
    if (count > 1) // a pattern of the names: only those
        cmocka_set_test_filter(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
