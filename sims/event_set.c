// One key set by itself: what a step of a ladder does instead of an event of the scenario's.
#include <string.h>

#include "sims/events_course.h"
#include "sims/words.h"

static uint32_t number_of(const char *key) {
    uint32_t k = 0;
    while (k < EVENT_KEY_COUNT && strcmp(event_keys[k].name, key) != 0)
        k++;
    return k;
}

bool events_can_set(const char *key) { return number_of(key) < EVENT_KEY_COUNT; }

void events_put_value(entrain_swarm_config *swarm, const char *key, double value) {
    const uint32_t k = number_of(key);
    if (k == EVENT_KEY_COUNT)
        return;
    void *const parts[] = {[EVENT_KEY_AGENT] = &swarm->agent,
                           [EVENT_KEY_MODEL] = &swarm->model,
                           [EVENT_KEY_WORK] = &swarm->workload};
    char *at = (char *)parts[event_keys[k].part] + event_keys[k].offset;
    if (event_keys[k].whole)
        *(uint32_t *)(void *)at = (uint32_t)value;
    else
        *(double *)(void *)at = value;
}

entrain_status event_run_set(event_run *run, const char *key, double value, entrain_error *error_out) {
    const event_item item = {.from = number_of(key), .weight = value};
    const bool agents = entrain_agents_look(entrain_swarm_population(run->swarm)) != NULL;
    entrain_error inner = {0};
    if (item.from == EVENT_KEY_COUNT)
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN, "%s cannot be set while a swarm runs.", key);
    entrain_status status;
    if (agents != (event_keys[item.from].part != EVENT_KEY_MODEL)) {
        status = entrain_error_set(&inner, ENTRAIN_INVALID, "this scenario has no such key.");
    } else {
        status = event_set(run, &item, 1, &inner);
    }
    if (status != ENTRAIN_OK)
        return entrain_error_set(error_out, status, "%s = %s: %s", key, words_number(value).text,
                                 inner.sentence);
    entrain_engine_republish(entrain_swarm_engine(run->swarm));
    return ENTRAIN_OK;
}
