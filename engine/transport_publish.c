// Transport `publish`: an actor's sums are gathered from its speakers' publications; a message nobody has to
// carry. Also the exact whole-swarm field of the complete graph, which both transports hand out.
#include <string.h>

#include "engine/disturb.h"

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

// One row for all: copied, then what is there copied again, in twice as many rows each time.
static void repeat_row(const int64_t *row, uint32_t words, uint32_t count, int64_t *rows) {
    if (count == 0)
        return;
    memcpy(rows, row, words * sizeof *row);
    for (size_t done = 1, more; done < count; done += more) {
        more = count - done < done ? count - done : done;
        memcpy(rows + done * words, rows, more * words * sizeof *row);
    }
}

void entrain__gather(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                     uint32_t count, int64_t *sums, uint32_t *heard) {
    const entrain__graph *graph = &engine->graph;
    const int64_t *publications = engine->publications[cohort->hears];
    if (engine->disturbed.thins) {
        entrain__gather_thinned(engine, cohort, place, count, sums, heard);
        return;
    }
    if (graph->complete) {
        repeat_row(engine->field, engine->words, count, sums);
    } else if (graph->behind != NULL) {
        entrain__gather_late(engine, cohort, place, count, sums);
    } else if (graph->gather != NULL && count == cohort->count) {
        entrain__gather_cohort(engine, cohort, sums);
    } else if (engine->words == 2 && !graph->weighted) {
        gather_pairs(graph, publications, place, count, sums);
    } else if (engine->words % 2 == 0) {
        entrain__gather_wide(engine, publications, NULL, place, count, sums);
    } else {
        gather_any(graph, engine->words, publications, place, count, sums);
    }
    if (heard == NULL)
        return;
    if (graph->complete)
        for (uint32_t k = 0; k < count; k++)
            heard[k] = engine->field_heard;
    else if (entrain__all_spoke(engine, cohort))
        for (uint32_t k = 0; k < count; k++)
            heard[k] = (uint32_t)(graph->offsets[place + k + 1] - graph->offsets[place + k]);
    else if (engine->delay_most > 0)
        entrain__heard_late(engine, cohort, place, count, heard);
    else
        memcpy(heard, engine->heard + place, count * sizeof *heard);
}

static uint64_t sum_of(const uint32_t *heard, uint32_t count) {
    uint64_t sum = 0;
    for (uint32_t k = 0; k < count; k++)
        sum += heard[k];
    return sum;
}

uint64_t entrain__gather_arrivals(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                                  uint32_t count, const uint32_t *heard) {
    if (engine->graph.complete)
        return engine->field_heard > 0 ? count : 0; // one field each, if anybody spoke
    if (engine->disturbed.thins)
        return sum_of(heard, count);
    if (entrain__all_spoke(engine, cohort))
        return engine->graph.offsets[place + count] - engine->graph.offsets[place];
    if (engine->delay_most == 0)
        return sum_of(engine->heard + place, count);
    if (heard != NULL)
        return sum_of(heard, count);
    uint64_t arrivals = 0;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t one;
        entrain__heard_late(engine, cohort, place + k, 1, &one);
        arrivals += one;
    }
    return arrivals;
}

// Adds up @p rows rows of words, at most 2^18. Where rows of them fill a line, lines are added, whose length
// the compiler knows.
static void add_rows(uint32_t words, const int64_t *published, uint32_t rows, int64_t *sums) {
    enum { PAIRS = 4, LINE = 2 * PAIRS };
    ENTRAIN_ASSERT(words > 0);
    uint32_t k = 0;
    if (LINE % words == 0) {
        words2 line[PAIRS] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
        for (; k + LINE / words <= rows; k += LINE / words) {
            const words2 *pairs = (const words2 *)(published + (size_t)k * words);
#pragma GCC unroll 4
            for (uint32_t i = 0; i < PAIRS; i++)
                line[i] += pairs[i];
        }
        for (uint32_t i = 0; i < LINE; i++)
            sums[i % words] += line[i / 2][i % 2];
    }
    for (; k < rows; k++)
        for (uint32_t w = 0; w < words; w++)
            sums[w] += published[(size_t)k * words + w];
}

void entrain__words_sum(uint32_t words, const int64_t *published, uint32_t count, entrain__int128 *sums) {
    for (uint32_t w = 0; w < words; w++)
        sums[w] = 0;
    // |word| <= 2^44, so 2^18 of them fit in an int64: blocks of that, widened.
    for (uint32_t block = 0; block < count; block += (uint32_t)ENTRAIN_STRENGTH_MAX) {
        uint32_t rows = count - block < ENTRAIN_STRENGTH_MAX ? count - block : (uint32_t)ENTRAIN_STRENGTH_MAX;
        int64_t narrow[ENTRAIN_WORDS_MAX] = {0};
        add_rows(words, published + (size_t)block * words, rows, narrow);
        for (uint32_t w = 0; w < words; w++)
            sums[w] += narrow[w];
    }
}

void entrain__field_part(entrain_engine *engine, entrain__cohort *cohort, const int64_t *publications) {
    const size_t at = (size_t)(cohort->population->first + cohort->first) * engine->words;
    entrain__words_sum(engine->words, publications + at, cohort->count, cohort->field);
}

// An arithmetic shift: the same floor in both transports. 2^24 words of 2^44, shifted by 24 - 18: at most
// 2^62.
static int64_t shifted(const entrain_engine *engine, entrain__int128 sum) {
    return (int64_t)(sum >> engine->field_shift);
}

void entrain__field_choose(entrain_engine *engine) {
    const uint32_t ago = (engine->graph.delay + engine->disturbed.delay) * engine->exchanges;
    const uint32_t heard =
        engine->field_now >= ago ? engine->field_now - ago : engine->field_now + engine->field_ring - ago;
    for (uint32_t w = 0; w < engine->words; w++)
        engine->field[w] = shifted(engine, engine->field_totals[(size_t)heard * engine->words + w]);
    engine->field_speakers[engine->field_now] = engine->vertex_count - engine->stopped_vertices;
    engine->field_heard = engine->field_speakers[heard];
}

void entrain__field_sum(entrain_engine *engine) {
    if (!engine->graph.complete)
        return;
    for (uint32_t w = 0; w < engine->words; w++) {
        entrain__int128 sum = 0;
        for (uint32_t c = 0; c < engine->cohort_count; c++)
            if (engine->cohorts[c].population->behavior.words > 0)
                sum += engine->cohorts[c].field[w];
        engine->field_totals[(size_t)engine->field_now * engine->words + w] = sum;
    }
    entrain__field_choose(engine);
}

void entrain__field_adjust(entrain_engine *engine, uint32_t place, int sign) {
    if (!engine->graph.complete || place >= engine->vertex_count)
        return;
    const int64_t *words = engine->publications[engine->now] + (size_t)place * engine->words;
    entrain__cohort *cohort = entrain__cohort_at(engine, place);
    for (uint32_t w = 0; w < engine->words; w++) {
        const int64_t change = sign * words[w];
        cohort->field[w] += change;
        engine->field_totals[(size_t)engine->field_now * engine->words + w] += change;
    }
    entrain__field_choose(engine);
}
