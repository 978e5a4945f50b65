// Dead letters: in every execution exactly one for each general message that is counted as shed, conflated
// or undeliverable.
#include "check.h"
#include "engine/base/fingerprint.h"
#include "entrain/actor.h"
#include "entrain/engine.h"

#include "message_count_check.h"

enum { NOTE = ENTRAIN_KIND_USER, OTHER, PEOPLE = 200, DEAF = 5 };

typedef struct post {
    entrain_engine *engine;
    entrain_population *people, *deaf;
    uint64_t told[ENTRAIN_FATE_COUNT], signature; // in any order
} post;

static void count(void *context, const entrain_dead_letter *letter) {
    post *office = context;
    assert_true((unsigned)letter->fate < ENTRAIN_FATE_COUNT);
    assert_true(letter->message.kind == NOTE || letter->message.kind == OTHER);
    office->told[letter->fate]++;
    office->signature += entrain__mix64(entrain__mix64((uint64_t)letter->message.from << 32 | letter->to) +
                                        letter->message.payload[0].u64 * 8 + (uint64_t)letter->fate);
}

static entrain_id whom(const post *office, uint64_t draw) {
    const entrain_id id = entrain_population_id(office->people, (uint32_t)(draw >> 8) % 20);
    switch (draw % 16) {
    case 0:
        return entrain_population_id(office->deaf, (uint32_t)(draw >> 8) % DEAF);
    case 1:
        return id ^ 0x40000000; // nobody's
    case 2:
        return 0x01fffff0;
    default:
        return id;
    }
}

// Everybody writes to a few; now and then one fails, finishes, or stops another one.
static entrain_status write_letters(entrain_self *self, const entrain_message *messages, uint32_t n) {
    post *office = self->context;
    uint64_t *mine = self->columns[0];
    entrain_status status = ENTRAIN_OK;
    for (uint32_t m = 0; m < n; m++) {
        const uint64_t hops = messages[m].payload[0].u64;
        *mine = entrain__mix_fold(*mine, (uint64_t)messages[m].from << 32 | hops);
        const uint64_t draw = entrain__mix64(*mine + self->index);
        for (uint32_t s = 0; s < 2 && hops > 0; s++)
            (void)entrain_send(self, whom(office, entrain__mix64(draw + (draw % 4 == 0 ? 0 : s))),
                               (uint16_t)(NOTE + (draw & 1)), 0, (entrain_payload){.u64 = hops - 1},
                               (entrain_payload){0});
        if (hops > 1 && draw % 8 == 0)
            (void)entrain_send_after(self, 0.25, whom(office, draw >> 7), OTHER, 0,
                                     (entrain_payload){.u64 = hops - 2}, (entrain_payload){0}, NULL);
        if (draw % 64 == 1)
            entrain_finish(self);
        if (draw % 64 == 2)
            status = ENTRAIN_INVALID;
        if (draw % 64 == 3)
            (void)entrain_stop(self, entrain_population_id(office->people, (uint32_t)(draw >> 9) % PEOPLE));
    }
    return status;
}

// @return what all that was told of sums up to.
static uint64_t run(entrain_execution execution, entrain_overflow overflow, entrain_deadlock deadlock,
                    const char *policy, uint32_t workers, entrain_message_count *count_out) {
    entrain_error error = {0};
    post office = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = execution;
    config.overflow = overflow;
    config.overflow_named = true;
    config.deadlock = deadlock;
    config.mailbox_capacity = execution == ENTRAIN_EXECUTION_EVENT_DRIVEN ? 7 : 3;
    config.scheduler.worker_count = workers;
    if (policy != NULL)
        config.scheduler.policy = policy;
    config.cohort_weight = 64;
    config.lookahead_s = 0.125;
    CHECK_OK(entrain_engine_create(&config, &office.engine, &error), error);
    entrain_engine_on_dead_letter(office.engine, count, &office);
    const entrain_column column = {"chain", 8, true, false};
    const entrain_behavior writer = {.name = "writer",
                                     .columns = &column,
                                     .column_count = 1,
                                     .sends_max = 400,
                                     .inbox = 3,
                                     .timers_max = 600,
                                     .receive = write_letters};
    const entrain_behavior deaf = {.name = "deaf"};
    entrain_supervision how = entrain_supervision_defaults();
    how.remedy = ENTRAIN_REMEDY_RESTART;
    how.restarts_max = 5;
    CHECK_OK(entrain_engine_add(office.engine, &writer, &office, PEOPLE, &office.people, &error), error);
    CHECK_OK(entrain_engine_add(office.engine, &deaf, &office, DEAF, &office.deaf, &error), error);
    CHECK_OK(entrain_engine_supervise(office.engine, office.people, &how, &error), error);
    CHECK_OK(entrain_engine_start(office.engine, &error), error);
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 300; i++) {
            const entrain_id id = entrain_population_id(office.people, i * 7 % PEOPLE);
            if (id != ENTRAIN_ID_NONE)
                (void)entrain_engine_tell(office.engine, i % 50 ? id : entrain_population_id(office.deaf, 0),
                                          NOTE, 0, (entrain_payload){.u64 = 5}, (entrain_payload){0});
        }
        if (execution == ENTRAIN_EXECUTION_LOCKSTEP)
            CHECK_OK(entrain_engine_advance(office.engine, 40, &error), error);
        else
            CHECK_OK(entrain_engine_run(office.engine, round + 0.5, &error), error);
        if (entrain_population_id(office.people, round) != ENTRAIN_ID_NONE)
            assert_int_equal(
                entrain_engine_stop_actor(office.engine, entrain_population_id(office.people, round)),
                ENTRAIN_OK);
    }
    *count_out = counted(office.engine);
    assert_int_equal(office.told[ENTRAIN_FATE_SHED], count_out->shed);
    assert_int_equal(office.told[ENTRAIN_FATE_CONFLATED], count_out->conflated);
    assert_int_equal(office.told[ENTRAIN_FATE_UNDELIVERABLE], count_out->undeliverable);
    entrain_engine_destroy(office.engine);
    return office.signature;
}

static void check_fates(const entrain_message_count *count, entrain_overflow overflow) {
    assert_true(count->undeliverable > 100);
    if (overflow == ENTRAIN_OVERFLOW_SHED_NEWEST || overflow == ENTRAIN_OVERFLOW_SHED_OLDEST ||
        overflow == ENTRAIN_OVERFLOW_CONFLATE)
        assert_true(count->shed > 20);
    if (overflow == ENTRAIN_OVERFLOW_CONFLATE)
        assert_true(count->conflated > 5);
}

static void each_is_told_of_once(void **state) {
    (void)state;
    static const entrain_overflow overflows[] = {ENTRAIN_OVERFLOW_FAIL, ENTRAIN_OVERFLOW_SHED_NEWEST,
                                                 ENTRAIN_OVERFLOW_SHED_OLDEST, ENTRAIN_OVERFLOW_CONFLATE,
                                                 ENTRAIN_OVERFLOW_BLOCK};
    entrain_message_count count;
    for (size_t o = 0; o < sizeof overflows / sizeof *overflows; o++) {
        const entrain_overflow overflow = overflows[o];
        for (int virtual_time = 0; virtual_time < 2; virtual_time++) {
            const entrain_execution execution =
                virtual_time ? ENTRAIN_EXECUTION_VIRTUAL_TIME : ENTRAIN_EXECUTION_LOCKSTEP;
            if (virtual_time && overflow == ENTRAIN_OVERFLOW_BLOCK)
                continue;
            const uint64_t wanted = run(execution, overflow, ENTRAIN_DEADLOCK_SHEDS, "serial", 1, &count);
            check_fates(&count, overflow);
            // The same letters, too, whoever runs it.
            assert_true(run(execution, overflow, ENTRAIN_DEADLOCK_SHEDS, "steal", 3, &count) == wanted);
            assert_true(run(execution, overflow, ENTRAIN_DEADLOCK_SHEDS, "shared", 2, &count) == wanted);
        }
        if (overflow == ENTRAIN_OVERFLOW_SHED_OLDEST || overflow == ENTRAIN_OVERFLOW_CONFLATE)
            continue; // event-driven execution does not know them
        for (uint32_t workers = 1; workers < 5; workers += 3) {
            (void)run(ENTRAIN_EXECUTION_EVENT_DRIVEN, overflow, ENTRAIN_DEADLOCK_SHEDS, NULL, workers,
                      &count);
            assert_true(count.undeliverable > 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_told_of_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
