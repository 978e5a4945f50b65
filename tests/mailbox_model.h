/// @file mailbox_model.h  One property body: mailboxes do what a plain list would. For test_mailbox.c and
/// fuzz_mailbox.c.
///
/// A program is bytes. The first four choose the set (kind, capacity, where its positions begin: also just
/// before 2^32), then every two bytes are one call on one of its three mailboxes: what, and how many. After
/// every call everything that can be asked is compared with the model: contents, order, room, queued,
/// statuses, and where messages went.
#ifndef ENTRAIN_TESTS_MAILBOX_MODEL_H
#define ENTRAIN_TESTS_MAILBOX_MODEL_H

#include <stdint.h>
#include <string.h>

#include "mailbox/ring.h"

enum { MODEL_MAILBOXES = 3, MODEL_CAPACITY_MAX = 64, MODEL_BATCH_MAX = 80 };

typedef struct model_mailbox {
    uint64_t queue[MODEL_CAPACITY_MAX]; // serials, oldest first
    uint32_t queued, capacity;
} model_mailbox;

typedef struct model {
    entrain_mailbox_set *set;
    model_mailbox mailboxes[MODEL_MAILBOXES];
    entrain_message_count count;
    uint64_t serial; // of the next message
} model;

/// A message that says which one it is in every field.
static inline entrain_message model_message(uint64_t serial) {
    return (entrain_message){
        .from = (entrain_id)(serial * 2654435761u),
        .kind = (uint16_t)(ENTRAIN_KIND_USER + serial % 1000),
        .flags = (uint16_t)(serial >> 3),
        .payload = {{.u64 = serial}, {.u64 = ~serial}},
    };
}
static inline bool model_message_is(const entrain_message *message, uint64_t serial) {
    entrain_message wanted = model_message(serial);
    return memcmp(message, &wanted, sizeof wanted) == 0;
}

// The property: NULL, or the first thing that does not hold.
#define MODEL_CHECK(fact)                                                                                    \
    do {                                                                                                     \
        if (!(fact))                                                                                         \
            return #fact;                                                                                    \
    } while (0)

static inline void model_take(model_mailbox *mailbox, uint32_t count) {
    mailbox->queued -= count;
    memmove(mailbox->queue, mailbox->queue + count, mailbox->queued * sizeof *mailbox->queue);
}

static inline const char *model_send(model *m, uint32_t index, uint32_t count) {
    model_mailbox *mailbox = &m->mailboxes[index];
    for (uint32_t i = 0; i < count; i++) {
        entrain_message message = model_message(m->serial);
        entrain_status status = entrain_mailbox_send(m->set, index, &message);
        m->count.sent++;
        if (mailbox->queued < mailbox->capacity) {
            MODEL_CHECK(status == ENTRAIN_OK);
            mailbox->queue[mailbox->queued++] = m->serial;
        } else if (m->set->overflow == ENTRAIN_OVERFLOW_FAIL) {
            MODEL_CHECK(status == ENTRAIN_FULL);
            m->count.undeliverable++;
        } else {
            MODEL_CHECK(status == ENTRAIN_OK);
            m->count.shed++;
        }
        m->serial++;
    }
    return NULL;
}

static inline const char *model_receive(model *m, uint32_t index, uint32_t limit) {
    model_mailbox *mailbox = &m->mailboxes[index];
    entrain_message messages[MODEL_BATCH_MAX];
    uint32_t wanted = limit < mailbox->queued ? limit : mailbox->queued;
    MODEL_CHECK(entrain_mailbox_receive(m->set, index, messages, limit) == wanted);
    for (uint32_t i = 0; i < wanted; i++)
        MODEL_CHECK(model_message_is(&messages[i], mailbox->queue[i]));
    model_take(mailbox, wanted);
    m->count.received += wanted;
    return NULL;
}

// Writes @p count slots, or as many as fit, and shows them when @p commits.
static inline const char *model_reserve(model *m, uint32_t index, uint32_t count, bool commits) {
    model_mailbox *mailbox = &m->mailboxes[index];
    uint32_t room = entrain__mailbox_room(m->set, index);
    MODEL_CHECK(room == mailbox->capacity - mailbox->queued);
    count = count < room ? count : room;
    entrain__span span = entrain__mailbox_reserve(m->set, index, count);
    MODEL_CHECK(span.first_count + span.second_count == count);
    for (uint32_t i = 0; i < count; i++) {
        entrain_message *slot = i < span.first_count ? &span.first[i] : &span.second[i - span.first_count];
        *slot = model_message(m->serial + i);
        if (commits)
            mailbox->queue[mailbox->queued + i] = m->serial + i;
    }
    m->serial += count;
    if (!commits)
        return NULL; // what was written and never shown must not be seen
    entrain__mailbox_commit(m->set, index, count);
    mailbox->queued += count;
    m->count.sent += count;
    return NULL;
}

static inline const char *model_peek(model *m, uint32_t index, uint32_t release) {
    model_mailbox *mailbox = &m->mailboxes[index];
    entrain__span span = entrain__mailbox_peek(m->set, index);
    MODEL_CHECK(span.first_count + span.second_count == mailbox->queued);
    for (uint32_t i = 0; i < mailbox->queued; i++) {
        const entrain_message *slot =
            i < span.first_count ? &span.first[i] : &span.second[i - span.first_count];
        MODEL_CHECK(model_message_is(slot, mailbox->queue[i]));
    }
    release = release < mailbox->queued ? release : mailbox->queued;
    entrain__mailbox_release(m->set, index, release);
    model_take(mailbox, release);
    m->count.received += release;
    return NULL;
}

static inline const char *model_compare(model *m) {
    m->count.queued = 0;
    for (uint32_t i = 0; i < MODEL_MAILBOXES; i++) {
        m->count.queued += m->mailboxes[i].queued;
        MODEL_CHECK(entrain_mailbox_queued(m->set, i) == m->mailboxes[i].queued);
    }
    MODEL_CHECK(entrain_message_count_residual(&m->count) == 0);
    if (m->set->counters == NULL)
        return NULL;
    entrain_message_count count;
    entrain_mailbox_set_count(m->set, &count);
    MODEL_CHECK(memcmp(&count, &m->count, sizeof count) == 0);
    return NULL;
}

static inline const char *model_step(model *m, bool bare, uint8_t what, uint8_t many) {
    uint32_t index = what / 4 % MODEL_MAILBOXES, count = many % MODEL_BATCH_MAX;
    const char *broken;
    if (bare)
        broken = what % 2 == 0 ? model_reserve(m, index, count, what % 4 == 0) : model_peek(m, index, count);
    else
        broken = what % 2 == 0 ? model_send(m, index, count) : model_receive(m, index, count);
    return broken != NULL ? broken : model_compare(m);
}

/// @return NULL when mailboxes and model agree to the end of @p program, or what did not hold.
static inline const char *mailbox_model_run(const uint8_t *program, size_t size) {
    if (size < 4)
        return NULL;
    bool bare = program[0] % 5 == 0;
    uint32_t capacities[MODEL_MAILBOXES] = {program[1] % 32u + 1, (program[1] + 1u) % 32 + 1,
                                            program[2] % 60u + 1};
    entrain_mailbox_set_config config = {
        .mailbox_count = MODEL_MAILBOXES,
        .capacities = capacities,
        .producers = bare || program[0] % 2 == 0 ? ENTRAIN_PRODUCERS_ONE : ENTRAIN_PRODUCERS_MANY,
        .overflow = program[0] % 5 < 3 ? ENTRAIN_OVERFLOW_FAIL : ENTRAIN_OVERFLOW_SHED_NEWEST,
    };
    model m = {0};
    entrain_status status = bare ? entrain__mailbox_set_create_bare(&config, &m.set, NULL)
                                 : entrain_mailbox_set_create(&config, &m.set, NULL);
    MODEL_CHECK(status == ENTRAIN_OK);
    for (uint32_t i = 0; i < MODEL_MAILBOXES; i++) {
        m.mailboxes[i].capacity = entrain_mailbox_capacity(m.set, i);
        // ck_ring_init() begins at 0; a mailbox that has seen 2^32 messages must be no different.
        ck_ring_t *ring = entrain__mailbox_ring(m.set, i);
        ring->c_head = ring->p_tail = ring->p_head = 0u - program[3] % 128u;
    }
    const char *broken = model_compare(&m);
    for (size_t at = 4; broken == NULL && at + 1 < size; at += 2)
        broken = model_step(&m, bare, program[at], program[at + 1]);
    entrain_mailbox_set_destroy(m.set);
    return broken;
}

#endif
