// Observations disturbed on their way: see disturb.h. Everything changes between two ticks, by one thread.
#include "engine/disturb.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

// --- Fates

// What the speakers of the pieces said: drawing takes about as long as fetching it.
static void fetch(const entrain__fates *fates) {
    const entrain_engine *engine = fates->engine;
    const int64_t *publications = engine->publications[fates->cohort->hears];
    for (uint32_t p = 0; p < fates->count; p++)
        for (uint32_t j = 0; j < fates->lengths[p]; j++)
            __builtin_prefetch(publications +
                               engine->words * (size_t)engine->graph.speakers[fates->arcs[p] + j]);
}

uint32_t entrain__fates_cut(entrain__fates *fates) {
    const entrain__graph *graph = &fates->engine->graph;
    const entrain_population *population = fates->cohort->population;
    const uint32_t first = population->first, *indices = population->index_of_column;
    uint32_t count = 0, place = fates->place;
    uint64_t arc = fates->arc, row = graph->offsets[place];
    for (; place < fates->end && count < ENTRAIN__PIECES; count++) {
        const uint64_t end = graph->offsets[place + 1], left = end - arc;
        fates->arcs[count] = arc;
        fates->places[count] = place;
        fates->hearers[count] = first + indices[place - first];
        fates->draws[count] = (uint32_t)(arc - row); // a multiple of 8
        if (left > ENTRAIN__PIECE_ARCS) {
            fates->lengths[count] = ENTRAIN__PIECE_ARCS;
            arc += ENTRAIN__PIECE_ARCS;
            continue;
        }
        fates->lengths[count] = (uint32_t)left;
        arc = row = end;
        place++;
    }
    for (uint32_t p = count; p % 8 != 0; p++) // eight are drawn at a time
        fates->hearers[p] = fates->draws[p] = 0;
    fates->place = place;
    fates->arc = arc;
    fates->count = count;
    if (graph->prefetch > 0 && graph->behind == NULL)
        fetch(fates);
    return count;
}

void entrain__fates_silence(entrain__fates *fates) {
    const entrain_engine *engine = fates->engine;
    for (uint32_t p = 0; p < fates->count; p++)
        for (uint32_t j = 0; j < fates->lengths[p]; j++) {
            const uint64_t arc = fates->arcs[p] + j;
            if (fates->masks[p][j] != 0 &&
                entrain__spoke(engine, fates->cohort, (uint32_t)engine->graph.speakers[arc],
                               entrain__arc_delay(engine, arc)) == ENTRAIN_ID_NONE) {
                fates->masks[p][j] = 0;
                fates->arrived[p]--;
            }
        }
}

void entrain__gather_thinned(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                             uint32_t count, int64_t *sums, uint32_t *heard) {
    static entrain__fates_add_kernel *const kernels[] = {[ENTRAIN_SIMD_SSE2] = entrain__fates_add_sse2,
                                                         [ENTRAIN_SIMD_AVX2] = entrain__fates_add_avx2,
                                                         [ENTRAIN_SIMD_AVX512] = entrain__fates_add_avx512};
    const bool all_spoke = entrain__all_spoke(engine, cohort);
    entrain__fates fates;
    entrain__fates_begin(&fates, engine, cohort, place, count);
    while (entrain__fates_next(&fates) > 0) {
        if (!all_spoke && heard != NULL)
            entrain__fates_silence(&fates);
        kernels[engine->simd](&fates, place, sums, heard);
    }
}

// --- Sides

static size_t open_bytes(const entrain_engine *engine) { // eight bits from any arc on lie in two bytes
    return (size_t)(engine->graph.offsets[engine->vertex_count] / 8) + 2;
}

static void mark_open(const entrain_engine *engine, const uint8_t *sides, uint8_t *open) {
    const entrain__graph *graph = &engine->graph;
    memset(open, 0, open_bytes(engine));
    for (uint32_t p = 0; p < engine->population_count && engine->populations[p]->behavior.words > 0; p++) {
        const entrain_population *population = engine->populations[p];
        for (uint32_t c = 0; c < population->count; c++) {
            const uint32_t place = population->first + c;
            const uint8_t side = sides[place];
            for (uint64_t a = graph->offsets[place]; a < graph->offsets[place + 1]; a++)
                open[a >> 3] |= (uint8_t)((sides[graph->speakers[a]] == side) << (a & 7));
        }
    }
}

// Memory for the bits of the graph as it is; NULL: there is none.
static uint8_t *take_open(entrain_engine *engine) {
    uint8_t *open = entrain__arena_take(engine->graph_arena, open_bytes(engine), 1);
    if (open != NULL)
        engine->bytes_graph += open_bytes(engine);
    return open;
}

static void give_open(entrain_engine *engine) {
    if (engine->graph.open == NULL)
        return;
    entrain__arena_give(engine->graph_arena, engine->graph.open);
    engine->bytes_graph -= open_bytes(engine);
    engine->graph.open = NULL;
}

entrain_status entrain__graph_divide(entrain_engine *engine) {
    if (engine->disturbed.sides == NULL)
        return ENTRAIN_OK;
    uint8_t *open = take_open(engine);
    if (open == NULL)
        return ENTRAIN_NO_MEMORY;
    mark_open(engine, engine->disturbed.sides, open);
    engine->graph.open = open;
    return ENTRAIN_OK;
}

// Who is on which side, by place. All on one: no partition.
static bool are_divided(const entrain_engine *engine, const uint8_t *sides) {
    for (uint32_t v = 1; sides != NULL && v < engine->vertex_count; v++)
        if (sides[v] != sides[0])
            return true;
    return false;
}

static void copy_sides(const entrain_engine *engine, const uint8_t *sides, uint8_t *by_place) {
    for (uint32_t p = 0; p < engine->population_count && engine->populations[p]->behavior.words > 0; p++) {
        const entrain_population *population = engine->populations[p];
        for (uint32_t c = 0; c < population->count; c++)
            by_place[population->first + c] = sides[population->first + population->index_of_column[c]];
    }
}

// The last that can fail.
static entrain_status divide(entrain_engine *engine, const uint8_t *sides) {
    entrain__disturbed *disturbed = &engine->disturbed;
    if (!are_divided(engine, sides)) {
        give_open(engine);
        if (disturbed->sides != NULL)
            engine->bytes_table -= engine->vertex_count;
        entrain__arena_give(engine->arena, disturbed->sides);
        disturbed->sides = NULL;
        return ENTRAIN_OK;
    }
    if (disturbed->sides == NULL) {
        uint8_t *by_place = entrain__engine_take(engine, &engine->bytes_table, engine->vertex_count, 1);
        if (by_place == NULL)
            return ENTRAIN_NO_MEMORY;
        engine->graph.open = take_open(engine);
        if (engine->graph.open == NULL) {
            entrain__arena_give(engine->arena, by_place);
            engine->bytes_table -= engine->vertex_count;
            return ENTRAIN_NO_MEMORY;
        }
        disturbed->sides = by_place;
    }
    copy_sides(engine, sides, disturbed->sides);
    mark_open(engine, disturbed->sides, engine->graph.open);
    return ENTRAIN_OK;
}

// --- All of it

static entrain_status check_state(const entrain_engine *engine, entrain_error *error_out) {
    if (!engine->started)
        return entrain_error_set(
            error_out, ENTRAIN_ORDER,
            "Observations were disturbed before the engine was started; start it first.");
    if (engine->broken)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "Observations were disturbed after a run that failed; destroy the engine.");
    if (engine->config.execution != ENTRAIN_EXECUTION_LOCKSTEP)
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "The engine's execution is %s; observations can be disturbed in lockstep only.",
            entrain_execution_name(engine->config.execution));
    return ENTRAIN_OK;
}

static entrain_status check(const entrain_engine *engine, const entrain_disturbance *disturbance,
                            entrain_error *error_out) {
    if (!(disturbance->loss >= 0 && disturbance->loss <= 1))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "The share of observations to lose is %g; it must be 0 to 1.",
                                 disturbance->loss);
    if (disturbance->delay > engine->config.disturbance_delay_max)
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "Observations are to come %" PRIu32
                                 " ticks late, and what is published is kept "
                                 "for %" PRIu32 "; create the engine with a greater disturbance_delay_max.",
                                 disturbance->delay, engine->config.disturbance_delay_max);
    if (!engine->graph.complete || engine->vertex_count == 0)
        return ENTRAIN_OK;
    if (disturbance->loss > 0 || are_divided(engine, disturbance->sides))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "The topology is complete: everybody hears one sum over the whole swarm, of "
                                 "which nothing can be %s; build its arcs: erdos-renyi with probability 1.",
                                 disturbance->loss > 0 ? "lost" : "cut off");
    return ENTRAIN_OK;
}

entrain_status entrain_engine_disturb(entrain_engine *engine, const entrain_disturbance *disturbance,
                                      entrain_error *error_out) {
    ENTRAIN_ASSERT(disturbance != NULL && !engine->running); // not from within a behavior or a visitor
    entrain_status status = check_state(engine, error_out);
    if (status == ENTRAIN_OK)
        status = check(engine, disturbance, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain__disturbed *disturbed = &engine->disturbed;
    if (divide(engine, disturbance->sides) != ENTRAIN_OK)
        return entrain_error_set(
            error_out, ENTRAIN_NO_MEMORY,
            "There is no memory for who is on which side; make the swarm smaller or free some.");
    disturbed->threshold = (uint64_t)floor(disturbance->loss * 0x1p32 + 0.5);
    disturbed->key = entrain_random_key(engine->config.seed, ENTRAIN_STREAM_LOSS);
    disturbed->delay = engine->exchanges > 0 ? disturbance->delay : 0; // nobody steps: nothing is ever older
    disturbed->thins = disturbed->threshold > 0 || disturbed->sides != NULL;
    if (engine->graph.complete && engine->vertex_count > 0)
        entrain__field_choose(engine);
    engine->republished++; // who watches a law of motion begins anew
    return ENTRAIN_OK;
}

bool entrain_engine_is_disturbed(const entrain_engine *engine) {
    return engine->disturbed.threshold > 0 || engine->disturbed.delay > 0;
}

bool entrain_range_reaches(const entrain_range *range, uint32_t k, entrain_id to) {
    const entrain_engine *engine = range->engine;
    const entrain__disturbed *disturbed = &engine->disturbed;
    if (!disturbed->thins)
        return true;
    const uint32_t from_slot = entrain__id_slot(range->ids[k]), to_slot = entrain__id_slot(to);
    const uint32_t here = entrain__place_of(engine, range->ids[k]), there = entrain__place_of(engine, to);
    if (disturbed->sides != NULL && here < engine->vertex_count && there < engine->vertex_count &&
        disturbed->sides[here] != disturbed->sides[there])
        return false;
    if (disturbed->threshold == 0)
        return true;
    const entrain_random key = entrain_random_key(engine->config.seed, ENTRAIN_STREAM_MAIL_LOSS);
    return entrain_random_draw(key, from_slot, range->tick, to_slot).bits[0] >> 32 >= disturbed->threshold;
}
