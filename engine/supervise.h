/// @file supervise.h  The core of supervision that all executions share: who ends, why, what is done about
/// it, who is told.
///
/// What an execution does:
///   - before a call of receive(): entrain__supervise_allow() where population->budgets, and notices first
///     (entrain__supervise_notices_due(), entrain__supervise_take_notices());
///   - after it: entrain__supervise_spend() where population->budgets, and entrain__supervise_judge();
///   - what that finds it either marks and settles at the next boundary (lockstep: entrain__supervise_mark(),
///     entrain__supervise_boundary()) or settles at once (entrain__supervise_end()), by the worker that
///     runs the actor;
///   - before mail of an actor: when entrain__supervise_asked() says so, entrain__supervise_obey();
///   - at the end of a run: engine->supervise.escalated says whether somebody's failure ended it.
///
/// Everything but judging and the bits is done under one lock per engine, which no hot path takes. The bits
/// of an actor are a word by slot, changed atomically.
#ifndef ENTRAIN_SUPERVISE_H
#define ENTRAIN_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/lock.h"
#include "entrain/actor.h"

/// Bits of an actor's control word. Reason and detail (a status, or which column was not finite) go with
/// MARKED.
enum {
    ENTRAIN__CONTROL_STOP = 1,     // somebody asked for its end
    ENTRAIN__CONTROL_MARKED = 2,   // lockstep: it ends at the boundary, for the reason below
    ENTRAIN__CONTROL_NOTICE = 4,   // notices lie ready
    ENTRAIN__CONTROL_GROUP = 8,    // another one of its group failed
    ENTRAIN__CONTROL_RESTART = 16, // with GROUP: and somebody is to come in its place
    ENTRAIN__CONTROL_REASON_SHIFT = 8,
    ENTRAIN__CONTROL_DETAIL_SHIFT = 16,
};
#define ENTRAIN__CONTROL_ASKED                                                                               \
    ((uint32_t)(ENTRAIN__CONTROL_STOP | ENTRAIN__CONTROL_MARKED | ENTRAIN__CONTROL_GROUP))
/// Actors whose control words are looked at together when a boundary settles what was marked.
enum { ENTRAIN__CONTROL_BLOCK_BITS = 10 };

typedef struct entrain__moment {
    uint64_t tick;
    double time_s;
} entrain__moment;

/// Restarts of a place, or of a group, in the window that began with the first of them.
typedef struct entrain__restarts {
    double began_s;
    uint32_t count;
} entrain__restarts;

/// What an actor used in the window that began with the first of it.
typedef struct entrain__budget {
    double began_s;
    uint64_t messages, sends;
} entrain__budget;

/// One watch of one watcher. Links are numbers of watches plus one; 0: none.
typedef struct entrain__watch {
    entrain_id target;
    uint32_t owner;              // slot
    uint32_t next, prev;         // of the target's list
    uint32_t own_next, own_prev; // of its owner's: on (both), due, free (next)
    uint16_t reason, status;     // due: of the notice
} entrain__watch;

typedef struct entrain__watcher {
    uint32_t on, free, due, due_last; // lists
    uint32_t fresh;                   // watches never used so far lie from here on
    uint32_t due_count;
} entrain__watcher;

/// How one came to end.
typedef struct entrain__end {
    entrain_reason reason;
    uint32_t detail; // a status, or the first column that was not finite; SENDS: not 0 for the budget
    entrain__moment when;
    uint64_t trace; // the message at hand, see trace.h; 0: none
} entrain__end;

/// What supervision asks of an execution. Called under the lock.
typedef struct entrain__execution_calls {
    /// Ends the living actor at @p slot: stop(), its id, its mail.
    void (*end)(entrain_engine *engine, uint32_t slot);
    /// Begins the next one in that place: columns, start(), a new id, of a generation that there still is.
    entrain_id (*begin)(entrain_engine *engine, uint32_t slot);
    /// It has notices, or is asked to end: is to be run.
    void (*alert)(entrain_engine *engine, uint32_t slot);
    /// end and begin may be called for any actor now: nobody runs. Else each is asked, and obeys when it
    /// runs.
    bool at_once;
} entrain__execution_calls;

typedef struct entrain__supervise {
    entrain__lock lock;
    uint32_t pending;  // atomic: something was marked since the last boundary
    uint32_t *control; // [actor_count] by slot, atomic; NULL: nobody can be asked for anything
    uint32_t *blocks;  // atomic: of which 2^ENTRAIN__CONTROL_BLOCK_BITS slots somebody was marked
    bool mends; // a population that steps is guarded and does not escalate: failures count at their tick
    const entrain__execution_calls *calls;
    uint64_t *failed_at; // [actor_count] by slot, with a trace: the message at hand when it failed

    // watches
    entrain__watch *watches;
    entrain__watcher *watchers;
    uint32_t *watched; // [actor_count] by slot: the list of those who watch it; NULL: nobody watches

    // the first failure that was to end the run; reason NONE: none
    struct {
        entrain__end end;
        entrain_id id;
    } escalated;

    bool debug;
    void (*told)(void *context, const entrain_lifecycle *event);
    void *told_context;
    entrain_trace_step *chain; // [ENTRAIN__CHAIN_MAX] with a trace
} entrain__supervise;

/// Takes what supervision needs at start. Populations have been ordered.
entrain_status entrain__supervise_build(entrain_engine *engine);
void entrain__supervise_lock(entrain_engine *engine);
void entrain__supervise_unlock(entrain_engine *engine);

/// What an actor may still handle and send in this window; UINT64_MAX: any number. Its own worker.
void entrain__supervise_allow(const entrain_population *population, uint32_t index, double time_s,
                              uint64_t *messages_out, uint64_t *sends_out);
void entrain__supervise_spend(entrain_population *population, uint32_t index, double time_s,
                              uint64_t messages, uint64_t sends);
/// After a call of receive() that returned @p status: @p end_out->reason and detail; ENTRAIN_REASON_NONE:
/// it lives on.
struct entrain__allowance;
entrain_reason entrain__supervise_judge(const entrain_population *population, uint32_t column,
                                        entrain_status status, const struct entrain__allowance *sending,
                                        entrain__end *end_out);

/// Settles how the actor at @p slot ends: remedy, events, watchers. For FINISHED and STOPPED too. Takes the
/// lock.
void entrain__supervise_end(entrain_engine *engine, uint32_t slot, const entrain__end *end);
/// Whether the actor at @p slot is to end before it handles more; then entrain__supervise_obey() does it.
bool entrain__supervise_asked(const entrain_engine *engine, uint32_t slot);
void entrain__supervise_obey(entrain_engine *engine, uint32_t slot, entrain__moment when);
/// Tells that an actor began, with debug. Takes the lock.
void entrain__supervise_began(entrain_engine *engine, uint32_t slot, entrain__moment when);
/// The same of everybody, at start.
void entrain__supervise_began_all(entrain_engine *engine);

/// Lockstep. An actor is to end so at the next boundary; by the task that runs it. The first reason counts.
void entrain__supervise_mark(entrain_engine *engine, uint32_t slot, const entrain__end *end);
/// After the last exchange of a tick some column of @p range may not be finite.
struct entrain__cohort;
void entrain__supervise_guarded(entrain_engine *engine, struct entrain__cohort *cohort,
                                const entrain_range *range);
bool entrain__supervise_pending(const entrain_engine *engine);
/// Somebody at @p slot was marked: the next boundary is to look there.
void entrain__supervise_look_at(entrain_engine *engine, uint32_t slot);
/// Settles everything marked, in the order of slots. Serial part.
void entrain__supervise_boundary(entrain_engine *engine);
/// The sentence of what was escalated, which is forgotten with it. ENTRAIN_FAILED; or ENTRAIN_LIMIT where
/// sends_max was passed.
entrain_status entrain__supervise_sentence(entrain_engine *engine, entrain_error *error_out);
/// "status "..."", "a NaN or an infinity in column "x"", ...
int entrain__reason_format(entrain_reason reason, entrain_status status, const char *column, char *text,
                           size_t size);

/// Notices that lie ready for the actor at @p slot, and takes up to @p limit of them, oldest first. Take
/// the lock.
uint32_t entrain__supervise_notices_due(entrain_engine *engine, uint32_t slot);
uint32_t entrain__supervise_take_notices(entrain_engine *engine, uint32_t slot, entrain_message *messages_out,
                                         uint32_t limit);
/// Under the lock (watch.c): the actor @p id at @p slot has ended, who watches it is told; and it watches
/// nobody any more.
void entrain__watch_ended(entrain_engine *engine, uint32_t slot, entrain_id id, entrain_reason reason,
                          entrain_status status);
void entrain__watch_drop(entrain_engine *engine, uint32_t slot);
entrain_status entrain__watch_build(entrain_engine *engine);

/// Whether all of [@p count] doubles are finite. May say false of finite ones whose sum is not. (finite.c)
bool entrain__finite_likely(entrain_simd simd, const double *values, size_t count);
/// The first guarded column with an element at @p k (from range->columns) that is not finite, plus one; 0:
/// none.
uint32_t entrain__finite_find(const entrain_population *population, void *const *columns, uint32_t k);
/// entrain__finite_likely() of every guarded column of @p range.
bool entrain__finite_range(const entrain_population *population, const entrain_range *range);

/// Bits of one control word are set, or taken away: atomically. @return the word before.
uint32_t entrain__control_set(entrain_engine *engine, uint32_t slot, uint32_t bits);
uint32_t entrain__control_clear(entrain_engine *engine, uint32_t slot, uint32_t bits);

#endif
