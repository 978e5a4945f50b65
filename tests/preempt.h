/// @file preempt.h  What the marked points of engine/base/preempt.h do in tests that make preemptions happen.
///
/// To be included by exactly one file of a program that is linked with objects built with ENTRAIN_PREEMPT.
#ifndef ENTRAIN_TESTS_PREEMPT_H
#define ENTRAIN_TESTS_PREEMPT_H

#include "engine/base/atomics.h"
#include "engine/base/preempt.h"
#include "engine/base/wait.h"
#include "scheduler/mix.h"

/// One point in so many, on average, gives up the processor; 0: none. Set while no other thread runs.
static uint32_t preempt_one_in;
static uint64_t preempt_seed = 1;

#ifdef ENTRAIN_PREEMPT
void entrain__preempt(void) {
    static uint32_t threads;             // atomic
    static _Thread_local uint64_t draws; // 0: this thread has not been here yet
    if (preempt_one_in == 0)
        return;
    if (draws == 0)
        draws = preempt_seed * UINT64_C(0x9e3779b97f4a7c15) + entrain__add_acq_rel_u32(&threads, 1) + 1;
    if (entrain__mix_below(&draws, preempt_one_in) != 0)
        return;
    // Once in a while for several rounds of everybody else's, so that what is a window of a few
    // instructions stays open long.
    for (uint32_t n = entrain__mix_below(&draws, 8) == 0 ? 10 : 1; n > 0; n--)
        entrain__wait_step(ENTRAIN__WAIT_YIELD);
}
#endif

#endif
