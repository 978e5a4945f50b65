// A phase model of the user's own, with a second harmonic:
//
//   theta_i' = omega_i + (1 / n_i) sum_j (K sin(theta_j - theta_i) + L sin 2 (theta_j - theta_i))
//
// which, unlike Kuramoto's, lets a swarm fall into two groups half a turn apart (Hansel, Mato and Meunier,
// Phys. Rev. E 48, 3470, 1993). An oscillator publishes cos and sin of its phase and of twice its phase; the
// sums that come back are exact, so the order in which neighbours are heard does not matter.
//
//   model = { kind = "second-harmonic", parameters = { coupling = 0.2, stiffness = 1.5 } }
#include <entrain/plugin.h>

#include <entrain/math.h>

static const entrain_parameter parameters[] = {
    {"coupling", 1, -1000, 1000, "K, rad/s: pull towards the phase of others"},
    {"stiffness", 1, -1000, 1000, "L, rad/s: pull towards it or its opposite"},
};

// Words are multiples of 2^-44: real numbers that add up exactly. One's own are already known to be cos and
// sin.
static void publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    const double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE];
    (void)stage;
    entrain_phase_publish(range->count, phase, 4, words_out);
    for (uint32_t k = 0; k < range->count; k++) {
        words_out[4 * k + 2] = entrain_word(entrain_cos(2 * phase[k]));
        words_out[4 * k + 3] = entrain_word(entrain_sin(2 * phase[k]));
    }
}

// Euler's step. sin(a - b) = sin a cos b - cos a sin b, so sums of cos and sin are all one needs to hear.
static void step(const entrain_range *range, uint32_t stage) {
    const double *given = range->context; // without a create(), the parameters
    double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE];
    int32_t *turns = range->columns[ENTRAIN_KURAMOTO_TURNS];
    const double *frequency = range->columns[ENTRAIN_KURAMOTO_FREQUENCY];
    (void)stage;
    for (uint32_t k = 0; k < range->count; k++) {
        double own[4], heard[4];
        for (uint32_t w = 0; w < 4; w++) {
            own[w] = (double)range->published[4 * k + w] * 0x1p-44;
            heard[w] = (double)range->sums[4 * k + w] * range->sum_unit;
        }
        double first = own[0] * heard[1] - own[1] * heard[0], second = own[2] * heard[3] - own[3] * heard[2];
        uint32_t degree = entrain_range_in_degree(range, k);
        double pull = degree > 0 ? (given[0] * first + given[1] * second) / degree : 0;
        entrain_phase_advance(&phase[k], &turns[k],
                              entrain_engine_step_s(range->engine) * (frequency[k] + pull));
    }
}

static const entrain_phase_model model = {
    .name = "second-harmonic",
    .summary = "Kuramoto's coupling with a second harmonic: one group, or two half a turn apart",
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof *parameters,
    .words = 4,
    .exchanges = 1,
    .publish = publish,
    .step = step,
};

static entrain_status set_up(entrain_error *error_out) {
    return entrain_phase_model_register(&model, error_out);
}

ENTRAIN_PLUGIN(set_up);
