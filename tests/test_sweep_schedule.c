// Which unit begins next, in simulated time: workers are never left idle for long, whatever the mix, however
// wrong the plan's estimates; no more workers or memory than there are; each unit once.
#include "tests/check.h"

#include "sims/sweep_schedule.h"

typedef struct job {
    schedule_choice choice;
    double begun_s, end_s;
    bool active;
} job;

static uint64_t state = 1;
static double draw(void) { // 0 to 1
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (double)(state >> 11) / (double)(1ull << 53);
}

typedef struct machine {
    uint32_t workers;
    size_t bytes;
    double wrong; // what takes c by the plan takes up to so many times as long, or as short; 1: exact
    double fork_s;
} machine;

// Share of all workers' time until the end that work (as one worker would do it) amounts to.
static double carry_out(const sweep_unit *units, uint32_t count, machine on) {
    sweep_schedule *schedule = NULL;
    entrain_error error;
    CHECK_OK(schedule_make(units, count, on.workers, on.bytes, &schedule, &error), error);
    schedule_set_overhead(schedule, on.fork_s);
    static job jobs[64];
    memset(jobs, 0, sizeof jobs);
    double *takes_s = calloc(count, sizeof *takes_s), work_s = 0, now_s = 0;
    unsigned *done = calloc(count, sizeof *done);
    for (uint32_t u = 0; u < count; u++) {
        schedule_add(schedule, u);
        // Wrong by size, as estimates are, and by chance.
        const double size = units[u].cost > 1 ? on.wrong : 1 / on.wrong;
        takes_s[u] = units[u].cost * size * (0.8 + 0.4 * draw());
        work_s += takes_s[u];
    }
    for (;;) {
        schedule_choice choice;
        uint32_t used = 0;
        size_t used_bytes = 0;
        while (schedule_pick(schedule, now_s, &choice)) {
            job *next = jobs;
            while (next->active)
                next++;
            *next = (job){.choice = choice, .active = true, .begun_s = now_s};
            next->end_s = now_s + on.fork_s;
            for (uint32_t k = 0; k < choice.count;
                 k++) // a further worker brings a little less than the first
                next->end_s += takes_s[choice.units[k]] / choice.workers * (1 + 0.01 * (choice.workers - 1));
        }
        job *first = NULL;
        for (job *one = jobs; one < jobs + 64; one++) {
            if (!one->active)
                continue;
            used += one->choice.workers;
            used_bytes += one->choice.bytes;
            if (first == NULL || one->end_s < first->end_s)
                first = one;
        }
        assert_true(used <= on.workers);
        assert_true(on.bytes == 0 || used_bytes <= on.bytes || used == first->choice.workers);
        if (first == NULL)
            break;
        now_s = first->end_s;
        for (uint32_t k = 0; k < first->choice.count; k++) {
            const uint32_t unit = first->choice.units[k];
            done[unit]++;
            schedule_learn(schedule, unit, takes_s[unit] * (1 + 0.01 * (first->choice.workers - 1)));
        }
        schedule_ended(schedule, first->choice.handle);
        first->active = false;
    }
    assert_int_equal(schedule_pending(schedule), 0);
    for (uint32_t u = 0; u < count; u++)
        assert_int_equal(done[u], 1);
    schedule_free(schedule);
    free(done);
    free(takes_s);
    return work_s / (now_s * on.workers);
}

static void add(sweep_unit *units, uint32_t *count, uint32_t number, double cost, size_t bytes) {
    for (uint32_t k = 0; k < number; k++)
        units[(*count)++] = (sweep_unit){.cost = cost, .bytes = bytes, .chosen = true, .run_count = 1};
}

static sweep_unit units[20000];

// Many small and few large ones, in the order of a sweep: for each replica the large first.
static uint32_t mix(double largest_s) {
    uint32_t count = 0;
    for (int replica = 0; replica < 10; replica++) {
        add(units, &count, 1, largest_s, 400000000);
        add(units, &count, 3, largest_s / 10, 48000000);
        add(units, &count, 10, largest_s / 100, 12000000);
        add(units, &count, 60, largest_s / 1000, 8500000);
    }
    return count;
}

static void test_the_machine_is_full(void **unused) {
    (void)unused;
    double least = 1;
    for (uint32_t workers = 1; workers <= 64; workers = workers < 4 ? workers + 1 : workers * 2)
        for (double wrong = 1; wrong <= 9; wrong *= 3)
            for (double largest_s = 1; largest_s <= 1000; largest_s *= 10) {
                const double share = carry_out(
                    units, mix(largest_s),
                    (machine){.workers = workers, .wrong = wrong, .bytes = 64000000000, .fork_s = 4e-4});
                // A run on all of 64 workers brings 1 / 1.63 of what it would bring on one, by what is said
                // above.
                const double possible = 1 / (1 + 0.01 * (workers - 1));
                if (wrong < 9 && share / possible < least)
                    least = share / possible;
                // Small ones 81 times as long against large ones as was said: then a part of a second is
                // lost.
                if (share < (wrong < 9 ? 0.9 : 0.7) * possible)
                    fail_msg("%u workers, estimates wrong by %g, the largest takes %g s: %.1f %% busy",
                             workers, wrong, largest_s, 100 * share);
            }
    print_message("busy: %.1f %% at least of what is possible\n", 100 * least);
}

static void test_one_large_at_the_end(void **unused) {
    (void)unused;
    uint32_t count = 0;
    add(units, &count, 40, 1, 9000000);
    add(units, &count, 1, 10, 200000000);
    assert_true(carry_out(units, count, (machine){.workers = 4, .wrong = 1, .fork_s = 1e-3}) > 0.85);
    count = 0;
    add(units, &count, 3, 10, 200000000); // fewer than workers
    assert_true(carry_out(units, count, (machine){.workers = 16, .wrong = 1, .fork_s = 1e-3}) > 0.7);
}

// Four fit into memory, of sixteen workers: each has four.
static void test_memory(void **unused) {
    (void)unused;
    uint32_t count = 0;
    add(units, &count, 40, 10, 2000000000);
    assert_true(carry_out(units, count, (machine){.workers = 16, .bytes = 8100000000, .wrong = 1}) > 0.85);
    add(units, &count, 1, 10, 20000000000); // more than there is: by itself
    add(units, &count, 400, 1, 9000000);
    assert_true(carry_out(units, count, (machine){.workers = 16, .bytes = 8100000000, .wrong = 1}) > 0.8);
}

static void test_tiny_ones_are_put_together(void **unused) {
    (void)unused;
    uint32_t count = 0;
    add(units, &count, 20000, 1e-3, 8000000);
    // One by one: 20,000 forks of 10 ms to 20,000 runs of 1 ms would be 9 %.
    assert_true(carry_out(units, count, (machine){.workers = 4, .wrong = 1, .fork_s = 10e-3}) > 0.9);
    assert_true(carry_out(units, count, (machine){.workers = 2, .wrong = 9, .fork_s = 1e-3}) > 0.9);
}

static void test_turns_and_returns(void **unused) {
    (void)unused;
    uint32_t count = 0;
    add(units, &count, 6, 10, 9000000);
    sweep_schedule *schedule = NULL;
    entrain_error error;
    schedule_choice first, second, third;
    CHECK_OK(schedule_make(units, count, 2, 0, &schedule, &error), error);
    assert_false(schedule_pick(schedule, 0, &first));
    for (uint32_t u = 0; u < count; u++)
        schedule_add(schedule, u);
    assert_true(schedule_pick(schedule, 0, &first) && first.units[0] == 0 && first.workers == 1);
    assert_true(schedule_pick(schedule, 0, &second) && second.units[0] == 1);
    assert_false(schedule_pick(schedule, 0, &third));
    CHECK_NEAR(schedule_left_s(schedule, 0), 30, 0.1);
    schedule_ended(schedule, first.handle);
    schedule_return(schedule, 0, true); // once more, when nothing else runs
    assert_false(schedule_pick(schedule, 1, &third));
    schedule_learn(schedule, 1, 20); // twice what was expected: what is left, too
    schedule_ended(schedule, second.handle);
    CHECK_NEAR(schedule_left_s(schedule, 20), 50, 0.1);
    assert_true(schedule_pick(schedule, 20, &first) && first.units[0] == 0 && first.workers == 2);
    assert_false(schedule_pick(schedule, 20, &third));
    schedule_ended(schedule, first.handle);
    assert_true(schedule_pick(schedule, 20, &first) && first.units[0] == 2);
    assert_int_equal(schedule_pending(schedule), 3);
    schedule_free(schedule);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_machine_is_full),
        cmocka_unit_test(test_one_large_at_the_end),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_tiny_ones_are_put_together),
        cmocka_unit_test(test_turns_and_returns),
    };
    return cmocka_run_group_tests_name("sweep_schedule", tests, NULL, NULL);
}
