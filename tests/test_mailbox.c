// Mailboxes, one thread: order, capacity, policies, counts, memory, refusals. Threads are in
// test_mailbox_stress.c.
#include "check.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "mailbox_model.h"

enum { LIMIT = (1 << 24) - 1 };

static entrain_mailbox_set *set_of(uint32_t mailbox_count, uint32_t capacity, entrain_producers producers,
                                   entrain_overflow overflow) {
    entrain_mailbox_set_config config = entrain_mailbox_set_config_defaults();
    config.mailbox_count = mailbox_count;
    config.capacity = capacity;
    config.producers = producers;
    config.overflow = overflow;
    entrain_mailbox_set *set = NULL;
    entrain_error error = {0};
    CHECK_OK(entrain_mailbox_set_create(&config, &set, &error), error);
    return set;
}

static entrain_status send_serial(entrain_mailbox_set *set, uint32_t index, uint64_t serial) {
    entrain_message message = model_message(serial);
    return entrain_mailbox_send(set, index, &message);
}

static void check_count(const entrain_mailbox_set *set, entrain_message_count wanted) {
    entrain_message_count count;
    entrain_mailbox_set_count(set, &count);
    assert_int_equal(count.sent, wanted.sent);
    assert_int_equal(count.received, wanted.received);
    assert_int_equal(count.queued, wanted.queued);
    assert_int_equal(count.shed, wanted.shed);
    assert_int_equal(count.undeliverable, wanted.undeliverable);
    assert_int_equal(count.conflated + count.lost + count.cancelled, 0);
    assert_int_equal(entrain_message_count_residual(&count), 0);
}

static void messages_come_out_in_the_order_they_went_in(void **state) {
    (void)state;
    for (int producers = 0; producers < 2; producers++) {
        entrain_mailbox_set *set = set_of(1, 5, (entrain_producers)producers, ENTRAIN_OVERFLOW_FAIL);
        entrain_message messages[3];
        uint64_t in = 0, out = 0;
        for (int round = 0; round < 1000; round++) {
            for (int i = 0; i < 3; i++)
                assert_int_equal(send_serial(set, 0, in++), ENTRAIN_OK);
            assert_int_equal(entrain_mailbox_receive(set, 0, messages, 3), 3);
            for (int i = 0; i < 3; i++)
                assert_true(model_message_is(&messages[i], out++));
        }
        assert_int_equal(entrain_mailbox_receive(set, 0, messages, 3), 0);
        entrain_mailbox_set_destroy(set);
    }
}

static void capacity_is_at_least_what_was_asked_for(void **state) {
    (void)state;
    static const struct {
        uint32_t asked, got;
    } rows[] = {{1, 1},          {2, 3},
                {3, 3},          {4, 7},
                {7, 7},          {8, 15},
                {63, 63},        {64, 127},
                {1000, 1023},    {1023, 1023},
                {1024, 2047},    {65535, 65535},
                {65536, 131071}, {(1 << 20) - 1, (1 << 20) - 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        entrain_mailbox_set *set = set_of(1, rows[i].asked, ENTRAIN_PRODUCERS_ONE, ENTRAIN_OVERFLOW_FAIL);
        assert_int_equal(entrain_mailbox_capacity(set, 0), rows[i].got);
        entrain_mailbox_set_destroy(set);
    }
    // The largest, and only where zeroed pages are not touched: 402 MB.
    if (strcmp(entrain__memory_backend(), "jemalloc") == 0) {
        entrain_mailbox_set *set = set_of(1, LIMIT, ENTRAIN_PRODUCERS_MANY, ENTRAIN_OVERFLOW_FAIL);
        assert_int_equal(entrain_mailbox_capacity(set, 0), LIMIT);
        assert_int_equal(send_serial(set, 0, 1), ENTRAIN_OK);
        entrain_mailbox_set_destroy(set);
    }
}

// Fills to the last place, is refused, makes one place, uses it: at every position, 2^32 included.
static void exactly_full_is_full_wherever_the_positions_are(void **state) {
    (void)state;
    entrain_message messages[8];
    for (int producers = 0; producers < 2; producers++)
        for (uint32_t before = 0; before < 20; before++) {
            entrain_mailbox_set *set = set_of(1, 7, (entrain_producers)producers, ENTRAIN_OVERFLOW_FAIL);
            ck_ring_t *ring = &set->rings[0];
            ring->c_head = ring->p_tail = ring->p_head = UINT32_MAX - 10 + before;
            for (uint64_t i = 0; i < 7; i++) {
                assert_int_equal(entrain_mailbox_queued(set, 0), i);
                assert_int_equal(send_serial(set, 0, i), ENTRAIN_OK);
            }
            assert_int_equal(entrain_mailbox_queued(set, 0), 7);
            assert_int_equal(send_serial(set, 0, 100), ENTRAIN_FULL);
            assert_int_equal(send_serial(set, 0, 101), ENTRAIN_FULL);
            assert_int_equal(entrain_mailbox_receive(set, 0, messages, 1), 1);
            assert_true(model_message_is(&messages[0], 0));
            assert_int_equal(send_serial(set, 0, 7), ENTRAIN_OK);
            assert_int_equal(send_serial(set, 0, 102), ENTRAIN_FULL);
            assert_int_equal(entrain_mailbox_receive(set, 0, messages, 8), 7);
            for (uint64_t i = 0; i < 7; i++)
                assert_true(model_message_is(&messages[i], i + 1));
            check_count(set, (entrain_message_count){.sent = 11, .received = 8, .undeliverable = 3});
            entrain_mailbox_set_destroy(set);
        }
}

static void policies_say_where_every_message_went(void **state) {
    (void)state;
    for (int producers = 0; producers < 2; producers++) {
        entrain_mailbox_set *set = set_of(2, 3, (entrain_producers)producers, ENTRAIN_OVERFLOW_FAIL);
        for (uint64_t i = 0; i < 5; i++) {
            assert_int_equal(send_serial(set, 0, i), i < 3 ? ENTRAIN_OK : ENTRAIN_FULL);
            assert_int_equal(send_serial(set, 1, i), i < 3 ? ENTRAIN_OK : ENTRAIN_FULL);
        }
        check_count(set, (entrain_message_count){.sent = 10, .queued = 6, .undeliverable = 4});
        entrain_mailbox_set_destroy(set);

        set = set_of(2, 3, (entrain_producers)producers, ENTRAIN_OVERFLOW_SHED_NEWEST);
        for (uint64_t i = 0; i < 5; i++)
            assert_int_equal(send_serial(set, 1, i), ENTRAIN_OK);
        entrain_message messages[5];
        assert_int_equal(entrain_mailbox_receive(set, 1, messages, 2), 2);
        assert_true(model_message_is(&messages[1], 1)); // the newest were shed, not the oldest
        check_count(set, (entrain_message_count){.sent = 5, .received = 2, .queued = 1, .shed = 2});
        entrain_mailbox_set_destroy(set);
    }
    assert_string_equal(entrain_overflow_name(ENTRAIN_OVERFLOW_FAIL), "fail");
    assert_string_equal(entrain_overflow_name(ENTRAIN_OVERFLOW_SHED_NEWEST), "shed-newest");
    assert_string_equal(entrain_overflow_name(ENTRAIN_OVERFLOW_SHED_OLDEST), "shed-oldest");
    assert_string_equal(entrain_overflow_name(ENTRAIN_OVERFLOW_CONFLATE), "conflate");
    assert_string_equal(entrain_overflow_name(ENTRAIN_OVERFLOW_BLOCK), "block");
    assert_null(entrain_overflow_name(ENTRAIN_OVERFLOW_COUNT));
    assert_null(entrain_overflow_name((entrain_overflow)-1));
}

static void the_residual_knows_every_fate(void **state) {
    (void)state;
    entrain_message_count count = {100, 1, 2, 3, 4, 5, 6, 79};
    assert_int_equal(entrain_message_count_residual(&count), 0);
    count.sent = 99;
    assert_int_equal(entrain_message_count_residual(&count), -1);
    count = (entrain_message_count){.sent = 3, .lost = 1};
    assert_int_equal(entrain_message_count_residual(&count), 2);
}

static void a_batch_may_wrap_and_stops_at_its_limit(void **state) {
    (void)state;
    entrain_message messages[8];
    for (uint32_t start = 0; start < 8; start++)
        for (uint32_t limit = 0; limit <= 8; limit++) {
            entrain_mailbox_set *set = set_of(1, 7, ENTRAIN_PRODUCERS_ONE, ENTRAIN_OVERFLOW_FAIL);
            for (uint64_t i = 0; i < start; i++) // moves the positions on
                assert_true(send_serial(set, 0, i) == ENTRAIN_OK &&
                            entrain_mailbox_receive(set, 0, messages, 1) == 1);
            for (uint64_t i = 0; i < 7; i++)
                assert_int_equal(send_serial(set, 0, i), ENTRAIN_OK);
            memset(messages, 0xee, sizeof messages);
            uint32_t wanted = limit < 7 ? limit : 7;
            assert_int_equal(entrain_mailbox_receive(set, 0, limit == 0 ? NULL : messages, limit), wanted);
            for (uint32_t i = 0; i < wanted; i++)
                assert_true(model_message_is(&messages[i], i));
            for (size_t i = wanted * sizeof *messages; i < sizeof messages; i++)
                assert_int_equal(((unsigned char *)messages)[i], 0xee); // nothing past what was received
            assert_int_equal(entrain_mailbox_queued(set, 0), 7 - wanted);
            entrain_mailbox_set_destroy(set);
        }
}

static void thousands_of_mailboxes_are_one_block(void **state) {
    (void)state;
    enum { COUNT = 5000 };
    static uint32_t capacities[COUNT];
    size_t slots = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        capacities[i] = i % 37 + 1;
        uint32_t size = 2;
        while (size <= capacities[i])
            size *= 2;
        slots += size;
    }
    entrain_mailbox_set_config config = entrain_mailbox_set_config_defaults();
    config.mailbox_count = COUNT;
    config.capacities = capacities;
    config.capacity = 0; // not looked at
    entrain_mailbox_set *set = NULL;
    entrain_error error = {0};
    uint64_t taken = entrain__memory_taken();
    CHECK_OK(entrain_mailbox_set_create(&config, &set, &error), error);
    assert_int_equal(entrain__memory_taken() - taken, 2); // the arena and its one block
    assert_int_equal(entrain_mailbox_count(set), COUNT);
    // 64 + 8 + 128 bytes a mailbox with many producers and 24 a slot, as mailbox.h says, and less than 320
    // for the set and for alignment.
    size_t documented = (size_t)COUNT * 200 + slots * 24;
    assert_in_range(entrain_mailbox_set_bytes(set), documented, documented + 320);
    assert_int_equal((uintptr_t)set->counters % ENTRAIN_CACHE_LINE, 0);
    for (uint32_t i = 0; i < COUNT; i++) // no two on one line
        assert_int_equal((uintptr_t)entrain__mailbox_ring(set, i) % ENTRAIN_CACHE_LINE, 0);

    for (uint32_t i = 0; i < COUNT; i++) // all full, so that an overlap would show
        for (uint32_t j = 0; j < entrain_mailbox_capacity(set, i); j++)
            assert_int_equal(send_serial(set, i, (uint64_t)i << 32 | j), ENTRAIN_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        entrain_message messages[64];
        uint32_t received = entrain_mailbox_receive(set, i, messages, 64);
        assert_int_equal(received, entrain_mailbox_capacity(set, i));
        for (uint32_t j = 0; j < received; j++)
            assert_true(model_message_is(&messages[j], (uint64_t)i << 32 | j));
    }
    entrain_mailbox_set_destroy(set);
    entrain_mailbox_set_destroy(NULL);

    config.capacities = NULL;
    config.capacity = 7;
    config.producers = ENTRAIN_PRODUCERS_ONE;
    CHECK_OK(entrain__mailbox_set_create_bare(&config, &set, &error), error);
    documented = (size_t)COUNT * (24 + 8 + 8 * 24); // a bare mailbox has no counters
    assert_in_range(entrain_mailbox_set_bytes(set), documented, documented + 320);
    assert_null(set->counters);
    entrain_mailbox_set_destroy(set);
}

static void check_program(const uint8_t *program, size_t size) {
    const char *broken = mailbox_model_run(program, size);
    if (broken == NULL)
        return;
    print_error("program, %zu bytes:", size);
    for (size_t i = 0; i < size; i++)
        print_error(" %02x", program[i]);
    print_error("\n");
    fail_msg("does not hold: %s", broken);
}

static void mailboxes_do_what_a_list_would(void **state) {
    (void)state;
    // kind, capacity, third capacity, positions before 2^32; then (what, how many) ...
    static const uint8_t examples[][20] = {
        {0, 6, 0, 0, 0, 7, 1, 3, 0, 79, 1, 2, 0, 79, 1, 79}, // bare: fill, release, refill over the end
        {5, 6, 3, 9, 2, 7, 0, 7, 2, 7, 1, 7, 4, 79, 5, 79, 8,
         79},                                               // bare: written and not committed, at the wrap
        {2, 0, 0, 1, 0, 3, 1, 1, 0, 3, 1, 79},              // one producer, fail, capacity 1, at the wrap
        {1, 2, 9, 4, 0, 40, 1, 2, 0, 5, 1, 79, 4, 1, 5, 0}, // many producers, fail
        {4, 2, 9, 5, 0, 40, 1, 2, 0, 5, 1, 79},             // one producer, shed
        {3, 30, 59, 127, 8, 79, 9, 60, 8, 79, 9, 79, 8, 64, 9, 79}, // many producers, shed
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        check_program(examples[i], sizeof examples[i]);
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 3000; i++) {
        uint8_t program[204];
        for (size_t at = 0; at < sizeof program; at++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            program[at] = (uint8_t)(random >> 32);
        }
        for (size_t at = 5; at < sizeof program && i % 2 == 0; at += 2)
            program[at] %= 12; // small batches, so that rings are seldom full or empty
        check_program(program, sizeof program);
    }
}

static void what_is_out_of_range_is_refused_with_a_sentence(void **state) {
    (void)state;
    entrain_mailbox_set *set = NULL;
    entrain_error error = {0};
    entrain_mailbox_set_config good = entrain_mailbox_set_config_defaults(), config = good;
    assert_int_equal(config.mailbox_count, 1);
    assert_int_equal(config.capacity, 64);
    assert_int_equal(config.producers, ENTRAIN_PRODUCERS_MANY);
    assert_int_equal(config.overflow, ENTRAIN_OVERFLOW_FAIL);

    config.mailbox_count = 0;
    CHECK_REFUSED(entrain_mailbox_set_create(&config, &set, &error), ENTRAIN_INVALID, error,
                  "mailbox_count is 0: a set has 1 to 16777215 mailboxes");
    config.mailbox_count = LIMIT + 1;
    CHECK_REFUSED(entrain_mailbox_set_create(&config, &set, &error), ENTRAIN_INVALID, error,
                  "mailbox_count is 16777216");
    config = good;
    config.capacity = 0;
    CHECK_REFUSED(entrain_mailbox_set_create(&config, &set, &error), ENTRAIN_INVALID, error,
                  "capacity is 0: a mailbox holds 1 to 16777215 messages (a ring of 2 to 2^24 slots");
    config.capacity = LIMIT + 1;
    CHECK_REFUSED(entrain_mailbox_set_create(&config, &set, &error), ENTRAIN_INVALID, error,
                  "capacity is 16777216");
    config.capacity = UINT32_MAX;
    CHECK_REFUSED(entrain_mailbox_set_create(&config, &set, &error), ENTRAIN_INVALID, error,
                  "capacity is 4294967295");
    uint32_t capacities[] = {5, 6, 0, 7};
    config = good;
    config.mailbox_count = 4;
    config.capacities = capacities;
    CHECK_REFUSED(entrain_mailbox_set_create(&config, &set, &error), ENTRAIN_INVALID, error,
                  "capacities[2] is 0: a mailbox");
    capacities[2] = 1;
    capacities[3] = LIMIT + 1;
    CHECK_REFUSED(entrain_mailbox_set_create(&config, &set, &error), ENTRAIN_INVALID, error,
                  "capacities[3] is 16777216");
    config = good;
    config.producers = (entrain_producers)7;
    CHECK_REFUSED(entrain_mailbox_set_create(&config, &set, &error), ENTRAIN_INVALID, error,
                  "producers is 7");
    config = good;
    config.overflow = (entrain_overflow)5;
    CHECK_REFUSED(entrain_mailbox_set_create(&config, &set, &error), ENTRAIN_INVALID, error, "overflow is 5");
    CHECK_REFUSED(entrain__mailbox_set_create_bare(&config, &set, &error), ENTRAIN_INVALID, error,
                  "overflow is 5");
    for (int overflow = ENTRAIN_OVERFLOW_SHED_OLDEST; overflow < ENTRAIN_OVERFLOW_COUNT; overflow++) {
        config.overflow = (entrain_overflow)overflow;
        CHECK_REFUSED(entrain_mailbox_set_create(&config, &set, &error), ENTRAIN_UNSUPPORTED, error,
                      "an engine in lockstep does all five");
        assert_non_null(strstr(error.sentence, entrain_overflow_name(config.overflow)));
    }
    // A bare set leaves the policy to its engine.
    entrain_mailbox_set *bare = NULL;
    config.producers = ENTRAIN_PRODUCERS_ONE;
    CHECK_OK(entrain__mailbox_set_create_bare(&config, &bare, &error), error);
    entrain_mailbox_set_destroy(bare);
    config = good;
    CHECK_REFUSED(entrain__mailbox_set_create_bare(&config, &set, &error), ENTRAIN_UNSUPPORTED, error,
                  "producers is ENTRAIN_PRODUCERS_MANY");
    assert_int_equal(entrain_mailbox_set_create(&(entrain_mailbox_set_config){0}, &set, NULL),
                     ENTRAIN_INVALID);
    assert_null(set); // written only on success
}

// A set for which there is not enough address space: 2^24 rings of 2^24 slots are 6.7 petabytes.
static void what_no_machine_has_is_a_status(void **state) {
    (void)state;
    int64_t live = entrain__memory_live();
    entrain_mailbox_set_config config = entrain_mailbox_set_config_defaults();
    config.mailbox_count = LIMIT;
    config.capacity = LIMIT;
    entrain_mailbox_set *set = NULL;
    entrain_error error = {0};
    CHECK_REFUSED(entrain_mailbox_set_create(&config, &set, &error), ENTRAIN_NO_MEMORY, error,
                  "16777215 mailboxes with 281474959933440 slots need 6755402393845696 bytes");
    assert_null(set);
    assert_int_equal(entrain__memory_live(), live);
}

static void a_block_that_fails_leaves_nothing(void **state) {
    (void)state;
    entrain_mailbox_set_config config = entrain_mailbox_set_config_defaults();
    config.producers = ENTRAIN_PRODUCERS_ONE;
    for (int bare = 0; bare < 2; bare++) {
        entrain_status status = ENTRAIN_NO_MEMORY;
        for (uint64_t n = 1; status != ENTRAIN_OK; n++) {
            int64_t live = entrain__memory_live();
            entrain_mailbox_set *set = NULL;
            entrain_error error = {0};
            entrain__memory_fail_at(n);
            status = bare ? entrain__mailbox_set_create_bare(&config, &set, &error)
                          : entrain_mailbox_set_create(&config, &set, &error);
            entrain__memory_fail_at(0);
            if (status == ENTRAIN_OK) {
                assert_int_equal(n, 3); // two blocks can fail: the arena, and all the rest
                entrain_mailbox_set_destroy(set);
            } else {
                assert_int_equal(status, ENTRAIN_NO_MEMORY);
                assert_non_null(strstr(error.sentence, "1 mailboxes with 128 slots need"));
                assert_null(set);
            }
            assert_int_equal(entrain__memory_live(), live);
        }
    }
}

static entrain_mailbox_set *counted_one, *counted_many, *bare;
static const entrain_message nothing;
static entrain_message received[4];

static void batch_reserve_on_many_producers(void) { entrain__mailbox_reserve(counted_many, 0, 1); }
static void batch_commit_on_many_producers(void) { entrain__mailbox_commit(counted_many, 0, 1); }
static void batch_reserve_on_a_counted_set(void) { entrain__mailbox_reserve(counted_one, 0, 1); }
static void send_on_a_bare_set(void) { entrain_mailbox_send(bare, 0, &nothing); }
static void receive_on_a_bare_set(void) { entrain_mailbox_receive(bare, 0, received, 4); }
static void count_on_a_bare_set(void) {
    entrain_message_count count;
    entrain_mailbox_set_count(bare, &count);
}
static void reserve_more_than_there_is_room(void) { entrain__mailbox_reserve(bare, 0, 4); }
static void retract_on_a_counted_set(void) { entrain__mailbox_retract(counted_one, 0, 1); }
static void retract_more_than_is_queued(void) { entrain__mailbox_retract(bare, 0, 1); }
static void send_to_no_mailbox(void) { entrain_mailbox_send(counted_many, 1, &nothing); }
static void receive_from_no_mailbox(void) { entrain_mailbox_receive(counted_many, UINT32_MAX, received, 4); }

// In a child: it must die by SIGABRT, with the broken fact on stderr.
static void check_aborts(const char *name, void (*call)(void), const char *fact) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        dup2(ends[1], STDERR_FILENO);
        call();
        _exit(0);
    }
    close(ends[1]);
    char said[4096] = "";
    size_t size = 0;
    for (ssize_t got;
         size < sizeof said - 1 && (got = read(ends[0], said + size, sizeof said - 1 - size)) > 0;)
        size += (size_t)got;
    close(ends[0]);
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    if (!WIFSIGNALED(how) || WTERMSIG(how) != SIGABRT || strstr(said, fact) == NULL)
        fail_msg("%s: ended with %d, not by an assertion of \"%s\"; it said: %s", name, how, fact, said);
}

static void the_calls_of_another_mode_abort(void **state) {
    (void)state;
    counted_one = set_of(1, 3, ENTRAIN_PRODUCERS_ONE, ENTRAIN_OVERFLOW_FAIL);
    counted_many = set_of(1, 3, ENTRAIN_PRODUCERS_MANY, ENTRAIN_OVERFLOW_FAIL);
    entrain_mailbox_set_config config = {
        .mailbox_count = 1, .capacity = 3, .producers = ENTRAIN_PRODUCERS_ONE};
    assert_int_equal(entrain__mailbox_set_create_bare(&config, &bare, NULL), ENTRAIN_OK);
#define CHECK_ABORTS(call, fact) check_aborts(#call, call, fact)
    CHECK_ABORTS(batch_reserve_on_many_producers, "set->counters == NULL");
    CHECK_ABORTS(batch_commit_on_many_producers, "set->counters == NULL");
    CHECK_ABORTS(batch_reserve_on_a_counted_set, "set->counters == NULL");
    CHECK_ABORTS(send_on_a_bare_set, "set->counters != NULL");
    CHECK_ABORTS(receive_on_a_bare_set, "set->counters != NULL");
    CHECK_ABORTS(count_on_a_bare_set, "set->counters != NULL");
    CHECK_ABORTS(reserve_more_than_there_is_room, "count <= entrain__mailbox_room(set, index)");
    CHECK_ABORTS(retract_on_a_counted_set, "set->counters == NULL");
    CHECK_ABORTS(retract_more_than_is_queued, "count <= ring->p_tail - ring->c_head");
    CHECK_ABORTS(send_to_no_mailbox, "index < set->mailbox_count");
    CHECK_ABORTS(receive_from_no_mailbox, "index < set->mailbox_count");
    entrain_mailbox_set_destroy(counted_one);
    entrain_mailbox_set_destroy(counted_many);
    entrain_mailbox_set_destroy(bare);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_out_in_the_order_they_went_in),
        cmocka_unit_test(capacity_is_at_least_what_was_asked_for),
        cmocka_unit_test(exactly_full_is_full_wherever_the_positions_are),
        cmocka_unit_test(policies_say_where_every_message_went),
        cmocka_unit_test(the_residual_knows_every_fate),
        cmocka_unit_test(a_batch_may_wrap_and_stops_at_its_limit),
        cmocka_unit_test(thousands_of_mailboxes_are_one_block),
        cmocka_unit_test(mailboxes_do_what_a_list_would),
        cmocka_unit_test(what_is_out_of_range_is_refused_with_a_sentence),
        cmocka_unit_test(what_no_machine_has_is_a_status),
        cmocka_unit_test(a_block_that_fails_leaves_nothing),
        cmocka_unit_test(the_calls_of_another_mode_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
