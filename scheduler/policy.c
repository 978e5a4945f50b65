// The registry: built-in policies first, then registered ones. A new built-in is one file and one line here.
#include "entrain/policy.h"

#include <string.h>

#include "engine/base/registry.h"
#include "scheduler/policies.h"

static const entrain_policy *const built_in[] = {
    &entrain__policy_steal,    &entrain__policy_steal_near, &entrain__policy_adaptive,
    &entrain__policy_guided,   &entrain__policy_static,     &entrain__policy_shared,
    &entrain__policy_dataflow, &entrain__policy_serial,     &entrain__policy_shuffled,
};
enum { BUILT_IN = sizeof built_in / sizeof *built_in };

static entrain__registry registry = {.what = "policy", .built_in = BUILT_IN};

const entrain_policy *entrain_policy_at(uint32_t index) {
    return index < BUILT_IN ? built_in[index] : entrain__registry_at(&registry, index - BUILT_IN);
}

const entrain_policy *entrain_policy_find(const char *name) {
    const entrain_policy *policy;
    for (uint32_t i = 0; (policy = entrain_policy_at(i)) != NULL; i++)
        if (strcmp(policy->name, name) == 0)
            return policy;
    return NULL;
}

static const char *missing_function(const entrain_policy *policy) {
    return policy->create == NULL                                   ? "create"
           : policy->submit == NULL && policy->submit_ahead == NULL ? "submit"
           : policy->next == NULL                                   ? "next"
           : policy->destroy == NULL                                ? "destroy"
                                                                    : NULL;
}

entrain_status entrain_policy_register(const entrain_policy *policy, entrain_error *error_out) {
    entrain__candidate candidate = {.row = policy,
                                    .name = policy->name,
                                    .summary = policy->summary,
                                    .missing = missing_function(policy),
                                    .built_in =
                                        policy->name != NULL && entrain_policy_find(policy->name) != NULL};
    return entrain__registry_add(&registry, &candidate, error_out);
}
