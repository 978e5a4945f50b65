/// @file bench_barrier.h  Barriers of others, for `entrain bench imbalance`: libck's five and pthread's.
#ifndef ENTRAIN_SIMS_BENCH_BARRIER_H
#define ENTRAIN_SIMS_BENCH_BARRIER_H

#include <stdbool.h>
#include <stdint.h>

#include "sims/bench_team.h"

typedef enum bench_barrier_kind {
    BENCH_BARRIER_CENTRALIZED,
    BENCH_BARRIER_COMBINING,
    BENCH_BARRIER_DISSEMINATION,
    BENCH_BARRIER_TOURNAMENT,
    BENCH_BARRIER_MCS,
    BENCH_BARRIER_PTHREAD,
    BENCH_BARRIER_COUNT
} bench_barrier_kind;

/// "ck centralized", ..., "pthread"
const char *bench_barrier_name(bench_barrier_kind kind);
/// Whether its waits spin without ever yielding: ruinous as soon as a thread has no cpu of its own.
bool bench_barrier_spins(bench_barrier_kind kind);

typedef struct bench_barrier bench_barrier;

/// For @p threads of a team, 2 to 256. NULL: no memory.
bench_barrier *bench_barrier_create(bench_barrier_kind kind, uint32_t threads);
void bench_barrier_destroy(bench_barrier *barrier);
/// Crosses it @p crossings times, or for @p limit_s seconds, or until a signal. @return seconds for all
/// crossings
double bench_barrier_run(bench_barrier *barrier, bench_team *team, uint64_t crossings, double limit_s);
/// Crossings in which a member did not see what another wrote before it, since create. 0, or it is no
/// barrier.
uint64_t bench_barrier_faults(const bench_barrier *barrier);

#endif
