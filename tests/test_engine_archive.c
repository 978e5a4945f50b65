// A lockstep engine written between two ticks and read into another one: from there on every fingerprint,
// every count of messages is that of the engine which never stopped, with other workers, under another
// policy, transport and layout; and what the reader writes is what it read, byte for byte.
#include "archive_world.h"

#include "entrain/simd.h"

typedef struct moment {
    uint64_t fingerprint, observations, republished;
    entrain_message_count count;
} moment;

static moment look(aw_world *world) {
    moment now = {.fingerprint = entrain_engine_fingerprint(world->engine),
                  .observations = entrain_engine_observations(world->engine),
                  .republished = entrain_engine_republished(world->engine)};
    entrain_engine_count(world->engine, &now.count);
    assert_int_equal(entrain_message_count_residual(&now.count), 0);
    return now;
}

static void compare(const aw_world *world, const moment *a, const moment *b, uint64_t tick, bool counts) {
    if (a->fingerprint != b->fingerprint)
        fail_msg("world %llu, %s %s, %u workers, layout %s: another fingerprint at tick %llu",
                 (unsigned long long)world->number, world->policy, entrain_transport_name(world->transport),
                 world->workers, entrain_layout_name(world->layout), (unsigned long long)tick);
    assert_int_equal(a->republished, b->republished);
    if (world->capacity == 0 && a->observations != b->observations)
        fail_msg("world %llu, %s %s: %llu observations, not %llu, at tick %llu",
                 (unsigned long long)world->number, world->policy, entrain_transport_name(world->transport),
                 (unsigned long long)b->observations, (unsigned long long)a->observations,
                 (unsigned long long)tick);
    if (counts && memcmp(&a->count, &b->count, sizeof a->count) != 0)
        fail_msg("world %llu: other counts at tick %llu", (unsigned long long)world->number,
                 (unsigned long long)tick);
}

static void compare_bytes(const aw_world *world, const void *a, size_t a_size, const void *b, size_t b_size,
                          const char *when) {
    if (a_size != b_size)
        fail_msg("world %llu, %s: %zu bytes, not %zu", (unsigned long long)world->number, when, b_size,
                 a_size);
    for (size_t at = 0; at < a_size; at++)
        if (((const char *)a)[at] != ((const char *)b)[at])
            fail_msg("world %llu, %s: byte %zu of %zu differs", (unsigned long long)world->number, when, at,
                     a_size);
}

// Another way to go on.
static aw_world other_way(const aw_world *world, uint64_t way) {
    static const char *const policies[] = {"serial", "dataflow", "steal", "shuffled"};
    static const entrain_layout layouts[] = {ENTRAIN_LAYOUT_SHUFFLED, ENTRAIN_LAYOUT_NEAR,
                                             ENTRAIN_LAYOUT_INDEX};
    aw_world other = *world;
    other.policy = policies[way % 4];
    other.workers = 1 + (uint32_t)(way % 3);
    other.layout = layouts[way % 3];
    other.cohort_weight = way % 2 ? 0 : 64;
    if (!world->named && world->capacity == 0 && way % 2)
        other.transport = ENTRAIN_TRANSPORT_PUBLISH;
    return other;
}

typedef struct written {
    void *data;
    size_t size;
} written;

static written write_now(aw_world *world) {
    written now;
    now.data = aw_write(world, &now.size);
    return now;
}

static void go_on(const aw_world *world, aw_world *other, const moment *moments, uint64_t from,
                  const written *states) {
    entrain_error error = {0};
    const bool counts = other->transport == world->transport,
               bytes = other->spare_delay == world->spare_delay;
    aw_begin(other);
    CHECK_OK(aw_read(other, states[from].data, states[from].size, &error), error);
    assert_int_equal(entrain_engine_tick(other->engine), from);
    written again = write_now(other);
    if (bytes)
        compare_bytes(world, states[from].data, states[from].size, again.data, again.size,
                      "read and written again");
    free(again.data);
    moment now = look(other);
    compare(other, &moments[from], &now, from, true);
    while (entrain_engine_tick(other->engine) < AW_TICKS) {
        aw_tick(other);
        now = look(other);
        compare(other, &moments[entrain_engine_tick(other->engine)], &now, entrain_engine_tick(other->engine),
                counts);
    }
    again = write_now(other);
    if (counts && bytes)
        compare_bytes(world, states[AW_TICKS].data, states[AW_TICKS].size, again.data, again.size,
                      "at the end");
    free(again.data);
}

// What occurred, so that a world in which nothing happens cannot pass for a test.
typedef struct seen {
    uint64_t undeliverable, shed, conflated, cancelled, lost, waited, large;
} seen;

static void run_whole(aw_world *world, moment *moments, written *states) {
    aw_begin(world);
    for (uint64_t tick = 0; tick <= AW_TICKS; tick++) {
        moments[tick] = look(world);
        states[tick] = write_now(world);
        if (tick < AW_TICKS)
            aw_tick(world);
    }
}

static void free_states(written *states) {
    for (uint64_t tick = 0; tick <= AW_TICKS; tick++)
        free(states[tick].data);
}

static void try_world(uint64_t number, seen *seen_out) {
    aw_world world = aw_make(number);
    moment moments[AW_TICKS + 1];
    written states[AW_TICKS + 1];
    run_whole(&world, moments, states);
    const entrain_message_count *count = &moments[AW_TICKS].count;
    seen_out->undeliverable += count->undeliverable;
    seen_out->shed += count->shed;
    seen_out->conflated += count->conflated;
    seen_out->cancelled += count->cancelled;
    seen_out->lost += count->lost;
    const uint64_t ticks[] = {0, 2 + number % 5, AW_REPLACED_AT + 1, 14 + number % 7, AW_TICKS};
    for (size_t m = 0; m < sizeof ticks / sizeof *ticks; m++) {
        aw_world other = other_way(&world, number * 7 + m + 1);
        go_on(&world, &other, moments, ticks[m], states);
        aw_end(&other);
    }
    free_states(states);
    aw_end(&world);
}

// Who may be disturbed longer, or not so long, keeps more of the past, or less; what was kept is heard alike.
static void rings_may_be_longer_or_shorter(void **state) {
    (void)state;
    for (uint64_t number = 0; number < 18; number++) {
        aw_world world = aw_make(number), other = other_way(&world, number);
        moment moments[AW_TICKS + 1];
        written states[AW_TICKS + 1];
        world.spare_delay = number % 2 != 0 ? 2 : 0;
        other.spare_delay = number % 2 != 0 ? (uint32_t)(number / 2 % 2) : 3;
        run_whole(&world, moments, states);
        go_on(&world, &other, moments, 4 + number % 13, states);
        free_states(states);
        aw_end(&other);
        aw_end(&world);
    }
}

static void goes_on_as_if_never_stopped(void **state) {
    (void)state;
    seen all = {0};
    for (uint64_t number = 0; number < 42; number++)
        try_world(number, &all);
    assert_true(all.undeliverable > 0 && all.shed > 0 && all.conflated > 0 && all.cancelled > 0 &&
                all.lost > 0);
}

static entrain_id somebody_quiet(const aw_world *world) {
    entrain_id id = ENTRAIN_ID_NONE;
    for (uint32_t k = 0; id == ENTRAIN_ID_NONE; k++)
        id = entrain_population_id(world->quiet, k);
    return id;
}

// How many messages from outside there is room for: what waits counts.
static uint32_t tell_until_full(aw_world *world) {
    const entrain_id id = somebody_quiet(world);
    uint32_t told = 0;
    while (entrain_engine_tell(world->engine, id, ENTRAIN_KIND_USER, 0, (entrain_payload){0},
                               (entrain_payload){0}) == ENTRAIN_OK)
        told++;
    return told;
}

// What waits for room since it came from outside takes the room of what may come.
static void what_waits_from_outside_waits_on(void **state) {
    (void)state;
    uint32_t waited = 0;
    for (uint64_t tick = 12; tick <= AW_TICKS; tick += 2) {
        aw_world world = aw_make(1), other = aw_make(1);
        entrain_error error = {0};
        aw_begin(&world);
        while (entrain_engine_tick(world.engine) < tick)
            aw_tick(&world);
        for (uint32_t k = 0; k < 9; k++) // more than an inbox holds
            (void)entrain_engine_tell(world.engine, somebody_quiet(&world), ENTRAIN_KIND_USER, 0,
                                      (entrain_payload){.u64 = k}, (entrain_payload){0});
        CHECK_OK(entrain_engine_advance(world.engine, 1, &error), error);
        const written now = write_now(&world);
        aw_begin(&other);
        CHECK_OK(aw_read(&other, now.data, now.size, &error), error);
        const uint32_t room = tell_until_full(&world);
        assert_int_equal(tell_until_full(&other), room);
        waited += 4096 - room;
        aw_end(&other);
        aw_end(&world);
        free(now.data);
    }
    assert_true(waited > 0);
}

// --- What is refused

// @p change is done to a world before it begins and reads what world 1 wrote.
static void check_refused(void (*change)(aw_world *), entrain_status wanted, const char *words) {
    aw_world world = aw_make(1), other = aw_make(1);
    entrain_error error = {0};
    aw_begin(&world);
    for (int tick = 0; tick < 7; tick++)
        aw_tick(&world);
    const written state = write_now(&world);
    change(&other);
    aw_begin(&other);
    CHECK_REFUSED(aw_read(&other, state.data, state.size, &error), wanted, error, words);
    // Half of it may have been read: it is not to be used.
    CHECK_REFUSED(entrain_engine_advance(other.engine, 1, &error), ENTRAIN_ORDER, error, "destroy it");
    aw_end(&other);
    aw_end(&world);
    free(state.data);
}

static void other_seed(aw_world *world) { world->seed_more = 1; }
static void other_step(aw_world *world) { world->step_s = 0.05; }
static void other_words(aw_world *world) { world->words++; }
static void other_stages(aw_world *world) { world->stages = 1; }
static void other_graph(aw_world *world) { world->delayed = false; }
static void other_overflow(aw_world *world) { world->overflow = ENTRAIN_OVERFLOW_FAIL; }
static void other_capacity(aw_world *world) { world->capacity = 31; }
static void other_budgets(aw_world *world) { world->budgets = false; }
static void other_people(aw_world *world) { world->mail = false; }
static void other_name(aw_world *world) { world->quiet_name = "loud"; }
static void other_size(aw_world *world) { world->quiet_more = 1; }
static void other_column(aw_world *world) { world->scratch_bytes = 4; }
static void fewer_places(aw_world *world) { world->timers_max = 1; }

static void what_is_not_what_was_stopped_is_refused(void **state) {
    (void)state;
    check_refused(other_seed, ENTRAIN_MISMATCH, "the seed was");
    check_refused(other_step, ENTRAIN_MISMATCH, "the step was 0.1 s and is 0.05 s now");
    check_refused(other_words, ENTRAIN_MISMATCH, "the number of words");
    check_refused(other_stages, ENTRAIN_MISMATCH, "the number of exchanges in a tick was 2 and is 1 now");
    check_refused(other_graph, ENTRAIN_MISMATCH, "its topology was another one");
    check_refused(other_overflow, ENTRAIN_MISMATCH, "the overflow policy was another one and is fail now");
    check_refused(other_capacity, ENTRAIN_MISMATCH, "mailbox_capacity was 7 and is 31 now");
    check_refused(other_budgets, ENTRAIN_MISMATCH, "was supervised otherwise");
    check_refused(other_people, ENTRAIN_MISMATCH, "the number of populations was 2 and is 1 now");
    check_refused(other_name, ENTRAIN_MISMATCH, "was \"quiet\" and is \"loud\" now");
    check_refused(other_size, ENTRAIN_MISMATCH, "the number of actors of \"quiet\" was 25 and is 26 now");
    check_refused(other_column, ENTRAIN_MISMATCH,
                  "the bytes of column \"scratch\" of \"talker\" was 2 and is 4");
    check_refused(fewer_places, ENTRAIN_PARSE, "do not fit their places");
}

static void only_a_fresh_engine_reads(void **state) {
    (void)state;
    aw_world world = aw_make(0);
    entrain_error error = {0};
    aw_begin(&world);
    const written state_at_start = write_now(&world);
    aw_tick(&world);
    CHECK_REFUSED(aw_read(&world, state_at_start.data, state_at_start.size, &error), ENTRAIN_ORDER, error,
                  "the engine is at 0.1 s already");
    aw_end(&world);
    aw_begin(&world); // somebody ended before it was read into
    assert_int_equal(entrain_engine_stop_actor(world.engine, entrain_population_id(world.quiet, 3)),
                     ENTRAIN_OK);
    CHECK_REFUSED(aw_read(&world, state_at_start.data, state_at_start.size, &error), ENTRAIN_MISMATCH, error,
                  "other actors of \"quiet\" live");
    aw_end(&world);
    free(state_at_start.data);
}

static entrain_status write_status(entrain_engine *engine, entrain_error *error_out) {
    entrain_archive *archive;
    CHECK_OK(entrain_archive_write_memory(&archive, error_out), *error_out);
    entrain_engine_archive(engine, archive);
    return entrain_archive_end(archive, error_out);
}

static entrain_status do_nothing(entrain_self *self, const entrain_message *messages, uint32_t count) {
    (void)self, (void)messages, (void)count;
    return ENTRAIN_OK;
}

static void what_has_no_state_is_refused(void **state) {
    (void)state;
    const entrain_behavior behavior = {.name = "nobody", .inbox = 1, .receive = do_nothing};
    entrain_error error = {0};
    for (int what = 0; what < 4; what++) {
        static const char *const words[] = {"was not started", "event-driven", "trace", "order signatures"};
        entrain_engine_config config = entrain_engine_config_defaults();
        entrain_engine *engine;
        entrain_population *people;
        config.scheduler.worker_count = 1;
        config.execution = what == 1   ? ENTRAIN_EXECUTION_EVENT_DRIVEN
                           : what == 3 ? ENTRAIN_EXECUTION_VIRTUAL_TIME
                                       : ENTRAIN_EXECUTION_LOCKSTEP;
        config.trace = what == 2 ? 16 : 0;
        CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
        CHECK_OK(entrain_engine_add(engine, &behavior, NULL, 3, &people, &error), error);
        entrain_engine_sign_order(engine, what == 3);
        if (what > 0)
            CHECK_OK(entrain_engine_start(engine, &error), error);
        CHECK_REFUSED(write_status(engine, &error), what == 0 ? ENTRAIN_ORDER : ENTRAIN_UNSUPPORTED, error,
                      words[what]);
        if (what == 2) // it was only looked at
            CHECK_OK(entrain_engine_advance(engine, 1, &error), error);
        entrain_engine_destroy(engine);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_as_if_never_stopped),
        cmocka_unit_test(rings_may_be_longer_or_shorter),
        cmocka_unit_test(what_waits_from_outside_waits_on),
        cmocka_unit_test(what_is_not_what_was_stopped_is_refused),
        cmocka_unit_test(only_a_fresh_engine_reads),
        cmocka_unit_test(what_has_no_state_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
