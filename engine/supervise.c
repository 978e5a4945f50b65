// Supervision: what becomes of an actor that fails, or that was asked to end.
//
//   judged (by its worker) --> marked --(boundary, in the order of slots)--> settled      lockstep
//                         \---------------------------------------------------^           others: at once
//
// Settling ends the actor, tells those who watch it, and then does what its population's supervision says:
// nothing (it stays stopped), the next actor in its place, the same for its whole group, or the end of the
// run. In lockstep that happens between two ticks in canonical order, so that whoever found the failure
// first, on whatever worker, changes nothing.
#include "engine/supervise.h"

#include <inttypes.h>
#include <math.h>

#include "engine/engine_private.h"
#include "engine/event_driven.h"
#include "engine/trace.h"

entrain_supervision entrain_supervision_defaults(void) {
    return (entrain_supervision){
        .remedy = ENTRAIN_REMEDY_ESCALATE, .restarts_max = 3, .window_s = (double)INFINITY};
}

entrain_status entrain_engine_supervise(entrain_engine *engine, entrain_population *population,
                                        const entrain_supervision *supervision, entrain_error *error_out) {
    ENTRAIN_ASSERT(population->engine == engine);
    if (engine->started || engine->broken)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "The supervision of \"%s\" was set after the engine started; set it before.",
                                 population->behavior.name);
    if ((unsigned)supervision->remedy >= ENTRAIN_REMEDY_COUNT)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "remedy is %d; it must be escalate (0), stop (1) or restart (2).",
                                 (int)supervision->remedy);
    if (!(supervision->window_s > 0))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "window_s is %g; it must be above 0 simulated seconds, INFINITY for the whole run.",
            supervision->window_s);
    population->supervision = *supervision;
    return ENTRAIN_OK;
}

entrain_status entrain_engine_on_lifecycle(entrain_engine *engine, bool debug,
                                           void (*told)(void *context, const entrain_lifecycle *event),
                                           void *context) {
    if (engine->started || engine->broken)
        return ENTRAIN_ORDER;
    engine->supervise.debug = debug;
    engine->supervise.told = told;
    engine->supervise.told_context = context;
    return ENTRAIN_OK;
}

// --- what is taken at start

static entrain_status build_population(entrain_engine *engine, entrain_population *population) {
    const entrain_supervision *how = &population->supervision;
    for (uint32_t c = 0; c < population->behavior.column_count; c++)
        if (population->column_specs[c].finite)
            population->guarded[population->guarded_count++] = (uint8_t)c;
    if (population->guarded_count > 0 && population->behavior.step != NULL &&
        how->remedy != ENTRAIN_REMEDY_ESCALATE)
        engine->supervise.mends = true;
    if (how->remedy == ENTRAIN_REMEDY_RESTART && !how->all_for_one) {
        population->restarts = entrain__engine_take(engine, &engine->bytes_table, population->count,
                                                    sizeof *population->restarts);
        if (population->restarts == NULL)
            return ENTRAIN_NO_MEMORY;
    }
    if ((how->messages_max > 0 || how->sends_max > 0) && population->behavior.receive != NULL) {
        population->budgets = entrain__engine_take(engine, &engine->bytes_table, population->count,
                                                   sizeof *population->budgets);
        if (population->budgets == NULL)
            return ENTRAIN_NO_MEMORY;
    }
    return ENTRAIN_OK;
}

entrain_status entrain__supervise_build(entrain_engine *engine) {
    entrain__supervise *supervise = &engine->supervise;
    entrain_status status = entrain__trace_build(engine);
    for (uint32_t p = 0; p < engine->population_count && status == ENTRAIN_OK; p++)
        status = build_population(engine, engine->populations[p]);
    if (status == ENTRAIN_OK)
        status = entrain__watch_build(engine);
    if (status != ENTRAIN_OK || (!engine->has_mail && !supervise->mends))
        return status;
    const uint32_t blocks = (engine->actor_count >> ENTRAIN__CONTROL_BLOCK_BITS) + 1;
    supervise->control =
        entrain__engine_take(engine, &engine->bytes_table, engine->actor_count, sizeof *supervise->control);
    supervise->blocks = entrain__engine_take(engine, &engine->bytes_table, blocks, sizeof *supervise->blocks);
    if (supervise->control == NULL || supervise->blocks == NULL)
        return ENTRAIN_NO_MEMORY;
    if (engine->trace_logs != NULL) {
        supervise->failed_at = entrain__engine_take(engine, &engine->bytes_table, engine->actor_count,
                                                    sizeof *supervise->failed_at);
        supervise->chain =
            entrain__engine_take(engine, &engine->bytes_table, ENTRAIN__CHAIN_MAX, sizeof *supervise->chain);
        if (supervise->failed_at == NULL || supervise->chain == NULL)
            return ENTRAIN_NO_MEMORY;
    }
    return ENTRAIN_OK;
}

// --- the lock, and the bits of an actor

void entrain__supervise_lock(entrain_engine *engine) { entrain__lock_take(&engine->supervise.lock); }

void entrain__supervise_unlock(entrain_engine *engine) { entrain__lock_give(&engine->supervise.lock); }

// Each round that fails is one in which another change was made: it ends. Partners: all changes and looks
// at the same word.
static uint32_t change_control(entrain_engine *engine, uint32_t slot, uint32_t keep, uint32_t bits) {
    uint32_t *word = &engine->supervise.control[slot];
    for (;;) {
        const uint32_t before = entrain__load_acquire_u32(word);
        if (entrain__cas_acq_rel_u32(word, before, (before & keep) | bits))
            return before;
    }
}

uint32_t entrain__control_set(entrain_engine *engine, uint32_t slot, uint32_t bits) {
    return change_control(engine, slot, UINT32_MAX, bits);
}

uint32_t entrain__control_clear(entrain_engine *engine, uint32_t slot, uint32_t bits) {
    return change_control(engine, slot, ~bits, 0);
}

static uint32_t control_of(const entrain_engine *engine, uint32_t slot) {
    // Pairs with change_control().
    return engine->supervise.control != NULL ? entrain__load_acquire_u32(&engine->supervise.control[slot])
                                             : 0;
}

// Somebody at @p slot was marked: the boundary will look there. Pairs with the loads in
// entrain__supervise_boundary() and entrain__supervise_pending(), by way of the barrier.
void entrain__supervise_look_at(entrain_engine *engine, uint32_t slot) {
    entrain__store_release_u32(&engine->supervise.blocks[slot >> ENTRAIN__CONTROL_BLOCK_BITS], 1);
    entrain__store_release_u32(&engine->supervise.pending, 1);
}

// --- what an actor may ask for

void entrain_finish(entrain_self *self) {
    ENTRAIN_ASSERT(self->reserved != NULL); // from receive() only
    ((entrain__allowance *)self->reserved)->finished = true;
}

entrain_status entrain_stop(entrain_self *self, entrain_id target) {
    ENTRAIN_ASSERT(self->reserved != NULL); // from receive() only
    entrain_engine *engine = self->engine;
    const uint32_t slot = entrain__id_slot(target);
    if (engine->events != NULL)
        return entrain__events_stop_request(self, target);
    entrain__supervise_lock(engine);
    const bool lives = entrain__place_of(engine, target) != UINT32_MAX;
    if (lives) {
        entrain__control_set(engine, slot, ENTRAIN__CONTROL_STOP);
        entrain__supervise_look_at(engine, slot);
    }
    entrain__supervise_unlock(engine);
    return lives ? ENTRAIN_OK : ENTRAIN_STALE;
}

// --- judging

// Whether the window that began at @p began_s is over.
static bool is_over(const entrain_population *population, double began_s, double time_s) {
    return time_s - began_s >= population->supervision.window_s;
}

void entrain__supervise_allow(const entrain_population *population, uint32_t index, double time_s,
                              uint64_t *messages_out, uint64_t *sends_out) {
    const entrain_supervision *how = &population->supervision;
    const entrain__budget *budget = &population->budgets[index];
    const bool over = is_over(population, budget->began_s, time_s);
    const uint64_t messages = over ? 0 : budget->messages, sends = over ? 0 : budget->sends;
    // Timers are counted and never turned away: there may be more than the budget.
    const uint64_t most = how->messages_max > messages ? how->messages_max - messages : 0;
    *messages_out = how->messages_max > 0 ? most : UINT64_MAX;
    *sends_out = how->sends_max > 0 ? how->sends_max - sends : UINT64_MAX;
}

void entrain__supervise_spend(entrain_population *population, uint32_t index, double time_s,
                              uint64_t messages, uint64_t sends) {
    entrain__budget *budget = &population->budgets[index];
    if (is_over(population, budget->began_s, time_s))
        budget->messages = budget->sends = 0;
    if (budget->messages == 0 && budget->sends == 0)
        budget->began_s = time_s;
    budget->messages += messages;
    budget->sends += sends;
}

entrain_reason entrain__supervise_judge(const entrain_population *population, uint32_t column,
                                        entrain_status status, const entrain__allowance *sending,
                                        entrain__end *end_out) {
    end_out->detail = 0;
    end_out->reason = ENTRAIN_REASON_NONE;
    if (status != ENTRAIN_OK) {
        end_out->reason = ENTRAIN_REASON_STATUS;
        end_out->detail = (unsigned)status < ENTRAIN_STATUS_COUNT ? (uint32_t)status : ENTRAIN_STATUS_COUNT;
    } else if (sending->exceeded) {
        end_out->reason = ENTRAIN_REASON_SENDS;
        end_out->detail = sending->budget;
    } else if (population->guarded_count > 0) {
        const uint32_t bad = entrain__finite_find(population, (void *const *)population->columns, column);
        if (bad != 0) {
            end_out->reason = ENTRAIN_REASON_NOT_FINITE;
            end_out->detail = bad - 1;
        }
    }
    if (end_out->reason == ENTRAIN_REASON_NONE && sending->finished)
        end_out->reason = ENTRAIN_REASON_FINISHED;
    return end_out->reason;
}

// --- events

static bool is_failure(entrain_reason reason) {
    return reason == ENTRAIN_REASON_STATUS || reason == ENTRAIN_REASON_NOT_FINITE ||
           reason == ENTRAIN_REASON_SENDS || reason == ENTRAIN_REASON_MESSAGES;
}

static entrain_status status_of(const entrain__end *end) {
    return end->reason == ENTRAIN_REASON_STATUS ? (entrain_status)end->detail : ENTRAIN_OK;
}

static const entrain__restarts *restarts_of(const entrain_population *population, uint32_t index) {
    return population->restarts != NULL ? &population->restarts[index] : &population->group;
}

// Under the lock.
static void tell(entrain_engine *engine, entrain_lifecycle_kind kind, uint32_t slot, entrain_id id,
                 entrain_id successor, const entrain__end *end) {
    entrain__supervise *supervise = &engine->supervise;
    const bool quiet = kind == ENTRAIN_LIFECYCLE_STARTED || kind == ENTRAIN_LIFECYCLE_ENDED;
    if (supervise->told == NULL || (quiet && !supervise->debug))
        return;
    const entrain_population *population = entrain__population_of(engine, slot);
    const uint32_t index = slot - population->first;
    entrain_lifecycle event = {
        .kind = kind,
        .reason = end->reason,
        .status = status_of(end),
        .column =
            end->reason == ENTRAIN_REASON_NOT_FINITE ? population->column_specs[end->detail].name : NULL,
        .remedy = population->supervision.remedy,
        .id = id,
        .successor = successor,
        .behavior = population->behavior.name,
        .index = index,
        .tick = end->when.tick,
        .time_s = end->when.time_s,
        .restarts = restarts_of(population, index)->count,
        .restarts_max = population->supervision.restarts_max,
    };
    if (end->trace != 0 && supervise->chain != NULL && is_failure(end->reason)) {
        event.chain_count = entrain__trace_chain(engine, end->trace, supervise->chain, &event.chain_cut);
        event.chain = supervise->chain;
    }
    supervise->told(supervise->told_context, &event);
}

void entrain__supervise_began(entrain_engine *engine, uint32_t slot, entrain__moment when) {
    const entrain_population *population = entrain__population_of(engine, slot);
    const uint32_t column = entrain__column_of(population, slot - population->first);
    entrain__supervise_lock(engine);
    tell(engine, ENTRAIN_LIFECYCLE_STARTED, slot, engine->ids[population->first + column], ENTRAIN_ID_NONE,
         &(entrain__end){.when = when});
    entrain__supervise_unlock(engine);
}

void entrain__supervise_began_all(entrain_engine *engine) {
    if (engine->supervise.told == NULL || !engine->supervise.debug)
        return;
    for (uint32_t slot = 0; slot < engine->actor_count; slot++)
        if (engine->ids[entrain__place_of_slot(engine, slot)] != ENTRAIN_ID_NONE)
            entrain__supervise_began(engine, slot, (entrain__moment){0});
}

// --- settling, under the lock

static entrain_id living(const entrain_engine *engine, uint32_t slot) {
    // Event-driven actors begin without this lock.
    return entrain__load_relaxed_u32(&engine->ids[entrain__place_of_slot(engine, slot)]);
}

// The actor is no more. Its own notices go first: who watches itself is not told.
static void end_actor(entrain_engine *engine, uint32_t slot, const entrain__end *end) {
    entrain_population *population = entrain__population_of(engine, slot);
    const entrain_id id = living(engine, slot);
    engine->supervise.calls->end(engine, slot);
    entrain__watch_drop(engine, slot);
    if (engine->supervise.control != NULL)
        change_control(engine, slot, 0, 0);
    if (population->budgets != NULL) // they are the actor's, not the place's
        population->budgets[slot - population->first] = (entrain__budget){0};
    entrain__watch_ended(engine, slot, id, end->reason, status_of(end));
}

// Whether the window still grants one restart, which is then used.
static bool grant(const entrain_population *population, entrain__restarts *restarts, double time_s) {
    if (restarts->count == 0 || is_over(population, restarts->began_s, time_s)) {
        restarts->began_s = time_s;
        restarts->count = 0;
    }
    if (restarts->count >= population->supervision.restarts_max)
        return false;
    restarts->count++;
    return true;
}

static bool has_generation(const entrain_engine *engine, uint32_t slot) {
    return engine->generations[slot] < ENTRAIN_GENERATION_MAX;
}

// Ends the actor; with @p again somebody comes in its place where that has a generation left.
static void end_and_begin(entrain_engine *engine, uint32_t slot, const entrain__end *end, bool again,
                          bool given_up) {
    const entrain_id id = living(engine, slot);
    const bool failed = is_failure(end->reason);
    end_actor(engine, slot, end);
    if (again && !has_generation(engine, slot)) {
        again = false;
        given_up = true;
    }
    const entrain_id next = again ? entrain__id_make(slot, engine->generations[slot] + 1u) : ENTRAIN_ID_NONE;
    entrain_lifecycle_kind kind = failed ? ENTRAIN_LIFECYCLE_FAILED : ENTRAIN_LIFECYCLE_ENDED;
    if (given_up)
        kind = ENTRAIN_LIFECYCLE_GIVEN_UP;
    tell(engine, kind, slot, id, next, end);
    if (!again)
        return;
    const entrain_id begun = engine->supervise.calls->begin(engine, slot);
    ENTRAIN_ASSERT(begun == next);
    entrain__end restart = *end;
    restart.trace = 0;
    tell(engine, ENTRAIN_LIFECYCLE_RESTARTED, slot, begun, ENTRAIN_ID_NONE, &restart);
}

// How one that was asked to end, or marked, does.
static entrain__end marked_end(const entrain_engine *engine, uint32_t slot, uint32_t control,
                               entrain__moment when) {
    if ((control & ENTRAIN__CONTROL_MARKED) == 0)
        return (entrain__end){.reason = (control & ENTRAIN__CONTROL_STOP) != 0 ? ENTRAIN_REASON_STOPPED
                                                                               : ENTRAIN_REASON_GROUP,
                              .when = when};
    const entrain__end end = {
        .reason = (entrain_reason)(control >> ENTRAIN__CONTROL_REASON_SHIFT & 0xff),
        .detail = control >> ENTRAIN__CONTROL_DETAIL_SHIFT & 0xff,
        .when = when,
        .trace = engine->supervise.failed_at != NULL ? engine->supervise.failed_at[slot] : 0,
    };
    return end;
}

// One of a group failed: all of it goes the same way. Whoever of it had ended by itself, or was asked to,
// stays ended.
static void settle_group(entrain_engine *engine, entrain_population *population, uint32_t failed_slot,
                         const entrain__end *end, bool again, bool given_up) {
    const entrain__end with_it = {.reason = ENTRAIN_REASON_GROUP, .when = end->when};
    end_and_begin(engine, failed_slot, end, again, given_up);
    for (uint32_t slot = population->first; slot < population->first + population->count; slot++) {
        const uint32_t control = control_of(engine, slot);
        if (slot == failed_slot || living(engine, slot) == ENTRAIN_ID_NONE)
            continue;
        if (!engine->supervise.calls->at_once) {
            entrain__control_set(engine, slot,
                                 ENTRAIN__CONTROL_GROUP | (again ? (uint32_t)ENTRAIN__CONTROL_RESTART : 0));
            engine->supervise.calls->alert(engine, slot);
        } else if ((control & ENTRAIN__CONTROL_ASKED) == 0) {
            end_and_begin(engine, slot, &with_it, again, false);
        } else {
            const entrain__end its = marked_end(engine, slot, control, end->when);
            if (is_failure(its.reason)) // else it is settled when its turn comes
                end_and_begin(engine, slot, &its, again, given_up);
        }
    }
}

static void escalate(entrain_engine *engine, uint32_t slot, const entrain__end *end) {
    if (engine->supervise.escalated.end.reason != ENTRAIN_REASON_NONE)
        return;
    engine->supervise.escalated.end = *end;
    engine->supervise.escalated.id = living(engine, slot);
    if (engine->events != NULL) // pairs with the load in event_life.c
        entrain__store_release_u32(&engine->events->escalated, 1);
}

static void settle(entrain_engine *engine, uint32_t slot, const entrain__end *end) {
    entrain_population *population = entrain__population_of(engine, slot);
    const entrain_supervision *how = &population->supervision;
    if (!is_failure(end->reason)) {
        end_and_begin(engine, slot, end, false, false);
        return;
    }
    if (how->remedy == ENTRAIN_REMEDY_ESCALATE) {
        escalate(engine, slot, end);
        end_and_begin(engine, slot, end, false, false);
        return;
    }
    bool again = how->remedy == ENTRAIN_REMEDY_RESTART, given_up = false;
    if (again) {
        entrain__restarts *restarts = population->restarts != NULL
                                          ? &population->restarts[slot - population->first]
                                          : &population->group;
        if (how->all_for_one || has_generation(engine, slot)) {
            again = grant(population, restarts, end->when.time_s);
            given_up = !again;
        } // else end_and_begin() gives it up, and no restart is used
    }
    if (how->all_for_one)
        settle_group(engine, population, slot, end, again, given_up);
    else
        end_and_begin(engine, slot, end, again, given_up);
}

static void settle_asked(entrain_engine *engine, uint32_t slot, entrain__moment when) {
    const uint32_t control = control_of(engine, slot);
    if ((control & ENTRAIN__CONTROL_ASKED) == 0 || living(engine, slot) == ENTRAIN_ID_NONE)
        return;
    const entrain__end end = marked_end(engine, slot, control, when);
    if (end.reason == ENTRAIN_REASON_GROUP)
        end_and_begin(engine, slot, &end, (control & ENTRAIN__CONTROL_RESTART) != 0, false);
    else
        settle(engine, slot, &end);
}

void entrain__supervise_end(entrain_engine *engine, uint32_t slot, const entrain__end *end) {
    ENTRAIN_ASSERT(end->reason != ENTRAIN_REASON_NONE);
    entrain__supervise_lock(engine);
    if (living(engine, slot) != ENTRAIN_ID_NONE)
        settle(engine, slot, end);
    entrain__supervise_unlock(engine);
}

bool entrain__supervise_asked(const entrain_engine *engine, uint32_t slot) {
    return (control_of(engine, slot) & ENTRAIN__CONTROL_ASKED) != 0;
}

void entrain__supervise_obey(entrain_engine *engine, uint32_t slot, entrain__moment when) {
    entrain__supervise_lock(engine);
    settle_asked(engine, slot, when);
    entrain__supervise_unlock(engine);
}

// --- lockstep

void entrain__supervise_mark(entrain_engine *engine, uint32_t slot, const entrain__end *end) {
    ENTRAIN_ASSERT(end->detail <= 0xff);
    if ((control_of(engine, slot) & ENTRAIN__CONTROL_MARKED) != 0)
        return; // by this very task, in this tick
    entrain__control_set(engine, slot,
                         ENTRAIN__CONTROL_MARKED | (uint32_t)end->reason << ENTRAIN__CONTROL_REASON_SHIFT |
                             end->detail << ENTRAIN__CONTROL_DETAIL_SHIFT);
    if (engine->supervise.failed_at != NULL)
        engine->supervise.failed_at[slot] = end->trace;
    entrain__supervise_look_at(engine, slot);
}

void entrain__supervise_guarded(entrain_engine *engine, entrain__cohort *cohort, const entrain_range *range) {
    for (uint32_t k = 0; k < range->count; k++) {
        const uint32_t bad = entrain__finite_find(cohort->population, range->columns, k);
        const uint32_t slot = entrain__id_slot(range->ids[k]);
        if (bad == 0)
            continue;
        if (engine->supervise.control != NULL) {
            const entrain__end end = {.reason = ENTRAIN_REASON_NOT_FINITE, .detail = bad - 1};
            entrain__supervise_mark(engine, slot, &end);
            continue;
        }
        // It ends the run, and other tasks may be ticks ahead: the first tick counts, and in it the lowest
        // slot.
        if (cohort->failed != ENTRAIN_ID_NONE &&
            (cohort->failed_tick < cohort->tick ||
             (cohort->failed_tick == cohort->tick && entrain__id_slot(cohort->failed) < slot)))
            continue;
        cohort->failed = range->ids[k];
        cohort->failed_tick = cohort->tick;
        cohort->failed_column = bad - 1;
        // Pairs with the load in entrain__supervise_pending(), by way of the barrier.
        entrain__store_release_u32(&engine->supervise.pending, 1);
    }
}

bool entrain__supervise_pending(const entrain_engine *engine) {
    // Pairs with the stores in entrain__supervise_look_at() and entrain__supervise_guarded(), by way of
    // the barrier.
    return entrain__load_acquire_u32(&engine->supervise.pending) != 0;
}

// Guards without control words: whoever was first to be not finite ends the run.
static void settle_guarded(entrain_engine *engine) {
    const entrain__cohort *first = NULL;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        const entrain__cohort *cohort = &engine->cohorts[c];
        if (cohort->failed != ENTRAIN_ID_NONE &&
            (first == NULL || cohort->failed_tick < first->failed_tick ||
             (cohort->failed_tick == first->failed_tick &&
              entrain__id_slot(cohort->failed) < entrain__id_slot(first->failed))))
            first = cohort;
    }
    if (first == NULL)
        return;
    const entrain__end end = {
        .reason = ENTRAIN_REASON_NOT_FINITE,
        .detail = first->failed_column,
        .when = {first->failed_tick, (double)first->failed_tick * engine->config.step_s},
    };
    settle(engine, entrain__id_slot(first->failed), &end);
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        engine->cohorts[c].failed = ENTRAIN_ID_NONE;
}

void entrain__supervise_boundary(entrain_engine *engine) {
    entrain__supervise *supervise = &engine->supervise;
    entrain__moment when = {0, engine->time_s}; // virtual-time
    if (engine->virtual_time == NULL) {
        ENTRAIN_ASSERT(engine->tick > 0);
        when.tick = engine->tick - 1; // the one that is just over
        when.time_s = (double)when.tick * engine->config.step_s;
    }
    entrain__store_release_u32(&supervise->pending, 0); // alone: no partner now
    entrain__supervise_lock(engine);
    if (supervise->control == NULL) {
        settle_guarded(engine);
    } else {
        for (uint32_t first = 0; first < engine->actor_count; first += 1u << ENTRAIN__CONTROL_BLOCK_BITS) {
            uint32_t *block = &supervise->blocks[first >> ENTRAIN__CONTROL_BLOCK_BITS];
            // Pairs with the store in entrain__supervise_look_at(), by way of the barrier.
            if (entrain__load_acquire_u32(block) == 0)
                continue;
            entrain__store_release_u32(block, 0);
            for (uint32_t s = 0; s < 1u << ENTRAIN__CONTROL_BLOCK_BITS && first + s < engine->actor_count;
                 s++)
                settle_asked(engine, first + s, when);
        }
    }
    entrain__supervise_unlock(engine);
}

entrain_status entrain__supervise_sentence(entrain_engine *engine, entrain_error *error_out) {
    const entrain__end end = engine->supervise.escalated.end;
    const entrain_id id = engine->supervise.escalated.id;
    const entrain_population *population = entrain__population_of(engine, entrain__id_slot(id));
    const uint32_t index = entrain__id_slot(id) - population->first;
    engine->supervise.escalated.end.reason = ENTRAIN_REASON_NONE;
    if (engine->events != NULL)
        entrain__store_relaxed_u32(&engine->events->escalated, 0);
    if (end.reason == ENTRAIN_REASON_SENDS && end.detail == 0)
        return entrain_error_set(
            error_out, ENTRAIN_LIMIT,
            "Actor %" PRIu32 " of \"%s\" sent more than the %" PRIu32
            " messages a call that its behavior declares (tick %" PRIu64 "); raise sends_max or send less.",
            index, population->behavior.name, population->behavior.sends_max, end.when.tick);
    char why[160];
    entrain__reason_format(end.reason, status_of(&end),
                           end.reason == ENTRAIN_REASON_NOT_FINITE ? population->column_specs[end.detail].name
                                                                   : NULL,
                           why, sizeof why);
    return entrain_error_set(error_out, ENTRAIN_FAILED,
                             "Actor %" PRIu32 " of \"%s\" (id 0x%08" PRIx32 ") failed at tick %" PRIu64
                             " (%g s): %s; mend what made it fail, or say what is to be done "
                             "(entrain_engine_supervise: stop or restart).",
                             index, population->behavior.name, id, end.when.tick, end.when.time_s, why);
}
