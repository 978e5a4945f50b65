/// @file archive.h  State in a file: written whole or not at all, and believed only when every byte is
/// proven.
///
/// One function says both what is written and what is read, so the two cannot drift apart:
///
///   static void counter_archive(counter *c, entrain_archive *archive) {
///       entrain_archive_section(archive, "counter");
///       entrain_archive_u64(archive, &c->count);                     // out when writing, in when reading
///       entrain_archive_expect(archive, c->size, "the counter's size"); // must be the same on both sides
///   }
///
/// A failure stays: after the first one every further call does nothing (values that are read become 0), and
/// entrain_archive_end() or entrain_archive_status() tells. So nobody has to look in between, except before a
/// number that was read decides how much memory is taken or how far a loop goes: entrain_archive_count()
/// bounds those.
///
/// The file: a header (magic, format, what built it), then frames of at most 256 KiB, each with its number,
/// its size and its XXH3 checksum, then a closing frame with the total. A reader checks all of them before it
/// hands out the first value: a torn, truncated, bit-flipped or foreign file is refused with a sentence and
/// changes nothing. Integers are little-endian, as on every machine that Entrain runs on.
///
/// One thread at a time.
#ifndef ENTRAIN_ARCHIVE_H
#define ENTRAIN_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrain/status.h"

ENTRAIN_BEGIN_DECLS

typedef struct entrain_archive entrain_archive;

/// Begins to write: into "PATH.part", which end() makes PATH; so an older file of that name stays whole until
/// then. ENTRAIN_IO with a sentence.
ENTRAIN_API entrain_status entrain_archive_write(const char *path, entrain_archive **archive_out,
                                                 entrain_error *error_out);
/// Begins to read, once all of it is checked. The sentence says whether the file is missing, torn, damaged,
/// foreign, or of another version of Entrain. Statuses: ENTRAIN_IO, ENTRAIN_PARSE, ENTRAIN_UNSUPPORTED.
ENTRAIN_API entrain_status entrain_archive_read(const char *path, entrain_archive **archive_out,
                                                entrain_error *error_out);
/// The same with bytes in memory. What was written is the archive's until it ends: see
/// entrain_archive_data().
ENTRAIN_API entrain_status entrain_archive_write_memory(entrain_archive **archive_out,
                                                        entrain_error *error_out);
/// @p data is borrowed until the end. @p name opens sentences.
ENTRAIN_API entrain_status entrain_archive_read_memory(const void *data, size_t size, const char *name,
                                                       entrain_archive **archive_out,
                                                       entrain_error *error_out);
/// Ends and frees. Writing: what is buffered is written, synced to the disk and renamed, or, after any
/// failure, taken away. Reading: something must not be left over. @return the first failure of all calls.
ENTRAIN_API entrain_status entrain_archive_end(entrain_archive *archive, entrain_error *error_out);
/// Ends without a result: nothing is left of what was written. NULL: nothing.
ENTRAIN_API void entrain_archive_abandon(entrain_archive *archive);
/// Of an archive written into memory: closes it, and answers what it holds, the caller's to free(). NULL
/// with a sentence after a failure. The archive is freed.
ENTRAIN_API void *entrain_archive_data(entrain_archive *archive, size_t *size_out, entrain_error *error_out);

ENTRAIN_API bool entrain_archive_is_reading(const entrain_archive *archive);
/// So far: ENTRAIN_OK, or the first failure with its sentence.
ENTRAIN_API entrain_status entrain_archive_status(const entrain_archive *archive, entrain_error *error_out);
/// Bytes that have gone through it.
ENTRAIN_API uint64_t entrain_archive_bytes_done(const entrain_archive *archive);
/// Reading: no more bytes than these can follow; 0 after a failure. Before memory is taken for what is read.
/// Writing: UINT64_MAX.
ENTRAIN_API uint64_t entrain_archive_bytes_left(const entrain_archive *archive);
/// Fails with a sentence; does nothing after an earlier failure. Use it where what was read cannot be.
ENTRAIN_API void entrain_archive_refuse(entrain_archive *archive, entrain_status status, const char *format,
                                        ...) ENTRAIN_PRINTF(3, 4);

/// Begins a part called @p tag (1 to 15 letters): a reader that is elsewhere fails here.
ENTRAIN_API void entrain_archive_section(entrain_archive *archive, const char *tag);
/// @p size bytes as they are. No padding of unset bytes, please: what is written must be repeatable.
ENTRAIN_API void entrain_archive_bytes(entrain_archive *archive, void *data, size_t size);
ENTRAIN_API void entrain_archive_bool(entrain_archive *archive, bool *value);
ENTRAIN_API void entrain_archive_u32(entrain_archive *archive, uint32_t *value);
ENTRAIN_API void entrain_archive_u64(entrain_archive *archive, uint64_t *value);
ENTRAIN_API void entrain_archive_i64(entrain_archive *archive, int64_t *value);
ENTRAIN_API void entrain_archive_f64(entrain_archive *archive, double *value);
/// A number that is read later decides on memory or loops: refused above @p max. @p what is its name in the
/// sentence.
ENTRAIN_API void entrain_archive_count(entrain_archive *archive, uint64_t *value, uint64_t max,
                                       const char *what);
/// Writes @p value; reading, refuses (ENTRAIN_MISMATCH) what is not the same: what the reader was built with
/// is not what was written. @p what is named in the sentence: "the number of agents".
ENTRAIN_API void entrain_archive_expect(entrain_archive *archive, uint64_t value, const char *what);
/// A text, up to @p size_max bytes without its end; reading, *text is allocated with malloc() (what was there
/// is freed), or NULL where NULL was written or reading failed.
ENTRAIN_API void entrain_archive_text(entrain_archive *archive, char **text, size_t size_max,
                                      const char *what);

/// Whether the file at @p path begins as an archive does.
ENTRAIN_API bool entrain_archive_is(const char *path);

ENTRAIN_END_DECLS

#endif
