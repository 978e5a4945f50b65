/// @file ck_pr.h  libck's atomics as ThreadSanitizer can see them. First on the include path of TSan builds,
/// and of no other.
///
/// libck's own ck_pr.h is inline assembly, of which TSan sees nothing: every ring would be one long report.
/// Here each operation is the __atomic_* builtin of the same meaning, so that the headers of libck which are
/// compiled into our files (ck_ring.h, ck_ec.h, ck_stack.h, ck_epoch.h, ck_sequence.h, ck_spinlock.h,
/// ck_bitmap.h ...) become visible.
///
/// Orders. libck writes relaxed accesses with fences between them, and TSan does not model fences. So here
/// every load is an acquire, every store a release, every read-modify-write both. That hides nothing: on
/// x86-64, the only machine Entrain runs on, a plain load *is* an acquire and a plain store *is* a release
/// (total store order; libck's load, store, acquire and release fences emit no instruction there), and
/// ck_pr's assembly clobbers memory, so the compiler moves nothing across either. What is stronger than that,
/// store-load order, stays a real fence below. A protocol of ours that means "relaxed" says so through
/// engine/base/atomics.h, which keeps it relaxed under TSan.
///
/// Left out: the 16-byte operations (with them ck_fifo_mpmc and ck_stack_pop_mpmc, which Entrain avoids),
/// transactions. What libck compiled into its library (ck_barrier, ck_epoch's slow paths, ck_ec's) TSan still
/// cannot see: the callers announce those with __tsan_acquire() and __tsan_release(). So do not use ck_ec.h's
/// single-producer mode, which has assembly of its own.
#ifndef CK_PR_H
#define CK_PR_H

#if !defined(__SANITIZE_THREAD__) && !defined(ENTRAIN_TSAN)
#error "engine/base/tsan is for ThreadSanitizer builds only"
#endif

// Of the library's, as its own ck_pr.h promises its readers.
#pragma GCC system_header
#include <ck_cc.h>
#include <ck_limits.h>
#include <ck_md.h>
#include <ck_stdbool.h>
#include <ck_stdint.h>

// Which of the optional operations exist: ck_ec.h, ck_bitmap.h and ck_stack.h ask.
#define CK_F_PR
#define CK_F_PR_RFO

CK_CC_INLINE static void ck_pr_stall(void) { __asm__ __volatile__("pause" ::: "memory"); }
CK_CC_INLINE static void ck_pr_barrier(void) { __asm__ __volatile__("" ::: "memory"); }
CK_CC_INLINE static void ck_pr_rfo(const void *m) { __builtin_prefetch(m, 1); }

// The compiler may not reorder; the instruction, where total store order needs one, is the real one. As
// assembly, because gcc warns of __atomic_thread_fence() under TSan.
#define ENTRAIN__FENCE(name, instruction)                                                                    \
    CK_CC_INLINE static void ck_pr_fence_strict_##name(void) {                                               \
        __asm__ __volatile__(instruction ::: "memory");                                                      \
    }                                                                                                        \
    CK_CC_INLINE static void ck_pr_fence_##name(void) { ck_pr_fence_strict_##name(); }
ENTRAIN__FENCE(atomic, "")
ENTRAIN__FENCE(atomic_load, "")
ENTRAIN__FENCE(atomic_store, "")
ENTRAIN__FENCE(store_atomic, "")
ENTRAIN__FENCE(load_atomic, "")
ENTRAIN__FENCE(load_depends, "")
ENTRAIN__FENCE(load_store, "")
ENTRAIN__FENCE(load, "")
ENTRAIN__FENCE(store, "")
ENTRAIN__FENCE(acquire, "")
ENTRAIN__FENCE(release, "")
ENTRAIN__FENCE(acqrel, "")
ENTRAIN__FENCE(lock, "")
ENTRAIN__FENCE(unlock, "")
ENTRAIN__FENCE(store_load, "mfence")
ENTRAIN__FENCE(memory, "mfence")
#undef ENTRAIN__FENCE

// S: libck's suffix. M: what is pointed at in the signature. T: the value. C: what is accessed, as an
// integer.
#define ENTRAIN__ACCESS(S, M, T, C)                                                                          \
    CK_CC_INLINE static T ck_pr_md_load_##S(const M *target) {                                               \
        return (T)__atomic_load_n((const C *)target, __ATOMIC_ACQUIRE);                                      \
    }                                                                                                        \
    CK_CC_INLINE static void ck_pr_md_store_##S(M *target, T value) {                                        \
        __atomic_store_n((C *)target, (C)value, __ATOMIC_RELEASE);                                           \
    }                                                                                                        \
    CK_CC_INLINE static T ck_pr_fas_##S(M *target, T value) {                                                \
        return (T)__atomic_exchange_n((C *)target, (C)value, __ATOMIC_ACQ_REL);                              \
    }                                                                                                        \
    CK_CC_INLINE static bool ck_pr_cas_##S(M *target, T compare, T set) {                                    \
        C expected = (C)compare;                                                                             \
        return __atomic_compare_exchange_n((C *)target, &expected, (C)set, false, __ATOMIC_ACQ_REL,          \
                                           __ATOMIC_ACQUIRE);                                                \
    }                                                                                                        \
    CK_CC_INLINE static bool ck_pr_cas_##S##_value(M *target, T compare, T set, M *value) {                  \
        C expected = (C)compare;                                                                             \
        bool done = __atomic_compare_exchange_n((C *)target, &expected, (C)set, false, __ATOMIC_ACQ_REL,     \
                                                __ATOMIC_ACQUIRE);                                           \
        *(T *)value = (T)expected;                                                                           \
        return done;                                                                                         \
    }

// A: the value's type in arithmetic (uintptr_t for pointers).
#define ENTRAIN__UPDATE(K, builtin, S, M, A, C)                                                              \
    CK_CC_INLINE static void ck_pr_##K##_##S(M *target, A value) {                                           \
        (void)builtin((C *)target, (C)value, __ATOMIC_ACQ_REL);                                              \
    }
#define ENTRAIN__STEP(K, builtin, operand, S, M, C)                                                          \
    CK_CC_INLINE static bool ck_pr_##K##_##S##_is_zero(M *target) {                                          \
        return builtin((C *)target, (C)operand, __ATOMIC_ACQ_REL) == 0;                                      \
    }                                                                                                        \
    CK_CC_INLINE static void ck_pr_##K##_##S##_zero(M *target, bool *zero) {                                 \
        *zero = ck_pr_##K##_##S##_is_zero(target);                                                           \
    }                                                                                                        \
    CK_CC_INLINE static void ck_pr_##K##_##S(M *target) { (void)ck_pr_##K##_##S##_is_zero(target); }
#define ENTRAIN__ARITHMETIC(S, M, A, C)                                                                      \
    CK_CC_INLINE static A ck_pr_faa_##S(M *target, A value) {                                                \
        return (A)__atomic_fetch_add((C *)target, (C)value, __ATOMIC_ACQ_REL);                               \
    }                                                                                                        \
    ENTRAIN__UPDATE(add, __atomic_fetch_add, S, M, A, C)                                                     \
    ENTRAIN__UPDATE(sub, __atomic_fetch_sub, S, M, A, C)                                                     \
    ENTRAIN__UPDATE(and, __atomic_fetch_and, S, M, A, C)                                                     \
    ENTRAIN__UPDATE(or, __atomic_fetch_or, S, M, A, C)                                                       \
    ENTRAIN__UPDATE(xor, __atomic_fetch_xor, S, M, A, C)                                                     \
    ENTRAIN__STEP(inc, __atomic_add_fetch, 1, S, M, C)                                                       \
    ENTRAIN__STEP(dec, __atomic_sub_fetch, 1, S, M, C)                                                       \
    CK_CC_INLINE static void ck_pr_not_##S(M *target) {                                                      \
        (void)__atomic_fetch_xor((C *)target, (C) ~(C)0, __ATOMIC_ACQ_REL);                                  \
    }                                                                                                        \
    CK_CC_INLINE static void ck_pr_neg_##S(M *target) {                                                      \
        C seen = __atomic_load_n((C *)target, __ATOMIC_ACQUIRE);                                             \
        while (!__atomic_compare_exchange_n((C *)target, &seen, (C)(0 - seen), false, __ATOMIC_ACQ_REL,      \
                                            __ATOMIC_ACQUIRE))                                               \
            ck_pr_stall();                                                                                   \
    }

// Bit test and complement, set, reset: the bit's old value. One word; ck_pr's assembly does not reach past it
// either.
#define ENTRAIN__BIT(K, builtin, mask, S, M, C)                                                              \
    CK_CC_INLINE static bool ck_pr_##K##_##S(M *target, unsigned int b) {                                    \
        C bit = (C)((C)1 << (b % (8 * sizeof(C))));                                                          \
        return (builtin((C *)target, (C)(mask), __ATOMIC_ACQ_REL) & bit) != 0;                               \
    }
#define ENTRAIN__BITS(S, M, C)                                                                               \
    ENTRAIN__BIT(btc, __atomic_fetch_xor, bit, S, M, C)                                                      \
    ENTRAIN__BIT(bts, __atomic_fetch_or, bit, S, M, C)                                                       \
    ENTRAIN__BIT(btr, __atomic_fetch_and, ~bit, S, M, C)

#define ENTRAIN__SCALAR(S, T, C)                                                                             \
    ENTRAIN__ACCESS(S, T, T, C)                                                                              \
    ENTRAIN__ARITHMETIC(S, T, T, C)                                                                          \
    ENTRAIN__BITS(S, T, C)

// char, int and pointers are accessed as the unsigned integer of their size, which wraps without being
// undefined.
ENTRAIN__SCALAR(char, char, unsigned char)
ENTRAIN__SCALAR(int, int, unsigned int)
ENTRAIN__SCALAR(uint, unsigned int, unsigned int)
ENTRAIN__SCALAR(8, uint8_t, uint8_t)
ENTRAIN__SCALAR(16, uint16_t, uint16_t)
ENTRAIN__SCALAR(32, uint32_t, uint32_t)
ENTRAIN__SCALAR(64, uint64_t, uint64_t)
ENTRAIN__ACCESS(ptr, void, void *, uintptr_t)
ENTRAIN__ARITHMETIC(ptr, void, uintptr_t, uintptr_t)
ENTRAIN__BITS(ptr, void, uintptr_t)

#undef ENTRAIN__SCALAR
#undef ENTRAIN__BITS
#undef ENTRAIN__BIT
#undef ENTRAIN__ARITHMETIC
#undef ENTRAIN__STEP
#undef ENTRAIN__UPDATE
#undef ENTRAIN__ACCESS

// The names that libck's readers use. Its loads of a pointer keep the pointer's type; so do these.
#define ck_pr_load_ptr(SRC) ((__typeof__(*(SRC)))ck_pr_md_load_ptr((const void *)(SRC)))
#define ck_pr_load_char(SRC) ck_pr_md_load_char((SRC))
#define ck_pr_load_int(SRC) ck_pr_md_load_int((SRC))
#define ck_pr_load_uint(SRC) ck_pr_md_load_uint((SRC))
#define ck_pr_load_8(SRC) ck_pr_md_load_8((SRC))
#define ck_pr_load_16(SRC) ck_pr_md_load_16((SRC))
#define ck_pr_load_32(SRC) ck_pr_md_load_32((SRC))
#define ck_pr_load_64(SRC) ck_pr_md_load_64((SRC))
#define ck_pr_store_ptr(DST, VAL) ck_pr_md_store_ptr((void *)(DST), (void *)(uintptr_t)(VAL))
#define ck_pr_store_ptr_unsafe(DST, VAL) ck_pr_md_store_ptr((void *)(DST), (void *)(uintptr_t)(VAL))
#define ck_pr_store_char(DST, VAL) ck_pr_md_store_char((DST), (VAL))
#define ck_pr_store_int(DST, VAL) ck_pr_md_store_int((DST), (VAL))
#define ck_pr_store_uint(DST, VAL) ck_pr_md_store_uint((DST), (VAL))
#define ck_pr_store_8(DST, VAL) ck_pr_md_store_8((DST), (VAL))
#define ck_pr_store_16(DST, VAL) ck_pr_md_store_16((DST), (VAL))
#define ck_pr_store_32(DST, VAL) ck_pr_md_store_32((DST), (VAL))
#define ck_pr_store_64(DST, VAL) ck_pr_md_store_64((DST), (VAL))

#define CK_F_PR_LOAD_CHAR
#define CK_F_PR_LOAD_INT
#define CK_F_PR_LOAD_UINT
#define CK_F_PR_LOAD_PTR
#define CK_F_PR_LOAD_8
#define CK_F_PR_LOAD_16
#define CK_F_PR_LOAD_32
#define CK_F_PR_LOAD_64
#define CK_F_PR_STORE_CHAR
#define CK_F_PR_STORE_INT
#define CK_F_PR_STORE_UINT
#define CK_F_PR_STORE_PTR
#define CK_F_PR_STORE_8
#define CK_F_PR_STORE_16
#define CK_F_PR_STORE_32
#define CK_F_PR_STORE_64
#define CK_F_PR_CAS_CHAR
#define CK_F_PR_CAS_INT
#define CK_F_PR_CAS_UINT
#define CK_F_PR_CAS_PTR
#define CK_F_PR_CAS_8
#define CK_F_PR_CAS_16
#define CK_F_PR_CAS_32
#define CK_F_PR_CAS_64
#define CK_F_PR_CAS_CHAR_VALUE
#define CK_F_PR_CAS_INT_VALUE
#define CK_F_PR_CAS_UINT_VALUE
#define CK_F_PR_CAS_PTR_VALUE
#define CK_F_PR_CAS_8_VALUE
#define CK_F_PR_CAS_16_VALUE
#define CK_F_PR_CAS_32_VALUE
#define CK_F_PR_CAS_64_VALUE
#define CK_F_PR_FAA_CHAR
#define CK_F_PR_FAA_INT
#define CK_F_PR_FAA_UINT
#define CK_F_PR_FAA_PTR
#define CK_F_PR_FAA_8
#define CK_F_PR_FAA_16
#define CK_F_PR_FAA_32
#define CK_F_PR_FAA_64
#define CK_F_PR_FAS_UINT
#define CK_F_PR_FAS_PTR
#define CK_F_PR_FAS_32
#define CK_F_PR_FAS_64
#define CK_F_PR_AND_UINT
#define CK_F_PR_OR_UINT
#define CK_F_PR_AND_32
#define CK_F_PR_OR_32
#define CK_F_PR_AND_64
#define CK_F_PR_OR_64
#define CK_F_PR_BTS_UINT
#define CK_F_PR_BTR_UINT
#define CK_F_PR_BTC_UINT

#endif
