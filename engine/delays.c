// Delays: see delays.h.
#include "engine/delays.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

// The ticks nearest to @p seconds; halves go up. UINT64_MAX: too many for any ring.
static uint64_t ticks_of(const entrain_engine *engine, double seconds) {
    const double ticks = floor(seconds / engine->config.step_s + 0.5);
    return ticks < 0x1p53 ? (uint64_t)ticks : UINT64_MAX;
}

static entrain_status refuse_ticks(const entrain_engine *engine, double delay_s, entrain_error *error_out) {
    return entrain_error_set(
        error_out, ENTRAIN_LIMIT,
        "An arc delays by %g s, which is %g steps of %g s, and delays may be at most %u; make "
        "delays shorter or the step longer.",
        delay_s, floor(delay_s / engine->config.step_s + 0.5), engine->config.step_s,
        ENTRAIN__DELAY_TICKS_MAX);
}

// NOLINTBEGIN(bugprone-macro-parentheses): p and c are declared
// Calls for each place of a vertex, in turn, with the first arc of that vertex in @p view.
#define FOR_PLACES(engine, p, c)                                                                             \
    for (uint32_t p = 0; p < (engine)->population_count && (engine)->populations[p]->behavior.words > 0;     \
         p++)                                                                                                \
        for (uint32_t c = 0; c < (engine)->populations[p]->count; c++)
// NOLINTEND(bugprone-macro-parentheses)

static void fill_behind(const entrain_engine *engine, const entrain_topology_view *view,
                        const entrain__graph *graph, int32_t *behind) {
    FOR_PLACES(engine, p, c) {
        const entrain_population *population = engine->populations[p];
        const uint32_t vertex = population->first + population->index_of_column[c];
        const uint64_t to = graph->offsets[population->first + c], from = view->in_offsets[vertex];
        const uint64_t count = view->in_offsets[vertex + 1] - from;
        for (uint64_t k = 0; k < count; k++)
            behind[to + k] = -(int32_t)(ticks_of(engine, view->in_delays[from + k]) * engine->exchanges);
    }
}

entrain_status entrain__delays_by_place(entrain_engine *engine, const entrain_topology_view *view,
                                        entrain__graph *graph, entrain_error *error_out) {
    graph->delay = graph->delay_most = 0;
    graph->behind = NULL;
    if (engine->exchanges == 0)
        return ENTRAIN_OK; // nobody steps: what was published once is all there is
    uint64_t least = ticks_of(engine, view->delay_low), most = ticks_of(engine, view->delay_high);
    for (uint64_t a = 0; view->in_delays != NULL && a < view->arc_count; a++) {
        const uint64_t ticks = ticks_of(engine, view->in_delays[a]);
        least = a == 0 || ticks < least ? ticks : least;
        most = a == 0 || ticks > most ? ticks : most;
    }
    if (most > ENTRAIN__DELAY_TICKS_MAX)
        return refuse_ticks(engine, view->delay_high, error_out);
    graph->delay = graph->delay_most = (uint32_t)most;
    if (least == most)
        return ENTRAIN_OK;
    int32_t *behind = entrain__engine_take(engine, &engine->bytes_graph, view->arc_count, sizeof *behind);
    if (behind == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "There is no memory for the delays of %" PRIu64
                                 " arcs; make the swarm smaller or free some.",
                                 view->arc_count);
    fill_behind(engine, view, graph, behind);
    graph->behind = behind;
    return ENTRAIN_OK;
}

static entrain_status no_memory(const char *what, double bytes, entrain_error *error_out) {
    return entrain_error_set(
        error_out, ENTRAIN_NO_MEMORY,
        "There is no memory for %s (%.3g GB); make delays shorter, the step longer or the "
        "swarm smaller.",
        what, bytes / 1e9);
}

// Without delays two buffers, each a block of its own. Else one block: each buffer an odd number of cache
// lines, so that what one actor published tick after tick does not fall on the same lines of a cache.
static bool take_buffers(entrain_engine *engine) {
    const size_t words = (size_t)engine->vertex_count * engine->words;
    if (engine->ring == 2) {
        for (uint32_t twin = 0; twin < 2; twin++) {
            engine->publications[twin] = entrain__engine_take(
                engine, &engine->bytes_publications, engine->vertex_count, engine->words * sizeof(int64_t));
            engine->publications[2 + twin] = engine->publications[twin];
        }
        return engine->publications[0] != NULL && engine->publications[1] != NULL;
    }
    const size_t line = ENTRAIN_CACHE_LINE / sizeof(int64_t), stride = ((words + line - 1) / line | 1) * line;
    int64_t *block =
        entrain__engine_take(engine, &engine->bytes_publications, engine->ring, stride * sizeof(int64_t));
    for (uint32_t b = 0; block != NULL && b < 2 * engine->ring; b++)
        engine->publications[b] = block + (b % engine->ring) * stride;
    return block != NULL;
}

entrain_status entrain__ring_build(entrain_engine *engine, entrain_error *error_out) {
    const uint32_t disturbed = engine->exchanges > 0 ? engine->config.disturbance_delay_max : 0;
    const uint32_t most = engine->graph.delay_most + disturbed, past = most * engine->exchanges;
    engine->delay_most = most;
    engine->ring = engine->graph.complete ? 2 : past + 2;
    engine->exchange_shift = engine->exchanges == 4 ? 2 : engine->exchanges == 2 ? 1 : 0;
    engine->steady_since = INT64_MIN;
    engine->publications = engine->two_publications;
    if (engine->ring > 2)
        engine->publications = entrain__engine_take(engine, &engine->bytes_publications,
                                                    2 * (size_t)engine->ring, sizeof(int64_t *));
    if (engine->publications == NULL || !take_buffers(engine))
        return no_memory("what actors publish",
                         (double)engine->vertex_count * engine->words * sizeof(int64_t) * engine->ring,
                         error_out);
    engine->field_ring = engine->graph.complete ? past + 1 : 1;
    engine->field_totals = engine->one_total;
    engine->field_speakers = &engine->one_speakers;
    if (engine->field_ring > 1) {
        engine->field_totals = entrain__engine_take(engine, &engine->bytes_publications, engine->field_ring,
                                                    engine->words * sizeof *engine->field_totals);
        engine->field_speakers = entrain__engine_take(engine, &engine->bytes_publications, engine->field_ring,
                                                      sizeof *engine->field_speakers);
        if (engine->field_totals == NULL || engine->field_speakers == NULL)
            return no_memory("past sums over the swarm",
                             (double)engine->field_ring * engine->words * sizeof *engine->field_totals,
                             error_out);
    } else if (most > 0) {
        engine->lives =
            entrain__engine_take(engine, &engine->bytes_publications, (size_t)most + 1, engine->vertex_count);
        if (engine->lives == NULL)
            return no_memory("a record of who spoke when", (double)engine->vertex_count * most, error_out);
    }
    return ENTRAIN_OK;
}

// --- Before tick 0

static bool publishes_past(const entrain_population *population) {
    return population->behavior.publish_past != NULL && !population->behavior.past_silent;
}

static void add_to_field(entrain_engine *engine, uint32_t ago, const entrain__int128 *sums,
                         uint32_t speakers) {
    const size_t at = engine->field_ring - ago;
    entrain__lock_take(&engine->field_lock); // in any order: the sums are exact
    for (uint32_t w = 0; w < engine->words; w++)
        engine->field_totals[at * engine->words + w] += sums[w];
    engine->field_speakers[at] += speakers;
    entrain__lock_give(&engine->field_lock);
}

// Complete graph: the other buffer, which nobody has heard yet, is scratch.
static void past_fields(entrain_engine *engine, const entrain__cohort *cohort, const entrain_range *range) {
    const entrain_behavior *behavior = &cohort->population->behavior;
    const size_t at = (size_t)(cohort->population->first + range->first) * engine->words;
    entrain__int128 sums[ENTRAIN_WORDS_MAX];
    for (uint32_t ago = 1; ago < engine->field_ring; ago++) {
        const uint32_t ticks = (ago - 1) / engine->exchanges + 1;
        int64_t *words = engine->publications[engine->now] + at;
        if (publishes_past(cohort->population)) {
            words = engine->publications[engine->now ^ 1] + at;
            behavior->publish_past(range, ticks, ticks * engine->exchanges - ago, words);
        }
        if (ago == 1 || publishes_past(cohort->population))
            entrain__words_sum(engine->words, words, range->count, sums);
        add_to_field(engine, ago, sums, range->count);
    }
}

void entrain__past_range(entrain_engine *engine, entrain__cohort *cohort, entrain_range *range) {
    const entrain_behavior *behavior = &cohort->population->behavior;
    if (behavior->past_silent)
        return;
    if (engine->graph.complete) {
        past_fields(engine, cohort, range);
        return;
    }
    const size_t at = (size_t)(cohort->population->first + range->first) * engine->words;
    int64_t *const *past = engine->publications + engine->ring + engine->now;
    for (uint32_t ticks = 1; ticks <= engine->delay_most; ticks++)
        for (uint32_t stage = 0; stage < engine->exchanges; stage++) {
            int64_t *words = past[-(ptrdiff_t)(ticks * engine->exchanges - stage)] + at;
            if (publishes_past(cohort->population))
                behavior->publish_past(range, ticks, stage, words);
            else
                memcpy(words, past[0] + at, (size_t)range->count * engine->words * sizeof *words);
        }
}

void entrain__past_done(entrain_engine *engine) {
    bool silent = false;
    for (uint32_t p = 0; p < engine->population_count; p++)
        silent |= engine->populations[p]->behavior.words > 0 && engine->populations[p]->behavior.past_silent;
    if (engine->delay_most == 0 || !silent)
        return;
    if (engine->silent_arcs == 0)
        engine->steady_since = 0;
    entrain__lives_keep(engine);
}

// --- Who spoke

// The row of @p ticks before @p tick.
static uint8_t *lives_of(const entrain_engine *engine, uint64_t tick, uint32_t ticks) {
    const uint64_t rows = (uint64_t)engine->delay_most + 1;
    return engine->lives + (size_t)((tick + rows - ticks) % rows) * engine->vertex_count;
}

void entrain__lives_keep(entrain_engine *engine) {
    if (engine->lives == NULL || engine->lives_kept)
        return;
    for (uint32_t ticks = 1; ticks <= engine->delay_most; ticks++) {
        uint8_t *row = lives_of(engine, engine->tick, ticks);
        FOR_PLACES(engine, p, c) {
            const entrain_population *population = engine->populations[p];
            const uint32_t place = population->first + c;
            const bool silent = ticks > engine->tick && population->behavior.past_silent;
            row[place] = silent ? 0 : (uint8_t)entrain__id_generation(engine->ids[place]);
        }
    }
    engine->lives_kept = true;
}

void entrain__lives_note(entrain_engine *engine, const entrain__cohort *cohort) {
    const uint32_t first = cohort->population->first + cohort->first;
    uint8_t *row = lives_of(engine, cohort->tick, 0);
    for (uint32_t place = first; place < first + cohort->count; place++)
        row[place] = (uint8_t)entrain__id_generation(engine->ids[place]);
}

void entrain__silence(entrain_engine *engine, const entrain__cohort *cohort, int64_t *publications) {
    const uint32_t first = cohort->population->first + cohort->first;
    for (uint32_t place = first; place < first + cohort->count; place++)
        if (engine->ids[place] == ENTRAIN_ID_NONE)
            memset(publications + (size_t)place * engine->words, 0, engine->words * sizeof *publications);
}

entrain_id entrain__spoke_then(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                               uint32_t ticks) {
    const entrain_id now = engine->ids[place];
    const uint32_t generation = lives_of(engine, cohort->tick, ticks)[place];
    if (generation == entrain__id_generation(now))
        return now;
    if (generation == 0)
        return ENTRAIN_ID_NONE;
    const entrain_population *population = entrain__population_of(engine, place);
    return entrain__id_make(population->first + population->index_of_column[place - population->first],
                            generation);
}

void entrain__heard_late(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                         uint32_t count, uint32_t *heard) {
    const entrain__graph *graph = &engine->graph;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t speakers = 0;
        for (uint64_t a = graph->offsets[place + k]; a < graph->offsets[place + k + 1]; a++)
            speakers += entrain__spoke(engine, cohort, (uint32_t)graph->speakers[a],
                                       entrain__arc_delay(engine, a)) != ENTRAIN_ID_NONE;
        heard[k] = speakers;
    }
}

// --- Where each arc has a delay of its own

typedef int64_t words2 __attribute__((vector_size(16), aligned(8), may_alias));

// The common case, two words an actor and no weights: one addition an arc, in two chains, because one would
// wait for itself.
// A pair of arcs is fetched AHEAD arcs before it is needed.
enum { AHEAD = 40 };

static inline __attribute__((always_inline)) const int64_t *pair_at(const entrain__graph *graph,
                                                                    int64_t *const *past, uint64_t arc) {
    return past[graph->behind[arc]] + 2 * (size_t)(uint32_t)graph->speakers[arc];
}

static inline __attribute__((always_inline)) void gather_pairs(const entrain__graph *graph,
                                                               int64_t *const *past, uint32_t place,
                                                               uint32_t count, bool far, uint64_t arc_count,
                                                               int64_t *sums) {
    for (uint32_t k = 0; k < count; k++) {
        words2 even = {0, 0}, odd = {0, 0};
        uint64_t a = graph->offsets[place + k];
        const uint64_t end = graph->offsets[place + k + 1];
        for (; a + 2 <= end; a += 2) {
            if (far && a + AHEAD + 1 < arc_count) {
                __builtin_prefetch(pair_at(graph, past, a + AHEAD));
                __builtin_prefetch(pair_at(graph, past, a + AHEAD + 1));
            }
            even += *(const words2 *)pair_at(graph, past, a);
            odd += *(const words2 *)pair_at(graph, past, a + 1);
        }
        if (a < end)
            even += *(const words2 *)pair_at(graph, past, a);
        *(words2 *)(sums + 2 * (size_t)k) = even + odd;
    }
}

static void gather_odd(const entrain_engine *engine, int64_t *const *past, uint32_t place, uint32_t count,
                       int64_t *sums) {
    const entrain__graph *graph = &engine->graph;
    const uint32_t words = engine->words;
    for (uint32_t k = 0; k < count; k++) {
        int64_t *sum = sums + (size_t)k * words;
        memset(sum, 0, words * sizeof *sum);
        for (uint64_t a = graph->offsets[place + k]; a < graph->offsets[place + k + 1]; a++) {
            const int64_t *published = past[graph->behind[a]] + (size_t)graph->speakers[a] * words;
            for (uint32_t w = 0; w < words; w++)
                sum[w] += graph->weighted ? entrain__weigh(published[w], graph->weights[a]) : published[w];
        }
    }
}

void entrain__gather_late(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                          uint32_t count, int64_t *sums) {
    int64_t *const *past = entrain__past(engine, cohort);
    const entrain__graph *graph = &engine->graph;
    if (engine->words == 2 && !graph->weighted) {
        if (entrain__ring_is_far(engine))
            gather_pairs(graph, past, place, count, true, graph->offsets[engine->vertex_count], sums);
        else
            gather_pairs(graph, past, place, count, false, 0, sums);
    } else if (engine->words % 2 == 0) {
        entrain__gather_wide(engine, NULL, past, place, count, sums);
    } else {
        gather_odd(engine, past, place, count, sums);
    }
}
