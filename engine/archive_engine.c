// The state of an engine, written or read: the order of its parts, and what writer and reader must agree on.
// See archive_parts.h.
#include <stdio.h>
#include <string.h>

#include "engine/archive_parts.h"
#include "engine/virtual_time.h"

#define TICK_MAX (UINT64_C(1) << 62) // nobody gets there, and differences of two fit

// --- what the parts share

void entrain__archive_nonsense(entrain_archive *archive, const char *what) {
    entrain_archive_refuse(archive, ENTRAIN_PARSE, "%s; it cannot be read from. Take an older one.", what);
}

static bool is_zero(const unsigned char *element, uint32_t size) {
    for (uint32_t b = 0; b < size; b++)
        if (element[b] != 0)
            return false;
    return true;
}

void entrain__archive_sparse(entrain_archive *archive, void *array, uint32_t count, uint32_t size,
                             const char *what) {
    unsigned char *elements = array;
    uint64_t present = 0;
    if (entrain_archive_is_reading(archive))
        memset(array, 0, (size_t)count * size);
    else
        for (uint32_t k = 0; k < count; k++)
            present += !is_zero(elements + (size_t)k * size, size);
    entrain_archive_count(archive, &present, count, what);
    uint32_t next = 0; // the first that may come
    for (uint64_t p = 0; p < present && !entrain__archive_failed(archive); p++) {
        uint32_t k = next;
        while (!entrain_archive_is_reading(archive) && is_zero(elements + (size_t)k * size, size))
            k++;
        entrain_archive_u32(archive, &k);
        if (k < next || k >= count) {
            entrain__archive_nonsense(archive, what);
            return;
        }
        entrain_archive_bytes(archive, elements + (size_t)k * size, size);
        next = k + 1;
    }
}

void entrain__archive_placed(entrain_archive *archive, void *array, const uint32_t *places, uint32_t count,
                             uint32_t size) {
    unsigned char *elements = array, block[ENTRAIN__ARCHIVE_BLOCK];
    if (places == NULL) {
        entrain_archive_bytes(archive, array, (size_t)count * size);
        return;
    }
    const uint32_t most = ENTRAIN__ARCHIVE_BLOCK / size;
    const bool reading = entrain_archive_is_reading(archive);
    for (uint32_t first = 0; first < count; first += most) {
        const uint32_t some = count - first < most ? count - first : most;
        for (uint32_t k = 0; !reading && k < some; k++)
            memcpy(block + (size_t)k * size, elements + (size_t)places[first + k] * size, size);
        entrain_archive_bytes(archive, block, (size_t)some * size);
        for (uint32_t k = 0; reading && k < some; k++)
            memcpy(elements + (size_t)places[first + k] * size, block + (size_t)k * size, size);
    }
}

// --- what both sides must agree on

static void expect_name(entrain_archive *archive, uint32_t value, const char *name, const char *what) {
    uint32_t found = value;
    entrain_archive_u32(archive, &found);
    if (found != value)
        entrain_archive_refuse(archive, ENTRAIN_MISMATCH,
                               "%s was another one and is %s now; what goes on is not what was stopped.",
                               what, name);
}

static void expect_step(const entrain_engine *engine, entrain_archive *archive) {
    double step_s = engine->config.step_s;
    entrain_archive_f64(archive, &step_s);
    if (entrain__when(step_s) != entrain__when(engine->config.step_s))
        entrain_archive_refuse(archive, ENTRAIN_MISMATCH,
                               "the step was %.9g s and is %.9g s now; what goes on is not what was stopped.",
                               step_s, engine->config.step_s);
}

static void expect_population(const entrain_population *population, entrain_archive *archive) {
    enum { NAME_MAX_BYTES = 4096 };
    const entrain_behavior *behavior = &population->behavior;
    char name[NAME_MAX_BYTES] = {0}, what[160];
    const size_t length = strnlen(behavior->name, NAME_MAX_BYTES - 1);
    memcpy(name, behavior->name, length);
    uint64_t size = length;
    entrain_archive_count(archive, &size, NAME_MAX_BYTES - 1, "the length of a population's name");
    entrain_archive_bytes(archive, name, (size_t)size);
    name[size] = '\0';
    if (size != length || memcmp(name, behavior->name, length) != 0)
        entrain_archive_refuse(
            archive, ENTRAIN_MISMATCH,
            "a population was \"%.64s\" and is \"%.64s\" now; what goes on is not what was stopped.", name,
            behavior->name);
    snprintf(what, sizeof what, "the number of actors of \"%.64s\"", behavior->name);
    entrain_archive_expect(archive, population->count, what);
    snprintf(what, sizeof what, "the number of columns of \"%.64s\"", behavior->name);
    entrain_archive_expect(archive, behavior->column_count, what);
    for (uint32_t c = 0; c < behavior->column_count; c++) {
        snprintf(what, sizeof what, "the bytes of column \"%.64s\" of \"%.64s\"",
                 population->column_specs[c].name, behavior->name);
        entrain_archive_expect(archive, population->column_specs[c].bytes, what);
    }
}

static void expect_engine(const entrain_engine *engine, entrain_archive *archive) {
    const entrain_engine_config *config = &engine->config;
    entrain_archive_section(archive, "engine");
    expect_name(archive, config->execution, entrain_execution_name(config->execution), "the execution");
    expect_step(engine, archive);
    entrain_archive_expect(archive, config->seed, "the seed");
    entrain_archive_expect(archive, engine->population_count, "the number of populations");
    for (uint32_t p = 0; p < engine->population_count; p++)
        expect_population(engine->populations[p], archive);
    entrain_archive_expect(archive, engine->words, "the number of words that actors publish");
    entrain_archive_expect(archive, engine->exchanges, "the number of exchanges in a tick");
    expect_name(archive, config->overflow, entrain_overflow_name(config->overflow), "the overflow policy");
    // A mailbox that was given a size turns away what another would take.
    entrain_archive_expect(archive, config->overflow_named ? config->mailbox_capacity : 0,
                           "mailbox_capacity");
}

static bool is_refused(const entrain_engine *engine, entrain_archive *archive) {
    if (!engine->started || engine->broken)
        entrain_archive_refuse(
            archive, ENTRAIN_ORDER,
            "the engine %s, and has no state that could be written or read; start it first.",
            engine->broken ? "failed" : "was not started");
    else if (engine->events != NULL)
        entrain_archive_refuse(archive, ENTRAIN_UNSUPPORTED,
                               "event-driven execution is never between two ticks, so there is nothing to go "
                               "on from; use lockstep or virtual-time.");
    else if (engine->chains != NULL || engine->signs_order)
        entrain_archive_refuse(archive, ENTRAIN_UNSUPPORTED,
                               "order signatures are not part of a checkpoint; run without them.");
    else if (engine->trace_logs != NULL)
        entrain_archive_refuse(archive, ENTRAIN_UNSUPPORTED,
                               "a trace is not part of a checkpoint; run without one (trace = 0).");
    else if (entrain_archive_is_reading(archive) && (engine->tick > 0 || engine->time_s > 0))
        entrain_archive_refuse(archive, ENTRAIN_ORDER,
                               "the engine is at %.9g s already; read into one that was just started.",
                               entrain_engine_time_s(engine));
    return entrain__archive_failed(archive);
}

static void archive_counts(entrain_engine *engine, entrain_archive *archive) {
    entrain_archive_section(archive, "counts");
    const bool reading = entrain_archive_is_reading(archive);
    entrain_message_count sum;
    entrain_engine_count(engine, &sum);
    uint64_t observations = entrain_engine_observations(engine);
    uint64_t *const parts[] = {&sum.sent, &sum.received,  &sum.shed,          &sum.conflated,
                               &sum.lost, &sum.cancelled, &sum.undeliverable, &observations};
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        entrain_archive_u64(archive, parts[p]);
    if (!reading)
        return;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        engine->cohorts[c].count_of = (entrain_message_count){0};
        engine->cohorts[c].observations = 0;
    }
    sum.queued = 0; // what is under way says it itself
    engine->count_of = sum;
    engine->cohorts[0].observations = observations;
    entrain_engine_count(engine, &sum);
    if (!entrain__archive_failed(archive) && entrain_message_count_residual(&sum) != 0)
        entrain__archive_nonsense(archive, "the counts of messages do not add up");
}

static void archive_contexts(entrain_engine *engine, entrain_archive *archive) {
    for (uint32_t p = 0; p < engine->population_count; p++) {
        const entrain_population *population = engine->populations[p];
        entrain_archive_section(archive, "context");
        if (population->behavior.archive != NULL && !entrain__archive_failed(archive))
            population->behavior.archive(population->context, archive);
    }
}

void entrain_engine_archive(entrain_engine *engine, entrain_archive *archive) {
    ENTRAIN_ASSERT(!engine->running); // not from within a behavior or a visitor
    if (is_refused(engine, archive))
        return;
    expect_engine(engine, archive);
    entrain_archive_count(archive, &engine->tick, TICK_MAX, "the tick");
    void (*const parts[])(entrain_engine *, entrain_archive *) = {
        entrain__archive_topology,     entrain__archive_actors,       entrain__archive_columns,
        entrain__archive_disturbances, entrain__archive_publications, entrain__archive_timers,
        entrain__archive_supervision,  entrain__archive_watches,      entrain__archive_mail,
    };
    for (size_t p = 0; p < sizeof parts / sizeof *parts && !entrain__archive_failed(archive); p++)
        parts[p](engine, archive);
    if (engine->virtual_time != NULL && !entrain__archive_failed(archive))
        entrain__virtual_archive(engine, archive);
    if (!entrain__archive_failed(archive))
        archive_counts(engine, archive);
    archive_contexts(engine, archive);
    entrain_archive_section(archive, "engine ends");
    if (entrain_archive_is_reading(archive) && entrain__archive_failed(archive))
        engine->broken = true; // half of it is the other's
}
