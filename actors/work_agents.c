// Agents' side of the workload: what a pattern brings, and what of it waits for a phase to come round.
//
// A pattern is a row of events in time, each of which brings some requests, or none. All that is drawn is
// counted by who, since when, and which event; nothing depends on phases, messages, or workers, so that two
// runs of one seed make the same requests whatever becomes of their agents.
//
// Load turns the clock: events come by a clock that runs `load` times as fast as simulated time. A spike
// takes hold at once, and brings the same events.
#include <math.h>
#include <string.h>

#include "actors/work.h"
#include "engine/base/assert.h"
#include "entrain/agent.h"
#include "entrain/math.h"

static const struct {
    const char *name, *summary;
    double from_s, to_s; // between events, uniform
    double rate;         // requests per second: see pattern_count()
} patterns[ENTRAIN_PATTERN_COUNT] = {
    {"high-frequency", "every 50 to 99 ms, 2 to 4 requests", 0.050, 0.099, 3 / 0.0745},
    // A burst of D seconds holds ceil(10 D) slots of 100 ms, D uniform from 0.5 to 2: 13 on average; between
    // two, 0.8 / 0.2 = 4 without. 5 requests a slot.
    {"burst", "starts with 20 % chance per 100 ms, lasts 0.5 to 2 s, 3 to 7 requests per 100 ms", 0.1, 0.1,
     5 * 10 * 13.0 / 17},
    {"steady", "1 request per 500 ms", 0.5, 0.5, 2},
    {"mixed", "every 200 to 1,000 ms with chance 0.7; 70 % one request, 30 % two or three", 0.2, 1.0,
     0.7 * (0.7 + 0.3 * 2.5) / 0.6},
    {"sparse", "every 2 to 4 s with chance 0.3 one request", 2, 4, 0.3 / 3},
};

const char *entrain_pattern_name(entrain_pattern pattern) {
    return (unsigned)pattern < ENTRAIN_PATTERN_COUNT ? patterns[pattern].name : NULL;
}
const char *entrain_pattern_summary(entrain_pattern pattern) {
    return (unsigned)pattern < ENTRAIN_PATTERN_COUNT ? patterns[pattern].summary : NULL;
}
double entrain_pattern_rate(entrain_pattern pattern) {
    return (unsigned)pattern < ENTRAIN_PATTERN_COUNT ? patterns[pattern].rate : 0;
}

#define BUSY_SECONDS 1.0
#define BUSY_MEAN 0.25

void entrain__work_tune(entrain_workload *workload, uint64_t tick) {
    const entrain_workload_config *config = &workload->config;
    workload->clock = entrain__work_clock_at(workload, tick);
    workload->clock_tick = tick;
    workload->per_tick = workload->step_s * config->load;
    // A request adds what makes the mean of the sum over all past ones, each faded since, BUSY_MEAN.
    const double fade = entrain_exp(-workload->step_s / BUSY_SECONDS);
    workload->fade = (float)fade;
    workload->per_request =
        (float)(BUSY_MEAN * (1 - fade) / (workload->step_s * patterns[config->pattern].rate));
}

// --- Draws

static double uniform_of(uint64_t bits) { return ((double)(bits >> 12) + 0.5) * 0x1p-52; }
static double uniform_of_32(uint32_t bits) { return ((double)bits + 0.5) * 0x1p-32; }

enum { DRAW_EVENT, DRAW_BEGIN, DRAW_BEGIN_BURST };

static entrain_random_block draw(const entrain_workload *workload, uint32_t index,
                                 const entrain__work_head *work, uint32_t which) {
    return entrain_random_draw(workload->key, index, (uint64_t)work->born << 32 | work->events, which);
}

// From @p u, uniform: how long a gap is, uniform between a and b, in whose midst one stands (the longer the
// likelier), by the inverse of its distribution.
static double gap_around(double a, double b, double u) { return sqrt(a * a + u * (b * b - a * a)); }

// The first event: as if it had always been going on, so that no two begin together.
static void begin(const entrain_workload *workload, uint32_t index, entrain__work_head *work, double now) {
    const entrain_pattern pattern = workload->config.pattern;
    const entrain_random_block block = draw(workload, index, work, DRAW_BEGIN);
    work->next =
        now + uniform_of(block.bits[0]) *
                  gap_around(patterns[pattern].from_s, patterns[pattern].to_s, uniform_of(block.bits[1]));
    work->burst_end = 0;
    if (pattern == ENTRAIN_PATTERN_BURST) {
        const entrain_random_block more = draw(workload, index, work, DRAW_BEGIN_BURST);
        if (uniform_of_32((uint32_t)more.bits[0]) < 13.0 / 17)
            work->burst_end = now + uniform_of_32((uint32_t)(more.bits[0] >> 32)) *
                                        gap_around(0.5, 2, uniform_of(more.bits[1]));
    }
    work->events++;
}

// What the event at hand brings. @p a, @p b: uniform.
static uint32_t pattern_count(entrain_pattern pattern, entrain__work_head *work, uint32_t a, uint32_t b) {
    const double chance = uniform_of_32(a), size = uniform_of_32(b);
    switch (pattern) {
    case ENTRAIN_PATTERN_HIGH_FREQUENCY:
        return 2 + (uint32_t)((uint64_t)b * 3 >> 32);
    case ENTRAIN_PATTERN_BURST:
        if (work->next >= work->burst_end) {
            if (chance >= 0.2)
                return 0;
            work->burst_end = work->next + 0.5 + 1.5 * (chance / 0.2);
        }
        return 3 + (uint32_t)((uint64_t)b * 5 >> 32);
    case ENTRAIN_PATTERN_STEADY:
        return 1;
    case ENTRAIN_PATTERN_MIXED:
        if (chance >= 0.7)
            return 0;
        return size < 0.7 ? 1 : size < 0.85 ? 2 : 3;
    case ENTRAIN_PATTERN_SPARSE:
        return chance < 0.3;
    case ENTRAIN_PATTERN_COUNT:
        break;
    }
    return 0;
}

static uint32_t happen(const entrain_workload *workload, uint32_t index, entrain__work_head *work) {
    const entrain_pattern pattern = workload->config.pattern;
    const entrain_random_block block = draw(workload, index, work, DRAW_EVENT);
    const uint32_t count =
        pattern_count(pattern, work, (uint32_t)(block.bits[1] >> 32), (uint32_t)block.bits[1]);
    const double from = patterns[pattern].from_s, to = patterns[pattern].to_s;
    work->next += from + (to - from) * uniform_of(block.bits[0]);
    work->events++;
    return count;
}

// --- The column

uint32_t entrain__work_bytes(const entrain_workload *workload) {
    return workload == NULL
               ? 8
               : (uint32_t)(sizeof(entrain__work_head) + (size_t)(workload->config.queue + 1) / 2 * 8);
}

uint32_t entrain__work_sends_max(const entrain_workload *workload) {
    return workload == NULL ? 0 : (workload->config.queue + 15) / 16;
}

static entrain__work_head *at(const entrain_workload *workload, void *work, uint32_t k) {
    return (void *)((char *)work + (size_t)k * entrain__work_bytes(workload));
}

void entrain__work_start(const entrain_workload *workload, const entrain_range *range, void *work) {
    if (workload == NULL)
        return;
    const double now = entrain__work_clock_at(workload, range->tick);
    for (uint32_t k = 0; k < range->count; k++) {
        entrain__work_head *its = at(workload, work, k);
        its->born = (uint32_t)range->tick;
        its->busy = (float)(BUSY_MEAN * workload->config.load);
        begin(workload, range->indices[k], its, now);
    }
}

static void hand_over(const entrain_workload *workload, const entrain_range *range, uint32_t k,
                      entrain__work_head *its) {
    if (its->held == 0 || (its->handed_lately > 0 && its->handed_tick == (uint32_t)range->tick))
        return; // once in a tick: it has no more messages to send
    const uint32_t gateway = entrain__work_gateway_of(workload, range->indices[k]);
    const entrain_id to = entrain_population_id(workload->gateway_population, gateway);
    uint32_t *queue = entrain__work_queue(its), done = 0;
    // What these messages do not hold, and there would have to be long silences in it, waits for the next
    // time.
    for (uint32_t sends = entrain__work_sends_max(workload); sends > 0 && done < its->held; sends--) {
        uint16_t flags;
        entrain_payload payload[2];
        const uint32_t taken =
            entrain__work_pack(queue + done, its->held - done, (uint32_t)range->tick, &flags, payload);
        if (entrain_range_send(range, k, to, ENTRAIN__WORK_REQUESTS, flags, payload[0], payload[1]) !=
            ENTRAIN_OK)
            break;
        done += taken;
    }
    if (its->handed_tick != (uint32_t)range->tick)
        its->handed_lately = 0;
    its->handed_tick = (uint32_t)range->tick;
    its->handed_lately += done;
    its->handed += done;
    its->held = (uint8_t)(its->held - done);
    memmove(queue, queue + done, its->held * sizeof *queue);
    memset(queue + its->held, 0, done * sizeof *queue); // what is not there is not state
}

// A full queue is handed over before anything is shed, whatever the phase: shed is what came faster.
static void generate_one(const entrain_workload *workload, const entrain_range *range, uint32_t k, double end,
                         entrain__work_head *work) {
    uint32_t *queue = entrain__work_queue(work), all = 0;
    do {
        const uint32_t count = happen(workload, range->indices[k], work);
        if (work->held + count > workload->config.queue)
            hand_over(workload, range, k, work);
        const uint32_t room = workload->config.queue - work->held;
        const uint32_t fit = count < room ? count : room;
        for (uint32_t r = 0; r < fit; r++)
            queue[work->held++] = (uint32_t)range->tick;
        work->shed += count - fit;
        all += count;
    } while (work->next < end);
    work->generated += all;
    work->busy += (float)all * workload->per_request;
}

void entrain__work_generate(const entrain_workload *workload, const entrain_range *range, void *work,
                            float *busy_out) {
    if (workload == NULL)
        return;
    const double end = entrain__work_clock_at(workload, range->tick + 1);
    const float fade = workload->fade;
    const size_t bytes = entrain__work_bytes(workload);
    char *next = work;
    for (uint32_t k = 0; k < range->count; k++, next += bytes) {
        entrain__work_head *its = (void *)next;
        its->busy = its->busy * fade + 1e-30f - 1e-30f; // to 0 before it is denormal, and slow
        if (__builtin_expect(its->next < end, 0))
            generate_one(workload, range, k, end, its);
        busy_out[k] = its->busy < 1 ? its->busy : 1;
    }
}

void entrain__work_hand_over(const entrain_workload *workload, const entrain_range *range, uint32_t k,
                             void *work) {
    if (workload != NULL)
        hand_over(workload, range, k, work);
}

// What it handed over in the tick before @p tick.
static uint64_t flying(const entrain__work_head *work, uint64_t tick) {
    return work->handed_lately > 0 && work->handed_tick + 1 == (uint32_t)tick ? work->handed_lately : 0;
}

void entrain__work_stop(entrain_workload *workload, void *work) {
    if (workload == NULL)
        return;
    const entrain__work_head *its = work;
    const uint64_t tick = entrain_engine_tick(workload->engine);
    if (workload->ended_tick != tick)
        workload->ended_flying = 0;
    workload->ended_tick = tick;
    workload->ended_flying += flying(its, tick);
    workload->ended_generated += its->generated;
    workload->ended_handed += its->handed;
    workload->ended_shed += its->shed + its->held;
}

// --- At a tick boundary

static void begin_range(void *context, const entrain_range *range, uint32_t task) {
    (void)task;
    const entrain_workload *workload = context;
    const double now = entrain__work_clock_at(workload, range->tick);
    for (uint32_t k = 0; k < range->count; k++)
        begin(workload, range->indices[k], at(workload, range->columns[ENTRAIN_AGENT_WORK], k), now);
}

entrain_status entrain__work_repattern(entrain_workload *workload) {
    return entrain_engine_visit(workload->engine, workload->agents, false, begin_range, workload);
}

static void sum_range(void *context, const entrain_range *range, uint32_t task) {
    entrain_workload *workload = context;
    entrain__work_partial *into = &workload->partials[task];
    void *work = range->columns[ENTRAIN_AGENT_WORK];
    for (uint32_t k = 0; k < range->count; k++) {
        const entrain__work_head *its = at(workload, work, k);
        into->generated += its->generated;
        into->handed += its->handed;
        into->shed += its->shed;
        into->held += its->held;
        into->flying += flying(its, range->tick);
    }
}

entrain_status entrain__work_sum(entrain_workload *workload, entrain__work_partial *sum_out) {
    memset(workload->partials, 0, workload->task_count * sizeof *workload->partials);
    const entrain_status status =
        entrain_engine_visit(workload->engine, workload->agents, false, sum_range, workload);
    if (status != ENTRAIN_OK)
        return status;
    entrain__work_partial sum = {.generated = workload->ended_generated,
                                 .handed = workload->ended_handed,
                                 .shed = workload->ended_shed};
    if (workload->ended_tick == entrain_engine_tick(workload->engine))
        sum.flying = workload->ended_flying;
    for (uint32_t t = 0; t < workload->task_count; t++) {
        const entrain__work_partial *part = &workload->partials[t];
        sum.generated += part->generated;
        sum.handed += part->handed;
        sum.shed += part->shed;
        sum.held += part->held;
        sum.flying += part->flying;
    }
    *sum_out = sum;
    return ENTRAIN_OK;
}
