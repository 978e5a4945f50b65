/// @file random.h  Counter-based random numbers: a draw is a function of its key and its counter, nothing
/// else.
///
/// A draw has no history. It is Philox4x32-10 (Salmon et al., SC 2011; Random123) keyed by (seed, stream) and
/// counted by (actor, tick, draw), so it does not matter which worker draws it, when, or whether somebody
/// else drew before. One draw is one 128-bit block. All functions: any thread, no state, no allocation, the
/// same bits on every x86-64.
#ifndef ENTRAIN_RANDOM_H
#define ENTRAIN_RANDOM_H

#include <stdint.h>

#include "entrain/export.h"

ENTRAIN_BEGIN_DECLS

/// Streams keep the uses of one seed apart. A program's own streams start at ENTRAIN_STREAM_USER.
enum {
    ENTRAIN_STREAM_FREQUENCY = 1,
    ENTRAIN_STREAM_PHASE = 2,
    ENTRAIN_STREAM_TOPOLOGY = 3,
    ENTRAIN_STREAM_WEIGHT = 4,
    ENTRAIN_STREAM_JITTER = 5,
    ENTRAIN_STREAM_SCHEDULE = 6,
    ENTRAIN_STREAM_SCRIPT = 7,
    ENTRAIN_STREAM_LAYOUT = 8,
    ENTRAIN_STREAM_NOISE = 9,
    ENTRAIN_STREAM_DELAY = 10,
    ENTRAIN_STREAM_GAIN = 11,
    ENTRAIN_STREAM_INERTIA = 12,
    ENTRAIN_STREAM_DAMPING = 13,
    ENTRAIN_STREAM_VELOCITY = 14,
    ENTRAIN_STREAM_NOISINESS = 15,
    ENTRAIN_STREAM_LOSS = 16,
    ENTRAIN_STREAM_WORKLOAD = 17,
    ENTRAIN_STREAM_SERVICE = 18,
    ENTRAIN_STREAM_STUBBORN = 19,
    ENTRAIN_STREAM_DISRUPT = 20,
    ENTRAIN_STREAM_JOIN = 21,
    ENTRAIN_STREAM_MAIL_LOSS = 22,
    ENTRAIN_STREAM_USER = 1024
};

/// The key schedule for one (seed, stream). Copy freely.
typedef struct entrain_random {
    uint32_t key[2];
} entrain_random;

/// One draw of 128 random bits.
typedef struct entrain_random_block {
    uint64_t bits[2];
} entrain_random_block;

/// Different streams of one seed, and equal streams of different seeds, are different keys: for a fixed
/// stream the map from seed to key is one-to-one.
ENTRAIN_API entrain_random entrain_random_key(uint64_t seed, uint32_t stream);

/// The block at counter (actor, tick, draw).
ENTRAIN_API entrain_random_block entrain_random_draw(entrain_random key, uint32_t actor, uint64_t tick,
                                                     uint32_t draw);

/// Uniform on the open interval (0, 1): (k + 1/2) / 2^52 with k the top 52 bits of the block's first word;
/// never 0, never 1.
ENTRAIN_API double entrain_random_uniform(entrain_random key, uint32_t actor, uint64_t tick, uint32_t draw);

/// Integer uniform on 0 .. bound-1 (bound >= 1), by multiply and shift of 64 bits (Lemire 2019, without the
/// rejection: the bias is below bound / 2^64).
ENTRAIN_API uint64_t entrain_random_below(entrain_random key, uint64_t bound, uint32_t actor, uint64_t tick,
                                          uint32_t draw);

/// Standard normal, mean 0, standard deviation 1. Box and Muller (1958), cosine branch, from both words of
/// one block.
ENTRAIN_API double entrain_random_normal(entrain_random key, uint32_t actor, uint64_t tick, uint32_t draw);

/// Standard Lorentz (Cauchy), median 0, half width at half maximum 1: tan(pi (u - 1/2)).
ENTRAIN_API double entrain_random_lorentz(entrain_random key, uint32_t actor, uint64_t tick, uint32_t draw);

ENTRAIN_END_DECLS

#endif
