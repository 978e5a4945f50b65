// Overflow policy block in lockstep where circles of full mailboxes are broken by shedding: by hand, and
// that it is always the same.
#include "check.h"
#include "engine/base/fingerprint.h"
#include "entrain/engine.h"

#include "message_count_check.h"

enum { TOLD = ENTRAIN_KIND_USER, NOTE, MANY = 240, LETTERS_MAX = 4096 };

typedef struct ring_column {
    uint64_t chain, handled;
} ring_column;

typedef struct square {
    entrain_engine *engine;
    entrain_population *people;
    uint32_t next[8]; // whom each one writes to
    uint32_t letter_count;
    entrain_dead_letter letters[LETTERS_MAX];
} square;

// Who is told sends two to the next one, numbered 0 and 1.
static entrain_status pass_on(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const square *all = self->context;
    ((ring_column *)self->columns[0])->handled += count;
    for (uint32_t m = 0; m < count; m++)
        for (uint64_t n = 0; n < 2 && messages[m].kind == TOLD; n++)
            assert_int_equal(entrain_send(self, entrain_population_id(all->people, all->next[self->index]),
                                          NOTE, 0, (entrain_payload){.u64 = n}, (entrain_payload){0}),
                             ENTRAIN_OK);
    return ENTRAIN_OK;
}

static void remember(void *context, const entrain_dead_letter *letter) {
    square *all = context;
    assert_true(all->letter_count < LETTERS_MAX);
    all->letters[all->letter_count++] = *letter;
}

static void open_square(square *all, entrain_engine_config config, uint32_t count, uint32_t sends_max,
                        entrain_status (*receive)(entrain_self *, const entrain_message *, uint32_t)) {
    entrain_error error = {0};
    memset(all, 0, sizeof *all);
    config.overflow = ENTRAIN_OVERFLOW_BLOCK;
    config.overflow_named = true;
    config.mailbox_capacity = 1;
    config.deadlock = ENTRAIN_DEADLOCK_SHEDS;
    CHECK_OK(entrain_engine_create(&config, &all->engine, &error), error);
    entrain_engine_on_dead_letter(all->engine, remember, all);
    const entrain_column column = {"handled", sizeof(ring_column), true, false};
    const entrain_behavior behavior = {.name = "one of many",
                                       .columns = &column,
                                       .column_count = 1,
                                       .sends_max = sends_max,
                                       .inbox = 1,
                                       .receive = receive};
    CHECK_OK(entrain_engine_add(all->engine, &behavior, all, count, &all->people, &error), error);
    CHECK_OK(entrain_engine_start(all->engine, &error), error);
}

static void tell(const square *all, uint32_t index, uint64_t number) {
    assert_int_equal(entrain_engine_tell(all->engine, entrain_population_id(all->people, index), TOLD, 0,
                                         (entrain_payload){.u64 = number}, (entrain_payload){0}),
                     ENTRAIN_OK);
}

static void tick(const square *all, uint64_t ticks) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(all->engine, ticks, &error), error);
}

static void check_letter(const square *all, uint32_t which, uint32_t from, uint32_t to) {
    assert_true(which < all->letter_count);
    const entrain_dead_letter *letter = &all->letters[which];
    assert_int_equal(letter->fate, ENTRAIN_FATE_SHED);
    assert_int_equal(letter->message.from, entrain_population_id(all->people, from));
    assert_int_equal(letter->to, entrain_population_id(all->people, to));
    assert_int_equal(letter->message.payload[0].u64, 1); // the first one has found room
}

static void a_circle_is_broken_at_its_lowest(void **state) {
    (void)state;
    for (uint32_t n = 1; n <= 3; n++) {
        static square all;
        open_square(&all, entrain_engine_config_defaults(), n, 2, pass_on);
        for (uint32_t i = 0; i < n; i++) {
            all.next[i] = (i + 1) % n;
            tell(&all, i, 0);
        }
        tick(&all, 1); // all are told, and write
        CHECK_COUNT(all.engine, .sent = 3 * n, .received = n, .queued = 2 * n);
        tick(&all, 1); // one of each finds room, one waits, and all are mute
        CHECK_COUNT(all.engine, .sent = 3 * n, .received = n, .queued = 2 * n);
        assert_int_equal(all.letter_count, 0);
        tick(&all, 1); // what 0 waits with goes; 0 hears
        CHECK_COUNT(all.engine, .sent = 3 * n, .received = n + 1, .queued = 2 * n - 2, .shed = 1);
        check_letter(&all, 0, 0, 1 % n);
        for (uint32_t k = 1; k < n; k++) { // and then the one before it, and so on
            tick(&all, 1);
            CHECK_COUNT(all.engine, .sent = 3 * n, .received = n + 1 + 2 * k, .queued = 2 * (n - 1 - k),
                        .shed = 1);
        }
        tick(&all, 5);
        CHECK_COUNT(all.engine, .sent = 3 * n, .received = 3 * n - 1, .shed = 1);
        assert_int_equal(all.letter_count, 1);
        for (uint32_t i = 0; i < n; i++) // all but 1 (alone: 0) have heard both
            assert_int_equal(((ring_column *)entrain_population_at(all.people, i, 0))->handled,
                             i == 1 % n ? 2 : 3);
        entrain_engine_destroy(all.engine);
    }
}

static void who_only_waits_for_a_circle_loses_nothing(void **state) {
    (void)state;
    static const struct {
        uint32_t next[4], lowest, hit; // 3 writes to 0; 0 writes to 1
    } cases[] = {{{1, 2, 0, 0}, 0, 1}, {{1, 2, 3, 1}, 1, 2}};
    for (size_t c = 0; c < 2; c++) {
        static square all;
        open_square(&all, entrain_engine_config_defaults(), 4, 2, pass_on);
        memcpy(all.next, cases[c].next, sizeof cases[c].next);
        for (uint32_t i = 0; i < 4; i++)
            tell(&all, i, 0);
        tick(&all, 2);
        // Whoever is written to by two has room for one of the four.
        CHECK_COUNT(all.engine, .sent = 12, .received = 4, .queued = 8);
        tick(&all, 1);
        assert_int_equal(counted(all.engine).shed, 1);
        tick(&all, 20);
        CHECK_COUNT(all.engine, .sent = 12, .received = 11, .shed = 1);
        assert_int_equal(all.letter_count, 1);
        check_letter(&all, 0, cases[c].lowest, cases[c].hit);
        entrain_engine_destroy(all.engine);
    }
}

static void two_circles_are_broken_one_after_the_other(void **state) {
    (void)state;
    static square all;
    open_square(&all, entrain_engine_config_defaults(), 4, 2, pass_on);
    memcpy(all.next, (const uint32_t[]){1, 0, 3, 2}, 4 * sizeof(uint32_t));
    for (uint32_t i = 0; i < 4; i++)
        tell(&all, i, 0);
    tick(&all, 2);
    CHECK_COUNT(all.engine, .sent = 12, .received = 4, .queued = 8);
    tick(&all, 1);
    CHECK_COUNT(all.engine, .sent = 12, .received = 5, .queued = 6, .shed = 1);
    tick(&all, 1); // 1 to 0: both hear; and the other circle is seen, 2 hears
    CHECK_COUNT(all.engine, .sent = 12, .received = 8, .queued = 2, .shed = 2);
    tick(&all, 1);
    CHECK_COUNT(all.engine, .sent = 12, .received = 10, .shed = 2);
    check_letter(&all, 0, 0, 1);
    check_letter(&all, 1, 2, 3);
    assert_int_equal(all.letter_count, 2);
    entrain_engine_destroy(all.engine);
}

// Writes to up to three, drawn from all it has heard so far, until the message has gone far enough.
static entrain_status spread(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const square *all = self->context;
    ring_column *mine = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        const uint64_t hops = messages[m].payload[0].u64;
        mine->handled++;
        mine->chain = entrain__mix_fold(entrain__mix_fold(mine->chain, messages[m].from), hops + self->tick);
        const uint64_t draw = entrain__mix64(mine->chain + self->index);
        for (uint32_t n = 0; n < 1 + draw % 3 && hops > 0; n++) {
            const uint32_t to = (self->index + 1 + (uint32_t)(draw >> (8 + 8 * n)) % 6) % MANY;
            entrain_send(self, entrain_population_id(all->people, to), NOTE, 0,
                         (entrain_payload){.u64 = hops - 1}, (entrain_payload){0});
        }
    }
    return ENTRAIN_OK;
}

static uint64_t turmoil(const char *policy, uint32_t workers, entrain_layout layout, uint64_t *shed_out) {
    static square all;
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.policy = policy;
    config.scheduler.worker_count = workers;
    config.layout = layout;
    config.cohort_weight = 64;
    open_square(&all, config, MANY, 3, spread);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < MANY; i += 3)
        tell(&all, i, 6);
    for (uint32_t t = 0; t < 30; t++) {
        tick(&all, 4);
        sum = entrain__mix_fold(sum, entrain_engine_fingerprint(all.engine));
        sum = entrain__mix_fold(sum, counted(all.engine).queued);
    }
    *shed_out = counted(all.engine).shed;
    assert_int_equal(*shed_out, all.letter_count);
    for (uint32_t l = 0; l < all.letter_count; l++) // told by one thread, in order
        sum = entrain__mix_fold(sum, (uint64_t)all.letters[l].message.from << 32 | all.letters[l].to);
    entrain_engine_destroy(all.engine);
    return sum;
}

static void which_are_shed_is_the_same_for_all(void **state) {
    (void)state;
    static const char *const policies[] = {"serial", "shuffled", "static",   "shared",
                                           "guided", "steal",    "adaptive", "dataflow"};
    uint64_t shed, its;
    const uint64_t wanted = turmoil("serial", 1, ENTRAIN_LAYOUT_INDEX, &shed);
    assert_true(shed > 5);
    for (size_t p = 0; p < sizeof policies / sizeof *policies; p++)
        for (uint32_t l = 0; l < 2; l++) {
            assert_true(turmoil(policies[p], p == 0 ? 1 : 1 + (uint32_t)p % 3 + l,
                                l ? ENTRAIN_LAYOUT_SHUFFLED : ENTRAIN_LAYOUT_INDEX, &its) == wanted);
            assert_int_equal(its, shed);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_circle_is_broken_at_its_lowest),
        cmocka_unit_test(who_only_waits_for_a_circle_loses_nothing),
        cmocka_unit_test(two_circles_are_broken_one_after_the_other),
        cmocka_unit_test(which_are_shed_is_the_same_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
