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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_zeroed_and_counted),
        cmocka_unit_test(what_cannot_be_had_is_null),
        cmocka_unit_test(the_nth_block_can_be_made_to_fail),
    };
    printf("memory backend: %s\n", entrain__memory_backend());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
