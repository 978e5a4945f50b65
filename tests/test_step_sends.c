// Messages sent from step(): their order against a model that knows neither cohorts nor columns, together
// with what receive() sends and what timers bring; how many an actor may send; and where each of them went.
#include "check.h"

#include "engine/base/memory.h"
#include "entrain/engine.h"
#include "message_count_check.h"

static const entrain_payload nothing = {0};

static uint64_t mix(uint64_t a, uint64_t b) {
    uint64_t x = a * UINT64_C(0x9e3779b97f4a7c15) + b + 1;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

// --- What everybody does, engine and model alike. Talkers publish, step and receive; callers publish and
// step; sinks receive.

enum {
    TALKERS = 150, // slots 0 ..
    CALLERS = 90,
    SINKS = 7,
    SLOTS = TALKERS + CALLERS + SINKS,
    TICKS = 25,
    EXCHANGES = 2,
    STEP_SENDS = 3,
    TALKER_SENDS = 40,
    TIMERS = 60,
    LEAVER = 60, // stopped in one tick, begun again in another
    STOP_TICK = 8,
    RESTART_TICK = 13,
    KIND_STEP = ENTRAIN_KIND_USER,
    KIND_REPLY,
    KIND_LATE
};

static entrain_id id_of(uint32_t slot, uint32_t generation) { return slot | generation << 24; }

// Sends of one step, and to whom. Four means that one is refused.
static uint32_t step_sends_of(uint32_t slot, uint64_t tick, uint32_t stage) {
    return (uint32_t)(mix(mix(slot, tick), stage) % 5);
}
static uint64_t word_of(uint32_t slot, uint64_t tick, uint32_t stage, uint32_t number) {
    return mix(mix(mix(slot, tick), stage), number + 100);
}
// Half of it goes to sinks, so that their mail comes from everywhere.
static entrain_id target_of(uint64_t word) {
    const uint32_t slot = word & 1 ? TALKERS + CALLERS + (uint32_t)(word >> 8) % SINKS
                                   : (uint32_t)(word >> 8) % (TALKERS + CALLERS);
    return id_of(slot, 1);
}
static bool replies(uint64_t word) { return word % 3 == 0; }
static bool replies_late(uint64_t word) { return word % 7 == 0; }
static uint64_t heard_of(uint64_t heard, entrain_id from, uint64_t tick, uint16_t kind, uint64_t word) {
    return mix(mix(mix(mix(heard, from), tick), kind), word);
}

// --- In the engine

typedef struct world {
    bool backwards, scattered; // the order in which a step goes through its actors
    uint32_t transport, layout, workers;
    bool complete; // who hears whom: everybody, and then the sums are the model's too
    const char *policy;
} world;

static const entrain_column columns[] = {{"heard", 8, true, false}, {"sums", 8, true, false}};
static int64_t said_of(uint64_t heard) { return (int64_t)(heard & 0xffff); }

static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    uint64_t *heard = self->columns[0];
    *heard = mix(*heard, self->undelivered);
    for (uint32_t m = 0; m < count; m++) {
        const uint64_t word = messages[m].payload[0].u64;
        *heard = heard_of(*heard, messages[m].from, self->tick, messages[m].kind, word);
        if ((self->id & 0xffffff) >= TALKERS || messages[m].kind != KIND_STEP)
            continue;
        const entrain_payload answer = {.u64 = mix(word, 1)};
        if (replies(word))
            assert_int_equal(entrain_send(self, target_of(answer.u64), KIND_REPLY, 0, answer, nothing),
                             ENTRAIN_OK);
        if (replies_late(word))
            assert_int_equal(entrain_send_after_ticks(self, 1 + word % 5, target_of(answer.u64), KIND_LATE, 0,
                                                      answer, nothing, NULL),
                             ENTRAIN_OK);
    }
    return ENTRAIN_OK;
}

static void say(const entrain_range *range, uint32_t k, uint32_t stage) {
    const uint32_t slot = range->ids[k] & 0xffffff;
    const uint32_t count = step_sends_of(slot, range->tick, stage);
    for (uint32_t j = 0; j < count; j++) {
        const entrain_payload word = {.u64 = word_of(slot, range->tick, stage, j)};
        assert_int_equal(entrain_range_send(range, k, target_of(word.u64), KIND_STEP, 0, word, nothing),
                         j < STEP_SENDS ? ENTRAIN_OK : ENTRAIN_LIMIT);
    }
}

static void step(const entrain_range *range, uint32_t stage) {
    const world *how = range->context;
    uint64_t *sums = range->columns[1];
    for (uint32_t k = 0; k < range->count; k++)
        sums[k] = mix(sums[k], (uint64_t)range->sums[k]);
    for (uint32_t i = 0; i < range->count; i++) {
        uint32_t k = how->backwards ? range->count - 1 - i : i;
        if (how->scattered) // every other one, then the rest
            k = 2 * i < range->count ? 2 * i : 2 * (i - (range->count + 1) / 2) + 1;
        say(range, k, stage);
    }
}

static void publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    (void)stage;
    const uint64_t *heard = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        words_out[k] = said_of(heard[k]);
}

static entrain_engine *start(const world *how, entrain_population *populations[3]) {
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.policy = how->policy;
    config.scheduler.worker_count = how->workers;
    config.transport = (entrain_transport)how->transport;
    config.layout = (entrain_layout)how->layout;
    config.cohort_weight = 128;
    entrain_topology_config graph = entrain_topology_config_defaults();
    graph.kind = how->complete ? ENTRAIN_TOPOLOGY_COMPLETE : ENTRAIN_TOPOLOGY_SMALL_WORLD;
    graph.size = TALKERS + CALLERS;
    graph.degree = 4;
    entrain_topology *topology;
    entrain_engine *engine;
    CHECK_OK(entrain_topology_create(&graph, &topology, &error), error);
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    const entrain_behavior talker = {.name = "talker",
                                     .columns = columns,
                                     .column_count = 2,
                                     .words = 1,
                                     .exchanges = EXCHANGES,
                                     .sends_max = TALKER_SENDS,
                                     .step_sends_max = STEP_SENDS,
                                     .inbox = 99,
                                     .timers_max = TIMERS,
                                     .receive = receive,
                                     .step = step,
                                     .publish = publish};
    entrain_behavior caller = talker, sink = talker;
    caller.name = "caller", caller.sends_max = caller.inbox = caller.timers_max = 0, caller.receive = NULL;
    sink.name = "sink", sink.words = sink.sends_max = sink.step_sends_max = sink.timers_max = 0;
    sink.inbox = 2000, sink.step = NULL, sink.publish = NULL;
    world *context = (world *)how;
    CHECK_OK(entrain_engine_add(engine, &sink, context, SINKS, &populations[2], &error), error);
    CHECK_OK(entrain_engine_add(engine, &talker, context, TALKERS, &populations[0], &error), error);
    CHECK_OK(entrain_engine_add(engine, &caller, context, CALLERS, &populations[1], &error), error);
    CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    entrain_topology_release(topology);
    return engine;
}

// --- The model: one list, in the order of (sender, order sent), what was delayed first

typedef struct letter {
    entrain_id from, to;
    uint64_t due, word, number; // number: in the order sent, of delayed ones in that of coming due
    uint16_t kind;
    bool late;
} letter;

enum { LETTERS_MAX = 20000 };
typedef struct model {
    letter letters[LETTERS_MAX];
    uint32_t count;
    uint64_t heard[SLOTS], sums[SLOTS], told[SLOTS], sequence;
    uint32_t generation[SLOTS]; // 0: nobody lives there
    entrain_message_count counts;
} model;

static int by_sender(const void *a, const void *b) {
    const letter *left = a, *right = b;
    const uint32_t from_left = left->from & 0xffffff, from_right = right->from & 0xffffff;
    if (from_left != from_right)
        return from_left < from_right ? -1 : 1;
    if (left->late != right->late)
        return left->late ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

static void model_send(model *m, uint32_t slot, uint64_t due, uint64_t word, uint16_t kind, bool late) {
    assert_true(m->count < LETTERS_MAX);
    m->letters[m->count++] = (letter){.from = id_of(slot, m->generation[slot]),
                                      .to = target_of(word),
                                      .due = due,
                                      .word = word,
                                      .number = m->sequence++,
                                      .kind = kind,
                                      .late = late};
    m->counts.sent++;
}

static bool lives(const model *m, entrain_id id) { return m->generation[id & 0xffffff] == id >> 24; }

// One call: of own timers, or of mail.
static void model_receive(model *m, const letter *mail, uint32_t count, uint32_t slot, uint64_t tick,
                          bool timers) {
    bool called = false;
    for (uint32_t l = 0; l < count; l++) {
        const bool timer = mail[l].late && mail[l].from == mail[l].to;
        if ((mail[l].to & 0xffffff) != slot || !lives(m, mail[l].to) || timer != timers)
            continue;
        if (!called) {
            m->heard[slot] = mix(m->heard[slot], m->told[slot]);
            m->told[slot] = 0;
        }
        called = true;
        m->counts.received++;
        m->heard[slot] = heard_of(m->heard[slot], mail[l].from, tick, mail[l].kind, mail[l].word);
        if (slot >= TALKERS || mail[l].kind != KIND_STEP)
            continue;
        const uint64_t answer = mix(mail[l].word, 1);
        if (replies(mail[l].word))
            model_send(m, slot, tick + 1, answer, KIND_REPLY, false);
        if (replies_late(mail[l].word))
            model_send(m, slot, tick + 1 + mail[l].word % 5, answer, KIND_LATE, true);
    }
}

static void model_tick(model *m, uint64_t tick) {
    static letter mail[LETTERS_MAX];
    uint32_t due = 0, kept = 0;
    for (uint32_t l = 0; l < m->count; l++) {
        if (m->letters[l].due == tick)
            mail[due++] = m->letters[l];
        else
            m->letters[kept++] = m->letters[l];
    }
    m->count = kept;
    qsort(mail, due, sizeof *mail, by_sender);
    for (uint32_t l = 0; l < due; l++) {
        const uint32_t to = mail[l].to & 0xffffff;
        const bool reads = to < TALKERS || to >= TALKERS + CALLERS;
        if (lives(m, mail[l].to) && reads)
            continue;
        m->counts.undeliverable++; // a talker is told; of what had no reader only in the next tick
        if (lives(m, mail[l].from) && !(lives(m, mail[l].to) && !reads))
            m->told[mail[l].from & 0xffffff]++;
    }
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        for (uint32_t mails = 0; mails < 2 && (slot < TALKERS || slot >= TALKERS + CALLERS); mails++)
            model_receive(m, mail, due, slot, tick, mails == 0);
    for (uint32_t l = 0; l < due;
         l++) { // found by the caller's task to have no reader: told at the next boundary
        const uint32_t to = mail[l].to & 0xffffff;
        if (lives(m, mail[l].to) && to >= TALKERS && to < TALKERS + CALLERS && lives(m, mail[l].from))
            m->told[mail[l].from & 0xffffff]++;
    }
    uint64_t sum = 0; // what mail changed is heard in the same tick
    for (uint32_t slot = 0; slot < TALKERS + CALLERS; slot++)
        sum += m->generation[slot] > 0 ? (uint64_t)said_of(m->heard[slot]) : 0;
    for (uint32_t slot = 0; slot < TALKERS + CALLERS; slot++)
        for (uint32_t stage = 0; stage < EXCHANGES && m->generation[slot] > 0; stage++)
            m->sums[slot] = mix(m->sums[slot], sum);
    for (uint32_t stage = 0; stage < EXCHANGES; stage++)
        for (uint32_t slot = 0; slot < TALKERS + CALLERS; slot++)
            for (uint32_t j = 0;
                 j < STEP_SENDS && m->generation[slot] > 0 && j < step_sends_of(slot, tick, stage); j++)
                model_send(m, slot, tick + 1, word_of(slot, tick, stage, j), KIND_STEP, false);
}

static void model_stop(model *m, uint32_t slot) {
    uint32_t kept = 0;
    for (uint32_t l = 0; l < m->count; l++) { // what it delayed is cancelled
        const bool gone = m->letters[l].late && m->letters[l].from == id_of(slot, m->generation[slot]);
        m->counts.cancelled += gone;
        if (!gone)
            m->letters[kept++] = m->letters[l];
    }
    m->count = kept;
    m->generation[slot] = 0;
}

static model *model_run(void) {
    model *m = calloc(1, sizeof *m);
    assert_non_null(m);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        m->generation[slot] = 1;
    for (uint64_t tick = 0; tick < TICKS; tick++) {
        if (tick == STOP_TICK)
            model_stop(m, LEAVER);
        if (tick == RESTART_TICK) {
            m->generation[LEAVER] = 2;
            m->heard[LEAVER] = m->sums[LEAVER] = m->told[LEAVER] = 0;
        }
        model_tick(m, tick);
    }
    m->counts.queued = m->count;
    return m;
}

static void check_world(const world *how, const model *m, uint64_t *fingerprint) {
    entrain_error error = {0};
    entrain_population *populations[3];
    entrain_engine *engine = start(how, populations);
    entrain_id id;
    CHECK_OK(entrain_engine_advance(engine, STOP_TICK, &error),
             error); // many ticks at once, for who runs ahead
    assert_int_equal(entrain_engine_stop_actor(engine, id_of(LEAVER, 1)), ENTRAIN_OK);
    CHECK_OK(entrain_engine_advance(engine, RESTART_TICK - STOP_TICK, &error), error);
    assert_int_equal(entrain_engine_restart_actor(engine, populations[0], LEAVER, &id), ENTRAIN_OK);
    CHECK_OK(entrain_engine_advance(engine, TICKS - RESTART_TICK, &error), error);
    const uint32_t counts[3] = {TALKERS, CALLERS, SINKS};
    for (uint32_t p = 0, slot = 0; p < 3; p++)
        for (uint32_t k = 0; k < counts[p]; k++, slot++) {
            const uint64_t heard = *(const uint64_t *)entrain_population_at(populations[p], k, 0);
            if (heard != m->heard[slot])
                fail_msg("%s, %u workers, transport %u, layout %u, order %d%d: slot %u heard otherwise",
                         how->policy, how->workers, how->transport, how->layout, how->backwards,
                         how->scattered, slot);
            if (p < 2 && how->complete)
                assert_int_equal(*(const uint64_t *)entrain_population_at(populations[p], k, 1),
                                 m->sums[slot]);
        }
    entrain_message_count got = counted(engine);
    if (*fingerprint == 0 && !how->complete)
        *fingerprint = entrain_engine_fingerprint(engine);
    if (!how->complete)
        assert_int_equal(entrain_engine_fingerprint(engine), *fingerprint);
    const uint64_t observations =
        how->transport == ENTRAIN_TRANSPORT_MAILBOX ? entrain_engine_observations(engine) : 0;
    got.sent -= observations;
    got.received -= observations;
    assert_memory_equal(&got, &m->counts, sizeof got);
    entrain_engine_destroy(engine);
}

static void letters_of_steps_come_in_the_order_of_a_model(void **state) {
    (void)state;
    model *m = model_run();
    uint64_t fingerprint = 0; // of the graph that the model does not know
    assert_true(m->counts.undeliverable > 0 && m->counts.cancelled > 0 && m->counts.received > 5000);
    static const char *const policies[] = {"serial", "steal", "dataflow", "static"};
    for (uint32_t p = 0; p < 4; p++)
        for (uint32_t transport = 0; transport < 2; transport++)
            for (uint32_t layout = 1; layout <= 3; layout++)
                for (uint32_t run = 0; run < (p == 0 ? 2 : 6); run++) {
                    const uint32_t workers = 1 + run / 2, complete = run % 2;
                    const uint32_t order = p + transport + layout + workers;
                    const world how = {.policy = policies[p],
                                       .workers = workers,
                                       .transport = transport,
                                       .complete = complete == 1,
                                       .layout = layout,
                                       .backwards = order % 3 == 1,
                                       .scattered = order % 3 == 2};
                    check_world(&how, m, &fingerprint);
                }
    free(m);
}

// --- The limit is each actor's own, in whatever order they send

typedef struct greedy {
    uint32_t rounds;
    uint64_t refused;
} greedy;

static void step_greedily(const entrain_range *range, uint32_t stage) {
    (void)stage;
    greedy *wish = range->context;
    entrain_range part = *range; // a part of the range, that begins later
    part.count--;
    part.ids++;
    for (uint32_t round = 0; round < wish->rounds; round++)
        for (uint32_t k = range->count; k-- > 0;) {
            const entrain_status status =
                k > 0 && round % 2 == 1
                    ? entrain_range_send(&part, k - 1, ENTRAIN_ID_NONE, ENTRAIN_KIND_USER, 0, nothing,
                                         nothing)
                    : entrain_range_send(range, k, ENTRAIN_ID_NONE, ENTRAIN_KIND_USER, 0, nothing, nothing);
            assert_int_equal(status, round < 4 ? ENTRAIN_OK : ENTRAIN_LIMIT);
            wish->refused += status == ENTRAIN_LIMIT;
        }
}

static void each_actor_has_its_own_limit(void **state) {
    (void)state;
    entrain_error error = {0};
    greedy wish = {.rounds = 6};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.worker_count = 1;
    config.cohort_weight = 64;
    entrain_engine *engine;
    entrain_population *population;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    const entrain_behavior behavior = {
        .name = "greedy", .exchanges = 2, .step_sends_max = 4, .step = step_greedily};
    CHECK_OK(entrain_engine_add(engine, &behavior, &wish, 500, &population, &error), error);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    assert_true(entrain_engine_task_count(engine) > 2);
    CHECK_OK(entrain_engine_advance(engine, 3, &error), error);
    assert_int_equal(wish.refused, 3 * 2 * 2 * 500);
    // Nobody has an inbox here, and all of it was to nobody.
    CHECK_COUNT(engine, .sent = 3 * 4000, .queued = 4000, .undeliverable = 2 * 4000);
    entrain_engine_destroy(engine);
}

// --- Who is mute sends nothing from step() either, and what it may send again comes through

typedef struct talk {
    entrain_population *drain;
    uint64_t sent, refused;
} talk;

static void step_insistently(const entrain_range *range, uint32_t stage) {
    (void)stage;
    talk *t = range->context;
    for (uint32_t k = 0; k < range->count; k++)
        for (uint32_t j = 0; j < 2; j++) {
            const entrain_payload word = {.u64 = t->sent};
            const entrain_status status = entrain_range_send(range, k, entrain_population_id(t->drain, 0),
                                                             ENTRAIN_KIND_USER, 0, word, nothing);
            assert_true(status == ENTRAIN_OK || status == ENTRAIN_FULL);
            t->sent += status == ENTRAIN_OK;
            t->refused += status == ENTRAIN_FULL;
        }
}

static entrain_status drain(entrain_self *self, const entrain_message *messages, uint32_t count) {
    uint64_t *seen = self->columns[0];
    (void)messages;
    assert_true(count <= 3);
    *seen += count;
    return ENTRAIN_OK;
}

static void the_mute_do_not_send(void **state) {
    (void)state;
    entrain_error error = {0};
    talk t = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.worker_count = 1; // the context counts
    config.overflow = ENTRAIN_OVERFLOW_BLOCK;
    config.overflow_named = true;
    entrain_engine *engine;
    entrain_population *people;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    const entrain_behavior talker = {
        .name = "talker", .exchanges = 1, .step_sends_max = 2, .step = step_insistently};
    const entrain_behavior hearer = {
        .name = "drain", .columns = columns, .column_count = 1, .inbox = 3, .receive = drain};
    CHECK_OK(entrain_engine_add(engine, &talker, &t, 10, &people, &error), error);
    CHECK_OK(entrain_engine_add(engine, &hearer, &t, 1, &t.drain, &error), error);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    CHECK_OK(entrain_engine_advance(engine, 100, &error), error);
    assert_true(t.refused > 0 && t.sent > 0);
    const entrain_message_count got = counted(engine);
    assert_int_equal(got.sent, t.sent);
    assert_int_equal(got.received, 3 * 99);
    assert_int_equal(got.received, *(uint64_t *)entrain_population_at(t.drain, 0, 0));
    assert_true(got.queued > 0 && got.queued <= 20);
    entrain_engine_destroy(engine);
}

static void refusals_are_sentences(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_engine *engine;
    entrain_population *population;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    entrain_behavior behavior = {.name = "mute", .step_sends_max = 1};
    CHECK_REFUSED(entrain_engine_add(engine, &behavior, NULL, 1, &population, &error), ENTRAIN_INVALID, error,
                  "without step()");
    behavior.step = step_greedily, behavior.exchanges = 1, behavior.step_sends_max = 65537;
    CHECK_REFUSED(entrain_engine_add(engine, &behavior, NULL, 1, &population, &error), ENTRAIN_INVALID, error,
                  "0 to 65536");
    entrain_engine_destroy(engine);
    config.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
    behavior.step_sends_max = 1, behavior.inbox = 1, behavior.receive = drain;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_REFUSED(entrain_engine_add(engine, &behavior, NULL, 1, &population, &error), ENTRAIN_UNSUPPORTED,
                  error, "event-driven execution never calls");
    entrain_engine_destroy(engine);
}

static void any_allocation_may_fail_and_nothing_is_left(void **state) {
    (void)state;
    const int64_t live = entrain__memory_live();
    entrain_error error = {0};
    entrain_status status = ENTRAIN_NO_MEMORY;
    for (uint64_t n = 1; status != ENTRAIN_OK; n++) {
        greedy wish = {.rounds = 1};
        entrain_engine_config config = entrain_engine_config_defaults();
        config.scheduler.worker_count = 2;
        entrain_engine *engine;
        entrain_population *population;
        CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
        const entrain_behavior behavior = {
            .name = "greedy", .exchanges = 2, .step_sends_max = 4, .step = step_greedily};
        CHECK_OK(entrain_engine_add(engine, &behavior, &wish, 500, &population, &error), error);
        entrain__memory_fail_at(n);
        status = entrain_engine_start(engine, &error);
        entrain__memory_fail_at(0);
        assert_true(status == ENTRAIN_OK || (status == ENTRAIN_NO_MEMORY && strlen(error.sentence) > 10));
        assert_true(status == ENTRAIN_OK ? n > 10 : n < 1000);
        entrain_engine_destroy(engine);
        assert_int_equal(entrain__memory_live(), live);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_of_steps_come_in_the_order_of_a_model),
        cmocka_unit_test(each_actor_has_its_own_limit),
        cmocka_unit_test(the_mute_do_not_send),
        cmocka_unit_test(refusals_are_sentences),
        cmocka_unit_test(any_allocation_may_fail_and_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
