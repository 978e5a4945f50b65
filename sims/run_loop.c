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
        break;
    }
    return "failed";
}

typedef struct stop_watch {
    scenario_stop stop;
    uint64_t hold_ticks;
    bool holding;
    uint64_t since_tick; // first sample of the unbroken stretch
} stop_watch;

static bool stop_reached(stop_watch *watch, const entrain_phase_sample *sample) {
    if (!watch->stop.enabled)
        return false;
    bool holds = watch->stop.below ? sample->coherence <= watch->stop.coherence
                                   : sample->coherence >= watch->stop.coherence;
    if (holds && !watch->holding)
        watch->since_tick = sample->tick;
    watch->holding = holds;
    return holds && sample->tick - watch->since_tick >= watch->hold_ticks;
}

static entrain_status advance_to(const run_plan *plan, uint64_t target, uint64_t *chunk,
                                 entrain_error *error_out) {
    event_run none = {.swarm = plan->swarm};
    event_run *events = plan->events != NULL ? plan->events : &none;
    uint64_t tick = entrain_swarm_tick(plan->swarm);
    while (tick < target) {
        uint64_t ticks = target - tick < *chunk ? target - tick : *chunk;
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
    }
    return ENTRAIN_OK;
}

// Begins windows of frequencies when the run is twice as old as at the last one, and at its planned middle:
// so there is one from about the middle of the run, wherever that ends. Where there is no memory for it
// there will be no window.
static void mark_window(const run_plan *plan, uint64_t tick, uint64_t *marked) {
    bool middle = *marked < plan->tick_count / 2 && tick >= plan->tick_count / 2;
    bool early = tick < plan->tick_count / 2 && tick >= 2 * *marked;
    if ((tick > 0 && !early && !middle) ||
        entrain_population_count(entrain_swarm_population(plan->swarm)) > RUN_WINDOW_ACTORS_MAX)
        return;
    if (entrain_phase_meter_mark(entrain_swarm_meter(plan->swarm)) == ENTRAIN_OK)
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

run_end run_loop(const run_plan *plan, entrain_error *error_out) {
    entrain_engine *engine = entrain_swarm_engine(plan->swarm);
    stop_watch watch = {.stop = plan->stop};
    // Whole ticks, so that a hold of 2 s at a step of 0.01 is 200 ticks whatever 2 / 0.01 rounds to.
    double hold = ceil(plan->stop.hold_s / entrain_engine_step_s(engine) - 1e-6);
    watch.hold_ticks = hold > 0 ? (uint64_t)hold : 0;

    if (plan->events != NULL && event_run_happen(plan->events, error_out) != ENTRAIN_OK) // those of tick 0
        return RUN_END_FAILED;
    uint64_t chunk = 1, marked = 0;
    for (;;) {
        entrain_phase_sample sample;
        run_end end;
        if (take_sample(plan, &sample, error_out, &end) != ENTRAIN_OK)
            return end;
        // The sample is recorded already: what it says is part of the evidence.
        if (entrain_phase_sample_check(&sample, error_out) != ENTRAIN_OK)
            return RUN_END_FAILED;
        mark_window(plan, sample.tick, &marked);
        if (stop_reached(&watch, &sample))
            return RUN_END_STOP;
        if (sample.tick >= plan->tick_count)
            return RUN_END_DURATION;
        if (interrupt_requested())
            return RUN_END_INTERRUPTED;

        if (plan->events != NULL && event_run_ask(plan->events, &sample, error_out) != ENTRAIN_OK)
            return RUN_END_FAILED;
        uint64_t next = (sample.tick / plan->record_every_ticks + 1) * plan->record_every_ticks;
        if (next > plan->tick_count)
            next = plan->tick_count;
        entrain_status status = advance_to(plan, next, &chunk, error_out);
        if (status == ENTRAIN_OK)
            continue;
        if (status != ENTRAIN_CANCELLED && status != ENTRAIN_TIMEOUT)
            return RUN_END_FAILED;
        // Stopped at a tick boundary: the state there is owed, unless it was the sample just taken.
        if (entrain_swarm_tick(plan->swarm) != sample.tick &&
            take_sample(plan, &sample, error_out, &end) != ENTRAIN_OK)
            return end;
        if (entrain_phase_sample_check(&sample, error_out) != ENTRAIN_OK)
            return RUN_END_FAILED;
        return status == ENTRAIN_TIMEOUT ? RUN_END_TIMEOUT : RUN_END_INTERRUPTED;
    }
}
