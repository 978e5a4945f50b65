// Transport `mailbox`: every observation is a message through the hearer's own bounded ring.
//
// The lane between cohorts is the publication itself: a speaker writes its words once an exchange into its
// place of the double buffer (bounded: one slot per actor and exchange; single writer: its cohort's task),
// and after the barrier the owner of each hearer reads it, in the order of speakers' slots, makes the
// message, and enqueues it, single-producer, into the hearer's ring. Then the hearer takes out its mail and
// adds. Whether a message finds room is decided here, by the owner, in canonical order: so overflow is as
// deterministic as everything else.
#include <string.h>

#include "engine/engine_private.h"
#include "mailbox/ring.h"

// One part of one observation: words 2p and 2p+1 of the speaker, weighed.
static inline entrain_message make_message(const entrain_engine *engine, const int64_t *published,
                                           entrain_id from, uint32_t part, double weight) {
    const bool weighted = engine->graph.weighted;
    uint32_t word = 2 * part;
    entrain_message message = {.from = from, .kind = ENTRAIN_KIND_OBSERVATION, .flags = (uint16_t)part};
    message.payload[0].i64 = weighted ? entrain__weigh(published[word], weight) : published[word];
    if (word + 1 < engine->words)
        message.payload[1].i64 = weighted ? entrain__weigh(published[word + 1], weight) : published[word + 1];
    return message;
}

static inline entrain_message *span_slot(const entrain__span *span, uint32_t k) {
    return k < span->first_count ? &span->first[k] : &span->second[k - span->first_count];
}

// All arcs of one hearer when every speaker lives and everything fits, words == 2, no weights: the common
// case. The speakers' places are known ahead, so a random graph's publications and ids can be fetched before
// they are needed.
static inline void enqueue_pairs(const entrain_engine *engine, const int64_t *publications,
                                 entrain__span span, uint64_t from, uint64_t to) {
    const int32_t *speakers = engine->graph.speakers;
    uint64_t ahead = engine->graph.prefetch, last = engine->graph.offsets[engine->vertex_count];
    for (uint64_t a = from; a < to; a++) {
        size_t place = (size_t)speakers[a];
        if (ahead != 0 && a + ahead < last) {
            __builtin_prefetch(publications + 2 * (size_t)speakers[a + ahead]);
            __builtin_prefetch(engine->ids + speakers[a + ahead]);
        }
        entrain_message *slot =
            a - from < span.first_count ? &span.first[a - from] : &span.second[a - from - span.first_count];
        slot->from = engine->ids[place];
        slot->kind = ENTRAIN_KIND_OBSERVATION;
        slot->flags = 0;
        slot->payload[0].i64 = publications[2 * place];
        slot->payload[1].i64 = publications[2 * place + 1];
    }
}

// Counts @p parts messages as sent; false when they find no room together, and then the overflow policy has them.
static inline bool admit(const entrain_engine *engine, entrain__cohort *cohort, uint32_t mailbox,
                         uint32_t parts) {
    cohort->count_of.sent += parts;
    if (entrain__mailbox_room(engine->mailboxes, mailbox) >= parts)
        return true;
    if (engine->config.overflow == ENTRAIN_OVERFLOW_SHED_NEWEST)
        cohort->count_of.shed += parts;
    else
        cohort->count_of.undeliverable += parts;
    return false;
}

// Any words, weights, silent speakers, too little room. All parts of an observation or none.
static uint32_t enqueue_each(entrain_engine *engine, entrain__cohort *cohort, uint32_t mailbox, uint64_t from,
                             uint64_t to) {
    const entrain__graph *graph = &engine->graph;
    const int64_t *publications = engine->publications[cohort->now];
    uint32_t parts = (engine->words + 1) / 2, heard = 0;
    for (uint64_t a = from; a < to; a++) {
        size_t place = (size_t)graph->speakers[a];
        entrain_id id = engine->ids[place];
        if (id == ENTRAIN_ID_NONE)
            continue; // a death is silence
        if (!admit(engine, cohort, mailbox, parts))
            continue;
        entrain__span span = entrain__mailbox_reserve(engine->mailboxes, mailbox, parts);
        for (uint32_t part = 0; part < parts; part++)
            *span_slot(&span, part) = make_message(engine, publications + place * engine->words, id, part,
                                                   graph->weighted ? graph->weights[a] : 1);
        entrain__mailbox_commit(engine->mailboxes, mailbox, parts);
        heard++;
    }
    return heard;
}

static inline void add_span_pairs(const entrain_message *messages, uint32_t count, int64_t *sum) {
    int64_t first = sum[0], second = sum[1];
    for (uint32_t m = 0; m < count; m++) {
        first += messages[m].payload[0].i64;
        second += messages[m].payload[1].i64;
    }
    sum[0] = first;
    sum[1] = second;
}

static inline void add_span_any(const entrain_message *messages, uint32_t count, uint32_t words,
                                int64_t *sum) {
    for (uint32_t m = 0; m < count; m++) {
        uint32_t word = 2u * messages[m].flags;
        sum[word] += messages[m].payload[0].i64;
        if (word + 1 < words)
            sum[word + 1] += messages[m].payload[1].i64;
    }
}

// The hearer takes out its mail and adds. Integer addition: the order of arrival cannot matter.
static inline void drain(entrain_engine *engine, entrain__cohort *cohort, uint32_t mailbox, int64_t *sum) {
    entrain__span span = entrain__mailbox_peek(engine->mailboxes, mailbox);
    if (engine->words == 2) {
        sum[0] = sum[1] = 0;
        add_span_pairs(span.first, span.first_count, sum);
        add_span_pairs(span.second, span.second_count, sum);
    } else {
        memset(sum, 0, engine->words * sizeof *sum);
        add_span_any(span.first, span.first_count, engine->words, sum);
        add_span_any(span.second, span.second_count, engine->words, sum);
    }
    uint32_t count = span.first_count + span.second_count;
    entrain__mailbox_release(engine->mailboxes, mailbox, count);
    cohort->count_of.received += count;
}

// Complete graph: the field in one message an exchange (in ceil(words / 2) parts), from nobody in particular.
static uint32_t enqueue_field(entrain_engine *engine, entrain__cohort *cohort, uint32_t mailbox) {
    uint32_t parts = (engine->words + 1) / 2;
    if (!admit(engine, cohort, mailbox, parts))
        return 0;
    entrain__span span = entrain__mailbox_reserve(engine->mailboxes, mailbox, parts);
    for (uint32_t part = 0; part < parts; part++) {
        entrain_message message = {
            .from = ENTRAIN_ID_NONE, .kind = ENTRAIN_KIND_FIELD, .flags = (uint16_t)part};
        const size_t word = 2 * (size_t)part;
        message.payload[0].i64 = engine->field[word];
        message.payload[1].i64 = word + 1 < engine->words ? engine->field[word + 1] : 0;
        *span_slot(&span, part) = message;
    }
    entrain__mailbox_commit(engine->mailboxes, mailbox, parts);
    return 1;
}

void entrain__deliver(entrain_engine *engine, entrain__cohort *cohort, uint32_t place, uint32_t count,
                      int64_t *sums, uint32_t *heard) {
    const entrain__graph *graph = &engine->graph;
    uint32_t mailbox = cohort->population->mailbox_first + (place - cohort->population->first);
    bool plain = engine->words == 2 && !graph->weighted && !graph->complete && engine->stopped_vertices == 0;
    for (uint32_t k = 0; k < count; k++, mailbox++) {
        uint32_t arrived;
        if (graph->complete) {
            arrived = enqueue_field(engine, cohort, mailbox);
        } else {
            uint64_t from = graph->offsets[place + k], to = graph->offsets[place + k + 1];
            if (plain && entrain__mailbox_room(engine->mailboxes, mailbox) >= to - from) {
                arrived = (uint32_t)(to - from);
                enqueue_pairs(engine, engine->publications[cohort->now],
                              entrain__mailbox_reserve(engine->mailboxes, mailbox, arrived), from, to);
                entrain__mailbox_commit(engine->mailboxes, mailbox, arrived);
                cohort->count_of.sent += arrived;
            } else {
                arrived = enqueue_each(engine, cohort, mailbox, from, to);
            }
        }
        cohort->observations += arrived;
        if (heard != NULL)
            heard[k] = graph->complete ? (arrived != 0 ? engine->vertex_count - engine->stopped_vertices : 0)
                                       : arrived;
        drain(engine, cohort, mailbox, sums + (size_t)k * engine->words);
    }
}
