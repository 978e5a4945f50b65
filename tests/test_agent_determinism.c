// The promise, for agents that pursue goals: the same bits under every scheduler policy, number of workers,
// transport, vector instruction set and layout. Golden fingerprints of the eight goals at tiny; of every
// strategy through blows: killed and revived, scrambled, starved, slow and stubborn agents, lost and late
// observations, a partition; of a workload behind a gateway that sheds and fails.
//
// A golden constant changes when a result changes. That is a change for users: explain it in the commit, or
// find the bug.
//   test_agent_determinism          every combination for one of the goldens, all goldens under some of them
//   test_agent_determinism --full   all of them for all
//   test_agent_determinism --print  the constants as they are now, to be pasted after such a change
#include "agent_world.h"
#include "check.h"

typedef struct golden {
    const char *name;
    entrain_goal goal;
    entrain_strategy strategy; // COUNT: the goal's
    uint32_t size;
    bool rough, works;
    uint64_t fingerprint;
} golden;

#define ITS_OWN ENTRAIN_STRATEGY_COUNT
static const golden goldens[] = {
    {"minimize-api-calls", ENTRAIN_GOAL_MINIMIZE_API_CALLS, ITS_OWN, 20, false, false,
     UINT64_C(0x6fcddb6f0717a552)},
    {"distribute-load", ENTRAIN_GOAL_DISTRIBUTE_LOAD, ITS_OWN, 20, false, false,
     UINT64_C(0x46832d6b90d01fb0)},
    {"reach-consensus", ENTRAIN_GOAL_REACH_CONSENSUS, ITS_OWN, 20, false, false,
     UINT64_C(0xec02b9e58211d8af)},
    {"minimize-latency", ENTRAIN_GOAL_MINIMIZE_LATENCY, ITS_OWN, 20, false, false,
     UINT64_C(0x1defa6d5fb8a10dd)},
    {"save-energy", ENTRAIN_GOAL_SAVE_ENERGY, ITS_OWN, 20, false, false, UINT64_C(0x59fc86d88e58c41b)},
    {"maintain-rhythm", ENTRAIN_GOAL_MAINTAIN_RHYTHM, ITS_OWN, 20, false, false,
     UINT64_C(0x6fcddb6f0717a552)},
    {"recover-from-failure", ENTRAIN_GOAL_RECOVER_FROM_FAILURE, ITS_OWN, 20, false, false,
     UINT64_C(0xf646af24dc290745)},
    {"adapt-to-traffic", ENTRAIN_GOAL_ADAPT_TO_TRAFFIC, ITS_OWN, 20, false, true,
     UINT64_C(0xa3b570da3dd688a3)},
    {"spreading on a graph, blows", ENTRAIN_GOAL_DISTRIBUTE_LOAD, ITS_OWN, 300, true, false,
     UINT64_C(0x35d0ab2e720f4c46)},
    {"phase-nudge, blows", ENTRAIN_GOAL_REACH_CONSENSUS, ENTRAIN_STRATEGY_PHASE_NUDGE, 150, true, true,
     UINT64_C(0xbef1f388627edcfb)},
    {"frequency-lock, blows", ENTRAIN_GOAL_MAINTAIN_RHYTHM, ENTRAIN_STRATEGY_FREQUENCY_LOCK, 150, true, false,
     UINT64_C(0xf38007f68535de31)},
    {"pulse, blows", ENTRAIN_GOAL_MINIMIZE_API_CALLS, ENTRAIN_STRATEGY_PULSE, 150, true, false,
     UINT64_C(0x69dcb01014fadb0f)},
    {"energy-aware, blows", ENTRAIN_GOAL_SAVE_ENERGY, ENTRAIN_STRATEGY_ENERGY_AWARE, 150, true, false,
     UINT64_C(0x2da9f1ce84f5f939)},
    {"adaptive, blows", ENTRAIN_GOAL_ADAPT_TO_TRAFFIC, ENTRAIN_STRATEGY_ADAPTIVE, 150, true, true,
     UINT64_C(0x6d73e62d0c7ef4f6)},
};
enum { GOLDEN_COUNT = sizeof goldens / sizeof *goldens };

static entrain_agent_habit *habit(world *here, uint32_t index) {
    return (entrain_agent_habit *)entrain_population_at(here->population, index, ENTRAIN_AGENT_HABIT);
}

// What happens at second @p second of a rough run.
static void blows(world *here, uint32_t second, const golden *of) {
    entrain_error error = {0};
    switch (second) {
    case 1:
        for (uint32_t i = 0; i < here->size; i += 3)
            habit(here, i)->slow = (uint16_t)(1 + i % 7);
        for (uint32_t i = 1; i < here->size; i += 4)
            habit(here, i)->stubborn = 20000;
        world_scramble(here, 0.3);
        break;
    case 2:
        world_kill(here, 0.4);
        world_must(
            entrain_engine_disturb(here->engine, &(entrain_disturbance){.loss = 0.2, .delay = 2}, &error),
            &error, "disturb");
        break;
    case 3:
        for (uint32_t i = 2; i < here->size; i += 5) {
            *world_double(here, i, ENTRAIN_AGENT_ENERGY) = 0;
            habit(here, i)->unpowered = 1;
        }
        for (uint32_t i = 0; i < here->size; i += 6)
            *world_double(here, i, 2) += 0.4; // its clock drifts
        entrain_engine_republish(here->engine);
        world_partition(here);
        break;
    case 4:
        world_revive(here);
        world_heal(here);
        for (uint32_t i = 0; i < here->size; i += 9)
            world_must(entrain_agent_set_strategy(here->population, i,
                                                  of->strategy == ENTRAIN_STRATEGY_PULSE
                                                      ? ENTRAIN_STRATEGY_FREQUENCY_LOCK
                                                      : ENTRAIN_STRATEGY_ENERGY_AWARE,
                                                  &error),
                       &error, "strategy");
        break;
    default:
        break;
    }
}

static entrain_swarm_config golden_config(const golden *of, entrain_engine_config engine) {
    entrain_swarm_config config = world_goal(of->goal, of->size, 11);
    engine.step_s = 0.01;
    engine.disturbance_delay_max = of->rough ? 2 : 0;
    engine.cohort_weight = 64; // many tasks, so that there is something to steal
    config.engine = engine;
    config.agent.strategy = of->strategy;
    config.agent.pulses |=
        of->strategy == ENTRAIN_STRATEGY_PULSE || of->strategy == ENTRAIN_STRATEGY_ADAPTIVE;
    if (of->rough) {
        config.agent.energy = 30; // so that it runs out
        config.agent.stubbornness = 0.05;
    }
    config.has_workload = of->works;
    config.workload = entrain_workload_config_defaults();
    config.workload.pattern = ENTRAIN_PATTERN_BURST;
    config.workload.queue = 20;
    config.workload.pending_max = of->rough ? 200 : 0;
    config.workload.failure = 0.2;
    config.workload.silence = 0.05;
    return config;
}

static uint64_t fold(uint64_t folded, const void *bytes, size_t size) {
    const unsigned char *at = (const unsigned char *)bytes;
    for (size_t k = 0; k < size; k++)
        folded = (folded ^ at[k]) * UINT64_C(0x100000001b3);
    return folded;
}
#define FOLD(folded, value) fold((folded), &(value), sizeof(value))

// Five seconds; every figure of samples, agents and workload takes part, not only the state's fingerprint.
static uint64_t run(const golden *of, entrain_engine_config engine) {
    const entrain_swarm_config config = golden_config(of, engine);
    uint64_t folded = UINT64_C(0xcbf29ce484222325);
    world here;
    world_open(&here, &config);
    for (uint32_t second = 1; second <= 5; second++) {
        entrain_agent_totals agents;
        world_run_to(&here, second);
        const entrain_phase_sample sample = world_sample(&here);
        folded = FOLD(folded, sample.fingerprint);
        folded = FOLD(folded, sample.coherence);
        folded = FOLD(folded, sample.gap_gini);
        folded = FOLD(folded, sample.peak_load);
        world_must(entrain_agents_measure(here.population, &agents), NULL, "measure");
        folded = FOLD(folded, agents.energy_mean);
        folded = FOLD(folded, agents.energy_least);
        folded = FOLD(folded, agents.spent);
        folded = FOLD(folded, agents.belief);
        folded = FOLD(folded, agents.belief_error);
        folded = FOLD(folded, agents.frequency_spread);
        folded = FOLD(folded, agents.busy);
        folded = FOLD(folded, agents.acting);
        folded = FOLD(folded, agents.switches);
        folded = FOLD(folded, agents.pulses);
        folded = FOLD(folded, agents.denied);
        if (of->works) {
            entrain_workload_totals work;
            entrain_error error = {0};
            world_must(entrain_workload_measure(entrain_swarm_workload(here.swarm), &work), NULL, "measure");
            world_must(entrain_workload_check(&work, &error), &error, "conservation");
            folded = FOLD(folded, work.generated);
            folded = FOLD(folded, work.delivered);
            folded = FOLD(folded, work.shed);
            folded = FOLD(folded, work.calls);
            folded = FOLD(folded, work.wait_mean_s);
            folded = FOLD(folded, work.wait_p99_s);
        }
        if (of->rough)
            blows(&here, second, of);
    }
    entrain_message_count count;
    entrain_engine_count(here.engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    world_close(&here);
    return folded;
}

static const char *const policies[] = {"serial", "shuffled",   "static",   "shared",  "guided",
                                       "steal",  "steal-near", "adaptive", "dataflow"};
static const uint32_t worker_counts[] = {1, 2, 3, 8};
enum { POLICY_COUNT = sizeof policies / sizeof *policies, WORKERS_COUNT = 4 };

static void check_one(const golden *of, entrain_engine_config engine) {
    const uint64_t got = run(of, engine);
    if (got != of->fingerprint)
        fail_msg("%s: %s, %u workers, %s, %s, layout %s: %016llx, not %016llx", of->name,
                 engine.scheduler.policy, engine.scheduler.worker_count,
                 entrain_transport_name(engine.transport), entrain_simd_name(engine.simd),
                 entrain_layout_name(engine.layout), (unsigned long long)got,
                 (unsigned long long)of->fingerprint);
}

// Every @p stride-th of all combinations from the @p from-th on, and every layout in both transports.
static void check_combinations(const golden *of, uint32_t from, uint32_t stride) {
    enum { SIMDS = ENTRAIN_SIMD_AVX512 - ENTRAIN_SIMD_SSE2 + 1 };
    const uint32_t count = POLICY_COUNT * WORKERS_COUNT * ENTRAIN_TRANSPORT_COUNT * SIMDS;
    for (uint32_t k = from; k < count; k += stride) {
        entrain_engine_config engine = entrain_engine_config_defaults();
        uint32_t rest = k;
        engine.simd = (entrain_simd)(ENTRAIN_SIMD_SSE2 + (int)(rest % SIMDS));
        rest /= SIMDS;
        engine.transport = (entrain_transport)(rest % ENTRAIN_TRANSPORT_COUNT);
        rest /= ENTRAIN_TRANSPORT_COUNT;
        engine.scheduler.worker_count = worker_counts[rest % WORKERS_COUNT];
        engine.scheduler.policy = policies[rest / WORKERS_COUNT];
        if (entrain_simd_available(engine.simd))
            check_one(of, engine);
    }
    for (int layout = ENTRAIN_LAYOUT_INDEX; layout < ENTRAIN_LAYOUT_COUNT; layout++) {
        entrain_engine_config engine = entrain_engine_config_defaults();
        engine.scheduler.worker_count = 2;
        engine.transport = (entrain_transport)((uint32_t)layout % ENTRAIN_TRANSPORT_COUNT);
        engine.layout = (entrain_layout)layout;
        check_one(of, engine);
    }
}

static bool full;

static void goldens_hold(void **state) {
    (void)state;
    enum { STRIDE = 43 }; // coprime to all counts, so that every value of each meets many of the others
    for (uint32_t g = 0; g < GOLDEN_COUNT; g++)
        check_combinations(&goldens[g], full ? 0 : (g * 11) % STRIDE, full ? 1 : STRIDE);
}

// A fingerprint that could not change would prove nothing.
static void whatever_an_agent_is_told_is_another_fingerprint(void **state) {
    (void)state;
    const entrain_engine_config engine = entrain_engine_config_defaults();
    for (int g = 0; g < GOLDEN_COUNT; g++)
        for (int other = 0; other < g; other++) // 0 and 5: to batch calls is to keep a rhythm, the same band
            if (other != 0 || g != 5)
                assert_int_not_equal(goldens[g].fingerprint, goldens[other].fingerprint);
    golden changed = goldens[9];
    changed.strategy = ENTRAIN_STRATEGY_FREQUENCY_LOCK;
    assert_int_not_equal(run(&changed, engine), goldens[9].fingerprint);
    changed = goldens[10];
    changed.rough = false;
    assert_int_not_equal(run(&changed, engine), goldens[10].fingerprint);
}

// Five swarms at once, each on a thread of its own, are what each is alone.
enum { AT_ONCE = 5 };
static void play(void *context, uint32_t k) {
    entrain_engine_config engine = entrain_engine_config_defaults();
    engine.scheduler.worker_count = 2;
    ((uint64_t *)context)[k] = run(&goldens[8 + k % AT_ONCE], engine);
}
static void five_at_once_are_what_each_is_alone(void **state) {
    (void)state;
    uint64_t at_once[AT_ONCE];
    world_side_by_side(AT_ONCE, AT_ONCE, play, at_once);
    for (uint32_t k = 0; k < AT_ONCE; k++)
        if (at_once[k] != goldens[8 + k].fingerprint)
            fail_msg("%s: %016llx at once with others, not %016llx", goldens[8 + k].name,
                     (unsigned long long)at_once[k], (unsigned long long)goldens[8 + k].fingerprint);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        for (int g = 0; g < GOLDEN_COUNT; g++)
            printf("%-32s UINT64_C(0x%016llx)\n", goldens[g].name,
                   (unsigned long long)run(&goldens[g], entrain_engine_config_defaults()));
        return 0;
    }
    full = argc > 1 && strcmp(argv[1], "--full") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens_hold),
        cmocka_unit_test(whatever_an_agent_is_told_is_another_fingerprint),
        cmocka_unit_test(five_at_once_are_what_each_is_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
