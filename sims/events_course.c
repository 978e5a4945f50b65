// Verbs that change a swarm's course: what may be written, and what must be provided for them from the start.
#include "sims/events_course.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sims/lua_sandbox.h"
#include "sims/words.h"

// --- What must be there from the start

static void foresee_goal(resolver *r, const json_t *value) {
    const char *name = json_string_value(value);
    const entrain_goal goal = name != NULL ? entrain_goal_find(name) : ENTRAIN_GOAL_COUNT;
    if (goal == ENTRAIN_GOAL_COUNT)
        return;
    r->may.spread |= entrain_goal_look(goal).spread;
    r->may.pulse |= entrain_goal_look(goal).strategy == ENTRAIN_STRATEGY_ADAPTIVE;
}

static void foresee_strategy(resolver *r, const json_t *value) {
    const char *name = json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
    r->may.pulse |= name != NULL && (strcmp(name, "pulse") == 0 || strcmp(name, "adaptive") == 0);
}

// The most neighbours that somebody will have: exact where all have as many, else six deviations above the
// mean.
static void foresee_topology(resolver *r, const json_t *value) {
    const char *kind = json_string_value(json_is_string(value) ? value : json_object_get(value, "kind"));
    double degree = json_number_value(json_object_get(value, "degree"));
    if (kind == NULL)
        return;
    degree = degree >= 1 ? degree : 8;
    if (strcmp(kind, "random-regular") != 0 && strcmp(kind, "ring") != 0)
        degree += 6 * sqrt(degree) + 8;
    if (strcmp(kind, "complete") != 0 && degree < 65536 && degree > r->may.degree)
        r->may.degree = (uint32_t)degree;
}

static void foresee_join(resolver *r, const json_t *event) {
    const json_t *times = json_object_get(event, "times");
    const double count = json_number_value(json_object_get(event, "join")) *
                         (json_is_number(times) ? json_number_value(times) : 1);
    if (count >= 1 && count < 0x1p24)
        r->may.join += (int64_t)count;
}

void events_foresee(resolver *r) {
    const json_t *events = r->given->values[KEY_EVENTS].value, *hook = r->given->values[KEY_ON_SAMPLE].value;
    for (size_t e = 0; e < json_array_size(events); e++) {
        const json_t *event = json_array_get(events, e);
        foresee_goal(r, json_object_get(event, "goal"));
        foresee_strategy(r, json_object_get(event, "strategy"));
        foresee_topology(r, json_object_get(event, "topology"));
        foresee_join(r, event);
    }
    const char *script = json_string_value(hook);
    if (json_is_null(hook) && r->given->script != NULL)
        script = r->given->script->text; // ends with 0: it was read as a text
    if (script == NULL)
        return;
    r->may.spread |= strstr(script, "distribute-load") != NULL;
    r->may.pulse |= strstr(script, "\"pulse\"") != NULL || strstr(script, "adapt") != NULL;
}

// --- Words

static entrain_status not_memory(event_reader *reader, const json_t *made) {
    return made != NULL ? ENTRAIN_OK : event_no_memory(reader);
}

// One of the words of a list that ends with NULL; its index.
static entrain_status read_word(event_reader *reader, const json_t *value,
                                const char *(*name)(uint32_t index), const char *topic, uint32_t *index_out) {
    const char *text = json_string_value(value), *names[64] = {0};
    uint32_t count = 0;
    while (count < 63 && (names[count] = name(count)) != NULL)
        count++;
    for (uint32_t i = 0; text != NULL && i < count; i++)
        if (strcmp(names[i], text) == 0) {
            *index_out = i;
            return ENTRAIN_OK;
        }
    const char *nearest = text != NULL ? entrain_nearest_word(text, names) : NULL;
    return event_refuse(reader, ENTRAIN_UNKNOWN, "is %s%s%s%s; \"entrain list %s\" shows what there is.",
                        words_value(value).text, nearest != NULL ? " (did you mean \"" : "",
                        nearest != NULL ? nearest : "", nearest != NULL ? "\"?)" : "", topic);
}

static const char *goal_name(uint32_t index) { return entrain_goal_look((entrain_goal)index).name; }
static const char *strategy_name(uint32_t index) { return entrain_strategy_name((entrain_strategy)index); }
static const char *pattern_name(uint32_t index) { return entrain_pattern_name((entrain_pattern)index); }

entrain_status event_read_goal(event_reader *reader, const json_t *value, json_t **canonical_out) {
    uint32_t goal = json_is_string(value) ? entrain_goal_find(json_string_value(value)) : ENTRAIN_GOAL_COUNT;
    entrain_status status = ENTRAIN_OK;
    if (goal == ENTRAIN_GOAL_COUNT) // it may have been its letter
        status = read_word(reader, value, goal_name, "goals", &goal);
    if (status == ENTRAIN_OK)
        status = event_add_item(reader, (event_item){.from = goal});
    if (status == ENTRAIN_OK)
        *canonical_out = json_string(goal_name(goal));
    return status == ENTRAIN_OK ? not_memory(reader, *canonical_out) : status;
}

// For all, or { strategy, share }.
entrain_status event_read_strategy(event_reader *reader, const json_t *value, json_t **canonical_out) {
    const bool some = json_is_array(value);
    const json_t *share = json_array_get(value, 1);
    const double part = some ? json_number_value(share) : 1;
    uint32_t strategy = 0;
    if (some && json_array_size(value) != 2)
        return event_refuse(reader, ENTRAIN_INVALID,
                            "is %s; write the name of a strategy, or { strategy, share }.",
                            words_value(value).text);
    entrain_status status =
        read_word(reader, some ? json_array_get(value, 0) : value, strategy_name, "strategies", &strategy);
    if (status == ENTRAIN_OK && some && !(json_is_number(share) && part > 0 && part <= 1))
        return event_refuse(reader, ENTRAIN_INVALID,
                            "has the share %s; it must be a number above 0 and up to 1.",
                            words_value(share).text);
    if (status == ENTRAIN_OK)
        status = event_add_item(reader, (event_item){.from = strategy, .to = some, .weight = part});
    if (status == ENTRAIN_OK)
        *canonical_out =
            some ? json_pack("[s,f]", strategy_name(strategy), part) : json_string(strategy_name(strategy));
    return status == ENTRAIN_OK ? not_memory(reader, *canonical_out) : status;
}

entrain_status event_read_pattern(event_reader *reader, const json_t *value, json_t **canonical_out) {
    uint32_t pattern = 0;
    if (strcmp(word(reader->r, KEY_WORKLOAD_PATTERN), "none") == 0)
        return event_refuse(
            reader, ENTRAIN_INVALID,
            "changes what agents produce, and these produce nothing (workload.pattern is none).");
    entrain_status status = read_word(reader, value, pattern_name, "requests", &pattern);
    if (status == ENTRAIN_OK)
        status = event_add_item(reader, (event_item){.from = pattern});
    if (status == ENTRAIN_OK)
        *canonical_out = json_string(pattern_name(pattern));
    return status == ENTRAIN_OK ? not_memory(reader, *canonical_out) : status;
}

// --- Graphs

typedef struct graph_key {
    const char *name;
    schema_key_id id;
} graph_key;
static const graph_key graph_keys[] = {{"kind", KEY_TOPOLOGY_KIND}, {"degree", KEY_DEGREE},
                                       {"rewire", KEY_REWIRE},      {"probability", KEY_PROBABILITY},
                                       {"rows", KEY_ROWS},          {"columns", KEY_COLUMNS},
                                       {"directed", KEY_DIRECTED}};
enum { GRAPH_KEYS = sizeof graph_keys / sizeof *graph_keys };

// Every key given is one that the kind has; checked as swarm.topology's. *canonical_out: what was given.
static entrain_status read_graph(event_reader *reader, const json_t *value, json_t *canonical,
                                 const char *kind) {
    const char *name;
    json_t *given;
    json_object_foreach((json_t *)value, name, given) {
        size_t k = 0;
        while (k < GRAPH_KEYS && strcmp(graph_keys[k].name, name) != 0)
            k++;
        if (k == GRAPH_KEYS)
            return event_refuse(
                reader, ENTRAIN_UNKNOWN,
                "has \"%s\"; a graph that comes later has kind, degree, rewire, probability, rows, "
                "columns and directed.",
                words_text(name).text);
        const schema_key *key = &schema_keys[graph_keys[k].id];
        if (key->belongs_to == KEY_TOPOLOGY_KIND && !schema_has_word(key->belongs_words, kind))
            return event_refuse(reader, ENTRAIN_INVALID,
                                "has %s, which does not apply to kind \"%s\"; it belongs to %s.", name, kind,
                                schema_belongs(graph_keys[k].id).text);
    }
    for (size_t k = 0; k < GRAPH_KEYS; k++) {
        json_t *checked = NULL;
        given = json_object_get(value, graph_keys[k].name);
        if (given == NULL)
            continue;
        entrain_status status =
            schema_check(graph_keys[k].id, given, event_subject(reader).text, &checked, reader->r->error_out);
        if (status == ENTRAIN_OK && json_object_set_new(canonical, graph_keys[k].name, checked) != 0)
            status = event_no_memory(reader);
        if (status != ENTRAIN_OK)
            return status;
    }
    return ENTRAIN_OK;
}

static double graph_number(const json_t *canonical, const char *name, double otherwise) {
    const json_t *value = json_object_get(canonical, name);
    return value != NULL ? json_number_value(value) : otherwise;
}

entrain_status event_read_topology(event_reader *reader, const json_t *value, json_t **canonical_out) {
    const json_t *kind = json_is_string(value) ? value : json_object_get(value, "kind");
    json_t *checked = NULL, *canonical = NULL;
    if (!json_is_string(value) && !(json_is_object(value) && kind != NULL))
        return event_refuse(reader, ENTRAIN_INVALID, "is %s; write { kind = \"ring\", degree = 8 }.",
                            words_value(value).text);
    entrain_status status =
        schema_check(KEY_TOPOLOGY_KIND, kind, event_subject(reader).text, &checked, reader->r->error_out);
    if (status != ENTRAIN_OK)
        return status;
    const char *name = json_string_value(checked);
    const entrain_topology_kind number_of = entrain_topology_kind_find(name);
    const bool complete = number_of == ENTRAIN_TOPOLOGY_COMPLETE,
               was_complete = strcmp(word(reader->r, KEY_TOPOLOGY_KIND), "complete") == 0;
    if (number_of >= ENTRAIN_TOPOLOGY_KIND_COUNT || number_of == ENTRAIN_TOPOLOGY_EDGE_LIST)
        status = event_refuse(reader, ENTRAIN_UNSUPPORTED,
                              "asks for kind \"%s\"; graphs that come later are Entrain's own kinds.", name);
    else if (complete != was_complete)
        status =
            event_refuse(reader, ENTRAIN_UNSUPPORTED,
                         "replaces a graph that is %s by one that is %s; a complete graph is kept as one sum "
                         "and has no edges (with edges it is \"erdos-renyi\" with probability 1).",
                         was_complete ? "complete" : "not complete", complete ? "complete" : "not");
    if (status == ENTRAIN_OK && (canonical = json_object()) == NULL)
        status = event_no_memory(reader);
    if (status == ENTRAIN_OK && json_is_object(value))
        status = read_graph(reader, value, canonical, name);
    if (status == ENTRAIN_OK && json_object_set(canonical, "kind", checked) != 0)
        status = event_no_memory(reader);
    if (status == ENTRAIN_OK) {
        const bool grid = number_of == ENTRAIN_TOPOLOGY_LATTICE || number_of == ENTRAIN_TOPOLOGY_TORUS;
        const double weight = grid ? graph_number(canonical, "columns", 0)
                              : number_of == ENTRAIN_TOPOLOGY_SMALL_WORLD
                                  ? graph_number(canonical, "rewire", 0.1)
                                  : graph_number(canonical, "probability", -1);
        status = event_add_item(
            reader,
            (event_item){.from = number_of |
                                 (json_is_true(json_object_get(canonical, "directed")) ? EVENT_DIRECTED : 0),
                         .to = (uint32_t)(grid ? graph_number(canonical, "rows", 0)
                                               : graph_number(canonical, "degree", 0)),
                         .weight = weight});
    }
    json_decref(checked);
    if (status != ENTRAIN_OK) {
        json_decref(canonical);
        return status;
    }
    *canonical_out = canonical;
    return ENTRAIN_OK;
}

// --- Who leaves and who joins

static bool is_count(const json_t *value) {
    const double number = json_number_value(value);
    return json_is_number(value) && number >= 1 && number == floor(number) && number < 0x1p24;
}

static entrain_status read_leavers(event_reader *reader, const json_t *list, json_t **canonical_out) {
    json_t *canonical = json_array();
    entrain_status status = not_memory(reader, canonical);
    for (size_t i = 0; status == ENTRAIN_OK && i < json_array_size(list); i++) {
        uint32_t index = 0;
        status = event_read_index(reader, json_array_get(list, i), &index);
        if (status == ENTRAIN_OK && json_array_append_new(canonical, json_integer(index)) != 0)
            status = event_no_memory(reader);
        if (status == ENTRAIN_OK)
            status = event_add_item(reader, (event_item){.from = index, .to = LEAVE_NAMED});
    }
    if (status != ENTRAIN_OK) {
        json_decref(canonical);
        return status;
    }
    *canonical_out = canonical;
    return ENTRAIN_OK;
}

// A count, a share, or a list of those who go.
entrain_status event_read_leave(event_reader *reader, const json_t *value, json_t **canonical_out) {
    const double number = json_number_value(value);
    const bool share = json_is_number(value) && number > 0 && number < 1;
    if (json_array_size(value) > 0)
        return read_leavers(reader, value, canonical_out);
    if (!share && !is_count(value))
        return event_refuse(
            reader, ENTRAIN_INVALID,
            "is %s; write how many (50), a share (0.2), or a list of those who go ({ 3, 7 }).",
            words_value(value).text);
    const entrain_status status =
        event_add_item(reader, share ? (event_item){.to = LEAVE_SHARE, .weight = number}
                                     : (event_item){.from = (uint32_t)number, .to = LEAVE_COUNT});
    if (status == ENTRAIN_OK)
        *canonical_out = share ? json_real(number) : json_integer((json_int_t)number);
    return status == ENTRAIN_OK ? not_memory(reader, *canonical_out) : status;
}

entrain_status event_read_join(event_reader *reader, const json_t *value, json_t **canonical_out) {
    const double number = json_number_value(value);
    const int64_t size = integer(reader->r, KEY_SIZE), room = integer(reader->r, KEY_ROOM);
    if (!is_count(value))
        return event_refuse(reader, ENTRAIN_INVALID, "is %s; write how many join, such as 100.",
                            words_value(value).text);
    reader->joined += (uint32_t)number;
    if (size + (int64_t)reader->joined > (room > size ? room : size))
        return event_refuse(reader, ENTRAIN_LIMIT,
                            "makes %" PRId64 " agents in all, and there are places for %" PRId64
                            "; set swarm.room to how many there can be.",
                            size + (int64_t)reader->joined, room > size ? room : size);
    const entrain_status status = event_add_item(reader, (event_item){.from = (uint32_t)number});
    if (status == ENTRAIN_OK)
        *canonical_out = json_integer((json_int_t)number);
    return status == ENTRAIN_OK ? not_memory(reader, *canonical_out) : status;
}

// --- In words

void event_tell_goal(const event_item *item, char *text_out, size_t size) {
    snprintf(text_out, size, "%s", goal_name(item->from));
}
void event_tell_strategy(const event_item *item, char *text_out, size_t size) {
    if (item->to != 0)
        snprintf(text_out, size, "%s of %.6g", strategy_name(item->from), item->weight);
    else
        snprintf(text_out, size, "%s", strategy_name(item->from));
}
void event_tell_pattern(const event_item *item, char *text_out, size_t size) {
    snprintf(text_out, size, "%s", pattern_name(item->from));
}
void event_tell_topology(const event_item *item, char *text_out, size_t size) {
    const entrain_topology_kind kind = (entrain_topology_kind)(item->from & ~EVENT_DIRECTED);
    const char *name = entrain_topology_kind_name(kind);
    if (item->to > 0 && kind != ENTRAIN_TOPOLOGY_LATTICE && kind != ENTRAIN_TOPOLOGY_TORUS)
        snprintf(text_out, size, "%s of degree %" PRIu32, name, item->to);
    else
        snprintf(text_out, size, "%s", name);
}
void event_tell_leave(const event_item *item, char *text_out, size_t size) {
    if (item->to == LEAVE_SHARE)
        snprintf(text_out, size, "%.6g of them", item->weight);
    else
        snprintf(text_out, size, item->to == LEAVE_NAMED ? "number %" PRIu32 : "%" PRIu32, item->from);
}
void event_tell_join(const event_item *item, char *text_out, size_t size) {
    snprintf(text_out, size, "%" PRIu32, item->from);
}
