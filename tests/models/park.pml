/* Workers that look for work, sleep, are woken, and find out that all are at rest: scheduler/ready.c with
 * policy steal.
 *
 * Every worker has a ring that it alone puts tasks into and all take from. After putting one in, and a full
 * fence, it wakes a sleeper if somebody sleeps and nobody searches. Who finds no task looks a while longer,
 * as a searcher, unless half of the workers do already; the last searcher to find something wakes another.
 * Who still has none announces itself asleep, looks once more, gets up again if there is something, and
 * else sleeps until its event moves. Who wakes it swaps `asleep` for 0, corrects the two counts for it,
 * then moves its event. Who announces itself as the last of all looks on behalf of all, and if there is
 * nothing sends all of them to the barrier, where the last to arrive calls rest().
 *
 * Checked: no task runs while somebody is in rest(), and the run ends only with nothing queued; nobody is
 * left asleep, and no wake-up is lost: a task may take so long that it ends only when nothing is queued any
 * more or all workers run one, so that somebody asleep, or gone to the barrier, who should be awake holds
 * it up for ever. Nobody is counted twice.
 *
 * The private next slot is left out: a task in it waits for its worker, by design.
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
#define ASLEEP(worker) (2 * WORKERS + (worker))
#define EVENT(worker) (3 * WORKERS + (worker))
#define ASLEEP_COUNT (4 * WORKERS)
#define SEARCHING_COUNT (4 * WORKERS + 1)
#define RESTING (4 * WORKERS + 2)
#define CELLS (4 * WORKERS + 3)
#include "tso.pml"

byte tasks_left = TASKS, queued, running, at_barrier, phase;
bool ended, in_rest;

inline move_event(cpu, worker) {
    d_step {
        FENCE(cpu) ->
        memory[EVENT(worker)] = (memory[EVENT(worker)] + 1) % 8
    }
}

inline wake_anybody(cpu) {
    at = LOAD(cpu, ASLEEP_COUNT);
    if
    :: at != 0 && LOAD(cpu, SEARCHING_COUNT) == 0 ->
        at = 0;
        do
        :: other < WORKERS ->
            if
            :: LOAD(cpu, ASLEEP(other)) -> CAS(cpu, ASLEEP(other), 1, 0, won)
            :: else
            fi;
            if
            :: won ->
#ifdef MUTANT_EVENT_BEFORE_COUNTS
                move_event(cpu, other);
#endif
                EXCHANGE_ADD(cpu, ASLEEP_COUNT, -1, at);
                EXCHANGE_ADD(cpu, SEARCHING_COUNT, 1, at);
#ifndef MUTANT_EVENT_BEFORE_COUNTS
                move_event(cpu, other);
#endif
                break
            :: else -> other++
            fi
        :: else -> break
        od
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

inline stop_searching(cpu) {
    searching = false;
    EXCHANGE_ADD(cpu, SEARCHING_COUNT, -1, at);
    if
    :: found && at == 1 -> wake_anybody(cpu)
    :: else
    fi;
    at = 0
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
            memory[RESTING] = 0;
            memory[ASLEEP_COUNT] = 0;
            memory[SEARCHING_COUNT] = 0;
            at = 0;
            do
            :: at < WORKERS ->
                memory[ASLEEP(at)] = 0;
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
        :: found ->
            if
            :: searching -> stop_searching(me)
            :: else
            fi;
            found = false;
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
        /* wait_for_task() */
        if
        :: !searching && 2 * LOAD(me, SEARCHING_COUNT) < WORKERS ->
            EXCHANGE_ADD(me, SEARCHING_COUNT, 1, at);
            at = 0;
            searching = true
        :: else
        fi;
        if
        :: searching ->
            look(me);
            stop_searching(me);
            if
            :: found ->
                found = false;
                goto again
            :: else
            fi
        :: else
        fi;
#ifndef MUTANT_EVENT_READ_AFTER_ANNOUNCING
        seen = LOAD(me, EVENT(me));
#endif
        if
        :: LOAD(me, RESTING) ->
            seen = 0;
            barrier();
            goto again
        :: else
        fi;
        EXCHANGE(me, ASLEEP(me), 1, at);
        EXCHANGE_ADD(me, ASLEEP_COUNT, 1, at);
        assert(at != WORKERS); /* -1 can be, for a moment: its waker was quicker */
        last = (at + 1 == WORKERS);
        at = 0;
#ifdef MUTANT_EVENT_READ_AFTER_ANNOUNCING
        seen = LOAD(me, EVENT(me));
#endif
        if
        :: last ->
            last = false;
            look(me);
            if
            :: !found ->
                STORE(me, RESTING, 1);
                do
                :: other < WORKERS ->
                    if
                    :: other != me -> move_event(me, other)
                    :: else
                    fi;
                    other++
                :: else -> break
                od;
                atomic { other = 0; seen = 0 }
                barrier();
                goto again
            :: else -> found = false
            fi
        :: else
        fi;
#ifndef MUTANT_NO_LOOK_AFTER_ANNOUNCING
        look(me);
#endif
        if
        :: found ->
            found = false;
            CAS(me, ASLEEP(me), 1, 0, won); /* get_up() */
            if
            :: won ->
                won = false;
                EXCHANGE_ADD(me, ASLEEP_COUNT, -1, at);
                at = 0;
                seen = 0;
                goto again
            :: else
#ifdef MUTANT_GETS_UP_BEFORE_ITS_WAKER_IS_DONE
                ->
                searching = true;
                seen = 0;
                goto again
#endif
            fi
        :: else
        fi;
        LOAD(me, EVENT(me)) != seen;
        seen = 0;
        if
        :: LOAD(me, RESTING) -> barrier()
        :: else -> searching = true
        fi
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
