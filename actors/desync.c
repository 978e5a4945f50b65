// DESYNC, the midpoint rule: Degesys, Rose, Patel and Nagpal, IPSN 2007, section 3.
//
// Everybody fires once in a period T. Who has fired waits for the first firing that it hears after its own;
// then it knows when the one before it fired (the last that it had heard of), and the one after it, and moves
// its own next firing, which was to be a period after its last, by alpha times the way from its last firing
// to the middle between theirs:
//
//   next = own + T + alpha ((before + after) / 2 - own)
//
// What it knows of the one before it is as old as that one's last firing: before has moved since, and nobody
// has said so. That is the paper's rule, and why alpha near 1 is slow for a few nodes.
//
// Deviation: firings at one instant count as made in the order of indices, so that a swarm that begins all
// together spreads, too; and nobody moves its firing into the past.
#include <math.h>

#include "actors/pulse_net.h"

typedef struct desync {
    entrain__pulse_net net; // first
    double alpha;
} desync;

entrain_desync_config entrain_desync_config_defaults(void) { return (entrain_desync_config){.alpha = 0.95}; }

// state->a: when the one before it fired, as known; state->b: when anybody was last heard; -1: nobody yet.
static entrain_status fire(entrain_self *self) {
    entrain__pulse_state *state = entrain__pulse_state_of(self);
    state->timer = 0;
    state->a = state->b;
    state->waits = 1;
    return entrain__pulse_fire(self);
}

// The one after it fires now.
static entrain_status jump(entrain_self *self, entrain__pulse_state *state) {
    const desync *model = self->context;
    const double period = entrain__pulse_period(self), now_s = self->time_s, own_s = state->fired_at;
    state->waits = 0;
    if (state->a < 0) // it has heard nobody before its own firing
        return ENTRAIN_OK;
    double next_s = own_s + period + model->alpha * ((state->a + now_s) / 2 - own_s);
    next_s = next_s > now_s ? next_s : now_s;
    state->at = 1 - (next_s - now_s) / period;
    state->time_s = now_s;
    return entrain__pulse_plan(self, state, next_s);
}

static entrain_status hear(entrain_self *self, const entrain_message *message) {
    entrain__pulse_state *state = entrain__pulse_state_of(self);
    const double now_s = self->time_s;
    const uint32_t least = entrain__pulse_least(message), greatest = entrain__pulse_greatest(message);
    if (least == self->index && greatest == self->index)
        return ENTRAIN_OK; // itself
    state->heard++;
    state->b = now_s;
    if (state->fired_at != now_s)
        return state->waits != 0 ? jump(self, state) : ENTRAIN_OK;
    if (least < self->index)
        state->a = now_s;
    return greatest > self->index && state->waits != 0 ? jump(self, state) : ENTRAIN_OK;
}

static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t m = 0; m < count && status == ENTRAIN_OK; m++) {
        if (messages[m].kind == ENTRAIN_KIND_BEGUN)
            status = entrain__pulse_begin(self);
        else if (messages[m].kind == ENTRAIN__PULSE_FIRE)
            status = fire(self);
        else if (messages[m].kind == ENTRAIN__PULSE_HEARD)
            status = hear(self, &messages[m]);
    }
    return status;
}

entrain_status entrain_desync_add(entrain_engine *engine, const entrain_desync_config *config,
                                  entrain_topology *topology, uint32_t count, const double *phases,
                                  const double *frequencies, entrain_population **population_out,
                                  entrain_error *error_out) {
    if (!(config->alpha >= 0 && config->alpha <= 1))
        return entrain_error_set(error_out, ENTRAIN_INVALID, "alpha is %g; it must be 0 to 1.",
                                 config->alpha);
    for (uint32_t i = 1; i < count; i++)
        if (frequencies[i] != frequencies[0])
            return entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "Actor %u has the natural frequency %g rad/s and actor 0 has %g; DESYNC is for one "
                "period that all share: make them equal.",
                i, frequencies[i], frequencies[0]);
    void *context = NULL;
    const entrain_status status = entrain__pulse_net_create(engine, "desync", topology, 0, count, phases,
                                                            frequencies, sizeof(desync), &context, error_out);
    if (status != ENTRAIN_OK)
        return status;
    desync *model = context;
    model->alpha = config->alpha;
    return entrain__pulse_net_add(engine, "desync", &model->net, receive, population_out, error_out);
}
