/// @file lists.h  Options that take several values, separated by commas.
#ifndef ENTRAIN_SIMS_LISTS_H
#define ENTRAIN_SIMS_LISTS_H

#include <stdint.h>

#include "entrain/policy.h"
#include "entrain/status.h"

enum { LIST_MAX = 64 };

typedef struct list_of_counts {
    uint32_t values[LIST_MAX];
    uint32_t count;
} list_of_counts;

typedef struct list_of_policies {
    const entrain_policy *values[LIST_MAX];
    uint32_t count;
} list_of_policies;

/// Whole numbers from @p min to @p max such as "1,2,4" or "1e3,2.5e4", no value twice, in the order typed.
/// @p option ("workers") opens the sentence of a refusal.
entrain_status list_parse_counts(const char *option, const char *text, uint32_t min, uint32_t max,
                                 list_of_counts *list_out, entrain_error *error_out);

/// Names of known policies such as "steal,static", none twice, or "all": every known one, in the order of
/// `entrain list policies`.
entrain_status list_parse_policies(const char *option, const char *text, list_of_policies *list_out,
                                   entrain_error *error_out);

#endif
