/// @file events.h  What happens to a swarm at given times: `events = { { at = 10, cut = { 3, 7 } }, ... }` in
/// a scenario.
///
///   what the user wrote --events_resolve()--> canonical JSON (manifest) and a list --event_run--> a swarm
///
/// An event is a time and what happens then: one verb or several, which the table in events.c lists. Times
/// are simulated seconds, rounded to ticks. An event of tick t happens when tick t is over, before the sample
/// of that tick is taken: the sample shows what the run goes on from. Events of one tick happen in the order
/// written; the verbs of one event in the order of the table: first the graph, then what oscillators are
/// told, then who stops and who begins.
#ifndef ENTRAIN_SIMS_EVENTS_H
#define ENTRAIN_SIMS_EVENTS_H

#include <jansson.h>

#include "entrain/disruption.h"
#include "entrain/swarm.h"

typedef struct resolver resolver;
typedef struct hook_run hook_run;

/// The events of a scenario, in the order in which they happen. Immutable.
typedef struct scenario_events scenario_events;

/// Room for what one event does, in words.
enum { EVENT_TEXT_BYTES = 200 };

typedef struct event_facts {
    double at_s; ///< as written
    uint64_t tick;
    char what[EVENT_TEXT_BYTES]; ///< "cut 3-7; set model.coupling = 0.5"
    bool asked;                  ///< on_sample returned it
} event_facts;

/// Reads the scenario's hook, too (hook.h): a list of no events may have one.
/// Checks r->values[KEY_EVENTS] and replaces it by its canonical form (NULL where nothing is to happen).
/// Everything is looked at that the scenario alone can tell: verbs, indices, times, values, who can stop;
/// what only the graph can tell, event_run_begin() does. Events after an end that --set brought nearer are
/// left out.
/// @param list_out the caller's to free; NULL where nothing is to happen.
entrain_status events_resolve(resolver *r, scenario_events **list_out);
void events_free(scenario_events *list);
/// 0 for NULL.
uint32_t events_count(const scenario_events *list);
/// Whether there is an on_sample beside them. False for NULL.
bool events_have_hook(const scenario_events *list);
/// Whether event @p index disrupts a swarm or mends it: what a recovery is watched for.
bool events_disrupt(const scenario_events *list, uint32_t index);
/// What the events ask of the swarm: room for delays; and arcs where a complete graph (of up to 4,096) is to
/// lose or to be divided: true, the topology is erdos-renyi with probability 1 instead.
bool events_fit(const scenario_events *list, entrain_swarm_config *swarm);
event_facts events_at(const scenario_events *list, uint32_t index);

/// A verb, for `entrain list events`; name NULL past the end.
typedef struct event_word {
    const char *name, *form, *summary;
} event_word;
event_word events_word_at(uint32_t index);

/// What a run knows of its swarm's course so far (event_run_course.c).
typedef struct event_course {
    entrain_agent_config begun; ///< agents: at tick 0
    bool strategy_told;         ///< somebody said a strategy: a goal brings none of its own
    uint32_t size;              ///< who lived at tick 0
    uint32_t joined;            ///< places beyond it that have been taken
    bool *member;               ///< [places]: who belongs to the swarm; NULL: the first `size` do
    uint64_t tick;              ///< of the latest draw, and how many there were in it
    uint32_t ordinal;
} event_course;

/// The events of one run of one swarm.
typedef struct event_run {
    /// What has happened, and what is still planned; NULL: there are none. With a hook it is the run's own,
    /// and grows by what the hook returns; else borrowed.
    const scenario_events *list;
    scenario_events *own; ///< NULL without a hook
    hook_run *hook;       ///< NULL: there is none
    uint32_t listed;      ///< of what the hook returned
    uint64_t unlisted;    ///< happened and was taken out of the list again, for it grew too long
    entrain_swarm *swarm;
    entrain_topology *topology; ///< as it is now
    uint32_t next;              ///< the first that has not happened
    event_course course;
    bool control; ///< nobody adjusts anything: goals, strategies and agents' keys are passed over
    entrain_disruptions *disruptions; ///< NULL before the first
    /// Told of each event that has happened, by its number in the list; may be NULL.
    void (*told)(void *context, uint32_t index);
    void *context;
    bool quiet; ///< print() of a hook says nothing; as it does where nobody is told of events
} event_run;

/// Takes up the events of a swarm at tick 0, looked at once more: ENTRAIN_INVALID with a sentence for an edge
/// to cut that will not be there, or a value that the model refuses. @p where opens the sentence.
entrain_status event_run_begin(event_run *run, const scenario_events *list, entrain_swarm *swarm,
                               const char *where, entrain_error *error_out);
/// The same for the control of @p of, a run that is over (control_run.h): what happened to that, hooks'
/// events included, happens to @p swarm, but for what tells agents how to adjust.
entrain_status event_run_begin_control(event_run *run, const event_run *of, entrain_swarm *swarm,
                                       const char *where, entrain_error *error_out);
/// Gives back what begin() took; nothing on one that is zeroed.
void event_run_end(event_run *run);
/// Everything that is to happen at the swarm's tick, once.
entrain_status event_run_happen(event_run *run, entrain_error *error_out);
/// entrain_swarm_advance() by so many ticks with the events on the way, those at its end included, and none
/// at its beginning (event_run_happen()).
entrain_status event_run_advance(event_run *run, uint64_t ticks, entrain_error *error_out);

/// Whether `set` can change @p key while a swarm runs: what a ladder may climb.
bool events_can_set(const char *key);
/// Writes @p value into the configuration, as if the scenario had said so; nothing for a key that cannot
/// be set.
void events_put_value(entrain_swarm_config *swarm, const char *key, double value);
/// Sets @p key to @p value now, as the event { set = { [key] = value } } does at its tick; before the
/// first tick also to see whether the swarm would take it. A sentence where it does not, or has no such key.
entrain_status event_run_set(event_run *run, const char *key, double value, entrain_error *error_out);

/// Asks the hook, if there is one, what is to happen after @p sample, which is of the tick where the swarm
/// stands; and it happens.
entrain_status event_run_ask(event_run *run, const entrain_phase_sample *sample, entrain_error *error_out);

#endif
