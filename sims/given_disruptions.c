// --disrupt: events that the user types beside those of the scenario.
#include <stdio.h>
#include <string.h>

#include "sims/given.h"
#include "sims/words.h"

// What stands behind a verb's = : a number or a word, with commas a list of them; nothing: true.
static json_t *read_typed(const char *text, size_t size) {
    if (size == 0)
        return json_true();
    json_t *list = json_array();
    for (size_t from = 0, to; list != NULL && from <= size; from = to + 1) {
        char part[64];
        for (to = from; to < size && text[to] != ',';)
            to++;
        snprintf(part, sizeof part, "%.*s", (int)(to - from), text + from);
        if (json_array_append_new(list, schema_read_number(part)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    if (json_array_size(list) != 1)
        return list;
    json_t *only = json_incref(json_array_get(list, 0));
    json_decref(list);
    if (json_is_string(only) && strcmp(json_string_value(only), "true") == 0) {
        json_decref(only);
        return json_true(); // heal=true, as a scenario has it
    }
    return only;
}

static json_t *read_time(const char *text) {
    char time[40];
    snprintf(time, sizeof time, "%s", text);
    const size_t end = strlen(time);
    if (end > 1 && time[end - 1] == 's')
        time[end - 1] = '\0';
    return schema_read_number(time);
}

static entrain_status take(json_t *events, const char *typed, entrain_error *error_out) {
    const char *when = strrchr(typed, '@');
    json_t *at = when != NULL ? read_time(when + 1) : NULL;
    const char *equals = when != NULL ? memchr(typed, '=', (size_t)(when - typed)) : NULL;
    if (!json_is_number(at) || when == typed || equals == typed) {
        json_decref(at);
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "--disrupt takes VERB=VALUE@TIME, such as kill=0.5@20s, or a share to "
            "scramble, such as 0.7@20s, not %s; \"entrain list events\" shows the verbs.",
            words_text(typed).text);
    }
    const bool bare = equals == NULL && strchr("0123456789.+-", typed[0]) != NULL;
    const char *value = bare ? typed : equals != NULL ? equals + 1 : when;
    char verb[64] = "scramble";
    if (!bare)
        snprintf(verb, sizeof verb, "%.*s", (int)((equals != NULL ? equals : when) - typed), typed);
    json_t *event = json_object();
    bool put_it = json_object_set_new(event, "at", at) == 0;
    put_it = put_it && json_object_set_new(event, verb, read_typed(value, (size_t)(when - value))) == 0;
    if (put_it && json_array_append_new(events, event) == 0)
        return ENTRAIN_OK;
    if (!put_it)
        json_decref(event);
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "--disrupt %s: no memory left for it; free some.",
                             words_text(typed).text);
}

entrain_status given_take_disruptions(given_values *given, const char *const *typed, uint32_t count,
                                      entrain_error *error_out) {
    given_value *slot = &given->values[KEY_EVENTS];
    // What is no list is left for schema_check() to refuse, as the file's. An empty Lua table is an object.
    const bool none =
        slot->value == NULL || (json_is_object(slot->value) && json_object_size(slot->value) == 0);
    if (count == 0 || (!none && !json_is_array(slot->value)))
        return ENTRAIN_OK;
    json_t *events = none ? json_array() : json_copy(slot->value);
    entrain_status status = ENTRAIN_OK;
    for (uint32_t i = 0; status == ENTRAIN_OK && i < count; i++)
        status = take(events, typed[i], error_out);
    if (status != ENTRAIN_OK) {
        json_decref(events);
        return status;
    }
    json_decref(slot->value);
    slot->value = events;
    given->disruptions = typed;
    given->disruption_count = count;
    return ENTRAIN_OK;
}

const char *given_disruption(const given_values *given, uint32_t number) {
    const size_t all = json_array_size(given->values[KEY_EVENTS].value);
    if (given->disruption_count == 0 || number > all || number + given->disruption_count <= all)
        return NULL;
    return given->disruptions[number + given->disruption_count - all - 1];
}
