// Request and reply, fan-out and fan-in, pipelines: what comes back, what comes late, what is given up. In
// lockstep and event-driven, by the same behaviors.
#include "check.h"

#include <inttypes.h>
#include <math.h>

#include "entrain/engine.h"
#include "entrain/patterns.h"

static entrain_error error;

enum { GO = ENTRAIN_KIND_USER, ASK, ANSWER, TIMEOUT, DO, DONE, ITEM };
static const entrain_payload none = {.i64 = 0};

// One asker, and those it asks.
typedef struct world {
    entrain_engine *engine;
    entrain_population *asker, *servers;
    entrain_id asker_id, server_ids[64];
    uint32_t server_count;
    double timeout_s;
    uint32_t told; // how often the asker was told to go
} world;

static entrain_payload i64(int64_t value) { return (entrain_payload){.i64 = value}; }

static void make(world *all, entrain_execution execution, entrain_overflow overflow, uint32_t servers,
                 entrain_behavior *asker, entrain_behavior *server) {
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.worker_count = 2;
    config.execution = execution;
    config.overflow = overflow;
    config.step_s = 0.01;
    all->server_count = servers;
    CHECK_OK(entrain_engine_create(&config, &all->engine, &error), error);
    CHECK_OK(entrain_engine_add(all->engine, asker, all, 1, &all->asker, &error), error);
    CHECK_OK(entrain_engine_add(all->engine, server, all, servers, &all->servers, &error), error);
    CHECK_OK(entrain_engine_start(all->engine, &error), error);
    all->asker_id = entrain_population_id(all->asker, 0);
    for (uint32_t s = 0; s < servers; s++)
        all->server_ids[s] = entrain_population_id(all->servers, s);
}

static void go(world *all, entrain_execution execution, uint64_t ticks) {
    CHECK_OK(entrain_engine_tell(all->engine, all->asker_id, GO, 0, i64(all->told++), none), error);
    if (execution == ENTRAIN_EXECUTION_LOCKSTEP)
        CHECK_OK(entrain_engine_advance(all->engine, ticks, &error), error);
    else
        CHECK_OK(entrain_engine_run(all->engine, (double)INFINITY, &error), error);
}

static void end(world *all) {
    entrain_message_count count;
    entrain_engine_count(all->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    assert_int_equal(count.queued, 0);
    entrain_engine_destroy(all->engine);
    all->engine = NULL;
}

// --- Request and reply

typedef struct asker {
    entrain_request request;
    int64_t answers, timeouts, lates, others, sum;
} asker;
typedef struct server {
    uint64_t asked;
    entrain_message kept; // a slow server answers the question before
} server;

static entrain_status ask(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *all = self->context;
    asker *own = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        switch (entrain_request_match(self, &own->request, &messages[m])) {
        case ENTRAIN_ANSWER_REPLY:
            own->answers++;
            own->sum += messages[m].payload[0].i64;
            break;
        case ENTRAIN_ANSWER_TIMEOUT:
            own->timeouts++;
            break;
        case ENTRAIN_ANSWER_LATE:
            own->lates++;
            break;
        default:
            own->others++;
            if (messages[m].kind == GO) {
                entrain_status status = entrain_request_send(self, &own->request, all->server_ids[0], ASK,
                                                             i64(20), ANSWER, all->timeout_s, TIMEOUT);
                if (status != ENTRAIN_OK)
                    return status;
            }
        }
    }
    return ENTRAIN_OK;
}

static entrain_status answer(entrain_self *self, const entrain_message *messages, uint32_t count) {
    for (uint32_t m = 0; m < count; m++)
        entrain_reply(self, &messages[m], ANSWER, i64(messages[m].payload[0].i64 + 1));
    return ENTRAIN_OK;
}

// Answers a question when the next one comes.
static entrain_status answer_late(entrain_self *self, const entrain_message *messages, uint32_t count) {
    server *own = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        if (own->asked++ > 0)
            entrain_reply(self, &own->kept, ANSWER, i64(1));
        own->kept = messages[m];
    }
    return ENTRAIN_OK;
}

static const entrain_column asker_columns[] = {{.name = "asker", .bytes = sizeof(asker)}};
static const entrain_column server_columns[] = {{.name = "server", .bytes = sizeof(server)}};

static entrain_behavior asking(void) {
    return (entrain_behavior){.name = "asker",
                              .columns = asker_columns,
                              .column_count = 1,
                              .sends_max = 8,
                              .inbox = 7,
                              .timers_max = 1,
                              .receive = ask};
}

static entrain_behavior serving(entrain_status (*receive)(entrain_self *, const entrain_message *,
                                                          uint32_t)) {
    return (entrain_behavior){.name = "server",
                              .columns = server_columns,
                              .column_count = 1,
                              .sends_max = 7,
                              .inbox = 7,
                              .receive = receive};
}

static void check_answer_in_time(entrain_execution execution) {
    world all = {.timeout_s = 1};
    entrain_behavior one = asking(), other = serving(answer);
    make(&all, execution, ENTRAIN_OVERFLOW_FAIL, 1, &one, &other);
    for (int round = 1; round <= 3; round++) {
        go(&all, execution, 10);
        const asker *own = entrain_population_at(all.asker, 0, 0);
        assert_int_equal(own->answers, round);
        assert_int_equal(own->sum, 21 * round);
        assert_int_equal(own->timeouts + own->lates, 0);
        assert_false(entrain_request_open(&own->request));
    }
    entrain_message_count count;
    entrain_engine_count(all.engine, &count);
    assert_int_equal(count.cancelled, 3); // the timers that were not needed
    end(&all);
}

// The first question is never answered in time; its answer comes with the second, and must not be taken for
// that.
static void check_too_late(entrain_execution execution) {
    world all = {.timeout_s = 0.05};
    entrain_behavior one = asking(), other = serving(answer_late);
    make(&all, execution, ENTRAIN_OVERFLOW_FAIL, 1, &one, &other);
    go(&all, execution, 20);
    const asker *own = entrain_population_at(all.asker, 0, 0);
    assert_int_equal(own->timeouts, 1);
    go(&all, execution, 20);
    assert_int_equal(own->timeouts, 2);
    assert_int_equal(own->lates, 1);
    assert_int_equal(own->answers, 0);
    assert_int_equal(own->request.late, 1);
    end(&all);
}

// A server that is gone: the question is undeliverable, the time runs out all the same.
static void check_nobody(entrain_execution execution) {
    world all = {.timeout_s = 0.05};
    entrain_behavior one = asking(), other = serving(answer);
    make(&all, execution, ENTRAIN_OVERFLOW_FAIL, 1, &one, &other);
    CHECK_OK(entrain_engine_stop_actor(all.engine, all.server_ids[0]), error);
    go(&all, execution, 20);
    const asker *own = entrain_population_at(all.asker, 0, 0);
    assert_int_equal(own->timeouts, 1);
    assert_int_equal(own->answers, 0);
    end(&all);
}

static void test_request_lockstep(void **state) {
    (void)state;
    check_answer_in_time(ENTRAIN_EXECUTION_LOCKSTEP);
    check_too_late(ENTRAIN_EXECUTION_LOCKSTEP);
    check_nobody(ENTRAIN_EXECUTION_LOCKSTEP);
}

static void test_request_event_driven(void **state) {
    (void)state;
    check_answer_in_time(ENTRAIN_EXECUTION_EVENT_DRIVEN);
    check_too_late(ENTRAIN_EXECUTION_EVENT_DRIVEN);
    check_nobody(ENTRAIN_EXECUTION_EVENT_DRIVEN);
}

// What comes from a third, or for a question that was never asked, is no answer.
static void test_request_alone(void **state) {
    (void)state;
    entrain_self self = {.id = 7};
    entrain_request request = {0};
    entrain_message message = {.from = 9, .kind = ANSWER, .payload = {i64(5), {.u64 = 1}}};
    assert_int_equal(entrain_request_match(&self, &request, &message), ENTRAIN_ANSWER_NONE);
    request =
        (entrain_request){.token = 1, .timer = 4, .to = 9, .reply_kind = ANSWER, .timeout_kind = TIMEOUT};
    message.kind = ITEM;
    assert_int_equal(entrain_request_match(&self, &request, &message), ENTRAIN_ANSWER_NONE);
    message.kind = ANSWER;
    message.from = 8;
    assert_int_equal(entrain_request_match(&self, &request, &message), ENTRAIN_ANSWER_LATE);
    assert_true(entrain_request_open(&request));
    message = (entrain_message){.from = 8, .kind = TIMEOUT, .payload = {i64(5), {.u64 = 1}}};
    assert_int_equal(entrain_request_match(&self, &request, &message), ENTRAIN_ANSWER_NONE); // not our timer
    message.from = 7;
    message.payload[1].u64 = 2;
    assert_int_equal(entrain_request_match(&self, &request, &message), ENTRAIN_ANSWER_LATE);
    message.payload[1].u64 = 1;
    assert_int_equal(entrain_request_match(&self, &request, &message), ENTRAIN_ANSWER_TIMEOUT);
    assert_false(entrain_request_open(&request));
    assert_int_equal(entrain_request_match(&self, &request, &message), ENTRAIN_ANSWER_LATE); // once only
}

// --- Fan-out and fan-in

typedef struct gatherer {
    entrain_gather gather;
    int64_t complete, ones, nots, sum;
} gatherer;

static entrain_status scatter(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *all = self->context;
    gatherer *own = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].kind == GO) {
            entrain_status status =
                entrain_gather_send(self, &own->gather, all->server_ids, all->server_count, DO, i64(3), DONE);
            if (status != ENTRAIN_OK)
                return status;
            continue;
        }
        entrain_gathered gathered = entrain_gather_take(&own->gather, &messages[m]);
        own->nots += gathered == ENTRAIN_GATHERED_NOT;
        own->ones += gathered == ENTRAIN_GATHERED_ONE;
        if (gathered == ENTRAIN_GATHERED_COMPLETE) {
            own->complete++;
            own->sum += own->gather.sum;
        }
    }
    return ENTRAIN_OK;
}

static entrain_status work(entrain_self *self, const entrain_message *messages, uint32_t count) {
    for (uint32_t m = 0; m < count; m++)
        entrain_reply(self, &messages[m], DONE, i64(messages[m].payload[0].i64 * self->index));
    return ENTRAIN_OK;
}

static void check_gather(entrain_execution execution) {
    enum { SERVERS = 40 };
    static const entrain_column columns[] = {{.name = "gatherer", .bytes = sizeof(gatherer)}};
    world all = {0};
    entrain_behavior one = {.name = "gatherer",
                            .columns = columns,
                            .column_count = 1,
                            .sends_max = 2 * SERVERS,
                            .inbox = 4 * SERVERS,
                            .receive = scatter};
    entrain_behavior other = serving(work);
    make(&all, execution, ENTRAIN_OVERFLOW_FAIL, SERVERS, &one, &other);
    const gatherer *own = entrain_population_at(all.asker, 0, 0);
    go(&all, execution, 5);
    assert_int_equal(own->complete, 1);
    assert_int_equal(own->ones, SERVERS - 1);
    assert_int_equal(own->sum, 3 * SERVERS * (SERVERS - 1) / 2);
    // Told to begin anew before the first round is complete: only the second one counts.
    CHECK_OK(entrain_engine_tell(all.engine, all.asker_id, GO, 0, none, none), error);
    go(&all, execution, 5);
    assert_int_equal(own->complete, 2);
    assert_int_equal(own->nots, SERVERS);
    assert_int_equal(own->sum, 2 * 3 * SERVERS * (SERVERS - 1) / 2);
    end(&all);
}

static void test_gather(void **state) {
    (void)state;
    check_gather(ENTRAIN_EXECUTION_LOCKSTEP);
    check_gather(ENTRAIN_EXECUTION_EVENT_DRIVEN);
    entrain_gather at_rest = {0};
    entrain_message message = {.kind = 0};
    assert_int_equal(entrain_gather_take(&at_rest, &message), ENTRAIN_GATHERED_NOT);
    entrain_self self = {.id = 1};
    assert_int_equal(entrain_gather_send(&self, &at_rest, NULL, 0, DO, none, DONE), ENTRAIN_INVALID);
}

// --- A pipeline whose mailboxes hold two items, with policy block: all arrive, in order, doubled.

enum { STAGES = 5, ITEMS = 200 };

typedef struct stage {
    entrain_stage stage;
    int64_t expected, sum;
} stage;

static entrain_status feed(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *all = self->context;
    (void)messages;
    int64_t *fed = self->columns[0];
    for (uint32_t m = 0; m < count && *fed < ITEMS; m++) {
        entrain_send(self, all->server_ids[0], ITEM, 0, i64((*fed)++), none);
        entrain_send(self, self->id, GO, 0, none, none);
    }
    return ENTRAIN_OK;
}

static entrain_status pass(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *all = self->context;
    stage *own = self->columns[0];
    own->stage.next = self->index + 1 < STAGES ? all->server_ids[self->index + 1] : ENTRAIN_ID_NONE;
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].payload[0].i64 != own->expected++ << self->index)
            return ENTRAIN_MISMATCH;
        own->sum += messages[m].payload[0].i64;
        entrain_stage_pass(self, &own->stage, &messages[m], i64(messages[m].payload[0].i64 * 2));
    }
    return ENTRAIN_OK;
}

static void check_pipeline(entrain_execution execution) {
    static const entrain_column feeder[] = {{.name = "fed", .bytes = sizeof(int64_t)}};
    static const entrain_column stages[] = {{.name = "stage", .bytes = sizeof(stage)}};
    world all = {0};
    entrain_behavior one = {
        .name = "feeder", .columns = feeder, .column_count = 1, .sends_max = 2, .inbox = 1, .receive = feed};
    entrain_behavior other = {
        .name = "stage", .columns = stages, .column_count = 1, .sends_max = 3, .inbox = 2, .receive = pass};
    make(&all, execution, ENTRAIN_OVERFLOW_BLOCK, STAGES, &one, &other);
    go(&all, execution, 10 * ITEMS);
    for (uint32_t s = 0; s < STAGES; s++) {
        const stage *own = entrain_population_at(all.servers, s, 0);
        assert_int_equal(own->stage.passed, ITEMS);
        assert_int_equal(own->sum, (int64_t)(ITEMS * (ITEMS - 1) / 2) << s);
    }
    end(&all);
}

static void test_pipeline(void **state) {
    (void)state;
    check_pipeline(ENTRAIN_EXECUTION_LOCKSTEP);
    check_pipeline(ENTRAIN_EXECUTION_EVENT_DRIVEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_lockstep), cmocka_unit_test(test_request_event_driven),
        cmocka_unit_test(test_request_alone),    cmocka_unit_test(test_gather),
        cmocka_unit_test(test_pipeline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
