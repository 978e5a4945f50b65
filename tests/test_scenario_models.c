// Scenarios of the phase models: which keys each has, what they become, and what is refused.
#include <math.h>

#include "scenario_check.h"

#define GROUPS "return { swarm = { size = 10, topology = { kind = 'complete' } }, model = { groups = { "
#define MATRIX "coupling = { { 0.6, 0.4 }, { 0.3, 0.7 } }"

// Loads what must be sound; what it resolves to must resolve to itself.
static scenario load(const char *text, const char *const *sets) {
    scenario loaded, again;
    CHECK_OK(load_as("dir/x.lua", text, sets, &loaded), error);
    char *resolved = json_dumps(loaded.resolved, JSON_REAL_PRECISION(17));
    CHECK_OK(load_as("dir/manifest.json", resolved, NULL, &again), error);
    assert_true(json_equal(loaded.resolved, again.resolved));
    free(resolved);
    scenario_free(&again);
    return loaded;
}

// Everything new at its default is the library's default: an old scenario is what it was.
static void kuramoto_by_default_has_nothing_further(void **state) {
    (void)state;
    scenario loaded = load("return { model = { coupling = 1 } }", NULL);
    entrain_swarm_config own = entrain_swarm_config_defaults();
    entrain_kuramoto_config *model = &loaded.swarm.model;
    model->normalise = own.model.normalise;
    assert_memory_equal(model, &own.model, sizeof *model);
    assert_memory_equal(&loaded.swarm.gain, &own.gain, sizeof own.gain);
    assert_memory_equal(&loaded.swarm.inertia, &own.inertia, sizeof own.inertia);
    assert_memory_equal(&loaded.swarm.damping, &own.damping, sizeof own.damping);
    assert_memory_equal(&loaded.swarm.velocity, &own.velocity, sizeof own.velocity);
    scenario_free(&loaded);
}

static void swing_has_power_inertia_damping_velocity(void **state) {
    (void)state;
    scenario loaded =
        load("return { swarm = { size = 3 }, model = { kind = 'swing', coupling = 5, "
             "power = { distribution = 'list', values = { 1, -0.5, -0.5 } }, "
             "inertia = { distribution = 'uniform', low = 0.25, high = 4 }, "
             "damping = { value = 0.1 }, velocity = { distribution = 'normal', mean = 3, jitter = 1 }, "
             "gain = { distribution = 'normal', mean = 2, deviation = 0.5, sampling = 'quantile' } } }",
             NULL);
    const entrain_swarm_config *swarm = &loaded.swarm;
    assert_true(swarm->kind == ENTRAIN_SWARM_KURAMOTO && swarm->phase_model == NULL);
    assert_true(swarm->model.coupling == 5 && swarm->model.normalise == ENTRAIN_NORMALISE_NONE);
    assert_true(swarm->model.integrator == ENTRAIN_INTEGRATOR_RK4);
    assert_int_equal(swarm->frequency.kind, ENTRAIN_DISTRIBUTION_LIST);
    assert_int_equal(swarm->frequency.value_count, 3);
    assert_true(swarm->frequency.values[0] == 1 && swarm->frequency.values[2] == -0.5);
    assert_true(swarm->inertia.kind == ENTRAIN_DISTRIBUTION_UNIFORM && swarm->inertia.low == 0.25 &&
                swarm->inertia.high == 4);
    assert_true(swarm->damping.kind == ENTRAIN_DISTRIBUTION_CONSTANT && swarm->damping.value == 0.1);
    assert_true(swarm->velocity.kind == ENTRAIN_DISTRIBUTION_NORMAL && swarm->velocity.mean == 3 &&
                swarm->velocity.jitter == 1);
    assert_true(swarm->gain.sampling == ENTRAIN_SAMPLING_QUANTILE && swarm->gain.mean == 2 &&
                swarm->gain.deviation == 0.5);
    scenario_free(&loaded);

    // By default of unit inertia and damping, at rest: not the first order of the library's defaults.
    loaded = load("return { model = { kind = 'swing', normalise = 'degree' } }", NULL);
    assert_true(loaded.swarm.inertia.value == 1 && loaded.swarm.damping.value == 1 &&
                loaded.swarm.velocity.value == 0 && loaded.swarm.gain.value == 1);
    assert_int_equal(loaded.swarm.model.normalise, ENTRAIN_NORMALISE_DEGREE);
    scenario_free(&loaded);
}

static void harmonics_count_to_the_highest_given(void **state) {
    (void)state;
    scenario loaded = load("return { model = { second = { coupling = 0.5, lag = 1 } } }", NULL);
    const entrain_kuramoto_config *model = &loaded.swarm.model;
    assert_int_equal(model->harmonics, 2);
    assert_true(model->harmonic_coupling[0] == 0.5 && model->harmonic_lag[0] == 1);
    assert_true(model->harmonic_coupling[1] == 0 && model->harmonic_coupling[2] == 0);
    scenario_free(&loaded);
    loaded = load("return { model = { third = { coupling = -1 } } }",
                  SETS("model.fourth.coupling=0", "model.fourth.lag=-0.5"));
    assert_int_equal(model->harmonics, 4);
    assert_true(model->harmonic_coupling[0] == 0 && model->harmonic_coupling[1] == -1 &&
                model->harmonic_coupling[2] == 0 && model->harmonic_lag[1] == 0 &&
                model->harmonic_lag[2] == -0.5);
    scenario_free(&loaded);
    loaded = load("return { model = { third = { coupling = -1, lag = 1 } } }", SETS("model.third=nil"));
    assert_int_equal(model->harmonics, 1);
    scenario_free(&loaded);
}

// Noise draws for Euler and Heun only, and the default follows.
static void noise_takes_heun(void **state) {
    (void)state;
    scenario loaded = load("return {}", SETS("model.noise=0.25"));
    assert_true(loaded.swarm.model.noise == 0.25);
    assert_int_equal(loaded.swarm.model.integrator, ENTRAIN_INTEGRATOR_HEUN);
    scenario_free(&loaded);
    loaded = load("return { model = { noise = 2 }, time = { integrator = 'euler' } }", NULL);
    assert_int_equal(loaded.swarm.model.integrator, ENTRAIN_INTEGRATOR_EULER);
    scenario_free(&loaded);
    loaded = load("return { model = { noise = 0 }, time = { integrator = 'rk4' } }", NULL);
    assert_int_equal(loaded.swarm.model.integrator, ENTRAIN_INTEGRATOR_RK4);
    scenario_free(&loaded);
    check_refused("dir/x.lua", "return { model = { noise = 2 }, time = { integrator = 'rk4' } }", NULL,
                  ENTRAIN_INVALID,
                  "dir/x.lua: time.integrator is rk4 and model.noise is 2; noise needs euler or heun");
    check_refused("dir/x.lua", "return { time = { integrator = 'rk4' } }", SETS("model.noise=0.5"),
                  ENTRAIN_INVALID, "--set model.noise=0.5: time.integrator is rk4 and model.noise is 0.5;");
}

// Each one's own noise: what is drawn for all, times a factor of its own.
static void noise_may_differ(void **state) {
    (void)state;
    scenario loaded = load("return { swarm = { size = 400, topology = { kind = 'complete' } }, time = { step "
                           "= 0.01, duration = 1 }, "
                           "model = { coupling = 0, noise = 0.5, frequency = 0, phase = 0, "
                           "noisiness = function(i) return i <= 200 and 0 or 4 end } }",
                           NULL);
    entrain_swarm *swarm = NULL;
    assert_int_equal(entrain_swarm_create(&loaded.swarm, &swarm, &error), ENTRAIN_OK);
    assert_int_equal(entrain_swarm_advance(swarm, 100, &error), ENTRAIN_OK);
    double square = 0;
    for (uint32_t i = 0; i < 400; i++) {
        const double phase = *(double *)entrain_population_at(entrain_swarm_population(swarm), i, 0);
        const int32_t turns = *(int32_t *)entrain_population_at(entrain_swarm_population(swarm), i, 1);
        if (i < 200)
            assert_true(phase == 0 && turns == 0);
        const double whole = phase + 6.283185307179586 * turns;
        square += whole * whole / 200;
    }
    assert_true(fabs(square - 2 * 0.5 * 4) < 4 * 4 * 0.1); // 2 T t, its standard error a tenth of it
    entrain_swarm_destroy(swarm);
    scenario_free(&loaded);
}

static void groups_are_sizes_or_a_count(void **state) {
    (void)state;
    scenario loaded = load(GROUPS "sizes = { 3, 7 }, " MATRIX ", lag = { 0, 0.5, -1, 0 } } } }", NULL);
    const entrain_kuramoto_config *model = &loaded.swarm.model;
    assert_true(model->group_count == 2 && model->group_sizes[0] == 3 && model->group_sizes[1] == 7);
    assert_true(model->group_coupling[0][0] == 0.6 && model->group_coupling[0][1] == 0.4 &&
                model->group_coupling[1][0] == 0.3 && model->group_coupling[1][1] == 0.7); // the rows hear
    assert_true(model->group_lag[0][1] == 0.5 && model->group_lag[1][0] == -1 && model->group_lag[1][1] == 0);
    assert_int_equal(model->normalise, ENTRAIN_NORMALISE_SIZE);
    assert_true(model->coupling == 1); // so that what is written is K
    scenario_free(&loaded);

    // As even as can be, whatever the size; three numbers a row, in one list.
    loaded = load(GROUPS "count = 3, coupling = { 1, 2, 3, 4, 5, 6, 7, 8, 9 } } } }", SETS("swarm.size=11"));
    assert_true(model->group_count == 3 && model->group_sizes[0] == 4 && model->group_sizes[1] == 4 &&
                model->group_sizes[2] == 3);
    assert_true(model->group_coupling[1][0] == 4 && model->group_coupling[2][1] == 8 &&
                model->group_lag[2][1] == 0);
    scenario_free(&loaded);

    loaded = load("return { swarm = { size = 10 } }",
                  SETS("model.groups.sizes=[4,6]", "model.groups.coupling=[[1,2],[3,4]]"));
    assert_true(model->group_sizes[1] == 6 && model->group_coupling[1][0] == 3);
    assert_int_equal(model->normalise, ENTRAIN_NORMALISE_DEGREE); // on a graph, and not the complete one
    scenario_free(&loaded);
    loaded = load(GROUPS MATRIX ", count = 2 }, kind = 'swing' } }", NULL);
    assert_int_equal(model->normalise, ENTRAIN_NORMALISE_NONE);
    scenario_free(&loaded);
}

static void what_hangs_together_is_checked(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *set; // NULL: none
        const char *words;
        entrain_status status;
    } cases[] = {
        {GROUPS "sizes = { 3, 6 }, " MATRIX " } } }", NULL,
         "dir/x.lua: model.groups.sizes come to 9 and swarm.size is 10; everybody belongs to one group",
         ENTRAIN_INVALID},
        {GROUPS "sizes = { 3, 7 }, " MATRIX " } } }", "swarm.size=12",
         "--set swarm.size=12: model.groups.sizes come to 10 and swarm.size is 12;", ENTRAIN_INVALID},
        {GROUPS "sizes = { 3, 7 }, " MATRIX " } } }", "model.groups.count=3",
         "--set model.groups.count=3: model.groups.sizes has 2 groups and model.groups.count is 3;",
         ENTRAIN_INVALID},
        {GROUPS "count = 3, " MATRIX " } } }", NULL,
         "model.groups.coupling has 2 rows for 3 groups; give a row of 3 numbers for each group.",
         ENTRAIN_INVALID},
        {GROUPS "count = 2, " MATRIX ", lag = { 0, 0, 0, 0, 0, 0, 0, 0, 0 } } } }", NULL,
         "model.groups.lag has 3 rows for 2 groups", ENTRAIN_INVALID},
        {GROUPS
         "count = 4, coupling = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 }, { 0, 0, 0, 1 } } } } }",
         "swarm.size=3", "model.groups.count is 4 and swarm.size is 3; each group needs somebody.",
         ENTRAIN_INVALID},
        {GROUPS "sizes = { 3, 7 } } } }", NULL,
         "model.groups.coupling is missing; model.groups.sizes needs it.", ENTRAIN_INVALID},
        {GROUPS "count = 2 } } }", NULL, "model.groups.coupling is missing; model.groups.count needs it.",
         ENTRAIN_INVALID},
        {GROUPS MATRIX " } } }", NULL,
         "model.groups.coupling does nothing without model.groups.count; give that too.", ENTRAIN_INVALID},
        {GROUPS "count = 2, " MATRIX " }, third = { coupling = 1 } } }", NULL,
         "2 groups and harmonics up to the third are more than the 4 sums that an oscillator hears",
         ENTRAIN_LIMIT},
        {GROUPS "count = 5, " MATRIX " } } }", NULL,
         "model.groups.count is 5; it must be an integer from 2 to 4.", ENTRAIN_INVALID},
        {GROUPS "sizes = { 10 }, " MATRIX " } } }", NULL,
         "model.groups.sizes is a list of 1 value; it must be a list of 2 to 4 integers", ENTRAIN_INVALID},
        {GROUPS "sizes = { 9.5, 0.5 }, " MATRIX " } } }", NULL,
         "model.groups.sizes[1] is 9.5; it must be an integer from 1 to 16777214.", ENTRAIN_INVALID},
        {GROUPS "sizes = 10, " MATRIX " } } }", NULL, "model.groups.sizes is 10; it must be a list",
         ENTRAIN_INVALID},
        {GROUPS "count = 2, coupling = { { 1, 2 }, { 3 } } } } }", NULL,
         "model.groups.coupling is no square; it must be a list of rows, as many as there are groups (2 to "
         "4)",
         ENTRAIN_INVALID},
        {GROUPS "count = 2, coupling = { 1, 2, 3 } } } }", NULL,
         "model.groups.coupling is a list of 3 values; it must be a list of rows", ENTRAIN_INVALID},
        {GROUPS "count = 2, coupling = 0.5 } } }", NULL,
         "model.groups.coupling is 0.5; it must be a list of rows", ENTRAIN_INVALID},
        {GROUPS "count = 2, coupling = {} } } }", NULL,
         "model.groups.coupling is a table; it must be a list of rows", ENTRAIN_INVALID},
        {GROUPS "count = 2, coupling = { { 1, 'a' }, { 0, 1 } } } } }", NULL,
         "model.groups.coupling[1][2] is \"a\"; it must be a number from -1e+06 to 1e+06.", ENTRAIN_INVALID},
        {GROUPS "count = 2, " MATRIX ", lag = { { 0, 4 }, { 0, 0 } } } } }", NULL,
         "model.groups.lag[1][2] is 4; it must be a number from -3.14159", ENTRAIN_INVALID},
        {"return { model = { kind = 'swing', inertia = { value = 0 } } }", NULL,
         "dir/x.lua: model.inertia.value is 0; it must be above 0 (without inertia the equation is "
         "model.kind = "
         "\"kuramoto\").",
         ENTRAIN_INVALID},
        {"return { model = { kind = 'swing', damping = { value = -1 } } }", NULL,
         "model.damping.value is -1; it must be 0 or more.", ENTRAIN_INVALID},
        {"return { swarm = { size = 3 }, model = { kind = 'swing', power = { distribution = 'list', values = "
         "{ 1, 2 "
         "} } } }",
         NULL, "model.power.values holds 2 numbers and swarm.size is 3;", ENTRAIN_INVALID},
        {"return { model = { gain = { distribution = 'uniform', low = 2 } } }", NULL,
         "model.gain.low is 2 and model.gain.high is 1.5; the low end must not lie above the high one.",
         ENTRAIN_INVALID},
        {"return { model = { noise = -1 } }", NULL, "model.noise is -1; it must be a number from 0 to 1e+06.",
         ENTRAIN_INVALID},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        check_refused("dir/x.lua", cases[i].text, cases[i].set != NULL ? SETS(cases[i].set) : NULL,
                      cases[i].status, cases[i].words);
}

static void what_a_model_lacks_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *model;
        const char *words;
    } cases[] = {
        {"inertia = { distribution = 'constant' }",
         "model.inertia.distribution does not apply to kind \"kuramoto\"; it belongs to swing."},
        // A key of a table that as a whole does not apply: the reason is the model, not the distribution.
        {"inertia = { value = 2 }",
         "model.inertia.value does not apply to kind \"kuramoto\"; it belongs to swing."},
        {"damping = { jitter = 2 }",
         "model.damping.jitter does not apply to kind \"kuramoto\"; it belongs to swing."},
        {"power = { low = 2 }", "model.power.low does not apply to kind \"kuramoto\"; it belongs to swing."},
        {"kind = 'swing', frequency = { width = 2 }",
         "model.frequency.width does not apply to kind \"swing\"; it belongs to kuramoto"},
        {"second = { lag = 2 }",
         "model.second.lag does nothing without model.second.coupling; give that too."},
        {"groups = { lag = { 0, 0, 0, 0 } }", "model.groups.lag does nothing without model.groups.count;"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[300];
        snprintf(text, sizeof text, "return { model = { %s } }", cases[i].model);
        check_refused("dir/x.lua", text, NULL, ENTRAIN_INVALID, cases[i].words);
    }
    check_refused("dir/x.lua", "return { model = { kind = 'swing', inertia = { value = 2 } } }",
                  SETS("model.kind=kuramoto"), ENTRAIN_INVALID,
                  "it belongs to swing; take it out with --set model.inertia=nil.");
    check_refused("dir/x.lua", "return { model = { frequency = 0 } }", SETS("model.kind=swing"),
                  ENTRAIN_INVALID, "take it out with --set model.frequency=nil.");
    static const struct {
        const char *set, *words;
    } slips[] = {
        {"model.dampning.value=1", "did you mean \"model.damping.value\"?"},
        {"model.group.count=2", "did you mean \"model.groups.count\"?"},
        {"model.nois=1", "did you mean \"model.noise\"?"},
        {"noise=1", "did you mean \"model.noise\"?"},
        {"model.groups=2", "model.groups is a table of keys; set one of them, such as model.groups.sizes"},
        {"model.kind=swingg", "(did you mean \"swing\"?)"},
    };
    for (size_t i = 0; i < COUNT(slips); i++) {
        scenario loaded;
        assert_int_not_equal(load_as("x.lua", "return {}", SETS(slips[i].set), &loaded), ENTRAIN_OK);
        if (strstr(error.sentence, slips[i].words) == NULL)
            fail_msg("%s: %s", slips[i].set, error.sentence);
    }
}

static void keys_say_where_they_apply(void **state) {
    (void)state;
    static const struct {
        schema_key_id id;
        const char *applies;
    } rows[] = {
        {KEY_SEED, ""},
        {KEY_GROUP_LAG, "with count"},
        {KEY_INTEGRATOR, "where model.kind is kuramoto, swing"},
        {KEY_POWER_DISTRIBUTION, "where model.kind is swing"},
        {KEY_INERTIA_LOW, "where distribution is uniform"},
        {KEY_FREQUENCY_SAMPLING,
         "where distribution is uniform, normal, lorentz"}, // what phases have is not its
        {KEY_MODEL_PARAMETERS, "where kind is a plug-in's"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(scenario_key_at(rows[i].id - 1).applies.text, rows[i].applies);
}

static void what_fires_has_a_period_and_no_coupling(void **state) {
    (void)state;
    scenario pulse =
        load("return { model = { kind = 'pulse', pulse = { strength = 0.2, divide = true } } }", NULL);
    const entrain_pulse_config *model = &pulse.swarm.pulse;
    assert_true(pulse.swarm.kind == ENTRAIN_SWARM_PULSE && model->divide && model->delay_s == 0);
    assert_true(model->strength == 0.2 && model->dissipation == 3);
    assert_true(pulse.swarm.frequency.kind == ENTRAIN_DISTRIBUTION_CONSTANT &&
                pulse.swarm.frequency.value == 6.283185307179586);
    scenario_free(&pulse);
    scenario desync = load("return { model = { kind = 'desync', frequency = { distribution = 'normal' } } }",
                           SETS("model.desync.alpha=0.5"));
    assert_true(desync.swarm.kind == ENTRAIN_SWARM_DESYNC && desync.swarm.desync.alpha == 0.5);
    assert_true(desync.swarm.frequency.mean == 6.283185307179586);
    scenario_free(&desync);
    static const struct {
        const char *set, *words;
    } refused[] = {
        {"model.coupling=1", "model.coupling does not apply to kind \"pulse\""},
        {"model.noise=1", "model.noise does not apply to kind \"pulse\""},
        {"model.normalise=size", "model.normalise does not apply"},
        {"time.integrator=rk4", "time.integrator does not apply"},
        {"exec.transport=publish", "exec.transport does not apply"},
        {"exec.overflow=block", "exec.overflow does not apply"},
        {"model.desync.alpha=1", "it belongs to desync"},
        {"model.frequency.value=0", "needs one above 0"},
        {"model.pulse.dissipation=0", "above 0 and up to 50"},
    };
    for (size_t i = 0; i < COUNT(refused); i++)
        check_refused("dir/x.lua", "return { model = { kind = 'pulse' } }", SETS(refused[i].set),
                      ENTRAIN_INVALID, refused[i].words);
    check_refused("dir/x.lua", "return { model = { kind = 'kuramoto', pulse = { delay = 1 } } }", NULL,
                  ENTRAIN_INVALID, "it belongs to pulse");
    check_refused("dir/x.lua",
                  "return { model = { kind = 'desync' }, events = { { at = 1, cut = { 3, 7 } } } }", NULL,
                  ENTRAIN_UNSUPPORTED, "can stop and restart only");
    scenario stops = load("return { model = { kind = 'desync' }, events = { { at = 1, stop = 3 } } }", NULL);
    assert_non_null(stops.events);
    scenario_free(&stops);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fires_has_a_period_and_no_coupling),
        cmocka_unit_test(kuramoto_by_default_has_nothing_further),
        cmocka_unit_test(swing_has_power_inertia_damping_velocity),
        cmocka_unit_test(harmonics_count_to_the_highest_given),
        cmocka_unit_test(noise_takes_heun),
        cmocka_unit_test(noise_may_differ),
        cmocka_unit_test(groups_are_sizes_or_a_count),
        cmocka_unit_test(what_hangs_together_is_checked),
        cmocka_unit_test(what_a_model_lacks_is_refused),
        cmocka_unit_test(keys_say_where_they_apply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
