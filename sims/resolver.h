/// @file resolver.h  A scenario on its way from what was given to what it means: shared by scenario.c and
/// scenario_model.c.
#ifndef ENTRAIN_SIMS_RESOLVER_H
#define ENTRAIN_SIMS_RESOLVER_H

#include <jansson.h>

#include "entrain/swarm.h"
#include "sims/given.h"

typedef struct resolver {
    const given_values *given;
    json_t *values[KEY_COUNT]; ///< NULL: does not apply, or has no value
    entrain_error *error_out;
    char typed[32]; ///< a default that depends on others, as typed
    /// What events and hooks may make agents do later on; events_foresee() sets it before anything is
    /// resolved.
    struct {
        bool pulse;      ///< a strategy that pulses (pulse, adaptive)
        bool spread;     ///< goal distribute-load
        uint32_t degree; ///< of a later graph: neighbours that somebody may have; 0: as at the start
        int64_t join;    ///< agents that join by events
    } may;
} resolver;

static inline const char *word(const resolver *r, schema_key_id id) {
    return r->values[id] != NULL ? json_string_value(r->values[id]) : "";
}

static inline double number(const resolver *r, schema_key_id id) {
    return r->values[id] != NULL ? json_number_value(r->values[id]) : 0.0;
}

static inline int64_t integer(const resolver *r, schema_key_id id) {
    return r->values[id] != NULL ? json_integer_value(r->values[id]) : 0;
}

/// How many have initial values: those who join later, too.
static inline int64_t initial_count(const resolver *r) {
    const int64_t size = integer(r, KEY_SIZE), room = integer(r, KEY_ROOM);
    return room > size ? room : size;
}

static inline bool is_given(const resolver *r, schema_key_id id) {
    return r->given->values[id].value != NULL;
}

/// The default, as typed, of a key of our models that depends on other keys; NULL: it has no such default.
const char *scenario_model_default(resolver *r, schema_key_id id);
/// What no single key of a model can know.
entrain_status scenario_model_check(const resolver *r);
/// Takes the model's keys over, but for those of distributions.
void scenario_model_fill(const resolver *r, entrain_kuramoto_config *model);
/// Whether the model is, or will be by default, a swarm of agents: known before model.kind is resolved.
bool scenario_is_agents(const resolver *r);
/// As scenario_model_default(), of agents.
const char *scenario_agents_default(resolver *r, schema_key_id id);
entrain_status scenario_agents_check(const resolver *r);
/// Agents, and their workload where there is one.
void scenario_agents_fill(const resolver *r, entrain_swarm_config *swarm);
/// The title of a scenario that has no file: its goal and its scale.
void scenario_agents_title(const resolver *r, char *text_out, size_t size);
/// Which model it is; and the same for those that fire.
entrain_swarm_model scenario_model_kind(const resolver *r);
void scenario_model_fill_pulses(const resolver *r, entrain_swarm_config *swarm);

#endif
