/// @file restore.h  `entrain run --restore FILE`: a run taken up where a checkpoint left it, or, with
/// --branch, another one that begins there.
///
///   open: file checked, scenarios compared -> begin: swarm created, state read -> files: series so far ->
/// loop
///
/// Until the files, nothing on the disk is touched.
#ifndef ENTRAIN_SIMS_RESTORE_H
#define ENTRAIN_SIMS_RESTORE_H

#include "sims/branch.h"
#include "sims/options.h"

typedef struct run_restore {
    bool given, branch;
    checkpoint_head head;
    entrain_archive *archive; ///< NULL: all of it is read
    scenario written;         ///< what the file says
    scenario origin;          ///< what the swarm is created from, where that is another one; else zeroed
    json_t *branched;         ///< where the run branched off, or does now; NULL: nowhere
    char changed[400];        ///< what a branch changes, in words
} run_restore;

/// Opens what options->restore names and resolves the scenario to go on with: the file's own, or the
/// operand's, with
/// --set and its like. *wanted_out is the caller's. A sentence where the two do not go together.
entrain_status restore_open(run_restore *restore, const cli_options *options, scenario *wanted_out,
                            entrain_error *error_out);
/// Creates the swarm and reads the state of @p body, as run_body_begin(), whose fields are filled in; @p
/// position is where the loop goes on. run_body_end() is owed whatever it answers.
entrain_status restore_begin(run_restore *restore, run_body *body, run_position *position,
                             entrain_error *error_out);
/// The directory that the file lies in, the caller's to free.
char *restore_home(const run_restore *restore);
/// Whether @p directory is that one.
bool restore_is_home(const run_restore *restore, const char *directory);
/// Opens the recorder: with what was recorded so far, or, of a branch, as @p groups and @p further say.
entrain_status restore_record(run_restore *restore, const char *directory, uint32_t groups,
                              const char *further, run_recorder **recorder_out, entrain_error *error_out);
/// What the swarm was created from, where that is not the scenario of the run; else NULL.
const scenario *restore_origin(const run_restore *restore);
/// The tick at which the run branched off; 0: it did not.
uint64_t restore_begun_tick(const run_restore *restore);
/// Puts where the run branched off into manifest (@p whole) or summary; nothing where it did not.
void restore_put_branched(const run_restore *restore, bool whole, json_t *json);
/// What was carried out here, and not before, into execution.json.
void restore_json(const run_restore *restore, entrain_swarm *swarm, const scenario *given, json_t *execution);
void restore_close(run_restore *restore); ///< of one that is zeroed: nothing

#endif
