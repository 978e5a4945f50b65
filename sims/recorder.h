/// @file recorder.h  series.csv and timing.csv, line by line as the run goes; phases.csv at its end.
#ifndef ENTRAIN_SIMS_RECORDER_H
#define ENTRAIN_SIMS_RECORDER_H

#include "entrain/swarm.h"
#include "sims/run_directory.h"

#define SERIES_HEADER                                                                                        \
    "tick,time_s,coherence,mean_phase,r2,r3,r4,r5,r6,r7,r8,local_coherence,winding,frequency_mean,"          \
    "frequency_spread,living,observations,fingerprint"
#define PHASES_HEADER "index,phase,turns,natural_frequency" // and, where there are groups, ",group", from 1
/// phases.csv holds at most so many actors, evenly spaced by index.
#define PHASES_ROWS_MAX 10000

typedef struct run_recorder run_recorder;

/// Records into @p directory, or, if it is NULL, series.csv only, to stdout.
entrain_status recorder_open(const char *directory, run_recorder **recorder_out, entrain_error *error_out);
/// One line, written out at once: a killed run leaves whole lines.
entrain_status recorder_sample(run_recorder *recorder, const entrain_phase_sample *sample,
                               entrain_engine *engine, entrain_error *error_out);
/// Gives the files their names.
entrain_status recorder_close(run_recorder *recorder, entrain_error *error_out);
/// Closes what is open and frees; the parts of files that were not closed stay.
void recorder_destroy(run_recorder *recorder);
uint64_t recorder_sample_count(const run_recorder *recorder);
/// Whoever read our stdout has gone away: the end of the run, but nobody's fault.
bool recorder_reader_gone(const run_recorder *recorder);

/// phases.csv, read from the oscillators themselves: a million of them need no second copy.
entrain_status recorder_write_phases(const char *directory, entrain_population *population,
                                     entrain_error *error_out);

#endif
