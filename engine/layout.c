// Where each actor lies within its population, and the graph renumbered accordingly.
//
//   auto  --small, complete, or speakers near--> index
//         --far, but levels too wide, or no nearer--> index
//         --far, and really nearer----------------> near
//
// Index order costs nothing: the topology's own arrays are the graph by place. Any other keeps two numbers an
// actor and a renumbered copy of the graph.
#include "engine/layout.h"

#include <string.h>

#include "engine/engine_private.h"
#include "entrain/random.h"

// Publications of up to so many bytes are near in any order. (A ring named at random took 0.8 of the time in
// the order near at 10,000 oscillators, 0.75 at 30,000, 0.7 at 60,000: publish, RK4, one worker.)
#define NEAR_ANYWAY_BYTES (UINT64_C(1) << 17)
// What `auto` asks for. In index order more than this share of the arcs far, or it does not even try: a small
// world of which a tenth is rewired lies better as it is. Levels of at most this part of the vertices, or it
// gives up: in a random graph nearly everybody is equally far from everybody. And neighbours nearer by so
// many bits. At a million vertices of degree 8 the mean distance goes from 17.8 bits to 2.4 (ring lattice
// named at random), 10.3 (torus), 13.2 (small world): 0.26 to 0.65 of the time. Random graphs: 17.5, 0.9.
#define FAR_SHARE_TRIED 0.25
#define WIDTH_PART 2
#define BITS_NEARER 2

const char *entrain_layout_name(entrain_layout layout) {
    static const char *const names[] = {"auto", "index", "near", "shuffled"};
    return (unsigned)layout < ENTRAIN_LAYOUT_COUNT ? names[layout] : NULL;
}

uint32_t entrain__place_of_slot(const entrain_engine *engine, uint32_t slot) {
    const entrain_population *population = entrain__population_of(engine, slot);
    return population->first + entrain__column_of(population, slot - population->first);
}

// The numbers of one population, in index order, to be permuted. Only `index` needs no way back.
static uint32_t *take_columns(entrain_engine *engine, entrain_population *population) {
    uint32_t count = population->count;
    uint32_t *index_of_column =
        entrain__engine_take(engine, &engine->bytes_table, count, sizeof *index_of_column);
    for (uint32_t c = 0; index_of_column != NULL && c < count; c++)
        index_of_column[c] = c;
    population->index_of_column = index_of_column;
    return index_of_column;
}

static entrain_status invert_columns(entrain_engine *engine, entrain_population *population) {
    uint32_t *column_of_index =
        entrain__engine_take(engine, &engine->bytes_table, population->count, sizeof *column_of_index);
    if (column_of_index == NULL)
        return ENTRAIN_NO_MEMORY;
    for (uint32_t c = 0; c < population->count; c++)
        column_of_index[population->index_of_column[c]] = c;
    population->column_of_index = column_of_index;
    return ENTRAIN_OK;
}

// Fisher and Yates; one draw per position.
static void shuffle(const entrain_engine *engine, const entrain_population *population,
                    uint32_t *index_of_column) {
    entrain_random key = entrain_random_key(engine->config.seed, ENTRAIN_STREAM_LAYOUT);
    for (uint32_t c = population->count - 1; c > 0; c--) {
        uint32_t other = (uint32_t)entrain_random_below(key, (uint64_t)c + 1, c, population->order, 0);
        uint32_t index = index_of_column[c];
        index_of_column[c] = index_of_column[other];
        index_of_column[other] = index;
    }
}

// Each population's columns in the order in which its vertices come in @p order. The place of a vertex is
// then not its rank where populations interleave, but neighbours of one population stay as near.
static void follow_order(const entrain_engine *engine, const uint32_t *order) {
    uint32_t next[ENTRAIN_POPULATIONS_MAX] = {0};
    for (uint32_t rank = 0; rank < engine->vertex_count; rank++) {
        uint32_t p = 0, slot = order[rank];
        while (slot - engine->populations[p]->first >= engine->populations[p]->count)
            p++;
        engine->populations[p]->index_of_column[next[p]++] = slot - engine->populations[p]->first;
    }
}

// Within windows of this many places those of one in-degree lie together, in the order that they had. What
// publish gathers row by row then comes in long runs, and needs no list of rows (gather_plan.c); nobody moves
// far.
enum { WINDOW = 512 };

static uint64_t degree_of(const entrain_topology_view *view, uint32_t vertex) {
    return view->in_offsets[vertex + 1] - view->in_offsets[vertex];
}

static void sort_window(const entrain_topology_view *view, uint32_t *order, uint32_t count) {
    uint32_t scratch[WINDOW];
    for (uint32_t width = 1; width < count; width *= 2) {
        for (uint32_t first = 0; first < count; first += 2 * width) {
            const uint32_t middle = first + width < count ? first + width : count;
            const uint32_t end = first + 2 * width < count ? first + 2 * width : count;
            for (uint32_t k = first, left = first, right = middle; k < end; k++) {
                bool take_left = right == end || (left < middle && degree_of(view, order[left]) <=
                                                                       degree_of(view, order[right]));
                scratch[k] = take_left ? order[left++] : order[right++];
            }
        }
        memcpy(order, scratch, count * sizeof *order);
    }
}

static void gather_degrees(const entrain_topology_view *view, uint32_t *order) {
    for (uint32_t first = 0; first < view->vertex_count; first += WINDOW) {
        uint32_t left = view->vertex_count - first;
        sort_window(view, order + first, left < WINDOW ? left : WINDOW);
    }
}

static entrain__spread spread_of(const entrain_topology_view *view, const uint32_t *rank) {
    return entrain__spread_of(view->vertex_count, view->in_offsets, view->in_speakers, rank);
}

// Whether the order is worth what it costs. ENTRAIN_UNSUPPORTED: no.
static entrain_status judge_order(entrain_engine *engine, const entrain_topology_view *view,
                                  const uint32_t *order, double bits_before) {
    uint32_t *ranks = entrain__arena_take(engine->graph_arena, view->vertex_count, sizeof *ranks);
    if (ranks == NULL)
        return ENTRAIN_NO_MEMORY;
    for (uint32_t rank = 0; rank < view->vertex_count; rank++)
        ranks[order[rank]] = rank;
    double bits = spread_of(view, ranks).distance_bits;
    entrain__arena_give(engine->graph_arena, ranks);
    return bits + BITS_NEARER <= bits_before ? ENTRAIN_OK : ENTRAIN_UNSUPPORTED;
}

// The order that `near` or `auto` comes to, in scratch memory; NULL in *order_out: index order.
static entrain_status find_order(entrain_engine *engine, const entrain_topology_view *view,
                                 uint32_t **order_out) {
    uint32_t vertices = engine->vertex_count;
    *order_out = NULL;
    if (vertices == 0 || view->kind == ENTRAIN_TOPOLOGY_COMPLETE)
        return ENTRAIN_OK;
    bool automatic = engine->config.layout == ENTRAIN_LAYOUT_AUTO;
    entrain__spread spread = {0};
    if (automatic) {
        if ((uint64_t)vertices * engine->words * sizeof(int64_t) < NEAR_ANYWAY_BYTES)
            return ENTRAIN_OK;
        spread = spread_of(view, NULL);
        if (spread.far_share <= FAR_SHARE_TRIED)
            return ENTRAIN_OK;
    }
    uint32_t *order = entrain__arena_take(engine->graph_arena, vertices, sizeof *order);
    if (order == NULL)
        return ENTRAIN_NO_MEMORY;
    entrain_status status =
        entrain__order_near(view, automatic ? vertices / WIDTH_PART : UINT32_MAX, engine->graph_arena, order);
    if (status == ENTRAIN_OK && automatic)
        status = judge_order(engine, view, order, spread.distance_bits);
    if (status == ENTRAIN_OK) {
        *order_out = order;
        return ENTRAIN_OK;
    }
    entrain__arena_give(engine->graph_arena, order);
    return status == ENTRAIN_UNSUPPORTED ? ENTRAIN_OK : status;
}

entrain_status entrain__lay_out(entrain_engine *engine, const entrain_topology_view *view) {
    entrain_status status = ENTRAIN_OK;
    uint32_t *order = NULL;
    engine->layout = engine->config.layout;
    if (engine->layout == ENTRAIN_LAYOUT_AUTO || engine->layout == ENTRAIN_LAYOUT_NEAR) {
        status = find_order(engine, view, &order);
        engine->layout = order != NULL ? ENTRAIN_LAYOUT_NEAR : ENTRAIN_LAYOUT_INDEX;
    }
    for (uint32_t p = 0; status == ENTRAIN_OK && p < engine->population_count; p++) {
        entrain_population *population = engine->populations[p];
        uint32_t *index_of_column = take_columns(engine, population);
        if (index_of_column == NULL)
            status = ENTRAIN_NO_MEMORY;
        else if (engine->layout == ENTRAIN_LAYOUT_SHUFFLED)
            shuffle(engine, population, index_of_column);
    }
    if (status == ENTRAIN_OK && order != NULL) {
        gather_degrees(view, order);
        follow_order(engine, order);
    }
    for (uint32_t p = 0; status == ENTRAIN_OK && p < engine->population_count; p++)
        if (engine->layout == ENTRAIN_LAYOUT_SHUFFLED ||
            (engine->layout == ENTRAIN_LAYOUT_NEAR && engine->populations[p]->behavior.words > 0))
            status = invert_columns(engine, engine->populations[p]);
    entrain__arena_give(engine->graph_arena, order);
    return status;
}

// Fills the renumbered copy: places in turn, each with its own row.
static void renumber(const entrain_topology_view *view, const uint32_t *places, const uint32_t *vertex_of,
                     uint64_t *offsets, int32_t *speakers, double *weights) {
    uint64_t arc = 0;
    for (uint32_t place = 0; place < view->vertex_count; place++) {
        uint32_t v = vertex_of[place];
        offsets[place] = arc;
        // Speakers stay in the order of their slots, which is the canonical order of delivery.
        for (uint64_t a = view->in_offsets[v]; a < view->in_offsets[v + 1]; a++, arc++) {
            speakers[arc] = (int32_t)places[view->in_speakers[a]];
            if (weights != NULL)
                weights[arc] = view->in_weights[a];
        }
    }
    offsets[view->vertex_count] = arc;
}

entrain_status entrain__graph_by_place(entrain_engine *engine, const entrain_topology_view *view) {
    entrain__graph *graph = &engine->graph;
    graph->complete = view->kind == ENTRAIN_TOPOLOGY_COMPLETE;
    graph->weighted = view->weighted;
    graph->offsets = view->in_offsets;
    graph->speakers = view->in_speakers;
    graph->weights = view->in_weights;
    if (graph->complete || engine->layout == ENTRAIN_LAYOUT_INDEX)
        return ENTRAIN_OK;

    uint32_t vertices = view->vertex_count;
    size_t *counter = &engine->bytes_graph;
    uint64_t *offsets = entrain__engine_take(engine, counter, (size_t)vertices + 1, sizeof *offsets);
    int32_t *speakers = entrain__engine_take(engine, counter, view->arc_count, sizeof *speakers);
    uint32_t *places = entrain__arena_take(engine->arena, vertices, sizeof *places);
    uint32_t *vertex_of = entrain__arena_take(engine->arena, vertices, sizeof *vertex_of);
    double *weights = NULL;
    if (view->weighted)
        weights = entrain__engine_take(engine, counter, view->arc_count, sizeof *weights);
    if (offsets == NULL || speakers == NULL || places == NULL || vertex_of == NULL ||
        (view->weighted && weights == NULL))
        return ENTRAIN_NO_MEMORY;
    for (uint32_t v = 0; v < vertices; v++) {
        places[v] = entrain__place_of_slot(engine, v);
        vertex_of[places[v]] = v;
    }
    renumber(view, places, vertex_of, offsets, speakers, weights);
    entrain__arena_give(engine->arena, places);
    entrain__arena_give(engine->arena, vertex_of);
    graph->offsets = offsets;
    graph->speakers = speakers;
    graph->weights = weights;
    return ENTRAIN_OK;
}
