// The agents' equations, naively.
#include "agent_twin.h"

#include <math.h>

static const double two_pi = 6.28318530717958647692;

// What one publishes, as words of 2^-44, for the harmonic of this tick. Estimates as a quarter of
// themselves, and a frequency as its difference from what all were told, in units of a power of two.
typedef struct said {
    int64_t x, y, turning;
} said;

static double clipped(double value, double low, double high) { return fmin(fmax(value, low), high); }

static int64_t word(double value) { return (int64_t)nearbyint(clipped(value, -1, 1) * 0x1p44); }

static double told_frequency(const twin_swarm *twin) { return two_pi / twin->config.period_s; }

static double frequency_unit(const twin_swarm *twin) {
    double unit = 1;
    while (unit < 16 * told_frequency(twin))
        unit *= 2;
    return unit;
}

static bool spreads(const twin_swarm *twin) { return twin->config.goal == ENTRAIN_GOAL_DISTRIBUTE_LOAD; }

static uint32_t harmonic_now(const twin_swarm *twin) {
    return spreads(twin) ? (uint32_t)(twin->tick % TWIN_HARMONICS) + 1 : 1;
}

void twin_live(twin_swarm *twin, uint32_t index) {
    twin->agents[index] = (twin_agent){.living = true,
                                       .phase = twin->first_phases[index],
                                       .omega = twin->first_frequencies[index],
                                       .energy = twin->config.energy,
                                       .strategy = twin->config.strategy};
}

void twin_begin(twin_swarm *twin, const entrain_agent_config *config, const entrain_topology *topology,
                double step_s, const double *phases, const double *frequencies) {
    twin->config = *config;
    twin->graph = entrain_topology_look(topology);
    twin->size = twin->graph.vertex_count;
    twin->step_s = step_s;
    twin->tick = 0;
    for (uint32_t i = 0; i < twin->size; i++) {
        twin->first_phases[i] = phases[i];
        twin->first_frequencies[i] = frequencies[i];
        twin_live(twin, i);
    }
}

// Omega t: how far the frame has turned in which estimates stand still.
static double frame(const twin_swarm *twin) {
    return fmod(told_frequency(twin) * twin->step_s * (double)twin->tick, 0x1.921fb54442d18p+2);
}

static said say(const twin_swarm *twin, const twin_agent *who, uint32_t harmonic) {
    const double one = frequency_unit(twin);
    const double angle = harmonic * (who->phase - frame(twin));
    return (said){.x = word((cos(angle) + who->lean_x[harmonic - 1]) / 4),
                  .y = word((sin(angle) + who->lean_y[harmonic - 1]) / 4),
                  .turning = word((who->omega + who->learned - told_frequency(twin)) / one)};
}

// The sums of what agent i hears, and how many: on a complete graph everybody who lives, itself included.
static uint32_t hear(const twin_swarm *twin, const said *words, uint32_t i, said *sum_out) {
    uint32_t heard = 0;
    *sum_out = (said){0, 0, 0};
    const bool complete = twin->graph.kind == ENTRAIN_TOPOLOGY_COMPLETE;
    const uint64_t first = complete ? 0 : twin->graph.in_offsets[i];
    const uint64_t end = complete ? twin->size : twin->graph.in_offsets[i + 1];
    for (uint64_t a = first; a < end; a++) {
        const uint32_t j = complete ? (uint32_t)a : (uint32_t)twin->graph.in_speakers[a];
        if (!twin->agents[j].living)
            continue;
        sum_out->x += words[j].x;
        sum_out->y += words[j].y;
        sum_out->turning += words[j].turning;
        heard++;
    }
    return heard;
}

// The target and the bounds of the gain. A band without an upper end is aimed at well inside and more
// steeply, and nobody turns away from the others there; one with two ends at its middle (adapt-to-traffic,
// at the traffic of an ordinary day: at a quarter of it).
static double gain_of(const twin_swarm *twin, double believed) {
    const entrain_agent_config *config = &twin->config;
    const double low = config->low, high = config->high;
    if (high >= 1)
        return clipped(4 * config->steepness * (low + 0.9 * (1 - low) - believed), config->coupling / 8,
                       config->coupling);
    const double target =
        config->goal == ENTRAIN_GOAL_ADAPT_TO_TRAFFIC ? low + (high - low) / 4 : (low + high) / 2;
    return clipped(config->steepness * (target - believed), -config->coupling, config->coupling);
}

// How much of it an energy-aware agent does.
static double tier(const twin_swarm *twin, const twin_agent *who) {
    const double part = who->energy / twin->config.energy;
    if (who->strategy != ENTRAIN_STRATEGY_ENERGY_AWARE)
        return 1;
    return part >= 0.8 ? 1 : part >= 0.2 ? 0.5 : part >= 0.05 ? 0.2 : 0;
}

// Who acts in every m-th tick does then what it would have done in m, as far as that is stable.
static double made_up(double slow, double per_tick) {
    return per_tick > 0 ? fmin(slow, fmax(1, 0.8 / per_tick)) : slow;
}

static void act(twin_swarm *twin, uint32_t i, const said *own, const said *sum, uint32_t n,
                uint32_t harmonic) {
    const entrain_agent_config *config = &twin->config;
    twin_agent *who = &twin->agents[i];
    const double h = twin->step_s, unit = 0x1p-44;
    const bool listens = who->slow <= 1 || (twin->tick + i) % who->slow == 0;
    double *px = &who->lean_x[harmonic - 1], *py = &who->lean_y[harmonic - 1];
    const double zx = 4 * unit * (double)own->x, zy = 4 * unit * (double)own->y;
    // p' = exp(i Omega h) ((1 - leak) p + (sum_j z_j - n z) / (n + 1)); a harmonic's next turn comes 12
    // ticks on.
    if (listens) {
        *px = (1 - config->leak) * *px + (4 * unit * (double)sum->x - n * zx) / (n + 1.0);
        *py = (1 - config->leak) * *py + (4 * unit * (double)sum->y - n * zy) / (n + 1.0);
    }
    // nudge = h g |z| sin(arg z + Omega t - theta)
    const double share = (listens ? 1 : 0) * tier(twin, who);
    const double believed = hypot(zx, zy);
    const double sine = believed * sin(atan2(zy, zx) - harmonic * (who->phase - frame(twin)));
    const double gain =
        spreads(twin) ? -config->coupling * TWIN_HARMONICS / harmonic : gain_of(twin, believed);
    const double slow = who->slow > 1 ? who->slow : 1;
    double nudge = h * gain * share * made_up(slow, config->coupling * h) * sine;
    // h kappa (mean_j (omega_j + v_j) - (omega + v))
    double lesson = 0;
    if (n > 0 && who->strategy != ENTRAIN_STRATEGY_PHASE_NUDGE && config->coupling > 0) {
        const double mean = told_frequency(twin) + frequency_unit(twin) * unit * (double)sum->turning / n;
        lesson = h * config->alignment * share * made_up(slow, config->alignment * h) *
                 (mean - (who->omega + who->learned));
    }
    // What can be paid happens; then energy comes back.
    const double turning = who->omega + who->learned;
    const double cost = config->nudge_cost * fabs(nudge) + config->frequency_cost * fabs(lesson);
    if (cost <= who->energy) {
        who->energy -= cost;
        who->spent += cost;
        who->learned += lesson;
        who->phase += nudge;
    }
    who->energy = fmin(config->energy, who->energy + (who->unpowered ? 0 : config->recovery * h));
    who->phase += h * turning;
}

void twin_tick(twin_swarm *twin) {
    said words[TWIN_SIZE_MAX], sums[TWIN_SIZE_MAX];
    uint32_t heard[TWIN_SIZE_MAX];
    const uint32_t harmonic = harmonic_now(twin);
    for (uint32_t i = 0; i < twin->size; i++)
        words[i] = say(twin, &twin->agents[i], harmonic);
    for (uint32_t i = 0; i < twin->size; i++)
        heard[i] = hear(twin, words, i, &sums[i]);
    for (uint32_t i = 0; i < twin->size; i++)
        if (twin->agents[i].living)
            act(twin, i, &words[i], &sums[i], heard[i], harmonic);
    twin->tick++;
}
