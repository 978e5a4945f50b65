// A plug-in for the entrain command in C++17: a topology of pairs.
#include <entrain/plugin.h>

static entrain_status generate(const entrain_topology_request *request, entrain_topology_edges *edges,
                               entrain_error *) {
    for (uint32_t v = 0; v + 1 < request->size; v += 2)
        entrain_topology_edge(edges, v, v + 1, 1);
    return ENTRAIN_OK;
}

static entrain_status set_up(entrain_error *error_out) {
    static entrain_topology_generator pairs{};
    pairs.name = "pairs";
    pairs.summary = "everybody has one partner";
    pairs.generate = generate;
    return entrain_topology_register(&pairs, error_out);
}

ENTRAIN_PLUGIN(set_up);
