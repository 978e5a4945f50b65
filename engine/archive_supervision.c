// What supervision remembers: by index and slot (archive_parts.h). Watches: watch.c.
#include "engine/archive_parts.h"

static void archive_restarts(entrain__restarts *restarts, entrain_archive *archive) {
    entrain_archive_f64(archive, &restarts->began_s);
    entrain_archive_u32(archive, &restarts->count);
}

static void archive_population(entrain_population *population, entrain_archive *archive) {
    bool restarts = population->restarts != NULL, budgets = population->budgets != NULL;
    const bool has_restarts = restarts, has_budgets = budgets;
    entrain_archive_bool(archive, &restarts);
    entrain_archive_bool(archive, &budgets);
    if (restarts != has_restarts || budgets != has_budgets)
        entrain_archive_refuse(archive, ENTRAIN_MISMATCH,
                               "\"%.64s\" was supervised otherwise; what goes on is not what was stopped.",
                               population->behavior.name);
    if (entrain__archive_failed(archive))
        return;
    archive_restarts(&population->group, archive);
    if (restarts)
        entrain__archive_sparse(archive, population->restarts, population->count,
                                sizeof *population->restarts, "the number of places that were restarted");
    if (budgets)
        entrain__archive_sparse(archive, population->budgets, population->count, sizeof *population->budgets,
                                "the number of actors with a budget");
}

// What was asked of actors and has not been done: in virtual time a window may be open. That notices lie
// ready follows from the notices.
enum { SETTLED = ENTRAIN__CONTROL_NOTICE };

static bool is_control(const entrain_engine *engine, uint32_t slot, uint32_t control) {
    const uint32_t reason = control >> ENTRAIN__CONTROL_REASON_SHIFT & 0xff,
                   detail = control >> ENTRAIN__CONTROL_DETAIL_SHIFT;
    const entrain_population *population = entrain__population_of(engine, slot);
    const bool marked = (control & ENTRAIN__CONTROL_MARKED) != 0;
    if (engine->virtual_time == NULL || engine->ids[entrain__place_of_slot(engine, slot)] == ENTRAIN_ID_NONE)
        return false; // in lockstep all of it is settled; and nobody is asked for nothing
    if ((control & 0xff & ~(uint32_t)(ENTRAIN__CONTROL_STOP | ENTRAIN__CONTROL_MARKED)) != 0)
        return false; // groups are settled at once
    if (!marked)
        return reason == 0 && detail == 0;
    return reason > ENTRAIN_REASON_NONE && reason < ENTRAIN_REASON_COUNT && detail <= 0xff &&
           (reason != ENTRAIN_REASON_NOT_FINITE || detail < population->behavior.column_count);
}

static void archive_controls(entrain_engine *engine, entrain_archive *archive) {
    uint32_t *control = engine->supervise.control;
    const bool reading = entrain_archive_is_reading(archive);
    uint64_t asked = 0;
    for (uint32_t slot = 0; !reading && slot < engine->actor_count; slot++)
        asked += (control[slot] & ~(uint32_t)SETTLED) != 0;
    entrain_archive_count(archive, &asked, engine->actor_count, "the number of actors that are to end");
    for (uint32_t slot = 0; reading && slot < engine->actor_count; slot++)
        control[slot] = 0;
    uint32_t slot = 0;
    for (uint64_t k = 0; k < asked && !entrain__archive_failed(archive); k++, slot++) {
        while (!reading && (control[slot] & ~(uint32_t)SETTLED) == 0)
            slot++;
        uint32_t at = slot, bits = reading ? 0 : control[slot] & ~(uint32_t)SETTLED;
        entrain_archive_u32(archive, &at);
        entrain_archive_u32(archive, &bits);
        if (!reading)
            continue;
        if (at < slot || at >= engine->actor_count || !is_control(engine, at, bits)) {
            entrain__archive_nonsense(archive, "somebody is to end for no reason");
            return;
        }
        control[at] = bits;
        entrain__supervise_look_at(engine, at);
        slot = at;
    }
}

void entrain__archive_supervision(entrain_engine *engine, entrain_archive *archive) {
    entrain_archive_section(archive, "supervision");
    for (uint32_t p = 0; p < engine->population_count && !entrain__archive_failed(archive); p++)
        archive_population(engine->populations[p], archive);
    if (engine->supervise.control != NULL && !entrain__archive_failed(archive))
        archive_controls(engine, archive);
}
