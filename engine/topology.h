/// @file topology.h  What the files of the topology share: a list of edges, and who fills it and who turns it
/// into CSR.
///
///     generator or file  --fills-->  entrain__edges (scratch arena)  --build-->  entrain_topology (arena of
///     its own)
///
/// Edges are kept in the order in which they were made: the n-th draws the n-th weight, and parallel ones
/// stay in that order. Scratch memory comes from one arena, which create() destroys whole whatever happened.
#ifndef ENTRAIN_ENGINE_TOPOLOGY_H
#define ENTRAIN_ENGINE_TOPOLOGY_H

#include "entrain/topology.h"

#include "engine/base/memory.h"

/// Vertex numbers share 32 bits with 8 bits of generation (entrain_id), and 0 is nobody: 24 bits less one.
#define ENTRAIN_VERTICES_MAX ((UINT32_C(1) << 24) - 1)
/// Weights are at most this large, so that no difference or sum of them overflows. 2^100, about 1.27e30.
#define ENTRAIN_WEIGHT_MAX 0x1p100
/// Seconds that an edge may delay.
#define ENTRAIN_DELAY_MAX_S 1e6

typedef struct entrain__pair {
    uint32_t from, to;
} entrain__pair;

/// A growing list of edges in scratch memory. weights is NULL or as long as pairs; delays, in seconds, too.
typedef struct entrain__edges {
    entrain__arena *scratch;
    entrain__pair *pairs;
    double *weights, *delays;
    uint64_t count, capacity;
    uint32_t vertex_count;
    bool directed;
    bool delayed;   // reserve() makes room for delays too; append() leaves them to who calls it
    double delay_s; // of every edge, where there are no delays
} entrain__edges;

/// Makes room for @p capacity edges in all. Refuses what this machine's memory cannot hold, before asking for
/// it.
entrain_status entrain__edges_reserve(entrain__edges *edges, uint64_t capacity, bool weighted,
                                      entrain_error *error_out);
/// Appends within what was reserved.
void entrain__edges_add(entrain__edges *edges, uint32_t from, uint32_t to);
/// Appends, growing as needed. @p weight is kept when the list has weights.
entrain_status entrain__edges_append(entrain__edges *edges, uint32_t from, uint32_t to, double weight,
                                     entrain_error *error_out);

/// What build() is told besides the edges.
typedef struct entrain__topology_shape {
    entrain_topology_kind kind;
    uint32_t rows, columns;
    const char *name; ///< of a generator; NULL: the kind's
} entrain__topology_shape;

/// Sorts the edges into CSR. Takes the edges' memory back as soon as it can: the list is empty afterwards.
entrain_status entrain__topology_build(entrain__topology_shape shape, entrain__edges *edges,
                                       entrain_topology **topology_out, entrain_error *error_out);

/// An object with a view, an arena and one owner; its arrays are still to be taken from the arena.
entrain_status entrain__topology_new(entrain_topology **topology_out, entrain_error *error_out);
entrain__arena *entrain__topology_arena(entrain_topology *topology);
entrain_topology_view *entrain__topology_view_of(entrain_topology *topology);

/// Copies @p config with every zero that stands for a default replaced (size, degree, rows, columns,
/// probability), or refuses what is out of range for its kind. size stays 0 for an edge list that says it
/// itself.
entrain_status entrain__topology_resolve(const entrain_topology_config *config,
                                         entrain_topology_config *resolved_out, entrain_error *error_out);

// Generators. The configuration is resolved (no zeros that stand for defaults) and its values are in range;
// each fills edges->pairs and may still refuse what only it can know.
entrain_status entrain__generate_ring(const entrain_topology_config *config, entrain__edges *edges,
                                      entrain_error *error_out);
entrain_status entrain__generate_grid(const entrain_topology_config *config, entrain__edges *edges,
                                      entrain_error *error_out);
entrain_status entrain__generate_star(const entrain_topology_config *config, entrain__edges *edges,
                                      entrain_error *error_out);
entrain_status entrain__generate_small_world(const entrain_topology_config *config, entrain__edges *edges,
                                             entrain_error *error_out);
entrain_status entrain__generate_erdos_renyi(const entrain_topology_config *config, entrain__edges *edges,
                                             entrain_error *error_out);
entrain_status entrain__generate_scale_free(const entrain_topology_config *config, entrain__edges *edges,
                                            entrain_error *error_out);
entrain_status entrain__generate_random_regular(const entrain_topology_config *config, entrain__edges *edges,
                                                entrain_error *error_out);

/// An edge of the user's: its vertices, and, where it counts, its weight. The sentence names its place.
entrain_status entrain__edge_check(uint32_t vertex_count, uint64_t index, entrain_edge edge, bool weighted,
                                   entrain_error *error_out);
/// config->generator's.
entrain_status entrain__generate_own(const entrain_topology_config *config, entrain__edges *edges,
                                     entrain_error *error_out);
/// Whether @p generator is sound, its name apart.
entrain_status entrain__generator_check(const entrain_topology_generator *generator,
                                        entrain_error *error_out);
/// Puts the generator's name before the sentence in @p error_out. Returns @p status.
entrain_status entrain__generator_blame(const entrain_topology_generator *generator, entrain_status status,
                                        entrain_error *error_out);

/// Where text comes from: a file, or bytes in memory.
typedef struct entrain__text_source {
    /// Stores at most @p size bytes and returns how many, 0 at the end, below 0 on failure (errno says
    /// which).
    ptrdiff_t (*read)(void *context, void *bytes, size_t size);
    void *context;
    const char *name; ///< for sentences
} entrain__text_source;

/// Reads an edge list or a Matrix Market matrix; sets edges->vertex_count, which is config->size unless that
/// is 0. Any bytes whatever are either understood or refused with the line.
entrain_status entrain__edges_parse(entrain__text_source source, const entrain_topology_config *config,
                                    entrain__edges *edges, entrain_error *error_out);
/// The same from config->file.
entrain_status entrain__edges_read(const entrain_topology_config *config, entrain__edges *edges,
                                   entrain_error *error_out);

#endif
