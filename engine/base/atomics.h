/// @file atomics.h  The atomic operations of our protocols, under names that say their order.
///
/// On x86-64 they are libck's ck_pr_* with the matching fence (a compiler barrier there, since stores are not
/// reordered with older accesses, nor loads with younger ones); under ThreadSanitizer, which cannot see
/// libck's assembly, they are __atomic_* with the same meaning. Every use names its partner in a comment.
#ifndef ENTRAIN_BASE_ATOMICS_H
#define ENTRAIN_BASE_ATOMICS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef ENTRAIN_TSAN

static inline uint32_t entrain__load_relaxed_u32(const uint32_t *p) {
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
static inline uint32_t entrain__load_acquire_u32(const uint32_t *p) {
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
static inline void entrain__store_relaxed_u32(uint32_t *p, uint32_t v) {
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}
static inline void entrain__store_release_u32(uint32_t *p, uint32_t v) {
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}
static inline uint64_t entrain__load_relaxed_u64(const uint64_t *p) {
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
static inline uint64_t entrain__load_acquire_u64(const uint64_t *p) {
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
static inline void entrain__store_relaxed_u64(uint64_t *p, uint64_t v) {
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}
static inline void entrain__store_release_u64(uint64_t *p, uint64_t v) {
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}
static inline uint32_t entrain__add_acq_rel_u32(uint32_t *p, uint32_t v) {
    return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL);
}
static inline uint64_t entrain__add_acq_rel_u64(uint64_t *p, uint64_t v) {
    return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL);
}
static inline bool entrain__cas_acq_rel_u32(uint32_t *p, uint32_t expected, uint32_t desired) {
    return __atomic_compare_exchange_n(p, &expected, desired, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
static inline bool entrain__cas_acq_rel_u64(uint64_t *p, uint64_t expected, uint64_t desired) {
    return __atomic_compare_exchange_n(p, &expected, desired, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
static inline uint32_t entrain__exchange_u32(uint32_t *p, uint32_t v) {
    return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
}
static inline uint64_t entrain__exchange_u64(uint64_t *p, uint64_t v) {
    return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
}
static inline uint32_t entrain__or_u32(uint32_t *p, uint32_t bits) {
    return __atomic_fetch_or(p, bits, __ATOMIC_SEQ_CST);
}
static inline void entrain__stall(void) { __builtin_ia32_pause(); }

#else

#include <ck_pr.h>

static inline uint32_t entrain__load_relaxed_u32(const uint32_t *p) { return ck_pr_load_32(p); }
static inline uint32_t entrain__load_acquire_u32(const uint32_t *p) {
    uint32_t value = ck_pr_load_32(p);
    ck_pr_fence_acquire();
    return value;
}
static inline void entrain__store_relaxed_u32(uint32_t *p, uint32_t v) { ck_pr_store_32(p, v); }
static inline void entrain__store_release_u32(uint32_t *p, uint32_t v) {
    ck_pr_fence_release();
    ck_pr_store_32(p, v);
}
static inline uint64_t entrain__load_relaxed_u64(const uint64_t *p) { return ck_pr_load_64(p); }
static inline uint64_t entrain__load_acquire_u64(const uint64_t *p) {
    uint64_t value = ck_pr_load_64(p);
    ck_pr_fence_acquire();
    return value;
}
static inline void entrain__store_relaxed_u64(uint64_t *p, uint64_t v) { ck_pr_store_64(p, v); }
static inline void entrain__store_release_u64(uint64_t *p, uint64_t v) {
    ck_pr_fence_release();
    ck_pr_store_64(p, v);
}
// Locked instructions are full barriers on x86-64; ck_pr's carry the compiler barrier.
static inline uint32_t entrain__add_acq_rel_u32(uint32_t *p, uint32_t v) { return ck_pr_faa_32(p, v); }
static inline uint64_t entrain__add_acq_rel_u64(uint64_t *p, uint64_t v) { return ck_pr_faa_64(p, v); }
static inline bool entrain__cas_acq_rel_u32(uint32_t *p, uint32_t expected, uint32_t desired) {
    return ck_pr_cas_32(p, expected, desired);
}
static inline bool entrain__cas_acq_rel_u64(uint64_t *p, uint64_t expected, uint64_t desired) {
    return ck_pr_cas_64(p, expected, desired);
}
static inline uint32_t entrain__exchange_u32(uint32_t *p, uint32_t v) { return ck_pr_fas_32(p, v); }
static inline uint64_t entrain__exchange_u64(uint64_t *p, uint64_t v) { return ck_pr_fas_64(p, v); }
// libck's or does not say what was there before.
static inline uint32_t entrain__or_u32(uint32_t *p, uint32_t bits) {
    uint32_t before = ck_pr_load_32(p);
    while (!ck_pr_cas_32_value(p, before, before | bits, &before))
        ck_pr_stall();
    return before;
}
static inline void entrain__stall(void) { ck_pr_stall(); }

#endif

/// Bytes that two writers must not share. Fields are grouped by writer and each group starts a line of its
/// own.
#define ENTRAIN_CACHE_LINE 64

#endif
