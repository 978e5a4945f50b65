/// @file checkpoint.h  A run that can be put down and taken up: DIR/checkpoint of `entrain run`.
///
/// One file that is enough: the resolved scenario (its text first, so that a swarm can be created from
/// it), where the run stands, the swarm (entrain_swarm_archive()), what the run remembers (run_state.h),
/// and series.csv and timing.csv so far. A run restored from it ends with the same bytes in series.csv,
/// summary.json and phases.csv as one that never stopped, with another number of workers, under another
/// policy, in the other transport.
///
///   loop --boundary--> due? --> checkpoint.part --synced, renamed--> checkpoint
///
/// It is written between ticks, before the sample of that tick where there is one; at the beginning (what
/// cannot be archived is refused before any work), whenever --checkpoint-every says, at the last tick, and
/// where a signal or
/// --timeout ends the run. The one before it stays whole until it is. A write that fails is told and the
/// run goes on.
#ifndef ENTRAIN_SIMS_CHECKPOINT_H
#define ENTRAIN_SIMS_CHECKPOINT_H

#include "sims/recorder.h"
#include "sims/run_body.h"

#define CHECKPOINT_NAME "checkpoint"

/// What --checkpoint-every says: one of the two is 0.
typedef struct checkpoint_pace {
    double seconds; ///< of wall time
    uint64_t ticks;
} checkpoint_pace;

/// "60s", "1.5min", "2h", "1000ticks". ENTRAIN_INVALID with a sentence.
entrain_status checkpoint_pace_read(const char *text, checkpoint_pace *pace_out, entrain_error *error_out);

/// What a file is made of. Borrowed.
typedef struct checkpoint_parts {
    const char *name; ///< of the scenario
    const scenario *given;
    const scenario *origin; ///< of a branch: what its swarm was created from; NULL: `given`
    json_t *branched;       ///< of a branch: where it came from (branch.h); NULL: it is none
    const char *pace;       ///< as typed
    run_body *body;
    run_position *position;
    run_recorder *recorder;
} checkpoint_parts;

/// Writes them when it is time. Zeroed: never.
typedef struct checkpoint_writer {
    checkpoint_parts parts;
    checkpoint_pace pace;
    char *path;
    uint64_t tick_count;
    double written_at_s; ///< wall time of the latest, or of the beginning
    uint64_t tick, next; ///< of the latest; where the next one is due by ticks
    bool written;        ///< there is one, of `tick`
    bool failed;         ///< the latest could not be written, and that was told
    uint32_t count;      ///< written so far, and what that took
    double spent_s;
    uint64_t bytes; ///< of the latest
} checkpoint_writer;

void checkpoint_begin(checkpoint_writer *writer, const char *directory, checkpoint_pace pace,
                      const checkpoint_parts *parts, uint64_t tick_count);
void checkpoint_end(checkpoint_writer *writer);
/// The tick after @p tick at which one is due; UINT64_MAX: not by ticks.
uint64_t checkpoint_next(const checkpoint_writer *writer, uint64_t tick);
/// At a boundary: writes one if it is time, or @p now. A failure is told on stderr.
void checkpoint_look(checkpoint_writer *writer, uint64_t tick, bool now);
/// Writes one; the sentence says what stood in its way.
entrain_status checkpoint_write(checkpoint_writer *writer, entrain_error *error_out);
/// "12 checkpoints, the last at tick 4,000 (12 s ago)", or "" without any.
void checkpoint_tell(const checkpoint_writer *writer, char *text_out, size_t size);
/// What they took, into execution.json; nothing without any.
void checkpoint_json(const checkpoint_writer *writer, json_t *execution);

// --- Reading

enum { CHECKPOINT_PLUGINS_MAX = 64 };

/// What a file says of itself before its state.
typedef struct checkpoint_head {
    char *path;  ///< of the file
    char *name;  ///< of the scenario
    char *text;  ///< the resolved scenario, JSON
    char *place; ///< opens sentences about that text
    char *pace;  ///< --checkpoint-every of the run; "": none
    /// Of a branch: the scenario that the swarm was created from, and where it came from, JSON; "": it is
    /// none.
    char *origin, *branched;
    uint64_t tick;
    double time_s;
    uint64_t fingerprint; ///< of the state
    uint64_t sample_count;
    double wall_s; ///< that the run had taken
} checkpoint_head;

/// Opens FILE, or DIR/checkpoint where @p path is a directory, and reads its head; all of it is checked
/// before. A run that had loaded plug-ins which this process has not is refused with their names. On a
/// refusal there is nothing to free.
entrain_status checkpoint_open(const char *path, entrain_archive **archive_out, checkpoint_head *head_out,
                               entrain_error *error_out);
void checkpoint_head_free(checkpoint_head *head);
/// The state behind the head, but for the recorder's, into what was begun at tick 0. The sentence names
/// the file.
entrain_status checkpoint_read(entrain_archive *archive, run_body *body, run_position *position,
                               entrain_error *error_out);

#endif
