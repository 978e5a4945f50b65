/// @file swarm.h  A whole swarm of phase oscillators from one configuration: engine, topology, population,
/// meter.
#ifndef ENTRAIN_SWARM_H
#define ENTRAIN_SWARM_H

#include "entrain/agent.h"
#include "entrain/distribution.h"
#include "entrain/engine.h"
#include "entrain/kuramoto.h"
#include "entrain/phase_metrics.h"
#include "entrain/phase_model.h"
#include "entrain/pulse.h"
#include "entrain/theory.h"
#include "entrain/topology.h"

ENTRAIN_BEGIN_DECLS

typedef enum entrain_swarm_model {
    ENTRAIN_SWARM_KURAMOTO = 0, ///< `model`, or the phase_model; lockstep
    ENTRAIN_SWARM_PULSE,        ///< `pulse`; virtual time
    ENTRAIN_SWARM_DESYNC,       ///< `desync`; virtual time
    ENTRAIN_SWARM_AGENTS,       ///< `agent`, and `workload` where there is one; lockstep
} entrain_swarm_model;

typedef struct entrain_swarm_config {
    uint32_t size; ///< oscillators, 2 to 2^24 - 1; default 1000
    uint64_t seed; ///< of everything; overrides the seeds below. Default 1.
    entrain_engine_config engine;
    entrain_topology_config topology; ///< size and seed are filled in
    entrain_swarm_model kind;         ///< default kuramoto
    entrain_kuramoto_config
        model; ///< unless there is a phase_model; its arrays are filled in from what follows
    entrain_pulse_config pulse;
    entrain_desync_config desync;
    entrain_agent_config agent;
    bool has_workload; ///< agents: default false
    entrain_workload_config workload;
    /// Agents: places, those of `size` who live from the start included; the topology has so many
    /// vertices, those beyond `size` without edges (complete: nothing to do). 0 (the default): size.
    uint32_t room;
    /// The equation, where it is not Kuramoto's; must outlive the swarm. Default NULL.
    const entrain_phase_model *phase_model;
    const double *parameters;       ///< the phase_model's, in the order declared; default NULL: its defaults
    entrain_distribution frequency; ///< default lorentz, center 0, width 0.5
    entrain_distribution phase;     ///< default uniform, -pi .. pi
    /// Kuramoto: each oscillator's own factor of the coupling, default constant 1; and where `inertia` is
    /// other than constant 0 (the default): M, D (default constant 1), and the initial velocity (default
    /// constant 0), rad/s.
    entrain_distribution gain, inertia, damping, velocity;
    /// Kuramoto, where model.noise is above 0: each oscillator's own factor of it, 0 or more; default
    /// constant 1.
    entrain_distribution noisiness;
} entrain_swarm_config;

typedef struct entrain_swarm entrain_swarm;

ENTRAIN_API entrain_swarm_config entrain_swarm_config_defaults(void);
/// Builds and starts everything, at tick 0. All texts and arrays are copied; nothing of @p config is kept.
ENTRAIN_API entrain_status entrain_swarm_create(const entrain_swarm_config *config, entrain_swarm **swarm_out,
                                                entrain_error *error_out);
ENTRAIN_API void entrain_swarm_destroy(entrain_swarm *swarm);
/// Parts, owned by the swarm.
ENTRAIN_API entrain_engine *entrain_swarm_engine(const entrain_swarm *swarm);
ENTRAIN_API entrain_population *entrain_swarm_population(const entrain_swarm *swarm);
ENTRAIN_API entrain_topology *entrain_swarm_topology(const entrain_swarm *swarm);
/// NULL where there is none.
ENTRAIN_API entrain_workload *entrain_swarm_workload(const entrain_swarm *swarm);
/// Goes on to tick @p tick of the clock of samples (tick x step_s simulated seconds; in virtual time a tick
/// is no more than that). Answers as entrain_engine_advance() or entrain_engine_run().
ENTRAIN_API entrain_status entrain_swarm_advance(entrain_swarm *swarm, uint64_t tick,
                                                 entrain_error *error_out);
/// The tick reached.
ENTRAIN_API uint64_t entrain_swarm_tick(const entrain_swarm *swarm);
/// For windows of frequencies and shapes (phase_metrics.h).
ENTRAIN_API entrain_phase_meter *entrain_swarm_meter(const entrain_swarm *swarm);
/// What theory says of a swarm so configured (@p count: its oscillators). False: theory.h has nothing for it,
/// nothing is written.
ENTRAIN_API bool entrain_swarm_theory(const entrain_swarm_config *config, uint32_t count,
                                      entrain_theory_answer *answer_out);
/// The whole swarm, written to or read from @p archive: entrain_engine_archive(), the topology where it is no
/// longer the one it began with, what the meter remembers, windows of frequencies included. Reading, @p
/// swarm is one just created from the same configuration, but for engine.scheduler, engine.transport,
/// layout, simd, mailbox capacity: whatever changes no result. What it goes on to do is then, bit for bit,
/// what the one that was written would have done. Failures stay in the archive; a swarm that was being
/// read into is then good for entrain_swarm_destroy() only. Between calls that advance.
ENTRAIN_API void entrain_swarm_archive(entrain_swarm *swarm, entrain_archive *archive);
/// Measures now. Thread rule of the engine.
ENTRAIN_API entrain_status entrain_swarm_sample(entrain_swarm *swarm, entrain_phase_sample *sample_out);

ENTRAIN_END_DECLS

#endif
