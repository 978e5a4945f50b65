// Four talkers send 50 messages each, at once, to a listener whose mailbox has 64 slots (and so holds 63),
// under every overflow policy: where does each message go, and who has to wait?
//
// When the listener has emptied its mailbox once, the run is stopped and looked at: a talker is muted that
// has not yet handled the message that it sent to itself behind its burst. Then the run goes on to its end.
#include <entrain/engine.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { TALKERS = 4, BURST = 50, SLOTS = 64 };
enum { GO = ENTRAIN_KIND_USER, LETTER, NEXT, LOOK };
enum { SENDS_MAX = BURST + 1 };

typedef struct room {
    entrain_engine *engine;
    entrain_population *talkers, *listener, *looker;
    uint64_t dead[ENTRAIN_FATE_COUNT];
} room;

static entrain_payload number(int64_t value) { return (entrain_payload){.i64 = value}; }

static entrain_status talk(entrain_self *self, const entrain_message *mail, uint32_t count) {
    const room *here = self->context;
    for (uint32_t m = 0; m < count; m++) {
        if (mail[m].kind == NEXT)
            *(uint64_t *)self->columns[0] = 1; // so it is not muted
        for (int64_t n = 0; n < BURST && mail[m].kind == GO; n++)
            entrain_send(self, entrain_population_id(here->listener, 0), LETTER, 0, number(self->index),
                         number(n));
        if (mail[m].kind == GO)
            entrain_send(self, self->id, NEXT, 0, number(0), number(0));
    }
    return ENTRAIN_OK;
}

static entrain_status listen(entrain_self *self, const entrain_message *mail, uint32_t count) {
    uint64_t *heard = self->columns[0]; // by talker
    for (uint32_t m = 0; m < count; m++)
        heard[mail[m].payload[0].i64]++;
    return ENTRAIN_OK;
}

// Asked to go, it begins a delayed message, takes that back, and tells itself to look; then it stops the run.
static entrain_status look(entrain_self *self, const entrain_message *mail, uint32_t count) {
    for (uint32_t m = 0; m < count; m++) {
        entrain_timer timer;
        if (mail[m].kind == LOOK) {
            entrain_engine_cancel(self->engine);
        } else if (entrain_send_after(self, 1, self->id, LOOK, 0, number(0), number(0), &timer) ==
                   ENTRAIN_OK) {
            entrain_cancel(self, timer);
            entrain_send(self, self->id, LOOK, 0, number(0), number(0));
        }
    }
    return ENTRAIN_OK;
}

static void bury(void *context, const entrain_dead_letter *letter) {
    ((room *)context)->dead[letter->fate]++;
}

static entrain_status go_on(const room *here, entrain_execution execution, entrain_error *error) {
    return execution == ENTRAIN_EXECUTION_LOCKSTEP ? entrain_engine_advance(here->engine, 10, error)
                                                   : entrain_engine_run(here->engine, INFINITY, error);
}

static entrain_status build(room *here, entrain_execution execution, entrain_overflow overflow,
                            entrain_error *error) {
    static const entrain_column flag = {.name = "flag", .bytes = 8},
                                heard = {.name = "heard", .bytes = 8 * TALKERS};
    const entrain_behavior talker = {.name = "talker",
                                     .inbox = 7,
                                     .sends_max = SENDS_MAX,
                                     .columns = &flag,
                                     .column_count = 1,
                                     .receive = talk},
                           listener = {.name = "listener",
                                       .inbox = SLOTS - 1,
                                       .columns = &heard,
                                       .column_count = 1,
                                       .receive = listen},
                           looker = {.name = "looker",
                                     .inbox = 7,
                                     .sends_max = 2,
                                     .timers_max = 1,
                                     .receive = look};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.worker_count = 1;
    config.scheduler.policy = "serial";
    config.execution = execution;
    config.overflow = overflow;
    entrain_status status = entrain_engine_create(&config, &here->engine, error);
    if (status == ENTRAIN_OK)
        status = entrain_engine_add(here->engine, &talker, here, TALKERS, &here->talkers, error);
    if (status == ENTRAIN_OK)
        status = entrain_engine_add(here->engine, &listener, here, 1, &here->listener, error);
    if (status == ENTRAIN_OK)
        status = entrain_engine_add(here->engine, &looker, here, 1, &here->looker, error);
    if (status != ENTRAIN_OK)
        return status;
    entrain_engine_on_dead_letter(here->engine, bury, here);
    status = entrain_engine_start(here->engine, error);
    for (uint32_t t = 0; t <= TALKERS && status == ENTRAIN_OK; t++) {
        const entrain_id to =
            t < TALKERS ? entrain_population_id(here->talkers, t) : entrain_population_id(here->looker, 0);
        status = entrain_engine_tell(here->engine, to, GO, 0, number(0), number(0));
    }
    return status;
}

// One line of the table. @return whether all is accounted for, or refused as documented.
static bool overload(entrain_execution execution, entrain_overflow overflow) {
    room here = {.engine = NULL};
    entrain_error error = {.status = ENTRAIN_OK};
    printf("%-13s %-12s", entrain_execution_name(execution), entrain_overflow_name(overflow));
    entrain_status status = build(&here, execution, overflow, &error);
    bool whole = status == ENTRAIN_UNSUPPORTED;
    if (status == ENTRAIN_OK) {
        status = go_on(&here, execution,
                       &error); // ENTRAIN_CANCELLED, or ENTRAIN_OK: there was nothing left to stop
        whole = status == ENTRAIN_CANCELLED || status == ENTRAIN_OK;
        entrain_message_count then, end;
        entrain_engine_count(here.engine, &then);
        char muted[2 * TALKERS + 1] = "nobody";
        for (uint32_t t = 0, n = 0; t < TALKERS; t++)
            if (*(const uint64_t *)entrain_population_at(here.talkers, t, 0) == 0)
                n += (uint32_t)snprintf(muted + n, sizeof muted - n, n > 0 ? ",%" PRIu32 : "%" PRIu32, t);
        entrain_engine_clear(here.engine);
        status = go_on(&here, execution, &error);
        entrain_engine_count(here.engine, &end);
        const uint64_t *heard = entrain_population_at(here.listener, 0, 0);
        printf(" %4" PRIu64 " %8" PRIu64 " %4" PRIu64 " %9" PRIu64 " %13" PRIu64 " %9" PRIu64 " %6" PRIu64
               " %8" PRIu64 "  %-6s %2" PRIu64 " %2" PRIu64 " %2" PRIu64 " %2" PRIu64 "\n",
               end.sent, end.received, end.shed, end.conflated, end.undeliverable, end.cancelled, end.queued,
               then.queued, muted, heard[0], heard[1], heard[2], heard[3]);
        whole = whole && status == ENTRAIN_OK && entrain_message_count_residual(&then) == 0 &&
                entrain_message_count_residual(&end) == 0 && here.dead[ENTRAIN_FATE_SHED] == end.shed &&
                here.dead[ENTRAIN_FATE_CONFLATED] == end.conflated &&
                here.dead[ENTRAIN_FATE_UNDELIVERABLE] == end.undeliverable;
    } else {
        printf(" %s\n", error.sentence);
    }
    entrain_engine_destroy(here.engine);
    return whole;
}

int main(void) {
    bool whole = true;
    printf("%-13s %-12s sent received shed conflated undeliverable cancelled queued mid-way  %-6s heard of 0 "
           "1 2 3\n",
           "", "", "muted");
    for (int execution = 0; execution <= ENTRAIN_EXECUTION_EVENT_DRIVEN; execution++)
        for (int overflow = 0; overflow < ENTRAIN_OVERFLOW_COUNT; overflow++)
            whole &= overload((entrain_execution)execution, (entrain_overflow)overflow);
    printf("%s\n", whole ? "every message is accounted for, every dead letter was told" : "WRONG");
    return whole ? 0 : 1;
}
