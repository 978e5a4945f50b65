// Event-driven execution: no clock; an actor with mail is runnable, a worker runs it for up to a batch of messages and
// goes on to the next, until nobody has mail (quiescence), a deadline, or a request to stop.
//
// Quiescence is exact. Mail makes its receiver SCHEDULED before its sender's run ends, so an actor with mail is in a
// queue, run, or muted. The scheduler calls rest() when all queues are empty and no task runs: then everybody with mail is
// muted, and what else is under way are timers, which rest() lets run out one time after the other.
//
// With one worker there is nobody to be careful of: no instruction is locked.
#include "engine/event_driven.h"

#include "engine/order.h"

static void look_at_the_world(entrain_engine *engine);

// --- Sending

// Between runs nobody is there to run it: the next one begins with those who were told something.
static void remember_told(entrain__events *events, uint32_t slot) {
    entrain__cell *cells = events->cells.cells;
    cells[slot].owner[ENTRAIN__CELL_NEXT] = 0;
    if (events->told_last != 0)
        cells[events->told_last - 1].owner[ENTRAIN__CELL_NEXT] = slot + 1;
    else
        events->told_first = slot + 1;
    events->told_last = slot + 1;
}

void entrain__events_ready(entrain_engine *engine, entrain__desk *desk, uint32_t slot) {
    if (__builtin_expect(!engine->running, 0))
        remember_told(engine->events, slot);
    else
        entrain_scheduler_ready(engine->scheduler, desk->worker, slot);
}

// Writes @p count of @p letters where room was reserved for them; as nobody's where the receiver has gone since.
static void write_slots(entrain_engine *engine, entrain__cell *cell, uint32_t at,
                        const entrain__letter *letters, uint32_t count, bool gone) {
    entrain__cells *cells = &engine->events->cells;
    if (gone) // seen by whoever sees the messages
        entrain__store_relaxed_u32(&engine->events->late, 1);
    for (uint32_t l = 0; l < count && engine->events->slot_traces != NULL; l++)
        engine->events->slot_traces[entrain__cell_slot(cells, cell, at + l) - cells->slots] =
            entrain__trace_number(engine, letters[l].trace, &letters[l].message, letters[l].to);
    for (uint32_t l = 0; l < count; l++) {
        entrain_message *message = entrain__cell_slot(cells, cell, at + l);
        *message = gone ? (entrain_message){.from = ENTRAIN_ID_NONE, .kind = ENTRAIN_KIND_NOTHING}
                        : letters[l].message;
    }
}

uint32_t entrain__events_deliver(entrain_engine *engine, entrain__desk *desk, const entrain__letter *letters,
                                 uint32_t count, bool *gone_out) {
    entrain__events *events = engine->events;
    const entrain_id to = letters[0].to;
    const uint32_t slot = entrain__id_slot(to);
    *gone_out = true;
    if (to == ENTRAIN_ID_NONE || slot >= engine->actor_count)
        return count;
    entrain__cell *cell = &events->cells.cells[slot];
    const uint32_t *word = entrain__word_at(events, slot);
    if (!entrain__word_names(entrain__load_acquire_u32(word), to) || cell->ring.mask == 0)
        return count; // gone, or it has no inbox
    uint32_t done = 0;
    while (done < count) {
        uint32_t at, room = entrain__cell_reserve(&events->cells, cell, count - done, &at);
        if (room == 0)
            break;
        // Only now is it certain who gets it: whoever ends an actor first says so in its word and then waits for
        // reservations it sees. One that it does not see comes after the word, and so sees that.
        ENTRAIN__PREEMPT_POINT();
        const bool gone = events->many && !entrain__word_names(entrain__load_acquire_u32(word), to);
        write_slots(engine, cell, at, letters + done, room, gone);
        entrain__cell_publish(&events->cells, cell, at, room);
        // Also where it has gone: if somebody lives there by now, it is to clear away what was left behind.
        if (desk->touched_count == 0 || desk->touched[desk->touched_count - 1] != slot)
            desk->touched[desk->touched_count++] = slot;
        if (gone)
            return count - done;
        done += room;
    }
    *gone_out = false;
    return count - done;
}

void entrain__events_look(entrain_engine *engine, entrain__desk *desk) {
    entrain__events *events = engine->events;
    if (desk->touched_count == 0)
        return;
    if (events->many) {
        ENTRAIN__PREEMPT_POINT();
        // The full fence of "send, then look", once for all that were sent to. Pairs with the compare and swap in go_idle().
        entrain__exchange_u32(&desk->fence, 0);
    }
    for (uint32_t t = 0; t < desk->touched_count; t++)
        if (entrain__word_schedule(events, desk->touched[t], 0))
            entrain__events_ready(engine, desk, desk->touched[t]);
    desk->touched_count = 0;
}

void entrain__events_undelivered(entrain_engine *engine, entrain__desk *desk, const entrain__letter *letters,
                                 uint32_t count) {
    desk->count_of.undeliverable += count;
    desk->cell->owner[ENTRAIN__CELL_UNDELIVERED] += count;
    for (uint32_t l = 0; l < count; l++)
        entrain__dead_letter(engine, &letters[l].message, letters[l].to, ENTRAIN_FATE_UNDELIVERABLE);
}

// What the desk's actor has just sent. @return whether it is muted now.
static bool send_outbox(entrain_engine *engine, entrain__desk *desk) {
    const uint32_t count = (uint32_t)(desk->sending.next - desk->outbox);
    if (count == 0)
        return false;
    desk->count_of.sent += count;
    if (engine->events->blocks)
        return entrain__mute_flush(engine, desk, desk->outbox, count);
    for (uint32_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && desk->outbox[end].to == desk->outbox[first].to)
            end++;
        bool gone;
        uint32_t left = entrain__events_deliver(engine, desk, desk->outbox + first, end - first, &gone);
        if (left == 0)
            continue;
        const bool failed = gone || engine->config.overflow == ENTRAIN_OVERFLOW_FAIL;
        if (failed)
            entrain__events_undelivered(engine, desk, desk->outbox + end - left, left);
        for (uint32_t l = end - left; l < end && !failed; l++)
            entrain__dead_letter(engine, &desk->outbox[l].message, desk->outbox[l].to, ENTRAIN_FATE_SHED);
        desk->count_of.shed += failed ? 0 : left;
    }
    entrain__events_look(engine, desk);
    return false;
}

// --- Running

static void open_desk(entrain_engine *engine, entrain__desk *desk, uint32_t slot) {
    entrain_population *population = desk->population;
    if (population == NULL || slot - population->first >= population->count) {
        population = desk->population = entrain__population_of(engine, slot);
        desk->self.context = population->context;
        desk->sending.log = entrain__trace_log_of(engine, desk->worker);
    }
    const uint32_t column = slot - population->first;
    desk->slot = slot;
    desk->cell = &engine->events->cells.cells[slot];
    // Its generation changes while nobody runs it only; other bits are turned on by those who have something for it.
    const uint32_t word = entrain__load_relaxed_u32(&desk->cell->owner[ENTRAIN__CELL_WORD]);
    desk->self.id = entrain__id_make(slot, word >> ENTRAIN__WORD_GENERATION);
    desk->self.index = column;
    if (population->behavior.timers_max > 0) {
        entrain__cohort *cohort = entrain__cohort_at(engine, slot);
        desk->sending.calendar = cohort->calendar;
        desk->sending.lock = &cohort->calendar_lock;
        desk->sending.owner = column - cohort->first;
    } else {
        desk->sending.calendar = NULL;
    }
    for (uint32_t c = 0; c < population->behavior.column_count; c++)
        desk->self.columns[c] = population->columns[c] + (size_t)column * population->column_specs[c].bytes;
}

// What became of a call; out of line, because nearly always it is nothing.
static __attribute__((noinline)) void judge(entrain_engine *engine, entrain__desk *desk,
                                            entrain_status status, entrain__end *end) {
    const entrain_population *population = desk->population;
    if (entrain__supervise_judge(population, desk->slot - population->first, status, &desk->sending, end) !=
            ENTRAIN_REASON_NONE &&
        engine->trace_logs != NULL)
        end->trace = desk->sending.log->at_hand;
    desk->sending.exceeded = desk->sending.finished = false;
}

// Hands one run of messages, which lie side by side, to the desk's actor; @p counted of them count as messages. @p numbers: of
// their records, with a trace. What the call sent lies in the outbox then, behind what was there (sending.next).
static void hand_over(entrain_engine *engine, entrain__desk *desk, const entrain_message *messages,
                      const uint64_t *numbers, uint32_t count, uint32_t counted, entrain__end *end) {
    const entrain_population *population = desk->population;
    uint32_t *undelivered = &desk->cell->owner[ENTRAIN__CELL_UNDELIVERED];
    desk->self.undelivered = *undelivered;
    *undelivered = 0;
    if (engine->chains != NULL)
        for (uint32_t m = 0; m < count; m++)
            engine->chains[desk->slot] = entrain__order_fold(engine->chains[desk->slot], &messages[m]);
    if (__builtin_expect(desk->sending.log != NULL, 0))
        entrain__trace_handling(desk->sending.log, messages, numbers, count);
    const entrain_status status = population->behavior.receive(&desk->self, messages, count);
    // Read by whoever keeps the scheduler's pace: it only has to grow.
    entrain__store_relaxed_u64(&desk->count_of.received, desk->count_of.received + counted);
    if (desk->sending.delayed + desk->sending.cancelled > 0) {
        desk->count_of.sent += desk->sending.delayed;
        desk->count_of.cancelled += desk->sending.cancelled;
    }
    if (__builtin_expect(status != ENTRAIN_OK || desk->sending.exceeded || desk->sending.finished ||
                             population->guarded_count > 0,
                         0))
        judge(engine, desk, status, end);
}

static void open_outbox(entrain__desk *desk) {
    desk->sending.next = desk->outbox;
    desk->sending.left = desk->population->behavior.sends_max;
    desk->sending.delayed = desk->sending.cancelled = 0;
}

// The same for mail, of which a budget may allow less. @return how many it was handed.
static uint32_t hand_over_mail(entrain_engine *engine, entrain__desk *desk, const entrain_message *messages,
                               const uint64_t *numbers, uint32_t count, entrain__end *end) {
    entrain_population *population = desk->population;
    open_outbox(desk);
    if (__builtin_expect(population->budgets == NULL, 1)) {
        hand_over(engine, desk, messages, numbers, count, count, end);
        return count;
    }
    uint64_t mail_left, sends_left;
    entrain__supervise_allow(population, desk->self.index, engine->time_s, &mail_left, &sends_left);
    if (mail_left == 0) {
        end->reason = ENTRAIN_REASON_MESSAGES;
        end->trace = numbers != NULL ? numbers[0] : 0;
        return 0;
    }
    count = count < mail_left ? count : (uint32_t)mail_left;
    desk->sending.budget = sends_left < desk->sending.left;
    if (desk->sending.budget)
        desk->sending.left = (uint32_t)sends_left;
    hand_over(engine, desk, messages, numbers, count, count, end);
    entrain__supervise_spend(population, desk->self.index, engine->time_s, count,
                             (uint64_t)(desk->sending.next - desk->outbox) + desk->sending.delayed);
    return count;
}

// How many of @p count messages, at least 1, are to be handed over together, or, left behind by senders that came too late, not
// at all (@p nothing_out).
static uint32_t run_length(const entrain__events *events, const entrain_message *messages, uint32_t count,
                           bool *nothing_out) {
    *nothing_out = false;
    if (__builtin_expect(entrain__load_relaxed_u32(&events->late) == 0, 1))
        return count;
    *nothing_out = messages[0].kind == ENTRAIN_KIND_NOTHING;
    uint32_t length = 1;
    while (length < count && (messages[length].kind == ENTRAIN_KIND_NOTHING) == *nothing_out)
        length++;
    return length;
}

// Room for the senders who wait, by whoever took @p count messages out.
static void give_room(entrain_engine *engine, entrain__desk *desk, uint32_t count) {
    entrain__events *events = engine->events;
    ck_ring_t *ring = &desk->cell->ring;
    if (events->blocks && events->many) {
        // The full fence of "give room, then look who waits". Pairs with the compare and swap in entrain__mute_wait(), and as a
        // release with entrain__cell_reserve().
        entrain__exchange_u32(&ring->c_head, ring->c_head + count);
        ENTRAIN__PREEMPT_POINT();
    } else {
        entrain__cell_release(desk->cell, count);
    }
    if (events->blocks)
        entrain__mute_wake(engine, desk, desk->slot, false);
}

// The desk's actor has no mail any more. @return whether it is ready again after all.
static bool go_idle(entrain__events *events, entrain__desk *desk) {
    uint32_t *word = &desk->cell->owner[ENTRAIN__CELL_WORD], now = entrain__load_relaxed_u32(word);
    if ((now & (ENTRAIN__NOTICE | ENTRAIN__STOP_ASKED)) != 0)
        return true;
    if (entrain__cell_queued(desk->cell) != 0)
        return true; // it may have sent to itself
    if (!events->many) {
        *word = now & ~(uint32_t)ENTRAIN__SCHEDULED;
        return false;
    }
    ENTRAIN__PREEMPT_POINT();
    // A full fence: "idle, then look". Pairs with the exchange in entrain__events_look().
    if (!entrain__cas_acq_rel_u32(word, now, now & ~(uint32_t)ENTRAIN__SCHEDULED))
        return true; // a notice has come
    ENTRAIN__PREEMPT_POINT();
    const uint32_t slot = desk->slot;
    return entrain__cell_queued(&events->cells.cells[slot]) != 0 && entrain__word_schedule(events, slot, 0);
}

// After a call of receive(): sends what was sent, and sees whether that was the actor's last call. @return whether the actor is
// out of this worker's hands.
static bool finish_call(entrain_engine *engine, entrain__desk *desk, entrain__end *end) {
    const bool muted = send_outbox(engine, desk);
    if (!muted && __builtin_expect(end->reason == ENTRAIN_REASON_NONE, 1))
        return false;
    if (muted) {
        engine->events->mutes[desk->slot].end = *end; // it ends when all of it has gone
        entrain__mute_wait(engine, desk, desk->slot);
    } else {
        entrain__events_end(engine, desk, desk->slot, end);
    }
    return true;
}

// Own timers that have run out, and what else is due: the rest goes off, as from this actor. @return whether it is out of
// this worker's hands.
static bool hand_over_timers(entrain_engine *engine, entrain__desk *desk) {
    if (desk->population->behavior.timers_max == 0)
        return false;
    for (;;) {
        entrain_message batch[ENTRAIN_BATCH_MAX];
        uint64_t numbers[ENTRAIN_BATCH_MAX];
        uint32_t count = 0;
        const entrain__delayed *due;
        desk->sending.next = desk->outbox;
        entrain__lock_take(desk->sending.lock);
        while (count < ENTRAIN_BATCH_MAX &&
               (due = entrain__calendar_first(desk->sending.calendar, desk->sending.owner)) != NULL) {
            if (due->letter.to == desk->self.id) {
                if (engine->trace_logs != NULL)
                    numbers[count] =
                        entrain__trace_number(engine, due->letter.trace, &due->letter.message, desk->self.id);
                batch[count++] = due->letter.message;
            } else {
                *desk->sending.next++ = due->letter;
            }
            entrain__calendar_drop_first(desk->sending.calendar, desk->sending.owner);
        }
        entrain__lock_give(desk->sending.lock);
        // What goes to others was counted as sent when it was delayed.
        const uint32_t others = (uint32_t)(desk->sending.next - desk->outbox);
        entrain__end end = {.reason = ENTRAIN_REASON_NONE};
        desk->count_of.sent -= others;
        if (count > 0) {
            desk->sending.left = desk->population->behavior.sends_max;
            desk->sending.delayed = desk->sending.cancelled = 0;
            hand_over(engine, desk, batch, numbers, count, count, &end);
        }
        if (finish_call(engine, desk, &end))
            return true;
        if (count + others == 0)
            return false;
    }
}

// Notices of who ended. @return as above.
static bool hand_over_notices(entrain_engine *engine, entrain__desk *desk) {
    while (entrain__supervise_notices_due(engine, desk->slot) > 0) {
        entrain_message batch[ENTRAIN_BATCH_MAX];
        uint64_t numbers[ENTRAIN_BATCH_MAX];
        const uint32_t count = entrain__supervise_take_notices(engine, desk->slot, batch, ENTRAIN_BATCH_MAX);
        entrain__trace_log *log = desk->sending.log;
        if (log != NULL)
            log->at_hand = 0; // notices begin chains
        for (uint32_t n = 0; n < count && log != NULL; n++)
            numbers[n] = entrain__trace_sent(log, batch[n].from, desk->self.id, batch[n].kind, batch[n].flags,
                                             engine->tick, engine->time_s);
        entrain__end end = {.reason = ENTRAIN_REASON_NONE};
        open_outbox(desk);
        hand_over(engine, desk, batch, numbers, count, 0, &end);
        if (finish_call(engine, desk, &end))
            return true;
    }
    return false;
}

// What is to be done about the desk's actor before its mail: what it waits to deliver, its end, timers and notices. @return
// whether it is out of this worker's hands.
static bool handle_requests(entrain_engine *engine, entrain__desk *desk) {
    entrain__events *events = engine->events;
    uint32_t *word = &desk->cell->owner[ENTRAIN__CELL_WORD];
    if (events->blocks && events->mutes[desk->slot].count > 0 && entrain__mute_flush(engine, desk, NULL, 0)) {
        entrain__mute_wait(engine, desk, desk->slot);
        return true;
    }
    entrain__end end = {.reason = ENTRAIN_REASON_NONE};
    if (events->blocks)
        end = events->mutes[desk->slot].end;
    // Pairs with entrain__events_stop_request().
    if (end.reason == ENTRAIN_REASON_NONE && (entrain__load_acquire_u32(word) & ENTRAIN__STOP_ASKED) != 0)
        end.reason = ENTRAIN_REASON_STOPPED;
    if (end.reason != ENTRAIN_REASON_NONE) {
        entrain__events_end(engine, desk, desk->slot, &end);
        return true;
    }
    // Taken away before looking: who comes with another sets it again. Pairs with entrain__word_schedule().
    for (uint32_t now = entrain__load_acquire_u32(word); (now & ENTRAIN__NOTICE) != 0;
         now = entrain__load_acquire_u32(word))
        if (entrain__cas_acq_rel_u32(word, now, now & ~(uint32_t)ENTRAIN__NOTICE))
            break;
    if (entrain__supervise_asked(engine, desk->slot) && entrain__events_obey(engine, desk, desk->slot))
        return true;
    return hand_over_timers(engine, desk) || hand_over_notices(engine, desk);
}

bool entrain__events_run_actor(void *context, uint32_t slot, uint32_t worker) {
    entrain_engine *engine = context;
    entrain__events *events = engine->events;
    entrain__desk *desk = &events->desks[worker];
    if ((++desk->runs & 63) == 0 || entrain__load_relaxed_u32(&engine->cancelled) != 0)
        look_at_the_world(engine);
    open_desk(engine, desk, slot);
    const uint32_t word = entrain__load_acquire_u32(&desk->cell->owner[ENTRAIN__CELL_WORD]);
    ENTRAIN_ASSERT((word & (ENTRAIN__SCHEDULED | ENTRAIN__NOT_LIVING)) == ENTRAIN__SCHEDULED);
    if (((word & (ENTRAIN__STOP_ASKED | ENTRAIN__NOTICE)) != 0 ||
         (events->blocks && events->mutes[slot].waits_for != 0)) &&
        handle_requests(engine, desk))
        return false;
    // Mail lies in one run or, around the end of the ring, in two: two calls.
    for (uint32_t left = engine->config.batch; left > 0;) {
        entrain__span span = entrain__cell_peek(&events->cells, desk->cell);
        uint32_t count = span.first_count < left ? span.first_count : left;
        if (count == 0)
            return go_idle(events, desk);
        bool nothing;
        count = run_length(events, span.first, count, &nothing);
        entrain__end end = {.reason = ENTRAIN_REASON_NONE};
        if (!nothing) {
            const uint64_t *numbers =
                events->slot_traces != NULL ? events->slot_traces + (span.first - events->cells.slots) : NULL;
            count = hand_over_mail(engine, desk, span.first, numbers, count, &end);
        }
        give_room(engine, desk, count);
        if (!nothing && finish_call(engine, desk, &end))
            return false;
        left -= count;
        if (span.second_count == 0 && span.first_count == count)
            return go_idle(events, desk);
    }
    return true;
}

static void look_at_the_world(entrain_engine *engine) {
    // Pairs with the store in entrain_engine_cancel().
    if (entrain__load_acquire_u32(&engine->cancelled) != 0 ||
        (engine->deadline_ns != 0 && entrain__now_ns() >= engine->deadline_ns))
        entrain_scheduler_ask_rest(engine->scheduler);
}

// --- From outside, between runs

entrain_status entrain__events_tell(entrain_engine *engine, const entrain__letter *letter) {
    entrain__events *events = engine->events;
    const uint32_t slot = entrain__id_slot(letter->to);
    if (letter->to == ENTRAIN_ID_NONE || slot >= engine->actor_count ||
        !entrain__word_names(*entrain__word_at(events, slot), letter->to))
        return ENTRAIN_STALE;
    entrain__cell *cell = &events->cells.cells[slot];
    uint32_t at;
    if (cell->ring.mask == 0)
        return ENTRAIN_STALE; // it has no inbox
    if (entrain__cell_reserve(&events->cells, cell, 1, &at) == 0) {
        if (engine->config.overflow != ENTRAIN_OVERFLOW_SHED_NEWEST)
            return ENTRAIN_FULL;
        engine->count_of.sent++;
        engine->count_of.shed++;
        entrain__dead_letter(engine, &letter->message, letter->to, ENTRAIN_FATE_SHED);
        return ENTRAIN_OK;
    }
    entrain__letter traced = *letter;
    if (engine->trace_logs != NULL)
        entrain__letter_trace(entrain__trace_log_of(engine, UINT32_MAX), &traced, engine->tick,
                              engine->time_s);
    write_slots(engine, cell, at, &traced, 1, false);
    entrain__cell_publish(&events->cells, cell, at, 1);
    engine->count_of.sent++;
    if (entrain__word_schedule(events, slot, 0))
        remember_told(events, slot);
    return ENTRAIN_OK;
}

void entrain__events_count(const entrain_engine *engine, entrain_message_count *sum) {
    const entrain__events *events = engine->events;
    for (uint32_t w = 0; w < entrain_scheduler_worker_count(engine->scheduler); w++) {
        const entrain_message_count *count = &events->desks[w].count_of;
        sum->sent += count->sent;
        sum->received += count->received;
        sum->shed += count->shed;
        sum->undeliverable += count->undeliverable;
        sum->cancelled += count->cancelled;
    }
    for (uint32_t slot = 0; slot < engine->actor_count; slot++) {
        const entrain__cell *cell = &events->cells.cells[slot];
        entrain__span span = entrain__cell_peek(&events->cells, cell);
        for (uint32_t m = 0; m < span.first_count + span.second_count; m++)
            sum->queued += entrain__span_slot(&span, m)->kind != ENTRAIN_KIND_NOTHING;
        if (events->blocks)
            sum->queued += events->mutes[slot].count;
    }
}
