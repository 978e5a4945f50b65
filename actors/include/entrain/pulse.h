/// @file pulse.h  Oscillators that speak by pulses, in virtual time: when each fires is a number, not a tick.
///
/// Both need an engine in virtual-time execution, and send to those who hear them in a topology of their own (virtual-time
/// engines have none): every firing is one message to each hearer. With lookahead 0, all that happens at one instant happens in
/// rounds: who is carried over the threshold by a pulse fires in the next round of the same instant (absorption).
///
/// Their population begins with Kuramoto's three columns, so that everything that measures phases works on it, once
/// entrain_pulse_look() has brought the phases to the present time.
#ifndef ENTRAIN_PULSE_H
#define ENTRAIN_PULSE_H

#include "entrain/engine.h"
#include "entrain/topology.h"

ENTRAIN_BEGIN_DECLS

/// Mirollo and Strogatz (1990): phi' = omega / 2 pi on [0, 1], x = f(phi) = ln(1 + (e^b - 1) phi) / b; at x = 1 it fires and begins
/// at 0; a pulse adds epsilon to x (at most to 1, which makes it fire, at least to 0). Pulses that reach an oscillator in the instant in
/// which it fired change nothing.
typedef struct entrain_pulse_config {
    double dissipation;  ///< b, above 0 to 50; default 3
    double strength;     ///< epsilon, -1 to 1; default 0.1
    bool divide;         ///< divide epsilon by the hearer's in-degree (complete: N - 1); default false
    double delay_s;      ///< of every pulse, simulated seconds, 0 to 1e6; default 0. At least the engine's lookahead
} entrain_pulse_config;
ENTRAIN_API entrain_pulse_config entrain_pulse_config_defaults(void);

/// DESYNC, the midpoint rule: Degesys, Rose, Patel and Nagpal (2007). Everybody fires once in a period 2 pi / omega, all alike, and
/// whoever has heard the first firing after its own moves its next one towards the middle between those before and
/// after it, by the part alpha.
typedef struct entrain_desync_config {
    double alpha; ///< 0 to 1; default 0.95
} entrain_desync_config;
ENTRAIN_API entrain_desync_config entrain_desync_config_defaults(void);

/// Adds @p count oscillators with initial phases (rad, taken modulo 2 pi to 0 .. 2 pi) and natural frequencies (rad/s, above 0;
/// desync: all equal), both [count] by index, copied. @p topology is retained; its vertices are the indices; weights scale epsilon
/// (desync: ignored). Refuses with a sentence: another execution than virtual-time, values out of range.
ENTRAIN_API entrain_status entrain_pulse_add(entrain_engine *engine, const entrain_pulse_config *config,
                                             entrain_topology *topology, uint32_t count, const double *phases,
                                             const double *frequencies, entrain_population **population_out,
                                             entrain_error *error_out);
ENTRAIN_API entrain_status entrain_desync_add(entrain_engine *engine, const entrain_desync_config *config,
                                              entrain_topology *topology, uint32_t count, const double *phases,
                                              const double *frequencies, entrain_population **population_out,
                                              entrain_error *error_out);
/// Brings the columns phase (2 pi phi, wrapped) and turns (times fired) of everybody to the engine's present time. Between runs.
ENTRAIN_API entrain_status entrain_pulse_look(entrain_population *population);
/// Times that anybody fired so far, and instants at which more than one did (absorbed or by chance).
ENTRAIN_API void entrain_pulse_count(const entrain_population *population, uint64_t *fired_out,
                                     uint64_t *together_out);

ENTRAIN_END_DECLS

#endif
