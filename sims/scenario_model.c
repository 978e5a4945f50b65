// The keys of our own models that hang together: noise and integrator, harmonics, groups, inertia.
#include <stdio.h>
#include <string.h>

#include "sims/resolver.h"
#include "sims/scenario.h"
#include "sims/words.h"

static const schema_key_id harmonics[ENTRAIN_HARMONICS_MAX - 1] = {KEY_SECOND_COUPLING, KEY_THIRD_COUPLING,
                                                                   KEY_FOURTH_COUPLING};
_Static_assert(KEY_SECOND_LAG == KEY_SECOND_COUPLING + 1 && KEY_THIRD_LAG == KEY_THIRD_COUPLING + 1 &&
                   KEY_FOURTH_LAG == KEY_FOURTH_COUPLING + 1,
               "a harmonic's lag stands behind its coupling");

// Whether the model's oscillators fire, in virtual time.
static bool fires(const resolver *r) {
    return strcmp(word(r, KEY_MODEL_KIND), "pulse") == 0 || strcmp(word(r, KEY_MODEL_KIND), "desync") == 0;
}

const char *scenario_model_default(resolver *r, schema_key_id id) {
    if (scenario_is_agents(r))
        return scenario_agents_default(r, id);
    switch (id) {
    case KEY_COUPLING: // so that a matrix of couplings is one, and not half of them
        return is_given(r, KEY_GROUP_SIZES) || is_given(r, KEY_GROUP_COUNT) ? "1" : NULL;
    case KEY_GROUP_COUNT:
        if (r->values[KEY_GROUP_SIZES] == NULL)
            return NULL;
        snprintf(r->typed, sizeof r->typed, "%zu", json_array_size(r->values[KEY_GROUP_SIZES]));
        return r->typed;
    case KEY_NORMALISE: { // the convention of who writes about groups; degree would divide by all of them
        bool groups = r->values[KEY_GROUP_COUNT] != NULL && strcmp(word(r, KEY_MODEL_KIND), "swing") != 0;
        return groups && strcmp(word(r, KEY_TOPOLOGY_KIND), "complete") == 0 ? "size" : NULL;
    }
    case KEY_FREQUENCY_DISTRIBUTION:
        return fires(r) ? "constant" : NULL;
    case KEY_FREQUENCY_VALUE: // a period of 1 s
    case KEY_FREQUENCY_MEAN:
    case KEY_FREQUENCY_CENTER:
        return fires(r) ? "6.283185307179586" : NULL;
    case KEY_INTEGRATOR:
        return number(r, KEY_NOISE) > 0 ? "heun" : NULL;
    default:
        return NULL;
    }
}

// Opens a sentence about two keys: with the one that a --set gave last in line, or the first that was given.
static given_where place(const resolver *r, schema_key_id one, schema_key_id other) {
    bool blame_other = r->given->values[one].set == NULL &&
                       (r->given->values[other].set != NULL || (!is_given(r, one) && is_given(r, other)));
    return given_place(r->given, blame_other ? other : one);
}

// A scheme of order four gains nothing where white noise makes the paths rough, and would have to draw for
// its stages: kuramoto.c has Euler-Maruyama and stochastic Heun.
static entrain_status check_noise(const resolver *r) {
    if (!(number(r, KEY_NOISE) > 0) || strcmp(word(r, KEY_INTEGRATOR), "rk4") != 0)
        return ENTRAIN_OK;
    return entrain_error_set(
        r->error_out, ENTRAIN_INVALID,
        "%s: time.integrator is rk4 and model.noise is %s; noise needs euler or heun (or leave "
        "time.integrator out).",
        place(r, KEY_INTEGRATOR, KEY_NOISE).text, words_number(number(r, KEY_NOISE)).text);
}

// One value for everybody can be refused before anything is built; kuramoto.c looks at each one's own.
static entrain_status check_swing(const resolver *r) {
    double inertia = number(r, KEY_INERTIA_VALUE), damping = number(r, KEY_DAMPING_VALUE);
    if (r->values[KEY_INERTIA_VALUE] != NULL && !(inertia > 0))
        return entrain_error_set(
            r->error_out, ENTRAIN_INVALID,
            "%s: model.inertia.value is %s; it must be above 0 (without inertia the equation is "
            "model.kind = \"kuramoto\").",
            given_place(r->given, KEY_INERTIA_VALUE).text, words_number(inertia).text);
    if (r->values[KEY_DAMPING_VALUE] != NULL && damping < 0)
        return entrain_error_set(r->error_out, ENTRAIN_INVALID,
                                 "%s: model.damping.value is %s; it must be 0 or more.",
                                 given_place(r->given, KEY_DAMPING_VALUE).text, words_number(damping).text);
    return ENTRAIN_OK;
}

bool scenario_in_virtual_time(const scenario *given) {
    return given->swarm.kind == ENTRAIN_SWARM_PULSE || given->swarm.kind == ENTRAIN_SWARM_DESYNC;
}

static uint32_t harmonic_count(const resolver *r) {
    uint32_t highest = 1;
    for (uint32_t i = 0; i < ENTRAIN_HARMONICS_MAX - 1; i++)
        if (r->values[harmonics[i]] != NULL)
            highest = i + 2;
    return highest;
}

static entrain_status check_sizes(const resolver *r) {
    const json_t *sizes = r->values[KEY_GROUP_SIZES];
    int64_t size = integer(r, KEY_SIZE), sum = 0;
    for (size_t i = 0; i < json_array_size(sizes); i++)
        sum += json_integer_value(json_array_get(sizes, i));
    if ((size_t)integer(r, KEY_GROUP_COUNT) != json_array_size(sizes))
        return entrain_error_set(
            r->error_out, ENTRAIN_INVALID,
            "%s: model.groups.sizes has %zu groups and model.groups.count is %lld; give one of "
            "them (--set KEY=nil takes one out).",
            place(r, KEY_GROUP_SIZES, KEY_GROUP_COUNT).text, json_array_size(sizes),
            (long long)integer(r, KEY_GROUP_COUNT));
    if (sum != size)
        return entrain_error_set(
            r->error_out, ENTRAIN_INVALID,
            "%s: model.groups.sizes come to %lld and swarm.size is %lld; everybody belongs to one "
            "group (model.groups.count divides any size).",
            place(r, KEY_GROUP_SIZES, KEY_SIZE).text, (long long)sum, (long long)size);
    return ENTRAIN_OK;
}

static entrain_status check_rows(const resolver *r, schema_key_id matrix) {
    size_t rows = json_array_size(r->values[matrix]);
    int64_t count = integer(r, KEY_GROUP_COUNT);
    if (r->values[matrix] == NULL || rows == (size_t)count)
        return ENTRAIN_OK;
    return entrain_error_set(
        r->error_out, ENTRAIN_INVALID,
        "%s: %s has %zu rows for %lld groups; give a row of %lld numbers for each group.",
        place(r, matrix, KEY_GROUP_COUNT).text, schema_keys[matrix].name, rows, (long long)count,
        (long long)count);
}

static entrain_status check_groups(const resolver *r) {
    int64_t count = integer(r, KEY_GROUP_COUNT), size = integer(r, KEY_SIZE);
    uint32_t highest = harmonic_count(r);
    if (r->values[KEY_GROUP_COUNT] == NULL)
        return ENTRAIN_OK;
    entrain_status status = ENTRAIN_OK;
    if (r->values[KEY_GROUP_SIZES] != NULL)
        status = check_sizes(r);
    if (status == ENTRAIN_OK && count > size)
        status = entrain_error_set(
            r->error_out, ENTRAIN_INVALID,
            "%s: model.groups.count is %lld and swarm.size is %lld; each group needs somebody.",
            place(r, KEY_GROUP_COUNT, KEY_SIZE).text, (long long)count, (long long)size);
    if (status == ENTRAIN_OK)
        status = check_rows(r, KEY_GROUP_COUPLING);
    if (status == ENTRAIN_OK)
        status = check_rows(r, KEY_GROUP_LAG);
    if (status == ENTRAIN_OK && highest > 1 && count * highest > 4)
        status = entrain_error_set(r->error_out, ENTRAIN_LIMIT,
                                   "%s: %lld groups and harmonics up to the %s are more than the 4 sums that "
                                   "an oscillator hears (groups "
                                   "times harmonics); leave out groups or harmonics.",
                                   place(r, harmonics[highest - 2], KEY_GROUP_COUNT).text, (long long)count,
                                   highest == 2   ? "second"
                                   : highest == 3 ? "third"
                                                  : "fourth");
    return status;
}

// One value for everybody can be refused before anything is built.
static entrain_status check_fires(const resolver *r) {
    if (!fires(r) || r->values[KEY_FREQUENCY_VALUE] == NULL || number(r, KEY_FREQUENCY_VALUE) > 0)
        return ENTRAIN_OK;
    return entrain_error_set(r->error_out, ENTRAIN_INVALID,
                             "%s: model.frequency.value is %s; who fires once in a period needs one above 0.",
                             given_place(r->given, KEY_FREQUENCY_VALUE).text,
                             words_number(number(r, KEY_FREQUENCY_VALUE)).text);
}

entrain_status scenario_model_check(const resolver *r) {
    entrain_status status = check_noise(r);
    if (status == ENTRAIN_OK)
        status = check_swing(r);
    if (status == ENTRAIN_OK)
        status = check_groups(r);
    if (status == ENTRAIN_OK)
        status = check_fires(r);
    if (status == ENTRAIN_OK)
        status = scenario_agents_check(r);
    return status;
}

static void fill_harmonics(const resolver *r, entrain_kuramoto_config *model) {
    model->harmonics = harmonic_count(r);
    for (uint32_t i = 0; i < ENTRAIN_HARMONICS_MAX - 1; i++) {
        model->harmonic_coupling[i] = number(r, harmonics[i]);
        model->harmonic_lag[i] = number(r, harmonics[i] + 1);
    }
}

static void fill_groups(const resolver *r, entrain_kuramoto_config *model) {
    uint32_t count = (uint32_t)integer(r, KEY_GROUP_COUNT), size = (uint32_t)integer(r, KEY_SIZE);
    const json_t *sizes = r->values[KEY_GROUP_SIZES], *coupling = r->values[KEY_GROUP_COUPLING],
                 *lag = r->values[KEY_GROUP_LAG];
    model->group_count = count;
    for (uint32_t a = 0; a < count; a++) {
        model->group_sizes[a] = sizes != NULL ? (uint32_t)json_integer_value(json_array_get(sizes, a))
                                              : size / count + (a < size % count);
        for (uint32_t b = 0; b < count; b++) {
            model->group_coupling[a][b] = json_number_value(json_array_get(json_array_get(coupling, a), b));
            model->group_lag[a][b] = json_number_value(json_array_get(json_array_get(lag, a), b));
        }
    }
}

void scenario_model_fill(const resolver *r, entrain_kuramoto_config *model) {
    model->coupling = number(r, KEY_COUPLING);
    model->lag = number(r, KEY_LAG);
    model->noise = number(r, KEY_NOISE);
    model->normalise = (entrain_normalise)schema_choice(KEY_NORMALISE, word(r, KEY_NORMALISE));
    model->integrator = (entrain_integrator)schema_choice(KEY_INTEGRATOR, word(r, KEY_INTEGRATOR));
    model->past = (entrain_past)schema_choice(KEY_PAST, word(r, KEY_PAST));
    fill_harmonics(r, model);
    fill_groups(r, model);
}

entrain_swarm_model scenario_model_kind(const resolver *r) {
    if (strcmp(word(r, KEY_MODEL_KIND), "agent") == 0)
        return ENTRAIN_SWARM_AGENTS;
    if (!fires(r))
        return ENTRAIN_SWARM_KURAMOTO;
    return strcmp(word(r, KEY_MODEL_KIND), "pulse") == 0 ? ENTRAIN_SWARM_PULSE : ENTRAIN_SWARM_DESYNC;
}

void scenario_model_fill_pulses(const resolver *r, entrain_swarm_config *swarm) {
    swarm->pulse = (entrain_pulse_config){.dissipation = number(r, KEY_DISSIPATION),
                                          .strength = number(r, KEY_STRENGTH),
                                          .divide = json_is_true(r->values[KEY_DIVIDE]),
                                          .delay_s = number(r, KEY_PULSE_DELAY)};
    swarm->desync = (entrain_desync_config){.alpha = number(r, KEY_ALPHA)};
}
