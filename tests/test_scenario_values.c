// Values for each oscillator in scenarios: short forms of distributions, functions of the index, starts on
// the circle.
#include "check.h"

#include <math.h>

#include "sims/scenario.h"
#include "sims/scenario_text.h"
#include "sims/schema.h"

static entrain_error error;

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SETS(...) ((const char *const[]){__VA_ARGS__, NULL})

static entrain_status load_with(const char *path, const char *text, const char *const *sets,
                                const sandbox_limits *limits, scenario *out) {
    uint32_t count = 0;
    while (sets != NULL && sets[count] != NULL)
        count++;
    const scenario_source source = {.path = path, .sets = sets, .set_count = count};
    memset(&error, 0, sizeof error);
    return scenario_load_text(&source, text, strlen(text), limits, out, &error);
}

// Loads what must be sound; what it resolves to must resolve to itself, without any script.
static scenario load_from(const char *path, const char *text, const char *const *sets) {
    const sandbox_limits limits = sandbox_limits_defaults();
    scenario loaded, again;
    CHECK_OK(load_with(path, text, sets, &limits, &loaded), error);
    char *resolved = json_dumps(loaded.resolved, JSON_REAL_PRECISION(17));
    CHECK_OK(load_with("dir/manifest.json", resolved, NULL, &limits, &again), error);
    assert_true(json_equal(loaded.resolved, again.resolved));
    free(resolved);
    scenario_free(&again);
    return loaded;
}
static scenario load(const char *text, const char *const *sets) { return load_from("dir/x.lua", text, sets); }

static void check_refused(const char *path, const char *text, const char *const *sets, const char *words) {
    const sandbox_limits limits = sandbox_limits_defaults();
    scenario loaded = {0};
    if (load_with(path, text, sets, &limits, &loaded) == ENTRAIN_OK)
        fail_msg("%s: accepted, and \"%s\" was expected", text, words);
    if (strstr(error.sentence, words) == NULL)
        fail_msg("%s\nanswered: %s\nnot: %s", text, error.sentence, words);
    size_t size = strlen(error.sentence);
    assert_true(size < 1000 && strchr(error.sentence, '\n') == NULL &&
                strchr(".?", error.sentence[size - 1]));
}

// ---- short forms

static const entrain_distribution *section(const scenario *loaded, const char *name) {
    const struct {
        const char *name;
        const entrain_distribution *distribution;
    } sections[] = {
        {"model.frequency", &loaded->swarm.frequency}, {"model.power", &loaded->swarm.frequency},
        {"model.phase", &loaded->swarm.phase},         {"model.gain", &loaded->swarm.gain},
        {"model.inertia", &loaded->swarm.inertia},     {"model.damping", &loaded->swarm.damping},
        {"model.velocity", &loaded->swarm.velocity},   {"model.noisiness", &loaded->swarm.noisiness},
    };
    for (size_t i = 0; i < COUNT(sections); i++)
        if (strcmp(sections[i].name, name) == 0)
            return sections[i].distribution;
    fail_msg("%s is new: add it here", name);
    return NULL;
}

// Every table that has a key `distribution`, whichever there are.
static void every_distribution_has_short_forms(void **state) {
    (void)state;
    size_t found = 0;
    for (const char *const *name = schema_sections; *name != NULL; name++) {
        schema_short_form form;
        if (!schema_short(*name, &form) || form.distribution == KEY_NONE)
            continue;
        found++;
        const char *short_name = strchr(*name, '.') + 1;
        bool swing = schema_keys[form.distribution].belongs_words != NULL &&
                     strstr(schema_keys[form.distribution].belongs_words, "kuramoto") == NULL;
        const char *kind = swing ? "kind = 'swing', " : "";
        char text[400], set[100];
        snprintf(text, sizeof text, "return { swarm = { size = 3 }, model = { %s%s = 0.5 } }", kind,
                 short_name);
        scenario loaded = load(text, NULL);
        assert_int_equal(section(&loaded, *name)->kind, ENTRAIN_DISTRIBUTION_CONSTANT);
        assert_true(section(&loaded, *name)->value == 0.5);
        scenario_free(&loaded);

        snprintf(text, sizeof text, "return { swarm = { size = 3 }, model = { %s%s = { 0.5, 1, 3 } } }", kind,
                 short_name);
        loaded = load(text, NULL);
        assert_int_equal(section(&loaded, *name)->kind, ENTRAIN_DISTRIBUTION_LIST);
        assert_true(section(&loaded, *name)->value_count == 3 && section(&loaded, *name)->values[2] == 3);
        scenario_free(&loaded);
        // a --set takes the place of all that the file says, of a number as of a table
        snprintf(set, sizeof set, "%s=0.25", *name);
        loaded = load(text, SETS(set));
        assert_true(section(&loaded, *name)->kind == ENTRAIN_DISTRIBUTION_CONSTANT &&
                    section(&loaded, *name)->value == 0.25);
        scenario_free(&loaded);
        snprintf(set, sizeof set, "%s=[1, 2, 4e0]", *name);
        snprintf(text, sizeof text,
                 "return { swarm = { size = 3 }, model = { %s%s = { distribution = 'normal', mean = 1, "
                 "deviation = 0, jitter = 0 } } }",
                 kind, short_name);
        loaded = load(text, SETS(set));
        assert_true(section(&loaded, *name)->kind == ENTRAIN_DISTRIBUTION_LIST &&
                    section(&loaded, *name)->values[2] == 4);
        scenario_free(&loaded);
        snprintf(set, sizeof set, "%s=uniform", *name);
        loaded = load(text, SETS(set));
        assert_int_equal(section(&loaded, *name)->kind, ENTRAIN_DISTRIBUTION_UNIFORM);
        scenario_free(&loaded);

        snprintf(text, sizeof text,
                 "return { swarm = { size = 3 }, model = { %s%s = function(i) return i / 4 end } }", kind,
                 short_name);
        loaded = load(text, NULL);
        assert_true(section(&loaded, *name)->kind == ENTRAIN_DISTRIBUTION_LIST &&
                    section(&loaded, *name)->value_count == 3);
        for (int i = 0; i < 3; i++)
            assert_true(section(&loaded, *name)->values[i] == (i + 1) / 4.0);
        scenario_free(&loaded);
    }
    assert_true(found >= 7);
}

static void a_number_is_both_ends_of_a_range(void **state) {
    (void)state;
    scenario loaded = load("return { swarm = { topology = { kind = 'ring', weight = 2 } } }", NULL);
    assert_true(loaded.swarm.topology.weight_low == 2 && loaded.swarm.topology.weight_high == 2);
    scenario_free(&loaded);
    loaded = load("return { swarm = { topology = { kind = 'ring', weight = { low = 0, high = 4 } } } }",
                  SETS("swarm.topology.weight=-3"));
    assert_true(loaded.swarm.topology.weight_low == -3 && loaded.swarm.topology.weight_high == -3);
    scenario_free(&loaded);
    for (const char *const *name = schema_sections; *name != NULL;
         name++) { // delays too, where there are any
        schema_short_form form;
        if (strcmp(*name, "swarm.topology.delay") == 0)
            assert_true(schema_short(*name, &form) && form.low != KEY_NONE && form.distribution == KEY_NONE);
    }
}

static void json_has_the_short_forms_but_functions(void **state) {
    (void)state;
    scenario loaded = load_from("x.json",
                                "{\"swarm\": {\"size\": 2}, \"model\": {\"frequency\": [1, 2], \"phase\": 0, "
                                "\"gain\": \"uniform\"}}",
                                NULL);
    assert_true(loaded.swarm.frequency.values[1] == 2 && loaded.swarm.phase.value == 0);
    assert_int_equal(loaded.swarm.phase.kind, ENTRAIN_DISTRIBUTION_CONSTANT);
    assert_int_equal(loaded.swarm.gain.kind, ENTRAIN_DISTRIBUTION_UNIFORM);
    scenario_free(&loaded);
    check_refused("x.json", "{\"model\": {\"frequency\": null}}", NULL,
                  "x.json: model.frequency is null; leave the key out");
    check_refused("x.json", "{\"model\": {\"frequency\": {\"distribution\": \"list\", \"values\": null}}}",
                  NULL, "model.frequency.values is null; leave the key out");
}

// ---- functions of the index

static void a_function_is_asked_for_each_index(void **state) {
    (void)state;
    const char *text =
        "local calls = 0\n"
        "local function f(i) calls = calls + 1; return i * 10 + calls / 100 end\n"
        "return { swarm = { size = 5 }, model = { frequency = f,\n"
        "  phase = { distribution = 'list', values = function(i) return -i end, jitter = 0.25 } } }";
    scenario loaded = load(text, NULL);
    assert_int_equal(loaded.swarm.frequency.value_count, 5);
    for (int i = 0; i < 5; i++) { // once each, in order, from 1
        assert_true(loaded.swarm.frequency.values[i] == (i + 1) * 10 + (i + 1) / 100.0);
        assert_true(loaded.swarm.phase.values[i] == -(i + 1));
    }
    assert_true(loaded.swarm.phase.jitter == 0.25);
    // resolved, it is a list like any other
    const json_t *frequency = json_object_get(json_object_get(loaded.resolved, "model"), "frequency");
    assert_string_equal(json_string_value(json_object_get(frequency, "distribution")), "list");
    assert_int_equal(json_array_size(json_object_get(frequency, "values")), 5);
    assert_true(json_is_real(json_array_get(json_object_get(frequency, "values"), 0)));
    scenario_free(&loaded);
    // another size, as a sweep gives it: asked anew
    loaded = load(text, SETS("swarm.size=3"));
    assert_int_equal(loaded.swarm.frequency.value_count, 3);
    assert_true(loaded.swarm.frequency.values[2] == 30.03);
    scenario_free(&loaded);
    // a --set needs no function
    loaded = load(text, SETS("model.frequency=0", "model.phase=splay"));
    assert_true(loaded.swarm.frequency.kind == ENTRAIN_DISTRIBUTION_CONSTANT);
    assert_int_equal(loaded.swarm.phase.kind, ENTRAIN_DISTRIBUTION_SPLAY);
    scenario_free(&loaded);
    // C's functions are functions; two keys may have one
    loaded =
        load("return { swarm = { size = 4 }, model = { frequency = math.sqrt, phase = math.sqrt } }", NULL);
    assert_true(loaded.swarm.frequency.values[3] == 2 && loaded.swarm.phase.values[0] == 1);
    scenario_free(&loaded);
}

// What is wrong with a function's result is said with the index, and with the line where the function begins.
static void a_bad_function_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } refused[] = {
        {"return { model = { frequency = function(i)\n if i < 7 then return i end end } }",
         "dir/x.lua:1: model.frequency(7) is nil; the function must give a finite number for each "
         "oscillator."},
        {"return {\n model = { phase = function(i) return 'a' end } }",
         "dir/x.lua:2: model.phase(1) is string; the function"},
        {"return { model = { phase = function(i) return '1' end } }", "model.phase(1) is string"},
        {"return { model = { frequency = function(i) return 1 / (i - 3) end } }",
         "dir/x.lua:1: model.frequency(3) is infinite; the function must give a finite number"},
        {"return { model = { frequency = function(i) return 0 / 0 end } }",
         "model.frequency(1) is not a number (NaN)"},
        {"return { model = { frequency = math.log } , swarm = { size = 2 } , seed = nil, x = 1 }",
         "there is no key \"x\""},
        {"return { model = { frequency = type } }", "dir/x.lua: model.frequency(1) is string; the function"},
        {"return { model = { frequency =\n function(i)\n return nothing.at_all end } }",
         "dir/x.lua:3: attempt to index a nil value (global 'nothing')"},
        {"return { model = { frequency = function(i) error('no frequency for me') end } }",
         "dir/x.lua:1: no frequency for me."},
        {"return { model = { frequency = function(i) error({}) end } }", "raised a table as an error"},
        {"return { model = { frequency = function(i) return i * 1e9 end } }",
         "model.frequency.values[2] is 2e+09; it must be a number from -1e+09 to 1e+09"},
        {"return { model = { frequency = { values = function(i) return i end } } }",
         "model.frequency.values does not apply to distribution \"lorentz\"; it belongs to list."},
        {"return { model = { gain = { function(i) return i end } } }",
         "dir/x.lua: model.gain[1] is a function; only"},
        {"return { model = { coupling = function(i) return i end } }",
         "dir/x.lua: model.coupling is a function; only"},
        {"return { swarm = { size = function(i) return i end } }", "swarm.size is a function; only"},
        {"return { swarm = { topology = { weight = function(i) return i end } } }",
         "weight is a function; only"},
        {"return { model = { power = function(i) return i end } }",
         "model.power.distribution does not apply to kind \"kuramoto\"; it belongs to swing."},
        {"return { model = { frequence = function(i) return i end } }",
         "model.frequence is a function; only"},
        {"return { model = { frequency = true } }",
         "model.frequency is true; it must be a number, a list of one for each oscillator, a function of the "
         "index, the "
         "name of a distribution, or a table of keys, of which one is model.frequency.distribution."},
        {"return { model = { frequency = { 1, 2 } } }",
         "model.frequency.values holds 2 numbers and swarm.size is 1000"},
        {"return { model = { phase = 'splat' } }",
         "model.phase.distribution is \"splat\"; it must be one of"},
        {"return { model = { frequency = 'splay' } }",
         "model.frequency.distribution is \"splay\"; it must be one of"},
        {"return { model = { frequency = 1e10 } }",
         "model.frequency.value is 1e+10; it must be a number from"},
        {"return { swarm = { topology = { weight = { 1, 2 } } } }",
         "swarm.topology.weight is a list of 2 values; it must be a number, or"},
    };
    for (size_t i = 0; i < COUNT(refused); i++)
        check_refused("dir/x.lua", refused[i].text, NULL, refused[i].words);
    check_refused("dir/x.lua", "return { }", SETS("model.frequency=[1, 2"),
                  "model.frequency.distribution is \"[1, 2\"");
    check_refused("dir/x.lua", "return { model = { frequency = function(i) return i end } }",
                  SETS("model.frequency.distribution=lorentz"),
                  "model.frequency.values does not apply to distribution \"lorentz\"; it belongs to list; "
                  "take it out with "
                  "--set model.frequency.values=nil.");
}

static void functions_keep_to_the_limits(void **state) {
    (void)state;
    scenario loaded;
    sandbox_limits limits = {.memory_bytes = 1 << 20, .work = 100000, .work_each = 1000, .processor_s = 20};
    // a thousand instructions for each oscillator come on top, whatever the script itself has used
    const char *works = "return { swarm = { size = 2000 }, model = { frequency = function(i) local s = 0\n"
                        "for k = 1, 400 do s = s + k end return s end } }";
    CHECK_OK(load_with("dir/x.lua", works, NULL, &limits, &loaded), error);
    assert_true(loaded.swarm.frequency.values[1999] == 80200);
    scenario_free(&loaded);
    CHECK_REFUSED(load_with("dir/x.lua",
                            "return { swarm = { size = 2000 }, model = { frequency = function(i)\n"
                            " while true do end end } }",
                            NULL, &limits, &loaded),
                  ENTRAIN_LIMIT, error, "dir/x.lua:2: the script did not end within 2 million instructions");
    CHECK_REFUSED(load_with("dir/x.lua",
                            "return { model = { frequency = function(i)\n"
                            " while true do pcall(function() while true do end end) end end } }",
                            NULL, &limits, &loaded),
                  ENTRAIN_LIMIT, error, "the script did not end within 1 million instructions");
    CHECK_REFUSED(
        load_with("dir/x.lua",
                  "local kept = {}\nreturn { swarm = { size = 100000 }, model = { frequency = function(i)\n"
                  "kept[i] = ('x'):rep(100) .. i return i end } }",
                  NULL, &limits, &loaded),
        ENTRAIN_LIMIT, error, "dir/x.lua: the script needs more than 1 MiB of memory");
}

// ---- starts on the circle

static void starts_on_the_circle(void **state) {
    (void)state;
    scenario loaded =
        load("return { model = { phase = { distribution = 'mobius', coherence = 0.1, center = 2,\n"
             "sampling = 'quantile' } } }",
             NULL);
    const entrain_distribution *phase = &loaded.swarm.phase;
    assert_true(phase->kind == ENTRAIN_DISTRIBUTION_MOBIUS && phase->coherence == 0.1 && phase->center == 2 &&
                phase->sampling == ENTRAIN_SAMPLING_QUANTILE);
    scenario_free(&loaded);
    loaded = load("return { model = { phase = { distribution = 'clustered', clusters = 3 } } }", NULL);
    phase = &loaded.swarm.phase;
    assert_true(phase->kind == ENTRAIN_DISTRIBUTION_CLUSTERED && phase->clusters == 3 &&
                phase->deviation == 0.1 && phase->sampling == ENTRAIN_SAMPLING_RANDOM);
    scenario_free(&loaded);
    loaded = load("return { model = { phase = 'mobius' } }", NULL);
    phase = &loaded.swarm.phase;
    assert_true(phase->kind == ENTRAIN_DISTRIBUTION_MOBIUS && phase->coherence == 0.5);
    scenario_free(&loaded);
    loaded = load("return { model = { phase = { distribution = 'splay', center = 1 } } }", NULL);
    assert_true(loaded.swarm.phase.kind == ENTRAIN_DISTRIBUTION_SPLAY && loaded.swarm.phase.center == 1);
    scenario_free(&loaded);
    check_refused("dir/x.lua",
                  "return { model = { phase = { distribution = 'splay', sampling = 'quantile' } } }", NULL,
                  "model.phase.sampling does not apply to distribution \"splay\"; it belongs to uniform, "
                  "normal, lorentz, "
                  "mobius, clustered.");
    check_refused("dir/x.lua", "return { model = { frequency = { distribution = 'constant', center = 1 } } }",
                  NULL, "it belongs to lorentz.");
    check_refused("dir/x.lua", "return { model = { phase = { distribution = 'mobius', coherence = 1 } } }",
                  NULL, "model.phase.coherence is 1; it must be a number from 0 to 0.999999.");
    check_refused("dir/x.lua", "return { model = { phase = { distribution = 'mobius', clusters = 1 } } }",
                  NULL,
                  "model.phase.clusters does not apply to distribution \"mobius\"; it belongs to clustered.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_distribution_has_short_forms),
        cmocka_unit_test(a_number_is_both_ends_of_a_range),
        cmocka_unit_test(json_has_the_short_forms_but_functions),
        cmocka_unit_test(a_function_is_asked_for_each_index),
        cmocka_unit_test(a_bad_function_is_refused),
        cmocka_unit_test(functions_keep_to_the_limits),
        cmocka_unit_test(starts_on_the_circle),
    };
    return cmocka_run_group_tests_name("scenario_values", tests, NULL, NULL);
}
