// General messages in lockstep: sent in tick t, handled in tick t+1, in canonical order.
//
// A sender's task appends letters to its cohort's outbox (one writer). At the next tick boundary the serial
// part sorts all letters by (sender's slot, order sent) and then, stably, by receiving cohort: each cohort's
// share is its lane. After the barrier the owner of each cohort takes its lane in order, enqueues into its
// actors' rings, single-producer, and calls receive(). Everything is bounded by what behaviors declare:
// nothing here allocates, blocks, or can overflow unnoticed.
#include <string.h>

#include "engine/engine_private.h"
#include "mailbox/ring.h"

// What entrain_self.reserved points to during receive().
typedef struct allowance {
    entrain__cohort *cohort;
    uint32_t left;
} allowance;

entrain_status entrain_send(entrain_self *self, entrain_id to, uint16_t kind, uint16_t flags,
                            entrain_payload first, entrain_payload second) {
    allowance *sending = self->reserved;
    ENTRAIN_ASSERT(sending != NULL); // from receive() only
    entrain__cohort *cohort = sending->cohort;
    if (sending->left == 0) {
        // The lowest slot, whatever the layout: the sentence is part of the result.
        if (cohort->failed == ENTRAIN_ID_NONE ||
            entrain__id_slot(self->id) < entrain__id_slot(cohort->failed))
            cohort->failed = self->id;
        return ENTRAIN_LIMIT;
    }
    sending->left--;
    ENTRAIN_ASSERT(cohort->outbox_count < cohort->outbox_capacity);
    cohort->outbox[cohort->outbox_count++] = (entrain__letter){
        .message = {.from = self->id, .kind = kind, .flags = flags, .payload = {first, second}},
        .to = to,
    };
    cohort->count_of.sent++;
    return ENTRAIN_OK;
}

entrain_status entrain_engine_tell(entrain_engine *engine, entrain_id to, uint16_t kind, uint16_t flags,
                                   entrain_payload first, entrain_payload second) {
    ENTRAIN_ASSERT(!engine->running); // an actor sends from receive(), with entrain_send()
    if (!engine->started || !engine->has_mail)
        return ENTRAIN_ORDER;
    if (entrain__place_of(engine, to) == UINT32_MAX)
        return ENTRAIN_STALE;
    if (engine->tell_count == ENTRAIN_TELLS_MAX)
        return ENTRAIN_FULL;
    engine->tells[engine->tell_count++] = (entrain__letter){
        .message = {.from = ENTRAIN_ID_NONE, .kind = kind, .flags = flags, .payload = {first, second}},
        .to = to,
    };
    engine->count_of.sent++;
    return ENTRAIN_OK;
}

bool entrain__letters_pending(const entrain_engine *engine) {
    if (engine->tell_count > 0)
        return true;
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        if (engine->cohorts[c].outbox_count > 0)
            return true;
    return false;
}

// One pass of a stable counting sort by 12 bits of the sender's slot.
static void sort_pass(const entrain__letter **from, const entrain__letter **to, uint64_t count,
                      uint32_t shift) {
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

// Serial part only; the sender's own task reads and clears it in a receive phase. Who was stopped since is
// not told, nor is the actor that came in its place.
static void add_undelivered(entrain_engine *engine, entrain_id sender) {
    if (entrain__place_of(engine, sender) != UINT32_MAX)
        engine->undelivered[entrain__id_slot(sender)]++;
}

// What the previous receive phase could not deliver is told to the senders now. Had the receivers' tasks told
// them directly, whether a sender heard of it in that same phase would have depended on who ran first.
static void tell_senders(entrain_engine *engine) {
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        for (uint64_t l = 0; cohort->lane_failed > 0 && l < cohort->lane_count; l++) {
            const entrain__letter *letter = &engine->lanes[cohort->lane_first + l];
            if (letter->undelivered != 0) {
                add_undelivered(engine, letter->message.from);
                cohort->lane_failed--;
            }
        }
    }
}

void entrain__letters_route(entrain_engine *engine) {
    tell_senders(engine);
    // Gather in the order of cohorts; tells first, in the order of calls.
    const entrain__letter **letters = engine->sorted;
    uint64_t count = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        cohort->lane_count = 0;
        for (uint32_t l = 0; l < cohort->outbox_count; l++)
            letters[count++] = &cohort->outbox[l];
    }
    ENTRAIN_ASSERT(count + engine->tell_count <= engine->letters_max);
    if (engine->config.layout !=
        ENTRAIN_LAYOUT_INDEX) { // else cohorts, and the actors in them, are in that order already
        sort_pass(letters, engine->sorted_twin, count, 0);
        sort_pass(engine->sorted_twin, letters, count, 12);
    }

    // Count each cohort's share, then place. A letter to nobody never gets a lane. Two looks at the same ids,
    // nothing changes in between.
    for (int placing = 0; placing < 2; placing++) {
        for (uint64_t l = 0; l < engine->tell_count + count; l++) {
            const entrain__letter *letter =
                l < engine->tell_count ? &engine->tells[l] : letters[l - engine->tell_count];
            uint32_t place = entrain__place_of(engine, letter->to);
            if (place == UINT32_MAX) {
                if (placing == 0) {
                    engine->count_of.undeliverable++;
                    add_undelivered(engine, letter->message.from);
                }
                continue;
            }
            entrain__cohort *cohort = entrain__cohort_at(engine, place);
            if (placing == 0)
                cohort->lane_count++;
            else
                engine->lanes[cohort->lane_first + cohort->lane_count++] = *letter;
        }
        uint64_t first = 0;
        for (uint32_t c = 0; c < engine->cohort_count && placing == 0; c++) {
            entrain__cohort *cohort = &engine->cohorts[c];
            cohort->lane_first = first;
            first += cohort->lane_count;
            cohort->lane_count = 0;
        }
    }
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        engine->cohorts[c].outbox_count = 0;
    engine->tell_count = 0;
}

// Whether one more general message is taken. A ring may be larger than the inbox, rounded up or made for
// observations, which transport publish has none of: what is turned away must not depend on that. A capacity
// that was asked for counts as it is; there is no other transport to agree with then.
static bool has_room(const entrain_engine *engine, const entrain_population *population, uint32_t mailbox) {
    if (entrain__mailbox_room(engine->mailboxes, mailbox) == 0)
        return false;
    return engine->config.mailbox_capacity != 0 ||
           entrain_mailbox_queued(engine->mailboxes, mailbox) < population->behavior.inbox;
}

// The owner enqueues its lane into its actors' rings, in order.
static void deliver_lane(entrain_engine *engine, entrain__cohort *cohort) {
    const entrain_population *population = cohort->population;
    entrain__letter *lane = engine->lanes + cohort->lane_first;
    for (uint64_t l = 0; l < cohort->lane_count; l++) {
        bool reads_mail = population->behavior.receive != NULL;
        if (reads_mail) {
            uint32_t slot = entrain__id_slot(lane[l].to);
            uint32_t mailbox =
                population->mailbox_first + entrain__column_of(population, slot - population->first);
            if (has_room(engine, population, mailbox)) {
                *entrain__mailbox_reserve(engine->mailboxes, mailbox, 1).first = lane[l].message;
                entrain__mailbox_commit(engine->mailboxes, mailbox, 1);
                continue;
            }
        }
        if (reads_mail && engine->config.overflow == ENTRAIN_OVERFLOW_SHED_NEWEST) {
            cohort->count_of.shed++;
        } else {
            cohort->count_of.undeliverable++;
            cohort->lane_failed++;
            lane[l].undelivered = 1;
        }
    }
}

// One actor's mail, in batches. A batch is handed out where it lies in the ring when it does not wrap.
static void receive_one(entrain_engine *engine, entrain__cohort *cohort, uint32_t column, uint32_t mailbox) {
    const entrain_population *population = cohort->population;
    entrain_self self;
    entrain__self_make(engine, population, column, &self);
    for (;;) {
        entrain__span span = entrain__mailbox_peek(engine->mailboxes, mailbox);
        uint32_t count = span.first_count + span.second_count;
        if (count == 0)
            return;
        entrain_message batch[ENTRAIN_BATCH_MAX];
        const entrain_message *messages = span.first;
        if (count > ENTRAIN_BATCH_MAX)
            count = ENTRAIN_BATCH_MAX;
        if (count > span.first_count) {
            memcpy(batch, span.first, span.first_count * sizeof *batch);
            memcpy(batch + span.first_count, span.second, (count - span.first_count) * sizeof *batch);
            messages = batch;
        }
        uint32_t slot = entrain__id_slot(self.id);
        self.undelivered = engine->undelivered[slot];
        engine->undelivered[slot] = 0;
        allowance sending = {.cohort = cohort, .left = population->behavior.sends_max};
        self.reserved = &sending;
        population->behavior.receive(&self, messages, count);
        entrain__mailbox_release(engine->mailboxes, mailbox, count);
        cohort->count_of.received += count;
    }
}

void entrain__letters_receive(entrain_engine *engine, entrain__cohort *cohort, uint32_t worker) {
    (void)worker;
    const entrain_population *population = cohort->population;
    deliver_lane(engine, cohort);
    if (population->behavior.receive == NULL)
        return;
    for (uint32_t column = cohort->first; column < cohort->first + cohort->count; column++) {
        uint32_t mailbox = population->mailbox_first + column;
        if (engine->ids[population->first + column] != ENTRAIN_ID_NONE &&
            entrain_mailbox_queued(engine->mailboxes, mailbox) > 0)
            receive_one(engine, cohort, column, mailbox);
    }
}
