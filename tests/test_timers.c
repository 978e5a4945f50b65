// Delayed messages in lockstep: when they come, in which order, how many, and what becomes of those that
// never do.
#include "check.h"

#include <math.h>

#include "entrain/engine.h"
#include "entrain/random.h"
#include "message_count_check.h"

enum { KIND_GO = ENTRAIN_KIND_USER, KIND_RING, KIND_MAIL, KIND_LOOK };
static const entrain_payload nothing = {0};

static entrain_payload number(uint64_t u64) { return (entrain_payload){.u64 = u64}; }

static void advance(entrain_engine *engine, uint64_t ticks) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(engine, ticks, &error), error);
}

static void go(entrain_population *population, entrain_engine *engine, uint32_t index) {
    assert_int_equal(
        entrain_engine_tell(engine, entrain_population_id(population, index), KIND_GO, 0, nothing, nothing),
        ENTRAIN_OK);
}

// --- One actor, or a few, that do what `act` says on KIND_GO, and write down all they get

enum { LOG_MAX = 512, PEOPLE = 4 };

typedef struct heard {
    uint32_t who;
    uint64_t tick, number;
    uint16_t kind;
} heard;

typedef struct home {
    entrain_engine *engine;
    entrain_population *people;
    void (*act)(struct home *house, entrain_self *self);
    heard log[LOG_MAX];
    uint32_t count, calls;
    uint64_t undelivered;
    entrain_timer timer;
} home;

static entrain_status live(entrain_self *self, const entrain_message *messages, uint32_t count) {
    home *house = self->context;
    house->calls++;
    house->undelivered += self->undelivered;
    assert_true(self->time_s == (double)self->tick * 0.01);
    for (uint32_t m = 0; m < count; m++) {
        assert_true(house->count < LOG_MAX);
        house->log[house->count++] =
            (heard){self->index, self->tick, messages[m].payload[0].u64, messages[m].kind};
        if (messages[m].kind == KIND_GO)
            house->act(house, self);
    }
    return ENTRAIN_OK;
}

static void house_open(home *house, void (*act)(struct home *, entrain_self *), entrain_overflow overflow,
                       uint32_t inbox, uint32_t timers_max) {
    entrain_error error = {0};
    *house = (struct home){.act = act};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.overflow = overflow;
    config.overflow_named = true;
    config.scheduler.worker_count = 1;
    config.layout = ENTRAIN_LAYOUT_SHUFFLED;
    CHECK_OK(entrain_engine_create(&config, &house->engine, &error), error);
    const entrain_behavior behavior = {
        .name = "person", .sends_max = 300, .inbox = inbox, .timers_max = timers_max, .receive = live};
    CHECK_OK(entrain_engine_add(house->engine, &behavior, house, PEOPLE, &house->people, &error), error);
    CHECK_OK(entrain_engine_start(house->engine, &error), error);
}

static void check_log(const home *house, uint32_t first, uint32_t count, const heard *wanted) {
    assert_int_equal(house->count, first + count);
    for (uint32_t i = 0; i < count; i++) {
        const heard *got = &house->log[first + i];
        if (got->who != wanted[i].who || got->tick != wanted[i].tick || got->number != wanted[i].number ||
            got->kind != wanted[i].kind)
            fail_msg("entry %u is %u of kind %u at %u in tick %u; expected %u of kind %u at %u in tick %u", i,
                     (unsigned)got->number, got->kind, got->who, (unsigned)got->tick,
                     (unsigned)wanted[i].number, wanted[i].kind, wanted[i].who, (unsigned)wanted[i].tick);
    }
}

static void after(entrain_self *self, double delay_s, uint64_t n) {
    assert_int_equal(entrain_send_after(self, delay_s, self->id, KIND_RING, 0, number(n), nothing, NULL),
                     ENTRAIN_OK);
}

static void set_many(home *house, entrain_self *self) {
    (void)house;
    after(self, 0.05, 1);
    after(self, 0, 2); // the next tick
    after(self, 0.049, 3);
    after(self, 0.0401, 4); // all of the fifth
    assert_int_equal(entrain_send_after_ticks(self, 5, self->id, KIND_RING, 0, number(5), nothing, NULL),
                     ENTRAIN_OK);
    assert_int_equal(entrain_send_after_ticks(self, 0, self->id, KIND_RING, 0, number(6), nothing, NULL),
                     ENTRAIN_OK);
    assert_int_equal(
        entrain_send_at(self, self->time_s + 0.03, self->id, KIND_RING, 0, number(7), nothing, NULL),
        ENTRAIN_OK);
    assert_int_equal(entrain_send(self, self->id, KIND_MAIL, 0, number(8), nothing), ENTRAIN_OK);
}

static void timers_come_when_their_time_has_come(void **state) {
    (void)state;
    for (uint64_t begin = 0; begin < 300; begin += 37) { // whatever decimals do there
        home house;
        house_open(&house, set_many, ENTRAIN_OVERFLOW_FAIL, 1, 8);
        advance(house.engine, begin);
        go(house.people, house.engine, 2);
        advance(house.engine, 10);
        const uint64_t t = begin;
        check_log(&house, 0, 9,
                  (const heard[]){{2, t, 0, KIND_GO},
                                  {2, t + 1, 2, KIND_RING}, // before mail, and they took no room from it
                                  {2, t + 1, 6, KIND_RING},
                                  {2, t + 1, 8, KIND_MAIL},
                                  {2, t + 3, 7, KIND_RING},
                                  {2, t + 5, 4, KIND_RING}, // by time, then as registered
                                  {2, t + 5, 3, KIND_RING},
                                  {2, t + 5, 1, KIND_RING},
                                  {2, t + 5, 5, KIND_RING}});
        assert_int_equal(house.calls, 1 + 2 + 1 + 1);
        CHECK_COUNT(house.engine, .sent = 9, .received = 9);
        entrain_engine_destroy(house.engine);
    }
}

// Decimal fractions do not add up in binary; a period of three ticks is three ticks all the same.
static void again(home *house, entrain_self *self) {
    (void)house;
    assert_int_equal(entrain_send_after(self, 0.03, self->id, KIND_GO, 0, nothing, nothing, NULL),
                     ENTRAIN_OK);
}
static void a_period_of_three_ticks_is_three_ticks(void **state) {
    (void)state;
    home house;
    house_open(&house, again, ENTRAIN_OVERFLOW_FAIL, 1, 1);
    go(house.people, house.engine, 0);
    advance(house.engine, 1200);
    assert_int_equal(house.count, 400);
    for (uint32_t i = 0; i < house.count; i++)
        assert_int_equal(house.log[i].tick, 3 * i);
    CHECK_COUNT(house.engine, .sent = 401, .received = 400, .queued = 1);
    entrain_engine_destroy(house.engine);
}

static void refuse(home *house, entrain_self *self) {
    (void)house;
    const entrain_payload p = nothing;
    const double bad[] = {-1, NAN, INFINITY, -INFINITY, -1e-300};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(entrain_send_after(self, bad[i], self->id, KIND_RING, 0, p, p, NULL),
                         ENTRAIN_INVALID);
        assert_int_equal(entrain_send_at(self, self->time_s + bad[i], self->id, KIND_RING, 0, p, p, NULL),
                         bad[i] == -1e-300 ? ENTRAIN_OK : ENTRAIN_INVALID); // 1 - 1e-300 is 1
    }
    assert_int_equal(entrain_send_at(self, self->time_s - 0.001, self->id, KIND_RING, 0, p, p, NULL),
                     ENTRAIN_INVALID);
    assert_int_equal(entrain_send_after_ticks(self, UINT64_MAX, self->id, KIND_RING, 0, p, p, NULL),
                     ENTRAIN_INVALID);
    assert_int_equal(entrain_send_after(self, 1e300, self->id, KIND_RING, 0, p, p, NULL), ENTRAIN_OK);
    entrain_timer timer = 77;
    assert_int_equal(entrain_send_after(self, 1, self->id, KIND_RING, 0, p, p, &timer), ENTRAIN_FULL);
    assert_int_equal(timer, 77);
}
static void what_makes_no_sense_or_has_no_place_is_refused(void **state) {
    (void)state;
    home house;
    house_open(&house, refuse, ENTRAIN_OVERFLOW_FAIL, 1, 2);
    advance(house.engine, 100);
    go(house.people, house.engine, 1);
    advance(house.engine, 100);
    CHECK_COUNT(house.engine, .sent = 3, .received = 2, .queued = 1); // one of them in 1e300 seconds
    assert_int_equal(entrain_engine_stop_actor(house.engine, entrain_population_id(house.people, 1)),
                     ENTRAIN_OK);
    CHECK_COUNT(house.engine, .sent = 3, .received = 2, .cancelled = 1);
    entrain_engine_destroy(house.engine);
}

static void without_timers_max(home *house, entrain_self *self) {
    (void)house;
    assert_int_equal(entrain_send_after(self, 1, self->id, KIND_RING, 0, nothing, nothing, NULL),
                     ENTRAIN_FULL);
    assert_int_equal(entrain_cancel(self, 1), ENTRAIN_STALE);
    for (uint32_t i = 0; i < 300; i++)
        assert_int_equal(entrain_send(self, self->id, KIND_RING, 0, nothing, nothing), ENTRAIN_OK);
    assert_int_equal(entrain_send_after(self, 1, self->id, KIND_RING, 0, nothing, nothing, NULL),
                     ENTRAIN_LIMIT);
}
static void one_too_many(home *house, entrain_self *self) {
    (void)house;
    for (uint32_t i = 0; i < 300; i++)
        after(self, 1, i);
    assert_int_equal(entrain_send(self, self->id, KIND_RING, 0, nothing, nothing), ENTRAIN_LIMIT);
}
static void timers_are_declared_and_are_sends(void **state) {
    (void)state;
    entrain_error error = {0};
    home house;
    house_open(&house, one_too_many, ENTRAIN_OVERFLOW_FAIL, 1, 301);
    go(house.people, house.engine, 2);
    CHECK_REFUSED(entrain_engine_advance(house.engine, 3, &error), ENTRAIN_LIMIT, error,
                  "Actor 2 of \"person\" sent more than the 300 messages");
    entrain_engine_destroy(house.engine);

    house_open(&house, without_timers_max, ENTRAIN_OVERFLOW_FAIL, 1, 0);
    go(house.people, house.engine, 3);
    CHECK_REFUSED(entrain_engine_advance(house.engine, 3, &error), ENTRAIN_LIMIT, error,
                  "Actor 3 of \"person\" sent more than the 300 messages");
    entrain_engine_destroy(house.engine);

    entrain_engine_config config = entrain_engine_config_defaults();
    CHECK_OK(entrain_engine_create(&config, &house.engine, &error), error);
    entrain_behavior behavior = {
        .name = "late", .sends_max = 1, .inbox = 1, .timers_max = 65536, .receive = live};
    CHECK_REFUSED(entrain_engine_add(house.engine, &behavior, NULL, 1, &house.people, &error),
                  ENTRAIN_INVALID, error, "\"late\" declares 65536 timers");
    behavior.sends_max = 0;
    behavior.timers_max = 1;
    CHECK_REFUSED(entrain_engine_add(house.engine, &behavior, NULL, 1, &house.people, &error),
                  ENTRAIN_INVALID, error, "timers are sends");
    entrain_engine_destroy(house.engine);
}

static void set_and_cancel(home *house, entrain_self *self) {
    if (house->calls == 1) {
        assert_int_equal(
            entrain_send_after_ticks(self, 3, self->id, KIND_RING, 0, number(1), nothing, &house->timer),
            ENTRAIN_OK);
        entrain_timer other;
        assert_int_equal(entrain_send_after_ticks(self, 3, entrain_population_id(house->people, 0), KIND_MAIL,
                                                  0, number(2), nothing, &other),
                         ENTRAIN_OK);
        assert_int_equal(entrain_cancel(self, other), ENTRAIN_OK);
        assert_int_equal(entrain_cancel(self, other), ENTRAIN_STALE);
        assert_int_equal(entrain_cancel(self, 0), ENTRAIN_STALE);
        assert_int_equal(entrain_cancel(self, UINT64_MAX), ENTRAIN_STALE);
    } else {
        assert_int_equal(entrain_cancel(self, house->timer), house->calls == 2 ? ENTRAIN_OK : ENTRAIN_STALE);
    }
}
static void what_is_cancelled_does_not_come(void **state) {
    (void)state;
    for (uint64_t wait = 1; wait <= 4; wait++) {
        home house;
        house_open(&house, set_and_cancel, ENTRAIN_OVERFLOW_FAIL, 1, 2);
        go(house.people, house.engine, 1);
        advance(house.engine, wait);
        go(house.people, house.engine, 1);
        advance(house.engine, 5);
        // In the tick in which it rings it has been handed over before the mail that would cancel it.
        if (wait < 3)
            CHECK_COUNT(house.engine, .sent = 4, .received = 2, .cancelled = 2);
        else
            CHECK_COUNT(house.engine, .sent = 4, .received = 3, .cancelled = 1);
        entrain_engine_destroy(house.engine);
    }
}

// More than a batch at once, and what an earlier call wants to cancel has been taken out already.
static void set_hundreds(home *house, entrain_self *self) {
    for (uint32_t i = 0; i < 250; i++)
        after(self, 0.02, i);
    (void)house;
}
static void hundreds_at_once_come_in_batches(void **state) {
    (void)state;
    home house;
    house_open(&house, set_hundreds, ENTRAIN_OVERFLOW_FAIL, 1, 250);
    go(house.people, house.engine, 1);
    advance(house.engine, 3);
    assert_int_equal(house.count, 251);
    assert_int_equal(house.calls, 4);
    for (uint32_t i = 0; i < 250; i++)
        assert_int_equal(house.log[i + 1].number, i);
    entrain_engine_destroy(house.engine);
}

// --- Mail for others

static void send_late(home *house, entrain_self *self) {
    const entrain_id last = entrain_population_id(house->people, PEOPLE - 1);
    const uint64_t n = self->index * 10;
    if (self->tick == 0) {
        entrain_send_after_ticks(self, 2, last, KIND_MAIL, 0, number(n + 1), nothing, NULL);
        entrain_send_after(self, 0.0199, last, KIND_MAIL, 0, number(n), nothing, NULL);
        entrain_send_after_ticks(self, 2, self->id, KIND_RING, 0, number(99), nothing, NULL);
    } else {
        entrain_send(self, last, KIND_MAIL, 0, number(n + 2), nothing);
    }
}
static const struct mail_case {
    entrain_overflow overflow;
    uint32_t inbox, count;
    uint64_t got[9];
    entrain_message_count counted;
    uint64_t undelivered;
} mail_cases[] = {
    // By sender; of one sender what was delayed first, by its time; then what was sent in the last tick.
    {ENTRAIN_OVERFLOW_FAIL, 9, 9, {0, 1, 2, 10, 11, 12, 20, 21, 22}, {0}, 0},
    {ENTRAIN_OVERFLOW_FAIL, 4, 4, {0, 1, 2, 10}, {.undeliverable = 5}, 5},
    {ENTRAIN_OVERFLOW_SHED_NEWEST, 4, 4, {0, 1, 2, 10}, {.shed = 5}, 0},
    {ENTRAIN_OVERFLOW_SHED_OLDEST, 4, 4, {12, 20, 21, 22}, {.shed = 5}, 0},
    {ENTRAIN_OVERFLOW_CONFLATE, 4, 4, {0, 1, 2, 12}, {.shed = 3, .conflated = 2}, 0},
};
static void mail_that_is_due_is_mail_like_any_other(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof mail_cases / sizeof *mail_cases; c++) {
        const struct mail_case *one = &mail_cases[c];
        home house;
        house_open(&house, send_late, one->overflow, one->inbox, 3);
        for (uint32_t round = 0; round < 2; round++) {
            for (uint32_t p = 0; p < PEOPLE - 1; p++)
                go(house.people, house.engine, p);
            advance(house.engine, 1);
        }
        CHECK_COUNT(house.engine, .sent = 18, .received = 6, .queued = 12);
        advance(house.engine, 1);
        uint32_t found = 0;
        for (uint32_t i = 0; i < house.count; i++)
            if (house.log[i].who == PEOPLE - 1) {
                assert_true(found < one->count);
                assert_int_equal(house.log[i].number, one->got[found++]);
                assert_int_equal(house.log[i].tick, 2);
            }
        assert_int_equal(found, one->count);
        CHECK_COUNT(house.engine, .sent = 18, .received = 6 + 3 + one->count, .shed = one->counted.shed,
                    .conflated = one->counted.conflated, .undeliverable = one->counted.undeliverable);
        for (uint32_t p = 0; p < PEOPLE - 1; p++)
            go(house.people, house.engine, p);
        advance(house.engine, 1);
        assert_int_equal(house.undelivered, one->undelivered);
        entrain_engine_destroy(house.engine);
    }
}

// The listener takes one a tick; who waits for room is mute, and its timers wait with it, and are not lost.
static void fill_up(home *house, entrain_self *self) {
    const entrain_id last = entrain_population_id(house->people, PEOPLE - 1);
    for (uint32_t i = 0; i < 4; i++)
        entrain_send(self, last, KIND_MAIL, 0, number(i), nothing);
    entrain_send_after_ticks(self, 2, self->id, KIND_RING, 0, number(10), nothing, NULL);
    entrain_send_after_ticks(self, 3, last, KIND_MAIL, 0, number(4), nothing, NULL);
    entrain_send_after_ticks(self, 3, self->id, KIND_RING, 0, number(11), nothing, NULL);
}
static void a_muted_actors_timers_wait(void **state) {
    (void)state;
    home house;
    house_open(&house, fill_up, ENTRAIN_OVERFLOW_BLOCK, 1, 3);
    go(house.people, house.engine, 0);
    advance(house.engine,
            4); // ticks 0 to 3: mail 0, 1, 2; the timers of ticks 2 and 3 have run out, 3 and 4 wait
    CHECK_COUNT(house.engine, .sent = 8, .received = 1 + 3, .queued = 4);
    advance(house.engine, 10);
    check_log(&house, 0, 8,
              (const heard[]){{0, 0, 0, KIND_GO},
                              {3, 1, 0, KIND_MAIL},
                              {3, 2, 1, KIND_MAIL},
                              {3, 3, 2, KIND_MAIL},
                              {3, 4, 3, KIND_MAIL}, // 4 came due at 3, and keeps its sender mute
                              {0, 5, 10, KIND_RING},
                              {0, 5, 11, KIND_RING},
                              {3, 5, 4, KIND_MAIL}});
    CHECK_COUNT(house.engine, .sent = 8, .received = 8);
    entrain_engine_destroy(house.engine);

    // Stopped while it is mute: what had run out and was not handed over is cancelled, too; what waits is
    // delivered.
    house_open(&house, fill_up, ENTRAIN_OVERFLOW_BLOCK, 1, 3);
    go(house.people, house.engine, 0);
    advance(house.engine, 3);
    assert_int_equal(entrain_engine_stop_actor(house.engine, entrain_population_id(house.people, 0)),
                     ENTRAIN_OK);
    CHECK_COUNT(house.engine, .sent = 8, .received = 1 + 2, .queued = 2, .cancelled = 3);
    advance(house.engine, 10);
    CHECK_COUNT(house.engine, .sent = 8, .received = 1 + 4, .cancelled = 3);
    entrain_engine_destroy(house.engine);
}

static void what_comes_too_late_for_its_receiver_is_told_to_its_sender(void **state) {
    (void)state;
    home house;
    house_open(&house, send_late, ENTRAIN_OVERFLOW_FAIL, 9, 3);
    go(house.people, house.engine, 1);
    advance(house.engine, 1);
    assert_int_equal(entrain_engine_stop_actor(house.engine, entrain_population_id(house.people, PEOPLE - 1)),
                     ENTRAIN_OK);
    CHECK_COUNT(house.engine, .sent = 4, .received = 1, .queued = 3);
    advance(house.engine, 4);
    CHECK_COUNT(house.engine, .sent = 4, .received = 2, .undeliverable = 2);
    assert_int_equal(house.undelivered, 2); // its own timer came in the same tick
    entrain_engine_destroy(house.engine);
}

// --- A swarm that does it all at random, against a naive simulator

enum { CROWD = 150, CROWD_INBOX = 6, CROWD_TIMERS = 5, CROWD_SENDS = 4, CROWD_TICKS = 60 };
#define QUARTER 0x1p-9 // of a tick, in seconds: sums of them are exact, so that equal times are

typedef struct member { // its column
    uint64_t chain, turns;
    uint64_t timers[2];
    uint64_t refused;
} member;

// What a member may do, in the engine and in the simulator.
typedef struct gate {
    void *world;
    uint32_t index;
    entrain_status (*send)(struct gate *port, uint32_t to, uint64_t n);
    entrain_status (*delay)(struct gate *port, double delay_s, uint32_t to, uint64_t n, uint64_t *timer);
    entrain_status (*cancel)(struct gate *port, uint64_t timer);
} gate;

static void member_turn(gate *port, member *me, uint64_t undelivered, const uint32_t *from,
                        const uint64_t *numbers, uint32_t count) {
    const entrain_random key = entrain_random_key(3, ENTRAIN_STREAM_USER);
    me->chain = me->chain * 31 + undelivered;
    for (uint32_t m = 0; m < count; m++)
        me->chain = (me->chain ^ numbers[m]) * 0x9e3779b97f4a7c15u + from[m];
    const uint64_t turn = me->turns++;
    for (uint32_t s = 0; s < CROWD_SENDS; s++) {
        const uint64_t what = entrain_random_below(key, 16, port->index, turn, 4 * s);
        const uint64_t n = me->chain % 1000003 + s;
        uint32_t to = (uint32_t)entrain_random_below(key, CROWD, port->index, turn, 4 * s + 1);
        to = what % 2 ? to : to % 7; // some are popular
        const double delay_s = QUARTER * (double)entrain_random_below(key, 40, port->index, turn, 4 * s + 2);
        entrain_status status = ENTRAIN_OK;
        if (what < 4)
            status = port->send(port, to, n);
        else if (what < 7)
            status = port->delay(port, delay_s, to, n, &me->timers[s % 2]);
        else if (what < 10)
            status = port->delay(port, delay_s, port->index, n, &me->timers[s % 2]);
        else if (what < 12)
            status = port->cancel(port, me->timers[s % 2]);
        me->refused += status != ENTRAIN_OK;
    }
}

// In the engine.
typedef struct engine_port {
    gate port;
    entrain_self *self;
    const entrain_population *crowd;
} engine_port;
static entrain_id id_of(const gate *port, uint32_t index) {
    return entrain_population_id(((const engine_port *)port->world)->crowd, index);
}
static entrain_status engine_send(gate *port, uint32_t to, uint64_t n) {
    return entrain_send(((engine_port *)port->world)->self, id_of(port, to), KIND_MAIL, 0, number(n),
                        nothing);
}
static entrain_status engine_delay(gate *port, double delay_s, uint32_t to, uint64_t n, uint64_t *timer) {
    return entrain_send_after(((engine_port *)port->world)->self, delay_s, id_of(port, to), KIND_RING, 0,
                              number(n), nothing, timer);
}
static entrain_status engine_cancel(gate *port, uint64_t timer) {
    return entrain_cancel(((engine_port *)port->world)->self, timer);
}
static entrain_status member_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    uint32_t from[ENTRAIN_BATCH_MAX];
    uint64_t numbers[ENTRAIN_BATCH_MAX];
    for (uint32_t m = 0; m < count; m++) {
        from[m] = messages[m].from;
        numbers[m] = messages[m].payload[0].u64;
    }
    engine_port port = {
        .port = {.index = self->index, .send = engine_send, .delay = engine_delay, .cancel = engine_cancel},
        .self = self,
        .crowd = *(entrain_population **)self->context};
    port.port.world = &port;
    member_turn(&port.port, self->columns[0], self->undelivered, from, numbers, count);
    return ENTRAIN_OK;
}

// The simulator: everything under way in one list, looked through for every actor in every tick. Its timers
// are named by a number, which is not the engine's: members keep them, but do not show them.
typedef struct pending {
    uint32_t from, to;
    double time_s;
    uint64_t order, number, name;
    bool plain, alive;
} pending;
typedef struct naive {
    pending list[65536];
    uint32_t count;
    uint64_t tick, orders, names;
    member members[CROWD];
    uint64_t undelivered[CROWD];
    entrain_message_count counted;
} naive;

static entrain_status naive_add(naive *world, uint32_t from, uint32_t to, double time_s, uint64_t n,
                                bool plain) {
    assert_true(world->count < sizeof world->list / sizeof *world->list);
    world->list[world->count++] =
        (pending){from, to, time_s, ++world->orders, n, ++world->names, plain, true};
    world->counted.sent++;
    return ENTRAIN_OK;
}
static entrain_status naive_send(gate *port, uint32_t to, uint64_t n) {
    naive *world = port->world;
    return naive_add(world, port->index, to, (double)world->tick * 4 * QUARTER, n, true);
}
static entrain_status naive_delay(gate *port, double delay_s, uint32_t to, uint64_t n, uint64_t *timer) {
    naive *world = port->world;
    uint32_t taken = 0;
    for (uint32_t i = 0; i < world->count; i++)
        taken += world->list[i].alive && !world->list[i].plain && world->list[i].from == port->index;
    if (taken == CROWD_TIMERS)
        return ENTRAIN_FULL;
    naive_add(world, port->index, to, (double)world->tick * 4 * QUARTER + delay_s, n, false);
    *timer = world->names;
    return ENTRAIN_OK;
}
static entrain_status naive_cancel(gate *port, uint64_t timer) {
    naive *world = port->world;
    for (uint32_t i = 0; i < world->count; i++)
        if (world->list[i].alive && world->list[i].name == timer && world->list[i].from == port->index) {
            world->list[i].alive = false;
            world->counted.cancelled++;
            return ENTRAIN_OK;
        }
    return ENTRAIN_STALE;
}

static int notices_first(const void *left, const void *right) {
    const pending *a = left, *b = right;
    const bool own_a = a->from == a->to && !a->plain, own_b = b->from == b->to && !b->plain;
    if (own_a != own_b)
        return own_a ? -1 : 1;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->plain != b->plain)
        return a->plain ? 1 : -1;
    if (!a->plain && a->time_s != b->time_s)
        return a->time_s < b->time_s ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static void naive_tick(naive *world) {
    static pending due[CROWD][512];
    uint32_t counts[CROWD] = {0}, kept = 0;
    for (uint32_t i = 0; i < world->count; i++) {
        const pending *one = &world->list[i];
        if (!one->alive)
            continue;
        if (one->plain || one->time_s <= (double)world->tick * 4 * QUARTER) {
            assert_true(counts[one->to] < 512);
            due[one->to][counts[one->to]++] = *one;
        } else {
            world->list[kept++] = *one;
        }
    }
    world->count = kept;
    uint64_t told[CROWD];
    memcpy(told, world->undelivered, sizeof told);
    memset(world->undelivered, 0, sizeof world->undelivered);
    for (uint32_t a = 0; a < CROWD; a++) {
        qsort(due[a], counts[a], sizeof **due, notices_first);
        uint32_t from[512], notices = 0, mail = 0;
        uint64_t numbers[512];
        for (uint32_t m = 0; m < counts[a]; m++) {
            const pending *one = &due[a][m];
            const bool notice = one->from == one->to && !one->plain;
            if (!notice && mail == CROWD_INBOX) {
                world->counted.undeliverable++;
                world->undelivered[one->from]++;
                continue;
            }
            from[notices + mail] = 1u << ENTRAIN_ID_INDEX_BITS | one->from;
            numbers[notices + mail] = one->number;
            *(notice ? &notices : &mail) += 1;
        }
        world->counted.received += notices + mail;
        gate port = {world, a, naive_send, naive_delay, naive_cancel};
        if (notices > 0)
            member_turn(&port, &world->members[a], told[a], from, numbers, notices);
        if (mail > 0)
            member_turn(&port, &world->members[a], notices > 0 ? 0 : told[a], from + notices,
                        numbers + notices, mail);
        if (notices + mail == 0)
            world->undelivered[a] += told[a];
    }
    world->tick++;
}

static void the_swarm_is_that_of_the_naive_simulator(void **state) {
    (void)state;
    static naive world;
    memset(&world, 0, sizeof world);
    // What begins it all comes from outside: nobody's message.
    for (uint32_t a = 0; a < CROWD; a += 3) {
        member *me = &world.members[a];
        gate port = {&world, a, naive_send, naive_delay, naive_cancel};
        const uint32_t from = 0;
        const uint64_t n = a;
        world.counted.sent++;
        world.counted.received++;
        member_turn(&port, me, 0, &from, &n, 1);
    }
    world.tick = 1;
    for (uint64_t t = 1; t < CROWD_TICKS; t++)
        naive_tick(&world);
    assert_true(world.counted.sent > 10000 && world.counted.cancelled > 500 &&
                world.counted.undeliverable > 500);

    static const char *const policies[] = {"steal", "static", "serial", "dataflow", "guided", "shared"};
    for (uint32_t variant = 0; variant < 12; variant++) {
        entrain_error error = {0};
        entrain_engine *engine;
        entrain_population *crowd;
        entrain_engine_config config = entrain_engine_config_defaults();
        config.step_s = 4 * QUARTER;
        config.scheduler.policy = policies[variant % 6];
        config.scheduler.worker_count = (const uint32_t[]){1, 2, 3, 8}[variant % 4];
        if (variant % 6 == 2)
            config.scheduler.worker_count = 1;
        config.layout = variant % 3 == 0 ? ENTRAIN_LAYOUT_SHUFFLED : ENTRAIN_LAYOUT_INDEX;
        config.cohort_weight = variant % 2 ? 64 : 0;
        CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
        const entrain_column columns[] = {{"member", sizeof(member), false, false}};
        const entrain_behavior behavior = {.name = "member",
                                           .columns = columns,
                                           .column_count = 1,
                                           .sends_max = CROWD_SENDS,
                                           .inbox = CROWD_INBOX,
                                           .timers_max = CROWD_TIMERS,
                                           .receive = member_receive};
        CHECK_OK(entrain_engine_add(engine, &behavior, &crowd, CROWD, &crowd, &error), error);
        CHECK_OK(entrain_engine_start(engine, &error), error);
        for (uint32_t a = 0; a < CROWD; a += 3)
            assert_int_equal(
                entrain_engine_tell(engine, entrain_population_id(crowd, a), KIND_GO, 0, number(a), nothing),
                ENTRAIN_OK);
        for (uint64_t t = 0; t < CROWD_TICKS; t++) {
            advance(engine, 1);
            (void)counted(engine);
        }
        for (uint32_t a = 0; a < CROWD; a++) {
            const member *got = entrain_population_at(crowd, a, 0), *wanted = &world.members[a];
            assert_int_equal(got->turns, wanted->turns);
            assert_int_equal(got->chain, wanted->chain);
            assert_int_equal(got->refused, wanted->refused);
        }
        const entrain_message_count count = counted(engine);
        assert_int_equal(count.sent, world.counted.sent);
        assert_int_equal(count.received, world.counted.received);
        assert_int_equal(count.cancelled, world.counted.cancelled);
        assert_int_equal(count.undeliverable, world.counted.undeliverable);
        entrain_engine_destroy(engine);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_come_when_their_time_has_come),
        cmocka_unit_test(a_period_of_three_ticks_is_three_ticks),
        cmocka_unit_test(what_makes_no_sense_or_has_no_place_is_refused),
        cmocka_unit_test(timers_are_declared_and_are_sends),
        cmocka_unit_test(what_is_cancelled_does_not_come),
        cmocka_unit_test(hundreds_at_once_come_in_batches),
        cmocka_unit_test(mail_that_is_due_is_mail_like_any_other),
        cmocka_unit_test(a_muted_actors_timers_wait),
        cmocka_unit_test(what_comes_too_late_for_its_receiver_is_told_to_its_sender),
        cmocka_unit_test(the_swarm_is_that_of_the_naive_simulator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
