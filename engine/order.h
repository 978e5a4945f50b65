/// @file order.h  The order signature: what arrived at whom in which order, in 64 bits.
///
/// Per actor a chain over every message it was handed, in that order; the signature is the wrapping sum over
/// actors, so it does not depend on who is asked first.
#ifndef ENTRAIN_ENGINE_ORDER_H
#define ENTRAIN_ENGINE_ORDER_H

#include "engine/base/fingerprint.h"
#include "entrain/message.h"

/// The chain (0 at first) after @p message.
static inline uint64_t entrain__order_fold(uint64_t chain, const entrain_message *message) {
    chain = entrain__mix_fold(chain,
                              (uint64_t)message->from << 32 | (uint32_t)message->kind << 16 | message->flags);
    chain = entrain__mix_fold(chain, message->payload[0].u64);
    return entrain__mix_fold(chain, message->payload[1].u64);
}

/// What the actor at @p slot adds to the signature.
static inline uint64_t entrain__order_part(uint64_t chain, uint32_t slot) {
    return chain == 0 ? 0 : entrain__mix64(chain ^ entrain__mix64(slot));
}

#endif
