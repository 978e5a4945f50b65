/// @file layout.h  In which order actors lie in memory: a choice of locality, never of results.
///
/// Actors are renumbered within their population only: the columns of a population stay contiguous.
#ifndef ENTRAIN_ENGINE_LAYOUT_H
#define ENTRAIN_ENGINE_LAYOUT_H

#include "engine/base/memory.h"
#include "entrain/topology.h"

/// Arcs between places further apart than this are far: 64 KiB of publications of two words, more than a
/// first-level cache holds.
#define ENTRAIN__FAR_PLACES 4096

/// An order of all vertices of @p view (not complete) that puts neighbours near each other: reverse
/// Cuthill-McKee on the undirected union of the arcs, component by component in the order of their lowest
/// vertex. Depends on the graph alone. Time O(V + E log(degree)), scratch 4 bytes a vertex and 8 for each
/// neighbour of the one that has most.
///
/// Gives up (ENTRAIN_UNSUPPORTED) as soon as one level of a breadth-first search is wider than @p width_max
/// vertices: no order along the levels can then be near. UINT32_MAX never gives up. ENTRAIN_NO_MEMORY.
/// @param order_out [vertex_count] the vertices, first to last; undefined unless ENTRAIN_OK.
entrain_status entrain__order_near(const entrain_topology_view *view, uint32_t width_max,
                                   entrain__arena *scratch, uint32_t *order_out);

/// How near speakers lie to their hearers.
typedef struct entrain__spread {
    double far_share;     ///< of the arcs: ends more than ENTRAIN__FAR_PLACES apart, 0 to 1
    double distance_bits; ///< mean bits of the distance in places (1: 1; 2 and 3: 2; ...): 0 without arcs
} entrain__spread;

/// Sampled: of about 4,096 rows spread over a graph in CSR form, at most 64 arcs each. @p rank [count] is
/// each vertex's place; NULL: its number.
entrain__spread entrain__spread_of(uint32_t count, const uint64_t *offsets, const int32_t *speakers,
                                   const uint32_t *rank);

#endif
