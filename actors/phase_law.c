// Energy, and the sum of phases that nothing inside may move.
//
// Where what j does to i is the opposite of what i does to j, all couplings cancel in the sum over i,
// exactly, at every exchange:
//
//   sum_i c_i theta_i' = sum_i c_i omega_i        c_i (K / n_i) w_ij alike for (i, j) and (j, i)
//
// and every Runge-Kutta step keeps a linear law. What is left is rounding. It is enough for this that both
// look at the same exchange: a scheduler that lets one of them see the other half-way, a plug-in that reads
// what it should not, an engine that loses an observation, all move the sum by far more. So it is watched in
// every run in which the law holds.
//
// What one tick rounds away, at most, u = 2^-53 (Higham 2002, chapter 3): the phase, three roundings of at
// most pi + h v: u (10 + 6 h v); rates and their sum, h v times a dozen roundings of order u (RK4 has the
// most, 24). Words are rounded before they are exchanged, the same for both sides, so they cost nothing; a
// weighed word is rounded for each arc, by 2^-45, and is not alike on both sides. Together at most u sum_i
// c_i (10 + 30 h (|omega_i| + K strength_i / n_i)) + h K sqrt(2) 2^-45 arcs / n, and the alarm waits for
// twice that.
#include <math.h>

#include "actors/kuramoto_model.h"
#include "actors/phase_meter.h"
#include "entrain/math.h"

static const double round_unit = 0x1p-53;

static double coupling_of(const entrain__phase_law *law, uint32_t a, uint32_t b, uint32_t h) {
    double k = h == 1 ? law->config.coupling : law->config.harmonic_coupling[h - 2];
    return law->groups > 1 ? k * law->config.group_coupling[a][b] : k;
}

static bool has_lag(const entrain__phase_law *law) {
    bool lag = law->config.lag != 0;
    for (uint32_t h = 2; h <= law->harmonics; h++)
        lag = lag || law->config.harmonic_lag[h - 2] != 0;
    for (uint32_t a = 0; law->groups > 1 && a < law->groups; a++)
        for (uint32_t b = 0; b < law->groups; b++)
            lag = lag || law->config.group_lag[a][b] != 0;
    return lag;
}

// Factors of cos(h (theta_j - theta_i)) by groups, made at most 1. @return the sum over h of the largest
// |K_h|.
static double set_factors(entrain__phase_law *law, uint32_t count) {
    bool by_size = law->config.normalise == ENTRAIN_NORMALISE_SIZE;
    double sum = 0;
    law->scale = 0;
    for (uint32_t h = 1; h <= law->harmonics; h++) {
        double most = 0;
        for (uint32_t a = 0; a < law->groups; a++)
            for (uint32_t b = 0; b < law->groups; b++) {
                double k = coupling_of(law, a, b, h);
                double n = !by_size ? 1 : law->groups > 1 ? law->sizes[b] : count;
                law->factor[a][b][h - 1] = k / n / h;
                most = fmax(most, fabs(k));
                law->scale = fmax(law->scale, fabs(k / n / h));
            }
        sum += most;
    }
    if (law->scale > 0)
        for (uint32_t a = 0; a < law->groups; a++)
            for (uint32_t b = 0; b < law->groups; b++)
                for (uint32_t h = 0; h < law->harmonics; h++)
                    law->factor[a][b][h] /= law->scale;
    return sum;
}

static bool is_symmetric(const entrain__phase_law *law) {
    for (uint32_t a = 0; a < law->groups; a++)
        for (uint32_t b = 0; b < a; b++)
            for (uint32_t h = 0; h < law->harmonics; h++)
                if (fabs(law->factor[a][b][h] - law->factor[b][a][h]) > 0x1p-50 * fabs(law->factor[a][b][h]))
                    return false;
    return true;
}

// The mean gain, and whether all are the same.
static double mean_gain(const entrain_kuramoto_config *config, uint32_t count, bool *alike_out) {
    *alike_out = true;
    if (config->gains == NULL)
        return 1;
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += config->gains[i];
        *alike_out = *alike_out && config->gains[i] == config->gains[0];
    }
    return *alike_out ? config->gains[0] : sum / count;
}

// For the bound on rounding: sums over all arcs of what they can pull, and of what is rounded away on the
// way.
static void set_bounds(entrain__phase_law *law, const entrain_topology_view *view, double coupling,
                       uint32_t count) {
    bool complete = view->kind == ENTRAIN_TOPOLOGY_COMPLETE;
    double arcs = complete ? (double)count * count : (double)view->arc_count * view->weight_scale, n = 1;
    if (law->config.normalise == ENTRAIN_NORMALISE_SIZE) {
        n = count;
        for (uint32_t g = 0; law->groups > 1 && g < law->groups; g++)
            n = fmin(n, law->sizes[g]);
    }
    law->strength = coupling * fabs(law->gain) * arcs / n;
    // On one oscillator at most; divided by how many it hears, it is one arc's.
    const bool shared =
        law->config.normalise == ENTRAIN_NORMALISE_DEGREE || law->config.normalise == ENTRAIN_NORMALISE_HEARD;
    const double heard = shared ? 1 : complete ? count : view->in_degree_max;
    law->pull = coupling * fabs(law->gain) * heard * view->weight_scale / n;
    law->shift_rounding = view->weighted ? law->strength * 0x1.6ap-45 : 0;
    if (complete && count > ENTRAIN_STRENGTH_MAX) // the field's last bits: less than one unit of 2^shift
        law->shift_rounding += law->strength * 0x1.6ap-43 / (double)ENTRAIN_STRENGTH_MAX * law->groups;
}

bool entrain__phase_law_is_current(const entrain_phase_meter *meter) {
    return meter->law.topology == entrain_engine_topology(meter->engine) &&
           meter->law.changes == entrain__kuramoto_changes(meter->population);
}

bool entrain__phase_law_update(entrain_phase_meter *meter) {
    entrain__phase_law *law = &meter->law;
    const entrain_kuramoto_config *look = entrain_kuramoto_look(meter->population);
    entrain_topology *topology = entrain_engine_topology(meter->engine);
    if (look == NULL || topology == NULL)
        return false;
    if (law->look != NULL && entrain__phase_law_is_current(meter))
        return false;
    entrain__phase_law_fini(law);
    entrain_topology_view view = entrain_topology_look(topology);
    *law = (entrain__phase_law){.look = look, .config = *look, .topology = topology};
    law->changes = entrain__kuramoto_changes(meter->population);
    entrain_topology_retain(topology); // so that another one cannot be taken for it
    law->harmonics = look->harmonics > 0 ? look->harmonics : 1;
    law->groups = look->group_count > 0 ? look->group_count : 1;
    law->exchanges = look->integrator == ENTRAIN_INTEGRATOR_EULER  ? 1
                     : look->integrator == ENTRAIN_INTEGRATOR_HEUN ? 2
                                                                   : 4;
    for (uint32_t g = 0; g < law->groups; g++)
        law->sizes[g] = law->groups > 1 ? look->group_sizes[g] : meter->count;
    bool alike, still = view.delay_high == 0 && view.vertex_count == meter->count;
    double coupling = set_factors(law, meter->count);
    law->gain = mean_gain(look, meter->count, &alike);
    law->second = look->inertia > 0 || look->inertias != NULL;
    const bool complete = view.kind == ENTRAIN_TOPOLOGY_COMPLETE,
               by_degree = look->normalise == ENTRAIN_NORMALISE_DEGREE;
    law->weight = by_degree && complete ? meter->count : 1;
    // Vertices are our actors by index: nobody else publishes.
    law->offsets = by_degree && !complete ? view.in_offsets : NULL;
    law->energy = still;
    law->conserved = still && !view.directed && alike && !has_lag(law) && is_symmetric(law) &&
                     look->noise == 0 && look->noises == NULL;
    law->sum_scale = view.weight_scale;
    law->degree_mean = complete ? meter->count : (double)view.arc_count / meter->count;
    uint32_t capacity = entrain_engine_mailbox_capacity_max(meter->engine);
    law->may_lose = capacity > 0 && capacity < (uint64_t)view.in_degree_max * ((meter->words + 1) / 2);
    law->counts_heard = law->may_lose || look->normalise == ENTRAIN_NORMALISE_HEARD;
    set_bounds(law, &view, coupling, meter->count);
    return true;
}

void entrain__phase_law_fini(entrain__phase_law *law) {
    if (law->look != NULL)
        entrain_topology_release(law->topology);
    law->look = NULL;
}

static uint32_t group_of(const entrain__phase_law *law, uint32_t index) {
    uint32_t group = 0;
    while (group + 1 < law->groups && index >= law->sizes[group]) {
        index -= law->sizes[group];
        group++;
    }
    return group;
}

// What the actors of a range add up to, in registers.
typedef struct tally {
    entrain__int128 energy, phase, turned, turns, drive, drive_abs, rounding;
    uint64_t weights, heard;
    uint32_t known;
    bool beyond;
} tally;

#define INLINE static inline __attribute__((always_inline))

// sum_bh factor_abh (c C + s S), what one actor adds to the energy, in units of scale and sum_scale.
INLINE double energy_of(const entrain__phase_law *law, uint32_t group, const int64_t *own,
                        const int64_t *sums, double unit) {
    double energy = 0;
    for (uint32_t b = 0; b < law->groups; b++)
        for (uint32_t h = 0; h < law->harmonics; h++) {
            const int64_t *mine = own + 2 * ((size_t)group * law->harmonics + h),
                          *heard = sums + 2 * ((size_t)b * law->harmonics + h);
            energy += law->factor[group][b][h] *
                      ((double)mine[0] * (double)heard[0] + (double)mine[1] * (double)heard[1]) * unit;
        }
    return energy;
}

// An actor's part of the law of inertia: M v + D theta in the place of theta.
INLINE void balance_second(const entrain_phase_meter *meter, const entrain_range *range, size_t k,
                           double turns, double power, double step_s, uint32_t weight, tally *into) {
    const entrain_kuramoto_config *config = &meter->law.config;
    const uint32_t index = range->indices[k];
    const double velocity = ((const double *)range->columns[ENTRAIN_KURAMOTO_VELOCITY])[k],
                 phase = ((const double *)range->columns[ENTRAIN_KURAMOTO_PHASE])[k];
    const double damping = config->dampings != NULL ? config->dampings[index] : config->damping;
    const double inertia = config->inertias != NULL ? config->inertias[index] : config->inertia;
    const double held = damping * phase + inertia * velocity, turned = damping * (turns * ENTRAIN__TWO_PI);
    // It may have been faster between two samples, by about what a pendulum gains on its way down.
    const double fastest = fabs(velocity) + 2 * sqrt(meter->law.pull / inertia);
    const double rounding = 10 * damping + 240 * (inertia + 2 * step_s * damping) * fastest;
    // How fast the stages of a step may be, at most: where a step is too long for the damping, they may come
    // to where they are cut.
    const double grown = 1 + step_s * damping / inertia,
                 stage =
                     (fastest + step_s * (fabs(power) + meter->law.pull) / inertia) * grown * grown * grown;
    into->beyond |= !(fabs(held) < ENTRAIN__EXACT_MAX && fabs(turned) < ENTRAIN__EXACT_MAX &&
                      rounding < ENTRAIN__EXACT_MAX && fastest * meter->elapsed_s < 0x1p32 &&
                      stage < 0x1p40 && stage * step_s < 0x1p40);
    into->phase += entrain__exact(held) * weight;
    into->turned += entrain__exact(turned) * weight;
    into->rounding += entrain__exact(rounding) * weight;
}

// The law over a range, with all that it knows of phases, turns and frequencies. What is constant is so
// where this is inlined.
INLINE void balance(const entrain_phase_meter *meter, const entrain_range *range, const uint32_t *heard,
                    const uint64_t *offsets, uint32_t weight, bool second, tally *into) {
    const double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE],
                 *drive = range->columns[ENTRAIN_KURAMOTO_FREQUENCY];
    const int32_t *turns = range->columns[ENTRAIN_KURAMOTO_TURNS];
    const double step_s = entrain_engine_step_s(meter->engine), elapsed_s = meter->elapsed_s;
    // No faster than that turns can be told apart, modulo 2^32.
    const double fastest = elapsed_s > 1 ? 0x1p32 / elapsed_s : 0x1p32;
    const double drive_max = second ? fastest : fastest - meter->law.pull;
    tally sum = *into;
    for (size_t k = 0; k < range->count; k++) {
        const uint32_t index = range->indices[k];
        if (heard != NULL)
            weight = heard[k];
        else if (offsets != NULL)
            weight = (uint32_t)(offsets[index + 1] - offsets[index]);
        const bool known = meter->ids[index] == range->ids[k];
        const int32_t turned = known ? (int32_t)((uint32_t)turns[k] - (uint32_t)meter->turns[index]) : 0;
        const entrain__int128 driven = entrain__exact(drive[k]) * weight;
        sum.known += known;
        sum.weights += weight;
        sum.drive += driven;
        sum.drive_abs += driven < 0 ? -driven : driven;
        sum.beyond |= !(fabs(drive[k]) < drive_max);
        if (second) {
            balance_second(meter, range, k, turned, drive[k], step_s, weight, &sum);
        } else {
            sum.phase += entrain__exact(phase[k]) * weight;
            sum.turns += (entrain__int128)turned * weight;
        }
    }
    *into = sum;
}

static void balance_range(const entrain_phase_meter *meter, const entrain_range *range, tally *sum) {
    const entrain__phase_law *law = &meter->law;
    if (law->second || law->config.normalise == ENTRAIN_NORMALISE_HEARD)
        balance(meter, range, law->config.normalise == ENTRAIN_NORMALISE_HEARD ? range->heard : NULL,
                law->offsets, law->weight, law->second, sum);
    else if (law->offsets != NULL)
        balance(meter, range, NULL, law->offsets, 1, false, sum);
    else
        balance(meter, range, NULL, NULL, law->weight, false, sum);
}

void entrain__phase_law_measure(const entrain_phase_meter *meter, const entrain_range *range,
                                entrain__phase_partial *into) {
    const entrain__phase_law *law = &meter->law;
    if (law->look == NULL || range->sums == NULL)
        return;
    const double unit = range->sum_unit / law->sum_scale * ENTRAIN_WORD_UNIT;
    const size_t words = meter->words;
    tally sum = {0};
    if (law->groups == 1)
        into->group_living[0] += range->count;
    else
        for (size_t k = 0; k < range->count; k++)
            into->group_living[group_of(law, range->indices[k])]++;
    if (law->energy && words == 2) { // one group, one harmonic: its factor is 1, -1 or 0
        const double factor = law->factor[0][0][0] * unit;
        const int64_t *own = range->published, *heard = range->sums;
        for (size_t k = 0; k < range->count; k++)
            sum.energy += entrain__exact(factor * ((double)own[2 * k] * (double)heard[2 * k] +
                                                   (double)own[2 * k + 1] * (double)heard[2 * k + 1]));
    } else if (law->energy)
        for (size_t k = 0; k < range->count; k++)
            sum.energy +=
                entrain__exact(energy_of(law, group_of(law, range->indices[k]), range->published + words * k,
                                         range->sums + words * k, unit));
    for (size_t k = 0; law->counts_heard && k < range->count; k++)
        sum.heard += range->heard[k];
    if (law->conserved)
        balance_range(meter, range, &sum);
    into->energy += sum.energy;
    into->phase += sum.phase;
    into->turned += sum.turned + sum.turns * (int64_t)(ENTRAIN__TWO_PI * ENTRAIN__EXACT_ONE);
    into->drive += sum.drive;
    into->drive_abs += sum.drive_abs;
    into->rounding += sum.rounding;
    into->weights += sum.weights;
    into->heard += sum.heard;
    into->known += sum.known;
    into->beyond = into->beyond || sum.beyond;
}

static double energy_in_all(const entrain__phase_law *law, const entrain__phase_partial *sum) {
    double n = 1;
    if (law->config.normalise == ENTRAIN_NORMALISE_DEGREE)
        n = law->degree_mean;
    else if (law->config.normalise == ENTRAIN_NORMALISE_HEARD)
        n = sum->living > 0 ? (double)sum->heard / sum->living : 0;
    double cosines = (double)sum->energy * (1 / ENTRAIN__EXACT_ONE) * law->scale * law->sum_scale;
    return n > 0 ? -0.5 * law->gain * cosines / n + 0.0 : 0;
}

// Whether all that the law sums over is still there, untouched.
static bool goes_on(const entrain_phase_meter *meter, const entrain__phase_partial *sum,
                    const entrain__phase_balance *now) {
    const entrain__phase_balance *last = &meter->last;
    if (!meter->balanced || sum->known != sum->living || now->living != last->living ||
        now->weights != last->weights || now->drive != last->drive || now->republished != last->republished)
        return false;
    uint64_t ticks = now->tick - last->tick;
    if (ticks == 0)
        return now->phase == last->phase && sum->turned == 0;
    bool complete = entrain_topology_look(meter->law.topology).kind == ENTRAIN_TOPOLOGY_COMPLETE;
    uint64_t arrivals = complete ? sum->living : sum->heard;
    return !meter->law.may_lose ||
           now->observations == last->observations + ticks * meter->law.exchanges * arrivals;
}

// What a tick rounds away at most, in units of round_unit, but for what coupling does: phases and
// frequencies.
static double rounding_of(const entrain_phase_meter *meter, const entrain__phase_partial *sum) {
    double driven = (double)sum->drive_abs * (1 / ENTRAIN__EXACT_ONE);
    return 10 * (double)sum->weights + 30 * entrain_engine_step_s(meter->engine) * driven +
           (double)sum->rounding * (1 / ENTRAIN__EXACT_ONE);
}

// By how much the law was missed between two samples, rad, and in *bound_out what rounding can do.
static double missed(const entrain_phase_meter *meter, const entrain__phase_balance *from,
                     const entrain__phase_balance *to, double *bound_out) {
    const entrain__phase_law *law = &meter->law;
    const double ticks = (double)(to->tick - from->tick), step_s = entrain_engine_step_s(meter->engine);
    // 64 bits of mantissa: the difference of two numbers that grow with time.
    long double moved = (long double)((to->phase - from->phase) + (to->turned - from->turned)) *
                        (long double)(1 / ENTRAIN__EXACT_ONE);
    long double driven = (long double)to->drive * (long double)(1 / ENTRAIN__EXACT_ONE) *
                         ((long double)ticks * (long double)step_s);
    double rounding = fmax(from->rounding, to->rounding) + 30 * step_s * law->strength;
    double bound = ticks * (round_unit * rounding + step_s * law->shift_rounding);
    double mean = (double)to->weights / to->living;
    *bound_out = (2 * bound + 0x1p-61 * (double)(fabsl(moved) + fabsl(driven))) / mean;
    return (double)(moved - driven) / mean + 0.0;
}

void entrain__phase_law_finish(entrain_phase_meter *meter, const entrain__phase_partial *sum,
                               entrain_phase_sample *sample) {
    sample->energy = sample->conservation = sample->conservation_change = sample->conservation_bound = NAN;
    if (entrain_engine_is_disturbed(meter->engine)) {
        meter->balanced = false;
        return;
    }
    if (meter->law.look != NULL && meter->law.energy)
        sample->energy = energy_in_all(&meter->law, sum);
    if (meter->law.look == NULL || !meter->law.conserved || sum->beyond || sum->weights == 0) {
        meter->balanced = false;
        return;
    }
    entrain__phase_balance now = {.tick = sample->tick,
                                  .observations = sample->observations,
                                  .republished = entrain_engine_republished(meter->engine),
                                  .weights = sum->weights,
                                  .living = sum->living,
                                  .phase = sum->phase,
                                  .turned = meter->last.turned + sum->turned,
                                  .drive = sum->drive,
                                  .rounding = rounding_of(meter, sum)};
    if (!goes_on(meter, sum, &now)) {
        now.turned = 0;
        meter->base = meter->last = now;
        meter->balanced = true;
    }
    double bound;
    sample->conservation = missed(meter, &meter->base, &now, &bound);
    sample->conservation_change = missed(meter, &meter->last, &now, &sample->conservation_bound);
    meter->last = now;
}

entrain_status entrain_phase_sample_check(const entrain_phase_sample *sample, entrain_error *error_out) {
    if (!(fabs(sample->conservation_change) > sample->conservation_bound)) // NaN: nothing to say
        return ENTRAIN_OK;
    return entrain_error_set(
        error_out, ENTRAIN_MISMATCH,
        "By t = %.6g s the sum of all phases has moved by %.3g rad since the sample before, "
        "rounding can do %.2g: in this swarm what one does to another the other does to it, so "
        "a scheduler, a plug-in or the engine leaked into the physics; do not trust the result.",
        sample->time_s, sample->conservation_change, sample->conservation_bound);
}
