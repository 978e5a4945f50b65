// The built-in policies one by one, in virtual time or by hand: what each promises of who runs what. No
// threads, no clock, so every run of this test is the same.
#include "policy_replay.h"

#include "scheduler/mix.h"
#include "scheduler/policies.h"

static const entrain_policy *const thieves[] = {&entrain__policy_steal, &entrain__policy_steal_near,
                                                &entrain__policy_adaptive};
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

// --- Costs

static uint64_t draw(uint64_t phase, uint64_t a, uint64_t b) {
    return entrain__mix(entrain__mix(entrain__mix(phase + 1) ^ a) + b);
}

static uint64_t noisy(const replay *self, uint64_t phase, uint32_t task, uint32_t worker) {
    (void)self, (void)worker;
    return 950 + draw(phase, task, 1) % 101; // 5 % up or down
}

static uint64_t slow_worker(const replay *self, uint64_t phase, uint32_t task, uint32_t worker) {
    return noisy(self, phase, task, worker) * (worker == 3 ? 2 : 1);
}

static uint64_t dear_share(const replay *self, uint64_t phase, uint32_t task, uint32_t worker) {
    bool dear = task / (self->task_count / self->worker_count) == 2;
    return noisy(self, phase, task, worker) * (dear ? 3 : 2) / 2;
}

// --- All that steal

static void nobody_steals_where_nobody_is_late(void **state) {
    (void)state;
    const uint32_t workers[] = {1, 2, 3, 8, 17, 256};
    for (size_t p = 0; p < COUNT_OF(thieves); p++)
        for (size_t w = 0; w < COUNT_OF(workers); w++) {
            const entrain_policy_setup setup = {.worker_count = workers[w], .task_count = 20 * workers[w]};
            replay self = replay_of(thieves[p], &setup);
            for (uint32_t phase = 0; phase < 40; phase++) {
                replay_phase(&self);
                assert_int_equal(self.steals, 0);
                assert_int_equal(self.moved, 0);
                assert_int_equal(self.breaks, workers[w] - 1);
                assert_int_equal(self.end_ns, 20 * 1000);
            }
            replay_end(&self);
        }
}

static void expect_next(const entrain_policy *policy, void *tasks, uint32_t worker, const uint32_t *wanted,
                        uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t task;
        if (!policy->next(tasks, worker, &task) || task != wanted[i])
            fail_msg("%s: worker %u got something else than task %u", policy->name, worker, wanted[i]);
    }
}

static void expect_nothing(const entrain_policy *policy, void *tasks, uint32_t workers) {
    uint32_t task;
    for (uint32_t worker = 0; worker < workers; worker++)
        assert_false(policy->next(tasks, worker, &task));
}

static uint64_t won_by(const entrain_policy *policy, const void *tasks, uint32_t worker) {
    entrain_policy_count count;
    policy->count(tasks, worker, &count);
    return count.steals_won;
}

static void a_thief_takes_the_back_half_and_may_be_robbed_of_it(void **state) {
    (void)state;
    const entrain_policy_setup setup = {.worker_count = 3, .task_count = 48};
    const uint32_t own[] = {16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
    const uint32_t third[] = {32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47};
    const uint32_t half[] = {8}, rest[] = {9, 10, 11}, half_of_it[] = {12, 13, 14, 15};
    const uint32_t front[] = {0, 1, 2, 3, 4, 5, 6, 7};
    for (size_t p = 0; p < COUNT_OF(thieves); p++) {
        const entrain_policy *policy = thieves[p];
        void *tasks;
        assert_int_equal(policy->create(&setup, &tasks), ENTRAIN_OK);
        policy->submit(tasks, 0);
        expect_next(policy, tasks, 2, third, 16);
        expect_next(policy, tasks, 1, own, 16);
        expect_next(policy, tasks, 1, half, 1); // 8 .. 15 left worker 0
        expect_next(policy, tasks, 0, front, 8);
        expect_next(policy, tasks, 0, half_of_it, 4); // of 9 .. 15
        expect_next(policy, tasks, 1, rest, 3);
        expect_nothing(policy, tasks, 3);
        assert_int_equal(won_by(policy, tasks, 0), 1);
        assert_int_equal(won_by(policy, tasks, 1), 1);
        assert_int_equal(won_by(policy, tasks, 2), 0);
        policy->destroy(tasks);
    }
}

// --- steal: affinity

static void a_stolen_task_starts_with_its_thief(void **state) {
    (void)state;
    const entrain_policy *policy = &entrain__policy_steal;
    const entrain_policy_setup setup = {.worker_count = 2, .task_count = 16};
    const uint32_t own_0[] = {0, 1, 2, 3, 4, 5, 6, 7}, own_1[] = {8, 9, 10, 11, 12, 13, 14, 15};
    const uint32_t first_steal[] = {4, 5, 6, 7}, second_steal[] = {2, 3}, third_steal[] = {1};
    void *tasks;
    assert_int_equal(policy->create(&setup, &tasks), ENTRAIN_OK);
    policy->submit(tasks, 0);
    expect_next(policy, tasks, 1, own_1, 8);
    expect_next(policy, tasks, 1, first_steal, 4);
    expect_next(policy, tasks, 1, second_steal, 2);
    expect_next(policy, tasks, 1, third_steal, 1);
    expect_next(policy, tasks, 0, own_0, 1);
    // Half of the share stays away, those first stolen; the other half is at home again. Residents first,
    // then guests.
    for (uint64_t phase = 1; phase < 300; phase++) {
        policy->submit(tasks, phase);
        expect_next(policy, tasks, 0, own_0, 4);
        expect_next(policy, tasks, 1, own_1, 8);
        expect_next(policy, tasks, 1, first_steal, 4);
        expect_nothing(policy, tasks, 2);
        assert_int_equal(won_by(policy, tasks, 1), 3);
    }
    // Worker 0 runs dry, and what it takes first are its own, which are guests there: those are home then.
    policy->submit(tasks, 300);
    expect_next(policy, tasks, 0, own_0, 4);
    expect_next(policy, tasks, 1, own_1, 6);
    expect_next(policy, tasks, 0, &own_0[5], 3); // the back half of 14, 15, 4, 5, 6, 7
    expect_next(policy, tasks, 1, &own_1[6], 2);
    expect_next(policy, tasks, 1, first_steal, 1);
    policy->submit(tasks, 301);
    const uint32_t home_but_one[] = {0, 1, 2, 3, 5, 6, 7};
    expect_next(policy, tasks, 0, home_but_one, 7);
    expect_next(policy, tasks, 1, own_1, 8);
    expect_next(policy, tasks, 1, first_steal, 1);
    expect_nothing(policy, tasks, 2);
    policy->destroy(tasks);
}

// The first task of the next worker's share is as much a guest as any.
static void the_last_task_of_a_share_may_be_its_first(void **state) {
    (void)state;
    const entrain_policy *policy = &entrain__policy_steal;
    const entrain_policy_setup setup = {.worker_count = 2, .task_count = 2};
    const uint32_t both[] = {0, 1};
    void *tasks;
    assert_int_equal(policy->create(&setup, &tasks), ENTRAIN_OK);
    for (uint64_t phase = 0; phase < 300; phase++) {
        policy->submit(tasks, phase);
        expect_next(policy, tasks, 0, both, 2);
        expect_nothing(policy, tasks, 2);
        assert_int_equal(won_by(policy, tasks, 0), 1); // and from then on both start there
    }
    policy->destroy(tasks);
}

// Ten tasks of 640 are noise, eleven are not.
static void a_few_stolen_tasks_are_not_worth_a_move(void **state) {
    (void)state;
    const entrain_policy *policy = &entrain__policy_steal;
    const entrain_policy_setup setup = {.worker_count = 2, .task_count = 640};
    for (uint32_t count = 10; count <= 11; count++) {
        void *tasks;
        uint32_t task, last = 0;
        assert_int_equal(policy->create(&setup, &tasks), ENTRAIN_OK);
        policy->submit(tasks, 0);
        for (uint32_t i = 0; i < 320 - 2 * count; i++)
            assert_true(policy->next(tasks, 0, &task) && task == i);
        for (uint32_t i = 0; i < 320 + count; i++) // its own and half of the rest
            assert_true(policy->next(tasks, 1, &last));
        while (policy->next(tasks, 0, &task))
            assert_true(task < 320 - count);
        assert_int_equal(last, 319);
        policy->submit(tasks, 1);
        for (uint32_t i = 0; policy->next(tasks, 0, &task) && task < 320; i++)
            last = i;
        assert_int_equal(last + 1, count == 10 ? 320 : 309);
        policy->destroy(tasks);
    }
}

static void one_late_phase_is_forgotten(void **state) {
    (void)state;
    const entrain_policy_setup setup = {.worker_count = 8, .task_count = 400, .seed = 5};
    for (uint64_t late_ns = 10000; late_ns <= 640000; late_ns *= 2) {
        replay self = replay_of(&entrain__policy_steal, &setup);
        for (uint32_t phase = 0; phase < 3; phase++)
            replay_phase(&self);
        self.late_ns[2] = late_ns;
        replay_phase(&self);
        assert_true(self.steals > 0 && self.ran[2] < 50);
        uint32_t moved = 0, phases = 0;
        do {
            replay_phase(&self);
            moved += self.moved;
            phases++;
        } while (self.moved > 0 && phases < 100);
        if (phases > 6 || self.breaks != 7 || moved > 250)
            fail_msg("late by %llu ns: it took %u phases and %u moved tasks, and left %u breaks",
                     (unsigned long long)late_ns, phases, moved, self.breaks);
        replay_end(&self);
    }
}

typedef struct figures {
    double over, steals, moved,
        breaks; // means of a phase; over: its end above the mean work of a worker, 1 is ideal
} figures;

static figures measure(const entrain_policy *policy, const char *what,
                       uint64_t (*cost)(const replay *, uint64_t, uint32_t, uint32_t),
                       uint32_t late_percent) {
    enum { PHASES = 320 };
    const entrain_policy_setup setup = {.worker_count = 8, .task_count = 400, .seed = 1};
    replay self = replay_of(policy, &setup);
    self.cost = cost;
    figures sum = {0};
    for (uint32_t phase = 0; phase < PHASES; phase++) {
        for (uint32_t worker = 0; worker < 8; worker++)
            if (draw(phase, worker, 7) % 100 < late_percent)
                self.late_ns[worker] = 50000;
        replay_phase(&self);
        sum.over += (double)self.end_ns / (double)self.mean_ns;
        sum.steals += (double)self.steals;
        sum.moved += self.moved;
        sum.breaks += self.breaks;
    }
    replay_end(&self);
    figures mean = {sum.over / PHASES, sum.steals / PHASES, sum.moved / PHASES, sum.breaks / PHASES};
    printf("%-10s %-28s end %.3f x mean, %5.2f steals, %5.1f moved, %5.1f breaks\n", policy->name, what,
           mean.over, mean.steals, mean.moved, mean.breaks);
    return mean;
}

// The figures at the head of policy_steal.c, each with room for another's draws.
static void what_lasts_is_stolen_once_and_what_happens_once_is_forgotten(void **state) {
    (void)state;
    const entrain_policy *steal = &entrain__policy_steal;
    figures now = measure(steal, "noise of 5 %", noisy, 0);
    assert_true(now.over < 1.02 && now.steals < 0.5 && now.moved < 1 && now.breaks < 8);
    now = measure(steal, "one worker twice as slow", slow_worker, 0);
    assert_true(now.over < 1.05 && now.steals < 4 && now.moved < 5); // not 15 and 20
    now = measure(steal, "one share half as dear again", dear_share, 0);
    assert_true(now.over < 1.03 && now.steals < 3 && now.moved < 4); // not 12 and 13
    now = measure(steal, "each late in 2 % of phases", noisy, 2);
    assert_true(now.over < 1.1 && now.breaks < 25 && now.moved < 40); // not 190 breaks
}

// --- steal-near

// Each share is one task, so what a worker gets names whom it robbed.
static void check_near(const char *what, uint32_t workers, const uint32_t *distances) {
    const entrain_policy *policy = &entrain__policy_steal_near;
    bool differs[ENTRAIN_WORKERS_MAX] = {false};
    uint32_t first_victim[ENTRAIN_WORKERS_MAX] = {0};
    for (uint64_t seed = 0; seed < 40; seed++) {
        const entrain_policy_setup setup = {
            .worker_count = workers, .task_count = workers, .seed = seed, .worker_distances = distances};
        void *tasks;
        assert_int_equal(policy->create(&setup, &tasks), ENTRAIN_OK);
        for (uint32_t worker = 0; worker < workers; worker++) {
            policy->submit(tasks, 0);
            uint32_t got = workers, last = 0;
            for (uint32_t i = 0; i < workers; i++, last = got) {
                assert_true(policy->next(tasks, worker, &got));
                assert_true(i > 0 || got == worker);
                if (i > 0 && distances[worker * workers + got] < distances[worker * workers + last])
                    fail_msg("%s: worker %u robbed %u before %u, which is nearer", what, worker, last, got);
                if (i == 1) {
                    differs[worker] |= seed > 0 && got != first_victim[worker];
                    first_victim[worker] = got;
                }
            }
            // So that the next round starts from the same shares.
            policy->destroy(tasks);
            assert_int_equal(policy->create(&setup, &tasks), ENTRAIN_OK);
        }
        policy->destroy(tasks);
    }
    // Among equally near ones it is chance.
    for (uint32_t worker = 0; worker < workers; worker++) {
        uint32_t nearest = UINT32_MAX, equals = 0;
        for (uint32_t other = 0; other < workers; other++) {
            const uint32_t distance = distances[worker * workers + other];
            if (other == worker)
                continue;
            equals = distance < nearest ? 1 : equals + (distance == nearest);
            nearest = distance < nearest ? distance : nearest;
        }
        if (differs[worker] != (equals > 1))
            fail_msg("%s: worker %u has %u nearest, and its first victim %s", what, worker, equals,
                     differs[worker] ? "differs" : "is always the same");
    }
}

static void the_nearest_are_robbed_first(void **state) {
    (void)state;
    const uint32_t pairs[] = {0, 1, 2, 2, /**/ 1, 0, 2, 2, /**/ 2, 2, 0, 1, /**/ 2, 2, 1, 0};
    check_near("two pairs", 4, pairs);
    // Workers 0, 3 and 4 share a cache, 1 and 2 another; 5 is alone in the other package.
    const uint32_t lopsided[] = {0, 3, 3, 1, 1, 7, /**/ 3, 0, 1, 3, 3, 7, /**/ 3, 1, 0, 3, 3, 7,
                                 1, 3, 3, 0, 1, 7, /**/ 1, 3, 3, 1, 0, 7, /**/ 7, 7, 7, 7, 7, 0};
    check_near("lopsided", 6, lopsided);
    uint32_t line[9 * 9];
    for (uint32_t i = 0; i < 81; i++)
        line[i] = i / 9 > i % 9 ? i / 9 - i % 9 : i % 9 - i / 9;
    check_near("a line", 9, line);
}

static void without_distances_all_are_alike(void **state) {
    (void)state;
    uint32_t robbed[8] = {0};
    for (uint64_t seed = 0; seed < 400; seed++) {
        const entrain_policy_setup setup = {.worker_count = 8, .task_count = 8, .seed = seed};
        void *tasks;
        uint32_t got;
        assert_int_equal(entrain__policy_steal_near.create(&setup, &tasks), ENTRAIN_OK);
        entrain__policy_steal_near.submit(tasks, 0);
        assert_true(entrain__policy_steal_near.next(tasks, 2, &got) && got == 2);
        assert_true(entrain__policy_steal_near.next(tasks, 2, &got));
        robbed[got]++;
        entrain__policy_steal_near.destroy(tasks);
    }
    for (uint32_t worker = 0; worker < 8; worker++)
        assert_true(worker == 2 ? robbed[worker] == 0 : robbed[worker] > 20); // about 57
}

// --- guided

// Two of the workers take turns in emptying a share, so that each sees where the other's begins.
static uint32_t shares_of(const entrain_policy_setup *setup, uint32_t *firsts_out) {
    const entrain_policy *policy = &entrain__policy_guided;
    void *tasks;
    uint32_t shares = 0, ahead[2], task;
    assert_int_equal(policy->create(setup, &tasks), ENTRAIN_OK);
    for (uint64_t phase = 0; phase < 3; phase++) {
        policy->submit(tasks, phase);
        shares = 0;
        assert_true(policy->next(tasks, 0, &ahead[0]));
        firsts_out[shares++] = ahead[0];
        bool more[2] = {true, policy->next(tasks, 1, &ahead[1])};
        if (more[1])
            firsts_out[shares++] = ahead[1];
        for (uint32_t turn = 0; more[turn]; turn ^= 1) {
            while ((more[turn] = policy->next(tasks, turn, &task)) && task == ahead[turn] + 1)
                ahead[turn] = task;
            if (more[turn])
                firsts_out[shares++] = ahead[turn] = task;
        }
        expect_nothing(policy, tasks, setup->worker_count);
    }
    policy->destroy(tasks);
    firsts_out[shares] = setup->task_count;
    return shares;
}

static void guided_shares_shrink(void **state) {
    (void)state;
    enum { TASKS = 1000 };
    static uint32_t firsts[TASKS + 1], weights[TASKS];
    for (uint32_t workers = 2; workers <= 8; workers += 3) {
        entrain_policy_setup setup = {.worker_count = workers, .task_count = TASKS};
        uint32_t shares = shares_of(&setup, firsts), left = TASKS;
        for (uint32_t i = 0; i < shares; i++) {
            assert_int_equal(firsts[i + 1] - firsts[i], (left + workers - 1) / workers);
            left -= firsts[i + 1] - firsts[i];
        }
        assert_int_equal(firsts[shares - 1], TASKS - 1); // the last is a single task
        assert_true(shares < workers * 8);
        // By weight: a hub ends a share that is not full, and has the next for itself.
        for (uint32_t i = 0; i < TASKS; i++)
            weights[i] = i == 10 ? 5000 : 1 + i % 3;
        setup.task_weights = weights;
        shares = shares_of(&setup, firsts);
        uint64_t weight_left = 0;
        for (uint32_t i = 0; i < TASKS; i++)
            weight_left += weights[i];
        for (uint32_t i = 0; i < shares; i++) {
            uint64_t got = 0, heaviest = 0;
            for (uint32_t task = firsts[i]; task < firsts[i + 1]; task++) {
                got += weights[task];
                heaviest = weights[task] > heaviest ? weights[task] : heaviest;
            }
            if (got > weight_left / workers + 1 + heaviest)
                fail_msg("%u workers: share %u has weight %llu of %llu", workers, i, (unsigned long long)got,
                         (unsigned long long)weight_left);
            weight_left -= got;
        }
        assert_int_equal(weight_left, 0);
    }
}

// --- adaptive

// Sixteen tasks, from *given on, cost four times as much.
static uint64_t moving_hub(const replay *self, uint64_t phase, uint32_t task, uint32_t worker) {
    const uint32_t *first = self->given;
    return noisy(self, phase, task, worker) * (task - *first < 16 ? 4 : 1);
}

static void adaptive_cuts_shares_by_measured_costs(void **state) {
    (void)state;
    const entrain_policy_setup setup = {.worker_count = 4, .task_count = 128};
    replay self = replay_of(&entrain__policy_adaptive, &setup);
    uint32_t hub = 0;
    self.cost = moving_hub;
    self.given = &hub;
    for (uint32_t turn = 0; turn < 4; turn++, hub = hub == 0 ? 112 : 0) {
        replay_phase(&self);
        assert_true(self.steals > 0); // the old shares do not fit
        for (uint32_t phase = 0; phase < 80; phase++)
            replay_phase(&self);
        uint64_t steals = 0;
        for (uint32_t phase = 0; phase < 40; phase++) {
            replay_phase(&self);
            steals += self.steals;
            assert_true(self.end_ns < self.mean_ns * 108 / 100); // within a dear task of the ideal
        }
        if (steals > 80)
            fail_msg("%llu steals in 40 phases after the shares were cut again", (unsigned long long)steals);
        // The sixteen cost as much as 64 others: a worker of the dear end has about 11 tasks, the other end's
        // about 44.
        assert_true(self.ran[hub == 0 ? 0 : 3] <= 13 && self.ran[hub == 0 ? 3 : 0] >= 38);
        assert_int_equal(self.first[0], 0);
    }
    replay_end(&self);
}

// The first share a little dearer than the others: less than it is worth to cut again for. And three phases
// of each 16 in which the worker of task 40 is preempted in the middle of it.
static uint64_t preempted(const replay *self, uint64_t phase, uint32_t task, uint32_t worker) {
    (void)self, (void)worker;
    return task == 40 && phase % 16 >= 12 && phase % 16 < 15 ? 4000000 : task < 32 ? 1040 : 1000;
}

static void adaptive_is_not_alarmed(void **state) {
    (void)state;
    const entrain_policy_setup setup = {.worker_count = 4, .task_count = 128};
    replay self = replay_of(&entrain__policy_adaptive, &setup);
    self.cost = preempted;
    for (uint32_t phase = 0; phase < 100; phase++) {
        replay_phase(&self);
        assert_true(phase % 16 < 12 || phase % 16 == 15 || self.ran[1] < 16); // robbed enough for it to look
        for (uint32_t worker = 0; worker < 4; worker++)
            assert_int_equal(self.first[worker], 32 * worker);
    }
    replay_end(&self);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_steals_where_nobody_is_late),
        cmocka_unit_test(a_thief_takes_the_back_half_and_may_be_robbed_of_it),
        cmocka_unit_test(a_stolen_task_starts_with_its_thief),
        cmocka_unit_test(the_last_task_of_a_share_may_be_its_first),
        cmocka_unit_test(a_few_stolen_tasks_are_not_worth_a_move),
        cmocka_unit_test(one_late_phase_is_forgotten),
        cmocka_unit_test(what_lasts_is_stolen_once_and_what_happens_once_is_forgotten),
        cmocka_unit_test(the_nearest_are_robbed_first),
        cmocka_unit_test(without_distances_all_are_alike),
        cmocka_unit_test(guided_shares_shrink),
        cmocka_unit_test(adaptive_cuts_shares_by_measured_costs),
        cmocka_unit_test(adaptive_is_not_alarmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
