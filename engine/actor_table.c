// Who lives where: ids with generations, stopping and restarting at a tick boundary, reading and writing
// state.
#include <inttypes.h>
#include <string.h>

#include "engine/base/fingerprint.h"
#include "engine/delays.h"
#include "engine/event_driven.h"
#include "engine/virtual_time.h"

entrain_population *entrain__population_of(const entrain_engine *engine, uint32_t slot) {
    ENTRAIN_ASSERT(slot < engine->actor_count);
    uint32_t p = 0;
    while (slot - engine->populations[p]->first >= engine->populations[p]->count)
        p++;
    return engine->populations[p];
}

uint32_t entrain__place_of(const entrain_engine *engine, entrain_id id) {
    uint32_t slot = entrain__id_slot(id);
    if (id == ENTRAIN_ID_NONE || slot >= engine->actor_count)
        return UINT32_MAX;
    const entrain_population *population = entrain__population_of(engine, slot);
    uint32_t place = population->first + entrain__column_of(population, slot - population->first);
    // Event-driven actors begin and end while others ask. Pairs with begin_actor().
    return entrain__load_acquire_u32(&engine->ids[place]) == id ? place : UINT32_MAX;
}

entrain_id entrain_population_id(const entrain_population *population, uint32_t index) {
    ENTRAIN_ASSERT(index < population->count);
    if (!population->engine->started)
        return ENTRAIN_ID_NONE;
    // Event-driven actors may ask while others begin and end. Pairs with begin_actor().
    return entrain__load_acquire_u32(
        &population->engine->ids[population->first + entrain__column_of(population, index)]);
}

void *entrain_population_at(entrain_population *population, uint32_t index, uint32_t column) {
    ENTRAIN_ASSERT(index < population->count && column < population->behavior.column_count);
    ENTRAIN_ASSERT(population->columns[column] != NULL); // started
    return population->columns[column] +
           (size_t)entrain__column_of(population, index) * population->column_specs[column].bytes;
}

uint32_t entrain_range_in_degree(const entrain_range *range, uint32_t k) {
    const entrain_engine *engine = range->engine;
    ENTRAIN_ASSERT(k < range->count);
    uint32_t place = (uint32_t)(range->ids - engine->ids) + k;
    if (place >= engine->vertex_count)
        return 0; // does not publish, so is no vertex
    if (engine->graph.complete)
        return engine->vertex_count;
    return (uint32_t)(engine->graph.offsets[place + 1] - engine->graph.offsets[place]);
}

void entrain__self_make(entrain_engine *engine, const entrain_population *population, uint32_t column,
                        entrain_self *self_out) {
    entrain_self self = {
        .engine = engine,
        .context = population->context,
        .id = engine->ids[population->first + column],
        .index = population->index_of_column[column],
        .tick = engine->tick,
        .time_s = entrain_engine_time_s(engine),
    };
    for (uint32_t c = 0; c < population->behavior.column_count; c++)
        self.columns[c] = population->columns[c] + (size_t)column * population->column_specs[c].bytes;
    *self_out = self;
}

static uint32_t vertex_of(const entrain_engine *engine, uint32_t place) {
    const entrain_population *population = entrain__population_of(engine, place);
    return population->first + population->index_of_column[place - population->first];
}

void entrain__silence_count(entrain_engine *engine) {
    const entrain__graph *graph = &engine->graph;
    engine->silent_arcs = 0;
    if (graph->complete || (engine->stopped_vertices == 0 && !engine->heard_filled))
        return;
    for (uint32_t place = 0; place < engine->vertex_count; place++) {
        uint32_t heard = 0;
        for (uint64_t a = graph->offsets[place]; a < graph->offsets[place + 1]; a++)
            heard += engine->ids[graph->speakers[a]] != ENTRAIN_ID_NONE;
        engine->heard[place] = heard;
        engine->silent_arcs += graph->offsets[place + 1] - graph->offsets[place] - heard;
    }
    engine->heard_filled = true;
    // Who was silent may have been for as long as arcs delay.
    engine->steady_since = engine->silent_arcs > 0 ? INT64_MAX : (int64_t)engine->tick;
}

// Everything that @p place publishes from now on is not heard (-1), or heard again (+1). Whom everybody
// hears is counted from the first time on.
static void adjust_heard(entrain_engine *engine, uint32_t place, uint32_t change) {
    if (engine->graph.complete || place >= engine->vertex_count)
        return;
    const uint64_t *offsets = engine->graph.offsets;
    entrain_topology_view view = entrain_topology_look(engine->topology);
    const uint32_t vertex = vertex_of(engine, place);
    const uint64_t arcs = view.out_offsets[vertex + 1] - view.out_offsets[vertex];
    engine->silent_arcs += change == 1 ? -arcs : arcs;
    for (uint32_t p = 0; p < engine->vertex_count && !engine->heard_filled; p++)
        engine->heard[p] = (uint32_t)(offsets[p + 1] - offsets[p]);
    engine->heard_filled = true;
    if (engine->delay_most > 0)
        return; // with delays it is counted anew: entrain__heard_late()
    for (uint64_t a = view.out_offsets[vertex]; a < view.out_offsets[vertex + 1]; a++) {
        uint32_t slot = (uint32_t)view.out_hearers[a];
        const entrain_population *hearers = entrain__population_of(engine, slot);
        engine->heard[hearers->first + entrain__column_of(hearers, slot - hearers->first)] += change;
    }
}

static entrain__moment now_of(const entrain_engine *engine) {
    return (entrain__moment){engine->tick, entrain_engine_time_s(engine)};
}

entrain_status entrain_engine_stop_actor(entrain_engine *engine, entrain_id id) {
    ENTRAIN_ASSERT(!engine->running);
    uint32_t place = engine->started ? entrain__place_of(engine, id) : UINT32_MAX;
    if (place == UINT32_MAX)
        return ENTRAIN_STALE;
    if (engine->events != NULL)
        return entrain__events_stop(engine, place);
    const entrain__end end = {.reason = ENTRAIN_REASON_STOPPED, .when = now_of(engine)};
    entrain__supervise_end(engine, entrain__id_slot(id), &end);
    return ENTRAIN_OK;
}

void entrain__actor_end(entrain_engine *engine, uint32_t slot) {
    const uint32_t place = entrain__place_of_slot(engine, slot);
    entrain__cohort *cohort = entrain__cohort_at(engine, place);
    const entrain_population *population = cohort->population;
    if (population->behavior.stop != NULL) {
        entrain_self self;
        entrain__self_make(engine, population, place - population->first, &self);
        population->behavior.stop(&self);
    }
    entrain__letters_forget(engine, cohort, place - population->first);
    if (place < engine->vertex_count)
        entrain__lives_keep(engine);
    engine->ids[place] = ENTRAIN_ID_NONE;
    cohort->stopped++;
    if (place < engine->vertex_count) {
        engine->stopped_vertices++;
        adjust_heard(engine, place, UINT32_MAX);
        if (engine->silent_arcs > 0)
            engine->steady_since = INT64_MAX;
        entrain__field_adjust(engine, place, -1);
        for (uint32_t next = 0; next < 2; next++) // with delays what follows is silenced as it comes
            memset(engine->publications[engine->now + next] + (size_t)place * engine->words, 0,
                   engine->words * sizeof(int64_t));
    }
}

entrain_status entrain_engine_restart_actor(entrain_engine *engine, entrain_population *population,
                                            uint32_t index, entrain_id *id_out) {
    ENTRAIN_ASSERT(index < population->count && population->engine == engine && !engine->running);
    uint32_t place = population->first + entrain__column_of(population, index);
    uint32_t slot = population->first + index;
    if (!engine->started || engine->ids[place] != ENTRAIN_ID_NONE)
        return ENTRAIN_ORDER;
    if (engine->generations[slot] == ENTRAIN_GENERATION_MAX)
        return ENTRAIN_LIMIT; // the slot is retired: an id never names two actors
    if (engine->events != NULL) {
        entrain_status status = entrain__events_restart(engine, slot);
        *id_out = engine->ids[place];
        return status;
    }
    *id_out = entrain__actor_begin(engine, slot);
    entrain__supervise_began(engine, slot, now_of(engine));
    return ENTRAIN_OK;
}

entrain_id entrain__actor_begin(entrain_engine *engine, uint32_t slot) {
    entrain_population *population = entrain__population_of(engine, slot);
    const uint32_t index = slot - population->first;
    const uint32_t column = entrain__column_of(population, index), place = population->first + column;
    ENTRAIN_ASSERT(engine->ids[place] == ENTRAIN_ID_NONE);
    ENTRAIN_ASSERT(engine->generations[slot] < ENTRAIN_GENERATION_MAX);
    if (place < engine->vertex_count)
        entrain__lives_keep(engine);
    engine->generations[slot]++;
    engine->ids[place] = entrain__id_make(slot, engine->generations[slot]);
    entrain__cohort *cohort = entrain__cohort_at(engine, place);
    cohort->stopped--;
    for (uint32_t c = 0; c < population->behavior.column_count; c++)
        memset(entrain_population_at(population, index, c), 0, population->column_specs[c].bytes);
    if (engine->undelivered != NULL)
        engine->undelivered[slot] = 0;
    if (engine->chains != NULL)
        engine->chains[slot] = 0;
    entrain_range range = entrain__range_make(engine, population, column, 1, 0);
    if (population->behavior.start != NULL)
        population->behavior.start(&range);
    if (population->behavior.begins)
        entrain__virtual_begin(engine, cohort, column);
    if (place < engine->vertex_count) {
        engine->stopped_vertices--;
        adjust_heard(engine, place, 1);
        if (engine->silent_arcs == 0)
            engine->steady_since = (int64_t)engine->tick;
        population->behavior.publish(&range, 0,
                                     engine->publications[engine->now] + (size_t)place * engine->words);
        entrain__field_adjust(engine, place, 1); // it was silence before
    }
    return engine->ids[place];
}

// Notices lie ready for the actor at @p slot: its task is to look.
static void alert(entrain_engine *engine, uint32_t slot) {
    entrain__cohort_at(engine, entrain__place_of_slot(engine, slot))->notices++;
}

const entrain__execution_calls entrain__lockstep_calls = {
    .end = entrain__actor_end, .begin = entrain__actor_begin, .alert = alert, .at_once = true};

uint64_t entrain_engine_republished(const entrain_engine *engine) { return engine->republished; }

void entrain_engine_republish(entrain_engine *engine) {
    ENTRAIN_ASSERT(!engine->running);
    if (!engine->started)
        return;
    engine->republished++;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        const entrain_population *population = cohort->population;
        if (population->behavior.words == 0)
            continue;
        const entrain_id *ids = engine->ids + population->first;
        for (uint32_t k = cohort->first; k < cohort->first + cohort->count; k++) {
            if (ids[k] == ENTRAIN_ID_NONE)
                continue;
            entrain_range range = entrain__range_make(engine, population, k, 1, 0);
            population->behavior.publish(&range, 0,
                                         engine->publications[engine->now] +
                                             (size_t)(population->first + k) * engine->words);
        }
        if (engine->graph.complete)
            entrain__field_part(engine, cohort, engine->publications[engine->now]);
    }
    entrain__field_sum(engine);
}

// One column's element as 64-bit pieces, folded into the actor's mix.
static inline uint64_t fold_element(uint64_t mix, const char *element, uint32_t bytes) {
    if (bytes < 8) {
        uint64_t piece = 0;
        memcpy(&piece, element, bytes);
        return entrain__mix_fold(mix, piece);
    }
    // Of large elements four chains go side by side, with half the mixing a piece: each step is a
    // bijection of chain and of piece, and what they come to is mixed in full.
    enum { CHAINS = 4, LARGE = 64 };
    uint32_t at = 0;
    uint64_t chains[CHAINS] = {mix, mix + 1, mix + 2, mix + 3}, piece;
    for (; bytes > LARGE && at + 8 * CHAINS <= bytes; at += 8 * CHAINS)
#pragma GCC unroll 4
        for (uint32_t c = 0; c < CHAINS; c++) {
            memcpy(&piece, element + at + (size_t)8 * c, 8);
            chains[c] = (chains[c] ^ piece) * UINT64_C(0x9fb21c651e98df25);
            chains[c] ^= chains[c] >> 32;
        }
    mix = chains[0];
    for (uint32_t c = 1; at > 0 && c < CHAINS; c++)
        mix = entrain__mix_fold(mix, chains[c]);
    for (; at < bytes; at += 8) {
        memcpy(&piece, element + at, 8);
        mix = entrain__mix_fold(mix, piece);
    }
    return mix;
}

// One column of some actors into their mixes: side by side, because each fold waits for the one before.
static void fold_column(const char *column, uint32_t bytes, uint32_t count, uint64_t *mixes) {
    if (bytes == 8) {
        for (uint32_t k = 0; k < count; k++) {
            uint64_t piece;
            memcpy(&piece, column + (size_t)8 * k, 8);
            mixes[k] = entrain__mix_fold(mixes[k], piece);
        }
        return;
    }
    for (uint32_t k = 0; k < count; k++)
        mixes[k] = fold_element(mixes[k], column + (size_t)k * bytes, bytes);
}

static void fingerprint_range(void *context, const entrain_range *range, uint32_t task) {
    enum { BLOCK = 64 };
    entrain_engine *engine = context;
    const entrain_population *population = engine->cohorts[task].population;
    uint64_t sum = 0, mixes[BLOCK];
    for (uint32_t first = 0; first < range->count; first += BLOCK) {
        const uint32_t left = range->count - first, count = left < BLOCK ? left : BLOCK;
        for (uint32_t k = 0; k < count; k++)
            mixes[k] = entrain__mix64(range->ids[first + k]);
        for (uint32_t c = 0; c < population->behavior.column_count; c++) {
            const entrain_column *spec = &population->column_specs[c];
            if (spec->fingerprint)
                fold_column((const char *)range->columns[c] + (size_t)first * spec->bytes, spec->bytes, count,
                            mixes);
        }
        for (uint32_t k = 0; k < count; k++)
            sum += mixes[k];
    }
    engine->fingerprints[task] += sum;
}

static void fingerprint_run(entrain_engine *engine, entrain__cohort *cohort, entrain_range *range,
                            void *context) {
    (void)context;
    fingerprint_range(engine, range, (uint32_t)(cohort - engine->cohorts));
}

uint64_t entrain_engine_fingerprint(entrain_engine *engine) {
    if (!engine->started)
        return 0;
    const size_t bytes = engine->cohort_count * sizeof *engine->fingerprints;
    memset(engine->fingerprints, 0, bytes);
    if (entrain_engine_visit(engine, NULL, false, fingerprint_range, engine) != ENTRAIN_OK) {
        // The policy lost or doubled a task. The state can still be looked at: by this thread alone.
        memset(engine->fingerprints, 0, bytes);
        for (uint32_t c = 0; c < engine->cohort_count; c++)
            entrain__cohort_runs(engine, &engine->cohorts[c], 0, fingerprint_run, NULL);
    }
    uint64_t sum = entrain__mix64(engine->tick);
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        sum += engine->fingerprints[c];
    return sum;
}
