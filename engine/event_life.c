// Event-driven execution: how actors begin and end while others run.
//
// An actor is ended by the worker that runs it, once all it sent has gone. Its place goes back to its
// population's free places, from which entrain_spawn() takes one: an id never names two actors, and what
// was sent to the old one never reaches the new one (entrain__events_deliver() says how).
//
// Where nobody can be interested (no watches, no events, no group, no budgets) an end is a matter of the
// two of them. Else it is settled under the supervisor's lock.
#include "engine/event_driven.h"

#include <string.h>

// Whose worker settles something under the supervisor's lock: supervision calls back without saying so.
// And what came of it for the actor that this worker runs: where somebody has begun again he may run
// elsewhere, and end there, before the settling is over; what stands in the tables then says nothing about
// this end.
static _Thread_local entrain__desk *settling;
static _Thread_local bool ended_own, began_again;

// A free place of @p population, or UINT32_MAX. The head is a slot + 1 under a stamp that changes with
// every step, so that a head that was taken and came back is not mistaken for the same.
static uint32_t take_place(entrain_engine *engine, entrain_population *population) {
    for (;;) {
        uint64_t head = entrain__load_acquire_u64(&population->free);
        uint32_t first = (uint32_t)head;
        if (first == 0)
            return UINT32_MAX;
        const entrain__cell *cell = &engine->events->cells.cells[first - 1];
        uint32_t next = entrain__load_relaxed_u32(&cell->owner[ENTRAIN__CELL_NEXT]);
        ENTRAIN__PREEMPT_POINT();
        // Pairs with give_place(): the place is empty and drained.
        if (entrain__cas_acq_rel_u64(&population->free, head, ((head >> 32) + 1) << 32 | next))
            return first - 1;
    }
}

static void give_place(entrain_engine *engine, entrain_population *population, uint32_t slot) {
    entrain__cell *cell = &engine->events->cells.cells[slot];
    if (engine->generations[slot] == ENTRAIN_GENERATION_MAX)
        return; // retired: an id never names two actors
    for (;;) {
        uint64_t head = entrain__load_acquire_u64(&population->free);
        entrain__store_relaxed_u32(&cell->owner[ENTRAIN__CELL_NEXT], (uint32_t)head);
        ENTRAIN__PREEMPT_POINT();
        if (entrain__cas_acq_rel_u64(&population->free, head, ((head >> 32) + 1) << 32 | (slot + 1)))
            return; // pairs with take_place()
    }
}

// A new actor at @p slot, which is the caller's alone. @return its id.
static entrain_id begin_actor(entrain_engine *engine, entrain__desk *desk, entrain_population *population,
                              uint32_t slot) {
    entrain__events *events = engine->events;
    entrain__cell *cell = &events->cells.cells[slot];
    const uint32_t column = slot - population->first;
    engine->generations[slot]++;
    const entrain_id id = entrain__id_make(slot, engine->generations[slot]);
    for (uint32_t c = 0; c < population->behavior.column_count; c++) {
        size_t bytes = population->column_specs[c].bytes;
        memset(population->columns[c] + column * bytes, 0, bytes);
    }
    cell->owner[ENTRAIN__CELL_UNDELIVERED] = 0;
    if (engine->chains != NULL)
        engine->chains[slot] = 0;
    if (population->behavior.start != NULL) {
        entrain_range range = entrain__range_make(engine, population, column, 1, desk->worker);
        range.ids = &id; // not in the table yet: who finds it there may send to it
        population->behavior.start(&range);
    }
    // From here on it can be sent to. A full fence: a sender that came too late for the last one who lived
    // here, and so left something behind, sees it idle, or what it left is seen below. Pairs with
    // entrain__events_deliver().
    entrain__exchange_u32(&cell->owner[ENTRAIN__CELL_WORD],
                          (uint32_t)engine->generations[slot] << ENTRAIN__WORD_GENERATION);
    ENTRAIN__PREEMPT_POINT();
    if (entrain__cell_queued(cell) != 0 && entrain__word_schedule(events, slot, 0))
        entrain__events_ready(engine, desk, slot);
    // Pairs with entrain_population_id().
    entrain__store_release_u32(&engine->ids[slot], id);
    return id;
}

// Takes what is queued for one that has ended: undeliverable.
static void drain(entrain_engine *engine, entrain__desk *desk, entrain__cell *cell, entrain_id id) {
    entrain__events *events = engine->events;
    // Asked first: when nobody is between reservation and publication any more, the look that follows sees
    // all there is.
    for (uint32_t round = 0;; round++) {
        const bool busy = entrain__cell_is_busy(&events->cells, cell);
        ENTRAIN__PREEMPT_POINT();
        entrain__span span = entrain__cell_peek(&events->cells, cell);
        uint32_t count = span.first_count + span.second_count;
        for (uint32_t m = 0; m < count; m++) {
            const entrain_message *message = entrain__span_slot(&span, m);
            if (message->kind == ENTRAIN_KIND_NOTHING)
                continue;
            desk->count_of.undeliverable++;
            entrain__dead_letter(engine, message, id, ENTRAIN_FATE_UNDELIVERABLE);
        }
        entrain__cell_release(cell, count);
        if (!busy)
            return;
        entrain__wait_step(round); // for one who reserved and has not published
    }
}

// The actor at @p slot, SCHEDULED and the caller's, is no more. All it sent has gone, or is cancelled. Its
// place stays the caller's.
static void end_life(entrain_engine *engine, entrain__desk *desk, uint32_t slot) {
    entrain__events *events = engine->events;
    const entrain_population *population = entrain__population_of(engine, slot);
    uint32_t *word = entrain__word_at(events, slot);
    const uint32_t generation = entrain__load_relaxed_u32(word) >> ENTRAIN__WORD_GENERATION;
    if (population->behavior.stop != NULL) {
        entrain_self self;
        entrain__self_make(engine, population, slot - population->first, &self);
        population->behavior.stop(&self);
    }
    entrain__store_relaxed_u32(&engine->ids[slot], ENTRAIN_ID_NONE);
    // A full fence: reservations that are not seen below see this. Pairs with entrain__events_deliver().
    entrain__exchange_u32(word,
                          ENTRAIN__SCHEDULED | ENTRAIN__NOT_LIVING | generation << ENTRAIN__WORD_GENERATION);
    ENTRAIN__PREEMPT_POINT();
    if (events->blocks) {
        entrain__mute_wake(engine, desk, slot, true);
        events->mutes[slot].end.reason = ENTRAIN_REASON_NONE;
    }
    drain(engine, desk, &events->cells.cells[slot], entrain__id_make(slot, generation));
    if (population->behavior.timers_max > 0) {
        entrain__cohort *cohort = entrain__cohort_at(engine, slot);
        uint32_t lined;
        entrain__lock_take(&cohort->calendar_lock);
        desk->count_of.cancelled +=
            entrain__calendar_forget(cohort->calendar, slot - population->first - cohort->first, &lined);
        entrain__lock_give(&cohort->calendar_lock);
        desk->count_of.cancelled += lined;
    }
    desk->changed = true;
}

static void called_to_end(entrain_engine *engine, uint32_t slot) {
    ended_own = true; // there is no other: who is not run by this worker is only asked to end
    end_life(engine, settling, slot);
}

static entrain_id called_to_begin(entrain_engine *engine, uint32_t slot) {
    began_again = true;
    return begin_actor(engine, settling, entrain__population_of(engine, slot), slot);
}

static void called_to_alert(entrain_engine *engine, uint32_t slot) {
    if (entrain__word_schedule(engine->events, slot, ENTRAIN__NOTICE))
        entrain__events_ready(engine, settling, slot);
}

const entrain__execution_calls entrain__events_calls = {
    .end = called_to_end, .begin = called_to_begin, .alert = called_to_alert, .at_once = false};

static void before_settling(entrain__desk *desk) {
    settling = desk;
    ended_own = began_again = false;
}

// After settling: the place is free, unless somebody began there again; and the run may have to end.
static void after_settling(entrain_engine *engine, uint32_t slot) {
    settling = NULL;
    if (ended_own && !began_again)
        give_place(engine, entrain__population_of(engine, slot), slot);
    if (entrain__load_acquire_u32(&engine->events->escalated) != 0)
        entrain_scheduler_ask_rest(engine->scheduler);
}

static bool is_plain(const entrain_engine *engine, const entrain_population *population,
                     entrain_reason reason) {
    return (reason == ENTRAIN_REASON_FINISHED || reason == ENTRAIN_REASON_STOPPED) &&
           engine->supervise.watched == NULL &&
           !(engine->supervise.told != NULL && engine->supervise.debug) &&
           !population->supervision.all_for_one && population->budgets == NULL;
}

void entrain__events_end(entrain_engine *engine, entrain__desk *desk, uint32_t slot, entrain__end *end) {
    entrain_population *population = entrain__population_of(engine, slot);
    if (is_plain(engine, population, end->reason)) {
        end_life(engine, desk, slot);
        give_place(engine, population, slot);
        return;
    }
    const entrain__end its = {.reason = end->reason,
                              .detail = end->detail,
                              .when = {engine->tick, engine->time_s},
                              .trace = end->trace};
    before_settling(desk);
    entrain__supervise_end(engine, slot, &its);
    after_settling(engine, slot);
}

bool entrain__events_obey(entrain_engine *engine, entrain__desk *desk, uint32_t slot) {
    before_settling(desk);
    entrain__supervise_obey(engine, slot, (entrain__moment){engine->tick, engine->time_s});
    after_settling(engine, slot);
    return ended_own;
}

// --- What actors ask for

static entrain__desk *desk_of(entrain_self *self) {
    ENTRAIN_ASSERT(self->reserved != NULL); // from receive() only
    return (entrain__desk *)(void *)((char *)self->reserved - offsetof(entrain__desk, sending));
}

entrain_status entrain_spawn(entrain_self *self, entrain_population *population, entrain_id *id_out) {
    entrain_engine *engine = self->engine;
    if (engine->events == NULL)
        return ENTRAIN_UNSUPPORTED;
    ENTRAIN_ASSERT(population->engine == engine);
    entrain__desk *desk = desk_of(self);
    uint32_t slot = take_place(engine, population);
    if (slot == UINT32_MAX)
        return ENTRAIN_FULL;
    desk->changed = true;
    *id_out = begin_actor(engine, desk, population, slot);
    if (engine->supervise.told != NULL && engine->supervise.debug)
        entrain__supervise_began(engine, slot, (entrain__moment){engine->tick, engine->time_s});
    return ENTRAIN_OK;
}

entrain_status entrain__events_stop_request(entrain_self *self, entrain_id target) {
    entrain_engine *engine = self->engine;
    entrain__events *events = engine->events;
    const uint32_t slot = entrain__id_slot(target);
    if (target == ENTRAIN_ID_NONE || slot >= engine->actor_count)
        return ENTRAIN_STALE;
    uint32_t *word = entrain__word_at(events, slot);
    for (;;) {
        uint32_t now = entrain__load_acquire_u32(word);
        if (!entrain__word_names(now, target))
            return ENTRAIN_STALE;
        ENTRAIN__PREEMPT_POINT();
        // One step, so that it never hits who came after. Pairs with go_idle() and handle_requests().
        if (!entrain__cas_acq_rel_u32(word, now, now | ENTRAIN__STOP_ASKED | ENTRAIN__SCHEDULED))
            continue;
        if ((now & ENTRAIN__SCHEDULED) == 0)
            entrain__events_ready(engine, desk_of(self), slot);
        return ENTRAIN_OK;
    }
}

// --- Between runs

entrain_status entrain__events_stop(entrain_engine *engine, uint32_t slot) {
    entrain__events *events = engine->events;
    uint32_t *word = entrain__word_at(events, slot);
    const bool waited = events->blocks && entrain__mute_forget(engine, &events->desks[0], slot);
    if ((*word & ENTRAIN__SCHEDULED) != 0 &&
        !waited) { // in a queue or told: it ends when its turn comes, first of all
        *word |= ENTRAIN__STOP_ASKED;
        return ENTRAIN_OK;
    }
    *word |= ENTRAIN__SCHEDULED; // this call's
    entrain__end end = {.reason = ENTRAIN_REASON_STOPPED};
    entrain__events_end(engine, &events->desks[0], slot, &end);
    entrain__events_count_living(engine);
    return ENTRAIN_OK;
}

// A place in the middle of the free list is taken out of it: nothing runs.
entrain_status entrain__events_restart(entrain_engine *engine, uint32_t slot) {
    entrain__cell *cells = engine->events->cells.cells;
    entrain_population *population = entrain__population_of(engine, slot);
    uint32_t at = (uint32_t)population->free, before = 0;
    while (at != 0 && at != slot + 1) {
        before = at;
        at = cells[at - 1].owner[ENTRAIN__CELL_NEXT];
    }
    if (at == 0)
        return ENTRAIN_LIMIT; // retired
    uint32_t next = cells[slot].owner[ENTRAIN__CELL_NEXT];
    if (before == 0)
        population->free = ((population->free >> 32) + 1) << 32 | next;
    else
        cells[before - 1].owner[ENTRAIN__CELL_NEXT] = next;
    engine->events->desks[0].changed = true;
    (void)begin_actor(engine, &engine->events->desks[0], population, slot);
    entrain__events_count_living(engine);
    return ENTRAIN_OK;
}
