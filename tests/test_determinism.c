// The promise: one scenario, one seed, the same bits. Golden fingerprints for every scheduler policy, number
// of workers, transport, vector instruction set and layout, in one process; gcc's and clang's builds both run
// it.
//
// A golden constant changes when a result changes. That is a change for users: explain it in the commit, or
// find the bug.
//   test_determinism          the matrix below; in sanitizer builds, which are slow, a part of it
//   test_determinism --full   all of it in any build
//   test_determinism --print  the constants as they are now, to be pasted after such a change
#include "check.h"

#include "entrain/swarm.h"

typedef struct golden_run {
    const char *name;
    entrain_topology_kind topology;
    uint32_t size, degree;
    bool directed, weighted;
    entrain_integrator integrator;
    entrain_normalise normalise;
    double coupling, lag;
    entrain_distribution frequency;
    uint64_t seed;
    uint64_t ticks, every;
    uint64_t fingerprint; // all samples, folded
} golden_run;

#define LORENTZ                                                                                              \
    { .kind = ENTRAIN_DISTRIBUTION_LORENTZ, .width = 0.5 }
#define NORMAL                                                                                               \
    { .kind = ENTRAIN_DISTRIBUTION_NORMAL, .deviation = 1 }
#define QUANTILE                                                                                             \
    { .kind = ENTRAIN_DISTRIBUTION_LORENTZ, .width = 1, .sampling = ENTRAIN_SAMPLING_QUANTILE }
#define UNIFORM                                                                                              \
    { .kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = -1, .high = 1 }

static const golden_run goldens[] = {
    {"fireflies: small world, rk4", ENTRAIN_TOPOLOGY_SMALL_WORLD, 1000, 8, false, false,
     ENTRAIN_INTEGRATOR_RK4, ENTRAIN_NORMALISE_DEGREE, 2, 0, LORENTZ, 7, 60, 20,
     UINT64_C(0x227f82cbf135fa4d)},
    {"ring lattice, euler, lag", ENTRAIN_TOPOLOGY_RING, 1531, 8, false, false, ENTRAIN_INTEGRATOR_EULER,
     ENTRAIN_NORMALISE_NONE, 0.3, 0.4, NORMAL, 1, 150, 50, UINT64_C(0x23915b44930673a6)},
    {"complete, heun, quantile", ENTRAIN_TOPOLOGY_COMPLETE, 9001, 0, false, false, ENTRAIN_INTEGRATOR_HEUN,
     ENTRAIN_NORMALISE_SIZE, 4, -0.2, QUANTILE, 42, 30, 10, UINT64_C(0xb5f1c0f38bb2a65b)},
    {"scale-free, weighted, heard", ENTRAIN_TOPOLOGY_SCALE_FREE, 777, 6, false, true, ENTRAIN_INTEGRATOR_RK4,
     ENTRAIN_NORMALISE_HEARD, 1.5, 0.1, UNIFORM, 3, 40, 20, UINT64_C(0xec6b21c864d11149)},
    {"random, directed, weighted", ENTRAIN_TOPOLOGY_ERDOS_RENYI, 900, 5, true, true, ENTRAIN_INTEGRATOR_EULER,
     ENTRAIN_NORMALISE_DEGREE, 3, 0, NORMAL, UINT64_C(0x123456789abcdef), 100, 25,
     UINT64_C(0x8a0b2ede9d6e1340)},
};
enum { GOLDEN_COUNT = sizeof goldens / sizeof *goldens };

static uint64_t run(const golden_run *golden, entrain_engine_config engine) {
    entrain_error error = {0};
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = golden->size;
    config.seed = golden->seed;
    config.engine = engine;
    config.engine.cohort_weight = 512; // many tasks, so that there is something to steal
    config.topology.kind = golden->topology;
    config.topology.degree = golden->degree;
    config.topology.directed = golden->directed;
    if (golden->weighted) {
        config.topology.weight_low = 0.25;
        config.topology.weight_high = 1.75;
    }
    config.model = (entrain_kuramoto_config){.coupling = golden->coupling,
                                             .lag = golden->lag,
                                             .normalise = golden->normalise,
                                             .integrator = golden->integrator};
    config.frequency = golden->frequency;
    entrain_swarm *swarm;
    CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
    uint64_t folded = 0;
    for (uint64_t tick = 0; tick <= golden->ticks; tick += golden->every) {
        entrain_phase_sample sample;
        assert_int_equal(entrain_swarm_sample(swarm, &sample), ENTRAIN_OK);
        // Every figure of the sample takes part, not only the state's fingerprint.
        const double figures[] = {sample.coherence,      sample.mean_phase,      sample.moments[1],
                                  sample.moments[7],     sample.local_coherence, sample.winding,
                                  sample.frequency_mean, sample.frequency_spread};
        folded = folded * UINT64_C(0x9e3779b97f4a7c15) + sample.fingerprint;
        for (size_t f = 0; f < sizeof figures / sizeof *figures; f++) {
            uint64_t bits;
            memcpy(&bits, &figures[f], sizeof bits);
            folded = (folded ^ bits) * UINT64_C(0xbf58476d1ce4e5b9);
        }
        if (tick < golden->ticks)
            CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), golden->every, &error), error);
    }
    entrain_message_count count;
    entrain_engine_count(entrain_swarm_engine(swarm), &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    assert_int_equal(count.queued, 0);
    entrain_swarm_destroy(swarm);
    return folded;
}

static const char *const policies[] = {"serial", "shuffled",   "static",   "shared",  "guided",
                                       "steal",  "steal-near", "adaptive", "dataflow"};
static const uint32_t worker_counts[] = {1, 2, 3, 8};

static void check_one(const golden_run *golden, entrain_engine_config engine, uint64_t wanted) {
    uint64_t got = run(golden, engine);
    if (got != wanted)
        fail_msg("%s: %s, %u workers, %s, %s, layout %s: %016llx, not %016llx", golden->name,
                 engine.scheduler.policy, engine.scheduler.worker_count,
                 entrain_transport_name(engine.transport), entrain_simd_name(engine.simd),
                 entrain_layout_name(engine.layout), (unsigned long long)got, (unsigned long long)wanted);
}

#ifdef ENTRAIN_SYSTEM_MALLOC // a sanitizer build
static bool full = false;
#else
static bool full = true;
#endif

// In part: the widest vectors; serial policies on 1 worker, the others in turns on 3 and 8.
static bool is_left_out(size_t policy, uint32_t workers, int simd) {
    if (full)
        return false;
    const bool serial = strcmp(policies[policy], "serial") == 0 || strcmp(policies[policy], "shuffled") == 0;
    return workers != (serial            ? 1u
                       : policy % 2 == 0 ? 3u
                                         : 8u) ||
           (simd != ENTRAIN_SIMD_AVX512 && entrain_simd_available((entrain_simd)(simd + 1)));
}

// The whole matrix for one scenario. Levels that this processor lacks are left out, and that is said.
static void check_matrix(const golden_run *golden) {
    for (size_t p = 0; p < sizeof policies / sizeof *policies; p++)
        for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++)
            for (int transport = 0; transport < ENTRAIN_TRANSPORT_COUNT; transport++)
                for (int simd = ENTRAIN_SIMD_SSE2; simd <= ENTRAIN_SIMD_AVX512; simd++) {
                    if (!entrain_simd_available((entrain_simd)simd)) {
                        if (p + w + (size_t)transport == 0)
                            printf("left out: this processor has no %s\n",
                                   entrain_simd_name((entrain_simd)simd));
                        continue;
                    }
                    if (is_left_out(p, worker_counts[w], simd))
                        continue;
                    entrain_engine_config engine = entrain_engine_config_defaults();
                    engine.scheduler.policy = policies[p];
                    engine.scheduler.worker_count = worker_counts[w];
                    engine.transport = (entrain_transport)transport;
                    engine.simd = (entrain_simd)simd;
                    if (strcmp(policies[p], "dataflow") == 0)
                        engine.cohort_weight = 64; // many tasks, so that some are ahead of others
                    check_one(golden, engine, golden->fingerprint);
                }
    // Where actors lie in memory decides nothing either.
    for (int layout = ENTRAIN_LAYOUT_INDEX; layout < ENTRAIN_LAYOUT_COUNT; layout++)
        for (int transport = 0; transport < ENTRAIN_TRANSPORT_COUNT; transport++) {
            entrain_engine_config engine = entrain_engine_config_defaults();
            engine.scheduler.policy = "steal";
            engine.scheduler.worker_count = 3;
            engine.transport = (entrain_transport)transport;
            engine.layout = (entrain_layout)layout;
            check_one(golden, engine, golden->fingerprint);
        }
}

static void golden_0(void **state) {
    (void)state;
    check_matrix(&goldens[0]);
}
static void golden_1(void **state) {
    (void)state;
    check_matrix(&goldens[1]);
}
static void golden_2(void **state) {
    (void)state;
    check_matrix(&goldens[2]);
}
static void golden_3(void **state) {
    (void)state;
    check_matrix(&goldens[3]);
}
static void golden_4(void **state) {
    (void)state;
    check_matrix(&goldens[4]);
}
_Static_assert(GOLDEN_COUNT == 5, "one test per golden");

// A fingerprint that could not change would prove nothing.
static void another_seed_or_coupling_is_another_fingerprint(void **state) {
    (void)state;
    golden_run other = goldens[0];
    other.seed++;
    assert_int_not_equal(run(&other, entrain_engine_config_defaults()), goldens[0].fingerprint);
    other = goldens[0];
    other.coupling *= 1 + 1e-15;
    assert_int_not_equal(run(&other, entrain_engine_config_defaults()), goldens[0].fingerprint);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        for (int g = 0; g < GOLDEN_COUNT; g++)
            printf("%-32s 0x%016llx\n", goldens[g].name,
                   (unsigned long long)run(&goldens[g], entrain_engine_config_defaults()));
        return 0;
    }
    full |= argc > 1 && strcmp(argv[1], "--full") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_0), cmocka_unit_test(golden_1),
        cmocka_unit_test(golden_2), cmocka_unit_test(golden_3),
        cmocka_unit_test(golden_4), cmocka_unit_test(another_seed_or_coupling_is_another_fingerprint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
