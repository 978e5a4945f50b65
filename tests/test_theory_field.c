// The mean field: coherence of large swarms against the theory of infinite ones. M1 (Lorentz), M4 (Gauss).
//
// Both through entrain_swarm_create() and its distributions, RK4, all to all, a thousand oscillators.
// Expected values are computed here and compared with the table of known answers.
//
// A thousand oscillators never come to rest: drifting ones shake r by 0.01, over tens of time units. What the
// theory knows is the mean, and the mean of 100 time units is still off by 1e-3. After 1000 it is within
// 1e-4; what then remains (7e-5 for Lorentz) is the finite swarm's: the sum over its locked quantiles instead
// of the integral (4e-5), and |z| >= Re z for a shaken z. The step 0.1 changes nothing of that (0.05, 0.02
// and 0.01 were compared).
#include "theory_twin.h"

#include <math.h>

enum { N = 1000 };
#define STEP_S 0.1

// Mean coherence over `span` time units after `settle` of them, a sample each half unit; all phases 0 at
// first.
static double settled_coherence(const entrain_distribution *frequency, double coupling, uint64_t seed,
                                double settle, double span) {
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = N;
    config.seed = seed;
    config.engine.step_s = STEP_S;
    config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    config.model.coupling = coupling;
    config.model.normalise = ENTRAIN_NORMALISE_SIZE;
    config.frequency = *frequency;
    config.phase = entrain_distribution_constant(0);
    twin pair;
    twin_open_swarm(&pair, &config);
    twin_advance(&pair, (uint64_t)lrint(settle / STEP_S));
    double sum = 0;
    const int samples = (int)(2 * span);
    for (int s = 0; s < samples; s++) {
        twin_advance(&pair, (uint64_t)lrint(0.5 / STEP_S));
        sum += twin_sample(&pair).coherence;
    }
    twin_close(&pair);
    return sum / samples;
}

// K_c = 2 gamma, r = sqrt(1 - K_c / K). Kuramoto (1975).
static void test_m1_lorentz(void **state) {
    (void)state;
    const double gamma = 0.5, coupling = 4 * gamma, r = sqrt(1 - 2 * gamma / coupling);
    CHECK_NEAR(r, 0.70711, 5e-6);
    entrain_distribution frequency = {
        .kind = ENTRAIN_DISTRIBUTION_LORENTZ, .sampling = ENTRAIN_SAMPLING_QUANTILE, .width = gamma};
    CHECK_LAW("M1 r, quantile", settled_coherence(&frequency, coupling, 1, 50, 1000), r, 2e-4);
    frequency.sampling = ENTRAIN_SAMPLING_RANDOM;
    for (uint64_t seed = 1; seed <= 4; seed++)
        CHECK_LAW("M1 r, random", settled_coherence(&frequency, coupling, seed, 50, 50), r, 1.7 / sqrt(N));
}

// I_n(y) exp(-y) by the power series, n = 0 or 1. All terms are positive: nothing cancels.
static long double bessel_scaled(int order, long double y) {
    long double term = order == 0 ? 1 : y / 2, sum = term;
    for (int k = 1; term > sum * 1e-22L; k++) {
        term *= (y / 2) * (y / 2) / ((long double)k * (k + order));
        sum += term;
    }
    return sum * expl(-y);
}

// 1 = K sqrt(pi / 8) exp(-x) (I0(x) + I1(x)), x = K^2 r^2 / 4, for sigma = 1: falls with r. Kuramoto
// (1984), 5.4.
static double gauss_coherence(double coupling) {
    long double low = 0, high = 1;
    for (int i = 0; i < 100; i++) {
        long double r = (low + high) / 2, x = coupling * coupling * r * r / 4;
        if (coupling * sqrtl(PI_L / 8) * (bessel_scaled(0, x) + bessel_scaled(1, x)) > 1)
            low = r;
        else
            high = r;
    }
    return (double)low;
}

static void test_m4_gauss(void **state) {
    (void)state;
    CHECK_NEAR((double)sqrtl(8 / PI_L), 1.5957691, 5e-8); // K_c
    assert_true(gauss_coherence(1.5957) < 1e-9 && gauss_coherence(1.5959) > 1e-3);
    CHECK_NEAR((double)bessel_scaled(0, 1), 0.46575960759364043, 1e-16); // Abramowitz and Stegun, table 9.8
    CHECK_NEAR((double)bessel_scaled(1, 1), 0.20791041534970845, 1e-16);
    static const struct {
        double coupling, r; // as printed in the table
        double settle;      // near K_c everything is slow
    } rows[] = {{1.7, 0.425362, 200}, {2, 0.71517, 50}, {3, 0.92518, 50}};
    const entrain_distribution frequency = {
        .kind = ENTRAIN_DISTRIBUTION_NORMAL, .sampling = ENTRAIN_SAMPLING_QUANTILE, .deviation = 1};
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        double r = gauss_coherence(rows[row].coupling);
        CHECK_NEAR(r, rows[row].r, 5.1e-6);
        CHECK_LAW("M4 r, quantile, K = 1.7, 2, 3",
                  settled_coherence(&frequency, rows[row].coupling, 1, rows[row].settle, 500), r, 5e-4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_m1_lorentz), cmocka_unit_test(test_m4_gauss)};
    return cmocka_run_group_tests_name("theory_field", tests, NULL, NULL);
}
