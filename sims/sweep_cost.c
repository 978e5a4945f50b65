// Estimates. The figures are those of `entrain run` (execution.json) on one worker of a current x86-64: a
// mean field 12 ns an oscillator and exchange in mailboxes; eight neighbours 17 ns in mailboxes, 5 ns
// published; and the bytes that execution.json counts. What a run really costs depends on caches and events;
// ratios are what counts here.
#include "sims/sweep_cost.h"

#include <math.h>
#include <sys/stat.h>

// Neighbours of an oscillator, on average.
static double degree_of(const scenario *given) {
    const entrain_topology_config *topology = &given->swarm.topology;
    const double size = given->swarm.size;
    struct stat about;
    switch (topology->kind) {
    case ENTRAIN_TOPOLOGY_COMPLETE:
        return given->arcs_built ? size : 0;
    case ENTRAIN_TOPOLOGY_LATTICE:
    case ENTRAIN_TOPOLOGY_TORUS:
        return 4;
    case ENTRAIN_TOPOLOGY_STAR:
        return 2;
    case ENTRAIN_TOPOLOGY_ERDOS_RENYI:
        return topology->probability >= 0 ? topology->probability * size : topology->degree;
    case ENTRAIN_TOPOLOGY_EDGE_LIST: // some ten bytes an edge
        return topology->file != NULL && stat(topology->file, &about) == 0 ? (double)about.st_size / 5 / size
                                                                           : 8;
    default:
        return topology->degree;
    }
}

// What fires: a message to each neighbour each period, of 1 s unless frequencies say otherwise.
static sweep_cost of_events(const scenario *given, double degree) {
    const double size = given->swarm.size;
    const double heard = given->swarm.topology.kind == ENTRAIN_TOPOLOGY_COMPLETE ? size : degree;
    return (sweep_cost){.seconds = size * given->duration_s * (heard + 2) * 120e-9,
                        .bytes = size * (150 + 300 * heard)};
}

sweep_cost sweep_cost_of(const scenario *given) {
    const entrain_swarm_config *swarm = &given->swarm;
    const double size = swarm->room > swarm->size ? swarm->room : swarm->size;
    const double ticks = (double)given->tick_count, samples = ticks / (double)given->record_every_ticks;
    const double degree = degree_of(given);
    const bool agents = swarm->kind == ENTRAIN_SWARM_AGENTS;
    const bool published = agents || swarm->engine.transport == ENTRAIN_TRANSPORT_PUBLISH;
    sweep_cost cost;
    if (scenario_in_virtual_time(given)) {
        cost = of_events(given, degree);
    } else {
        double exchanges = 1, own = published ? 2.5e-9 : 10e-9, arc = published ? 0.3e-9 : 0.9e-9;
        if (swarm->kind == ENTRAIN_SWARM_KURAMOTO && swarm->phase_model == NULL)
            exchanges = swarm->model.integrator == ENTRAIN_INTEGRATOR_RK4    ? 4
                        : swarm->model.integrator == ENTRAIN_INTEGRATOR_HEUN ? 2
                                                                             : 1;
        if (agents) {
            own = 15e-9;
            arc = 1e-9;
        }
        cost.seconds = ticks * exchanges * (1e-6 + size * (own + arc * (degree > 0 ? degree : 1)));
        if (swarm->has_workload)
            cost.seconds += ticks * 4e-6;
        cost.bytes = size * (published ? 120 + 12 * degree : 200 + 24 * (degree + 1));
        if (agents)
            cost.bytes = size * (370 + 16 * degree);
    }
    cost.seconds += 5e-3 + samples * (2e-6 + size * 15e-9) + size * (1e-6 + 0.1e-6 * degree);
    cost.bytes += 8e6 + samples * 8 + size * 16; // the process, what is kept of samples
    return cost;
}
