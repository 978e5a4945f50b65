/// @file bench_team.h  Threads for what is measured without a scheduler: they sleep between measurements.
#ifndef ENTRAIN_SIMS_BENCH_TEAM_H
#define ENTRAIN_SIMS_BENCH_TEAM_H

#include <stdint.h>

#include "entrain/status.h"

typedef struct bench_team bench_team;

/// @p size threads, the caller's among them; they take no signals. ENTRAIN_NO_MEMORY, ENTRAIN_SYSTEM.
/// *team_out is the caller's to destroy.
entrain_status bench_team_create(uint32_t size, bench_team **team_out, entrain_error *error_out);
/// Joins them. NULL is allowed.
void bench_team_destroy(bench_team *team);
uint32_t bench_team_size(const bench_team *team);

/// @p body as members 0 .. workers-1 (the caller is 0), @p workers up to the team's size, and returns when
/// all have. @return seconds from the call to the last one's end
double bench_team_do(bench_team *team, uint32_t workers, void (*body)(void *context, uint32_t member),
                     void *context);

/// One step of a wait for another member: stalls, from the 5000th round on yields the processor. Rounds count
/// from 0.
void bench_wait(uint32_t round);

#endif
