// What the user gave: one value per key, from the file or from --set.
#include "sims/given.h"

#include <stdio.h>
#include <string.h>

#include "sims/words.h"

enum { NAME_BYTES = 200, SET_BYTES_MAX = 1 << 20 };

// Options that are another spelling of --set are named by what people type.
static given_where set_place(const char *set) {
    static const char *const typed[][2] = {
        {"goal=", "--goal"}, {"scale=", "--scale"}, {"agent.strategy=", "--strategy"}};
    given_where where;
    const char *option = "--set";
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        if (strncmp(set, typed[i][0], strlen(typed[i][0])) == 0) {
            option = typed[i][1];
            set += strlen(typed[i][0]);
            break;
        }
    wording shown = words_text(set);
    snprintf(where.text, sizeof where.text, "%s %s", option, shown.text);
    return where;
}

static given_where file_place(const char *path) {
    given_where where;
    size_t size = strlen(path);
    // The end of a path says more than its beginning.
    snprintf(where.text, sizeof where.text, "%s%s", size > 400 ? "..." : "",
             path + (size > 400 ? size - 400 : 0));
    return where;
}

given_where given_place(const given_values *given, schema_key_id id) {
    const char *set = given->values[id].set;
    return set != NULL ? set_place(set) : file_place(given->path);
}

static entrain_status refuse_key(const char *where, const char *name, entrain_error *error_out) {
    wording shown = words_text(name);
    const char *nearest = schema_nearest(name);
    if (nearest != NULL)
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                                 "%s: there is no key \"%s\"; did you mean \"%s\"?", where, shown.text,
                                 nearest);
    return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                             "%s: there is no key \"%s\"; \"entrain list keys\" shows all there are.", where,
                             shown.text);
}

// An example of what belongs into the table @p section: its first key.
static const char *example(const char *section) {
    size_t size = strlen(section);
    for (schema_key_id id = KEY_NONE + 1; id < KEY_COUNT; id++)
        if (strncmp(schema_keys[id].name, section, size) == 0 && schema_keys[id].name[size] == '.')
            return schema_keys[id].name;
    return section;
}

static void put(given_value *slot, json_t *value, const char *set) {
    json_decref(slot->value);
    slot->value = json_incref(value);
    slot->set = set;
}

static entrain_status no_memory(given_where where, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory left for it; free some.",
                             where.text);
}

static bool put_word(given_value *slot, const char *text, const char *set) {
    json_t *value = json_string(text);
    put(slot, value, set);
    json_decref(value);
    return value != NULL;
}

bool given_takes_function(const char *path) {
    schema_short_form form;
    schema_key_id id = schema_find(path);
    return id != KEY_NONE ? schema_keys[id].type == SCHEMA_NUMBERS || schema_keys[id].type == SCHEMA_HOOK
                          : schema_short(path, &form) && form.values != KEY_NONE;
}

// Takes what stands in the place of the table @p name: a number, a list, a word, or (null) a function.
static entrain_status take_short(given_values *given, const char *name, json_t *value, const char *set,
                                 entrain_error *error_out) {
    given_where where = set != NULL ? set_place(set) : file_place(given->path);
    given_value *slots = given->values;
    schema_short_form form;
    bool is_short = schema_short(name, &form), has_memory = true;
    if (is_short && form.distribution != KEY_NONE && json_is_number(value)) {
        has_memory = put_word(&slots[form.distribution], "constant", set);
        put(&slots[form.value], value, set);
    } else if (is_short && form.distribution != KEY_NONE && (json_is_array(value) || json_is_null(value))) {
        has_memory = put_word(&slots[form.distribution], "list", set);
        put(&slots[form.values], value, set);
    } else if (is_short && form.distribution != KEY_NONE && json_is_string(value)) {
        put(&slots[form.distribution], value, set);
    } else if (is_short && form.distribution == KEY_NONE && json_is_number(value)) {
        put(&slots[form.low], value, set);
        put(&slots[form.high], value, set);
    } else {
        return entrain_error_set(
            error_out, ENTRAIN_INVALID, "%s: %s is %s; it must be %sa table of keys, of which one is %s.",
            where.text, name, words_value(value).text,
            !is_short ? ""
            : form.distribution != KEY_NONE
                ? "a number, a list of one for each oscillator, a function of the index, "
                  "the name of a distribution, or "
                : "a number, or ",
            example(name));
    }
    return has_memory ? ENTRAIN_OK : no_memory(where, error_out);
}

static entrain_status take_table(given_values *given, json_t *table, const char *prefix,
                                 entrain_error *error_out) {
    const char *key;
    json_t *value;
    json_object_foreach(table, key, value) {
        given_where where = file_place(given->path);
        char name[NAME_BYTES];
        int size = snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", key);
        if (size < 0 || size >= NAME_BYTES)
            return refuse_key(where.text, name, error_out);
        if (prefix[0] == '\0' && strcmp(key, "sweep") == 0)
            continue;                 // sweep_table.c reads it
        if (strchr(key, '.') != NULL) // a known path, written as one key
            return entrain_error_set(
                error_out, ENTRAIN_UNKNOWN,
                "%s: the key \"%s\" has a dot in it; tables lie in each other, as in swarm = { size = "
                "1000 }.",
                where.text, words_text(key).text);
        schema_key_id id = schema_find(name);
        if (id == KEY_NONE && !schema_is_section(name))
            return refuse_key(where.text, name, error_out);
        if (json_is_null(value) && !(given->script != NULL && given_takes_function(name)))
            return entrain_error_set(error_out, ENTRAIN_INVALID, "%s: %s is null; leave the key out instead.",
                                     where.text, name);
        if (id != KEY_NONE) {
            put(&given->values[id], value, NULL);
            continue;
        }
        entrain_status status = json_is_object(value) ? take_table(given, value, name, error_out)
                                                      : take_short(given, name, value, NULL, error_out);
        if (status != ENTRAIN_OK)
            return status;
    }
    return ENTRAIN_OK;
}

entrain_status given_take_tree(given_values *given, json_t *tree, entrain_error *error_out) {
    return take_table(given, tree, "", error_out);
}

// Takes out one key, or all keys of a table.
static void take_out(given_values *given, const char *name) {
    size_t size = strlen(name);
    for (schema_key_id id = KEY_NONE + 1; id < KEY_COUNT; id++) {
        const char *key = schema_keys[id].name;
        if (strncmp(key, name, size) == 0 && (key[size] == '\0' || key[size] == '.'))
            put(&given->values[id], NULL, NULL);
    }
}

// "model.parameters.stiffness" lies in a table whose names plug-ins bring. Returns the table's key, with
// *member_out behind the dot; or KEY_NONE.
static schema_key_id table_of(const char *name, const char **member_out) {
    const char *dot = strrchr(name, '.');
    for (schema_key_id id = KEY_NONE + 1; dot != NULL && id < KEY_COUNT; id++)
        if (schema_keys[id].type == SCHEMA_PARAMETERS &&
            strlen(schema_keys[id].name) == (size_t)(dot - name) &&
            strncmp(schema_keys[id].name, name, (size_t)(dot - name)) == 0) {
            *member_out = dot + 1;
            return id;
        }
    return KEY_NONE;
}

// Sets one number of a table, or takes it out ("nil"). What the file gives is not changed, but copied.
static bool put_member(given_value *slot, const char *member, const char *text, const char *set) {
    if (slot->value != NULL && !json_is_object(slot->value))
        return true; // for schema_check() to refuse, as the file's
    json_t *table = slot->value != NULL ? json_copy(slot->value) : json_object();
    bool put_it = table != NULL;
    if (put_it && strcmp(text, "nil") == 0)
        json_object_del(table, member);
    else if (put_it)
        put_it = json_object_set_new(table, member, schema_read_number(text)) == 0;
    if (put_it)
        put(slot, json_object_size(table) > 0 ? table : NULL, set);
    json_decref(table);
    return put_it;
}

// A --set of a whole table: what it had goes.
static entrain_status set_short(given_values *given, const char *name, const char *text, const char *set,
                                entrain_error *error_out) {
    given_where where = set_place(set);
    schema_short_form form;
    if (!schema_short(name, &form))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: %s is a table of keys; set one of them, such as %s, or take it out with %s=nil.", where.text,
            name, example(name), name);
    json_t *value = text[0] == '[' ? schema_read_text(form.values, text) : schema_read_number(text);
    if (value == NULL)
        return no_memory(where, error_out);
    take_out(given, name);
    entrain_status status = take_short(given, name, value, set, error_out);
    json_decref(value);
    return status;
}

entrain_status given_take_set(given_values *given, const char *set, entrain_error *error_out) {
    given_where where = set_place(set);
    const char *equals = strchr(set, '=');
    if (equals == NULL || equals == set)
        return entrain_error_set(error_out, ENTRAIN_PARSE,
                                 "%s: write it as key=value, as in --set swarm.size=1000.", where.text);
    if (strlen(set) > SET_BYTES_MAX)
        return entrain_error_set(error_out, ENTRAIN_LIMIT, "%s: more than 1 MiB; put it into a file.",
                                 where.text);
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%.*s", equals - set < NAME_BYTES ? (int)(equals - set) : NAME_BYTES - 1,
             set);
    const char *member = NULL;
    schema_key_id id = schema_find(name), table = table_of(name, &member);
    if (id == KEY_NONE && table == KEY_NONE && !schema_is_section(name))
        return refuse_key(where.text, name, error_out);
    if (!words_is_utf8(set, strlen(set)))
        return entrain_error_set(error_out, ENTRAIN_PARSE, "%s: %s is not UTF-8; write it so.", where.text,
                                 words_text(name).text);
    if (table != KEY_NONE)
        return put_member(&given->values[table], member, equals + 1, set) ? ENTRAIN_OK
                                                                          : no_memory(where, error_out);
    if (strcmp(equals + 1, "nil") == 0) {
        take_out(given, name);
        return ENTRAIN_OK;
    }
    if (id == KEY_NONE)
        return set_short(given, name, equals + 1, set, error_out);
    if (schema_keys[id].type == SCHEMA_EVENTS || schema_keys[id].type == SCHEMA_HOOK)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: %s can only be taken out by --set (%s=nil); write %s into the scenario file.", where.text,
            name, name, schema_keys[id].type == SCHEMA_EVENTS ? "them" : "it");
    json_t *value = schema_read_text(id, equals + 1);
    if (value == NULL)
        return no_memory(where, error_out);
    put(&given->values[id], value, set);
    json_decref(value);
    return ENTRAIN_OK;
}

entrain_status given_compute(const given_values *given, schema_key_id id, uint32_t count, json_t **value_out,
                             entrain_error *error_out) {
    const given_value *slot = &given->values[id];
    if (!json_is_null(slot->value)) {
        *value_out = json_incref(slot->value);
        return ENTRAIN_OK;
    }
    if (schema_keys[id].type == SCHEMA_HOOK) {
        *value_out = json_stringn(given->script->text, given->script->size);
        return *value_out != NULL
                   ? ENTRAIN_OK
                   : entrain_error_set(error_out, ENTRAIN_PARSE,
                                       "%s: a script with %s is stored whole, as UTF-8, and this one is not; "
                                       "save the file as UTF-8.",
                                       given->path, schema_keys[id].name);
    }
    char path[NAME_BYTES]; // of the list itself, or of its table
    snprintf(path, sizeof path, "%s", schema_keys[id].name);
    if (!sandbox_has(given->script, path))
        *strrchr(path, '.') = '\0';
    return sandbox_list(given->script, path, count, value_out, error_out);
}

void given_free(given_values *given) {
    for (schema_key_id id = KEY_NONE; id < KEY_COUNT; id++)
        put(&given->values[id], NULL, NULL);
}
