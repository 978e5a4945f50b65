// Supervision in lockstep: who ends and why, what is done about it, who is told. That it is the same for
// everybody who runs it: test_lifecycle.c.
#include "supervision_check.h"

// --- Each reason, each remedy, one for one and all for one

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

// --- Limits, windows, budgets

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

// A window begins with its first restart. With ticks of 0.25 s (exact) and windows of 1 s: two failures in
// any four ticks from the first one on are mended.
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

static void timers_count_in_the_budget_too(void **state) {
    (void)state;
    for (uint32_t budget = 4; budget <= 7; budget++) {
        household house;
        entrain_supervision how = remedy(ENTRAIN_REMEDY_STOP, false);
        how.messages_max = budget;
        open_house(&house, &how, false);
        tell(&house, 3, TIMERS, 3, 2);
        tick(&house);
        for (int m = 0; m < 3; m++) { // four handled, and three timers are due
            if (m == 0)
                for (int more = 0; more < 3; more++)
                    tell(&house, 3, NOTE, 0, 0);
            tick(&house);
        }
        assert_int_equal(memoir_of(&house, 3)->messages, budget);
        assert_int_equal(house.event_count, budget < 7);
        close_house(&house);
    }
    household house; // and those that it has set count as sent
    entrain_supervision how = entrain_supervision_defaults();
    how.remedy = ENTRAIN_REMEDY_STOP;
    how.sends_max = 4;
    open_house(&house, &how, false);
    tell(&house, 3, TIMERS, 3, 1);
    tick(&house);
    tick(&house);
    assert_int_equal(house.event_count, 0);
    tell(&house, 3, TIMERS, 3, 1);
    tick(&house);
    assert_int_equal(house.event_count, 1);
    assert_int_equal(house.events[0].reason, ENTRAIN_REASON_SENDS);
    close_house(&house);
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

// --- Finish, stop, watch

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

// However many it watches, and however many watch the other one: that it does already is found in either
// list.
static void to_watch_twice_takes_one_watch(void **state) {
    (void)state;
    household house;
    open_house(&house, NULL, false);
    const uint32_t targets[] = {4, 5, 6, 4, 5, 6, 7};
    for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
        tell(&house, 0, WATCH, id_of(&house, targets[t]), 0);
        tick(&house);
        assert_int_equal(memoir_of(&house, 0)->last_status, ENTRAIN_OK);
    }
    for (uint32_t k = 1; k < 4; k++) // now the other list is the longer one
        tell(&house, k, WATCH, id_of(&house, 7), 0);
    tick(&house);
    tell(&house, 0, WATCH, id_of(&house, 7), 0);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->last_status, ENTRAIN_OK);
    tell(&house, 0, WATCH, id_of(&house, 1), 0);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->last_status, ENTRAIN_FULL);
    for (uint32_t k = 4; k < 8; k++)
        assert_int_equal(entrain_engine_stop_actor(house.engine, id_of(&house, k)), ENTRAIN_OK);
    tick(&house);
    assert_int_equal(memoir_of(&house, 0)->notices, 4);
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

// Notices alone make calls, and each may send all it may: there is room for that.
static entrain_status answer(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const household *house = self->context;
    uint64_t *answered = self->columns[0];
    for (uint32_t m = 0; m < count; m++)
        if (messages[m].kind == WATCH)
            assert_int_equal(entrain_watch(self, (entrain_id)messages[m].payload[0].u64), ENTRAIN_OK);
    for (int n = 0; n < 3; n++, (*answered)++)
        assert_int_equal(entrain_send(self, id_of(house, 0), NOTE, 0, nothing, nothing), ENTRAIN_OK);
    return ENTRAIN_OK;
}

static void notices_have_room_for_what_they_make_an_actor_send(void **state) {
    (void)state;
    enum { MANY = 260 };
    household house = {0};
    entrain_error error = {0};
    entrain_population *watchers;
    const entrain_engine_config config = entrain_engine_config_defaults();
    const entrain_column answered = {.name = "answered", .bytes = 8};
    const entrain_behavior watching = {.name = "watching",
                                       .columns = &answered,
                                       .column_count = 1,
                                       .sends_max = 3,
                                       .inbox = 1,
                                       .watches_max = MANY,
                                       .receive = answer};
    CHECK_OK(entrain_engine_create(&config, &house.engine, &error), error);
    CHECK_OK(entrain_engine_add(house.engine, &worker, &house, MANY + 1, &house.workers, &error), error);
    CHECK_OK(entrain_engine_add(house.engine, &watching, &house, 1, &watchers, &error), error);
    CHECK_OK(entrain_engine_start(house.engine, &error), error);
    for (uint32_t k = 1; k <= MANY; k++) {
        assert_int_equal(entrain_engine_tell(house.engine, entrain_population_id(watchers, 0), WATCH, 0,
                                             (entrain_payload){.u64 = id_of(&house, k)}, nothing),
                         ENTRAIN_OK);
        tick(&house);
    }
    for (uint32_t k = 1; k <= MANY; k++)
        assert_int_equal(entrain_engine_stop_actor(house.engine, id_of(&house, k)), ENTRAIN_OK);
    tick(&house);
    tick(&house);
    assert_int_equal(*(uint64_t *)entrain_population_at(watchers, 0, 0), 3 * (MANY + 3));
    assert_int_equal(memoir_of(&house, 0)->messages, 3 * (MANY + 3));
    close_house(&house);
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
        cmocka_unit_test(timers_count_in_the_budget_too),
        cmocka_unit_test(a_budget_of_sends_refuses_what_is_beyond),
        cmocka_unit_test(a_place_whose_lives_are_used_up_is_given_up),
        cmocka_unit_test(who_finishes_handles_no_more_and_what_it_sent_arrives),
        cmocka_unit_test(who_is_stopped_ends_with_the_tick),
        cmocka_unit_test(watchers_are_told_once_in_the_next_tick),
        cmocka_unit_test(to_watch_twice_takes_one_watch),
        cmocka_unit_test(who_watches_the_gone_is_told_so),
        cmocka_unit_test(who_unwatches_is_not_told),
        cmocka_unit_test(more_notices_than_a_call_takes_all_come_and_before_mail),
        cmocka_unit_test(notices_have_room_for_what_they_make_an_actor_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
