// How long ticks take, as a histogram: constant memory, a few instructions a tick, quantiles known to 3 %.
//
// Buckets of one nanosecond up to PARTS, then PARTS buckets for each doubling: the index is the exponent
// and the leading five bits of the mantissa, as in HdrHistogram.
#include <string.h>

#include "engine/engine_private.h"

enum { PART_BITS = 5 };
_Static_assert(1 << PART_BITS == ENTRAIN__LATENCY_PARTS, "the bits of a part");

static uint32_t bucket_of(uint64_t ns) {
    if (ns < ENTRAIN__LATENCY_PARTS)
        return (uint32_t)ns;
    uint32_t exponent = 63 - (uint32_t)__builtin_clzll(ns), doubling = exponent - PART_BITS;
    return (doubling + 1) * ENTRAIN__LATENCY_PARTS + (uint32_t)(ns >> doubling) - ENTRAIN__LATENCY_PARTS;
}
_Static_assert((63 - PART_BITS + 2) * ENTRAIN__LATENCY_PARTS <= ENTRAIN__LATENCY_BUCKETS,
               "2^64 - 1 has a bucket");

// The middle of a bucket.
static uint64_t value_of(uint32_t bucket) {
    if (bucket < ENTRAIN__LATENCY_PARTS)
        return bucket;
    uint32_t doubling = bucket / ENTRAIN__LATENCY_PARTS - 1;
    uint64_t first = (uint64_t)(ENTRAIN__LATENCY_PARTS + bucket % ENTRAIN__LATENCY_PARTS) << doubling;
    return first + (UINT64_C(1) << doubling) / 2;
}

void entrain__latency_add(entrain__latency *latency, uint64_t ns, uint32_t ticks) {
    latency->counts[bucket_of(ns)] += ticks;
}

uint64_t entrain_engine_tick_ns(const entrain_engine *engine, double quantile) {
    uint64_t total = 0, before = 0;
    for (uint32_t b = 0; b < ENTRAIN__LATENCY_BUCKETS; b++)
        total += engine->latency.counts[b];
    if (total == 0)
        return 0;
    double share = quantile > 0 ? (quantile < 1 ? quantile : 1) : 0;
    uint64_t rank =
        (uint64_t)(share * (double)(total - 1)); // of the tick asked for, in the order of duration
    for (uint32_t b = 0; b < ENTRAIN__LATENCY_BUCKETS; b++) {
        before += engine->latency.counts[b];
        if (before > rank)
            return value_of(b);
    }
    return 0; // not reached: before == total > rank in the end
}

void entrain_engine_tick_ns_forget(entrain_engine *engine) {
    memset(&engine->latency, 0, sizeof engine->latency);
}
