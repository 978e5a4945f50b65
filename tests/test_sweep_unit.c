// Units of sweeps: a run's row is run_once()'s; a ladder is, bit for bit, one run with `set` events, each
// step judged by itself; a search finds a threshold that is known, and goes on from what it knew.
#include <math.h>
#include <signal.h>

#include "tests/check.h"

#include "sims/interrupt.h"
#include "sims/outcome.h"
#include "sims/say.h"
#include "sims/sweep_unit.h"
#include "sims/words.h"

static entrain_error error;

// What `entrain sweep` makes of a scenario, a --set with a list, and --order or --find.
static sweep_plan *plan_of(const char *text, const char *set, sweep_words words) {
    FILE *file = fopen("sweep_unit_x.lua", "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    const scenario_source source = {.path = "sweep_unit_x.lua", .sets = &set, .set_count = set != NULL};
    sweep_plan *plan;
    CHECK_OK(sweep_plan_make(&source, &words, &plan, &error), error);
    remove("sweep_unit_x.lua"); // it was read once
    return plan;
}

#define UP_AND_DOWN ((sweep_words){.order = "up,down"})
#define UP ((sweep_words){.order = "up"})

// --- What a unit hands out

typedef struct taken {
    json_t *entries;
    uint32_t at_most;      ///< then nobody takes any more
    const json_t *known;   ///< probes, as emitted
    uint32_t known_count;  ///< of them that are known
    uint32_t interrupt_at; ///< a signal comes with this entry; 0: never
    uint32_t workers;      ///< 0: one
} taken;

static bool take(void *context, json_t *entry) {
    taken *all = context;
    json_array_append(all->entries, entry);
    if (all->interrupt_at > 0 && json_array_size(all->entries) == all->interrupt_at)
        raise(SIGINT);
    return all->at_most == 0 || json_array_size(all->entries) < all->at_most;
}

static const json_t *know(void *context, uint32_t unit, uint32_t probe) {
    const taken *all = context;
    (void)unit;
    return probe < all->known_count ? json_array_get(all->known, probe) : NULL;
}

static json_t *carry_out_with(sweep_plan *plan, uint32_t unit, double timeout_s, taken with) {
    with.entries = json_array();
    const sweep_unit_job job = {.plan = plan,
                                .unit = unit,
                                .workers = with.workers > 0 ? with.workers : 1,
                                .timeout_s = timeout_s,
                                .known = know,
                                .emit = take,
                                .context = &with};
    sweep_unit_carry_out(&job);
    return with.entries;
}

static json_t *carry_out(sweep_plan *plan, uint32_t unit) {
    return carry_out_with(plan, unit, 0, (taken){0});
}

static const json_t *result_of(const json_t *entries, size_t at) {
    const json_t *entry = json_array_get(entries, at);
    const char *reason = json_string_value(json_object_get(entry, "reason"));
    if (reason != NULL)
        fail_msg("entry %zu failed: %s", at, reason);
    assert_string_equal(json_string_value(json_object_get(entry, "status")), "done");
    assert_true(json_is_number(json_object_get(entry, "wall_s")));
    const json_t *speed = json_object_get(entry, "ticks_per_s"); // null: nothing was run
    assert_true(json_is_null(speed) || json_number_value(speed) > 0);
    return json_object_get(entry, "result");
}

static const char *reason_of(const json_t *entries, size_t at) {
    const json_t *entry = json_array_get(entries, at);
    assert_string_equal(json_string_value(json_object_get(entry, "status")), "failed");
    const char *reason = json_string_value(json_object_get(entry, "reason"));
    assert_non_null(reason);
    return reason;
}

static void check_says(const char *text, const char *words) {
    if (strstr(text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", text, words);
}

static double number_in(const json_t *row, const char *name) {
    const json_t *value = json_object_get(row, name);
    if (!json_is_number(value))
        fail_msg("%s is no number", name);
    return json_number_value(value);
}

static char *dump(const json_t *json) { return json_dumps(json, JSON_REAL_PRECISION(17) | JSON_SORT_KEYS); }

static void check_same_json(const json_t *a, const json_t *b) {
    char *left = dump(a), *right = dump(b);
    assert_string_equal(left, right);
    free(left);
    free(right);
}

// --- By hand

typedef struct by_hand {
    double *coherences;
    size_t count, room;
    char fingerprint[20];
    double coherence; // latest
} by_hand;

static entrain_status note(void *context, const entrain_phase_sample *sample, entrain_error *error_out) {
    (void)error_out;
    by_hand *hand = context;
    if (hand->count == hand->room)
        hand->coherences =
            realloc(hand->coherences, (hand->room = hand->room * 2 + 64) * sizeof *hand->coherences);
    hand->coherences[hand->count++] = hand->coherence = sample->coherence;
    snprintf(hand->fingerprint, sizeof hand->fingerprint, "%016llx", (unsigned long long)sample->fingerprint);
    return ENTRAIN_OK;
}

static by_hand run_by_hand(const char *text, const char *const *sets, uint32_t set_count) {
    scenario given;
    event_run events = {0};
    entrain_swarm *swarm;
    by_hand hand = {0};
    const scenario_source source = {.path = "x.lua", .sets = sets, .set_count = set_count};
    CHECK_OK(scenario_load_words(&source, text, &given, &error), error);
    CHECK_OK(entrain_swarm_create(&given.swarm, &swarm, &error), error);
    CHECK_OK(event_run_begin(&events, given.events, swarm, "x.lua", &error), error);
    const run_plan plan = {.swarm = swarm,
                           .tick_count = given.tick_count,
                           .record_every_ticks = given.record_every_ticks,
                           .events = &events,
                           .on_sample = note,
                           .context = &hand};
    assert_int_equal(run_loop(&plan, &error), RUN_END_DURATION);
    event_run_end(&events);
    entrain_swarm_destroy(swarm);
    scenario_free(&given);
    return hand;
}

// --- A run

static const char small[] =
    "return { swarm = { size = 60, topology = { kind = 'complete' } }, model = { coupling = 2,"
    " frequency = { distribution = 'lorentz', width = 0.5 } }, time = { step = 0.05, duration = 6 },"
    " record = { every = 0.1 } }";

static void test_single(void **state) {
    (void)state;
    sweep_plan *plan = plan_of(small, "model.coupling=0.5,3", (sweep_words){0});
    for (uint32_t u = 0; u < plan->unit_count; u++) {
        json_t *entries = carry_out(plan, u), *again = carry_out(plan, u);
        assert_int_equal(json_array_size(entries), 1);
        const json_t *row = result_of(entries, 0);
        assert_int_equal(json_integer_value(json_object_get(json_array_get(entries, 0), "run")), u);
        check_same_json(row, result_of(again, 0));
        const char *name;
        json_t *value;
        uint32_t column = 0;
        json_object_foreach((json_t *)row, name, value)
            assert_string_equal(name, result_column_at(column++).name);
        assert_null(result_column_at(column).name);
        by_hand hand =
            run_by_hand(small, (const char *[]){u == 0 ? "model.coupling=0.5" : "model.coupling=3"}, 1);
        assert_string_equal(json_string_value(json_object_get(row, "fingerprint")), hand.fingerprint);
        free(hand.coherences);
        json_decref(entries);
        json_decref(again);
    }
    plan->runs[0].chosen = false;
    json_t *entries = carry_out(plan, 0);
    assert_int_equal(json_array_size(entries), 0);
    json_decref(entries);
    entries = carry_out_with(plan, 1, 1e-6, (taken){0});
    check_says(reason_of(entries, 0), "--timeout");
    json_decref(entries);
    sweep_plan_free(plan);
}

// --- Ladders

// Adler: two oscillators that differ by dw = 1 lock at K = 1.
static const char two[] =
    "return { swarm = { size = 2, topology = { kind = 'complete' } }, model = { coupling = 2,"
    " frequency = { -0.5, 0.5 }, phase = { 0, 1 } }, time = { step = 0.05, duration = 300 }, record = { "
    "every = 1 } }";

// A ladder of four or five values against one run, which hears of them by events; its samples, window by
// window.
static void check_ladder(const char *text, const char *key, const char *set, double duration,
                         const char *first_set) {
    sweep_plan *plan = plan_of(text, set, UP_AND_DOWN);
    json_t *entries = carry_out(plan, 0), *others = carry_out_with(plan, 0, 0, (taken){.workers = 3});
    const uint32_t steps = plan->run_count;
    assert_int_equal(json_array_size(entries), steps);
    char events[2000], total[60];
    snprintf(events, sizeof events, "%s", text);
    strcpy(strrchr(events, '}'), ", events={");
    for (uint32_t s = 1; s < steps; s++) {
        const size_t used = strlen(events);
        snprintf(events + used, sizeof events - used, "{at=%.17g,set={[\"%s\"]=%.17g}},", s * duration, key,
                 json_number_value(json_object_get(plan->runs[s].values, key)));
    }
    strcat(events, "} }");
    size_t window = 0;
    for (uint32_t s = 0; s < steps; s++) {
        // Events later than the end are left out of a run.
        snprintf(total, sizeof total, "time.duration=%.17g", (s + 1) * duration);
        by_hand hand = run_by_hand(events, (const char *[]){first_set, total}, 2);
        const json_t *row = result_of(entries, s);
        check_same_json(row, result_of(others, s));
        assert_int_equal(json_integer_value(json_object_get(json_array_get(entries, s), "run")), s);
        assert_string_equal(json_string_value(json_object_get(row, "fingerprint")), hand.fingerprint);
        CHECK_NEAR(number_in(row, "coherence_final"), hand.coherence, 0);
        CHECK_NEAR(number_in(row, "time_s"), duration, 1e-9);
        if (s == 0)
            window = hand.count;
        assert_int_equal(hand.count, window + s * (window - 1));
        // The last quarter of the step's own samples.
        const size_t settled = (window + 3) / 4;
        double sum = 0;
        for (size_t i = hand.count - settled; i < hand.count; i++)
            sum += hand.coherences[i];
        CHECK_NEAR(number_in(row, "coherence"), sum / (double)settled, 0);
        free(hand.coherences);
    }
    json_decref(entries);
    json_decref(others);
    sweep_plan_free(plan);
}

static void test_ladder_is_one_run(void **state) {
    (void)state;
    check_ladder(small, "model.coupling", "model.coupling=0.5,2,4", 6, "model.coupling=0.5");
    check_ladder("return { swarm = { size = 40, topology = { kind = 'small-world', degree = 6 } },"
                 " model = { coupling = 2, frequency = 0 }, time = { duration = 3, integrator = 'heun' } }",
                 "model.noise", "model.noise=0.1,1,5", 3, "model.noise=0.1");
    check_ladder("return { goal = 'reach-consensus', swarm = { size = 50 }, time = { duration = 5 } }",
                 "agent.coupling", "agent.coupling=0,1,3", 5, "agent.coupling=0");
    check_ladder(
        "return { swarm = { size = 30 }, model = { kind = 'swing', coupling = 1, damping = 0.3,"
        " power = { distribution = 'normal', deviation = 0.5 } }, time = { step = 0.05, duration = 4 } }",
        "model.coupling", "model.coupling=0,0.5,1", 4, "model.coupling=0");
}

// Frequencies are those of the step: after a time in which nobody agreed with anybody, all do.
static void test_ladder_judges_by_itself(void **state) {
    (void)state;
    sweep_plan *plan = plan_of(small, "model.coupling=0,40", UP_AND_DOWN);
    json_t *entries = carry_out(plan, 0);
    assert_int_equal(json_array_size(entries), 4); // 0, 40, 40, 0
    for (uint32_t s = 0; s < 4; s++) {
        const json_t *row = result_of(entries, s);
        const bool strong = s == 1 || s == 2;
        if (s < 3)
            assert_string_equal(json_string_value(json_object_get(row, "outcome")),
                                strong ? "synchronized" : "not synchronized");
        assert_int_equal(json_is_true(json_object_get(row, "locked")), strong);
        assert_int_equal(number_in(row, "ticks"), 120);
        assert_int_equal(number_in(row, "observations"), number_in(result_of(entries, 0), "observations"));
    }
    const json_t *second = result_of(entries, 1);
    CHECK_NEAR(number_in(second, "theory_r"), sqrt(1 - 1 / 40.0), 1e-12); // of the value set
    assert_true(number_in(second, "synchronized_since_s") < 2);           // of the step, not of the ladder
    json_decref(entries);

    // Nobody asks for the last two, nor for the first.
    plan->runs[0].chosen = plan->runs[2].chosen = plan->runs[3].chosen = false;
    json_t *one = carry_out(plan, 0);
    assert_int_equal(json_array_size(one), 1);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(one, 0), "run")), 1);
    assert_true(json_is_true(json_object_get(result_of(one, 0), "locked")));
    json_decref(one);
    sweep_plan_free(plan);

    // A stop condition ends the step, and the next one begins there.
    plan = plan_of("return { swarm = { size = 60, topology = { kind = 'complete' } }, model = { coupling = 2,"
                   " frequency = 0 }, time = { duration = 60 }, stop = { coherence = 0.9 } }",
                   "model.coupling=1,2", UP);
    entries = carry_out(plan, 0);
    assert_string_equal(json_string_value(json_object_get(result_of(entries, 0), "ended")), "stop condition");
    assert_true(number_in(result_of(entries, 0), "sync_time_s") > 1);
    assert_int_equal(number_in(result_of(entries, 1), "ticks"), 0);
    assert_true(json_is_null(json_object_get(result_of(entries, 1), "theory_sync_time_s")));
    json_decref(entries);
    sweep_plan_free(plan);
}

// Two oscillators that drift by a turn in 2 pi / sqrt(1 - 0.9^2) = 14.4 s: not in the second half of a
// step of 24 s, but in any longer part of it.
static void test_ladder_looks_at_its_second_half(void **state) {
    (void)state;
    char text[1000];
    snprintf(text, sizeof text, "local s = (function() %s end)() s.time.duration = 24 return s", two);
    sweep_plan *plan = plan_of(text, "model.coupling=0.9,0.95", UP_AND_DOWN);
    json_t *entries = carry_out(plan, 0);
    for (uint32_t s = 0; s < 4; s++)
        assert_true(json_is_true(json_object_get(result_of(entries, s), "locked")));
    json_decref(entries);
    sweep_plan_free(plan);
}

// Of agents, what counts from the beginning is told apart.
static void test_ladder_of_agents(void **state) {
    (void)state;
    sweep_plan *plan = plan_of("return { goal = 'minimize-api-calls', swarm = { size = 50 },"
                               " workload = { pattern = 'steady' }, time = { duration = 20 } }",
                               "workload.load=1,3", UP_AND_DOWN);
    json_t *entries = carry_out(plan, 0);
    const double load[] = {1, 3, 3, 1};
    for (uint32_t s = 0; s < 4; s++) {
        const json_t *row = result_of(entries, s);
        CHECK_NEAR(number_in(row, "generated"), 50 * 20 * 2 * load[s], 110 * load[s]);
        assert_int_equal(json_is_null(json_object_get(row, "wait_p50_s")), s > 0);
        assert_true(json_is_null(json_object_get(row, "worth_calls_ratio")));
    }
    json_decref(entries);
    sweep_plan_free(plan);
}

static void test_ladder_fails(void **state) {
    (void)state;
    // Refused before the first tick, all of it: rk4 takes no noise.
    sweep_plan *plan = plan_of("return { swarm = { size = 20 } }", "model.noise=0,1", UP);
    json_t *entries = carry_out(plan, 0);
    assert_int_equal(json_array_size(entries), 2);
    check_says(reason_of(entries, 0), "model.noise");
    check_says(reason_of(entries, 1), "model.noise");
    json_decref(entries);
    sweep_plan_free(plan);

    // On its way: those behind it say so.
    plan = plan_of("return { swarm = { size = 20 }, time = { duration = 2 },\n"
                   "on_sample = function(s) if s.time > 3 then error('enough') end end }",
                   "model.coupling=0,1,2", UP);
    entries = carry_out(plan, 0);
    assert_int_equal(json_array_size(entries), 3);
    result_of(entries, 0);
    check_says(reason_of(entries, 1), "enough");
    check_says(reason_of(entries, 2), "Its ladder ended at model.coupling = 1");
    json_decref(entries);
    sweep_plan_free(plan);

    plan = plan_of(small, "model.coupling=0,1,2", UP);
    entries = carry_out_with(plan, 0, 1e-6, (taken){0});
    assert_int_equal(json_array_size(entries), 3);
    check_says(reason_of(entries, 0), "--timeout");
    json_decref(entries);
    entries = carry_out_with(plan, 0, 0, (taken){.at_most = 2});
    assert_int_equal(json_array_size(entries), 2);
    json_decref(entries);
    sweep_plan_free(plan);
}

static void test_keys(void **state) {
    (void)state;
    assert_true(events_can_set("model.coupling"));
    assert_true(events_can_set("workload.load"));
    assert_false(events_can_set("swarm.size"));
    assert_false(events_can_set("coupling"));
}

// --- Searches

static void check_probes(const json_t *entries, uint32_t probes) {
    assert_int_equal(json_array_size(entries), probes + 1);
    for (uint32_t p = 0; p < probes; p++) {
        const json_t *entry = json_array_get(entries, p);
        assert_int_equal(json_integer_value(json_object_get(entry, "probe")), p);
        assert_int_equal(json_integer_value(json_object_get(entry, "run")), 0);
        assert_int_equal(json_is_true(json_object_get(entry, "true")),
                         json_number_value(json_object_get(entry, "value")) > 1);
        assert_true(json_is_object(json_object_get(entry, "result")));
    }
}

static void test_find(void **state) {
    (void)state;
    sweep_plan *plan =
        plan_of(two, NULL, (sweep_words){.find = "model.coupling=0.25:4 where locked to 0.02"});
    plan->find =
        (sweep_find){.key = "model.coupling", .where = "locked", .low = 0.25, .high = 4, .tolerance = 0.02};
    json_t *entries = carry_out(plan, 0);
    // 3.75 / 2^8 is below 0.02: two ends and eight middles.
    check_probes(entries, 10);
    const json_t *row = result_of(entries, 10);
    assert_true(number_in(row, "low") <= 1 && number_in(row, "high") >= 1);
    assert_true(number_in(row, "high") - number_in(row, "low") <= 0.02);
    CHECK_NEAR(number_in(row, "threshold"), (number_in(row, "low") + number_in(row, "high")) / 2, 1e-15);
    CHECK_NEAR(number_in(row, "threshold"), 1, 0.01);
    assert_int_equal(number_in(row, "evaluations"), 10);
    assert_true(
        json_is_true(json_object_get(row, "locked"))); // the columns are those of the end where it holds

    // Interrupted behind any probe, and taken up from a journal: the same row, and only what is missing is
    // done.
    char *line = dump(entries);
    json_t *read = json_loads(line, 0, NULL);
    free(line);
    for (uint32_t known = 1; known <= 10; known += 3) {
        json_t *rest = carry_out_with(plan, 0, 0, (taken){.known = read, .known_count = known, .workers = 2});
        assert_int_equal(json_array_size(rest), 11 - known);
        check_same_json(row, result_of(rest, 10 - known));
        json_decref(rest);
    }
    json_decref(read);
    // What is known of another search is not believed.
    json_t *other = json_deep_copy(entries);
    json_object_set_new(json_array_get(other, 1), "value", json_real(3.5));
    json_t *rest = carry_out_with(plan, 0, 0, (taken){.known = other, .known_count = 2});
    assert_int_equal(json_array_size(rest), 10);
    check_same_json(row, result_of(rest, 9));
    json_decref(rest);
    json_decref(other);

    // The other way round: it holds below.
    plan->find.where = "not locked";
    rest = carry_out(plan, 0);
    CHECK_NEAR(number_in(result_of(rest, 10), "threshold"), number_in(row, "threshold"), 0);
    assert_false(json_is_true(json_object_get(result_of(rest, 10), "locked")));
    json_decref(rest);
    plan->find.where = "locked";

    // In logarithms there are as many steps from 0.04 to 0.9 as from 0.9 to 20.
    plan->find.low = 0.04;
    plan->find.high = 20;
    plan->find.logarithmic = true;
    rest = carry_out(plan, 0);
    assert_true(json_number_value(json_object_get(json_array_get(rest, 2), "value")) < 0.9);
    row = result_of(rest, json_array_size(rest) - 1);
    CHECK_NEAR(number_in(row, "threshold"), sqrt(number_in(row, "low") * number_in(row, "high")), 1e-12);
    CHECK_NEAR(number_in(row, "threshold"), 1, 0.02);
    json_decref(rest);
    json_decref(entries);
    sweep_plan_free(plan);
}

// A whole number: how many there must be for the complete graph to have more than 150 pairs and selves.
static void test_find_whole(void **state) {
    (void)state;
    sweep_plan *plan = plan_of("return { swarm = { size = 10, topology = { kind = 'ring', degree = 2 } },"
                               " time = { duration = 0.1 } }",
                               NULL, (sweep_words){.find = "swarm.size=3:1000 where living > 150 to 0.1"});
    for (int logarithmic = 0; logarithmic < 2; logarithmic++) {
        plan->find.logarithmic = logarithmic;
        json_t *entries = carry_out(plan, 0);
        const json_t *row = result_of(entries, json_array_size(entries) - 1);
        assert_true(json_is_integer(json_object_get(row, "threshold")));
        assert_int_equal(number_in(row, "threshold"), 151);
        assert_int_equal(number_in(row, "low"), 150);
        assert_int_equal(number_in(row, "living"), 151);
        json_decref(entries);
    }
    sweep_plan_free(plan);
}

static void test_find_fails(void **state) {
    (void)state;
    sweep_plan *plan = plan_of(two, NULL, (sweep_words){.find = "model.coupling=2:4 where locked to 0.02"});
    plan->find =
        (sweep_find){.key = "model.coupling", .where = "locked", .low = 2, .high = 4, .tolerance = 0.02};
    json_t *entries = carry_out(plan, 0);
    assert_int_equal(json_array_size(entries), 3); // both ends were looked at
    check_says(reason_of(entries, 2), "true at both model.coupling = 2 and 4");
    json_decref(entries);
    entries = carry_out_with(plan, 0, 1e-6, (taken){0});
    assert_int_equal(json_array_size(entries), 1);
    check_says(reason_of(entries, 0), "At model.coupling = 2: The 1e-06 s of --timeout");
    json_decref(entries);
    plan->find.where = "goal_value > 2"; // there is no goal
    entries = carry_out(plan, 0);
    check_says(reason_of(entries, 0), "At model.coupling = 2: ");
    json_decref(entries);
    sweep_plan_free(plan);
}

// exec.pin is for one that has the machine to itself: two would sit on the same cpus.
static void test_pinned(void **state) {
    (void)state;
    sweep_plan *plan = plan_of("return { swarm = { size = 20 }, time = { duration = 1 },"
                               " exec = { pin = true } }",
                               "model.coupling=0,1", (sweep_words){0});
    for (int beside = 0; beside < 2; beside++) {
        const sweep_unit_job job = {.plan = plan, .unit = 1, .workers = 1, .beside_others = beside == 1};
        scenario given;
        CHECK_OK(sweep_unit_scenario(&job, &plan->runs[1], NULL, &given, &error), error);
        assert_int_equal(given.swarm.engine.scheduler.pin, beside == 0);
        scenario_free(&given);
    }
    sweep_plan_free(plan);
}

// Interrupted: nothing is said of what was not finished. Last, for a signal cannot be taken back.
static void test_interrupted(void **state) {
    (void)state;
    interrupt_install();
    sweep_plan *find =
        plan_of(two, NULL, (sweep_words){.find = "model.coupling=0.25:4 where locked to 0.02"});
    find->find =
        (sweep_find){.key = "model.coupling", .where = "locked", .low = 0.25, .high = 4, .tolerance = 0.02};
    // Planned before the signal: a plan is not made after one.
    sweep_plan *others[] = {plan_of(small, "model.coupling=0,1,2", (sweep_words){0}),
                            plan_of(small, "model.coupling=0,1,2", UP)};
    json_t *entries = carry_out_with(find, 0, 0, (taken){.interrupt_at = 3});
    assert_int_equal(json_array_size(entries), 3);
    json_decref(entries);
    sweep_plan_free(find);
    assert_true(interrupt_requested());
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        entries = carry_out(others[i], 0);
        assert_int_equal(json_array_size(entries), 0);
        json_decref(entries);
        sweep_plan_free(others[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single),
        cmocka_unit_test(test_ladder_is_one_run),
        cmocka_unit_test(test_ladder_judges_by_itself),
        cmocka_unit_test(test_ladder_looks_at_its_second_half),
        cmocka_unit_test(test_ladder_of_agents),
        cmocka_unit_test(test_ladder_fails),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_find_whole),
        cmocka_unit_test(test_find_fails),
        cmocka_unit_test(test_pinned),
        cmocka_unit_test(test_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
