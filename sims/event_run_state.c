// Events of a run in a checkpoint: which have happened, those that a hook brought, the course of the
// swarm, what is disrupted.
#include <stdlib.h>
#include <string.h>

#include "sims/events_course.h"
#include "sims/events_list.h"
#include "sims/run_state.h"

enum { THINGS_MAX = 1 << 24 };
RUN_STATE_ARCHIVED(event_course, 200);
RUN_STATE_ARCHIVED(event_run, 304);
RUN_STATE_ARCHIVED(entrain_goal_watch, 168);

void goal_band_archive(entrain_goal_band *band, entrain_archive *archive) {
    uint64_t goal = band->goal;
    entrain_archive_count(archive, &goal, ENTRAIN_GOAL_COUNT - 1, "a goal");
    band->goal = (entrain_goal)goal;
    entrain_archive_f64(archive, &band->low);
    entrain_archive_f64(archive, &band->high);
    entrain_archive_u32(archive, &band->size);
}

void goal_watch_archive(entrain_goal_watch *watch, entrain_archive *archive) {
    entrain_goal_report *report = &watch->report;
    double *const figures[] = {
        &report->entered_s, &report->held,    &report->excursion, &report->excursion_s, &report->low,
        &report->high,      &report->nearest, &report->nearest_s, &report->value,       &watch->began_s,
        &watch->last_s,     &watch->inside_s, &watch->outside_s,  &watch->nearest_out};
    goal_band_archive(&watch->band, archive);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        entrain_archive_f64(archive, figures[i]);
    entrain_archive_u64(archive, &report->samples);
    entrain_archive_bool(archive, &report->met);
    entrain_archive_bool(archive, &watch->last_in);
}

// --- A list that a hook adds to

// How many there are; reading, room for so many is made. False: nothing more is to be done.
static bool count_things(entrain_archive *archive, uint32_t *count, uint32_t *room, void **things,
                         size_t size, const char *what) {
    uint64_t number = *count;
    entrain_archive_count(archive, &number, THINGS_MAX, what);
    if (entrain_archive_status(archive, NULL) != ENTRAIN_OK)
        return false;
    if (!entrain_archive_is_reading(archive))
        return true;
    if (number > *room) {
        void *larger = realloc(*things, (size_t)number * size);
        if (larger == NULL) {
            entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory for %s.", what);
            return false;
        }
        *things = larger;
        *room = (uint32_t)number;
    }
    *count = (uint32_t)number;
    if (number > 0)
        memset(*things, 0, (size_t)number * size);
    return true;
}

static void archive_actions(scenario_events *own, entrain_archive *archive) {
    void *things = own->actions;
    const bool counted = count_things(archive, &own->action_count, &own->action_room, &things,
                                      sizeof *own->actions, "what events do");
    own->actions = things;
    for (uint32_t a = 0; counted && a < own->action_count; a++) {
        event_action *action = &own->actions[a];
        uint64_t verb = action->verb != NULL ? event_verb_number(action->verb) : 0;
        entrain_archive_count(archive, &verb, event_verb_count() - 1, "a verb");
        action->verb = event_verb_at((uint32_t)verb);
        entrain_archive_u32(archive, &action->first);
        entrain_archive_u32(archive, &action->count);
    }
}

static void archive_items(scenario_events *own, entrain_archive *archive) {
    void *things = own->items;
    const bool counted = count_things(archive, &own->item_count, &own->item_room, &things, sizeof *own->items,
                                      "what events change");
    own->items = things;
    for (uint32_t i = 0; counted && i < own->item_count; i++) {
        entrain_archive_u32(archive, &own->items[i].from);
        entrain_archive_u32(archive, &own->items[i].to);
        entrain_archive_f64(archive, &own->items[i].weight);
    }
}

static void archive_events(scenario_events *own, entrain_archive *archive) {
    void *things = own->events;
    const bool counted =
        count_things(archive, &own->count, &own->room, &things, sizeof *own->events, "the events");
    own->events = things;
    for (uint32_t e = 0; counted && e < own->count; e++) {
        scenario_event *event = &own->events[e];
        entrain_archive_f64(archive, &event->at_s);
        entrain_archive_u64(archive, &event->tick);
        entrain_archive_u32(archive, &event->number);
        entrain_archive_u32(archive, &event->first);
        entrain_archive_u32(archive, &event->count);
        entrain_archive_bool(archive, &event->asked);
    }
}

// What an item may name, as the readers of verbs (events.c) have it.
static bool item_is_sound(const event_action *action, const event_item *item, uint32_t places) {
    static const struct {
        const char *verb;
        uint32_t count;
    } words[] = {{"set", EVENT_KEY_COUNT},
                 {"goal", ENTRAIN_GOAL_COUNT},
                 {"strategy", ENTRAIN_STRATEGY_COUNT},
                 {"pattern", ENTRAIN_PATTERN_COUNT}};
    static const char *const of_places[] = {"cut", "link", "frequency", "power", "stop", "restart"};
    const char *verb = action->verb->name;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(verb, words[i].verb) == 0)
            return item->from < words[i].count;
    for (size_t i = 0; i < sizeof of_places / sizeof *of_places; i++)
        if (strcmp(verb, of_places[i]) == 0)
            return item->from < places && (i > 1 || item->to < places);
    if (strcmp(verb, "leave") == 0)
        return item->to != LEAVE_NAMED || item->from < places;
    return true; // looked at when it happens
}

// Every event's actions and every action's items lie within the list, and name what there is.
static void check_list(const scenario_events *own, uint32_t places, entrain_archive *archive) {
    bool whole = true;
    for (uint32_t e = 0; e < own->count; e++)
        whole = whole && own->events[e].first <= own->action_count &&
                own->events[e].count <= own->action_count - own->events[e].first;
    for (uint32_t a = 0; a < own->action_count; a++)
        whole = whole && own->actions[a].first <= own->item_count &&
                own->actions[a].count <= own->item_count - own->actions[a].first;
    for (uint32_t a = 0; whole && a < own->action_count; a++)
        for (uint32_t i = 0; whole && i < own->actions[a].count; i++)
            whole = item_is_sound(&own->actions[a], &own->items[own->actions[a].first + i], places);
    if (!whole)
        entrain_archive_refuse(archive, ENTRAIN_MISMATCH, "its events are none that were written.");
}

// --- The run

static uint32_t place_count(const event_run *events) {
    return entrain_population_count(entrain_swarm_population(events->swarm));
}

static void archive_members(event_run *events, entrain_archive *archive) {
    event_course *course = &events->course;
    const uint32_t places = place_count(events);
    bool some = course->member != NULL;
    entrain_archive_bool(archive, &some);
    if (!some || entrain_archive_status(archive, NULL) != ENTRAIN_OK)
        return;
    if (course->member == NULL)
        course->member = calloc(places, sizeof *course->member);
    if (course->member == NULL) {
        entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY,
                               "there is no memory for who belongs to the swarm.");
        return;
    }
    for (uint32_t i = 0; i < places; i++)
        entrain_archive_bool(archive, &course->member[i]);
}

static void archive_disruptions(event_run *events, entrain_archive *archive) {
    bool some = events->disruptions != NULL;
    entrain_error error = {0};
    entrain_archive_bool(archive, &some);
    if (!some || entrain_archive_status(archive, NULL) != ENTRAIN_OK)
        return;
    if (events->disruptions == NULL &&
        entrain_disruptions_create(events->swarm, &events->disruptions, &error) != ENTRAIN_OK)
        entrain_archive_refuse(archive, error.status, "%s", error.sentence);
    else
        entrain_disruptions_archive(events->disruptions, archive);
}

// The graph may be another one by now: the engine has it, the swarm the one that it was made with.
static void take_graph(event_run *events) {
    entrain_topology *now = entrain_engine_topology(entrain_swarm_engine(events->swarm));
    if (events->topology == NULL || now == NULL) // there is nothing that could change it
        return;
    entrain_topology_retain(now);
    entrain_topology_release(events->topology);
    events->topology = now;
}

void event_run_archive(event_run *events, entrain_archive *archive) {
    event_course *course = &events->course;
    entrain_archive_section(archive, "events");
    entrain_archive_expect(archive, events->own != NULL, "whether on_sample may add events");
    if (events->own != NULL) {
        archive_actions(events->own, archive);
        archive_items(events->own, archive);
        archive_events(events->own, archive);
        if (entrain_archive_status(archive, NULL) == ENTRAIN_OK)
            check_list(events->own, place_count(events), archive);
        entrain_archive_u32(archive, &events->listed);
        entrain_archive_u64(archive, &events->unlisted);
    }
    uint64_t next = events->next;
    entrain_archive_count(archive, &next, events_count(events->list),
                          "the number of events that have happened");
    events->next = (uint32_t)next;
    entrain_archive_bool(archive, &course->strategy_told);
    entrain_archive_u32(archive, &course->joined);
    entrain_archive_u64(archive, &course->tick);
    entrain_archive_u32(archive, &course->ordinal);
    archive_members(events, archive);
    archive_disruptions(events, archive);
    if (events->hook != NULL)
        hook_run_archive(events->hook, archive);
    if (entrain_archive_is_reading(archive) && entrain_archive_status(archive, NULL) == ENTRAIN_OK)
        take_graph(events);
}

void event_run_branch(event_run *events, event_run *from, uint64_t tick) {
    uint32_t next = 0;
    while (next < events_count(events->list) && events->list->events[next].tick <= tick)
        next++;
    events->next = next;
    if (from->list != NULL) { // else it knew nothing of the swarm, which has had no course but the model's
        bool *const unused = events->course.member;
        events->course = from->course;
        from->course.member = unused;
    }
    entrain_disruptions *const disruptions = events->disruptions;
    events->disruptions = from->disruptions;
    from->disruptions = disruptions;
    if (events->list != NULL &&
        events->topology == NULL) { // it is taken at the beginning where there is a list
        events->topology = from->topology;
        from->topology = NULL;
    }
    take_graph(events);
    if (events->hook != NULL && from->hook != NULL && hook_run_same(events->hook, from->hook)) {
        hook_run *const begun = events->hook;
        events->hook = from->hook;
        from->hook = begun;
    }
}
