// Event-driven execution at rest: nobody runs. What a run begins with, what ends it, and time passing.
//
// Simulated time stands still while anybody has mail. When nobody has, the earliest delayed messages come
// due together, and time is theirs: so a timeout in simulated time never comes before an answer that was
// on its way.
#include "engine/event_driven.h"

#include <inttypes.h>
#include <math.h>

static void ready_told(entrain_engine *engine, entrain__desk *desk) {
    entrain__events *events = engine->events;
    for (uint32_t at = events->told_first; at != 0;) {
        uint32_t next = events->cells.cells[at - 1].owner[ENTRAIN__CELL_NEXT];
        entrain__events_ready(engine, desk, at - 1);
        at = next;
    }
    events->told_first = events->told_last = 0;
}

static bool somebody_is_muted(const entrain_engine *engine) {
    int64_t muted = 0;
    for (uint32_t w = 0; w < entrain_scheduler_worker_count(engine->scheduler); w++)
        muted += engine->events->desks[w].muted;
    ENTRAIN_ASSERT(muted >= 0);
    return muted > 0;
}

static bool end_run(entrain_engine *engine, entrain_status ended) {
    engine->ended = ended;
    return false;
}

// Whom what is due in @p calendar concerns is to run: its owner, who is handed its own timers and sends
// the rest.
static void ring(entrain_engine *engine, entrain__desk *desk, const entrain__cohort *cohort,
                 entrain__instant end) {
    const uint32_t first = cohort->population->first + cohort->first;
    for (int lane = 0; lane < ENTRAIN__LANES; lane++) {
        const entrain__delayed *due;
        while ((due = entrain__calendar_line_up(cohort->calendar, (entrain__lane)lane, end)) != NULL)
            if (entrain__word_schedule(engine->events, first + due->owner, ENTRAIN__NOTICE))
                entrain__events_ready(engine, desk, first + due->owner);
    }
}

// Nobody has mail. @return whether somebody has something to do now.
static bool let_time_pass(entrain_engine *engine, entrain__desk *desk) {
    const double until_s = engine->events->until_s;
    entrain__timers_look(engine);
    if (engine->timers_next == UINT64_MAX || entrain__when_s(engine->timers_next) > until_s) {
        if (isfinite(until_s))
            engine->time_s = until_s;
        return false;
    }
    engine->time_s = entrain__when_s(engine->timers_next);
    for (uint32_t w = 0; w < entrain_scheduler_worker_count(engine->scheduler); w++)
        engine->events->desks[w].self.time_s = engine->time_s;
    const entrain__instant end = {engine->timers_next + 1, 0};
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        if (engine->cohorts[c].calendar != NULL)
            ring(engine, desk, &engine->cohorts[c], end);
    return true;
}

// @return whether the run goes on.
static bool rest(void *context, uint32_t worker, bool quiescent) {
    entrain_engine *engine = context;
    entrain__events *events = engine->events;
    entrain__desk *desk = &events->desks[worker];
    if (engine->supervise.escalated.end.reason != ENTRAIN_REASON_NONE)
        return end_run(engine, ENTRAIN_FAILED);
    if (events->first_rest) {
        events->first_rest = false;
        ready_told(engine, desk);
        return true;
    }
    const bool suspicious = entrain__load_relaxed_u32(&events->suspicion) != 0;
    entrain__store_relaxed_u32(&events->suspicion, 0);
    if (events->blocks && (suspicious || quiescent) && somebody_is_muted(engine)) {
        if (entrain__mute_sweep(engine, desk))
            return true;
        if (entrain__mute_check(engine, desk, NULL) != ENTRAIN_OK)
            return end_run(engine, ENTRAIN_DEADLOCK);
        if (quiescent)
            return true; // somebody's message was shed, to break a circle
    }
    if (quiescent && !let_time_pass(engine, desk))
        return end_run(engine, ENTRAIN_OK);
    if (entrain__load_acquire_u32(&engine->cancelled) != 0)
        return end_run(engine, ENTRAIN_CANCELLED);
    if (engine->deadline_ns != 0 && entrain__now_ns() >= engine->deadline_ns)
        return end_run(engine, ENTRAIN_TIMEOUT);
    return true;
}

// Cohorts are what fingerprints and visits go by; they know how many of theirs do not live.
void entrain__events_count_living(entrain_engine *engine) {
    bool changed = false;
    for (uint32_t w = 0; w < entrain_scheduler_worker_count(engine->scheduler); w++) {
        changed |= engine->events->desks[w].changed;
        engine->events->desks[w].changed = false;
    }
    for (uint32_t c = 0; changed && c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        const entrain_id *ids = engine->ids + cohort->population->first + cohort->first;
        cohort->stopped = 0;
        for (uint32_t k = 0; k < cohort->count; k++)
            cohort->stopped += ids[k] == ENTRAIN_ID_NONE;
    }
}

static uint64_t progress(void *context, uint32_t worker) {
    const entrain_engine *engine = context;
    return entrain__load_relaxed_u64(&engine->events->desks[worker].count_of.received);
}

entrain_status entrain__events_run(entrain_engine *engine, double until_s, entrain_error *error_out) {
    entrain__events *events = engine->events;
    const entrain_ready_job job = {
        .context = engine, .task = entrain__events_run_actor, .rest = rest, .progress = progress};
    for (uint32_t w = 0; w < entrain_scheduler_worker_count(engine->scheduler); w++)
        events->desks[w].self.time_s = engine->time_s;
    events->first_rest = true;
    events->until_s = until_s;
    engine->ended = ENTRAIN_OK;
    uint64_t began = entrain__now_ns();
    engine->running = true;
    entrain_status status = entrain_scheduler_run_ready(engine->scheduler, &job, error_out);
    engine->running = false;
    engine->stats.advance_ns += entrain__now_ns() - began;
    entrain__events_count_living(engine);
    if (status != ENTRAIN_OK) {
        engine->broken = true;
        return status;
    }
    if (engine->ended == ENTRAIN_FAILED)
        return entrain__supervise_sentence(engine, error_out);
    if (engine->ended == ENTRAIN_DEADLOCK)
        return entrain__mute_check(engine, &events->desks[0], error_out);
    if (engine->ended != ENTRAIN_OK)
        return entrain_error_set(error_out, engine->ended, "The run stopped %s.",
                                 engine->ended == ENTRAIN_CANCELLED ? "on request" : "at its deadline");
    return ENTRAIN_OK;
}
