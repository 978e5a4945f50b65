/// @file lock.h  A lock for what is rare and short: calendars, events, watches. Never on the path of a
/// message.
///
/// A word, 0 when free. Who finds it held waits with the shared wait: pauses, then yields, then sleeps, so
/// that a holder without a core gets one. Not recursive, not fair.
#ifndef ENTRAIN_BASE_LOCK_H
#define ENTRAIN_BASE_LOCK_H

#include "engine/base/assert.h"
#include "engine/base/atomics.h"
#include "engine/base/preempt.h"
#include "engine/base/wait.h"

typedef uint32_t entrain__lock;

static inline void entrain__lock_take(entrain__lock *lock) {
    // Pairs with the release in entrain__lock_give().
    for (uint32_t round = 0; !entrain__cas_acq_rel_u32(lock, 0, 1); round++)
        entrain__wait_step(round);
    ENTRAIN__PREEMPT_POINT();
}
static inline void entrain__lock_give(entrain__lock *lock) {
    ENTRAIN_ASSERT(entrain__load_relaxed_u32(lock) == 1); // atomic, because others try for it meanwhile
    // Pairs with the compare and swap in entrain__lock_take().
    entrain__store_release_u32(lock, 0);
}

#endif
