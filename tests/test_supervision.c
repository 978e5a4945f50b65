// Supervision in lockstep: who ends and why, what is done about it, who is told; the same for every policy, worker count and
// layout. Actors do what they are told to by mail from outside.
#include <math.h>

#include "check.h"
#include "engine/base/memory.h"
#include "entrain/engine.h"

static const entrain_payload nothing = {0};

enum {
    FAIL = ENTRAIN_KIND_USER, // with the status first
    BREAK,                    // puts a NaN into its state
    BLOW_UP,                  // puts an infinity into its state
    SEND,                     // as many as first says, to second
    FINISH,
    STOP,    // first
    WATCH,   // first
    UNWATCH, // first
    NOTE,    // nothing but a message
    WATCH_AND_FINISH,
};

enum { ACTORS = 8, NOTED_MAX = 16, EVENTS_MAX = 4096 };

// What an actor knows, all of it fingerprinted.
typedef struct memoir {
    uint64_t calls, messages, notices, last_status;
    uint64_t noted[NOTED_MAX]; // from, reason, status, tick of each notice
} memoir;

static entrain_status obey(entrain_self *self, const entrain_message *message) {
    double *value = self->columns[1];
    memoir *mine = self->columns[0];
    const entrain_id whom = (entrain_id)message->payload[0].u64;
    switch (message->kind) {
    case ENTRAIN_KIND_ENDED:
        if (mine->notices < NOTED_MAX)
            mine->noted[mine->notices] = (uint64_t)message->from << 32 | (uint64_t)message->flags << 24 |
                                         message->payload[0].u64 << 16 | self->tick;
        mine->notices++;
        break;
    case FAIL:
        return (entrain_status)message->payload[0].u64;
    case BREAK:
        *value = (double)NAN;
        break;
    case BLOW_UP:
        *value = -(double)INFINITY;
        break;
    case SEND:
        for (uint64_t n = 0; n < message->payload[0].u64; n++)
            mine->last_status =
                entrain_send(self, (entrain_id)message->payload[1].u64, NOTE, 0, nothing, nothing);
        break;
    case FINISH:
        entrain_finish(self);
        break;
    case STOP:
        mine->last_status = entrain_stop(self, whom);
        break;
    case WATCH:
        mine->last_status = entrain_watch(self, whom);
        break;
    case UNWATCH:
        mine->last_status = entrain_unwatch(self, whom);
        break;
    case WATCH_AND_FINISH:
        mine->last_status = entrain_watch(self, whom);
        entrain_finish(self);
        break;
    default:
        break;
    }
    return ENTRAIN_OK;
}

static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    memoir *mine = self->columns[0];
    entrain_status status = ENTRAIN_OK;
    mine->calls++;
    bool mail = false; // notices come first
    for (uint32_t m = 0; m < count; m++) {
        assert_true(messages[m].kind != ENTRAIN_KIND_ENDED || !mail);
        mail |= messages[m].kind != ENTRAIN_KIND_ENDED;
        mine->messages += messages[m].kind != ENTRAIN_KIND_ENDED;
        entrain_status one = obey(self, &messages[m]);
        status = one != ENTRAIN_OK ? one : status;
    }
    return status;
}

typedef struct household {
    entrain_engine *engine;
    entrain_population *workers;
    uint32_t ended; // calls of stop()
    uint32_t event_count;
    entrain_lifecycle events[EVENTS_MAX];
} household;

static void stopped(entrain_self *self) { ((household *)self->context)->ended++; }

static void remember(void *context, const entrain_lifecycle *event) {
    household *house = context;
    assert_true(house->event_count < EVENTS_MAX);
    house->events[house->event_count++] = *event;
}

static const entrain_column columns[] = {
    {.name = "memoir", .bytes = sizeof(memoir), .fingerprint = true},
    {.name = "value", .bytes = sizeof(double), .finite = true},
};
static const entrain_behavior worker = {
    .name = "worker",
    .columns = columns,
    .column_count = 2,
    .sends_max = 3,
    .inbox = 150,
    .watches_max = 4,
    .receive = receive,
    .stop = stopped,
};

static void open_as(household *house, const entrain_engine_config *config, const entrain_supervision *how,
                    bool debug, const entrain_behavior *behavior, uint32_t count) {
    entrain_error error = {0};
    memset(house, 0, sizeof *house);
    CHECK_OK(entrain_engine_create(config, &house->engine, &error), error);
    CHECK_OK(entrain_engine_add(house->engine, behavior, house, count, &house->workers, &error), error);
    if (how != NULL)
        CHECK_OK(entrain_engine_supervise(house->engine, house->workers, how, &error), error);
    assert_int_equal(entrain_engine_on_lifecycle(house->engine, debug, remember, house), ENTRAIN_OK);
    CHECK_OK(entrain_engine_start(house->engine, &error), error);
}

static void open_house(household *house, const entrain_supervision *how, bool debug) {
    const entrain_engine_config config = entrain_engine_config_defaults();
    open_as(house, &config, how, debug, &worker, ACTORS);
}

static entrain_id id_of(const household *house, uint32_t index) {
    return entrain_population_id(house->workers, index);
}

static const memoir *memoir_of(const household *house, uint32_t index) {
    return entrain_population_at(house->workers, index, 0);
}

static void tell(household *house, uint32_t index, uint16_t kind, uint64_t first, uint64_t second) {
    assert_int_equal(entrain_engine_tell(house->engine, id_of(house, index), kind, 0,
                                         (entrain_payload){.u64 = first}, (entrain_payload){.u64 = second}),
                     ENTRAIN_OK);
}

static void tick(household *house) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(house->engine, 1, &error), error);
}

static void close_house(household *house) {
    entrain_message_count count;
    entrain_engine_count(house->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    entrain_engine_destroy(house->engine);
}

// The next event remembered is this one.
static const entrain_lifecycle *expect(household *house, uint32_t *at, entrain_lifecycle_kind kind,
                                       entrain_reason reason, uint32_t index) {
    assert_true(*at < house->event_count);
    const entrain_lifecycle *event = &house->events[(*at)++];
    if (event->kind != kind || event->reason != reason || event->index != index)
        fail_msg("event %u: kind %d, reason %s, actor %u; expected %d, %s, %u", *at - 1, (int)event->kind,
                 entrain_reason_name(event->reason), event->index, (int)kind, entrain_reason_name(reason),
                 index);
    assert_string_equal(event->behavior, "worker");
    return event;
}

// --- Each reason, each remedy, one for one and all for one -----------------------------------------------------------

static const struct {
    entrain_reason reason;
    uint16_t kind;
    uint64_t first;
    const char *words;
} ways[] = {
    {ENTRAIN_REASON_STATUS, FAIL, ENTRAIN_FULL, "status \"no room left; nothing was stored\""},
    {ENTRAIN_REASON_NOT_FINITE, BREAK, 0, "a NaN or an infinity in its column \"value\""},
    {ENTRAIN_REASON_NOT_FINITE, BLOW_UP, 0, "a NaN or an infinity in its column \"value\""},
    {ENTRAIN_REASON_SENDS, SEND, 4, "it sent more than it may"},
    {ENTRAIN_REASON_MESSAGES, NOTE, 0, "it was sent more than it may handle"},
};
enum { WAYS = sizeof ways / sizeof *ways };

// The actor at @p index fails in the coming tick, in way @p way.
static void make_fail(household *house, size_t way, uint32_t index) {
    const uint32_t messages = ways[way].reason == ENTRAIN_REASON_MESSAGES ? 11 : 1;
    for (uint32_t m = 0; m < messages; m++)
        tell(house, index, ways[way].kind, ways[way].first, id_of(house, 0));
}

static entrain_supervision remedy(entrain_remedy which, bool all) {
    entrain_supervision how = entrain_supervision_defaults();
    how.remedy = which;
    how.all_for_one = all;
    how.messages_max = 10;
    return how;
}

static void one_that_fails_is_stopped_and_the_others_go_on(void **state) {
    (void)state;
    for (size_t way = 0; way < WAYS; way++) {
        household house;
        const entrain_supervision how = remedy(ENTRAIN_REMEDY_STOP, false);
        open_house(&house, &how, false);
        const entrain_id old = id_of(&house, 3);
        make_fail(&house, way, 3);
        tick(&house);
        uint32_t at = 0;
        const entrain_lifecycle *event = expect(&house, &at, ENTRAIN_LIFECYCLE_FAILED, ways[way].reason, 3);
        assert_int_equal(event->id, old);
        assert_int_equal(event->successor, ENTRAIN_ID_NONE);
        assert_int_equal(event->tick, 0);
        assert_int_equal(event->remedy, ENTRAIN_REMEDY_STOP);
        assert_int_equal(event->status,
                         ways[way].reason == ENTRAIN_REASON_STATUS ? ENTRAIN_FULL : ENTRAIN_OK);
        assert_int_equal(house.event_count, 1);
        assert_int_equal(house.ended, 1);
        assert_int_equal(id_of(&house, 3), ENTRAIN_ID_NONE);
        assert_int_equal(entrain_engine_tell(house.engine, old, NOTE, 0, nothing, nothing), ENTRAIN_STALE);
        tell(&house, 4, NOTE, 0, 0);
        tick(&house);
        assert_int_equal(memoir_of(&house, 4)->messages, 1);
        assert_int_equal(house.event_count, 1);
        close_house(&house);
    }
}

static void one_that_fails_is_restarted_in_its_place(void **state) {
    (void)state;
    for (size_t way = 0; way < WAYS; way++) {
        household house;
        const entrain_supervision how = remedy(ENTRAIN_REMEDY_RESTART, false);
        open_house(&house, &how, false);
        const entrain_id old = id_of(&house, 3);
        make_fail(&house, way, 3);
        tick(&house);
        uint32_t at = 0;
        const entrain_lifecycle *event = expect(&house, &at, ENTRAIN_LIFECYCLE_FAILED, ways[way].reason, 3);
        assert_int_equal(event->id, old);
        assert_int_equal(event->successor, old + (1u << ENTRAIN_ID_INDEX_BITS));
        event = expect(&house, &at, ENTRAIN_LIFECYCLE_RESTARTED, ways[way].reason, 3);
        assert_int_equal(event->id, id_of(&house, 3));
        assert_int_equal(event->id, old + (1u << ENTRAIN_ID_INDEX_BITS));
        assert_int_equal(event->restarts, 1);
        assert_int_equal(house.event_count, at);
        // It is a new one: zeroed, and not told what the old one was sent.
        assert_int_equal(memoir_of(&house, 3)->calls, 0);
        assert_true(*(double *)entrain_population_at(house.workers, 3, 1) == 0);
        tell(&house, 3, NOTE, 0, 0);
        tick(&house);
        assert_int_equal(memoir_of(&house, 3)->messages, 1);
        for (uint32_t other = 0; other < ACTORS; other++)
            assert_int_equal(id_of(&house, other) >> ENTRAIN_ID_INDEX_BITS, other == 3 ? 2 : 1);
        close_house(&house);
    }
}

static void without_a_remedy_a_failure_ends_the_run_with_a_sentence(void **state) {
    (void)state;
    for (size_t way = 0; way < WAYS; way++) {
        household house;
        entrain_error error = {0};
        const entrain_supervision how = remedy(ENTRAIN_REMEDY_ESCALATE, false);
        open_house(&house, &how, false);
        tick(&house);
        make_fail(&house, way, 5);
        make_fail(&house, way, 3); // the lowest is named, though the other was told to first
        entrain_status status = entrain_engine_advance(house.engine, 10, &error);
        const bool declared = ways[way].reason == ENTRAIN_REASON_SENDS;
        assert_int_equal(status, declared ? ENTRAIN_LIMIT : ENTRAIN_FAILED);
        assert_non_null(strstr(error.sentence, "Actor 3 of \"worker\""));
        if (declared) {
            assert_non_null(strstr(error.sentence, "raise sends_max"));
            assert_non_null(strstr(error.sentence, "tick 1"));
        } else {
            assert_non_null(strstr(error.sentence, ways[way].words));
            assert_non_null(strstr(error.sentence, "failed at tick 1 (0.01 s)"));
        }
        uint32_t at = 0;
        expect(&house, &at, ENTRAIN_LIFECYCLE_FAILED, ways[way].reason, 3);
        expect(&house, &at, ENTRAIN_LIFECYCLE_FAILED, ways[way].reason, 5);
        assert_int_equal(entrain_engine_tick(house.engine), 2);
        if (!declared) { // the state is whole, and the run can go on, without those two
            CHECK_OK(entrain_engine_advance(house.engine, 3, &error), error);
            assert_int_equal(id_of(&house, 3), ENTRAIN_ID_NONE);
            assert_int_equal(entrain_engine_tick(house.engine), 5);
        }
        close_house(&house);
    }
}

static void a_group_goes_the_same_way(void **state) {
    (void)state;
    for (int restart = 0; restart < 2; restart++)
        for (size_t way = 0; way < WAYS; way++) {
            household house;
            const entrain_supervision how =
                remedy(restart ? ENTRAIN_REMEDY_RESTART : ENTRAIN_REMEDY_STOP, true);
            open_house(&house, &how, true);
            house.event_count = 0; // everybody started
            make_fail(&house, way, 3);
            make_fail(&house, 0, 5); // at once: one restart for both
            tell(&house, 6, FINISH, 0, 0);
            tick(&house);
            uint32_t at = 0;
            // Who failed first; then all others, but for those who ended by themselves.
            static const uint32_t order[] = {3, 0, 1, 2, 4, 5, 7};
            for (size_t o = 0; o < sizeof order / sizeof *order; o++) {
                const bool failed = order[o] == 3 || order[o] == 5;
                const entrain_reason reason = order[o] == 3   ? ways[way].reason
                                              : order[o] == 5 ? ENTRAIN_REASON_STATUS
                                                              : ENTRAIN_REASON_GROUP;
                expect(&house, &at, failed ? ENTRAIN_LIFECYCLE_FAILED : ENTRAIN_LIFECYCLE_ENDED, reason,
                       order[o]);
                if (restart)
                    assert_int_equal(
                        expect(&house, &at, ENTRAIN_LIFECYCLE_RESTARTED, reason, order[o])->restarts, 1);
            }
            expect(&house, &at, ENTRAIN_LIFECYCLE_ENDED, ENTRAIN_REASON_FINISHED, 6);
            assert_int_equal(house.event_count, at);
            for (uint32_t k = 0; k < ACTORS; k++)
                assert_int_equal(id_of(&house, k) >> ENTRAIN_ID_INDEX_BITS, restart && k != 6 ? 2 : 0);
            close_house(&house);
        }
}

static void a_group_has_one_count_of_restarts(void **state) {
    (void)state;
    household house;
    entrain_supervision how = remedy(ENTRAIN_REMEDY_RESTART, true);
    how.restarts_max = 2;
    open_house(&house, &how, true);
    for (uint32_t n = 0; n < 3; n++) {
        house.event_count = 0;
        make_fail(&house, 0, n);
        tick(&house);
    }
    uint32_t at = 0;
    assert_int_equal(expect(&house, &at, ENTRAIN_LIFECYCLE_GIVEN_UP, ENTRAIN_REASON_STATUS, 2)->restarts, 2);
    for (uint32_t k = 0; k < ACTORS; k++) {
        assert_int_equal(id_of(&house, k), ENTRAIN_ID_NONE);
        if (k != 2)
            expect(&house, &at, ENTRAIN_LIFECYCLE_ENDED, ENTRAIN_REASON_GROUP, k);
    }
    close_house(&house);
}

// --- Limits, windows, budgets ----------------------------------------------------------------------------------------

static void beyond_its_restarts_an_actor_is_given_up(void **state) {
    (void)state;
    for (uint32_t restarts = 0; restarts < 4; restarts++) {
        household house;
        entrain_supervision how = remedy(ENTRAIN_REMEDY_RESTART, false);
        how.restarts_max = restarts;
        open_house(&house, &how, false);
        for (uint32_t n = 0; n <= restarts; n++) {
            make_fail(&house, 0, 3);
            make_fail(&house, 0, 4); // each place has restarts of its own
            tick(&house);
        }
        const entrain_lifecycle *last = &house.events[house.event_count - 2];
        assert_int_equal(last->kind, ENTRAIN_LIFECYCLE_GIVEN_UP);
        assert_int_equal(last->index, 3);
        assert_int_equal(last->restarts, restarts);
        assert_int_equal(last->restarts_max, restarts);
        assert_int_equal(last[1].kind, ENTRAIN_LIFECYCLE_GIVEN_UP);
        assert_int_equal(house.event_count, 4 * restarts + 2);
        assert_int_equal(id_of(&house, 3), ENTRAIN_ID_NONE);
        close_house(&house);
    }
}

// A window begins with its first restart. With ticks of 0.25 s (exact) and windows of 1 s: two failures in any four ticks
// from the first one on are mended.
static void a_window_that_is_over_grants_restarts_again(void **state) {
    (void)state;
    static const struct {
        const char *fails; // in which ticks
        uint32_t restarts; // until it is given up, if it is
        bool given_up;
    } cases[] = {
        {"xx..xx..xx", 6, false}, // windows 0-3, 4-7, 8-11
        {"xxx", 2, true},         // the third within 0-3
        {"xx.x", 2, true},        //
        {".xx..xx", 4, false},    // 1-4, 5-8
        {".xx.x", 2, true},       // the last is in 1-4 still
        {"x...xxx", 3, true},     // 0-3, and three in 4-7
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        household house;
        entrain_engine_config config = entrain_engine_config_defaults();
        config.step_s = 0.25;
        entrain_supervision how = remedy(ENTRAIN_REMEDY_RESTART, false);
        how.restarts_max = 2;
        how.window_s = 1;
        open_as(&house, &config, &how, false, &worker, ACTORS);
        for (const char *now = cases[c].fails; *now != 0; now++) {
            if (*now == 'x')
                make_fail(&house, 0, 3);
            tick(&house);
        }
        assert_int_equal(house.event_count, 2 * cases[c].restarts + cases[c].given_up);
        assert_int_equal(id_of(&house, 3) == ENTRAIN_ID_NONE, cases[c].given_up);
        close_house(&house);
    }
}

static void a_budget_of_messages_is_exact_however_they_come(void **state) {
    (void)state;
    // 120 in one tick are two calls of receive(): 100 and 20; the budget is cut to the message all the same.
    static const uint32_t chunks[] = {1, 7, 40, 120};
    for (size_t c = 0; c < sizeof chunks / sizeof *chunks; c++)
        for (uint32_t budget = 119; budget <= 120; budget++) {
            household house;
            entrain_supervision how = remedy(ENTRAIN_REMEDY_STOP, false);
            how.messages_max = budget;
            open_house(&house, &how, false);
            for (uint32_t sent = 0; sent < 120;) {
                for (uint32_t k = 0; k < chunks[c] && sent < 120; k++, sent++)
                    tell(&house, 3, NOTE, 0, 0);
                tick(&house);
            }
            assert_int_equal(memoir_of(&house, 3)->messages, budget);
            assert_int_equal(house.event_count, budget < 120);
            entrain_message_count count;
            entrain_engine_count(house.engine, &count);
            assert_int_equal(count.received, budget);
            assert_int_equal(count.undeliverable, 120 - budget);
            close_house(&house);
        }
}

static void a_budget_of_sends_refuses_what_is_beyond(void **state) {
    (void)state;
    household house;
    entrain_engine_config config = entrain_engine_config_defaults();
    config.step_s = 0.25;
    entrain_supervision how = entrain_supervision_defaults();
    how.sends_max = 4;
    how.window_s = 1;
    entrain_error error = {0};
    open_as(&house, &config, &how, false, &worker, ACTORS);
    for (int window = 0; window < 3; window++) { // in each window as much as there is
        tell(&house, 3, SEND, 3, id_of(&house, 0));
        tick(&house);
        tell(&house, 3, SEND, 1, id_of(&house, 0));
        tick(&house);
        tick(&house);
        tick(&house);
    }
    assert_int_equal(house.event_count, 0);
    tell(&house, 3, SEND, 3, id_of(&house, 0));
    tick(&house);
    tell(&house, 3, SEND, 2, id_of(&house, 0));
    CHECK_REFUSED(entrain_engine_advance(house.engine, 2, &error), ENTRAIN_FAILED, error,
                  "it sent more than it may");
    assert_int_equal(memoir_of(&house, 3)->last_status, ENTRAIN_LIMIT);
    CHECK_OK(entrain_engine_advance(house.engine, 2, &error), error);
    assert_int_equal(memoir_of(&house, 0)->messages, 3 * 4 + 4); // what it sent in the last call too
    close_house(&house);
}

static void a_place_whose_lives_are_used_up_is_given_up(void **state) {
    (void)state;
    household house;
    entrain_supervision how = remedy(ENTRAIN_REMEDY_RESTART, false);
    how.restarts_max = 1000;
    open_house(&house, &how, false);
    uint32_t lives = 1;
    for (; lives < 1000; lives++) {
        make_fail(&house, 0, 3);
        tick(&house);
        if (id_of(&house, 3) == ENTRAIN_ID_NONE)
            break;
        assert_int_equal(id_of(&house, 3) >> ENTRAIN_ID_INDEX_BITS, lives + 1);
    }
    assert_int_equal(lives, 255);
    assert_int_equal(house.event_count, 2 * 254 + 1);
    const entrain_lifecycle *last = &house.events[house.event_count - 1];
    assert_int_equal(last->kind, ENTRAIN_LIFECYCLE_GIVEN_UP);
    assert_int_equal(last->restarts, 254);
    char text[256];
    entrain_lifecycle_format(last, text, sizeof text);
    assert_non_null(strstr(text, "it stays stopped: its place's 255 lives are used up"));
    close_house(&house);
}

// --- Finish, stop, watch ---------------------------------------------------------------------------------------------

static void who_finishes_handles_no_more_and_what_it_sent_arrives(void **state) {
    (void)state;
    household house;
    open_house(&house, NULL, true);
    house.event_count = 0;
    tell(&house, 3, SEND, 2, id_of(&house, 0));
    for (int m = 0; m < 98; m++)
        tell(&house, 3, NOTE, 0, 0);
    tell(&house, 3, FINISH, 0, 0); // the 100th: the last of a call
    tell(&house, 3, NOTE, 0, 0);
    tick(&house);
    assert_int_equal(memoir_of(&house, 3)->messages, 100);
    assert_int_equal(id_of(&house, 3), ENTRAIN_ID_NONE);
    uint32_t at = 0;
    expect(&house, &at, ENTRAIN_LIFECYCLE_ENDED, ENTRAIN_REASON_FINISHED, 3);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->messages, 2);
    entrain_message_count count;
    entrain_engine_count(house.engine, &count);
    assert_int_equal(count.undeliverable, 1);
    close_house(&house);
}

static void who_is_stopped_ends_with_the_tick(void **state) {
    (void)state;
    household house;
    open_house(&house, NULL, true);
    house.event_count = 0;
    const entrain_id target = id_of(&house, 3);
    for (uint32_t k = 0; k < ACTORS;
         k++) // before and after it, and by itself: it still handles this tick's mail
        tell(&house, k, STOP, target, 0);
    tell(&house, 3, NOTE, 0, 0);
    tick(&house);
    uint32_t at = 0;
    expect(&house, &at, ENTRAIN_LIFECYCLE_ENDED, ENTRAIN_REASON_STOPPED, 3);
    assert_int_equal(house.event_count, 1);
    assert_int_equal(memoir_of(&house, 3)->messages, 2);
    for (uint32_t k = 0; k < ACTORS; k++)
        assert_int_equal(memoir_of(&house, k)->last_status, ENTRAIN_OK);
    tell(&house, 0, STOP, target, 0);
    tell(&house, 1, STOP, ENTRAIN_ID_NONE, 0);
    tell(&house, 2, STOP, UINT32_MAX, 0);
    tick(&house);
    for (uint32_t k = 0; k < 3; k++)
        assert_int_equal(memoir_of(&house, k)->last_status, ENTRAIN_STALE);
    close_house(&house);
}

static uint64_t noted(entrain_id from, entrain_reason reason, entrain_status status, uint64_t tick) {
    return (uint64_t)from << 32 | (uint64_t)reason << 24 | (uint64_t)status << 16 | tick;
}

static void watchers_are_told_once_in_the_next_tick(void **state) {
    (void)state;
    household house;
    entrain_supervision how = remedy(ENTRAIN_REMEDY_RESTART, false);
    how.messages_max = 0;
    open_house(&house, &how, false);
    const entrain_id failing = id_of(&house, 3), finishing = id_of(&house, 5), stopping = id_of(&house, 4);
    const entrain_id outside = id_of(&house, 6);
    for (int twice = 0; twice < 2; twice++) // the second time changes nothing
        for (uint32_t k = 0; k < 2; k++) {
            tell(&house, k, WATCH, finishing, 0);
            tell(&house, k, WATCH, failing, 0);
            tell(&house, k, WATCH, stopping, 0);
            tell(&house, k, WATCH, outside, 0);
        }
    tick(&house);
    for (uint32_t k = 0; k < 2; k++)
        assert_int_equal(memoir_of(&house, k)->last_status, ENTRAIN_OK);
    tell(&house, 0, WATCH, id_of(&house, 7), 0); // the fifth
    tell(&house, 1, WATCH, id_of(&house, 7), 0);
    tell(&house, 5, FINISH, 0, 0);
    tell(&house, 3, FAIL, ENTRAIN_IO, 0);
    tell(&house, 2, STOP, stopping, 0);
    tick(&house); // tick 1
    assert_int_equal(memoir_of(&house, 0)->last_status, ENTRAIN_FULL);
    assert_int_equal(memoir_of(&house, 0)->notices, 0);
    assert_int_equal(entrain_engine_stop_actor(house.engine, outside), ENTRAIN_OK);
    tick(&house);
    for (int later = 0; later < 3; later++) {
        for (uint32_t k = 0; k < 2; k++) {
            const memoir *told = memoir_of(&house, k);
            assert_int_equal(told->notices, 4); // those of one boundary in the order of slots
            assert_int_equal(told->noted[0], noted(failing, ENTRAIN_REASON_STATUS, ENTRAIN_IO, 2));
            assert_int_equal(told->noted[1], noted(stopping, ENTRAIN_REASON_STOPPED, 0, 2));
            assert_int_equal(told->noted[2], noted(finishing, ENTRAIN_REASON_FINISHED, 0, 2));
            assert_int_equal(told->noted[3], noted(outside, ENTRAIN_REASON_STOPPED, 0, 2));
        }
        for (uint32_t k = 2; k < ACTORS; k++)
            assert_int_equal(memoir_of(&house, k)->notices, 0);
        tick(&house);
    }
    // All four watches are free again, and the successor is somebody else.
    for (uint32_t k = 0; k < 4; k++)
        tell(&house, 0, WATCH, id_of(&house, (uint32_t[]){1, 2, 3, 7}[k]), 0);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->last_status, ENTRAIN_OK);
    tell(&house, 3, FAIL, ENTRAIN_FULL, 0);
    tick(&house);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->notices, 5);
    assert_int_equal(memoir_of(&house, 1)->notices, 4);
    close_house(&house);
}

static void who_watches_the_gone_is_told_so(void **state) {
    (void)state;
    household house;
    open_house(&house, NULL, false);
    const entrain_id gone = id_of(&house, 3);
    assert_int_equal(entrain_engine_stop_actor(house.engine, gone), ENTRAIN_OK);
    tell(&house, 0, WATCH, gone, 0);
    tell(&house, 0, WATCH, gone, 0);
    tell(&house, 1, WATCH, UINT32_MAX, 0);
    tell(&house, 2, WATCH, ENTRAIN_ID_NONE, 0);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->notices, 0);
    tick(&house);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->notices, 1);
    assert_int_equal(memoir_of(&house, 0)->noted[0], noted(gone, ENTRAIN_REASON_GONE, 0, 1));
    assert_int_equal(memoir_of(&house, 1)->noted[0], noted(UINT32_MAX, ENTRAIN_REASON_GONE, 0, 1));
    assert_int_equal(memoir_of(&house, 2)->noted[0], noted(ENTRAIN_ID_NONE, ENTRAIN_REASON_GONE, 0, 1));
    close_house(&house);
}

static void who_unwatches_is_not_told(void **state) {
    (void)state;
    household house;
    open_house(&house, NULL, false);
    const entrain_id target = id_of(&house, 5);
    for (uint32_t k = 0; k < 4; k++)
        tell(&house, k, WATCH, target, 0);
    tick(&house);
    tell(&house, 0, UNWATCH, target, 0);           // the last of the list
    tell(&house, 2, UNWATCH, target, 0);           // one in the middle
    tell(&house, 1, UNWATCH, id_of(&house, 6), 0); // not watched
    tell(&house, 4, UNWATCH, target, 0);           // has no watch
    tell(&house, 5, WATCH_AND_FINISH, id_of(&house, 0), 0);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->last_status, ENTRAIN_OK);
    assert_int_equal(memoir_of(&house, 1)->last_status, ENTRAIN_STALE);
    assert_int_equal(memoir_of(&house, 4)->last_status, ENTRAIN_STALE);
    assert_int_equal(memoir_of(&house, 5)->last_status, ENTRAIN_OK); // and it ended with its watch
    tell(&house, 3, UNWATCH, target, 0);                             // its notice is under way
    assert_int_equal(entrain_engine_stop_actor(house.engine, id_of(&house, 0)), ENTRAIN_OK);
    tick(&house);
    tick(&house);
    assert_int_equal(memoir_of(&house, 3)->last_status, ENTRAIN_STALE);
    assert_int_equal(memoir_of(&house, 0)->notices, 0);
    assert_int_equal(memoir_of(&house, 1)->notices, 1);
    assert_int_equal(memoir_of(&house, 2)->notices, 0);
    assert_int_equal(memoir_of(&house, 3)->notices, 1);
    // A watcher's watches end with it: its successor is told nothing.
    entrain_id id;
    assert_int_equal(entrain_engine_restart_actor(house.engine, house.workers, 0, &id), ENTRAIN_OK);
    tell(&house, 0, WATCH, id_of(&house, 1), 0);
    tick(&house);
    assert_int_equal(entrain_engine_stop_actor(house.engine, id), ENTRAIN_OK);
    assert_int_equal(entrain_engine_restart_actor(house.engine, house.workers, 0, &id), ENTRAIN_OK);
    assert_int_equal(entrain_engine_stop_actor(house.engine, id_of(&house, 1)), ENTRAIN_OK);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->notices, 0);
    close_house(&house);
}

static void more_notices_than_a_call_takes_all_come_and_before_mail(void **state) {
    (void)state;
    enum { MANY = 260 };
    household house;
    entrain_engine_config config = entrain_engine_config_defaults();
    config.cohort_weight = 64;
    config.scheduler.worker_count = 2;
    entrain_behavior curious = worker;
    curious.watches_max = MANY;
    open_as(&house, &config, NULL, false, &curious, MANY + 1);
    for (uint32_t k = 1; k <= MANY; k++) {
        tell(&house, 0, WATCH, id_of(&house, k), 0);
        if (k % 130 == 0)
            tick(&house);
    }
    const uint64_t calls = memoir_of(&house, 0)->calls;
    for (uint32_t k = 1; k <= MANY; k++)
        assert_int_equal(entrain_engine_stop_actor(house.engine, id_of(&house, k)), ENTRAIN_OK);
    for (int m = 0; m < 30; m++)
        tell(&house, 0, NOTE, 0, 0);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->notices, MANY);
    assert_int_equal(memoir_of(&house, 0)->calls - calls, 3); // 290 by hundreds
    assert_int_equal(memoir_of(&house, 0)->messages, 260 + 30);
    close_house(&house);
}

// --- Determinism -----------------------------------------------------------------------------------------------------

// A number that depends on the seed alone.
static uint32_t draw(uint64_t *state, uint32_t below) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % below;
}

static uint64_t fold(uint64_t sum, uint64_t value) {
    return (sum ^ value) * 0x9e3779b97f4a7c15u + (sum >> 29);
}

// A life with everything in it. @return what came of it: the state, and every event in order.
static uint64_t turmoil(const char *policy, uint32_t workers, entrain_layout layout,
                        entrain_overflow overflow, bool all_for_one) {
    enum { MANY = 300, TICKS = 25 };
    household house;
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.policy = policy;
    config.scheduler.worker_count = workers;
    config.layout = layout;
    config.cohort_weight = 64;
    config.overflow = overflow;
    config.overflow_named = true;
    config.mailbox_capacity = 7;
    entrain_supervision how = remedy(ENTRAIN_REMEDY_RESTART, all_for_one);
    how.window_s = 0.1;
    how.messages_max = 12;
    open_as(&house, &config, &how, true, &worker, MANY);
    uint64_t random = 7, sum = 0;
    for (uint32_t t = 0; t < TICKS; t++) {
        for (uint32_t n = 0; n < 200; n++) {
            static const uint16_t kinds[] = {SEND,    SEND, SEND, WATCH, WATCH,
                                             UNWATCH, STOP, FAIL, BREAK, FINISH};
            uint32_t index = draw(&random, MANY), other = draw(&random, MANY), kind = draw(&random, 10);
            if (all_for_one && kind >= 6 && n > 3)
                kind -= 6; // else nothing else would happen
            const entrain_id to = id_of(&house, index), whom = id_of(&house, other);
            const uint64_t first = kinds[kind] == SEND   ? draw(&random, 5)
                                   : kinds[kind] == FAIL ? ENTRAIN_IO
                                                         : whom;
            if (to != ENTRAIN_ID_NONE && whom != ENTRAIN_ID_NONE)
                (void)entrain_engine_tell(house.engine, to, kinds[kind], 0, (entrain_payload){.u64 = first},
                                          (entrain_payload){.u64 = whom});
        }
        tick(&house);
        sum = fold(sum, entrain_engine_fingerprint(house.engine));
        for (uint32_t e = 0; e < house.event_count; e++) {
            const entrain_lifecycle *event = &house.events[e];
            sum = fold(sum, (uint64_t)event->id << 32 | event->successor);
            sum = fold(sum, (uint64_t)event->kind << 32 | (uint64_t)event->reason << 16 | event->restarts);
            sum = fold(sum, event->tick);
        }
        house.event_count = 0;
        entrain_id id;
        for (uint32_t k = t; k < MANY; k += 20) // some come back
            (void)entrain_engine_restart_actor(house.engine, house.workers, k, &id);
    }
    (void)error;
    close_house(&house);
    return sum;
}

static void the_same_happens_in_the_same_order_whoever_runs_it(void **state) {
    (void)state;
    static const char *const policies[] = {"serial", "shuffled", "static",   "shared",
                                           "guided", "steal",    "adaptive", "dataflow"};
    static const entrain_overflow overflows[] = {ENTRAIN_OVERFLOW_FAIL, ENTRAIN_OVERFLOW_SHED_OLDEST};
    for (int all = 0; all < 2; all++)
        for (size_t o = 0; o < 2; o++) {
            const uint64_t wanted = turmoil("serial", 1, ENTRAIN_LAYOUT_INDEX, overflows[o], all);
            assert_int_equal(turmoil("serial", 1, ENTRAIN_LAYOUT_SHUFFLED, overflows[o], all), wanted);
            for (size_t p = 0; p < sizeof policies / sizeof *policies; p++)
                assert_int_equal(turmoil(policies[p], p % 2 == 0 ? 3 : 2,
                                         p % 3 == 0 ? ENTRAIN_LAYOUT_SHUFFLED : ENTRAIN_LAYOUT_INDEX,
                                         overflows[o], all),
                                 wanted);
        }
}

// --- The rest --------------------------------------------------------------------------------------------------------

static void a_muted_watcher_is_told_when_it_can_hear_again(void **state) {
    (void)state;
    household house;
    entrain_engine_config config = entrain_engine_config_defaults();
    config.overflow = ENTRAIN_OVERFLOW_BLOCK;
    config.overflow_named = true;
    config.mailbox_capacity = 1;
    open_as(&house, &config, NULL, false, &worker, ACTORS);
    tell(&house, 0, WATCH, id_of(&house, 5), 0);
    tick(&house);
    tell(&house, 0, SEND, 3, id_of(&house, 1)); // one at a time: it is mute for two ticks
    tick(&house);                               // tick 1
    assert_int_equal(entrain_engine_stop_actor(house.engine, id_of(&house, 5)), ENTRAIN_OK);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->notices, 0);
    tick(&house);
    tick(&house);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->notices, 1);
    assert_int_equal(memoir_of(&house, 0)->noted[0] & 0xff, 4); // the first tick in which it is called again
    close_house(&house);
}

static void what_happens_is_said_in_one_line(void **state) {
    (void)state;
    char text[256];
    entrain_lifecycle event = {
        .kind = ENTRAIN_LIFECYCLE_FAILED,
        .reason = ENTRAIN_REASON_STATUS,
        .status = ENTRAIN_FULL,
        .remedy = ENTRAIN_REMEDY_RESTART,
        .id = 0x01000011,
        .successor = 0x02000011,
        .behavior = "philosopher",
        .index = 17,
        .tick = 30,
        .time_s = 0.3,
        .restarts = 2,
        .restarts_max = 3,
    };
#define CHECK_LINE(words)                                                                                    \
    do {                                                                                                     \
        assert_int_equal(entrain_lifecycle_format(&event, text, sizeof text), strlen(words));                \
        assert_string_equal(text, words);                                                                    \
    } while (0)
#define WHO "actor 17 of \"philosopher\" (id 0x01000011) "
    CHECK_LINE("error: " WHO "failed at tick 30 (0.3 s): status \"no room left; nothing was stored\"; "
               "restarted as 0x02000011, restart 2 of 3");
    event.remedy = ENTRAIN_REMEDY_STOP;
    event.reason = ENTRAIN_REASON_MESSAGES;
    CHECK_LINE("error: " WHO
               "failed at tick 30 (0.3 s): it was sent more than it may handle; it stays stopped");
    event.remedy = ENTRAIN_REMEDY_ESCALATE;
    event.reason = ENTRAIN_REASON_NOT_FINITE;
    event.column = "phase";
    CHECK_LINE("error: " WHO
               "failed at tick 30 (0.3 s): a NaN or an infinity in its column \"phase\"; this ends "
               "the run");
    event.kind = ENTRAIN_LIFECYCLE_GIVEN_UP;
    event.reason = ENTRAIN_REASON_SENDS;
    event.restarts = 3;
    CHECK_LINE("error: " WHO "failed at tick 30 (0.3 s): it sent more than it may; it stays stopped: its 3 "
               "restarts are used up");
    event.kind = ENTRAIN_LIFECYCLE_ENDED;
    event.reason = ENTRAIN_REASON_GROUP;
    CHECK_LINE("debug: " WHO "ended at tick 30 (0.3 s): another one of its group failed");
    event.kind = ENTRAIN_LIFECYCLE_STARTED;
    CHECK_LINE("debug: " WHO "started at tick 30 (0.3 s)");
    event.kind = ENTRAIN_LIFECYCLE_RESTARTED;
    CHECK_LINE("info: " WHO "began at tick 30 (0.3 s) in the place of one that failed, restart 3 of 3");
    const size_t whole = strlen(text);
    assert_int_equal(entrain_lifecycle_format(&event, text, 5), whole);
    assert_string_equal(text, "info");
    assert_string_equal(entrain_reason_name(ENTRAIN_REASON_NONE), "none");
    assert_string_equal(entrain_reason_name(ENTRAIN_REASON_GONE), "gone");
    assert_null(entrain_reason_name(ENTRAIN_REASON_COUNT));
}

static void everybody_is_told_of_with_debug(void **state) {
    (void)state;
    household house;
    open_house(&house, NULL, true);
    uint32_t at = 0;
    for (uint32_t k = 0; k < ACTORS; k++)
        assert_int_equal(expect(&house, &at, ENTRAIN_LIFECYCLE_STARTED, ENTRAIN_REASON_NONE, k)->id,
                         id_of(&house, k));
    entrain_id id = id_of(&house, 2);
    tick(&house);
    assert_int_equal(entrain_engine_stop_actor(house.engine, id), ENTRAIN_OK);
    assert_int_equal(expect(&house, &at, ENTRAIN_LIFECYCLE_ENDED, ENTRAIN_REASON_STOPPED, 2)->tick, 1);
    assert_int_equal(entrain_engine_restart_actor(house.engine, house.workers, 2, &id), ENTRAIN_OK);
    assert_int_equal(expect(&house, &at, ENTRAIN_LIFECYCLE_STARTED, ENTRAIN_REASON_NONE, 2)->id, id);
    assert_int_equal(house.event_count, at);
    close_house(&house);
}

static void what_is_wrong_is_refused(void **state) {
    (void)state;
    entrain_error error = {0};
    household house;
    open_house(&house, NULL, false);
    entrain_supervision how = entrain_supervision_defaults();
    CHECK_REFUSED(entrain_engine_supervise(house.engine, house.workers, &how, &error), ENTRAIN_ORDER, error,
                  "set it before");
    assert_int_equal(entrain_engine_on_lifecycle(house.engine, true, remember, &house), ENTRAIN_ORDER);
    close_house(&house);

    const entrain_engine_config config = entrain_engine_config_defaults();
    entrain_engine *engine;
    entrain_population *population;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &worker, NULL, 1, &population, &error), error);
    how.remedy = ENTRAIN_REMEDY_COUNT;
    CHECK_REFUSED(entrain_engine_supervise(engine, population, &how, &error), ENTRAIN_INVALID, error,
                  "remedy is 3");
    how = entrain_supervision_defaults();
    static const double windows[] = {0, -1, (double)NAN};
    for (int w = 0; w < 3; w++) {
        how.window_s = windows[w];
        CHECK_REFUSED(entrain_engine_supervise(engine, population, &how, &error), ENTRAIN_INVALID, error,
                      "window_s is");
    }
    entrain_behavior wrong = worker;
    wrong.watches_max = 65536;
    CHECK_REFUSED(entrain_engine_add(engine, &wrong, NULL, 1, &population, &error), ENTRAIN_INVALID, error,
                  "declares 65536 watches");
    const entrain_behavior deaf = {.name = "deaf", .watches_max = 1};
    CHECK_REFUSED(entrain_engine_add(engine, &deaf, NULL, 1, &population, &error), ENTRAIN_INVALID, error,
                  "0 without receive()");
    const entrain_column narrow = {.name = "narrow", .bytes = 4, .finite = true};
    const entrain_behavior thin = {.name = "thin", .columns = &narrow, .column_count = 1};
    CHECK_REFUSED(entrain_engine_add(engine, &thin, NULL, 1, &population, &error), ENTRAIN_INVALID, error,
                  "of 8 where it is to stay finite");
    entrain_engine_destroy(engine);
    entrain_engine_config traced = config;
    traced.trace = (1u << 20) + 1;
    CHECK_REFUSED(entrain_engine_create(&traced, &engine, &error), ENTRAIN_INVALID, error,
                  "trace is 1048577");
}

static uint32_t thread_count(void) {
    uint32_t count = 0;
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Threads: %u", &count) == 1)
            break;
    fclose(file);
    assert_true(count > 0);
    return count;
}

static void a_stopped_engine_leaves_nothing(void **state) {
    (void)state;
    const int64_t blocks = entrain__memory_live();
    const uint32_t threads = thread_count();
    for (int how_far = 0; how_far < 5; how_far++) {
        household house;
        entrain_error error = {0};
        entrain_engine_config config = entrain_engine_config_defaults();
        config.scheduler.worker_count = 4;
        config.trace = 64;
        const entrain_supervision how =
            remedy(how_far == 2 ? ENTRAIN_REMEDY_ESCALATE : ENTRAIN_REMEDY_RESTART, how_far == 3);
        open_as(&house, &config, &how, true, &worker, ACTORS);
        assert_true(thread_count() > threads && entrain__memory_live() > blocks);
        tell(&house, 0, WATCH, id_of(&house, 3), 0);
        tell(&house, 3, SEND, 2, id_of(&house, 1));
        if (how_far > 0)
            tick(&house);
        if (how_far > 1) {
            make_fail(&house, 0, 3);
            make_fail(&house, 1, 4);
            assert_int_equal(entrain_engine_advance(house.engine, 1, &error),
                             how_far == 2 ? ENTRAIN_FAILED : ENTRAIN_OK);
        } // the notice of it, or the mail, is under way
        if (how_far == 4)
            tick(&house);
        close_house(&house);
        assert_int_equal(thread_count(), threads);
        assert_int_equal(entrain__memory_live(), blocks);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_fails_is_stopped_and_the_others_go_on),
        cmocka_unit_test(one_that_fails_is_restarted_in_its_place),
        cmocka_unit_test(without_a_remedy_a_failure_ends_the_run_with_a_sentence),
        cmocka_unit_test(a_group_goes_the_same_way),
        cmocka_unit_test(a_group_has_one_count_of_restarts),
        cmocka_unit_test(beyond_its_restarts_an_actor_is_given_up),
        cmocka_unit_test(a_window_that_is_over_grants_restarts_again),
        cmocka_unit_test(a_budget_of_messages_is_exact_however_they_come),
        cmocka_unit_test(a_budget_of_sends_refuses_what_is_beyond),
        cmocka_unit_test(a_place_whose_lives_are_used_up_is_given_up),
        cmocka_unit_test(who_finishes_handles_no_more_and_what_it_sent_arrives),
        cmocka_unit_test(who_is_stopped_ends_with_the_tick),
        cmocka_unit_test(watchers_are_told_once_in_the_next_tick),
        cmocka_unit_test(who_watches_the_gone_is_told_so),
        cmocka_unit_test(who_unwatches_is_not_told),
        cmocka_unit_test(more_notices_than_a_call_takes_all_come_and_before_mail),
        cmocka_unit_test(the_same_happens_in_the_same_order_whoever_runs_it),
        cmocka_unit_test(a_muted_watcher_is_told_when_it_can_hear_again),
        cmocka_unit_test(what_happens_is_said_in_one_line),
        cmocka_unit_test(everybody_is_told_of_with_debug),
        cmocka_unit_test(what_is_wrong_is_refused),
        cmocka_unit_test(a_stopped_engine_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
