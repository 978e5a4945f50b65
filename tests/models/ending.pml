/* An actor ends, another one begins in its place, and a sender comes too late: deliver(), end_actor(),
 * drain() and begin_actor() of engine/event_driven.c.
 *
 * A sender looks whether the word names the one it sends to, reserves room (a locked instruction), looks
 * again, and if that one has gone writes NOTHING into the slots; it publishes, and sees to it that whoever
 * lives there is SCHEDULED. Who ends an actor says so in the word (an exchange), then takes out what is in
 * the mailbox until nobody is between reservation and publication. Who begins one publishes its word (an
 * exchange), then looks whether something was left in the mailbox.
 *
 * Checked: nobody is handed a message that was sent to who lived there before; every message is handled or
 * undeliverable; at rest a living actor has no mail, so that its mailbox is not filled for ever by what it
 * is never run for; never run by two workers or queued twice.
 *
 * Senders 0 .. OLD - 1 send to generation 1, the others to generation 2, which begins when 1 has ended.
 */
#ifndef OLD
#define OLD 2
#endif
#ifndef NEW
#define NEW 1
#endif
#define SENDERS (OLD + NEW)
#define WORKERS 2
#ifndef SLOTS
#define SLOTS 2 /* one stays empty */
#endif
#define CAPACITY (SLOTS - 1)

#define CPUS (SENDERS + WORKERS + 1)
#define FOUNDER (SENDERS + WORKERS)
#define P_HEAD 0
#define P_TAIL 1
#define C_HEAD 2
#define WORD 3
#define QUEUE 4
#define SLOT(position) (5 + (position) % SLOTS)
#define CELLS (5 + SLOTS)
#include "tso.pml"

#define SCHEDULED 1
#define NOT_LIVING 2
#define GENERATION 4
#define NAMES(word, generation) (!((word) & NOT_LIVING) && (word) / GENERATION == (generation))
#define NOTHING 9

byte queued, running, handled, undeliverable;
bool place_free, known; /* generation 2's id */

inline make_ready(cpu) {
    d_step {
        assert(queued == 0 && running == 0);
        queued++
    }
    STORE(cpu, QUEUE, 1)
}

inline schedule(cpu) {
    d_step {
        FENCE(cpu) ->
        won = !(memory[WORD] & SCHEDULED);
        memory[WORD] = memory[WORD] | SCHEDULED
    }
}

proctype sender(byte me) {
    byte to, at, room;
    bool gone, won;
    if
    :: me < OLD -> to = 1
    :: else ->
        known; /* somebody told it the id */
        to = 2
    fi;
    if
    :: !NAMES(LOAD(me, WORD), to) -> undeliverable++
    :: else ->
        d_step {
            FENCE(me) ->
            at = memory[P_HEAD];
            room = CAPACITY - (at - memory[C_HEAD]);
            memory[P_HEAD] = at + (room > 0 -> 1 : 0)
        }
        if
        :: room == 0 -> undeliverable++ /* policy fail */
        :: else ->
#ifdef MUTANT_NO_LOOK_AFTER_RESERVE
            gone = false;
#else
            gone = !NAMES(LOAD(me, WORD), to);
#endif
            STORE(me, SLOT(at), (gone -> NOTHING : to));
            LOAD(me, P_TAIL) == at;
            STORE(me, P_TAIL, at + 1);
            FENCE(me);
            undeliverable = undeliverable + gone;
#ifdef MUTANT_GONE_LEAVES_SILENTLY
            if
            :: !gone -> schedule(me)
            :: else
            fi;
#else
            schedule(me);
#endif
            if
            :: won -> make_ready(me)
            :: else
            fi
        fi
    fi
}

/* As drain(). */
inline take_out(cpu) {
#ifndef MUTANT_ASKS_WHO_IS_BUSY_AFTERWARDS
    tail = LOAD(cpu, P_HEAD);
    busy = (tail != LOAD(cpu, P_TAIL));
#endif
    tail = LOAD(cpu, P_TAIL);
    do
    :: head != tail ->
        d_step {
            if
            :: LOAD(cpu, SLOT(head)) != NOTHING -> undeliverable++
            :: else
            fi;
            head++
        }
    :: else -> break
    od;
    STORE(cpu, C_HEAD, head);
#ifdef MUTANT_ASKS_WHO_IS_BUSY_AFTERWARDS
    tail = LOAD(cpu, P_HEAD);
    busy = (tail != LOAD(cpu, P_TAIL));
#endif
    tail = 0
}

proctype worker(byte me) {
    byte head, tail, generation;
    bool busy, won, ends, again;
end:
    do
    :: atomic {
            FENCE(me) && memory[QUEUE] == 1 ->
            memory[QUEUE] = 0;
            queued--;
            assert(running == 0);
            running++
        }
        generation = LOAD(me, WORD) / GENERATION;
        assert(LOAD(me, WORD) % GENERATION == SCHEDULED);
        head = LOAD(me, C_HEAD);
        tail = LOAD(me, P_TAIL);
        do
        :: head != tail ->
            d_step {
                if
                :: LOAD(me, SLOT(head)) != NOTHING ->
                    assert(LOAD(me, SLOT(head)) == generation);
                    handled++;
                    ends = (generation == 1)
                :: else
                fi;
                head++
            }
        :: else -> break
        od;
        tail = 0;
        STORE(me, C_HEAD, head);
        if
        :: ends ->
#ifdef MUTANT_ENDS_BY_STORE
            STORE(me, WORD, generation * GENERATION + NOT_LIVING + SCHEDULED);
#else
            EXCHANGE(me, WORD, generation * GENERATION + NOT_LIVING + SCHEDULED, tail);
#endif
            do
            :: take_out(me);
                if
                :: busy
                :: else -> break
                fi
            od;
            running--;
            d_step {
                FENCE(me) ->
                place_free = true
            }
        :: else ->
            if
            :: LOAD(me, P_TAIL) != head -> again = true
            :: else ->
                running--;
                d_step {
                    FENCE(me) ->
                    memory[WORD] = memory[WORD] & ~SCHEDULED
                }
                tail = LOAD(me, C_HEAD);
                if
                :: LOAD(me, P_TAIL) != tail ->
                    schedule(me);
                    again = won
                :: else
                fi;
                running = running + again
            fi;
            if
            :: again ->
                running--;
                make_ready(me)
            :: else
            fi
        fi;
        atomic { head = 0; tail = 0; generation = 0; busy = false; won = false; ends = false; again = false }
    od
}

/* As begin_actor(), by who took the place. */
proctype founder(byte me) {
    byte head, word;
    bool won;
end:
    place_free;
#ifdef MUTANT_BEGINS_BY_STORE
    STORE(me, WORD, 2 * GENERATION);
#else
    EXCHANGE(me, WORD, 2 * GENERATION, word);
#endif
#ifndef MUTANT_BEGINS_WITHOUT_LOOKING
    head = LOAD(me, C_HEAD);
    if
    :: LOAD(me, P_TAIL) != head -> schedule(me)
    :: else
    fi;
#endif
    if
    :: won -> make_ready(me)
    :: else
    fi;
    d_step {
        FENCE(me) ->
        known = true
    }
}

init {
    byte i;
    atomic {
        memory[WORD] = GENERATION;
        for (i : 0 .. SENDERS - 1) { run sender(i) }
        for (i : SENDERS .. SENDERS + WORKERS - 1) { run worker(i) }
        run founder(FOUNDER);
        for (i : 0 .. CPUS - 1) { run buffer_of(i) }
    }
    timeout;
    assert(known && queued == 0 && running == 0);
    assert(memory[WORD] == 2 * GENERATION);
    assert(memory[P_HEAD] == memory[P_TAIL] && memory[P_TAIL] == memory[C_HEAD]);
    assert(handled + undeliverable == SENDERS)
}
