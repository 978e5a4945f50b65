// Values as they stand in a sentence, and files as they are read.
#include "sims/words.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The bytes of the character at @p text, or 0. RFC 3629, section 4.
static size_t utf8_size(const unsigned char *text, size_t room) {
    unsigned first = text[0], low = 0x80, high = 0xBF; // of the second byte
    if (first < 0x80)
        return 1;
    size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first < 0xC2 || first > 0xF4 || size > room)
        return 0;
    if (first == 0xE0 || first == 0xF0)
        low = first == 0xE0 ? 0xA0 : 0x90;
    if (first == 0xED || first == 0xF4)
        high = first == 0xED ? 0x9F : 0x8F;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

bool words_is_utf8(const char *text, size_t size) {
    size_t at = 0, step = 1;
    while (at < size && step > 0)
        at += step = utf8_size((const unsigned char *)text + at, size - at);
    return step > 0;
}

void words_line(const char *text, char *line_out, size_t bytes) {
    size_t size = 0;
    for (; *text != '\0' && size < bytes - 4; text++)
        line_out[size++] = (char)((unsigned char)*text < ' ' || *text == 127 ? ' ' : *text);
    if (*text != '\0') {
        for (; size > 0 && ((unsigned char)*text & 0xC0) == 0x80; text--)
            size--; // cut where a character begins
        memcpy(line_out + size, "...", 3);
        size += 3;
    }
    line_out[size] = '\0';
    bool sound = words_is_utf8(line_out, size); // if not, a terminal might make anything of it
    for (size_t i = 0; !sound && i < size; i++)
        if ((unsigned char)line_out[i] >= 0x80)
            line_out[i] = '?';
}

wording words_text(const char *text) {
    wording out;
    words_line(text, out.text, sizeof out.text);
    return out;
}

wording words_number(double number) {
    wording out;
    if (number == floor(number) && fabs(number) < 1e6) { // 100, not 1e+02
        snprintf(out.text, sizeof out.text, "%.0f", number);
        return out;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out.text, sizeof out.text, "%.*g", digits, number);
        if (strtod(out.text, NULL) == number)
            break;
    }
    return out;
}

wording words_title(const char *script, const char *name) {
    static const char comment[] = "-- ";
    const char *from = strncmp(script, comment, sizeof comment - 1) == 0 ? script + sizeof comment - 1 : "";
    size_t size = strcspn(from, "\r\n");
    if (size == 0 || size >= WORDS_BYTES || strchr(".?!", from[size - 1]) == NULL)
        return words_text(name);
    char line[WORDS_BYTES];
    snprintf(line, sizeof line, "%.*s", (int)(from[size - 1] == '.' ? size - 1 : size), from);
    return words_text(line);
}

wording words_value(const json_t *value) {
    wording out;
    switch (json_typeof(value)) {
    case JSON_STRING: {
        wording inner = words_text(json_string_value(value));
        snprintf(out.text, sizeof out.text, "\"%.150s\"", inner.text);
        return out;
    }
    case JSON_INTEGER:
        snprintf(out.text, sizeof out.text, "%lld", (long long)json_integer_value(value));
        return out;
    case JSON_REAL:
        return words_number(json_real_value(value));
    case JSON_ARRAY:
        snprintf(out.text, sizeof out.text, "a list of %zu value%s", json_array_size(value),
                 json_array_size(value) == 1 ? "" : "s");
        return out;
    case JSON_OBJECT:
        return words_text("a table");
    case JSON_TRUE:
        return words_text("true");
    case JSON_FALSE:
        return words_text("false");
    case JSON_NULL:
        return words_text("null");
    }
    return words_text("?");
}

// Reads until the end or until one byte more than bytes_max.
static entrain_status read_all(int file, const char *path, size_t bytes_max, char **text_out,
                               size_t *size_out, entrain_error *error_out) {
    size_t size = 0, room = 4096;
    char *text = malloc(room + 1);
    while (text != NULL && size <= bytes_max) {
        ssize_t got = read(file, text + size, room - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be read: %s.", path, strerror(errno));
            free(text);
            return ENTRAIN_IO;
        }
        if (got == 0) {
            text[size] = '\0';
            *text_out = text;
            *size_out = size;
            return ENTRAIN_OK;
        }
        size += (size_t)got;
        if (size == room) {
            room *= 2;
            char *larger = realloc(text, room + 1);
            if (larger == NULL)
                free(text);
            text = larger;
        }
    }
    if (text == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory to read it; free some.", path);
    free(text);
    return entrain_error_set(
        error_out, ENTRAIN_LIMIT,
        "%s is larger than %zu MiB; put long lists into files of their own and name them "
        "(distribution = \"file\").",
        path, bytes_max >> 20);
}

entrain_status words_read_file(const char *path, size_t bytes_max, char **text_out, size_t *size_out,
                               entrain_error *error_out) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be opened: %s; check the path.", path,
                                 strerror(errno));
    struct stat facts;
    entrain_status status;
    char *text = NULL;
    size_t size = 0;
    if (fstat(file, &facts) == 0 && S_ISDIR(facts.st_mode))
        status = entrain_error_set(error_out, ENTRAIN_IO, "%s is a folder; name a file in it.", path);
    else
        status = read_all(file, path, bytes_max, &text, &size, error_out);
    close(file);
    if (status == ENTRAIN_OK && size == 0) {
        free(text);
        return entrain_error_set(error_out, ENTRAIN_PARSE,
                                 "%s is empty; the shortest scenario is return {} in Lua and {} in JSON.",
                                 path);
    }
    if (status != ENTRAIN_OK)
        return status;
    *text_out = text;
    *size_out = size;
    return ENTRAIN_OK;
}
