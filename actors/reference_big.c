// Reference workload big: every actor sends pings to others at random, the next one when the last was
// answered. Many to many: no locality, and mailboxes that are almost always short.
//
// Whom an actor pings is a function of its index and of how many pings it has sent, so how often everybody is
// pinged is known beforehand.
#include <inttypes.h>

#include "actors/reference.h"

enum { ACTORS, PINGS, ROOM };
enum { GO = ENTRAIN_KIND_USER, PING, PONG };

typedef struct talker {
    uint32_t draw; // of a linear congruential generator, the same as in the programs of our peers
    uint32_t left;
    uint64_t pinged;
} talker;

static uint32_t first_draw(uint32_t index) { return index * UINT32_C(2654435761) + 12345; }

static uint32_t next_peer(uint32_t *draw, uint32_t index, uint32_t actors) {
    *draw = *draw * UINT32_C(1664525) + UINT32_C(1013904223);
    uint32_t peer = (*draw >> 8) % actors;
    return peer != index ? peer : (peer + 1) % actors;
}

static void start(const entrain_range *range) {
    const entrain_reference_run *run = range->context;
    talker *own = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        own[k] = (talker){.draw = first_draw(range->indices[k]), .left = (uint32_t)run->number[PINGS]};
}

static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const entrain_reference_run *run = self->context;
    talker *own = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].kind == PING) {
            own->pinged++;
            entrain_send(self, messages[m].from, PONG, 0, messages[m].payload[0], entrain__i64(0));
            continue;
        }
        if (messages[m].kind == PONG && messages[m].payload[0].i64 != own->left--)
            return ENTRAIN_MISMATCH; // an answer to another ping
        if (own->left > 0)
            entrain_send(self, run->ids[0][next_peer(&own->draw, self->index, run->counts[0])], PING, 0,
                         entrain__i64(own->left), entrain__i64(0));
    }
    return ENTRAIN_OK;
}

static entrain_status build(entrain_reference_run *run, entrain_error *error_out) {
    static const entrain_column columns[] = {
        {.name = "talker", .bytes = sizeof(talker), .fingerprint = true}};
    const uint32_t actors = (uint32_t)run->number[ACTORS];
    const entrain_behavior behavior = {.name = "talker",
                                       .columns = columns,
                                       .column_count = 1,
                                       .sends_max = ENTRAIN_BATCH_MAX,
                                       .inbox = (uint32_t)run->number[ROOM],
                                       .start = start,
                                       .receive = receive};
    return entrain_reference_add(run, &behavior, actors, actors, error_out);
}

static entrain_status begin(entrain_reference_run *run, entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t i = 0; i < run->counts[0] && status == ENTRAIN_OK; i++)
        status = entrain_reference_begin(run, 0, i, GO, 0, error_out);
    return status;
}

static entrain_status check(entrain_reference_run *run, entrain_error *error_out) {
    const uint32_t actors = run->counts[0];
    uint64_t *expected = entrain_reference_take(run, actors, sizeof *expected);
    if (expected == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "big: there is no memory for the check.");
    for (uint32_t i = 0; i < actors; i++) {
        uint32_t draw = first_draw(i);
        for (uint64_t p = 0; p < run->number[PINGS]; p++)
            expected[next_peer(&draw, i, actors)]++;
    }
    for (uint32_t i = 0; i < actors; i++) {
        const talker *own = entrain_reference_column(run, 0, i, 0);
        if (own->left != 0 || own->pinged != expected[i])
            return WRONG(run, error_out,
                         "talker %" PRIu32 " was pinged %" PRIu64 " times, not %" PRIu64 ", and has %" PRIu32
                         " pings left.",
                         i, own->pinged, expected[i], own->left);
    }
    return ENTRAIN_OK;
}

static uint64_t messages(entrain_reference_run *run) { return 2 * run->number[ACTORS] * run->number[PINGS]; }

// Room: an actor has one ping under way, so there are never more than `actors` in one mailbox, and about one
// on average. Less room than `actors` could come to a circle of full mailboxes, with a chance of 1e-88 where
// it is 63.
static const entrain_parameter parameters[] = {
    {"actors", 8, 2, 4096, "actors that ping and answer"},
    {"pings", 10, 1, 1e9, "pings of each"},
    {"room", 15, 1, 65535, "messages that a mailbox holds"},
};
static const double normal[] = {1000, 1000, 63};
static const char *const kinds[] = {"go", "ping", "pong"};

const entrain_reference entrain__big = {
    .name = "big",
    .summary = "many to many: everybody pings others at random",
    .parameters = parameters,
    .normal = normal,
    .parameter_count = 3,
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
