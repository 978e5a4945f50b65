/* Overflow policy block: who finds no room waits, and no worker does. engine/event_mute.c.
 *
 * A sender that was refused keeps its letters, stays SCHEDULED, is in no queue, and pushes itself on the
 * waiters' stack of the receiver (compare and swap: a full fence); then it looks whether there is room
 * after all, and if so takes the whole stack and makes everybody on it ready. After the push it belongs to
 * whoever takes it. A receiver gives room (an exchange: a full fence), then looks at its stack, turns it
 * over into its line, oldest first, and makes as many of the line ready as there is room for, and all when
 * its mailbox is empty. It does so before it sends, which may mute it. Who is made ready delivers what it
 * kept before it handles mail.
 *
 * Checked: nobody is run by two workers, is ready twice, or ready while run; at rest everybody who is muted
 * waits for somebody who is muted too and whose mailbox is full, so that there is a circle, and the last
 * one to close it has seen it; everybody else has neither mail nor letters; no letter is lost.
 *
 * Every actor handles a message by sending up to LETTERS_OF_ONE letters to anybody, itself included, until
 * LETTERS were sent. Left to the other models, and one step here: reserving room (mailbox.pml); publishing
 * and making the receiver ready, and going idle unless there is mail (actor.pml).
 */
#ifndef ACTORS
#define ACTORS 3
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef LETTERS
#define LETTERS 3
#endif
#ifndef LETTERS_OF_ONE
#define LETTERS_OF_ONE 1
#endif
#ifndef MESSAGES /* that lie in mailboxes at first, one each */
#define MESSAGES 2
#endif
#define CAPACITY 1

#define CPUS WORKERS
#define P_TAIL(actor) (actor)
#define C_HEAD(actor) (ACTORS + (actor))
#define WAITERS(actor) (2 * ACTORS + (actor)) /* number + 1 of the newest; 0: none */
#define WAITS_FOR(actor) (3 * ACTORS + (actor)) /* number + 1; 0: nobody */
#define CELLS (4 * ACTORS)
#include "tso.pml"

byte p_head[ACTORS];
bool scheduled[ACTORS], ready[ACTORS], running[ACTORS], muted[ACTORS];
byte kept[ACTORS], kept_for[ACTORS]; /* letters that wait, and who for: an actor's own */
byte next_of[ACTORS], line_first[ACTORS], line_last[ACTORS];
byte left = LETTERS, handled;
bool suspicion; /* of a circle */

/* A queue of any order. What the worker wrote is there before it. */
inline make_ready(cpu, actor) {
    d_step {
        FENCE(cpu) ->
        assert(!ready[actor] && !running[actor] && scheduled[actor]);
        ready[actor] = true;
        muted[actor] = false
    }
}

/* The letters that `self` keeps: as many as there is room for. */
inline deliver(cpu) {
    do
    :: kept[self] > 0 ->
        d_step {
            FENCE(cpu) ->
            at = p_head[kept_for[self]];
            room = CAPACITY - (at - memory[C_HEAD(kept_for[self])]);
            count = (room < kept[self] -> room : kept[self]);
            p_head[kept_for[self]] = at + count;
            room = 0
        }
        if
        :: count == 0 -> break
        :: else ->
            d_step {
                FENCE(cpu) && memory[P_TAIL(kept_for[self])] == at ->
                memory[P_TAIL(kept_for[self])] = at + count;
                kept[self] = kept[self] - count;
                if
                :: !scheduled[kept_for[self]] ->
                    scheduled[kept_for[self]] = true;
                    assert(!ready[kept_for[self]] && !running[kept_for[self]]);
                    ready[kept_for[self]] = true
                :: else
                fi;
                at = 0;
                count = 0
            }
        fi
    :: else -> break
    od;
    at = 0;
    if
    :: kept[self] == 0 -> kept_for[self] = 0
    :: else
    fi
}

/* Everybody on the list that begins with number `head` - 1. */
inline wake_list(cpu) {
    do
    :: head != 0 ->
#ifdef MUTANT_NEXT_READ_AFTER_READY
        make_ready(cpu, head - 1);
        head = next_of[head - 1];
#else
        d_step {
            after = next_of[head - 1];
            next_of[head - 1] = 0
        }
        make_ready(cpu, head - 1);
        head = after;
#endif
    :: else -> break
    od;
    after = 0
}

/* The stack goes to the end of the line of `self`, the oldest first. One step: the line is its worker's. */
inline stand_in_line(cpu) {
    d_step {
        FENCE(cpu) ->
        head = memory[WAITERS(self)];
        memory[WAITERS(self)] = 0;
        at = head;
        do
        :: head != 0 ->
            count = next_of[head - 1];
            next_of[head - 1] = after;
            after = head;
            head = count
        :: else -> break
        od;
        if
        :: after == 0 -> skip
        :: after != 0 && line_first[self] == 0 ->
            line_first[self] = after;
            line_last[self] = at
        :: else ->
            next_of[line_last[self] - 1] = after;
            line_last[self] = at
        fi;
        at = 0; count = 0; after = 0
    }
}

/* `self` gave room: who waits for it goes on. */
inline wake_waiters(cpu) {
    if
    :: LOAD(cpu, WAITERS(self)) != 0 -> stand_in_line(cpu)
    :: else
    fi;
    if
    :: line_first[self] != 0 ->
        d_step {
            count = LOAD(cpu, P_TAIL(self)) - LOAD(cpu, C_HEAD(self));
            room = CAPACITY - count;
            all = (count == 0);
            count = 0
        }
        do
        :: line_first[self] != 0 && (all || room > 0) ->
            d_step {
                head = line_first[self];
                line_first[self] = next_of[head - 1];
                if
                :: line_first[self] == 0 -> line_last[self] = 0
                :: else
                fi;
                next_of[head - 1] = 0;
                room = (kept[head - 1] < room -> room - kept[head - 1] : 0)
            }
            make_ready(cpu, head - 1)
        :: else -> break
        od;
        atomic { head = 0; room = 0; all = false }
    :: else
    fi
}

/* The last thing that is done with `self`, which keeps letters. */
inline wait_for_room(cpu) {
    receiver = kept_for[self];
#ifndef MUTANT_WAITS_FOR_TOLD_LATE
    STORE(cpu, WAITS_FOR(self), receiver + 1);
#endif
#ifdef MUTANT_NO_LOOK_AFTER_PUSH
#define LOOKS false
#else
#define LOOKS true
#endif
#ifdef MUTANT_LOOK_BEFORE_PUSH
    d_step { all = (LOAD(cpu, P_TAIL(receiver)) - LOAD(cpu, C_HEAD(receiver)) < CAPACITY) }
#endif
    do
    :: head = LOAD(cpu, WAITERS(receiver));
        next_of[self] = head;
        d_step {
            FENCE(cpu) ->
            if
            :: memory[WAITERS(receiver)] == head ->
                memory[WAITERS(receiver)] = self + 1;
                muted[self] = true;
                running[self] = false;
                won = true
            :: else -> head = 0
            fi
        }
        if
        :: won -> break
        :: else
        fi
    od;
    atomic { head = 0; won = false }
#ifdef MUTANT_TOUCHES_AFTER_PUSH
    next_of[self] = 0;
#endif
#ifdef MUTANT_WAITS_FOR_TOLD_LATE
    STORE(cpu, WAITS_FOR(self), receiver + 1);
#endif
#ifndef MUTANT_LOOK_BEFORE_PUSH
    at = LOAD(cpu, C_HEAD(receiver));
    all = (LOAD(cpu, P_TAIL(receiver)) - at < CAPACITY);
    at = 0;
#endif
    if
    :: LOOKS && all ->
        EXCHANGE(cpu, WAITERS(receiver), 0, head);
        wake_list(cpu)
    :: else -> /* does it wait, over others, for itself? */
        count = receiver + 1;
        do
        :: count != 0 && at < ACTORS ->
            if
            :: count == self + 1 ->
                suspicion = true;
                break
            :: else ->
                count = LOAD(cpu, WAITS_FOR(count - 1));
                at++
            fi
        :: else -> break
        od;
        count = 0;
        at = 0
    fi;
    atomic { all = false; receiver = 0 }
}

inline give_room(cpu) {
#ifdef MUTANT_GIVES_ROOM_BY_STORE
    head = LOAD(cpu, C_HEAD(self)) + 1;
    STORE(cpu, C_HEAD(self), head);
#else
    EXCHANGE_ADD(cpu, C_HEAD(self), 1, head);
#endif
    head = 0;
    wake_waiters(cpu)
}

proctype worker(byte me) {
    byte self, at, room, count, head, after, receiver;
    bool all, won, gone;
end:
    do
    :: atomic {
            FENCE(me) && (ready[0] || ready[1] || (ACTORS > 2 && ready[ACTORS - 1])) ->
            if
            :: ready[0] -> self = 0
            :: ready[1] -> self = 1
#if ACTORS > 2
            :: ready[2] -> self = 2
#endif
            fi;
            assert(!running[self]);
            ready[self] = false;
            running[self] = true
        }
        if
        :: kept[self] > 0 ->
            deliver(me);
            if
            :: kept[self] > 0 -> gone = true
            :: else -> STORE(me, WAITS_FOR(self), 0)
            fi
        :: else
        fi;
        if
        :: !gone && LOAD(me, P_TAIL(self)) != LOAD(me, C_HEAD(self)) ->
            assert(running[self] && !ready[self]);
            d_step {
                handled++;
                count = 0
            }
            atomic {
                if
                :: true
                :: left > 0 -> count = 1
                :: left > 1 && LETTERS_OF_ONE > 1 -> count = 2
                fi;
                if
                :: count > 0 ->
                    left = left - count;
                    kept[self] = count;
                    if
                    :: kept_for[self] = 0
                    :: kept_for[self] = 1
#if ACTORS > 2
                    :: kept_for[self] = 2
#endif
                    fi
                :: else
                fi;
                count = 0
            }
#ifdef MUTANT_MUTED_KEEPS_ITS_WAITERS
            deliver(me);
            if
            :: kept[self] > 0 -> EXCHANGE_ADD(me, C_HEAD(self), 1, head); head = 0
            :: else -> give_room(me)
            fi;
#else
            give_room(me);
            deliver(me);
#endif
            gone = (kept[self] > 0)
        :: else
        fi;
        if
        :: gone -> wait_for_room(me)
        :: else ->
            d_step { /* go_idle() */
                FENCE(me) ->
                running[self] = false;
                if
                :: memory[P_TAIL(self)] != memory[C_HEAD(self)] ->
                    assert(!ready[self]);
                    ready[self] = true
                :: else -> scheduled[self] = false
                fi
            }
        fi;
        atomic { self = 0; gone = false }
    od
}

init {
    byte i, queued;
    atomic {
        for (i : 0 .. MESSAGES - 1) {
            memory[P_TAIL(i)] = 1;
            p_head[i] = 1;
            scheduled[i] = true;
            ready[i] = true
        }
        for (i : 0 .. WORKERS - 1) { run worker(i) }
        for (i : 0 .. CPUS - 1) { run buffer_of(i) }
    }
    timeout;
    for (i : 0 .. ACTORS - 1) {
        assert(!running[i] && !ready[i] && p_head[i] == memory[P_TAIL(i)]);
        queued = queued + kept[i] + memory[P_TAIL(i)] - memory[C_HEAD(i)];
        if
        :: muted[i] ->
            assert(kept[i] > 0 && scheduled[i]);
            assert(muted[kept_for[i]]);
            assert(memory[P_TAIL(kept_for[i])] - memory[C_HEAD(kept_for[i])] == CAPACITY);
            assert(suspicion)
        :: else -> assert(kept[i] == 0 && !scheduled[i] && memory[P_TAIL(i)] == memory[C_HEAD(i)])
        fi
    }
    assert(handled + queued == MESSAGES + LETTERS - left)
}
