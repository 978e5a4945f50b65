// What a full mailbox does, case by case: every policy, for observations and for general messages, with all
// counts derived by hand. Random cases against a plain model are test_overflow_model's.
#include "check.h"

#include "entrain/swarm.h"

enum { KIND_GO = ENTRAIN_KIND_USER, KIND_NUDGE, KIND_A, KIND_B };

static const entrain_payload nothing = {.i64 = 0};

static entrain_message_count counted(const entrain_engine *engine) {
    entrain_message_count count;
    entrain_engine_count(engine, &count);
    if (entrain_message_count_residual(&count) != 0)
        fail_msg("%lld messages unaccounted for", (long long)entrain_message_count_residual(&count));
    return count;
}

// Where all messages went: every number is given.
#define CHECK_COUNT(engine, ...)                                                                             \
    do {                                                                                                     \
        const entrain_message_count got = counted(engine), due = {__VA_ARGS__};                              \
        assert_int_equal(got.sent, due.sent);                                                                \
        assert_int_equal(got.received, due.received);                                                        \
        assert_int_equal(got.queued, due.queued);                                                            \
        assert_int_equal(got.shed, due.shed);                                                                \
        assert_int_equal(got.conflated, due.conflated);                                                      \
        assert_int_equal(got.undeliverable, due.undeliverable);                                              \
        assert_int_equal(got.lost + got.cancelled, 0);                                                       \
    } while (0)

// --- Observations: actor 0 hears 1, then 2 three times, then 3, with weights 1, 2, 4, 8, 16

enum { SPEAKERS = 4, ARCS = 5, TICKS = 3 };
static const entrain_edge arcs[ARCS] = {{1, 0, 1}, {2, 0, 2}, {2, 0, 4}, {2, 0, 8}, {3, 0, 16}};

typedef struct ears {
    uint32_t words, heard;
    double sums[ENTRAIN_WORDS_MAX];
} ears;

// A multiple of 2^24, so that no weight rounds it.
static int64_t word_of(uint32_t index, uint32_t word, uint64_t tick) {
    return (int64_t)((index + 1) * 1009 + (word + 1) * 31 + tick % 3) * (word % 2 ? -1 : 1) * (1 << 24);
}
static void publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    (void)stage;
    const ears *all = range->context;
    for (uint32_t k = 0; k < range->count; k++)
        for (uint32_t w = 0; w < all->words; w++)
            words_out[(size_t)k * all->words + w] = word_of(range->indices[k], w, range->tick);
}
static void step(const entrain_range *range, uint32_t stage) {
    (void)stage;
    ears *all = range->context;
    for (uint32_t k = 0; k < range->count; k++)
        if (range->indices[k] == 0) {
            all->heard = range->heard[k];
            for (uint32_t w = 0; w < all->words; w++)
                all->sums[w] = (double)range->sums[(size_t)k * all->words + w] * range->sum_unit;
        }
}

static entrain_status hall_open(entrain_engine_config config, ears *all, bool weighted,
                                entrain_engine **engine_out, entrain_population **population_out,
                                entrain_error *error_out) {
    entrain_error error = {0};
    entrain_topology *topology;
    CHECK_OK(entrain_topology_from_edges(SPEAKERS, arcs, ARCS, true, weighted, &topology, &error), error);
    CHECK_OK(entrain_engine_create(&config, engine_out, &error), error);
    const entrain_behavior behavior = {.name = "ear",
                                       .words = all->words,
                                       .exchanges = 1,
                                       .wants_heard = true,
                                       .publish = publish,
                                       .step = step};
    CHECK_OK(entrain_engine_add(*engine_out, &behavior, all, SPEAKERS, population_out, &error), error);
    CHECK_OK(entrain_engine_set_topology(*engine_out, topology, &error), error);
    entrain_topology_release(topology);
    return entrain_engine_start(*engine_out, error_out);
}

static uint32_t bits(uint32_t mask) { return (uint32_t)__builtin_popcount(mask); }

// The sums are those of the arcs in @p mask (bit a: arc a), to the last bit.
static void check_heard(const ears *all, uint32_t mask, bool weighted, uint64_t tick) {
    assert_int_equal(all->heard, bits(mask));
    for (uint32_t w = 0; w < all->words; w++) {
        double sum = 0;
        for (uint32_t a = 0; a < ARCS; a++)
            if (mask >> a & 1)
                sum += (double)word_of(arcs[a].from, w, tick) * (weighted ? arcs[a].weight : 1);
        assert_true(all->sums[w] == sum * 0x1p-44);
    }
}

typedef struct observation_case {
    uint32_t words, asked, got;
    struct {
        uint32_t remain; // arcs: 1 is that of speaker 1; 2, 4, 8 of speaker 2; 16 of speaker 3
        uint32_t undeliverable, shed, conflated; // observations of five
    } fate[ENTRAIN_OVERFLOW_COUNT];
} observation_case;

static const observation_case observation_cases[] = {
    // 2 words, one message: 1, 3 or all 5 fit. fail, shed-newest, shed-oldest, conflate, block
    {2, 1, 1, {{1, 4, 0, 0}, {1, 0, 4, 0}, {16, 0, 4, 0}, {1, 0, 4, 0}, {31, 0, 0, 0}}},
    {2, 2, 3, {{7, 2, 0, 0}, {7, 0, 2, 0}, {28, 0, 2, 0}, {11, 0, 1, 1}, {31, 0, 0, 0}}},
    {2, 3, 3, {{7, 2, 0, 0}, {7, 0, 2, 0}, {28, 0, 2, 0}, {11, 0, 1, 1}, {31, 0, 0, 0}}},
    {2, 4, 7, {{31, 0, 0, 0}, {31, 0, 0, 0}, {31, 0, 0, 0}, {31, 0, 0, 0}, {31, 0, 0, 0}}},
    // 5 words, three messages, all or none: 1, 2 (of 7 places 6) or all 5 fit
    {5, 3, 3, {{1, 4, 0, 0}, {1, 0, 4, 0}, {16, 0, 4, 0}, {1, 0, 4, 0}, {31, 0, 0, 0}}},
    {5, 7, 7, {{3, 3, 0, 0}, {3, 0, 3, 0}, {24, 0, 3, 0}, {9, 0, 1, 2}, {31, 0, 0, 0}}},
    {5, 8, 15, {{31, 0, 0, 0}, {31, 0, 0, 0}, {31, 0, 0, 0}, {31, 0, 0, 0}, {31, 0, 0, 0}}},
};

static void every_observation_goes_where_its_policy_says(void **state) {
    (void)state;
    entrain_error error = {0};
    for (size_t c = 0; c < sizeof observation_cases / sizeof *observation_cases; c++)
        for (int variant = 0; variant < ENTRAIN_OVERFLOW_COUNT * 4; variant++) {
            const observation_case *one = &observation_cases[c];
            const int overflow = variant / 4;
            const bool weighted = variant % 2;
            const uint32_t parts = (one->words + 1) / 2 * TICKS, remain = one->fate[overflow].remain;
            entrain_engine_config config = entrain_engine_config_defaults();
            config.mailbox_capacity = one->asked;
            config.overflow = (entrain_overflow)overflow;
            config.overflow_named = true;
            config.layout = variant / 2 % 2 ? ENTRAIN_LAYOUT_SHUFFLED : ENTRAIN_LAYOUT_INDEX;
            ears all = {.words = one->words};
            entrain_engine *engine;
            entrain_population *population;
            CHECK_OK(hall_open(config, &all, weighted, &engine, &population, &error), error);
            assert_int_equal(entrain_engine_mailbox_capacity_max(engine), one->got);
            for (uint64_t tick = 0; tick < TICKS; tick++) {
                CHECK_OK(entrain_engine_advance(engine, 1, &error), error);
                check_heard(&all, remain, weighted, tick);
            }
            CHECK_COUNT(engine, .sent = ARCS * parts, .received = bits(remain) * parts,
                        .undeliverable = one->fate[overflow].undeliverable * parts,
                        .shed = one->fate[overflow].shed * parts,
                        .conflated = one->fate[overflow].conflated * parts);
            assert_int_equal(entrain_engine_observations(engine), bits(remain) * TICKS);
            entrain_engine_destroy(engine);
        }
}

// The dead are silent: they send nothing that could be shed. What remains is 1, then 3, and one fits.
static void who_was_stopped_takes_no_room(void **state) {
    (void)state;
    entrain_error error = {0};
    static const uint32_t remain[ENTRAIN_OVERFLOW_COUNT] = {1, 1, 16, 1, 17};
    for (int overflow = 0; overflow < ENTRAIN_OVERFLOW_COUNT; overflow++) {
        entrain_engine_config config = entrain_engine_config_defaults();
        config.mailbox_capacity = 1;
        config.overflow = (entrain_overflow)overflow;
        config.overflow_named = true;
        ears all = {.words = 2};
        entrain_engine *engine;
        entrain_population *population;
        CHECK_OK(hall_open(config, &all, true, &engine, &population, &error), error);
        assert_int_equal(entrain_engine_stop_actor(engine, entrain_population_id(population, 2)), ENTRAIN_OK);
        CHECK_OK(entrain_engine_advance(engine, 1, &error), error);
        check_heard(&all, remain[overflow], true, 0);
        CHECK_COUNT(engine, .sent = 2, .received = bits(remain[overflow]),
                    .undeliverable = overflow == ENTRAIN_OVERFLOW_FAIL,
                    .shed = overflow != ENTRAIN_OVERFLOW_FAIL && overflow != ENTRAIN_OVERFLOW_BLOCK);
        entrain_engine_destroy(engine);
    }
}

static void a_mailbox_that_holds_no_whole_observation_is_refused(void **state) {
    (void)state;
    entrain_error error = {0};
    for (int overflow = 0; overflow < ENTRAIN_OVERFLOW_COUNT; overflow++)
        for (uint32_t words = 1; words <= ENTRAIN_WORDS_MAX; words++)
            for (uint32_t asked = 1; asked <= 4; asked++) {
                static const uint32_t got[] = {0, 1, 3, 3, 7};
                entrain_engine_config config = entrain_engine_config_defaults();
                config.mailbox_capacity = asked;
                config.overflow = (entrain_overflow)overflow;
                config.overflow_named = true;
                ears all = {.words = words};
                entrain_engine *engine;
                entrain_population *population;
                entrain_status status = hall_open(config, &all, false, &engine, &population, &error);
                if (got[asked] >= (words + 1) / 2) {
                    CHECK_OK(status, error);
                } else {
                    CHECK_REFUSED(status, ENTRAIN_INVALID, error, "takes all of them or none");
                }
                entrain_engine_destroy(engine);
            }
}

// --- Swarms: block loses nothing, and a complete graph's field always has room

static entrain_swarm *swarm_of(entrain_swarm_config config) {
    entrain_error error = {0};
    entrain_swarm *swarm;
    CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
    CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), 20, &error), error);
    return swarm;
}

static void block_hears_what_publish_hears_bit_for_bit(void **state) {
    (void)state;
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = 200;
    config.topology.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
    config.model.normalise = ENTRAIN_NORMALISE_HEARD;
    config.engine.cohort_weight = 64;
    for (int weighted = 0; weighted < 2; weighted++) {
        config.topology.weight_low = weighted ? -0.7 : 1;
        config.topology.weight_high = weighted ? 1.3 : 1;
        config.engine.transport = ENTRAIN_TRANSPORT_PUBLISH;
        config.engine.overflow_named = false;
        config.engine.mailbox_capacity = 0;
        entrain_swarm *published = swarm_of(config);
        uint64_t wanted = entrain_engine_fingerprint(entrain_swarm_engine(published));
        config.engine.transport = ENTRAIN_TRANSPORT_MAILBOX;
        config.engine.overflow = ENTRAIN_OVERFLOW_BLOCK;
        config.engine.overflow_named = true;
        for (config.engine.mailbox_capacity = 1; config.engine.mailbox_capacity < 16;
             config.engine.mailbox_capacity += 3) {
            config.engine.scheduler.worker_count = 1 + config.engine.mailbox_capacity % 3;
            entrain_swarm *blocked = swarm_of(config);
            entrain_engine *engine = entrain_swarm_engine(blocked);
            assert_int_equal(entrain_engine_fingerprint(engine), wanted);
            const uint64_t all = 20 * 4 * 200 * 8; // ticks, exchanges, actors, neighbours
            CHECK_COUNT(engine, .sent = all, .received = all);
            entrain_swarm_destroy(blocked);
        }
        entrain_swarm_destroy(published);
    }
}

static void the_field_of_a_complete_graph_always_has_room(void **state) {
    (void)state;
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = 50;
    config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    entrain_swarm *free_one = swarm_of(config);
    config.engine.mailbox_capacity = 1;
    config.engine.overflow_named = true;
    for (int overflow = 0; overflow < ENTRAIN_OVERFLOW_COUNT; overflow++) {
        config.engine.overflow = (entrain_overflow)overflow;
        entrain_swarm *swarm = swarm_of(config);
        assert_int_equal(entrain_engine_fingerprint(entrain_swarm_engine(swarm)),
                         entrain_engine_fingerprint(entrain_swarm_engine(free_one)));
        CHECK_COUNT(entrain_swarm_engine(swarm), .sent = 20 * 4 * 50, .received = 20 * 4 * 50);
        entrain_swarm_destroy(swarm);
    }
    entrain_swarm_destroy(free_one);
}

// --- General messages: on GO three talkers send A, B, A to one listener

enum { TALKERS = 3, LOG_MAX = 8192 };

typedef struct talk_room {
    entrain_engine *engine;
    entrain_population *talkers, *listeners;
    entrain_id listener;
    uint32_t said, log[LOG_MAX];        // by the listener: payload
    uint32_t calls[TALKERS];            // bit t: called in tick t
    uint32_t undelivered[TALKERS], fan; // told so far; letters on GO
} talk_room;

static entrain_status talker_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    talk_room *room = self->context;
    room->calls[self->index] |= 1u << self->tick;
    room->undelivered[self->index] += (uint32_t)self->undelivered;
    bool go = false; // once, however many there are
    for (uint32_t m = 0; m < count; m++)
        go |= messages[m].kind == KIND_GO;
    for (uint32_t o = 0; o < room->fan && go; o++)
        entrain_send(self, room->listener, o % 2 ? KIND_B : KIND_A, 0,
                     (entrain_payload){.u64 = 10 * self->index + o}, nothing);
    return ENTRAIN_OK;
}
static entrain_status listener_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    talk_room *room = self->context;
    for (uint32_t m = 0; m < count; m++) {
        assert_true(room->said < LOG_MAX);
        room->log[room->said++] = (uint32_t)messages[m].payload[0].u64;
    }
    return ENTRAIN_OK;
}

// The listener's inbox takes @p inbox messages; or all mailboxes @p capacity, where that is not 0.
static void room_open(talk_room *room, entrain_overflow overflow, uint32_t inbox, uint32_t capacity,
                      int variant) {
    entrain_error error = {0};
    *room = (talk_room){.fan = 3};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.overflow = overflow;
    config.overflow_named = true;
    config.mailbox_capacity = capacity;
    config.cohort_weight = 64;
    config.layout = variant % 2 ? ENTRAIN_LAYOUT_SHUFFLED : ENTRAIN_LAYOUT_INDEX;
    config.scheduler.worker_count = 1 + (uint32_t)variant;
    CHECK_OK(entrain_engine_create(&config, &room->engine, &error), error);
    const entrain_behavior talker = {.name = "talker", .sends_max = 3, .inbox = 8, .receive = talker_receive};
    const entrain_behavior listener = {.name = "listener", .inbox = inbox, .receive = listener_receive};
    CHECK_OK(entrain_engine_add(room->engine, &talker, room, TALKERS, &room->talkers, &error), error);
    CHECK_OK(entrain_engine_add(room->engine, &listener, room, 1, &room->listeners, &error), error);
    CHECK_OK(entrain_engine_start(room->engine, &error), error);
    room->listener = entrain_population_id(room->listeners, 0);
}

static void tell_all(talk_room *room, uint16_t kind) {
    for (uint32_t t = 0; t < TALKERS; t++)
        assert_int_equal(entrain_engine_tell(room->engine, entrain_population_id(room->talkers, t), kind, 0,
                                             nothing, nothing),
                         ENTRAIN_OK);
}

static void advance(entrain_engine *engine, uint64_t ticks) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(engine, ticks, &error), error);
}

static void check_log(const talk_room *room, uint32_t count, const uint32_t *log) {
    assert_int_equal(room->said, count);
    assert_memory_equal(room->log, log, count * sizeof *log);
}

// Letters come as 0 1 2, 10 11 12, 20 21 22; the odd ones are of kind B.
static const struct letter_case {
    entrain_overflow overflow;
    uint32_t inbox, capacity;
    uint32_t log_count, log[9], shed, conflated, told[TALKERS];
} letter_cases[] = {
    {ENTRAIN_OVERFLOW_FAIL, 1, 0, 1, {0}, 0, 0, {2, 3, 3}},
    {ENTRAIN_OVERFLOW_FAIL, 4, 0, 4, {0, 1, 2, 10}, 0, 0, {0, 2, 3}},
    {ENTRAIN_OVERFLOW_FAIL, 8, 0, 8, {0, 1, 2, 10, 11, 12, 20, 21}, 0, 0, {0, 0, 1}},
    {ENTRAIN_OVERFLOW_SHED_NEWEST, 1, 0, 1, {0}, 8, 0, {0}},
    {ENTRAIN_OVERFLOW_SHED_NEWEST, 4, 0, 4, {0, 1, 2, 10}, 5, 0, {0}},
    {ENTRAIN_OVERFLOW_SHED_NEWEST, 8, 0, 8, {0, 1, 2, 10, 11, 12, 20, 21}, 1, 0, {0}},
    {ENTRAIN_OVERFLOW_SHED_OLDEST, 1, 0, 1, {22}, 8, 0, {0}},
    {ENTRAIN_OVERFLOW_SHED_OLDEST, 4, 0, 4, {12, 20, 21, 22}, 5, 0, {0}},
    {ENTRAIN_OVERFLOW_SHED_OLDEST, 8, 0, 8, {1, 2, 10, 11, 12, 20, 21, 22}, 1, 0, {0}},
    {ENTRAIN_OVERFLOW_CONFLATE, 1, 0, 1, {2}, 7, 1, {0}},           // 2 for 0; 1 is of another kind
    {ENTRAIN_OVERFLOW_CONFLATE, 2, 0, 2, {2, 1}, 6, 1, {0}},        // 2 in the place of 0
    {ENTRAIN_OVERFLOW_CONFLATE, 4, 0, 4, {0, 1, 2, 12}, 4, 1, {0}}, // 12 in the place of 10
    {ENTRAIN_OVERFLOW_CONFLATE, 8, 0, 8, {0, 1, 2, 10, 11, 12, 22, 21}, 0, 1, {0}},
    {ENTRAIN_OVERFLOW_CONFLATE, 4, 3, 3, {0, 1, 2}, 6, 0, {0}}, // a capacity that is given is what counts
    {ENTRAIN_OVERFLOW_SHED_OLDEST, 4, 2, 3, {20, 21, 22}, 6, 0, {0}},
    {ENTRAIN_OVERFLOW_FAIL, 9, 0, 9, {0, 1, 2, 10, 11, 12, 20, 21, 22}, 0, 0, {0}},
    {ENTRAIN_OVERFLOW_SHED_OLDEST, 9, 0, 9, {0, 1, 2, 10, 11, 12, 20, 21, 22}, 0, 0, {0}},
    {ENTRAIN_OVERFLOW_CONFLATE, 9, 0, 9, {0, 1, 2, 10, 11, 12, 20, 21, 22}, 0, 0, {0}},
    {ENTRAIN_OVERFLOW_BLOCK, 9, 0, 9, {0, 1, 2, 10, 11, 12, 20, 21, 22}, 0, 0, {0}},
};

static void every_general_message_goes_where_its_policy_says(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof letter_cases / sizeof *letter_cases; c++)
        for (int variant = 0; variant < 2; variant++) {
            const struct letter_case *one = &letter_cases[c];
            static talk_room room;
            room_open(&room, one->overflow, one->inbox, one->capacity, variant);
            tell_all(&room, KIND_GO);
            advance(room.engine, 1);
            CHECK_COUNT(room.engine, .sent = 12, .received = 3, .queued = 9);
            advance(room.engine, 1);
            check_log(&room, one->log_count, one->log);
            const uint32_t told = one->told[0] + one->told[1] + one->told[2];
            CHECK_COUNT(room.engine, .sent = 12, .received = 3 + one->log_count, .shed = one->shed,
                        .conflated = one->conflated, .undeliverable = told);
            tell_all(&room, KIND_NUDGE);
            advance(room.engine, 1);
            assert_memory_equal(room.undelivered, one->told, sizeof room.undelivered);
            entrain_engine_destroy(room.engine);
        }
}

static void who_has_letters_waiting_is_not_called_until_they_are_gone(void **state) {
    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        static talk_room room;
        room_open(&room, ENTRAIN_OVERFLOW_BLOCK, 4, 0, variant);
        tell_all(&room, KIND_GO);
        advance(room.engine, 1);
        tell_all(&room, KIND_NUDGE); // from now on one a tick; they wait with whoever is mute
        advance(room.engine, 1);
        // 0 1 2 10 arrived; 11 12 of talker 1 and 20 21 22 of talker 2 wait, and so do their nudges
        CHECK_COUNT(room.engine, .sent = 15, .received = 3 + 4 + 1, .queued = 5 + 2);
        tell_all(&room, KIND_NUDGE);
        advance(room.engine, 1);
        // 11 12 20 21 arrived, so talker 1 is called, with two nudges; 22 waits
        CHECK_COUNT(room.engine, .sent = 18, .received = 8 + 4 + 1 + 2, .queued = 1 + 2);
        tell_all(&room, KIND_NUDGE);
        advance(room.engine, 1);
        CHECK_COUNT(room.engine, .sent = 21, .received = 21);
        check_log(&room, 9, (const uint32_t[]){0, 1, 2, 10, 11, 12, 20, 21, 22});
        assert_int_equal(room.calls[0], 15);
        assert_int_equal(room.calls[1], 1 + 4 + 8);
        assert_int_equal(room.calls[2], 1 + 8);
        assert_int_equal(room.undelivered[0] + room.undelivered[1] + room.undelivered[2], 0);
        entrain_engine_destroy(room.engine);
    }
}

// Three senders and room for one a tick: whoever waits longest comes first, so nobody waits for ever.
static void nobody_is_starved_by_those_before_it(void **state) {
    (void)state;
    static talk_room room;
    room_open(&room, ENTRAIN_OVERFLOW_BLOCK, 1, 0, 0);
    room.fan = 1;
    for (uint32_t tick = 0; tick < 31; tick++) {
        tell_all(&room, KIND_GO);
        advance(room.engine, 1);
    }
    for (uint32_t m = 0; m < room.said; m++)
        assert_int_equal(room.log[m], m % 3 * 10);
    assert_int_equal(room.said, 30); // one a tick from the second on
    entrain_engine_destroy(room.engine);
}

static void what_comes_from_outside_waits_too_and_is_bounded(void **state) {
    (void)state;
    static talk_room room;
    room_open(&room, ENTRAIN_OVERFLOW_BLOCK, 1000, 0, 1);
    uint64_t told = 0;
    for (uint32_t tick = 0; tick < 4; tick++) {
        // 4,096 on their way at most: each tick a thousand of them arrive, and as many more can be told
        for (uint32_t t = 0; t < (tick == 0 ? 4096u : 1000u); t++, told++)
            assert_int_equal(entrain_engine_tell(room.engine, room.listener, KIND_A, 0,
                                                 (entrain_payload){.u64 = told}, nothing),
                             ENTRAIN_OK);
        assert_int_equal(entrain_engine_tell(room.engine, room.listener, KIND_A, 0, nothing, nothing),
                         ENTRAIN_FULL);
        CHECK_COUNT(room.engine, .sent = told, .received = 1000 * tick, .queued = 4096);
        advance(room.engine, 1);
        CHECK_COUNT(room.engine, .sent = told, .received = 1000 * (tick + 1), .queued = 3096);
    }
    advance(room.engine, 4);
    CHECK_COUNT(room.engine, .sent = 7096, .received = 7096);
    for (uint32_t m = 0; m < 7096; m++)
        assert_int_equal(room.log[m], m);
    entrain_engine_destroy(room.engine);
}

// --- Stopping and restarting while letters wait

static void what_a_muted_actor_sent_is_delivered_though_it_is_stopped(void **state) {
    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        static talk_room room;
        room_open(&room, ENTRAIN_OVERFLOW_BLOCK, 1, 0, variant);
        tell_all(&room, KIND_GO);
        advance(room.engine, 1);
        tell_all(&room, KIND_NUDGE);
        advance(room.engine, 1); // 0 arrived; 8 letters and 3 nudges wait: all are mute
        CHECK_COUNT(room.engine, .sent = 15, .received = 4, .queued = 11);
        entrain_id id = entrain_population_id(room.talkers, 0);
        assert_int_equal(entrain_engine_stop_actor(room.engine, id), ENTRAIN_OK); // its nudge has nobody
        CHECK_COUNT(room.engine, .sent = 15, .received = 4, .queued = 10, .undeliverable = 1);
        assert_int_equal(entrain_engine_restart_actor(room.engine, room.talkers, 0, &id), ENTRAIN_OK);
        assert_int_equal(entrain_engine_tell(room.engine, id, KIND_NUDGE, 0, nothing, nothing), ENTRAIN_OK);
        advance(room.engine, 1); // 1 arrived; 2 waits in the place of the new one, which is mute
        CHECK_COUNT(room.engine, .sent = 16, .received = 5, .queued = 7 + 1 + 1 - 1 + 2, .undeliverable = 1);
        assert_int_equal(room.calls[0], 1);
        advance(room.engine, 1); // 2 arrived, and the new one is called
        assert_int_equal(room.calls[0], 1 + 8);
        advance(room.engine, 6);
        check_log(&room, 9, (const uint32_t[]){0, 1, 2, 10, 11, 12, 20, 21, 22});
        CHECK_COUNT(room.engine, .sent = 16, .received = 15, .undeliverable = 1);
        entrain_engine_destroy(room.engine);
    }
}

static void letters_to_a_receiver_that_is_gone_wait_no_longer(void **state) {
    (void)state;
    static talk_room room;
    room_open(&room, ENTRAIN_OVERFLOW_BLOCK, 4, 0, 0);
    tell_all(&room, KIND_GO);
    advance(room.engine, 1);
    tell_all(&room, KIND_NUDGE);
    advance(room.engine, 1);
    assert_int_equal(entrain_engine_stop_actor(room.engine, room.listener), ENTRAIN_OK);
    advance(room.engine, 1); // 11 12 20 21 22 have nobody; talkers 1 and 2 get their nudges, and are told
    CHECK_COUNT(room.engine, .sent = 15, .received = 3 + 4 + 3, .undeliverable = 5);
    assert_memory_equal(room.undelivered, ((const uint32_t[TALKERS]){0, 2, 3}), sizeof room.undelivered);
    entrain_engine_destroy(room.engine);
}

// --- Circles: on GO everybody sends two messages to its target, whose inbox takes one

enum { KNOT_MAX = 16 };

typedef struct knot {
    entrain_engine *engine;
    entrain_population *lefts, *rights;
    entrain_id targets[KNOT_MAX]; // by slot
} knot;

static entrain_status knot_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    knot *all = self->context;
    entrain_id target = all->targets[self->id & ENTRAIN_ID_INDEX_MAX];
    for (uint32_t m = 0; m < count; m++)
        for (int twice = 0; twice < 2 && messages[m].kind == KIND_GO && target != ENTRAIN_ID_NONE; twice++)
            entrain_send(self, target, KIND_A, 0, nothing, nothing);
    return ENTRAIN_OK;
}

// targets by slot: the lefts' first, then the rights'; -1: sends nothing.
static void knot_tie(knot *all, uint32_t lefts, uint32_t rights, const int *targets, int variant) {
    entrain_error error = {0};
    *all = (knot){0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.overflow = ENTRAIN_OVERFLOW_BLOCK;
    config.layout = variant % 2 ? ENTRAIN_LAYOUT_SHUFFLED : ENTRAIN_LAYOUT_INDEX;
    config.scheduler.worker_count = 1 + (uint32_t)variant;
    CHECK_OK(entrain_engine_create(&config, &all->engine, &error), error);
    entrain_behavior behavior = {.name = "left", .inbox = 1, .sends_max = 2, .receive = knot_receive};
    CHECK_OK(entrain_engine_add(all->engine, &behavior, all, lefts, &all->lefts, &error), error);
    behavior.name = "right";
    if (rights > 0)
        CHECK_OK(entrain_engine_add(all->engine, &behavior, all, rights, &all->rights, &error), error);
    CHECK_OK(entrain_engine_start(all->engine, &error), error);
    for (uint32_t slot = 0; slot < lefts + rights; slot++)
        all->targets[slot] = targets[slot] < 0 ? ENTRAIN_ID_NONE
                             : (uint32_t)targets[slot] < lefts
                                 ? entrain_population_id(all->lefts, (uint32_t)targets[slot])
                                 : entrain_population_id(all->rights, (uint32_t)targets[slot] - lefts);
    for (uint32_t slot = 0; slot < lefts + rights; slot++)
        assert_int_equal(entrain_engine_tell(all->engine,
                                             slot < lefts ? entrain_population_id(all->lefts, slot)
                                                          : entrain_population_id(all->rights, slot - lefts),
                                             KIND_GO, 0, nothing, nothing),
                         ENTRAIN_OK);
}

static const struct circle_case {
    uint32_t lefts, rights;
    int targets[KNOT_MAX];
    const char *words;
} circles[] = {
    {2, 0, {1, 0}, "Actors 0 -> 1 -> 0 of \"left\" wait for each other's full mailboxes at tick 2; stop one"},
    {2,
     1,
     {2, 0, 1},
     "Actors 0 of \"left\" -> 0 of \"right\" -> 1 of \"left\" -> 0 of \"left\" wait for each other"},
    {2, 0, {-1, 1}, "Actor 1 of \"left\" waits for its own full mailbox at tick 2; stop one"},
    {6, 0, {1, 3, 3, 5, -1, 1}, "Actors 1 -> 3 -> 5 -> 1 of \"left\" wait"}, // 0 and 2 wait, but in no circle
    {12,
     0,
     {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0},
     "Actors 0 -> 1 -> 2 -> 3 -> 4 -> 5 -> 6 -> 7 -> (4 more) -> 0 of \"left\" wait"},
};

static void actors_that_wait_in_a_circle_are_named(void **state) {
    (void)state;
    entrain_error error = {0};
    for (size_t c = 0; c < sizeof circles / sizeof *circles; c++)
        for (int variant = 0; variant < 2; variant++) {
            static knot all;
            const struct circle_case *one = &circles[c];
            knot_tie(&all, one->lefts, one->rights, one->targets, variant);
            CHECK_REFUSED(entrain_engine_advance(all.engine, 100, &error), ENTRAIN_DEADLOCK, error,
                          one->words);
            counted(all.engine);
            entrain_engine_destroy(all.engine);
        }
}

// The same tick whatever the slices, nothing goes by while nothing can, and all goes on when one is stopped.
static void a_circle_is_undone_by_stopping_one_of_it(void **state) {
    (void)state;
    entrain_error error = {0};
    static knot all;
    knot_tie(&all, 2, 0, (const int[]){1, 0}, 0);
    advance(all.engine, 1);
    advance(all.engine, 1);
    uint64_t before = entrain_engine_fingerprint(all.engine);
    for (int again = 0; again < 3; again++) {
        CHECK_REFUSED(entrain_engine_advance(all.engine, 1, &error), ENTRAIN_DEADLOCK, error, "at tick 2;");
        assert_int_equal(entrain_engine_tick(all.engine), 2);
        assert_int_equal(entrain_engine_fingerprint(all.engine), before);
        CHECK_COUNT(all.engine, .sent = 6, .received = 2, .queued = 4); // one in each mailbox, one before it
    }
    assert_int_equal(entrain_engine_stop_actor(all.engine, entrain_population_id(all.lefts, 1)), ENTRAIN_OK);
    CHECK_COUNT(all.engine, .sent = 6, .received = 2, .queued = 3, .undeliverable = 1);
    advance(all.engine, 1); // 0 is mute no more, and takes in what lay in its mailbox
    CHECK_COUNT(all.engine, .sent = 6, .received = 3, .queued = 1, .undeliverable = 2);
    advance(all.engine, 1); // what the one that was stopped had sent
    CHECK_COUNT(all.engine, .sent = 6, .received = 4, .undeliverable = 2);
    entrain_engine_destroy(all.engine);
}

static void a_chain_that_ends_somewhere_moves(void **state) {
    (void)state;
    static knot all;
    knot_tie(&all, 5, 0, (const int[]){1, 2, 3, 4, -1}, 0);
    advance(all.engine, 10);
    CHECK_COUNT(all.engine, .sent = 5 + 8, .received = 5 + 8);
    entrain_engine_destroy(all.engine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_observation_goes_where_its_policy_says),
        cmocka_unit_test(who_was_stopped_takes_no_room),
        cmocka_unit_test(a_mailbox_that_holds_no_whole_observation_is_refused),
        cmocka_unit_test(block_hears_what_publish_hears_bit_for_bit),
        cmocka_unit_test(the_field_of_a_complete_graph_always_has_room),
        cmocka_unit_test(every_general_message_goes_where_its_policy_says),
        cmocka_unit_test(who_has_letters_waiting_is_not_called_until_they_are_gone),
        cmocka_unit_test(nobody_is_starved_by_those_before_it),
        cmocka_unit_test(what_comes_from_outside_waits_too_and_is_bounded),
        cmocka_unit_test(what_a_muted_actor_sent_is_delivered_though_it_is_stopped),
        cmocka_unit_test(letters_to_a_receiver_that_is_gone_wait_no_longer),
        cmocka_unit_test(actors_that_wait_in_a_circle_are_named),
        cmocka_unit_test(a_circle_is_undone_by_stopping_one_of_it),
        cmocka_unit_test(a_chain_that_ends_somewhere_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
