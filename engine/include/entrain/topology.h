/// @file topology.h  Who hears whom: an immutable directed graph in CSR form, in both directions.
///
/// Vertices are 0 .. vertex_count-1. An arc goes from a speaker to a hearer. An undirected edge is two arcs.
/// Parallel edges are allowed (each counts); self-loops are refused. Arcs are sorted by (hearer, speaker),
/// parallel ones in the order in which they were given. Generators draw from counter-based random numbers:
/// same configuration and seed, same graph, on any machine, with any number of workers.
///
/// A topology is immutable once built: any number of threads may read it.
#ifndef ENTRAIN_TOPOLOGY_H
#define ENTRAIN_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrain/parameter.h"
#include "entrain/status.h"

ENTRAIN_BEGIN_DECLS

typedef struct entrain_topology entrain_topology;

/// What each kind is, and which way its edges point when `directed` is set. "Hears" names the arc's end.
typedef enum entrain_topology_kind {
    /// Everybody hears everybody, itself included: kept as one exact sum, no arcs. Neither directed nor
    /// weighted; the same graph with arcs (and without self) is erdos-renyi with probability 1.
    ENTRAIN_TOPOLOGY_COMPLETE,
    /// degree / 2 nearest on each side; degree even and below size. Directed: each hears the degree / 2
    /// before it.
    ENTRAIN_TOPOLOGY_RING,
    /// rows x columns grid with open borders, 4 neighbours inside, vertex = row * columns + column; one
    /// row or column is a path. Directed: each hears the one left of it and the one above it.
    ENTRAIN_TOPOLOGY_LATTICE,
    /// The grid closed in both directions, 4 neighbours. rows and columns at least 3: with 2, both ways
    /// round would be one edge. Directed: as the lattice.
    ENTRAIN_TOPOLOGY_TORUS,
    /// Watts and Strogatz (1998): a ring of `degree`, each edge rewired with chance `rewire` to an end
    /// drawn uniformly among those not linked yet; simple. Directed: each edge points by a fair coin of
    /// its own.
    ENTRAIN_TOPOLOGY_SMALL_WORLD,
    /// Simple graph, every vertex has exactly `degree` neighbours; size x degree even. A random pairing
    /// repaired by switches: nearly, not exactly uniform. Directed: by a fair coin, so only in- plus
    /// out-degree is `degree`.
    ENTRAIN_TOPOLOGY_RANDOM_REGULAR,
    /// G(n, p), p = degree / (size - 1), or `probability` if given. Directed: every ordered pair is drawn by
    /// itself.
    ENTRAIN_TOPOLOGY_ERDOS_RENYI,
    /// Barabasi and Albert (1999): each newcomer links to degree / 2 earlier ones, drawn by their degree;
    /// the first degree / 2 + 1 are all linked; degree even and below size. Directed: a newcomer hears
    /// those it links to.
    ENTRAIN_TOPOLOGY_SCALE_FREE,
    /// Vertex 0 and everybody else. Directed: everybody hears vertex 0.
    ENTRAIN_TOPOLOGY_STAR,
    /// From a file of either form; vertices that no line names hear nobody.
    ///
    /// Edge list: a line is `from to [weight [delay]]` (the delay in seconds), vertices from 0, separated by
    /// blanks, tabs or commas; what follows # or % is a comment. All lines have as many columns. Each line is
    /// one edge: undirected, a file that names both `0 1` and `1 0` has two. Directed: from speaks, to hears.
    ///
    /// Matrix Market: `%%MatrixMarket matrix coordinate real|integer|pattern general|symmetric`, entries
    /// `row column [value]` read as `from to [weight]`, vertices from 1. A general matrix needs directed,
    /// a symmetric one (stored as its lower triangle) undirected.
    ENTRAIN_TOPOLOGY_EDGE_LIST,
    ENTRAIN_TOPOLOGY_KIND_COUNT,
    /// By the user's own generator, which has its own name: kind_name() and kind_find() do not know it.
    ENTRAIN_TOPOLOGY_GENERATED = 255
} entrain_topology_kind;

/// "complete", "ring", "lattice", "torus", "small-world", "random-regular", "erdos-renyi", "scale-free",
/// "star", "edge-list"; NULL past the end.
ENTRAIN_API const char *entrain_topology_kind_name(entrain_topology_kind kind);
/// One line for `entrain list topologies`; NULL past the end.
ENTRAIN_API const char *entrain_topology_kind_summary(entrain_topology_kind kind);
/// The kind of that name, or ENTRAIN_TOPOLOGY_KIND_COUNT.
ENTRAIN_API entrain_topology_kind entrain_topology_kind_find(const char *name);

typedef struct entrain_topology_generator entrain_topology_generator;

/// Fields that a kind does not use are ignored.
typedef struct entrain_topology_config {
    entrain_topology_kind kind; ///< default ring
    /// Vertices, 2 to 2^24 - 1. Default 0: rows x columns, or what the file says (the largest vertex + 1; the
    /// matrix's rows); the other kinds must be told.
    uint32_t size;
    /// Mean neighbours; default 0: 8, ring 2. Not for complete, lattice, torus, star, edge-list.
    uint32_t degree;
    double rewire;      ///< small-world: chance 0 to 1; default 0.1
    double probability; ///< erdos-renyi: chance 0 to 1 of each edge; default -1: degree / (size - 1)
    /// Lattice, torus: rows x columns = size. One of them 0: what the other leaves. Default both 0: the most
    /// nearly square split (of a prime: one row, and for a torus a refusal that names sizes that split).
    uint32_t rows, columns;
    bool directed; ///< each edge becomes one arc, see the kinds; default false: two arcs
    /// Uniform weight of each edge, both directions alike, within -2^100 to 2^100; default 1, 1: unweighted.
    /// With a file that has weights of its own, leave 1, 1.
    double weight_low, weight_high;
    /// Uniform delay of each edge in simulated seconds, both directions alike, 0 to 1e6; default 0, 0: what
    /// is published is heard in the next exchange. The engine rounds each to whole ticks, at most 2^20. A
    /// complete graph has one delay for all (low = high), of its own term too. With a file that has delays of
    /// its own, leave 0, 0.
    double delay_low, delay_high;
    const char *file;                            ///< edge-list: path of the file, read during create only
    uint64_t seed;                               ///< default 1
    const entrain_topology_generator *generator; ///< generated: who makes the edges; must outlive the graph
    const double *parameters; ///< generated: in the order declared; default NULL: the generator's defaults
} entrain_topology_config;

ENTRAIN_API entrain_topology_config entrain_topology_config_defaults(void);

/// Builds a graph, in time about linear in its arcs. Refuses with a sentence: values out of range (INVALID);
/// an in-strength (sum of |weight| over what a vertex hears, weights scaled by a power of two so that the
/// largest is at most 1; without weights, the in-degree) above 2^18, so that a star ends at 2^18 + 1 vertices
/// unless it is directed (LIMIT); a file that cannot be read (IO) or understood (PARSE, LIMIT, with its
/// line); what a generator refuses or does wrong, with its name; more edges than memory holds (NO_MEMORY).
/// *topology_out is the caller's to release. Any thread.
ENTRAIN_API entrain_status entrain_topology_create(const entrain_topology_config *config,
                                                   entrain_topology **topology_out, entrain_error *error_out);

typedef struct entrain_edge {
    uint32_t from, to;
    double weight;
} entrain_edge;

/// Builds a graph of kind edge-list from @p edge_count edges (copied; 0 is allowed). @p weighted false
/// ignores the weights; true keeps them even where all are 1. Undirected edges become two arcs. Refuses what
/// create() refuses.
ENTRAIN_API entrain_status entrain_topology_from_edges(uint32_t vertex_count, const entrain_edge *edges,
                                                       uint64_t edge_count, bool directed, bool weighted,
                                                       entrain_topology **topology_out,
                                                       entrain_error *error_out);

/// The same, each edge with a delay of its own: @p delays [edge_count], simulated seconds, 0 to 1e6, both
/// directions alike; NULL: none.
ENTRAIN_API entrain_status entrain_topology_from_delayed_edges(
    uint32_t vertex_count, const entrain_edge *edges, const double *delays, uint64_t edge_count,
    bool directed, bool weighted, entrain_topology **topology_out, entrain_error *error_out);

/// The same graph as @p topology without the edges @p removed and then with the edges @p added: a new graph
/// of kind edge-list, which the caller releases; @p topology stays as it is. An undirected edge is named by
/// its ends in either order and is both of its arcs. Of parallel edges the one given last goes; to take away
/// more, name it more often; weights in @p removed are ignored. What stays keeps its weight, its delay and
/// its order, and what is added comes last, with the least delay of @p topology. It is weighted if @p
/// topology is, or any weight added is not 1. Refuses (INVALID, with a sentence) an edge to take away that is
/// not there, and a complete graph, which has no edges; and what create() refuses. Any thread.
ENTRAIN_API entrain_status entrain_topology_edit(const entrain_topology *topology,
                                                 const entrain_edge *removed, uint64_t removed_count,
                                                 const entrain_edge *added, uint64_t added_count,
                                                 entrain_topology **topology_out, entrain_error *error_out);
/// How many edges lead from @p from to @p to (undirected: between them); 0 on a complete graph, and where one
/// is no vertex.
ENTRAIN_API uint32_t entrain_topology_edge_count(const entrain_topology *topology, uint32_t from,
                                                 uint32_t to);

/// The same graph with room for more: vertices up to @p room, of which the new ones are isolated. Of kind
/// edge-list with the name that it had; a complete graph stays complete, so there all of them are in it. What
/// a swarm begins with that is to grow: see join() and, for places where nobody lives yet,
/// entrain_engine_add_room(). The caller releases it.
ENTRAIN_API entrain_status entrain_topology_padded(const entrain_topology *topology, uint32_t room,
                                                   entrain_topology **topology_out, entrain_error *error_out);
/// The same graph in which the @p count isolated vertices @p joining have got @p degree neighbours each,
/// in the order given, those before among them: each takes edges at random and steps between their ends,
/// so that everybody else keeps its degree; an odd one newcomers make up in pairs (one may lack it). Only
/// edges between those who live are taken: @p living [vertex_count], NULL: whoever has an edge. No
/// parallel edges or self-loops arise. Where a graph has too few edges for that, newcomers know others
/// besides, or fewer. Random numbers are keyed by (@p seed, ENTRAIN_STREAM_JOIN, vertex, @p tick). Time
/// and memory as for create().
///
/// Refuses, with a sentence: graphs that are directed or have weights or delays of their own (UNSUPPORTED); a
/// vertex that is none or has neighbours, a degree outside 1 to vertex_count - 1 (INVALID). A complete graph
/// needs no change: it is the same, with one more owner. The caller releases *topology_out; to be handed to
/// entrain_engine_replace_topology(). Any thread.
ENTRAIN_API entrain_status entrain_topology_join(const entrain_topology *topology, const uint32_t *joining,
                                                 uint32_t count, uint32_t degree, const bool *living,
                                                 uint64_t seed, uint64_t tick,
                                                 entrain_topology **topology_out, entrain_error *error_out);
/// The same graph without the edges of the @p count vertices @p leaving, who go one after the other: each
/// joins its neighbours in pairs, drawn at random, those who live (@p living, may be NULL: all alike) among
/// themselves. Who knows all the others already, or is left over, has one neighbour less. Else as join().
ENTRAIN_API entrain_status entrain_topology_leave(const entrain_topology *topology, const uint32_t *leaving,
                                                  uint32_t count, const bool *living, uint64_t seed,
                                                  uint64_t tick, entrain_topology **topology_out,
                                                  entrain_error *error_out);

/// The list that a generator fills, during its call only.
typedef struct entrain_topology_edges entrain_topology_edges;

/// Adds one edge; undirected ones become two arcs. @p weight counts where the generator says `weighted`. A
/// vertex that is none, a self-loop, a weight outside -2^100 to 2^100, or no memory refuse the whole graph:
/// whatever comes after is ignored, so a generator need not look at the answer, but may stop early.
ENTRAIN_API entrain_status entrain_topology_edge(entrain_topology_edges *edges, uint32_t from, uint32_t to,
                                                 double weight);

/// What a generator is asked for.
typedef struct entrain_topology_request {
    uint32_t size;            ///< vertices, 2 to 2^24 - 1
    uint32_t degree;          ///< as configured, at least 1, or the generator's default; 0: it has none
    uint64_t seed;            ///< for entrain_random_key(seed, ENTRAIN_STREAM_TOPOLOGY)
    bool directed;            ///< each edge becomes one arc; a generator may refuse either
    const double *parameters; ///< [parameter_count] in the order declared, each in its range
} entrain_topology_request;

/// A kind of topology of the user's own.
struct entrain_topology_generator {
    const char *name;                    ///< as in swarm.topology.kind: 1 to 64 of a-z, 0-9, - and _
    const char *summary;                 ///< one line for `entrain list topologies`
    const entrain_parameter *parameters; ///< [parameter_count]
    uint32_t parameter_count;            ///< 0 to ENTRAIN_PARAMETERS_MAX
    uint32_t degree; ///< what `degree` is unless given; 0: the generator does not ask for it
    bool weighted;   ///< the edges' weights count, instead of weight_low and weight_high
    /// Adds every edge. A function of @p request alone: no clock, no rand(), nothing kept between calls;
    /// otherwise one seed gives many graphs. ENTRAIN_OK, or a refusal with its sentence in @p error_out
    /// (never NULL), which is shown behind the generator's name. May be called from any thread, from several
    /// at once.
    entrain_status (*generate)(const entrain_topology_request *request, entrain_topology_edges *edges,
                               entrain_error *error_out);
};

/// Makes @p generator known under its name; it must outlive its use. ENTRAIN_INVALID for a name that is taken
/// or none, bad parameters, a missing summary or function; ENTRAIN_FULL above 64 kinds, built-in ones
/// included. One thread at a time; names may be looked up meanwhile.
ENTRAIN_API entrain_status entrain_topology_register(const entrain_topology_generator *generator,
                                                     entrain_error *error_out);
/// The registered generator called @p name, or NULL. Any thread.
ENTRAIN_API const entrain_topology_generator *entrain_topology_generator_find(const char *name);
/// The @p index-th registered generator, or NULL past the end. Any thread.
ENTRAIN_API const entrain_topology_generator *entrain_topology_generator_at(uint32_t index);

/// One more owner. Any thread.
ENTRAIN_API void entrain_topology_retain(entrain_topology *topology);
/// One owner less; the last one frees it. NULL is allowed. Any thread.
ENTRAIN_API void entrain_topology_release(entrain_topology *topology);

/// Read access to the arrays, valid as long as the topology. For a complete graph all pointers are NULL.
typedef struct entrain_topology_view {
    entrain_topology_kind kind;
    const char *name; ///< the kind's, or the generator's
    uint32_t vertex_count;
    uint64_t arc_count; ///< directed arcs; complete: 0
    bool directed, weighted;
    uint32_t in_degree_max; ///< complete: 0
    uint32_t rows, columns; ///< lattice, torus; else 0
    /// [vertex_count + 1]: what v hears is in_speakers[in_offsets[v] .. in_offsets[v + 1]).
    const uint64_t *in_offsets;
    const int32_t *in_speakers;   ///< [arc_count]
    const double *in_weights;     ///< [arc_count], each |w| <= 1; NULL when unweighted
    const double *in_delays;      ///< [arc_count] s; NULL when all arcs have one delay, delay_low
    double delay_low, delay_high; ///< least and greatest delay, s
    double weight_scale;         ///< power of two: true weight = in_weights * weight_scale; 1 when unweighted
    const uint64_t *out_offsets; ///< [vertex_count + 1]; undirected: the same array as in_offsets
    /// [arc_count], sorted by (speaker, hearer). Undirected: the same array as in_speakers, and the n-th arc
    /// from v to w is the twin of the n-th from w to v and weighs the same.
    const int32_t *out_hearers;
} entrain_topology_view;

ENTRAIN_API entrain_topology_view entrain_topology_look(const entrain_topology *topology);
/// Bytes of all arrays; an array that serves both directions counts once.
ENTRAIN_API size_t entrain_topology_bytes(const entrain_topology *topology);

ENTRAIN_END_DECLS

#endif
