/// @file fingerprint.h  The order-free fingerprint: a wrapping sum over actors of a mix of (id, state bits).
///
/// Whoever adds first, whatever the partition, the sum is the same; and two states that differ in one bit
/// of one actor differ in the sum except with chance 2^-64.
#ifndef ENTRAIN_BASE_FINGERPRINT_H
#define ENTRAIN_BASE_FINGERPRINT_H

#include <stdint.h>

/// Finaliser of MurmurHash3 with Stafford's constants (mix 13, as in SplitMix64, Steele et al. 2014): a
/// bijection.
static inline uint64_t entrain__mix64(uint64_t x) {
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/// Folds one more 64-bit piece of state into an actor's mix. Start from entrain__mix64(id).
static inline uint64_t entrain__mix_fold(uint64_t mix, uint64_t bits) {
    return entrain__mix64(mix + UINT64_C(0x9e3779b97f4a7c15) + bits);
}

#endif
