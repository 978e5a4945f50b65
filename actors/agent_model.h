/// @file agent_model.h  A population of goal-directed agents: what agent.c (configuration, measuring) and
/// agent_step.c (what agents do) share.
#ifndef ENTRAIN_ACTORS_AGENT_MODEL_H
#define ENTRAIN_ACTORS_AGENT_MODEL_H

#include "actors/agent_kernels.h"
#include "actors/phase_values.h"
#include "engine/base/memory.h"
#include "entrain/agent.h"
#include "entrain/random.h"

#define ENTRAIN__HARMONICS 12

/// Who is told how to act: it may seek and learn what else there is.
typedef struct entrain__agent_acts {
    double nudge, learn; ///< 1 or 0
} entrain__agent_acts;

/// Column ENTRAIN_AGENT_MIND.
typedef struct entrain__agent_mind {
    float missing;     ///< distance from the target when it last looked
    uint8_t worse, calm; ///< looks in a row without progress; within the band
    uint8_t looks;       ///< since its last change, at most 255
    uint8_t reserved;
    uint32_t switches, denied;
} entrain__agent_mind;
_Static_assert(sizeof(entrain__agent_mind) == 16, "no padding: it is part of the fingerprint");

/// Column ENTRAIN_AGENT_PULSE. Times are simulated seconds.
typedef struct entrain__agent_pulse {
    double fired_s, fired_before_s; ///< below 0: never
    double since, before;           ///< times of the pulses heard after each, sums, counted from it
    uint32_t since_count, before_count;
    uint32_t pulses;    ///< firings that sent any
    uint32_t settling;  ///< ticks until what was heard before the last firing is all there; 0: done with it
} entrain__agent_pulse;
_Static_assert(sizeof(entrain__agent_pulse) == 48, "no padding: it is part of the fingerprint");

typedef struct entrain__agents {
    entrain__arena *arena;
    entrain_agent_config config; // low, high and strategy resolved
    entrain_population *population;
    entrain_workload *workload; // owned; NULL: none
    entrain__phase_values initial;
    uint32_t count, room;
    bool spreads; // the goal is to spread
    bool cycles;  // and estimates go through the harmonics
    double step_s;
    entrain_random stubborn_key;
    uint32_t look_ticks; // between two looks of adaptive: a second
    entrain__agent_rule rule; // of the first harmonic; what depends on the tick is filled in
    entrain__agent_rule harmonics[ENTRAIN__HARMONICS]; // of goals that spread, in turn
} entrain__agents;

/// What follows from the configuration.
void entrain__agents_derive(entrain__agents *agents);
const entrain__agent_kernels *entrain__agent_kernels_for(entrain_simd level);

// agent_step.c
void entrain__agents_start(const entrain_range *range);
void entrain__agents_step(const entrain_range *range, uint32_t stage);
void entrain__agents_publish(const entrain_range *range, uint32_t stage, int64_t *words_out);
entrain_status entrain__agents_receive(entrain_self *self, const entrain_message *messages, uint32_t count);
void entrain__agents_stop(entrain_self *self);
/// What somebody told to follow @p strategy begins with.
uint8_t entrain__agent_first_act(entrain_strategy strategy);

#endif
