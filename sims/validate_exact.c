// Laws with exact answers for two oscillators and for few: locking and drift, orders of convergence, locking
// of N frequencies, closed forms for identical oscillators, splay.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "entrain/math.h"
#include "sims/validate.h"

// Two oscillators of frequencies mean -+ detuning/2: phi = theta_1 - theta_0 obeys phi' = detuning - K sin
// phi.
typedef struct pair {
    double detuning, mean, coupling, step_s, phi;
    entrain_integrator integrator;
} pair;

static void open_pair(validate_context *context, const pair *given, validate_swarm *swarm_out) {
    const double phases[2] = {-given->phi / 2, given->phi / 2};
    const double frequencies[2] = {given->mean - given->detuning / 2, given->mean + given->detuning / 2};
    validate_spec spec = {.count = 2,
                          .phases = phases,
                          .frequencies = frequencies,
                          .model = validate_model(given->coupling),
                          .step_s = given->step_s};
    spec.model.integrator = given->integrator;
    validate_open(context, &spec, swarm_out);
}

static long double difference(validate_swarm *swarm) {
    long double phases[2];
    validate_unwrapped(swarm, phases);
    return phases[1] - phases[0];
}

static void run_t1(validate_context *context) {
    static const struct { double detuning, mean, coupling; } rows[] = {{1, 0, 2}, {-1.5, 0.7, 1.8}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double d = rows[i].detuning, k = rows[i].coupling, phi = validate_asin(d / k);
        validate_swarm swarm;
        open_pair(context, &(pair){d, rows[i].mean, k, 0.01, 0, ENTRAIN_INTEGRATOR_RK4}, &swarm);
        validate_until(&swarm, 40); // at least e^-39 of the way is left
        validate_near(context, phi, (double)difference(&swarm), 1e-10, "phase difference; dw = %g, K = %g", d,
                      k);
        validate_near(context, entrain_cos(phi / 2), validate_sample(&swarm).coherence, 1e-10,
                      "r; dw = %g, K = %g", d, k);
        validate_close(&swarm);
    }
}

// The time in which the difference gains @p beats turns, to the tick, then along a line: |phi''| h^2 / 8 is
// 6e-8.
static double beat_period(validate_context *context, const pair *given, double period, int beats) {
    validate_swarm swarm;
    open_pair(context, given, &swarm);
    validate_until(&swarm, beats * period * (1 - 1e-3));
    const long double goal = beats * (long double)TWO_PI;
    long double before = difference(&swarm), after = before;
    const uint64_t most = (uint64_t)(beats * period * 2e-3 / given->step_s) + 2;
    uint64_t ticks = 0;
    for (; after < goal && ticks < most && !validate_over(context); ticks++) {
        before = after;
        validate_advance(&swarm, 1);
        after = difference(&swarm);
    }
    double begun = validate_over(context) ? NAN : (double)entrain_engine_tick(swarm.engines[0]) - 1;
    validate_close(&swarm);
    if (!(before < goal && after >= goal))
        return NAN;
    return (begun + (double)((goal - before) / (after - before))) * given->step_s / beats;
}

static void run_t2(validate_context *context) {
    static const struct { double detuning, coupling; } rows[] = {{1, 0.5}, {2, 1.9}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double d = rows[i].detuning, k = rows[i].coupling, period = TWO_PI / sqrt(d * d - k * k);
        double measured =
            beat_period(context, &(pair){d, 0.3, k, 0.001, 0, ENTRAIN_INTEGRATOR_RK4}, period, 3);
        validate_near(context, period, measured, 1e-6, "period; dw = %g, K = %g, h = 0.001", d, k);
    }
}

static void run_t3(validate_context *context) {
    const double h = 0.05, span = context->full ? 8000 : 2000;
    for (int side = 1; side >= -1; side -= 2) {
        const double k = 1 + side * 1e-3, gap = side < 0 ? sqrt(1 - k * k) : 0;
        validate_swarm swarm;
        open_pair(context, &(pair){1, 0, k, h, 0, ENTRAIN_INTEGRATOR_RK4}, &swarm);
        // Relaxation goes at sqrt(K^2 - 1) = 0.0447: after 2000 time units nothing of it is left.
        if (side > 0)
            validate_until(&swarm, 2000);
        long double before = difference(&swarm);
        validate_advance(&swarm, (uint64_t)(span / h + 0.5));
        double measured = (double)((difference(&swarm) - before) / (long double)span);
        validate_note(context, "tolerance: a turn more or less in T = %g", span);
        validate_near(context, gap, measured, TWO_PI / span, "frequency gap; dw = 1, K = %g, T = %g: %s", k,
                      span, side > 0 ? "locked" : "drifting");
        validate_close(&swarm);
    }
}

// phi' = a - K sin phi, |a| < K, from phi0: with u = tan(phi / 2), u' = (a / 2)(u - u+)(u - u-).
static double adler_at(double a, double k, double phi0, double t) {
    double root = sqrt(k * k - a * a), high = (k + root) / a, low = (k - root) / a, w, u;
    u = entrain_tan(phi0 / 2);
    w = (u - high) / (u - low) * entrain_exp(root * t);
    return 2 * entrain_atan2(high - w * low, 1 - w);
}

static void run_t4(validate_context *context) {
    static const int orders[ENTRAIN_INTEGRATOR_COUNT] = {1, 2, 4};
    const double exact = adler_at(1, 2, 1.2, 4), steps[3] = {0.1, 0.05, 0.025};
    // From far below the exact answer atan2 may come out a turn away; it does not here.
    for (int integrator = 0; integrator < ENTRAIN_INTEGRATOR_COUNT; integrator++) {
        double errors[3];
        for (int s = 0; s < 3; s++) {
            validate_swarm swarm;
            open_pair(context, &(pair){1, 0, 2, steps[s], 1.2, (entrain_integrator)integrator}, &swarm);
            validate_until(&swarm, 4);
            errors[s] = fabs((double)(difference(&swarm) - (long double)exact));
            validate_close(&swarm);
        }
        // log2 by the natural logarithm: 1 / ln 2
        double order = entrain_log(errors[1] / errors[2]) * 1.4426950408889634;
        validate_note(context, "error at t = 4: %.1e, %.1e, %.1e for h = 0.1, 0.05, 0.025", errors[0],
                      errors[1], errors[2]);
        validate_near(context, orders[integrator], order, 0.15, "order of %s, h = 0.05 to 0.025",
                      entrain_integrator_name((entrain_integrator)integrator));
    }
}

// --- T5, T6: N frequencies

// Whether all lock from equal phases: after `settle`, the outermost pair parts by less than a turn in as much
// again.
static bool locks(validate_context *context, uint32_t count, const double *frequencies, double coupling,
                  double settle) {
    validate_swarm swarm;
    validate_open(context,
                  &(validate_spec){.count = count,
                                   .frequencies = frequencies,
                                   .model = validate_model(coupling),
                                   .step_s = context->full ? 0.1 : 0.2},
                  &swarm);
    long double *phases = calloc(count, sizeof *phases);
    if (phases == NULL)
        abort();
    long double before = 0, parted = 0;
    // Looked at ten times: who drifts is soon seen.
    validate_until(&swarm, settle);
    for (int part = 0; part <= 10 && parted < TWO_PI && !validate_over(context); part++) {
        if (part > 0)
            validate_until(&swarm, settle * (1 + part / 10.0));
        validate_unwrapped(&swarm, phases);
        long double apart = phases[count - 1] - phases[0];
        if (part == 0)
            before = apart;
        parted = apart - before;
    }
    free(phases);
    validate_close(&swarm);
    return parted < TWO_PI;
}

static void run_t5(validate_context *context) {
    static const uint32_t counts[] = {2, 4, 8, 16, 64};
    const double settle = 1000, width = 1e-3;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const uint32_t n = counts[i];
        double *frequencies = validate_doubles(n);
        validate_uniform_quantiles(1, n, frequencies);
        const double expected = entrain_theory_locking_threshold(n, frequencies);
        double low = 0.8, high = 1.6; // does not know the answer
        bool sound =
            !locks(context, n, frequencies, low, settle) && locks(context, n, frequencies, high, settle);
        while (sound && high - low > width && !validate_over(context)) {
            double middle = (low + high) / 2;
            if (locks(context, n, frequencies, middle, settle))
                high = middle;
            else
                low = middle;
        }
        free(frequencies);
        if (!sound)
            validate_note(context, "not drifting at %.6f, or not locked at %.6f", low, high);
        else
            validate_note(context, "drifts at %.6f, locks at %.6f, found by halving 0.8 .. 1.6", low, high);
        validate_near(context, expected, sound ? (low + high) / 2 : NAN, width,
                      "K_L; N = %u, w = uniform on -1 .. 1", n);
    }
}

static void run_t6(validate_context *context) {
    static const struct {
        uint32_t count;
        double half_width, coupling;
    } rows[] = {{1000, 1, 1.5}, {30, 0.6, 1.1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint32_t n = rows[i].count;
        double *frequencies = validate_doubles(n);
        validate_uniform_quantiles(rows[i].half_width, n, frequencies);
        validate_swarm swarm;
        validate_open(context,
                      &(validate_spec){.count = n,
                                       .frequencies = frequencies,
                                       .model = validate_model(rows[i].coupling),
                                       .step_s = 0.1},
                      &swarm);
        validate_until(&swarm, 150 / rows[i].half_width);
        validate_near(context, entrain_theory_locked_coherence(rows[i].coupling, n, frequencies),
                      validate_sample(&swarm).coherence, 1e-10, "r; N = %u, w = uniform on +-%g, K = %g", n,
                      rows[i].half_width, rows[i].coupling);
        validate_close(&swarm);
        free(frequencies);
    }
}

// --- T12, T15, T22, T23: identical ones

// From a Moebius image of equally spaced phases r' = (K/2) r (1 - r^2) for every N, up to r^N.
static void run_t12(validate_context *context) {
    static const struct {
        uint32_t count;
        double r0, coupling, h;
    } rows[] = {{100, 0.1, 1, 0.01}, {250, 0.3, 0.7, 0.01}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint32_t n = rows[i].count;
        double *phases = validate_doubles(n);
        for (uint32_t j = 0; j < n; j++) {
            double u = TWO_PI * (j + 0.5) / n - PI;
            phases[j] = 2 * entrain_atan2((1 - rows[i].r0) * entrain_sin(u / 2),
                                          (1 + rows[i].r0) * entrain_cos(u / 2));
        }
        validate_swarm swarm;
        validate_open(
            context,
            &(validate_spec){
                .count = n, .phases = phases, .model = validate_model(rows[i].coupling), .step_s = rows[i].h},
            &swarm);
        for (int t = 1; t <= 5; t += 2) {
            validate_until(&swarm, t);
            validate_near(context, entrain_theory_relaxation(rows[i].coupling, 0, rows[i].r0, t),
                          validate_sample(&swarm).coherence, 1e-9, "r(%d); N = %u, r0 = %g, K = %g", t, n,
                          rows[i].r0, rows[i].coupling);
        }
        validate_close(&swarm);
        free(phases);
    }
}

// V = -(K / 2N) sum_ij cos(theta_j - theta_i) = -(K N / 2) r^2, with r from the phases.
static double energy_of(validate_swarm *swarm, double coupling) {
    const double *phases = validate_phases(swarm);
    double c = 0, s = 0;
    for (uint32_t i = 0; i < swarm->count; i++) {
        double sine, cosine;
        entrain_sincos(phases[i], &sine, &cosine);
        c += cosine;
        s += sine;
    }
    return -coupling / (2 * swarm->count) * (c * c + s * s);
}

static void run_t15(validate_context *context) {
    enum { N = 50 };
    const double coupling = 1;
    double phases[N], rise = -INFINITY;
    for (uint32_t i = 0; i < N; i++)
        phases[i] = TWO_PI * validate_draw(15, i);
    validate_swarm swarm;
    validate_open(
        context,
        &(validate_spec){.count = N, .phases = phases, .model = validate_model(coupling), .step_s = 0.05},
        &swarm);
    double first = energy_of(&swarm, coupling), last = first;
    for (int tick = 0; tick < 1200 && !validate_over(context); tick++) {
        validate_advance(&swarm, 1);
        double now = energy_of(&swarm, coupling);
        rise = fmax(rise, now - last);
        last = now;
    }
    validate_note(context, "from V = %.6f at the start", first);
    validate_at_most(context, 1e-12, rise, "largest rise of V in a tick; N = %d, K = 1, T = 60", N);
    validate_near(context, -coupling * N / 2.0, last, 1e-12, "V in the end; N = %d, K = 1", N);
    validate_close(&swarm);
}

static void run_t22(validate_context *context) {
    static const uint32_t counts[] = {5, 8, 12};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const uint32_t n = counts[i];
        double phases[12], frequencies[12], off = 0;
        for (uint32_t j = 0; j < n; j++) {
            phases[j] = TWO_PI * j / n;
            frequencies[j] = 0.7;
        }
        validate_swarm swarm;
        validate_open(context,
                      &(validate_spec){.count = n,
                                       .phases = phases,
                                       .frequencies = frequencies,
                                       .model = validate_model(-1),
                                       .step_s = 0.05},
                      &swarm);
        for (int when = 0; when < 2; when++) {
            validate_advance(&swarm, when == 0 ? 0 : 1000);
            entrain_phase_sample sample = validate_sample(&swarm);
            for (uint32_t m = 1; m <= ENTRAIN_DAIDO_MAX; m++) // fmax() passes a NaN over
                off = fmax(off, fabs(sample.moments[m - 1] - (m % n == 0 ? 1 : 0)));
            if (isnan(sample.moments[0]))
                off = NAN;
        }
        validate_near(context, 0, off, 1e-12, "off by most of r_1 .. r_8, t = 0 and 50; N = %u, K = -1", n);
        validate_close(&swarm);
    }
}

static double half_sine(double a, double b) { return entrain_sin((a - b) / 2); }

// Repelling, four identical ones end as two pairs of opposites, theta and theta + pi, phi and phi + pi: r_1 =
// 0. The cross ratio of the start (T11) says which: for phases in their order around the circle it is
// sin^2((phi - theta) / 2), and r_2 = |cos(phi - theta)|.
static void run_t23(validate_context *context) {
    static const double starts[][4] = {{0.1, 0.9, 2.7, 4.6}, {0, 0.4, 1.1, 2.5}, {0, 1.5, 3.2, 4.8}};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        const double *p = starts[i];
        double ratio =
            half_sine(p[0], p[1]) * half_sine(p[2], p[3]) / (half_sine(p[0], p[2]) * half_sine(p[1], p[3]));
        validate_swarm swarm;
        validate_open(context,
                      &(validate_spec){.count = 4, .phases = p, .model = validate_model(-1), .step_s = 0.02},
                      &swarm);
        validate_until(&swarm, 200);
        entrain_phase_sample sample = validate_sample(&swarm);
        validate_near(context, 0, sample.moments[0], 1e-6, "r_1; N = 4, K = -1, start %g %g %g %g", p[0],
                      p[1], p[2], p[3]);
        validate_note(context, "|1 - 2 x| with x the start's cross ratio");
        validate_near(context, fabs(1 - 2 * ratio), sample.moments[1], 1e-6, "r_2; the same start");
        validate_close(&swarm);
    }
}

const validate_check validate_exact[] = {
    {"T1", "Adler locking, N = 2: phi' = dw - K sin phi", "Adler 1946; Kuramoto 1984", run_t1},
    {"T2", "Adler drift: the beat period is 2 pi / sqrt(dw^2 - K^2)", "Adler 1946; Kuramoto 1984", run_t2},
    {"T3", "Adler threshold: locked for K > dw, drifting by sqrt(dw^2 - K^2) below",
     "Adler 1946; Kuramoto 1984", run_t3},
    {"T4", "order of convergence, on T1's closed form", "Adler 1946; Kutta 1901", run_t4},
    {"T5", "locking threshold: K_L = min u / [(1/N) sum sqrt(1 - (w_j/u)^2)]", "Pazo 2005", run_t5},
    {"T6", "r in the locked state, by the same equation", "Pazo 2005", run_t6},
    {"T12", "identical, Moebius start: r(t) = r0 / sqrt(r0^2 + (1 - r0^2) e^(-Kt))",
     "Marvel, Mirollo, Strogatz 2009", run_t12},
    {"T15", "energy V = -(K/2N) sum cos(theta_j - theta_i) never rises", "Kuramoto 1984", run_t15},
    {"T22", "splay: r_m = 0 but for multiples of N", "Daido 1996", run_t22},
    {"T23", "K < 0, identical: r_1 goes to 0, r_2 where the start put it", "Marvel, Mirollo, Strogatz 2009",
     run_t23},
    {NULL, NULL, NULL, NULL},
};
