/// @file registry.h  Things known by name: what users register beside what is built in.
///
/// A registry only grows. One thread at a time registers; any number look names up meanwhile, and see a row
/// whole or not at all. Rows are the callers', must outlive their use, and begin with `const char *name`.
#ifndef ENTRAIN_BASE_REGISTRY_H
#define ENTRAIN_BASE_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/parameter.h"
#include "entrain/status.h"

enum { ENTRAIN__KNOWN_MAX = 64 }; ///< names of one sort, built-in ones included

typedef struct entrain__registry {
    const char *what;  ///< "policy", for sentences
    uint32_t built_in; ///< names taken from the start
    const void *rows[ENTRAIN__KNOWN_MAX];
    uint32_t count; ///< published last
} entrain__registry;

/// What asks to be registered, with what its own room found out about it.
typedef struct entrain__candidate {
    const void *row;
    const char *name, *summary;
    const char *missing; ///< a function that it needs and lacks; NULL: none
    bool built_in;       ///< the name is a built-in one's
} entrain__candidate;

/// The @p index-th registered row, or NULL past the end. Any thread.
const void *entrain__registry_at(const entrain__registry *registry, uint32_t index);
/// The registered row called @p name, or NULL. Any thread.
const void *entrain__registry_find(const entrain__registry *registry, const char *name);
/// ENTRAIN_INVALID for a bad or taken name, a missing summary or function; ENTRAIN_FULL. One thread at a
/// time.
entrain_status entrain__registry_add(entrain__registry *registry, const entrain__candidate *candidate,
                                     entrain_error *error_out);

/// Whether the declared @p parameters are sound: names, summaries, ranges. @p what and @p name ("model",
/// "winfree") open the sentence.
entrain_status entrain__parameters_check(const char *what, const char *name,
                                         const entrain_parameter *parameters, uint32_t count,
                                         entrain_error *error_out);
/// Fills values_out[count] from @p given (NULL: the defaults). Refuses what is out of range.
entrain_status entrain__parameters_fill(const char *what, const char *name,
                                        const entrain_parameter *parameters, uint32_t count,
                                        const double *given, double *values_out, entrain_error *error_out);

#endif
