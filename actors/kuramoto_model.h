/// @file kuramoto_model.h  The context of a population of phase oscillators: what is shared by the files of
/// kuramoto.
///
/// Written when the population is added and, between ticks, by entrain_kuramoto_change(); read by every step.
#ifndef ENTRAIN_ACTORS_KURAMOTO_MODEL_H
#define ENTRAIN_ACTORS_KURAMOTO_MODEL_H

#include "actors/phase_kernels.h"
#include "actors/phase_values.h"
#include "engine/base/memory.h"
#include "entrain/kuramoto.h"

/// Columns that a population may have or not; 0: it has not.
typedef struct entrain__kuramoto_columns {
    uint32_t ahead, slope;             ///< where there are stages: where the next one looks, slopes so far
    uint32_t speed_ahead, speed_slope; ///< the same of the velocity
    uint32_t gain;                     ///< g K / n of each, where they differ (with pairs: g / n)
    uint32_t inertia, damping, noise;  ///< each actor's own; noise: sqrt(2 T / h)
} entrain__kuramoto_columns;

typedef struct entrain__kuramoto {
    entrain__arena *arena;          ///< of its own, freed with the engine
    entrain_kuramoto_config config; ///< its arrays are copies in the arena
    uint64_t changes;               ///< how often it was changed since it was added
    entrain__kuramoto_columns columns;
    uint32_t count;
    bool inertial, noisy;
    bool general; ///< beyond the plain equation of first order
    double step_s;
    double cos_lag, sin_lag, gain; ///< gain: for all that have no column of it
    double push;                   ///< sqrt(2 T / h), where T is the same for all
    entrain_random noise_key;
    entrain__pairs pairs; ///< harmonics x groups above 1; group is filled in where it is used
    uint32_t
        group_ends[ENTRAIN_GROUPS_MAX]; ///< the first index beyond each group; from the last on UINT32_MAX
    entrain__phase_values initial;
} entrain__kuramoto;

/// What follows from the configuration's numbers: lags, gains, pairs, noise.
void entrain__kuramoto_derive(entrain__kuramoto *model);
/// How often entrain_kuramoto_change() has changed a population; 0 for one that is not kuramoto's
/// (kuramoto.c).
uint64_t entrain__kuramoto_changes(const entrain_population *population);
/// The gains of @p range anew: g K / n where n is the in-degree or g differs.
void entrain__kuramoto_gains(const entrain_range *range);
void entrain__kuramoto_start(const entrain_range *range);
void entrain__kuramoto_publish(const entrain_range *range, uint32_t stage, int64_t *words_out);
/// Where `past` is turning.
void entrain__kuramoto_publish_past(const entrain_range *range, uint32_t ticks_ago, uint32_t stage,
                                    int64_t *words_out);
void entrain__kuramoto_step(const entrain_range *range, uint32_t stage);

#endif
