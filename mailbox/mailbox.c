// Sets of mailboxes: packed ck_rings with their slots in one block, and the policies for what does not fit.
//
//   block = | set | ring headers, 24 B or 64 B | first-slot offsets, 8 B | slots, 24 B | counters, 128 B |
//
// Each part starts a cache line. A bare set has no counters: its engine counts per cohort, and uses the batch
// calls of mailbox/ring.h alone.
//
// Invariants, for every ring and as 32-bit numbers that wrap. With many producers c_head <= p_tail <= p_head,
// with one p_head stays where it began. Always p_tail - c_head <= size - 1. A slot at position p is written
// by whoever holds ticket p, between reserving it and moving p_tail past it; it is read by the owner, between
// seeing p_tail past it and moving c_head past it.
//
// Many producers. libck's own multi-producer enqueue takes a ticket and then spins until the earlier
// producers have committed; when one of them has lost its core, the others burn theirs, and the more
// producers than cores there are, the worse (16 on 2 cores: 16 messages a second). Here tickets are taken
// with libck's reserve, and the wait for earlier producers is the shared one, which yields, and in the end
// sleeps, so that a producer of lower priority gets its core back. It stays a wait:
// a producer that is never scheduled again between its reserve and its commit holds up the senders behind it,
// so this path is not lock-free, let alone wait-free.
#include "mailbox/ring.h"

#include <inttypes.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/wait.h"

// The typed reserves of CK_RING_PROTOTYPE are used, and libck's commit for one producer. Not its enqueues,
// which want the message not const; not its commit for many producers, which spins; not its dequeue, which
// moves one at a time.
CK_RING_PROTOTYPE(message, entrain_message)

enum { CAPACITY_MAX = (1 << 24) - 1, MAILBOXES_MAX = (1 << 24) - 1 };

static const char *const overflow_names[] = {
    [ENTRAIN_OVERFLOW_FAIL] = "fail",
    [ENTRAIN_OVERFLOW_SHED_NEWEST] = "shed-newest",
    [ENTRAIN_OVERFLOW_SHED_OLDEST] = "shed-oldest",
    [ENTRAIN_OVERFLOW_CONFLATE] = "conflate",
    [ENTRAIN_OVERFLOW_BLOCK] = "block",
};
_Static_assert(sizeof overflow_names / sizeof *overflow_names == ENTRAIN_OVERFLOW_COUNT,
               "one name per policy");

const char *entrain_overflow_name(entrain_overflow overflow) {
    return (unsigned)overflow < ENTRAIN_OVERFLOW_COUNT ? overflow_names[overflow] : NULL;
}

int64_t entrain_message_count_residual(const entrain_message_count *count) {
    ENTRAIN_ASSERT(count != NULL);
    return (int64_t)(count->sent - (count->received + count->queued + count->shed + count->conflated +
                                    count->lost + count->cancelled + count->undeliverable));
}

entrain_mailbox_set_config entrain_mailbox_set_config_defaults(void) {
    return (entrain_mailbox_set_config){
        .mailbox_count = 1,
        .capacity = 64,
        .producers = ENTRAIN_PRODUCERS_MANY,
        .overflow = ENTRAIN_OVERFLOW_FAIL,
    };
}

static uint32_t capacity_asked(const entrain_mailbox_set_config *config, uint32_t index) {
    return config->capacities != NULL ? config->capacities[index] : config->capacity;
}

// The smallest ring that holds @p capacity messages: a power of two above it, because a ring of n slots holds
// n - 1.
static uint32_t ring_size_for(uint32_t capacity) {
    ENTRAIN_ASSERT(capacity >= 1 && capacity <= CAPACITY_MAX);
    return UINT32_C(1) << (32 - __builtin_clz(capacity));
}

static entrain_status refuse_capacity(const entrain_mailbox_set_config *config, uint32_t index,
                                      entrain_error *error_out) {
    static const char range[] =
        "a mailbox holds 1 to 16777215 messages (a ring of 2 to 2^24 slots, one of which stays "
        "empty); ask for one of these";
    uint32_t capacity = capacity_asked(config, index);
    if (config->capacities == NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "capacity is %" PRIu32 ": %s.", capacity, range);
    return entrain_error_set(error_out, ENTRAIN_INVALID, "capacities[%" PRIu32 "] is %" PRIu32 ": %s.", index,
                             capacity, range);
}

static entrain_status validate(const entrain_mailbox_set_config *config, entrain_error *error_out) {
    if (config->mailbox_count < 1 || config->mailbox_count > MAILBOXES_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "mailbox_count is %" PRIu32
                                 ": a set has 1 to %d mailboxes; ask for one of these.",
                                 config->mailbox_count, MAILBOXES_MAX);
    if (config->producers != ENTRAIN_PRODUCERS_ONE && config->producers != ENTRAIN_PRODUCERS_MANY)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "producers is %d: say ENTRAIN_PRODUCERS_ONE (0) or ENTRAIN_PRODUCERS_MANY (1).",
            (int)config->producers);
    if (entrain_overflow_name(config->overflow) == NULL)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "overflow is %d: say ENTRAIN_OVERFLOW_FAIL (0) or ENTRAIN_OVERFLOW_SHED_NEWEST (1).",
            (int)config->overflow);
    uint32_t capacities = config->capacities != NULL ? config->mailbox_count : 1;
    for (uint32_t i = 0; i < capacities; i++)
        if (capacity_asked(config, i) < 1 || capacity_asked(config, i) > CAPACITY_MAX)
            return refuse_capacity(config, i, error_out);
    return ENTRAIN_OK;
}

// Where the parts of the block begin, in bytes. 2^24 mailboxes of 2^24 slots are below 2^53: nothing
// overflows.
typedef struct layout {
    size_t rings, offsets, slots, counters, bytes;
    size_t ring_stride;
    uint64_t slot_count;
} layout;

static size_t line_up(size_t bytes) {
    return (bytes + ENTRAIN_CACHE_LINE - 1) / ENTRAIN_CACHE_LINE * ENTRAIN_CACHE_LINE;
}

static layout lay_out(const entrain_mailbox_set_config *config, bool counted) {
    size_t count = config->mailbox_count;
    layout l = {.rings = line_up(sizeof(entrain_mailbox_set)), .ring_stride = sizeof(ck_ring_t)};
    if (config->producers == ENTRAIN_PRODUCERS_MANY)
        l.ring_stride = line_up(l.ring_stride);
    if (config->capacities == NULL)
        l.slot_count = (uint64_t)count * ring_size_for(config->capacity);
    else
        for (uint32_t i = 0; i < config->mailbox_count; i++)
            l.slot_count += ring_size_for(config->capacities[i]);
    l.offsets = line_up(l.rings + count * l.ring_stride);
    l.slots = line_up(l.offsets + count * sizeof(uint64_t));
    l.counters = line_up(l.slots + l.slot_count * sizeof(entrain_message));
    l.bytes = l.counters + (counted ? count * sizeof(entrain__mailbox_counter) : 0);
    return l;
}

static entrain_status create(const entrain_mailbox_set_config *config, bool counted,
                             entrain_mailbox_set **set_out, entrain_error *error_out) {
    layout l = lay_out(config, counted);
    entrain__arena *arena = NULL;
    char *block = NULL;
    if (entrain__arena_create(&arena) != ENTRAIN_OK ||
        (block = entrain__arena_take(arena, l.bytes, 1)) == NULL)
        goto fail;
    entrain_mailbox_set *set = (entrain_mailbox_set *)(void *)block;
    uint64_t *offsets = (uint64_t *)(void *)(block + l.offsets);
    *set = (entrain_mailbox_set){
        .rings = (ck_ring_t *)(void *)(block + l.rings),
        .ring_stride = l.ring_stride,
        .offsets = offsets,
        .slots = (entrain_message *)(void *)(block + l.slots),
        .counters = counted ? (entrain__mailbox_counter *)(void *)(block + l.counters) : NULL,
        .mailbox_count = config->mailbox_count,
        .producers = config->producers,
        .overflow = config->overflow,
        .bytes = l.bytes,
        .memory = arena,
    };
    uint64_t offset = 0;
    for (uint32_t i = 0; i < set->mailbox_count; i++) {
        uint32_t size = ring_size_for(capacity_asked(config, i));
        ck_ring_init(entrain__mailbox_ring(set, i), size);
        offsets[i] = offset;
        offset += size;
    }
    ENTRAIN_ASSERT(offset == l.slot_count);
    *set_out = set;
    return ENTRAIN_OK;
fail:
    entrain__arena_destroy(arena);
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                             "%" PRIu32 " mailboxes with %" PRIu64
                             " slots need %zu bytes, which could not be had; ask "
                             "for fewer mailboxes or a smaller capacity.",
                             config->mailbox_count, l.slot_count, l.bytes);
}

entrain_status entrain_mailbox_set_create(const entrain_mailbox_set_config *config,
                                          entrain_mailbox_set **set_out, entrain_error *error_out) {
    ENTRAIN_ASSERT(config != NULL && set_out != NULL);
    entrain_status status = validate(config, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (config->overflow != ENTRAIN_OVERFLOW_FAIL && config->overflow != ENTRAIN_OVERFLOW_SHED_NEWEST)
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "overflow is %s: a sender can neither take out what is queued nor wait without holding up its "
            "thread, so a set of mailboxes does fail or shed-newest; an engine in lockstep does all five.",
            entrain_overflow_name(config->overflow));
    return create(config, true, set_out, error_out);
}

entrain_status entrain__mailbox_set_create_bare(const entrain_mailbox_set_config *config,
                                                entrain_mailbox_set **set_out, entrain_error *error_out) {
    ENTRAIN_ASSERT(config != NULL && set_out != NULL);
    entrain_status status = validate(config, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (config->producers != ENTRAIN_PRODUCERS_ONE)
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "producers is ENTRAIN_PRODUCERS_MANY: a set without counters has one producer at a "
            "time; say ENTRAIN_PRODUCERS_ONE.");
    return create(config, false, set_out, error_out);
}

void entrain_mailbox_set_destroy(entrain_mailbox_set *set) {
    if (set != NULL)
        entrain__arena_destroy(set->memory); // the set itself lies in it
}

uint32_t entrain_mailbox_count(const entrain_mailbox_set *set) { return set->mailbox_count; }

uint32_t entrain_mailbox_capacity(const entrain_mailbox_set *set, uint32_t index) {
    ENTRAIN_ASSERT(index < set->mailbox_count);
    return entrain__mailbox_ring(set, index)->mask;
}

uint32_t entrain_mailbox_queued(const entrain_mailbox_set *set, uint32_t index) {
    ENTRAIN_ASSERT(index < set->mailbox_count);
    const ck_ring_t *ring = entrain__mailbox_ring(set, index);
    // The head first: what comes between the two loads can then only add. Pairs with the owner's release of
    // c_head and the senders' of p_tail. For a bystander more than a ring may have passed in between; say
    // full then.
    uint32_t head = entrain__load_acquire_u32(&ring->c_head);
    uint32_t queued = entrain__load_acquire_u32(&ring->p_tail) - head;
    return queued < ring->mask ? queued : ring->mask;
}

size_t entrain_mailbox_set_bytes(const entrain_mailbox_set *set) { return set->bytes; }

// Adds one to a senders' counter. Read by entrain_mailbox_set_count() when nothing runs, so no order is
// needed; an add that other senders cannot lose is, where there are any.
static void count_one(const entrain_mailbox_set *set, uint64_t *counter) {
    if (set->producers == ENTRAIN_PRODUCERS_MANY)
        entrain__add_acq_rel_u64(counter, 1);
    else
        entrain__store_relaxed_u64(counter, *counter + 1);
}

static bool store_one_producer(ck_ring_t *ring, entrain_message *slots, const entrain_message *message) {
    entrain_message *slot = ck_ring_enqueue_reserve_spsc_message(ring, slots);
    if (slot == NULL)
        return false;
    *slot = *message;
    // Publishes the slot. Pairs with the acquire load of p_tail in entrain__ring_peek().
    ck_ring_enqueue_commit_spsc(ring);
    return true;
}

static bool store_many_producers(ck_ring_t *ring, entrain_message *slots, const entrain_message *message) {
    unsigned int ticket;
    entrain_message *slot = ck_ring_enqueue_reserve_mpsc_message(ring, slots, &ticket);
    if (slot == NULL)
        return false;
    *slot = *message;
    // Waits for the producers of the earlier tickets; ends when they have committed. Pairs with their release
    // below: with that acquire, what p_tail publishes next includes their slots.
    for (uint32_t round = 0; entrain__load_acquire_u32(&ring->p_tail) != ticket; round++)
        entrain__wait_step(round);
    // Publishes the slot. Pairs with the acquire loads of p_tail above and in entrain__ring_peek().
    entrain__store_release_u32(&ring->p_tail, ticket + 1);
    return true;
}

entrain_status entrain_mailbox_send(entrain_mailbox_set *set, uint32_t index,
                                    const entrain_message *message) {
    ENTRAIN_ASSERT(index < set->mailbox_count);
    ENTRAIN_ASSERT(set->counters != NULL); // a bare set is filled by reserve and commit
    ck_ring_t *ring = entrain__mailbox_ring(set, index);
    entrain_message *slots = set->slots + set->offsets[index];
    entrain__mailbox_counter *counter = &set->counters[index];
    count_one(set, &counter->sent);
    bool stored = set->producers == ENTRAIN_PRODUCERS_MANY ? store_many_producers(ring, slots, message)
                                                           : store_one_producer(ring, slots, message);
    if (stored)
        return ENTRAIN_OK;
    if (set->overflow == ENTRAIN_OVERFLOW_SHED_NEWEST) {
        count_one(set, &counter->shed);
        return ENTRAIN_OK;
    }
    count_one(set, &counter->undeliverable);
    return ENTRAIN_FULL;
}

uint32_t entrain_mailbox_receive(entrain_mailbox_set *set, uint32_t index, entrain_message *messages_out,
                                 uint32_t limit) {
    ENTRAIN_ASSERT(index < set->mailbox_count);
    ENTRAIN_ASSERT(set->counters != NULL); // a bare set is emptied by peek and release
    ck_ring_t *ring = entrain__mailbox_ring(set, index);
    entrain__span span = entrain__ring_peek(ring, set->slots + set->offsets[index]);
    uint32_t first = span.first_count < limit ? span.first_count : limit;
    uint32_t second = span.second_count < limit - first ? span.second_count : limit - first;
    if (first == 0)
        return 0;
    memcpy(messages_out, span.first, first * sizeof *messages_out);
    memcpy(messages_out + first, span.second, second * sizeof *messages_out);
    entrain__ring_release(ring, first + second);
    uint64_t *received = &set->counters[index].received;
    entrain__store_relaxed_u64(received, *received + first + second); // the owner is its only writer
    return first + second;
}

void entrain_mailbox_set_count(const entrain_mailbox_set *set, entrain_message_count *count_out) {
    ENTRAIN_ASSERT(set->counters != NULL && count_out != NULL);
    entrain_message_count count = {0};
    for (uint32_t i = 0; i < set->mailbox_count; i++) {
        const entrain__mailbox_counter *counter = &set->counters[i];
        count.received += entrain__load_relaxed_u64(&counter->received);
        count.queued += entrain_mailbox_queued(set, i);
        count.shed += entrain__load_relaxed_u64(&counter->shed);
        count.undeliverable += entrain__load_relaxed_u64(&counter->undeliverable);
        count.sent += entrain__load_relaxed_u64(&counter->sent);
    }
    *count_out = count;
}
