/// @file agent_world.h  Swarms of goal-directed agents as EMERGE's thresholds mean them, and blows to them.
///
/// Built on the public interface alone, with disruptions of its own: what the library offers for that is
/// tested elsewhere, and a mistake there must not hide one here. Everything here may be called on any thread
/// (a failure prints what it was and ends the program), so that many seeds can run side by side.
#ifndef ENTRAIN_TESTS_AGENT_WORLD_H
#define ENTRAIN_TESTS_AGENT_WORLD_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "entrain/goal.h"
#include "entrain/random.h"
#include "entrain/swarm.h"

#define TWO_PI 6.28318530717958647692

typedef struct world {
    entrain_swarm *swarm;
    entrain_engine *engine;
    entrain_population *population;
    uint32_t size;
    uint64_t random; // of the blows
    uint8_t *sides;  // [size], once partitioned
} world;

/// A goal as `entrain run` has it by default: random-regular of degree 8 (complete up to 9 agents, and for
/// distribute-load up to 200), frequencies normal about one turn a second with deviation 0.2, phases uniform
/// (distribute-load: one bunch), steps of 0.01 s, publish; one worker.
entrain_swarm_config world_goal(entrain_goal goal, uint32_t size, uint64_t seed);
/// Coherence from @p target to 1.
entrain_swarm_config world_coherence(double target, uint32_t size, uint64_t seed);

void world_open(world *world_out, const entrain_swarm_config *config);
void world_close(world *here);
void world_run_to(world *here, double time_s);
double world_time(const world *here);
entrain_phase_sample world_sample(world *here);

/// Blows, to round(share x living) of those who live, drawn.
void world_scramble(world *here, double share);
void world_kill(world *here, double share);
void world_revive(world *here); ///< all who are dead
/// Into two halves, drawn, that hear nothing of each other; healed.
void world_partition(world *here);
void world_heal(world *here);
void world_lose(world *here, double share); ///< of observations, from now on
/// They act in every @p every-th tick from now on.
void world_slow(world *here, double share, uint16_t every);

/// Runs to @p until_s with a sample every @p every_s, each given to @p watch (may be NULL). Returns the
/// least coherence of those samples.
double world_watch(world *here, double until_s, double every_s, entrain_goal_watch *watch);

/// Ends the program with @p what and the sentence unless @p status is ENTRAIN_OK.
void world_must(entrain_status status, const entrain_error *error, const char *what);

/// Uniform in [0, 1): SplitMix64 (Steele, Lea and Flood 2014), which owes nothing to the engine.
double world_draw(uint64_t *state);

/// Calls play(context, k) for k = 0 .. count - 1, on @p threads threads (0: as many as there are processors).
void world_side_by_side(uint32_t count, uint32_t threads, void (*play)(void *context, uint32_t k),
                        void *context);

static inline double *world_double(world *here, uint32_t index, uint32_t column) {
    return (double *)entrain_population_at(here->population, index, column);
}

#endif
