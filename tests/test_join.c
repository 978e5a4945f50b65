// Rooms for those who join later: populations that publish, with places where nobody lives from the start;
// against a model that goes through every arc, under every transport, layout and policy, with delays and
// without.
#include "check.h"

#include <math.h>

#include "entrain/engine.h"
#include "message_count_check.h"

static uint64_t mix(uint64_t a, uint64_t b) {
    uint64_t x = a * UINT64_C(0x9e3779b97f4a7c15) + b + 1;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return x ^ x >> 31;
}

// --- What everybody does, engine and model alike

enum { ROOM = 150, COUNT = 90, TICKS = 31, EXCHANGES = 2, EVENTS = 11 };
static const double step_s = 0.01;

static uint64_t begin_of(uint32_t index, uint64_t tick) { return mix(index + 1, tick); }
static int64_t word_of(uint64_t x, uint32_t stage) { return (int64_t)(mix(x, stage) & 0xffffff) - 0x800000; }
static uint64_t next_of(uint64_t x, uint64_t tick, uint32_t stage, int64_t sum, uint32_t heard) {
    return mix(mix(mix(mix(x, tick), stage), (uint64_t)sum), heard);
}

// At @p tick @p count of them from @p first on begin, or end; or the second graph (the first, if
// `first` is 1) takes the place of the other.
typedef struct change {
    uint64_t tick;
    enum { BEGIN, END, REPLACE } what;
    uint32_t first, count;
} change;
static const change changes[EVENTS] = {{2, BEGIN, COUNT, 20}, {4, END, 5, 10},     {6, REPLACE, 0, 0},
                                       {9, BEGIN, 5, 4},      {9, BEGIN, 140, 10}, {11, END, COUNT + 3, 9},
                                       {17, BEGIN, 110, 30},  {18, BEGIN, 9, 6},   {19, BEGIN, COUNT + 3, 9},
                                       {20, REPLACE, 1, 0},   {26, END, 40, 10}};

typedef struct world {
    const char *policy;
    entrain_transport transport;
    entrain_layout layout;
    uint32_t workers;
} world;

// --- In the engine

static const entrain_column columns[] = {{"x", 8, true, false}};

static void start(const entrain_range *range) {
    uint64_t *x = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        x[k] = begin_of(range->indices[k], range->tick);
}
static void publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    const uint64_t *x = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++) {
        words_out[2 * k] = word_of(x[k], stage);
        words_out[2 * k + 1] = 1;
    }
}
static void step(const entrain_range *range, uint32_t stage) {
    uint64_t *x = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++) {
        assert_true(range->sum_unit == 0x1p-44); // no field is shifted here
        assert_int_equal(range->sums[2 * k + 1], range->heard[k]);
        x[k] = next_of(x[k], range->tick, stage, range->sums[2 * k], range->heard[k]);
    }
}

// --- The model

typedef struct model {
    entrain_topology_view view;
    uint64_t x[ROOM];
    bool lives[ROOM], spoke[TICKS][ROOM];
    int64_t said[TICKS][EXCHANGES][ROOM];
} model;

// What @p v said @p ticks before @p tick, added; nobody has said anything else before tick 0.
static void hear(const model *m, uint32_t v, uint64_t tick, uint32_t stage, uint64_t ticks, int64_t *sum,
                 uint32_t *heard) {
    const uint64_t then = ticks > tick ? 0 : tick - ticks;
    if (!m->spoke[then][v])
        return;
    *sum += m->said[then][ticks > tick ? 0 : stage][v];
    ++*heard;
}

static void model_step(model *m, uint32_t hearer, uint64_t tick, uint32_t stage, uint64_t x_out[ROOM]) {
    int64_t sum = 0;
    uint32_t heard = 0;
    if (m->view.kind == ENTRAIN_TOPOLOGY_COMPLETE)
        for (uint32_t v = 0; v < ROOM; v++)
            hear(m, v, tick, stage, (uint64_t)(m->view.delay_low / step_s + 0.5), &sum, &heard);
    else
        for (uint64_t a = m->view.in_offsets[hearer]; a < m->view.in_offsets[hearer + 1]; a++) {
            const double delay_s = m->view.in_delays != NULL ? m->view.in_delays[a] : m->view.delay_low;
            hear(m, (uint32_t)m->view.in_speakers[a], tick, stage, (uint64_t)(delay_s / step_s + 0.5), &sum,
                 &heard);
        }
    x_out[hearer] = next_of(m->x[hearer], tick, stage, sum, heard);
}

static void model_change(model *m, const change *what, entrain_topology *const graphs[2]) {
    if (what->what == REPLACE)
        m->view = entrain_topology_look(graphs[what->first == 0]);
    for (uint32_t v = what->first; v < what->first + what->count; v++) {
        assert_true(m->lives[v] == (what->what == END));
        m->lives[v] = what->what == BEGIN;
        m->x[v] = begin_of(v, what->tick);
    }
}

static void model_run(model *m, entrain_topology *const graphs[2]) {
    *m = (model){.view = entrain_topology_look(graphs[0])};
    for (uint32_t v = 0; v < COUNT; v++) {
        m->lives[v] = true;
        m->x[v] = begin_of(v, 0);
    }
    for (uint64_t tick = 0; tick < TICKS; tick++) {
        for (uint32_t e = 0; e < EVENTS; e++)
            if (changes[e].tick == tick)
                model_change(m, &changes[e], graphs);
        memcpy(m->spoke[tick], m->lives, sizeof m->lives);
        for (uint32_t stage = 0; stage < EXCHANGES; stage++) {
            uint64_t next[ROOM];
            for (uint32_t v = 0; v < ROOM; v++)
                m->said[tick][stage][v] = word_of(m->x[v], stage);
            for (uint32_t v = 0; v < ROOM; v++)
                if (m->lives[v])
                    model_step(m, v, tick, stage, next);
            for (uint32_t v = 0; v < ROOM; v++)
                if (m->lives[v])
                    m->x[v] = next[v];
        }
    }
}

// --- Both

static void engine_change(entrain_engine *engine, entrain_population *population, const change *what,
                          entrain_topology *const graphs[2]) {
    entrain_error error = {0};
    if (what->what == REPLACE)
        CHECK_OK(entrain_engine_replace_topology(engine, graphs[what->first == 0], &error), error);
    for (uint32_t v = what->first; v < what->first + what->count; v++) {
        entrain_id id;
        if (what->what == END)
            assert_int_equal(entrain_engine_stop_actor(engine, entrain_population_id(population, v)),
                             ENTRAIN_OK);
        else
            assert_int_equal(entrain_engine_restart_actor(engine, population, v, &id), ENTRAIN_OK);
    }
}

static void check_world(const world *how, entrain_topology *const graphs[2], const model *m) {
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.policy = how->policy;
    config.scheduler.worker_count = how->workers;
    config.transport = how->transport;
    config.layout = how->layout;
    config.cohort_weight = 64;
    config.step_s = step_s;
    entrain_engine *engine;
    entrain_population *population;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    const entrain_behavior behavior = {.name = "one of many",
                                       .columns = columns,
                                       .column_count = 1,
                                       .words = 2,
                                       .exchanges = EXCHANGES,
                                       .wants_heard = true,
                                       .start = start,
                                       .publish = publish,
                                       .step = step};
    CHECK_OK(entrain_engine_add_room(engine, &behavior, NULL, ROOM, COUNT, &population, &error), error);
    CHECK_OK(entrain_engine_set_topology(engine, graphs[0], &error), error);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    assert_true(entrain_engine_task_count(engine) >= 2);
    for (uint32_t v = 0; v < ROOM; v++)
        assert_true((entrain_population_id(population, v) == ENTRAIN_ID_NONE) == (v >= COUNT));
    uint64_t tick = 0;
    for (uint32_t e = 0; e <= EVENTS; e++) { // several ticks at once, for policies that run ahead
        const uint64_t until = e < EVENTS ? changes[e].tick : TICKS;
        CHECK_OK(entrain_engine_advance(engine, until - tick, &error), error);
        tick = until;
        if (e < EVENTS)
            engine_change(engine, population, &changes[e], graphs);
    }
    for (uint32_t v = 0; v < ROOM; v++)
        if (m->lives[v] && *(uint64_t *)entrain_population_at(population, v, 0) != m->x[v])
            fail_msg("%s, %u workers, %s, layout %d, graph %s, delays %g to %g: actor %u is elsewhere",
                     how->policy, how->workers, entrain_transport_name(how->transport), (int)how->layout,
                     m->view.name, m->view.delay_low, m->view.delay_high, v);
    const entrain_message_count count = counted(engine);
    assert_int_equal(count.queued, 0);
    if (how->transport == ENTRAIN_TRANSPORT_MAILBOX)
        assert_int_equal(count.received, entrain_engine_observations(engine));
    entrain_engine_destroy(engine);
}

static const struct {
    entrain_topology_kind kind;
    bool grows; // there is room in the first graph, and in the second one all have joined
    double low, high;
} graphs_of[] = {
    {ENTRAIN_TOPOLOGY_RANDOM_REGULAR, false, 0, 0},     {ENTRAIN_TOPOLOGY_COMPLETE, false, 0, 0},
    {ENTRAIN_TOPOLOGY_SCALE_FREE, false, 0.03, 0.03},   {ENTRAIN_TOPOLOGY_COMPLETE, true, 0.02, 0.02},
    {ENTRAIN_TOPOLOGY_SMALL_WORLD, false, 0, 0.04},     {ENTRAIN_TOPOLOGY_RANDOM_REGULAR, true, 0, 0},
    {ENTRAIN_TOPOLOGY_RANDOM_REGULAR, true, 0.02, 0.02}};

static void make_graphs(size_t g, entrain_topology *graphs[2]) {
    entrain_error error = {0};
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = graphs_of[g].kind;
    config.size = graphs_of[g].grows ? COUNT : ROOM;
    config.degree = 6;
    config.delay_low = graphs_of[g].low, config.delay_high = graphs_of[g].high;
    if (!graphs_of[g].grows) {
        for (uint32_t version = 0; version < 2; version++, config.seed++)
            CHECK_OK(entrain_topology_create(&config, &graphs[version], &error), error);
        return;
    }
    entrain_topology *began;
    uint32_t joining[ROOM];
    for (uint32_t v = COUNT; v < ROOM; v++)
        joining[v - COUNT] = v;
    CHECK_OK(entrain_topology_create(&config, &began, &error), error);
    CHECK_OK(entrain_topology_padded(began, ROOM, &graphs[0], &error), error);
    CHECK_OK(entrain_topology_join(graphs[0], joining, ROOM - COUNT, 6, NULL, 1, 0, &graphs[1], &error),
             error);
    entrain_topology_release(began);
}

static void rooms_are_silent_until_somebody_comes(void **state) {
    (void)state;
    static model m;
    for (size_t g = 0; g < sizeof graphs_of / sizeof *graphs_of; g++) {
        entrain_topology *graphs[2];
        make_graphs(g, graphs);
        model_run(&m, graphs);
        static const char *const policies[] = {"serial", "dataflow", "steal", "adaptive"};
        for (uint32_t p = 0; p < 4; p++)
            for (uint32_t transport = 0; transport < 2; transport++)
                for (uint32_t layout = 1; layout <= 3; layout++) {
                    const world how = {policies[p], (entrain_transport)transport, (entrain_layout)layout,
                                       p == 0 ? 1 : 1 + (p + layout) % 3};
                    check_world(&how, graphs, &m);
                }
        entrain_topology_release(graphs[0]);
        entrain_topology_release(graphs[1]);
    }
}

static void only_lockstep_has_such_rooms(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
    entrain_engine *engine;
    entrain_population *population;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    const entrain_behavior behavior = {.name = "crowd", .words = 2, .publish = publish};
    CHECK_REFUSED(entrain_engine_add_room(engine, &behavior, NULL, 2, 1, &population, &error),
                  ENTRAIN_UNSUPPORTED, error, "only lockstep");
    entrain_engine_destroy(engine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rooms_are_silent_until_somebody_comes),
        cmocka_unit_test(only_lockstep_has_such_rooms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
