/// @file patterns.h  Ways of talking that come back: request and reply with a timeout, fan-out and fan-in,
/// pipelines.
///
/// Small structs for an actor's column and functions for its receive(). Nothing here allocates, blocks or
/// remembers more than the struct; an all-zero struct, as a column begins, is one at rest. From receive()
/// only, by its thread, with its self.
///
/// All of them keep payload[1] for themselves: it carries a token, so that an answer is never taken for that
/// of another question. Whoever answers hands it back: entrain_reply().
#ifndef ENTRAIN_PATTERNS_H
#define ENTRAIN_PATTERNS_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/actor.h"

ENTRAIN_BEGIN_DECLS

/// Answers @p request with @p kind and @p first: to its sender, with its token and flags. One send.
ENTRAIN_API entrain_status entrain_reply(entrain_self *self, const entrain_message *request, uint16_t kind,
                                         entrain_payload first);

/// A question, and whether its answer is awaited. One question at a time; 32 bytes.
typedef struct entrain_request {
    uint64_t token;      ///< of the last question; counts from 1
    entrain_timer timer; ///< runs while an answer is awaited; else 0
    entrain_id to;
    uint16_t reply_kind, timeout_kind;
    uint64_t late; ///< answers that came after their time, so far
} entrain_request;

typedef enum entrain_answer {
    ENTRAIN_ANSWER_NONE = 0,    ///< the message is about something else
    ENTRAIN_ANSWER_REPLY = 1,   ///< the answer: payload[0] of the message
    ENTRAIN_ANSWER_TIMEOUT = 2, ///< the time is over, and no answer has come
    ENTRAIN_ANSWER_LATE = 3,    ///< of a question that is given up, or answered: to be ignored
} entrain_answer;

/// Asks @p to: sends a message of @p kind with @p first and a token, and sets a timer of @p timeout_s
/// simulated seconds, which comes back as a message of @p timeout_kind. The answer is to be of @p reply_kind.
/// A question still open is given up: its answer will be late. Takes 2 sends (of sends_max) and 1 timer (of
/// timers_max).
/// @return ENTRAIN_OK; else what entrain_send_after() or entrain_send() said, and nothing is awaited.
ENTRAIN_API entrain_status entrain_request_send(entrain_self *self, entrain_request *request, entrain_id to,
                                                uint16_t kind, entrain_payload first, uint16_t reply_kind,
                                                double timeout_s, uint16_t timeout_kind);
/// What @p message means to @p request. Call it for every message of the two kinds; after REPLY and TIMEOUT
/// it is at rest.
ENTRAIN_API entrain_answer entrain_request_match(entrain_self *self, entrain_request *request,
                                                 const entrain_message *message);
/// Whether an answer is awaited.
ENTRAIN_API bool entrain_request_open(const entrain_request *request);
/// Gives the question up: its timer is cancelled, its answer will be late.
ENTRAIN_API void entrain_request_give_up(entrain_self *self, entrain_request *request);

/// Fan-out and fan-in: work handed to many, their answers counted and added. 32 bytes.
typedef struct entrain_gather {
    uint64_t token;
    uint32_t wanted, got; ///< answers; complete when equal
    int64_t sum; ///< of payload[0].i64, wrapping: whole numbers, so the same in whatever order they come
    uint16_t reply_kind;
    uint16_t unused[3];
} entrain_gather;

typedef enum entrain_gathered {
    ENTRAIN_GATHERED_NOT = 0,      ///< the message is about something else, or of an earlier round
    ENTRAIN_GATHERED_ONE = 1,      ///< an answer; more are awaited
    ENTRAIN_GATHERED_COMPLETE = 2, ///< the last one: `sum` and `got` are whole
} entrain_gathered;

/// Sends @p kind with @p first to each of @p ids[@p count] (count >= 1, sends_max permitting), and awaits as
/// many answers of
/// @p reply_kind. A round not complete is given up: its answers no longer count.
/// @return ENTRAIN_OK; ENTRAIN_INVALID for a count of 0; or what entrain_send() said, and then only those
/// before it are awaited.
ENTRAIN_API entrain_status entrain_gather_send(entrain_self *self, entrain_gather *gather,
                                               const entrain_id *ids, uint32_t count, uint16_t kind,
                                               entrain_payload first, uint16_t reply_kind);
/// Counts @p message in, if it is an answer of this round.
ENTRAIN_API entrain_gathered entrain_gather_take(entrain_gather *gather, const entrain_message *message);

/// One stage of a pipeline: what comes in goes on, changed, to the next. 16 bytes. Under overflow policy
/// block the pipeline is as fast as its slowest stage, and nothing is lost.
typedef struct entrain_stage {
    entrain_id next; ///< ENTRAIN_ID_NONE: this is the last stage
    uint32_t unused;
    uint64_t passed; ///< messages so far
} entrain_stage;

/// Sends @p message on to stage->next: same kind, flags and token, with @p first for its payload. One send.
/// At the last stage it only counts.
ENTRAIN_API entrain_status entrain_stage_pass(entrain_self *self, entrain_stage *stage,
                                              const entrain_message *message, entrain_payload first);

ENTRAIN_END_DECLS

#endif
