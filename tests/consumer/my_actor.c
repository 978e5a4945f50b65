// A client asks a worker to halve 1 to 8. Odd numbers make it fail; a new worker begins in its place.
#include <entrain/engine.h>
#include <entrain/patterns.h>
#include <math.h>
#include <stdio.h>

enum { HALVE = ENTRAIN_KIND_USER, HALF, TIME_IS_UP }; // kinds of message

static entrain_payload number(int64_t value) { return (entrain_payload){.i64 = value}; }

static entrain_status work(entrain_self *self, const entrain_message *mail, uint32_t count) {
    for (uint32_t m = 0; m < count; m++) {
        if (mail[m].payload[0].i64 % 2 != 0)
            return ENTRAIN_INVALID; // it has failed: its supervision says what becomes of it
        entrain_reply(self, &mail[m], HALF, number(mail[m].payload[0].i64 / 2));
    }
    return ENTRAIN_OK;
}

typedef struct client { // a client's state: zeroes at first
    entrain_request request;
    int64_t asked, unanswered, sum;
} client;

static entrain_status ask(entrain_self *self, const entrain_message *mail, uint32_t count) {
    client *own = self->columns[0];
    for (uint32_t m = 0; m < count; m++) { // the first message is main's, and says: begin
        const entrain_answer answer = entrain_request_match(self, &own->request, &mail[m]);
        own->unanswered += answer == ENTRAIN_ANSWER_TIMEOUT;
        own->sum += answer == ENTRAIN_ANSWER_REPLY ? mail[m].payload[0].i64 : 0;
        const entrain_id worker = entrain_population_id(self->context, 0); // who lives there now
        if (own->asked < 8)
            entrain_request_send(self, &own->request, worker, HALVE, number(++own->asked), HALF, 2.5,
                                 TIME_IS_UP);
    }
    return ENTRAIN_OK;
}

static void told(void *context, const entrain_lifecycle *event) {
    char line[256];
    entrain_lifecycle_format(event, line, sizeof line);
    if (event->kind != ENTRAIN_LIFECYCLE_RESTARTED)
        fprintf(context, "%s\n", line);
}

int main(void) {
    const entrain_column column = {.name = "client", .bytes = sizeof(client)};
    const entrain_behavior worker = {.name = "worker", .inbox = 7, .sends_max = 7, .receive = work},
                           asker = {.name = "client",
                                    .inbox = 7,
                                    .sends_max = 14,
                                    .timers_max = 1,
                                    .columns = &column,
                                    .column_count = 1,
                                    .receive = ask};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
    entrain_supervision mend = entrain_supervision_defaults(); // 3 restarts of an actor at most
    mend.remedy = ENTRAIN_REMEDY_RESTART;
    entrain_error error = {.status = ENTRAIN_OK};
    entrain_engine *engine = NULL;
    entrain_population *workers, *clients;
    if (entrain_engine_create(&config, &engine, &error) == ENTRAIN_OK &&
        entrain_engine_add(engine, &worker, NULL, 1, &workers, &error) == ENTRAIN_OK &&
        entrain_engine_add(engine, &asker, workers, 1, &clients, &error) == ENTRAIN_OK &&
        entrain_engine_supervise(engine, workers, &mend, &error) == ENTRAIN_OK &&
        entrain_engine_on_lifecycle(engine, false, told, stdout) == ENTRAIN_OK &&
        entrain_engine_start(engine, &error) == ENTRAIN_OK &&
        entrain_engine_tell(engine, entrain_population_id(clients, 0), HALVE, 0, number(0), number(0)) ==
            ENTRAIN_OK &&
        entrain_engine_run(engine, INFINITY, &error) == ENTRAIN_OK) { // until nobody has anything to do
        const client *end = entrain_population_at(clients, 0, 0);
        printf("asked %d, unanswered %d, sum %d\n", (int)end->asked, (int)end->unanswered, (int)end->sum);
    }
    fputs(error.sentence, stderr); // what, where, what to do; empty when all went well
    entrain_engine_destroy(engine);
    return error.status != ENTRAIN_OK;
}
