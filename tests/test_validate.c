// `entrain validate` from inside: how rows are judged, and that checks can fail. Oscillators and
// samples can lie here, which no honest engine does: each lie must be seen by the checks it concerns.
#include "tests/command_check.h"

#include <math.h>

#include "sims/validate_out.h"

// --- lies: factors and offsets that change nothing unless a test says so

static struct lies {
    double coupling, frequency, coherence, winding, strength, alpha;
    bool euler;
    int half; // 0: both; 1, 2: only every first or second swarm that is opened, as the transports are
    int opened;
} lies;

static const struct lies honest = {.coupling = 1};

entrain_status __real_entrain_kuramoto_add(entrain_engine *engine, const entrain_kuramoto_config *config,
                                           uint32_t count, const double *phases, const double *frequencies,
                                           entrain_population **population_out, entrain_error *error_out);
entrain_status __wrap_entrain_kuramoto_add(entrain_engine *engine, const entrain_kuramoto_config *config,
                                           uint32_t count, const double *phases, const double *frequencies,
                                           entrain_population **population_out, entrain_error *error_out);
entrain_status __wrap_entrain_kuramoto_add(entrain_engine *engine, const entrain_kuramoto_config *config,
                                           uint32_t count, const double *phases, const double *frequencies,
                                           entrain_population **population_out, entrain_error *error_out) {
    entrain_kuramoto_config copy = *config;
    double *others = calloc(count, sizeof *others);
    assert_non_null(others);
    bool lying = lies.half == 0 || lies.half == lies.opened++ % 2 + 1;
    for (uint32_t i = 0; i < count; i++)
        others[i] = frequencies[i] + (lying && i == 0 ? lies.frequency : 0);
    if (lying) {
        copy.coupling *= lies.coupling;
        copy.integrator = lies.euler ? ENTRAIN_INTEGRATOR_EULER : copy.integrator;
    }
    entrain_status status =
        __real_entrain_kuramoto_add(engine, &copy, count, phases, others, population_out, error_out);
    free(others);
    return status;
}

entrain_status __real_entrain_phase_meter_sample(entrain_phase_meter *meter,
                                                 entrain_phase_sample *sample_out);
entrain_status __wrap_entrain_phase_meter_sample(entrain_phase_meter *meter,
                                                 entrain_phase_sample *sample_out);
entrain_status __wrap_entrain_phase_meter_sample(entrain_phase_meter *meter,
                                                 entrain_phase_sample *sample_out) {
    entrain_status status = __real_entrain_phase_meter_sample(meter, sample_out);
    sample_out->coherence += lies.coherence;
    sample_out->moments[0] += lies.coherence;
    sample_out->winding += lies.winding;
    return status;
}

entrain_status __real_entrain_pulse_add(entrain_engine *engine, const entrain_pulse_config *config,
                                        entrain_topology *topology, uint32_t count, const double *phases,
                                        const double *frequencies, entrain_population **population_out,
                                        entrain_error *error_out);
entrain_status __wrap_entrain_pulse_add(entrain_engine *engine, const entrain_pulse_config *config,
                                        entrain_topology *topology, uint32_t count, const double *phases,
                                        const double *frequencies, entrain_population **population_out,
                                        entrain_error *error_out);
entrain_status __wrap_entrain_pulse_add(entrain_engine *engine, const entrain_pulse_config *config,
                                        entrain_topology *topology, uint32_t count, const double *phases,
                                        const double *frequencies, entrain_population **population_out,
                                        entrain_error *error_out) {
    entrain_pulse_config copy = *config;
    copy.strength += lies.strength;
    return __real_entrain_pulse_add(engine, &copy, topology, count, phases, frequencies, population_out,
                                    error_out);
}

entrain_status __real_entrain_desync_add(entrain_engine *engine, const entrain_desync_config *config,
                                         entrain_topology *topology, uint32_t count, const double *phases,
                                         const double *frequencies, entrain_population **population_out,
                                         entrain_error *error_out);
entrain_status __wrap_entrain_desync_add(entrain_engine *engine, const entrain_desync_config *config,
                                         entrain_topology *topology, uint32_t count, const double *phases,
                                         const double *frequencies, entrain_population **population_out,
                                         entrain_error *error_out);
entrain_status __wrap_entrain_desync_add(entrain_engine *engine, const entrain_desync_config *config,
                                         entrain_topology *topology, uint32_t count, const double *phases,
                                         const double *frequencies, entrain_population **population_out,
                                         entrain_error *error_out) {
    entrain_desync_config copy = *config;
    copy.alpha += lies.alpha;
    return __real_entrain_desync_add(engine, &copy, topology, count, phases, frequencies, population_out,
                                     error_out);
}

static bool signalled; // as if Ctrl-C had come
bool __wrap_interrupt_requested(void);
bool __wrap_interrupt_requested(void) { return signalled; }

// --- a check by its id, run by one thread

static const validate_check *check_of(const char *id) {
    static const validate_check *const topics[] = {validate_exact,     validate_ring,   validate_symmetry,
                                                   validate_pulse,     validate_second, validate_field,
                                                   validate_statistics};
    for (size_t t = 0; t < sizeof topics / sizeof *topics; t++)
        for (const validate_check *check = topics[t]; check->id != NULL; check++)
            if (strcmp(check->id, id) == 0)
                return check;
    fail_msg("there is no check %s", id);
    return NULL;
}

// Rows of check @p id that failed; every one must have been told why or have measured something.
static uint32_t failures_of(const char *id, uint32_t *rows_out) {
    validate_context context = {.check = check_of(id)};
    validation all = {.contexts = &context, .count = 1};
    context.check->run(&context);
    validate_verdict verdict = validate_judge(&all);
    for (uint32_t r = 0; r < context.row_count; r++) {
        const validate_row *row = &context.rows[r];
        assert_true(row->check == context.check && *row->parameters != '\0' && row->seconds >= 0);
        // A reader must see what was wrong.
        assert_true(row->ok || isnan(row->measured) || row->measured != row->expected || *row->note != '\0');
    }
    print_message("  %s: %u of %u rows failed\n", id, verdict.failed, verdict.rows);
    *rows_out = verdict.rows;
    validate_context_free(&context);
    return verdict.failed;
}

static void check_seen(const char *id, uint32_t least) {
    uint32_t rows, failed = failures_of(id, &rows);
    if (failed < least)
        fail_msg("%s: %u of %u rows failed, at least %u had to", id, failed, rows, least);
}

// --- rows

static void test_rows(void **state) {
    (void)state;
    validate_context context = {.check = check_of("T1")};
    static const struct {
        double expected, measured, tolerance;
        bool ok;
    } near[] = {{1, 1.5, 0.5, true},
                {1, 0.5, 0.5, true},
                {1, 1.50001, 0.5, false},
                {1, 0.49999, 0.5, false},
                {1, NAN, 9, false},
                {1, INFINITY, 9, false},
                {INFINITY, INFINITY, 9, false},
                {NAN, 1, 9, false},
                {0, -0.0, 0, true},
                {1, 1, 0, true},
                {1, 1, NAN, false},
                {1, 1 + 0x1p-52, 0, false}};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        validate_near(&context, near[i].expected, near[i].measured, near[i].tolerance, "row %zu", i);
        if (context.rows[i].ok != near[i].ok)
            fail_msg("row %zu is %s", i, context.rows[i].ok ? "ok" : "not ok");
    }
    assert_string_equal(context.rows[2].parameters, "row 2");
    assert_true(isnan(context.rows[2].standard_error));
    validate_context_free(&context);

    validate_at_most(&context, 1, 1, "x");
    validate_at_most(&context, 1, 1.001, "x");
    validate_at_most(&context, 1, -INFINITY, "x"); // nothing was measured
    validate_at_least(&context, 1, 1, "x");
    validate_at_least(&context, 1, 0.999, "x");
    validate_at_least(&context, 1, NAN, "x");
    validate_note(&context, "so %d", 1);
    validate_mean(&context, 1, 2, 0.5, 3, "x");
    validate_mean(&context, 1, 2, 0.5, 3, "x");
    static const bool ok[] = {true, false, false, true, false, false, true, true};
    for (size_t i = 0; i < sizeof ok / sizeof *ok; i++)
        assert_int_equal(context.rows[i].ok, ok[i]);
    char text[320];
    validate_remark(&context.rows[6], text, sizeof text);
    assert_string_equal(text, "so 1; 2.0 standard errors off");
    validate_remark(&context.rows[7], text, sizeof text); // a note is of one row
    assert_string_equal(text, "2.0 standard errors off");
    assert_string_equal(validate_expected(&context.rows[0]).text, "<= 1");
    assert_string_equal(validate_expected(&context.rows[3]).text, ">= 1");
    assert_string_equal(validate_value(NAN).text, "-");

    validation all = {.contexts = &context, .count = 1};
    validate_verdict_text(&all, text, sizeof text);
    assert_string_equal(text, "4 rows failed, of T1; the other 4 hold");
    assert_int_equal(validate_judge(&all).failed, 4);
    validate_context_free(&context);
}

static void test_a_fault_fails_all_that_follows(void **state) {
    (void)state;
    validate_context context = {.check = check_of("T1")};
    validate_spec spec = {.count = 3, .model = validate_model(NAN), .step_s = 0.1};
    validate_swarm swarm;
    validate_open(&context, &spec, &swarm);
    assert_true(validate_over(&context));
    validate_advance(&swarm, 10); // stands still
    validate_until(&swarm, 10);
    assert_true(isnan(validate_sample(&swarm).coherence));
    validate_near(&context, 0, 0, 1, "x");
    validate_near(&context, 0, validate_sample(&swarm).coherence, 1, "x");
    validate_close(&swarm);
    for (int r = 0; r < 2; r++) {
        assert_false(context.rows[r].ok || context.rows[r].both);
        assert_true(isnan(context.rows[r].measured));
        assert_non_null(strstr(context.rows[r].note, "coupling is nan"));
    }
    validate_mend(&context);
    spec.model.coupling = 1;
    validate_open(&context, &spec, &swarm);
    validate_advance(&swarm, 10);
    validate_near(&context, 1, validate_sample(&swarm).coherence, 1e-12, "x");
    validate_near(&context, 10, (double)entrain_engine_tick(swarm.engines[1]), 0, "the same swarm");
    validate_close(&swarm);
    assert_true(context.rows[2].ok && context.rows[2].both && context.rows[3].both);
    spec.transports = VALIDATE_PUBLISH_ONLY;
    validate_open(&context, &spec, &swarm);
    validate_near(&context, 1, validate_sample(&swarm).coherence, 1e-12, "x");
    validate_close(&swarm);
    assert_true(context.rows[4].ok && !context.rows[4].both);
    validate_context_free(&context);
}

// A swarm that a signal stopped half-way has another fingerprint than its like: no row may say that it
// failed.
static void test_a_signal_fails_nothing(void **state) {
    (void)state;
    validate_context context = {.check = check_of("T13")};
    signalled = true;
    validate_fault(&context, "not the fingerprint of another");
    validate_near(&context, 0, NAN, 1, "x");
    assert_true(context.cut && !context.faulty);
    assert_int_equal(context.row_count, 0);
    signalled = false;
    validate_fault(&context, "a fault");
    signalled = true;
    validate_near(&context, 0, 0, 1, "x"); // what was wrong before the signal stays so
    assert_true(context.row_count == 1 && !context.rows[0].ok);
    signalled = false;
    validate_context_free(&context);
}

static void test_means(void **state) {
    (void)state;
    const double values[] = {1, 2, 3, 4};
    double mean, error;
    validate_mean_of(values, 4, &mean, &error);
    CHECK_NEAR(mean, 2.5, 0);
    CHECK_NEAR(error, sqrt(5.0 / 3 / 4), 1e-15);
    validate_mean_of(values, 1, &mean, &error);
    assert_true(mean == 1 && isnan(error));
    CHECK_NEAR(validate_asin(0.3), asin(0.3), 1e-15);
}

// --- checks can fail

static void test_honest_checks_hold(void **state) {
    (void)state;
    static const char *const ids[] = {"T1", "T4", "T9", "T12", "T16", "T17", "T18", "T19", "T22"};
    lies = honest;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        uint32_t rows, failed = failures_of(ids[i], &rows);
        assert_true(failed == 0 && rows > 0);
    }
}

static void test_a_wrong_coupling_is_seen(void **state) {
    (void)state;
    static const char *const ids[] = {"T1", "T2", "T6", "T9", "T12", "T17", "T18", "T19"};
    lies = (struct lies){.coupling = 1.001};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        check_seen(ids[i], 2);
    check_seen("T3", 1); // K = 0.999 locks
    lies.coupling = -1;
    check_seen("T10", 5);
    check_seen("T15", 2);
    check_seen("T23", 3);
    lies = honest;
}

static void test_a_wrong_integrator_is_seen(void **state) {
    (void)state;
    lies = (struct lies){.coupling = 1, .euler = true};
    check_seen("T4", 2);
    check_seen("T11", 3);
    lies = honest;
}

static void test_a_wrong_frequency_is_seen(void **state) {
    (void)state;
    lies = (struct lies){.coupling = 1, .frequency = 1e-6};
    check_seen("T13", 12);
    lies = honest;
}

static void test_a_wrong_sample_is_seen(void **state) {
    (void)state;
    lies = (struct lies){.coupling = 1, .coherence = 1e-8};
    check_seen("T6", 2);
    check_seen("T12", 6);
    check_seen("T22", 3);
    lies = (struct lies){.coupling = 1, .winding = 1};
    check_seen("T10", 3);
    lies = honest;
}

static void test_wrong_pulses_are_seen(void **state) {
    (void)state;
    lies = (struct lies){.coupling = 1, .strength = 1e-7};
    check_seen("T16", 4);
    lies.strength = 0.01;
    check_seen("T16", 10);
    lies = (struct lies){.coupling = 1, .alpha = -0.2};
    check_seen("T21", 2);
    lies = honest;
}

// One bit in one of the transports, far within every tolerance.
static void test_transports_that_differ_are_seen(void **state) {
    (void)state;
    static const char *const ids[] = {"T1", "T9", "T12", "T14", "T18"};
    for (int half = 1; half <= 2; half++)
        for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
            lies = (struct lies){.coupling = 1, .frequency = 1e-15, .half = half};
            check_seen(ids[i], 1);
        }
    lies = honest;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_a_fault_fails_all_that_follows),
        cmocka_unit_test(test_a_signal_fails_nothing),
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_honest_checks_hold),
        cmocka_unit_test(test_a_wrong_coupling_is_seen),
        cmocka_unit_test(test_a_wrong_integrator_is_seen),
        cmocka_unit_test(test_a_wrong_frequency_is_seen),
        cmocka_unit_test(test_a_wrong_sample_is_seen),
        cmocka_unit_test(test_wrong_pulses_are_seen),
        cmocka_unit_test(test_transports_that_differ_are_seen),
    };
    lies = honest;
    return cmocka_run_group_tests_name("validate", tests, NULL, NULL);
}
