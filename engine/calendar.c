// Calendars: two 4-ary heaps and a list over one pool of places (calendar.h).
//
//   entries  [owner_count x places]   an owner's lie together; the last one freed is the first one used
//   nodes    | own heap ->            <- others' heap |        one array: together no more than the pool
//   run      first -> ... -> last     others', in order: what is added in order needs no heap
//
// A heap's nodes carry what is compared nearly always, so that sifting stays within the array; each entry
// knows its node, so that it can be taken out of the middle.
//
// Nothing is written before it is used: pools are as large as the worst case and most of them are never
// touched.
#include "engine/calendar.h"

#include <string.h>

#include "engine/base/assert.h"

typedef struct node {
    uint64_t when;
    uint32_t round, entry;
} node;

enum { ARITY = 4 };
enum { LANE_RUN = ENTRAIN__LANES + 1 }; // entrain__delayed.lane of those in the run

// Places of an owner are counted from 1 here; 0 is none.
typedef struct owner {
    uint64_t order;           // registrations so far
    uint32_t free, line_head; // lists, linked through entrain__delayed.position
    uint32_t line_tail;
    uint32_t touched; // places that were ever used: those after them are free, too
} owner;

struct entrain__calendar {
    uint32_t owner_count, places, capacity;
    uint32_t sizes[ENTRAIN__LANES];
    uint64_t lined;
    uint32_t run_first, run_last, run_count; // entry + 1; linked through entrain__delayed.position
    owner *owners;                           // [owner_count]
    entrain__delayed *entries;               // [capacity]
    node *nodes;                             // [capacity]
};

entrain__calendar *entrain__calendar_create(entrain__arena *arena, size_t *bytes, uint32_t owner_count,
                                            uint32_t places) {
    ENTRAIN_ASSERT(owner_count > 0 && places > 0 && places <= UINT16_MAX);
    const uint64_t capacity = (uint64_t)owner_count * places;
    if (capacity >= UINT32_MAX)
        return NULL;
    entrain__calendar *calendar = entrain__arena_take(arena, 1, sizeof *calendar);
    if (calendar == NULL)
        return NULL;
    *calendar =
        (entrain__calendar){.owner_count = owner_count, .places = places, .capacity = (uint32_t)capacity};
    calendar->owners = entrain__arena_take(arena, owner_count, sizeof *calendar->owners);
    calendar->entries = entrain__arena_take(arena, capacity, sizeof *calendar->entries);
    calendar->nodes = entrain__arena_take(arena, capacity, sizeof *calendar->nodes);
    if (calendar->owners == NULL || calendar->entries == NULL || calendar->nodes == NULL) {
        entrain__arena_give(arena, calendar->owners);
        entrain__arena_give(arena, calendar->entries);
        entrain__arena_give(arena, calendar->nodes);
        entrain__arena_give(arena, calendar);
        return NULL;
    }
    *bytes += sizeof *calendar + owner_count * sizeof(owner) +
              capacity * (sizeof *calendar->entries + sizeof *calendar->nodes);
    return calendar;
}

static inline uint32_t first_entry(const entrain__calendar *calendar, uint32_t owner_index) {
    return owner_index * calendar->places;
}
// The entry of an owner's place, counted from 1.
static inline entrain__delayed *entry_of(const entrain__calendar *calendar, uint32_t owner_index,
                                         uint32_t place) {
    return &calendar->entries[first_entry(calendar, owner_index) + place - 1];
}
static inline uint32_t place_of(const entrain__calendar *calendar, const entrain__delayed *entry) {
    return (uint32_t)(entry - calendar->entries) - first_entry(calendar, entry->owner) + 1;
}
// A heap's node 0; the others follow in steps of one(): forwards or backwards.
static inline node *root_of(const entrain__calendar *calendar, uint32_t lane) {
    return lane == ENTRAIN__LANE_OWN ? calendar->nodes : calendar->nodes + calendar->capacity - 1;
}
static inline ptrdiff_t step_of(uint32_t lane) { return lane == ENTRAIN__LANE_OWN ? 1 : -1; }

// Of two that are due at the same time.
static bool tied_before(const entrain__calendar *calendar, const node *a, const node *b) {
    if (a->round != b->round)
        return a->round < b->round;
    const entrain__delayed *one = &calendar->entries[a->entry], *other = &calendar->entries[b->entry];
    const uint32_t sender = one->letter.message.from & ENTRAIN_ID_INDEX_MAX,
                   other_sender = other->letter.message.from & ENTRAIN_ID_INDEX_MAX;
    return sender != other_sender ? sender < other_sender : one->order < other->order;
}
static inline bool node_before(const entrain__calendar *calendar, const node *a, const node *b) {
    return a->when != b->when ? a->when < b->when : tied_before(calendar, a, b);
}

// Puts @p moved where it belongs on the way from @p position to the root.
static void sift_up(entrain__calendar *calendar, uint32_t lane, uint32_t position, node moved) {
    node *const root = root_of(calendar, lane);
    const ptrdiff_t step = step_of(lane);
    while (position > 0) {
        const uint32_t parent = (position - 1) / ARITY;
        const node *above = &root[step * parent];
        if (!node_before(calendar, &moved, above))
            break;
        root[step * position] = *above;
        calendar->entries[above->entry].position = position;
        position = parent;
    }
    root[step * position] = moved;
    calendar->entries[moved.entry].position = position;
}

// Fills the hole at @p position with @p moved, which was the last: the hole sinks to the leaves, where it
// nearly always stays.
static void fill_hole(entrain__calendar *calendar, uint32_t lane, uint32_t position, node moved) {
    node *const root = root_of(calendar, lane);
    const ptrdiff_t step = step_of(lane);
    const uint64_t size = calendar->sizes[lane];
    for (;;) {
        const uint64_t first = (uint64_t)position * ARITY + 1;
        if (first >= size)
            break;
        const uint64_t end = first + ARITY < size ? first + ARITY : size;
        uint64_t least = first;
        for (uint64_t child = first + 1; child < end; child++)
            if (node_before(calendar, &root[step * (ptrdiff_t)child], &root[step * (ptrdiff_t)least]))
                least = child;
        const node *below = &root[step * (ptrdiff_t)least];
        root[step * position] = *below;
        calendar->entries[below->entry].position = position;
        position = (uint32_t)least;
    }
    sift_up(calendar, lane, position, moved);
}

// Takes an entry out of its heap; its place is still taken.
static void remove_node(entrain__calendar *calendar, entrain__delayed *entry) {
    const uint32_t lane = entry->lane, position = entry->position;
    ENTRAIN_ASSERT(lane < ENTRAIN__LANES && calendar->sizes[lane] > position);
    const node last = root_of(calendar, lane)[step_of(lane) * --calendar->sizes[lane]];
    entry->lane = ENTRAIN__LANES;
    if (position < calendar->sizes[lane])
        fill_hole(calendar, lane, position, last);
}

static void free_place(entrain__calendar *calendar, entrain__delayed *entry) {
    owner *its = &calendar->owners[entry->owner];
    entry->position = its->free;
    its->free = place_of(calendar, entry);
}

static uint32_t number_of(const entrain__calendar *calendar, const entrain__delayed *entry) {
    return (uint32_t)(entry - calendar->entries) + 1;
}

// The whole order.
static bool entry_before(const entrain__delayed *a, const entrain__delayed *b) {
    if (a->when != b->when)
        return a->when < b->when;
    if (a->round != b->round)
        return a->round < b->round;
    const uint32_t sender = a->letter.message.from & ENTRAIN_ID_INDEX_MAX,
                   other = b->letter.message.from & ENTRAIN_ID_INDEX_MAX;
    return sender != other ? sender < other : a->order < b->order;
}

static inline entrain__delayed *run_first(const entrain__calendar *calendar) {
    return calendar->run_first == 0 ? NULL : &calendar->entries[calendar->run_first - 1];
}

// Takes an entry out of the run. Nearly always it is the first.
static void leave_run(entrain__calendar *calendar, entrain__delayed *entry) {
    const uint32_t number = number_of(calendar, entry);
    uint32_t before = 0, *link = &calendar->run_first;
    while (*link != number) {
        before = *link;
        link = &calendar->entries[before - 1].position;
    }
    *link = entry->position;
    if (calendar->run_last == number)
        calendar->run_last = before;
    calendar->run_count--;
    entry->lane = ENTRAIN__LANES;
}

static void remove_entry(entrain__calendar *calendar, entrain__delayed *entry) {
    if (entry->lane == LANE_RUN)
        leave_run(calendar, entry);
    else
        remove_node(calendar, entry);
}

// A copy of @p letter in a place of its owner's; NULL: none is left. In no heap yet.
static entrain__delayed *take_place(entrain__calendar *calendar, uint32_t owner_index, entrain__instant at,
                                    const entrain__letter *letter, entrain_timer *timer_out) {
    ENTRAIN_ASSERT(owner_index < calendar->owner_count);
    owner *its = &calendar->owners[owner_index];
    uint32_t place = its->free;
    if (place == 0 && its->touched == calendar->places)
        return NULL;
    entrain__delayed *entry;
    if (place != 0) {
        entry = entry_of(calendar, owner_index, place);
        its->free = entry->position;
    } else {
        place = ++its->touched;
        entry = entry_of(calendar, owner_index, place);
    }
    *entry = (entrain__delayed){
        .letter = *letter,
        .when = at.when,
        .order = ++its->order,
        .round = at.round,
        .lane = ENTRAIN__LANES,
        .owner = owner_index,
    };
    if (timer_out != NULL)
        *timer_out = its->order << 16 | place;
    return entry;
}

static void enter_heap(entrain__calendar *calendar, entrain__lane lane, entrain__delayed *entry) {
    const node added = {entry->when, entry->round, (uint32_t)(entry - calendar->entries)};
    entry->lane = lane;
    sift_up(calendar, lane, calendar->sizes[lane]++, added);
}

entrain_status entrain__calendar_add(entrain__calendar *calendar, uint32_t owner_index, entrain__lane lane,
                                     entrain__instant at, const entrain__letter *letter,
                                     entrain_timer *timer_out) {
    ENTRAIN_ASSERT(lane < ENTRAIN__LANES);
    entrain__delayed *entry = take_place(calendar, owner_index, at, letter, timer_out);
    if (entry == NULL)
        return ENTRAIN_FULL;
    enter_heap(calendar, lane, entry);
    return ENTRAIN_OK;
}

entrain_status entrain__calendar_add_soon(entrain__calendar *calendar, uint32_t owner_index,
                                          entrain__instant at, const entrain__letter *letter,
                                          entrain_timer *timer_out) {
    entrain__delayed *entry = take_place(calendar, owner_index, at, letter, timer_out);
    if (entry == NULL)
        return ENTRAIN_FULL;
    entrain__delayed *last = calendar->run_last == 0 ? NULL : &calendar->entries[calendar->run_last - 1];
    if (last != NULL && entry_before(entry, last)) {
        enter_heap(calendar, ENTRAIN__LANE_OTHERS, entry);
        return ENTRAIN_OK;
    }
    entry->lane = LANE_RUN;
    entry->position = 0;
    calendar->run_last = number_of(calendar, entry);
    if (last == NULL)
        calendar->run_first = calendar->run_last;
    else
        last->position = calendar->run_last;
    calendar->run_count++;
    return ENTRAIN_OK;
}

entrain_status entrain__calendar_cancel(entrain__calendar *calendar, uint32_t owner_index,
                                        entrain_timer timer, uint64_t others_from) {
    ENTRAIN_ASSERT(owner_index < calendar->owner_count);
    const uint32_t place = timer & UINT16_MAX;
    if (place == 0 || place > calendar->owners[owner_index].touched)
        return ENTRAIN_STALE;
    entrain__delayed *entry = entry_of(calendar, owner_index, place);
    if (entry->order != timer >> 16 || entry->lane == ENTRAIN__LANES ||
        (entry->lane != ENTRAIN__LANE_OWN && entry->when < others_from))
        return ENTRAIN_STALE;
    remove_entry(calendar, entry);
    free_place(calendar, entry);
    return ENTRAIN_OK;
}

static entrain__delayed *first_of(const entrain__calendar *calendar, entrain__lane lane) {
    entrain__delayed *first =
        calendar->sizes[lane] == 0 ? NULL : &calendar->entries[root_of(calendar, lane)->entry];
    if (lane == ENTRAIN__LANE_OWN || calendar->run_first == 0)
        return first;
    return first == NULL || entry_before(run_first(calendar), first) ? run_first(calendar) : first;
}

entrain__instant entrain__calendar_next(const entrain__calendar *calendar, entrain__lane lane) {
    entrain__instant next = ENTRAIN__NEVER;
    if (calendar->sizes[lane] > 0)
        next = (entrain__instant){root_of(calendar, lane)->when, root_of(calendar, lane)->round};
    if (lane == ENTRAIN__LANE_OWN || calendar->run_first == 0)
        return next;
    const entrain__instant run = {run_first(calendar)->when, run_first(calendar)->round};
    return entrain__instant_before(next, run) ? next : run;
}

entrain__instant entrain__calendar_next_of_all(const entrain__calendar *calendar) {
    const entrain__instant own = entrain__calendar_next(calendar, ENTRAIN__LANE_OWN),
                           others = entrain__calendar_next(calendar, ENTRAIN__LANE_OTHERS);
    return entrain__instant_before(others, own) ? others : own;
}

const entrain__delayed *entrain__calendar_peek(const entrain__calendar *calendar, entrain__lane lane) {
    return first_of(calendar, lane);
}

// Out of its heap, still in its place.
static entrain__delayed *take_out(entrain__calendar *calendar, entrain__lane lane, entrain__instant end) {
    if (!entrain__instant_before(entrain__calendar_next(calendar, lane), end))
        return NULL;
    entrain__delayed *entry = first_of(calendar, lane);
    remove_entry(calendar, entry);
    return entry;
}

entrain__delayed *entrain__calendar_take(entrain__calendar *calendar, entrain__lane lane,
                                         entrain__instant end) {
    entrain__delayed *entry = take_out(calendar, lane, end);
    if (entry != NULL)
        free_place(calendar, entry);
    return entry;
}

entrain__delayed *entrain__calendar_line_up(entrain__calendar *calendar, entrain__lane lane,
                                            entrain__instant end) {
    entrain__delayed *entry = take_out(calendar, lane, end);
    if (entry == NULL)
        return NULL;
    owner *its = &calendar->owners[entry->owner];
    const uint32_t place = place_of(calendar, entry);
    entry->position = 0;
    if (its->line_head == 0)
        its->line_head = place;
    else
        entry_of(calendar, entry->owner, its->line_tail)->position = place;
    its->line_tail = place;
    calendar->lined++;
    return entry;
}

entrain__delayed *entrain__calendar_first(const entrain__calendar *calendar, uint32_t owner_index) {
    const uint32_t place = calendar->owners[owner_index].line_head;
    return place == 0 ? NULL : entry_of(calendar, owner_index, place);
}

void entrain__calendar_drop_first(entrain__calendar *calendar, uint32_t owner_index) {
    entrain__delayed *entry = entrain__calendar_first(calendar, owner_index);
    ENTRAIN_ASSERT(entry != NULL);
    calendar->owners[owner_index].line_head = entry->position;
    calendar->lined--;
    free_place(calendar, entry);
}

// Out of heaps, but for others' that are due before @p others_from.
static uint32_t forget_from(entrain__calendar *calendar, uint32_t owner_index, uint64_t others_from) {
    ENTRAIN_ASSERT(owner_index < calendar->owner_count);
    uint32_t taken = 0;
    for (uint32_t place = 1; place <= calendar->owners[owner_index].touched; place++) {
        entrain__delayed *entry = entry_of(calendar, owner_index, place);
        if (entry->lane == ENTRAIN__LANES || (entry->lane != ENTRAIN__LANE_OWN && entry->when < others_from))
            continue;
        remove_entry(calendar, entry);
        free_place(calendar, entry);
        taken++;
    }
    return taken;
}

uint32_t entrain__calendar_forget_after(entrain__calendar *calendar, uint32_t owner_index,
                                        uint64_t others_after) {
    return forget_from(calendar, owner_index, others_after + 1);
}

uint32_t entrain__calendar_forget(entrain__calendar *calendar, uint32_t owner_index, uint32_t *lined_out) {
    uint32_t lined = 0;
    for (; entrain__calendar_first(calendar, owner_index) != NULL; lined++)
        entrain__calendar_drop_first(calendar, owner_index);
    if (lined_out != NULL)
        *lined_out = lined;
    return forget_from(calendar, owner_index, 0);
}

uint64_t entrain__calendar_queued(const entrain__calendar *calendar) {
    return (uint64_t)calendar->sizes[ENTRAIN__LANE_OWN] + calendar->sizes[ENTRAIN__LANE_OTHERS] +
           calendar->run_count;
}
uint64_t entrain__calendar_lined(const entrain__calendar *calendar) { return calendar->lined; }

// --- In a checkpoint

void entrain__calendar_clear(entrain__calendar *calendar) {
    for (uint32_t lane = 0; lane < ENTRAIN__LANES; lane++)
        calendar->sizes[lane] = 0;
    calendar->lined = 0;
    calendar->run_first = calendar->run_last = calendar->run_count = 0;
    memset(calendar->owners, 0, calendar->owner_count * sizeof *calendar->owners);
}

// A place in use, as it is written.
typedef struct kept {
    entrain__letter letter;
    uint64_t when, order;
    uint32_t round;
    uint16_t place, lane; // ENTRAIN__LANES: in the line
} kept;
_Static_assert(sizeof(kept) == 56, "no padding");

// While an owner is read, entrain__delayed.position of places that are in no list yet.
#define TO_LINE_UP UINT32_MAX
#define TO_FREE (UINT32_MAX - 1)

static void refuse_places(entrain_archive *archive) {
    entrain_archive_refuse(
        archive, ENTRAIN_PARSE,
        "the delayed messages of an actor do not fit their places; it cannot be read from. "
        "Take an older one.");
}

static bool has_failed(const entrain_archive *archive) {
    return entrain_archive_status(archive, NULL) != ENTRAIN_OK;
}

// @return whether it is one of the line.
static bool read_kept(entrain__calendar *calendar, uint32_t owner_index, uint32_t slot,
                      entrain_archive *archive) {
    owner *its = &calendar->owners[owner_index];
    kept one;
    entrain_archive_bytes(archive, &one, sizeof one);
    entrain__delayed *entry =
        one.place == 0 || one.place > its->touched ? NULL : entry_of(calendar, owner_index, one.place);
    if (has_failed(archive) || entry == NULL || entry->order != 0 || one.order == 0 ||
        one.order > its->order || one.lane > ENTRAIN__LANES ||
        (one.letter.message.from & ENTRAIN_ID_INDEX_MAX) != slot || one.letter.undelivered != 0 ||
        one.letter.trace != 0) {
        refuse_places(archive);
        return false;
    }
    *entry = (entrain__delayed){.letter = one.letter,
                                .when = one.when,
                                .order = one.order,
                                .round = one.round,
                                .position = TO_LINE_UP,
                                .lane = ENTRAIN__LANES,
                                .owner = owner_index};
    if (one.lane < ENTRAIN__LANES)
        enter_heap(calendar, (entrain__lane)one.lane, entry);
    return one.lane == ENTRAIN__LANES;
}

// The line, or the list of free places: linked through positions, from @p head on. @return the last one.
static uint32_t archive_list(entrain__calendar *calendar, uint32_t owner_index, uint32_t count, uint32_t mark,
                             uint32_t *head, entrain_archive *archive) {
    const bool reading = entrain_archive_is_reading(archive);
    uint32_t *link = head, last = 0;
    for (uint32_t k = 0; k < count && !has_failed(archive); k++) {
        uint16_t place = reading ? 0 : (uint16_t)*link;
        entrain_archive_bytes(archive, &place, sizeof place);
        if (place == 0 || place > calendar->owners[owner_index].touched) {
            refuse_places(archive);
            break;
        }
        entrain__delayed *entry = entry_of(calendar, owner_index, place);
        if (reading && (entry->lane != ENTRAIN__LANES || entry->position != mark)) {
            refuse_places(archive);
            break;
        }
        if (reading) {
            *link = place;
            entry->position = 0;
        }
        link = &entry->position;
        last = place;
    }
    return last;
}

// Places in use, and of those the ones in the line.
static uint32_t count_held(const entrain__calendar *calendar, uint32_t owner_index, uint32_t *lined_out) {
    const owner *its = &calendar->owners[owner_index];
    uint32_t held = its->touched;
    for (uint32_t place = its->free; place != 0; place = entry_of(calendar, owner_index, place)->position)
        held--;
    *lined_out = 0;
    for (uint32_t place = its->line_head; place != 0;
         place = entry_of(calendar, owner_index, place)->position)
        ++*lined_out;
    return held;
}

static void write_kept(const entrain__calendar *calendar, uint32_t owner_index, uint32_t place,
                       entrain_archive *archive) {
    const entrain__delayed *entry = entry_of(calendar, owner_index, place);
    kept one = {.letter = entry->letter,
                .when = entry->when,
                .order = entry->order,
                .round = entry->round,
                .place = (uint16_t)place,
                .lane = (uint16_t)(entry->lane == LANE_RUN ? (uint32_t)ENTRAIN__LANE_OTHERS : entry->lane)};
    one.letter.undelivered = 0;
    one.letter.trace = 0;
    entrain_archive_bytes(archive, &one, sizeof one);
}

// Places in no heap are free or in the line: which of them is which, lists alone know.
static void write_held(const entrain__calendar *calendar, uint32_t owner_index, entrain_archive *archive) {
    const owner *its = &calendar->owners[owner_index];
    for (uint32_t place = 1; place <= its->touched; place++)
        if (entry_of(calendar, owner_index, place)->lane != ENTRAIN__LANES)
            write_kept(calendar, owner_index, place, archive);
    for (uint32_t place = its->line_head; place != 0;
         place = entry_of(calendar, owner_index, place)->position)
        write_kept(calendar, owner_index, place, archive);
}

void entrain__calendar_archive(entrain__calendar *calendar, uint32_t owner_index, uint32_t slot,
                               entrain_archive *archive) {
    ENTRAIN_ASSERT(owner_index < calendar->owner_count);
    owner *its = &calendar->owners[owner_index];
    const bool reading = entrain_archive_is_reading(archive);
    struct {
        uint64_t order;
        uint32_t touched, held, lined, spare;
    } head = {.order = its->order, .touched = its->touched};
    _Static_assert(sizeof head == 24, "no padding");
    if (!reading)
        head.held = count_held(calendar, owner_index, &head.lined);
    entrain_archive_bytes(archive, &head, sizeof head);
    if (reading) {
        // Two bytes for each free place: who claims more than there is cannot make us touch memory for it.
        if (has_failed(archive) || head.touched > calendar->places || head.held > head.touched ||
            head.lined > head.held || head.spare != 0 || head.order < head.touched || head.order >> 48 != 0 ||
            2 * (uint64_t)(head.touched - head.held) > entrain_archive_bytes_left(archive)) {
            refuse_places(archive);
            return;
        }
        its->order = head.order;
        its->touched = head.touched;
        for (uint32_t place = 1; place <= head.touched; place++)
            *entry_of(calendar, owner_index, place) =
                (entrain__delayed){.position = TO_FREE, .lane = ENTRAIN__LANES, .owner = owner_index};
        uint32_t lined = 0;
        for (uint32_t k = 0; k < head.held && !has_failed(archive); k++)
            lined += read_kept(calendar, owner_index, slot, archive);
        if (lined != head.lined)
            refuse_places(archive);
    } else {
        write_held(calendar, owner_index, archive);
    }
    const uint32_t last =
        archive_list(calendar, owner_index, head.lined, TO_LINE_UP, &its->line_head, archive);
    archive_list(calendar, owner_index, head.touched - head.held, TO_FREE, &its->free, archive);
    if (reading) {
        its->line_tail = last;
        calendar->lined += head.lined;
    }
}
