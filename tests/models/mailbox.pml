/* The ring of a mailbox with many producers and one owner: mailbox/mailbox.c and, in runs of messages,
 * mailbox/cells.h.
 *
 * A producer reserves up to BATCH slots by one compare-and-swap of p_head, after it has read c_head; writes
 * them; waits until p_tail is its ticket; moves p_tail past them. The owner reads p_tail, then the slots,
 * then gives them back by moving c_head. Indices wrap at MODULUS, as they do at 2^32.
 *
 * Checked: nothing is lost, doubled or reordered among one producer's; no slot is written before it is
 * given back; never more than SIZE - 1 are queued; who is refused was refused by a full ring.
 *
 * Not in it: MODULUS messages going through while one producer stands between its two loads and its
 * compare-and-swap (MUTANT_SMALL_MODULUS shows what then happens; with 2^32 that takes minutes without a
 * single time slice).
 */
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef MESSAGES /* of each producer */
#define MESSAGES 3
#endif
#ifndef BATCH
#define BATCH 2
#endif
#ifndef SIZE
#define SIZE 4
#endif
#ifdef MUTANT_SMALL_MODULUS
#define MODULUS (2 * SIZE)
#else
#define MODULUS 16 /* above PRODUCERS * MESSAGES + SIZE */
#endif
#define FIRST (MODULUS - 3) /* it wraps after three messages */
#define MASK (SIZE - 1)
#define DISTANCE(to, from) (((to) + MODULUS - (from)) % MODULUS)

#define OWNER PRODUCERS
#define CPUS (PRODUCERS + 1)
#define P_HEAD 0
#define P_TAIL 1
#define C_HEAD 2
#define SLOT(position) (3 + (position) % SIZE)
#define CELLS (3 + SIZE)
#ifdef MUTANT_WEAKER_THAN_X86
#define WEAKER_THAN_X86
#endif
#include "tso.pml"

bool held[CELLS]; /* by position of the slot: written, and not yet read */
byte next_of[PRODUCERS];

#ifdef MUTANT_ROOM_FOR_ONE_MORE
#define HOLDS SIZE
#else
#define HOLDS MASK
#endif

inline write_slots() {
    i = 0;
    do
    :: i < count ->
        atomic {
            assert(!held[SLOT(head + i)]);
            held[SLOT(head + i)] = true;
            STORE(me, SLOT(head + i), 1 + me * MESSAGES + sent + i)
        }
        i++
    :: else -> break
    od
}

inline publish() {
#ifndef MUTANT_NO_WAIT_FOR_EARLIER
    LOAD(me, P_TAIL) == head;
#endif
#ifdef PUBLISH_BY_EXCHANGE
    EXCHANGE(me, P_TAIL, (head + count) % MODULUS, i);
#else
    STORE(me, P_TAIL, (head + count) % MODULUS);
#endif
    i = 0
}

proctype producer(byte me) {
    byte sent, wanted, head, used, room, count, again, i;
    bool won, was_full;
    do
    :: sent < MESSAGES ->
        if
        :: wanted = 1
        :: BATCH > 1 && MESSAGES - sent > 1 -> wanted = 2
        fi;
        head = LOAD(me, P_HEAD);
        do
        :: atomic {
                used = DISTANCE(head, LOAD(me, C_HEAD));
                was_full = DISTANCE(memory[P_HEAD], memory[C_HEAD]) >= MASK;
                room = (used <= HOLDS -> HOLDS - used : 0);
#ifdef MUTANT_ROOM_FOR_FIRST_ONLY
                count = (room > 0 -> wanted : 0)
#else
                count = (room < wanted -> room : wanted)
#endif
            }
            if
            :: count == 0 ->
#ifdef MUTANT_NO_SECOND_LOOK
                again = head;
#else
                again = LOAD(me, P_HEAD);
#endif
                if
                :: again == head ->
                    assert(was_full); /* refused; whoever sent it tries again */
                    break
                :: else -> head = again
                fi
            :: else ->
#ifdef MUTANT_NO_CAS
                STORE(me, P_HEAD, (head + count) % MODULUS);
                won = true;
#else
                CAS(me, P_HEAD, head, (head + count) % MODULUS, won);
#endif
                if
                :: won ->
                    assert(DISTANCE(memory[P_HEAD], memory[C_HEAD]) <= MASK);
#ifdef MUTANT_PUBLISH_BEFORE_WRITE
                    publish();
                    write_slots();
#else
                    write_slots();
                    publish();
#endif
                    sent = sent + count;
                    break
                :: else -> head = LOAD(me, P_HEAD)
                fi
            fi
        od;
        atomic {
            wanted = 0; head = 0; used = 0; room = 0; count = 0; again = 0; i = 0;
            won = false; was_full = false
        }
    :: else -> break
    od
}

inline give_back() {
    STORE(OWNER, C_HEAD, (head + count) % MODULUS)
}

proctype owner() {
    byte head = FIRST, count, i, value, received;
    do
    :: received < PRODUCERS * MESSAGES ->
        /* Waiting here for ever, which is a message lost, is an invalid end state. */
        d_step { LOAD(OWNER, P_TAIL) != head -> count = DISTANCE(LOAD(OWNER, P_TAIL), head) }
        assert(count <= MASK);
        if /* a batch ends before the mail does, or with it */
        :: count > 1 -> count = 1
        :: true
        fi;
#ifdef MUTANT_GIVE_BACK_BEFORE_READ
        give_back();
#endif
        i = 0;
        do
        :: i < count ->
            d_step {
                value = LOAD(OWNER, SLOT(head + i));
                assert(value > 0);
                value--;
                assert(value % MESSAGES == next_of[value / MESSAGES]);
                next_of[value / MESSAGES]++;
                held[SLOT(head + i)] = false;
                value = 0;
                i++
            }
        :: else -> break
        od;
#ifndef MUTANT_GIVE_BACK_BEFORE_READ
        give_back();
#endif
        atomic {
            head = (head + count) % MODULUS;
            received = received + count;
            count = 0;
            i = 0
        }
    :: else -> break
    od;
    assert(memory[P_TAIL] == head && memory[P_HEAD] == head)
}

init {
    byte i;
    atomic {
        memory[P_HEAD] = FIRST;
        memory[P_TAIL] = FIRST;
        memory[C_HEAD] = FIRST;
        for (i : 0 .. PRODUCERS - 1) { run producer(i) }
        run owner();
        for (i : 0 .. CPUS - 1) { run buffer_of(i) }
    }
}
