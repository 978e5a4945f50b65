// The topology replaced at a tick boundary: from then on everybody hears what it would hear in an engine that
// was started with the new graph, in the same state; under every policy, layout and transport. And edited:
// edges away and edges added.
#include <unistd.h>

#include "check.h"

#include "engine/base/memory.h"
#include "entrain/swarm.h"

enum { COUNT = 240, TICKS = 7 };

// --- Graphs

static entrain_topology *graph_of(entrain_topology_config config) {
    entrain_error error = {0};
    entrain_topology *topology = NULL;
    config.size = COUNT;
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    return topology;
}

enum { GRAPHS = 6 };
// Different in all that matters: degrees (0 and COUNT - 1 among them), direction, weights, runs and bands of
// equal rows.
static void make_graphs(entrain_topology *graphs[GRAPHS]) {
    entrain_topology_config config = entrain_topology_config_defaults();
    config.degree = 6;
    config.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
    graphs[0] = graph_of(config);
    config.kind = ENTRAIN_TOPOLOGY_ERDOS_RENYI;
    config.directed = true;
    config.weight_low = -3;
    config.weight_high = 5;
    graphs[1] = graph_of(config);
    config.weight_low = config.weight_high = 1;
    config.kind = ENTRAIN_TOPOLOGY_STAR;
    config.directed = false;
    graphs[2] = graph_of(config);
    config.kind = ENTRAIN_TOPOLOGY_RING;
    config.degree = 2;
    graphs[3] = graph_of(config);
    config.kind = ENTRAIN_TOPOLOGY_ERDOS_RENYI;
    config.degree = 1; // many hear nobody
    graphs[4] = graph_of(config);
    config.kind = ENTRAIN_TOPOLOGY_RANDOM_REGULAR;
    config.degree = 8;
    config.weight_low = config.weight_high = 0.3;
    graphs[5] = graph_of(config);
}

// --- Swarms of oscillators

typedef struct way {
    const char *policy;
    uint32_t workers;
    entrain_transport transport;
    entrain_layout layout;
    entrain_normalise normalise;
} way;

typedef struct swarm {
    entrain_engine *engine;
    entrain_population *population;
} swarm;

static swarm open_swarm(const way *how, entrain_topology *topology) {
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.policy = how->policy;
    config.scheduler.worker_count = how->workers;
    config.transport = how->transport;
    config.layout = how->layout;
    config.cohort_weight = 256; // several tasks
    entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
    model.coupling = 1.5;
    model.normalise = how->normalise;
    model.integrator = ENTRAIN_INTEGRATOR_HEUN;
    double phases[COUNT], frequencies[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        phases[i] = 0.013 * ((i * 677) % 481) - 3;
        frequencies[i] = 0.01 * ((i * 31) % 97);
    }
    swarm made;
    CHECK_OK(entrain_engine_create(&config, &made.engine, &error), error);
    CHECK_OK(entrain_kuramoto_add(made.engine, &model, COUNT, phases, frequencies, &made.population, &error),
             error);
    CHECK_OK(entrain_engine_set_topology(made.engine, topology, &error), error);
    CHECK_OK(entrain_engine_start(made.engine, &error), error);
    return made;
}

static void replace(const swarm *one, entrain_topology *topology) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_replace_topology(one->engine, topology, &error), error);
}

static void advance(const swarm *one, uint64_t ticks) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_advance(one->engine, ticks, &error), error);
}

static void stop(const swarm *one, uint32_t index) {
    assert_int_equal(entrain_engine_stop_actor(one->engine, entrain_population_id(one->population, index)),
                     ENTRAIN_OK);
}

static void restart(const swarm *one, uint32_t index) {
    entrain_id id;
    assert_int_equal(entrain_engine_restart_actor(one->engine, one->population, index, &id), ENTRAIN_OK);
}

static void *at(const swarm *one, uint32_t index, uint32_t column) {
    return entrain_population_at(one->population, index, column);
}

// An engine that begins on @p topology in the state of @p one, the silent ones silent.
static swarm twin_of(const swarm *one, const way *how, entrain_topology *topology) {
    swarm twin = open_swarm(how, topology);
    for (uint32_t i = 0; i < COUNT; i++) {
        memcpy(at(&twin, i, ENTRAIN_KURAMOTO_PHASE), at(one, i, ENTRAIN_KURAMOTO_PHASE), sizeof(double));
        memcpy(at(&twin, i, ENTRAIN_KURAMOTO_TURNS), at(one, i, ENTRAIN_KURAMOTO_TURNS), sizeof(int32_t));
    }
    for (uint32_t i = 0; i < COUNT; i++)
        if (entrain_population_id(one->population, i) == ENTRAIN_ID_NONE)
            stop(&twin, i);
    entrain_engine_republish(twin.engine);
    return twin;
}

static void same_state(const swarm *one, const swarm *other) {
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_memory_equal(at(one, i, ENTRAIN_KURAMOTO_PHASE), at(other, i, ENTRAIN_KURAMOTO_PHASE),
                            sizeof(double));
        assert_memory_equal(at(one, i, ENTRAIN_KURAMOTO_TURNS), at(other, i, ENTRAIN_KURAMOTO_TURNS),
                            sizeof(int32_t));
    }
}

// What everybody would hear now, over all actors: sums, arrivals, unit.
typedef struct hearing {
    int64_t sums[COUNT][2];
    uint32_t heard[COUNT];
    double unit;
} hearing;
static void hear(void *context, const entrain_range *range, uint32_t task) {
    hearing *all = context;
    (void)task;
    for (uint32_t k = 0; k < range->count; k++) {
        memcpy(all->sums[range->indices[k]], range->sums + 2 * (size_t)k, sizeof all->sums[0]);
        all->heard[range->indices[k]] = range->heard[k];
        if (range->indices[k] == 3) // who lives through it all
            all->unit = range->sum_unit;
    }
}
static void same_hearing(const swarm *one, const swarm *other) {
    hearing *heard = calloc(2, sizeof *heard);
    assert_non_null(heard);
    assert_int_equal(entrain_engine_visit(one->engine, NULL, true, hear, &heard[0]), ENTRAIN_OK);
    assert_int_equal(entrain_engine_visit(other->engine, NULL, true, hear, &heard[1]), ENTRAIN_OK);
    assert_memory_equal(&heard[0], &heard[1], sizeof *heard);
    free(heard);
}

static void counted(const entrain_engine *engine) {
    entrain_message_count count;
    entrain_engine_count(engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
}

// Through all graphs, each against an engine that begins there. Returns the fingerprint at the end.
static uint64_t go_through(const way *how, entrain_topology *graphs[GRAPHS]) {
    swarm one = open_swarm(how, graphs[0]);
    for (int g = 1; g < GRAPHS; g++) {
        advance(&one, TICKS);
        if (g == 2) { // before the hub hears everybody
            stop(&one, 0);
            stop(&one, 17);
        }
        replace(&one, graphs[g]);
        swarm twin = twin_of(&one, how, graphs[g]);
        same_hearing(&one, &twin);
        assert_int_equal(entrain_engine_mailbox_capacity_max(one.engine) >=
                             entrain_engine_mailbox_capacity_max(twin.engine),
                         1);
        if (g == 4) {
            restart(&one, 0);
            restart(&twin, 0);
        }
        const uint64_t before = entrain_engine_observations(one.engine);
        advance(&one, TICKS);
        advance(&twin, TICKS);
        same_state(&one, &twin);
        same_hearing(&one, &twin);
        assert_int_equal(entrain_engine_observations(one.engine) - before,
                         entrain_engine_observations(twin.engine));
        counted(one.engine);
        entrain_engine_destroy(twin.engine);
    }
    uint64_t fingerprint = entrain_engine_fingerprint(one.engine);
    entrain_engine_destroy(one.engine);
    return fingerprint;
}

static void a_replaced_graph_is_heard_as_if_begun_with(void **state) {
    (void)state;
    static const struct {
        const char *policy;
        uint32_t workers;
    } policies[] = {{"serial", 1}, {"steal", 3}, {"dataflow", 2}, {"adaptive", 2}, {"dataflow", 1}};
    static const entrain_layout layouts[] = {ENTRAIN_LAYOUT_INDEX, ENTRAIN_LAYOUT_NEAR,
                                             ENTRAIN_LAYOUT_SHUFFLED};
    entrain_topology *graphs[GRAPHS];
    make_graphs(graphs);
    const int64_t live = entrain__memory_live();
    for (int n = 0; n < ENTRAIN_NORMALISE_COUNT; n++) {
        uint64_t expected = 0;
        for (uint32_t p = 0; p < 5; p++)
            for (uint32_t t = 0; t < ENTRAIN_TRANSPORT_COUNT; t++) {
                const way how = {policies[p].policy, policies[p].workers, (entrain_transport)t,
                                 layouts[(p + t) % 3], (entrain_normalise)n};
                uint64_t fingerprint = go_through(&how, graphs);
                if (p == 0 && t == 0)
                    expected = fingerprint;
                assert_int_equal(fingerprint, expected);
            }
    }
    assert_int_equal(entrain__memory_live(), live);
    for (int g = 0; g < GRAPHS; g++)
        entrain_topology_release(graphs[g]);
}

static void a_complete_graph_takes_another(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    entrain_topology *first = graph_of(config), *second = graph_of(config);
    config.kind = ENTRAIN_TOPOLOGY_RING;
    entrain_topology *ring = graph_of(config);
    const way how = {"steal", 2, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_SHUFFLED, ENTRAIN_NORMALISE_SIZE};
    swarm one = open_swarm(&how, first), other = open_swarm(&how, first);
    entrain_topology_release(first); // the engines hold it
    advance(&one, TICKS);
    replace(&one, second);
    entrain_topology_release(second);
    CHECK_REFUSED(entrain_engine_replace_topology(one.engine, ring, &error), ENTRAIN_INVALID, error,
                  "not complete");
    advance(&one, TICKS);
    advance(&other, 2 * TICKS);
    assert_int_equal(entrain_engine_fingerprint(one.engine), entrain_engine_fingerprint(other.engine));
    entrain_engine_destroy(one.engine);
    entrain_engine_destroy(other.engine);
    entrain_topology_release(ring);
}

// With delays, what is under way is heard along the new arcs: where these are the old ones, nothing is
// noticed.
static void what_is_under_way_arrives(void **state) {
    (void)state;
    entrain_error error = {0};
    for (uint32_t run = 0; run < 2 * ENTRAIN_TRANSPORT_COUNT; run++) {
        const bool each = run % 2 == 1;
        entrain_topology_config config = entrain_topology_config_defaults();
        config.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
        config.delay_low = each ? 0 : 0.05;
        config.delay_high = 0.05;
        entrain_topology *graph = graph_of(config), *same = NULL, *less = NULL;
        config.delay_low = config.delay_high = 0.06;
        entrain_topology *later = graph_of(config);
        const way how = {run < 2 ? "dataflow" : "steal", 2, (entrain_transport)(run / 2),
                         ENTRAIN_LAYOUT_SHUFFLED, ENTRAIN_NORMALISE_HEARD};
        swarm one = open_swarm(&how, graph), other = open_swarm(&how, graph);
        CHECK_OK(entrain_topology_edit(graph, NULL, 0, NULL, 0, &same, &error), error);
        const entrain_edge gone = {(uint32_t)entrain_topology_look(graph).in_speakers[0], 0, 1};
        CHECK_OK(entrain_topology_edit(graph, &gone, 1, NULL, 0, &less, &error), error);
        advance(&one, 2 * TICKS);
        advance(&other, 2 * TICKS);
        stop(&one, 5);
        stop(&other, 5);
        advance(&one, 2);
        advance(&other, 2);
        entrain_engine_memory before, after;
        entrain_engine_measure(one.engine, &before);
        const int64_t live = entrain__memory_live();
        for (int round = 0; round < 3; round++) {
            replace(&one, less);
            replace(&one, same);
            same_hearing(&one, &other);
            advance(&one, 2);
            advance(&other, 2);
            assert_int_equal(entrain_engine_fingerprint(one.engine),
                             entrain_engine_fingerprint(other.engine));
            assert_int_equal(entrain_engine_observations(one.engine),
                             entrain_engine_observations(other.engine));
            counted(one.engine);
        }
        CHECK_REFUSED(entrain_engine_replace_topology(one.engine, later, &error), ENTRAIN_LIMIT, error,
                      "delays by up to 6 ticks");
        entrain_engine_measure(one.engine, &after);
        assert_int_equal(before.total, after.total);
        assert_int_equal(entrain__memory_live(), live);
        replace(&one, less);
        advance(&one, 10);
        advance(&other, 10);
        assert_int_not_equal(entrain_engine_fingerprint(one.engine),
                             entrain_engine_fingerprint(other.engine));
        entrain_engine_destroy(one.engine);
        entrain_engine_destroy(other.engine);
        entrain_topology_release(graph);
        entrain_topology_release(same);
        entrain_topology_release(less);
        entrain_topology_release(later);
    }
}

// --- Whoever is told

typedef struct told {
    uint32_t degrees[COUNT], calls[COUNT];
    uint64_t ticks[COUNT];
    uint32_t letters[COUNT];
} told;
static void note_degrees(const entrain_range *range) {
    told *all = range->context;
    for (uint32_t k = 0; k < range->count; k++) {
        all->degrees[range->indices[k]] = entrain_range_in_degree(range, k);
        all->calls[range->indices[k]]++;
        all->ticks[range->indices[k]] = range->tick;
    }
}
static void publish_id(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    (void)stage;
    for (uint32_t k = 0; k < range->count; k++)
        for (uint32_t w = 0; w < 3; w++)
            words_out[3 * (size_t)k + w] = (int64_t)range->ids[k] << w;
}
static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    told *all = self->context;
    for (uint32_t m = 0; m < count; m++)
        all->letters[self->index] += messages[m].kind == 9 && messages[m].payload[0].i64 == self->index;
    return ENTRAIN_OK;
}
static void step_nothing(const entrain_range *range, uint32_t stage) { (void)range, (void)stage; }

// A swarm that publishes, of two populations, and one beside it that does not and is no vertex. With a trace.
typedef struct mixed {
    entrain_engine *engine;
    entrain_population *first, *second, *beside;
    told told[3];
} mixed;
enum { FIRST = 100 };
static mixed *open_mixed(entrain_topology *topology, const entrain_engine_config *config) {
    entrain_error error = {0};
    mixed *made = calloc(1, sizeof *made);
    assert_non_null(made);
    entrain_behavior behavior = {.name = "speaker",
                                 .words = 3,
                                 .exchanges = 1,
                                 .sends_max = 2,
                                 .inbox = 2,
                                 .receive = receive,
                                 .step = step_nothing,
                                 .publish = publish_id,
                                 .rewired = note_degrees};
    CHECK_OK(entrain_engine_create(config, &made->engine, &error), error);
    entrain_behavior mute = behavior;
    if (config->overflow == ENTRAIN_OVERFLOW_BLOCK) { // letters apart, in mailboxes numbered otherwise
        mute.inbox = mute.sends_max = 0;
        mute.receive = NULL;
    }
    CHECK_OK(entrain_engine_add(made->engine, &mute, &made->told[0], FIRST, &made->first, &error), error);
    CHECK_OK(
        entrain_engine_add(made->engine, &behavior, &made->told[1], COUNT - FIRST, &made->second, &error),
        error);
    behavior.publish = NULL;
    behavior.words = 0;
    CHECK_OK(entrain_engine_add(made->engine, &behavior, &made->told[2], 5, &made->beside, &error), error);
    CHECK_REFUSED(entrain_engine_replace_topology(made->engine, topology, &error), ENTRAIN_ORDER, error,
                  "before the engine was started");
    CHECK_OK(entrain_engine_set_topology(made->engine, topology, &error), error);
    CHECK_OK(entrain_engine_start(made->engine, &error), error);
    return made;
}

static void everybody_is_told_under(entrain_overflow overflow) {
    entrain_error error = {0};
    entrain_topology *graphs[GRAPHS];
    make_graphs(graphs);
    entrain_engine_config config = entrain_engine_config_defaults();
    config.layout = ENTRAIN_LAYOUT_SHUFFLED;
    config.scheduler.worker_count = 2;
    config.cohort_weight = 64;
    config.trace = 16;
    config.overflow = overflow;
    config.overflow_named = true;
    mixed *all = open_mixed(graphs[0], &config);
    CHECK_OK(entrain_engine_advance(all->engine, 3, &error), error);
    assert_int_equal(entrain_engine_stop_actor(all->engine, entrain_population_id(all->first, 7)),
                     ENTRAIN_OK);
    for (int g = 1; g < GRAPHS; g++) {
        CHECK_OK(entrain_engine_replace_topology(all->engine, graphs[g], &error), error);
        for (uint32_t i = 0; i < 5; i++) // mail finds its way into mailboxes that were made anew
            assert_int_equal(entrain_engine_tell(all->engine, entrain_population_id(all->second, 3 * i), 9, 0,
                                                 (entrain_payload){.i64 = 3 * i},
                                                 (entrain_payload){.i64 = 2}),
                             ENTRAIN_OK);
        CHECK_OK(entrain_engine_advance(all->engine, 2, &error), error);
        entrain_message_count count;
        entrain_engine_count(all->engine, &count);
        assert_int_equal(entrain_message_count_residual(&count), 0);
        assert_int_equal(count.queued + count.undeliverable, 0);
        for (uint32_t i = 0; i < 15; i++)
            assert_int_equal(all->told[1].letters[i], i % 3 == 0 ? g : 0);
        entrain_topology_view view = entrain_topology_look(graphs[g]);
        for (uint32_t v = 0; v < COUNT; v++) {
            const told *mine = &all->told[v < FIRST ? 0 : 1];
            const uint32_t i = v < FIRST ? v : v - FIRST;
            if (v == 7)
                continue;
            assert_int_equal(mine->degrees[i], view.in_offsets[v + 1] - view.in_offsets[v]);
            assert_int_equal(mine->calls[i], g);
            assert_int_equal(mine->ticks[i], 3 + 2 * (g - 1));
        }
        assert_int_equal(all->told[0].calls[7], 0); // it is dead
        for (uint32_t i = 0; i < 5; i++) {
            assert_int_equal(all->told[2].calls[i], g);
            assert_int_equal(all->told[2].degrees[i], 0); // it is no vertex
        }
    }
    entrain_engine_destroy(all->engine);
    free(all);
    for (int g = 0; g < GRAPHS; g++)
        entrain_topology_release(graphs[g]);
}

static void everybody_who_lives_is_told(void **state) {
    (void)state;
    everybody_is_told_under(ENTRAIN_OVERFLOW_FAIL);
    everybody_is_told_under(ENTRAIN_OVERFLOW_BLOCK);
}

// A model of the user's own is told with its own context: here its parameters.
static uint32_t own_degrees[COUNT], own_calls;
static void own_rewired(const entrain_range *range) {
    assert_true(*(const double *)range->context == 1.5);
    for (uint32_t k = 0; k < range->count; k++)
        own_degrees[range->indices[k]] = entrain_range_in_degree(range, k);
    own_calls += range->count;
}
static void a_model_of_ones_own_is_told(void **state) {
    (void)state;
    entrain_error error = {0};
    const entrain_parameter parameter = {
        .name = "stiffness", .summary = "none", .value = 1.5, .least = 0, .most = 2};
    const entrain_phase_model model = {.name = "own",
                                       .summary = "stands still",
                                       .parameters = &parameter,
                                       .parameter_count = 1,
                                       .words = 2,
                                       .exchanges = 1,
                                       .step = step_nothing,
                                       .rewired = own_rewired};
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = COUNT;
    config.phase_model = &model;
    config.engine.scheduler.worker_count = 1;
    config.engine.layout = ENTRAIN_LAYOUT_SHUFFLED;
    entrain_swarm *own;
    CHECK_OK(entrain_swarm_create(&config, &own, &error), error);
    entrain_topology_config other = entrain_topology_config_defaults();
    other.kind = ENTRAIN_TOPOLOGY_STAR;
    entrain_topology *star = graph_of(other);
    CHECK_OK(entrain_engine_replace_topology(entrain_swarm_engine(own), star, &error), error);
    assert_int_equal(own_calls, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(own_degrees[i], i == 0 ? COUNT - 1 : 1);
    entrain_topology_release(star);
    entrain_swarm_destroy(own);
}

// --- Room in mailboxes

static void a_mailbox_that_was_asked_for_bounds_what_can_come(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology *graphs[GRAPHS];
    make_graphs(graphs);
    entrain_engine_config config = entrain_engine_config_defaults();
    config.mailbox_capacity = 63; // 31 observations of two messages: the star's hub hears more
    mixed *all = open_mixed(graphs[0], &config);
    CHECK_OK(entrain_engine_advance(all->engine, 2, &error), error);
    const uint64_t fingerprint = entrain_engine_fingerprint(all->engine);
    entrain_engine_memory before, after;
    entrain_engine_measure(all->engine, &before);
    const int64_t live = entrain__memory_live();
    CHECK_REFUSED(entrain_engine_replace_topology(all->engine, graphs[2], &error), ENTRAIN_INVALID, error,
                  "mailbox_capacity is 63, but actor 0 of \"speaker\" gets up to 478");
    entrain_engine_measure(all->engine, &after);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(entrain__memory_live(), live);
    assert_int_equal(entrain_engine_fingerprint(all->engine), fingerprint);
    CHECK_OK(entrain_engine_replace_topology(all->engine, graphs[3], &error), error);
    CHECK_OK(entrain_engine_advance(all->engine, 2, &error), error);
    entrain_engine_destroy(all->engine);
    free(all);

    config.overflow = ENTRAIN_OVERFLOW_SHED_NEWEST; // whoever names a policy has accepted it
    config.overflow_named = true;
    all = open_mixed(graphs[0], &config);
    CHECK_OK(entrain_engine_replace_topology(all->engine, graphs[2], &error), error);
    CHECK_OK(entrain_engine_advance(all->engine, 2, &error), error);
    entrain_message_count count;
    entrain_engine_count(all->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    assert_int_equal(
        count.shed, 2 * (478 - 62)); // a mailbox of 63 takes 31 of the 239 observations, in each of two ticks
    entrain_engine_destroy(all->engine);
    free(all);
    for (int g = 0; g < GRAPHS; g++)
        entrain_topology_release(graphs[g]);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_RING;
    entrain_topology *ring = graph_of(config), *larger, *complete;
    config.size = COUNT + 1;
    CHECK_OK(entrain_topology_create(&config, &larger, &error), error);
    config.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    complete = graph_of(config);
    const way how = {"steal", 1, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_LAYOUT_INDEX, ENTRAIN_NORMALISE_DEGREE};
    swarm one = open_swarm(&how, ring);
    CHECK_REFUSED(entrain_engine_replace_topology(one.engine, larger, &error), ENTRAIN_INVALID, error,
                  "241 vertices and the engine 240");
    CHECK_REFUSED(entrain_engine_replace_topology(one.engine, complete, &error), ENTRAIN_INVALID, error,
                  "is complete and the old one is not");
    replace(&one, ring); // by itself
    advance(&one, 1);
    entrain_engine_destroy(one.engine);

    entrain_engine_config timed = entrain_engine_config_defaults();
    timed.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
    entrain_engine *engine;
    entrain_population *population;
    const entrain_behavior behavior = {.name = "idle", .inbox = 1, .receive = receive};
    CHECK_OK(entrain_engine_create(&timed, &engine, &error), error);
    CHECK_OK(entrain_engine_add(engine, &behavior, NULL, 2, &population, &error), error);
    CHECK_OK(entrain_engine_start(engine, &error), error);
    CHECK_REFUSED(entrain_engine_replace_topology(engine, ring, &error), ENTRAIN_UNSUPPORTED, error,
                  "virtual-time");
    entrain_engine_destroy(engine);
    entrain_topology_release(ring);
    entrain_topology_release(larger);
    entrain_topology_release(complete);
}

// --- Memory

static size_t resident_pages(void) {
    size_t all = 0, resident = 0;
    FILE *from = fopen("/proc/self/statm", "re");
    if (from != NULL && fscanf(from, "%zu %zu", &all, &resident) != 2)
        resident = 0;
    if (from != NULL)
        fclose(from);
    return resident;
}

static void a_thousand_replacements_take_no_memory(void **state) {
    (void)state;
    entrain_topology *graphs[GRAPHS];
    make_graphs(graphs);
    const way ways[] = {
        {"dataflow", 2, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_LAYOUT_SHUFFLED, ENTRAIN_NORMALISE_DEGREE},
        {"steal", 1, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_NEAR, ENTRAIN_NORMALISE_HEARD},
    };
    for (int w = 0; w < 2; w++) {
        swarm one = open_swarm(&ways[w], graphs[0]);
        for (int g = 0; g < 2 * GRAPHS; g++) // once around, so that mailboxes are as large as they get
            replace(&one, graphs[g % GRAPHS]);
        entrain_engine_memory before, after;
        entrain_engine_measure(one.engine, &before);
        const int64_t live = entrain__memory_live();
        size_t resident = 0;
        for (int round = 0; round < 1000 / GRAPHS / 2 + 1; round++) {
            if (round == 10)
                resident = resident_pages();
            for (int g = 0; g < GRAPHS; g++) {
                replace(&one, graphs[g]);
                entrain_topology *edited = NULL;
                entrain_error error = {0};
                const entrain_edge more = {3, 77, 1};
                CHECK_OK(entrain_topology_edit(graphs[g], NULL, 0, &more, 1, &edited, &error), error);
                replace(&one, edited);
                entrain_topology_release(edited);
                replace(&one, graphs[g]);
            }
        }
        entrain_engine_measure(one.engine, &after);
        assert_memory_equal(&before, &after, sizeof before);
        assert_int_equal(entrain__memory_live(), live);
        if (strcmp(entrain__memory_backend(), "jemalloc") == 0) // sanitizers keep what was given back
            assert_true(resident_pages() < resident + 500);
        entrain_engine_destroy(one.engine);
    }
    for (int g = 0; g < GRAPHS; g++)
        entrain_topology_release(graphs[g]);
}

// Every allocation refused in turn: the engine goes on as if nobody had asked.
static void without_memory_nothing_changes(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology *graphs[GRAPHS];
    make_graphs(graphs);
    entrain_engine_config config = entrain_engine_config_defaults();
    config.layout = ENTRAIN_LAYOUT_SHUFFLED;
    config.cohort_weight = 64;
    config.trace = 16;
    for (int run = 0; run < 3;
         run++) { // with mailboxes to be made anew; with a plan for gathering; with links
        const way ways[] = {
            {"steal", 2, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_INDEX, ENTRAIN_NORMALISE_HEARD},
            {"adaptive", 2, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_LAYOUT_INDEX, ENTRAIN_NORMALISE_DEGREE},
            {"dataflow", 2, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_LAYOUT_NEAR, ENTRAIN_NORMALISE_DEGREE}};
        swarm one = open_swarm(&ways[run], graphs[3]), other = open_swarm(&ways[run], graphs[3]);
        mixed *all = run == 0 ? open_mixed(graphs[3], &config) : NULL;
        if (all != NULL) { // the same with letters, traces and several populations
            entrain_engine_destroy(one.engine);
            one = (swarm){all->engine, all->first};
        }
        entrain_engine_memory before, after;
        entrain_engine_measure(one.engine, &before);
        const int64_t live = entrain__memory_live();
        uint32_t refused = 0;
        for (uint64_t n = 1; n < 1000; n++) {
            entrain__memory_fail_at(n);
            entrain_status status = entrain_engine_replace_topology(one.engine, graphs[2], &error);
            entrain__memory_fail_at(0);
            if (status == ENTRAIN_OK)
                break;
            assert_int_equal(status, ENTRAIN_NO_MEMORY);
            refused++;
            entrain_engine_measure(one.engine, &after);
            assert_memory_equal(&before, &after, sizeof before);
            assert_int_equal(entrain__memory_live(), live);
            advance(&one, 2);
            advance(&other, 2);
            if (all == NULL)
                assert_int_equal(entrain_engine_fingerprint(one.engine),
                                 entrain_engine_fingerprint(other.engine));
            counted(one.engine);
        }
        assert_in_range(refused, 5, 100);
        if (all == NULL) {
            swarm twin = twin_of(&one, &ways[run], graphs[2]);
            advance(&one, TICKS);
            advance(&twin, TICKS);
            same_state(&one, &twin);
            entrain_engine_destroy(twin.engine);
        }
        entrain_engine_destroy(one.engine);
        entrain_engine_destroy(other.engine);
        free(all);
    }
    for (int g = 0; g < GRAPHS; g++)
        entrain_topology_release(graphs[g]);
}

// --- Edges away, edges added

static double weight_of(const entrain_topology_view *view, uint64_t arc) {
    return view->in_weights != NULL ? view->in_weights[arc] * view->weight_scale : 1;
}

// The multiplicity and the weights between any two, as one number each: what an edit is compared by.
static void add_up(const entrain_topology *topology, double *matrix) {
    const entrain_topology_view view = entrain_topology_look(topology);
    for (uint32_t v = 0; v < COUNT; v++)
        for (uint64_t a = view.in_offsets[v]; a < view.in_offsets[v + 1]; a++)
            matrix[v * COUNT + (uint32_t)view.in_speakers[a]] += 1000 + weight_of(&view, a);
}

// Of the last arc from one to another.
static double delay_of(const entrain_topology_view *view, uint32_t from, uint32_t to) {
    double delay = -1;
    for (uint64_t a = view->in_offsets[to]; a < view->in_offsets[to + 1]; a++)
        if ((uint32_t)view->in_speakers[a] == from)
            delay = view->in_delays[a];
    return delay;
}

static void an_edited_graph_differs_by_the_edges_named(void **state) {
    (void)state;
    entrain_error error = {0};
    for (int directed = 0; directed < 2; directed++)
        for (int weighted = 0; weighted < 2; weighted++) {
            entrain_topology_config config = entrain_topology_config_defaults();
            config.kind = ENTRAIN_TOPOLOGY_ERDOS_RENYI;
            config.degree = 9;
            config.directed = directed != 0;
            config.weight_high = weighted != 0 ? 7.5 : 1;
            config.delay_low = directed != 0 ? 0.01 : 0.25;
            config.delay_high = directed != 0 ? 0.05 : 0.25;
            entrain_topology *whole = graph_of(config), *edited = NULL, *back = NULL;
            const entrain_topology_view view = entrain_topology_look(whole);
            double *expected = calloc((size_t)COUNT * COUNT, sizeof *expected);
            double *found = calloc((size_t)COUNT * COUNT, sizeof *found);
            assert_non_null(expected);
            assert_non_null(found);
            add_up(whole, expected);
            // Every tenth edge goes, and as many come.
            entrain_edge removed[COUNT], added[COUNT];
            uint32_t removed_count = 0, added_count = 0;
            for (uint32_t v = 0; v < COUNT && removed_count < COUNT; v += 10) {
                if (view.in_offsets[v] == view.in_offsets[v + 1])
                    continue;
                const uint64_t arc = view.in_offsets[v];
                const uint32_t from = (uint32_t)view.in_speakers[arc];
                if (!view.directed && from < v && from % 10 == 0 &&
                    (uint32_t)view.in_speakers[view.in_offsets[from]] == v)
                    continue; // named from its other end already
                const bool turned = !view.directed && v % 20 == 0;
                removed[removed_count++] = turned ? (entrain_edge){v, from, 5} : (entrain_edge){from, v, 5};
                expected[v * COUNT + from] -= 1000 + weight_of(&view, arc);
                if (!view.directed)
                    expected[from * COUNT + v] -= 1000 + weight_of(&view, arc);
                const uint32_t to = (v + 1 + v / 3) % COUNT;
                added[added_count] = (entrain_edge){v, to, weighted != 0 ? 0.25 * added_count - 2 : 1};
                expected[to * COUNT + v] += 1000 + added[added_count].weight;
                if (!view.directed)
                    expected[v * COUNT + to] += 1000 + added[added_count].weight;
                added_count++;
            }
            CHECK_OK(
                entrain_topology_edit(whole, removed, removed_count, added, added_count, &edited, &error),
                error);
            add_up(edited, found);
            for (size_t i = 0; i < (size_t)COUNT * COUNT; i++)
                assert_true(found[i] == expected[i]);
            const entrain_topology_view now = entrain_topology_look(edited);
            assert_int_equal(now.weighted, weighted);
            assert_int_equal(now.directed, directed);
            assert_int_equal(now.kind, ENTRAIN_TOPOLOGY_EDGE_LIST);
            assert_int_equal(now.arc_count, view.arc_count);
            // Nothing more and nothing less leaves the same arrays.
            CHECK_OK(entrain_topology_edit(whole, NULL, 0, NULL, 0, &back, &error), error);
            const entrain_topology_view same = entrain_topology_look(back);
            assert_memory_equal(same.in_offsets, view.in_offsets, (COUNT + 1) * sizeof *view.in_offsets);
            assert_memory_equal(same.in_speakers, view.in_speakers,
                                view.arc_count * sizeof *view.in_speakers);
            assert_memory_equal(same.out_hearers, view.out_hearers,
                                view.arc_count * sizeof *view.out_hearers);
            if (directed != 0) {
                assert_memory_equal(same.in_delays, view.in_delays, view.arc_count * sizeof *view.in_delays);
                assert_true(delay_of(&now, added[0].from, added[0].to) == view.delay_low);
            } else {
                assert_true(same.in_delays == NULL && same.delay_low == 0.25 && same.delay_high == 0.25);
            }
            if (weighted != 0)
                assert_memory_equal(same.in_weights, view.in_weights,
                                    view.arc_count * sizeof *view.in_weights);
            assert_true(same.weight_scale == view.weight_scale);
            free(expected);
            free(found);
            entrain_topology_release(whole);
            entrain_topology_release(edited);
            entrain_topology_release(back);
        }
}

static void of_parallel_edges_the_last_goes(void **state) {
    (void)state;
    entrain_error error = {0};
    const entrain_edge edges[] = {{0, 1, 2}, {1, 0, 3}, {0, 1, 4}, {1, 2, 5}};
    entrain_topology *whole, *edited = NULL;
    CHECK_OK(entrain_topology_from_edges(3, edges, 4, false, true, &whole, &error), error);
    assert_int_equal(entrain_topology_edge_count(whole, 0, 1), 3);
    assert_int_equal(entrain_topology_edge_count(whole, 1, 0), 3);
    assert_int_equal(entrain_topology_edge_count(whole, 0, 2), 0);
    assert_int_equal(entrain_topology_edge_count(whole, 0, 3), 0);
    const entrain_edge removed[] = {{1, 0, 0}, {0, 1, 0}, {0, 1, 0}, {0, 1, 0}};
    CHECK_OK(entrain_topology_edit(whole, removed, 1, NULL, 0, &edited, &error), error);
    entrain_topology_view view = entrain_topology_look(edited);
    assert_int_equal(view.arc_count, 6);
    assert_true(weight_of(&view, 0) == 2 && weight_of(&view, 1) == 3); // what 0 hears
    entrain_topology_release(edited);
    CHECK_OK(entrain_topology_edit(whole, removed, 3, edges, 1, &edited, &error), error);
    assert_int_equal(entrain_topology_edge_count(edited, 0, 1), 1);
    entrain_topology_release(edited);
    edited = NULL;
    CHECK_REFUSED(entrain_topology_edit(whole, removed, 4, NULL, 0, &edited, &error), ENTRAIN_INVALID, error,
                  "edges[3]: there is no further edge between 0 and 1 to take away");
    const entrain_edge wrong[] = {{0, 2, 0}, {0, 3, 0}, {1, 1, 1}};
    CHECK_REFUSED(entrain_topology_edit(whole, wrong, 1, NULL, 0, &edited, &error), ENTRAIN_INVALID, error,
                  "there is no edge between 0 and 2 to take away");
    CHECK_REFUSED(entrain_topology_edit(whole, wrong + 1, 1, NULL, 0, &edited, &error), ENTRAIN_INVALID,
                  error, "leaves the vertices 0 to 2");
    CHECK_REFUSED(entrain_topology_edit(whole, NULL, 0, wrong + 2, 1, &edited, &error), ENTRAIN_INVALID,
                  error, "to itself");
    assert_null(edited);
    entrain_topology_release(whole);

    CHECK_OK(entrain_topology_from_edges(3, edges, 4, true, false, &whole, &error), error);
    assert_int_equal(entrain_topology_edge_count(whole, 0, 1), 2);
    assert_int_equal(entrain_topology_edge_count(whole, 1, 0), 1);
    CHECK_REFUSED(entrain_topology_edit(whole, wrong, 1, NULL, 0, &edited, &error), ENTRAIN_INVALID, error,
                  "there is no edge from 0 to 2 to take away");
    for (uint64_t n = 1;; n++) { // every allocation refused in turn
        const int64_t live = entrain__memory_live();
        entrain__memory_fail_at(n);
        entrain_status status = entrain_topology_edit(whole, removed, 1, edges, 2, &edited, &error);
        entrain__memory_fail_at(0);
        if (status == ENTRAIN_OK)
            break;
        assert_int_equal(status, ENTRAIN_NO_MEMORY);
        assert_int_equal(entrain__memory_live(), live);
        assert_true(n < 100);
    }
    entrain_topology_release(edited);
    entrain_topology_release(whole);

    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    whole = graph_of(config);
    assert_int_equal(entrain_topology_edge_count(whole, 0, 1), 0);
    CHECK_REFUSED(entrain_topology_edit(whole, removed, 1, NULL, 0, &edited, &error), ENTRAIN_INVALID, error,
                  "erdos-renyi with probability 1");
    entrain_topology_release(whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replaced_graph_is_heard_as_if_begun_with),
        cmocka_unit_test(a_complete_graph_takes_another),
        cmocka_unit_test(what_is_under_way_arrives),
        cmocka_unit_test(everybody_who_lives_is_told),
        cmocka_unit_test(a_model_of_ones_own_is_told),
        cmocka_unit_test(a_mailbox_that_was_asked_for_bounds_what_can_come),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_thousand_replacements_take_no_memory),
        cmocka_unit_test(without_memory_nothing_changes),
        cmocka_unit_test(an_edited_graph_differs_by_the_edges_named),
        cmocka_unit_test(of_parallel_edges_the_last_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
