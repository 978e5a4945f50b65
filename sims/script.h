/// @file script.h  Scenario files that decide: simulate{...} and sweep{...} from Lua.
///
///   for _, size in ipairs(logrange(50, 1e5, 7)) do
///     local r = simulate { swarm = { size = size }, ... }     -- a scenario; a table back
///     print(size, r.coherence, r.synchronized_since_s, r.fingerprint)
///   end
///
/// A file that calls simulate or sweep is a script; one that returns a table without having done so is a scenario. A
/// script may use what scenario files may (lua_sandbox.h), and: simulate(table[, options]) -> the columns of
/// run_once.h by name, `summary` (all of it), `failed` with a sentence where it failed, and ticks_per_s, wall_s (the only
/// ones that differ from run to run); sweep(table) -> a list of rows, each with values and columns, failed ones
/// too; csv("name.csv", {"a", "b"}) -> a writer with :row(...) and :close(), into the script's directory; print;
/// arguments (--set script.NAME=VALUE) as the table `given`; logrange.
///
/// Each simulate and each run of a sweep is journaled under its number and a hash of its resolved scenario: --resume runs
/// the script anew and answers from the journal what is there, so a script must ask the same again when it is
/// answered the same (what differs from run to run, ticks_per_s, is journaled too). Ctrl-C ends the run that goes on and
/// the script.
#ifndef ENTRAIN_SIMS_SCRIPT_H
#define ENTRAIN_SIMS_SCRIPT_H

#include "sims/options.h"

/// Runs options->operand as a script. *was_script_out false: it is a scenario, nothing was done or printed, and the
/// caller goes on. Else the exit code.
int script_run(const cli_options *options, bool *was_script_out);

#endif
