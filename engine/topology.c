// The topology object: an arena with the arrays, a view of them, and a count of owners. Immutable once built.
#include "engine/topology.h"

#include <inttypes.h>

#include "engine/base/assert.h"
#include "engine/base/atomics.h"
#include "entrain/random.h"

struct entrain_topology {
    entrain_topology_view view;
    entrain__arena *arena; // owns the arrays and this struct
    // Written by whoever retains or releases; alone on its line, so that readers of the view do not feel it.
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t owner_count;
};

entrain_status entrain__topology_new(entrain_topology **topology_out, entrain_error *error_out) {
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        goto fail;
    entrain_topology *topology = entrain__arena_take(arena, 1, sizeof *topology);
    if (topology == NULL)
        goto fail_arena;
    topology->arena = arena;
    topology->owner_count = 1;
    *topology_out = topology;
    return ENTRAIN_OK;
fail_arena:
    entrain__arena_destroy(arena);
fail:
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "topology: no memory for a new topology");
}

entrain__arena *entrain__topology_arena(entrain_topology *topology) { return topology->arena; }
entrain_topology_view *entrain__topology_view_of(entrain_topology *topology) { return &topology->view; }

void entrain_topology_retain(entrain_topology *topology) {
    uint32_t owners = entrain__add_acq_rel_u32(&topology->owner_count, 1);
    ENTRAIN_ASSERT(owners >= 1 && owners < UINT32_MAX);
}

void entrain_topology_release(entrain_topology *topology) {
    if (topology == NULL)
        return;
    // The last owner must see the reads of the others finished: pairs with the same addition in their
    // release().
    uint32_t owners = entrain__add_acq_rel_u32(&topology->owner_count, UINT32_MAX);
    ENTRAIN_ASSERT(owners >= 1);
    if (owners == 1)
        entrain__arena_destroy(topology->arena);
}

entrain_topology_view entrain_topology_look(const entrain_topology *topology) { return topology->view; }

size_t entrain_topology_bytes(const entrain_topology *topology) {
    return entrain__arena_bytes(topology->arena) - sizeof *topology;
}

// Everybody hears everybody: no arcs, the engine keeps one exact sum.
static entrain_status create_complete(const entrain_topology_config *config, entrain_topology **topology_out,
                                      entrain_error *error_out) {
    entrain_topology *topology;
    entrain_status status = entrain__topology_new(&topology, error_out);
    if (status != ENTRAIN_OK)
        return status;
    topology->view = (entrain_topology_view){.kind = ENTRAIN_TOPOLOGY_COMPLETE,
                                             .name = entrain_topology_kind_name(ENTRAIN_TOPOLOGY_COMPLETE),
                                             .vertex_count = config->size,
                                             .weight_scale = 1,
                                             .delay_low = config->delay_low,
                                             .delay_high = config->delay_high};
    *topology_out = topology;
    return ENTRAIN_OK;
}

static entrain_status generate(const entrain_topology_config *config, entrain__edges *edges,
                               entrain_error *error_out) {
    switch (config->kind) {
    case ENTRAIN_TOPOLOGY_RING:
        return entrain__generate_ring(config, edges, error_out);
    case ENTRAIN_TOPOLOGY_LATTICE:
    case ENTRAIN_TOPOLOGY_TORUS:
        return entrain__generate_grid(config, edges, error_out);
    case ENTRAIN_TOPOLOGY_STAR:
        return entrain__generate_star(config, edges, error_out);
    case ENTRAIN_TOPOLOGY_SMALL_WORLD:
        return entrain__generate_small_world(config, edges, error_out);
    case ENTRAIN_TOPOLOGY_RANDOM_REGULAR:
        return entrain__generate_random_regular(config, edges, error_out);
    case ENTRAIN_TOPOLOGY_ERDOS_RENYI:
        return entrain__generate_erdos_renyi(config, edges, error_out);
    case ENTRAIN_TOPOLOGY_SCALE_FREE:
        return entrain__generate_scale_free(config, edges, error_out);
    case ENTRAIN_TOPOLOGY_EDGE_LIST:
        return entrain__edges_read(config, edges, error_out);
    case ENTRAIN_TOPOLOGY_GENERATED:
        return entrain__generate_own(config, edges, error_out);
    default: // complete has no edges, and resolve() let no other number pass
        ENTRAIN_ASSERT(false);
        return ENTRAIN_INVALID;
    }
}

// One weight an edge, uniform in [low, high]; 1 throughout means none. The draw is counted by the edge's
// number.
static entrain_status draw_weights(const entrain_topology_config *config, entrain__edges *edges,
                                   entrain_error *error_out) {
    double low = config->weight_low, high = config->weight_high;
    if (low == 1 && high == 1)
        return ENTRAIN_OK;
    if (edges->weights != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: has weights of its own; leave topology.weight_low and weight_high at 1",
                                 config->kind == ENTRAIN_TOPOLOGY_GENERATED ? "topology" : config->file);
    edges->weights = entrain__arena_take(edges->scratch, edges->count, sizeof *edges->weights);
    if (edges->weights == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "topology: no memory for the weights of %llu edges",
                                 (unsigned long long)edges->count);
    entrain_random key = entrain_random_key(config->seed, ENTRAIN_STREAM_WEIGHT);
    for (uint64_t e = 0; e < edges->count; e++) {
        double weight = low == high ? low : low + (high - low) * entrain_random_uniform(key, 0, e, 0);
        edges->weights[e] = weight > high ? high : weight; // the sum may round past the end
    }
    return ENTRAIN_OK;
}

// The same for delays, in a stream of their own; 0 throughout means none.
static entrain_status draw_delays(const entrain_topology_config *config, entrain__edges *edges,
                                  entrain_error *error_out) {
    const double low = config->delay_low, high = config->delay_high;
    if (high == 0)
        return ENTRAIN_OK;
    if (edges->delays != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: has delays of its own; leave topology.delay_low and delay_high at 0",
                                 config->file);
    edges->delay_s = low;
    if (low == high)
        return ENTRAIN_OK;
    edges->delays = entrain__arena_take(edges->scratch, edges->count, sizeof *edges->delays);
    if (edges->delays == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "topology: no memory for the delays of %llu edges",
                                 (unsigned long long)edges->count);
    const entrain_random key = entrain_random_key(config->seed, ENTRAIN_STREAM_DELAY);
    for (uint64_t e = 0; e < edges->count; e++) {
        const double delay = low + (high - low) * entrain_random_uniform(key, 0, e, 0);
        edges->delays[e] = delay > high ? high : delay; // the sum may round past the end
    }
    return ENTRAIN_OK;
}

static entrain_status fill(const entrain_topology_config *config, entrain__edges *edges,
                           entrain_error *error_out) {
    entrain_status status = generate(config, edges, error_out);
    if (status == ENTRAIN_OK)
        status = draw_weights(config, edges, error_out);
    return status != ENTRAIN_OK ? status : draw_delays(config, edges, error_out);
}

entrain_status entrain_topology_create(const entrain_topology_config *config, entrain_topology **topology_out,
                                       entrain_error *error_out) {
    ENTRAIN_ASSERT(config != NULL && topology_out != NULL);
    entrain_topology_config resolved;
    entrain_status status = entrain__topology_resolve(config, &resolved, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (resolved.kind == ENTRAIN_TOPOLOGY_COMPLETE)
        return create_complete(&resolved, topology_out, error_out);
    entrain__edges edges = {.vertex_count = resolved.size, .directed = resolved.directed};
    if (entrain__arena_create(&edges.scratch) != ENTRAIN_OK)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "topology: no memory to build in");
    status = fill(&resolved, &edges, error_out);
    if (status == ENTRAIN_OK) {
        entrain__topology_shape shape = {
            .kind = resolved.kind,
            .rows = resolved.rows,
            .columns = resolved.columns,
            .name = resolved.kind == ENTRAIN_TOPOLOGY_GENERATED ? resolved.generator->name : NULL};
        status = entrain__topology_build(shape, &edges, topology_out, error_out);
    }
    entrain__arena_destroy(edges.scratch);
    if (status != ENTRAIN_OK && resolved.kind == ENTRAIN_TOPOLOGY_GENERATED)
        return entrain__generator_blame(resolved.generator, status, error_out);
    return status;
}

entrain_status entrain__edge_check(uint32_t vertex_count, uint64_t index, entrain_edge edge, bool weighted,
                                   entrain_error *error_out) {
    if (edge.from >= vertex_count || edge.to >= vertex_count)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "edges[%llu]: %u to %u leaves the vertices 0 to %u",
                                 (unsigned long long)index, edge.from, edge.to, vertex_count - 1);
    if (edge.from == edge.to)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "edges[%llu]: %u to itself; self-loops are not allowed, leave it out",
                                 (unsigned long long)index, edge.from);
    if (weighted && !(edge.weight >= -ENTRAIN_WEIGHT_MAX && edge.weight <= ENTRAIN_WEIGHT_MAX))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "edges[%llu]: weight %g must be a number between -2^100 and 2^100",
                                 (unsigned long long)index, edge.weight);
    return ENTRAIN_OK;
}

static entrain_status copy_edges(const entrain_edge *from, const double *delays, uint64_t count,
                                 bool weighted, entrain__edges *edges, entrain_error *error_out) {
    edges->delayed = delays != NULL;
    entrain_status status = entrain__edges_reserve(edges, count, weighted, error_out);
    for (uint64_t e = 0; status == ENTRAIN_OK && e < count; e++) {
        status = entrain__edge_check(edges->vertex_count, e, from[e], weighted, error_out);
        if (status == ENTRAIN_OK && delays != NULL && !(delays[e] >= 0 && delays[e] <= ENTRAIN_DELAY_MAX_S))
            status = entrain_error_set(error_out, ENTRAIN_INVALID,
                                       "edge %" PRIu64 " (%u to %u) has the delay %g s; it must be 0 to 1e6.",
                                       e, from[e].from, from[e].to, delays[e]);
        if (status == ENTRAIN_OK)
            status = entrain__edges_append(edges, from[e].from, from[e].to, from[e].weight, error_out);
        if (status == ENTRAIN_OK && delays != NULL)
            edges->delays[edges->count - 1] = delays[e];
    }
    return status;
}

entrain_status entrain_topology_from_delayed_edges(uint32_t vertex_count, const entrain_edge *edges,
                                                   const double *delays, uint64_t edge_count, bool directed,
                                                   bool weighted, entrain_topology **topology_out,
                                                   entrain_error *error_out) {
    ENTRAIN_ASSERT((edges != NULL || edge_count == 0) && topology_out != NULL);
    if (vertex_count < 2 || vertex_count > ENTRAIN_VERTICES_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "vertex_count: %u is outside 2 to %u",
                                 vertex_count, ENTRAIN_VERTICES_MAX);
    entrain__edges list = {.vertex_count = vertex_count, .directed = directed};
    if (entrain__arena_create(&list.scratch) != ENTRAIN_OK)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "topology: no memory to build in");
    entrain_status status = copy_edges(edges, delays, edge_count, weighted, &list, error_out);
    if (status == ENTRAIN_OK)
        status = entrain__topology_build((entrain__topology_shape){.kind = ENTRAIN_TOPOLOGY_EDGE_LIST}, &list,
                                         topology_out, error_out);
    entrain__arena_destroy(list.scratch);
    return status;
}

entrain_status entrain_topology_from_edges(uint32_t vertex_count, const entrain_edge *edges,
                                           uint64_t edge_count, bool directed, bool weighted,
                                           entrain_topology **topology_out, entrain_error *error_out) {
    return entrain_topology_from_delayed_edges(vertex_count, edges, NULL, edge_count, directed, weighted,
                                               topology_out, error_out);
}
