/// @file scenario.h  A scenario: what the user wrote, checked, resolved, and turned into a swarm's
/// configuration.
///
/// Precedence: defaults < scenario file < --set (the last of several). Whatever is written (Lua table, JSON
/// file, --set) becomes one JSON tree; one schema (schema.c) says which keys exist, of which type and range,
/// with which default; so a key is known to the loader, to --set, to `entrain list keys` and to the
/// suggestions at once, or to none of them.
///
/// A key applies or it does not (`rewire` belongs to small-world): one that does not is left out of what is
/// resolved, and refused where the user gave it. --set KEY=nil takes a key, or a whole table of keys, back
/// out of what the file says.
///
/// What a Lua scenario may do, and its limits, stand in lua_sandbox.h. No call here changes the locale, and
/// none must have been set: Lua compares and reads by it.
#ifndef ENTRAIN_SIMS_SCENARIO_H
#define ENTRAIN_SIMS_SCENARIO_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "entrain/swarm.h"
#include "sims/words.h"

typedef struct scenario_events scenario_events; // events.h

typedef struct scenario_stop {
    bool enabled;
    double coherence; ///< threshold on r
    bool below;       ///< stop when r stays below it instead of above
    double hold_s;    ///< for that long without a break, simulated seconds; 0: at the first sample
} scenario_stop;

typedef struct scenario {
    /// Every key that applies with its value, keys sorted at every level; what manifest.json stores and JSON
    /// scenarios accept back, unchanged. exec.workers and exec.overflow only where given: the first is the
    /// machine's, naming the second accepts losses. Numbers are real and integers integer, whichever way they
    /// were written.
    json_t *resolved;
    const char *title;          ///< never NULL; borrowed from resolved
    entrain_swarm_config swarm; ///< texts and arrays are borrowed from this scenario
    double duration_s;          ///< simulated seconds; ticks = round(duration / step)
    uint64_t tick_count;
    uint64_t record_every_ticks;   ///< at least 1
    uint64_t snapshot_every_ticks; ///< 0: no snapshots (snapshots.h)
    scenario_stop stop;
    scenario_events *events; ///< NULL: none
    bool arcs_built;         ///< the graph is complete, and has arcs because events need them
    json_t *sweep;           ///< the table `sweep` as given (sweep_plan.h); NULL: none. No run looks into it
    void *owned;             ///< arrays that swarm points to; scenario.c's
} scenario;

/// The path of a scenario that has no file: its goal and scale, and what is set beside. It opens sentences.
#define SCENARIO_NO_FILE "the command line"

/// Where scenario_load() takes things from. Paths of files that a scenario names, in the file or by --set,
/// begin at the folder of the scenario file, and are absolute once resolved: a manifest can be run from
/// anywhere on the machine that wrote it.
typedef struct scenario_source {
    /// .lua or .json, or SCENARIO_NO_FILE; a manifest.json is accepted too (its resolved scenario is used)
    const char *path;
    /// "swarm.size=1000", in the order given; read as the key's type wants it, quotes optional
    const char *const *sets;
    uint32_t set_count;
    const char *const *disruptions; ///< "kill=0.5@20s", further events
    uint32_t disruption_count;
    bool text_is_json; ///< scenario_load_words(): whatever the path ends in
} scenario_source;

/// Reads, runs the sandboxed script, applies --set, checks against the schema, resolves. On any refusal
/// *scenario_out is untouched and error_out holds one sentence: what, where (file and line, or key), what to
/// do (nearest known word, range). seed: exactly once in the tree, key "seed"; --seed is `--set seed=N`. Any
/// thread; files are read once, here, except those that the scenario names, which entrain_swarm_create()
/// reads.
entrain_status scenario_load(const scenario_source *source, scenario *scenario_out, entrain_error *error_out);
/// As scenario_load(), of @p text in place of the file; source->path is what sentences name, and its ending
/// says whether it is Lua or JSON.
entrain_status scenario_load_words(const scenario_source *source, const char *text, scenario *scenario_out,
                                   entrain_error *error_out);
/// Frees what a load gave and zeroes it; nothing happens to one that is zeroed.
void scenario_free(scenario *loaded);

/// Whether its swarm runs in virtual time, or else in lockstep.
bool scenario_in_virtual_time(const scenario *given);

/// One row per known key, in the order of the schema, for `entrain list keys`; NULL name past the end.
typedef struct scenario_key {
    const char *name; ///< "swarm.topology.degree"
    const char *type; ///< "integer", "number", "text", "true or false", "list of numbers", "one of a, b, c"
    const char *default_text; ///< as typed; "-" when it has none
    const char *summary;      ///< meaning, unit, range
    wording applies;          ///< "where kind is ring, small-world", "with coherence"; "": everywhere
} scenario_key;
scenario_key scenario_key_at(uint32_t index);

#endif
