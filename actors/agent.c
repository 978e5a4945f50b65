// Goal-directed agents: what may be configured and changed, the population as a behavior, and a look at
// all of them. What they do in a tick is in agent_step.c.
#include "entrain/agent.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "actors/agent_model.h"
#include "actors/agent_work.h"
#include "actors/archived.h"
#include "engine/base/assert.h"
#include "entrain/math.h"

#define TWO_PI 0x1.921fb54442d18p+2

enum { WORDS = ENTRAIN_AGENT_WORDS, COMPLETE_PULSES_MAX = 256 };

entrain_agent_config entrain_agent_config_defaults(void) {
    return (entrain_agent_config){.goal = ENTRAIN_GOAL_COHERENCE,
                                  .low = NAN,
                                  .high = NAN,
                                  .strategy = ENTRAIN_STRATEGY_COUNT,
                                  .period_s = 1,
                                  .coupling = 4,
                                  .steepness = 12,
                                  .alignment = 1,
                                  .leak = 0.01,
                                  .energy = 100,
                                  .recovery = 5,
                                  .nudge_cost = 5,
                                  .frequency_cost = 10,
                                  .pulse_cost = 20,
                                  .switch_cost = 15,
                                  .pulse_strength = 0.3,
                                  .spread_gain = 0.7};
}

const entrain__agent_kernels *entrain__agent_kernels_for(entrain_simd level) {
    switch (level) {
    case ENTRAIN_SIMD_AVX512:
        return &entrain__agent_kernels_avx512;
    case ENTRAIN_SIMD_AVX2:
        return &entrain__agent_kernels_avx2;
    default:
        return &entrain__agent_kernels_sse2;
    }
}

// ---- what may be ----

typedef struct bound {
    const char *name;
    size_t offset;
    double least, most;
    bool above; // not `least` itself
} bound;

#define BOUND(name, field, ...)                                                                              \
    { name, offsetof(entrain_agent_config, field), __VA_ARGS__ }
static const bound bounds[] = {
    BOUND("period_s", period_s, 0, 1e6, true),
    BOUND("coupling", coupling, 0, 1e3, false),
    BOUND("steepness", steepness, 0, 1e6, false),
    BOUND("alignment", alignment, 0, 1e3, false),
    BOUND("leak", leak, 0, 1, false),
    BOUND("stubbornness", stubbornness, 0, 1, false),
    BOUND("energy", energy, 0, 1e9, true),
    BOUND("recovery", recovery, 0, 1e9, false),
    BOUND("nudge_cost", nudge_cost, 0, 1e9, false),
    BOUND("frequency_cost", frequency_cost, 0, 1e9, false),
    BOUND("pulse_cost", pulse_cost, 0, 1e9, false),
    BOUND("switch_cost", switch_cost, 0, 1e9, false),
    BOUND("pulse_strength", pulse_strength, 0, 1, false),
    BOUND("spread_gain", spread_gain, 0, 1, false),
};

#define REFUSE(...) return entrain_error_set(error_out, ENTRAIN_INVALID, __VA_ARGS__)

static entrain_status check_bounds(const entrain_agent_config *config, entrain_error *error_out) {
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
        const double value = *(const double *)(const void *)((const char *)config + bounds[b].offset);
        if (!(value >= bounds[b].least && value <= bounds[b].most) ||
            (bounds[b].above && value == bounds[b].least))
            REFUSE("The agents' %s is %g; it must be %s %g to %g.", bounds[b].name, value,
                   bounds[b].above ? "above" : "from", bounds[b].least, bounds[b].most);
    }
    return ENTRAIN_OK;
}

static bool wants_pulses(entrain_strategy strategy) { return strategy == ENTRAIN_STRATEGY_PULSE; }

// Everything resolved: the goal's band, the goal's strategy.
static entrain_status resolve(const entrain_agent_config *config, double step_s,
                              entrain_agent_config *resolved_out, entrain_error *error_out) {
    *resolved_out = *config;
    if ((unsigned)config->goal >= ENTRAIN_GOAL_COUNT)
        REFUSE("The agents' goal is %d; there are 0 to %d.", (int)config->goal, ENTRAIN_GOAL_COUNT - 1);
    if ((unsigned)config->strategy > ENTRAIN_STRATEGY_COUNT)
        REFUSE("The agents' strategy is %d; there are 0 to %d.", (int)config->strategy,
               ENTRAIN_STRATEGY_COUNT - 1);
    const entrain_goal_facts facts = entrain_goal_look(config->goal);
    if (isnan(config->low))
        resolved_out->low = facts.low;
    if (isnan(config->high))
        resolved_out->high = facts.high;
    if (!(resolved_out->low >= 0 && resolved_out->low <= resolved_out->high && resolved_out->high <= 1))
        REFUSE("The agents' band is %g to %g; it must lie within 0 to 1.", resolved_out->low,
               resolved_out->high);
    if (config->strategy == ENTRAIN_STRATEGY_COUNT) {
        resolved_out->strategy = facts.strategy;
        if (wants_pulses(facts.strategy) && !config->pulses)
            resolved_out->strategy = ENTRAIN_STRATEGY_FREQUENCY_LOCK;
    }
    if (wants_pulses(resolved_out->strategy) && !config->pulses)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "The agents' strategy is pulse, and they were made without mailboxes for "
                                 "pulses; configure `pulses`.");
    if (facts.spread && config->coupling != 0 && !config->moments && !config->pulses)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "The agents' goal is %s, and they were made without moments and without "
                                 "pulses; configure one of them.",
                                 facts.name);
    const entrain_status status = check_bounds(config, error_out);
    if (status == ENTRAIN_OK && !(TWO_PI / config->period_s * step_s <= 1))
        REFUSE("The agents' period is %g s and a tick %g s; a turn needs at least 7 ticks.", config->period_s,
               step_s);
    if (status == ENTRAIN_OK && config->coupling * step_s > 0.5)
        REFUSE("The agents' coupling is %g rad/s and a tick %g s; their product must be at most 0.5.",
               config->coupling, step_s);
    if (status == ENTRAIN_OK && config->alignment * step_s > 0.5)
        REFUSE("The agents' alignment is %g per second and a tick %g s; their product must be at most 0.5.",
               config->alignment, step_s);
    return status;
}

// ---- what follows ----

// A power of two above @p value.
static double power_above(double value) {
    double power = 1;
    while (power < value)
        power *= 2;
    return power;
}

// Where agents aim at. A band that has no upper end is entered well, so that what an agent believes need not
// be exact; one with two ends in its middle.
static void aim(const entrain__agents *agents, entrain__agent_rule *rule) {
    const entrain_agent_config *config = &agents->config;
    const bool open = config->high >= 1;
    rule->target = open ? config->low + 0.9 * (1 - config->low) : (config->low + config->high) / 2;
    rule->tilt = 0;
    rule->gain_high = config->coupling;
    // Who is in an open band goes on gently: else newcomers would stay where they began, in a swarm that
    // is content.
    rule->gain_low = open ? config->coupling / 8 : -config->coupling;
    rule->steepness = open ? 4 * config->steepness : config->steepness;
    if (config->goal == ENTRAIN_GOAL_ADAPT_TO_TRAFFIC &&
        !open) { // tighter in bursts: twice the usual load, and beyond
        const double width = config->high - config->low;
        rule->target = config->low + width / 4;
        rule->tilt = width / 2;
    }
}

void entrain__agents_derive(entrain__agents *agents) {
    const entrain_agent_config *config = &agents->config;
    const double frequency = TWO_PI / config->period_s, h = agents->step_s;
    agents->spreads = entrain_goal_look(config->goal).spread;
    agents->cycles = agents->spreads && config->moments;
    entrain__agent_rule *rule = &agents->rule;
    *rule = (entrain__agent_rule){.step_s = h,
                                  .keep = 1 - config->leak,
                                  .spread = agents->spreads,
                                  .push = -h * config->coupling,
                                  .alignment = config->coupling > 0 ? config->alignment : 0,
                                  .frequency = frequency,
                                  .frequency_one = power_above(16 * frequency),
                                  .nudge_cost = config->nudge_cost,
                                  .frequency_cost = config->frequency_cost,
                                  .capacity = config->energy};
    aim(agents, rule);
    // Each harmonic has one tick in so many, and does in it what they would: all moments sink at the same
    // rate.
    for (uint32_t m = 0; m < ENTRAIN__HARMONICS; m++) {
        entrain__agent_rule *of = &agents->harmonics[m];
        *of = *rule;
        of->push = -h * config->coupling * ENTRAIN__HARMONICS / (m + 1);
    }
    // Hearing costs a pulse each: at first what the energy holds, then what comes back and half as much
    // again.
    const double burst = floor(0.8 * config->energy / (config->pulse_cost + 1e-9));
    const double every = ceil(1.5 * config->pulse_cost / (config->recovery * config->period_s + 1e-9));
    agents->burst = burst < 4 ? (uint32_t)burst : 4;
    agents->every = every < 1 ? 1 : every > 1e6 ? 1000000 : (uint32_t)every;
    const double looks = nearbyint(1 / h);
    agents->look_ticks = looks >= 1 ? (uint32_t)looks : 1;
}

// ---- what has changed since the start ----

ENTRAIN__ARCHIVED(entrain_agent_config, 160);
ENTRAIN__ARCHIVED(entrain__agents, 2272);

static void archive_config(entrain_agent_config *config, entrain_archive *archive) {
    entrain_archive_expect(archive, config->pulses, "whether agents have mailboxes for pulses");
    entrain_archive_expect(archive, config->neighbours, "the agents' neighbours");
    entrain_archive_expect(archive, config->moments, "whether agents have moments");
    entrain__archive_expect_f64(archive, config->period_s, "the agents' period (bits)");
    entrain__archive_expect_f64(archive, config->energy, "the agents' energy (bits)");
    config->goal =
        (entrain_goal)entrain__archive_choice(archive, config->goal, ENTRAIN_GOAL_COUNT, "the agents' goal");
    config->strategy = (entrain_strategy)entrain__archive_choice(
        archive, config->strategy, ENTRAIN_STRATEGY_COUNT, "the agents' strategy");
    double *const numbers[] = {&config->low,
                               &config->high,
                               &config->coupling,
                               &config->steepness,
                               &config->alignment,
                               &config->leak,
                               &config->stubbornness,
                               &config->recovery,
                               &config->nudge_cost,
                               &config->frequency_cost,
                               &config->pulse_cost,
                               &config->switch_cost,
                               &config->pulse_strength,
                               &config->spread_gain};
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
        entrain_archive_f64(archive, numbers[n]);
}

// The course (entrain_agents_change()), and what the workload has come to. Habits and minds are columns.
static void archive_agents(void *context, entrain_archive *archive) {
    entrain__agents *agents = context;
    entrain_archive_section(archive, "agents");
    entrain_archive_expect(archive, agents->room, "the room for agents");
    entrain_archive_expect(archive, agents->count, "the number of agents at the start");
    entrain_archive_expect(archive, agents->workload != NULL, "whether agents have a workload");
    archive_config(&agents->config, archive);
    entrain_archive_f64(archive, &agents->since_s);
    if (agents->workload != NULL)
        entrain__work_archive(agents->workload, archive);
    if (!entrain_archive_is_reading(archive) || entrain_archive_status(archive, NULL) != ENTRAIN_OK)
        return;
    entrain_error error = {0};
    entrain_agent_config resolved;
    if (resolve(&agents->config, agents->step_s, &resolved, &error) != ENTRAIN_OK)
        entrain_archive_refuse(archive, error.status, "%s", error.sentence);
    else
        entrain__agents_derive(agents);
}

// ---- the population ----

static size_t measure(const void *context) {
    const entrain__agents *agents = context;
    return entrain__arena_bytes(agents->arena);
}

static void release(void *context) {
    entrain__agents *agents = context;
    entrain_workload_destroy(agents->workload);
    entrain__arena_destroy(agents->arena);
}

static entrain__agents *make_agents(const entrain_agent_config *config, uint32_t room,
                                    entrain__phase_values initial) {
    entrain__arena *arena = NULL;
    entrain__agents *agents = NULL;
    if (entrain__arena_create(&arena) == ENTRAIN_OK)
        agents = entrain__arena_take(arena, 1, sizeof *agents);
    if (agents == NULL || entrain__phase_values_copy(arena, room, initial, &agents->initial) != ENTRAIN_OK) {
        entrain__arena_destroy(arena);
        return NULL;
    }
    agents->arena = arena;
    agents->config = *config;
    return agents;
}

static uint32_t pulses_per_tick(entrain_engine *engine, uint32_t room, bool hearers) {
    entrain_topology *topology = entrain_engine_topology(engine);
    if (topology == NULL)
        return 0;
    const entrain_topology_view graph = entrain_topology_look(topology);
    if (graph.kind == ENTRAIN_TOPOLOGY_COMPLETE)
        return room - 1;
    uint64_t most = hearers ? 0 : graph.in_degree_max;
    for (uint32_t v = 0; hearers && v < graph.vertex_count; v++) {
        const uint64_t count = graph.out_offsets[v + 1] - graph.out_offsets[v];
        most = count > most ? count : most;
    }
    return (uint32_t)most;
}

// Agents weigh all whom they hear alike: estimates are moved by sums less so many times one's own.
static entrain_status check_weights(const entrain_topology *topology, entrain_error *error_out) {
    if (topology == NULL)
        return ENTRAIN_OK;
    const entrain_topology_view graph = entrain_topology_look(topology);
    for (uint64_t a = 0; graph.in_weights != NULL && a < graph.arc_count; a++)
        if (graph.in_weights[a] * graph.weight_scale != 1)
            return entrain_error_set(
                error_out, ENTRAIN_UNSUPPORTED,
                "The topology has an edge of weight %g; agents hear each neighbour alike, and "
                "need a graph in which all weights are 1.",
                graph.in_weights[a] * graph.weight_scale);
    return ENTRAIN_OK;
}

entrain_status entrain_agents_add(entrain_engine *engine, const entrain_agent_config *config,
                                  entrain_workload *workload, uint32_t count, uint32_t room,
                                  const double *phases, const double *frequencies,
                                  entrain_population **population_out, entrain_error *error_out) {
    room = room < count ? count : room;
    const double step_s = entrain_engine_step_s(engine);
    entrain__phase_values initial = {phases, frequencies};
    entrain_agent_config resolved;
    entrain_status status = resolve(config, step_s, &resolved, error_out);
    if (status == ENTRAIN_OK)
        status = entrain__phase_values_check(step_s, room, initial, error_out);
    if (status == ENTRAIN_OK)
        status = check_weights(entrain_engine_topology(engine), error_out);
    uint32_t heard_most = 0, hearers_most = 0;
    if (status == ENTRAIN_OK && resolved.pulses) {
        heard_most = pulses_per_tick(engine, room, false);
        hearers_most = pulses_per_tick(engine, room, true);
        heard_most = heard_most > resolved.neighbours ? heard_most : resolved.neighbours;
        hearers_most = hearers_most > resolved.neighbours ? hearers_most : resolved.neighbours;
        resolved.neighbours = heard_most < hearers_most ? heard_most : hearers_most;
        if (entrain_engine_topology(engine) == NULL)
            status = entrain_error_set(error_out, ENTRAIN_ORDER,
                                       "Agents with pulses were added before the topology was set.");
        else if (entrain_topology_look(entrain_engine_topology(engine)).kind == ENTRAIN_TOPOLOGY_COMPLETE &&
                 room > COMPLETE_PULSES_MAX)
            status = entrain_error_set(error_out, ENTRAIN_LIMIT,
                                       "%" PRIu32 " agents on a complete graph would send each other %" PRIu64
                                       " pulses a turn; that is done for up to %d (give them a sparse "
                                       "topology, or another strategy).",
                                       room, (uint64_t)room * (room - 1), COMPLETE_PULSES_MAX);
    }
    entrain__agents *agents = status == ENTRAIN_OK ? make_agents(&resolved, room, initial) : NULL;
    if (agents == NULL)
        entrain_workload_destroy(workload);
    if (status != ENTRAIN_OK)
        return status;
    if (agents == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for %" PRIu32 " agents.",
                                 room);
    agents->workload = workload;
    agents->count = count;
    agents->room = room;
    agents->step_s = step_s;
    agents->complete =
        entrain_engine_topology(engine) != NULL &&
        entrain_topology_look(entrain_engine_topology(engine)).kind == ENTRAIN_TOPOLOGY_COMPLETE;
    agents->stubborn_key = entrain_random_key(entrain_engine_seed(engine), ENTRAIN_STREAM_STUBBORN);
    entrain__agents_derive(agents);
    const uint32_t moments =
        resolved.moments ? (uint32_t)((size_t)(ENTRAIN__HARMONICS - 1) * 2 * sizeof(double)) : 8;
    const entrain_column columns[] = {
        {.name = "phase", .bytes = sizeof(double), .fingerprint = true},
        {.name = "turns", .bytes = sizeof(int32_t), .fingerprint = true},
        {.name = "frequency", .bytes = sizeof(double), .fingerprint = true},
        {.name = "learned", .bytes = sizeof(double), .fingerprint = true},
        {.name = "lean x", .bytes = sizeof(double), .fingerprint = true},
        {.name = "lean y", .bytes = sizeof(double), .fingerprint = true},
        {.name = "energy", .bytes = sizeof(double), .fingerprint = true},
        {.name = "spent", .bytes = sizeof(double), .fingerprint = true},
        {.name = "habit", .bytes = sizeof(entrain_agent_habit), .fingerprint = true},
        {.name = "mind", .bytes = sizeof(entrain__agent_mind), .fingerprint = true},
        {.name = "pulse", .bytes = sizeof(entrain__agent_pulse), .fingerprint = true},
        {.name = "moments", .bytes = moments, .fingerprint = true},
        {.name = "work", .bytes = entrain__work_bytes(workload), .fingerprint = true},
        {.name = "busy", .bytes = sizeof(float), .fingerprint = true},
        {.name = "cos", .bytes = sizeof(double)},
        {.name = "sin", .bytes = sizeof(double)},
    };
    const entrain_behavior behavior = {
        .name = "agent",
        .columns = columns,
        .column_count = sizeof columns / sizeof *columns,
        .words = WORDS,
        .exchanges = 1,
        .wants_heard = true,
        .inbox = resolved.pulses ? (heard_most > 0 ? heard_most : 1) : 0,
        .step_sends_max = (resolved.pulses ? hearers_most : 0) + entrain__work_sends_max(workload),
        .start = entrain__agents_start,
        .receive = resolved.pulses ? entrain__agents_receive : NULL,
        .step = entrain__agents_step,
        .publish = entrain__agents_publish,
        .stop = entrain__agents_stop,
        .release = release,
        .measure = measure,
        .archive = archive_agents,
    };
    status = entrain_engine_add_room(engine, &behavior, agents, room, count, population_out, error_out);
    if (status == ENTRAIN_OK)
        agents->population = *population_out;
    return status;
}

// ---- looking and changing ----

static entrain__agents *agents_of(const entrain_population *population) {
    return entrain_population_behavior(population)->step == entrain__agents_step
               ? entrain_population_context(population)
               : NULL;
}

const entrain_agent_config *entrain_agents_look(const entrain_population *population) {
    const entrain__agents *agents = agents_of(population);
    return agents != NULL ? &agents->config : NULL;
}

entrain_goal_band entrain_agents_band(const entrain_population *population) {
    const entrain__agents *agents = agents_of(population);
    ENTRAIN_ASSERT(agents != NULL);
    return (entrain_goal_band){.goal = agents->config.goal,
                               .low = agents->config.low,
                               .high = agents->config.high,
                               .size = agents->count};
}

static void tell_all(const entrain__agents *agents, entrain_strategy strategy) {
    for (uint32_t i = 0; i < agents->room; i++) {
        if (entrain_population_id(agents->population, i) == ENTRAIN_ID_NONE)
            continue;
        entrain_agent_habit *habit = entrain_population_at(agents->population, i, ENTRAIN_AGENT_HABIT);
        habit->strategy = (uint8_t)strategy;
        habit->acting = entrain__agent_first_act(strategy);
    }
}

// Rounds are counted from 0 again, and nothing of earlier ones may pass for them.
static void forget_rounds(const entrain__agents *agents) {
    for (uint32_t i = 0; i < agents->room; i++) {
        if (entrain_population_id(agents->population, i) == ENTRAIN_ID_NONE)
            continue;
        entrain__agent_pulse *pulse = entrain_population_at(agents->population, i, ENTRAIN_AGENT_PULSE);
        pulse->rounds[0].round = pulse->rounds[1].round = UINT32_MAX;
    }
}

entrain_status entrain_agents_change(entrain_population *population, const entrain_agent_config *config,
                                     entrain_error *error_out) {
    entrain__agents *agents = agents_of(population);
    ENTRAIN_ASSERT(agents != NULL);
    const entrain_agent_config *is = &agents->config;
    entrain_agent_config resolved;
    const entrain_status status = resolve(config, agents->step_s, &resolved, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (resolved.pulses != is->pulses || resolved.neighbours != is->neighbours ||
        resolved.moments != is->moments || resolved.period_s != is->period_s || resolved.energy != is->energy)
        REFUSE("The agents' pulses, neighbours, moments, period and energy cannot change while they run; "
               "begin with what entrain_agents_look() says.");
    const bool told = resolved.strategy != is->strategy;
    if (!agents->spreads && entrain_goal_look(resolved.goal).spread) {
        agents->since_s = (double)entrain_engine_tick(entrain_population_engine(population)) * agents->step_s;
        forget_rounds(agents);
    }
    agents->config = resolved;
    entrain__agents_derive(agents);
    if (told)
        tell_all(agents, resolved.strategy);
    entrain_engine_republish(entrain_population_engine(population)); // estimates may be of another harmonic
    return ENTRAIN_OK;
}

entrain_status entrain_agent_set_strategy(entrain_population *population, uint32_t index,
                                          entrain_strategy strategy, entrain_error *error_out) {
    const entrain__agents *agents = agents_of(population);
    ENTRAIN_ASSERT(agents != NULL && index < agents->room);
    if ((unsigned)strategy >= ENTRAIN_STRATEGY_COUNT)
        REFUSE("There is no strategy %d.", (int)strategy);
    if (wants_pulses(strategy) && !agents->config.pulses)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "Strategy pulse needs agents that were made with mailboxes for pulses.");
    entrain_agent_habit *habit = entrain_population_at(population, index, ENTRAIN_AGENT_HABIT);
    habit->strategy = (uint8_t)strategy;
    habit->acting = entrain__agent_first_act(strategy);
    return ENTRAIN_OK;
}

// ---- a look at all ----

// In units of 2^-20, cut at 2^30: 2^24 squares of them fit in an int128.
__extension__ typedef __int128 int128;
#define UNIT 0x1p20

typedef struct partial {
    uint64_t living, switches, pulses, denied;
    uint32_t acting[ENTRAIN_STRATEGY_COUNT];
    int64_t energy_least;
    int128 energy, spent, belief, belief_square, frequency, frequency_square, busy, cos, sin;
} partial;

static int64_t unit_of(double value) {
    value = value < 0x1p30 ? value : 0x1p30;
    value = value > -0x1p30 ? value : -0x1p30;
    return (int64_t)nearbyint(value * UNIT);
}

typedef struct looker {
    partial *partials;
    const entrain__agents *agents;
} looker;

static void look(void *context, const entrain_range *range, uint32_t task) {
    const looker *with = context;
    partial *sum = &with->partials[task];
    const double *energy = range->columns[ENTRAIN_AGENT_ENERGY], *spent = range->columns[ENTRAIN_AGENT_SPENT];
    const double *x = range->columns[ENTRAIN_AGENT_LEAN_X], *y = range->columns[ENTRAIN_AGENT_LEAN_Y];
    const double *natural = range->columns[ENTRAIN_KURAMOTO_FREQUENCY];
    const double *learned = range->columns[ENTRAIN_AGENT_LEARNED];
    const entrain_agent_habit *habit = range->columns[ENTRAIN_AGENT_HABIT];
    const entrain__agent_mind *mind = range->columns[ENTRAIN_AGENT_MIND];
    const entrain__agent_pulse *pulse = range->columns[ENTRAIN_AGENT_PULSE];
    const double *cos = range->columns[ENTRAIN_AGENT_COS], *sin = range->columns[ENTRAIN_AGENT_SIN];
    const float *busy = range->columns[ENTRAIN_AGENT_BUSY];
    for (size_t k = 0; k < range->count; k++) {
        const double zx = cos[k] + x[k], zy = sin[k] + y[k];
        const int64_t belief = unit_of(sqrt(zx * zx + zy * zy)), turning = unit_of(natural[k] + learned[k]);
        const int64_t its = unit_of(energy[k]);
        sum->energy_least = sum->living == 0 || its < sum->energy_least ? its : sum->energy_least;
        sum->living++;
        sum->energy += its;
        sum->spent += unit_of(spent[k]);
        sum->belief += belief;
        sum->belief_square += (int128)belief * belief;
        sum->frequency += turning;
        sum->frequency_square += (int128)turning * turning;
        sum->busy += unit_of((double)busy[k]);
        sum->cos += range->published[WORDS * k];
        sum->sin += range->published[WORDS * k + 1];
        sum->acting[habit[k].acting]++;
        sum->switches += mind[k].switches;
        sum->denied += mind[k].denied;
        sum->pulses += pulse[k].pulses;
    }
}

static void add_partial(partial *sum, const partial *part) {
    if (part->living == 0)
        return;
    if (sum->living == 0 || part->energy_least < sum->energy_least)
        sum->energy_least = part->energy_least;
    sum->living += part->living;
    sum->switches += part->switches;
    sum->pulses += part->pulses;
    sum->denied += part->denied;
    for (uint32_t s = 0; s < ENTRAIN_STRATEGY_COUNT; s++)
        sum->acting[s] += part->acting[s];
    sum->energy += part->energy;
    sum->spent += part->spent;
    sum->belief += part->belief;
    sum->belief_square += part->belief_square;
    sum->frequency += part->frequency;
    sum->frequency_square += part->frequency_square;
    sum->busy += part->busy;
    sum->cos += part->cos;
    sum->sin += part->sin;
}

// Standard deviation of frequencies.
static double spread_of(const partial *sum) {
    const int128 n = sum->living > 0 ? (int128)sum->living : 1, middle = sum->frequency / n;
    // N sum of squares less the square of the sum, which is no more: exact until here, where there is room
    // for it.
    if (sum->frequency_square <= ((int128)1 << 126) / n)
        return sqrt((double)(n * sum->frequency_square - sum->frequency * sum->frequency)) / UNIT / (double)n;
    // Else the squares about a whole number less than one unit from the mean: below 2^126 whatever there is.
    const int128 squares = sum->frequency_square - 2 * middle * sum->frequency + n * middle * middle;
    return squares > 0 ? sqrt((double)squares / (double)n) / UNIT : 0;
}

static entrain_agent_totals totals_of(const partial *sum) {
    const double n = sum->living > 0 ? (double)sum->living : 1;
    const double r =
        sqrt((double)sum->cos * (double)sum->cos + (double)sum->sin * (double)sum->sin) * 0x1p-44 / n;
    const double belief = (double)sum->belief / UNIT / n;
    const double belief_square = (double)sum->belief_square / (UNIT * UNIT) / n;
    const double error = belief_square - 2 * r * belief + r * r;
    const double frequency = (double)sum->frequency / UNIT / n;
    entrain_agent_totals totals = {
        .living = (uint32_t)sum->living,
        .energy_mean = (double)sum->energy / UNIT / n,
        .energy_least = (double)sum->energy_least / UNIT,
        .spent = (double)sum->spent / UNIT,
        .belief = belief,
        .belief_error = error > 0 ? sqrt(error) : 0,
        .frequency_mean = frequency,
        .frequency_spread = spread_of(sum),
        .busy = (double)sum->busy / UNIT / n,
        .switches = sum->switches,
        .pulses = sum->pulses,
        .denied = sum->denied,
    };
    memcpy(totals.acting, sum->acting, sizeof totals.acting);
    return totals;
}

entrain_status entrain_agents_measure(entrain_population *population, entrain_agent_totals *totals_out) {
    entrain_engine *engine = entrain_population_engine(population);
    const uint32_t tasks = entrain_engine_task_count(engine);
    entrain__arena *arena = NULL;
    partial *partials = NULL;
    if (entrain__arena_create(&arena) == ENTRAIN_OK)
        partials = entrain__arena_take(arena, tasks > 0 ? tasks : 1, sizeof *partials);
    if (partials == NULL) {
        entrain__arena_destroy(arena);
        return ENTRAIN_NO_MEMORY;
    }
    looker with = {partials, agents_of(population)};
    ENTRAIN_ASSERT(with.agents != NULL);
    const entrain_status status = entrain_engine_visit(engine, population, false, look, &with);
    partial sum = {0};
    for (uint32_t t = 0; status == ENTRAIN_OK && t < tasks; t++)
        add_partial(&sum, &partials[t]);
    if (status == ENTRAIN_OK)
        *totals_out = totals_of(&sum);
    entrain__arena_destroy(arena);
    return status;
}

// ---- what cannot be ----

bool entrain_agents_can_reach(const entrain_agent_config *config, uint32_t count, double frequency_spread,
                              char *text_out, size_t size) {
    const entrain_goal_facts facts = entrain_goal_look(config->goal);
    const double low = isnan(config->low) ? facts.low : config->low;
    const double high = isnan(config->high) ? facts.high : config->high;
    // Evening out 12 harmonics evens out the gaps of as many agents; of a few more, sometimes.
    enum { SPREAD_BY_MOMENTS = 40 };
    const entrain_strategy strategy =
        config->strategy < ENTRAIN_STRATEGY_COUNT ? config->strategy : facts.strategy;
    text_out[0] = '\0';
    if (facts.spread) {
        if (config->coupling == 0)
            snprintf(text_out, size, "With coupling 0 nobody adjusts anything, and nothing spreads evenly.");
        else if (config->stubbornness >= 1)
            snprintf(text_out, size, "With stubbornness 1 nobody ever acts, and nothing spreads evenly.");
        else if (count > SPREAD_BY_MOMENTS && count <= ENTRAIN_SPLAY_SIZE_MAX &&
                 strategy != ENTRAIN_STRATEGY_PULSE)
            snprintf(
                text_out, size,
                "Up to %d agents spreading evenly means even gaps (Gini up to %g), and with %s they stay "
                "uneven (0.3 to 0.5): only pulses that everybody hears make them even (strategy pulse, a "
                "complete graph).",
                ENTRAIN_SPLAY_SIZE_MAX, ENTRAIN_SPLAY_GINI, entrain_strategy_name(strategy));
    } else if (config->stubbornness >= 1 && low > 1 / sqrt((double)count) && frequency_spread > 0) {
        snprintf(text_out, size,
                 "With stubbornness 1 nobody ever acts: coherence stays about 1/sqrt(N) = %.3g, below %.4g.",
                 1 / sqrt((double)count), low);
    } else if (config->coupling == 0 && low > 1 / sqrt((double)count) && frequency_spread > 0) {
        snprintf(
            text_out, size,
            "With coupling 0 nobody adjusts anything: coherence stays about 1/sqrt(N) = %.3g, below %.4g.",
            1 / sqrt((double)count), low);
    } else if (low >= 1 && frequency_spread > 0) {
        snprintf(
            text_out, size,
            "A coherence of exactly 1 is out of reach where natural frequencies differ (by %.3g rad/s): who "
            "turns faster runs ahead until its neighbours hold it, and is held only where it is ahead.",
            frequency_spread);
    } else if (high == low && low > 0) {
        snprintf(text_out, size,
                 "A band of no width (%.4g to %.4g) is never held: phases move in steps and estimates err.",
                 low, high);
    }
    return text_out[0] == '\0';
}
