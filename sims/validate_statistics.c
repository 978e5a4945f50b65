// Fluctuations below threshold, and times from disorder to order: means over many swarms, each drawn by a
// seed of its own. Seeds are fixed: whether a row holds is no matter of luck, and its tolerance is one of
// chance.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "entrain/math.h"
#include "entrain/random.h"
#include "sims/validate.h"

enum { SEEDS_MAX = 2000 };

// --- M9, M10: N <r^2>

typedef struct shaking {
    uint32_t count, seeds;
    double coupling, gamma, settle, span, step_s;
    entrain_integrator integrator;
    double means[SEEDS_MAX]; // out
} shaking;

static void shake(validate_context *context, void *argument, uint32_t index) {
    shaking *what = argument;
    const uint32_t n = what->count, seed = index + 1;
    double *phases = validate_doubles(n), *frequencies = validate_doubles(n), sum = 0;
    const entrain_distribution lorentz = {.kind = ENTRAIN_DISTRIBUTION_LORENTZ, .width = what->gamma};
    const entrain_distribution uniform = {.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = -PI, .high = PI};
    validate_fill(context, &lorentz, seed, ENTRAIN_STREAM_FREQUENCY, n, frequencies);
    validate_fill(context, &uniform, seed, ENTRAIN_STREAM_PHASE, n, phases);
    validate_spec spec = {.count = n,
                          .phases = phases,
                          .frequencies = frequencies,
                          .model = validate_model(what->coupling),
                          .step_s = what->step_s,
                          .transports = validate_turn(context, index)};
    spec.model.integrator = what->integrator;
    validate_swarm swarm;
    validate_open(context, &spec, &swarm);
    validate_until(&swarm, what->settle);
    const uint32_t samples = (uint32_t)(what->span / 0.5 + 0.5);
    for (uint32_t s = 1; s <= samples && !validate_over(context); s++) {
        validate_until(&swarm, what->settle + 0.5 * s);
        double r = validate_sample(&swarm).coherence;
        sum += n * r * r;
    }
    validate_close(&swarm);
    free(phases);
    free(frequencies);
    what->means[index] = validate_over(context) ? NAN : sum / samples;
}

static shaking *shaking_new(validate_context *context, double coupling) {
    shaking *what = calloc(1, sizeof *what);
    if (what == NULL)
        abort();
    *what = (shaking){.count = 400, .seeds = 60, .coupling = coupling, .gamma = 0.5, .step_s = 0.1};
    what->integrator = context->full ? ENTRAIN_INTEGRATOR_RK4 : ENTRAIN_INTEGRATOR_HEUN;
    return what;
}

static void run_m9(validate_context *context) {
    shaking *what = shaking_new(context, 0);
    double mean, error;
    // Nothing couples: any step is exact.
    what->integrator = ENTRAIN_INTEGRATOR_EULER;
    what->step_s = 0.5;
    what->span = 200;
    what->seeds = context->full ? 240 : 60;
    validate_each(context, what->seeds, shake, what);
    validate_mean_of(what->means, what->seeds, &mean, &error);
    validate_mean(context, 1, mean, error, 0.03, "N<r^2>; K = 0, N = %u, %u seeds, T = %g", what->count,
                  what->seeds, what->span);
    free(what);
}

static void run_m10(validate_context *context) {
    static const double shares[] = {0.25, 0.5, 0.75};
    for (uint32_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        const double threshold = entrain_theory_lorentz_threshold(0.5);
        shaking *what = shaking_new(context, shares[i] * threshold);
        double mean, error, expected = entrain_theory_fluctuation(what->coupling, threshold);
        what->settle = 40;
        what->seeds = context->full ? 240 : 30;
        what->span = context->full ? 400 : 100;
        validate_each(context, what->seeds, shake, what);
        validate_mean_of(what->means, what->seeds, &mean, &error);
        // 60 seeds of T = 400 are the table's; a fourth of the time and half the seeds allow sqrt(8) times as
        // much.
        const double wider = context->full ? 1 : sqrt(60.0 * 400 / (what->seeds * what->span));
        if (!context->full)
            validate_note(context, "%u seeds, T = %g instead of 60, 400: %.2g x the tolerance of 8 %%",
                          what->seeds, what->span, wider);
        validate_mean(context, expected, mean, error, 0.08 * wider * expected,
                      "N<r^2>; K/K_c = %g, N = %u, %u seeds, T = %g", shares[i], what->count, what->seeds,
                      what->span);
        free(what);
    }
}

// --- M12: from random phases to r = 0.9

typedef struct gathering {
    uint32_t count, seeds;
    double times[SEEDS_MAX]; // out
} gathering;

// ln(r^2 / (1 - r^2)) grows at K on Ott and Antonsen's manifold: between two samples it is all but a line.
static double steepness(double r) { return entrain_log(r * r / (1 - r * r)); }

static void gather(validate_context *context, void *argument, uint32_t index) {
    gathering *what = argument;
    const double step_s = 0.1, every = 0.2, level = steepness(0.9);
    const entrain_distribution uniform = {.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = -PI, .high = PI};
    double *phases = validate_doubles(what->count), before = 0, now, time = 0;
    validate_fill(context, &uniform, index + 1, ENTRAIN_STREAM_PHASE, what->count, phases);
    validate_swarm swarm;
    validate_open(context,
                  &(validate_spec){.count = what->count,
                                   .phases = phases,
                                   .model = validate_model(1),
                                   .step_s = step_s,
                                   .transports = validate_turn(context, index)},
                  &swarm);
    now = steepness(validate_sample(&swarm).coherence);
    while (now < level && time < 200 && !validate_over(context)) {
        before = now;
        time += every;
        validate_until(&swarm, time);
        now = steepness(validate_sample(&swarm).coherence);
    }
    what->times[index] = now >= level ? time - every * (now - level) / (now - before) : NAN;
    validate_close(&swarm);
    free(phases);
}

// Mean and deviation of the times of @p seeds swarms.
static void gather_all(validate_context *context, uint32_t count, uint32_t seeds, double *mean_out,
                       double *deviation_out) {
    gathering *what = calloc(1, sizeof *what);
    double error;
    if (what == NULL)
        abort();
    what->count = count;
    what->seeds = seeds;
    validate_each(context, seeds, gather, what);
    validate_mean_of(what->times, seeds, mean_out, &error);
    *deviation_out = error * sqrt(seeds);
    free(what);
}

static void run_m12(validate_context *context) {
    static const uint32_t counts[] = {1000, 2000};
    const uint32_t seeds = context->full ? 1000 : 60;
    const double deviation = entrain_theory_sync_time_deviation();
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        double mean, spread;
        gather_all(context, counts[i], seeds, &mean, &spread);
        validate_mean(context, entrain_theory_sync_time(counts[i], 0.9), mean, deviation / sqrt(seeds),
                      3 * deviation / sqrt(seeds), "K T(r = 0.9), mean; N = %u, %u seeds", counts[i], seeds);
        // The deviation of a Gumbel's sample deviation is sqrt((5.4 - 1) / 4n) of it: its kurtosis is 5.4.
        double error = deviation * sqrt(4.4 / (4.0 * seeds));
        validate_mean(context, deviation, spread, error, 3 * error,
                      "K T(r = 0.9), deviation; N = %u, %u seeds", counts[i], seeds);
        validate_point_add(context, "time", "r = 0.9", counts[i], mean, spread / sqrt(seeds));
    }
    static const uint32_t more[] = {20, 50, 100, 200, 500, 5000, 10000, 20000};
    for (size_t i = 0; context->pictures && i < sizeof more / sizeof *more; i++) {
        const uint32_t runs = context->full ? (more[i] > 2000 ? 100 : 500) : (more[i] > 2000 ? 8 : 30);
        double mean, spread;
        gather_all(context, more[i], runs, &mean, &spread);
        validate_point_add(context, "time", "r = 0.9", more[i], mean, spread / sqrt(runs));
    }
    for (int i = 0; i <= 20; i++) {
        uint32_t n = (uint32_t)(15 * entrain_exp(i * 0.38));
        validate_point_add(context, "time", "r = 0.9", n, entrain_theory_sync_time(n, 0.9), -1);
    }
}

const validate_check validate_statistics[] = {
    {"M9", "uncoupled, random Lorentz: N<r^2> = 1", "law of large numbers; Daido 1990", run_m9},
    {"M10", "below K_c, random Lorentz: N<r^2> = 1 / (1 - K/K_c)", "Daido 1990", run_m10},
    {"M12", "identical, random start: K T(r = 0.9) = ln N + 0.5772 + ln(.81/.19) +- 1.2825",
     "Ott, Antonsen 2008; Gumbel's law", run_m12},
    {NULL, NULL, NULL, NULL},
};
