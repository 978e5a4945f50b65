/// @file memory.h  Memory in arenas: everything an engine owns comes from one and goes with it.
///
/// An arena is a jemalloc arena of its own (created by mallctl, destroyed whole). Where jemalloc is not
/// linked into the program, and in sanitizer builds, it is a list of blocks from the system allocator with
/// the same contract. The library refers to jemalloc weakly: a shared library that links Debian's jemalloc
/// cannot be dlopened.
///
/// An arena belongs to one thread at a time; different arenas may be used by different threads at once.
#ifndef ENTRAIN_BASE_MEMORY_H
#define ENTRAIN_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrain/status.h"

typedef struct entrain__arena entrain__arena;

/// A new, empty arena. ENTRAIN_NO_MEMORY, or ENTRAIN_OK with *arena_out owned by the caller.
entrain_status entrain__arena_create(entrain__arena **arena_out);
/// Gives back every block of the arena and the arena itself. NULL is allowed.
void entrain__arena_destroy(entrain__arena *arena);

/// @p count x @p size zeroed bytes, aligned to a cache line; NULL when they cannot be had (overflow included,
/// and more than the machine has).
/// A count of 0 yields a valid block that must not be written.
void *entrain__arena_take(entrain__arena *arena, size_t count, size_t size);
/// Gives one block back early. NULL is allowed.
void entrain__arena_give(entrain__arena *arena, void *memory);
/// Bytes asked for and not yet given back.
size_t entrain__arena_bytes(const entrain__arena *arena);

/// For tests. Counts of blocks taken by the whole process since it began, and the switch that makes one fail.
uint64_t entrain__memory_taken(void);
/// Blocks taken and not yet given back, in all arenas, arenas themselves included: 0 when nothing leaks.
int64_t entrain__memory_live(void);
/// The @p n-th block asked for from now on cannot be had (1 is the next one); 0 switches it off.
void entrain__memory_fail_at(uint64_t n);
/// Whether blocks of 4 MiB and more, from now on, begin at a multiple of 2 MiB and ask for huge pages, which
/// only a jemalloc arena does and the system is free to refuse. For benchmarks and tests; else the
/// environment's ENTRAIN_HUGE_PAGES says it (on, off; default on).
void entrain__memory_use_huge_pages(bool on);
/// Refuses (ENTRAIN_UNKNOWN) an ENTRAIN_HUGE_PAGES that is neither.
entrain_status entrain__memory_check_environment(entrain_error *error_out);
/// "jemalloc" or "system": who serves the arenas of this process.
const char *entrain__memory_backend(void);

#endif
