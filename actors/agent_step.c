// What goal-directed agents do in a tick: hear, decide what they may do, move, and speak when their phase
// comes round.
//
// A range is taken in blocks. What differs from agent to agent (strategy, energy tier, who sits the tick out)
// becomes arrays of factors first, so that the loop over the equations has no branches; who fires is rare and
// looked after one by one. An agent fires when its wrapped phase passes pi.
#include <string.h>

#include "actors/agent_model.h"
#include "actors/agent_work.h"
#include "engine/base/assert.h"
#include "entrain/actor.h"
#include "entrain/math.h"
#include "entrain/phase_model.h"

#define PI 0x1.921fb54442d18p+1
#define TWO_PI 0x1.921fb54442d18p+2

enum { BLOCK = ENTRAIN__AGENT_BLOCK, WORDS = ENTRAIN_AGENT_WORDS, MOMENTS = 2 * (ENTRAIN__HARMONICS - 1) };
enum { KIND_PULSE = ENTRAIN_KIND_USER + 16 };
/// What a pulse is for, in its flags.
enum { PULSE_SPREADS = 0, PULSE_DRAWS = 1, PULSE_PARTS = 2 };
/// A pulse sent in tick t is handled in t + 1, before that tick's step: so many ticks after a round all of
/// it has been heard.
enum { SETTLE_TICKS = 3 };

// ---- who may do what ----

uint8_t entrain__agent_first_act(entrain_strategy strategy) {
    return (uint8_t)(strategy == ENTRAIN_STRATEGY_ADAPTIVE ? ENTRAIN_STRATEGY_FREQUENCY_LOCK : strategy);
}

// The columns of a block.
typedef struct block_of {
    const entrain__agents *agents;
    const entrain_range *range;
    uint32_t first, count;
    entrain_agent_habit *habit;
    entrain__agent_mind *mind;
    entrain__agent_pulse *pulse;
    double *phase, *frequency, *learned, *lean_x, *lean_y, *energy, *spent;
    double *cos, *sin; // of the phase that was published, in the frame
    int32_t *turns;
    float *busy;
} block_of;

static block_of block_at(const entrain__agents *agents, const entrain_range *range, uint32_t first) {
    const uint32_t left = range->count - first;
    return (block_of){
        .agents = agents,
        .range = range,
        .first = first,
        .count = left < BLOCK ? left : BLOCK,
        .habit = (entrain_agent_habit *)range->columns[ENTRAIN_AGENT_HABIT] + first,
        .mind = (entrain__agent_mind *)range->columns[ENTRAIN_AGENT_MIND] + first,
        .pulse = (entrain__agent_pulse *)range->columns[ENTRAIN_AGENT_PULSE] + first,
        .phase = (double *)range->columns[ENTRAIN_KURAMOTO_PHASE] + first,
        .turns = (int32_t *)range->columns[ENTRAIN_KURAMOTO_TURNS] + first,
        .frequency = (double *)range->columns[ENTRAIN_KURAMOTO_FREQUENCY] + first,
        .learned = (double *)range->columns[ENTRAIN_AGENT_LEARNED] + first,
        .lean_x = (double *)range->columns[ENTRAIN_AGENT_LEAN_X] + first,
        .lean_y = (double *)range->columns[ENTRAIN_AGENT_LEAN_Y] + first,
        .energy = (double *)range->columns[ENTRAIN_AGENT_ENERGY] + first,
        .spent = (double *)range->columns[ENTRAIN_AGENT_SPENT] + first,
        .cos = (double *)range->columns[ENTRAIN_AGENT_COS] + first,
        .sin = (double *)range->columns[ENTRAIN_AGENT_SIN] + first,
        .busy = (float *)range->columns[ENTRAIN_AGENT_BUSY] + first,
    };
}

// Factors of a block, one for each agent.
typedef struct factors {
    double act[BLOCK], nudge[BLOCK], learn[BLOCK], recovery[BLOCK];
} factors;

// What a strategy does of itself. Who spreads by pulses leaves nudging to them, but needs a common period,
// and twice as soon: what periods differ by when the first gaps are even makes them uneven until it hears
// the others again.
static entrain__agent_acts acts_of(const entrain__agents *agents, uint8_t acting) {
    const bool spreads = agents->spreads;
    switch ((entrain_strategy)acting) {
    case ENTRAIN_STRATEGY_PHASE_NUDGE:
        return (entrain__agent_acts){1, 0};
    case ENTRAIN_STRATEGY_PULSE:
        return (entrain__agent_acts){0, spreads ? 2 : 0};
    default:
        return (entrain__agent_acts){1, 1};
    }
}

// How much of what it would an agent does at this energy: full, selective, little, none.
static double tier_of(const entrain_agent_config *config, double energy) {
    const double part = energy / config->energy;
    return part >= 0.8 ? 1 : part >= 0.2 ? 0.5 : part >= 0.05 ? 0.2 : 0;
}

// Who acts in every m-th tick does it for as long, as far as that is stable.
static double longer(double every, double per_tick) {
    const double most = per_tick > 0 ? 0.8 / per_tick : every;
    return every < most ? every : most > 1 ? most : 1;
}

// Where all of a block do the same, and nothing depends on the tick or the energy.
static bool give_alike(const block_of *block, const entrain__agent_acts *acts, double comes, factors *out) {
    const entrain_agent_habit *first = &block->habit[0];
    uint64_t one, other, differ = 0;
    memcpy(&one, first, sizeof one);
    for (size_t k = 0; k < block->count; k++) {
        memcpy(&other, &block->habit[k], sizeof other);
        differ |= one ^ other;
    }
    if (differ != 0 || first->acting == ENTRAIN_STRATEGY_ENERGY_AWARE || first->slow > 1 ||
        first->stubborn > 0 || block->agents->config.stubbornness > 0)
        return false;
    const double nudge = acts[first->acting].nudge, learn = acts[first->acting].learn;
    const double recovery = first->unpowered ? 0 : comes;
    for (size_t k = 0; k < block->count; k++) {
        out->act[k] = 1;
        out->nudge[k] = nudge;
        out->learn[k] = learn;
        out->recovery[k] = recovery;
    }
    return true;
}

static void give_factors(const block_of *block, factors *out) {
    const entrain__agents *agents = block->agents;
    const entrain_agent_config *config = &agents->config;
    const double comes = config->recovery * agents->step_s;
    entrain__agent_acts acts[ENTRAIN_STRATEGY_COUNT];
    for (uint32_t s = 0; s < ENTRAIN_STRATEGY_COUNT; s++)
        acts[s] = acts_of(agents, (uint8_t)s);
    if (give_alike(block, acts, comes, out))
        return;
    for (size_t k = 0; k < block->count; k++) {
        const entrain_agent_habit habit = block->habit[k];
        double nudge = acts[habit.acting].nudge, learn = acts[habit.acting].learn, act = 1;
        out->recovery[k] = habit.unpowered ? 0 : comes;
        if (habit.acting == ENTRAIN_STRATEGY_ENERGY_AWARE) {
            const double tier = tier_of(config, block->energy[k]);
            nudge *= tier;
            learn *= tier;
        }
        if (habit.slow > 1) {
            const uint32_t index = block->range->indices[block->first + k];
            act = (block->range->tick + index) % habit.slow == 0 ? 1 : 0;
            nudge *= act * longer(habit.slow, config->coupling * agents->step_s);
            learn *= act * longer(habit.slow, config->alignment * agents->step_s);
        }
        const double stubborn = config->stubbornness + habit.stubborn / 65535.0;
        if (stubborn > 0) {
            const uint32_t index = block->range->indices[block->first + k];
            const bool sits =
                entrain_random_uniform(agents->stubborn_key, index, block->range->tick, 0) < stubborn;
            nudge = sits ? 0 : nudge;
            learn = sits ? 0 : learn;
        }
        out->act[k] = act;
        out->nudge[k] = nudge;
        out->learn[k] = learn;
    }
}

// ---- adaptive ----

// |z| of the first harmonic.
static double believed_of(const block_of *block, size_t k) {
    const double x = block->cos[k] + block->lean_x[k], y = block->sin[k] + block->lean_y[k];
    return __builtin_sqrt(x * x + y * y);
}

// What to try next where this leads nowhere.
static uint8_t other_act(const entrain__agents *agents, uint8_t acting) {
    switch ((entrain_strategy)acting) {
    case ENTRAIN_STRATEGY_ENERGY_AWARE:
        return ENTRAIN_STRATEGY_FREQUENCY_LOCK;
    case ENTRAIN_STRATEGY_FREQUENCY_LOCK:
        return ENTRAIN_STRATEGY_PHASE_NUDGE;
    case ENTRAIN_STRATEGY_PHASE_NUDGE:
        return agents->config.pulses ? ENTRAIN_STRATEGY_PULSE : ENTRAIN_STRATEGY_FREQUENCY_LOCK;
    default:
        return ENTRAIN_STRATEGY_FREQUENCY_LOCK;
    }
}

// Once a second each looks at what is missing to the target. Hysteresis: two looks in a row without a
// tenth of progress before it tries something else, two within the band before it saves, and the band to
// leave is wider than the one to come into.
static void look_around(const block_of *block, size_t k) {
    const entrain__agents *agents = block->agents;
    const entrain_agent_config *config = &agents->config;
    entrain__agent_mind *mind = &block->mind[k];
    entrain_agent_habit *habit = &block->habit[k];
    const bool spreads = agents->spreads;
    const double half = spreads ? 0.1 : (config->high - config->low) / 2;
    const double believed = believed_of(block, k);
    double missing = spreads ? believed : __builtin_fabs(believed - (config->high + config->low) / 2);
    missing = missing - half > 0 ? missing - half : 0;
    const bool saves = habit->acting == ENTRAIN_STRATEGY_ENERGY_AWARE;
    const bool content = saves ? missing <= half / 4 : missing <= 0;
    const bool progress = missing <= 0.9 * (double)mind->missing;
    mind->calm = content ? (uint8_t)(mind->calm < 255 ? mind->calm + 1 : 255) : 0;
    mind->worse = content || progress ? 0 : (uint8_t)(mind->worse < 255 ? mind->worse + 1 : 255);
    mind->looks = (uint8_t)(mind->looks < 255 ? mind->looks + 1 : 255);
    mind->missing = (float)missing;
    uint8_t next = habit->acting;
    if (mind->calm >= 2)
        next = ENTRAIN_STRATEGY_ENERGY_AWARE;
    else if (mind->worse >= 2)
        next = other_act(agents, habit->acting);
    if (next == habit->acting || mind->looks < 2 || block->energy[k] < config->switch_cost)
        return;
    block->energy[k] -= config->switch_cost;
    block->spent[k] += config->switch_cost;
    habit->acting = next;
    mind->switches++;
    mind->worse = mind->calm = mind->looks = 0;
}

static void adapt(const block_of *block) {
    const entrain__agents *agents = block->agents;
    for (size_t k = 0; k < block->count; k++)
        if (block->habit[k].strategy == ENTRAIN_STRATEGY_ADAPTIVE &&
            (block->range->tick + block->range->indices[block->first + k]) % agents->look_ticks == 0)
            look_around(block, k);
}

// ---- pulses ----

// Pays for something beside the tick's adjustments. @return false: it cannot, and that is noted.
static bool pay(const block_of *block, size_t k, double cost) {
    if (cost > block->energy[k]) {
        block->mind[k].denied++;
        return false;
    }
    block->energy[k] -= cost;
    block->spent[k] += cost;
    return true;
}

static void send_pulse(const block_of *block, size_t k, uint16_t purpose, double fired_s) {
    const entrain_range *range = block->range;
    const uint32_t at = block->first + (uint32_t)k;
    const entrain_topology_view graph = entrain_topology_look(entrain_engine_topology(range->engine));
    const entrain_population *population = block->agents->population;
    const uint32_t self = range->indices[at];
    const bool complete = graph.kind == ENTRAIN_TOPOLOGY_COMPLETE;
    const uint64_t first = complete ? 0 : graph.out_offsets[self];
    const uint64_t end = complete ? graph.vertex_count : graph.out_offsets[self + 1];
    const entrain_payload when = {.f64 = fired_s}, nothing = {.u64 = 0};
    for (uint64_t a = first; a < end; a++) {
        const uint32_t to = complete ? (uint32_t)a : (uint32_t)graph.out_hearers[a];
        const entrain_id id = to == self ? ENTRAIN_ID_NONE : entrain_population_id(population, to);
        if (id != ENTRAIN_ID_NONE && entrain_range_reaches(range, at, id))
            entrain_range_send(range, at, id, KIND_PULSE, purpose, when, nothing);
    }
}

// Whether a pulse helps: towards each other where too little coherence is believed, apart where there is too
// much. The goal decides what for.
static bool pulse_helps(const block_of *block, size_t k, uint16_t *purpose_out) {
    const entrain_agent_config *config = &block->agents->config;
    *purpose_out = PULSE_SPREADS;
    if (block->agents->spreads)
        return true;
    const double believed = believed_of(block, k);
    const double middle = config->high >= 1 ? block->agents->rule.target : (config->low + config->high) / 2;
    const double slack = config->high >= 1 ? 0 : (config->high - config->low) / 8;
    *purpose_out = believed < middle ? PULSE_DRAWS : PULSE_PARTS;
    return believed < middle - slack || (config->high < 1 && believed > middle + slack);
}

// Rounds: a period each, the same for all, since everybody has a clock; UINT32_MAX before the first.
static uint32_t round_at(const entrain__agents *agents, double time_s) {
    const double rounds = (time_s - agents->since_s) / agents->config.period_s;
    return rounds >= 0 ? (uint32_t)rounds : UINT32_MAX;
}

static bool is_for_hearing(const entrain__agents *agents, uint32_t round) {
    return round != UINT32_MAX && (round < agents->burst || round % agents->every == 0);
}

static entrain__agent_round *round_of(entrain__agent_pulse *pulse, uint32_t round) {
    entrain__agent_round *its = &pulse->rounds[round & 1];
    if (its->round != round)
        *its = (entrain__agent_round){.fired_s = -1, .round = round};
    return its;
}

// The agent's phase has come round: @p fired_s, between this tick's beginning and its end.
static void fire(const block_of *block, size_t k, double fired_s, void *work) {
    const entrain__agents *agents = block->agents;
    entrain__agent_pulse *pulse = &block->pulse[k];
    if (agents->workload != NULL)
        entrain__work_hand_over(agents->workload, block->range, block->first + (uint32_t)k, work);
    pulse->fired_s = fired_s;
    uint16_t purpose;
    if (block->habit[k].acting != ENTRAIN_STRATEGY_PULSE || agents->config.coupling == 0 ||
        !pulse_helps(block, k, &purpose))
        return;
    if (agents->spreads) {
        const uint32_t round = round_at(agents, fired_s);
        entrain__agent_round *its = round_of(pulse, round);
        if (!is_for_hearing(agents, round) || its->fired_s >= 0)
            return;
        its->fired_s = fired_s;
    }
    if (!pay(block, k, agents->config.pulse_cost))
        return;
    send_pulse(block, k, purpose, fired_s);
    pulse->pulses++;
}

static void turn(const block_of *block, size_t k, double by) {
    if (pay(block, k, block->agents->config.nudge_cost * __builtin_fabs(by)))
        entrain_phase_advance(&block->phase[k], &block->turns[k], by);
}

// A round is over and all its pulses have been heard. With t_j when the others fired, an agent of N evenly
// spread ones would find their mean age at its own firing to be half a turn; what it finds beyond is,
// times (N - 1) / N, its distance from the splay state that all of them are nearest to. Who heard only
// some knows nothing.
static void settle(const block_of *block, size_t k, uint32_t round) {
    const entrain__agents *agents = block->agents;
    const entrain__agent_round *its = &block->pulse[k].rounds[round & 1];
    const double turning = block->frequency[k] + block->learned[k];
    if (block->habit[k].acting != ENTRAIN_STRATEGY_PULSE || its->round != round || its->fired_s < 0 ||
        its->count == 0 || !(turning > 0))
        return;
    const uint32_t speakers = block->range->heard[block->first + k];
    const uint32_t others = agents->complete && speakers > 0 ? speakers - 1 : speakers;
    if ((uint64_t)its->count * 10 < (uint64_t)others * 9)
        return;
    const double heard = its->count, turn_s = TWO_PI / turning;
    const double begin_s = agents->since_s + round * agents->config.period_s;
    const double ages_s = heard * (its->fired_s - begin_s) - its->sum_s + its->later * turn_s;
    const double late_s = (ages_s / heard - turn_s / 2) * heard / (heard + 1);
    turn(block, k, agents->config.spread_gain * late_s * turning);
}

// Who passed pi in this tick. A nudge back and forth over it is one firing.
static void fire_all(const block_of *block, const int32_t *turns_before) {
    const entrain__agents *agents = block->agents;
    const double end_s = (double)(block->range->tick + 1) * agents->step_s;
    const uint32_t work_bytes = entrain__work_bytes(agents->workload);
    char *work = (char *)block->range->columns[ENTRAIN_AGENT_WORK] + (size_t)block->first * work_bytes;
    for (size_t k = 0; k < block->count; k++) {
        if (block->turns[k] == turns_before[k])
            continue;
        const double turning = block->frequency[k] + block->learned[k];
        const bool onward = (int32_t)((uint32_t)block->turns[k] - (uint32_t)turns_before[k]) > 0;
        const double half_s = agents->config.period_s / 2;
        if (!onward || (block->pulse[k].fired_s >= 0 && end_s - block->pulse[k].fired_s < half_s))
            continue;
        const double past_s = turning > 0 ? (block->phase[k] + PI) / turning : 0;
        fire(block, k, end_s - (past_s < agents->step_s ? past_s : agents->step_s), work + k * work_bytes);
    }
}

// At the one tick that is SETTLE_TICKS after a round.
static void settle_all(const block_of *block) {
    const entrain__agents *agents = block->agents;
    const double then_s = ((double)block->range->tick - SETTLE_TICKS) * agents->step_s;
    const uint32_t now = round_at(agents, then_s), before = round_at(agents, then_s - agents->step_s);
    if (now == before || !is_for_hearing(agents, before))
        return;
    for (size_t k = 0; k < block->count; k++)
        settle(block, k, before);
}

// A pulse that brings together: the hearer's charge, Mirollo and Strogatz (1990) with b = 3, jumps by a part;
// who is full fires at its next step. Who has just fired does not hear: the echo of its own pulse would
// push it.
static double drawn_by(double turn, double strength) {
    enum { B = 3 };
    double grown, full;
    if (turn < 0.1)
        return turn;
    grown = entrain_exp(B * strength);
    full = entrain_exp(B);
    const double charged = turn * grown + (grown - 1) / (full - 1);
    return charged < 1 ? charged : 1;
}

// One that parts: away from who has just fired.
static double parted_by(double turn, double strength) { return turn + strength / 2 * (0.5 - turn); }

entrain_status entrain__agents_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const entrain__agents *agents = self->context;
    const entrain_agent_config *config = &agents->config;
    entrain__agent_pulse *pulse = self->columns[ENTRAIN_AGENT_PULSE];
    entrain__agent_mind *mind = self->columns[ENTRAIN_AGENT_MIND];
    double *phase = self->columns[ENTRAIN_KURAMOTO_PHASE], *energy = self->columns[ENTRAIN_AGENT_ENERGY];
    double *spent = self->columns[ENTRAIN_AGENT_SPENT];
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].kind != KIND_PULSE)
            continue;
        const double fired_s = messages[m].payload[0].f64;
        if (messages[m].flags == PULSE_SPREADS) {
            const uint32_t round = round_at(agents, fired_s);
            if (!agents->spreads || round == UINT32_MAX)
                continue;
            entrain__agent_round *its = round_of(pulse, round);
            its->sum_s += fired_s - (agents->since_s + round * config->period_s);
            its->count++;
            its->later += its->fired_s >= 0 && fired_s > its->fired_s;
            continue;
        }
        const double now = (*phase + PI) / TWO_PI;
        const double part = config->pulse_strength / 8;
        const double then = messages[m].flags == PULSE_DRAWS ? drawn_by(now, part) : parted_by(now, part);
        const double by = (then - now) * TWO_PI, cost = config->nudge_cost * __builtin_fabs(by);
        if (cost > *energy) {
            mind->denied++;
            continue;
        }
        *energy -= cost;
        *spent += cost;
        // To pi and not beyond: its own next step takes it over.
        const double to = *phase + by;
        *phase = to < PI ? to : PI;
    }
    return ENTRAIN_OK;
}

// ---- the tick ----

static uint32_t harmonic_at(const entrain__agents *agents, uint64_t tick) {
    return agents->cycles ? (uint32_t)(tick % ENTRAIN__HARMONICS) + 1 : 1;
}

// Estimates of the harmonics beyond the first lie together, agent by agent.
static void take_moments(const block_of *block, uint32_t harmonic, double *x, double *y) {
    const double *moments =
        (const double *)block->range->columns[ENTRAIN_AGENT_MOMENTS] + (size_t)block->first * MOMENTS;
    for (size_t k = 0; k < block->count; k++) {
        x[k] = moments[k * MOMENTS + 2 * (size_t)(harmonic - 2)];
        y[k] = moments[k * MOMENTS + 2 * (size_t)(harmonic - 2) + 1];
    }
}

static void put_moments(const block_of *block, uint32_t harmonic, const double *x, const double *y) {
    double *moments = (double *)block->range->columns[ENTRAIN_AGENT_MOMENTS] + (size_t)block->first * MOMENTS;
    for (size_t k = 0; k < block->count; k++) {
        moments[k * MOMENTS + 2 * (size_t)(harmonic - 2)] = x[k];
        moments[k * MOMENTS + 2 * (size_t)(harmonic - 2) + 1] = y[k];
    }
}

// cos and sin of a further harmonic of a block.
static void take_harmonic(const entrain__agent_kernels *kernels, const block_of *block, uint32_t harmonic,
                          double *cos, double *sin) {
    memcpy(cos, block->cos, block->count * sizeof *cos);
    memcpy(sin, block->sin, block->count * sizeof *sin);
    for (uint32_t h = 1; h < harmonic; h++)
        kernels->next_harmonic(block->count, block->cos, block->sin, cos, sin);
}

static void move_block(const block_of *block) {
    const entrain__agents *agents = block->agents;
    const entrain_range *range = block->range;
    const entrain__agent_kernels *kernels = entrain__agent_kernels_for(range->simd);
    const uint32_t harmonic = harmonic_at(agents, range->tick);
    double cos[BLOCK], sin[BLOCK], x[BLOCK], y[BLOCK];
    int64_t denied[BLOCK];
    factors shares;
    give_factors(block, &shares);
    if (harmonic > 1) {
        take_harmonic(kernels, block, harmonic, cos, sin);
        take_moments(block, harmonic, x, y);
    }
    const entrain__agent_block moved = {
        .count = block->count,
        .sums = range->sums + (size_t)block->first * WORDS,
        .heard = range->heard + block->first,
        .busy = block->busy,
        .cos = harmonic > 1 ? cos : block->cos,
        .sin = harmonic > 1 ? sin : block->sin,
        .act = shares.act,
        .nudge_share = shares.nudge,
        .learn_share = shares.learn,
        .recovery = shares.recovery,
        .frequency = block->frequency,
        .phase = block->phase,
        .learned = block->learned,
        .lean_x = harmonic > 1 ? x : block->lean_x,
        .lean_y = harmonic > 1 ? y : block->lean_y,
        .energy = block->energy,
        .spent = block->spent,
        .turns = block->turns,
        .denied = denied,
    };
    entrain__agent_rule rule = agents->cycles ? agents->harmonics[harmonic - 1] : agents->rule;
    rule.sum_unit = range->sum_unit;
    kernels->move(&rule, &moved);
    if (harmonic > 1)
        put_moments(block, harmonic, x, y);
    int64_t any = 0;
    for (size_t k = 0; k < block->count; k++)
        any |= denied[k];
    for (size_t k = 0; any != 0 && k < block->count; k++)
        block->mind[k].denied += (uint32_t)denied[k];
}

void entrain__agents_step(const entrain_range *range, uint32_t stage) {
    (void)stage;
    const entrain__agents *agents = range->context;
    float *busy = range->columns[ENTRAIN_AGENT_BUSY];
    if (agents->workload != NULL)
        entrain__work_generate(agents->workload, range, range->columns[ENTRAIN_AGENT_WORK], busy);
    int32_t turns_before[BLOCK];
    for (uint32_t first = 0; first < range->count; first += BLOCK) {
        const block_of block = block_at(agents, range, first);
        memcpy(turns_before, block.turns, block.count * sizeof *turns_before);
        adapt(&block);
        move_block(&block);
        if (agents->workload != NULL || agents->config.pulses)
            fire_all(&block, turns_before);
        if (agents->config.pulses && agents->spreads)
            settle_all(&block);
    }
}

// Everybody has a clock, and was told the period: estimates are published in a frame that turns with it.
// There they stand still, so that what is heard late is not wrong.
static void take_frame(const entrain__agents *agents, uint64_t tick, entrain__agent_rule *rule) {
    double turns = (double)tick * agents->step_s / agents->config.period_s;
    turns -= __builtin_floor(turns);
    entrain_sincos(-TWO_PI * turns, &rule->frame_s, &rule->frame_c);
}

void entrain__agents_publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    (void)stage;
    const entrain__agents *agents = range->context;
    const entrain__agent_kernels *kernels = entrain__agent_kernels_for(range->simd);
    const uint32_t harmonic = harmonic_at(agents, range->tick);
    entrain__agent_rule rule = agents->rule;
    take_frame(agents, range->tick, &rule);
    for (uint32_t first = 0; first < range->count; first += BLOCK) {
        const block_of block = block_at(agents, range, first);
        int64_t *words = words_out + (size_t)first * WORDS;
        kernels->publish(&rule, block.count, block.phase, block.frequency, block.learned, block.lean_x,
                         block.lean_y, block.busy, block.cos, block.sin, words);
        if (harmonic == 1)
            continue;
        double cos[BLOCK], sin[BLOCK], x[BLOCK], y[BLOCK];
        take_harmonic(kernels, &block, harmonic, cos, sin);
        take_moments(&block, harmonic, x, y);
        kernels->publish_estimate(block.count, cos, sin, x, y, words);
    }
}

// ---- lives ----

void entrain__agents_start(const entrain_range *range) {
    const entrain__agents *agents = range->context;
    entrain__phase_values_start(range, agents->initial);
    for (uint32_t first = 0; first < range->count; first += BLOCK) {
        const block_of block = block_at(agents, range, first);
        for (size_t k = 0; k < block.count; k++) {
            block.energy[k] = agents->config.energy;
            block.habit[k].strategy = (uint8_t)agents->config.strategy;
            block.habit[k].acting = entrain__agent_first_act(agents->config.strategy);
            block.pulse[k].fired_s = -1;
            block.pulse[k].rounds[0].round = block.pulse[k].rounds[1].round = UINT32_MAX;
            block.busy[k] = 0.25F;
        }
    }
    if (agents->workload != NULL)
        entrain__work_start(agents->workload, range, range->columns[ENTRAIN_AGENT_WORK]);
}

void entrain__agents_stop(entrain_self *self) {
    const entrain__agents *agents = self->context;
    if (agents->workload != NULL)
        entrain__work_stop(agents->workload, self->columns[ENTRAIN_AGENT_WORK]);
}
