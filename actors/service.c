// The external service: so far away, now and then not there, and it takes so many calls a second.
//
// Each gateway has a desk of its own, an actor: the rate is a gateway's, and no desk waits for another. What
// becomes of a call is drawn by gateway and number of the call.
#include "actors/work.h"
#include "engine/base/assert.h"

// Answers of a desk that may be under way for each call that may be: late ones are.
#define ANSWERS_PER_CALL 64

typedef struct verdict {
    double latency_s, silence, failure; // the latter two uniform
} verdict;

static verdict draw(const entrain_workload *workload, uint32_t gateway, uint64_t call) {
    const entrain_random_block block = entrain_random_draw(workload->service_key, gateway, call, 0);
    const double u = ((double)(block.bits[0] >> 12) + 0.5) * 0x1p-52;
    return (verdict){
        .latency_s = workload->config.latency_s + workload->config.latency_spread_s * (2 * u - 1),
        .silence = ((double)(block.bits[1] >> 32) + 0.5) * 0x1p-32,
        .failure = ((double)(block.bits[1] & UINT32_MAX) + 0.5) * 0x1p-32,
    };
}

// A bucket of as many tokens as come in a second, one at least; full at first.
static bool takes(const entrain_workload *workload, entrain__desk *desk, uint64_t tick) {
    const double rate = workload->config.rate, size = rate > 1 ? rate : 1;
    if (rate == 0)
        return true;
    desk->spent -= (double)(tick - desk->tick) * workload->step_s * rate;
    desk->spent = desk->spent > 0 ? desk->spent : 0;
    desk->tick = tick;
    // A millionth of a call is what decimal fractions leave behind.
    if (desk->spent + 1 > size + 1e-6)
        return false;
    desk->spent += 1;
    return true;
}

static void answer(entrain_self *self, const entrain_message *call) {
    const entrain_workload *workload = self->context;
    entrain__desk *desk = self->columns[0];
    const verdict drawn = draw(workload, self->index, call->payload[1].u64);
    entrain__outcome outcome = ENTRAIN__WORK_OK;
    desk->calls++;
    if (!takes(workload, desk, self->tick)) {
        outcome = ENTRAIN__WORK_LIMITED;
        desk->limited++;
    } else if (drawn.silence < workload->config.silence) {
        desk->silent++;
        return;
    } else if (drawn.failure < workload->config.failure) {
        outcome = ENTRAIN__WORK_FAILED;
        desk->failed++;
    }
    if (entrain_send_after(self, drawn.latency_s, call->from, ENTRAIN__WORK_ANSWER, (uint16_t)outcome,
                           call->payload[0], call->payload[1], NULL) != ENTRAIN_OK)
        desk->crowded++;
}

static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    for (uint32_t m = 0; m < count; m++)
        if (messages[m].kind == ENTRAIN__WORK_CALL)
            answer(self, &messages[m]);
    return ENTRAIN_OK;
}

entrain_status entrain__service_add(entrain_workload *workload, entrain_engine *engine,
                                    entrain_error *error_out) {
    static const entrain_column columns[] = {
        {.name = "desk", .bytes = sizeof(entrain__desk), .fingerprint = true}};
    const uint32_t calls = workload->config.calls_max;
    const entrain_behavior behavior = {
        .name = "service",
        .columns = columns,
        .column_count = 1,
        .sends_max = ENTRAIN_BATCH_MAX,
        .inbox = 4 * calls +
                 64, // in a tick each batch calls once, or answers come in the tick in which they are due
        .timers_max = calls * ANSWERS_PER_CALL,
        .receive = receive,
    };
    return entrain_engine_add(engine, &behavior, workload, workload->gateway_count, &workload->service,
                              error_out);
}
