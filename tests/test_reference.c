// Reference workloads: each proves its own answer, in every execution it runs in, under every policy;
// kuramoto-ring gives the bits of the lockstep engine; and answers that are wrong are said to be.
#include "check.h"

#include <inttypes.h>

#include "actors/kuramoto_ring.h"
#include "engine/base/memory.h"
#include "entrain/kuramoto.h"
#include "entrain/reference.h"

static entrain_error error;

static entrain_engine_config config_of(entrain_execution execution, const char *policy, uint32_t workers) {
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = execution;
    config.scheduler.policy = policy;
    config.scheduler.worker_count = workers;
    return config;
}

// One run to its end and its answer. @return the fingerprint of its final state
static uint64_t run_of(const entrain_reference *reference, const double *parameters,
                       const entrain_engine_config *config) {
    entrain_reference_run *run = NULL;
    CHECK_OK(entrain_reference_create(reference, parameters, config, NULL, &run, &error), error);
    CHECK_OK(entrain_reference_go(run, &error), error);
    CHECK_OK(entrain_reference_check(run, &error), error);
    assert_true(entrain_reference_messages(run) > 0);
    uint64_t fingerprint = entrain_engine_fingerprint(run->engine);
    entrain_reference_destroy(run);
    return fingerprint;
}

static bool runs_in(const entrain_reference *reference, entrain_execution execution) {
    return (reference->executions >> execution & 1) != 0;
}

static void test_table(void **state) {
    (void)state;
    static const char *const names[] = {"ping-pong",      "flood",  "thread-ring", "fork-join",    "big",
                                        "bounded-buffer", "dining", "phold",       "kuramoto-ring"};
    uint32_t count = sizeof names / sizeof *names;
    for (uint32_t i = 0; i < count; i++) {
        const entrain_reference *reference = entrain_reference_at(i);
        assert_non_null(reference);
        assert_string_equal(reference->name, names[i]);
        assert_ptr_equal(entrain_reference_find(names[i]), reference);
        assert_true(runs_in(reference, ENTRAIN_EXECUTION_EVENT_DRIVEN));
        for (uint32_t p = 0; p < reference->parameter_count; p++)
            assert_true(reference->normal[p] >= reference->parameters[p].least &&
                        reference->normal[p] <= reference->parameters[p].most);
    }
    assert_null(entrain_reference_at(count));
    assert_null(entrain_reference_find("pong"));
}

// All policies, in one execution: what is exact has one fingerprint.
static void check_all(entrain_execution execution) {
    static const struct {
        const char *policy;
        uint32_t workers;
    } ways[] = {{"serial", 1}, {"steal", 1}, {"steal", 2}, {"static", 2}, {"shared", 3}, {"steal", 8}};
    const entrain_reference *reference;
    for (uint32_t i = 0; (reference = entrain_reference_at(i)) != NULL; i++) {
        uint64_t first = 0;
        if (!runs_in(reference, execution))
            continue;
        for (uint32_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            entrain_engine_config config = config_of(execution, ways[w].policy, ways[w].workers);
            uint64_t fingerprint = run_of(reference, NULL, &config);
            first = w == 0 ? fingerprint : first;
            if (reference->exact && fingerprint != first)
                fail_msg("%s, %s with %u workers: %016" PRIx64 ", not %016" PRIx64, reference->name,
                         ways[w].policy, ways[w].workers, fingerprint, first);
        }
    }
}

static void test_event_driven(void **state) {
    (void)state;
    check_all(ENTRAIN_EXECUTION_EVENT_DRIVEN);
}

static void test_virtual_time(void **state) {
    (void)state;
    check_all(ENTRAIN_EXECUTION_VIRTUAL_TIME);
    // The order of all events, on any machine, from any compiler.
    entrain_engine_config config = config_of(ENTRAIN_EXECUTION_VIRTUAL_TIME, "steal", 2);
    assert_int_equal(run_of(entrain_reference_find("phold"), NULL, &config), UINT64_C(0x413a18d632a2fd4c));
}

static void test_lockstep(void **state) {
    (void)state;
    check_all(ENTRAIN_EXECUTION_LOCKSTEP);
}

// The lockstep engine's phases on a ring of degree 8.
static void check_kuramoto(entrain_execution execution, uint32_t workers) {
    enum { AGENTS = 500, TICKS = 200 };
    const double parameters[] = {AGENTS, TICKS};
    static double phases[AGENTS], frequencies[AGENTS];
    entrain_engine_config config = config_of(execution, "steal", workers);
    entrain_reference_run *run = NULL;
    CHECK_OK(entrain_reference_create(entrain_reference_find("kuramoto-ring"), parameters, &config, NULL,
                                      &run, &error),
             error);
    CHECK_OK(entrain_reference_go(run, &error), error);
    CHECK_OK(entrain_reference_check(run, &error), error);

    entrain_engine_config lockstep = config_of(ENTRAIN_EXECUTION_LOCKSTEP, "steal", 2);
    entrain_topology_config ring = entrain_topology_config_defaults();
    entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
    entrain_engine *engine = NULL;
    entrain_topology *topology = NULL;
    entrain_population *population = NULL;
    lockstep.step_s = ENTRAIN__RING_STEP_S;
    ring.kind = ENTRAIN_TOPOLOGY_RING;
    ring.size = AGENTS;
    ring.degree = ENTRAIN__RING_NEIGHBOURS;
    model.coupling = ENTRAIN__RING_COUPLING;
    model.integrator = ENTRAIN_INTEGRATOR_EULER;
    for (uint32_t i = 0; i < AGENTS; i++) {
        phases[i] = entrain__ring_phase(i);
        frequencies[i] = entrain__ring_frequency(i);
    }
    CHECK_OK(entrain_engine_create(&lockstep, &engine, &error), error);
    CHECK_OK(entrain_kuramoto_add(engine, &model, AGENTS, phases, frequencies, &population, &error), error);
    CHECK_OK(entrain_topology_create(&ring, &topology, &error), error);
    CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
    entrain_topology_release(topology);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    CHECK_OK(entrain_engine_advance(engine, TICKS, &error), error);
    for (uint32_t i = 0; i < AGENTS; i++) {
        const double *own = entrain_reference_column(run, 0, i, 0); // an agent begins with its phase
        const double *wanted = entrain_population_at(population, i, ENTRAIN_KURAMOTO_PHASE);
        assert_memory_equal(own, wanted, sizeof *own);
    }
    entrain_engine_destroy(engine);
    entrain_reference_destroy(run);
}

static void test_kuramoto(void **state) {
    (void)state;
    check_kuramoto(ENTRAIN_EXECUTION_LOCKSTEP, 2);
    check_kuramoto(ENTRAIN_EXECUTION_EVENT_DRIVEN, 1);
    check_kuramoto(ENTRAIN_EXECUTION_EVENT_DRIVEN, 3);
}

static void test_refusals(void **state) {
    (void)state;
    entrain_engine_config config = config_of(ENTRAIN_EXECUTION_LOCKSTEP, "steal", 1);
    entrain_reference_run *run = NULL;
    const entrain_reference *ring = entrain_reference_find("thread-ring");
    const double broken[] = {2.5, 10}, few[] = {0, 10};
    CHECK_REFUSED(entrain_reference_create(ring, broken, &config, NULL, &run, &error), ENTRAIN_INVALID, error,
                  "actors is 2.5; it must be a whole number");
    CHECK_REFUSED(entrain_reference_create(ring, few, &config, NULL, &run, &error), ENTRAIN_INVALID, error,
                  "actors");
    CHECK_REFUSED(
        entrain_reference_create(entrain_reference_find("fork-join"), NULL, &config, NULL, &run, &error),
        ENTRAIN_UNSUPPORTED, error, "does not run in execution lockstep; choose event-driven");
    const double used_up[] = {2551, 10};
    config.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
    CHECK_REFUSED(
        entrain_reference_create(entrain_reference_find("fork-join"), used_up, &config, NULL, &run, &error),
        ENTRAIN_INVALID, error, "10 places are too few for 2551 children");
    const double barely[] = {2550, 10};
    run_of(entrain_reference_find("fork-join"), barely, &config);
    config.execution = ENTRAIN_EXECUTION_LOCKSTEP;
    const entrain_reference_options traced = {.trace = stderr};
    config.scheduler.worker_count = 2;
    CHECK_REFUSED(entrain_reference_create(ring, NULL, &config, &traced, &run, &error), ENTRAIN_INVALID,
                  error, "wants 1 worker, not 2");
}

// Every number that a workload keeps, changed by one, must be missed by its check.
static void test_wrong_answers(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint32_t population, column, offset;
        const char *words;
    } spoiled[] = {
        {"ping-pong", 1, 0, 0, "heard"},          {"ping-pong", 0, 0, 8, "heard"},
        {"flood", 1, 0, 8, "of sender 1"},        {"thread-ring", 0, 0, 0, "node 0 had the token"},
        {"thread-ring", 0, 0, 12, "the token"},   {"big", 0, 0, 8, "was pinged"},
        {"big", 0, 0, 4, "pings left"},           {"dining", 0, 0, 0, "starved"},
        {"dining", 1, 0, 8, "fork 0 was given"},  {"bounded-buffer", 1, 0, 0, "were consumed"},
        {"bounded-buffer", 1, 0, 8, "the sum"},   {"bounded-buffer", 2, 4, 0, "is its capacity"},
        {"bounded-buffer", 2, 0, 0, "went in"},   {"bounded-buffer", 1, 0, 16, "that it is over"},
        {"kuramoto-ring", 0, 0, 0, "plain loop"}, {"kuramoto-ring", 0, 0, 60, "stands at tick"},
        {"kuramoto-ring", 0, 0, 24, "or sums"},
    };
    entrain_engine_config config = config_of(ENTRAIN_EXECUTION_LOCKSTEP, "steal", 1);
    for (uint32_t s = 0; s < sizeof spoiled / sizeof *spoiled; s++) {
        entrain_reference_run *run = NULL;
        CHECK_OK(entrain_reference_create(entrain_reference_find(spoiled[s].name), NULL, &config, NULL, &run,
                                          &error),
                 error);
        CHECK_OK(entrain_reference_go(run, &error), error);
        char *at = entrain_reference_column(run, spoiled[s].population, 0, spoiled[s].column);
        at[spoiled[s].offset] = (char)(at[spoiled[s].offset] + 50);
        CHECK_REFUSED(entrain_reference_check(run, &error), ENTRAIN_MISMATCH, error, spoiled[s].words);
        entrain_reference_destroy(run);
    }
    // Before its end: mail is left.
    entrain_reference_run *run = NULL;
    CHECK_OK(entrain_reference_create(entrain_reference_find("flood"), NULL, &config, NULL, &run, &error),
             error);
    CHECK_REFUSED(entrain_reference_check(run, &error), ENTRAIN_MISMATCH, error,
                  "10 messages are under way at the end, not 0");
    entrain_reference_destroy(run);
}

// The n-th block of memory cannot be had: a status with a sentence, and nothing is left behind.
static void test_no_memory(void **state) {
    (void)state;
    static const char *const names[] = {"bounded-buffer", "kuramoto-ring"};
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) {
        entrain_engine_config config = config_of(ENTRAIN_EXECUTION_EVENT_DRIVEN, "steal", 1);
        const int64_t live = entrain__memory_live();
        entrain_status status = ENTRAIN_NO_MEMORY;
        uint64_t n = 1;
        for (; status != ENTRAIN_OK; n++) {
            entrain_reference_run *run = NULL;
            error = (entrain_error){0};
            entrain__memory_fail_at(n);
            status =
                entrain_reference_create(entrain_reference_find(names[i]), NULL, &config, NULL, &run, &error);
            entrain__memory_fail_at(0);
            if (status != ENTRAIN_OK) {
                assert_int_equal(status, ENTRAIN_NO_MEMORY);
                assert_true(error.sentence[0] != '\0');
            }
            entrain_reference_destroy(run);
            assert_int_equal(entrain__memory_live(), live);
        }
        assert_true(n > 10);
    }
}

static void test_trace(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    const double parameters[] = {1};
    const entrain_reference_options options = {.trace = to};
    entrain_engine_config config = config_of(ENTRAIN_EXECUTION_LOCKSTEP, "serial", 1);
    entrain_reference_run *run = NULL;
    CHECK_OK(entrain_reference_create(entrain_reference_find("ping-pong"), parameters, &config, &options,
                                      &run, &error),
             error);
    CHECK_OK(entrain_reference_go(run, &error), error);
    CHECK_OK(entrain_reference_check(run, &error), error);
    entrain_reference_destroy(run);
    fclose(to);
    assert_string_equal(text, "       1  pinger 0 <- outside: go 0 0\n"
                              "       2  ponger 0 <- pinger 0: ping 0 0\n"
                              "       3  pinger 0 <- ponger 0: pong 0 0\n");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),         cmocka_unit_test(test_lockstep),
        cmocka_unit_test(test_event_driven),  cmocka_unit_test(test_virtual_time),
        cmocka_unit_test(test_kuramoto),      cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_wrong_answers), cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
