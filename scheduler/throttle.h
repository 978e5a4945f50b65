/// @file throttle.h  How many workers pay: fewer, where they are in each other's way.
///
/// Tasks of a fraction of a microsecond that talk to each other at random run slower on two cores than on
/// one: each message moves cache lines from core to core, which costs more than the work (many-to-many
/// messaging among 1,000 actors: 35 ns a message with one worker, 62 with two, each of them busy). So
/// while there is plenty of work, throughput is compared with half as many workers, and with twice as
/// many, and the better is kept: fewer workers when they do at least DOWN of the work, more when they do
/// at least UP of it. What is tried for two epochs (one to settle, one to measure) is tried again more and
/// more rarely while nothing changes. It decides speed and power, never results.
///
/// One thread at a time. Time and progress in any units that only grow.
#ifndef ENTRAIN_SCHEDULER_THROTTLE_H
#define ENTRAIN_SCHEDULER_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum entrain__throttle_stage {
    ENTRAIN__THROTTLE_STEADY,
    ENTRAIN__THROTTLE_DOWN,
    ENTRAIN__THROTTLE_UP,
} entrain__throttle_stage;

typedef struct entrain__throttle {
    uint32_t worker_count, allowed, before; // how many may work; and did before this trial
    entrain__throttle_stage stage;
    bool settling;         // the first epoch after a change is not measured
    uint32_t hold, waited; // epochs between trials, and since the last
    double rate;           // measured while steady
    uint64_t began, progress;
} entrain__throttle;

/// All workers may work; the first epoch begins.
void entrain__throttle_begin(entrain__throttle *throttle, uint32_t worker_count, uint64_t now,
                             uint64_t progress);
/// An epoch is over. @return how many may work in the next.
uint32_t entrain__throttle_epoch(entrain__throttle *throttle, uint64_t now, uint64_t progress);

#endif
