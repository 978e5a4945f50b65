/* The memory of x86: a store waits in its processor's buffer, first in, first out, before the others see it
 * (Owens, Sarkar, Sewell: A better x86 memory model, x86-TSO, 2009). A processor reads its own youngest
 * waiting store, or the memory. A locked instruction, and a fence, begins only when the buffer is empty. So
 * a load may overtake an older store, and nothing else: what is wrong because of a missing fence is wrong
 * here too.
 *
 * The file that includes this one says how many CPUS there are and how many CELLS of memory.
 * WEAKER_THAN_X86 lets stores leave their buffer in any order: what a release store is there to prevent.
 */
#define DEPTH 2 /* stores that wait at most: no protocol here needs more between locked instructions */

typedef store_buffer {
    byte count;
    byte where[DEPTH];
    byte what[DEPTH];
};
store_buffer buffer[CPUS];
byte memory[CELLS];

#define WAITING_STORE(cpu, i, at) \
    (buffer[cpu].count > i && buffer[cpu].where[i] == (at))

/* What `cpu` reads at `at`. */
#define LOAD(cpu, at) \
    (WAITING_STORE(cpu, 1, at) -> buffer[cpu].what[1] : \
        (WAITING_STORE(cpu, 0, at) -> buffer[cpu].what[0] : memory[at]))

/* True when what `cpu` stored is in memory: how a locked instruction begins, and all that a fence is. */
#define FENCE(cpu) (buffer[cpu].count == 0)

inline STORE(cpu, address, stored) {
    d_step {
        buffer[cpu].count < DEPTH ->
        buffer[cpu].where[buffer[cpu].count] = address;
        buffer[cpu].what[buffer[cpu].count] = stored;
        buffer[cpu].count++
    }
}

/* Compares and swaps; `swapped` says whether it did. */
inline CAS(cpu, address, expected, desired, swapped) {
    d_step {
        FENCE(cpu) ->
        swapped = (memory[address] == (expected));
        if
        :: swapped -> memory[address] = desired
        :: else
        fi
    }
}

inline EXCHANGE(cpu, address, stored, previous) {
    d_step {
        FENCE(cpu) ->
        previous = memory[address];
        memory[address] = stored
    }
}

inline EXCHANGE_ADD(cpu, address, stored, previous) {
    d_step {
        FENCE(cpu) ->
        previous = memory[address];
        memory[address] = previous + (stored)
    }
}

/* Store number i of a buffer goes to memory. What is not used is 0, so that equal states are equal. */
inline LEAVE(cpu, i) {
    memory[buffer[cpu].where[i]] = buffer[cpu].what[i];
    if
    :: i == 0 ->
        buffer[cpu].where[0] = buffer[cpu].where[1];
        buffer[cpu].what[0] = buffer[cpu].what[1]
    :: else
    fi;
    buffer[cpu].where[1] = 0;
    buffer[cpu].what[1] = 0;
    buffer[cpu].count--;
    if
    :: buffer[cpu].count == 0 ->
        buffer[cpu].where[0] = 0;
        buffer[cpu].what[0] = 0
    :: else
    fi
}

proctype buffer_of(byte cpu) {
end:
    do
    :: d_step { buffer[cpu].count > 0 -> LEAVE(cpu, 0) }
#ifdef WEAKER_THAN_X86
    :: d_step { buffer[cpu].count > 1 && buffer[cpu].where[0] != buffer[cpu].where[1] -> LEAVE(cpu, 1) }
#endif
    od
}
