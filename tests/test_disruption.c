// Disruptions: exactly as many as asked for, the same ones under any policy, workers, transport and layout;
// what
// each does, and what it refuses.
#include "check.h"

#include <math.h>

#include "engine/base/memory.h"
#include "entrain/disruption.h"

static entrain_error error;

static entrain_swarm_config config_of(entrain_swarm_model kind, uint32_t size) {
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = size;
    config.seed = 7;
    config.kind = kind;
    config.engine.scheduler.worker_count = 2;
    config.topology.kind = ENTRAIN_TOPOLOGY_RANDOM_REGULAR;
    config.topology.degree = 8;
    config.engine.transport = ENTRAIN_TRANSPORT_PUBLISH;
    config.phase = entrain_distribution_constant(0);
    config.frequency = entrain_distribution_constant(kind == ENTRAIN_SWARM_AGENTS ? 6.28 : 0);
    return config;
}

static void make(const entrain_swarm_config *config, entrain_swarm **swarm,
                 entrain_disruptions **disruptions) {
    CHECK_OK(entrain_swarm_create(config, swarm, &error), error);
    CHECK_OK(entrain_disruptions_create(*swarm, disruptions, &error), error);
}
static void unmake(entrain_swarm *swarm, entrain_disruptions *disruptions) {
    entrain_disruptions_destroy(disruptions);
    entrain_swarm_destroy(swarm);
}

static double phase_at(entrain_swarm *swarm, uint32_t index) {
    return *(double *)entrain_population_at(entrain_swarm_population(swarm), index, ENTRAIN_KURAMOTO_PHASE);
}
static entrain_agent_habit *habit_at(entrain_swarm *swarm, uint32_t index) {
    return entrain_population_at(entrain_swarm_population(swarm), index, ENTRAIN_AGENT_HABIT);
}
static bool lives(entrain_swarm *swarm, uint32_t index) {
    return entrain_population_id(entrain_swarm_population(swarm), index) != ENTRAIN_ID_NONE;
}
static uint32_t living(entrain_swarm *swarm) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < entrain_population_count(entrain_swarm_population(swarm)); i++)
        count += lives(swarm, i);
    return count;
}
static uint32_t scrambled(entrain_swarm *swarm) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < entrain_population_count(entrain_swarm_population(swarm)); i++)
        count += phase_at(swarm, i) != 0;
    return count;
}

static void shares_are_exact(void **state) {
    (void)state;
    static const struct {
        uint32_t size;
        double share;
        uint32_t hit;
    } cases[] = {{20, 0, 0},    {20, 0.5, 10},   {21, 0.5, 11},      {50, 0.7, 35},        {30, 0.3, 9},
                 {999, 1, 999}, {200, 0.001, 0}, {64, 1.0 / 128, 1}, {100003, 0.7, 70002}, {65, 0.99, 64}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        entrain_swarm_config config = config_of(ENTRAIN_SWARM_KURAMOTO, cases[c].size);
        config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        entrain_swarm *swarm;
        entrain_disruptions *disruptions;
        uint32_t hit = 77;
        make(&config, &swarm, &disruptions);
        CHECK_OK(entrain_disrupt_scramble(disruptions, cases[c].share, &hit, &error), error);
        assert_int_equal(hit, cases[c].hit);
        assert_int_equal(scrambled(swarm), cases[c].hit);
        CHECK_OK(entrain_disrupt_scramble(disruptions, cases[c].share, NULL, &error), error);
        unmake(swarm, disruptions);
    }
}

// The smallest draws: who is hit by a small share is hit by a larger one; ordinals and ticks draw anew.
static void who_is_hit_is_drawn(void **state) {
    (void)state;
    enum { SIZE = 4000 };
    static bool hit[4][SIZE];
    for (int run = 0; run < 4; run++) {
        entrain_swarm_config config = config_of(ENTRAIN_SWARM_KURAMOTO, SIZE);
        entrain_swarm *swarm;
        entrain_disruptions *disruptions;
        make(&config, &swarm, &disruptions);
        if (run == 2) // the second of its tick
            CHECK_OK(entrain_disrupt_scramble(disruptions, 0, NULL, &error), error);
        if (run == 3)
            CHECK_OK(entrain_swarm_advance(swarm, 1, &error), error);
        CHECK_OK(entrain_disrupt_kill(disruptions, run == 1 ? 0.6 : 0.3, NULL, &error), error);
        for (uint32_t i = 0; i < SIZE; i++)
            hit[run][i] = !lives(swarm, i);
        unmake(swarm, disruptions);
    }
    uint32_t both[4] = {0};
    for (uint32_t i = 0; i < SIZE; i++)
        for (int run = 1; run < 4; run++)
            both[run] += hit[0][i] && hit[run][i];
    assert_int_equal(both[1], 1200);              // nested
    assert_in_range(both[2], 360 - 80, 360 + 80); // independent: 0.3 x 0.3 of 4,000
    assert_in_range(both[3], 360 - 80, 360 + 80);
}

static void scrambled_phases_are_uniform(void **state) {
    (void)state;
    enum { SIZE = 100000 };
    entrain_swarm_config config = config_of(ENTRAIN_SWARM_KURAMOTO, SIZE);
    entrain_swarm *swarm;
    entrain_disruptions *disruptions;
    entrain_phase_sample sample;
    make(&config, &swarm, &disruptions);
    CHECK_OK(entrain_disrupt_scramble(disruptions, 1, NULL, &error), error);
    CHECK_OK(entrain_swarm_sample(swarm, &sample), error);
    for (uint32_t m = 0; m < ENTRAIN_DAIDO_MAX; m++)
        assert_true(sample.moments[m] < 4 / sqrt(SIZE));
    assert_true(sample.peak_load < 1.06);
    // Who is hit and where to are different words of a draw: half of them are spread as evenly.
    unmake(swarm, disruptions);
    make(&config, &swarm, &disruptions);
    CHECK_OK(entrain_disrupt_scramble(disruptions, 0.5, NULL, &error), error);
    CHECK_OK(entrain_swarm_sample(swarm, &sample), error);
    CHECK_NEAR(sample.coherence, 0.5, 0.01);
    unmake(swarm, disruptions);
}

static void the_dead_are_revived(void **state) {
    (void)state;
    entrain_swarm_config config = config_of(ENTRAIN_SWARM_KURAMOTO, 200);
    entrain_swarm *swarm;
    entrain_disruptions *disruptions;
    uint32_t hit;
    make(&config, &swarm, &disruptions);
    entrain_population *population = entrain_swarm_population(swarm);
    CHECK_OK(entrain_disrupt_revive(disruptions, 1, &hit, &error), error);
    assert_int_equal(hit, 0);
    (void)entrain_engine_stop_actor(entrain_swarm_engine(swarm), entrain_population_id(population, 5));
    CHECK_OK(entrain_disrupt_kill(disruptions, 0.5, &hit, &error), error);
    assert_int_equal(hit, 100); // of 199
    assert_int_equal(living(swarm), 99);
    CHECK_OK(entrain_swarm_advance(swarm, 3, &error), error);
    CHECK_OK(entrain_disrupt_kill(disruptions, 1, &hit, &error), error);
    assert_int_equal(hit, 99);
    assert_int_equal(living(swarm), 0);
    CHECK_OK(entrain_disrupt_scramble(disruptions, 1, &hit, &error), error);
    assert_int_equal(hit, 0);
    CHECK_OK(entrain_swarm_advance(swarm, 6, &error), error);
    CHECK_OK(entrain_disrupt_revive(disruptions, 0.25, &hit, &error), error);
    assert_int_equal(hit, 50); // of 199: somebody else stopped number 5
    CHECK_OK(entrain_disrupt_revive(disruptions, 1, &hit, &error), error);
    assert_int_equal(hit, 149);
    assert_int_equal(living(swarm), 199);
    assert_false(lives(swarm, 5));
    CHECK_OK(entrain_disrupt_revive(disruptions, 1, &hit, &error), error);
    assert_int_equal(hit, 0);
    for (int round = 0; round < 300; round++) { // a place has 255 lives
        CHECK_OK(entrain_disrupt_kill(disruptions, 1, NULL, &error), error);
        CHECK_OK(entrain_disrupt_revive(disruptions, 1, &hit, &error), error);
    }
    assert_int_equal(hit, 0);
    assert_int_equal(living(swarm), 0);
    unmake(swarm, disruptions);
}

static void clocks_drift(void **state) {
    (void)state;
    entrain_swarm_config config = config_of(ENTRAIN_SWARM_KURAMOTO, 100);
    entrain_swarm *swarm;
    entrain_disruptions *disruptions;
    uint32_t shifted = 0;
    make(&config, &swarm, &disruptions);
    CHECK_OK(entrain_disrupt_drift(disruptions, 0.2, 0.5, NULL, &error), error);
    for (uint32_t i = 0; i < 100; i++) {
        const double frequency =
            *(double *)entrain_population_at(entrain_swarm_population(swarm), i, ENTRAIN_KURAMOTO_FREQUENCY);
        assert_true(frequency == 0 || frequency == 0.5);
        shifted += frequency == 0.5;
    }
    assert_int_equal(shifted, 20);
    for (int i = 0; i < 3; i++) // never further than a step can bear
        CHECK_OK(entrain_disrupt_drift(disruptions, 1, 1e8, NULL, &error), error);
    CHECK_OK(entrain_swarm_advance(swarm, 2, &error), error);
    CHECK_REFUSED(entrain_disrupt_drift(disruptions, 0.2, 1e9, NULL, &error), ENTRAIN_INVALID, error,
                  "A drift of 1e+09 rad/s is not from -1.04858e+08");
    unmake(swarm, disruptions);
    config.inertia = entrain_distribution_constant(1);
    make(&config, &swarm, &disruptions);
    CHECK_REFUSED(entrain_disrupt_drift(disruptions, 0.2, 1, NULL, &error), ENTRAIN_UNSUPPORTED, error,
                  "have powers");
    unmake(swarm, disruptions);
}

static void agents_lose_power_pace_and_pliancy(void **state) {
    (void)state;
    const entrain_swarm_config config = config_of(ENTRAIN_SWARM_AGENTS, 100);
    entrain_swarm *swarm;
    entrain_disruptions *disruptions;
    uint32_t hit, slow = 0, stubborn = 0, dark = 0;
    make(&config, &swarm, &disruptions);
    entrain_population *population = entrain_swarm_population(swarm);
    CHECK_OK(entrain_disrupt_slow(disruptions, 0.1, 10, &hit, &error), error);
    assert_int_equal(hit, 10);
    CHECK_OK(entrain_disrupt_stubborn(disruptions, 0.3, 0.9, &hit, &error), error);
    CHECK_OK(entrain_disrupt_starve(disruptions, 0.4, &hit, &error), error);
    CHECK_OK(entrain_swarm_advance(swarm, 50, &error), error);
    for (uint32_t i = 0; i < 100; i++) {
        const entrain_agent_habit *habit = habit_at(swarm, i);
        const double energy = *(double *)entrain_population_at(population, i, ENTRAIN_AGENT_ENERGY);
        slow += habit->slow == 10;
        stubborn += habit->stubborn == 58982; // 0.9 x 65535
        dark += habit->unpowered != 0;
        assert_true(habit->unpowered != 0 ? energy == 0 : energy > 50);
    }
    assert_int_equal(slow, 10);
    assert_int_equal(stubborn, 30);
    assert_int_equal(dark, 40);
    CHECK_OK(entrain_disrupt_feed(disruptions, 0.5, &hit, &error), error);
    assert_int_equal(hit, 20);
    CHECK_OK(entrain_disrupt_feed(disruptions, 1, &hit, &error), error);
    assert_int_equal(hit, 20);
    CHECK_OK(entrain_swarm_advance(swarm, 150, &error), error);
    for (uint32_t i = 0; i < 100; i++) // a second of recovery
        assert_true(*(double *)entrain_population_at(population, i, ENTRAIN_AGENT_ENERGY) > 2);
    unmake(swarm, disruptions);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    entrain_swarm_config config = config_of(ENTRAIN_SWARM_KURAMOTO, 100);
    entrain_swarm *swarm;
    entrain_disruptions *disruptions;
    make(&config, &swarm, &disruptions);
    const uint64_t before = entrain_engine_fingerprint(entrain_swarm_engine(swarm));
    static const double shares[] = {-0.1, 1.1, NAN, INFINITY};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        CHECK_REFUSED(entrain_disrupt_scramble(disruptions, shares[i], NULL, &error), ENTRAIN_INVALID, error,
                      "A share is from 0 to 1");
        CHECK_REFUSED(entrain_disrupt_loss(disruptions, shares[i], &error), ENTRAIN_INVALID, error,
                      "A share is from 0 to 1");
    }
    CHECK_REFUSED(entrain_disrupt_starve(disruptions, 0.5, NULL, &error), ENTRAIN_UNSUPPORTED, error,
                  "Only goal-directed agents have energy");
    CHECK_REFUSED(entrain_disrupt_slow(disruptions, 0.5, 2, NULL, &error), ENTRAIN_UNSUPPORTED, error,
                  "Only goal-directed agents have a pace");
    CHECK_REFUSED(entrain_disrupt_partition(disruptions, 1, false, &error), ENTRAIN_INVALID, error,
                  "into 2 to 64 sides, not 1");
    CHECK_REFUSED(entrain_disrupt_partition(disruptions, 65, true, &error), ENTRAIN_INVALID, error, "not 65");
    CHECK_REFUSED(entrain_disrupt_delay(disruptions, -1, &error), ENTRAIN_INVALID, error, "A delay of -1 s");
    CHECK_REFUSED(entrain_disrupt_load(disruptions, 2, &error), ENTRAIN_UNSUPPORTED, error, "no workload");
    CHECK_REFUSED(entrain_disrupt_mend_service(disruptions, &error), ENTRAIN_UNSUPPORTED, error,
                  "no workload");
    assert_true(before == entrain_engine_fingerprint(entrain_swarm_engine(swarm)));
    unmake(swarm, disruptions);

    config.kind = ENTRAIN_SWARM_AGENTS;
    config.frequency = entrain_distribution_constant(6);
    make(&config, &swarm, &disruptions);
    CHECK_REFUSED(entrain_disrupt_slow(disruptions, 0.5, 0, NULL, &error), ENTRAIN_INVALID, error,
                  "every 0-th");
    CHECK_REFUSED(entrain_disrupt_slow(disruptions, 0.5, 65536, NULL, &error), ENTRAIN_INVALID, error,
                  "65536-th");
    CHECK_REFUSED(entrain_disrupt_stubborn(disruptions, 0.5, 1.5, NULL, &error), ENTRAIN_INVALID, error,
                  "A chance is from 0 to 1, and 1.5");
    unmake(swarm, disruptions);

    // Who fires can end and begin, and no more.
    config.kind = ENTRAIN_SWARM_PULSE;
    make(&config, &swarm, &disruptions);
    uint32_t hit;
    CHECK_OK(entrain_swarm_advance(swarm, 50, &error), error);
    CHECK_OK(entrain_disrupt_kill(disruptions, 0.5, &hit, &error), error);
    assert_int_equal(hit, 50);
    CHECK_OK(entrain_swarm_advance(swarm, 100, &error), error);
    CHECK_OK(entrain_disrupt_revive(disruptions, 1, &hit, &error), error);
    assert_int_equal(living(swarm), 100);
    CHECK_REFUSED(entrain_disrupt_scramble(disruptions, 0.5, NULL, &error), ENTRAIN_UNSUPPORTED, error,
                  "can only be killed and revived");
    CHECK_REFUSED(entrain_disrupt_loss(disruptions, 0.5, &error), ENTRAIN_UNSUPPORTED, error,
                  "in virtual time");
    unmake(swarm, disruptions);
}

static uint64_t story(const entrain_swarm_config *config) {
    entrain_swarm *swarm;
    entrain_disruptions *disruptions;
    make(config, &swarm, &disruptions);
    CHECK_OK(entrain_swarm_advance(swarm, 20, &error), error);
    CHECK_OK(entrain_disrupt_scramble(disruptions, 0.7, NULL, &error), error);
    CHECK_OK(entrain_disrupt_drift(disruptions, 0.2, 0.5, NULL, &error), error);
    CHECK_OK(entrain_swarm_advance(swarm, 40, &error), error);
    CHECK_OK(entrain_disrupt_kill(disruptions, 0.5, NULL, &error), error);
    if (config->kind == ENTRAIN_SWARM_AGENTS) {
        CHECK_OK(entrain_disrupt_slow(disruptions, 0.3, 7, NULL, &error), error);
        CHECK_OK(entrain_disrupt_stubborn(disruptions, 0.3, 0.5, NULL, &error), error);
        CHECK_OK(entrain_disrupt_starve(disruptions, 0.3, NULL, &error), error);
    }
    CHECK_OK(entrain_swarm_advance(swarm, 60, &error), error);
    CHECK_OK(entrain_disrupt_revive(disruptions, 0.5, NULL, &error), error);
    CHECK_OK(entrain_swarm_advance(swarm, 80, &error), error);
    const uint64_t fingerprint = entrain_engine_fingerprint(entrain_swarm_engine(swarm));
    unmake(swarm, disruptions);
    return fingerprint;
}

static void the_same_for_every_way_of_carrying_it_out(void **state) {
    (void)state;
    static const entrain_swarm_model kinds[] = {ENTRAIN_SWARM_KURAMOTO, ENTRAIN_SWARM_AGENTS};
    for (size_t k = 0; k < 2; k++) {
        entrain_swarm_config config = config_of(kinds[k], 300);
        config.engine.cohort_weight = 64;
        const uint64_t wanted = story(&config);
        for (int transport = 0; transport < ENTRAIN_TRANSPORT_COUNT; transport++)
            for (int layout = ENTRAIN_LAYOUT_INDEX; layout < ENTRAIN_LAYOUT_COUNT; layout++)
                for (int workers = 1; workers <= 3; workers++) {
                    config.engine.transport = (entrain_transport)transport;
                    config.engine.layout = (entrain_layout)layout;
                    config.engine.scheduler.worker_count = (uint32_t)workers;
                    config.engine.scheduler.policy = workers == 2 ? "dataflow" : "steal";
                    assert_true(story(&config) == wanted);
                }
        config.seed++;
        assert_true(story(&config) != wanted);
    }
}

static void no_memory_is_a_status(void **state) {
    (void)state;
    const entrain_swarm_config config = config_of(ENTRAIN_SWARM_KURAMOTO, 300);
    entrain_swarm *swarm;
    CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
    const int64_t live = entrain__memory_live();
    entrain_status status = ENTRAIN_NO_MEMORY;
    for (uint64_t n = 1; status != ENTRAIN_OK; n++) {
        assert_true(n < 30);
        entrain_disruptions *disruptions = NULL;
        entrain__memory_fail_at(n);
        status = entrain_disruptions_create(swarm, &disruptions, &error);
        if (status == ENTRAIN_OK)
            status = entrain_disrupt_scramble(disruptions, 0.5, NULL, &error);
        if (status == ENTRAIN_OK)
            status = entrain_disrupt_kill(disruptions, 0.5, NULL, &error);
        entrain__memory_fail_at(0);
        if (status != ENTRAIN_OK)
            assert_int_equal(status, ENTRAIN_NO_MEMORY);
        entrain_disruptions_destroy(disruptions);
        assert_int_equal(entrain__memory_live(), live);
    }
    entrain_swarm_destroy(swarm);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_exact),
        cmocka_unit_test(who_is_hit_is_drawn),
        cmocka_unit_test(scrambled_phases_are_uniform),
        cmocka_unit_test(the_dead_are_revived),
        cmocka_unit_test(clocks_drift),
        cmocka_unit_test(agents_lose_power_pace_and_pliancy),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(the_same_for_every_way_of_carrying_it_out),
        cmocka_unit_test(no_memory_is_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
