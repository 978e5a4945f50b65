// A swarm's course as it changes while it runs: goals, strategies, patterns, graphs, who joins and who
// leaves; each at its own size and, built with COURSE_LARGE, at a hundred times that.
#include "check.h"

#include <math.h>

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
static const entrain_agent_config *agents_of(const course *c) {
    return entrain_agents_look(population_of(c));
}

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
    assert_int_equal(agents_of(&c)->strategy, SIZE <= ENTRAIN_SPLAY_SIZE_MAX
                                                  ? ENTRAIN_STRATEGY_PULSE
                                                  : ENTRAIN_STRATEGY_FREQUENCY_LOCK);
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
          "{ at = 10, goal = 'reach-consensus' }, { at = 30, goal = 'T' }, { at = 40, goal = "
          "'recover-from-failure' }");
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
            const entrain_agent_habit *habit =
                entrain_population_at(population_of(c), i, ENTRAIN_AGENT_HABIT);
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
          "{ at = 5, pattern = 'burst', set = { ['agent.coupling'] = 2.5, ['agent.low'] = 0.9, "
          "['workload.load'] = 3,\n"
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
          "{ at = 1, topology = { kind = 'ring', degree = 4 }, cut = { 0, 1 } }, { at = 2, topology = "
          "'lattice' },\n"
          "{ at = 3, topology = { kind = 'random-regular', degree = 12 } }, { at = 4, strategy = 'pulse' },\n"
          "{ at = 5, topology = { kind = 'random-regular', degree = 12 } }");
    advance(&c, 1);
    entrain_topology_view graph =
        entrain_topology_look(entrain_engine_topology(entrain_swarm_engine(c.swarm)));
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
    assert_true(first != graph.in_speakers[0] || second != graph.in_speakers[1] ||
                third != graph.in_speakers[2]);
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
    const entrain_topology_view graph =
        entrain_topology_look(entrain_engine_topology(entrain_swarm_engine(c->swarm)));
    uint32_t count = 0;
    for (uint32_t v = first; v < end_index; v++)
        count += graph.in_offsets[v + 1] - graph.in_offsets[v] == degree;
    return count;
}

// Half as many again join a swarm that is together, and some more later; on a sparse graph and on a
// complete one.
static void joining_agents_catch_up(void **state) {
    (void)state;
    for (int complete = 0; complete < (SIZE <= 200 ? 2 : 1); complete++) {
        course c;
        char events[200];
        snprintf(events, sizeof events, "{ at = 10, join = %d }, { at = 12, join = %d }", SIZE / 2,
                 SIZE / 10);
        begin(&c, complete ? ", topology = { kind = 'complete' } }" : "}", events);
        assert_int_equal(entrain_population_count(population_of(&c)), SIZE + SIZE / 2 + SIZE / 10);
        advance(&c, 9.99);
        assert_int_equal(c.sample.living, SIZE);
        assert_true(c.sample.coherence > 0.85);
        advance(&c, 10);
        assert_int_equal(c.sample.living, SIZE + SIZE / 2);
        assert_true(agreement(&c, SIZE, SIZE + SIZE / 2) < 0.5); // they come with phases of their own
        if (!complete)
            assert_int_equal(with_degree(&c, 8, 0, SIZE + SIZE / 2), SIZE + SIZE / 2);
        const double energy = *(double *)entrain_population_at(population_of(&c), SIZE, ENTRAIN_AGENT_ENERGY);
        assert_true(energy == 100);
        advance(&c, 17);
        assert_int_equal(c.sample.living, SIZE + SIZE / 2 + SIZE / 10);
        const double old = agreement(&c, 0, SIZE), young = agreement(&c, SIZE, SIZE + SIZE / 2 + SIZE / 10);
        if (!(young > 0.8 && c.sample.coherence > 0.85)) // all together are at the target, and stay there
            fail_msg("they agree by %g, those who joined by %g; r = %g", old, young, c.sample.coherence);
        entrain_agent_totals totals; // and know the swarm as well as the others do
        assert_int_equal(entrain_agents_measure(population_of(&c), &totals), ENTRAIN_OK);
        assert_int_equal(totals.living, SIZE + SIZE / 2 + SIZE / 10);
        if (!(totals.belief_error < 0.06 && fabs(totals.belief - c.sample.coherence) < 0.05))
            fail_msg("they believe in %g (error %g), and it is %g", totals.belief, totals.belief_error,
                     c.sample.coherence);
        end(&c);
    }
}

// Places that wait are no part of the swarm: until somebody joins all is as without them.
static void who_has_not_joined_changes_nothing(void **state) {
    (void)state;
    course plain, roomy;
    begin(&plain, "}", "");
    begin(&roomy, "}", "{ at = 50, join = 20 }");
    advance(&plain, 5);
    advance(&roomy, 5);
    assert_true(plain.sample.coherence == roomy.sample.coherence);
    assert_int_equal(plain.sample.living, roomy.sample.living);
    assert_true(plain.sample.observations == roomy.sample.observations);
    end(&plain);
    end(&roomy);
}

static void who_leaves_introduces_its_neighbours(void **state) {
    (void)state;
    course c;
    char events[300];
    snprintf(
        events, sizeof events,
        "{ at = 5, leave = { 3 } }, { at = 6, leave = 0.2 }, { at = 7, leave = %d }, { at = 8, join = %d }",
        SIZE / 10, SIZE / 5);
    begin(&c, "}", events);
    const uint32_t places = SIZE + SIZE / 5;
    advance(&c, 5);
    assert_int_equal(entrain_population_id(population_of(&c), 3), ENTRAIN_ID_NONE);
    assert_int_equal(with_degree(&c, 0, 3, 4), 1);
    assert_int_equal(with_degree(&c, 8, 0, places), SIZE - 1);
    advance(&c, 6);
    uint32_t left = SIZE - 1 - SIZE / 5;
    assert_int_equal(c.sample.living, left);
    // Nobody is lonely for it: most have as many neighbours as before, the others one or two fewer.
    const uint32_t eight = with_degree(&c, 8, 0, places), seven = with_degree(&c, 7, 0, places);
    assert_int_equal(eight + seven + with_degree(&c, 6, 0, places), left);
    assert_true(eight >= left * 3 / 4);
    assert_int_equal(with_degree(&c, 0, 0, places), places - left);
    advance(&c, 7);
    left -= SIZE / 10;
    assert_int_equal(c.sample.living, left);
    advance(&c, 8); // their places are not taken again
    assert_int_equal(c.sample.living, left + SIZE / 5);
    assert_int_equal(with_degree(&c, 0, SIZE, places), 0);
    entrain_goal_report report = watch(&c, 20);
    assert_true(report.value > 0.85);
    end(&c);
}

static void a_new_graph_is_for_those_who_are_there(void **state) {
    (void)state;
    course c;
    begin(&c, "}",
          "{ at = 1, leave = 5 }, { at = 2, join = 3 }, { at = 3, topology = { kind = 'ring', degree = 6 } },"
          "{ at = 4, leave = 2, strategy = 'pulse' }, { at = 5, join = 1 }");
    advance(&c, 3);
    assert_int_equal(c.sample.living, SIZE - 2);
    assert_int_equal(with_degree(&c, 6, 0, SIZE + 4), SIZE - 2);
    assert_int_equal(with_degree(&c, 0, 0, SIZE + 4), 6);
    for (uint32_t i = 0; i < SIZE + 4; i++)
        assert_int_equal(entrain_population_id(population_of(&c), i) != ENTRAIN_ID_NONE,
                         with_degree(&c, 6, i, i + 1));
    advance(&c, 12);
    assert_int_equal(c.sample.living, SIZE - 3);
    end(&c);
}

// --- What cannot be

static void what_cannot_be_is_refused_with_a_sentence(void **state) {
    (void)state;
    static const struct {
        const char *keys, *events;
        entrain_status status;
        const char *words;
    } cases[] = {
        {"}", "{ at = 1, goal = 'distribute' }", ENTRAIN_UNKNOWN, "events[1].goal is \"distribute\""},
        {"}", "{ at = 1, goal = 5 }", ENTRAIN_UNKNOWN,
         "goal is 5; \"entrain list goals\" shows what there is."},
        {"}", "{ at = 1, strategy = 'puls' }", ENTRAIN_UNKNOWN,
         "strategy is \"puls\" (did you mean \"pulse\"?)"},
        {"}", "{ at = 1, strategy = { 'pulse' } }", ENTRAIN_INVALID,
         "write the name of a strategy, or { strategy, share }"},
        {"}", "{ at = 1, strategy = { 'pulse', 2 } }", ENTRAIN_INVALID,
         "has the share 2; it must be a number above 0"},
        {"}", "{ at = 1, pattern = 'steadily' }", ENTRAIN_UNKNOWN, "did you mean \"steady\"?"},
        {"}, workload = { pattern = 'none' }", "{ at = 1, pattern = 'steady' }", ENTRAIN_INVALID,
         "these produce nothing"},
        {"}, workload = { pattern = 'none' }", "{ at = 1, set = { ['workload.load'] = 2 } }", ENTRAIN_INVALID,
         "changes workload.load, which this scenario does not have."},
        {"}", "{ at = 1, set = { ['model.coupling'] = 2 } }", ENTRAIN_INVALID,
         "which this scenario does not have"},
        {"}", "{ at = 1, set = { ['agent.period'] = 2 } }", ENTRAIN_UNKNOWN,
         "cannot be set while a swarm runs (agent.coupling, workload.load, gateway.window and others can)"},
        {"}", "{ at = 1, set = { ['agent.coupling'] = -1 } }", ENTRAIN_INVALID,
         "agent.coupling is -1; it must be"},
        {"}", "{ at = 1, topology = 5 }", ENTRAIN_INVALID,
         "topology is 5; write { kind = \"ring\", degree = 8 }."},
        {"}", "{ at = 1, topology = { degree = 5 } }", ENTRAIN_INVALID, "write { kind ="},
        {"}", "{ at = 1, topology = 'rink' }", ENTRAIN_UNKNOWN, "did you mean \"ring\"?"},
        {"}", "{ at = 1, topology = 'complete' }", ENTRAIN_UNSUPPORTED,
         "replaces a graph that is not complete by"},
        {", topology = { kind = 'complete' } }", "{ at = 1, topology = 'ring' }", ENTRAIN_UNSUPPORTED,
         "is \"erdos-renyi\" with probability 1"},
        {"}", "{ at = 1, topology = 'edge-list' }", ENTRAIN_UNSUPPORTED, "are Entrain's own kinds"},
        {"}", "{ at = 1, topology = { kind = 'ring', rewire = 0.5 } }", ENTRAIN_INVALID,
         "has rewire, which does not apply to kind \"ring\"; it belongs to small-world."},
        {"}", "{ at = 1, topology = { kind = 'ring', size = 5 } }", ENTRAIN_UNKNOWN,
         "has \"size\"; a graph that comes later"},
        {"}", "{ at = 1, topology = { kind = 'ring', degree = 0 } }", ENTRAIN_INVALID,
         "swarm.topology.degree is 0;"},
        {"}", "{ at = 1, join = 0 }", ENTRAIN_INVALID, "join is 0; write how many join"},
        {"}", "{ at = 1, join = 2.5 }", ENTRAIN_INVALID, "join is 2.5;"},
        {", room = 20000 }", "{ at = 1, join = 10000 }, { at = 2, join = 10000 }", ENTRAIN_LIMIT,
         "events[2].join makes"},
        {", room = 10 }", "", ENTRAIN_INVALID, "swarm.room is 10 and swarm.size is"},
        {"}", "{ at = 1, leave = 0 }", ENTRAIN_INVALID, "write how many (50), a share (0.2), or a list"},
        {"}", "{ at = 1, leave = { 50000 } }", ENTRAIN_INVALID, "names oscillator 50000; there are 0 to"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        scenario loaded;
        const entrain_status status = load_course(cases[i].keys, cases[i].events, &loaded);
        if (status != cases[i].status || strstr(error.sentence, cases[i].words) == NULL)
            fail_msg("%s\nanswered %s: %s", cases[i].events, entrain_status_name(status), error.sentence);
        check_sentence();
    }
    scenario loaded;
    assert_int_equal(load_lua("return { events = { { at = 1, goal = 'B' } } }", NULL, &loaded),
                     ENTRAIN_UNSUPPORTED);
    assert_non_null(strstr(error.sentence,
                           "events[1].goal does not apply to model \"kuramoto\"; it needs model.kind = "
                           "\"agent\"."));
}

// Refused before anything runs where only the swarm can tell, and when it comes to pass where only then.
static void what_only_the_swarm_can_tell_is_refused(void **state) {
    (void)state;
    course c = {0};
    assert_int_equal(
        load_course("}",
                    "{ at = 1, set = { ['agent.low'] = 0.9 } }, { at = 2, set = { ['agent.high'] = 0.5 } }",
                    &c.given),
        ENTRAIN_OK);
    assert_int_equal(entrain_swarm_create(&c.given.swarm, &c.swarm, &error), ENTRAIN_OK);
    assert_int_equal(event_run_begin(&c.events, c.given.events, c.swarm, "dir/x.lua", &error),
                     ENTRAIN_INVALID);
    assert_non_null(strstr(error.sentence, "dir/x.lua: events[2]: The agents' band is 0.9 to 0.5"));
    end(&c);
    begin(&c, "}", "{ at = 1, leave = { 3 } }, { at = 2, leave = { 3 } }");
    advance(&c, 1);
    assert_int_equal(event_run_advance(&c.events, 200, &error), ENTRAIN_INVALID);
    assert_non_null(
        strstr(error.sentence, "events[2]: number 3 does not live at that time, so it cannot leave"));
    end(&c);
}

// Agents hear each neighbour alike, and mailboxes for pulses have room for those there were.
static void graphs_that_agents_cannot_hear_are_refused(void **state) {
    (void)state;
    course c = {0};
    assert_int_equal(load_course("}", "{ at = 1, link = { { 0, 9, 3 } } }", &c.given), ENTRAIN_OK);
    assert_int_equal(entrain_swarm_create(&c.given.swarm, &c.swarm, &error), ENTRAIN_OK);
    assert_int_equal(event_run_begin(&c.events, c.given.events, c.swarm, "x.lua", &error),
                     ENTRAIN_UNSUPPORTED);
    assert_non_null(strstr(error.sentence, "agents hear each neighbour alike"));
    end(&c);
    c = (course){0};
    assert_int_equal(load_course(", topology = { weight = { low = 2, high = 2 } } }",
                                 "{ at = 1, goal = 'save-energy' }", &c.given),
                     ENTRAIN_OK);
    assert_int_equal(entrain_swarm_create(&c.given.swarm, &c.swarm, &error), ENTRAIN_UNSUPPORTED);
    assert_non_null(strstr(error.sentence, "an edge of weight 2;"));
    end(&c);
    begin(&c, "}, agent = { strategy = 'pulse' }", "{ at = 1, link = { { 0, 9 }, { 0, 10 }, { 0, 11 } } }");
    assert_int_equal(event_run_advance(&c.events, 200, &error), ENTRAIN_LIMIT);
    assert_non_null(strstr(error.sentence, "neighbours, and mailboxes for pulses were made for 8"));
    end(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_switch_of_goals_converges_to_the_new_one_both_ways),
        cmocka_unit_test(bands_are_entered_from_above_and_from_below),
        cmocka_unit_test(who_said_a_strategy_keeps_it),
        cmocka_unit_test(strategies_patterns_and_values_take_hold),
        cmocka_unit_test(a_graph_is_replaced_whole),
        cmocka_unit_test(joining_agents_catch_up),
        cmocka_unit_test(who_has_not_joined_changes_nothing),
        cmocka_unit_test(who_leaves_introduces_its_neighbours),
        cmocka_unit_test(a_new_graph_is_for_those_who_are_there),
        cmocka_unit_test(what_cannot_be_is_refused_with_a_sentence),
        cmocka_unit_test(what_only_the_swarm_can_tell_is_refused),
        cmocka_unit_test(graphs_that_agents_cannot_hear_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
