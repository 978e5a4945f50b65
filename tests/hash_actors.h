// Actors that say what nobody can guess: words are a hash of a state, and the state of all that was heard.
// Whoever delivers one word too many, too few, twice, late or to another is found out by every state after
// it.
#ifndef ENTRAIN_TESTS_HASH_ACTORS_H
#define ENTRAIN_TESTS_HASH_ACTORS_H

#include "engine/base/fingerprint.h"
#include "entrain/engine.h"

/// A population's context.
typedef struct group {
    uint32_t first; // vertex of index 0
    uint32_t words;
} group;

static inline uint64_t state_at_start(uint32_t vertex, uint32_t generation) {
    return entrain__mix64(vertex * UINT64_C(1000) + generation);
}
static inline int64_t word_of(uint64_t state, uint64_t tick, uint32_t stage, uint32_t word) {
    return (int64_t)(entrain__mix64(state ^ entrain__mix64((tick * 4 + stage) * 8 + word)) >> 20) -
           (INT64_C(1) << 43);
}
static inline int64_t past_word_of(uint32_t vertex, uint32_t ticks_ago, uint32_t stage, uint32_t word) {
    return word_of(vertex + UINT64_C(99), ticks_ago + UINT64_C(1000000), stage, word);
}
static inline uint64_t state_after(uint64_t state, uint32_t stage, const int64_t *sums, uint32_t words,
                                   uint32_t heard) {
    state = entrain__mix_fold(state, stage);
    for (uint32_t w = 0; w < words; w++)
        state = entrain__mix_fold(state, (uint64_t)sums[w]);
    return entrain__mix_fold(state, heard);
}

static inline void start(const entrain_range *range) {
    const group *self = range->context;
    for (uint32_t k = 0; k < range->count; k++)
        ((uint64_t *)range->columns[0])[k] =
            state_at_start(self->first + range->indices[k], range->ids[k] >> ENTRAIN_ID_INDEX_BITS);
}
static inline void publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    const group *self = range->context;
    for (uint32_t k = 0; k < range->count; k++)
        for (uint32_t w = 0; w < self->words; w++)
            words_out[k * self->words + w] =
                word_of(((const uint64_t *)range->columns[0])[k], range->tick, stage, w);
}
static inline void publish_past(const entrain_range *range, uint32_t ticks_ago, uint32_t stage,
                                int64_t *words_out) {
    const group *self = range->context;
    for (uint32_t k = 0; k < range->count; k++)
        for (uint32_t w = 0; w < self->words; w++)
            words_out[k * self->words + w] =
                past_word_of(self->first + range->indices[k], ticks_ago, stage, w);
}
static inline void step(const entrain_range *range, uint32_t stage) {
    const group *self = range->context;
    uint64_t *state = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        state[k] = state_after(state[k], stage, range->sums + k * self->words, self->words, range->heard[k]);
}

#endif
