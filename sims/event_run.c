// Events as they happen: a swarm is advanced from one to the next.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/events_course.h"
#include "sims/events_disrupt.h"

static entrain_status refuse(const event_run *run, const char *where, const scenario_event *event,
                             entrain_status status, const char *sentence, entrain_error *error_out) {
    char own[sizeof error_out->sentence];
    snprintf(own, sizeof own, "%s", sentence); // it may be error_out's
    if (event->asked)
        return entrain_error_set(error_out, status, "%s: %s", hook_run_place(run->hook), own);
    return entrain_error_set(error_out, status, "%s%sevents[%" PRIu32 "]: %s", where != NULL ? where : "",
                             where != NULL ? ": " : "", event->number, own);
}

// --- The verbs

static double *field_of(entrain_kuramoto_config *config, uint32_t key) {
    return (double *)(void *)((char *)config + event_keys[key].offset);
}

entrain_status event_set(event_run *run, const event_item *items, uint32_t count, entrain_error *error_out) {
    entrain_population *population = entrain_swarm_population(run->swarm);
    const entrain_kuramoto_config *now = entrain_kuramoto_look(population);
    if (entrain_agents_look(population) != NULL)
        return event_set_agents(run, items, count, true, error_out);
    if (now == NULL) // looked at when the scenario was loaded
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "only kuramoto's oscillators can be changed so.");
    entrain_kuramoto_config changed = *now;
    for (uint32_t i = 0; i < count; i++)
        if (event_keys[items[i].from].id == KEY_DAMPING_VALUE && now->dampings != NULL)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "model.damping cannot be set: each oscillator has its own.");
    for (uint32_t i = 0; i < count; i++)
        *field_of(&changed, items[i].from) = items[i].weight;
    return entrain_kuramoto_change(population, &changed, error_out);
}

entrain_status event_drive(event_run *run, const event_item *items, uint32_t count,
                           entrain_error *error_out) {
    (void)error_out;
    entrain_population *population = entrain_swarm_population(run->swarm);
    for (uint32_t i = 0; i < count; i++)
        *(double *)entrain_population_at(population, items[i].from, ENTRAIN_KURAMOTO_FREQUENCY) =
            items[i].weight;
    return ENTRAIN_OK;
}

// Who failed has ended before its time: that it is silent is all that was asked for.
entrain_status event_stop(event_run *run, const event_item *items, uint32_t count, entrain_error *error_out) {
    (void)error_out;
    entrain_population *population = entrain_swarm_population(run->swarm);
    for (uint32_t i = 0; i < count; i++)
        (void)entrain_engine_stop_actor(entrain_swarm_engine(run->swarm),
                                        entrain_population_id(population, items[i].from));
    return ENTRAIN_OK;
}

entrain_status event_restart(event_run *run, const event_item *items, uint32_t count,
                             entrain_error *error_out) {
    for (uint32_t i = 0; i < count; i++) {
        entrain_id id;
        if (!event_is_member(run, items[i].from))
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "number %" PRIu32
                                     " does not belong to the swarm at that time; name another one.",
                                     items[i].from);
        entrain_status status = entrain_engine_restart_actor(
            entrain_swarm_engine(run->swarm), entrain_swarm_population(run->swarm), items[i].from, &id);
        if (status == ENTRAIN_LIMIT)
            return entrain_error_set(
                error_out, status,
                "oscillator %" PRIu32
                " has been restarted 254 times, and its place is used up; name another one.",
                items[i].from);
        // ENTRAIN_ORDER: somebody lives there already.
    }
    return ENTRAIN_OK;
}

// Cut and link together, so that the graph is made anew once.
static entrain_status change_graph(event_run *run, const scenario_event *event, entrain_error *error_out) {
    static const event_action nothing = {0};
    const event_action *cut = event_action_of(run->list, event, "cut");
    const event_action *link = event_action_of(run->list, event, "link");
    if (cut == NULL && link == NULL)
        return ENTRAIN_OK;
    cut = cut != NULL ? cut : &nothing;
    link = link != NULL ? link : &nothing;
    entrain_topology *changed = NULL;
    entrain_status status =
        entrain_topology_edit(run->topology, run->list->items + cut->first, cut->count,
                              run->list->items + link->first, link->count, &changed, error_out);
    if (status == ENTRAIN_OK)
        status = event_replace_graph(run, changed, error_out);
    return status;
}

static entrain_status happen(event_run *run, const scenario_event *event, entrain_error *error_out) {
    const event_action *graph = event_action_of(run->list, event, "topology");
    entrain_status status = ENTRAIN_OK;
    if (graph != NULL)
        status = event_topology(run, run->list->items + graph->first, graph->count, error_out);
    if (status == ENTRAIN_OK)
        status = change_graph(run, event, error_out);
    for (uint32_t a = event->first; status == ENTRAIN_OK && a < event->first + event->count; a++) {
        const event_action *action = &run->list->actions[a];
        const bool adjusts =
            strcmp(action->verb->name, "goal") == 0 || strcmp(action->verb->name, "strategy") == 0;
        if (!action->verb->graph && !(run->control && adjusts))
            status = action->verb->happen(run, run->list->items + action->first, action->count, error_out);
    }
    return status;
}

// --- Looked at before anything runs

// How many edges there are between two, by the graph and by what has been cut and linked so far: in a table
// from "3-7" to the difference.
static entrain_status look_at_edges(const event_run *run, const event_action *action, bool cuts,
                                    json_t *changes, entrain_error *error_out) {
    const bool directed = entrain_topology_look(run->topology).directed;
    for (uint32_t i = action->first; i < action->first + action->count; i++) {
        const event_item *edge = &run->list->items[i];
        if (!cuts && edge->weight != 1 && entrain_agents_look(entrain_swarm_population(run->swarm)) != NULL)
            return entrain_error_set(
                error_out, ENTRAIN_UNSUPPORTED,
                "the edge between %" PRIu32 " and %" PRIu32
                " would have the weight %g; agents hear each neighbour alike: leave it out.",
                edge->from, edge->to, edge->weight);
        const bool turn = !directed && edge->from > edge->to;
        const uint32_t from = turn ? edge->to : edge->from, to = turn ? edge->from : edge->to;
        char name[40];
        snprintf(name, sizeof name, "%" PRIu32 "-%" PRIu32, from, to);
        const json_int_t change = json_integer_value(json_object_get(changes, name));
        if (cuts && entrain_topology_edge_count(run->topology, from, to) + change <= 0)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "there is no edge %s %" PRIu32 " %s %" PRIu32 " to cut at that time.",
                                     directed ? "from" : "between", edge->from, directed ? "to" : "and",
                                     edge->to);
        if (json_object_set_new(changes, name, json_integer(change + (cuts ? -1 : 1))) != 0)
            return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "there is no memory to look at it.");
    }
    return ENTRAIN_OK;
}

// What the graph alone can tell; and values are tried on the swarm, which has not gone anywhere yet.
static entrain_status look_at(event_run *run, const scenario_event *event, json_t *changes, bool *known,
                              entrain_error *error_out) {
    const event_action *cut = event_action_of(run->list, event, "cut");
    const event_action *link = event_action_of(run->list, event, "link");
    const event_action *set = event_action_of(run->list, event, "set");
    entrain_status status = ENTRAIN_OK;
    if (event_action_of(run->list, event, "topology") != NULL)
        *known = false; // which edges there will be
    if (!*known)
        cut = link = NULL;
    if (event_action_of(run->list, event, "leave") != NULL ||
        event_action_of(run->list, event, "join") != NULL)
        *known = false;
    if (cut != NULL)
        status = look_at_edges(run, cut, true, changes, error_out);
    if (status == ENTRAIN_OK && link != NULL)
        status = look_at_edges(run, link, false, changes, error_out);
    const bool agents = entrain_agents_look(entrain_swarm_population(run->swarm)) != NULL;
    if (status == ENTRAIN_OK && agents && !run->control)
        status = event_try_agents(run, event, error_out);
    if (status == ENTRAIN_OK && !agents && set != NULL)
        status = event_set(run, run->list->items + set->first, set->count, error_out);
    if (status == ENTRAIN_OK)
        status = event_disrupt_look(run, event, error_out);
    return status;
}

static entrain_status look_at_all(event_run *run, const char *where, entrain_error *error_out) {
    entrain_population *population = entrain_swarm_population(run->swarm);
    const entrain_kuramoto_config *model = entrain_kuramoto_look(population);
    entrain_kuramoto_config begun = {0};
    if (model != NULL)
        begun = *model;
    bool known = true;
    const event_course course = run->course;
    json_t *changes = json_object();
    entrain_status status = ENTRAIN_OK;
    if (changes == NULL)
        status = entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory to look at the events.");
    for (uint32_t e = 0; status == ENTRAIN_OK && e < run->list->count; e++) {
        const scenario_event *event = &run->list->events[e];
        status = look_at(run, event, changes, &known, error_out);
        if (status != ENTRAIN_OK)
            status = refuse(run, where, event, status, error_out->sentence, error_out);
    }
    json_decref(changes);
    if (model != NULL && status == ENTRAIN_OK)
        status = entrain_kuramoto_change(population, &begun, error_out);
    run->course = course;
    if (entrain_agents_look(population) != NULL && status == ENTRAIN_OK && run->list->count > 0)
        status = entrain_agents_change(population, &course.begun, error_out);
    return status;
}

static entrain_status begin(event_run *run, const scenario_events *list, entrain_swarm *swarm, bool control,
                            const char *where, entrain_error *error_out) {
    *run = (event_run){.list = list, .swarm = swarm, .control = control};
    if (list == NULL)
        return ENTRAIN_OK;
    run->topology = entrain_swarm_topology(swarm);
    entrain_topology_retain(run->topology);
    entrain_population *population = entrain_swarm_population(swarm);
    run->course.size = entrain_population_count(population);
    run->course.strategy_told = list->strategy_told;
    if (entrain_agents_look(population) != NULL) {
        run->course.size = entrain_agents_band(population).size;
        run->course.begun = *entrain_agents_look(population);
    }
    if (list->hook != NULL && !control) {
        run->list = run->own = events_copy(list);
        if (run->own == NULL)
            return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                     "%s: no memory left for events; free some.", where);
        entrain_status status = hook_run_begin(list->hook, &run->hook, error_out);
        if (status != ENTRAIN_OK)
            return status;
    }
    return look_at_all(run, where, error_out);
}

entrain_status event_run_begin(event_run *run, const scenario_events *list, entrain_swarm *swarm,
                               const char *where, entrain_error *error_out) {
    return begin(run, list, swarm, false, where, error_out);
}

entrain_status event_run_begin_control(event_run *run, const event_run *of, entrain_swarm *swarm,
                                       const char *where, entrain_error *error_out) {
    return begin(run, of->list, swarm, true, where, error_out);
}

void event_run_end(event_run *run) {
    entrain_topology_release(run->topology);
    run->topology = NULL;
    entrain_disruptions_destroy(run->disruptions);
    run->disruptions = NULL;
    hook_run_end(run->hook);
    run->hook = NULL;
    free(run->course.member);
    run->course.member = NULL;
    if (run->own != NULL)
        run->list = NULL;
    events_free(run->own);
    run->own = NULL;
}

// --- On the way

static uint64_t next_tick(const event_run *run) {
    return run->next < events_count(run->list) ? run->list->events[run->next].tick : UINT64_MAX;
}

// A hook's event has happened, and the list is long enough: it goes again.
static void take_out(scenario_events *list, uint32_t index) {
    list->count--;
    memmove(&list->events[index], &list->events[index + 1], (list->count - index) * sizeof *list->events);
}

entrain_status event_run_happen(event_run *run, entrain_error *error_out) {
    while (next_tick(run) <= entrain_swarm_tick(run->swarm)) {
        const scenario_event *event = &run->list->events[run->next];
        entrain_status status = happen(run, event, error_out);
        if (status != ENTRAIN_OK)
            return refuse(run, NULL, event, status, error_out->sentence, error_out);
        // Who watches a law of motion begins anew, though no sample may show what was changed and changed
        // back.
        entrain_engine_republish(entrain_swarm_engine(run->swarm));
        if (run->told != NULL)
            run->told(run->context, run->next);
        if (event->asked && run->listed >= HOOK_EVENTS_LISTED) {
            take_out(run->own, run->next);
            run->unlisted++;
            continue;
        }
        run->listed += event->asked;
        run->next++;
    }
    return ENTRAIN_OK;
}

entrain_status event_run_ask(event_run *run, const entrain_phase_sample *sample, entrain_error *error_out) {
    if (run->hook == NULL)
        return ENTRAIN_OK;
    scenario_events *own = run->own;
    const bool full = run->listed >= HOOK_EVENTS_LISTED;
    const uint32_t action_count = own->action_count, item_count = own->item_count;
    entrain_status status =
        hook_run_ask(run->hook, run, sample, own, run->next, run->quiet || run->told == NULL, error_out);
    if (status == ENTRAIN_OK)
        status = event_run_happen(run, error_out);
    if (status == ENTRAIN_OK && full) { // nothing of it was kept
        own->action_count = action_count;
        own->item_count = item_count;
    }
    return status;
}

entrain_status event_run_advance(event_run *run, uint64_t ticks, entrain_error *error_out) {
    uint64_t tick = entrain_swarm_tick(run->swarm);
    const uint64_t end = tick + ticks;
    entrain_status status = ENTRAIN_OK;
    do {
        const uint64_t next = next_tick(run);
        const uint64_t to = next > tick && next < end ? next : end;
        status = entrain_swarm_advance(run->swarm, to, error_out);
        if (status == ENTRAIN_OK) // else it was stopped before the next one's tick
            status = event_run_happen(run, error_out);
        tick = to;
    } while (status == ENTRAIN_OK && tick < end);
    return status;
}
