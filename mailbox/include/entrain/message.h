/// @file message.h  What travels between actors: 24 bytes, by value.
#ifndef ENTRAIN_MESSAGE_H
#define ENTRAIN_MESSAGE_H

#include <stdint.h>

#include "entrain/export.h"

ENTRAIN_BEGIN_DECLS

/// An actor's name: 24 bits of index, 8 of generation above them. 0 names nobody. An id is never reused for
/// another actor: a slot whose 255 generations are used up is retired.
typedef uint32_t entrain_id;

#define ENTRAIN_ID_NONE ((entrain_id)0)
#define ENTRAIN_ID_INDEX_BITS 24
#define ENTRAIN_ID_INDEX_MAX ((UINT32_C(1) << ENTRAIN_ID_INDEX_BITS) - 1)

/// Kinds of message below ENTRAIN_KIND_USER are the engine's.
enum {
    ENTRAIN_KIND_NOTHING = 0,     ///< never seen by an actor
    ENTRAIN_KIND_OBSERVATION = 1, ///< payload: two published words
    ENTRAIN_KIND_FIELD = 2,       ///< payload: two words of the exact whole-swarm sum
    ENTRAIN_KIND_ENDED = 3,       ///< notice: an actor that was watched has ended; see entrain_watch()
    ENTRAIN_KIND_BEGUN = 4,       ///< from itself: this actor has begun; where its behavior asks for that
    ENTRAIN_KIND_USER = 16
};

typedef union entrain_payload {
    int64_t i64;
    uint64_t u64;
    double f64;
} entrain_payload;

typedef struct entrain_message {
    entrain_id from;            ///< the sender; ENTRAIN_ID_NONE for the engine or the world outside
    uint16_t kind;              ///< ENTRAIN_KIND_USER and above are the program's
    uint16_t flags;             ///< the program's; for observations the part (0, 1, 2, 3)
    entrain_payload payload[2]; ///< 16 bytes, the meaning is the kind's
} entrain_message;

ENTRAIN_END_DECLS

#endif
