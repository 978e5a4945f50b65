// Reference workload flood: many senders, one receiver whose mailbox is smaller than what they have to say.
// With policy block nothing is lost: the senders are muted, no worker waits.
//
// Each numbers its messages, and the receiver keeps count by sender: one that was lost, doubled or overtook
// another is a failure at once.
#include <inttypes.h>

#include "actors/reference.h"

enum { SENDERS, EACH, ROOM };
enum { SENDER, RECEIVER };
enum { ON = ENTRAIN_KIND_USER, WORD };
enum { BURST = 64 };

// The receiver's column is one count a sender.
typedef struct sender {
    int64_t sent;
} sender;

static entrain_status sender_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    (void)messages, (void)count; // one ON at a time
    const entrain_reference_run *run = self->context;
    sender *own = self->columns[0];
    const entrain_id to = run->ids[RECEIVER][0];
    const int64_t each = (int64_t)run->number[EACH];
    int64_t end = own->sent + BURST < each ? own->sent + BURST : each;
    while (own->sent < end)
        entrain_send(self, to, WORD, 0, entrain__i64(own->sent++), entrain__i64(self->index));
    if (end < each)
        entrain_send(self, self->id, ON, 0, entrain__i64(0), entrain__i64(0));
    return ENTRAIN_OK;
}

static entrain_status receiver_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    int64_t *expected = self->columns[0];
    for (uint32_t m = 0; m < count; m++)
        if (messages[m].payload[0].i64 != expected[messages[m].payload[1].u64]++)
            return ENTRAIN_MISMATCH;
    return ENTRAIN_OK;
}

static entrain_status build(entrain_reference_run *run, entrain_error *error_out) {
    const uint32_t senders = (uint32_t)run->number[SENDERS];
    const entrain_column sender_columns[] = {{.name = "sent", .bytes = sizeof(sender), .fingerprint = true}};
    const entrain_column receiver_columns[] = {
        {.name = "expected", .bytes = senders * (uint32_t)sizeof(int64_t), .fingerprint = true}};
    const entrain_behavior sending = {.name = "sender",
                                      .columns = sender_columns,
                                      .column_count = 1,
                                      .sends_max = BURST + 1,
                                      .inbox = 1,
                                      .receive = sender_receive};
    const entrain_behavior receiving = {.name = "receiver",
                                        .columns = receiver_columns,
                                        .column_count = 1,
                                        .inbox = (uint32_t)run->number[ROOM],
                                        .receive = receiver_receive};
    entrain_status status = entrain_reference_add(run, &sending, senders, senders, error_out);
    return status == ENTRAIN_OK ? entrain_reference_add(run, &receiving, 1, 1, error_out) : status;
}

static entrain_status begin(entrain_reference_run *run, entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t i = 0; i < run->counts[SENDER] && status == ENTRAIN_OK; i++)
        status = entrain_reference_begin(run, SENDER, i, ON, 0, error_out);
    return status;
}

static entrain_status check(entrain_reference_run *run, entrain_error *error_out) {
    const int64_t *got = entrain_reference_column(run, RECEIVER, 0, 0);
    for (uint32_t i = 0; i < run->counts[SENDER]; i++)
        if (got[i] != (int64_t)run->number[EACH])
            return WRONG(run, error_out,
                         "the receiver heard %" PRId64 " of the %" PRIu64 " messages of sender %" PRIu32 ".",
                         got[i], run->number[EACH], i);
    return ENTRAIN_OK;
}

static uint64_t messages(entrain_reference_run *run) { return run->number[SENDERS] * run->number[EACH]; }

static const entrain_parameter parameters[] = {
    {"senders", 10, 1, 4096, "actors that send"},
    {"each", 20, 1, 1e9, "messages of each"},
    {"room", 7, 1, 65535, "messages that the receiver's mailbox holds"},
};
static const double normal[] = {100, 1e5, 4095};
static const char *const kinds[] = {"on", "word"};

const entrain_reference entrain__flood = {
    .name = "flood",
    .summary = "many senders, one receiver with a bounded mailbox",
    .parameters = parameters,
    .normal = normal,
    .parameter_count = 3,
    .executions = ENTRAIN__IN_LOCKSTEP | ENTRAIN__IN_EVENT_DRIVEN,
    .exact = true,
    .kinds = kinds,
    .kind_count = sizeof kinds / sizeof *kinds,
    .configure = entrain__reference_block,
    .build = build,
    .begin = begin,
    .check = check,
    .messages = messages,
};
