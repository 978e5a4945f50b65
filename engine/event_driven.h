/// @file event_driven.h  Event-driven execution: what its files share.
///
/// Invariant: an actor is on at most one queue and run by at most one worker at a time. Its word says so:
///
///        (mail, notice or stop: or SCHEDULED, and whoever set it makes it ready)
///   idle ------------------------------------------------> SCHEDULED: in a queue, or run, or muted
///    ^                                                          |
///    +---- compare and swap to idle by the worker that ran it --+   then looks at the mailbox again
///
/// Whoever turns SCHEDULED on owns the actor until it turns it off: it makes it ready once, the queue hands it to one
/// worker, that worker runs it. A muted actor stays SCHEDULED and is in no queue, but in the list of the one whose
/// mailbox it waits for: exactly one list, and whoever takes it from there makes it ready. An actor that is not living is
/// SCHEDULED too, so that nobody makes it ready.
///
/// Send, then look (sender): publish the message, a full fence, read SCHEDULED. Idle, then look (worker): turn SCHEDULED off,
/// a full fence, read the mailbox. One of them sees the other. The same holds for a sender that puts itself on a
/// waiters' list and then looks for room, and a receiver that gives room and then looks at the list.
/// tests/models/actor.pml and mute.pml check both.
#ifndef ENTRAIN_ENGINE_EVENT_DRIVEN_H
#define ENTRAIN_ENGINE_EVENT_DRIVEN_H

#include "engine/engine_private.h"
#include "mailbox/cells.h"

/// cell->owner[]
enum {
    ENTRAIN__CELL_WORD,    // see below; atomic
    ENTRAIN__CELL_WAITERS, // slot + 1 of the newest sender that waits for room here; atomic
    ENTRAIN__CELL_NEXT, // slot + 1 of the next in whichever list this actor is in: waiters, line, free, told
    ENTRAIN__CELL_UNDELIVERED, // to be told; its own worker's
};
/// The word: flags, and above them the generation of whoever lives there (lived last).
enum {
    ENTRAIN__SCHEDULED = 1,
    ENTRAIN__STOP_ASKED = 2,
    ENTRAIN__NOTICE = 4,
    ENTRAIN__NOT_LIVING = 8,
    ENTRAIN__WORD_GENERATION = 24, // the shift
};

/// One worker's. Written by it alone while a run is on.
typedef struct entrain__desk {
    _Alignas(ENTRAIN_CACHE_LINE) entrain_self self; // of the actor it runs
    entrain__allowance sending;
    entrain_population *population; // of self
    entrain__cell *cell;
    uint32_t slot, worker;
    entrain__letter *outbox;
    uint32_t *touched; // slots that it has sent to and not looked at yet
    uint32_t touched_count;
    uint32_t fence; // atomic: exchanged for the sake of being locked
    entrain_message_count count_of;
    int64_t muted; // those that it muted less those that it saw go on
    uint64_t runs;
    bool changed; // somebody began or ended
} entrain__desk;

/// Overflow policy block, by slot.
typedef struct entrain__mute {
    entrain__letter *letters; // that wait, in the order sent; its own worker's
    entrain__end end;         // of one that ends when all it sent has gone; its own worker's
    uint32_t count;           // 0: it is not muted
    uint32_t waits_for;       // slot + 1; atomic, read by those who look for circles
    uint32_t line_first,
        line_last; // slot + 1: who waits for room here, taken over from the waiters' list; its own worker's
} entrain__mute;

typedef struct entrain__events {
    entrain__cells cells;  // by slot
    entrain__desk *desks;  // [worker_count]
    entrain__mute *mutes;  // by slot; NULL but under block
    uint64_t *slot_traces; // by slot of a mailbox: record of the message there; NULL without a trace
    bool many, blocks;
    uint32_t told_first, told_last; // slot + 1: made runnable from outside, between runs
    // By the one that rests.
    bool first_rest;
    double until_s;
    _Alignas(ENTRAIN_CACHE_LINE) uint32_t suspicion; // atomic: there may be a circle of muted actors
    uint32_t late;      // atomic: somebody came too late for one that had ended, and left NOTHING behind
    uint32_t escalated; // atomic: a failure is to end the run
} entrain__events;

entrain_status entrain__events_build(entrain_engine *engine, entrain_error *error_out);
entrain_status entrain__events_check(const entrain_engine_config *config, entrain_error *error_out);
entrain_status entrain__events_run(entrain_engine *engine, double until_s, entrain_error *error_out);
entrain_status entrain__events_tell(entrain_engine *engine, const entrain__letter *letter);
entrain_status entrain__events_stop(entrain_engine *engine, uint32_t slot);
/// entrain_stop().
entrain_status entrain__events_stop_request(entrain_self *self, entrain_id target);
entrain_status entrain__events_restart(entrain_engine *engine, uint32_t slot);
void entrain__events_count(const entrain_engine *engine, entrain_message_count *sum);

/// @p slot, whose SCHEDULED the caller turned on, is to run.
void entrain__events_ready(entrain_engine *engine, entrain__desk *desk, uint32_t slot);
/// Gives @p letters, all to one receiver, to it. @return how many found no room; -1 - n: nobody is there, for none of them.
uint32_t entrain__events_deliver(entrain_engine *engine, entrain__desk *desk, const entrain__letter *letters,
                                 uint32_t count, bool *gone_out);

/// Runs one actor, SCHEDULED and taken from a queue, as @p worker; @p context is the engine. @return whether it is ready again.
bool entrain__events_run_actor(void *context, uint32_t slot, uint32_t worker);
/// The actor at @p slot, SCHEDULED and this worker's, ends; all it sent has gone. Somebody else may live there afterwards.
void entrain__events_end(entrain_engine *engine, entrain__desk *desk, uint32_t slot, entrain__end *end);
/// Does what supervision asked of it. @return whether it has ended.
bool entrain__events_obey(entrain_engine *engine, entrain__desk *desk, uint32_t slot);
/// At rest, after somebody began or ended: brings the cohorts up to date.
void entrain__events_count_living(entrain_engine *engine);
/// What supervision asks of this execution.
extern const entrain__execution_calls entrain__events_calls;
/// @p letters of the desk's actor reach nobody.
void entrain__events_undelivered(entrain_engine *engine, entrain__desk *desk, const entrain__letter *letters,
                                 uint32_t count);

/// After deliveries: whoever of those that got something is idle is made ready.
void entrain__events_look(entrain_engine *engine, entrain__desk *desk);

/// Block (event_mute.c). Tries what waits of the desk's actor, and what it has just sent behind it. @return whether it is muted:
/// the caller then leaves it alone after entrain__mute_wait().
bool entrain__mute_flush(entrain_engine *engine, entrain__desk *desk, const entrain__letter *letters,
                         uint32_t count);
/// The last thing that is done with a muted actor: it waits in the list of the one it waits for.
void entrain__mute_wait(entrain_engine *engine, entrain__desk *desk, uint32_t slot);
/// The desk's actor gave room, or is about to be idle or gone (@p all): who waits for it goes on.
void entrain__mute_wake(entrain_engine *engine, entrain__desk *desk, uint32_t slot, bool all);
/// At rest: tries everything that waits. @return whether anything moved.
bool entrain__mute_sweep(entrain_engine *engine, entrain__desk *desk);
/// At rest: a circle? ENTRAIN_DEADLOCK with its sentence, ENTRAIN_OK: none, or it was broken by shedding.
entrain_status entrain__mute_check(entrain_engine *engine, entrain__desk *desk, entrain_error *error_out);

/// At rest: a muted actor that is about to be stopped waits no more; what it could not deliver is cancelled. @return false: it
/// is not muted, or has been woken and is in a queue.
bool entrain__mute_forget(entrain_engine *engine, entrain__desk *desk, uint32_t slot);

static inline uint32_t *entrain__word_at(const entrain__events *events, uint32_t slot) {
    return &events->cells.cells[slot].owner[ENTRAIN__CELL_WORD];
}
/// Whether @p id is who lives at the slot whose word is @p word.
static inline bool entrain__word_names(uint32_t word, entrain_id id) {
    return (word & ENTRAIN__NOT_LIVING) == 0 &&
           word >> ENTRAIN__WORD_GENERATION == entrain__id_generation(id);
}
/// Turns SCHEDULED on, with @p flags. @return whether it was off: the caller makes the actor ready.
static inline bool entrain__word_schedule(const entrain__events *events, uint32_t slot, uint32_t flags) {
    uint32_t *word = entrain__word_at(events, slot), before = entrain__load_relaxed_u32(word);
    if (!events->many) {
        *word = before | flags | ENTRAIN__SCHEDULED;
        return (before & ENTRAIN__SCHEDULED) == 0;
    }
    // Pairs with the compare and swap of go_idle(): after a full fence of the caller's, one of both sees the other.
    if ((before & ENTRAIN__SCHEDULED) != 0 && flags == 0)
        return false;
    ENTRAIN__PREEMPT_POINT();
    return (entrain__or_u32(word, flags | ENTRAIN__SCHEDULED) & ENTRAIN__SCHEDULED) == 0;
}

#endif
