/// @file sweep_plan.h  What a sweep consists of: which runs, with which values and seeds, in which order;
/// known before anything runs.
///
///   sweep = {
///     ["swarm.size"] = { 100, 1000, 10000 },          -- lists; values of any type, texts too
///     ["model.coupling"] = range(0, 4, 0.25),         -- logrange(100, 1e6, 9): points evenly in the
/// logarithm
///     ["time.duration"] = { 60, 120, 240 },
///     zip = { { "swarm.size", "time.duration" } },    -- these go together, value by value
///     where = "size * coupling <= 20000",             -- combinations to keep (expression.h)
///     replicas = 10,                                  -- default 1
///     seeds = "common",                               -- or "own"
///     order = "balanced",                             -- "given"; "up", "down", "up,down": ladders
///     find = { "model.coupling", where = "coherence > 0.5", between = { 0, 4 }, tolerance = 0.01 },
///   }
///
/// and on the command line --set swarm.size=100,1000 --set model.coupling=0:4:0.25 (100:1e6:x10 multiplies,
/// 100:1e6:log9 has nine points), --replicas 10, --only 'size > 200', --order, --find. A key given there
/// replaces the sweep's of the file; a single value takes it out of the sweep.
///
/// Combinations: the product of all axes (zipped ones count as one), the first varying slowest. Points are
/// numbered in that order after `where`; run = point x replicas + replica - 1. Numbers do not depend on
/// --only, which leaves runs out of what is carried out, not out of what is counted.
///
/// Seeds: replica k (from 1) has seed base + k - 1, the same at every point ("common": differences between
/// points are not blurred by differences of draws); "own": base + run, of a ladder, which is one swarm,
/// base + its first run. Counted, so each can be repeated by itself with entrain run --seed.
///
/// A ladder climbs the last axis (or the one that `order` names: "model.coupling: up,down") within one
/// swarm: at each step the value is set, the swarm goes on from where it is for another time.duration, and
/// the step is judged by itself. Rows have a further column, direction. Only keys that `set` events may
/// change can be climbed. find searches the value of one key at which `where` changes its truth, by
/// bisection, for every point of the others; its rows say threshold, low, high, evaluations.
#ifndef ENTRAIN_SIMS_SWEEP_PLAN_H
#define ENTRAIN_SIMS_SWEEP_PLAN_H

#include <jansson.h>

#include "sims/expression.h"
#include "sims/scenario.h"

enum { SWEEP_AXES_MAX = 16, SWEEP_RUNS_MAX = 10000000 };

typedef struct sweep_axis {
    const char *key;      ///< "swarm.size"
    const json_t *values; ///< array, at least one
    uint32_t group;       ///< axes of one group go together
} sweep_axis;

typedef enum sweep_kind {
    SWEEP_SINGLE, ///< one run
    SWEEP_LADDER, ///< consecutive runs in one swarm
    SWEEP_FIND,   ///< one row, several runs
} sweep_kind;

/// One row of results.csv.
typedef struct sweep_run {
    uint32_t index, point, replica; ///< replica from 1
    uint32_t unit;
    uint64_t seed;
    json_t *values;        ///< {"swarm.size": 100, ...}: of every axis, ladders' too
    const char *direction; ///< ladders: "up" or "down"; NULL
    bool chosen;           ///< --only keeps it
} sweep_run;

/// What one process carries out as a whole: run_count rows from first_run on.
typedef struct sweep_unit {
    sweep_kind kind;
    uint32_t first_run, run_count;
    bool chosen;
    double cost;  ///< estimated seconds on one worker of this machine; only ratios matter
    size_t bytes; ///< estimated memory
} sweep_unit;

typedef struct sweep_find {
    const char *key;   ///< NULL: nothing is searched
    const char *where; ///< expression over result columns
    double low, high, tolerance;
    bool logarithmic; ///< the middle is the geometric mean
} sweep_find;

typedef struct sweep_plan {
    char *name;             ///< of the scenario
    char *path;             ///< of its file; opens sentences
    char *text;             ///< of its file, read once: what happens to the file meanwhile changes nothing
    scenario_source source; ///< with the sets that are not swept; its texts live as long as the plan
    json_t *base;           ///< the resolved scenario of the first point, for manifest and report
    sweep_axis axes[SWEEP_AXES_MAX];
    uint32_t axis_count;
    const char *climbed; ///< the key of ladders; NULL
    sweep_find find;
    uint32_t replicas;
    uint64_t seed; ///< base
    bool own_seeds;
    char *order;     ///< as written
    sweep_run *runs; ///< [run_count], by index
    uint32_t run_count, point_count;
    sweep_unit *units; ///< [unit_count], in the order of their first run
    uint32_t unit_count;
    uint32_t *turns; ///< [unit_count] units in the order in which they are begun
    json_t *json; ///< the sweep as resolved: axes, values, replicas, seeds, order, find, where: manifest.json
    uint64_t hash; ///< of base's text and json: two plans that agree have the same runs
    void *owned;
} sweep_plan;

/// What the command line says beside the scenario_source, whose sets may hold lists and ranges.
typedef struct sweep_words {
    uint32_t replicas; ///< 0: not given
    const char *only, *order,
        *find; ///< NULL: not given. find: "model.coupling=0:4 where coherence > 0.5 to 0.01"
} sweep_words;

/// Reads the scenario, expands, and loads the scenario of every point once (not run), so that a value that is
/// refused is refused here. ENTRAIN_INVALID with a sentence also where nothing is swept. Costs and memory are
/// estimated from what was loaded.
entrain_status sweep_plan_make(const scenario_source *source, const sweep_words *words, sweep_plan **plan_out,
                               entrain_error *error_out);
/// The same of a scenario in a table (a script's): @p tree with its "sweep".
entrain_status sweep_plan_make_tree(const char *where, const json_t *tree, sweep_plan **plan_out,
                                    entrain_error *error_out);
void sweep_plan_free(sweep_plan *plan); ///< NULL: nothing

/// The scenario of one run, loaded. In a ladder: that of its first step's value. @p value (may be NULL)
/// replaces that of the searched key.
entrain_status sweep_plan_scenario(const sweep_plan *plan, uint32_t run, const json_t *value,
                                   uint32_t workers, scenario *scenario_out, entrain_error *error_out);
/// `entrain run FILE --seed S --set ...`: what repeats run @p run by itself; the caller's to free().
char *sweep_plan_command(const sweep_plan *plan, uint32_t run);
/// --dry-run: one line a run, and how many there are, what they cost about and need.
void sweep_plan_print(const sweep_plan *plan, FILE *to);

#endif
