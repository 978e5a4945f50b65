// What the goals are for (EMERGE.md), beside their bands: a beat is steady, the elastic
// one is tighter in bursts, spreading serves slow agents too, and steering comes back from both sides.
#include "agent_world.h"
#include "check.h"

// Times at which the swarm's mean phase passes 0, from @p from_s to @p until_s.
static uint32_t beats(world *here, double from_s, double until_s, double *times_out, uint32_t most) {
    uint32_t count = 0;
    world_run_to(here, from_s);
    double before = world_sample(here).mean_phase;
    for (uint32_t tick = 1; tick <= (uint32_t)((until_s - from_s) * 100 + 0.5); tick++) {
        world_run_to(here, from_s + tick * 0.01);
        const double now = world_sample(here).mean_phase;
        if (before < 0 && now >= 0 && now - before < 3 && count < most)
            times_out[count++] = world_time(here) - 0.01 * now / (now - before);
        before = now;
    }
    return count;
}

// The swarm's period varies by less than 1 % from beat to beat; a beating swarm it is: the mean is what all
// were told, within what their frequencies' mean is off it.
static void a_rhythm_is_steady(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        const entrain_swarm_config config = world_goal(ENTRAIN_GOAL_MAINTAIN_RHYTHM, 200, seed);
        double times[64], sum = 0, squares = 0;
        world here;
        world_open(&here, &config);
        const uint32_t count = beats(&here, 5, 45, times, 64);
        for (uint32_t b = 1; b < count; b++) {
            sum += times[b] - times[b - 1];
            squares += (times[b] - times[b - 1]) * (times[b] - times[b - 1]);
        }
        const double n = count - 1.0, mean = sum / n, jitter = sqrt(fmax(0, squares / n - mean * mean));
        print_message("  seed %d: %u beats, period %.4f s, jitter %.5f s\n", (int)seed, count, mean, jitter);
        assert_true(count >= 35);
        CHECK_NEAR(mean, 1, 0.02);
        assert_true(jitter < 0.01 * mean);
        world_close(&here);
    }
}

static double mean_coherence(world *here, double from_s, double until_s) {
    double sum = 0;
    uint32_t count = 0;
    world_run_to(here, from_s);
    for (double time_s = from_s + 0.1; time_s < until_s + 0.05; time_s += 0.1, count++) {
        world_run_to(here, time_s);
        sum += world_sample(here).coherence;
    }
    return sum / count;
}

// Four times the usual load pulls the elastic swarm together, and it lets go again, within its band all the
// while.
static void traffic_draws_together(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        entrain_swarm_config config = world_goal(ENTRAIN_GOAL_ADAPT_TO_TRAFFIC, 200, seed);
        config.has_workload = true;
        config.workload = entrain_workload_config_defaults();
        entrain_error error = {0};
        world here;
        world_open(&here, &config);
        entrain_workload *work = entrain_swarm_workload(here.swarm);
        const double usual = mean_coherence(&here, 15, 25);
        config.workload.load = 4;
        world_must(entrain_workload_change(work, &config.workload, &error), &error, "load");
        const double burst = mean_coherence(&here, 35, 45);
        config.workload.load = 1;
        world_must(entrain_workload_change(work, &config.workload, &error), &error, "load");
        const double after = mean_coherence(&here, 55, 65);
        print_message("  seed %d: coherence %.3f, at four times the load %.3f, afterwards %.3f\n", (int)seed,
                      usual, burst, after);
        assert_true(burst > usual + 0.04 && burst > after + 0.04);
        assert_true(usual >= 0.6 && burst <= 0.8 && after >= 0.6);
        world_close(&here);
    }
}

// From all in step, from scattered phases and from in between: the band is entered and held from wherever.
static void bands_are_held_from_both_sides(void **state) {
    (void)state;
    static const entrain_goal goals[] = {ENTRAIN_GOAL_REACH_CONSENSUS, ENTRAIN_GOAL_SAVE_ENERGY,
                                         ENTRAIN_GOAL_RECOVER_FROM_FAILURE};
    static const double deviations[] = {0, 0.3, 1, 3};
    for (int g = 0; g < 3; g++)
        for (int d = 0; d < 4; d++) {
            entrain_swarm_config config = world_goal(goals[g], 300, 2);
            config.phase = (entrain_distribution){
                .kind = ENTRAIN_DISTRIBUTION_CLUSTERED, .clusters = 1, .deviation = deviations[d]};
            entrain_goal_watch watch;
            world here;
            world_open(&here, &config);
            const double start = world_sample(&here).coherence;
            entrain_goal_watch_begin(&watch, entrain_agents_band(here.population));
            world_watch(&here, 40, 0.1, &watch);
            print_message("  %-22s from %.3f: in its band after %.1f s, held %.1f %%\n",
                          entrain_goal_look(goals[g]).name, start, watch.report.entered_s,
                          100 * watch.report.held);
            if (!watch.report.met || watch.report.entered_s > 20)
                fail_msg("%s from coherence %.3f is not met", entrain_goal_look(goals[g]).name, start);
            world_close(&here);
        }
}

// Spreading by pulses with a third of the agents acting in every tenth tick only; and with all of them. (By
// moments, above 200 agents, it is not so: who listens seldom is heard as it was, its neighbours' estimates
// lean towards it, and from 5 % of agents on that are 10 x slower moments stay at 0.1 to 0.3.)
static void slow_agents_spread_too(void **state) {
    (void)state;
    static const double shares[] = {1.0 / 3, 1};
    for (int s = 0; s < 2; s++) {
        const entrain_swarm_config config = world_goal(ENTRAIN_GOAL_DISTRIBUTE_LOAD, 50, 1);
        entrain_goal_watch watch;
        world here;
        world_open(&here, &config);
        world_slow(&here, shares[s], 10);
        entrain_goal_watch_begin(&watch, entrain_agents_band(here.population));
        world_watch(&here, 60, 0.1, &watch);
        print_message("  %.0f %% 10 x slower: spread after %.1f s, held %.1f %%\n", 100 * shares[s],
                      watch.report.entered_s, 100 * watch.report.held);
        if (!watch.report.met)
            fail_msg("with %.0f %% of them slow, agents are not spread", 100 * shares[s]);
        world_close(&here);
    }
}

// 33 agents are even after two or three rounds, while their periods still differ; that must not undo it
// before they hear each other again.
static void what_is_even_early_stays_so(void **state) {
    (void)state;
    for (uint64_t seed = 11; seed <= 16; seed++) {
        const entrain_swarm_config config = world_goal(ENTRAIN_GOAL_DISTRIBUTE_LOAD, 33, seed);
        entrain_goal_watch watch;
        world here;
        world_open(&here, &config);
        entrain_goal_watch_begin(&watch, entrain_agents_band(here.population));
        world_watch(&here, 30, 0.1, &watch);
        if (!watch.report.met)
            fail_msg("seed %d: from %.1f s on held for %.1f %%", (int)seed, watch.report.entered_s,
                     100 * watch.report.held);
        world_close(&here);
    }
}

// Who spreads for a second time begins with round 0 again, and takes nothing of the first time for it.
static void spreading_again_begins_anew(void **state) {
    (void)state;
    const entrain_swarm_config config = world_goal(ENTRAIN_GOAL_DISTRIBUTE_LOAD, 20, 1);
    entrain_agent_totals before, after;
    entrain_error error = {0};
    world here;
    world_open(&here, &config);
    world_run_to(&here, 1.9);
    entrain_agent_config other = *entrain_agents_look(here.population);
    other.goal = ENTRAIN_GOAL_SAVE_ENERGY;
    other.low = other.high = NAN;
    const entrain_goal_facts facts = entrain_goal_look(other.goal);
    other.strategy = facts.strategy;
    world_must(entrain_agents_change(here.population, &other, &error), &error, "change");
    world_run_to(&here, 2.5);
    world_must(entrain_agents_measure(here.population, &before), NULL, "measure");
    other.goal = ENTRAIN_GOAL_DISTRIBUTE_LOAD;
    other.low = other.high = NAN;
    other.strategy = ENTRAIN_STRATEGY_PULSE;
    world_must(entrain_agents_change(here.population, &other, &error), &error, "change");
    world_run_to(&here, 3.4);
    world_must(entrain_agents_measure(here.population, &after), NULL, "measure");
    print_message("  %d pulses in the first round\n", (int)(after.pulses - before.pulses));
    assert_true(after.pulses - before.pulses >= 15);
    world_close(&here);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rhythm_is_steady),
        cmocka_unit_test(traffic_draws_together),
        cmocka_unit_test(bands_are_held_from_both_sides),
        cmocka_unit_test(slow_agents_spread_too),
        cmocka_unit_test(what_is_even_early_stays_so),
        cmocka_unit_test(spreading_again_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
