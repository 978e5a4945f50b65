// Calendars against a model that keeps one unsorted list and looks for the least each time.
#include "check.h"

#include "engine/base/memory.h"
#include "engine/calendar.h"
#include "entrain/random.h"

typedef struct wanted {
    entrain__instant at;
    uint32_t owner, slot, lane, place_state; // place_state: 0 in a heap, 1 in line
    uint64_t order, lined;                   // lined: the so many-th to be lined up
    entrain_timer timer;
} wanted;

enum { OWNERS = 5, PLACES = 9, MODEL_MAX = OWNERS * PLACES };

typedef struct model {
    entrain__arena *arena;
    entrain__calendar *calendar;
    wanted all[MODEL_MAX];
    uint32_t count;
    uint64_t orders[OWNERS], lined;
    uint32_t slots[OWNERS];
} model;

static void open_model(model *m) {
    *m = (model){0};
    size_t bytes = 0;
    assert_int_equal(entrain__arena_create(&m->arena), ENTRAIN_OK);
    const size_t before = entrain__arena_bytes(m->arena);
    m->calendar = entrain__calendar_create(m->arena, &bytes, OWNERS, PLACES);
    assert_non_null(m->calendar);
    assert_int_equal(bytes, entrain__arena_bytes(m->arena) - before);
    // Owners lie by column and are ordered by slot: not the same.
    for (uint32_t o = 0; o < OWNERS; o++)
        m->slots[o] = (o * 3 + 1) % OWNERS + 100;
}

static int compare(const wanted *a, const wanted *b) {
    if (a->at.when != b->at.when)
        return a->at.when < b->at.when ? -1 : 1;
    if (a->at.round != b->at.round)
        return a->at.round < b->at.round ? -1 : 1;
    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static uint32_t least_of(const model *m, uint32_t lane) {
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < m->count; i++)
        if (m->all[i].place_state == 0 && m->all[i].lane == lane &&
            (least == UINT32_MAX || compare(&m->all[i], &m->all[least]) < 0))
            least = i;
    return least;
}

static uint32_t held_by(const model *m, uint32_t owner) {
    uint32_t held = 0;
    for (uint32_t i = 0; i < m->count; i++)
        held += m->all[i].owner == owner;
    return held;
}

static void drop(model *m, uint32_t i) { m->all[i] = m->all[--m->count]; }

static void check_entry(const entrain__delayed *entry, const wanted *w) {
    assert_non_null(entry);
    assert_int_equal(entry->when, w->at.when);
    assert_int_equal(entry->round, w->at.round);
    assert_int_equal(entry->order, w->order);
    assert_int_equal(entry->owner, w->owner);
    assert_int_equal(entry->letter.message.payload[0].u64, w->order * 10 + w->owner);
    assert_int_equal(entry->letter.to, w->slot + w->lane);
}

static void add_one(model *m, uint32_t owner, uint32_t lane, entrain__instant at) {
    entrain_timer timer = 0;
    const entrain__letter letter = {
        .message = {.from = m->slots[owner] | 3u << ENTRAIN_ID_INDEX_BITS,
                    .payload = {{.u64 = (m->orders[owner] + 1) * 10 + owner}}},
        .to = m->slots[owner] + lane,
    };
    // What comes in order and what does not lie apart, and nobody can tell.
    const bool soon = lane == ENTRAIN__LANE_OTHERS && m->orders[owner] % 3 > 0;
    const entrain_status status =
        soon ? entrain__calendar_add_soon(m->calendar, owner, at, &letter, &timer)
             : entrain__calendar_add(m->calendar, owner, (entrain__lane)lane, at, &letter, &timer);
    if (held_by(m, owner) == PLACES) {
        assert_int_equal(status, ENTRAIN_FULL);
        assert_int_equal(timer, 0);
        return;
    }
    assert_int_equal(status, ENTRAIN_OK);
    assert_int_not_equal(timer, 0);
    m->all[m->count++] = (wanted){.at = at,
                                  .owner = owner,
                                  .slot = m->slots[owner],
                                  .lane = lane,
                                  .order = ++m->orders[owner],
                                  .timer = timer};
}

static void take_one(model *m, uint32_t lane, entrain__instant end, bool line_up) {
    const uint32_t least = least_of(m, lane);
    entrain__delayed *entry = line_up ? entrain__calendar_line_up(m->calendar, (entrain__lane)lane, end)
                                      : entrain__calendar_take(m->calendar, (entrain__lane)lane, end);
    if (least == UINT32_MAX || !entrain__instant_before(m->all[least].at, end)) {
        assert_null(entry);
        return;
    }
    check_entry(entry, &m->all[least]);
    if (line_up) {
        m->all[least].place_state = 1;
        m->all[least].lined = ++m->lined;
    } else {
        drop(m, least);
    }
}

static void drop_first(model *m, uint32_t owner) {
    uint32_t first = UINT32_MAX;
    for (uint32_t i = 0; i < m->count; i++)
        if (m->all[i].place_state == 1 && m->all[i].owner == owner &&
            (first == UINT32_MAX || m->all[i].lined < m->all[first].lined))
            first = i;
    const entrain__delayed *entry = entrain__calendar_first(m->calendar, owner);
    if (first == UINT32_MAX) {
        assert_null(entry);
        return;
    }
    check_entry(entry, &m->all[first]);
    entrain__calendar_drop_first(m->calendar, owner);
    drop(m, first);
}

static void forget(model *m, uint32_t owner) {
    uint32_t queued = 0, lined = 0, lined_said = 99;
    for (uint32_t i = 0; i < m->count;) {
        if (m->all[i].owner != owner) {
            i++;
            continue;
        }
        *(m->all[i].place_state == 0 ? &queued : &lined) += 1;
        drop(m, i);
    }
    assert_int_equal(entrain__calendar_forget(m->calendar, owner, &lined_said), queued);
    assert_int_equal(lined_said, lined);
}

static void cancel(model *m, uint32_t i, uint64_t from) {
    const wanted w = m->all[i];
    const bool can = w.place_state == 0 && (w.lane == ENTRAIN__LANE_OWN || w.at.when >= from);
    assert_int_equal(entrain__calendar_cancel(m->calendar, (w.owner + 1) % OWNERS, w.timer, 0) == ENTRAIN_OK,
                     false); // never another one's, but for the chance below
    assert_int_equal(entrain__calendar_cancel(m->calendar, w.owner, w.timer, from),
                     can ? ENTRAIN_OK : ENTRAIN_STALE);
    if (can) {
        assert_int_equal(entrain__calendar_cancel(m->calendar, w.owner, w.timer, 0), ENTRAIN_STALE);
        drop(m, i);
    }
}

static void check_totals(const model *m) {
    uint64_t queued = 0, lined = 0;
    for (uint32_t i = 0; i < m->count; i++)
        *(m->all[i].place_state == 0 ? &queued : &lined) += 1;
    assert_int_equal(entrain__calendar_queued(m->calendar), queued);
    assert_int_equal(entrain__calendar_lined(m->calendar), lined);
    entrain__instant next = ENTRAIN__NEVER;
    for (uint32_t lane = 0; lane < ENTRAIN__LANES; lane++) {
        const uint32_t least = least_of(m, lane);
        const entrain__instant wanted_at = least == UINT32_MAX ? ENTRAIN__NEVER : m->all[least].at;
        const entrain__instant got = entrain__calendar_next(m->calendar, (entrain__lane)lane);
        assert_true(got.when == wanted_at.when && got.round == wanted_at.round);
        if (entrain__instant_before(wanted_at, next))
            next = wanted_at;
    }
    const entrain__instant got = entrain__calendar_next_of_all(m->calendar);
    assert_true(got.when == next.when && got.round == next.round);
}

// Two owners may have registered equally often, and a timer names an order and a place: then one's name is
// also the other's. Where the model tries another's name, orders are kept apart by giving each owner a head
// start.
static void everything_is_as_in_the_model(void **state) {
    (void)state;
    const entrain_random key = entrain_random_key(7, ENTRAIN_STREAM_USER);
    for (uint32_t turn = 0; turn < 20; turn++) {
        model m;
        open_model(&m);
        for (uint32_t o = 0; o < OWNERS; o++)
            for (uint32_t a = 0; a < o * 10000; a++) {
                add_one(&m, o, 0, (entrain__instant){0, 0});
                take_one(&m, 0, ENTRAIN__NEVER, false);
            }
        const uint32_t adding = turn % 2 ? 6 : 9; // mostly empty, mostly full
        for (uint32_t step = 0; step < 3000; step++) {
            const uint64_t a = entrain_random_below(key, 20, turn, step, 0);
            const uint32_t owner = (uint32_t)entrain_random_below(key, OWNERS, turn, step, 1);
            const uint32_t lane = (uint32_t)entrain_random_below(key, 2, turn, step, 2);
            const entrain__instant at = {entrain_random_below(key, 12, turn, step, 3),
                                         (uint32_t)entrain_random_below(key, 3, turn, step, 4)};
            if (a < adding)
                add_one(&m, owner, lane, at);
            else if (a < 13)
                take_one(&m, lane, at, a % 2);
            else if (a < 16)
                drop_first(&m, owner);
            else if (a < 19 && m.count > 0)
                cancel(&m, (uint32_t)entrain_random_below(key, m.count, turn, step, 5), at.when);
            else if (a == 19 && step % 5 == 0)
                forget(&m, owner);
            check_totals(&m);
        }
        entrain__arena_destroy(m.arena);
    }
}

// The place a message gets, and so its name, is a matter of its owner's own history.
static void names_do_not_depend_on_others(void **state) {
    (void)state;
    entrain_timer names[2][40];
    for (uint32_t company = 0; company < 2; company++) {
        model m;
        open_model(&m);
        for (uint32_t step = 0; step < 40; step++) {
            for (uint32_t o = 1; o < OWNERS && company; o++)
                add_one(&m, o, step % 2, (entrain__instant){step * 7919 % 31, 0});
            add_one(&m, 0, 0, (entrain__instant){step * 31 % 17, 0});
            names[company][step] = m.all[m.count - 1].timer;
            if (step % 3 == 1) { // the first of its own, whatever the others have
                uint32_t first = 0;
                for (uint32_t i = 0; i < m.count; i++)
                    if (m.all[i].owner == 0 &&
                        (m.all[first].owner != 0 || compare(&m.all[i], &m.all[first]) < 0))
                        first = i;
                assert_int_equal(entrain__calendar_cancel(m.calendar, 0, m.all[first].timer, 0), ENTRAIN_OK);
                drop(&m, first);
            }
            if (held_by(&m, 0) == PLACES)
                forget(&m, 0);
        }
        entrain__arena_destroy(m.arena);
    }
    assert_memory_equal(names[0], names[1], sizeof names[0]);
}

static void ten_thousand_come_out_sorted(void **state) {
    (void)state;
    entrain__arena *arena;
    size_t bytes = 0;
    assert_int_equal(entrain__arena_create(&arena), ENTRAIN_OK);
    entrain__calendar *calendar = entrain__calendar_create(arena, &bytes, 2, 10000);
    const entrain_random key = entrain_random_key(1, ENTRAIN_STREAM_USER);
    for (uint32_t i = 0; i < 20000; i++) {
        const entrain__letter letter = {.message = {.from = 1 + i % 2}};
        const entrain__instant at = {
            entrain__when(-entrain_random_uniform(key, i, 0, 0) * (i % 3 == 0 ? -1e-6 : -1e6)), 0};
        assert_int_equal(
            entrain__calendar_add(calendar, i % 2, (entrain__lane)(i / 2 % 2), at, &letter, NULL),
            ENTRAIN_OK);
    }
    for (uint32_t lane = 0; lane < 2; lane++) {
        double last = 0;
        uint32_t count = 0;
        entrain__delayed *entry;
        while ((entry = entrain__calendar_take(calendar, (entrain__lane)lane, ENTRAIN__NEVER)) != NULL) {
            assert_true(entrain__when_s(entry->when) >= last);
            last = entrain__when_s(entry->when);
            count++;
        }
        assert_int_equal(count, 10000);
    }
    assert_int_equal(entrain__calendar_queued(calendar), 0);
    assert_null(entrain__calendar_create(arena, &bytes, 65538, 65535)); // 2^32 + 65534 places
    entrain__arena_destroy(arena);
}

static void seconds_are_ordered_as_their_bits(void **state) {
    (void)state;
    static const double times[] = {0, 5e-324, 1e-300, 0.01, 1, 1.0000000000000002, 1e300};
    assert_int_equal(entrain__when(-0.0), entrain__when(0.0));
    for (size_t i = 1; i < sizeof times / sizeof *times; i++) {
        assert_true(entrain__when(times[i - 1]) < entrain__when(times[i]));
        assert_true(entrain__when_s(entrain__when(times[i])) == times[i]);
    }
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    for (uint64_t n = 1; n <= 4; n++) {
        entrain__arena *arena;
        size_t bytes = 0;
        assert_int_equal(entrain__arena_create(&arena), ENTRAIN_OK);
        const size_t before = entrain__arena_bytes(arena);
        entrain__memory_fail_at(n);
        assert_null(entrain__calendar_create(arena, &bytes, OWNERS, PLACES));
        entrain__memory_fail_at(0);
        assert_int_equal(entrain__arena_bytes(arena), before);
        assert_int_equal(bytes, 0);
        entrain__arena_destroy(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_as_in_the_model), cmocka_unit_test(names_do_not_depend_on_others),
        cmocka_unit_test(ten_thousand_come_out_sorted),  cmocka_unit_test(seconds_are_ordered_as_their_bits),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
