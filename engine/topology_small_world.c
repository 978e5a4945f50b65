// Small world. Watts and Strogatz, Nature 393 (1998): a ring lattice; then, lap by lap (all nearest
// neighbours first, then the next nearest), vertex by vertex, the far end of each edge moves with chance
// `rewire` to a vertex drawn uniformly among those that are neither the near end nor linked to it. An edge
// with nowhere to go stays.
//
// Edge v * half + (distance - 1) belongs to v for good: only its far end moves. So whether a and b are linked
// is answered by looking at the `half` edges of each, without a hash table. Directed: each edge points by a
// fair coin.
#include "engine/topology_draw.h"

enum { ATTEMPTS = 64 }; // then every vertex is tried in turn: only where nearly all are taken

typedef struct small_world {
    entrain__pair *pairs;
    uint32_t vertex_count, half;
    entrain__pair_set linked;
    entrain_random key;
} small_world;

static bool owns_edge_to(const small_world *world, uint32_t owner, uint32_t to) {
    const entrain__pair *own = world->pairs + (uint64_t)owner * world->half;
    bool found = false;
    for (uint32_t i = 0; i < world->half; i++)
        found |= own[i].to == to;
    return found;
}

static bool are_linked(const small_world *world, uint32_t a, uint32_t b) {
    if (world->linked.bits != NULL)
        return entrain__pair_set_has(world->linked, a, b);
    return owns_edge_to(world, a, b) || owns_edge_to(world, b, a);
}

// Where the far end of edge goes; its present one when there is no place.
static uint32_t choose_target(const small_world *world, uint64_t edge) {
    uint32_t n = world->vertex_count, from = world->pairs[edge].from, target = 0;
    for (uint32_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        target = (uint32_t)entrain_random_below(world->key, n, ENTRAIN__DRAW_TARGET, edge, attempt);
        if (target != from && !are_linked(world, from, target))
            return target;
    }
    for (uint32_t step = 1; step < n; step++) {
        uint32_t next = (uint32_t)(((uint64_t)target + step) % n);
        if (next != from && !are_linked(world, from, next))
            return next;
    }
    return world->pairs[edge].to;
}

static void rewire(small_world *world, uint64_t edge) {
    uint32_t from = world->pairs[edge].from, target = choose_target(world, edge);
    if (world->linked.bits != NULL) {
        entrain__pair_set_remove(world->linked, from, world->pairs[edge].to);
        entrain__pair_set_add(world->linked, from, target);
    }
    world->pairs[edge].to = target;
}

entrain_status entrain__generate_small_world(const entrain_topology_config *config, entrain__edges *edges,
                                             entrain_error *error_out) {
    entrain_status status = entrain__generate_ring(config, edges, error_out);
    if (status != ENTRAIN_OK)
        return status;
    small_world world = {.pairs = edges->pairs,
                         .vertex_count = config->size,
                         .half = config->degree / 2,
                         .key = entrain_random_key(config->seed, ENTRAIN_STREAM_TOPOLOGY)};
    if (entrain__pair_set_pays(config->size, config->degree)) {
        world.linked.bits =
            entrain__arena_take(edges->scratch, entrain__pair_set_words(config->size), sizeof(uint64_t));
        if (world.linked.bits == NULL)
            return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "topology: no memory to rewire in");
        for (uint64_t e = 0; e < edges->count; e++)
            entrain__pair_set_add(world.linked, edges->pairs[e].from, edges->pairs[e].to);
    }
    for (uint32_t lap = 0; lap < world.half; lap++)
        for (uint32_t v = 0; v < world.vertex_count; v++) {
            uint64_t edge = (uint64_t)v * world.half + lap;
            if (entrain_random_uniform(world.key, ENTRAIN__DRAW_REWIRE, edge, 0) < config->rewire)
                rewire(&world, edge);
        }
    if (config->directed)
        entrain__edges_toss(edges, world.key);
    entrain__arena_give(edges->scratch, world.linked.bits);
    return ENTRAIN_OK;
}
