// What actors have published, and what happens to it on its way: by vertex (archive_parts.h).
//
// Rings begin anew: what was written so many exchanges ago is found there, wherever that is. A reader whose
// ring is longer, because more delay is allowed than when the file was written, takes for older what is the
// oldest of the same exchange of a tick; one whose ring is shorter leaves out what nobody can ask for.
#include <string.h>

#include "engine/archive_parts.h"
#include "engine/delays.h"

#define WORD_MAX (INT64_C(1) << 44)
#define LOSS_UNIT 0x1p32

// --- Disturbances

static void archive_sides(entrain_engine *engine, entrain_archive *archive, uint8_t *sides) {
    for (uint32_t p = 0; p < engine->population_count && engine->populations[p]->behavior.words > 0; p++) {
        const entrain_population *population = engine->populations[p];
        for (uint32_t k = 0;
             engine->disturbed.sides != NULL && !entrain_archive_is_reading(archive) && k < population->count;
             k++)
            sides[population->first + k] =
                engine->disturbed.sides[population->first + entrain__column_of(population, k)];
    }
    entrain_archive_bytes(archive, sides, engine->vertex_count);
}

static void disturb(entrain_engine *engine, entrain_archive *archive,
                    const entrain_disturbance *disturbance) {
    entrain_error error = {0};
    if (!entrain__archive_failed(archive) &&
        entrain_engine_disturb(engine, disturbance, &error) != ENTRAIN_OK)
        entrain_archive_refuse(archive, ENTRAIN_MISMATCH, "observations cannot be disturbed as they were: %s",
                               error.sentence);
}

void entrain__archive_disturbances(entrain_engine *engine, entrain_archive *archive) {
    if (engine->virtual_time != NULL)
        return;
    entrain_archive_section(archive, "disturbances");
    entrain_disturbance disturbance = {.loss = (double)engine->disturbed.threshold / LOSS_UNIT,
                                       .delay = engine->disturbed.delay};
    bool divided = engine->disturbed.sides != NULL;
    entrain_archive_f64(archive, &disturbance.loss);
    entrain_archive_u32(archive, &disturbance.delay);
    entrain_archive_bool(archive, &divided);
    uint8_t *sides = NULL;
    if (divided && !entrain__archive_failed(archive)) {
        sides = entrain__arena_take(engine->arena, engine->vertex_count + 1, 1);
        if (sides == NULL)
            entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY,
                                   "there is no memory for who is on which side.");
        else
            archive_sides(engine, archive, sides);
    }
    disturbance.sides = sides;
    if (entrain_archive_is_reading(archive))
        disturb(engine, archive, &disturbance);
    entrain__arena_give(engine->arena, sides);
    entrain_archive_u64(archive, &engine->republished); // the one above does not count
}

// --- Publications

static bool are_words(const int64_t *words, size_t count) {
    bool are = true;
    for (size_t w = 0; w < count; w++)
        are &= words[w] >= -WORD_MAX && words[w] <= WORD_MAX;
    return are;
}

// One exchange's of everybody.
static void archive_row(entrain_engine *engine, entrain_archive *archive, int64_t *words) {
    for (uint32_t p = 0; p < engine->population_count && engine->populations[p]->behavior.words > 0; p++) {
        const entrain_population *population = engine->populations[p];
        int64_t *its = words + (size_t)population->first * engine->words;
        entrain__archive_placed(archive, its, population->column_of_index, population->count,
                                engine->words * (uint32_t)sizeof *its);
    }
    if (entrain_archive_is_reading(archive) &&
        !are_words(words, (size_t)engine->vertex_count * engine->words))
        entrain__archive_nonsense(archive, "somebody published more than 2^44");
}

// The buffer of @p ago exchanges before now.
static int64_t *row_at(const entrain_engine *engine, uint32_t ago) {
    return engine->publications[(engine->now + engine->ring - ago) % engine->ring];
}

static void archive_past_rows(entrain_engine *engine, entrain_archive *archive, uint64_t written) {
    const size_t bytes = (size_t)engine->vertex_count * engine->words * sizeof(int64_t);
    const uint32_t most = engine->ring - 2;
    for (uint64_t ago = 1; ago <= written && !entrain__archive_failed(archive);
         ago++) // all of them in the end
        archive_row(engine, archive, ago <= most ? row_at(engine, (uint32_t)ago) : row_at(engine, most + 1));
    if (!entrain_archive_is_reading(archive))
        return;
    for (uint32_t ago = (uint32_t)written + 1; ago <= most; ago++)
        memcpy(row_at(engine, ago), row_at(engine, ago > engine->exchanges ? ago - engine->exchanges : 0),
               bytes);
}

// The row of lives of so many ticks ago; rows beyond what is kept go where the next tick's comes.
static uint8_t *lives_at(const entrain_engine *engine, uint64_t ticks) {
    const uint64_t rows = (uint64_t)engine->delay_most + 1, back = ticks < rows ? ticks : 0;
    return engine->lives + (size_t)((engine->tick + rows - back) % rows) * engine->vertex_count;
}

// Of whom nobody knows, it is as a tick later.
static void continue_lives(entrain_engine *engine, uint64_t ticks_written) {
    for (uint64_t ticks = ticks_written + 1; ticks <= engine->delay_most; ticks++)
        memcpy(lives_at(engine, ticks), lives_at(engine, ticks - 1), engine->vertex_count);
}

// Who spoke so many ticks ago: the generation, by vertex.
static void archive_lives(entrain_engine *engine, entrain_archive *archive, uint64_t ticks_written) {
    const bool reading = entrain_archive_is_reading(archive);
    for (uint64_t ticks = 1; ticks <= ticks_written && !entrain__archive_failed(archive); ticks++)
        for (uint32_t p = 0; p < engine->population_count && engine->populations[p]->behavior.words > 0;
             p++) {
            const entrain_population *population = engine->populations[p];
            entrain__archive_placed(archive, lives_at(engine, ticks) + population->first,
                                    population->column_of_index, population->count, 1);
        }
    if (reading && engine->delay_most > 0)
        continue_lives(engine, ticks_written);
}

static void archive_lives_kept(entrain_engine *engine, entrain_archive *archive, uint64_t ticks_written) {
    const bool reading = entrain_archive_is_reading(archive);
    bool kept = engine->lives_kept;
    entrain_archive_bool(archive, &kept);
    if (reading)
        engine->lives_kept = kept && engine->lives != NULL;
    if (!kept || entrain__archive_failed(archive))
        return;
    uint8_t *scratch = NULL;
    if (engine->lives == NULL) { // nobody looks back any more
        engine->lives = scratch = entrain__arena_take(engine->arena, engine->vertex_count, 1);
        if (scratch == NULL) {
            entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory for who spoke when.");
            return;
        }
    }
    archive_lives(engine, archive, ticks_written);
    if (scratch != NULL) {
        entrain__arena_give(engine->arena, scratch);
        engine->lives = NULL;
    }
}

// --- Fields of a complete graph

static void archive_field(const entrain_engine *engine, entrain_archive *archive, entrain__int128 *totals,
                          uint32_t *speakers) {
    const entrain__int128 most = (entrain__int128)WORD_MAX * engine->vertex_count;
    entrain_archive_u32(archive, speakers);
    for (uint32_t w = 0; w < engine->words; w++) {
        uint64_t low = (uint64_t)totals[w];
        int64_t high = (int64_t)(totals[w] >> 64);
        entrain_archive_u64(archive, &low);
        entrain_archive_i64(archive, &high);
        totals[w] = (entrain__int128)high * ((entrain__int128)1 << 64) + (entrain__int128)low;
        if (totals[w] > most || totals[w] < -most || *speakers > engine->vertex_count) {
            entrain__archive_nonsense(archive, "the swarm said more than it can");
            totals[w] = 0;
        }
    }
}

static void archive_past_fields(entrain_engine *engine, entrain_archive *archive, uint64_t written) {
    const uint32_t most = engine->field_ring - 1;
    entrain__int128 beyond[ENTRAIN_WORDS_MAX] = {0};
    uint32_t beyond_speakers = 0;
    for (uint64_t ago = 1; ago <= written && !entrain__archive_failed(archive); ago++) {
        const size_t at =
            (engine->field_now + engine->field_ring - (size_t)(ago <= most ? ago : 0)) % engine->field_ring;
        archive_field(engine, archive, ago <= most ? engine->field_totals + at * engine->words : beyond,
                      ago <= most ? &engine->field_speakers[at] : &beyond_speakers);
    }
}

// What is heard of the whole swarm, out of what everybody says; older fields where the file has none are as
// those of the same exchange of a tick after them.
static void sum_fields(entrain_engine *engine, uint64_t written) {
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        if (engine->cohorts[c].population->behavior.words > 0)
            entrain__field_part(engine, &engine->cohorts[c], engine->publications[engine->now]);
    entrain__field_sum(engine);
    for (uint32_t ago = (uint32_t)written + 1; ago < engine->field_ring; ago++) {
        const uint32_t ring = engine->field_ring;
        const uint32_t to = (engine->field_now + ring - ago) % ring;
        const uint32_t from =
            (engine->field_now + ring - (ago > engine->exchanges ? ago - engine->exchanges : 0)) % ring;
        memcpy(engine->field_totals + (size_t)to * engine->words,
               engine->field_totals + (size_t)from * engine->words,
               engine->words * sizeof *engine->field_totals);
        engine->field_speakers[to] = engine->field_speakers[from];
    }
    entrain__field_choose(engine);
}

// --- All of it

// Of nobody there is silence, in the buffer that is written next, too.
static void silence_stopped(entrain_engine *engine) {
    const size_t bytes = engine->words * sizeof(int64_t);
    for (uint32_t place = 0; engine->stopped_vertices > 0 && place < engine->vertex_count; place++)
        for (uint32_t next = 0; engine->ids[place] == ENTRAIN_ID_NONE && next < 2; next++)
            memset((char *)engine->publications[(engine->now + next) % engine->ring] + place * bytes, 0,
                   bytes);
}

void entrain__archive_publications(entrain_engine *engine, entrain_archive *archive) {
    if (engine->vertex_count == 0)
        return;
    entrain_archive_section(archive, "publications");
    const bool reading = entrain_archive_is_reading(archive);
    // Exchanges that are kept besides the one of now.
    uint64_t written = engine->graph.complete ? engine->field_ring - 1 : engine->ring - 2;
    entrain_archive_count(archive, &written, (uint64_t)4 * 2 * ENTRAIN__DELAY_TICKS_MAX,
                          "the number of exchanges that are kept");
    if (engine->exchanges > 0 && written % engine->exchanges != 0)
        entrain__archive_nonsense(archive, "half a tick is kept");
    if (engine->exchanges == 0 && written > 0)
        entrain__archive_nonsense(archive, "something is kept where nobody steps");
    entrain_archive_i64(archive, &engine->steady_since);
    if (reading && !engine->graph.complete &&
        (engine->silent_arcs > 0 ? engine->steady_since != INT64_MAX
                                 : engine->steady_since > (int64_t)engine->tick))
        entrain__archive_nonsense(archive, "silence does not fit who is silent");
    archive_row(engine, archive, engine->publications[engine->now]);
    if (entrain__archive_failed(archive))
        return;
    if (engine->graph.complete) {
        archive_past_fields(engine, archive, written);
    } else {
        archive_past_rows(engine, archive, written);
        if (written > 0)
            archive_lives_kept(engine, archive, written / engine->exchanges);
        else if (reading && engine->stopped_vertices > 0)
            entrain__lives_keep(engine); // where this engine looks back
    }
    if (!reading || entrain__archive_failed(archive))
        return;
    silence_stopped(engine);
    if (engine->graph.complete)
        sum_fields(engine, written);
}
