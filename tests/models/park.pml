/* Workers that look for work, sleep, are woken, and find out that all are at rest: scheduler/ready.c,
 * policy steal.
 *
 * Every worker has a ring that it alone puts tasks into and all take from. One word counts the
 * sleepers and the searchers, and has a bit, RESTING, and an epoch that moves whenever a sleeper is
 * taken off the count. Who put a task into its ring looks, after a full fence, at the word: if
 * somebody sleeps and nobody searches, it takes one off the sleepers and adds one to the searchers;
 * then it claims somebody who is ASLEEP and moves its event. Who finds no task searches, unless half
 * of the workers do; the last searcher to find one looks whether there is more and wakes another. Who
 * still has none is ASLEEP, counts itself, looks once more, and gets up, which is the same with its
 * own name. The one whose announcement completes the sleepers looks for all, and sets RESTING unless
 * the word has changed since; then all go to the barrier, and the last to arrive calls rest().
 *
 * Checked: no task runs while somebody is in rest(), and the run ends only with nothing queued; nobody
 * is left asleep, and no wake-up is lost: a task may take so long that it ends only when nothing is
 * queued any more or all workers run one, so that somebody asleep, or at the barrier, who should be
 * awake holds it up for ever; at rest both counts are right.
 *
 * Left out: the private next slot (a task in it waits for its worker, by design), the injector,
 * requests for a rest, standing aside, and waking one certain worker, as policy static does.
 */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef TASKS /* made ready by tasks and by rest() */
#define TASKS 3
#endif

#define CPUS WORKERS
#define HEAD(worker) (worker)
#define TAIL(worker) (WORKERS + (worker))
#define STATUS(worker) (2 * WORKERS + (worker))
#define EVENT(worker) (3 * WORKERS + (worker))
#define WORD (4 * WORKERS)
#define CELLS (4 * WORKERS + 1)
#include "tso.pml"

#define AWAKE 0
#define ASLEEP 1
#define WOKEN_TO_SEARCH 2

#define SLEEPER 1
#define SEARCHER 4
#define RESTING 16
#define EPOCH 32 /* modulo 8 */
#define SLEEPERS(word) ((word) & 3)
#define SEARCHERS(word) ((word) >> 2 & 3)

byte tasks_left = TASKS, queued, running, at_barrier, phase;
bool ended, in_rest;

inline move_event(cpu, worker) {
    d_step {
        FENCE(cpu) ->
        memory[EVENT(worker)] = (memory[EVENT(worker)] + 1) % 8
    }
}

/* Wakes a sleeper if there is one and nobody searches. */
inline wake_anybody(cpu) {
    do
    :: at = LOAD(cpu, WORD);
        if
        :: SLEEPERS(at) == 0 || SEARCHERS(at) != 0 || at & RESTING -> break
        :: else ->
#ifdef MUTANT_COUNTS_OFF_AFTERWARDS
            won = true;
#else
            CAS(cpu, WORD, at, at - SLEEPER + SEARCHER + EPOCH, won);
#endif
            if
            :: won -> break
            :: else
            fi
        fi
    od;
    if
    :: won ->
        won = false;
        do
        :: LOAD(cpu, STATUS(other)) == ASLEEP ->
            CAS(cpu, STATUS(other), ASLEEP, WOKEN_TO_SEARCH, won);
            if
            :: won -> break
            :: else
            fi
        :: LOAD(cpu, STATUS(other)) != ASLEEP -> other = (other + 1) % WORKERS
        od;
        move_event(cpu, other);
#ifdef MUTANT_COUNTS_OFF_AFTERWARDS
        EXCHANGE_ADD(cpu, WORD, SEARCHER + EPOCH - SLEEPER, at)
#endif
    :: else
    fi;
    atomic { at = 0; other = 0; won = false }
}

inline ready(cpu) {
    d_step {
        queued++;
        at = LOAD(cpu, TAIL(cpu)) + 1
    }
    STORE(cpu, TAIL(cpu), at);
    at = 0;
#ifndef MUTANT_NO_FENCE_AFTER_PUSH
    FENCE(cpu);
#endif
#ifndef MUTANT_WAKES_NOBODY
    wake_anybody(cpu)
#endif
}

/* Takes from any ring. Who lost against another one tries again: there may be more. */
inline take(cpu) {
    do
    :: other < WORKERS && !found ->
        at = LOAD(cpu, HEAD(other));
        if
        :: LOAD(cpu, TAIL(other)) == at -> other++
        :: else ->
            d_step {
                FENCE(cpu) ->
                if
                :: memory[HEAD(other)] == at ->
                    memory[HEAD(other)] = at + 1;
                    found = true;
                    queued--;
                    running++;
                    assert(!in_rest)
                :: else
                fi
            }
        fi
    :: else -> break
    od;
    atomic { at = 0; other = 0 }
}

/* Whether there is something in any ring. */
inline look(cpu) {
    do
    :: other < WORKERS && !found ->
        at = LOAD(cpu, HEAD(other));
        found = (LOAD(cpu, TAIL(other)) != at);
        other++
    :: else -> break
    od;
    atomic { at = 0; other = 0 }
}

inline end_search(cpu) {
    if
    :: searching ->
        searching = false;
        EXCHANGE_ADD(cpu, WORD, -SEARCHER, at);
        if
        :: SEARCHERS(at) == 1 && SLEEPERS(at) != 0 ->
            found = false;
            look(cpu);
            if
            :: found -> wake_anybody(cpu)
            :: else
            fi
        :: else
        fi;
        at = 0
    :: else
    fi;
    found = false
}

/* Takes back what it announced. */
inline get_up(cpu) {
    do
    :: at = LOAD(cpu, WORD);
        if
        :: at & RESTING || LOAD(cpu, STATUS(cpu)) != ASLEEP -> break
        :: else ->
            if
            :: SLEEPERS(at) != 0 ->
                CAS(cpu, WORD, at, at - SLEEPER + SEARCHER + EPOCH, won);
                if
                :: won -> break
                :: else
                fi
            :: else
            fi
        fi
    od;
    if
    :: won ->
        CAS(cpu, STATUS(cpu), ASLEEP, AWAKE, searching);
        if
        :: !searching ->
#ifndef MUTANT_KEEPS_A_RIGHT
            EXCHANGE_ADD(cpu, WORD, SLEEPER - SEARCHER, at)
#endif
        :: else
        fi
    :: else
    fi;
    atomic { at = 0; won = false }
}

inline barrier() {
    d_step {
        arrived = phase;
        at_barrier++;
        last = (at_barrier == WORKERS)
    }
    if
    :: last ->
        last = false;
        d_step {
            FENCE(me) ->
            in_rest = true;
            assert(running == 0);
            assert(memory[WORD] % EPOCH == RESTING + WORKERS);
            memory[WORD] = 0;
            at = 0;
            do
            :: at < WORKERS ->
                memory[STATUS(at)] = AWAKE;
                memory[EVENT(at)] = 0; /* only differences mean something */
                at++
            :: else -> break
            od;
            at = 0
        }
        do
        :: d_step { tasks_left > 0 -> tasks_left-- } ready(me)
        :: break
        od;
        FENCE(me);
        atomic {
            ended = (queued == 0);
            in_rest = false;
            at_barrier = 0;
            phase = 1 - phase
        }
    :: else -> phase != arrived
    fi;
    atomic { arrived = 0; searching = false; found = false }
}

proctype worker(byte me) {
    byte at, other, seen, arrived;
    bool searching, found, won, last;
again:
    do
    :: ended -> break
    :: else ->
        take(me);
        if
        :: !found && !searching -> /* begin_search() */
            do
            :: at = LOAD(me, WORD);
                if
                :: SEARCHERS(at) != 0 && 2 * (SEARCHERS(at) + 1) > WORKERS -> break
                :: else ->
                    CAS(me, WORD, at, at + SEARCHER, searching);
                    if
                    :: searching -> break
                    :: else
                    fi
                fi
            od;
            at = 0;
            if
            :: searching -> take(me)
            :: else
            fi
        :: else
        fi;
        if
        :: found ->
            end_search(me);
            do
            :: d_step { tasks_left > 0 -> tasks_left-- } ready(me)
            :: break
            od;
            if /* a task may be quick, or wait for the others */
            :: skip
            :: last = true;
                queued == 0 || running == WORKERS;
                last = false
            fi;
            running--;
            goto again
        :: else
        fi;
        /* sleep_on_it() */
#ifndef MUTANT_ASLEEP_AFTER_COUNTING
        STORE(me, STATUS(me), ASLEEP);
#endif
        d_step {
            FENCE(me) ->
            memory[WORD] = memory[WORD] + SLEEPER - (searching -> SEARCHER : 0);
            at = memory[WORD];
            searching = false;
            assert(SLEEPERS(at) > 0 && SLEEPERS(at) <= WORKERS)
        }
#ifdef MUTANT_ASLEEP_AFTER_COUNTING
        STORE(me, STATUS(me), ASLEEP);
#endif
        arrived = at; /* the word */
        at = 0;
#ifdef MUTANT_NO_LOOK_AFTER_ANNOUNCING
        if
        :: SLEEPERS(arrived) == WORKERS -> look(me)
        :: else
        fi;
#else
        look(me);
#endif
        if
        :: found -> get_up(me)
        :: !found && SLEEPERS(arrived) == WORKERS ->
            CAS(me, WORD, arrived, arrived | RESTING, last);
            if
            :: last ->
                last = false;
                do
                :: other < WORKERS ->
                    if
                    :: other != me -> move_event(me, other)
                    :: else
                    fi;
                    other++
                :: else -> break
                od;
                other = 0;
                barrier();
                goto again
            :: else
            fi
        :: else
        fi;
        atomic { found = false; arrived = 0 }
        do /* sleep_until_woken() */
        ::
#ifndef MUTANT_EVENT_READ_AFTER_STATUS
            seen = LOAD(me, EVENT(me));
#endif
            at = LOAD(me, STATUS(me));
            if
            :: at != ASLEEP ->
                searching = (searching || at == WOKEN_TO_SEARCH);
                atomic { at = 0; seen = 0 }
                STORE(me, STATUS(me), AWAKE);
                goto again
            :: else
            fi;
            at = 0;
            if
            :: LOAD(me, WORD) & RESTING ->
                seen = 0;
                barrier();
                goto again
            :: else
            fi;
#ifdef MUTANT_EVENT_READ_AFTER_STATUS
            seen = LOAD(me, EVENT(me));
#endif
            LOAD(me, EVENT(me)) != seen
        od
    od
}

init {
    byte i;
    atomic {
        for (i : 0 .. WORKERS - 1) { run worker(i) }
        for (i : 0 .. CPUS - 1) { run buffer_of(i) }
    }
    timeout;
    assert(ended && queued == 0 && running == 0)
}
