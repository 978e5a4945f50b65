// The schedule explorer: see entrain/explore.h.
#include "entrain/explore.h"

#include <inttypes.h>
#include <stdlib.h>

#include "engine/base/memory.h"

enum { SEEDS_MAX = 1 << 24 };

entrain_explore_config entrain_explore_config_defaults(void) {
    return (entrain_explore_config){.seed_first = 1, .seed_last = 1000, .again = 8, .policy = "shuffled"};
}

// What one schedule came to.
typedef struct outcome {
    uint64_t signature, fingerprint, messages;
    bool ran; // what it came to is the workload's doing, not that of a refused configuration
} outcome;

// How much an actor handles before another one's turn is a part of the schedule too.
static uint32_t batch_of(uint64_t seed) {
    static const uint32_t batches[] = {1, 3, ENTRAIN_BATCH_MAX};
    return batches[seed % (sizeof batches / sizeof *batches)];
}

static entrain_status run_one(const entrain_explore_config *config, uint64_t seed, outcome *outcome_out,
                              entrain_error *error_out) {
    entrain_engine_config engine = entrain_engine_config_defaults();
    const entrain_reference_options options = {.sign_order = true, .trace = config->trace};
    entrain_reference_run *run = NULL;
    entrain_message_count count;
    engine.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
    engine.scheduler.worker_count = 1;
    engine.scheduler.policy = config->policy;
    engine.scheduler.seed = seed;
    engine.batch = batch_of(seed);
    *outcome_out = (outcome){0};
    entrain_status status =
        entrain_reference_create(config->reference, config->parameters, &engine, &options, &run, error_out);
    if (status != ENTRAIN_OK)
        return status;
    outcome_out->ran = true;
    status = entrain_reference_go(run, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_reference_check(run, error_out);
    entrain_engine_count(run->engine, &count);
    outcome_out->messages = count.received;
    outcome_out->signature = entrain_engine_order_signature(run->engine);
    outcome_out->fingerprint = entrain_engine_fingerprint(run->engine);
    entrain_reference_destroy(run);
    return status;
}

static entrain_status check_against(const entrain_explore_config *config, uint64_t seed, const outcome *now,
                                    const outcome *first, entrain_error *error_out) {
    outcome twin;
    if (config->reference->exact && now->fingerprint != first->fingerprint)
        return entrain_error_set(
            error_out, ENTRAIN_MISMATCH,
            "%s: the final state has the fingerprint %016" PRIx64 ", and after seed %" PRIu64
            " it had %016" PRIx64 "; it must not depend on the order of messages.",
            config->reference->name, now->fingerprint, config->seed_first, first->fingerprint);
    if (config->again == 0 || (seed - config->seed_first) % config->again != 0 || config->trace != NULL)
        return ENTRAIN_OK;
    entrain_status status = run_one(config, seed, &twin, error_out);
    if (status == ENTRAIN_OK && twin.signature != now->signature)
        status = entrain_error_set(error_out, ENTRAIN_MISMATCH,
                                   "%s: run twice with one seed, its order signatures were %016" PRIx64
                                   " and %016" PRIx64 "; something besides the seed decides.",
                                   config->reference->name, now->signature, twin.signature);
    return status;
}

static int compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static uint64_t count_distinct(uint64_t *values, uint64_t count) {
    uint64_t distinct = 0;
    qsort(values, count, sizeof *values, compare);
    for (uint64_t i = 0; i < count; i++)
        distinct += i == 0 || values[i] != values[i - 1];
    return distinct;
}

static entrain_status explore(const entrain_explore_config *config, uint64_t *signatures,
                              entrain_exploration *seen, entrain_error *error_out) {
    outcome first = {0};
    for (uint64_t seed = config->seed_first;; seed++) {
        outcome now;
        entrain_status status = run_one(config, seed, &now, error_out);
        if (!now.ran)
            return status;
        if (seen->seeds == 0)
            first = now;
        signatures[seen->seeds++] = seen->signature = now.signature;
        seen->messages += now.messages;
        if (status == ENTRAIN_OK)
            status = check_against(config, seed, &now, &first, error_out);
        if (status != ENTRAIN_OK) {
            seen->failed = true;
            seen->failed_seed = seed;
            return status;
        }
        if (seed == config->seed_last || (config->go_on != NULL && !config->go_on(config->context, seed)))
            return ENTRAIN_OK;
    }
}

entrain_status entrain_explore(const entrain_explore_config *config, entrain_exploration *seen_out,
                               entrain_error *error_out) {
    *seen_out = (entrain_exploration){0};
    if (config->reference == NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "There is no workload to explore; set reference, for example to "
                                 "entrain_reference_find(\"dining\").");
    if (config->seed_last < config->seed_first || config->seed_last - config->seed_first >= SEEDS_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "seeds are %" PRIu64 " to %" PRIu64 "; it must be 1 to %d of them.",
                                 config->seed_first, config->seed_last, SEEDS_MAX);
    entrain__arena *arena = NULL;
    uint64_t *signatures = NULL;
    if (entrain__arena_create(&arena) == ENTRAIN_OK)
        signatures =
            entrain__arena_take(arena, config->seed_last - config->seed_first + 1, sizeof *signatures);
    if (signatures == NULL) {
        entrain__arena_destroy(arena);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for the orders seen.");
    }
    entrain_status status = explore(config, signatures, seen_out, error_out);
    seen_out->orders = count_distinct(signatures, seen_out->seeds);
    entrain__arena_destroy(arena);
    return status;
}
