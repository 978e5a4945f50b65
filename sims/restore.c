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

// The swarm is the one that was written; then events and everything that judges are exchanged.
static entrain_status begin_branch(run_restore *restore, run_body *body, run_position *position,
                                   entrain_error *error_out) {
    static const scenario_events none;
    const scenario *wanted = body->given;
    const uint64_t tick = restore->head.tick;
    event_run events = {0};
    branch_carry(&restore->written, wanted);
    body->given = &restore->written;
    entrain_status status = run_body_begin(body, error_out);
    body->given = wanted;
    if (status == ENTRAIN_OK) // looked at while the swarm stands at tick 0
        status = event_run_begin(&events, wanted->events != NULL ? wanted->events : &none, body->swarm,
                                 body->where, error_out);
    if (status == ENTRAIN_OK)
        status = checkpoint_read(restore->archive, body, position, error_out);
    if (status == ENTRAIN_OK) {
        event_run_branch(&events, &body->events, tick);
        const event_run left = body->events;
        body->events = events;
        events = left;
        if (body->events.next > 0)
            say_note("%s up to t = %.6g s, where the branch begins, %s passed over",
                     text_counted(body->events.next, "event").text, restore->head.time_s,
                     body->events.next == 1 ? "is" : "are");
        status = branch_apply(&body->events, &restore->written, wanted, restore->changed, sizeof restore->changed,
                              error_out);
    }
    if (status == ENTRAIN_OK)
        status = judge_anew(body, error_out);
    *position = (run_position){0};
    event_run_end(&events);
    return status;
}

entrain_status restore_begin(run_restore *restore, run_body *body, run_position *position,
                             entrain_error *error_out) {
    if (restore->branch)
        return begin_branch(restore, body, position, error_out);
    entrain_status status = run_body_begin(body, error_out);
    if (status == ENTRAIN_OK)
        status = checkpoint_read(restore->archive, body, position, error_out);
    return status;
}

char *restore_home(const run_restore *restore) {
    const char *slash = strrchr(restore->head.path, '/');
    char *home = slash == NULL                 ? strdup(".")
                 : slash == restore->head.path ? strdup("/")
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

entrain_status restore_record(run_restore *restore, const char *directory, uint32_t groups, const char *further,
                              run_recorder **recorder_out, entrain_error *error_out) {
    if (!restore->given || restore->branch)
        return recorder_open(directory, groups, further, recorder_out, error_out);
    entrain_status status = recorder_continue(directory, restore->archive, recorder_out, error_out);
    if (status != ENTRAIN_OK)
        return status;
    status = entrain_archive_end(restore->archive, error_out);
    restore->archive = NULL;
    return status;
}

void restore_json(const run_restore *restore, entrain_swarm *swarm, const scenario *given, json_t *execution) {
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
    *restore = (run_restore){0};
}
