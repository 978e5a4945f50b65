/// @file swarm.h  A whole swarm of phase oscillators from one configuration: engine, topology, population,
/// meter.
#ifndef ENTRAIN_SWARM_H
#define ENTRAIN_SWARM_H

#include "entrain/distribution.h"
#include "entrain/engine.h"
#include "entrain/kuramoto.h"
#include "entrain/phase_metrics.h"
#include "entrain/phase_model.h"
#include "entrain/topology.h"

ENTRAIN_BEGIN_DECLS

typedef struct entrain_swarm_config {
    uint32_t size; ///< oscillators, 2 to 2^24 - 1; default 1000
    uint64_t seed; ///< of everything; overrides the seeds below. Default 1.
    entrain_engine_config engine;
    entrain_topology_config topology; ///< size and seed are filled in
    entrain_kuramoto_config model;    ///< unless there is a phase_model
    /// The equation, where it is not Kuramoto's; must outlive the swarm. Default NULL.
    const entrain_phase_model *phase_model;
    const double *parameters;       ///< the phase_model's, in the order declared; default NULL: its defaults
    entrain_distribution frequency; ///< default lorentz, center 0, width 0.5
    entrain_distribution phase;     ///< default uniform, -pi .. pi
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
/// Measures now. Thread rule of the engine.
ENTRAIN_API entrain_status entrain_swarm_sample(entrain_swarm *swarm, entrain_phase_sample *sample_out);

ENTRAIN_END_DECLS

#endif
