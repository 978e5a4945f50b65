// Virtual time in a checkpoint, wherever the run stands: between windows, in an open one, in the midst of an
// instant after a cancel; with actors that fail, watch, are stopped, begin again, find no room and are
// told from outside. Read into an engine of other workers, tasks and layout it goes on to the same bits.
#include "check.h"

#include <math.h>

#include "engine/base/fingerprint.h"
#include "engine/virtual_state.h"
#include "entrain/random.h"
#include "message_count_check.h"

enum { KIND_TOLD = ENTRAIN_KIND_USER, KIND_WORK, KIND_TIMER };
enum { CROWD = 150, STEPS = 14 };
static const entrain_payload nothing = {0};
static const double piece_s = 0.37; // of a run: no multiple of anything

typedef struct life {
    uint64_t chain, turns, undelivered;
    uint64_t timers[2];
} life;

typedef struct variant {
    const char *name;
    double lookahead_s;
    entrain_overflow overflow;
    entrain_remedy remedy;
    bool all_for_one;
    uint32_t messages_max, seed;
    bool opens;           // a window is left open somewhere
    uint32_t cancel_turn; // in the step in which it is written; 0: none
    bool told;            // something befalls it there, and what was written goes on as an example
} variant;

typedef struct manner {
    const char *policy;
    uint32_t workers, cohort_weight;
    entrain_layout layout;
} manner;
static const manner manners[] = {{"serial", 1, 4096, ENTRAIN_LAYOUT_INDEX},
                                 {"serial", 1, 64, ENTRAIN_LAYOUT_INDEX},
                                 {"steal", 3, 64, ENTRAIN_LAYOUT_SHUFFLED},
                                 {"dataflow", 2, 70, ENTRAIN_LAYOUT_SHUFFLED}};

typedef struct town {
    entrain_engine *engine;
    entrain_population *crowd, *clerks;
    const variant *how;
    uint64_t events, dead;     // since the last look
    uint32_t turns, cancel_at; // to cancel at so manieth; one worker only
} town;

static void act(entrain_self *self, life *me, uint32_t s) {
    const town *all = self->context;
    const entrain_random key = entrain_random_key(all->how->seed, ENTRAIN_STREAM_USER);
    const uint32_t draw = self->id >> ENTRAIN_ID_INDEX_BITS << 8 | 4 * s;
    const uint64_t what = entrain_random_below(key, 46, self->index, me->turns, draw);
    const entrain_id other = entrain_population_id(
        all->crowd, (uint32_t)entrain_random_below(key, CROWD, self->index, me->turns, draw | 1));
    const double delay_s = entrain_random_uniform(key, self->index, me->turns, draw | 2);
    entrain_status status = ENTRAIN_OK;
    if (what < 10)
        status = entrain_send(self, other, KIND_WORK, 0, nothing, nothing);
    else if (what < 16)
        status = entrain_send_after(self, all->how->lookahead_s + delay_s, other, KIND_WORK, 0, nothing,
                                    nothing, &me->timers[s % 2]);
    else if (what < 23)
        status =
            entrain_send_after(self, delay_s, self->id, KIND_TIMER, 0, nothing, nothing, &me->timers[s % 2]);
    else if (what < 27)
        status = entrain_cancel(self, me->timers[s % 2]);
    else if (what < 31)
        status = entrain_watch(self, other);
    else if (what < 32)
        status = entrain_unwatch(self, other);
    else if (what < 33)
        status = entrain_stop(self, other);
    else if (what < 34 && me->turns > 3)
        entrain_finish(self);
    else if (what < 36) // many at one place
        status = entrain_send(self, entrain_population_id(all->clerks, self->index % 2), KIND_WORK, 0,
                              nothing, nothing);
    me->chain = entrain__mix_fold(me->chain, (uint64_t)status ^ me->timers[s % 2] << 8);
}

static entrain_status live(entrain_self *self, const entrain_message *messages, uint32_t count) {
    town *all = self->context;
    life *me = self->columns[0];
    uint64_t when;
    memcpy(&when, &self->time_s, sizeof when);
    if (all->cancel_at > 0 && ++all->turns == all->cancel_at)
        entrain_engine_cancel(all->engine);
    for (uint32_t m = 0; m < count; m++)
        me->chain = entrain__mix_fold(me->chain, when ^ messages[m].from ^ (uint64_t)messages[m].kind << 32 ^
                                                     (uint64_t)messages[m].flags << 48);
    me->undelivered += self->undelivered;
    me->turns++;
    for (uint32_t s = 0; s < 5; s++)
        act(self, me, s);
    const entrain_random key = entrain_random_key(all->how->seed, ENTRAIN_STREAM_USER + 1);
    const uint32_t life_of = self->id >> ENTRAIN_ID_INDEX_BITS;
    return entrain_random_below(key, 40, self->index, me->turns, life_of) == 0 && me->turns > 3 ? ENTRAIN_IO
                                                                                                : ENTRAIN_OK;
}

static void chain_event(void *context, const entrain_lifecycle *event) {
    town *all = context;
    uint64_t when;
    memcpy(&when, &event->time_s, sizeof when);
    all->events = entrain__mix_fold(all->events,
                                    event->id ^ (uint64_t)event->kind << 32 ^ (uint64_t)event->reason << 40);
    all->events = entrain__mix_fold(all->events, when ^ event->restarts);
}
static void count_dead(void *context, const entrain_dead_letter *letter) {
    (void)letter;
    ((town *)context)->dead++;
}

static void open_town(const variant *how, const manner *as, town *all) {
    entrain_error error = {0};
    *all = (town){.how = how};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
    config.lookahead_s = how->lookahead_s;
    config.overflow = how->overflow;
    config.scheduler.policy = as->policy;
    config.scheduler.worker_count = as->workers;
    config.cohort_weight = as->cohort_weight;
    config.layout = as->layout;
    CHECK_OK(entrain_engine_create(&config, &all->engine, &error), error);
    const entrain_column columns[] = {{"life", sizeof(life), true, false}};
    const entrain_behavior behavior = {.name = "cat",
                                       .columns = columns,
                                       .column_count = 1,
                                       .sends_max = 5,
                                       .inbox = 4,
                                       .timers_max = 12,
                                       .watches_max = 3,
                                       .begins = true,
                                       .receive = live};
    CHECK_OK(entrain_engine_add(all->engine, &behavior, all, CROWD, &all->crowd, &error), error);
    const entrain_behavior clerk = {.name = "clerk",
                                    .columns = columns,
                                    .column_count = 1,
                                    .sends_max = 5,
                                    .inbox = 2,
                                    .timers_max = 30,
                                    .watches_max = 3,
                                    .receive = live};
    CHECK_OK(entrain_engine_add(all->engine, &clerk, all, 2, &all->clerks, &error), error);
    entrain_supervision supervision = entrain_supervision_defaults();
    supervision.remedy = how->remedy;
    supervision.restarts_max = 30;
    supervision.window_s = 3;
    supervision.all_for_one = how->all_for_one;
    supervision.messages_max = how->messages_max;
    CHECK_OK(entrain_engine_supervise(all->engine, all->crowd, &supervision, &error), error);
    CHECK_OK(entrain_engine_supervise(all->engine, all->clerks, &supervision, &error), error);
    assert_int_equal(entrain_engine_on_lifecycle(all->engine, true, chain_event, all), ENTRAIN_OK);
    entrain_engine_on_dead_letter(all->engine, count_dead, all);
    CHECK_OK(entrain_engine_start(all->engine, &error), error);
    all->events = all->dead = 0;
}

// What is seen after a step.
typedef struct look {
    uint64_t fingerprint, events, dead, time;
    entrain_message_count count;
    life lives[CROWD + 2];
    entrain_id ids[CROWD + 2];
} look;

static void take_look(town *all, look *seen) {
    memset(seen, 0, sizeof *seen);
    seen->fingerprint = entrain_engine_fingerprint(all->engine);
    seen->events = all->events;
    seen->dead = all->dead;
    seen->count = counted(all->engine);
    seen->time = entrain__when(entrain_engine_time_s(all->engine));
    for (uint32_t a = 0; a < CROWD + 2; a++) {
        entrain_population *its = a < CROWD ? all->crowd : all->clerks;
        seen->lives[a] = *(const life *)entrain_population_at(its, a < CROWD ? a : a - CROWD, 0);
        seen->ids[a] = entrain_population_id(its, a < CROWD ? a : a - CROWD);
    }
    all->events = all->dead = 0;
}

// What comes from outside before step @p step, which stands where the one before ended.
static void befall(town *all, uint32_t step) {
    for (uint32_t a = step % 3; a < CROWD; a += 7) {
        entrain_id id = entrain_population_id(all->crowd, a);
        if (id == ENTRAIN_ID_NONE)
            (void)entrain_engine_restart_actor(all->engine, all->crowd, a, &id);
        else if (a % 5 == 0 && step % 2 == 0)
            (void)entrain_engine_stop_actor(all->engine, id);
        else
            (void)entrain_engine_tell(all->engine, id, KIND_TOLD, 0, nothing, nothing);
    }
}

// @return whether it was cancelled.
static bool run_step(town *all, uint32_t step) {
    entrain_error error = {0};
    const entrain_status status = entrain_engine_run(all->engine, (step + 1) * piece_s, &error);
    if (status != ENTRAIN_OK && (status != ENTRAIN_CANCELLED || all->turns < all->cancel_at))
        fail_msg("%s, step %u: %s: %s", all->how->name, step, entrain_status_name(status), error.sentence);
    return status != ENTRAIN_OK;
}

static void *write_town(town *all, size_t *size_out) {
    entrain_error error = {0};
    entrain_archive *archive = NULL;
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    entrain_engine_archive(all->engine, archive);
    void *data = entrain_archive_data(archive, size_out, &error);
    if (data == NULL)
        fail_msg("%s: %s", all->how->name, error.sentence);
    return data;
}

static void compare_data(const char *name, uint32_t m, const void *is, size_t size, const void *wanted,
                         size_t wanted_size) {
    if (size != wanted_size || memcmp(is, wanted, size) != 0)
        fail_msg("%s, manner %u: written again it is another (%zu and %zu bytes)", name, m, size,
                 wanted_size);
}

static look undisturbed[STEPS], seen;

static void compare_look(const char *name, const char *who, uint32_t step) {
    const look *wanted = &undisturbed[step];
    if (memcmp(&seen, wanted, sizeof seen) == 0)
        return;
    for (uint32_t a = 0; a < CROWD + 2; a++)
        if (memcmp(&seen.lives[a], &wanted->lives[a], sizeof(life)) != 0 || seen.ids[a] != wanted->ids[a])
            fail_msg("%s, %s, step %u: actor %u is another", name, who, step, a);
    fail_msg("%s, %s, step %u: time %d events %d dead %d counts %d", name, who, step,
             seen.time == wanted->time, seen.events == wanted->events, seen.dead == wanted->dead,
             memcmp(&seen.count, &wanted->count, sizeof seen.count) == 0);
}

static uint64_t under_way(const entrain_engine *engine) {
    return engine->virtual_time->open ? entrain__virtual_queued(engine) : 0;
}

// Goes on after @p step, whose end is a place like any other.
static void finish(town *all, const char *who, uint32_t step) {
    for (uint32_t s = step + 1; s < STEPS; s++) {
        befall(all, s);
        (void)run_step(all, s);
        take_look(all, &seen);
        compare_look(all->how->name, who, s);
    }
}

static void read_everywhere(const variant *how, const void *data, size_t size, uint32_t step, bool cancelled,
                            const void *end, size_t end_size) {
    for (uint32_t m = 0; m < sizeof manners / sizeof *manners; m++) {
        town all;
        entrain_error error = {0};
        entrain_archive *archive = NULL;
        size_t again_size;
        open_town(how, &manners[m], &all);
        CHECK_OK(entrain_archive_read_memory(data, size, "It", &archive, &error), error);
        entrain_engine_archive(all.engine, archive);
        if (entrain_archive_end(archive, &error) != ENTRAIN_OK)
            fail_msg("%s, manner %u: %s", how->name, m, error.sentence);
        assert_int_equal(all.events, 0); // nobody is told of who lives already
        void *again = write_town(&all, &again_size);
        compare_data(how->name, m, again, again_size, data, size);
        free(again);
        if (how->told)
            befall(&all, STEPS + step);
        if (cancelled)
            (void)run_step(&all, step);
        if (cancelled || how->told) { // what it had heard before is not known here
            take_look(&all, &seen);
            seen.events = undisturbed[step].events;
            seen.dead = undisturbed[step].dead;
            compare_look(how->name, "read after a cancel", step);
        }
        finish(&all, "read", step);
        again = write_town(&all, &again_size);
        compare_data(how->name, m, again, again_size, end, end_size);
        free(again);
        entrain_engine_destroy(all.engine);
    }
}

// What was written has to go on as the undisturbed one; or as nobody else.
static void look_at_written(town *all, uint32_t step) {
    take_look(all, &seen);
    if (all->how->told)
        undisturbed[step] = seen;
    else
        compare_look(all->how->name, "written", step);
}

static bool try_variant(const variant *how) {
    town all;
    size_t end_size, size;
    bool opened = false, was_cancelled = how->cancel_turn == 0;
    open_town(how, &manners[0], &all);
    for (uint32_t s = 0; s < STEPS; s++) {
        befall(&all, s);
        (void)run_step(&all, s);
        take_look(&all, &undisturbed[s]);
    }
    void *end = write_town(&all, &end_size);
    assert_true(undisturbed[STEPS - 1].count.received > 1000 && undisturbed[STEPS - 1].count.cancelled > 100);
    entrain_engine_destroy(all.engine);

    for (uint32_t step = 0; step < STEPS; step += 3) {
        open_town(how, &manners[1], &all);
        for (uint32_t s = 0; s < step; s++) {
            befall(&all, s);
            (void)run_step(&all, s);
            take_look(&all, &seen);
        }
        befall(&all, step);
        all.cancel_at = how->cancel_turn;
        const bool cancelled = run_step(&all, step);
        all.cancel_at = all.turns = 0;
        entrain_engine_clear(all.engine);
        was_cancelled |= cancelled;
        opened |= under_way(all.engine) > 0;
        void *data = write_town(&all, &size);
        if (how->told)
            befall(&all, STEPS + step);
        if (cancelled)
            (void)run_step(&all, step);
        look_at_written(&all, step);
        for (uint32_t s = step + 1; s < STEPS; s++) {
            befall(&all, s);
            (void)run_step(&all, s);
            look_at_written(&all, s);
        }
        free(end);
        end = write_town(&all, &end_size);
        entrain_engine_destroy(all.engine);
        read_everywhere(how, data, size, step, cancelled, end, end_size);
        free(data);
    }
    free(end);
    assert_true(was_cancelled);
    return opened;
}

static void goes_on_from_anywhere(void **state) {
    (void)state;
    static const variant variants[] = {
        {"lookahead", 0.25, ENTRAIN_OVERFLOW_FAIL, ENTRAIN_REMEDY_RESTART, false, 0, 9, true, 0, false},
        {"long lookahead", 1.1, ENTRAIN_OVERFLOW_SHED_OLDEST, ENTRAIN_REMEDY_RESTART, false, 40, 10, true, 0,
         false},
        {"rounds", 0, ENTRAIN_OVERFLOW_CONFLATE, ENTRAIN_REMEDY_RESTART, false, 0, 11, false, 0, false},
        {"all for one", 0.25, ENTRAIN_OVERFLOW_SHED_NEWEST, ENTRAIN_REMEDY_RESTART, true, 0, 12, true, 0,
         false},
        {"stop", 0.25, ENTRAIN_OVERFLOW_FAIL, ENTRAIN_REMEDY_STOP, false, 30, 13, true, 0, false},
        {"cancelled", 0.25, ENTRAIN_OVERFLOW_FAIL, ENTRAIN_REMEDY_RESTART, false, 0, 14, true, 70, false},
        {"cancelled, long", 1.1, ENTRAIN_OVERFLOW_CONFLATE, ENTRAIN_REMEDY_RESTART, false, 50, 15, true, 90,
         false},
        {"cancelled, stop", 0.6, ENTRAIN_OVERFLOW_FAIL, ENTRAIN_REMEDY_STOP, false, 0, 16, true, 80, false},
        {"rounds, cancelled", 0, ENTRAIN_OVERFLOW_FAIL, ENTRAIN_REMEDY_RESTART, false, 0, 17, true, 33, true},
        {"cancelled and told", 0.25, ENTRAIN_OVERFLOW_FAIL, ENTRAIN_REMEDY_RESTART, false, 0, 18, true, 75,
         true},
    };
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++)
        if (try_variant(&variants[v]) != variants[v].opens)
            fail_msg("%s: windows were %sleft open with something under way", variants[v].name,
                     variants[v].opens ? "never " : "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_from_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
