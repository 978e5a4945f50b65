// Taking up a run.
#include "sims/restore.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sims/events_list.h"
#include "sims/run_state.h"
#include "sims/say.h"

static entrain_status load(const checkpoint_head *head, const cli_options *options, scenario *scenario_out,
                           entrain_error *error_out) {
    scenario_source source = {.path = head->place};
    if (options != NULL) {
        source.sets = options->sets;
        source.set_count = options->set_count;
        source.disruptions = options->disruptions;
        source.disruption_count = options->disruption_count;
    }
    if (options == NULL || options->operand == NULL)
        return scenario_load_words(&source, head->text, scenario_out, error_out);
    source.path = options->operand;
    return scenario_load(&source, scenario_out, error_out);
}

// A branch's swarm was created from another scenario than the run's.
static entrain_status open_origin(run_restore *restore, entrain_error *error_out) {
    const checkpoint_head *head = &restore->head;
    const scenario_source source = {.path = head->place};
    if (restore->branch)
        restore->branched = branch_json(head, &restore->written);
    else if (head->branched[0] != '\0')
        restore->branched = json_loads(head->branched, JSON_REJECT_DUPLICATES, NULL);
    return head->origin[0] != '\0' ? scenario_load_words(&source, head->origin, &restore->origin, error_out)
                                   : ENTRAIN_OK;
}

entrain_status restore_open(run_restore *restore, const cli_options *options, scenario *wanted_out,
                            entrain_error *error_out) {
    scenario wanted = {0};
    restore->branch = options->branch;
    entrain_status status = checkpoint_open(options->restore, &restore->archive, &restore->head, error_out);
    if (status != ENTRAIN_OK)
        return status;
    restore->given = true;
    status = load(&restore->head, NULL, &restore->written, error_out);
    if (status == ENTRAIN_OK)
        status = load(&restore->head, options, &wanted, error_out);
    if (status == ENTRAIN_OK)
        status = branch_check(&restore->head, &restore->written, &wanted, restore->branch, error_out);
    if (status == ENTRAIN_OK)
        status = open_origin(restore, error_out);
    if (status == ENTRAIN_OK)
        *wanted_out = wanted;
    else
        scenario_free(&wanted);
    return status;
}

// The outcome, the goal and the recoveries of a branch are its own.
static entrain_status judge_anew(run_body *body, entrain_error *error_out) {
    outcome_fini(&body->outcome);
    outcome_init(&body->outcome, &body->given->stop);
    goal_report_free(&body->goal);
    goal_report_foresee(&body->goal, body->given);
    recoveries_fini(&body->recoveries);
    recoveries_begin(&body->recoveries, body->swarm);
    return goal_report_begin(&body->goal, body->swarm, error_out);
}

const scenario *restore_origin(const run_restore *restore) {
    return restore->origin.resolved != NULL ? &restore->origin : restore->branch ? &restore->written : NULL;
}

// The events of the run that is left are read, and then those of the branch go on from there.
static entrain_status read_branch(run_restore *restore, run_body *body, run_position *position,
                                  entrain_error *error_out) {
    static const scenario_events none;
    event_run left = {0}, own = body->events;
    const bool without = own.list == NULL;
    entrain_status status = ENTRAIN_OK;
    if (without) // so that it knows the swarm's beginning
        status = event_run_begin(&own, &none, body->swarm, body->where, error_out);
    if (status == ENTRAIN_OK)
        status = event_run_begin(&left, restore->written.events, body->swarm, body->where, error_out);
    body->events = left;
    if (status == ENTRAIN_OK)
        status = checkpoint_read(restore->archive, body, position, error_out);
    left = body->events;
    body->events = own;
    if (status == ENTRAIN_OK) {
        event_run_branch(&body->events, &left, restore->head.tick);
        status = branch_apply(&body->events, &restore->written, body->given, restore->changed,
                              sizeof restore->changed, error_out);
    }
    event_run_end(&left);
    if (status == ENTRAIN_OK)
        status = judge_anew(body, error_out);
    *position = (run_position){0};
    return status;
}

entrain_status restore_begin(run_restore *restore, run_body *body, run_position *position,
                             entrain_error *error_out) {
    scenario *origin = (scenario *)(uintptr_t)restore_origin(restore);
    if (origin != NULL) {
        branch_carry(origin, body->given);
        body->config = &origin->swarm;
    }
    entrain_status status = run_body_begin(body, error_out);
    if (status == ENTRAIN_OK && restore->branch)
        return read_branch(restore, body, position, error_out);
    if (status == ENTRAIN_OK)
        status = checkpoint_read(restore->archive, body, position, error_out);
    return status;
}

uint64_t restore_begun_tick(const run_restore *restore) {
    return (uint64_t)json_integer_value(json_object_get(restore->branched, "tick"));
}

// What was to happen up to there has not happened in this run.
static void take_out_passed(json_t *summary, json_int_t tick) {
    json_t *events = json_object_get(summary, "events"), *first;
    json_int_t planned = json_integer_value(json_object_get(summary, "events_planned"));
    while ((first = json_array_get(events, 0)) != NULL && json_object_get(first, "by") == NULL &&
           json_integer_value(json_object_get(first, "tick")) <= tick) {
        json_array_remove(events, 0);
        planned--;
    }
    if (events != NULL)
        json_object_set_new(summary, "events_planned", json_integer(planned));
}

void restore_put_branched(const run_restore *restore, bool whole, json_t *json) {
    if (restore->branched == NULL)
        return;
    json_t *shown = json_copy(restore->branched);
    if (!whole) {
        json_object_del(shown, "file"); // a summary says the same wherever the file lay
        json_object_del(shown, "scenario");
        take_out_passed(json, (json_int_t)restore_begun_tick(restore));
    }
    json_object_set_new(json, "branched_from", shown);
}

char *restore_home(const run_restore *restore) {
    const char *slash = strrchr(restore->head.path, '/');
    char *home = slash == NULL ? strdup(".")
                 : slash == restore->head.path
                     ? strdup("/")
                     : strndup(restore->head.path, (size_t)(slash - restore->head.path));
    if (home == NULL)
        abort();
    return home;
}

bool restore_is_home(const run_restore *restore, const char *directory) {
    struct stat here, there;
    char *home = restore_home(restore);
    const bool is = stat(home, &here) == 0 && stat(directory, &there) == 0 && here.st_dev == there.st_dev &&
                    here.st_ino == there.st_ino;
    free(home);
    return is;
}

entrain_status restore_record(run_restore *restore, const char *directory, uint32_t groups,
                              const char *further, run_recorder **recorder_out, entrain_error *error_out) {
    if (!restore->given || restore->branch)
        return recorder_open(directory, groups, further, recorder_out, error_out);
    entrain_status status = recorder_continue(directory, restore->archive, recorder_out, error_out);
    if (status != ENTRAIN_OK)
        return status;
    status = entrain_archive_end(restore->archive, error_out);
    restore->archive = NULL;
    return status;
}

void restore_json(const run_restore *restore, entrain_swarm *swarm, const scenario *given,
                  json_t *execution) {
    entrain_engine_stats stats;
    entrain_engine_stats_read(entrain_swarm_engine(swarm), &stats);
    const double ticks = (double)(entrain_swarm_tick(swarm) - restore->head.tick);
    const double advance_s = (double)stats.advance_ns * 1e-9, updates = ticks * given->swarm.size;
    json_object_set_new(execution, "restored_at_tick", json_integer((json_int_t)restore->head.tick));
    json_object_set_new(execution, "ticks_per_s", json_real(advance_s > 0 ? ticks / advance_s : 0));
    json_object_set_new(execution, "ns_per_actor_tick",
                        json_real(updates > 0 ? (double)stats.advance_ns / updates : 0));
}

void restore_close(run_restore *restore) {
    entrain_archive_abandon(restore->archive);
    checkpoint_head_free(&restore->head);
    scenario_free(&restore->written);
    scenario_free(&restore->origin);
    json_decref(restore->branched);
    *restore = (run_restore){0};
}
