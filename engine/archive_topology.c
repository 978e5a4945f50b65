// The topology in a checkpoint (archive_parts.h): a hash, where the reader has it already because it is
// that of the start; else all its edges, out of which the same arrays are built again.
//
// An undirected edge is written once, as the arc to the higher of its ends: the other one is its twin, and
// parallel edges keep their order.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <inttypes.h>
#include <string.h>

#include "engine/archive_parts.h"
#include "engine/topology.h"

enum { BLOCK = 2048, NAME_BYTES = 256 };

static uint64_t fold(uint64_t hash, const void *bytes, size_t size) {
    return XXH3_64bits_withSeed(bytes, size, hash);
}

// All that decides who hears what.
static uint64_t hash_of(const entrain_topology_view *view) {
    const uint64_t numbers[] = {view->kind == ENTRAIN_TOPOLOGY_COMPLETE,
                                view->vertex_count,
                                view->arc_count,
                                view->directed,
                                entrain__when(view->delay_low),
                                entrain__when(view->delay_high),
                                entrain__when(view->weight_scale)};
    uint64_t hash = fold(0, numbers, sizeof numbers);
    if (view->in_offsets == NULL)
        return hash;
    hash = fold(hash, view->in_offsets, ((size_t)view->vertex_count + 1) * sizeof *view->in_offsets);
    hash = fold(hash, view->in_speakers, view->arc_count * sizeof *view->in_speakers);
    if (view->in_weights != NULL)
        hash = fold(hash, view->in_weights, view->arc_count * sizeof *view->in_weights);
    if (view->in_delays != NULL)
        hash = fold(hash, view->in_delays, view->arc_count * sizeof *view->in_delays);
    return hash;
}

// What is written besides the edges.
typedef struct shape {
    uint32_t kind, vertex_count, rows, columns;
    bool directed, weighted, delayed;
    double delay_s;
    uint64_t edge_count;
    char name[NAME_BYTES];
} shape;

static shape shape_of(const entrain_topology_view *view) {
    shape of = {.kind = view->kind,
                .vertex_count = view->vertex_count,
                .rows = view->rows,
                .columns = view->columns,
                .directed = view->directed,
                .weighted = view->in_weights != NULL,
                .delayed = view->in_delays != NULL,
                .delay_s = view->delay_low,
                .edge_count = view->directed ? view->arc_count : view->arc_count / 2};
    memcpy(of.name, view->name, strnlen(view->name, NAME_BYTES - 1));
    return of;
}

static void archive_shape(entrain_archive *archive, shape *of) {
    entrain_archive_u32(archive, &of->kind);
    entrain_archive_u32(archive, &of->vertex_count);
    entrain_archive_u32(archive, &of->rows);
    entrain_archive_u32(archive, &of->columns);
    entrain_archive_bool(archive, &of->directed);
    entrain_archive_bool(archive, &of->weighted);
    entrain_archive_bool(archive, &of->delayed);
    entrain_archive_f64(archive, &of->delay_s);
    entrain_archive_count(archive, &of->edge_count,
                          entrain_archive_bytes_left(archive) / sizeof(entrain__pair), "the number of edges");
    entrain_archive_bytes(archive, of->name, sizeof of->name);
    if (of->name[NAME_BYTES - 1] != '\0')
        entrain__archive_nonsense(archive, "the topology's name does not end");
}

// --- Writing: edges in blocks

typedef struct block {
    uint32_t count;
    entrain__pair pairs[BLOCK];
    double weights[BLOCK], delays[BLOCK];
} block;

static void archive_block(entrain_archive *archive, const shape *of, block *some) {
    entrain_archive_bytes(archive, some->pairs, some->count * sizeof *some->pairs);
    if (of->weighted)
        entrain_archive_bytes(archive, some->weights, some->count * sizeof *some->weights);
    if (of->delayed)
        entrain_archive_bytes(archive, some->delays, some->count * sizeof *some->delays);
}

static void write_edges(entrain_archive *archive, const shape *of, const entrain_topology_view *view,
                        block *some) {
    some->count = 0;
    for (uint32_t to = 0; view->in_offsets != NULL && to < view->vertex_count; to++)
        for (uint64_t a = view->in_offsets[to]; a < view->in_offsets[to + 1]; a++) {
            const uint32_t from = (uint32_t)view->in_speakers[a], k = some->count;
            if (!view->directed && from > to)
                continue;
            some->pairs[k] = (entrain__pair){from, to};
            some->weights[k] = of->weighted ? view->in_weights[a] * view->weight_scale : 1;
            some->delays[k] = of->delayed ? view->in_delays[a] : 0;
            if (++some->count == BLOCK) {
                archive_block(archive, of, some);
                some->count = 0;
            }
        }
    archive_block(archive, of, some);
}

// --- Reading

static entrain_status read_edges(entrain_archive *archive, const shape *of, block *some,
                                 entrain__edges *edges, entrain_error *error_out) {
    entrain_status status = entrain__edges_reserve(edges, of->edge_count, of->weighted, error_out);
    for (uint64_t done = 0; status == ENTRAIN_OK && done < of->edge_count; done += some->count) {
        some->count = of->edge_count - done < BLOCK ? (uint32_t)(of->edge_count - done) : BLOCK;
        archive_block(archive, of, some);
        status = entrain_archive_status(archive, error_out);
        for (uint32_t k = 0; status == ENTRAIN_OK && k < some->count; k++) {
            const entrain_edge edge = {some->pairs[k].from, some->pairs[k].to,
                                       of->weighted ? some->weights[k] : 1};
            status = entrain__edge_check(of->vertex_count, done + k, edge, of->weighted, error_out);
            if (status == ENTRAIN_OK && of->delayed &&
                !(some->delays[k] >= 0 && some->delays[k] <= ENTRAIN_DELAY_MAX_S))
                status = entrain_error_set(error_out, ENTRAIN_INVALID, "edge %" PRIu64 " has a delay of %g s",
                                           done + k, some->delays[k]);
            if (status == ENTRAIN_OK)
                status = entrain__edges_append(edges, edge.from, edge.to, edge.weight, error_out);
            if (status == ENTRAIN_OK && of->delayed)
                edges->delays[edges->count - 1] = some->delays[k];
        }
    }
    return status;
}

// A name that lives as long as the topology: who had it.
static const char *name_of(const entrain_engine *engine, const shape *of) {
    const entrain_topology_view view = entrain_topology_look(engine->topology);
    const entrain_topology_generator *generator = entrain_topology_generator_find(of->name);
    const entrain_topology_kind kind = entrain_topology_kind_find(of->name);
    if (strcmp(view.name, of->name) == 0)
        return view.name;
    if (kind != ENTRAIN_TOPOLOGY_KIND_COUNT)
        return entrain_topology_kind_name(kind);
    return generator != NULL ? generator->name : entrain_topology_kind_name(ENTRAIN_TOPOLOGY_EDGE_LIST);
}

static entrain_status build_complete(const shape *of, entrain_topology **topology_out,
                                     entrain_error *error_out) {
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    config.size = of->vertex_count;
    config.directed = of->directed;
    config.delay_low = config.delay_high = of->delay_s;
    return entrain_topology_create(&config, topology_out, error_out);
}

static entrain_status build_edges(const entrain_engine *engine, entrain_archive *archive, const shape *of,
                                  block *some, entrain_topology **topology_out, entrain_error *error_out) {
    entrain__edges edges = {.vertex_count = of->vertex_count,
                            .directed = of->directed,
                            .delayed = of->delayed,
                            .delay_s = of->delay_s};
    if (!(of->delay_s >= 0 && of->delay_s <= ENTRAIN_DELAY_MAX_S) ||
        (of->kind >= ENTRAIN_TOPOLOGY_KIND_COUNT && of->kind != ENTRAIN_TOPOLOGY_GENERATED))
        return entrain_error_set(error_out, ENTRAIN_INVALID, "it is of no kind, or never heard");
    if (entrain__arena_create(&edges.scratch) != ENTRAIN_OK)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "there is no memory to build it in");
    entrain_status status = read_edges(archive, of, some, &edges, error_out);
    const entrain__topology_shape shape_out = {(entrain_topology_kind)of->kind, of->rows, of->columns,
                                               name_of(engine, of)};
    if (status == ENTRAIN_OK)
        status = entrain__topology_build(shape_out, &edges, topology_out, error_out);
    entrain__arena_destroy(edges.scratch);
    return status;
}

static void read_topology(entrain_engine *engine, entrain_archive *archive, const shape *of, block *some) {
    entrain_topology *topology = NULL;
    entrain_error error = {0};
    entrain_status status = of->vertex_count != engine->vertex_count
                                ? entrain_error_set(&error, ENTRAIN_INVALID, "it is of another size")
                            : of->kind == ENTRAIN_TOPOLOGY_COMPLETE
                                ? build_complete(of, &topology, &error)
                                : build_edges(engine, archive, of, some, &topology, &error);
    if (status == ENTRAIN_OK)
        status = entrain_engine_replace_topology(engine, topology, &error);
    entrain_topology_release(topology);
    if (status != ENTRAIN_OK)
        entrain_archive_refuse(archive, status == ENTRAIN_NO_MEMORY ? status : ENTRAIN_MISMATCH,
                               "its topology cannot be had again: %s", error.sentence);
}

void entrain__archive_topology(entrain_engine *engine, entrain_archive *archive) {
    if (engine->vertex_count == 0)
        return;
    entrain_archive_section(archive, "topology");
    const bool reading = entrain_archive_is_reading(archive);
    const entrain_topology_view view = entrain_topology_look(engine->topology);
    bool replaced = engine->replaced;
    entrain_archive_bool(archive, &replaced);
    if (!replaced) {
        const uint64_t hash = hash_of(&view);
        uint64_t found = hash;
        entrain_archive_u64(archive, &found);
        if (found != hash)
            entrain_archive_refuse(archive, ENTRAIN_MISMATCH,
                                   "its topology was another one; what goes on is not what was stopped.");
        return;
    }
    block *some = entrain__arena_take(engine->arena, 1, sizeof *some);
    if (some == NULL) {
        entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory for a block of edges.");
        return;
    }
    shape of = shape_of(&view);
    archive_shape(archive, &of);
    if (!entrain__archive_failed(archive)) {
        if (reading)
            read_topology(engine, archive, &of, some);
        else
            write_edges(archive, &of, &view, some);
    }
    entrain__arena_give(engine->arena, some);
}
