/// @file scenario_check.h  Scenarios from texts, for the tests of what is accepted and what is refused.
#ifndef ENTRAIN_TESTS_SCENARIO_CHECK_H
#define ENTRAIN_TESTS_SCENARIO_CHECK_H

#include "check.h"

#include "sims/scenario.h"
#include "sims/scenario_text.h"
#include "sims/schema.h"
#include "sims/words.h"

static entrain_error error;

#define COUNT(array) (sizeof(array) / sizeof *(array))

// Loads @p text as the file @p path with up to four --sets.
static inline entrain_status load_as(const char *path, const char *text, const char *const *sets,
                                     scenario *out) {
    uint32_t count = 0;
    while (sets != NULL && sets[count] != NULL)
        count++;
    const scenario_source source = {.path = path, .sets = sets, .set_count = count};
    const sandbox_limits limits = sandbox_limits_defaults();
    memset(&error, 0, sizeof error);
    return scenario_load_text(&source, text, strlen(text), &limits, out, &error);
}

#define SETS(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline entrain_status load_lua(const char *text, const char *const *sets, scenario *out) {
    return load_as("dir/x.lua", text, sets, out);
}

static inline char *dump(const scenario *loaded) {
    return json_dumps(loaded->resolved, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
}

// The resolved value under a dotted name, or NULL.
static inline const json_t *value_of(const scenario *loaded, const char *name) {
    const json_t *at = loaded->resolved;
    char copy[100], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", name);
    for (char *part = strtok_r(copy, ".", &rest); part != NULL; part = strtok_r(NULL, ".", &rest))
        at = json_object_get(at, part);
    return at;
}

static inline double number_of(const scenario *loaded, const char *name) {
    const json_t *value = value_of(loaded, name);
    if (!json_is_number(value))
        fail_msg("%s is no number", name);
    return json_number_value(value);
}

static inline void check_sentence(void) {
    size_t size = strlen(error.sentence);
    assert_true(size > 10 && size < 1000);
    if (strchr(error.sentence, '\n') != NULL ||
        (error.sentence[size - 1] != '.' && error.sentence[size - 1] != '?'))
        fail_msg("not one sentence: %s", error.sentence);
}

// Refused, with the scenario untouched.
static inline void check_refused(const char *path, const char *text, const char *const *sets,
                                 entrain_status wanted, const char *words) {
    scenario loaded, before;
    memset(&loaded, 0x5a, sizeof loaded);
    memset(&before, 0x5a, sizeof before);
    entrain_status status = load_as(path, text, sets, &loaded);
    if (status == ENTRAIN_OK)
        fail_msg("%s: accepted, and \"%s\" was expected", text, words);
    if (status != wanted || strstr(error.sentence, words) == NULL)
        fail_msg("%s\nanswered %s: %s\nnot %s: %s", text, entrain_status_name(status), error.sentence,
                 entrain_status_name(wanted), words);
    assert_memory_equal(&loaded, &before, sizeof loaded);
    check_sentence();
}

typedef struct refusal {
    const char *text;
    entrain_status status;
    const char *words;
} refusal;

#endif
