/// @file letter.h  A general message on its way: what is sent, and to whom.
#ifndef ENTRAIN_ENGINE_LETTER_H
#define ENTRAIN_ENGINE_LETTER_H

#include "entrain/message.h"

typedef struct entrain__letter {
    entrain_message message;
    entrain_id to;
    uint32_t
        undelivered : 1; // in a lane: set by the receiver's task, seen by the next route; elsewhere, under
                         // block: the route's own, that it found no room this time
    uint32_t trace : 31; // mark of its record (trace.h); 0: none
} entrain__letter;
_Static_assert(sizeof(entrain__letter) == 32, "two letters a cache line");

#endif
