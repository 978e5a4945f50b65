// Event-driven execution: no clock; an actor with mail is runnable, a worker runs it for up to a batch of messages and
// goes on to the next, until nobody has mail (quiescence), a deadline, or a request to stop.
//
// Quiescence is exact. Mail makes its receiver SCHEDULED before its sender's run ends, so an actor with mail is in a
// queue, run, or muted. The scheduler calls rest() when all queues are empty and no task runs: then everybody with mail is
// muted, and what else is under way are timers, which rest() lets run out one time after the other.
//
// With one worker there is nobody to be careful of: no instruction is locked.
#include "engine/event_driven.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/base/fingerprint.h"

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
static void write_slots(entrain__cells *cells, entrain__cell *cell, uint32_t at,
                        const entrain__letter *letters, uint32_t count, bool gone, uint32_t *late) {
    if (gone) // seen by whoever sees the messages
        entrain__store_relaxed_u32(late, 1);
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
        const bool gone = events->many && !entrain__word_names(entrain__load_acquire_u32(word), to);
        write_slots(&events->cells, cell, at, letters + done, room, gone, &events->late);
        entrain__cell_publish(&events->cells, cell, at, room);
        // Also where it has gone: if somebody lives there by now, it is to clear away what was left behind.
        if (entrain__word_schedule(events, slot, 0))
            entrain__events_ready(engine, desk, slot);
        if (gone)
            return count - done;
        done += room;
    }
    *gone_out = false;
    return count - done;
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
    return false;
}

// --- Beginning and ending

// A free place of @p population, or UINT32_MAX. The head is a slot + 1 under a stamp that changes with every step, so that
// a head that was taken and came back is not mistaken for the same.
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
    // From here on it can be sent to. A full fence: a sender that came too late for the last one who lived here, and so left
    // something behind, sees it idle, or what it left is seen below. Pairs with entrain__events_deliver().
    entrain__exchange_u32(&cell->owner[ENTRAIN__CELL_WORD],
                          (uint32_t)engine->generations[slot] << ENTRAIN__WORD_GENERATION);
    if (entrain__cell_queued(cell) != 0 && entrain__word_schedule(events, slot, 0))
        entrain__events_ready(engine, desk, slot);
    // Pairs with entrain_population_id().
    entrain__store_release_u32(&engine->ids[slot], id);
    return id;
}

// Takes what is queued for one that has ended: undeliverable.
static void drain(entrain_engine *engine, entrain__desk *desk, entrain__cell *cell, entrain_id id) {
    entrain__events *events = engine->events;
    for (uint32_t round = 0;; round++) {
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
        if (!entrain__cell_is_busy(&events->cells, cell))
            return;
        entrain__wait_step(round); // for one who reserved and has not published
    }
}

// The actor at @p slot, SCHEDULED and the caller's, ends. All it sent has gone.
static void end_actor(entrain_engine *engine, entrain__desk *desk, uint32_t slot) {
    entrain__events *events = engine->events;
    entrain_population *population = entrain__population_of(engine, slot);
    uint32_t *word = entrain__word_at(events, slot), generation = *word >> ENTRAIN__WORD_GENERATION;
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
    if (events->blocks)
        entrain__mute_wake(engine, desk, slot, true);
    drain(engine, desk, &events->cells.cells[slot], entrain__id_make(slot, generation));
    events->endings[slot] = ENTRAIN_REASON_NONE;
    desk->changed = true;
    give_place(engine, population, slot);
}

// --- Running

static uint64_t chain_over(uint64_t chain, const entrain_message *messages, uint32_t count) {
    for (uint32_t m = 0; m < count; m++) {
        const entrain_message *message = &messages[m];
        chain = entrain__mix_fold(chain, (uint64_t)message->from << 32 | (uint32_t)message->kind << 16 |
                                             message->flags);
        chain = entrain__mix_fold(chain, message->payload[0].u64);
        chain = entrain__mix_fold(chain, message->payload[1].u64);
    }
    return chain;
}

static void open_desk(entrain_engine *engine, entrain__desk *desk, uint32_t slot) {
    entrain_population *population = desk->population;
    if (population == NULL || slot - population->first >= population->count) {
        population = desk->population = entrain__population_of(engine, slot);
        desk->self.context = population->context;
    }
    const uint32_t column = slot - population->first;
    desk->slot = slot;
    desk->cell = &engine->events->cells.cells[slot];
    desk->self.id = entrain__id_make(slot, desk->cell->owner[ENTRAIN__CELL_WORD] >> ENTRAIN__WORD_GENERATION);
    desk->self.index = column;
    for (uint32_t c = 0; c < population->behavior.column_count; c++)
        desk->self.columns[c] = population->columns[c] + (size_t)column * population->column_specs[c].bytes;
}

// Hands one run of messages, which lie side by side, to the desk's actor.
static void hand_over(entrain_engine *engine, entrain__desk *desk, const entrain_message *messages,
                      uint32_t count) {
    entrain_population *population = desk->population;
    uint32_t *undelivered = &desk->cell->owner[ENTRAIN__CELL_UNDELIVERED];
    desk->self.undelivered = *undelivered;
    *undelivered = 0;
    desk->sending.next = desk->outbox;
    desk->sending.left = population->behavior.sends_max;
    if (engine->chains != NULL)
        engine->chains[desk->slot] = chain_over(engine->chains[desk->slot], messages, count);
    (void)population->behavior.receive(&desk->self, messages, count);
    desk->count_of.received += count;
    if (desk->sending.exceeded) {
        desk->sending.exceeded = false;
        entrain__exchange_u32(&engine->events->over_limit, desk->slot + 1); // read at rest
        entrain_scheduler_ask_rest(engine->scheduler);
    }
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
    // A full fence: "idle, then look". Pairs with entrain__cell_publish() and entrain__word_schedule().
    if (!entrain__cas_acq_rel_u32(word, now, now & ~(uint32_t)ENTRAIN__SCHEDULED))
        return true; // a notice has come
    ENTRAIN__PREEMPT_POINT();
    const uint32_t slot = desk->slot;
    return entrain__cell_queued(&events->cells.cells[slot]) != 0 && entrain__word_schedule(events, slot, 0);
}

// What is to be done about the desk's actor before its mail. @return whether it has ended, or is muted.
static bool handle_requests(entrain_engine *engine, entrain__desk *desk) {
    entrain__events *events = engine->events;
    uint32_t word = entrain__load_acquire_u32(&desk->cell->owner[ENTRAIN__CELL_WORD]);
    if ((word & ENTRAIN__STOP_ASKED) != 0 && events->endings[desk->slot] == ENTRAIN_REASON_NONE)
        events->endings[desk->slot] = ENTRAIN_REASON_STOPPED;
    if (events->blocks && events->mutes[desk->slot].count > 0 && entrain__mute_flush(engine, desk, NULL, 0)) {
        entrain__mute_wait(engine, desk, desk->slot);
        return true;
    }
    if (events->endings[desk->slot] == ENTRAIN_REASON_NONE)
        return false;
    end_actor(engine, desk, desk->slot);
    return true;
}

// After a call of receive(): sends what it sent. @return whether the actor is out of this worker's hands.
static bool finish_call(entrain_engine *engine, entrain__desk *desk) {
    if (desk->sending.finished) {
        desk->sending.finished = false;
        engine->events->endings[desk->slot] = ENTRAIN_REASON_FINISHED;
    }
    if (send_outbox(engine, desk)) {
        entrain__mute_wait(engine, desk, desk->slot);
        return true;
    }
    if (engine->events->endings[desk->slot] == ENTRAIN_REASON_NONE)
        return false;
    end_actor(engine, desk, desk->slot);
    return true;
}

static bool run_actor(void *context, uint32_t slot, uint32_t worker) {
    entrain_engine *engine = context;
    entrain__events *events = engine->events;
    entrain__desk *desk = &events->desks[worker];
    if ((++desk->runs & 63) == 0 || entrain__load_relaxed_u32(&engine->cancelled) != 0)
        look_at_the_world(engine);
    open_desk(engine, desk, slot);
    uint32_t word = entrain__load_acquire_u32(&desk->cell->owner[ENTRAIN__CELL_WORD]);
    ENTRAIN_ASSERT((word & (ENTRAIN__SCHEDULED | ENTRAIN__NOT_LIVING)) == ENTRAIN__SCHEDULED);
    if (((word & ENTRAIN__STOP_ASKED) != 0 || (events->blocks && events->mutes[slot].count > 0)) &&
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
        if (!nothing)
            hand_over(engine, desk, span.first, count);
        give_room(engine, desk, count);
        if (!nothing && finish_call(engine, desk))
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

// --- At rest

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

// @return whether the run goes on.
static bool rest(void *context, uint32_t worker, bool quiescent) {
    entrain_engine *engine = context;
    entrain__events *events = engine->events;
    entrain__desk *desk = &events->desks[worker];
    if (events->over_limit != 0)
        return end_run(engine, ENTRAIN_LIMIT);
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
    if (quiescent)
        return end_run(engine, ENTRAIN_OK);
    if (entrain__load_acquire_u32(&engine->cancelled) != 0)
        return end_run(engine, ENTRAIN_CANCELLED);
    if (engine->deadline_ns != 0 && entrain__now_ns() >= engine->deadline_ns)
        return end_run(engine, ENTRAIN_TIMEOUT);
    return true;
}

// Cohorts are what fingerprints and visits go by; they know how many of theirs do not live.
static void count_living(entrain_engine *engine) {
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

entrain_status entrain__events_run(entrain_engine *engine, double until_s, entrain_error *error_out) {
    entrain__events *events = engine->events;
    const entrain_ready_job job = {.context = engine, .task = run_actor, .rest = rest};
    events->first_rest = true;
    events->until_s = until_s;
    engine->ended = ENTRAIN_OK;
    uint64_t began = entrain__now_ns();
    engine->running = true;
    entrain_status status = entrain_scheduler_run_ready(engine->scheduler, &job, error_out);
    engine->running = false;
    engine->stats.advance_ns += entrain__now_ns() - began;
    count_living(engine);
    if (status != ENTRAIN_OK) {
        engine->broken = true;
        return status;
    }
    if (engine->ended == ENTRAIN_LIMIT) {
        engine->broken = true;
        const uint32_t slot = events->over_limit - 1;
        const entrain_population *population = entrain__population_of(engine, slot);
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "Actor %" PRIu32 " of \"%s\" sent more than the %" PRIu32
                                 " messages a call that its behavior declares; raise sends_max or send less.",
                                 slot - population->first, population->behavior.name,
                                 population->behavior.sends_max);
    }
    if (engine->ended == ENTRAIN_DEADLOCK)
        return entrain__mute_check(engine, &events->desks[0], error_out);
    if (engine->ended != ENTRAIN_OK)
        return entrain_error_set(error_out, engine->ended, "The run stopped %s.",
                                 engine->ended == ENTRAIN_CANCELLED ? "on request" : "at its deadline");
    return ENTRAIN_OK;
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
    *entrain__cell_slot(&events->cells, cell, at) = letter->message;
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

uint64_t entrain_engine_order_signature(const entrain_engine *engine) {
    uint64_t sum = 0;
    if (engine->events == NULL || engine->chains == NULL)
        return 0;
    for (uint32_t slot = 0; slot < engine->actor_count; slot++)
        if (engine->chains[slot] != 0)
            sum += entrain__mix64(engine->chains[slot] ^ entrain__mix64(slot));
    return sum;
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
    events->endings[slot] = ENTRAIN_REASON_STOPPED;
    const bool waited = events->blocks && entrain__mute_forget(engine, &events->desks[0], slot);
    if ((*word & ENTRAIN__SCHEDULED) != 0 &&
        !waited) { // in a queue or told: it ends when its turn comes, first of all
        *word |= ENTRAIN__STOP_ASKED;
        return ENTRAIN_OK;
    }
    end_actor(engine, &events->desks[0], slot);
    count_living(engine);
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
    count_living(engine);
    return ENTRAIN_OK;
}
