/// @file mailbox.h  Bounded mailboxes: many senders or one, one owner, nothing lost silently.
///
/// A set holds any number of mailboxes in one allocation: ring headers (24 bytes each, packed, with one
/// producer; with many 64, a cache line, so that mailboxes do not slow each other), the number of
/// each one's first slot (8 bytes), the slots (24 bytes each), and counters (128 bytes a mailbox, so that
/// senders and owner do not share a line). A mailbox of capacity c takes 160 bytes (200 with many producers)
/// and 24 for each slot, of which there are c + 1 rounded up to a power of two. A set has one producer mode
/// for its life; mixing them would hang (single-producer sends never advance the ticket that multi-producer
/// sends wait on), so the calls of the other mode are refused by an assertion.
///
/// Calls on one mailbox that may overlap ("-" freely, "X" the caller keeps them apart):
///              send(many)  send(one)  receive  destroy
///   send(many)     -           X         -        X
///   send(one)      X           X         -        X
///   receive        -           -         X        X
#ifndef ENTRAIN_MAILBOX_H
#define ENTRAIN_MAILBOX_H

#include <stddef.h>
#include <stdint.h>

#include "entrain/message.h"
#include "entrain/status.h"

ENTRAIN_BEGIN_DECLS

typedef struct entrain_mailbox_set entrain_mailbox_set;

typedef enum entrain_producers {
    ENTRAIN_PRODUCERS_ONE,  ///< one thread at a time sends into a mailbox (lockstep: the owner of its cohort)
    ENTRAIN_PRODUCERS_MANY, ///< any thread may send
} entrain_producers;

/// What happens to a message for which there is no room. A set of mailboxes knows the first two: a sender
/// cannot take out what is already queued, nor be made to wait without holding up its thread. An engine in
/// lockstep knows all five, because there the owner of the mailbox does the enqueueing; see
/// entrain_engine_config.
typedef enum entrain_overflow {
    ENTRAIN_OVERFLOW_FAIL = 0,        ///< it is undeliverable; the sender is told
    ENTRAIN_OVERFLOW_SHED_NEWEST = 1, ///< it is dropped and counted as shed
    ENTRAIN_OVERFLOW_SHED_OLDEST = 2, ///< the oldest that is queued is shed in its stead
    ENTRAIN_OVERFLOW_CONFLATE = 3,    ///< it takes the place of what its sender has queued, which counts as
                                      ///< conflated; where there is nothing of the kind, it is shed
    ENTRAIN_OVERFLOW_BLOCK = 4, ///< it waits until there is room, and so does its sender; no thread does
    ENTRAIN_OVERFLOW_COUNT
} entrain_overflow;

/// "fail", "shed-newest", "shed-oldest", "conflate", "block"; NULL for a number that is none.
ENTRAIN_API const char *entrain_overflow_name(entrain_overflow overflow);

/// Where every message went. Exactly, once all senders have returned:
/// sent == received + queued + shed + conflated + lost + cancelled + undeliverable.
typedef struct entrain_message_count {
    uint64_t sent, received, queued, shed, conflated, lost, cancelled, undeliverable;
} entrain_message_count;

/// sent - (received + queued + shed + conflated + lost + cancelled + undeliverable): 0, or there is a bug.
ENTRAIN_API int64_t entrain_message_count_residual(const entrain_message_count *count);

typedef struct entrain_mailbox_set_config {
    uint32_t mailbox_count;     ///< 1 to 2^24 - 1; default 1
    const uint32_t *capacities; ///< [mailbox_count], each like capacity; NULL: capacity for all; default NULL
    uint32_t capacity;          ///< messages that must fit, 1 to 2^24 - 1; default 64
    entrain_producers producers; ///< default ENTRAIN_PRODUCERS_MANY
    entrain_overflow overflow;   ///< fail or shed-newest (others are ENTRAIN_UNSUPPORTED); default fail
} entrain_mailbox_set_config;

ENTRAIN_API entrain_mailbox_set_config entrain_mailbox_set_config_defaults(void);

/// Copies and validates @p config; *set_out is the caller's to destroy. A ck_ring of n slots (a power of two)
/// holds n - 1: each mailbox gets the smallest that fits what was asked for; entrain_mailbox_capacity() says
/// what it got.
ENTRAIN_API entrain_status entrain_mailbox_set_create(const entrain_mailbox_set_config *config,
                                                      entrain_mailbox_set **set_out,
                                                      entrain_error *error_out);
/// Queued messages go with the set. NULL is allowed.
ENTRAIN_API void entrain_mailbox_set_destroy(entrain_mailbox_set *set);

ENTRAIN_API uint32_t entrain_mailbox_count(const entrain_mailbox_set *set);
/// Messages that mailbox @p index holds at most.
ENTRAIN_API uint32_t entrain_mailbox_capacity(const entrain_mailbox_set *set, uint32_t index);
/// Messages in mailbox @p index now; exact for its owner, a snapshot for others.
ENTRAIN_API uint32_t entrain_mailbox_queued(const entrain_mailbox_set *set, uint32_t index);
/// Bytes of the whole set, headers, slots and counters.
ENTRAIN_API size_t entrain_mailbox_set_bytes(const entrain_mailbox_set *set);

/// Puts a copy of @p message at the end of mailbox @p index, in the set's producer mode. Never allocates.
/// With many producers it waits for one that was preempted within its own send: not lock-free, and so not
/// from a signal handler, which may have interrupted that very one.
/// @return ENTRAIN_OK: stored; or, under shed-newest, dropped and counted as shed. ENTRAIN_FULL under fail:
/// nothing was stored, it counts as undeliverable, and the caller still owns the message.
ENTRAIN_API entrain_status entrain_mailbox_send(entrain_mailbox_set *set, uint32_t index,
                                                const entrain_message *message);

/// Moves up to @p limit of the oldest messages of mailbox @p index into @p messages_out, in order. Owner
/// only.
/// @return how many; 0 when it is empty.
ENTRAIN_API uint32_t entrain_mailbox_receive(entrain_mailbox_set *set, uint32_t index,
                                             entrain_message *messages_out, uint32_t limit);

/// Adds up the counters of all mailboxes. Exact when no send or receive is under way.
ENTRAIN_API void entrain_mailbox_set_count(const entrain_mailbox_set *set, entrain_message_count *count_out);

ENTRAIN_END_DECLS

#endif
