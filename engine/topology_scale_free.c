// Scale-free. Barabasi and Albert, Science 286 (1999): vertices arrive one by one and link to m = degree / 2
// different earlier ones, each chosen with a chance proportional to the links it has. The first m + 1 are all
// linked.
//
// The list of edges is itself the urn: a vertex stands in it once for every link, so an end drawn uniformly
// from the edges there were before the newcomer is a vertex drawn by degree. Directed: the newcomer hears
// those it links to (among the first ones the later hears the earlier), so that followers are few for all and
// hearers many for the old.
#include "engine/topology_draw.h"

static uint32_t end_of(const entrain__edges *edges, uint64_t end) {
    entrain__pair pair = edges->pairs[end / 2];
    return end % 2 == 0 ? pair.from : pair.to;
}

// An earlier vertex that is not yet chosen for this edge's newcomer: chosen_by[v] is who chose v last.
static uint32_t choose_earlier(const entrain__edges *edges, uint64_t end_count, uint32_t newcomer,
                               uint32_t attempts, const uint32_t *chosen_by, entrain_random key) {
    uint32_t v = 0;
    for (uint32_t attempt = 0; attempt < attempts; attempt++) {
        v = end_of(edges, entrain_random_below(key, end_count, ENTRAIN__DRAW_TARGET, edges->count, attempt));
        if (chosen_by[v] != newcomer)
            return v;
    }
    // Hardly ever: the chance is e^-16 while all degrees are equal. The loop ends since fewer than newcomer
    // are chosen.
    while (chosen_by[v] == newcomer)
        v = (v + 1) % newcomer;
    return v;
}

entrain_status entrain__generate_scale_free(const entrain_topology_config *config, entrain__edges *edges,
                                            entrain_error *error_out) {
    uint32_t n = config->size, m = config->degree / 2;
    uint64_t clique = (uint64_t)m * (m + 1) / 2;
    entrain_status status =
        entrain__edges_reserve(edges, clique + (uint64_t)(n - m - 1) * m, false, error_out);
    if (status != ENTRAIN_OK)
        return status;
    uint32_t *chosen_by = entrain__arena_take(edges->scratch, n, sizeof *chosen_by);
    if (chosen_by == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "topology: no memory to grow a scale-free graph in");
    entrain_random key = entrain_random_key(config->seed, ENTRAIN_STREAM_TOPOLOGY);
    for (uint32_t v = 1; v <= m; v++)
        for (uint32_t earlier = 0; earlier < v; earlier++)
            entrain__edges_add(edges, earlier, v);
    for (uint32_t v = m + 1; v < n; v++) {
        uint64_t end_count = 2 * edges->count;
        for (uint32_t i = 0; i < m; i++) {
            uint32_t earlier = choose_earlier(edges, end_count, v, 16 * (m + 1), chosen_by, key);
            chosen_by[earlier] = v;
            entrain__edges_add(edges, earlier, v);
        }
    }
    entrain__arena_give(edges->scratch, chosen_by);
    return ENTRAIN_OK;
}
