/// @file math.h  Entrain's own transcendental functions: the same bits on every x86-64, from every compiler.
///
/// libm's functions differ in the last bit between versions and processors; these do not, because they are
/// made of IEEE additions, multiplications, divisions and square roots in a fixed order, with no fused
/// operation. Whatever enters a state or a data file goes through them. Error bounds, in units in the last
/// place, are measured against long double by tests/test_math.c and stated at each function. Any thread, no
/// state.
#ifndef ENTRAIN_MATH_H
#define ENTRAIN_MATH_H

#include "entrain/export.h"

ENTRAIN_BEGIN_DECLS

/// Writes sin x and cos x, x in radians, every finite double; one NaN (positive, quiet) for NaN and
/// infinities. At most 0.82 ulp from the truth, also next to the zeros; odd and even to the bit, sin(-0) =
/// -0. 0.50 ulp within a few ulp of multiples of pi/2. Up to |x| = 2^20 the bits are those of the vector
/// loops; beyond, the reduction is exact and slower.
ENTRAIN_API void entrain_sincos(double x, double *sin_out, double *cos_out);
/// The sine alone: the same bits as entrain_sincos().
ENTRAIN_API double entrain_sin(double x);
/// The cosine alone: the same bits as entrain_sincos().
ENTRAIN_API double entrain_cos(double x);
/// tan x, x in radians, every finite double; NaN for NaN and infinities. At most 1.0 ulp.
ENTRAIN_API double entrain_tan(double x);
/// Natural logarithm; -infinity at 0, NaN below and for NaN. At most 0.90 ulp, subnormal arguments included.
ENTRAIN_API double entrain_log(double x);
/// e^x; 0 below about -745.14 (gradual underflow from -708.4 on), infinity above about 709.79, NaN for NaN.
/// At most 0.95 ulp, 1.0 where the result is subnormal.
ENTRAIN_API double entrain_exp(double x);
/// The angle of the point (x, y) in [-pi, pi], with C's conventions for signed zeros and infinities (C17
/// F.10.1.4): -pi only for y = -0 or a y that rounds to it. NaN if either is NaN. At most 0.80 ulp, every
/// exponent.
ENTRAIN_API double entrain_atan2(double y, double x);
/// Inverse of the standard normal distribution function, u in (0, 1); -infinity at 0, infinity at 1, NaN
/// outside and for NaN. Wichura, AS 241 (1988), PPND16. Relative error at most 1e-15; quantile(1 - u) =
/// -quantile(u) to the bit where 1 - u is exact.
ENTRAIN_API double entrain_normal_quantile(double u);

ENTRAIN_END_DECLS

#endif
