// Disruptions as events and as --disrupt: what may be written, what it becomes, and what it does to a swarm.
#include "check.h"

#include <math.h>

#include "sims/events.h"
#include "sims/scenario_text.h"

static entrain_error error;

// 40 oscillators, or agents, on a ring (or @p topology); ticks of 0.1 s, 60 of them.
static entrain_status load(const char *events, const char *more, const char *const *typed, scenario *out) {
    char text[4000];
    snprintf(text, sizeof text, "return { time = { step = 0.1, duration = 6 }, events = %s, %s }\n", events,
             more != NULL ? more : "swarm = { size = 40, topology = { kind = 'ring', degree = 4 } }");
    scenario_source source = {.path = "dir/x.lua", .disruptions = typed};
    while (typed != NULL && typed[source.disruption_count] != NULL)
        source.disruption_count++;
    sandbox_limits limits = sandbox_limits_defaults();
    return scenario_load_text(&source, text, strlen(text), &limits, out, &error);
}
static const char agents[] = "goal = 'minimize-api-calls', swarm = { size = 40 }";

static void refused(entrain_status status, const char *what, const char *words) {
    if (status == ENTRAIN_OK || strstr(error.sentence, words) == NULL)
        fail_msg("%s\nanswered %s: %s\nnot: %s", what, entrain_status_name(status), error.sentence, words);
    const size_t size = strlen(error.sentence);
    if (size < 10 || (error.sentence[size - 1] != '.' && error.sentence[size - 1] != '?'))
        fail_msg("not one sentence: %s", error.sentence);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *events, *more, *words;
    } cases[] = {
        {"{ { at = 1, scramble = 1.1 } }", NULL,
         "dir/x.lua: events[1].scramble has 1.1; it must be a share of the living, 0 to 1."},
        {"{ { at = 1, disrupt = 'all' } }", NULL, "events[1].disrupt has \"all\"; it must be a share"},
        {"{ { at = 1, kill = -0.5 } }", NULL, "has -0.5; it must be a share of the living"},
        {"{ { at = 1, revive = 2 } }", NULL, "a share of the killed, 0 to 1"},
        {"{ { at = 1, partition = 1 } }", NULL, "has 1; it must be a number of sides, 2 to 64."},
        {"{ { at = 1, partition = 2.5 } }", NULL, "has 2.5; it must be a number of sides"},
        {"{ { at = 1, partition = { 2, 'odd' } } }", NULL,
         "write a number of sides, or { sides, \"index\" }."},
        {"{ { at = 1, heal = 1 } }", NULL, "events[1].heal is 1; write true."},
        {"{ { at = 1, loss = 2 } }", NULL, "has 2; it must be a share of observations, 0 to 1."},
        {"{ { at = 1, delay = -1 } }", NULL, "has -1; it must be simulated seconds, up to 2^20 ticks, 0 to"},
        {"{ { at = 1, drift = 0.5 } }", NULL,
         "events[1].drift is 0.5; write { share, rad/s }, such as { 0.3, 1 } (--disrupt drift=0.3,1@20s)."},
        {"{ { at = 1, drift = { 0.5, 1e9 } } }", NULL,
         "has 1e+09; it must be a shift in rad/s, -1.048576e+07"},
        {"{ { at = 1, drift = { 0.5, 1 } } }", "model = { kind = 'swing' }", "have powers; say power"},
        {"{ { at = 1, starve = 0.5 } }", NULL,
         "does not apply to model \"kuramoto\"; it needs model.kind = \"agent\""},
        {"{ { at = 1, slow = { 0.5, 2 } } }", NULL, "it needs model.kind = \"agent\""},
        {"{ { at = 1, slow = { 0.5, 0 } } }", agents, "has 0; it must be a number of ticks, 1 to 65535."},
        {"{ { at = 1, slow = 0.5 } }", agents,
         "is 0.5; write { share, every }, such as { 0.1, 10 } (--disrupt slow=0.1,10@20s)."},
        {"{ { at = 1, stubborn = { 0.5, 2 } } }", agents, "has 2; it must be a chance, 0 to 1."},
        {"{ { at = 1, feed = 2 } }", agents, "a share of the starved"},
        {"{ { at = 1, load = 101 } }", agents, "has 101; it must be a factor of everybody's rate, 0 to 100."},
        {"{ { at = 1, service = 'bad' } }", agents, "write \"broken\", \"mended\" or a table"},
        {"{ { at = 1, service = { failur = 1 } } }", agents,
         "has \"failur\"; there are failure, silence and latency"},
        {"{ { at = 1, service = { failure = 2 } } }", agents, "has 2; it must be a share of calls, 0 to 1."},
        {"{ { at = 1, scramble = 0.5 } }", "model = { kind = 'pulse' }", "does not apply to model \"pulse\""},
        {"{ { at = 1, partition = 2 } }", "swarm = { size = 4097, topology = { kind = 'complete' } }",
         "events[1].partition needs arcs, which a complete graph is built with up to 4096"},
        {"{ { at = 1, loss = 0.1 } }", "swarm = { size = 4097, topology = { kind = 'complete' } }",
         "there are 4097;"},
        {"{ { at = 1, times = 3, kill = 0.1 } }", NULL,
         "events[1] has times, but does not say from when on and how"},
        {"{ { every = 1, times = 3, kill = 0.1 } }", NULL, "add at = (simulated seconds)."},
        {"{ { at = 1, every = 0.01, kill = 0.1 } }", NULL,
         "is to happen every 0.01 s; it must be a number of seconds, at least one time.step of 0.1."},
        {"{ { at = 1, every = 1, times = 0, kill = 0.1 } }", NULL,
         "is to happen 0 times; it must be a whole number"},
        {"{ { at = 1, every = 1, times = 1.5, kill = 0.1 } }", NULL, "is to happen 1.5 times;"},
        {"{ { at = 1, every = 1, times = 7, kill = 0.1 } }", NULL, "events[1] is at 7; it must be a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scenario loaded;
        refused(load(cases[i].events, cases[i].more, NULL, &loaded), cases[i].events, cases[i].words);
    }
}

static void what_is_typed_is_read_by_the_same_reader(void **state) {
    (void)state;
    static const struct {
        const char *typed, *words;
    } cases[] = {
        {"kill=2@3s", "--disrupt kill=2@3s: has 2; it must be a share of the living, 0 to 1."},
        {"0.7", "--disrupt takes VERB=VALUE@TIME, such as kill=0.5@20s"},
        {"@3s", "such as 0.7@20s, not @3s;"},
        {"=1@3s", "not =1@3s;"},
        {"kill=0.5@soon", "not kill=0.5@soon;"},
        {"1.5@3", "--disrupt 1.5@3: has 1.5; it must be a share of the living"},
        {"kil=0.5@3s", "--disrupt kil=0.5@3s: has \"kil\"; did you mean \"kill\"?"},
        {"0.5@7s",
         "--disrupt 0.5@7s: is at 7; it must be a number of seconds from 0 to time.duration, which is 6."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scenario loaded;
        const char *const typed[] = {"heal@1", cases[i].typed, NULL};
        refused(load("{ { at = 1, heal = true } }", NULL, typed, &loaded), cases[i].typed, cases[i].words);
        if (i > 0 && i < 5)
            continue;
        const char *const last[] = {cases[i].typed, "heal@1", NULL};
        refused(load("{}", NULL, last, &loaded), cases[i].typed, cases[i].words);
    }
    // Beside the scenario's, and where it has none.
    static const char *const typed[] = {"0.7@2s", "drift=0.2,-0.5@1", "heal@1.5s", NULL};
    static const char *const wanted[] = {"drift 0.2, by -0.5 rad/s", "heal the graph", "scramble 0.7"};
    scenario loaded;
    CHECK_OK(load("{ { at = 5, kill = 0.5 } }", NULL, typed, &loaded), error);
    assert_int_equal(events_count(loaded.events), 4);
    for (uint32_t e = 0; e < 3; e++)
        assert_string_equal(events_at(loaded.events, e).what, wanted[e]);
    scenario_free(&loaded);
    CHECK_OK(load("nil", NULL, typed, &loaded), error);
    assert_int_equal(events_count(loaded.events), 3);
    scenario_free(&loaded);
    refused(load("5", NULL, typed, &loaded), "5", "dir/x.lua: events is 5; it must be a list of events");
}

static void what_is_written_is_kept_in_one_form(void **state) {
    (void)state;
    static const struct {
        const char *events, *kept, *what;
    } cases[] = {
        {"{ { at = 1, scramble = 1, kill = 0 } }", "[{\"at\":1.0,\"kill\":0.0,\"scramble\":1.0}]",
         "scramble 1; kill 0"},
        {"{ { at = 1, partition = 3 } }", "[{\"at\":1.0,\"partition\":3}]", "partition into 3 sides"},
        {"{ { at = 1, partition = { 2, 'index' } } }", "[{\"at\":1.0,\"partition\":[2,\"index\"]}]",
         "partition into 2 sides by index"},
        {"{ { at = 1, loss = 0.3, delay = 0.25 } }",
         "[{\"at\":1.0,\"delay\":0.25,\"loss\":0.29999999999999999}]", "loss 0.3; delay 0.25 s"},
        {"{ { at = 1, service = 'broken' } }", "[{\"at\":1.0,\"service\":{\"failure\":1.0}}]",
         "service failure 1"},
        {"{ { at = 1, service = 'mended' } }", "[{\"at\":1.0,\"service\":\"mended\"}]", "service mended"},
        {"{ { at = 1, service = { silence = 0.5, latency = 2 } } }",
         "[{\"at\":1.0,\"service\":{\"latency\":2.0,\"silence\":0.5}}]", "service latency 2 s, silence 0.5"},
        {"{ { at = 1, slow = { 0.1, 10 }, stubborn = { 0.3, 0.9 }, load = 3, starve = 1, feed = 0.5 } }",
         "[{\"at\":1.0,\"feed\":0.5,\"load\":3.0,\"slow\":[0.10000000000000001,10],\"starve\":1.0,"
         "\"stubborn\":[0.29999999999999999,0.90000000000000002]}]",
         "load x 3; slow 0.1, every 10 ticks; stubborn 0.3, chance 0.9; starve 1; feed 0.5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scenario loaded, again;
        CHECK_OK(load(cases[i].events, agents, NULL, &loaded), error);
        char *text = json_dumps(json_object_get(loaded.resolved, "events"), JSON_COMPACT);
        assert_string_equal(text, cases[i].kept);
        free(text);
        assert_string_equal(events_at(loaded.events, 0).what, cases[i].what);
        assert_true(events_disrupt(loaded.events, 0));
        char *whole = json_dumps(loaded.resolved, JSON_REAL_PRECISION(17));
        const scenario_source source = {.path = "x.json"};
        sandbox_limits limits = sandbox_limits_defaults();
        CHECK_OK(scenario_load_text(&source, whole, strlen(whole), &limits, &again, &error), error);
        assert_true(json_equal(again.resolved, loaded.resolved));
        scenario_free(&again);
        free(whole);
        scenario_free(&loaded);
    }
    scenario loaded;
    CHECK_OK(load("{ { at = 1, stop = 3 } }", NULL, NULL, &loaded), error);
    assert_false(events_disrupt(loaded.events, 0));
    scenario_free(&loaded);
}

static void again_and_again(void **state) {
    (void)state;
    scenario loaded;
    CHECK_OK(load("{ { at = 0.5, every = 0.5, times = 3, scramble = 0.1 }, { at = 1, kill = 0.1 } }", NULL,
                  NULL, &loaded),
             error);
    assert_int_equal(events_count(loaded.events), 4);
    static const uint64_t ticks[] = {5, 10, 10, 15};
    for (uint32_t e = 0; e < 4; e++)
        assert_int_equal(events_at(loaded.events, e).tick, ticks[e]);
    assert_string_equal(events_at(loaded.events, 1).what, "scramble 0.1");
    assert_string_equal(events_at(loaded.events, 2).what, "kill 0.1");
    scenario_free(&loaded);
    CHECK_OK(load("{ { at = 0.6, every = 0.6, kill = 0.1 } }", NULL, NULL, &loaded), error); // to the end
    assert_int_equal(events_count(loaded.events), 10);
    assert_int_equal(events_at(loaded.events, 9).tick, 60);
    scenario_free(&loaded);
}

static void the_swarm_gets_what_its_events_need(void **state) {
    (void)state;
    static const char complete[] = "swarm = { size = 30, topology = { kind = 'complete' } }";
    static const struct {
        const char *events;
        bool arcs;
        uint32_t delay;
    } cases[] = {{"{ { at = 1, kill = 0.5 }, { at = 2, loss = 0 } }", false, 0},
                 {"{ { at = 1, loss = 0.5 } }", true, 0},
                 {"{ { at = 1, partition = 2 } }", true, 0},
                 {"{ { at = 1, delay = 0.3 }, { at = 2, delay = 0.1 } }", false, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scenario loaded;
        entrain_swarm *swarm;
        event_run run;
        CHECK_OK(load(cases[i].events, complete, NULL, &loaded), error);
        assert_int_equal(loaded.arcs_built, cases[i].arcs);
        assert_int_equal(loaded.swarm.engine.disturbance_delay_max, cases[i].delay);
        CHECK_OK(entrain_swarm_create(&loaded.swarm, &swarm, &error), error);
        const entrain_topology_view view = entrain_topology_look(entrain_swarm_topology(swarm));
        assert_int_equal(view.arc_count, cases[i].arcs ? 30 * 29 : 0);
        CHECK_OK(event_run_begin(&run, loaded.events, swarm, "x", &error), error);
        CHECK_OK(event_run_advance(&run, 60, &error), error);
        assert_int_equal(run.next, events_count(loaded.events));
        event_run_end(&run);
        entrain_swarm_destroy(swarm);
        scenario_free(&loaded);
    }
    // Load and service are a workload's.
    scenario loaded;
    entrain_swarm *swarm;
    event_run run;
    CHECK_OK(load("{ { at = 1, load = 3 } }",
                  "goal = 'minimize-api-calls', swarm = { size = 40 }, workload = { pattern = 'none' }", NULL,
                  &loaded),
             error);
    CHECK_OK(entrain_swarm_create(&loaded.swarm, &swarm, &error), error);
    refused(event_run_begin(&run, loaded.events, swarm, "dir/x.lua", &error), "load",
            "dir/x.lua: events[1]: load needs a workload, and there is none");
    event_run_end(&run);
    entrain_swarm_destroy(swarm);
    scenario_free(&loaded);
}

// A swarm with its events, to the end of tick @p tick.
typedef struct stage {
    scenario loaded;
    entrain_swarm *swarm;
    event_run run;
} stage;
static void play(stage *on, const char *events, const char *more, uint64_t ticks) {
    CHECK_OK(load(events, more, NULL, &on->loaded), error);
    CHECK_OK(entrain_swarm_create(&on->loaded.swarm, &on->swarm, &error), error);
    CHECK_OK(event_run_begin(&on->run, on->loaded.events, on->swarm, "x", &error), error);
    CHECK_OK(event_run_happen(&on->run, &error), error);
    CHECK_OK(event_run_advance(&on->run, ticks, &error), error);
}
static void close_stage(stage *on) {
    event_run_end(&on->run);
    entrain_swarm_destroy(on->swarm);
    scenario_free(&on->loaded);
}
static entrain_phase_sample sample_of(const stage *on) {
    entrain_phase_sample sample;
    assert_int_equal(entrain_swarm_sample(on->swarm, &sample), ENTRAIN_OK);
    return sample;
}

static void each_does_what_it_says(void **state) {
    (void)state;
    // Two halves of a regular graph that are cut off from each other turn apart; healed, they meet again.
    static const char halves[] =
        "swarm = { size = 40, topology = { kind = 'random-regular', degree = 8 } }, model = { coupling = 4,"
        "phase = 0, frequency = { distribution = 'list', values = { %s } } }";
    char values[400] = "", more[600];
    for (int i = 0; i < 40; i++)
        strcat(values, i < 20 ? "0.5," : "-0.5,");
    snprintf(more, sizeof more, halves, values);
    stage on;
    play(&on, "{ { at = 0, partition = { 2, 'index' } }, { at = 3, heal = true } }", more, 30);
    assert_true(sample_of(&on).coherence < 0.2); // 3 rad apart
    CHECK_OK(event_run_advance(&on.run, 30, &error), error);
    assert_true(sample_of(&on).coherence > 0.95);
    close_stage(&on);
    // Whatever is lost is not heard: with all of it lost everybody goes its own way.
    play(&on, "{ { at = 0, loss = 1 } }", more, 30);
    assert_true(sample_of(&on).coherence < 0.2 && sample_of(&on).observations == 0);
    close_stage(&on);
    play(&on, "{ { at = 0, loss = 0.25 } }", more, 30);
    const double heard = (double)sample_of(&on).observations / (30 * 4 * 40 * 8);
    CHECK_NEAR(heard, 0.75, 0.01);
    assert_true(sample_of(&on).coherence > 0.9);
    close_stage(&on);
    play(&on, "{ { at = 1, kill = 0.5 }, { at = 2, revive = 0.5 } }", more, 15);
    assert_int_equal(sample_of(&on).living, 20);
    CHECK_OK(event_run_advance(&on.run, 45, &error), error);
    assert_int_equal(sample_of(&on).living, 30);
    close_stage(&on);
    play(&on, "{ { at = 3, scramble = 1 } }", more, 30);
    assert_true(sample_of(&on).coherence < 0.5);
    close_stage(&on);
    // Agents: energy, load and service.
    play(&on, "{ { at = 1, starve = 0.5, load = 5, service = 'broken' }, { at = 4, feed = 1 } }", agents, 40);
    entrain_agent_totals totals;
    entrain_workload_totals work;
    assert_int_equal(entrain_agents_measure(entrain_swarm_population(on.swarm), &totals), ENTRAIN_OK);
    assert_true(totals.energy_least == 0 && totals.energy_mean < 51);
    const entrain_workload_config *now = entrain_workload_look(entrain_swarm_workload(on.swarm));
    assert_true(now->load == 5 && now->failure == 1);
    CHECK_OK(event_run_advance(&on.run, 20, &error), error);
    assert_int_equal(entrain_workload_measure(entrain_swarm_workload(on.swarm), &work), ENTRAIN_OK);
    assert_true(work.calls_failed > 0);
    assert_int_equal(entrain_agents_measure(entrain_swarm_population(on.swarm), &totals), ENTRAIN_OK);
    assert_true(totals.energy_least > 1);
    close_stage(&on);
    play(&on,
         "{ { at = 1, service = { latency = 0.01, failure = 0.5 } }, { at = 2, service = 'mended', load = 1 "
         "} }",
         agents, 15);
    now = entrain_workload_look(entrain_swarm_workload(on.swarm));
    assert_true(now->latency_s == 0.01 && now->failure == 0.5 && now->latency_spread_s <= 0.01);
    CHECK_OK(event_run_advance(&on.run, 15, &error), error);
    const entrain_workload_config first = on.loaded.swarm.workload;
    now = entrain_workload_look(entrain_swarm_workload(on.swarm));
    assert_true(now->latency_s == first.latency_s && now->failure == first.failure &&
                now->latency_spread_s == first.latency_spread_s);
    close_stage(&on);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(what_is_typed_is_read_by_the_same_reader),
        cmocka_unit_test(what_is_written_is_kept_in_one_form),
        cmocka_unit_test(again_and_again),
        cmocka_unit_test(the_swarm_gets_what_its_events_need),
        cmocka_unit_test(each_does_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
