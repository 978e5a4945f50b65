// From a list of edges to CSR, in linear time whatever the degrees.
//
// Arcs must end up sorted by (hearer, speaker), parallel ones in the order given. Two stable bucket sorts do
// that, as in a radix sort with vertices for digits, and the first one's result is the other direction's CSR:
//
//     edges in order --bucket by speaker--> by_speaker --walk speakers up, bucket by hearer--> in_speakers
//
// An undirected graph is its own transpose, so by_speaker is scratch and out is in. A directed one keeps
// by_speaker as out_hearers and sorts it by a third walk, over hearers. Every arc carries its weight and its
// delay through the walks.
#include "engine/topology.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/assert.h"
#include "engine/base/sum.h"

static entrain_status no_memory(uint64_t edge_count, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                             "topology: no memory for %llu edges; use a smaller size or degree",
                             (unsigned long long)edge_count);
}

// Bytes an edge costs at the peak of building: the pair, and two copies of its arcs, with their weights and
// delays.
static double peak_bytes(const entrain__edges *edges, bool weighted) {
    double arcs = edges->directed ? 1 : 2, weight = weighted ? 8 : 0;
    return (8 + weight + (edges->delayed ? 8 : 0)) + 2 * arcs * (4 + weight + (edges->delayed ? 4 : 0));
}

// Linux promises memory it does not have and kills who believes it; better to refuse what can never fit.
static entrain_status check_fits_machine(const entrain__edges *edges, uint64_t edge_count, bool weighted,
                                         entrain_error *error_out) {
    long pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);
    double needed = (double)edge_count * peak_bytes(edges, weighted);
    if (pages <= 0 || page_size <= 0 || needed <= (double)pages * (double)page_size)
        return ENTRAIN_OK;
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                             "topology: %.3g edges need about %.3g GB to build and this machine has %.3g GB; "
                             "use a smaller size or degree",
                             (double)edge_count, needed / 1e9, (double)pages * (double)page_size / 1e9);
}

static bool regrow(entrain__arena *arena, void **block, uint64_t count, uint64_t capacity, size_t size) {
    void *larger = entrain__arena_take(arena, capacity, size);
    if (larger == NULL)
        return false;
    if (count > 0)
        memcpy(larger, *block, count * size);
    entrain__arena_give(arena, *block);
    *block = larger;
    return true;
}

entrain_status entrain__edges_reserve(entrain__edges *edges, uint64_t capacity, bool weighted,
                                      entrain_error *error_out) {
    ENTRAIN_ASSERT(edges->count == 0 || weighted == (edges->weights != NULL));
    entrain_status status = check_fits_machine(edges, capacity, weighted, error_out);
    if (status != ENTRAIN_OK)
        return status;
    void *pairs = edges->pairs, *weights = edges->weights, *delays = edges->delays;
    if (!regrow(edges->scratch, &pairs, edges->count, capacity, sizeof *edges->pairs))
        return no_memory(capacity, error_out);
    edges->pairs = pairs;
    if (weighted && !regrow(edges->scratch, &weights, edges->count, capacity, sizeof *edges->weights))
        return no_memory(capacity, error_out);
    edges->weights = weights;
    if (edges->delayed && !regrow(edges->scratch, &delays, edges->count, capacity, sizeof *edges->delays))
        return no_memory(capacity, error_out);
    edges->delays = delays;
    edges->capacity = capacity;
    return ENTRAIN_OK;
}

void entrain__edges_add(entrain__edges *edges, uint32_t from, uint32_t to) {
    ENTRAIN_ASSERT(edges->count < edges->capacity);
    edges->pairs[edges->count++] = (entrain__pair){from, to};
}

entrain_status entrain__edges_append(entrain__edges *edges, uint32_t from, uint32_t to, double weight,
                                     entrain_error *error_out) {
    if (edges->count == edges->capacity) {
        uint64_t larger = edges->capacity < 1024 ? 1024 : edges->capacity + edges->capacity / 2;
        entrain_status status = entrain__edges_reserve(edges, larger, edges->weights != NULL, error_out);
        if (status != ENTRAIN_OK)
            return status;
    }
    if (edges->weights != NULL)
        edges->weights[edges->count] = weight;
    entrain__edges_add(edges, from, to);
    return ENTRAIN_OK;
}

static void edges_drop(entrain__edges *edges) {
    entrain__arena_give(edges->scratch, edges->pairs);
    entrain__arena_give(edges->scratch, edges->weights);
    entrain__arena_give(edges->scratch, edges->delays);
    edges->pairs = NULL;
    edges->weights = edges->delays = NULL;
    edges->count = edges->capacity = 0;
}

// Divides the weights by the smallest power of two that makes them at most 1, exactly, and returns it.
static double scale_weights(entrain__edges *edges) {
    double largest = 0;
    for (uint64_t e = 0; e < edges->count; e++)
        largest = fabs(edges->weights[e]) > largest ? fabs(edges->weights[e]) : largest;
    ENTRAIN_ASSERT(largest <= ENTRAIN_WEIGHT_MAX);
    double scale = 1;
    while (scale < largest)
        scale *= 2;
    while (largest > 0 && scale / 2 >= largest && scale > 1 / ENTRAIN_WEIGHT_MAX)
        scale /= 2;
    for (uint64_t e = 0; scale != 1 && e < edges->count; e++)
        edges->weights[e] /= scale;
    return scale;
}

// The least and the greatest delay. One for all is kept as one number, not as one an arc.
static void span_delays(entrain__edges *edges, entrain_topology_view *view) {
    view->delay_low = view->delay_high = edges->delay_s;
    if (edges->delays == NULL || edges->count == 0)
        return;
    view->delay_low = view->delay_high = edges->delays[0];
    for (uint64_t e = 1; e < edges->count; e++) {
        view->delay_low = edges->delays[e] < view->delay_low ? edges->delays[e] : view->delay_low;
        view->delay_high = edges->delays[e] > view->delay_high ? edges->delays[e] : view->delay_high;
    }
    if (view->delay_low == view->delay_high) {
        entrain__arena_give(edges->scratch, edges->delays);
        edges->delays = NULL;
    }
}

// counts[v + 1] is the number of arcs of v; afterwards counts[v] is where they begin.
static void prefix_sum(uint64_t *counts, uint32_t vertex_count) {
    for (uint32_t v = 0; v < vertex_count; v++)
        counts[v + 1] += counts[v];
}

static void count_arcs(const entrain__edges *edges, uint64_t *in_offsets, uint64_t *out_offsets) {
    for (uint64_t e = 0; e < edges->count; e++) {
        entrain__pair pair = edges->pairs[e];
        in_offsets[pair.to + 1]++;
        out_offsets[pair.from + 1]++; // the same array when undirected
    }
    prefix_sum(in_offsets, edges->vertex_count);
    if (out_offsets != in_offsets)
        prefix_sum(out_offsets, edges->vertex_count);
}

// Arcs in one direction: for each vertex in the order of offsets, the other end, and the weight and the delay
// where there are any.
typedef struct arc_rows {
    const uint64_t *offsets;
    int32_t *others;
    double *weights;
    double *delays;
} arc_rows;

static inline void put_arc(arc_rows rows, uint64_t *cursors, uint32_t row, uint32_t other, double weight,
                           double delay) {
    uint64_t at = cursors[row]++;
    rows.others[at] = (int32_t)other;
    if (rows.weights != NULL)
        rows.weights[at] = weight;
    if (rows.delays != NULL)
        rows.delays[at] = delay;
}

static void bucket_edges_by_speaker(const entrain__edges *edges, uint64_t *cursors, arc_rows by_speaker) {
    memcpy(cursors, by_speaker.offsets, (size_t)edges->vertex_count * sizeof *cursors);
    for (uint64_t e = 0; e < edges->count; e++) {
        entrain__pair pair = edges->pairs[e];
        const double weight = edges->weights == NULL ? 1 : edges->weights[e];
        const double delay = edges->delays == NULL ? 0 : edges->delays[e];
        put_arc(by_speaker, cursors, pair.from, pair.to, weight, delay);
        if (!edges->directed)
            put_arc(by_speaker, cursors, pair.to, pair.from, weight, delay);
    }
}

// Walks the rows of from upwards and buckets each arc by its other end: rows of to come out sorted.
static void transpose(uint32_t vertex_count, uint64_t *cursors, arc_rows from, arc_rows to) {
    memcpy(cursors, to.offsets, (size_t)vertex_count * sizeof *cursors);
    for (uint32_t v = 0; v < vertex_count; v++)
        for (uint64_t a = from.offsets[v]; a < from.offsets[v + 1]; a++)
            put_arc(to, cursors, (uint32_t)from.others[a], v, to.weights == NULL ? 1 : from.weights[a],
                    to.delays == NULL ? 0 : from.delays[a]);
}

static entrain_status check_strengths(const entrain_topology_view *view, entrain_error *error_out) {
    double strongest = 0;
    uint32_t vertex = 0;
    for (uint32_t v = 0; v < view->vertex_count; v++) {
        double strength = (double)(view->in_offsets[v + 1] - view->in_offsets[v]);
        if (view->in_weights != NULL) {
            strength = 0;
            for (uint64_t a = view->in_offsets[v]; a < view->in_offsets[v + 1]; a++)
                strength += fabs(view->in_weights[a]);
        }
        if (strength > strongest) {
            strongest = strength;
            vertex = v;
        }
    }
    if (strongest <= (double)ENTRAIN_STRENGTH_MAX)
        return ENTRAIN_OK;
    return entrain_error_set(
        error_out, ENTRAIN_LIMIT,
        "topology: vertex %u hears an in-strength of %.10g (the sum of |weight|, the largest weight "
        "counted as at most 1), above %lld, up to which sums are exact; give it fewer neighbours, "
        "direct the edges, or use complete where everybody hears everybody",
        vertex, strongest, (long long)ENTRAIN_STRENGTH_MAX);
}

static entrain_status find_degree_max(entrain_topology_view *view, entrain_error *error_out) {
    uint64_t degree_max = 0;
    for (uint32_t v = 0; v < view->vertex_count; v++) {
        uint64_t degree = view->in_offsets[v + 1] - view->in_offsets[v];
        degree_max = degree > degree_max ? degree : degree_max;
    }
    if (degree_max > UINT32_MAX)
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "topology: a vertex hears %llu arcs, above the limit of %u",
                                 (unsigned long long)degree_max, UINT32_MAX);
    view->in_degree_max = (uint32_t)degree_max;
    return ENTRAIN_OK;
}

// Takes the arrays and fills them. The view is complete afterwards, but for the checks.
static bool sort_arcs(entrain__arena *arena, entrain__edges *edges, entrain_topology_view *view) {
    uint32_t n = edges->vertex_count;
    const bool weighted = view->weighted, delayed = edges->delays != NULL;
    entrain__arena *scratch = edges->scratch, *by_speaker_arena = edges->directed ? arena : scratch;
    uint64_t *in_offsets = entrain__arena_take(arena, (size_t)n + 1, sizeof *in_offsets);
    uint64_t *out_offsets =
        edges->directed ? entrain__arena_take(arena, (size_t)n + 1, sizeof *out_offsets) : in_offsets;
    uint64_t *cursors = entrain__arena_take(scratch, n, sizeof *cursors);
    int32_t *by_speaker = entrain__arena_take(by_speaker_arena, view->arc_count, sizeof *by_speaker);
    double *by_speaker_weights =
        weighted ? entrain__arena_take(scratch, view->arc_count, sizeof(double)) : NULL;
    double *by_speaker_delays =
        delayed ? entrain__arena_take(scratch, view->arc_count, sizeof(double)) : NULL;
    if (in_offsets == NULL || out_offsets == NULL || cursors == NULL || by_speaker == NULL ||
        (weighted && by_speaker_weights == NULL) || (delayed && by_speaker_delays == NULL))
        return false;
    count_arcs(edges, in_offsets, out_offsets);
    arc_rows out = {out_offsets, by_speaker, by_speaker_weights, by_speaker_delays};
    bucket_edges_by_speaker(edges, cursors, out);
    edges_drop(edges);

    int32_t *in_speakers = entrain__arena_take(arena, view->arc_count, sizeof *in_speakers);
    double *in_weights = weighted ? entrain__arena_take(arena, view->arc_count, sizeof(double)) : NULL;
    double *in_delays = delayed ? entrain__arena_take(arena, view->arc_count, sizeof(double)) : NULL;
    if (in_speakers == NULL || (weighted && in_weights == NULL) || (delayed && in_delays == NULL))
        return false;
    arc_rows in = {in_offsets, in_speakers, in_weights, in_delays};
    transpose(n, cursors, out, in);
    if (view->directed)
        transpose(n, cursors, in, (arc_rows){.offsets = out_offsets, .others = by_speaker});

    view->in_offsets = in_offsets;
    view->in_speakers = in_speakers;
    view->in_weights = in_weights;
    view->in_delays = in_delays;
    view->out_offsets = out_offsets;
    view->out_hearers = view->directed ? by_speaker : in_speakers;
    return true;
}

entrain_status entrain__topology_build(entrain__topology_shape shape, entrain__edges *edges,
                                       entrain_topology **topology_out, entrain_error *error_out) {
    ENTRAIN_ASSERT(edges->vertex_count >= 2 && edges->vertex_count <= ENTRAIN_VERTICES_MAX);
    entrain_topology *topology;
    entrain_status status = entrain__topology_new(&topology, error_out);
    if (status != ENTRAIN_OK)
        return status;
    uint64_t edge_count = edges->count;
    entrain_topology_view *view = entrain__topology_view_of(topology);
    view->kind = shape.kind;
    view->name = shape.name != NULL ? shape.name : entrain_topology_kind_name(shape.kind);
    view->rows = shape.rows;
    view->columns = shape.columns;
    view->vertex_count = edges->vertex_count;
    view->directed = edges->directed;
    view->arc_count = edges->directed ? edge_count : 2 * edge_count;
    view->weighted = edges->weights != NULL;
    view->weight_scale = view->weighted ? scale_weights(edges) : 1;
    span_delays(edges, view);
    if (!sort_arcs(entrain__topology_arena(topology), edges, view)) {
        status = no_memory(edge_count, error_out);
        goto fail;
    }
    status = find_degree_max(view, error_out);
    if (status == ENTRAIN_OK)
        status = check_strengths(view, error_out);
    if (status != ENTRAIN_OK)
        goto fail;
    *topology_out = topology;
    return ENTRAIN_OK;
fail:
    entrain_topology_release(topology);
    return status;
}
