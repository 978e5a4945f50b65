// The sweeps that a script asks for.
#include <stdio.h>
#include <stdlib.h>

#include "sims/script_calls.h"
#include "sims/sweep_execute.h"

// A row as a script sees it: { run, point, replica, seed, direction, values, and the columns }, failed
// ones with why.
static json_t *row_of(const sweep_run *run, const json_t *entry) {
    json_t *row = script_calls_answer(entry);
    bool made = row != NULL;
    made = made && json_object_set_new(row, "run", json_integer(run->index)) == 0;
    made = made && json_object_set_new(row, "point", json_integer(run->point)) == 0;
    made = made && json_object_set_new(row, "replica", json_integer(run->replica)) == 0;
    made = made && json_object_set_new(row, "seed", json_integer((json_int_t)run->seed)) == 0;
    made = made && json_object_set(row, "values", run->values) == 0;
    if (made && run->direction != NULL)
        made = json_object_set_new(row, "direction", json_string(run->direction)) == 0;
    if (made)
        return row;
    json_decref(row);
    return NULL;
}

static json_t *rows_of(const sweep_plan *plan, json_t *const *rows) {
    json_t *list = json_array();
    for (uint32_t i = 0; list != NULL && i < plan->run_count; i++)
        if (rows[i] != NULL && json_array_append_new(list, row_of(&plan->runs[i], rows[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

// What the journal says of a sweep itself; its runs stand under keys of their own.
static entrain_status announce(script_calls *calls, const char *where, const char *hash) {
    const json_t *known = NULL;
    entrain_status status = script_calls_look_up(calls, where, hash, &known);
    if (status != ENTRAIN_OK || known != NULL)
        return status;
    json_t *entry = json_pack("{s:s, s:s}", "call", "sweep", "hash", hash);
    status = entry != NULL ? script_calls_keep(calls, entry) : script_calls_no_memory(where, &calls->fatal);
    json_decref(entry);
    return status;
}

static entrain_status execute(script_calls *calls, const sweep_plan *plan, const script_call_options *read,
                              const char *where, json_t **result_out, entrain_error *error_out) {
    char hash[17], scope[64];
    sweep_tally tally = {0};
    json_t **rows = NULL;
    script_calls_hash_text(plan->hash, hash);
    if (script_calls_next(calls, error_out) != ENTRAIN_OK)
        return ENTRAIN_CANCELLED;
    snprintf(scope, sizeof scope, "sweep:%u:%s/", calls->count, hash);
    if (announce(calls, where, hash) != ENTRAIN_OK)
        return script_calls_end(calls, error_out);
    const sweep_execution what = {.plan = plan,
                                  .log = calls->log,
                                  .scope = scope,
                                  .workers = read->workers,
                                  .timeout_s = read->timeout_s,
                                  .quiet = calls->quiet};
    fflush(stdout);
    if (sweep_execute(&what, &rows, &tally, &calls->fatal) != ENTRAIN_OK || tally.interrupted)
        calls->over = true;
    calls->runs += tally.done;
    calls->failed += tally.failed;
    calls->earlier += tally.earlier;
    if (!calls->over && (*result_out = rows_of(plan, rows)) == NULL) {
        script_calls_no_memory(where, &calls->fatal);
        calls->over = true;
    }
    if (rows != NULL)
        sweep_rows_free(rows, plan->run_count);
    return calls->over ? script_calls_end(calls, error_out) : ENTRAIN_OK;
}

entrain_status script_calls_sweep(script_calls *calls, const char *where, json_t *tree, const json_t *options,
                                  json_t **result_out, entrain_error *error_out) {
    script_call_options read = {0};
    sweep_plan *plan = NULL;
    if (json_object_get(tree, "sweep") == NULL)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: nothing is swept; say what, as in sweep = { [\"swarm.size\"] = { 100, 1000 } }, or "
            "call simulate{...}.",
            where);
    entrain_status status = script_calls_options(calls, where, options, tree, &read, error_out);
    if (status == ENTRAIN_OK)
        status = sweep_plan_make_tree(where, tree, &plan, error_out);
    if (status == ENTRAIN_OK)
        status = execute(calls, plan, &read, where, result_out, error_out);
    sweep_plan_free(plan);
    return status;
}
