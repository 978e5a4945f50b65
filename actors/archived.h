/// @file archived.h  Words for functions that archive a struct (entrain/archive.h), and the guard beside each
/// of them.
#ifndef ENTRAIN_ACTORS_ARCHIVED_H
#define ENTRAIN_ACTORS_ARCHIVED_H

#include "engine/base/sum.h"
#include "entrain/archive.h"

__extension__ typedef __int128 entrain__int128;
__extension__ typedef unsigned __int128 entrain__uint128;

/// Whoever adds a field to @p type is stopped here: does a run that goes on from a checkpoint need it? Then
/// archive it; if it follows from others, compute it; if it is scratch, leave it. And say the new size.
/// (What fits into padding is seen by test_swarm_archive, which compares the bytes.)
#define ENTRAIN__ARCHIVED(type, bytes)                                                                       \
    _Static_assert(sizeof(type) == (bytes), #type " has changed: see ENTRAIN__ARCHIVED in "                  \
                                                  "actors/archived.h")

static inline void entrain__archive_int128(entrain_archive *archive, entrain__int128 *value) {
    uint64_t low = (uint64_t)*value;
    int64_t high = (int64_t)(*value >> 64);
    entrain_archive_u64(archive, &low);
    entrain_archive_i64(archive, &high);
    *value = (entrain__int128)((entrain__uint128)(uint64_t)high << 64 | low);
}

/// A choice of 0 .. @p count - 1; @p what is named in the sentence.
static inline uint32_t entrain__archive_choice(entrain_archive *archive, uint32_t value, uint32_t count,
                                               const char *what) {
    uint64_t chosen = value;
    entrain_archive_count(archive, &chosen, count - 1, what);
    return (uint32_t)chosen;
}

/// What must be the same on both sides, to the bit.
static inline void entrain__archive_expect_f64(entrain_archive *archive, double value, const char *what) {
    entrain_archive_expect(archive, (uint64_t)entrain__bits_of(value), what);
}

#endif
