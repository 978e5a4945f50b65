// Arenas on jemalloc, or on the system allocator with the same contract.
//
// Every block carries a header of one cache line in front: its size, and its links in the arena's list. With
// jemalloc the list is only used to count; the arena is destroyed whole by mallctl. Without, it is walked.
#include "engine/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/assert.h"
#include "engine/base/atomics.h"

#ifndef ENTRAIN_SYSTEM_MALLOC
#include <jemalloc/jemalloc.h>
// Weak: a program that links jemalloc gets arenas, any other (a Python that dlopens us, say) plain malloc.
#pragma weak mallocx
#pragma weak dallocx
#pragma weak mallctl
static bool has_jemalloc(void) { return mallocx != NULL && dallocx != NULL && mallctl != NULL; }

// Where jemalloc's arenas get their pages. Its own way keeps the addresses of an arena that is destroyed
// (opt.retain): 2 MiB and a mapping or two each time, so that after some thousand engines the kernel refuses
// the process any more. These give back what was taken.
static void *map_pages(void *at, size_t size) {
    void *pages = mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

static void *map_extent(extent_hooks_t *hooks, void *at, size_t size, size_t alignment, bool *zero,
                        bool *commit, unsigned index) {
    (void)hooks, (void)index;
    char *pages = map_pages(at, size);
    if (pages == NULL)
        return NULL;
    if ((at != NULL && pages != at) || (uintptr_t)pages % alignment != 0) {
        munmap(pages, size);
        // No overflow: entrain__arena_take() refuses what comes near 2^63.
        if (at != NULL || (pages = map_pages(NULL, size + alignment)) == NULL)
            return NULL;
        size_t before = (alignment - (uintptr_t)pages % alignment) % alignment;
        if (before > 0)
            munmap(pages, before);
        munmap(pages + before + size, alignment - before);
        pages += before;
    }
    *zero = *commit = true;
    return pages;
}

static bool unmap_extent(extent_hooks_t *hooks, void *pages, size_t size, bool committed, unsigned index) {
    (void)hooks, (void)committed, (void)index;
    return munmap(pages, size) != 0; // true: it stays jemalloc's
}

static void forget_extent(extent_hooks_t *hooks, void *pages, size_t size, bool committed, unsigned index) {
    (void)unmap_extent(hooks, pages, size, committed, index);
}

// Two extents side by side are one whenever that is wanted, and the reverse: the kernel does not mind.
static bool split_extent(extent_hooks_t *hooks, void *pages, size_t size, size_t first, size_t second,
                         bool committed, unsigned index) {
    (void)hooks, (void)pages, (void)size, (void)first, (void)second, (void)committed, (void)index;
    return false;
}
static bool merge_extents(extent_hooks_t *hooks, void *first, size_t first_size, void *second,
                          size_t second_size, bool committed, unsigned index) {
    (void)hooks, (void)first, (void)first_size, (void)second, (void)second_size, (void)committed, (void)index;
    return false;
}

static extent_hooks_t page_hooks = {.alloc = map_extent,
                                    .dalloc = unmap_extent,
                                    .destroy = forget_extent,
                                    .split = split_extent,
                                    .merge = merge_extents};
#endif

enum { HEADER_BYTES = 64, HUGE_PAGE_BYTES = 2 << 20, HUGE_FROM_BYTES = 4 << 20 };

typedef struct block_header {
    struct block_header *previous, *next;
    size_t bytes; // what was asked for
} block_header;
_Static_assert(sizeof(block_header) <= HEADER_BYTES, "the header must fit in front of an aligned block");

struct entrain__arena {
    block_header blocks; // ring of blocks, this one is its head
    size_t bytes;
    unsigned jemalloc_index; // valid when on_jemalloc
    bool on_jemalloc;
};

// Process-wide counters for tests. Relaxed in effect: they are read when nothing else runs.
static uint64_t taken_count;
static uint64_t given_count;
static uint64_t fail_at; // absolute number of the block that cannot be had, 0 for none

uint64_t entrain__memory_taken(void) { return entrain__load_relaxed_u64(&taken_count); }
int64_t entrain__memory_live(void) {
    return (int64_t)(entrain__load_relaxed_u64(&taken_count) - entrain__load_relaxed_u64(&given_count));
}
void entrain__memory_fail_at(uint64_t n) {
    entrain__store_relaxed_u64(&fail_at, n == 0 ? 0 : entrain__load_relaxed_u64(&taken_count) + n);
}

// Huge pages: 0: as the environment says, which was not looked at yet; 1: no; 2: yes. One word, written by
// tests and by whoever looks first; all who look first write the same.
static uint32_t huge_pages;

void entrain__memory_use_huge_pages(bool on) { entrain__store_relaxed_u32(&huge_pages, on ? 2 : 1); }

entrain_status entrain__memory_check_environment(entrain_error *error_out) {
    const char *word = getenv("ENTRAIN_HUGE_PAGES");
    if (word == NULL || *word == '\0' || strcmp(word, "on") == 0 || strcmp(word, "off") == 0)
        return ENTRAIN_OK;
    return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                             "the environment's ENTRAIN_HUGE_PAGES is \"%.64s\": set it to on or off, or "
                             "unset it",
                             word);
}

#ifndef ENTRAIN_SYSTEM_MALLOC
static bool uses_huge_pages(void) {
    uint32_t answer = entrain__load_relaxed_u32(&huge_pages);
    if (answer == 0) {
        const char *word = getenv("ENTRAIN_HUGE_PAGES");
        answer = word != NULL && strcmp(word, "off") == 0 ? 1 : 2;
        entrain__store_relaxed_u32(&huge_pages, answer);
    }
    return answer == 2;
}
#endif

const char *entrain__memory_backend(void) {
#ifndef ENTRAIN_SYSTEM_MALLOC
    if (has_jemalloc())
        return "jemalloc";
#endif
    return "system";
}

// Counts a block about to be taken; false when it is the one that must fail, which is counted given at once.
static bool count_taken(void) {
    uint64_t number = entrain__add_acq_rel_u64(&taken_count, 1) + 1;
    if (number != entrain__load_relaxed_u64(&fail_at))
        return true;
    entrain__add_acq_rel_u64(&given_count, 1);
    return false;
}
static void count_given(void) { entrain__add_acq_rel_u64(&given_count, 1); }

entrain_status entrain__arena_create(entrain__arena **arena_out) {
    if (!count_taken())
        return ENTRAIN_NO_MEMORY;
    entrain__arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        goto fail;
    arena->blocks.previous = arena->blocks.next = &arena->blocks;
#ifndef ENTRAIN_SYSTEM_MALLOC
    if (has_jemalloc()) {
        size_t size = sizeof arena->jemalloc_index;
        extent_hooks_t *hooks = &page_hooks;
        if (mallctl("arenas.create", &arena->jemalloc_index, &size, &hooks, sizeof hooks) != 0)
            goto fail;
        arena->on_jemalloc = true;
    }
#endif
    *arena_out = arena;
    return ENTRAIN_OK;
fail:
    free(arena);
    count_given();
    return ENTRAIN_NO_MEMORY;
}

void entrain__arena_destroy(entrain__arena *arena) {
    if (arena == NULL)
        return;
    for (block_header *block = arena->blocks.next, *next; block != &arena->blocks; block = next) {
        next = block->next;
        if (!arena->on_jemalloc)
            free(block);
        count_given();
    }
#ifndef ENTRAIN_SYSTEM_MALLOC
    if (arena->on_jemalloc) {
        char name[64] = "arena.";
        char digits[16];
        unsigned index = arena->jemalloc_index, at = sizeof digits;
        digits[--at] = '\0';
        do
            digits[--at] = (char)('0' + index % 10);
        while ((index /= 10) != 0);
        strcat(strcat(name, digits + at), ".destroy");
        int refused = mallctl(name, NULL, NULL, NULL, 0);
        ENTRAIN_ASSERT(refused == 0);
    }
#endif
    free(arena);
    count_given();
}

static void *take_raw(entrain__arena *arena, size_t bytes) {
#ifndef ENTRAIN_SYSTEM_MALLOC
    if (arena->on_jemalloc) {
        bool huge = bytes >= HUGE_FROM_BYTES && uses_huge_pages();
        void *block = mallocx(bytes, MALLOCX_ARENA(arena->jemalloc_index) | MALLOCX_TCACHE_NONE |
                                         MALLOCX_ALIGN(huge ? HUGE_PAGE_BYTES : HEADER_BYTES) | MALLOCX_ZERO);
        // Before anybody touches it. A refusal (no such pages here) costs nothing and changes nothing.
        if (block != NULL && huge)
            (void)madvise(block, bytes / 4096 * 4096, MADV_HUGEPAGE);
        return block;
    }
#else
    (void)arena;
#endif
    size_t rounded = (bytes + HEADER_BYTES - 1) / HEADER_BYTES * HEADER_BYTES;
    void *memory = aligned_alloc(HEADER_BYTES, rounded);
    return memory == NULL ? NULL : memset(memory, 0, rounded);
}

// Linux promises memory it does not have and, much later, kills who believed it. One block that the whole
// machine could not hold is refused; small ones do not ask.
static bool can_never_fit(size_t bytes) {
    if (bytes < (size_t)1 << 30)
        return false;
    long pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);
    return pages > 0 && page_size > 0 && bytes / (size_t)page_size > (size_t)pages;
}

void *entrain__arena_take(entrain__arena *arena, size_t count, size_t size) {
    size_t bytes, whole;
    if (__builtin_mul_overflow(count, size, &bytes) || __builtin_add_overflow(bytes, HEADER_BYTES, &whole) ||
        whole > PTRDIFF_MAX - HEADER_BYTES || can_never_fit(bytes))
        return NULL;
    if (!count_taken())
        return NULL;
    block_header *block = take_raw(arena, whole);
    if (block == NULL) {
        count_given();
        return NULL;
    }
    block->bytes = bytes;
    block->previous = arena->blocks.previous;
    block->next = &arena->blocks;
    block->previous->next = block;
    arena->blocks.previous = block;
    arena->bytes += bytes;
    return (char *)block + HEADER_BYTES;
}

void entrain__arena_give(entrain__arena *arena, void *memory) {
    if (memory == NULL)
        return;
    block_header *block = (block_header *)(void *)((char *)memory - HEADER_BYTES);
    block->previous->next = block->next;
    block->next->previous = block->previous;
    ENTRAIN_ASSERT(arena->bytes >= block->bytes);
    arena->bytes -= block->bytes;
#ifndef ENTRAIN_SYSTEM_MALLOC
    if (arena->on_jemalloc)
        dallocx(block, MALLOCX_TCACHE_NONE);
    else
#endif
        free(block);
    count_given();
}

size_t entrain__arena_bytes(const entrain__arena *arena) { return arena->bytes; }
