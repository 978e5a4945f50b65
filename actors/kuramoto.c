// Phase oscillators: what may be configured and changed, and the population as a behavior. What a tick does
// is in kuramoto_step.c.
#include "entrain/kuramoto.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "actors/archived.h"
#include "actors/kuramoto_model.h"
#include "engine/base/assert.h"

#define COUPLING_MAX 1e6
#define LAG_MAX 3.14159265358979324

const char *entrain_normalise_name(entrain_normalise normalise) {
    static const char *const names[] = {"size", "degree", "heard", "none"};
    return (unsigned)normalise < ENTRAIN_NORMALISE_COUNT ? names[normalise] : NULL;
}

const char *entrain_integrator_name(entrain_integrator integrator) {
    static const char *const names[] = {"euler", "heun", "rk4"};
    return (unsigned)integrator < ENTRAIN_INTEGRATOR_COUNT ? names[integrator] : NULL;
}

const char *entrain_past_name(entrain_past past) {
    static const char *const names[] = {"still", "turning", "silent"};
    return (unsigned)past < ENTRAIN_PAST_COUNT ? names[past] : NULL;
}

entrain_kuramoto_config entrain_kuramoto_config_defaults(void) {
    return (entrain_kuramoto_config){.coupling = 1,
                                     .normalise = ENTRAIN_NORMALISE_DEGREE,
                                     .integrator = ENTRAIN_INTEGRATOR_RK4,
                                     .harmonics = 1,
                                     .damping = 1};
}

const entrain__phase_kernels *entrain__phase_kernels_for(entrain_simd level) {
    switch (level) {
    case ENTRAIN_SIMD_AVX512:
        return &entrain__phase_kernels_avx512;
    case ENTRAIN_SIMD_AVX2:
        return &entrain__phase_kernels_avx2;
    default:
        return &entrain__phase_kernels_sse2;
    }
}

static size_t measure(const void *context) {
    const entrain__kuramoto *model = context;
    return entrain__arena_bytes(model->arena);
}

static void release(void *context) {
    entrain__kuramoto *model = context;
    if (model != NULL)
        entrain__arena_destroy(model->arena);
}

// ---- what may be ----

#define REFUSE(...) return entrain_error_set(error_out, ENTRAIN_INVALID, __VA_ARGS__)

static uint32_t harmonics_of(const entrain_kuramoto_config *config) {
    return config->harmonics == 0 ? 1 : config->harmonics;
}
static uint32_t groups_of(const entrain_kuramoto_config *config) {
    return config->group_count == 0 ? 1 : config->group_count;
}

static entrain_status check_pairs(const entrain_kuramoto_config *config, uint32_t count,
                                  entrain_error *error_out) {
    const uint32_t harmonics = harmonics_of(config), groups = groups_of(config);
    if (harmonics > ENTRAIN_HARMONICS_MAX)
        REFUSE("harmonics is %" PRIu32 "; it must be 1 to %d.", harmonics, ENTRAIN_HARMONICS_MAX);
    if (groups > ENTRAIN_GROUPS_MAX)
        REFUSE("group_count is %" PRIu32 "; it must be at most %d.", groups, ENTRAIN_GROUPS_MAX);
    if (harmonics * groups > ENTRAIN__PAIRS_MAX)
        REFUSE("%" PRIu32 " groups with %" PRIu32
               " harmonics are too many; groups times harmonics must be at most %d.",
               groups, harmonics, ENTRAIN__PAIRS_MAX);
    for (uint32_t h = 2; h <= harmonics; h++) {
        if (!(fabs(config->harmonic_coupling[h - 2]) <= COUPLING_MAX))
            REFUSE("The coupling of harmonic %" PRIu32 " is %g rad/s; it must be -1e6 to 1e6.", h,
                   config->harmonic_coupling[h - 2]);
        if (!(fabs(config->harmonic_lag[h - 2]) <= LAG_MAX))
            REFUSE("The lag of harmonic %" PRIu32 " is %g rad; it must be -pi to pi.", h,
                   config->harmonic_lag[h - 2]);
    }
    uint64_t sum = 0;
    for (uint32_t a = 0; groups > 1 && a < groups; a++) {
        if (config->group_sizes[a] == 0)
            REFUSE("Group %" PRIu32 " has no oscillators; give it at least 1.", a + 1);
        sum += config->group_sizes[a];
        for (uint32_t b = 0; b < groups; b++) {
            if (!(fabs(config->group_coupling[a][b]) <= COUPLING_MAX))
                REFUSE("The coupling of group %" PRIu32 " to group %" PRIu32
                       " is %g; it must be -1e6 to 1e6.",
                       a + 1, b + 1, config->group_coupling[a][b]);
            if (!(fabs(config->group_lag[a][b]) <= LAG_MAX))
                REFUSE("The lag of group %" PRIu32 " to group %" PRIu32 " is %g rad; it must be -pi to pi.",
                       a + 1, b + 1, config->group_lag[a][b]);
        }
    }
    if (groups > 1 && sum != count)
        REFUSE("The groups' sizes add up to %" PRIu64 " and there are %" PRIu32
               " oscillators; make the two equal.",
               sum, count);
    return ENTRAIN_OK;
}

// One number, or each actor's own.
static entrain_status check_each(const char *what, double all, const double *each, uint32_t count,
                                 double least, bool above, double most, entrain_error *error_out) {
    const uint32_t looked_at = each != NULL ? count : 1;
    for (uint32_t i = 0; i < looked_at; i++) {
        const double value = each != NULL ? each[i] : all;
        if ((above ? value > least : value >= least) && value <= most)
            continue;
        if (each != NULL)
            REFUSE("%s of actor %" PRIu32 " is %g; it must be %s %g, and at most %g.", what, i, value,
                   above ? "above" : "at least", least, most);
        REFUSE("%s is %g; it must be %s %g, and at most %g.", what, value, above ? "above" : "at least",
               least, most);
    }
    return ENTRAIN_OK;
}

static bool is_inertial(const entrain_kuramoto_config *config) {
    return config->inertia != 0 || config->inertias != NULL;
}
static bool is_noisy(const entrain_kuramoto_config *config) {
    return config->noise != 0 || config->noises != NULL;
}

static entrain_status check_dynamics(const entrain_kuramoto_config *config, uint32_t count, double step_s,
                                     entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    if (config->gains != NULL)
        status =
            check_each("The gain", 1, config->gains, count, -COUPLING_MAX, false, COUPLING_MAX, error_out);
    if (status == ENTRAIN_OK && is_noisy(config))
        status = check_each("The noise", config->noise, config->noises, count, 0, false, 1e6, error_out);
    if (status == ENTRAIN_OK && is_noisy(config) && config->integrator == ENTRAIN_INTEGRATOR_RK4)
        REFUSE("Noise cannot be integrated by rk4, whose order rests on smoothness; choose euler or heun.");
    if (status != ENTRAIN_OK || !is_inertial(config)) {
        if (status == ENTRAIN_OK && (config->dampings != NULL || config->velocities != NULL))
            REFUSE("%s are given without inertia; oscillators of first order have none.",
                   config->dampings != NULL ? "Dampings" : "Velocities");
        return status;
    }
    status = check_each("The inertia", config->inertia, config->inertias, count, 0, true, 1e9, error_out);
    if (status == ENTRAIN_OK)
        status =
            check_each("The damping", config->damping, config->dampings, count, 0, false, 1e9, error_out);
    if (status == ENTRAIN_OK && config->velocities != NULL)
        status = check_each("The initial velocity (rad/s)", 0, config->velocities, count,
                            -ENTRAIN__TURN_MAX / step_s, false, ENTRAIN__TURN_MAX / step_s, error_out);
    return status;
}

static entrain_status validate(const entrain_kuramoto_config *config, uint32_t count, double step_s,
                               entrain_error *error_out) {
    if (!(fabs(config->coupling) <= COUPLING_MAX))
        REFUSE("coupling is %g rad/s; it must be -1e6 to 1e6.", config->coupling);
    if (!(fabs(config->lag) <= LAG_MAX))
        REFUSE("lag is %g rad; it must be -pi to pi.", config->lag);
    if ((unsigned)config->normalise >= ENTRAIN_NORMALISE_COUNT)
        REFUSE("normalise is %d; it must be size, degree, heard or none.", (int)config->normalise);
    if ((unsigned)config->integrator >= ENTRAIN_INTEGRATOR_COUNT)
        REFUSE("integrator is %d; it must be euler, heun or rk4.", (int)config->integrator);
    if ((unsigned)config->past >= ENTRAIN_PAST_COUNT)
        REFUSE("past is %d; it must be still, turning or silent.", (int)config->past);
    entrain_status status = check_pairs(config, count, error_out);
    if (status == ENTRAIN_OK)
        status = check_dynamics(config, count, step_s, error_out);
    if (status == ENTRAIN_OK && !(fabs(config->coupling) * step_s <= ENTRAIN__TURN_MAX))
        REFUSE("coupling %g times step %g s is too large to integrate; make one of them smaller.",
               config->coupling, step_s);
    return status;
}

// ---- what has changed since the start ----

static void follow(entrain__kuramoto *model) {
    model->noisy = is_noisy(&model->config);
    model->general = model->inertial || model->noisy || model->pairs.harmonics * model->pairs.groups > 1;
    entrain__kuramoto_derive(model);
}

ENTRAIN__ARCHIVED(entrain_kuramoto_config, 432);
ENTRAIN__ARCHIVED(entrain__kuramoto, 840);

static void archive_pairs(entrain_kuramoto_config *config, entrain_archive *archive) {
    for (uint32_t h = 2; h <= harmonics_of(config); h++) {
        entrain_archive_f64(archive, &config->harmonic_coupling[h - 2]);
        entrain_archive_f64(archive, &config->harmonic_lag[h - 2]);
    }
    const uint32_t groups = groups_of(config) > 1 ? groups_of(config) : 0;
    for (uint32_t a = 0; a < groups; a++) {
        entrain_archive_expect(archive, config->group_sizes[a], "the size of a group");
        for (uint32_t b = 0; b < groups; b++) {
            entrain_archive_f64(archive, &config->group_coupling[a][b]);
            entrain_archive_f64(archive, &config->group_lag[a][b]);
        }
    }
}

// All that entrain_kuramoto_change() changes; each actor's own values are where they were, or in columns.
static void archive_model(void *context, entrain_archive *archive) {
    entrain__kuramoto *model = context;
    entrain_kuramoto_config *config = &model->config;
    entrain_archive_section(archive, "kuramoto");
    entrain_archive_expect(archive, model->count, "the number of oscillators");
    entrain_archive_expect(archive, harmonics_of(config), "the number of harmonics");
    entrain_archive_expect(archive, groups_of(config), "the number of groups");
    entrain_archive_expect(archive, config->normalise, "normalise");
    entrain_archive_expect(archive, config->integrator, "the integrator");
    entrain_archive_expect(archive, model->inertial, "whether oscillators have inertia");
    entrain_archive_u64(archive, &model->changes);
    entrain_archive_f64(archive, &config->coupling);
    entrain_archive_f64(archive, &config->lag);
    entrain_archive_f64(archive, &config->noise);
    entrain_archive_f64(archive, &config->damping);
    archive_pairs(config, archive);
    if (!entrain_archive_is_reading(archive))
        return;
    entrain_error error = {0};
    if (validate(config, model->count, model->step_s, &error) != ENTRAIN_OK)
        entrain_archive_refuse(archive, error.status, "%s", error.sentence);
    else
        follow(model);
}

// ---- the population ----

static double *own_copy(entrain__arena *arena, const double *values, uint32_t count, bool *failed) {
    double *copy = values != NULL ? entrain__arena_take(arena, count, sizeof *copy) : NULL;
    if (values == NULL)
        return NULL;
    *failed = *failed || copy == NULL;
    return copy != NULL ? memcpy(copy, values, count * sizeof *copy) : NULL;
}

// NULL: no memory.
static entrain__kuramoto *make_model(const entrain_kuramoto_config *config, uint32_t count,
                                     entrain__phase_values initial) {
    entrain__arena *arena = NULL;
    entrain__kuramoto *model = NULL;
    bool failed = entrain__arena_create(&arena) != ENTRAIN_OK;
    if (!failed)
        model = entrain__arena_take(arena, 1, sizeof *model);
    failed =
        model == NULL || entrain__phase_values_copy(arena, count, initial, &model->initial) != ENTRAIN_OK;
    if (!failed) {
        model->arena = arena;
        model->config = *config;
        model->config.harmonics = harmonics_of(config);
        model->config.gains = own_copy(arena, config->gains, count, &failed);
        model->config.inertias = own_copy(arena, config->inertias, count, &failed);
        model->config.dampings = own_copy(arena, config->dampings, count, &failed);
        model->config.velocities = own_copy(arena, config->velocities, count, &failed);
        model->config.noises = own_copy(arena, config->noises, count, &failed);
    }
    if (failed) {
        entrain__arena_destroy(arena);
        return NULL;
    }
    return model;
}

static void prepare_model(entrain__kuramoto *model, const entrain_engine *engine, uint32_t count) {
    const entrain_kuramoto_config *config = &model->config;
    model->count = count;
    model->step_s = entrain_engine_step_s(engine);
    model->inertial = is_inertial(config);
    model->pairs.harmonics = harmonics_of(config);
    model->pairs.groups = groups_of(config);
    model->noise_key = entrain_random_key(entrain_engine_seed(engine), ENTRAIN_STREAM_NOISE);
    uint32_t end = 0;
    for (uint32_t g = 0; g < ENTRAIN_GROUPS_MAX; g++) {
        end += g < config->group_count ? config->group_sizes[g] : 0;
        model->group_ends[g] = g + 1 < config->group_count ? end : UINT32_MAX;
    }
    follow(model);
}

// Only what a swarm needs is allocated: velocities with inertia, stages where there are any, each actor's own
// where they differ.
typedef struct column_list {
    entrain_column columns[ENTRAIN_COLUMNS_MAX];
    uint32_t count;
} column_list;

static uint32_t add_column(column_list *list, bool wanted, const char *name, bool fingerprint) {
    if (!wanted)
        return 0;
    list->columns[list->count] =
        (entrain_column){.name = name, .bytes = sizeof(double), .fingerprint = fingerprint};
    return list->count++;
}

static column_list choose_columns(entrain__kuramoto *model) {
    const entrain_kuramoto_config *config = &model->config;
    const bool staged = config->integrator != ENTRAIN_INTEGRATOR_EULER;
    // Not guarded (`finite`): a phase or velocity is kept finite by its kernels whatever came in, see
    // bounded(), and no step writes a frequency. A guard of them would be 1 % of publish.
    column_list list = {.columns = {{.name = "phase", .bytes = sizeof(double), .fingerprint = true},
                                    {.name = "turns", .bytes = sizeof(int32_t), .fingerprint = true},
                                    {.name = "frequency", .bytes = sizeof(double), .fingerprint = true}},
                        .count = 3};
    entrain__kuramoto_columns *at = &model->columns;
    add_column(&list, model->inertial, "velocity", true);
    at->ahead = add_column(&list, staged, "ahead", false);
    at->slope = add_column(&list, staged, "slope", false);
    at->speed_ahead = add_column(&list, staged && model->inertial, "velocity ahead", false);
    at->speed_slope = add_column(&list, staged && model->inertial, "acceleration", false);
    at->gain = add_column(&list,
                          config->normalise == ENTRAIN_NORMALISE_DEGREE ||
                              config->normalise == ENTRAIN_NORMALISE_HEARD || config->gains != NULL,
                          "gain", false);
    at->inertia = add_column(&list, config->inertias != NULL, "inertia", false);
    at->damping = add_column(&list, config->dampings != NULL, "damping", false);
    at->noise = add_column(&list, config->noises != NULL, "noise", false);
    return list;
}

entrain_status entrain_kuramoto_add(entrain_engine *engine, const entrain_kuramoto_config *config,
                                    uint32_t count, const double *phases, const double *frequencies,
                                    entrain_population **population_out, entrain_error *error_out) {
    entrain__phase_values initial = {phases, frequencies};
    double step_s = entrain_engine_step_s(engine);
    entrain_status status = validate(config, count, step_s, error_out);
    if (status == ENTRAIN_OK)
        status = entrain__phase_values_check(step_s, count, initial, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain__kuramoto *model = make_model(config, count, initial);
    if (model == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "There is no memory for %" PRIu32 " oscillators.", count);
    prepare_model(model, engine, count);
    column_list list = choose_columns(model);
    const entrain_behavior behavior = {
        .name = "kuramoto",
        .columns = list.columns,
        .column_count = list.count,
        .words = 2 * model->pairs.harmonics * model->pairs.groups,
        .exchanges = config->integrator == ENTRAIN_INTEGRATOR_EULER  ? 1
                     : config->integrator == ENTRAIN_INTEGRATOR_HEUN ? 2
                                                                     : 4,
        .wants_heard = config->normalise == ENTRAIN_NORMALISE_HEARD,
        .start = entrain__kuramoto_start,
        .step = entrain__kuramoto_step,
        .publish = entrain__kuramoto_publish,
        .publish_past = config->past == ENTRAIN_PAST_TURNING ? entrain__kuramoto_publish_past : NULL,
        .past_silent = config->past == ENTRAIN_PAST_SILENT,
        .rewired = entrain__kuramoto_gains,
        .release = release,
        .measure = measure,
        .archive = archive_model,
    };
    return entrain_engine_add(engine, &behavior, model, count, population_out, error_out);
}

// ---- looking and changing ----

static entrain__kuramoto *model_of(const entrain_population *population) {
    return entrain_population_behavior(population)->step == entrain__kuramoto_step
               ? entrain_population_context(population)
               : NULL;
}

const entrain_kuramoto_config *entrain_kuramoto_look(const entrain_population *population) {
    const entrain__kuramoto *model = model_of(population);
    return model != NULL ? &model->config : NULL;
}

uint64_t entrain__kuramoto_changes(const entrain_population *population) {
    const entrain__kuramoto *model = model_of(population);
    return model != NULL ? model->changes : 0;
}

// What may change, taken over into a copy of what is: whatever differs then may not.
static entrain_kuramoto_config with_changes(const entrain_kuramoto_config *is,
                                            const entrain_kuramoto_config *wanted) {
    entrain_kuramoto_config result = *is;
    result.coupling = wanted->coupling;
    result.lag = wanted->lag;
    memcpy(result.harmonic_coupling, wanted->harmonic_coupling, sizeof result.harmonic_coupling);
    memcpy(result.harmonic_lag, wanted->harmonic_lag, sizeof result.harmonic_lag);
    memcpy(result.group_coupling, wanted->group_coupling, sizeof result.group_coupling);
    memcpy(result.group_lag, wanted->group_lag, sizeof result.group_lag);
    if (is->noises == NULL)
        result.noise = wanted->noise;
    if (is->dampings == NULL)
        result.damping = wanted->damping;
    return result;
}

static const char *first_other_difference(const entrain_kuramoto_config *a,
                                          const entrain_kuramoto_config *b) {
    const struct {
        const char *name;
        bool same;
    } fields[] = {
        {"normalise", a->normalise == b->normalise},
        {"integrator", a->integrator == b->integrator},
        {"harmonics", harmonics_of(a) == harmonics_of(b)},
        {"group_count", groups_of(a) == groups_of(b)},
        {"group_sizes",
         groups_of(a) == 1 || memcmp(a->group_sizes, b->group_sizes, sizeof a->group_sizes) == 0},
        {"noise", a->noise == b->noise},
        {"inertia", a->inertia == b->inertia},
        {"damping", a->damping == b->damping},
        {"past", a->past == b->past},
        {"gains", a->gains == b->gains},
        {"inertias", a->inertias == b->inertias},
        {"dampings", a->dampings == b->dampings},
        {"velocities", a->velocities == b->velocities},
        {"noises", a->noises == b->noises},
    };
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
        if (!fields[f].same)
            return fields[f].name;
    return NULL;
}

static void renew_gains(void *context, const entrain_range *range, uint32_t task) {
    (void)context;
    (void)task;
    entrain__kuramoto_gains(range);
}

entrain_status entrain_kuramoto_change(entrain_population *population, const entrain_kuramoto_config *config,
                                       entrain_error *error_out) {
    entrain__kuramoto *model = model_of(population);
    if (model == NULL)
        REFUSE("The population is not one of kuramoto's; only these can be changed in this way.");
    const entrain_kuramoto_config changed = with_changes(&model->config, config);
    const char *other = first_other_difference(&changed, config);
    if (other != NULL)
        REFUSE("%s cannot be changed while the swarm runs; begin a new one for that.", other);
    if (is_noisy(&changed) && !model->noisy && changed.integrator == ENTRAIN_INTEGRATOR_RK4)
        REFUSE(
            "Noise cannot come into a swarm that is integrated by rk4; choose euler or heun from the start.");
    entrain_status status = validate(&changed, model->count, model->step_s, error_out);
    if (status != ENTRAIN_OK)
        return status;
    model->config = changed;
    model->changes++;
    follow(model);
    entrain_engine *engine = entrain_population_engine(population);
    if (model->columns.gain == 0 || entrain_engine_task_count(engine) == 0)
        return ENTRAIN_OK;
    return entrain_engine_visit(engine, population, false, renew_gains, NULL);
}
