// Threads that take parts of work from each other: each part is done once, before crew_do() returns, also
// where parts have parts.
#include "tests/check.h"

#include <stdatomic.h>

#include "sims/crew.h"

enum { OUTER = 40, INNER = 30 };

typedef struct tally {
    crew *all;
    _Atomic uint32_t done[OUTER][INNER];
    _Atomic uint32_t early; // parts that crew_do() did not wait for
} tally;

typedef struct part {
    tally *counted;
    uint32_t outer;
} part;

static void inner_part(void *context, uint32_t index) {
    part *one = context;
    for (volatile int i = 0; i < 3000; i++) // long enough for others to be in the midst of one
        continue;
    one->counted->done[one->outer][index]++;
}

static void outer_part(void *context, uint32_t index) {
    tally *counted = context;
    part one = {counted, index};
    crew_do(counted->all, INNER, inner_part, &one);
    for (uint32_t i = 0; i < INNER; i++)
        counted->early += counted->done[index][i] != 1;
}

static void test_a_crew_does_every_part_once(void **state) {
    (void)state;
    for (uint32_t size = 1; size <= 5; size += 2) {
        static tally counted;
        entrain_error error;
        memset(&counted, 0, sizeof counted);
        CHECK_OK(crew_create(size, &counted.all, &error), error);
        crew_do(counted.all, OUTER, outer_part, &counted);
        crew_do(counted.all, 0, outer_part, &counted);
        for (uint32_t o = 0; o < OUTER; o++)
            for (uint32_t i = 0; i < INNER; i++)
                assert_int_equal(counted.done[o][i], 1);
        assert_int_equal(counted.early, 0);
        crew_destroy(counted.all);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_crew_does_every_part_once)};
    return cmocka_run_group_tests_name("crew", tests, NULL, NULL);
}
