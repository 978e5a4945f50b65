/// @file mix.h  A cheap 64-bit mixer, for what decides order or checks it: never for a result.
#ifndef ENTRAIN_SCHEDULER_MIX_H
#define ENTRAIN_SCHEDULER_MIX_H

#include <stdint.h>

/// The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014; variant 13 of Stafford): a bijection.
static inline uint64_t entrain__mix(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/// The next number of the generator whose state is *@p state: SplitMix64.
static inline uint64_t entrain__mix_next(uint64_t *state) {
    return entrain__mix(*state += UINT64_C(0x9e3779b97f4a7c15));
}

/// Uniform on 0 .. bound-1 from 32 random bits, by multiply and shift (Lemire 2019). bound >= 1.
static inline uint32_t entrain__mix_below(uint64_t *state, uint32_t bound) {
    return (uint32_t)((entrain__mix_next(state) >> 32) * bound >> 32);
}

#endif
