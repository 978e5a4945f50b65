// Virtual time: messages are handled at their simulated time, in the order (time, round, receiver, sender,
// order sent), in parallel, and always as one thread with one sorted list would do it.
//
// Nobody hears of anything sooner than the lookahead L after it was sent. So all that is due in [T, T + L),
// where T is when the least of all is due, is there already when T is known: it cannot change any more, but
// for what an actor sends itself. That is a window (conservative synchronous simulation; Lubachevsky 1989,
// Nicol 1993), and it is two phases:
//
//   LEAVE   each cohort's task takes what its actors have sent to others and what is due in the window
//           out of its calendar, and puts it before the door of the receiving cohort: a list that anybody
//           may push onto.
//   HANDLE  each cohort's task sorts what lies before its door, and handles it and its own actors' timers
//           instant by instant. Timers set meanwhile for a time in the window are handled in the same phase.
//
// With lookahead 0 (or one that is lost in rounding beside T) a window is one round of one time.
//
// Nothing that an actor can see may depend on where windows begin. So a message holds its place with its
// sender until it arrives in simulated time, although it has left before; and what goes to others can be
// taken back until a lookahead before it is due, although it might still be there. The one exception, which
// depends on windows and on nothing else: of what found no room the sender learns when the window is over,
// and then it is settled what becomes of those that failed in it.
//
// A window may be left open when a run ends: at until_s, or on request, even in the midst of a cohort's work.
// What lies in the lists is then queued, and the next run goes on with it; so neither until_s nor when
// somebody pressed Ctrl-C changes any result.
#include "engine/virtual_time.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/order.h"
#include "engine/virtual_state.h"

typedef entrain__parcel parcel;
typedef entrain__lobby lobby;

enum { PHASE_LEAVE, PHASE_HANDLE };
enum { LOOK_EVERY = 64 }; // instants, after which a task looks whether it is to stop

static entrain__instant earlier(entrain__instant a, entrain__instant b) {
    return entrain__instant_before(b, a) ? b : a;
}

// --- Lists of parcels

static uint32_t merge(const entrain__virtual *virtual_time, uint32_t a, uint32_t b) {
    uint32_t first = 0, *link = &first;
    while (a != 0 && b != 0) {
        parcel *one = entrain__parcel_at(virtual_time, a), *other = entrain__parcel_at(virtual_time, b);
        if (entrain__parcel_before(other, one)) {
            *link = b;
            link = &other->next;
            b = other->next;
        } else {
            *link = a;
            link = &one->next;
            a = one->next;
        }
    }
    *link = a != 0 ? a : b;
    return first;
}

// Natural merge sort: each sender's cohort has put its own in the order of time, newest first, so runs are
// long.
static uint32_t sort(const entrain__virtual *virtual_time, uint32_t newest, uint64_t *count_out) {
    uint32_t list = 0, bins[32] = {0};
    uint64_t count = 0;
    while (newest != 0) { // reversed
        parcel *one = entrain__parcel_at(virtual_time, newest);
        const uint32_t before = one->next;
        one->next = list;
        list = newest;
        newest = before;
        count++;
    }
    while (list != 0) {
        uint32_t run = list;
        parcel *last = entrain__parcel_at(virtual_time, run);
        while (last->next != 0 && !entrain__parcel_before(entrain__parcel_at(virtual_time, last->next), last))
            last = entrain__parcel_at(virtual_time, last->next);
        list = last->next;
        last->next = 0;
        uint32_t b = 0;
        for (; bins[b] != 0; b++) {
            run = merge(virtual_time, bins[b], run);
            bins[b] = 0;
        }
        bins[b] = run;
    }
    for (uint32_t b = 0; b < 32; b++)
        list = merge(virtual_time, bins[b], list);
    *count_out = count;
    return list;
}

// --- LEAVE

// The parcel is put before the door of the cohort at @p place. By any worker: pairs with nothing in this
// phase; the barrier after it shows the list to whoever empties it.
static void put_before_door(entrain_engine *engine, uint32_t number, uint32_t place) {
    entrain__virtual *virtual_time = engine->virtual_time;
    const entrain__cohort *cohort = entrain__cohort_at(engine, place);
    lobby *its = &virtual_time->lobbies[cohort - engine->cohorts];
    entrain__parcel_at(virtual_time, number)->next = entrain__exchange_u32(&its->door, number);
}

// Its sender is told when the window is over.
static void fail_parcel(const entrain__virtual *virtual_time, lobby *its, uint32_t number) {
    entrain__parcel_at(virtual_time, number)->next = its->failed;
    its->failed = number;
}

static void leave(entrain_engine *engine, entrain__cohort *cohort, lobby *its) {
    entrain__virtual *virtual_time = engine->virtual_time;
    const entrain__delayed *due;
    its->count = 0;
    while ((due = entrain__calendar_line_up(cohort->calendar, ENTRAIN__LANE_OTHERS, virtual_time->end)) !=
           NULL) {
        const uint32_t number = its->first + ++its->count; // counted from 1
        *entrain__parcel_at(virtual_time, number) = (parcel){
            .message = due->letter.message,
            .to = due->letter.to,
            .round = due->round,
            .when = due->when,
            .order = due->order,
            .sender = entrain__id_slot(due->letter.message.from) + 1,
            .receiver = entrain__id_slot(due->letter.to),
        };
        const uint32_t place = entrain__place_of(engine, due->letter.to);
        if (place == UINT32_MAX) {
            entrain__dead_letter(engine, &due->letter.message, due->letter.to, ENTRAIN_FATE_UNDELIVERABLE);
            cohort->count_of.undeliverable++;
            fail_parcel(virtual_time, its, number);
        } else {
            put_before_door(engine, number, place);
        }
    }
    its->next_other = entrain__calendar_next(cohort->calendar, ENTRAIN__LANE_OTHERS);
}

// --- HANDLE

// One actor at one instant.
typedef struct turn {
    entrain_self self;
    entrain__allowance sending;
    entrain__cohort *cohort;
    entrain__instant at;
    uint32_t slot, column;
    bool ends;           // it failed, or has finished: it handles nothing more
    uint64_t sends_left; // of its budget
    entrain_message batch[ENTRAIN_BATCH_MAX];
    uint32_t count, notices; // in the batch; of those, notices of ends, which come first
} turn;

// From now on it handles nothing; when the window is over it is settled what becomes of it. What it has set
// itself is cancelled, and what it has sent to others for later than a lookahead from now.
static void end_actor(entrain_engine *engine, turn *now, const entrain__end *end) {
    entrain__cohort *cohort = now->cohort;
    entrain__supervise_mark(engine, now->slot, end);
    now->ends = true;
    now->count = 0;
    if (cohort->calendar != NULL)
        cohort->count_of.cancelled +=
            entrain__calendar_forget_after(cohort->calendar, now->sending.owner,
                                           entrain__when(now->self.time_s + engine->config.lookahead_s));
}

// Hands over the batch.
static void call_receive(entrain_engine *engine, turn *now) {
    entrain__cohort *cohort = now->cohort;
    entrain_population *population = cohort->population;
    const uint32_t counted = now->count - now->notices;
    now->self.undelivered = engine->undelivered[now->slot];
    engine->undelivered[now->slot] = 0;
    now->sending.left = population->behavior.sends_max;
    now->sending.delayed = now->sending.cancelled = 0;
    if (now->sends_left < now->sending.left) {
        now->sending.left = (uint32_t)now->sends_left;
        now->sending.budget = true;
    }
    if (engine->chains != NULL)
        for (uint32_t m = 0; m < now->count; m++)
            engine->chains[now->slot] = entrain__order_fold(engine->chains[now->slot], &now->batch[m]);
    const entrain_status status = population->behavior.receive(&now->self, now->batch, now->count);
    cohort->count_of.sent += now->sending.delayed;
    cohort->count_of.cancelled += now->sending.cancelled;
    cohort->count_of.received += counted;
    now->count = now->notices = 0;
    if (population->budgets != NULL) {
        entrain__supervise_spend(population, now->self.index, now->self.time_s, counted,
                                 now->sending.delayed);
        now->sends_left -= now->sending.delayed;
    }
    entrain__end end = {0};
    if (entrain__supervise_judge(population, now->column, status, &now->sending, &end) != ENTRAIN_REASON_NONE)
        end_actor(engine, now, &end);
}

// The mail of one actor at one instant, in order: a list of its own.
typedef struct mail {
    uint32_t first, last;
    uint64_t count;
} mail;

static void turn_away(entrain_engine *engine, entrain__cohort *cohort, lobby *its, uint32_t number,
                      bool tell) {
    const parcel *one = entrain__parcel_at(engine->virtual_time, number);
    entrain__dead_letter(engine, &one->message, one->to,
                         tell ? ENTRAIN_FATE_UNDELIVERABLE : ENTRAIN_FATE_SHED);
    if (tell) {
        cohort->count_of.undeliverable++;
        fail_parcel(engine->virtual_time, its, number);
    } else {
        cohort->count_of.shed++;
    }
}

// Takes the mail for @p slot at @p at, which is what comes first, off the list; what is for somebody who is
// not there, @p id is, does not count.
static mail take_mail(entrain_engine *engine, entrain__cohort *cohort, lobby *its, entrain__instant at,
                      uint32_t slot, entrain_id id) {
    const entrain__virtual *virtual_time = engine->virtual_time;
    mail taken = {0};
    while (its->sorted != 0) {
        const uint32_t number = its->sorted;
        parcel *one = entrain__parcel_at(virtual_time, number);
        if (one->when != at.when || one->round != at.round || one->receiver != slot)
            break;
        its->sorted = one->next;
        its->held--;
        if (one->to != id) {
            turn_away(engine, cohort, its, number, true);
            continue;
        }
        one->next = 0;
        if (taken.count++ == 0)
            taken.first = number;
        else
            entrain__parcel_at(virtual_time, taken.last)->next = number;
        taken.last = number;
    }
    return taken;
}

// The newest from number @p from on to @p last that is of the sender and the kind of @p message.
static parcel *find_older(const entrain__virtual *virtual_time, uint32_t from, uint32_t last,
                          const entrain_message *message) {
    parcel *found = NULL;
    for (uint32_t number = from;; number = entrain__parcel_at(virtual_time, number)->next) {
        parcel *one = entrain__parcel_at(virtual_time, number);
        if (one->message.from == message->from && one->message.kind == message->kind)
            found = one;
        if (number == last)
            return found;
    }
}

// There is room for @p limit messages of @p taken, which has more: does without those that the overflow
// policy says.
static void make_room(entrain_engine *engine, entrain__cohort *cohort, lobby *its, mail *taken,
                      uint32_t limit) {
    const entrain__virtual *virtual_time = engine->virtual_time;
    const entrain_overflow overflow = engine->config.overflow;
    for (; overflow == ENTRAIN_OVERFLOW_SHED_OLDEST && taken->count > limit; taken->count--) {
        const uint32_t number = taken->first;
        taken->first = entrain__parcel_at(virtual_time, number)->next;
        turn_away(engine, cohort, its, number, false);
    }
    if (taken->count <= limit)
        return;
    // The last that has room, and the first of its sender among those that have.
    uint32_t last = taken->first, run = last;
    for (uint32_t m = 1; m < limit; m++) {
        last = entrain__parcel_at(virtual_time, last)->next;
        if (entrain__parcel_at(virtual_time, last)->sender != entrain__parcel_at(virtual_time, run)->sender)
            run = last;
    }
    uint32_t number = entrain__parcel_at(virtual_time, last)->next;
    entrain__parcel_at(virtual_time, last)->next = 0;
    taken->last = last;
    for (; taken->count > limit; taken->count--) {
        const parcel *one = entrain__parcel_at(virtual_time, number);
        const uint32_t next = one->next;
        parcel *older =
            overflow == ENTRAIN_OVERFLOW_CONFLATE ? find_older(virtual_time, run, last, &one->message) : NULL;
        if (older != NULL) {
            entrain__dead_letter(engine, &older->message, older->to, ENTRAIN_FATE_CONFLATED);
            older->message = one->message;
            cohort->count_of.conflated++;
        } else {
            turn_away(engine, cohort, its, number, overflow == ENTRAIN_OVERFLOW_FAIL);
        }
        number = next;
    }
}

static uint32_t limit_of(const entrain_engine *engine, const entrain_population *population) {
    const uint32_t given = engine->config.mailbox_capacity;
    if (given == 0)
        return population->behavior.inbox;
    uint32_t rounded = 1; // as a ring would be, so that it means the same everywhere
    while (rounded < given)
        rounded = rounded * 2 + 1;
    return rounded;
}

// What it sent has arrived by now: those places are free again.
static void free_places(entrain__calendar *calendar, uint32_t owner, entrain__instant at) {
    const entrain__delayed *sent;
    while ((sent = entrain__calendar_first(calendar, owner)) != NULL &&
           !entrain__instant_before(at, (entrain__instant){sent->when, sent->round}))
        entrain__calendar_drop_first(calendar, owner);
}

// Its own timers.
static void hand_over_timers(entrain_engine *engine, turn *now) {
    entrain__calendar *calendar = now->cohort->calendar;
    const entrain__delayed *timer;
    while ((timer = entrain__calendar_peek(calendar, ENTRAIN__LANE_OWN)) != NULL &&
           timer->when == now->at.when && timer->round == now->at.round &&
           entrain__id_slot(timer->letter.message.from) == now->slot) {
        if (now->count == ENTRAIN_BATCH_MAX) {
            call_receive(engine, now); // which may cancel the one at hand
            continue;
        }
        now->batch[now->count++] = timer->letter.message;
        (void)entrain__calendar_take(calendar, ENTRAIN__LANE_OWN, ENTRAIN__NEVER);
    }
}

// Who lives there and goes on to: one that has ended in this window is there for nobody. Only its own task
// marks it.
static entrain_id who_handles(const entrain_engine *engine, const entrain_population *population,
                              uint32_t slot, uint32_t column) {
    if (population->behavior.receive == NULL ||
        (entrain__load_relaxed_u32(&engine->supervise.control[slot]) & ENTRAIN__CONTROL_MARKED) != 0)
        return ENTRAIN_ID_NONE;
    return engine->ids[population->first + column];
}

static void begin_turn(entrain_engine *engine, entrain__cohort *cohort, entrain__instant at, uint32_t slot,
                       uint32_t column, turn *now) {
    now->cohort = cohort;
    now->at = at;
    now->slot = slot;
    now->column = column;
    now->ends = false;
    now->sends_left = UINT64_MAX;
    now->count = now->notices = 0; // the batch is large, and left as it is
    entrain__self_make(engine, cohort->population, column, &now->self);
    now->self.time_s = entrain__when_s(at.when);
    now->sending = (entrain__allowance){
        .delays_all = true, .owner = column - cohort->first, .calendar = cohort->calendar, .now = at};
    now->self.reserved = &now->sending;
    if (cohort->calendar != NULL)
        free_places(cohort->calendar, now->sending.owner, at);
}

// All that the actor at @p slot gets at @p at.
static void handle_turn(entrain_engine *engine, entrain__cohort *cohort, lobby *its, entrain__instant at,
                        uint32_t slot) {
    const entrain__virtual *virtual_time = engine->virtual_time;
    entrain_population *population = cohort->population;
    const uint32_t column = entrain__column_of(population, slot - population->first);
    const entrain_id id = who_handles(engine, population, slot, column);
    mail taken = take_mail(engine, cohort, its, at, slot, id);
    if (id == ENTRAIN_ID_NONE)
        return;
    const uint32_t limit = limit_of(engine, population);
    if (taken.count > limit)
        make_room(engine, cohort, its, &taken, limit);
    turn now;
    begin_turn(engine, cohort, at, slot, column, &now);
    uint64_t mail_left = UINT64_MAX;
    if (population->budgets != NULL)
        entrain__supervise_allow(population, now.self.index, now.self.time_s, &mail_left, &now.sends_left);
    if (cohort->calendar != NULL)
        hand_over_timers(engine, &now);
    if (population->budgets != NULL) { // those timers count, too
        uint64_t sends_left;
        entrain__supervise_allow(population, now.self.index, now.self.time_s, &mail_left, &sends_left);
        mail_left -= mail_left < now.count ? mail_left : now.count;
    }
    for (uint32_t number = taken.first, next; number != 0; number = next) {
        next = entrain__parcel_at(virtual_time, number)->next; // turned away, it is in another list
        if (!now.ends && (now.count == ENTRAIN_BATCH_MAX || (mail_left == 0 && now.count > 0)))
            call_receive(engine, &now);
        if (!now.ends && mail_left == 0)
            end_actor(engine, &now, &(entrain__end){.reason = ENTRAIN_REASON_MESSAGES});
        if (now.ends) {
            turn_away(engine, cohort, its, number, true);
            continue;
        }
        mail_left--;
        now.batch[now.count++] = entrain__parcel_at(virtual_time, number)->message;
    }
    if (now.count > 0)
        call_receive(engine, &now);
}

// Notices of ends come when a window begins, before all else.
static void handle_notices(entrain_engine *engine, entrain__cohort *cohort, lobby *its) {
    const entrain_population *population = cohort->population;
    const entrain__instant at = engine->virtual_time->notices_at;
    cohort->notices = 0;
    for (uint32_t column = cohort->first; column < cohort->first + cohort->count; column++) {
        const uint32_t slot = population->first + population->index_of_column[column];
        if (who_handles(engine, population, slot, column) == ENTRAIN_ID_NONE)
            continue;
        uint32_t due = entrain__supervise_notices_due(engine, slot);
        turn now;
        if (due > 0) {
            begin_turn(engine, cohort, at, slot, column, &now);
            its->past = (entrain__instant){at.when, at.round + 1};
        }
        while (due > 0 && !now.ends) { // what becomes due meanwhile is the next window's
            now.notices = due < ENTRAIN_BATCH_MAX ? due : ENTRAIN_BATCH_MAX;
            const uint32_t taken = entrain__supervise_take_notices(engine, slot, now.batch, now.notices);
            ENTRAIN_ASSERT(taken == now.notices);
            now.count = taken;
            due -= taken;
            if (cohort->population->budgets != NULL) {
                uint64_t mail_left;
                entrain__supervise_allow(population, now.self.index, now.self.time_s, &mail_left,
                                         &now.sends_left);
            }
            call_receive(engine, &now);
        }
    }
}

static bool is_to_stop(const entrain_engine *engine) {
    // Pairs with the store in entrain_engine_cancel(). Nothing but when this task stops depends on it.
    return entrain__load_relaxed_u32(&engine->cancelled) != 0 ||
           (engine->deadline_ns != 0 && entrain__now_ns() >= engine->deadline_ns);
}

// When and who comes first in a cohort.
static entrain__instant first_turn(const entrain__virtual *virtual_time, const entrain__calendar *calendar,
                                   const lobby *its, uint32_t *slot_out) {
    entrain__instant at = ENTRAIN__NEVER;
    *slot_out = UINT32_MAX; // nobody yet
    const entrain__delayed *timer =
        calendar != NULL ? entrain__calendar_peek(calendar, ENTRAIN__LANE_OWN) : NULL;
    if (timer != NULL) {
        at = (entrain__instant){timer->when, timer->round};
        *slot_out = entrain__id_slot(timer->letter.message.from);
    }
    if (its->sorted == 0)
        return at;
    const parcel *first = entrain__parcel_at(virtual_time, its->sorted);
    const entrain__instant its_at = {first->when, first->round};
    const bool earlier_mail = entrain__instant_before(its_at, at);
    if (earlier_mail || (!entrain__instant_before(at, its_at) && first->receiver < *slot_out)) {
        at = its_at;
        *slot_out = first->receiver;
    }
    return at;
}

static void handle(entrain_engine *engine, entrain__cohort *cohort, lobby *its) {
    const entrain__virtual *virtual_time = engine->virtual_time;
    if (its->door != 0) {
        uint64_t count;
        its->sorted = merge(virtual_time, its->sorted, sort(virtual_time, its->door, &count));
        its->held += count;
        its->door = 0;
    }
    if (cohort->notices > 0 && virtual_time->notices)
        handle_notices(engine, cohort, its);
    uint32_t slot = 0, turns = 0;
    for (;;) {
        its->next = first_turn(virtual_time, cohort->calendar, its, &slot);
        if (!entrain__instant_before(its->next, virtual_time->handle_end))
            break;
        if (++turns % LOOK_EVERY == 0 && is_to_stop(engine))
            break;
        handle_turn(engine, cohort, its, its->next, slot);
        its->past = (entrain__instant){its->next.when, its->next.round + 1};
    }
    if (cohort->calendar != NULL)
        its->next_other = entrain__calendar_next(cohort->calendar, ENTRAIN__LANE_OTHERS);
}

// --- The serial part

// What comes from outside comes at this instant: after all that was handled.
static entrain__instant present(const entrain_engine *engine) {
    const entrain__instant now = {entrain__when(engine->time_s), 0}, past = engine->virtual_time->past;
    return entrain__instant_before(past, now) ? now : past;
}

// Messages from outside go before the doors, in the window that is open.
static void let_tells_in(entrain_engine *engine) {
    entrain__virtual *virtual_time = engine->virtual_time;
    const entrain__instant at = present(engine);
    for (uint32_t t = 0; t < engine->tell_count; t++) {
        const entrain__letter *letter = &engine->tells[t];
        const uint32_t number = virtual_time->tells_first + ++engine->tells_waiting;
        const uint32_t place = entrain__place_of(engine, letter->to);
        if (place == UINT32_MAX) {
            entrain__dead_letter(engine, &letter->message, letter->to, ENTRAIN_FATE_UNDELIVERABLE);
            engine->count_of.undeliverable++;
            continue;
        }
        *entrain__parcel_at(virtual_time, number) = (parcel){
            .message = letter->message,
            .to = letter->to,
            .round = at.round,
            .when = at.when,
            .order = engine->tells_waiting,
            .receiver = entrain__id_slot(letter->to),
        };
        put_before_door(engine, number, place);
    }
    engine->tell_count = 0;
}

// What found no room in the window that ends now, or nobody, is told to its senders; and it is settled what
// becomes of those that ended in it.
static void close_window(entrain_engine *engine) {
    entrain__virtual *virtual_time = engine->virtual_time;
    virtual_time->open = false;
    engine->tells_waiting = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        lobby *its = &virtual_time->lobbies[c];
        for (uint32_t number = its->failed; number != 0;
             number = entrain__parcel_at(virtual_time, number)->next)
            entrain__letters_tell(engine, entrain__parcel_at(virtual_time, number)->message.from);
        its->failed = 0;
    }
    if (entrain__supervise_pending(engine))
        entrain__supervise_boundary(engine);
}

static void open_window(entrain_engine *engine, entrain__instant begin) {
    entrain__virtual *virtual_time = engine->virtual_time;
    const uint64_t end = entrain__when(entrain__when_s(begin.when) + engine->config.lookahead_s);
    virtual_time->open = true;
    virtual_time->end =
        end > begin.when ? (entrain__instant){end, 0} : (entrain__instant){begin.when, begin.round + 1};
}

static uint32_t end_run(entrain_engine *engine, entrain_status status) {
    engine->ended = status;
    return ENTRAIN_PHASE_END;
}

static entrain_status asked_to_end(const entrain_engine *engine) {
    // Pairs with the store in entrain_engine_cancel().
    if (entrain__load_acquire_u32(&engine->cancelled) != 0)
        return ENTRAIN_CANCELLED;
    return engine->deadline_ns != 0 && entrain__now_ns() >= engine->deadline_ns ? ENTRAIN_TIMEOUT
                                                                                : ENTRAIN_OK;
}

// When the first of all is due; and of what is still with its senders, for others. NEVER: nothing is.
static entrain__instant look_around(entrain_engine *engine, entrain__instant *next_other_out,
                                    bool *notices_out) {
    entrain__virtual *virtual_time = engine->virtual_time;
    entrain__instant next = ENTRAIN__NEVER, next_other = ENTRAIN__NEVER;
    *notices_out = false;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        const lobby *its = &virtual_time->lobbies[c];
        next = earlier(next, its->next);
        next_other = earlier(next_other, its->next_other);
        *notices_out |= engine->cohorts[c].notices > 0;
        if (entrain__instant_before(virtual_time->past, its->past))
            virtual_time->past = its->past;
    }
    const double time_s = entrain__when_s(virtual_time->past.when);
    engine->time_s = time_s > engine->time_s ? time_s : engine->time_s;
    *next_other_out = next_other;
    return next;
}

// After a HANDLE phase, and when a run begins.
static uint32_t go_on(entrain_engine *engine) {
    entrain__virtual *virtual_time = engine->virtual_time;
    bool notices;
    entrain__instant next_other, next = look_around(engine, &next_other, &notices);
    // Those that are too late for the open window, because its one round is over, wait for the next.
    bool tells = engine->tell_count > 0 && entrain__instant_before(present(engine), virtual_time->end);
    if (virtual_time->open && !tells && !entrain__instant_before(next, virtual_time->end))
        close_window(engine);
    if (engine->supervise.escalated.end.reason != ENTRAIN_REASON_NONE)
        return end_run(engine, ENTRAIN_FAILED);
    next = look_around(engine, &next_other, &notices); // of which those that ended have taken theirs
    tells |= engine->tell_count > 0 && !virtual_time->open;
    entrain__instant begin = virtual_time->open ? next : earlier(next, next_other);
    notices &= !virtual_time->open;
    if (tells || notices)
        begin = earlier(begin, present(engine));
    if (begin.when == UINT64_MAX)
        return end_run(engine, ENTRAIN_OK); // quiescence
    if (!entrain__instant_before(begin, virtual_time->stop)) {
        engine->time_s = virtual_time->until_s;
        return end_run(engine, ENTRAIN_OK);
    }
    const entrain_status asked = asked_to_end(engine);
    if (asked != ENTRAIN_OK)
        return end_run(engine, asked);
    const bool opens = !virtual_time->open;
    virtual_time->notices = notices;
    virtual_time->notices_at = present(engine);
    if (opens)
        open_window(engine, begin);
    if (tells)
        let_tells_in(engine);
    virtual_time->handle_end = earlier(virtual_time->end, virtual_time->stop);
    return opens && entrain__instant_before(next_other, virtual_time->end) ? PHASE_LEAVE : PHASE_HANDLE;
}

static uint32_t advance(void *context) {
    entrain_engine *engine = context;
    entrain__virtual *virtual_time = engine->virtual_time;
    virtual_time->phase = virtual_time->phase == PHASE_LEAVE ? (uint32_t)PHASE_HANDLE : go_on(engine);
    return virtual_time->phase;
}

static void run_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)worker;
    entrain_engine *engine = context;
    entrain__cohort *cohort = &engine->cohorts[task];
    lobby *its = &engine->virtual_time->lobbies[task];
    if (phase == PHASE_HANDLE)
        handle(engine, cohort, its);
    else if (entrain__instant_before(its->next_other, engine->virtual_time->end))
        leave(engine, cohort, its);
    else
        its->count = 0;
}

static const char *phase_name(void *context, uint32_t phase) {
    (void)context;
    return phase == PHASE_LEAVE ? "leave" : "handle";
}

entrain_status entrain__virtual_run(entrain_engine *engine, double until_s, entrain_error *error_out) {
    entrain__virtual *virtual_time = engine->virtual_time;
    const entrain_job job = {
        .context = engine, .advance = advance, .task = run_task, .phase_name = phase_name};
    const uint64_t began = entrain__now_ns(), serial_began = entrain__serial_ns(engine);
    virtual_time->phase = PHASE_HANDLE;
    virtual_time->until_s = until_s;
    virtual_time->stop = (entrain__instant){entrain__when(until_s) + 1, 0};
    engine->ended = ENTRAIN_OK;
    engine->running = true;
    const entrain_status status = entrain_scheduler_run(engine->scheduler, &job, error_out);
    engine->running = false;
    engine->stats.advance_ns += entrain__now_ns() - began;
    engine->stats.serial_ns += entrain__serial_ns(engine) - serial_began;
    if (status != ENTRAIN_OK) {
        engine->broken = true;
        return status;
    }
    if (engine->ended == ENTRAIN_FAILED) {
        const entrain_status failed = entrain__supervise_sentence(engine, error_out);
        engine->broken = failed == ENTRAIN_LIMIT;
        return failed;
    }
    if (engine->ended != ENTRAIN_OK)
        return entrain_error_set(error_out, engine->ended, "The run stopped %s at %.9g s.",
                                 engine->ended == ENTRAIN_CANCELLED ? "on request" : "at its deadline",
                                 engine->time_s);
    return ENTRAIN_OK;
}

void entrain__virtual_look(entrain_engine *engine, entrain__cohort *cohort) {
    lobby *its = &engine->virtual_time->lobbies[cohort - engine->cohorts];
    uint32_t slot;
    its->next = first_turn(engine->virtual_time, cohort->calendar, its, &slot);
    its->next_other = cohort->calendar != NULL
                          ? entrain__calendar_next(cohort->calendar, ENTRAIN__LANE_OTHERS)
                          : ENTRAIN__NEVER;
}

// What goes to others within a lookahead from now may have left already, and all that was sent without a
// delay is among it: that arrives. It holds the places of whoever is restarted there until then.
void entrain__virtual_forget(entrain_engine *engine, entrain__cohort *cohort, uint32_t column) {
    if (cohort->calendar == NULL)
        return;
    lobby *its = &engine->virtual_time->lobbies[cohort - engine->cohorts];
    cohort->count_of.cancelled += entrain__calendar_forget_after(
        cohort->calendar, column - cohort->first, entrain__when(engine->time_s + engine->config.lookahead_s));
    ENTRAIN_ASSERT(its->door == 0); // between runs
    entrain__virtual_look(engine, cohort);
}

void entrain__virtual_begin(entrain_engine *engine, entrain__cohort *cohort, uint32_t column) {
    const entrain_population *population = cohort->population;
    const uint32_t slot = population->first + population->index_of_column[column];
    lobby *its = &engine->virtual_time->lobbies[cohort - engine->cohorts];
    const entrain_id id = engine->ids[population->first + column];
    const entrain__letter letter = {.message = {.from = id, .kind = ENTRAIN_KIND_BEGUN}, .to = id};
    const entrain_status status = entrain__calendar_add(cohort->calendar, column - cohort->first,
                                                        ENTRAIN__LANE_OWN, present(engine), &letter, NULL);
    if (status == ENTRAIN_OK)
        cohort->count_of.sent++;
    else
        engine->undelivered[slot]++;
    uint32_t first;
    its->next = first_turn(engine->virtual_time, cohort->calendar, its, &first);
}

uint64_t entrain__virtual_queued(const entrain_engine *engine) {
    uint64_t held = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        held += engine->virtual_time->lobbies[c].held;
    return held;
}

entrain_status entrain__virtual_build(entrain_engine *engine) {
    entrain__virtual *virtual_time =
        entrain__engine_take(engine, &engine->bytes_messages, 1, sizeof *virtual_time);
    if (virtual_time == NULL)
        return ENTRAIN_NO_MEMORY;
    virtual_time->lobbies = entrain__engine_take(engine, &engine->bytes_messages, engine->cohort_count,
                                                 sizeof *virtual_time->lobbies);
    engine->tells =
        entrain__engine_take(engine, &engine->bytes_messages, ENTRAIN_TELLS_MAX, sizeof *engine->tells);
    engine->undelivered = entrain__engine_take(engine, &engine->bytes_messages, engine->actor_count,
                                               sizeof *engine->undelivered);
    if (engine->signs_order)
        engine->chains = entrain__engine_take(engine, &engine->bytes_messages, engine->actor_count,
                                              sizeof *engine->chains);
    if (virtual_time->lobbies == NULL || engine->tells == NULL || engine->undelivered == NULL ||
        (engine->signs_order && engine->chains == NULL))
        return ENTRAIN_NO_MEMORY;
    uint64_t parcels = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        const entrain__cohort *cohort = &engine->cohorts[c];
        lobby *its = &virtual_time->lobbies[c];
        its->first = (uint32_t)parcels;
        its->next = its->next_other = ENTRAIN__NEVER;
        parcels += (uint64_t)cohort->count * cohort->population->behavior.timers_max;
        if (parcels >= UINT32_MAX - ENTRAIN_TELLS_MAX)
            return ENTRAIN_NO_MEMORY;
        if (cohort->population->behavior.receive != NULL &&
            limit_of(engine, cohort->population) > engine->mailbox_capacity_max)
            engine->mailbox_capacity_max = limit_of(engine, cohort->population);
    }
    virtual_time->tells_first = (uint32_t)parcels;
    virtual_time->parcels = entrain__engine_take(engine, &engine->bytes_messages, parcels + ENTRAIN_TELLS_MAX,
                                                 sizeof *virtual_time->parcels);
    if (virtual_time->parcels == NULL)
        return ENTRAIN_NO_MEMORY;
    engine->virtual_time = virtual_time;
    return ENTRAIN_OK;
}
