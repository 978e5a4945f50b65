// Building event-driven execution: cells, desks, what block needs. And what it refuses.
#include <inttypes.h>

#include "engine/event_driven.h"

static entrain_status no_memory(const char *what, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                             "There is no memory for %s; make the swarm smaller or free some.", what);
}

entrain_status entrain__events_check(const entrain_engine_config *config, entrain_error *error_out) {
    if (config->batch < 1 || config->batch > ENTRAIN_BATCH_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "batch is %" PRIu32 "; it must be 1 to %d messages.", config->batch,
                                 ENTRAIN_BATCH_MAX);
    if (config->overflow == ENTRAIN_OVERFLOW_SHED_OLDEST || config->overflow == ENTRAIN_OVERFLOW_CONFLATE)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "overflow is %s, but in event-driven execution many senders share a "
                                 "mailbox, and none can take out what is queued; "
                                 "use block, fail or shed-newest, or another execution.",
                                 entrain_overflow_name(config->overflow));
    return ENTRAIN_OK;
}

static uint32_t capacity_of(const entrain_engine *engine, const entrain_population *population) {
    if (population->behavior.inbox == 0)
        return 0;
    return engine->config.mailbox_capacity != 0 ? engine->config.mailbox_capacity
                                                : population->behavior.inbox;
}

static entrain_status check_population(const entrain_engine *engine, const entrain_population *population,
                                       entrain_error *error_out) {
    const entrain_behavior *behavior = &population->behavior;
    if (behavior->words > 0 || behavior->step != NULL)
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "Behavior \"%s\" %s, which takes ticks; event-driven execution has none: let it send messages, "
            "or use lockstep.",
            behavior->name, behavior->words > 0 ? "publishes" : "steps");
    if (engine->config.mailbox_capacity != 0 && behavior->inbox > engine->config.mailbox_capacity &&
        !engine->config.overflow_named)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "mailbox_capacity is %" PRIu32 ", but \"%s\" asks for an inbox of %" PRIu32
            "; ask for at least that, leave it out, or name an overflow policy (block, fail, shed-newest) "
            "that says what is to be done.",
            engine->config.mailbox_capacity, behavior->name, behavior->inbox);
    return ENTRAIN_OK;
}

static entrain_status build_cells(entrain_engine *engine, entrain_error *error_out) {
    entrain__events *events = engine->events;
    uint64_t slots = 0;
    for (uint32_t p = 0; p < engine->population_count; p++) {
        const entrain_population *population = engine->populations[p];
        uint32_t capacity = capacity_of(engine, population);
        slots += capacity > 0 ? (uint64_t)population->count * entrain__cell_slots(capacity) : 0;
    }
    if (slots > UINT32_MAX)
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "The mailboxes would hold %" PRIu64 " messages in all, and at most %" PRIu32
                                 " are possible; make inboxes or populations smaller.",
                                 slots, UINT32_MAX);
    if (entrain__cells_take(&events->cells, engine->arena, engine->actor_count, slots, events->many) !=
        ENTRAIN_OK)
        return no_memory("mailboxes", error_out);
    uint32_t first = 0;
    for (uint32_t p = 0; p < engine->population_count; p++) {
        const entrain_population *population = engine->populations[p];
        const uint32_t capacity = capacity_of(engine, population);
        const uint32_t each =
            capacity > 0 ? entrain__cell_slots(capacity) : 1; // a ring of one slot holds nothing
        if (each - 1 > engine->mailbox_capacity_max)
            engine->mailbox_capacity_max = each - 1;
        for (uint32_t slot = population->first; slot < population->first + population->count; slot++) {
            entrain__cell_make(&events->cells, slot, first, each);
            if (capacity > 0)
                first += each;
        }
    }
    return ENTRAIN_OK;
}

// Who lives from the start, and the places that are free, the lowest first.
static void fill_words(entrain_engine *engine) {
    for (uint32_t p = 0; p < engine->population_count; p++) {
        entrain_population *population = engine->populations[p];
        for (uint32_t k = population->count; k-- > 0;) {
            const uint32_t slot = population->first + k;
            entrain__cell *cell = &engine->events->cells.cells[slot];
            if (k < population->living) {
                cell->owner[ENTRAIN__CELL_WORD] = UINT32_C(1) << ENTRAIN__WORD_GENERATION;
                continue;
            }
            cell->owner[ENTRAIN__CELL_WORD] = ENTRAIN__SCHEDULED | ENTRAIN__NOT_LIVING;
            cell->owner[ENTRAIN__CELL_NEXT] = (uint32_t)population->free;
            population->free = slot + 1;
        }
    }
}

// What one actor may have sent that has not gone yet: what one call sends, and what was delayed and is due.
static uint32_t letters_of(const entrain_population *population) {
    return population->behavior.sends_max + population->behavior.timers_max;
}

static entrain_status build_mutes(entrain_engine *engine) {
    entrain__events *events = engine->events;
    events->mutes =
        entrain__engine_take(engine, &engine->bytes_messages, engine->actor_count, sizeof *events->mutes);
    engine->waits_for =
        entrain__engine_take(engine, &engine->bytes_messages, engine->actor_count, sizeof *engine->waits_for);
    engine->walked =
        entrain__engine_take(engine, &engine->bytes_messages, engine->actor_count, sizeof *engine->walked);
    if (events->mutes == NULL || engine->waits_for == NULL || engine->walked == NULL)
        return ENTRAIN_NO_MEMORY;
    for (uint32_t p = 0; p < engine->population_count; p++) {
        const entrain_population *population = engine->populations[p];
        const uint32_t each = letters_of(population);
        entrain__letter *letters = entrain__engine_take(engine, &engine->bytes_messages,
                                                        (size_t)population->count * each, sizeof *letters);
        if (letters == NULL)
            return ENTRAIN_NO_MEMORY;
        for (uint32_t k = 0; k < population->count; k++)
            events->mutes[population->first + k].letters = letters + (size_t)k * each;
    }
    return ENTRAIN_OK;
}

static entrain_status build_desks(entrain_engine *engine, uint32_t workers) {
    entrain__events *events = engine->events;
    uint32_t sends_max = 0;
    for (uint32_t p = 0; p < engine->population_count; p++)
        if (letters_of(engine->populations[p]) > sends_max)
            sends_max = letters_of(engine->populations[p]);
    events->desks = entrain__engine_take(engine, &engine->bytes_table, workers, sizeof *events->desks);
    for (uint32_t w = 0; events->desks != NULL && w < workers; w++) {
        entrain__desk *desk = &events->desks[w];
        desk->worker = w;
        desk->outbox = entrain__engine_take(engine, &engine->bytes_messages, sends_max, sizeof *desk->outbox);
        desk->touched =
            entrain__engine_take(engine, &engine->bytes_messages, sends_max, sizeof *desk->touched);
        if (desk->outbox == NULL || desk->touched == NULL)
            return ENTRAIN_NO_MEMORY;
        desk->self.engine = engine;
        desk->self.reserved = &desk->sending;
    }
    return events->desks != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
}

entrain_status entrain__events_build(entrain_engine *engine, entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t p = 0; p < engine->population_count && status == ENTRAIN_OK; p++)
        status = check_population(engine, engine->populations[p], error_out);
    if (status != ENTRAIN_OK)
        return status;
    const uint32_t workers = entrain_scheduler_worker_count(engine->scheduler);
    entrain__events *events = entrain__engine_take(engine, &engine->bytes_table, 1, sizeof *events);
    if (events == NULL)
        return no_memory("event-driven execution", error_out);
    engine->events = events;
    events->many = workers > 1;
    events->blocks = engine->config.overflow == ENTRAIN_OVERFLOW_BLOCK;
    status = build_cells(engine, error_out);
    if (status != ENTRAIN_OK)
        return status;
    fill_words(engine);
    if (build_desks(engine, workers) != ENTRAIN_OK || (events->blocks && build_mutes(engine) != ENTRAIN_OK))
        return no_memory("messages on their way", error_out);
    engine->supervise.calls = &entrain__events_calls;
    if (engine->config.trace > 0) {
        const size_t slots =
            (events->cells.bytes - engine->actor_count * sizeof(entrain__cell)) / sizeof(entrain_message);
        events->slot_traces =
            entrain__engine_take(engine, &engine->bytes_messages, slots, sizeof *events->slot_traces);
        if (events->slot_traces == NULL)
            return no_memory("the trace", error_out);
    }
    if (engine->signs_order) {
        engine->chains =
            entrain__engine_take(engine, &engine->bytes_table, engine->actor_count, sizeof *engine->chains);
        if (engine->chains == NULL)
            return no_memory("order signatures", error_out);
    }
    return entrain_scheduler_plan_ready(engine->scheduler, engine->actor_count, error_out);
}
