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
    const char *grows; // a figure that has grown when it is written, and goes on growing; NULL: none
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
    {"as it was written", "static", 1, 4096, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_INDEX,
     ENTRAIN_SIMD_AUTO},
    {"3 workers, steal, publish, shuffled", "steal", 3, 64, ENTRAIN_TRANSPORT_PUBLISH,
     ENTRAIN_LAYOUT_SHUFFLED, ENTRAIN_SIMD_AUTO},
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
    if (!config.engine.overflow_named) // else it is about mailboxes
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

static uint64_t last_of(const diary *in, size_t end, const char *name) {
    while (end-- > 0)
        if (strcmp(in->entries[end].name, name) == 0)
            return in->entries[end].bits;
    fail_msg("there is no %s", name);
    return 0;
}

// A world in which nothing happens shows nothing.
static void check_growth(const world *where, const diary *in, size_t seen) {
    if (where->grows == NULL)
        return;
    const uint64_t then = last_of(in, seen, where->grows), in_the_end = last_of(in, in->count, where->grows);
    if (then == 0 || in_the_end <= then)
        fail_msg("%s: %s is %u where it is written and %u in the end; it is to grow all the time",
                 where->name, where->grows, (unsigned)then, (unsigned)in_the_end);
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
    check_growth(where, &undisturbed, seen);

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

// ---- a model of the user's own ----

// Turns towards whom it hears, and tires: column 3.
static void tire(const entrain_range *range, uint32_t stage) {
    double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE], *tired = range->columns[3];
    const double *frequency = range->columns[ENTRAIN_KURAMOTO_FREQUENCY];
    const double gain = *(const double *)range->context;
    int32_t *turns = range->columns[ENTRAIN_KURAMOTO_TURNS];
    for (uint32_t k = 0; k < range->count; k++) {
        const double pull = (double)range->sums[2 * k] * range->sum_unit * gain / (1 + tired[k]);
        tired[k] += 0.01 * (stage + 1) * pull * pull;
        entrain_phase_advance(&phase[k], &turns[k], 0.005 * (frequency[k] + pull));
    }
}

static const entrain_parameter tiring_parameters[] = {
    {.name = "gain", .summary = "how much", .value = 0.2, .least = 0, .most = 10}};
static const entrain_column tiring_columns[] = {{.name = "tired", .bytes = 8, .fingerprint = true}};
static const entrain_phase_model tiring_model = {.name = "tiring",
                                                 .summary = "a model for tests",
                                                 .parameters = tiring_parameters,
                                                 .parameter_count = 1,
                                                 .columns = tiring_columns,
                                                 .column_count = 1,
                                                 .words = 2,
                                                 .exchanges = 2,
                                                 .step = tire};

static void tiring(const world *where, entrain_swarm_config *config) {
    (void)where;
    config->phase_model = &tiring_model;
}

static void test_oscillators(void **state) {
    (void)state;
    static const world worlds[] = {
        {"complete, euler", complete, change_model, 46, 90, ENTRAIN_INTEGRATOR_EULER, NULL},
        {"complete, heun", complete, NULL, 46, 90, ENTRAIN_INTEGRATOR_HEUN, NULL},
        {"complete, rk4", complete, change_model, 47, 90, ENTRAIN_INTEGRATOR_RK4, NULL},
        {"noise by size", noisy, change_model, 50, 90, ENTRAIN_NORMALISE_SIZE, NULL},
        {"noise by degree", noisy, change_model, 50, 90, ENTRAIN_NORMALISE_DEGREE, NULL},
        {"noise by heard", noisy, NULL, 50, 90, ENTRAIN_NORMALISE_HEARD, NULL},
        {"delays, still", delayed, NULL, 46, 90, 0, NULL},
        {"delays, complete, turning", delayed, NULL, 46, 90, 1, NULL},
        {"delays, silent, early", delayed, NULL, 9, 40, 2, NULL},
        {"groups and harmonics", grouped, change_model, 46, 90, 0, NULL},
        {"swing", swinging, change_model, 46, 90, 0, NULL},
        {"swing, each its own", swinging, NULL, 46, 90, 1, NULL},
        {"conservation in a new graph", troubled, mended_early, 46, 90, 0, NULL},
        {"trouble", troubled, befall_oscillators, 47, 90, 0, NULL},
        {"trouble with noise", troubled, befall_oscillators, 47, 90, 1, NULL},
        {"at the very start", complete, NULL, 0, 20, ENTRAIN_INTEGRATOR_RK4, NULL},
        {"a model of the user's own", tiring, NULL, 46, 90, 0},
    };
    TRY(worlds);
}

// ---- agents ----

static void agents(const world *where, entrain_swarm_config *config) {
    config->kind = ENTRAIN_SWARM_AGENTS;
    config->seed = 17 + where->variant;
    config->engine.disturbance_delay_max = 10;
    config->agent.goal = (entrain_goal)(where->variant % ENTRAIN_GOAL_COUNT);
    config->agent.strategy = (entrain_strategy)(where->variant % ENTRAIN_STRATEGY_COUNT);
    config->agent.period_s = 0.25;
    config->agent.pulses = config->agent.moments = true;
    config->agent.neighbours = 20; // of the graphs to come
    config->agent.stubbornness = 0.1;
    config->agent.energy = 30;
    config->frequency =
        (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_NORMAL, .mean = 25.13, .deviation = 0.5};
    config->has_workload = true;
    config->workload.pattern = (entrain_pattern)(where->variant % 2);
    config->workload.load = 2;
    config->workload.gateways = 3;
    config->workload.window_s = 0.03;
    config->workload.calls_max = 3;
    config->workload.latency_s = 0.06;
    config->workload.latency_spread_s = 0.04;
    config->workload.failure = 0.3;
    config->workload.silence = 0.2;
    config->workload.timeout_s = 0.11;
    config->workload.breaker_limit = 2;
    config->workload.breaker_open_s = 0.08;
    config->workload.queue = 20;
    config->workload.batch_max = where->variant % 3 == 0 ? 15 : 0;
    config->workload.rate = where->variant % 3 == 1 ? 8 : 0;
    config->workload.pending_max = where->variant % 2 == 0 ? 300 : 0;
}

static void pulsing(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->agent.recovery = 500;
}

// Adaptive looks once a second, and changes after some looks.
static void switching(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->engine.step_s = 0.035;
    config->agent.energy = 300;
    config->agent.switch_cost = 1;
    config->agent.low = 0.98;
    config->agent.high = 0.99;
    config->agent.goal = ENTRAIN_GOAL_COHERENCE;
}

static void change_course(live *here, uint64_t tick) {
    entrain_error error = {0};
    entrain_agent_config config = *entrain_agents_look(here->population);
    if (tick == 19 || tick == 71) {
        config.goal = (entrain_goal)((config.goal + 2) % ENTRAIN_GOAL_COUNT);
        const entrain_goal_facts facts = entrain_goal_look(config.goal);
        config.low = facts.low;
        config.high = facts.high;
        config.alignment *= 0.8;
        config.leak *= 2;
        config.stubbornness = 0.05;
    } else if (tick == 39) {
        config.strategy = ENTRAIN_STRATEGY_ADAPTIVE;
        config.switch_cost = 1;
        config.coupling *= 1.1;
    } else {
        return;
    }
    must(entrain_agents_change(here->population, &config, &error), &error, here, tick);
}

static void befall_work(live *here, uint64_t tick) {
    entrain_disruptions *disruptions = here->disruptions;
    const entrain_service_fault fault = {.failure = 0.7, .silence = NAN, .latency_s = 0.05};
    entrain_error error = {0};
    entrain_status status = ENTRAIN_OK;
    uint32_t count;
    if (tick == 10)
        status = entrain_disrupt_load(disruptions, 4, &error);
    if (tick == 27)
        status = entrain_disrupt_service(disruptions, &fault, &error);
    if (tick == 55)
        status = entrain_disrupt_mend_service(disruptions, &error);
    if (tick == 59)
        status = entrain_disrupt_load(disruptions, 1.5, &error);
    if (tick == 12)
        status = entrain_disrupt_starve(disruptions, 0.3, &count, &error);
    if (tick == 62)
        status = entrain_disrupt_feed(disruptions, 0.5, &count, &error);
    if (tick == 25)
        status = entrain_disrupt_slow(disruptions, 0.3, 4, &count, &error);
    if (tick == 30)
        status = entrain_disrupt_stubborn(disruptions, 0.3, 0.5, &count, &error);
    must(status, &error, here, tick);
}

// A gateway, and its desk, end and begin.
static void befall_gateway(live *here, uint64_t tick) {
    const entrain_workload *workload = entrain_swarm_workload(here->swarm);
    const uint32_t index = tick == 44 || tick == 52;
    entrain_population *population =
        tick == 33 || tick == 44 ? workload->gateway_population : workload->service;
    if (tick != 33 && tick != 44 && tick != 38 && tick != 52)
        return;
    entrain_id id = entrain_population_id(population, index);
    assert_int_equal(entrain_engine_stop_actor(here->engine, id), ENTRAIN_OK);
    if (tick != 52)
        assert_int_equal(entrain_engine_restart_actor(here->engine, population, index, &id), ENTRAIN_OK);
}

static void befall_agents(live *here, uint64_t tick) {
    change_course(here, tick);
    befall_oscillators(here, tick);
    befall_work(here, tick);
    befall_gateway(here, tick);
}

static void befall_calmly(live *here, uint64_t tick) {
    change_course(here, tick);
    befall_work(here, tick);
}

static void tight(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->engine.overflow = (entrain_overflow)where->variant;
    config->engine.overflow_named = true;
    config->workload.gateway_inbox = 2;
}

// Some join, a few at a time; one of the times is when it is written.
static void roomy(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->agent.goal = ENTRAIN_GOAL_COHERENCE;
    config->room = 90;
}

static void join_some(live *here, uint64_t tick) {
    entrain_error error = {0};
    if (tick != 8 && tick != here->where->at && tick != here->where->at + 13)
        return;
    uint32_t joining[10], first = tick == 8 ? 60 : tick == here->where->at ? 70 : 80;
    entrain_topology *graph = NULL;
    for (uint32_t k = 0; k < 10; k++)
        joining[k] = first + k;
    must(entrain_topology_join(entrain_engine_topology(here->engine), joining, 10, 6, NULL, 3, tick, &graph,
                               &error),
         &error, here, tick);
    must(entrain_engine_replace_topology(here->engine, graph, &error), &error, here, tick);
    entrain_topology_release(graph);
    for (uint32_t k = 0; k < 10; k++) {
        entrain_id id;
        assert_int_equal(entrain_engine_restart_actor(here->engine, here->population, joining[k], &id),
                         ENTRAIN_OK);
    }
}

static void test_agents(void **state) {
    (void)state;
    static const world calm[] = {
        {"agents, coherence, calm", agents, NULL, 46, 90, 0, "work.delivered"},
        {"agents that pulse", pulsing, befall_work, 67, 190, 2, "agents.pulses"},
        {"agents that switch", switching, NULL, 211, 500, 4, "agents.switches"},
    };
    TRY(calm);
    world goals[ENTRAIN_GOAL_COUNT + 2];
    for (uint32_t g = 0; g < ENTRAIN_GOAL_COUNT + 2; g++)
        goals[g] =
            (world){"agents with a goal in trouble", agents, befall_agents, 47 + g % 3, 90, g, "work.calls"};
    TRY(goals);
    static const world worlds[] = {
        {"tight mailboxes, fail", tight, befall_agents, 47, 90, ENTRAIN_OVERFLOW_FAIL, NULL},
        {"tight mailboxes, shed newest", tight, befall_agents, 47, 90, ENTRAIN_OVERFLOW_SHED_NEWEST, NULL},
        {"tight mailboxes, shed oldest", tight, befall_agents, 47, 90, ENTRAIN_OVERFLOW_SHED_OLDEST, NULL},
        {"tight mailboxes, conflate", tight, befall_agents, 47, 90, ENTRAIN_OVERFLOW_CONFLATE, NULL},
        {"tight mailboxes, block", tight, befall_calmly, 47, 90, ENTRAIN_OVERFLOW_BLOCK, NULL},
        {"a join under way", roomy, join_some, 40, 90, 0, NULL},
    };
    TRY(worlds);
}

// ---- pulses ----

static void pulses(const world *where, entrain_swarm_config *config) {
    config->kind = where->variant < 4 ? ENTRAIN_SWARM_PULSE : ENTRAIN_SWARM_DESYNC;
    config->frequency = entrain_distribution_constant(6.283185307179586 / 0.3);
    if (where->variant < 2)
        config->frequency =
            (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = 15, .high = 25};
    if (where->variant % 2 == 1) {
        config->topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        config->size = 130; // more than are handed over at once
    }
    config->pulse.divide = where->variant % 2 == 0;
    config->pulse.strength = where->variant == 2 ? 0.8 : 0.05;
    config->pulse.delay_s = where->variant == 2 || where->variant == 1 ? 0.037 : 0;
    if (where->variant == 0) {
        config->topology.delay_low = 0.011;
        config->topology.delay_high = 0.05;
    }
}

static void together(const world *where, entrain_swarm_config *config) {
    pulses(where, config);
    config->phase = entrain_distribution_constant(0.1);
}

static void kill_some(live *here, uint64_t tick) {
    entrain_error error = {0};
    entrain_status status = ENTRAIN_OK;
    uint32_t count;
    if (tick == 22 || tick == here->where->at)
        status = entrain_disrupt_kill(here->disruptions, 0.2, &count, &error);
    if (tick == 41 || tick == 80)
        status = entrain_disrupt_revive(here->disruptions, 0.4, &count, &error);
    must(status, &error, here, tick);
}

static void test_pulses(void **state) {
    (void)state;
    static const world worlds[] = {
        {"pulses along a ring, delays differ", pulses, kill_some, 47, 140, 0, NULL},
        {"pulses by relays, with a delay", pulses, kill_some, 47, 100, 1, NULL},
        {"pulses along a ring, one delay", pulses, kill_some, 48, 140, 2, NULL},
        {"pulses by relays at once", pulses, kill_some, 49, 100, 3, NULL},
        {"all together by relays", together, kill_some, 47, 100, 3, NULL},
        {"all together, delayed", together, kill_some, 47, 140, 2, NULL},
        {"desync along a ring", pulses, kill_some, 47, 140, 4, NULL},
        {"desync by relays", pulses, kill_some, 47, 100, 5, NULL},
        {"desync, all together", together, kill_some, 47, 100, 5, NULL},
        {"pulses, at the very start", pulses, NULL, 0, 60, 0, NULL},
    };
    TRY(worlds);
}

// ---- what a context holds ----

// Two swarms of one configuration, made alike, differ in pointers. Where they do not they must not after one
// has read what the other wrote: a field that somebody added to a context, and forgot to archive, is seen here
// if it is not the same at the start and later. Left out is what is scratch, or a pointer that comes later.
typedef struct part {
    const char *name;
    const unsigned char *at;
    size_t size;
    unsigned char start[4096];
    struct {
        size_t at, size;
    } skips[24];
    size_t skip_count;
} part;

typedef struct anatomy {
    part parts[10];
    size_t count;
} anatomy;

static part *add_part(anatomy *of, const char *name, const void *at, size_t size) {
    part *one = &of->parts[of->count++];
    assert_true(of->count <= sizeof of->parts / sizeof *of->parts && size <= sizeof one->start);
    one->name = name;
    one->at = at;
    one->size = size;
    memcpy(one->start, at, size);
    return one;
}
static void leave_out(part *of, size_t at, size_t size) {
    of->skips[of->skip_count].at = at;
    of->skips[of->skip_count++].size = size;
}

#define SKIP(part, type, field) leave_out(part, offsetof(type, field), sizeof((type *)0)->field)

// Padding, of which nobody says what it holds.
static void skip_balance(part *of, size_t at) {
    leave_out(of, at + offsetof(entrain__phase_balance, living) + sizeof(uint32_t), 12);
    leave_out(of, at + offsetof(entrain__phase_balance, rounding) + sizeof(double), 8);
}

static void add_meter(anatomy *of, const live *here) {
    part *meter = add_part(of, "the meter", entrain_swarm_meter(here->swarm), sizeof(entrain_phase_meter));
    SKIP(meter, entrain_phase_meter, elapsed_s);
    SKIP(meter, entrain_phase_meter, shape);
    SKIP(meter, entrain_phase_meter, law.look);
    SKIP(meter, entrain_phase_meter, law.topology);
    SKIP(meter, entrain_phase_meter, law.offsets);
    SKIP(meter, entrain_phase_meter, law.config.gains);
    SKIP(meter, entrain_phase_meter, law.config.inertias);
    SKIP(meter, entrain_phase_meter, law.config.dampings);
    SKIP(meter, entrain_phase_meter, law.config.velocities);
    SKIP(meter, entrain_phase_meter, law.config.noises);
    skip_balance(meter, offsetof(entrain_phase_meter, base));
    skip_balance(meter, offsetof(entrain_phase_meter, last));
    for (int m = 0; m < 2; m++) {
        SKIP(meter, entrain_phase_meter, marks[m].phases);
        SKIP(meter, entrain_phase_meter, marks[m].turns);
        SKIP(meter, entrain_phase_meter, marks[m].ids);
    }
}

static void dissect(anatomy *of, const live *here) {
    *of = (anatomy){0};
    (void)add_part(of, "the swarm", here->swarm, sizeof *here->swarm);
    add_meter(of, here);
    part *disruptions = add_part(of, "disruptions", here->disruptions, sizeof *here->disruptions);
    SKIP(disruptions, struct entrain_disruptions, sides);
    SKIP(disruptions, struct entrain_disruptions, disturbance.sides);
    SKIP(disruptions, struct entrain_disruptions, mended); // but for four figures
    const void *context = entrain_population_context(here->population);
    if (entrain_agents_look(here->population) != NULL)
        (void)add_part(of, "the agents", context, sizeof(entrain__agents));
    else if (entrain_kuramoto_look(here->population) != NULL)
        (void)add_part(of, "the oscillators", context, sizeof(entrain__kuramoto));
    const entrain_workload *workload = entrain_swarm_workload(here->swarm);
    if (workload == NULL)
        return;
    part *work = add_part(of, "the workload", workload, sizeof *workload);
    SKIP(work, entrain_workload, partials);
    SKIP(work, entrain_workload, task_count);
    for (uint32_t g = 0; g < workload->gateway_count; g++) {
        part *gateway = add_part(of, "a gateway", &workload->gateways[g], sizeof *workload->gateways);
        SKIP(gateway, entrain__gateway, batches);
    }
}

static bool is_skipped(const part *of, size_t at) {
    for (size_t s = 0; s < of->skip_count; s++)
        if (at >= of->skips[s].at && at < of->skips[s].at + of->skips[s].size)
            return true;
    return false;
}

static void compare_parts(const world *where, const part *is, const part *wanted) {
    for (size_t b = 0; b < is->size; b++)
        if (is->start[b] == wanted->start[b] && is->at[b] != wanted->at[b] && !is_skipped(is, b))
            fail_msg("%s: byte %zu of %s was not archived: it is %u, not %u", where->name, b, is->name,
                     is->at[b], wanted->at[b]);
}

static void compare_batches(const live *is, const live *wanted) {
    const entrain_workload *workload = entrain_swarm_workload(is->swarm),
                           *other = entrain_swarm_workload(wanted->swarm);
    for (uint32_t g = 0; workload != NULL && g < workload->gateway_count; g++)
        for (uint32_t b = 0; b < workload->config.calls_max; b++) {
            const entrain__batch *one = &workload->gateways[g].batches[b],
                                 *wanted_one = &other->gateways[g].batches[b];
            assert_int_equal(one->state, wanted_one->state);
            if (one->state == ENTRAIN__BATCH_FREE)
                continue;
            entrain__batch copy = *wanted_one;
            copy.part = one->part;
            assert_memory_equal(one, &copy, sizeof copy);
            assert_memory_equal(one->part, wanted_one->part, one->parts * sizeof *one->part);
        }
}

// Not since the last sample, after which the meter's law is another.
static void change_early(live *here, uint64_t tick) {
    if (tick < 40)
        change_model(here, tick);
}

static void test_contexts(void **state) {
    (void)state;
    static const world worlds[] = {
        {"groups and harmonics", grouped, change_early, 46, 90, 0, NULL},
        {"noise by degree", noisy, change_early, 50, 90, ENTRAIN_NORMALISE_DEGREE, NULL},
        {"swing", swinging, change_early, 46, 90, 0, NULL},
        {"trouble", troubled, befall_oscillators, 52, 90, 0, NULL},
        {"pulses along a ring, one delay", pulses, kill_some, 48, 140, 2, NULL},
        {"agents with a goal", agents, befall_agents, 49, 90, 0, NULL},
        {"agents with another goal", agents, befall_agents, 47, 90, 3, NULL},
        {"agents who join", roomy, join_some, 47, 90, 0, NULL},
    };
    for (size_t w = 0; w < sizeof worlds / sizeof *worlds; w++) {
        static anatomy of, other;
        diary in = {0};
        live here, twin;
        entrain_error error = {0};
        open_live(&worlds[w], &manners[0], &in, &here);
        open_live(&worlds[w], &manners[0], &in, &twin);
        dissect(&of, &here);
        dissect(&other, &twin);
        stand_at(&here, 0);
        go_on(&here, 0, worlds[w].at);
        const bytes written = write_live(&here);
        CHECK_OK(read_live(&twin, written, &error), error);
        for (size_t p = 0; p < of.count; p++)
            compare_parts(&worlds[w], &other.parts[p], &of.parts[p]);
        compare_batches(&twin, &here);
        close_live(&here);
        close_live(&twin);
        free(written.data);
        free(in.entries);
    }
}

// ---- what is refused ----

// What went through an archive, without checksums; and an archive of that.
static bytes unwrap(bytes archived, uint64_t size) {
    entrain_error error = {0};
    entrain_archive *archive = NULL;
    const bytes plain = {malloc(size), size};
    assert_non_null(plain.data);
    CHECK_OK(entrain_archive_read_memory(archived.data, archived.size, "It", &archive, &error), error);
    entrain_archive_bytes(archive, plain.data, plain.size);
    CHECK_OK(entrain_archive_end(archive, &error), error);
    return plain;
}

static bytes wrap(bytes plain, size_t size) {
    entrain_error error = {0};
    entrain_archive *archive = NULL;
    bytes archived = {0};
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    entrain_archive_bytes(archive, plain.data, size);
    archived.data = entrain_archive_data(archive, &archived.size, &error);
    assert_non_null(archived.data);
    return archived;
}

// Reads @p plain, of which @p size bytes are there, into a new swarm.
static entrain_status try_plain(const world *where, bytes plain, size_t size, entrain_error *error) {
    diary in = {0};
    live here;
    const bytes archived = wrap(plain, size);
    open_live(where, &manners[0], &in, &here);
    const entrain_status status = read_live(&here, archived, error);
    if (status != ENTRAIN_OK && strlen(error->sentence) < 20)
        fail_msg("%s: \"%s\" is no sentence", where->name, error->sentence);
    close_live(&here);
    free(archived.data);
    return status;
}

static bytes written_at(const world *where) {
    diary in = {0};
    live here;
    entrain_error error = {0};
    entrain_archive *archive = NULL;
    open_live(where, &manners[0], &in, &here);
    stand_at(&here, 0);
    go_on(&here, 0, where->at);
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    archive_live(&here, archive);
    const uint64_t size = entrain_archive_bytes_done(archive);
    bytes archived = {0};
    archived.data = entrain_archive_data(archive, &archived.size, &error);
    assert_non_null(archived.data);
    const bytes plain = unwrap(archived, size);
    free(archived.data);
    free(in.entries);
    close_live(&here);
    return plain;
}

static void test_torn(void **state) {
    (void)state;
    static const world worlds[] = {
        {"trouble", troubled, befall_oscillators, 52, 90, 0, NULL},
        {"agents with a goal", agents, befall_agents, 49, 90, 0, NULL},
        {"pulses along a ring", pulses, kill_some, 48, 140, 2, NULL},
    };
    for (size_t w = 0; w < sizeof worlds / sizeof *worlds; w++) {
        entrain_error error = {0};
        const bytes plain = written_at(&worlds[w]);
        CHECK_OK(try_plain(&worlds[w], plain, plain.size, &error), error);
        for (size_t size = 0; size < plain.size; size += 1 + plain.size / 50)
            if (try_plain(&worlds[w], plain, size, &error) == ENTRAIN_OK)
                fail_msg("%s: %zu bytes of %zu were enough", worlds[w].name, size, plain.size);
        // Something foreign in its midst: refused or harmless, and never worse.
        uint64_t random = 77;
        for (uint32_t times = 0; times < 100; times++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            unsigned char *byte = &plain.data[(random >> 20) % plain.size];
            const unsigned char before = *byte;
            *byte = (unsigned char)(random >> 56);
            (void)try_plain(&worlds[w], plain, plain.size, &error);
            *byte = before;
        }
        free(plain.data);
    }
}

static unsigned char *find_tag(bytes in, const char *tag, int which) {
    char name[16] = {0};
    memcpy(name, tag, strlen(tag));
    for (size_t at = 0; at + sizeof name <= in.size; at++)
        if (memcmp(in.data + at, name, sizeof name) == 0 && which-- == 0)
            return in.data + at;
    fail_msg("there is no section \"%s\"", tag);
    return NULL;
}

static void test_swapped(void **state) {
    (void)state;
    static const world where = {"agents with a goal", agents, befall_agents, 49, 90, 0};
    static const char *const tags[] = {"swarm", "agents", "workload", "gateways", "meter", "disruptions"};
    entrain_error error = {0};
    const bytes plain = written_at(&where);
    for (size_t t = 0; t + 1 < sizeof tags / sizeof *tags; t++) {
        unsigned char *one = find_tag(plain, tags[t], 0), *other = find_tag(plain, tags[t + 1], 0);
        for (int again = 0; again < 2; again++) {
            for (int b = 0; b < 16; b++) {
                const unsigned char byte = one[b];
                one[b] = other[b];
                other[b] = byte;
            }
            if (again == 0)
                CHECK_REFUSED(try_plain(&where, plain, plain.size, &error), ENTRAIN_MISMATCH, error, tags[t]);
        }
    }
    free(plain.data);
}

static void larger(const world *where, entrain_swarm_config *config) {
    (void)where;
    config->size = 61;
}
static void slower(const world *where, entrain_swarm_config *config) {
    (void)where;
    config->engine.step_s = 0.02;
}
static void plain(const world *where, entrain_swarm_config *config) { config->seed = where->variant + 5; }
static void idle(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->has_workload = false;
}
static void more_gateways(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->workload.gateways = 4;
}
static void longer_period(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->agent.period_s = 0.3;
}
static void regrouped(const world *where, entrain_swarm_config *config) {
    grouped(where, config);
    config->model.group_sizes[0] = 35;
    config->model.group_sizes[1] = 25;
}

// A swarm of another kind is refused, with what is different.
static void test_another(void **state) {
    (void)state;
    const struct {
        world written, read;
        const char *words;
    } pairs[] = {
        {{"plain", plain, NULL, 9, 20, 0}, {"larger", larger, NULL, 9, 20, 0}, "size"},
        {{"plain", plain, NULL, 9, 20, 0}, {"slower", slower, NULL, 9, 20, 0}, "step"},
        {{"plain", plain, NULL, 9, 20, 0}, {"another seed", plain, NULL, 9, 20, 1}, "seed"},
        {{"plain", plain, NULL, 9, 20, 0}, {"pulses", pulses, NULL, 9, 20, 0}, "ticks"},
        {{"plain", plain, NULL, 9, 20, 12}, {"agents", agents, NULL, 9, 20, 0}, "population"},
        {{"plain", plain, NULL, 9, 20, 0}, {"own", tiring, NULL, 9, 20, 0}, "tiring"},
        {{"euler", complete, NULL, 9, 20, 0}, {"heun", complete, NULL, 9, 20, 1}, "column"},
        {{"groups", grouped, NULL, 9, 20, 0}, {"regrouped", regrouped, NULL, 9, 20, 0}, "group"},
        {{"agents", agents, NULL, 9, 20, 0}, {"idle", idle, NULL, 9, 20, 0}, "populations"},
        {{"agents", agents, NULL, 9, 20, 0}, {"more gateways", more_gateways, NULL, 9, 20, 0}, "gateway"},
        {{"agents", agents, NULL, 9, 20, 0}, {"longer", longer_period, NULL, 9, 20, 0}, "period"},
    };
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        entrain_error error = {0};
        const bytes written = written_at(&pairs[p].written);
        const entrain_status status = try_plain(&pairs[p].read, written, written.size, &error);
        if (status != ENTRAIN_MISMATCH || strstr(error.sentence, pairs[p].words) == NULL)
            fail_msg("%s read into %s: %s: %s", pairs[p].written.name, pairs[p].read.name,
                     entrain_status_name(status), error.sentence);
        free(written.data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oscillators), cmocka_unit_test(test_agents), cmocka_unit_test(test_pulses),
        cmocka_unit_test(test_contexts),    cmocka_unit_test(test_torn),   cmocka_unit_test(test_swapped),
        cmocka_unit_test(test_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
