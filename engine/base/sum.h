/// @file sum.h  Exact integer sums: the fixed point in which actors tell each other what they see.
///
/// A word is a real in [-1, 1] times 2^44, rounded once to the nearest integer. Sums of words are exact, and
/// integer addition does not care who adds first: that is the whole of the promise of identical bits.
/// Headroom: an actor's in-strength (sum of |weights|) is at most 2^18, and 2^44 * 2^18 = 2^62 fits in an
/// int64.
#ifndef ENTRAIN_BASE_SUM_H
#define ENTRAIN_BASE_SUM_H

#include <stdint.h>
#include <string.h>

#define ENTRAIN_WORD_BITS 44
#define ENTRAIN_WORD_ONE ((int64_t)1 << ENTRAIN_WORD_BITS)
#define ENTRAIN_STRENGTH_BITS_MAX 18
#define ENTRAIN_STRENGTH_MAX ((int64_t)1 << ENTRAIN_STRENGTH_BITS_MAX)
_Static_assert(ENTRAIN_WORD_BITS + ENTRAIN_STRENGTH_BITS_MAX <= 62,
               "a sum of words at full strength must fit in int64");

/// 2^-44: what one unit of a word is worth.
#define ENTRAIN_WORD_UNIT 0x1p-44

/// 1.5 * 2^52: adding it to |x| < 2^51 leaves round-to-nearest-even(x) in the low bits of the mantissa.
#define ENTRAIN_ROUND_MAGIC 0x1.8p52

static inline int64_t entrain__bits_of(double x) {
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static inline double entrain__double_of(int64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/// Nearest integer (ties to even) of x, |x| < 2^51. Vectorises on SSE2 and AVX2, which have no such
/// instruction.
static inline int64_t entrain__round_to_int64(double x) {
    return (int64_t)((uint64_t)entrain__bits_of(x + ENTRAIN_ROUND_MAGIC) -
                     (uint64_t)entrain__bits_of(ENTRAIN_ROUND_MAGIC));
}

/// The word of a real x, |x| < 2^7: nearest integer of 2^44 x, the bits of entrain__round_to_int64(x *
/// 0x1p44). 1.5 * 2^8 has its last bit at 2^-44, so adding it rounds there, without the multiplication.
static inline int64_t entrain__word_of(double x) {
    return (int64_t)((uint64_t)entrain__bits_of(x + 0x1.8p8) - (uint64_t)entrain__bits_of(0x1.8p8));
}

/// The double nearest to x (ties to even), for every int64: two exact halves, one rounding, the same bits as
/// (double)x. The magic-number trick on the whole is only right below 2^51 (up to 127 neighbours in phase).
static inline double entrain__int64_to_double(int64_t x) {
    uint64_t bits = (uint64_t)x;
    // High half as a signed number of 2^32s: 2^84 + 2^63 + high * 2^32, by the bit pattern. Low half: 2^52 +
    // low.
    double high = entrain__double_of((int64_t)((bits >> 32) ^ UINT64_C(0x4530000080000000)));
    double low = entrain__double_of((int64_t)((bits & UINT64_C(0xffffffff)) | UINT64_C(0x4330000000000000)));
    return (high - 0x1.00000801p84) + low; // 2^84 + 2^63 + 2^52: the first difference is exact
}

/// word * weight, |weight| <= 1, rounded once to the nearest integer: the same function in every transport.
static inline int64_t entrain__weigh(int64_t word, double weight) {
    return entrain__round_to_int64(entrain__int64_to_double(word) * weight);
}

/// Two words at once. weigh_pair_raw: the same above the bits of ENTRAIN_ROUND_MAGIC, which whoever adds many
/// takes off the sum.
typedef uint64_t entrain__word_pair __attribute__((vector_size(16), aligned(8), may_alias));
typedef double entrain__real_pair __attribute__((vector_size(16)));
#define ENTRAIN__ROUND_MAGIC_BITS UINT64_C(0x4338000000000000)

static inline entrain__word_pair entrain__weigh_pair_raw(entrain__word_pair words, double weight) {
    const entrain__word_pair magic = {ENTRAIN__ROUND_MAGIC_BITS, ENTRAIN__ROUND_MAGIC_BITS};
    const entrain__real_pair round = {ENTRAIN_ROUND_MAGIC, ENTRAIN_ROUND_MAGIC}, factor = {weight, weight};
    const entrain__real_pair value = (entrain__real_pair)(words + magic) - round;
    return (entrain__word_pair)(value * factor + round);
}
static inline entrain__word_pair entrain__weigh_pair(entrain__word_pair words, double weight) {
    const entrain__word_pair magic = {ENTRAIN__ROUND_MAGIC_BITS, ENTRAIN__ROUND_MAGIC_BITS};
    return entrain__weigh_pair_raw(words, weight) - magic;
}

#endif
