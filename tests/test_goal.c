// Goals: that their tables say what was promised, and that the watch judges a swarm as its samples say.
#include <math.h>

#include "check.h"

#include "entrain/goal.h"

static void every_goal_has_its_name_key_and_band(void **state) {
    (void)state;
    const struct {
        const char *name, *key;
        double low, high;
    } promised[] = {
        {"coherence", NULL, 0.8, 1},         {"minimize-api-calls", "B", 0.85, 1},
        {"distribute-load", "L", 0, 0.1},    {"reach-consensus", "C", 0.5, 0.7},
        {"minimize-latency", "T", 0.8, 1},   {"save-energy", "E", 0.4, 0.6},
        {"maintain-rhythm", "M", 0.85, 1},   {"recover-from-failure", "F", 0.2, 0.4},
        {"adapt-to-traffic", "A", 0.6, 0.8},
    };
    assert_int_equal(sizeof promised / sizeof *promised, ENTRAIN_GOAL_COUNT);
    for (uint32_t g = 0; g < ENTRAIN_GOAL_COUNT; g++) {
        const entrain_goal_facts facts = entrain_goal_look((entrain_goal)g);
        assert_string_equal(facts.name, promised[g].name);
        assert_true(facts.low == promised[g].low && facts.high == promised[g].high);
        assert_true(facts.spread == (g == ENTRAIN_GOAL_DISTRIBUTE_LOAD));
        assert_true(strlen(facts.summary) > 0 && strlen(facts.band) > 0);
        assert_non_null(entrain_strategy_name(facts.strategy));
        assert_int_equal(entrain_goal_find(facts.name), g);
        if (promised[g].key != NULL)
            assert_int_equal(entrain_goal_find(promised[g].key), g);
    }
    assert_null(entrain_goal_look(ENTRAIN_GOAL_COUNT).name);
    assert_int_equal(entrain_goal_find("b"), ENTRAIN_GOAL_MINIMIZE_API_CALLS);
    const char *none[] = {"", "-", "x", "BL", "minimize", "Coherence"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(entrain_goal_find(none[i]), ENTRAIN_GOAL_COUNT);
}

static void every_scale_and_strategy_has_a_name(void **state) {
    (void)state;
    const uint32_t sizes[] = {20, 50, 200, 1000, 2000, 100000, 1000000, 10000000};
    const double targets[] = {0.95, 0.9, 0.85, 0.8, 0.75};
    for (uint32_t s = 0; s < ENTRAIN_SCALE_COUNT; s++) {
        const entrain_scale_facts facts = entrain_scale_look((entrain_scale)s);
        assert_int_equal(facts.size, sizes[s]);
        assert_true(facts.target == targets[s < 4 ? s : 4]);
        assert_true(strlen(facts.name) > 0);
    }
    assert_null(entrain_scale_look(ENTRAIN_SCALE_COUNT).name);
    const char *names[] = {"phase-nudge", "frequency-lock", "pulse", "energy-aware", "adaptive"};
    for (uint32_t s = 0; s < ENTRAIN_STRATEGY_COUNT; s++) {
        assert_string_equal(entrain_strategy_name((entrain_strategy)s), names[s]);
        assert_true(strlen(entrain_strategy_summary((entrain_strategy)s)) > 0);
    }
    assert_null(entrain_strategy_name(ENTRAIN_STRATEGY_COUNT));
    assert_null(entrain_strategy_summary(ENTRAIN_STRATEGY_COUNT));
}

// --- the watch --------------------------------------------------------------------------------------------

static const entrain_goal_band two_sided = {
    .goal = ENTRAIN_GOAL_REACH_CONSENSUS, .low = 0.5, .high = 0.7, .size = 100};

static entrain_phase_sample at(double time_s, double coherence) {
    return (entrain_phase_sample){.time_s = time_s, .coherence = coherence, .living = 100};
}

// Coherence sampled once a second from second 2 on; ends with a value below 0.
static entrain_goal_watch watched(entrain_goal_band band, const double *coherences) {
    entrain_goal_watch watch;
    entrain_goal_watch_begin(&watch, band);
    for (uint32_t i = 0; coherences[i] >= 0; i++) {
        const entrain_phase_sample sample = at(2.0 + i, coherences[i]);
        entrain_goal_watch_add(&watch, &sample);
    }
    return watch;
}

// The sentence about @p watch must contain @p words, and be one.
static void says(const entrain_goal_watch *watch, const char *words) {
    char text[256];
    entrain_goal_explain(watch, text, sizeof text);
    if (strstr(text, words) == NULL || (text[0] != '\0' && text[strlen(text) - 1] != '.'))
        fail_msg("\"%s\" does not say \"%s\"", text, words);
}

static void a_band_that_was_never_entered_says_how_near_it_came(void **state) {
    (void)state;
    const entrain_goal_watch watch = watched(two_sided, (double[]){0.9, 0.8, 0.3, 0.78, 0.9, -1});
    const entrain_goal_report *report = &watch.report;
    assert_true(isnan(report->entered_s) && isnan(report->held) && isnan(report->low));
    assert_true(!report->met && report->excursion == 0 && isnan(report->excursion_s));
    assert_true(report->nearest == 0.78 && report->nearest_s == 5 && report->value == 0.9);
    assert_int_equal(report->samples, 5);
    says(&watch, "Coherence was never within 0.5 to 0.7: nearest at 5 s, at 0.780.");
}

static void share_held_counts_time_and_not_samples(void **state) {
    (void)state;
    entrain_goal_watch watch;
    entrain_goal_watch_begin(&watch, two_sided);
    // In the band for 9 s from 1 s on, out of it for 0.25 s, in it again for 0.75 s: 9.75 of 10.
    const entrain_phase_sample samples[] = {at(0, 0.1),    at(1, 0.5),     at(10, 0.9),
                                            at(10.1, 0.8), at(10.25, 0.7), at(11, 0.6)};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        entrain_goal_watch_add(&watch, &samples[i]);
    const entrain_goal_report *report = &watch.report;
    assert_true(report->entered_s == 1);
    CHECK_NEAR(report->held, 0.975, 1e-12);
    assert_true(report->met);
    CHECK_NEAR(report->excursion, 0.2, 1e-12);
    assert_true(report->excursion_s == 10 && report->low == 0.5 && report->high == 0.9);
    char text[8] = "before";
    entrain_goal_explain(&watch, text, sizeof text);
    assert_string_equal(text, "");
}

static void both_sides_of_a_band_count(void **state) {
    (void)state;
    entrain_goal_watch watch = watched(two_sided, (double[]){0.1, 0.6, 0.95, 0.6, 0.2, 0.6, 0.6, -1});
    const entrain_goal_report *report = &watch.report;
    assert_true(report->entered_s == 3 && report->excursion_s == 6 && !report->met);
    CHECK_NEAR(report->excursion, 0.3, 1e-12); // below, and farther than 0.25 above
    CHECK_NEAR(report->held, 0.6, 1e-12);
    says(&watch, "for 60.0 % of the time from 3 s on, not for 95 %: farthest at 6 s, by 0.300.");
    // What it was before the first entry is no excursion, and a change of course begins anew.
    entrain_goal_band wide = two_sided;
    wide.low = 0.1;
    wide.high = 1;
    entrain_goal_watch_begin(&watch, wide);
    assert_int_equal(watch.report.samples, 0);
    says(&watch, "Nothing was measured.");
    const entrain_phase_sample later[] = {at(20, 0.05), at(21, 0.2), at(22, 0.9)};
    for (size_t i = 0; i < 3; i++)
        entrain_goal_watch_add(&watch, &later[i]);
    assert_true(watch.report.met && watch.report.excursion == 0 && watch.report.entered_s == 21);
    assert_true(watch.began_s == 20);
}

static void the_share_decides_at_its_bound(void **state) {
    (void)state;
    for (int out = 1; out <= 2; out++) { // of 20 s
        entrain_goal_watch watch;
        entrain_goal_watch_begin(&watch, two_sided);
        for (int i = 0; i <= 20; i++) {
            const entrain_phase_sample sample = at(i, i >= 5 && i < 5 + out ? 0.3 : 0.6);
            entrain_goal_watch_add(&watch, &sample);
        }
        assert_true(watch.report.met == (out == 1));
    }
}

static void who_enters_with_the_last_sample_has_held_nothing(void **state) {
    (void)state;
    const entrain_goal_watch watch = watched(two_sided, (double[]){0.1, 0.3, 0.55, -1});
    assert_true(watch.report.entered_s == 4 && watch.report.held == 1 && !watch.report.met);
    says(&watch, "only at the last sample, at 4 s.");
}

static void a_target_of_one_is_not_met_by_nearly_one(void **state) {
    (void)state;
    const entrain_goal_band all = {.goal = ENTRAIN_GOAL_COHERENCE, .low = 1, .high = 1, .size = 20};
    const entrain_goal_watch watch = watched(all, (double[]){0.5, 0.9999, 0.9999, -1});
    assert_true(!watch.report.met && isnan(watch.report.entered_s));
    // A rounding above it is no fault.
    const entrain_goal_watch above = watched(all, (double[]){0.5, 1 + 1e-15, 1, 1, -1});
    assert_true(above.report.met && above.report.entered_s == 3);
}

static void nobody_is_in_no_band(void **state) {
    (void)state;
    entrain_goal_band low = two_sided;
    low.low = 0;
    entrain_goal_watch watch;
    entrain_goal_watch_begin(&watch, low);
    entrain_phase_sample sample = {.time_s = 1};
    assert_true(isinf(entrain_goal_distance(&low, &sample, NULL)));
    entrain_goal_watch_add(&watch, &sample);
    assert_true(!watch.report.met && isnan(watch.report.entered_s));
    says(&watch, "nobody lived.");
    for (int i = 2; i < 6; i++) {
        sample = at(i, 0.5);
        sample.living = i == 4 ? 0 : 10;
        entrain_goal_watch_add(&watch, &sample);
    }
    assert_true(isinf(watch.report.excursion) && !watch.report.met);
    says(&watch, "nobody lived at 4 s.");
    sample = at(6, NAN);
    assert_true(isinf(entrain_goal_distance(&low, &sample, NULL)));
}

// --- spread -----------------------------------------------------------------------------------------------

static void few_are_spread_by_their_gaps(void **state) {
    (void)state;
    for (uint32_t size = 199; size <= 201; size++) {
        const entrain_goal_band band = {.goal = ENTRAIN_GOAL_DISTRIBUTE_LOAD, .size = size};
        entrain_phase_sample sample = {
            .living = size, .gap_gini = 0.05, .moments = {0.3}, .coherence = 0.3, .peak_load = 1};
        double value = -1;
        // Above 200 r_1 decides, whatever the gaps are.
        const double far = entrain_goal_distance(&band, &sample, &value);
        CHECK_NEAR(value, size <= 200 ? 0.5 : 3, 1e-12);
        CHECK_NEAR(far, size <= 200 ? 0 : 2, 1e-12);
        sample.gap_gini = 0.25;
        CHECK_NEAR(entrain_goal_distance(&band, &sample, &value), size <= 200 ? 1.5 : 2, 1e-12);
        sample.gap_gini = NAN; // not measured
        assert_true(isinf(entrain_goal_distance(&band, &sample, NULL)) == (size <= 200));
    }
}

static void many_are_spread_by_eight_moments_and_the_peak(void **state) {
    (void)state;
    const entrain_goal_band band = {.goal = ENTRAIN_GOAL_DISTRIBUTE_LOAD, .size = 1000};
    for (int m = 0; m < ENTRAIN_DAIDO_MAX; m++) {
        entrain_phase_sample sample = {.living = 1000, .gap_gini = 0.5, .peak_load = 1.25};
        double value;
        assert_true(entrain_goal_distance(&band, &sample, &value) == 0 && value == 1);
        sample.moments[m] = 0.2;
        CHECK_NEAR(entrain_goal_distance(&band, &sample, &value), 1, 1e-12);
        sample.moments[m] = 0.1;
        assert_true(entrain_goal_distance(&band, &sample, &value) == 0);
        sample.peak_load = 2.5;
        CHECK_NEAR(entrain_goal_distance(&band, &sample, &value), 1, 1e-12);
    }
    entrain_goal_watch watch;
    entrain_goal_watch_begin(&watch, band);
    const entrain_phase_sample sample = {.time_s = 3, .living = 1000, .peak_load = 2.5};
    entrain_goal_watch_add(&watch, &sample);
    says(&watch, "The load was never even (r_1 to r_8 up to 0.1, peak load up to 1.25): nearest at 3 s, at "
                 "2.00 times these bounds.");
    watch.band.size = 20;
    says(&watch, "The gaps were never even (Gini coefficient up to 0.1): nearest at 3 s, at 0.200.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_goal_has_its_name_key_and_band),
        cmocka_unit_test(every_scale_and_strategy_has_a_name),
        cmocka_unit_test(a_band_that_was_never_entered_says_how_near_it_came),
        cmocka_unit_test(share_held_counts_time_and_not_samples),
        cmocka_unit_test(both_sides_of_a_band_count),
        cmocka_unit_test(the_share_decides_at_its_bound),
        cmocka_unit_test(who_enters_with_the_last_sample_has_held_nothing),
        cmocka_unit_test(a_target_of_one_is_not_met_by_nearly_one),
        cmocka_unit_test(nobody_is_in_no_band),
        cmocka_unit_test(few_are_spread_by_their_gaps),
        cmocka_unit_test(many_are_spread_by_eight_moments_and_the_peak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
