// How many workers pay, in made-up time: machines whose throughput for each number of workers is given.
#include "check.h"

#include "scheduler/throttle.h"

// Runs @p epochs epochs on a machine that does rates[w] of work a unit of time with w workers. @return how
// many work in the end; *mean_out: how much was done, on average.
static uint32_t settle(uint32_t worker_count, const double *rates, uint32_t epochs, double *mean_out) {
    entrain__throttle throttle;
    uint64_t now = 1000;
    double done = 0;
    entrain__throttle_begin(&throttle, worker_count, now, 0);
    for (uint32_t epoch = 0; epoch < epochs; epoch++) {
        assert_in_range(throttle.allowed, 1, worker_count);
        done += 1000 * rates[throttle.allowed];
        now += 1000;
        entrain__throttle_epoch(&throttle, now, (uint64_t)done);
    }
    // The last number that was tried may be a trial: what it holds to is what is steady.
    *mean_out = done / (1000 * (double)epochs);
    return throttle.stage == ENTRAIN__THROTTLE_STEADY ? throttle.allowed : throttle.before;
}

static void two_workers_that_are_in_each_others_way_become_one(void **state) {
    (void)state;
    static const double rates[] = {0, 1, 0.6};
    double mean;
    assert_int_equal(settle(2, rates, 1000, &mean), 1);
    assert_true(mean > 0.98);
}

static void two_workers_that_help_each_other_stay_two(void **state) {
    (void)state;
    static const double rates[] = {0, 1, 1.9};
    double mean;
    assert_int_equal(settle(2, rates, 1000, &mean), 2);
    assert_true(mean > 1.85);
}

static void the_best_number_is_found_whatever_it_is(void **state) {
    (void)state;
    for (uint32_t best = 1; best <= 16; best *= 2) {
        double rates[17] = {0}, mean;
        for (uint32_t w = 1; w <= 16; w++)
            rates[w] = w <= best ? w : best * (double)best / w;
        assert_int_equal(settle(16, rates, 2000, &mean), best);
        assert_true(mean > 0.9 * best);
    }
}

static void fewer_do_where_more_do_not_help(void **state) {
    (void)state;
    static const double rates[] = {0, 1, 1, 1, 1, 1, 1, 1, 1};
    double mean;
    assert_int_equal(settle(8, rates, 1000, &mean), 1);
}

static void numbers_that_are_no_power_of_two(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 13; workers++) {
        double rates[14], mean;
        for (uint32_t w = 0; w <= 13; w++)
            rates[w] = w;
        assert_int_equal(settle(workers, rates, 2000, &mean), workers);
        assert_true(mean > 0.95 * workers);
    }
}

// What was true a while ago need not be: it finds out.
static void it_is_looked_at_again(void **state) {
    (void)state;
    entrain__throttle throttle;
    uint64_t now = 0;
    double done = 0;
    entrain__throttle_begin(&throttle, 2, now, 0);
    for (uint32_t epoch = 0; epoch < 3000; epoch++) {
        const bool parallel = epoch >= 1500;
        done += throttle.allowed == 1 ? 1000 : parallel ? 1900 : 600;
        now += 1000;
        entrain__throttle_epoch(&throttle, now, (uint64_t)done);
        if (epoch == 1499)
            assert_int_equal(throttle.stage == ENTRAIN__THROTTLE_STEADY ? throttle.allowed : throttle.before,
                             1);
    }
    assert_int_equal(throttle.stage == ENTRAIN__THROTTLE_STEADY ? throttle.allowed : throttle.before, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_workers_that_are_in_each_others_way_become_one),
        cmocka_unit_test(two_workers_that_help_each_other_stay_two),
        cmocka_unit_test(the_best_number_is_found_whatever_it_is),
        cmocka_unit_test(fewer_do_where_more_do_not_help),
        cmocka_unit_test(numbers_that_are_no_power_of_two),
        cmocka_unit_test(it_is_looked_at_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
