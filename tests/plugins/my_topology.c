// A topology of the user's own: caves (Watts, 1999). Everybody in a cave knows everybody in it; caves stand
// in a ring, and one of each knows one of the next. Shortcuts to anywhere are drawn.
//
//   swarm = { size = 100, topology = { kind = "caves", degree = 4, parameters = { shortcuts = 0.1 } } }
#include <entrain/plugin.h>

#include <entrain/random.h>

static const entrain_parameter parameters[] = {
    {"shortcuts", 0, 0, 1, "chance of each member to know somebody anywhere"},
};

static entrain_status generate(const entrain_topology_request *request, entrain_topology_edges *edges,
                               entrain_error *error_out) {
    uint32_t members = request->degree + 1, size = request->size;
    if (size % members != 0)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "size %u is no multiple of degree + 1, which is a cave's %u members; make it one", size, members);
    for (uint32_t cave = 0; cave < size; cave += members) {
        for (uint32_t a = cave; a < cave + members; a++)
            for (uint32_t b = a + 1; b < cave + members; b++)
                entrain_topology_edge(edges, a, b, 1); // what it refuses, it remembers
        if (size > members)
            entrain_topology_edge(edges, cave, (cave + members + 1) % size, 1);
    }
    // The same seed, the same draws, on any machine: key, counters, and nothing else.
    entrain_random key = entrain_random_key(request->seed, ENTRAIN_STREAM_TOPOLOGY);
    for (uint32_t v = 0; v < size; v++) {
        uint32_t to = (uint32_t)entrain_random_below(key, size, v, 0, 1);
        if (to != v && entrain_random_uniform(key, v, 0, 0) < request->parameters[0])
            entrain_topology_edge(edges, v, to, 1);
    }
    return ENTRAIN_OK;
}

static const entrain_topology_generator caves = {
    .name = "caves",
    .summary = "cliques of `degree` + 1 in a ring, and `shortcuts` between any two",
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof *parameters,
    .degree = 4,
    .generate = generate,
};

static entrain_status set_up(entrain_error *error_out) {
    return entrain_topology_register(&caves, error_out);
}

ENTRAIN_PLUGIN(set_up);
