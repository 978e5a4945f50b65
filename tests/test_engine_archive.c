// A lockstep engine written between two ticks and read into another one: from there on every fingerprint, every count of
// messages is that of the engine which never stopped, with other workers, under another policy, transport and layout;
// and what the reader writes is what it read, byte for byte.
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
        fail_msg("world %llu, %s %s: %llu observations, not %llu, at tick %llu", (unsigned long long)world->number,
                 world->policy, entrain_transport_name(world->transport), (unsigned long long)b->observations,
                 (unsigned long long)a->observations, (unsigned long long)tick);
    if (counts && memcmp(&a->count, &b->count, sizeof a->count) != 0)
        fail_msg("world %llu: other counts at tick %llu", (unsigned long long)world->number,
                 (unsigned long long)tick);
}

static void compare_bytes(const aw_world *world, const void *a, size_t a_size, const void *b, size_t b_size,
                          const char *when) {
    if (a_size != b_size)
        fail_msg("world %llu, %s: %zu bytes, not %zu", (unsigned long long)world->number, when, b_size, a_size);
    for (size_t at = 0; at < a_size; at++)
        if (((const char *)a)[at] != ((const char *)b)[at])
            fail_msg("world %llu, %s: byte %zu of %zu differs", (unsigned long long)world->number, when, at, a_size);
}

// Another way to go on.
static aw_world other_way(const aw_world *world, uint64_t way) {
    static const char *const policies[] = {"serial", "dataflow", "steal", "shuffled"};
    static const entrain_layout layouts[] = {ENTRAIN_LAYOUT_SHUFFLED, ENTRAIN_LAYOUT_NEAR, ENTRAIN_LAYOUT_INDEX};
    aw_world other = *world;
    other.policy = policies[way % 4];
    other.workers = 1 + (uint32_t)(way % 3);
    other.layout = layouts[way % 3];
    other.cohort_weight = way % 2 ? 0 : 64;
    if (!world->named && world->capacity == 0 && way % 2)
        other.transport = ENTRAIN_TRANSPORT_PUBLISH;
    return other;
}

// How many messages from outside there is room for: what waits counts.
static uint32_t tell_until_full(aw_world *world) {
    uint32_t told = 0;
    entrain_id id = ENTRAIN_ID_NONE;
    for (uint32_t k = 0; world->mail && id == ENTRAIN_ID_NONE; k++)
        id = entrain_population_id(world->quiet, k);
    while (world->mail && entrain_engine_tell(world->engine, id, ENTRAIN_KIND_USER, 0, (entrain_payload){0},
                                              (entrain_payload){0}) == ENTRAIN_OK)
        told++;
    return told;
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
    const bool counts = other->transport == world->transport, bytes = other->spare_delay == world->spare_delay;
    aw_begin(other);
    CHECK_OK(aw_read(other, states[from].data, states[from].size, &error), error);
    assert_int_equal(entrain_engine_tick(other->engine), from);
    written again = write_now(other);
    if (bytes)
        compare_bytes(world, states[from].data, states[from].size, again.data, again.size, "read and written again");
    free(again.data);
    moment now = look(other);
    compare(other, &moments[from], &now, from, true);
    while (entrain_engine_tick(other->engine) < AW_TICKS) {
        aw_tick(other);
        now = look(other);
        compare(other, &moments[entrain_engine_tick(other->engine)], &now, entrain_engine_tick(other->engine), counts);
    }
    again = write_now(other);
    if (counts && bytes)
        compare_bytes(world, states[AW_TICKS].data, states[AW_TICKS].size, again.data, again.size, "at the end");
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
    const uint32_t room = tell_until_full(&world);
    const uint64_t ticks[] = {0, 2 + number % 5, AW_REPLACED_AT + 1, 14 + number % 7, AW_TICKS};
    for (size_t m = 0; m < sizeof ticks / sizeof *ticks; m++) {
        aw_world other = other_way(&world, number * 7 + m + 1);
        go_on(&world, &other, moments, ticks[m], states);
        assert_int_equal(tell_until_full(&other), room);
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
        other.spare_delay = number % 2 != 0 ? number / 2 % 2 : 3;
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
    assert_true(all.undeliverable > 0 && all.shed > 0 && all.conflated > 0 && all.cancelled > 0 && all.lost > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_as_if_never_stopped),
        cmocka_unit_test(rings_may_be_longer_or_shorter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
