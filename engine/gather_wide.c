// Adding up what speakers published where it is not two unweighted words (gather_kernels.h): two to eight
// words in pairs of lanes, with the number of words known to the loop, weighed or not. The sums are those of
// a loop over words, entrain__weigh() for each: a word is below 2^51, where the cheap conversions are exact.
#include "engine/delays.h"

typedef entrain__word_pair lanes;

#define ROW static inline __attribute__((always_inline))

// Out of `publications` or, late, out of past[-x] of x exchanges ago.
typedef struct hearing {
    const int64_t *publications;
    int64_t *const *past;
} hearing;

ROW const int64_t *buffer_of(const entrain__graph *graph, const hearing *from, bool late, uint64_t arc) {
    return late ? from->past[graph->behind[arc]] : from->publications;
}

ROW void row_of(const entrain__graph *graph, uint32_t pairs, bool weighted, bool late, const hearing *source,
                uint64_t from, uint64_t to, uint64_t end, int64_t *sums) {
    lanes sum[ENTRAIN_WORDS_MAX / 2] = {{0}};
    const uint32_t ahead = graph->prefetch;
    for (uint64_t a = from; a < to; a++) {
        const int64_t *publications = buffer_of(graph, source, late, a);
        if (ahead > 0 && a + ahead < end)
            __builtin_prefetch(buffer_of(graph, source, late, a + ahead) +
                               2 * (size_t)pairs * (uint32_t)graph->speakers[a + ahead]);
        const lanes *published =
            (const lanes *)(publications + 2 * (size_t)pairs * (uint32_t)graph->speakers[a]);
        for (uint32_t p = 0; p < pairs; p++)
            sum[p] += weighted ? entrain__weigh_pair_raw(published[p], graph->weights[a]) : published[p];
    }
    if (weighted) {
        const uint64_t magics = (to - from) * ENTRAIN__ROUND_MAGIC_BITS; // modulo 2^64, like the sums
        for (uint32_t p = 0; p < pairs; p++)
            sum[p] -= (lanes){magics, magics};
    }
    for (uint32_t p = 0; p < pairs; p++)
        ((lanes *)sums)[p] = sum[p];
}

#define ROWS(pairs, weighted, late)                                                                          \
    for (uint32_t k = 0; k < count; k++)                                                                     \
    row_of(graph, pairs, weighted, late, &source, graph->offsets[place + k], graph->offsets[place + k + 1],  \
           end, sums + 2 * (size_t)(pairs)*k)

#define CASES(weighted, late)                                                                                \
    switch (words) {                                                                                         \
    case 2:                                                                                                  \
        ROWS(1, weighted, late);                                                                             \
        break;                                                                                               \
    case 4:                                                                                                  \
        ROWS(2, weighted, late);                                                                             \
        break;                                                                                               \
    case 6:                                                                                                  \
        ROWS(3, weighted, late);                                                                             \
        break;                                                                                               \
    default:                                                                                                 \
        ROWS(4, weighted, late);                                                                             \
    }

void entrain__gather_wide(const entrain_engine *engine, const int64_t *publications, int64_t *const *past,
                          uint32_t place, uint32_t count, int64_t *sums) {
    const entrain__graph *graph = &engine->graph;
    const hearing source = {publications, past};
    const uint32_t words = engine->words;
    const uint64_t end = graph->offsets[engine->vertex_count];
    ENTRAIN_ASSERT(words % 2 == 0 && words <= ENTRAIN_WORDS_MAX);
    if (past != NULL && graph->weighted)
        CASES(true, true)
    else if (past != NULL)
        CASES(false, true)
    else if (graph->weighted)
        CASES(true, false)
    else
        CASES(false, false)
}
