// The words of a sweep, from a table and from the command line.
#include "sims/sweep_given.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/schema.h"
#include "sims/sweep_values.h"

enum { WHERE_BYTES = 400, REPLICAS_MAX = 1000000, ZIPS_MAX = SWEEP_AXES_MAX };

static entrain_status no_memory(const char *where, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory left for the sweep; free some.",
                             where);
}

static given_axis *find_axis(sweep_given *given, const char *key) {
    for (uint32_t i = 0; i < given->axis_count; i++)
        if (strcmp(given->axes[i].key, key) == 0)
            return &given->axes[i];
    return NULL;
}

// Takes @p values over.
static entrain_status put_axis(sweep_given *given, const char *where, const char *key, json_t *values,
                               entrain_error *error_out) {
    given_axis *axis = find_axis(given, key);
    if (axis == NULL && given->axis_count == SWEEP_AXES_MAX) {
        json_decref(values);
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "%s: more than %d keys are swept; sweep fewer at a time.", where,
                                 SWEEP_AXES_MAX);
    }
    if (axis == NULL) {
        axis = &given->axes[given->axis_count];
        *axis = (given_axis){.key = strdup(key), .zip = -1};
        if (axis->key == NULL) {
            json_decref(values);
            return no_memory(where, error_out);
        }
        given->axis_count++;
    }
    json_decref(axis->values);
    axis->values = values;
    axis->taken_out = false;
    return ENTRAIN_OK;
}

static entrain_status put_text(char **text, const char *where, const json_t *value, const char *name,
                               const char *example, entrain_error *error_out) {
    if (!json_is_string(value))
        return entrain_error_set(error_out, ENTRAIN_INVALID, "%s: %s is %s; it must be a text, such as %s.",
                                 where, name, words_value(value).text, example);
    free(*text);
    *text = strdup(json_string_value(value));
    return *text != NULL ? ENTRAIN_OK : no_memory(where, error_out);
}

static entrain_status put_replicas(sweep_given *given, const char *where, const json_t *value,
                                   entrain_error *error_out) {
    const double count = json_number_value(value);
    if (!json_is_number(value) || count != floor(count) || count < 1 || count > REPLICAS_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: replicas is %s; it must be a whole number from 1 to %d.", where,
                                 words_value(value).text, REPLICAS_MAX);
    given->replicas = (uint32_t)count;
    return ENTRAIN_OK;
}

static entrain_status put_seeds(sweep_given *given, const char *where, const json_t *value,
                                entrain_error *error_out) {
    const char *text = json_string_value(value);
    if (text == NULL || (strcmp(text, "common") != 0 && strcmp(text, "own") != 0))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: seeds is %s; it must be \"common\" (replica k has the same seed at every "
            "point) or \"own\".",
            where, words_value(value).text);
    given->own_seeds = text[0] == 'o';
    return ENTRAIN_OK;
}

// { { "a", "b" }, { "c", "d" } }, or { "a", "b" }. The axes are all known by now.
static entrain_status put_zip(sweep_given *given, const char *where, const json_t *value,
                              entrain_error *error_out) {
    const bool one = json_is_string(json_array_get(value, 0));
    const size_t count = one ? 1 : json_array_size(value);
    bool sound = json_is_array(value) && count > 0 && count <= ZIPS_MAX;
    for (size_t g = 0; sound && g < count; g++) {
        const json_t *group = one ? value : json_array_get(value, g);
        sound = json_array_size(group) >= 2;
        for (size_t i = 0; sound && i < json_array_size(group); i++) {
            const char *key = json_string_value(json_array_get(group, i));
            given_axis *axis = key != NULL ? find_axis(given, key) : NULL;
            sound = key != NULL;
            if (sound && (axis == NULL || axis->zip >= 0))
                return entrain_error_set(error_out, ENTRAIN_INVALID,
                                         "%s: zip names %s, which %s; zip groups of keys that are swept.",
                                         where, words_text(key).text,
                                         axis == NULL ? "is not swept" : "it names twice");
            if (sound)
                axis->zip = (int)g;
        }
    }
    return sound ? ENTRAIN_OK
                 : entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "%s: zip is %s; it must list groups of two or more keys, as in "
                                     "{ { \"swarm.size\", \"time.duration\" } }.",
                                     where, words_value(value).text);
}

// The order in which they vary.
static entrain_status put_axes(sweep_given *given, const char *where, const json_t *value,
                               entrain_error *error_out) {
    uint32_t at = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *key = json_string_value(json_array_get(value, i));
        given_axis *axis = key != NULL ? find_axis(given, key) : NULL;
        if (axis == NULL || axis < &given->axes[at])
            return entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "%s: axes names %s, which is not swept, or named twice; list the swept keys, "
                "the one that varies slowest first.",
                where, words_value(json_array_get(value, i)).text);
        const given_axis moved = *axis;
        memmove(&given->axes[at + 1], &given->axes[at], (size_t)(axis - &given->axes[at]) * sizeof moved);
        given->axes[at++] = moved;
    }
    return json_is_array(value)
               ? ENTRAIN_OK
               : entrain_error_set(error_out, ENTRAIN_INVALID,
                                   "%s: axes is %s; it must list the swept keys, the one that varies slowest "
                                   "first.",
                                   where, words_value(value).text);
}

static entrain_status check_find(sweep_given *given, const char *where, entrain_error *error_out) {
    sweep_find *find = &given->find;
    const schema_key_id id = schema_find(given->find_key);
    if (id == KEY_NONE && schema_nearest(given->find_key) != NULL &&
        strstr(given->find_key, ".parameters.") == NULL)
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                                 "%s: there is no key \"%s\"; did you mean \"%s\"?", where, given->find_key,
                                 schema_nearest(given->find_key));
    if (id != KEY_NONE && schema_keys[id].type != SCHEMA_NUMBER && schema_keys[id].type != SCHEMA_INTEGER)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: %s is no number; only the value of a number can be searched.", where,
                                 given->find_key);
    if (!(find->low < find->high) || !isfinite(find->low) || !isfinite(find->high))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: it is searched between %s and %s; give the lower end first, as in between = "
            "{ 0, 4 }.",
            where, words_number(find->low).text, words_number(find->high).text);
    if (find->logarithmic && find->low <= 0)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: log needs ends above 0, and the lower one is %s.", where,
                                 words_number(find->low).text);
    if (find->tolerance == 0) // eight halvings
        find->tolerance = id != KEY_NONE && schema_keys[id].type == SCHEMA_INTEGER
                              ? fmax(1, floor((find->high - find->low) / 256))
                              : (find->high - find->low) / 256;
    if (!(find->tolerance > 0) || !isfinite(find->tolerance))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: tolerance is %s; it must be a number above 0.", where,
                                 words_number(find->tolerance).text);
    return ENTRAIN_OK;
}

static entrain_status put_find(sweep_given *given, const char *where, const json_t *table,
                               entrain_error *error_out) {
    static const char *const known[] = {"key", "where", "between", "tolerance", "log", NULL};
    static const char form[] = "{ \"model.coupling\", where = \"coherence > 0.5\", between = { 0, 4 }, "
                               "tolerance = 0.01 }";
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)table, name, value) {
        const char *word = strcmp(name, "1") == 0 ? "key" : name;
        bool is_known = false;
        for (int i = 0; known[i] != NULL; i++)
            is_known = is_known || strcmp(known[i], word) == 0;
        const char *near = entrain_nearest_word(word, known);
        if (!is_known)
            return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                                     "%s: find has no word \"%s\"%s%s%s it is written %s.", where,
                                     words_text(word).text, near != NULL ? " (did you mean " : ";",
                                     near != NULL ? near : "", near != NULL ? "?);" : "", form);
    }
    const json_t *key = json_object_get(table, "1"), *ends = json_object_get(table, "between");
    const json_t *tolerance = json_object_get(table, "tolerance");
    if (key == NULL)
        key = json_object_get(table, "key");
    const json_t *low = json_array_get(ends, 0), *high = json_array_get(ends, 1);
    if (!json_is_string(key) || json_array_size(ends) != 2 || !json_is_number(low) || !json_is_number(high) ||
        !json_is_string(json_object_get(table, "where")) || (tolerance != NULL && !json_is_number(tolerance)))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: find lacks its key, where or between, or one of them is no text or no two "
            "numbers; it is written %s.",
            where, form);
    entrain_status status = put_text(&given->find_key, where, key, "the key of find", "", error_out);
    if (status == ENTRAIN_OK)
        status = put_text(&given->find_where, where, json_object_get(table, "where"), "where", "", error_out);
    given->find = (sweep_find){.low = json_number_value(low),
                               .high = json_number_value(high),
                               .tolerance = json_number_value(tolerance),
                               .logarithmic = json_is_true(json_object_get(table, "log"))};
    if (status == ENTRAIN_OK && tolerance != NULL && !(given->find.tolerance > 0))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: the tolerance of find is %s; it must be above 0.", where,
                                 words_value(tolerance).text);
    return status == ENTRAIN_OK ? check_find(given, where, error_out) : status;
}

static const char *const table_words[] = {"zip", "where", "replicas", "seeds", "order", "find", "axes", NULL};

static bool is_word(const char *name) {
    for (int i = 0; table_words[i] != NULL; i++)
        if (strcmp(table_words[i], name) == 0)
            return true;
    return false;
}

static entrain_status refuse_word(const char *where, const char *name, const json_t *value,
                                  entrain_error *error_out) {
    const char *near = entrain_nearest_word(name, table_words);
    if (schema_is_section(name) && json_is_object(value))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: %s is a table; name swept keys in full, as in [\"swarm.size\"] = { 100, 1000 }.", where,
            name);
    if (near == NULL)
        near = schema_nearest(name);
    return entrain_error_set(error_out, ENTRAIN_UNKNOWN, "%s: there is neither a key nor a word \"%s\"%s%s%s",
                             where, words_text(name).text,
                             near != NULL ? "; did you mean \""
                                          : " (`entrain list keys`, `entrain list sweeps`).",
                             near != NULL ? near : "", near != NULL ? "\"?" : "");
}

static bool is_key(const char *name) {
    schema_short_form form;
    return schema_find(name) != KEY_NONE || (schema_is_section(name) && schema_short(name, &form)) ||
           strstr(name, ".parameters.") != NULL;
}

static entrain_status take_axis(sweep_given *given, const char *where, const char *key, json_t *value,
                                entrain_error *error_out) {
    json_t *list = NULL, *checked = NULL;
    const bool single = !json_is_array(value) && !json_is_object(value);
    if (!is_key(key) || (json_is_object(value) && json_object_size(value) > 0))
        return refuse_word(where, key, value, error_out);
    if (single) {
        list = json_array();
        json_array_append(list, value);
    }
    entrain_status status = sweep_values_check(where, key, single ? list : value, &checked, error_out);
    json_decref(list);
    return status == ENTRAIN_OK ? put_axis(given, where, key, checked, error_out) : status;
}

entrain_status sweep_given_table(sweep_given *given, const char *path, const json_t *table,
                                 entrain_error *error_out) {
    char where[WHERE_BYTES];
    const char *name;
    json_t *value;
    snprintf(where, sizeof where, "%.380s: sweep", path);
    given->replicas = 1;
    if (table == NULL)
        return ENTRAIN_OK;
    if (!json_is_object(table))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s is %s; it must be a table, such as { [\"swarm.size\"] = { 100, 1000 }, "
                                 "replicas = 10 }.",
                                 where, words_value(table).text);
    entrain_status status = ENTRAIN_OK;
    json_object_foreach((json_t *)table, name, value) {
        if (status == ENTRAIN_OK && !is_word(name))
            status = take_axis(given, where, name, value, error_out);
    }
    const json_t *found;
    if (status == ENTRAIN_OK && (found = json_object_get(table, "axes")) != NULL)
        status = put_axes(given, where, found, error_out);
    if (status == ENTRAIN_OK && (found = json_object_get(table, "zip")) != NULL)
        status = put_zip(given, where, found, error_out);
    if (status == ENTRAIN_OK && (found = json_object_get(table, "where")) != NULL)
        status = put_text(&given->filter, where, found, "where", "\"size * coupling <= 20000\"", error_out);
    if (status == ENTRAIN_OK && (found = json_object_get(table, "replicas")) != NULL)
        status = put_replicas(given, where, found, error_out);
    if (status == ENTRAIN_OK && (found = json_object_get(table, "seeds")) != NULL)
        status = put_seeds(given, where, found, error_out);
    if (status == ENTRAIN_OK && (found = json_object_get(table, "order")) != NULL)
        status = put_text(&given->order, where, found, "order", "\"up,down\"", error_out);
    if (status == ENTRAIN_OK && (found = json_object_get(table, "find")) != NULL)
        status = put_find(given, where, found, error_out);
    return status;
}

// "model.coupling=0:4[:log] where coherence > 0.5 [to 0.01]".
static entrain_status type_find(sweep_given *given, const char *text, entrain_error *error_out) {
    static const char form[] = "model.coupling=0:4 where coherence > 0.5 to 0.01";
    const char *equals = strchr(text, '='), *where = strstr(text, " where ");
    char where_said[WHERE_BYTES], key[200], rest[16] = "";
    double low, high, tolerance = 0;
    int used = 0;
    snprintf(where_said, sizeof where_said, "--find \"%.300s\"", words_text(text).text);
    if (equals == NULL || where == NULL || equals > where || equals - text >= (int)sizeof key ||
        sscanf(equals + 1, "%lf:%lf%n", &low, &high, &used) < 2 || equals + 1 + used > where ||
        where - (equals + 1 + used) >= (int)sizeof rest)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s is not understood; write it as in --find '%s'.", where_said, form);
    snprintf(key, sizeof key, "%.*s", (int)(equals - text), text);
    snprintf(rest, sizeof rest, "%.*s", (int)(where - (equals + 1 + used)), equals + 1 + used);
    if (rest[0] != '\0' && strcmp(rest, ":log") != 0)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: behind the two ends there is %s; it may be :log, or nothing.",
                                 where_said, rest);
    char *condition = strdup(where + strlen(" where "));
    if (condition == NULL)
        return no_memory(where_said, error_out);
    for (char *to = condition; (to = strstr(to, " to ")) != NULL; to++) {
        char *end = NULL;
        tolerance = strtod(to + 4, &end);
        if (end != to + 4 && *end == '\0' && !(tolerance > 0)) {
            free(condition);
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "%s: the tolerance is %s; it must be above 0.", where_said,
                                     words_number(tolerance).text);
        }
        if (end != to + 4 && *end == '\0') {
            *to = '\0';
            break;
        }
        tolerance = 0;
    }
    free(given->find_key);
    free(given->find_where);
    given->find_key = strdup(key);
    given->find_where = condition;
    given->find =
        (sweep_find){.low = low, .high = high, .tolerance = tolerance, .logarithmic = rest[0] != '\0'};
    return given->find_key != NULL ? check_find(given, where_said, error_out)
                                   : no_memory(where_said, error_out);
}

static entrain_status type_set(sweep_given *given, const char *set, entrain_error *error_out) {
    char key[200];
    json_t *values = NULL;
    const char *equals = strchr(set, '=');
    entrain_status status = sweep_values_read(set, &values, error_out);
    if (status != ENTRAIN_OK)
        return status;
    snprintf(key, sizeof key, "%.*s", equals != NULL ? (int)(equals - set) : 0, set);
    if (values != NULL)
        return put_axis(given, "--set", key, values, error_out);
    given_axis *axis = find_axis(given, key);
    if (axis != NULL)
        axis->taken_out = true;
    if (strcmp(key, "exec.workers") == 0)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "--set %s: a sweep gives each run as many workers as fit; -j says how many in all.",
            words_text(set).text);
    given->sets[given->set_count++] = set;
    return ENTRAIN_OK;
}

entrain_status sweep_given_typed(sweep_given *given, const scenario_source *source, const sweep_words *words,
                                 entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    given->sets = calloc(source->set_count + (size_t)1, sizeof *given->sets);
    if (given->sets == NULL)
        return no_memory("--set", error_out);
    for (uint32_t i = 0; status == ENTRAIN_OK && i < source->set_count; i++)
        status = type_set(given, source->sets[i], error_out);
    if (words == NULL || status != ENTRAIN_OK)
        return status;
    if (words->replicas > 0)
        given->replicas = words->replicas;
    if (words->order != NULL) {
        free(given->order);
        given->order = strdup(words->order);
        if (given->order == NULL)
            return no_memory("--order", error_out);
    }
    return words->find != NULL ? type_find(given, words->find, error_out) : ENTRAIN_OK;
}

void sweep_given_free(sweep_given *given) {
    for (uint32_t i = 0; i < given->axis_count; i++) {
        free(given->axes[i].key);
        json_decref(given->axes[i].values);
    }
    free(given->filter);
    free(given->order);
    free(given->find_key);
    free(given->find_where);
    free(given->sets);
    *given = (sweep_given){0};
}

entrain_status sweep_order_read(const char *where, const char *text, sweep_order *order_out,
                                entrain_error *error_out) {
    sweep_order order = {0};
    const char *colon = text != NULL ? strchr(text, ':') : NULL, *at = text;
    if (colon != NULL && colon - text < (int)sizeof order.key) {
        snprintf(order.key, sizeof order.key, "%.*s", (int)(colon - text), text);
        at = colon + 1;
    }
    char word[24] = "";
    size_t size = 0;
    for (; at != NULL && *at != '\0' && size + 1 < sizeof word; at++)
        if (!isspace((unsigned char)*at))
            word[size++] = *at;
    word[size] = '\0';
    bool sound = at == NULL || *at == '\0';
    if (strcmp(word, "given") == 0 && order.key[0] == '\0')
        order.given = true;
    else if (strcmp(word, "up") == 0 || strcmp(word, "down") == 0) {
        order.directions[0] = word[0];
        order.count = 1;
    } else if (strcmp(word, "up,down") == 0 || strcmp(word, "down,up") == 0) {
        order.directions[0] = word[0];
        order.directions[1] = word[0] == 'u' ? 'd' : 'u';
        order.count = 2;
    } else
        sound = sound && (text == NULL || (strcmp(word, "balanced") == 0 && order.key[0] == '\0'));
    if (!sound)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: the order \"%s\" is not known; it may be balanced, given, up, down, or up,down, "
            "and the last three with the key to climb, as in \"model.coupling: up,down\".",
            where, words_text(text).text);
    *order_out = order;
    return ENTRAIN_OK;
}
