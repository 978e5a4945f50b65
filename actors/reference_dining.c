// Reference workload dining: philosophers around a table, a fork between any two (Dijkstra 1971). Each takes
// its lower-numbered fork first, so that no circle of waiting can close; forks are actors that know who has
// them and who waits.
//
// Proved at the end: everybody has eaten as often as agreed, and no fork was ever given to two.
#include <inttypes.h>

#include "actors/reference.h"

enum { SEATS, MEALS };
enum { PHILOSOPHER, FORK };
enum { GO = ENTRAIN_KIND_USER, TAKE, TAKEN, BACK };

typedef struct philosopher {
    uint64_t eaten;
    uint64_t held; // forks at hand: 0, 1
} philosopher;

// Seat i sits between forks i and i + 1.
static uint32_t fork_of(const entrain_reference_run *run, uint32_t seat, uint64_t nth) {
    uint32_t left = seat, right = (seat + 1) % run->counts[FORK];
    uint32_t first = left < right ? left : right;
    return nth == 0 ? first : left + right - first;
}

static void take(entrain_self *self, uint64_t nth) {
    const entrain_reference_run *run = self->context;
    entrain_send(self, run->ids[FORK][fork_of(run, self->index, nth)], TAKE, 0, entrain__i64(0),
                 entrain__i64(0));
}

static entrain_status philosopher_receive(entrain_self *self, const entrain_message *messages,
                                          uint32_t count) {
    const entrain_reference_run *run = self->context;
    philosopher *own = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        own->held += messages[m].kind == TAKEN;
        if (own->held == 2) {
            own->eaten++;
            own->held = 0;
            for (uint64_t nth = 0; nth < 2; nth++)
                entrain_send(self, run->ids[FORK][fork_of(run, self->index, nth)], BACK, 0, entrain__i64(0),
                             entrain__i64(0));
            if (own->eaten == run->number[MEALS])
                continue;
        }
        take(self, own->held);
    }
    return ENTRAIN_OK;
}

typedef struct dining_fork {
    entrain_id holder, waiter; // ENTRAIN_ID_NONE: nobody
    uint64_t given;
} dining_fork;

static entrain_status fork_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    dining_fork *own = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        entrain_id from = messages[m].from;
        if (messages[m].kind == TAKE && own->holder != ENTRAIN_ID_NONE) {
            if (own->waiter != ENTRAIN_ID_NONE || own->holder == from)
                return ENTRAIN_MISMATCH; // a fork has two neighbours
            own->waiter = from;
            continue;
        }
        if (messages[m].kind == BACK) {
            if (own->holder != from)
                return ENTRAIN_MISMATCH; // it was given to two
            own->holder = own->waiter;
            own->waiter = ENTRAIN_ID_NONE;
            if (own->holder == ENTRAIN_ID_NONE)
                continue;
        } else {
            own->holder = from;
        }
        own->given++;
        entrain_send(self, own->holder, TAKEN, 0, entrain__i64(0), entrain__i64(0));
    }
    return ENTRAIN_OK;
}

static entrain_status build(entrain_reference_run *run, entrain_error *error_out) {
    static const entrain_column seat[] = {
        {.name = "philosopher", .bytes = sizeof(philosopher), .fingerprint = true}};
    static const entrain_column place[] = {
        {.name = "fork", .bytes = sizeof(dining_fork), .fingerprint = true}};
    // At most two TAKENs are under way to a philosopher, and to a fork a TAKE of each neighbour and a BACK.
    const entrain_behavior sitting = {.name = "philosopher",
                                      .columns = seat,
                                      .column_count = 1,
                                      .sends_max = 3,
                                      .inbox = 3,
                                      .receive = philosopher_receive};
    const entrain_behavior lying = {.name = "fork",
                                    .columns = place,
                                    .column_count = 1,
                                    .sends_max = 7,
                                    .inbox = 7,
                                    .receive = fork_receive};
    const uint32_t seats = (uint32_t)run->number[SEATS];
    entrain_status status = entrain_reference_add(run, &sitting, seats, seats, error_out);
    return status == ENTRAIN_OK ? entrain_reference_add(run, &lying, seats, seats, error_out) : status;
}

static entrain_status begin(entrain_reference_run *run, entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t i = 0; i < run->counts[PHILOSOPHER] && status == ENTRAIN_OK; i++)
        status = entrain_reference_begin(run, PHILOSOPHER, i, GO, 0, error_out);
    return status;
}

static entrain_status check(entrain_reference_run *run, entrain_error *error_out) {
    const uint64_t meals = run->number[MEALS];
    for (uint32_t i = 0; i < run->counts[PHILOSOPHER]; i++) {
        const philosopher *own = entrain_reference_column(run, PHILOSOPHER, i, 0);
        const dining_fork *fork = entrain_reference_column(run, FORK, i, 0);
        if (own->eaten != meals)
            return WRONG(run, error_out,
                         "philosopher %" PRIu32 " starved: %" PRIu64 " of %" PRIu64 " meals, %" PRIu64
                         " forks in hand.",
                         i, own->eaten, meals, own->held);
        if (fork->given != 2 * meals || fork->holder != ENTRAIN_ID_NONE)
            return WRONG(run, error_out, "fork %" PRIu32 " was given %" PRIu64 " times, not %" PRIu64 ".", i,
                         fork->given, 2 * meals);
    }
    return ENTRAIN_OK;
}

// For each meal two TAKEs, two TAKENs, two BACKs.
static uint64_t messages(entrain_reference_run *run) { return 6 * run->number[SEATS] * run->number[MEALS]; }

static const entrain_parameter parameters[] = {
    {"seats", 5, 2, 4096, "philosophers, and forks"},
    {"meals", 10, 1, 1e9, "meals of each"},
};
static const double normal[] = {1000, 1000};
static const char *const kinds[] = {"go", "take", "taken", "back"};

const entrain_reference entrain__dining = {
    .name = "dining",
    .summary = "philosophers who share forks: nobody starves",
    .parameters = parameters,
    .normal = normal,
    .parameter_count = 2,
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
