// What virtual time has besides, in a checkpoint: the clock, and the window that was left open, if one was.
//
// What has left its sender and has not been handled lies in lists, by who is to handle it; written it is one
// list, the last first, so that a reader, whose cohorts may be others, puts each before those it has. Of what
// found no room, or nobody, only the sender matters, who is told when the window is over. Marks of who ended
// in it are supervision's.
#include <stdlib.h>
#include <string.h>

#include "engine/virtual_state.h"

// Whoever adds a field: does a run that goes on need it? Then archive it, and say the new size.
_Static_assert(sizeof(entrain__virtual) == 192, "archive what is new");
_Static_assert(sizeof(entrain__lobby) == 192, "archive what is new");

#define FINITE_MAX UINT64_C(0x7fefffffffffffff) // the greatest finite double

static void archive_instant(entrain_archive *archive, entrain__instant *at, const char *what) {
    entrain_archive_count(archive, &at->when, FINITE_MAX, what);
    entrain_archive_u32(archive, &at->round);
}

static entrain__lobby *lobby_of(const entrain_engine *engine, uint32_t slot) {
    const entrain__cohort *cohort =
        entrain__cohort_at((entrain_engine *)(uintptr_t)engine, entrain__place_of_slot(engine, slot));
    return &engine->virtual_time->lobbies[cohort - engine->cohorts];
}

static void refuse(entrain_archive *archive) {
    entrain_archive_refuse(archive, ENTRAIN_MISMATCH,
                           "what is under way cannot be so; it was not written by Entrain.");
}

// The number of a parcel that a message from @p sender (a slot, plus one; 0: from outside) may have: one
// of its cohort's, of which there are as many as places in its calendar. 0: there is none left.
static uint32_t take_number(entrain_engine *engine, uint32_t sender) {
    const entrain__virtual *virtual_time = engine->virtual_time;
    if (sender == 0)
        return engine->tells_waiting < ENTRAIN_TELLS_MAX ? virtual_time->tells_first + ++engine->tells_waiting
                                                         : 0;
    entrain__lobby *its = lobby_of(engine, sender - 1);
    const entrain__cohort *cohort = &engine->cohorts[its - virtual_time->lobbies];
    const uint64_t places = (uint64_t)cohort->count * cohort->population->behavior.timers_max;
    return its->count < places ? its->first + ++its->count : 0;
}

// ---- what is to be handled ----

static int last_first(const void *a, const void *b) { return entrain__parcel_before(a, b) ? 1 : -1; }

static void write_queued(entrain_engine *engine, entrain_archive *archive, uint64_t count) {
    const entrain__virtual *virtual_time = engine->virtual_time;
    entrain__parcel *all = entrain__arena_take(engine->arena, count, sizeof *all);
    if (all == NULL) {
        entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory to sort what is under way.");
        return;
    }
    uint64_t filled = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        for (uint32_t number = virtual_time->lobbies[c].sorted; number != 0;) {
            const entrain__parcel *one = entrain__parcel_at(virtual_time, number);
            number = one->next;
            all[filled] = *one;
            all[filled++].next = 0;
        }
    ENTRAIN_ASSERT(filled == count);
    qsort(all, count, sizeof *all, last_first);
    entrain_archive_bytes(archive, all, count * sizeof *all);
    entrain__arena_give(engine->arena, all);
}

static void read_queued(entrain_engine *engine, entrain_archive *archive, uint64_t count) {
    entrain__virtual *virtual_time = engine->virtual_time;
    entrain__parcel after = {.when = UINT64_MAX};
    for (uint64_t q = 0; q < count && entrain_archive_status(archive, NULL) == ENTRAIN_OK; q++) {
        entrain__parcel one;
        entrain_archive_bytes(archive, &one, sizeof one);
        const bool known =
            one.sender <= engine->actor_count && one.receiver < engine->actor_count &&
            entrain__parcel_before(&one, &after) &&
            entrain__instant_before((entrain__instant){one.when, one.round}, virtual_time->end);
        const uint32_t number = known ? take_number(engine, one.sender) : 0;
        if (number == 0) {
            refuse(archive);
            return;
        }
        after = one;
        entrain__lobby *its = lobby_of(engine, one.receiver);
        one.next = its->sorted;
        *entrain__parcel_at(virtual_time, number) = one;
        its->sorted = number;
        its->held++;
    }
}

// ---- who is to be told ----

static int by_id(const void *a, const void *b) {
    const entrain_id one = *(const entrain_id *)a, other = *(const entrain_id *)b;
    return (one > other) - (one < other);
}

static void write_failed(entrain_engine *engine, entrain_archive *archive, uint64_t count) {
    const entrain__virtual *virtual_time = engine->virtual_time;
    entrain_id *all = entrain__arena_take(engine->arena, count, sizeof *all);
    if (all == NULL) {
        entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory to sort what is under way.");
        return;
    }
    uint64_t filled = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        for (uint32_t number = virtual_time->lobbies[c].failed; number != 0;) {
            const entrain__parcel *one = entrain__parcel_at(virtual_time, number);
            number = one->next;
            if (one->sender != 0) // the outside is not told
                all[filled++] = one->message.from;
        }
    ENTRAIN_ASSERT(filled == count);
    qsort(all, count, sizeof *all, by_id);
    entrain_archive_bytes(archive, all, count * sizeof *all);
    entrain__arena_give(engine->arena, all);
}

static void read_failed(entrain_engine *engine, entrain_archive *archive, uint64_t count) {
    const entrain__virtual *virtual_time = engine->virtual_time;
    for (uint64_t f = 0; f < count && entrain_archive_status(archive, NULL) == ENTRAIN_OK; f++) {
        entrain_id from;
        entrain_archive_u32(archive, &from);
        const uint32_t slot = entrain__id_slot(from);
        const uint32_t number = slot < engine->actor_count ? take_number(engine, slot + 1) : 0;
        if (number == 0) {
            refuse(archive);
            return;
        }
        entrain__lobby *its = lobby_of(engine, slot);
        *entrain__parcel_at(virtual_time, number) =
            (entrain__parcel){.message.from = from, .sender = slot + 1, .next = its->failed};
        its->failed = number;
    }
}

// ---- all of it ----

static void count_window(const entrain_engine *engine, uint64_t *queued_out, uint64_t *failed_out) {
    const entrain__virtual *virtual_time = engine->virtual_time;
    *queued_out = entrain__virtual_queued(engine);
    *failed_out = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        for (uint32_t number = virtual_time->lobbies[c].failed; number != 0;) {
            const entrain__parcel *one = entrain__parcel_at(virtual_time, number);
            *failed_out += one->sender != 0;
            number = one->next;
        }
}

static void archive_window(entrain_engine *engine, entrain_archive *archive) {
    entrain__virtual *virtual_time = engine->virtual_time;
    const bool reading = entrain_archive_is_reading(archive);
    uint64_t queued = 0, failed = 0, tells = engine->tells_waiting;
    if (!reading)
        count_window(engine, &queued, &failed);
    archive_instant(archive, &virtual_time->end, "the end of a window");
    entrain_archive_count(archive, &queued, UINT32_MAX, "the number of messages under way");
    entrain_archive_count(archive, &failed, UINT32_MAX, "the number of messages that failed");
    entrain_archive_count(archive, &tells, ENTRAIN_TELLS_MAX, "the number of messages from outside");
    if (reading) {
        read_queued(engine, archive, queued);
        read_failed(engine, archive, failed);
        // Those that were handled have had theirs.
        if (engine->tells_waiting > tells)
            refuse(archive);
        engine->tells_waiting = (uint32_t)tells;
    } else {
        write_queued(engine, archive, queued);
        write_failed(engine, archive, failed);
    }
}

static void empty(entrain_engine *engine) {
    entrain__virtual *virtual_time = engine->virtual_time;
    engine->tells_waiting = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__lobby *its = &virtual_time->lobbies[c];
        *its = (entrain__lobby){.first = its->first, .next = ENTRAIN__NEVER, .next_other = ENTRAIN__NEVER};
    }
}

void entrain__virtual_archive(entrain_engine *engine, entrain_archive *archive) {
    entrain__virtual *virtual_time = engine->virtual_time;
    const bool reading = entrain_archive_is_reading(archive);
    entrain__instant past = virtual_time->past; // of all, as the next run would find it
    for (uint32_t c = 0; !reading && c < engine->cohort_count; c++) {
        const entrain__lobby *its = &virtual_time->lobbies[c];
        ENTRAIN_ASSERT(its->door == 0); // between runs
        if (entrain__instant_before(past, its->past))
            past = its->past;
    }
    entrain_archive_section(archive, "virtual time");
    uint64_t now = entrain__when(engine->time_s);
    entrain_archive_count(archive, &now, FINITE_MAX, "the time (bits)");
    archive_instant(archive, &past, "the time of what was handled");
    entrain_archive_bool(archive, &virtual_time->open);
    if (reading) {
        engine->time_s = entrain__when_s(now);
        virtual_time->past = past;
        empty(engine);
    }
    if (virtual_time->open)
        archive_window(engine, archive);
    for (uint32_t c = 0; reading && c < engine->cohort_count; c++)
        entrain__virtual_look(engine, &engine->cohorts[c]);
}
