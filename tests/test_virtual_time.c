// Virtual time: the engine against a simulator with one thread and one list; and what a run may do besides.
#include "virtual_model.h"

#include "engine/base/memory.h"

#include "message_count_check.h"

static const setup variants[] = {
    {"serial", 1, 0, ENTRAIN_LAYOUT_INDEX},      {"steal", 1, 64, ENTRAIN_LAYOUT_SHUFFLED},
    {"steal", 2, 64, ENTRAIN_LAYOUT_INDEX},      {"steal", 8, 64, ENTRAIN_LAYOUT_SHUFFLED},
    {"static", 2, 100, ENTRAIN_LAYOUT_INDEX},    {"static", 3, 64, ENTRAIN_LAYOUT_SHUFFLED},
    {"shared", 3, 64, ENTRAIN_LAYOUT_INDEX},     {"guided", 2, 64, ENTRAIN_LAYOUT_SHUFFLED},
    {"steal-near", 8, 80, ENTRAIN_LAYOUT_INDEX}, {"adaptive", 3, 64, ENTRAIN_LAYOUT_INDEX},
    {"dataflow", 1, 64, ENTRAIN_LAYOUT_INDEX},   {"dataflow", 8, 64, ENTRAIN_LAYOUT_SHUFFLED},
};
enum { VARIANTS = sizeof variants / sizeof *variants };

static void run(const theatre *stage, double until_s) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_run(stage->engine, until_s, &error), error);
    (void)counted(stage->engine);
}

// The same state of every actor, the same order of all messages, and every message went the same way.
static void check_same(const theatre *stage, const naive *world) {
    for (uint32_t i = 0; i < stage->play->count; i++) {
        const member *got = entrain_population_at(stage->members, i, 0), *wanted = &world->members[i];
        assert_int_equal(got->turns, wanted->turns);
        assert_int_equal(got->calls, wanted->calls);
        assert_int_equal(got->refused, wanted->refused);
        assert_true(got->last_s == wanted->last_s);
        assert_int_equal(got->chain, wanted->chain);
        if (stage->play->lookahead_s ==
            0) // else it is told when the window is over, which is the engine's own
            assert_int_equal(got->told, wanted->told);
    }
    assert_int_equal(entrain_engine_order_signature(stage->engine), naive_signature(world));
    const entrain_message_count count = counted(stage->engine);
    assert_int_equal(count.sent, world->counted.sent);
    assert_int_equal(count.received, world->counted.received);
    assert_int_equal(count.queued, world->count);
    assert_int_equal(count.cancelled, world->counted.cancelled);
    assert_int_equal(count.undeliverable, world->counted.undeliverable);
    assert_int_equal(count.shed, world->counted.shed);
    assert_int_equal(count.conflated, world->counted.conflated);
}

// --- PHOLD: each message that is handled sends one, with probability `remote` to anybody, else to oneself

static void phold_turn(const script *play, gateway *gate, member *me, const entrain_message *messages,
                       uint32_t count) {
    const entrain_random key = entrain_random_key(play->seed, ENTRAIN_STREAM_USER);
    note(gate, me, messages, count);
    uint64_t jobs = 0;
    for (uint32_t m = 0; m < count; m++)
        jobs += messages[m].kind == KIND_TOLD ? play->population : 1;
    for (; jobs > 0; jobs--) {
        const uint64_t turn = me->turns++;
        const bool remote = entrain_random_uniform(key, gate->index, turn, 0) < play->remote;
        const uint32_t to =
            remote ? (uint32_t)entrain_random_below(key, play->count, gate->index, turn, 1) : gate->index;
        // Fujimoto (1990): lookahead plus an exponential increment.
        const double delay_s =
            play->lookahead_s - play->mean_s * entrain_log(entrain_random_uniform(key, gate->index, turn, 2));
        uint64_t timer;
        me->refused += gate->delay(gate, delay_s, to, turn, &timer) != ENTRAIN_OK;
    }
}

static void phold_is_that_of_the_naive_simulator(void **state) {
    (void)state;
    static const struct {
        double remote, lookahead_s, mean_s;
        uint32_t population;
        double until_s;
        uint64_t events; // at least
    } cases[] = {
        {0.5, 1, 1, 2, 12, 1800},    // windows of a few hundred
        {0.9, 0.05, 1, 4, 8, 4000},  // small ones
        {0.1, 10, 0.1, 1, 80, 1000}, // nearly all in one
        {1, 0, 1, 1, 6, 600},        // no lookahead: each time for itself
        {0, 1e6, 1e6, 3, 3e7, 2000},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const script play = {.count = 150,
                             .inbox = 100,
                             .timers_max = 60,
                             .sends_max = 100,
                             .lookahead_s = cases[c].lookahead_s,
                             .turn = phold_turn,
                             .remote = cases[c].remote,
                             .mean_s = cases[c].mean_s,
                             .population = cases[c].population,
                             .seed = c + 1};
        naive world;
        naive_open(&world, &play);
        for (uint32_t i = 0; i < play.count; i++)
            naive_tell(&world, i, i, 0);
        while (naive_step(&world, cases[c].until_s))
            continue;
        assert_true(world.counted.received >= cases[c].events);
        for (uint32_t v = 0; v < VARIANTS; v++) {
            theatre stage;
            stage_open(&stage, &play, variants[v]);
            for (uint32_t i = 0; i < play.count; i++)
                stage_tell(&stage, i, i);
            if (v % 3 == 1) // in pieces
                for (uint32_t piece = 1; piece < 8; piece++)
                    run(&stage, cases[c].until_s * piece / 8);
            run(&stage, cases[c].until_s);
            assert_true(entrain_engine_time_s(stage.engine) == cases[c].until_s);
            check_same(&stage, &world);
            entrain_engine_destroy(stage.engine);
        }
        naive_close(&world);
    }
}

// --- Anything goes: plain and delayed sends, timers, cancels, ties in time, full mailboxes, no places left

enum { GRID = 8 }; // times fall on a grid of this many a second, so that many are equal

static void any_turn(const script *play, gateway *gate, member *me, const entrain_message *messages,
                     uint32_t count) {
    const entrain_random key = entrain_random_key(play->seed, ENTRAIN_STREAM_USER);
    note(gate, me, messages, count);
    const uint64_t turn = me->turns++;
    for (uint32_t s = 0; s < 4; s++) {
        const uint64_t what = entrain_random_below(key, 20, gate->index, turn, 4 * s);
        uint32_t to = (uint32_t)entrain_random_below(key, play->count, gate->index, turn, 4 * s + 1);
        to = what % 2 ? to : to % 5; // some are popular
        const double delay_s =
            (double)entrain_random_below(key, 4 * GRID, gate->index, turn, 4 * s + 2) / GRID;
        entrain_status status = ENTRAIN_OK;
        if (what < 5)
            status = gate->send(gate, to, (uint16_t)(KIND_SENT + what % 2), turn);
        else if (what < 8)
            status = gate->delay(gate, play->lookahead_s + delay_s, to, turn, &me->timers[s % 2]);
        else if (what < 11)
            status = gate->delay(gate, delay_s, gate->index, turn, &me->timers[s % 2]);
        else if (what < 12) // often too soon
            status = gate->delay(gate, delay_s / 4, to, turn, &me->timers[s % 2]);
        else if (what < 15)
            status = gate->cancel(gate, me->timers[s % 2]);
        me->refused += status != ENTRAIN_OK;
        me->chain = me->chain * 7 + (uint64_t)status;
    }
}

static void whatever_actors_do_it_is_as_in_the_naive_simulator(void **state) {
    (void)state;
    static const double lookaheads_s[] = {0, 0.25, 1, 3};
    uint64_t conflated = 0;
    for (uint32_t c = 0; c < 16; c++) {
        script play = {.count = 200,
                       .inbox = 3,
                       .timers_max = 7,
                       .sends_max = 4,
                       .lookahead_s = lookaheads_s[c % 4],
                       .overflow = (entrain_overflow)(c / 4), // all but block
                       .turn = any_turn,
                       .seed = c};
        const double until_s = 15.125;
        naive world;
        naive_open(&world, &play);
        for (uint32_t i = 0; i < play.count; i += 3)
            naive_tell(&world, i, i, 0);
        while (world.counted.received < 4000 && naive_step(&world, until_s))
            continue;
        const double stopped_s = world.now_s; // all of that time
        while (naive_step(&world, stopped_s))
            continue;
        assert_true(world.counted.received >= 1000 && world.counted.cancelled > 50);
        assert_true(world.counted.undeliverable + world.counted.shed > 20);
        conflated += world.counted.conflated;
        for (uint32_t v = c % 3; v < VARIANTS; v += 3) {
            theatre stage;
            stage_open(&stage, &play, variants[v]);
            for (uint32_t i = 0; i < play.count; i += 3)
                stage_tell(&stage, i, i);
            for (uint32_t piece = 1; v % 2 && piece < 5; piece++)
                run(&stage, stopped_s * piece / 5);
            run(&stage, stopped_s);
            check_same(&stage, &world);
            entrain_engine_destroy(stage.engine);
        }
        naive_close(&world);
    }
    assert_true(conflated > 20);
}

// --- Absorption: with no lookahead, what a message sets off comes in the next round of the same time

enum { CHAIN = 40 };
static void absorb_turn(const script *play, gateway *gate, member *me, const entrain_message *messages,
                        uint32_t count) {
    note(gate, me, messages, count);
    me->turns += count;
    if (me->calls > 1)
        return; // absorbed
    for (uint32_t step = 1; step <= 2; step++)
        if (gate->index + step < play->count)
            assert_int_equal(gate->send(gate, gate->index + step, KIND_SENT, gate->index), ENTRAIN_OK);
    if (gate->index == 0) { // to oneself with no delay: the next round
        uint64_t timer;
        assert_int_equal(gate->delay(gate, 0, 0, 99, &timer), ENTRAIN_OK);
    }
}
static void a_cascade_happens_in_rounds_of_one_time(void **state) {
    (void)state;
    const script play = {.count = CHAIN, .inbox = 4, .timers_max = 8, .sends_max = 8, .turn = absorb_turn};
    for (uint32_t v = 0; v < VARIANTS; v++) {
        theatre stage;
        stage_open(&stage, &play, variants[v]);
        stage_tell(&stage, 0, 0);
        run(&stage, 0); // all of time 0
        assert_true(entrain_engine_time_s(stage.engine) == 0);
        // 0 twice (told, and its own timer); 1 once; the others from the two before them: even ones a round
        // apart.
        for (uint32_t i = 0; i < CHAIN; i++) {
            const member *me = entrain_population_at(stage.members, i, 0);
            assert_int_equal(me->calls, 2 - i % 2);
            assert_int_equal(me->turns, i == 1 ? 1 : 2);
        }
        CHECK_COUNT(stage.engine, .sent = 2 * CHAIN - 1, .received = 2 * CHAIN - 1);
        entrain_engine_destroy(stage.engine);
    }
}

// --- Windows do not show: what an actor may cancel, and when a place is free again

typedef struct watcher {
    entrain_engine *engine;
    entrain_population *people;
    uint32_t step;
    double told_s;
    uint64_t undelivered;
} watcher;

// L = 1. Actor 0 hears at 0 (told), 0.5 and 1.25 (its own timers); it has 4 places.
static entrain_status watch_places(entrain_self *self, const entrain_message *messages, uint32_t count) {
    watcher *all = self->context;
    const entrain_payload p = {0};
    static entrain_timer at_1, at_2;
    (void)messages;
    if (self->index != 0)
        return ENTRAIN_OK;
    assert_int_equal(count, 1);
    const entrain_id other = entrain_population_id(all->people, 1);
    entrain_timer timer;
    switch (all->step++) {
    case 0:
        assert_int_equal(entrain_send_at(self, 1, other, KIND_SENT, 0, p, p, &at_1), ENTRAIN_OK);
        assert_int_equal(entrain_send_at(self, 2, other, KIND_SENT, 0, p, p, &at_2), ENTRAIN_OK);
        assert_int_equal(entrain_send_at(self, 0.5, self->id, KIND_SENT, 0, p, p, NULL), ENTRAIN_OK);
        assert_int_equal(entrain_send_at(self, 1.25, self->id, KIND_SENT, 0, p, p, NULL), ENTRAIN_OK);
        assert_int_equal(entrain_send(self, other, KIND_SENT, 0, p, p), ENTRAIN_FULL);
        assert_int_equal(entrain_cancel(self, at_1), ENTRAIN_OK); // due a lookahead from now
        assert_int_equal(entrain_send_after(self, 0.999, other, KIND_SENT, 0, p, p, NULL), ENTRAIN_INVALID);
        assert_int_equal(entrain_send(self, other, KIND_SENT, 0, p, p), ENTRAIN_OK); // at 1
        break;
    case 1: // 0.5: its own place is free
        assert_int_equal(entrain_send_after_ticks(self, 100, other, KIND_SENT, 0, p, p, &timer), ENTRAIN_OK);
        assert_int_equal(entrain_send(self, other, KIND_SENT, 0, p, p), ENTRAIN_FULL); // that of 1 is not yet
        break;
    case 2: // 1.25: now it is; and what is due at 2 can be taken back no more, that at 1.5 neither
        assert_int_equal(entrain_cancel(self, at_2), ENTRAIN_STALE);
        assert_int_equal(entrain_send(self, other, KIND_SENT, 0, p, p), ENTRAIN_OK); // 2.25
        assert_int_equal(entrain_send(self, other, KIND_SENT, 0, p, p), ENTRAIN_OK);
        assert_int_equal(entrain_send(self, other, KIND_SENT, 0, p, p), ENTRAIN_FULL);
        break;
    default:
        fail();
    }
    return ENTRAIN_OK;
}

static void watcher_open(watcher *all, entrain_engine_config config, uint32_t people, uint32_t timers_max,
                         uint32_t inbox,
                         entrain_status (*receive)(entrain_self *, const entrain_message *, uint32_t)) {
    entrain_error error = {0};
    *all = (watcher){.told_s = -1};
    config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
    config.overflow_named = true;
    CHECK_OK(entrain_engine_create(&config, &all->engine, &error), error);
    const entrain_behavior behavior = {
        .name = "watcher", .sends_max = 300, .inbox = inbox, .timers_max = timers_max, .receive = receive};
    CHECK_OK(entrain_engine_add(all->engine, &behavior, all, people, &all->people, &error), error);
    CHECK_OK(entrain_engine_start(all->engine, &error), error);
}
static void tell(watcher *all, uint32_t index) {
    assert_int_equal(entrain_engine_tell(all->engine, entrain_population_id(all->people, index), KIND_TOLD, 0,
                                         (entrain_payload){0}, (entrain_payload){0}),
                     ENTRAIN_OK);
}
static void run_to(watcher *all, double until_s) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_run(all->engine, until_s, &error), error);
}

static void where_windows_begin_does_not_show(void **state) {
    (void)state;
    for (uint32_t pieces = 1; pieces < 30; pieces += 7) {
        watcher all;
        entrain_engine_config config = entrain_engine_config_defaults();
        config.lookahead_s = 1;
        watcher_open(&all, config, 2, 4, 8, watch_places);
        tell(&all, 0);
        for (uint32_t piece = 1; piece <= pieces; piece++)
            run_to(&all, 3.0 * piece / pieces);
        assert_int_equal(all.step, 3);
        // told; sent at 0: the one cancelled, at 2, two timers, at 1; at 0.5 one for 1.5; at 1.25 two.
        CHECK_COUNT(all.engine, .sent = 9, .received = 8, .cancelled = 1);
        run_to(&all, INFINITY);
        assert_true(entrain_engine_time_s(all.engine) == 2.25); // nothing was due later
        entrain_engine_destroy(all.engine);
    }
}

// --- Full mailboxes, by hand: at 1 s three senders send A B A each, and one listener takes 4

enum { KIND_A = ENTRAIN_KIND_USER + 5, KIND_B };
typedef struct talk_hall {
    watcher all;
    uint64_t log[32];
    uint32_t logged;
} talk_hall;
static entrain_status talk(entrain_self *self, const entrain_message *messages, uint32_t count) {
    talk_hall *hall = self->context;
    if (self->index < 3) {
        hall->all.undelivered += self->undelivered;
        if (self->undelivered > 0)
            hall->all.told_s = self->time_s;
        for (uint32_t o = 0; o < 3 && messages[0].kind == KIND_TOLD; o++)
            entrain_send(self, entrain_population_id(hall->all.people, 3), o % 2 ? KIND_B : KIND_A, 0,
                         (entrain_payload){.u64 = 10 * self->index + o}, (entrain_payload){0});
        return ENTRAIN_OK;
    }
    for (uint32_t m = 0; m < count; m++)
        hall->log[hall->logged++] = messages[m].payload[0].u64;
    return ENTRAIN_OK;
}
static void what_finds_no_room_goes_where_its_policy_says(void **state) {
    (void)state;
    static const struct {
        entrain_overflow overflow;
        uint32_t inbox, capacity, count;
        uint64_t log[9];
        uint32_t undeliverable, shed, conflated;
    } cases[] = {
        {ENTRAIN_OVERFLOW_FAIL, 4, 0, 4, {0, 1, 2, 10}, 5, 0, 0},
        {ENTRAIN_OVERFLOW_SHED_NEWEST, 4, 0, 4, {0, 1, 2, 10}, 0, 5, 0},
        {ENTRAIN_OVERFLOW_SHED_OLDEST, 4, 0, 4, {12, 20, 21, 22}, 0, 5, 0},
        {ENTRAIN_OVERFLOW_CONFLATE, 4, 0, 4, {0, 1, 2, 12}, 0, 4, 1},
        {ENTRAIN_OVERFLOW_CONFLATE, 1, 0, 1, {2}, 0, 7, 1},
        {ENTRAIN_OVERFLOW_CONFLATE, 8, 0, 8, {0, 1, 2, 10, 11, 12, 22, 21}, 0, 0, 1},
        {ENTRAIN_OVERFLOW_FAIL, 9, 0, 9, {0, 1, 2, 10, 11, 12, 20, 21, 22}, 0, 0, 0},
        {ENTRAIN_OVERFLOW_FAIL, 9, 2, 3, {0, 1, 2}, 6, 0, 0}, // 2 is 3, as a ring would be
        {ENTRAIN_OVERFLOW_SHED_OLDEST, 1, 7, 7, {2, 10, 11, 12, 20, 21, 22}, 0, 2, 0},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        static talk_hall hall;
        hall.logged = 0;
        entrain_engine_config config = entrain_engine_config_defaults();
        config.lookahead_s = 1;
        config.overflow = cases[c].overflow;
        config.mailbox_capacity = cases[c].capacity;
        watcher_open(&hall.all, config, 4, 3, cases[c].inbox, talk);
        assert_int_equal(entrain_engine_mailbox_capacity_max(hall.all.engine), cases[c].capacity == 0
                                                                                   ? cases[c].inbox
                                                                               : cases[c].capacity == 2 ? 3
                                                                                                        : 7);
        for (uint32_t t = 0; t < 3; t++)
            tell(&hall.all, t);
        run_to(&hall.all, 2);
        assert_int_equal(hall.logged, cases[c].count);
        assert_memory_equal(hall.log, cases[c].log, cases[c].count * sizeof *cases[c].log);
        CHECK_COUNT(hall.all.engine, .sent = 12, .received = 3 + cases[c].count,
                    .undeliverable = cases[c].undeliverable, .shed = cases[c].shed,
                    .conflated = cases[c].conflated);
        for (uint32_t t = 0; t < 3; t++)
            assert_int_equal(entrain_engine_tell(hall.all.engine, entrain_population_id(hall.all.people, t),
                                                 KIND_SENT, 0, (entrain_payload){0}, (entrain_payload){0}),
                             ENTRAIN_OK);
        run_to(&hall.all, 2);
        assert_int_equal(hall.all.undelivered, cases[c].undeliverable);
        assert_true(hall.all.told_s == (cases[c].undeliverable > 0 ? 1 : -1));
        entrain_engine_destroy(hall.all.engine);
    }
}

// --- Hundreds at one instant: in batches, timers first

typedef struct meeting {
    watcher all;
    uint32_t calls, sizes[16], timers, mail;
} meeting;
static entrain_status gather(entrain_self *self, const entrain_message *messages, uint32_t count) {
    meeting *crowd = self->context;
    const entrain_payload p = {0};
    if (messages[0].kind == KIND_TOLD) {
        for (uint32_t i = 0; i < 250; i++)
            assert_int_equal(
                entrain_send_after(self, 1, self->id, KIND_A, 0, (entrain_payload){.u64 = i}, p, NULL),
                ENTRAIN_OK);
        for (uint32_t i = 0; i < 50; i++)
            assert_int_equal(entrain_send(self, self->id, KIND_B, 0, (entrain_payload){.u64 = i}, p),
                             ENTRAIN_OK);
        return ENTRAIN_OK;
    }
    if (messages[0].kind == KIND_SENT)
        return ENTRAIN_OK;
    crowd->sizes[crowd->calls++] = count;
    entrain_timer later;
    assert_int_equal(entrain_send_after(self, 1, self->id, KIND_SENT, 0, p, p, &later), ENTRAIN_OK);
    if (crowd->calls == 2)
        assert_int_equal(entrain_cancel(self, later), ENTRAIN_OK);
    for (uint32_t m = 0; m < count; m++) {
        const bool timer = messages[m].kind == KIND_A;
        assert_true(!timer || crowd->mail == 0);
        assert_int_equal(messages[m].payload[0].u64, timer ? crowd->timers++ : crowd->mail++);
    }
    return ENTRAIN_OK;
}
static void hundreds_at_one_instant_come_in_batches(void **state) {
    (void)state;
    static meeting crowd;
    crowd = (struct meeting){0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.lookahead_s = 1;
    watcher_open(&crowd.all, config, 1, 300, 50, gather);
    tell(&crowd.all, 0);
    run_to(&crowd.all, INFINITY);
    assert_int_equal(crowd.calls, 3);
    assert_int_equal(crowd.sizes[0] + crowd.sizes[1] + crowd.sizes[2], 300);
    assert_int_equal(crowd.sizes[0], 100);
    assert_int_equal(crowd.sizes[1], 100);
    CHECK_COUNT(crowd.all.engine, .sent = 1 + 300 + 3, .received = 1 + 300 + 2, .cancelled = 1);
    entrain_engine_destroy(crowd.all.engine);
}

// --- Ends: on request, at a deadline; and it goes on

typedef struct interrupted {
    const theatre *stage;
    uint64_t calls, at;
} interrupted;
static interrupted interruption;

static void interrupted_turn(const script *play, gateway *gate, member *me, const entrain_message *messages,
                             uint32_t count) {
    // By whichever worker: when it takes effect is left to chance, and may not matter.
    if (__atomic_add_fetch(&interruption.calls, 1, __ATOMIC_RELAXED) == interruption.at)
        entrain_engine_cancel(interruption.stage->engine);
    any_turn(play, gate, me, messages, count);
}

static void who_is_interrupted_goes_on_as_if_nothing_had_been(void **state) {
    (void)state;
    static const double lookaheads_s[] = {0, 0.5, 100};
    for (uint32_t c = 0; c < 3; c++) {
        script play = {.count = 200,
                       .inbox = 3,
                       .timers_max = 7,
                       .sends_max = 4,
                       .lookahead_s = lookaheads_s[c],
                       .overflow = ENTRAIN_OVERFLOW_FAIL,
                       .turn = any_turn,
                       .seed = 40 + c};
        naive world;
        naive_open(&world, &play);
        for (uint32_t i = 0; i < play.count; i += 2)
            naive_tell(&world, i, i, 0);
        const double until_s = c == 2 ? 250 : 12;
        while (naive_step(&world, until_s))
            continue;
        play.turn = interrupted_turn;
        for (uint32_t v = 0; v < VARIANTS; v++) {
            theatre stage;
            entrain_error error = {0};
            stage_open(&stage, &play, variants[v]);
            interruption = (interrupted){.stage = &stage, .at = 10};
            for (uint32_t i = 0; i < play.count; i += 2)
                stage_tell(&stage, i, i);
            uint32_t interruptions = 0;
            entrain_status status;
            while ((status = entrain_engine_run(stage.engine, until_s, &error)) == ENTRAIN_CANCELLED) {
                assert_non_null(strstr(error.sentence, "The run stopped on request at"));
                (void)counted(stage.engine);
                (void)entrain_engine_fingerprint(stage.engine);
                assert_true(entrain_engine_time_s(stage.engine) <= until_s);
                entrain_engine_clear(stage.engine);
                interruption.at = interruption.calls + 97 * ++interruptions;
            }
            assert_int_equal(status, ENTRAIN_OK);
            assert_true(interruptions > (c < 2 ? 3 : 0));
            check_same(&stage, &world);
            entrain_engine_destroy(stage.engine);
        }
        naive_close(&world);
    }
}

// One window that never ends on its own: two actors that talk to themselves for ever.
static entrain_status for_ever(entrain_self *self, const entrain_message *messages, uint32_t count) {
    (void)messages;
    watcher *all = self->context;
    if (++all->step == 1000)
        entrain_engine_cancel(all->engine);
    assert_int_equal(count, 1);
    return entrain_send_after(self, 1e-3, self->id, KIND_SENT, 0, (entrain_payload){0}, (entrain_payload){0},
                              NULL);
}
static void a_window_without_end_can_be_left(void **state) {
    (void)state;
    entrain_error error = {0};
    watcher all;
    entrain_engine_config config = entrain_engine_config_defaults();
    config.lookahead_s = 1e9;
    config.scheduler.worker_count = 1;
    watcher_open(&all, config, 1, 1, 1, for_ever);
    tell(&all, 0);
    assert_int_equal(entrain_engine_run(all.engine, INFINITY, &error), ENTRAIN_CANCELLED);
    assert_in_range(all.step, 1000, 1100);
    entrain_engine_clear(all.engine);
    entrain_engine_set_deadline(all.engine, 0.01);
    CHECK_REFUSED(entrain_engine_run(all.engine, INFINITY, &error), ENTRAIN_TIMEOUT, error,
                  "The run stopped at its deadline at ");
    const double time_s = entrain_engine_time_s(all.engine);
    entrain_engine_clear(all.engine);
    run_to(&all, time_s + 1);
    assert_true(entrain_engine_time_s(all.engine) == time_s + 1);
    entrain_engine_stats stats;
    entrain_engine_stats_read(all.engine, &stats);
    assert_int_equal(stats.ticks, 0);
    assert_true(stats.advance_ns >= 10000000 && stats.serial_ns < stats.advance_ns);

    // Told in the middle of it: at the present, and it is handled at once.
    assert_int_equal(entrain_engine_stop_actor(all.engine, entrain_population_id(all.people, 0)), ENTRAIN_OK);
    CHECK_COUNT(all.engine, .sent = all.step + 1, .received = all.step, .cancelled = 1);
    run_to(&all, INFINITY); // nobody is left
    entrain_engine_destroy(all.engine);
}

// --- Between runs: messages from outside, actors that end and begin

typedef struct valley {
    watcher all;
    struct {
        uint32_t who;
        double time_s;
        uint64_t number;
    } log[64];
    uint32_t logged;
} valley;
// Says it again to the next one, twice: plainly, and a second and a half later.
static entrain_status say_again(entrain_self *self, const entrain_message *messages, uint32_t count) {
    valley *echo = self->context;
    for (uint32_t m = 0; m < count; m++) {
        const uint64_t n = messages[m].payload[0].u64;
        echo->log[echo->logged].who = self->index;
        echo->log[echo->logged].time_s = self->time_s;
        echo->log[echo->logged++].number = n;
        echo->all.undelivered += self->undelivered;
        const entrain_id next = entrain_population_id(echo->all.people, (self->index + 1) % 3);
        if (n % 10 >= 2)
            continue;
        entrain_send(self, next, KIND_SENT, 0, (entrain_payload){.u64 = n + 1}, (entrain_payload){0});
        entrain_send_after(self, 1.5, next, KIND_SENT, 0, (entrain_payload){.u64 = n + 5},
                           (entrain_payload){0}, NULL);
    }
    return ENTRAIN_OK;
}
static void say(valley *echo, uint32_t index, uint64_t number) {
    assert_int_equal(entrain_engine_tell(echo->all.engine, entrain_population_id(echo->all.people, index),
                                         KIND_TOLD, 0, (entrain_payload){.u64 = number},
                                         (entrain_payload){0}),
                     ENTRAIN_OK);
}
static void check_echo(valley *echo, uint32_t count, const double *wanted /* who, time_s, number, ... */) {
    assert_int_equal(echo->logged, count);
    for (uint32_t i = 0; i < count; i++)
        if (echo->log[i].who != (uint32_t)wanted[3 * i] || echo->log[i].time_s != wanted[3 * i + 1] ||
            echo->log[i].number != (uint64_t)wanted[3 * i + 2])
            fail_msg("entry %u: %u heard %u at %g", i, echo->log[i].who, (unsigned)echo->log[i].number,
                     echo->log[i].time_s);
    echo->logged = 0;
}

static void between_runs_actors_are_told_and_end_and_begin(void **state) {
    (void)state;
    static valley echo;
    memset(&echo, 0, sizeof echo);
    entrain_engine_config config = entrain_engine_config_defaults();
    config.lookahead_s = 1;
    config.scheduler.worker_count = 1;
    watcher_open(&echo.all, config, 3, 8, 8, say_again);
    entrain_engine *engine = echo.all.engine;
    say(&echo, 0, 10);
    run_to(&echo.all, 1.25); // 0 hears at 0, 1 at 1; the window [1.., 2) stays open
    check_echo(&echo, 2, (const double[]){0, 0, 10, 1, 1, 11});
    CHECK_COUNT(engine, .sent = 5, .received = 2, .queued = 3);
    say(&echo, 2, 20); // at 1.25
    run_to(&echo.all, 1.75);
    check_echo(&echo, 2, (const double[]){2, 1.25, 20, 1, 1.5, 15});
    // Under way: from 1 to 2 at 2 and 2.5, from 2 to 0 at 2.25 and 2.75.
    CHECK_COUNT(engine, .sent = 8, .received = 4, .queued = 4);
    const entrain_id first = entrain_population_id(echo.all.people, 0),
                     third = entrain_population_id(echo.all.people, 2);
    assert_int_equal(entrain_engine_stop_actor(engine, third), ENTRAIN_OK);
    CHECK_COUNT(engine, .sent = 8, .received = 4, .queued = 4); // all within a lookahead: beyond recall
    run_to(&echo.all, 2);
    assert_int_equal(entrain_engine_stop_actor(engine, first), ENTRAIN_OK);
    entrain_id again;
    assert_int_equal(entrain_engine_restart_actor(engine, echo.all.people, 0, &again), ENTRAIN_OK);
    run_to(&echo.all, 10);
    check_echo(&echo, 0, NULL);
    CHECK_COUNT(engine, .sent = 8, .received = 4, .undeliverable = 4);
    say(&echo, 0, 31); // at 2.75; to 1 at 3.75 and 4.25
    run_to(&echo.all, 2.75);
    check_echo(&echo, 1, (const double[]){0, 2.75, 31});
    assert_int_equal(entrain_engine_stop_actor(engine, again), ENTRAIN_OK);
    CHECK_COUNT(engine, .sent = 11, .received = 5, .queued = 1, .cancelled = 1, .undeliverable = 4);
    assert_int_equal(
        entrain_engine_tell(engine, again, KIND_TOLD, 0, (entrain_payload){0}, (entrain_payload){0}),
        ENTRAIN_STALE);
    run_to(&echo.all, INFINITY);
    check_echo(&echo, 1, (const double[]){1, 3.75, 32});
    CHECK_COUNT(engine, .sent = 11, .received = 6, .cancelled = 1, .undeliverable = 4);
    // 1 sent what nobody got, before: it is told now.
    assert_int_equal(echo.all.undelivered, 2);

    // As many as are let in, and no more; also while a window is open.
    for (uint32_t t = 0; t < 4096; t++)
        say(&echo, 1, 9);
    assert_int_equal(entrain_engine_tell(engine, entrain_population_id(echo.all.people, 1), KIND_TOLD, 0,
                                         (entrain_payload){0}, (entrain_payload){0}),
                     ENTRAIN_FULL);
    echo.logged = 0;
    run_to(&echo.all, INFINITY);
    assert_int_equal(echo.logged, 8); // its inbox; nobody is told of the others
    CHECK_COUNT(engine, .sent = 4107, .received = 14, .cancelled = 1, .undeliverable = 4 + 4088);
    entrain_engine_destroy(engine);
}

// --- What is refused

static entrain_status idle(entrain_self *self, const entrain_message *messages, uint32_t count) {
    (void)self, (void)messages, (void)count;
    return ENTRAIN_OK;
}
static void no_words(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    (void)range, (void)stage, (void)words_out;
}
static void no_step(const entrain_range *range, uint32_t stage) { (void)range, (void)stage; }

static void what_virtual_time_does_not_know_is_refused(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_engine *engine;
    entrain_population *population;
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = (entrain_execution)3;
    CHECK_REFUSED(entrain_engine_create(&config, &engine, &error), ENTRAIN_INVALID, error, "execution is 3");
    assert_null(entrain_execution_name((entrain_execution)3));
    assert_string_equal(entrain_execution_name(ENTRAIN_EXECUTION_VIRTUAL_TIME), "virtual-time");
    config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
    const double bad[] = {-1, NAN, INFINITY};
    for (size_t b = 0; b < 3; b++) {
        config.lookahead_s = bad[b];
        CHECK_REFUSED(entrain_engine_create(&config, &engine, &error), ENTRAIN_INVALID, error,
                      "lookahead_s is");
    }
    config.lookahead_s = 0;
    config.overflow = ENTRAIN_OVERFLOW_BLOCK;
    config.overflow_named = true;
    CHECK_REFUSED(entrain_engine_create(&config, &engine, &error), ENTRAIN_UNSUPPORTED, error,
                  "block has no meaning in virtual-time");
    config.overflow = ENTRAIN_OVERFLOW_FAIL;
    config.overflow_named = false;

    const struct {
        entrain_behavior behavior;
        entrain_status status;
        const char *words;
        uint32_t capacity;
    } cases[] = {
        {{.name = "x", .words = 1, .publish = no_words}, ENTRAIN_UNSUPPORTED, "\"x\" publishes", 0},
        {{.name = "x", .exchanges = 1, .step = no_step}, ENTRAIN_UNSUPPORTED, "\"x\" steps", 0},
        {{.name = "x", .inbox = 1, .sends_max = 1, .receive = idle}, ENTRAIN_INVALID, "timers_max places", 0},
        {{.name = "x", .inbox = 9, .receive = idle}, ENTRAIN_INVALID, "mailbox_capacity is 7", 7},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        config.mailbox_capacity = cases[c].capacity;
        CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
        CHECK_OK(entrain_engine_add(engine, &cases[c].behavior, NULL, 2, &population, &error), error);
        entrain_topology *topology = NULL;
        if (cases[c].behavior.words > 0) {
            entrain_topology_config ring = entrain_topology_config_defaults();
            ring.kind = ENTRAIN_TOPOLOGY_COMPLETE;
            ring.size = 2;
            CHECK_OK(entrain_topology_create(&ring, &topology, &error), error);
            CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
            entrain_topology_release(topology);
        }
        CHECK_REFUSED(entrain_engine_start(engine, &error), cases[c].status, error, cases[c].words);
        entrain_engine_destroy(engine);
    }

    config.mailbox_capacity = 0;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    const entrain_behavior behavior = {.name = "idle", .inbox = 1, .receive = idle};
    CHECK_OK(entrain_engine_add(engine, &behavior, NULL, 3, &population, &error), error);
    CHECK_REFUSED(entrain_engine_run(engine, 1, &error), ENTRAIN_ORDER, error, "before it was started");
    CHECK_OK(entrain_engine_start(engine, &error), error);
    CHECK_REFUSED(entrain_engine_advance(engine, 1, &error), ENTRAIN_UNSUPPORTED, error,
                  "entrain_engine_run()");
    CHECK_REFUSED(entrain_engine_run(engine, NAN, &error), ENTRAIN_INVALID, error, "until_s is");
    CHECK_REFUSED(entrain_engine_run(engine, -1, &error), ENTRAIN_INVALID, error, "until_s is -1");
    CHECK_OK(entrain_engine_run(engine, INFINITY, &error), error);
    assert_int_equal(entrain_engine_order_signature(engine), 0); // nobody asked for it
    entrain_engine_destroy(engine);

    config.execution = ENTRAIN_EXECUTION_LOCKSTEP;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &behavior, NULL, 3, &population, &error), error);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    CHECK_REFUSED(entrain_engine_run(engine, 1, &error), ENTRAIN_UNSUPPORTED, error,
                  "entrain_engine_advance()");
    CHECK_OK(entrain_engine_advance(engine, 3, &error), error);
    assert_true(entrain_engine_time_s(engine) == 3 * 0.01);
    entrain_engine_destroy(engine);
}

// The lower ones later, in the same window.
static entrain_status say_too_much(entrain_self *self, const entrain_message *messages, uint32_t count) {
    (void)count;
    if (self->index < 20 && messages[0].kind == KIND_TOLD)
        return entrain_send_after(self, 0.25, self->id, KIND_SENT, 0, (entrain_payload){0},
                                  (entrain_payload){0}, NULL);
    for (uint32_t i = 0; i < 301 && self->index % 2; i++)
        entrain_send(self, self->id, KIND_SENT, 0, (entrain_payload){0}, (entrain_payload){0});
    return ENTRAIN_OK;
}
static void who_sends_more_than_it_declared_ends_the_run(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers < 4; workers++) {
        entrain_error error = {0};
        watcher all;
        entrain_engine_config config = entrain_engine_config_defaults();
        config.scheduler.worker_count = workers;
        config.cohort_weight = workers % 2 ? 0 : 64;
        config.lookahead_s = 1;
        watcher_open(&all, config, 300, 301, 1, say_too_much);
        for (uint32_t i = 300; i-- > 6;)
            tell(&all, i);
        CHECK_REFUSED(entrain_engine_run(all.engine, INFINITY, &error), ENTRAIN_LIMIT, error,
                      "Actor 7 of \"watcher\" sent more than the 300 messages");
        CHECK_REFUSED(entrain_engine_run(all.engine, INFINITY, &error), ENTRAIN_ORDER, error,
                      "after a run that failed");
        entrain_engine_destroy(all.engine);
    }
}

static void every_allocation_may_fail_and_a_run_makes_none(void **state) {
    (void)state;
    const script play = {.count = 150,
                         .inbox = 3,
                         .timers_max = 4,
                         .sends_max = 4,
                         .lookahead_s = 1,
                         .turn = any_turn,
                         .seed = 5};
    theatre stage;
    stage_open(&stage, &play, variants[3]);
    for (uint32_t i = 0; i < play.count; i++)
        stage_tell(&stage, i, i);
    const uint64_t taken = entrain__memory_taken();
    run(&stage, 5);
    assert_int_equal(entrain__memory_taken(), taken);
    entrain_engine_memory memory;
    entrain_engine_measure(stage.engine, &memory);
    assert_int_equal(memory.mailboxes, 0);
    assert_true(memory.messages > 150 * 4 * (64 + 16 + 64));
    entrain_engine_destroy(stage.engine);

    uint64_t n = 1;
    for (bool refused = true; refused; n++) {
        entrain_error error = {0};
        entrain_engine *engine;
        entrain_population *population;
        entrain_engine_config config = entrain_engine_config_defaults();
        config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
        config.cohort_weight = 64;
        CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
        entrain_engine_sign_order(engine, true);
        const entrain_behavior behavior = {
            .name = "idle", .inbox = 1, .sends_max = 1, .timers_max = 2, .receive = idle};
        CHECK_OK(entrain_engine_add(engine, &behavior, NULL, 100, &population, &error), error);
        entrain__memory_fail_at(n);
        const entrain_status status = entrain_engine_start(engine, &error);
        entrain__memory_fail_at(0);
        refused = status != ENTRAIN_OK;
        if (refused)
            assert_int_equal(status, ENTRAIN_NO_MEMORY);
        entrain_engine_destroy(engine);
    }
    assert_true(n > 12);
    assert_int_equal(entrain__memory_live(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phold_is_that_of_the_naive_simulator),
        cmocka_unit_test(whatever_actors_do_it_is_as_in_the_naive_simulator),
        cmocka_unit_test(a_cascade_happens_in_rounds_of_one_time),
        cmocka_unit_test(where_windows_begin_does_not_show),
        cmocka_unit_test(what_finds_no_room_goes_where_its_policy_says),
        cmocka_unit_test(hundreds_at_one_instant_come_in_batches),
        cmocka_unit_test(who_is_interrupted_goes_on_as_if_nothing_had_been),
        cmocka_unit_test(a_window_without_end_can_be_left),
        cmocka_unit_test(between_runs_actors_are_told_and_end_and_begin),
        cmocka_unit_test(what_virtual_time_does_not_know_is_refused),
        cmocka_unit_test(who_sends_more_than_it_declared_ends_the_run),
        cmocka_unit_test(every_allocation_may_fail_and_a_run_makes_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
