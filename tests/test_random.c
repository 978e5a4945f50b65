// Draws: Philox as published, golden values, and samples that look like what they claim to be. Every seed is
// fixed, so a statistical check that passes once passes always.
#include "check.h"

#include <math.h>

#include "math_simd.h"

#include "engine/base/fingerprint.h"
#include "engine/base/random_kernel.h"

enum { SAMPLE = 100000 };

// kat_vectors of Random123 1.x, philox4x32, 10 rounds, through the public path: a draw's counter is (actor,
// tick, draw).
static void blocks_are_the_published_ones(void **state) {
    (void)state;
    static const struct {
        entrain_random key;
        uint32_t actor;
        uint64_t tick;
        uint32_t draw;
        uint32_t out[4];
    } known[] = {
        {{{0, 0}}, 0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{{UINT32_MAX, UINT32_MAX}},
         UINT32_MAX,
         UINT64_MAX,
         UINT32_MAX,
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{{0xa4093822, 0x299f31d0}},
         0x243f6a88,
         UINT64_C(0x13198a2e85a308d3),
         0x03707344,
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        entrain_random_block block =
            entrain_random_draw(known[i].key, known[i].actor, known[i].tick, known[i].draw);
        assert_int_equal(block.bits[0], known[i].out[0] | (uint64_t)known[i].out[1] << 32);
        assert_int_equal(block.bits[1], known[i].out[2] | (uint64_t)known[i].out[3] << 32);
    }
}

static void draws_have_their_golden_values(void **state) {
    (void)state;
    entrain_random key = entrain_random_key(42, ENTRAIN_STREAM_PHASE);
    assert_int_equal(key.key[0], 0x991b58d5);
    assert_int_equal(key.key[1], 0x90c9bd96);
    entrain_random_block block = entrain_random_draw(key, 1, 2, 3);
    assert_int_equal(block.bits[0], UINT64_C(0xc9cfbd07ca5ca983));
    assert_int_equal(block.bits[1], UINT64_C(0xefc0fa7343e5b723));
    assert_true(entrain_random_uniform(key, 1, 2, 3) == 0x1.939f7a0f94b95p-1);
    assert_true(entrain_random_normal(key, 1, 2, 3) == 0x1.456c90818b219p-1);
    assert_true(entrain_random_lorentz(key, 1, 2, 3) == 0x1.46793d814b568p+0);
    assert_int_equal(entrain_random_below(key, 1000, 1, 2, 3), 788);
    uint64_t mix = 0;
    for (uint32_t actor = 0; actor < 5000; actor++) {
        uint64_t tick = (uint64_t)actor * actor << 12;
        const double drawn[] = {entrain_random_uniform(key, actor, tick, 1),
                                entrain_random_normal(key, actor, tick, 2),
                                entrain_random_lorentz(key, actor, tick, 3)};
        for (int i = 0; i < 3; i++) {
            uint64_t bits;
            memcpy(&bits, &drawn[i], sizeof bits);
            mix = entrain__mix_fold(mix, bits);
        }
        mix = entrain__mix_fold(mix, entrain_random_below(key, actor + 1, actor, tick, 4));
    }
    assert_int_equal(mix, UINT64_C(0xb8475b1f673757f5));
}

static uint64_t unshift(uint64_t x, unsigned by) {
    uint64_t y = x;
    for (unsigned done = by; done < 64; done += by)
        y = x ^ y >> by;
    return y;
}

// entrain__mix64 backwards, with the inverses of its two factors modulo 2^64.
static uint64_t unmix(uint64_t x) {
    x = unshift(x, 31) * UINT64_C(0x319642b2d24d8ec3);
    x = unshift(x, 27) * UINT64_C(0x96de1b173f119089);
    return unshift(x, 30);
}

static uint64_t key_bits(uint64_t seed, uint32_t stream) {
    entrain_random key = entrain_random_key(seed, stream);
    return key.key[0] | (uint64_t)key.key[1] << 32;
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void check_distinct(uint64_t *values, size_t count) {
    qsort(values, count, sizeof *values, by_value);
    for (size_t i = 1; i < count; i++)
        assert_true(values[i - 1] != values[i]);
}

static void keys_are_one_to_one_in_the_seed_and_apart_in_the_stream(void **state) {
    (void)state;
    // The seed can be read back from the key: the map has an inverse.
    for (uint32_t stream = 0; stream < 2000; stream += 7) {
        uint64_t offset = unmix(key_bits(0, stream));
        for (uint64_t seed = 1; seed != 0; seed <<= 1) {
            assert_int_equal(unmix(key_bits(seed, stream)) ^ offset, seed);
            assert_int_equal(unmix(key_bits(~seed, stream)) ^ offset, ~seed);
        }
    }
    static uint64_t keys[1 << 16];
    for (uint32_t i = 0; i < 1 << 16; i++)
        keys[i] = key_bits(i, ENTRAIN_STREAM_JITTER);
    check_distinct(keys, 1 << 16);
    for (uint32_t i = 0; i < 1 << 16; i++)
        keys[i] = key_bits(1, i);
    check_distinct(keys, 1 << 16);
    for (uint32_t i = 0; i < 1 << 16; i++)
        keys[i] = key_bits(i >> 8, i & 255);
    check_distinct(keys, 1 << 16);
}

// Changing any one bit of any argument changes about half of the 128 bits drawn.
static void every_bit_of_every_argument_counts(void **state) {
    (void)state;
    unsigned least = 128;
    double total = 0;
    unsigned count = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint32_t actor = (uint32_t)seed * 17, draw = 3, stream = ENTRAIN_STREAM_PHASE;
        uint64_t tick = seed * 1000;
        entrain_random_block one = entrain_random_draw(entrain_random_key(seed, stream), actor, tick, draw);
        for (unsigned bit = 0; bit < 64 + 32 + 32 + 64 + 32; bit++) {
            uint64_t flip64[5] = {0};
            unsigned which = bit < 64 ? 0 : bit < 96 ? 1 : bit < 128 ? 2 : bit < 192 ? 3 : 4;
            static const unsigned first[5] = {0, 64, 96, 128, 192};
            flip64[which] = UINT64_C(1) << (bit - first[which]);
            entrain_random key = entrain_random_key(seed ^ flip64[0], stream ^ (uint32_t)flip64[1]);
            entrain_random_block other = entrain_random_draw(key, actor ^ (uint32_t)flip64[2],
                                                             tick ^ flip64[3], draw ^ (uint32_t)flip64[4]);
            unsigned changed = (unsigned)__builtin_popcountll(one.bits[0] ^ other.bits[0]) +
                               (unsigned)__builtin_popcountll(one.bits[1] ^ other.bits[1]);
            least = changed < least ? changed : least;
            total += changed;
            count++;
        }
    }
    assert_true(least > 36);
    CHECK_NEAR(total / count, 64.0, 0.5);
}

typedef double draw_function(entrain_random key, uint32_t actor, uint64_t tick, uint32_t draw);

// A sample along one of the counter's axes.
static void fill(double *sample, draw_function *draw, entrain_random key, int axis) {
    for (uint32_t i = 0; i < SAMPLE; i++)
        sample[i] = axis == 0   ? draw(key, i, 7, 0)
                    : axis == 1 ? draw(key, 7, (uint64_t)i << 16, 0)
                                : draw(key, 7, 7, i);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Kolmogorov and Smirnov: the largest gap between the sample's distribution and the true one, times
// sqrt(count). Above 1.63 one time in a hundred.
static double largest_gap(double *sample, double (*distribution)(double)) {
    qsort(sample, SAMPLE, sizeof *sample, by_size);
    double gap = 0;
    for (int i = 0; i < SAMPLE; i++) {
        double f = distribution(sample[i]);
        gap = fmax(gap, fmax(f - (double)i / SAMPLE, (double)(i + 1) / SAMPLE - f));
    }
    return gap * sqrt(SAMPLE);
}

static double uniform_distribution(double x) { return x; }
static double normal_distribution(double x) { return 0.5 * erfc(-x / sqrt(2.0)); }
static double lorentz_distribution(double x) { return 0.5 + atan(x) / 3.14159265358979323846; }

static double moment(const double *sample, int order) {
    double sum = 0;
    for (int i = 0; i < SAMPLE; i++) {
        double power = 1;
        for (int k = 0; k < order; k++)
            power *= sample[i];
        sum += power;
    }
    return sum / SAMPLE;
}

static void samples_have_their_distributions(void **state) {
    (void)state;
    static double sample[SAMPLE];
    static const struct {
        const char *name;
        draw_function *draw;
        double (*distribution)(double);
        double moments[4]; // true values; 0 where unused
        double spread[4];  // standard deviation of one term of each moment
    } kinds[] = {
        {"uniform",
         entrain_random_uniform,
         uniform_distribution,
         {0.5, 1.0 / 3, 0.25, 0.2},
         {0.289, 0.299, 0.284, 0.267}},
        {"normal", entrain_random_normal, normal_distribution, {0, 1, 0, 3}, {1, 1.415, 3.873, 9.798}},
        {"lorentz", entrain_random_lorentz, lorentz_distribution, {0}, {0}},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (int axis = 0; axis < 3; axis++) {
            fill(sample, kinds[k].draw, entrain_random_key(11 + (uint64_t)axis, ENTRAIN_STREAM_USER), axis);
            for (int order = 1; order <= 4 && kinds[k].spread[order - 1] > 0; order++)
                CHECK_NEAR(moment(sample, order), kinds[k].moments[order - 1],
                           3.5 * kinds[k].spread[order - 1] / sqrt(SAMPLE));
            double gap = largest_gap(sample, kinds[k].distribution);
            printf("  %s along axis %d: KS %.2f\n", kinds[k].name, axis, gap);
            assert_true(gap < 1.63);
        }
    }
}

// The formulas in the header, recomputed in long double from the block's bits: the tails keep their digits.
static void draws_are_what_their_formulas_say(void **state) {
    (void)state;
    entrain_random key = entrain_random_key(5, ENTRAIN_STREAM_FREQUENCY);
    double lorentz_worst = 0, normal_worst = 0;
    for (uint32_t i = 0; i < SAMPLE; i++) {
        entrain_random_block block = entrain_random_draw(key, i, 1, 2);
        double u = entrain__random_unit(block.bits[0]), v = entrain__random_unit(block.bits[1]);
        assert_true(entrain_random_uniform(key, i, 1, 2) == u);
        assert_int_equal(entrain_random_below(key, 1 << 20, i, 1, 2), block.bits[0] >> 44);
        // Outside as a cotangent of the distance to the pole: long double's tangent would lose the digits
        // there.
        double distance = fmin(u, 1.0 - u);
        long double lorentz =
            distance > 0.25 ? tanl(M_PIl * (u - 0.5)) : copysignl(1.0L / tanl(M_PIl * distance), u - 0.5);
        long double normal = sqrtl(-2.0L * logl(u)) * cosl(2.0L * M_PIl * v);
        lorentz_worst =
            fmax(lorentz_worst, (double)fabsl(entrain_random_lorentz(key, i, 1, 2) / lorentz - 1.0L));
        normal_worst = fmax(normal_worst, (double)fabsl(entrain_random_normal(key, i, 1, 2) - normal));
    }
    printf("  lorentz: relative error %.2g; normal: absolute error %.2g\n", lorentz_worst, normal_worst);
    assert_true(lorentz_worst < 8e-16 && normal_worst < 4e-15);
}

static double correlation(draw_function *draw, entrain_random a, entrain_random b, uint32_t actor,
                          uint64_t tick, uint32_t count) {
    double sum = 0;
    for (uint32_t i = 0; i < SAMPLE; i++)
        sum += (draw(a, i, 0, 0) - 0.5) * (draw(b, i + actor, tick, count) - 0.5);
    return sum / SAMPLE * 12.0;
}

static void streams_seeds_and_neighbours_are_independent(void **state) {
    (void)state;
    double bound = 3.5 / sqrt(SAMPLE);
    entrain_random one = entrain_random_key(1, 1);
    CHECK_NEAR(correlation(entrain_random_uniform, one, one, 0, 0, 0), 1.0, 0.02); // the measure itself works
    CHECK_NEAR(correlation(entrain_random_uniform, one, entrain_random_key(1, 2), 0, 0, 0), 0, bound);
    CHECK_NEAR(correlation(entrain_random_uniform, one, entrain_random_key(2, 1), 0, 0, 0), 0, bound);
    CHECK_NEAR(correlation(entrain_random_uniform, one, entrain_random_key(0, 0), 0, 0, 0), 0, bound);
    CHECK_NEAR(correlation(entrain_random_uniform, one, one, 1, 0, 0), 0, bound);
    CHECK_NEAR(correlation(entrain_random_uniform, one, one, 0, 1, 0), 0, bound);
    CHECK_NEAR(correlation(entrain_random_uniform, one, one, 0, UINT64_C(1) << 32, 0), 0, bound);
    CHECK_NEAR(correlation(entrain_random_uniform, one, one, 0, 0, 1), 0, bound);
    // The two words of a block.
    double sum = 0;
    for (uint32_t i = 0; i < SAMPLE; i++) {
        entrain_random_block block = entrain_random_draw(one, i, 0, 0);
        sum += (entrain__random_unit(block.bits[0]) - 0.5) * (entrain__random_unit(block.bits[1]) - 0.5);
    }
    CHECK_NEAR(sum / SAMPLE * 12.0, 0, bound);
}

static void uniforms_stay_inside(void **state) {
    (void)state;
    assert_true(entrain__random_unit(0) == 0x1p-53 && entrain__random_unit(UINT64_MAX) == 1.0 - 0x1p-53);
    assert_true(entrain__random_unit(UINT64_C(1) << 63) == 0.5 + 0x1p-53);
    for (uint64_t bits = 1; bits != 0; bits <<= 1)
        assert_true(entrain__random_unit(bits) + entrain__random_unit(~bits) == 1.0);
}

// Pearson's chi-square over the values 0 .. bound-1, normalised to about a standard normal.
static double unevenness(uint64_t bound, entrain_random key) {
    unsigned counts[128] = {0};
    for (uint32_t i = 0; i < SAMPLE; i++) {
        uint64_t value = entrain_random_below(key, bound, i, 5, 0);
        assert_true(value < bound);
        counts[value]++;
    }
    double expected = (double)SAMPLE / (double)bound, chi = 0;
    for (uint64_t v = 0; v < bound; v++)
        chi += (counts[v] - expected) * (counts[v] - expected) / expected;
    return (chi - (double)(bound - 1)) / sqrt(2.0 * (double)(bound - 1));
}

static void integers_are_below_their_bound_and_even(void **state) {
    (void)state;
    entrain_random key = entrain_random_key(3, ENTRAIN_STREAM_TOPOLOGY);
    static const uint64_t small[] = {2, 3, 7, 64, 100, 127};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        CHECK_NEAR(unevenness(small[i], key), 0, 3.0);
    static const uint64_t large[] = {(UINT64_C(1) << 32) + 1, UINT64_C(1) << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        double mean = 0;
        for (uint32_t actor = 0; actor < SAMPLE; actor++) {
            uint64_t value = entrain_random_below(key, large[i], actor, 5, 0);
            assert_true(value < large[i]);
            mean += (double)value / (double)large[i] / SAMPLE;
        }
        CHECK_NEAR(mean, 0.5, 3.5 * 0.289 / sqrt(SAMPLE));
    }
    for (uint32_t actor = 0; actor < 100; actor++)
        assert_int_equal(entrain_random_below(key, 1, actor, 5, 0), 0);
}

// The kernels in loops at each width against the scalar draws, bit for bit.
static void every_vector_width_gives_the_scalar_bits(void **state) {
    (void)state;
    enum { BLOCK = 1009 };
    static uint32_t actor[BLOCK];
    static double uniform[BLOCK], normal[BLOCK];
    for (int level = ENTRAIN_SIMD_SSE2; level <= ENTRAIN_SIMD_AVX512; level++) {
        const math_simd *loops = math_simd_of((entrain_simd)level);
        if (loops == NULL)
            continue;
        for (uint32_t block = 0; block < 40; block++) {
            entrain_random key = entrain_random_key(block, ENTRAIN_STREAM_JITTER);
            uint64_t tick = (uint64_t)block << block;
            size_t count = BLOCK - block % 17;
            for (uint32_t i = 0; i < count; i++)
                actor[i] = i % 2 ? i : i * UINT32_C(2654435761);
            loops->uniform(count, key, actor, tick, block, uniform);
            loops->normal(count, key, actor, tick, block, normal);
            for (size_t i = 0; i < count; i++) {
                double u = entrain_random_uniform(key, actor[i], tick, block);
                double z = entrain_random_normal(key, actor[i], tick, block);
                assert_memory_equal(&uniform[i], &u, sizeof u);
                assert_memory_equal(&normal[i], &z, sizeof z);
            }
        }
    }
}

static void check_normals(const math_simd *level, entrain_random key, const uint32_t *actors, uint64_t tick,
                          uint32_t count) {
    enum { BLOCK = 1009 };
    static double normals[BLOCK + 1];
    normals[count] = 7;
    level->normals(key, actors, tick, count, normals);
    assert_true(normals[count] == 7); // nothing behind them
    for (uint32_t k = 0; k < count; k++) {
        double z = entrain_random_normal(key, actors[k], tick, 0);
        assert_memory_equal(&normals[k], &z, sizeof z);
    }
}

// A range of normals at once, for ranges of every length and actors anywhere in them.
static void ranges_of_normals_have_the_scalar_bits(void **state) {
    (void)state;
    enum { BLOCK = 1009 };
    static uint32_t actors[BLOCK];
    for (uint32_t i = 0; i < BLOCK; i++)
        actors[i] = i % 3 ? i : UINT32_MAX - i * UINT32_C(2654435761);
    for (int level = ENTRAIN_SIMD_SSE2; level <= ENTRAIN_SIMD_AVX512; level++) {
        const math_simd *loops = math_simd_of((entrain_simd)level);
        if (loops == NULL)
            continue;
        for (uint32_t count = 0; count < 300; count++)
            check_normals(loops, entrain_random_key(count, ENTRAIN_STREAM_NOISE), actors + count % 7,
                          (uint64_t)count << count % 60, count);
        for (uint32_t tick = 0; tick < 40; tick++)
            check_normals(loops, entrain_random_key(9, ENTRAIN_STREAM_NOISE), actors, UINT64_MAX - tick,
                          BLOCK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_the_published_ones),
        cmocka_unit_test(draws_have_their_golden_values),
        cmocka_unit_test(keys_are_one_to_one_in_the_seed_and_apart_in_the_stream),
        cmocka_unit_test(every_bit_of_every_argument_counts),
        cmocka_unit_test(uniforms_stay_inside),
        cmocka_unit_test(draws_are_what_their_formulas_say),
        cmocka_unit_test(samples_have_their_distributions),
        cmocka_unit_test(streams_seeds_and_neighbours_are_independent),
        cmocka_unit_test(integers_are_below_their_bound_and_even),
        cmocka_unit_test(every_vector_width_gives_the_scalar_bits),
        cmocka_unit_test(ranges_of_normals_have_the_scalar_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
