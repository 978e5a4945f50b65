// The runs that a script asks for.
#include "sims/script_calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sims/scenario_text.h"

// Below so many actors to a worker, waiting for each other costs more than a further worker brings.
enum { ACTORS_PER_WORKER = 4096, WORKERS_MAX = 256 };

entrain_status script_calls_end(script_calls *calls, entrain_error *error_out) {
    calls->over = true;
    return entrain_error_set(error_out, ENTRAIN_CANCELLED, "The script was ended.");
}

entrain_status script_calls_no_memory(const char *where, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory left for a run; free some.", where);
}

// --- Options

static entrain_status refuse_option(const char *where, const char *key, const json_t *value,
                                    const char *wanted, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_INVALID, "%s: the option %s is %s; it must be %s.", where,
                             key, words_value(value).text, wanted);
}

// { workers = 2, timeout = 60, seed = 7 }; the seed goes into the tree.
entrain_status script_calls_options(const script_calls *calls, const char *where, const json_t *options,
                                    json_t *tree, script_call_options *options_out,
                                    entrain_error *error_out) {
    static const char *const names[] = {"workers", "timeout", "seed", NULL};
    script_call_options read = {.workers = calls->workers, .timeout_s = calls->timeout_s};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)options, key, value) { // the cast: jansson's iterators know no const
        const double number = json_number_value(value);
        if (strcmp(key, "workers") == 0) {
            if (!(number >= 1 && number <= WORKERS_MAX) || number != (double)(uint32_t)number)
                return refuse_option(where, key, value, "a whole number from 1 to 256", error_out);
            read.workers = (uint32_t)number;
        } else if (strcmp(key, "timeout") == 0) {
            if (!(number > 0))
                return refuse_option(where, key, value, "a number of seconds above 0", error_out);
            read.timeout_s = number;
        } else if (strcmp(key, "seed") == 0) {
            if (json_object_set(tree, "seed", value) != 0)
                return script_calls_no_memory(where, error_out);
        } else {
            const char *nearest = entrain_nearest_word(key, names);
            return entrain_error_set(
                error_out, ENTRAIN_UNKNOWN,
                "%s: there is no option \"%s\"%s%s%s; there are workers, timeout and seed.", where,
                words_text(key).text, nearest != NULL ? " (did you mean " : "",
                nearest != NULL ? nearest : "", nearest != NULL ? "?)" : "");
        }
    }
    if (options != NULL && !json_is_object(options))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: the options are a list; give a table, as in { workers = 2 }.", where);
    if (json_object_get(tree, "seed") == NULL &&
        json_object_set_new(tree, "seed", json_integer((json_int_t)calls->seed)) != 0)
        return script_calls_no_memory(where, error_out);
    *options_out = read;
    return ENTRAIN_OK;
}

// --- The journal

entrain_status script_calls_next(script_calls *calls, entrain_error *error_out) {
    const bool first = !calls->begun;
    calls->begun = true;
    if (first && calls->begin != NULL && calls->begin(calls) != ENTRAIN_OK)
        return script_calls_end(calls, error_out);
    calls->count++;
    return ENTRAIN_OK;
}

static void call_key(uint32_t number, char key_out[24]) { snprintf(key_out, 24, "call:%u", number); }

// The entry of the call, borrowed; NULL: it has to be carried out. Not ENTRAIN_OK: it asked something
// else before.
entrain_status script_calls_look_up(script_calls *calls, const char *where, const char *hash,
                                    const json_t **entry_out) {
    char key[24];
    *entry_out = NULL;
    call_key(calls->count, key);
    const json_t *entry = calls->log != NULL ? journal_find(calls->log, key) : NULL;
    if (entry == NULL)
        return ENTRAIN_OK;
    const char *asked = json_string_value(json_object_get(entry, "hash"));
    if (asked != NULL && strcmp(asked, hash) == 0) {
        *entry_out = entry;
        return ENTRAIN_OK;
    }
    if (calls->changed)
        return ENTRAIN_OK;
    calls->over = true;
    return entrain_error_set(
        &calls->fatal, ENTRAIN_MISMATCH,
        "%s: run %u is not what it was before the script was resumed, though all before it was answered the "
        "same; what a "
        "script asks may depend on answers and arguments only. Start it anew with --force.",
        where, calls->count);
}

entrain_status script_calls_keep(script_calls *calls, json_t *entry) {
    char key[24];
    call_key(calls->count, key);
    if (calls->log == NULL)
        return ENTRAIN_OK;
    entrain_status status = journal_append(calls->log, key, entry, &calls->fatal);
    calls->over = calls->over || status != ENTRAIN_OK;
    return status;
}

void script_calls_hash_text(uint64_t hash, char text_out[17]) {
    snprintf(text_out, 17, "%016llx", (unsigned long long)hash);
}

static bool hash_of(const json_t *tree, char text_out[17]) {
    char *text = json_dumps(tree, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    if (text == NULL)
        return false;
    script_calls_hash_text(XXH3_64bits(text, strlen(text)), text_out);
    free(text);
    return true;
}

// --- simulate

// What a script is given for an entry: the columns by name, and the rest beside them.
json_t *script_calls_answer(const json_t *entry) {
    static const char *const beside[] = {"summary", "wall_s", "ticks_per_s", "resident_bytes"};
    json_t *answer = json_object();
    if (answer == NULL)
        return NULL;
    json_t *columns = json_object_get(entry, "result");
    bool made = !json_is_object(columns) || json_object_update(answer, columns) == 0;
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        json_t *value = json_object_get(entry, beside[i]);
        made = made && (value == NULL || json_object_set(answer, beside[i], value) == 0);
    }
    json_t *reason = json_object_get(entry, "reason");
    if (reason != NULL)
        made = made && json_object_set(answer, "failed", reason) == 0;
    if (made)
        return answer;
    json_decref(answer);
    return NULL;
}

static entrain_status carry_out(script_calls *calls, const scenario *given, const char *where,
                                const char *hash, double timeout_s, json_t **entry_out,
                                entrain_error *error_out) {
    const script_run_job job = {
        .given = given, .name = calls->name, .where = where, .timeout_s = timeout_s, .quiet = calls->quiet};
    json_t *entry = NULL;
    fflush(stdout); // what was said is seen while the run goes on
    entrain_status status = calls->one(&job, &entry, &calls->fatal);
    if (status == ENTRAIN_OK && (json_object_set_new(entry, "call", json_string("simulate")) != 0 ||
                                 json_object_set_new(entry, "hash", json_string(hash)) != 0))
        status = script_calls_no_memory(where, &calls->fatal);
    if (status == ENTRAIN_OK)
        status = script_calls_keep(calls, entry);
    if (status != ENTRAIN_OK) {
        json_decref(entry);
        return script_calls_end(calls, error_out);
    }
    *entry_out = entry;
    return ENTRAIN_OK;
}

static uint32_t workers_for(uint32_t size, uint32_t wanted) {
    const uint32_t cpus = entrain_scheduler_cpus(), useful = 1 + size / ACTORS_PER_WORKER;
    return wanted > 0 ? wanted : useful < cpus ? useful : cpus;
}

entrain_status script_calls_simulate(script_calls *calls, sandbox *box, const char *where, json_t *tree,
                                     const json_t *options, json_t **result_out, entrain_error *error_out) {
    script_call_options read = {0};
    scenario given = {0};
    char hash[17];
    if (json_object_get(tree, "sweep") != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: simulate carries out one run; a table with a sweep goes to sweep{...}.",
                                 where);
    entrain_status status = script_calls_options(calls, where, options, tree, &read, error_out);
    const scenario_source source = {.path = where};
    if (status == ENTRAIN_OK)
        status = scenario_load_tree(&source, tree, box, &given, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (json_object_get(json_object_get(given.resolved, "exec"), "workers") == NULL)
        given.swarm.engine.scheduler.worker_count = workers_for(given.swarm.size, read.workers);

    const json_t *known = NULL;
    json_t *entry = NULL;
    status = script_calls_next(calls, error_out);
    if (status == ENTRAIN_OK && !hash_of(given.resolved, hash))
        status = script_calls_no_memory(where, error_out);
    if (status == ENTRAIN_OK && script_calls_look_up(calls, where, hash, &known) != ENTRAIN_OK)
        status = script_calls_end(calls, error_out);
    if (status == ENTRAIN_OK && known == NULL)
        status = carry_out(calls, &given, where, hash, read.timeout_s, &entry, error_out);
    scenario_free(&given);
    if (status == ENTRAIN_OK) {
        calls->runs++;
        calls->earlier += known != NULL;
        calls->failed += json_object_get(known != NULL ? known : entry, "reason") != NULL;
        *result_out = script_calls_answer(known != NULL ? known : entry);
        if (*result_out == NULL)
            status = script_calls_no_memory(where, error_out);
    }
    json_decref(entry);
    return status;
}
