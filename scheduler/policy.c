// The registry: built-in policies first, then registered ones. A new built-in is one file and one line here.
#include "entrain/policy.h"

#include <string.h>

#include "engine/base/atomics.h"
#include "scheduler/policies.h"

enum { POLICIES_MAX = 64 };

static const entrain_policy *const built_in[] = {
    &entrain__policy_steal,    &entrain__policy_static, &entrain__policy_shared,
    &entrain__policy_dataflow, &entrain__policy_serial, &entrain__policy_shuffled,
};
enum { BUILT_IN = sizeof built_in / sizeof *built_in };

static const entrain_policy *registered[POLICIES_MAX - BUILT_IN];
static uint32_t registered_count;

const entrain_policy *entrain_policy_at(uint32_t index) {
    if (index < BUILT_IN)
        return built_in[index];
    index -= BUILT_IN;
    // Pairs with the release store in entrain_policy_register().
    return index < entrain__load_acquire_u32(&registered_count) ? registered[index] : NULL;
}

const entrain_policy *entrain_policy_find(const char *name) {
    const entrain_policy *policy;
    for (uint32_t i = 0; (policy = entrain_policy_at(i)) != NULL; i++)
        if (strcmp(policy->name, name) == 0)
            return policy;
    return NULL;
}

static bool is_name(const char *name) {
    return name != NULL && name[0] != '\0' && strlen(name) <= 64 &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

static const char *missing_function(const entrain_policy *policy) {
    return policy->create == NULL                                   ? "create"
           : policy->submit == NULL && policy->submit_ahead == NULL ? "submit"
           : policy->next == NULL                                   ? "next"
           : policy->destroy == NULL                                ? "destroy"
                                                                    : NULL;
}

entrain_status entrain_policy_register(const entrain_policy *policy, entrain_error *error_out) {
    if (!is_name(policy->name))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "a policy's name is 1 to 64 lower-case letters, digits, - and _; this one is \"%.64s\"",
            policy->name == NULL ? "" : policy->name);
    const char *missing = missing_function(policy);
    if (missing != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "policy \"%s\" has no %s function; fill it in",
                                 policy->name, missing);
    if (policy->summary == NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "policy \"%s\" has no summary; give it one line",
                                 policy->name);
    if (entrain_policy_find(policy->name) != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "a policy called \"%s\" is already known; choose another name",
                                 policy->name);
    uint32_t count = entrain__load_relaxed_u32(&registered_count);
    if (count == POLICIES_MAX - BUILT_IN)
        return entrain_error_set(error_out, ENTRAIN_FULL,
                                 "policy \"%s\" cannot be registered: %d are known, and that is the limit",
                                 policy->name, POLICIES_MAX);
    registered[count] = policy;
    // Publishes the row. Pairs with the acquire load in entrain_policy_at().
    entrain__store_release_u32(&registered_count, count + 1);
    return ENTRAIN_OK;
}
