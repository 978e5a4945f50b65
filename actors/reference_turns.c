// Reference workloads with one message under way at a time: ping-pong and the thread ring. What they measure
// is how fast an actor that was at rest gets going.
#include <inttypes.h>

#include "actors/reference.h"

// In virtual time what an actor sent is its own until it arrives.
static uint32_t under_way(const entrain_reference_run *run) {
    return run->execution == ENTRAIN_EXECUTION_VIRTUAL_TIME ? 1 : 0;
}

// --- ping-pong: two actors, `rounds` times there and back. Each says which round it is.

enum { ROUNDS };
enum { PINGER, PONGER };
enum { GO = ENTRAIN_KIND_USER, PING, PONG };

typedef struct player {
    uint64_t expected; // rounds so far
    int64_t sum;       // of what was heard
} player;

static const entrain_column player_columns[] = {
    {.name = "player", .bytes = sizeof(player), .fingerprint = true}};

static entrain_status pinger_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const entrain_reference_run *run = self->context;
    player *own = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].kind == PONG) {
            if (messages[m].payload[0].u64 != own->expected)
                return ENTRAIN_MISMATCH;
            own->sum += messages[m].payload[0].i64;
            own->expected++;
        }
        if (own->expected < run->number[ROUNDS])
            entrain_send(self, run->ids[PONGER][0], PING, 0, entrain__i64((int64_t)own->expected),
                         entrain__i64(0));
    }
    return ENTRAIN_OK;
}

static entrain_status ponger_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    player *own = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].payload[0].u64 != own->expected)
            return ENTRAIN_MISMATCH;
        own->sum += messages[m].payload[0].i64;
        own->expected++;
        entrain_send(self, messages[m].from, PONG, 0, messages[m].payload[0], entrain__i64(0));
    }
    return ENTRAIN_OK;
}

static entrain_status ping_pong_build(entrain_reference_run *run, entrain_error *error_out) {
    entrain_behavior behavior = {.name = "pinger",
                                 .columns = player_columns,
                                 .column_count = 1,
                                 .sends_max = 1,
                                 .inbox = 1,
                                 .timers_max = under_way(run),
                                 .receive = pinger_receive};
    entrain_status status = entrain_reference_add(run, &behavior, 1, 1, error_out);
    behavior.name = "ponger";
    behavior.receive = ponger_receive;
    return status == ENTRAIN_OK ? entrain_reference_add(run, &behavior, 1, 1, error_out) : status;
}

static entrain_status ping_pong_begin(entrain_reference_run *run, entrain_error *error_out) {
    return entrain_reference_begin(run, PINGER, 0, GO, 0, error_out);
}

static entrain_status ping_pong_check(entrain_reference_run *run, entrain_error *error_out) {
    const uint64_t rounds = run->number[ROUNDS];
    for (uint32_t p = PINGER; p <= PONGER; p++) {
        const player *own = entrain_reference_column(run, p, 0, 0);
        if (own->expected != rounds || own->sum != (int64_t)(rounds * (rounds - 1) / 2))
            return WRONG(run, error_out, "the %s heard %" PRIu64 " of %" PRIu64 " messages.",
                         p == PINGER ? "pinger" : "ponger", own->expected, rounds);
    }
    return ENTRAIN_OK;
}

static uint64_t ping_pong_messages(entrain_reference_run *run) { return 2 * run->number[ROUNDS]; }

static const entrain_parameter ping_pong_parameters[] = {
    {"rounds", 100, 1, 1e12, "there and back again"},
};
static const double ping_pong_normal[] = {1e6};
static const char *const ping_pong_kinds[] = {"go", "ping", "pong"};

const entrain_reference entrain__ping_pong = {
    .name = "ping-pong",
    .summary = "two actors, one message to and fro",
    .parameters = ping_pong_parameters,
    .normal = ping_pong_normal,
    .parameter_count = 1,
    .executions = ENTRAIN__IN_LOCKSTEP | ENTRAIN__IN_EVENT_DRIVEN | ENTRAIN__IN_VIRTUAL_TIME,
    .exact = true,
    .kinds = ping_pong_kinds,
    .kind_count = sizeof ping_pong_kinds / sizeof *ping_pong_kinds,
    .build = ping_pong_build,
    .begin = ping_pong_begin,
    .check = ping_pong_check,
    .messages = ping_pong_messages,
};

// --- thread-ring: a token goes round a ring of actors until its hops are used up.

enum { RING_ACTORS, RING_HOPS };
enum { TOKEN = ENTRAIN_KIND_USER };

typedef struct node {
    uint64_t handled;
    entrain_id next;
    uint32_t last; // the token ended here
} node;

static const entrain_column node_columns[] = {{.name = "node", .bytes = sizeof(node), .fingerprint = true}};

static entrain_status ring_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    node *own = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        int64_t hops = messages[m].payload[0].i64;
        own->handled++;
        if (hops > 0)
            entrain_send(self, own->next, TOKEN, 0, entrain__i64(hops - 1), entrain__i64(0));
        else
            own->last = 1;
    }
    return ENTRAIN_OK;
}

static entrain_status ring_build(entrain_reference_run *run, entrain_error *error_out) {
    const entrain_behavior behavior = {.name = "node",
                                       .columns = node_columns,
                                       .column_count = 1,
                                       .sends_max = 1,
                                       .inbox = 1,
                                       .timers_max = under_way(run),
                                       .receive = ring_receive};
    uint32_t actors = (uint32_t)run->number[RING_ACTORS];
    return entrain_reference_add(run, &behavior, actors, actors, error_out);
}

static entrain_status ring_begin(entrain_reference_run *run, entrain_error *error_out) {
    for (uint32_t i = 0; i < run->counts[0]; i++) {
        node *own = entrain_reference_column(run, 0, i, 0);
        own->next = run->ids[0][(i + 1) % run->counts[0]];
    }
    return entrain_reference_begin(run, 0, 0, TOKEN, (int64_t)run->number[RING_HOPS], error_out);
}

static entrain_status ring_check(entrain_reference_run *run, entrain_error *error_out) {
    const uint64_t handled = run->number[RING_HOPS] + 1, actors = run->counts[0];
    for (uint32_t i = 0; i < actors; i++) {
        const node *own = entrain_reference_column(run, 0, i, 0);
        uint64_t expected = handled / actors + (i < handled % actors);
        if (own->handled != expected)
            return WRONG(run, error_out, "node %" PRIu32 " had the token %" PRIu64 " times, not %" PRIu64 ".",
                         i, own->handled, expected);
        if (own->last != (i == (handled - 1) % actors))
            return WRONG(run, error_out, "the token %s at node %" PRIu32 ".",
                         own->last ? "ended" : "did not end", i);
    }
    return ENTRAIN_OK;
}

static uint64_t ring_messages(entrain_reference_run *run) { return run->number[RING_HOPS]; }

static const entrain_parameter ring_parameters[] = {
    {"actors", 10, 1, 1e6, "nodes of the ring"},
    {"hops", 100, 0, 1e12, "how often the token is handed on"},
};
static const double ring_normal[] = {1000, 1e6};
static const char *const ring_kinds[] = {"token"};

const entrain_reference entrain__thread_ring = {
    .name = "thread-ring",
    .summary = "a token goes round a ring of actors",
    .parameters = ring_parameters,
    .normal = ring_normal,
    .parameter_count = 2,
    .executions = ENTRAIN__IN_LOCKSTEP | ENTRAIN__IN_EVENT_DRIVEN | ENTRAIN__IN_VIRTUAL_TIME,
    .exact = true,
    .kinds = ring_kinds,
    .kind_count = 1,
    .build = ring_build,
    .begin = ring_begin,
    .check = ring_check,
    .messages = ring_messages,
};
