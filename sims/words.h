/// @file words.h  Values as they stand in a sentence, and files as they are read.
#ifndef ENTRAIN_SIMS_WORDS_H
#define ENTRAIN_SIMS_WORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "entrain/status.h"

/// Room for anything the functions below write.
enum { WORDS_BYTES = 160 };
typedef struct wording {
    char text[WORDS_BYTES];
} wording;

/// Whether @p text is UTF-8 (RFC 3629: no surrogates, nothing longer than need be).
bool words_is_utf8(const char *text, size_t size);
/// Writes @p text into line_out[bytes], as words_text() does.
void words_line(const char *text, char *line_out, size_t bytes);
/// @p text on one line, without control characters, cut between characters when long.
wording words_text(const char *text);
/// What a script says that it is: its first line, where that is a comment and a sentence; else @p name.
wording words_title(const char *script, const char *name);
/// A JSON value as a reader would write it: 0.1, "ring", a list of 3 values, a table.
wording words_value(const json_t *value);
/// The shortest decimal that reads back as @p number.
wording words_number(double number);

/// Reads a whole file, at most @p bytes_max; refuses what is missing, a folder, empty or larger. *text_out is
/// NUL-terminated (the size does not count it) and the caller's to free.
entrain_status words_read_file(const char *path, size_t bytes_max, char **text_out, size_t *size_out,
                               entrain_error *error_out);

#endif
