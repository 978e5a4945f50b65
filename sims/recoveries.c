// Which event disrupts, what the samples after it say, and how the summary shows that.
#include "sims/recoveries.h"

#include <stdlib.h>
#include <string.h>

#include "sims/outcome.h"

// The goal's band, or false where there is no goal.
static bool band_of(const run_recoveries *recoveries, entrain_goal_band *band_out) {
    if (entrain_agents_look(recoveries->population) == NULL)
        return false;
    *band_out = entrain_agents_band(recoveries->population);
    return true;
}

void recoveries_begin(run_recoveries *recoveries, entrain_swarm *swarm) {
    *recoveries = (run_recoveries){.population = entrain_swarm_population(swarm)};
    entrain_goal_band band;
    const bool goal = band_of(recoveries, &band);
    entrain_recovery_begin(&recoveries->watch, goal ? &band : NULL);
}

// Events change the goal and the band.
static void look_at_goal(run_recoveries *recoveries) {
    entrain_goal_band band;
    const entrain_goal_band *now = &recoveries->watch.band;
    if (band_of(recoveries, &band) &&
        (band.goal != now->goal || band.low != now->low || band.high != now->high))
        entrain_recovery_course(&recoveries->watch, &band);
}

bool recoveries_room(run_recoveries *recoveries, uint32_t count) {
    if (count > recoveries->room) {
        const uint32_t room = count < 16 ? 16 : 2 * count;
        entrain_recovery *list = realloc(recoveries->list, room * sizeof *list);
        if (list != NULL)
            recoveries->list = list;
        bool *known = realloc(recoveries->known, room * sizeof *known);
        if (known != NULL)
            recoveries->known = known;
        if (list == NULL || known == NULL)
            return false;
        recoveries->room = room;
    }
    for (; recoveries->count < count; recoveries->count++) {
        recoveries->known[recoveries->count] = false;
        recoveries->list[recoveries->count] = (entrain_recovery){0};
    }
    return true;
}

bool recoveries_event(run_recoveries *recoveries, const scenario_events *events, uint32_t index) {
    if (index < recoveries->count)
        recoveries->known[index] = false; // it was another one's, of a hook, that is not listed
    if (!events_disrupt(events, index))
        return true;
    if (!recoveries_room(recoveries, index + 1))
        return false;
    look_at_goal(recoveries);
    entrain_recovery earlier;
    if (entrain_recovery_disrupt(&recoveries->watch, events_at(events, index).at_s, &earlier))
        recoveries->list[recoveries->current] = earlier;
    recoveries->known[index] = true;
    recoveries->list[index] = (entrain_recovery){0}; // until it is over
    recoveries->current = index;
    return true;
}

void recoveries_sample(run_recoveries *recoveries, const entrain_phase_sample *sample) {
    look_at_goal(recoveries);
    entrain_recovery_add(&recoveries->watch, sample);
}

void recoveries_end(run_recoveries *recoveries) {
    entrain_recovery last;
    if (entrain_recovery_end(&recoveries->watch, &last))
        recoveries->list[recoveries->current] = last;
}

static void put_one(const run_recoveries *recoveries, uint32_t index, json_t *event) {
    if (index >= recoveries->count || !recoveries->known[index])
        return;
    const entrain_recovery *recovery = &recoveries->list[index];
    char words[300];
    entrain_recovery_explain(recovery, words, sizeof words);
    json_t *json = json_object();
    json_object_set_new(json, "quantity", json_string(recovery->spread ? "unevenness" : "coherence"));
    json_object_set_new(json, "before", json_number(recovery->before));
    json_object_set_new(json, "low", json_number(recovery->low));
    json_object_set_new(json, "high", json_number(recovery->high));
    json_object_set_new(json, "worst", json_number(recovery->worst));
    json_object_set_new(json, "worst_after_s", json_number(recovery->worst_after_s));
    json_object_set_new(json, "out", json_number(recovery->out));
    json_object_set_new(json, "recovered", json_boolean(entrain_recovery_is_back(recovery)));
    json_object_set_new(json, "recovered_after_s", json_number(recovery->back_s));
    json_object_set_new(json, "held", json_boolean(recovery->held));
    json_object_set_new(json, "relapses", json_integer(recovery->relapses));
    json_object_set_new(json, "lost_s", json_number(recovery->lost));
    json_object_set_new(json, "watched_s", json_number(recovery->watched_s));
    json_object_set_new(json, "in_words", json_string(words));
    json_object_set_new(event, "recovery", json);
}

void recoveries_put(const run_recoveries *recoveries, json_t *summary) {
    json_t *events = json_object_get(summary, "events");
    for (size_t e = 0; e < json_array_size(events); e++)
        put_one(recoveries, (uint32_t)e, json_array_get(events, e));
}

void recoveries_fini(run_recoveries *recoveries) {
    free(recoveries->list);
    free(recoveries->known);
    *recoveries = (run_recoveries){0};
}
