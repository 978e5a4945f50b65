// Phase models of the user's own: who is known, and one of them as a behavior.
//
// The engine sees a behavior whose context is ours: initial values, and the model's context behind them. The
// model's functions get a copy of the range in which the context is theirs: 200 bytes a call, which is a
// cohort of some thousand arcs.
#include "entrain/phase_model.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "actors/phase_values.h"
#include "engine/base/registry.h"
#include "engine/base/sum.h"
#include "entrain/math.h"

enum { OWN_COLUMNS = 3 };

// What scenarios call our own models.
static const char *const ours[] = {"kuramoto", "swing", "pulse", "desync"};
enum { OUR_COUNT = sizeof ours / sizeof *ours };
static entrain__registry registry = {.what = "model", .built_in = OUR_COUNT};

const entrain_phase_model *entrain_phase_model_at(uint32_t index) {
    return entrain__registry_at(&registry, index);
}

const entrain_phase_model *entrain_phase_model_find(const char *name) {
    return entrain__registry_find(&registry, name);
}

#define REFUSE(...) return entrain_error_set(error_out, ENTRAIN_INVALID, __VA_ARGS__)

static entrain_status check_model(const entrain_phase_model *model, entrain_error *error_out) {
    const char *name = model->name != NULL ? model->name : "?";
    if (model->words < 2 || model->words > ENTRAIN_WORDS_MAX)
        REFUSE("model \"%s\" publishes %u words; it must be 2 to %d, of which the first two are cos and sin "
               "of the phase",
               name, model->words, ENTRAIN_WORDS_MAX);
    if (model->exchanges != 1 && model->exchanges != 2 && model->exchanges != 4)
        REFUSE("model \"%s\" wants %u exchanges a tick; there may be 1, 2 or 4", name, model->exchanges);
    if (model->column_count > ENTRAIN_COLUMNS_MAX - OWN_COLUMNS ||
        (model->column_count > 0 && model->columns == NULL))
        REFUSE("model \"%s\" declares %u columns%s; there may be 0 to %d", name, model->column_count,
               model->columns == NULL ? " and gives none" : "", ENTRAIN_COLUMNS_MAX - OWN_COLUMNS);
    if (model->step == NULL)
        REFUSE("model \"%s\" has no step function; fill it in", name);
    if (model->publish == NULL && model->words > 2)
        REFUSE("model \"%s\" has no publish function; fill it in, or publish 2 words", name);
    return entrain__parameters_check("model", name, model->parameters, model->parameter_count, error_out);
}

static bool is_ours(const char *name) {
    for (size_t i = 0; i < OUR_COUNT; i++)
        if (strcmp(ours[i], name) == 0)
            return true;
    return false;
}

entrain_status entrain_phase_model_register(const entrain_phase_model *model, entrain_error *error_out) {
    entrain__candidate candidate = {.row = model,
                                    .name = model->name,
                                    .summary = model->summary,
                                    .built_in = model->name != NULL && is_ours(model->name)};
    entrain_status status = check_model(model, error_out);
    return status != ENTRAIN_OK ? status : entrain__registry_add(&registry, &candidate, error_out);
}

// The population's context: one arena of its own, freed with the engine.
typedef struct own_model {
    entrain__arena *arena;
    const entrain_phase_model *model;
    void *context;
    bool created; // the context is the model's, not our copy of the parameters
    entrain__phase_values initial;
    double parameters[ENTRAIN_PARAMETERS_MAX];
} own_model;

static entrain_range as_seen_by_model(const entrain_range *range) {
    const own_model *own = range->context;
    entrain_range seen = *range;
    seen.context = own->context;
    return seen;
}

static void start(const entrain_range *range) {
    const own_model *own = range->context;
    entrain__phase_values_start(range, own->initial);
    entrain_range seen = as_seen_by_model(range);
    if (own->model->start != NULL)
        own->model->start(&seen);
}

static void step(const entrain_range *range, uint32_t stage) {
    const own_model *own = range->context;
    entrain_range seen = as_seen_by_model(range);
    own->model->step(&seen, stage);
}

static void publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    const own_model *own = range->context;
    entrain_range seen = as_seen_by_model(range);
    if (own->model->publish != NULL)
        own->model->publish(&seen, stage, words_out);
    else
        entrain_phase_publish(range->count, range->columns[ENTRAIN_KURAMOTO_PHASE], own->model->words,
                              words_out);
}

static void rewired(const entrain_range *range) {
    const own_model *own = range->context;
    entrain_range seen = as_seen_by_model(range);
    own->model->rewired(&seen);
}

static size_t measure(const void *context) {
    const own_model *own = context;
    size_t bytes = entrain__arena_bytes(own->arena);
    return bytes + (own->created && own->model->measure != NULL ? own->model->measure(own->context) : 0);
}

static void release(void *context) {
    own_model *own = context;
    if (own->created && own->model->release != NULL)
        own->model->release(own->context);
    entrain__arena_destroy(own->arena);
}

static entrain_status create_context(own_model *own, const entrain_phase_setup *setup,
                                     entrain_error *error_out) {
    const entrain_phase_model *model = own->model;
    entrain_error refusal = {0};
    own->context = own->parameters;
    if (model->create == NULL)
        return ENTRAIN_OK;
    entrain_status status = model->create(setup, &own->context, &refusal);
    own->created = status == ENTRAIN_OK;
    if (own->created)
        return ENTRAIN_OK;
    if ((unsigned)status >= ENTRAIN_STATUS_COUNT)
        REFUSE("model \"%s\": its create function answered %d, which is no status", model->name, (int)status);
    return entrain_error_set(error_out, status, "model \"%s\": %s", model->name,
                             refusal.sentence[0] != '\0' ? refusal.sentence : entrain_status_text(status));
}

static own_model *make_own(const entrain_phase_model *model) {
    entrain__arena *arena = NULL;
    own_model *own = NULL;
    if (entrain__arena_create(&arena) == ENTRAIN_OK)
        own = entrain__arena_take(arena, 1, sizeof *own);
    if (own == NULL) {
        entrain__arena_destroy(arena);
        return NULL;
    }
    own->arena = arena;
    own->model = model;
    return own;
}

static entrain_status add_population(entrain_engine *engine, own_model *own, uint32_t count,
                                     entrain_population **population_out, entrain_error *error_out) {
    const entrain_phase_model *model = own->model;
    entrain_column columns[ENTRAIN_COLUMNS_MAX] = {
        {.name = "phase", .bytes = sizeof(double), .fingerprint = true},
        {.name = "turns", .bytes = sizeof(int32_t), .fingerprint = true},
        {.name = "frequency", .bytes = sizeof(double), .fingerprint = true},
    };
    for (uint32_t c = 0; c < model->column_count; c++)
        columns[OWN_COLUMNS + c] = model->columns[c];
    const entrain_behavior behavior = {
        .name = model->name,
        .columns = columns,
        .column_count = OWN_COLUMNS + model->column_count,
        .words = model->words,
        .exchanges = model->exchanges,
        .wants_heard = model->wants_heard,
        .start = start,
        .step = step,
        .publish = publish,
        .rewired = model->rewired != NULL ? rewired : NULL,
        .release = release,
        .measure = measure,
    };
    return entrain_engine_add(engine, &behavior, own, count, population_out, error_out);
}

entrain_status entrain_phase_model_add(entrain_engine *engine, const entrain_phase_model *model,
                                       const double *parameters, uint32_t count, const double *phases,
                                       const double *frequencies, entrain_population **population_out,
                                       entrain_error *error_out) {
    entrain__phase_values initial = {phases, frequencies};
    double step_s = entrain_engine_step_s(engine);
    entrain_status status = check_model(model, error_out);
    if (status == ENTRAIN_OK)
        status = entrain__phase_values_check(step_s, count, initial, error_out);
    if (status != ENTRAIN_OK)
        return status;
    own_model *own = make_own(model);
    if (own == NULL || entrain__phase_values_copy(own->arena, count, initial, &own->initial) != ENTRAIN_OK) {
        if (own != NULL)
            release(own);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "There is no memory for %" PRIu32 " oscillators.", count);
    }
    status = entrain__parameters_fill("model", model->name, model->parameters, model->parameter_count,
                                      parameters, own->parameters, error_out);
    entrain_phase_setup setup = {
        .count = count, .step_s = step_s, .seed = entrain_engine_seed(engine), .parameters = own->parameters};
    if (status == ENTRAIN_OK)
        status = create_context(own, &setup, error_out);
    if (status != ENTRAIN_OK) {
        release(own);
        return status;
    }
    return add_population(engine, own, count, population_out, error_out); // which owns it, whatever it says
}

// ---- what a model's functions may call ----

// As the loops of phase_kernels.inc do it, to the bit.
void entrain_phase_advance(double *phase, int32_t *turns, double by) {
    double moved = *phase + by;
    moved = moved < 0x1p40 ? moved : 0x1p40;
    moved = moved > -0x1p40 ? moved : -0x1p40;
    double whole = moved * 0x1.45f306dc9c883p-3 + ENTRAIN_ROUND_MAGIC;
    *phase = moved - (whole - ENTRAIN_ROUND_MAGIC) * 0x1.921fb54442d18p+2;
    *turns = (int32_t)((uint32_t)*turns + (uint32_t)(uint64_t)entrain__bits_of(whole));
}

int64_t entrain_word(double value) {
    value = value < 1 ? value : value == value ? 1 : 0;
    return entrain__round_to_int64((value > -1 ? value : -1) * 0x1p44);
}

void entrain_phase_publish(uint32_t count, const double *phases, uint32_t words, int64_t *words_out) {
    for (size_t k = 0; k < count; k++) {
        double s, c;
        entrain_sincos(phases[k], &s, &c);
        words_out[k * words] = entrain__round_to_int64(c * 0x1p44);
        words_out[k * words + 1] = entrain__round_to_int64(s * 0x1p44);
    }
}
