// Events of scenarios: what may be written, what becomes of it, and that a swarm with events is the one whose
// owner did the same by hand, at the same ticks, however it is advanced.
#include "check.h"

#include "engine/base/memory.h"
#include "sims/events.h"
#include "sims/scenario_text.h"

static entrain_error error;
#define SETS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_SETS ((const char *const[]){NULL})

static entrain_status load_as(const char *path, const char *text, const char *const *sets, scenario *out) {
    scenario_source source = {.path = path, .sets = sets};
    while (sets[source.set_count] != NULL)
        source.set_count++;
    sandbox_limits limits = sandbox_limits_defaults();
    return scenario_load_text(&source, text, strlen(text), &limits, out, &error);
}

// A scenario of 20 on a ring whose events are these. Ticks of 0.1 s, 60 of them.
static entrain_status load_more(const char *events, const char *more, const char *const *sets,
                                scenario *out) {
    char text[4000];
    snprintf(text, sizeof text,
             "return { swarm = { size = 20, topology = { kind = 'ring', degree = 4 } },\n"
             "time = { step = 0.1, duration = 6 }, model = { coupling = 1.5%s }, events = %s }\n",
             more, events);
    return load_as("dir/x.lua", text, sets, out);
}
static entrain_status load(const char *events, scenario *out) { return load_more(events, "", NO_SETS, out); }

static void refused_by(entrain_status status, entrain_status wanted, const char *what, const char *words) {
    if (status != wanted || strstr(error.sentence, words) == NULL)
        fail_msg("%s\nanswered %s: %s\nnot %s: %s", what, entrain_status_name(status), error.sentence,
                 entrain_status_name(wanted), words);
    const size_t size = strlen(error.sentence);
    if (size < 10 || (error.sentence[size - 1] != '.' && error.sentence[size - 1] != '?'))
        fail_msg("not one sentence: %s", error.sentence);
}

// --- What may be written

static void what_cannot_be_is_refused_before_anything_runs(void **state) {
    (void)state;
    static const struct {
        const char *events, *more;
        entrain_status status;
        const char *words;
    } cases[] = {
        {"5", "", ENTRAIN_INVALID, "dir/x.lua: events is 5; it must be a list of events"},
        {"{ at = 1, cut = { 0, 1 } }", "", ENTRAIN_INVALID, "it must be a list of events, such as"},
        {"{ 7 }", "", ENTRAIN_INVALID, "events[1] is 7; an event is a table such as"},
        {"{ { at = 1, cutt = { 0, 1 } } }", "", ENTRAIN_UNKNOWN,
         "dir/x.lua: events[1] has \"cutt\"; did you mean \"cut\"?"},
        {"{ { at = 1, explode = 1 } }", "", ENTRAIN_UNKNOWN, "\"entrain list events\" shows what there is."},
        {"{ { at = 1, stop = 1 }, { cut = { 0, 1 } } }", "", ENTRAIN_INVALID, "events[2] does not say when"},
        {"{ { at = 1 } }", "", ENTRAIN_INVALID, "events[1] says nothing that is to happen"},
        {"{ { at = 'now', stop = 1 } }", "", ENTRAIN_INVALID,
         "is at \"now\"; it must be a number of seconds"},
        {"{ { at = -1, stop = 1 } }", "", ENTRAIN_INVALID, "from 0 to time.duration, which is 6"},
        {"{ { at = 6.01, stop = 1 } }", "", ENTRAIN_INVALID, "events[1] is at 6.01;"},
        {"{ { at = 1, cut = { 0, 20 } } }", "", ENTRAIN_INVALID,
         "events[1].cut names oscillator 20; there are 0 to 19 (swarm.size is 20)."},
        {"{ { at = 1, cut = { 0, 1.5 } } }", "", ENTRAIN_INVALID, "names oscillator 1.5;"},
        {"{ { at = 1, cut = { { 0, 1 }, { 2, -1 } } } }", "", ENTRAIN_INVALID, "names oscillator -1;"},
        {"{ { at = 1, cut = { 0, 0 } } }", "", ENTRAIN_INVALID, "has an edge from 0 to itself"},
        {"{ { at = 1, cut = { 0, 1, 2 } } }", "", ENTRAIN_INVALID, "an edge is { from, to }."},
        {"{ { at = 1, cut = { 0 } } }", "", ENTRAIN_INVALID, "an edge is { from, to }."},
        {"{ { at = 1, cut = {} } }", "", ENTRAIN_INVALID, "events[1].cut is a table; write an edge"},
        {"{ { at = 1, cut = 3 } }", "", ENTRAIN_INVALID, "events[1].cut is 3; write an edge"},
        {"{ { at = 1, link = { 0, 1, 2, 3 } } }", "", ENTRAIN_INVALID, "or { from, to, weight }."},
        {"{ { at = 1, link = { 0, 1, 'x' } } }", "", ENTRAIN_INVALID, "from 0 to 1 the weight \"x\""},
        {"{ { at = 1, link = { 0, 1, 1e7 } } }", "", ENTRAIN_INVALID, "from -1e6 to 1e6"},
        {"{ { at = 1, set = 5 } }", "", ENTRAIN_INVALID, "write { [\"model.coupling\"] = 0.5 }"},
        {"{ { at = 1, set = { ['model.couplin'] = 5 } } }", "", ENTRAIN_UNKNOWN,
         "while a swarm runs (model.coupling, lag, noise and damping can); did you mean \"model.coupling\"?"},
        {"{ { at = 1, set = { ['swarm.size'] = 5 } } }", "", ENTRAIN_UNKNOWN,
         "\"swarm.size\", which cannot be set while a swarm runs"},
        {"{ { at = 1, set = { ['model.coupling'] = 1e7 } } }", "", ENTRAIN_INVALID,
         "dir/x.lua: events[1].set: model.coupling is 1e+07; it must be a number from"},
        {"{ { at = 1, set = { ['model.damping'] = 1 } } }", "", ENTRAIN_INVALID,
         "does not have as one number"},
        {"{ { at = 1, set = { ['model.second.coupling'] = 1 } } }", "", ENTRAIN_INVALID,
         "changes model.second.coupling, which this scenario does not have"},
        {"{ { at = 1, frequency = 5 } }", "", ENTRAIN_INVALID, "write { oscillator, value }"},
        {"{ { at = 1, frequency = { 5 } } }", "", ENTRAIN_INVALID, "it must be { oscillator, value }"},
        {"{ { at = 1, frequency = { 5, 1e8 } } }", "", ENTRAIN_INVALID,
         "gives oscillator 5 1e+08; it must be a number from -1.048576e+07 to 1.048576e+07."},
        {"{ { at = 1, frequency = { 5, true } } }", "", ENTRAIN_INVALID, "gives oscillator 5 true;"},
        {"{ { at = 1, power = { 5, 1 } } }", "", ENTRAIN_INVALID,
         "does not apply to model \"kuramoto\"; say frequency"},
        {"{ { at = 1, frequency = { 5, 1 } } }", ", kind = 'swing'", ENTRAIN_INVALID,
         "does not apply to model \"swing\"; say power"},
        {"{ { at = 1, stop = {} } }", "", ENTRAIN_INVALID,
         "write the index of an oscillator or a list of them"},
        {"{ { at = 1, stop = { 3, 3 } } }", "", ENTRAIN_INVALID,
         "events[1].stop names oscillator 3, which is stopped already at that time."},
        {"{ { at = 2, stop = 3 }, { at = 1, restart = 3 } }", "", ENTRAIN_INVALID,
         "events[2].restart names oscillator 3, which is not stopped at that time."},
        {"{ { at = 1, stop = 'x' } }", "", ENTRAIN_INVALID, "events[1].stop is \"x\"; write"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scenario loaded;
        refused_by(load_more(cases[i].events, cases[i].more, NO_SETS, &loaded), cases[i].status,
                   cases[i].events, cases[i].words);
    }
    scenario loaded;
    refused_by(load_as("x.lua",
                       "return { swarm = { topology = { kind = 'complete' } }, events = { { at = 1, cut = { "
                       "0, 1 } } } }",
                       NO_SETS, &loaded),
               ENTRAIN_INVALID, "complete", "swarm.topology.kind = \"erdos-renyi\" with probability 1");
    refused_by(load_as("x.json", "{ \"event\": [] }", NO_SETS, &loaded), ENTRAIN_UNKNOWN, "event",
               "did you mean \"events\"?");
}

static void what_is_written_is_kept_in_one_form(void **state) {
    (void)state;
    static const char *const written = "{ { at = 3, cut = { 3, 4 }, restart = 5 }, { link = { { 0, 9 }, { 1, "
                                       "8, -0.5 } }, at = 2.04, stop = { 5, 6 } },"
                                       "  { at = 3, set = { ['model.lag'] = 0, ['model.coupling'] = 2 }, "
                                       "frequency = { { 1, 2 }, { 3, 4.5 } } },"
                                       "  { at = 0, frequency = { 7, 1 } } }";
    static const char *const kept =
        "[{\"at\":3.0,\"cut\":[[3,4]],\"restart\":[5]},"
        "{\"at\":2.04,\"link\":[[0,9,1.0],[1,8,-0.5]],\"stop\":[5,6]},"
        "{\"at\":3.0,\"frequency\":[[1,2.0],[3,4.5]],\"set\":{\"model.coupling\":2.0,\"model.lag\":0.0}},"
        "{\"at\":0.0,\"frequency\":[[7,1.0]]}]";
    scenario loaded, again;
    CHECK_OK(load(written, &loaded), error);
    char *text = json_dumps(json_object_get(loaded.resolved, "events"), JSON_COMPACT);
    assert_string_equal(text, kept);
    free(text);
    // In the order in which they happen: by tick, then as written.
    static const struct {
        uint64_t tick;
        const char *what;
    } wanted[] = {{0, "frequency of 7 = 1"},
                  {20, "link 0-9, 1-8 (weight -0.5); stop 5, 6"},
                  {30, "cut 3-4; restart 5"},
                  {30, "set model.coupling = 2, model.lag = 0; frequency of 1 = 2, of 3 = 4.5"}};
    assert_int_equal(events_count(loaded.events), 4);
    for (uint32_t e = 0; e < 4; e++) {
        event_facts facts = events_at(loaded.events, e);
        assert_int_equal(facts.tick, wanted[e].tick);
        assert_string_equal(facts.what, wanted[e].what);
    }
    assert_true(events_at(loaded.events, 1).at_s == 2.04);
    // What was resolved is a scenario of its own.
    char *whole = json_dumps(loaded.resolved, JSON_REAL_PRECISION(17));
    CHECK_OK(load_as("x.json", whole, NO_SETS, &again), error);
    assert_true(json_equal(again.resolved, loaded.resolved));
    assert_int_equal(events_count(again.events), 4);
    scenario_free(&again);
    free(whole);
    scenario_free(&loaded);
    assert_null(loaded.events);
    CHECK_OK(load("{}", &loaded), error); // none
    assert_null(loaded.events);
    assert_null(json_object_get(loaded.resolved, "events"));
    scenario_free(&loaded);
    assert_int_equal(events_count(NULL), 0);
}

static void many_are_told_in_few_words(void **state) {
    (void)state;
    scenario loaded;
    CHECK_OK(load("{ { at = 6, stop = { 1, 2, 3, 4, 5, 6 } } }", &loaded), error);
    assert_string_equal(events_at(loaded.events, 0).what, "stop 1, 2, 3 and 3 more");
    assert_int_equal(events_at(loaded.events, 0).tick, loaded.tick_count);
    scenario_free(&loaded);
    char text[8000] = "{ { at = 0, cut = { ";
    for (int i = 0; i < 19; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "{ %d, %d }, ", i, i + 1);
    strcat(text, "}, link = { {0,1,-123456.789}, {10,11,-123456.789}, {18,19,-123456.789}, {1,2} }, set = { "
                 "['model.coupling'] = -1e-5,"
                 "['model.lag'] = 1, ['model.noise'] = 0 }, frequency = { {1, 2}, {2, 3}, {3, 4}, {5, 6} }, "
                 "stop = 1 } }");
    CHECK_OK(load(text, &loaded), error);
    const event_facts facts = events_at(loaded.events, 0); // cut off, and whole
    assert_true(strlen(facts.what) < sizeof facts.what &&
                strncmp(facts.what, "cut 0-1, 1-2, 2-3 and 16 more; link", 35) == 0);
    scenario_free(&loaded);
}

static void sets_take_all_out_or_bring_the_end_nearer(void **state) {
    (void)state;
    static const char *const events =
        "{ { at = 1, stop = 3 }, { at = 5, restart = 3 }, { at = 4, stop = 4 } }";
    scenario loaded;
    refused_by(load_more(events, "", SETS("events=[]"), &loaded), ENTRAIN_INVALID, "--set",
               "--set events=[]: events can only be taken out by --set (events=nil)");
    CHECK_OK(load_more(events, "", SETS("events=nil"), &loaded), error);
    assert_null(loaded.events);
    scenario_free(&loaded);
    // A shorter run leaves out what would come later, and says so in what it resolves to.
    CHECK_OK(load_more(events, "", SETS("time.duration=4"), &loaded), error);
    assert_int_equal(events_count(loaded.events), 2);
    assert_int_equal(json_array_size(json_object_get(loaded.resolved, "events")), 2);
    scenario_free(&loaded);
    CHECK_OK(load_more(events, "", SETS("time.duration=0.5"), &loaded), error);
    assert_null(loaded.events);
    assert_null(json_object_get(loaded.resolved, "events"));
    scenario_free(&loaded);
    refused_by(load_more(events, "", SETS("swarm.size=4", "swarm.topology.degree=2"), &loaded),
               ENTRAIN_INVALID, "size", "events[3].stop names oscillator 4; there are 0 to 3");
}

// --- What only the swarm can tell

static entrain_status begin(const scenario *loaded, entrain_swarm **swarm_out, event_run *run) {
    CHECK_OK(entrain_swarm_create(&loaded->swarm, swarm_out, &error), error);
    return event_run_begin(run, loaded->events, *swarm_out, "x.lua", &error);
}

static void what_the_graph_or_the_model_refuses_is_refused_at_the_start(void **state) {
    (void)state;
    static const struct {
        const char *events, *more, *words;
    } cases[] = {
        {"{ { at = 1, cut = { 3, 9 } } }", "",
         "x.lua: events[1]: there is no edge between 3 and 9 to cut at that time."},
        {"{ { at = 1, cut = { 3, 4 } }, { at = 2, cut = { 4, 3 } } }", "",
         "events[2]: there is no edge between 4 and 3 to cut"},
        {"{ { at = 2, cut = { 3, 9 } }, { at = 3, link = { 3, 9 } } }", "", "events[1]: there is no edge"},
        {"{ { at = 2, cut = { 3, 9 }, link = { 3, 9 } } }", "",
         "events[1]: there is no edge"}, // cut comes first
        {"{ { at = 2, set = { ['model.noise'] = 1 } } }", "", "events[1]: Noise cannot come"},
        {"{ { at = 2, set = { ['model.damping'] = 1 } } }",
         ", kind = 'swing', damping = { distribution = 'constant', value = 1, jitter = 0.01 }",
         "events[1]: model.damping cannot be set: each oscillator has its own."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scenario loaded;
        entrain_swarm *swarm;
        event_run run;
        const int64_t live = entrain__memory_live();
        CHECK_OK(load_more(cases[i].events, cases[i].more, NO_SETS, &loaded), error);
        refused_by(begin(&loaded, &swarm, &run), ENTRAIN_INVALID, cases[i].events, cases[i].words);
        event_run_end(&run);
        entrain_swarm_destroy(swarm);
        scenario_free(&loaded);
        assert_int_equal(entrain__memory_live(), live);
    }
    // And these are not: what is linked can be cut, and cut as often as there are edges.
    scenario loaded;
    entrain_swarm *swarm;
    event_run run;
    CHECK_OK(load("{ { at = 1, link = { { 9, 3 }, { 3, 4 } } }, { at = 2, cut = { { 3, 9 }, { 3, 4 }, { 4, 3 "
                  "} } } }",
                  &loaded),
             error);
    CHECK_OK(begin(&loaded, &swarm, &run), error);
    CHECK_OK(event_run_advance(&run, loaded.tick_count, &error), error);
    assert_int_equal(run.next, 2);
    assert_int_equal(entrain_topology_edge_count(run.topology, 3, 4), 0);
    event_run_end(&run);
    entrain_swarm_destroy(swarm);
    scenario_free(&loaded);
}

// --- As if by hand

static const char *const story =
    "{ { at = 1, cut = { { 3, 4 }, { 8, 6 } }, set = { ['model.coupling'] = -1 } },"
    "  { at = 1, link = { { 0, 10, 2.5 }, { 1, 11 } } },"
    "  { at = 2.5, stop = { 5, 6 }, frequency = { { 0, 3 }, { 7, -2 } } },"
    "  { at = 4, restart = 6, set = { ['model.coupling'] = 2, ['model.lag'] = 0.3 } },"
    "  { at = 0, frequency = { 1, 1.25 }, set = { ['model.coupling'] = 1 } },"
    "  { at = 6, stop = 0 } }";

static void go_to(entrain_swarm *swarm, uint64_t tick) {
    CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), tick - entrain_swarm_tick(swarm), &error),
             error);
}

// The story told by hand, step by step, with the calls that a program would make.
static uint64_t by_hand(const entrain_swarm_config *config) {
    entrain_swarm *swarm;
    CHECK_OK(entrain_swarm_create(config, &swarm, &error), error);
    entrain_engine *engine = entrain_swarm_engine(swarm);
    entrain_population *all = entrain_swarm_population(swarm);
    entrain_kuramoto_config model = *entrain_kuramoto_look(all);
    double *frequency[8];
    for (uint32_t i = 0; i < 8; i++)
        frequency[i] = entrain_population_at(all, i, ENTRAIN_KURAMOTO_FREQUENCY);
    model.coupling = 1;
    *frequency[1] = 1.25;
    CHECK_OK(entrain_kuramoto_change(all, &model, &error), error);
    go_to(swarm, 10);
    const entrain_edge cut[] = {{6, 8, 0}, {3, 4, 0}}, link[] = {{0, 10, 2.5}, {1, 11, 1}};
    entrain_topology *changed;
    CHECK_OK(entrain_topology_edit(entrain_swarm_topology(swarm), cut, 2, link, 2, &changed, &error), error);
    CHECK_OK(entrain_engine_replace_topology(engine, changed, &error), error);
    entrain_topology_release(changed);
    model.coupling = -1;
    CHECK_OK(entrain_kuramoto_change(all, &model, &error), error);
    go_to(swarm, 25);
    *frequency[0] = 3;
    *frequency[7] = -2;
    for (uint32_t i = 5; i < 7; i++)
        assert_int_equal(entrain_engine_stop_actor(engine, entrain_population_id(all, i)), ENTRAIN_OK);
    go_to(swarm, 40);
    entrain_id id;
    model.coupling = 2;
    model.lag = 0.3;
    CHECK_OK(entrain_kuramoto_change(all, &model, &error), error);
    assert_int_equal(entrain_engine_restart_actor(engine, all, 6, &id), ENTRAIN_OK);
    go_to(swarm, 60);
    assert_int_equal(entrain_engine_stop_actor(engine, entrain_population_id(all, 0)), ENTRAIN_OK);
    uint64_t fingerprint = entrain_engine_fingerprint(engine);
    entrain_swarm_destroy(swarm);
    return fingerprint;
}

static uint32_t told_count;
static void told(void *context, uint32_t index) {
    event_run *run = context;
    assert_int_equal(index, told_count);
    assert_int_equal(entrain_swarm_tick(run->swarm), events_at(run->list, index).tick);
    told_count++;
}

static void events_are_what_their_owner_would_have_done(void **state) {
    (void)state;
    static const char *const ways[][2] = {{"exec.transport=mailbox", "exec.policy=steal"},
                                          {"exec.transport=publish", "exec.policy=dataflow"},
                                          {"exec.transport=mailbox", "exec.policy=serial"},
                                          {"exec.transport=publish", "exec.policy=adaptive"}};
    static const char *const norms[] = {"model.normalise=degree", "model.normalise=heard",
                                        "model.normalise=none"};
    for (size_t n = 0; n < 3; n++) {
        uint64_t expected = 0;
        for (size_t w = 0; w < 4; w++)
            for (uint64_t stride = 1; stride < 100;
                 stride = stride * 3 + 1) { // 1, 4, 13, 40: cut into such pieces
                scenario loaded;
                entrain_swarm *swarm;
                event_run run;
                CHECK_OK(load_more(story, "",
                                   SETS(ways[w][0], ways[w][1], norms[n], "exec.cohort=64", "exec.workers=2",
                                        w % 2 == 0 ? "exec.layout=shuffled" : "exec.layout=auto"),
                                   &loaded),
                         error);
                if (w == 0 && stride == 1)
                    expected = by_hand(&loaded.swarm);
                CHECK_OK(begin(&loaded, &swarm, &run), error);
                told_count = 0;
                run.told = told;
                run.context = &run;
                CHECK_OK(event_run_happen(&run, &error), error);
                assert_int_equal(run.next, 1);
                CHECK_OK(event_run_happen(&run, &error), error); // once
                assert_int_equal(run.next, 1);
                while (entrain_swarm_tick(swarm) < loaded.tick_count) {
                    const uint64_t left = loaded.tick_count - entrain_swarm_tick(swarm);
                    CHECK_OK(event_run_advance(&run, left < stride ? left : stride, &error), error);
                }
                assert_int_equal(told_count, 6);
                assert_int_equal(entrain_swarm_tick(swarm), loaded.tick_count);
                assert_int_equal(entrain_engine_fingerprint(entrain_swarm_engine(swarm)), expected);
                event_run_end(&run);
                entrain_swarm_destroy(swarm);
                scenario_free(&loaded);
            }
    }
}

// To look at the events changes nothing; to have none neither.
static void looking_at_events_leaves_the_swarm_alone(void **state) {
    (void)state;
    scenario loaded;
    entrain_swarm *swarm, *other;
    event_run run, none;
    CHECK_OK(
        load("{ { at = 6, set = { ['model.coupling'] = 9, ['model.lag'] = 1 }, cut = { 0, 1 }, stop = 3 } }",
             &loaded),
        error);
    CHECK_OK(begin(&loaded, &swarm, &run), error);
    CHECK_OK(entrain_swarm_create(&loaded.swarm, &other, &error), error);
    CHECK_OK(event_run_begin(&none, NULL, other, "x.lua", &error), error);
    CHECK_OK(event_run_happen(&none, &error), error);
    CHECK_OK(event_run_advance(&run, loaded.tick_count - 1, &error), error);
    CHECK_OK(event_run_advance(&none, loaded.tick_count - 1, &error), error);
    assert_int_equal(run.next, 0);
    assert_int_equal(entrain_engine_fingerprint(entrain_swarm_engine(swarm)),
                     entrain_engine_fingerprint(entrain_swarm_engine(other)));
    event_run_end(&run);
    event_run_end(&none);
    entrain_swarm_destroy(swarm);
    entrain_swarm_destroy(other);
    scenario_free(&loaded);
}

// A run that is stopped on the way goes on as if it had not been.
static void a_cancelled_run_goes_on(void **state) {
    (void)state;
    scenario loaded;
    entrain_swarm *swarm;
    event_run run;
    CHECK_OK(load_more(story, "", NO_SETS, &loaded), error);
    const uint64_t expected = by_hand(&loaded.swarm);
    CHECK_OK(begin(&loaded, &swarm, &run), error);
    CHECK_OK(event_run_happen(&run, &error), error);
    uint32_t stops = 0;
    while (entrain_swarm_tick(swarm) < loaded.tick_count) {
        const uint64_t tick = entrain_swarm_tick(swarm);
        entrain_engine_cancel(entrain_swarm_engine(swarm));
        assert_int_equal(event_run_advance(&run, loaded.tick_count - tick, &error), ENTRAIN_CANCELLED);
        assert_int_equal(entrain_swarm_tick(swarm), tick);
        stops++;
        entrain_engine_clear(entrain_swarm_engine(swarm));
        CHECK_OK(event_run_advance(&run, 5, &error), error);
    }
    assert_int_equal(stops, loaded.tick_count / 5);
    assert_int_equal(entrain_engine_fingerprint(entrain_swarm_engine(swarm)), expected);
    event_run_end(&run);
    entrain_swarm_destroy(swarm);
    scenario_free(&loaded);
}

// --- Without memory

static void memory_that_cannot_be_had_ends_a_run_with_a_sentence(void **state) {
    (void)state;
    const int64_t live = entrain__memory_live();
    uint32_t failures = 0;
    for (uint64_t n = 1;; n++) {
        scenario loaded;
        entrain_swarm *swarm;
        event_run run;
        CHECK_OK(load("{ { at = 1, cut = { 3, 4 }, link = { 3, 9 } } }", &loaded), error);
        CHECK_OK(begin(&loaded, &swarm, &run), error);
        CHECK_OK(event_run_advance(&run, 9, &error), error);
        entrain__memory_fail_at(n);
        entrain_status status = event_run_advance(&run, 1, &error);
        entrain__memory_fail_at(0);
        if (status != ENTRAIN_OK) {
            assert_int_equal(status, ENTRAIN_NO_MEMORY);
            assert_memory_equal(error.sentence, "events[1]: ", 11);
            assert_int_equal(run.next, 0);
            failures++;
        }
        event_run_end(&run);
        entrain_swarm_destroy(swarm);
        scenario_free(&loaded);
        assert_int_equal(entrain__memory_live(), live);
        if (status == ENTRAIN_OK)
            break;
    }
    assert_in_range(failures, 5, 100);
}

// The linker sends every allocation of the loader here (--wrap), and jansson is told to ask here too.
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
static uint64_t allocations_left = UINT64_MAX;
static bool may_allocate(void) { return allocations_left != UINT64_MAX ? allocations_left-- != 1 : true; }
void *__wrap_malloc(size_t size) { return may_allocate() ? __real_malloc(size) : NULL; }
void *__wrap_calloc(size_t count, size_t size) { return may_allocate() ? __real_calloc(count, size) : NULL; }
void *__wrap_realloc(void *block, size_t size) { return may_allocate() ? __real_realloc(block, size) : NULL; }

// The n-th one cannot be had: a status, no leak (the sanitizer looks), or, where Lua could collect, the same
// scenario.
static void the_loader_survives_without_memory(void **state) {
    (void)state;
    scenario loaded;
    char events[2000];
    snprintf(events, sizeof events, "{ %.*s, { at = 3, stop = { 9,10,11,12,13,14,15,16,17,18,19 } } }",
             (int)strlen(story) - 4, story + 2);
    json_set_alloc_funcs(__wrap_malloc, free);
    CHECK_OK(load(events, &loaded), error);
    char *wanted = json_dumps(loaded.resolved, 0);
    scenario_free(&loaded);
    uint32_t failures = 0;
    for (uint64_t n = 1;; n++) {
        allocations_left = n;
        entrain_status status = load(events, &loaded);
        const bool reached = allocations_left == 0 || allocations_left > UINT64_MAX / 2;
        allocations_left = UINT64_MAX;
        if (status == ENTRAIN_OK) {
            char *got = json_dumps(loaded.resolved, 0);
            assert_string_equal(got, wanted);
            assert_int_equal(events_count(loaded.events), 7);
            free(got);
            scenario_free(&loaded);
        } else {
            assert_int_equal(status, ENTRAIN_NO_MEMORY);
            failures++;
        }
        if (!reached)
            break;
    }
    assert_true(failures > 100);
    free(wanted);
    json_set_alloc_funcs(malloc, free);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_is_refused_before_anything_runs),
        cmocka_unit_test(what_is_written_is_kept_in_one_form),
        cmocka_unit_test(many_are_told_in_few_words),
        cmocka_unit_test(sets_take_all_out_or_bring_the_end_nearer),
        cmocka_unit_test(what_the_graph_or_the_model_refuses_is_refused_at_the_start),
        cmocka_unit_test(events_are_what_their_owner_would_have_done),
        cmocka_unit_test(looking_at_events_leaves_the_swarm_alone),
        cmocka_unit_test(a_cancelled_run_goes_on),
        cmocka_unit_test(memory_that_cannot_be_had_ends_a_run_with_a_sentence),
        cmocka_unit_test(the_loader_survives_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
