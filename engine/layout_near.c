// Reverse Cuthill-McKee: Cuthill and McKee, Proc. 24th Nat. Conf. ACM (1969); reversed: George, Stanford
// STAN-CS-71-208 (1971); the start: George and Liu, ACM Trans. Math. Software 5 (1979).
//
//     order_out:  [ components already numbered | the search's queue: levels 0 .. last | not yet reached ]
//
// A search from a root takes its component level by level, each vertex's new neighbours by rising degree,
// then by number: an arc never spans more than two levels, so the narrower the levels the nearer neighbours
// lie. The narrowest levels come from an end of the component: a search from anywhere, then from the least
// connected vertex of its last level, until the number of levels no longer grows. Each search leaves the
// numbering that it would be, so the last one need not be repeated. Reversed, per component.
//
// Ours: components in the order of their lowest vertex, so that what is in order stays in order; and at most
// SEARCHES_MAX searches, where George and Liu set no limit (two or three nearly always do).
#include "engine/layout.h"

#include <stdbool.h>

#include "engine/base/assert.h"

enum { SEARCHES_MAX = 6, INSERTION_MAX = 24 };

typedef struct search_state {
    const entrain_topology_view *view;
    uint32_t *order; // [vertex_count]
    uint32_t *marks; // [vertex_count]: number of the last search that met the vertex; 0: none yet
    uint64_t *found; // [degree_max]: degree << 32 | vertex of one vertex's new neighbours
    uint32_t search;
    uint32_t width_max;
} search_state;

// What a search from one root found.
typedef struct levels {
    uint32_t end;        // of the component in order[]
    uint32_t last_first; // where the last level begins
    uint32_t count;
    bool too_wide;
} levels;

static uint64_t degree_of(const entrain_topology_view *view, uint32_t v) {
    uint64_t degree = view->in_offsets[v + 1] - view->in_offsets[v];
    return view->directed ? degree + (view->out_offsets[v + 1] - view->out_offsets[v]) : degree;
}

static void sift_down(uint64_t *keys, uint64_t root, uint64_t count) {
    uint64_t key = keys[root];
    for (uint64_t child; (child = 2 * root + 1) < count; root = child) {
        child += child + 1 < count && keys[child + 1] > keys[child];
        if (keys[child] <= key)
            break;
        keys[root] = keys[child];
    }
    keys[root] = key;
}

// In place and never worse than n log n: a hub's neighbours can be everybody. Keys are all different.
static void sort_keys(uint64_t *keys, uint64_t count) {
    if (count <= INSERTION_MAX) {
        for (uint64_t i = 1; i < count; i++) {
            uint64_t key = keys[i], at = i;
            for (; at > 0 && keys[at - 1] > key; at--)
                keys[at] = keys[at - 1];
            keys[at] = key;
        }
        return;
    }
    for (uint64_t root = count / 2; root-- > 0;)
        sift_down(keys, root, count);
    for (uint64_t last = count - 1; last > 0; last--) {
        uint64_t largest = keys[0];
        keys[0] = keys[last];
        keys[last] = largest;
        sift_down(keys, 0, last);
    }
}

// Collects those of one row that this search has not met.
static uint64_t collect(search_state *state, const int32_t *others, uint64_t count, uint64_t found_count) {
    for (uint64_t a = 0; a < count; a++) {
        uint32_t other = (uint32_t)others[a];
        if (state->marks[other] == state->search)
            continue;
        state->marks[other] = state->search;
        uint64_t degree = degree_of(state->view, other);
        state->found[found_count++] = (degree < UINT32_MAX ? degree : UINT32_MAX) << 32 | other;
    }
    return found_count;
}

static levels search_from(search_state *state, uint32_t root, uint32_t first) {
    const entrain_topology_view *view = state->view;
    levels result = {.end = first + 1, .last_first = first, .count = 1};
    uint32_t level_end = first + 1; // of the level that is being walked
    state->search++;
    state->order[first] = root;
    state->marks[root] = state->search;
    for (uint32_t head = first; head < result.end; head++) {
        if (head == level_end) {
            result.too_wide |= result.end - level_end > state->width_max;
            if (result.too_wide)
                break;
            result.last_first = level_end;
            level_end = result.end;
            result.count++;
        }
        uint32_t v = state->order[head];
        uint64_t in = view->in_offsets[v], out = view->out_offsets[v];
        uint64_t count = collect(state, view->in_speakers + in, view->in_offsets[v + 1] - in, 0);
        if (view->directed)
            count = collect(state, view->out_hearers + out, view->out_offsets[v + 1] - out, count);
        sort_keys(state->found, count);
        for (uint64_t f = 0; f < count; f++)
            state->order[result.end++] = (uint32_t)state->found[f];
    }
    return result;
}

// Numbers the component of @p root from order[first] on and returns its end, or 0 when it is too wide.
static uint32_t number_component(search_state *state, uint32_t root, uint32_t first) {
    levels found = search_from(state, root, first);
    for (uint32_t again = 1; again < SEARCHES_MAX && !found.too_wide && found.count > 1; again++) {
        uint32_t end = state->order[found.last_first]; // least connected, then lowest
        for (uint32_t i = found.last_first + 1; i < found.end; i++) {
            uint32_t other = state->order[i];
            uint64_t a = degree_of(state->view, other), b = degree_of(state->view, end);
            if (a < b || (a == b && other < end))
                end = other;
        }
        uint32_t count = found.count;
        found = search_from(state, end, first);
        if (found.count <= count)
            break;
    }
    if (found.too_wide)
        return 0;
    for (uint32_t low = first, high = found.end - 1; low < high; low++, high--) {
        uint32_t v = state->order[low];
        state->order[low] = state->order[high];
        state->order[high] = v;
    }
    return found.end;
}

entrain_status entrain__order_near(const entrain_topology_view *view, uint32_t width_max,
                                   entrain__arena *scratch, uint32_t *order_out) {
    ENTRAIN_ASSERT(view->in_offsets != NULL); // complete has no arcs to follow
    uint64_t degree_max = 0;
    for (uint32_t v = 0; v < view->vertex_count; v++)
        degree_max = degree_of(view, v) > degree_max ? degree_of(view, v) : degree_max;
    if (degree_max > view->vertex_count)
        degree_max = view->vertex_count; // parallel ones are met once
    search_state state = {.view = view, .order = order_out, .width_max = width_max};
    state.marks = entrain__arena_take(scratch, view->vertex_count, sizeof *state.marks);
    state.found = entrain__arena_take(scratch, degree_max, sizeof *state.found);
    entrain_status status = state.marks != NULL && state.found != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
    uint32_t first = 0;
    for (uint32_t v = 0; status == ENTRAIN_OK && v < view->vertex_count; v++) {
        if (state.marks[v] != 0)
            continue;
        first = number_component(&state, v, first);
        if (first == 0)
            status = ENTRAIN_UNSUPPORTED;
    }
    ENTRAIN_ASSERT(status != ENTRAIN_OK || first == view->vertex_count);
    entrain__arena_give(scratch, state.marks);
    entrain__arena_give(scratch, state.found);
    return status;
}

entrain__spread entrain__spread_of(uint32_t count, const uint64_t *offsets, const int32_t *speakers,
                                   const uint32_t *rank) {
    uint64_t far = 0, bits = 0, seen = 0;
    uint32_t stride = count / 4096 + 1;
    for (uint32_t v = 0; v < count; v += stride)
        for (uint64_t a = offsets[v]; a < offsets[v + 1] && a < offsets[v] + 64; a++, seen++) {
            uint32_t from = (uint32_t)speakers[a], to = v;
            if (rank != NULL) {
                from = rank[from];
                to = rank[to];
            }
            uint32_t distance = from > to ? from - to : to - from;
            far += distance > ENTRAIN__FAR_PLACES;
            while (distance != 0) {
                distance >>= 1;
                bits++;
            }
        }
    if (seen == 0)
        return (entrain__spread){0};
    return (entrain__spread){.far_share = (double)far / (double)seen,
                             .distance_bits = (double)bits / (double)seen};
}
