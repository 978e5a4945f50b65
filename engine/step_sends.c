// Messages sent from step(): into the same outbox as those from receive(), routed at the same next boundary.
//
// The engine says that a step() may send by setting cohort->step.range, for that call only. What each actor
// sent in that call has to be known exactly: were it a matter of the range or the cohort, who is refused
// would depend on how the swarm was cut. As long as a step goes through its actors in order, as most do,
// the count of the last one is enough; from its first step back on, in that call, every actor is counted.
#include <string.h>

#include "engine/engine_private.h"

// Counts anew, out of the outbox.
static uint32_t *count_all(entrain_engine *engine, entrain__cohort *cohort) {
    const entrain_population *population = cohort->population;
    const entrain_range *range = cohort->step.range;
    uint32_t *counts = engine->scratch[range->worker].step_counts;
    memset(counts, 0, range->count * sizeof *counts);
    for (uint32_t l = cohort->step.first; l < cohort->outbox_count; l++) {
        const uint32_t slot = entrain__id_slot(cohort->outbox[l].message.from);
        counts[entrain__column_of(population, slot - population->first) - range->first]++;
    }
    return counts;
}

// How many the actor @p who, counted from the first of the range, has sent in this call.
static uint32_t *sent_by(entrain_engine *engine, entrain__cohort *cohort, uint32_t who) {
    entrain__step_sends *step = &cohort->step;
    if (step->counts == NULL && who < step->last)
        step->counts = count_all(engine, cohort);
    if (step->counts != NULL)
        return &step->counts[who];
    if (who > step->last) {
        step->last = who;
        step->sent = 0;
    }
    return &step->sent;
}

entrain_status entrain_range_send(const entrain_range *range, uint32_t k, entrain_id to, uint16_t kind,
                                  uint16_t flags, entrain_payload first, entrain_payload second) {
    entrain_engine *engine = range->engine;
    entrain__cohort *cohort = entrain__cohort_at_work(engine);
    ENTRAIN_ASSERT(cohort != NULL && cohort->step.range != NULL); // from step() only, with step_sends_max
    const entrain_range *whole = cohort->step.range;              // range may be a part of it
    const ptrdiff_t who = range->ids + k - whole->ids;
    ENTRAIN_ASSERT(k < range->count && who >= 0 && who < (ptrdiff_t)whole->count);
    const entrain_id from = whole->ids[who];
    if (engine->muted != NULL && engine->muted[entrain__id_slot(from)] > 0)
        return ENTRAIN_FULL;
    uint32_t *sent = sent_by(engine, cohort, (uint32_t)who);
    if (*sent == cohort->population->behavior.step_sends_max)
        return ENTRAIN_LIMIT;
    ++*sent;
    ENTRAIN_ASSERT(cohort->outbox_count < cohort->outbox_capacity);
    entrain__letter *letter = &cohort->outbox[cohort->outbox_count];
    if (cohort->outbox_count > 0 && entrain__id_slot(from) < entrain__id_slot((letter - 1)->message.from))
        cohort->outbox_mixed = true;
    *letter = (entrain__letter){
        .message = {.from = from, .kind = kind, .flags = flags, .payload = {first, second}},
        .to = to,
    };
    cohort->outbox_count++;
    cohort->count_of.sent++;
    if (__builtin_expect(engine->trace_logs != NULL, 0)) {
        entrain__trace_log *log = entrain__trace_log_of(engine, whole->worker);
        log->at_hand = 0; // nothing that was handled led to it: it begins a chain
        entrain__letter_trace(log, letter, cohort->tick, (double)cohort->tick * engine->config.step_s);
    }
    return ENTRAIN_OK;
}
