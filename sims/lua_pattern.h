/// @file lua_pattern.h  Lua patterns that count their steps.
///
/// Lua's own matcher backtracks inside one C call, where no hook reaches it: a pattern of twenty ".-" on a
/// short text runs for years. This one matches the same language (Lua 5.4 reference manual, 6.4.1), in the C
/// locale, and reports every step to its caller, who may end it by not returning (lua_error).
#ifndef ENTRAIN_SIMS_LUA_PATTERN_H
#define ENTRAIN_SIMS_LUA_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PATTERN_ITEMS_MAX = 200, ///< items of one pattern: bounds the depth of recursion
    PATTERN_CAPTURES_MAX = 32
};

typedef enum pattern_kind {
    PATTERN_SET,      ///< one byte out of a set, with a repetition
    PATTERN_BALANCED, ///< %bxy
    PATTERN_FRONTIER, ///< %f[set]
    PATTERN_BACK,     ///< %1: what a capture holds, again
    PATTERN_OPEN,     ///< (
    PATTERN_POSITION, ///< ()
    PATTERN_CLOSE,    ///< )
    PATTERN_END       ///< $ at the end
} pattern_kind;

typedef struct pattern_item {
    pattern_kind kind;
    char repeat;      ///< 0, '*', '+', '-', '?'
    uint8_t one, two; ///< balanced: the two bytes; back, close: the capture's index
    uint64_t set[4];  ///< bit per byte
} pattern_item;

typedef struct lua_pattern {
    bool anchored; ///< begins with ^
    uint32_t item_count;
    uint32_t capture_count;
    pattern_item items[];
} lua_pattern;

/// Bytes of a pattern whose text has @p size bytes.
size_t pattern_bytes(size_t size);
/// @p anchors: whether ^ at the beginning is an anchor (for gmatch it is not). @p pattern_out has
/// pattern_bytes(size) bytes.
/// @return NULL, or what is wrong with the pattern (a clause without full stop).
const char *pattern_compile(const char *text, size_t size, bool anchors, lua_pattern *pattern_out);

typedef struct pattern_capture {
    size_t begin, size;
    bool position; ///< `()`: only begin counts
} pattern_capture;

typedef struct pattern_match {
    const char *subject;
    size_t subject_size;
    void (*step)(void *context, uint64_t steps); ///< called now and then with the steps since the last call
    void *context;
    pattern_capture captures[PATTERN_CAPTURES_MAX];
    uint64_t pending; ///< steps not yet reported
} pattern_match;

/// Matches at exactly @p begin. @return true and where the match ends.
bool pattern_match_at(const lua_pattern *pattern, pattern_match *match, size_t begin, size_t *end_out);
/// Reports the steps that are still pending.
void pattern_match_flush(pattern_match *match);

#endif
