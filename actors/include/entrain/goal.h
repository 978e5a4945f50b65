/// @file goal.h  What a goal-directed swarm is after: goals, scales, strategies; and whether it got there.
///
/// A goal is a quantity and a band, to be reached and to be held. Who measures it (entrain_goal_watch) stands
/// outside: agents know what their neighbours tell them and nothing else (agent.h).
#ifndef ENTRAIN_GOAL_H
#define ENTRAIN_GOAL_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/phase_metrics.h"

ENTRAIN_BEGIN_DECLS

typedef enum entrain_goal {
    ENTRAIN_GOAL_COHERENCE = 0, ///< coherence in a band of one's own, or from the scale's target up
    ENTRAIN_GOAL_MINIMIZE_API_CALLS,
    ENTRAIN_GOAL_DISTRIBUTE_LOAD, ///< spread evenly; all others are bands of coherence
    ENTRAIN_GOAL_REACH_CONSENSUS,
    ENTRAIN_GOAL_MINIMIZE_LATENCY,
    ENTRAIN_GOAL_SAVE_ENERGY,
    ENTRAIN_GOAL_MAINTAIN_RHYTHM,
    ENTRAIN_GOAL_RECOVER_FROM_FAILURE,
    ENTRAIN_GOAL_ADAPT_TO_TRAFFIC,
    ENTRAIN_GOAL_COUNT
} entrain_goal;

/// What an agent does to get there; each has one, and may be given another while it runs.
typedef enum entrain_strategy {
    ENTRAIN_STRATEGY_PHASE_NUDGE =
        0,                           ///< turns a little towards (or away from) where it believes the swarm is
    ENTRAIN_STRATEGY_FREQUENCY_LOCK, ///< learns its neighbours' mean frequency, and nudges
    ENTRAIN_STRATEGY_PULSE,          ///< fires when its phase comes round: a message to each who hears it
    ENTRAIN_STRATEGY_ENERGY_AWARE,   ///< frequency-lock, as far as its energy goes
    ENTRAIN_STRATEGY_ADAPTIVE,       ///< one of the others, by the progress it sees
    ENTRAIN_STRATEGY_COUNT
} entrain_strategy;

typedef struct entrain_goal_facts {
    const char *name;          ///< "minimize-api-calls"
    char key;                  ///< 'B', 'L', 'C', 'T', 'E', 'M', 'F', 'A'; '-' for coherence
    const char *summary;       ///< what it is for, a few words
    const char *band;          ///< the quantity and its band in words
    double low, high;          ///< of coherence; spread: 0 and 0.1 (r_1 .. r_8)
    bool spread;               ///< evenly around the circle, not a band of coherence
    entrain_strategy strategy; ///< the default
} entrain_goal_facts;

/// Facts about @p goal; name NULL past the end. "coherence" is the first and stands for no goal of its own.
ENTRAIN_API entrain_goal_facts entrain_goal_look(entrain_goal goal);
/// By name or by its one-letter key, large or small; ENTRAIN_GOAL_COUNT for a word that is none.
ENTRAIN_API entrain_goal entrain_goal_find(const char *name);

/// "phase-nudge", ...; NULL past the end.
ENTRAIN_API const char *entrain_strategy_name(entrain_strategy strategy);
ENTRAIN_API const char *entrain_strategy_summary(entrain_strategy strategy);

typedef enum entrain_scale {
    ENTRAIN_SCALE_TINY = 0,
    ENTRAIN_SCALE_SMALL,
    ENTRAIN_SCALE_MEDIUM,
    ENTRAIN_SCALE_LARGE,
    ENTRAIN_SCALE_HUGE,
    ENTRAIN_SCALE_MEGA,
    ENTRAIN_SCALE_GIGA,
    ENTRAIN_SCALE_TERA,
    ENTRAIN_SCALE_COUNT
} entrain_scale;

typedef struct entrain_scale_facts {
    const char *name;
    uint32_t size;
    double target; ///< coherence, where the goal names no band of its own
} entrain_scale_facts;
/// name NULL past the end. Beyond huge nobody promised a target; it stays that of huge.
ENTRAIN_API entrain_scale_facts entrain_scale_look(entrain_scale scale);

/// Up to this many agents distribute-load means a splay state (Gini coefficient of the gaps at most 0.1),
/// on a complete graph; above it r_1 .. r_8 at most 0.1 and peak load at most 1.25 of the mean.
#define ENTRAIN_SPLAY_SIZE_MAX 200
#define ENTRAIN_SPLAY_GINI 0.1
#define ENTRAIN_SPREAD_MOMENT 0.1
#define ENTRAIN_SPREAD_PEAK 1.25
/// A goal is held when its quantity is in the band for this share of the time from the first entry on.
#define ENTRAIN_HELD_SHARE 0.95

/// What is watched: the band as it is now.
typedef struct entrain_goal_band {
    entrain_goal goal;
    double low, high; ///< of coherence; not looked at where the goal is spread
    uint32_t size;    ///< of the swarm: decides what spread means
} entrain_goal_band;

/// How a swarm stands to its goal. Times are simulated seconds.
typedef struct entrain_goal_report {
    double entered_s; ///< first sample within the band; NaN: never
    double held;      ///< share of the time since then (samples weigh the time to the next; 1 where none has
                      ///< passed); NaN: never entered
    double excursion; ///< farthest out of the band since then, in the unit of the quantity; 0: never left
    double excursion_s; ///< when; NaN: never left
    double low, high;   ///< least and greatest value of the quantity since then; NaN: never entered
    double nearest,
        nearest_s; ///< the value that was least far out before the first entry, and when; NaN: none
    double value;  ///< at the last sample; NaN: there was none
    uint64_t samples;
    bool met; ///< entered, stayed for some time, and held for ENTRAIN_HELD_SHARE
} entrain_goal_report;

/// Follows samples; a plain struct, nothing to free.
typedef struct entrain_goal_watch {
    entrain_goal_band band;
    entrain_goal_report report;
    double began_s, last_s, inside_s, outside_s; ///< inside, outside: since the first entry
    double nearest_out;                          ///< how far out report.nearest was
    bool last_in;
} entrain_goal_watch;

/// Begins (or, after a change of course, begins anew) at the next sample.
ENTRAIN_API void entrain_goal_watch_begin(entrain_goal_watch *watch, entrain_goal_band band);
/// The next sample, in the order of time; its gap_gini, moments and peak_load where the goal is spread.
ENTRAIN_API void entrain_goal_watch_add(entrain_goal_watch *watch, const entrain_phase_sample *sample);
/// How far @p sample is out of the band: 0 within; the quantity in *value_out (NULL: not wanted). Spread: the
/// quantity is gini / 0.1, or the largest of r_m / 0.1 and peak / 1.25, so that 1 is its bound.
ENTRAIN_API double entrain_goal_distance(const entrain_goal_band *band, const entrain_phase_sample *sample,
                                         double *value_out);
/// Why @p report is not met, one sentence ("" if it is): never entered, how near it came; or how much of the
/// time was lost, and when it was farthest.
ENTRAIN_API void entrain_goal_explain(const entrain_goal_watch *watch, char *text_out, size_t size);

ENTRAIN_END_DECLS

#endif
