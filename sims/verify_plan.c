// The ways that verify tries. The whole grid of policies, workers and transports, then one row each for what
// is independent of those: SIMD levels and layouts.
#include "sims/verify_plan.h"

#include <stdio.h>

const uint32_t verify_workers[VERIFY_WORKERS_COUNT] = {1, 2, 3, 8};

static void add(verify_plan *plan, verify_case one) {
    if (plan->count < VERIFY_CASES_MAX)
        plan->cases[plan->count++] = one;
}

void verify_plan_make(const scenario *given, const list_of_policies *policies, verify_plan *plan_out) {
    const entrain_engine_config *engine = &given->swarm.engine;
    *plan_out = (verify_plan){0};
    if (scenario_in_virtual_time(given))
        plan_out->mailbox_only = "who fires sends messages, in virtual time";
    else if (engine->overflow_named)
        plan_out->mailbox_only = "the scenario names an overflow policy";
    else if (engine->mailbox_capacity > 0)
        plan_out->mailbox_only = "the scenario gives a mailbox capacity";
    uint32_t transports = plan_out->mailbox_only != NULL ? 1 : ENTRAIN_TRANSPORT_COUNT;
    _Static_assert(ENTRAIN_TRANSPORT_MAILBOX == 0, "the mailbox comes first");

    for (uint32_t p = 0; p < policies->count; p++)
        for (uint32_t t = 0; t < transports; t++)
            for (uint32_t w = 0; w < VERIFY_WORKERS_COUNT; w++)
                add(plan_out, (verify_case){.policy = policies->values[p]->name,
                                            .workers = verify_workers[w],
                                            .transport = (entrain_transport)t,
                                            .simd = engine->simd,
                                            .layout = engine->layout});
    plan_out->grid_count = plan_out->count;
    verify_case usual = {
        .policy = engine->scheduler.policy, .workers = 2, .simd = engine->simd, .layout = engine->layout};
    for (int level = ENTRAIN_SIMD_SSE2; level <= ENTRAIN_SIMD_AVX512; level++)
        for (uint32_t t = 0; t < transports && entrain_simd_available((entrain_simd)level); t++) {
            verify_case one = usual;
            one.simd = (entrain_simd)level;
            one.transport = (entrain_transport)t;
            add(plan_out, one);
        }
    for (int layout = ENTRAIN_LAYOUT_INDEX; layout < ENTRAIN_LAYOUT_COUNT; layout++)
        for (uint32_t t = 0; t < transports && layout != (int)engine->layout; t++) {
            verify_case one = usual;
            one.layout = (entrain_layout)layout;
            one.transport = (entrain_transport)t;
            add(plan_out, one);
        }
}

void verify_case_describe(const verify_case *one, char *text_out, size_t size) {
    snprintf(text_out, size, "policy %s, %u worker%s, transport %s, simd %s, layout %s", one->policy,
             one->workers, one->workers == 1 ? "" : "s", entrain_transport_name(one->transport),
             entrain_simd_name(one->simd), entrain_layout_name(one->layout));
}

void verify_case_apply(const verify_case *one, entrain_swarm_config *config) {
    config->engine.scheduler.policy = one->policy;
    config->engine.scheduler.worker_count = one->workers;
    config->engine.transport = one->transport;
    config->engine.simd = one->simd;
    config->engine.layout = one->layout;
}
