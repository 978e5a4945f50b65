// Observations lost, cut off and late: every sum, every count of who was heard, every message, against a
// model with history arrays, to the bit, in random worlds; in both transports, under every kind of policy,
// in every layout, at every SIMD level; while actors end and begin and topologies are replaced. And that
// what is lost is a fair sample.
#include "check.h"

#include <math.h>

#include "engine/base/memory.h"
#include "entrain/engine.h"
#include "entrain/random.h"
#include "entrain/simd.h"

#include "tests/hash_actors.h"

enum { SIZE_MOST = 140, TICKS = 24, STAGES_MOST = 4, EDGES_MOST = 1200, SEED = 77 };
#define STEP_S 0.05

// --- Worlds: who hears whom, and what happens when

enum { NO_DELAY, ONE_DELAY, OWN_DELAYS };
typedef struct world {
    uint32_t size, split, words, stages, delay_max;
    bool complete, weighted, directed;
    int delays;
    bool silent_past; // of the second population; the first one tells its past
} world;

static uint64_t drawn(uint64_t world_number, uint64_t what, uint64_t which) {
    return entrain__mix64(entrain__mix64(world_number * 131 + what) + which);
}

static world draw_world(uint64_t number) {
    world of = {.size = 40 + (uint32_t)(drawn(number, 0, 0) % (SIZE_MOST - 39)),
                .words = 2 + (uint32_t)(number % 7),
                .stages = 1U << number % 3,
                .delay_max = number % 4 == 3 ? 0 : (uint32_t)(drawn(number, 0, 2) % 9) + 1,
                .complete = number % 9 == 8,
                .weighted = number % 5 == 2 || number % 5 == 4,
                .directed = drawn(number, 0, 4) % 2 != 0,
                .delays = (int)(drawn(number, 0, 5) % 3),
                .silent_past = number % 2 != 0};
    if (number % 7 == 0) // the common case is the fastest, and should not be tested least
        of.words = 2, of.weighted = false;
    of.split = of.size * 2 / 3;
    return of;
}

// Parallel edges, a hub that hears more than any batch holds, some who hear nobody.
static entrain_topology *draw_graph(const world *of, uint64_t number, uint64_t which) {
    static entrain_edge edges[EDGES_MOST];
    static double delays[EDGES_MOST];
    entrain_topology *topology = NULL;
    entrain_error error = {0};
    const double most = 6 * STEP_S;
    if (of->complete) {
        entrain_topology_config config = entrain_topology_config_defaults();
        config.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        config.size = of->size;
        config.delay_low = config.delay_high = of->delays == NO_DELAY ? 0 : most;
        CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
        return topology;
    }
    for (uint32_t e = 0; e < EDGES_MOST; e++) {
        const uint64_t bits = drawn(number, 100 + which, e);
        const uint32_t to = e % 4 == 0 ? 7 : (uint32_t)(bits >> 32) % (of->size - 3);
        const uint32_t shift = 1 + (uint32_t)(bits & 0xffff) % (of->size - 4);
        edges[e] = (entrain_edge){(to + shift) % (of->size - 3), to, 0.1 + (double)(bits >> 48) / 20000};
        delays[e] = of->delays == OWN_DELAYS  ? STEP_S * (double)(bits >> 20 & 0xfff) / 700
                    : of->delays == ONE_DELAY ? most
                                              : 0;
    }
    CHECK_OK(entrain_topology_from_delayed_edges(of->size, edges, of->delays == NO_DELAY ? NULL : delays,
                                                 EDGES_MOST, of->directed, of->weighted, &topology, &error),
             error);
    return topology;
}

static uint64_t replaced_at(const world *of, uint64_t number) {
    return of->complete ? TICKS + 1 : 9 + number % 4;
}

typedef struct change {
    bool happens;
    entrain_disturbance disturbance;
    uint8_t sides[SIZE_MOST];
    uint32_t ends[2]; // these vertices end, or begin if nobody lives there; UINT32_MAX: nothing
} change;

static void draw_change(const world *of, uint64_t number, uint64_t tick, change *change_out) {
    static const double losses[] = {0, 0.3, 0.7, 1, 0.01, 0};
    const uint64_t bits = drawn(number, 7, tick);
    change_out->happens = bits % 3 != 0 && tick != 1;
    change_out->disturbance = (entrain_disturbance){0};
    if (!of->complete) {
        change_out->disturbance.loss = losses[(bits >> 8) % 6];
        const uint32_t kinds = (uint32_t)(bits >> 16) % 4; // 0: no sides; 1: all on one; others: so many
        for (uint32_t v = 0; v < of->size; v++)
            change_out->sides[v] = (uint8_t)(kinds == 1  ? 9
                                             : kinds > 1 ? drawn(number, 8 + tick, v) % kinds
                                                         : 0);
        change_out->disturbance.sides = kinds > 0 ? change_out->sides : NULL;
    }
    change_out->disturbance.delay = (uint32_t)(bits >> 24) % (of->delay_max + 1);
    for (uint32_t k = 0; k < 2; k++)
        change_out->ends[k] =
            number % 2 == 0 && (bits >> (40 + k)) % 2 == 0 ? (uint32_t)(bits >> (44 + k)) % 11 : UINT32_MAX;
    if (change_out->ends[0] == change_out->ends[1])
        change_out->ends[1] = UINT32_MAX;
}

// --- The model: everything that was ever said

typedef struct model {
    world of;
    entrain_topology_view view;
    change now;
    bool lives[SIZE_MOST], spoke[TICKS + 1][SIZE_MOST];
    uint32_t generation[SIZE_MOST];
    uint64_t state[SIZE_MOST];
    int64_t said[TICKS + 1][STAGES_MOST][SIZE_MOST][ENTRAIN_WORDS_MAX];
    uint64_t sent, lost, arrived;
    // before each tick: who is what; what each would hear; what was counted until then
    uint64_t states[TICKS + 1][SIZE_MOST];
    bool lived[TICKS + 1][SIZE_MOST];
    int64_t sums[TICKS + 1][SIZE_MOST][ENTRAIN_WORDS_MAX];
    uint32_t heard[TICKS + 1][SIZE_MOST];
    uint64_t counts[TICKS + 1][3];
} model;
static model truth;

static void say(model *m, uint32_t vertex, uint64_t tick, uint32_t stage) {
    for (uint32_t w = 0; w < m->of.words; w++)
        m->said[tick][stage][vertex][w] = word_of(m->state[vertex], tick, stage, w);
}

static bool is_silent(const model *m, uint32_t speaker, uint64_t tick, uint32_t ticks) {
    return ticks <= tick ? !m->spoke[tick - ticks][speaker] : speaker >= m->of.split && m->of.silent_past;
}

static void add_word(const model *m, uint32_t speaker, uint64_t tick, uint32_t ticks, uint32_t stage,
                     const double *weight, int64_t *sums) {
    for (uint32_t w = 0; w < m->of.words; w++) {
        const int64_t word = ticks <= tick ? m->said[tick - ticks][stage][speaker][w]
                                           : past_word_of(speaker, (uint32_t)(ticks - tick), stage, w);
        sums[w] += weight != NULL ? (int64_t)nearbyint((double)word * *weight) : word;
    }
}

static uint32_t ticks_of(double seconds) { return (uint32_t)floor(seconds / STEP_S + 0.5); }

// 32 bits for the n-th arc of a row.
static bool is_lost(double loss, uint32_t hearer, uint32_t n, uint64_t tick, uint32_t stage) {
    const entrain_random key = entrain_random_key(SEED, ENTRAIN_STREAM_LOSS);
    uint32_t halves[2];
    for (uint32_t h = 0; h < 2; h++) {
        const entrain_random_block block = entrain_random_draw(key, hearer, tick, n / 8 * 8 + 4 * h + stage);
        halves[h] = (uint32_t)(block.bits[n % 8 / 4] >> n % 4 * 16) & 0xffff;
    }
    return (double)(halves[0] * UINT32_C(65536) + halves[1]) < floor(loss * 0x1p32 + 0.5);
}

static uint32_t hear_all(model *m, uint32_t hearer, uint64_t tick, uint32_t stage, int64_t *sums) {
    const entrain_disturbance *disturbance = &m->now.disturbance;
    uint32_t heard = 0;
    memset(sums, 0, ENTRAIN_WORDS_MAX * sizeof *sums);
    if (m->of.complete) {
        const uint32_t ticks = ticks_of(m->view.delay_low) + disturbance->delay;
        for (uint32_t v = 0; v < m->of.size; v++)
            if (!is_silent(m, v, tick, ticks)) {
                add_word(m, v, tick, ticks, stage, NULL, sums);
                heard++;
            }
        m->sent += heard > 0;
        m->arrived += heard > 0;
        return heard;
    }
    const uint64_t first = m->view.in_offsets[hearer];
    for (uint64_t a = first; a < m->view.in_offsets[hearer + 1]; a++) {
        const uint32_t speaker = (uint32_t)m->view.in_speakers[a];
        const uint32_t ticks =
            ticks_of(m->view.in_delays != NULL ? m->view.in_delays[a] : m->view.delay_low) +
            disturbance->delay;
        if (is_silent(m, speaker, tick, ticks) ||
            (disturbance->sides != NULL && disturbance->sides[speaker] != disturbance->sides[hearer]))
            continue;
        m->sent++;
        if (is_lost(disturbance->loss, hearer, (uint32_t)(a - first), tick, stage)) {
            m->lost++;
            continue;
        }
        m->arrived++;
        heard++;
        add_word(m, speaker, tick, ticks, stage, m->view.in_weights != NULL ? &m->view.in_weights[a] : NULL,
                 sums);
    }
    return heard;
}

static void model_tick(model *m, uint64_t tick) {
    uint64_t after[SIZE_MOST];
    for (uint32_t stage = 0; stage < m->of.stages; stage++) {
        for (uint32_t v = 0; v < m->of.size; v++) {
            int64_t sums[ENTRAIN_WORDS_MAX];
            if (!m->lives[v])
                continue;
            const uint32_t heard = hear_all(m, v, tick, stage, sums);
            after[v] = state_after(m->state[v], stage, sums, m->of.words, heard);
        }
        for (uint32_t v = 0; v < m->of.size; v++) {
            if (!m->lives[v])
                continue;
            m->state[v] = after[v];
            if (stage + 1 < m->of.stages)
                say(m, v, tick, stage + 1);
            else
                say(m, v, tick + 1, 0);
        }
    }
}

static void change_model(model *m, uint64_t number, uint64_t tick) {
    change next;
    draw_change(&m->of, number, tick, &next);
    if (next.happens) {
        m->now = next;
        if (m->now.disturbance.sides != NULL)
            m->now.disturbance.sides = m->now.sides;
    }
    for (uint32_t k = 0; k < 2; k++) {
        const uint32_t v = next.ends[k];
        if (v == UINT32_MAX)
            continue;
        m->lives[v] = !m->lives[v];
        if (m->lives[v])
            m->state[v] = state_at_start(v, ++m->generation[v]);
    }
}

static void run_model(model *m, uint64_t number) {
    memset(m, 0, sizeof *m);
    m->of = draw_world(number);
    entrain_topology *topology = draw_graph(&m->of, number, 0);
    for (uint32_t v = 0; v < m->of.size; v++) {
        m->lives[v] = true;
        m->state[v] = state_at_start(v, m->generation[v] = 1);
    }
    for (uint64_t tick = 0; tick <= TICKS; tick++) {
        if (tick == replaced_at(&m->of, number)) {
            entrain_topology_release(topology);
            topology = draw_graph(&m->of, number, 1);
        }
        m->view = entrain_topology_look(topology);
        change_model(m, number, tick);
        const uint64_t counts[] = {m->sent, m->lost, m->arrived};
        memcpy(m->counts[tick], counts, sizeof counts);
        for (uint32_t v = 0; v < m->of.size; v++) {
            m->spoke[tick][v] = m->lives[v];
            say(m, v, tick, 0);
        }
        for (uint32_t v = 0; v < m->of.size; v++) {
            m->states[tick][v] = m->state[v];
            m->lived[tick][v] = m->lives[v];
            m->heard[tick][v] = hear_all(m, v, tick, 0, m->sums[tick][v]);
        }
        m->sent = counts[0], m->lost = counts[1], m->arrived = counts[2]; // that was only asked
        if (tick < TICKS)
            model_tick(m, tick);
    }
    entrain_topology_release(topology);
}

// --- The engine beside it

typedef struct twin {
    entrain_engine *engine;
    entrain_population *populations[2];
    group groups[2];
    char text[160];
} twin;

static entrain_behavior behavior_of(const world *of, int population) {
    static const entrain_column columns[] = {{.name = "state", .bytes = 8, .fingerprint = true}};
    return (entrain_behavior){.name = population == 0 ? "first" : "second",
                              .columns = columns,
                              .column_count = 1,
                              .words = of->words,
                              .exchanges = of->stages,
                              .wants_heard = true,
                              .start = start,
                              .step = step,
                              .publish = publish,
                              .publish_past = publish_past,
                              .past_silent = population == 1 && of->silent_past};
}

static void open_twin(twin *w, const world *of, uint64_t number, const entrain_engine_config *config) {
    entrain_error error = {0};
    entrain_topology *topology = draw_graph(of, number, 0);
    CHECK_OK(entrain_engine_create(config, &w->engine, &error), error);
    for (int p = 0; p < 2; p++) {
        const entrain_behavior behavior = behavior_of(of, p);
        w->groups[p] = (group){.first = p == 0 ? 0 : of->split, .words = of->words};
        CHECK_OK(entrain_engine_add(w->engine, &behavior, &w->groups[p],
                                    p == 0 ? of->split : of->size - of->split, &w->populations[p], &error),
                 error);
    }
    CHECK_OK(entrain_engine_set_topology(w->engine, topology, &error), error);
    CHECK_OK(entrain_engine_start(w->engine, &error), error);
    entrain_topology_release(topology);
}

static void change_twin(twin *w, const world *of, uint64_t number, uint64_t tick) {
    entrain_error error = {0};
    change next;
    draw_change(of, number, tick, &next);
    if (next.happens)
        CHECK_OK(entrain_engine_disturb(w->engine, &next.disturbance, &error), error);
    memset(next.sides, 77, sizeof next.sides); // they were copied
    if (tick == replaced_at(of, number)) {
        entrain_topology *topology = draw_graph(of, number, 1);
        CHECK_OK(entrain_engine_replace_topology(w->engine, topology, &error), error);
        entrain_topology_release(topology);
    }
    for (uint32_t k = 0; k < 2; k++) {
        if (next.ends[k] == UINT32_MAX)
            continue;
        entrain_id id = entrain_population_id(w->populations[0], next.ends[k]);
        if (id != ENTRAIN_ID_NONE)
            assert_int_equal(entrain_engine_stop_actor(w->engine, id), ENTRAIN_OK);
        else
            assert_int_equal(entrain_engine_restart_actor(w->engine, w->populations[0], next.ends[k], &id),
                             ENTRAIN_OK);
    }
}

static void check_hearing(void *context, const entrain_range *range, uint32_t task) {
    const twin *w = context;
    const group *self = range->context;
    (void)task;
    for (uint32_t k = 0; k < range->count; k++) {
        const uint32_t vertex = self->first + range->indices[k];
        if (range->heard[k] != truth.heard[range->tick][vertex] ||
            memcmp(range->sums + k * self->words, truth.sums[range->tick][vertex],
                   self->words * sizeof(int64_t)) != 0)
            fail_msg("%s: a visit at tick %u finds that %u hears something else", w->text,
                     (unsigned)range->tick, vertex);
    }
}

static void check_twin(twin *w, const world *of, uint64_t tick, entrain_transport transport) {
    for (uint32_t v = 0; v < of->size; v++) {
        const bool second = v >= of->split;
        const uint32_t index = second ? v - of->split : v;
        const bool lives = entrain_population_id(w->populations[second], index) != ENTRAIN_ID_NONE;
        const uint64_t state = *(const uint64_t *)entrain_population_at(w->populations[second], index, 0);
        if (lives != truth.lived[tick][v] || (lives && state != truth.states[tick][v]))
            fail_msg("%s: before tick %u actor %u is not what it should be", w->text, (unsigned)tick, v);
    }
    const uint64_t *due = truth.counts[tick];
    const uint64_t parts = transport == ENTRAIN_TRANSPORT_MAILBOX ? (of->words + 1) / 2 : 0;
    entrain_message_count count;
    entrain_engine_count(w->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    if (entrain_engine_observations(w->engine) != due[2] || count.sent != due[0] * parts ||
        count.lost != due[1] * parts || count.received != due[2] * parts)
        fail_msg("%s: before tick %u counts are not what they should be", w->text, (unsigned)tick);
    if (tick % 2 == 0)
        assert_int_equal(entrain_engine_visit(w->engine, NULL, true, check_hearing, w), ENTRAIN_OK);
}

static void run_twin(uint64_t number, const entrain_engine_config *config) {
    const world of = draw_world(number);
    twin w;
    open_twin(&w, &of, number, config);
    snprintf(w.text, sizeof w.text, "world %u, %s, %u workers, %s, layout %s, %s", (unsigned)number,
             config->scheduler.policy, config->scheduler.worker_count,
             entrain_transport_name(config->transport), entrain_layout_name(config->layout),
             entrain_simd_name(config->simd));
    for (uint64_t tick = 0; tick <= TICKS;) {
        entrain_error error = {0};
        change_twin(&w, &of, number, tick);
        check_twin(&w, &of, tick, config->transport);
        uint64_t next = tick + 1;
        for (change later; next < TICKS;
             next++) { // several ticks in one go, as far as nothing happens between
            draw_change(&of, number, next, &later);
            if (later.happens || later.ends[0] != UINT32_MAX || later.ends[1] != UINT32_MAX ||
                next == replaced_at(&of, number))
                break;
        }
        if (tick == TICKS)
            break;
        CHECK_OK(entrain_engine_advance(w.engine, next - tick, &error), error);
        tick = next;
    }
    entrain_engine_destroy(w.engine);
}

static entrain_engine_config config_of(const char *policy, uint32_t workers, int transport, int layout) {
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.policy = policy;
    config.scheduler.worker_count = workers;
    config.transport = (entrain_transport)transport;
    config.layout = (entrain_layout)layout;
    config.cohort_weight = 128;
    config.step_s = STEP_S;
    config.seed = SEED;
    return config;
}

enum { WORLDS = 18 };

static void what_is_heard_is_what_the_model_says(void **state) {
    (void)state;
    static const char *const policies[] = {"serial", "shuffled", "steal", "dataflow"};
    bool lost = false, divided = false;
    for (uint64_t number = 0; number < WORLDS; number++) {
        const world of = draw_world(number);
        run_model(&truth, number);
        lost |= truth.lost > 1000;
        divided |= truth.sent > 1000 && truth.arrived < truth.sent;
        for (uint32_t way = 0; way < 12; way++) {
            const uint32_t p = way / 3, workers = p < 2 ? 1 : 1 + way % 3;
            entrain_engine_config config =
                config_of(policies[p], workers, (int)(way + p) % ENTRAIN_TRANSPORT_COUNT,
                          ENTRAIN_LAYOUT_INDEX + (int)(way % (ENTRAIN_LAYOUT_COUNT - 1)));
            config.disturbance_delay_max = of.delay_max;
            config.simd = (entrain_simd)(ENTRAIN_SIMD_SSE2 + way % 3);
            while (!entrain_simd_available(config.simd))
                config.simd--;
            run_twin(number, &config);
        }
    }
    assert_true(lost && divided);
}

// Under block nothing is turned away, at any capacity: the sums are those of publish.
static void what_waits_for_room_is_heard_too(void **state) {
    (void)state;
    for (uint64_t number = 0; number < WORLDS; number += 4) {
        const world of = draw_world(number);
        run_model(&truth, number);
        entrain_engine_config config = config_of("steal", 2, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_INDEX);
        config.disturbance_delay_max = of.delay_max;
        config.mailbox_capacity = (of.words + 1) / 2;
        config.overflow = ENTRAIN_OVERFLOW_BLOCK;
        config.overflow_named = true;
        run_twin(number, &config);
    }
}

// --- What is lost is a fair sample

// Each of these hears 16 arcs; publications are 1 << arc, so that the sum says which arrived.
static void publish_bit(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    (void)stage;
    for (uint32_t k = 0; k < range->count; k++)
        words_out[2 * k] = 1 << (range->indices[k] % 16), words_out[2 * k + 1] = 1;
}
static void step_bit(const entrain_range *range, uint32_t stage) {
    (void)stage;
    for (uint32_t k = 0; k < range->count; k++)
        ((uint64_t *)range->columns[0])[k] = (uint64_t)range->sums[2 * k];
}

// `count` actors on a ring: each hears the 16 before it, one of each remainder.
static entrain_engine *open_ring(uint32_t count, double loss, entrain_population **population_out) {
    static const entrain_column columns[] = {{.name = "heard", .bytes = 8, .fingerprint = true}};
    const entrain_behavior behavior = {.name = "bits",
                                       .columns = columns,
                                       .column_count = 1,
                                       .words = 2,
                                       .exchanges = 1,
                                       .step = step_bit,
                                       .publish = publish_bit};
    entrain_engine_config config = config_of("serial", 1, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_LAYOUT_INDEX);
    entrain_topology_config ring = entrain_topology_config_defaults();
    ring.size = count;
    ring.degree = 32;
    ring.directed = true;
    entrain_error error = {0};
    entrain_topology *topology;
    entrain_engine *engine;
    CHECK_OK(entrain_topology_create(&ring, &topology, &error), error);
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &behavior, NULL, count, population_out, &error), error);
    CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    CHECK_OK(entrain_engine_disturb(engine, &(entrain_disturbance){.loss = loss}, &error), error);
    entrain_topology_release(topology);
    return engine;
}

static void near_share(uint64_t count, double of, double share) {
    CHECK_NEAR((double)count, of * share, 5 * sqrt(of * share * (1 - share)));
}

static void losses_are_independent(void **state) {
    (void)state;
    enum { COUNT = 1024, ROUNDS = 60 };
    static const double losses[] = {0.5, 0.1, 0.3, 0.9, 0.001};
    for (uint32_t l = 0; l < sizeof losses / sizeof *losses; l++) {
        const double p = 1 - losses[l]; // to be heard
        entrain_population *population;
        entrain_engine *engine = open_ring(COUNT, losses[l], &population);
        static uint32_t before[COUNT];
        uint64_t heard[16] = {0}, pairs[16] = {0}, again = 0, neighbours = 0;
        for (uint32_t round = 0; round < ROUNDS; round++) {
            entrain_error error = {0};
            CHECK_OK(entrain_engine_advance(engine, 1, &error), error);
            uint32_t last = 0;
            for (uint32_t i = 0; i < COUNT; i++) {
                const uint32_t bits = (uint32_t) * (const uint64_t *)entrain_population_at(population, i, 0);
                for (uint32_t b = 0; b < 16; b++) {
                    heard[b] += bits >> b & 1;
                    pairs[b] += bits >> b & bits >> (b + 1) % 16 & 1; // two arcs of one hearer
                    again += round > 0 ? bits >> b & before[i] >> b & 1 : 0;
                    neighbours +=
                        i > 0 ? bits >> b & last >> b & 1 : 0; // what one speaker says to two hearers
                }
                before[i] = last = bits;
            }
        }
        uint64_t all = 0;
        for (uint32_t b = 0; b < 16; b++) {
            near_share(heard[b], COUNT * ROUNDS, p);
            near_share(pairs[b], COUNT * ROUNDS, p * p);
            all += heard[b];
        }
        near_share(all, 16.0 * COUNT * ROUNDS, p);
        near_share(again, 16.0 * COUNT * (ROUNDS - 1), p * p);
        near_share(neighbours, 16.0 * (COUNT - 1) * ROUNDS, p * p);
        assert_int_equal(entrain_engine_observations(engine), all);
        entrain_engine_destroy(engine);
    }
}

// Shares below 2^-16 are as exact: the second half of the number decides.
static void rare_losses_are_lost_too(void **state) {
    (void)state;
    enum { COUNT = 4096, ROUNDS = 40 };
    const double loss = 0x0.6p-16;
    entrain_population *population;
    entrain_engine *engine = open_ring(COUNT, loss, &population);
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(engine, ROUNDS, &error), error);
    uint64_t due = 0;
    for (uint64_t tick = 0; tick < ROUNDS; tick++)
        for (uint32_t i = 0; i < COUNT; i++)
            for (uint32_t n = 0; n < 16; n += 8) {
                const entrain_random_block block =
                    entrain_random_draw(entrain_random_key(SEED, ENTRAIN_STREAM_LOSS), i, tick, n);
                for (uint32_t k = 0; k < 8; k++)
                    if ((block.bits[k / 4] >> k % 4 * 16 & 0xffff) == 0)
                        due += is_lost(loss, i, n + k, tick, 0);
            }
    const double all = 16.0 * COUNT * ROUNDS;
    near_share(due, all, loss);
    assert_in_range(due, 1, 60);
    assert_int_equal(entrain_engine_observations(engine), (uint64_t)all - due);
    entrain_engine_destroy(engine);
}

// --- What is refused, and what it takes

static entrain_engine *open_small(bool complete, uint32_t delay_max, bool begin) {
    world of = {.size = 60, .split = 40, .words = 2, .stages = 1, .complete = complete};
    entrain_engine_config config = config_of("serial", 1, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_SHUFFLED);
    static group self = {.words = 2};
    entrain_error error = {0};
    entrain_population *population;
    entrain_engine *engine;
    config.disturbance_delay_max = delay_max;
    const entrain_behavior behavior = behavior_of(&of, 0);
    entrain_topology *topology = draw_graph(&of, 3, 0);
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &behavior, &self, of.size, &population, &error), error);
    CHECK_OK(entrain_engine_set_topology(engine, topology, &error), error);
    if (begin)
        CHECK_OK(entrain_engine_start(engine, &error), error);
    entrain_topology_release(topology);
    return engine;
}

#define REFUSED(engine, status, words, ...)                                                                  \
    CHECK_REFUSED(entrain_engine_disturb(engine, &(entrain_disturbance){__VA_ARGS__}, &error), status,       \
                  error, words)

static void what_cannot_be_is_refused_by_its_sentence(void **state) {
    (void)state;
    entrain_error error = {0};
    uint8_t sides[60] = {0};
    entrain_engine *engine = open_small(false, 3, false);
    REFUSED(engine, ENTRAIN_ORDER, "before the engine was started", .loss = 0.5);
    entrain_engine_destroy(engine);
    engine = open_small(false, 3, true);
    REFUSED(engine, ENTRAIN_INVALID, "is 1.5; it must be 0 to 1", .loss = 1.5);
    REFUSED(engine, ENTRAIN_INVALID, "is -0.1; it must be 0 to 1", .loss = -0.1);
    REFUSED(engine, ENTRAIN_INVALID, "it must be 0 to 1", .loss = NAN);
    REFUSED(engine, ENTRAIN_LIMIT, "come 4 ticks late, and what is published is kept for 3", .delay = 4);
    CHECK_OK(entrain_engine_advance(engine, 1, &error), error);
    entrain_message_count count;
    entrain_engine_count(engine, &count);
    assert_int_equal(count.lost, 0); // nothing had changed
    entrain_engine_destroy(engine);
    engine = open_small(true, 2, true);
    REFUSED(engine, ENTRAIN_INVALID, "of which nothing can be lost; build its arcs: erdos-renyi",
            .loss = 0.5);
    CHECK_OK(entrain_engine_disturb(engine, &(entrain_disturbance){.sides = sides, .delay = 2}, &error),
             error);
    sides[7] = 1;
    REFUSED(engine, ENTRAIN_INVALID, "of which nothing can be cut off", .sides = sides);
    entrain_engine_destroy(engine);
    entrain_engine_config config = entrain_engine_config_defaults();
    config.disturbance_delay_max = (1u << 20) + 1;
    CHECK_REFUSED(entrain_engine_create(&config, &engine, &error), ENTRAIN_INVALID, error,
                  "disturbance_delay_max is 1048577; it must be 0 to 1048576");
    config = entrain_engine_config_defaults();
    config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
    const entrain_behavior idle = {.name = "idle"};
    entrain_population *population;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &idle, NULL, 2, &population, &error), error);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    REFUSED(engine, ENTRAIN_UNSUPPORTED, "is virtual-time; observations can be disturbed in lockstep only",
            .loss = 0.5);
    entrain_engine_destroy(engine);
}

// What a new topology may delay does not grow by what is kept for disturbances.
static void disturbances_keep_their_room(void **state) {
    (void)state;
    const world late = {.size = 60, .split = 40, .delays = ONE_DELAY};
    entrain_error error = {0};
    entrain_engine *engine = open_small(false, 8, true);
    entrain_topology *topology = draw_graph(&late, 3, 0);
    CHECK_REFUSED(entrain_engine_replace_topology(engine, topology, &error), ENTRAIN_LIMIT, error,
                  "delays by up to 6 ticks, and what is published is kept for the 0 of the first one");
    entrain_topology_release(topology);
    entrain_engine_destroy(engine);
}

static void a_partition_takes_memory_and_gives_it_back(void **state) {
    (void)state;
    entrain_error error = {0};
    uint8_t sides[60] = {1, 2, 1};
    entrain_engine *engine = open_small(false, 0, true);
    entrain_engine_memory before, divided, after;
    const int64_t live = entrain__memory_live();
    entrain_engine_measure(engine, &before);
    for (int missing = 1; missing <= 2; missing++) {
        entrain__memory_fail_at((uint64_t)missing);
        REFUSED(engine, ENTRAIN_NO_MEMORY, "no memory for who is on which side", .sides = sides, .loss = 0.5);
        assert_int_equal(entrain__memory_live(), live);
    }
    entrain__memory_fail_at(0);
    for (int round = 0; round < 3; round++) {
        CHECK_OK(entrain_engine_disturb(engine, &(entrain_disturbance){.sides = sides}, &error), error);
        sides[9]++;
        CHECK_OK(entrain_engine_disturb(engine, &(entrain_disturbance){.sides = sides}, &error), error);
        entrain_engine_measure(engine, &divided);
        assert_int_equal(divided.total, before.total + 60 + 2 * EDGES_MOST / 8 + 2);
        CHECK_OK(entrain_engine_disturb(engine, &(entrain_disturbance){0}, &error), error);
    }
    entrain_engine_measure(engine, &after);
    assert_memory_equal(&after, &before, sizeof after);
    assert_int_equal(entrain__memory_live(), live);
    entrain_engine_destroy(engine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_heard_is_what_the_model_says),
        cmocka_unit_test(what_waits_for_room_is_heard_too),
        cmocka_unit_test(losses_are_independent),
        cmocka_unit_test(rare_losses_are_lost_too),
        cmocka_unit_test(what_cannot_be_is_refused_by_its_sentence),
        cmocka_unit_test(disturbances_keep_their_room),
        cmocka_unit_test(a_partition_takes_memory_and_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
