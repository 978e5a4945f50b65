// Delay (T17), and two nodes of a power grid: the swing equation without and with damping (T18, T19).
#include <math.h>
#include <stdlib.h>

#include "entrain/math.h"
#include "sims/validate.h"

// Identical oscillators in phase, all hearing what was a delay ago: all turn at Omega = omega - K sin(Omega
// tau). The rate at which they do is seen in whole turns counted.
static double turning(validate_context *context, entrain_topology_kind kind, uint32_t count, double frequency,
                      double coupling, double delay_s) {
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = kind;
    config.size = count;
    config.degree = 4;
    config.delay_low = config.delay_high = delay_s;
    double *phases = validate_doubles(count), *frequencies = validate_doubles(count);
    long double *before = calloc(2 * (size_t)count, sizeof *before), turned = 0;
    if (before == NULL)
        abort();
    long double *after = before + count;
    for (uint32_t i = 0; i < count; i++) {
        phases[i] = 0.3;
        frequencies[i] = frequency;
    }
    validate_spec spec = {.count = count,
                          .phases = phases,
                          .frequencies = frequencies,
                          .topology = validate_graph(context, &config),
                          .model = validate_model(coupling),
                          .step_s = 0.05};
    spec.model.normalise = ENTRAIN_NORMALISE_DEGREE;
    spec.model.past = ENTRAIN_PAST_TURNING;
    validate_swarm swarm;
    validate_open(context, &spec, &swarm);
    validate_until(&swarm, 100);
    validate_unwrapped(&swarm, before);
    validate_until(&swarm, 200);
    validate_unwrapped(&swarm, after);
    for (uint32_t i = 0; i < count; i++)
        turned += after[i] - before[i];
    validate_close(&swarm);
    entrain_topology_release(spec.topology);
    free(phases);
    free(frequencies);
    free(before);
    return (double)(turned / count) / 100;
}

static void run_t17(validate_context *context) {
    static const struct {
        entrain_topology_kind kind;
        uint32_t count;
        double frequency, coupling, delay_s;
    } rows[] = {
        {ENTRAIN_TOPOLOGY_COMPLETE, 2, PI / 2, 1, 0.5},
        {ENTRAIN_TOPOLOGY_COMPLETE, 20, PI / 2, 1, 1},
        {ENTRAIN_TOPOLOGY_RING, 20, 2.5, 0.8, 0.4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        validate_near(
            context, entrain_theory_delay_frequency(rows[i].frequency, rows[i].coupling, rows[i].delay_s),
            turning(context, rows[i].kind, rows[i].count, rows[i].frequency, rows[i].coupling,
                    rows[i].delay_s),
            1e-6, "Omega; %s, N = %u, w = %.6g, K = %g, delay %g", entrain_topology_kind_name(rows[i].kind),
            rows[i].count, rows[i].frequency, rows[i].coupling, rows[i].delay_s);
}

// --- the swing equation: phi'' = -alpha phi' + dP - 2K sin phi, phi the difference of two nodes

typedef struct swing {
    double damping, power, coupling, step_s, phi;
} swing;

static void open_swing(validate_context *context, const swing *given, validate_swarm *swarm_out) {
    const double phases[2] = {-given->phi / 2, given->phi / 2},
                 powers[2] = {-given->power / 2, given->power / 2};
    const entrain_edge line = {0, 1, 1};
    entrain_topology *graph = NULL;
    entrain_error error = {0};
    if (entrain_topology_from_edges(2, &line, 1, false, false, &graph, &error) != ENTRAIN_OK)
        validate_fault(context, "%s", error.sentence);
    validate_spec spec = {.count = 2,
                          .phases = phases,
                          .frequencies = powers,
                          .topology = graph,
                          .model = validate_model(given->coupling),
                          .step_s = given->step_s};
    spec.model.normalise = ENTRAIN_NORMALISE_NONE;
    spec.model.inertia = 1;
    spec.model.damping = given->damping;
    validate_open(context, &spec, swarm_out);
    entrain_topology_release(graph);
}

static double angle(validate_swarm *swarm) {
    long double phases[2];
    validate_unwrapped(swarm, phases);
    return (double)(phases[1] - phases[0]);
}

// The time at which phi passes @p level upwards for the @p passes-th time: between two ticks the cubic
// through the four values around is within h^4.
static double passing(validate_context *context, validate_swarm *swarm, double level, int passes,
                      double most_s) {
    double y[4] = {NAN, NAN, NAN, NAN};
    const uint64_t most = (uint64_t)(most_s / swarm->step_s);
    for (uint64_t tick = 0; tick < most && !validate_over(context); tick++) {
        for (int i = 0; i < 3; i++)
            y[i] = y[i + 1];
        y[3] = angle(swarm) - level;
        if (y[1] < 0 && y[2] >= 0 && --passes == 0) {
            // y[0..3] at -1, 0, 1, 2 ticks; the crossing lies in 0 .. 1.
            double low = 0, high = 1;
            for (int i = 0; i < 60; i++) {
                double x = (low + high) / 2;
                double value = -x * (x - 1) * (x - 2) / 6 * y[0] + (x + 1) * (x - 1) * (x - 2) / 2 * y[1] -
                               (x + 1) * x * (x - 2) / 2 * y[2] + (x + 1) * x * (x - 1) / 6 * y[3];
                *(value < 0 ? &low : &high) = x;
            }
            return ((double)entrain_engine_tick(swarm->engines[0]) - 2 + low) * swarm->step_s;
        }
        validate_advance(swarm, 1);
    }
    return NAN;
}

static void run_t18(validate_context *context) {
    static const struct { double coupling, phi; } rows[] = {{1, 1}, {0.7, 2.4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double k = rows[i].coupling, phi = rows[i].phi;
        validate_swarm swarm;
        open_swing(context, &(swing){0, 0, k, 0.01, phi}, &swarm);
        double first = passing(context, &swarm, 0, 1, 30), last = passing(context, &swarm, 0, 3, 60);
        validate_near(context, entrain_theory_pendulum_period(2 * k, phi), (last - first) / 3, 1e-7,
                      "period; K = %g, phi0 = %g, h = 0.01", k, phi);
        validate_close(&swarm);
    }
}

static void run_t19(validate_context *context) {
    static const struct { double damping, power, coupling; } rows[] = {{0.2, 0.5, 1}, {0.1, 1.2, 0.9}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double a = rows[i].damping, p = rows[i].power, k = rows[i].coupling,
                     rest = validate_asin(p / (2 * k));
        const double ringing = sqrt(2 * k * entrain_cos(rest) - a * a / 4);
        validate_swarm swarm;
        open_swing(context, &(swing){a, p, k, 0.02, 0}, &swarm);
        validate_until(&swarm, 80 / a);
        validate_near(context, rest, angle(&swarm), 1e-6, "phi at rest; alpha = %g, dP = %g, K = %g", a, p,
                      k);
        validate_close(&swarm);
        // So near to rest that it is a spring: off by the square of the distance.
        open_swing(context, &(swing){a, p, k, 0.01, rest + 2e-5}, &swarm);
        double first = passing(context, &swarm, rest, 1, 30), last = passing(context, &swarm, rest, 3, 60);
        validate_near(context, ringing, TWO_PI * 3 / (last - first), 1e-6,
                      "ringing; alpha = %g, dP = %g, K = %g", a, p, k);
        validate_close(&swarm);
    }
}

const validate_check validate_second[] = {
    {"T17", "delay, in phase: Omega = w - K sin(Omega tau)", "Yeung, Strogatz 1999", run_t17},
    {"T18", "swing, undamped: the period of phi'' = -2K sin phi", "Doerfler, Chertkov, Bullo 2013", run_t18},
    {"T19", "swing, damped: phi* = asin(dP/2K), ringing at sqrt(2K cos phi* - alpha^2/4)",
     "Doerfler, Chertkov, Bullo 2013", run_t19},
    {NULL, NULL, NULL, NULL},
};
