/// @file phase_model.h  A phase model of the user's own: another equation for oscillators than Kuramoto's.
///
/// Everything that measures, records and draws phases works with it, because its population begins with
/// Kuramoto's three columns (ENTRAIN_KURAMOTO_PHASE, _TURNS, _FREQUENCY) and its words with (cos theta,
/// sin theta). A registered model is chosen by model.kind in scenarios; C programs may add one that is not.
/// Other behaviors, those that are no phases, are for C programs only: see behavior.h.
///
/// That identical runs give identical bits is the author's duty. The functions are called for ranges of any
/// length, in any order, on any thread, and one range may be a tick ahead of another: each must be a function
/// of the columns, ids, indices, tick, stage, sums and parameters alone, and leave the context as it is.
/// Add and multiply as you like, but call entrain_sin() and its sisters (math.h) instead of libm's, draw from
/// entrain_random_*() with the tick and the actor's index, and compile without -ffast-math, -march and -mfma
/// (or with -ffp-contract=off): otherwise results differ between machines. `entrain verify` checks what one
/// machine can.
#ifndef ENTRAIN_PHASE_MODEL_H
#define ENTRAIN_PHASE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrain/engine.h"
#include "entrain/kuramoto.h"
#include "entrain/parameter.h"

ENTRAIN_BEGIN_DECLS

/// What a model's context is made from. Valid during create() only.
typedef struct entrain_phase_setup {
    uint32_t count;           ///< oscillators
    double step_s;            ///< simulated seconds per tick
    uint64_t seed;            ///< for entrain_random_key(seed, ENTRAIN_STREAM_USER + n)
    const double *parameters; ///< [parameter_count] in the order declared, each in its range
} entrain_phase_setup;

typedef struct entrain_phase_model {
    const char *name;                    ///< as in model.kind: 1 to 64 of a-z, 0-9, - and _
    const char *summary;                 ///< one line for `entrain list models`
    const entrain_parameter *parameters; ///< [parameter_count]
    uint32_t parameter_count;            ///< 0 to ENTRAIN_PARAMETERS_MAX
    /// [column_count] what an oscillator has beside phase, turns and frequency: columns 3, 4, ...
    const entrain_column *columns;
    uint32_t column_count; ///< 0 to ENTRAIN_COLUMNS_MAX - 3
    uint32_t words; ///< published per actor and exchange, 2 to ENTRAIN_WORDS_MAX: cos theta, sin theta, ...
    uint32_t exchanges; ///< per tick: 1, 2 or 4
    bool wants_heard;   ///< fill range->heard

    /// Makes what the other functions find in range->context. NULL: the context is the parameters,
    /// `const double *`. ENTRAIN_OK with *context_out written, or a refusal with its sentence in @p error_out
    /// (never NULL) and nothing left behind.
    entrain_status (*create)(const entrain_phase_setup *setup, void **context_out, entrain_error *error_out);
    /// Called once for every oscillator before tick 0, and again for one that is restarted. Phase (within
    /// -pi to pi), turns and natural frequency are set before, other columns zeroed. May be NULL.
    void (*start)(const entrain_range *range);
    /// One exchange of one tick for a range: behavior.h. It moves phases with entrain_phase_advance(), or
    /// keeps them within -2^20 to 2^20 itself.
    void (*step)(const entrain_range *range, uint32_t stage);
    /// Writes [count][words] words for the exchange @p stage that comes next: behavior.h. NULL, with 2 words:
    /// cos and sin of the phase.
    void (*publish)(const entrain_range *range, uint32_t stage, int64_t *words_out);
    /// The topology was replaced, at a tick boundary: entrain_range_in_degree() answers for the new one. May
    /// be NULL.
    void (*rewired)(const entrain_range *range);
    /// The context is no longer needed. Called once if create() was, and succeeded. May be NULL.
    void (*release)(void *context);
    /// Bytes that the context holds, for entrain_engine_measure(). May be NULL.
    size_t (*measure)(const void *context);
} entrain_phase_model;

/// Makes @p model known under its name; it must outlive its use. ENTRAIN_INVALID for a name that is taken or
/// none, bad parameters, a missing summary or function, too many columns, a number of words or exchanges that
/// there is not; ENTRAIN_FULL above 64 models, kuramoto included. One thread at a time; names may be looked
/// up meanwhile.
ENTRAIN_API entrain_status entrain_phase_model_register(const entrain_phase_model *model,
                                                        entrain_error *error_out);
/// The registered model called @p name, or NULL: kuramoto is none of them. Any thread.
ENTRAIN_API const entrain_phase_model *entrain_phase_model_find(const char *name);
/// The @p index-th registered model, or NULL past the end. Any thread.
ENTRAIN_API const entrain_phase_model *entrain_phase_model_at(uint32_t index);

/// Adds @p count oscillators of @p model, registered or not, which must outlive the engine. @p parameters
/// [parameter_count] in the order declared, copied; NULL: the defaults. Phases and frequencies as in
/// entrain_kuramoto_add(). range->context is the model's in the model's own functions only.
ENTRAIN_API entrain_status entrain_phase_model_add(entrain_engine *engine, const entrain_phase_model *model,
                                                   const double *parameters, uint32_t count,
                                                   const double *phases, const double *frequencies,
                                                   entrain_population **population_out,
                                                   entrain_error *error_out);

/// Turns a phase by @p by rad: wrapped to [-pi, pi] (and a rounding), whole turns counted; taken to 2^40 rad
/// where it would go beyond, and a NaN too. The bits are those of a Kuramoto oscillator's Euler step. Any
/// thread.
ENTRAIN_API void entrain_phase_advance(double *phase, int32_t *turns, double by);
/// Writes cos and sin of phases[count] as the first two of each [count][words] words. Any thread.
ENTRAIN_API void entrain_phase_publish(uint32_t count, const double *phases, uint32_t words,
                                       int64_t *words_out);
/// @p value as a word: 2^44 times it, rounded once; cut to -1 .. 1, and 0 for a NaN. What was heard of it
/// comes back as sums times range->sum_unit, one's own as published times 2^-44. Any thread.
ENTRAIN_API int64_t entrain_word(double value);

ENTRAIN_END_DECLS

#endif
