// Scenarios of swarms that pursue goals: what goal and scale stand for, what overrides them, what is refused.
#include <math.h>

#include "scenario_check.h"

#include "entrain/goal.h"
#include "entrain/swarm.h"

// Loads what must be sound; what it resolves to must resolve to itself, and to the same swarm.
static scenario load(const char *path, const char *text, const char *const *sets) {
    scenario loaded, again;
    CHECK_OK(load_as(path, text, sets, &loaded), error);
    char *resolved = json_dumps(loaded.resolved, JSON_REAL_PRECISION(17));
    CHECK_OK(load_as("dir/manifest.json", resolved, NULL, &again), error);
    assert_true(json_equal(loaded.resolved, again.resolved));
    assert_memory_equal(&loaded.swarm.agent, &again.swarm.agent, sizeof loaded.swarm.agent);
    assert_memory_equal(&loaded.swarm.workload, &again.swarm.workload, sizeof loaded.swarm.workload);
    assert_int_equal(loaded.tick_count, again.tick_count);
    free(resolved);
    scenario_free(&again);
    return loaded;
}

static const char *text_of(const scenario *loaded, const char *name) {
    const char *text = json_string_value(value_of(loaded, name));
    return text != NULL ? text : "";
}

// The schema's words for goals, scales, strategies and patterns are the library's, in its order.
static void words_are_the_librarys(void **state) {
    (void)state;
    for (uint32_t g = 0; g <= ENTRAIN_GOAL_COUNT; g++) {
        const char *name = entrain_goal_look((entrain_goal)g).name;
        assert_int_equal(schema_choice(KEY_GOAL, name != NULL ? name : "none"), name != NULL ? (int)g : -1);
    }
    for (uint32_t s = 0; s < ENTRAIN_SCALE_COUNT; s++)
        assert_int_equal(schema_choice(KEY_SCALE, entrain_scale_look((entrain_scale)s).name), s);
    for (uint32_t s = 0; s < ENTRAIN_STRATEGY_COUNT; s++)
        assert_int_equal(schema_choice(KEY_AGENT_STRATEGY, entrain_strategy_name((entrain_strategy)s)), s);
    assert_int_equal(schema_choice(KEY_WORKLOAD_PATTERN, "none"), 0);
    for (uint32_t p = 0; p < ENTRAIN_PATTERN_COUNT; p++)
        assert_int_equal(schema_choice(KEY_WORKLOAD_PATTERN, entrain_pattern_name((entrain_pattern)p)),
                         p + 1);
}

// Each goal at each scale, without a file.
static void every_goal_goes_with_every_scale(void **state) {
    (void)state;
    for (uint32_t g = 0; g < ENTRAIN_GOAL_COUNT; g++)
        for (uint32_t s = 0; s < ENTRAIN_SCALE_COUNT; s++) {
            const entrain_goal_facts goal = entrain_goal_look((entrain_goal)g);
            const entrain_scale_facts scale = entrain_scale_look((entrain_scale)s);
            char goal_set[60], scale_set[40];
            snprintf(goal_set, sizeof goal_set, "goal=%s", goal.name);
            snprintf(scale_set, sizeof scale_set, "scale=%s", scale.name);
            scenario loaded = load(SCENARIO_NO_FILE, "", SETS(goal_set, scale_set));
            const entrain_swarm_config *swarm = &loaded.swarm;
            assert_int_equal(swarm->kind, ENTRAIN_SWARM_AGENTS);
            assert_int_equal(swarm->size, scale.size);
            assert_int_equal(swarm->agent.goal, g);
            const bool few = goal.spread && scale.size <= ENTRAIN_SPLAY_SIZE_MAX;
            assert_int_equal(swarm->agent.strategy,
                             goal.spread && !few ? ENTRAIN_STRATEGY_FREQUENCY_LOCK : goal.strategy);
            assert_int_equal(swarm->topology.kind,
                             few ? ENTRAIN_TOPOLOGY_COMPLETE : ENTRAIN_TOPOLOGY_RANDOM_REGULAR);
            if (g == ENTRAIN_GOAL_COHERENCE)
                assert_true(swarm->agent.low == scale.target && swarm->agent.high == 1);
            else // the goal's own
                assert_true(isnan(swarm->agent.low) && isnan(swarm->agent.high));
            assert_true(!few || swarm->agent.pulses);
            assert_true(!goal.spread || few || swarm->agent.moments);
            assert_true(swarm->phase.kind ==
                        (goal.spread ? ENTRAIN_DISTRIBUTION_CLUSTERED : ENTRAIN_DISTRIBUTION_UNIFORM));
            assert_true(!goal.spread || (swarm->phase.clusters == 1 && swarm->phase.deviation == 0.3));
            const double durations[] = {60, 60, 60, 60, 60, 30, 20, 5};
            assert_true(loaded.duration_s == durations[s] && loaded.record_every_ticks == 10);
            char title[80];
            snprintf(title, sizeof title, "%s, %s", goal.name, scale.name);
            assert_string_equal(loaded.title, title);
            scenario_free(&loaded);
        }
}

// A scenario that says nothing further has the library's agents and the library's workload.
static void defaults_are_the_librarys(void **state) {
    (void)state;
    scenario loaded = load("dir/x.lua", "return { goal = 'B' }", NULL);
    entrain_agent_config own = entrain_agent_config_defaults();
    own.goal = ENTRAIN_GOAL_MINIMIZE_API_CALLS;
    own.strategy = ENTRAIN_STRATEGY_FREQUENCY_LOCK;
    own.pulses = true;
    const entrain_agent_config *agent = &loaded.swarm.agent;
    assert_true(isnan(agent->low) && isnan(agent->high));
    loaded.swarm.agent.low = loaded.swarm.agent.high = own.low = own.high = 0;
    assert_memory_equal(agent, &own, sizeof own);
    assert_int_equal(loaded.swarm.size, 200); // medium
    assert_true(loaded.swarm.has_workload && !scenario_in_virtual_time(&loaded));
    const entrain_workload_config work = entrain_workload_config_defaults(), *has = &loaded.swarm.workload;
    assert_true(has->pattern == work.pattern && has->load == work.load && has->queue == work.queue);
    assert_true(has->gateways == work.gateways && has->gateway_inbox == work.gateway_inbox);
    assert_true(has->window_s == work.window_s && has->batch_max == work.batch_max);
    assert_true(has->pending_max == work.pending_max && has->calls_max == work.calls_max);
    assert_true(has->latency_s == work.latency_s && has->latency_spread_s == work.latency_spread_s);
    assert_true(has->rate == work.rate && has->failure == work.failure && has->silence == work.silence);
    assert_true(has->timeout_s == work.timeout_s && has->breaker_limit == work.breaker_limit);
    assert_true(has->breaker_open_s == work.breaker_open_s && has->call_cost == work.call_cost);
    assert_true(has->request_cost == work.request_cost);
    assert_int_equal(loaded.swarm.engine.transport, ENTRAIN_TRANSPORT_PUBLISH);
    const entrain_distribution *frequency = &loaded.swarm.frequency;
    assert_true(frequency->kind == ENTRAIN_DISTRIBUTION_NORMAL && frequency->deviation == 0.2);
    CHECK_NEAR(frequency->mean, 2 * 3.14159265358979323846, 1e-15);
    scenario_free(&loaded);
}

// Every key reaches its field.
static void every_key_is_taken_over(void **state) {
    (void)state;
    scenario loaded =
        load("dir/x.lua",
             "return { goal = 'adapt-to-traffic', swarm = { size = 321 }, agent = { strategy = 'pulse', low "
             "= 0.1, "
             "high = 0.2, period = 2, coupling = 3, steepness = 4, alignment = 5, leak = 0.06, "
             "stubbornness = 0.07, pulse = { strength = 0.08, spread = 0.09 }, energy = { capacity = 10, "
             "recovery = 11, nudge = 12, frequency = 13, pulse = 14, switch = 15 } }, "
             "workload = { pattern = 'burst', load = 16, queue = 17 }, "
             "gateway = { count = 18, inbox = 19, window = 20, batch = 21, pending = 22, calls = 23, "
             "timeout = 24, breaker_limit = 25, breaker_open = 26 }, "
             "service = { latency = 28, spread = 27, rate = 29, failure = 0.3, silence = 0.31, "
             "call_cost = 32, request_cost = 33 } }",
             NULL);
    const entrain_agent_config *a = &loaded.swarm.agent;
    assert_true(a->goal == ENTRAIN_GOAL_ADAPT_TO_TRAFFIC && a->strategy == ENTRAIN_STRATEGY_PULSE);
    assert_true(a->low == 0.1 && a->high == 0.2 && a->period_s == 2 && a->coupling == 3);
    assert_true(a->steepness == 4 && a->alignment == 5 && a->leak == 0.06 && a->stubbornness == 0.07);
    assert_true(a->pulse_strength == 0.08 && a->spread_gain == 0.09 && a->pulses && !a->moments);
    assert_true(a->energy == 10 && a->recovery == 11 && a->nudge_cost == 12 && a->frequency_cost == 13);
    assert_true(a->pulse_cost == 14 && a->switch_cost == 15);
    const entrain_workload_config *w = &loaded.swarm.workload;
    assert_true(loaded.swarm.has_workload && w->pattern == ENTRAIN_PATTERN_BURST && w->load == 16);
    assert_true(w->queue == 17 && w->gateways == 18 && w->gateway_inbox == 19 && w->window_s == 20);
    assert_true(w->batch_max == 21 && w->pending_max == 22 && w->calls_max == 23 && w->timeout_s == 24);
    assert_true(w->breaker_limit == 25 && w->breaker_open_s == 26 && w->latency_spread_s == 27);
    assert_true(w->latency_s == 28 && w->rate == 29 && w->failure == 0.3 && w->silence == 0.31);
    assert_true(w->call_cost == 32 && w->request_cost == 33);
    CHECK_NEAR(loaded.swarm.frequency.mean, 3.14159265358979323846, 1e-15);
    assert_null(value_of(&loaded, "scale"));
    scenario_free(&loaded);
}

static void a_scenario_overrides_goal_and_scale(void **state) {
    (void)state;
    scenario loaded = load(
        "dir/x.lua",
        "return { goal = 'distribute-load', scale = 'tiny', swarm = { size = 500, "
        "topology = { kind = 'ring' } }, model = { phase = { distribution = 'uniform' }, frequency = 6 }, "
        "time = { duration = 7 }, exec = { transport = 'mailbox' }, workload = { pattern = 'none' } }",
        SETS("goal=E"));
    const entrain_swarm_config *swarm = &loaded.swarm;
    assert_true(swarm->agent.goal == ENTRAIN_GOAL_SAVE_ENERGY && swarm->size == 500);
    assert_true(swarm->agent.strategy == ENTRAIN_STRATEGY_ENERGY_AWARE);
    assert_int_equal(swarm->topology.kind, ENTRAIN_TOPOLOGY_RING);
    assert_true(swarm->frequency.kind == ENTRAIN_DISTRIBUTION_CONSTANT && swarm->frequency.value == 6);
    assert_true(loaded.duration_s == 7 && !swarm->has_workload);
    assert_int_equal(swarm->engine.transport, ENTRAIN_TRANSPORT_MAILBOX);
    assert_string_equal(text_of(&loaded, "goal"), "save-energy"); // the letter is not kept
    assert_null(value_of(&loaded, "gateway"));
    scenario_free(&loaded);
}

// What makes a scenario one of agents: a goal, a scale, or anything that only they have.
static void agents_are_known_by_their_keys(void **state) {
    (void)state;
    const struct {
        const char *text;
        double low;
        uint32_t size;
    } cases[] = {
        {"return { scale = 'huge' }", 0.75, 2000},
        {"return { agent = { coupling = 1 } }", 0.85, 200},
        {"return { service = { rate = 5 }, swarm = { size = 21 } }", 0.9, 21},
        {"return { model = { kind = 'agent' }, swarm = { size = 20 } }", 0.95, 20},
        {"return { workload = { pattern = 'sparse' }, swarm = { size = 1e6 } }", 0.75, 1000000},
        {"return { goal = 'coherence', agent = { low = 0.3 }, swarm = { size = 9 } }", 0.3, 9},
    };
    for (size_t c = 0; c < COUNT(cases); c++) {
        scenario loaded = load("dir/x.lua", cases[c].text, NULL);
        assert_int_equal(loaded.swarm.kind, ENTRAIN_SWARM_AGENTS);
        assert_true(loaded.swarm.agent.low == cases[c].low && loaded.swarm.size == cases[c].size);
        assert_true((loaded.swarm.topology.kind == ENTRAIN_TOPOLOGY_COMPLETE) == (cases[c].size <= 9));
        scenario_free(&loaded);
    }
    scenario plain = load("dir/x.lua", "return { swarm = { size = 10 } }", NULL);
    assert_int_equal(plain.swarm.kind, ENTRAIN_SWARM_KURAMOTO);
    assert_null(value_of(&plain, "goal"));
    assert_null(value_of(&plain, "agent"));
    scenario_free(&plain);
}

// Mailboxes for pulses where they cost little or somebody asks.
static void pulses_are_there_where_they_may_be_wanted(void **state) {
    (void)state;
    const struct {
        const char *sets[2];
        bool pulses;
    } cases[] = {
        {{"swarm.size=300", "swarm.topology.kind=complete"}, false},
        {{"swarm.size=256", "swarm.topology.kind=complete"}, true},
        {{"swarm.size=2000000", "goal=B"}, true},
        {{"swarm.size=2000001", "goal=B"}, false},
        {{"swarm.size=2000001", "goal=A"}, true}, // adaptive
        {{"swarm.size=2000001", "agent.strategy=pulse"}, true},
    };
    for (size_t c = 0; c < COUNT(cases); c++) {
        scenario loaded =
            load("dir/x.lua", "return { goal = 'C' }", SETS(cases[c].sets[0], cases[c].sets[1]));
        assert_true(loaded.swarm.agent.pulses == cases[c].pulses);
        scenario_free(&loaded);
    }
}

static void what_means_nothing_is_refused(void **state) {
    (void)state;
    const refusal cases[] = {
        {"return { goal = 'minimize-api-cals' }", ENTRAIN_UNKNOWN, "did you mean \"minimize-api-calls\"?"},
        {"return { goal = 'X' }", ENTRAIN_UNKNOWN, "goal is \"X\"; it must be one of coherence, "},
        {"return { goal = 3 }", ENTRAIN_UNKNOWN, "goal is 3"},
        {"return { scale = 'enormous' }", ENTRAIN_UNKNOWN, "must be one of tiny, small"},
        {"return { goal = 'B', model = { kind = 'kuramoto' } }", ENTRAIN_INVALID,
         "goal does not apply to model.kind \"kuramoto\"; it belongs to agents (leave model.kind out)."},
        {"return { scale = 'tiny', model = { kind = 'pulse' } }", ENTRAIN_INVALID,
         "scale does not apply to model.kind \"pulse\""},
        {"return { model = { kind = 'swing' }, agent = { low = 0.5 } }", ENTRAIN_INVALID,
         "agent.low does not apply to kind \"swing\"; it belongs to agent"},
        {"return { goal = 'B', model = { coupling = 2 } }", ENTRAIN_INVALID,
         "model.coupling does not apply to kind \"agent\""},
        {"return { goal = 'B', time = { integrator = 'rk4' } }", ENTRAIN_INVALID,
         "time.integrator does not apply to kind \"agent\""},
        {"return { goal = 'C', agent = { low = 0.9 } }", ENTRAIN_INVALID,
         "agent.low is 0.9 and agent.high is 0.7 by default; the low end must not lie above"},
        {"return { goal = 'C', agent = { low = 0.6, high = 0.5 } }", ENTRAIN_INVALID,
         "agent.low is 0.6 and agent.high is 0.5; the low end"},
        {"return { goal = 'C', agent = { high = 1.5 } }", ENTRAIN_INVALID, "a number from 0 to 1"},
        {"return { goal = 'C', agent = { leek = 1 } }", ENTRAIN_UNKNOWN, "did you mean \"agent.leak\"?"},
        {"return { goal = 'C', workload = { pattern = 'none', load = 2 } }", ENTRAIN_INVALID,
         "workload.load does not apply to pattern \"none\""},
        {"return { goal = 'C', service = { latency = 0.01 } }", ENTRAIN_INVALID,
         "service.spread is 0.02 and service.latency is 0.01; no answer can come before its call."},
        {"return { goal = 'C', gateway = { timeout = 0 } }", ENTRAIN_INVALID, "a number above 0"},
        {"return { model = { kind = 'kuramoto' }, service = { rate = 1 } }", ENTRAIN_INVALID,
         "service.rate does not apply to kind \"kuramoto\"; it belongs to agent"},
    };
    for (size_t c = 0; c < COUNT(cases); c++)
        check_refused("dir/x.lua", cases[c].text, NULL, cases[c].status, cases[c].words);
    check_refused(SCENARIO_NO_FILE, "", SETS("goal=B", "swarm.size=1"), ENTRAIN_INVALID,
                  "--set swarm.size=1: swarm.size is 1; it must be");
    check_refused(SCENARIO_NO_FILE, "", SETS("goal=C", "agent.low=0.8"), ENTRAIN_INVALID,
                  "--set agent.low=0.8: agent.low is 0.8 and agent.high is 0.7 by default");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_the_librarys),
        cmocka_unit_test(every_goal_goes_with_every_scale),
        cmocka_unit_test(defaults_are_the_librarys),
        cmocka_unit_test(every_key_is_taken_over),
        cmocka_unit_test(a_scenario_overrides_goal_and_scale),
        cmocka_unit_test(agents_are_known_by_their_keys),
        cmocka_unit_test(pulses_are_there_where_they_may_be_wanted),
        cmocka_unit_test(what_means_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
