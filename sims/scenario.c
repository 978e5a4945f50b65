// From a file and its --sets to a resolved scenario and a swarm's configuration.
//
//   file --(lua_sandbox | json_source)--> tree --(given)--> one value per key --(resolve)--> checked values,
//   defaults filled in, keys that do not apply left out --> JSON tree for the manifest, and
//   entrain_swarm_config
//
// Resolving what was resolved gives the same: a default that depends on another key depends only on keys that
// are written too, and a key that only a user can give (exec.workers, exec.overflow) is written only where a
// user gave it.
//
// Paths of files that a scenario names begin at the folder of the scenario file and are absolute once
// resolved: a manifest can be run again from anywhere on the machine that wrote it.
#include "sims/scenario.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/events_course.h"
#include "sims/json_source.h"
#include "sims/parameters.h"
#include "sims/resolver.h"
#include "sims/scenario_text.h"
#include "sims/words.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)
#define TICKS_MAX 0x1p40

// Whether a key applies to the plug-in's model or topology called @p kind.
static bool applies_to_other(schema_key_id id, const char *kind) {
    if (id == KEY_DEGREE)
        return entrain_topology_generator_find(kind)->degree > 0;
    if (schema_keys[id].type == SCHEMA_PARAMETERS)
        return parameters_of(id, kind).count > 0;
    return schema_keys[id].plugged != SCHEMA_PLUGGED_NOT;
}

static bool applies(const resolver *r, schema_key_id id) {
    const schema_key *key = &schema_keys[id];
    if (key->belongs_to == KEY_NONE)
        return true;
    if (schema_is_other(key->belongs_to, word(r, key->belongs_to)))
        return applies_to_other(id, word(r, key->belongs_to));
    if (key->belongs_words == NULL)
        return r->values[key->belongs_to] != NULL;
    return schema_has_word(key->belongs_words, word(r, key->belongs_to));
}

// The key was given and does not apply: says to what it belongs, and how to take it out where a --set changed
// that.
static entrain_status refuse_needless(const resolver *r, schema_key_id id) {
    given_where where = given_place(r->given, id);
    schema_key_id cause = id; // or the key that it belongs to, where that does not apply either
    while (!applies(r, schema_keys[cause].belongs_to))
        cause = schema_keys[cause].belongs_to;
    const schema_key *named = &schema_keys[id], *key = &schema_keys[cause],
                     *owner = &schema_keys[key->belongs_to];
    const char *last = strrchr(named->name, '.');
    const bool whole_table = cause != id || (last != NULL && strcmp(last, ".distribution") == 0);
    char remedy[128] = "";
    if (r->given->values[id].set == NULL && r->given->values[key->belongs_to].set != NULL)
        snprintf(remedy, sizeof remedy, "; take it out with --set %.*s=nil",
                 whole_table ? (int)(last - named->name) : (int)strlen(named->name), named->name);
    if (key->belongs_words == NULL)
        return entrain_error_set(r->error_out, ENTRAIN_INVALID,
                                 "%s: %s does nothing without %s; give that too%s.", where.text, named->name,
                                 owner->name, remedy);
    const char *kind = strrchr(owner->name, '.') + 1, *because = key->because;
    if (key->belongs_to == KEY_MODEL_KIND && !schema_is_other(KEY_MODEL_KIND, word(r, KEY_MODEL_KIND)))
        because = NULL; // it speaks of plug-ins
    if (key->type == SCHEMA_PARAMETERS)
        return entrain_error_set(r->error_out, ENTRAIN_INVALID,
                                 "%s: %s does not apply to %s \"%s\", which has no parameters%s.", where.text,
                                 named->name, kind, word(r, key->belongs_to),
                                 remedy[0] != '\0' ? remedy : "; leave it out");
    return entrain_error_set(
        r->error_out, ENTRAIN_INVALID, "%s: %s does not apply to %s \"%s\"; it belongs to %s%s%s%s%s.",
        where.text, named->name, kind, word(r, key->belongs_to), schema_belongs(cause).text,
        because != NULL ? " (" : "", because != NULL ? because : "", because != NULL ? ")" : "", remedy);
}

// A title for the scenario that has none: the file's name, without folder and ending.
static json_t *default_title(const resolver *r) {
    char title[80];
    if (strcmp(r->given->path, SCENARIO_NO_FILE) == 0) {
        scenario_agents_title(r, title, sizeof title);
        return json_string(title);
    }
    const char *path = r->given->path, *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    size_t size = dot != NULL && dot > name ? (size_t)(dot - name) : strlen(name);
    bool plain = size > 0 && words_is_utf8(name, size);
    for (size_t i = 0; plain && i < size; i++) // a file's name may be anything
        plain = (unsigned char)name[i] >= ' ' && name[i] != 127;
    return plain ? json_stringn(name, size) : json_string("untitled");
}

// The default of a key that applies, as typed, or NULL if it has none.
static const char *default_text(resolver *r, schema_key_id id) {
    const schema_key *key = &schema_keys[id];
    if (id == KEY_DEGREE && schema_is_other(KEY_TOPOLOGY_KIND, word(r, KEY_TOPOLOGY_KIND))) {
        uint32_t degree = entrain_topology_generator_find(word(r, KEY_TOPOLOGY_KIND))->degree;
        snprintf(r->typed, sizeof r->typed, "%u", degree);
        return r->typed;
    }
    const char *model_default = scenario_model_default(r, id);
    if (model_default != NULL)
        return model_default;
    if (id == KEY_DEGREE && is_given(r, KEY_PROBABILITY))
        return NULL;
    if (key->default_where != NULL && strcmp(word(r, key->belongs_to), key->default_where) == 0)
        return key->default_there;
    return key->default_text;
}

static entrain_status take_default(resolver *r, schema_key_id id) {
    const char *text = default_text(r, id);
    if (id != KEY_TITLE && text == NULL)
        return ENTRAIN_OK;
    json_t *raw = id == KEY_TITLE ? default_title(r) : schema_read_text(id, text);
    entrain_status status = ENTRAIN_NO_MEMORY;
    if (raw == NULL)
        entrain_error_set(r->error_out, status, "%s: no memory left for the scenario; free some.",
                          r->given->path);
    else
        status = schema_check(id, raw, r->given->path, &r->values[id], r->error_out);
    json_decref(raw);
    return status;
}

// A relative path begins at the scenario file's folder.
static entrain_status make_absolute(const resolver *r, schema_key_id id, json_t **value) {
    const char *file = json_string_value(*value), *path = r->given->path, *slash = strrchr(path, '/');
    if (file[0] == '/')
        return ENTRAIN_OK;
    char folder[PATH_MAX], absolute[PATH_MAX], whole[2 * PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s",
             slash == NULL   ? 1
             : slash == path ? 1
                             : (int)(slash - path),
             slash == NULL ? "." : path);
    given_where where = given_place(r->given, id);
    if (realpath(folder, absolute) == NULL)
        return entrain_error_set(
            r->error_out, ENTRAIN_IO,
            "%s: %s is a relative path, and the folder of %s cannot be found; give an absolute path.",
            where.text, schema_keys[id].name, words_text(path).text);
    snprintf(whole, sizeof whole, "%s/%s", strcmp(absolute, "/") == 0 ? "" : absolute,
             strncmp(file, "./", 2) == 0 && file[2] != '\0' ? file + 2 : file);
    if (strlen(whole) >= PATH_MAX || !words_is_utf8(whole, strlen(whole)))
        return entrain_error_set(
            r->error_out, ENTRAIN_INVALID,
            "%s: the absolute path of %s is not UTF-8 or longer than %d bytes; give a shorter one.",
            where.text, schema_keys[id].name, PATH_MAX - 1);
    json_t *made = json_string(whole);
    if (made == NULL)
        return entrain_error_set(r->error_out, ENTRAIN_NO_MEMORY,
                                 "%s: no memory left for the scenario; free some.", path);
    json_decref(*value);
    *value = made;
    return ENTRAIN_OK;
}

static entrain_status resolve_parameters(resolver *r, schema_key_id id, given_where where) {
    json_t *given = NULL;
    entrain_status status = ENTRAIN_OK;
    if (is_given(r, id))
        status = schema_check(id, r->given->values[id].value, where.text, &given, r->error_out);
    if (status == ENTRAIN_OK)
        status = parameters_resolve(id, word(r, schema_keys[id].belongs_to), given, where.text,
                                    &r->values[id], r->error_out);
    json_decref(given);
    return status;
}

static entrain_status resolve_key(resolver *r, schema_key_id id) {
    const schema_key *key = &schema_keys[id];
    given_where where = given_place(r->given, id);
    bool fits = applies(r, id);
    if (is_given(r, id) && !fits)
        return refuse_needless(r, id);
    if (fits && key->type == SCHEMA_PARAMETERS)
        return resolve_parameters(r, id, where);
    if (is_given(r, id)) {
        json_t *computed = NULL;
        entrain_status status =
            given_compute(r->given, id, (uint32_t)initial_count(r), &computed, r->error_out);
        if (status == ENTRAIN_OK)
            status = schema_check(id, computed, where.text, &r->values[id], r->error_out);
        json_decref(computed);
        if (status == ENTRAIN_OK && key->type == SCHEMA_FILE)
            status = make_absolute(r, id, &r->values[id]);
        return status;
    }
    // Who wrote the sizes of groups did not write their count.
    const bool of_sizes = key->belongs_to == KEY_GROUP_COUNT && !is_given(r, KEY_GROUP_COUNT);
    const schema_key_id needs_it = of_sizes ? KEY_GROUP_SIZES : key->belongs_to;
    if (fits && key->required)
        return key->belongs_words == NULL
                   ? entrain_error_set(r->error_out, ENTRAIN_INVALID, "%s: %s is missing; %s needs it.",
                                       where.text, key->name, schema_keys[needs_it].name)
                   : entrain_error_set(r->error_out, ENTRAIN_INVALID,
                                       "%s: %s is missing; %s \"%s\" needs it.", where.text, key->name,
                                       schema_keys[key->belongs_to].name, word(r, key->belongs_to));
    return fits ? take_default(r, id) : ENTRAIN_OK;
}

// The distributions, each by its first key; the other keys of each stand in the same order behind that.
#define DISTRIBUTIONS(X) X(FREQUENCY) X(POWER) X(PHASE) X(GAIN) X(NOISINESS) X(INERTIA) X(DAMPING) X(VELOCITY)
#define DISTRIBUTION_KEY(ID)                                                                                 \
    KEY_##ID##_DISTRIBUTION, // NOLINT(bugprone-macro-parentheses): an element of a list
static const schema_key_id distributions[] = {DISTRIBUTIONS(DISTRIBUTION_KEY)};
enum { DISTRIBUTION_COUNT = sizeof distributions / sizeof *distributions };
// NOLINTNEXTLINE(bugprone-macro-parentheses): an enumerator and its value
#define DISTRIBUTION_PLACE(WHAT) PLACE_##WHAT = KEY_FREQUENCY_##WHAT - KEY_FREQUENCY_DISTRIBUTION
enum {
    DISTRIBUTION_PLACE(SAMPLING),
    DISTRIBUTION_PLACE(VALUE),
    DISTRIBUTION_PLACE(LOW),
    DISTRIBUTION_PLACE(HIGH),
    DISTRIBUTION_PLACE(MEAN),
    DISTRIBUTION_PLACE(DEVIATION),
    DISTRIBUTION_PLACE(CENTER),
    DISTRIBUTION_PLACE(WIDTH),
    DISTRIBUTION_PLACE(VALUES),
    DISTRIBUTION_PLACE(FILE),
    DISTRIBUTION_PLACE(JITTER)
};
#define DISTRIBUTION_IS_ALIKE(ID)                                                                            \
    _Static_assert(KEY_##ID##_JITTER - KEY_##ID##_DISTRIBUTION == PLACE_JITTER,                              \
                   "all distributions have the same keys in the same order");
DISTRIBUTIONS(DISTRIBUTION_IS_ALIKE)

static entrain_status check_order(const resolver *r, schema_key_id low, schema_key_id high) {
    if (number(r, low) <= number(r, high))
        return ENTRAIN_OK;
    schema_key_id to_blame = is_given(r, high) ? high : low;
    given_where where = given_place(r->given, to_blame);
    return entrain_error_set(r->error_out, ENTRAIN_INVALID,
                             "%s: %s is %s and %s is %s; the low end must not lie above the high one.",
                             where.text, schema_keys[low].name, words_number(number(r, low)).text,
                             schema_keys[high].name, words_number(number(r, high)).text);
}

static entrain_status check_count(const resolver *r, schema_key_id values) {
    size_t count = json_array_size(r->values[values]);
    if (r->values[values] == NULL || count == (size_t)initial_count(r))
        return ENTRAIN_OK;
    given_where where = given_place(r->given, is_given(r, values) ? values : KEY_SIZE);
    return entrain_error_set(r->error_out, ENTRAIN_INVALID,
                             "%s: %s holds %zu numbers and %s is %lld; it must hold one per oscillator.",
                             where.text, schema_keys[values].name, count,
                             initial_count(r) > integer(r, KEY_SIZE) ? "swarm.room" : "swarm.size",
                             (long long)initial_count(r));
}

static entrain_status check_time(const resolver *r) {
    double step = number(r, KEY_STEP), duration = number(r, KEY_DURATION);
    given_where where = given_place(r->given, is_given(r, KEY_DURATION) ? KEY_DURATION : KEY_STEP);
    if (duration < step)
        return entrain_error_set(
            r->error_out, ENTRAIN_INVALID,
            "%s: time.duration is %s s, less than one time.step of %s s; make it at least one step.",
            where.text, words_number(duration).text, words_number(step).text);
    if (!(duration / step <= TICKS_MAX))
        return entrain_error_set(
            r->error_out, ENTRAIN_INVALID,
            "%s: time.duration of %s s in steps of %s s is more than 2^40 ticks; make it shorter, or "
            "time.step longer.",
            where.text, words_number(duration).text, words_number(step).text);
    return ENTRAIN_OK;
}

// What no single key can know.
static entrain_status check_together(const resolver *r) {
    if (is_given(r, KEY_DEGREE) && is_given(r, KEY_PROBABILITY)) {
        given_where where = given_place(r->given, KEY_PROBABILITY);
        return entrain_error_set(
            r->error_out, ENTRAIN_INVALID,
            "%s: swarm.topology.degree and swarm.topology.probability say the same thing twice; give "
            "one of them (--set KEY=nil takes one out).",
            where.text);
    }
    entrain_status status = check_time(r);
    if (status == ENTRAIN_OK)
        status = check_order(r, KEY_WEIGHT_LOW, KEY_WEIGHT_HIGH);
    if (status == ENTRAIN_OK)
        status = check_order(r, KEY_DELAY_LOW, KEY_DELAY_HIGH);
    for (size_t i = 0; status == ENTRAIN_OK && i < DISTRIBUTION_COUNT; i++)
        status = check_order(r, distributions[i] + PLACE_LOW, distributions[i] + PLACE_HIGH);
    for (size_t i = 0; status == ENTRAIN_OK && i < DISTRIBUTION_COUNT; i++)
        status = check_count(r, distributions[i] + PLACE_VALUES);
    if (status == ENTRAIN_OK)
        status = scenario_model_check(r);
    return status;
}

static int by_name(const void *left, const void *right) {
    return strcmp(schema_keys[*(const schema_key_id *)left].name,
                  schema_keys[*(const schema_key_id *)right].name);
}

// Puts @p value into the tree under a dotted name, making the tables on the way.
static bool plant(json_t *tree, const char *name, json_t *value) {
    for (const char *dot; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
        char part[64];
        snprintf(part, sizeof part, "%.*s", (int)(dot - name), name);
        json_t *inner = json_object_get(tree, part);
        if (inner == NULL && json_object_set_new(tree, part, inner = json_object()) != 0)
            return false;
        tree = inner;
    }
    return json_object_set(tree, name, value) == 0;
}

// The resolved tree, keys in sorted order at every level. NULL: no memory.
static json_t *plant_all(const resolver *r) {
    schema_key_id order[KEY_COUNT];
    size_t count = 0;
    for (schema_key_id id = KEY_NONE + 1; id < KEY_COUNT; id++)
        if (r->values[id] != NULL)
            order[count++] = id;
    qsort(order, count, sizeof *order, by_name);
    json_t *tree = json_object();
    for (size_t i = 0; tree != NULL && i < count; i++) {
        if (!plant(tree, schema_keys[order[i]].name, r->values[order[i]])) {
            json_decref(tree);
            tree = NULL;
        }
    }
    return tree;
}

// Arrays that a swarm's configuration borrows from its scenario.
typedef struct owned_arrays {
    double *lists[DISTRIBUTION_COUNT];
    double model[ENTRAIN_PARAMETERS_MAX], topology[ENTRAIN_PARAMETERS_MAX];
} owned_arrays;

static void free_arrays(owned_arrays *arrays) {
    for (size_t i = 0; arrays != NULL && i < DISTRIBUTION_COUNT; i++)
        free(arrays->lists[i]);
    free(arrays);
}

static double *copy_numbers(const json_t *list) {
    size_t count = json_array_size(list);
    double *copy = malloc(count * sizeof *copy);
    for (size_t i = 0; copy != NULL && i < count; i++)
        copy[i] = json_number_value(json_array_get(list, i));
    return copy;
}

static entrain_distribution make_distribution(const resolver *r, schema_key_id first, const double *values) {
    entrain_distribution made = entrain_distribution_constant(number(r, first + PLACE_VALUE));
    made.kind = (entrain_distribution_kind)schema_choice(first, word(r, first));
    if (r->values[first + PLACE_SAMPLING] != NULL)
        made.sampling =
            (entrain_sampling)schema_choice(first + PLACE_SAMPLING, word(r, first + PLACE_SAMPLING));
    made.low = number(r, first + PLACE_LOW);
    made.high = number(r, first + PLACE_HIGH);
    made.mean = number(r, first + PLACE_MEAN);
    made.deviation = number(r, first + PLACE_DEVIATION);
    made.center = number(r, first + PLACE_CENTER);
    made.width = number(r, first + PLACE_WIDTH);
    made.jitter = number(r, first + PLACE_JITTER);
    if (first == KEY_PHASE_DISTRIBUTION) {
        made.winding = (int32_t)integer(r, KEY_PHASE_WINDING);
        made.coherence = number(r, KEY_PHASE_COHERENCE);
        made.clusters = (uint32_t)integer(r, KEY_PHASE_CLUSTERS);
    }
    made.values = values;
    made.value_count = (uint32_t)json_array_size(r->values[first + PLACE_VALUES]);
    made.file = json_string_value(r->values[first + PLACE_FILE]);
    return made;
}

// Where the distribution @p first goes to. Swing's power is in the place of the frequency.
static entrain_distribution *distribution_of(entrain_swarm_config *swarm, schema_key_id first) {
    switch (first) {
    case KEY_PHASE_DISTRIBUTION:
        return &swarm->phase;
    case KEY_GAIN_DISTRIBUTION:
        return &swarm->gain;
    case KEY_NOISINESS_DISTRIBUTION:
        return &swarm->noisiness;
    case KEY_INERTIA_DISTRIBUTION:
        return &swarm->inertia;
    case KEY_DAMPING_DISTRIBUTION:
        return &swarm->damping;
    case KEY_VELOCITY_DISTRIBUTION:
        return &swarm->velocity;
    default:
        return &swarm->frequency;
    }
}

// What a plug-in brought, and what it asks for.
static void fill_others(const resolver *r, owned_arrays *arrays, entrain_swarm_config *swarm) {
    const char *model = word(r, KEY_MODEL_KIND), *topology = word(r, KEY_TOPOLOGY_KIND);
    parameters_read(KEY_MODEL_PARAMETERS, model, r->values[KEY_MODEL_PARAMETERS], arrays->model);
    parameters_read(KEY_TOPOLOGY_PARAMETERS, topology, r->values[KEY_TOPOLOGY_PARAMETERS], arrays->topology);
    swarm->phase_model = entrain_phase_model_find(model);
    swarm->parameters = arrays->model;
    swarm->topology.generator = entrain_topology_generator_find(topology);
    swarm->topology.parameters = arrays->topology;
    if (swarm->topology.generator != NULL)
        swarm->topology.kind = ENTRAIN_TOPOLOGY_GENERATED;
}

static void fill_topology(const resolver *r, entrain_topology_config *topology) {
    topology->kind = (entrain_topology_kind)schema_choice(KEY_TOPOLOGY_KIND, word(r, KEY_TOPOLOGY_KIND));
    topology->size = (uint32_t)integer(r, KEY_SIZE);
    topology->seed = (uint64_t)integer(r, KEY_SEED);
    if (r->values[KEY_DEGREE] != NULL)
        topology->degree = (uint32_t)integer(r, KEY_DEGREE);
    if (r->values[KEY_REWIRE] != NULL)
        topology->rewire = number(r, KEY_REWIRE);
    topology->probability = r->values[KEY_PROBABILITY] != NULL ? number(r, KEY_PROBABILITY) : -1.0;
    topology->rows = (uint32_t)integer(r, KEY_ROWS);
    topology->columns = (uint32_t)integer(r, KEY_COLUMNS);
    topology->directed = json_is_true(r->values[KEY_DIRECTED]);
    topology->weight_low = r->values[KEY_WEIGHT_LOW] != NULL ? number(r, KEY_WEIGHT_LOW) : 1.0;
    topology->weight_high = r->values[KEY_WEIGHT_HIGH] != NULL ? number(r, KEY_WEIGHT_HIGH) : 1.0;
    topology->delay_low = number(r, KEY_DELAY_LOW);
    topology->delay_high = number(r, KEY_DELAY_HIGH);
    topology->file = json_string_value(r->values[KEY_TOPOLOGY_FILE]);
}

static void fill_engine(const resolver *r, entrain_engine_config *engine) {
    engine->seed = (uint64_t)integer(r, KEY_SEED);
    engine->scheduler.seed = engine->seed;
    engine->scheduler.policy = word(r, KEY_POLICY);
    if (r->values[KEY_WORKERS] != NULL)
        engine->scheduler.worker_count = (uint32_t)integer(r, KEY_WORKERS);
    engine->scheduler.pin = json_is_true(r->values[KEY_PIN]);
    if (r->values[KEY_TRANSPORT] != NULL) // what fires sends messages of its own
        engine->transport = (entrain_transport)schema_choice(KEY_TRANSPORT, word(r, KEY_TRANSPORT));
    engine->simd = (entrain_simd)schema_choice(KEY_SIMD, word(r, KEY_SIMD));
    engine->layout = (entrain_layout)schema_choice(KEY_LAYOUT, word(r, KEY_LAYOUT));
    engine->step_s = number(r, KEY_STEP);
    engine->mailbox_capacity = (uint32_t)integer(r, KEY_MAILBOX_CAPACITY);
    engine->overflow_named = r->values[KEY_OVERFLOW] != NULL;
    if (engine->overflow_named)
        engine->overflow = (entrain_overflow)schema_choice(KEY_OVERFLOW, word(r, KEY_OVERFLOW));
    if (r->values[KEY_COHORT] != NULL)
        engine->cohort_weight = (uint32_t)integer(r, KEY_COHORT);
}

static entrain_swarm_config make_swarm(const resolver *r, owned_arrays *arrays) {
    entrain_swarm_config swarm = entrain_swarm_config_defaults();
    swarm.size = (uint32_t)integer(r, KEY_SIZE);
    swarm.seed = (uint64_t)integer(r, KEY_SEED);
    fill_topology(r, &swarm.topology);
    fill_engine(r, &swarm.engine);
    fill_others(r, arrays, &swarm);
    swarm.kind = scenario_model_kind(r);
    if (swarm.kind == ENTRAIN_SWARM_AGENTS)
        scenario_agents_fill(r, &swarm);
    else if (swarm.kind != ENTRAIN_SWARM_KURAMOTO)
        scenario_model_fill_pulses(r, &swarm);
    else if (swarm.phase_model == NULL)
        scenario_model_fill(r, &swarm.model);
    for (size_t i = 0; i < DISTRIBUTION_COUNT; i++)
        if (r->values[distributions[i]] != NULL)
            *distribution_of(&swarm, distributions[i]) =
                make_distribution(r, distributions[i], arrays->lists[i]);
    return swarm;
}

static scenario_stop make_stop(const resolver *r) {
    return (scenario_stop){.enabled = r->values[KEY_STOP_COHERENCE] != NULL,
                           .coherence = number(r, KEY_STOP_COHERENCE),
                           .below = json_is_true(r->values[KEY_STOP_BELOW]),
                           .hold_s = number(r, KEY_STOP_HOLD)};
}

static entrain_status finish(const resolver *r, scenario_events *events, scenario *scenario_out) {
    owned_arrays *arrays = calloc(1, sizeof *arrays);
    json_t *resolved = arrays != NULL ? plant_all(r) : NULL;
    if (resolved == NULL)
        goto fail;
    for (size_t i = 0; i < DISTRIBUTION_COUNT; i++) {
        const json_t *list = r->values[distributions[i] + PLACE_VALUES];
        if (list != NULL && (arrays->lists[i] = copy_numbers(list)) == NULL)
            goto fail;
    }
    double step = number(r, KEY_STEP), duration = number(r, KEY_DURATION);
    double record_ticks = fmin(round(number(r, KEY_RECORD_EVERY) / step), TICKS_MAX);
    const double snapshot_ticks = fmin(round(number(r, KEY_RECORD_SNAPSHOTS) / step), TICKS_MAX);
    *scenario_out = (scenario){.resolved = resolved,
                               .title = word(r, KEY_TITLE),
                               .swarm = make_swarm(r, arrays),
                               .duration_s = duration,
                               .tick_count = (uint64_t)round(duration / step),
                               .record_every_ticks = record_ticks < 1 ? 1 : (uint64_t)record_ticks,
                               .snapshot_every_ticks = r->values[KEY_RECORD_SNAPSHOTS] == NULL ? 0
                                                       : snapshot_ticks < 1                    ? 1
                                                                            : (uint64_t)snapshot_ticks,
                               .stop = make_stop(r),
                               .events = events,
                               .owned = arrays};
    scenario_out->arcs_built = events_fit(events, &scenario_out->swarm);
    return ENTRAIN_OK;
fail:
    json_decref(resolved);
    free_arrays(arrays);
    return entrain_error_set(r->error_out, ENTRAIN_NO_MEMORY,
                             "%s: no memory left for the scenario; free some.", r->given->path);
}

static entrain_status resolve(const given_values *given, scenario *scenario_out, entrain_error *error_out) {
    resolver r = {.given = given, .error_out = error_out};
    entrain_status status = ENTRAIN_OK;
    events_foresee(&r);
    for (schema_key_id id = KEY_NONE + 1; status == ENTRAIN_OK && id < KEY_COUNT; id++)
        status = resolve_key(&r, id);
    if (status == ENTRAIN_OK)
        status = check_together(&r);
    scenario_events *events = NULL;
    if (status == ENTRAIN_OK)
        status = events_resolve(&r, &events);
    if (status == ENTRAIN_OK)
        status = finish(&r, events, scenario_out);
    if (status != ENTRAIN_OK)
        events_free(events);
    for (schema_key_id id = KEY_NONE + 1; id < KEY_COUNT; id++)
        json_decref(r.values[id]);
    return status;
}

static bool ends_with(const char *text, const char *end) {
    size_t size = strlen(text), end_size = strlen(end);
    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

static entrain_status refuse_ending(const char *path, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_INVALID,
                             "%s: a scenario file's name ends in .lua or .json; give one that does.", path);
}

void scenario_skip_preamble(const char **text, size_t *size) {
    if (*size >= 3 && memcmp(*text, "\xEF\xBB\xBF", 3) == 0)
        *text += 3, *size -= 3;
    if (*size >= 2 && memcmp(*text, "#!", 2) == 0)
        while (*size > 0 && **text != '\n') // the line break stays, so that lines keep their numbers
            *text += 1, *size -= 1;
}

entrain_status scenario_load_tree(const scenario_source *source, json_t *tree, sandbox *script,
                                  scenario *scenario_out, entrain_error *error_out) {
    if (!json_is_object(tree))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: the script returned a list; return a table of keys, as in return { swarm = { size "
            "= 1000 } }.",
            source->path);
    given_values given = {.path = source->path, .script = script};
    entrain_status status = given_take_tree(&given, tree, error_out);
    for (uint32_t i = 0; status == ENTRAIN_OK && i < source->set_count; i++)
        status = given_take_set(&given, source->sets[i], error_out);
    if (status == ENTRAIN_OK)
        status = given_take_disruptions(&given, source->disruptions, source->disruption_count, error_out);
    if (status == ENTRAIN_OK)
        status = resolve(&given, scenario_out, error_out);
    if (status == ENTRAIN_OK)
        scenario_out->sweep = json_incref(json_object_get(tree, "sweep"));
    given_free(&given);
    return status;
}

entrain_status scenario_read_text(const scenario_source *source, const char *text, size_t size,
                                  const sandbox_limits *limits, scenario_draft *draft_out,
                                  entrain_error *error_out) {
    scenario_draft draft = {0};
    entrain_status status;
    scenario_skip_preamble(&text, &size);
    if (strcmp(source->path, SCENARIO_NO_FILE) == 0)
        status = json_source_parse(source->path, "{}", 2, &draft.tree, error_out);
    else if (source->text_is_json || ends_with(source->path, ".json"))
        status = json_source_parse(source->path, text, size, &draft.tree, error_out);
    else if (ends_with(source->path, ".lua"))
        status = sandbox_open(source->path, text, size, limits, given_takes_function, &draft.script,
                              &draft.tree, error_out);
    else
        status = refuse_ending(source->path, error_out);
    if (status != ENTRAIN_OK) {
        scenario_draft_free(&draft);
        return status;
    }
    *draft_out = draft;
    return ENTRAIN_OK;
}

entrain_status scenario_resolve_draft(const scenario_source *source, const scenario_draft *draft,
                                      scenario *scenario_out, entrain_error *error_out) {
    return scenario_load_tree(source, draft->tree, draft->script, scenario_out, error_out);
}

void scenario_draft_free(scenario_draft *draft) {
    sandbox_close(draft->script);
    json_decref(draft->tree);
    *draft = (scenario_draft){0};
}

entrain_status scenario_load_text(const scenario_source *source, const char *text, size_t size,
                                  const sandbox_limits *limits, scenario *scenario_out,
                                  entrain_error *error_out) {
    scenario_draft draft = {0};
    entrain_status status = scenario_read_text(source, text, size, limits, &draft, error_out);
    if (status == ENTRAIN_OK)
        status = scenario_resolve_draft(source, &draft, scenario_out, error_out);
    scenario_draft_free(&draft);
    return status;
}

entrain_status scenario_read_file(const char *path, char **text_out, size_t *size_out,
                                  entrain_error *error_out) {
    if (!ends_with(path, ".lua") && !ends_with(path, ".json"))
        return refuse_ending(path, error_out);
    return words_read_file(path, FILE_BYTES_MAX, text_out, size_out, error_out);
}

entrain_status scenario_load(const scenario_source *source, scenario *scenario_out,
                             entrain_error *error_out) {
    const sandbox_limits limits = sandbox_limits_defaults();
    if (strcmp(source->path, SCENARIO_NO_FILE) == 0)
        return scenario_load_text(source, "", 0, &limits, scenario_out, error_out);
    char *text;
    size_t size;
    entrain_status status = scenario_read_file(source->path, &text, &size, error_out);
    if (status != ENTRAIN_OK)
        return status;
    status = scenario_load_text(source, text, size, &limits, scenario_out, error_out);
    free(text);
    return status;
}

entrain_status scenario_load_words(const scenario_source *source, const char *text, scenario *scenario_out,
                                   entrain_error *error_out) {
    sandbox_limits limits = sandbox_limits_defaults();
    return scenario_load_text(source, text, strlen(text), &limits, scenario_out, error_out);
}

void scenario_free(scenario *loaded) {
    free_arrays(loaded->owned);
    events_free(loaded->events);
    json_decref(loaded->resolved);
    json_decref(loaded->sweep);
    memset(loaded, 0, sizeof *loaded);
}

// What another key is called beside @p name: "kind" for "swarm.topology.kind" beside "swarm.topology.degree".
static const char *beside(const char *name, const char *other) {
    size_t table = (size_t)(strrchr(other, '.') + 1 - other);
    bool together = strncmp(name, other, table) == 0 && strchr(name + table, '.') == NULL;
    return together ? other + table : other;
}

static wording where_it_applies(schema_key_id id) {
    const schema_key *key = &schema_keys[id];
    wording out = {""};
    if (key->belongs_to == KEY_NONE)
        return out;
    const char *owner = beside(key->name, schema_keys[key->belongs_to].name);
    if (key->belongs_words == NULL) {
        snprintf(out.text, sizeof out.text, "with %s", owner);
        return out;
    }
    wording words = schema_belongs(id);
    snprintf(out.text, sizeof out.text, "where %.40s is %.100s", owner,
             words.text[0] != '\0' ? words.text : "a plug-in's");
    return out;
}

scenario_key scenario_key_at(uint32_t index) {
    if (index >= KEY_COUNT - 1)
        return (scenario_key){0};
    schema_key_id id = (schema_key_id)(index + 1);
    const schema_key *key = &schema_keys[id];
    return (scenario_key){.name = key->name,
                          .type = schema_type_text(id),
                          .default_text = key->default_text != NULL ? key->default_text : "-",
                          .summary = key->summary,
                          .applies = where_it_applies(id)};
}
