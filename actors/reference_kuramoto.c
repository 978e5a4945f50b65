// Reference workload kuramoto-ring: synchronization with no clock and no barrier. Each agent says its phase
// to its eight neighbours, waits for theirs of the same tick, takes a step of Euler, and says the next one.
//
// What is said are the words of entrain/kuramoto.h, and their sums are integers: in whatever order they come,
// the bits after T ticks are those of the lockstep engine on a ring of degree 8. The check is exactly that,
// against a plain loop.
//
// A neighbour can be one tick ahead, no more, because it waits for our phase too: two ticks of sums are
// enough, and a mailbox of 16 messages. An agent is one cache line.
#include <inttypes.h>
#include <string.h>

#include "actors/kuramoto_ring.h"
#include "actors/phase_rate.h"
#include "actors/reference.h"
#include "engine/base/assert.h"

enum { AGENTS, TICKS };
enum { GO = ENTRAIN_KIND_USER, PHASE };
enum { NEIGHBOURS = ENTRAIN__RING_NEIGHBOURS, REACH = NEIGHBOURS / 2, FAN_OUT = 2 };

typedef struct agent {
    double phase;
    int64_t own[2];    // cos, sin as said in this tick; both 0: nothing has been said yet
    int64_t sum[2][2]; // of what was heard in even and in odd ticks
    int32_t turns;
    uint16_t tick;
    uint8_t heard[2];
} agent;
_Static_assert(sizeof(agent) == 64, "one agent, one cache line");

// One step of Euler, as phase_kernels.inc takes it, and the words for the next tick.
static inline void speak(agent *own) {
    double s, c;
    entrain__sincos_kernel(own->phase, &s, &c);
    own->own[0] = entrain__word_of(c);
    own->own[1] = entrain__word_of(s);
}

static inline void step(agent *own, const int64_t sum[2], double frequency) {
    const double gain = ENTRAIN__RING_COUPLING / NEIGHBOURS * (ENTRAIN_WORD_UNIT * ENTRAIN_WORD_UNIT);
    double pull = pull_of((double)own->own[0], (double)own->own[1], (double)sum[0], (double)sum[1]);
    double moved = bounded(own->phase + ENTRAIN__RING_STEP_S * (frequency + gain * pull), move_max);
    double whole = whole_turns(moved);
    own->phase = without_turns(moved, whole);
    own->turns = add_turns(own->turns, whole);
    own->tick++;
    speak(own);
}

static void tell_neighbours(entrain_self *self, const entrain_reference_run *run, const agent *own) {
    const uint32_t count = run->counts[0], index = self->index;
    const entrain_id *ids = run->ids[0];
    const entrain_payload c = {.i64 = own->own[0]}, s = {.i64 = own->own[1]};
    const uint16_t parity = own->tick & 1;
    for (uint32_t k = 1; k <= REACH; k++) {
        uint32_t before = index >= k ? index - k : index + count - k;
        uint32_t behind = index + k < count ? index + k : index + k - count;
        entrain_send(self, ids[before], PHASE, parity, c, s);
        entrain_send(self, ids[behind], PHASE, parity, c, s);
    }
}

static void begin_one(entrain_self *self, const entrain_reference_run *run, agent *own) {
    for (uint32_t child = FAN_OUT * self->index + 1; child <= FAN_OUT * self->index + FAN_OUT; child++)
        if (child < run->counts[0])
            entrain_send(self, run->ids[0][child], GO, 0, entrain__i64(0), entrain__i64(0));
    speak(own);
    tell_neighbours(self, run, own);
}

static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const entrain_reference_run *run = self->context;
    agent *own = self->columns[0];
    const uint16_t ticks = (uint16_t)run->number[TICKS];
    for (uint32_t m = 0; m < count; m++) {
        if (__builtin_expect(messages[m].kind == GO, 0)) {
            begin_one(self, run, own);
            continue;
        }
        const uint32_t parity = messages[m].flags & 1;
        own->sum[parity][0] += messages[m].payload[0].i64;
        own->sum[parity][1] += messages[m].payload[1].i64;
        own->heard[parity]++;
    }
    while (own->heard[own->tick & 1] == NEIGHBOURS && (own->own[0] | own->own[1]) != 0) {
        const uint32_t parity = own->tick & 1;
        step(own, own->sum[parity], entrain__ring_frequency(self->index));
        own->sum[parity][0] = own->sum[parity][1] = 0;
        own->heard[parity] = 0;
        if (own->tick < ticks)
            tell_neighbours(self, run, own);
    }
    return own->heard[0] <= NEIGHBOURS && own->heard[1] <= NEIGHBOURS ? ENTRAIN_OK : ENTRAIN_MISMATCH;
}

static void start(const entrain_range *range) {
    agent *own = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        own[k].phase = entrain__ring_phase(range->indices[k]);
}

static void configure(entrain_reference_run *run, entrain_engine_config *config) {
    (void)run;
    config->overflow = ENTRAIN_OVERFLOW_BLOCK;
    config->step_s = ENTRAIN__RING_STEP_S;
}

static entrain_status build(entrain_reference_run *run, entrain_error *error_out) {
    static const entrain_column columns[] = {{.name = "agent", .bytes = sizeof(agent), .fingerprint = true}};
    const uint32_t agents = (uint32_t)run->number[AGENTS];
    // In one call GO, the first words, and those of a tick; or those of two ticks. With room for 15 of 16
    // messages no circle of full mailboxes can close: were one of a full mailbox's owner's neighbours left to
    // say something, it would wait for that owner, who has said all of its own.
    const entrain_behavior behavior = {.name = "agent",
                                       .columns = columns,
                                       .column_count = 1,
                                       .sends_max = FAN_OUT + 2 * NEIGHBOURS,
                                       .inbox = 15,
                                       .start = start,
                                       .receive = receive};
    return entrain_reference_add(run, &behavior, agents, agents, error_out);
}

static entrain_status begin(entrain_reference_run *run, entrain_error *error_out) {
    return entrain_reference_begin(run, 0, 0, GO, 0, error_out);
}

// All ticks of all agents, one after another.
static void simulate(agent *agents, int64_t (*words)[2], uint32_t count, uint64_t ticks) {
    for (uint32_t i = 0; i < count; i++) {
        agents[i].phase = entrain__ring_phase(i);
        speak(&agents[i]);
    }
    for (uint64_t t = 0; t < ticks; t++) {
        for (uint32_t i = 0; i < count; i++)
            memcpy(words[i], agents[i].own, sizeof words[i]);
        for (uint32_t i = 0; i < count; i++) {
            int64_t sum[2] = {0, 0};
            for (uint32_t k = 1; k <= REACH; k++)
                for (uint32_t w = 0; w < 2; w++)
                    sum[w] += words[(i + k) % count][w] + words[(i + count - k) % count][w];
            step(&agents[i], sum, entrain__ring_frequency(i));
        }
    }
}

static entrain_status check(entrain_reference_run *run, entrain_error *error_out) {
    const uint32_t count = run->counts[0];
    agent *expected = entrain_reference_take(run, count, sizeof *expected);
    int64_t(*words)[2] = entrain_reference_take(run, count, sizeof *words);
    if (expected == NULL || words == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "kuramoto-ring: there is no memory for the check.");
    simulate(expected, words, count, run->number[TICKS]);
    for (uint32_t i = 0; i < count; i++) {
        const agent *own = entrain_reference_column(run, 0, i, 0);
        if (own->tick != run->number[TICKS])
            return WRONG(run, error_out, "agent %" PRIu32 " stands at tick %u of %" PRIu64 ".", i, own->tick,
                         run->number[TICKS]);
        if (memcmp(own, &expected[i], sizeof *own) != 0)
            return WRONG(run, error_out,
                         "agent %" PRIu32 " has the phase %.17g, a plain loop %.17g, or other turns or sums.",
                         i, own->phase, expected[i].phase);
    }
    return ENTRAIN_OK;
}

static uint64_t messages(entrain_reference_run *run) {
    return NEIGHBOURS * run->number[AGENTS] * run->number[TICKS];
}

static const entrain_parameter parameters[] = {
    {"agents", 20, NEIGHBOURS + 1, (1 << 24) - 1, "oscillators of the ring"},
    {"ticks", 8, 1, 65535, "steps of each"},
};
static const double normal[] = {10000, 100};
static const char *const kinds[] = {"go", "phase"};

const entrain_reference entrain__kuramoto_ring = {
    .name = "kuramoto-ring",
    .summary = "oscillators that wait for their neighbours' phases, with no clock",
    .parameters = parameters,
    .normal = normal,
    .parameter_count = 2,
    .executions = ENTRAIN__IN_LOCKSTEP | ENTRAIN__IN_EVENT_DRIVEN,
    .exact = true,
    .kinds = kinds,
    .kind_count = sizeof kinds / sizeof *kinds,
    .configure = configure,
    .build = build,
    .begin = begin,
    .check = check,
    .messages = messages,
};
