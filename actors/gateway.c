// A gateway: what arrives within its window becomes one call to the service.
//
//   pending (requests by tick) --window over--> batch --> call --answered--> delivered
//                                                 ^         |
//                                               due <--- resting   (failed, one too many, or not answered)
//
// All that happens is an event, handled in the order in which it came: after each, whatever may go out does.
// First batches that came to nothing before, the oldest first, then, after a window, what is pending, its
// oldest first. At most calls_max batches are made at a time, those that rest included; what finds none free
// stays pending and goes with the next that is.
//
// What a gateway holds is a matter of a few hundred counts, however many the requests: they differ by the
// tick in which they were made, and by nothing else.
#include <inttypes.h>
#include <string.h>

#include "actors/work.h"
#include "engine/base/assert.h"
#include "engine/base/fingerprint.h"

// A batch that came to nothing rests for so long, twice as long each time.
#define REST_FIRST_S 0.1
#define REST_DOUBLINGS 5

#define RING_MASK ((uint64_t)ENTRAIN__WORK_AGE_MAX)
typedef entrain__gateway gateway;
typedef entrain__batch batch;

// --- Sizes

uint32_t entrain__size_bin(uint64_t size) {
    if (size < 256)
        return (uint32_t)size;
    const uint32_t octave = 63 - (uint32_t)__builtin_clzll(size); // at least 8
    const uint32_t bin = 256 + (octave - 8) * 64 + (uint32_t)(size >> (octave - 6) & 63);
    return bin < ENTRAIN__SIZE_BINS ? bin : ENTRAIN__SIZE_BINS - 1;
}

uint64_t entrain__size_of_bin(uint32_t bin) {
    if (bin < 256)
        return bin;
    const uint32_t octave = 8 + (bin - 256) / 64, step = octave - 6;
    return (((uint64_t)64 + (bin - 256) % 64 + 1) << step) - 1;
}

// --- Pending requests

void entrain__gateway_clear(gateway *own) {
    if (own->pending_count > 0)
        memset(own->pending, 0, (ENTRAIN__WORK_AGE_MAX + 1) * sizeof *own->pending);
    own->pending_count = own->batched = 0;
    own->oldest = UINT64_MAX;
    own->newest = 0;
    own->trial = 0;
    own->breaker = (entrain__breaker){0};
    own->window_open = own->flushing = false;
    own->due = 0;
    for (uint32_t b = 0; b < ENTRAIN__WORK_CALLS_MAX; b++)
        own->batches[b].state = ENTRAIN__BATCH_FREE;
}

// What has become older than the ring is long counts as so old.
static void age(gateway *own, uint64_t now) {
    if (own->pending_count == 0 || now - own->oldest <= ENTRAIN__WORK_AGE_MAX)
        return;
    const uint64_t least = now - ENTRAIN__WORK_AGE_MAX;
    uint64_t sum = 0;
    for (uint64_t tick = own->oldest; tick <= own->newest && tick < least; tick++) {
        sum += own->pending[tick & RING_MASK];
        own->pending[tick & RING_MASK] = 0;
    }
    own->pending[least & RING_MASK] += sum;
    own->oldest = least;
    own->newest = own->newest > least ? own->newest : least;
}

// Moves up to @p most of the oldest pending requests into @p into.
static void fill(gateway *own, batch *into, uint64_t most, uint64_t now) {
    age(own, now);
    into->parts = 0;
    into->count = 0;
    uint64_t tick = own->oldest;
    for (; into->count < most && own->pending_count > 0 && into->parts < ENTRAIN__WORK_BATCH_TICKS; tick++) {
        uint64_t *there = &own->pending[tick & RING_MASK];
        if (*there == 0)
            continue;
        const uint64_t room = most - into->count < UINT32_MAX ? most - into->count : UINT32_MAX;
        const uint64_t taken = *there < room ? *there : room;
        into->part[into->parts++] = (entrain__batch_part){(uint32_t)tick, (uint32_t)taken};
        into->count += taken;
        own->pending_count -= taken;
        *there -= taken;
        if (*there > 0)
            break;
    }
    own->oldest = own->pending_count > 0 ? tick : UINT64_MAX;
    own->newest = own->pending_count > 0 ? own->newest : 0;
    own->batched += into->count;
}

// --- One event

// An event at hand, and what there is to handle it with.
typedef struct desk {
    entrain_self *self;
    const entrain_workload_config *config;
    gateway *own;
    entrain__gateway_state *state;
    entrain_id service;
    uint64_t now;
} desk;

static void note(const desk *at, uint64_t what) {
    at->state->history = entrain__mix_fold(at->state->history, what);
}

// What the gateway may send in a call is known beforehand: see sends_max below.
static void sent(entrain_status status) { ENTRAIN_ASSERT(status == ENTRAIN_OK); }

static void wake_after(const desk *at, double delay_s, uint16_t kind, uint64_t first, uint64_t second,
                       entrain_timer *timer_out) {
    sent(entrain_send_after(at->self, delay_s, at->self->id, kind, 0, (entrain_payload){.u64 = first},
                            (entrain_payload){.u64 = second}, timer_out));
}

static void call(const desk *at, uint32_t number) {
    gateway *own = at->own;
    batch *its = &own->batches[number];
    its->call = ++own->calls;
    its->state = ENTRAIN__BATCH_CALLING;
    own->batch_sum += its->count;
    own->batch_max = its->count > own->batch_max ? its->count : own->batch_max;
    own->sizes[entrain__size_bin(its->count)]++;
    if (own->breaker.state == ENTRAIN_BREAKER_HALF_OPEN)
        own->trial = its->call;
    sent(entrain_send(at->self, at->service, ENTRAIN__WORK_CALL, 0, (entrain_payload){.u64 = number},
                      (entrain_payload){.u64 = its->call}));
    wake_after(at, at->config->timeout_s, ENTRAIN__WORK_TIMEOUT, number, its->call, &its->timer);
    note(at, its->call);
    note(at, its->count);
}

// The oldest batch that is due again; UINT32_MAX: none.
static uint32_t due_batch(const gateway *own) {
    uint32_t oldest = UINT32_MAX;
    for (uint32_t b = 0; own->due > 0 && b < ENTRAIN__WORK_CALLS_MAX; b++)
        if (own->batches[b].state == ENTRAIN__BATCH_DUE &&
            (oldest == UINT32_MAX || own->batches[b].number < own->batches[oldest].number))
            oldest = b;
    return oldest;
}

static uint32_t new_batch(const desk *at) {
    gateway *own = at->own;
    if (!own->flushing)
        return UINT32_MAX;
    uint32_t b = 0;
    while (b < at->config->calls_max && own->batches[b].state != ENTRAIN__BATCH_FREE)
        b++;
    if (b == at->config->calls_max)
        return UINT32_MAX;
    fill(own, &own->batches[b], at->config->batch_max > 0 ? at->config->batch_max : UINT64_MAX, at->now);
    own->batches[b].number = ++own->batches_made;
    own->batches[b].tries = 0;
    own->flushing = own->pending_count > 0;
    return b;
}

static bool may_call(const gateway *own) {
    return own->breaker.state == ENTRAIN_BREAKER_CLOSED ||
           (own->breaker.state == ENTRAIN_BREAKER_HALF_OPEN && own->trial == 0);
}

// Whatever may go out does.
static void pump(const desk *at) {
    gateway *own = at->own;
    while (may_call(own)) {
        uint32_t number = due_batch(own);
        if (number != UINT32_MAX)
            own->due--;
        else
            number = new_batch(at);
        if (number == UINT32_MAX)
            return;
        call(at, number);
    }
}

// What became of a call is told to the breaker.
static void tell_breaker(const desk *at, entrain__breaker_event event, uint64_t its_call) {
    gateway *own = at->own;
    if (own->breaker.state == ENTRAIN_BREAKER_HALF_OPEN) {
        if (its_call != own->trial)
            return; // it went out before the breaker opened
        own->trial = 0;
    }
    if (!entrain__breaker_tell(&own->breaker, event, at->config->breaker_limit))
        return;
    own->opened++;
    own->open_since = at->now;
    wake_after(at, at->config->breaker_open_s, ENTRAIN__WORK_REST, own->opened, 0, NULL);
}

// While what is there goes out as calls may, what comes goes with it, and waits for no window.
static void take_requests(const desk *at, const entrain_message *message) {
    gateway *own = at->own;
    uint64_t ticks[ENTRAIN__WORK_QUEUE_MAX];
    const uint32_t count = entrain__work_unpack(message, at->now, ticks);
    const uint64_t most = at->config->pending_max, held = own->pending_count + own->batched;
    const uint64_t room = most == 0 ? count : most > held ? most - held : 0;
    const uint32_t fit = count < room ? count : (uint32_t)room;
    age(own, at->now);
    own->arrived += count;
    own->shed += count - fit; // the newest
    for (uint32_t r = 0; r < fit; r++) {
        const uint64_t tick =
            at->now - ticks[r] <= ENTRAIN__WORK_AGE_MAX ? ticks[r] : at->now - ENTRAIN__WORK_AGE_MAX;
        own->pending[tick & RING_MASK]++;
        own->oldest = tick < own->oldest ? tick : own->oldest;
        own->newest = tick > own->newest ? tick : own->newest;
    }
    own->pending_count += fit;
    if (fit > 0 && !own->window_open && !own->flushing) {
        own->window_open = true;
        wake_after(at, at->config->window_s, ENTRAIN__WORK_WINDOW, 0, 0, NULL);
    }
}

static void deliver(const desk *at, batch *its) {
    gateway *own = at->own;
    for (uint32_t p = 0; p < its->parts; p++) {
        const entrain__batch_part part = its->part[p];
        const uint64_t wait = (uint32_t)at->now - part.tick;
        own->waits[wait < ENTRAIN__WORK_AGE_MAX ? wait : ENTRAIN__WORK_AGE_MAX] += part.count;
        own->wait_sum += (entrain__uint128)wait * part.count;
        own->wait_max = wait > own->wait_max ? wait : own->wait_max;
    }
    own->delivered += its->count;
    own->batched -= its->count;
    its->state = ENTRAIN__BATCH_FREE;
}

static void rest(const desk *at, batch *its) {
    const uint32_t doublings = its->tries < REST_DOUBLINGS ? its->tries : REST_DOUBLINGS;
    its->tries++;
    its->state = ENTRAIN__BATCH_RESTING;
    wake_after(at, REST_FIRST_S * (double)(1u << doublings), ENTRAIN__WORK_RETRY,
               (uint64_t)(its - at->own->batches), its->call, NULL);
}

static void take_answer(const desk *at, const entrain_message *message) {
    gateway *own = at->own;
    const uint64_t number = message->payload[0].u64, its_call = message->payload[1].u64;
    batch *its = &own->batches[number % ENTRAIN__WORK_CALLS_MAX];
    if (its->state != ENTRAIN__BATCH_CALLING || its->call != its_call) {
        own->late++;
        return;
    }
    entrain_cancel(at->self, its->timer);
    switch ((entrain__outcome)message->flags) {
    case ENTRAIN__WORK_OK:
        own->succeeded++;
        deliver(at, its);
        tell_breaker(at, ENTRAIN__BREAKER_SUCCESS, its_call);
        break;
    case ENTRAIN__WORK_FAILED:
        own->failed++;
        rest(at, its);
        tell_breaker(at, ENTRAIN__BREAKER_FAILURE, its_call);
        break;
    case ENTRAIN__WORK_LIMITED:
        own->limited++;
        rest(at, its);
        tell_breaker(at, ENTRAIN__BREAKER_LIMITED, its_call);
        break;
    }
}

static void wake(const desk *at, const entrain_message *message) {
    gateway *own = at->own;
    batch *its = &own->batches[message->payload[0].u64 % ENTRAIN__WORK_CALLS_MAX];
    switch (message->kind) {
    case ENTRAIN__WORK_WINDOW:
        own->window_open = false;
        own->flushing = true; // the window was opened by what has been pending since
        break;
    case ENTRAIN__WORK_TIMEOUT: // cancelled where it was answered
        ENTRAIN_ASSERT(its->state == ENTRAIN__BATCH_CALLING && its->call == message->payload[1].u64);
        own->timed_out++;
        rest(at, its);
        tell_breaker(at, ENTRAIN__BREAKER_FAILURE, its->call);
        break;
    case ENTRAIN__WORK_RETRY:
        ENTRAIN_ASSERT(its->state == ENTRAIN__BATCH_RESTING && its->call == message->payload[1].u64);
        its->state = ENTRAIN__BATCH_DUE;
        own->due++;
        break;
    case ENTRAIN__WORK_REST:
        own->open_ticks += at->now - own->open_since;
        entrain__breaker_tell(&own->breaker, ENTRAIN__BREAKER_RESTED, at->config->breaker_limit);
        break;
    default: // somebody's, not for us
        break;
    }
}

static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    entrain_workload *workload = self->context;
    gateway *own = &workload->gateways[self->index];
    const desk at = {.self = self,
                     .config = &workload->config,
                     .own = own,
                     .state = self->columns[0],
                     .service = entrain_population_id(workload->service, self->index),
                     .now = self->tick};
    for (uint32_t m = 0; m < count; m++) {
        note(&at, self->tick);
        note(&at, (uint64_t)messages[m].from << 32 | (uint64_t)messages[m].kind << 16 | messages[m].flags);
        note(&at, messages[m].payload[0].u64);
        note(&at, messages[m].payload[1].u64);
        if (messages[m].kind == ENTRAIN__WORK_REQUESTS)
            take_requests(&at, &messages[m]);
        else if (messages[m].kind == ENTRAIN__WORK_ANSWER && messages[m].from == at.service)
            take_answer(&at, &messages[m]);
        else if (messages[m].from == self->id)
            wake(&at, &messages[m]);
        pump(&at);
    }
    *at.state = (entrain__gateway_state){at.state->history, own->pending_count, own->batched,
                                         own->calls,        own->delivered,     own->shed};
    return ENTRAIN_OK;
}

static void start(const entrain_range *range) {
    entrain_workload *workload = range->context;
    for (uint32_t k = 0; k < range->count; k++)
        entrain__gateway_clear(&workload->gateways[range->indices[k]]);
}

// What it held is shed.
static void stop(entrain_self *self) {
    entrain_workload *workload = self->context;
    gateway *own = &workload->gateways[self->index];
    own->shed += own->pending_count + own->batched;
    if (own->breaker.state == ENTRAIN_BREAKER_OPEN)
        own->open_ticks += self->tick - own->open_since;
    entrain__gateway_clear(own);
}

static size_t measure(const void *context) {
    return entrain__arena_bytes(((const entrain_workload *)context)->arena);
}

static entrain_status take_gateways(entrain_workload *workload) {
    const uint32_t count = workload->gateway_count, calls = workload->config.calls_max;
    workload->gateways = entrain__arena_take(workload->arena, count, sizeof *workload->gateways);
    for (uint32_t g = 0; g < count && workload->gateways != NULL; g++) {
        gateway *own = &workload->gateways[g];
        own->waits = entrain__arena_take(workload->arena, ENTRAIN__WORK_AGE_MAX + 1, sizeof *own->waits);
        own->sizes = entrain__arena_take(workload->arena, ENTRAIN__SIZE_BINS, sizeof *own->sizes);
        own->pending = entrain__arena_take(workload->arena, ENTRAIN__WORK_AGE_MAX + 1, sizeof *own->pending);
        entrain__batch_part *parts =
            entrain__arena_take(workload->arena, (size_t)calls * ENTRAIN__WORK_BATCH_TICKS, sizeof *parts);
        if (own->waits == NULL || own->sizes == NULL || own->pending == NULL || parts == NULL)
            return ENTRAIN_NO_MEMORY;
        for (uint32_t b = 0; b < calls; b++)
            own->batches[b].part = parts + (size_t)b * ENTRAIN__WORK_BATCH_TICKS;
        entrain__gateway_clear(own);
    }
    return workload->gateways != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
}

entrain_status entrain__gateways_add(entrain_workload *workload, entrain_engine *engine,
                                     entrain_error *error_out) {
    static const entrain_column columns[] = {
        {.name = "gateway", .bytes = sizeof(entrain__gateway_state), .fingerprint = true}};
    if (take_gateways(workload) != ENTRAIN_OK)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for %" PRIu32 " gateways.",
                                 workload->gateway_count);
    const uint32_t calls = workload->config.calls_max;
    const uint64_t share = (workload->room - 1) / workload->gateway_count + 1;
    uint64_t inbox = workload->config.gateway_inbox;
    if (inbox == 0) // of every agent a full queue, answers, and what it tells itself needs no room
        inbox = share * entrain__work_sends_max((const entrain_workload *)workload) + 4096;
    const entrain_behavior behavior = {
        .name = "gateway",
        .columns = columns,
        .column_count = 1,
        // Each of a call's messages lets one batch go at most, and opens a window, or a breaker, or has one
        // rest; beside them all that could go before may: two messages a batch.
        .sends_max = 2 * (calls + ENTRAIN_BATCH_MAX) + 3 * ENTRAIN_BATCH_MAX,
        .tick_sends_max = 2 * (calls + ENTRAIN_BATCH_MAX) + 3 * ENTRAIN_BATCH_MAX + 2 * calls,
        .inbox = (uint32_t)(inbox < ENTRAIN_ID_INDEX_MAX ? inbox : ENTRAIN_ID_INDEX_MAX),
        .timers_max = 2 * calls + 8,
        .start = start,
        .receive = receive,
        .stop = stop,
        .measure = measure,
        .archive = entrain__gateways_archive,
    };
    return entrain_engine_add(engine, &behavior, workload, workload->gateway_count,
                              &workload->gateway_population, error_out);
}
