// Dips and recoveries on series made by hand: how deep, how soon back, what was lost, and what is said of it.
#include "check.h"

#include <math.h>

#include "entrain/recovery.h"

static entrain_recovery_watch watch;

static void add(double time_s, double coherence) {
    const entrain_phase_sample sample = {
        .time_s = time_s, .coherence = coherence, .living = 100, .gap_gini = NAN, .peak_load = NAN};
    entrain_recovery_add(&watch, &sample);
}

// Samples every 0.1 s from @p from (included) to @p to (excluded).
static void hold(double from, double to, double coherence) {
    for (int k = (int)lround(from * 10); k < (int)lround(to * 10); k++)
        add(k / 10.0, coherence);
}

static void says(const entrain_recovery *recovery, const char *words) {
    char text[400];
    entrain_recovery_explain(recovery, text, sizeof text);
    assert_string_equal(text, words);
}

static void the_way_back_into_a_band(void **state) {
    (void)state;
    const entrain_goal_band band = {
        .goal = ENTRAIN_GOAL_MINIMIZE_API_CALLS, .low = 0.85, .high = 1, .size = 100};
    entrain_recovery recovery;
    entrain_recovery_begin(&watch, &band);
    assert_false(entrain_recovery_end(&watch, &recovery));
    hold(0, 2, 0.98);
    assert_false(entrain_recovery_disrupt(&watch, 2, &recovery));
    hold(2, 3, 0.35);     // 0.5 is missing for 1 s
    hold(3, 4, 0.60);     // 0.25 for 1 s
    hold(4, 4.3, 0.9);    // a glimpse of the band does not count
    hold(4.3, 4.5, 0.80); // 0.05 for 0.2 s
    hold(4.5, 8, 0.97);
    hold(8, 8.3, 0.5); // later, and another story
    hold(8.3, 9, 0.97);
    assert_true(entrain_recovery_end(&watch, &recovery));
    assert_true(recovery.held && recovery.goal && !recovery.spread && entrain_recovery_is_back(&recovery));
    CHECK_NEAR(recovery.before, 0.98, 0);
    CHECK_NEAR(recovery.worst, 0.35, 0);
    CHECK_NEAR(recovery.worst_after_s, 0, 1e-12);
    CHECK_NEAR(recovery.out, 0.5, 1e-12);
    CHECK_NEAR(recovery.back_s, 2.5, 1e-12);
    CHECK_NEAR(recovery.lost, 0.5 + 0.25 + 0.01, 1e-9);
    CHECK_NEAR(recovery.watched_s, 6.9, 1e-9);
    assert_int_equal(recovery.relapses, 1);
    says(&recovery,
         "r fell from 0.98 to 0.35, back in the band after 2.5 s, lost 0.76 r s, left again 1 time");
}

static void without_a_goal_it_is_what_was_before(void **state) {
    (void)state;
    entrain_recovery recovery;
    entrain_recovery_begin(&watch, NULL);
    hold(0, 1, 0.8);
    assert_false(entrain_recovery_disrupt(&watch, 0.95, &recovery)); // between two samples
    hold(1, 2, 0.4);
    hold(2, 3, 0.77); // above 95 % of 0.8
    entrain_recovery_end(&watch, &recovery);
    CHECK_NEAR(recovery.low, 0.76, 1e-12);
    CHECK_NEAR(recovery.back_s, 1.05, 1e-12);
    // From the disruption on 0.4 is missing; then 0.03 until it is known to last.
    CHECK_NEAR(recovery.lost, 0.4 * 1.05 + 0.03 * 0.5, 1e-9);
    says(&recovery, "r fell from 0.8 to 0.4, back at 95 % of before after 1.05 s, lost 0.435 r s");

    // Nothing before: a disruption at the start.
    entrain_recovery_begin(&watch, NULL);
    entrain_recovery_disrupt(&watch, 0, &recovery);
    hold(0, 1, 0.1);
    assert_true(entrain_recovery_disrupt(&watch, 1, &recovery));
    assert_true(isnan(recovery.before) && isnan(recovery.back_s) && !entrain_recovery_is_back(&recovery));
    says(&recovery, "r was 0.1 at the lowest; nothing was measured before, to get back to");
    CHECK_NEAR(watch.now.before, 0.1, 0); // the next one has something
    CHECK_NEAR(watch.now.low, 0.095, 1e-12);
}

static void what_tells_late_is_seen(void **state) {
    (void)state;
    entrain_recovery recovery;
    entrain_recovery_begin(&watch, NULL);
    hold(0, 1, 0.9);
    entrain_recovery_disrupt(&watch, 1, &recovery); // a partition: the sides part slowly
    hold(1, 3, 0.9);
    hold(3, 5, 0.3);
    entrain_recovery_end(&watch, &recovery);
    CHECK_NEAR(recovery.worst, 0.3, 0);
    CHECK_NEAR(recovery.worst_after_s, 2, 1e-9);
    assert_true(isnan(recovery.back_s) && !recovery.held && !recovery.cut_short);
    CHECK_NEAR(recovery.lost, 0.6 * 1.9, 1e-9);
    says(&recovery, "r fell from 0.9 to 0.3, not back at 95 % of before by the end, lost 1.14 r s");

    entrain_recovery_begin(&watch, NULL);
    hold(0, 1, 0.9);
    entrain_recovery_disrupt(&watch, 1, &recovery);
    hold(1, 3, 0.87);
    entrain_recovery_end(&watch, &recovery);
    assert_true(recovery.back_s == 0 && recovery.held && recovery.out == 0 && recovery.lost == 0);
    says(&recovery, "r stayed within 5 % of before");
}

static void each_is_watched_until_the_next(void **state) {
    (void)state;
    entrain_recovery recovery;
    entrain_recovery_begin(&watch, NULL);
    hold(0, 1, 1);
    entrain_recovery_disrupt(&watch, 1, &recovery);
    hold(1, 2, 0.5);
    assert_true(entrain_recovery_disrupt(&watch, 2, &recovery)); // on top of the first, at 0.5
    CHECK_NEAR(recovery.watched_s, 1, 1e-12);
    CHECK_NEAR(recovery.lost, 0.5, 1e-9);
    assert_true(recovery.cut_short && !recovery.held && isnan(recovery.back_s));
    says(&recovery, "r fell from 1 to 0.5, not back at 95 % of before when the next one came, lost 0.5 r s");
    CHECK_NEAR(watch.now.before, 0.5, 0);
    CHECK_NEAR(watch.now.low, 0.95, 1e-12);                      // before all of it
    assert_true(entrain_recovery_disrupt(&watch, 2, &recovery)); // two in one tick
    assert_int_equal(recovery.samples, 0);
    says(&recovery, "seen together with the next one");
    CHECK_NEAR(watch.now.low, 0.95, 1e-12);
    hold(2, 3, 0.6);
    hold(3, 3.3, 0.99);
    assert_true(entrain_recovery_disrupt(&watch, 3.3, &recovery)); // back, for as long as it was let
    assert_true(recovery.cut_short && !recovery.held && entrain_recovery_is_back(&recovery));
    CHECK_NEAR(recovery.back_s, 1, 1e-9);
    says(&recovery,
         "r was down already (0.5), then at least 0.6, back at 95 % of before after 1 s, 0.3 s before the "
         "next one came, lost 0.403 r s");
    CHECK_NEAR(watch.now.low, 0.99 * 0.95, 1e-12); // back: from here on it is that
}

static void two_sided_and_spread_bands(void **state) {
    (void)state;
    entrain_goal_band band = {.goal = ENTRAIN_GOAL_REACH_CONSENSUS, .low = 0.5, .high = 0.7, .size = 100};
    entrain_recovery recovery;
    entrain_recovery_begin(&watch, &band);
    hold(0, 1, 0.6);
    entrain_recovery_disrupt(&watch, 1, &recovery);
    hold(1, 2, 0.9);
    hold(2, 3, 0.65);
    entrain_recovery_end(&watch, &recovery);
    says(&recovery, "r rose from 0.6 to 0.9, back in the band after 1 s, lost 0.2 r s");
    assert_true(recovery.held);

    // Out before already, and only better since.
    entrain_recovery_begin(&watch, &band);
    hold(0, 1, 0.3);
    entrain_recovery_disrupt(&watch, 1, &recovery);
    hold(1, 2, 0.4);
    entrain_recovery_end(&watch, &recovery);
    says(&recovery,
         "r was down already (0.3), then at least 0.4, not back in the band by the end, lost 0.09 r s");

    // Evenly spread: 1 is the bound, and up is worse. Nobody alive is as bad as can be.
    band = (entrain_goal_band){.goal = ENTRAIN_GOAL_DISTRIBUTE_LOAD, .size = 1000};
    entrain_recovery_begin(&watch, &band);
    entrain_phase_sample sample = {.living = 1000, .peak_load = 1.0, .moments = {0.05, 0.05}};
    entrain_recovery_add(&watch, &sample);
    entrain_recovery_disrupt(&watch, 1, &recovery);
    sample.moments[1] = 0.3;
    sample.time_s = 1;
    entrain_recovery_add(&watch, &sample);
    sample.moments[1] = 0.05;
    for (sample.time_s = 2; sample.time_s <= 4; sample.time_s += 0.25)
        entrain_recovery_add(&watch, &sample);
    entrain_recovery_disrupt(&watch, 5, &recovery);
    assert_true(recovery.spread && recovery.held);
    says(&recovery, "unevenness rose from 0.8 to 3, back in the band after 1 s, lost 2 s");
    sample = (entrain_phase_sample){.time_s = 5, .living = 0};
    entrain_recovery_add(&watch, &sample);
    entrain_recovery_end(&watch, &recovery);
    CHECK_NEAR(recovery.worst, 10, 0);
    assert_true(isfinite(recovery.lost) && isnan(recovery.back_s));
}

static void a_change_of_course_changes_the_band(void **state) {
    (void)state;
    entrain_goal_band band = {.goal = ENTRAIN_GOAL_MINIMIZE_API_CALLS, .low = 0.85, .high = 1, .size = 100};
    entrain_recovery recovery;
    entrain_recovery_begin(&watch, &band);
    hold(0, 1, 0.9);
    entrain_recovery_disrupt(&watch, 1, &recovery);
    hold(1, 2, 0.3);
    band.low = 0.2, band.high = 0.4;
    entrain_recovery_course(&watch, &band);
    hold(2, 3, 0.3);
    entrain_recovery_end(&watch, &recovery);
    assert_true(recovery.held);
    CHECK_NEAR(recovery.back_s, 1, 1e-9);
    CHECK_NEAR(recovery.high, 0.4, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_way_back_into_a_band),   cmocka_unit_test(without_a_goal_it_is_what_was_before),
        cmocka_unit_test(what_tells_late_is_seen),    cmocka_unit_test(each_is_watched_until_the_next),
        cmocka_unit_test(two_sided_and_spread_bands), cmocka_unit_test(a_change_of_course_changes_the_band),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
