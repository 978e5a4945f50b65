// Phase models of the user's own. The strongest test there is: Kuramoto's equation, written as one, gives the
// bits of the library's; and every metric of it, whatever more it publishes.
#include <math.h>

#include "check.h"

#include "engine/base/memory.h"
#include "entrain/math.h"
#include "entrain/swarm.h"

static const entrain_parameter parameters[] = {{"coupling", 1, -10, 10, "K, rad/s"},
                                               {"twist", 0, 0, 1, "of nothing"}};

// theta' = omega + (K / degree) sum sin(theta_j - theta_i), Euler: as kuramoto.c does it, operation by
// operation. @p coupling is the first of the parameters.
static void step_with(const entrain_range *range, uint32_t words, double coupling) {
    double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE];
    int32_t *turns = range->columns[ENTRAIN_KURAMOTO_TURNS];
    const double *frequency = range->columns[ENTRAIN_KURAMOTO_FREQUENCY];
    double unit = range->sum_unit * 0x1p-44;
    for (uint32_t k = 0; k < range->count; k++) {
        double c = (double)range->published[words * k], s = (double)range->published[words * k + 1];
        double pull = c * (double)range->sums[words * k + 1] - s * (double)range->sums[words * k];
        double gain = coupling / (double)entrain_range_in_degree(range, k);
        entrain_phase_advance(&phase[k], &turns[k],
                              entrain_engine_step_s(range->engine) * (frequency[k] + gain * unit * pull));
    }
}
static void step2(const entrain_range *range, uint32_t stage) {
    assert_int_equal(stage, 0);
    step_with(range, 2, *(const double *)range->context);
}

// The same with a context of its own, four words, and a column.
typedef struct own_context {
    double coupling;
    uint32_t count;
} own_context;
static uint32_t created, released;

static entrain_status create(const entrain_phase_setup *setup, void **context_out, entrain_error *error_out) {
    if (setup->parameters[1] == 1)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED, "twist 1 cannot be; make it less");
    if (setup->parameters[1] > 0.5)
        return setup->parameters[1] > 0.7 ? (entrain_status)-5 : ENTRAIN_SYSTEM;
    assert_true(setup->step_s == 0.02 && setup->seed == 5);
    own_context *made = malloc(sizeof *made);
    *made = (own_context){setup->parameters[0], setup->count};
    *context_out = made;
    created++;
    return ENTRAIN_OK;
}
static void release(void *context) {
    released++;
    free(context);
}
static size_t measure(const void *context) { return context != NULL ? 12345678 : 0; }
static void start4(const entrain_range *range) {
    double *mark = range->columns[3];
    const own_context *own = range->context;
    assert_int_equal(own->count, 64);
    const double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE];
    for (uint32_t k = 0; k < range->count; k++) {
        assert_true(fabs(phase[k]) <= 3.1416); // set before
        mark[k] = 100 + range->indices[k];
    }
}
static void step4(const entrain_range *range, uint32_t stage) {
    const own_context *own = range->context;
    assert_int_equal(stage, 0);
    step_with(range, 4, own->coupling);
}
static void publish4(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    (void)stage;
    entrain_phase_publish(range->count, range->columns[ENTRAIN_KURAMOTO_PHASE], 4, words_out);
    const double *mark = range->columns[3];
    for (uint32_t k = 0; k < range->count; k++) {
        words_out[4 * k + 2] = entrain_word(mark[k] / 1000);
        words_out[4 * k + 3] = ENTRAIN_WORDS_MAX;
    }
}

static const entrain_column mark_column[] = {{.name = "mark", .bytes = sizeof(double)}};
static const entrain_phase_model plain = {.name = "plain",
                                          .summary = "Kuramoto once more",
                                          .parameters = parameters,
                                          .parameter_count = 2,
                                          .words = 2,
                                          .exchanges = 1,
                                          .step = step2},
                                 rich = {.name = "rich",
                                         .summary = "and with more to say",
                                         .parameters = parameters,
                                         .parameter_count = 2,
                                         .columns = mark_column,
                                         .column_count = 1,
                                         .words = 4,
                                         .exchanges = 1,
                                         .create = create,
                                         .start = start4,
                                         .step = step4,
                                         .publish = publish4,
                                         .release = release,
                                         .measure = measure};

static entrain_swarm_config config_with(const entrain_phase_model *model) {
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = 64;
    config.seed = 5;
    config.topology.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
    config.topology.degree = 4;
    config.engine.step_s = 0.02;
    config.engine.cohort_weight = 64;
    config.model.coupling = 1.5;
    config.model.integrator = ENTRAIN_INTEGRATOR_EULER;
    config.frequency.width = 5;
    config.phase.low = -20;
    config.phase.high = 20;
    config.phase_model = model;
    static const double values[] = {1.5, 0.5};
    config.parameters = model != NULL ? values : NULL;
    return config;
}

static entrain_swarm *swarm_of(const entrain_swarm_config *config) {
    entrain_error error = {0};
    entrain_swarm *swarm = NULL;
    CHECK_OK(entrain_swarm_create(config, &swarm, &error), error);
    return swarm;
}

// After each of some strides; the fingerprint is of the state alone, so models of one equation agree in it.
enum { STRIDES = 4 };
static void run(const entrain_swarm_config *config, entrain_phase_sample samples_out[STRIDES]) {
    entrain_error error = {0};
    entrain_swarm *swarm = swarm_of(config);
    for (int i = 0; i < STRIDES; i++) {
        CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), 40, &error), error);
        memset(&samples_out[i], 0, sizeof samples_out[i]);
        CHECK_OK(entrain_swarm_sample(swarm, &samples_out[i]), error);
        // What only Kuramoto's own equation is known to keep.
        assert_true(isnan(samples_out[i].energy) == (config->phase_model != NULL));
        samples_out[i].energy = samples_out[i].conservation = samples_out[i].conservation_change =
            samples_out[i].conservation_bound = 0;
    }
    entrain_swarm_destroy(swarm);
}

static void kuramoto_as_a_model_is_kuramoto_to_the_bit(void **state) {
    (void)state;
    entrain_phase_sample wanted[STRIDES], got[STRIDES];
    entrain_swarm_config config = config_with(NULL);
    run(&config, wanted);
    assert_true(wanted[0].coherence > 0.01 && wanted[STRIDES - 1].frequency_spread > 0.1);
    for (int m = 0; m < 2; m++)
        for (int transport = 0; transport < ENTRAIN_TRANSPORT_COUNT; transport++)
            for (uint32_t workers = 1; workers <= 3; workers += 2)
                for (int layout = 0; layout < 2; layout++) {
                    config = config_with(m == 0 ? &plain : &rich);
                    config.engine.transport = (entrain_transport)transport;
                    config.engine.scheduler.worker_count = workers;
                    config.engine.layout = (entrain_layout)layout;
                    run(&config, got);
                    for (int i = 0; i < STRIDES; i++)
                        assert_memory_equal(&got[i], &wanted[i], sizeof got[i]);
                }
    assert_int_equal(created, released);
    assert_int_equal(created, 8);
}

static void a_model_has_its_columns_restarts_and_memory(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_swarm_config config = config_with(&rich);
    entrain_swarm *swarm = swarm_of(&config);
    entrain_engine *engine = entrain_swarm_engine(swarm);
    entrain_population *population = entrain_swarm_population(swarm);
    assert_int_equal(entrain_population_words(population), 4);
    entrain_engine_memory memory;
    entrain_engine_measure(engine, &memory);
    assert_true(memory.contexts >= 12345678 + 64 * 16);
    double first = *(double *)entrain_population_at(population, 7, ENTRAIN_KURAMOTO_PHASE);
    CHECK_OK(entrain_engine_advance(engine, 10, &error), error);
    double *mark = entrain_population_at(population, 7, 3);
    assert_true(*mark == 107);
    *mark = 0;
    entrain_id id = entrain_population_id(population, 7);
    CHECK_OK(entrain_engine_stop_actor(engine, id), error);
    CHECK_OK(entrain_engine_restart_actor(engine, population, 7, &id), error);
    assert_true(*mark == 107);
    assert_true(*(double *)entrain_population_at(population, 7, ENTRAIN_KURAMOTO_PHASE) == first);
    entrain_swarm_destroy(swarm);
}

static void refusals_of_a_model_carry_its_name_and_leak_nothing(void **state) {
    (void)state;
    static const struct {
        double values[2];
        entrain_status status;
        const char *words;
    } rows[] = {
        {{1, 1}, ENTRAIN_UNSUPPORTED, "model \"rich\": twist 1 cannot be; make it less"},
        {{1, 0.6}, ENTRAIN_SYSTEM, "model \"rich\": the operating system refused"},
        {{1, 0.8}, ENTRAIN_INVALID, "model \"rich\": its create function answered -5, which is no status"},
        {{11, 0}, ENTRAIN_INVALID, "model \"rich\": parameter \"coupling\" is 11; it must be -10 to 10"},
        {{1, NAN}, ENTRAIN_INVALID, "model \"rich\": parameter \"twist\" is nan"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        entrain_error error = {0};
        entrain_swarm *swarm = NULL;
        entrain_swarm_config config = config_with(&rich);
        config.parameters = rows[i].values;
        CHECK_REFUSED(entrain_swarm_create(&config, &swarm, &error), rows[i].status, error, rows[i].words);
    }
    assert_int_equal(created, released);
    entrain_error error = {0};
    entrain_swarm *swarm = NULL;
    entrain_swarm_config config = config_with(&plain);
    config.phase.high = 2e6;
    CHECK_REFUSED(entrain_swarm_create(&config, &swarm, &error), ENTRAIN_INVALID, error,
                  "it must be finite and at most 2^20");
}

static void any_allocation_may_fail(void **state) {
    (void)state;
    entrain_swarm_config config = config_with(&rich);
    bool refused = true;
    for (uint64_t n = 1; refused; n++) {
        assert_true(n < 1000);
        entrain_error error = {0};
        entrain_swarm *swarm = NULL;
        entrain__memory_fail_at(n);
        entrain_status status = entrain_swarm_create(&config, &swarm, &error);
        entrain__memory_fail_at(0);
        refused = status != ENTRAIN_OK;
        assert_true(!refused || status == ENTRAIN_NO_MEMORY);
        entrain_swarm_destroy(swarm);
        assert_int_equal(created, released);
    }
    assert_int_equal(entrain__memory_live(), 0);
}

static void what_cannot_be_registered_is_refused(void **state) {
    (void)state;
    static const struct {
        entrain_phase_model model;
        const char *words;
    } rows[] = {
#define MODEL(...) {.name = "x", .summary = "", .words = 2, .exchanges = 1, .step = step2, __VA_ARGS__}
        {{.summary = "", .words = 2, .exchanges = 1, .step = step2}, "a model's name is 1 to 64"},
        {{.name = "kuramoto", .summary = "", .words = 2, .exchanges = 1, .step = step2},
         "a model called \"kuramoto\" is already known"},
        {{.name = "swing", .summary = "", .words = 2, .exchanges = 1, .step = step2},
         "a model called \"swing\" is already known"},
        {{.name = "x", .summary = "", .words = 2, .exchanges = 1}, "model \"x\" has no step function"},
        {{.name = "x", .words = 2, .exchanges = 1, .step = step2}, "model \"x\" has no summary"},
        {{.name = "x", .summary = "", .words = 1, .exchanges = 1, .step = step2},
         "model \"x\" publishes 1 words; it must be 2 to 8"},
        {{.name = "x", .summary = "", .words = 9, .exchanges = 1, .step = step2}, "publishes 9 words"},
        {{.name = "x", .summary = "", .words = 3, .exchanges = 1, .step = step2}, "has no publish function"},
        {{.name = "x", .summary = "", .words = 2, .exchanges = 3, .step = step2}, "wants 3 exchanges a tick"},
        {MODEL(.column_count = 14, .columns = mark_column), "declares 14 columns; there may be 0 to 13"},
        {MODEL(.column_count = 1), "declares 1 columns and gives none"},
        {MODEL(.parameter_count = 1), "declares 1 parameters and gives none"},
    };
    entrain_error error = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_REFUSED(entrain_phase_model_register(&rows[i].model, &error), ENTRAIN_INVALID, error,
                      rows[i].words);
    assert_null(entrain_phase_model_at(0));
    CHECK_OK(entrain_phase_model_register(&plain, &error), error);
    CHECK_REFUSED(entrain_phase_model_register(&plain, &error), ENTRAIN_INVALID, error, "already known");
    assert_ptr_equal(entrain_phase_model_find("plain"), &plain);
    assert_ptr_equal(entrain_phase_model_at(0), &plain);
    assert_null(entrain_phase_model_at(1));
    assert_null(entrain_phase_model_find("kuramoto"));
}

static void helpers_at_the_ends_of_their_range(void **state) {
    (void)state;
    const int64_t one = INT64_C(1) << 44;
    assert_int_equal(entrain_word(1), one);
    assert_int_equal(entrain_word(-1), -one);
    assert_int_equal(entrain_word(1.5), one);
    assert_int_equal(entrain_word(-INFINITY), -one);
    assert_int_equal(entrain_word(NAN), 0);
    assert_int_equal(entrain_word(0x1.8p-44), 2); // ties to even
    assert_int_equal(entrain_word(-0.25), -one / 4);
    double phase = 3;
    int32_t turns = INT32_MAX;
    entrain_phase_advance(&phase, &turns, 1);
    CHECK_NEAR(phase, 4 - 6.283185307179586, 1e-15);
    assert_int_equal(turns, INT32_MIN);
    entrain_phase_advance(&phase, &turns, NAN);
    assert_true(fabs(phase) <= 3.15);
    double other = 0;
    int32_t other_turns = INT32_MIN;
    entrain_phase_advance(&other, &other_turns, INFINITY);
    assert_true(other == phase && other_turns == turns);
    int64_t words[6] = {0, 0, 77, 0, 0, 77};
    entrain_phase_publish(2, (const double[]){0, 3.14159265358979323846 / 2}, 3, words);
    assert_int_equal(words[0], one);
    assert_int_equal(words[1], 0);
    assert_int_equal(words[2], 77);
    assert_int_equal(words[4], one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kuramoto_as_a_model_is_kuramoto_to_the_bit),
        cmocka_unit_test(a_model_has_its_columns_restarts_and_memory),
        cmocka_unit_test(refusals_of_a_model_carry_its_name_and_leak_nothing),
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(what_cannot_be_registered_is_refused),
        cmocka_unit_test(helpers_at_the_ends_of_their_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
