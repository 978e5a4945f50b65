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

static void go_on(const aw_world *world, const moment *moments, uint64_t from, const void *data, size_t size,
                  const void *last, size_t last_size, uint64_t way) {
    aw_world other = other_way(world, way);
    entrain_error error = {0};
    aw_begin(&other);
    CHECK_OK(aw_read(&other, data, size, &error), error);
    assert_int_equal(entrain_engine_tick(other.engine), from);
    size_t again_size;
    void *again = aw_write(&other, &again_size);
    compare_bytes(world, data, size, again, again_size, "read and written again");
    free(again);
    const bool counts = other.transport == world->transport;
    moment now = look(&other);
    compare(&other, &moments[from], &now, from, true);
    while (entrain_engine_tick(other.engine) < AW_TICKS) {
        aw_tick(&other);
        now = look(&other);
        compare(&other, &moments[entrain_engine_tick(other.engine)], &now, entrain_engine_tick(other.engine), counts);
    }
    again = aw_write(&other, &again_size);
    if (counts)
        compare_bytes(world, last, last_size, again, again_size, "at the end");
    free(again);
    aw_end(&other);
}

// What occurred, so that a world in which nothing happens cannot pass for a test.
typedef struct seen {
    uint64_t undeliverable, shed, conflated, cancelled, lost, waited, large;
} seen;

static void try_world(uint64_t number, seen *seen_out) {
    aw_world world = aw_make(number);
    moment moments[AW_TICKS + 1];
    void *data[AW_TICKS + 1];
    size_t sizes[AW_TICKS + 1];
    aw_begin(&world);
    for (uint64_t tick = 0; tick <= AW_TICKS; tick++) {
        moments[tick] = look(&world);
        data[tick] = aw_write(&world, &sizes[tick]);
        if (tick < AW_TICKS)
            aw_tick(&world);
    }
    const entrain_message_count *count = &moments[AW_TICKS].count;
    seen_out->undeliverable += count->undeliverable;
    seen_out->shed += count->shed;
    seen_out->conflated += count->conflated;
    seen_out->cancelled += count->cancelled;
    seen_out->lost += count->lost;
    const uint64_t ticks[] = {0, 2 + number % 5, AW_REPLACED_AT + 1, 14 + number % 7, AW_TICKS};
    for (size_t m = 0; m < sizeof ticks / sizeof *ticks; m++)
        go_on(&world, moments, ticks[m], data[ticks[m]], sizes[ticks[m]], data[AW_TICKS], sizes[AW_TICKS],
              number * 7 + m + 1);
    for (uint64_t tick = 0; tick <= AW_TICKS; tick++)
        free(data[tick]);
    aw_end(&world);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
