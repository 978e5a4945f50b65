// Virtual time: the engine against a simulator with one thread and one list; and what a run may do besides.
#include "virtual_model.h"

#include <pthread.h>

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
        assert_int_equal(got->told + 0, wanted->told);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phold_is_that_of_the_naive_simulator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
