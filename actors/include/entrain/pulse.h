/// @file pulse.h  Oscillators that speak by pulses, in virtual time: when each fires is a number, not a tick.
///
/// Both need an engine in virtual-time execution, and send to those who hear them in a topology of their own
/// (virtual-time engines have none): every firing is one message to each hearer; on a complete graph, through
/// relays, one to each for all that fire in a round. With lookahead 0, all that happens at one instant
/// happens in rounds: who is carried over the threshold by a pulse fires in a later round of the same instant
/// (absorption).
///
/// Who begins again begins with its initial phase. An oscillator tells at most 65,531 others (complete: any
/// number, with lookahead 0), fewer where delays are longer than periods; more firings under way than was
/// reckoned with (strong pulses can make somebody fire at any rate) are a failure of the actor, ENTRAIN_FULL.
///
/// Their population begins with Kuramoto's three columns, so that everything that measures phases works on
/// it, once entrain_pulse_look() has brought the phases to the present time.
#ifndef ENTRAIN_PULSE_H
#define ENTRAIN_PULSE_H

#include "entrain/engine.h"
#include "entrain/topology.h"

ENTRAIN_BEGIN_DECLS

/// Mirollo and Strogatz (1990): phi' = omega / 2 pi on [0, 1], x = f(phi) = ln(1 + (e^b - 1) phi) / b; at x =
/// 1 it fires and begins at 0; a pulse adds epsilon to x (at most to 1, which makes it fire, at least to 0),
/// those of one round together. Pulses that reach an oscillator in the instant in which it fired change
/// nothing.
typedef struct entrain_pulse_config {
    double dissipation; ///< b, above 0 to 50; default 3
    double strength;    ///< epsilon, -1 to 1; default 0.1
    bool divide;        ///< divide epsilon by the hearer's in-degree (complete: N - 1); default false
    /// Of every pulse, simulated seconds, 0 to 1e6; default 0. To it comes the topology's. Their sum is at
    /// least the engine's lookahead.
    double delay_s;
} entrain_pulse_config;
ENTRAIN_API entrain_pulse_config entrain_pulse_config_defaults(void);

/// DESYNC, the midpoint rule: Degesys, Rose, Patel and Nagpal (2007). Everybody fires once in a period 2 pi /
/// omega, all alike, and whoever has heard the first firing after its own moves its next one towards the
/// middle between those before and after it, by the part alpha.
typedef struct entrain_desync_config {
    double alpha; ///< 0 to 1; default 0.95
} entrain_desync_config;
ENTRAIN_API entrain_desync_config entrain_desync_config_defaults(void);

/// Adds @p count oscillators with initial phases (rad, taken modulo 2 pi to 0 .. 2 pi) and natural
/// frequencies (rad/s, 1e-9 to 1e9; desync: all equal), both [count] by index, copied. @p topology is
/// retained; its vertices are the indices; weights scale epsilon (desync: ignored). Refuses with a sentence:
/// another execution than virtual-time, values out of range.
ENTRAIN_API entrain_status entrain_pulse_add(entrain_engine *engine, const entrain_pulse_config *config,
                                             entrain_topology *topology, uint32_t count, const double *phases,
                                             const double *frequencies, entrain_population **population_out,
                                             entrain_error *error_out);
ENTRAIN_API entrain_status entrain_desync_add(entrain_engine *engine, const entrain_desync_config *config,
                                              entrain_topology *topology, uint32_t count,
                                              const double *phases, const double *frequencies,
                                              entrain_population **population_out, entrain_error *error_out);
/// Brings the columns phase and turns of everybody to the engine's present time, as Kuramoto's: phase
/// wrapped, and phase + 2 pi turns is 2 pi (times fired + phi). Between runs.
ENTRAIN_API entrain_status entrain_pulse_look(entrain_population *population);
/// How often everybody fired since it began, and how often of that because a pulse carried it over the
/// threshold (absorption). Between runs.
ENTRAIN_API void entrain_pulse_count(const entrain_population *population, uint64_t *fired_out,
                                     uint64_t *driven_out);
/// The same of one: *time_s_out is when it fired last, -1: never; *heard_out: pulses that reached it and were
/// not ignored. NULL: not wanted.
ENTRAIN_API void entrain_pulse_read(const entrain_population *population, uint32_t index, uint64_t *fired_out,
                                    double *time_s_out, uint64_t *heard_out);

ENTRAIN_END_DECLS

#endif
