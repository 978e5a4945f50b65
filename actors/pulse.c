// Mirollo and Strogatz (1990): oscillators that charge, fire, and kick all who hear them.
//
// phi grows evenly from 0 to 1 in a period; x = f(phi) = ln(1 + (e^b - 1) phi) / b. A pulse adds epsilon to
// x, so phi becomes g(f(phi) + epsilon) with g = f^-1, which is linear in phi:
//
//   phi + m (phi + c),   m = e^(b epsilon) - 1,   c = 1 / (e^b - 1)
//
// At phi >= 1 it fires and begins at 0. All pulses of one round are one: their epsilons are added first, and
// what x would be beyond 0 or 1 is lost. Pulses of the instant in which it fired change nothing, so at one
// instant nobody fires twice and every avalanche ends.
#include <math.h>

#include "actors/pulse_net.h"
#include "entrain/math.h"

typedef struct pulse {
    entrain__pulse_net net; // first
    entrain_pulse_config config;
    double offset;        // c
    double kick;          // m of one pulse of `epsilon`
    double epsilon;       // of all, unless
    const double *shares; // [count], by index
} pulse;

entrain_pulse_config entrain_pulse_config_defaults(void) {
    return (entrain_pulse_config){.dissipation = 3, .strength = 0.1};
}

// e^x - 1 to the last bits also where x is small. Kahan's way: what exp loses, log loses again.
static double exp_less_1(double x) {
    const double power = entrain_exp(x);
    if (power == 1)
        return x;
    if (!(fabs(x) < 1))
        return power - 1;
    return (power - 1) * x / entrain_log(power);
}

static entrain_status fire(entrain_self *self, bool driven) {
    entrain__pulse_state *state = entrain__pulse_state_of(self);
    state->driven += driven;
    state->a = 0;
    return entrain__pulse_fire(self);
}

// The pulses of a round, whose weights add up to state->a.
static entrain_status settle(entrain_self *self) {
    const pulse *model = self->context;
    entrain__pulse_state *state = entrain__pulse_state_of(self);
    const double frequency = *(const double *)self->columns[ENTRAIN_KURAMOTO_FREQUENCY];
    const double epsilon = state->a * (model->shares != NULL ? model->shares[self->index] : model->epsilon);
    state->a = 0;
    if (epsilon == 0)
        return ENTRAIN_OK;
    const double m =
        epsilon == model->epsilon ? model->kick : exp_less_1(model->config.dissipation * epsilon);
    const double phase = entrain__pulse_phase(state, frequency, self->time_s);
    const double next = phase + m * (phase + model->offset);
    if (next >= 1)
        return fire(self, true);
    state->at = next > 0 ? next : 0;
    state->time_s = self->time_s;
    return entrain__pulse_plan(self, state, self->time_s + (1 - state->at) * entrain__pulse_period(self));
}

// With one period for all, who was fired by a delayed pulse fires again in the very instant in which the next
// one comes: (t + delay) + period and (t + period) + delay are the same time, but for rounding. 512 roundings
// of now are no time.
static bool has_just_fired(const entrain__pulse_state *state, double now_s) {
    return now_s - state->fired_at <= now_s * 0x1p-44;
}

// A round has been seen to its end when fewer messages came than are handed over at once; otherwise a timer
// says so, which comes before all else of the next round.
static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const pulse *model = self->context;
    entrain__pulse_state *state = entrain__pulse_state_of(self);
    entrain_status status = ENTRAIN_OK;
    bool heard = false;
    for (uint32_t m = 0; m < count && status == ENTRAIN_OK; m++) {
        switch (messages[m].kind) {
        case ENTRAIN_KIND_BEGUN:
            status = entrain__pulse_begin(self);
            break;
        case ENTRAIN__PULSE_FIRE:
            state->timer = 0;
            status = fire(self, false);
            break;
        case ENTRAIN__PULSE_SETTLE:
            state->waits = 0;
            status = settle(self);
            break;
        case ENTRAIN__PULSE_HEARD:
            if (has_just_fired(state, self->time_s))
                break;
            state->a += entrain__pulse_weight(&messages[m]);
            state->heard += model->net.relays != NULL ? (uint64_t)entrain__pulse_weight(&messages[m]) : 1;
            heard = true;
            break;
        case ENTRAIN__PULSE_ECHO: // comes before that
            if (has_just_fired(state, self->time_s))
                break;
            state->a -= 1;
            state->heard--;
            break;
        default: // from outside
            break;
        }
    }
    if (status != ENTRAIN_OK || !heard)
        return status;
    if (count < ENTRAIN_BATCH_MAX)
        return settle(self);
    if (state->waits != 0)
        return ENTRAIN_OK;
    state->waits = 1;
    return entrain_send_at(self, self->time_s, self->id, ENTRAIN__PULSE_SETTLE, 0, (entrain_payload){0},
                           (entrain_payload){0}, NULL);
}

static entrain_status validate(const entrain_pulse_config *config, entrain_error *error_out) {
    if (!(config->dissipation > 0 && config->dissipation <= 50))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "dissipation is %g; it must be above 0 and at most 50.",
                                 config->dissipation);
    if (!(fabs(config->strength) <= 1))
        return entrain_error_set(error_out, ENTRAIN_INVALID, "strength is %g; it must be -1 to 1.",
                                 config->strength);
    return ENTRAIN_OK;
}

// What one pulse adds to each: epsilon over its in-degree.
static entrain_status divide(pulse *model) {
    const entrain_topology_view *view = &model->net.view;
    const uint32_t count = model->net.count;
    if (view->in_offsets == NULL) {
        model->epsilon = count > 1 ? model->config.strength / (double)(count - 1) : 0;
        return ENTRAIN_OK;
    }
    double *shares = entrain__arena_take(model->net.arena, count, sizeof *shares);
    if (shares == NULL)
        return ENTRAIN_NO_MEMORY;
    for (uint32_t v = 0; v < count; v++) {
        const uint64_t degree = view->in_offsets[v + 1] - view->in_offsets[v];
        shares[v] = degree > 0 ? model->config.strength / (double)degree : 0;
    }
    model->shares = shares;
    return ENTRAIN_OK;
}

entrain_status entrain_pulse_add(entrain_engine *engine, const entrain_pulse_config *config,
                                 entrain_topology *topology, uint32_t count, const double *phases,
                                 const double *frequencies, entrain_population **population_out,
                                 entrain_error *error_out) {
    void *context = NULL;
    entrain_status status = validate(config, error_out);
    if (status == ENTRAIN_OK)
        status = entrain__pulse_net_create(engine, "pulse", topology, config->delay_s, count, phases,
                                           frequencies, sizeof(pulse), &context, error_out);
    if (status != ENTRAIN_OK)
        return status;
    pulse *model = context;
    model->config = *config;
    model->epsilon = config->strength;
    if (config->divide && divide(model) != ENTRAIN_OK) {
        entrain__pulse_net_destroy(&model->net);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for %u oscillators.",
                                 count);
    }
    model->offset = 1 / exp_less_1(config->dissipation);
    model->kick = exp_less_1(config->dissipation * model->epsilon);
    return entrain__pulse_net_add(engine, "pulse", &model->net, receive, population_out, error_out);
}
