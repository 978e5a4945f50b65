// Mail that an actor does not handle because it is to end is undeliverable, its sender is told, and what
// actors observe in that same tick is not mixed up with it: in both transports the same, on arcs and on a
// complete graph.
#include "check.h"

#include "engine/base/fingerprint.h"
#include "entrain/engine.h"
#include "message_count_check.h"

enum { PEOPLE = 5, MAIL = 6, KIND_GO = ENTRAIN_KIND_USER, KIND_RING, KIND_MAIL };
static const entrain_payload nothing = {0};

// On KIND_GO actor 0 sets a timer, and the others write to it so that their mail comes with that. It ends
// on the timer.
static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    uint64_t *state = self->columns[0];
    *state = entrain__mix_fold(*state, self->undelivered);
    for (uint32_t m = 0; m < count; m++) {
        *state = entrain__mix_fold(*state, messages[m].kind);
        if (messages[m].kind == KIND_RING)
            entrain_finish(self);
        if (messages[m].kind != KIND_GO)
            continue;
        if (self->index == 0)
            (void)entrain_send_after_ticks(self, 1, self->id, KIND_RING, 0, nothing, nothing, NULL);
        for (uint32_t k = 0; self->index > 0 && k < MAIL;
             k++) // flags that would be the part of no observation
            (void)entrain_send(self, *(const entrain_id *)self->context, KIND_MAIL, UINT16_MAX,
                               (entrain_payload){.i64 = 1}, (entrain_payload){.i64 = 2});
    }
    return ENTRAIN_OK;
}

static void step(const entrain_range *range, uint32_t stage) {
    uint64_t *state = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        state[k] = entrain__mix_fold(
            entrain__mix_fold(state[k], (uint64_t)range->sums[2 * k] ^ (uint64_t)range->sums[2 * k + 1]),
            (uint64_t)range->heard[k] << 2 | stage);
}

static void publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    for (uint32_t k = 0; k < range->count; k++) {
        words_out[2 * k] = (int64_t)(((const uint64_t *)range->columns[0])[k] >> 24);
        words_out[2 * k + 1] = stage;
    }
}

typedef struct result {
    uint64_t fingerprint, observations, undeliverable;
} result;

static result run(entrain_topology_kind kind, entrain_transport transport) {
    const entrain_column columns[] = {{"state", 8, true, false}};
    const entrain_behavior behavior = {.name = "person",
                                       .columns = columns,
                                       .column_count = 1,
                                       .words = 2,
                                       .exchanges = 2,
                                       .sends_max = MAIL,
                                       .inbox = PEOPLE * MAIL,
                                       .timers_max = 1,
                                       .wants_heard = true,
                                       .receive = receive,
                                       .step = step,
                                       .publish = publish};
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_topology_config graph = entrain_topology_config_defaults();
    entrain_engine *engine;
    entrain_population *people;
    entrain_topology *topology;
    entrain_error error = {0};
    entrain_id first = ENTRAIN_ID_NONE;
    config.transport = transport;
    config.scheduler.worker_count = 1;
    graph.kind = kind;
    graph.size = PEOPLE;
    CHECK_OK(entrain_topology_create(&graph, &topology, &error), error);
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &behavior, &first, PEOPLE, &people, &error), error);
    CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
    entrain_topology_release(topology);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    first = entrain_population_id(people, 0);
    for (uint32_t k = 0; k < PEOPLE; k++)
        assert_int_equal(
            entrain_engine_tell(engine, entrain_population_id(people, k), KIND_GO, 0, nothing, nothing),
            ENTRAIN_OK);
    CHECK_OK(entrain_engine_advance(engine, 2, &error), error);
    assert_int_equal(entrain_population_id(people, 0), ENTRAIN_ID_NONE);
    // Whoever wrote is told when it is called again.
    for (uint32_t k = 1; k < PEOPLE; k++)
        (void)entrain_engine_tell(engine, entrain_population_id(people, k), KIND_MAIL, 0, nothing, nothing);
    CHECK_OK(entrain_engine_advance(engine, 2, &error), error);
    const entrain_message_count count = counted(engine);
    const result out = {entrain_engine_fingerprint(engine), entrain_engine_observations(engine),
                        count.undeliverable};
    entrain_engine_destroy(engine);
    return out;
}

static void unread_mail_is_undeliverable(void **state) {
    (void)state;
    static const entrain_topology_kind kinds[] = {ENTRAIN_TOPOLOGY_RING, ENTRAIN_TOPOLOGY_COMPLETE};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const result publishes = run(kinds[k], ENTRAIN_TRANSPORT_PUBLISH),
                     mails = run(kinds[k], ENTRAIN_TRANSPORT_MAILBOX);
        assert_int_equal(publishes.undeliverable, (PEOPLE - 1) * MAIL);
        assert_int_equal(mails.undeliverable, publishes.undeliverable);
        assert_int_equal(mails.observations, publishes.observations);
        assert_true(mails.fingerprint == publishes.fingerprint);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(unread_mail_is_undeliverable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
