// The scalar functions: the kernels, and what branches around them (the whole range, special values,
// double-double quotients).
#include "entrain/math.h"

#include <stdbool.h>

#include "engine/base/assert.h"
#include "engine/base/math_kernel.h"

// 0 and the first 1216 bits after the point of 2/pi: enough for the largest double's exponent, and 190 bits
// of fraction.
static const uint64_t two_over_pi[20] = {
    0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
    0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41,
    0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7,
    0x4f463f669e5fea2d, 0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab};

// pi/2 * 2^127.
#define HALF_PI_HIGH UINT64_C(0xc90fdaa22168c234)
#define HALF_PI_LOW UINT64_C(0xc4c6628b80dc1cd1)

// pi and pi/2 rounded, and what the rounding lost.
#define PI 0x1.921fb54442d18p+1
#define PI_TAIL 0x1.1a62633145c07p-53
#define HALF_PI 0x1.921fb54442d18p+0
#define HALF_PI_TAIL 0x1.1a62633145c07p-54

#define SIGN_BIT (UINT64_C(1) << 63)

__extension__ typedef unsigned __int128 u128;

static uint64_t bits_of(double x) { return (uint64_t)entrain__bits_of(x); }
static double double_of(uint64_t bits) { return entrain__double_of((int64_t)bits); }
static double magnitude(double x) { return double_of(bits_of(x) & ~SIGN_BIT); }
// 2^k, -1022 <= k <= 1023.
static double power_of_two(int k) { return double_of((uint64_t)(k + 1023) << 52); }
static double infinity(void) { return double_of(UINT64_C(0x7ff0000000000000)); }
// One bit pattern for every NaN: what the hardware passes on depends on the order of operands, which is the
// compiler's.
static double not_a_number(void) { return double_of(UINT64_C(0x7ff8000000000000)); }
static bool is_finite(double x) { return (bits_of(x) & ~SIGN_BIT) < UINT64_C(0x7ff0000000000000); }

// Payne and Hanek (1983): x = n pi/2 + r + tail for finite |x| > ENTRAIN__ANGLE_MAX, in integers. Of the
// product with 2/pi only the bits worth 2 or less matter, so only a window of 192 bits of 2/pi is multiplied;
// the lowest 53 bits of the product are spoilt by what was cut off. No double's distance to a multiple of
// pi/2 is below 2^-61.6 quadrants (found by continued fractions at every exponent; Kahan's
// 0x1.6ac5b262ca1ffp+849, in Muller, Elementary Functions, ch. 9), which
// leaves r more than 60 good bits.
static uint64_t reduce_large(double x, double *r_out, double *tail_out) {
    uint64_t bits = bits_of(x);
    bool negative = (bits & SIGN_BIT) != 0;
    uint64_t m = (bits & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x0010000000000000);
    int e = (int)((bits >> 52) & 0x7ff) - 1075; // |x| = m 2^e, e in -32 .. 971

    // The window's top bit times 2^e is worth 2. Bit p of the table is worth 2^(63 - p).
    unsigned p = (unsigned)(e + 62), word = p / 64, shift = p % 64;
    uint64_t w[3];
    for (unsigned i = 0; i < 3; i++)
        w[i] = shift == 0 ? two_over_pi[word + i]
                          : two_over_pi[word + i] << shift | two_over_pi[word + i + 1] >> (64 - shift);

    // v = m w modulo 2^192, its low word only for the carry: the turn in units of 4 quadrants.
    u128 low = (u128)m * w[2];
    u128 middle = (u128)m * w[1] + (uint64_t)(low >> 64);
    uint64_t v1 = (uint64_t)middle, v2 = m * w[0] + (uint64_t)(middle >> 64);

    // n = the nearest integer; what is left, in quadrants times 2^128, as a sign and a magnitude.
    uint64_t n = (v2 >> 62) + (v2 >> 61 & 1);
    uint64_t f2 = v2 << 2 | v1 >> 62, f1 = v1 << 2;
    bool below = (f2 & SIGN_BIT) != 0;
    if (below) { // the ones' complement: off by less than what is cut off
        f2 = ~f2;
        f1 = ~f1;
    }

    // Normalise: a top bit that is set, times 2^-zeros; at least 64 bits are good ones.
    ENTRAIN_ASSERT(f2 != 0 && (f2 & SIGN_BIT) == 0);
    int zeros = __builtin_clzll(f2); // 1 to 62
    f2 = f2 << zeros | f1 >> (64 - zeros);
    f1 = f1 << zeros;

    // Times pi/2, the top 128 bits: r = product 2^(-127 - zeros).
    u128 product = (u128)f2 * HALF_PI_HIGH + (uint64_t)((u128)f2 * HALF_PI_LOW >> 64) +
                   (uint64_t)((u128)f1 * HALF_PI_HIGH >> 64);
    double lead = (double)(int64_t)(uint64_t)(product >> 75);
    double rest = (double)(int64_t)((uint64_t)(product >> 22) & UINT64_C(0x001fffffffffffff));
    lead *= power_of_two(-52 - zeros);
    rest *= power_of_two(-105 - zeros);
    if (below != negative) {
        lead = -lead;
        rest = -rest;
    }
    *r_out = lead + rest;
    *tail_out = (lead - *r_out) + rest;
    return negative ? UINT64_C(0) - n : n;
}

static uint64_t reduce(double x, double *r_out, double *tail_out) {
    return magnitude(x) <= ENTRAIN__ANGLE_MAX ? entrain__reduce_kernel(x, r_out, tail_out)
                                              : reduce_large(x, r_out, tail_out);
}

void entrain_sincos(double x, double *sin_out, double *cos_out) {
    if (!is_finite(x)) {
        *sin_out = *cos_out = not_a_number();
        return;
    }
    double r, tail;
    uint64_t n = reduce(x, &r, &tail);
    entrain__sincos_quadrant(n, r, tail, sin_out, cos_out);
}

double entrain_sin(double x) {
    double s, c;
    entrain_sincos(x, &s, &c);
    return s;
}

double entrain_cos(double x) {
    double s, c;
    entrain_sincos(x, &s, &c);
    return c;
}

// x y = the returned product + *error_out, exactly while nothing leaves the normal range. Veltkamp's
// splitting and Dekker's product: Dekker, Numer. Math. 18 (1971) 224.
static double product_exact(double x, double y, double *error_out) {
    double t = 134217729.0 * x, u = 134217729.0 * y;
    double x1 = t - (t - x), y1 = u - (u - y);
    double x2 = x - x1, y2 = y - y1;
    double p = x * y;
    *error_out = ((x1 * y1 - p) + x1 * y2 + x2 * y1) + x2 * y2;
    return p;
}

// (a + a_tail) / (b + b_tail) as the returned quotient + *tail_out, to about 100 bits.
static double quotient(double a, double a_tail, double b, double b_tail, double *tail_out) {
    double q = a / b;
    double error, p = product_exact(q, b, &error);
    *tail_out = ((((a - p) - error) + a_tail) - q * b_tail) / b;
    return q;
}

double entrain_tan(double x) {
    if (!is_finite(x))
        return not_a_number();
    if (magnitude(x) < 0x1p-27)
        return x; // and x^3/3 is below half an ulp
    double r, tail;
    uint64_t n = reduce(x, &r, &tail);
    // Sine and cosine before their last rounding: lead + correction, as a sum and what it lost.
    double cos_lead, cos_more = entrain__cos_correction(r, tail, &cos_lead);
    double sin_more = entrain__sin_correction(r, tail);
    double c = cos_lead + cos_more, s = r + sin_more;
    double c_tail = (cos_lead - c) + cos_more, s_tail = (r - s) + sin_more;
    double q, q_tail;
    if (n & 1) {
        q = quotient(-c, -c_tail, s, s_tail, &q_tail);
    } else {
        q = quotient(s, s_tail, c, c_tail, &q_tail);
    }
    return q + q_tail;
}

double entrain_log(double x) {
    if (x >= 0x1p-1022 && x < infinity())
        return entrain__log_kernel(x);
    if (x == 0.0)
        return -infinity();
    if (!(x > 0.0))
        return not_a_number();
    return x == infinity() ? x : entrain__log_scaled_kernel(x * 0x1p54, -54.0);
}

// fdlibm e_exp.c: x = k ln 2 + r, |r| <= ln 2 / 2, and e^r = 1 + r + r c / (2 - c), c = r - r^2 P(r^2), by
// Remes.
double entrain_exp(double x) {
    if (!(x <= 0x1.62e42fefa39efp+9))
        return x > 0.0 ? infinity() : not_a_number();
    if (x < -0x1.74910d52d3051p+9)
        return 0.0;
    double shifted = x * 0x1.71547652b82fep+0 + ENTRAIN_ROUND_MAGIC;
    double k = shifted - ENTRAIN_ROUND_MAGIC;
    double high = x - k * 0x1.62e42feep-1, low = k * 0x1.a39ef35793c76p-33;
    double r = high - low;
    double z = r * r;
    double c =
        r - z * (0x1.555555555553ep-3 +
                 z * (-0x1.6c16c16bebd93p-9 +
                      z * (0x1.1566aaf25de2cp-14 + z * (-0x1.bbd41c5d26bf1p-20 + z * 0x1.6376972bea4dp-25))));
    double y = 1.0 - ((low - (r * c) / (2.0 - c)) - high);
    // In two steps, because 2^1024 is no double, nor 2^-1075: only the second can round.
    int exponent = (int)k, half = exponent / 2;
    return y * power_of_two(half) * power_of_two(exponent - half);
}

// The significand of finite x > 0, in [1, 2), and its exponent.
static double significand(double x, int *exponent_out) {
    int exponent = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        exponent = -54;
    }
    uint64_t bits = bits_of(x);
    *exponent_out = exponent + (int)(bits >> 52) - 1023;
    return double_of((bits & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x3ff0000000000000));
}

// atan(u + u_tail) - u, |u| <= 7/16. fdlibm s_atan.c.
static double atan_correction(double u, double u_tail) {
    double z = u * u, w = z * z;
    double odd =
        z * (0x1.555555555550dp-2 +
             w * (0x1.24924920083ffp-3 +
                  w * (0x1.745cdc54c206ep-4 +
                       w * (0x1.10d66a0d03d51p-4 + w * (0x1.97b4b24760debp-5 + w * 0x1.0ad3ae322da11p-6)))));
    double even =
        w * (-0x1.999999998ebc4p-3 +
             w * (-0x1.c71c6fe231671p-4 +
                  w * (-0x1.3b0f2af749a6dp-4 + w * (-0x1.dde2d52defd9ap-5 + w * -0x1.2b4442c6a6c2fp-5))));
    return u_tail - u * (odd + even);
}

// The angle of the point (+-b, a), a, b > 0 and within 2^61 of each other, in (0, pi).
// With t = min/max, atan t = atan c + atan((t - c) / (1 + t c)) for c in {0, 1/2, 1}, then atan t or pi/2 -
// atan t, and the mirror image for -b. Quotient and sums carry their tails, so that only the last addition
// rounds noticeably.
static double angle(double a, double b, bool left) {
    bool steep = a > b;
    double small = steep ? b : a, large = steep ? a : b;
    double numerator = small, denominator = large, tail = 0.0, base = 0.0, base_tail = 0.0;
    if (small >= 0.6875 * large) {
        numerator = small - large; // exact: Sterbenz
        denominator = large + small;
        tail = (large - denominator) + small;
        base = 0.5 * HALF_PI;
        base_tail = 0.5 * HALF_PI_TAIL;
    } else if (small >= 0.4375 * large) {
        numerator = 2.0 * small - large; // exact: Sterbenz
        denominator = 2.0 * large + small;
        tail = (2.0 * large - denominator) + small;
        base = 0x1.dac670561bb4fp-2;
        base_tail = 0x1.a2b7f222f65e2p-56;
    }
    double u_tail, u = quotient(numerator, 0.0, denominator, tail, &u_tail);
    double more = atan_correction(u, u_tail);

    double axis = steep ? HALF_PI : left ? PI : 0.0;
    double axis_tail = steep ? HALF_PI_TAIL : left ? PI_TAIL : 0.0;
    double sign = steep == left ? 1.0 : -1.0;
    // axis + sign (base + u + more): two fast two-sums, largest first.
    double high = axis + sign * base;
    double high_tail = ((axis - high) + sign * base) + (axis_tail + sign * base_tail);
    double sum = high + sign * u;
    double sum_tail = (high - sum) + sign * u;
    return sum + (sum_tail + (high_tail + sign * more));
}

double entrain_atan2(double y, double x) {
    if (x != x || y != y)
        return not_a_number();
    double a = magnitude(y), b = magnitude(x), result;
    bool left = (bits_of(x) & SIGN_BIT) != 0;
    if (a == infinity() && b == infinity())
        a = b = 1.0; // C17 F.10.1.4: infinities lie on the diagonals
    if (a == 0.0 || b == infinity()) {
        result = left ? PI : 0.0;
    } else if (b == 0.0 || a == infinity()) {
        result = HALF_PI;
    } else {
        int a_exponent, b_exponent;
        double a_significand = significand(a, &a_exponent), b_significand = significand(b, &b_exponent);
        int apart = a_exponent - b_exponent;
        if (apart > 60)
            result = HALF_PI;
        else if (apart < -60)
            result = left ? PI : a / b; // atan t = t, rounded once even where it is subnormal
        else
            result = angle(a_significand * power_of_two(apart), b_significand, left);
    }
    return double_of(bits_of(result) | (bits_of(y) & SIGN_BIT));
}

// Ratio of two polynomials of degree 7, coefficients from the constant upwards, by Horner's rule.
static double rational(const double top[8], const double bottom[8], double x) {
    double a = top[7], b = bottom[7];
    for (int i = 6; i >= 0; i--) {
        a = a * x + top[i];
        b = b * x + bottom[i];
    }
    return a / b;
}

// Wichura, Algorithm AS 241, Appl. Statist. 37 (1988) 477, routine PPND16: rational functions of 0.180625 -
// q^2 near the middle, and of sqrt(-log(probability of the tail)) outside.
double entrain_normal_quantile(double u) {
    static const double middle_top[8] = {3.3871328727963666080e+0, 1.3314166789178437745e+2,
                                         1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                         4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                         3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double middle_bottom[8] = {1.0,
                                            4.2313330701600911252e+1,
                                            6.8718700749205790830e+2,
                                            5.3941960214247511077e+3,
                                            2.1213794301586595867e+4,
                                            3.9307895800092710610e+4,
                                            2.8729085735721942674e+4,
                                            5.2264952788528545610e+3};
    static const double side_top[8] = {1.42343711074968357734e+0, 4.63033784615654529590e+0,
                                       5.76949722146069140550e+0, 3.64784832476320460504e+0,
                                       1.27045825245236838258e+0, 2.41780725177450611770e-1,
                                       2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double side_bottom[8] = {1.0,
                                          2.05319162663775882187e+0,
                                          1.67638483018380384940e+0,
                                          6.89767334985100004550e-1,
                                          1.48103976427480074590e-1,
                                          1.51986665636164571966e-2,
                                          5.47593808499534494600e-4,
                                          1.05075007164441684324e-9};
    static const double far_top[8] = {6.65790464350110377720e+0, 5.46378491116411436990e+0,
                                      1.78482653991729133580e+0, 2.96560571828504891230e-1,
                                      2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                      2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double far_bottom[8] = {1.0,
                                         5.99832206555887937690e-1,
                                         1.36929880922735805310e-1,
                                         1.48753612908506148525e-2,
                                         7.86869131145613259100e-4,
                                         1.84631831751005468180e-5,
                                         1.42151175831644588870e-7,
                                         2.04426310338993978564e-15};
    if (!(u > 0.0 && u < 1.0))
        return u == 0.0 ? -infinity() : u == 1.0 ? infinity() : not_a_number();
    double q = u - 0.5;
    if (magnitude(q) <= 0.425)
        return q * rational(middle_top, middle_bottom, 0.180625 - q * q);
    double r = __builtin_sqrt(-entrain_log(q < 0.0 ? u : 1.0 - u));
    double z = r <= 5.0 ? rational(side_top, side_bottom, r - 1.6) : rational(far_top, far_bottom, r - 5.0);
    return q < 0.0 ? -z : z;
}
