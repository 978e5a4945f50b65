// Overflow policy block for general messages: what finds no room waits, and so does its sender.
//
// At each tick boundary the router tries what waits first, oldest first, then what is new, and gives a lane
// only to what fits. An actor with something waiting is mute: its receive() is not called, so it sends
// nothing more, and its own mail stays in its mailbox. No worker ever waits. That is bounded by what was
// taken at start: an actor has either letters that wait, all from its last receive phase, or new ones from
// the phase just ended, never both.
//
// Being mute belongs to the place: whoever is restarted in it is mute too while letters of its predecessor
// wait, because they fill the place's share of the outbox.
//
// A muted actor whose mailbox is full stays both until its own letters have moved. When such actors wait for
// each other in a circle, none ever will: that is a deadlock, and it is looked for. Each muted actor is
// followed along its first letter that cannot move; all others have moved after finitely many ticks (what
// waits longest goes first, and whoever is not in a circle is heard some day), so no circle stays unseen.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/engine_private.h"
#include "mailbox/ring.h"

// Slots in waits_for and walked are one more than they are: 0 is nobody.
enum { NAMES_MAX = 8 };

// General messages in the mailbox of whoever lives at @p slot, and how many it takes.
static uint32_t queued_at(const entrain_engine *engine, uint32_t slot, uint32_t *limit_out) {
    const entrain_population *population = entrain__population_of(engine, slot);
    ENTRAIN_ASSERT(population->behavior.receive != NULL);
    uint32_t letterbox =
        population->letterbox_first + entrain__column_of(population, slot - population->first);
    *limit_out = entrain__letterbox_limit(engine, population, letterbox);
    return entrain_mailbox_queued(population->letterboxes, letterbox);
}

bool entrain__wait_admits(entrain_engine *engine, const entrain__letter *letter) {
    uint32_t slot = entrain__id_slot(letter->to), limit;
    if (entrain__population_of(engine, slot)->behavior.receive == NULL)
        return true; // to be found undeliverable by its owner
    uint32_t queued = queued_at(engine, slot, &limit);
    if (queued + engine->expected[slot] >= limit)
        return false;
    engine->expected[slot]++;
    return true;
}

void entrain__wait_keep(entrain_engine *engine, uint64_t count) {
    for (uint64_t w = 0; w < engine->waiting_count; w++)
        if (engine->waiting[w].message.from != ENTRAIN_ID_NONE)
            engine->muted[entrain__id_slot(engine->waiting[w].message.from)] = 0;
    engine->tells_waiting = 0;
    uint64_t kept = 0;
    for (uint64_t l = 0; l < count; l++) {
        const entrain__letter *letter = engine->sorted[l];
        uint32_t to = entrain__id_slot(letter->to);
        if (to < engine->actor_count) // an id from outside may be any number
            engine->expected[to] = 0;
        if (letter->undelivered == 0)
            continue;
        if (letter->message.from == ENTRAIN_ID_NONE)
            engine->tells_waiting++;
        else
            engine->muted[entrain__id_slot(letter->message.from)]++;
        engine->waiting[kept++] = *letter; // kept <= l: what is overwritten has been looked at
    }
    engine->waiting_count = kept;
}

// The slot plus one that @p letter waits for and that will not move before its own letters do; 0: none such.
static uint32_t stuck_at(const entrain_engine *engine, const entrain__letter *letter) {
    if (letter->message.from == ENTRAIN_ID_NONE || entrain__place_of(engine, letter->to) == UINT32_MAX)
        return 0;
    uint32_t slot = entrain__id_slot(letter->to), limit;
    if (engine->muted[slot] == 0)
        return 0; // it has been called since, so there is room
    uint32_t queued = queued_at(engine, slot, &limit);
    ENTRAIN_ASSERT(queued == limit); // it was full when the letter came, and has not been called since
    return slot + 1;
}

uint32_t entrain__circle_walk(entrain_engine *engine, uint32_t slot) {
    const uint32_t walk = slot + 1;
    uint32_t at = walk;
    if (engine->walked[slot] != 0)
        return 0;
    for (; at != 0 && engine->walked[at - 1] == 0; at = engine->waits_for[at - 1])
        engine->walked[at - 1] = walk;
    return at != 0 && engine->walked[at - 1] == walk ? at : 0; // back where this very walk has been
}

uint32_t entrain__circle_lowest(const entrain_engine *engine, uint32_t on_it) {
    uint32_t lowest = on_it;
    for (uint32_t at = engine->waits_for[on_it - 1]; at != on_it; at = engine->waits_for[at - 1])
        lowest = at < lowest ? at : lowest;
    return lowest;
}

// A slot plus one on a circle of waits_for, or 0.
static uint32_t find_circle(entrain_engine *engine) {
    uint32_t on_it = 0;
    for (uint64_t w = 0; w < engine->waiting_count && on_it == 0; w++)
        if (engine->waiting[w].message.from != ENTRAIN_ID_NONE)
            on_it = entrain__circle_walk(engine, entrain__id_slot(engine->waiting[w].message.from));
    return on_it;
}

// "3 -> 7 -> 3 of "x"", from the lowest slot on; where populations differ each name has its own.
static void name_circle(const entrain_engine *engine, uint32_t on_it, char *text, size_t size) {
    const uint32_t lowest = entrain__circle_lowest(engine, on_it);
    uint32_t length = 0;
    bool alike = true;
    uint32_t at = on_it;
    do {
        alike &= entrain__population_of(engine, at - 1) == entrain__population_of(engine, on_it - 1);
        length++;
        at = engine->waits_for[at - 1];
    } while (at != on_it);
    size_t used = 0;
    at = lowest;
    for (uint32_t n = 0; n <= length && used < size; n++, at = engine->waits_for[at - 1]) {
        if (n >= NAMES_MAX && n < length) {
            if (n == NAMES_MAX)
                used += (size_t)snprintf(text + used, size - used, " -> (%" PRIu32 " more)", length - n);
            continue;
        }
        const entrain_population *population = entrain__population_of(engine, at - 1);
        used += (size_t)snprintf(text + used, size - used, "%s%" PRIu32, n > 0 ? " -> " : "",
                                 at - 1 - population->first);
        if ((!alike || n == length) && used < size)
            used += (size_t)snprintf(text + used, size - used, " of \"%s\"", population->behavior.name);
    }
}

entrain_status entrain__circle_sentence(const entrain_engine *engine, uint32_t on_it,
                                        entrain_error *error_out) {
    char names[640], when[40] = "";
    if (engine->events == NULL)
        snprintf(when, sizeof when, " at tick %" PRIu64, engine->tick);
    const char *what_to_do = "stop one of them and go on, or begin anew with more room (inbox, "
                             "mailbox_capacity), fewer messages or another overflow policy";
    if (engine->waits_for[on_it - 1] == on_it) {
        const entrain_population *population = entrain__population_of(engine, on_it - 1);
        return entrain_error_set(error_out, ENTRAIN_DEADLOCK,
                                 "Actor %" PRIu32 " of \"%s\" waits for its own full mailbox%s; %s.",
                                 on_it - 1 - population->first, population->behavior.name, when, what_to_do);
    }
    name_circle(engine, on_it, names, sizeof names);
    return entrain_error_set(error_out, ENTRAIN_DEADLOCK,
                             "Actors %s wait for each other's full mailboxes%s; %s.", names, when,
                             what_to_do);
}

// The letter that @p slot has waited longest with is shed.
static void shed_oldest_of(entrain_engine *engine, uint32_t slot) {
    uint64_t w = 0;
    while (engine->waiting[w].message.from == ENTRAIN_ID_NONE ||
           entrain__id_slot(engine->waiting[w].message.from) != slot ||
           stuck_at(engine, &engine->waiting[w]) == 0)
        w++;
    entrain__dead_letter(engine, &engine->waiting[w].message, engine->waiting[w].to, ENTRAIN_FATE_SHED);
    for (w++; w < engine->waiting_count; w++)
        engine->waiting[w - 1] = engine->waiting[w];
    engine->waiting_count--;
    engine->muted[slot]--;
    engine->count_of.shed++;
}

entrain_status entrain__wait_check(entrain_engine *engine, entrain_error *error_out) {
    uint32_t to_shed = 0; // slot + 1
    for (uint64_t w = 0; w < engine->waiting_count; w++) {
        const entrain__letter *letter = &engine->waiting[w];
        uint32_t from = entrain__id_slot(letter->message.from);
        if (letter->message.from != ENTRAIN_ID_NONE && engine->waits_for[from] == 0)
            engine->waits_for[from] = stuck_at(engine, letter);
    }
    uint32_t on_it = find_circle(engine);
    entrain_status status = ENTRAIN_OK;
    if (on_it != 0 && engine->config.deadlock == ENTRAIN_DEADLOCK_SHEDS)
        to_shed = entrain__circle_lowest(engine, on_it);
    else if (on_it != 0)
        status = entrain__circle_sentence(engine, on_it, error_out);
    for (uint64_t w = 0; w < engine->waiting_count; w++) { // every slot with a mark is that of a sender here
        uint32_t from = entrain__id_slot(engine->waiting[w].message.from);
        engine->waits_for[from] = engine->walked[from] = 0;
    }
    if (to_shed != 0)
        shed_oldest_of(engine, to_shed - 1);
    return status;
}
