// Entrain's mathematics: how far from the truth (measured against libm's long double functions), and the same
// bits everywhere. With --full the same properties on many more points.
#include "check.h"

#include <math.h>

#include "math_simd.h"

#include "engine/base/fingerprint.h"
#include "engine/base/math_kernel.h"
#include "entrain/math.h"

// The bits of every function on a fixed set of inputs, folded: one constant for every compiler, level and
// machine.
#define GOLDEN UINT64_C(0xd66bac5e167c157b)

static size_t effort = 1; // how many times the unit test's points

// A sequence that only this program draws from: SplitMix64.
static uint64_t sequence;
static uint64_t next_bits(void) {
    sequence += UINT64_C(0x9e3779b97f4a7c15);
    return entrain__mix64(sequence);
}
static double next_unit(void) { return (double)(int64_t)(next_bits() >> 11) * 0x1p-53; }
static double next_between(double low, double high) { return low + (high - low) * next_unit(); }
// Any finite double, exponents uniform.
static double next_finite(void) {
    double x = entrain__double_of((int64_t)next_bits());
    return isfinite(x) ? x : 1.0;
}
// A double next to a multiple of pi/2, within +-2^bits quadrants.
static double next_near_quadrant(unsigned bits) {
    double n = rint(ldexp(next_between(-1.0, 1.0), (int)(next_bits() % (bits + 1))));
    double x = (double)((long double)(n == 0.0 ? 1.0 : n) * (M_PIl / 2));
    return entrain__double_of(entrain__bits_of(x) + (int64_t)(next_bits() % 7) - 3);
}

static bool same_bits(double a, double b) { return entrain__bits_of(a) == entrain__bits_of(b); }

typedef struct worst {
    double ulp, x, y;
} worst;

// |got - wanted| in units in the last place of wanted as a double; of the least subnormal below 2^-1022.
static double error_ulp(double got, long double wanted) {
    if (isnan(wanted) || isnan(got))
        return isnan(wanted) && isnan(got) ? 0.0 : HUGE_VAL;
    if (isinf(got))
        return (double)wanted == got ? 0.0 : HUGE_VAL;
    int exponent = -1073;
    if (wanted != 0.0L)
        (void)frexpl(wanted, &exponent);
    exponent = exponent < -1021 ? -1074 : exponent - 53;
    return (double)fabsl(ldexpl((long double)got - wanted, -exponent));
}

static void note(worst *worst_of, double got, long double wanted, double x, double y) {
    double error = error_ulp(got, wanted);
    if (error > worst_of->ulp)
        *worst_of = (worst){error, x, y};
}

static void check_bound(const char *name, worst worst_of, double bound) {
    printf("  %-28s %.4f ulp at %a, %a\n", name, worst_of.ulp, worst_of.x, worst_of.y);
    if (!(worst_of.ulp <= bound))
        fail_msg("%s is %.4f ulp off at (%a, %a), bound %.2f", name, worst_of.ulp, worst_of.x, worst_of.y,
                 bound);
}

static void check_circle(const char *range, double (*draw)(void), size_t count) {
    worst sine = {0}, cosine = {0}, tangent = {0};
    sequence = 1;
    for (size_t i = 0; i < count * effort; i++) {
        double x = draw(), s, c;
        entrain_sincos(x, &s, &c);
        assert_true(same_bits(s, entrain_sin(x)) && same_bits(c, entrain_cos(x)));
        note(&sine, s, sinl(x), x, 0);
        note(&cosine, c, cosl(x), x, 0);
        note(&tangent, entrain_tan(x), tanl(x), x, 0);
    }
    char name[64];
    snprintf(name, sizeof name, "sin %s", range);
    check_bound(name, sine, 0.82);
    snprintf(name, sizeof name, "cos %s", range);
    check_bound(name, cosine, 0.82);
    snprintf(name, sizeof name, "tan %s", range);
    check_bound(name, tangent, 1.0);
}

static double draw_turn(void) { return next_between(-4.0, 4.0); }
static double draw_kernel_range(void) { return next_between(-ENTRAIN__ANGLE_MAX, ENTRAIN__ANGLE_MAX); }
static double draw_near_quadrant(void) { return next_near_quadrant(19); }
static double draw_near_large_quadrant(void) { return next_near_quadrant(62); }
static double draw_edge(void) { return ENTRAIN__ANGLE_MAX + next_between(-2.0, 2.0); }
static void sines_are_within_their_bounds(void **state) {
    (void)state;
    check_circle("|x| < 4", draw_turn, 100000);
    check_circle("|x| < 2^20", draw_kernel_range, 100000);
    check_circle("around 2^20", draw_edge, 20000);
    check_circle("near n pi/2", draw_near_quadrant, 50000);
    check_circle("near n pi/2, n < 2^62", draw_near_large_quadrant, 50000);
    check_circle("every exponent", next_finite, 100000);
}

static void logarithm_and_exponential_are_within_their_bounds(void **state) {
    (void)state;
    worst logarithm = {0}, exponential = {0}, subnormal = {0};
    sequence = 2;
    for (size_t i = 0; i < 200000 * effort; i++) {
        double x = i % 2 ? fabs(next_finite()) : next_between(0.5, 2.0);
        note(&logarithm, entrain_log(x), logl(x), x, 0);
        x = i % 2 ? next_between(-708.0, 710.0) : next_between(-2.0, 2.0);
        note(&exponential, entrain_exp(x), expl(x), x, 0);
        x = next_between(-750.0, -708.0);
        note(&subnormal, entrain_exp(x), expl(x), x, 0);
    }
    check_bound("log", logarithm, 0.90);
    check_bound("exp", exponential, 0.95);
    check_bound("exp, subnormal", subnormal, 1.0);
}

static void angles_are_within_their_bounds(void **state) {
    (void)state;
    worst any = {0}, circle = {0}, skew = {0};
    sequence = 3;
    for (size_t i = 0; i < 100000 * effort; i++) {
        double y = next_finite(), x = next_finite();
        note(&any, entrain_atan2(y, x), atan2l(y, x), y, x);
        y = next_between(-1.0, 1.0), x = next_between(-1.0, 1.0);
        note(&circle, entrain_atan2(y, x), atan2l(y, x), y, x);
        y = next_finite() * 0x1p-80, x = ldexp(y, (int)(next_bits() % 140) - 70) * next_between(-1.0, 1.0);
        note(&skew, entrain_atan2(y, x), atan2l(y, x), y, x);
    }
    check_bound("atan2, every exponent", any, 0.80);
    check_bound("atan2 in the unit square", circle, 0.80);
    check_bound("atan2, 2^-70 to 2^70", skew, 0.80);
}

static void hard_angles_are_right(void **state) {
    (void)state;
    // Ends of ranges; then, from continued fractions, the doubles nearest to a multiple of pi/2 at many
    // exponents, among them the two nearest of all: 0x1.6c6cbc45dc8dep+5 in the kernel's range, Kahan's
    // 0x1.6ac5b262ca1ffp+849 beyond.
    static const double hard[] = {0x1.921fb54442d18p+0,
                                  0x1.921fb54442d18p+1,
                                  1e22,
                                  0x1.fffffffffffffp+1023,
                                  0x1p1023,
                                  0x1p20,
                                  0x1.0000000000001p20,
                                  0x1p-26,
                                  0x1p-1022,
                                  0x1p-1074,
                                  0x1.6c6cbc45dc8dep+5,
                                  0x1.6c6cbc45dc8dep+6,
                                  0x1.6c6cbc45dc8dep+7,
                                  0x1.6c6cbc45dc8dep+8,
                                  0x1.6c6cbc45dc8dep+9,
                                  0x1.6c6cbc45dc8dep+10,
                                  0x1.6c6cbc45dc8dep+11,
                                  0x1.39c6fd67805a7p+18,
                                  0x1.9eb7148f354d6p+20,
                                  0x1.b951f1572eba5p+23,
                                  0x1.4d8d546c1ba70p+60,
                                  0x1.e50fec1788957p+100,
                                  0x1.504cac51f1eafp+131,
                                  0x1.e42d3528e32a3p+140,
                                  0x1.2722f5d698acep+180,
                                  0x1.741b6813300bap+220,
                                  0x1.0ebf80b96d86cp+260,
                                  0x1.c45cd11154dfdp+300,
                                  0x1.1cb1497fca4fep+340,
                                  0x1.e2b9b851ea7fcp+380,
                                  0x1.1278a79fdcbd9p+420,
                                  0x1.ac593e47e035bp+460,
                                  0x1.a2314821a472fp+500,
                                  0x1.682877a2d3567p+540,
                                  0x1.4c96c11134d36p+577,
                                  0x1.4c96c11134d36p+580,
                                  0x1.f1f2ddcbe576ap+620,
                                  0x1.fe4ceef76b580p+660,
                                  0x1.db41f3cb71d7bp+680,
                                  0x1.a6427ab7d6a9ap+700,
                                  0x1.682a820c3be19p+740,
                                  0x1.2e39e5cd19285p+780,
                                  0x1.ff4d748407eddp+820,
                                  0x1.6ac5b262ca1ffp+849,
                                  0x1.6ac5b262ca1ffp+850,
                                  0x1.6ac5b262ca1ffp+851,
                                  0x1.cfe482285f8edp+860,
                                  0x1.340f77367b611p+900,
                                  0x1.4117573397d42p+940,
                                  0x1.3cd06d91bde34p+980,
                                  0x1.e009c53148be1p+991,
                                  0x1.4551061aadd5dp+1019,
                                  0x1.ea67085ca6414p+1020,
                                  0x1.61a3db8c8d129p+1021,
                                  0x1.61a3db8c8d129p+1022,
                                  0x1.61a3db8c8d129p+1023};
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        for (double x = hard[i];; x = -x) {
            worst sine = {0}, cosine = {0}, tangent = {0};
            note(&sine, entrain_sin(x), sinl(x), x, 0);
            note(&cosine, entrain_cos(x), cosl(x), x, 0);
            note(&tangent, entrain_tan(x), tanl(x), x, 0);
            assert_true(sine.ulp < 0.82 && cosine.ulp < 0.82 && tangent.ulp < 1.0);
            if (x < 0)
                break;
        }
    }
    // Independent of libm: these digits are mpmath's, 60 of them asked for.
    assert_true(same_bits(entrain_cos(0x1.6ac5b262ca1ffp+849), -0x1.14ae72e6ba22fp-61));
    assert_true(same_bits(entrain_sin(0x1.fffffffffffffp+1023), 0x1.452fc98b34e97p-8));
    assert_true(same_bits(entrain_cos(0x1.fffffffffffffp+1023), -0x1.fffe62ecfab75p-1));
    assert_true(same_bits(entrain_sin(1e22), -0x1.b453ab76bf397p-1));
}

// Odd, even, and what C17's annex F says of zeros and infinities.
static void special_values_are_right(void **state) {
    (void)state;
    const uint64_t one_nan = UINT64_C(0x7ff8000000000000);
    double s, c;
    const double outside[] = {HUGE_VAL, -HUGE_VAL, NAN, -NAN};
    for (size_t i = 0; i < 4; i++) {
        entrain_sincos(outside[i], &s, &c);
        assert_int_equal((uint64_t)entrain__bits_of(s), one_nan);
        assert_int_equal((uint64_t)entrain__bits_of(c), one_nan);
        assert_int_equal((uint64_t)entrain__bits_of(entrain_tan(outside[i])), one_nan);
    }
    entrain_sincos(-0.0, &s, &c);
    assert_true(same_bits(s, -0.0) && c == 1.0 && same_bits(entrain_tan(-0.0), -0.0));
    entrain_sincos(0.0, &s, &c);
    assert_true(same_bits(s, 0.0) && c == 1.0 && same_bits(entrain_tan(0.0), 0.0));
    assert_true(entrain_sin(0x1p-1074) == 0x1p-1074 && entrain_tan(-0x1p-1074) == -0x1p-1074);
    assert_true(entrain_sin(0x1.8p-30) == 0x1.8p-30 && entrain_cos(0x1p-30) == 1.0);

    assert_true(entrain_log(0.0) == -HUGE_VAL && entrain_log(-0.0) == -HUGE_VAL &&
                entrain_log(HUGE_VAL) == HUGE_VAL);
    assert_true(same_bits(entrain_log(1.0), 0.0));
    assert_int_equal((uint64_t)entrain__bits_of(entrain_log(-1.0)), one_nan);
    assert_int_equal((uint64_t)entrain__bits_of(entrain_log(-NAN)), one_nan);
    assert_int_equal((uint64_t)entrain__bits_of(entrain_log(-HUGE_VAL)), one_nan);

    assert_true(entrain_exp(0.0) == 1.0 && entrain_exp(-0.0) == 1.0);
    assert_true(entrain_exp(HUGE_VAL) == HUGE_VAL && same_bits(entrain_exp(-HUGE_VAL), 0.0));
    assert_true(isfinite(entrain_exp(0x1.62e42fefa39efp+9)) && entrain_exp(0x1.62e42fefa39fp+9) == HUGE_VAL);
    assert_true(entrain_exp(-0x1.74910d52d3051p+9) == 0x1p-1074 && entrain_exp(-0x1.74910d52d3052p+9) == 0.0);
    assert_int_equal((uint64_t)entrain__bits_of(entrain_exp(-NAN)), one_nan);

    const double values[] = {0.0, 1.0, HUGE_VAL, 0x1p-1074, 0x1.fffffffffffffp+1023};
    for (size_t i = 0; i < 20; i++) {
        for (size_t j = 0; j < 20; j++) {
            double y = i < 5 ? values[i] : i < 10 ? -values[i - 5] : next_finite();
            double x = j < 5 ? values[j] : j < 10 ? -values[j - 5] : next_finite();
            double angle = entrain_atan2(y, x);
            assert_true(error_ulp(angle, atan2l(y, x)) <= 0.80);
            assert_int_equal(signbit(angle), signbit(y));
            assert_true(fabs(angle) <= 0x1.921fb54442d18p+1);
        }
    }
    assert_int_equal((uint64_t)entrain__bits_of(entrain_atan2(-NAN, 1.0)), one_nan);
    assert_int_equal((uint64_t)entrain__bits_of(entrain_atan2(1.0, -NAN)), one_nan);
}

static void functions_keep_their_symmetries(void **state) {
    (void)state;
    sequence = 4;
    for (size_t i = 0; i < 20000 * effort; i++) {
        double x = next_finite(), y = next_between(-3.0, 3.0);
        assert_true(same_bits(entrain_sin(-x), -entrain_sin(x)) &&
                    same_bits(entrain_cos(-x), entrain_cos(x)));
        assert_true(same_bits(entrain_sin(-y), -entrain_sin(y)) &&
                    same_bits(entrain_tan(-y), -entrain_tan(y)));
        assert_true(same_bits(entrain_atan2(-x, y), -entrain_atan2(x, y)));
        assert_true(fabs(entrain_sin(x)) <= 1.0 && fabs(entrain_cos(x)) <= 1.0);
    }
}

enum { BLOCK = 1009 }; // prime: vector loops end in a remainder of every size

static void check_level(const math_simd *level, double (*draw)(void), size_t blocks) {
    static double x[BLOCK], s[BLOCK], c[BLOCK], l[BLOCK], s_level[BLOCK], c_level[BLOCK], l_level[BLOCK];
    static int64_t s_word[BLOCK], c_word[BLOCK];
    for (size_t block = 0; block < blocks * effort; block++) {
        size_t count = BLOCK - block % 17;
        for (size_t i = 0; i < count; i++) {
            x[i] = draw();
            entrain_sincos(x[i], &s[i], &c[i]);
        }
        level->sincos(count, x, s_level, c_level);
        assert_memory_equal(s, s_level, count * sizeof *s);
        assert_memory_equal(c, c_level, count * sizeof *c);
        level->words(count, x, c_word, s_word);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(c_word[i], entrain__round_to_int64(c[i] * 0x1p44));
            assert_int_equal(s_word[i], entrain__round_to_int64(s[i] * 0x1p44));
            x[i] = block % 2 ? fabs(x[i]) : next_unit();
            if (x[i] < 0x1p-1022)
                x[i] = 0x1p-1022;
            l[i] = entrain_log(x[i]);
        }
        level->log(count, x, l_level);
        assert_memory_equal(l, l_level, count * sizeof *l);
    }
}

// The kernels in loops at each width against the scalar functions, bit for bit.
static void every_vector_width_gives_the_scalar_bits(void **state) {
    (void)state;
    for (int level = ENTRAIN_SIMD_SSE2; level <= ENTRAIN_SIMD_AVX512; level++) {
        const math_simd *loops = math_simd_of((entrain_simd)level);
        if (loops == NULL)
            continue;
        sequence = 5;
        check_level(loops, draw_turn, 60);
        check_level(loops, draw_kernel_range, 60);
        check_level(loops, draw_near_quadrant, 60);
        const double edges[] = {0.0, -0.0, 0x1p20, -0x1p20, 0x1p-1074, -0x1p-1022, 0x1.921fb54442d18p-1};
        double s, c, s_level, c_level;
        for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
            entrain_sincos(edges[i], &s, &c);
            loops->sincos(1, &edges[i], &s_level, &c_level);
            assert_true(same_bits(s, s_level) && same_bits(c, c_level));
        }
    }
}

static uint64_t fold(uint64_t mix, double x) { return entrain__mix_fold(mix, (uint64_t)entrain__bits_of(x)); }

// No libm call stands between the seed and the hash: not even the inputs are libm's.
static void all_functions_give_the_golden_bits(void **state) {
    (void)state;
    uint64_t mix = 0;
    sequence = 6;
    for (size_t i = 0; i < 20000; i++) {
        double any = entrain__double_of((int64_t)next_bits()), turn = next_between(-7.0, 7.0);
        double far = next_between(-ENTRAIN__ANGLE_MAX, ENTRAIN__ANGLE_MAX), unit = next_unit();
        const double angles[] = {any, turn, far};
        for (size_t j = 0; j < 3; j++) {
            double s, c;
            entrain_sincos(angles[j], &s, &c);
            mix = fold(fold(fold(mix, s), c), entrain_tan(angles[j]));
            mix = fold(mix, entrain_atan2(angles[j], turn));
            mix = fold(mix, entrain_atan2(unit, angles[j]));
        }
        mix = fold(fold(fold(mix, entrain_log(any)), entrain_log(unit)), entrain_log(2.0 * unit + 0.5));
        mix = fold(fold(fold(mix, entrain_exp(any)), entrain_exp(turn)), entrain_exp(800.0 * unit - 750.0));
        double power = entrain__double_of((int64_t)((UINT64_C(1023) - i % 1000) << 52)); // 2^0 to 2^-999
        mix = fold(fold(mix, entrain_normal_quantile(unit)), entrain_normal_quantile(unit * power));
    }
    if (mix != GOLDEN)
        fail_msg("the golden hash is 0x%016llx, expected 0x%016llx", (unsigned long long)mix,
                 (unsigned long long)GOLDEN);
}

// The relative error of z = quantile(u), from how far Phi(z) = erfc(-z / sqrt 2) / 2 is from u, to first
// order.
static double quantile_error(double u, double z) {
    long double phi = expl(-0.5L * z * z) / sqrtl(2 * M_PIl);
    long double gap = z < 0 ? 0.5L * erfcl(-z / sqrtl(2.0L)) - u : (1.0L - u) - 0.5L * erfcl(z / sqrtl(2.0L));
    return (double)(fabsl(gap) / (phi * fabsl(z)));
}

static void normal_quantiles_are_right(void **state) {
    (void)state;
    static const struct {
        double u, z;
    } known[] = {{1e-300, -37.0470962993612}, {1e-100, -21.273453560965326},  {1e-20, -9.262340089798407},
                 {1e-10, -6.361340902404057}, {0.001, -3.0902323061678136},   {0.025, -1.9599639845400543},
                 {0.05, -1.6448536269514726}, {0.07499, -1.4396021182393162}, {0.1, -1.2815515655446004},
                 {0.25, -0.6744897501960817}, {0.4, -0.2533471031357997},     {0.6, 0.2533471031357997},
                 {0.75, 0.6744897501960817},  {0.9, 1.2815515655446006},      {0.975, 1.9599639845400538},
                 {0.99, 2.3263478740408408},  {0.999999, 4.753424308817087}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        CHECK_NEAR(entrain_normal_quantile(known[i].u), known[i].z, fabs(known[i].z) * 6e-16);
    }
    assert_true(same_bits(entrain_normal_quantile(0.5), 0.0));
    assert_true(entrain_normal_quantile(0.0) == -HUGE_VAL && entrain_normal_quantile(1.0) == HUGE_VAL);
    assert_true(isnan(entrain_normal_quantile(-0x1p-1074)) &&
                isnan(entrain_normal_quantile(0x1.0000000000001p0)));
    assert_true(isnan(entrain_normal_quantile(NAN)));

    double worst_error = 0, worst_u = 0;
    sequence = 7;
    for (size_t i = 0; i < 20000 * effort; i++) {
        double unit = next_unit() + 0x1p-54;
        double u = i % 3 == 0   ? unit
                   : i % 3 == 1 ? entrain_exp(-744.0 * unit)
                                : 1.0 - 0x1p-53 * (double)(1 + next_bits() % 100000);
        double error = quantile_error(u, entrain_normal_quantile(u));
        if (u != 0.5 && error > worst_error && u > 0x1p-1022)
            worst_error = error, worst_u = u;
        double v = 0.25 * unit + 0x1p-54;
        v = 1.0 - (1.0 - v); // now 1 - v is exact
        if (v > 0.0)
            assert_true(same_bits(entrain_normal_quantile(1.0 - v), -entrain_normal_quantile(v)));
    }
    printf("  quantile: relative error %.2g at u = %a\n", worst_error, worst_u);
    assert_true(worst_error < 1e-15);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--full") == 0)
        effort = 50;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sines_are_within_their_bounds),
        cmocka_unit_test(logarithm_and_exponential_are_within_their_bounds),
        cmocka_unit_test(angles_are_within_their_bounds),
        cmocka_unit_test(hard_angles_are_right),
        cmocka_unit_test(special_values_are_right),
        cmocka_unit_test(functions_keep_their_symmetries),
        cmocka_unit_test(every_vector_width_gives_the_scalar_bits),
        cmocka_unit_test(all_functions_give_the_golden_bits),
        cmocka_unit_test(normal_quantiles_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
