/// @file normals_kernel.h  Standard normals for a range of actors, as fast as this instruction set draws
/// them.
///
/// The bits of entrain_random_normal(key, actor, tick, 0), in two passes over a block that stays in the first
/// cache: Philox, which lives in integer registers, and Box and Muller's formula, which lives in
/// floating-point ones. Together in one loop they need more registers than there are.
///
/// Philox is written in vectors by hand. Its products are of 32 by 32 bits, and there is one instruction for
/// that (pmuludq: the low halves of 64-bit lanes, whatever is in the high halves), but compilers shuffle
/// 32-bit lanes apart and together again to get at it, or take three of them for a 64-bit product.
#ifndef ENTRAIN_BASE_NORMALS_KERNEL_H
#define ENTRAIN_BASE_NORMALS_KERNEL_H

#include <immintrin.h>
#include <stddef.h>

#include "engine/base/random_kernel.h"

#ifdef __AVX512F__
enum { ENTRAIN__WIDE = 8 };
#elif defined __AVX2__
enum { ENTRAIN__WIDE = 4 };
#else
enum { ENTRAIN__WIDE = 2 };
#endif
typedef uint64_t entrain__lanes __attribute__((vector_size(8 * ENTRAIN__WIDE), may_alias));
typedef uint32_t entrain__half_lanes __attribute__((vector_size(4 * ENTRAIN__WIDE), aligned(4), may_alias));

/// The products of the lanes' low halves.
ENTRAIN__KERNEL entrain__lanes entrain__low_products(entrain__lanes a, entrain__lanes b) {
#ifdef __AVX512F__
    return (entrain__lanes)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined __AVX2__
    return (entrain__lanes)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#else
    return (entrain__lanes)_mm_mul_epu32((__m128i)a, (__m128i)b);
#endif
}

/// The blocks at counters (c0, c1, c2, c3), a lane each, of which only the low halves count, before and
/// after: entrain__random_draw_kernel().
ENTRAIN__KERNEL void entrain__philox_lanes(entrain_random key, entrain__lanes *c0, entrain__lanes *c1,
                                           entrain__lanes *c2, entrain__lanes *c3) {
    const entrain__lanes zero = {0}, m0 = zero + UINT64_C(0xd2511f53), m1 = zero + UINT64_C(0xcd9e8d57);
    uint32_t k0 = key.key[0], k1 = key.key[1];
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
        entrain__lanes product0 = entrain__low_products(*c0, m0), product1 = entrain__low_products(*c2, m1);
        *c0 = product1 >> 32 ^ (*c1 ^ (uint64_t)k0);
        *c2 = product0 >> 32 ^ (*c3 ^ (uint64_t)k1);
        *c1 = product1;
        *c3 = product0;
        k0 += UINT32_C(0x9e3779b9);
        k1 += UINT32_C(0xbb67ae85);
    }
}

/// 1 + k / 2^52 with k the top 52 bits of the words low | high << 32; the high halves of both may hold
/// anything.
ENTRAIN__KERNEL void entrain__lanes_above_one(entrain__lanes low, entrain__lanes high, double *out) {
    entrain__lanes bits = ((low & UINT32_MAX) | high << 32) >> 12 | UINT64_C(0x3ff0000000000000);
    memcpy(out, &bits, sizeof bits);
}

enum { ENTRAIN__NORMALS_BLOCK = 128 };

/// The two words of each actor's block as numbers above one. Whole vectors: up to the next multiple of
/// ENTRAIN__WIDE is read and written.
ENTRAIN__KERNEL void entrain__normals_draw(entrain_random key, const uint32_t *actors, uint64_t tick,
                                           uint32_t count, double *restrict first, double *restrict second) {
    const entrain__lanes zero = {0};
    for (size_t k = 0; k < count; k += ENTRAIN__WIDE) {
        entrain__half_lanes actor;
        memcpy(&actor, actors + k, sizeof actor);
        entrain__lanes c0 = __builtin_convertvector(actor, entrain__lanes);
        entrain__lanes c1 = zero + (uint32_t)tick, c2 = zero + (tick >> 32), c3 = zero;
        entrain__philox_lanes(key, &c0, &c1, &c2, &c3);
        entrain__lanes_above_one(c0, c1, first + k);
        entrain__lanes_above_one(c2, c3, second + k);
    }
}

/// entrain__random_unit() of such a number: (k + 1/2) / 2^52, and the difference is exact.
ENTRAIN__KERNEL double entrain__unit_above_one(double above_one) { return above_one - 0x1.fffffffffffffp-1; }

/// entrain__random_normal_of() them.
ENTRAIN__KERNEL void entrain__normals_make(uint32_t count, const double *restrict first,
                                           const double *restrict second, double *restrict out) {
    for (size_t k = 0; k < count; k++) {
        double s, c;
        entrain__sincos_kernel(0x1.921fb54442d18p+2 * entrain__unit_above_one(second[k]), &s, &c);
        out[k] = __builtin_sqrt(-2.0 * entrain__log_kernel(entrain__unit_above_one(first[k]))) * c;
    }
}

/// out[k] = entrain_random_normal(key, actors[k], tick, 0).
static inline void entrain__normals(entrain_random key, const uint32_t *actors, uint64_t tick, uint32_t count,
                                    double *out) {
    double first[ENTRAIN__NORMALS_BLOCK], second[ENTRAIN__NORMALS_BLOCK];
    while (count >= ENTRAIN__NORMALS_BLOCK) {
        entrain__normals_draw(key, actors, tick, ENTRAIN__NORMALS_BLOCK, first, second);
        entrain__normals_make(ENTRAIN__NORMALS_BLOCK, first, second, out);
        actors += ENTRAIN__NORMALS_BLOCK;
        out += ENTRAIN__NORMALS_BLOCK;
        count -= ENTRAIN__NORMALS_BLOCK;
    }
    if (count > 0) {
        uint32_t rest[ENTRAIN__NORMALS_BLOCK] = {0};
        memcpy(rest, actors, count * sizeof *rest);
        entrain__normals_draw(key, rest, tick, count, first, second);
        entrain__normals_make(count, first, second, out);
    }
}

#endif
