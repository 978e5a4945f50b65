/// @file work.h  What the files of the workload share: workload.c (configuration, sums), work_agents.c
/// (patterns, queues), work_pack.c (messages), gateway.c, breaker.c, service.c.
///
/// Who writes what: an agent's column its own step; a gateway's state its own receive(); what is left of
/// those who ended, and the configuration, the one thread that stands at a tick boundary; what was lost on
/// the way, whoever tells of it, one at a time.
#ifndef ENTRAIN_ACTORS_WORK_H
#define ENTRAIN_ACTORS_WORK_H

#include "actors/agent_work.h"
#include "engine/base/memory.h"
#include "entrain/random.h"

__extension__ typedef unsigned __int128 entrain__uint128;

#define ENTRAIN__WORK_QUEUE_MAX 64
#define ENTRAIN__WORK_CALLS_MAX 64
#define ENTRAIN__WORK_GATEWAYS_MAX 4096
/// Ages are known up to here, in ticks; what is older counts as so old. One less than a power of two.
#define ENTRAIN__WORK_AGE_MAX 65535
/// A call holds requests of so many different ticks at most.
#define ENTRAIN__WORK_BATCH_TICKS 4096

enum {
    ENTRAIN__WORK_REQUESTS = ENTRAIN_KIND_USER + 32, ///< agent to gateway, packed
    ENTRAIN__WORK_WINDOW,                            ///< gateway to itself: what it has collected goes out
    ENTRAIN__WORK_TIMEOUT,                           ///< gateway to itself: batch and number of a call
    ENTRAIN__WORK_RETRY, ///< gateway to itself: batch and number of the call that came to nothing
    ENTRAIN__WORK_REST, ///< gateway to itself: the breaker has been open for long enough; how often it opened
    ENTRAIN__WORK_CALL, ///< gateway to service: batch and number
    ENTRAIN__WORK_ANSWER, ///< service to gateway: the same; flags: an outcome
};

typedef enum entrain__outcome {
    ENTRAIN__WORK_OK,
    ENTRAIN__WORK_FAILED,
    ENTRAIN__WORK_LIMITED
} entrain__outcome;

// --- Agents

/// The head of an agent's column; `queue` places of uint32_t follow: the low halves of the ticks of
/// generation. Times are by the clock of requests (entrain__work_clock_at()).
typedef struct entrain__work_head {
    double next; ///< the next event of its pattern
    float busy;  ///< not cut
    uint8_t held;
    uint8_t reserved[3];
    double burst_end;
    uint32_t events, born;               ///< so far, since the tick born: they count its draws
    uint64_t generated, handed, shed;    ///< requests so far; shed: for want of room in its queue
    uint32_t handed_tick, handed_lately; ///< what it handed over in that tick is a message in the next
} entrain__work_head;
_Static_assert(sizeof(entrain__work_head) == 64,
               "one cache line: the step of who has nothing to do sees no other");

static inline uint32_t *entrain__work_queue(entrain__work_head *work) {
    return (uint32_t *)(void *)(work + 1);
}

/// Packs the oldest of @p ticks [count], 1 to 64, ascending, of a queue at tick @p now into one message.
/// @return how many, at least 1: 8 wherever they lie, and 15 where each is within 255 ticks of the one
/// before.
uint32_t entrain__work_pack(const uint32_t *ticks, uint32_t count, uint32_t now, uint16_t *flags_out,
                            entrain_payload payload_out[2]);
uint32_t entrain__work_packed(uint16_t flags); ///< how many there are in a message
/// Writes their ticks, ascending, for a reader at tick @p now, at most 2^21 - 1 ticks after the first.
/// @return how many.
uint32_t entrain__work_unpack(const entrain_message *message, uint64_t now,
                              uint64_t ticks_out[ENTRAIN__WORK_QUEUE_MAX]);

// --- Breaker

typedef enum entrain__breaker_event {
    ENTRAIN__BREAKER_SUCCESS, ///< a call was answered well; half-open: the one that decides
    ENTRAIN__BREAKER_FAILURE, ///< or not at all, or badly
    ENTRAIN__BREAKER_LIMITED, ///< or was one too many: the service lives
    ENTRAIN__BREAKER_RESTED,  ///< it has been open for breaker_open_s
    ENTRAIN__BREAKER_EVENTS
} entrain__breaker_event;

typedef struct entrain__breaker {
    entrain_breaker state;
    uint32_t failures; ///< in a row, while closed
} entrain__breaker;

/// What @p event does, with failures in a row up to @p limit. @return whether it opens now.
bool entrain__breaker_tell(entrain__breaker *breaker, entrain__breaker_event event, uint32_t limit);

// --- Gateways

/// A batch's way: free -> calling -> (answered: free) | (failed: resting -> due -> calling again).
typedef enum entrain__batch_state {
    ENTRAIN__BATCH_FREE,
    ENTRAIN__BATCH_CALLING,
    ENTRAIN__BATCH_RESTING,
    ENTRAIN__BATCH_DUE
} entrain__batch_state;

typedef struct entrain__batch_part {
    uint32_t tick, count; ///< requests of one tick, its low half
} entrain__batch_part;

typedef struct entrain__batch {
    entrain__batch_state state;
    uint32_t parts, tries;
    uint64_t number, call, count; ///< in the order made; of its latest call; requests
    uint64_t timer;               ///< its timeout
    entrain__batch_part *part;    ///< [ENTRAIN__WORK_BATCH_TICKS]
} entrain__batch;

/// A histogram of sizes: exact below 256, then 64 bins to an octave.
#define ENTRAIN__SIZE_BINS (256 + 64 * 40)
uint32_t entrain__size_bin(uint64_t size);
uint64_t entrain__size_of_bin(uint32_t bin); ///< the largest of it

typedef struct entrain__gateway {
    // Since the engine started, over all who served here.
    uint64_t arrived, delivered, shed;
    uint64_t calls, succeeded, failed, timed_out, limited, late, opened;
    uint64_t open_ticks;
    uint64_t batch_sum, batch_max, wait_max; ///< batch_sum: over calls
    entrain__uint128 wait_sum;               ///< ticks
    uint64_t *waits; ///< [ENTRAIN__WORK_AGE_MAX + 1] delivered requests by ticks waited; the last: at least
    uint64_t *sizes; ///< [ENTRAIN__SIZE_BINS] calls by requests
    // Who serves now.
    uint64_t *pending;               ///< [ENTRAIN__WORK_AGE_MAX + 1] requests by tick, modulo the length
    uint64_t pending_count, batched; ///< held: the sum
    uint64_t oldest;                 ///< nothing pending is older than this tick
    uint64_t newest;                 ///< nor younger than this
    uint64_t batches_made, open_since;
    uint64_t trial; ///< half-open: the call that decides, 0: none is under way
    entrain__breaker breaker;
    bool window_open, flushing; ///< collecting; what is there goes out as calls may
    uint32_t due;               ///< batches that are
    entrain__batch batches[ENTRAIN__WORK_CALLS_MAX];
} entrain__gateway;

/// A gateway's only column: what says whether two runs did the same. What it holds follows from what came and
/// what it did, in order, which is folded into `history`.
typedef struct entrain__gateway_state {
    uint64_t history, pending, batched, calls, delivered, shed;
} entrain__gateway_state;

/// Before and at the end of a life.
void entrain__gateway_clear(entrain__gateway *own);
/// behavior.archive of the gateways' population; @p context: the workload.
void entrain__gateways_archive(void *context, entrain_archive *archive);
entrain_status entrain__gateways_add(entrain_workload *workload, entrain_engine *engine,
                                     entrain_error *error_out);
entrain_status entrain__service_add(entrain_workload *workload, entrain_engine *engine,
                                    entrain_error *error_out);

/// The service's side of one gateway.
typedef struct entrain__desk {
    uint64_t calls, limited, failed, silent,
        crowded;   ///< crowded: never answered, too many answers were under way
    uint64_t tick; ///< of the latest call
    double spent;  ///< tokens of the bucket that are not there
} entrain__desk;

// --- All of it

/// Sums over living agents, one for each task.
typedef struct entrain__work_partial {
    uint64_t generated, handed, shed, held, flying;
} entrain__work_partial;

struct entrain_workload {
    entrain_workload_config config;
    uint64_t seed;
    entrain_random key, service_key;
    entrain__arena *arena;
    entrain_engine *engine; // from connect on
    entrain_population *agents, *gateway_population, *service;
    uint32_t gateway_count, room;
    double step_s;
    float fade, per_request; // of busy: per tick; a request
    double per_tick;         // the clock of requests: of a tick
    double clock;            // at clock_tick
    uint64_t clock_tick;
    entrain__gateway *gateways;
    entrain__work_partial *partials;
    uint32_t task_count;
    bool blocks; // messages may wait for room: overflow policy block
    // Of agents that ended: requests.
    uint64_t ended_generated, ended_handed, ended_shed;
    uint64_t ended_tick, ended_flying; // handed over in the tick before that one
    uint64_t lost;                     // requests in messages that nobody got
};

/// Requests have a clock of their own, which runs `load` times as fast.
static inline double entrain__work_clock_at(const entrain_workload *workload, uint64_t tick) {
    return workload->clock + (double)(tick - workload->clock_tick) * workload->per_tick;
}
static inline uint32_t entrain__work_gateway_of(const entrain_workload *workload, uint32_t index) {
    return (uint32_t)((uint64_t)index * workload->gateway_count / workload->room);
}
/// Pattern and load are new: who waits for an event of the old pattern gets one of the new.
entrain_status entrain__work_repattern(entrain_workload *workload);
/// Refuses what is out of range.
entrain_status entrain__work_check(const entrain_workload_config *config, entrain_error *error_out);
/// What the configuration comes to for agents, from tick @p tick on.
void entrain__work_tune(entrain_workload *workload, uint64_t tick);
/// Adds up the agents' side.
entrain_status entrain__work_sum(entrain_workload *workload, entrain__work_partial *sum_out);

#endif
