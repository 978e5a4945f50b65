// Events that disrupt a swarm and mend it: read, told, done.
#include "sims/events_disrupt.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "entrain/disruption.h"
#include "sims/words.h"

/// A complete graph has no arcs that could lose anything; up to here it is built with arcs.
enum { ARCS_SIZE_MAX = 4096, DELAY_TICKS_MAX = 1 << 20, REPEATS_MAX = 100000 };

// As in the table of verbs.
typedef enum verb {
    PARTITION,
    HEAL,
    LOSS,
    DELAY,
    LOAD,
    SERVICE,
    SCRAMBLE,
    DISRUPT,
    DRIFT,
    SLOW,
    STUBBORN,
    STARVE,
    FEED,
    KILL,
    REVIVE,
    VERB_COUNT
} verb;
static const char *const names[VERB_COUNT] = {"partition", "heal",     "loss",    "delay", "load",
                                              "service",   "scramble", "disrupt", "drift", "slow",
                                              "stubborn",  "starve",   "feed",    "kill",  "revive"};

static verb verb_of(const char *name) {
    verb found = PARTITION;
    while (found < VERB_COUNT && strcmp(names[found], name) != 0)
        found++;
    return found;
}

// --- Read

// A number within @p least to @p most at its place. @p what opens the range: "a share of the living, 0 to 1".
typedef struct bound {
    const char *what;
    double least, most;
    bool whole;
} bound;

static entrain_status read_number(event_reader *reader, const json_t *value, const bound *within,
                                  uint32_t place, json_t **canonical_out) {
    const double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= within->least && number <= within->most) ||
        (within->whole && number != floor(number)))
        return event_refuse(reader, ENTRAIN_INVALID, "has %s; it must be %s, %s to %s.",
                            value == NULL || json_is_true(value) ? "no value" : words_value(value).text,
                            within->what, words_number(within->least).text, words_number(within->most).text);
    const event_item item = {.from = place, .to = verb_of(reader->verb), .weight = number};
    const entrain_status status = event_add_item(reader, item);
    if (status == ENTRAIN_OK)
        *canonical_out = within->whole ? json_integer((json_int_t)number) : json_real(number);
    return status;
}

static const bound share_of_living = {"a share of the living", 0, 1, false};

// { share, amount }
static entrain_status read_pair(event_reader *reader, const json_t *value, const bound *amount,
                                const char *form, json_t **canonical_out) {
    if (json_array_size(value) != 2)
        return event_refuse(reader, ENTRAIN_INVALID, "is %s; write %s.", words_value(value).text, form);
    json_t *list = json_array(), *read = NULL;
    entrain_status status = list != NULL ? ENTRAIN_OK : event_no_memory(reader);
    for (uint32_t place = 0; status == ENTRAIN_OK && place < 2; place++) {
        status = read_number(reader, json_array_get(value, place), place == 0 ? &share_of_living : amount,
                             place, &read);
        if (status == ENTRAIN_OK && json_array_append_new(list, read) != 0)
            status = event_no_memory(reader);
    }
    if (status != ENTRAIN_OK) {
        json_decref(list);
        return status;
    }
    *canonical_out = list;
    return ENTRAIN_OK;
}

// Losses and partitions are of arcs.
static entrain_status check_arcs(event_reader *reader) {
    const int64_t size = integer(reader->r, KEY_SIZE);
    if (strcmp(word(reader->r, KEY_TOPOLOGY_KIND), "complete") != 0 || size <= ARCS_SIZE_MAX)
        return ENTRAIN_OK;
    return event_refuse(
        reader, ENTRAIN_INVALID,
        "needs arcs, which a complete graph is built with up to %d oscillators only, and there "
        "are %" PRId64 "; choose another swarm.topology.kind, such as random-regular.",
        ARCS_SIZE_MAX, size);
}

static entrain_status read_partition(event_reader *reader, const json_t *value, json_t **canonical_out) {
    static const bound sides = {"a number of sides", 2, ENTRAIN_DISRUPT_SIDES_MAX, true};
    const bool by_index = json_array_size(value) == 2 && json_is_string(json_array_get(value, 1)) &&
                          strcmp(json_string_value(json_array_get(value, 1)), "index") == 0;
    if (json_is_array(value) && !by_index)
        return event_refuse(reader, ENTRAIN_INVALID,
                            "is %s; write a number of sides, or { sides, \"index\" }.",
                            words_value(value).text);
    json_t *read = NULL;
    entrain_status status = check_arcs(reader);
    if (status == ENTRAIN_OK)
        status = read_number(reader, by_index ? json_array_get(value, 0) : value, &sides, by_index, &read);
    if (status != ENTRAIN_OK || !by_index) {
        *canonical_out = read;
        return status;
    }
    *canonical_out = json_pack("[o,s]", read, "index");
    return ENTRAIN_OK;
}

static entrain_status read_heal(event_reader *reader, const json_t *value, json_t **canonical_out) {
    if (!json_is_true(value))
        return event_refuse(reader, ENTRAIN_INVALID, "is %s; write true.", words_value(value).text);
    const entrain_status status = event_add_item(reader, (event_item){.to = HEAL});
    if (status == ENTRAIN_OK)
        *canonical_out = json_true();
    return status;
}

static entrain_status read_loss(event_reader *reader, const json_t *value, json_t **canonical_out) {
    static const bound share = {"a share of observations", 0, 1, false};
    json_t *read = NULL;
    entrain_status status = read_number(reader, value, &share, 0, &read);
    if (status == ENTRAIN_OK && json_number_value(value) > 0)
        status = check_arcs(reader);
    if (status != ENTRAIN_OK) {
        json_decref(read);
        return status;
    }
    *canonical_out = read;
    return ENTRAIN_OK;
}

static const char *const service_fields[] = {"failure", "latency", "silence"}; // as sorted
enum { FAILURE, LATENCY, SILENCE, SERVICE_FIELDS, MENDED = SERVICE_FIELDS };

static entrain_status read_fault(event_reader *reader, const json_t *value, json_t *canonical) {
    static const bound share = {"a share of calls", 0, 1, false},
                       latency = {"a latency in seconds", 0, 1e6, false};
    const char *name;
    json_t *field;
    json_object_foreach((json_t *)value, name, field) {
        uint32_t f = 0;
        while (f < SERVICE_FIELDS && strcmp(service_fields[f], name) != 0)
            f++;
        if (f == SERVICE_FIELDS)
            return event_refuse(reader, ENTRAIN_UNKNOWN,
                                "has \"%s\"; there are failure, silence and latency.", words_text(name).text);
    }
    for (uint32_t f = 0; f < SERVICE_FIELDS; f++) {
        json_t *read = NULL;
        field = json_object_get(value, service_fields[f]);
        if (field == NULL)
            continue;
        const entrain_status status = read_number(reader, field, f == LATENCY ? &latency : &share, f, &read);
        if (status != ENTRAIN_OK)
            return status;
        if (json_object_set_new(canonical, service_fields[f], read) != 0)
            return event_no_memory(reader);
    }
    return ENTRAIN_OK;
}

static entrain_status read_service(event_reader *reader, const json_t *value, json_t **canonical_out) {
    const char *text = json_string_value(value);
    if (text != NULL && strcmp(text, "mended") == 0) {
        const entrain_status status = event_add_item(reader, (event_item){.from = MENDED, .to = SERVICE});
        if (status == ENTRAIN_OK)
            *canonical_out = json_string("mended");
        return status;
    }
    const bool broken = text != NULL && strcmp(text, "broken") == 0;
    if (!broken && json_object_size(value) == 0)
        return event_refuse(
            reader, ENTRAIN_INVALID,
            "is %s; write \"broken\", \"mended\" or a table such as { failure = 0.5, latency = 2 }.",
            words_value(value).text);
    json_t *fault = broken ? json_pack("{s:i}", "failure", 1) : json_incref((json_t *)value);
    json_t *canonical = json_object();
    const entrain_status status =
        fault != NULL && canonical != NULL ? read_fault(reader, fault, canonical) : event_no_memory(reader);
    json_decref(fault);
    if (status != ENTRAIN_OK) {
        json_decref(canonical);
        return status;
    }
    *canonical_out = canonical;
    return ENTRAIN_OK;
}

static entrain_status read_drift(event_reader *reader, const json_t *value, json_t **canonical_out) {
    if (strcmp(word(reader->r, KEY_MODEL_KIND), "swing") == 0)
        return event_refuse(reader, ENTRAIN_UNSUPPORTED,
                            "does not apply to model \"swing\", whose oscillators have powers; say power.");
    // As entrain_kuramoto_add() has it: no more than 2^20 rad in a step.
    const double most = fmin(1e9, 0x1p20 / number(reader->r, KEY_STEP));
    const bound shift = {"a shift in rad/s", -most, most, false};
    return read_pair(reader, value, &shift,
                     "{ share, rad/s }, such as { 0.3, 1 } (--disrupt drift=0.3,1@20s)", canonical_out);
}

entrain_status event_disrupt_read(event_reader *reader, const json_t *value, json_t **canonical_out) {
    static const bound every = {"a number of ticks", 1, UINT16_MAX, true}, chance = {"a chance", 0, 1, false};
    static const bound factor = {"a factor of everybody's rate", 0, 100, false};
    static const bound share_of_killed = {"a share of the killed", 0, 1, false};
    static const bound share_of_starved = {"a share of the starved", 0, 1, false};
    const double step_s = number(reader->r, KEY_STEP);
    const bound late = {"simulated seconds, up to 2^20 ticks", 0, DELAY_TICKS_MAX * step_s, false};
    switch (verb_of(reader->verb)) {
    case PARTITION:
        return read_partition(reader, value, canonical_out);
    case HEAL:
        return read_heal(reader, value, canonical_out);
    case LOSS:
        return read_loss(reader, value, canonical_out);
    case DELAY:
        return read_number(reader, value, &late, 0, canonical_out);
    case LOAD:
        return read_number(reader, value, &factor, 0, canonical_out);
    case SERVICE:
        return read_service(reader, value, canonical_out);
    case DRIFT:
        return read_drift(reader, value, canonical_out);
    case SLOW:
        return read_pair(reader, value, &every,
                         "{ share, every }, such as { 0.1, 10 } (--disrupt slow=0.1,10@20s)", canonical_out);
    case STUBBORN:
        return read_pair(reader, value, &chance,
                         "{ share, chance }, such as { 0.3, 0.9 } (--disrupt stubborn=0.3,0.9@20s)",
                         canonical_out);
    case REVIVE:
        return read_number(reader, value, &share_of_killed, 0, canonical_out);
    case FEED:
        return read_number(reader, value, &share_of_starved, 0, canonical_out);
    default:
        return read_number(reader, value, &share_of_living, 0, canonical_out);
    }
}

// --- Told

void event_disrupt_tell(const event_item *item, char *text_out, size_t size) {
    const bool second = item->from == 1;
    const char *form = "%.6g";
    switch ((verb)item->to) {
    case PARTITION:
        form = second ? "into %.6g sides by index" : "into %.6g sides";
        break;
    case HEAL:
        form = "the graph";
        break;
    case DELAY:
        form = "%.6g s";
        break;
    case LOAD:
        form = "x %.6g";
        break;
    case SERVICE:
        form = item->from == FAILURE   ? "failure %.6g"
               : item->from == SILENCE ? "silence %.6g"
               : item->from == LATENCY ? "latency %.6g s"
                                       : "mended";
        break;
    case DRIFT:
        form = second ? "by %.6g rad/s" : form;
        break;
    case SLOW:
        form = second ? "every %.6g ticks" : form;
        break;
    case STUBBORN:
        form = second ? "chance %.6g" : form;
        break;
    default:
        break;
    }
    (void)snprintf(text_out, size, form, item->weight);
}

bool events_disrupt(const scenario_events *list, uint32_t index) {
    const scenario_event *event = &list->events[index];
    for (uint32_t a = event->first; a < event->first + event->count; a++)
        if (list->actions[a].verb->happen == event_disrupt)
            return true;
    return false;
}

// --- What the swarm must have for it

bool events_fit(const scenario_events *list, entrain_swarm_config *swarm) {
    bool arcs = false;
    for (uint32_t a = 0; list != NULL && a < list->action_count; a++) {
        const event_item *item = &list->items[list->actions[a].first];
        if (list->actions[a].verb->happen != event_disrupt)
            continue;
        arcs |= item->to == PARTITION || (item->to == LOSS && item->weight > 0);
        const uint32_t ticks = item->to == DELAY ? (uint32_t)round(item->weight / swarm->engine.step_s) : 0;
        if (ticks > swarm->engine.disturbance_delay_max)
            swarm->engine.disturbance_delay_max = ticks;
    }
    if (!arcs || swarm->topology.kind != ENTRAIN_TOPOLOGY_COMPLETE)
        return false;
    swarm->topology.kind = ENTRAIN_TOPOLOGY_ERDOS_RENYI;
    swarm->topology.probability = 1;
    return true;
}

entrain_status event_disrupt_look(const event_run *run, const scenario_event *event,
                                  entrain_error *error_out) {
    for (uint32_t a = event->first; a < event->first + event->count; a++) {
        const event_action *action = &run->list->actions[a];
        const uint32_t kind = run->list->items[action->first].to;
        if (action->verb->happen == event_disrupt && (kind == LOAD || kind == SERVICE) &&
            entrain_swarm_workload(run->swarm) == NULL)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "%s needs a workload, and there is none (workload.pattern).",
                                     action->verb->name);
    }
    return ENTRAIN_OK;
}

// --- Done

static entrain_status fault(entrain_disruptions *disruptions, const event_item *items, uint32_t count,
                            entrain_error *error_out) {
    if (items[0].from == MENDED)
        return entrain_disrupt_mend_service(disruptions, error_out);
    entrain_service_fault wanted = {NAN, NAN, NAN};
    for (uint32_t i = 0; i < count; i++)
        *(items[i].from == FAILURE   ? &wanted.failure
          : items[i].from == SILENCE ? &wanted.silence
                                     : &wanted.latency_s) = items[i].weight;
    return entrain_disrupt_service(disruptions, &wanted, error_out);
}

entrain_status event_disrupt(event_run *run, const event_item *items, uint32_t count,
                             entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    if (run->disruptions == NULL)
        status = entrain_disruptions_create(run->swarm, &run->disruptions, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain_disruptions *on = run->disruptions;
    const double first = items[0].weight, second = count > 1 ? items[1].weight : 0;
    switch ((verb)items[0].to) {
    case PARTITION:
        return entrain_disrupt_partition(on, (uint32_t)first, items[0].from == 1, error_out);
    case HEAL:
        return entrain_disrupt_heal(on, error_out);
    case LOSS:
        return entrain_disrupt_loss(on, first, error_out);
    case DELAY:
        return entrain_disrupt_delay(on, first, error_out);
    case LOAD:
        return entrain_disrupt_load(on, first, error_out);
    case SERVICE:
        return fault(on, items, count, error_out);
    case SCRAMBLE:
    case DISRUPT:
        return entrain_disrupt_scramble(on, first, NULL, error_out);
    case DRIFT:
        return entrain_disrupt_drift(on, first, second, NULL, error_out);
    case SLOW:
        return entrain_disrupt_slow(on, first, (uint32_t)second, NULL, error_out);
    case STUBBORN:
        return entrain_disrupt_stubborn(on, first, second, NULL, error_out);
    case STARVE:
        return entrain_disrupt_starve(on, first, NULL, error_out);
    case FEED:
        return entrain_disrupt_feed(on, first, NULL, error_out);
    case KILL:
        return entrain_disrupt_kill(on, first, NULL, error_out);
    case REVIVE:
        return entrain_disrupt_revive(on, first, NULL, error_out);
    case VERB_COUNT:
        break;
    }
    return ENTRAIN_OK;
}

// --- Again and again

// Times of an event: from @p at every @p every seconds. 0: refused.
static uint32_t count_times(event_reader *reader, const json_t *event) {
    const json_t *at = json_object_get(event, "at"), *every = json_object_get(event, "every");
    const json_t *times = json_object_get(event, "times");
    const resolver *r = reader->r;
    const double step = number(r, KEY_STEP), duration = number(r, KEY_DURATION);
    if (every == NULL || !json_is_number(at)) {
        event_refuse(reader, ENTRAIN_INVALID,
                     "has times, but does not say from when on and how often; add %s.",
                     every == NULL ? "every = (simulated seconds)" : "at = (simulated seconds)");
        return 0;
    }
    if (!json_is_number(every) || !(json_number_value(every) >= step)) {
        event_refuse(reader, ENTRAIN_INVALID,
                     "is to happen every %s s; it must be a number of seconds, at least one time.step of %s.",
                     words_value(every).text, words_number(step).text);
        return 0;
    }
    const double last = fmax(0, duration - json_number_value(at));
    const double count =
        times != NULL ? json_number_value(times) : floor(last / json_number_value(every) + 1e-9) + 1;
    if ((times != NULL && !json_is_number(times)) || !(count >= 1 && count <= REPEATS_MAX) ||
        count != floor(count)) {
        if (times != NULL)
            event_refuse(reader, ENTRAIN_INVALID,
                         "is to happen %s times; it must be a whole number, 1 to %d.",
                         words_value(times).text, REPEATS_MAX);
        else
            event_refuse(reader, ENTRAIN_INVALID, "would happen more than %d times; say how often (times).",
                         REPEATS_MAX);
        return 0;
    }
    return (uint32_t)count;
}

entrain_status event_repeat(event_reader *reader, const json_t *event, json_t *canonical_list,
                            entrain_status (*read)(event_reader *reader, const json_t *event,
                                                   json_t *canonical_list)) {
    const bool repeats = json_object_get(event, "every") != NULL || json_object_get(event, "times") != NULL;
    if (!repeats)
        return read(reader, event, canonical_list);
    if (reader->origin != NULL)
        return event_refuse(reader, ENTRAIN_INVALID,
                            "is to happen again; what on_sample returns happens once, so leave out every and "
                            "times.");
    const uint32_t count = count_times(reader, event);
    if (count == 0)
        return ENTRAIN_INVALID;
    const double at = json_number_value(json_object_get(event, "at"));
    const double every = json_number_value(json_object_get(event, "every"));
    const double duration = number(reader->r, KEY_DURATION);
    json_t *one = json_copy((json_t *)event);
    entrain_status status = one != NULL ? ENTRAIN_OK : event_no_memory(reader);
    (void)json_object_del(one, "every");
    (void)json_object_del(one, "times");
    for (uint32_t k = 0; status == ENTRAIN_OK && k < count; k++) {
        double time = at + k * every;
        if (time > duration && time < duration * (1 + 1e-12)) // a rounding
            time = duration;
        if (json_object_set_new(one, "at", json_real(time)) != 0)
            status = event_no_memory(reader);
        else
            status = read(reader, one, canonical_list);
    }
    json_decref(one);
    return status;
}
