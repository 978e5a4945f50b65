/// @file agent_model.h  A population of goal-directed agents: what agent.c (configuration, measuring) and
/// agent_step.c (what agents do) share.
#ifndef ENTRAIN_ACTORS_AGENT_MODEL_H
#define ENTRAIN_ACTORS_AGENT_MODEL_H

#include "actors/agent_kernels.h"
#include "actors/phase_values.h"
#include "engine/base/memory.h"
#include "entrain/agent.h"
#include "entrain/random.h"

/// A prime: whoever acts in every m-th tick only still meets all of them.
#define ENTRAIN__HARMONICS 13

/// Who is told how to act: it may seek and learn what else there is.
typedef struct entrain__agent_acts {
    double nudge, learn; ///< 1 or 0; learn: 2 where nothing but a common period is sought
} entrain__agent_acts;

/// Column ENTRAIN_AGENT_MIND.
typedef struct entrain__agent_mind {
    float missing;       ///< distance from the target when it last looked
    uint8_t worse, calm; ///< looks in a row without progress; within the band
    uint8_t looks;       ///< since its last change, at most 255
    uint8_t reserved;
    uint32_t switches, denied;
} entrain__agent_mind;
_Static_assert(sizeof(entrain__agent_mind) == 16, "no padding: it is part of the fingerprint");

/// What was heard in one round (agent_step.c), beside one's own firing in it. Times are simulated seconds.
typedef struct entrain__agent_round {
    double fired_s; ///< its own; below 0: not
    double sum_s;   ///< of the others', from the round's beginning on
    uint32_t count; ///< of them
    uint32_t later; ///< of those, after its own
    uint32_t round; ///< which; UINT32_MAX: none
    uint32_t reserved;
} entrain__agent_round;
/// Column ENTRAIN_AGENT_PULSE.
typedef struct entrain__agent_pulse {
    double fired_s;            ///< last; below 0: never
    uint32_t pulses, reserved; ///< firings that sent any
    entrain__agent_round
        rounds[2]; ///< by their parity: of the second the first pulses come before the last of the first
} entrain__agent_pulse;
_Static_assert(sizeof(entrain__agent_pulse) == 80, "no padding: it is part of the fingerprint");

typedef struct entrain__agents {
    entrain__arena *arena;
    entrain_agent_config config; // low, high and strategy resolved
    entrain_population *population;
    entrain_workload *workload; // owned; NULL: none
    entrain__phase_values initial;
    uint32_t count, room;
    bool complete; // graph
    bool spreads;  // the goal is to spread
    bool cycles;   // and estimates go through the harmonics
    double step_s;
    entrain_random stubborn_key;
    double since_s;           // rounds are counted from here: when the goal became to spread
    uint32_t burst, every;    // of rounds the first so many are for hearing, then every so manieth
    uint32_t look_ticks;      // between two looks of adaptive: a second
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
