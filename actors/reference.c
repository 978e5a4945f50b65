// Reference workloads: the table, and the life of a run: an engine, the populations of one workload, the
// first messages, the end, the answer.
//
// With a trace every behavior is wrapped: the engine calls ours, which writes down what is at hand and calls
// the workload's with its own context. 200 bytes of self a call, and nothing at all without a trace.
#include "actors/reference.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/base/assert.h"
#include "engine/base/memory.h"
#include "engine/base/registry.h"

static const entrain_reference *const references[] = {
    &entrain__ping_pong,      &entrain__flood,  &entrain__thread_ring, &entrain__fork_join,     &entrain__big,
    &entrain__bounded_buffer, &entrain__dining, &entrain__phold,       &entrain__kuramoto_ring,
};
enum { REFERENCE_COUNT = sizeof references / sizeof *references, LOCKSTEP_TICKS_MAX = 1024 };

const entrain_reference *entrain_reference_at(uint32_t index) {
    return index < REFERENCE_COUNT ? references[index] : NULL;
}

const entrain_reference *entrain_reference_find(const char *name) {
    for (uint32_t i = 0; i < REFERENCE_COUNT; i++)
        if (strcmp(references[i]->name, name) == 0)
            return references[i];
    return NULL;
}

// A population as a trace sees it.
typedef struct traced {
    entrain_reference_run *run;
    entrain_behavior behavior; // the workload's
    uint32_t population;
} traced;

// What a run keeps beside what workloads see.
typedef struct whole_run {
    entrain_reference_run run; // first: the two are one address
    entrain__arena *arena;
    FILE *trace;
    uint64_t traced_count;
    traced traced[ENTRAIN_REFERENCE_POPULATIONS_MAX];
} whole_run;

static whole_run *whole(entrain_reference_run *run) { return (whole_run *)run; }

// --- The trace

// "philosopher 3"; what is not known any more by its id.
static void name_actor(entrain_reference_run *run, entrain_id id, char *text, size_t size) {
    whole_run *all = whole(run);
    if (id == ENTRAIN_ID_NONE) {
        snprintf(text, size, "outside");
        return;
    }
    for (uint32_t p = 0; p < run->population_count; p++)
        for (uint32_t i = 0; i < run->counts[p]; i++)
            if (run->ids[p][i] == id) {
                snprintf(text, size, "%s %" PRIu32, all->traced[p].behavior.name, i);
                return;
            }
    snprintf(text, size, "actor %" PRIu32, id & ENTRAIN_ID_INDEX_MAX);
}

static entrain_status receive_traced(entrain_self *self, const entrain_message *messages, uint32_t count) {
    traced *wrapped = self->context;
    entrain_reference_run *run = wrapped->run;
    whole_run *all = whole(run);
    for (uint32_t m = 0; m < count; m++) {
        const entrain_message *message = &messages[m];
        uint32_t kind = (uint32_t)(message->kind - ENTRAIN_KIND_USER);
        char from[80], number[16];
        name_actor(run, message->from, from, sizeof from);
        snprintf(number, sizeof number, "kind %u", message->kind);
        fprintf(all->trace, "%8" PRIu64 "  %s %" PRIu32 " <- %s: %s %" PRId64 " %" PRId64 "%s\n",
                ++all->traced_count, wrapped->behavior.name, self->index, from,
                message->kind >= ENTRAIN_KIND_USER && kind < run->reference->kind_count
                    ? run->reference->kinds[kind]
                    : number,
                message->payload[0].i64, message->payload[1].i64, m > 0 ? "  (same call)" : "");
    }
    entrain_self seen = *self;
    seen.context = run;
    return wrapped->behavior.receive(&seen, messages, count);
}

// start() gets the workload's context too.
static void start_traced(const entrain_range *range) {
    const traced *wrapped = range->context;
    entrain_range seen = *range;
    seen.context = wrapped->run;
    wrapped->behavior.start(&seen);
}

// --- Building

void entrain__reference_block(entrain_reference_run *run, entrain_engine_config *config) {
    (void)run;
    config->overflow = ENTRAIN_OVERFLOW_BLOCK;
}

void *entrain_reference_take(entrain_reference_run *run, size_t count, size_t size) {
    return entrain__arena_take(whole(run)->arena, count, size);
}

entrain_status entrain_reference_add(entrain_reference_run *run, const entrain_behavior *behavior,
                                     uint32_t room, uint32_t count, entrain_error *error_out) {
    whole_run *all = whole(run);
    uint32_t p = run->population_count;
    if (p == ENTRAIN_REFERENCE_POPULATIONS_MAX)
        return entrain_error_set(error_out, ENTRAIN_LIMIT, "%s: a workload has at most %d populations.",
                                 run->reference->name, ENTRAIN_REFERENCE_POPULATIONS_MAX);
    run->ids[p] = entrain_reference_take(run, count, sizeof **run->ids);
    if (run->ids[p] == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: there is no memory for %" PRIu32 " ids.",
                                 run->reference->name, count);
    entrain_behavior added = *behavior;
    void *context = run;
    all->traced[p] = (traced){run, *behavior, p};
    if (all->trace != NULL) {
        context = &all->traced[p];
        added.receive = receive_traced;
        added.start = behavior->start != NULL ? start_traced : NULL;
    }
    entrain_status status = room > count ? entrain_engine_add_room(run->engine, &added, context, room, count,
                                                                   &run->populations[p], error_out)
                                         : entrain_engine_add(run->engine, &added, context, count,
                                                              &run->populations[p], error_out);
    if (status == ENTRAIN_OK)
        run->counts[run->population_count++] = count;
    return status;
}

static entrain_status fill_parameters(entrain_reference_run *run, const double *parameters,
                                      entrain_error *error_out) {
    const entrain_reference *reference = run->reference;
    entrain_status status =
        entrain__parameters_fill("workload", reference->name, reference->parameters,
                                 reference->parameter_count, parameters, run->parameters, error_out);
    for (uint32_t p = 0; p < reference->parameter_count && status == ENTRAIN_OK; p++) {
        double value = run->parameters[p];
        if ((reference->fractions >> p & 1) == 0 && value != floor(value))
            status = entrain_error_set(error_out, ENTRAIN_INVALID,
                                       "workload \"%s\": %s is %g; it must be a whole number.",
                                       reference->name, reference->parameters[p].name, value);
        run->number[p] = value >= 0 ? (uint64_t)value : 0;
    }
    return status;
}

static entrain_status check_execution(const entrain_reference *reference, entrain_execution execution,
                                      entrain_error *error_out) {
    char names[80] = "";
    if ((unsigned)execution < ENTRAIN_EXECUTION_COUNT && (reference->executions >> execution & 1) != 0)
        return ENTRAIN_OK;
    for (uint32_t e = 0; e < ENTRAIN_EXECUTION_COUNT; e++)
        if ((reference->executions >> e & 1) != 0)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
                     *names != '\0' ? " or " : "", entrain_execution_name((entrain_execution)e));
    const char *name = entrain_execution_name(execution);
    return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                             "workload \"%s\" does not run in execution %s; choose %s.", reference->name,
                             name != NULL ? name : "?", names);
}

static entrain_status build(entrain_reference_run *run, const entrain_engine_config *given, bool sign_order,
                            entrain_error *error_out) {
    entrain_engine_config config = *given;
    const entrain_reference *reference = run->reference;
    if (reference->configure != NULL)
        reference->configure(run, &config);
    if (whole(run)->trace != NULL && config.scheduler.worker_count > 1)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "A trace of \"%s\" wants 1 worker, not %" PRIu32 ".", reference->name,
                                 config.scheduler.worker_count);
    entrain_status status = entrain_engine_create(&config, &run->engine, error_out);
    if (status == ENTRAIN_OK && sign_order)
        entrain_engine_sign_order(run->engine, true);
    if (status == ENTRAIN_OK)
        status = reference->build(run, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_engine_start(run->engine, error_out);
    if (status != ENTRAIN_OK)
        return status;
    for (uint32_t p = 0; p < run->population_count; p++)
        for (uint32_t i = 0; i < run->counts[p]; i++)
            run->ids[p][i] = entrain_population_id(run->populations[p], i);
    return reference->begin(run, error_out);
}

entrain_status entrain_reference_create(const entrain_reference *reference, const double *parameters,
                                        const entrain_engine_config *config,
                                        const entrain_reference_options *options,
                                        entrain_reference_run **run_out, entrain_error *error_out) {
    entrain__arena *arena = NULL;
    whole_run *all = NULL;
    if (entrain__arena_create(&arena) == ENTRAIN_OK)
        all = entrain__arena_take(arena, 1, sizeof *all);
    if (all == NULL) {
        entrain__arena_destroy(arena);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for workload \"%s\".",
                                 reference->name);
    }
    entrain_reference_run *run = &all->run;
    all->arena = arena;
    all->trace = options != NULL ? options->trace : NULL;
    run->reference = reference;
    run->execution = config->execution;
    run->until_s = (double)INFINITY;
    entrain_status status = fill_parameters(run, parameters, error_out);
    if (status == ENTRAIN_OK)
        status = check_execution(reference, config->execution, error_out);
    if (status == ENTRAIN_OK)
        status = build(run, config, options != NULL && options->sign_order, error_out);
    if (status != ENTRAIN_OK) {
        entrain_reference_destroy(run);
        return status;
    }
    *run_out = run;
    return ENTRAIN_OK;
}

void entrain_reference_destroy(entrain_reference_run *run) {
    if (run == NULL)
        return;
    entrain_engine_destroy(run->engine); // before what its contexts point to
    entrain__arena_destroy(whole(run)->arena);
}

entrain_status entrain_reference_begin(entrain_reference_run *run, uint32_t p, uint32_t index, uint16_t kind,
                                       int64_t first, entrain_error *error_out) {
    ENTRAIN_ASSERT(p < run->population_count && index < run->counts[p]);
    entrain_status status =
        entrain_engine_tell(run->engine, run->ids[p][index], kind, 0, entrain__i64(first), entrain__i64(0));
    run->begun += status == ENTRAIN_OK;
    if (status != ENTRAIN_OK)
        entrain_error_set(error_out, status, "%s: actor %" PRIu32 " could not be told to begin: %s.",
                          run->reference->name, index, entrain_status_text(status));
    return status;
}

void *entrain_reference_column(entrain_reference_run *run, uint32_t p, uint32_t index, uint32_t c) {
    ENTRAIN_ASSERT(p < run->population_count);
    return entrain_population_at(run->populations[p], index, c);
}

// --- Running

static entrain_status advance_until_quiet(entrain_reference_run *run, entrain_error *error_out) {
    for (uint64_t ticks = 1;; ticks = ticks < LOCKSTEP_TICKS_MAX ? 2 * ticks : ticks) {
        entrain_message_count count;
        entrain_engine_count(run->engine, &count);
        if (count.queued == 0)
            return ENTRAIN_OK;
        entrain_status status = entrain_engine_advance(run->engine, ticks, error_out);
        if (status != ENTRAIN_OK)
            return status;
    }
}

entrain_status entrain_reference_go(entrain_reference_run *run, entrain_error *error_out) {
    return run->execution == ENTRAIN_EXECUTION_LOCKSTEP
               ? advance_until_quiet(run, error_out)
               : entrain_engine_run(run->engine, run->until_s, error_out);
}

entrain_status entrain_reference_check(entrain_reference_run *run, entrain_error *error_out) {
    entrain_message_count count;
    entrain_engine_count(run->engine, &count);
    int64_t residual = entrain_message_count_residual(&count);
    uint64_t gone = count.shed + count.conflated + count.lost + count.cancelled + count.undeliverable;
    if (residual != 0)
        return WRONG(run, error_out,
                     "%" PRId64 " messages are unaccounted for: sent %" PRIu64 ", received %" PRIu64
                     ", queued %" PRIu64 ".",
                     residual, count.sent, count.received, count.queued);
    if (gone != 0)
        return WRONG(run, error_out,
                     "%" PRIu64 " messages did not arrive (shed %" PRIu64 ", undeliverable %" PRIu64
                     ", cancelled %" PRIu64 "), and none may be lost.",
                     gone, count.shed, count.undeliverable, count.cancelled);
    if (count.queued != run->queued)
        return WRONG(run, error_out, "%" PRIu64 " messages are under way at the end, not %" PRIu64 ".",
                     count.queued, run->queued);
    return run->reference->check(run, error_out);
}

uint64_t entrain_reference_messages(entrain_reference_run *run) { return run->reference->messages(run); }
