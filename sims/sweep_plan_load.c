// Loading the points of a sweep, and what runs cost.
//
// A scenario whose script keeps no functions is read once, and loaded once for each point from what was read;
// one with functions (which may keep something from call to call) is read anew each time. Of very many points
// a part is loaded, every value of every axis in it at least once; what the others cost follows from that.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/math.h"
#include "sims/interrupt.h"
#include "sims/schema.h"
#include "sims/sweep_plan_owned.h"
#include "sims/sweep_values.h"

enum {
    LOADED_MAX = 4000, // points loaded to be checked; of scripts with functions fewer
    LOADED_MAX_OF_SCRIPTS = 400,
    COMMAND_SETS_MAX = SWEEP_AXES_MAX + 3
};

// @p seed 0: the scenario's own.
static entrain_status load(const sweep_plan *plan, const json_t *values, const json_t *searched,
                           const uint64_t *seed, uint32_t workers, scenario *scenario_out,
                           entrain_error *error_out) {
    const plan_owned *owned = owned_of(plan);
    const char **sets = calloc(plan->source.set_count + (size_t)COMMAND_SETS_MAX + 1, sizeof *sets);
    char *made[COMMAND_SETS_MAX + 1];
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->axis_count; i++)
        made[count++] = sweep_values_set(plan->axes[i].key, json_object_get(values, plan->axes[i].key));
    if (searched != NULL)
        made[count++] = sweep_values_set(plan->find.key, searched);
    if (seed != NULL && asprintf(&made[count], "seed=%llu", (unsigned long long)*seed) >= 0)
        count++;
    if (workers > 0 && asprintf(&made[count], "exec.workers=%u", workers) >= 0)
        count++;
    bool enough = sets != NULL;
    for (uint32_t i = 0; enough && i < plan->source.set_count; i++)
        sets[i] = plan->source.sets[i];
    for (uint32_t i = 0; i < count; i++) {
        enough = enough && made[i] != NULL;
        if (enough)
            sets[plan->source.set_count + i] = made[i];
    }
    scenario_source source = plan->source;
    source.sets = sets;
    source.set_count += count;
    entrain_status status = ENTRAIN_NO_MEMORY;
    if (!enough)
        sweep_no_memory(plan, error_out);
    else if (owned->reusable)
        status = scenario_resolve_draft(&source, &owned->draft, scenario_out, error_out);
    else
        status = scenario_load_words(&source, plan->text, scenario_out, error_out);
    for (uint32_t i = 0; i < count; i++)
        free(made[i]);
    free(sets);
    return status;
}

static json_t *end_of_search(const sweep_plan *plan, bool high) {
    const double value = high ? plan->find.high : plan->find.low;
    const schema_key_id id = plan->find.key != NULL ? schema_find(plan->find.key) : KEY_NONE;
    if (plan->find.key == NULL)
        return NULL;
    return id != KEY_NONE && schema_keys[id].type == SCHEMA_INTEGER ? json_integer((json_int_t)ceil(value))
                                                                    : json_real(value);
}

// Whether a sentence opens with what given.c makes of @p set.
static bool opens(const char *text, const char *set) {
    static const char *const typed[][2] = {
        {"goal=", "--goal "}, {"scale=", "--scale "}, {"agent.strategy=", "--strategy "}};
    const char *option = "--set ";
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        if (strncmp(set, typed[i][0], strlen(typed[i][0])) == 0) {
            option = typed[i][1];
            set += strlen(typed[i][0]);
            break;
        }
    const size_t size = strlen(option), shown = strlen(set) < 60 ? strlen(set) : 60; // long ones are cut
    return strncmp(text, option, size) == 0 && strncmp(text + size, set, shown) == 0;
}

// What the loader says of a point opens with a --set that nobody typed; it is told by the point instead.
static entrain_status tell_point(const sweep_plan *plan, uint32_t point, entrain_status status,
                                 const entrain_error *said, entrain_error *error_out) {
    char values[400];
    const char *text = said->sentence;
    sweep_tell_values(plan, owned_of(plan)->values[point], values, sizeof values);
    char where[440] = "";
    const char *colon = strstr(text, ": ");
    for (uint32_t i = 0; colon != NULL && i < plan->axis_count; i++) {
        char *set = sweep_values_set(plan->axes[i].key,
                                     json_object_get(owned_of(plan)->values[point], plan->axes[i].key));
        if (set != NULL && opens(text, set)) {
            snprintf(where, sizeof where, "%.400s: sweep: ", plan->path);
            text = colon + 2;
            colon = NULL;
        }
        free(set);
    }
    const size_t size = strlen(text);
    return entrain_error_set(error_out, status, "%s%.*s (point %u of the sweep%s%s).", where,
                             (int)(size > 0 && text[size - 1] == '.' ? size - 1 : size), text, point,
                             values[0] != '\0' ? ": " : "", values);
}

static entrain_status load_point(sweep_plan *plan, uint32_t point, entrain_error *error_out) {
    plan_owned *owned = owned_of(plan);
    for (int end = 0; end < (plan->find.key != NULL ? 2 : 1); end++) {
        scenario loaded = {0};
        entrain_error said = {0};
        json_t *searched = end_of_search(plan, end == 1);
        entrain_status status = load(plan, owned->values[point], searched, NULL, 0, &loaded, &said);
        json_decref(searched);
        if (status != ENTRAIN_OK)
            return tell_point(plan, point, status, &said, error_out);
        owned->costs[point] = sweep_cost_of(&loaded);
        if (plan->base == NULL) {
            plan->base = json_incref(loaded.resolved);
            plan->seed = loaded.swarm.seed;
        }
        scenario_free(&loaded);
    }
    owned->loaded++;
    return ENTRAIN_OK;
}

// What was not loaded costs what its values cost elsewhere: log cost = a sum of one term for each group's
// value, fitted to what was loaded by turns.
static void fit(sweep_plan *plan, double *(*part)(sweep_cost *), const bool *loaded) {
    plan_owned *owned = owned_of(plan);
    const uint32_t groups = owned->group_count;
    double *terms[SWEEP_AXES_MAX] = {NULL}, *sums = NULL, *counts = NULL;
    size_t widest = 1;
    for (uint32_t g = 0; g < groups; g++) {
        terms[g] = calloc(sweep_group_size(plan, g), sizeof *terms[g]);
        widest = sweep_group_size(plan, g) > widest ? sweep_group_size(plan, g) : widest;
        if (terms[g] == NULL)
            goto done;
    }
    sums = calloc(widest, sizeof *sums);
    counts = calloc(widest, sizeof *counts);
    if (sums == NULL || counts == NULL)
        goto done;
    for (int turn = 0; turn < 6; turn++)
        for (uint32_t g = 0; g < groups; g++) {
            memset(sums, 0, sweep_group_size(plan, g) * sizeof *sums);
            memset(counts, 0, sweep_group_size(plan, g) * sizeof *counts);
            for (uint32_t p = 0; p < plan->point_count; p++) {
                const uint32_t *places = &owned->places[(size_t)p * groups];
                if (!loaded[p])
                    continue;
                double rest = entrain_log(*part(&owned->costs[p]));
                for (uint32_t k = 0; k < groups; k++)
                    rest -= k != g ? terms[k][places[k]] : 0;
                sums[places[g]] += rest;
                counts[places[g]]++;
            }
            for (size_t i = 0; i < sweep_group_size(plan, g); i++)
                terms[g][i] = counts[i] > 0 ? sums[i] / counts[i] : 0;
        }
    for (uint32_t p = 0; p < plan->point_count; p++) {
        double sum = 0;
        for (uint32_t g = 0; g < groups; g++)
            sum += terms[g][owned->places[(size_t)p * groups + g]];
        if (!loaded[p])
            *part(&owned->costs[p]) = entrain_exp(sum);
    }
done:
    for (uint32_t g = 0; g < groups; g++)
        free(terms[g]);
    free(sums);
    free(counts);
}

static double *seconds_part(sweep_cost *cost) { return &cost->seconds; }
static double *bytes_part(sweep_cost *cost) { return &cost->bytes; }

// All points; of very many a part: some evenly among them, and every value of every axis at least once.
entrain_status sweep_load_points(sweep_plan *plan, entrain_error *error_out) {
    plan_owned *owned = owned_of(plan);
    const uint32_t most = owned->reusable ? LOADED_MAX : LOADED_MAX_OF_SCRIPTS;
    const uint32_t every = (plan->point_count + most - 1) / most, groups = owned->group_count;
    bool *loaded = calloc(plan->point_count, sizeof *loaded), *met[SWEEP_AXES_MAX] = {NULL};
    owned->costs = calloc(plan->point_count, sizeof *owned->costs);
    bool enough = loaded != NULL && owned->costs != NULL;
    for (uint32_t g = 0; enough && g < groups; g++)
        enough = (met[g] = calloc(sweep_group_size(plan, g), sizeof *met[g])) != NULL;
    entrain_status status = enough ? ENTRAIN_OK : sweep_no_memory(plan, error_out);
    for (uint32_t p = 0; status == ENTRAIN_OK && p < plan->point_count; p++) {
        const uint32_t *places = &owned->places[(size_t)p * groups];
        loaded[p] = p % every == 0 || p == plan->point_count - 1;
        for (uint32_t g = 0; g < groups; g++)
            loaded[p] = loaded[p] || !met[g][places[g]];
        for (uint32_t g = 0; loaded[p] && g < groups; g++)
            met[g][places[g]] = true;
        if (loaded[p] && interrupt_requested())
            status = entrain_error_set(error_out, ENTRAIN_CANCELLED,
                                       "Interrupted while the sweep was planned; nothing was run.");
        else if (loaded[p])
            status = load_point(plan, p, error_out);
    }
    if (status == ENTRAIN_OK && owned->loaded < plan->point_count) {
        fit(plan, seconds_part, loaded);
        fit(plan, bytes_part, loaded);
    }
    for (uint32_t g = 0; g < groups; g++)
        free(met[g]);
    free(loaded);
    return status;
}

static double evaluations(const sweep_find *find) {
    const double width =
        find->logarithmic ? entrain_log(find->high / find->low) * find->low : find->high - find->low;
    return 2 + fmax(0, ceil(entrain_log(width / find->tolerance) / entrain_log(2)));
}

void sweep_add_costs(sweep_plan *plan) {
    const plan_owned *owned = owned_of(plan);
    for (uint32_t u = 0; u < plan->unit_count; u++) {
        sweep_unit *unit = &plan->units[u];
        for (uint32_t i = 0; i < unit->run_count; i++) {
            const sweep_cost *cost = &owned->costs[plan->runs[unit->first_run + i].point];
            unit->cost += cost->seconds * (unit->kind == SWEEP_FIND ? evaluations(&plan->find) : 1);
            unit->bytes = (size_t)cost->bytes > unit->bytes ? (size_t)cost->bytes : unit->bytes;
        }
    }
}

entrain_status sweep_plan_scenario(const sweep_plan *plan, uint32_t run, const json_t *value,
                                   uint32_t workers, scenario *scenario_out, entrain_error *error_out) {
    const sweep_run *one = &plan->runs[run];
    if (plan->climbed != NULL)
        one = &plan->runs[plan->units[one->unit].first_run];
    json_t *low = value == NULL ? end_of_search(plan, false) : NULL;
    entrain_error said = {0};
    entrain_status status = load(plan, one->values, value != NULL && plan->find.key != NULL ? value : low,
                                 &one->seed, workers, scenario_out, &said);
    json_decref(low);
    return status == ENTRAIN_OK ? status : tell_point(plan, one->point, status, &said, error_out);
}
