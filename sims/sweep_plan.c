// From words to runs.
//
//   scenario --(sweep_given)--> axes --> combinations, filtered --> points --x replicas--> runs --> units
// (sweep_plan_load.c loads points and estimates costs, sweep_plan_words.c says what a plan is.)
#include "sims/sweep_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/events.h"
#include "sims/run_once.h"
#include "sims/schema.h"
#include "sims/sweep_plan_owned.h"

enum { POINTS_MAX = 1000000, KEYS_MAX = KEY_COUNT + 8 };

// ---- what stands in the file

static char **copy_texts(const char *const *texts, uint32_t count) {
    char **copy = calloc(count + (size_t)1, sizeof *copy);
    for (uint32_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = strdup(texts[i]);
        if (copy[i] == NULL)
            abort();
    }
    return copy;
}

static void free_texts(char **texts, uint32_t count) {
    for (uint32_t i = 0; texts != NULL && i < count; i++)
        free(texts[i]);
    free(texts);
}

// "onset" from "sims/onset.lua"; from a manifest.json the name that it holds.
static char *name_of(const sweep_plan *plan) {
    const char *slash = strrchr(plan->path, '/'), *base = slash != NULL ? slash + 1 : plan->path;
    const char *goal = json_string_value(json_object_get(plan->base, "goal"));
    if (strcmp(plan->path, SCENARIO_NO_FILE) == 0)
        return strdup(goal != NULL ? goal : "agents");
    if (strcmp(base, "manifest.json") == 0) {
        json_t *manifest = json_loads(plan->text, 0, NULL);
        const char *held = json_string_value(json_object_get(manifest, "name"));
        char *name = held != NULL && strchr(held, '/') == NULL ? strdup(held) : NULL;
        json_decref(manifest);
        if (name != NULL)
            return name;
    }
    const size_t size = strcspn(base, ":"); // a script's table: "ladder.lua:12"
    const char *dot = memrchr(base, '.', size);
    return strndup(base, dot != NULL && dot != base ? (size_t)(dot - base) : size);
}

const json_t *sweep_value_at(const json_t *tree, const char *key) {
    for (const char *dot; (dot = strchr(key, '.')) != NULL; key = dot + 1) {
        char part[64];
        snprintf(part, sizeof part, "%.*s", (int)(dot - key), key);
        tree = json_object_get(tree, part);
    }
    return json_object_get(tree, key);
}

// ---- axes

static entrain_status take_axes(sweep_plan *plan, bool find_typed, entrain_error *error_out) {
    sweep_given *given = &owned_of(plan)->given;
    for (uint32_t i = 0; i < given->axis_count; i++) {
        given_axis *axis = &given->axes[i];
        const bool searched = given->find_key != NULL && strcmp(given->find_key, axis->key) == 0;
        if (searched && !find_typed && !axis->taken_out)
            return entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "%s: sweep: %s is both swept and searched (find); take it out of one of them.", plan->path,
                axis->key);
        axis->taken_out = axis->taken_out || searched;
        if (!axis->taken_out)
            plan->axes[plan->axis_count++] = (sweep_axis){.key = axis->key, .values = axis->values};
    }
    return ENTRAIN_OK;
}

static const given_axis *given_of(const sweep_plan *plan, const char *key) {
    const sweep_given *given = &owned_of(plan)->given;
    for (uint32_t i = 0; i < given->axis_count; i++)
        if (strcmp(given->axes[i].key, key) == 0)
            return &given->axes[i];
    return NULL;
}

// Axes that are zipped form one group; groups are numbered by their first axis.
static entrain_status form_groups(sweep_plan *plan, entrain_error *error_out) {
    uint32_t groups = 0;
    for (uint32_t i = 0; i < plan->axis_count; i++) {
        const int zip = given_of(plan, plan->axes[i].key)->zip;
        uint32_t k = 0;
        while (k < i && (zip < 0 || given_of(plan, plan->axes[k].key)->zip != zip))
            k++;
        plan->axes[i].group = k < i ? plan->axes[k].group : groups++;
        const size_t count = json_array_size(plan->axes[i].values),
                     other = json_array_size(plan->axes[k].values);
        if (count != other)
            return entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "%s: sweep: %s has %zu values and %s, with which it is zipped, %zu; give both "
                "as many.",
                plan->path, plan->axes[i].key, count, plan->axes[k].key, other);
    }
    owned_of(plan)->group_count = groups;
    return ENTRAIN_OK;
}

static int by_number(const void *left, const void *right) {
    const double a = json_number_value(*(json_t *const *)left),
                 b = json_number_value(*(json_t *const *)right);
    return (a > b) - (a < b);
}

// The climbed axis last, its values ascending.
static entrain_status take_climbed(sweep_plan *plan, const sweep_order *order, entrain_error *error_out) {
    uint32_t at = plan->axis_count;
    if (plan->find.key != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: sweep: order \"%s\" climbs and find searches; do one of them.",
                                 plan->path, plan->order);
    for (uint32_t i = 0; i < plan->axis_count; i++)
        if (order->key[0] != '\0' ? strcmp(plan->axes[i].key, order->key) == 0
                                  : events_can_set(plan->axes[i].key))
            at = i;
    if (at == plan->axis_count || !events_can_set(plan->axes[at].key))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: sweep: order \"%s\" needs %s that can be set while a swarm runs, such "
                                 "as model.coupling (`entrain "
                                 "list events`, under set).",
                                 plan->path, plan->order,
                                 order->key[0] == '\0'    ? "a swept key"
                                 : at == plan->axis_count ? "its key to be swept, and one"
                                                          : "a key");
    for (uint32_t i = 0; i < plan->axis_count; i++)
        if (i != at && plan->axes[i].group == plan->axes[at].group)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "%s: sweep: %s is climbed and zipped; take it out of zip.", plan->path,
                                     plan->axes[at].key);
    const size_t count = json_array_size(plan->axes[at].values);
    json_t **sorted = calloc(count, sizeof *sorted), *list = json_array();
    for (size_t i = 0; sorted != NULL && i < count; i++) {
        sorted[i] = json_array_get(plan->axes[at].values, i);
        if (!json_is_number(sorted[i])) {
            const wording is = words_value(sorted[i]);
            free(sorted);
            json_decref(list);
            return entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "%s: sweep: %s is to be climbed and one of its values is %s; give numbers.", plan->path,
                plan->axes[at].key, is.text);
        }
    }
    if (sorted == NULL || list == NULL) {
        free(sorted);
        json_decref(list);
        return sweep_no_memory(plan, error_out);
    }
    qsort(sorted, count, sizeof *sorted, by_number);
    for (size_t i = 0; i < count; i++)
        json_array_append(list, sorted[i]);
    free(sorted);
    given_axis *axis = (given_axis *)given_of(plan, plan->axes[at].key);
    json_decref(axis->values);
    axis->values = list;
    const sweep_axis climbed = {.key = axis->key, .values = list};
    memmove(&plan->axes[at], &plan->axes[at + 1], (plan->axis_count - at - 1) * sizeof climbed);
    plan->axes[plan->axis_count - 1] = climbed;
    plan->climbed = climbed.key;
    return form_groups(plan, error_out);
}

// ---- expressions over points

typedef struct filter {
    expression *made; // NULL: everything passes
    json_t *constants;
} filter;

static const char *const counters[] = {"run", "point", "replica", "seed", "direction", NULL};

static bool is_counter(const char *name) {
    for (size_t i = 0; counters[i] != NULL; i++)
        if (strcmp(counters[i], name) == 0)
            return true;
    return false;
}

// Names: of axes first, those taken out included; then all keys, with the base's values.
static entrain_status filter_make(const sweep_plan *plan, const char *text, const char *where, bool counted,
                                  filter *filter_out, entrain_error *error_out) {
    const char *names[KEYS_MAX + SWEEP_AXES_MAX + 1] = {NULL};
    const sweep_given *given = &owned_of(plan)->given;
    size_t count = 0;
    filter made = {0};
    if (text == NULL) {
        *filter_out = made;
        return ENTRAIN_OK;
    }
    for (size_t i = 0; counted && counters[i] != NULL; i++)
        names[count++] = counters[i];
    for (uint32_t i = 0; i < given->axis_count; i++)
        names[count++] = given->axes[i].key;
    names[count++] = "";
    scenario_key key;
    for (uint32_t i = 0; (key = scenario_key_at(i)).name != NULL && count < KEYS_MAX + SWEEP_AXES_MAX; i++)
        names[count++] = key.name;
    entrain_status status = expression_make(text, where, names, &made.made, error_out);
    if (status != ENTRAIN_OK)
        return status;
    made.constants = json_object();
    scenario base = {0};
    entrain_error ignored = {0};
    bool loaded = false, asked = false;
    for (size_t i = 0; i < count && made.constants != NULL; i++) {
        bool swept = false;
        for (uint32_t k = 0; k < plan->axis_count; k++)
            swept = swept || strcmp(plan->axes[k].key, names[i]) == 0;
        if (swept || is_counter(names[i]) || !expression_uses(made.made, names[i]))
            continue;
        if (!asked) // one that cannot be loaded by itself has no values to offer
            loaded =
                scenario_resolve_draft(&plan->source, &owned_of(plan)->draft, &base, &ignored) == ENTRAIN_OK;
        asked = true;
        const json_t *value = loaded ? sweep_value_at(base.resolved, names[i]) : NULL;
        if (value != NULL)
            json_object_set(made.constants, names[i], (json_t *)value);
    }
    if (loaded)
        scenario_free(&base);
    *filter_out = made;
    return ENTRAIN_OK;
}

static void filter_free(filter *made) {
    expression_free(made->made);
    json_decref(made->constants);
}

static entrain_status passes(const filter *by, const json_t *values, bool *passes_out,
                             entrain_error *error_out) {
    *passes_out = true;
    if (by->made == NULL)
        return ENTRAIN_OK;
    if (json_object_size(by->constants) == 0)
        return expression_true(by->made, values, passes_out, error_out);
    json_t *all = json_copy(by->constants);
    json_object_update(all, (json_t *)values);
    entrain_status status = expression_true(by->made, all, passes_out, error_out);
    json_decref(all);
    return status;
}

// ---- points

size_t sweep_group_size(const sweep_plan *plan, uint32_t group) {
    for (uint32_t i = 0; i < plan->axis_count; i++)
        if (plan->axes[i].group == group)
            return json_array_size(plan->axes[i].values);
    return 1;
}

static json_t *values_of(const sweep_plan *plan, const uint32_t *places) {
    json_t *values = json_object();
    for (uint32_t i = 0; values != NULL && i < plan->axis_count; i++)
        json_object_set(values, plan->axes[i].key,
                        json_array_get(plan->axes[i].values, places[plan->axes[i].group]));
    return values;
}

static entrain_status add_point(sweep_plan *plan, uint32_t *room, const uint32_t *places, json_t *values,
                                entrain_error *error_out) {
    plan_owned *owned = owned_of(plan);
    if (plan->point_count == *room) {
        const uint32_t wanted = *room < 64 ? 64 : *room * 2;
        json_t **more = realloc(owned->values, wanted * sizeof *more);
        if (more != NULL)
            owned->values = more;
        uint32_t *wider =
            realloc(owned->places, (size_t)wanted * (owned->group_count + (size_t)1) * sizeof *wider);
        if (wider != NULL)
            owned->places = wider;
        if (more == NULL || wider == NULL) {
            json_decref(values);
            return sweep_no_memory(plan, error_out);
        }
        *room = wanted;
    }
    for (uint32_t g = 0; g < owned->group_count; g++)
        owned->places[(size_t)plan->point_count * owned->group_count + g] = places[g];
    owned->values[plan->point_count++] = values;
    return ENTRAIN_OK;
}

// The product of all groups, the first varying slowest, as far as `where` lets it pass.
static entrain_status make_points(sweep_plan *plan, entrain_error *error_out) {
    plan_owned *owned = owned_of(plan);
    double product = 1;
    uint32_t places[SWEEP_AXES_MAX] = {0}, room = 0;
    for (uint32_t g = 0; g < owned->group_count; g++)
        product *= (double)sweep_group_size(plan, g);
    if (product > 10.0 * POINTS_MAX)
        return entrain_error_set(
            error_out, ENTRAIN_LIMIT,
            "%s: sweep: %.3g combinations; at most %d points can be swept, so give fewer values.", plan->path,
            product, POINTS_MAX);
    char where[400];
    filter kept;
    snprintf(where, sizeof where, "%.360s: sweep.where", plan->path);
    entrain_status status = filter_make(plan, owned->given.filter, where, false, &kept, error_out);
    if (status != ENTRAIN_OK)
        return status;
    for (bool more = true; more && status == ENTRAIN_OK;) {
        json_t *values = values_of(plan, places);
        bool passed = false;
        status =
            values != NULL ? passes(&kept, values, &passed, error_out) : sweep_no_memory(plan, error_out);
        if (status == ENTRAIN_OK && passed && plan->point_count == POINTS_MAX)
            status = entrain_error_set(error_out, ENTRAIN_LIMIT,
                                       "%s: sweep: more than %d points; give fewer values.", plan->path,
                                       POINTS_MAX);
        if (status == ENTRAIN_OK && passed)
            status = add_point(plan, &room, places, values, error_out);
        else
            json_decref(values);
        uint32_t g = owned->group_count;
        while (g > 0 && ++places[g - 1] == sweep_group_size(plan, g - 1))
            places[--g] = 0;
        more = g > 0;
    }
    filter_free(&kept);
    if (status == ENTRAIN_OK && plan->point_count == 0)
        status =
            entrain_error_set(error_out, ENTRAIN_INVALID,
                              "%s: sweep.where \"%s\" keeps none of the %.0f combinations; ask for less.",
                              plan->path, words_text(owned->given.filter).text, product);
    return status;
}

// ---- runs and units

static const char *const direction_names[] = {"up", "down"};

// Points of one ladder: consecutive, alike but for the climbed value.
static uint32_t ladder_length(const sweep_plan *plan, uint32_t first) {
    const plan_owned *owned = owned_of(plan);
    const uint32_t groups = owned->group_count;
    if (plan->climbed == NULL)
        return 1;
    uint32_t end = first + 1;
    while (end < plan->point_count &&
           memcmp(&owned->places[(size_t)first * groups], &owned->places[(size_t)end * groups],
                  (groups - 1) * sizeof *owned->places) == 0)
        end++;
    return end - first;
}

static void add_run(sweep_plan *plan, uint32_t point, uint32_t replica, const char *direction) {
    const uint32_t index = plan->run_count++;
    // A ladder is one swarm, with the seed of its first step.
    const uint32_t own = plan->climbed != NULL ? plan->units[plan->unit_count].first_run : index;
    plan->runs[index] = (sweep_run){.index = index,
                                    .point = point,
                                    .replica = replica,
                                    .unit = plan->unit_count,
                                    .seed = plan->seed + (plan->own_seeds ? own : replica - 1),
                                    .values = json_incref(owned_of(plan)->values[point]),
                                    .direction = direction,
                                    .chosen = true};
}

static entrain_status make_runs(sweep_plan *plan, const sweep_order *order, entrain_error *error_out) {
    const uint64_t rows = (uint64_t)plan->point_count * plan->replicas * (order->count == 2 ? 2u : 1u);
    if (rows > SWEEP_RUNS_MAX)
        return entrain_error_set(
            error_out, ENTRAIN_LIMIT,
            "%s: sweep: %llu runs (%u points, %u replicas); at most %d can be swept, so give "
            "fewer values or replicas.",
            plan->path, (unsigned long long)rows, plan->point_count, plan->replicas, SWEEP_RUNS_MAX);
    if (plan->seed > (uint64_t)INT64_MAX - rows)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: sweep: seeds are counted from %llu and would pass 9223372036854775807; take a "
            "smaller seed.",
            plan->path, (unsigned long long)plan->seed);
    plan->runs = calloc(rows, sizeof *plan->runs);
    plan->units = calloc(rows, sizeof *plan->units);
    plan->turns = calloc(rows, sizeof *plan->turns);
    if (plan->runs == NULL || plan->units == NULL || plan->turns == NULL)
        return sweep_no_memory(plan, error_out);
    for (uint32_t first = 0, length; first < plan->point_count; first += length) {
        length = ladder_length(plan, first);
        for (uint32_t replica = 1; replica <= plan->replicas; replica++) {
            sweep_unit *unit = &plan->units[plan->unit_count];
            unit->kind = plan->climbed != NULL    ? SWEEP_LADDER
                         : plan->find.key != NULL ? SWEEP_FIND
                                                  : SWEEP_SINGLE;
            unit->first_run = plan->run_count;
            unit->chosen = true;
            if (plan->climbed == NULL)
                add_run(plan, first, replica, NULL);
            for (uint32_t d = 0; d < order->count; d++)
                for (uint32_t k = 0; k < length; k++)
                    add_run(plan, order->directions[d] == 'u' ? first + k : first + length - 1 - k, replica,
                            direction_names[order->directions[d] == 'd']);
            unit->run_count = plan->run_count - unit->first_run;
            plan->unit_count++;
        }
    }
    return ENTRAIN_OK;
}

// A unit is carried out as a whole: of a ladder all steps, if one of them is chosen.
static entrain_status choose(sweep_plan *plan, const char *only, entrain_error *error_out) {
    filter by = {0};
    entrain_status status = filter_make(plan, only, "--only", true, &by, error_out);
    uint32_t kept = 0;
    for (uint32_t u = 0; status == ENTRAIN_OK && only != NULL && u < plan->unit_count; u++) {
        sweep_unit *unit = &plan->units[u];
        unit->chosen = false;
        for (uint32_t i = 0; status == ENTRAIN_OK && !unit->chosen && i < unit->run_count; i++) {
            const sweep_run *run = &plan->runs[unit->first_run + i];
            json_t *values = json_copy(run->values);
            json_object_set_new(values, "run", json_integer(run->index));
            json_object_set_new(values, "point", json_integer(run->point));
            json_object_set_new(values, "replica", json_integer(run->replica));
            json_object_set_new(values, "seed", json_integer((json_int_t)run->seed));
            if (run->direction != NULL)
                json_object_set_new(values, "direction", json_string(run->direction));
            status = passes(&by, values, &unit->chosen, error_out);
            json_decref(values);
        }
        for (uint32_t i = 0; i < unit->run_count; i++)
            plan->runs[unit->first_run + i].chosen = unit->chosen;
        kept += unit->chosen ? unit->run_count : 0;
    }
    if (status == ENTRAIN_OK && only != NULL) {
        owned_of(plan)->left_out = plan->run_count - kept;
        if (kept == 0)
            status = entrain_error_set(error_out, ENTRAIN_INVALID,
                                       "--only \"%s\" leaves none of the %u runs; ask for less.",
                                       words_text(only).text, plan->run_count);
    }
    filter_free(&by);
    return status;
}

// ---- the order in which units are begun

static int by_turn(const void *left, const void *right, void *context) {
    const sweep_plan *plan = context;
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const sweep_unit *first = &plan->units[a], *second = &plan->units[b];
    const uint32_t wave = plan->runs[first->first_run].replica, other = plan->runs[second->first_run].replica;
    if (wave != other)
        return wave < other ? -1 : 1;
    if (first->cost != second->cost)
        return first->cost > second->cost ? -1 : 1;
    return (a > b) - (a < b);
}

// ---- all of it

// What is searched for must be something that results have.
static entrain_status check_search(const sweep_plan *plan, entrain_error *error_out) {
    const char *names[KEYS_MAX + SWEEP_AXES_MAX + 1] = {NULL};
    size_t count = 0;
    expression *made = NULL;
    if (plan->find.key == NULL)
        return ENTRAIN_OK;
    for (uint32_t i = 0; result_column_at(i).name != NULL && count < KEYS_MAX; i++)
        names[count++] = result_column_at(i).name;
    for (uint32_t i = 0; i < plan->axis_count; i++)
        names[count++] = plan->axes[i].key;
    names[count] = plan->find.key;
    entrain_status status = expression_make(plan->find.where, "find", names, &made, error_out);
    expression_free(made);
    return status;
}

static entrain_status build(sweep_plan *plan, const sweep_words *words, entrain_error *error_out) {
    plan_owned *owned = owned_of(plan);
    sweep_given *given = &owned->given;
    sweep_order order = {0};
    entrain_status status = take_axes(plan, words != NULL && words->find != NULL, error_out);
    plan->find = given->find;
    plan->find.key = given->find_key;
    plan->find.where = given->find_where;
    plan->replicas = given->replicas;
    plan->own_seeds = given->own_seeds;
    if (status == ENTRAIN_OK && plan->axis_count == 0 && plan->find.key == NULL && plan->replicas < 2)
        status = entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: nothing is swept; give lists or ranges, as in --set swarm.size=100,1000 --set "
            "model.coupling=0:4:0.25 --replicas 10, or a table `sweep` in the scenario.",
            plan->path);
    plan->order = strdup(given->order != NULL ? given->order : "balanced");
    if (status == ENTRAIN_OK && plan->order == NULL)
        status = sweep_no_memory(plan, error_out);
    if (status == ENTRAIN_OK)
        status = form_groups(plan, error_out);
    if (status == ENTRAIN_OK)
        status = sweep_order_read(words != NULL && words->order != NULL ? "--order" : plan->path, plan->order,
                                  &order, error_out);
    if (status == ENTRAIN_OK && order.count > 0)
        status = take_climbed(plan, &order, error_out);
    if (status == ENTRAIN_OK)
        status = check_search(plan, error_out);
    if (status == ENTRAIN_OK)
        status = make_points(plan, error_out);
    if (status == ENTRAIN_OK)
        status = sweep_load_points(plan, error_out);
    if (status == ENTRAIN_OK)
        status = make_runs(plan, &order, error_out);
    if (status == ENTRAIN_OK)
        status = choose(plan, words != NULL ? words->only : NULL, error_out);
    if (status != ENTRAIN_OK)
        return status;
    sweep_add_costs(plan);
    for (uint32_t u = 0; u < plan->unit_count; u++)
        plan->turns[u] = u;
    if (!order.given)
        qsort_r(plan->turns, plan->unit_count, sizeof *plan->turns, by_turn, plan);
    plan->json = sweep_plan_json(plan);
    plan->name = name_of(plan);
    if (plan->json == NULL || plan->name == NULL)
        return sweep_no_memory(plan, error_out);
    plan->hash = sweep_plan_hash(plan);
    return ENTRAIN_OK;
}

// Takes @p text over.
static entrain_status make(const scenario_source *source, const sweep_words *words, char *text, size_t size,
                           sweep_plan **plan_out, entrain_error *error_out) {
    const sandbox_limits limits = sandbox_limits_defaults();
    sweep_plan *plan = calloc(1, sizeof *plan);
    plan_owned *owned = plan != NULL ? calloc(1, sizeof *owned) : NULL;
    if (owned == NULL) {
        free(plan);
        free(text);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory left for the sweep; free some.",
                                 source->path);
    }
    *plan = (sweep_plan){.owned = owned, .path = strdup(source->path), .text = text, .source = *source};
    owned->typed = copy_texts(source->sets, source->set_count);
    owned->typed_count = source->set_count;
    owned->disruptions = copy_texts(source->disruptions, source->disruption_count);
    if (plan->path == NULL || owned->typed == NULL || owned->disruptions == NULL)
        abort();
    if (words != NULL) {
        owned->typed_replicas = words->replicas;
        owned->typed_order = words->order != NULL ? strdup(words->order) : NULL;
        owned->typed_find = words->find != NULL ? strdup(words->find) : NULL;
    }
    plan->source.path = plan->path;
    plan->source.sets = NULL;
    plan->source.set_count = 0;
    plan->source.disruptions = (const char *const *)owned->disruptions;
    scenario_source typed = *source;
    typed.sets = (const char *const *)owned->typed;
    entrain_status status = scenario_read_text(&plan->source, text, size, &limits, &owned->draft, error_out);
    owned->reusable = owned->draft.script == NULL || owned->draft.script->function_count == 0;
    if (status == ENTRAIN_OK)
        status = sweep_given_table(&owned->given, plan->path, json_object_get(owned->draft.tree, "sweep"),
                                   error_out);
    if (status == ENTRAIN_OK)
        status = sweep_given_typed(&owned->given, &typed, words, error_out);
    if (status == ENTRAIN_OK) {
        plan->source.sets = (const char *const *)owned->given.sets;
        plan->source.set_count = owned->given.set_count;
        status = build(plan, words, error_out);
    }
    if (status != ENTRAIN_OK) {
        sweep_plan_free(plan);
        return status;
    }
    *plan_out = plan;
    return ENTRAIN_OK;
}

entrain_status sweep_plan_make(const scenario_source *source, const sweep_words *words, sweep_plan **plan_out,
                               entrain_error *error_out) {
    char *text = NULL;
    size_t size = 0;
    entrain_status status = ENTRAIN_OK;
    if (strcmp(source->path, SCENARIO_NO_FILE) == 0)
        text = strdup("");
    else
        status = scenario_read_file(source->path, &text, &size, error_out);
    if (status == ENTRAIN_OK && text == NULL)
        status = entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                   "%s: no memory left for the sweep; free some.", source->path);
    return status == ENTRAIN_OK ? make(source, words, text, size, plan_out, error_out) : status;
}

entrain_status sweep_plan_make_tree(const char *where, const json_t *tree, sweep_plan **plan_out,
                                    entrain_error *error_out) {
    char *text = json_dumps(tree, JSON_COMPACT | JSON_REAL_PRECISION(17));
    const scenario_source source = {.path = where, .text_is_json = true};
    if (text == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory left for the sweep; free some.",
                                 where);
    entrain_status status = make(&source, NULL, text, strlen(text), plan_out, error_out);
    if (status == ENTRAIN_OK)
        owned_of(*plan_out)->from_table = true;
    return status;
}

void sweep_plan_free(sweep_plan *plan) {
    if (plan == NULL)
        return;
    plan_owned *owned = owned_of(plan);
    for (uint32_t i = 0; i < plan->run_count; i++)
        json_decref(plan->runs[i].values);
    for (uint32_t p = 0; p < plan->point_count; p++)
        json_decref(owned->values[p]);
    free(owned->values);
    free(owned->places);
    free(owned->costs);
    free_texts(owned->typed, owned->typed_count);
    free_texts(owned->disruptions, plan->source.disruption_count);
    free(owned->typed_order);
    free(owned->typed_find);
    sweep_given_free(&owned->given);
    scenario_draft_free(&owned->draft);
    free(owned);
    json_decref(plan->base);
    json_decref(plan->json);
    free(plan->runs);
    free(plan->units);
    free(plan->turns);
    free(plan->order);
    free(plan->name);
    free(plan->path);
    free(plan->text);
    free(plan);
}
