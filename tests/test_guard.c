// Columns that must stay finite, in populations that step: who is found, when, and that what is done about
// it is the same through both transports and for every policy, worker count, layout and width of vectors.
#include <math.h>

#include "check.h"
#include "engine/supervise.h"
#include "entrain/engine.h"

// The sum that looks for trouble sees it at every position, of every kind, in ranges of every length; and
// does not cry at what is large but finite for good.
static void what_is_not_finite_is_found_wherever_it_is(void **state) {
    (void)state;
    static double values[200];
    static const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, -(double)NAN};
    for (int simd = ENTRAIN_SIMD_SSE2; simd <= ENTRAIN_SIMD_AVX512; simd++) {
        if (!entrain_simd_available((entrain_simd)simd))
            continue;
        for (size_t count = 0; count <= 130; count += count < 40 ? 1 : 9) {
            for (size_t k = 0; k < count; k++)
                values[k] = (double)k - 3;
            values[count] = (double)NAN; // not of the range
            assert_true(entrain__finite_likely((entrain_simd)simd, values, count));
            for (size_t k = 0; k < count; k++)
                for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
                    values[k] = bad[b];
                    assert_false(entrain__finite_likely((entrain_simd)simd, values, count));
                    values[k] = 0;
                }
        }
        values[0] = (double)INFINITY;
        values[1] = -(double)INFINITY; // they do not cancel
        assert_false(entrain__finite_likely((entrain_simd)simd, values, 2));
    }
}

// An oscillator of sorts: adds what it hears to its value; some day some of them break.
enum { AGENTS = 500 };
typedef struct breaking {
    uint64_t break_at; // tick
    uint32_t every;    // of the indices that break: index % every == 3
    uint32_t again;    // restarted ones break again as many ticks later, 0: never
    uint32_t events;
    uint64_t sum;
} breaking;

enum { VALUE, AGE, PAIR };
static const entrain_column columns[] = {
    {.name = "value", .bytes = 8, .fingerprint = true},
    {.name = "age", .bytes = 8, .fingerprint = true},
    {.name = "pair", .bytes = 16, .fingerprint = true, .finite = true},
};

static void start(const entrain_range *range) {
    int64_t *value = range->columns[VALUE];
    double *pair = range->columns[PAIR];
    for (uint32_t k = 0; k < range->count; k++) {
        value[k] = range->indices[k];
        pair[2 * k] = 1e308; // large, so that sums overflow, but finite
    }
}

static void publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    (void)stage;
    const int64_t *value = range->columns[VALUE];
    const double *pair = range->columns[PAIR];
    for (uint32_t k = 0; k < range->count; k++)
        words_out[k] =
            (value[k] & 0xffff) + (pair[2 * k + 1] > 1e10 ? 1000 : 0); // a broken one would be heard
}

static void step(const entrain_range *range, uint32_t stage) {
    (void)stage;
    const breaking *plan = range->context;
    int64_t *value = range->columns[VALUE];
    uint64_t *age = range->columns[AGE];
    double *pair = range->columns[PAIR];
    for (uint32_t k = 0; k < range->count; k++) {
        value[k] += range->sums[k];
        age[k]++;
        if (range->indices[k] % plan->every == 3 &&
            (range->tick == plan->break_at ||
             (plan->again > 0 && range->tick > plan->break_at && age[k] == plan->again)))
            pair[2 * k + 1] = (double)INFINITY;
    }
}

static void remember(void *context, const entrain_lifecycle *event) {
    breaking *plan = context;
    plan->events++;
    plan->sum = plan->sum * 31 + event->id + event->tick + (uint64_t)event->kind * 1000 + event->successor;
    if (event->kind != ENTRAIN_LIFECYCLE_RESTARTED)
        assert_string_equal(event->column, "pair");
}

static entrain_engine *open_swarm(const entrain_engine_config *config, entrain_remedy remedy, breaking *plan,
                                  entrain_population **population_out) {
    const entrain_behavior behavior = {.name = "breaker",
                                       .columns = columns,
                                       .column_count = 3,
                                       .words = 1,
                                       .exchanges = 1,
                                       .start = start,
                                       .step = step,
                                       .publish = publish};
    entrain_topology_config graph = entrain_topology_config_defaults();
    graph.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
    graph.size = AGENTS;
    graph.degree = 6;
    entrain_topology *topology;
    entrain_engine *engine;
    entrain_error error = {0};
    entrain_supervision how = entrain_supervision_defaults();
    how.remedy = remedy;
    CHECK_OK(entrain_topology_create(&graph, &topology, &error), error);
    CHECK_OK(entrain_engine_create(config, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &behavior, plan, AGENTS, population_out, &error), error);
    CHECK_OK(entrain_engine_supervise(engine, *population_out, &how, &error), error);
    CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
    entrain_topology_release(topology);
    assert_int_equal(entrain_engine_on_lifecycle(engine, false, remember, plan), ENTRAIN_OK);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    return engine;
}

static const char *const policies[] = {"serial", "shuffled", "static", "steal", "dataflow"};
enum { POLICIES = sizeof policies / sizeof *policies };

static entrain_engine_config variant(size_t p, int transport) {
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.policy = policies[p];
    config.scheduler.worker_count = 1 + (uint32_t)p % 3;
    config.transport = (entrain_transport)transport;
    config.layout = p % 2 == 0 ? ENTRAIN_LAYOUT_INDEX : ENTRAIN_LAYOUT_SHUFFLED;
    config.simd = transport == 0 ? ENTRAIN_SIMD_SSE2 : ENTRAIN_SIMD_AUTO;
    config.cohort_weight = 64;
    return config;
}

static void who_breaks_in_a_tick_is_mended_at_its_end_everywhere_alike(void **state) {
    (void)state;
    entrain_error error = {0};
    for (int remedy = ENTRAIN_REMEDY_STOP; remedy <= ENTRAIN_REMEDY_RESTART; remedy++) {
        uint64_t wanted = 0, wanted_sum = 0;
        for (int transport = 0; transport < 2; transport++)
            for (size_t p = 0; p < POLICIES; p++) {
                breaking plan = {.break_at = 10, .every = 7, .again = 4};
                entrain_population *population;
                const entrain_engine_config config = variant(p, transport);
                entrain_engine *engine = open_swarm(&config, (entrain_remedy)remedy, &plan, &population);
                CHECK_OK(entrain_engine_advance(engine, 10, &error), error);
                assert_int_equal(plan.events, 0);
                CHECK_OK(entrain_engine_advance(engine, 30, &error), error);
                // 3, 10, ... 493+: 71 of 500. Restarted in tick 10, they break in 14, 18, 22: three
                // restarts, then given up.
                assert_int_equal(plan.events, remedy == ENTRAIN_REMEDY_STOP ? 71 : 71 * (3 * 2 + 1));
                for (uint32_t k = 0; k < AGENTS; k++)
                    assert_int_equal(entrain_population_id(population, k) == ENTRAIN_ID_NONE, k % 7 == 3);
                const uint64_t fingerprint = entrain_engine_fingerprint(engine);
                if (wanted == 0) {
                    wanted = fingerprint;
                    wanted_sum = plan.sum;
                }
                assert_int_equal(fingerprint, wanted);
                assert_int_equal(plan.sum, wanted_sum);
                entrain_engine_destroy(engine);
            }
    }
}

static void who_is_first_to_break_is_named_whoever_finds_it(void **state) {
    (void)state;
    for (int transport = 0; transport < 2; transport++)
        for (size_t p = 0; p < POLICIES; p++) {
            entrain_error error = {0};
            breaking plan = {.break_at = 10, .every = 4}; // several in a task, in any order
            entrain_population *population;
            const entrain_engine_config config = variant(p, transport);
            entrain_engine *engine = open_swarm(&config, ENTRAIN_REMEDY_ESCALATE, &plan, &population);
            CHECK_REFUSED(entrain_engine_advance(engine, 1000, &error), ENTRAIN_FAILED, error,
                          "Actor 3 of \"breaker\" (id 0x01000003) failed at tick 10 (0.1 s): a NaN or an "
                          "infinity in its "
                          "column \"pair\"");
            assert_int_equal(plan.events, 1);
            CHECK_REFUSED(entrain_engine_advance(engine, 1, &error), ENTRAIN_ORDER, error,
                          "after a run that failed");
            entrain_engine_destroy(engine);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_finite_is_found_wherever_it_is),
        cmocka_unit_test(who_breaks_in_a_tick_is_mended_at_its_end_everywhere_alike),
        cmocka_unit_test(who_is_first_to_break_is_named_whoever_finds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
