// One tick of phase oscillators.
//
// Euler: 1 exchange, theta += h f. Heun: 2, RK4: 4, the classical tableaus; `ahead` is the phase at which a
// stage looks and publishes, `slope` the weighted sum of slopes so far. Phases are wrapped once a tick, in
// the last stage. With inertia the phase's slope is the stage's velocity, and velocities have an `ahead` and
// a `slope` of their own.
//
// Noise is of Ito and Stratonovich alike, because it is additive: Euler-Maruyama adds sqrt(2 T h) xi to
// theta; stochastic Heun adds the same xi in predictor and corrector. As a rate that is sqrt(2 T / h) xi in
// the first stage, and once more in the slope that the last stage halves. Kloeden and Platen (1992), sec.
// 15.1.
#include "actors/kuramoto_model.h"
#include "engine/base/assert.h"
#include "entrain/math.h"
#include "entrain/phase_model.h"

// ---- what follows from the configuration ----

static void derive_pairs(entrain__kuramoto *model) {
    const entrain_kuramoto_config *config = &model->config;
    const uint32_t harmonics = model->pairs.harmonics, groups = model->pairs.groups;
    for (uint32_t a = 0; a < groups; a++)
        for (uint32_t p = 0; p < groups * harmonics; p++) {
            const uint32_t b = p / harmonics, h = p % harmonics;
            double coupling = h == 0 ? config->coupling : config->harmonic_coupling[h - 1];
            double lag = h == 0 ? config->lag : config->harmonic_lag[h - 1];
            if (groups > 1) {
                coupling *= config->group_coupling[a][b];
                lag += config->group_lag[a][b];
                if (config->normalise == ENTRAIN_NORMALISE_SIZE)
                    coupling /= (double)config->group_sizes[b];
            }
            double s, c;
            entrain_sincos(lag, &s, &c);
            model->pairs.in_phase[a][p] = coupling * c;
            model->pairs.quadrature[a][p] = coupling * s;
        }
}

void entrain__kuramoto_derive(entrain__kuramoto *model) {
    const entrain_kuramoto_config *config = &model->config;
    const bool paired = model->pairs.harmonics * model->pairs.groups > 1;
    const double coupling = paired ? 1 : config->coupling;
    entrain_sincos(config->lag, &model->sin_lag, &model->cos_lag);
    model->gain = config->normalise == ENTRAIN_NORMALISE_SIZE && model->pairs.groups == 1
                      ? coupling / (double)model->count
                      : coupling;
    model->push = __builtin_sqrt(2 * config->noise / model->step_s);
    if (paired)
        derive_pairs(model);
}

void entrain__kuramoto_gains(const entrain_range *range) {
    const entrain__kuramoto *model = range->context;
    if (model->columns.gain == 0)
        return;
    double *gain = range->columns[model->columns.gain];
    const double *own = model->config.gains;
    for (uint32_t k = 0; k < range->count; k++) {
        double all = model->gain;
        if (model->config.normalise == ENTRAIN_NORMALISE_DEGREE) {
            uint32_t degree = entrain_range_in_degree(range, k);
            all = degree > 0 ? model->gain / (double)degree : 0;
        }
        gain[k] = own != NULL ? all * own[range->indices[k]] : all;
    }
}

// What one of the arrays of each actor's own says, into a column.
static void start_column(const entrain_range *range, uint32_t column, const double *values) {
    double *to = range->columns[column];
    for (uint32_t k = 0; column != 0 && k < range->count; k++)
        to[k] = values[range->indices[k]];
}

void entrain__kuramoto_start(const entrain_range *range) {
    const entrain__kuramoto *model = range->context;
    entrain__phase_values_start(range, model->initial);
    entrain__kuramoto_gains(range);
    start_column(range, model->columns.inertia, model->config.inertias);
    start_column(range, model->columns.damping, model->config.dampings);
    start_column(range, model->columns.noise, model->config.noises);
    double *noise = range->columns[model->columns.noise];
    for (uint32_t k = 0; model->columns.noise != 0 && k < range->count; k++)
        noise[k] = __builtin_sqrt(2 * noise[k] / model->step_s);
    if (model->inertial && model->config.velocities != NULL)
        start_column(range, ENTRAIN_KURAMOTO_VELOCITY, model->config.velocities);
}

// ---- publications ----

// The groups of a block of actors. @p groups_out [ENTRAIN__BLOCK].
static void find_groups(const entrain__kuramoto *model, const uint32_t *indices, uint32_t count,
                        uint8_t *groups_out) {
    const uint32_t *ends = model->group_ends;
    for (size_t k = 0; k < count; k++)
        groups_out[k] =
            (uint8_t)((indices[k] >= ends[0]) + (indices[k] >= ends[1]) + (indices[k] >= ends[2]));
}

// Publishes @p count phases of the actors @p indices.
static void publish_phases(const entrain_range *range, const uint32_t *indices, uint32_t all,
                           const double *phase, int64_t *words_out) {
    const entrain__kuramoto *model = range->context;
    const entrain__phase_kernels *kernels = entrain__phase_kernels_for(range->simd);
    const uint32_t pair_count = model->pairs.harmonics * model->pairs.groups;
    if (pair_count == 1) {
        kernels->publish(all, phase, words_out);
        return;
    }
    entrain__pairs pairs = model->pairs;
    uint8_t groups[ENTRAIN__BLOCK];
    pairs.group = groups;
    for (uint32_t block = 0; block < all; block += ENTRAIN__BLOCK) {
        uint32_t count = all - block < ENTRAIN__BLOCK ? all - block : ENTRAIN__BLOCK;
        if (pairs.groups > 1)
            find_groups(model, indices + block, count, groups);
        kernels->publish_pairs(count, &pairs, phase + block, words_out + 2 * (size_t)pair_count * block);
    }
}

void entrain__kuramoto_publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    const entrain__kuramoto *model = range->context;
    publish_phases(range, range->indices, range->count,
                   range->columns[stage == 0 ? ENTRAIN_KURAMOTO_PHASE : model->columns.ahead], words_out);
}

// Turning: a line through the initial phase; each stage lies on it at its own time, as it would in a swarm
// without coupling.
void entrain__kuramoto_publish_past(const entrain_range *range, uint32_t ticks_ago, uint32_t stage,
                                    int64_t *words_out) {
    static const double reach[][4] = {[ENTRAIN_INTEGRATOR_EULER] = {0},
                                      [ENTRAIN_INTEGRATOR_HEUN] = {0, 1},
                                      [ENTRAIN_INTEGRATOR_RK4] = {0, 0.5, 0.5, 1}};
    const entrain__kuramoto *model = range->context;
    const double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE];
    const double *velocity =
        range->columns[model->inertial ? ENTRAIN_KURAMOTO_VELOCITY : ENTRAIN_KURAMOTO_FREQUENCY];
    const double time_s = (reach[model->config.integrator][stage] - (double)ticks_ago) * model->step_s;
    const uint32_t pair_count = model->pairs.harmonics * model->pairs.groups;
    for (uint32_t first = 0; first < range->count; first += ENTRAIN__BLOCK) {
        const uint32_t count = range->count - first < ENTRAIN__BLOCK ? range->count - first : ENTRAIN__BLOCK;
        double past[ENTRAIN__BLOCK];
        for (uint32_t k = 0; k < count; k++) {
            int32_t turns = 0;
            past[k] = phase[first + k];
            entrain_phase_advance(&past[k], &turns,
                                  velocity[first + k] * time_s); // wrapped, as far as that went
        }
        publish_phases(range, range->indices + first, count, past,
                       words_out + 2 * (size_t)pair_count * first);
    }
}

// ---- steps ----

// What n is: one gain for all, each actor's own, or by what it heard in this exchange.
static void choose_gains(const entrain__kuramoto *model, const entrain_range *range, entrain__rate *rate) {
    if (model->columns.gain == 0)
        return;
    double *gain = range->columns[model->columns.gain];
    if (model->config.normalise == ENTRAIN_NORMALISE_HEARD)
        for (uint32_t k = 0; k < range->count; k++) {
            gain[k] = range->heard[k] > 0 ? model->gain / (double)range->heard[k] : 0;
            if (model->config.gains != NULL)
                gain[k] *= model->config.gains[range->indices[k]];
        }
    rate->gains = gain;
}

// The plain equation: one loop does it all.
static void step_plain(const entrain__kuramoto *model, const entrain_range *range, const entrain__rate *rate,
                       uint32_t stage) {
    const entrain__phase_kernels *kernels = entrain__phase_kernels_for(range->simd);
    double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE];
    int32_t *turns = range->columns[ENTRAIN_KURAMOTO_TURNS];
    double *ahead = range->columns[model->columns.ahead], *slope = range->columns[model->columns.slope];
    double h = model->step_s;
    switch (model->config.integrator) {
    case ENTRAIN_INTEGRATOR_EULER:
        kernels->euler(rate, phase, turns);
        break;
    case ENTRAIN_INTEGRATOR_HEUN: // Heun (1900): k1 at t, k2 at t + h, their mean
        if (stage == 0)
            kernels->stage(rate, 1, 1, h, phase, slope, ahead);
        else
            kernels->finish(rate, h / 2, slope, phase, turns);
        break;
    default: // Kutta (1901): k1, 2 k2, 2 k3, k4 over 6
        if (stage == 0)
            kernels->stage(rate, 1, 1, h / 2, phase, slope, ahead);
        else if (stage == 1)
            kernels->stage(rate, 0, 2, h / 2, phase, slope, ahead);
        else if (stage == 2)
            kernels->stage(rate, 0, 2, h, phase, slope, ahead);
        else
            kernels->finish(rate, h / 6, slope, phase, turns);
        break;
    }
}

// How the slopes of a stage are weighed: the same tableaus, as numbers.
typedef struct tableau_row {
    bool first, last;
    double weight, reach; // of a stage that is not the last; last: reach is the share of the sum
} tableau_row;

static tableau_row row_of(entrain_integrator integrator, uint32_t stage, double h) {
    switch (integrator) {
    case ENTRAIN_INTEGRATOR_EULER:
        return (tableau_row){true, true, 1, h};
    case ENTRAIN_INTEGRATOR_HEUN:
        return stage == 0 ? (tableau_row){true, false, 1, h} : (tableau_row){false, true, 1, h / 2};
    default:
        return stage == 0   ? (tableau_row){true, false, 1, h / 2}
               : stage == 1 ? (tableau_row){false, false, 2, h / 2}
               : stage == 2 ? (tableau_row){false, false, 2, h}
                            : (tableau_row){false, true, 1, h / 6};
    }
}

static double *column_at(const entrain_range *range, uint32_t column, uint32_t first) {
    return (double *)range->columns[column] + first;
}

// A block of actors of first order: phases turn by the rates.
static void move_phases(const entrain__kuramoto *model, const entrain_range *range, tableau_row row,
                        uint32_t first, uint32_t count, const double *rates) {
    const entrain__phase_kernels *kernels = entrain__phase_kernels_for(range->simd);
    double *phase = column_at(range, ENTRAIN_KURAMOTO_PHASE, first);
    int32_t *turns = (int32_t *)range->columns[ENTRAIN_KURAMOTO_TURNS] + first;
    if (row.first && row.last)
        kernels->turn(count, rates, row.reach, phase, turns);
    else if (row.last)
        kernels->turn_last(count, rates, row.reach, column_at(range, model->columns.slope, first), phase,
                           turns);
    else
        kernels->turn_stage(count, rates, row.first, row.weight, row.reach, phase,
                            column_at(range, model->columns.slope, first),
                            column_at(range, model->columns.ahead, first));
}

// The same of velocities, by accelerations.
static void move_velocities(const entrain__kuramoto *model, const entrain_range *range, tableau_row row,
                            uint32_t first, uint32_t count, const double *rates) {
    const entrain__phase_kernels *kernels = entrain__phase_kernels_for(range->simd);
    double *velocity = column_at(range, ENTRAIN_KURAMOTO_VELOCITY, first);
    if (row.first && row.last)
        kernels->speed(count, rates, row.reach, velocity);
    else if (row.last)
        kernels->speed_last(count, rates, row.reach, column_at(range, model->columns.speed_slope, first),
                            velocity);
    else
        kernels->speed_stage(count, rates, row.first, row.weight, row.reach, velocity,
                             column_at(range, model->columns.speed_slope, first),
                             column_at(range, model->columns.speed_ahead, first));
}

// Noise as a rate. In Heun's first stage; push keeps it, for the slope.
static void add_noise(const entrain__kuramoto *model, const entrain_range *range, uint32_t first,
                      uint32_t count, double *rates, double *push) {
    const entrain__phase_kernels *kernels = entrain__phase_kernels_for(range->simd);
    const bool own = model->columns.noise != 0;
    kernels->normals(count, model->noise_key, range->ids + first, range->tick, own ? 1 : model->push,
                     own ? column_at(range, model->columns.noise, first) : NULL, push, rates);
}

static void step_block(const entrain__kuramoto *model, const entrain_range *range, const entrain__rate *rate,
                       uint32_t stage, uint32_t first, uint32_t count) {
    const entrain__phase_kernels *kernels = entrain__phase_kernels_for(range->simd);
    const tableau_row row = row_of(model->config.integrator, stage, model->step_s);
    double rates[ENTRAIN__BLOCK], push[ENTRAIN__BLOCK];
    kernels->rates(rate, rates);
    const bool noisy = model->noisy && row.first;
    if (noisy)
        add_noise(model, range, first, count, rates, push);
    uint32_t slope = model->columns.slope;
    if (model->inertial) {
        const double *velocity =
            column_at(range, row.first ? ENTRAIN_KURAMOTO_VELOCITY : model->columns.speed_ahead, first);
        const uint32_t inertia = model->columns.inertia, damping = model->columns.damping;
        const double *inertias = inertia != 0 ? column_at(range, inertia, first) : NULL;
        kernels->accelerate(count, model->config.damping,
                            damping != 0 ? column_at(range, damping, first) : NULL, model->config.inertia,
                            inertias, velocity, rates);
        for (size_t k = 0; noisy && k < count; k++)
            push[k] /= inertias != NULL ? inertias[k] : model->config.inertia;
        // Phases first: they turn by the velocities that are about to change.
        move_phases(model, range, row, first, count, velocity);
        move_velocities(model, range, row, first, count, rates);
        slope = model->columns.speed_slope;
    } else {
        move_phases(model, range, row, first, count, rates);
    }
    if (noisy && !row.last) {
        double *slopes = column_at(range, slope, first);
        for (size_t k = 0; k < count; k++)
            slopes[k] += push[k];
    }
}

static void step_general(const entrain__kuramoto *model, const entrain_range *range,
                         const entrain__rate *whole, uint32_t stage) {
    entrain__pairs pairs = model->pairs;
    uint8_t groups[ENTRAIN__BLOCK];
    const uint32_t pair_count = pairs.harmonics * pairs.groups;
    pairs.group = groups;
    for (uint32_t block = 0; block < range->count; block += ENTRAIN__BLOCK) {
        uint32_t count = range->count - block < ENTRAIN__BLOCK ? range->count - block : ENTRAIN__BLOCK;
        entrain__rate rate = *whole;
        rate.count = count;
        rate.own += 2 * (size_t)pair_count * block;
        rate.sums += 2 * (size_t)pair_count * block;
        rate.frequency += block;
        rate.gains = rate.gains != NULL ? rate.gains + block : NULL;
        rate.pairs = pair_count > 1 ? &pairs : NULL;
        if (pairs.groups > 1)
            find_groups(model, range->indices + block, count, groups);
        step_block(model, range, &rate, stage, block, count);
    }
}

void entrain__kuramoto_step(const entrain_range *range, uint32_t stage) {
    const entrain__kuramoto *model = range->context;
    entrain__rate rate = {
        .count = range->count,
        .own = range->published,
        .sums = range->sums,
        .sum_unit = range->sum_unit,
        .frequency = range->columns[ENTRAIN_KURAMOTO_FREQUENCY],
        .gain = model->gain,
        .cos_lag = model->cos_lag,
        .sin_lag = model->sin_lag,
        .step_s = model->step_s,
    };
    choose_gains(model, range, &rate);
    if (model->general)
        step_general(model, range, &rate, stage);
    else
        step_plain(model, range, &rate, stage);
}
