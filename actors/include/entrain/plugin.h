/// @file plugin.h  A policy, a phase model or a topology of the user's own, for the `entrain` command.
///
/// A plug-in is a shared object that `entrain run --load ./my_policy.so` loads before it reads the scenario;
/// verify and list take --load too. What it registers is known under its name from then on, as if built in:
///
///     #include <entrain/plugin.h>
///
///     static const entrain_policy my_policy = {.name = "my-policy", ...};
///
///     static entrain_status set_up(entrain_error *error_out) {
///         return entrain_policy_register(&my_policy, error_out);
///     }
///     ENTRAIN_PLUGIN(set_up);
///
///     cc -shared -fPIC my_policy.c -o my_policy.so $(pkg-config --cflags entrain)
///
/// It is not linked against libentrain: the command has every public function, and a plug-in uses the
/// command's. One that is linked against libentrain.so works all the same; one that carries a copy of its own
/// which the command cannot replace (libentrain.a with -Bsymbolic or hidden symbols) is refused, because what
/// it registers there nobody would find. It must not link jemalloc, which cannot be loaded later.
///
/// set_up() is called once, from the main thread, before anything else; it may register as many things as it
/// likes: entrain_policy_register(), entrain_phase_model_register(), entrain_topology_register(). What it
/// registers must live as long as the process: static const, normally. A plug-in is never unloaded. Nothing
/// of it is called before its ABI number was compared, except constructors, which are the dynamic linker's.
///
/// A policy decides speed, never results. A model or a topology does decide results: that they are the same
/// for any policy, worker count, transport, SIMD level and layout is the author's duty (phase_model.h says
/// what it takes), and `entrain verify --load` is how to check it. Behaviors that are no phase models are for
/// C programs: there is no scenario key for them.
#ifndef ENTRAIN_PLUGIN_H
#define ENTRAIN_PLUGIN_H

#include <stdint.h>

#include "entrain/phase_model.h"
#include "entrain/policy.h"
#include "entrain/swarm.h"
#include "entrain/topology.h"

/// Raised when a struct or a function that plug-ins use changes: the plug-in must be compiled again, or more.
#define ENTRAIN_PLUGIN_ABI 4u

/// What a plug-in exports, under the name entrain_plugin.
typedef struct entrain_plugin_entry {
    uint32_t abi;   ///< ENTRAIN_PLUGIN_ABI as the plug-in was compiled; stays the first field for ever
    uint32_t bytes; ///< sizeof (entrain_plugin_entry)
    /// ENTRAIN_OK, or a refusal with its sentence in error_out (never NULL).
    entrain_status (*set_up)(entrain_error *error_out);
    /// entrain_policy_register() as the plug-in is bound to it: the command's own, or there were two
    /// registries.
    entrain_status (*bound_to)(const entrain_policy *policy, entrain_error *error_out);
} entrain_plugin_entry;

#ifdef __cplusplus
#define ENTRAIN_PLUGIN_C extern "C"
#else
#define ENTRAIN_PLUGIN_C extern
#endif

/// Makes the shared object a plug-in that @p function sets up. Once in it, outside of functions.
#define ENTRAIN_PLUGIN(function)                                                                             \
    ENTRAIN_PLUGIN_C __attribute__((visibility("default"))) const entrain_plugin_entry entrain_plugin;       \
    const entrain_plugin_entry entrain_plugin = {ENTRAIN_PLUGIN_ABI, sizeof(entrain_plugin_entry), function, \
                                                 entrain_policy_register}

#endif
