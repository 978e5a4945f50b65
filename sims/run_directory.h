/// @file run_directory.h  A run's directory: whose it is, and files that appear under their name only when
/// complete.
#ifndef ENTRAIN_SIMS_RUN_DIRECTORY_H
#define ENTRAIN_SIMS_RUN_DIRECTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "entrain/status.h"

#define RUN_FORMAT "entrain-run"
#define RUN_FORMAT_VERSION 1

/// What a directory of ours may hold, and how it is told from others.
typedef struct directory_kind {
    const char *const *names;          ///< all files of ours, NULL-terminated; the one that marks it last
    const char *beginning;             ///< a file that alone still counts as an empty directory
    bool (*is_ours)(const char *path); ///< whether the directory is one of this kind
    const char *what;                  ///< "run"
    /// A folder of ours in it, and how its files begin (NULL-terminated) and end; NULL: there is none.
    /// Files of others stay, and with them the folder.
    const char *folder, *const *folder_begins, *folder_ends;
} directory_kind;
extern const directory_kind run_directory_kind;
/// The same where a run goes on from its own checkpoint: that and its snapshots stay.
extern const directory_kind continued_directory_kind;

/// Makes @p path ready for a new run: creates it with its parents, or takes the files of an earlier one of
/// this kind out of it. Anything else that is not an empty directory is refused, unless @p force; even then
/// only files with our names go. *replaced_out: an earlier one was there. *lock_out: a descriptor that keeps
/// other runs out until it is closed, -1 where the file system has no locks; a directory that is locked is
/// refused.
entrain_status directory_prepare(const directory_kind *kind, const char *path, bool force, bool *replaced_out,
                                 int *lock_out, entrain_error *error_out);
/// ENTRAIN_OK if prepare() would not refuse; changes nothing.
entrain_status directory_check(const directory_kind *kind, const char *path, bool force,
                               entrain_error *error_out);

/// Whether @p name lies in @p directory.
bool run_directory_has(const char *directory, const char *name);

/// Whether @p name is one that a run gives to a file in its directory.
bool run_directory_names(const char *name);

/// Locks @p file (or folder) against other processes until it is closed. Waits up to a second for one that
/// has it: who was killed may leave a child that was about to begin, and has not yet let go. False, with
/// errno: refused.
bool run_file_lock(int file);

/// "directory/name", the caller's to free. Ends the program without memory.
char *path_join(const char *directory, const char *name);

/// A file being written: under "name.part" until run_file_close() gives it its name.
typedef struct run_file {
    FILE *stream;
    char *path, *part;
} run_file;

entrain_status run_file_open(const char *directory, const char *name, run_file *file_out,
                             entrain_error *error_out);
/// The same for a path of the user's.
/// Whether there is a file at @p path that begins with @p mark (at most 255 bytes), or is empty.
bool run_file_begins_with(const char *path, const char *mark);
entrain_status run_file_open_path(const char *path, run_file *file_out, entrain_error *error_out);
/// Writes what is buffered and renames. On a failure the part stays, and the sentence says so.
entrain_status run_file_close(run_file *file, entrain_error *error_out);
/// Closes without renaming; the part stays. Nothing on a file that is not open.
void run_file_abandon(run_file *file);
/// The sentence for a failed write, from errno.
entrain_status run_file_refuse(const run_file *file, entrain_error *error_out);

/// Writes @p json with sorted keys.
entrain_status run_file_write_json(const char *directory, const char *name, const json_t *json,
                                   entrain_error *error_out);

/// Reads a JSON file of a finished run that must say "format": @p format, in a version that we know. A
/// missing, torn or foreign file is refused with a sentence. *json_out is the caller's to json_decref.
entrain_status run_file_read_json(const char *directory, const char *name, const char *format,
                                  json_t **json_out, entrain_error *error_out);

#endif
