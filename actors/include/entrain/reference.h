/// @file reference.h  Reference workloads: small actor programs that are known everywhere, each of which
/// proves its own answer.
///
/// They are what `entrain bench actors` measures and `entrain explore` takes through schedule after schedule,
/// and examples of behaviors to read: actors/reference_*.c, forty lines or so each. Messages are counted as
/// the same benchmarks of other runtimes count them, so that figures can be laid side by side.
///
///   entrain_reference_create(entrain_reference_find("flood"), NULL, &config, NULL, &run, &error);
///   entrain_reference_go(run, &error);       // to the end
///   entrain_reference_check(run, &error);    // ENTRAIN_MISMATCH and a sentence: the answer is wrong
///   entrain_reference_destroy(run);
///
/// One run: one thread at a time. Different runs: freely. The table of workloads: any thread.
#ifndef ENTRAIN_REFERENCE_H
#define ENTRAIN_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "entrain/engine.h"
#include "entrain/parameter.h"

ENTRAIN_BEGIN_DECLS

#define ENTRAIN_REFERENCE_POPULATIONS_MAX 4

typedef struct entrain_reference_run entrain_reference_run;

/// A workload. Functions get the run, whose fields they use; what they refuse has a sentence.
typedef struct entrain_reference {
    const char *name;                    ///< "ping-pong"
    const char *summary;                 ///< one line
    const entrain_parameter *parameters; ///< [parameter_count]; defaults are small: well below a millisecond
    const double *normal;                ///< [parameter_count] what benchmarks take, as their peers do
    uint32_t parameter_count;            ///< 0 to ENTRAIN_PARAMETERS_MAX
    uint32_t fractions;                  ///< bit p: parameter p need not be a whole number
    uint32_t executions;                 ///< bit e: it runs in entrain_execution e
    bool exact;                          ///< its final state is the same under every schedule
    const char *const *kinds;            ///< [kind_count] names of ENTRAIN_KIND_USER and on, for traces
    uint32_t kind_count;
    /// What it needs of an engine: overflow policy, lookahead, until_s. May be NULL.
    void (*configure)(entrain_reference_run *run, entrain_engine_config *config);
    /// Adds its populations, with entrain_reference_add().
    entrain_status (*build)(entrain_reference_run *run, entrain_error *error_out);
    /// The engine has started: tells the first actors to begin.
    entrain_status (*begin)(entrain_reference_run *run, entrain_error *error_out);
    /// It has ended: ENTRAIN_OK, or ENTRAIN_MISMATCH with a sentence. Conservation is checked before.
    entrain_status (*check)(entrain_reference_run *run, entrain_error *error_out);
    /// Messages of a whole run, as peers count them.
    uint64_t (*messages)(entrain_reference_run *run);
} entrain_reference;

/// A workload in an engine of its own. Behaviors find it in self->context, and only read it.
struct entrain_reference_run {
    const entrain_reference *reference;
    entrain_engine *engine;
    double parameters[ENTRAIN_PARAMETERS_MAX];
    uint64_t number[ENTRAIN_PARAMETERS_MAX]; ///< the same, whole
    entrain_execution execution;
    double until_s;  ///< simulated seconds at which it ends; default INFINITY: when nobody has anything to do
    uint64_t queued; ///< messages that are under way at the end; default 0
    uint64_t begun;  ///< messages from outside, counted by entrain_reference_begin()
    void *own;       ///< a workload's figures made in build(), taken with entrain_reference_take(); NULL
    entrain_population *populations[ENTRAIN_REFERENCE_POPULATIONS_MAX];
    uint32_t counts[ENTRAIN_REFERENCE_POPULATIONS_MAX]; ///< actors that live from the start
    /// [counts[p]] ids of each population from start to end (of those that live from the start).
    entrain_id *ids[ENTRAIN_REFERENCE_POPULATIONS_MAX];
    uint32_t population_count;
    void *reserved; ///< not the workload's
};

/// The @p index-th workload, or NULL past the end.
ENTRAIN_API const entrain_reference *entrain_reference_at(uint32_t index);
/// The workload called @p name, or NULL.
ENTRAIN_API const entrain_reference *entrain_reference_find(const char *name);

typedef struct entrain_reference_options {
    bool sign_order; ///< keep entrain_engine_order_signature(); default false
    /// Every message that is handled is a line in this stream, which stays the caller's: `who <- whom: kind
    /// payload`. One worker only. Default NULL.
    FILE *trace;
} entrain_reference_options;

/// Makes an engine of @p config for @p reference (a known one or any other, which must outlive the run),
/// builds, starts and begins: all but running. @p parameters [parameter_count] in the order declared; NULL:
/// the defaults, which are small; reference->normal: those of benchmarks. @p options NULL: the defaults. What
/// reference->configure sets overrides the config.
/// @return ENTRAIN_OK with *run_out to destroy; ENTRAIN_INVALID for parameters; ENTRAIN_UNSUPPORTED for an
/// execution that the workload does not run in; what the engine refuses.
ENTRAIN_API entrain_status entrain_reference_create(
    const entrain_reference *reference, const double *parameters, const entrain_engine_config *config,
    const entrain_reference_options *options, entrain_reference_run **run_out, entrain_error *error_out);
/// Runs to the end: quiescence or until_s; in lockstep in 1, 2, 4, ... 1024 ticks until nobody has mail. As
/// entrain_engine_run() and entrain_engine_advance(); after ENTRAIN_CANCELLED or ENTRAIN_TIMEOUT it may be
/// called again.
ENTRAIN_API entrain_status entrain_reference_go(entrain_reference_run *run, entrain_error *error_out);
/// Whether all messages are accounted for, none is left, none was lost, and the workload's answer is right.
ENTRAIN_API entrain_status entrain_reference_check(entrain_reference_run *run, entrain_error *error_out);
/// Messages of the run as peers count them: those that the benchmark is about.
ENTRAIN_API uint64_t entrain_reference_messages(entrain_reference_run *run);
/// With the engine. NULL is allowed.
ENTRAIN_API void entrain_reference_destroy(entrain_reference_run *run);

/// In build(): adds the next population, run->populations[population_count++], whose context is the run;
/// @p room >= @p count as in entrain_engine_add_room().
ENTRAIN_API entrain_status entrain_reference_add(entrain_reference_run *run, const entrain_behavior *behavior,
                                                 uint32_t room, uint32_t count, entrain_error *error_out);
/// In build(): @p count x @p size zeroed bytes that live as long as the run; NULL when they cannot be had.
ENTRAIN_API void *entrain_reference_take(entrain_reference_run *run, size_t count, size_t size);
/// In begin(): tells actor @p index of population @p p a message from outside, of @p kind, with @p first.
ENTRAIN_API entrain_status entrain_reference_begin(entrain_reference_run *run, uint32_t p, uint32_t index,
                                                   uint16_t kind, int64_t first, entrain_error *error_out);
/// Column @p c of actor @p index of population @p p.
ENTRAIN_API void *entrain_reference_column(entrain_reference_run *run, uint32_t p, uint32_t index,
                                           uint32_t c);

ENTRAIN_END_DECLS

#endif
