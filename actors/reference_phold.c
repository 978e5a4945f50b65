// Reference workload PHOLD: the benchmark of parallel discrete-event simulation (Fujimoto 1990, "Performance
// of Time Warp under synthetic workloads"). A fixed population of events; whoever handles one sends one on,
// to a random other actor with probability `remote` and else to itself, after the lookahead and an
// exponential time.
//
// Conservation is its answer: as many events are under way at the end as at the beginning. What each actor
// saw, and in what order, is folded into its state, so that the fingerprint knows of every event that came
// too early.
#include <inttypes.h>

#include "actors/reference.h"
#include "engine/base/fingerprint.h"
#include "engine/base/sum.h"
#include "entrain/math.h"
#include "entrain/random.h"

enum { ACTORS, EVENTS, REMOTE, LOOKAHEAD, MEAN, HORIZON };
enum { GO = ENTRAIN_KIND_USER, EVENT };
enum { STREAM = ENTRAIN_STREAM_USER + 0x504, FAN_OUT = 2 };

// What all actors read.
typedef struct phold {
    entrain_random key;
} phold;

typedef struct process {
    uint64_t handled, sent;
    uint64_t history; // of all it has handled, in order
    double time_s;    // of the last one
} process;

// An actor's own events under way are its timers. The mean is `events`, the spread Poisson's: eight times
// that, and 64, are never needed. If they were, the run would end with a sentence.
static uint32_t timers_of(const entrain_reference_run *run) { return (uint32_t)run->number[EVENTS] * 8 + 64; }

static entrain_status send_one(entrain_self *self, const entrain_reference_run *run, process *own) {
    const phold *all = run->own;
    const double *parameter = run->parameters;
    const uint64_t draw = own->sent++;
    uint32_t to = self->index;
    if (entrain_random_uniform(all->key, self->index, draw, 0) < parameter[REMOTE]) {
        to = (uint32_t)entrain_random_below(all->key, run->counts[0] - 1, self->index, draw, 1);
        to += to >= self->index;
    }
    // Exponential by inversion. Both are at least the lookahead, so nobody hears of the past.
    double wait = -parameter[MEAN] * entrain_log(entrain_random_uniform(all->key, self->index, draw, 2));
    return entrain_send_after(self, parameter[LOOKAHEAD] + wait, run->ids[0][to], EVENT, 0,
                              (entrain_payload){.u64 = draw}, entrain__i64(self->index), NULL);
}

static entrain_status begin_one(entrain_self *self, const entrain_reference_run *run, process *own) {
    for (uint32_t child = FAN_OUT * self->index + 1; child <= FAN_OUT * self->index + FAN_OUT; child++)
        if (child < run->counts[0])
            entrain_send(self, run->ids[0][child], GO, 0, entrain__i64(0), entrain__i64(0));
    entrain_status status = ENTRAIN_OK;
    for (uint64_t e = 0; e < run->number[EVENTS] && status == ENTRAIN_OK; e++)
        status = send_one(self, run, own);
    return status;
}

static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const entrain_reference_run *run = self->context;
    process *own = self->columns[0];
    entrain_status status = ENTRAIN_OK;
    if (self->time_s < own->time_s)
        return ENTRAIN_MISMATCH; // an event of the past
    own->time_s = self->time_s;
    for (uint32_t m = 0; m < count && status == ENTRAIN_OK; m++) {
        if (messages[m].kind == GO) {
            status = begin_one(self, run, own);
            continue;
        }
        own->handled++;
        own->history = entrain__mix_fold(own->history, (uint64_t)entrain__bits_of(self->time_s));
        own->history =
            entrain__mix_fold(own->history, messages[m].payload[0].u64 << 24 ^ messages[m].payload[1].u64);
        status = send_one(self, run, own);
    }
    return status;
}

static void configure(entrain_reference_run *run, entrain_engine_config *config) {
    if (config->execution == ENTRAIN_EXECUTION_VIRTUAL_TIME)
        config->lookahead_s = run->parameters[LOOKAHEAD];
    else
        config->overflow = ENTRAIN_OVERFLOW_BLOCK;
    run->until_s = run->parameters[HORIZON];
}

static entrain_status build(entrain_reference_run *run, entrain_error *error_out) {
    static const entrain_column columns[] = {
        {.name = "process", .bytes = sizeof(process), .fingerprint = true}};
    const uint32_t actors = (uint32_t)run->number[ACTORS];
    phold *all = entrain_reference_take(run, 1, sizeof *all);
    if (all == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "phold: there is no memory.");
    all->key = entrain_random_key(entrain_engine_seed(run->engine), STREAM);
    run->own = all;
    run->queued = run->number[ACTORS] * run->number[EVENTS];
    const entrain_behavior behavior = {.name = "process",
                                       .columns = columns,
                                       .column_count = 1,
                                       .sends_max =
                                           ENTRAIN_BATCH_MAX + FAN_OUT + (uint32_t)run->number[EVENTS],
                                       .inbox = 15,
                                       .timers_max = timers_of(run),
                                       .receive = receive};
    return entrain_reference_add(run, &behavior, actors, actors, error_out);
}

static entrain_status begin(entrain_reference_run *run, entrain_error *error_out) {
    return entrain_reference_begin(run, 0, 0, GO, 0, error_out);
}

static uint64_t messages(entrain_reference_run *run) {
    uint64_t handled = 0;
    for (uint32_t i = 0; i < run->counts[0]; i++)
        handled += ((const process *)entrain_reference_column(run, 0, i, 0))->handled;
    return handled;
}

static entrain_status check(entrain_reference_run *run, entrain_error *error_out) {
    uint64_t sent = 0, handled = messages(run);
    for (uint32_t i = 0; i < run->counts[0]; i++) {
        const process *own = entrain_reference_column(run, 0, i, 0);
        sent += own->sent;
        if (own->time_s > run->until_s)
            return WRONG(run, error_out, "actor %" PRIu32 " handled an event at %g s, after the end.", i,
                         own->time_s);
    }
    if (handled == 0 || sent != handled + run->queued)
        return WRONG(run, error_out,
                     "%" PRIu64 " events were sent and %" PRIu64 " handled, but %" PRIu64
                     " must be under way.",
                     sent, handled, run->queued);
    return ENTRAIN_OK;
}

static const entrain_parameter parameters[] = {
    {"actors", 16, 2, 4e6, "simulated processes"},
    {"events", 4, 1, 1000, "events of each under way, on average"},
    {"remote", 0.5, 0, 1, "share of events that go to another process"},
    {"lookahead", 0.5, 0, 1e6, "simulated seconds that every event takes at least"},
    {"mean", 1, 1e-6, 1e6, "mean of the exponential time beyond that, simulated seconds"},
    {"horizon", 10, 1e-6, 1e9, "simulated seconds in all"},
};
static const double normal[] = {10000, 16, 0.5, 0.5, 1, 10};
static const char *const kinds[] = {"go", "event"};

const entrain_reference entrain__phold = {
    .name = "phold",
    .summary = "events in simulated time, sent on at random (Fujimoto 1990)",
    .parameters = parameters,
    .normal = normal,
    .parameter_count = 6,
    .fractions = 1u << REMOTE | 1u << LOOKAHEAD | 1u << MEAN | 1u << HORIZON,
    .executions = ENTRAIN__IN_VIRTUAL_TIME | ENTRAIN__IN_EVENT_DRIVEN,
    .exact = true,
    .kinds = kinds,
    .kind_count = sizeof kinds / sizeof *kinds,
    .configure = configure,
    .build = build,
    .begin = begin,
    .check = check,
    .messages = messages,
};
