// Theory beside measurement: the error of a time average, and what is said of a run.
#include "check.h"

#include <math.h>

#include "entrain/random.h"
#include "sims/comparison.h"
#include "sims/scenario_text.h"

static entrain_error error;

static scenario load(const char *model) {
    char text[600];
    snprintf(text, sizeof text,
             "return { swarm = { size = 1000, topology = { kind = 'complete' } }, record = { every = 0.5 }, "
             "time = { step "
             "= 0.05 }, model = { %s } }",
             model);
    const scenario_source source = {.path = "x.lua"};
    const sandbox_limits limits = sandbox_limits_defaults();
    scenario loaded;
    CHECK_OK(scenario_load_text(&source, text, strlen(text), &limits, &loaded, &error), error);
    return loaded;
}

// A run whose samples are the given ones, half a second apart.
static run_outcome run_of(const double *values, size_t count) {
    run_outcome outcome;
    outcome_init(&outcome, &(scenario_stop){0});
    for (size_t i = 0; i < count; i++) {
        entrain_phase_sample sample = {.coherence = values[i], .time_s = 0.5 * (double)i, .living = 1000};
        CHECK_OK(outcome_add(&outcome, &sample, &error), error);
    }
    return outcome;
}

static json_t *compare(const char *model, const double *values, size_t count) {
    scenario loaded = load(model);
    run_outcome outcome = run_of(values, count);
    json_t *theory = comparison_json(&loaded, &outcome);
    outcome_fini(&outcome);
    scenario_free(&loaded);
    return theory;
}

static double at(const json_t *theory, const char *key) {
    const json_t *value = json_object_get(theory, key);
    assert_non_null(value);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void check_text(const json_t *theory, const char *key, const char *wanted) {
    assert_string_equal(json_string_value(json_object_get(theory, key)), wanted);
}

static void check_sentence(json_t *theory, const char *wanted) {
    char sentence[600];
    comparison_sentence(theory, sentence, sizeof sentence);
    if (strcmp(sentence, wanted) != 0)
        fail_msg("\"%s\"\nis not\n\"%s\"", sentence, wanted);
    json_decref(theory);
}

static double normal(uint32_t series, uint64_t i) {
    return entrain_random_normal(entrain_random_key(series, ENTRAIN_STREAM_USER), 0, i, 0);
}

// x_i = a x_(i-1) + noise: rho(k) = a^k, so the mean of n has the variance (1 + a) / (1 - a) / n times that
// of one; and over many series the means scatter as much as the errors say.
static void errors_know_autocorrelation(void **state) {
    (void)state;
    static double values[8000];
    static const double memories[] = {0, 0.6, 0.95};
    for (size_t m = 0; m < 3; m++)
        for (size_t count = 4000; count <= 8000; count *= 2) {
            double a = memories[m], chi_square = 0, errors = 0, lengths = 0, deviation = 0.01;
            double truth = deviation * sqrt((1 + a) / (1 - a) / ((double)count / 2));
            enum { SERIES = 100 };
            for (uint32_t series = 1; series <= SERIES; series++) {
                double x = normal(series, 0);
                for (size_t i = 0; i < count; i++) {
                    x = a * x + sqrt(1 - a * a) * normal(series, i + 1);
                    values[i] = 0.7 + deviation * x;
                }
                json_t *theory = compare("coupling = 2", values, count);
                check_text(theory, "quantity", "coherence");
                check_text(theory, "verdict", "compared");
                double error_of_time = at(theory, "error_of_time"), off = at(theory, "measured") - 0.7;
                chi_square += off * off / (error_of_time * error_of_time) / SERIES;
                errors += error_of_time / SERIES;
                lengths += at(theory, "correlation_time_s") / 0.5 / SERIES;
                json_decref(theory);
            }
            CHECK_NEAR(errors / truth, 1, 0.12);
            CHECK_NEAR(lengths / ((1 + a) / (1 - a)), 1, 0.2);
            CHECK_NEAR(chi_square, 1, 0.5); // a hundred: 1 +- 0.14
        }
}

// More samples than the sums take singly: in blocks, and the same.
static void long_series_are_cut_into_blocks(void **state) {
    (void)state;
    enum { LONG = 100001 };
    double *values = malloc(LONG * sizeof *values), x = 0;
    for (size_t i = 0; i < LONG; i++) {
        x = 0.9 * x + sqrt(1 - 0.81) * normal(3, i);
        values[i] = i < LONG / 2 ? 0 : 0.6 + 0.01 * x; // the first half does not count
    }
    json_t *theory = compare("coupling = 2", values, LONG);
    CHECK_NEAR(at(theory, "error_of_time") / (0.01 * sqrt(19 / (LONG / 2.0))), 1, 0.15);
    CHECK_NEAR(at(theory, "measured"), 0.6, 5 * at(theory, "error_of_time"));
    CHECK_NEAR(at(theory, "correlation_time_s"), 9.5, 2);
    json_decref(theory);
    free(values);
}

static void what_is_compared_is_said(void **state) {
    (void)state;
    double values[1000];
    for (size_t i = 0; i < 1000; i++)
        values[i] = 0.7 + (i % 2 == 0 ? 1e-3 : -1e-3); // no more than no memory at all
    json_t *theory = compare("coupling = 2", values, 1000);
    CHECK_NEAR(at(theory, "expected"), sqrt(.5), 1e-15);
    CHECK_NEAR(at(theory, "measured"), 0.7, 1e-12);
    CHECK_NEAR(at(theory, "finite_size"), 0.0188, 1e-4);
    CHECK_NEAR(at(theory, "error_of_time"), 1e-3 / sqrt(500), 1e-6);
    CHECK_NEAR(at(theory, "standard_error"), hypot(at(theory, "finite_size"), at(theory, "error_of_time")),
               1e-15);
    CHECK_NEAR(at(theory, "distance"), (0.7 - sqrt(.5)) / at(theory, "standard_error"), 1e-12);
    CHECK_NEAR(comparison_level(theory), sqrt(.5), 1e-15);
    check_sentence(
        theory, "r = 0.7071 (Lorentz: r = sqrt(1 - K_c / K); Kuramoto 1975), measured 0.7000 +- 0.019 (time "
                "4e-05, size 0.02): 0.4 standard errors below");

    for (size_t i = 0; i < 1000; i++)
        values[i] = 0.04 + (i % 2 == 0 ? 1e-2 : -1e-2);
    theory = compare("coupling = 0.5", values, 1000);
    check_text(theory, "quantity", "coherence_rms");
    CHECK_NEAR(at(theory, "expected"), sqrt(2e-3), 1e-15);
    CHECK_NEAR(at(theory, "measured"), sqrt((2.5e-3 + 0.9e-3) / 2), 1e-12);
    CHECK_NEAR(at(theory, "error_of_time"), 8e-4 / sqrt(500) / 2 / 1.7e-3 * sqrt(2e-3), 1e-6);
    check_sentence(
        theory,
        "below K_c = 1, by chance r = 0.0447 (root mean square, N <r^2> = 1 / (1 - K / K_c); Daido 1990), "
        "measured 0.0412 +- 0.0018 (time 0.0005, size 0.002): 1.9 standard errors below");
    theory = compare("coupling = 0.5, frequency = { sampling = 'quantile' }", values, 1000);
    check_text(theory, "verdict", "not known");
    assert_true(isnan(comparison_level(theory)) && isnan(at(theory, "distance")));
    check_sentence(
        theory, "not above K_c = 1, so r falls as N grows (Lorentz: r = sqrt(1 - K_c / K); Kuramoto 1975), "
                "measured 0.0412 +- 0.00043 (time average)");
}

static void a_run_too_short_gets_no_number(void **state) {
    (void)state;
    double values[1000];
    for (size_t i = 0; i < 1000; i++) // it drifts
        values[i] = (double)i / 1000;
    json_t *theory = compare("coupling = 2", values, 1000);
    check_text(theory, "verdict", "too short");
    assert_true(isnan(at(theory, "measured")) && isnan(at(theory, "distance")));
    check_sentence(
        theory,
        "r = 0.7071 (Lorentz: r = sqrt(1 - K_c / K); Kuramoto 1975), but the run is too short to measure "
        "it: r still drifts in its second half");
    theory = compare("coupling = 2", values, 15);
    check_text(theory, "verdict", "too short");
    json_decref(theory);
    double x = 0; // a memory of 100 samples, 500 of them: the window closes, and few are seen
    for (size_t i = 0; i < 1000; i++)
        values[i] = 0.7 + 0.05 * (x = 0.97 * x + sqrt(1 - 0.97 * 0.97) * normal(9, i));
    theory = compare("coupling = 2", values, 1000);
    check_text(theory, "verdict", "too short");
    assert_true(at(theory, "correlation_times") > 1 && at(theory, "correlation_times") < 10);
    json_decref(theory);
    // a drift that is nothing beside what the size does is let pass, and counts as an error
    for (size_t i = 0; i < 1000; i++)
        values[i] = 0.7 + 1e-6 * (double)i;
    theory = compare("coupling = 2", values, 1000);
    check_text(theory, "verdict", "compared");
    CHECK_NEAR(at(theory, "error_of_time"), 499e-6, 1e-9);
    json_decref(theory);
    for (size_t i = 0; i < 1000; i++) // and what stands still has none
        values[i] = 0.7;
    theory = compare("coupling = 2", values, 1000);
    CHECK_NEAR(at(theory, "error_of_time"), 0, 0);
    check_text(theory, "verdict", "compared");
    json_decref(theory);
}

static void identical_oscillators_are_timed(void **state) {
    (void)state;
    double values[100];
    for (size_t i = 0; i < 100; i++)
        values[i] = i < 10 ? 0.08 * (double)i : 1 - 0.2 / (double)i;
    // 0.72 at 4.5 s, 0.98 at 5 s
    json_t *theory = compare("coupling = 2, frequency = 0", values, 100);
    check_text(theory, "quantity", "sync_time_s");
    CHECK_NEAR(at(theory, "measured"), 4.5 + 0.5 * 0.18 / 0.26, 1e-12);
    CHECK_NEAR(at(theory, "expected"), (log(1000) + 0.57721566 + log(.81 / .19)) / 2, 1e-8);
    CHECK_NEAR(at(theory, "distance"), (at(theory, "measured") - at(theory, "expected")) / 0.641275, 1e-5);
    assert_true(isnan(comparison_level(theory)));
    check_sentence(
        theory,
        "r = 0.9 at t = 4.467 s, give or take 0.64 (identical: r = 1; Watanabe and Strogatz 1994), measured "
        "4.846 s: 0.6 standard deviations later");
    theory = compare("coupling = 2, frequency = 0", values, 10);
    check_text(theory, "verdict", "not reached");
    check_sentence(
        theory,
        "r = 0.9 at t = 4.467 s, give or take 0.64 (identical: r = 1; Watanabe and Strogatz 1994), not "
        "reached");
    theory = compare("coupling = 2, frequency = 0, phase = 'mobius'", values, 100);
    check_text(theory, "quantity", "coherence_final");
    check_sentence(theory,
                   "r = 1.0000 (identical: r = 1; Watanabe and Strogatz 1994), measured 0.997980 at the end");
}

static void what_theory_does_not_cover_gets_nothing(void **state) {
    (void)state;
    double values[100] = {0};
    assert_null(compare("coupling = -2", values, 100));
    assert_null(compare("coupling = 2, second = { coupling = 1 }", values, 100));
    assert_null(compare("coupling = 2, frequency = function(i) return i end", values, 100));
    assert_null(compare("coupling = 2 }, events = { { at = 1, set = { ['model.coupling'] = 3 } } }, stop = {",
                        values, 100));
    scenario loaded = load("coupling = 2");
    run_outcome outcome = run_of(values, 100);
    json_t *theory = comparison_json(&loaded, &outcome);
    assert_non_null(theory);
    json_decref(theory);
    outcome.last.living = 999; // not the swarm any more that it was
    assert_null(comparison_json(&loaded, &outcome));
    outcome_fini(&outcome);
    scenario_free(&loaded);
    outcome_init(&outcome, &(scenario_stop){0});
    loaded = load("coupling = 2");
    assert_null(comparison_json(&loaded, &outcome)); // no sample at all
    scenario_free(&loaded);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_know_autocorrelation),
        cmocka_unit_test(long_series_are_cut_into_blocks),
        cmocka_unit_test(what_is_compared_is_said),
        cmocka_unit_test(a_run_too_short_gets_no_number),
        cmocka_unit_test(identical_oscillators_are_timed),
        cmocka_unit_test(what_theory_does_not_cover_gets_nothing),
    };
    return cmocka_run_group_tests_name("comparison", tests, NULL, NULL);
}
