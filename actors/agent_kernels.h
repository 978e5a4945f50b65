/// @file agent_kernels.h  The inner loops of goal-directed agents, once per vector instruction set.
///
/// As phase_kernels.h: agent_kernels.inc is compiled three times, every lane computes the same sequence of
/// IEEE operations, and the choice changes no bit.
#ifndef ENTRAIN_ACTORS_AGENT_KERNELS_H
#define ENTRAIN_ACTORS_AGENT_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/simd.h"

/// Agents are taken in blocks of so many: what a loop hands to the next stays in the nearest cache.
enum { ENTRAIN__AGENT_BLOCK = 128 };
/// Estimates are published as a quarter of themselves: |z| may be up to 4.
#define ENTRAIN__ESTIMATE_ONE 4.0

/// What all agents of a block share in one tick.
typedef struct entrain__agent_rule {
    double step_s, sum_unit;
    double keep;             ///< 1 - leak
    double frame_c, frame_s; ///< exp(-i Omega t): the frame that turns with everybody, at this tick
    bool spread;             ///< away from the estimate with `push`; else towards `target`
    double push;             ///< nudge = push x sine
    double target, tilt;     ///< of coherence; tilt: added where they are busiest
    double steepness, gain_low, gain_high; ///< rad/s
    double alignment;                      ///< kappa
    double frequency, frequency_one; ///< Omega, and what a frequency's word of 1 is worth beside it, rad/s
    double nudge_cost, frequency_cost, capacity;
} entrain__agent_rule;

/// A block: [count] each. What changes is read and written in place.
typedef struct entrain__agent_block {
    uint32_t count;
    const int64_t *sums; ///< [count][6]
    const uint32_t *heard;
    const float *busy;
    const double *cos, *sin;                 ///< of this harmonic of its phase, in the frame
    const double *act;                       ///< 1: it listens; 0: it sits the tick out
    const double *nudge_share, *learn_share; ///< factors of what it does
    const double *recovery;                  ///< units that come in this tick
    const double *frequency;
    double *phase, *learned, *lean_x, *lean_y, *energy, *spent;
    int32_t *turns;
    int64_t *denied; ///< 1: it could not pay
} entrain__agent_block;

typedef struct entrain__agent_kernels {
    /// One tick of a block.
    void (*move)(const entrain__agent_rule *rule, const entrain__agent_block *block);
    /// cos and sin of (harmonic + 1) phase from those of harmonic phase and of phase, in place.
    void (*next_harmonic)(uint32_t count, const double *c, const double *s, double *cos, double *sin);
    /// [count][6] words, at most a block; cos and sin of phase in the frame, for who moves; words 2 and 3
    /// are those of the first harmonic.
    void (*publish)(const entrain__agent_rule *rule, uint32_t count, const double *phase,
                    const double *frequency, const double *learned, const double *lean_x,
                    const double *lean_y, const float *busy, double *cos, double *sin, int64_t *words);
    /// Words 2 and 3 once more, of another harmonic.
    void (*publish_estimate)(uint32_t count, const double *cos, const double *sin, const double *lean_x,
                             const double *lean_y, int64_t *words);
} entrain__agent_kernels;

extern const entrain__agent_kernels entrain__agent_kernels_sse2, entrain__agent_kernels_avx2,
    entrain__agent_kernels_avx512;

#endif
