// Graphs that grow and shrink, by local means: who joins steps between two who know each other, and who
// leaves introduces its neighbours to each other.
//
//     join                                       leave
//
//     u ------- w      u --- new --- w           a --- v --- b         a ------- b
//                 -->                                / \        -->
//     x ------- y      x --- new --- y             c     d             c ------- d
//
// Everybody else keeps its number of neighbours, so a regular graph stays regular; who has as many neighbours
// as drawn edges is hardly ever out of reach. (After Law and Siu, Distributed construction of random expander
// networks, INFOCOM 2003, who splice newcomers into Hamilton cycles in this way.) Vertices are a fixed
// room, of which those without an edge are empty: a topology is immutable, so each call builds a new one.
#include "engine/topology.h"

#include <string.h>

#include "engine/base/assert.h"
#include "entrain/random.h"

enum {
    TRIES = 64,       // draws before what is looked for is searched, or given up
    SEARCH_MAX = 4096 // what is searched at most
};
#define NOTHING UINT64_MAX
#define LEAVE_DRAWS (UINT32_C(1) << 31) // draws of who leaves, apart from those of who joins in the same tick

static entrain_status no_memory(entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "topology: no memory to build in");
}

static entrain_status check(const entrain_topology_view *view, const char *what, const uint32_t *vertices,
                            uint32_t count, entrain_error *error_out) {
    if (view->directed || view->weighted || view->in_delays != NULL)
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "topology: vertices %s undirected graphs only, without weights and with one delay "
            "for all; this one %s.",
            what,
            view->directed   ? "is directed"
            : view->weighted ? "has weights"
                             : "has a delay for each edge");
    for (uint32_t k = 0; k < count; k++)
        if (vertices[k] >= view->vertex_count)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "topology: vertex %u is to %s a graph whose vertices are 0 to %u.",
                                     vertices[k], what, view->vertex_count - 1);
    return ENTRAIN_OK;
}

// Edges as they are, whose delay is one for all. Its scratch memory is the caller's to destroy.
static entrain_status edges_open(const entrain_topology_view *view, entrain__edges *edges,
                                 entrain_error *error_out) {
    *edges = (entrain__edges){.vertex_count = view->vertex_count, .delay_s = view->delay_low};
    return entrain__arena_create(&edges->scratch) == ENTRAIN_OK ? ENTRAIN_OK : no_memory(error_out);
}

static entrain_status edges_close(const entrain_topology_view *view, entrain__edges *edges,
                                  entrain_status status, entrain_topology **topology_out,
                                  entrain_error *error_out) {
    if (status == ENTRAIN_OK)
        status = entrain__topology_build(
            (entrain__topology_shape){.kind = ENTRAIN_TOPOLOGY_EDGE_LIST, .name = view->name}, edges,
            topology_out, error_out);
    entrain__arena_destroy(edges->scratch);
    return status;
}

static entrain_status the_same(const entrain_topology *topology, entrain_topology **topology_out) {
    entrain_topology *same =
        (entrain_topology *)topology; // whose owners are counted, and nothing else changes
    entrain_topology_retain(same);
    *topology_out = same;
    return ENTRAIN_OK;
}

// --- Room

static void *copy_of(entrain__arena *arena, const void *array, uint64_t count, size_t size, bool *failed) {
    if (array == NULL)
        return NULL;
    void *copy = entrain__arena_take(arena, count, size);
    *failed |= copy == NULL;
    if (copy != NULL)
        memcpy(copy, array, count * size);
    return copy;
}

static const uint64_t *longer(entrain__arena *arena, const uint64_t *offsets, uint32_t count, uint32_t room,
                              bool *failed) {
    uint64_t *copy = entrain__arena_take(arena, (size_t)room + 1, sizeof *copy);
    *failed |= copy == NULL;
    if (copy == NULL)
        return NULL;
    memcpy(copy, offsets, ((size_t)count + 1) * sizeof *copy);
    for (uint32_t v = count; v < room; v++)
        copy[v + 1] = copy[count];
    return copy;
}

entrain_status entrain_topology_padded(const entrain_topology *topology, uint32_t room,
                                       entrain_topology **topology_out, entrain_error *error_out) {
    ENTRAIN_ASSERT(topology != NULL && topology_out != NULL);
    const entrain_topology_view from = entrain_topology_look(topology);
    if (room < from.vertex_count || room > ENTRAIN_VERTICES_MAX)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "topology: there is to be room for %u vertices; it must be %u, which there are, to %u.", room,
            from.vertex_count, ENTRAIN_VERTICES_MAX);
    entrain_topology *padded;
    const entrain_status status = entrain__topology_new(&padded, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain__arena *arena = entrain__topology_arena(padded);
    entrain_topology_view *view = entrain__topology_view_of(padded);
    *view = from;
    view->vertex_count = room;
    bool failed = false;
    if (from.kind != ENTRAIN_TOPOLOGY_COMPLETE) {
        view->kind = ENTRAIN_TOPOLOGY_EDGE_LIST; // a ring or a lattice would have another shape
        view->rows = view->columns = 0;
        view->in_offsets = longer(arena, from.in_offsets, from.vertex_count, room, &failed);
        view->in_speakers =
            copy_of(arena, from.in_speakers, from.arc_count, sizeof *from.in_speakers, &failed);
        view->in_weights = copy_of(arena, from.in_weights, from.arc_count, sizeof *from.in_weights, &failed);
        view->in_delays = copy_of(arena, from.in_delays, from.arc_count, sizeof *from.in_delays, &failed);
        view->out_offsets = view->in_offsets;
        view->out_hearers = view->in_speakers;
        if (from.directed) {
            view->out_offsets = longer(arena, from.out_offsets, from.vertex_count, room, &failed);
            view->out_hearers =
                copy_of(arena, from.out_hearers, from.arc_count, sizeof *from.out_hearers, &failed);
        }
    }
    if (failed) {
        entrain_topology_release(padded);
        return no_memory(error_out);
    }
    *topology_out = padded;
    return ENTRAIN_OK;
}

// --- Joining

typedef struct joining {
    entrain__edges *edges; // between those who are in; grows
    uint32_t *members;     // who are in, by the order in which they came; grows
    uint32_t member_count;
    entrain_random key;
    uint64_t tick;
    uint32_t vertex, draws; // who joins, and how often it has drawn
    uint32_t *near;         // whom it knows by now
    uint32_t near_count;
} joining;

static uint64_t draw(joining *j, uint64_t bound) {
    return entrain_random_below(j->key, bound, j->vertex, j->tick, j->draws++);
}

static bool knows(const joining *j, uint32_t other) {
    for (uint32_t n = 0; n < j->near_count; n++)
        if (j->near[n] == other)
            return true;
    return other == j->vertex;
}

static bool edge_suits(const joining *j, uint64_t edge) {
    const entrain__pair pair = j->edges->pairs[edge];
    return !knows(j, pair.from) && !knows(j, pair.to);
}
static bool member_suits(const joining *j, uint64_t member) { return !knows(j, j->members[member]); }

// One of @p count that suits: drawn, and if luck fails searched for where they are few.
static uint64_t find(joining *j, uint64_t count, bool (*suits)(const joining *j, uint64_t which)) {
    uint64_t which = 0;
    for (uint32_t try = 0; try < TRIES && count > 0; try++) {
        which = draw(j, count);
        if (suits(j, which))
            return which;
    }
    for (uint64_t k = 0; k < count && count <= SEARCH_MAX; k++)
        if (suits(j, (which + k) % count))
            return (which + k) % count;
    return NOTHING;
}

static entrain_status link(joining *j, uint32_t other, entrain_error *error_out) {
    j->near[j->near_count++] = other;
    return entrain__edges_append(j->edges, j->vertex, other, 1, error_out);
}

// Between two who know each other; where there are no such two left, to anybody.
static entrain_status join_one(joining *j, uint32_t degree, entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    while (status == ENTRAIN_OK && j->near_count + 2 <= degree) {
        const uint64_t edge = find(j, j->edges->count, edge_suits);
        if (edge == NOTHING)
            break;
        const entrain__pair pair = j->edges->pairs[edge];
        j->near[j->near_count++] = pair.from;
        j->edges->pairs[edge].to = j->vertex;
        status = link(j, pair.to, error_out);
    }
    while (status == ENTRAIN_OK && j->near_count < degree) {
        const uint64_t member = find(j, j->member_count, member_suits);
        if (member == NOTHING)
            break;
        status = link(j, j->members[member], error_out);
    }
    j->members[j->member_count++] = j->vertex;
    return status;
}

// Where the degree is odd every other newcomer lacks one neighbour, until the next one takes it for its
// first.
static entrain_status join_all(joining *j, const uint32_t *vertices, uint32_t count, uint32_t degree,
                               entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t k = 0; status == ENTRAIN_OK && k < count; k++) {
        const bool lacks = degree % 2 == 1 && k % 2 == 0;
        j->vertex = vertices[k];
        j->draws = j->near_count = 0;
        if (degree % 2 == 1 && !lacks)
            status = link(j, vertices[k - 1], error_out);
        if (status == ENTRAIN_OK)
            status = join_one(j, degree - lacks, error_out);
    }
    return status;
}

static bool is_in(const entrain_topology_view *view, const bool *living, uint32_t vertex) {
    return living != NULL ? living[vertex] : view->in_offsets[vertex + 1] > view->in_offsets[vertex];
}

// Appends the edges between two who are both in, or all others.
static void append_edges(const entrain_topology_view *view, const bool *living, bool inner,
                         entrain__edges *edges) {
    for (uint32_t v = 0; v < view->vertex_count; v++)
        for (uint64_t a = view->in_offsets[v]; a < view->in_offsets[v + 1]; a++) {
            const uint32_t other = (uint32_t)view->in_speakers[a];
            if (other < v && (is_in(view, living, v) && is_in(view, living, other)) == inner)
                entrain__edges_add(edges, other, v);
        }
}

static entrain_status join(const entrain_topology_view *view, const uint32_t *vertices, uint32_t count,
                           uint32_t degree, const bool *living, entrain__edges *edges, joining *j,
                           entrain_error *error_out) {
    const uint64_t most = view->arc_count / 2 + (uint64_t)count * degree;
    const entrain_status status = entrain__edges_reserve(edges, most, false, error_out);
    if (status != ENTRAIN_OK)
        return status;
    uint8_t *joined = entrain__arena_take(edges->scratch, view->vertex_count, sizeof *joined);
    j->members = entrain__arena_take(edges->scratch, (size_t)view->vertex_count + count, sizeof *j->members);
    j->near = entrain__arena_take(edges->scratch, (size_t)degree + 2, sizeof *j->near);
    if (joined == NULL || j->members == NULL || j->near == NULL)
        return no_memory(error_out);
    for (uint32_t k = 0; k < count; k++) {
        if (view->in_offsets[vertices[k] + 1] > view->in_offsets[vertices[k]] || joined[vertices[k]] != 0)
            return entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "topology: vertex %u is to join and has neighbours already; each joins once, "
                "and again only after it has left.",
                vertices[k]);
        joined[vertices[k]] = 1;
    }
    j->edges = edges;
    for (uint32_t v = 0; v < view->vertex_count; v++)
        if (is_in(view, living, v) && joined[v] == 0)
            j->members[j->member_count++] = v;
    append_edges(view, living, true, edges);
    const entrain_status done = join_all(j, vertices, count, degree, error_out);
    if (done == ENTRAIN_OK)
        append_edges(view, living, false, edges);
    return done;
}

entrain_status entrain_topology_join(const entrain_topology *topology, const uint32_t *joining_vertices,
                                     uint32_t count, uint32_t degree, const bool *living, uint64_t seed,
                                     uint64_t tick, entrain_topology **topology_out,
                                     entrain_error *error_out) {
    ENTRAIN_ASSERT(topology != NULL && topology_out != NULL && (joining_vertices != NULL || count == 0));
    const entrain_topology_view view = entrain_topology_look(topology);
    if (view.kind == ENTRAIN_TOPOLOGY_COMPLETE)
        return the_same(topology, topology_out);
    entrain_status status = check(&view, "join", joining_vertices, count, error_out);
    if (status == ENTRAIN_OK && (degree < 1 || degree >= view.vertex_count))
        status = entrain_error_set(error_out, ENTRAIN_INVALID,
                                   "topology: who joins is to have %u neighbours; it must be 1 to %u.",
                                   degree, view.vertex_count - 1);
    entrain__edges edges;
    if (status == ENTRAIN_OK)
        status = edges_open(&view, &edges, error_out);
    if (status != ENTRAIN_OK)
        return status;
    joining j = {.key = entrain_random_key(seed, ENTRAIN_STREAM_JOIN), .tick = tick};
    status = join(&view, joining_vertices, count, degree, living, &edges, &j, error_out);
    return edges_close(&view, &edges, status, topology_out, error_out);
}

// --- Leaving

// Rows of neighbours, in no order. Nobody's becomes longer than it was, so each stays where it lies.
typedef struct rows {
    const uint64_t *offsets;
    int32_t *others;
    uint32_t *counts;
} rows;

static int32_t *row_of(const rows *r, uint32_t vertex) { return r->others + r->offsets[vertex]; }

static bool linked(const rows *r, uint32_t one, uint32_t other) {
    if (r->counts[one] > r->counts[other]) {
        const uint32_t shorter = other;
        other = one;
        one = shorter;
    }
    const int32_t *row = row_of(r, one);
    for (uint32_t n = 0; n < r->counts[one]; n++)
        if ((uint32_t)row[n] == other)
            return true;
    return false;
}

// In the row of @p vertex another takes the place of @p old; or, if that is nobody (-1), the row gets
// shorter.
static void put(const rows *r, uint32_t vertex, uint32_t old, int32_t other) {
    int32_t *row = row_of(r, vertex);
    uint32_t n = 0;
    while ((uint32_t)row[n] != old)
        n++;
    ENTRAIN_ASSERT(n < r->counts[vertex]);
    row[n] = other >= 0 ? other : row[--r->counts[vertex]];
}

typedef struct leaving {
    rows rows;
    const bool *living;
    entrain_random key;
    uint64_t tick;
    uint32_t vertex, draws;
} leaving;

static void shuffle(leaving *l, int32_t *others, uint32_t count) {
    for (uint32_t k = count; k > 1; k--) { // Fisher and Yates
        const uint64_t at = entrain_random_below(l->key, k, l->vertex, l->tick, LEAVE_DRAWS + l->draws++);
        const int32_t last = others[k - 1];
        others[k - 1] = others[at];
        others[at] = last;
    }
}

// Those who live first: to know somebody who is dead is worth little.
static uint32_t living_first(const leaving *l, int32_t *others, uint32_t count) {
    uint32_t first = 0;
    for (uint32_t k = 0; k < count && l->living != NULL; k++)
        if (l->living[others[k]]) {
            const int32_t other = others[k];
            others[k] = others[first];
            others[first++] = other;
        }
    return first;
}

// The leaver's neighbours in the order of its row: each is introduced to the next one that it does not
// know yet.
static void introduce(leaving *l) {
    const rows *r = &l->rows;
    int32_t *row = row_of(r, l->vertex);
    const uint32_t count = r->counts[l->vertex];
    for (uint32_t k = 0; k < count; k++) {
        const int32_t one = row[k];
        if (one < 0)
            continue; // it has been introduced
        uint32_t other = k + 1;
        for (uint32_t looked = 0; other < count && looked < TRIES; other++, looked++)
            if (row[other] >= 0 && row[other] != one && !linked(r, (uint32_t)one, (uint32_t)row[other]))
                break;
        if (other < count && other - k <= TRIES) {
            put(r, (uint32_t)one, l->vertex, row[other]);
            put(r, (uint32_t)row[other], l->vertex, one);
            row[other] = -1;
        } else {
            put(r, (uint32_t)one, l->vertex, -1);
        }
    }
    r->counts[l->vertex] = 0;
}

static void leave_one(leaving *l, uint32_t vertex) {
    l->vertex = vertex;
    l->draws = 0;
    int32_t *row = row_of(&l->rows, vertex);
    const uint32_t count = l->rows.counts[vertex], living = living_first(l, row, count);
    shuffle(l, row, living);
    shuffle(l, row + living, count - living);
    introduce(l);
}

static entrain_status leave(const entrain_topology_view *view, const uint32_t *vertices, uint32_t count,
                            entrain__edges *edges, leaving *l, entrain_error *error_out) {
    entrain__arena *scratch = edges->scratch;
    bool failed = false;
    l->rows.offsets = view->in_offsets;
    l->rows.others = copy_of(scratch, view->in_speakers, view->arc_count, sizeof *l->rows.others, &failed);
    l->rows.counts = entrain__arena_take(scratch, view->vertex_count, sizeof *l->rows.counts);
    if (failed || l->rows.counts == NULL)
        return no_memory(error_out);
    for (uint32_t v = 0; v < view->vertex_count; v++)
        l->rows.counts[v] = (uint32_t)(view->in_offsets[v + 1] - view->in_offsets[v]);
    const entrain_status status = entrain__edges_reserve(edges, view->arc_count / 2, false, error_out);
    if (status != ENTRAIN_OK)
        return status;
    for (uint32_t k = 0; k < count; k++)
        leave_one(l, vertices[k]);
    for (uint32_t v = 0; v < view->vertex_count; v++)
        for (uint32_t n = 0; n < l->rows.counts[v]; n++)
            if ((uint32_t)row_of(&l->rows, v)[n] < v)
                entrain__edges_add(edges, (uint32_t)row_of(&l->rows, v)[n], v);
    return ENTRAIN_OK;
}

entrain_status entrain_topology_leave(const entrain_topology *topology, const uint32_t *leaving_vertices,
                                      uint32_t count, const bool *living, uint64_t seed, uint64_t tick,
                                      entrain_topology **topology_out, entrain_error *error_out) {
    ENTRAIN_ASSERT(topology != NULL && topology_out != NULL && (leaving_vertices != NULL || count == 0));
    const entrain_topology_view view = entrain_topology_look(topology);
    if (view.kind == ENTRAIN_TOPOLOGY_COMPLETE)
        return the_same(topology, topology_out);
    entrain_status status = check(&view, "leave", leaving_vertices, count, error_out);
    entrain__edges edges;
    if (status == ENTRAIN_OK)
        status = edges_open(&view, &edges, error_out);
    if (status != ENTRAIN_OK)
        return status;
    leaving l = {.key = entrain_random_key(seed, ENTRAIN_STREAM_JOIN), .tick = tick, .living = living};
    status = leave(&view, leaving_vertices, count, &edges, &l, error_out);
    return edges_close(&view, &edges, status, topology_out, error_out);
}
