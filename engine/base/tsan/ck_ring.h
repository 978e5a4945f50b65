/// @file ck_ring.h  libck's ring as ThreadSanitizer must see it. First on the include path of TSan builds,
/// and of no other.
///
/// ck_ring.h moves slots by memcpy. Two things are wrong with that under TSan.
///
/// First, gcc expands a memcpy of constant size without instrumenting it (clang does instrument it), so
/// nothing a ring does to its slots would be seen. Here the ranges are announced to TSan by hand.
///
/// Second, the multi-consumer dequeues (ck_ring_dequeue_mpmc, _spmc, and the try- variants) copy a slot
/// before they know that it is theirs: then they move c_head by a compare-and-swap, and when another consumer
/// was faster, what was copied may be torn by the next producer's write and is thrown away. A race by design,
/// harmless, and TSan would report it. That one read is not announced, and nothing else is left out.
///
/// The include below gives each memcpy of ck_ring.h its meaning by its destination's name, which differs from
/// one function to the next (a libck that renames them does not compile here, rather than lie):
///
///   enqueues, all modes        memcpy(buffer, ...)  seen: two writers of one slot are reported
///   single-consumer dequeue    memcpy(target, ...)  seen: a publication or release without order is reported
///   multi-consumer dequeue     memcpy(data, ...)    the slot is read unseen, the destination is written seen
///
/// So no suppression file is needed, and nothing else is hidden. A multi-consumer ring without order is still
/// reported where the values it carries lead to memory: what the taker of an item reads is not ordered after
/// what its giver wrote.
#pragma GCC system_header
#include <ck_cc.h>
#include <ck_md.h>
#include <ck_pr.h>
#include <ck_stdbool.h>
#include <ck_string.h>

#ifndef CK_RING_H

// TSan's runtime; what the compilers call for accesses of odd sizes.
void __tsan_read_range(void *at, unsigned long size);
void __tsan_write_range(void *at, unsigned long size);

CK_CC_INLINE static void entrain__tsan_copy_seen(void *to, const void *from, unsigned int size) {
    __tsan_read_range((void *)(uintptr_t)from, size);
    __tsan_write_range(to, size);
    __builtin_memcpy(to, from, size);
}
// By volatile words, so that it does not become a call of memcpy, which TSan intercepts. Never inlined,
// because the compilers instrument by function.
__attribute__((noinline, unused, no_sanitize("thread"))) static void
entrain__tsan_copy_unseen(void *to, const void *from, unsigned int size) {
    unsigned int done = 0;
    if (((uintptr_t)to | (uintptr_t)from | size) % sizeof(uint32_t) == 0) {
        volatile uint32_t *to_words = (volatile uint32_t *)to;
        const volatile uint32_t *from_words = (const volatile uint32_t *)from;
        for (; done < size / sizeof(uint32_t); done++)
            to_words[done] = from_words[done];
        return;
    }
    volatile unsigned char *to_bytes = (volatile unsigned char *)to;
    const volatile unsigned char *from_bytes = (const volatile unsigned char *)from;
    for (; done < size; done++)
        to_bytes[done] = from_bytes[done];
}
__attribute__((unused)) static void entrain__tsan_copy_to_data(void *data, const void *slot,
                                                               unsigned int size) {
    __tsan_write_range(data, size);
    entrain__tsan_copy_unseen(data, slot, size);
}
#define entrain__tsan_copy_to_buffer entrain__tsan_copy_seen
#define entrain__tsan_copy_to_target entrain__tsan_copy_seen

#pragma push_macro("memcpy")
#undef memcpy
#define memcpy(to, from, size) entrain__tsan_copy_to_##to(to, from, size)
#include_next <ck_ring.h>
#pragma pop_macro("memcpy")

#undef entrain__tsan_copy_to_buffer
#undef entrain__tsan_copy_to_target

#endif
