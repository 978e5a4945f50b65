/// @file verify_plan.h  Which other ways of carrying out a scenario `entrain verify` tries.
#ifndef ENTRAIN_SIMS_VERIFY_PLAN_H
#define ENTRAIN_SIMS_VERIFY_PLAN_H

#include "sims/lists.h"
#include "sims/scenario.h"

typedef enum verify_result {
    VERIFY_WAITING = 0, ///< not run (yet)
    VERIFY_SAME,
    VERIFY_DIFFERENT,
    VERIFY_REFUSED, ///< the engine does not support it for this scenario
} verify_result;

/// One way to carry out the scenario.
typedef struct verify_case {
    const char *policy;
    uint32_t workers;
    entrain_transport transport;
    entrain_simd simd;
    entrain_layout layout;
    verify_result result;
} verify_case;

enum { VERIFY_WORKERS_COUNT = 4, VERIFY_CASES_MAX = 1024 };
extern const uint32_t verify_workers[VERIFY_WORKERS_COUNT]; ///< 1, 2, 3, 8

typedef struct verify_plan {
    verify_case cases[VERIFY_CASES_MAX];
    uint32_t count;
    uint32_t grid_count; ///< the first ones: policies x workers x transports; then SIMD levels, then layouts
    const char *mailbox_only; ///< why only the mailbox transport is compared; NULL when both are
} verify_plan;

/// Of the grid only @p policies.
void verify_plan_make(const scenario *given, const list_of_policies *policies, verify_plan *plan_out);
/// "policy steal, 8 workers, transport publish, simd avx2, layout auto"
void verify_case_describe(const verify_case *one, char *text_out, size_t size);
void verify_case_apply(const verify_case *one, entrain_swarm_config *config);

#endif
