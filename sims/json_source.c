// Scenario files in JSON, and manifests of earlier runs.
#include "sims/json_source.h"

#include <string.h>

#include "sims/words.h"

enum { VALUES_MAX = 20000000 };

// jansson takes some 40 bytes per value: what would not fit is refused before it is parsed.
static bool too_many_values(const char *text, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += text[i] == ',' || text[i] == '[' || text[i] == '{';
    return count > VALUES_MAX;
}

static const char *advice(const json_error_t *fault) {
    switch (json_error_code(fault)) {
    case json_error_duplicate_key:
        return "give each key once";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "take the NUL character (\\u0000) out";
    case json_error_invalid_utf8:
        return "save the file as UTF-8";
    case json_error_numeric_overflow:
        return "write a number that fits 64 bits";
    case json_error_premature_end_of_input:
        return "the file seems cut off";
    default:
        return "the file must be JSON";
    }
}

bool json_source_without_memory(const json_error_t *fault) {
    return fault->text[0] == '\0' || json_error_code(fault) == json_error_out_of_memory;
}

entrain_status json_source_parse(const char *path, const char *text, size_t size, json_t **tree_out,
                                 entrain_error *error_out) {
    if (too_many_values(text, size))
        return entrain_error_set(
            error_out, ENTRAIN_LIMIT,
            "%s holds more than %d million values; put long lists into files of their own and name "
            "them (distribution = \"file\").",
            path, VALUES_MAX / 1000000);
    json_error_t fault = {0};
    json_t *tree = json_loadb(text, size, JSON_REJECT_DUPLICATES, &fault);
    if (tree == NULL) {
        wording what = words_text(fault.text);
        if (json_source_without_memory(&fault))
            return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                     "%s: no memory left for the scenario; free some.", path);
        return entrain_error_set(error_out, ENTRAIN_PARSE, "%s:%d:%d: %s; %s.", path, fault.line,
                                 fault.column, what.text, advice(&fault));
    }
    json_t *inner = json_object_get(tree, "scenario");
    const char *what = inner != NULL ? "its \"scenario\"" : "the scenario";
    json_t *chosen = json_incref(inner != NULL ? inner : tree), *sweep = json_object_get(tree, "sweep");
    if (inner != NULL && sweep != NULL) // a sweep's manifest: what was swept, too
        json_object_set(inner, "sweep", sweep);
    json_decref(tree);
    if (!json_is_object(chosen)) {
        wording is = words_value(chosen);
        json_decref(chosen);
        return entrain_error_set(error_out, ENTRAIN_PARSE,
                                 "%s: %s is %s; it must be an object, as in {\"swarm\": {\"size\": 1000}}.",
                                 path, what, is.text);
    }
    *tree_out = chosen;
    return ENTRAIN_OK;
}
