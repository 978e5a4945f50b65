/// @file phase_values.h  What every model asks of the initial values of its oscillators, and does with them.
#ifndef ENTRAIN_ACTORS_PHASE_VALUES_H
#define ENTRAIN_ACTORS_PHASE_VALUES_H

#include "engine/base/memory.h"
#include "entrain/engine.h"

/// The most that a phase may be, or be turned in a step, in rad: the range of the fast sincos.
#define ENTRAIN__TURN_MAX 0x1p20

/// Initial phases and natural frequencies, [count] by index, for start and restart.
typedef struct entrain__phase_values {
    const double *phases, *frequencies;
} entrain__phase_values;

/// Refuses what is not finite or turns too far in a step, with the actor's index.
entrain_status entrain__phase_values_check(double step_s, uint32_t count, entrain__phase_values values,
                                           entrain_error *error_out);
/// Copies both into @p arena. ENTRAIN_NO_MEMORY without a sentence.
entrain_status entrain__phase_values_copy(entrain__arena *arena, uint32_t count, entrain__phase_values from,
                                          entrain__phase_values *to_out);
/// Sets phase, turns and frequency of everybody in @p range: the first three columns.
void entrain__phase_values_start(const entrain_range *range, entrain__phase_values values);

#endif
