// Virtual time: actors that fail, finish, are stopped, are watched and begin again; and dead letters.
#include "check.h"

#include <math.h>

#include "engine/base/fingerprint.h"
#include "entrain/engine.h"
#include "entrain/random.h"
#include "message_count_check.h"

enum { KIND_TOLD = ENTRAIN_KIND_USER, KIND_WORK, KIND_FAIL, KIND_FINISH, KIND_STOP_NEXT, KIND_TIMER };
static const entrain_payload nothing = {0};

// --- By hand: a few actors that do what they are told to, and write down what comes

typedef struct town {
    entrain_engine *engine;
    entrain_population *people;
    char log[4096]; // "who@time:kind " of each message, and "[who reason]" of each event
    bool watches;
    uint32_t dead;
} town;

static void write_down(town *world, const char *format, ...) {
    const size_t used = strlen(world->log);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(world->log + used, sizeof world->log - used, format, arguments);
    va_end(arguments);
}

static entrain_status obey(entrain_self *self, const entrain_message *messages, uint32_t count) {
    town *world = self->context;
    for (uint32_t m = 0; m < count; m++) {
        const uint16_t kind = messages[m].kind;
        const entrain_id next = entrain_population_id(world->people, (self->index + 1) % 3);
        if (kind == ENTRAIN_KIND_ENDED)
            write_down(world, "%u@%g:ended-%u-%s ", self->index, self->time_s,
                       messages[m].from & ENTRAIN_ID_INDEX_MAX,
                       entrain_reason_name((entrain_reason)messages[m].flags));
        else
            write_down(world, "%u@%g:%u ", self->index, self->time_s, kind - ENTRAIN_KIND_USER);
        switch (kind) {
        case KIND_TOLD: // watches the next one, gives it work at 1 and 1.5, has a timer at 2
            assert_int_equal(entrain_watch(self, next), ENTRAIN_OK);
            entrain_send(self, next, (uint16_t)messages[m].payload[0].u64, 0, nothing, nothing);
            entrain_send_after(self, 1.5, next, KIND_WORK, 0, nothing, nothing, NULL);
            entrain_send_after(self, 2, self->id, KIND_TIMER, 0, nothing, nothing, NULL);
            break;
        case KIND_FAIL: // what it sends and sets is cancelled with it, but for what is due within a lookahead
            entrain_send(self, next, KIND_WORK, 0, nothing, nothing);
            entrain_send_after(self, 1.5, next, KIND_WORK, 0, nothing, nothing, NULL);
            entrain_send_after(self, 0.5, self->id, KIND_TIMER, 0, nothing, nothing, NULL);
            return ENTRAIN_IO;
        case KIND_FINISH:
            entrain_finish(self);
            break;
        case KIND_STOP_NEXT:
            assert_int_equal(entrain_stop(self, next), ENTRAIN_OK);
            break;
        default:
            break;
        }
    }
    return ENTRAIN_OK;
}

static void write_event(void *context, const entrain_lifecycle *event) {
    static const char *const kinds[] = {"started", "ended", "failed", "restarted", "given-up"};
    write_down(context, "[%u@%g %s %s] ", event->index, event->time_s, kinds[event->kind],
               entrain_reason_name(event->reason));
}
static void bury(void *context, const entrain_dead_letter *letter) {
    (void)letter;
    ((town *)context)->dead++;
}

static void world_open(town *world, entrain_remedy remedy,
                       entrain_status (*receive)(entrain_self *, const entrain_message *, uint32_t),
                       uint64_t messages_max, uint64_t sends_max) {
    entrain_error error = {0};
    memset(world, 0, sizeof *world);
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
    config.lookahead_s = 1;
    CHECK_OK(entrain_engine_create(&config, &world->engine, &error), error);
    const entrain_behavior behavior = {.name = "person",
                                       .inbox = 8,
                                       .sends_max = 160,
                                       .timers_max = 160,
                                       .watches_max = 2,
                                       .receive = receive};
    CHECK_OK(entrain_engine_add(world->engine, &behavior, world, 3, &world->people, &error), error);
    entrain_supervision supervision = entrain_supervision_defaults();
    supervision.remedy = remedy;
    supervision.messages_max = messages_max;
    supervision.sends_max = sends_max;
    CHECK_OK(entrain_engine_supervise(world->engine, world->people, &supervision, &error), error);
    assert_int_equal(entrain_engine_on_lifecycle(world->engine, true, write_event, world), ENTRAIN_OK);
    entrain_engine_on_dead_letter(world->engine, bury, world);
    CHECK_OK(entrain_engine_start(world->engine, &error), error);
    world->log[0] = 0;
}
static void tell(town *world, uint32_t index, uint16_t what) {
    assert_int_equal(entrain_engine_tell(world->engine, entrain_population_id(world->people, index),
                                         KIND_TOLD, 0, (entrain_payload){.u64 = what}, nothing),
                     ENTRAIN_OK);
}

static void who_fails_is_dealt_with_as_its_supervision_says(void **state) {
    (void)state;
    static const struct {
        entrain_remedy remedy;
        uint16_t what;
        const char *log;
        entrain_message_count count;
    } cases[] = {
        // 0 tells 1 to fail at 1; what comes for 1 at 1.5 finds nobody, and then the window [1, 2) is over:
        // it is settled what becomes of 1, and 0 is told. At 2 the timer of 0 rings, and 2 hears what 1 sent
        // before.
        {ENTRAIN_REMEDY_STOP,
         KIND_FAIL,
         "0@0:0 1@1:2 [1@1.5 failed status] 0@1.5:ended-1-status 0@2:5 2@2:1 ",
         {.sent = 7, .received = 4, .cancelled = 2, .undeliverable = 1}},
        {ENTRAIN_REMEDY_RESTART,
         KIND_FAIL,
         "0@0:0 1@1:2 [1@1.5 failed status] [1@1.5 restarted status] 0@1.5:ended-1-status 0@2:5 2@2:1 ",
         {.sent = 7, .received = 4, .cancelled = 2, .undeliverable = 1}},
        {ENTRAIN_REMEDY_STOP,
         KIND_FINISH,
         "0@0:0 1@1:3 [1@1.5 ended finished] 0@1.5:ended-1-finished 0@2:5 ",
         {.sent = 4, .received = 3, .undeliverable = 1}},
        {ENTRAIN_REMEDY_STOP,
         KIND_STOP_NEXT,
         "0@0:0 1@1:4 1@1.5:1 [2@1.5 ended stopped] 0@2:5 ",
         {.sent = 4, .received = 4}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        entrain_error error = {0};
        town world;
        world_open(&world, cases[c].remedy, obey, 0, 0);
        tell(&world, 0, cases[c].what);
        CHECK_OK(entrain_engine_run(world.engine, INFINITY, &error), error);
        assert_string_equal(world.log, cases[c].log);
        const entrain_message_count want = cases[c].count;
        CHECK_COUNT(world.engine, .sent = want.sent, .received = want.received, .cancelled = want.cancelled,
                    .undeliverable = want.undeliverable);
        assert_int_equal(world.dead, want.undeliverable);
        entrain_engine_destroy(world.engine);
    }
}

static void who_is_not_supervised_ends_the_run_and_it_can_go_on(void **state) {
    (void)state;
    entrain_error error = {0};
    town world;
    world_open(&world, ENTRAIN_REMEDY_ESCALATE, obey, 0, 0);
    tell(&world, 0, KIND_FAIL);
    CHECK_REFUSED(entrain_engine_run(world.engine, INFINITY, &error), ENTRAIN_FAILED, error,
                  "Actor 1 of \"person\"");
    assert_string_equal(world.log, "0@0:0 1@1:2 [1@1.5 failed status] ");
    CHECK_OK(entrain_engine_run(world.engine, INFINITY, &error), error);
    assert_string_equal(world.log, "0@0:0 1@1:2 [1@1.5 failed status] 0@1.5:ended-1-status 0@2:5 2@2:1 ");
    entrain_engine_destroy(world.engine);
}

// Five messages at one time and a timer; budgets of three messages, or of two sends.
static entrain_status spend(entrain_self *self, const entrain_message *messages, uint32_t count) {
    town *world = self->context;
    for (uint32_t m = 0; m < count; m++) {
        write_down(world, "%u@%g:%u ", self->index, self->time_s, messages[m].kind - ENTRAIN_KIND_USER);
        if (messages[m].kind == KIND_TOLD) {
            entrain_send_after(self, 1, self->id, KIND_TIMER, 0, nothing, nothing, NULL);
            for (uint32_t i = 0; i < 5; i++)
                entrain_send(self, self->id, KIND_WORK, 0, nothing, nothing);
        }
    }
    return ENTRAIN_OK;
}
static void budgets_are_kept(void **state) {
    (void)state;
    static const struct {
        uint64_t messages_max, sends_max;
        const char *log;
        entrain_message_count count;
    } cases[] = {
        {7, 6, "0@0:0 0@1:5 0@1:1 0@1:1 0@1:1 0@1:1 0@1:1 ", {.sent = 7, .received = 7}},
        {4,
         0,
         "0@0:0 0@1:5 0@1:1 0@1:1 [0@1 failed messages] ",
         {.sent = 7, .received = 4, .undeliverable = 3}},
        {1, 0, "0@0:0 0@1:5 [0@1 failed messages] ", {.sent = 7, .received = 2, .undeliverable = 5}},
        // The timer and two of the five; then it ends, and what it sent is within the lookahead.
        {0, 3, "0@0:0 [0@0 failed sends] ", {.sent = 4, .received = 1, .cancelled = 1, .undeliverable = 2}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        entrain_error error = {0};
        town world;
        world_open(&world, ENTRAIN_REMEDY_STOP, spend, cases[c].messages_max, cases[c].sends_max);
        tell(&world, 0, 0);
        CHECK_OK(entrain_engine_run(world.engine, INFINITY, &error), error);
        assert_string_equal(world.log, cases[c].log);
        const entrain_message_count want = cases[c].count;
        CHECK_COUNT(world.engine, .sent = want.sent, .received = want.received, .cancelled = want.cancelled,
                    .undeliverable = want.undeliverable);
        entrain_engine_destroy(world.engine);
    }
}

// Two calls at one instant have one budget between them: 150 timers are 150 sends, and 5 more are left.
static entrain_status set_many(entrain_self *self, const entrain_message *messages, uint32_t count) {
    town *world = self->context;
    write_down(world, "%u@%g:%ux%u ", self->index, self->time_s, messages[0].kind - ENTRAIN_KIND_USER, count);
    for (uint32_t i = 0; i < (messages[0].kind == KIND_TOLD ? 150 : 3); i++)
        entrain_send_after(self, 1, self->id, KIND_TIMER, 0, nothing, nothing, NULL);
    return ENTRAIN_OK;
}
static void calls_at_one_instant_share_a_budget(void **state) {
    (void)state;
    entrain_error error = {0};
    town world;
    world_open(&world, ENTRAIN_REMEDY_STOP, set_many, 0, 155);
    tell(&world, 0, 0);
    CHECK_OK(entrain_engine_run(world.engine, INFINITY, &error), error);
    assert_string_equal(world.log, "0@0:0x1 0@1:5x100 0@1:5x50 [0@1 failed sends] ");
    CHECK_COUNT(world.engine, .sent = 1 + 155, .received = 151, .cancelled = 5);
    entrain_engine_destroy(world.engine);
}

// Who watches one that is gone is told when the window is over, in which it goes on living; wherever runs are
// cut.
static entrain_status watch_too_late(entrain_self *self, const entrain_message *messages, uint32_t count) {
    if (messages[0].kind == KIND_TOLD) {
        entrain_send_after(self, 0.25, self->id, KIND_TIMER, 0, nothing, nothing, NULL);
        entrain_send_after(self, 0.75, self->id, KIND_TIMER, 0, nothing, nothing, NULL);
        assert_int_equal(entrain_watch(self, self->id + 1), ENTRAIN_OK);
        return ENTRAIN_OK;
    }
    return obey(self, messages, count);
}
static void who_is_gone_is_told_of_when_the_window_is_over(void **state) {
    (void)state;
    for (uint32_t pieces = 1; pieces <= 8; pieces++) {
        entrain_error error = {0};
        town world;
        world_open(&world, ENTRAIN_REMEDY_STOP, watch_too_late, 0, 0);
        assert_int_equal(entrain_engine_stop_actor(world.engine, entrain_population_id(world.people, 1)),
                         ENTRAIN_OK);
        world.log[0] = 0;
        tell(&world, 0, 0);
        for (uint32_t piece = 1; piece <= pieces; piece++)
            CHECK_OK(entrain_engine_run(world.engine, 2.0 * piece / pieces, &error), error);
        assert_string_equal(world.log, "0@0.25:5 0@0.75:5 0@0.75:ended-1-gone ");
        entrain_engine_destroy(world.engine);
    }
}

// --- At random: the same for every policy, number of workers, layout and size of tasks

enum { CROWD = 200 };
typedef struct hazard {
    entrain_population *crowd;
    uint64_t events, dead; // events: a chain; dead letters: a sum
} hazard;

static entrain_status live_dangerously(entrain_self *self, const entrain_message *messages, uint32_t count) {
    hazard *all = self->context;
    uint64_t *me = self->columns[0]; // chain, turns
    const entrain_random key = entrain_random_key(9, ENTRAIN_STREAM_USER);
    for (uint32_t m = 0; m < count; m++)
        me[0] = entrain__mix_fold(me[0], messages[m].from ^ (uint64_t)messages[m].kind << 32 ^
                                             (uint64_t)messages[m].flags << 48);
    const uint64_t turn = me[1]++;
    const uint32_t draw = self->id >> ENTRAIN_ID_INDEX_BITS; // one that begins again lives otherwise
    for (uint32_t s = 0; s < 5; s++) {
        const uint64_t what = entrain_random_below(key, 40, self->index, turn, draw << 8 | 4 * s);
        const entrain_id other =
            entrain_population_id(all->crowd, (uint32_t)entrain_random_below(key, CROWD, self->index, turn,
                                                                             draw << 8 | (4 * s + 1)));
        const double delay_s = entrain_random_uniform(key, self->index, turn, draw << 8 | (4 * s + 2));
        entrain_status status = ENTRAIN_OK;
        if (what < 10)
            status = entrain_send(self, other, KIND_WORK, 0, nothing, nothing);
        else if (what < 16)
            status = entrain_send_after(self, 0.25 + delay_s, other, KIND_WORK, 0, nothing, nothing, NULL);
        else if (what < 22)
            status = entrain_send_after(self, delay_s, self->id, KIND_TIMER, 0, nothing, nothing, NULL);
        else if (what < 26)
            status = entrain_watch(self, other);
        else if (what < 27)
            status = entrain_unwatch(self, other);
        else if (what == 30)
            status = entrain_stop(self, other);
        else if (what == 31 && turn > 3)
            entrain_finish(self);
        else if (what == 32 && turn > 3)
            return ENTRAIN_IO;
        me[0] = me[0] * 5 + (uint64_t)status;
    }
    return ENTRAIN_OK;
}
static void chain_event(void *context, const entrain_lifecycle *event) {
    hazard *all = context;
    uint64_t when;
    memcpy(&when, &event->time_s, 8);
    all->events = entrain__mix_fold(all->events,
                                    event->id ^ (uint64_t)event->kind << 32 ^ (uint64_t)event->reason << 40);
    all->events = entrain__mix_fold(all->events, when ^ event->restarts);
}
static void count_dead(void *context, const entrain_dead_letter *letter) {
    (void)letter;
    ((hazard *)context)->dead++;
}

static void lives_and_deaths_are_the_same_for_all(void **state) {
    (void)state;
    static const struct {
        const char *policy;
        uint32_t workers, cohort_weight;
        entrain_layout layout;
    } variants[] = {
        {"serial", 1, 0, ENTRAIN_LAYOUT_INDEX},    {"steal", 2, 64, ENTRAIN_LAYOUT_SHUFFLED},
        {"static", 3, 64, ENTRAIN_LAYOUT_INDEX},   {"shared", 8, 64, ENTRAIN_LAYOUT_SHUFFLED},
        {"dataflow", 2, 70, ENTRAIN_LAYOUT_INDEX},
    };
    for (uint32_t c = 0; c < 4; c++) {
        uint64_t fingerprint = 0, signature = 0, events = 0;
        entrain_message_count first = {0};
        for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
            entrain_error error = {0};
            hazard all = {0};
            entrain_engine *engine;
            entrain_engine_config config = entrain_engine_config_defaults();
            config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
            config.lookahead_s = c == 0 ? 0 : 0.25;
            config.scheduler.policy = variants[v].policy;
            config.scheduler.worker_count = variants[v].workers;
            config.cohort_weight = variants[v].cohort_weight;
            config.layout = variants[v].layout;
            CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
            entrain_engine_sign_order(engine, true);
            const entrain_column columns[] = {{"chain", 16, true, false}};
            const entrain_behavior behavior = {.name = "cat",
                                               .columns = columns,
                                               .column_count = 1,
                                               .sends_max = 5,
                                               .inbox = 4,
                                               .timers_max = 12,
                                               .watches_max = 3,
                                               .receive = live_dangerously};
            CHECK_OK(entrain_engine_add(engine, &behavior, &all, CROWD, &all.crowd, &error), error);
            entrain_supervision supervision = entrain_supervision_defaults();
            supervision.remedy = c == 2 ? ENTRAIN_REMEDY_STOP : ENTRAIN_REMEDY_RESTART;
            supervision.restarts_max = 8;
            supervision.window_s = 4;
            supervision.all_for_one = c == 3;
            if (c == 1)
                supervision.messages_max = 40;
            CHECK_OK(entrain_engine_supervise(engine, all.crowd, &supervision, &error), error);
            assert_int_equal(entrain_engine_on_lifecycle(engine, true, chain_event, &all), ENTRAIN_OK);
            entrain_engine_on_dead_letter(engine, count_dead, &all);
            CHECK_OK(entrain_engine_start(engine, &error), error);
            for (int second = 1; second <= 4; second++) { // who has gone is not begun again from outside
                for (uint32_t a = 0; a < CROWD; a++)
                    (void)entrain_engine_tell(engine, entrain_population_id(all.crowd, a), KIND_TOLD, 0,
                                              nothing, nothing);
                CHECK_OK(entrain_engine_run(engine, second, &error), error);
                (void)counted(engine);
            }
            const entrain_message_count count = counted(engine);
            assert_int_equal(all.dead, count.undeliverable + count.shed + count.conflated);
            if (v == 0) {
                fingerprint = entrain_engine_fingerprint(engine);
                signature = entrain_engine_order_signature(engine);
                events = all.events;
                first = count;
                assert_true(count.received > 1000 && count.cancelled > 500);
            }
            assert_memory_equal(&count, &first, sizeof count);
            assert_int_equal(entrain_engine_fingerprint(engine), fingerprint);
            assert_int_equal(entrain_engine_order_signature(engine), signature);
            assert_int_equal(all.events, events);
            entrain_engine_destroy(engine);
        }
    }
}

// --- Who asks for it is told when it begins

static entrain_status live(entrain_self *self, const entrain_message *messages, uint32_t count) {
    town *world = self->context;
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].kind == ENTRAIN_KIND_BEGUN) {
            assert_int_equal(messages[m].from, self->id);
            write_down(world, "%u@%g:begun ", self->index, self->time_s);
            entrain_send_after(self, 1 + self->index, self->id, KIND_TIMER, 0, nothing, nothing, NULL);
        } else if (messages[m].kind == KIND_TIMER) {
            write_down(world, "%u@%g:timer ", self->index, self->time_s);
            if (self->index == 1)
                return ENTRAIN_IO;
        } else if (messages[m].kind == KIND_TOLD) { // both its places are held until these arrive
            write_down(world, "%u@%g:told-%u ", self->index, self->time_s, (unsigned)self->undelivered);
            entrain_send(self, entrain_population_id(world->people, 1), KIND_WORK, 0, nothing, nothing);
            entrain_send(self, entrain_population_id(world->people, 1), KIND_WORK, 0, nothing, nothing);
        }
    }
    return ENTRAIN_OK;
}

static const entrain_behavior living = {
    .name = "person", .inbox = 8, .sends_max = 8, .timers_max = 2, .begins = true, .receive = live};

static void who_begins_is_told(void **state) {
    (void)state;
    entrain_error error = {0};
    town world = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
    config.lookahead_s = 5;
    CHECK_OK(entrain_engine_create(&config, &world.engine, &error), error);
    CHECK_OK(entrain_engine_add(world.engine, &living, &world, 3, &world.people, &error), error);
    entrain_supervision supervision = entrain_supervision_defaults();
    supervision.remedy = ENTRAIN_REMEDY_RESTART;
    supervision.restarts_max = 1;
    CHECK_OK(entrain_engine_supervise(world.engine, world.people, &supervision, &error), error);
    CHECK_OK(entrain_engine_start(world.engine, &error), error);
    entrain_message_count count;
    entrain_engine_count(world.engine, &count);
    assert_int_equal(count.sent, 3);
    assert_int_equal(count.queued, 3);
    // One task: its own actors' timers of the window [0, 5), then 1 begins again when that is over, at the
    // present.
    CHECK_OK(entrain_engine_run(world.engine, 20, &error), error);
    assert_string_equal(world.log,
                        "0@0:begun 1@0:begun 2@0:begun 0@1:timer 1@2:timer 2@3:timer 1@3:begun 1@5:timer ");
    // By hand, between runs; and one whose place is still full of what was sent before.
    world.log[0] = 0;
    entrain_id id = entrain_population_id(world.people, 2);
    assert_int_equal(entrain_engine_stop_actor(world.engine, id), ENTRAIN_OK);
    assert_int_equal(entrain_engine_restart_actor(world.engine, world.people, 2, &id), ENTRAIN_OK);
    CHECK_OK(entrain_engine_run(world.engine, 25, &error), error);
    assert_string_equal(world.log, "2@5:begun 2@8:timer ");
    world.log[0] = 0;
    for (uint32_t again = 0; again < 2; again++) {
        assert_int_equal(entrain_engine_tell(world.engine, entrain_population_id(world.people, 0), KIND_TOLD,
                                             0, nothing, nothing),
                         ENTRAIN_OK);
        CHECK_OK(entrain_engine_run(world.engine, again == 0 ? 9 : 40, &error), error);
        if (again == 1)
            break;
        assert_int_equal(entrain_engine_stop_actor(world.engine, entrain_population_id(world.people, 0)),
                         ENTRAIN_OK);
        assert_int_equal(entrain_engine_restart_actor(world.engine, world.people, 0, &id), ENTRAIN_OK);
    }
    assert_string_equal(world.log, "0@8:told-0 0@9:told-1 ");
    entrain_engine_count(world.engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    entrain_engine_destroy(world.engine);
}

static void to_be_told_takes_virtual_time_and_a_place(void **state) {
    (void)state;
    for (int with = 0; with < 2; with++) {
        entrain_error error = {0};
        town world = {0};
        entrain_engine_config config = entrain_engine_config_defaults();
        entrain_behavior behavior = living;
        if (with == 1) {
            config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
            behavior.timers_max = behavior.sends_max = 0;
        }
        CHECK_OK(entrain_engine_create(&config, &world.engine, &error), error);
        CHECK_OK(entrain_engine_add(world.engine, &behavior, &world, 3, &world.people, &error), error);
        CHECK_REFUSED(entrain_engine_start(world.engine, &error),
                      with == 0 ? ENTRAIN_UNSUPPORTED : ENTRAIN_INVALID, error,
                      with == 0 ? "virtual-time" : "timers_max");
        entrain_engine_destroy(world.engine);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_begins_is_told),
        cmocka_unit_test(to_be_told_takes_virtual_time_and_a_place),
        cmocka_unit_test(who_fails_is_dealt_with_as_its_supervision_says),
        cmocka_unit_test(who_is_not_supervised_ends_the_run_and_it_can_go_on),
        cmocka_unit_test(budgets_are_kept),
        cmocka_unit_test(calls_at_one_instant_share_a_budget),
        cmocka_unit_test(who_is_gone_is_told_of_when_the_window_is_over),
        cmocka_unit_test(lives_and_deaths_are_the_same_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
