// The schema's table, looking things up in it, and checking one value.
#include "sims/schema.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/goal.h"
#include "entrain/kuramoto.h"
#include "entrain/phase_model.h"
#include "entrain/policy.h"
#include "entrain/topology.h"
#include "sims/json_source.h"
#include "sims/words.h"

enum { TEXT_BYTES_MAX = 1024, FILE_BYTES_MAX = 4095, LIST_MAX = 16777215, HOOK_BYTES_MAX = 1 << 20 };

static const char *other_topology(uint32_t index) {
    const entrain_topology_generator *generator = entrain_topology_generator_at(index);
    return generator != NULL ? generator->name : NULL;
}

static const char *other_model(uint32_t index) {
    const entrain_phase_model *model = entrain_phase_model_at(index);
    return model != NULL ? model->name : NULL;
}

const schema_key schema_keys[KEY_COUNT] = {
#define SCHEMA_ROW(id, key_name, key_type, default_as_typed, ...)                                            \
    [KEY_##id] = {.name = key_name,                                                                          \
                  .type = SCHEMA_##key_type,                                                                 \
                  .default_text = default_as_typed,                                                          \
                  .summary = __VA_ARGS__},
    SCHEMA_KEYS(SCHEMA_ROW)
#undef SCHEMA_ROW
};

const char *const schema_sections[] = {"agent",
                                       "agent.energy",
                                       "agent.pulse",
                                       "exec",
                                       "gateway",
                                       "model",
                                       "model.damping",
                                       "model.desync",
                                       "model.fourth",
                                       "model.frequency",
                                       "model.gain",
                                       "model.groups",
                                       "model.inertia",
                                       "model.noisiness",
                                       "model.phase",
                                       "model.power",
                                       "model.pulse",
                                       "model.second",
                                       "model.third",
                                       "model.velocity",
                                       "record",
                                       "service",
                                       "stop",
                                       "swarm",
                                       "swarm.topology",
                                       "swarm.topology.delay",
                                       "swarm.topology.weight",
                                       "time",
                                       "workload",
                                       NULL};

schema_key_id schema_find(const char *name) {
    for (schema_key_id id = KEY_NONE + 1; id < KEY_COUNT; id++)
        if (strcmp(schema_keys[id].name, name) == 0)
            return id;
    return KEY_NONE;
}

bool schema_short(const char *name, schema_short_form *form_out) {
    static const char *const lasts[] = {"distribution", "value", "values", "low", "high"};
    schema_key_id found[sizeof lasts / sizeof *lasts];
    for (size_t i = 0; i < sizeof lasts / sizeof *lasts; i++) {
        char key[128];
        snprintf(key, sizeof key, "%.100s.%s", name, lasts[i]);
        found[i] = schema_find(key);
    }
    *form_out = (schema_short_form){
        .distribution = found[0], .value = found[1], .values = found[2], .low = found[3], .high = found[4]};
    return found[0] != KEY_NONE || (found[3] != KEY_NONE && found[4] != KEY_NONE);
}

bool schema_is_section(const char *name) {
    for (const char *const *section = schema_sections; *section != NULL; section++)
        if (strcmp(*section, name) == 0)
            return true;
    return false;
}

static const char *last_part(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

enum { NAMES_MAX = 512 };
_Static_assert(KEY_COUNT + sizeof schema_sections / sizeof *schema_sections < NAMES_MAX,
               "there is room for every name");

static void add_name(const char *name, const char *folder, size_t folder_size, const char *names[NAMES_MAX],
                     size_t *count) {
    bool inside = folder == NULL || ((size_t)(last_part(name) - name) == folder_size &&
                                     strncmp(name, folder, folder_size) == 0);
    if (inside && *count + 1 < NAMES_MAX)
        names[(*count)++] = name;
}

// All keys and sections, or, with @p folder ("swarm."), those that lie directly in it. Returns how many; ends
// with NULL.
static size_t list_names(const char *folder, size_t folder_size, const char *names[NAMES_MAX]) {
    size_t count = 0;
    for (schema_key_id id = KEY_NONE + 1; id < KEY_COUNT; id++)
        add_name(schema_keys[id].name, folder, folder_size, names, &count);
    for (const char *const *section = schema_sections; *section != NULL; section++)
        add_name(*section, folder, folder_size, names, &count);
    names[count] = NULL;
    return count;
}

const char *schema_nearest(const char *name) {
    const char *names[NAMES_MAX], *parts[NAMES_MAX];
    const char *part = last_part(name);
    // A slip in the last part, beside its neighbours.
    size_t count = list_names(name, (size_t)(part - name), names);
    for (size_t i = 0; i < count; i++)
        parts[i] = last_part(names[i]);
    parts[count] = NULL;
    const char *found = entrain_nearest_word(part, parts);
    for (size_t i = 0; found != NULL && i < count; i++)
        if (parts[i] == found)
            return names[i];
    // The right word in the wrong table: the one that comes nearest, or else the first.
    size_t alike = 0;
    count = list_names(NULL, 0, names);
    for (size_t i = 0; i < count; i++)
        if (strcmp(last_part(names[i]), part) == 0)
            parts[alike++] = names[i];
    parts[alike] = NULL;
    found = entrain_nearest_word(name, alike > 0 ? parts : names);
    return found != NULL || alike == 0 ? found : parts[0];
}

// The index of @p word in a ", "-separated list, or -1.
static int word_index(const char *list, const char *word) {
    size_t size = strlen(word);
    int index = 0;
    for (const char *at = list; at != NULL && *at != '\0'; index++) {
        size_t length = strcspn(at, ",");
        if (length == size && memcmp(at, word, size) == 0)
            return index;
        at += length;
        at += strspn(at, ", ");
    }
    return -1;
}

bool schema_has_word(const char *list, const char *word) { return word_index(list, word) >= 0; }

static const char *choice_words(schema_key_id id) { return schema_keys[id].choices + strlen("one of "); }

int schema_choice(schema_key_id id, const char *word) { return word_index(choice_words(id), word); }

wording schema_belongs(schema_key_id id) {
    schema_key_id owner = schema_keys[id].belongs_to;
    wording out = {""};
    for (const char *at = schema_keys[id].belongs_words; *at != '\0'; at += strspn(at, ", ")) {
        char one[64];
        size_t length = strcspn(at, ","), size = strlen(out.text);
        snprintf(one, sizeof one, "%.*s", (int)length, at);
        if (schema_keys[owner].type != SCHEMA_CHOICE || schema_choice(owner, one) >= 0)
            snprintf(out.text + size, sizeof out.text - size, "%s%s", size > 0 ? ", " : "", one);
        at += length;
    }
    return out;
}

bool schema_is_other(schema_key_id id, const char *word) {
    const char *other;
    for (uint32_t i = 0; schema_keys[id].others != NULL && (other = schema_keys[id].others(i)) != NULL; i++)
        if (strcmp(other, word) == 0)
            return true;
    return false;
}

const char *schema_type_text(schema_key_id id) {
    switch (schema_keys[id].type) {
    case SCHEMA_INTEGER:
        return "integer";
    case SCHEMA_NUMBER:
        return "number";
    case SCHEMA_BOOLEAN:
        return "true or false";
    case SCHEMA_TEXT:
    case SCHEMA_FILE:
    case SCHEMA_POLICY:
        return "text";
    case SCHEMA_CHOICE:
        return schema_keys[id].choices;
    case SCHEMA_NUMBERS:
        return "list of numbers";
    case SCHEMA_COUNTS:
        return "list of integers";
    case SCHEMA_MATRIX:
        return "rows of numbers";
    case SCHEMA_EVENTS:
        return "list of events";
    case SCHEMA_HOOK:
        return "function";
    case SCHEMA_PARAMETERS:
        return "table of numbers";
    }
    return "?";
}

// Whether @p text is a number, as JSON writes it or with a leading + or a missing 0, as people type it.
static bool is_number(const char *text) {
    char *end;
    if (*text == '\0' || text[strspn(text, "+-.0123456789eE")] != '\0')
        return false;
    double number = strtod(text, &end);
    return *end == '\0' && isfinite(number);
}

// "12" an integer, "1e6" and what fits no integer a real. NULL: no memory.
static json_t *read_number(const char *text) {
    errno = 0;
    long long whole = strtoll(text, NULL, 10);
    bool integer = text[strcspn(text, ".eE")] == '\0' && errno == 0;
    return integer ? json_integer(whole) : json_real(strtod(text, NULL));
}

// JSON, quotes and all. What is none is a text like any other.
static json_t *read_json(const char *text) {
    json_error_t fault = {0};
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &fault);
    return value != NULL || json_source_without_memory(&fault) ? value : json_string(text);
}

json_t *schema_read_number(const char *text) {
    return is_number(text) ? read_number(text) : json_string(text);
}

json_t *schema_read_text(schema_key_id id, const char *text) {
    schema_type type = schema_keys[id].type;
    if (text[0] == '"' || type == SCHEMA_NUMBERS || type == SCHEMA_COUNTS || type == SCHEMA_MATRIX ||
        type == SCHEMA_PARAMETERS)
        return read_json(text);
    if (type == SCHEMA_INTEGER || type == SCHEMA_NUMBER)
        return schema_read_number(text);
    if (type == SCHEMA_BOOLEAN && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
        return json_boolean(text[0] == 't');
    return json_string(text);
}

// "an integer from 2 to 16777215", "a number above 0 and up to 1e+06"
static wording range_words(schema_key_id id) {
    const schema_key *key = &schema_keys[id];
    wording out;
    if (key->type == SCHEMA_INTEGER) {
        snprintf(out.text, sizeof out.text, "an integer from %lld to %lld", (long long)key->low,
                 (long long)key->high);
        return out;
    }
    wording least = words_number(key->least), most = words_number(key->most);
    snprintf(out.text, sizeof out.text,
             key->above ? "a number above %.24s and up to %.24s" : "a number from %.24s to %.24s", least.text,
             most.text);
    return out;
}

static entrain_status refuse_number(schema_key_id id, const json_t *value, const char *where,
                                    entrain_error *error_out) {
    wording is = words_value(value), wanted = range_words(id);
    const char *hint = "";
    const char *text = json_string_value(value);
    if (text != NULL && strncmp(where, "--set", 5) == 0 && strpbrk(text, ",:") != NULL &&
        text[strspn(text, "+-.,:0123456789eExlog")] == '\0')
        hint = " (lists and ranges are for entrain sweep)";
    else if (id == KEY_SEED && json_is_string(value) && strcmp(json_string_value(value), "random") == 0)
        hint = " (--seed random on the command line draws one and prints it)";
    else if (json_is_string(value)) {
        hint = is_number(json_string_value(value)) ? " (take the quotes away)" : "";
    }
    return entrain_error_set(error_out, ENTRAIN_INVALID, "%s: %s is %s; it must be %s%s.", where,
                             schema_keys[id].name, is.text, wanted.text, hint);
}

// An integer, however it is written, within low .. high.
static bool integer_fits(schema_key_id id, const json_t *value, int64_t *whole_out) {
    if (json_is_integer(value)) {
        *whole_out = json_integer_value(value);
    } else {
        double number = json_is_real(value) ? json_real_value(value) : 0.5;
        if (number != floor(number) || fabs(number) >= 0x1p63)
            return false;
        *whole_out = (int64_t)number;
    }
    return *whole_out >= schema_keys[id].low && *whole_out <= schema_keys[id].high;
}

static entrain_status check_integer(schema_key_id id, const json_t *value, const char *where,
                                    json_t **value_out, entrain_error *error_out) {
    int64_t whole;
    if (!integer_fits(id, value, &whole))
        return refuse_number(id, value, where, error_out);
    *value_out = json_integer(whole);
    return ENTRAIN_OK;
}

static bool number_fits(schema_key_id id, const json_t *value) {
    const schema_key *key = &schema_keys[id];
    double number = json_number_value(value);
    return json_is_number(value) && number >= key->least && number <= key->most &&
           !(key->above && number == key->least);
}

static entrain_status check_number(schema_key_id id, const json_t *value, const char *where,
                                   json_t **value_out, entrain_error *error_out) {
    if (!number_fits(id, value))
        return refuse_number(id, value, where, error_out);
    *value_out = json_real(json_number_value(value));
    return ENTRAIN_OK;
}

static entrain_status check_numbers(schema_key_id id, const json_t *value, const char *where,
                                    json_t **value_out, entrain_error *error_out) {
    const char *name = schema_keys[id].name;
    size_t count = json_array_size(value);
    if (!json_is_array(value) && !(json_is_object(value) && json_object_size(value) == 0)) {
        wording is = words_value(value);
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: %s is %s; it must be a list of numbers, one per oscillator.", where,
                                 name, is.text);
    }
    if (count == 0 || count > LIST_MAX)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: %s holds %zu numbers; it must hold one per oscillator (swarm.size of them).", where, name,
            count);
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < count; i++) {
        const json_t *item = json_array_get(value, i);
        if (!number_fits(id, item)) {
            wording is = words_value(item), wanted = range_words(id);
            json_decref(list);
            return entrain_error_set(error_out, ENTRAIN_INVALID, "%s: %s[%zu] is %s; it must be %s.", where,
                                     name, i + 1, is.text, wanted.text);
        }
        if (json_array_append_new(list, json_real(json_number_value(item))) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    *value_out = list;
    return ENTRAIN_OK;
}

// An example in the language of who reads it: Lua in a file, JSON behind --set and in a JSON file.
static const char *example(const char *where, const char *lua, const char *json) {
    const size_t size = strlen(where);
    return strncmp(where, "--set", 5) == 0 || (size > 5 && strcmp(where + size - 5, ".json") == 0) ? json
                                                                                                   : lua;
}

// The sizes of groups.
static entrain_status check_counts(schema_key_id id, const json_t *value, const char *where,
                                   json_t **value_out, entrain_error *error_out) {
    const char *name = schema_keys[id].name;
    size_t count = json_array_size(value);
    if (count < 2 || count > ENTRAIN_GROUPS_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: %s is %s; it must be a list of 2 to %d integers, such as %s.", where,
                                 name, words_value(value).text, ENTRAIN_GROUPS_MAX,
                                 example(where, "{ 60, 40 }", "[60, 40]"));
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < count; i++) {
        const json_t *item = json_array_get(value, i);
        int64_t whole;
        if (!integer_fits(id, item, &whole)) {
            json_decref(list);
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "%s: %s[%zu] is %s; it must be an integer from %lld to %lld.", where,
                                     name, i + 1, words_value(item).text, (long long)schema_keys[id].low,
                                     (long long)schema_keys[id].high);
        }
        if (json_array_append_new(list, json_integer(whole)) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    *value_out = list;
    return ENTRAIN_OK;
}

// How many rows, and whether they lie in lists of their own. 0: it is no square of numbers.
static size_t matrix_rows(const json_t *value, bool *nested_out) {
    size_t count = json_array_size(value);
    *nested_out = count > 0 && !json_is_number(json_array_get(value, 0));
    for (size_t rows = 2; rows <= ENTRAIN_GROUPS_MAX; rows++) {
        bool fits = count == (*nested_out ? rows : rows * rows);
        for (size_t i = 0; fits && *nested_out && i < rows; i++)
            fits = json_array_size(json_array_get(value, i)) == rows;
        if (fits)
            return rows;
    }
    return 0;
}

// Rows of numbers, for groups: the rows hear.
static entrain_status check_matrix(schema_key_id id, const json_t *value, const char *where,
                                   json_t **value_out, entrain_error *error_out) {
    const char *name = schema_keys[id].name;
    bool nested, made = true;
    size_t rows = matrix_rows(value, &nested);
    if (rows == 0)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: %s is %s; it must be a list of rows, as many as there are groups (2 to %d) and "
            "as long, such as %s.",
            where, name, nested ? "no square" : words_value(value).text, ENTRAIN_GROUPS_MAX,
            example(where, "{ { 0.6, 0.4 }, { 0.4, 0.6 } }", "[[0.6, 0.4], [0.4, 0.6]]"));
    json_t *matrix = json_array();
    for (size_t i = 0; made && i < rows; i++) {
        json_t *row = json_array();
        made = json_array_append_new(matrix, row) == 0;
        for (size_t k = 0; made && k < rows; k++) {
            const json_t *item =
                nested ? json_array_get(json_array_get(value, i), k) : json_array_get(value, i * rows + k);
            if (!number_fits(id, item)) {
                wording is = words_value(item), wanted = range_words(id);
                json_decref(matrix);
                return entrain_error_set(error_out, ENTRAIN_INVALID, "%s: %s[%zu][%zu] is %s; it must be %s.",
                                         where, name, i + 1, k + 1, is.text, wanted.text);
            }
            made = json_array_append_new(row, json_real(json_number_value(item))) == 0;
        }
    }
    if (!made) {
        json_decref(matrix);
        matrix = NULL;
    }
    *value_out = matrix;
    return ENTRAIN_OK;
}

static entrain_status check_boolean(schema_key_id id, const json_t *value, const char *where,
                                    json_t **value_out, entrain_error *error_out) {
    if (!json_is_boolean(value)) {
        wording is = words_value(value);
        return entrain_error_set(error_out, ENTRAIN_INVALID, "%s: %s is %s; it must be true or false.", where,
                                 schema_keys[id].name, is.text);
    }
    *value_out = json_boolean(json_is_true(value));
    return ENTRAIN_OK;
}

static entrain_status check_line(schema_key_id id, const json_t *value, const char *where, json_t **value_out,
                                 entrain_error *error_out) {
    size_t limit = schema_keys[id].type == SCHEMA_FILE ? FILE_BYTES_MAX : TEXT_BYTES_MAX;
    size_t size = json_string_length(value);
    const char *text = json_string_value(value);
    bool plain = text != NULL && size > 0 && size <= limit;
    for (size_t i = 0; plain && i < size; i++)
        plain = (unsigned char)text[i] >= ' ' && text[i] != 127;
    if (!plain) {
        wording is = words_value(value);
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: %s is %s; it must be a text of one line, 1 to %zu bytes.", where,
                                 schema_keys[id].name, is.text, limit);
    }
    *value_out = json_stringn(text, size);
    return ENTRAIN_OK;
}

enum { CHOICES_MAX = 80, CHOICE_BYTES = 2048 };

// The words that a key may have, in one text and one by one.
typedef struct known_words {
    char all[CHOICE_BYTES];
    const char *words[CHOICES_MAX]; // NULL-terminated
    size_t count;
    char ours[CHOICE_BYTES]; // what words points to
} known_words;

static void know(known_words *known, const char *word) {
    size_t size = strlen(known->all);
    if (known->count + 1 == CHOICES_MAX)
        return;
    snprintf(known->all + size, sizeof known->all - size, "%s%s", known->count > 0 ? ", " : "", word);
    known->words[known->count++] = word;
}

static void know_choices(known_words *known, schema_key_id id) {
    const char *word;
    char *rest = NULL;
    snprintf(known->ours, sizeof known->ours, "%s", choice_words(id));
    for (char *own = strtok_r(known->ours, ", ", &rest); own != NULL; own = strtok_r(NULL, ", ", &rest))
        know(known, own);
    for (uint32_t i = 0; schema_keys[id].others != NULL && (word = schema_keys[id].others(i)) != NULL; i++)
        know(known, word);
}

// Refuses a word that is none of the known ones. @p open: a plug-in might have brought it.
static entrain_status refuse_word(schema_key_id id, const json_t *value, const char *where,
                                  const known_words *known, bool open, entrain_error *error_out) {
    wording is = words_value(value);
    const char *nearest =
        json_is_string(value) ? entrain_nearest_word(json_string_value(value), known->words) : NULL;
    const char *text = json_string_value(value);
    if (text != NULL && strncmp(where, "--set", 5) == 0 && strchr(text, ',') != NULL)
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                                 "%s: %s is %s; it must be one of %s (lists are for entrain sweep).", where,
                                 schema_keys[id].name, is.text, known->all);
    return entrain_error_set(error_out, ENTRAIN_UNKNOWN, "%s: %s is %s; it must be one of %s%s%s%s%s.", where,
                             schema_keys[id].name, is.text, known->all,
                             nearest != NULL ? " (did you mean \"" : "", nearest != NULL ? nearest : "",
                             nearest != NULL ? "\"?)" : "",
                             open ? ", or come from a plug-in (--load FILE.so)" : "");
}

static entrain_status check_choice(schema_key_id id, const json_t *value, const char *where,
                                   json_t **value_out, entrain_error *error_out) {
    const char *text = json_string_value(value);
    if (id == KEY_GOAL && text != NULL && entrain_goal_find(text) < ENTRAIN_GOAL_COUNT)
        text = entrain_goal_look(entrain_goal_find(text)).name; // it may be the letter
    if (text == NULL || (schema_choice(id, text) < 0 && !schema_is_other(id, text))) {
        known_words known = {0};
        know_choices(&known, id);
        return refuse_word(id, value, where, &known, schema_keys[id].others != NULL, error_out);
    }
    *value_out = json_string(text);
    return ENTRAIN_OK;
}

static entrain_status check_policy(schema_key_id id, const json_t *value, const char *where,
                                   json_t **value_out, entrain_error *error_out) {
    const char *text = json_string_value(value);
    if (text == NULL || entrain_policy_find(text) == NULL) {
        known_words known = {0};
        const entrain_policy *policy;
        for (uint32_t i = 0; (policy = entrain_policy_at(i)) != NULL; i++)
            know(&known, policy->name);
        return refuse_word(id, value, where, &known, true, error_out);
    }
    *value_out = json_string(text);
    return ENTRAIN_OK;
}

// Which names there are depends on another key: parameters_resolve() looks into it.
static entrain_status check_parameters(schema_key_id id, const json_t *value, const char *where,
                                       json_t **value_out, entrain_error *error_out) {
    if (json_is_object(value) || (json_is_array(value) && json_array_size(value) == 0)) {
        *value_out = json_is_object(value) ? json_copy((json_t *)value) : json_object();
        return ENTRAIN_OK;
    }
    wording is = words_value(value);
    return entrain_error_set(error_out, ENTRAIN_INVALID,
                             "%s: %s is %s; it must be a table of numbers by name, such as { name = 1.5 }.",
                             where, schema_keys[id].name, is.text);
}

// What may stand in one depends on other keys: events_resolve() looks into them.
static entrain_status check_events(schema_key_id id, const json_t *value, const char *where,
                                   json_t **value_out, entrain_error *error_out) {
    if (json_is_array(value) || (json_is_object(value) && json_object_size(value) == 0)) {
        *value_out = json_is_array(value) ? json_copy((json_t *)value) : json_array();
        return ENTRAIN_OK;
    }
    return entrain_error_set(
        error_out, ENTRAIN_INVALID,
        "%s: %s is %s; it must be a list of events, such as { { at = 10, cut = { 3, 7 } } }.", where,
        schema_keys[id].name, words_value(value).text);
}

// A text by now, whichever way it was given; hook_resolve() looks into it.
static entrain_status check_hook(schema_key_id id, const json_t *value, const char *where, json_t **value_out,
                                 entrain_error *error_out) {
    if (!json_is_string(value))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: %s is %s; it must be a function, %s = function(s) ... end (in JSON: the text of a Lua file "
            "that returns a table with one).",
            where, schema_keys[id].name, words_value(value).text, schema_keys[id].name);
    if (json_string_length(value) > HOOK_BYTES_MAX)
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "%s: a script with %s is stored whole, and this one is longer than %d KiB; "
                                 "put lists of numbers into files of their own.",
                                 where, schema_keys[id].name, HOOK_BYTES_MAX >> 10);
    *value_out = json_copy((json_t *)value);
    return ENTRAIN_OK;
}

entrain_status schema_check(schema_key_id id, const json_t *value, const char *where, json_t **value_out,
                            entrain_error *error_out) {
    entrain_status status = ENTRAIN_INVALID;
    json_t *canonical = NULL;
    switch (schema_keys[id].type) {
    case SCHEMA_INTEGER:
        status = check_integer(id, value, where, &canonical, error_out);
        break;
    case SCHEMA_NUMBER:
        status = check_number(id, value, where, &canonical, error_out);
        break;
    case SCHEMA_BOOLEAN:
        status = check_boolean(id, value, where, &canonical, error_out);
        break;
    case SCHEMA_TEXT:
    case SCHEMA_FILE:
        status = check_line(id, value, where, &canonical, error_out);
        break;
    case SCHEMA_POLICY:
        status = check_policy(id, value, where, &canonical, error_out);
        break;
    case SCHEMA_CHOICE:
        status = check_choice(id, value, where, &canonical, error_out);
        break;
    case SCHEMA_NUMBERS:
        status = check_numbers(id, value, where, &canonical, error_out);
        break;
    case SCHEMA_COUNTS:
        status = check_counts(id, value, where, &canonical, error_out);
        break;
    case SCHEMA_MATRIX:
        status = check_matrix(id, value, where, &canonical, error_out);
        break;
    case SCHEMA_EVENTS:
        status = check_events(id, value, where, &canonical, error_out);
        break;
    case SCHEMA_HOOK:
        status = check_hook(id, value, where, &canonical, error_out);
        break;
    case SCHEMA_PARAMETERS:
        status = check_parameters(id, value, where, &canonical, error_out);
        break;
    }
    if (status != ENTRAIN_OK)
        return status;
    if (canonical == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory left for %s; free some.", where,
                                 schema_keys[id].name);
    *value_out = canonical;
    return ENTRAIN_OK;
}
