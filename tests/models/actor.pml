/* An actor with mail is in one queue, or run by one worker: engine/event_driven.c (word_schedule, go_idle,
 * run_actor).
 *
 * A sender publishes its message by a store of p_tail, then, behind a full fence, reads SCHEDULED; if that is off it
 * turns it on by one locked instruction and, if it was the one who did, makes the actor ready. The worker that ran
 * the actor for a batch leaves it SCHEDULED and puts it at the back of the queue if there is mail left; if
 * not, it turns SCHEDULED off by one locked instruction, looks at the mailbox again, and if there is mail
 * turns SCHEDULED on like a sender. Somebody may also ask the actor to stop: a bit of the same word, turned
 * on together with SCHEDULED.
 *
 * Checked: never run by two workers, never queued twice or while it is run; at rest there is no mail, no
 * request, and it is not SCHEDULED; as many messages were handled as sent.
 *
 * The mailbox is its two positions (mailbox.pml has the rest): it never fills, as block is in mute.pml.
 */
#ifndef SENDERS
#define SENDERS 2
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef MESSAGES /* of each sender */
#define MESSAGES 2
#endif
#define BATCH 2 /* at most */

#define CPUS (SENDERS + WORKERS)
#define P_HEAD 0
#define P_TAIL 1
#define C_HEAD 2
#define WORD 3
#define QUEUE 4 /* it holds one actor, this one, or none */
#define CELLS 5
#include "tso.pml"

#define SCHEDULED 1
#define STOP_ASKED 2

byte queued, running, handled, stops_seen, done_sending;

inline make_ready(cpu) {
    d_step {
        assert(queued == 0 && running == 0);
        queued++
    }
    STORE(cpu, QUEUE, 1)
}

/* As entrain__word_schedule(): `won` if the caller is to make it ready. */
inline schedule(cpu) {
    before = LOAD(cpu, WORD);
    if
    :: before & SCHEDULED -> won = false
    :: else ->
#ifdef MUTANT_SCHEDULE_BY_LOAD_AND_STORE
        STORE(cpu, WORD, before | SCHEDULED);
        won = true
#else
        d_step {
            FENCE(cpu) ->
            won = !(memory[WORD] & SCHEDULED);
            memory[WORD] = memory[WORD] | SCHEDULED
        }
#endif
    fi
}

proctype sender(byte me) {
    byte sent, at, before;
    bool won;
    do
    :: sent < MESSAGES ->
        EXCHANGE_ADD(me, P_HEAD, 1, at);
        LOAD(me, P_TAIL) == at; /* earlier producers */
#ifdef MUTANT_LOOK_BEFORE_PUBLISH
        schedule(me);
        STORE(me, P_TAIL, at + 1);
#else
        STORE(me, P_TAIL, at + 1);
#ifndef MUTANT_NO_FENCE_BEFORE_LOOK
        FENCE(me);
#endif
        schedule(me);
#endif
        if
        :: won -> make_ready(me)
        :: else
        fi;
        atomic { sent++; at = 0; before = 0; won = false }
    :: else -> break
    od;
#ifdef STOPS
    if
    :: me == 0 ->
        d_step {
            FENCE(me) ->
            before = memory[WORD];
            memory[WORD] = before | STOP_ASKED | SCHEDULED
        }
        if
        :: !(before & SCHEDULED) -> make_ready(me)
        :: else
        fi;
        before = 0
    :: else
    fi;
#endif
    done_sending++
}

/* As go_idle(): `again` if it is to go to the back of the queue. */
inline go_idle(cpu) {
    before = LOAD(cpu, WORD);
    if
    :: (before & STOP_ASKED) || LOAD(cpu, P_TAIL) != LOAD(cpu, C_HEAD) -> again = true
    :: else ->
        running--; /* from here on it may be run elsewhere, should the next step succeed */
#ifdef MUTANT_IDLE_BY_STORE
        STORE(cpu, WORD, before & ~SCHEDULED);
        won = true;
#else
        CAS(cpu, WORD, before, before & ~SCHEDULED, won);
#endif
#ifdef MUTANT_NO_LOOK_AGAIN
        again = false
#else
        if
        :: !won ->
            running++;
            again = true
        :: else ->
#ifdef MUTANT_LOOK_AGAIN_WITHOUT_SCHEDULE
            again = (LOAD(cpu, P_TAIL) != LOAD(cpu, C_HEAD));
#else
            tail = LOAD(cpu, C_HEAD); /* perhaps another worker's by now */
            if
            :: LOAD(cpu, P_TAIL) != tail ->
                schedule(cpu);
                again = won
            :: else -> again = false
            fi;
#endif
            if
            :: again -> running++
            :: else
            fi
        fi
#endif
    fi
}

proctype worker(byte me) {
    byte head, tail, count, before;
    bool won, again;
end:
    do
    :: atomic {
            FENCE(me) && memory[QUEUE] == 1 ->
            memory[QUEUE] = 0;
            queued--;
            assert(running == 0);
            running++
        }
        /* It reads where it is: the last one to run it wrote that before it put it in the queue. */
        head = LOAD(me, C_HEAD);
        if
        :: LOAD(me, WORD) & STOP_ASKED ->
            d_step {
                FENCE(me) ->
                memory[WORD] = memory[WORD] & ~STOP_ASKED;
                stops_seen++
            }
        :: else
        fi;
        tail = LOAD(me, P_TAIL);
        if
        :: tail - head > 1 -> count = 1
        :: tail - head > 1 -> count = BATCH
        :: tail - head <= 1 -> count = tail - head
        fi;
        assert(running == 1);
        handled = handled + count;
#ifdef MUTANT_RELEASE_AFTER_IDLE
        if
        :: tail - head > count -> again = true
        :: else -> go_idle(me)
        fi;
        STORE(me, C_HEAD, head + count);
#else
        STORE(me, C_HEAD, head + count);
        if
        :: tail - head > count -> again = true
        :: else -> go_idle(me)
        fi;
#endif
        if
        :: again ->
            running--;
            make_ready(me)
        :: else
        fi;
        atomic { head = 0; tail = 0; count = 0; before = 0; won = false; again = false }
    od
}

init {
    byte i;
    atomic {
        for (i : 0 .. SENDERS - 1) { run sender(i) }
        for (i : SENDERS .. CPUS - 1) { run worker(i) }
        for (i : 0 .. CPUS - 1) { run buffer_of(i) }
    }
    timeout; /* nobody can do anything any more */
    assert(done_sending == SENDERS);
    assert(handled == SENDERS * MESSAGES && memory[P_TAIL] == memory[C_HEAD]); /* no mail left behind */
    assert(queued == 0 && running == 0 && memory[WORD] == 0);
#ifdef STOPS
    assert(stops_seen == 1)
#endif
}
