// See swarm_world.h.
#include "swarm_world.h"

// ---- what is seen of a run ----

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

enum { SAMPLE_EVERY = 7 };

void must(entrain_status status, const entrain_error *error, const live *here, uint64_t tick) {
    if (status != ENTRAIN_OK)
        fail_msg("%s, tick %u: %s", here->where->name, (unsigned)tick, error->sentence);
}
const manner manners[MANNERS] = {
    {"as it was written", "static", 1, 4096, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_INDEX,
     ENTRAIN_SIMD_AUTO},
    {"3 workers, steal, publish, shuffled", "steal", 3, 64, ENTRAIN_TRANSPORT_PUBLISH,
     ENTRAIN_LAYOUT_SHUFFLED, ENTRAIN_SIMD_AUTO},
    {"2 workers, dataflow, near, sse2", "dataflow", 2, 100, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_NEAR,
     ENTRAIN_SIMD_SSE2},
};

void open_live(const world *where, const manner *how, diary *in, live *here) {
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

void close_live(live *here) {
    entrain_disruptions_destroy(here->disruptions);
    entrain_swarm_destroy(here->swarm);
}

// What happens at @p tick, and a look; twice where something happened, so that there is one in between.
void stand_at(live *here, uint64_t tick) {
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
void go_on(live *here, uint64_t from, uint64_t to) {
    for (uint64_t tick = from + 1; tick <= to; tick++) {
        entrain_error error = {0};
        must(entrain_swarm_advance(here->swarm, tick, &error), &error, here, tick);
        assert_int_equal(entrain_swarm_tick(here->swarm), tick);
        stand_at(here, tick);
    }
    if (to == here->where->until)
        note_windows(here->diary, to, here->swarm);
}

void archive_live(live *here, entrain_archive *archive) {
    entrain_swarm_archive(here->swarm, archive);
    entrain_disruptions_archive(here->disruptions, archive);
}
bytes write_live(live *here) {
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

entrain_status read_live(live *here, bytes from, entrain_error *error) {
    entrain_archive *archive = NULL;
    const entrain_status status = entrain_archive_read_memory(from.data, from.size, "It", &archive, error);
    if (status != ENTRAIN_OK)
        return status;
    archive_live(here, archive);
    return entrain_archive_end(archive, error);
}
// ---- oscillators ----

void complete(const world *where, entrain_swarm_config *config) {
    config->topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    config->model.coupling = 1.5;
    config->model.integrator = (entrain_integrator)where->variant;
}

void noisy(const world *where, entrain_swarm_config *config) {
    config->topology.kind = ENTRAIN_TOPOLOGY_ERDOS_RENYI;
    config->topology.probability = 0.2;
    config->model.integrator = ENTRAIN_INTEGRATOR_HEUN;
    config->model.noise = 0.3;
    config->model.normalise = (entrain_normalise)where->variant;
    config->gain = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = -1, .high = 2};
    if (where->variant == ENTRAIN_NORMALISE_HEARD)
        config->noisiness = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = 0, .high = 2};
}

void delayed(const world *where, entrain_swarm_config *config) {
    config->topology.delay_low = where->variant == 1 ? 0.13 : 0.02;
    config->topology.delay_high = 0.13;
    if (where->variant == 1)
        config->topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    config->model.past = (entrain_past)where->variant;
    config->model.integrator = ENTRAIN_INTEGRATOR_HEUN;
    config->model.coupling = 2;
}

void grouped(const world *where, entrain_swarm_config *config) {
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

void swinging(const world *where, entrain_swarm_config *config) {
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
void change_model(live *here, uint64_t tick) {
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
        model.lag = here->where->variant % 2 == 0 ? 0 : 0.1;
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
void befall_oscillators(live *here, uint64_t tick) {
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
    if (tick == 60) // while it is divided
        status = entrain_disrupt_delay(disruptions, 0.02, &error);
    if (tick == 70)
        status = entrain_disrupt_loss(disruptions, 0, &error);
    if (tick == 72)
        replace_graph(here, tick);
    must(status, &error, here, tick);
}

void troubled(const world *where, entrain_swarm_config *config) {
    config->engine.disturbance_delay_max = 10;
    if (where->variant == 1)
        noisy(where, config);
}

// Mended, so that conservation begins anew after it was read.
void mended_early(live *here, uint64_t tick) {
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

void tiring(const world *where, entrain_swarm_config *config) {
    (void)where;
    config->phase_model = &tiring_model;
}
// ---- agents ----

void agents(const world *where, entrain_swarm_config *config) {
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

void pulsing(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->agent.recovery = 500;
}

// Adaptive looks once a second, and changes after some looks.
void switching(const world *where, entrain_swarm_config *config) {
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
        config.steepness *= 0.9;
        config.recovery *= 1.2;
        config.nudge_cost *= 0.9;
        config.frequency_cost *= 0.9;
        config.pulse_cost *= 0.9;
        config.pulse_strength *= 0.9;
        config.spread_gain *= 0.9;
    } else if (tick == 39) {
        config.strategy = ENTRAIN_STRATEGY_ADAPTIVE;
        config.switch_cost = 1;
        config.coupling *= 1.1;
    } else {
        return;
    }
    must(entrain_agents_change(here->population, &config, &error), &error, here, tick);
}

static void change_work(live *here) {
    entrain_error error = {0};
    entrain_workload *workload = entrain_swarm_workload(here->swarm);
    entrain_workload_config config = *entrain_workload_look(workload);
    config.pattern = ENTRAIN_PATTERN_STEADY;
    config.window_s *= 0.9;
    config.batch_max = 14;
    config.rate = config.rate > 0 ? 9 : 30;
    config.failure = 0.25;
    config.silence = 0.15;
    config.timeout_s = 0.12;
    config.breaker_limit = 3;
    config.breaker_open_s = 0.07;
    config.latency_spread_s *= 0.9;
    CHECK_OK(entrain_workload_change(workload, &config, &error), error);
}

void befall_work(live *here, uint64_t tick) {
    entrain_disruptions *disruptions = here->disruptions;
    const entrain_service_fault fault = {.failure = 0.7, .silence = NAN, .latency_s = 0.05};
    entrain_error error = {0};
    entrain_status status = ENTRAIN_OK;
    uint32_t count;
    if (tick == 36 && here->where->variant != ENTRAIN_STRATEGY_PULSE)
        change_work(here);
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

void befall_agents(live *here, uint64_t tick) {
    change_course(here, tick);
    befall_oscillators(here, tick);
    befall_work(here, tick);
    befall_gateway(here, tick);
}

void befall_calmly(live *here, uint64_t tick) {
    change_course(here, tick);
    befall_work(here, tick);
}

void tight(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->engine.overflow = (entrain_overflow)where->variant;
    config->engine.overflow_named = true;
    config->workload.gateway_inbox = 2;
}

// Some join, a few at a time; one of the times is when it is written.
void roomy(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->agent.goal = ENTRAIN_GOAL_COHERENCE;
    config->room = 90;
}

void join_some(live *here, uint64_t tick) {
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
// ---- pulses ----

void pulses(const world *where, entrain_swarm_config *config) {
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

void together(const world *where, entrain_swarm_config *config) {
    pulses(where, config);
    config->phase = entrain_distribution_constant(0.1);
}

void kill_some(live *here, uint64_t tick) {
    entrain_error error = {0};
    entrain_status status = ENTRAIN_OK;
    uint32_t count;
    if (tick == 22 || tick == here->where->at)
        status = entrain_disrupt_kill(here->disruptions, 0.2, &count, &error);
    if (tick == 41 || tick == 80)
        status = entrain_disrupt_revive(here->disruptions, 0.4, &count, &error);
    must(status, &error, here, tick);
}
