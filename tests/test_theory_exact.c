// Laws with exact answers for small swarms: locking and drift of two, the locking threshold of few, modes of
// a ring, a closed form for identical oscillators, energy, splay. T1 to T6, T9, T10, T12, T15, T22.
//
// Expected values are computed here from the equations, and compared with the table of known answers (the
// printed numbers below), so that a wrong table or a wrong solver would show. Both transports, bit for bit:
// theory_twin.h.
#include "theory_twin.h"

#include <math.h>

static entrain_kuramoto_config model_of(double coupling, entrain_integrator integrator) {
    entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
    model.normalise = ENTRAIN_NORMALISE_SIZE;
    model.coupling = coupling;
    model.integrator = integrator;
    return model;
}

// Two oscillators of frequencies -1/2 and 1/2: phi = theta_1 - theta_0 obeys phi' = 1 - K sin phi. Adler
// (1946).
static void open_pair(twin *pair, double coupling, double step_s, entrain_integrator integrator, double phi) {
    const double phases[2] = {-phi / 2, phi / 2}, frequencies[2] = {-0.5, 0.5};
    twin_open(pair, &(twin_spec){.count = 2,
                                 .phases = phases,
                                 .frequencies = frequencies,
                                 .model = model_of(coupling, integrator),
                                 .step_s = step_s});
}

static long double difference(twin *pair) {
    long double phases[2];
    twin_unwrapped(pair, phases);
    return phases[1] - phases[0];
}

static void test_t1_adler_locking(void **state) {
    (void)state;
    const double phi = asin(0.5), r = cos(phi / 2);
    CHECK_NEAR(phi, 0.523598775598, 1e-12);
    CHECK_NEAR(r, 0.965925826289, 1e-12);
    twin pair;
    open_pair(&pair, 2, 0.01, ENTRAIN_INTEGRATOR_RK4, 0);
    twin_advance(&pair, 2000);
    CHECK_LAW("T1 locked difference", difference(&pair), phi, 1e-10);
    CHECK_LAW("T1 r", twin_sample(&pair).coherence, r, 1e-10);
    twin_close(&pair);
}

static void test_t2_adler_drift(void **state) {
    (void)state;
    const double period = (double)(2 * PI_L / sqrtl(1 - 0.5L * 0.5L)), h = 0.001;
    CHECK_NEAR(period, 7.25519746, 1e-8);
    const int beats = 3;
    twin pair;
    open_pair(&pair, 0.5, h, ENTRAIN_INTEGRATOR_RK4, 0);
    twin_advance(&pair, (uint64_t)(beats * period / h) - 10);
    // Tick by tick to where the difference passes three turns; between two ticks it is a line to within
    // |phi''| h^2 / 8 = 6e-8.
    long double goal = beats * 2 * PI_L, before = difference(&pair), after = before;
    assert_true(before < goal);
    for (int tick = 0; after < goal; tick++) {
        assert_true(tick < 100);
        before = after;
        twin_advance(&pair, 1);
        after = difference(&pair);
    }
    long double ticks = (long double)entrain_engine_tick(pair.half[0].engine) - 1;
    CHECK_LAW("T2 beat period", (ticks + (goal - before) / (after - before)) * h / beats, period, 1e-6);
    twin_close(&pair);
}

static void test_t3_adler_threshold(void **state) {
    (void)state;
    const double h = 0.05;
    const uint64_t ticks = 40000;
    const double span = (double)ticks * h;
    twin pair;
    open_pair(&pair, 1.001, h, ENTRAIN_INTEGRATOR_RK4, 0);
    twin_advance(&pair, ticks);
    long double before = difference(&pair);
    twin_advance(&pair, ticks);
    // Relaxation goes at sqrt(K^2 - 1) = 0.0447: after 2000 time units nothing of it is left.
    CHECK_LAW("T3 K = 1.001: frequency gap", (difference(&pair) - before) / span, 0, 1e-12);
    twin_close(&pair);

    const double gap = sqrt(1 - 0.999 * 0.999);
    CHECK_NEAR(gap, 0.04471, 5e-6);
    open_pair(&pair, 0.999, h, ENTRAIN_INTEGRATOR_RK4, 0);
    twin_advance(&pair, ticks);
    CHECK_LAW("T3 K = 0.999: frequency gap", difference(&pair) / span, gap, 2 * PI_L / span);
    twin_close(&pair);
}

// phi' = a - K sin phi, a < K, from phi0: with u = tan(phi / 2), u' = (a / 2)(u - u+)(u - u-).
static long double adler_at(long double a, long double k, long double phi0, long double t) {
    long double root = sqrtl(k * k - a * a), high = (k + root) / a, low = (k - root) / a;
    long double u = tanl(phi0 / 2), w = (u - high) / (u - low) * expl(root * t);
    return 2 * atanl((high - w * low) / (1 - w));
}

static void test_t4_order_of_convergence(void **state) {
    (void)state;
    const long double exact = adler_at(1, 2, 1.2L, 4);
    for (int integrator = 0; integrator < ENTRAIN_INTEGRATOR_COUNT; integrator++) {
        const char *name = entrain_integrator_name((entrain_integrator)integrator);
        static const int orders[ENTRAIN_INTEGRATOR_COUNT] = {1, 2, 4};
        double errors[3], steps[3] = {0.1, 0.05, 0.025};
        for (int s = 0; s < 3; s++) {
            twin pair;
            open_pair(&pair, 2, steps[s], (entrain_integrator)integrator, 1.2);
            twin_advance(&pair, (uint64_t)lrint(4 / steps[s]));
            errors[s] = (double)fabsl(difference(&pair) - exact);
            twin_close(&pair);
        }
        print_message("  T4 %s: errors %.3e %.3e %.3e, order %.3f from .1 to .05\n", name, errors[0],
                      errors[1], errors[2], log2(errors[0] / errors[1]));
        CHECK_LEAST("T4 smallest error is above rounding", errors[2], 1e-11);
        CHECK_LAW("T4 order at h = .025", log2(errors[1] / errors[2]), orders[integrator], 0.15);
    }
}

// Uniform quantiles on [-1, 1]: omega_j = -1 + (2j - 1) / N.
static void uniform_quantiles(uint32_t count, double *frequencies_out) {
    for (uint32_t j = 1; j <= count; j++)
        frequencies_out[j - 1] = -1 + (2.0 * j - 1) / count;
}

// (1/N) sum sqrt(1 - (omega_j / u)^2): the r of the locked state in which u = K r.
static long double locked_coherence(uint32_t count, const double *frequencies, long double u) {
    long double sum = 0;
    for (uint32_t j = 0; j < count; j++) {
        long double inside = 1 - (frequencies[j] / u) * (frequencies[j] / u);
        sum += inside > 0 ? sqrtl(inside) : 0;
    }
    return sum / count;
}

// K(u) = u / r(u) falls, then rises; its minimum is where locking begins. Golden section; u of the minimum.
static long double locking_start(uint32_t count, const double *frequencies, long double *coupling_out) {
    long double low = 0;
    for (uint32_t j = 0; j < count; j++)
        low = fmaxl(low, fabsl((long double)frequencies[j]));
    long double high = 4 * low, golden = (sqrtl(5) - 1) / 2;
    for (int i = 0; i < 120; i++) {
        long double a = high - golden * (high - low), b = low + golden * (high - low);
        if (a / locked_coherence(count, frequencies, a) < b / locked_coherence(count, frequencies, b))
            high = b;
        else
            low = a;
    }
    *coupling_out = low / locked_coherence(count, frequencies, low);
    return low;
}

static void test_t5_locking_threshold(void **state) {
    (void)state;
    static const struct {
        uint32_t count;
        double coupling; // as printed in the table
    } rows[] = {{2, 1.0}, {4, 1.1876643519}, {8, 1.2447035282}, {16, 1.2634545758}, {64, 1.2720462622}};
    const double h = 0.1, span = 1000;
    const uint64_t ticks = 10000;
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        double frequencies[64];
        long double threshold, phases[64], before[64];
        uint32_t n = rows[row].count;
        uniform_quantiles(n, frequencies);
        locking_start(n, frequencies, &threshold);
        print_message("  N = %u: K_L = %.13Lg\n", n, threshold);
        CHECK_NEAR((double)threshold, rows[row].coupling, 1e-10);
        for (int side = -1; side <= 1; side += 2) {
            twin pair;
            twin_open(&pair,
                      &(twin_spec){.count = n,
                                   .frequencies = frequencies,
                                   .model = model_of((double)threshold + side * 1e-3, ENTRAIN_INTEGRATOR_RK4),
                                   .step_s = h});
            twin_advance(&pair, ticks);
            twin_unwrapped(&pair, before);
            twin_advance(&pair, ticks);
            twin_unwrapped(&pair, phases);
            long double gap = ((phases[n - 1] - phases[0]) - (before[n - 1] - before[0])) / span;
            // The mean of omega is 0, so locked means standing still; drifting, the outermost pair parts by
            // turns.
            if (side > 0)
                CHECK_LAW("T5 K_L + .001: frequency gap", gap, 0, 1e-8);
            else
                CHECK_LEAST("T5 K_L - .001: turns parted in 1000", gap * span / (2 * PI_L), 1);
            twin_close(&pair);
        }
    }
}

static void test_t6_coherence_when_locked(void **state) {
    (void)state;
    enum { N = 1000 };
    const long double coupling = 1.5L;
    double frequencies[N];
    uniform_quantiles(N, frequencies);
    // The stable branch: u above the minimum of K(u).
    long double threshold, low = locking_start(N, frequencies, &threshold), high = 2 * coupling;
    for (int i = 0; i < 100; i++) {
        long double u = (low + high) / 2;
        if (u / locked_coherence(N, frequencies, u) < coupling)
            low = u;
        else
            high = u;
    }
    long double r = low / coupling;
    CHECK_NEAR((double)r, 0.898610173292, 1e-12);

    twin pair;
    twin_open(&pair, &(twin_spec){.count = N,
                                  .frequencies = frequencies,
                                  .model = model_of((double)coupling, ENTRAIN_INTEGRATOR_RK4),
                                  .step_s = 0.1});
    twin_advance(&pair, 1500);
    CHECK_LAW("T6 r, N = 1000, K = 1.5", twin_sample(&pair).coherence, r, 1e-10);
    twin_close(&pair);
}

static entrain_topology *ring_of(uint32_t count) {
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_RING;
    config.size = count;
    config.degree = 2;
    entrain_topology *ring;
    entrain_error error;
    CHECK_OK(entrain_topology_create(&config, &ring, &error), error);
    return ring;
}

// Linear stability of the twisted state theta_j = 2 pi q j / N. Wiley, Strogatz, Girvan (2006).
static void test_t9_modes_of_a_ring(void **state) {
    (void)state;
    enum { N = 32 };
    static const double printed[] = {0.03842944, 0.03769103, 0.03550417};
    // Second order in the perturbation: 1e-8 of the rate. Rounding of words: 1e-13 / 1e-4 / span.
    const double size = 1e-4, h = 0.05, span = 20;
    entrain_topology *ring = ring_of(N);
    for (int q = 0; q < 3; q++) {
        double rate = (double)(2 * cosl(2 * PI_L * q / N) * (1 - cosl(2 * PI_L / N)));
        CHECK_NEAR(rate, printed[q], 5.1e-9);
        double phases[N];
        long double after[N], first = 0, last = 0;
        for (int j = 0; j < N; j++)
            phases[j] = (double)(2 * PI_L * q * j / N + size * cosl(2 * PI_L * j / N));
        twin_spec spec = {.count = N,
                          .phases = phases,
                          .topology = ring,
                          .model = model_of(1, ENTRAIN_INTEGRATOR_RK4),
                          .step_s = h};
        spec.model.normalise = ENTRAIN_NORMALISE_NONE;
        twin pair;
        twin_open(&pair, &spec);
        assert_true(fabs(twin_sample(&pair).winding - q) < 1e-10);
        twin_advance(&pair, (uint64_t)(span / h));
        twin_unwrapped(&pair, after);
        for (int j = 0; j < N; j++) {
            long double twist = 2 * PI_L * q * j / N, wave = cosl(2 * PI_L * j / N);
            first += (phases[j] - twist) * wave;
            last += (after[j] - twist) * wave;
        }
        CHECK_LAW("T9 decay of mode 1", logl(first / last) / span, rate, 1e-7);
        twin_close(&pair);
    }
    entrain_topology_release(ring);
}

static void test_t10_twisted_states(void **state) {
    (void)state;
    enum { N = 32 };
    const double h = 0.05;
    static const struct {
        int32_t winding;
        bool stays; // |q| < N / 4
    } rows[] = {{6, true}, {7, true}, {9, false}, {-7, true}, {-9, false}};
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        int32_t q = rows[row].winding;
        entrain_swarm_config config = entrain_swarm_config_defaults();
        config.size = N;
        config.seed = 5;
        config.engine.step_s = h;
        config.topology.kind = ENTRAIN_TOPOLOGY_RING;
        config.topology.degree = 2;
        config.model = model_of(1, ENTRAIN_INTEGRATOR_RK4);
        config.model.normalise = ENTRAIN_NORMALISE_NONE;
        config.frequency = entrain_distribution_constant(0);
        config.phase =
            (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_TWISTED, .winding = q, .jitter = 1e-3};
        twin pair;
        twin_open_swarm(&pair, &config);
        CHECK_NEAR(twin_sample(&pair).winding, q, 1e-10);
        double start[N], end[N], largest[2] = {0, 0};
        twin_wrapped(&pair, start);
        twin_advance(&pair, (uint64_t)(400 / h));
        double winding = twin_sample(&pair).winding;
        CHECK_NEAR(winding, rint(winding), 1e-10);
        twin_wrapped(&pair, end);
        // The largest gap between neighbours that is not the twist's own.
        for (int j = 0; j < N; j++) {
            double turn = (double)q / N;
            double before = (start[(j + 1) % N] - start[j]) / (double)(2 * PI_L) - turn;
            double after = (end[(j + 1) % N] - end[j]) / (double)(2 * PI_L) - turn;
            largest[0] = fmax(largest[0], fabs(before - rint(before)));
            largest[1] = fmax(largest[1], fabs(after - rint(after)));
        }
        print_message("  T10 q = %d: winding %.3f in the end, gaps off by %.1e turns, then %.1e\n", q,
                      winding, largest[0], largest[1]);
        if (rows[row].stays) {
            assert_true((int)rint(winding) == q && largest[1] < largest[0] / 2);
        } else {
            assert_true((int)rint(winding) != q && abs((int)rint(winding)) < N / 4);
        }
        twin_close(&pair);
    }
}

// Identical, all-to-all, from a Moebius image of equally spaced phases: the order parameter obeys r' = (K/2)
// r (1 - r^2) for every N, up to r^N. Marvel, Mirollo, Strogatz (2009).
static void test_t12_moebius_start(void **state) {
    (void)state;
    enum { N = 100 };
    const double h = 0.01;
    const long double r0 = 0.1L, coupling = 1;
    double phases[N];
    for (int j = 0; j < N; j++) {
        long double u = 2 * PI_L * (j + 0.5L) / N - PI_L;
        phases[j] = (double)(2 * atanl((1 - r0) / (1 + r0) * tanl(u / 2)));
    }
    twin pair;
    twin_open(&pair, &(twin_spec){.count = N,
                                  .phases = phases,
                                  .model = model_of((double)coupling, ENTRAIN_INTEGRATOR_RK4),
                                  .step_s = h});
    for (int t = 0; t <= 5; t++) {
        if (t > 0)
            twin_advance(&pair, 100);
        long double r = r0 / sqrtl(r0 * r0 + (1 - r0 * r0) * expl(-coupling * t));
        if (t == 5)
            CHECK_NEAR((double)r, 0.7745060373, 5.1e-11);
        CHECK_LAW("T12 r(t), t = 0..5", twin_sample(&pair).coherence, r, 1e-9);
    }
    twin_close(&pair);
}

static void test_t15_energy(void **state) {
    (void)state;
    enum { N = 50 };
    double phases[N];
    uint64_t random = 15;
    for (int j = 0; j < N; j++)
        phases[j] = (2 * draw(&random) - 1) * (double)PI_L;
    twin pair;
    twin_open(&pair, &(twin_spec){.count = N,
                                  .phases = phases,
                                  .model = model_of(1, ENTRAIN_INTEGRATOR_RK4),
                                  .step_s = 0.05});
    // V = -(K / 2N) sum_ij cos(theta_j - theta_i) = -(K N / 2) r^2, from the phases, by libm in long double.
    long double now[N], last = INFINITY, first = 0, rise = -INFINITY;
    for (int tick = 0; tick <= 1200; tick++) {
        if (tick > 0)
            twin_advance(&pair, 1);
        twin_unwrapped(&pair, now);
        long double r = coherence_of(N, now), energy = -N * r * r / 2;
        // The engine's own r is made of words: each is 2^-45 off at most, in cos and in sin.
        CHECK_NEAR(twin_sample(&pair).coherence, (double)r, 0x1p-44);
        if (tick == 0)
            first = energy;
        else
            rise = fmaxl(rise, energy - last);
        last = energy;
    }
    print_message("  T15 energy %.6Lf at the start\n", first);
    CHECK_MOST("T15 largest rise of the energy in a tick", rise, 1e-12);
    CHECK_LAW("T15 energy in the end", last, -N / 2.0, 1e-12);
    twin_close(&pair);
}

// Splay: r_m = 0 for m = 1..N-1 and r_N = 1, and, repelling each other, it stays so.
static void test_t22_splay(void **state) {
    (void)state;
    for (uint32_t n = 2; n <= 12; n++) {
        entrain_swarm_config config = entrain_swarm_config_defaults();
        config.size = n;
        config.engine.step_s = 0.05;
        config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        config.model = model_of(-1, ENTRAIN_INTEGRATOR_RK4);
        config.frequency = entrain_distribution_constant(0.7);
        config.phase = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_TWISTED, .winding = 1};
        twin pair;
        twin_open_swarm(&pair, &config);
        double worst[2];
        for (int when = 0; when < 2; when++) {
            if (when == 1)
                twin_advance(&pair, 1000);
            entrain_phase_sample sample = twin_sample(&pair);
            worst[when] = 0;
            for (uint32_t m = 1; m <= ENTRAIN_DAIDO_MAX; m++)
                worst[when] = fmax(worst[when], fabs(sample.moments[m - 1] - (m % n == 0 ? 1 : 0)));
            CHECK_NEAR(sample.coherence, 0, 1e-12);
            CHECK_NEAR(sample.winding, n == 2 ? rint(sample.winding) : 1, 1e-12);
        }
        print_message("  T22 N = %u\n", n);
        CHECK_MOST("T22 r_m, at the start", worst[0], 1e-12);
        CHECK_MOST("T22 r_m, after 1000 ticks", worst[1], 1e-12);
        twin_close(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_t1_adler_locking),
        cmocka_unit_test(test_t2_adler_drift),
        cmocka_unit_test(test_t3_adler_threshold),
        cmocka_unit_test(test_t4_order_of_convergence),
        cmocka_unit_test(test_t5_locking_threshold),
        cmocka_unit_test(test_t6_coherence_when_locked),
        cmocka_unit_test(test_t9_modes_of_a_ring),
        cmocka_unit_test(test_t10_twisted_states),
        cmocka_unit_test(test_t12_moebius_start),
        cmocka_unit_test(test_t15_energy),
        cmocka_unit_test(test_t22_splay),
    };
    return cmocka_run_group_tests_name("theory_exact", tests, NULL, NULL);
}
