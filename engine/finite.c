// Guards against NaN and infinity: whether a column is finite, at the price of one addition per vector of it.
//
// A sum of finite numbers is finite, unless it overflows, and stays not finite once it is. So the sum of a
// range says that all is well; where it does not, each element is looked at. The order of adding does not
// matter: the sum itself goes nowhere.
#include <string.h>

#include "engine/engine_private.h"

// 32 vectors of `bytes` a round, into four sums, so that one addition need not wait for another.
// NOLINTBEGIN(bugprone-macro-parentheses): an attribute is not to be put in parentheses
#define DEFINE_SUM(name, bytes, isa)                                                                         \
    typedef double name##_vector __attribute__((vector_size(bytes), aligned(8), may_alias));                 \
    isa static bool name(const double *values, size_t count) {                                               \
        enum { LANES = (bytes) / 8, ROUND = 32 * LANES };                                                    \
        name##_vector a = {0}, b = {0}, c = {0}, d = {0};                                                    \
        const name##_vector *at = (const name##_vector *)values;                                             \
        size_t left = count;                                                                                 \
        for (; left >= ROUND; left -= ROUND, at += 32) {                                                     \
            a += at[0], b += at[1], c += at[2], d += at[3];                                                  \
            a += at[4], b += at[5], c += at[6], d += at[7];                                                  \
            a += at[8], b += at[9], c += at[10], d += at[11];                                                \
            a += at[12], b += at[13], c += at[14], d += at[15];                                              \
            a += at[16], b += at[17], c += at[18], d += at[19];                                              \
            a += at[20], b += at[21], c += at[22], d += at[23];                                              \
            a += at[24], b += at[25], c += at[26], d += at[27];                                              \
            a += at[28], b += at[29], c += at[30], d += at[31];                                              \
        }                                                                                                    \
        for (; left >= LANES; left -= LANES)                                                                 \
            a += *at++;                                                                                      \
        a += b + c + d;                                                                                      \
        double sum = 0;                                                                                      \
        for (int lane = 0; lane < LANES; lane++)                                                             \
            sum += a[lane];                                                                                  \
        for (size_t k = count - left; k < count; k++)                                                        \
            sum += values[k];                                                                                \
        return sum - sum == 0;                                                                               \
    }
// NOLINTEND(bugprone-macro-parentheses)

DEFINE_SUM(sum_sse2, 16, )
DEFINE_SUM(sum_avx2, 32, __attribute__((target("avx2"))))
DEFINE_SUM(sum_avx512, 64, __attribute__((target("avx512f"))))

bool entrain__finite_likely(entrain_simd simd, const double *values, size_t count) {
    switch (simd) {
    case ENTRAIN_SIMD_AVX512:
        return sum_avx512(values, count);
    case ENTRAIN_SIMD_AVX2:
        return sum_avx2(values, count);
    default:
        return sum_sse2(values, count);
    }
}

bool entrain__finite_range(const entrain_population *population, const entrain_range *range) {
    for (uint32_t g = 0; g < population->guarded_count; g++) {
        const uint32_t column = population->guarded[g];
        const size_t each = population->column_specs[column].bytes / sizeof(double);
        if (!entrain__finite_likely(range->simd, range->columns[column], range->count * each))
            return false;
    }
    return true;
}

uint32_t entrain__finite_find(const entrain_population *population, void *const *columns, uint32_t k) {
    for (uint32_t g = 0; g < population->guarded_count; g++) {
        const uint32_t column = population->guarded[g];
        const size_t each = population->column_specs[column].bytes / sizeof(double);
        const double *values = (const double *)columns[column] + k * each;
        for (size_t v = 0; v < each; v++)
            if (!(values[v] - values[v] == 0)) // infinity less infinity is NaN
                return column + 1;
    }
    return 0;
}
