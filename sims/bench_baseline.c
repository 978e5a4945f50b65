// Another run's lines of JSON. Nothing in them is trusted: the file may be torn, foreign, or anything.
#include "sims/bench_baseline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/bench_report.h"
#include "sims/words.h"

struct bench_baseline {
    json_t *facts, *rows;
    bool ended;
};

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static entrain_status take_facts(bench_baseline *baseline, const char *path, const char *what, json_t *line,
                                 entrain_error *error_out) {
    const json_t *version = json_object_get(line, "format_version");
    if (strcmp(text_at(line, "kind"), "facts") != 0 || strcmp(text_at(line, "format"), BENCH_FORMAT) != 0)
        return entrain_error_set(
            error_out, ENTRAIN_PARSE,
            "--baseline: %s is not what `entrain bench` writes; name a bench.jsonl or a file "
            "with what --json printed.",
            path);
    if (!json_is_integer(version) || json_integer_value(version) != BENCH_FORMAT_VERSION)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "--baseline: %s has format version %s, this Entrain reads version %d.", path,
                                 version != NULL ? words_value(version).text : "none", BENCH_FORMAT_VERSION);
    if (strcmp(text_at(line, "what"), what) != 0)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "--baseline: %s is a benchmark of \"%s\" and this is one of \"%s\"; name one of the "
            "same.",
            path, words_text(text_at(line, "what")).text, what);
    baseline->facts = json_incref(line);
    return ENTRAIN_OK;
}

static entrain_status take_line(bench_baseline *baseline, const char *path, const char *what,
                                unsigned long number, const char *text, size_t size,
                                entrain_error *error_out) {
    json_error_t where;
    json_t *line = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
    entrain_status status = ENTRAIN_OK;
    if (baseline->facts == NULL)
        status = take_facts(baseline, path, what, line, error_out);
    else if (!json_is_object(line) || baseline->ended)
        status = entrain_error_set(
            error_out, ENTRAIN_PARSE,
            "--baseline: %s is torn or was changed (line %lu); measure the baseline again.", path, number);
    else if (strcmp(text_at(line, "kind"), "row") == 0)
        json_array_append(baseline->rows, line);
    else
        baseline->ended = strcmp(text_at(line, "kind"), "end") == 0;
    json_decref(line);
    return status;
}

static entrain_status read_lines(bench_baseline *baseline, const char *path, const char *what, FILE *from,
                                 entrain_error *error_out) {
    char *text = NULL;
    size_t room = 0;
    ssize_t size;
    entrain_status status = ENTRAIN_OK;
    errno = 0;
    for (unsigned long number = 1; status == ENTRAIN_OK && (size = getline(&text, &room, from)) >= 0;
         number++)
        status = take_line(baseline, path, what, number, text, (size_t)size, error_out);
    free(text);
    if (status == ENTRAIN_OK && ferror(from) != 0)
        return entrain_error_set(error_out, ENTRAIN_IO, "--baseline: %s cannot be read: %s.", path,
                                 strerror(errno));
    if (status == ENTRAIN_OK && baseline->facts == NULL)
        return entrain_error_set(
            error_out, ENTRAIN_PARSE,
            "--baseline: %s is empty; name a bench.jsonl or a file with what --json printed.", path);
    if (status == ENTRAIN_OK && !baseline->ended)
        return entrain_error_set(error_out, ENTRAIN_PARSE,
                                 "--baseline: %s is torn, it has no end; measure the baseline again.", path);
    return status;
}

entrain_status bench_baseline_read(const char *path, const char *what, bench_baseline **baseline_out,
                                   entrain_error *error_out) {
    FILE *from = fopen(path, "re");
    if (from == NULL)
        return entrain_error_set(error_out, ENTRAIN_IO,
                                 "--baseline: %s cannot be opened: %s; check the path.", path,
                                 strerror(errno));
    bench_baseline *baseline = calloc(1, sizeof *baseline);
    if (baseline == NULL || (baseline->rows = json_array()) == NULL)
        abort();
    entrain_status status = read_lines(baseline, path, what, from, error_out);
    fclose(from);
    if (status != ENTRAIN_OK) {
        bench_baseline_free(baseline);
        return status;
    }
    *baseline_out = baseline;
    return ENTRAIN_OK;
}

void bench_baseline_free(bench_baseline *baseline) {
    if (baseline == NULL)
        return;
    json_decref(baseline->facts);
    json_decref(baseline->rows);
    free(baseline);
}

// Equal, whether a number was written as 10 or 10.0.
static bool alike(const json_t *a, const json_t *b) {
    if (json_is_number(a) && json_is_number(b))
        return json_number_value(a) == json_number_value(b);
    return a != NULL && b != NULL && json_equal((json_t *)a, (json_t *)b) != 0; // cast: jansson's signature
}

bool bench_baseline_differs(const bench_baseline *baseline, const json_t *facts, char *text_out,
                            size_t size) {
    static const char *const keys[] = {"cpu",   "cpus",     "simd",     "kernel",  "governor", "version",
                                       "flags", "compiler", "settings", "repeats", "seconds"};
    size_t used = 0;
    *text_out = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *there = json_object_get(baseline->facts, keys[i]),
                     *here = json_object_get(facts, keys[i]);
        if (alike(there, here) || (there == NULL && here == NULL))
            continue;
        wording values[2] = {words_text("none"), words_text("none")};
        if (there != NULL)
            values[0] = words_value(there);
        if (here != NULL)
            values[1] = words_value(here);
        bool tables = json_is_object(there) || json_is_object(here);
        int more = tables ? snprintf(text_out + used, size - used, "%s%s", used > 0 ? ", " : "", keys[i])
                          : snprintf(text_out + used, size - used, "%s%s (%s there, %s here)",
                                     used > 0 ? ", " : "", keys[i], values[0].text, values[1].text);
        if (more < 0 || used + (size_t)more >= size)
            break; // what fits is enough to be warned
        used += (size_t)more;
    }
    return used > 0;
}

const json_t *bench_baseline_find(const bench_baseline *baseline, const json_t *row, const char *keys) {
    size_t at;
    json_t *there;
    json_array_foreach(baseline->rows, at, there) {
        bool same = alike(json_object_get(there, "table"), json_object_get(row, "table"));
        for (const char *key = keys; same && *key != '\0';) {
            char name[64];
            size_t length = strcspn(key, " ");
            snprintf(name, sizeof name, "%.*s", (int)length, key);
            same = alike(json_object_get(there, name), json_object_get(row, name));
            key += length + strspn(key + length, " ");
        }
        if (same)
            return there;
    }
    return NULL;
}
