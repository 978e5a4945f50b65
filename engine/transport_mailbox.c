// Transport `mailbox`: every observation is a message through the hearer's own bounded ring.
//
// The lane between cohorts is the publication itself: a speaker writes its words once an exchange into its
// place of the double buffer (bounded: one slot per actor and exchange; single writer: its cohort's task),
// and after the barrier the owner of each hearer reads it, in the order of speakers' slots, makes the
// message, and enqueues it, single-producer, into the hearer's ring. Then the hearer takes out its mail and
// adds. Whether a message finds room is decided here, by the owner, in canonical order: so overflow is as
// deterministic as everything else. The ring is empty before each exchange and again after it, and holds
// whole observations of one length only: the oldest is the first `parts` messages, the newest the last.
#include <string.h>

#include "engine/disturb.h"
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

typedef int64_t words2 __attribute__((vector_size(16), aligned(8), may_alias));

// All arcs of one hearer when every speaker lives and everything fits, words == 2, no weights: the common
// case.
static inline void enqueue_pairs(const int64_t *publications, const entrain_id *ids, const int32_t *speakers,
                                 uint32_t count, entrain_message *slots) {
    for (uint32_t m = 0; m < count; m++) {
        size_t place = (uint32_t)speakers[m];
        slots[m].from = ids[place];
        slots[m].kind = ENTRAIN_KIND_OBSERVATION;
        slots[m].flags = 0;
        *(words2 *)slots[m].payload = *(const words2 *)(publications + 2 * place);
    }
}

// The same where each arc has a delay of its own: out of the buffer of its tick.
static inline void enqueue_pairs_late(const entrain_engine *engine, int64_t *const *past, uint64_t first,
                                      uint32_t count, entrain_message *slots) {
    const int32_t *speakers = engine->graph.speakers + first;
    const int32_t *behind = engine->graph.behind + first;
    for (uint32_t m = 0; m < count; m++) {
        size_t place = (uint32_t)speakers[m];
        slots[m].from = engine->ids[place];
        slots[m].kind = ENTRAIN_KIND_OBSERVATION;
        slots[m].flags = 0;
        *(words2 *)slots[m].payload = *(const words2 *)(past[behind[m]] + 2 * place);
    }
}

// In two chains of additions, because one would wait for itself.
static inline void add_span_pairs(const entrain_message *messages, uint32_t count, int64_t *sum) {
    words2 even = *(words2 *)sum, odd = {0, 0};
    uint32_t m = 0;
    for (; m + 2 <= count; m += 2) {
        even += *(const words2 *)messages[m].payload;
        odd += *(const words2 *)messages[m + 1].payload;
    }
    if (m < count)
        even += *(const words2 *)messages[m].payload;
    *(words2 *)sum = even + odd;
}

// The speakers' places are known ahead, so a random graph's publications and ids can be fetched before they
// are needed.
static inline void prefetch_row(const entrain_engine *engine, const int64_t *publications, uint32_t words,
                                uint32_t place) {
    const entrain__graph *graph = &engine->graph;
    for (uint64_t a = graph->offsets[place]; a < graph->offsets[place + 1]; a++) {
        __builtin_prefetch(publications + words * (size_t)graph->speakers[a]);
        __builtin_prefetch(engine->ids + graph->speakers[a]);
    }
}

static inline void prefetch_row_late(const entrain_engine *engine, int64_t *const *past, uint32_t place) {
    const entrain__graph *graph = &engine->graph;
    for (uint64_t a = graph->offsets[place]; a < graph->offsets[place + 1]; a++)
        __builtin_prefetch(past[graph->behind[a]] + 2 * (size_t)graph->speakers[a]);
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

static inline void clear(int64_t *sum, uint32_t words) {
    for (uint32_t w = 0; w < words; w++)
        sum[w] = 0;
}

// The hearer takes out its mail and adds it to @p sum. Integer addition: the order of arrival cannot matter.
static void take_in_pairs(entrain_engine *engine, entrain__cohort *cohort, uint32_t mailbox, int64_t *sum) {
    entrain__span span = entrain__mailbox_peek(engine->mailboxes, mailbox);
    add_span_pairs(span.first, span.first_count, sum);
    add_span_pairs(span.second, span.second_count, sum);
    entrain__mailbox_release(engine->mailboxes, mailbox, span.first_count + span.second_count);
    cohort->count_of.received += span.first_count + span.second_count;
}

static void take_in(entrain_engine *engine, entrain__cohort *cohort, uint32_t mailbox, int64_t *sum) {
    if (engine->words == 2) {
        take_in_pairs(engine, cohort, mailbox, sum);
        return;
    }
    entrain__span span = entrain__mailbox_peek(engine->mailboxes, mailbox);
    add_span_any(span.first, span.first_count, engine->words, sum);
    add_span_any(span.second, span.second_count, engine->words, sum);
    entrain__mailbox_release(engine->mailboxes, mailbox, span.first_count + span.second_count);
    cohort->count_of.received += span.first_count + span.second_count;
}

// Out of the way of the common case. An observation of @p parts messages from @p from finds no room: does
// what the overflow policy says. A mailbox holds at least one whole observation (start.c refuses smaller
// ones), so what is to be taken out is there.
// @return how many observations that were queued are gone for it, 0 or 1; below 0: there is no room for it.
__attribute__((noinline)) static int make_room(entrain_engine *engine, entrain__cohort *cohort,
                                               uint32_t mailbox, entrain_id from, uint32_t parts,
                                               int64_t *sum) {
    entrain_mailbox_set *set = engine->mailboxes;
    switch (engine->config.overflow) {
    case ENTRAIN_OVERFLOW_SHED_NEWEST:
        cohort->count_of.shed += parts;
        return -1;
    case ENTRAIN_OVERFLOW_SHED_OLDEST:
        entrain__mailbox_release(set, mailbox, parts);
        cohort->count_of.shed += parts;
        return 1;
    case ENTRAIN_OVERFLOW_CONFLATE: {
        // Speakers come in order, parallel edges one after the other: what this speaker has queued, if
        // anything, is the newest. To take that out and enqueue anew is to replace it in its place.
        entrain__span queued = entrain__mailbox_peek(set, mailbox);
        uint32_t count = queued.first_count + queued.second_count;
        ENTRAIN_ASSERT(count >= parts);
        if (from == ENTRAIN_ID_NONE || entrain__span_slot(&queued, count - 1)->from != from) {
            cohort->count_of.shed += parts;
            return -1;
        }
        entrain__mailbox_retract(set, mailbox, parts);
        cohort->count_of.conflated += parts;
        return 1;
    }
    case ENTRAIN_OVERFLOW_BLOCK: // the publication waits where it is until what came before has been heard
        take_in(engine, cohort, mailbox, sum);
        return 0;
    case ENTRAIN_OVERFLOW_FAIL:
    case ENTRAIN_OVERFLOW_COUNT:
        break;
    }
    cohort->count_of.undeliverable += parts;
    return -1;
}

// One arc of one hearer: any words, weights, a silent speaker, too little room. All parts of an
// observation or none. @p sum becomes what was heard, on the way too where that makes room. Delayed: what
// is due now, from who spoke then. Lost: it is sent, and no more.
// @return how many observations more are in the mailbox: -1, 0, or 1.
static inline __attribute__((always_inline)) int hear_arc(entrain_engine *engine, entrain__cohort *cohort,
                                                          uint32_t mailbox, uint64_t arc, bool lost,
                                                          int64_t *sum, bool delayed) {
    const entrain__graph *graph = &engine->graph;
    const int64_t *publications = engine->publications[cohort->now];
    const uint32_t parts = (engine->words + 1) / 2;
    const size_t place = (size_t)graph->speakers[arc];
    entrain_id id = engine->ids[place];
    int more = 1;
    if (delayed) {
        const uint32_t ticks = entrain__arc_delay(engine, arc);
        id = entrain__spoke(engine, cohort, (uint32_t)place, ticks);
        publications =
            entrain__buffers(engine, cohort)[-(ptrdiff_t)((size_t)ticks << engine->exchange_shift)];
    }
    if (id == ENTRAIN_ID_NONE)
        return 0; // a death is silence
    cohort->count_of.sent += parts;
    if (lost) {
        cohort->count_of.lost += parts;
        return 0;
    }
    if (entrain__mailbox_room(engine->mailboxes, mailbox) < parts) {
        const int gone = make_room(engine, cohort, mailbox, id, parts, sum);
        if (gone < 0)
            return 0;
        more -= gone;
    }
    entrain__span span = entrain__mailbox_reserve(engine->mailboxes, mailbox, parts);
    for (uint32_t part = 0; part < parts; part++)
        *entrain__span_slot(&span, part) = make_message(engine, publications + place * engine->words, id,
                                                        part, graph->weighted ? graph->weights[arc] : 1);
    entrain__mailbox_commit(engine->mailboxes, mailbox, parts);
    return more;
}

// All arcs of one hearer. How many observations arrived is returned.
static inline __attribute__((always_inline)) uint32_t hear_arcs(entrain_engine *engine,
                                                                entrain__cohort *cohort, uint32_t mailbox,
                                                                uint32_t hearer, int64_t *sum, bool delayed) {
    const uint64_t from = engine->graph.offsets[hearer], to = engine->graph.offsets[hearer + 1];
    uint32_t heard = 0;
    clear(sum, engine->words);
    for (uint64_t a = from; a < to; a++)
        heard += (uint32_t)hear_arc(engine, cohort, mailbox, a, false, sum, delayed);
    take_in(engine, cohort, mailbox, sum);
    return heard;
}

__attribute__((noinline)) static uint32_t hear_each(entrain_engine *engine, entrain__cohort *cohort,
                                                    uint32_t mailbox, uint32_t hearer, int64_t *sum) {
    return engine->delay_most > 0 ? hear_arcs(engine, cohort, mailbox, hearer, sum, true)
                                  : hear_arcs(engine, cohort, mailbox, hearer, sum, false);
}

// Complete graph: the field in one message an exchange (in ceil(words / 2) parts), from nobody in particular.
static void deliver_field(entrain_engine *engine, entrain__cohort *cohort, uint32_t mailbox, uint32_t count,
                          int64_t *sums, uint32_t *heard) {
    const uint32_t words = engine->words, parts = (words + 1) / 2;
    if (engine->field_heard == 0) { // nobody had spoken yet
        memset(sums, 0, (size_t)count * words * sizeof *sums);
        for (uint32_t k = 0; heard != NULL && k < count; k++)
            heard[k] = 0;
        return;
    }
    entrain_message field[ENTRAIN_WORDS_MAX / 2];
    for (uint32_t part = 0; part < parts; part++) {
        const size_t word = 2 * (size_t)part;
        field[part] = (entrain_message){
            .from = ENTRAIN_ID_NONE,
            .kind = ENTRAIN_KIND_FIELD,
            .flags = (uint16_t)part,
            .payload = {{.i64 = engine->field[word]},
                        {.i64 = word + 1 < words ? engine->field[word + 1] : 0}},
        };
    }
    cohort->count_of.sent += (uint64_t)parts * count;
    cohort->observations += count;
    for (uint32_t k = 0; k < count; k++, mailbox++) {
        // Room there is: the mailbox is empty, and start.c saw to its size.
        entrain__span span = entrain__mailbox_reserve(engine->mailboxes, mailbox, parts);
        for (uint32_t part = 0; part < parts; part++)
            *entrain__span_slot(&span, part) = field[part];
        entrain__mailbox_commit(engine->mailboxes, mailbox, parts);
        clear(sums + (size_t)k * words, words);
        take_in(engine, cohort, mailbox, sums + (size_t)k * words);
        if (heard != NULL)
            heard[k] = engine->field_heard;
    }
}

// One hearer in the common case: its messages into its ring, and out of it. False when they do not fit
// together.
static inline __attribute__((always_inline)) bool hear_pairs(entrain_engine *engine,
                                                             const int64_t *publications,
                                                             int64_t *const *past, uint32_t mailbox,
                                                             uint32_t place, uint32_t arcs, int64_t *sum) {
    entrain_mailbox_set *set = engine->mailboxes;
    entrain_message *slots = entrain__mailbox_rewind(set, mailbox, arcs);
    if (slots == NULL)
        return false;
    if (past != NULL)
        enqueue_pairs_late(engine, past, engine->graph.offsets[place], arcs, slots);
    else
        enqueue_pairs(publications, engine->ids, engine->graph.speakers + engine->graph.offsets[place], arcs,
                      slots);
    entrain__mailbox_commit(set, mailbox, arcs);
    entrain__span span =
        entrain__mailbox_peek(set, mailbox); // one run, because the ring began at its first slot
    sum[0] = sum[1] = 0;
    add_span_pairs(span.first, span.first_count, sum);
    entrain__mailbox_release(set, mailbox, span.first_count);
    return true;
}

// Rows whose speakers are fetched before their messages are made.
enum { AHEAD_ROWS = 6 };

// @p past: NULL, but where each arc has a delay of its own.
static inline __attribute__((always_inline)) void deliver_pairs(entrain_engine *engine,
                                                                entrain__cohort *cohort, int64_t *const *past,
                                                                uint32_t place, uint32_t count, int64_t *sums,
                                                                uint32_t *heard) {
    const entrain__graph *graph = &engine->graph;
    const int64_t *publications = engine->publications[cohort->hears];
    const uint32_t first = cohort->population->mailbox_first - cohort->population->first + place;
    const bool far = past != NULL && entrain__ring_is_far(engine);
    uint64_t delivered = 0; // by hear_pairs(); hear_each() counts for itself
    for (uint32_t k = 0; k < count; k++) {
        uint32_t arcs = (uint32_t)(graph->offsets[place + k + 1] - graph->offsets[place + k]), arrived = arcs;
        if (past != NULL && far && k + AHEAD_ROWS < count)
            prefetch_row_late(engine, past, place + k + AHEAD_ROWS);
        if (past == NULL && graph->prefetch != 0 && k + AHEAD_ROWS < count)
            prefetch_row(engine, publications, 2, place + k + AHEAD_ROWS);
        if (hear_pairs(engine, publications, past, first + k, place + k, arcs, sums + 2 * (size_t)k))
            delivered += arcs;
        else
            arrived = hear_each(engine, cohort, first + k, place + k, sums + 2 * (size_t)k);
        cohort->observations += arrived;
        if (heard != NULL)
            heard[k] = arrived;
    }
    cohort->count_of.sent += delivered;
    cohort->count_of.received += delivered;
}

// Apart, so that it costs the common case nothing.
__attribute__((noinline)) static void deliver_pairs_late(entrain_engine *engine, entrain__cohort *cohort,
                                                         uint32_t place, uint32_t count, int64_t *sums,
                                                         uint32_t *heard) {
    deliver_pairs(engine, cohort, entrain__past(engine, cohort), place, count, sums, heard);
}

// The common case of other words than two, or of weights: as hear_pairs(), each observation in @p parts
// messages. The parts lie in order, so that where a message lies says which it is.
static inline __attribute__((always_inline)) bool
hear_parts(entrain_engine *engine, const int64_t *publications, int64_t *const *past, uint32_t parts,
           bool weighted, uint32_t mailbox, uint32_t place, uint32_t arcs, int64_t *sum) {
    const entrain__graph *graph = &engine->graph;
    const uint64_t first = graph->offsets[place], count = (uint64_t)arcs * parts;
    entrain_mailbox_set *set = engine->mailboxes;
    entrain_message *slots =
        count <= UINT32_MAX ? entrain__mailbox_rewind(set, mailbox, (uint32_t)count) : NULL;
    if (slots == NULL)
        return false;
    for (uint64_t a = 0; a < arcs; a++) {
        const size_t speaker = (uint32_t)graph->speakers[first + a];
        const entrain_id id = engine->ids[speaker];
        const int64_t *buffer = past != NULL ? past[graph->behind[first + a]] : publications;
        const entrain__word_pair *words = (const entrain__word_pair *)(buffer + 2 * (size_t)parts * speaker);
        const double weight = weighted ? graph->weights[first + a] : 1;
        for (uint32_t part = 0; part < parts; part++) {
            entrain_message *slot = &slots[a * parts + part];
            slot->from = id;
            slot->kind = ENTRAIN_KIND_OBSERVATION;
            slot->flags = (uint16_t)part;
            *(entrain__word_pair *)slot->payload =
                weighted ? entrain__weigh_pair(words[part], weight) : words[part];
        }
    }
    entrain__mailbox_commit(set, mailbox, (uint32_t)count);
    const entrain__span span = entrain__mailbox_peek(set, mailbox); // one run
    entrain__word_pair sums[ENTRAIN_WORDS_MAX / 2] = {{0}};
    for (uint32_t m = 0; m < span.first_count; m += parts)
        for (uint32_t part = 0; part < parts; part++)
            sums[part] += *(const entrain__word_pair *)span.first[m + part].payload;
    entrain__mailbox_release(set, mailbox, span.first_count);
    for (uint32_t part = 0; part < parts; part++)
        ((entrain__word_pair *)sum)[part] = sums[part];
    return true;
}

static inline __attribute__((always_inline)) void deliver_parts(entrain_engine *engine,
                                                                entrain__cohort *cohort, uint32_t parts,
                                                                bool weighted, uint32_t place, uint32_t count,
                                                                int64_t *sums, uint32_t *heard) {
    const entrain__graph *graph = &engine->graph;
    const int64_t *publications = engine->publications[cohort->hears];
    int64_t *const *past = graph->behind != NULL ? entrain__past(engine, cohort) : NULL;
    const uint32_t first = cohort->population->mailbox_first - cohort->population->first + place;
    uint64_t delivered = 0;
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t arcs = (uint32_t)(graph->offsets[place + k + 1] - graph->offsets[place + k]);
        uint32_t arrived = arcs;
        int64_t *sum = sums + 2 * (size_t)parts * k;
        if (past == NULL && graph->prefetch != 0 && k + AHEAD_ROWS < count)
            prefetch_row(engine, publications, 2 * parts, place + k + AHEAD_ROWS);
        if (hear_parts(engine, publications, past, parts, weighted, first + k, place + k, arcs, sum))
            delivered += arcs;
        else
            arrived = hear_each(engine, cohort, first + k, place + k, sum);
        cohort->observations += arrived;
        if (heard != NULL)
            heard[k] = arrived;
    }
    cohort->count_of.sent += delivered * parts;
    cohort->count_of.received += delivered * parts;
}

// An even number of words.
__attribute__((noinline)) static void deliver_wide(entrain_engine *engine, entrain__cohort *cohort,
                                                   uint32_t place, uint32_t count, int64_t *sums,
                                                   uint32_t *heard) {
    const bool weighted = engine->graph.weighted;
    const uint32_t parts = engine->words / 2;
    if (weighted && parts == 1) // without weights there are faster ways
        deliver_parts(engine, cohort, 1, true, place, count, sums, heard);
    else if (weighted && parts == 2)
        deliver_parts(engine, cohort, 2, true, place, count, sums, heard);
    else if (weighted)
        deliver_parts(engine, cohort, parts, true, place, count, sums, heard);
    else if (parts == 2)
        deliver_parts(engine, cohort, 2, false, place, count, sums, heard);
    else if (parts == 3)
        deliver_parts(engine, cohort, 3, false, place, count, sums, heard);
    else
        deliver_parts(engine, cohort, 4, false, place, count, sums, heard);
}

// --- Where some are not heard: disturb.h

// What of a piece of a row arrives, one after the other.
static uint32_t hear_piece(entrain_engine *engine, entrain__cohort *cohort, const entrain__fates *fates,
                           uint32_t piece, uint32_t mailbox, int64_t *sum) {
    uint32_t heard = 0;
    for (uint32_t j = 0; j < fates->lengths[piece]; j++) {
        const uint64_t arc = fates->arcs[piece] + j;
        const bool lost = fates->masks[piece][j] == 0;
        if (lost && !entrain__arc_open(&engine->graph, arc))
            continue; // nothing is sent to the other side
        heard += (uint32_t)hear_arc(engine, cohort, mailbox, arc, lost, sum, engine->delay_most > 0);
    }
    return heard;
}

// The common case, two words and no weights, everybody spoke and there is room: each message is written
// where the next one belongs, and stays there if it is heard.
static uint32_t enqueue_piece(const entrain_engine *engine, entrain__cohort *cohort,
                              const entrain__fates *fates, uint32_t piece, entrain_message *slots) {
    const entrain__graph *graph = &engine->graph;
    const int64_t *publications = engine->publications[cohort->hears];
    int64_t *const *past = graph->behind != NULL ? entrain__past(engine, cohort) : NULL;
    uint32_t heard = 0, sent = 0;
    for (uint32_t j = 0; j < fates->lengths[piece]; j++) {
        const uint64_t arc = fates->arcs[piece] + j;
        const size_t place = (uint32_t)graph->speakers[arc];
        const int64_t *buffer = past != NULL ? past[graph->behind[arc]] : publications;
        slots[heard].from = engine->ids[place];
        slots[heard].kind = ENTRAIN_KIND_OBSERVATION;
        slots[heard].flags = 0;
        *(words2 *)slots[heard].payload = *(const words2 *)(buffer + 2 * place);
        heard -= (uint32_t)fates->masks[piece][j];
        sent += entrain__arc_open(graph, arc);
    }
    cohort->count_of.sent += sent;
    cohort->count_of.lost += sent - heard;
    return heard;
}

// A row that is being delivered: where its messages begin, in the common case, and how many arrived so far.
typedef struct row_at_hand {
    entrain_message *slots;
    uint32_t heard;
} row_at_hand;

__attribute__((noinline)) static void deliver_thinned(entrain_engine *engine, entrain__cohort *cohort,
                                                      uint32_t place, uint32_t count, int64_t *sums,
                                                      uint32_t *heard) {
    const entrain__graph *graph = &engine->graph;
    const uint32_t words = engine->words;
    const bool common = words == 2 && !graph->weighted && entrain__all_spoke(engine, cohort);
    const uint32_t first = cohort->population->mailbox_first - cohort->population->first;
    row_at_hand row = {NULL, 0};
    entrain__fates fates;
    entrain__fates_begin(&fates, engine, cohort, place, count);
    while (entrain__fates_next(&fates) > 0)
        for (uint32_t p = 0; p < fates.count; p++) {
            const uint32_t at = fates.places[p], mailbox = first + at;
            const uint64_t from = graph->offsets[at], to = graph->offsets[at + 1];
            int64_t *sum = sums + (size_t)(at - place) * words;
            if (fates.draws[p] == 0) {
                row.slots = common
                                ? entrain__mailbox_rewind(engine->mailboxes, mailbox, (uint32_t)(to - from))
                                : NULL;
                row.heard = 0;
                clear(sum, words);
            }
            row.heard += row.slots != NULL ? enqueue_piece(engine, cohort, &fates, p, row.slots + row.heard)
                                           : hear_piece(engine, cohort, &fates, p, mailbox, sum);
            if (fates.arcs[p] + fates.lengths[p] < to)
                continue;
            if (row.slots != NULL)
                entrain__mailbox_commit(engine->mailboxes, mailbox, row.heard);
            take_in(engine, cohort, mailbox, sum);
            cohort->observations += row.heard;
            if (heard != NULL)
                heard[at - place] = row.heard;
        }
}

void entrain__deliver(entrain_engine *engine, entrain__cohort *cohort, uint32_t place, uint32_t count,
                      int64_t *sums, uint32_t *heard) {
    const uint32_t mailbox = cohort->population->mailbox_first + (place - cohort->population->first);
    if (engine->graph.complete) {
        deliver_field(engine, cohort, mailbox, count, sums, heard);
    } else if (engine->disturbed.thins) {
        deliver_thinned(engine, cohort, place, count, sums, heard);
    } else if (engine->words == 2 && !engine->graph.weighted && entrain__all_spoke(engine, cohort)) {
        if (engine->graph.behind == NULL)
            deliver_pairs(engine, cohort, NULL, place, count, sums, heard);
        else
            deliver_pairs_late(engine, cohort, place, count, sums, heard);
    } else if (engine->words % 2 == 0 && entrain__all_spoke(engine, cohort)) {
        deliver_wide(engine, cohort, place, count, sums, heard);
    } else {
        for (uint32_t k = 0; k < count; k++) {
            uint32_t arrived =
                hear_each(engine, cohort, mailbox + k, place + k, sums + (size_t)k * engine->words);
            cohort->observations += arrived;
            if (heard != NULL)
                heard[k] = arrived;
        }
    }
}
