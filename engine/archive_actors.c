// Who lives where, and their columns: by index (archive_parts.h).
#include <string.h>

#include "engine/archive_parts.h"
#include "engine/delays.h"

static inline uint32_t place_at(const entrain_population *population, uint32_t index) {
    return population->first + entrain__column_of(population, index);
}

// Whether everybody lives who began with the run, nobody else, and all in their first generation.
static bool is_as_begun(const entrain_engine *engine, const entrain_population *population) {
    for (uint32_t k = 0; k < population->count; k++)
        if (engine->generations[population->first + k] != (k < population->living) ||
            (engine->ids[place_at(population, k)] != ENTRAIN_ID_NONE) != (k < population->living))
            return false;
    return true;
}

// 64 at a time: a bit for each who lives.
static void archive_living(entrain_engine *engine, entrain_population *population, entrain_archive *archive) {
    for (uint32_t first = 0; first < population->count; first += 64) {
        const uint32_t count = population->count - first < 64 ? population->count - first : 64;
        uint64_t living = 0;
        for (uint32_t k = 0; k < count; k++)
            living |= (uint64_t)(engine->ids[place_at(population, first + k)] != ENTRAIN_ID_NONE) << k;
        entrain_archive_u64(archive, &living);
        for (uint32_t k = 0; entrain_archive_is_reading(archive) && k < count; k++) {
            const uint32_t slot = population->first + first + k;
            const bool lives = (living >> k & 1) != 0;
            if (lives && engine->generations[slot] == 0) {
                entrain__archive_nonsense(archive, "somebody lives there who was never born");
                return;
            }
            engine->ids[place_at(population, first + k)] =
                lives ? entrain__id_make(slot, engine->generations[slot]) : ENTRAIN_ID_NONE;
        }
    }
}

static void archive_population(entrain_engine *engine, entrain_population *population,
                               entrain_archive *archive) {
    bool as_begun = is_as_begun(engine, population); // reading, too: the reader has just begun
    const bool is = as_begun;
    entrain_archive_bool(archive, &as_begun);
    if (entrain__archive_failed(archive))
        return;
    if (as_begun) {
        if (!is)
            entrain_archive_refuse(archive, ENTRAIN_MISMATCH,
                                   "other actors of \"%.64s\" live than at the start of what was stopped.",
                                   population->behavior.name);
        return;
    }
    entrain_archive_bytes(archive, engine->generations + population->first, population->count);
    archive_living(engine, population, archive);
}

// What follows from who lives.
static void count_living(entrain_engine *engine) {
    engine->stopped_vertices = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        const entrain_id *ids = engine->ids + cohort->population->first + cohort->first;
        cohort->stopped = 0;
        for (uint32_t k = 0; k < cohort->count; k++)
            cohort->stopped += ids[k] == ENTRAIN_ID_NONE;
        if (cohort->population->behavior.words > 0)
            engine->stopped_vertices += cohort->stopped;
    }
    if (engine->vertex_count > 0)
        entrain__silence_count(engine);
}

void entrain__archive_actors(entrain_engine *engine, entrain_archive *archive) {
    entrain_archive_section(archive, "actors");
    for (uint32_t p = 0; p < engine->population_count && !entrain__archive_failed(archive); p++)
        archive_population(engine, engine->populations[p], archive);
    if (entrain_archive_is_reading(archive) && !entrain__archive_failed(archive))
        count_living(engine);
}

void entrain__archive_columns(entrain_engine *engine, entrain_archive *archive) {
    for (uint32_t p = 0; p < engine->population_count; p++) {
        entrain_population *population = engine->populations[p];
        entrain_archive_section(archive, "columns");
        for (uint32_t c = 0; c < population->behavior.column_count; c++)
            entrain__archive_placed(archive, population->columns[c], population->column_of_index,
                                    population->count, population->column_specs[c].bytes);
    }
}
