/// @file math_simd.h  The kernels in plain loops, compiled once per vector instruction set: what actors/ does
/// with them.
#ifndef ENTRAIN_TESTS_MATH_SIMD_H
#define ENTRAIN_TESTS_MATH_SIMD_H

#include <stddef.h>
#include <stdint.h>

#include "entrain/random.h"
#include "entrain/simd.h"

typedef struct math_simd {
    void (*sincos)(size_t count, const double *x, double *sin_out, double *cos_out);
    void (*log)(size_t count, const double *x, double *log_out);
    void (*words)(size_t count, const double *x, int64_t *cos_out, int64_t *sin_out);
    void (*round)(size_t count, const double *x, int64_t *integer_out);
    void (*to_double)(size_t count, const int64_t *integer, double *x_out);
    void (*weigh)(size_t count, const int64_t *word, const double *weight, int64_t *word_out);
    void (*uniform)(size_t count, entrain_random key, const uint32_t *actor, uint64_t tick, uint32_t draw,
                    double *u_out);
    void (*normal)(size_t count, entrain_random key, const uint32_t *actor, uint64_t tick, uint32_t draw,
                   double *z_out);
    void (*normals)(entrain_random key, const uint32_t *actors, uint64_t tick, uint32_t count, double *out);
} math_simd;

extern const math_simd math_simd_sse2, math_simd_avx2, math_simd_avx512;

/// The loops of @p level, or NULL, said on stdout, where this processor has no such level. SSE2 is always
/// there.
static inline const math_simd *math_simd_of(entrain_simd level) {
    if (!entrain_simd_available(level)) {
        printf("skipped: this processor has no %s\n", entrain_simd_name(level));
        return NULL;
    }
    return level == ENTRAIN_SIMD_AVX512 ? &math_simd_avx512
           : level == ENTRAIN_SIMD_AVX2 ? &math_simd_avx2
                                        : &math_simd_sse2;
}

#endif
