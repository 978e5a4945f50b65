/// @file behavior.h  What an actor does: a struct of functions over ranges of actors.
///
/// Actors of one behavior form a population whose state is columns (structure of arrays), so that step()
/// vectorises. The column index of an actor is not its id and not its index in the swarm: the engine may lay
/// columns out in any order. Whatever depends on who an actor is (order, draws, fingerprint) uses the ids and
/// indices of the range.
///
/// No function here may read another actor's state, a clock, or a random number that is not keyed by an
/// actor's index; the promise of identical bits rests on that.
#ifndef ENTRAIN_BEHAVIOR_H
#define ENTRAIN_BEHAVIOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrain/archive.h"
#include "entrain/message.h"
#include "entrain/simd.h"
#include "entrain/status.h"

ENTRAIN_BEGIN_DECLS

typedef struct entrain_engine entrain_engine;

#define ENTRAIN_WORDS_MAX 8
#define ENTRAIN_COLUMNS_MAX 16

/// One column of a population's state.
typedef struct entrain_column {
    const char *name;
    uint32_t bytes;   ///< per actor: 1, 2, 4 or any multiple of 8 up to 65536
    bool fingerprint; ///< part of the state that identical runs must agree on; false for scratch
    /// Holds doubles, and an actor whose element holds a NaN or an infinity has failed
    /// (entrain/supervision.h). Looked at after each receive() of the actor and, in populations that step,
    /// after the last exchange of each tick; not after start().
    bool finite;
} entrain_column;

/// A contiguous block of one population's columns, as handed to a behavior. Valid during the call only.
typedef struct entrain_range {
    entrain_engine *engine;
    void *context;           ///< the population's, as given when it was added
    uint32_t first;          ///< column of the first actor within its population
    uint32_t count;          ///< actors in this range, at least 1
    const entrain_id *ids;   ///< [count]
    const uint32_t *indices; ///< [count] each actor's index within its population, 0 .. population count - 1
    void *columns[ENTRAIN_COLUMNS_MAX]; ///< each column's first element of this range, in the order of the
                                        ///< behavior
    uint64_t tick;                      ///< ticks completed before this call
    uint32_t worker;                    ///< who runs this call
    entrain_simd simd;                  ///< resolved: never AUTO
    const int64_t *published; ///< [count][words] what these actors published for this exchange (not in
                              ///< start(), nor in publish()); NULL without words
    const int64_t *sums;   ///< [count][words] exact sums over what reached each actor; in step() (and visits
                           ///< that ask), else NULL; NULL without words
    const uint32_t *heard; ///< [count] arrivals; as sums, but in step() only if wants_heard. Complete: the
                           ///< living, oneself included
    /// What one unit of a sum is worth: 2^-44 x the topology's weight scale (or the field's shift).
    double sum_unit;
} entrain_range;

/// Where a receiving or starting actor stands; handed back to entrain_send().
typedef struct entrain_self {
    entrain_engine *engine;
    void *context;
    entrain_id id;
    uint32_t index; ///< within its population
    uint64_t tick;
    double time_s; ///< simulated seconds: lockstep: tick * step_s; virtual-time: of the messages at hand;
                   ///< event-driven: of the last timer that ran out, 0 before
    void *columns[ENTRAIN_COLUMNS_MAX]; ///< this actor's element of each column
    uint64_t undelivered; ///< messages of this actor that found no room or nobody, as known since its last
                          ///< call; 0 in stop()
    void *reserved;       ///< the engine's
} entrain_self;

typedef struct entrain_behavior {
    const char *name;
    const entrain_column *columns; ///< [column_count], copied
    uint32_t column_count;         ///< 0 to ENTRAIN_COLUMNS_MAX
    uint32_t words; ///< published per actor and exchange, 0 to ENTRAIN_WORDS_MAX; 0: speaks only by messages
    uint32_t exchanges; ///< per tick: 1, 2 or 4; not looked at without step()
    uint32_t
        sends_max; ///< messages one call of receive() may send, 0 to 65536; more is a failure of the actor
    /// Messages without delay that all calls of receive() of one actor in one tick may send together, where
    /// that is known to be fewer than sends_max for each ENTRAIN_BATCH_MAX messages of its inbox: so much
    /// less memory is taken. A call may send no more than is left of it, those with a delay included; more is
    /// a failure. At least sends_max, or 0: not bounded. Lockstep only; elsewhere it is not looked at.
    uint32_t tick_sends_max;
    uint32_t
        step_sends_max; ///< messages an actor may send in one step() with entrain_range_send(), 0 to 65536, 0
                        ///< without step(); lockstep only. Needs no receive(), but who has none is not told
                        ///< of what was undeliverable
    uint32_t inbox; ///< general messages an actor is handed in a tick, at most 2^24 - 1; what comes beyond
                    ///< finds no room, in any transport (config.mailbox_capacity overrides). Needs receive(),
                    ///< and the reverse
    bool wants_heard; ///< fill range->heard
    /// Delayed messages of one actor that may be under way at a time, 0 to 65535; in virtual-time all that it
    /// sends is delayed. About 130 bytes each, of which what is never used is never touched.
    uint32_t timers_max;
    /// Virtual-time only: whoever begins, at the start or again, is handed a message of kind
    /// ENTRAIN_KIND_BEGUN from itself at the present time, before all else: from there it sets its first
    /// timer. It takes one of the timers_max places; where what a predecessor sent still holds them all, it
    /// is not handed over but counts in self->undelivered.
    bool begins;
    uint32_t watches_max; ///< actors that one actor may watch at a time, 0 to 65535; needs receive()

    /// Called once for every actor before tick 0, and again for an actor that is restarted. Columns are
    /// zeroed before. May be NULL.
    void (*start)(const entrain_range *range);
    /// General messages of one actor in canonical order: what came from outside first, then by sender
    /// (populations that publish before the others, each in the order of adding; within one by index), then
    /// in the order sent. Under overflow policy block what had to wait for room comes before all these, in
    /// the order in which it waited; and it is not called while what this actor sent waits. May be NULL.
    ///
    /// Before the mail come notices: own timers that have run out, in the order of (time, registration), and
    /// who ended of those it watches. They need no room and wait for nothing.
    /// @return ENTRAIN_OK, or the status with which this actor fails: see entrain/supervision.h. What it sent
    /// in this call is sent all the same.
    entrain_status (*receive)(entrain_self *self, const entrain_message *messages, uint32_t count);
    /// One exchange of one tick for a range: consume range->sums. @p stage counts 0 .. exchanges-1. Ranges
    /// run at the same time, and under a policy that runs ahead other ranges may be at other exchanges or
    /// ticks: whatever they share, the context too, is only read. May be NULL.
    void (*step)(const entrain_range *range, uint32_t stage);
    /// Writes [count][words] words (each |word| <= 2^44) for the exchange @p stage that comes next. A
    /// function of the columns, the ids and indices, tick and stage alone: it may be called again for the
    /// same exchange, when mail has come for some of the range. Larger words are undefined. Needed when words
    /// > 0.
    void (*publish)(const entrain_range *range, uint32_t stage, int64_t *words_out);
    /// Where arcs have delays: writes what these actors published for the exchange @p stage @p ticks_ago
    /// ticks (1 or more) before tick 0. Called in start, after start(). NULL: what publish() writes at tick
    /// 0.
    void (*publish_past)(const entrain_range *range, uint32_t ticks_ago, uint32_t stage, int64_t *words_out);
    /// Where arcs have delays: nothing was published before tick 0 (heard counts only what was).
    bool past_silent;
    /// The topology was replaced, at a tick boundary: entrain_range_in_degree() answers for the new one.
    /// Called for everybody who lives. May be NULL.
    void (*rewired)(const entrain_range *range);
    /// The actor ends, for whatever reason (what failed too: its state may be anything); not called when the
    /// engine is destroyed. It cannot send. May be NULL.
    void (*stop)(entrain_self *self);
    /// The population's context is no longer needed: the engine is being destroyed, or entrain_engine_add()
    /// refused the population. Called exactly once. May be NULL.
    void (*release)(void *context);
    /// Bytes that the context holds, for entrain_engine_measure(). NULL: none worth counting.
    size_t (*measure)(const void *context);
    /// What the context has come to since start(), written or read (entrain/archive.h), for checkpoints:
    /// between ticks, by one thread. Columns, mail and timers are the engine's business. Reading, the
    /// context is that of a population just started with the same configuration; entrain_archive_refuse()
    /// what cannot be. NULL: the context never changes once it has started.
    void (*archive)(void *context, entrain_archive *archive);
} entrain_behavior;

/// receive() is handed at most this many messages at once; a mailbox that holds more is emptied in several
/// calls.
#define ENTRAIN_BATCH_MAX 100

/// Sends a message from the @p k-th actor of @p range, from within step() only, by that call's thread:
/// handled in the next tick, in the order of (sender, order sent). What its sender sent from receive() in the
/// same tick comes before it, as receive() is called before step(). @p range is the one handed to step(), or
/// a copy of it that is a part of it. Actors may send in any order; in ascending order of k it is cheapest. A
/// budget of sends (entrain/supervision.h) does not count these. Never blocks, never allocates. Else as
/// entrain_send().
/// @return ENTRAIN_OK; ENTRAIN_LIMIT: this actor has sent step_sends_max messages in this exchange already;
/// ENTRAIN_FULL: under overflow policy block it is mute, because what it (or who lived there before) sent
/// waits for room. Then nothing was stored, and the actor goes on.
ENTRAIN_API entrain_status entrain_range_send(const entrain_range *range, uint32_t k, entrain_id to,
                                              uint16_t kind, uint16_t flags, entrain_payload first,
                                              entrain_payload second);

/// Whether a message from the @p k-th actor of @p range to @p to would get through what disturbs
/// observations now (entrain_engine_disturb(), its delay apart): both on one side, and not lost. General
/// messages are not disturbed; a behavior whose messages stand for observations asks before it sends.
/// Drawn keyed by (seed, ENTRAIN_STREAM_MAIL_LOSS), counted by (sender's slot, tick, receiver's slot): the
/// same answer for the same pair in one tick.
ENTRAIN_API bool entrain_range_reaches(const entrain_range *range, uint32_t k, entrain_id to);

/// How many arcs of the topology lead to the @p k-th actor of @p range; the number of vertices on a complete
/// graph. 0 for an actor that is no vertex because it does not publish. Stopping actors changes nothing here.
ENTRAIN_API uint32_t entrain_range_in_degree(const entrain_range *range, uint32_t k);

ENTRAIN_END_DECLS

#endif
