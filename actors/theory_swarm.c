// Which law, if any, speaks of a swarm as it is configured.
#include <math.h>
#include <string.h>

#include "actors/theory_finite.h"
#include "entrain/math.h"
#include "entrain/swarm.h"

#define TURN 6.28318530717958647693

// Coupling as the laws have it, theta_i' = omega_i + (K / N) sum ..., is this times the configured one:
// everybody's gain (and N, where nothing is divided by it). 0: the swarm is not one of theirs. (Normalised
// by the degree or by who was heard, N is the same on a complete graph.)
static double gain_of(const entrain_swarm_config *config, uint32_t count) {
    const entrain_kuramoto_config *model = &config->model;
    bool plain = config->kind == ENTRAIN_SWARM_KURAMOTO && config->phase_model == NULL &&
                 config->topology.kind == ENTRAIN_TOPOLOGY_COMPLETE && config->topology.delay_low == 0 &&
                 config->topology.delay_high == 0 && model->harmonics <= 1 && model->group_count <= 1 &&
                 model->inertia == 0 && model->inertias == NULL && model->gains == NULL &&
                 model->noises == NULL;
    const entrain_distribution *inertia = &config->inertia, *gain = &config->gain;
    if (!plain || inertia->kind != ENTRAIN_DISTRIBUTION_CONSTANT || inertia->value != 0 ||
        inertia->jitter != 0)
        return 0;
    const entrain_distribution *factor = &config->noisiness;
    if (model->noise > 0 &&
        (factor->kind != ENTRAIN_DISTRIBUTION_CONSTANT || factor->value != 1 || factor->jitter != 0))
        return 0;
    if (gain->kind != ENTRAIN_DISTRIBUTION_CONSTANT || gain->jitter != 0)
        return 0;
    return model->normalise == ENTRAIN_NORMALISE_NONE ? gain->value * count : gain->value;
}

// Where the frequencies lie, and how wide.
typedef struct spread {
    entrain_distribution_kind kind; ///< constant (width 0), uniform, normal or lorentz; else: not known
    double center, width;           ///< half of the range; deviation; half width at half maximum
    bool random;
} spread;

static spread spread_of(const entrain_distribution *d) {
    spread found = {.kind = d->kind, .random = d->sampling == ENTRAIN_SAMPLING_RANDOM};
    if (d->jitter != 0) { // a sum of two kinds
        found.kind = ENTRAIN_DISTRIBUTION_KIND_COUNT;
        return found;
    }
    if (d->kind == ENTRAIN_DISTRIBUTION_CONSTANT) {
        found.center = d->value;
    } else if (d->kind == ENTRAIN_DISTRIBUTION_UNIFORM) {
        found.center = d->low + (d->high - d->low) / 2;
        found.width = (d->high - d->low) / 2;
    } else if (d->kind == ENTRAIN_DISTRIBUTION_NORMAL) {
        found.center = d->mean;
        found.width = d->deviation;
    } else if (d->kind == ENTRAIN_DISTRIBUTION_LORENTZ) {
        found.center = d->center;
        found.width = d->width;
    }
    if (found.width == 0 && found.kind <= ENTRAIN_DISTRIBUTION_LORENTZ)
        found.kind = ENTRAIN_DISTRIBUTION_CONSTANT;
    return found;
}

static bool is_uniform_circle(const entrain_distribution *d) {
    return d->kind == ENTRAIN_DISTRIBUTION_UNIFORM && fabs(d->high - d->low - TURN) < 1e-6;
}

// A start whose mean field is nothing but rounding: identical oscillators leave it some time, and nobody
// knows when.
static bool is_balanced(const entrain_distribution *d) {
    if (d->jitter != 0)
        return false;
    switch (d->kind) {
    case ENTRAIN_DISTRIBUTION_UNIFORM:
        return is_uniform_circle(d) && d->sampling == ENTRAIN_SAMPLING_QUANTILE;
    case ENTRAIN_DISTRIBUTION_TWISTED:
        return d->winding != 0;
    case ENTRAIN_DISTRIBUTION_MOBIUS:
        return d->coherence == 0 && d->sampling == ENTRAIN_SAMPLING_QUANTILE;
    case ENTRAIN_DISTRIBUTION_CLUSTERED:
        return d->clusters > 1 && (d->deviation == 0 || d->sampling == ENTRAIN_SAMPLING_QUANTILE);
    case ENTRAIN_DISTRIBUTION_SPLAY:
        return true;
    default:
        return false;
    }
}

static bool identical(const entrain_swarm_config *config, uint32_t count, double coupling,
                      entrain_theory_answer *answer) {
    double pull = coupling * entrain_cos(config->model.lag);
    if (!(pull > 0) || is_balanced(&config->phase))
        return false;
    answer->law =
        config->model.lag != 0 ? "identical with lag: r = 1, Omega = -K sin(alpha)" : "identical: r = 1";
    answer->source = "Watanabe and Strogatz 1994";
    answer->threshold = 0;
    answer->coherence = 1;
    answer->finite_size = 0;
    answer->frequency -= coupling * entrain_sin(config->model.lag);
    if (is_uniform_circle(&config->phase) && config->phase.jitter == 0) {
        answer->sync_time_s = entrain_theory_sync_time(count, 0.9) / pull;
        answer->sync_time_deviation_s = entrain_theory_sync_time_deviation() / pull;
    }
    return true;
}

static bool spread_apart(const spread *frequency, double coupling, entrain_theory_answer *answer) {
    double width = frequency->width;
    if (frequency->kind == ENTRAIN_DISTRIBUTION_LORENTZ) {
        answer->law = "Lorentz: r = sqrt(1 - K_c / K)";
        answer->source = "Kuramoto 1975";
        answer->threshold = entrain_theory_lorentz_threshold(width);
        answer->coherence = entrain_theory_lorentz_coherence(coupling, width);
    } else if (frequency->kind == ENTRAIN_DISTRIBUTION_NORMAL) {
        answer->law = "normal: 1 = (K/sigma) sqrt(pi/8) exp(-x) (I0(x) + I1(x)), x = (K r / 2 sigma)^2";
        answer->source = "Kuramoto 1975; Strogatz 2000";
        answer->threshold = entrain_theory_normal_threshold(width);
        answer->coherence = entrain_theory_normal_coherence(coupling, width);
    } else {
        answer->law = "uniform: all locked, r = gamma / (K sin a), a + sin a cos a = 2 gamma / K";
        answer->source = "Pazo 2005";
        answer->threshold = entrain_theory_uniform_threshold(width);
        answer->coherence = entrain_theory_uniform_coherence(coupling, width);
    }
    return true;
}

static bool with_lag(double width, double coupling, double lag, entrain_theory_answer *answer) {
    answer->law = "Lorentz with lag: r = sqrt(1 - 2 gamma / (K cos(alpha)))";
    answer->source = "Sakaguchi and Kuramoto 1986";
    if (entrain_cos(lag) > 0)
        answer->threshold = 2 * width / entrain_cos(lag);
    answer->coherence = entrain_theory_lag_coherence(coupling, width, lag);
    answer->frequency += entrain_theory_lag_frequency(coupling, width, lag); // NAN without coherence
    return true;
}

static bool with_noise(const spread *frequency, double coupling, double noise,
                       entrain_theory_answer *answer) {
    answer->source = "Sakaguchi 1988";
    if (frequency->kind == ENTRAIN_DISTRIBUTION_CONSTANT) {
        answer->law = "noise: r = I1(K r / T) / I0(K r / T)";
        answer->threshold = entrain_theory_noise_threshold(noise);
        answer->coherence = entrain_theory_noise_coherence(coupling, noise);
        return true;
    }
    answer->law = "Lorentz and noise: r by moments";
    answer->threshold = entrain_theory_lorentz_noise_threshold(frequency->width, noise);
    answer->coherence = entrain_theory_lorentz_noise_coherence(coupling, frequency->width, noise);
    return frequency->kind == ENTRAIN_DISTRIBUTION_LORENTZ;
}

// Below threshold: the field that chance leaves, and how far one sample of frequencies is from the mean of
// all. Its threshold differs by about 1 / sqrt(N) of it, and N <r^2> answers to that the more the nearer it
// is.
static void look_below(const spread *frequency, double coupling, double noise, uint32_t count,
                       entrain_theory_answer *answer) {
    double power;
    answer->frequency = NAN; // nobody is locked
    if (frequency->kind == ENTRAIN_DISTRIBUTION_UNIFORM)
        power = entrain_theory_uniform_fluctuation(coupling, frequency->width);
    else if (frequency->kind == ENTRAIN_DISTRIBUTION_NORMAL)
        power = entrain_theory_normal_fluctuation(coupling, frequency->width);
    else
        power = entrain_theory_fluctuation(coupling, answer->threshold);
    if (!frequency->random && noise == 0) // the teeth of a comb answer each other
        return;
    bool sample = frequency->random && frequency->kind != ENTRAIN_DISTRIBUTION_CONSTANT;
    double n = (double)count, near = coupling / answer->threshold, answers = near / (1 - near);
    bool markov =
        frequency->kind == ENTRAIN_DISTRIBUTION_CONSTANT || frequency->kind == ENTRAIN_DISTRIBUTION_LORENTZ;
    if (isfinite(power)) { // not at K_c itself
        answer->law = markov ? "N <r^2> = 1 / (1 - K / K_c)" : "N <r^2> = int g(w) / |1 - K G(w) / 2|^2 dw";
        answer->source = markov ? "Daido 1990" : "linear response";
    }
    answer->floor = sqrt(power / n);
    answer->finite_size = answer->floor * answers * (sample ? 1.25 / sqrt(n) : 1 / n);
}

// The sample's part is exact to first order; a quarter of the response over N covers what of order 1 / N was
// seen with quantiles, from 1.1 to 2 times K_c.
static void look_above(const entrain_swarm_config *config, const spread *frequency, double coupling,
                       uint32_t count, entrain_theory_answer *answer) {
    const theory_finite swarm = {.kind = frequency->kind,
                                 .width = frequency->width,
                                 .coupling = coupling,
                                 .lag = config->model.lag,
                                 .noise = config->model.noise,
                                 .coherence = answer->coherence,
                                 .frequency = answer->frequency - frequency->center};
    double deviation, response, n = (double)count;
    theory_finite_look(&swarm, &deviation, &response);
    if (!frequency->random)
        deviation = 0;
    answer->finite_size = sqrt(deviation * deviation / n + response * response / (16 * n * n));
}

bool entrain_swarm_theory(const entrain_swarm_config *config, uint32_t count,
                          entrain_theory_answer *answer_out) {
    double gain = gain_of(config, count), coupling = config->model.coupling * gain;
    double noise = config->model.noise, lag = config->model.lag;
    const spread frequency = spread_of(&config->frequency);
    if (!(gain > 0) || !(coupling > 0) || count < 2 || frequency.kind > ENTRAIN_DISTRIBUTION_LORENTZ)
        return false;
    entrain_theory_answer answer = {.threshold = NAN,
                                    .coherence = NAN,
                                    .frequency = frequency.center,
                                    .sync_time_s = NAN,
                                    .sync_time_deviation_s = NAN,
                                    .floor = NAN,
                                    .finite_size = NAN};
    bool known;
    if (noise > 0)
        known = lag == 0 && with_noise(&frequency, coupling, noise, &answer);
    else if (frequency.kind == ENTRAIN_DISTRIBUTION_CONSTANT)
        known = identical(config, count, coupling, &answer);
    else if (lag != 0)
        known = frequency.kind == ENTRAIN_DISTRIBUTION_LORENTZ &&
                with_lag(frequency.width, coupling, lag, &answer);
    else
        known = spread_apart(&frequency, coupling, &answer);
    if (!known)
        return false;
    if (answer.coherence == 0 && lag == 0)
        look_below(&frequency, coupling, noise, count, &answer);
    else if (answer.coherence > 0 && answer.coherence < 1)
        look_above(config, &frequency, coupling, count, &answer);
    answer.threshold /= gain;
    *answer_out = answer;
    return true;
}
