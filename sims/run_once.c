// A run without files: the body of `entrain run`, and nobody to show it to.
#include "sims/run_once.h"

#include "sims/interrupt.h"
#include "sims/progress.h"
#include "sims/run_body.h"
#include "sims/say.h"

static entrain_status on_sample(void *context, const entrain_phase_sample *sample, entrain_error *error_out) {
    return run_body_sample(context, sample, error_out);
}

static void on_event(void *context, uint32_t index) { run_body_event(context, index); }

static run_end carry_out(run_body *body, entrain_error *error_out) {
    const scenario *given = body->given;
    entrain_engine *engine = entrain_swarm_engine(body->swarm);
    const run_plan plan = {.swarm = body->swarm,
                           .tick_count = given->tick_count,
                           .record_every_ticks = given->record_every_ticks,
                           .stop = given->stop,
                           .events = &body->events,
                           .on_sample = on_sample,
                           .context = body};
    interrupt_watch(engine);
    progress_begin(NULL, given->tick_count, entrain_engine_step_s(engine), given->stop.enabled, body->quiet);
    body->carried_s = wall_now_s();
    if (body->timeout_s > 0)
        entrain_engine_set_deadline(engine, body->timeout_s);
    const run_end end = run_loop(&plan, error_out);
    progress_end();
    return end == RUN_END_CALLER ? RUN_END_FAILED : end; // no memory for a sample
}

run_end run_once(const run_once_plan *plan, json_t **summary_out, json_t **execution_out,
                 entrain_error *error_out) {
    run_body body = {.given = plan->given,
                     .name = plan->name,
                     .where = plan->where,
                     .timeout_s = plan->timeout_s,
                     .quiet = !plan->progress,
                     .begun_s = wall_now_s()};
    run_end end = RUN_END_FAILED;
    *summary_out = NULL;
    if (execution_out != NULL)
        *execution_out = NULL;
    entrain_status status = run_body_begin(&body, error_out);
    body.events.told = on_event;
    body.events.context = &body;
    body.events.quiet = plan->quiet;
    if (status == ENTRAIN_OK)
        end = carry_out(&body, error_out);
    if (body.outcome.count > 0) {
        if (plan->control)
            run_body_control(&body, end, false);
        run_body_finish(&body, end);
        *summary_out = json_incref(body.summary);
        if (execution_out != NULL)
            *execution_out = json_incref(body.execution);
        if (end != RUN_END_FAILED && run_body_check(&body, error_out) != ENTRAIN_OK)
            end = RUN_END_FAILED;
    }
    interrupt_watch(NULL);
    run_body_end(&body);
    return end;
}
