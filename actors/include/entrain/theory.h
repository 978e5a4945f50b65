/// @file theory.h  What theory predicts for a swarm: closed forms of the field, to be held against what was
/// measured.
///
/// Each function is one formula with its source; frequencies and couplings in rad/s, phases in rad, in a
/// frame and normalisation where theta_i' = omega_i + (K/N) sum_j sin(theta_j - theta_i), all-to-all, N to
/// infinity unless said. Where a state does not exist (below threshold) coherence is 0. Any thread, no state.
/// The last bits are not promised: nothing here feeds an actor.
#ifndef ENTRAIN_THEORY_H
#define ENTRAIN_THEORY_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/export.h"

ENTRAIN_BEGIN_DECLS

/// Modified Bessel function of the first kind, order 0 or 1, times exp(-|x|).
ENTRAIN_API double entrain_theory_bessel_scaled(uint32_t order, double x);

/// Lorentz of half width gamma: K_c = 2 gamma, r = sqrt(1 - K_c / K). Kuramoto (1975).
ENTRAIN_API double entrain_theory_lorentz_threshold(double gamma);
ENTRAIN_API double entrain_theory_lorentz_coherence(double coupling, double gamma);
/// Normal of deviation sigma: K_c = sigma sqrt(8 / pi); r from 1 = (K / sigma) sqrt(pi / 8) exp(-x) (I0(x) +
/// I1(x)), x = K^2 r^2 / (4 sigma^2). Strogatz (2000), with Kuramoto's self-consistency integrated.
ENTRAIN_API double entrain_theory_normal_threshold(double sigma);
ENTRAIN_API double entrain_theory_normal_coherence(double coupling, double sigma);
/// Uniform on center -gamma .. gamma: K_c = 4 gamma / pi, where r jumps to pi / 4; r above from
/// self-consistency. Pazo (2005).
ENTRAIN_API double entrain_theory_uniform_threshold(double gamma);
ENTRAIN_API double entrain_theory_uniform_coherence(double coupling, double gamma);
/// Identical, white noise T (<xi xi> = 2 T delta): K_c = 2 T, r = I1(K r / T) / I0(K r / T). Sakaguchi
/// (1988).
ENTRAIN_API double entrain_theory_noise_threshold(double noise);
ENTRAIN_API double entrain_theory_noise_coherence(double coupling, double noise);
/// Lorentz and noise: K_c = 2 (gamma + T). Sakaguchi (1988). r from the moments of the density, a continued
/// fraction; NAN where T is above 0 but not 1e-5 K.
ENTRAIN_API double entrain_theory_lorentz_noise_threshold(double gamma, double noise);
ENTRAIN_API double entrain_theory_lorentz_noise_coherence(double coupling, double gamma, double noise);
/// Lorentz with lag alpha: r = sqrt(1 - 2 gamma / (K cos alpha)), Omega = -K sin alpha + gamma tan alpha
/// about the center. Sakaguchi and Kuramoto (1986), with Ott and Antonsen (2008).
ENTRAIN_API double entrain_theory_lag_coherence(double coupling, double gamma, double lag);
ENTRAIN_API double entrain_theory_lag_frequency(double coupling, double gamma, double lag);
/// Relaxation of a Lorentz swarm from r0 on Ott and Antonsen's manifold: a = K/2 - gamma, b = K/2,
/// r^2 = a r0^2 e^(2at) / (a + b r0^2 (e^(2at) - 1)); a = 0: r0^2 / (1 + K r0^2 t). Ott and Antonsen (2008).
ENTRAIN_API double entrain_theory_relaxation(double coupling, double gamma, double coherence_0,
                                             double time_s);
/// Finite N: the coupling above which all of @p frequencies [count] lock, K_L = min over u >= max |omega| of
/// u / [(1/N) sum sqrt(1 - (omega_j / u)^2)], the mean frequency taken off first; and the coherence of the
/// (stable) locked state at @p coupling, 0 where there is none. Pazo (2005); Mirollo and Strogatz (2005).
ENTRAIN_API double entrain_theory_locking_threshold(uint32_t count, const double *frequencies);
ENTRAIN_API double entrain_theory_locked_coherence(double coupling, uint32_t count,
                                                   const double *frequencies);
/// Twisted state q of a ring of N identical oscillators, coupling 1 to each side: rate at which mode m decays
/// (negative: grows), 2 cos(2 pi q / N) (1 - cos(2 pi m / N)). Wiley, Strogatz and Girvan (2006).
ENTRAIN_API double entrain_theory_ring_rate(uint32_t count, uint32_t mode, int32_t winding);
/// Below threshold, random phases and frequencies: N <r^2>; infinite from there on. Lorentz, noise, or both:
/// 1 / (1 - K / K_c). Daido (1990). Uniform and normal: int g(omega) |1 - (K / 2) G(omega)|^-2 domega, by
/// quadrature to 1e-6, pi / 2 times that (normal) next to K_c.
ENTRAIN_API double entrain_theory_fluctuation(double coupling, double threshold);
ENTRAIN_API double entrain_theory_uniform_fluctuation(double coupling, double gamma);
ENTRAIN_API double entrain_theory_normal_fluctuation(double coupling, double sigma);
/// Identical, all-to-all, from random phases: mean and standard deviation of K T, T the time when r first
/// reaches @p coherence: ln N + 0.5772 + ln(r^2 / (1 - r^2)), 1.2825. (r^2 N is exponential at first; then
/// the manifold's relaxation.)
ENTRAIN_API double entrain_theory_sync_time(uint32_t count, double coherence);
ENTRAIN_API double entrain_theory_sync_time_deviation(void);
/// Identical, delay tau, in phase: the frequencies Omega = omega - K sin(Omega tau); the one found from Omega
/// = omega on by bisection of the nearest bracket that is stable (K cos(Omega tau) > 0). Yeung and Strogatz
/// (1999). NAN where none is.
ENTRAIN_API double entrain_theory_delay_frequency(double frequency, double coupling, double delay_s);
/// Mirollo and Strogatz (1990), f(phi) = ln(1 + (e^b - 1) phi) / b, pulses of size epsilon: the phase just
/// after the other's pulse (1: absorbed), the return map's fixed point and its slope there.
ENTRAIN_API double entrain_theory_pulse_jump(double dissipation, double strength, double phase);
ENTRAIN_API double entrain_theory_pulse_fixed_point(double dissipation, double strength);
ENTRAIN_API double entrain_theory_pulse_slope(double dissipation, double strength);
/// Period of phi'' = -k sin(phi) released from rest at phi0: 2 pi / (sqrt(k) agm(1, cos(phi0 / 2))).
ENTRAIN_API double entrain_theory_pendulum_period(double stiffness, double angle_0);

/// What is known of a swarm as configured. Texts are static.
typedef struct entrain_theory_answer {
    const char *law;    ///< "Lorentz: r = sqrt(1 - K_c / K)"
    const char *source; ///< "Kuramoto 1975; Ott and Antonsen 2008"
    double threshold; ///< K_c, rad/s, of the coupling as configured; 0: any synchronizes; NAN: there is none
    double coherence; ///< r, N to infinity; NAN: not known
    double frequency; ///< common frequency, rad/s; NAN: not known
    double sync_time_s;           ///< until r = 0.9, identical from random phases: its mean; NAN: not known
    double sync_time_deviation_s; ///< and its standard deviation
    /// Below threshold, frequencies drawn at random or noise: root mean square of r, sqrt(N <r^2> / N); else
    /// NAN.
    double floor;
    /// How far a swarm of this size lies from `coherence` (or `floor`) by its size alone, as a standard
    /// deviation: its own sample of frequencies, about 1 / sqrt(N) (none by quantile), and what falls off as
    /// 1 / N. NAN: not known.
    double finite_size;
} entrain_theory_answer;

ENTRAIN_END_DECLS

#endif
