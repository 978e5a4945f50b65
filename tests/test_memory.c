// Arenas: aligned, zeroed, counted, destroyed whole; and the n-th block can be made to fail.
#include "check.h"

#include "engine/base/memory.h"

static void blocks_are_aligned_zeroed_and_counted(void **state) {
    (void)state;
    int64_t live_before = entrain__memory_live();
    entrain__arena *arena;
    assert_int_equal(entrain__arena_create(&arena), ENTRAIN_OK);
    for (size_t size = 1; size < 3000000; size = size * 3 + 1) {
        unsigned char *block = entrain__arena_take(arena, size, 1);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 64, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(block[i], 0);
        memset(block, 0xff, size);
    }
    size_t before = entrain__arena_bytes(arena);
    void *block = entrain__arena_take(arena, 10, 100);
    assert_int_equal(entrain__arena_bytes(arena), before + 1000);
    entrain__arena_give(arena, block);
    assert_int_equal(entrain__arena_bytes(arena), before);
    entrain__arena_destroy(arena);
    assert_int_equal(entrain__memory_live(), live_before);
}

static void what_cannot_be_had_is_null(void **state) {
    (void)state;
    entrain__arena *arena;
    assert_int_equal(entrain__arena_create(&arena), ENTRAIN_OK);
    assert_null(entrain__arena_take(arena, SIZE_MAX / 2, 3));
    assert_null(entrain__arena_take(arena, SIZE_MAX, 1));
    assert_null(entrain__arena_take(arena, (size_t)1 << 46, 1)); // 64 TiB, which Linux would promise
    assert_null(entrain__arena_take(arena, (size_t)1 << 62, 1));
    assert_non_null(entrain__arena_take(arena, 0, 8));
    entrain__arena_destroy(arena);
    entrain__arena_destroy(NULL);
}

static void the_nth_block_can_be_made_to_fail(void **state) {
    (void)state;
    entrain__arena *arena;
    assert_int_equal(entrain__arena_create(&arena), ENTRAIN_OK);
    int64_t live = entrain__memory_live();
    entrain__memory_fail_at(3);
    assert_non_null(entrain__arena_take(arena, 1, 8));
    assert_non_null(entrain__arena_take(arena, 1, 8));
    assert_null(entrain__arena_take(arena, 1, 8));
    assert_non_null(entrain__arena_take(arena, 1, 8));
    assert_int_equal(entrain__memory_live(), live + 3);
    entrain__memory_fail_at(1);
    entrain__arena *refused = NULL;
    assert_int_equal(entrain__arena_create(&refused), ENTRAIN_NO_MEMORY);
    assert_null(refused);
    entrain__memory_fail_at(0);
    entrain__arena_destroy(arena);
}

// Alignment is what shows that they were asked for; whether the system gives them is its own affair.
static void large_blocks_ask_for_huge_pages(void **state) {
    (void)state;
    entrain__arena *arena;
    assert_int_equal(entrain__arena_create(&arena), ENTRAIN_OK);
    bool possible = strcmp(entrain__memory_backend(), "jemalloc") == 0;
    for (int on = 1; on >= 0; on--) {
        entrain__memory_use_huge_pages(on == 1);
        uint32_t aligned = 0;
        unsigned char *blocks[8];
        for (size_t b = 0; b < 8; b++) {
            size_t bytes = ((size_t)4 << 20) + b * 300001;
            blocks[b] = entrain__arena_take(arena, bytes, 1);
            assert_non_null(blocks[b]);
            assert_int_equal((uintptr_t)blocks[b] % 64, 0);
            aligned += ((uintptr_t)blocks[b] - 64) % (2 << 20) == 0;
            for (size_t i = 0; i < bytes; i += 1009)
                assert_int_equal(blocks[b][i], 0);
            memset(blocks[b], 0xff, bytes); // to the last byte
        }
        if (possible && on == 1)
            assert_int_equal(aligned, 8);
        if (on == 0)
            assert_true(aligned < 8);
        for (size_t b = 0; b < 8; b++)
            entrain__arena_give(arena, blocks[b]);
    }
    entrain__arena_destroy(arena);
}

static uint64_t mapped_mib(void) {
    FILE *file = fopen("/proc/self/statm", "r"); // the first number: pages
    char text[32] = "";
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    return strtoull(text, NULL, 10) >> 8;
}

// jemalloc alone keeps some MiB of addresses of each, in mappings of which a process may have 65530: some
// thousand engines.
static void an_arena_leaves_no_mapping_behind(void **state) {
    (void)state;
    uint64_t before = 0;
    for (uint32_t n = 0; n < 150; n++) {
        entrain__arena *arena;
        assert_int_equal(entrain__arena_create(&arena), ENTRAIN_OK);
        memset(entrain__arena_take(arena, 100 + n, 1), 1, 100);
        void *given = entrain__arena_take(arena, n % 8, 1 << 20);
        entrain__arena_give(arena, given);
        assert_non_null(entrain__arena_take(arena, n % 5, 3 << 20));
        entrain__arena_destroy(arena);
        if (n == 20)
            before = mapped_mib();
    }
    assert_in_range(mapped_mib(), 0, before + 50);
}

static void a_wrong_word_in_the_environment_is_refused(void **state) {
    (void)state;
    entrain_error error = {0};
    static const char *const good[] = {"on", "off", ""};
    for (size_t w = 0; w < sizeof good / sizeof *good; w++) {
        setenv("ENTRAIN_HUGE_PAGES", good[w], 1);
        CHECK_OK(entrain__memory_check_environment(&error), error);
    }
    setenv("ENTRAIN_HUGE_PAGES", "yes", 1);
    CHECK_REFUSED(entrain__memory_check_environment(&error), ENTRAIN_UNKNOWN, error,
                  "ENTRAIN_HUGE_PAGES is \"yes\"");
    unsetenv("ENTRAIN_HUGE_PAGES");
    CHECK_OK(entrain__memory_check_environment(&error), error);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_zeroed_and_counted),
        cmocka_unit_test(what_cannot_be_had_is_null),
        cmocka_unit_test(the_nth_block_can_be_made_to_fail),
        cmocka_unit_test(large_blocks_ask_for_huge_pages),
        cmocka_unit_test(an_arena_leaves_no_mapping_behind),
        cmocka_unit_test(a_wrong_word_in_the_environment_is_refused),
    };
    printf("memory backend: %s\n", entrain__memory_backend());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
