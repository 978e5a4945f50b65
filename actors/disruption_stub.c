// What engine and workload have still to bring; goes with them.
#include "entrain/disruption.h"

__attribute__((weak)) entrain_status entrain_engine_disturb(entrain_engine *engine,
                                                            const entrain_disturbance *disturbance,
                                                            entrain_error *error_out) {
    (void)engine, (void)disturbance;
    return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED, "The engine cannot be disturbed yet.");
}
__attribute__((weak)) entrain_workload *entrain_swarm_workload(const entrain_swarm *swarm) {
    (void)swarm;
    return NULL;
}
__attribute__((weak)) const entrain_workload_config *entrain_workload_look(const entrain_workload *workload) {
    (void)workload;
    return NULL;
}
__attribute__((weak)) entrain_status entrain_workload_change(entrain_workload *workload,
                                                             const entrain_workload_config *config,
                                                             entrain_error *error_out) {
    (void)workload, (void)config;
    return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED, "There is no workload yet.");
}
