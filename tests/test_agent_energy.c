// What agents pay and what they do: energy's books, and what each strategy is for.
//
// Each check looks at every agent's columns tick by tick from outside, and needs nothing but agent.h: what
// the energy was, what was spent in this tick, how far the phase went beyond h (omega + v).
#include <string.h>

#include "agent_world.h"
#include "check.h"

enum { SIZE = 60 };

static double wrapped(double angle) { return angle - TWO_PI * floor(angle / TWO_PI + 0.5); }

static entrain_agent_habit *habit(world *here, uint32_t index) {
    return (entrain_agent_habit *)entrain_population_at(here->population, index, ENTRAIN_AGENT_HABIT);
}

// What is seen of an agent between two ticks.
typedef struct look {
    double phase, omega, learned, energy, spent;
    uint8_t acting;
} look;

static look look_at(world *here, uint32_t i) {
    return (look){.phase = *world_double(here, i, 0),
                  .omega = *world_double(here, i, 2),
                  .learned = *world_double(here, i, ENTRAIN_AGENT_LEARNED),
                  .energy = *world_double(here, i, ENTRAIN_AGENT_ENERGY),
                  .spent = *world_double(here, i, ENTRAIN_AGENT_SPENT),
                  .acting = habit(here, i)->acting};
}

static entrain_agent_totals totals_of(world *here) {
    entrain_agent_totals totals;
    world_must(entrain_agents_measure(here->population, &totals), NULL, "measure");
    return totals;
}

static entrain_swarm_config plain(entrain_strategy strategy, uint32_t size, uint64_t seed) {
    entrain_swarm_config config = world_goal(ENTRAIN_GOAL_MINIMIZE_API_CALLS, size, seed);
    config.agent.strategy = strategy;
    config.agent.pulses = strategy == ENTRAIN_STRATEGY_PULSE || strategy == ENTRAIN_STRATEGY_ADAPTIVE;
    return config;
}

// One tick's books of one agent: what it had and what it got, never above what it holds, is what it has and
// what it spent. Adjustments are paid before it gets anything, pulses after: what comes to one who is full
// is lost to it in between.
static void balance(const look *then, const look *now, double most, double gained, bool pulses,
                    const char *what, uint32_t i) {
    const double paid = now->spent - then->spent;
    const double late = fmin(most, then->energy - paid + gained);
    const double early = pulses ? fmin(most, then->energy + gained) - paid : late;
    if (!(now->energy >= 0 && now->energy <= most && paid >= 0))
        fail_msg("%s: agent %u has %.17g of %g units, paid %.17g", what, i, now->energy, most, paid);
    if (!(now->energy >= early - 1e-9 && now->energy <= late + 1e-9))
        fail_msg("%s: agent %u had %.17g of %g units, got %g, paid %.17g, and has %.17g", what, i,
                 then->energy, most, gained, paid, now->energy);
}

static void energy_is_kept_in_books(void **state) {
    (void)state;
    static const double capacities[] = {100, 12, 1, 0.01, 1e-9}, recoveries[] = {5, 0, 40, 0.3, 5};
    for (int strategy = 0; strategy < ENTRAIN_STRATEGY_COUNT; strategy++)
        for (int k = 0; k < 5; k++) {
            entrain_swarm_config config = plain((entrain_strategy)strategy, SIZE, (uint64_t)k + 1);
            config.agent.energy = capacities[k];
            config.agent.recovery = recoveries[k];
            config.agent.stubbornness = k == 1 ? 0.2 : 0;
            const char *name = entrain_strategy_name((entrain_strategy)strategy);
            look then[SIZE];
            world here;
            world_open(&here, &config);
            double spent = 0;
            for (uint32_t i = 0; i < SIZE; i++) {
                then[i] = look_at(&here, i);
                assert_true(then[i].energy == capacities[k] && then[i].spent == 0);
                habit(&here, i)->unpowered = i % 7 == 0;
            }
            for (uint32_t tick = 1; tick <= 600; tick++) {
                world_run_to(&here, tick * 0.01);
                for (uint32_t i = 0; i < SIZE; i++) {
                    const look now = look_at(&here, i);
                    balance(&then[i], &now, capacities[k], i % 7 == 0 ? 0 : recoveries[k] * 0.01,
                            config.agent.pulses, name, i);
                    then[i] = now;
                }
            }
            for (uint32_t i = 0; i < SIZE; i++)
                spent += then[i].spent;
            const entrain_agent_totals totals = totals_of(&here);
            CHECK_NEAR(totals.spent, spent, 1e-6 * (1 + spent));
            if (capacities[k] == 100)
                assert_true(spent > 0); // or there was nothing to keep books of
            world_close(&here);
        }
}

// Without energy an agent turns freely, and learns nothing, whatever it hears; the others around it go on.
static void who_has_no_energy_turns_freely(void **state) {
    (void)state;
    for (int strategy = 0; strategy < ENTRAIN_STRATEGY_COUNT; strategy++) {
        const entrain_swarm_config config = plain((entrain_strategy)strategy, SIZE, 3);
        world here;
        look then[SIZE];
        uint32_t moved = 0;
        world_open(&here, &config);
        for (uint32_t i = 0; i < SIZE; i++) {
            if (i % 2 == 0) {
                habit(&here, i)->unpowered = 1;
                *world_double(&here, i, ENTRAIN_AGENT_ENERGY) = 0;
            }
            then[i] = look_at(&here, i);
        }
        entrain_engine_republish(here.engine);
        for (uint32_t tick = 1; tick <= 300; tick++) {
            world_run_to(&here, tick * 0.01);
            for (uint32_t i = 0; i < SIZE; i++) {
                const look now = look_at(&here, i);
                const double beyond =
                    wrapped(now.phase - then[i].phase - 0.01 * (then[i].omega + now.learned));
                if (i % 2 == 1)
                    moved += fabs(beyond) > 1e-12;
                else if (fabs(beyond) > 1e-12 || now.learned != 0 || now.energy != 0 || now.spent != 0)
                    fail_msg("%s: agent %u without energy moved %.3g rad of its own, learned %.3g, has %.3g, "
                             "spent %.3g",
                             entrain_strategy_name((entrain_strategy)strategy), i, beyond, now.learned,
                             now.energy, now.spent);
                then[i] = now;
            }
        }
        assert_true(moved > 0);
        world_close(&here);
    }
}

// Who is wholly stubborn does nothing, whatever its energy; who is slow by 10 acts in every tenth tick only.
static void the_stubborn_and_the_slow_sit_ticks_out(void **state) {
    (void)state;
    for (int strategy = 0; strategy <= ENTRAIN_STRATEGY_FREQUENCY_LOCK; strategy++) {
        const entrain_swarm_config config = plain((entrain_strategy)strategy, SIZE, 4);
        enum { TICKS = 200 };
        world here;
        look then[SIZE];
        uint32_t acted[SIZE] = {0}, turn[SIZE] = {0};
        world_open(&here, &config);
        for (uint32_t i = 0; i < SIZE; i++) {
            habit(&here, i)->stubborn = i % 4 == 1 ? UINT16_MAX : i % 4 == 2 ? UINT16_MAX / 2 : 0;
            habit(&here, i)->slow = i % 4 == 3 ? 10 : 0;
            then[i] = look_at(&here, i);
        }
        for (uint32_t tick = 1; tick <= TICKS; tick++) {
            world_run_to(&here, tick * 0.01);
            for (uint32_t i = 0; i < SIZE; i++) {
                const look now = look_at(&here, i);
                const bool acts = now.spent > then[i].spent || now.learned != then[i].learned;
                then[i] = now;
                acted[i] += acts;
                if (acts && i % 4 == 3) { // always the same one of ten ticks
                    assert_true(turn[i] == 0 || turn[i] == 1 + tick % 10);
                    turn[i] = 1 + tick % 10;
                }
            }
        }
        uint32_t by_kind[4] = {0};
        for (uint32_t i = 0; i < SIZE; i++)
            by_kind[i % 4] += acted[i];
        const double all = SIZE / 4.0 * TICKS;
        print_message(
            "  %s: acted in %.1f %% of ticks, stubborn %.1f %%, half stubborn %.1f %%, slow %.1f %%\n",
            entrain_strategy_name((entrain_strategy)strategy), 100 * by_kind[0] / all, 100 * by_kind[1] / all,
            100 * by_kind[2] / all, 100 * by_kind[3] / all);
        assert_true(by_kind[0] > 0.9 * all);
        assert_true(by_kind[1] == 0);
        CHECK_NEAR(by_kind[2] / all, 0.5, 0.05); // 4 sigma: 4 sqrt(.25 / 3000) = 0.037
        assert_true(by_kind[3] <= 0.1 * all && by_kind[3] >= 0.08 * all); // at first there is nothing to do
        world_close(&here);
    }
}

// Frequency-lock aligns frequencies: their spread falls to a tenth within 10 s; phase-nudge leaves them as
// they are.
static void frequency_lock_aligns_frequencies(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        static const entrain_strategy both[] = {ENTRAIN_STRATEGY_FREQUENCY_LOCK,
                                                ENTRAIN_STRATEGY_PHASE_NUDGE};
        double ratio[2];
        for (int b = 0; b < 2; b++) {
            const entrain_swarm_config config = plain(both[b], 400, seed);
            world here;
            world_open(&here, &config);
            const double before = totals_of(&here).frequency_spread;
            CHECK_NEAR(before, 0.2, 0.04);
            world_run_to(&here, 10);
            ratio[b] = totals_of(&here).frequency_spread / before;
            world_close(&here);
        }
        print_message("  spread of frequencies after 10 s: frequency-lock x %.4f, phase-nudge x %.4f\n",
                      ratio[0], ratio[1]);
        assert_true(ratio[0] <= 0.1);
        CHECK_NEAR(ratio[1], 1, 1e-9);
    }
}

// A pulse is a message to each who hears it, and is paid for: 100 units and 5 a second buy so many at 20
// units and no more. Who has none sends none.
static void pulses_are_messages_and_are_paid(void **state) {
    (void)state;
    entrain_swarm_config config = plain(ENTRAIN_STRATEGY_PULSE, 200, 2);
    world here;
    world_open(&here, &config);
    entrain_message_count before, after;
    entrain_engine_count(here.engine, &before);
    world_run_to(&here, 20);
    entrain_engine_count(here.engine, &after);
    const entrain_agent_totals totals = totals_of(&here);
    const uint64_t sent = after.sent - before.sent;
    print_message("  %llu pulses of 200 agents in 20 s, %llu messages, %.0f units spent\n",
                  (unsigned long long)totals.pulses, (unsigned long long)sent, totals.spent);
    assert_int_equal(sent, 8 * totals.pulses);
    assert_true(totals.pulses >= 200 * 5); // everybody could pay five at once, and more since
    assert_true((double)totals.pulses <= 200 * (100 + 5 * 20) / 20.0);
    assert_true(totals.spent >= 20.0 * (double)totals.pulses - 1e-6);
    assert_true(totals.denied > 0); // once a second is more than can be paid: it was sparing by need
    assert_int_equal(entrain_message_count_residual(&after), 0);
    world_close(&here);

    config.agent.pulse_cost = 0;
    config.agent.low = config.agent.high = 1; // never close enough
    world_open(&here, &config);
    world_run_to(&here, 20);
    const uint64_t all = totals_of(&here).pulses; // about once a turn
    print_message("  %llu pulses when they cost nothing\n", (unsigned long long)all);
    assert_true(all >= 200 * 10 && all <= 200 * 40);
    world_close(&here);

    config = plain(ENTRAIN_STRATEGY_PULSE, 200, 2);
    config.agent.energy = 19;
    world_open(&here, &config);
    world_run_to(&here, 5);
    entrain_engine_count(here.engine, &after);
    assert_int_equal(totals_of(&here).pulses, 0);
    assert_int_equal(after.sent, 0);
    world_close(&here);

    // And they do something: by pulses that cost little the swarm comes together.
    config = plain(ENTRAIN_STRATEGY_PULSE, 200, 2);
    config.agent.pulse_cost = 1;
    world_open(&here, &config);
    const double start = world_sample(&here).coherence;
    world_run_to(&here, 30);
    const double end = world_sample(&here).coherence;
    print_message("  by pulses of one unit coherence went from %.3f to %.3f\n", start, end);
    assert_true(end > 0.6 && start < 0.3);
    world_close(&here);
}

// Gain by energy: full from 80 % on, selective down to 20 %, little down to 5 %, none below.
static void energy_aware_does_less_with_less(void **state) {
    (void)state;
    static const double levels[] = {100, 81, 79, 50, 21, 19, 10, 6, 4, 0};
    enum { LEVELS = sizeof levels / sizeof *levels };
    double adjusted[LEVELS];
    for (int l = 0; l < LEVELS; l++) {
        entrain_swarm_config config = plain(ENTRAIN_STRATEGY_ENERGY_AWARE, 400, 6);
        config.agent.recovery = 0;
        world here;
        world_open(&here, &config);
        adjusted[l] = 0;
        for (uint32_t tick = 1; tick <= 50; tick++) {
            for (uint32_t i = 0; i < 400; i++)
                *world_double(&here, i, ENTRAIN_AGENT_ENERGY) = levels[l];
            world_run_to(&here, tick * 0.01);
        }
        for (uint32_t i = 0; i < 400; i++)
            adjusted[l] += *world_double(&here, i, ENTRAIN_AGENT_SPENT) / 400;
        print_message("  at %3.0f %% of its energy an agent spends %.4f units in 0.5 s\n", levels[l],
                      adjusted[l]);
        world_close(&here);
    }
    CHECK_NEAR(adjusted[1], adjusted[0], 1e-9);        // full ...
    assert_true(adjusted[2] < 0.9 * adjusted[1]);      // ... selective
    CHECK_NEAR(adjusted[4], adjusted[2], 1e-9);        //
    assert_true(adjusted[5] < 0.9 * adjusted[4]);      // ... little
    CHECK_NEAR(adjusted[7], adjusted[5], 1e-9);        //
    assert_true(adjusted[7] > 0);                      //
    assert_true(adjusted[8] == 0 && adjusted[9] == 0); // ... none
}

// Adaptive changes its mind at most once a second, seldom once it has found its way, and every change is
// counted.
static void adaptive_has_hysteresis(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        entrain_swarm_config config = plain(ENTRAIN_STRATEGY_ADAPTIVE, 100, seed);
        world here;
        uint8_t acting[100];
        uint32_t last[100] = {0}, early = 0, late = 0;
        world_open(&here, &config);
        for (uint32_t i = 0; i < 100; i++)
            acting[i] = habit(&here, i)->acting;
        for (uint32_t tick = 1; tick <= 6000; tick++) {
            world_run_to(&here, tick * 0.01);
            for (uint32_t i = 0; i < 100; i++) {
                const entrain_agent_habit *now = habit(&here, i);
                assert_int_equal(now->strategy, ENTRAIN_STRATEGY_ADAPTIVE);
                assert_true(now->acting < ENTRAIN_STRATEGY_ADAPTIVE);
                if (now->acting == acting[i])
                    continue;
                if (last[i] > 0 && tick - last[i] < 100)
                    fail_msg("agent %u changed its strategy at ticks %u and %u", i, last[i], tick);
                last[i] = tick;
                acting[i] = now->acting;
                *(tick <= 2000 ? &early : &late) += 1;
            }
        }
        const entrain_agent_totals totals = totals_of(&here);
        print_message(
            "  seed %d: %u changes of strategy by 100 agents in 20 s, %u in the next 40 s; coherence "
            "%.3f\n",
            (int)seed, early, late, world_sample(&here).coherence);
        assert_int_equal(totals.switches, early + late);
        assert_true(late <= 100 * 40 / 10); // one in ten seconds is seldom
        uint32_t counted[ENTRAIN_STRATEGY_COUNT] = {0};
        for (uint32_t i = 0; i < 100; i++)
            counted[acting[i]]++;
        for (int s = 0; s < ENTRAIN_STRATEGY_COUNT; s++)
            assert_int_equal(totals.acting[s], counted[s]);
        world_close(&here);
    }
}

// A goal of least energy spends less than the same band held by phase-nudge or frequency-lock alone.
static void save_energy_saves(void **state) {
    (void)state;
    static const entrain_strategy others[] = {ENTRAIN_STRATEGY_COUNT, ENTRAIN_STRATEGY_PHASE_NUDGE,
                                              ENTRAIN_STRATEGY_FREQUENCY_LOCK, ENTRAIN_STRATEGY_PULSE};
    double spent[4];
    for (int s = 0; s < 4; s++) {
        entrain_swarm_config config = world_goal(ENTRAIN_GOAL_SAVE_ENERGY, 200, 1);
        config.agent.strategy = others[s];
        config.agent.pulses = others[s] == ENTRAIN_STRATEGY_PULSE;
        world here;
        world_open(&here, &config);
        world_run_to(&here, 60);
        spent[s] = totals_of(&here).spent / 200;
        print_message("  save-energy by %s: %.1f units an agent in 60 s, coherence %.3f\n",
                      s == 0 ? "default" : entrain_strategy_name(others[s]), spent[s],
                      world_sample(&here).coherence);
        world_close(&here);
    }
    for (int s = 1; s < 4; s++)
        assert_true(spent[0] <= spent[s] * 1.001);
}

// Moments, or pulses, or nobody who adjusts anything: what the header promises. Also of who changes course.
static void spreading_needs_means(void **state) {
    (void)state;
    entrain_swarm_config config = world_coherence(0.9, 20, 3);
    config.agent.moments = config.agent.pulses = false;
    world here;
    world_open(&here, &config);
    entrain_agent_config changed = *entrain_agents_look(here.population);
    entrain_error error = {0};
    changed.goal = ENTRAIN_GOAL_DISTRIBUTE_LOAD;
    assert_int_equal(entrain_agents_change(here.population, &changed, &error), ENTRAIN_UNSUPPORTED);
    assert_non_null(strstr(error.sentence, "without moments and without"));
    assert_int_equal(entrain_agents_look(here.population)->goal, ENTRAIN_GOAL_COHERENCE);
    changed.coupling = 0;
    assert_int_equal(entrain_agents_change(here.population, &changed, &error), ENTRAIN_OK);
    world_close(&here);
    config.agent.goal = ENTRAIN_GOAL_DISTRIBUTE_LOAD;
    entrain_swarm *swarm = NULL;
    assert_int_equal(entrain_swarm_create(&config, &swarm, &error), ENTRAIN_UNSUPPORTED);
    config.agent.moments = true;
    assert_int_equal(entrain_swarm_create(&config, &swarm, &error), ENTRAIN_OK);
    entrain_swarm_destroy(swarm);
}

// The greatest there are, of many: sums of squares have room.
static void any_frequencies_have_a_spread(void **state) {
    (void)state;
    entrain_swarm_config config = world_coherence(0.9, 20000, 4);
    world here;
    world_open(&here, &config);
    for (uint32_t i = 0; i < here.size; i++)
        *world_double(&here, i, ENTRAIN_KURAMOTO_FREQUENCY) = i % 2 == 0 ? 1e9 : -1e9;
    const entrain_agent_totals totals = totals_of(&here);
    assert_true(fabs(totals.frequency_mean) < 1e-6);
    assert_true(fabs(totals.frequency_spread - 1e9) < 1);
    world_close(&here);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energy_is_kept_in_books),
        cmocka_unit_test(who_has_no_energy_turns_freely),
        cmocka_unit_test(the_stubborn_and_the_slow_sit_ticks_out),
        cmocka_unit_test(frequency_lock_aligns_frequencies),
        cmocka_unit_test(pulses_are_messages_and_are_paid),
        cmocka_unit_test(energy_aware_does_less_with_less),
        cmocka_unit_test(adaptive_has_hysteresis),
        cmocka_unit_test(save_energy_saves),
        cmocka_unit_test(spreading_needs_means),
        cmocka_unit_test(any_frequencies_have_a_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
