// "1,2,4" and "steal,static": strict, because a benchmark that silently leaves something out lies.
#include "sims/lists.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/words.h"

enum { WORD_BYTES = 80 };

// The word at *at, without what follows; moves *at behind its comma, or to NULL after the last one. A word
// too long for any value is cut, which makes it none.
static void next_word(const char **at, char *word_out) {
    size_t size = strcspn(*at, ",");
    snprintf(word_out, WORD_BYTES, "%.*s", (int)size, *at);
    *at = (*at)[size] == ',' ? *at + size + 1 : NULL;
}

// "1000", "1e3", "2.5e4": whole, within min .. max.
static bool parse_count(const char *word, uint32_t min, uint32_t max, uint32_t *value_out) {
    if (word[strspn(word, "0123456789.eE+")] != '\0' || *word < '0' || *word > '9')
        return false;
    char *end;
    double value = strtod(word, &end);
    if (*end != '\0' || !(value >= min && value <= max) || value != floor(value))
        return false;
    *value_out = (uint32_t)value;
    return true;
}

entrain_status list_parse_counts(const char *option, const char *text, uint32_t min, uint32_t max,
                                 list_of_counts *list_out, entrain_error *error_out) {
    list_of_counts list = {.count = 0};
    for (const char *at = text; at != NULL;) {
        char word[WORD_BYTES];
        uint32_t value;
        next_word(&at, word);
        if (!parse_count(word, min, max, &value))
            return entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "--%s takes whole numbers from %u to %u, separated by commas, not \"%s\".", option, min, max,
                words_text(word).text);
        for (uint32_t i = 0; i < list.count; i++)
            if (list.values[i] == value)
                return entrain_error_set(error_out, ENTRAIN_INVALID, "--%s names %u twice; leave one out.",
                                         option, value);
        if (list.count == LIST_MAX)
            return entrain_error_set(error_out, ENTRAIN_LIMIT, "--%s takes at most %d values.", option,
                                     LIST_MAX);
        list.values[list.count++] = value;
    }
    *list_out = list;
    return ENTRAIN_OK;
}

static entrain_status refuse_policy(const char *option, const char *word, entrain_error *error_out) {
    const char *names[LIST_MAX + 2] = {"all"};
    const entrain_policy *policy;
    for (uint32_t i = 0; i < LIST_MAX && (policy = entrain_policy_at(i)) != NULL; i++)
        names[i + 1] = policy->name;
    wording shown = words_text(word);
    const char *nearest = entrain_nearest_word(word, names);
    if (*word == '\0')
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "--%s takes names of policies separated by commas, or the word all; there is "
            "an empty one.",
            option);
    if (strcmp(word, "all") == 0)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "--%s: the word all stands alone; leave out the other names.", option);
    if (nearest != NULL)
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                                 "--%s: there is no policy \"%s\"; did you mean %s?", option, shown.text,
                                 nearest);
    return entrain_error_set(
        error_out, ENTRAIN_UNKNOWN,
        "--%s: there is no policy \"%s\"; `entrain list policies` names those there are.", option,
        shown.text);
}

entrain_status list_parse_policies(const char *option, const char *text, list_of_policies *list_out,
                                   entrain_error *error_out) {
    list_of_policies list = {.count = 0};
    if (strcmp(text, "all") == 0) {
        const entrain_policy *policy;
        while (list.count < LIST_MAX && (policy = entrain_policy_at(list.count)) != NULL)
            list.values[list.count++] = policy;
        *list_out = list;
        return ENTRAIN_OK;
    }
    for (const char *at = text; at != NULL;) {
        char word[WORD_BYTES];
        next_word(&at, word);
        const entrain_policy *policy = entrain_policy_find(word);
        if (policy == NULL)
            return refuse_policy(option, word, error_out);
        for (uint32_t i = 0; i < list.count; i++)
            if (list.values[i] == policy)
                return entrain_error_set(error_out, ENTRAIN_INVALID, "--%s names %s twice; leave one out.",
                                         option, policy->name);
        list.values[list.count++] = policy; // no more than there are, and 64 is their limit
    }
    *list_out = list;
    return ENTRAIN_OK;
}
