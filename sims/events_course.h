/// @file events_course.h  Verbs that change a swarm's course: goal, strategy, pattern, topology, who joins
/// and who leaves.
///
/// Read here (events_course.c), carried out in event_run_course.c. Agents keep what they have learned: a
/// change of goal only changes where they aim at. Who is drawn (a share told a strategy, who leaves) are
/// those with the smallest draws keyed (seed, ENTRAIN_STREAM_JOIN), counted by (index, tick, how manieth
/// draw of the tick): so it is the same under any policy, transport and number of workers.
#ifndef ENTRAIN_SIMS_EVENTS_COURSE_H
#define ENTRAIN_SIMS_EVENTS_COURSE_H

#include "sims/events_list.h"

/// Looks through events and hook as given, before anything is resolved, for what must be there from the
/// start: sets r->may. A hook may do what its script names.
void events_foresee(resolver *r);

entrain_status event_read_goal(event_reader *reader, const json_t *value, json_t **canonical_out);
entrain_status event_read_strategy(event_reader *reader, const json_t *value, json_t **canonical_out);
entrain_status event_read_pattern(event_reader *reader, const json_t *value, json_t **canonical_out);
entrain_status event_read_topology(event_reader *reader, const json_t *value, json_t **canonical_out);
entrain_status event_read_leave(event_reader *reader, const json_t *value, json_t **canonical_out);
entrain_status event_read_join(event_reader *reader, const json_t *value, json_t **canonical_out);
void event_tell_goal(const event_item *item, char *text_out, size_t size);
void event_tell_strategy(const event_item *item, char *text_out, size_t size);
void event_tell_pattern(const event_item *item, char *text_out, size_t size);
void event_tell_topology(const event_item *item, char *text_out, size_t size);
void event_tell_leave(const event_item *item, char *text_out, size_t size);
void event_tell_join(const event_item *item, char *text_out, size_t size);

/// How the item of `leave` names who goes (its `to`).
enum { LEAVE_COUNT = 0, LEAVE_SHARE = 1, LEAVE_NAMED = 2 };
/// The item of `topology`: from = kind, and EVENT_DIRECTED; to = degree or rows; weight = probability
/// (below 0: none), rewire or columns, as the kind has it.
#define EVENT_DIRECTED 0x100u

// event_run_course.c
entrain_status event_goal(event_run *run, const event_item *items, uint32_t count, entrain_error *error_out);
entrain_status event_strategy(event_run *run, const event_item *items, uint32_t count,
                              entrain_error *error_out);
entrain_status event_pattern(event_run *run, const event_item *items, uint32_t count,
                             entrain_error *error_out);
entrain_status event_topology(event_run *run, const event_item *items, uint32_t count,
                              entrain_error *error_out);
entrain_status event_leave(event_run *run, const event_item *items, uint32_t count, entrain_error *error_out);
entrain_status event_join(event_run *run, const event_item *items, uint32_t count, entrain_error *error_out);
/// The swarm has the graph @p changed from here on, which is released where it cannot: mailboxes for
/// pulses are made for so many neighbours.
entrain_status event_replace_graph(event_run *run, entrain_topology *changed, entrain_error *error_out);
/// `set` of agents; without @p work their workload's values are left alone.
entrain_status event_set_agents(event_run *run, const event_item *items, uint32_t count, bool work,
                                entrain_error *error_out);
/// Tries what agents would refuse, on a swarm that has not gone anywhere.
entrain_status event_try_agents(event_run *run, const scenario_event *event, entrain_error *error_out);
/// Whether @p index belongs to the swarm: it has not left, and if it was to join it has.
bool event_is_member(const event_run *run, uint32_t index);

#endif
