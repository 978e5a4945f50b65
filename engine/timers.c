// Delayed messages: what actors ask for, in every execution. Where they wait: calendar.h.
//
// A delayed message stays with its sender until its time comes, so it is bounded by the sender's timers_max,
// and what happens to it is a matter of the sender alone: registering and cancelling write nothing that
// another task reads.
//
// In lockstep its time comes at a tick boundary. The router takes what goes to others and sorts it in; what
// an actor sent itself its own task takes, and hands it over before mail.
#include <math.h>

#include "engine/engine_private.h"

entrain_status entrain__timers_build(entrain_engine *engine) {
    engine->timers_next = UINT64_MAX;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        const uint32_t places = cohort->population->behavior.timers_max;
        if (places == 0)
            continue;
        cohort->calendar =
            entrain__calendar_create(engine->arena, &engine->bytes_messages, cohort->count, places);
        if (cohort->calendar == NULL)
            return ENTRAIN_NO_MEMORY;
    }
    return ENTRAIN_OK;
}

void entrain__timers_look(entrain_engine *engine) {
    uint64_t next = UINT64_MAX;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        const entrain__calendar *calendar = engine->cohorts[c].calendar;
        if (calendar == NULL)
            continue;
        const uint64_t its = entrain__calendar_next_of_all(calendar).when;
        next = its < next ? its : next;
    }
    engine->timers_next = next;
}

// In lockstep: a time within a millionth of a tick of some tick's beginning is meant to be that, whatever
// became of it in additions of decimal fractions.
static double to_tick(const entrain_engine *engine, double time_s) {
    const double ticks = time_s / engine->config.step_s, whole = nearbyint(ticks);
    return fabs(ticks - whole) <= 1e-6 ? whole * engine->config.step_s : time_s;
}

// When a message that is to come at @p time_s comes. In virtual time nothing comes to others before a
// lookahead has passed, and what comes at the present time comes in the next round of it. @return false: that
// cannot be.
static bool find_instant(const entrain_self *self, double time_s, entrain__lane lane,
                         entrain__instant *at_out) {
    const entrain_engine *engine = self->engine;
    const entrain__allowance *sending = self->reserved;
    if (!(time_s >= self->time_s) || !isfinite(time_s))
        return false;
    *at_out = (entrain__instant){entrain__when(time_s), 0};
    if (engine->config.execution == ENTRAIN_EXECUTION_LOCKSTEP)
        at_out->when = entrain__when(to_tick(engine, time_s));
    if (engine->virtual_time == NULL)
        return true;
    if (lane == ENTRAIN__LANE_OTHERS && time_s < self->time_s + engine->config.lookahead_s)
        return false;
    if (at_out->when == sending->now.when)
        at_out->round = sending->now.round + 1;
    return true;
}

static entrain_status send_at(entrain_self *self, double time_s, entrain__lane lane,
                              const entrain__letter *letter, entrain_timer *timer_out) {
    entrain__allowance *sending = self->reserved;
    ENTRAIN_ASSERT(sending != NULL); // from receive() only
    entrain__instant at;
    if (!find_instant(self, time_s, lane, &at))
        return ENTRAIN_INVALID;
    if (sending->left == 0) {
        sending->exceeded = true;
        return ENTRAIN_LIMIT;
    }
    if (sending->calendar == NULL)
        return ENTRAIN_FULL;
    entrain__letter traced = *letter;
    if (__builtin_expect(sending->log != NULL, 0))
        entrain__letter_trace(sending->log, &traced, self->tick, self->time_s);
    if (sending->lock != NULL)
        entrain__lock_take(sending->lock);
    const bool soon = lane == ENTRAIN__LANE_OTHERS && self->engine->virtual_time != NULL &&
                      at.when == sending->now.when; // in the next round
    const entrain_status status =
        soon ? entrain__calendar_add_soon(sending->calendar, sending->owner, at, &traced, timer_out)
             : entrain__calendar_add(sending->calendar, sending->owner, lane, at, &traced, timer_out);
    if (sending->lock != NULL)
        entrain__lock_give(sending->lock);
    if (status == ENTRAIN_OK) {
        sending->left--;
        sending->delayed++;
    }
    return status;
}

entrain_status entrain_send_at(entrain_self *self, double time_s, entrain_id to, uint16_t kind,
                               uint16_t flags, entrain_payload first, entrain_payload second,
                               entrain_timer *timer_out) {
    const entrain__letter letter = {
        .message = {.from = self->id, .kind = kind, .flags = flags, .payload = {first, second}},
        .to = to,
    };
    return send_at(self, time_s, to == self->id ? ENTRAIN__LANE_OWN : ENTRAIN__LANE_OTHERS, &letter,
                   timer_out);
}

entrain_status entrain_send_after(entrain_self *self, double delay_s, entrain_id to, uint16_t kind,
                                  uint16_t flags, entrain_payload first, entrain_payload second,
                                  entrain_timer *timer_out) {
    if (!(delay_s >= 0))
        return ENTRAIN_INVALID;
    return entrain_send_at(self, self->time_s + delay_s, to, kind, flags, first, second, timer_out);
}

entrain_status entrain_send_after_ticks(entrain_self *self, uint64_t ticks, entrain_id to, uint16_t kind,
                                        uint16_t flags, entrain_payload first, entrain_payload second,
                                        entrain_timer *timer_out) {
    const double step_s = self->engine->config.step_s;
    double time_s = self->time_s + (double)ticks * step_s;
    if (self->engine->config.execution == ENTRAIN_EXECUTION_LOCKSTEP) { // as that tick says it
        if (ticks > UINT64_MAX - self->tick)
            return ENTRAIN_INVALID;
        time_s = (double)(self->tick + ticks) * step_s;
    }
    return entrain_send_at(self, time_s, to, kind, flags, first, second, timer_out);
}

entrain_status entrain_cancel(entrain_self *self, entrain_timer timer) {
    entrain__allowance *sending = self->reserved;
    ENTRAIN_ASSERT(sending != NULL); // from receive() only
    if (sending->calendar == NULL)
        return ENTRAIN_STALE;
    // What would come to another within a lookahead may have left already: for all of it, it is too late.
    const uint64_t others_from = self->engine->virtual_time != NULL
                                     ? entrain__when(self->time_s + self->engine->config.lookahead_s)
                                     : 0;
    if (sending->lock != NULL)
        entrain__lock_take(sending->lock);
    const entrain_status status =
        entrain__calendar_cancel(sending->calendar, sending->owner, timer, others_from);
    if (sending->lock != NULL)
        entrain__lock_give(sending->lock);
    sending->cancelled += status == ENTRAIN_OK;
    return status;
}

entrain_status entrain__delay(entrain_self *self, const entrain__letter *letter) {
    return send_at(self, self->time_s + self->engine->config.lookahead_s, ENTRAIN__LANE_OTHERS, letter, NULL);
}
