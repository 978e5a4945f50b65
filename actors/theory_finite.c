// What a finite number of oscillators does to the answers for infinitely many, to first order.
//
// Seen from the field's phase (turned by the lag), an oscillator of frequency s u above the common one, u = K
// r, has the mean exp(i phi)
//
//   |s| < 1, locked     sqrt(1 - s^2) + i s
//   else, drifting      i s (1 - sqrt(1 - 1 / s^2))
//
// and with noise T the first of the moments that obey (k T - i s u) z_k = (u / 2) (z_(k-1) - z_(k+1)). The
// swarm's mean H(u, Omega) of those must be exp(i alpha) u / K. Kuramoto (1984); Sakaguchi and Kuramoto
// (1986); Sakaguchi (1988). N frequencies drawn at random move H by a draw with the covariance of one
// oscillator's, over N; u and Omega move so that the equation holds again.
#include "actors/theory_finite.h"

#include <math.h>

#include "entrain/math.h"

enum { NODES = 4000, NODES_NOISE = 400 };

typedef struct sums {
    double re, im, re_re, im_im, re_im;
} sums;

static double quantile(const theory_finite *swarm, double p) {
    switch (swarm->kind) {
    case ENTRAIN_DISTRIBUTION_CONSTANT:
        return 0;
    case ENTRAIN_DISTRIBUTION_UNIFORM:
        return swarm->width * (2 * p - 1);
    case ENTRAIN_DISTRIBUTION_NORMAL:
        return swarm->width * entrain_normal_quantile(p);
    default:
        return swarm->width * entrain_tan(3.14159265358979323846 * (p - 0.5));
    }
}

static void look_at_noisy(double frequency, double u, double noise, double *re_out, double *im_out) {
    double re = 0, im = 0; // z_k / z_(k-1), a continued fraction from the far end on
    for (int64_t term = (int64_t)(20 + u / noise); term >= 1; term--) {
        double k = (double)term, x = k * noise + u / 2 * re, y = u / 2 * im - frequency,
               square = x * x + y * y;
        re = u / 2 * x / square;
        im = -(u / 2) * y / square;
    }
    *re_out = re;
    *im_out = im;
}

// Frequencies about the center, each for as large a share of the swarm: the same for every mean.
typedef struct quantiles {
    int count;
    bool noisy;
    double at[NODES];
} quantiles;

static void spread_out(const theory_finite *swarm, quantiles *out) {
    out->noisy = swarm->noise > 1e-3 * swarm->coupling; // less is none
    out->count = out->noisy ? NODES_NOISE : NODES;
    for (int i = 0; i < out->count; i++)
        out->at[i] = quantile(swarm, (i + 0.5) / out->count);
}

static sums average(const theory_finite *swarm, const quantiles *spread, double u, double frequency) {
    const int nodes = spread->count;
    sums sum = {0};
    for (int i = 0; i < nodes; i++) {
        double own = spread->at[i] - frequency, s = own / u, re, im;
        bool locked = fabs(s) < 1;
        re = locked ? sqrt(1 - s * s) : 0;
        im = locked ? s : s * (1 - sqrt(1 - 1 / (s * s)));
        if (spread->noisy)
            look_at_noisy(own, u, swarm->noise, &re, &im);
        sum.re += re / nodes;
        sum.im += im / nodes;
        sum.re_re += re * re / nodes;
        sum.im_im += im * im / nodes;
        sum.re_im += re * im / nodes;
    }
    return sum;
}

void theory_finite_look(const theory_finite *swarm, double *deviation_out, double *response_out) {
    double u = swarm->coupling * swarm->coherence, frequency = swarm->frequency, sine, cosine;
    double du = 0.01 * u, dw = 0.01 * fmax(u, swarm->width); // wide enough for the kinks of a sum
    entrain_sincos(swarm->lag, &sine, &cosine);
    quantiles spread;
    spread_out(swarm, &spread);
    const sums at = average(swarm, &spread, u, frequency);
    const sums less_u = average(swarm, &spread, u - du, frequency),
               more_u = average(swarm, &spread, u + du, frequency);
    const sums less_w = average(swarm, &spread, u, frequency - dw),
               more_w = average(swarm, &spread, u, frequency + dw);
    // exp(i alpha) u / K - H moves by: a du + b dOmega (real part), c du + d dOmega (imaginary part).
    double a = cosine / swarm->coupling - (more_u.re - less_u.re) / (2 * du);
    double b = -(more_w.re - less_w.re) / (2 * dw);
    double c = sine / swarm->coupling - (more_u.im - less_u.im) / (2 * du);
    double d = -(more_w.im - less_w.im) / (2 * dw);
    double determinant = (a * d - b * c) * swarm->coupling; // times K: for r, not u
    double by_re = d / determinant, by_im = -b / determinant;
    double re_re = at.re_re - at.re * at.re, im_im = at.im_im - at.im * at.im,
           re_im = at.re_im - at.re * at.im;
    *deviation_out = sqrt(fmax(by_re * by_re * re_re + by_im * by_im * im_im + 2 * by_re * by_im * re_im, 0));
    *response_out = sqrt(by_re * by_re + by_im * by_im);
}
