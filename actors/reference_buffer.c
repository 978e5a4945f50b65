// Reference workload bounded-buffer: producers and consumers around an actor that keeps at most `capacity`
// items. A producer goes on when its item has been stored, a consumer when it gets one: whoever cannot is
// remembered, and nobody polls.
//
//   producer --PUT--> buffer --ITEM--> consumer
//            <-STORED-       <--WANT--          and END when all items are gone
#include <inttypes.h>

#include "actors/reference.h"

enum { PRODUCERS, CONSUMERS, CAPACITY, EACH };
enum { PRODUCER, CONSUMER, BUFFER };
enum { GO = ENTRAIN_KIND_USER, PUT, STORED, WANT, ITEM, END };

static const entrain_payload none = {.i64 = 0};

static int64_t item_count(const entrain_reference_run *run) {
    return (int64_t)(run->number[PRODUCERS] * run->number[EACH]);
}

static entrain_status producer_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const entrain_reference_run *run = self->context;
    int64_t *made = self->columns[0];
    const int64_t each = (int64_t)run->number[EACH];
    (void)messages;
    if (count != 1)
        return ENTRAIN_MISMATCH; // one item is under way at a time
    if (*made < each) {
        entrain_send(self, run->ids[BUFFER][0], PUT, 0, entrain__i64(self->index * each + *made), none);
        ++*made;
    }
    return ENTRAIN_OK;
}

typedef struct consumer {
    int64_t got, sum;
    uint64_t ended;
} consumer;

static entrain_status consumer_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const entrain_reference_run *run = self->context;
    consumer *own = self->columns[0];
    if (count != 1)
        return ENTRAIN_MISMATCH;
    if (messages[0].kind == END) {
        own->ended++;
        return ENTRAIN_OK;
    }
    if (messages[0].kind == ITEM) {
        own->got++;
        own->sum += messages[0].payload[0].i64;
    }
    return entrain_send(self, run->ids[BUFFER][0], WANT, 0, none, none);
}

// --- The buffer: three queues in columns of their own, of which at most one waits for something.

typedef struct buffer {
    int64_t stored, given;   // items ever
    int64_t put_off, let_in; // producers ever: had to wait, and were let in
    int64_t wanting, served; // consumers ever: had to wait, and got an item or the end
} buffer;

typedef struct offer {
    int64_t item;
    entrain_id from;
    uint32_t unused;
} offer;

typedef struct buffer_view {
    const entrain_reference_run *run;
    entrain_self *self;
    buffer *state;
    int64_t *items;        // [CAPACITY] a ring
    offer *offers;         // [PRODUCERS] a ring
    entrain_id *consumers; // [CONSUMERS] a ring
    int64_t *fill_most;
} buffer_view;

static void store(const buffer_view *view, int64_t item, entrain_id from) {
    buffer *own = view->state;
    view->items[(uint64_t)own->stored++ % view->run->number[CAPACITY]] = item;
    int64_t fill = own->stored - own->given;
    *view->fill_most = fill > *view->fill_most ? fill : *view->fill_most;
    entrain_send(view->self, from, STORED, 0, none, none);
}

static void give(const buffer_view *view, entrain_id to) {
    buffer *own = view->state;
    int64_t item = view->items[(uint64_t)own->given++ % view->run->number[CAPACITY]];
    entrain_send(view->self, to, ITEM, 0, entrain__i64(item), none);
    if (own->let_in < own->put_off) { // now there is room for who waited longest
        offer *next = &view->offers[(uint64_t)own->let_in++ % view->run->number[PRODUCERS]];
        store(view, next->item, next->from);
    }
}

static void serve_waiting(const buffer_view *view) {
    buffer *own = view->state;
    const bool over = own->given == item_count(view->run);
    while (own->served < own->wanting && (over || own->stored > own->given)) {
        entrain_id to = view->consumers[(uint64_t)own->served++ % view->run->number[CONSUMERS]];
        if (over)
            entrain_send(view->self, to, END, 0, none, none);
        else
            give(view, to);
    }
}

static entrain_status buffer_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const buffer_view view = {.run = self->context,
                              .self = self,
                              .state = self->columns[0],
                              .items = self->columns[1],
                              .offers = self->columns[2],
                              .consumers = self->columns[3],
                              .fill_most = self->columns[4]};
    const uint64_t *number = view.run->number;
    buffer *own = view.state;
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].kind == PUT && own->stored - own->given < (int64_t)number[CAPACITY])
            store(&view, messages[m].payload[0].i64, messages[m].from);
        else if (messages[m].kind == PUT)
            view.offers[(uint64_t)own->put_off++ % number[PRODUCERS]] =
                (offer){messages[m].payload[0].i64, messages[m].from, 0};
        else
            view.consumers[(uint64_t)own->wanting++ % number[CONSUMERS]] = messages[m].from;
        serve_waiting(&view);
        if (own->given == item_count(view.run))
            serve_waiting(&view); // the last item is gone: the others hear so
    }
    return ENTRAIN_OK;
}

// --- The workload

static uint32_t whole_words(uint64_t bytes) { return (uint32_t)((bytes + 7) / 8 * 8); }

static entrain_status build(entrain_reference_run *run, entrain_error *error_out) {
    const uint64_t *number = run->number;
    const uint32_t producers = (uint32_t)number[PRODUCERS], consumers = (uint32_t)number[CONSUMERS];
    // Who consumed what, and how full it was, depends on the schedule.
    const entrain_column made[] = {{.name = "made", .bytes = sizeof(int64_t), .fingerprint = true}};
    const entrain_column got[] = {{.name = "consumer", .bytes = sizeof(consumer)}};
    const entrain_column kept[] = {
        {.name = "buffer", .bytes = sizeof(buffer)},
        {.name = "items", .bytes = whole_words(number[CAPACITY] * sizeof(int64_t))},
        {.name = "offers", .bytes = whole_words(producers * sizeof(offer))},
        {.name = "consumers", .bytes = whole_words(consumers * sizeof(entrain_id))},
        {.name = "fill", .bytes = sizeof(int64_t)},
    };
    const entrain_behavior making = {.name = "producer",
                                     .columns = made,
                                     .column_count = 1,
                                     .sends_max = 1,
                                     .inbox = 1,
                                     .receive = producer_receive};
    const entrain_behavior using = {.name = "consumer",
                                    .columns = got,
                                    .column_count = 1,
                                    .sends_max = 1,
                                    .inbox = 1,
                                    .receive = consumer_receive};
    // One message of each producer and consumer is under way to it, so its mailbox is never full.
    const entrain_behavior keeping = {.name = "buffer",
                                      .columns = kept,
                                      .column_count = sizeof kept / sizeof *kept,
                                      .sends_max = 2 * ENTRAIN_BATCH_MAX + consumers,
                                      .inbox = producers + consumers,
                                      .receive = buffer_receive};
    entrain_status status = entrain_reference_add(run, &making, producers, producers, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_reference_add(run, &using, consumers, consumers, error_out);
    return status == ENTRAIN_OK ? entrain_reference_add(run, &keeping, 1, 1, error_out) : status;
}

static entrain_status begin(entrain_reference_run *run, entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t p = PRODUCER; p <= CONSUMER; p++)
        for (uint32_t i = 0; i < run->counts[p] && status == ENTRAIN_OK; i++)
            status = entrain_reference_begin(run, p, i, GO, 0, error_out);
    return status;
}

static entrain_status check(entrain_reference_run *run, entrain_error *error_out) {
    const int64_t items = item_count(run);
    const buffer *own = entrain_reference_column(run, BUFFER, 0, 0);
    const int64_t *most = entrain_reference_column(run, BUFFER, 0, 4);
    consumer all = {0};
    for (uint32_t i = 0; i < run->counts[CONSUMER]; i++) {
        const consumer *one = entrain_reference_column(run, CONSUMER, i, 0);
        all.got += one->got;
        all.sum += one->sum;
        if (one->ended != 1)
            return WRONG(run, error_out, "consumer %" PRIu32 " was told %" PRIu64 " times that it is over.",
                         i, one->ended);
    }
    if (*most < 1 || *most > (int64_t)run->number[CAPACITY])
        return WRONG(run, error_out, "the buffer held %" PRId64 " items; %" PRIu64 " is its capacity.", *most,
                     run->number[CAPACITY]);
    if (own->stored != items || own->given != items || own->let_in != own->put_off)
        return WRONG(run, error_out, "of %" PRId64 " items %" PRId64 " went in and %" PRId64 " out.", items,
                     own->stored, own->given);
    if (all.got != items || all.sum != items * (items - 1) / 2)
        return WRONG(run, error_out,
                     "%" PRId64 " of %" PRId64 " items were consumed, with the sum %" PRId64 ".", all.got,
                     items, all.sum);
    return ENTRAIN_OK;
}

// For each item PUT, STORED, WANT, ITEM.
static uint64_t messages(entrain_reference_run *run) { return 4 * (uint64_t)item_count(run); }

static const entrain_parameter parameters[] = {
    {"producers", 4, 1, 1024, "actors that make items"},
    {"consumers", 3, 1, 1024, "actors that use them up"},
    {"capacity", 3, 1, 4096, "items that the buffer holds"},
    {"each", 8, 1, 1e9, "items of each producer"},
};
static const double normal[] = {40, 40, 50, 1e4};
static const char *const kinds[] = {"go", "put", "stored", "want", "item", "end"};

const entrain_reference entrain__bounded_buffer = {
    .name = "bounded-buffer",
    .summary = "producers and consumers around a buffer that keeps few items",
    .parameters = parameters,
    .normal = normal,
    .parameter_count = 4,
    .executions = ENTRAIN__IN_LOCKSTEP | ENTRAIN__IN_EVENT_DRIVEN,
    .exact = true,
    .kinds = kinds,
    .kind_count = sizeof kinds / sizeof *kinds,
    .configure = entrain__reference_block,
    .build = build,
    .begin = begin,
    .check = check,
    .messages = messages,
};
