// Runs and ladders; searches are in sweep_find.c.
#include "sims/sweep_unit.h"

#include <math.h>
#include <string.h>

#include "sims/control_run.h"
#include "sims/interrupt.h"
#include "sims/run_body.h"
#include "sims/say.h"
#include "sims/words.h"

// --- Entries

static bool emit(const sweep_unit_job *job, json_t *entry) {
    const bool taken = job->emit(job->context, entry);
    json_decref(entry);
    return taken;
}

bool sweep_emit_done(const sweep_unit_job *job, const sweep_run *run, json_t *result, double wall_s,
                     double ticks_per_s) {
    json_t *entry = json_object();
    json_object_set_new(entry, "run", json_integer(run->index));
    json_object_set_new(entry, "status", json_string("done"));
    json_object_set_new(entry, "result", result);
    json_object_set_new(entry, "wall_s", json_number(wall_s));
    json_object_set_new(entry, "ticks_per_s", json_number(ticks_per_s));
    return emit(job, entry);
}

bool sweep_emit_failed(const sweep_unit_job *job, const sweep_run *run, double wall_s, const char *reason) {
    char line[1024];
    words_line(reason, line, sizeof line);
    json_t *entry = json_object();
    json_object_set_new(entry, "run", json_integer(run->index));
    json_object_set_new(entry, "status", json_string("failed"));
    json_object_set_new(entry, "reason", json_string(line));
    json_object_set_new(entry, "wall_s", json_number(wall_s));
    return emit(job, entry);
}

static entrain_status say_timeout(const sweep_unit_job *job, uint64_t tick, uint64_t tick_count,
                                  entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_TIMEOUT,
                             "The %g s of --timeout were over at tick %s of %s; allow it more.",
                             job->timeout_s, text_count(tick).text, text_count(tick_count).text);
}

static double number_at(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

// --- A run

entrain_status sweep_unit_scenario(const sweep_unit_job *job, const sweep_run *run, const json_t *value,
                                   scenario *scenario_out, entrain_error *error_out) {
    const entrain_status status =
        sweep_plan_scenario(job->plan, run->index, value, job->workers, scenario_out, error_out);
    if (status == ENTRAIN_OK && job->beside_others) // each would begin with the first cpu
        scenario_out->swarm.engine.scheduler.pin = false;
    return status;
}

// A control run that did not come to its end leaves a gap in the result that it would not have elsewhere.
static void look_at_control(sweep_once *once, const json_t *summary, const scenario *given) {
    const char *missing = json_string_value(json_object_get(json_object_get(summary, "worth"), "missing"));
    if (once->result == NULL || missing == NULL || given->swarm.size > CONTROL_AGENTS_MAX)
        return;
    json_decref(once->result);
    once->result = NULL;
    once->end = interrupt_requested() ? RUN_END_INTERRUPTED : RUN_END_FAILED;
    (void)entrain_error_set(&once->error, ENTRAIN_TIMEOUT,
                            "Its figures lack what synchronizing was worth, for %s; allow --timeout more.",
                            missing);
}

sweep_once sweep_carry_out_once(const sweep_unit_job *job, const sweep_run *run, const json_t *value,
                                bool control) {
    const double begun_s = wall_now_s();
    sweep_once once = {.end = RUN_END_FAILED};
    scenario given;
    if (sweep_unit_scenario(job, run, value, &given, &once.error) != ENTRAIN_OK)
        return once;
    json_t *summary = NULL, *execution = NULL;
    const run_once_plan plan = {.given = &given,
                                .name = job->plan->name,
                                .where = job->plan->path,
                                .timeout_s = job->timeout_s,
                                .control = control,
                                .quiet = true};
    once.end = run_once(&plan, &summary, &execution, &once.error);
    if (once.end == RUN_END_DURATION || once.end == RUN_END_STOP)
        once.result = result_row(summary);
    once.ticks = (uint64_t)json_integer_value(json_object_get(summary, "ticks"));
    once.ticks_per_s = number_at(execution, "ticks_per_s");
    if (once.end == RUN_END_TIMEOUT)
        (void)say_timeout(job, once.ticks, given.tick_count, &once.error);
    look_at_control(&once, summary, &given);
    json_decref(summary);
    json_decref(execution);
    scenario_free(&given);
    once.wall_s = wall_now_s() - begun_s;
    return once;
}

static void carry_out_single(const sweep_unit_job *job, const sweep_run *run) {
    sweep_once once = sweep_carry_out_once(job, run, NULL, true);
    if (once.result != NULL)
        sweep_emit_done(job, run, once.result, once.wall_s, once.ticks_per_s);
    else if (once.end != RUN_END_INTERRUPTED)
        sweep_emit_failed(job, run, once.wall_s, once.error.sentence);
}

// --- A ladder

// What the agents' figures count from the swarm's beginning, and what of it no step can have as its own.
static const char *const counted[] = {
    "generated", "delivered",         "shed",     "calls",  "calls_failed",
    "cost",      "energy_spent_each", "switches", "pulses", "breaker_opened"};
static const char *const mingled[] = {"batch_mean", "wait_mean_s", "wait_p50_s",
                                      "wait_p95_s", "wait_p99_s",  "wait_max_s"};
enum { COUNTED = sizeof counted / sizeof *counted, MINGLED = sizeof mingled / sizeof *mingled };

typedef struct ladder {
    const sweep_unit_job *job;
    const char *key;
    scenario given; ///< of the first step
    scenario now;   ///< of this one: the same but for the value; borrows all from the first
    run_body body;
    double before[COUNTED];
    uint32_t steps; ///< done
} ladder;

static double value_of(const ladder *up, const sweep_run *run) { return number_at(run->values, up->key); }

static entrain_status on_sample(void *context, const entrain_phase_sample *sample, entrain_error *error_out) {
    return run_body_sample(&((ladder *)context)->body, sample, error_out);
}

// Later steps have times of their own, and no recovery is watched in them.
static void on_event(void *context, uint32_t index) {
    ladder *up = context;
    if (up->steps == 0)
        run_body_event(&up->body, index);
}

// Everything that can be refused is, before the first tick. What requests are like is not tried: a change
// is a change to them, though it be taken back.
static entrain_status begin_ladder(ladder *up, const sweep_run *runs, uint32_t count,
                                   entrain_error *error_out) {
    const sweep_plan *plan = up->job->plan;
    entrain_status status = sweep_unit_scenario(up->job, &runs[0], NULL, &up->given, error_out);
    if (status != ENTRAIN_OK)
        return status;
    up->now = up->given;
    up->body = (run_body){.given = &up->now, .name = plan->name, .where = plan->path, .quiet = true};
    up->body.begun_s = wall_now_s();
    status = run_body_begin(&up->body, error_out);
    up->body.events.told = on_event;
    up->body.events.context = up;
    up->body.events.quiet = true;
    const bool tried = strncmp(up->key, "model.", 6) == 0 || strncmp(up->key, "agent.", 6) == 0;
    for (uint32_t r = 0; status == ENTRAIN_OK && tried && r < count; r++)
        status = event_run_set(&up->body.events, up->key, value_of(up, &runs[r]), error_out);
    if (status == ENTRAIN_OK && tried)
        status = event_run_set(&up->body.events, up->key, value_of(up, &runs[0]), error_out);
    return status;
}

static void end_ladder(ladder *up) {
    interrupt_watch(NULL);
    run_body_end(&up->body);
    scenario_free(&up->given);
}

// What the step did, not all that came before it as well.
static void take_apart(ladder *up, json_t *row) {
    for (size_t c = 0; c < COUNTED; c++) {
        const json_t *value = json_object_get(row, counted[c]);
        if (!json_is_number(value))
            continue;
        const double now = json_number_value(value), own = now - up->before[c];
        json_object_set_new(row, counted[c],
                            json_is_integer(value) ? json_integer((json_int_t)own) : json_number(own));
        up->before[c] = now;
    }
    for (size_t m = 0; up->steps > 0 && m < MINGLED; m++)
        json_object_set_new(row, mingled[m], json_null());
}

static json_t *row_of(ladder *up) {
    json_t *theory = json_object_get(up->body.summary, "theory");
    const char *quantity = json_string_value(json_object_get(theory, "quantity"));
    // How long synchronizing takes is known from phases that nobody has arranged.
    if (up->steps > 0 && quantity != NULL && strcmp(quantity, "sync_time_s") == 0)
        json_object_del(up->body.summary, "theory");
    json_t *row = result_row(up->body.summary);
    take_apart(up, row);
    return row;
}

// One step: *row_out, or NULL with a sentence or, interrupted, without one.
static run_end climb(ladder *up, const sweep_run *run, json_t **row_out, entrain_error *error_out) {
    entrain_engine *engine = entrain_swarm_engine(up->body.swarm);
    *row_out = NULL;
    if (up->steps > 0) {
        events_put_value(&up->now.swarm, up->key, value_of(up, run));
        if (run_body_go_on(&up->body, NULL, error_out) != ENTRAIN_OK ||
            event_run_set(&up->body.events, up->key, value_of(up, run), error_out) != ENTRAIN_OK)
            return RUN_END_FAILED;
    }
    const run_plan plan = {.swarm = up->body.swarm,
                           .tick_count = up->body.from_tick + up->now.tick_count,
                           .record_every_ticks = up->now.record_every_ticks,
                           .begun_tick = up->body.from_tick,
                           .stop = up->now.stop,
                           .events = &up->body.events,
                           .on_sample = on_sample,
                           .context = up};
    interrupt_watch(engine);
    entrain_engine_set_deadline(engine, up->job->timeout_s);
    run_end end = run_loop(&plan, error_out);
    if (end == RUN_END_TIMEOUT)
        (void)say_timeout(up->job, up->body.outcome.last.tick, up->now.tick_count, error_out);
    if (end != RUN_END_DURATION && end != RUN_END_STOP)
        return end;
    run_body_finish(&up->body, end);
    if (run_body_check(&up->body, error_out) != ENTRAIN_OK)
        return RUN_END_FAILED;
    *row_out = row_of(up);
    return end;
}

// The rest of a ladder whose step @p failed did.
static void fail_rest(const sweep_unit_job *job, const sweep_run *runs, uint32_t count,
                      const sweep_run *failed, double wall_s, const char *sentence) {
    char reason[1024];
    for (uint32_t r = 0; r < count; r++) {
        if (&runs[r] == failed)
            snprintf(reason, sizeof reason, "%s", sentence);
        else
            snprintf(reason, sizeof reason, "Its ladder ended at %s = %s (run %u): %.700s",
                     job->plan->climbed,
                     words_value(json_object_get(failed->values, job->plan->climbed)).text, failed->index,
                     sentence);
        if (runs[r].chosen && !sweep_emit_failed(job, &runs[r], &runs[r] == failed ? wall_s : 0, reason))
            return;
    }
}

static void carry_out_ladder(const sweep_unit_job *job, const sweep_run *runs, uint32_t count) {
    ladder up = {.job = job, .key = job->plan->climbed};
    entrain_error error = {0};
    while (count > 0 && !runs[count - 1].chosen) // nobody asks what comes after
        count--;
    if (count == 0)
        return;
    double begun_s = wall_now_s();
    if (begin_ladder(&up, runs, count, &error) != ENTRAIN_OK) {
        for (uint32_t r = 0; r < count; r++)
            if (runs[r].chosen && !sweep_emit_failed(job, &runs[r], 0, error.sentence))
                break;
        count = 0;
    }
    for (uint32_t r = 0; r < count; r++, up.steps++) {
        json_t *row;
        const run_end end = climb(&up, &runs[r], &row, &error);
        const double wall_s = wall_now_s() - begun_s;
        begun_s += wall_s;
        if (row == NULL) {
            if (end != RUN_END_INTERRUPTED)
                fail_rest(job, &runs[r], count - r, &runs[r], wall_s, error.sentence);
            break;
        }
        if (!runs[r].chosen)
            json_decref(row);
        else if (!sweep_emit_done(job, &runs[r], row, wall_s,
                                  wall_s > 0 && up.body.outcome.last.tick > 0
                                      ? (double)up.body.outcome.last.tick / wall_s
                                      : NAN))
            break;
    }
    end_ladder(&up);
}

// ---

void sweep_unit_carry_out(const sweep_unit_job *job) {
    const sweep_unit *unit = &job->plan->units[job->unit];
    const sweep_run *runs = &job->plan->runs[unit->first_run];
    if (unit->kind == SWEEP_LADDER) {
        carry_out_ladder(job, runs, unit->run_count);
        return;
    }
    for (uint32_t r = 0; r < unit->run_count && !interrupt_requested(); r++) {
        if (!runs[r].chosen)
            continue;
        if (unit->kind == SWEEP_FIND)
            sweep_find_carry_out(job, &runs[r]);
        else
            carry_out_single(job, &runs[r]);
    }
}
