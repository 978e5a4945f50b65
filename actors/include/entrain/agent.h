/// @file agent.h  Goal-directed agents: oscillators that act on what they hear, by what they can afford.
///
/// Each tick an agent publishes six words: cos and sin of its phase, its estimate (x, y) of the swarm's mean
/// of them, its frequency, and how busy it is; and hears the sums of its neighbours'. With z = u + p its
/// estimate, u = exp(i (theta - Omega t)) its own part and p what it has learned:
///
///   p'     = (1 - leak) p + (sum_j z_j - n z) / (n + 1)                      n: how many it heard
///   theta' = theta + h (omega + v) + nudge,   nudge = h g |z| sin(arg z + Omega t - theta)
///   v'     = v + h kappa (mean_j (omega_j + v_j) - (omega + v))              frequency-lock
///   g      = steepness (target - |z|), at most `coupling` either way; the target is the band's middle
///
/// Where the band is open above, g = 4 steepness (low + 0.9 (1 - low) - |z|), from an eighth of `coupling`
/// (newcomers catch up with a swarm that is content) to `coupling`.
///
/// Dynamic average consensus with a leak (Zhu and Martinez, 2010, the leak is ours): on a regular graph
/// the mean of z is the mean of u, whoever changes, and deaths and losses are forgotten at the rate of the
/// leak. Omega is the frequency that all of them were told (2 pi / period_s), and everybody has a clock:
/// estimates are published in the frame that turns with it, so that what is heard late is not wrong.
/// Nobody reads the swarm's coherence: |z| is all an agent knows of it.
///
/// Spreading evenly (ENTRAIN_GOAL_DISTRIBUTE_LOAD): with pulses, time is divided into rounds of a period.
/// In rounds for hearing (the first few, then as often as the energy recovers) all who fire pulse, and
/// each moves by what the mean age of the others' pulses at its own differs from half a period: on a
/// complete graph that is exactly its distance from the splay state nearest to the swarm. Else it
/// estimates the moments of 13 harmonics in turn, by the same consensus, and turns away from them all.
/// (By moments from some 1,000 agents on. Of fewer, twenty windows hold 10 to 30 each, and a few more in
/// one are a peak of 1.25: it is entered, but of 30 swarms held for 95 % of a minute by 14 of 201 agents,
/// 22 of 300, 28 of 400, 29 of 600.)
///
/// An adjustment is paid with energy, and one that cannot be paid does not happen.
#ifndef ENTRAIN_AGENT_H
#define ENTRAIN_AGENT_H

#include "entrain/engine.h"
#include "entrain/goal.h"
#include "entrain/workload.h"

ENTRAIN_BEGIN_DECLS

#define ENTRAIN_AGENT_WORDS 6

typedef struct entrain_agent_config {
    entrain_goal goal; ///< default coherence
    double low, high;  ///< band of coherence, 0 <= low <= high <= 1; default NaN: the goal's
    /// Everybody's at the start; ENTRAIN_STRATEGY_COUNT (the default): the goal's.
    entrain_strategy strategy;
    double period_s;  ///< the period all were told, > 0; default 1
    double coupling;  ///< greatest gain, rad/s, 0 to 1e3; 0: nobody adjusts anything (the control). Default 4
    double steepness; ///< gain per coherence missing, rad/s, 0 to 1e6; default 12
    double alignment; ///< kappa, 1/s, 0 to 1e3; default 1
    double leak;      ///< of estimates, per tick, 0 to 1; default 0.01
    double stubbornness; ///< chance to sit a tick out, 0 to 1; default 0
    // Energy, in units.
    double energy;         ///< what each begins with and holds at most, default 100
    double recovery;       ///< units per simulated second, default 5
    double nudge_cost;     ///< units per radian, default 5
    double frequency_cost; ///< units per rad/s learned, default 10
    double pulse_cost;     ///< units per pulse, default 20
    double switch_cost;    ///< units per change of strategy by adaptive, default 15
    double pulse_strength; ///< of phase-advancing pulses: part of the charge, 0 to 1; default 0.3
    double
        spread_gain; ///< part of its distance that who spreads by pulses moves at once, 0 to 1; default 0.7
    /// Agents may pulse: they have mailboxes, with room for one pulse from each they hear. Default false;
    /// pulse is refused without, and adaptive never chooses it. On a complete graph up to 256 agents.
    bool pulses;
    /// With pulses: room for those to and from so many, where a later graph has more neighbours than the
    /// first. Default 0: the first's; entrain_agents_look() tells how many there are.
    uint32_t neighbours;
    /// Agents may spread: they estimate moments. 192 bytes each. Default false; distribute-load is refused
    /// without, unless pulses, or nobody adjusts anything.
    bool moments;
} entrain_agent_config;

ENTRAIN_API entrain_agent_config entrain_agent_config_defaults(void);

/// Columns, beside Kuramoto's first three (phase, turns, natural frequency).
enum {
    ENTRAIN_AGENT_LEARNED = 3, ///< double v, rad/s: how far it has moved its frequency
    ENTRAIN_AGENT_LEAN_X = 4,  ///< double, p
    ENTRAIN_AGENT_LEAN_Y = 5,
    ENTRAIN_AGENT_ENERGY = 6,   ///< double, units
    ENTRAIN_AGENT_SPENT = 7,    ///< double, units since the start
    ENTRAIN_AGENT_HABIT = 8,    ///< entrain_agent_habit
    ENTRAIN_AGENT_MIND = 9,     ///< what adaptive remembers; 16 bytes
    ENTRAIN_AGENT_PULSE = 10,   ///< what pulses leave behind; 80 bytes
    ENTRAIN_AGENT_MOMENTS = 11, ///< 24 doubles; 8 bytes of nothing without `moments`
    ENTRAIN_AGENT_WORK = 12,    ///< entrain_workload's; 8 bytes of nothing without one
    ENTRAIN_AGENT_BUSY = 13,    ///< float: how busy it says it is, 0 to 1; 0.25 without a workload
    ENTRAIN_AGENT_COS = 14,     ///< double: of the phase in that frame, as last published; scratch
    ENTRAIN_AGENT_SIN = 15,
};

/// How an agent is, beside its goal: written by events and disruptions at tick boundaries.
typedef struct entrain_agent_habit {
    uint8_t strategy;  ///< as told
    uint8_t acting;    ///< what it does now: adaptive has chosen it
    uint8_t unpowered; ///< its energy does not recover
    uint8_t reserved;
    uint16_t slow;     ///< it acts in every so manieth tick; 0 and 1: in each
    uint16_t stubborn; ///< chance to sit a tick out, in 65535ths, beside the configuration's
} entrain_agent_habit;

/// Adds @p count agents with room for @p room (at least count; 0: count): the others wait to be begun with
/// entrain_engine_restart_actor(), with the initial values at their index. @p phases and @p frequencies
/// [room], as entrain_kuramoto_add(). @p workload: what they produce and for whom, from
/// entrain_workload_create(); NULL: nothing. It is the population's from here on, and gone when this call
/// fails. The topology must be set before where there are pulses. ENTRAIN_UNSUPPORTED for one with weights
/// other than 1: everybody heard counts alike.
ENTRAIN_API entrain_status entrain_agents_add(entrain_engine *engine, const entrain_agent_config *config,
                                              entrain_workload *workload, uint32_t count, uint32_t room,
                                              const double *phases, const double *frequencies,
                                              entrain_population **population_out, entrain_error *error_out);
/// As configured, changes included, low and high and strategy resolved; NULL for another's population.
ENTRAIN_API const entrain_agent_config *entrain_agents_look(const entrain_population *population);
/// From the next tick on, at a tick boundary: anything but energy (the amount), pulses, neighbours,
/// moments, period_s. `strategy` becomes everybody's if it differs from before. ENTRAIN_INVALID with a
/// sentence.
ENTRAIN_API entrain_status entrain_agents_change(entrain_population *population,
                                                 const entrain_agent_config *config,
                                                 entrain_error *error_out);
/// One agent's strategy, at a tick boundary.
ENTRAIN_API entrain_status entrain_agent_set_strategy(entrain_population *population, uint32_t index,
                                                      entrain_strategy strategy, entrain_error *error_out);
/// The band they steer by: agents' own low and high, or the goal's.
ENTRAIN_API entrain_goal_band entrain_agents_band(const entrain_population *population);

/// A look at all who live. Sums are exact: the same for any number of workers.
typedef struct entrain_agent_totals {
    uint32_t living;
    double energy_mean, energy_least;        ///< units; 0 where nobody lives
    double spent;                            ///< units since the start, of the living
    double belief, belief_error;             ///< mean of |z|; root mean square of |z| - r
    double frequency_mean, frequency_spread; ///< of omega + v, rad/s
    double busy;                             ///< mean of how busy they say they are, 0 to 1
    uint32_t acting[ENTRAIN_STRATEGY_COUNT]; ///< agents by what they do
    uint64_t switches, pulses, denied; ///< since the start, of the living: changes of strategy by adaptive;
        ///< firings that sent pulses; ticks in which something could not be paid
} entrain_agent_totals;
ENTRAIN_API entrain_status entrain_agents_measure(entrain_population *population,
                                                  entrain_agent_totals *totals_out);

/// What cannot be reached, known before anything runs: a sentence in @p text_out and false. @p spread:
/// standard deviation of the natural frequencies, rad/s.
ENTRAIN_API bool entrain_agents_can_reach(const entrain_agent_config *config, uint32_t count,
                                          double frequency_spread, char *text_out, size_t size);

ENTRAIN_END_DECLS

#endif
