/// @file snapshots.h  record.snapshots: all phases now and then, as NumPy arrays.
///
/// DIR/snapshots/phases-<tick>.npy and frequencies-<tick>.npy: NumPy's format 1.0, little-endian float64, one
/// dimension, a value per place in the order of index. Phases in [-pi, pi], as phases.csv has them;
/// frequencies are natural ones (of agents: as they have made them; with inertia: the velocity), rad/s.
/// NaN: nobody lives there.
///
/// Taken when everything that is to happen at that tick has happened: at tick 0 and every so many seconds.
///   python3 -c 'import numpy; print(numpy.load("out/fireflies-1/snapshots/phases-0.npy"))'
#ifndef ENTRAIN_SIMS_SNAPSHOTS_H
#define ENTRAIN_SIMS_SNAPSHOTS_H

#include "sims/run_directory.h"
#include "sims/scenario.h"

/// More than that are refused: a folder of so many files helps nobody.
#define SNAPSHOTS_MAX 100000
#define SNAPSHOTS_FOLDER "snapshots"

/// How many there will be in @p tick_count ticks, both kinds counted as one.
uint64_t snapshots_count(const scenario *given);
/// What they take on the disk, bytes.
double snapshots_bytes(const scenario *given);
/// ENTRAIN_LIMIT with a sentence where there would be too many.
entrain_status snapshots_check(const scenario *given, const char *where, entrain_error *error_out);
/// The next tick after @p tick of which one is taken; UINT64_MAX: none.
uint64_t snapshots_next(const scenario *given, uint64_t tick);
/// Takes one if the tick where @p swarm stands is one of those. The folder is made where it is missing.
entrain_status snapshots_look(const scenario *given, entrain_swarm *swarm, const char *directory,
                              entrain_error *error_out);
/// Writes @p count values to DIRECTORY/NAME as a NumPy array.
entrain_status snapshots_write_array(const char *directory, const char *name, const double *values,
                                     uint32_t count, entrain_error *error_out);

#endif
