// Overflow policy block in event-driven execution: what finds no room waits with its sender, and no worker
// does.
//
// A muted actor keeps what it could not deliver, in the order sent, and is not called until all of it has
// gone. It waits in the list of the receiver of the first of them. Lists have two parts: the waiters'
// stack, which any sender puts itself on, and the line, oldest first, that the receiver's worker makes of
// it and lets as many go on from as there is room for; a hundred senders are not woken to fight for ten
// places. When a receiver has emptied its mailbox it keeps nobody: it might never run again.
//
// Nobody is left behind: a sender that has put itself on the stack looks for room once more (full fence
// between both), a receiver that has given room looks at the stack (full fence between both), and whoever
// takes somebody from a list makes it ready. After putting itself on the stack a sender belongs to whoever
// takes it: it may run elsewhere already.
#include "engine/event_driven.h"

static bool waits_already(const entrain__mute *mute, uint32_t kept, entrain_id to) {
    for (uint32_t l = kept; l-- > 0;)
        if (mute->letters[l].to == to)
            return true;
    return false;
}

// Delivers what it can of @p letters and keeps the rest from @p kept on. @return how many are kept then.
// What is behind a letter to the same receiver that was kept stays behind it.
static uint32_t deliver_or_keep(entrain_engine *engine, entrain__desk *desk, entrain__mute *mute,
                                uint32_t kept, const entrain__letter *letters, uint32_t count) {
    for (uint32_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && letters[end].to == letters[first].to)
            end++;
        uint32_t left = end - first;
        bool gone = false;
        if (!waits_already(mute, kept, letters[first].to))
            left = entrain__events_deliver(engine, desk, letters + first, end - first, &gone);
        if (gone) {
            entrain__events_undelivered(engine, desk, letters + end - left, left);
            continue;
        }
        for (uint32_t l = end - left; l < end; l++)
            mute->letters[kept++] = letters[l]; // kept <= l where they are the same array
    }
    return kept;
}

bool entrain__mute_flush(entrain_engine *engine, entrain__desk *desk, const entrain__letter *letters,
                         uint32_t count) {
    entrain__mute *mute = &engine->events->mutes[desk->slot];
    ENTRAIN_ASSERT(mute->count == 0 || count == 0); // a muted actor sends nothing new
    const bool was_muted = mute->count > 0;
    const uint32_t kept = was_muted ? deliver_or_keep(engine, desk, mute, 0, mute->letters, mute->count)
                                    : deliver_or_keep(engine, desk, mute, 0, letters, count);
    entrain__events_look(engine, desk);
    mute->count = kept;
    desk->muted += (kept > 0) - was_muted;
    // Pairs with the loads in closes_a_circle().
    entrain__store_release_u32(&mute->waits_for, kept > 0 ? entrain__id_slot(mute->letters[0].to) + 1 : 0);
    return kept > 0;
}

// Makes everybody ready who waits on the stack of @p cell.
static void wake_stack(entrain_engine *engine, entrain__desk *desk, entrain__cell *cell) {
    // Pairs with the compare and swap in entrain__mute_wait().
    uint32_t at = entrain__exchange_u32(&cell->owner[ENTRAIN__CELL_WAITERS], 0);
    while (at != 0) {
        uint32_t next = engine->events->cells.cells[at - 1].owner[ENTRAIN__CELL_NEXT];
        entrain__events_ready(engine, desk, at - 1); // from here on it may be anywhere
        at = next;
    }
}

// Whether the actors that @p slot waits for, each for the next, seem to lead back to it. They may be
// moving meanwhile: a suspicion, to be looked into at rest.
static bool closes_a_circle(const entrain__events *events, uint32_t slot, uint32_t receiver) {
    enum { STEPS_MAX = 1024 }; // what is longer is found when nothing else moves
    uint32_t at = receiver;
    for (uint32_t n = 0; n < STEPS_MAX; n++) {
        if (at == slot)
            return true;
        uint32_t next =
            entrain__load_acquire_u32(&events->mutes[at].waits_for); // pairs with entrain__mute_flush()
        if (next == 0)
            return false;
        at = next - 1;
    }
    return false;
}

void entrain__mute_wait(entrain_engine *engine, entrain__desk *desk, uint32_t slot) {
    entrain__events *events = engine->events;
    const entrain_id to = events->mutes[slot].letters[0].to;
    const uint32_t receiver = entrain__id_slot(to);
    entrain__cell *cell = &events->cells.cells[receiver];
    uint32_t *next = &events->cells.cells[slot].owner[ENTRAIN__CELL_NEXT];
    for (;;) {
        uint32_t head = entrain__load_relaxed_u32(&cell->owner[ENTRAIN__CELL_WAITERS]);
        // Atomic for whoever still looks at it as at a free place (take_place()).
        entrain__store_relaxed_u32(next, head);
        ENTRAIN__PREEMPT_POINT();
        // Publishes all that was done to the muted actor, and is a full fence. Pairs with the exchange in
        // wake_stack() and entrain__mute_wake(). A head that was taken and came back is as good as one
        // that stayed.
        if (entrain__cas_acq_rel_u32(&cell->owner[ENTRAIN__CELL_WAITERS], head, slot + 1))
            break;
    }
    ENTRAIN__PREEMPT_POINT();
    if (!entrain__word_names(entrain__load_acquire_u32(&cell->owner[ENTRAIN__CELL_WORD]), to) ||
        entrain__cell_queued(cell) < cell->ring.mask) {
        wake_stack(engine, desk, cell);
    } else if (closes_a_circle(events, slot, receiver)) {
        entrain__store_relaxed_u32(&events->suspicion, 1); // read at rest
        entrain_scheduler_ask_rest(engine->scheduler);
    }
}

// The stack of @p slot goes to the end of its line, the oldest first.
static void stand_in_line(entrain__events *events, uint32_t slot) {
    entrain__cell *cells = events->cells.cells;
    entrain__mute *mute = &events->mutes[slot];
    // Pairs with the compare and swap in entrain__mute_wait().
    uint32_t at = entrain__exchange_u32(&cells[slot].owner[ENTRAIN__CELL_WAITERS], 0), newest = at,
             turned = 0;
    while (at != 0) {
        uint32_t next = cells[at - 1].owner[ENTRAIN__CELL_NEXT];
        entrain__store_relaxed_u32(&cells[at - 1].owner[ENTRAIN__CELL_NEXT], turned);
        turned = at;
        at = next;
    }
    if (turned == 0)
        return;
    if (mute->line_first == 0)
        mute->line_first = turned;
    else
        entrain__store_relaxed_u32(&cells[mute->line_last - 1].owner[ENTRAIN__CELL_NEXT], turned);
    mute->line_last = newest;
}

// How much room the muted actor @p slot asks for where it waits.
static uint32_t wanted_by(const entrain__events *events, uint32_t slot) {
    const entrain__mute *mute = &events->mutes[slot];
    uint32_t wanted = 0;
    for (uint32_t l = 0; l < mute->count; l++)
        wanted += mute->letters[l].to == mute->letters[0].to;
    return wanted;
}

void entrain__mute_wake(entrain_engine *engine, entrain__desk *desk, uint32_t slot, bool all) {
    entrain__events *events = engine->events;
    entrain__cell *cell = &events->cells.cells[slot];
    entrain__mute *mute = &events->mutes[slot];
    if (entrain__load_relaxed_u32(&cell->owner[ENTRAIN__CELL_WAITERS]) != 0)
        stand_in_line(events, slot);
    if (mute->line_first == 0)
        return;
    const uint32_t queued = entrain__cell_queued(cell);
    uint32_t room = queued < cell->ring.mask ? cell->ring.mask - queued : 0;
    all |= queued == 0;
    while (mute->line_first != 0 && (all || room > 0)) {
        const uint32_t sender = mute->line_first - 1, wants = wanted_by(events, sender);
        mute->line_first = events->cells.cells[sender].owner[ENTRAIN__CELL_NEXT];
        room -= wants < room ? wants : room;
        entrain__events_ready(engine, desk, sender); // from here on it may be anywhere
    }
}

// --- At rest: one thread, nobody runs

static bool has_room(const entrain_engine *engine, const entrain__letter *letter) {
    const entrain__events *events = engine->events;
    const entrain__cell *cell = &events->cells.cells[entrain__id_slot(letter->to)];
    return !entrain__word_names(cell->owner[ENTRAIN__CELL_WORD], letter->to) ||
           entrain__cell_queued(cell) < cell->ring.mask;
}

// Everybody who waits for room at @p slot tries again.
static void wake_all_at(entrain_engine *engine, entrain__desk *desk, uint32_t slot) {
    entrain__mute_wake(engine, desk, slot, true);
}

bool entrain__mute_sweep(entrain_engine *engine, entrain__desk *desk) {
    entrain__events *events = engine->events;
    bool moved = false;
    for (uint32_t slot = 0; slot < engine->actor_count; slot++) {
        const entrain__mute *mute = &events->mutes[slot];
        bool movable = false;
        for (uint32_t l = 0; l < mute->count && !movable; l++)
            movable = !waits_already(mute, l, mute->letters[l].to) && has_room(engine, &mute->letters[l]);
        if (movable)
            wake_all_at(engine, desk, entrain__id_slot(mute->letters[0].to));
        moved |= movable;
    }
    return moved;
}

// Slot + 1 of the muted actor whose full mailbox @p slot waits for; 0: none such.
static uint32_t stuck_at(const entrain_engine *engine, uint32_t slot) {
    const entrain__mute *mute = &engine->events->mutes[slot];
    if (mute->count == 0 || has_room(engine, &mute->letters[0]))
        return 0;
    uint32_t receiver = entrain__id_slot(mute->letters[0].to);
    return engine->events->mutes[receiver].count > 0 ? receiver + 1 : 0;
}

// What the lowest actor on a circle has waited longest to deliver is shed. It and whoever else waits there
// try again.
static void shed_one(entrain_engine *engine, entrain__desk *desk, uint32_t lowest) {
    entrain__mute *mute = &engine->events->mutes[lowest];
    const uint32_t receiver = entrain__id_slot(mute->letters[0].to);
    entrain__dead_letter(engine, &mute->letters[0].message, mute->letters[0].to, ENTRAIN_FATE_SHED);
    for (uint32_t l = 1; l < mute->count; l++)
        mute->letters[l - 1] = mute->letters[l];
    mute->count--;
    desk->muted -= mute->count == 0;
    mute->waits_for = mute->count > 0 ? entrain__id_slot(mute->letters[0].to) + 1 : 0;
    if (mute->count == 0) // it may have ended with that call, or been given no notice of something since
        *entrain__word_at(engine->events, lowest) |= ENTRAIN__NOTICE;
    desk->count_of.shed++;
    wake_all_at(engine, desk, receiver);
}

entrain_status entrain__mute_check(entrain_engine *engine, entrain__desk *desk, entrain_error *error_out) {
    uint32_t on_it = 0;
    for (uint32_t slot = 0; slot < engine->actor_count; slot++)
        engine->waits_for[slot] = stuck_at(engine, slot);
    for (uint32_t slot = 0; slot < engine->actor_count && on_it == 0; slot++)
        on_it = entrain__circle_walk(engine, slot);
    entrain_status status = ENTRAIN_OK;
    if (on_it != 0 && engine->config.deadlock == ENTRAIN_DEADLOCK_SHEDS)
        shed_one(engine, desk, entrain__circle_lowest(engine, on_it) - 1);
    else if (on_it != 0)
        status = entrain__circle_sentence(engine, on_it, error_out);
    for (uint32_t slot = 0; slot < engine->actor_count; slot++)
        engine->waits_for[slot] = engine->walked[slot] = 0;
    return status;
}

bool entrain__mute_forget(entrain_engine *engine, entrain__desk *desk, uint32_t slot) {
    entrain__events *events = engine->events;
    entrain__cell *cells = events->cells.cells;
    entrain__mute *mute = &events->mutes[slot];
    if (mute->count == 0)
        return false;
    const uint32_t receiver = entrain__id_slot(mute->letters[0].to);
    entrain__mute *waited = &events->mutes[receiver];
    stand_in_line(events, receiver);
    uint32_t before = 0, at = waited->line_first;
    for (; at != 0 && at != slot + 1; at = cells[at - 1].owner[ENTRAIN__CELL_NEXT])
        before = at;
    if (at == 0)
        return false;
    const uint32_t next = cells[slot].owner[ENTRAIN__CELL_NEXT];
    if (before == 0)
        waited->line_first = next;
    else
        cells[before - 1].owner[ENTRAIN__CELL_NEXT] = next;
    if (next == 0)
        waited->line_last = before;
    desk->count_of.cancelled += mute->count;
    desk->muted--;
    mute->count = mute->waits_for = 0;
    return true;
}
