// tick_sends_max: what all calls of receive() of one actor may send in a tick, and what memory that saves.
#include "check.h"

#include "engine/engine_private.h"

enum { TELLS = 250, KIND = ENTRAIN_KIND_USER };

typedef struct office {
    entrain_engine *engine;
    entrain_population *population;
    entrain_error error;
    uint32_t sent, refused;
    uint32_t sends; // in a call
} office;

static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    (void)messages, (void)count;
    office *all = self->context;
    if (self->index == 1) // it only takes; the other two have a turn each
        return ENTRAIN_OK;
    for (uint32_t s = 0; s < all->sends; s++) {
        const entrain_status status = entrain_send(self, entrain_population_id(all->population, 1), KIND, 0,
                                                   (entrain_payload){.u64 = 0}, (entrain_payload){.u64 = 0});
        all->sent += status == ENTRAIN_OK;
        all->refused += status == ENTRAIN_LIMIT;
    }
    return ENTRAIN_OK;
}

static size_t open_office(office *all, uint32_t sends, uint32_t tick_sends_max) {
    *all = (office){.sends = sends};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.worker_count = 1;
    const entrain_behavior behavior = {.name = "clerk",
                                       .sends_max = 3,
                                       .tick_sends_max = tick_sends_max,
                                       .inbox = 10000,
                                       .receive = receive};
    entrain_engine_memory memory;
    CHECK_OK(entrain_engine_create(&config, &all->engine, &all->error), all->error);
    CHECK_OK(entrain_engine_add(all->engine, &behavior, all, 3, &all->population, &all->error), all->error);
    CHECK_OK(entrain_engine_start(all->engine, &all->error), all->error);
    entrain_engine_measure(all->engine, &memory);
    return memory.messages;
}

// 250 messages are three calls. The bound is a tick's: the next one has it anew.
static void a_tick_has_its_bound(void **state) {
    (void)state;
    static const struct {
        uint32_t sends, in_tick, sent, refused;
    } rows[] = {{3, 0, 9, 0}, {2, 6, 6, 0}, {2, 5, 5, 1}, {3, 6, 6, 3}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        office all;
        open_office(&all, rows[r].sends, rows[r].in_tick);
        for (uint32_t tick = 1; tick <= 2; tick++) {
            for (uint32_t t = 0; t < 2 * TELLS; t++)
                assert_int_equal(
                    entrain_engine_tell(all.engine, entrain_population_id(all.population, t % 2 * 2), KIND, 0,
                                        (entrain_payload){.u64 = 0}, (entrain_payload){.u64 = 0}),
                    ENTRAIN_OK);
            const entrain_status status = entrain_engine_advance(all.engine, 1, &all.error);
            assert_int_equal(all.sent, tick * 2 * rows[r].sent);
            assert_int_equal(all.refused, 2 * rows[r].refused);
            // Who sends more than it may has failed.
            assert_true((entrain_population_id(all.population, 0) == ENTRAIN_ID_NONE ||
                         status != ENTRAIN_OK) == (rows[r].refused > 0));
            if (rows[r].refused > 0)
                break;
        }
        entrain_engine_destroy(all.engine);
    }
}

static void it_saves_memory(void **state) {
    (void)state;
    office wide, narrow;
    const size_t much = open_office(&wide, 1, 0), little = open_office(&narrow, 1, 4);
    entrain_engine_destroy(wide.engine);
    entrain_engine_destroy(narrow.engine);
    // A hundred or more calls of each of the two, three letters of 32 bytes each; or four.
    assert_true(much - little >= (size_t)2 * (300 - 4) * sizeof(entrain__letter));
}

static void less_than_a_call_is_refused(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_engine *engine;
    entrain_population *population;
    const entrain_behavior behavior = {
        .name = "clerk", .sends_max = 3, .tick_sends_max = 2, .inbox = 1, .receive = receive};
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_REFUSED(entrain_engine_add(engine, &behavior, NULL, 2, &population, &error), ENTRAIN_INVALID, error,
                  "2 sends in a tick and 3 in a call");
    entrain_engine_destroy(engine);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_tick_has_its_bound),
                                       cmocka_unit_test(it_saves_memory),
                                       cmocka_unit_test(less_than_a_call_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
