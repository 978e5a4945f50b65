/// @file sweep_plan_owned.h  What a plan keeps for itself: shared by the files that make one.
#ifndef ENTRAIN_SIMS_SWEEP_PLAN_OWNED_H
#define ENTRAIN_SIMS_SWEEP_PLAN_OWNED_H

#include "sims/scenario_text.h"
#include "sims/sweep_cost.h"
#include "sims/sweep_given.h"
#include "sims/sweep_plan.h"

typedef struct plan_owned {
    scenario_draft draft;
    bool reusable; // the draft serves every point
    bool from_table;
    sweep_given given;
    char **sets, **disruptions; // of source
    char **typed;               // --sets as typed, swept ones included: of sweep_plan_command()
    uint32_t typed_count;
    char *typed_order, *typed_find;
    uint32_t typed_replicas;
    uint32_t left_out; // runs that --only leaves out
    uint32_t loaded;   // points
    sweep_cost *costs; // [point_count]
    uint32_t *places;  // [point_count][group_count]: which value of each group
    json_t **values;   // [point_count]
    uint32_t group_count;
    bool by_seed; // nothing is swept but seeds
} plan_owned;

static plan_owned *owned_of(const sweep_plan *plan) { return plan->owned; }

static inline entrain_status sweep_no_memory(const sweep_plan *plan, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory left for the sweep; free some.",
                             plan->path);
}

/// How many values the axes of @p group have.
size_t sweep_group_size(const sweep_plan *plan, uint32_t group);
/// What stands in @p tree under a name with dots; NULL: nothing.
const json_t *sweep_value_at(const json_t *tree, const char *key);

// sweep_plan_load.c
/// Loads points, all or a part, and says what each costs. Takes base and seed from the first.
entrain_status sweep_load_points(sweep_plan *plan, entrain_error *error_out);
/// Gives units what their runs cost.
void sweep_add_costs(sweep_plan *plan);

// sweep_plan_words.c
json_t *sweep_plan_json(const sweep_plan *plan);
uint64_t sweep_plan_hash(const sweep_plan *plan);
/// "swarm.size = 100, model.coupling = 0.25"
void sweep_tell_values(const sweep_plan *plan, const json_t *values, char *text_out, size_t size);

#endif
