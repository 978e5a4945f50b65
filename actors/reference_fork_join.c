// Reference workload fork-join: one actor begins a million others and gives each a number; each squares it
// (modulo 2^16), says so and ends. A third one adds up: had the first one to listen too, it could come to
// wait for its own mailbox.
#include <inttypes.h>

#include "actors/reference.h"

enum { CHILDREN, PLACES };
enum { PARENT, JOINER, CHILD };
enum { ON = ENTRAIN_KIND_USER, WORK, DONE };
enum { BURST = 64, JOINER_ROOM = 4095, LIVES = 255 }; // lives that a place has: see entrain_id

static int64_t square(int64_t number) { return number * number & 65535; }

static entrain_status parent_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    (void)messages, (void)count;
    const entrain_reference_run *run = self->context;
    int64_t *begun = self->columns[0];
    const int64_t children = (int64_t)run->number[CHILDREN];
    for (uint32_t n = 0; n < BURST && *begun < children; n++) {
        entrain_id child;
        entrain_status status = entrain_spawn(self, run->populations[CHILD], &child);
        if (status == ENTRAIN_FULL)
            break; // no place is free until some have ended
        if (status != ENTRAIN_OK)
            return status;
        entrain_send(self, child, WORK, 0, entrain__i64((*begun)++), entrain__i64(0));
    }
    if (*begun < children)
        entrain_send(self, self->id, ON, 0, entrain__i64(0), entrain__i64(0));
    return ENTRAIN_OK;
}

static entrain_status child_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const entrain_reference_run *run = self->context;
    if (count != 1)
        return ENTRAIN_MISMATCH;
    entrain_send(self, run->ids[JOINER][0], DONE, 0, entrain__i64(square(messages[0].payload[0].i64)),
                 entrain__i64(0));
    entrain_finish(self);
    return ENTRAIN_OK;
}

typedef struct joiner {
    uint64_t joined;
    int64_t sum;
} joiner;

static entrain_status joiner_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    joiner *own = self->columns[0];
    own->joined += count;
    for (uint32_t m = 0; m < count; m++)
        own->sum += messages[m].payload[0].i64;
    return ENTRAIN_OK;
}

static entrain_status build(entrain_reference_run *run, entrain_error *error_out) {
    static const entrain_column begun[] = {{.name = "begun", .bytes = sizeof(int64_t), .fingerprint = true}};
    static const entrain_column joined[] = {{.name = "joined", .bytes = sizeof(joiner), .fingerprint = true}};
    const entrain_behavior parent = {.name = "parent",
                                     .columns = begun,
                                     .column_count = 1,
                                     .sends_max = BURST + 1,
                                     .inbox = 1,
                                     .receive = parent_receive};
    const entrain_behavior joining = {.name = "joiner",
                                      .columns = joined,
                                      .column_count = 1,
                                      .inbox = JOINER_ROOM,
                                      .receive = joiner_receive};
    const entrain_behavior child = {.name = "child", .sends_max = 1, .inbox = 7, .receive = child_receive};
    uint64_t places = run->number[PLACES] > 0 ? run->number[PLACES] : run->number[CHILDREN];
    if (places * LIVES < run->number[CHILDREN])
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "workload \"fork-join\": %" PRIu64 " places are too few for %" PRIu64
                                 " children; each can be lived in %d times.",
                                 places, run->number[CHILDREN], LIVES);
    entrain_status status = entrain_reference_add(run, &parent, 1, 1, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_reference_add(run, &joining, 1, 1, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_reference_add(run, &child, (uint32_t)places, 0, error_out);
    return status;
}

static entrain_status begin(entrain_reference_run *run, entrain_error *error_out) {
    return entrain_reference_begin(run, PARENT, 0, ON, 0, error_out);
}

static entrain_status check(entrain_reference_run *run, entrain_error *error_out) {
    const int64_t children = (int64_t)run->number[CHILDREN];
    const joiner *own = entrain_reference_column(run, JOINER, 0, 0);
    int64_t sum = 0;
    for (int64_t c = 0; c < children; c++)
        sum += square(c);
    if (own->joined != (uint64_t)children || own->sum != sum)
        return WRONG(run, error_out,
                     "%" PRIu64 " of %" PRId64 " children joined, with the sum %" PRId64 ", not %" PRId64 ".",
                     own->joined, children, own->sum, sum);
    return ENTRAIN_OK;
}

static uint64_t messages(entrain_reference_run *run) { return run->number[CHILDREN]; }

static const entrain_parameter parameters[] = {
    {"children", 50, 1, 1e7, "actors that are begun and end"},
    {"places", 16, 0, 1e7, "how many of them can live at a time; 0: all; a place has 255 lives"},
};
static const double normal[] = {1e6, 0};
static const char *const kinds[] = {"on", "work", "done"};

const entrain_reference entrain__fork_join = {
    .name = "fork-join",
    .summary = "an actor begins many others, which answer and end",
    .parameters = parameters,
    .normal = normal,
    .parameter_count = 2,
    .executions = ENTRAIN__IN_EVENT_DRIVEN,
    .exact = true,
    .kinds = kinds,
    .kind_count = sizeof kinds / sizeof *kinds,
    .configure = entrain__reference_block,
    .build = build,
    .begin = begin,
    .check = check,
    .messages = messages,
};
