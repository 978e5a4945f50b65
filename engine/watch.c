// Who watches whom: tables of watches taken at start, lists through them, and the notices that come of them.
//
// A watcher has watches_max watches. Each is free, on, or due: its target has ended and the watch itself is
// the notice that waits to be handed over, so that a notice never needs room. A watch that is on lies in
// two lists: its owner's and its target's. Everything here is under the supervisor's lock, but for the bit
// that says that notices lie ready. In which order watchers stand in a target's list is up to the schedule
// and seen by nobody: each is told in its own list.
#include "engine/archive_parts.h"

static entrain__watch *watch_at(const entrain_engine *engine, uint32_t link) {
    ENTRAIN_ASSERT(link > 0);
    return &engine->supervise.watches[link - 1];
}

static entrain__watcher *watcher_at(const entrain_engine *engine, uint32_t slot) {
    const entrain_population *population = entrain__population_of(engine, slot);
    ENTRAIN_ASSERT(population->behavior.watches_max > 0);
    return &engine->supervise.watchers[population->watcher_first + (slot - population->first)];
}

entrain_status entrain__watch_build(entrain_engine *engine) {
    uint64_t watches = 0, watchers = 0;
    for (uint32_t p = 0; p < engine->population_count; p++) {
        entrain_population *population = engine->populations[p];
        if (population->behavior.watches_max == 0)
            continue;
        population->watch_first = (uint32_t)watches;
        population->watcher_first = (uint32_t)watchers;
        watchers += population->count;
        watches += (uint64_t)population->count * population->behavior.watches_max;
        if (watches >= UINT32_MAX)
            return ENTRAIN_NO_MEMORY;
    }
    if (watches == 0)
        return ENTRAIN_OK;
    entrain__supervise *supervise = &engine->supervise;
    supervise->watches =
        entrain__engine_take(engine, &engine->bytes_table, watches, sizeof *supervise->watches);
    supervise->watchers =
        entrain__engine_take(engine, &engine->bytes_table, watchers, sizeof *supervise->watchers);
    supervise->watched =
        entrain__engine_take(engine, &engine->bytes_table, engine->actor_count, sizeof *supervise->watched);
    return supervise->watches != NULL && supervise->watchers != NULL && supervise->watched != NULL
               ? ENTRAIN_OK
               : ENTRAIN_NO_MEMORY;
}

// A watch of the actor at @p slot that is in no list; 0: all are in use.
static uint32_t take_watch(entrain_engine *engine, uint32_t slot, entrain__watcher *watcher) {
    const entrain_population *population = entrain__population_of(engine, slot);
    const uint32_t most = population->behavior.watches_max;
    if (watcher->free != 0) {
        const uint32_t link = watcher->free;
        watcher->free = watch_at(engine, link)->own_next;
        return link;
    }
    if (watcher->fresh == most)
        return 0;
    return population->watch_first + (slot - population->first) * most + watcher->fresh++ + 1;
}

static void give_watch(entrain_engine *engine, entrain__watcher *watcher, uint32_t link) {
    watch_at(engine, link)->own_next = watcher->free;
    watcher->free = link;
}

static void join_due(entrain_engine *engine, entrain__watcher *watcher, uint32_t slot, uint32_t link) {
    watch_at(engine, link)->own_next = 0;
    if (watcher->due != 0)
        watch_at(engine, watcher->due_last)->own_next = link;
    else
        watcher->due = link;
    watcher->due_last = link;
    watcher->due_count++;
    if ((entrain__control_set(engine, slot, ENTRAIN__CONTROL_NOTICE) & ENTRAIN__CONTROL_NOTICE) == 0)
        engine->supervise.calls->alert(engine, slot);
}

static void leave_own(entrain_engine *engine, entrain__watcher *watcher, const entrain__watch *watch) {
    if (watch->own_prev != 0)
        watch_at(engine, watch->own_prev)->own_next = watch->own_next;
    else
        watcher->on = watch->own_next;
    if (watch->own_next != 0)
        watch_at(engine, watch->own_next)->own_prev = watch->own_prev;
}

static void leave_target(entrain_engine *engine, const entrain__watch *watch) {
    if (watch->prev != 0)
        watch_at(engine, watch->prev)->next = watch->next;
    else
        engine->supervise.watched[entrain__id_slot(watch->target)] = watch->next;
    if (watch->next != 0)
        watch_at(engine, watch->next)->prev = watch->prev;
}

// The watch of the actor at @p slot that is on for the living @p target, or 0. Walks its own watches and
// the target's watchers at the same time, so that the shorter of the two decides how long it takes.
static uint32_t find_on(const entrain_engine *engine, uint32_t slot, const entrain__watcher *watcher,
                        entrain_id target) {
    uint32_t mine = watcher->on, its = engine->supervise.watched[entrain__id_slot(target)];
    while (mine != 0 && its != 0) {
        const entrain__watch *own = watch_at(engine, mine), *other = watch_at(engine, its);
        if (own->target == target)
            return mine;
        if (other->owner == slot)
            return its;
        mine = own->own_next;
        its = other->next;
    }
    return 0;
}

static bool is_due(const entrain_engine *engine, const entrain__watcher *watcher, entrain_id target) {
    for (uint32_t link = watcher->due; link != 0; link = watch_at(engine, link)->own_next)
        if (watch_at(engine, link)->target == target)
            return true;
    return false;
}

static entrain_status watch(entrain_engine *engine, uint32_t slot, entrain_id target) {
    entrain__watcher *watcher = watcher_at(engine, slot);
    const bool lives = entrain__place_of(engine, target) != UINT32_MAX;
    if (lives ? find_on(engine, slot, watcher, target) != 0 : is_due(engine, watcher, target))
        return ENTRAIN_OK; // one notice, however often it is asked for
    const uint32_t link = take_watch(engine, slot, watcher);
    if (link == 0)
        return ENTRAIN_FULL;
    entrain__watch *made = watch_at(engine, link);
    *made = (entrain__watch){.target = target, .owner = slot, .reason = ENTRAIN_REASON_GONE};
    if (!lives) {
        join_due(engine, watcher, slot, link);
        return ENTRAIN_OK;
    }
    uint32_t *first = &engine->supervise.watched[entrain__id_slot(target)];
    made->next = *first;
    made->own_next = watcher->on;
    if (*first != 0)
        watch_at(engine, *first)->prev = link;
    if (watcher->on != 0)
        watch_at(engine, watcher->on)->own_prev = link;
    *first = watcher->on = link;
    return ENTRAIN_OK;
}

entrain_status entrain_watch(entrain_self *self, entrain_id target) {
    ENTRAIN_ASSERT(self->reserved != NULL); // from receive() only
    entrain_engine *engine = self->engine;
    const uint32_t slot = entrain__id_slot(self->id);
    if (entrain__population_of(engine, slot)->behavior.watches_max == 0)
        return ENTRAIN_FULL;
    entrain__supervise_lock(engine);
    entrain_status status = watch(engine, slot, target);
    entrain__supervise_unlock(engine);
    return status;
}

entrain_status entrain_unwatch(entrain_self *self, entrain_id target) {
    ENTRAIN_ASSERT(self->reserved != NULL); // from receive() only
    entrain_engine *engine = self->engine;
    const uint32_t slot = entrain__id_slot(self->id);
    if (entrain__population_of(engine, slot)->behavior.watches_max == 0)
        return ENTRAIN_STALE;
    entrain__supervise_lock(engine);
    entrain__watcher *watcher = watcher_at(engine, slot);
    const uint32_t link = entrain__place_of(engine, target) != UINT32_MAX
                              ? find_on(engine, slot, watcher, target)
                              : 0; // what it may have had is due, or was handed over
    if (link != 0) {
        leave_target(engine, watch_at(engine, link));
        leave_own(engine, watcher, watch_at(engine, link));
        give_watch(engine, watcher, link);
    }
    entrain__supervise_unlock(engine);
    return link != 0 ? ENTRAIN_OK : ENTRAIN_STALE;
}

void entrain__watch_ended(entrain_engine *engine, uint32_t slot, entrain_id id, entrain_reason reason,
                          entrain_status status) {
    if (engine->supervise.watched == NULL)
        return;
    uint32_t link = engine->supervise.watched[slot];
    engine->supervise.watched[slot] = 0;
    while (link != 0) {
        entrain__watch *watch = watch_at(engine, link);
        const uint32_t next = watch->next;
        entrain__watcher *watcher = watcher_at(engine, watch->owner);
        ENTRAIN_ASSERT(watch->target == id);
        leave_own(engine, watcher, watch);
        watch->reason = (uint16_t)reason;
        watch->status = (uint16_t)status;
        join_due(engine, watcher, watch->owner, link);
        link = next;
    }
}

void entrain__watch_drop(entrain_engine *engine, uint32_t slot) {
    if (entrain__population_of(engine, slot)->behavior.watches_max == 0)
        return;
    entrain__watcher *watcher = watcher_at(engine, slot);
    for (uint32_t link = watcher->on; link != 0; link = watch_at(engine, link)->own_next)
        leave_target(engine, watch_at(engine, link));
    *watcher = (entrain__watcher){0}; // all watches are as if never used
    entrain__control_clear(engine, slot, ENTRAIN__CONTROL_NOTICE);
}

uint32_t entrain__supervise_notices_due(entrain_engine *engine, uint32_t slot) {
    // Pairs with the change in join_due(). Whoever sees the bit looks under the lock.
    if (engine->supervise.watches == NULL ||
        (entrain__load_acquire_u32(&engine->supervise.control[slot]) & ENTRAIN__CONTROL_NOTICE) == 0)
        return 0;
    entrain__supervise_lock(engine);
    const uint32_t count = watcher_at(engine, slot)->due_count;
    entrain__supervise_unlock(engine);
    return count;
}

uint32_t entrain__supervise_take_notices(entrain_engine *engine, uint32_t slot, entrain_message *messages_out,
                                         uint32_t limit) {
    uint32_t taken = 0;
    entrain__supervise_lock(engine);
    entrain__watcher *watcher = watcher_at(engine, slot);
    for (; taken < limit && watcher->due != 0; taken++) {
        const uint32_t link = watcher->due;
        const entrain__watch *watch = watch_at(engine, link);
        messages_out[taken] = (entrain_message){
            .from = watch->target,
            .kind = ENTRAIN_KIND_ENDED,
            .flags = watch->reason,
            .payload = {{.u64 = watch->status}, {.u64 = 0}},
        };
        watcher->due = watch->own_next;
        give_watch(engine, watcher, link);
    }
    watcher->due_count -= taken;
    if (watcher->due == 0)
        entrain__control_clear(engine, slot, ENTRAIN__CONTROL_NOTICE);
    entrain__supervise_unlock(engine);
    return taken;
}

// --- In a checkpoint: each watcher's own lists, in their order

static void archive_on(entrain_engine *engine, entrain__watcher *watcher, uint32_t slot, uint64_t count,
                       entrain_archive *archive) {
    uint32_t link = watcher->on;
    for (uint64_t k = 0; k < count && !entrain__archive_failed(archive); k++) {
        entrain_id target =
            entrain_archive_is_reading(archive) ? ENTRAIN_ID_NONE : watch_at(engine, link)->target;
        entrain_archive_u32(archive, &target);
        if (!entrain_archive_is_reading(archive)) {
            link = watch_at(engine, link)->own_next;
            continue;
        }
        if (entrain__place_of(engine, target) == UINT32_MAX ||
            watch(engine, slot, target) != ENTRAIN_OK) // the oldest comes first, so they lie as they lay
            entrain__archive_nonsense(archive, "somebody watches who cannot be watched");
    }
}

// Oldest first: each join of a list puts the newest first.
static void reverse_on(entrain_engine *engine, entrain__watcher *watcher) {
    uint32_t reversed = 0;
    for (uint32_t link = watcher->on, next; link != 0; link = next) {
        entrain__watch *its = watch_at(engine, link);
        next = its->own_next;
        its->own_next = reversed;
        its->own_prev = next;
        reversed = link;
    }
    watcher->on = reversed;
}

static void archive_due(entrain_engine *engine, entrain__watcher *watcher, uint32_t slot, uint64_t count,
                        entrain_archive *archive) {
    const bool reading = entrain_archive_is_reading(archive);
    uint32_t link = watcher->due;
    for (uint64_t k = 0; k < count && !entrain__archive_failed(archive); k++) {
        if (reading) {
            link = take_watch(engine, slot, watcher);
            if (link == 0) {
                entrain__archive_nonsense(archive, "somebody watches more than it can");
                return;
            }
            *watch_at(engine, link) = (entrain__watch){.owner = slot};
        }
        entrain__watch *its = watch_at(engine, link);
        uint32_t how = (uint32_t)its->reason << 16 | its->status;
        entrain_archive_u32(archive, &its->target);
        entrain_archive_u32(archive, &how);
        its->reason = (uint16_t)(how >> 16);
        its->status = (uint16_t)how;
        if (reading)
            join_due(engine, watcher, slot, link);
        else
            link = its->own_next;
    }
}

static void archive_watcher(entrain_engine *engine, uint32_t slot, uint32_t watches_max,
                            entrain_archive *archive) {
    entrain__watcher *watcher = watcher_at(engine, slot);
    uint64_t on = 0, due = 0;
    if (entrain_archive_is_reading(archive))
        *watcher = (entrain__watcher){0};
    for (uint32_t link = watcher->on; link != 0; link = watch_at(engine, link)->own_next)
        on++;
    due = watcher->due_count;
    entrain_archive_count(archive, &on, watches_max, "the number of those whom an actor watches");
    entrain_archive_count(archive, &due, watches_max, "the number of an actor's notices");
    if (entrain_archive_is_reading(archive) && on + due > 0 &&
        engine->ids[entrain__place_of_slot(engine, slot)] == ENTRAIN_ID_NONE)
        entrain__archive_nonsense(archive, "somebody watches who is no more");
    if (!entrain_archive_is_reading(archive))
        reverse_on(engine, watcher);
    archive_on(engine, watcher, slot, on, archive);
    if (!entrain_archive_is_reading(archive))
        reverse_on(engine, watcher);
    archive_due(engine, watcher, slot, due, archive);
}

void entrain__archive_watches(entrain_engine *engine, entrain_archive *archive) {
    if (engine->supervise.watches == NULL)
        return;
    entrain_archive_section(archive, "watches");
    const bool reading = entrain_archive_is_reading(archive);
    for (uint32_t slot = 0; reading && slot < engine->actor_count; slot++) {
        engine->supervise.watched[slot] = 0;
        entrain__control_clear(engine, slot, ENTRAIN__CONTROL_NOTICE);
    }
    for (uint32_t c = 0; reading && c < engine->cohort_count; c++)
        engine->cohorts[c].notices = 0;
    entrain__supervise_lock(engine);
    for (uint32_t p = 0; p < engine->population_count; p++) {
        const entrain_population *population = engine->populations[p];
        const uint32_t most = population->behavior.watches_max;
        for (uint32_t k = 0; most > 0 && k < population->count && !entrain__archive_failed(archive); k++)
            archive_watcher(engine, population->first + k, most, archive);
    }
    entrain__supervise_unlock(engine);
}
