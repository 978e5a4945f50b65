// What differs, key by key in the order of the schema, and what becomes of it.
#include "sims/branch.h"

#include <inttypes.h>
#include <string.h>

#include "sims/events_course.h"
#include "sims/outcome.h"
#include "sims/words.h"

// The value of a key in a resolved scenario, or NULL.
static const json_t *value_of(const scenario *given, schema_key_id id) {
    const json_t *at = given->resolved;
    const char *name = schema_keys[id].name;
    char part[64];
    while (at != NULL) {
        const size_t size = strcspn(name, ".");
        snprintf(part, sizeof part, "%.*s", (int)size, name);
        at = json_object_get(at, part);
        if (name[size] == '\0')
            return at;
        name += size + 1;
    }
    return NULL;
}

static bool differs(const scenario *a, const scenario *b, schema_key_id id) {
    const json_t *left = value_of(a, id), *right = value_of(b, id);
    return (left == NULL) != (right == NULL) || (left != NULL && !json_equal(left, right));
}

// How a run is carried out.
static bool never_matters(const scenario *a, const scenario *b, schema_key_id id) {
    static const schema_key_id free_keys[] = {KEY_TRANSPORT, KEY_POLICY, KEY_WORKERS, KEY_PIN,
                                              KEY_SIMD,      KEY_LAYOUT, KEY_COHORT};
    for (size_t i = 0; i < sizeof free_keys / sizeof *free_keys; i++)
        if (id == free_keys[i])
            return true;
    return id == KEY_MAILBOX_CAPACITY && !a->swarm.engine.overflow_named && !b->swarm.engine.overflow_named;
}

static const event_key *settable(schema_key_id id) {
    for (uint32_t k = 0; k < EVENT_KEY_COUNT; k++)
        if (event_keys[k].id == id)
            return &event_keys[k];
    return NULL;
}

// What concerns the run and not the swarm, or can be changed while it runs.
static bool may_change(const scenario *written, const scenario *wanted, schema_key_id id) {
    static const schema_key_id of_the_run[] = {KEY_TITLE,     KEY_DURATION,       KEY_EVENTS,
                                               KEY_ON_SAMPLE, KEY_STOP_COHERENCE, KEY_STOP_BELOW,
                                               KEY_STOP_HOLD, KEY_RECORD_EVERY,   KEY_RECORD_SNAPSHOTS};
    for (size_t i = 0; i < sizeof of_the_run / sizeof *of_the_run; i++)
        if (id == of_the_run[i])
            return true;
    const bool was = value_of(written, id) != NULL, is = value_of(wanted, id) != NULL;
    if (id == KEY_GOAL || id == KEY_AGENT_STRATEGY || id == KEY_WORKLOAD_PATTERN)
        return is;
    const event_key *key = settable(id);
    return key != NULL && is && (was || key->part == EVENT_KEY_AGENT);
}

static entrain_status refuse(const checkpoint_head *head, const scenario *written, const scenario *wanted,
                             schema_key_id id, bool branch, entrain_error *error_out) {
    const json_t *was = value_of(written, id), *is = value_of(wanted, id);
    char text[2][200] = {"absent", "absent"};
    if (was != NULL)
        snprintf(text[0], sizeof text[0], "%s", words_value(was).text);
    if (is != NULL)
        snprintf(text[1], sizeof text[1], "%s", words_value(is).text);
    return entrain_error_set(error_out, ENTRAIN_INVALID, "%s: %s is %s in the checkpoint and %s now; %s.",
                             head->path, schema_keys[id].name, text[0], text[1],
                             branch ? "a branch cannot change it, so run the scenario from its beginning"
                             : may_change(written, wanted, id)
                                 ? "leave it as it is, or add --branch to go on from there as a new run"
                                 : "leave it as it is, or run the scenario from its beginning");
}

// What events may need is there from the start or never.
static const char *missing_from(const entrain_swarm_config *written, const entrain_swarm_config *wanted) {
    if (wanted->topology.kind != written->topology.kind)
        return "edges, and the complete graph has none";
    if (wanted->engine.disturbance_delay_max > written->engine.disturbance_delay_max)
        return "room for observations that come late";
    if (wanted->agent.pulses && !written->agent.pulses)
        return "mailboxes for pulses";
    if (wanted->agent.moments && !written->agent.moments)
        return "room for moments";
    if (wanted->agent.pulses && wanted->agent.neighbours > written->agent.neighbours)
        return "mailboxes for more neighbours";
    return NULL;
}

entrain_status branch_check(const checkpoint_head *head, const scenario *written, const scenario *wanted,
                            bool branch, entrain_error *error_out) {
    for (schema_key_id id = KEY_NONE + 1; id < KEY_COUNT; id++)
        if (id != KEY_TITLE && differs(written, wanted, id) && !never_matters(written, wanted, id) &&
            !(branch && may_change(written, wanted, id)))
            return refuse(head, written, wanted, id, branch, error_out);
    if (!branch && differs(written, wanted, KEY_TITLE)) // another scenario says more by what it does
        return refuse(head, written, wanted, KEY_TITLE, branch, error_out);
    if (!branch)
        return ENTRAIN_OK;
    if (wanted->tick_count <= head->tick)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: it was written at t = %.6g s, and time.duration is %.6g s; a branch goes on from "
            "there, so set a longer one.",
            head->path, head->time_s, wanted->duration_s);
    const char *missing = missing_from(&written->swarm, &wanted->swarm);
    if (missing != NULL)
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "%s: what is to happen now needs %s, which the swarm did not begin with; run the "
            "scenario from its beginning.",
            head->path, missing);
    return ENTRAIN_OK;
}

void branch_carry(scenario *written, const scenario *wanted) {
    entrain_engine_config *to = &written->swarm.engine;
    const entrain_engine_config *from = &wanted->swarm.engine;
    to->scheduler = from->scheduler;
    to->transport = from->transport;
    to->simd = from->simd;
    to->layout = from->layout;
    to->cohort_weight = from->cohort_weight;
    to->mailbox_capacity = from->mailbox_capacity;
}

// --- Changes

static const char *goal_at(uint32_t index) {
    return index < ENTRAIN_GOAL_COUNT ? entrain_goal_look((entrain_goal)index).name : NULL;
}
static const char *strategy_at(uint32_t index) {
    return index < ENTRAIN_STRATEGY_COUNT ? entrain_strategy_name((entrain_strategy)index) : NULL;
}
static const char *pattern_at(uint32_t index) {
    return index < ENTRAIN_PATTERN_COUNT ? entrain_pattern_name((entrain_pattern)index) : NULL;
}

// Adds "key = value" to the text.
static void tell(char *text_out, size_t size, const char *key, const json_t *value) {
    const size_t used = strlen(text_out);
    if (used < size)
        snprintf(text_out + used, size - used, "%s%s = %s", used > 0 ? ", " : "", key,
                 words_value(value).text);
}

entrain_status branch_apply(event_run *events, const scenario *written, const scenario *wanted,
                            char *text_out, size_t size, entrain_error *error_out) {
    static const struct {
        schema_key_id id;
        const char *(*name_at)(uint32_t index);
        entrain_status (*happen)(event_run *run, const event_item *items, uint32_t count,
                                 entrain_error *error_out);
    } words[] = {{KEY_GOAL, goal_at, event_goal},
                 {KEY_AGENT_STRATEGY, strategy_at, event_strategy},
                 {KEY_WORKLOAD_PATTERN, pattern_at, event_pattern}};
    entrain_status status = ENTRAIN_OK;
    text_out[0] = '\0';
    if (value_of(wanted, KEY_AGENT_STRATEGY) != NULL) // as where there are events
        events->course.strategy_told = true;
    for (size_t w = 0; w < sizeof words / sizeof *words && status == ENTRAIN_OK; w++) {
        if (!differs(written, wanted, words[w].id))
            continue;
        const json_t *value = value_of(wanted, words[w].id);
        event_item item = {0};
        while (words[w].name_at(item.from) != NULL &&
               strcmp(words[w].name_at(item.from), json_string_value(value)) != 0)
            item.from++;
        tell(text_out, size, schema_keys[words[w].id].name, value);
        status = words[w].happen(events, &item, 1, error_out);
    }
    event_item items[EVENT_KEY_COUNT];
    uint32_t count = 0;
    for (uint32_t k = 0; k < EVENT_KEY_COUNT; k++) {
        const schema_key_id id = event_keys[k].id;
        if (!differs(written, wanted, id) || value_of(wanted, id) == NULL)
            continue;
        items[count++] = (event_item){.from = k, .weight = json_number_value(value_of(wanted, id))};
        tell(text_out, size, event_keys[k].name, value_of(wanted, id));
    }
    if (status == ENTRAIN_OK && count > 0)
        status = event_set(events, items, count, error_out);
    if (status == ENTRAIN_OK && text_out[0] != '\0')
        entrain_engine_republish(entrain_swarm_engine(events->swarm)); // as after any event
    return status;
}

json_t *branch_json(const checkpoint_head *head, const scenario *written) {
    char fingerprint[20];
    json_t *json = json_object(), *file = json_string(head->path);
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, head->fingerprint);
    json_object_set_new(json, "tick", json_integer((json_int_t)head->tick));
    json_object_set_new(json, "time_s", json_number(head->time_s));
    json_object_set_new(json, "fingerprint", json_string(fingerprint));
    json_object_set_new(json, "file", file != NULL ? file : json_string("?")); // a path may be no UTF-8
    json_object_set(json, "scenario", written->resolved);
    return json;
}
