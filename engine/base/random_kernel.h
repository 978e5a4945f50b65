/// @file random_kernel.h  Draws for vector loops: noise for a range of actors at once, the bits of
/// entrain/random.h.
///
/// The block is Philox4x32-10 once more, because Random123's own is written in arrays that no compiler here
/// vectorises: tests/test_random.c holds the two against each other at every vector width.
#ifndef ENTRAIN_BASE_RANDOM_KERNEL_H
#define ENTRAIN_BASE_RANDOM_KERNEL_H

#include "engine/base/math_kernel.h"
#include "entrain/random.h"

/// (k + 1/2) / 2^52 with k the top 52 bits of @p bits: exact, in (0, 1), symmetric about 1/2.
ENTRAIN__KERNEL double entrain__random_unit(uint64_t bits) {
    double k = entrain__double_of((int64_t)(bits >> 12 | UINT64_C(0x4330000000000000))) - 0x1p52;
    return (k + 0.5) * 0x1p-52;
}

/// The block at counter (actor, tick, draw): entrain_random_draw(). Salmon et al., SC 2011, sec. 3.3 and
/// Random123's philox.h.
ENTRAIN__KERNEL void entrain__random_draw_kernel(entrain_random key, uint32_t actor, uint64_t tick,
                                                 uint32_t draw, uint64_t *first_out, uint64_t *second_out) {
    uint32_t c0 = actor, c1 = (uint32_t)tick, c2 = (uint32_t)(tick >> 32), c3 = draw;
    uint32_t k0 = key.key[0], k1 = key.key[1];
    // A macro, because a loop of ten inside the loop over actors would hide the latter from the vectorisers.
#define ENTRAIN__PHILOX_ROUND()                                                                              \
    do {                                                                                                     \
        uint64_t product0 = UINT64_C(0xd2511f53) * c0, product1 = UINT64_C(0xcd9e8d57) * c2;                 \
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ k0;                                                           \
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ k1;                                                           \
        c1 = (uint32_t)product1;                                                                             \
        c3 = (uint32_t)product0;                                                                             \
        k0 += UINT32_C(0x9e3779b9);                                                                          \
        k1 += UINT32_C(0xbb67ae85);                                                                          \
    } while (0)
    ENTRAIN__PHILOX_ROUND();
    ENTRAIN__PHILOX_ROUND();
    ENTRAIN__PHILOX_ROUND();
    ENTRAIN__PHILOX_ROUND();
    ENTRAIN__PHILOX_ROUND();
    ENTRAIN__PHILOX_ROUND();
    ENTRAIN__PHILOX_ROUND();
    ENTRAIN__PHILOX_ROUND();
    ENTRAIN__PHILOX_ROUND();
    ENTRAIN__PHILOX_ROUND();
#undef ENTRAIN__PHILOX_ROUND
    *first_out = c0 | (uint64_t)c1 << 32;
    *second_out = c2 | (uint64_t)c3 << 32;
}

/// entrain_random_uniform().
ENTRAIN__KERNEL double entrain__random_uniform_kernel(entrain_random key, uint32_t actor, uint64_t tick,
                                                      uint32_t draw) {
    uint64_t first, second;
    entrain__random_draw_kernel(key, actor, tick, draw, &first, &second);
    return entrain__random_unit(first);
}

/// The standard normal made of a block's two words. Box and Muller (1958), cosine branch.
ENTRAIN__KERNEL double entrain__random_normal_of(uint64_t first, uint64_t second) {
    double s, c;
    entrain__sincos_kernel(0x1.921fb54442d18p+2 * entrain__random_unit(second), &s, &c);
    return __builtin_sqrt(-2.0 * entrain__log_kernel(entrain__random_unit(first))) * c;
}

/// entrain_random_normal().
ENTRAIN__KERNEL double entrain__random_normal_kernel(entrain_random key, uint32_t actor, uint64_t tick,
                                                     uint32_t draw) {
    uint64_t first, second;
    entrain__random_draw_kernel(key, actor, tick, draw, &first, &second);
    return entrain__random_normal_of(first, second);
}

#endif
