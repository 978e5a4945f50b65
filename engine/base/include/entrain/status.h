/// @file status.h  The one table of outcomes, and the sentence that goes with a failure.
///
/// The world's faults (a bad value, a missing file, no memory) are statuses with one sentence that says what
/// is wrong, where, and what to do. Our own bugs are assertions and never reach a status.
#ifndef ENTRAIN_STATUS_H
#define ENTRAIN_STATUS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "entrain/export.h"

ENTRAIN_BEGIN_DECLS

/// name, text
#define ENTRAIN_STATUS_TABLE(X)                                                                              \
    X(OK, "done")                                                                                            \
    X(INVALID, "a value is outside its range or of the wrong type")                                          \
    X(UNKNOWN, "no such name")                                                                               \
    X(NO_MEMORY, "memory could not be had")                                                                  \
    X(FULL, "no room left; nothing was stored")                                                              \
    X(EMPTY, "nothing there")                                                                                \
    X(STALE, "the actor this id named is gone")                                                              \
    X(UNSUPPORTED, "this combination is not supported")                                                      \
    X(ORDER, "called in the wrong order")                                                                    \
    X(IO, "a file could not be read or written")                                                             \
    X(PARSE, "a text could not be understood")                                                               \
    X(LIMIT, "a stated limit was passed")                                                                    \
    X(CANCELLED, "stopped on request")                                                                       \
    X(TIMEOUT, "stopped at its deadline")                                                                    \
    X(MISMATCH, "two results that must be equal differ")                                                     \
    X(SYSTEM, "the operating system refused")                                                                \
    X(DEADLOCK, "actors wait for each other, and none can go on")                                            \
    X(FAILED, "an actor failed, and nobody was to mend it")
typedef enum entrain_status {
#define ENTRAIN_STATUS_ENUM(name, text) ENTRAIN_##name,
    ENTRAIN_STATUS_TABLE(ENTRAIN_STATUS_ENUM)
#undef ENTRAIN_STATUS_ENUM
        ENTRAIN_STATUS_COUNT
} entrain_status;

/// One failure: its status and its sentence. Plain data, owned by the caller; no call here allocates.
typedef struct entrain_error {
    entrain_status status;
    char sentence
        [1024]; ///< NUL-terminated UTF-8, cut at the end if it would not fit; empty when status is ENTRAIN_OK
} entrain_error;

/// @return the status's name without prefix ("INVALID"); "?" for a number that is none. Never NULL. Any
/// thread.
ENTRAIN_API const char *entrain_status_name(entrain_status status);
/// @return the status's general text. Never NULL. Any thread.
ENTRAIN_API const char *entrain_status_text(entrain_status status);

/// Writes @p status and a formatted sentence to @p error_out (which may be NULL) and returns @p status, so
/// that a refusal is one line: `return entrain_error_set(error_out, ENTRAIN_INVALID, "...")`.
ENTRAIN_API entrain_status entrain_error_set(entrain_error *error_out, entrain_status status,
                                             const char *format, ...) ENTRAIN_PRINTF(3, 4);

/// The word of @p words (NULL-terminated) nearest to @p word by edit distance, or NULL when none is near
/// enough to be worth suggesting (more than a third of the letters, and more than 2, would change). Any
/// thread.
ENTRAIN_API const char *entrain_nearest_word(const char *word, const char *const *words);

ENTRAIN_END_DECLS

#endif
