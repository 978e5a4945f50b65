// Disruptions of the work that agents do, and of the service that does it for them.
#include <math.h>

#include "actors/disruption.h"

static entrain_status workload_of(const entrain_disruptions *disruptions, entrain_workload **workload_out,
                                  entrain_workload_config *config_out, entrain_error *error_out) {
    *workload_out = entrain_swarm_workload(disruptions->swarm);
    if (*workload_out == NULL)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "There is no workload; only agents that have one produce load and call a "
                                 "service.");
    *config_out = *entrain_workload_look(*workload_out);
    return ENTRAIN_OK;
}

entrain_status entrain_disrupt_load(entrain_disruptions *disruptions, double factor,
                                    entrain_error *error_out) {
    entrain_workload *workload;
    entrain_workload_config wanted;
    const entrain_status status = workload_of(disruptions, &workload, &wanted, error_out);
    if (status != ENTRAIN_OK)
        return status;
    wanted.load = factor;
    return entrain_workload_change(workload, &wanted, error_out);
}

entrain_status entrain_disrupt_service(entrain_disruptions *disruptions, const entrain_service_fault *fault,
                                       entrain_error *error_out) {
    entrain_workload *workload;
    entrain_workload_config wanted;
    entrain_status status = workload_of(disruptions, &workload, &wanted, error_out);
    if (status != ENTRAIN_OK)
        return status;
    const entrain_workload_config now = wanted;
    if (!isnan(fault->failure))
        wanted.failure = fault->failure;
    if (!isnan(fault->silence))
        wanted.silence = fault->silence;
    if (!isnan(fault->latency_s)) {
        wanted.latency_s = fault->latency_s;
        wanted.latency_spread_s =
            fmin(wanted.latency_spread_s, fault->latency_s); // never before it was asked
    }
    status = entrain_workload_change(workload, &wanted, error_out);
    if (status == ENTRAIN_OK && !disruptions->faulty) {
        disruptions->faulty = true;
        disruptions->mended = now;
    }
    return status;
}

entrain_status entrain_disrupt_mend_service(entrain_disruptions *disruptions, entrain_error *error_out) {
    entrain_workload *workload;
    entrain_workload_config wanted;
    entrain_status status = workload_of(disruptions, &workload, &wanted, error_out);
    if (status != ENTRAIN_OK || !disruptions->faulty)
        return status;
    wanted.failure = disruptions->mended.failure;
    wanted.silence = disruptions->mended.silence;
    wanted.latency_s = disruptions->mended.latency_s;
    wanted.latency_spread_s = disruptions->mended.latency_spread_s;
    status = entrain_workload_change(workload, &wanted, error_out);
    if (status == ENTRAIN_OK)
        disruptions->faulty = false;
    return status;
}
