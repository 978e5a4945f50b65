/// @file given.h  What the user gave: one value per key, from the file or from --set.
#ifndef ENTRAIN_SIMS_GIVEN_H
#define ENTRAIN_SIMS_GIVEN_H

#include "sims/lua_sandbox.h"
#include "sims/schema.h"

typedef struct given_value {
    json_t *value;   ///< NULL: not given; null: a function of the script, see given_compute()
    const char *set; ///< the --set that gave it, borrowed; NULL: the file
} given_value;

typedef struct given_values {
    const char *path; ///< of the scenario file, borrowed
    sandbox *script;  ///< that has the functions, borrowed; NULL: there are none
    given_value values[KEY_COUNT];
    const char *const *disruptions; ///< --disrupt, borrowed: the last of the events
    uint32_t disruption_count;
} given_values;

/// Takes every key of a scenario's tree. Refuses keys that the schema does not know, with the nearest one it
/// does.
entrain_status given_take_tree(given_values *given, json_t *tree, entrain_error *error_out);
/// Applies one --set, "swarm.size=1000"; the value nil takes the key (or a whole table of keys) back out.
entrain_status given_take_set(given_values *given, const char *set, entrain_error *error_out);
/// Takes --disrupts as further events: "kill=0.5@20s" is a verb, what it says, and when; "0.7@20s" scrambles.
/// @p typed is borrowed.
entrain_status given_take_disruptions(given_values *given, const char *const *typed, uint32_t count,
                                      entrain_error *error_out);
/// The --disrupt that event @p number (from 1) was typed as, or NULL.
const char *given_disruption(const given_values *given, uint32_t number);
/// Whether a function may stand at @p path: of the index, in the place of a list of a value for each
/// oscillator, or of the table of a distribution; or of a sample (hook.h).
bool given_takes_function(const char *path);
/// The value given for @p id: itself, or, where it is a function, the list of what that gives for 1 .. @p
/// count; a hook's is the text of the script.
entrain_status given_compute(const given_values *given, schema_key_id id, uint32_t count, json_t **value_out,
                             entrain_error *error_out);
void given_free(given_values *given);

/// "sims/ring.lua" or "--set swarm.size=1": what opens a sentence about @p id.
typedef struct given_where {
    char text[512];
} given_where;
given_where given_place(const given_values *given, schema_key_id id);

#endif
