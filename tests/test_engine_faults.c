// What an engine does when things go wrong around it: policies that lose tasks, memory that cannot be had,
// requests to stop at any moment, several engines at once, callers who break their promises. And, beside
// them, that a visit sees what a step hears, and that the largest complete graphs stay exact.
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "entrain/policy.h"
#include "entrain/swarm.h"

static const entrain_payload nothing = {.i64 = 0};

static void counted(const entrain_engine *engine) {
    entrain_message_count count;
    entrain_engine_count(engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
}

// --- A policy that loses task 0 from one phase on

static uint64_t lose_from; // the phase, counted since the plan was made
static struct queue {
    uint32_t next, count; // next: atomic
    uint64_t phase;
} queue;

static entrain_status queue_create(const entrain_policy_setup *setup, void **state_out) {
    queue = (struct queue){.count = setup->task_count};
    *state_out = &queue;
    return ENTRAIN_OK;
}
static void queue_submit(void *state, uint64_t phase) {
    struct queue *tasks = state;
    tasks->phase = phase;
    tasks->next = phase >= lose_from ? 1 : 0;
}
static bool queue_next(void *state, uint32_t worker, uint32_t *task_out) {
    struct queue *tasks = state;
    (void)worker;
    *task_out = entrain__add_acq_rel_u32(&tasks->next, 1);
    return *task_out < tasks->count;
}
static void queue_destroy(void *state) { (void)state; }
static const entrain_policy losing = {.name = "losing",
                                      .summary = "loses a task",
                                      .create = queue_create,
                                      .submit = queue_submit,
                                      .next = queue_next,
                                      .destroy = queue_destroy};

static entrain_swarm_config small_swarm(void) {
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = 300;
    config.topology.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
    config.engine.scheduler.worker_count = 2;
    config.engine.cohort_weight = 256;
    config.model.integrator = ENTRAIN_INTEGRATOR_HEUN;
    return config;
}

static void a_policy_that_loses_a_task_breaks_the_engine_and_nothing_else(void **state) {
    (void)state;
    entrain_error error = {0};
    CHECK_OK(entrain_policy_register(&losing, &error), error);
    entrain_swarm_config config = small_swarm();
    config.engine.scheduler.policy = "losing";
    int64_t live = entrain__memory_live();
    entrain_swarm *swarm = NULL;

    lose_from = 0; // the start
    CHECK_REFUSED(entrain_swarm_create(&config, &swarm, &error), ENTRAIN_MISMATCH, error,
                  "so some were lost");
    assert_null(swarm);
    assert_int_equal(entrain__memory_live(), live);

    lose_from = 1 + 3; // the start, then the second exchange of the second tick
    CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
    entrain_engine *engine = entrain_swarm_engine(swarm);
    CHECK_REFUSED(entrain_engine_advance(engine, 10, &error), ENTRAIN_MISMATCH, error, "so some were lost");
    CHECK_REFUSED(entrain_engine_advance(engine, 1, &error), ENTRAIN_ORDER, error, "after a run that failed");
    assert_int_equal(entrain_engine_tick(engine), 1);
    uint64_t alone = entrain_engine_fingerprint(engine); // the policy still fails: looked at by one thread
    entrain_phase_sample sample;
    assert_int_equal(entrain_swarm_sample(swarm, &sample), ENTRAIN_MISMATCH);
    lose_from = UINT64_MAX;
    assert_int_equal(entrain_engine_fingerprint(engine), alone);
    counted(engine);
    entrain_swarm_destroy(swarm);

    lose_from = 1 + 2; // the start, one tick, then a visit
    CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
    engine = entrain_swarm_engine(swarm);
    CHECK_OK(entrain_engine_advance(engine, 1, &error), error);
    assert_int_equal(entrain_swarm_sample(swarm, &sample), ENTRAIN_MISMATCH);
    CHECK_REFUSED(entrain_engine_advance(engine, 1, &error), ENTRAIN_ORDER, error, "after a run that failed");
    entrain_swarm_destroy(swarm);
    assert_int_equal(entrain__memory_live(), live);
}

static void an_engine_whose_start_failed_can_only_be_destroyed(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology *topology;
    entrain_population *population;
    entrain_topology_config graph = entrain_topology_config_defaults();
    graph.size = 100;
    graph.kind = ENTRAIN_TOPOLOGY_RING;
    CHECK_OK(entrain_topology_create(&graph, &topology, &error), error);
    const double zeros[100] = {0};
    const entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
    for (int fault = 0; fault < 2; fault++) { // a policy that loses a task of the start; a mailbox too small
        entrain_engine_config config = entrain_engine_config_defaults();
        config.scheduler.policy = fault == 0 ? "losing" : "serial";
        config.mailbox_capacity = (uint32_t)fault;
        lose_from = 0;
        entrain_engine *engine;
        CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
        CHECK_OK(entrain_kuramoto_add(engine, &model, 100, zeros, zeros, &population, &error), error);
        CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
        assert_int_equal(entrain_engine_start(engine, &error),
                         fault == 0 ? ENTRAIN_MISMATCH : ENTRAIN_INVALID);
        CHECK_REFUSED(entrain_engine_start(engine, &error), ENTRAIN_ORDER, error, "started twice");
        assert_int_equal(entrain_engine_advance(engine, 1, &error), ENTRAIN_ORDER);
        assert_int_equal(entrain_engine_tick(engine), 0);
        (void)entrain_engine_fingerprint(engine);
        counted(engine);
        entrain_engine_destroy(engine);
    }
    entrain_topology_release(topology);
}

// --- Every context is released exactly once, whatever failed

enum { WORDS = 3 };
typedef struct model {
    uint32_t released;
    entrain_engine *engine;
    uint32_t visits[256]; // by index
    int64_t sums[256][WORDS];
    uint32_t heard[256];
} model;

static void publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    for (size_t k = 0; k < range->count; k++)
        for (uint64_t w = 0; w < WORDS; w++)
            words_out[k * WORDS + w] = (int64_t)(range->ids[k] * (w + 1) + range->tick + stage) << 20;
}
static void step(const entrain_range *range, uint32_t stage) {
    model *all = range->context;
    for (uint32_t k = 0; k < range->count && stage == 0; k++) {
        memcpy(all->sums[range->indices[k]], range->sums + (size_t)k * WORDS, WORDS * sizeof(int64_t));
        all->heard[range->indices[k]] = range->heard[k];
    }
}
static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    (void)messages, (void)count;
    entrain_send(self, self->id, ENTRAIN_KIND_USER, 0, nothing, nothing);
    return ENTRAIN_OK;
}
static void release(void *context) { ((model *)context)->released++; }

static const entrain_column column = {.name = "state", .bytes = 8, .fingerprint = true};
static entrain_behavior publisher(void) {
    return (entrain_behavior){.name = "publisher",
                              .columns = &column,
                              .column_count = 1,
                              .words = WORDS,
                              .exchanges = 1,
                              .wants_heard = true,
                              .publish = publish,
                              .step = step,
                              .release = release};
}
static entrain_behavior correspondent(void) {
    return (entrain_behavior){.name = "correspondent",
                              .columns = &column,
                              .column_count = 1,
                              .inbox = 3,
                              .sends_max = 2,
                              .receive = receive,
                              .release = release};
}

static entrain_topology *ring_of(uint32_t size) {
    entrain_error error = {0};
    entrain_topology *topology;
    entrain_topology_config graph = entrain_topology_config_defaults();
    graph.kind = ENTRAIN_TOPOLOGY_RING;
    graph.size = size;
    CHECK_OK(entrain_topology_create(&graph, &topology, &error), error);
    return topology;
}

// Publications, mailboxes, letters, what waits, a renumbered graph: every array an engine can have.
static entrain_status build_everything(entrain_topology *topology, entrain_layout layout, model models[2],
                                       entrain_engine **engine_out, uint32_t *handed_out) {
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.layout = layout;
    config.scheduler.worker_count = 2;
    config.cohort_weight = 64;
    config.overflow = ENTRAIN_OVERFLOW_BLOCK;
    entrain_behavior behaviors[] = {correspondent(), publisher()};
    behaviors[1].inbox = 2; // of one that hears observations too: a mailbox for each
    behaviors[1].receive = receive;
    behaviors[1].sends_max = 1;
    entrain_population *population;
    entrain_status status = entrain_engine_create(&config, engine_out, &error);
    for (*handed_out = 0; *handed_out < 2 && status == ENTRAIN_OK; ++*handed_out)
        status = entrain_engine_add(*engine_out, &behaviors[*handed_out], &models[*handed_out], 100,
                                    &population, &error);
    if (status == ENTRAIN_OK)
        status = entrain_engine_set_topology(*engine_out, topology, &error);
    if (status == ENTRAIN_OK)
        status = entrain_engine_start(*engine_out, &error);
    assert_true(status == ENTRAIN_OK || strlen(error.sentence) > 10);
    return status;
}

static void any_allocation_may_fail_and_contexts_are_released_once(void **state) {
    (void)state;
    int64_t live = entrain__memory_live();
    entrain_topology *topology = ring_of(100);
    for (int layout = ENTRAIN_LAYOUT_NEAR; layout < ENTRAIN_LAYOUT_COUNT; layout++) {
        uint64_t n = 0;
        entrain_status status;
        do {
            static model models[2];
            memset(models, 0, sizeof models);
            entrain_engine *engine = NULL;
            uint32_t handed;
            entrain__memory_fail_at(++n);
            status = build_everything(topology, (entrain_layout)layout, models, &engine, &handed);
            entrain__memory_fail_at(0);
            assert_true(status == ENTRAIN_OK || status == ENTRAIN_NO_MEMORY);
            entrain_engine_destroy(engine);
            assert_int_equal(models[0].released, handed > 0);
            assert_int_equal(models[1].released, handed > 1);
        } while (status != ENTRAIN_OK);
        assert_true(n > 25);
    }
    entrain_topology_release(topology);
    assert_int_equal(entrain__memory_live(), live);
}

static void what_cannot_be_added_is_refused_and_released(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_engine *engine;
    entrain_population *population = NULL;
    const entrain_column bad[] = {{.name = "odd", .bytes = 3},
                                  {.name = NULL, .bytes = 8},
                                  {.name = "none", .bytes = 0},
                                  {.name = "large", .bytes = 65544},
                                  {.name = "twelve", .bytes = 12}};
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    enum { REFUSALS = 16 };
    entrain_behavior behaviors[REFUSALS];
    const char *words[REFUSALS];
    uint32_t count = 0;
#define REFUSED(base, change, sentence)                                                                      \
    behaviors[count] = base();                                                                               \
    behaviors[count].change;                                                                                 \
    words[count++] = sentence
    for (int b = 0; b < 5; b++) {
        REFUSED(publisher, columns = &bad[b], "1, 2, 4 or a multiple of 8 up to 65536");
    }
    REFUSED(publisher, column_count = 17, "declares 17 columns; at most 16");
    REFUSED(publisher, words = 9, "declares 9 words ; it must be 0 to 8");
    REFUSED(publisher, publish = NULL, "declares 3 words without publish()");
    REFUSED(publisher, exchanges = 0, "in 0 exchanges a tick; it must be 1, 2 or 4");
    REFUSED(publisher, exchanges = 3, "in 3 exchanges a tick; it must be 1, 2 or 4");
    REFUSED(correspondent, inbox = 0, "has an inbox of 0 and a receive()");
    REFUSED(publisher, inbox = 1, "has an inbox of 1 and no receive()");
    REFUSED(correspondent, inbox = UINT32_C(1) << 24, "has an inbox of 16777216");
    REFUSED(publisher, sends_max = 1, "declares sends without receive()");
    REFUSED(correspondent, sends_max = 65537, "declares 65537 sends in a call");
    for (uint32_t b = 0; b < count; b++) {
        model all = {0};
        CHECK_REFUSED(entrain_engine_add(engine, &behaviors[b], &all, 5, &population, &error),
                      ENTRAIN_INVALID, error, words[b]);
        assert_int_equal(all.released, 1);
        assert_null(population);
    }
    model all = {0};
    entrain_behavior behavior = publisher();
    CHECK_REFUSED(entrain_engine_add(engine, &behavior, &all, 16777216, &population, &error), ENTRAIN_INVALID,
                  error, "1 to 16777215");
    assert_int_equal(all.released, 1);
    behavior = (entrain_behavior){.name = "still"};
    for (int p = 0; p < 64; p++)
        CHECK_OK(entrain_engine_add(engine, &behavior, NULL, 1, &population, &error), error);
    CHECK_REFUSED(entrain_engine_add(engine, &behavior, NULL, 1, &population, &error), ENTRAIN_LIMIT, error,
                  "would be population 65");
    CHECK_OK(entrain_engine_start(engine, &error), error); // 64 of one actor that does nothing
    CHECK_OK(entrain_engine_advance(engine, 3, &error), error);
    behavior.release = release;
    CHECK_REFUSED(entrain_engine_add(engine, &behavior, &all, 1, &population, &error), ENTRAIN_ORDER, error,
                  "after the engine started");
    assert_int_equal(all.released, 2);
    entrain_topology *topology = ring_of(64);
    CHECK_REFUSED(entrain_engine_set_topology(engine, topology, &error), ENTRAIN_ORDER, error,
                  "set it before");
    entrain_topology_release(topology);
    entrain_engine_destroy(engine);
}

// --- Stopping early

static entrain_engine *stormed;
static uint32_t strikes; // atomic: written by the handler
static void strike(int signal) {
    (void)signal;
    entrain_engine_cancel(stormed);
    entrain__add_acq_rel_u32(&strikes, 1);
}

static void a_storm_of_requests_to_stop_leaves_every_tick_whole(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_swarm_config config = small_swarm();
    entrain_swarm *swarm, *twin;
    CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
    config.engine.transport = ENTRAIN_TRANSPORT_PUBLISH;
    CHECK_OK(entrain_swarm_create(&config, &twin, &error), error);
    stormed = entrain_swarm_engine(swarm);
    struct sigaction action = {.sa_handler = strike, .sa_flags = SA_RESTART}, before;
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    const struct itimerval storm = {{0, 300}, {0, 300}}, calm = {0};
    assert_int_equal(setitimer(ITIMER_REAL, &storm, NULL), 0);
    uint32_t stops = 0;
    while (entrain__load_acquire_u32(&strikes) < 300) {
        entrain_status status = entrain_engine_advance(stormed, 7, &error);
        stops += status == ENTRAIN_CANCELLED;
        assert_true(status == ENTRAIN_OK || status == ENTRAIN_CANCELLED);
        if (stops % 3 == 0)
            entrain_engine_clear(stormed);
        counted(stormed);
    }
    assert_int_equal(setitimer(ITIMER_REAL, &calm, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    assert_true(stops > 0);
    CHECK_OK(entrain_engine_advance(entrain_swarm_engine(twin), entrain_engine_tick(stormed), &error), error);
    assert_int_equal(entrain_engine_fingerprint(stormed),
                     entrain_engine_fingerprint(entrain_swarm_engine(twin)));
    entrain_swarm_destroy(swarm);
    entrain_swarm_destroy(twin);
}

static void time_passes_where_nobody_steps(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_engine *engine;
    entrain_population *population;
    static model all;
    entrain_behavior behavior = correspondent();
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &behavior, &all, 10, &population, &error), error);
    assert_int_equal(entrain_engine_tell(engine, 1, ENTRAIN_KIND_USER, 0, nothing, nothing), ENTRAIN_ORDER);
    assert_int_equal(entrain_population_id(population, 0), ENTRAIN_ID_NONE);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    CHECK_OK(entrain_engine_advance(engine, 1000000, &error), error);
    assert_int_equal(entrain_engine_tick(engine), 1000000);
    CHECK_REFUSED(entrain_engine_advance(engine, UINT64_MAX - 999999, &error), ENTRAIN_INVALID, error,
                  "would overflow the tick count");
    entrain_engine_set_deadline(engine, 0.01);
    CHECK_REFUSED(entrain_engine_advance(engine, UINT64_MAX - 1000000, &error), ENTRAIN_TIMEOUT, error,
                  "at its deadline");
    CHECK_OK(entrain_engine_advance(engine, 0, &error),
             error); // nothing was asked for, so nothing was cut short
    entrain_engine_set_deadline(engine, 0);
    entrain_engine_cancel(engine);
    uint64_t tick = entrain_engine_tick(engine);
    CHECK_OK(entrain_engine_advance(engine, 0, &error), error);
    CHECK_REFUSED(entrain_engine_advance(engine, 1, &error), ENTRAIN_CANCELLED, error, "on request");
    assert_int_equal(entrain_engine_tick(engine), tick);
    entrain_engine_clear(engine);
    // A message to oneself, every tick, for ever: mail keeps coming though nobody steps.
    assert_int_equal(entrain_engine_tell(engine, entrain_population_id(population, 9), ENTRAIN_KIND_USER, 0,
                                         nothing, nothing),
                     ENTRAIN_OK);
    CHECK_OK(entrain_engine_advance(engine, 1000, &error), error);
    entrain_message_count count;
    entrain_engine_count(engine, &count);
    assert_int_equal(count.received, 1000);
    assert_int_equal(count.queued, 1);
    counted(engine);
    entrain_engine_destroy(engine);
}

// --- Several engines at once

static void *run_a_swarm(void *fingerprint_out) {
    entrain_error error = {0};
    for (int again = 0; again < 4; again++) {
        entrain_swarm_config config = small_swarm();
        config.engine.transport = (entrain_transport)(again % 2);
        entrain_swarm *swarm;
        if (entrain_swarm_create(&config, &swarm, &error) != ENTRAIN_OK)
            return NULL;
        entrain_engine_advance(entrain_swarm_engine(swarm), 100, &error);
        entrain_phase_sample sample;
        entrain_swarm_sample(swarm, &sample);
        *(uint64_t *)fingerprint_out += sample.fingerprint;
        entrain_swarm_destroy(swarm);
    }
    return NULL;
}

static uint32_t wrong_ticks; // ck_pr's

static void ask_the_tick(const entrain_range *range, uint32_t stage) {
    (void)stage;
    entrain__add_acq_rel_u32(&wrong_ticks, entrain_engine_tick(range->engine) != range->tick);
}
static void publish_and_ask(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    uint64_t tick = entrain_engine_tick(range->engine); // before the next one, for which this is
    entrain__add_acq_rel_u32(&wrong_ticks, tick + (range->tick > 0) != range->tick);
    publish(range, stage, words_out);
}

// Whoever asks the engine instead of the range is told the same under every policy.
static void a_behavior_may_ask_its_engine_for_the_tick(void **state) {
    (void)state;
    for (int ahead = 0; ahead < 2; ahead++) {
        entrain_error error = {0};
        entrain_engine_config config = entrain_engine_config_defaults();
        config.scheduler.policy = ahead ? "dataflow" : "static";
        config.scheduler.worker_count = 3;
        config.cohort_weight = 64;
        entrain_engine *engine;
        entrain_population *population;
        static model all;
        entrain_behavior behavior = publisher();
        behavior.step = ask_the_tick;
        behavior.publish = publish_and_ask;
        entrain_topology *topology = ring_of(200);
        CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
        CHECK_OK(entrain_engine_add(engine, &behavior, &all, 200, &population, &error), error);
        CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
        CHECK_OK(entrain_engine_start(engine, &error), error);
        CHECK_OK(entrain_engine_advance(engine, 1, &error), error);
        CHECK_OK(entrain_engine_advance(engine, 100, &error), error);
        assert_int_equal(wrong_ticks, 0);
        assert_int_equal(entrain_engine_tick(engine), 101);
        entrain_engine_destroy(engine);
        entrain_topology_release(topology);
    }
}

static void two_engines_at_once_do_what_each_does_alone(void **state) {
    (void)state;
    uint64_t fingerprints[3] = {0};
    pthread_t threads[2];
    for (int t = 0; t < 2; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, run_a_swarm, &fingerprints[t]), 0);
    for (int t = 0; t < 2; t++)
        pthread_join(threads[t], NULL);
    run_a_swarm(&fingerprints[2]);
    assert_int_not_equal(fingerprints[2], 0);
    assert_int_equal(fingerprints[0], fingerprints[2]);
    assert_int_equal(fingerprints[1], fingerprints[2]);
}

// --- Visits

typedef struct visitor {
    uint32_t seen[256], task_of[256], alive;
    int64_t sums[256][WORDS];
    uint32_t heard[256], degrees[256];
    bool with_sums[256];
} visitor;

static void look(void *context, const entrain_range *range, uint32_t task) {
    visitor *into = context;
    for (uint32_t k = 0; k < range->count; k++) {
        uint32_t index = range->indices[k];
        into->seen[index]++;
        into->task_of[index] = task;
        into->degrees[index] = entrain_range_in_degree(range, k);
        if (range->sums != NULL) {
            memcpy(into->sums[index], range->sums + (size_t)k * WORDS, WORDS * sizeof(int64_t));
            into->heard[index] = range->heard[k];
        }
        into->with_sums[index] = range->sums != NULL;
    }
}

// Indices of different populations are the same numbers, and their tasks run at once.
static void count_seen(void *context, const entrain_range *range, uint32_t task) {
    visitor *into = context;
    (void)task;
    for (uint32_t k = 0; k < range->count; k++)
        entrain__add_acq_rel_u32(&into->seen[range->indices[k]], 1);
}

static void a_visit_sees_everybody_once_and_what_the_next_step_hears(void **state) {
    (void)state;
    entrain_error error = {0};
    for (int variant = 0; variant < 4; variant++) {
        bool complete = variant % 2 == 1;
        static model all, mute;
        memset(&all, 0, sizeof all);
        entrain_engine_config config = entrain_engine_config_defaults();
        config.layout = variant < 2 ? ENTRAIN_LAYOUT_SHUFFLED : ENTRAIN_LAYOUT_NEAR;
        config.cohort_weight = 64;
        config.scheduler.worker_count = 3;
        entrain_engine *engine;
        entrain_population *publishers, *others;
        entrain_behavior behavior = publisher(), other = correspondent();
        entrain_topology *topology;
        entrain_topology_config graph = entrain_topology_config_defaults();
        graph.kind = complete ? ENTRAIN_TOPOLOGY_COMPLETE : ENTRAIN_TOPOLOGY_SCALE_FREE;
        graph.size = 200;
        CHECK_OK(entrain_topology_create(&graph, &topology, &error), error);
        CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
        CHECK_OK(entrain_engine_add(engine, &other, &mute, 70, &others, &error), error);
        CHECK_OK(entrain_engine_add(engine, &behavior, &all, 200, &publishers, &error), error);
        CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
        assert_int_equal(entrain_engine_visit(engine, publishers, true, look, &all), ENTRAIN_ORDER);
        CHECK_OK(entrain_engine_start(engine, &error), error);
        CHECK_OK(entrain_engine_advance(engine, 2, &error), error);
        for (uint32_t i = 0; i < 200; i += 7)
            assert_int_equal(entrain_engine_stop_actor(engine, entrain_population_id(publishers, i)),
                             ENTRAIN_OK);

        static visitor seen;
        memset(&seen, 0, sizeof seen);
        assert_int_equal(entrain_engine_visit(engine, publishers, true, look, &seen), ENTRAIN_OK);
        CHECK_OK(entrain_engine_advance(engine, 1, &error), error);
        for (uint32_t i = 0; i < 200; i++) {
            assert_int_equal(seen.seen[i], i % 7 != 0);
            assert_true(seen.task_of[i] < entrain_engine_task_count(engine));
            if (i % 7 == 0)
                continue;
            assert_int_equal(seen.heard[i], all.heard[i]);
            assert_memory_equal(seen.sums[i], all.sums[i], sizeof all.sums[i]);
            assert_int_equal(seen.degrees[i], complete ? 200
                                                       : entrain_topology_look(topology).in_offsets[i + 1] -
                                                             entrain_topology_look(topology).in_offsets[i]);
        }
        memset(&seen, 0, sizeof seen);
        assert_int_equal(entrain_engine_visit(engine, others, true, look, &seen), ENTRAIN_OK);

        for (uint32_t i = 0; i < 70; i++)
            assert_true(seen.seen[i] == 1 && seen.degrees[i] == 0 && !seen.with_sums[i]); // these hear nobody
        memset(&seen, 0, sizeof seen);
        assert_int_equal(entrain_engine_visit(engine, NULL, false, count_seen, &seen), ENTRAIN_OK);
        for (uint32_t i = 0; i < 200; i++)
            assert_int_equal(seen.seen[i], (i % 7 != 0) + (i < 70));
        entrain_engine_destroy(engine);
        entrain_topology_release(topology);
    }
}

// --- The largest complete graphs: sums shifted so that they fit

static void above_two_to_the_18_the_field_is_shifted_alike_in_both_transports(void **state) {
    (void)state;
    entrain_error error = {0};
    const struct {
        uint32_t size;
        double half_arc, coherence;
    } cases[] = {{300000, 1, 0.84147098480789651}, // sin(1) / 1
                 {620000, 0, 1}}; // all in phase: cos(0.5) of them is above 2^19, 2^63 in units of a word
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        uint64_t fingerprints[2];
        for (int transport = 0; transport < 2; transport++) {
            entrain_swarm_config config = entrain_swarm_config_defaults();
            config.size = cases[c].size;
            config.topology.kind = ENTRAIN_TOPOLOGY_COMPLETE;
            config.phase = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_UNIFORM,
                                                  .low = 0.5 - cases[c].half_arc,
                                                  .high = 0.5 + cases[c].half_arc,
                                                  .sampling = ENTRAIN_SAMPLING_QUANTILE};
            config.model.integrator = ENTRAIN_INTEGRATOR_EULER;
            config.engine.transport = (entrain_transport)transport;
            config.engine.cohort_weight = transport == 0 ? UINT32_C(1) << 24 : 4096; // one task, and many
            entrain_swarm *swarm;
            CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
            entrain_phase_sample sample;
            assert_int_equal(entrain_swarm_sample(swarm, &sample), ENTRAIN_OK);
            CHECK_NEAR(sample.coherence, cases[c].coherence, 1e-11);
            CHECK_NEAR(sample.local_coherence, sample.coherence, 1e-12);
            CHECK_NEAR(sample.mean_phase, 0.5, 1e-11);
            CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), 2, &error), error);
            fingerprints[transport] = entrain_engine_fingerprint(entrain_swarm_engine(swarm));
            counted(entrain_swarm_engine(swarm));
            entrain_swarm_destroy(swarm);
        }
        assert_int_equal(fingerprints[0], fingerprints[1]);
    }
}

// --- Callers who break their promises are told at once

static void advance_within(void *context, const entrain_range *range, uint32_t task) {
    (void)context, (void)task;
    entrain_engine_advance(range->engine, 1, NULL);
}
static void fingerprint_within(void *context, const entrain_range *range, uint32_t task) {
    (void)context, (void)task;
    (void)entrain_engine_fingerprint(range->engine);
}
static void tell_within(void *context, const entrain_range *range, uint32_t task) {
    (void)context, (void)task;
    (void)entrain_engine_tell(range->engine, range->ids[0], ENTRAIN_KIND_USER, 0, nothing, nothing);
}
static void stop_within(void *context, const entrain_range *range, uint32_t task) {
    (void)context, (void)task;
    (void)entrain_engine_stop_actor(range->engine, range->ids[0]);
}
static void restart_within(void *context, const entrain_range *range, uint32_t task) {
    entrain_id id;
    (void)task;
    (void)entrain_engine_restart_actor(range->engine, context, 0, &id);
}
static void republish_within(void *context, const entrain_range *range, uint32_t task) {
    (void)context, (void)task;
    entrain_engine_republish(range->engine);
}
static void destroy_within(void *context, const entrain_range *range, uint32_t task) {
    (void)context, (void)task;
    entrain_engine_destroy(range->engine);
}
static void send_when_stopping(entrain_self *self) {
    entrain_send(self, self->id, ENTRAIN_KIND_USER, 0, nothing, nothing);
}

enum { ABUSES = 11 };
static void abuse(int which) {
    static model all;
    entrain_error error;
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.worker_count = 1; // no threads, which a fork would lose
    config.scheduler.policy = "serial";
    entrain_engine *engine = NULL, *other = NULL;
    entrain_population *population = NULL;
    entrain_behavior behavior = correspondent();
    behavior.stop = send_when_stopping;
    if (entrain_engine_create(&config, &engine, &error) != ENTRAIN_OK ||
        entrain_engine_create(&config, &other, &error) != ENTRAIN_OK ||
        entrain_engine_add(engine, &behavior, &all, 10, &population, &error) != ENTRAIN_OK)
        _exit(3);
    if (which == 0)
        (void)entrain_population_at(population, 0, 0);
    if (entrain_engine_start(engine, &error) != ENTRAIN_OK)
        _exit(3);
    static void (*const visits[])(void *, const entrain_range *,
                                  uint32_t) = {advance_within, fingerprint_within, tell_within,   stop_within,
                                               restart_within, republish_within,   destroy_within};
    if (which == 1)
        (void)entrain_engine_visit(engine, population, false, NULL, NULL);
    else if (which == 2)
        (void)entrain_engine_visit(other, population, false, look, NULL);
    else if (which == 3)
        (void)entrain_engine_stop_actor(engine, entrain_population_id(population, 0));
    else if (which >= 4 && which < ABUSES)
        (void)entrain_engine_visit(engine, population, false, visits[which - 4], population);
}

static void broken_promises_are_assertions(void **state) {
    (void)state;
    for (int which = 0; which < ABUSES; which++) {
        fflush(NULL);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            signal(SIGABRT, SIG_DFL);
            if (freopen("/dev/null", "w", stderr) != NULL)
                abuse(which);
            _exit(0);
        }
        int how;
        assert_int_equal(waitpid(child, &how, 0), child);
        if (!WIFSIGNALED(how) || WTERMSIG(how) != SIGABRT)
            fail_msg("abuse %d went unnoticed (status %d)", which, how);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_promises_are_assertions), // first: before any thread
        cmocka_unit_test(a_policy_that_loses_a_task_breaks_the_engine_and_nothing_else),
        cmocka_unit_test(an_engine_whose_start_failed_can_only_be_destroyed),
        cmocka_unit_test(any_allocation_may_fail_and_contexts_are_released_once),
        cmocka_unit_test(what_cannot_be_added_is_refused_and_released),
        cmocka_unit_test(a_storm_of_requests_to_stop_leaves_every_tick_whole),
        cmocka_unit_test(time_passes_where_nobody_steps),
        cmocka_unit_test(a_behavior_may_ask_its_engine_for_the_tick),
        cmocka_unit_test(two_engines_at_once_do_what_each_does_alone),
        cmocka_unit_test(a_visit_sees_everybody_once_and_what_the_next_step_hears),
        cmocka_unit_test(above_two_to_the_18_the_field_is_shifted_alike_in_both_transports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
