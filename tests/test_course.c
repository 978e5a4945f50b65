// A swarm's course as it changes while it runs: goals, strategies, patterns, graphs, who joins and who leaves; each
// at its own size and, built with COURSE_LARGE, at a hundred times that.
#include "check.h"

#include "entrain/math.h"
#include "scenario_check.h"
#include "sims/events_course.h"

#ifdef COURSE_LARGE
enum { SIZE = 5000 };
#else
enum { SIZE = 50 };
#endif

typedef struct course {
    scenario given;
    entrain_swarm *swarm;
    event_run events;
    entrain_phase_sample sample;
} course;

static entrain_status load_course(const char *keys, const char *events, scenario *out) {
    char text[3000];
    snprintf(text, sizeof text,
             "return { goal = 'minimize-api-calls', swarm = { size = %d%s, time = { duration = 100 },\n"
             "events = { %s } }\n",
             SIZE, keys, events);
    return load_lua(text, NULL, out);
}

// @p keys goes on behind swarm.size, and closes its table.
static void begin(course *c, const char *keys, const char *events) {
    *c = (course){0};
    if (load_course(keys, events, &c->given) != ENTRAIN_OK)
        fail_msg("%s", error.sentence);
    if (entrain_swarm_create(&c->given.swarm, &c->swarm, &error) != ENTRAIN_OK ||
        event_run_begin(&c->events, c->given.events, c->swarm, "x.lua", &error) != ENTRAIN_OK ||
        event_run_happen(&c->events, &error) != ENTRAIN_OK)
        fail_msg("%s", error.sentence);
}

// On to @p time_s, the events of that tick included.
static void advance(course *c, double time_s) {
    const uint64_t tick = (uint64_t)(time_s / 0.01 + 0.5), now = entrain_swarm_tick(c->swarm);
    if (event_run_advance(&c->events, tick - now, &error) != ENTRAIN_OK)
        fail_msg("%s", error.sentence);
    assert_int_equal(entrain_swarm_sample(c->swarm, &c->sample), ENTRAIN_OK);
}

static void end(course *c) {
    event_run_end(&c->events);
    entrain_swarm_destroy(c->swarm);
    scenario_free(&c->given);
}

static entrain_population *population_of(const course *c) { return entrain_swarm_population(c->swarm); }
static const entrain_agent_config *agents_of(const course *c) { return entrain_agents_look(population_of(c)); }

// Watched from now to @p until_s, ten times a second.
static entrain_goal_report watch(course *c, double until_s) {
    entrain_goal_watch watched;
    entrain_goal_watch_begin(&watched, entrain_agents_band(population_of(c)));
    for (double time_s = c->sample.time_s; time_s <= until_s + 1e-9; time_s += 0.1) {
        advance(c, time_s);
        entrain_goal_watch_add(&watched, &c->sample);
    }
    return watched.report;
}

// --- Goals

static void held_soon(const entrain_goal_report *report, double from_s, double within_s) {
    if (!(report->met && report->entered_s - from_s <= within_s))
        fail_msg("entered at %g s (from %g s on), held %g, value %g", report->entered_s, from_s, report->held,
                 report->value);
}

static void a_switch_of_goals_converges_to_the_new_one_both_ways(void **state) {
    (void)state;
    course c;
    begin(&c, "}", "{ at = 10, goal = 'distribute-load' }, { at = 45, goal = 'B' }");
    advance(&c, 0);
    entrain_goal_report report = watch(&c, 9.9);
    held_soon(&report, 0, 5);
    advance(&c, 10);
    assert_int_equal(agents_of(&c)->goal, ENTRAIN_GOAL_DISTRIBUTE_LOAD);
    assert_int_equal(agents_of(&c)->strategy,
                     SIZE <= ENTRAIN_SPLAY_SIZE_MAX ? ENTRAIN_STRATEGY_PULSE : ENTRAIN_STRATEGY_FREQUENCY_LOCK);
    assert_true(c.sample.coherence > 0.85); // nothing is changed but what they aim at
    report = watch(&c, 44.9);
    held_soon(&report, 10, 25);
    advance(&c, 45);
    assert_true(agents_of(&c)->low == 0.85 && agents_of(&c)->high == 1);
    assert_int_equal(agents_of(&c)->strategy, ENTRAIN_STRATEGY_FREQUENCY_LOCK);
    report = watch(&c, 60);
    held_soon(&report, 45, 10);
    end(&c);
}

static void bands_are_entered_from_above_and_from_below(void **state) {
    (void)state;
    course c;
    begin(&c, ", topology = { kind = 'random-regular', degree = 8 } }",
          "{ at = 10, goal = 'reach-consensus' }, { at = 30, goal = 'T' }, { at = 40, goal = 'recover-from-failure' }");
    advance(&c, 10);
    entrain_goal_report report = watch(&c, 29.9);
    held_soon(&report, 10, 8);
    advance(&c, 30);
    assert_int_equal(agents_of(&c)->strategy, ENTRAIN_STRATEGY_PHASE_NUDGE);
    report = watch(&c, 39.9);
    held_soon(&report, 30, 8);
    advance(&c, 40);
    report = watch(&c, 60);
    held_soon(&report, 40, 10);
    end(&c);
}

static void who_said_a_strategy_keeps_it(void **state) {
    (void)state;
    course c;
    begin(&c, "}, agent = { strategy = 'energy-aware' }", "{ at = 1, goal = 'minimize-latency' }");
    advance(&c, 1);
    assert_int_equal(agents_of(&c)->goal, ENTRAIN_GOAL_MINIMIZE_LATENCY);
    assert_int_equal(agents_of(&c)->strategy, ENTRAIN_STRATEGY_ENERGY_AWARE);
    end(&c);
    begin(&c, "}", "{ at = 1, goal = 'C', strategy = 'phase-nudge' }, { at = 2, goal = 'save-energy' }");
    advance(&c, 1);
    assert_int_equal(agents_of(&c)->strategy, ENTRAIN_STRATEGY_PHASE_NUDGE);
    advance(&c, 2);
    assert_int_equal(agents_of(&c)->goal, ENTRAIN_GOAL_SAVE_ENERGY);
    assert_int_equal(agents_of(&c)->strategy, ENTRAIN_STRATEGY_PHASE_NUDGE);
    end(&c);
}

// --- What else can be changed for all

static uint32_t told(const course *c, entrain_strategy strategy) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < entrain_population_count(population_of(c)); i++)
        if (entrain_population_id(population_of(c), i) != ENTRAIN_ID_NONE) {
            const entrain_agent_habit *habit = entrain_population_at(population_of(c), i, ENTRAIN_AGENT_HABIT);
            count += habit->strategy == strategy;
        }
    return count;
}

static void strategies_patterns_and_values_take_hold(void **state) {
    (void)state;
    course c;
    begin(&c, "}",
          "{ at = 1, strategy = { 'energy-aware', 0.3 } }, { at = 2, strategy = 'phase-nudge' },\n"
          "{ at = 3, strategy = { 'pulse', 0.1 } }, { at = 4, strategy = 'phase-nudge' },\n"
          "{ at = 5, pattern = 'burst', set = { ['agent.coupling'] = 2.5, ['agent.low'] = 0.9, ['workload.load'] = 3,\n"
          "['gateway.batch'] = 7, ['gateway.window'] = 0.25, ['service.failure'] = 0.5 } },\n"
          "{ at = 6, set = { ['agent.coupling'] = 0 } }");
    const entrain_workload_config *work = entrain_workload_look(entrain_swarm_workload(c.swarm));
    advance(&c, 1);
    assert_int_equal(told(&c, ENTRAIN_STRATEGY_ENERGY_AWARE), SIZE * 3 / 10);
    assert_int_equal(told(&c, ENTRAIN_STRATEGY_FREQUENCY_LOCK), SIZE - SIZE * 3 / 10);
    advance(&c, 2);
    assert_int_equal(told(&c, ENTRAIN_STRATEGY_PHASE_NUDGE), SIZE);
    advance(&c, 3);
    assert_int_equal(told(&c, ENTRAIN_STRATEGY_PULSE), SIZE / 10);
    advance(&c, 4); // the population's own all along
    assert_int_equal(told(&c, ENTRAIN_STRATEGY_PHASE_NUDGE), SIZE);
    assert_int_equal(work->pattern, ENTRAIN_PATTERN_MIXED);
    entrain_workload_totals before, after;
    assert_int_equal(entrain_workload_measure(entrain_swarm_workload(c.swarm), &before), ENTRAIN_OK);
    advance(&c, 5);
    assert_true(agents_of(&c)->coupling == 2.5 && agents_of(&c)->low == 0.9 && agents_of(&c)->high == 1);
    assert_int_equal(work->pattern, ENTRAIN_PATTERN_BURST);
    assert_true(work->load == 3 && work->batch_max == 7 && work->window_s == 0.25 && work->failure == 0.5);
    assert_true(work->latency_s == 0.05 && work->timeout_s == 1);
    advance(&c, 6);
    assert_true(agents_of(&c)->coupling == 0 && agents_of(&c)->low == 0.9);
    const double coherence = c.sample.coherence;
    advance(&c, 20);
    assert_int_equal(entrain_workload_measure(entrain_swarm_workload(c.swarm), &after), ENTRAIN_OK);
    assert_true(c.sample.coherence < coherence - 0.1 || SIZE > 50); // nobody adjusts anything
    assert_true((double)(after.generated - before.generated) / 16 > 3 * (double)before.generated / 4);
    assert_int_equal(entrain_workload_check(&after, &error), ENTRAIN_OK);
    end(&c);
}

static void a_graph_is_replaced_whole(void **state) {
    (void)state;
    course c;
    begin(&c, ", topology = { kind = 'random-regular', degree = 8 } }",
          "{ at = 1, topology = { kind = 'ring', degree = 4 }, cut = { 0, 1 } }, { at = 2, topology = 'lattice' },\n"
          "{ at = 3, topology = { kind = 'random-regular', degree = 12 } }, { at = 4, strategy = 'pulse' },\n"
          "{ at = 5, topology = { kind = 'random-regular', degree = 12 } }");
    advance(&c, 1);
    entrain_topology_view graph = entrain_topology_look(entrain_engine_topology(entrain_swarm_engine(c.swarm)));
    assert_int_equal(graph.arc_count, 4 * SIZE - 2);
    assert_int_equal(graph.in_degree_max, 4);
    advance(&c, 2);
    graph = entrain_topology_look(entrain_engine_topology(entrain_swarm_engine(c.swarm)));
    assert_int_equal(graph.kind, ENTRAIN_TOPOLOGY_LATTICE);
    advance(&c, 3);
    graph = entrain_topology_look(entrain_engine_topology(entrain_swarm_engine(c.swarm)));
    assert_int_equal(graph.arc_count, 12 * SIZE);
    const int32_t first = graph.in_speakers[0], second = graph.in_speakers[1], third = graph.in_speakers[2];
    advance(&c, 5); // another one of the same kind, not the same one
    graph = entrain_topology_look(entrain_engine_topology(entrain_swarm_engine(c.swarm)));
    assert_true(first != graph.in_speakers[0] || second != graph.in_speakers[1] || third != graph.in_speakers[2]);
    advance(&c, 8); // pulses reach all twelve: mailboxes were made for them at the start
    entrain_agent_totals totals;
    assert_int_equal(entrain_agents_measure(population_of(&c), &totals), ENTRAIN_OK);
    entrain_message_count count;
    entrain_engine_count(entrain_swarm_engine(c.swarm), &count);
    assert_int_equal(count.undeliverable, 0);
    end(&c);
}

// --- Who joins and who leaves

// Mean of cos(theta - psi) over indices first .. end - 1 who live.
static double agreement(const course *c, uint32_t first, uint32_t end_index) {
    double sum = 0;
    uint32_t count = 0;
    for (uint32_t i = first; i < end_index; i++)
        if (entrain_population_id(population_of(c), i) != ENTRAIN_ID_NONE) {
            double s, cosine;
            entrain_sincos(*(double *)entrain_population_at(population_of(c), i, ENTRAIN_KURAMOTO_PHASE) -
                               c->sample.mean_phase,
                           &s, &cosine);
            sum += cosine;
            count++;
        }
    return sum / count;
}

static uint32_t with_degree(const course *c, uint32_t degree, uint32_t first, uint32_t end_index) {
    const entrain_topology_view graph = entrain_topology_look(entrain_engine_topology(entrain_swarm_engine(c->swarm)));
    uint32_t count = 0;
    for (uint32_t v = first; v < end_index; v++)
        count += graph.in_offsets[v + 1] - graph.in_offsets[v] == degree;
    return count;
}

static void joining_agents_catch_up(void **state) {
    (void)state;
    for (int complete = 0; complete < (SIZE <= 200 ? 2 : 1); complete++) {
        course c;
        begin(&c, complete ? ", topology = { kind = 'complete' } }" : "}", SIZE == 50
              ? "{ at = 10, join = 25 }, { at = 12, join = 5 }, { at = 14, topology = { kind = 'ring', degree = 8 } }" + (complete ? 0 : 0)
              : "{ at = 10, join = 2500 }, { at = 12, join = 500 }");
        end(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_switch_of_goals_converges_to_the_new_one_both_ways),
        cmocka_unit_test(bands_are_entered_from_above_and_from_below),
        cmocka_unit_test(who_said_a_strategy_keeps_it),
        cmocka_unit_test(strategies_patterns_and_values_take_hold),
        cmocka_unit_test(a_graph_is_replaced_whole),
    };
    (void)joining_agents_catch_up, (void)agreement, (void)with_degree;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
