/// @file recorder.h  series.csv and timing.csv, line by line as the run goes; phases.csv at its end.
#ifndef ENTRAIN_SIMS_RECORDER_H
#define ENTRAIN_SIMS_RECORDER_H

#include "entrain/archive.h"
#include "entrain/swarm.h"
#include "sims/run_directory.h"

/// The first columns, which every series has, the fingerprint last; then those that came later.
#define SERIES_HEADER_FIRST                                                                                  \
    "tick,time_s,coherence,mean_phase,r2,r3,r4,r5,r6,r7,r8,local_coherence,winding,frequency_mean,"          \
    "frequency_spread,living,observations,fingerprint"
#define SERIES_FINGERPRINT_AT 17
#define SERIES_HEADER SERIES_HEADER_FIRST ",energy,conservation,gap_gini,clusters,cluster_share"
/// And for each group, where there are any: group1_coherence, group1_mean_phase, ... And what the caller
/// adds.
/// And, where there are groups, ",group", from 1. Then ",effective_frequency" where ticks were run: what it
/// was on average since about the middle of the run.
#define PHASES_HEADER "index,phase,turns,natural_frequency"
/// phases.csv holds at most so many actors, evenly spaced by index.
#define PHASES_ROWS_MAX 10000

typedef struct run_recorder run_recorder;

/// Records into @p directory, or, if it is NULL, series.csv only, to stdout. @p groups: of the swarm; 1
/// without. @p further: names of further columns, each with a comma before it.
entrain_status recorder_open(const char *directory, uint32_t groups, const char *further,
                             run_recorder **recorder_out, entrain_error *error_out);
/// As recorder_open(), but goes on from what @p archive holds: what was recorded until then is recorded
/// again.
entrain_status recorder_continue(const char *directory, entrain_archive *archive, run_recorder **recorder_out,
                                 entrain_error *error_out);
/// Writes what has been recorded so far, series and timing. Not of one that writes to stdout.
void recorder_archive(run_recorder *recorder, entrain_archive *archive);
/// One line, written out at once: a killed run leaves whole lines. @p further: what stands in those columns.
entrain_status recorder_sample(run_recorder *recorder, const entrain_phase_sample *sample,
                               const char *further, entrain_engine *engine, entrain_error *error_out);
/// Gives the files their names.
entrain_status recorder_close(run_recorder *recorder, entrain_error *error_out);
/// Closes what is open and frees; the parts of files that were not closed stay.
void recorder_destroy(run_recorder *recorder);
uint64_t recorder_sample_count(const run_recorder *recorder);
/// Whoever read our stdout has gone away: the end of the run, but nobody's fault.
bool recorder_reader_gone(const run_recorder *recorder);

/// phases.csv, read from the oscillators themselves: a million of them need no second copy.
/// @p effective [count]: mean frequencies by index, or NULL.
entrain_status recorder_write_phases(const char *directory, entrain_population *population,
                                     const double *effective, entrain_error *error_out);

#endif
