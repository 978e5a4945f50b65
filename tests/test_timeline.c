// The timeline: what it writes is JSON, has every task of every phase once, adds up to the nanosecond to the
// workers' figures, and never takes more room than it was given.
#include "scheduler_check.h"

#include <jansson.h>
#include <math.h>

static entrain_scheduler *make_with(const char *policy, uint32_t worker_count, uint32_t events) {
    entrain_scheduler_config config = config_of(policy, worker_count);
    config.timeline_events = events;
    entrain_scheduler *scheduler = NULL;
    entrain_error error;
    CHECK_OK(entrain_scheduler_create(&config, &scheduler, &error), error);
    return scheduler;
}

// The timeline as text, the caller's to free, and parsed, the caller's to json_decref.
static json_t *written(const entrain_scheduler *scheduler, char **text_out) {
    entrain_error error;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    CHECK_OK(entrain_scheduler_timeline_write(scheduler, stream, &error), error);
    assert_int_equal(fclose(stream), 0);
    json_error_t where;
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
    if (json == NULL)
        fail_msg("line %d: %s", where.line, where.text);
    if (text_out != NULL)
        *text_out = text;
    else
        free(text);
    return json;
}

static uint64_t ns_of(const json_t *event, const char *key) {
    const json_t *number = json_object_get(event, key);
    assert_true(json_is_number(number));
    return (uint64_t)llround(json_number_value(number) * 1000);
}

static uint64_t integer_of(const json_t *object, const char *key) {
    const json_t *number = json_object_get(object, key);
    assert_true(json_is_integer(number));
    return (uint64_t)json_integer_value(number);
}

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

// The next span of @p worker from event *@p at on, which moves behind it; NULL: no more.
static json_t *next_span(const json_t *json, uint32_t worker, size_t *at) {
    const json_t *events = json_object_get(json, "traceEvents");
    while (*at < json_array_size(events)) {
        json_t *event = json_array_get(events, (*at)++);
        assert_int_equal(integer_of(event, "pid"), 1);
        if (strcmp(text_of(event, "ph"), "X") == 0 && integer_of(event, "tid") == worker + 1)
            return event;
    }
    return NULL;
}

// What spans of one worker add up to.
typedef struct sums {
    uint64_t tasks, serial, barrier, idle; // ns
    uint64_t spans, task_count, stolen;
} sums;

enum { TASKS = 40, PHASES = 25, RUNS = 2, STEPS = 6 };

// Checks that the spans of @p worker follow each other, and marks its tasks in
// @p seen[(phase * step_count + step) * tasks + task].
static sums read_track(const json_t *json, uint32_t worker, uint32_t step_count, uint8_t *seen) {
    sums all = {0};
    uint64_t end_ns = 0;
    size_t at = 0;
    for (const json_t *span; (span = next_span(json, worker, &at)) != NULL; all.spans++) {
        uint64_t begin_ns = ns_of(span, "ts"), cost_ns = ns_of(span, "dur");
        const char *kind = text_of(span, "cat"), *name = text_of(span, "name");
        const json_t *args = json_object_get(span, "args");
        if (begin_ns < end_ns)
            fail_msg("worker %u: a span begins at %llu ns, before the end of the one before it, %llu ns",
                     worker, (unsigned long long)begin_ns, (unsigned long long)end_ns);
        end_ns = begin_ns + cost_ns;
        if (strcmp(kind, "task") == 0) {
            uint64_t task = integer_of(args, "task"), number = integer_of(args, "number"),
                     step = integer_of(args, "step");
            char wanted[32];
            snprintf(wanted, sizeof wanted, "task %u", (unsigned)task);
            assert_string_equal(name, wanted);
            assert_true(task < TASKS && step < step_count);
            if (seen != NULL)
                seen[(number * step_count + step) * TASKS + task]++;
            all.tasks += cost_ns;
            all.task_count++;
            all.stolen += json_is_true(json_object_get(args, "stolen"));
            continue;
        }
        assert_string_equal(name, kind);
        if (strcmp(kind, "serial part") == 0)
            all.serial += cost_ns;
        else if (strcmp(kind, "barrier wait") == 0)
            all.barrier += cost_ns;
        else if (strcmp(kind, "idle") == 0)
            all.idle += cost_ns;
        else
            fail_msg("a span of the kind \"%s\"", kind);
    }
    return all;
}

static void check_figures(const entrain_scheduler *scheduler, uint32_t worker, const sums *spans) {
    entrain_worker_stats stats;
    entrain_scheduler_worker(scheduler, worker, &stats);
    assert_int_equal(spans->tasks, stats.busy_ns);
    assert_int_equal(spans->serial, stats.serial_ns);
    assert_int_equal(spans->barrier, stats.barrier_wait_ns);
    assert_int_equal(spans->idle, stats.idle_ns);
    assert_int_equal(spans->task_count, stats.tasks);
    assert_int_equal(spans->stolen, stats.steals_won);
}

static void each_task_is_there_once_a_phase_and_spans_add_up_to_the_figures(void **state) {
    (void)state;
    for (size_t p = 0; p < COUNT_OF(policies); p++)
        for (size_t w = 0; w < 4; w++) {
            uint32_t workers = worker_counts[w];
            entrain_scheduler *scheduler = make_with(policies[p], workers, 4096);
            run_world(scheduler, 3, 2); // another plan: its phases are counted apart
            json_t *json = written(scheduler, NULL);
            uint64_t before = json_array_size(json_object_get(json, "traceEvents"));
            json_decref(json);
            uint8_t seen[RUNS * PHASES * TASKS] = {0}, wanted[sizeof seen];
            memset(wanted, 1, sizeof wanted);
            memset(wanted, 2, 3), memset(wanted + TASKS, 2, 3); // and those of the first plan
            run_world(scheduler, TASKS, PHASES);
            world self = world_of(TASKS, PHASES);
            entrain_job job = job_of(&self);
            entrain_error error;
            CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
            world_free(&self);

            json = written(scheduler, NULL);
            assert_true(json_array_size(json_object_get(json, "traceEvents")) > before);
            for (uint32_t worker = 0; worker < workers; worker++) {
                sums spans = read_track(json, worker, 1, seen);
                check_figures(scheduler, worker, &spans);
            }
            assert_memory_equal(seen, wanted, sizeof seen);
            assert_int_equal(integer_of(json_object_get(json, "otherData"), "dropped"), 0);
            assert_int_equal(entrain_scheduler_timeline_dropped(scheduler), 0);
            json_decref(json);
            entrain_scheduler_destroy(scheduler);
        }
}

// --- Several steps without a barrier

typedef struct ahead {
    uint32_t phases_left, spoiled;
} ahead;

static uint32_t ahead_advance(void *context) {
    ahead *self = context;
    return self->phases_left-- == 0 ? ENTRAIN_PHASE_END : 0;
}

static uint32_t ahead_steps(void *context) {
    (void)context;
    return STEPS;
}

static void ahead_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)phase, (void)task, (void)worker;
    ahead *self = context;
    entrain__add_acq_rel_u32(&self->spoiled, 1); // where there are steps it is task_at() that runs
}

static void ahead_task_at(void *context, uint32_t phase, uint32_t step, uint32_t task, uint32_t worker) {
    (void)context, (void)phase, (void)step, (void)worker;
    for (uint32_t i = 0; i < task * 8; i++) // some longer than others: who is done waits for links
        entrain__stall();
}

static void each_step_is_there_once_and_what_waits_for_a_task_is_a_wait(void **state) {
    (void)state;
    entrain_error error;
    uint64_t offsets[TASKS + 1] = {0};
    uint32_t tasks[2 * TASKS]; // a ring
    for (uint32_t t = 0; t < TASKS; t++) {
        offsets[t + 1] = offsets[t] + 2;
        tasks[offsets[t]] = t == 0 ? TASKS - 1 : t - 1;
        tasks[offsets[t] + 1] = t + 1 == TASKS ? 0 : t + 1;
    }
    const entrain_task_links links = {.offsets = offsets, .tasks = tasks};
    for (uint32_t workers = 1; workers <= 8; workers *= 2) {
        entrain_scheduler *scheduler = make_with("dataflow", workers, 8192);
        CHECK_OK(entrain_scheduler_plan_linked(scheduler, TASKS, NULL, &links, &error), error);
        ahead self = {.phases_left = 3};
        const entrain_job job = {.context = &self,
                                 .advance = ahead_advance,
                                 .task = ahead_task,
                                 .steps = ahead_steps,
                                 .task_at = ahead_task_at};
        CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
        assert_int_equal(self.spoiled, 0);
        uint8_t seen[3 * STEPS * TASKS] = {0}, wanted[sizeof seen];
        memset(wanted, 1, sizeof wanted);
        json_t *json = written(scheduler, NULL);
        for (uint32_t worker = 0; worker < workers; worker++) {
            sums spans = read_track(json, worker, STEPS, seen);
            check_figures(scheduler, worker, &spans);
        }
        assert_memory_equal(seen, wanted, sizeof seen);
        json_decref(json);
        entrain_scheduler_destroy(scheduler);
    }
}

// --- What is in it

static void it_names_itself_its_process_and_its_workers(void **state) {
    (void)state;
    entrain_scheduler *scheduler = make_with("shared", 3, 100);
    run_world(scheduler, 10, 2);
    char *text = NULL;
    json_t *json = written(scheduler, &text);
    assert_memory_equal(text, ENTRAIN_TIMELINE_BEGINS, strlen(ENTRAIN_TIMELINE_BEGINS));
    assert_int_equal(json_object_size(json), 2); // some readers stop at a key that they do not know
    const json_t *about = json_object_get(json, "otherData");
    assert_string_equal(text_of(about, "policy"), "shared");
    assert_int_equal(integer_of(about, "workers"), 3);
    assert_int_equal(json_array_size(json_object_get(about, "dropped_by_worker")), 3);
    assert_non_null(strstr(text, "\"args\":{\"name\":\"entrain, policy shared\"}"));
    for (uint32_t worker = 0; worker < 3; worker++) {
        char wanted[128];
        snprintf(wanted, sizeof wanted,
                 "\"tid\":%u,\"name\":\"thread_name\",\"args\":{\"name\":\"worker %u\"}", worker + 1, worker);
        assert_non_null(strstr(text, wanted));
    }
    free(text);
    json_decref(json);
    entrain_scheduler_destroy(scheduler);
}

// --- Room

static void when_full_it_keeps_the_newest_and_says_how_many_are_gone(void **state) {
    (void)state;
    for (uint32_t room = 1; room <= 9; room++)
        for (uint32_t workers = 1; workers <= 8; workers += 7) {
            entrain_scheduler *roomy = make_with("serial", workers, 4096);
            entrain_scheduler *scheduler = make_with("serial", workers, room);
            run_world(roomy, TASKS, PHASES);
            run_world(scheduler, TASKS, PHASES);
            json_t *json = written(scheduler, NULL), *whole = written(roomy, NULL);
            uint64_t kept = 0, gone = 0;
            const json_t *about = json_object_get(json, "otherData");
            for (uint32_t worker = 0; worker < workers; worker++) {
                sums spans = read_track(json, worker, 1, NULL);
                assert_true(spans.spans <= room);
                kept += spans.spans;
                gone += (uint64_t)json_integer_value(
                    json_array_get(json_object_get(about, "dropped_by_worker"), worker));
            }
            assert_int_equal(integer_of(about, "dropped"), gone);
            assert_int_equal(entrain_scheduler_timeline_dropped(scheduler), gone);
            if (workers == 1) { // alone it does the same whatever it can keep of it
                uint64_t all = read_track(whole, 0, 1, NULL).spans;
                assert_int_equal(kept, room);
                assert_int_equal(gone, all - room);
                size_t at = 0, whole_at = 0;
                for (uint64_t i = 0; i < all - room; i++)
                    next_span(whole, 0, &whole_at);
                for (uint32_t i = 0; i < room; i++) {
                    const json_t *span = next_span(json, 0, &at), *twin = next_span(whole, 0, &whole_at);
                    assert_string_equal(text_of(span, "name"), text_of(twin, "name"));
                    assert_true(json_equal(json_object_get(span, "args"), json_object_get(twin, "args")));
                }
            }
            json_decref(json);
            json_decref(whole);
            entrain_scheduler_destroy(roomy);
            entrain_scheduler_destroy(scheduler);
        }
}

static void without_memory_for_it_there_is_no_scheduler(void **state) {
    (void)state;
    int64_t live = entrain__memory_live();
    for (uint64_t n = 1;; n++) {
        entrain_scheduler_config config = config_of("steal", 3);
        config.timeline_events = 1000;
        entrain_scheduler *scheduler = NULL;
        entrain_error error;
        entrain__memory_fail_at(n);
        entrain_status status = entrain_scheduler_create(&config, &scheduler, &error);
        entrain__memory_fail_at(0);
        if (status == ENTRAIN_OK) {
            assert_int_equal(n, 9); // arena, scheduler, workers, timeline, tracks and the spans of three
            entrain_scheduler_destroy(scheduler);
            break;
        }
        assert_int_equal(status, ENTRAIN_NO_MEMORY);
        assert_null(scheduler);
        assert_int_equal(entrain__memory_live(), live);
    }
    assert_int_equal(entrain__memory_live(), live);
}

// --- Phases

typedef struct named {
    uint32_t advances, phases, asked;
    entrain_scheduler *scheduler;
    entrain_status refused;
} named;

static uint32_t named_advance(void *context) {
    named *self = context;
    if (self->scheduler != NULL)
        self->refused = entrain_scheduler_timeline_write(self->scheduler, stderr, NULL);
    return self->advances == self->phases ? ENTRAIN_PHASE_END : self->advances++;
}

static void named_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)context, (void)phase, (void)task, (void)worker;
}

static const char *phase_name(void *context, uint32_t phase) {
    named *self = context;
    static const char *const names[] = {"a \"quoted\" \\ name", "tab\there", "\xcf\x86 phase", NULL};
    self->asked++;
    return phase < 4 ? names[phase] : "later";
}

// The phase of the only task of each phase, as it is written.
static json_t *phase_of(const json_t *json, uint32_t number) {
    size_t at = 0;
    for (const json_t *span; (span = next_span(json, 0, &at)) != NULL;) {
        const json_t *args = json_object_get(span, "args");
        if (strcmp(text_of(span, "cat"), "task") == 0 && integer_of(args, "number") == number)
            return json_object_get(args, "phase");
    }
    return NULL;
}

static void phases_have_the_names_that_the_job_gives_them(void **state) {
    (void)state;
    entrain_error error;
    named self = {.phases = 20};
    entrain_job job = {
        .context = &self, .advance = named_advance, .task = named_task, .phase_name = phase_name};
    entrain_scheduler *scheduler = make_with("serial", 1, 1000), *without = make_with("serial", 1, 0);
    CHECK_OK(entrain_scheduler_plan(scheduler, 1, NULL, &error), error);
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    assert_int_equal(self.asked, 20);
    json_t *json = written(scheduler, NULL);
    assert_string_equal(json_string_value(phase_of(json, 0)), "a \"quoted\" \\ name");
    assert_string_equal(json_string_value(phase_of(json, 1)), "tab\there");
    assert_string_equal(json_string_value(phase_of(json, 2)), "\xcf\x86 phase");
    assert_int_equal(json_integer_value(phase_of(json, 3)), 3); // it has none
    assert_string_equal(json_string_value(phase_of(json, 15)), "later");
    assert_int_equal(json_integer_value(phase_of(json, 16)), 16); // the seventeenth
    json_decref(json);

    self = (named){.phases = 3};
    CHECK_OK(entrain_scheduler_plan(without, 1, NULL, &error), error);
    CHECK_OK(entrain_scheduler_run(without, &job, &error), error);
    assert_int_equal(self.asked, 0);
    entrain_scheduler_destroy(scheduler);
    entrain_scheduler_destroy(without);
}

// --- Refusals

static void what_cannot_be_is_refused_with_a_sentence(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler_config config = config_of("steal", 2);
    entrain_scheduler *scheduler = NULL;
    assert_int_equal(config.timeline_events, 0);
    config.timeline_events = ENTRAIN_TIMELINE_EVENTS_MAX + 1;
    CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_INVALID, error,
                  "timeline_events is 16777217; say 1 to 16777216");

    scheduler = make("steal", 2);
    run_world(scheduler, 5, 5);
    CHECK_REFUSED(entrain_scheduler_timeline_write(scheduler, stderr, &error), ENTRAIN_ORDER, error,
                  "keeps no timeline");
    assert_int_equal(entrain_scheduler_timeline_dropped(scheduler), 0);
    entrain_scheduler_destroy(scheduler);

    scheduler = make_with("steal", 2, 10);
    named self = {.phases = 2, .scheduler = scheduler};
    entrain_job job = {.context = &self, .advance = named_advance, .task = named_task};
    CHECK_OK(entrain_scheduler_plan(scheduler, 3, NULL, &error), error);
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    assert_int_equal(self.refused, ENTRAIN_ORDER);

    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    CHECK_REFUSED(entrain_scheduler_timeline_write(scheduler, full, &error), ENTRAIN_IO, error,
                  "No space left on device");
    fclose(full);
    entrain_scheduler_destroy(scheduler);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_is_there_once_a_phase_and_spans_add_up_to_the_figures),
        cmocka_unit_test(each_step_is_there_once_and_what_waits_for_a_task_is_a_wait),
        cmocka_unit_test(it_names_itself_its_process_and_its_workers),
        cmocka_unit_test(when_full_it_keeps_the_newest_and_says_how_many_are_gone),
        cmocka_unit_test(without_memory_for_it_there_is_no_scheduler),
        cmocka_unit_test(phases_have_the_names_that_the_job_gives_them),
        cmocka_unit_test(what_cannot_be_is_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
