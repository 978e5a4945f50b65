/// @file events_list.h  How events are kept: shared by events.c, which reads them, and event_run.c.
#ifndef ENTRAIN_SIMS_EVENTS_LIST_H
#define ENTRAIN_SIMS_EVENTS_LIST_H

#include "sims/events.h"
#include "sims/hook.h"
#include "sims/resolver.h"

/// One thing that a verb is to do: an edge; or an oscillator (from) and perhaps a value (weight); or a key
/// that can be set (from, its number) and its value.
typedef entrain_edge event_item;

/// What reads events, and from where.
typedef struct event_reader {
    resolver *r;
    scenario_events *list;
    uint32_t number;    ///< of the event as written, from 1; 0: it has none
    const char *verb;   ///< NULL: the event as a whole
    const char *origin; ///< "sims/x.lua:12: on_sample at t = 3 s"; NULL: the scenario's `events`
    uint32_t joined;    ///< agents that join by what has been read so far
    double now_s;       ///< of what a hook returns: when it happens
    uint64_t now;       ///< in ticks
} event_reader;

// For readers of verbs (events.c).
/// What opens a sentence: "sims/grid.lua: events[2].cut", "sims/x.lua:12: on_sample at t = 3 s: event.cut".
given_where event_subject(const event_reader *reader);
/// Refuses with the subject and what is wrong with it: one sentence.
__attribute__((format(printf, 3, 4))) entrain_status
event_refuse(const event_reader *reader, entrain_status status, const char *format, ...);
entrain_status event_no_memory(const event_reader *reader);
entrain_status event_add_item(event_reader *reader, event_item item);
/// An oscillator's index within swarm.size.
entrain_status event_read_index(const event_reader *reader, const json_t *value, uint32_t *index_out);

typedef struct event_verb {
    const char *name, *form, *summary;
    /// Reads @p value, adds its items, and makes its canonical form.
    entrain_status (*read)(event_reader *reader, const json_t *value, json_t **canonical_out);
    /// Does it. Verbs that change the graph only take note, so that an event changes it once.
    entrain_status (*happen)(event_run *run, const event_item *items, uint32_t count,
                             entrain_error *error_out);
    bool graph;
    /// One item in words.
    void (*tell)(const event_item *item, char *text_out, size_t size);
    /// Swarms that it applies to, EVENT_FOR_...; 0: those that advance by ticks.
    uint32_t models;
} event_verb;
#define EVENT_FOR_KURAMOTO (1u << ENTRAIN_SWARM_KURAMOTO)
#define EVENT_FOR_AGENTS (1u << ENTRAIN_SWARM_AGENTS)
#define EVENT_FOR_ALL UINT32_MAX

typedef struct event_action {
    const event_verb *verb;
    uint32_t first, count; ///< of the list's items
} event_action;

typedef struct scenario_event {
    double at_s;
    uint64_t tick;
    uint32_t number;       ///< as written, from 1; of a hook's 0 where it returned no list
    uint32_t first, count; ///< of the list's actions
    bool asked;            ///< a hook returned it
} scenario_event;

struct scenario_events {
    scenario_event *events;
    event_action *actions;
    event_item *items;
    uint32_t count, action_count, item_count;
    uint32_t room, action_room, item_room;
    bool strategy_told;  ///< the scenario says a strategy
    scenario_hook *hook; ///< owned by the scenario's list; NULL: none, and in a run's own
};

/// The verbs by number, and back.
uint32_t event_verb_count(void);
const event_verb *event_verb_at(uint32_t number);
uint32_t event_verb_number(const event_verb *verb);

/// Reads what a hook returned, an event without `at` or a list of them, into @p list behind its first @p at
/// events. On failure the list is as it was. @p origin opens sentences and is not kept.
entrain_status events_read_reply(resolver *r, scenario_events *list, uint32_t at, const char *origin,
                                 double now_s, uint64_t now, const json_t *reply);
/// A copy that a run may add to. NULL: no memory.
scenario_events *events_copy(const scenario_events *list);

/// Keys that can be set while a swarm runs, in the order of their names.
typedef enum event_key_part { EVENT_KEY_AGENT, EVENT_KEY_MODEL, EVENT_KEY_WORK } event_key_part;
typedef struct event_key {
    const char *name;
    schema_key_id id; ///< says the range; of a model's, the scenario must have it
    event_key_part part;
    size_t offset; ///< of a double (or, if whole, a uint32_t) in the part's configuration
    bool whole;
} event_key;
enum { EVENT_KEY_COUNT = 34 };
extern const event_key event_keys[EVENT_KEY_COUNT];

// event_run.c
entrain_status event_set(event_run *run, const event_item *items, uint32_t count, entrain_error *error_out);
entrain_status event_drive(event_run *run, const event_item *items, uint32_t count, entrain_error *error_out);
entrain_status event_stop(event_run *run, const event_item *items, uint32_t count, entrain_error *error_out);
entrain_status event_restart(event_run *run, const event_item *items, uint32_t count,
                             entrain_error *error_out);

// events_disrupt.c
/// Hands an event that is to happen again and again to @p read as often as that; any other one once.
entrain_status event_repeat(event_reader *reader, const json_t *event, json_t *canonical_list,
                            entrain_status (*read)(event_reader *reader, const json_t *event,
                                                   json_t *canonical_list));

/// The action of the verb called @p name in an event, or NULL.
const event_action *event_action_of(const scenario_events *list, const scenario_event *event,
                                    const char *name);

#endif
