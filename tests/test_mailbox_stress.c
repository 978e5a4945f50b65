// Mailboxes, many threads: nothing lost, nothing doubled, order per sender, counts exact; more threads than
// cores.
//
// Every message says who sent it and which one it is. A sender notes what became of each of its own; the
// owner notes what came. Then the two books are compared, with each other and with the mailbox's counters.
#include "check.h"

#include <pthread.h>

#include "engine/base/wait.h"
#include "mailbox/ring.h"

CK_RING_PROTOTYPE(ticket, entrain_message)

#ifdef ENTRAIN_TSAN
enum { MESSAGES = 6000, PAIR_MESSAGES = 60000 };
#else
enum { MESSAGES = 60000, PAIR_MESSAGES = 300000 };
#endif
enum { SENDERS = 8, MAILBOXES_MAX = 64, BATCH = 24 };

typedef struct sender {
    pthread_t thread;
    struct run *run;
    uint32_t number;
    uint64_t attempts, refused;
    uint64_t accepted[MAILBOXES_MAX],
        accepted_sum[MAILBOXES_MAX]; // messages answered ENTRAIN_OK, and their serials
} sender;

typedef struct run {
    entrain_mailbox_set *set;
    uint32_t mailbox_count, sender_count, messages;
    bool tries_again; // until there is room, so that nothing is missing at the end
    _Alignas(64) uint32_t senders_done;
    _Alignas(64) uint32_t go;
    sender senders[SENDERS];
} run;

// What an owner saw of one sender in one mailbox. Serials begin at 1.
typedef struct seen {
    uint64_t last, count, sum;
} seen;

static void await(const uint32_t *word, uint32_t wanted) {
    for (uint32_t round = 0; entrain__load_acquire_u32(word) != wanted; round++)
        entrain__wait_step(round);
}

static entrain_message message_of(uint32_t sender_number, uint64_t serial) {
    return (entrain_message){
        .from = sender_number + 1,
        .kind = ENTRAIN_KIND_USER,
        .flags = (uint16_t)serial,
        .payload = {{.u64 = serial}, {.u64 = ~serial * 3}},
    };
}

static void *send_all(void *argument) {
    sender *me = argument;
    run *r = me->run;
    await(&r->go, 1);
    for (uint64_t serial = 1; serial <= r->messages; serial++) {
        uint32_t index = (uint32_t)(serial * 2654435761u >> 16) % r->mailbox_count;
        entrain_message message = message_of(me->number, serial);
        entrain_status status;
        for (uint32_t round = 0;; round++) {
            status = entrain_mailbox_send(r->set, index, &message);
            me->attempts++;
            if (status == ENTRAIN_OK)
                break;
            me->refused++;
            if (!r->tries_again)
                break;
            entrain__wait_step(round);
        }
        if (status == ENTRAIN_OK) {
            me->accepted[index]++;
            me->accepted_sum[index] += serial;
        }
    }
    entrain__add_acq_rel_u32(&r->senders_done, 1);
    return NULL;
}

// NULL, or what is wrong with one message. Order: from one sender into one mailbox, serials only grow.
static const char *look_at(const entrain_message *message, const run *r, uint32_t index,
                           seen *seen_by_sender) {
    uint32_t number = message->from - 1;
    uint64_t serial = message->payload[0].u64;
    if (number >= r->sender_count || message->kind != ENTRAIN_KIND_USER ||
        message->flags != (uint16_t)serial || message->payload[1].u64 != ~serial * 3)
        return "a message is torn";
    if ((uint32_t)(serial * 2654435761u >> 16) % r->mailbox_count != index)
        return "a message is in another's mailbox";
    seen *s = &seen_by_sender[number];
    if (serial <= s->last)
        return "a message came twice or out of order";
    s->last = serial;
    s->count++;
    s->sum += serial;
    return NULL;
}

typedef struct owner {
    pthread_t thread;
    run *run;
    uint32_t first, end;   // the mailboxes it owns
    seen (*seen)[SENDERS]; // [mailbox]
    uint64_t received;
    const char *wrong;
} owner;

// One round over its mailboxes; how many messages came.
static uint32_t receive_round(owner *me) {
    entrain_message messages[BATCH];
    uint32_t came = 0;
    for (uint32_t index = me->first; index < me->end; index++) {
        uint32_t count = entrain_mailbox_receive(me->run->set, index, messages, BATCH - index % 5);
        for (uint32_t i = 0; i < count && me->wrong == NULL; i++)
            me->wrong = look_at(&messages[i], me->run, index, me->seen[index]);
        came += count;
    }
    return came;
}

static void *receive_all(void *argument) {
    owner *me = argument;
    entrain__store_release_u32(&me->run->go, 1);
    for (uint32_t round = 0;; round++) {
        // Read before the round: when all were done before it and it finds nothing, there is nothing.
        bool last = entrain__load_acquire_u32(&me->run->senders_done) == me->run->sender_count;
        uint32_t came = receive_round(me);
        me->received += came;
        if (came == 0 && last)
            return NULL;
        if (came != 0)
            round = 0;
        entrain__wait_step(round);
    }
}

// A bystander: whatever it asks while others work, the answers must be possible ones.
static void *ask_all_the_time(void *argument) {
    run *r = argument;
    uintptr_t wrong = 0;
    await(&r->go, 1);
    while (entrain__load_acquire_u32(&r->senders_done) != r->sender_count) {
        entrain_message_count count;
        entrain_mailbox_set_count(r->set, &count);
        for (uint32_t i = 0; i < r->mailbox_count; i++)
            wrong += entrain_mailbox_queued(r->set, i) > entrain_mailbox_capacity(r->set, i);
        entrain__wait_step(ENTRAIN__WAIT_YIELD);
    }
    return (void *)wrong;
}

static void compare_books(run *r, seen (*seen_in)[SENDERS], uint64_t received) {
    uint64_t attempts = 0, refused = 0, accepted = 0;
    entrain_message_count count;
    entrain_mailbox_set_count(r->set, &count);
    for (uint32_t n = 0; n < r->sender_count; n++) {
        sender *s = &r->senders[n];
        attempts += s->attempts;
        refused += s->refused;
        for (uint32_t i = 0; i < r->mailbox_count; i++) {
            accepted += s->accepted[i];
            if (r->set->overflow == ENTRAIN_OVERFLOW_FAIL) { // the senders know exactly what was stored
                assert_int_equal(seen_in[i][n].count, s->accepted[i]);
                assert_int_equal(seen_in[i][n].sum, s->accepted_sum[i]);
            } else
                assert_true(seen_in[i][n].count <= s->accepted[i]);
        }
    }
    assert_int_equal(count.sent, attempts);
    assert_int_equal(count.undeliverable, refused);
    assert_int_equal(count.received, received);
    assert_int_equal(count.queued, 0);
    assert_int_equal(count.shed, accepted - received);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    if (r->tries_again)
        assert_int_equal(received, (uint64_t)r->messages * r->sender_count);
}

static void run_senders_and_owners(uint32_t messages, uint32_t mailbox_count, uint32_t capacity,
                                   entrain_overflow overflow, bool tries_again, uint32_t owner_count,
                                   uint32_t start) {
    entrain_mailbox_set_config config = entrain_mailbox_set_config_defaults();
    config.mailbox_count = mailbox_count;
    config.capacity = capacity;
    config.overflow = overflow;
    static run r;
    r = (run){.mailbox_count = mailbox_count,
              .sender_count = SENDERS,
              .messages = messages,
              .tries_again = tries_again};
    assert_int_equal(entrain_mailbox_set_create(&config, &r.set, NULL), ENTRAIN_OK);
    for (uint32_t i = 0; i < mailbox_count; i++) {
        ck_ring_t *ring = entrain__mailbox_ring(r.set, i);
        ring->c_head = ring->p_tail = ring->p_head = start;
    }

    static seen seen_in[MAILBOXES_MAX][SENDERS];
    memset(seen_in, 0, sizeof seen_in);
    owner owners[2];
    pthread_t bystander;
    for (uint32_t n = 0; n < SENDERS; n++) {
        r.senders[n] = (sender){.run = &r, .number = n};
        assert_int_equal(pthread_create(&r.senders[n].thread, NULL, send_all, &r.senders[n]), 0);
    }
    assert_int_equal(pthread_create(&bystander, NULL, ask_all_the_time, &r), 0);
    for (uint32_t n = 0; n < owner_count; n++) {
        owners[n] = (owner){.run = &r,
                            .first = mailbox_count * n / owner_count,
                            .end = mailbox_count * (n + 1) / owner_count,
                            .seen = seen_in};
        assert_int_equal(pthread_create(&owners[n].thread, NULL, receive_all, &owners[n]), 0);
    }
    for (uint32_t n = 0; n < SENDERS; n++)
        pthread_join(r.senders[n].thread, NULL);
    void *impossible = NULL;
    pthread_join(bystander, &impossible);
    assert_null(impossible);
    uint64_t received = 0;
    for (uint32_t n = 0; n < owner_count; n++) {
        pthread_join(owners[n].thread, NULL);
        if (owners[n].wrong != NULL)
            fail_msg("%s", owners[n].wrong);
        received += owners[n].received;
    }
    compare_books(&r, seen_in, received);
    entrain_mailbox_set_destroy(r.set);
}

static void many_into_one_until_stored(void **state) {
    (void)state;
    run_senders_and_owners(MESSAGES, 1, 127, ENTRAIN_OVERFLOW_FAIL, true, 1,
                           0u - 1000u); // wraps 2^32 on the way
    run_senders_and_owners(MESSAGES / 10, 1, 1, ENTRAIN_OVERFLOW_FAIL, true, 1, 0);
}
static void many_into_one_fail(void **state) {
    (void)state;
    run_senders_and_owners(MESSAGES, 1, 31, ENTRAIN_OVERFLOW_FAIL, false, 1, 0u - 5u);
}
static void many_into_one_shed(void **state) {
    (void)state;
    run_senders_and_owners(MESSAGES, 1, 31, ENTRAIN_OVERFLOW_SHED_NEWEST, false, 1, 0);
}
static void many_into_many(void **state) {
    (void)state;
    run_senders_and_owners(MESSAGES, MAILBOXES_MAX, 7, ENTRAIN_OVERFLOW_FAIL, true, 2, 0u - 40u);
    run_senders_and_owners(MESSAGES, MAILBOXES_MAX, 7, ENTRAIN_OVERFLOW_FAIL, false, 2, 0);
    run_senders_and_owners(MESSAGES, MAILBOXES_MAX, 7, ENTRAIN_OVERFLOW_SHED_NEWEST, false, 2, 0);
}

// A producer that loses its core between reserve and commit, played by this test: the others wait behind it,
// and only until it comes back.
typedef struct waiter {
    pthread_t thread;
    entrain_mailbox_set *set;
    uint32_t number, *returned;
} waiter;

static void *send_one(void *argument) {
    waiter *me = argument;
    entrain_message message = message_of(me->number, 7);
    entrain_status status = entrain_mailbox_send(me->set, 0, &message);
    entrain__add_acq_rel_u32(me->returned, 1);
    return status == ENTRAIN_OK ? NULL : me;
}

static void a_preempted_producer_holds_up_only_until_it_resumes(void **state) {
    (void)state;
    entrain_mailbox_set_config config = entrain_mailbox_set_config_defaults();
    entrain_mailbox_set *set;
    assert_int_equal(entrain_mailbox_set_create(&config, &set, NULL), ENTRAIN_OK);
    ck_ring_t *ring = &set->rings[0];
    unsigned int ticket = 0;
    entrain_message *slot = ck_ring_enqueue_reserve_mpsc_ticket(ring, set->slots, &ticket);
    entrain__add_acq_rel_u64(&set->counters[0].sent, 1);
    assert_non_null(slot);

    waiter waiters[SENDERS];
    uint32_t returned = 0;
    for (uint32_t n = 0; n < SENDERS; n++) {
        waiters[n] = (waiter){.set = set, .number = n + 1, .returned = &returned};
        assert_int_equal(pthread_create(&waiters[n].thread, NULL, send_one, &waiters[n]), 0);
    }
    await(&ring->p_head, ticket + 1 + SENDERS); // all have their tickets, and wait
    entrain_message messages[SENDERS + 2];
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(entrain_mailbox_receive(set, 0, messages, SENDERS + 2), 0);
        entrain__wait_step(ENTRAIN__WAIT_YIELD);
    }
    assert_int_equal(entrain__load_acquire_u32(&returned), 0);

    *slot = message_of(0, 7);
    entrain__store_release_u32(&ring->p_tail, ticket + 1); // resumes
    for (uint32_t n = 0; n < SENDERS; n++) {
        void *refused = NULL;
        pthread_join(waiters[n].thread, &refused);
        assert_null(refused);
    }
    assert_int_equal(entrain_mailbox_receive(set, 0, messages, SENDERS + 2), SENDERS + 1);
    uint32_t came = 0;
    assert_int_equal(messages[0].from, 1); // first ticket, first out
    for (uint32_t i = 0; i <= SENDERS; i++)
        came |= UINT32_C(1) << messages[i].from;
    assert_int_equal(came, (UINT32_C(1) << (SENDERS + 2)) - 2); // each once
    entrain_message_count count;
    entrain_mailbox_set_count(set, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    entrain_mailbox_set_destroy(set);
}

// One producer, one owner, on two threads.
typedef struct pair {
    entrain_mailbox_set *set;
    uint64_t refused;
} pair;

static void *send_pair(void *argument) {
    pair *p = argument;
    for (uint64_t serial = 1; serial <= PAIR_MESSAGES; serial++) {
        entrain_message message = message_of(0, serial);
        for (uint32_t round = 0; entrain_mailbox_send(p->set, 0, &message) != ENTRAIN_OK; round++) {
            p->refused++;
            entrain__wait_step(round);
        }
    }
    return NULL;
}

static void *send_pair_in_batches(void *argument) {
    pair *p = argument;
    for (uint64_t serial = 1; serial <= PAIR_MESSAGES;) {
        uint32_t room = entrain__mailbox_room(p->set, 0);
        for (uint32_t round = 0; room == 0; room = entrain__mailbox_room(p->set, 0))
            entrain__wait_step(round++);
        uint64_t left = PAIR_MESSAGES - serial + 1;
        uint32_t count = room < left ? room : (uint32_t)left;
        entrain__span span = entrain__mailbox_reserve(p->set, 0, count);
        for (uint32_t i = 0; i < span.first_count; i++)
            span.first[i] = message_of(0, serial++);
        for (uint32_t i = 0; i < span.second_count; i++)
            span.second[i] = message_of(0, serial++);
        entrain__mailbox_commit(p->set, 0, count);
    }
    return NULL;
}

static uint32_t receive_or_peek(entrain_mailbox_set *set, entrain_message *messages_out) {
    if (set->counters != NULL)
        return entrain_mailbox_receive(set, 0, messages_out, BATCH);
    entrain__span span = entrain__mailbox_peek(set, 0);
    uint32_t count = 0;
    for (uint32_t i = 0; i < span.first_count && count < BATCH; i++)
        messages_out[count++] = span.first[i];
    for (uint32_t i = 0; i < span.second_count && count < BATCH; i++)
        messages_out[count++] = span.second[i];
    entrain__mailbox_release(set, 0, count);
    return count;
}

static void run_pair(bool bare, uint32_t capacity) {
    entrain_mailbox_set_config config = entrain_mailbox_set_config_defaults();
    config.producers = ENTRAIN_PRODUCERS_ONE;
    config.capacity = capacity;
    pair p = {0};
    assert_int_equal(bare ? entrain__mailbox_set_create_bare(&config, &p.set, NULL)
                          : entrain_mailbox_set_create(&config, &p.set, NULL),
                     ENTRAIN_OK);
    p.set->rings[0].c_head = p.set->rings[0].p_tail = p.set->rings[0].p_head = 0u - 333u;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, bare ? send_pair_in_batches : send_pair, &p), 0);
    uint64_t next = 1, wrong = 0;
    for (uint32_t round = 0; next <= PAIR_MESSAGES; round++) {
        entrain_message messages[BATCH];
        uint32_t came = receive_or_peek(p.set, messages);
        for (uint32_t i = 0; i < came; i++, next++) {
            entrain_message wanted = message_of(0, next);
            wrong += memcmp(&messages[i], &wanted, sizeof wanted) != 0;
        }
        if (came != 0)
            round = 0;
        entrain__wait_step(round);
    }
    pthread_join(thread, NULL);
    assert_int_equal(wrong, 0);
    if (!bare) {
        entrain_message_count count;
        entrain_mailbox_set_count(p.set, &count);
        assert_int_equal(count.sent, PAIR_MESSAGES + p.refused);
        assert_int_equal(count.undeliverable, p.refused);
        assert_int_equal(count.received, PAIR_MESSAGES);
        assert_int_equal(entrain_message_count_residual(&count), 0);
    }
    assert_int_equal(entrain_mailbox_queued(p.set, 0), 0);
    entrain_mailbox_set_destroy(p.set);
}

static void one_producer_and_one_owner(void **state) {
    (void)state;
    run_pair(false, 63);
    run_pair(false, 1);
}
static void one_producer_and_one_owner_in_batches(void **state) {
    (void)state;
    run_pair(true, 63);
    run_pair(true, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_into_one_until_stored),
        cmocka_unit_test(many_into_one_fail),
        cmocka_unit_test(many_into_one_shed),
        cmocka_unit_test(many_into_many),
        cmocka_unit_test(a_preempted_producer_holds_up_only_until_it_resumes),
        cmocka_unit_test(one_producer_and_one_owner),
        cmocka_unit_test(one_producer_and_one_owner_in_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
