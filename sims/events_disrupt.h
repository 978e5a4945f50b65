/// @file events_disrupt.h  Events that disrupt a swarm and mend it (entrain/disruption.h), by shares.
///
/// They are rows of the table in events.c, and one reader and one doer serve them all: an item is one number
/// (weight) of what a verb says, `to` is the verb, `from` the number's place.
#ifndef ENTRAIN_SIMS_EVENTS_DISRUPT_H
#define ENTRAIN_SIMS_EVENTS_DISRUPT_H

#include "sims/events_list.h"

entrain_status event_disrupt_read(event_reader *reader, const json_t *value, json_t **canonical_out);
entrain_status event_disrupt(event_run *run, const event_item *items, uint32_t count,
                             entrain_error *error_out);
void event_disrupt_tell(const event_item *item, char *text_out, size_t size);
/// What the swarm alone can tell of one event: whether there is a workload to disturb.
entrain_status event_disrupt_look(const event_run *run, const scenario_event *event,
                                  entrain_error *error_out);

#define EVENT_DISRUPT_ROW(NAME, FORM, SUMMARY, MODELS)                                                       \
    { NAME, FORM, SUMMARY, event_disrupt_read, event_disrupt, false, event_disrupt_tell, MODELS }
/// Rows of the table of verbs, in the order in which those of one event happen. Who knows their names:
/// events_disrupt.c.
#define EVENT_DISRUPT_ROWS                                                                                   \
    EVENT_DISRUPT_ROW("partition", "sides, or { sides, \"index\" }",                                         \
                      "divides the graph: nothing passes between sides, drawn or by index", 0),              \
        EVENT_DISRUPT_ROW("heal", "true", "ends the partition", 0),                                          \
        EVENT_DISRUPT_ROW("loss", "share", "this share of observations is lost, each drawn; 0 ends it", 0),  \
        EVENT_DISRUPT_ROW("delay", "seconds", "every observation comes so much later; 0 ends it", 0),        \
        EVENT_DISRUPT_ROW("load", "factor", "agents produce so much more (less) requests; 1 ends it",        \
                          EVENT_FOR_AGENTS),                                                                 \
        EVENT_DISRUPT_ROW("service", "\"broken\", \"mended\" or { failure, silence, latency }",              \
                          "shares of calls that fail or are never answered; seconds", EVENT_FOR_AGENTS),     \
        EVENT_DISRUPT_ROW("scramble", "share", "new phases, uniform, for a share of the living", 0),         \
        EVENT_DISRUPT_ROW("disrupt", "share", "the same as scramble", 0),                                    \
        EVENT_DISRUPT_ROW("drift", "{ share, rad/s }", "shifts a share's natural frequencies", 0),           \
        EVENT_DISRUPT_ROW("slow", "{ share, every }", "a share acts in every so manieth tick; 1 ends it",    \
                          EVENT_FOR_AGENTS),                                                                 \
        EVENT_DISRUPT_ROW("stubborn", "{ share, chance }", "a share sits ticks out by chance; 0 ends it",    \
                          EVENT_FOR_AGENTS),                                                                 \
        EVENT_DISRUPT_ROW("starve", "share", "takes a share's energy, and none comes", EVENT_FOR_AGENTS),    \
        EVENT_DISRUPT_ROW("feed", "share", "energy comes again to a share of the starved",                   \
                          EVENT_FOR_AGENTS),                                                                 \
        EVENT_DISRUPT_ROW("kill", "share", "ends a share of the living", EVENT_FOR_ALL),                     \
        EVENT_DISRUPT_ROW("revive", "share", "begins a share of the killed anew", EVENT_FOR_ALL)

#endif
