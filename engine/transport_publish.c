// Transport `publish`: an actor's sums are gathered from its speakers' publications; a message nobody has to
// carry. Also the exact whole-swarm field of the complete graph, which both transports hand out.
#include <string.h>

#include "engine/engine_private.h"

typedef int64_t words2 __attribute__((vector_size(16), aligned(8), may_alias));

// Two words an actor (a phase), a few rows of a cohort: one 128-bit addition an arc.
static void gather_pairs(const entrain__graph *graph, const int64_t *publications, uint32_t place,
                         uint32_t count, int64_t *sums) {
    for (uint32_t k = 0; k < count; k++) {
        words2 sum = {0, 0};
        for (uint64_t arc = graph->offsets[place + k]; arc < graph->offsets[place + k + 1]; arc++)
            sum += *(const words2 *)(publications + 2 * (size_t)graph->speakers[arc]);
        *(words2 *)(sums + 2 * (size_t)k) = sum;
    }
}

static void gather_any(const entrain__graph *graph, uint32_t words, const int64_t *publications,
                       uint32_t place, uint32_t count, int64_t *sums) {
    for (uint32_t k = 0; k < count; k++) {
        int64_t *sum = sums + (size_t)k * words;
        memset(sum, 0, words * sizeof *sum);
        for (uint64_t a = graph->offsets[place + k]; a < graph->offsets[place + k + 1]; a++) {
            const int64_t *published = publications + (size_t)graph->speakers[a] * words;
            for (uint32_t w = 0; w < words; w++)
                sum[w] += graph->weighted ? entrain__weigh(published[w], graph->weights[a]) : published[w];
        }
    }
}

void entrain__gather(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                     uint32_t count, int64_t *sums, uint32_t *heard) {
    const entrain__graph *graph = &engine->graph;
    const int64_t *publications = engine->publications[cohort->now];
    if (graph->complete) {
        for (uint32_t k = 0; k < count; k++)
            memcpy(sums + (size_t)k * engine->words, engine->field, engine->words * sizeof *sums);
    } else if (graph->gather != NULL && count == cohort->count) {
        entrain__gather_cohort(engine, cohort, sums);
    } else if (engine->words == 2 && !graph->weighted) {
        gather_pairs(graph, publications, place, count, sums);
    } else if (engine->words % 2 == 0) {
        entrain__gather_wide(engine, publications, place, count, sums);
    } else {
        gather_any(graph, engine->words, publications, place, count, sums);
    }
    if (heard == NULL)
        return;
    if (graph->complete)
        for (uint32_t k = 0; k < count; k++)
            heard[k] = engine->vertex_count - engine->stopped_vertices;
    else if (engine->stopped_vertices == 0)
        for (uint32_t k = 0; k < count; k++)
            heard[k] = (uint32_t)(graph->offsets[place + k + 1] - graph->offsets[place + k]);
    else
        memcpy(heard, engine->heard + place, count * sizeof *heard);
}

uint64_t entrain__gather_arrivals(const entrain_engine *engine, uint32_t place, uint32_t count) {
    if (engine->graph.complete)
        return count; // one field each
    if (engine->stopped_vertices == 0)
        return engine->graph.offsets[place + count] - engine->graph.offsets[place];
    uint64_t arrivals = 0;
    for (uint32_t k = 0; k < count; k++)
        arrivals += engine->heard[place + k];
    return arrivals;
}

void entrain__field_part(entrain_engine *engine, entrain__cohort *cohort, const int64_t *publications) {
    const int64_t *words = publications + (size_t)(cohort->population->first + cohort->first) * engine->words;
    for (uint32_t w = 0; w < engine->words; w++)
        cohort->field[w] = 0;
    // |word| <= 2^44, so 2^18 of them fit in an int64: blocks of that, widened.
    for (uint32_t block = 0; block < cohort->count; block += (uint32_t)ENTRAIN_STRENGTH_MAX) {
        uint32_t end = cohort->count - block < ENTRAIN_STRENGTH_MAX ? cohort->count
                                                                    : block + (uint32_t)ENTRAIN_STRENGTH_MAX;
        int64_t sums[ENTRAIN_WORDS_MAX] = {0};
        for (uint32_t k = block; k < end; k++)
            for (uint32_t w = 0; w < engine->words; w++)
                sums[w] += words[(size_t)k * engine->words + w];
        for (uint32_t w = 0; w < engine->words; w++)
            cohort->field[w] += sums[w];
    }
}

// An arithmetic shift: the same floor in both transports. 2^24 words of 2^44, shifted by 24 - 18: at most
// 2^62.
static int64_t shifted(const entrain_engine *engine, entrain__int128 sum) {
    return (int64_t)(sum >> engine->field_shift);
}

void entrain__field_sum(entrain_engine *engine) {
    if (!engine->graph.complete)
        return;
    for (uint32_t w = 0; w < engine->words; w++) {
        entrain__int128 sum = 0;
        for (uint32_t c = 0; c < engine->cohort_count; c++)
            if (engine->cohorts[c].population->behavior.words > 0)
                sum += engine->cohorts[c].field[w];
        engine->field_total[w] = sum;
        engine->field[w] = shifted(engine, sum);
    }
}

void entrain__field_adjust(entrain_engine *engine, uint32_t place, int sign) {
    if (!engine->graph.complete || place >= engine->vertex_count)
        return;
    const int64_t *words = engine->publications[engine->now] + (size_t)place * engine->words;
    entrain__cohort *cohort = entrain__cohort_at(engine, place);
    for (uint32_t w = 0; w < engine->words; w++) {
        const int64_t change = sign * words[w];
        cohort->field[w] += change;
        engine->field_total[w] += change;
        engine->field[w] = shifted(engine, engine->field_total[w]);
    }
}
