// The same graph with a few edges less and a few more: its arcs back into a list of edges, which is built
// anew. A topology is immutable, and whoever replaces one builds everything that depends on it anew as well:
// an edit in place would save little.
#include "engine/topology.h"

#include "engine/base/assert.h"

// The arcs of row @p to that come from @p from: [first, end).
typedef struct arcs {
    uint64_t first, end;
} arcs;

static uint64_t first_not_below(const entrain_topology_view *view, uint32_t to, int64_t speaker) {
    uint64_t low = view->in_offsets[to], high = view->in_offsets[to + 1];
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (view->in_speakers[middle] < speaker)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Rows are sorted by speaker. Undirected: an edge's one arc that the list is made of, from the lower end to
// the higher.
static arcs find(const entrain_topology_view *view, uint32_t from, uint32_t to) {
    if (!view->directed && from > to) {
        uint32_t higher = from;
        from = to;
        to = higher;
    }
    return (arcs){first_not_below(view, to, from), first_not_below(view, to, (int64_t)from + 1)};
}

uint32_t entrain_topology_edge_count(const entrain_topology *topology, uint32_t from, uint32_t to) {
    const entrain_topology_view view = entrain_topology_look(topology);
    if (view.kind == ENTRAIN_TOPOLOGY_COMPLETE || from >= view.vertex_count || to >= view.vertex_count)
        return 0;
    const arcs found = find(&view, from, to);
    return (uint32_t)(found.end - found.first);
}

static bool is_marked(const uint8_t *marks, uint64_t arc) { return (marks[arc / 8] >> (arc % 8) & 1) != 0; }

// Marks the arcs that go: of parallel ones from the last on.
static entrain_status mark(const entrain_topology_view *view, const entrain_edge *removed, uint64_t count,
                           uint8_t *marks, entrain_error *error_out) {
    for (uint64_t e = 0; e < count; e++) {
        const entrain_edge edge = {removed[e].from, removed[e].to, 0};
        entrain_status status = entrain__edge_check(view->vertex_count, e, edge, false, error_out);
        if (status != ENTRAIN_OK)
            return status;
        const arcs found = find(view, edge.from, edge.to);
        uint64_t arc = found.end;
        while (arc > found.first && is_marked(marks, arc - 1))
            arc--;
        if (arc == found.first)
            return entrain_error_set(
                error_out, ENTRAIN_INVALID, "edges[%llu]: there is no%s edge %s %u %s %u to take away",
                (unsigned long long)e, found.end > found.first ? " further" : "",
                view->directed ? "from" : "between", edge.from, view->directed ? "to" : "and", edge.to);
        marks[(arc - 1) / 8] |= (uint8_t)(1u << ((arc - 1) % 8));
    }
    return ENTRAIN_OK;
}

static entrain_status keep(const entrain_topology_view *view, const uint8_t *marks, entrain__edges *edges,
                           entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t to = 0; to < view->vertex_count; to++)
        for (uint64_t a = view->in_offsets[to]; status == ENTRAIN_OK && a < view->in_offsets[to + 1]; a++) {
            const uint32_t from = (uint32_t)view->in_speakers[a];
            if ((!view->directed && from > to) || is_marked(marks, a))
                continue; // an undirected edge's other arc, or gone
            const double weight = view->in_weights != NULL ? view->in_weights[a] * view->weight_scale : 1;
            status = entrain__edges_append(edges, from, to, weight, error_out);
            if (status == ENTRAIN_OK && view->in_delays != NULL)
                edges->delays[edges->count - 1] = view->in_delays[a];
        }
    return status;
}

static entrain_status edit(const entrain_topology_view *view, const entrain_edge *removed,
                           uint64_t removed_count, const entrain_edge *added, uint64_t added_count,
                           entrain__edges *edges, entrain_error *error_out) {
    uint8_t *marks = entrain__arena_take(edges->scratch, (size_t)(view->arc_count / 8 + 1), sizeof *marks);
    if (marks == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "topology: no memory to build in");
    bool weighted = view->weighted;
    for (uint64_t e = 0; e < added_count; e++)
        weighted |= added[e].weight != 1;
    entrain_status status = mark(view, removed, removed_count, marks, error_out);
    if (status == ENTRAIN_OK) {
        const uint64_t edge_count = view->directed ? view->arc_count : view->arc_count / 2;
        status = entrain__edges_reserve(edges, edge_count - removed_count + added_count, weighted, error_out);
    }
    if (status == ENTRAIN_OK)
        status = keep(view, marks, edges, error_out);
    for (uint64_t e = 0; status == ENTRAIN_OK && e < added_count; e++) {
        status = entrain__edge_check(view->vertex_count, e, added[e], weighted, error_out);
        if (status == ENTRAIN_OK)
            status = entrain__edges_append(edges, added[e].from, added[e].to, added[e].weight, error_out);
        if (status == ENTRAIN_OK && edges->delayed)
            edges->delays[edges->count - 1] = view->delay_low;
    }
    return status;
}

entrain_status entrain_topology_edit(const entrain_topology *topology, const entrain_edge *removed,
                                     uint64_t removed_count, const entrain_edge *added, uint64_t added_count,
                                     entrain_topology **topology_out, entrain_error *error_out) {
    ENTRAIN_ASSERT((removed != NULL || removed_count == 0) && (added != NULL || added_count == 0));
    ENTRAIN_ASSERT(topology_out != NULL);
    const entrain_topology_view view = entrain_topology_look(topology);
    if (view.kind == ENTRAIN_TOPOLOGY_COMPLETE)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "topology: a complete graph is kept as one sum and has no edges to take away or to add; "
            "use erdos-renyi with probability 1");
    entrain__edges edges = {.vertex_count = view.vertex_count,
                            .directed = view.directed,
                            .delayed = view.in_delays != NULL,
                            .delay_s = view.delay_low};
    if (entrain__arena_create(&edges.scratch) != ENTRAIN_OK)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "topology: no memory to build in");
    entrain_status status = edit(&view, removed, removed_count, added, added_count, &edges, error_out);
    if (status == ENTRAIN_OK)
        status = entrain__topology_build((entrain__topology_shape){.kind = ENTRAIN_TOPOLOGY_EDGE_LIST},
                                         &edges, topology_out, error_out);
    entrain__arena_destroy(edges.scratch);
    return status;
}
