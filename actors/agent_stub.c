// Until the workload and sends from steps are here: agents that produce nothing and send nothing.
#include "actors/agent_work.h"
#include "entrain/behavior.h"

uint32_t entrain__work_bytes(const entrain_workload *workload) {
    (void)workload;
    return 8;
}
uint32_t entrain__work_sends_max(const entrain_workload *workload) {
    (void)workload;
    return 0;
}
void entrain__work_start(const entrain_workload *workload, const entrain_range *range, void *work) {
    (void)workload, (void)range, (void)work;
}
void entrain__work_generate(const entrain_workload *workload, const entrain_range *range, void *work,
                            float *busy_out) {
    (void)workload, (void)range, (void)work, (void)busy_out;
}
void entrain__work_hand_over(const entrain_workload *workload, const entrain_range *range, uint32_t k,
                             void *work) {
    (void)workload, (void)range, (void)k, (void)work;
}
void entrain__work_stop(entrain_workload *workload, void *work) { (void)workload, (void)work; }
void entrain_workload_destroy(entrain_workload *workload) { (void)workload; }
entrain_workload_config entrain_workload_config_defaults(void) { return (entrain_workload_config){0}; }
entrain_status entrain_workload_create(const entrain_workload_config *config, uint64_t seed,
                                       entrain_workload **workload_out, entrain_error *error_out) {
    (void)config, (void)seed, (void)workload_out;
    return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED, "There are no workloads yet.");
}
entrain_status entrain_workload_connect(entrain_workload *workload, entrain_engine *engine,
                                        entrain_population *agents, entrain_error *error_out) {
    (void)workload, (void)engine, (void)agents, (void)error_out;
    return ENTRAIN_OK;
}
