/// @file virtual_model.h  Virtual time by one thread with one list: what the engine has to do, done naively.
/// And actors that run in both.
#ifndef ENTRAIN_TESTS_VIRTUAL_MODEL_H
#define ENTRAIN_TESTS_VIRTUAL_MODEL_H

#include "check.h"

#include <math.h>

#include "engine/order.h"
#include "entrain/engine.h"
#include "entrain/math.h"
#include "entrain/random.h"

enum { KIND_TOLD = ENTRAIN_KIND_USER, KIND_SENT, KIND_DELAYED };

/// An actor's column.
typedef struct member {
    uint64_t chain, turns, calls, refused, told;
    uint64_t timers[2];
    double last_s;
} member;

/// What an actor may do, in either world.
typedef struct gateway {
    void *world;
    uint32_t index;
    double now_s;
    entrain_status (*send)(struct gateway *gate, uint32_t to, uint16_t kind, uint64_t number);
    entrain_status (*delay)(struct gateway *gate, double delay_s, uint32_t to, uint64_t number,
                            uint64_t *timer);
    entrain_status (*cancel)(struct gateway *gate, uint64_t timer);
} gateway;

/// What actors do, and how many there are.
typedef struct script {
    uint32_t count, inbox, timers_max, sends_max;
    double lookahead_s;
    entrain_overflow overflow;
    /// Called for each receive().
    void (*turn)(const struct script *play, gateway *gate, member *me, const entrain_message *messages,
                 uint32_t count);
    // For the turns.
    double remote, mean_s;
    uint32_t population;
    uint64_t seed;
} script;

static inline void note(const gateway *gate, member *me, const entrain_message *messages, uint32_t count) {
    uint64_t when;
    assert_true(gate->now_s >= me->last_s);
    me->last_s = gate->now_s;
    memcpy(&when, &gate->now_s, 8);
    me->chain = entrain__mix_fold(me->chain, when);
    for (uint32_t m = 0; m < count; m++)
        me->chain = entrain__order_fold(me->chain, &messages[m]);
    me->calls++;
}

// --- The naive simulator

typedef struct naive_message {
    uint32_t sender, to; // sender: index + 1; 0 from outside
    double when_s;
    uint64_t round, order;
    entrain_message message;
    bool timer;
} naive_message;

enum { NAIVE_MAX = 1 << 16 };
typedef struct naive {
    const script *play;
    naive_message *list; // [NAIVE_MAX] under way, in no order
    uint32_t count;
    uint64_t order;
    double now_s;
    uint64_t round;
    member *members;       // [play->count]
    uint64_t *chains;      // [play->count]
    uint64_t *undelivered; // [play->count] to be told
    entrain_message_count counted;
    uint64_t instants;
} naive;

static inline void naive_open(naive *world, const script *play) {
    *world = (naive){.play = play};
    world->list = calloc(NAIVE_MAX, sizeof *world->list);
    world->members = calloc(play->count, sizeof *world->members);
    world->chains = calloc(play->count, sizeof *world->chains);
    world->undelivered = calloc(play->count, sizeof *world->undelivered);
    assert_true(world->list != NULL && world->members != NULL && world->chains != NULL &&
                world->undelivered != NULL);
}
static inline void naive_close(naive *world) {
    free(world->list);
    free(world->members);
    free(world->chains);
    free(world->undelivered);
}

static inline entrain_id naive_id(uint32_t index) { return UINT32_C(1) << ENTRAIN_ID_INDEX_BITS | index; }

static inline void naive_put(naive *world, uint32_t sender, uint32_t to, double when_s, uint64_t round,
                             uint16_t kind, uint64_t number, bool timer) {
    assert_true(world->count < NAIVE_MAX);
    world->list[world->count++] = (naive_message){
        .sender = sender,
        .to = to,
        .when_s = when_s,
        .round = round,
        .order = ++world->order,
        .timer = timer,
        .message = {.from = sender == 0 ? ENTRAIN_ID_NONE : naive_id(sender - 1),
                    .kind = kind,
                    .payload = {{.u64 = number}}},
    };
    world->counted.sent++;
}

static inline entrain_status naive_register(naive *world, uint32_t from, uint32_t to, double when_s,
                                            uint16_t kind, uint64_t number, bool timer) {
    uint32_t taken = 0;
    for (uint32_t i = 0; i < world->count; i++)
        taken += world->list[i].sender == from + 1;
    if (taken >= world->play->timers_max)
        return ENTRAIN_FULL;
    naive_put(world, from + 1, to, when_s, when_s == world->now_s ? world->round + 1 : 0, kind, number,
              timer);
    return ENTRAIN_OK;
}
static inline entrain_status naive_send(gateway *gate, uint32_t to, uint16_t kind, uint64_t number) {
    naive *world = gate->world;
    return naive_register(world, gate->index, to, world->now_s + world->play->lookahead_s, kind, number,
                          false);
}
static inline entrain_status naive_delay(gateway *gate, double delay_s, uint32_t to, uint64_t number,
                                         uint64_t *timer) {
    naive *world = gate->world;
    const double when_s = world->now_s + delay_s;
    if (to != gate->index && when_s < world->now_s + world->play->lookahead_s)
        return ENTRAIN_INVALID;
    const entrain_status status =
        naive_register(world, gate->index, to, when_s, KIND_DELAYED, number, to == gate->index);
    if (status == ENTRAIN_OK)
        *timer = world->order;
    return status;
}
static inline entrain_status naive_cancel(gateway *gate, uint64_t timer) {
    naive *world = gate->world;
    for (uint32_t i = 0; i < world->count; i++) {
        const naive_message *one = &world->list[i];
        if (one->order != timer || one->sender != gate->index + 1)
            continue;
        if (!one->timer && one->when_s < world->now_s + world->play->lookahead_s)
            return ENTRAIN_STALE;
        world->list[i] = world->list[--world->count];
        world->counted.cancelled++;
        return ENTRAIN_OK;
    }
    return ENTRAIN_STALE;
}

static inline int naive_compare(const void *left, const void *right) {
    const naive_message *a = left, *b = right;
    if (a->to != b->to)
        return a->to < b->to ? -1 : 1;
    if (a->timer != b->timer)
        return a->timer ? -1 : 1;
    if (a->sender != b->sender)
        return a->sender < b->sender ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

// What @p overflow makes of @p mail, [count], for @p limit: as a queue that they enter one after the other.
static inline uint32_t naive_room(naive *world, naive_message *mail, uint32_t count) {
    const entrain_overflow overflow = world->play->overflow;
    uint32_t queued = 0;
    for (uint32_t m = 0; m < count; m++) {
        if (queued < world->play->inbox) {
            mail[queued++] = mail[m];
            continue;
        }
        if (overflow == ENTRAIN_OVERFLOW_SHED_OLDEST) {
            memmove(mail, mail + 1, (queued - 1) * sizeof *mail);
            mail[queued - 1] = mail[m];
            world->counted.shed++;
        } else if (overflow == ENTRAIN_OVERFLOW_FAIL) {
            world->counted.undeliverable++;
            if (mail[m].sender != 0)
                world->undelivered[mail[m].sender - 1]++;
        } else {
            uint32_t older = queued;
            for (uint32_t q = 0; q < queued && overflow == ENTRAIN_OVERFLOW_CONFLATE; q++)
                if (mail[q].sender == mail[m].sender && mail[q].message.kind == mail[m].message.kind)
                    older = q;
            if (older < queued) {
                mail[older].message = mail[m].message;
                world->counted.conflated++;
            } else {
                world->counted.shed++;
            }
        }
    }
    return queued;
}

/// Handles all of the least instant, if that is not after @p until_s. @return false: there is none.
static inline bool naive_step(naive *world, double until_s) {
    static naive_message due[NAIVE_MAX];
    double when_s = INFINITY;
    uint64_t round = 0;
    for (uint32_t i = 0; i < world->count; i++) {
        const naive_message *one = &world->list[i];
        if (one->when_s < when_s || (one->when_s == when_s && one->round < round)) {
            when_s = one->when_s;
            round = one->round;
        }
    }
    if (world->count == 0 || when_s > until_s)
        return false;
    world->now_s = when_s;
    world->round = round;
    world->instants++;
    uint32_t count = 0, kept = 0;
    for (uint32_t i = 0; i < world->count; i++)
        if (world->list[i].when_s == when_s && world->list[i].round == round)
            due[count++] = world->list[i];
        else
            world->list[kept++] = world->list[i];
    world->count = kept;
    qsort(due, count, sizeof *due, naive_compare);
    uint64_t *told = calloc(world->play->count, sizeof *told);
    assert_non_null(told);
    memcpy(told, world->undelivered, world->play->count * sizeof *told);
    for (uint32_t first = 0; first < count;) {
        const uint32_t to = due[first].to;
        uint32_t end = first, timers = 0;
        for (; end < count && due[end].to == to; end++)
            timers += due[end].timer;
        uint32_t all = timers + naive_room(world, due + first + timers, end - first - timers);
        entrain_message batch[ENTRAIN_BATCH_MAX];
        gateway gate = {world, to, when_s, naive_send, naive_delay, naive_cancel};
        for (uint32_t m = 0; m < all;) {
            uint32_t n = 0;
            for (; n < ENTRAIN_BATCH_MAX && m < all; n++, m++) {
                batch[n] = due[first + m].message;
                world->chains[to] = entrain__order_fold(world->chains[to], &batch[n]);
            }
            world->members[to].told += told[to];
            world->undelivered[to] -= told[to];
            told[to] = 0;
            world->counted.received += n;
            world->play->turn(world->play, &gate, &world->members[to], batch, n);
        }
        first = end;
    }
    free(told);
    return true;
}

static inline uint64_t naive_signature(const naive *world) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < world->play->count; i++)
        sum += entrain__order_part(world->chains[i], i);
    return sum;
}

// --- The engine

typedef struct theatre { // the population's context
    const script *play;
    entrain_engine *engine;
    entrain_population *members;
} theatre;

static inline entrain_id stage_id(const gateway *gate, uint32_t index) {
    const theatre *stage = ((entrain_self *)gate->world)->context;
    return entrain_population_id(stage->members, index);
}
static inline entrain_status stage_send(gateway *gate, uint32_t to, uint16_t kind, uint64_t number) {
    return entrain_send(gate->world, stage_id(gate, to), kind, 0, (entrain_payload){.u64 = number},
                        (entrain_payload){0});
}
static inline entrain_status stage_delay(gateway *gate, double delay_s, uint32_t to, uint64_t number,
                                         uint64_t *timer) {
    return entrain_send_after(gate->world, delay_s, stage_id(gate, to), KIND_DELAYED, 0,
                              (entrain_payload){.u64 = number}, (entrain_payload){0}, timer);
}
static inline entrain_status stage_cancel(gateway *gate, uint64_t timer) {
    return entrain_cancel(gate->world, timer);
}
static inline entrain_status stage_receive(entrain_self *self, const entrain_message *messages,
                                           uint32_t count) {
    const theatre *stage = self->context;
    gateway gate = {self, self->index, self->time_s, stage_send, stage_delay, stage_cancel};
    member *me = self->columns[0];
    me->told += self->undelivered;
    stage->play->turn(stage->play, &gate, me, messages, count);
    return ENTRAIN_OK;
}

/// Which engine to run it on.
typedef struct setup {
    const char *policy;
    uint32_t workers, cohort_weight;
    entrain_layout layout;
} setup;

static inline void stage_open(theatre *stage, const script *play, setup variant) {
    entrain_error error = {0};
    *stage = (struct theatre){.play = play};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
    config.lookahead_s = play->lookahead_s;
    config.overflow = play->overflow;
    config.overflow_named = true;
    config.scheduler.policy = variant.policy;
    config.scheduler.worker_count = variant.workers;
    config.cohort_weight = variant.cohort_weight;
    config.layout = variant.layout;
    CHECK_OK(entrain_engine_create(&config, &stage->engine, &error), error);
    entrain_engine_sign_order(stage->engine, true);
    const entrain_column columns[] = {{"member", sizeof(member), true, false}};
    const entrain_behavior behavior = {.name = "member",
                                       .columns = columns,
                                       .column_count = 1,
                                       .sends_max = play->sends_max,
                                       .inbox = play->inbox,
                                       .timers_max = play->timers_max,
                                       .receive = stage_receive};
    CHECK_OK(entrain_engine_add(stage->engine, &behavior, stage, play->count, &stage->members, &error),
             error);
    CHECK_OK(entrain_engine_start(stage->engine, &error), error);
}

static inline void stage_tell(theatre *stage, uint32_t to, uint64_t number) {
    assert_int_equal(entrain_engine_tell(stage->engine, entrain_population_id(stage->members, to), KIND_TOLD,
                                         0, (entrain_payload){.u64 = number}, (entrain_payload){0}),
                     ENTRAIN_OK);
}
/// To both at the same time; before anything has run, or where the naive one stands at the same instant.
static inline void naive_tell(naive *world, uint32_t to, uint64_t number, uint64_t round) {
    naive_put(world, 0, to, world->now_s, round, KIND_TOLD, number, false);
}

#endif
