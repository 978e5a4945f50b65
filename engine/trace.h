/// @file trace.h  What was sent by whom while handling what: a bounded side log for each worker.
///
/// Off by default; then nothing of this exists, and a send tests one pointer. A record is written when a
/// message is sent and names the record of the message at hand, so that a chain of records leads back from
/// a failure to what began it. Letters and mailbox slots carry the number of their record; a number says
/// which log and which of all records ever written there, so that one that is overwritten is known to be
/// gone and never taken for another.
///
/// A log is written by one worker and may be read by any at any time: a record's number is taken away
/// before the rest changes, and read before and after.
#ifndef ENTRAIN_TRACE_H
#define ENTRAIN_TRACE_H

#include <stdint.h>

#include "engine/base/atomics.h"
#include "entrain/message.h"
#include "entrain/supervision.h"

enum { ENTRAIN__TRACE_MAX = 1 << 20, ENTRAIN__TRACE_MARK_BITS = 22, ENTRAIN__CHAIN_MAX = 256 };
/// There was a record once.
#define ENTRAIN__TRACE_LOST UINT64_MAX

typedef struct entrain__trace_record {
    uint64_t number; // 0 while it is written
    uint64_t ends;   // from, to << 32
    uint64_t what;   // kind, flags << 16
    uint64_t tick, time_bits, parent;
} entrain__trace_record;

typedef struct entrain__trace_log {
    _Alignas(ENTRAIN_CACHE_LINE) entrain__trace_record *records; // [capacity]
    uint64_t count;                                              // written so far; atomic
    uint64_t at_hand;             // number of the message whose handling goes on; 0: none
    const entrain_message *batch; // of the call that goes on
    const uint64_t *numbers;      // [batch_count]
    uint32_t batch_count, capacity, index;
} entrain__trace_log;

/// Logs of all workers, and last the outside's; NULL without a trace. config.trace > 0.
entrain_status entrain__trace_build(entrain_engine *engine);
/// The log of @p worker, UINT32_MAX for the world outside; NULL without a trace.
entrain__trace_log *entrain__trace_log_of(entrain_engine *engine, uint32_t worker);
/// Writes a record. @return its number, never 0. The log's own worker.
uint64_t entrain__trace_sent(entrain__trace_log *log, entrain_id from, entrain_id to, uint16_t kind,
                             uint16_t flags, uint64_t tick, double time_s);
/// A call begins in which @p count messages, whose records are @p numbers, are handled: the last of them is
/// at hand until entrain_handling() says otherwise. Both arrays until the call is over. The log's own worker.
void entrain__trace_handling(entrain__trace_log *log, const entrain_message *messages,
                             const uint64_t *numbers, uint32_t count);

/// A number in 31 bits, for letters; and back, where the record still holds what @p message says. An actor
/// sends less than 2^22 messages between the two.
uint32_t entrain__trace_mark(uint64_t number);
uint64_t entrain__trace_number(const entrain_engine *engine, uint32_t mark, const entrain_message *message,
                               entrain_id to);
/// Follows @p number back. @return how many steps, newest first, at most ENTRAIN__CHAIN_MAX; *cut_out:
/// there are older ones.
uint32_t entrain__trace_chain(const entrain_engine *engine, uint64_t number, entrain_trace_step *steps_out,
                              bool *cut_out);

#endif
