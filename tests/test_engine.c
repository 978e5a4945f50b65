// The actor system: ids, messages, order, overflow, stopping, memory. What a swarm of phases does is
// test_determinism's.
#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

#include "check.h"

#include "engine/base/memory.h"
#include "entrain/swarm.h"

#ifndef ENTRAIN_SYSTEM_MALLOC
#include <jemalloc/jemalloc.h>
#endif

enum { KIND_TOKEN = ENTRAIN_KIND_USER, KIND_GO };

static const entrain_payload nothing = {.i64 = 0};

// --- A talker: on GO it sends `fan` messages to the listener; a listener logs who spoke, in what order.

typedef struct hall_talk {
    entrain_id listener;
    uint32_t fan;
    uint32_t said;        // by talkers, counted by the listener
    uint32_t log[4096];   // sender's index * 256 + order
    uint64_t undelivered; // told to talkers, by index 0 alone
} hall_talk;

static entrain_status talker_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    hall_talk *hall = self->context;
    if (self->index == 0)
        hall->undelivered += self->undelivered;
    for (uint32_t m = 0; m < count; m++)
        if (messages[m].kind == KIND_GO)
            for (uint32_t f = 0; f < hall->fan; f++)
                entrain_send(self, hall->listener, KIND_TOKEN, (uint16_t)f,
                             (entrain_payload){.u64 = self->index}, nothing);
    return ENTRAIN_OK;
}

static entrain_status listener_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    hall_talk *hall = self->context;
    for (uint32_t m = 0; m < count; m++) {
        assert_int_equal(messages[m].kind, KIND_TOKEN);
        assert_true(hall->said < 4096);
        hall->log[hall->said++] = (uint32_t)messages[m].payload[0].u64 * 256 + messages[m].flags;
    }
    return ENTRAIN_OK;
}

typedef struct open_room {
    entrain_engine *engine;
    entrain_population *talkers, *listeners;
    hall_talk hall;
} open_room;

static void room_open(open_room *room, entrain_engine_config config, uint32_t talkers, uint32_t fan,
                      uint32_t sends_max, uint32_t inbox) {
    entrain_error error = {0};
    memset(room, 0, sizeof *room);
    room->hall.fan = fan;
    config.cohort_weight = 64; // many cohorts
    CHECK_OK(entrain_engine_create(&config, &room->engine, &error), error);
    const entrain_behavior talker = {
        .name = "talker", .sends_max = sends_max, .inbox = 8, .receive = talker_receive};
    const entrain_behavior listener = {.name = "listener", .inbox = inbox, .receive = listener_receive};
    CHECK_OK(entrain_engine_add(room->engine, &talker, &room->hall, talkers, &room->talkers, &error), error);
    CHECK_OK(entrain_engine_add(room->engine, &listener, &room->hall, 1, &room->listeners, &error), error);
    CHECK_OK(entrain_engine_start(room->engine, &error), error);
    room->hall.listener = entrain_population_id(room->listeners, 0);
}

static void everybody_go(open_room *room) {
    for (uint32_t t = entrain_population_count(room->talkers);
         t-- > 0;) // in an order that is not the canonical one
        assert_int_equal(entrain_engine_tell(room->engine, entrain_population_id(room->talkers, t), KIND_GO,
                                             0, nothing, nothing),
                         ENTRAIN_OK);
}

static entrain_message_count counted(const entrain_engine *engine) {
    entrain_message_count count;
    entrain_engine_count(engine, &count);
    if (entrain_message_count_residual(&count) != 0)
        fail_msg("%lld messages unaccounted for", (long long)entrain_message_count_residual(&count));
    return count;
}

static void general_messages_arrive_in_canonical_order_under_every_policy(void **state) {
    (void)state;
    entrain_error error = {0};
    const char *const policies[] = {"serial", "shuffled", "static", "shared", "steal", "dataflow"};
    for (size_t p = 0; p < sizeof policies / sizeof *policies; p++)
        for (uint32_t workers = 1; workers <= 8; workers += workers == 3 ? 5 : 1)
            for (int layout = ENTRAIN_LAYOUT_INDEX; layout < ENTRAIN_LAYOUT_COUNT; layout++) {
                entrain_engine_config config = entrain_engine_config_defaults();
                config.scheduler.policy = policies[p];
                config.scheduler.worker_count = workers;
                config.layout = (entrain_layout)layout;
                open_room room;
                room_open(&room, config, 500, 3, 3, 2000);
                everybody_go(&room);
                assert_int_equal(counted(room.engine).queued, 500);
                CHECK_OK(entrain_engine_advance(room.engine, 1, &error), error);
                assert_int_equal(room.hall.said, 0); // said in tick 1, heard in tick 2
                assert_int_equal(counted(room.engine).queued, 1500);
                CHECK_OK(entrain_engine_advance(room.engine, 1, &error), error);
                assert_int_equal(room.hall.said, 1500);
                for (uint32_t m = 0; m < 1500; m++)
                    assert_int_equal(room.hall.log[m], m / 3 * 256 + m % 3);
                entrain_message_count count = counted(room.engine);
                assert_int_equal(count.sent, 2000);
                assert_int_equal(count.received, 2000);
                entrain_engine_destroy(room.engine);
            }
}

// A sender's slot is sorted by 12 bits at a time: it takes more than 4,096 of them to see the upper ones.
static void the_order_of_senders_is_that_of_all_bits_of_their_slots(void **state) {
    (void)state;
    entrain_error error = {0};
    for (int layout = ENTRAIN_LAYOUT_INDEX; layout < ENTRAIN_LAYOUT_COUNT; layout++) {
        entrain_engine_config config = entrain_engine_config_defaults();
        config.layout = (entrain_layout)layout;
        config.cohort_weight = 64;
        entrain_engine *engine;
        entrain_population *idle, *talkers, *listeners;
        static hall_talk hall;
        memset(&hall, 0, sizeof hall);
        hall.fan = 2;
        CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
        const entrain_behavior still = {.name = "still"};
        const entrain_behavior talker = {
            .name = "talker", .sends_max = 2, .inbox = 8, .receive = talker_receive};
        const entrain_behavior listener = {.name = "listener", .inbox = 4000, .receive = listener_receive};
        CHECK_OK(entrain_engine_add(engine, &still, NULL, 3500, &idle, &error), error);
        CHECK_OK(entrain_engine_add(engine, &talker, &hall, 1200, &talkers, &error),
                 error); // slots 3500 to 4699
        CHECK_OK(entrain_engine_add(engine, &listener, &hall, 1, &listeners, &error), error);
        CHECK_OK(entrain_engine_start(engine, &error), error);
        hall.listener = entrain_population_id(listeners, 0);
        for (uint32_t t = 0; t < 1200; t++)
            assert_int_equal(entrain_engine_tell(engine, entrain_population_id(talkers, t * 7 % 1200),
                                                 KIND_GO, 0, nothing, nothing),
                             ENTRAIN_OK);
        CHECK_OK(entrain_engine_advance(engine, 2, &error), error);
        assert_int_equal(hall.said, 2400);
        for (uint32_t m = 0; m < 2400; m++)
            assert_int_equal(hall.log[m], m / 2 * 256 + m % 2);
        entrain_engine_destroy(engine);
    }
}

static void sending_more_than_declared_ends_the_run_with_a_sentence(void **state) {
    (void)state;
    entrain_error error = {0};
    for (int layout = ENTRAIN_LAYOUT_INDEX; layout < ENTRAIN_LAYOUT_COUNT; layout++) {
        entrain_engine_config config = entrain_engine_config_defaults();
        config.layout = (entrain_layout)layout;
        config.scheduler.worker_count = 3;
        open_room room;
        room_open(&room, config, 300, 4, 3, 2000);
        for (uint32_t t = 299; t >= 7; t--)
            entrain_engine_tell(room.engine, entrain_population_id(room.talkers, t), KIND_GO, 0, nothing,
                                nothing);
        CHECK_REFUSED(entrain_engine_advance(room.engine, 5, &error), ENTRAIN_LIMIT, error,
                      "Actor 7 of \"talker\" sent more than the 3 messages");
        CHECK_REFUSED(entrain_engine_advance(room.engine, 1, &error), ENTRAIN_ORDER, error,
                      "after a run that failed");
        counted(room.engine);
        entrain_engine_destroy(room.engine);
    }
}

static void a_full_mailbox_does_what_its_policy_says(void **state) {
    (void)state;
    entrain_error error = {0};
    for (int overflow = 0; overflow < 2; overflow++) { // fail, shed-newest; the others: test_overflow
        entrain_engine_config config = entrain_engine_config_defaults();
        config.overflow = (entrain_overflow)overflow;
        config.overflow_named = true;
        config.scheduler.worker_count = 2;
        open_room room;
        room_open(&room, config, 20, 3, 3, 31); // 60 messages for a mailbox of exactly 31
        everybody_go(&room);
        CHECK_OK(entrain_engine_advance(room.engine, 2, &error), error);
        assert_int_equal(room.hall.said, 31);
        for (uint32_t m = 0; m < 31; m++) // the oldest in canonical order: the newest were turned away
            assert_int_equal(room.hall.log[m], m / 3 * 256 + m % 3);
        entrain_message_count count = counted(room.engine);
        assert_int_equal(count.shed, overflow == ENTRAIN_OVERFLOW_SHED_NEWEST ? 29 : 0);
        assert_int_equal(count.undeliverable, overflow == ENTRAIN_OVERFLOW_FAIL ? 29 : 0);
        // Whoever was turned away under `fail` is told at its next message; talker 0 got through.
        everybody_go(&room);
        CHECK_OK(entrain_engine_advance(room.engine, 1, &error), error);
        assert_int_equal(room.hall.undelivered, 0);
        entrain_engine_destroy(room.engine);

        // Alone in the room with a dead listener, talker 0 is told.
        room_open(&room, config, 1, 2, 2, 31);
        CHECK_OK(entrain_engine_advance(room.engine, 1, &error), error);
        assert_int_equal(entrain_engine_stop_actor(room.engine, room.hall.listener), ENTRAIN_OK);
        everybody_go(&room);
        CHECK_OK(entrain_engine_advance(room.engine, 2, &error), error);
        everybody_go(&room);
        CHECK_OK(entrain_engine_advance(room.engine, 1, &error), error);
        assert_int_equal(room.hall.undelivered, 2);
        entrain_engine_destroy(room.engine);
    }
}

static void a_stale_id_never_reaches_the_next_actor_in_its_place(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    open_room room;
    room_open(&room, config, 4, 1, 1, 100);
    entrain_id old = room.hall.listener, id = old;
    assert_int_equal(entrain_engine_stop_actor(room.engine, old), ENTRAIN_OK);
    assert_int_equal(entrain_engine_stop_actor(room.engine, old), ENTRAIN_STALE);
    assert_int_equal(entrain_population_id(room.listeners, 0), ENTRAIN_ID_NONE);
    assert_int_equal(entrain_engine_restart_actor(room.engine, room.listeners, 0, &id), ENTRAIN_OK);
    assert_int_not_equal(id, old);
    assert_int_equal(entrain_engine_restart_actor(room.engine, room.listeners, 0, &id), ENTRAIN_ORDER);
    everybody_go(&room); // to the old id
    CHECK_OK(entrain_engine_advance(room.engine, 2, &error), error);
    assert_int_equal(room.hall.said, 0);
    assert_int_equal(counted(room.engine).undeliverable, 4);
    assert_int_equal(entrain_engine_tell(room.engine, old, KIND_TOKEN, 0, nothing, nothing), ENTRAIN_STALE);
    assert_int_equal(entrain_engine_tell(room.engine, ENTRAIN_ID_NONE, KIND_TOKEN, 0, nothing, nothing),
                     ENTRAIN_STALE);
    assert_int_equal(entrain_engine_tell(room.engine, UINT32_MAX, KIND_TOKEN, 0, nothing, nothing),
                     ENTRAIN_STALE);
    room.hall.listener = id;
    everybody_go(&room);
    CHECK_OK(entrain_engine_advance(room.engine, 2, &error), error);
    assert_int_equal(room.hall.said, 4);
    // Mail under way to an actor that is stopped is undeliverable, not lost.
    everybody_go(&room);
    CHECK_OK(entrain_engine_advance(room.engine, 1, &error), error);
    assert_int_equal(entrain_engine_stop_actor(room.engine, id), ENTRAIN_OK);
    CHECK_OK(entrain_engine_advance(room.engine, 1, &error), error);
    assert_int_equal(room.hall.said, 4);
    assert_int_equal(counted(room.engine).undeliverable, 8);

    // A slot whose generations are used up retires.
    entrain_status status;
    uint32_t lives = 2;
    while ((status = entrain_engine_restart_actor(room.engine, room.listeners, 0, &id)) == ENTRAIN_OK) {
        lives++;
        assert_int_equal(entrain_engine_stop_actor(room.engine, id), ENTRAIN_OK);
    }
    assert_int_equal(status, ENTRAIN_LIMIT);
    assert_int_equal(lives, 255);
    entrain_engine_destroy(room.engine);
}

static void whoever_comes_in_the_place_of_a_sender_is_not_told_of_its_failures(void **state) {
    (void)state;
    entrain_error error = {0};
    // An actor that is gone, a mailbox with no room: both ways to fail; and a failure that already lies
    // ready to be told to whoever is called next.
    for (int way = 0; way < 3; way++) {
        const bool full = way == 1;
        open_room room;
        room_open(&room, entrain_engine_config_defaults(), 2, 40, 40, 10);
        if (!full)
            assert_int_equal(entrain_engine_stop_actor(room.engine, room.hall.listener), ENTRAIN_OK);
        everybody_go(&room);
        CHECK_OK(entrain_engine_advance(room.engine, way == 0 ? 1 : 2, &error), error);
        for (uint32_t t = 0; t < 2; t++) { // before they could be told
            entrain_id id = entrain_population_id(room.talkers, t);
            assert_int_equal(entrain_engine_stop_actor(room.engine, id), ENTRAIN_OK);
            assert_int_equal(entrain_engine_restart_actor(room.engine, room.talkers, t, &id), ENTRAIN_OK);
        }
        CHECK_OK(entrain_engine_advance(room.engine, 1, &error), error);
        assert_int_equal(counted(room.engine).undeliverable, full ? 80 - 10 : 80);
        everybody_go(&room);
        CHECK_OK(entrain_engine_advance(room.engine, 1, &error), error);
        assert_int_equal(room.hall.undelivered, 0);
        entrain_engine_destroy(room.engine);
    }
}

static void telling_is_bounded(void **state) {
    (void)state;
    open_room room;
    room_open(&room, entrain_engine_config_defaults(), 1, 1, 100, 100);
    uint32_t told = 0;
    while (entrain_engine_tell(room.engine, entrain_population_id(room.talkers, 0), KIND_GO, 0, nothing,
                               nothing) == ENTRAIN_OK)
        told++;
    assert_int_equal(told, 4096);
    assert_int_equal(counted(room.engine).queued, 4096);
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(room.engine, 1, &error), error);
    entrain_message_count count = counted(room.engine);
    assert_int_equal(count.received, 8); // the inbox declared, whatever ring it lies in
    assert_int_equal(count.undeliverable, 4096 - 8);
    entrain_engine_destroy(room.engine);
}

// --- Any number of words, weights, silences: both transports add the same.

enum { ADDER_WORDS_MAX = ENTRAIN_WORDS_MAX };

typedef struct adder_context {
    uint32_t words;
} adder_context;

static void adder_start(const entrain_range *range) {
    int64_t *value = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        value[k] = (int64_t)range->indices[k] * 1000003 + 17;
}
static void adder_publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    const adder_context *adder = range->context;
    const int64_t *value = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        for (uint32_t w = 0; w < adder->words; w++) {
            uint64_t mixed = ((uint64_t)value[k] + w + stage) * UINT64_C(0x9e3779b97f4a7c15);
            words_out[k * adder->words + w] = (int64_t)(mixed >> 20) - (INT64_C(1) << 43);
        }
}
static void adder_step(const entrain_range *range, uint32_t stage) {
    const adder_context *adder = range->context;
    int64_t *value = range->columns[0];
    uint32_t *heard = range->columns[1];
    for (uint32_t k = 0; k < range->count; k++) {
        uint64_t sum = (uint64_t)value[k] * 31 + stage + range->heard[k];
        for (uint32_t w = 0; w < adder->words; w++)
            sum = sum * 7 + (uint64_t)range->sums[k * adder->words + w];
        value[k] = (int64_t)sum;
        heard[k] = range->heard[k];
    }
}

// Says 7, until it is told what to say.
static void teller_start(const entrain_range *range) {
    int64_t *value = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        value[k] = 7;
}
static entrain_status teller_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    int64_t *value = self->columns[0];
    for (uint32_t m = 0; m < count; m++)
        *value = messages[m].payload[0].i64;
    return ENTRAIN_OK;
}
static void teller_publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    (void)stage;
    memcpy(words_out, range->columns[0], range->count * sizeof *words_out);
}
static void teller_step(const entrain_range *range, uint32_t stage) {
    (void)stage;
    memcpy(range->columns[1], range->sums, range->count * sizeof *range->sums);
}

typedef struct tellers {
    entrain_engine *engine;
    entrain_population *population;
    bool complete;
} tellers;

static void tell_teller(tellers all, uint32_t index, int64_t value) {
    assert_int_equal(entrain_engine_tell(all.engine, entrain_population_id(all.population, index), KIND_TOKEN,
                                         0, (entrain_payload){.i64 = value}, nothing),
                     ENTRAIN_OK);
}

// One tick, after which everybody must have heard what these 200 say; 0: is gone.
static void check_tellers(tellers all, const int64_t *says) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(all.engine, 1, &error), error);
    int64_t total = 0;
    for (uint32_t i = 0; i < 200; i++)
        total += says[i];
    for (uint32_t i = 0; i < 200; i++)
        if (says[i] != 0)
            assert_int_equal(*(int64_t *)entrain_population_at(all.population, i, 1),
                             all.complete ? total : says[(i + 199) % 200] + says[(i + 1) % 200]);
}

static void what_changes_between_ticks_is_heard_in_the_next(void **state) {
    (void)state;
    entrain_error error = {0};
    for (int variant = 0; variant < 12; variant++) {
        tellers all = {.complete = variant % 2 == 1};
        entrain_engine_config config = entrain_engine_config_defaults();
        config.transport = (entrain_transport)(variant / 2 % 2);
        config.layout = (entrain_layout)(ENTRAIN_LAYOUT_INDEX + variant / 4);
        config.cohort_weight = 64;
        config.scheduler.worker_count = 2;
        entrain_topology_config graph = entrain_topology_config_defaults();
        graph.kind = all.complete ? ENTRAIN_TOPOLOGY_COMPLETE : ENTRAIN_TOPOLOGY_RING;
        graph.size = 200;
        const entrain_column columns[] = {{.name = "value", .bytes = 8}, {.name = "sum", .bytes = 8}};
        const entrain_behavior teller = {.name = "teller",
                                         .columns = columns,
                                         .column_count = 2,
                                         .words = 1,
                                         .exchanges = 1,
                                         .inbox = 1,
                                         .start = teller_start,
                                         .receive = teller_receive,
                                         .publish = teller_publish,
                                         .step = teller_step};
        entrain_topology *topology;
        CHECK_OK(entrain_topology_create(&graph, &topology, &error), error);
        CHECK_OK(entrain_engine_create(&config, &all.engine, &error), error);
        CHECK_OK(entrain_engine_add(all.engine, &teller, NULL, 200, &all.population, &error), error);
        CHECK_OK(entrain_engine_set_topology(all.engine, topology, &error), error);
        CHECK_OK(entrain_engine_start(all.engine, &error), error);
        int64_t says[200];
        for (uint32_t i = 0; i < 200; i++)
            says[i] = 7;
        check_tellers(all, says);
        tell_teller(all, 150, says[150] = 1000); // by mail
        check_tellers(all, says);
        entrain_id id;
        for (uint32_t i = 148; i < 152; i += 2, says[i - 2] = 0) // by going
            assert_int_equal(entrain_engine_stop_actor(all.engine, entrain_population_id(all.population, i)),
                             ENTRAIN_OK);
        tell_teller(all, 10, says[10] = 100);
        check_tellers(all, says);
        check_tellers(all, says);
        assert_int_equal(entrain_engine_restart_actor(all.engine, all.population, 150, &id),
                         ENTRAIN_OK); // by coming
        says[150] = 7;
        check_tellers(all, says);
        assert_int_equal(entrain_engine_stop_actor(all.engine, id), ENTRAIN_OK);
        assert_int_equal(entrain_engine_restart_actor(all.engine, all.population, 150, &id), ENTRAIN_OK);
        assert_int_equal(entrain_engine_restart_actor(all.engine, all.population, 148, &id), ENTRAIN_OK);
        says[148] = 7;
        tell_teller(all, 20, says[20] = -3);
        check_tellers(all, says);
        *(int64_t *)entrain_population_at(all.population, 30, 0) = says[30] = 55; // by hand
        entrain_engine_republish(all.engine);
        check_tellers(all, says);
        entrain_engine_destroy(all.engine);
        entrain_topology_release(topology);
    }
}

static const entrain_column adder_columns[] = {{.name = "value", .bytes = 8, .fingerprint = true},
                                               {.name = "heard", .bytes = 4, .fingerprint = true}};

static uint64_t adder_run(entrain_engine_config config, uint32_t words, entrain_topology_config graph,
                          bool silences, entrain_message_count *count_out, uint64_t *observations_out) {
    entrain_error error = {0};
    entrain_engine *engine;
    entrain_topology *topology;
    entrain_population *population;
    adder_context adder = {.words = words};
    const entrain_behavior behavior = {.name = "adder",
                                       .columns = adder_columns,
                                       .column_count = 2,
                                       .words = words,
                                       .exchanges = 2,
                                       .wants_heard = true,
                                       .start = adder_start,
                                       .step = adder_step,
                                       .publish = adder_publish};
    CHECK_OK(entrain_topology_create(&graph, &topology, &error), error);
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &behavior, &adder, graph.size, &population, &error), error);
    CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
    entrain_topology_release(topology); // the engine keeps its own share
    CHECK_OK(entrain_engine_start(engine, &error), error);
    CHECK_OK(entrain_engine_advance(engine, 3, &error), error);
    if (silences) {
        for (uint32_t i = 3; i < graph.size; i += 5)
            assert_int_equal(entrain_engine_stop_actor(engine, entrain_population_id(population, i)),
                             ENTRAIN_OK);
        CHECK_OK(entrain_engine_advance(engine, 3, &error), error);
        for (uint32_t i = 3; i < graph.size; i += 10) {
            entrain_id id;
            assert_int_equal(entrain_engine_restart_actor(engine, population, i, &id), ENTRAIN_OK);
        }
        CHECK_OK(entrain_engine_advance(engine, 3, &error), error);
    }
    *count_out = counted(engine);
    *observations_out = entrain_engine_observations(engine);
    uint64_t fingerprint = entrain_engine_fingerprint(engine);
    entrain_engine_destroy(engine);
    return fingerprint;
}

static void both_transports_add_the_same_for_any_words_weights_and_silences(void **state) {
    (void)state;
    const entrain_topology_kind kinds[] = {ENTRAIN_TOPOLOGY_SCALE_FREE, ENTRAIN_TOPOLOGY_COMPLETE,
                                           ENTRAIN_TOPOLOGY_ERDOS_RENYI};
    for (size_t g = 0; g < sizeof kinds / sizeof *kinds; g++)
        for (uint32_t words = 1; words <= ADDER_WORDS_MAX; words++)
            for (int weighted = 0; weighted < (kinds[g] == ENTRAIN_TOPOLOGY_COMPLETE ? 1 : 2); weighted++)
                for (int silences = 0; silences < 2; silences++) {
                    entrain_topology_config graph = entrain_topology_config_defaults();
                    graph.kind = kinds[g];
                    graph.size = 230;
                    graph.directed = kinds[g] == ENTRAIN_TOPOLOGY_ERDOS_RENYI;
                    if (weighted) {
                        graph.weight_low = -3;
                        graph.weight_high = 5;
                    }
                    uint64_t reference = 0, reference_observations = 0;
                    for (int variant = 0; variant < 6; variant++) {
                        entrain_engine_config config = entrain_engine_config_defaults();
                        config.cohort_weight = 100;
                        config.transport =
                            variant % 2 == 0 ? ENTRAIN_TRANSPORT_MAILBOX : ENTRAIN_TRANSPORT_PUBLISH;
                        config.layout = (entrain_layout)(ENTRAIN_LAYOUT_INDEX + variant / 2);
                        config.scheduler.worker_count = 1 + (uint32_t)variant / 2;
                        entrain_message_count count;
                        uint64_t observations;
                        uint64_t fingerprint =
                            adder_run(config, words, graph, silences != 0, &count, &observations);
                        if (variant == 0) {
                            reference = fingerprint;
                            reference_observations = observations;
                        }
                        if (fingerprint != reference || observations != reference_observations)
                            fail_msg("%s, %u words, weighted %d, silences %d, variant %d: %016llx, not "
                                     "%016llx; %llu observations, not %llu",
                                     entrain_topology_kind_name(kinds[g]), words, weighted, silences, variant,
                                     (unsigned long long)fingerprint, (unsigned long long)reference,
                                     (unsigned long long)observations,
                                     (unsigned long long)reference_observations);
                        if (config.transport == ENTRAIN_TRANSPORT_MAILBOX)
                            assert_int_equal(count.sent, observations * ((words + 1) / 2));
                        else
                            assert_int_equal(count.sent, 0);
                    }
                }
}

static void a_mailbox_too_small_is_refused_unless_losses_are_accepted(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_swarm *swarm = NULL;
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = 100;
    config.topology.kind = ENTRAIN_TOPOLOGY_RING;
    config.topology.degree = 8;
    config.engine.mailbox_capacity = 5;
    CHECK_REFUSED(entrain_swarm_create(&config, &swarm, &error), ENTRAIN_INVALID, error,
                  "mailbox_capacity is 5, but actor 0");
    assert_null(swarm);
    config.engine.mailbox_capacity = 8; // a ring of 16 holds 15
    CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
    assert_int_equal(entrain_engine_mailbox_capacity_max(entrain_swarm_engine(swarm)), 15);
    entrain_swarm_destroy(swarm);

    // With a policy named: 7 fit (a ring of 8), one of 8 is turned away, each actor, each exchange; the same
    // for any workers.
    config.model.integrator = ENTRAIN_INTEGRATOR_EULER;
    config.model.normalise = ENTRAIN_NORMALISE_HEARD;
    config.engine.mailbox_capacity = 5;
    config.engine.overflow_named = true;
    uint64_t fingerprints[2][3] = {0};
    for (int overflow = 0; overflow < 2; overflow++)
        for (uint32_t workers = 1; workers <= 3; workers++) {
            config.engine.overflow = (entrain_overflow)overflow;
            config.engine.scheduler.worker_count = workers;
            config.engine.layout = workers == 3 ? ENTRAIN_LAYOUT_SHUFFLED : ENTRAIN_LAYOUT_INDEX;
            CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
            CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), 50, &error), error);
            entrain_message_count count = counted(entrain_swarm_engine(swarm));
            assert_int_equal(count.sent, 100 * 8 * 50);
            assert_int_equal(count.received, 100 * 7 * 50);
            assert_int_equal(overflow == ENTRAIN_OVERFLOW_FAIL ? count.undeliverable : count.shed, 100 * 50);
            fingerprints[overflow][workers - 1] = entrain_engine_fingerprint(entrain_swarm_engine(swarm));
            assert_int_equal(fingerprints[overflow][workers - 1], fingerprints[0][0]);
            entrain_swarm_destroy(swarm);
        }
    config.engine.transport = ENTRAIN_TRANSPORT_PUBLISH;
    CHECK_REFUSED(entrain_swarm_create(&config, &swarm, &error), ENTRAIN_UNSUPPORTED, error,
                  "transport publish has no mailboxes");
}

// --- Headroom: 2^18 speakers in phase fill an int64 to 2^62, and no further.

static void the_largest_in_strength_is_still_exact(void **state) {
    (void)state;
    entrain_error error = {0};
    for (int transport = 0; transport < 2; transport++) {
        entrain_swarm_config config = entrain_swarm_config_defaults();
        config.size = (1u << 18) + 1;
        config.topology.kind = ENTRAIN_TOPOLOGY_STAR;
        config.frequency = entrain_distribution_constant(0);
        config.phase = entrain_distribution_constant(0.25);
        config.model.integrator = ENTRAIN_INTEGRATOR_EULER;
        config.engine.transport = (entrain_transport)transport;
        entrain_swarm *swarm;
        CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
        CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), 3, &error), error);
        entrain_phase_sample sample;
        assert_int_equal(entrain_swarm_sample(swarm, &sample), ENTRAIN_OK);
        CHECK_NEAR(sample.coherence, 1, 1e-12);
        CHECK_NEAR(sample.local_coherence, 1, 1e-12);
        CHECK_NEAR(sample.mean_phase, 0.25, 1e-12);
        counted(entrain_swarm_engine(swarm));
        entrain_swarm_destroy(swarm);
    }
}

static void loud_start(const entrain_range *range) {
    int64_t *value = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        value[k] = range->indices[k] == 1 ? 0 : *(const int64_t *)range->context;
}

static void weights_at_full_strength_are_exact_too(void **state) {
    (void)state;
    entrain_error error = {0};
    enum { ARCS = 1 << 19 };
    // All of weight one half, so that 2^19 of them are a strength of 2^18; and one of 1, elsewhere, that
    // keeps the scale at 1. A weight that is not exactly one half rounds each word, by itself.
    for (int variant = 0; variant < 8; variant++) {
        const double weight = variant < 4 ? 0.5 : 0x1.fffffffffffffp-2;
        const int64_t word = variant / 2 % 2 == 0 ? INT64_C(1) << 44 : -(INT64_C(1) << 44);
        entrain_edge *edges = malloc((ARCS + 1) * sizeof *edges);
        assert_non_null(edges);
        for (uint32_t e = 0; e < ARCS; e++)
            edges[e] = (entrain_edge){2 + e % 1000, 0, weight};
        edges[ARCS] = (entrain_edge){0, 1, 1};
        entrain_topology *topology;
        CHECK_OK(entrain_topology_from_edges(1002, edges, ARCS + 1, true, true, &topology, &error), error);
        free(edges);
        entrain_engine_config config = entrain_engine_config_defaults();
        config.transport = (entrain_transport)(variant % 2);
        const entrain_column columns[] = {{.name = "value", .bytes = 8}, {.name = "sum", .bytes = 8}};
        const entrain_behavior loud = {.name = "loud",
                                       .columns = columns,
                                       .column_count = 2,
                                       .words = 1,
                                       .exchanges = 1,
                                       .start = loud_start,
                                       .publish = teller_publish,
                                       .step = teller_step};
        entrain_engine *engine;
        entrain_population *population;
        int64_t context = word;
        CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
        CHECK_OK(entrain_engine_add(engine, &loud, &context, 1002, &population, &error), error);
        CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
        CHECK_OK(entrain_engine_start(engine, &error), error);
        CHECK_OK(entrain_engine_advance(engine, 2, &error), error);
        assert_true(*(int64_t *)entrain_population_at(population, 0, 1) == word / 2 * ARCS); // +-2^62
        assert_true(*(int64_t *)entrain_population_at(population, 1, 1) == word);
        entrain_engine_destroy(engine);
        entrain_topology_release(topology);
    }
}

// --- Life

static void the_order_of_calls_is_checked(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_engine *engine;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_REFUSED(entrain_engine_advance(engine, 1, &error), ENTRAIN_ORDER, error, "before it was started");
    CHECK_REFUSED(entrain_engine_start(engine, &error), ENTRAIN_ORDER, error, "no population");
    adder_context adder = {.words = 2};
    entrain_behavior behavior = {.name = "adder",
                                 .columns = adder_columns,
                                 .column_count = 2,
                                 .words = 2,
                                 .exchanges = 2,
                                 .wants_heard = true,
                                 .start = adder_start,
                                 .step = adder_step,
                                 .publish = adder_publish};
    entrain_population *population;
    CHECK_REFUSED(entrain_engine_add(engine, &behavior, &adder, 0, &population, &error), ENTRAIN_INVALID,
                  error, "0 actors");
    CHECK_OK(entrain_engine_add(engine, &behavior, &adder, 10, &population, &error), error);
    behavior.words = 3;
    CHECK_REFUSED(entrain_engine_add(engine, &behavior, &adder, 10, &population, &error), ENTRAIN_UNSUPPORTED,
                  error, "must agree");
    behavior.words = 9;
    CHECK_REFUSED(entrain_engine_add(engine, &behavior, &adder, 10, &population, &error), ENTRAIN_INVALID,
                  error, "0 to 8");
    behavior.words = 2;
    behavior.exchanges = 3;
    CHECK_REFUSED(entrain_engine_add(engine, &behavior, &adder, 10, &population, &error), ENTRAIN_INVALID,
                  error, "1, 2 or 4");
    CHECK_REFUSED(entrain_engine_start(engine, &error), ENTRAIN_ORDER, error, "no topology");
    entrain_topology *topology;
    entrain_topology_config graph = entrain_topology_config_defaults();
    graph.size = 11;
    CHECK_OK(entrain_topology_create(&graph, &topology, &error), error);
    CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
    CHECK_REFUSED(entrain_engine_start(engine, &error), ENTRAIN_INVALID, error,
                  "11 vertices and the engine 10 actors");
    entrain_topology_release(topology);
    entrain_engine_destroy(engine);
    entrain_engine_destroy(NULL);

    const struct {
        entrain_engine_config config;
        const char *words;
    } refused[] = {
        {.config = {.step_s = 0}, .words = "step_s is 0"},
        {.config = {.step_s = -1}, .words = "step_s is -1"},
        {.config = {.step_s = 1.0 / 0.0}, .words = "step_s is inf"},
        {.config = {.step_s = 1, .transport = (entrain_transport)7}, .words = "transport is 7"},
        {.config = {.step_s = 1, .overflow = (entrain_overflow)7}, .words = "overflow is 7"},
        {.config = {.step_s = 1, .cohort_weight = 3}, .words = "cohort_weight is 3"},
        {.config = {.step_s = 1, .mailbox_capacity = UINT32_MAX, .cohort_weight = 64},
         .words = "mailbox_capacity is 4294967295"},
    };
    for (size_t r = 0; r < sizeof refused / sizeof *refused; r++)
        CHECK_REFUSED(entrain_engine_create(&refused[r].config, &engine, &error), ENTRAIN_INVALID, error,
                      refused[r].words);
}

static entrain_swarm_config small_swarm(int transport) {
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = 700;
    config.topology.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
    config.engine.transport = (entrain_transport)transport;
    config.engine.scheduler.worker_count = 2;
    config.engine.cohort_weight = 512;
    return config;
}

static uint64_t bytes_allocated_by_everybody(void) {
#ifndef ENTRAIN_SYSTEM_MALLOC
    uint64_t epoch = 1, allocated = 0;
    size_t size = sizeof epoch;
    mallctl("epoch", &epoch, &size, &epoch, size);
    size = sizeof allocated;
    if (mallctl("stats.allocated", &allocated, &size, NULL, 0) == 0)
        return allocated;
#endif
    return 0;
}

static void a_tick_allocates_nothing(void **state) {
    (void)state;
    entrain_error error = {0};
    for (int transport = 0; transport < 2; transport++) {
        entrain_swarm_config config = small_swarm(transport);
        entrain_swarm *swarm;
        CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
        CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), 5, &error), error);
        entrain_phase_sample sample;
        entrain_swarm_sample(swarm, &sample);
        uint64_t taken = entrain__memory_taken(), allocated = bytes_allocated_by_everybody();
        CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), 200, &error), error);
        entrain_swarm_sample(swarm, &sample);
        assert_int_equal(entrain__memory_taken(), taken);
        assert_int_equal(bytes_allocated_by_everybody(),
                         allocated); // jemalloc's own count: any malloc in the process
        entrain_swarm_destroy(swarm);
    }
}

static int threads_alive(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    while (readdir(tasks) != NULL)
        count++;
    closedir(tasks);
    return count - 2;
}

static void any_allocation_may_fail_and_nothing_is_left(void **state) {
    (void)state;
    entrain_error error = {0};
    int64_t live = entrain__memory_live();
    int threads = threads_alive();
    for (int variant = 0; variant < 6; variant++) {
        entrain_swarm_config config = small_swarm(variant % 2);
        config.engine.layout = (entrain_layout)(ENTRAIN_LAYOUT_INDEX + variant / 2);
        config.topology.weight_high = variant < 2 ? 1 : 2;
        uint64_t n = 0;
        entrain_status status;
        do {
            entrain_swarm *swarm = NULL;
            entrain__memory_fail_at(++n);
            status = entrain_swarm_create(&config, &swarm, &error);
            entrain__memory_fail_at(0);
            if (status != ENTRAIN_OK) {
                assert_int_equal(status, ENTRAIN_NO_MEMORY);
                assert_null(swarm);
                assert_true(strlen(error.sentence) > 10);
            }
            entrain_swarm_destroy(swarm);
            assert_int_equal(entrain__memory_live(), live);
        } while (status != ENTRAIN_OK);
        assert_true(n > 20);
    }
    assert_int_equal(threads_alive(), threads);
}

static void writing_a_state_is_heard_after_republishing(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_swarm_config config = small_swarm(1);
    config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    entrain_swarm *swarm;
    CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
    for (uint32_t i = 0; i < config.size; i++)
        *(double *)entrain_population_at(entrain_swarm_population(swarm), i, ENTRAIN_KURAMOTO_PHASE) = 1.5;
    entrain_engine_republish(entrain_swarm_engine(swarm));
    entrain_phase_sample sample;
    entrain_swarm_sample(swarm, &sample);
    CHECK_NEAR(sample.coherence, 1, 1e-12);
    CHECK_NEAR(sample.local_coherence, 1, 1e-12);
    CHECK_NEAR(sample.mean_phase, 1.5, 1e-12);
    entrain_swarm_destroy(swarm);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(general_messages_arrive_in_canonical_order_under_every_policy),
        cmocka_unit_test(the_order_of_senders_is_that_of_all_bits_of_their_slots),
        cmocka_unit_test(sending_more_than_declared_ends_the_run_with_a_sentence),
        cmocka_unit_test(a_full_mailbox_does_what_its_policy_says),
        cmocka_unit_test(a_stale_id_never_reaches_the_next_actor_in_its_place),
        cmocka_unit_test(whoever_comes_in_the_place_of_a_sender_is_not_told_of_its_failures),
        cmocka_unit_test(telling_is_bounded),
        cmocka_unit_test(what_changes_between_ticks_is_heard_in_the_next),
        cmocka_unit_test(both_transports_add_the_same_for_any_words_weights_and_silences),
        cmocka_unit_test(a_mailbox_too_small_is_refused_unless_losses_are_accepted),
        cmocka_unit_test(the_largest_in_strength_is_still_exact),
        cmocka_unit_test(weights_at_full_strength_are_exact_too),
        cmocka_unit_test(the_order_of_calls_is_checked),
        cmocka_unit_test(a_tick_allocates_nothing),
        cmocka_unit_test(any_allocation_may_fail_and_nothing_is_left),
        cmocka_unit_test(writing_a_state_is_heard_after_republishing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
