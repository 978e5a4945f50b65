// Draws: Philox blocks, and what is made of their bits.
//
// counter = (actor, tick low, tick high, draw); key = mix(seed ^ mix(stream + offset)), low word first. The
// inner mix spreads the small stream numbers over 64 bits, so that seeds 1, 2, 3 of one stream do not meet
// streams 1, 2, 3 of one seed; the outer one is a bijection, so for a fixed stream the map from seed to key
// is one-to-one.
#include "entrain/random.h"

#include <Random123/philox.h>

#include "engine/base/assert.h"
#include "engine/base/fingerprint.h"
#include "engine/base/random_kernel.h"
#include "entrain/math.h"

#define PI 0x1.921fb54442d18p+1

// The golden ratio's 64 bits: any odd number that keeps stream 0 from being mixed to 0.
#define STREAM_OFFSET UINT64_C(0x9e3779b97f4a7c15)

__extension__ typedef unsigned __int128 u128;

entrain_random entrain_random_key(uint64_t seed, uint32_t stream) {
    uint64_t key = entrain__mix64(seed ^ entrain__mix64(stream + STREAM_OFFSET));
    return (entrain_random){{(uint32_t)key, (uint32_t)(key >> 32)}};
}

entrain_random_block entrain_random_draw(entrain_random key, uint32_t actor, uint64_t tick, uint32_t draw) {
    _Static_assert(philox4x32_rounds == 10, "the promise is Philox4x32-10");
    philox4x32_key_t key_words = {{key.key[0], key.key[1]}};
    philox4x32_ctr_t words = {{actor, (uint32_t)tick, (uint32_t)(tick >> 32), draw}};
    words = philox4x32(words, key_words);
    return (entrain_random_block){
        {words.v[0] | (uint64_t)words.v[1] << 32, words.v[2] | (uint64_t)words.v[3] << 32}};
}

double entrain_random_uniform(entrain_random key, uint32_t actor, uint64_t tick, uint32_t draw) {
    return entrain__random_unit(entrain_random_draw(key, actor, tick, draw).bits[0]);
}

uint64_t entrain_random_below(entrain_random key, uint64_t bound, uint32_t actor, uint64_t tick,
                              uint32_t draw) {
    ENTRAIN_ASSERT(bound >= 1);
    return (uint64_t)((u128)entrain_random_draw(key, actor, tick, draw).bits[0] * bound >> 64);
}

double entrain_random_normal(entrain_random key, uint32_t actor, uint64_t tick, uint32_t draw) {
    entrain_random_block block = entrain_random_draw(key, actor, tick, draw);
    return entrain__random_normal_of(block.bits[0], block.bits[1]);
}

double entrain_random_lorentz(entrain_random key, uint32_t actor, uint64_t tick, uint32_t draw) {
    double v = entrain_random_uniform(key, actor, tick, draw) - 0.5;
    // Far out, tan would see pi v rounded at the size of pi/2 and lose the tail's digits: 1 / tan of the
    // distance to the pole, which is exact, keeps them. Every difference here is exact.
    if (v > 0.25)
        return 1.0 / entrain_tan(PI * (0.5 - v));
    if (v < -0.25)
        return -1.0 / entrain_tan(PI * (0.5 + v));
    return entrain_tan(PI * v);
}
