// The one shared wait, on libck's 32-bit event count.
//
// The word holds 31 bits of value and one flag, "somebody sleeps here". Advancing is one locked increment;
// only when the flag was up does it enter the kernel. Waiting spins (the partner runs on another core and is
// about to finish), then yields (the partner has no core: let it have ours), then parks (it will be long:
// cost nothing meanwhile).
//
// How long to spin is learnt per waiter: where threads outnumber cores a spin can only delay the partner, so
// each wait that had to yield halves the next one's spin, and each wait that a spin satisfied doubles it
// again.
//
// The value wraps at 31 bits. A waiter would mistake it only if exactly 2^31 advances fell between its
// reading and its waiting; every user of an event waits for at most the next few.
#include "engine/base/wait.h"

#include <linux/futex.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <ck_ec.h>

#include "engine/base/assert.h"
#include "engine/base/atomics.h"

// ThreadSanitizer sees the load of the value and the locked add, which are inline and so the shim's. It does
// not see libck's compiled slow path, and need not: that orders nothing, since every wait ends with the load.
// No annotation here: __tsan_acquire() beside the load would also acquire what an advance is about to publish
// and the load did not see yet, and hide who reads without waiting.

enum {
    SPINS_MAX = 100, // pauses, some microseconds: about one context switch
    SPINS_MIN = 25,
    YIELDS_MAX = 200, // some 100 us when nobody else wants the core
    NAP_NS = 50000,
};
_Static_assert((int)SPINS_MAX == (int)ENTRAIN__WAIT_YIELD, "wait.h says from which round on a step yields");

_Static_assert(sizeof(entrain__event) == ENTRAIN_CACHE_LINE, "an event is a cache line of its own");
_Static_assert(sizeof(ck_ec32_t) == sizeof(uint32_t), "an event count is its word");

static ck_ec32_t *count_of(entrain__event *event) { return (ck_ec32_t *)(void *)event->word; }

static int clock_now(const struct ck_ec_ops *ops, struct timespec *now_out) {
    (void)ops;
    return clock_gettime(CLOCK_MONOTONIC, now_out);
}

// Sleeps while *address is @p expected. May return early.
//
// libck gives deadlines, in growing slices, because in its single-producer mode the flag that asks to be
// woken can be overwritten. Ours changes by locked instructions alone: no wake is lost, so we sleep until it
// comes.
static void futex_sleep(const struct ck_ec_wait_state *state, const uint32_t *address, uint32_t expected,
                        const struct timespec *deadline) {
    (void)state;
    (void)deadline;
    syscall(SYS_futex, address, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

static void futex_wake_all(const struct ck_ec_ops *ops, const uint32_t *address) {
    (void)ops;
    syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

static const struct ck_ec_ops system_ops = {
    .gettime = clock_now,
    .wait32 = futex_sleep,
    .wake32 = futex_wake_all,
    .busy_loop_iter = 1, // it has spun already
};
static const struct ck_ec_mode many_producers = {.ops = &system_ops, .single_producer = false};

void entrain__event_init(entrain__event *event) { ck_ec32_init(count_of(event), 0); }

uint32_t entrain__event_value(const entrain__event *event) {
    // An acquire load. Pairs with the locked add in entrain__event_advance().
    return ck_ec32_value((const ck_ec32_t *)(const void *)event->word);
}

void entrain__event_advance(entrain__event *event) {
    // The locked add releases. Pairs with the acquire load in entrain__event_value().
    ck_ec32_add(count_of(event), &many_producers, 1);
}

void entrain__wait_step(uint32_t round) {
    if (round < ENTRAIN__WAIT_YIELD) {
        entrain__stall();
    } else if (round < ENTRAIN__WAIT_NAP) {
        sched_yield();
    } else {
        const struct timespec nap = {.tv_nsec = NAP_NS};
        nanosleep(&nap, NULL); // cut short by a signal: the caller looks again
    }
}

// True once the value differs, within @p spins pauses.
static bool spin(const entrain__event *event, uint32_t seen, uint32_t spins, uint64_t *spins_out) {
    for (uint32_t i = 0; i < spins; i++) {
        if (entrain__event_value(event) != seen)
            return true;
        entrain__stall();
        ++*spins_out;
    }
    return false;
}

// True once the value differs, within YIELDS_MAX yields.
static bool yield(const entrain__event *event, uint32_t seen, uint64_t *yields_out) {
    for (uint32_t i = 0; i < YIELDS_MAX; i++) {
        if (entrain__event_value(event) != seen)
            return true;
        sched_yield();
        ++*yields_out;
    }
    return false;
}

void entrain__event_wait(entrain__event *event, uint32_t seen, entrain__wait_count *count) {
    ENTRAIN_ASSERT(seen <= INT32_MAX);
    if (entrain__event_value(event) != seen)
        return; // at once: nothing to learn from
    entrain__wait_count unwanted = {0};
    if (count == NULL)
        count = &unwanted;
    uint32_t spins = SPINS_MAX >> count->spin_halvings;
    if (spin(event, seen, spins, &count->spins)) {
        if (count->spin_halvings > 0)
            count->spin_halvings--;
        return;
    }
    if (spins / 2 >= SPINS_MIN)
        count->spin_halvings++;
    if (yield(event, seen, &count->yields))
        return;
    while (entrain__event_value(event) == seen) {
        count->parks++;
        ck_ec32_wait(count_of(event), &many_producers, seen, NULL);
    }
}
