// The closed forms of theory.h: against the table of known answers, and against numbers that owe the formulas
// nothing (the self-consistency integral by quadrature, the equations of motion integrated, brute force), in
// long double.
#include "check.h"

#include <complex.h>
#include <math.h>

#include "entrain/swarm.h"

#define PI_L 3.141592653589793238462643383279502884L
enum { NODES = 20000 };

// --- quadratures: the trapezoidal rule, which converges faster than any power for what is periodic and
// smooth ------

// e^-|x| I_n(x) = (1/pi) int_0^pi e^(x cos t - |x|) cos(n t) dt.
static long double bessel(int order, long double x) {
    long double sum = 0;
    for (int i = 0; i <= 2000; i++) {
        long double t = PI_L * i / 2000;
        sum += (i == 0 || i == 2000 ? 0.5L : 1) * expl(x * cosl(t) - fabsl(x)) * cosl(order * t);
    }
    return sum / 2000;
}

typedef long double density(long double omega, long double width);
static long double lorentz(long double w, long double gamma) {
    return gamma / (PI_L * (w * w + gamma * gamma));
}
static long double normal(long double w, long double sigma) {
    return expl(-w * w / (2 * sigma * sigma)) / (sigma * sqrtl(2 * PI_L));
}
// K int_{-pi/2}^{pi/2} cos^2 x g(K r sin x) dx, which is 1 for the coherence r > 0. Kuramoto (1984), eq.
// 5.4.24.
static long double self_consistency(density *g, long double width, long double coupling, long double r) {
    long double sum = 0;
    for (int i = 0; i < NODES; i++) {
        long double x = -PI_L / 2 + PI_L * i / NODES, c = cosl(x);
        sum += c * c * g(coupling * r * sinl(x), width);
    }
    return coupling * sum * PI_L / NODES;
}

static void test_bessel(void **state) {
    (void)state;
    CHECK_NEAR(entrain_theory_bessel_scaled(0, 1), 0.46575960759364043,
               1e-15); // Abramowitz and Stegun, table 9.8
    CHECK_NEAR(entrain_theory_bessel_scaled(1, 1), 0.20791041534970845, 1e-15);
    static const double at[] = {0, 1e-9, 0.3, 1, 2.5, 7, 14, 29.9, 30.1, 100, 700, 5000};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        for (uint32_t order = 0; order < 2; order++) {
            double value = entrain_theory_bessel_scaled(order, at[i]),
                   truth = (double)bessel((int)order, at[i]);
            CHECK_NEAR(value, truth, 4e-15 * truth + 1e-18);
            CHECK_NEAR(entrain_theory_bessel_scaled(order, -at[i]), order == 0 ? value : -value, 0);
        }
    assert_true(isnan(entrain_theory_bessel_scaled(2, 1)));
}

static void test_lorentz(void **state) {
    (void)state;
    CHECK_NEAR(entrain_theory_lorentz_coherence(2, 0.5), 0.70710678118654752, 1e-15); // M1
    for (double coupling = 1.7; coupling < 8; coupling *= 1.4) {
        double r = entrain_theory_lorentz_coherence(coupling, 0.8);
        CHECK_NEAR(r, coupling <= 1.6 ? 0 : r, 0);
        CHECK_NEAR((double)self_consistency(lorentz, 0.8L, coupling, r), 1, 1e-12);
    }
    CHECK_NEAR(entrain_theory_lorentz_coherence(1.6, 0.8), 0, 0);
    CHECK_NEAR(entrain_theory_lorentz_coherence(-5, 0.8), 0, 0);
    CHECK_NEAR(entrain_theory_lorentz_coherence(3, 0), 1, 0);
}

static void test_normal(void **state) {
    (void)state;
    CHECK_NEAR(entrain_theory_normal_threshold(1), 1.5957691216057308, 1e-15); // M4
    CHECK_NEAR(entrain_theory_normal_coherence(1.7, 1), .425362, 5e-7);
    CHECK_NEAR(entrain_theory_normal_coherence(2, 1), .71517, 5e-6);
    CHECK_NEAR(entrain_theory_normal_coherence(3, 1), .92518, 5e-6);
    for (double coupling = 1.6; coupling < 12; coupling *= 1.1) {
        double r = entrain_theory_normal_coherence(coupling, 1);
        CHECK_NEAR((double)self_consistency(normal, 1, coupling, r), 1, 1e-13);
        CHECK_NEAR(entrain_theory_normal_coherence(coupling * 0.3, 0.3), r, 1e-12); // units cancel
    }
    // Next to threshold: r^2 = 16 (K / K_c - 1) / (pi K_c^3 (-g''(0))). Strogatz (2000), eq. 4.9.
    double threshold = entrain_theory_normal_threshold(1);
    double r = entrain_theory_normal_coherence(threshold * (1 + 1e-8), 1);
    CHECK_NEAR(r * r / 1e-8, (double)(16 * sqrtl(2 * PI_L) / (PI_L * powl(threshold, 3))), 1e-6);
    CHECK_NEAR(entrain_theory_normal_coherence(threshold, 1), 0, 0);
    CHECK_NEAR(entrain_theory_normal_coherence(1e5, 1), 1 - 0.5e-10, 1e-14);
    CHECK_NEAR(entrain_theory_normal_coherence(1, 0), 1, 0);
    CHECK_NEAR(entrain_theory_normal_coherence(-1, 0), 0, 0);
}

// (1 / 2 gamma) int cos^2 over where |K r sin x| <= gamma: a jump inside, so by its antiderivative.
static void test_uniform(void **state) {
    (void)state;
    const double threshold = entrain_theory_uniform_threshold(1);
    CHECK_NEAR(threshold, 1.2732395447351628, 1e-15);
    CHECK_NEAR(entrain_theory_uniform_coherence(threshold, 1), 0.78539816339744831, 1e-7);
    CHECK_NEAR(entrain_theory_uniform_coherence(threshold * (1 - 1e-12), 1), 0, 0);
    CHECK_NEAR(entrain_theory_uniform_coherence(1.5, 1), .898609, 2e-6); // T6 is the same with a thousand
    for (double coupling = 1.274; coupling < 20; coupling *= 1.07) {
        double r = entrain_theory_uniform_coherence(coupling, 1);
        long double a = asinl(1 / ((long double)coupling * r));
        CHECK_NEAR((double)(coupling / 2 * (a + sinl(a) * cosl(a))), 1, 1e-12);
        CHECK_NEAR(entrain_theory_uniform_coherence(coupling * 4, 4), r, 1e-12);
        // the finite swarm of quantiles tends to it
        static double quantiles[20000];
        for (int i = 0; i < 20000; i++)
            quantiles[i] = -1 + (i + 0.5) / 10000;
        CHECK_NEAR(entrain_theory_locked_coherence(coupling, 20000, quantiles), r, 1e-6);
    }
    CHECK_NEAR(entrain_theory_uniform_coherence(1e4, 1), 1 - 1 / 6e8, 1e-14);
    CHECK_NEAR(entrain_theory_uniform_coherence(3, 0), 1, 0);
}

// The stationary density is proportional to e^(y cos phi), y = K r / T.
static void test_noise(void **state) {
    (void)state;
    CHECK_NEAR(entrain_theory_noise_threshold(0.7), 1.4, 1e-15);
    CHECK_NEAR(entrain_theory_noise_coherence(3, 1), .724159, 5e-7); // M6
    CHECK_NEAR(entrain_theory_noise_coherence(2, 0.5), .83146, 5e-6);
    CHECK_NEAR(entrain_theory_noise_coherence(6, 1), .90215, 5e-6);
    for (double ratio = 2.0001; ratio < 3000; ratio *= 1.3) {
        double r = entrain_theory_noise_coherence(ratio * 0.3, 0.3);
        CHECK_NEAR(r, (double)(bessel(1, ratio * r) / bessel(0, ratio * r)), 1e-12);
        assert_true(r > 0 && r < 1);
    }
    CHECK_NEAR(entrain_theory_noise_coherence(2 * (1 + 1e-8), 1), sqrt(8e-8) / 2,
               1e-11); // y^2 / 8 = K / 2T - 1
    CHECK_NEAR(entrain_theory_noise_coherence(2, 1), 0, 0);
    CHECK_NEAR(entrain_theory_noise_coherence(1e-3, 0), 1, 0);
    CHECK_NEAR(entrain_theory_lorentz_noise_threshold(1, 1), 4, 0); // M7
}

// The first moment of each frequency's stationary density, sum_k from k i w z_k - k^2 T z_k + k (u / 2)
// (z_(k-1) - z_(k+1)) = 0 by elimination, averaged over the quantiles of the Lorentz distribution.
static long double lorentz_noise(long double u, long double gamma, long double noise) {
    enum { QUANTILES = 2000, MOMENTS = 60 };
    long double sum = 0;
    for (int j = 0; j < QUANTILES; j++) {
        long double w = gamma * tanl(PI_L * ((j + 0.5L) / QUANTILES - 0.5L));
        long double complex a[MOMENTS + 2] = {0}, z = 1; // z_k = a_k z_(k-1)
        for (int k = MOMENTS; k >= 1; k--)
            a[k] = (u / 2) / (k * noise - I * w + u / 2 * a[k + 1]);
        z *= a[1];
        sum += creall(z) / QUANTILES;
    }
    return sum;
}

static void test_lorentz_noise(void **state) {
    (void)state;
    CHECK_NEAR(entrain_theory_lorentz_noise_coherence(4, 1, 1), 0, 0); // M7: K_c = 4
    assert_true(entrain_theory_lorentz_noise_coherence(6, 1, 1) > .55);
    for (double coupling = 4.1; coupling < 40; coupling *= 1.5) {
        double r = entrain_theory_lorentz_noise_coherence(coupling, 1, 1);
        CHECK_NEAR(r, (double)lorentz_noise(coupling * r, 1, 1), 5e-6);
        CHECK_NEAR(entrain_theory_lorentz_noise_coherence(coupling * .2, .2, .2), r, 1e-12); // units cancel
        CHECK_NEAR(entrain_theory_lorentz_noise_coherence(coupling, 0, 1),
                   entrain_theory_noise_coherence(coupling, 1), 1e-12);
        CHECK_NEAR(entrain_theory_lorentz_noise_coherence(coupling, 1, 2e-5 * coupling),
                   sqrt(1 - 2 / coupling), 1e-4);
        CHECK_NEAR(entrain_theory_lorentz_noise_coherence(coupling, 1, 0), sqrt(1 - 2 / coupling), 0);
    }
    double r = entrain_theory_lorentz_noise_coherence(4 * (1 + 1e-6), 1,
                                                      1); // r^2 = (K / K_c - 1) (gamma + 2 T) / (gamma + T)
    CHECK_NEAR(r * r / 1e-6, 1.5, 1e-5);
    assert_true(isnan(entrain_theory_lorentz_noise_coherence(4, 1, 1e-6)));
}

// z' = -gamma z + (K / 2) (e^(-i alpha) z - e^(i alpha) |z|^2 z), by RK4 in long double.
typedef struct field {
    long double x, y;
} field;
static field field_slope(field z, long double coupling, long double gamma, long double lag) {
    long double c = cosl(lag) * coupling / 2, s = sinl(lag) * coupling / 2, square = z.x * z.x + z.y * z.y;
    return (field){-gamma * z.x + c * z.x + s * z.y - square * (c * z.x - s * z.y),
                   -gamma * z.y + c * z.y - s * z.x - square * (c * z.y + s * z.x)};
}
static field field_at(field z, long double coupling, long double gamma, long double lag, long double time,
                      int steps) {
    long double h = time / steps;
    for (int i = 0; i < steps; i++) {
        field a = field_slope(z, coupling, gamma, lag);
        field b = field_slope((field){z.x + h / 2 * a.x, z.y + h / 2 * a.y}, coupling, gamma, lag);
        field c = field_slope((field){z.x + h / 2 * b.x, z.y + h / 2 * b.y}, coupling, gamma, lag);
        field d = field_slope((field){z.x + h * c.x, z.y + h * c.y}, coupling, gamma, lag);
        z.x += h / 6 * (a.x + 2 * b.x + 2 * c.x + d.x);
        z.y += h / 6 * (a.y + 2 * b.y + 2 * c.y + d.y);
    }
    return z;
}

static void test_relaxation(void **state) {
    (void)state;
    static const double rows[][3] = {// K, gamma, r0
                                     {4, 1, .2},  {1, 1, .9},   {2, 1, .5},  {2, 0.99999999, .5}, {1, 0, .1},
                                     {-2, 0, .9}, {-2, .5, .9}, {0, .3, .7}, {3, 0.1, .01},       {1, 0, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (double t = 0; t <= 5; t += 1.25) {
            field z = field_at((field){rows[i][2], 0}, rows[i][0], rows[i][1], 0, t, 4000);
            CHECK_NEAR(entrain_theory_relaxation(rows[i][0], rows[i][1], rows[i][2], t), (double)z.x, 2e-12);
        }
    CHECK_NEAR(entrain_theory_relaxation(1, 0, .1, 5), 0.7745060373, 1e-10); // T12
    CHECK_NEAR(entrain_theory_relaxation(4, 1, .2, 1e6), sqrt(.5), 1e-12);
    CHECK_NEAR(entrain_theory_relaxation(-4, 0, 1, 1e6), 1, 1e-12);
    CHECK_NEAR(entrain_theory_relaxation(-4, 1, 1, 1e6), 0, 1e-12);
}

static void test_lag(void **state) {
    (void)state;
    CHECK_NEAR(entrain_theory_lag_coherence(4, 1, .5), .65594, 5e-6); // M8
    CHECK_NEAR(entrain_theory_lag_frequency(4, 1, .5), -1.37140, 5e-6);
    for (double lag = -1.2; lag < 1.3; lag += 0.3) {
        double r = entrain_theory_lag_coherence(6, .7, lag), turn = entrain_theory_lag_frequency(6, .7, lag);
        field slope = field_slope((field){r, 0}, 6, 0.7L, lag); // r e^(i Omega t) solves it
        CHECK_NEAR((double)slope.x, 0, 1e-14);
        CHECK_NEAR((double)slope.y, r * turn, 1e-14);
        field z = field_at((field){.5, 0}, 6, 0.7L, lag, 40, 8000); // and is where it goes
        CHECK_NEAR((double)sqrtl(z.x * z.x + z.y * z.y), r, 1e-7);
    }
    CHECK_NEAR(entrain_theory_lag_coherence(2, 1, .5), 0, 0);
    assert_true(isnan(entrain_theory_lag_frequency(2, 1, .5)));
}

// Least of u / f(u) on a fine grid, and the fixed point by iteration: r -> f(K r) falls to the stable state
// from 1.
static long double locked(uint32_t count, const double *frequencies, long double u) {
    long double mean = 0, sum = 0;
    for (uint32_t i = 0; i < count; i++)
        mean += frequencies[i] / (long double)count;
    for (uint32_t i = 0; i < count; i++) {
        long double s = (frequencies[i] - mean) / u;
        if (s * s > 1)
            return 0;
        sum += sqrtl(1 - s * s);
    }
    return sum / count;
}

static void test_locking(void **state) {
    (void)state;
    static const struct {
        uint32_t count;
        double threshold; // T5
    } rows[] = {{2, 1.0}, {4, 1.1876643519}, {8, 1.2447035282}, {16, 1.2634545758}, {64, 1.2720462622}};
    static double ladder[1000];
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        for (uint32_t j = 0; j < rows[row].count; j++)
            ladder[j] = 3 - 1 + (2.0 * j + 1) / rows[row].count; // a mean of 3 changes nothing
        CHECK_NEAR(entrain_theory_locking_threshold(rows[row].count, ladder), rows[row].threshold, 1e-10);
    }
    for (int j = 0; j < 1000; j++)
        ladder[j] = -1 + (2.0 * j + 1) / 1000;
    CHECK_NEAR(entrain_theory_locked_coherence(1.5, 1000, ladder), 0.898610173292, 1e-11); // T6
    const double lopsided[] = {-0.3, 0.1, 0.15, 1.9, 0.2, -0.05, 0.4};                     // no symmetry
    long double least = 100;
    for (int i = 1; i < 200000; i++) {
        long double u = i * 2e-5L, f = locked(7, lopsided, u);
        least = f > 0 && u / f < least ? u / f : least;
    }
    double threshold = entrain_theory_locking_threshold(7, lopsided);
    CHECK_NEAR(threshold, (double)least, 1e-8);
    CHECK_NEAR(entrain_theory_locked_coherence(threshold * (1 - 1e-9), 7, lopsided), 0, 0);
    for (double coupling = threshold * 1.01; coupling < 20; coupling *= 1.3) {
        long double r = 1;
        for (int i = 0; i < 3000; i++)
            r = locked(7, lopsided, coupling * r);
        CHECK_NEAR(entrain_theory_locked_coherence(coupling, 7, lopsided), (double)r, 1e-12);
    }
    const double alike[] = {0.7, 0.7, 0.7};
    CHECK_NEAR(entrain_theory_locking_threshold(3, alike), 0, 0);
    CHECK_NEAR(entrain_theory_locked_coherence(0.1, 3, alike), 1, 0);
    const double adler[] = {-.5, .5};
    CHECK_NEAR(entrain_theory_locked_coherence(2, 2, adler), 0.965925826289, 1e-12); // T1
}

// The Jacobian of the twisted state, applied to the mode.
static void test_ring(void **state) {
    (void)state;
    CHECK_NEAR(entrain_theory_ring_rate(32, 1, 0), 0.03842944, 5e-9); // T9
    CHECK_NEAR(entrain_theory_ring_rate(32, 1, 1), 0.03769103, 5e-9);
    CHECK_NEAR(entrain_theory_ring_rate(32, 1, 2), 0.03550417, 5e-9);
    for (int q = -20; q <= 20; q += 4)
        for (uint32_t m = 0; m < 40; m += 3) {
            long double stiffness = cosl(2 * PI_L * q / 40), rate = 0;
            for (int side = -1; side <= 1; side += 2)
                rate += stiffness * (1 - cosl(2 * PI_L * m * side / 40));
            CHECK_NEAR(entrain_theory_ring_rate(40, m, q), (double)rate, 1e-14);
        }
}

static void test_statistics(void **state) {
    (void)state;
    CHECK_NEAR(entrain_theory_fluctuation(.25, 1), 1.3333333333333333, 1e-15); // M9, M10
    CHECK_NEAR(entrain_theory_fluctuation(1.5, 2), 4, 1e-15);
    CHECK_NEAR(entrain_theory_fluctuation(0, 2), 1, 0);
    assert_true(isinf(entrain_theory_fluctuation(2, 2)) && isinf(entrain_theory_fluctuation(3, 2)));
    CHECK_NEAR(entrain_theory_sync_time(1000, .9), 8.935, 5e-4); // M12
    CHECK_NEAR(entrain_theory_sync_time(2000, .9), 9.628, 5e-4);
    CHECK_NEAR(entrain_theory_sync_time_deviation(), 1.2825498301618641, 1e-15);
    // N r0^2 exponential, then r0^2 e^T / (1 - r0^2) = r^2 / (1 - r^2): mean and deviation over its
    // quantiles, N so large that r0 itself does not count.
    const double size = 4e9;
    long double mean = 0, square = 0;
    for (int i = 0; i < 1000000; i++) {
        long double r2 = -logl((i + 0.5L) / 1000000) / size;
        long double time = logl(.64L / (1 - .64L) * (1 - r2) / r2);
        mean += time / 1000000;
        square += time * time / 1000000;
    }
    CHECK_NEAR(entrain_theory_sync_time(4000000000u, .8), (double)mean, 1e-5);
    CHECK_NEAR(entrain_theory_sync_time_deviation(), (double)sqrtl(square - mean * mean), 1e-4);
}

// N <r^2> = int g |1 - (K / 2) G|^-2 by brute force: G(w) = int_0^T exp(-i w t) C(t) dt, C the mean of exp(i
// w_j t).
static long double power_of(int kind, long double coupling) {
    enum { OMEGAS = 100, TIMES = 2000 };
    long double sum = 0, range = kind == 0 ? 1 : 6, last = kind == 0 ? 0 : 9;
    for (int i = 0; i < OMEGAS; i++) {
        long double w = range * (i + 0.5L) / OMEGAS, re = 0, im = 0;
        for (int k = 0; kind == 1 && k < TIMES; k++) {
            long double t = last * (k + 0.5L) / TIMES, c = expl(-t * t / 2) * last / TIMES;
            re += c * cosl(w * t);
            im -= c * sinl(w * t);
        }
        if (kind == 0) { // sin(t) / t has a closed form
            re = PI_L / 2;
            im = -logl((1 + w) / (1 - w)) / 2;
        }
        long double x = 1 - coupling / 2 * re, y = coupling / 2 * im;
        sum += 2 * (kind == 0 ? 0.5L : normal(w, 1)) / (x * x + y * y) * range / OMEGAS;
    }
    return sum;
}

static void test_fluctuation(void **state) {
    (void)state;
    for (double part = 0; part < 0.9; part += 0.2) {
        double uniform = part * entrain_theory_uniform_threshold(1),
               gauss = part * entrain_theory_normal_threshold(1);
        CHECK_NEAR(entrain_theory_uniform_fluctuation(uniform, 1), (double)power_of(0, uniform), 5e-3);
        CHECK_NEAR(entrain_theory_uniform_fluctuation(uniform * 3, 3),
                   entrain_theory_uniform_fluctuation(uniform, 1), 1e-9);
        CHECK_NEAR(entrain_theory_normal_fluctuation(gauss, 1), (double)power_of(1, gauss), 5e-6);
        CHECK_NEAR(entrain_theory_normal_fluctuation(gauss * 3, 3),
                   entrain_theory_normal_fluctuation(gauss, 1), 1e-9);
    }
    CHECK_NEAR(entrain_theory_uniform_fluctuation(0, 1), 1, 1e-6);
    CHECK_NEAR(entrain_theory_normal_fluctuation(0, 1), 1, 1e-6);
    double near = entrain_theory_normal_threshold(1) * (1 - 1e-5);
    CHECK_NEAR(entrain_theory_normal_fluctuation(near, 1) * 1e-5, (double)PI_L / 2, 1e-3);
    assert_true(isinf(entrain_theory_normal_fluctuation(2, 1)) &&
                isinf(entrain_theory_uniform_fluctuation(2, 1)));
}

static void test_delay(void **state) {
    (void)state;
    CHECK_NEAR(entrain_theory_delay_frequency((double)PI_L / 2, 1, .5), 1.06367740, 1e-8); // T17
    CHECK_NEAR(entrain_theory_delay_frequency((double)PI_L / 2, 1, 1), 0.83171119, 1e-8);
    int several = 0, none = 0;
    for (double coupling = -3; coupling <= 3; coupling += 0.75)
        for (double delay = 0.05; delay < 12; delay *= 1.7)
            for (double frequency = -4; frequency <= 4; frequency += 1.3) {
                // every stable root by brute force: changes of sign on a grid, refined by the secant
                double best = NAN, step = 1e-3 / delay;
                int roots = 0;
                for (double at = frequency - fabs(coupling) - step; at < frequency + fabs(coupling) + step;
                     at += step) {
                    double low = at - frequency + coupling * sin(at * delay);
                    double high = at + step - frequency + coupling * sin((at + step) * delay);
                    double root = at - low * step / (high - low);
                    if (!(low < 0 && high >= 0) || !(coupling * cos(root * delay) > 0))
                        continue;
                    roots++;
                    if (!(fabs(root - frequency) >= fabs(best - frequency)))
                        best = root;
                }
                double found = entrain_theory_delay_frequency(frequency, coupling, delay);
                if (isnan(best))
                    assert_true(isnan(found));
                else
                    CHECK_NEAR(found, best, 1e-6 * fabs(coupling));
                several += roots > 1;
                none += roots == 0;
            }
    assert_true(several > 20 && none > 20); // the grid of parameters has both
    CHECK_NEAR(entrain_theory_delay_frequency(2, 1, 0), 2, 0);
    assert_true(isnan(entrain_theory_delay_frequency(2, -1, 0)));
}

static void test_pulse(void **state) {
    (void)state;
    CHECK_NEAR(entrain_theory_pulse_fixed_point(3, .1), 0.5822434518, 1e-10); // T16
    CHECK_NEAR(entrain_theory_pulse_slope(3, .1), 1.8221188004, 1e-10);
    static const int firings[] = {0, 0, 2, 2, 6, 11, 5, 3, 1};
    for (int i = 0; i < 9; i++) {
        double phase = (i + 1) / 10.0;
        int count = 0; // of the map h(phi) = jump(1 - phi) until it absorbs
        while ((phase = entrain_theory_pulse_jump(3, .1, 1 - phase)) < 1)
            count++;
        assert_int_equal(count, firings[i]);
    }
    for (double b = -2; b < 5; b += 0.7)
        for (double strength = 0.02; strength < 0.3; strength *= 2)
            for (double phase = 0; phase <= 1; phase += 0.125) {
                long double e = expl(b) - 1, state_now = logl(1 + e * phase) / b + strength;
                double truth = (double)((expl(b * state_now) - 1) / e);
                CHECK_NEAR(entrain_theory_pulse_jump(b, strength, phase), fmin(truth, 1), 1e-14);
                double point = entrain_theory_pulse_fixed_point(b, strength);
                if (point < 1)
                    CHECK_NEAR(entrain_theory_pulse_jump(b, strength, 1 - point), point, 1e-14);
            }
    CHECK_NEAR(entrain_theory_pulse_jump(1e-9, .1, .3), .4, 1e-9);
    CHECK_NEAR(entrain_theory_pulse_jump(0, .1, .3), .4, 1e-16);
}

// T = (4 / sqrt k) int_0^(pi/2) dt / sqrt(1 - sin^2(phi0 / 2) sin^2 t).
static void test_pendulum(void **state) {
    (void)state;
    CHECK_NEAR(entrain_theory_pendulum_period(2, 1), 4.7375982261, 1e-10); // T18
    for (double angle = -3; angle <= 3.1; angle += 0.5) {
        long double sum = 0, m = sinl(angle / 2.0L) * sinl(angle / 2.0L);
        for (int i = 0; i < 1000; i++) {
            long double s = sinl(PI_L * i / 1000);
            sum += 1 / sqrtl(1 - m * s * s);
        }
        CHECK_NEAR(entrain_theory_pendulum_period(3, angle), (double)(2 / sqrtl(3) * sum * PI_L / 1000),
                   1e-13);
    }
    assert_true(isinf(entrain_theory_pendulum_period(1, 3.2)) && isnan(entrain_theory_pendulum_period(0, 1)));
}

// --- which swarms are covered
// -----------------------------------------------------------------------------------------

static entrain_swarm_config covered(void) {
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    config.model.coupling = 2;
    return config;
}

static void test_swarms(void **state) {
    (void)state;
    entrain_theory_answer answer;
    entrain_swarm_config config = covered();
    assert_true(entrain_swarm_theory(&config, 1000, &answer));
    assert_non_null(strstr(answer.law, "Lorentz"));
    CHECK_NEAR(answer.coherence, sqrt(.5), 1e-15);
    CHECK_NEAR(answer.threshold, 1, 1e-15);
    config.model.normalise = ENTRAIN_NORMALISE_NONE;
    config.model.coupling = 2e-3;
    assert_true(entrain_swarm_theory(&config, 1000, &answer));
    CHECK_NEAR(answer.coherence, sqrt(.5), 1e-14);
    CHECK_NEAR(answer.threshold, 1e-3, 1e-15);
    config = covered();
    CHECK_NEAR(answer.frequency, 0, 0);
    assert_true(isnan(answer.floor) && isnan(answer.sync_time_s));

    config.model.coupling = 0.5;
    assert_true(entrain_swarm_theory(&config, 400, &answer));
    CHECK_NEAR(answer.coherence, 0, 0);
    CHECK_NEAR(answer.floor, sqrt(2 / 400.0), 1e-15);
    assert_true(isnan(answer.frequency));
    config.frequency.sampling = ENTRAIN_SAMPLING_QUANTILE;
    assert_true(entrain_swarm_theory(&config, 400, &answer) && isnan(answer.floor));

    config = covered(); // a gain for all is a factor of the coupling
    config.gain.value = 2;
    assert_true(entrain_swarm_theory(&config, 400, &answer));
    CHECK_NEAR(answer.coherence, sqrt(.75), 1e-15);
    CHECK_NEAR(answer.threshold, .5, 1e-15);

    config = covered();
    config.model.lag = .5;
    config.frequency.center = 3;
    assert_true(entrain_swarm_theory(&config, 400, &answer));
    CHECK_NEAR(answer.coherence, entrain_theory_lag_coherence(2, .5, .5), 0);
    CHECK_NEAR(answer.frequency, 3 + entrain_theory_lag_frequency(2, .5, .5), 1e-15);

    config = covered();
    config.frequency = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_NORMAL, .mean = 1, .deviation = 1};
    assert_true(entrain_swarm_theory(&config, 400, &answer));
    CHECK_NEAR(answer.coherence, entrain_theory_normal_coherence(2, 1), 0);
    config.frequency = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = 1, .high = 3};
    assert_true(entrain_swarm_theory(&config, 400, &answer));
    CHECK_NEAR(answer.coherence, entrain_theory_uniform_coherence(2, 1), 0);
    CHECK_NEAR(answer.frequency, 2, 0);

    config = covered();
    config.frequency = entrain_distribution_constant(0);
    config.model.noise = .5;
    assert_true(entrain_swarm_theory(&config, 400, &answer));
    CHECK_NEAR(answer.coherence, entrain_theory_noise_coherence(2, .5), 0);
    config.frequency = entrain_swarm_config_defaults().frequency;
    assert_true(entrain_swarm_theory(&config, 400, &answer));
    CHECK_NEAR(answer.threshold, 2, 0);
    assert_true(isinf(answer.floor)); // at threshold itself
    config.model.coupling = 3;
    assert_true(entrain_swarm_theory(&config, 400, &answer));
    CHECK_NEAR(answer.coherence, entrain_theory_lorentz_noise_coherence(3, .5, .5), 0);

    config = covered(); // identical
    config.frequency.width = 0;
    assert_true(entrain_swarm_theory(&config, 1000, &answer));
    CHECK_NEAR(answer.coherence, 1, 0);
    CHECK_NEAR(answer.sync_time_s, entrain_theory_sync_time(1000, .9) / 2, 1e-15);
    CHECK_NEAR(answer.sync_time_deviation_s, 1.28254983 / 2, 1e-8);
    config.phase.high = 0; // not the whole circle: no law of the time
    assert_true(entrain_swarm_theory(&config, 1000, &answer) && isnan(answer.sync_time_s));
}

// By how much N oscillators' r differs from infinitely many's. Lorentz, K = 4 gamma, by hand: the locked
// part's mean square is (2 / pi) (atan(x) (1 + 1 / x^2) - 1 / x), x = K r / gamma, and F' K = 1 / 3; so
// sqrt(0.15655) / (2 / 3).
static void test_finite_size(void **state) {
    (void)state;
    entrain_theory_answer few, many;
    entrain_swarm_config config = covered();
    assert_true(entrain_swarm_theory(&config, 400, &few) && entrain_swarm_theory(&config, 40000, &many));
    double x = sqrt(8), square = 2 / (double)PI_L * (atan(x) * (1 + 1 / (x * x)) - 1 / x) - .5;
    CHECK_NEAR(many.finite_size * 200, sqrt(square) * 1.5, 2e-3);
    CHECK_NEAR(few.finite_size * 20, sqrt(square) * 1.5, 5e-3); // and what is of order 1 / N
    config.frequency.sampling = ENTRAIN_SAMPLING_QUANTILE;
    assert_true(entrain_swarm_theory(&config, 400, &few));
    CHECK_NEAR(few.finite_size * 400, 1.5 / 4, 1e-2);
    // the same by brute force: the locked states of samples of 500 from a uniform distribution, which all
    // lock
    config.frequency = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM, .low = -1, .high = 1};
    assert_true(entrain_swarm_theory(&config, 500, &few));
    double mean = 0, spread = 0, frequencies[500];
    for (uint32_t sample = 1; sample <= 200; sample++) {
        entrain_error error;
        CHECK_OK(entrain_distribution_fill(&config.frequency, "x", sample, 1, 500, frequencies, &error),
                 error);
        double r = entrain_theory_locked_coherence(2, 500, frequencies);
        mean += r / 200;
        spread += r * r / 200;
    }
    CHECK_NEAR(mean, few.coherence, 3 * few.finite_size / 20);
    CHECK_NEAR(sqrt(spread - mean * mean) / few.finite_size, 0.95, 0.15);
    // lag and noise that are next to nothing change next to nothing
    config = covered();
    assert_true(entrain_swarm_theory(&config, 400, &few));
    config.model.lag = 1e-3;
    assert_true(entrain_swarm_theory(&config, 400, &many));
    CHECK_NEAR(many.finite_size / few.finite_size, 1, 1e-2);
    config.model.lag = 0;
    config.model.noise = 2.1e-3;
    assert_true(entrain_swarm_theory(&config, 400, &many));
    CHECK_NEAR(many.finite_size / few.finite_size, 1, 3e-2);
    // identical with noise: the response is that of r = F(K r / T)
    config.frequency.width = 0;
    config.model.noise = .5;
    assert_true(entrain_swarm_theory(&config, 400, &few));
    double r = few.coherence, low = (double)(bessel(1, 3.99L * r) / bessel(0, 3.99L * r));
    double high = (double)(bessel(1, 4.01L * r) / bessel(0, 4.01L * r));
    CHECK_NEAR(few.finite_size * 1600, 1 / (1 - 4 * (high - low) / (0.02 * r)), 1e-2);
}

// What a sample's own mean of exp(i phi) is, less exp(i alpha) u / K: theory_finite.c's equation, of which
// the infinite swarm's root is known. Newton, slopes by differences.
static double complex sample_law(const double *frequencies, uint32_t count, double u, double turn,
                                 double complex target) {
    double complex sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        double s = (frequencies[i] - turn) / u;
        sum += fabs(s) < 1 ? sqrt(1 - s * s) + I * s : I * s * (1 - sqrt(1 - 1 / (s * s)));
    }
    return sum / count - target * u;
}

static void test_finite_size_with_lag(void **state) {
    (void)state;
    enum { COUNT = 3000, SAMPLES = 60 };
    entrain_theory_answer answer;
    entrain_swarm_config config = covered();
    config.model.coupling = 3;
    config.model.lag = 1;
    assert_true(entrain_swarm_theory(&config, COUNT, &answer));
    static double frequencies[COUNT];
    double mean = 0, spread = 0;
    double complex target = (cos(1) + I * sin(1)) / 3;
    for (uint32_t sample = 1; sample <= SAMPLES; sample++) {
        entrain_error error;
        CHECK_OK(entrain_distribution_fill(&config.frequency, "x", sample, 1, COUNT, frequencies, &error),
                 error);
        double u = 3 * answer.coherence, turn = answer.frequency, step = 1e-3;
        for (int round = 0; round < 6; round++) {
            double complex at = sample_law(frequencies, COUNT, u, turn, target);
            double complex by_u = (sample_law(frequencies, COUNT, u + step, turn, target) - at) / step;
            double complex by_turn = (sample_law(frequencies, COUNT, u, turn + step, target) - at) / step;
            double determinant = creal(by_u) * cimag(by_turn) - cimag(by_u) * creal(by_turn);
            u -= (creal(at) * cimag(by_turn) - cimag(at) * creal(by_turn)) / determinant;
            turn -= (creal(by_u) * cimag(at) - cimag(by_u) * creal(at)) / determinant;
        }
        mean += u / 3 / SAMPLES;
        spread += u * u / 9 / SAMPLES;
    }
    CHECK_NEAR(mean, answer.coherence, answer.finite_size);
    CHECK_NEAR(sqrt(spread - mean * mean) / answer.finite_size, 1, 0.25); // of 60: 1 +- 0.09
}

#define NOT_COVERED(change)                                                                                  \
    do {                                                                                                     \
        entrain_swarm_config config = covered();                                                             \
        entrain_theory_answer answer = {.threshold = 12345};                                                 \
        change;                                                                                              \
        if (entrain_swarm_theory(&config, 400, &answer))                                                     \
            fail_msg("covered: %s", #change);                                                                \
        CHECK_NEAR(answer.threshold, 12345, 0);                                                              \
    } while (0)

static void test_not_covered(void **state) {
    (void)state;
    static const double own[400];
    NOT_COVERED(config.topology.kind = ENTRAIN_TOPOLOGY_ERDOS_RENYI);
    NOT_COVERED(config.topology.delay_low = config.topology.delay_high = 1);
    NOT_COVERED(config.kind = ENTRAIN_SWARM_PULSE);
    NOT_COVERED(config.model.coupling = -2);
    NOT_COVERED(config.model.coupling = 0);
    NOT_COVERED(config.model.harmonics = 2);
    NOT_COVERED(config.model.group_count = 2);
    NOT_COVERED(config.model.inertia = 1);
    NOT_COVERED(config.inertia.value = 1);
    NOT_COVERED(config.model.gains = own);
    NOT_COVERED(config.model.noises = own);
    NOT_COVERED(config.model.noise = 1; config.frequency = entrain_distribution_constant(0);
                config.noisiness.value = 2);
    NOT_COVERED(config.gain = config.frequency);
    NOT_COVERED(config.gain.value = -1);
    NOT_COVERED(config.frequency.kind = ENTRAIN_DISTRIBUTION_LIST);
    NOT_COVERED(config.frequency.jitter = 0.1);
    NOT_COVERED(config.model.noise = 1; config.model.lag = 1);
    NOT_COVERED(config.frequency.kind = ENTRAIN_DISTRIBUTION_NORMAL; config.frequency.deviation = 1;
                config.model.lag = 1);
    NOT_COVERED(config.frequency.kind = ENTRAIN_DISTRIBUTION_NORMAL; config.frequency.deviation = 1;
                config.model.noise = 1);
    NOT_COVERED(config.frequency.width = 0; config.model.lag = 2); // repels
    NOT_COVERED(config.frequency.width = 0; config.phase.kind = ENTRAIN_DISTRIBUTION_SPLAY);
    NOT_COVERED(config.frequency.width = 0; config.phase.sampling = ENTRAIN_SAMPLING_QUANTILE);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bessel),
                                       cmocka_unit_test(test_lorentz),
                                       cmocka_unit_test(test_normal),
                                       cmocka_unit_test(test_uniform),
                                       cmocka_unit_test(test_noise),
                                       cmocka_unit_test(test_lorentz_noise),
                                       cmocka_unit_test(test_fluctuation),
                                       cmocka_unit_test(test_finite_size),
                                       cmocka_unit_test(test_finite_size_with_lag),
                                       cmocka_unit_test(test_relaxation),
                                       cmocka_unit_test(test_lag),
                                       cmocka_unit_test(test_locking),
                                       cmocka_unit_test(test_ring),
                                       cmocka_unit_test(test_statistics),
                                       cmocka_unit_test(test_delay),
                                       cmocka_unit_test(test_pulse),
                                       cmocka_unit_test(test_pendulum),
                                       cmocka_unit_test(test_swarms),
                                       cmocka_unit_test(test_not_covered)};
    return cmocka_run_group_tests_name("theory_forms", tests, NULL, NULL);
}
