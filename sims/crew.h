/// @file crew.h  Threads that take parts of work from each other, so that long work does not wait for short.
///
/// Work is a number of parts, done in any order by any of the crew. A part may itself have work done by the
/// crew: who is idle helps with the newest work there is.
#ifndef ENTRAIN_SIMS_CREW_H
#define ENTRAIN_SIMS_CREW_H

#include <stdint.h>

#include "entrain/status.h"

typedef struct crew crew;

/// @p size threads in all, the caller's included.
entrain_status crew_create(uint32_t size, crew **crew_out, entrain_error *error_out);
void crew_destroy(crew *all);
/// Calls @p part for each of 0 .. count - 1 and returns when all are done. Any thread of the crew.
void crew_do(crew *all, uint32_t count, void (*part)(void *context, uint32_t index), void *context);

#endif
