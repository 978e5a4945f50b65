// G(n, p). Gilbert, Ann. Math. Stat. 30 (1959): every pair is an edge with chance p, independently.
//
// Pairs are numbered; from one edge to the next the number of pairs passed over is geometric, floor(ln u /
// ln(1 - p)) (Batagelj and Brandes, Phys. Rev. E 71, 036113, 2005), so the work is that of the edges, not of
// the pairs. Undirected pairs are numbered (1,0) (2,0) (2,1) (3,0) ...; directed, the ordered pairs (hearer,
// speaker) row by row.
#include "engine/topology_draw.h"

#include "entrain/math.h"

// ln(1 - p), right for small p too: the rounding of 1 - p cancels between numerator and denominator (Kahan).
static double log_of_complement(double p) {
    double q = 1 - p;
    return q == 1 ? -p : -p * (entrain_log(q) / (q - 1));
}

// The walk over numbered pairs: number = row_begin + position in the row.
typedef struct pair_walk {
    uint64_t number, count, row_begin;
    uint32_t row, vertex_count;
    bool directed;
} pair_walk;

static uint32_t row_length(const pair_walk *walk) {
    return walk->directed ? walk->vertex_count - 1 : walk->row;
}

// The pair at walk->number. Rows only go up, so all calls together cost the edges and the rows.
static entrain__pair pair_here(pair_walk *walk) {
    while (walk->number - walk->row_begin >= row_length(walk)) {
        walk->row_begin += row_length(walk);
        walk->row++;
    }
    uint32_t column = (uint32_t)(walk->number - walk->row_begin);
    if (walk->directed && column >= walk->row)
        column++; // nobody hears itself
    return (entrain__pair){.from = column, .to = walk->row};
}

entrain_status entrain__generate_erdos_renyi(const entrain_topology_config *config, entrain__edges *edges,
                                             entrain_error *error_out) {
    uint64_t ordered = (uint64_t)config->size * (config->size - 1);
    pair_walk walk = {.count = config->directed ? ordered : ordered / 2,
                      .vertex_count = config->size,
                      .directed = config->directed};
    double p = config->probability, expected = p * (double)walk.count, scale = log_of_complement(p);
    entrain_random key = entrain_random_key(config->seed, ENTRAIN_STREAM_TOPOLOGY);
    // Six standard deviations of room; should chance want more, append() grows.
    uint64_t room = (uint64_t)(expected + 6 * __builtin_sqrt(expected)) + 16;
    entrain_status status =
        entrain__edges_reserve(edges, room < walk.count ? room : walk.count, false, error_out);
    while (status == ENTRAIN_OK && p > 0) {
        // u < 1 keeps the quotient above 0; p = 1 divides by -infinity and passes over none.
        double u = entrain_random_uniform(key, ENTRAIN__DRAW_SKIP, edges->count, 0);
        double skip = entrain_log(u) / scale;
        if (skip >= (double)(walk.count - walk.number))
            break;
        walk.number += (uint64_t)skip;
        entrain__pair pair = pair_here(&walk);
        status = entrain__edges_append(edges, pair.from, pair.to, 1, error_out);
        walk.number++;
    }
    return status;
}
