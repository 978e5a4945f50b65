// Lists and ranges of values on the command line, and values as the --set of one run.
#include "sims/sweep_values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/math.h"
#include "sims/schema.h"

enum { KEY_BYTES = 200, ITEM_BYTES = 512 };

// How the values of a key are read.
typedef enum value_kind {
    VALUE_UNKNOWN, // no key: the loader says so
    VALUE_NUMBER,
    VALUE_WHOLE,
    VALUE_WORD, // has no commas: lists are separated by them
    VALUE_TEXT, // may have commas
    VALUE_LIST, // is a list itself
    VALUE_ROWS, // is a list of lists
    VALUE_FIXED // cannot be swept
} value_kind;

// A number of the table that a plug-in's model or topology asks for.
static bool is_parameter(const char *key) {
    for (schema_key_id id = KEY_NONE + 1; id < KEY_COUNT; id++) {
        const size_t size = strlen(schema_keys[id].name);
        if (schema_keys[id].type == SCHEMA_PARAMETERS && strncmp(key, schema_keys[id].name, size) == 0 &&
            key[size] == '.')
            return true;
    }
    return false;
}

static value_kind kind_of(const char *key) {
    const schema_key_id id = schema_find(key);
    schema_short_form form;
    if (id == KEY_NONE && is_parameter(key))
        return VALUE_NUMBER;
    if (id == KEY_NONE) // "model.frequency": a number or a word in the place of the table
        return schema_is_section(key) && schema_short(key, &form) ? VALUE_WORD : VALUE_UNKNOWN;
    switch (schema_keys[id].type) {
    case SCHEMA_INTEGER:
        return VALUE_WHOLE;
    case SCHEMA_NUMBER:
        return VALUE_NUMBER;
    case SCHEMA_BOOLEAN:
    case SCHEMA_CHOICE:
    case SCHEMA_POLICY:
        return VALUE_WORD;
    case SCHEMA_TEXT:
    case SCHEMA_FILE:
        return VALUE_TEXT;
    case SCHEMA_NUMBERS:
    case SCHEMA_COUNTS:
        return VALUE_LIST;
    case SCHEMA_MATRIX:
        return VALUE_ROWS;
    case SCHEMA_EVENTS:
    case SCHEMA_HOOK:
    case SCHEMA_PARAMETERS:
        return VALUE_FIXED;
    }
    return VALUE_FIXED;
}

static double to_digits(double value) {
    char text[40];
    snprintf(text, sizeof text, "%.15g", value);
    return strtod(text, NULL);
}

double sweep_logarithmic(double first, double last, int64_t i, int64_t steps) {
    if (i == 0 || i == steps)
        return i == 0 ? first : last;
    const double part = (double)i / (double)steps;
    const double low = entrain_log(fabs(first)), high = entrain_log(fabs(last));
    return to_digits(copysign(entrain_exp(low + (high - low) * part), first));
}

static bool append(json_t *values, value_kind kind, double value) {
    if (kind != VALUE_WHOLE || fabs(value) >= 1e15)
        return json_array_append_new(values, json_real(value)) == 0;
    // 1, 2, 3 have no numbers between them: what is rounded to the one before is left out.
    const json_t *before = json_array_get(values, json_array_size(values) - 1);
    const bool again = before != NULL && json_number_value(before) == round(value);
    return again || json_array_append_new(values, json_integer((json_int_t)round(value))) == 0;
}

static bool read_double(const char *text, double *value_out) {
    char *end = NULL;
    if (text == NULL || *text == '\0' || text[strspn(text, "+-.0123456789eE")] != '\0')
        return false;
    *value_out = strtod(text, &end);
    return *end == '\0' && isfinite(*value_out);
}

static entrain_status refuse_range(const char *set, const char *item, const char *why,
                                   entrain_error *error_out) {
    return entrain_error_set(
        error_out, ENTRAIN_INVALID,
        "--set %s: the range %s %s; write FIRST:LAST:STEP, as 0:4:0.25, FIRST:LAST:xFACTOR, "
        "as 100:1e6:x10, or FIRST:LAST:logCOUNT.",
        words_text(set).text, words_text(item).text, why);
}

// FIRST:LAST[:STEP|:xFACTOR|:logCOUNT]; the step is 1 unless given.
static entrain_status read_range(const char *set, const char *item, value_kind kind, json_t *values,
                                 entrain_error *error_out) {
    char copy[ITEM_BYTES], *rest = copy, *parts[3] = {NULL, NULL, NULL};
    double first, last, by = 1;
    int count = 0;
    snprintf(copy, sizeof copy, "%s", item);
    for (char *part; (part = strsep(&rest, ":")) != NULL; count++)
        if (count < 3)
            parts[count] = part;
    if (count > 3 || !read_double(parts[0], &first) || !read_double(parts[1], &last))
        return refuse_range(set, item, "has something else than numbers", error_out);
    const char *how = parts[2] != NULL ? parts[2] : "1";
    const bool log = strncmp(how, "log", 3) == 0, times = *how == 'x';
    if (!read_double(how + (log ? 3 : times ? 1 : 0), &by))
        return refuse_range(set, item, "has something else than numbers", error_out);
    if ((log || times) && first * last <= 0)
        return refuse_range(set, item, "goes through 0, which multiplying never does", error_out);
    double steps;
    if (log)
        steps = by - 1;
    else if (times)
        steps = by > 0 && by != 1 ? entrain_log(last / first) / entrain_log(by) : -1;
    else
        steps = by != 0 ? (last - first) / by : -1;
    if (log && (by != round(by) || by < 2))
        return refuse_range(set, item, "has a count that is not a whole number from 2 up", error_out);
    if (!(steps >= 0))
        return refuse_range(set, item, "never reaches its end", error_out);
    if (!(steps < SWEEP_VALUES_MAX))
        return refuse_range(set, item, "has more than a million values", error_out);
    const int64_t whole = (int64_t)(steps + 1e-6); // a whole number of steps, but for rounding
    bool enough = true;
    double value = first;
    for (int64_t i = 0; enough && i <= whole; i++) {
        if (log)
            value = sweep_logarithmic(first, last, i, whole);
        else if (i > 0)
            value = to_digits(times ? value * by : first + (double)i * by);
        enough = append(values, log || times ? kind : VALUE_NUMBER, value);
    }
    return enough ? ENTRAIN_OK
                  : entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                      "--set %s: no memory left for it; free some.", words_text(set).text);
}

// How many lists lie in each other at @p value.
static int depth_of(const json_t *value) {
    int depth = 0;
    for (; json_is_array(value); value = json_array_get(value, 0))
        depth++;
    return depth;
}

// The items between commas: numbers, ranges, words.
static entrain_status read_items(const char *set, const char *key, const char *text, value_kind kind,
                                 json_t *values, entrain_error *error_out) {
    const schema_key_id id = schema_find(key);
    for (const char *at = text;; at++) {
        char item[ITEM_BYTES];
        const size_t size = strcspn(at, ",");
        entrain_status status = ENTRAIN_OK;
        if (size == 0 || size >= sizeof item)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "--set %s: the list has an empty place, or one of more than %d letters; "
                                     "write it as in 100,1000,10000.",
                                     words_text(set).text, ITEM_BYTES - 1);
        snprintf(item, sizeof item, "%.*s", (int)size, at);
        if (strchr(item, ':') != NULL && (kind == VALUE_NUMBER || kind == VALUE_WHOLE)) {
            status = read_range(set, item, kind, values, error_out);
        } else {
            json_t *value = id != KEY_NONE ? schema_read_text(id, item) : schema_read_number(item);
            if (value == NULL || json_array_append_new(values, value) != 0)
                status =
                    entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                      "--set %s: no memory left for it; free some.", words_text(set).text);
        }
        if (status != ENTRAIN_OK)
            return status;
        at += size;
        if (*at == '\0')
            return ENTRAIN_OK;
    }
}

// In brackets: JSON. Where a value has brackets itself there must be one pair more.
static entrain_status read_brackets(const char *set, const char *text, value_kind kind, json_t **values_out,
                                    entrain_error *error_out) {
    json_error_t fault = {0};
    json_t *list = json_loads(text, JSON_REJECT_DUPLICATES, &fault);
    const int inner = kind == VALUE_LIST ? 1 : kind == VALUE_ROWS ? 2 : 0;
    if (list == NULL && inner > 0)
        return ENTRAIN_OK; // as a single value: the schema says what it wants
    if (list == NULL)
        return entrain_error_set(
            error_out, ENTRAIN_PARSE,
            "--set %s: what stands in brackets is no JSON (%s); write texts in quotes, as in "
            "[\"a\",\"b\"], and numbers without.",
            words_text(set).text, words_text(fault.text).text);
    if (depth_of(list) > inner)
        *values_out = list;
    else
        json_decref(list);
    return ENTRAIN_OK;
}

entrain_status sweep_values_read(const char *set, json_t **values_out, entrain_error *error_out) {
    char key[KEY_BYTES];
    const char *equals = strchr(set, '=');
    *values_out = NULL;
    if (equals == NULL || equals - set >= KEY_BYTES)
        return ENTRAIN_OK;
    snprintf(key, sizeof key, "%.*s", (int)(equals - set), set);
    const value_kind kind = kind_of(key);
    const char *text = equals + 1;
    if (kind == VALUE_UNKNOWN && !schema_is_section(key)) {
        const char *nearest = schema_nearest(key);
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN, "--set %s: there is no key \"%s\"; %s%s%s",
                                 words_text(set).text, words_text(key).text,
                                 nearest != NULL ? "did you mean \""
                                                 : "\"entrain list keys\" shows all there are.",
                                 nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    }
    if (kind == VALUE_UNKNOWN || kind == VALUE_FIXED)
        return ENTRAIN_OK;
    json_t *values = NULL;
    entrain_status status = ENTRAIN_OK;
    const bool section = schema_find(key) == KEY_NONE && !is_parameter(key);
    if (*text == '[')
        status = read_brackets(set, text, section ? VALUE_LIST : kind, &values, error_out);
    else if (strpbrk(text, kind == VALUE_NUMBER || kind == VALUE_WHOLE ? ",:" : ",") != NULL &&
             kind != VALUE_TEXT && kind != VALUE_LIST && kind != VALUE_ROWS && *text != '"') {
        values = json_array();
        status = values == NULL ? entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                                    "--set %s: no memory left for it; free some.", key)
                                : read_items(set, key, text, kind, values, error_out);
    }
    if (status != ENTRAIN_OK) {
        json_decref(values);
        return status;
    }
    if (values == NULL)
        return ENTRAIN_OK;
    char where[KEY_BYTES + 16];
    snprintf(where, sizeof where, "--set %s", key);
    status = sweep_values_check(where, key, values, values_out, error_out);
    json_decref(values);
    return status;
}

// Whether they are what logrange() gives: at least three, each the same times the one before it.
static bool is_geometric(const json_t *values) {
    const size_t count = json_array_size(values);
    if (count < 3 || json_number_value(json_array_get(values, 0)) == 0)
        return false;
    const double first = json_number_value(json_array_get(values, 0));
    const double last = json_number_value(json_array_get(values, count - 1));
    if (!(first * last > 0))
        return false;
    for (size_t i = 0; i < count; i++) {
        const double wanted = sweep_logarithmic(first, last, (int64_t)i, (int64_t)count - 1);
        if (!(fabs(json_number_value(json_array_get(values, i)) - wanted) <= 1e-9 * fabs(wanted)))
            return false;
    }
    return true;
}

static entrain_status refuse_value(const char *where, const char *key, size_t i, const char *what,
                                   entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_INVALID, "%s: value %zu of %s is %s.", where, i + 1, key,
                             what);
}

// Whether they are what range() gives, and not all whole: 7 x 0.2 is 1.4000000000000001, and 1.4 was meant.
static bool is_arithmetic(const json_t *values) {
    const size_t count = json_array_size(values);
    bool is = count >= 3;
    const double first = json_number_value(json_array_get(values, 0));
    const double last = json_number_value(json_array_get(values, count - 1));
    for (size_t i = 0; is && i < count; i++) {
        const double wanted = first + (last - first) * (double)i / (double)(count - 1);
        const json_t *value = json_array_get(values, i);
        is = json_is_number(value) &&
             fabs(json_number_value(value) - wanted) <= 1e-13 * fmax(fabs(first), fabs(last));
    }
    return is;
}

// Numbers real and whole numbers integer, whichever way they are written.
static json_t *canonical(value_kind kind, bool even, json_t *value) {
    const double number = json_number_value(value);
    if (kind == VALUE_NUMBER && json_is_number(value))
        return json_real(even ? to_digits(number) : number);
    if (kind == VALUE_WHOLE && json_is_real(value) && number == floor(number) && fabs(number) < 1e15)
        return json_integer((json_int_t)number);
    return json_incref(value);
}

static bool is_new(json_t *seen, const json_t *value) {
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    const bool is = text != NULL && json_object_get(seen, text) == NULL;
    if (is)
        json_object_set_new(seen, text, json_true());
    free(text);
    return is;
}

entrain_status sweep_values_check(const char *where, const char *key, const json_t *values,
                                  json_t **values_out, entrain_error *error_out) {
    const value_kind kind = kind_of(key);
    const int inner = kind == VALUE_LIST ? 1 : kind == VALUE_ROWS ? 2 : 0;
    if (kind == VALUE_FIXED)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: %s cannot be swept; sweep keys that take numbers, words, texts or lists "
            "of numbers.",
            where, key);
    if (strcmp(key, "seed") == 0 || strcmp(key, "exec.workers") == 0)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID, "%s: %s cannot be swept; %s.", where, key,
            *key == 's'
                ? "replicas (--replicas 10) repeat each point with seeds counted from the scenario's"
                : "a sweep gives each run as many workers as fit, and results do not depend on them (-j "
                  "says how many in all; entrain bench compares them)");
    if (!json_is_array(values) || json_array_size(values) == 0)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: %s is %s; it must be a list of values, such as { 100, 1000, 10000 }, or "
            "range(0, 4, 0.25).",
            where, key,
            json_is_array(values) || json_object_size(values) == 0 ? "a list of no values"
                                                                   : words_value(values).text);
    if (json_array_size(values) > SWEEP_VALUES_MAX)
        return entrain_error_set(error_out, ENTRAIN_LIMIT, "%s: %s has more than %d values; sweep fewer.",
                                 where, key, SWEEP_VALUES_MAX);
    const bool even = kind == VALUE_NUMBER && is_arithmetic(values);
    const bool round_them = kind == VALUE_WHOLE && is_geometric(values);
    json_t *checked = json_array(), *seen = json_object();
    size_t i;
    json_t *value;
    bool enough = checked != NULL;
    entrain_status status = ENTRAIN_OK;
    json_array_foreach((json_t *)values, i, value) {
        if (json_is_object(value))
            status = refuse_value(where, key, i, "a table; sweep its keys by their full names", error_out);
        else if (json_is_null(value))
            status = refuse_value(where, key, i, "null; leave it out", error_out);
        else if (inner > 0 && depth_of(value) == 0)
            status = refuse_value(where, key, i, "no list, and this key takes lists: sweep a list of lists",
                                  error_out);
        if (status != ENTRAIN_OK || !enough)
            break;
        const size_t before = json_array_size(checked);
        enough = round_them ? append(checked, VALUE_WHOLE, json_number_value(value))
                            : json_array_append_new(checked, canonical(kind, even, value)) == 0;
        if (enough && json_array_size(checked) > before && !is_new(seen, json_array_get(checked, before)))
            status =
                refuse_value(where, key, i, "one that stands before it already; give each once", error_out);
    }
    json_decref(seen);
    if (status == ENTRAIN_OK && !enough)
        status = entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory left for %s; free some.",
                                   where, key);
    if (status != ENTRAIN_OK) {
        json_decref(checked);
        return status;
    }
    *values_out = checked;
    return ENTRAIN_OK;
}

char *sweep_values_set(const char *key, const json_t *value) {
    const schema_key_id id = schema_find(key);
    const char *text = json_string_value(value);
    char *made = NULL, *set = NULL;
    // A word stands as it is, unless that means something else: 100 in quotes is no number.
    const bool plain = text != NULL && strcmp(text, "nil") != 0 && text[0] != '"' && text[0] != '[' &&
                       (id == KEY_NONE || kind_of(key) == VALUE_WORD || kind_of(key) == VALUE_TEXT) &&
                       schema_keys[id].type != SCHEMA_BOOLEAN;
    if (!plain)
        made = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (!plain && json_is_real(value)) { // the shortest that reads back
        free(made);
        made = strdup(words_number(json_real_value(value)).text);
    }
    if ((plain || made != NULL) && asprintf(&set, "%s=%s", key, plain ? text : made) < 0)
        set = NULL;
    free(made);
    return set;
}

char *sweep_quote(const char *word) {
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=:,@%+-";
    char *quoted = NULL;
    size_t size = 0;
    if (*word != '\0' && word[strspn(word, safe)] == '\0')
        return strdup(word);
    FILE *to = open_memstream(&quoted, &size);
    if (to == NULL)
        return NULL;
    fputc('\'', to);
    for (; *word != '\0'; word++)
        if (*word == '\'')
            fputs("'\\''", to);
        else
            fputc(*word, to);
    fputc('\'', to);
    if (fclose(to) == 0)
        return quoted;
    free(quoted);
    return NULL;
}
