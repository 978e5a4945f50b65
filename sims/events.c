// Events as the user writes them: the table of verbs, what each may say, and the list that comes of it.
#include "sims/events_list.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/events_course.h"
#include "sims/events_disrupt.h"
#include "sims/words.h"

enum { ITEMS_MAX = 1000000 };

given_where event_subject(const event_reader *reader) {
    given_where subject, where = {""};
    char which[40] = "";
    if (reader->origin != NULL)
        snprintf(where.text, sizeof where.text, "%s: event", reader->origin);
    else
        where = given_place(reader->r->given, KEY_EVENTS);
    const char *typed = reader->origin == NULL ? given_disruption(reader->r->given, reader->number) : NULL;
    if (typed != NULL) {
        snprintf(subject.text, sizeof subject.text, "--disrupt %s:", words_text(typed).text);
        return subject;
    }
    if (reader->number > 0)
        snprintf(which, sizeof which, "[%" PRIu32 "]", reader->number);
    snprintf(subject.text, sizeof subject.text, "%.440s%s%s%s%s", where.text,
             reader->origin != NULL ? "" : ": events", which, reader->verb != NULL ? "." : "",
             reader->verb != NULL ? reader->verb : "");
    return subject;
}

entrain_status event_refuse(const event_reader *reader, entrain_status status, const char *format, ...) {
    char what[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return entrain_error_set(reader->r->error_out, status, "%s %s", event_subject(reader).text, what);
}

entrain_status event_no_memory(const event_reader *reader) {
    return entrain_error_set(reader->r->error_out, ENTRAIN_NO_MEMORY,
                             "%s: no memory left for the scenario; free some.", reader->r->given->path);
}

// Room for one more of a growing array. NULL: no memory.
static void *grown(void *array, uint32_t count, uint32_t *room, size_t size) {
    if (count < *room)
        return array;
    const uint32_t more = *room < 16 ? 16 : *room * 2;
    void *larger = realloc(array, more * size);
    if (larger != NULL)
        *room = more;
    return larger;
}

entrain_status event_add_item(event_reader *reader, event_item item) {
    scenario_events *list = reader->list;
    if (list->item_count == ITEMS_MAX)
        return event_refuse(reader, ENTRAIN_LIMIT,
                            "goes beyond %d edges, oscillators and values in all events.", ITEMS_MAX);
    event_item *items = grown(list->items, list->item_count, &list->item_room, sizeof *items);
    if (items == NULL)
        return event_no_memory(reader);
    list->items = items;
    list->items[list->item_count++] = item;
    return ENTRAIN_OK;
}

// --- What verbs say

entrain_status event_read_index(const event_reader *reader, const json_t *value, uint32_t *index_out) {
    const double number = json_is_number(value) ? json_number_value(value) : -1;
    const int64_t room = integer(reader->r, KEY_ROOM), own = integer(reader->r, KEY_SIZE);
    const int64_t size = room > own ? room : own;
    if (!(number >= 0 && number < (double)size) || number != floor(number))
        return event_refuse(
            reader, ENTRAIN_INVALID, "names oscillator %s; there are 0 to %" PRId64 " (%s is %" PRId64 ").",
            words_value(value).text, size - 1, room > own ? "swarm.room" : "swarm.size", size);
    *index_out = (uint32_t)number;
    return ENTRAIN_OK;
}

// An item is a list of numbers; what a verb says is one, or a list of them. Calls @p read for each.
typedef entrain_status item_reader(event_reader *reader, const json_t *value, event_item *item_out,
                                   json_t **canonical_out);
static entrain_status read_items(event_reader *reader, const json_t *value, bool one, const char *form,
                                 item_reader *read, json_t **canonical_out) {
    const size_t count = one ? 1 : json_array_size(value);
    if (count == 0)
        return event_refuse(reader, ENTRAIN_INVALID, "is %s; write %s.", words_value(value).text, form);
    json_t *list = json_array();
    entrain_status status = list != NULL ? ENTRAIN_OK : event_no_memory(reader);
    for (size_t i = 0; status == ENTRAIN_OK && i < count; i++) {
        event_item item = {0};
        json_t *canonical = NULL;
        status = read(reader, one ? value : json_array_get(value, i), &item, &canonical);
        if (status == ENTRAIN_OK && json_array_append_new(list, canonical) != 0)
            status = event_no_memory(reader);
        if (status == ENTRAIN_OK)
            status = event_add_item(reader, item);
    }
    if (status != ENTRAIN_OK) {
        json_decref(list);
        return status;
    }
    *canonical_out = list;
    return ENTRAIN_OK;
}

static json_t *pair(const event_item *item, bool with_to, bool with_weight) {
    json_t *list = json_array();
    bool made = json_array_append_new(list, json_integer(item->from)) == 0;
    if (with_to)
        made = made && json_array_append_new(list, json_integer(item->to)) == 0;
    if (with_weight)
        made = made && json_array_append_new(list, json_real(item->weight)) == 0;
    if (made)
        return list;
    json_decref(list);
    return NULL;
}

static entrain_status read_edge(event_reader *reader, const json_t *value, bool weighted,
                                event_item *item_out, json_t **canonical_out) {
    const size_t count = json_array_size(value);
    if (count < 2 || count > (weighted ? 3 : 2))
        return event_refuse(reader, ENTRAIN_INVALID, "has %s for an edge; an edge is %s.",
                            words_value(value).text,
                            weighted ? "{ from, to } or { from, to, weight }" : "{ from, to }");
    entrain_status status = event_read_index(reader, json_array_get(value, 0), &item_out->from);
    if (status == ENTRAIN_OK)
        status = event_read_index(reader, json_array_get(value, 1), &item_out->to);
    if (status != ENTRAIN_OK)
        return status;
    if (item_out->from == item_out->to)
        return event_refuse(reader, ENTRAIN_INVALID,
                            "has an edge from %" PRIu32 " to itself; name two oscillators.", item_out->from);
    const json_t *weight = json_array_get(value, 2);
    item_out->weight = weight != NULL ? json_number_value(weight) : 1;
    if (weight != NULL && !(json_is_number(weight) && fabs(item_out->weight) <= 1e6))
        return event_refuse(reader, ENTRAIN_INVALID,
                            "gives the edge from %" PRIu32 " to %" PRIu32
                            " the weight %s; it must be a number from -1e6 to 1e6.",
                            item_out->from, item_out->to, words_value(weight).text);
    *canonical_out = pair(item_out, true, weighted);
    return ENTRAIN_OK;
}

static entrain_status read_cut_edge(event_reader *reader, const json_t *value, event_item *item_out,
                                    json_t **canonical_out) {
    return read_edge(reader, value, false, item_out, canonical_out);
}
static entrain_status read_link_edge(event_reader *reader, const json_t *value, event_item *item_out,
                                     json_t **canonical_out) {
    return read_edge(reader, value, true, item_out, canonical_out);
}

static bool begins_with_number(const json_t *value) { return json_is_number(json_array_get(value, 0)); }

static entrain_status check_graph(const event_reader *reader) {
    if (strcmp(word(reader->r, KEY_TOPOLOGY_KIND), "complete") != 0)
        return ENTRAIN_OK;
    return event_refuse(reader, ENTRAIN_INVALID,
                        "finds no edges: a complete graph is kept as one sum; the same graph with edges is "
                        "swarm.topology.kind = \"erdos-renyi\" with probability 1.");
}

static entrain_status read_cut(event_reader *reader, const json_t *value, json_t **canonical_out) {
    entrain_status status = check_graph(reader);
    return status != ENTRAIN_OK
               ? status
               : read_items(reader, value, begins_with_number(value),
                            "an edge { from, to } or a list of edges", read_cut_edge, canonical_out);
}

static entrain_status read_link(event_reader *reader, const json_t *value, json_t **canonical_out) {
    entrain_status status = check_graph(reader);
    return status != ENTRAIN_OK
               ? status
               : read_items(reader, value, begins_with_number(value),
                            "an edge { from, to } or { from, to, weight } or a list of edges", read_link_edge,
                            canonical_out);
}

static entrain_status read_actor(event_reader *reader, const json_t *value, event_item *item_out,
                                 json_t **canonical_out) {
    entrain_status status = event_read_index(reader, value, &item_out->from);
    if (status == ENTRAIN_OK)
        *canonical_out = json_integer(item_out->from);
    return status;
}

static entrain_status read_actors(event_reader *reader, const json_t *value, json_t **canonical_out) {
    return read_items(reader, value, json_is_number(value), "the index of an oscillator or a list of them",
                      read_actor, canonical_out);
}

// A frequency, or with inertia the power, of one oscillator.
static entrain_status read_value(event_reader *reader, const json_t *value, event_item *item_out,
                                 json_t **canonical_out) {
    const json_t *wanted = json_array_get(value, 1);
    if (json_array_size(value) != 2)
        return event_refuse(reader, ENTRAIN_INVALID, "has %s; it must be { oscillator, value }.",
                            words_value(value).text);
    entrain_status status = event_read_index(reader, json_array_get(value, 0), &item_out->from);
    if (status != ENTRAIN_OK)
        return status;
    item_out->weight = json_number_value(wanted);
    // As entrain_kuramoto_add() has it: no more than 2^20 rad in a step.
    const double most = fmin(1e9, 0x1p20 / number(reader->r, KEY_STEP));
    if (!json_is_number(wanted) || !(fabs(item_out->weight) <= most))
        return event_refuse(
            reader, ENTRAIN_INVALID, "gives oscillator %" PRIu32 " %s; it must be a number from -%s to %s.",
            item_out->from, words_value(wanted).text, words_number(most).text, words_number(most).text);
    *canonical_out = pair(item_out, false, true);
    return ENTRAIN_OK;
}

static entrain_status read_values(event_reader *reader, const json_t *value, json_t **canonical_out) {
    const bool swing = strcmp(word(reader->r, KEY_MODEL_KIND), "swing") == 0;
    if (swing != (strcmp(reader->verb, "power") == 0))
        return event_refuse(reader, ENTRAIN_INVALID, "does not apply to model \"%s\"; say %s.",
                            word(reader->r, KEY_MODEL_KIND), swing ? "power" : "frequency");
    return read_items(reader, value, begins_with_number(value), "{ oscillator, value } or a list of them",
                      read_value, canonical_out);
}

#define MODEL_FIELD(field) offsetof(entrain_kuramoto_config, field)
#define AGENT_FIELD(field) offsetof(entrain_agent_config, field)
#define WORK_FIELD(field) offsetof(entrain_workload_config, field)
const event_key event_keys[EVENT_KEY_COUNT] = {
    {"agent.alignment", KEY_AGENT_ALIGNMENT, EVENT_KEY_AGENT, AGENT_FIELD(alignment), false},
    {"agent.coupling", KEY_AGENT_COUPLING, EVENT_KEY_AGENT, AGENT_FIELD(coupling), false},
    {"agent.energy.frequency", KEY_ENERGY_FREQUENCY, EVENT_KEY_AGENT, AGENT_FIELD(frequency_cost), false},
    {"agent.energy.nudge", KEY_ENERGY_NUDGE, EVENT_KEY_AGENT, AGENT_FIELD(nudge_cost), false},
    {"agent.energy.pulse", KEY_ENERGY_PULSE, EVENT_KEY_AGENT, AGENT_FIELD(pulse_cost), false},
    {"agent.energy.recovery", KEY_ENERGY_RECOVERY, EVENT_KEY_AGENT, AGENT_FIELD(recovery), false},
    {"agent.energy.switch", KEY_ENERGY_SWITCH, EVENT_KEY_AGENT, AGENT_FIELD(switch_cost), false},
    {"agent.high", KEY_AGENT_HIGH, EVENT_KEY_AGENT, AGENT_FIELD(high), false},
    {"agent.leak", KEY_AGENT_LEAK, EVENT_KEY_AGENT, AGENT_FIELD(leak), false},
    {"agent.low", KEY_AGENT_LOW, EVENT_KEY_AGENT, AGENT_FIELD(low), false},
    {"agent.pulse.spread", KEY_AGENT_PULSE_SPREAD, EVENT_KEY_AGENT, AGENT_FIELD(spread_gain), false},
    {"agent.pulse.strength", KEY_AGENT_PULSE_STRENGTH, EVENT_KEY_AGENT, AGENT_FIELD(pulse_strength), false},
    {"agent.steepness", KEY_AGENT_STEEPNESS, EVENT_KEY_AGENT, AGENT_FIELD(steepness), false},
    {"agent.stubbornness", KEY_AGENT_STUBBORNNESS, EVENT_KEY_AGENT, AGENT_FIELD(stubbornness), false},
    {"gateway.batch", KEY_GATEWAY_BATCH, EVENT_KEY_WORK, WORK_FIELD(batch_max), true},
    {"gateway.breaker_limit", KEY_BREAKER_LIMIT, EVENT_KEY_WORK, WORK_FIELD(breaker_limit), true},
    {"gateway.breaker_open", KEY_BREAKER_OPEN, EVENT_KEY_WORK, WORK_FIELD(breaker_open_s), false},
    {"gateway.timeout", KEY_GATEWAY_TIMEOUT, EVENT_KEY_WORK, WORK_FIELD(timeout_s), false},
    {"gateway.window", KEY_GATEWAY_WINDOW, EVENT_KEY_WORK, WORK_FIELD(window_s), false},
    {"model.coupling", KEY_COUPLING, EVENT_KEY_MODEL, MODEL_FIELD(coupling), false},
    {"model.damping", KEY_DAMPING_VALUE, EVENT_KEY_MODEL, MODEL_FIELD(damping), false},
    {"model.fourth.coupling", KEY_FOURTH_COUPLING, EVENT_KEY_MODEL, MODEL_FIELD(harmonic_coupling[2]), false},
    {"model.fourth.lag", KEY_FOURTH_LAG, EVENT_KEY_MODEL, MODEL_FIELD(harmonic_lag[2]), false},
    {"model.lag", KEY_LAG, EVENT_KEY_MODEL, MODEL_FIELD(lag), false},
    {"model.noise", KEY_NOISE, EVENT_KEY_MODEL, MODEL_FIELD(noise), false},
    {"model.second.coupling", KEY_SECOND_COUPLING, EVENT_KEY_MODEL, MODEL_FIELD(harmonic_coupling[0]), false},
    {"model.second.lag", KEY_SECOND_LAG, EVENT_KEY_MODEL, MODEL_FIELD(harmonic_lag[0]), false},
    {"model.third.coupling", KEY_THIRD_COUPLING, EVENT_KEY_MODEL, MODEL_FIELD(harmonic_coupling[1]), false},
    {"model.third.lag", KEY_THIRD_LAG, EVENT_KEY_MODEL, MODEL_FIELD(harmonic_lag[1]), false},
    {"service.failure", KEY_SERVICE_FAILURE, EVENT_KEY_WORK, WORK_FIELD(failure), false},
    {"service.latency", KEY_SERVICE_LATENCY, EVENT_KEY_WORK, WORK_FIELD(latency_s), false},
    {"service.rate", KEY_SERVICE_RATE, EVENT_KEY_WORK, WORK_FIELD(rate), false},
    {"service.silence", KEY_SERVICE_SILENCE, EVENT_KEY_WORK, WORK_FIELD(silence), false},
    {"workload.load", KEY_WORKLOAD_LOAD, EVENT_KEY_WORK, WORK_FIELD(load), false},
};

// Whether the scenario has what the key belongs to.
static bool key_applies(const event_reader *reader, const event_key *key) {
    const bool agents = scenario_model_kind(reader->r) == ENTRAIN_SWARM_AGENTS;
    switch (key->part) {
    case EVENT_KEY_AGENT:
        return agents;
    case EVENT_KEY_WORK:
        return agents && strcmp(word(reader->r, KEY_WORKLOAD_PATTERN), "none") != 0;
    default:
        return reader->r->values[key->id] != NULL;
    }
}

static entrain_status check_keys(const event_reader *reader, const json_t *table) {
    const char *names[EVENT_KEY_COUNT + 1] = {0}, *name;
    json_t *value;
    for (size_t k = 0; k < EVENT_KEY_COUNT; k++)
        names[k] = event_keys[k].name;
    json_object_foreach((json_t *)table, name, value) {
        size_t k = 0;
        while (k < EVENT_KEY_COUNT && strcmp(names[k], name) != 0)
            k++;
        if (k < EVENT_KEY_COUNT)
            continue;
        const char *nearest = entrain_nearest_word(name, names);
        return event_refuse(reader, ENTRAIN_UNKNOWN,
                            "names \"%s\", which cannot be set while a swarm runs (%s can)%s%s%s",
                            words_text(name).text,
                            scenario_model_kind(reader->r) == ENTRAIN_SWARM_AGENTS
                                ? "agent.coupling, workload.load, gateway.window and others"
                                : "model.coupling, lag, noise and damping",
                            nearest != NULL ? "; did you mean \"" : ".", nearest != NULL ? nearest : "",
                            nearest != NULL ? "\"?" : "");
    }
    return ENTRAIN_OK;
}

static entrain_status read_set(event_reader *reader, const json_t *value, json_t **canonical_out) {
    if (!json_is_object(value) || json_object_size(value) == 0)
        return event_refuse(reader, ENTRAIN_INVALID, "is %s; write { [\"model.coupling\"] = 0.5 }.",
                            words_value(value).text);
    entrain_status status = check_keys(reader, value);
    json_t *table = status == ENTRAIN_OK ? json_object() : NULL;
    if (status == ENTRAIN_OK && table == NULL)
        status = event_no_memory(reader);
    for (uint32_t k = 0; status == ENTRAIN_OK && k < EVENT_KEY_COUNT; k++) {
        const event_key *key = &event_keys[k];
        const json_t *wanted = json_object_get(value, key->name);
        if (wanted == NULL)
            continue;
        if (!key_applies(reader, key)) {
            status =
                event_refuse(reader, ENTRAIN_INVALID, "changes %s, which this scenario does not have%s.",
                             key->name, key->part == EVENT_KEY_MODEL ? " as one number from the start" : "");
            break;
        }
        json_t *canonical = NULL;
        status = schema_check(key->id, wanted, event_subject(reader).text, &canonical, reader->r->error_out);
        if (status == ENTRAIN_OK && json_object_set_new(table, key->name, canonical) != 0)
            status = event_no_memory(reader);
        if (status == ENTRAIN_OK)
            status = event_add_item(reader, (event_item){.from = k, .weight = json_number_value(wanted)});
    }
    if (status != ENTRAIN_OK) {
        json_decref(table);
        return status;
    }
    *canonical_out = table;
    return ENTRAIN_OK;
}

// --- In words

static void tell_edge(const event_item *item, char *text_out, size_t size) {
    snprintf(text_out, size, "%" PRIu32 "-%" PRIu32, item->from, item->to);
}
static void tell_weighted(const event_item *item, char *text_out, size_t size) {
    if (item->weight == 1)
        tell_edge(item, text_out, size);
    else
        snprintf(text_out, size, "%" PRIu32 "-%" PRIu32 " (weight %.6g)", item->from, item->to, item->weight);
}
static void tell_key(const event_item *item, char *text_out, size_t size) {
    snprintf(text_out, size, "%s = %.6g", event_keys[item->from].name, item->weight);
}
static void tell_value(const event_item *item, char *text_out, size_t size) {
    snprintf(text_out, size, "of %" PRIu32 " = %.6g", item->from, item->weight);
}
static void tell_actor(const event_item *item, char *text_out, size_t size) {
    snprintf(text_out, size, "%" PRIu32, item->from);
}

// --- The verbs, in the order in which those of one event happen

static const event_verb verbs[] = {
    {"topology", "{ kind = \"ring\", degree = 8 }", "replaces the graph by another one of the same agents",
     event_read_topology, event_topology, true, event_tell_topology, 0},
    {"cut", "{ from, to } or a list of edges", "takes edges out of the graph; of parallel ones the last",
     read_cut, NULL, true, tell_edge, 0},
    {"link", "{ from, to [, weight] } or a list", "adds edges to the graph; weight 1 unless given", read_link,
     NULL, true, tell_weighted, 0},
    {"goal", "\"distribute-load\"",
     "gives agents another goal (entrain list goals), with its band and strategy", event_read_goal,
     event_goal, false, event_tell_goal, EVENT_FOR_AGENTS},
    {"strategy", "\"pulse\" or { strategy, share }",
     "tells all agents, or a share, what to do (entrain list strategies)", event_read_strategy,
     event_strategy, false, event_tell_strategy, EVENT_FOR_AGENTS},
    {"pattern", "\"burst\"", "changes the requests that agents produce (entrain list requests)",
     event_read_pattern, event_pattern, false, event_tell_pattern, EVENT_FOR_AGENTS},
    {"set", "{ [\"model.coupling\"] = value }",
     "changes coupling, lag, noise, damping or a harmonic's for all; of agents: agent.*, workload.load, "
     "gateway.window, service.*",
     read_set, event_set, false, tell_key, 0},
    {"frequency", "{ oscillator, value } or a list", "changes natural frequencies, rad/s", read_values,
     event_drive, false, tell_value, 0},
    {"power", "{ oscillator, value } or a list", "changes powers of model \"swing\"", read_values,
     event_drive, false, tell_value, EVENT_FOR_KURAMOTO},
    {"leave", "50, a share (0.2) or a list",
     "lets agents go for good; their neighbours get to know each other", event_read_leave, event_leave, false,
     event_tell_leave, 0},
    {"join", "100", "new agents take places in the graph, each between two who were neighbours",
     event_read_join, event_join, false, event_tell_join, EVENT_FOR_AGENTS},
    EVENT_DISRUPT_ROWS,
    {"stop", "oscillator or a list of them", "ends oscillators: they fall silent", read_actors, event_stop,
     false, tell_actor, EVENT_FOR_ALL},
    {"restart", "oscillator or a list of them", "begins stopped ones anew, with their initial values",
     read_actors, event_restart, false, tell_actor, EVENT_FOR_ALL},
};
enum { VERB_COUNT = sizeof verbs / sizeof *verbs };

event_word events_word_at(uint32_t index) {
    return index < VERB_COUNT ? (event_word){verbs[index].name, verbs[index].form, verbs[index].summary}
                              : (event_word){0};
}

uint32_t event_verb_count(void) { return VERB_COUNT; }
const event_verb *event_verb_at(uint32_t number) { return &verbs[number]; }
uint32_t event_verb_number(const event_verb *verb) { return (uint32_t)(verb - verbs); }

const event_action *event_action_of(const scenario_events *list, const scenario_event *event,
                                    const char *name) {
    for (uint32_t a = event->first; a < event->first + event->count; a++)
        if (strcmp(list->actions[a].verb->name, name) == 0)
            return &list->actions[a];
    return NULL;
}

// --- An event

static entrain_status check_words(event_reader *reader, const json_t *event) {
    const char *names[VERB_COUNT + 2] = {"at"}, *name;
    json_t *value;
    for (size_t v = 0; v < VERB_COUNT; v++)
        names[v + 1] = verbs[v].name;
    bool any = false;
    if (reader->origin != NULL && json_object_get(event, "at") != NULL)
        return event_refuse(reader, ENTRAIN_INVALID,
                            "has \"at\"; what on_sample returns happens at once, so leave it out.");
    json_object_foreach((json_t *)event, name, value) {
        size_t v = 0;
        while (names[v] != NULL && strcmp(names[v], name) != 0)
            v++;
        any |= v > 0;
        if (names[v] != NULL)
            continue;
        const char *nearest = entrain_nearest_word(name, names);
        return event_refuse(reader, ENTRAIN_UNKNOWN, "has \"%s\"; %s%s%s", words_text(name).text,
                            nearest != NULL ? "did you mean \""
                                            : "\"entrain list events\" shows what there is",
                            nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : ".");
    }
    return any ? ENTRAIN_OK
               : event_refuse(reader, ENTRAIN_INVALID,
                              "says nothing that is to happen; add a verb such as cut or set (\"entrain list "
                              "events\" shows all).");
}

// The tick; *late_out: it lies behind an end that --set brought nearer.
static entrain_status read_time(event_reader *reader, const json_t *event, scenario_event *made,
                                bool *late_out) {
    const json_t *at = json_object_get(event, "at");
    const resolver *r = reader->r;
    const double duration = number(r, KEY_DURATION), time = json_number_value(at);
    if (reader->origin != NULL) {
        made->at_s = reader->now_s;
        made->tick = reader->now;
        return ENTRAIN_OK;
    }
    if (at == NULL)
        return event_refuse(reader, ENTRAIN_INVALID, "does not say when; add at = (simulated seconds).");
    *late_out = json_is_number(at) && time > duration && r->given->values[KEY_DURATION].set != NULL;
    if (!json_is_number(at) || !(time >= 0 && (time <= duration || *late_out)))
        return event_refuse(reader, ENTRAIN_INVALID,
                            "is at %s; it must be a number of seconds from 0 to time.duration, which is %s.",
                            words_value(at).text, words_number(duration).text);
    made->at_s = time;
    made->tick = *late_out ? 0 : (uint64_t)round(time / number(r, KEY_STEP));
    return ENTRAIN_OK;
}

static int by_name(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

// The same with its keys in sorted order. NULL: no memory.
static json_t *sorted(json_t *object) {
    const char *names[VERB_COUNT + 1], *name;
    json_t *value, *result = json_object();
    size_t count = 0;
    json_object_foreach(object, name, value) names[count++] = name;
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; result != NULL && i < count; i++)
        if (json_object_set(result, names[i], json_object_get(object, names[i])) != 0) {
            json_decref(result);
            result = NULL;
        }
    return result;
}

// Who fires, in virtual time, sends along a graph of its own, and by numbers that are its own.
static entrain_status check_model(const event_reader *reader, const event_verb *verb) {
    const entrain_swarm_model model = scenario_model_kind(reader->r);
    const uint32_t models = verb->models != 0 ? verb->models : EVENT_FOR_KURAMOTO | EVENT_FOR_AGENTS;
    if ((models & 1u << model) != 0)
        return ENTRAIN_OK;
    if (models == EVENT_FOR_AGENTS)
        return event_refuse(reader, ENTRAIN_UNSUPPORTED,
                            "does not apply to model \"%s\"; it needs model.kind = \"agent\".",
                            word(reader->r, KEY_MODEL_KIND));
    return event_refuse(
        reader, ENTRAIN_UNSUPPORTED,
        "does not apply to model \"%s\", whose oscillators can stop and restart only; leave it out.",
        word(reader->r, KEY_MODEL_KIND));
}

static entrain_status read_verbs(event_reader *reader, const json_t *event, scenario_event *made,
                                 json_t *canonical) {
    scenario_events *list = reader->list;
    made->first = list->action_count;
    for (size_t v = 0; v < VERB_COUNT; v++) {
        const json_t *value = json_object_get(event, verbs[v].name);
        if (value == NULL)
            continue;
        const uint32_t first = list->item_count;
        json_t *read = NULL;
        reader->verb = verbs[v].name;
        entrain_status status = check_model(reader, &verbs[v]);
        if (status == ENTRAIN_OK)
            status = verbs[v].read(reader, value, &read);
        reader->verb = NULL;
        if (status != ENTRAIN_OK)
            return status;
        event_action *actions = grown(list->actions, list->action_count, &list->action_room, sizeof *actions);
        if (actions != NULL)
            list->actions = actions;
        if (json_object_set_new(canonical, verbs[v].name, read) != 0 || actions == NULL)
            return event_no_memory(reader);
        list->actions[list->action_count++] = (event_action){&verbs[v], first, list->item_count - first};
    }
    made->count = list->action_count - made->first;
    return ENTRAIN_OK;
}

// One event into the list and into the canonical form; nothing of it when it comes too late.
static entrain_status read_event(event_reader *reader, const json_t *event, json_t *canonical_list) {
    if (!json_is_object(event))
        return event_refuse(reader, ENTRAIN_INVALID,
                            "is %s; an event is a table such as { %scut = { 3, 7 } }.",
                            words_value(event).text, reader->origin == NULL ? "at = 10, " : "");
    scenario_event made = {.number = reader->number, .asked = reader->origin != NULL};
    bool late = false;
    entrain_status status = check_words(reader, event);
    if (status == ENTRAIN_OK)
        status = read_time(reader, event, &made, &late);
    json_t *canonical = status == ENTRAIN_OK ? json_object() : NULL;
    if (canonical != NULL && json_object_set_new(canonical, "at", json_real(made.at_s)) == 0)
        status = read_verbs(reader, event, &made, canonical);
    else if (status == ENTRAIN_OK)
        status = event_no_memory(reader);
    scenario_events *list = reader->list;
    if (status == ENTRAIN_OK && !late) {
        scenario_event *events = grown(list->events, list->count, &list->room, sizeof *events);
        if (events != NULL)
            list->events = events;
        if (events == NULL || json_array_append_new(canonical_list, sorted(canonical)) != 0)
            status = event_no_memory(reader);
        else
            list->events[list->count++] = made;
    }
    json_decref(canonical);
    return status;
}

// --- All events

static int by_tick(const void *left, const void *right) {
    const scenario_event *a = left, *b = right;
    if (a->tick != b->tick)
        return a->tick < b->tick ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

// Who is stopped lives, and who is restarted does not. Bits, an oscillator each.
static entrain_status check_lives(event_reader *reader) {
    const scenario_events *list = reader->list;
    const int64_t size = integer(reader->r, KEY_SIZE), room = integer(reader->r, KEY_ROOM);
    uint8_t *stopped = calloc((size_t)(room > size ? room : size) / 8 + 1, 1);
    entrain_status status = stopped != NULL ? ENTRAIN_OK : event_no_memory(reader);
    for (uint32_t e = 0; e < list->count; e++) {
        const scenario_event *event = &list->events[e];
        for (uint32_t a = event->first; a < event->first + event->count; a++) {
            const event_action *action = &list->actions[a];
            const bool stops = strcmp(action->verb->name, "stop") == 0;
            if (!stops && strcmp(action->verb->name, "restart") != 0)
                continue;
            for (uint32_t i = action->first; status == ENTRAIN_OK && i < action->first + action->count; i++) {
                const uint32_t index = list->items[i].from;
                const uint8_t bit = (uint8_t)(1u << (index % 8));
                reader->number = event->number;
                reader->verb = action->verb->name;
                if (stops == ((stopped[index / 8] & bit) != 0))
                    status = event_refuse(reader, ENTRAIN_INVALID,
                                          "names oscillator %" PRIu32 ", which %s at that time.", index,
                                          stops ? "is stopped already" : "is not stopped");
                stopped[index / 8] ^= bit;
            }
        }
    }
    free(stopped);
    return status;
}

static entrain_status read_all(event_reader *reader, json_t **canonical_out) {
    const json_t *given = reader->r->values[KEY_EVENTS];
    json_t *canonical = json_array();
    entrain_status status = canonical != NULL ? ENTRAIN_OK : event_no_memory(reader);
    for (size_t e = 0; status == ENTRAIN_OK && e < json_array_size(given); e++) {
        reader->number = (uint32_t)e + 1;
        status = event_repeat(reader, json_array_get(given, e), canonical, read_event);
    }
    if (status == ENTRAIN_OK && reader->list->count > 1)
        qsort(reader->list->events, reader->list->count, sizeof *reader->list->events, by_tick);
    if (status == ENTRAIN_OK)
        status = check_lives(reader);
    if (status != ENTRAIN_OK) {
        json_decref(canonical);
        return status;
    }
    *canonical_out = canonical;
    return ENTRAIN_OK;
}

entrain_status events_resolve(resolver *r, scenario_events **list_out) {
    *list_out = NULL;
    if (r->values[KEY_EVENTS] == NULL && r->values[KEY_ON_SAMPLE] == NULL)
        return ENTRAIN_OK;
    event_reader reader = {.r = r, .list = calloc(1, sizeof *reader.list)};
    json_t *canonical = NULL;
    entrain_status status = reader.list != NULL ? read_all(&reader, &canonical) : event_no_memory(&reader);
    if (status == ENTRAIN_OK && r->values[KEY_ON_SAMPLE] != NULL)
        status = hook_resolve(r, &reader.list->hook);
    if (status == ENTRAIN_OK)
        reader.list->strategy_told = r->values[KEY_AGENT_STRATEGY] != NULL;
    if (status != ENTRAIN_OK || (reader.list->count == 0 && reader.list->hook == NULL)) {
        events_free(reader.list);
        reader.list = NULL;
    }
    if (status != ENTRAIN_OK || events_count(reader.list) == 0) {
        json_decref(canonical);
        canonical = NULL;
    }
    if (status != ENTRAIN_OK)
        return status;
    json_decref(r->values[KEY_EVENTS]);
    r->values[KEY_EVENTS] = canonical;
    *list_out = reader.list;
    return ENTRAIN_OK;
}

// What was appended from @p count on goes before what is there from @p at on.
static void put_behind(scenario_events *list, uint32_t at, uint32_t count) {
    for (uint32_t e = count; e < list->count; e++, at++) {
        const scenario_event event = list->events[e];
        memmove(&list->events[at + 1], &list->events[at], (size_t)(e - at) * sizeof event);
        list->events[at] = event;
    }
}

entrain_status events_read_reply(resolver *r, scenario_events *list, uint32_t at, const char *origin,
                                 double now_s, uint64_t now, const json_t *reply) {
    const uint32_t count = list->count, action_count = list->action_count, item_count = list->item_count;
    event_reader reader = {.r = r, .list = list, .origin = origin, .now_s = now_s, .now = now};
    json_t *canonical = json_array(); // nobody stores it
    entrain_status status = canonical != NULL ? ENTRAIN_OK : event_no_memory(&reader);
    if (status == ENTRAIN_OK && json_is_object(reply) && json_object_size(reply) > 0)
        status = read_event(&reader, reply, canonical);
    for (size_t e = 0; status == ENTRAIN_OK && e < json_array_size(reply); e++) {
        reader.number = (uint32_t)e + 1;
        status = read_event(&reader, json_array_get(reply, e), canonical);
    }
    json_decref(canonical);
    if (status == ENTRAIN_OK) {
        put_behind(list, at, count);
        return ENTRAIN_OK;
    }
    list->count = count;
    list->action_count = action_count;
    list->item_count = item_count;
    return status;
}

// A copy of @p count things. False: no memory.
static bool copy_things(const void *things, size_t count, size_t size, void **copy_out) {
    *copy_out = count > 0 ? malloc(count * size) : NULL;
    if (*copy_out != NULL)
        memcpy(*copy_out, things, count * size);
    return count == 0 || *copy_out != NULL;
}

scenario_events *events_copy(const scenario_events *list) {
    scenario_events *copy = calloc(1, sizeof *copy);
    if (copy == NULL)
        return NULL;
    void *events = NULL, *actions = NULL, *items = NULL;
    const bool copied = copy_things(list->events, list->count, sizeof *list->events, &events) &&
                        copy_things(list->actions, list->action_count, sizeof *list->actions, &actions) &&
                        copy_things(list->items, list->item_count, sizeof *list->items, &items);
    copy->events = events;
    copy->actions = actions;
    copy->items = items;
    copy->count = copy->room = list->count;
    copy->action_count = copy->action_room = list->action_count;
    copy->item_count = copy->item_room = list->item_count;
    copy->strategy_told = list->strategy_told;
    if (copied)
        return copy;
    events_free(copy);
    return NULL;
}

void events_free(scenario_events *list) {
    if (list == NULL)
        return;
    hook_free(list->hook);
    free(list->events);
    free(list->actions);
    free(list->items);
    free(list);
}

uint32_t events_count(const scenario_events *list) { return list != NULL ? list->count : 0; }

bool events_have_hook(const scenario_events *list) { return list != NULL && list->hook != NULL; }

// One verb and its first few items; how many there are where it does not say all.
static void tell_action(const scenario_events *list, const event_action *action, char *text_out,
                        size_t size) {
    enum { SHOWN = 3 };
    int used = snprintf(text_out, size, "%s", action->verb->name);
    for (uint32_t i = 0; i < action->count && i < SHOWN && used > 0 && (size_t)used < size; i++) {
        char item[60];
        action->verb->tell(&list->items[action->first + i], item, sizeof item);
        used += snprintf(text_out + used, size - (size_t)used, "%s %s", i > 0 ? "," : "", item);
    }
    if (action->count > SHOWN && used > 0 && (size_t)used < size)
        snprintf(text_out + used, size - (size_t)used, " and %" PRIu32 " more", action->count - SHOWN);
}

event_facts events_at(const scenario_events *list, uint32_t index) {
    const scenario_event *event = &list->events[index];
    event_facts facts = {.at_s = event->at_s, .tick = event->tick, .asked = event->asked};
    size_t used = 0;
    for (uint32_t a = 0; a < event->count && used < sizeof facts.what; a++) {
        if (a > 0)
            used += (size_t)snprintf(facts.what + used, sizeof facts.what - used, "; ");
        if (used < sizeof facts.what)
            tell_action(list, &list->actions[event->first + a], facts.what + used, sizeof facts.what - used);
        used = strlen(facts.what);
    }
    return facts;
}
