// How many workers pay (throttle.h).
#include "scheduler/throttle.h"

enum { HOLD_MIN = 2, HOLD_MAX = 1024 };
static const double DOWN = 0.95, UP = 1.15;

void entrain__throttle_begin(entrain__throttle *throttle, uint32_t worker_count, uint64_t now,
                             uint64_t progress) {
    *throttle = (entrain__throttle){
        .worker_count = worker_count,
        .allowed = worker_count,
        .settling = true,
        .hold = HOLD_MIN,
        .began = now,
        .progress = progress,
    };
}

static void try_with(entrain__throttle *throttle, entrain__throttle_stage stage, uint32_t allowed) {
    throttle->before = throttle->allowed;
    throttle->allowed = allowed;
    throttle->stage = stage;
    throttle->settling = true;
}

static void be_steady(entrain__throttle *throttle, uint32_t allowed, uint32_t hold) {
    throttle->settling = allowed != throttle->allowed;
    throttle->allowed = allowed;
    throttle->stage = ENTRAIN__THROTTLE_STEADY;
    throttle->hold = hold < HOLD_MAX ? hold : HOLD_MAX;
    throttle->waited = 0;
}

static uint32_t doubled(const entrain__throttle *throttle, uint32_t allowed) {
    return 2 * allowed < throttle->worker_count ? 2 * allowed : throttle->worker_count;
}

static void judge(entrain__throttle *throttle, double rate) {
    switch (throttle->stage) {
    case ENTRAIN__THROTTLE_STEADY:
        throttle->rate = rate;
        if (++throttle->waited < throttle->hold)
            break;
        if (throttle->allowed > 1)
            try_with(throttle, ENTRAIN__THROTTLE_DOWN, throttle->allowed / 2);
        else
            try_with(throttle, ENTRAIN__THROTTLE_UP, doubled(throttle, throttle->allowed));
        break;
    case ENTRAIN__THROTTLE_DOWN:
        if (rate >= DOWN * throttle->rate)
            be_steady(throttle, throttle->allowed, HOLD_MIN);
        else if (throttle->before < throttle->worker_count) {
            throttle->allowed = throttle->before;
            try_with(throttle, ENTRAIN__THROTTLE_UP, doubled(throttle, throttle->allowed));
        } else
            be_steady(throttle, throttle->before, 2 * throttle->hold);
        break;
    case ENTRAIN__THROTTLE_UP:
        if (rate >= UP * throttle->rate)
            be_steady(throttle, throttle->allowed, HOLD_MIN);
        else // the clearer the answer, the later it is asked again
            be_steady(throttle, throttle->before, (rate < throttle->rate ? 4 : 2) * throttle->hold);
        break;
    }
}

uint32_t entrain__throttle_epoch(entrain__throttle *throttle, uint64_t now, uint64_t progress) {
    const uint64_t elapsed = now > throttle->began ? now - throttle->began : 1;
    const double rate = (double)(progress - throttle->progress) / (double)elapsed;
    if (throttle->settling)
        throttle->settling = false;
    else
        judge(throttle, rate);
    throttle->began = now;
    throttle->progress = progress;
    return throttle->allowed;
}
