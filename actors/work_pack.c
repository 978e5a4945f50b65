// Requests as messages: who hands over says when each was made.
//
//   flags    0-5 how many, less one   6-10 width w   11-15 the first one's tick, bits 16 to 20
//   payload  0-15 the first one's tick, bits 0 to 15; then, each in w bits, the ticks to the next
//
// A message takes as many as its widest difference leaves room for: 64 of one tick, 15 within 255 ticks of
// each other, 8 wherever they lie. What is older than ENTRAIN__WORK_AGE_MAX is said to be so old, so that no
// difference needs more than 16 bits.
#include "actors/work.h"
#include "engine/base/assert.h"

enum { FIRST_BITS = 16, REST_BITS = 128 - FIRST_BITS, TICK_BITS = 21 };
#define TICK_MASK ((UINT32_C(1) << TICK_BITS) - 1)

static uint32_t width_of(uint32_t x) { return x == 0 ? 0 : 32 - (uint32_t)__builtin_clz(x); }

static void put(uint64_t words[2], uint32_t at, uint64_t bits) {
    words[at / 64] |= bits << at % 64;
    if (at < 64 && at + 16 > 64)
        words[1] |= bits >> (64 - at);
}

static uint64_t get(const uint64_t words[2], uint32_t at, uint32_t width) {
    ENTRAIN_ASSERT(at < 128);
    uint64_t bits = words[at / 64] >> at % 64;
    if (at < 64 && at + width > 64)
        bits |= words[1] << (64 - at);
    return bits & ((UINT64_C(1) << width) - 1);
}

// The tick of a request, as far back as is told.
static uint32_t tick_of(uint32_t tick, uint32_t now) {
    return now - tick > ENTRAIN__WORK_AGE_MAX ? now - ENTRAIN__WORK_AGE_MAX : tick;
}

uint32_t entrain__work_pack(const uint32_t *ticks, uint32_t count, uint32_t now, uint16_t *flags_out,
                            entrain_payload payload_out[2]) {
    ENTRAIN_ASSERT(count >= 1 && count <= ENTRAIN__WORK_QUEUE_MAX);
    const uint32_t first = tick_of(ticks[0], now);
    uint32_t taken = 1, width = 0, before = first;
    for (; taken < count; taken++) {
        const uint32_t tick = tick_of(ticks[taken], now), its = width_of(tick - before);
        const uint32_t widest = its > width ? its : width;
        if (widest * taken > REST_BITS)
            break;
        width = widest;
        before = tick;
    }
    uint64_t words[2] = {first & 0xffff, 0};
    before = first;
    for (uint32_t k = 1; k < taken && width > 0; k++) {
        const uint32_t tick = tick_of(ticks[k], now);
        put(words, FIRST_BITS + (k - 1) * width, tick - before);
        before = tick;
    }
    *flags_out = (uint16_t)((taken - 1) | width << 6 | ((first & TICK_MASK) >> 16) << 11);
    payload_out[0].u64 = words[0];
    payload_out[1].u64 = words[1];
    return taken;
}

uint32_t entrain__work_packed(uint16_t flags) { return (flags & 63u) + 1; }

uint32_t entrain__work_unpack(const entrain_message *message, uint64_t now,
                              uint64_t ticks_out[ENTRAIN__WORK_QUEUE_MAX]) {
    const uint32_t count = entrain__work_packed(message->flags), width = (message->flags >> 6) & 31u;
    const uint64_t words[2] = {message->payload[0].u64, message->payload[1].u64};
    const uint32_t first = (uint32_t)(words[0] & 0xffff) | (uint32_t)(message->flags >> 11) << 16;
    uint64_t tick = now - (((uint32_t)now - first) & TICK_MASK);
    ticks_out[0] = tick;
    for (uint32_t k = 1; k < count; k++) {
        if (width > 0)
            tick += get(words, FIRST_BITS + (k - 1) * width, width);
        ticks_out[k] = tick;
    }
    return count;
}
