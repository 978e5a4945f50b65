/// @file simd.h  Vector instruction sets. Every level gives the same bits; ENTRAIN_SIMD=sse2|avx2|avx512
/// forces one.
#ifndef ENTRAIN_SIMD_H
#define ENTRAIN_SIMD_H

#include <stdbool.h>

#include "entrain/status.h"

ENTRAIN_BEGIN_DECLS

typedef enum entrain_simd {
    ENTRAIN_SIMD_AUTO = 0, ///< the environment's ENTRAIN_SIMD, else the widest this processor has
    ENTRAIN_SIMD_SSE2 = 1, ///< every x86-64
    ENTRAIN_SIMD_AVX2 = 2,
    ENTRAIN_SIMD_AVX512 = 3, ///< F, DQ, VL
} entrain_simd;

/// "auto", "sse2", "avx2", "avx512". Never NULL.
ENTRAIN_API const char *entrain_simd_name(entrain_simd level);
/// Whether this processor and operating system can run @p level (AUTO: always).
ENTRAIN_API bool entrain_simd_available(entrain_simd level);

ENTRAIN_END_DECLS

#endif
