// Closed forms of the field. Where a law is implicit, the unknown is bracketed and halved until the bracket
// is as narrow as doubles allow: no start value to guess, no case in which it runs off.
//
// Nothing here feeds an actor; the functions of entrain/math.h are used all the same, so that a printed
// prediction is the same on every machine.
#include <math.h>

#include "entrain/math.h"
#include "entrain/theory.h"

#define PI 3.14159265358979323846
#define EULER_GAMMA 0.57721566490153286061

// Bisection: the x in [low, high] where @p f falls through 0 (f(low) >= 0 >= f(high)).
typedef double falling(const void *context, double x);
static double bisect(falling *f, const void *context, double low, double high) {
    for (int i = 0; i < 2000; i++) { // ends long before: each round halves, or stands still
        double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high))
            break;
        if (f(context, middle) > 0)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

// (e^x - 1) / x, without the cancellation near 0.
static double growth(double x) {
    if (fabs(x) > 0.5)
        return (entrain_exp(x) - 1) / x;
    double term = 1, sum = 1;
    for (int k = 2; k < 20; k++)
        sum += term *= x / k;
    return sum;
}

// Power series (Abramowitz and Stegun 9.6.10): every term is positive, nothing cancels. From 30 on the
// asymptotic one (9.7.1), whose least term is e^-60 there.
double entrain_theory_bessel_scaled(uint32_t order, double x) {
    if (order > 1 || isnan(x))
        return NAN;
    double y = fabs(x), sign = order == 1 && x < 0 ? -1 : 1;
    if (y < 30) {
        double term = order == 0 ? 1 : y / 2, sum = term;
        for (int k = 1; term > sum * 1e-18; k++)
            sum += term *= (y / 2) * (y / 2) / ((double)k * (double)(k + (int)order));
        return sign * sum * entrain_exp(-y);
    }
    double four_squares = order == 0 ? 0 : 4, term = 1, sum = 1;
    for (int k = 1; k < 60 && fabs(term) > 1e-18; k++) {
        double odd = 2 * k - 1;
        sum += term *= -(four_squares - odd * odd) / (8 * y * k);
    }
    return sign * sum / sqrt(2 * PI * y);
}

double entrain_theory_lorentz_threshold(double gamma) { return 2 * gamma; }

double entrain_theory_lorentz_coherence(double coupling, double gamma) {
    return coupling > 2 * gamma ? sqrt(1 - 2 * gamma / coupling) : 0;
}

double entrain_theory_normal_threshold(double sigma) { return sigma * sqrt(8 / PI); }

// In x, not in r: the law is smooth in r^2, and near threshold x is as exact as K - K_c is.
static double normal_law(const void *context, double x) {
    double ratio = *(const double *)context; // K / sigma
    return ratio * sqrt(PI / 8) * (entrain_theory_bessel_scaled(0, x) + entrain_theory_bessel_scaled(1, x)) -
           1;
}

double entrain_theory_normal_coherence(double coupling, double sigma) {
    if (!(coupling > 0 && coupling > entrain_theory_normal_threshold(sigma)))
        return 0;
    double ratio = coupling / sigma;
    if (!(ratio < 1e9)) // 1 - r is sigma^2 / (2 K^2)
        return 1;
    double x = bisect(normal_law, &ratio, 0, ratio * ratio / 4);
    return fmin(2 * sqrt(x) / ratio, 1);
}

double entrain_theory_uniform_threshold(double gamma) { return 4 * gamma / PI; }

// b - sin(2 b) / 2, which is (2/3) b^3 near 0.
static double uniform_gap(double b) {
    if (b > 0.5)
        return b - entrain_sin(2 * b) / 2;
    double square = 4 * b * b, term = 2 * b * square / 12, sum = term; // (2b)^3 / 3! / 2
    for (int k = 2; k < 12; k++)
        sum += term *= -square / ((2 * k) * (2 * k + 1));
    return sum;
}
static double wide_law(const void *context, double b) { return *(const double *)context - uniform_gap(b); }
static double narrow_law(const void *context, double a) {
    return *(const double *)context - (a + entrain_sin(2 * a) / 2);
}

// Above threshold all are locked, to within the angle a of the mean phase: sin a = gamma / (K r). With g = 1
// / (2 gamma) the self-consistency 1 = K int cos^2(x) g(K r sin x) dx is a + sin a cos a = 2 gamma / K. Near
// threshold, where a is pi/2 and the law flat, solved for b = pi/2 - a.
double entrain_theory_uniform_coherence(double coupling, double gamma) {
    if (!(coupling > 0 && coupling >= entrain_theory_uniform_threshold(gamma)))
        return 0;
    double sum = 2 * gamma / coupling;
    if (sum < 1e-9) // 1 - r is gamma^2 / (6 K^2)
        return 1;
    if (sum < 1)
        return sum / 2 / entrain_sin(bisect(narrow_law, &sum, 0, sum));
    double gap = fmax(PI / 2 - sum, 0);
    return sum / 2 / entrain_cos(bisect(wide_law, &gap, 0, PI / 2));
}

double entrain_theory_noise_threshold(double noise) { return 2 * noise; }

static double noise_law(const void *context, double y) { // y = K r / T
    double ratio = *(const double *)context;             // K / T
    return ratio * entrain_theory_bessel_scaled(1, y) - y * entrain_theory_bessel_scaled(0, y);
}

double entrain_theory_noise_coherence(double coupling, double noise) {
    if (!(coupling > 0 && coupling > 2 * noise))
        return 0;
    double ratio = coupling / noise;
    if (!(ratio < 1e17)) // 1 - r is T / (2 K)
        return 1;
    // 0 solves it, too. Near threshold y^2 / 4 = ratio - 2: an eighth of that y lies well below the root.
    double low = sqrt(fmin(ratio - 2, 1)) / 4;
    return fmin(bisect(noise_law, &ratio, low, ratio) / ratio, 1);
}

double entrain_theory_lorentz_noise_threshold(double gamma, double noise) { return 2 * (gamma + noise); }

// Moments z_k of the density obey (gamma + k T) z_k = (K r / 2) (z_(k-1) - z_(k+1)), z_0 = 1, z_1 = r: for
// Lorentz the mean over frequencies is the value at -i gamma (Ott and Antonsen 2008). So z_k / z_(k-1) is a
// continued fraction, from the far end on.
typedef struct lorentz_noise {
    double coupling, gamma, noise;
} lorentz_noise;
static double lorentz_noise_law(const void *context, double r) {
    const lorentz_noise *swarm = context;
    double half = swarm->coupling * r / 2, ratio = 0;
    // Beyond k = K r / T ratios fall like half / (k T).
    int64_t far = (int64_t)fmin(20 + 2 * half / swarm->noise, 1e6);
    for (int64_t k = far; k >= 1; k--)
        ratio = half / (swarm->gamma + (double)k * swarm->noise + half * ratio);
    return ratio - r;
}

double entrain_theory_lorentz_noise_coherence(double coupling, double gamma, double noise) {
    const lorentz_noise swarm = {coupling, gamma, noise};
    double threshold = entrain_theory_lorentz_noise_threshold(gamma, noise);
    if (!(coupling > threshold))
        return 0;
    if (noise < 1e-5 * coupling) // the fraction would be long
        return noise == 0 ? entrain_theory_lorentz_coherence(coupling, gamma) : NAN;
    // 0 solves it, too: near threshold r^2 is (1 - K_c / K) times 1 to 2, and never less than that of Lorentz
    // alone.
    return bisect(lorentz_noise_law, &swarm, 0.5 * sqrt(1 - threshold / coupling), 1);
}

double entrain_theory_lag_coherence(double coupling, double gamma, double lag) {
    return entrain_theory_lorentz_coherence(coupling * entrain_cos(lag), gamma);
}

double entrain_theory_lag_frequency(double coupling, double gamma, double lag) {
    if (!(coupling * entrain_cos(lag) > 2 * gamma))
        return NAN;
    return -coupling * entrain_sin(lag) + gamma * entrain_tan(lag);
}

// With x = 2 a t and F(x) = (e^x - 1) / x the formula is r0^2 e^x / (1 + 2 b t r0^2 F(x)), which knows no
// special case at a = 0; and e^-x F(x) = F(-x) keeps what grows out of it.
double entrain_theory_relaxation(double coupling, double gamma, double coherence_0, double time_s) {
    double square = coherence_0 * coherence_0;
    double x = 2 * (coupling / 2 - gamma) * time_s;
    double decay = entrain_exp(-fabs(x)), pull = coupling * time_s * square * growth(-fabs(x));
    if (coupling < 0) { // the same with b / a = share of r0^2, in positive terms
        double share = square * coupling / (coupling - 2 * gamma);
        return share == 1 ? 1 : sqrt(square * decay / (1 - share + share * decay));
    }
    return sqrt(x > 0 ? square / (decay + pull) : square * decay / (1 + pull));
}

typedef struct frequencies {
    const double *values;
    uint32_t count;
    double mean, coupling;
} frequencies;

static double mean_of(uint32_t count, const double *values) {
    long double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += values[i];
    return (double)(sum / count);
}

// Coherence of those locked by the field u = K r: concave in u (each term is), so that it meets u / K at most
// twice, and the upper meeting is the stable one. Mirollo and Strogatz (2005).
static double locked_by(const frequencies *f, double u) {
    long double sum = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        double s = (f->values[i] - f->mean) / u;
        sum += sqrt(fmax(1 - s * s, 0));
    }
    return (double)(sum / f->count);
}

// u / locked_by(u) is least where this sum of (1 - 2 s^2) / sqrt(1 - s^2) rises through 0.
static double threshold_law(const void *context, double u) {
    const frequencies *f = context;
    long double sum = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        double s = (f->values[i] - f->mean) / u;
        sum += (1 - 2 * s * s) / sqrt(fmax(1 - s * s, 1e-300));
    }
    return -(double)sum;
}

static double largest_of(const frequencies *f) {
    double largest = 0;
    for (uint32_t i = 0; i < f->count; i++)
        largest = fmax(largest, fabs(f->values[i] - f->mean));
    return largest;
}

// All s^2 are at most 1/2 at sqrt(2) times the largest: the least lies before that.
static double threshold_field(const frequencies *f) {
    double largest = largest_of(f);
    return largest > 0 ? bisect(threshold_law, f, largest, largest * 1.4142135623730952) : 0;
}

double entrain_theory_locking_threshold(uint32_t count, const double *values) {
    if (count == 0)
        return NAN;
    frequencies f = {.values = values, .count = count, .mean = mean_of(count, values)};
    double u = threshold_field(&f);
    return u > 0 ? u / locked_by(&f, u) : 0;
}

static double locked_law(const void *context, double u) {
    const frequencies *f = context;
    return locked_by(f, u) - u / f->coupling;
}

double entrain_theory_locked_coherence(double coupling, uint32_t count, const double *values) {
    if (count == 0 || !(coupling > 0))
        return 0;
    frequencies f = {.values = values, .count = count, .mean = mean_of(count, values), .coupling = coupling};
    double u = threshold_field(&f);
    if (u > 0 && coupling < u / locked_by(&f, u))
        return 0;
    return u > 0 ? locked_by(&f, bisect(locked_law, &f, u, coupling)) : 1;
}

double entrain_theory_ring_rate(uint32_t count, uint32_t mode, int32_t winding) {
    double half = entrain_sin(PI * (double)mode / (double)count);
    return 4 * entrain_cos(2 * PI * (double)winding / (double)count) * half * half;
}

double entrain_theory_fluctuation(double coupling, double threshold) {
    return coupling < threshold ? 1 / (1 - coupling / threshold) : INFINITY;
}

// Free oscillators with random phases make a field of power g(omega) / N at frequency omega; the swarm
// answers its own field with chi = 1 / (1 - (K / 2) G), G(omega) = int_0^inf exp(-i omega t) E[exp(i omega_j
// t)] dt, whose real part is pi g. So N <r^2> = int g |chi|^2; for Lorentz this is 1 / (1 - K / K_c).
static double response(double coupling, double re, double im) {
    double x = 1 - coupling / 2 * re, y = coupling / 2 * im;
    return 1 / (x * x + y * y);
}

double entrain_theory_uniform_fluctuation(double coupling, double gamma) {
    if (!(coupling < entrain_theory_uniform_threshold(gamma)))
        return INFINITY;
    double sum = 0;
    enum {
        NODES = 4000
    }; // omega = gamma tanh(y): what is logarithmic at the ends of the range is linear in y
    for (int i = 0; i < NODES; i++) {
        double y = 20 * (i + 0.5) / NODES, square = entrain_exp(-2 * y);
        double slope = 4 * square / ((1 + square) * (1 + square));
        // G = pi / (2 gamma) - (i / 2 gamma) ln((gamma + omega) / (gamma - omega)), the logarithm is 2 y
        sum += slope * response(coupling, PI / (2 * gamma), y / gamma) * (20.0 / NODES);
    }
    return sum;
}

// Dawson's integral, int_0^inf exp(-t^2) sin(2 x t) dt, as a sum over odd n, exact to exp(-(pi / 2h)^2).
// Rybicki (1989).
static double dawson(double x) {
    double sum = 0, h = 0.2;
    for (int n = 1; n * h < fabs(x) + 7; n += 2)
        sum += (entrain_exp(-(x - n * h) * (x - n * h)) - entrain_exp(-(x + n * h) * (x + n * h))) / n;
    return sum / sqrt(PI);
}

double entrain_theory_normal_fluctuation(double coupling, double sigma) {
    if (!(coupling < entrain_theory_normal_threshold(sigma)))
        return INFINITY;
    // In t = omega / (sqrt(2) sigma) = sinh(y) (1 - K / K_c), dense where chi has its peak.
    double narrow = 1 - coupling / entrain_theory_normal_threshold(sigma), sum = 0;
    double last = entrain_log(13 / narrow);
    enum { NODES = 1000 };
    for (int i = 0; i < NODES; i++) {
        double y = last * (i + 0.5) / NODES, up = entrain_exp(y), t = narrow * (up - 1 / up) / 2;
        double density = entrain_exp(-t * t) / sqrt(PI); // of t
        double re = sqrt(PI / 2) * entrain_exp(-t * t) / sigma, im = sqrt(2) * dawson(t) / sigma;
        sum += 2 * density * response(coupling, re, im) * narrow * (up + 1 / up) / 2 * (last / NODES);
    }
    return sum;
}

double entrain_theory_sync_time(uint32_t count, double coherence) {
    double square = coherence * coherence;
    return entrain_log((double)count) + EULER_GAMMA + entrain_log(square / (1 - square));
}

// N r^2 is exponentially distributed at the start, so ln of it is Gumbel's.
double entrain_theory_sync_time_deviation(void) { return PI / sqrt(6); }

typedef struct delayed {
    double frequency, coupling, delay_s;
} delayed;

static double delay_law(const void *context, double at) {
    const delayed *d = context;
    return d->frequency - at - d->coupling * entrain_sin(at * d->delay_s);
}

// In each stretch of Omega with K cos(Omega tau) > 0 the law falls all the way, so it has one root there or
// none; and one for certain where the stretch lies within |K| of omega. So the nearest root is in one of the
// nearest stretches.
double entrain_theory_delay_frequency(double frequency, double coupling, double delay_s) {
    if (delay_s == 0)
        return coupling > 0 ? frequency : NAN;
    const delayed d = {frequency, coupling, delay_s};
    double turn = 2 * PI / delay_s, first = coupling > 0 ? 0 : 0.5, best = NAN;
    double middle = nearbyint(frequency / turn - first);
    for (int k = -2; k <= 2 && coupling != 0; k++) {
        double low = (middle + k + first - 0.25) * turn, high = (middle + k + first + 0.25) * turn;
        if (!(delay_law(&d, low) > 0 && delay_law(&d, high) < 0))
            continue;
        double root = bisect(delay_law, &d, low, high);
        if (!(fabs(root - frequency) >= fabs(best - frequency)))
            best = root;
    }
    return best;
}

// f's inverse at f(phase) + strength, written with F(x) = (e^x - 1) / x: b = 0 is no special case.
static double pulse_offset(double b, double strength) { return strength * growth(b * strength) / growth(b); }

double entrain_theory_pulse_jump(double dissipation, double strength, double phase) {
    return fmin(pulse_offset(dissipation, strength) + entrain_exp(dissipation * strength) * phase, 1);
}

// Of h(phi) = jump(1 - phi), without the cut at 1; the return map is h(h(phi)).
double entrain_theory_pulse_fixed_point(double dissipation, double strength) {
    double slope = entrain_exp(dissipation * strength);
    return (pulse_offset(dissipation, strength) + slope) / (1 + slope);
}

double entrain_theory_pulse_slope(double dissipation, double strength) {
    return entrain_exp(2 * dissipation * strength);
}

double entrain_theory_pendulum_period(double stiffness, double angle_0) {
    if (!(stiffness > 0))
        return NAN;
    if (!(fabs(angle_0) < PI))
        return INFINITY;
    double a = 1, g = entrain_cos(angle_0 / 2);
    for (int i = 0; i < 40 && fabs(a - g) > 1e-16 * a; i++) { // each round doubles the digits
        double mean = (a + g) / 2;
        g = sqrt(a * g);
        a = mean;
    }
    return 2 * PI / (sqrt(stiffness) * a);
}
