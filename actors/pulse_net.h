/// @file pulse_net.h  What oscillators that speak by pulses have in common: state, who hears whom, the
/// relays.
///
/// An oscillator's phase grows evenly between what happens to it, so its state is where it was (`at`, in
/// cycles) when something last happened to it (`time_s`), and one timer for its next firing. No error grows
/// with time but that of the clock itself.
///
/// Along the arcs of a graph every firing is one message to each hearer. Where everybody hears everybody, N
/// firings at one instant would be N (N - 1) messages: there they go to relays instead, each of which tells
/// its block of oscillators how many fired, once a round. Who fired is not told apart, and need not be:
/// pulses that reach an oscillator in the instant of its own firing change nothing (Mirollo-Strogatz; one
/// that comes back later, after a delay, is announced to its sender by a timer, and taken off), or only
/// whether somebody before or after it in the order of indices fired at the same instant (DESYNC), for which
/// the least and the greatest index are enough.
#ifndef ENTRAIN_ACTORS_PULSE_NET_H
#define ENTRAIN_ACTORS_PULSE_NET_H

#include "engine/base/memory.h"
#include "entrain/actor.h"
#include "entrain/kuramoto.h"
#include "entrain/pulse.h"

enum {
    ENTRAIN__PULSE_STATE = 3, // column, after Kuramoto's
    ENTRAIN__PULSE_COLUMNS,
};
enum {
    ENTRAIN__PULSE_FIRE = ENTRAIN_KIND_USER, // timer: it fires now
    ENTRAIN__PULSE_SETTLE,                   // timer: the round is over
    ENTRAIN__PULSE_ECHO,                     // timer: of what a relay tells now, one is its own
    ENTRAIN__PULSE_FIRED,                    // to a relay
    ENTRAIN__PULSE_HEARD,                    // to a hearer
};

/// Of one oscillator. No padding: all of it is fingerprinted.
typedef struct entrain__pulse_state {
    double at, time_s;   // its phase in cycles, and when
    double fired_at;     // s; -1: never
    uint64_t fired;      // times
    uint64_t heard;      // pulses that reached it and were not ignored
    entrain_timer timer; // of its next firing
    uint32_t driven;     // times that a pulse made it fire
    uint32_t waits;      // the model's: a settle timer is under way; it has fired and heard nobody since
    double a, b;         // the model's
} entrain__pulse_state;
_Static_assert(sizeof(entrain__pulse_state) == 72, "no padding");

/// Begins the context of both models. Constant once made.
typedef struct entrain__pulse_net {
    entrain__arena *arena;
    entrain_topology *topology;
    entrain_topology_view view;
    entrain_population *population, *relays; // relays NULL: each tells its hearers itself
    uint32_t count, relay_count;
    double delay_s;                     // of all pulses
    const double *out_weights;          // by outgoing arc; NULL: all 1
    const double *out_delays;           // by outgoing arc, delay_s included; NULL: delay_s
    const double *phases, *frequencies; // [count] by index: cycles, rad/s
    uint32_t out_max, under_way_max;    // whom one tells at most; messages of it that may be under way
} entrain__pulse_net;

/// Checks what both models take and makes a context of @p bytes that begins with a net. On refusal nothing is
/// left.
entrain_status entrain__pulse_net_create(entrain_engine *engine, const char *name, entrain_topology *topology,
                                         double delay_s, uint32_t count, const double *phases,
                                         const double *frequencies, size_t bytes, void **context_out,
                                         entrain_error *error_out);
/// Undoes that, before it was added.
void entrain__pulse_net_destroy(entrain__pulse_net *net);
/// Adds the population, whose context begins with @p net, and its relays. Takes @p net over, whatever comes
/// of it.
entrain_status entrain__pulse_net_add(entrain_engine *engine, const char *name, entrain__pulse_net *net,
                                      entrain_status (*receive)(entrain_self *self,
                                                                const entrain_message *messages,
                                                                uint32_t count),
                                      entrain_population **population_out, entrain_error *error_out);

/// The net of a population of either model; NULL: it is of another.
const entrain__pulse_net *entrain__pulse_net_of(const entrain_population *population);

/// Phase in cycles at @p time_s, at most 1.
double entrain__pulse_phase(const entrain__pulse_state *state, double frequency, double time_s);
/// The next firing is at @p time_s, and not when it was to be before.
entrain_status entrain__pulse_plan(entrain_self *self, entrain__pulse_state *state, double time_s);
/// What both do when they begin, and when they fire: phase 0, the next firing a period from now, all hearers
/// told.
entrain_status entrain__pulse_begin(entrain_self *self);
entrain_status entrain__pulse_fire(entrain_self *self);

static inline entrain__pulse_state *entrain__pulse_state_of(const entrain_self *self) {
    return self->columns[ENTRAIN__PULSE_STATE];
}
static inline double entrain__pulse_period(const entrain_self *self) {
    return 6.283185307179586 / *(const double *)self->columns[ENTRAIN_KURAMOTO_FREQUENCY];
}
/// Of a message that was heard: how many fired (weights: their sum), and the least and greatest index of
/// those.
static inline double entrain__pulse_weight(const entrain_message *message) { return message->payload[0].f64; }
static inline uint32_t entrain__pulse_least(const entrain_message *message) {
    return (uint32_t)(message->payload[1].u64 >> 32);
}
static inline uint32_t entrain__pulse_greatest(const entrain_message *message) {
    return (uint32_t)message->payload[1].u64;
}

#endif
