// The mean field: coherence of large swarms, all-to-all, against the theory of infinite ones.
//
// A thousand oscillators never come to rest: drifting ones shake r by 0.01, over tens of time units. What the
// theory knows is the mean; a mean over less time is off by more, as the inverse square root of it. So
// --quick, which takes means over shorter times or of smaller swarms, allows more, and says how much.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "entrain/math.h"
#include "entrain/random.h"
#include "sims/validate.h"

// A swarm and how long it is watched.
typedef struct field {
    uint32_t count;
    entrain_distribution frequency;
    entrain_kuramoto_config model;
    double step_s, settle, span, every;
    uint64_t seed;
    validate_transports transports;
    double mean, error; // out: of r; standard error by ten batches
    double turning;     // out: mean of psi', rad/s
} field;

enum { BATCHES = 10 };

static field field_of(uint32_t count, double coupling) {
    return (field){.count = count,
                   .model = validate_model(coupling),
                   .frequency = entrain_distribution_constant(0),
                   .step_s = 0.1,
                   .settle = 50,
                   .span = 500,
                   .every = 0.5,
                   .seed = 1};
}

static double nearest_turn(double angle) { return angle - TWO_PI * rint(angle / TWO_PI); }

static void watch(validate_context *context, field *f) {
    double *frequencies = validate_doubles(f->count), batches[BATCHES] = {0}, turned = 0, before = 0;
    validate_fill(context, &f->frequency, f->seed, ENTRAIN_STREAM_FREQUENCY, f->count, frequencies);
    validate_swarm swarm;
    validate_open(context,
                  &(validate_spec){.count = f->count,
                                   .frequencies = frequencies,
                                   .model = f->model,
                                   .step_s = f->step_s,
                                   .seed = f->seed,
                                   .transports = f->transports},
                  &swarm);
    validate_until(&swarm, f->settle);
    const uint32_t samples = (uint32_t)(f->span / f->every / BATCHES + 0.5) * BATCHES;
    for (uint32_t s = 0; s <= samples && !validate_over(context); s++) {
        validate_until(&swarm, f->settle + s * f->every);
        entrain_phase_sample sample = validate_sample(&swarm);
        if (s > 0) {
            batches[(uint64_t)(s - 1) * BATCHES / samples] += sample.coherence * BATCHES / samples;
            turned += nearest_turn(sample.mean_phase - before);
        }
        before = sample.mean_phase;
    }
    validate_close(&swarm);
    free(frequencies);
    validate_mean_of(batches, BATCHES, &f->mean, &f->error);
    f->turning = turned / (samples * f->every);
    if (validate_over(context))
        f->mean = f->turning = NAN;
}

typedef struct fields {
    field all[40];
    uint32_t count;
} fields;

static void watch_one(validate_context *context, void *argument, uint32_t index) {
    watch(context, &((fields *)argument)->all[index]);
}

static void watch_all(validate_context *context, fields *what) {
    validate_each(context, what->count, watch_one, what);
}

// --- pictures: r over K, theory's curve through measured points

static void draw_onset(validate_context *context, const char *series, fields *what, double curve_from,
                       double curve_to, double (*theory)(double coupling)) {
    for (int i = 0; i <= 300; i++) {
        double k = curve_from + (curve_to - curve_from) * i / 300;
        validate_point_add(context, "onset", series, k, theory(k), -1);
    }
    for (uint32_t i = 0; i < what->count; i++)
        validate_point_add(context, "onset", series, what->all[i].model.coupling, what->all[i].mean,
                           what->all[i].error);
}

// couplings from..to, the ends included
static void sweep(validate_context *context, const field *proto, uint32_t count, double from, double to,
                  fields *out) {
    (void)context;
    out->count = count;
    for (uint32_t i = 0; i < count; i++) {
        out->all[i] = *proto;
        out->all[i].model.coupling = from + (to - from) * i / (count - 1);
    }
}

// --- M1

#define M1_GAMMA 0.5
static double m1_curve(double coupling) { return entrain_theory_lorentz_coherence(coupling, M1_GAMMA); }

static void run_m1(validate_context *context) {
    const uint32_t seeds = context->full ? 16 : 4;
    fields what = {.count = 2 + seeds};
    field proto = field_of(1000, 4 * M1_GAMMA);
    proto.frequency = (entrain_distribution){
        .kind = ENTRAIN_DISTRIBUTION_LORENTZ, .sampling = ENTRAIN_SAMPLING_QUANTILE, .width = M1_GAMMA};
    proto.span = context->full ? 1000 : 400;
    proto.transports = context->full ? VALIDATE_BOTH : VALIDATE_PUBLISH_ONLY;
    what.all[0] = proto;
    what.all[1] = proto;
    what.all[1].model.coupling = 3 * M1_GAMMA;
    for (uint32_t s = 0; s < seeds; s++) {
        field *f = &what.all[2 + s];
        *f = proto;
        f->frequency.sampling = ENTRAIN_SAMPLING_RANDOM;
        f->transports = validate_turn(context, s);
        f->seed = s + 1;
        f->span = 50;
    }
    watch_all(context, &what);
    const double wider = sqrt(1000 / proto.span), tolerances[2] = {2e-4, 4e-4};
    for (uint32_t i = 0; i < 2; i++) {
        const field *f = &what.all[i];
        if (!context->full)
            validate_note(context, "T = %g instead of 1000: %.2g x the tolerance", proto.span, wider);
        validate_mean(context, m1_curve(f->model.coupling), f->mean, f->error, tolerances[i] * wider,
                      "r; gamma = %g, K = %g, quantile, N = 1000", M1_GAMMA, f->model.coupling);
    }
    double worst = 0, expected = m1_curve(4 * M1_GAMMA), sum = 0;
    for (uint32_t s = 0; s < seeds; s++) {
        double off = what.all[2 + s].mean - expected;
        sum += what.all[2 + s].mean;
        worst = isnan(off) || fabs(off) > fabs(worst) ? off : worst;
    }
    validate_note(context, "mean over the seeds %.5f", sum / seeds);
    validate_near(context, expected, expected + worst, 1.7 / sqrt(1000),
                  "farthest r of %u seeds; random, K = %g, T = 50", seeds, 4 * M1_GAMMA);
    if (context->pictures) {
        proto.transports = VALIDATE_PUBLISH_ONLY;
        proto.span = context->full ? 400 : 100;
        sweep(context, &proto, context->full ? 16 : 8, 0.4, 4, &what);
        watch_all(context, &what);
        draw_onset(context, "Lorentz, half width 0.5", &what, 0, 4, m1_curve);
    }
}

// --- M2

enum { M2_SAMPLES = 50 };

typedef struct relaxation {
    double coupling, r0, most;
    double r[M2_SAMPLES + 1];
} relaxation;

static double fraction(double x) { return x - floor(x); }

// Ott and Antonsen's manifold, sampled by the R2 sequence: omega by the first of each pair, phase by the
// second.
static void relax(validate_context *context, void *argument, uint32_t index) {
    relaxation *one = &((relaxation *)argument)[index];
    const uint32_t n = 10000;
    const double gamma = 1;
    double *phases = validate_doubles(n), *frequencies = validate_doubles(n);
    for (uint32_t j = 1; j <= n; j++) {
        double u = PI * (fraction(0.5 + j * 0.7548776662466927) - 0.5);
        double v = PI * (fraction(0.5 + j * 0.5698402909980532) - 0.5);
        frequencies[j - 1] = gamma * entrain_tan(u);
        phases[j - 1] = 2 * entrain_atan2((1 - one->r0) * entrain_sin(v), (1 + one->r0) * entrain_cos(v));
    }
    validate_swarm swarm;
    validate_open(context,
                  &(validate_spec){.count = n,
                                   .phases = phases,
                                   .frequencies = frequencies,
                                   .model = validate_model(one->coupling),
                                   .step_s = context->full ? 0.01 : 0.05,
                                   .transports = context->full ? VALIDATE_BOTH : VALIDATE_PUBLISH_ONLY},
                  &swarm);
    for (int s = 0; s <= M2_SAMPLES; s++) {
        validate_until(&swarm, s * 0.1);
        one->r[s] = validate_sample(&swarm).coherence;
        double off = one->r[s] - entrain_theory_relaxation(one->coupling, gamma, one->r0, s * 0.1);
        one->most = isnan(off) || fabs(off) > one->most ? fabs(off) : one->most;
    }
    validate_close(&swarm);
    free(phases);
    free(frequencies);
}

static void run_m2(validate_context *context) {
    relaxation rows[] = {{.coupling = 4, .r0 = 0.2}, {.coupling = 1, .r0 = 0.9}, {.coupling = 2, .r0 = 0.6}};
    static const char *const names[] = {"K = 4, r0 = 0.2", "K = 1, r0 = 0.9", "K = 2 = K_c, r0 = 0.6"};
    static const double tolerances[] = {0.009, 0.006, 0.009};
    const uint32_t count = sizeof rows / sizeof *rows;
    validate_each(context, count, relax, rows);
    for (uint32_t i = 0; i < count; i++) {
        validate_near(context, 0, rows[i].most, tolerances[i],
                      "farthest from the curve, t <= 5; gamma = 1, %s", names[i]);
        for (int s = 0; s <= M2_SAMPLES; s++) {
            double expected = entrain_theory_relaxation(rows[i].coupling, 1, rows[i].r0, s * 0.1);
            validate_point_add(context, "relaxation", names[i], s * 0.1, expected, -1);
            if (s % 2 == 0)
                validate_point_add(context, "relaxation", names[i], s * 0.1, rows[i].r[s], 0);
        }
    }
}

// --- M4

static double m4_curve(double coupling) { return entrain_theory_normal_coherence(coupling, 1); }

static void run_m4(validate_context *context) {
    static const double couplings[] = {1.7, 2, 3};
    fields what = {.count = 3};
    field proto = field_of(1000, 1);
    proto.frequency = (entrain_distribution){
        .kind = ENTRAIN_DISTRIBUTION_NORMAL, .sampling = ENTRAIN_SAMPLING_QUANTILE, .deviation = 1};
    proto.span = context->full ? 1000 : 250;
    proto.transports = context->full ? VALIDATE_BOTH : VALIDATE_PUBLISH_ONLY;
    for (uint32_t i = 0; i < what.count; i++) {
        what.all[i] = proto;
        what.all[i].model.coupling = couplings[i];
        what.all[i].settle = i == 0 ? 200 : 50; // near K_c everything is slow
    }
    watch_all(context, &what);
    for (uint32_t i = 0; i < what.count; i++) {
        const field *f = &what.all[i];
        if (!context->full)
            validate_note(context, "T = %g instead of 500: 1.4 x the tolerance", f->span);
        validate_mean(context, m4_curve(f->model.coupling), f->mean, f->error, context->full ? 5e-4 : 7e-4,
                      "r; sigma = 1, K = %g, quantile, N = 1000", f->model.coupling);
    }
    if (context->pictures) {
        proto.transports = VALIDATE_PUBLISH_ONLY;
        proto.span = context->full ? 400 : 100;
        proto.settle = 100;
        sweep(context, &proto, context->full ? 16 : 8, 0.5, 3.5, &what);
        watch_all(context, &what);
        draw_onset(context, "normal, deviation 1", &what, 0, 3.5, m4_curve);
    }
}

// --- M6, M7: noise

static double m6_curve(double coupling) { return entrain_theory_noise_coherence(coupling, 1); }

static void run_m6(validate_context *context) {
    static const double couplings[] = {3, 4, 6};
    const uint32_t n = context->full ? 10000 : 1000;
    fields what = {.count = 6};
    field proto = field_of(n, 1);
    proto.model.noise = 1;
    proto.transports = VALIDATE_PUBLISH_ONLY;
    proto.settle = 10;
    proto.span = context->full ? 200 : 40;
    proto.every = 0.1;
    for (uint32_t i = 0; i < what.count; i++) {
        field *f = &what.all[i];
        *f = proto;
        f->model.coupling = couplings[i % 3];
        f->model.integrator = i < 3 ? ENTRAIN_INTEGRATOR_EULER : ENTRAIN_INTEGRATOR_HEUN;
        f->step_s = i < 3 ? 0.0025 : 0.02;
        f->seed = i + 1;
        f->transports = validate_turn(context, i);
    }
    watch_all(context, &what);
    for (uint32_t i = 0; i < what.count; i++) {
        const field *f = &what.all[i];
        double tolerance = context->full ? 2e-3 : 2e-3 * sqrt(10000.0 * 200 / (f->count * f->span));
        // Euler-Maruyama is off by what its step takes: 6e-4 at h = 0.0025 and K/D = 6, in proportion to h.
        if (!context->full)
            validate_note(context, "N = %u, T = %g instead of 10000, 200: %.2g x the tolerance", n, f->span,
                          tolerance / 2e-3);
        else if (f->model.integrator == ENTRAIN_INTEGRATOR_EULER)
            validate_note(context, "euler's own error is of order h");
        validate_mean(context, m6_curve(f->model.coupling), f->mean, f->error, tolerance,
                      "r; K/D = %g, %s, h = %g, N = %u", f->model.coupling,
                      entrain_integrator_name(f->model.integrator), f->step_s, f->count);
    }
    if (context->pictures) {
        proto.transports = VALIDATE_PUBLISH_ONLY;
        proto.model.integrator = ENTRAIN_INTEGRATOR_HEUN;
        proto.step_s = 0.02;
        proto.count = context->full ? 4000 : 1000;
        proto.span = context->full ? 100 : 40;
        sweep(context, &proto, context->full ? 16 : 8, 0.5, 6.5, &what);
        watch_all(context, &what);
        draw_onset(context, "identical, noise D = 1", &what, 0, 6.5, m6_curve);
    }
}

static void run_m7(validate_context *context) {
    const uint32_t n = context->full ? 4000 : 1000;
    const double size = sqrt(4000.0 / n);
    fields what = {.count = 2};
    for (uint32_t i = 0; i < 2; i++) {
        field *f = &what.all[i];
        *f = field_of(n, i == 0 ? 3 : 6);
        f->frequency = (entrain_distribution){
            .kind = ENTRAIN_DISTRIBUTION_LORENTZ, .sampling = ENTRAIN_SAMPLING_QUANTILE, .width = 1};
        f->model.noise = 1;
        f->model.integrator = ENTRAIN_INTEGRATOR_HEUN;
        f->step_s = 0.01;
        f->settle = 20;
        f->span = context->full ? 100 : 30;
        f->transports = i == 0 ? VALIDATE_MAILBOX_ONLY : VALIDATE_PUBLISH_ONLY;
    }
    watch_all(context, &what);
    double threshold = entrain_theory_lorentz_noise_threshold(1, 1);
    if (!context->full)
        validate_note(context, "N = %u instead of 4000: %g x the bound", n, size);
    validate_at_most(context, 0.08 * size, what.all[0].mean, "r; gamma = D = 1, K = 3 < K_c = %g, N = %u",
                     threshold, n);
    validate_at_least(context, 0.55, what.all[1].mean, "r; gamma = D = 1, K = 6 > K_c = %g, N = %u",
                      threshold, n);
}

// --- M8

static void run_m8(validate_context *context) {
    static const struct { double gamma, coupling, lag; } rows[] = {{1, 4, 0.5}, {0.5, 2.5, -0.7}};
    fields what = {.count = 2};
    for (uint32_t i = 0; i < what.count; i++) {
        field *f = &what.all[i];
        *f = field_of(1000, rows[i].coupling);
        f->model.lag = rows[i].lag;
        f->frequency = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_LORENTZ,
                                              .sampling = ENTRAIN_SAMPLING_QUANTILE,
                                              .width = rows[i].gamma};
        // With a lag, what a step gets wrong of the fast ones in Lorentz's tails does not cancel: 0.05 takes
        // 6e-4 off r of the first row, 0.02 nothing that can be seen.
        f->step_s = 0.02;
        f->every = 0.2;
        f->transports = context->full ? VALIDATE_BOTH : VALIDATE_PUBLISH_ONLY;
        f->settle = context->full ? 50 : 20;
        f->span = context->full ? 1000 : 100;
    }
    watch_all(context, &what);
    const double wider = context->full ? 1 : sqrt(1000.0 / 100);
    for (uint32_t i = 0; i < what.count; i++) {
        const field *f = &what.all[i];
        const double g = rows[i].gamma, k = rows[i].coupling, a = rows[i].lag;
        if (!context->full)
            validate_note(context, "T = %g instead of 1000: %.2g x the tolerance", f->span, wider);
        validate_mean(context, entrain_theory_lag_coherence(k, g, a), f->mean, f->error, 5e-4 * wider,
                      "r; lag %g, K = %g, gamma = %g, N = 1000, T = %g", a, k, g, f->span);
        validate_near(context, entrain_theory_lag_frequency(k, g, a), f->turning, 2e-3,
                      "Omega; lag %g, K = %g, gamma = %g", a, k, g);
    }
}

const validate_check validate_field[] = {
    {"M1", "Lorentz: K_c = 2 gamma, r = sqrt(1 - K_c / K)", "Kuramoto 1975; Strogatz 2000", run_m1},
    {"M2", "relaxation, N = 1e4: r^2 = a r0^2 e^(2at) / (a + b r0^2 (e^(2at) - 1))", "Ott, Antonsen 2008",
     run_m2},
    {"M4", "Gauss: K_c = sigma sqrt(8/pi); 1 = (K/sigma) sqrt(pi/8) e^-x (I0(x) + I1(x))",
     "Kuramoto 1984; Strogatz 2000", run_m4},
    {"M6", "noise, identical: K_c = 2D, r = I1(Kr/D) / I0(Kr/D)", "Sakaguchi 1988; Strogatz 2000", run_m6},
    {"M7", "Lorentz and noise: K_c = 2 (gamma + D)", "Sakaguchi 1988", run_m7},
    {"M8", "lag: r = sqrt(1 - 2 gamma / (K cos a)), Omega = -K sin a + gamma tan a",
     "Sakaguchi, Kuramoto 1986; Ott, Antonsen 2008", run_m8},
    {NULL, NULL, NULL, NULL},
};
