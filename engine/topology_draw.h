/// @file topology_draw.h  How generators draw, and how they ask whether two vertices are linked already.
///
/// A draw's counter is (what it decides, which edge or vertex, attempt): nothing depends on what was drawn
/// before, and no two decisions share a draw. The stream is ENTRAIN_STREAM_TOPOLOGY.
#ifndef ENTRAIN_ENGINE_TOPOLOGY_DRAW_H
#define ENTRAIN_ENGINE_TOPOLOGY_DRAW_H

#include "engine/topology.h"
#include "entrain/random.h"

/// What a draw decides: the counter's first word. Numbers are part of the promise "same seed, same graph".
enum {
    ENTRAIN__DRAW_DIRECTION = 0, ///< of edge e
    ENTRAIN__DRAW_REWIRE = 1,    ///< edge e, yes or no
    ENTRAIN__DRAW_TARGET = 2,    ///< of edge e
    ENTRAIN__DRAW_SKIP = 3,      ///< pairs passed over before edge e
    ENTRAIN__DRAW_SHUFFLE = 16,  ///< position i; + 2 x round
    ENTRAIN__DRAW_SWITCH = 17,   ///< of half-edge s; + 2 x round
};

/// Turns each edge round with chance 1/2, by a coin of its own.
static inline void entrain__edges_toss(entrain__edges *edges, entrain_random key) {
    for (uint64_t e = 0; e < edges->count; e++) {
        entrain__pair pair = edges->pairs[e];
        if (entrain_random_draw(key, ENTRAIN__DRAW_DIRECTION, e, 0).bits[0] & 1)
            edges->pairs[e] = (entrain__pair){pair.to, pair.from};
    }
}

/// A set of unordered pairs a != b as one bit each, for graphs dense enough that it costs no more than their
/// edges.
typedef struct entrain__pair_set {
    uint64_t *bits; // NULL: no set, ask the lists
} entrain__pair_set;

/// From one pair in 16 on, the lists are too long to search and the bits cheaper than the edges.
static inline bool entrain__pair_set_pays(uint32_t vertex_count, uint32_t degree) {
    return degree >= vertex_count / 32;
}
static inline uint64_t entrain__pair_index(uint32_t a, uint32_t b) {
    uint64_t high = a > b ? a : b, low = a > b ? b : a;
    return high * (high - 1) / 2 + low;
}
/// Words to take for a set over @p vertex_count vertices.
static inline uint64_t entrain__pair_set_words(uint32_t vertex_count) {
    return entrain__pair_index(vertex_count - 1, vertex_count - 2) / 64 + 1;
}
static inline bool entrain__pair_set_has(entrain__pair_set set, uint32_t a, uint32_t b) {
    uint64_t index = entrain__pair_index(a, b);
    return (set.bits[index / 64] >> (index % 64)) & 1;
}
static inline void entrain__pair_set_add(entrain__pair_set set, uint32_t a, uint32_t b) {
    uint64_t index = entrain__pair_index(a, b);
    set.bits[index / 64] |= UINT64_C(1) << (index % 64);
}
static inline void entrain__pair_set_remove(entrain__pair_set set, uint32_t a, uint32_t b) {
    uint64_t index = entrain__pair_index(a, b);
    set.bits[index / 64] &= ~(UINT64_C(1) << (index % 64));
}

#endif
