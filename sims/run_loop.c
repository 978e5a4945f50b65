// From sample to sample. Between two samples the engine is advanced in chunks of about a tenth of a second,
// so that progress moves even where samples are far apart. How ticks are cut into chunks changes no result.
#include "sims/run_loop.h"

#include <math.h>
#include <stdbool.h>

#include "sims/interrupt.h"
#include "sims/progress.h"
#include "sims/say.h"

static const double chunk_s = 0.1;

const char *run_end_name(run_end end) {
    switch (end) {
    case RUN_END_DURATION:
        return "duration";
    case RUN_END_STOP:
        return "stop condition";
    case RUN_END_TIMEOUT:
        return "timeout";
    case RUN_END_INTERRUPTED:
        return "interrupted";
    case RUN_END_CALLER:
    case RUN_END_FAILED:
    case RUN_END_NONE:
        break;
    }
    return "failed";
}

// Whole ticks, so that a hold of 2 s at a step of 0.01 is 200 ticks whatever 2 / 0.01 rounds to.
static uint64_t hold_ticks(const run_plan *plan) {
    const double step_s = entrain_engine_step_s(entrain_swarm_engine(plan->swarm));
    const double hold = ceil(plan->stop.hold_s / step_s - 1e-6);
    return hold > 0 ? (uint64_t)hold : 0;
}

static bool stop_reached(const run_plan *plan, run_position *at) {
    const scenario_stop *stop = &plan->stop;
    if (!stop->enabled)
        return false;
    const entrain_phase_sample *sample = &at->sample;
    const bool holds =
        stop->below ? sample->coherence <= stop->coherence : sample->coherence >= stop->coherence;
    if (holds && !at->holding)
        at->holding_since = sample->tick;
    at->holding = holds;
    return holds && sample->tick - at->holding_since >= hold_ticks(plan);
}

// From here to @p target, or to a boundary before it that must not be run past.
static uint64_t ticks_ahead(const run_plan *plan, uint64_t tick, uint64_t target, uint64_t chunk) {
    uint64_t next = plan->next_boundary != NULL ? plan->next_boundary(plan->context, tick) : UINT64_MAX;
    next = next < target ? next : target;
    return next - tick < chunk ? next - tick : chunk;
}

static entrain_status advance_to(const run_plan *plan, uint64_t target, uint64_t *chunk,
                                 entrain_error *error_out, run_end *end_out) {
    event_run none = {.swarm = plan->swarm};
    event_run *events = plan->events != NULL ? plan->events : &none;
    uint64_t tick = entrain_swarm_tick(plan->swarm);
    *end_out = RUN_END_FAILED;
    while (tick < target) {
        const uint64_t ticks = ticks_ahead(plan, tick, target, *chunk);
        double begun_s = wall_now_s();
        entrain_status status = event_run_advance(events, ticks, error_out);
        if (status != ENTRAIN_OK)
            return status;
        double took_s = wall_now_s() - begun_s;
        if (took_s < chunk_s / 2 && ticks == *chunk)
            *chunk *= 2;
        else if (took_s > chunk_s * 2 && *chunk > 1)
            *chunk /= 2;
        tick = entrain_swarm_tick(plan->swarm);
        progress_update(tick);
        if (plan->on_boundary != NULL && plan->on_boundary(plan->context, false, error_out) != ENTRAIN_OK) {
            *end_out = RUN_END_CALLER;
            return ENTRAIN_IO;
        }
    }
    return ENTRAIN_OK;
}

// Begins windows of frequencies when the run is twice as old as at the last one, and at its planned middle:
// so there is one from about the middle of the run, wherever that ends. Where there is no memory for it
// there will be no window.
static void mark_window(const run_plan *plan, uint64_t tick, uint64_t *marked) {
    const uint64_t half = (plan->tick_count - plan->begun_tick) / 2;
    tick -= plan->begun_tick;
    bool middle = *marked < half && tick >= half;
    bool early = tick < half && tick >= 2 * *marked;
    if ((tick > 0 && !early && !middle) ||
        entrain_population_count(entrain_swarm_population(plan->swarm)) > RUN_WINDOW_ACTORS_MAX)
        return;
    entrain_phase_meter *meter = entrain_swarm_meter(plan->swarm);
    // The meter keeps two marks and takes the one nearest to half the swarm's age: who began later leaves
    // it no choice.
    if (entrain_phase_meter_mark(meter) == ENTRAIN_OK &&
        (plan->begun_tick == 0 || entrain_phase_meter_mark(meter) == ENTRAIN_OK))
        *marked = tick;
}

static entrain_status take_sample(const run_plan *plan, entrain_phase_sample *sample_out,
                                  entrain_error *error_out, run_end *end_out) {
    entrain_status status = entrain_swarm_sample(plan->swarm, sample_out);
    if (status != ENTRAIN_OK) {
        *end_out = RUN_END_FAILED;
        return entrain_error_set(error_out, status, "The swarm could not be measured: %s.",
                                 entrain_status_text(status));
    }
    progress_coherence(sample_out->coherence);
    *end_out = RUN_END_CALLER;
    return plan->on_sample(plan->context, sample_out, error_out);
}

// Stopped at a tick boundary, where going on is possible.
static entrain_status say_stopped(const run_plan *plan, entrain_error *error_out) {
    return plan->on_boundary != NULL ? plan->on_boundary(plan->context, true, error_out) : ENTRAIN_OK;
}

// The sample of this tick, and whether it ends the run; RUN_END_NONE: it does not.
static run_end sample_here(const run_plan *plan, run_position *at, entrain_error *error_out) {
    entrain_phase_sample sample;
    run_end end;
    if (take_sample(plan, &sample, error_out, &end) != ENTRAIN_OK)
        return end;
    // The sample is recorded already: what it says is part of the evidence.
    if (entrain_phase_sample_check(&sample, error_out) != ENTRAIN_OK)
        return RUN_END_FAILED;
    at->sample = sample;
    at->sampled = true;
    at->asked = false;
    mark_window(plan, sample.tick, &at->marked);
    if (stop_reached(plan, at))
        return RUN_END_STOP;
    if (sample.tick >= plan->tick_count)
        return RUN_END_DURATION;
    if (!interrupt_requested())
        return RUN_END_NONE;
    return say_stopped(plan, error_out) == ENTRAIN_OK ? RUN_END_INTERRUPTED : RUN_END_CALLER;
}

// A signal or the deadline: the state at this boundary is owed, unless it was the sample just taken.
static run_end stop_here(const run_plan *plan, const run_position *at, bool timeout,
                         entrain_error *error_out) {
    entrain_phase_sample sample;
    run_end end;
    if (say_stopped(plan, error_out) != ENTRAIN_OK)
        return RUN_END_CALLER;
    if (!at->sampled || entrain_swarm_tick(plan->swarm) != at->sample.tick) {
        if (take_sample(plan, &sample, error_out, &end) != ENTRAIN_OK)
            return end;
        if (entrain_phase_sample_check(&sample, error_out) != ENTRAIN_OK)
            return RUN_END_FAILED;
    }
    return timeout ? RUN_END_TIMEOUT : RUN_END_INTERRUPTED;
}

run_end run_loop(const run_plan *plan, entrain_error *error_out) {
    run_position own = {0}, *at = plan->position != NULL ? plan->position : &own;
    bool resumed = at->sampled;
    uint64_t chunk = 1;
    // Those of tick 0; of one that goes on, none is left to happen.
    if (plan->events != NULL && event_run_happen(plan->events, error_out) != ENTRAIN_OK)
        return RUN_END_FAILED;
    if (!resumed && plan->on_boundary != NULL &&
        plan->on_boundary(plan->context, false, error_out) != ENTRAIN_OK)
        return RUN_END_CALLER;
    for (;; resumed = false) {
        run_end end;
        if (!resumed && (end = sample_here(plan, at, error_out)) != RUN_END_NONE)
            return end;
        if (!at->asked && plan->events != NULL &&
            event_run_ask(plan->events, &at->sample, error_out) != ENTRAIN_OK)
            return RUN_END_FAILED;
        at->asked = true;
        const uint64_t samples = (at->sample.tick - plan->begun_tick) / plan->record_every_ticks;
        uint64_t next = plan->begun_tick + (samples + 1) * plan->record_every_ticks;
        if (next > plan->tick_count)
            next = plan->tick_count;
        entrain_status status = advance_to(plan, next, &chunk, error_out, &end);
        if (status == ENTRAIN_OK)
            continue;
        if (status != ENTRAIN_CANCELLED && status != ENTRAIN_TIMEOUT)
            return end;
        return stop_here(plan, at, status == ENTRAIN_TIMEOUT, error_out);
    }
}
