/// @file math_kernel.h  Branch-free kernels that a compiler vectorises: the one source of every sine in
/// Entrain.
///
/// The scalar functions of entrain/math.h and the vector loops of actors/ (one file compiled once per
/// instruction set) all go through these bodies. Each is a fixed sequence of IEEE additions, subtractions and
/// multiplications plus integer masks, so a lane of a vector and a scalar give the same bits. What that rests
/// on: -ffp-contract=off, the default rounding mode, and no flush to zero.
///
/// Polynomials and reductions after fdlibm 5.3 (Sun Microsystems, 1993; k_sin.c, k_cos.c, e_rem_pio2.c,
/// e_log.c), written anew without their branches.
#ifndef ENTRAIN_BASE_MATH_KERNEL_H
#define ENTRAIN_BASE_MATH_KERNEL_H

#include "engine/base/sum.h"

/// A loop over a body that was not inlined is a loop that is not vectorised.
#define ENTRAIN__KERNEL static inline __attribute__((always_inline))

/// The kernels' range for angles, radians: beyond it the reduction's products are no longer exact.
#define ENTRAIN__ANGLE_MAX 0x1p20

/// Splits x = n pi/2 + (*r_out + *tail_out), |x| <= ENTRAIN__ANGLE_MAX, |r| <= pi/4 (and a rounding), the
/// tail below half an ulp of r or so. @return n modulo 2^51, two's complement; its low two bits are the
/// quadrant.
///
/// Cody and Waite (1980) with pi/2 in three parts of 33 bits and one of 53: n has at most 20 bits, so n *
/// part is exact. The double of the range that lies nearest to a multiple of pi/2 is 0x1.6c6cbc45dc8dep+5,
/// 2^-60.5 away (found by continued fractions); the parts reach 2^-157, so that r + tail has more than 53
/// good bits even there.
ENTRAIN__KERNEL uint64_t entrain__reduce_kernel(double x, double *r_out, double *tail_out) {
    double shifted = x * 0x1.45f306dc9c883p-1 + ENTRAIN_ROUND_MAGIC;
    double n = shifted - ENTRAIN_ROUND_MAGIC;
    double first = x - n * 0x1.921fb544p+0; // exact: both are multiples of one power of two, and nearly equal
    double w2 = n * 0x1.0b4611a6p-34;
    double second = first - w2;
    // Dekker's (1971) fast two-sum is exact although |w2| may pass |first|: first is a multiple of ulp(w2).
    double error2 = (first - second) - w2;
    // Subtracting the negated sum, not adding the sum, keeps the sign of x = -0.
    double w3 = n * 0x1.3198a2ep-69 - error2;
    double r = second - w3;
    *r_out = r;
    *tail_out = ((second - r) - w3) - n * 0x1.b839a252049c1p-104;
    return (uint64_t)entrain__bits_of(shifted);
}

/// sin(r + tail) as r + the returned correction, |r| <= pi/4. fdlibm k_sin.c: error of the polynomial below
/// 2^-58.
ENTRAIN__KERNEL double entrain__sin_correction(double r, double tail) {
    double z = r * r;
    double v = z * r;
    double p = 0x1.111111110f8a6p-7 +
               z * (-0x1.a01a019c161d5p-13 +
                    z * (0x1.71de357b1fe7dp-19 + z * (-0x1.ae5e68a2b9cebp-26 + z * 0x1.5d93a5acfd57cp-33)));
    return -((z * (0.5 * tail - v * p) - tail) - v * -0x1.5555555555549p-3);
}

/// cos(r + tail) as *lead_out + the returned correction, |r| <= pi/4; the lead is 1 - r^2/2, rounded. fdlibm
/// k_cos.c, as FreeBSD rearranged it without the branch (msun/src/k_cos.c, 2008).
ENTRAIN__KERNEL double entrain__cos_correction(double r, double tail, double *lead_out) {
    double z = r * r;
    double p =
        0x1.555555555554cp-5 +
        z * (-0x1.6c16c16c15177p-10 +
             z * (0x1.a01a019cb159p-16 +
                  z * (-0x1.27e4f809c52adp-22 + z * (0x1.1ee9ebdb4b1c4p-29 + z * -0x1.8fae9be8838d4p-37))));
    double half = 0.5 * z;
    double lead = 1.0 - half;
    *lead_out = lead;
    return ((1.0 - lead) - half) + (z * (z * p) - r * tail);
}

/// sin and cos of n pi/2 + r + tail, @p n modulo 4.
ENTRAIN__KERNEL void entrain__sincos_quadrant(uint64_t n, double r, double tail, double *sin_out,
                                              double *cos_out) {
    double lead;
    double cos_r = entrain__cos_correction(r, tail, &lead);
    cos_r = lead + cos_r;
    double sin_r = r + entrain__sin_correction(r, tail);
    // Quadrants 1 and 3 swap the two; sin is negative in 2 and 3, cos in 1 and 2.
    uint64_t swap = UINT64_C(0) - (n & 1);
    uint64_t s = (uint64_t)entrain__bits_of(sin_r);
    uint64_t c = (uint64_t)entrain__bits_of(cos_r);
    uint64_t exchange = (s ^ c) & swap;
    *sin_out = entrain__double_of((int64_t)((s ^ exchange) ^ ((n & 2) << 62)));
    *cos_out = entrain__double_of((int64_t)((c ^ exchange) ^ (((n + 1) & 2) << 62)));
}

/// sin x and cos x, |x| <= ENTRAIN__ANGLE_MAX radians; for other x some number or NaN. The bits of
/// entrain_sincos().
ENTRAIN__KERNEL void entrain__sincos_kernel(double x, double *sin_out, double *cos_out) {
    double r, tail;
    uint64_t n = entrain__reduce_kernel(x, &r, &tail);
    entrain__sincos_quadrant(n, r, tail, sin_out, cos_out);
}

/// log(2^exponent x), x a positive normal number, @p exponent a small integer. fdlibm e_log.c without its
/// branches: x = 2^k (1 + f) with sqrt(1/2) < 1 + f < sqrt(2), log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), s
/// = f / (2 + f).
ENTRAIN__KERNEL double entrain__log_scaled_kernel(double x, double exponent) {
    // Moves the cut between exponents from 1 to about sqrt(1/2).
    const uint64_t cut = UINT64_C(0x3fe6a09e00000000), one = UINT64_C(0x3ff0000000000000);
    uint64_t moved = (uint64_t)entrain__bits_of(x) + (one - cut);
    // The biased exponent as a double, by the bits of 2^52 + it: AVX2 has no conversion.
    double k = entrain__double_of((int64_t)((moved >> 52) | UINT64_C(0x4330000000000000))) -
               (0x1p52 + 1023.0) + exponent;
    double f = entrain__double_of((int64_t)((moved & UINT64_C(0x000fffffffffffff)) + cut)) - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double w = z * z;
    double t1 = w * (0x1.999999997fa04p-2 + w * (0x1.c71c51d8e78afp-3 + w * 0x1.39a09d078c69fp-3));
    double t2 = z * (0x1.5555555555593p-1 +
                     w * (0x1.2492494229359p-2 + w * (0x1.7466496cb03dep-3 + w * 0x1.2f112df3e5244p-3)));
    double half = 0.5 * f * f;
    // ln 2 in two parts: k times the first is exact.
    return k * 0x1.62e42feep-1 - ((half - (s * (half + (t2 + t1)) + k * 0x1.a39ef35793c76p-33)) - f);
}

/// Natural logarithm of a positive normal number; for other x some number or NaN. The bits of entrain_log().
ENTRAIN__KERNEL double entrain__log_kernel(double x) { return entrain__log_scaled_kernel(x, 0.0); }

#endif
