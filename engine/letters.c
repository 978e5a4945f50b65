// General messages in lockstep: sent in tick t, handled in tick t+1, in canonical order.
//
// A sender's task appends letters to its cohort's outbox (one writer), from receive() and then from
// step(). At the next tick boundary the serial part sorts all letters by (sender's slot, order sent) and
// then, stably, by receiving cohort: each cohort's share is its lane. After the barrier the owner of each
// cohort takes its lane in order, enqueues into its actors' rings, single-producer, and calls receive().
// Everything is bounded by what behaviors declare: nothing here allocates, blocks a thread, or can
// overflow unnoticed.
//
// What finds no room is the overflow policy's: all but block are applied by the owner (deliver_lane), and
// then every ring is empty again when the phase ends. Under block the router asks for room first
// (letters_wait.c): what has none never gets a lane, and mail of a muted actor stays in its ring.
#include <string.h>

#include "engine/engine_private.h"
#include "engine/event_driven.h"
#include "engine/virtual_time.h"
#include "mailbox/ring.h"

void entrain__letter_trace(entrain__trace_log *log, entrain__letter *letter, uint64_t tick, double time_s) {
    const entrain_message *message = &letter->message;
    letter->trace = entrain__trace_mark(entrain__trace_sent(log, message->from, letter->to, message->kind,
                                                            message->flags, tick, time_s)) &
                    0x7fffffff;
}

entrain_status entrain_send(entrain_self *self, entrain_id to, uint16_t kind, uint16_t flags,
                            entrain_payload first, entrain_payload second) {
    entrain__allowance *sending = self->reserved;
    ENTRAIN_ASSERT(sending != NULL); // from receive() only
    if (sending->left == 0) {
        sending->exceeded = true;
        return ENTRAIN_LIMIT;
    }
    const entrain__letter letter = {
        .message = {.from = self->id, .kind = kind, .flags = flags, .payload = {first, second}},
        .to = to,
    };
    if (sending->delays_all)
        return entrain__delay(self, &letter);
    sending->left--;
    *sending->next++ = letter;
    if (__builtin_expect(sending->log != NULL, 0))
        entrain__letter_trace(sending->log, sending->next - 1, self->tick, self->time_s);
    return ENTRAIN_OK;
}

entrain_status entrain_engine_tell(entrain_engine *engine, entrain_id to, uint16_t kind, uint16_t flags,
                                   entrain_payload first, entrain_payload second) {
    ENTRAIN_ASSERT(!engine->running); // an actor sends from receive(), with entrain_send()
    if (!engine->started || !engine->has_mail)
        return ENTRAIN_ORDER;
    const entrain__letter letter = {
        .message = {.from = ENTRAIN_ID_NONE, .kind = kind, .flags = flags, .payload = {first, second}},
        .to = to,
    };
    if (engine->events != NULL)
        return entrain__events_tell(engine, &letter);
    if (entrain__place_of(engine, to) == UINT32_MAX)
        return ENTRAIN_STALE;
    if (engine->tell_count + engine->tells_waiting == ENTRAIN_TELLS_MAX)
        return ENTRAIN_FULL;
    engine->tells[engine->tell_count++] = letter;
    if (engine->trace_logs != NULL)
        entrain__letter_trace(entrain__trace_log_of(engine, UINT32_MAX),
                              &engine->tells[engine->tell_count - 1], engine->tick,
                              entrain_engine_time_s(engine));
    engine->count_of.sent++;
    return ENTRAIN_OK;
}

bool entrain__letters_pending(const entrain_engine *engine) {
    if (engine->tell_count > 0 || engine->waiting_count > 0)
        return true;
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        if (engine->cohorts[c].outbox_count > 0 || engine->cohorts[c].notices > 0 ||
            engine->cohorts[c].kept > 0) // what it waited with may just have been shed
            return true;
    return false;
}

// One pass of a stable counting sort by 12 bits of the sender's slot.
static void sort_pass(entrain__letter **from, entrain__letter **to, uint64_t count, uint32_t shift) {
    uint64_t offsets[4096] = {0};
    for (uint64_t l = 0; l < count; l++)
        offsets[entrain__id_slot(from[l]->message.from) >> shift & 4095]++;
    uint64_t at = 0;
    for (uint32_t d = 0; d < 4096; d++) {
        uint64_t here = offsets[d];
        offsets[d] = at;
        at += here;
    }
    for (uint64_t l = 0; l < count; l++)
        to[offsets[entrain__id_slot(from[l]->message.from) >> shift & 4095]++] = from[l];
}

static void sort_by_sender(entrain_engine *engine, entrain__letter **letters, uint64_t count) {
    sort_pass(letters, engine->sorted_twin, count, 0);
    sort_pass(engine->sorted_twin, letters, count, 12);
}

uint64_t entrain__letters_sent(entrain_engine *engine) {
    uint64_t total = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        for (uint32_t l = 0; l < engine->cohorts[c].outbox_count; l++)
            engine->sorted[total++] = &engine->cohorts[c].outbox[l];
    sort_by_sender(engine, engine->sorted, total);
    return total;
}

// The sender's own task reads and clears it in a receive phase.
void entrain__letters_tell(entrain_engine *engine, entrain_id sender) {
    if (entrain__place_of(engine, sender) != UINT32_MAX)
        engine->undelivered[entrain__id_slot(sender)]++;
}

// What the previous receive phase could not deliver is told to the senders now. Had the receivers' tasks told
// them directly, whether a sender heard of it in that same phase would have depended on who ran first.
void entrain__letters_tell_failed(entrain_engine *engine) {
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        for (uint64_t l = 0; cohort->lane_failed > 0 && l < cohort->lane_count; l++) {
            const entrain__letter *letter = &engine->lanes[cohort->lane_first + l];
            if (letter->undelivered != 0) {
                entrain__letters_tell(engine, letter->message.from);
                cohort->lane_failed--;
            }
        }
    }
}

// Where the last letter went: the next one often goes there, too.
typedef struct finder {
    const entrain_population *population;
    entrain__cohort *cohort;
    uint32_t first, count; // places of the cohort
} finder;

// entrain__place_of(), beginning with the population of the last one.
static inline uint32_t find_place(const entrain_engine *engine, finder *near, entrain_id id) {
    const uint32_t slot = entrain__id_slot(id);
    if (id == ENTRAIN_ID_NONE || slot >= engine->actor_count)
        return UINT32_MAX;
    if (slot - near->population->first >= near->population->count)
        near->population = entrain__population_of(engine, slot);
    const entrain_population *population = near->population;
    const uint32_t place = population->first + entrain__column_of(population, slot - population->first);
    return engine->ids[place] == id ? place : UINT32_MAX;
}

// The cohort plus one that @p letter goes to, in whose share it is counted; 0: nobody's, or it has to wait.
static inline uint32_t find_home(entrain_engine *engine, finder *near, entrain__letter *letter) {
    const uint32_t place = find_place(engine, near, letter->to);
    letter->undelivered = 0; // if it waited, it does so no more
    if (place == UINT32_MAX) {
        engine->count_of.undeliverable++;
        entrain__dead_letter(engine, &letter->message, letter->to, ENTRAIN_FATE_UNDELIVERABLE);
        entrain__letters_tell(engine, letter->message.from);
        return 0;
    }
    if (engine->waiting != NULL && !entrain__wait_admits(engine, letter)) {
        letter->undelivered = 1;
        return 0;
    }
    if (place - near->first >= near->count) {
        near->cohort = entrain__cohort_at(engine, place);
        near->first = near->cohort->population->first + near->cohort->first;
        near->count = near->cohort->count;
    }
    near->cohort->lane_count++;
    return (uint32_t)(near->cohort - engine->cohorts) + 1;
}

void entrain__letters_route(entrain_engine *engine) {
    entrain__letters_tell_failed(engine);
    // Gather: what waits first, then tells, in the order of calls; then delayed ones that are due; then
    // what actors sent, in that of cohorts.
    entrain__letter **letters = engine->sorted;
    uint64_t total = 0;
    const bool blocks = engine->waiting != NULL;
    ENTRAIN_ASSERT(blocks || engine->waiting_count == 0);
    for (uint64_t w = 0; w < engine->waiting_count; w++)
        letters[total++] = &engine->waiting[w];
    for (uint32_t t = 0; t < engine->tell_count; t++)
        letters[total++] = &engine->tells[t];
    const uint64_t sent_first = total;
    for (uint32_t c = 0; c < engine->cohort_count && entrain__timers_due(engine); c++) {
        entrain__calendar *calendar = engine->cohorts[c].calendar;
        entrain__delayed *due;
        while (calendar != NULL && (due = entrain__calendar_take(calendar, ENTRAIN__LANE_OTHERS,
                                                                 entrain__timers_end(engine))) != NULL)
            letters[total++] = &due->letter;
    }
    bool mixed = total > sent_first || engine->layout != ENTRAIN_LAYOUT_INDEX;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        cohort->lane_count = 0;
        mixed |= cohort->outbox_mixed;
        for (uint32_t l = 0; l < cohort->outbox_count; l++)
            letters[total++] = &cohort->outbox[l];
    }
    ENTRAIN_ASSERT(total <= engine->letters_max);
    // Else cohorts, and the actors in them, are in that order.
    if (mixed)
        sort_by_sender(engine, letters + sent_first, total - sent_first);

    // Count each cohort's share, then place. A letter to nobody never gets a lane, nor does one that has to
    // wait.
    finder near = {engine->populations[0], engine->cohorts, 0, 0};
    for (uint64_t l = 0; l < total; l++)
        engine->homes[l] = find_home(engine, &near, letters[l]);
    uint64_t first = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        cohort->lane_first = first;
        first += cohort->lane_count;
        cohort->lane_count = 0;
    }
    for (uint64_t l = 0; l < total; l++) {
        if (engine->homes[l] == 0)
            continue;
        entrain__cohort *cohort = &engine->cohorts[engine->homes[l] - 1];
        engine->lanes[cohort->lane_first + cohort->lane_count++] = *letters[l];
    }
    if (blocks)
        entrain__wait_keep(engine, total);
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        engine->cohorts[c].outbox_count = 0;
        engine->cohorts[c].outbox_mixed = false;
    }
    engine->tell_count = 0;
}

// Where among @p span, which ends with the mail of one sender after the other, lies the newest message of the
// same sender and kind; NULL: there is none. Lanes are in the order of senders, so it can stop at another
// one.
static entrain_message *find_older(const entrain__span *span, const entrain_message *message) {
    for (uint32_t m = span->first_count + span->second_count; m-- > 0;) {
        entrain_message *queued = entrain__span_slot(span, m);
        if (queued->from != message->from)
            return NULL;
        if (queued->kind == message->kind)
            return queued;
    }
    return NULL;
}

// Which records the slots of @p set belong to; NULL without a trace.
static uint64_t *traces_of(const entrain_engine *engine, const entrain_mailbox_set *set) {
    return engine->slot_traces[set == engine->letterboxes];
}

static inline void trace_slot(const entrain_engine *engine, const entrain_mailbox_set *set,
                              const entrain_message *message, const entrain__letter *letter) {
    uint64_t *traces = traces_of(engine, set);
    if (traces != NULL)
        traces[entrain__mailbox_slot_index(set, message)] =
            entrain__trace_number(engine, letter->trace, &letter->message, letter->to);
}

// Its sender is told at the next boundary.
static void turn_away(entrain_engine *engine, entrain__cohort *cohort, entrain__letter *letter) {
    entrain__dead_letter(engine, &letter->message, letter->to, ENTRAIN_FATE_UNDELIVERABLE);
    cohort->count_of.undeliverable++;
    cohort->lane_failed++;
    letter->undelivered = 1;
}

// A letter finds its mailbox full: does what the policy says. Of two messages one has to go; true: the new
// one still wants to be enqueued, and now there is room.
static bool make_room(entrain_engine *engine, entrain__cohort *cohort, uint32_t letterbox,
                      entrain__letter *letter) {
    const entrain_overflow overflow = engine->config.overflow;
    entrain_mailbox_set *set = cohort->population->letterboxes;
    ENTRAIN_ASSERT(overflow != ENTRAIN_OVERFLOW_BLOCK); // the router saw to it
    if (overflow == ENTRAIN_OVERFLOW_SHED_OLDEST) {
        // All in it was sent to the same actor: an end empties it.
        const entrain__span queued = entrain__mailbox_peek(set, letterbox);
        entrain__dead_letter(engine, entrain__span_slot(&queued, 0), letter->to, ENTRAIN_FATE_SHED);
        entrain__mailbox_release(set, letterbox, 1);
        cohort->count_of.shed++;
        return true;
    }
    if (overflow == ENTRAIN_OVERFLOW_CONFLATE) {
        entrain__span queued = entrain__mailbox_peek(set, letterbox);
        entrain_message *older = find_older(&queued, &letter->message);
        if (older != NULL) {
            entrain__dead_letter(engine, older, letter->to, ENTRAIN_FATE_CONFLATED);
            *older = letter->message;
            trace_slot(engine, set, older, letter);
            cohort->count_of.conflated++;
            return false;
        }
    }
    if (overflow != ENTRAIN_OVERFLOW_FAIL) {
        entrain__dead_letter(engine, &letter->message, letter->to, ENTRAIN_FATE_SHED);
        cohort->count_of.shed++;
        return false;
    }
    turn_away(engine, cohort, letter);
    return false;
}

// The owner enqueues its lane into its actors' rings, in order. Sets the bits of whom it has something for.
static void deliver_lane(entrain_engine *engine, entrain__cohort *cohort, uint64_t *called) {
    const entrain_population *population = cohort->population;
    entrain_mailbox_set *set = population->letterboxes;
    entrain__letter *lane = engine->lanes + cohort->lane_first;
    for (uint64_t l = 0; l < cohort->lane_count; l++) {
        if (population->behavior.receive == NULL) { // nobody here reads mail
            turn_away(engine, cohort, &lane[l]);
            continue;
        }
        uint32_t slot = entrain__id_slot(lane[l].to);
        const uint32_t column = entrain__column_of(population, slot - population->first);
        const uint32_t letterbox = population->letterbox_first + column, bit = column - cohort->first;
        called[bit / 64] |= UINT64_C(1) << bit % 64;
        if (entrain_mailbox_queued(set, letterbox) <
                entrain__letterbox_limit(engine, population, letterbox) ||
            make_room(engine, cohort, letterbox, &lane[l])) {
            entrain_message *slot_of = entrain__mailbox_reserve(set, letterbox, 1).first;
            *slot_of = lane[l].message;
            trace_slot(engine, set, slot_of, &lane[l]);
            entrain__mailbox_commit(set, letterbox, 1);
        }
    }
}

typedef struct mail_batch {
    const entrain_message *messages;
    uint32_t notices, mail; // notices come first
    entrain_message copied[ENTRAIN_BATCH_MAX];
} mail_batch;

// Records of a batch, gathered: a trace may take its time. Notices have none before they are handed over.
static void number_batch(entrain_engine *engine, entrain__trace_log *log, const mail_batch *batch,
                         const entrain__span *span, entrain_mailbox_set *set, entrain_id to,
                         uint64_t *numbers_out) {
    const uint64_t *traces = traces_of(engine, set);
    log->at_hand = 0; // notices begin chains
    for (uint32_t m = 0; m < batch->notices; m++) {
        const entrain_message *notice = &batch->messages[m];
        numbers_out[m] = entrain__trace_sent(log, notice->from, to, notice->kind, notice->flags, engine->tick,
                                             entrain_engine_time_s(engine));
    }
    for (uint32_t m = 0; m < batch->mail; m++)
        numbers_out[batch->notices + m] =
            traces[entrain__mailbox_slot_index(set, entrain__span_slot(span, m))];
}

// Mail is handed out where it lies in the ring when it does not wrap and no notice comes before it.
static void fill_batch(entrain_engine *engine, const entrain__span *span, uint32_t slot, uint32_t notices,
                       uint32_t mail, mail_batch *batch) {
    batch->messages = span->first;
    batch->notices = notices > 0 ? entrain__supervise_take_notices(engine, slot, batch->copied, notices) : 0;
    ENTRAIN_ASSERT(batch->notices == notices);
    batch->mail = mail;
    if (notices == 0 && mail <= span->first_count)
        return;
    const uint32_t first = mail < span->first_count ? mail : span->first_count;
    memcpy(batch->copied + notices, span->first, first * sizeof *batch->copied);
    memcpy(batch->copied + notices + first, span->second, (mail - first) * sizeof *batch->copied);
    batch->messages = batch->copied;
}

// One call of receive(), whose last @p counted messages count as such (timers and mail; notices of ends do
// not). @p numbers: of their records; NULL without a trace. @return whether the actor is to be called again.
static bool call_receive(entrain_engine *engine, entrain__cohort *cohort, uint32_t worker, entrain_self *self,
                         uint32_t column, const entrain_message *messages, const uint64_t *numbers,
                         uint32_t count, uint32_t counted, uint64_t sends_left) {
    entrain_population *population = cohort->population;
    const uint32_t slot = entrain__id_slot(self->id);
    entrain__letter *outbox = cohort->outbox + cohort->outbox_count;
    entrain__allowance sending = {.next = outbox,
                                  .left = population->behavior.sends_max,
                                  .owner = column - cohort->first,
                                  .calendar = cohort->calendar};
    const uint32_t in_tick = population->behavior.tick_sends_max;
    if (in_tick > 0 && in_tick - (cohort->outbox_count - cohort->outbox_turn) < sending.left)
        sending.left = in_tick - (cohort->outbox_count - cohort->outbox_turn);
    if (sends_left < sending.left) {
        sending.left = (uint32_t)sends_left;
        sending.budget = true;
    }
    if (numbers != NULL) {
        sending.log = entrain__trace_log_of(engine, worker);
        entrain__trace_handling(sending.log, messages, numbers, count);
    }
    self->undelivered = engine->undelivered[slot];
    engine->undelivered[slot] = 0;
    self->reserved = &sending;
    const entrain_status status = population->behavior.receive(self, messages, count);
    cohort->count_of.received += counted;
    cohort->count_of.cancelled += sending.cancelled;
    const uint32_t sent = (uint32_t)(sending.next - outbox);
    cohort->outbox_count += sent;
    cohort->count_of.sent += sent + sending.delayed;
    ENTRAIN_ASSERT(cohort->outbox_count <= cohort->outbox_capacity);
    if (population->budgets != NULL)
        entrain__supervise_spend(population, self->index, self->time_s, counted, sent + sending.delayed);
    entrain__end end = {0};
    if (entrain__supervise_judge(population, column, status, &sending, &end) == ENTRAIN_REASON_NONE)
        return true;
    if (sending.log != NULL)
        end.trace = sending.log->at_hand;
    entrain__supervise_mark(engine, slot, &end);
    return false;
}

// Its budget of messages is used up, and here is another one, of the record @p number.
static void fail_by_messages(entrain_engine *engine, const entrain_self *self, uint64_t number) {
    const entrain__end end = {.reason = ENTRAIN_REASON_MESSAGES, .trace = number};
    entrain__supervise_mark(engine, entrain__id_slot(self->id), &end);
}

// One actor's timers that have run out, in batches. @return whether it is to be called again.
static bool receive_timers(entrain_engine *engine, entrain__cohort *cohort, uint32_t worker,
                           uint32_t column) {
    const uint32_t owner = column - cohort->first;
    entrain_self self;
    entrain__self_make(engine, cohort->population, column, &self);
    const entrain__delayed *due;
    while ((due = entrain__calendar_first(cohort->calendar, owner)) != NULL) {
        entrain_message batch[ENTRAIN_BATCH_MAX];
        uint64_t numbers[ENTRAIN_BATCH_MAX], left = UINT64_MAX, sends_left = UINT64_MAX;
        uint32_t count = 0;
        if (cohort->population->budgets != NULL)
            entrain__supervise_allow(cohort->population, self.index, self.time_s, &left, &sends_left);
        if (left == 0) {
            fail_by_messages(engine, &self,
                             entrain__trace_number(engine, due->letter.trace, &due->letter.message, self.id));
            return false;
        }
        for (; due != NULL && count < ENTRAIN_BATCH_MAX && count < left;
             due = entrain__calendar_first(cohort->calendar, owner)) {
            if (engine->trace_logs != NULL)
                numbers[count] =
                    entrain__trace_number(engine, due->letter.trace, &due->letter.message, self.id);
            batch[count++] = due->letter.message;
            entrain__calendar_drop_first(cohort->calendar, owner);
        }
        if (!call_receive(engine, cohort, worker, &self, column, batch,
                          engine->trace_logs != NULL ? numbers : NULL, count, count, sends_left))
            return false;
    }
    return true;
}

// Notices and mail in one call. @return whether the actor is to be called again.
static bool call_one(entrain_engine *engine, entrain__cohort *cohort, uint32_t worker, entrain_self *self,
                     uint32_t letterbox, uint32_t *notices_due) {
    entrain_population *population = cohort->population;
    entrain_mailbox_set *set = population->letterboxes;
    const uint32_t slot = entrain__id_slot(self->id);
    const entrain__span span = entrain__mailbox_peek(set, letterbox);
    uint64_t mail_left = UINT64_MAX, sends_left = UINT64_MAX;
    uint32_t mail = span.first_count + span.second_count;
    if (mail == 0 && *notices_due == 0)
        return false;
    if (population->budgets != NULL)
        entrain__supervise_allow(population, self->index, self->time_s, &mail_left, &sends_left);
    if (mail > 0 && mail_left == 0 && *notices_due == 0) {
        const uint64_t *traces = traces_of(engine, set);
        fail_by_messages(engine, self,
                         traces != NULL ? traces[entrain__mailbox_slot_index(set, span.first)] : 0);
        return false;
    }
    mail_batch batch;
    const uint32_t notices = *notices_due < ENTRAIN_BATCH_MAX ? *notices_due : ENTRAIN_BATCH_MAX;
    if (mail > ENTRAIN_BATCH_MAX - notices)
        mail = ENTRAIN_BATCH_MAX - notices;
    if (mail > mail_left)
        mail = (uint32_t)mail_left;
    *notices_due -= notices;
    fill_batch(engine, &span, slot, notices, mail, &batch);
    uint64_t numbers[ENTRAIN_BATCH_MAX];
    if (engine->trace_logs != NULL)
        number_batch(engine, entrain__trace_log_of(engine, worker), &batch, &span, set, self->id, numbers);
    const bool lives =
        call_receive(engine, cohort, worker, self, letterbox - population->letterbox_first, batch.messages,
                     engine->trace_logs != NULL ? numbers : NULL, notices + mail, mail, sends_left);
    entrain__mailbox_release(set, letterbox, mail);
    return lives;
}

// One actor's notices and mail, in batches. What it does not handle because it is to end stays where it is
// until it does.
static void receive_one(entrain_engine *engine, entrain__cohort *cohort, uint32_t worker, uint32_t column,
                        uint32_t letterbox) {
    entrain_self self;
    entrain__self_make(engine, cohort->population, column, &self);
    // What becomes due during these calls is the next tick's.
    uint32_t notices = entrain__supervise_notices_due(engine, entrain__id_slot(self.id));
    while (call_one(engine, cohort, worker, &self, letterbox, &notices))
        ;
    cohort->kept += entrain_mailbox_queued(cohort->population->letterboxes, letterbox);
}

// One of those who may have something to be handed.
static void receive_column(entrain_engine *engine, entrain__cohort *cohort, uint32_t worker, uint32_t column,
                           bool notices, bool rung) {
    const entrain_population *population = cohort->population;
    const entrain_id id = engine->ids[population->first + column];
    if (id == ENTRAIN_ID_NONE)
        return;
    const uint32_t letterbox = population->letterbox_first + column;
    const uint32_t queued = entrain_mailbox_queued(population->letterboxes, letterbox);
    const bool timers = rung && entrain__calendar_first(cohort->calendar, column - cohort->first) != NULL;
    const bool noticed = notices && entrain__supervise_notices_due(engine, entrain__id_slot(id)) > 0;
    if (queued == 0 && !noticed && !timers)
        return;
    cohort->outbox_turn = cohort->outbox_count;
    // A muted actor's turn comes when what it sent has found room; and one that is to end has none any more.
    const bool muted = engine->muted != NULL && engine->muted[entrain__id_slot(id)] > 0;
    if (!muted && (!timers || receive_timers(engine, cohort, worker, column))) {
        receive_one(engine, cohort, worker, column, letterbox);
    } else {
        cohort->kept += queued;
        cohort->notices += noticed;
    }
}

// Where observations come through the same rings, those must be empty when they come: mail that was not
// handled, because its actor is to end, is turned away now. Each came from this lane, in this order; of
// those that were shed or replaced there are more in it.
static void turn_away_unread(entrain_engine *engine, entrain__cohort *cohort) {
    const entrain_population *population = cohort->population;
    entrain_mailbox_set *set = population->letterboxes;
    for (uint64_t l = 0; l < cohort->lane_count && cohort->kept > 0; l++) {
        entrain__letter *letter = &engine->lanes[cohort->lane_first + l];
        const uint32_t letterbox =
            population->letterbox_first +
            entrain__column_of(population, entrain__id_slot(letter->to) - population->first);
        const entrain__span unread = entrain__mailbox_peek(set, letterbox);
        if (letter->undelivered != 0 || unread.first_count == 0)
            continue;
        letter->message = *unread.first;
        entrain__mailbox_release(set, letterbox, 1);
        cohort->kept--;
        turn_away(engine, cohort, letter);
    }
    ENTRAIN_ASSERT(cohort->kept == 0);
}

void entrain__letters_receive(entrain_engine *engine, entrain__cohort *cohort, uint32_t worker) {
    uint64_t *called = engine->scratch[worker].called;
    entrain__calendar *calendar = cohort->calendar;
    // Who has notices, or has kept mail or timers, is not known by name.
    const bool notices = cohort->notices > 0;
    const bool all =
        notices || cohort->kept > 0 || (calendar != NULL && entrain__calendar_lined(calendar) > 0);
    deliver_lane(engine, cohort, called);
    if (cohort->population->behavior.receive == NULL)
        return;
    cohort->kept = cohort->notices = 0;
    const entrain__delayed *due;
    while (calendar != NULL && (due = entrain__calendar_line_up(calendar, ENTRAIN__LANE_OWN,
                                                                entrain__timers_end(engine))) != NULL)
        called[due->owner / 64] |= UINT64_C(1) << due->owner % 64;
    const bool rung = calendar != NULL && entrain__calendar_lined(calendar) > 0;
    const uint32_t words = (cohort->count + 63) / 64;
    if (all) {
        memset(called, 0xff, words * sizeof *called);
        if (cohort->count % 64 != 0)
            called[words - 1] = (UINT64_C(1) << cohort->count % 64) - 1;
    }
    for (uint32_t w = 0; w < words; w++)
        for (uint64_t bits = called[w]; bits != 0; bits &= bits - 1)
            receive_column(engine, cohort, worker, cohort->first + 64 * w + (uint32_t)__builtin_ctzll(bits),
                           notices, rung);
    if (cohort->kept > 0 && cohort->population->behavior.words > 0 &&
        cohort->population->letterboxes == engine->mailboxes &&
        engine->config.transport == ENTRAIN_TRANSPORT_MAILBOX)
        turn_away_unread(engine, cohort);
}

void entrain__letters_forget(entrain_engine *engine, entrain__cohort *cohort, uint32_t column) {
    const entrain_population *population = cohort->population;
    if (population->behavior.receive == NULL)
        return;
    if (engine->virtual_time != NULL) {
        entrain__virtual_forget(engine, cohort, column);
        return;
    }
    if (cohort->calendar != NULL) {
        uint32_t lined, queued = entrain__calendar_forget(cohort->calendar, column - cohort->first, &lined);
        cohort->count_of.cancelled += queued + lined;
    }
    uint32_t letterbox = population->letterbox_first + column;
    entrain__span span = entrain__mailbox_peek(population->letterboxes, letterbox);
    uint32_t count = span.first_count + span.second_count;
    ENTRAIN_ASSERT(count <= cohort->kept); // only one that is mute, or is to end, has mail between two ticks
    for (uint32_t m = 0; m < count; m++) {
        const entrain_message *message = entrain__span_slot(&span, m);
        entrain__dead_letter(engine, message, engine->ids[population->first + column],
                             ENTRAIN_FATE_UNDELIVERABLE);
        entrain__letters_tell(engine, message->from);
    }
    entrain__mailbox_release(population->letterboxes, letterbox, count);
    cohort->kept -= count;
    cohort->count_of.undeliverable += count;
}
