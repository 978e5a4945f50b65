// A swarm that is written at an awkward tick and read into another one, of other workers, policy, transport and
// layout, goes on as if nothing had been: every figure of every sample to the end has the bits of the run that
// nobody stopped. The one that was written goes on with them, too.
#include "check.h"

#include <math.h>

#include "actors/agent_model.h"
#include "actors/disruption.h"
#include "actors/kuramoto_model.h"
#include "actors/phase_meter.h"
#include "actors/swarm_state.h"
#include "actors/work.h"

// ---- what is seen of a run ----

typedef struct entry {
    const char *name;
    uint64_t tick, bits;
} entry;

typedef struct diary {
    entry *entries;
    size_t count, room;
} diary;

static void note(diary *in, uint64_t tick, const char *name, uint64_t bits) {
    if (in->count == in->room) {
        in->room = in->room > 0 ? 2 * in->room : 4096;
        in->entries = realloc(in->entries, in->room * sizeof *in->entries);
        assert_non_null(in->entries);
    }
    in->entries[in->count++] = (entry){name, tick, bits};
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#define NOTE_F64(value) note(in, tick, #value, bits_of(value))
#define NOTE_U64(value) note(in, tick, #value, (uint64_t)(value))

static void note_sample(diary *in, uint64_t tick, entrain_swarm *swarm) {
    entrain_phase_sample sample;
    _Static_assert(sizeof sample == 280, "a figure is new: note it below");
    assert_int_equal(entrain_swarm_sample(swarm, &sample), ENTRAIN_OK);
    NOTE_U64(sample.tick), NOTE_F64(sample.time_s), NOTE_F64(sample.coherence), NOTE_F64(sample.mean_phase);
    for (int m = 0; m < ENTRAIN_DAIDO_MAX; m++)
        NOTE_F64(sample.moments[m]);
    NOTE_F64(sample.local_coherence), NOTE_F64(sample.energy), NOTE_F64(sample.conservation);
    for (int g = 0; g < ENTRAIN_GROUPS_MAX; g++)
        NOTE_F64(sample.group_coherence[g]), NOTE_F64(sample.group_mean_phase[g]);
    NOTE_F64(sample.conservation_change), NOTE_F64(sample.conservation_bound), NOTE_F64(sample.gap_gini);
    NOTE_F64(sample.cluster_share), NOTE_U64(sample.cluster_count), NOTE_U64(sample.group_count);
    NOTE_F64(sample.peak_load), NOTE_F64(sample.winding), NOTE_F64(sample.frequency_mean);
    NOTE_F64(sample.frequency_spread), NOTE_U64(sample.living), NOTE_U64(sample.observations);
    NOTE_U64(sample.fingerprint);
}

static void note_agents(diary *in, uint64_t tick, entrain_swarm *swarm) {
    entrain_population *population = entrain_swarm_population(swarm);
    if (entrain_agents_look(population) == NULL)
        return;
    entrain_agent_totals agents;
    _Static_assert(sizeof agents == 120, "a figure is new: note it below");
    assert_int_equal(entrain_agents_measure(population, &agents), ENTRAIN_OK);
    NOTE_U64(agents.living), NOTE_F64(agents.energy_mean), NOTE_F64(agents.energy_least);
    NOTE_F64(agents.spent), NOTE_F64(agents.belief), NOTE_F64(agents.belief_error);
    NOTE_F64(agents.frequency_mean), NOTE_F64(agents.frequency_spread), NOTE_F64(agents.busy);
    for (int s = 0; s < ENTRAIN_STRATEGY_COUNT; s++)
        NOTE_U64(agents.acting[s]);
    NOTE_U64(agents.switches), NOTE_U64(agents.pulses), NOTE_U64(agents.denied);
}

static void note_workload(diary *in, uint64_t tick, entrain_swarm *swarm) {
    entrain_workload *workload = entrain_swarm_workload(swarm);
    if (workload == NULL)
        return;
    entrain_error error = {0};
    entrain_workload_totals work;
    _Static_assert(sizeof work == 224, "a figure is new: note it below");
    assert_int_equal(entrain_workload_measure(workload, &work), ENTRAIN_OK);
    CHECK_OK(entrain_workload_check(&work, &error), error);
    NOTE_U64(work.generated), NOTE_U64(work.delivered), NOTE_U64(work.queued), NOTE_U64(work.shed);
    NOTE_U64(work.shed_queue), NOTE_U64(work.shed_mailbox), NOTE_U64(work.shed_gateway);
    NOTE_U64(work.queued_agents), NOTE_U64(work.queued_messages), NOTE_U64(work.queued_gateways);
    NOTE_U64(work.calls), NOTE_U64(work.calls_failed), NOTE_U64(work.calls_timed_out);
    NOTE_U64(work.calls_limited), NOTE_U64(work.calls_late), NOTE_U64(work.calls_succeeded);
    NOTE_F64(work.cost), NOTE_F64(work.batch_mean), NOTE_F64(work.batch_p95), NOTE_F64(work.batch_max);
    NOTE_F64(work.wait_mean_s), NOTE_F64(work.wait_p50_s), NOTE_F64(work.wait_p95_s);
    NOTE_F64(work.wait_p99_s), NOTE_F64(work.wait_max_s), NOTE_U64(work.breaker_opened);
    NOTE_U64(work.breaker), NOTE_F64(work.breaker_open_share);
}

// Windows of frequencies; and shapes, which a sample has of small swarms only.
static void note_windows(diary *in, uint64_t tick, entrain_swarm *swarm) {
    entrain_phase_meter *meter = entrain_swarm_meter(swarm);
    double *frequencies = calloc(meter->count, sizeof *frequencies);
    entrain_phase_plateaus plateaus = {0};
    entrain_phase_shape shape = {0};
    assert_non_null(frequencies);
    assert_int_equal(entrain_phase_meter_plateaus(meter, frequencies, &plateaus), ENTRAIN_OK);
    assert_int_equal(entrain_phase_meter_shape(meter, &shape), ENTRAIN_OK);
    for (uint32_t i = 0; i < meter->count; i++)
        NOTE_F64(frequencies[i]);
    NOTE_F64(plateaus.window_s), NOTE_U64(plateaus.counted), NOTE_U64(plateaus.plateau_count);
    NOTE_F64(plateaus.plateau_share), NOTE_F64(plateaus.plateau_frequency), NOTE_F64(shape.gap_gini);
    free(frequencies);
}

// ---- worlds ----

typedef struct live {
    const struct world *where;
    entrain_swarm *swarm;
    entrain_engine *engine;
    entrain_population *population;
    entrain_disruptions *disruptions;
    diary *diary;
} live;

typedef struct world {
    const char *name;
    void (*configure)(const struct world *where, entrain_swarm_config *config);
    void (*befall)(live *here, uint64_t tick); // before tick's sample; NULL: nothing
    uint64_t at, until;                        // ticks: where it is written, and the end
    uint32_t variant;
} world;

enum { SAMPLE_EVERY = 7 };

static void must(entrain_status status, const entrain_error *error, const live *here, uint64_t tick) {
    if (status != ENTRAIN_OK)
        fail_msg("%s, tick %u: %s", here->where->name, (unsigned)tick, error->sentence);
}

// How a swarm may be run without that anything comes out otherwise.
typedef struct manner {
    const char *name, *policy;
    uint32_t workers, cohort_weight;
    entrain_transport transport;
    entrain_layout layout;
    entrain_simd simd;
} manner;
static const manner manners[] = {
    {"as it was written", "static", 1, 4096, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_INDEX, ENTRAIN_SIMD_AUTO},
    {"3 workers, steal, publish, shuffled", "steal", 3, 64, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_LAYOUT_SHUFFLED,
     ENTRAIN_SIMD_AUTO},
    {"2 workers, dataflow, near, sse2", "dataflow", 2, 100, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_NEAR,
     ENTRAIN_SIMD_SSE2},
};
enum { MANNERS = sizeof manners / sizeof *manners };

static void open_live(const world *where, const manner *how, diary *in, live *here) {
    entrain_error error = {0};
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = 60;
    config.seed = 5;
    config.topology.kind = ENTRAIN_TOPOLOGY_RING;
    config.topology.degree = 6;
    config.engine.step_s = 0.01;
    where->configure(where, &config);
    config.engine.scheduler.policy = how->policy;
    config.engine.scheduler.worker_count = how->workers;
    config.engine.cohort_weight = how->cohort_weight;
    config.engine.transport = how->transport;
    config.engine.layout = how->layout;
    config.engine.simd = how->simd;
    *here = (live){.where = where, .diary = in};
    if (entrain_swarm_create(&config, &here->swarm, &error) != ENTRAIN_OK)
        fail_msg("%s, %s: %s", where->name, how->name, error.sentence);
    here->engine = entrain_swarm_engine(here->swarm);
    here->population = entrain_swarm_population(here->swarm);
    CHECK_OK(entrain_disruptions_create(here->swarm, &here->disruptions, &error), error);
}

static void close_live(live *here) {
    entrain_disruptions_destroy(here->disruptions);
    entrain_swarm_destroy(here->swarm);
}

// What happens at @p tick, and a look; twice where something happened, so that there is one in between.
static void stand_at(live *here, uint64_t tick) {
    if (here->where->befall != NULL)
        here->where->befall(here, tick);
    if (tick == 5 || tick == here->where->at - 4)
        assert_int_equal(entrain_phase_meter_mark(entrain_swarm_meter(here->swarm)), ENTRAIN_OK);
    if (tick % SAMPLE_EVERY != 0)
        return;
    note_sample(here->diary, tick, here->swarm);
    note_agents(here->diary, tick, here->swarm);
    note_workload(here->diary, tick, here->swarm);
}

// From the boundary of tick @p from, which is over, to that of @p to.
static void go_on(live *here, uint64_t from, uint64_t to) {
    for (uint64_t tick = from + 1; tick <= to; tick++) {
        entrain_error error = {0};
        must(entrain_swarm_advance(here->swarm, tick, &error), &error, here, tick);
        assert_int_equal(entrain_swarm_tick(here->swarm), tick);
        stand_at(here, tick);
    }
    if (to == here->where->until)
        note_windows(here->diary, to, here->swarm);
}

static void archive_live(live *here, entrain_archive *archive) {
    entrain_swarm_archive(here->swarm, archive);
    entrain_disruptions_archive(here->disruptions, archive);
}

typedef struct bytes {
    unsigned char *data;
    size_t size;
} bytes;

static bytes write_live(live *here) {
    entrain_error error = {0};
    entrain_archive *archive = NULL;
    bytes written = {0};
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    archive_live(here, archive);
    written.data = entrain_archive_data(archive, &written.size, &error);
    if (written.data == NULL)
        fail_msg("%s: %s", here->where->name, error.sentence);
    return written;
}

static entrain_status read_live(live *here, bytes from, entrain_error *error) {
    entrain_archive *archive = NULL;
    const entrain_status status = entrain_archive_read_memory(from.data, from.size, "It", &archive, error);
    if (status != ENTRAIN_OK)
        return status;
    archive_live(here, archive);
    return entrain_archive_end(archive, error);
}

static void compare(const world *where, const char *how, const diary *is, const diary *wanted, size_t from) {
    if (is->count != wanted->count - from)
        fail_msg("%s, %s: %zu figures, not %zu", where->name, how, is->count, wanted->count - from);
    for (size_t e = 0; e < is->count; e++) {
        const entry *one = &is->entries[e], *other = &wanted->entries[from + e];
        double value, other_value;
        memcpy(&value, &one->bits, sizeof value);
        memcpy(&other_value, &other->bits, sizeof other_value);
        if (one->tick != other->tick || one->bits != other->bits)
            fail_msg("%s, %s: tick %u: %s is %.17g (%llx), not %.17g (%llx)", where->name, how,
                     (unsigned)one->tick, one->name, value, (unsigned long long)one->bits, other_value,
                     (unsigned long long)other->bits);
    }
}

static void compare_bytes(const world *where, const char *how, bytes is, bytes wanted) {
    size_t at = 48; // after the header, and the first frame's checksum
    while (at < is.size && at < wanted.size && is.data[at] == wanted.data[at])
        at++;
    if (is.size != wanted.size || at < is.size)
        fail_msg("%s, %s: written again it is another from byte %zu on (%zu and %zu bytes)", where->name, how,
                 at, is.size, wanted.size);
}

static void try_world(const world *where) {
    diary undisturbed = {0}, written = {0};
    live here;
    open_live(where, &manners[0], &undisturbed, &here);
    stand_at(&here, 0);
    go_on(&here, 0, where->until);
    const bytes end = write_live(&here);
    close_live(&here);

    open_live(where, &manners[0], &written, &here);
    stand_at(&here, 0);
    go_on(&here, 0, where->at);
    const bytes middle = write_live(&here);
    const size_t seen = written.count;
    go_on(&here, where->at, where->until);
    close_live(&here);
    compare(where, "which was written and goes on", &written, &undisturbed, 0);

    for (int m = 0; m < MANNERS; m++) {
        diary read = {0};
        entrain_error error = {0};
        open_live(where, &manners[m], &read, &here);
        if (read_live(&here, middle, &error) != ENTRAIN_OK)
            fail_msg("%s, %s: %s", where->name, manners[m].name, error.sentence);
        // In publish transport observations are no messages, and are not counted as such.
        const bool same = manners[m].transport == manners[0].transport;
        bytes again = write_live(&here);
        if (same)
            compare_bytes(where, manners[m].name, again, middle);
        free(again.data);
        go_on(&here, where->at, where->until);
        compare(where, manners[m].name, &read, &undisturbed, seen);
        again = write_live(&here);
        if (same)
            compare_bytes(where, manners[m].name, again, end);
        free(again.data);
        free(read.entries);
        close_live(&here);
    }
    free(end.data);
    free(middle.data);
    free(undisturbed.entries);
    free(written.entries);
}

static void try_worlds(const world *all, size_t count) {
    for (size_t w = 0; w < count; w++)
        try_world(&all[w]);
}
#define TRY(worlds) try_worlds(worlds, sizeof(worlds) / sizeof *(worlds))

// ---- oscillators ----

static void complete(const world *where, entrain_swarm_config *config) {
    config->topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    config->model.coupling = 1.5;
    config->model.integrator = (entrain_integrator)where->variant;
}

static void noisy(const world *where, entrain_swarm_config *config) {
    config->topology.kind = ENTRAIN_TOPOLOGY_ERDOS_RENYI;
    config->topology.probability = 0.2;
    config->model.integrator = ENTRAIN_INTEGRATOR_HEUN;
    config->model.noise = 0.3;
    config->model.normalise = (entrain_normalise)where->variant;
    config->gain = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = -1, .high = 2};
    if (where->variant == ENTRAIN_NORMALISE_HEARD)
        config->noisiness = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = 0, .high = 2};
}

static void delayed(const world *where, entrain_swarm_config *config) {
    config->topology.delay_low = where->variant == 1 ? 0.13 : 0.02;
    config->topology.delay_high = 0.13;
    if (where->variant == 1)
        config->topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    config->model.past = (entrain_past)where->variant;
    config->model.integrator = ENTRAIN_INTEGRATOR_HEUN;
    config->model.coupling = 2;
}

static void grouped(const world *where, entrain_swarm_config *config) {
    (void)where;
    config->topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    config->model.normalise = ENTRAIN_NORMALISE_SIZE;
    config->model.harmonics = 2;
    config->model.harmonic_coupling[0] = 0.4;
    config->model.harmonic_lag[0] = 0.1;
    config->model.group_count = 2;
    config->model.group_sizes[0] = 25;
    config->model.group_sizes[1] = 35;
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++)
            config->model.group_coupling[a][b] = a == b ? 0.6 : 0.4;
}

static void swinging(const world *where, entrain_swarm_config *config) {
    config->model.coupling = 3;
    config->model.inertia = 0.3;
    config->model.damping = 0.2;
    if (where->variant == 1) {
        config->model.inertia = 0;
        config->inertia = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = 0.1, .high = 1};
        config->damping = config->inertia;
        config->velocity = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = -1, .high = 1};
    }
}

// A change of the model, from which nothing else is told apart later.
static void change_model(live *here, uint64_t tick) {
    entrain_error error = {0};
    entrain_kuramoto_config model = *entrain_kuramoto_look(here->population);
    if (tick == 20) {
        model.coupling *= 1.25;
        model.lag = 0.2;
        model.damping *= 1.5;
        for (int h = 0; h < ENTRAIN_HARMONICS_MAX - 1; h++) {
            model.harmonic_coupling[h] += h + 2 <= (int)model.harmonics ? 0.2 : 0;
            model.harmonic_lag[h] += h + 2 <= (int)model.harmonics ? 0.1 : 0;
        }
        for (int a = 0; model.group_count > 1 && a < 2; a++) {
            model.group_coupling[a][1 - a] += 0.1;
            model.group_lag[a][1 - a] += 0.3;
        }
    } else if (tick == 31) {
        model.noise = model.integrator != ENTRAIN_INTEGRATOR_RK4 && model.noises == NULL ? 0.2 : model.noise;
        model.lag = 0;
    } else if (tick == here->where->at || tick == here->where->at + 9) {
        model.coupling *= 0.9; // after the sample before, and before the next
    } else {
        return;
    }
    must(entrain_kuramoto_change(here->population, &model, &error), &error, here, tick);
}

static void replace_graph(live *here, uint64_t seed) {
    entrain_error error = {0};
    entrain_topology_config config = entrain_topology_config_defaults();
    entrain_topology *topology = NULL;
    config.size = 60;
    config.seed = seed;
    config.kind = ENTRAIN_TOPOLOGY_ERDOS_RENYI;
    config.probability = 0.1;
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    must(entrain_engine_replace_topology(here->engine, topology, &error), &error, here, seed);
    entrain_topology_release(topology);
}

// Everything that can befall oscillators, in force when they are written, and mended later.
static void befall_oscillators(live *here, uint64_t tick) {
    entrain_disruptions *disruptions = here->disruptions;
    entrain_error error = {0};
    uint32_t count;
    entrain_status status = ENTRAIN_OK;
    if (tick == 11 || tick == 47)
        status = entrain_disrupt_kill(disruptions, 0.2, &count, &error);
    if (tick == 13 || tick == 56)
        status = entrain_disrupt_drift(disruptions, 0.3, 0.5, &count, &error);
    if (tick == 17)
        replace_graph(here, tick);
    if (tick == 21 || tick == 47 || tick == 58)
        status = entrain_disrupt_scramble(disruptions, 0.3, &count, &error);
    if (tick == 23)
        status = entrain_disrupt_partition(disruptions, 3, false, &error);
    if (tick == 29)
        status = entrain_disrupt_loss(disruptions, 0.2, &error);
    if (tick == 33)
        status = entrain_disrupt_delay(disruptions, 0.05, &error);
    if (tick == 37 || tick == 61)
        status = entrain_disrupt_revive(disruptions, 0.5, &count, &error);
    if (tick == 64)
        status = entrain_disrupt_heal(disruptions, &error);
    if (tick == 67)
        status = entrain_disrupt_delay(disruptions, 0.02, &error);
    if (tick == 70)
        status = entrain_disrupt_loss(disruptions, 0, &error);
    if (tick == 72)
        replace_graph(here, tick);
    must(status, &error, here, tick);
}

static void troubled(const world *where, entrain_swarm_config *config) {
    config->engine.disturbance_delay_max = 10;
    if (where->variant == 1)
        noisy(where, config);
}

// Mended, so that conservation begins anew after it was read.
static void mended_early(live *here, uint64_t tick) {
    if (tick == 17 || tick == 54)
        replace_graph(here, tick);
}

static void test_oscillators(void **state) {
    (void)state;
    static const world worlds[] = {
        {"complete, euler", complete, change_model, 46, 90, ENTRAIN_INTEGRATOR_EULER},
        {"complete, heun", complete, NULL, 46, 90, ENTRAIN_INTEGRATOR_HEUN},
        {"complete, rk4", complete, change_model, 47, 90, ENTRAIN_INTEGRATOR_RK4},
        {"noise by size", noisy, change_model, 50, 90, ENTRAIN_NORMALISE_SIZE},
        {"noise by degree", noisy, change_model, 50, 90, ENTRAIN_NORMALISE_DEGREE},
        {"noise by heard", noisy, NULL, 50, 90, ENTRAIN_NORMALISE_HEARD},
        {"delays, still", delayed, NULL, 46, 90, 0},
        {"delays, complete, turning", delayed, NULL, 46, 90, 1},
        {"delays, silent, early", delayed, NULL, 9, 40, 2},
        {"groups and harmonics", grouped, change_model, 46, 90, 0},
        {"swing", swinging, change_model, 46, 90, 0},
        {"swing, each its own", swinging, NULL, 46, 90, 1},
        {"conservation in a new graph", troubled, mended_early, 46, 90, 0},
        {"trouble", troubled, befall_oscillators, 47, 90, 0},
        {"trouble with noise", troubled, befall_oscillators, 47, 90, 1},
        {"at the very start", complete, NULL, 0, 20, ENTRAIN_INTEGRATOR_RK4},
    };
    TRY(worlds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oscillators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
