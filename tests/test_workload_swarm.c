// Workloads in swarms, whatever happens to them: nothing is lost at any tick, and the same for all who run
// it.
#include "check.h"

#include <math.h>

#include "actors/work.h"
#include "engine/base/fingerprint.h"
#include "entrain/swarm.h"

enum { SIZE = 61, GATEWAYS = 3 };

typedef struct world {
    uint64_t seed;
    uint32_t size, ticks;
    bool calm; // nobody is stopped, nothing is changed
    entrain_overflow overflow;
    double coupling;
} world;

static entrain_random worlds;
static double drawn(uint64_t seed, uint64_t tick, uint32_t what) {
    return entrain_random_uniform(worlds, (uint32_t)seed, tick, what);
}

static void draw_workload(const world *where, entrain_workload_config *config) {
    const uint64_t seed = where->seed;
    config->pattern = (entrain_pattern)(seed % 4); // not sparse: something must happen
    config->load = 1 + 2 * drawn(seed, 0, 1);
    config->queue = 1 + (uint32_t)(64 * drawn(seed, 0, 2));
    config->gateways = GATEWAYS;
    config->gateway_inbox = drawn(seed, 0, 3) < 0.4 ? 0 : 1 + (uint32_t)(5 * drawn(seed, 0, 3));
    config->window_s = 0.2 * drawn(seed, 0, 4);
    config->batch_max = drawn(seed, 0, 5) < 0.5 ? 0 : 40;
    config->pending_max = drawn(seed, 0, 6) < 0.5 ? 0 : 100;
    config->calls_max = 1 + (uint32_t)(8 * drawn(seed, 0, 7));
    config->failure = 0.3 * drawn(seed, 0, 8);
    config->silence = 0.2 * drawn(seed, 0, 9);
    config->timeout_s = 0.1 + 0.2 * drawn(seed, 0, 10);
    config->latency_s = 0.2 * drawn(seed, 0, 12);
    config->latency_spread_s = config->latency_s / 2;
    config->rate = drawn(seed, 0, 11) < 0.5 ? 0 : 2;
    config->breaker_limit = 2;
    config->breaker_open_s = 0.5;
}

static void open_swarm(const world *where, entrain_engine_config engine, entrain_swarm **swarm_out) {
    entrain_error error = {0};
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.kind = ENTRAIN_SWARM_AGENTS;
    config.size = where->size;
    config.seed = where->seed;
    config.engine = engine;
    config.engine.overflow = where->overflow;
    config.engine.overflow_named = where->overflow != ENTRAIN_OVERFLOW_FAIL;
    config.engine.cohort_weight = 64;
    config.topology.kind = ENTRAIN_TOPOLOGY_RING;
    config.topology.degree = 6;
    config.agent.period_s = 0.5;
    config.agent.coupling = where->coupling;
    config.frequency =
        (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_NORMAL, .mean = 12.566, .deviation = 0.4};
    config.has_workload = true;
    draw_workload(where, &config.workload);
    CHECK_OK(entrain_swarm_create(&config, swarm_out, &error), error);
}

static void stop_or_begin(entrain_engine *engine, entrain_population *population, uint32_t index) {
    const entrain_id id = entrain_population_id(population, index);
    entrain_id begun;
    if (id != ENTRAIN_ID_NONE)
        assert_int_equal(entrain_engine_stop_actor(engine, id), ENTRAIN_OK);
    else
        assert_int_equal(entrain_engine_restart_actor(engine, population, index, &begun), ENTRAIN_OK);
}

// What befalls a world before its next tick.
static void befall(const world *where, entrain_swarm *swarm, uint64_t tick) {
    entrain_engine *engine = entrain_swarm_engine(swarm);
    entrain_workload *workload = entrain_swarm_workload(swarm);
    entrain_error error = {0};
    for (uint32_t k = 0; k < 3; k++)
        if (drawn(where->seed, tick, 10 + k) < 0.2)
            stop_or_begin(engine, entrain_swarm_population(swarm),
                          (uint32_t)(where->size * drawn(where->seed, tick, 20 + k)));
    if (drawn(where->seed, tick, 30) < 0.02)
        stop_or_begin(engine, workload->gateway_population,
                      (uint32_t)(GATEWAYS * drawn(where->seed, tick, 31)));
    if (drawn(where->seed, tick, 32) < 0.02)
        stop_or_begin(engine, workload->service, (uint32_t)(GATEWAYS * drawn(where->seed, tick, 33)));
    if (drawn(where->seed, tick, 34) < 0.03) {
        entrain_workload_config config = *entrain_workload_look(workload);
        config.pattern = (entrain_pattern)(5 * drawn(where->seed, tick, 35));
        config.load = 5 * drawn(where->seed, tick, 36);
        config.failure = drawn(where->seed, tick, 37) < 0.3 ? 1 : 0.1;
        config.window_s = 0.3 * drawn(where->seed, tick, 38);
        CHECK_OK(entrain_workload_change(workload, &config, &error), error);
    }
}

static uint64_t fold_totals(uint64_t folded, const entrain_workload_totals *totals) {
    const uint64_t counts[] = {
        totals->generated,       totals->delivered,       totals->queued,       totals->shed,
        totals->shed_queue,      totals->shed_mailbox,    totals->shed_gateway, totals->queued_agents,
        totals->queued_messages, totals->queued_gateways, totals->calls,        totals->calls_failed,
        totals->calls_timed_out, totals->calls_limited,   totals->calls_late,   totals->calls_succeeded,
        totals->breaker_opened,  totals->breaker};
    const double figures[] = {
        totals->cost,        totals->batch_mean,        totals->batch_p95,  totals->batch_max,
        totals->wait_mean_s, totals->wait_p50_s,        totals->wait_p95_s, totals->wait_p99_s,
        totals->wait_max_s,  totals->breaker_open_share};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        folded = entrain__mix_fold(folded, counts[c]);
    for (size_t f = 0; f < sizeof figures / sizeof *figures; f++) {
        uint64_t bits;
        memcpy(&bits, &figures[f], sizeof bits);
        folded = entrain__mix_fold(folded, isnan(figures[f]) ? 1 : bits);
    }
    return folded;
}

// Runs it, checks every tick, and folds all that can be seen.
static uint64_t run(const world *where, entrain_engine_config engine, entrain_workload_totals *totals_out) {
    entrain_swarm *swarm;
    entrain_error error = {0};
    uint64_t folded = 0;
    entrain_workload_totals totals;
    open_swarm(where, engine, &swarm);
    for (uint32_t tick = 0; tick < where->ticks; tick++) {
        if (!where->calm)
            befall(where, swarm, tick);
        // Before the tick as well: who is stopped takes nothing along.
        for (int after = 0; after < 2; after++) {
            if (after == 1)
                CHECK_OK(entrain_swarm_advance(swarm, tick + 1, &error), error);
            assert_int_equal(entrain_workload_measure(entrain_swarm_workload(swarm), &totals), ENTRAIN_OK);
            if (entrain_workload_check(&totals, &error) != ENTRAIN_OK)
                fail_msg("world %llu, tick %u: %s", (unsigned long long)where->seed, tick + (unsigned)after,
                         error.sentence);
            folded = fold_totals(folded, &totals);
        }
        if (tick % 16 == 0)
            folded = entrain__mix_fold(folded, entrain_engine_fingerprint(entrain_swarm_engine(swarm)));
    }
    folded = entrain__mix_fold(folded, entrain_engine_fingerprint(entrain_swarm_engine(swarm)));
    entrain_message_count count;
    entrain_engine_count(entrain_swarm_engine(swarm), &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    entrain_swarm_destroy(swarm);
    *totals_out = totals;
    return folded;
}

static entrain_engine_config plain(void) {
    entrain_engine_config engine = entrain_engine_config_defaults();
    engine.scheduler.worker_count = 1;
    engine.transport = ENTRAIN_TRANSPORT_PUBLISH;
    return engine;
}

// Kills, restarts, small inboxes, gateways and desks that end, a service that fails: at every tick boundary
// each request is somewhere.
static void test_nothing_is_lost(void **state) {
    (void)state;
    entrain_workload_totals totals;
    uint64_t sums[9] = {0};
    for (uint64_t seed = 1; seed <= 16; seed++) {
        const world where = {.seed = seed, .size = SIZE, .ticks = 300, .coupling = 4};
        run(&where, plain(), &totals);
        const uint64_t seen[9] = {totals.shed_queue,    totals.shed_mailbox,   totals.shed_gateway,
                                  totals.calls_late,    totals.calls_failed,   totals.calls_timed_out,
                                  totals.calls_limited, totals.breaker_opened, totals.delivered};
        for (int s = 0; s < 9; s++)
            sums[s] += seen[s];
    }
    for (int s = 0; s < 9; s++)
        if (sums[s] <= 10)
            fail_msg("figure %d of these worlds is only %llu", s, (unsigned long long)sums[s]);
}

// The same under every overflow policy; under block no message finds no room, it waits.
static void test_overflow(void **state) {
    (void)state;
    entrain_workload_totals totals;
    entrain_engine_config engine = plain();
    engine.transport = ENTRAIN_TRANSPORT_MAILBOX;
    for (int overflow = 0; overflow < ENTRAIN_OVERFLOW_COUNT; overflow++)
        for (uint64_t seed = 20; seed < 23; seed++) {
            const world where = {.seed = seed,
                                 .size = SIZE,
                                 .ticks = 200,
                                 .coupling = 4,
                                 .overflow = (entrain_overflow)overflow,
                                 .calm = overflow == ENTRAIN_OVERFLOW_BLOCK};
            run(&where, engine, &totals);
            if (overflow == ENTRAIN_OVERFLOW_BLOCK)
                assert_int_equal(totals.shed_mailbox, 0);
        }
}

// For every policy, worker count, transport, layout.
static void test_same_for_all(void **state) {
    (void)state;
    static const char *const policies[] = {"shuffled", "static", "shared", "steal", "adaptive", "dataflow"};
    entrain_workload_totals totals;
    for (uint64_t seed = 40; seed < 42; seed++) {
        const world where = {.seed = seed, .size = 300, .ticks = 120, .coupling = 4};
        const uint64_t wanted = run(&where, plain(), &totals);
        for (size_t p = 0; p < sizeof policies / sizeof *policies; p++) {
            entrain_engine_config engine = plain();
            engine.scheduler.policy = policies[p];
            engine.scheduler.worker_count = 2 + (uint32_t)p % 2;
            engine.transport = (entrain_transport)((p + seed) % 2);
            engine.layout = (entrain_layout)(1 + p % 3);
            const uint64_t got = run(&where, engine, &totals);
            if (got != wanted)
                fail_msg("world %llu: %s, %u workers, %s, layout %s: %016llx, not %016llx",
                         (unsigned long long)seed, policies[p], engine.scheduler.worker_count,
                         entrain_transport_name(engine.transport), entrain_layout_name(engine.layout),
                         (unsigned long long)got, (unsigned long long)wanted);
        }
    }
}

// Requests do not depend on who synchronizes with whom; calls do.
static void test_control_run(void **state) {
    (void)state;
    entrain_workload_totals coupled, control;
    const world with = {.seed = 3, .size = 300, .ticks = 1500, .calm = true, .coupling = 4};
    world without = with;
    without.coupling = 0;
    run(&with, plain(), &coupled);
    run(&without, plain(), &control);
    assert_int_equal(coupled.generated, control.generated);
    assert_true(coupled.batch_p95 > control.batch_p95);
}

int main(void) {
    worlds = entrain_random_key(5, ENTRAIN_STREAM_USER);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_lost),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_same_for_all),
        cmocka_unit_test(test_control_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
