// Contiguous shares by weight.
#include "engine/base/assert.h"
#include "scheduler/policies.h"

static uint32_t weight_of(const entrain_policy_setup *setup, uint32_t task) {
    return setup->task_weights == NULL ? 1 : setup->task_weights[task];
}

static uint64_t total_weight(const entrain_policy_setup *setup) {
    if (setup->task_weights == NULL)
        return setup->task_count;
    uint64_t total = 0;
    for (uint32_t task = 0; task < setup->task_count; task++)
        total += setup->task_weights[task];
    return total;
}

void entrain__shares_cut(const entrain_policy_setup *setup, uint32_t *firsts_out) {
    const uint32_t workers = setup->worker_count;
    ENTRAIN_ASSERT(workers >= 1 && setup->task_count >= 1);
    const uint64_t total = total_weight(setup); // < 2^31 * 2^32
    uint64_t before = 0;                        // weight of the tasks in front of `task`
    uint32_t task = 0;
    firsts_out[0] = 0;
    for (uint32_t worker = 1; worker < workers; worker++) {
        // total * worker / workers, without leaving 64 bits.
        uint64_t cut = total / workers * worker + total % workers * worker / workers;
        while (task < setup->task_count && before + weight_of(setup, task) / 2 < cut)
            before += weight_of(setup, task++);
        firsts_out[worker] = task;
    }
    firsts_out[workers] = setup->task_count;
}
