// Scenarios over what plug-ins bring: model.parameters and swarm.topology.parameters, from the file and from
// --set, checked against what was declared. test_plugins.sh has the same from outside.
#include "scenario_check.h"

#include "sims/parameters.h"

static const entrain_parameter two[] = {{"zeal", 2, 0, 10, "how much"}, {"calm", -1, -5, 5, "how little"}};
static void step(const entrain_range *range, uint32_t stage) {
    (void)range;
    (void)stage;
}
static entrain_status generate(const entrain_topology_request *request, entrain_topology_edges *edges,
                               entrain_error *error_out) {
    (void)request;
    (void)error_out;
    return entrain_topology_edge(edges, 0, 1, 1);
}
static const entrain_phase_model asking = {.name = "asking",
                                           .summary = "",
                                           .parameters = two,
                                           .parameter_count = 2,
                                           .words = 2,
                                           .exchanges = 1,
                                           .step = step},
                                 quiet = {.name = "quiet",
                                          .summary = "",
                                          .words = 2,
                                          .exchanges = 1,
                                          .step = step};
static const entrain_topology_generator wants = {.name = "wants",
                                                 .summary = "",
                                                 .parameters = two,
                                                 .parameter_count = 2,
                                                 .degree = 6,
                                                 .generate = generate},
                                        spare = {.name = "spare",
                                                 .summary = "",
                                                 .weighted = true,
                                                 .generate = generate};

static void what_was_brought_becomes_a_swarm(void **state) {
    (void)state;
    scenario loaded;
    CHECK_OK(load_as("x.lua",
                     "return { model = { kind = 'asking', parameters = { calm = 3 } },"
                     "swarm = { topology = { kind = 'wants', parameters = { zeal = 0.5 } } } }",
                     SETS("model.parameters.zeal=7"), &loaded),
             error);
    const entrain_swarm_config *swarm = &loaded.swarm;
    assert_ptr_equal(swarm->phase_model, &asking);
    assert_true(swarm->parameters[0] == 7 && swarm->parameters[1] == 3);
    assert_int_equal(swarm->topology.kind, ENTRAIN_TOPOLOGY_GENERATED);
    assert_ptr_equal(swarm->topology.generator, &wants);
    assert_true(swarm->topology.parameters[0] == 0.5 && swarm->topology.parameters[1] == -1);
    assert_int_equal(swarm->topology.degree, 6);
    // Every parameter is written, in sorted order, and nothing that is Kuramoto's.
    const json_t *model = json_object_get(loaded.resolved, "model");
    char *text = json_dumps(json_object_get(model, "parameters"), JSON_COMPACT);
    assert_string_equal(text, "{\"calm\":3.0,\"zeal\":7.0}");
    free(text);
    assert_null(json_object_get(model, "coupling"));
    assert_null(json_object_get(model, "normalise"));
    assert_null(json_object_get(json_object_get(loaded.resolved, "time"), "integrator"));
    // What was resolved resolves to itself.
    char *first = dump(&loaded);
    scenario again;
    CHECK_OK(load_as("x.json", first, NULL, &again), error);
    char *second = dump(&again);
    assert_string_equal(first, second);
    free(first);
    free(second);
    scenario_free(&loaded);
    scenario_free(&again);
}

static void what_has_no_parameters_needs_none(void **state) {
    (void)state;
    scenario loaded;
    CHECK_OK(load_as("x.lua",
                     "return { model = { kind = 'quiet' }, swarm = { topology = { kind = 'spare' } } }", NULL,
                     &loaded),
             error);
    assert_ptr_equal(loaded.swarm.phase_model, &quiet);
    assert_int_equal(loaded.swarm.topology.degree, 0);
    assert_null(json_object_get(json_object_get(loaded.resolved, "model"), "parameters"));
    assert_null(
        json_object_get(json_object_get(json_object_get(loaded.resolved, "swarm"), "topology"), "degree"));
    scenario_free(&loaded);
    // and Kuramoto is untouched by it all
    CHECK_OK(load_as("x.lua", "return {}", NULL, &loaded), error);
    assert_null(loaded.swarm.phase_model);
    assert_null(loaded.swarm.topology.generator);
    assert_true(loaded.swarm.model.coupling == 2);
    scenario_free(&loaded);
}

static void sets_merge_in_their_order(void **state) {
    (void)state;
    const struct {
        const char *const *sets;
        double zeal, calm;
    } rows[] = {
        {NULL, 4, -1},
        {SETS("model.parameters.zeal=5"), 5, -1},
        {SETS("model.parameters.calm=.5"), 4, 0.5},
        {SETS("model.parameters.zeal=nil"), 2, -1},
        {SETS("model.parameters=nil"), 2, -1},
        {SETS("model.parameters=nil", "model.parameters.calm=1e0"), 2, 1},
        {SETS("model.parameters.calm=1", "model.parameters=nil"), 2, -1},
        {SETS("model.parameters={\"calm\":2}"), 2, 2},
        {SETS("model.parameters={}"), 2, -1},
        {SETS("model.parameters.calm=1", "model.parameters.zeal=6"), 6, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scenario loaded;
        CHECK_OK(load_as("x.lua", "return { model = { kind = 'asking', parameters = { zeal = 4 } } }",
                         rows[i].sets, &loaded),
                 error);
        if (loaded.swarm.parameters[0] != rows[i].zeal || loaded.swarm.parameters[1] != rows[i].calm)
            fail_msg("row %zu: zeal %g, calm %g", i, loaded.swarm.parameters[0], loaded.swarm.parameters[1]);
        scenario_free(&loaded);
    }
}

static void what_was_not_declared_is_refused(void **state) {
    (void)state;
#define ASKING(parameters) "return { model = { kind = 'asking', parameters = " parameters " } }"
    const struct {
        const char *text;
        const char *const *sets;
        entrain_status status;
        const char *words;
    } rows[] = {
        {ASKING("{ zael = 1 }"), NULL, ENTRAIN_UNKNOWN,
         "x.lua: model.parameters has no \"zael\"; \"asking\" asks for zeal, calm (did you mean \"zeal\"?)."},
        {ASKING("{ haste = 1 }"), NULL, ENTRAIN_UNKNOWN, "\"asking\" asks for zeal, calm."},
        {ASKING("{ zeal = 11 }"), NULL, ENTRAIN_INVALID,
         "model.parameters.zeal is 11; it must be a number from 0 to 10."},
        {ASKING("{ zeal = '1' }"), NULL, ENTRAIN_INVALID,
         "model.parameters.zeal is \"1\"; it must be a number"},
        {ASKING("5"), NULL, ENTRAIN_INVALID, "model.parameters is 5; it must be a table of numbers by name"},
        {ASKING("5"), SETS("model.parameters.zeal=1"), ENTRAIN_INVALID, "x.lua: model.parameters is 5;"},
        {ASKING("{ 1, 2 }"), NULL, ENTRAIN_INVALID,
         "model.parameters is a list of 2 values; it must be a table"},
        {ASKING("{}"), SETS("model.parameters.zeal=high"), ENTRAIN_INVALID,
         "--set model.parameters.zeal=high: model.parameters.zeal is \"high\"; it must be a number from 0 to "
         "10."},
        {ASKING("{}"), SETS("model.parameters=high"), ENTRAIN_INVALID,
         "model.parameters is \"high\"; it must be a table"},
        {ASKING("{}"), SETS("model.parameter.zeal=1"), ENTRAIN_UNKNOWN,
         "there is no key \"model.parameter.zeal\""},
        {ASKING("{}"), SETS("model.parameters.=1"), ENTRAIN_UNKNOWN, "model.parameters has no \"\""},
        {ASKING("{}"), SETS("model.parameters.zeal.x=1"), ENTRAIN_UNKNOWN, "there is no key"},
        {ASKING("{}"), SETS("model.parameters.zeal=\xff"), ENTRAIN_PARSE, "is not UTF-8"},
        {ASKING("{}"), SETS("model.parameters.\xff=1"), ENTRAIN_PARSE, "is not UTF-8"},
        {ASKING("{}"), SETS("model.kind=quiet"), ENTRAIN_INVALID,
         "model.parameters does not apply to kind \"quiet\", which has no parameters; take it out with "
         "--set"},
        {"return { model = { parameters = {} } }", NULL, ENTRAIN_INVALID,
         "model.parameters does not apply to kind \"kuramoto\", which has no parameters; leave it out."},
        {"return { swarm = { topology = { kind = 'torus', parameters = { zeal = 1 } } } }", NULL,
         ENTRAIN_INVALID, "swarm.topology.parameters does not apply to kind \"torus\""},
        {"return { swarm = { topology = { kind = 'spare', degree = 4 } } }", NULL, ENTRAIN_INVALID,
         "swarm.topology.degree does not apply to kind \"spare\"; it belongs to ring,"},
        {"return { swarm = { topology = { kind = 'wants', rewire = 0.5 } } }", NULL, ENTRAIN_INVALID,
         "swarm.topology.rewire does not apply to kind \"wants\"; it belongs to small-world."},
        {ASKING("{}, lag = 1"), NULL, ENTRAIN_INVALID,
         "model.lag does not apply to kind \"asking\"; it belongs to kuramoto"},
        {ASKING("{}"), SETS("time.integrator=rk4"), ENTRAIN_INVALID,
         "a plug-in's model has parameters instead"},
        {"return { model = { kind = 'askin' } }", NULL, ENTRAIN_UNKNOWN,
         "must be one of kuramoto, swing, pulse, desync, agent, asking, quiet (did you mean \"asking\"?), or "
         "come "
         "from a plug-in (--load "
         "FILE.so)."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scenario loaded;
        CHECK_REFUSED(load_as("x.lua", rows[i].text, rows[i].sets, &loaded), rows[i].status, error,
                      rows[i].words);
        size_t size = strlen(error.sentence);
        assert_true(strchr(".?", error.sentence[size - 1]) != NULL && strchr(error.sentence, '\n') == NULL);
    }
}

// The linker sends every allocation of ours here (--wrap), and jansson is told to ask here too. Lua asks
// elsewhere; in JSON text jansson 2.14 drops a byte when its buffer cannot grow.
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
static uint64_t allocations_left = UINT64_MAX;
void *__wrap_malloc(size_t size) {
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    return __real_malloc(size);
}

static void no_memory_is_a_status(void **state) {
    (void)state;
    json_set_alloc_funcs(__wrap_malloc, free);
    entrain_status status = ENTRAIN_NO_MEMORY;
    uint64_t n = 0;
    for (; status != ENTRAIN_OK; n++) {
        scenario loaded = {0};
        allocations_left = n;
        status = load_as("x.lua", "return { model = { kind = 'asking', parameters = { zeal = 4 } } }",
                         SETS("model.parameters.calm=2", "model.parameters.zeal=nil"), &loaded);
        allocations_left = UINT64_MAX;
        if (status != ENTRAIN_OK && status != ENTRAIN_NO_MEMORY)
            fail_msg("allocation %llu: %s", (unsigned long long)n, error.sentence);
        scenario_free(&loaded);
    }
    assert_true(n > 50);
}

static int set_up(void **state) {
    (void)state;
    bool good = entrain_phase_model_register(&asking, &error) == ENTRAIN_OK &&
                entrain_phase_model_register(&quiet, &error) == ENTRAIN_OK &&
                entrain_topology_register(&wants, &error) == ENTRAIN_OK &&
                entrain_topology_register(&spare, &error) == ENTRAIN_OK;
    return good ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_brought_becomes_a_swarm),
        cmocka_unit_test(what_has_no_parameters_needs_none),
        cmocka_unit_test(sets_merge_in_their_order),
        cmocka_unit_test(what_was_not_declared_is_refused),
        cmocka_unit_test(no_memory_is_a_status),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
