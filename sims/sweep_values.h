/// @file sweep_values.h  The values of one key: as typed behind --set of `entrain sweep`, as JSON, and as the
/// --set of one run.
#ifndef ENTRAIN_SIMS_SWEEP_VALUES_H
#define ENTRAIN_SIMS_SWEEP_VALUES_H

#include <jansson.h>
#include <stdint.h>

#include "entrain/status.h"

enum { SWEEP_VALUES_MAX = 1000000 };

/// What "swarm.size=100,1000", "model.coupling=0:4:0.25", "swarm.size=100:1e6:x10", "swarm.size=100:1e6:log9"
/// and "swarm.topology.kind=ring,star" list; in brackets it is JSON, and must be for keys that take texts
/// with commas or lists themselves: title=["a","b"], model.groups.sizes=[[60,40],[50,50]]. *values_out: NULL
/// where it is one value, a --set like any other. Whole numbers where the key wants such: 100:1000:log4 is
/// 100, 215, 464, 1000.
entrain_status sweep_values_read(const char *set, json_t **values_out, entrain_error *error_out);

/// Checks and completes the list @p values of @p key as a file gives it: numbers that lie evenly in the
/// logarithm are rounded where the key wants whole ones. @p where opens sentences. *values_out: a new list.
entrain_status sweep_values_check(const char *where, const char *key, const json_t *values,
                                  json_t **values_out, entrain_error *error_out);

/// "swarm.size=100": what gives @p key the value @p value behind --set; the caller's to free(). NULL: no
/// memory.
char *sweep_values_set(const char *key, const json_t *value);
/// @p word so that a shell reads it back as it is; the caller's to free(). NULL: no memory.
char *sweep_quote(const char *word);

/// Step @p i of @p steps from @p first to @p last, evenly in the logarithm, to 15 digits: 1000 is 1000.
double sweep_logarithmic(double first, double last, int64_t i, int64_t steps);

#endif
