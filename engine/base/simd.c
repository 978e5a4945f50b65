// What this processor can do, and which of it to use.
#include "engine/base/simd.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"auto", "sse2", "avx2", "avx512", NULL};
_Static_assert(ENTRAIN_SIMD_AUTO == 0 && ENTRAIN_SIMD_AVX512 == 3, "names[] lists the levels in their order");

enum { LEVEL_COUNT = ENTRAIN_SIMD_AVX512 + 1 };

const char *entrain_simd_name(entrain_simd level) {
    return (unsigned)level < LEVEL_COUNT ? names[level] : "?";
}

bool entrain_simd_available(entrain_simd level) {
    // The builtin asks XGETBV too: an instruction set whose registers the system does not save counts as
    // absent.
    __builtin_cpu_init();
    switch (level) {
    case ENTRAIN_SIMD_AUTO:
    case ENTRAIN_SIMD_SSE2:
        return true;
    case ENTRAIN_SIMD_AVX2:
        return __builtin_cpu_supports("avx2") != 0;
    case ENTRAIN_SIMD_AVX512:
        return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
               __builtin_cpu_supports("avx512vl") != 0;
    }
    return false;
}

static entrain_simd widest(void) {
    int level = ENTRAIN_SIMD_AVX512;
    while (!entrain_simd_available((entrain_simd)level))
        level--;
    return (entrain_simd)level;
}

entrain_status entrain__simd_resolve(entrain_simd wanted, entrain_simd *level_out, entrain_error *error_out) {
    if ((unsigned)wanted >= LEVEL_COUNT)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "the SIMD level %d is none: use ENTRAIN_SIMD_AUTO (0), _SSE2 (1), _AVX2 (2) or _AVX512 (3)",
            (int)wanted);
    const char *word = wanted == ENTRAIN_SIMD_AUTO ? getenv("ENTRAIN_SIMD") : NULL;
    if (word != NULL && *word != '\0') {
        int level = 0;
        while (level < LEVEL_COUNT && strcmp(word, names[level]) != 0)
            level++;
        if (level == LEVEL_COUNT) {
            const char *nearest = entrain_nearest_word(word, names);
            return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                                     "the environment's ENTRAIN_SIMD is \"%.64s\"%s%s%s: set it to sse2, "
                                     "avx2 or avx512, or unset it",
                                     word, nearest != NULL ? " (did you mean \"" : "",
                                     nearest != NULL ? nearest : "", nearest != NULL ? "\"?)" : "");
        }
        wanted = (entrain_simd)level;
    } else {
        word = NULL;
    }
    if (!entrain_simd_available(wanted))
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "this processor cannot run the SIMD level %s that %s asks for: use %s or auto", names[wanted],
            word != NULL ? "the environment's ENTRAIN_SIMD" : "the configuration", names[widest()]);
    *level_out = wanted == ENTRAIN_SIMD_AUTO ? widest() : wanted;
    return ENTRAIN_OK;
}
