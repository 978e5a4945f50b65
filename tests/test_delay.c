// Delays: every sum, every count of who was heard, every message, against a model with history arrays, to the
// bit; in both transports, under policies with and without a barrier, in every layout; while actors end,
// begin, receive and are changed.
#include "check.h"

#include <math.h>

#include "engine/base/memory.h"
#include "entrain/engine.h"
#include "entrain/topology.h"

#include "tests/hash_actors.h"

enum { SIZE_MOST = 160, TICKS = 30, STAGES_MOST = 4, PAST_MOST = 24, NOTE = 7 };
#define STEP_S 0.05

// --- What an actor of tests/hash_actors.h may be beside

typedef enum past { STILL, TOLD, SILENT } past;

static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    for (uint32_t m = 0; m < count; m++)
        *(uint64_t *)self->columns[0] ^= messages[m].payload[0].u64;
    return ENTRAIN_OK;
}

// --- What happens between two ticks

typedef enum deed { STOP, BEGIN, TELL, CHANGE } deed;
typedef struct event {
    uint64_t tick;
    deed deed;
    uint32_t vertex;
} event;

static const event unrest[] = {
    {0, TELL, 4},    {2, STOP, 5},   {2, STOP, 70},   {3, BEGIN, 5},  {4, CHANGE, 11}, {6, STOP, 0},
    {6, BEGIN, 0},   {7, STOP, 71},  {7, TELL, 8},    {9, STOP, 5},   {10, STOP, 12},  {11, BEGIN, 12},
    {12, STOP, 12},  {13, BEGIN, 5}, {13, BEGIN, 12}, {14, TELL, 70}, {15, BEGIN, 70}, {16, BEGIN, 71},
    {17, CHANGE, 3}, {25, TELL, 2},  {27, STOP, 33},  {28, BEGIN, 33}};
// Every third actor is away from tick 4 to 9, on a ring.
enum { THIRD = 50 };
static event many[2 * THIRD];
static void fill_many(void) {
    for (uint32_t k = 0; k < THIRD; k++) {
        many[k] = (event){4, STOP, 3 * k};
        many[THIRD + k] = (event){9, BEGIN, 3 * k};
    }
}
static const event early_end[] = {{0, STOP, 3}, {0, STOP, 50}, {1, BEGIN, 3}};

typedef struct scene {
    const char *name;
    entrain_topology_config topology;
    uint32_t words, stages;
    past pasts[2]; // of the first two thirds, and of the others
    const event *events;
    uint32_t event_count;
    uint64_t replaced_at; // by a topology that delays by no more; 0: never
} scene;

#define EVENTS(list) .events = (list), .event_count = sizeof(list) / sizeof *(list)
#define LATE(low, high) .delay_low = (low)*STEP_S, .delay_high = (high)*STEP_S
#define ALIKE .weight_low = 1, .weight_high = 1, .seed = 5
static const scene scenes[] = {
    {"each arc its own",
     {ENTRAIN_TOPOLOGY_SMALL_WORLD, 120, 6, .rewire = 0.2, LATE(0, 9), ALIKE},
     2,
     4,
     {TOLD, STILL},
     EVENTS(unrest)},
    {"one for all",
     {ENTRAIN_TOPOLOGY_SMALL_WORLD, 120, 6, .rewire = 0.2, LATE(5, 5), ALIKE},
     2,
     2,
     {STILL, TOLD},
     EVENTS(unrest)},
    {"a band, at peace", {ENTRAIN_TOPOLOGY_RING, 160, 4, LATE(3, 3), ALIKE}, 2, 1, {TOLD, TOLD}, NULL, 0, 0},
    {"a band, many ends",
     {ENTRAIN_TOPOLOGY_RING, 160, 4, LATE(5, 5), ALIKE},
     2,
     1,
     {TOLD, SILENT},
     EVENTS(many)},
    {"a ring, many ends",
     {ENTRAIN_TOPOLOGY_RING, 160, 4, LATE(4, 5), ALIKE},
     2,
     2,
     {TOLD, SILENT},
     EVENTS(many)},
    {"weighted, directed",
     {ENTRAIN_TOPOLOGY_ERDOS_RENYI, 90, 5, .probability = -1, .directed = true, .weight_low = -2,
      .weight_high = 1, .seed = 9, LATE(1, 8)},
     4,
     4,
     {TOLD, SILENT},
     EVENTS(unrest)},
    {"weighted, one for all",
     {ENTRAIN_TOPOLOGY_ERDOS_RENYI, 90, 5, .probability = -1, .weight_low = 0.3, .weight_high = 3, .seed = 2,
      LATE(4, 4)},
     3,
     2,
     {TOLD, TOLD},
     EVENTS(unrest)},
    {"odd words", {ENTRAIN_TOPOLOGY_TORUS, 100, LATE(0, 6), ALIKE}, 3, 1, {STILL, TOLD}, EVENTS(unrest)},
    {"many words, silent",
     {ENTRAIN_TOPOLOGY_SCALE_FREE, 100, 4, LATE(2, 6), ALIKE},
     8,
     2,
     {SILENT, SILENT},
     EVENTS(unrest)},
    {"silent, at peace",
     {ENTRAIN_TOPOLOGY_SMALL_WORLD, 100, 4, .rewire = 0.5, LATE(0, 6), ALIKE},
     2,
     1,
     {SILENT, TOLD},
     NULL,
     0,
     0},
    {"complete", {ENTRAIN_TOPOLOGY_COMPLETE, 90, LATE(4, 4), ALIKE}, 2, 4, {TOLD, STILL}, EVENTS(unrest)},
    {"complete, silent",
     {ENTRAIN_TOPOLOGY_COMPLETE, 90, LATE(3, 3), ALIKE},
     3,
     2,
     {SILENT, SILENT},
     EVENTS(unrest)},
    {"ended before the first tick",
     {ENTRAIN_TOPOLOGY_RING, 90, 4, LATE(0, 4), ALIKE},
     2,
     2,
     {TOLD, SILENT},
     EVENTS(early_end)},
    {"replaced",
     {ENTRAIN_TOPOLOGY_SMALL_WORLD, 120, 6, .rewire = 0.2, LATE(0, 9), ALIKE},
     2,
     2,
     {TOLD, STILL},
     EVENTS(unrest),
     15},
    {"replaced, one for all",
     {ENTRAIN_TOPOLOGY_SMALL_WORLD, 120, 6, .rewire = 0.2, LATE(9, 9), ALIKE},
     2,
     1,
     {TOLD, STILL},
     EVENTS(unrest),
     10},
    {"complete, replaced",
     {ENTRAIN_TOPOLOGY_COMPLETE, 90, LATE(6, 6), ALIKE},
     2,
     2,
     {TOLD, STILL},
     EVENTS(unrest),
     8},
};
enum { SCENES = sizeof scenes / sizeof *scenes };

static entrain_topology_config topology_at(const scene *of, uint64_t tick) {
    entrain_topology_config config = of->topology;
    if (of->replaced_at == 0 || tick < of->replaced_at)
        return config;
    config.seed++;
    config.delay_high /= 3;
    config.delay_low = config.delay_low == of->topology.delay_high ? config.delay_high : 0;
    return config;
}

static entrain_topology *topology_of(const scene *of, uint64_t tick) {
    const entrain_topology_config config = topology_at(of, tick);
    entrain_error error = {0};
    entrain_topology *topology = NULL;
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    return topology;
}

static uint32_t split(const scene *of) { return of->topology.size * 2 / 3; }

// --- The model: everything that was ever said

typedef struct model {
    const scene *scene;
    entrain_topology *topology;
    entrain_topology_view view;
    bool lives[SIZE_MOST], spoke[TICKS + 1][SIZE_MOST];
    uint32_t generation[SIZE_MOST];
    uint64_t state[SIZE_MOST];
    int64_t said[TICKS + 1][STAGES_MOST][SIZE_MOST][ENTRAIN_WORDS_MAX];
    int64_t first_said[SIZE_MOST][ENTRAIN_WORDS_MAX];
    uint64_t observations;
    // after each tick
    uint64_t states[TICKS + 1][SIZE_MOST];
    bool lived[TICKS + 1][SIZE_MOST];
    // what each would hear at the beginning of each tick
    int64_t sums[TICKS + 1][SIZE_MOST][ENTRAIN_WORDS_MAX];
    uint32_t heard[TICKS + 1][SIZE_MOST];
    uint64_t observed[TICKS + 1];
} model;
static model truth;
static bool deaf; // nobody has an inbox: then policies without a barrier go on for many ticks at a time

static void say(model *m, uint32_t vertex, uint64_t tick, uint32_t stage) {
    for (uint32_t w = 0; w < m->scene->words; w++)
        m->said[tick][stage][vertex][w] = word_of(m->state[vertex], tick, stage, w);
}

// Adds what @p speaker said @p ticks before @p tick; false: it was silent.
static bool hear(const model *m, uint32_t speaker, uint64_t tick, uint32_t ticks, uint32_t stage,
                 double weight, int64_t *sums) {
    const past kind = m->scene->pasts[speaker >= split(m->scene)];
    if (ticks <= tick ? !m->spoke[tick - ticks][speaker] : kind == SILENT)
        return false;
    for (uint32_t w = 0; w < m->scene->words; w++) {
        const int64_t word = ticks <= tick  ? m->said[tick - ticks][stage][speaker][w]
                             : kind == TOLD ? past_word_of(speaker, (uint32_t)(ticks - tick), stage, w)
                                            : m->first_said[speaker][w];
        sums[w] += m->view.weighted ? (int64_t)nearbyint((double)word * weight) : word;
    }
    return true;
}

static uint32_t ticks_of(double seconds) { return (uint32_t)floor(seconds / STEP_S + 0.5); }

static uint32_t hear_all(const model *m, uint32_t hearer, uint64_t tick, uint32_t stage, int64_t *sums) {
    uint32_t heard = 0;
    memset(sums, 0, ENTRAIN_WORDS_MAX * sizeof *sums);
    if (m->view.kind == ENTRAIN_TOPOLOGY_COMPLETE) {
        for (uint32_t v = 0; v < m->view.vertex_count; v++)
            heard += hear(m, v, tick, ticks_of(m->view.delay_low), stage, 1, sums);
        return heard;
    }
    for (uint64_t a = m->view.in_offsets[hearer]; a < m->view.in_offsets[hearer + 1]; a++) {
        const double delay = m->view.in_delays != NULL ? m->view.in_delays[a] : m->view.delay_low;
        heard += hear(m, (uint32_t)m->view.in_speakers[a], tick, ticks_of(delay), stage,
                      m->view.in_weights != NULL ? m->view.in_weights[a] : 1, sums);
    }
    return heard;
}

static void do_in_model(model *m, const event *done) {
    const uint32_t v = done->vertex;
    switch (done->deed) {
    case STOP:
        m->lives[v] = false;
        break;
    case BEGIN:
        m->lives[v] = true;
        m->state[v] = state_at_start(v, ++m->generation[v]);
        break;
    case TELL:
    case CHANGE:
        if (m->lives[v] && !(deaf && done->deed == TELL))
            m->state[v] ^= 1000 + done->tick;
        break;
    }
}

static void model_tick(model *m, uint64_t tick) {
    const uint32_t count = m->scene->topology.size;
    uint64_t after[SIZE_MOST];
    for (uint32_t stage = 0; stage < m->scene->stages; stage++) {
        for (uint32_t v = 0; v < count; v++) {
            int64_t sums[ENTRAIN_WORDS_MAX];
            if (!m->lives[v])
                continue;
            const uint32_t heard = hear_all(m, v, tick, stage, sums);
            after[v] = state_after(m->state[v], stage, sums, m->scene->words, heard);
            m->observations += m->view.kind == ENTRAIN_TOPOLOGY_COMPLETE ? heard > 0 : heard;
        }
        for (uint32_t v = 0; v < count; v++) {
            if (!m->lives[v])
                continue;
            m->state[v] = after[v];
            if (stage + 1 < m->scene->stages)
                say(m, v, tick, stage + 1);
            else
                say(m, v, tick + 1, 0);
        }
    }
}

static void run_model(model *m, const scene *of) {
    memset(m, 0, sizeof *m);
    m->scene = of;
    const uint32_t count = of->topology.size;
    for (uint32_t v = 0; v < count; v++) {
        m->lives[v] = true;
        m->state[v] = state_at_start(v, m->generation[v] = 1);
        say(m, v, 0, 0);
        memcpy(m->first_said[v], m->said[0][0][v], sizeof m->first_said[v]);
    }
    for (uint64_t tick = 0; tick <= TICKS; tick++) {
        if (tick == 0 || (of->replaced_at != 0 && tick == of->replaced_at)) {
            entrain_topology_release(m->topology);
            m->topology = topology_of(of, tick);
            m->view = entrain_topology_look(m->topology);
        }
        for (uint32_t e = 0; e < of->event_count; e++)
            if (of->events[e].tick == tick && of->events[e].deed != TELL)
                do_in_model(m, &of->events[e]);
        for (int told = 0; told < 2; told++) { // what is told is received at the beginning of the tick
            for (uint32_t e = 0; told == 1 && e < of->event_count; e++)
                if (of->events[e].tick == tick && of->events[e].deed == TELL)
                    do_in_model(m, &of->events[e]);
            for (uint32_t v = 0; v < count; v++) {
                m->spoke[tick][v] = m->lives[v];
                say(m, v, tick, 0);
            }
            for (uint32_t v = 0; told == 0 && v < count; v++) {
                m->states[tick][v] = m->state[v];
                m->lived[tick][v] = m->lives[v];
                m->heard[tick][v] = hear_all(m, v, tick, 0, m->sums[tick][v]);
            }
        }
        m->observed[tick] = m->observations;
        if (tick < TICKS)
            model_tick(m, tick);
    }
    entrain_topology_release(m->topology);
}

// --- The engine beside it

typedef struct world {
    const scene *scene;
    entrain_engine *engine;
    entrain_population *populations[2];
    group groups[2];
    const char *text;
} world;

static void open_world(world *w, const scene *of, const entrain_engine_config *config) {
    static const entrain_column columns[] = {{.name = "state", .bytes = 8, .fingerprint = true}};
    entrain_error error = {0};
    *w = (world){.scene = of};
    entrain_topology *topology = topology_of(of, 0);
    CHECK_OK(entrain_engine_create(config, &w->engine, &error), error);
    for (int p = 0; p < 2; p++) {
        w->groups[p] = (group){.first = p == 0 ? 0 : split(of), .words = of->words};
        const entrain_behavior behavior = {.name = p == 0 ? "first" : "second",
                                           .columns = columns,
                                           .column_count = 1,
                                           .words = of->words,
                                           .exchanges = of->stages,
                                           .inbox = deaf ? 0 : 3,
                                           .wants_heard = true,
                                           .start = start,
                                           .receive = deaf ? NULL : receive,
                                           .step = step,
                                           .publish = publish,
                                           .publish_past = of->pasts[p] == TOLD ? publish_past : NULL,
                                           .past_silent = of->pasts[p] == SILENT};
        const uint32_t count = p == 0 ? split(of) : of->topology.size - split(of);
        CHECK_OK(entrain_engine_add(w->engine, &behavior, &w->groups[p], count, &w->populations[p], &error),
                 error);
    }
    CHECK_OK(entrain_engine_set_topology(w->engine, topology, &error), error);
    CHECK_OK(entrain_engine_start(w->engine, &error), error);
    entrain_topology_release(topology);
}

static entrain_population *population_of(const world *w, uint32_t *vertex) {
    const bool second = *vertex >= split(w->scene);
    *vertex -= second ? split(w->scene) : 0;
    return w->populations[second];
}

static void do_in_world(world *w, const event *done) {
    uint32_t index = done->vertex;
    entrain_population *population = population_of(w, &index);
    entrain_id id = entrain_population_id(population, index);
    switch (done->deed) {
    case STOP:
        assert_int_equal(entrain_engine_stop_actor(w->engine, id), ENTRAIN_OK);
        break;
    case BEGIN:
        assert_int_equal(entrain_engine_restart_actor(w->engine, population, index, &id), ENTRAIN_OK);
        break;
    case TELL:
        entrain_engine_tell(w->engine, id, NOTE, 0, (entrain_payload){.u64 = 1000 + done->tick},
                            (entrain_payload){.u64 = 0});
        break;
    case CHANGE:
        *(uint64_t *)entrain_population_at(population, index, 0) ^= 1000 + done->tick;
        entrain_engine_republish(w->engine);
        break;
    }
}

static void check_hearing(void *context, const entrain_range *range, uint32_t task) {
    const world *w = context;
    const group *self = range->context;
    (void)task;
    for (uint32_t k = 0; k < range->count; k++) {
        const uint32_t vertex = self->first + range->indices[k];
        if (range->heard[k] != truth.heard[range->tick][vertex] ||
            memcmp(range->sums + k * self->words, truth.sums[range->tick][vertex],
                   self->words * sizeof(int64_t)) != 0)
            fail_msg("%s: %s: a visit at tick %u finds that %u hears something else", w->scene->name, w->text,
                     (unsigned)range->tick, vertex);
    }
}

static void check_tick(const world *w, uint64_t tick) {
    for (uint32_t v = 0; v < w->scene->topology.size; v++) {
        uint32_t index = v;
        entrain_population *population = population_of(w, &index);
        const bool lives = entrain_population_id(population, index) != ENTRAIN_ID_NONE;
        const uint64_t state = *(const uint64_t *)entrain_population_at(population, index, 0);
        if (lives != truth.lived[tick][v] || (lives && state != truth.states[tick][v]))
            fail_msg("%s: %s: before tick %u actor %u is not what it should be", w->scene->name, w->text,
                     (unsigned)tick, v);
    }
    assert_int_equal(entrain_engine_observations(w->engine), truth.observed[tick]);
}

static void check_messages(const world *w, entrain_transport transport) {
    entrain_message_count count;
    entrain_engine_count(w->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    uint64_t told = 0;
    for (uint32_t e = 0; e < w->scene->event_count; e++)
        told += w->scene->events[e].deed == TELL;
    const uint64_t parts = transport == ENTRAIN_TRANSPORT_MAILBOX ? (w->scene->words + 1) / 2 : 0;
    assert_in_range(count.sent, truth.observed[TICKS] * parts, truth.observed[TICKS] * parts + told);
    assert_int_equal(count.queued + count.shed + count.lost + count.conflated + count.undeliverable, 0);
}

// @p stride ticks in one go, as far as nothing happens between.
static void run_world(const scene *of, const entrain_engine_config *config, uint32_t stride) {
    world w;
    char text[128];
    open_world(&w, of, config);
    snprintf(text, sizeof text, "%s, %u workers, %s, layout %s, %u ticks at a time", config->scheduler.policy,
             config->scheduler.worker_count, entrain_transport_name(config->transport),
             entrain_layout_name(config->layout), stride);
    w.text = text;
    for (uint64_t tick = 0; tick <= TICKS;) {
        entrain_error error = {0};
        if (of->replaced_at != 0 && tick == of->replaced_at) {
            entrain_topology *other = topology_of(of, tick);
            CHECK_OK(entrain_engine_replace_topology(w.engine, other, &error), error);
            entrain_topology_release(other);
        }
        for (uint32_t e = 0; e < of->event_count; e++)
            if (of->events[e].tick == tick)
                do_in_world(&w, &of->events[e]);
        check_tick(&w, tick);
        if (tick % 3 == 0)
            assert_int_equal(entrain_engine_visit(w.engine, NULL, true, check_hearing, &w), ENTRAIN_OK);
        uint64_t next = tick + stride < TICKS ? tick + stride : TICKS;
        for (uint32_t e = 0; e < of->event_count; e++)
            if (of->events[e].tick > tick && of->events[e].tick < next)
                next = of->events[e].tick;
        if (of->replaced_at > tick && of->replaced_at < next)
            next = of->replaced_at;
        if (tick == TICKS)
            break;
        CHECK_OK(entrain_engine_advance(w.engine, next - tick, &error), error);
        tick = next;
    }
    check_messages(&w, config->transport);
    entrain_engine_destroy(w.engine);
}

static entrain_engine_config config_of(const char *policy, uint32_t workers, int transport, int layout) {
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.policy = policy;
    config.scheduler.worker_count = workers;
    config.transport = (entrain_transport)transport;
    config.layout = (entrain_layout)layout;
    config.cohort_weight = 64;
    config.step_s = STEP_S;
    return config;
}

static void everything_that_is_heard_is_what_was_said_then(void **state) {
    (void)state;
    static const char *const policies[] = {"serial", "shuffled", "steal", "dataflow"};
    for (uint32_t s = 0; s < SCENES; s++) {
        run_model(&truth, &scenes[s]);
        for (size_t p = 0; p < sizeof policies / sizeof *policies; p++)
            for (uint32_t workers = 1; workers <= 3; workers++)
                for (int transport = 0; transport < ENTRAIN_TRANSPORT_COUNT; transport++) {
                    if (p < 2 && workers != 1 + p)
                        continue; // these have one worker at work anyway
                    const int layout = ENTRAIN_LAYOUT_INDEX + (int)(workers + p) % (ENTRAIN_LAYOUT_COUNT - 1);
                    const entrain_engine_config config = config_of(policies[p], workers, transport, layout);
                    run_world(&scenes[s], &config, p == 3 ? TICKS : (uint32_t)p + 1);
                }
    }
}

static void nobody_runs_too_far_ahead(void **state) {
    (void)state;
    deaf = true;
    for (uint32_t s = 0; s < SCENES; s++) {
        run_model(&truth, &scenes[s]);
        for (uint32_t workers = 1; workers <= 3; workers++)
            for (int transport = 0; transport < ENTRAIN_TRANSPORT_COUNT; transport++) {
                const entrain_engine_config config =
                    config_of("dataflow", workers, transport, ENTRAIN_LAYOUT_INDEX + (int)workers % 2);
                run_world(&scenes[s], &config, TICKS);
            }
    }
    deaf = false;
}

// --- Mailboxes that are too small

// Under block nothing is lost, at any capacity: the sums are those of publish.
static void what_waits_for_room_is_heard_too(void **state) {
    (void)state;
    for (uint32_t s = 0; s < SCENES; s++) {
        run_model(&truth, &scenes[s]);
        entrain_engine_config config =
            config_of("dataflow", 2, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_NEAR);
        config.mailbox_capacity = (scenes[s].words + 1) / 2;
        config.overflow = ENTRAIN_OVERFLOW_BLOCK;
        config.overflow_named = true;
        run_world(&scenes[s], &config, 3);
    }
}

static uint64_t overflow(const scene *of, entrain_engine_config config, entrain_message_count *count_out) {
    world w;
    entrain_error error = {0};
    open_world(&w, of, &config);
    for (uint64_t tick = 0; tick < 12; tick++) {
        for (uint32_t e = 0; e < of->event_count; e++)
            if (of->events[e].tick == tick)
                do_in_world(&w, &of->events[e]);
        CHECK_OK(entrain_engine_advance(w.engine, 1, &error), error);
    }
    const uint64_t fingerprint = entrain_engine_fingerprint(w.engine);
    entrain_engine_count(w.engine, count_out);
    assert_int_equal(entrain_message_count_residual(count_out), 0);
    entrain_engine_destroy(w.engine);
    return fingerprint;
}

static void what_finds_no_room_does_not_depend_on_who_works(void **state) {
    (void)state;
    for (int kind = 0; kind < ENTRAIN_OVERFLOW_BLOCK; kind++)
        for (uint32_t s = 0; s < 2; s++) {
            static const char *const policies[] = {"serial", "steal", "dataflow"};
            uint64_t first = 0;
            entrain_message_count first_count, count;
            for (uint32_t p = 0; p < 3; p++) {
                entrain_engine_config config =
                    config_of(policies[p], p + 1, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_INDEX + (int)p);
                config.mailbox_capacity = 3;
                config.overflow = (entrain_overflow)kind;
                config.overflow_named = true;
                const uint64_t fingerprint = overflow(&scenes[s], config, &count);
                if (p == 0) {
                    first = fingerprint;
                    first_count = count;
                }
                assert_true(fingerprint == first);
                assert_memory_equal(&count, &first_count, sizeof count);
                assert_true(count.shed + count.conflated + count.undeliverable > 0);
            }
        }
}

static entrain_topology *topology_of_text(const char *text, bool directed) {
    char path[] = "/tmp/entrain-delay-XXXXXX";
    entrain_error error = {0};
    int file = mkstemp(path);
    assert_true(file >= 0);
    FILE *stream = fdopen(file, "w");
    fputs(text, stream);
    assert_int_equal(fclose(stream), 0);
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_EDGE_LIST;
    config.file = path;
    config.directed = directed;
    entrain_topology *topology = NULL;
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    remove(path);
    return topology;
}

// Two edges from one actor, of one tick and of three, to a mailbox for one message. What the second brings
// takes the place of what the first brought, if it is from the same: for two ticks after a new actor began,
// it is not.
static void what_is_late_is_from_who_spoke_then(void **state) {
    (void)state;
    static const entrain_column columns[] = {{.name = "state", .bytes = 8, .fingerprint = true}};
    group self = {.words = 2};
    const entrain_behavior behavior = {.name = "pair",
                                       .columns = columns,
                                       .column_count = 1,
                                       .words = 2,
                                       .exchanges = 1,
                                       .wants_heard = true,
                                       .start = start,
                                       .step = step,
                                       .publish = publish};
    entrain_error error = {0};
    entrain_engine_config config = config_of("serial", 1, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_INDEX);
    config.mailbox_capacity = 1;
    config.overflow = ENTRAIN_OVERFLOW_CONFLATE;
    config.overflow_named = true;
    entrain_topology *topology = topology_of_text("0 1 1 0.05\n0 1 1 0.15\n", true);
    entrain_engine *engine;
    entrain_population *population;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &behavior, &self, 2, &population, &error), error);
    CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    CHECK_OK(entrain_engine_advance(engine, 10, &error), error);
    entrain_message_count count;
    entrain_engine_count(engine, &count);
    assert_int_equal(count.conflated, 10);
    entrain_id id = entrain_population_id(population, 0);
    assert_int_equal(entrain_engine_stop_actor(engine, id), ENTRAIN_OK);
    assert_int_equal(entrain_engine_restart_actor(engine, population, 0, &id), ENTRAIN_OK);
    CHECK_OK(entrain_engine_advance(engine, 10, &error), error);
    entrain_engine_count(engine, &count);
    assert_int_equal(count.shed, 2);
    assert_int_equal(count.conflated, 18);
    assert_int_equal(count.received, 20);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    entrain_engine_destroy(engine);
    entrain_topology_release(topology);
}

// --- What is taken, and what is refused

static entrain_status start_with(entrain_topology *topology, double step_s, entrain_engine_memory *memory_out,
                                 entrain_error *error) {
    group self = {.words = 2};
    static const entrain_column columns[] = {{.name = "state", .bytes = 8, .fingerprint = true}};
    const entrain_behavior speaks = {.name = "speaks",
                                     .columns = columns,
                                     .column_count = 1,
                                     .words = 2,
                                     .exchanges = 4,
                                     .wants_heard = true,
                                     .start = start,
                                     .step = step,
                                     .publish = publish};
    entrain_engine_config config = config_of("serial", 1, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_LAYOUT_INDEX);
    config.step_s = step_s;
    entrain_engine *engine = NULL;
    entrain_population *population;
    entrain_status status = entrain_engine_create(&config, &engine, error);
    if (status == ENTRAIN_OK)
        status = entrain_engine_add(engine, &speaks, &self, entrain_topology_look(topology).vertex_count,
                                    &population, error);
    if (status == ENTRAIN_OK)
        status = entrain_engine_set_topology(engine, topology, error);
    if (status == ENTRAIN_OK)
        status = entrain_engine_start(engine, error);
    if (status == ENTRAIN_OK)
        status = entrain_engine_advance(engine, 2, error);
    if (status == ENTRAIN_OK && memory_out != NULL)
        entrain_engine_measure(engine, memory_out);
    entrain_engine_destroy(engine);
    return status;
}

static entrain_topology *late_topology(entrain_topology_kind kind, uint32_t size, double low, double high) {
    entrain_topology_config config = entrain_topology_config_defaults();
    entrain_error error = {0};
    entrain_topology *topology = NULL;
    config.kind = kind;
    config.size = size;
    config.delay_low = low;
    config.delay_high = high;
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    return topology;
}

static void memory_is_what_delays_need(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_engine_memory memory;
    entrain_topology *topology = late_topology(ENTRAIN_TOPOLOGY_RING, 1000, 0.7, 0.7);
    CHECK_OK(start_with(topology, 0.1, &memory, &error), error);
    const size_t ring = 7 * 4 + 2, lines = 251; // 1000 times two words are 250 lines, made odd
    assert_int_equal(memory.publications, ring * lines * 64 + 2 * ring * sizeof(void *) + 8 * (size_t)1000);
    entrain_topology_release(topology);
    topology = late_topology(ENTRAIN_TOPOLOGY_COMPLETE, 1000, 0.7, 0.7);
    CHECK_OK(start_with(topology, 0.1, &memory, &error), error);
    assert_int_equal(memory.publications, 2 * (size_t)1000 * 16 + 29 * (size_t)(2 * 16 + 4));
    entrain_topology_release(topology);
    // Less than half a step is none, and costs nothing.
    topology = late_topology(ENTRAIN_TOPOLOGY_RING, 1000, 0, 0.7);
    CHECK_OK(start_with(topology, 2, &memory, &error), error);
    assert_int_equal(memory.publications, 2 * (size_t)1000 * 16);
    assert_int_equal(memory.topology, entrain_topology_bytes(topology));
    // Each arc its own: four bytes an arc.
    CHECK_OK(start_with(topology, 0.1, &memory, &error), error);
    assert_int_equal(memory.topology, entrain_topology_bytes(topology) + 4 * (size_t)2000);
    entrain_topology_release(topology);
}

static void too_long_a_delay_is_refused_by_its_sentence(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology *topology = late_topology(ENTRAIN_TOPOLOGY_RING, 10, 200, 200);
    CHECK_REFUSED(
        start_with(topology, 1e-4, NULL, &error), ENTRAIN_LIMIT, error,
        "An arc delays by 200 s, which is 2e+06 steps of 0.0001 s, and delays may be at most 1048576");
    entrain_topology_release(topology);
    topology = late_topology(ENTRAIN_TOPOLOGY_RING, 10, 0, 20);
    CHECK_REFUSED(start_with(topology, 1e-5, NULL, &error), ENTRAIN_LIMIT, error,
                  "delays may be at most 1048576");
    CHECK_REFUSED(start_with(topology, 1e-300, NULL, &error), ENTRAIN_LIMIT, error,
                  "steps of 1e-300 s, and delays may be");
    entrain_topology_release(topology);
    topology = late_topology(ENTRAIN_TOPOLOGY_RING, 1000000, 100, 100);
    CHECK_REFUSED(start_with(topology, 1e-4, NULL, &error), ENTRAIN_NO_MEMORY, error,
                  "There is no memory for what actors publish (6.4e+04 GB)");
    entrain_topology_release(topology);

    static const struct {
        double low, high;
        entrain_topology_kind kind;
        const char *words;
    } refused[] = {
        {-1, 1, ENTRAIN_TOPOLOGY_RING,
         "topology.delay_low and delay_high: [-1, 1] must be a range within 0 to 1e6 s"},
        {2, 1, ENTRAIN_TOPOLOGY_RING, "[2, 1] must be"},
        {0, 2e6, ENTRAIN_TOPOLOGY_RING, "[0, 2e+06] must be"},
        {NAN, 1, ENTRAIN_TOPOLOGY_RING, "must be a range"},
        {0, 1, ENTRAIN_TOPOLOGY_COMPLETE, "a complete graph has one delay for all, not 0 to 1 s"},
    };
    for (size_t k = 0; k < sizeof refused / sizeof *refused; k++) {
        entrain_topology_config config = entrain_topology_config_defaults();
        config.kind = refused[k].kind;
        config.size = 10;
        config.delay_low = refused[k].low;
        config.delay_high = refused[k].high;
        CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_INVALID, error,
                      refused[k].words);
    }
}

static void a_replaced_topology_delays_no_longer_than_the_first(void **state) {
    (void)state;
    world w;
    entrain_error error = {0};
    const entrain_engine_config config =
        config_of("serial", 1, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_LAYOUT_INDEX);
    open_world(&w, &scenes[0], &config);
    CHECK_OK(entrain_engine_advance(w.engine, 3, &error), error);
    const uint64_t fingerprint = entrain_engine_fingerprint(w.engine);
    entrain_topology *other = late_topology(ENTRAIN_TOPOLOGY_RING, 120, 0, 10 * STEP_S);
    CHECK_REFUSED(
        entrain_engine_replace_topology(w.engine, other, &error), ENTRAIN_LIMIT, error,
        "The new topology delays by up to 10 ticks, and what is published is kept for the 9 of the first");
    assert_true(fingerprint == entrain_engine_fingerprint(w.engine));
    CHECK_OK(entrain_engine_advance(w.engine, 3, &error), error);
    entrain_topology_release(other);
    entrain_engine_destroy(w.engine);
}

static void edited_edges_keep_their_delays(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology *topology = topology_of_text("0 1 1 5\n1 2 2 6\n2 3 1 7\n", false), *edited;
    const entrain_edge removed = {0, 1, 0}, added = {0, 3, 1};
    CHECK_OK(entrain_topology_edit(topology, &removed, 1, &added, 1, &edited, &error), error);
    const entrain_topology_view view = entrain_topology_look(edited);
    assert_int_equal(view.arc_count, 6); // 0: 3; 1: 2; 2: 1, 3; 3: 0, 2
    assert_memory_equal(view.in_delays, ((const double[]){5, 6, 6, 7, 5, 7}), 6 * sizeof(double));
    entrain_topology_release(edited);
    entrain_topology_release(topology);
    topology = late_topology(ENTRAIN_TOPOLOGY_RING, 5, 3, 3);
    CHECK_OK(entrain_topology_edit(topology, &removed, 1, NULL, 0, &edited, &error), error);
    assert_true(entrain_topology_look(edited).delay_low == 3 &&
                entrain_topology_look(edited).delay_high == 3);
    assert_null(entrain_topology_look(edited).in_delays);
    entrain_topology_release(edited);
    entrain_topology_release(topology);
}

static void edges_of_a_program_have_their_delays(void **state) {
    (void)state;
    entrain_error error = {0};
    const entrain_edge edges[] = {{0, 1, 1}, {1, 2, 2}, {2, 3, 1}};
    double delays[] = {5, 6, 7};
    entrain_topology *topology;
    CHECK_OK(entrain_topology_from_delayed_edges(4, edges, delays, 3, false, true, &topology, &error), error);
    const entrain_topology_view view = entrain_topology_look(topology);
    assert_memory_equal(view.in_delays, ((const double[]){5, 5, 6, 6, 7, 7}), 6 * sizeof(double));
    assert_true(view.delay_low == 5 && view.delay_high == 7);
    entrain_topology_release(topology);
    delays[1] = -1;
    CHECK_REFUSED(entrain_topology_from_delayed_edges(4, edges, delays, 3, false, true, &topology, &error),
                  ENTRAIN_INVALID, error, "edge 1 (1 to 2) has the delay -1 s; it must be 0 to 1e6.");
}

static void every_block_may_be_missing(void **state) {
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        entrain_topology *topology = kind == 0 ? late_topology(ENTRAIN_TOPOLOGY_RING, 200, 0, 0.7)
                                               : late_topology(ENTRAIN_TOPOLOGY_COMPLETE, 200, 0.7, 0.7);
        const int64_t live = entrain__memory_live();
        entrain_status status = ENTRAIN_NO_MEMORY;
        for (uint64_t n = 1; status != ENTRAIN_OK; n++) {
            entrain_error error = {0};
            entrain__memory_fail_at(n);
            status = start_with(topology, 0.1, NULL, &error);
            entrain__memory_fail_at(0);
            assert_true(status == ENTRAIN_OK || (status == ENTRAIN_NO_MEMORY && error.sentence[0] != '\0'));
            assert_int_equal(entrain__memory_live(), live);
        }
        entrain_topology_release(topology);
    }
}

int main(void) {
    fill_many();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_that_is_heard_is_what_was_said_then),
        cmocka_unit_test(nobody_runs_too_far_ahead),
        cmocka_unit_test(what_waits_for_room_is_heard_too),
        cmocka_unit_test(what_finds_no_room_does_not_depend_on_who_works),
        cmocka_unit_test(what_is_late_is_from_who_spoke_then),
        cmocka_unit_test(memory_is_what_delays_need),
        cmocka_unit_test(too_long_a_delay_is_refused_by_its_sentence),
        cmocka_unit_test(a_replaced_topology_delays_no_longer_than_the_first),
        cmocka_unit_test(edited_edges_keep_their_delays),
        cmocka_unit_test(edges_of_a_program_have_their_delays),
        cmocka_unit_test(every_block_may_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
