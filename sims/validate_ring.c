// Rings of identical oscillators: twisted states, and how fast each mode of a perturbation dies.
#include <math.h>
#include <stdlib.h>

#include "entrain/math.h"
#include "entrain/random.h"
#include "sims/validate.h"

// Rate at which mode @p mode decays about the twisted state @p winding: the perturbation's projection on
// cos(2 pi m j / N) before and after. It is of size 1e-4, and errors are of its square.
static double decay_of(validate_context *context, entrain_topology *ring, uint32_t count, uint32_t mode,
                       int32_t winding, double expected) {
    const double size = 1e-4, slowness = fmax(fabs(expected), 0.02);
    const double h = fmin(0.05, 0.02 / slowness), span = fmin(20, 2 / slowness);
    const uint64_t ticks = (uint64_t)(span / h + 0.5);
    double *phases = validate_doubles(count), *waves = validate_doubles(count);
    long double *after = calloc(count, sizeof *after), first = 0, last = 0;
    if (after == NULL)
        abort();
    for (uint32_t j = 0; j < count; j++) {
        // Whole turns are taken off before anything is rounded.
        waves[j] = entrain_cos(TWO_PI * (double)((uint64_t)mode * j % count) / count);
        phases[j] = TWO_PI * winding * (double)j / count + size * waves[j];
    }
    validate_spec spec = {
        .count = count, .phases = phases, .topology = ring, .model = validate_model(1), .step_s = h};
    spec.model.normalise = ENTRAIN_NORMALISE_NONE;
    validate_swarm swarm;
    validate_open(context, &spec, &swarm);
    validate_advance(&swarm, ticks);
    validate_unwrapped(&swarm, after);
    for (uint32_t j = 0; j < count; j++) {
        long double twist = (long double)TWO_PI * winding * j / count;
        first += (phases[j] - twist) * waves[j];
        last += (after[j] - twist) * waves[j];
    }
    validate_close(&swarm);
    free(phases);
    free(waves);
    free(after);
    return entrain_log((double)(first / last)) / (h * (double)ticks);
}

static const char *const windings[] = {"q = 0", "q = 3", "q = 6", "q = 9"};

// Every mode about four twisted states, for the picture.
static void draw_modes(validate_context *context) {
    enum { N = 32 };
    entrain_topology *ring = validate_ring_of(context, N);
    for (uint32_t w = 0; w < sizeof windings / sizeof *windings; w++)
        for (uint32_t m = 1; m <= N / 2; m++) {
            double rate = entrain_theory_ring_rate(N, m, (int32_t)(3 * w));
            validate_point_add(context, "ring", windings[w], m, rate, -1);
            validate_point_add(context, "ring", windings[w], m,
                               decay_of(context, ring, N, m, (int32_t)(3 * w), rate), 0);
        }
    entrain_topology_release(ring);
}

static void run_t9(validate_context *context) {
    static const struct {
        uint32_t count, mode;
        int32_t winding;
    } rows[] = {{32, 1, 0}, {32, 1, 1}, {32, 1, 2}, {32, 5, -3}, {32, 1, 9}, {24, 7, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint32_t n = rows[i].count, m = rows[i].mode;
        double rate = entrain_theory_ring_rate(n, m, rows[i].winding);
        entrain_topology *ring = validate_ring_of(context, n);
        double measured = decay_of(context, ring, n, m, rows[i].winding, rate);
        entrain_topology_release(ring);
        validate_near(context, rate, measured, 1e-7, "rate; N = %u, m = %u, q = %d", n, m, rows[i].winding);
    }
    if (context->pictures)
        draw_modes(context);
}

static double jump(double from, double to) {
    double turns = (to - from) / TWO_PI;
    return turns - rint(turns);
}

static void run_t10(validate_context *context) {
    static const struct {
        uint32_t count;
        int32_t winding;
    } rows[] = {{32, 6}, {32, 7}, {32, 9}, {32, -7}, {32, -9}, {20, 4}, {20, 6}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint32_t n = rows[i].count;
        const int32_t q = rows[i].winding;
        const uint32_t largest = (n - 1) / 4; // below N / 4
        const bool stays = 4 * abs(q) < (int32_t)n;
        double phases[32], before = 0, after = 0;
        entrain_distribution start = {.kind = ENTRAIN_DISTRIBUTION_TWISTED, .winding = q, .jitter = 1e-3};
        validate_fill(context, &start, 5, ENTRAIN_STREAM_PHASE, n, phases);
        validate_spec spec = {.count = n,
                              .phases = phases,
                              .topology = validate_ring_of(context, n),
                              .model = validate_model(1),
                              .step_s = 0.05};
        spec.model.normalise = ENTRAIN_NORMALISE_NONE;
        validate_swarm swarm;
        validate_open(context, &spec, &swarm);
        validate_until(&swarm, 400);
        // The largest gap between neighbours that is not the twist's own, in turns.
        const double *end = validate_phases(&swarm);
        for (uint32_t j = 0; j < n; j++) {
            before = fmax(before, fabs(jump(phases[j] + TWO_PI * q / n, phases[(j + 1) % n])));
            after = fmax(after, fabs(jump(end[j] + TWO_PI * q / n, end[(j + 1) % n])));
        }
        double winding = validate_sample(&swarm).winding;
        validate_note(context, "t = 400; gaps off by %.0e turns at the start, %.0e in the end", before,
                      after);
        if (stays)
            validate_near(context, q, after < before ? winding : NAN, 1e-9,
                          "winding; N = %u, q = %d: persists", n, q);
        else
            validate_at_most(context, largest, fabs(winding), "|winding|; N = %u, q = %d: decays", n, q);
        validate_close(&swarm);
        entrain_topology_release(spec.topology);
    }
}

const validate_check validate_ring[] = {
    {"T9", "ring, twisted state q: mode m decays at 2 cos(2 pi q/N) (1 - cos(2 pi m/N))",
     "Wiley, Strogatz, Girvan 2006", run_t9},
    {"T10", "twisted state q of a ring is stable if and only if |q| < N/4", "Wiley, Strogatz, Girvan 2006",
     run_t10},
    {NULL, NULL, NULL, NULL},
};
