// Mail on its way, in canonical order (archive_parts.h). In lockstep, between two ticks:
//
//   told      from outside, in the order of calls
//   waits     under block: what found no room, in the order in which it is tried again
//   sent      in the tick that is over, by (sender's slot, order sent): outboxes
//   kept      under block: in mailboxes of those who are mute, by slot
//   delayed   calendars
//
// and of what was undeliverable how much each sender is still to be told.
#include "engine/archive_parts.h"
#include "mailbox/ring.h"

// The cohort of a place: the next one is often in the same.
typedef struct finder {
    entrain__cohort *cohort;
    uint32_t first, count; // places
} finder;

static entrain__cohort *find_cohort(entrain_engine *engine, finder *near, uint32_t place) {
    if (near->cohort == NULL || place - near->first >= near->count) {
        near->cohort = entrain__cohort_at(engine, place);
        near->first = near->cohort->population->first + near->cohort->first;
        near->count = near->cohort->count;
    }
    return near->cohort;
}

// --- Timers

static void clear_calendars(entrain_engine *engine) {
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        if (engine->cohorts[c].calendar != NULL)
            entrain__calendar_clear(engine->cohorts[c].calendar);
}

void entrain__archive_timers(entrain_engine *engine, entrain_archive *archive) {
    finder near = {0};
    bool any = false;
    if (entrain_archive_is_reading(archive))
        clear_calendars(engine);
    for (uint32_t p = 0; p < engine->population_count; p++) {
        const entrain_population *population = engine->populations[p];
        if (population->behavior.timers_max == 0)
            continue;
        if (!any)
            entrain_archive_section(archive, "timers");
        any = true;
        for (uint32_t k = 0; k < population->count && !entrain__archive_failed(archive); k++) {
            const uint32_t column = entrain__column_of(population, k);
            entrain__cohort *cohort = find_cohort(engine, &near, population->first + column);
            entrain__calendar_archive(cohort->calendar, column - cohort->first, population->first + k,
                                      archive);
        }
    }
    if (any && engine->virtual_time == NULL)
        entrain__timers_look(engine);
}

// --- Letters

static entrain__letter clean(const entrain__letter *letter) {
    return (entrain__letter){.message = letter->message, .to = letter->to};
}

static void archive_letter(entrain_archive *archive, entrain__letter *letter) {
    entrain__letter one = clean(letter);
    entrain_archive_bytes(archive, &one, sizeof one);
    if (entrain_archive_is_reading(archive))
        *letter = clean(&one);
}

static void archive_tells(entrain_engine *engine, entrain_archive *archive) {
    uint64_t count = engine->tell_count;
    entrain_archive_count(archive, &count, ENTRAIN_TELLS_MAX, "the number of messages from outside");
    for (uint64_t t = 0; t < count && !entrain__archive_failed(archive); t++) {
        archive_letter(archive, &engine->tells[t]);
        if (engine->tells[t].message.from != ENTRAIN_ID_NONE)
            entrain__archive_nonsense(archive, "a message from outside is from somebody");
    }
    engine->tell_count = (uint32_t)count;
}

// How much of what they sent was undeliverable. Nobody is told who lives no more.
static void archive_undelivered(entrain_engine *engine, entrain_archive *archive) {
    if (!entrain_archive_is_reading(archive) && engine->virtual_time == NULL)
        entrain__letters_tell_failed(engine);
    for (uint32_t slot = 0; slot < engine->actor_count; slot++)
        if (engine->undelivered[slot] != 0 &&
            engine->ids[entrain__place_of_slot(engine, slot)] == ENTRAIN_ID_NONE)
            engine->undelivered[slot] = 0;
    entrain__archive_sparse(archive, engine->undelivered, engine->actor_count, sizeof *engine->undelivered,
                            "the number of senders who are to be told");
}

static void archive_waiting(entrain_engine *engine, entrain_archive *archive) {
    uint64_t count = engine->waiting_count;
    entrain_archive_count(archive, &count, engine->waiting != NULL ? engine->letters_max : 0,
                          "the number of messages that wait");
    if (entrain_archive_is_reading(archive)) {
        engine->waiting_count = 0;
        engine->tells_waiting = 0;
        for (uint32_t slot = 0; engine->muted != NULL && slot < engine->actor_count; slot++)
            engine->muted[slot] = 0;
    }
    for (uint64_t w = 0; engine->waiting != NULL && w < count && !entrain__archive_failed(archive); w++) {
        entrain__letter *letter = &engine->waiting[w];
        archive_letter(archive, letter);
        if (!entrain_archive_is_reading(archive))
            continue;
        if (letter->message.from == ENTRAIN_ID_NONE)
            engine->tells_waiting++;
        else if (entrain__id_slot(letter->message.from) < engine->actor_count)
            engine->muted[entrain__id_slot(letter->message.from)]++;
        else
            entrain__archive_nonsense(archive, "a message waits that nobody sent");
        engine->waiting_count++;
    }
    if (engine->tells_waiting + engine->tell_count > ENTRAIN_TELLS_MAX)
        entrain__archive_nonsense(archive, "there are more messages from outside than there can be");
}

// Into the sender's outbox.
static void read_sent(entrain_engine *engine, finder *near, entrain_archive *archive) {
    entrain__letter letter = {0};
    archive_letter(archive, &letter);
    const uint32_t slot = entrain__id_slot(letter.message.from);
    if (entrain__archive_failed(archive))
        return;
    if (letter.message.from == ENTRAIN_ID_NONE || slot >= engine->actor_count) {
        entrain__archive_nonsense(archive, "a message was sent by nobody");
        return;
    }
    entrain__cohort *cohort = find_cohort(engine, near, entrain__place_of_slot(engine, slot));
    if (cohort->outbox_count == cohort->outbox_capacity) {
        entrain__archive_nonsense(archive, "actors have sent more than they can");
        return;
    }
    cohort->outbox_mixed |= cohort->outbox_count > 0 &&
                            slot < entrain__id_slot(cohort->outbox[cohort->outbox_count - 1].message.from);
    cohort->outbox[cohort->outbox_count++] = letter;
}

static void archive_sent(entrain_engine *engine, entrain_archive *archive) {
    const bool reading = entrain_archive_is_reading(archive);
    uint64_t count = reading ? 0 : entrain__letters_sent(engine);
    entrain_archive_count(archive, &count, engine->letters_max, "the number of messages that were sent");
    for (uint32_t c = 0; reading && c < engine->cohort_count; c++) {
        engine->cohorts[c].outbox_count = 0;
        engine->cohorts[c].outbox_mixed = false;
        engine->cohorts[c].lane_count = 0;
        engine->cohorts[c].lane_failed = 0;
    }
    finder near = {0};
    for (uint64_t l = 0; l < count && !entrain__archive_failed(archive); l++) {
        if (reading)
            read_sent(engine, &near, archive);
        else
            archive_letter(archive, engine->sorted[l]);
    }
}

// General messages in one mailbox.
static void archive_mailbox(entrain_engine *engine, const entrain_population *population,
                            entrain__cohort *cohort, uint32_t column, entrain_archive *archive) {
    entrain_mailbox_set *set = population->letterboxes;
    const uint32_t letterbox = population->letterbox_first + column;
    uint32_t count = entrain_mailbox_queued(set, letterbox);
    entrain_archive_u32(archive, &count);
    if (entrain_archive_is_reading(archive) &&
        (count > entrain__letterbox_limit(engine, population, letterbox) ||
         count > entrain__mailbox_room(set, letterbox))) { // it was empty
        entrain__archive_nonsense(archive, "a mailbox holds more than it can");
        return;
    }
    const entrain__span span = entrain_archive_is_reading(archive)
                                   ? entrain__mailbox_reserve(set, letterbox, count)
                                   : entrain__mailbox_peek(set, letterbox);
    for (uint32_t m = 0; m < count; m++)
        entrain_archive_bytes(archive, entrain__span_slot(&span, m), sizeof(entrain_message));
    if (!entrain_archive_is_reading(archive))
        return;
    entrain__mailbox_commit(set, letterbox, count);
    cohort->kept += count;
}

static void archive_kept(entrain_engine *engine, entrain_archive *archive) {
    uint64_t kept = 0; // between ticks nobody but the mute keeps mail
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        kept += engine->cohorts[c].kept;
        if (entrain_archive_is_reading(archive))
            engine->cohorts[c].kept = 0;
    }
    bool any = kept > 0;
    entrain_archive_bool(archive, &any);
    finder near = {0};
    for (uint32_t p = 0; any && p < engine->population_count; p++) {
        const entrain_population *population = engine->populations[p];
        if (population->behavior.receive == NULL)
            continue;
        for (uint32_t k = 0; k < population->count && !entrain__archive_failed(archive); k++) {
            const uint32_t column = entrain__column_of(population, k);
            archive_mailbox(engine, population, find_cohort(engine, &near, population->first + column),
                            column, archive);
        }
    }
}

// --- What the router takes for granted

// An actor has no more under way than it may send between two ticks.
static void check_quotas(entrain_engine *engine, entrain_archive *archive) {
    const uint64_t count = entrain__letters_sent(engine);
    uint64_t l = 0;
    for (uint32_t p = 0; p < engine->population_count; p++) {
        const entrain_population *population = engine->populations[p];
        for (uint32_t k = 0; k < population->count; k++) {
            const uint32_t slot = population->first + k;
            uint64_t under_way = engine->muted != NULL ? engine->muted[slot] : 0;
            for (; l < count && entrain__id_slot(engine->sorted[l]->message.from) == slot; l++)
                under_way++;
            if (under_way > 0 &&
                under_way > entrain__letters_quota(engine, population, entrain__column_of(population, k)))
                entrain__archive_nonsense(archive, "an actor has sent more than it can");
        }
    }
}

// Who is mute and is waited for has a full mailbox.
static void check_waiting(entrain_engine *engine, entrain_archive *archive) {
    for (uint64_t w = 0; w < engine->waiting_count && !entrain__archive_failed(archive); w++) {
        const entrain__letter *letter = &engine->waiting[w];
        if (entrain__place_of(engine, letter->to) == UINT32_MAX)
            continue;
        const uint32_t slot = entrain__id_slot(letter->to);
        const entrain_population *population = entrain__population_of(engine, slot);
        if (population->behavior.receive == NULL) {
            entrain__archive_nonsense(archive, "a message waits for somebody who reads none");
            return;
        }
        const uint32_t letterbox =
            population->letterbox_first + entrain__column_of(population, slot - population->first);
        if (letter->message.from != ENTRAIN_ID_NONE && engine->muted[slot] > 0 &&
            entrain_mailbox_queued(population->letterboxes, letterbox) <
                entrain__letterbox_limit(engine, population, letterbox))
            entrain__archive_nonsense(archive, "a message waits where there is room");
    }
}

void entrain__archive_mail(entrain_engine *engine, entrain_archive *archive) {
    if (engine->undelivered == NULL)
        return;
    entrain_archive_section(archive, "mail");
    archive_undelivered(engine, archive);
    archive_tells(engine, archive);
    if (engine->virtual_time != NULL)
        return;
    archive_waiting(engine, archive);
    archive_sent(engine, archive);
    archive_kept(engine, archive);
    if (entrain_archive_is_reading(archive) && !entrain__archive_failed(archive)) {
        check_quotas(engine, archive);
        check_waiting(engine, archive);
    }
}
