/// @file phase_rate.h  The steps of one oscillator's arithmetic: for vector loops over many, and for one
/// alone.
///
/// phase_kernels.inc compiles them once per instruction set; kuramoto-ring, whose agents step one at a time
/// whenever their mail is complete, calls them as they are. A lane and a scalar give the same bits.
#ifndef ENTRAIN_ACTORS_PHASE_RATE_H
#define ENTRAIN_ACTORS_PHASE_RATE_H

#include "engine/base/math_kernel.h"
#include "engine/base/sum.h"

#define TWO_PI 0x1.921fb54442d18p+2
#define INVERSE_TWO_PI 0x1.45f306dc9c883p-3
#define KERNEL static inline __attribute__((always_inline))

// The double nearest to a sum. One instruction where there is one; the same rounding, so the same bits.
KERNEL double sum_to_double(int64_t sum) {
#ifdef __AVX512DQ__
    return (double)sum;
#else
    return entrain__int64_to_double(sum);
#endif
}

// Own words are below 2^51, where the cheap conversion is exact.
KERNEL double word_to_double(int64_t word) {
#ifdef __AVX512DQ__
    return (double)word;
#else
    uint64_t bits = (uint64_t)word + (uint64_t)entrain__bits_of(ENTRAIN_ROUND_MAGIC);
    return entrain__double_of((int64_t)bits) - ENTRAIN_ROUND_MAGIC;
#endif
}

// sin(theta_j - theta_i), summed: from an agent's own words and the sums it heard, in units of both.
KERNEL double pull_of(double c, double s, double sum_c, double sum_s) { return c * sum_s - s * sum_c; }

// Keeps a step that no physics could mean (beyond 2^40 rad, or NaN) from becoming words that no sum could
// hold. The bound is volatile so that gcc takes a minimum and a maximum: where it knows the number it works
// out what becomes of it and blends that in, with a dozen comparisons and masks.
static const volatile double move_max = 0x1p40;
KERNEL double bounded(double moved, double most) {
    moved = moved < most ? moved : most;
    return moved > -most ? moved : -most;
}

// Whole turns in a phase, as the magic number plus them. Wrapping is by rounding, because a Lorentz tail can
// pass 2 pi in a step; taking off one turn is exact (Sterbenz 1974).
KERNEL double whole_turns(double moved) { return moved * INVERSE_TWO_PI + ENTRAIN_ROUND_MAGIC; }
KERNEL double without_turns(double moved, double whole) {
    return moved - (whole - ENTRAIN_ROUND_MAGIC) * TWO_PI;
}
KERNEL int32_t add_turns(int32_t turns, double whole) {
    // The low half of the mantissa is the count modulo 2^32: turns wrap as promised.
    return (int32_t)((uint32_t)turns + (uint32_t)(uint64_t)entrain__bits_of(whole));
}

#endif
