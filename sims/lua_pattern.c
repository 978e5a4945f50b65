// A pattern is compiled into items, then matched by backtracking. Recursion goes one item deeper at each
// level, so PATTERN_ITEMS_MAX bounds the stack; repetition is a loop. Time is what backtracking makes it:
// hence the steps.
#include "sims/lua_pattern.h"

#include <string.h>

enum { STEPS_PER_REPORT = 4096 };

static void set_add(uint64_t set[4], unsigned first, unsigned last) {
    for (unsigned byte = first; byte <= last; byte++)
        set[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

static bool set_has(const uint64_t set[4], uint8_t byte) { return (set[byte >> 6] >> (byte & 63)) & 1; }

// Adds what %<letter> stands for; a letter that names no class stands for itself. ASCII only: no locale
// decides.
static void set_add_class(uint64_t set[4], uint8_t letter) {
    uint64_t bytes[4] = {0};
    switch (letter | 0x20) {
    case 'a':
        set_add(bytes, 'a', 'z'), set_add(bytes, 'A', 'Z');
        break;
    case 'c':
        set_add(bytes, 0, 31), set_add(bytes, 127, 127);
        break;
    case 'd':
        set_add(bytes, '0', '9');
        break;
    case 'g':
        set_add(bytes, 33, 126);
        break;
    case 'l':
        set_add(bytes, 'a', 'z');
        break;
    case 'p':
        set_add(bytes, 33, 47), set_add(bytes, 58, 64), set_add(bytes, 91, 96), set_add(bytes, 123, 126);
        break;
    case 's':
        set_add(bytes, 9, 13), set_add(bytes, ' ', ' ');
        break;
    case 'u':
        set_add(bytes, 'A', 'Z');
        break;
    case 'w':
        set_add(bytes, 'a', 'z'), set_add(bytes, 'A', 'Z'), set_add(bytes, '0', '9');
        break;
    case 'x':
        set_add(bytes, '0', '9'), set_add(bytes, 'a', 'f'), set_add(bytes, 'A', 'F');
        break;
    default:
        set_add(set, letter, letter);
        return;
    }
    bool complement = letter <= 'Z'; // only letters get here
    for (int word = 0; word < 4; word++)
        set[word] |= complement ? ~bytes[word] : bytes[word];
}

// Reads "[...]" from text[*at], which stands behind the '['.
static const char *read_set(const char *text, size_t size, size_t *at, uint64_t set[4]) {
    size_t i = *at;
    bool complement = i < size && text[i] == '^';
    i += complement;
    for (bool first = true;; first = false) {
        if (i >= size)
            return "malformed pattern (missing ']')";
        uint8_t byte = (uint8_t)text[i];
        if (byte == ']' && !first)
            break;
        if (byte == '%') {
            if (i + 1 >= size)
                return "malformed pattern (missing ']')";
            set_add_class(set, (uint8_t)text[i + 1]);
            i += 2;
        } else if (i + 2 < size && text[i + 1] == '-' && text[i + 2] != ']') {
            set_add(set, byte, (uint8_t)text[i + 2]); // an empty range adds nothing
            i += 3;
        } else {
            set_add(set, byte, byte);
            i++;
        }
    }
    for (int word = 0; complement && word < 4; word++)
        set[word] = ~set[word];
    *at = i + 1;
    return NULL;
}

// Reads what follows a '%' that stands at text[*at - 1].
static const char *read_escape(const char *text, size_t size, size_t *at, const bool *closed,
                               uint32_t captures, pattern_item *item) {
    if (*at >= size)
        return "malformed pattern (ends with '%')";
    uint8_t letter = (uint8_t)text[(*at)++];
    if (letter == 'b') {
        if (size - *at < 2)
            return "malformed pattern (missing arguments to '%b')";
        item->kind = PATTERN_BALANCED;
        item->one = (uint8_t)text[(*at)++];
        item->two = (uint8_t)text[(*at)++];
    } else if (letter == 'f') {
        if (*at >= size || text[*at] != '[')
            return "missing '[' after '%f' in pattern";
        item->kind = PATTERN_FRONTIER;
        (*at)++;
        return read_set(text, size, at, item->set);
    } else if (letter >= '0' && letter <= '9') {
        if (letter == '0' || (uint32_t)(letter - '0') > captures || !closed[letter - '1'])
            return "invalid capture index in pattern";
        item->kind = PATTERN_BACK;
        item->one = (uint8_t)(letter - '1');
    } else {
        set_add_class(item->set, letter);
    }
    return NULL;
}

size_t pattern_bytes(size_t size) {
    return sizeof(lua_pattern) + (size < PATTERN_ITEMS_MAX ? size : PATTERN_ITEMS_MAX) * sizeof(pattern_item);
}

const char *pattern_compile(const char *text, size_t size, bool anchors, lua_pattern *pattern_out) {
    uint8_t open[PATTERN_CAPTURES_MAX];
    bool closed[PATTERN_CAPTURES_MAX] = {false};
    uint32_t open_count = 0, captures = 0, count = 0;
    size_t at = anchors && size > 0 && text[0] == '^';
    pattern_out->anchored = at == 1;
    while (at < size) {
        if (count == PATTERN_ITEMS_MAX)
            return "pattern too complex (more than 200 items)";
        pattern_item *item = &pattern_out->items[count++];
        memset(item, 0, sizeof *item);
        char byte = text[at++];
        const char *fault = NULL;
        if (byte == '(') {
            if (captures == PATTERN_CAPTURES_MAX)
                return "too many captures";
            bool position = at < size && text[at] == ')';
            item->kind = position ? PATTERN_POSITION : PATTERN_OPEN;
            item->one = (uint8_t)captures;
            if (position) {
                closed[captures] = true;
                at++;
            } else {
                open[open_count++] = (uint8_t)captures;
            }
            captures++;
        } else if (byte == ')') {
            if (open_count == 0)
                return "invalid pattern capture";
            item->kind = PATTERN_CLOSE;
            item->one = open[--open_count];
            closed[item->one] = true;
        } else if (byte == '$' && at == size) {
            item->kind = PATTERN_END;
        } else if (byte == '[') {
            fault = read_set(text, size, &at, item->set);
        } else if (byte == '%') {
            fault = read_escape(text, size, &at, closed, captures, item);
        } else if (byte == '.') {
            set_add(item->set, 0, 255);
        } else {
            set_add(item->set, (uint8_t)byte, (uint8_t)byte);
        }
        if (fault != NULL)
            return fault;
        if (item->kind == PATTERN_SET && at < size && text[at] != '\0' && strchr("*+-?", text[at]) != NULL)
            item->repeat = text[at++];
    }
    if (open_count > 0)
        return "unfinished capture";
    pattern_out->item_count = count;
    pattern_out->capture_count = captures;
    return NULL;
}

void pattern_match_flush(pattern_match *match) {
    uint64_t steps = match->pending;
    match->pending = 0;
    match->step(match->context, steps);
}

static void count_steps(pattern_match *match, uint64_t steps) {
    match->pending += steps;
    if (match->pending >= STEPS_PER_REPORT)
        pattern_match_flush(match);
}

static bool item_fits(const pattern_item *item, const pattern_match *match, size_t at) {
    return at < match->subject_size && set_has(item->set, (uint8_t)match->subject[at]);
}

static bool balanced_end(const pattern_item *item, pattern_match *match, size_t at, size_t *end_out) {
    if (at >= match->subject_size || (uint8_t)match->subject[at] != item->one)
        return false;
    uint64_t depth = 1;
    for (size_t i = at + 1; i < match->subject_size; i++) {
        count_steps(match, 1);
        uint8_t byte = (uint8_t)match->subject[i];
        if (byte == item->two) {
            if (--depth == 0) {
                *end_out = i + 1;
                return true;
            }
        } else if (byte == item->one) {
            depth++;
        }
    }
    return false;
}

static bool frontier(const pattern_item *item, const pattern_match *match, size_t at) {
    uint8_t before = at == 0 ? 0 : (uint8_t)match->subject[at - 1];
    uint8_t here = at < match->subject_size ? (uint8_t)match->subject[at] : 0;
    return !set_has(item->set, before) && set_has(item->set, here);
}

static bool match_from(const lua_pattern *pattern, pattern_match *match, uint32_t index, size_t at,
                       size_t *end_out);

// '*' and '+': as many as there are, then fewer. '-': as few as possible, then more.
static bool match_repeat(const lua_pattern *pattern, pattern_match *match, uint32_t index, size_t at,
                         size_t *end_out) {
    const pattern_item *item = &pattern->items[index];
    if (item->repeat == '-') {
        for (;; at++) {
            count_steps(match, 1);
            if (match_from(pattern, match, index + 1, at, end_out))
                return true;
            if (!item_fits(item, match, at))
                return false;
        }
    }
    size_t least = at + (item->repeat == '+'), most = at;
    size_t limit = item->repeat == '?' ? at + 1 : SIZE_MAX;
    while (most < limit && item_fits(item, match, most))
        most++;
    count_steps(match, most - at);
    for (; most + 1 > least; most--) { // most >= least, without going below 0
        count_steps(match, 1);
        if (match_from(pattern, match, index + 1, most, end_out))
            return true;
        if (most == 0)
            break;
    }
    return false;
}

static bool match_from(const lua_pattern *pattern, pattern_match *match, uint32_t index, size_t at,
                       size_t *end_out) {
    for (; index < pattern->item_count; index++) {
        const pattern_item *item = &pattern->items[index];
        pattern_capture *capture = &match->captures[item->one & (PATTERN_CAPTURES_MAX - 1)];
        count_steps(match, 1);
        switch (item->kind) {
        case PATTERN_SET:
            if (item->repeat != 0)
                return match_repeat(pattern, match, index, at, end_out);
            if (!item_fits(item, match, at))
                return false;
            at++;
            break;
        case PATTERN_BALANCED:
            if (!balanced_end(item, match, at, &at))
                return false;
            break;
        case PATTERN_FRONTIER:
            if (!frontier(item, match, at))
                return false;
            break;
        case PATTERN_BACK:
            count_steps(match, capture->size / 8);
            if (capture->position || match->subject_size - at < capture->size ||
                memcmp(match->subject + capture->begin, match->subject + at, capture->size) != 0)
                return false;
            at += capture->size;
            break;
        // Nothing is undone when a branch fails: items run in order, without loops, so whatever branch reads
        // a capture has passed, and written, the one item that opens it and the one that closes it.
        case PATTERN_OPEN:
            *capture = (pattern_capture){.begin = at};
            break;
        case PATTERN_POSITION:
            *capture = (pattern_capture){.begin = at, .position = true};
            break;
        case PATTERN_CLOSE:
            capture->size = at - capture->begin;
            break;
        case PATTERN_END:
            if (at != match->subject_size)
                return false;
            break;
        }
    }
    *end_out = at;
    return true;
}

bool pattern_match_at(const lua_pattern *pattern, pattern_match *match, size_t begin, size_t *end_out) {
    return match_from(pattern, match, 0, begin, end_out);
}
