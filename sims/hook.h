/// @file hook.h  A scenario's own function, called at each sample: what it returns, happens.
///
///   on_sample = function(s)
///     if s.coherence > 0.9 and not state.done then
///       state.done = true
///       return { set = { ["model.coupling"] = 0.5 } }
///     end
///   end
///
/// It is called between ticks, when a sample has been taken (not after the last one, which nothing follows),
/// with what the sample shows as a table, and may return nothing, an event without
/// `at`, or a list of them: they happen at that tick, in that order, read by the very reader of `events`. So
/// the next sample shows what became of them.
///
/// In the table: time, tick, seed, size, living, coherence, mean_phase, r2 .. r8, local_coherence,
/// frequency_mean, frequency_spread, gini, clusters, peak_load. Of agents: goal, low, high, value,
/// distance, in_band, entered and held (since this goal), strategy, acting (a table: how many by strategy),
/// energy, energy_least, energy_spent, belief, belief_error, busy, switches, pulses, denied. Of their
/// workload: generated, delivered, queued, shed, calls, calls_failed, calls_timed_out, calls_limited, cost,
/// batch_mean, wait_mean, wait_p95, breaker ("closed", "open", "half-open"), breaker_opened, load, pattern.
/// What is no number there is nil.
///
/// The script runs anew for each run of the scenario, in a sandbox of its own (lua_sandbox.h), and its
/// function is that run's: globals and the table `state` last from call to call and no longer. A checkpoint
/// keeps `state` (numbers, texts, true, false, tables of these) and math.random's place; a script that
/// changes other globals, or locals that its function sees, gets no checkpoint and is told which. What it is
/// given is the same under any policy, transport and number of workers, and so is what it returns. The
/// resolved scenario holds the text of the whole script, so that a manifest repeats the run.
#ifndef ENTRAIN_SIMS_HOOK_H
#define ENTRAIN_SIMS_HOOK_H

#include "entrain/archive.h"
#include "sims/resolver.h"

typedef struct event_run event_run;
typedef struct scenario_events scenario_events;

/// Events of a hook that a run keeps and its summary lists; further ones happen, and are counted.
#define HOOK_EVENTS_LISTED 1000

/// A scenario's hook. Immutable.
typedef struct scenario_hook scenario_hook;

/// Takes r->values[KEY_ON_SAMPLE], the text of a script that returns a table with a function on_sample;
/// refused with a sentence where it does not.
entrain_status hook_resolve(resolver *r, scenario_hook **hook_out);
void hook_free(scenario_hook *hook); ///< NULL: nothing

/// The hook of one run: a script that lives as long.
typedef struct hook_run hook_run;
entrain_status hook_run_begin(const scenario_hook *hook, hook_run **run_out, entrain_error *error_out);
void hook_run_end(hook_run *run); ///< NULL: nothing
/// Calls the function with @p sample of the swarm of @p events and puts what it returns into @p list, behind
/// its first @p at events. @p quiet: print() says nothing.
entrain_status hook_run_ask(hook_run *run, event_run *events, const entrain_phase_sample *sample,
                            scenario_events *list, uint32_t at, bool quiet, entrain_error *error_out);
/// What it remembers, for a checkpoint.
void hook_run_archive(hook_run *run, entrain_archive *archive);
/// Whether both are of the same text.
bool hook_run_same(const hook_run *a, const hook_run *b);
/// "sims/x.lua:12: on_sample at t = 3 s": of the last call.
const char *hook_run_place(const hook_run *run);

#endif
