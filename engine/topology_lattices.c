// The generators that leave nothing to chance: ring, lattice, torus, star.
//
// Directed, every edge is the arc from the first vertex to the second as written below: in a ring and a grid
// everybody hears those before it (left of it, above it), in a star everybody hears vertex 0.
#include "engine/topology.h"

entrain_status entrain__generate_ring(const entrain_topology_config *config, entrain__edges *edges,
                                      entrain_error *error_out) {
    uint32_t n = config->size, half = config->degree / 2;
    entrain_status status = entrain__edges_reserve(edges, (uint64_t)n * half, false, error_out);
    if (status != ENTRAIN_OK)
        return status;
    for (uint32_t v = 0; v < n; v++)
        for (uint32_t distance = 1; distance <= half; distance++)
            entrain__edges_add(edges, v, (v + distance) % n);
    return ENTRAIN_OK;
}

// Row-major: vertex = row * columns + column. A torus has the edge past the border too; its sides are at
// least 3, so that no two edges coincide.
entrain_status entrain__generate_grid(const entrain_topology_config *config, entrain__edges *edges,
                                      entrain_error *error_out) {
    uint32_t rows = config->rows, columns = config->columns;
    bool closed = config->kind == ENTRAIN_TOPOLOGY_TORUS;
    entrain_status status = entrain__edges_reserve(edges, 2 * (uint64_t)config->size, false, error_out);
    if (status != ENTRAIN_OK)
        return status;
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t column = 0; column < columns; column++) {
            uint32_t v = row * columns + column;
            if (closed || column + 1 < columns)
                entrain__edges_add(edges, v, row * columns + (column + 1) % columns);
            if (closed || row + 1 < rows)
                entrain__edges_add(edges, v, (row + 1) % rows * columns + column);
        }
    return ENTRAIN_OK;
}

entrain_status entrain__generate_star(const entrain_topology_config *config, entrain__edges *edges,
                                      entrain_error *error_out) {
    entrain_status status = entrain__edges_reserve(edges, config->size - 1, false, error_out);
    if (status != ENTRAIN_OK)
        return status;
    for (uint32_t v = 1; v < config->size; v++)
        entrain__edges_add(edges, 0, v);
    return ENTRAIN_OK;
}
