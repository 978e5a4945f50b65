// Phase oscillators as a behavior: columns, exchanges, and the arithmetic of one tick.
//
// Euler: 1 exchange, theta += h f. Heun: 2, RK4: 4, the classical tableaus; `ahead` is the phase at which a
// stage looks and publishes, `slope` the weighted sum of slopes so far. Phases are wrapped once a tick, in
// the last stage.
#include <inttypes.h>
#include <math.h>

#include "actors/phase_kernels.h"
#include "actors/phase_values.h"
#include "engine/base/assert.h"
#include "engine/base/memory.h"
#include "entrain/kuramoto.h"
#include "entrain/math.h"

enum { COLUMN_AHEAD = 3, COLUMN_SLOPE = 4 }; // where there are stages
#define COUPLING_MAX 1e6

const char *entrain_normalise_name(entrain_normalise normalise) {
    static const char *const names[] = {"size", "degree", "heard", "none"};
    return (unsigned)normalise < ENTRAIN_NORMALISE_COUNT ? names[normalise] : NULL;
}

const char *entrain_integrator_name(entrain_integrator integrator) {
    static const char *const names[] = {"euler", "heun", "rk4"};
    return (unsigned)integrator < ENTRAIN_INTEGRATOR_COUNT ? names[integrator] : NULL;
}

const char *entrain_past_name(entrain_past past) {
    static const char *const names[] = {"still", "turning", "silent"};
    return (unsigned)past < ENTRAIN_PAST_COUNT ? names[past] : NULL;
}

entrain_kuramoto_config entrain_kuramoto_config_defaults(void) {
    return (entrain_kuramoto_config){.coupling = 1,
                                     .normalise = ENTRAIN_NORMALISE_DEGREE,
                                     .integrator = ENTRAIN_INTEGRATOR_RK4,
                                     .harmonics = 1,
                                     .damping = 1};
}

const entrain__phase_kernels *entrain__phase_kernels_for(entrain_simd level) {
    switch (level) {
    case ENTRAIN_SIMD_AVX512:
        return &entrain__phase_kernels_avx512;
    case ENTRAIN_SIMD_AVX2:
        return &entrain__phase_kernels_avx2;
    default:
        return &entrain__phase_kernels_sse2;
    }
}

// The population's context: one arena of its own, freed with the engine.
typedef struct kuramoto {
    entrain__arena *arena;
    entrain_kuramoto_config config;
    double cos_lag, sin_lag, gain, step_s;
    uint32_t count;
    uint32_t gain_column; // K / n of each actor, where they differ; 0: gain for all
    entrain__phase_values initial;
} kuramoto;

static void start(const entrain_range *range) {
    const kuramoto *model = range->context;
    entrain__phase_values_start(range, model->initial);
    if (model->config.normalise == ENTRAIN_NORMALISE_DEGREE) {
        double *gain = range->columns[model->gain_column];
        for (uint32_t k = 0; k < range->count; k++) {
            uint32_t degree = entrain_range_in_degree(range, k);
            gain[k] = degree > 0 ? model->config.coupling / (double)degree : 0;
        }
    }
}

static void publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    const double *phase = range->columns[stage == 0 ? ENTRAIN_KURAMOTO_PHASE : COLUMN_AHEAD];
    entrain__phase_kernels_for(range->simd)->publish(range->count, phase, words_out);
}

// What n is: one gain for all, each actor's own, or by what it heard in this exchange.
static void choose_gains(const kuramoto *model, const entrain_range *range, entrain__rate *rate) {
    if (model->config.normalise == ENTRAIN_NORMALISE_DEGREE) {
        rate->gains = range->columns[model->gain_column];
    } else if (model->config.normalise == ENTRAIN_NORMALISE_HEARD) {
        double *gain = range->columns[model->gain_column];
        for (uint32_t k = 0; k < range->count; k++)
            gain[k] = range->heard[k] > 0 ? model->config.coupling / (double)range->heard[k] : 0;
        rate->gains = gain;
    }
}

static void step(const entrain_range *range, uint32_t stage) {
    const kuramoto *model = range->context;
    const entrain__phase_kernels *kernels = entrain__phase_kernels_for(range->simd);
    double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE];
    int32_t *turns = range->columns[ENTRAIN_KURAMOTO_TURNS];
    double *ahead = range->columns[COLUMN_AHEAD], *slope = range->columns[COLUMN_SLOPE];
    double h = model->step_s;
    entrain__rate rate = {
        .count = range->count,
        .own = range->published,
        .sums = range->sums,
        .sum_unit = range->sum_unit,
        .frequency = range->columns[ENTRAIN_KURAMOTO_FREQUENCY],
        .gain = model->gain,
        .cos_lag = model->cos_lag,
        .sin_lag = model->sin_lag,
        .step_s = h,
    };
    choose_gains(model, range, &rate);
    switch (model->config.integrator) {
    case ENTRAIN_INTEGRATOR_EULER:
        kernels->euler(&rate, phase, turns);
        break;
    case ENTRAIN_INTEGRATOR_HEUN: // Heun (1900): k1 at t, k2 at t + h, their mean
        if (stage == 0)
            kernels->stage(&rate, 1, 1, h, phase, slope, ahead);
        else
            kernels->finish(&rate, h / 2, slope, phase, turns);
        break;
    default: // Kutta (1901): k1, 2 k2, 2 k3, k4 over 6
        if (stage == 0)
            kernels->stage(&rate, 1, 1, h / 2, phase, slope, ahead);
        else if (stage == 1)
            kernels->stage(&rate, 0, 2, h / 2, phase, slope, ahead);
        else if (stage == 2)
            kernels->stage(&rate, 0, 2, h, phase, slope, ahead);
        else
            kernels->finish(&rate, h / 6, slope, phase, turns);
        break;
    }
}

static size_t measure(const void *context) {
    const kuramoto *model = context;
    return entrain__arena_bytes(model->arena);
}

static void release(void *context) {
    kuramoto *model = context;
    if (model != NULL)
        entrain__arena_destroy(model->arena);
}

static entrain_status validate(const entrain_kuramoto_config *config, entrain_error *error_out) {
    if (!(fabs(config->coupling) <= COUPLING_MAX))
        return entrain_error_set(error_out, ENTRAIN_INVALID, "coupling is %g rad/s; it must be -1e6 to 1e6.",
                                 config->coupling);
    if (!(fabs(config->lag) <= 3.14159265358979324))
        return entrain_error_set(error_out, ENTRAIN_INVALID, "lag is %g rad; it must be -pi to pi.",
                                 config->lag);
    if ((unsigned)config->normalise >= ENTRAIN_NORMALISE_COUNT)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "normalise is %d; it must be size, degree, heard or none.",
                                 (int)config->normalise);
    if ((unsigned)config->integrator >= ENTRAIN_INTEGRATOR_COUNT)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "integrator is %d; it must be euler, heun or rk4.", (int)config->integrator);
    return ENTRAIN_OK;
}

entrain_status entrain_kuramoto_add(entrain_engine *engine, const entrain_kuramoto_config *config,
                                    uint32_t count, const double *phases, const double *frequencies,
                                    entrain_population **population_out, entrain_error *error_out) {
    entrain__phase_values initial = {phases, frequencies};
    double step_s = entrain_engine_step_s(engine);
    entrain_status status = validate(config, error_out);
    if (status == ENTRAIN_OK)
        status = entrain__phase_values_check(step_s, count, initial, error_out);
    if (status == ENTRAIN_OK && !(fabs(config->coupling) * step_s <= ENTRAIN__TURN_MAX))
        status = entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "coupling %g times step %g s is too large to integrate; make one of them smaller.",
            config->coupling, step_s);
    if (status != ENTRAIN_OK)
        return status;

    entrain__arena *arena = NULL;
    kuramoto *model = NULL;
    if (entrain__arena_create(&arena) == ENTRAIN_OK)
        model = entrain__arena_take(arena, 1, sizeof *model);
    if (model == NULL || entrain__phase_values_copy(arena, count, initial, &model->initial) != ENTRAIN_OK) {
        entrain__arena_destroy(arena);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "There is no memory for %" PRIu32 " oscillators.", count);
    }
    model->arena = arena;
    model->config = *config;
    model->count = count;
    model->step_s = step_s;
    entrain_sincos(config->lag, &model->sin_lag, &model->cos_lag);
    model->gain =
        config->normalise == ENTRAIN_NORMALISE_SIZE ? config->coupling / (double)count : config->coupling;

    // Only what a swarm needs is allocated: gains when they differ, stages when there are any.
    entrain_column columns[] = {
        // Not guarded (`finite`): a phase is kept finite by its kernels whatever came in, see bounded(), and no step writes a
        // frequency. A guard of it would be 1 % of publish.
        {.name = "phase", .bytes = sizeof(double), .fingerprint = true},
        {.name = "turns", .bytes = sizeof(int32_t), .fingerprint = true},
        {.name = "frequency", .bytes = sizeof(double), .fingerprint = true},
        {.name = "ahead", .bytes = sizeof(double)},
        {.name = "slope", .bytes = sizeof(double)},
        {.name = "gain", .bytes = sizeof(double)},
    };
    uint32_t column_count = config->integrator != ENTRAIN_INTEGRATOR_EULER ? 5 : 3;
    if (config->normalise == ENTRAIN_NORMALISE_DEGREE || config->normalise == ENTRAIN_NORMALISE_HEARD) {
        model->gain_column = column_count++;
        columns[model->gain_column] = columns[5];
    }
    const entrain_behavior behavior = {
        .name = "kuramoto",
        .columns = columns,
        .column_count = column_count,
        .words = 2,
        .exchanges = config->integrator == ENTRAIN_INTEGRATOR_EULER  ? 1
                     : config->integrator == ENTRAIN_INTEGRATOR_HEUN ? 2
                                                                     : 4,
        .wants_heard = config->normalise == ENTRAIN_NORMALISE_HEARD,
        .start = start,
        .step = step,
        .publish = publish,
        .release = release,
        .measure = measure,
    };
    return entrain_engine_add(engine, &behavior, model, count, population_out, error_out);
}
