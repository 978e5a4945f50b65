/// @file wait.h  The one shared wait: spin about a hundred times, then yield, then park on a futex (ck_ec).
///
/// Every place in Entrain that waits for another thread waits through here; nothing else sleeps or yields. An
/// event is a counter that only grows. To wait: read its value, look at the condition, and if it does not
/// hold, entrain__event_wait() for the value to change. The one who makes the condition true advances the
/// event afterwards.
#ifndef ENTRAIN_BASE_WAIT_H
#define ENTRAIN_BASE_WAIT_H

#include <stdint.h>

/// An event; opaque, because libck's types stay out of headers that others include. One cache line.
typedef struct entrain__event {
    _Alignas(64) uint32_t word[16];
} entrain__event;

/// What waiting cost so far, added to by entrain__event_wait(), and what it learnt. One owner thread; starts
/// zeroed.
typedef struct entrain__wait_count {
    uint64_t spins, yields, parks;
    uint32_t spin_halvings; ///< the next spin is this many times halved: waits that had to yield shorten it
} entrain__wait_count;

void entrain__event_init(entrain__event *event);
/// The value now (31 bits, wrapping). Acquire: pairs with entrain__event_advance().
uint32_t entrain__event_value(const entrain__event *event);
/// Adds one and wakes whoever parked. Release: what was written before is seen by those who see the new
/// value.
void entrain__event_advance(entrain__event *event);
/// Returns once the value differs from @p seen (one that entrain__event_value() gave). Acquire. @p count may
/// be NULL: then nothing is learnt from one wait to the next.
///
/// The memory must outlive the call of the one who advances, not only the wait: whoever frees it joins that
/// thread first.
void entrain__event_wait(entrain__event *event, uint32_t seen, entrain__wait_count *count);

/// From which round on a step of a wait yields the processor, and from which on it sleeps.
enum { ENTRAIN__WAIT_YIELD = 100, ENTRAIN__WAIT_NAP = 20000 };

/// One step of a wait whose end cannot be announced (a preempted producer that is about to commit): stalls
/// first, then yields the processor, then sleeps 50 us at a time, because a yield never lets a thread of
/// lower real-time priority run: it may be the one that is waited for. Call with round = 0, 1, 2, ...
void entrain__wait_step(uint32_t round);

#endif
