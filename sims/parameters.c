// Tables of numbers by name, checked against what a plug-in declared.
#include "sims/parameters.h"

#include <stdlib.h>
#include <string.h>

#include "entrain/phase_model.h"
#include "entrain/topology.h"
#include "sims/words.h"

parameter_list parameters_of(schema_key_id id, const char *kind) {
    const entrain_phase_model *model = id == KEY_MODEL_PARAMETERS ? entrain_phase_model_find(kind) : NULL;
    const entrain_topology_generator *generator =
        id == KEY_TOPOLOGY_PARAMETERS ? entrain_topology_generator_find(kind) : NULL;
    if (model != NULL)
        return (parameter_list){model->parameters, model->parameter_count};
    if (generator != NULL)
        return (parameter_list){generator->parameters, generator->parameter_count};
    return (parameter_list){0};
}

static entrain_status refuse_name(schema_key_id id, const char *kind, parameter_list list, const char *name,
                                  const char *where, entrain_error *error_out) {
    const char *names[ENTRAIN_PARAMETERS_MAX + 1] = {NULL};
    char all[400] = "";
    for (uint32_t i = 0; i < list.count; i++) {
        size_t size = strlen(all);
        names[i] = list.parameters[i].name;
        snprintf(all + size, sizeof all - size, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *nearest = entrain_nearest_word(name, names);
    return entrain_error_set(error_out, ENTRAIN_UNKNOWN, "%s: %s has no \"%s\"; \"%s\" asks for %s%s%s%s.",
                             where, schema_keys[id].name, words_text(name).text, kind, all,
                             nearest != NULL ? " (did you mean \"" : "", nearest != NULL ? nearest : "",
                             nearest != NULL ? "\"?)" : "");
}

static entrain_status check_value(schema_key_id id, const entrain_parameter *one, const json_t *value,
                                  const char *where, entrain_error *error_out) {
    double number = json_number_value(value);
    if (json_is_number(value) && number >= one->least && number <= one->most)
        return ENTRAIN_OK;
    return entrain_error_set(error_out, ENTRAIN_INVALID,
                             "%s: %s.%s is %s; it must be a number from %s to %s.", where,
                             schema_keys[id].name, one->name, words_value(value).text,
                             words_number(one->least).text, words_number(one->most).text);
}

static const entrain_parameter *find(parameter_list list, const char *name) {
    for (uint32_t i = 0; i < list.count; i++)
        if (strcmp(list.parameters[i].name, name) == 0)
            return &list.parameters[i];
    return NULL;
}

static entrain_status check_given(schema_key_id id, const char *kind, parameter_list list,
                                  const json_t *given, const char *where, entrain_error *error_out) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)given, name, value) { // the cast: jansson's iterators know no const
        const entrain_parameter *one = find(list, name);
        entrain_status status = one != NULL ? check_value(id, one, value, where, error_out)
                                            : refuse_name(id, kind, list, name, where, error_out);
        if (status != ENTRAIN_OK)
            return status;
    }
    return ENTRAIN_OK;
}

static int by_name(const void *left, const void *right) {
    const entrain_parameter *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

entrain_status parameters_resolve(schema_key_id id, const char *kind, const json_t *given, const char *where,
                                  json_t **table_out, entrain_error *error_out) {
    parameter_list list = parameters_of(id, kind);
    entrain_status status = check_given(id, kind, list, given, where, error_out);
    if (status != ENTRAIN_OK)
        return status;
    const entrain_parameter *sorted[ENTRAIN_PARAMETERS_MAX];
    for (uint32_t i = 0; i < list.count; i++)
        sorted[i] = &list.parameters[i];
    qsort(sorted, list.count, sizeof *sorted, by_name);
    json_t *table = json_object();
    for (uint32_t i = 0; table != NULL && i < list.count; i++) {
        const json_t *value = json_object_get(given, sorted[i]->name);
        double number = value != NULL ? json_number_value(value) : sorted[i]->value;
        if (json_object_set_new(table, sorted[i]->name, json_real(number)) != 0) {
            json_decref(table);
            table = NULL;
        }
    }
    if (table == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory left for %s; free some.", where,
                                 schema_keys[id].name);
    *table_out = table;
    return ENTRAIN_OK;
}

void parameters_read(schema_key_id id, const char *kind, const json_t *table, double *values_out) {
    parameter_list list = parameters_of(id, kind);
    for (uint32_t i = 0; i < list.count; i++)
        values_out[i] = json_number_value(json_object_get(table, list.parameters[i].name));
}
