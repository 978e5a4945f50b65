// What every run does with its samples and its end, whoever asked for it.
#include "sims/run_body.h"

#include "sims/control_run.h"
#include "sims/interrupt.h"
#include "sims/say.h"
#include "sims/summary.h"

static entrain_status begin_judging(run_body *body, entrain_error *error_out) {
    outcome_init(&body->outcome, &body->given->stop);
    goal_report_foresee(&body->goal, body->given);
    entrain_status status = goal_report_begin(&body->goal, body->swarm, error_out);
    if (status == ENTRAIN_OK)
        recoveries_begin(&body->recoveries, body->swarm);
    return status;
}

static void end_judging(run_body *body) {
    outcome_fini(&body->outcome);
    goal_report_free(&body->goal);
    recoveries_fini(&body->recoveries);
    run_phases_free(&body->phases);
    json_decref(body->worth);
    json_decref(body->summary);
    json_decref(body->execution);
    body->worth = body->summary = body->execution = NULL;
}

entrain_status run_body_begin(run_body *body, entrain_error *error_out) {
    const scenario *given = body->given;
    const entrain_swarm_config *config = body->config != NULL ? body->config : &given->swarm;
    entrain_status status = entrain_swarm_create(config, &body->swarm, error_out);
    if (status == ENTRAIN_OK)
        status = event_run_begin(&body->events, given->events, body->swarm, body->where, error_out);
    if (status == ENTRAIN_OK)
        status = begin_judging(body, error_out);
    return status;
}

entrain_status run_body_go_on(run_body *body, const scenario *given, entrain_error *error_out) {
    body->from_observations += body->outcome.last.observations;
    body->from_tick = entrain_swarm_tick(body->swarm);
    end_judging(body);
    if (given != NULL)
        body->given = given;
    return begin_judging(body, error_out);
}

entrain_status run_body_sample(run_body *body, const entrain_phase_sample *taken, entrain_error *error_out) {
    entrain_phase_sample sample = *taken;
    if (body->from_tick > 0) {
        sample.tick -= body->from_tick;
        sample.time_s = (double)sample.tick * entrain_engine_step_s(entrain_swarm_engine(body->swarm));
        sample.observations -= body->from_observations;
    }
    entrain_status status = outcome_add(&body->outcome, &sample, error_out);
    if (status == ENTRAIN_OK)
        status = goal_report_add(&body->goal, &sample, error_out);
    if (status == ENTRAIN_OK)
        recoveries_sample(&body->recoveries, &sample);
    return status;
}

void run_body_event(run_body *body, uint32_t index) {
    if (!recoveries_event(&body->recoveries, body->events.list, index) && body->notes)
        say_note("there is no memory to watch how the swarm gets over it");
}

static void hold_against_control(run_body *body) {
    control_result control;
    entrain_workload_totals totals;
    entrain_error error = {0};
    control_plan plan = {.given = body->given,
                         .happened = &body->events,
                         .tick = body->outcome.last.tick,
                         .where = body->where,
                         .quiet = body->quiet};
    if (body->timeout_s > 0)
        plan.timeout_s = body->timeout_s - (wall_now_s() - body->carried_s);
    if (body->notes)
        say_note("control: the same requests%s, and nobody adjusts anything",
                 body->events.next > 0 ? " and events" : "");
    entrain_status status = entrain_workload_measure(entrain_swarm_workload(body->swarm), &totals);
    if (status == ENTRAIN_OK)
        status = control_run(&plan, &control, &error);
    interrupt_watch(entrain_swarm_engine(body->swarm));
    if (status != ENTRAIN_OK) {
        if (body->notes)
            say_note("the control run failed: %s", error.sentence);
        body->worth = control_json_missing("the control run failed");
    } else if (control.end != RUN_END_DURATION) {
        body->worth = control_json_missing("the control run was ended before its time");
    } else {
        double sum = 0;
        for (size_t s = 0; s < body->outcome.count; s++)
            sum += body->outcome.coherences[s];
        body->worth = control_json(&totals, sum / (double)body->outcome.count, &control);
    }
}

void run_body_control(run_body *body, run_end end, bool large) {
    const bool whole = end == RUN_END_DURATION || end == RUN_END_STOP;
    const char *missing = NULL;
    if (!control_applies(body->given))
        return;
    if (!whole)
        missing = "there was no control run: this one ended before its time";
    else if (body->given->swarm.size > CONTROL_AGENTS_MAX && !large)
        missing = "above 200,000 agents a control runs only with --control";
    if (missing == NULL) {
        hold_against_control(body);
        return;
    }
    if (whole && body->notes)
        say_note("%s", missing);
    body->worth = control_json_missing(missing);
}

void run_body_finish(run_body *body, run_end end) {
    uint32_t together = count_together(entrain_swarm_population(body->swarm), body->outcome.last.mean_phase);
    run_phases_take(body->swarm, &body->outcome, &body->phases);
    body->summary = summary_json(body->name, body->given, body->swarm, &body->outcome, end, together);
    run_phases_json(&body->phases, &body->outcome, body->summary);
    goal_report_json(&body->goal, body->summary);
    summary_put_events(body->summary, body->events.list, body->events.next, body->events.unlisted);
    if (body->worth != NULL)
        json_object_set(body->summary, "worth", body->worth);
    recoveries_end(&body->recoveries);
    recoveries_put(&body->recoveries, body->summary);
    body->execution = execution_json(body->given, body->swarm, wall_now_s() - body->begun_s);
}

entrain_status run_body_check(const run_body *body, entrain_error *error_out) {
    const json_t *messages = json_object_get(body->execution, "messages");
    if (json_integer_value(json_object_get(messages, "residual")) != 0)
        return entrain_error_set(
            error_out, ENTRAIN_MISMATCH,
            "messages were not conserved (see execution.json): this is a bug in Entrain; do not trust the "
            "result.");
    entrain_error requests = {0};
    entrain_status status = goal_report_check(&body->goal, &requests);
    if (status != ENTRAIN_OK)
        return entrain_error_set(error_out, status, "%s This is a bug in Entrain; do not trust the result.",
                                 requests.sentence);
    return ENTRAIN_OK;
}

void run_body_end(run_body *body) {
    event_run_end(&body->events);
    entrain_swarm_destroy(body->swarm);
    end_judging(body);
    *body = (run_body){0};
}
