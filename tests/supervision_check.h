/// @file supervision_check.h  Actors that do what they are told to by mail, and fail in every way there is.
#ifndef ENTRAIN_TESTS_SUPERVISION_CHECK_H
#define ENTRAIN_TESTS_SUPERVISION_CHECK_H

#include <math.h>

#include "check.h"
#include "entrain/engine.h"

static const entrain_payload nothing = {0};

enum {
    FAIL = ENTRAIN_KIND_USER, // with the status first
    BREAK,                    // puts a NaN into its state
    BLOW_UP,                  // puts an infinity into its state
    SEND,                     // as many as first says, to second
    FINISH,
    STOP,    // first
    WATCH,   // first
    UNWATCH, // first
    NOTE,    // nothing but a message
    WATCH_AND_FINISH,
    TIMERS, // as many as first says, in second ticks from now
};

enum { ACTORS = 8, NOTED_MAX = 16, EVENTS_MAX = 4096 };

// What an actor knows, all of it fingerprinted.
typedef struct memoir {
    uint64_t calls, messages, notices, last_status;
    uint64_t noted[NOTED_MAX]; // from, reason, status, tick of each notice
} memoir;

static inline entrain_status obey(entrain_self *self, const entrain_message *message) {
    double *value = self->columns[1];
    memoir *mine = self->columns[0];
    const entrain_id whom = (entrain_id)message->payload[0].u64;
    switch (message->kind) {
    case ENTRAIN_KIND_ENDED:
        if (mine->notices < NOTED_MAX)
            mine->noted[mine->notices] = (uint64_t)message->from << 32 | (uint64_t)message->flags << 24 |
                                         message->payload[0].u64 << 16 | self->tick;
        mine->notices++;
        break;
    case FAIL:
        return (entrain_status)message->payload[0].u64;
    case BREAK:
        *value = (double)NAN;
        break;
    case BLOW_UP:
        *value = -(double)INFINITY;
        break;
    case SEND:
        for (uint64_t n = 0; n < message->payload[0].u64; n++)
            mine->last_status =
                entrain_send(self, (entrain_id)message->payload[1].u64, NOTE, 0, nothing, nothing);
        break;
    case FINISH:
        entrain_finish(self);
        break;
    case TIMERS:
        for (uint64_t n = 0; n < message->payload[0].u64; n++)
            mine->last_status = entrain_send_after_ticks(self, message->payload[1].u64, self->id, NOTE, 0,
                                                         nothing, nothing, NULL);
        break;
    case STOP:
        mine->last_status = entrain_stop(self, whom);
        break;
    case WATCH:
        mine->last_status = entrain_watch(self, whom);
        break;
    case UNWATCH:
        mine->last_status = entrain_unwatch(self, whom);
        break;
    case WATCH_AND_FINISH:
        mine->last_status = entrain_watch(self, whom);
        entrain_finish(self);
        break;
    default:
        break;
    }
    return ENTRAIN_OK;
}

static inline entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    memoir *mine = self->columns[0];
    entrain_status status = ENTRAIN_OK;
    mine->calls++;
    bool mail = false; // notices come first
    for (uint32_t m = 0; m < count; m++) {
        assert_true(messages[m].kind != ENTRAIN_KIND_ENDED || !mail);
        mail |= messages[m].kind != ENTRAIN_KIND_ENDED;
        mine->messages += messages[m].kind != ENTRAIN_KIND_ENDED;
        entrain_status one = obey(self, &messages[m]);
        status = one != ENTRAIN_OK ? one : status;
    }
    return status;
}

typedef struct household {
    entrain_engine *engine;
    entrain_population *workers;
    uint32_t ended; // calls of stop()
    uint32_t event_count;
    entrain_lifecycle events[EVENTS_MAX];
} household;

static inline void stopped(entrain_self *self) { ((household *)self->context)->ended++; }

static inline void remember(void *context, const entrain_lifecycle *event) {
    household *house = context;
    assert_true(house->event_count < EVENTS_MAX);
    house->events[house->event_count++] = *event;
}

static const entrain_column columns[] = {
    {.name = "memoir", .bytes = sizeof(memoir), .fingerprint = true},
    {.name = "value", .bytes = sizeof(double), .finite = true},
};
static const entrain_behavior worker = {
    .name = "worker",
    .columns = columns,
    .column_count = 2,
    .sends_max = 3,
    .inbox = 150,
    .watches_max = 4,
    .timers_max = 3,
    .receive = receive,
    .stop = stopped,
};

static inline void open_as(household *house, const entrain_engine_config *config,
                           const entrain_supervision *how, bool debug, const entrain_behavior *behavior,
                           uint32_t count) {
    entrain_error error = {0};
    memset(house, 0, sizeof *house);
    CHECK_OK(entrain_engine_create(config, &house->engine, &error), error);
    CHECK_OK(entrain_engine_add(house->engine, behavior, house, count, &house->workers, &error), error);
    if (how != NULL)
        CHECK_OK(entrain_engine_supervise(house->engine, house->workers, how, &error), error);
    assert_int_equal(entrain_engine_on_lifecycle(house->engine, debug, remember, house), ENTRAIN_OK);
    CHECK_OK(entrain_engine_start(house->engine, &error), error);
}

static inline void open_house(household *house, const entrain_supervision *how, bool debug) {
    const entrain_engine_config config = entrain_engine_config_defaults();
    open_as(house, &config, how, debug, &worker, ACTORS);
}

static inline entrain_id id_of(const household *house, uint32_t index) {
    return entrain_population_id(house->workers, index);
}

static inline const memoir *memoir_of(const household *house, uint32_t index) {
    return entrain_population_at(house->workers, index, 0);
}

static inline void tell(household *house, uint32_t index, uint16_t kind, uint64_t first, uint64_t second) {
    assert_int_equal(entrain_engine_tell(house->engine, id_of(house, index), kind, 0,
                                         (entrain_payload){.u64 = first}, (entrain_payload){.u64 = second}),
                     ENTRAIN_OK);
}

static inline void tick(household *house) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(house->engine, 1, &error), error);
}

static inline void close_house(household *house) {
    entrain_message_count count;
    entrain_engine_count(house->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    entrain_engine_destroy(house->engine);
}

// The next event remembered is this one.
static inline const entrain_lifecycle *expect(household *house, uint32_t *at, entrain_lifecycle_kind kind,
                                              entrain_reason reason, uint32_t index) {
    assert_true(*at < house->event_count);
    const entrain_lifecycle *event = &house->events[(*at)++];
    if (event->kind != kind || event->reason != reason || event->index != index)
        fail_msg("event %u: kind %d, reason %s, actor %u; expected %d, %s, %u", *at - 1, (int)event->kind,
                 entrain_reason_name(event->reason), event->index, (int)kind, entrain_reason_name(reason),
                 index);
    assert_string_equal(event->behavior, "worker");
    return event;
}

static const struct {
    entrain_reason reason;
    uint16_t kind;
    uint64_t first;
    const char *words;
} ways[] = {
    {ENTRAIN_REASON_STATUS, FAIL, ENTRAIN_FULL, "status \"no room left; nothing was stored\""},
    {ENTRAIN_REASON_NOT_FINITE, BREAK, 0, "a NaN or an infinity in its column \"value\""},
    {ENTRAIN_REASON_NOT_FINITE, BLOW_UP, 0, "a NaN or an infinity in its column \"value\""},
    {ENTRAIN_REASON_SENDS, SEND, 4, "it sent more than it may"},
    {ENTRAIN_REASON_MESSAGES, NOTE, 0, "it was sent more than it may handle"},
};
enum { WAYS = sizeof ways / sizeof *ways };

// The actor at @p index fails in the coming tick, in way @p way.
static inline void make_fail(household *house, size_t way, uint32_t index) {
    const uint32_t messages = ways[way].reason == ENTRAIN_REASON_MESSAGES ? 11 : 1;
    for (uint32_t m = 0; m < messages; m++)
        tell(house, index, ways[way].kind, ways[way].first, id_of(house, 0));
}

static inline entrain_supervision remedy(entrain_remedy which, bool all) {
    entrain_supervision how = entrain_supervision_defaults();
    how.remedy = which;
    how.all_for_one = all;
    how.messages_max = 10;
    return how;
}

#endif
