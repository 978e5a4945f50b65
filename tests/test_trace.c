// The chain of messages that led to a failure, against chains derived by hand.
#include "check.h"
#include "engine/engine_private.h"
#include "entrain/engine.h"

static const entrain_payload nothing = {0};

enum {
    PASS = ENTRAIN_KIND_USER, // to the next actor; the last one fails
    IDLE,
    WATCH,
    STOP,
    LATER, // PASS to the next actor, three ticks from now
    TICK,  // LATER to itself, two ticks from now
};

enum { ACTORS = 200, STEPS_MAX = 300 };

typedef struct household {
    entrain_engine *engine;
    entrain_population *relay;
    uint32_t last, failures;
    bool say; // which message is at hand
    entrain_lifecycle event;
    entrain_trace_step steps[STEPS_MAX];
} household;

static entrain_id id_of(const household *house, uint32_t index) {
    return entrain_population_id(house->relay, index);
}

static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    household *house = self->context;
    uint64_t *heard = self->columns[0];
    *heard += count;
    for (uint32_t m = 0; m < count; m++) {
        if (house->say)
            entrain_handling(self, &messages[m]);
        if (messages[m].kind == WATCH)
            assert_int_equal(entrain_watch(self, (entrain_id)messages[m].payload[0].u64), ENTRAIN_OK);
        if (messages[m].kind == STOP)
            assert_int_equal(entrain_stop(self, (entrain_id)messages[m].payload[0].u64), ENTRAIN_OK);
        if (messages[m].kind == LATER || messages[m].kind == TICK)
            assert_int_equal(
                entrain_send_after_ticks(self, messages[m].kind == TICK ? 2 : 3,
                                         messages[m].kind == TICK ? self->id : id_of(house, self->index + 1),
                                         messages[m].kind == TICK ? LATER : PASS, 9, nothing, nothing, NULL),
                ENTRAIN_OK);
        if ((messages[m].kind != PASS && messages[m].kind != ENTRAIN_KIND_ENDED) || self->index == ACTORS - 1)
            continue;
        if (self->index == house->last)
            return ENTRAIN_IO;
        assert_int_equal(
            entrain_send(self, id_of(house, self->index + 1), PASS, messages[m].flags, nothing, nothing),
            ENTRAIN_OK);
    }
    return ENTRAIN_OK;
}

static void remember(void *context, const entrain_lifecycle *event) {
    household *house = context;
    if (event->kind != ENTRAIN_LIFECYCLE_FAILED)
        return;
    house->failures++;
    house->event = *event;
    assert_true(event->chain_count <= STEPS_MAX);
    for (uint32_t s = 0; s < event->chain_count; s++)
        house->steps[s] = event->chain[s];
}

static void open_house(household *house, const entrain_engine_config *config, uint32_t last) {
    static const entrain_column heard = {.name = "heard", .bytes = 8, .fingerprint = true};
    const entrain_behavior behavior = {.name = "relay",
                                       .columns = &heard,
                                       .column_count = 1,
                                       .sends_max = 4,
                                       .inbox = 10,
                                       .watches_max = 1,
                                       .timers_max = 2,
                                       .receive = receive};
    entrain_error error = {0};
    memset(house, 0, sizeof *house);
    house->last = last;
    entrain_supervision how = entrain_supervision_defaults();
    how.remedy = ENTRAIN_REMEDY_STOP;
    CHECK_OK(entrain_engine_create(config, &house->engine, &error), error);
    CHECK_OK(entrain_engine_add(house->engine, &behavior, house, ACTORS, &house->relay, &error), error);
    CHECK_OK(entrain_engine_supervise(house->engine, house->relay, &how, &error), error);
    assert_int_equal(entrain_engine_on_lifecycle(house->engine, false, remember, house), ENTRAIN_OK);
    CHECK_OK(entrain_engine_start(house->engine, &error), error);
}

static void tell(household *house, uint32_t index, uint16_t kind, uint16_t flags, uint64_t first) {
    assert_int_equal(entrain_engine_tell(house->engine, id_of(house, index), kind, flags,
                                         (entrain_payload){.u64 = first}, nothing),
                     ENTRAIN_OK);
}

static void advance(household *house, uint64_t ticks) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(house->engine, ticks, &error), error);
}

static void check_step(const household *house, uint32_t s, entrain_id from, entrain_id to, uint16_t kind,
                       uint16_t flags, uint64_t tick) {
    const entrain_trace_step *step = &house->steps[s];
    assert_true(s < house->event.chain_count);
    if (step->from != from || step->to != to || step->kind != kind || step->flags != flags ||
        step->tick != tick || step->time_s != (double)tick * 0.01)
        fail_msg("step %u: %08x to %08x, kind %u, flags %u, tick %llu; expected %08x to %08x, %u, %u, %llu",
                 s, step->from, step->to, step->kind, step->flags, (unsigned long long)step->tick, from, to,
                 kind, flags, (unsigned long long)tick);
}

static entrain_engine_config traced(uint32_t trace) {
    entrain_engine_config config = entrain_engine_config_defaults();
    config.trace = trace;
    config.cohort_weight = 64;
    config.scheduler.worker_count = 3;
    return config;
}

// Told to actor 0 before tick 2, handed on from k to k + 1 in tick 2 + k, failed by actor 150 in tick 152.
static void the_chain_leads_back_to_what_began_it(void **state) {
    (void)state;
    static const char *const policies[] = {"serial", "shuffled", "steal", "dataflow"};
    for (size_t p = 0; p < sizeof policies / sizeof *policies; p++)
        for (int layout = ENTRAIN_LAYOUT_INDEX; layout < ENTRAIN_LAYOUT_COUNT; layout++) {
            household house;
            entrain_engine_config config = traced(1000);
            config.scheduler.policy = policies[p];
            config.layout = (entrain_layout)layout;
            open_house(&house, &config, 150);
            advance(&house, 2);
            tell(&house, 0, PASS, 42, 0);
            for (uint32_t t = 0; t < 151; t++) {
                tell(&house, (t * 7 + 3) % ACTORS, IDLE, 0, 0); // what has nothing to do with it
                assert_int_equal(house.failures, 0);
                advance(&house, 1);
            }
            assert_int_equal(house.failures, 1);
            assert_int_equal(house.event.index, 150);
            assert_int_equal(house.event.tick, 152);
            assert_int_equal(house.event.chain_count, 151);
            assert_false(house.event.chain_cut);
            for (uint32_t s = 0; s < 150; s++)
                check_step(&house, s, id_of(&house, 149 - s), entrain_population_id(house.relay, 0) + 150 - s,
                           PASS, 42, 151 - s);
            check_step(&house, 150, ENTRAIN_ID_NONE, id_of(&house, 0), PASS, 42, 2);
            entrain_engine_destroy(house.engine);
        }
}

// Three messages in one call: which of them is at hand is the actor's to say; else it is the last.
static void the_message_at_hand_is_the_one_that_is_named(void **state) {
    (void)state;
    for (int say = 0; say < 2; say++) {
        household house;
        const entrain_engine_config config = traced(1000);
        open_house(&house, &config, 1);
        house.say = say == 1;
        tell(&house, 0, IDLE, 1, 0);
        tell(&house, 0, PASS, 2, 0);
        tell(&house, 0, IDLE, 3, 0);
        advance(&house, 2);
        assert_int_equal(house.failures, 1);
        assert_int_equal(house.event.chain_count, 2);
        check_step(&house, 0, id_of(&house, 0), id_of(&house, 0) + 1, PASS, 2, 0);
        check_step(&house, 1, ENTRAIN_ID_NONE, id_of(&house, 0), say ? PASS : IDLE, say ? 2 : 3, 0);
        entrain_engine_destroy(house.engine);
    }
}

static void check_a_notice_begins_a_chain(uint32_t workers) {
    household house;
    entrain_engine_config config = traced(1000);
    config.scheduler.worker_count = workers; // a single one has just had another message at hand
    open_house(&house, &config, 1);
    tell(&house, 0, WATCH, 0, id_of(&house, 7));
    advance(&house, 1);
    const entrain_id target = id_of(&house, 7);
    tell(&house, 9, STOP, 0, target);
    advance(&house, 3); // stopped in tick 1, told in tick 2, failed in tick 3
    assert_int_equal(house.failures, 1);
    assert_int_equal(house.event.tick, 3);
    assert_int_equal(house.event.chain_count, 2);
    assert_false(house.event.chain_cut);
    check_step(&house, 0, id_of(&house, 0), id_of(&house, 0) + 1, PASS, ENTRAIN_REASON_STOPPED, 2);
    check_step(&house, 1, target, id_of(&house, 0), ENTRAIN_KIND_ENDED, ENTRAIN_REASON_STOPPED, 2);
    entrain_engine_destroy(house.engine);
}

static void a_notice_begins_a_chain(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 3; workers++)
        check_a_notice_begins_a_chain(workers);
}

// What waits for room, or lies in a mute actor's mailbox, keeps its record.
static void what_had_to_wait_is_traced_too(void **state) {
    (void)state;
    household house;
    entrain_engine_config config = traced(1000);
    config.overflow = ENTRAIN_OVERFLOW_BLOCK;
    config.overflow_named = true;
    config.mailbox_capacity = 1;
    open_house(&house, &config, 2);
    tell(&house, 0, PASS, 5, 0);
    advance(&house, 1); // on its way from 0 to 1
    tell(&house, 1, IDLE, 6, 0);
    tell(&house, 1, IDLE, 7, 0); // tells come first: two ticks' room
    advance(&house, 6);
    assert_int_equal(house.failures, 1);
    assert_int_equal(house.event.chain_count, 3);
    assert_true(house.event.tick > 3);
    check_step(&house, 1, id_of(&house, 0), id_of(&house, 1), PASS, 5, 0);
    check_step(&house, 2, ENTRAIN_ID_NONE, id_of(&house, 0), PASS, 5, 0);
    entrain_engine_destroy(house.engine);
}

static void what_was_delayed_is_traced_from_when_it_was_sent(void **state) {
    (void)state;
    household house;
    const entrain_engine_config config = traced(1000);
    open_house(&house, &config, 1);
    tell(&house, 0, TICK, 8, 0); // handled in 0; its timer in 2, which sends what is handled in 5
    advance(&house, 5);
    assert_int_equal(house.failures, 0);
    advance(&house, 1);
    assert_int_equal(house.failures, 1);
    assert_int_equal(house.event.chain_count, 3);
    check_step(&house, 0, id_of(&house, 0), id_of(&house, 0) + 1, PASS, 9, 2);
    check_step(&house, 1, id_of(&house, 0), id_of(&house, 0), LATER, 9, 0);
    check_step(&house, 2, ENTRAIN_ID_NONE, id_of(&house, 0), TICK, 8, 0);
    entrain_engine_destroy(house.engine);
}

static void what_is_not_kept_any_more_is_cut_and_never_mistaken(void **state) {
    (void)state;
    for (uint32_t keep = 1; keep <= 24; keep++) {
        household house;
        entrain_engine_config config = traced(keep);
        config.scheduler.worker_count = 1;
        open_house(&house, &config, 20);
        tell(&house, 0, PASS, 42, 0);
        advance(&house, 21);
        assert_int_equal(house.failures, 1);
        // 20 were sent by actors, by one worker; the one from outside is in a log of its own.
        const uint32_t kept = keep < 20 ? keep : 21;
        assert_int_equal(house.event.chain_count, kept);
        assert_int_equal(house.event.chain_cut, keep < 20);
        for (uint32_t s = 0; s < kept && s < 20; s++)
            check_step(&house, s, id_of(&house, 0) + 19 - s, id_of(&house, 0) + 20 - s, PASS, 42, 19 - s);
        entrain_engine_destroy(house.engine);
    }
    // Nothing left at all: another message was sent between this one and its end.
    household house;
    entrain_engine_config config = traced(1);
    config.scheduler.worker_count = 1;
    open_house(&house, &config, 20);
    tell(&house, 19, PASS, 42, 0);
    tell(&house, 30, PASS, 43, 0);
    advance(&house, 2);
    assert_int_equal(house.failures, 1);
    assert_int_equal(house.event.chain_count, 0);
    assert_true(house.event.chain_cut);
    entrain_engine_destroy(house.engine);
}

// A mark says only the lower bits of which record it was: a newer one with the same bits, of another
// message, is not it.
static void a_mark_is_never_taken_for_that_of_a_later_message(void **state) {
    (void)state;
    household house;
    const entrain_engine_config config = traced(4);
    open_house(&house, &config, 1);
    entrain__trace_log *log = entrain__trace_log_of(house.engine, 0);
    const entrain_message message = {.from = 7, .kind = 20, .flags = 3};
    const uint64_t number = entrain__trace_sent(log, 7, 8, 20, 3, 0, 0);
    const uint32_t mark = entrain__trace_mark(number);
    assert_true(entrain__trace_number(house.engine, mark, &message, 8) == number);
    for (uint32_t k = 0; k < 1u << ENTRAIN__TRACE_MARK_BITS; k++) {
        if (k == 1000)
            assert_true(entrain__trace_number(house.engine, mark, &message, 8) == ENTRAIN__TRACE_LOST);
        (void)entrain__trace_sent(log, 7, 8, 21, 3, 0, 0);
    }
    assert_true(entrain__trace_number(house.engine, mark, &message, 8) == ENTRAIN__TRACE_LOST);
    assert_true(entrain__trace_number(house.engine, 0, &message, 8) == 0);
    entrain_engine_destroy(house.engine);
}

static void a_trace_changes_no_result_and_none_is_none(void **state) {
    (void)state;
    uint64_t fingerprints[2];
    for (uint32_t on = 0; on < 2; on++) {
        household house;
        const entrain_engine_config config = traced(on * 16);
        open_house(&house, &config, 120);
        house.say = true; // does nothing without
        for (uint32_t k = 0; k < ACTORS; k += 3)
            tell(&house, k, PASS, 0, 0);
        advance(&house, 80);
        fingerprints[on] = entrain_engine_fingerprint(house.engine);
        assert_int_equal(house.failures, 1);
        if (on == 0) {
            assert_null(house.event.chain);
            assert_int_equal(house.event.chain_count, 0);
            assert_false(house.event.chain_cut);
        }
        entrain_engine_destroy(house.engine);
    }
    assert_int_equal(fingerprints[0], fingerprints[1]);
}

static void a_chain_is_said_line_by_line(void **state) {
    (void)state;
    char text[128];
    entrain_trace_step step = {.to = 0x01000003, .kind = 17, .flags = 2, .tick = 30, .time_s = 0.3};
    entrain_trace_step_format(&step, text, sizeof text);
    assert_string_equal(
        text, "  while handling kind 17, flags 2 from outside to 0x01000003, sent at tick 30 (0.3 s)");
    step.from = 0x02000001;
    entrain_trace_step_format(&step, text, sizeof text);
    assert_non_null(strstr(text, "from 0x02000001 to"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_chain_leads_back_to_what_began_it),
        cmocka_unit_test(the_message_at_hand_is_the_one_that_is_named),
        cmocka_unit_test(a_notice_begins_a_chain),
        cmocka_unit_test(what_had_to_wait_is_traced_too),
        cmocka_unit_test(what_was_delayed_is_traced_from_when_it_was_sent),
        cmocka_unit_test(what_is_not_kept_any_more_is_cut_and_never_mistaken),
        cmocka_unit_test(a_mark_is_never_taken_for_that_of_a_later_message),
        cmocka_unit_test(a_trace_changes_no_result_and_none_is_none),
        cmocka_unit_test(a_chain_is_said_line_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
