/// @file script.h  Scenario files that decide: simulate{...} and sweep{...} from Lua.
///
///   for _, size in ipairs(logrange(50, 100000, 7)) do
///     local r = simulate { swarm = { size = size }, ... }     -- a scenario; a table back
///     print(size, r.coherence, r.synchronized_since_s, r.fingerprint)
///   end
///
/// A file that calls simulate, sweep or csv is a script; one that returns a table without having done so is a
/// scenario, of which nothing is said here. A script may use what scenario files may (lua_sandbox.h), and:
///
///   simulate(table[, options])
///       one run -> the columns of run_once.h by name, `summary` (all of it), and ticks_per_s, wall_s,
///       resident_bytes (the only ones that differ from run to run). One that failed has `failed`, a
///       sentence, and no columns; one that is refused raises it. Functions of the index may stand where
///       scenario files take them.
///   sweep(table[, options])
///       a list of rows, as simulate gives them, each with run, point, replica, seed, direction (of
///       ladders) and values; failed ones too
///   options      { workers = 2, timeout = 60, seed = 7 }
///   csv("name.csv", { "a", "b" })
///       a writer into the script's directory: :row(1, 2), :row{ a = 1, b = 2 }, :close()
///   print        to stdout, and to output.txt
///   given        a table of --set script.NAME=VALUE
///   machine      { cpus, memory_bytes }: what the machine had when the script was begun
///   range, logrange
///
/// Each simulate and each run of a sweep is carried out in a process of its own and journaled under its
/// number and a hash of its resolved scenario (script_calls.h): --resume runs the script anew and answers
/// from the journal what is there, so a script must ask the same again when it is answered the same (what
/// differs from run to run, ticks_per_s, is journaled too). Ctrl-C ends the run that goes on, and the
/// script.
///
/// Limits hold for what the script does by itself, from call to call: memory 512 MiB, and work and processor
/// time as for scenario files.
#ifndef ENTRAIN_SIMS_SCRIPT_H
#define ENTRAIN_SIMS_SCRIPT_H

#include "sims/options.h"

/// Runs options->operand as a script. *was_script_out false: it is a scenario, nothing was done or
/// printed, and the caller goes on. Else the exit code.
int script_run(const cli_options *options, bool *was_script_out);

#endif
