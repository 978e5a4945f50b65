// Exact sums: conversions right to the last bit at every vector width, weights that keep their symmetry, and
// a fingerprint that no order of adding can change.
#include "check.h"

#include <math.h>

#include "math_simd.h"

#include "engine/base/fingerprint.h"
#include "engine/base/sum.h"

static uint64_t sequence;
static uint64_t next_bits(void) {
    sequence += UINT64_C(0x9e3779b97f4a7c15);
    return entrain__mix64(sequence);
}
// Any magnitude from a unit to 2^63, exponents uniform, both signs.
static int64_t next_integer(void) { return (int64_t)next_bits() >> next_bits() % 64; }
// |x| < 2^limit, exponents uniform down to 2^-8, often a tie.
static double next_real(int limit) {
    double x = ldexp((double)(int64_t)(next_bits() >> 11) * 0x1p-53,
                     limit - (int)(next_bits() % (unsigned)(limit + 8)));
    if (next_bits() % 3 == 0)
        x = floor(x) + 0.5;
    if (x >= ldexp(1.0, limit))
        x = 0.5;
    return next_bits() & 1 ? -x : x;
}
static bool same_bits(double a, double b) { return entrain__bits_of(a) == entrain__bits_of(b); }

static void rounding_is_to_nearest_even(void **state) {
    (void)state;
    static const struct {
        double x;
        int64_t integer;
    } known[] = {{0.0, 0},
                 {-0.0, 0},
                 {0.5, 0},
                 {-0.5, 0},
                 {1.5, 2},
                 {2.5, 2},
                 {-1.5, -2},
                 {-2.5, -2},
                 {0x1.fffffffffffffp-2, 0},
                 {0x1.0000000000001p-1, 1},
                 {1e-300, 0},
                 {3.0, 3}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(entrain__round_to_int64(known[i].x), known[i].integer);
    const double last = 0x1p51 - 0.25; // the range's two ends
    assert_int_equal(entrain__round_to_int64(last), INT64_C(1) << 51);
    assert_int_equal(entrain__round_to_int64(-last), -(INT64_C(1) << 51));
    sequence = 1;
    for (int i = 0; i < 500000; i++) {
        double x = next_real(51);
        assert_int_equal(entrain__round_to_int64(x), llrint(x));
    }
}

static void check_conversion(int64_t x) {
    if (!same_bits(entrain__int64_to_double(x), (double)x))
        fail_msg("%lld became %a, not %a", (long long)x, entrain__int64_to_double(x), (double)x);
}

static void integers_become_the_nearest_double(void **state) {
    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        for (int64_t near = -5; near <= 5; near++) {
            uint64_t power = UINT64_C(1) << bit;
            check_conversion((int64_t)(power + (uint64_t)near));
            check_conversion((int64_t)(UINT64_C(0) - power + (uint64_t)near));
            // Ties where a double's last place is 2, 4, ... 2^11.
            for (int tie = 0; tie < 12; tie++) {
                check_conversion((int64_t)(power + (UINT64_C(1) << tie) + (uint64_t)near));
                check_conversion((int64_t)(power + (UINT64_C(3) << tie) + (uint64_t)near));
                check_conversion((int64_t)(UINT64_C(0) - power - (UINT64_C(1) << tie) + (uint64_t)near));
            }
        }
    }
    check_conversion(INT64_MIN);
    check_conversion(INT64_MAX);
    assert_true(entrain__int64_to_double(INT64_MAX) == 0x1p63 &&
                entrain__int64_to_double(INT64_MIN) == -0x1p63);
    assert_true(same_bits(entrain__int64_to_double(0), 0.0));
    sequence = 2;
    for (int i = 0; i < 500000; i++)
        check_conversion(next_integer());
}

// The trick that sum.h warns of: right up to 127 neighbours in phase, wrong from 128 on.
static double tempting_conversion(int64_t x) {
    return entrain__double_of((int64_t)((uint64_t)x + (uint64_t)entrain__bits_of(ENTRAIN_ROUND_MAGIC))) -
           ENTRAIN_ROUND_MAGIC;
}

static void neighbours_in_phase_are_summed_exactly(void **state) {
    (void)state;
    static const int64_t words[] = {ENTRAIN_WORD_ONE, -ENTRAIN_WORD_ONE, ENTRAIN_WORD_ONE - 1,
                                    1 - ENTRAIN_WORD_ONE, 12345678901234};
    static const int64_t degrees[] = {1, 2, 127, 128, 129, 130, 131, 1000, ENTRAIN_STRENGTH_MAX};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        for (size_t d = 0; d < sizeof degrees / sizeof *degrees; d++) {
            int64_t sum = 0;
            for (int64_t i = 0; i < degrees[d]; i++)
                sum += words[w];
            assert_int_equal(sum, words[w] * degrees[d]);
            check_conversion(sum);
            check_conversion(sum + 1);
            check_conversion(sum - 1);
            assert_true(fabs(entrain__int64_to_double(sum) * ENTRAIN_WORD_UNIT) <= (double)degrees[d]);
        }
    }
    assert_true(tempting_conversion(127 * ENTRAIN_WORD_ONE) == 127.0 * 0x1p44);
    assert_false(tempting_conversion(131 * ENTRAIN_WORD_ONE) == 131.0 * 0x1p44);
    assert_false(tempting_conversion(ENTRAIN_STRENGTH_MAX * ENTRAIN_WORD_ONE) == 0x1p62);
}

static double next_weight(void) {
    return next_bits() % 8 == 0 ? ldexp(1.0, -(int)(next_bits() % 50)) : next_real(52) * 0x1p-52;
}
static int64_t next_word(void) {
    int64_t word = (int64_t)(next_bits() % (uint64_t)(2 * ENTRAIN_WORD_ONE + 1)) - ENTRAIN_WORD_ONE;
    return next_bits() % 2 ? word : word >> next_bits() % 45;
}

static void weights_keep_signs_and_bounds(void **state) {
    (void)state;
    sequence = 3;
    for (int i = 0; i < 300000; i++) {
        int64_t word = next_word();
        double weight = next_weight();
        int64_t weighed = entrain__weigh(word, weight);
        assert_int_equal(entrain__weigh(-word, weight), -weighed);
        assert_int_equal(entrain__weigh(word, -weight), -weighed);
        assert_int_equal(entrain__weigh(-word, -weight), weighed);
        assert_true(llabs(weighed) <= llabs(word));
        assert_int_equal(weighed, llrint((double)word * weight));
        // Once rounded: half a unit from the product, and the product's own rounding.
        assert_true(fabsl((long double)weighed - (long double)word * weight) <= 0.5L + 0x1p-8L);
        assert_int_equal(entrain__weigh(word, 1.0), word);
        assert_int_equal(entrain__weigh(word, 0.0), 0);
    }
    assert_int_equal(entrain__weigh(ENTRAIN_WORD_ONE, 0.5), ENTRAIN_WORD_ONE / 2);
    assert_int_equal(entrain__weigh(3, 0.5), 2);
    assert_int_equal(entrain__weigh(5, 0.5), 2);
}

enum { BLOCK = 1009 };

static void every_vector_width_gives_the_scalar_bits(void **state) {
    (void)state;
    static double real[BLOCK], converted[BLOCK], weight[BLOCK];
    static int64_t integer[BLOCK], rounded[BLOCK], word[BLOCK], weighed[BLOCK];
    for (int level = ENTRAIN_SIMD_SSE2; level <= ENTRAIN_SIMD_AVX512; level++) {
        const math_simd *loops = math_simd_of((entrain_simd)level);
        if (loops == NULL)
            continue;
        sequence = 4;
        for (size_t block = 0; block < 200; block++) {
            size_t count = BLOCK - block % 17;
            for (size_t i = 0; i < count; i++) {
                real[i] = next_real(51);
                integer[i] = i == 0 ? INT64_MIN : i == 1 ? INT64_MAX : next_integer();
                word[i] = next_word();
                weight[i] = next_weight();
            }
            loops->round(count, real, rounded);
            loops->to_double(count, integer, converted);
            loops->weigh(count, word, weight, weighed);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(rounded[i], llrint(real[i]));
                assert_true(same_bits(converted[i], (double)integer[i]));
                assert_int_equal(weighed[i], llrint((double)word[i] * weight[i]));
            }
        }
    }
}

// A fingerprint of actors of two pieces of state each, added in the order given.
static uint64_t fingerprint(const uint32_t *order, const uint64_t (*pieces)[2], size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t id = order[i];
        sum += entrain__mix_fold(entrain__mix_fold(entrain__mix64(id), pieces[id][0]), pieces[id][1]);
    }
    return sum;
}

static void a_fingerprint_knows_no_order_but_every_bit(void **state) {
    (void)state;
    enum { COUNT = 300 };
    uint32_t order[COUNT];
    uint64_t pieces[COUNT][2];
    sequence = 5;
    for (uint32_t i = 0; i < COUNT; i++) {
        order[i] = i;
        pieces[i][0] = next_bits() >> next_bits() % 64;
        pieces[i][1] = i % 3 ? 0 : next_bits();
    }
    uint64_t once = fingerprint(order, (const uint64_t(*)[2])pieces, COUNT);
    for (int shuffle = 0; shuffle < 20; shuffle++) {
        for (uint32_t i = COUNT - 1; i > 0; i--) {
            uint32_t j = (uint32_t)(next_bits() % (i + 1)), keep = order[i];
            order[i] = order[j];
            order[j] = keep;
        }
        assert_int_equal(fingerprint(order, (const uint64_t(*)[2])pieces, COUNT), once);
    }
    // In two parts, by two workers.
    uint64_t parts = fingerprint(order, (const uint64_t(*)[2])pieces, 100);
    assert_int_equal(parts + fingerprint(order + 100, (const uint64_t(*)[2])pieces, COUNT - 100), once);

    for (uint32_t id = 0; id < COUNT; id += 13) {
        for (int bit = 0; bit < 128; bit++) {
            pieces[id][bit / 64] ^= UINT64_C(1) << bit % 64;
            assert_true(fingerprint(order, (const uint64_t(*)[2])pieces, COUNT) != once);
            pieces[id][bit / 64] ^= UINT64_C(1) << bit % 64;
        }
    }
    // Two actors that change places, and two pieces of one actor.
    uint64_t keep = pieces[7][0];
    pieces[7][0] = pieces[8][0];
    pieces[8][0] = keep;
    assert_true(fingerprint(order, (const uint64_t(*)[2])pieces, COUNT) != once);
    pieces[8][0] = pieces[7][0];
    pieces[7][0] = keep;
    assert_int_equal(fingerprint(order, (const uint64_t(*)[2])pieces, COUNT), once);
    keep = pieces[9][0];
    pieces[9][0] = pieces[9][1];
    pieces[9][1] = keep;
    assert_true(fingerprint(order, (const uint64_t(*)[2])pieces, COUNT) != once);
}

static void the_mix_is_splitmix64(void **state) {
    (void)state;
    // The first outputs of SplitMix64 from seed 0 and 1234567, as published with its reference implementation
    // and Rosetta Code.
    assert_int_equal(entrain__mix_fold(0, 0), UINT64_C(0xe220a8397b1dcdaf));
    assert_int_equal(entrain__mix64(2 * UINT64_C(0x9e3779b97f4a7c15)), UINT64_C(0x6e789e6aa1b965f4));
    assert_int_equal(entrain__mix_fold(0, 1234567), UINT64_C(6457827717110365317));
    assert_int_equal(entrain__mix64(0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_is_to_nearest_even),
        cmocka_unit_test(integers_become_the_nearest_double),
        cmocka_unit_test(neighbours_in_phase_are_summed_exactly),
        cmocka_unit_test(weights_keep_signs_and_bounds),
        cmocka_unit_test(every_vector_width_gives_the_scalar_bits),
        cmocka_unit_test(a_fingerprint_knows_no_order_but_every_bit),
        cmocka_unit_test(the_mix_is_splitmix64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
