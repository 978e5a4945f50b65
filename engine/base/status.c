// The status table, and sentences.
#include "entrain/status.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *text;
} statuses[] = {
#define ENTRAIN_STATUS_ROW(name, text) {#name, text},
    ENTRAIN_STATUS_TABLE(ENTRAIN_STATUS_ROW)
#undef ENTRAIN_STATUS_ROW
};
_Static_assert(sizeof statuses / sizeof *statuses == ENTRAIN_STATUS_COUNT, "one row per status");

const char *entrain_status_name(entrain_status status) {
    return (unsigned)status < ENTRAIN_STATUS_COUNT ? statuses[status].name : "?";
}

const char *entrain_status_text(entrain_status status) {
    return (unsigned)status < ENTRAIN_STATUS_COUNT ? statuses[status].text : "not a status";
}

// In parentheses, because tests/tidy.h makes a macro of it.
entrain_status(entrain_error_set)(entrain_error *error_out, entrain_status status, const char *format, ...) {
    if (error_out != NULL) {
        va_list arguments;
        va_start(arguments, format);
        // Into a buffer of its own first: an argument may be the old sentence itself.
        char sentence[sizeof error_out->sentence];
        vsnprintf(sentence, sizeof sentence, format, arguments);
        va_end(arguments);
        memcpy(error_out->sentence, sentence, strlen(sentence) + 1);
        error_out->status = status;
    }
    return status;
}

enum { WORD_MAX = 96 };

// Edits (insert, delete, change, swap of neighbours) that turn a into b: Damerau-Levenshtein, restricted.
// Both are at most WORD_MAX long.
static size_t edit_distance(const char *a, size_t a_size, const char *b, size_t b_size) {
    size_t rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *above = rows[(i - 1) % 3], *row = rows[i % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                rows[(i - 2) % 3][j - 2] + 1 < best)
                best = rows[(i - 2) % 3][j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a_size % 3][b_size];
}

const char *entrain_nearest_word(const char *word, const char *const *words) {
    size_t size = strlen(word), best_distance = SIZE_MAX;
    const char *best = NULL;
    if (size > WORD_MAX)
        return NULL;
    for (; *words != NULL; words++) {
        size_t other = strlen(*words);
        if (other > WORD_MAX)
            continue;
        size_t distance = edit_distance(word, size, *words, other);
        if (distance < best_distance) {
            best_distance = distance;
            best = *words;
        }
    }
    size_t allowed = size / 3 > 2 ? size / 3 : 2;
    // Two letters may always change, but not all of a short word.
    return best != NULL && best_distance <= allowed && best_distance < size ? best : NULL;
}
