// A swarm's workload as a whole: configuration, who belongs to it, and where every request is.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "actors/work.h"
#include "engine/base/assert.h"
#include "engine/engine_private.h"

#define AGENTS_PER_GATEWAY 100000

entrain_workload_config entrain_workload_config_defaults(void) {
    return (entrain_workload_config){
        .pattern = ENTRAIN_PATTERN_MIXED,
        .load = 1,
        .queue = ENTRAIN__WORK_QUEUE_MAX,
        .window_s = 0.1,
        .calls_max = 16,
        .latency_s = 0.05,
        .latency_spread_s = 0.02,
        .failure = 0.01,
        .timeout_s = 1,
        .breaker_limit = 5,
        .breaker_open_s = 5,
        .call_cost = 1,
        .request_cost = 0.01,
    };
}

// --- What is refused

typedef struct bound {
    const char *name;
    size_t offset;
    double least, most;
    bool whole; // a uint32_t
    bool above; // more than `least`
} bound;

#define NUMBER(field, least, most, above)                                                                    \
    { #field, offsetof(entrain_workload_config, field), least, most, false, above }
#define WHOLE(field, least, most)                                                                            \
    { #field, offsetof(entrain_workload_config, field), least, most, true, false }

static const bound bounds[] = {
    NUMBER(load, 0, 100, false),
    WHOLE(queue, 1, ENTRAIN__WORK_QUEUE_MAX),
    WHOLE(gateways, 0, ENTRAIN__WORK_GATEWAYS_MAX),
    WHOLE(gateway_inbox, 0, ENTRAIN_ID_INDEX_MAX),
    NUMBER(window_s, 0, 1e6, false),
    WHOLE(batch_max, 0, UINT32_MAX),
    WHOLE(calls_max, 1, ENTRAIN__WORK_CALLS_MAX),
    NUMBER(latency_s, 0, 1e6, false),
    NUMBER(latency_spread_s, 0, 1e6, false),
    NUMBER(rate, 0, 1e9, false),
    NUMBER(failure, 0, 1, false),
    NUMBER(silence, 0, 1, false),
    NUMBER(timeout_s, 0, 1e6, true),
    WHOLE(breaker_limit, 1, UINT32_MAX),
    NUMBER(breaker_open_s, 0, 1e6, false),
    NUMBER(call_cost, 0, 1e12, false),
    NUMBER(request_cost, 0, 1e12, false),
};

entrain_status entrain__work_check(const entrain_workload_config *config, entrain_error *error_out) {
    if ((unsigned)config->pattern >= ENTRAIN_PATTERN_COUNT)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "workload: pattern %d is none; there are %d.",
                                 (int)config->pattern, ENTRAIN_PATTERN_COUNT);
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
        const bound *its = &bounds[b];
        const char *field = (const char *)config + its->offset;
        uint32_t whole;
        double value;
        if (its->whole) {
            memcpy(&whole, field, sizeof whole);
            value = whole;
        } else {
            memcpy(&value, field, sizeof value);
        }
        if (!(value >= its->least && value <= its->most) || (its->above && value == its->least))
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "workload: %s is %g; it must be %s %g and at most %.10g.", its->name,
                                     value, its->above ? "above" : "at least", its->least, its->most);
    }
    if (config->latency_spread_s > config->latency_s)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "workload: latency_spread_s is %g, more than latency_s, which is %g: an answer "
            "would come before its question.",
            config->latency_spread_s, config->latency_s);
    return ENTRAIN_OK;
}

// --- Life

entrain_status entrain_workload_create(const entrain_workload_config *config, uint64_t seed,
                                       entrain_workload **workload_out, entrain_error *error_out) {
    const entrain_status status = entrain__work_check(config, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain__arena *arena = NULL;
    entrain_workload *workload = NULL;
    if (entrain__arena_create(&arena) == ENTRAIN_OK)
        workload = entrain__arena_take(arena, 1, sizeof *workload);
    if (workload == NULL) {
        entrain__arena_destroy(arena);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for a workload.");
    }
    workload->config = *config;
    workload->seed = seed;
    workload->key = entrain_random_key(seed, ENTRAIN_STREAM_WORKLOAD);
    workload->service_key = entrain_random_key(seed, ENTRAIN_STREAM_SERVICE);
    workload->arena = arena;
    *workload_out = workload;
    return ENTRAIN_OK;
}

void entrain_workload_destroy(entrain_workload *workload) {
    if (workload != NULL)
        entrain__arena_destroy(workload->arena);
}

// Requests in a message that nobody got.
static void lose(void *context, const entrain_dead_letter *letter) {
    entrain_workload *workload = context;
    if (letter->message.kind == ENTRAIN__WORK_REQUESTS)
        workload->lost += entrain__work_packed(letter->message.flags);
}

entrain_status entrain_workload_connect(entrain_workload *workload, entrain_engine *engine,
                                        entrain_population *agents, entrain_error *error_out) {
    const uint32_t room = entrain_population_count(agents);
    uint32_t gateways = workload->config.gateways;
    if (engine->config.execution != ENTRAIN_EXECUTION_LOCKSTEP)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "A workload needs ticks, and this engine is %s; choose lockstep.",
                                 entrain_execution_name(engine->config.execution));
    if (workload->engine != NULL)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "A workload serves one swarm, and this one has its own; create another.");
    if (gateways > room)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "workload: gateways is %" PRIu32 ", and there are %" PRIu32
                                 " agents; it must be at most that.",
                                 gateways, room);
    if (gateways == 0)
        gateways = (room - 1) / AGENTS_PER_GATEWAY + 1;
    workload->engine = engine;
    workload->agents = agents;
    workload->room = room;
    workload->gateway_count = gateways;
    workload->step_s = engine->config.step_s;
    workload->blocks = engine->config.overflow == ENTRAIN_OVERFLOW_BLOCK;
    entrain__work_tune(workload, 0);
    entrain_status status = entrain__gateways_add(workload, engine, error_out);
    if (status == ENTRAIN_OK)
        status = entrain__service_add(workload, engine, error_out);
    if (status == ENTRAIN_OK)
        entrain_engine_on_dead_letter(engine, lose, workload);
    return status;
}

const entrain_workload_config *entrain_workload_look(const entrain_workload *workload) {
    return &workload->config;
}

// What was settled when memory was taken, or must not change for the sums to mean something.
static const char *fixed_field(const entrain_workload_config *a, const entrain_workload_config *b) {
    if (a->queue != b->queue)
        return "queue";
    if (a->gateways != b->gateways)
        return "gateways";
    if (a->gateway_inbox != b->gateway_inbox)
        return "gateway_inbox";
    if (a->pending_max != b->pending_max)
        return "pending_max";
    if (a->calls_max != b->calls_max)
        return "calls_max";
    if (a->call_cost != b->call_cost)
        return "call_cost";
    return a->request_cost != b->request_cost ? "request_cost" : NULL;
}

entrain_status entrain_workload_change(entrain_workload *workload, const entrain_workload_config *config,
                                       entrain_error *error_out) {
    const entrain_status status = entrain__work_check(config, error_out);
    if (status != ENTRAIN_OK)
        return status;
    const char *fixed = fixed_field(&workload->config, config);
    if (fixed != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "workload: %s cannot change any more; set it before the swarm is made.",
                                 fixed);
    const bool repattern = workload->config.pattern != config->pattern;
    workload->config = *config;
    if (workload->engine == NULL)
        return ENTRAIN_OK;
    entrain__work_tune(workload, entrain_engine_tick(workload->engine));
    if (repattern && entrain_engine_task_count(workload->engine) > 0 &&
        entrain__work_repattern(workload) != ENTRAIN_OK)
        return entrain_error_set(error_out, ENTRAIN_MISMATCH,
                                 "The scheduler lost agents whose pattern changed.");
    return ENTRAIN_OK;
}

// --- Where everything is

// The smallest bin up to which there is a share of @p q of all, 0 < q <= 1; @p all > 0.
static uint64_t quantile_rank(uint64_t all, double q) {
    const double rank = ceil(q * (double)all);
    return rank < 1 ? 1 : rank < (double)all ? (uint64_t)rank : all;
}

// Bin of the rank-th of what all gateways have in histograms of @p bins, from 1.
static uint32_t find_rank(const entrain_workload *workload, bool waits, uint32_t bins, uint64_t rank) {
    uint64_t sum = 0;
    uint32_t b = 0;
    for (; b < bins; b++) {
        for (uint32_t g = 0; g < workload->gateway_count; g++)
            sum += waits ? workload->gateways[g].waits[b] : workload->gateways[g].sizes[b];
        if (sum >= rank)
            return b;
    }
    return b - 1;
}

static void add_gateways(const entrain_workload *workload, entrain_workload_totals *totals,
                         uint64_t *arrived_out) {
    const uint64_t now = entrain_engine_tick(workload->engine);
    uint64_t open_ticks = 0, batch_sum = 0, batch_max = 0, wait_max = 0;
    entrain__uint128 wait_sum = 0;
    bool half_open = false, open = false;
    *arrived_out = 0;
    for (uint32_t g = 0; g < workload->gateway_count; g++) {
        const entrain__gateway *its = &workload->gateways[g];
        *arrived_out += its->arrived;
        totals->delivered += its->delivered;
        totals->shed_gateway += its->shed;
        totals->queued_gateways += its->pending_count + its->batched;
        totals->calls += its->calls;
        totals->calls_failed += its->failed;
        totals->calls_timed_out += its->timed_out;
        totals->calls_limited += its->limited;
        totals->calls_late += its->late;
        totals->calls_succeeded += its->succeeded;
        totals->breaker_opened += its->opened;
        open_ticks += its->open_ticks;
        if (its->breaker.state == ENTRAIN_BREAKER_OPEN)
            open_ticks += now - its->open_since;
        open = open || its->breaker.state == ENTRAIN_BREAKER_OPEN;
        half_open = half_open || its->breaker.state == ENTRAIN_BREAKER_HALF_OPEN;
        batch_sum += its->batch_sum;
        batch_max = its->batch_max > batch_max ? its->batch_max : batch_max;
        wait_sum += its->wait_sum;
        wait_max = its->wait_max > wait_max ? its->wait_max : wait_max;
    }
    totals->breaker = open        ? ENTRAIN_BREAKER_OPEN
                      : half_open ? ENTRAIN_BREAKER_HALF_OPEN
                                  : ENTRAIN_BREAKER_CLOSED;
    totals->breaker_open_share =
        now > 0 ? (double)open_ticks / ((double)now * (double)workload->gateway_count) : 0;
    totals->batch_mean = totals->calls > 0 ? (double)batch_sum / (double)totals->calls : NAN;
    totals->batch_max = totals->calls > 0 ? (double)batch_max : NAN;
    totals->wait_mean_s =
        totals->delivered > 0 ? (double)wait_sum / (double)totals->delivered * workload->step_s : NAN;
    totals->wait_max_s = totals->delivered > 0 ? (double)wait_max * workload->step_s : NAN;
}

static void find_quantiles(const entrain_workload *workload, entrain_workload_totals *totals) {
    const struct {
        double q, *out;
    } waits[] = {{0.5, &totals->wait_p50_s}, {0.95, &totals->wait_p95_s}, {0.99, &totals->wait_p99_s}};
    for (int w = 0; w < 3; w++) {
        *waits[w].out = NAN;
        if (totals->delivered > 0)
            *waits[w].out = workload->step_s * find_rank(workload, true, ENTRAIN__WORK_AGE_MAX + 1,
                                                         quantile_rank(totals->delivered, waits[w].q));
    }
    totals->batch_p95 = NAN;
    if (totals->calls > 0) {
        const uint64_t size = entrain__size_of_bin(
            find_rank(workload, false, ENTRAIN__SIZE_BINS, quantile_rank(totals->calls, 0.95)));
        totals->batch_p95 = (double)size < totals->batch_max ? (double)size : totals->batch_max;
    }
}

static entrain_status take_partials(entrain_workload *workload) {
    if (workload->partials != NULL)
        return ENTRAIN_OK;
    workload->task_count = entrain_engine_task_count(workload->engine);
    workload->partials =
        entrain__arena_take(workload->arena, workload->task_count, sizeof *workload->partials);
    return workload->partials != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
}

entrain_status entrain_workload_measure(entrain_workload *workload, entrain_workload_totals *totals_out) {
    if (workload->engine == NULL || entrain_engine_task_count(workload->engine) == 0)
        return ENTRAIN_ORDER;
    entrain__work_partial sum;
    entrain_status status = take_partials(workload);
    if (status == ENTRAIN_OK)
        status = entrain__work_sum(workload, &sum);
    if (status != ENTRAIN_OK)
        return status;
    entrain_workload_totals totals = {.generated = sum.generated};
    uint64_t arrived;
    add_gateways(workload, &totals, &arrived);
    totals.shed_queue = sum.shed;
    totals.shed_mailbox = workload->lost;
    totals.shed = totals.shed_queue + totals.shed_mailbox + totals.shed_gateway;
    totals.queued_agents = sum.held;
    // What is on its way was handed over in the last tick; under block some may have waited longer, and only
    // the difference tells.
    totals.queued_messages = workload->blocks ? sum.handed - arrived - workload->lost : sum.flying;
    totals.queued = totals.queued_agents + totals.queued_messages + totals.queued_gateways;
    totals.cost = (double)totals.calls * workload->config.call_cost +
                  (double)totals.delivered * workload->config.request_cost;
    find_quantiles(workload, &totals);
    *totals_out = totals;
    return ENTRAIN_OK;
}

entrain_status entrain_workload_check(const entrain_workload_totals *totals, entrain_error *error_out) {
    const uint64_t known = totals->delivered + totals->queued + totals->shed;
    if (totals->generated != known)
        return entrain_error_set(error_out, ENTRAIN_MISMATCH,
                                 "%" PRIu64 " requests were made, and %" PRIu64 " are accounted for: %" PRIu64
                                 " delivered, %" PRIu64 " queued (%" PRIu64 " by agents, %" PRIu64
                                 " in messages, %" PRIu64 " at gateways), %" PRIu64 " shed.",
                                 totals->generated, known, totals->delivered, totals->queued,
                                 totals->queued_agents, totals->queued_messages, totals->queued_gateways,
                                 totals->shed);
    const uint64_t ended =
        totals->calls_succeeded + totals->calls_failed + totals->calls_timed_out + totals->calls_limited;
    if (ended > totals->calls)
        return entrain_error_set(error_out, ENTRAIN_MISMATCH,
                                 "%" PRIu64 " calls were made, and %" PRIu64 " came to an end.",
                                 totals->calls, ended);
    return ENTRAIN_OK;
}
