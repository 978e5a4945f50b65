/// @file journal.h  What has been done, one line each, appended and synced: runs.jsonl of a sweep or a
/// script.
///
/// The first line says what it is a journal of; each further line is one JSON object with a text "key" of its
/// own. A line counts once it is whole: a torn last one (a crash, a full disk) is cut off when the journal is
/// opened again. Each line ends with a checksum, "sum" (XXH3 of what stands before it), which entries as
/// handed out have not; a line whose bits changed is refused. One without a sum, written by hand, is
/// accepted. One process at a time (locked); entries may come in any order. A journal that has its name has
/// its first line.
///
/// What is kept in memory is where each line lies, and the entries that journal_find() gave: a million lines
/// need 50 MB.
#ifndef ENTRAIN_SIMS_JOURNAL_H
#define ENTRAIN_SIMS_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>

#include "entrain/status.h"

typedef struct journal journal;

/// Begins a new journal at @p path: writes @p header, synced, folder too. A file that is there is refused.
entrain_status journal_create(const char *path, const json_t *header, journal **journal_out,
                              entrain_error *error_out);
/// Opens an earlier one and reads all entries; what is torn at its end is cut off. *header_out: the caller's.
/// Refused: a line in its middle that is no entry (holes of zeros that a machine left that went down are torn
/// ends), another process's lock.
entrain_status journal_open(const char *path, json_t **header_out, journal **journal_out,
                            entrain_error *error_out);
/// Reads one without opening it for more (plot, report, diff): whole lines only.
entrain_status journal_read(const char *path, json_t **header_out, journal **journal_out,
                            entrain_error *error_out);
/// The entry with @p key, borrowed, or NULL. The latest of several.
const json_t *journal_find(const journal *log, const char *key);
/// The same, the caller's, and not kept.
json_t *journal_load(const journal *log, const char *key);
/// Appends @p entry (borrowed; "key" is set in it) and syncs it to the disk before it returns. After a
/// failure (a full disk) what was written of it is cut off again where that is possible; nothing counts that
/// was not synced.
entrain_status journal_append(journal *log, const char *key, json_t *entry, entrain_error *error_out);
/// The same in two steps, where several entries come at once: those added count once journal_sync() returns
/// ENTRAIN_OK. A failure takes those back that are not on the disk.
entrain_status journal_add(journal *log, const char *key, json_t *entry, entrain_error *error_out);
entrain_status journal_sync(journal *log, entrain_error *error_out);
/// How many keys there are.
size_t journal_count(const journal *log);
void journal_close(journal *log); ///< NULL: nothing

#endif
