/// @file workload.h  What agents produce, and where it goes: requests, queues, gateways, an external service.
///
///   agent: pattern --> queue --(when its phase comes round: a message)--> gateway: pending --window--> call
///                                                                            ^                           |
///                                                                            +---- answer <-- service <--+
///
/// Requests come by an agent's pattern, whatever its phase: with one seed the same requests are made under
/// any coupling, so that a run can be held against its control. Nothing is lost: at every tick boundary
///
///   generated == delivered + queued + shed
///
/// with queued all that is in agents' queues, in messages, at gateways and in calls that are not answered.
///
/// An agent whose phase comes round, or whose queue is full, hands over what it holds, once in a tick, in up
/// to queue / 16 messages (rounded up) of up to 64 requests: 8 wherever they lie in time, 15 where each is
/// within 255 ticks of the one before. What is older than 65,535 ticks counts as so old, in waits too.
///
/// A gateway's window opens with what arrives while none is open; when it is over, all that is pending
/// becomes calls, the oldest first. What finds no call free goes, with all that has come since, when one is.
/// The requests of a call that failed, was limited, or was not answered stay together, and are tried again
/// after 0.1 s, doubling up to 3.2 s, before any new call, the oldest first; until then they count among
/// calls_max. A call holds requests of 4,096 different ticks at most.
///
/// The service has a desk for each gateway, which decides by (gateway, number of the call): one above the
/// rate (a bucket of as many calls as a second brings, 1 at least) is limited, else `silence` never gets an
/// answer, and `failure` of the others fail. Answers, good or bad, take the latency, and a tick for the call.
/// Limited calls neither count as failures for the breaker nor end a row of them. An answer needs room in the
/// gateway's inbox like any message; without room it never comes. Up to 64 answers for each of calls_max may
/// be under way; beyond, none comes.
#ifndef ENTRAIN_WORKLOAD_H
#define ENTRAIN_WORKLOAD_H

#include "entrain/engine.h"

ENTRAIN_BEGIN_DECLS

typedef enum entrain_pattern {
    ENTRAIN_PATTERN_HIGH_FREQUENCY = 0, ///< every 50 to 99 ms, 2 to 4 requests
    ENTRAIN_PATTERN_BURST,  ///< starts with a chance of 20 % per 100 ms, lasts 0.5 to 2 s, 3 to 7 per 100 ms
    ENTRAIN_PATTERN_STEADY, ///< 1 per 500 ms
    ENTRAIN_PATTERN_MIXED,  ///< every 200 to 1,000 ms with a chance of 0.7; 70 % one, 30 % two or three
    ENTRAIN_PATTERN_SPARSE, ///< every 2 to 4 s with a chance of 0.3: one
    ENTRAIN_PATTERN_COUNT
} entrain_pattern;

/// "high-frequency", ...; NULL past the end.
ENTRAIN_API const char *entrain_pattern_name(entrain_pattern pattern);
ENTRAIN_API const char *entrain_pattern_summary(entrain_pattern pattern);
/// Requests per agent and simulated second, on average.
ENTRAIN_API double entrain_pattern_rate(entrain_pattern pattern);

/// A gateway's circuit breaker.
typedef enum entrain_breaker {
    ENTRAIN_BREAKER_CLOSED = 0, ///< calls go out
    ENTRAIN_BREAKER_OPEN,       ///< none does, for breaker_open_s
    ENTRAIN_BREAKER_HALF_OPEN,  ///< one does, and decides
    ENTRAIN_BREAKER_COUNT
} entrain_breaker;
ENTRAIN_API const char *entrain_breaker_name(entrain_breaker breaker);

typedef struct entrain_workload_config {
    entrain_pattern pattern; ///< default mixed
    /// Factor of everybody's rate (a spike: above 1), 0 to 100; default 1. The same requests, sooner.
    double load;
    uint32_t queue; ///< requests an agent holds, 1 to 64; what comes beyond is shed; default 64
    /// 0 (the default): one for each 100,000 agents; at most 4096. Agents are shared among them by index.
    uint32_t gateways;
    /// Messages a gateway takes in a tick, up to 2^24 - 1; 0 (the default): all there can be.
    uint32_t gateway_inbox;
    double window_s;    ///< a gateway collects for so long from the first arrival on; default 0.1
    uint32_t batch_max; ///< requests in a call at most; 0 (the default): no bound
    /// Requests a gateway holds, those in calls included; beyond, the newest are shed. 0 (the default): any.
    uint64_t pending_max;
    uint32_t calls_max; ///< calls of a gateway under way at a time, 1 to 64; default 16
    // The service.
    double latency_s;        ///< uniform from latency - spread to + spread; default 0.05
    double latency_spread_s; ///< default 0.02
    double rate;             ///< calls per second that it takes from a gateway; 0 (the default): any
    double failure;          ///< share of calls that fail, 0 to 1; default 0.01
    double silence;          ///< share of calls that are never answered, 0 to 1; default 0
    double timeout_s;        ///< of every call, > 0; default 1
    uint32_t breaker_limit;  ///< failures and timeouts in a row that open the breaker, 1 or more; default 5
    double breaker_open_s;   ///< default 5
    double call_cost;        ///< default 1
    double request_cost;     ///< default 0.01
} entrain_workload_config;

ENTRAIN_API entrain_workload_config entrain_workload_config_defaults(void);

/// One swarm's workload: agents', gateways' and service's. Owned by the agents' population once
/// entrain_agents_add() has it; destroy one that was not handed over.
typedef struct entrain_workload entrain_workload;

/// Refuses what is out of range, with a sentence.
ENTRAIN_API entrain_status entrain_workload_create(const entrain_workload_config *config, uint64_t seed,
                                                   entrain_workload **workload_out, entrain_error *error_out);
ENTRAIN_API void entrain_workload_destroy(entrain_workload *workload);
/// Adds gateways and the service to @p engine, after the agents (@p agents: their population; places: its
/// room). It takes entrain_engine_on_dead_letter() for itself. Once; ENTRAIN_UNSUPPORTED unless in lockstep.
ENTRAIN_API entrain_status entrain_workload_connect(entrain_workload *workload, entrain_engine *engine,
                                                    entrain_population *agents, entrain_error *error_out);
ENTRAIN_API const entrain_workload_config *entrain_workload_look(const entrain_workload *workload);
/// At a tick boundary: pattern, load, window_s, batch_max, latency, rate, failure, silence, timeout_s,
/// breaker_*; from the next tick on, for what is not under way yet. A new pattern's first event comes within
/// one of its gaps. ENTRAIN_INVALID with a sentence, and nothing has changed.
ENTRAIN_API entrain_status entrain_workload_change(entrain_workload *workload,
                                                   const entrain_workload_config *config,
                                                   entrain_error *error_out);

/// So far. Waits are from the tick of generation to the tick in which the answer is handled, simulated
/// seconds.
typedef struct entrain_workload_totals {
    uint64_t generated, delivered, queued, shed; ///< requests
    /// Of shed: came faster than a full queue is handed over, or its agent ended.
    uint64_t shed_queue;
    uint64_t shed_mailbox;                                    ///< its message found no room, or nobody
    uint64_t shed_gateway;                                    ///< beyond pending_max, or its gateway ended
    uint64_t queued_agents, queued_messages, queued_gateways; ///< of queued
    uint64_t calls;                                           ///< made, whatever came of them
    uint64_t calls_failed, calls_timed_out, calls_limited, calls_late; ///< late: answered after their timeout
    uint64_t calls_succeeded;
    double cost;                             ///< calls x call_cost + delivered x request_cost
    double batch_mean, batch_p95, batch_max; ///< requests a call (p95: above 255 known to 1.6 %); NaN: none
    double wait_mean_s, wait_p50_s, wait_p95_s, wait_p99_s, wait_max_s; ///< of the delivered; NaN: none
    uint64_t breaker_opened;
    entrain_breaker breaker;   ///< the worst of the gateways' now: open, then half-open
    double breaker_open_share; ///< of gateways and time
} entrain_workload_totals;
/// At a tick boundary; the same for any number of workers. Under overflow policy block queued_messages is
/// what the other figures leave over, else it is counted by itself. ENTRAIN_ORDER before start;
/// ENTRAIN_NO_MEMORY.
ENTRAIN_API entrain_status entrain_workload_measure(entrain_workload *workload,
                                                    entrain_workload_totals *totals_out);
/// ENTRAIN_MISMATCH with a sentence where a request is unaccounted for.
ENTRAIN_API entrain_status entrain_workload_check(const entrain_workload_totals *totals,
                                                  entrain_error *error_out);

ENTRAIN_END_DECLS

#endif
