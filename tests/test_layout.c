// The layout `near`: reverse Cuthill-McKee against what is known and against a second, naive one; and when
// `auto` takes it. That no layout changes a bit is shown by test_determinism and test_mixed_swarm.
#include "topology_check.h"

#include "engine/base/memory.h"
#include "engine/layout.h"
#include "entrain/random.h"
#include "entrain/swarm.h"

static entrain_topology *graph_of(uint32_t count, const entrain_edge *edges, uint64_t edge_count,
                                  bool directed) {
    entrain_error error = {0};
    entrain_topology *topology;
    CHECK_OK(entrain_topology_from_edges(count, edges, edge_count, directed, false, &topology, &error),
             error);
    return topology;
}

static uint32_t below(uint64_t *seed, uint32_t n) {
    return (uint32_t)entrain_random_below(entrain_random_key(5, 5), n, 0, ++*seed, 0);
}

// The same graph with its vertices named at random.
static entrain_topology *renamed(entrain_topology *topology, uint64_t seed) {
    entrain_topology_view view = entrain_topology_look(topology);
    uint32_t n = view.vertex_count;
    uint32_t *names = calloc(n, sizeof *names);
    entrain_edge *edges = calloc(view.arc_count + 1, sizeof *edges);
    uint64_t count = 0;
    seed *= UINT64_C(1) << 32;
    for (uint32_t v = 0; v < n; v++) {
        uint32_t other = below(&seed, v + 1);
        names[v] = names[other];
        names[other] = v;
    }
    for (uint32_t v = 0; v < n; v++)
        for (uint64_t a = view.in_offsets[v]; a < view.in_offsets[v + 1]; a++)
            if (view.directed || (uint32_t)view.in_speakers[a] < v)
                edges[count++] = (entrain_edge){names[view.in_speakers[a]], names[v], 1};
    entrain_topology_release(topology);
    topology = graph_of(n, edges, count, view.directed);
    free(names);
    free(edges);
    return topology;
}

// The order `near`, checked to be one: everybody once, nothing kept, the same again.
static uint32_t *near_order(const entrain_topology_view *view) {
    uint32_t n = view->vertex_count;
    entrain__arena *scratch;
    uint32_t *order = calloc(n, sizeof *order), *again = calloc(n, sizeof *again);
    bool *seen = calloc(n, sizeof *seen);
    assert_int_equal(entrain__arena_create(&scratch), ENTRAIN_OK);
    assert_int_equal(entrain__order_near(view, UINT32_MAX, scratch, order), ENTRAIN_OK);
    assert_int_equal(entrain__order_near(view, UINT32_MAX, scratch, again), ENTRAIN_OK);
    assert_int_equal(entrain__arena_bytes(scratch), 0);
    entrain__arena_destroy(scratch);
    assert_memory_equal(order, again, n * sizeof *order);
    for (uint32_t r = 0; r < n; r++) {
        assert_true(order[r] < n && !seen[order[r]]);
        seen[order[r]] = true;
    }
    free(again);
    free(seen);
    return order;
}

// How far apart the two ends of an arc lie at most.
static uint32_t bandwidth(const entrain_topology_view *view, const uint32_t *order) {
    uint32_t *rank = calloc(view->vertex_count, sizeof *rank), widest = 0;
    for (uint32_t r = 0; r < view->vertex_count; r++)
        rank[order != NULL ? order[r] : r] = r;
    for (uint32_t v = 0; v < view->vertex_count; v++)
        for (uint64_t a = view->in_offsets[v]; a < view->in_offsets[v + 1]; a++) {
            int64_t apart = (int64_t)rank[view->in_speakers[a]] - (int64_t)rank[v];
            uint32_t distance = (uint32_t)(apart < 0 ? -apart : apart);
            widest = distance > widest ? distance : widest;
        }
    free(rank);
    return widest;
}

static uint32_t near_bandwidth(entrain_topology *topology) {
    entrain_topology_view view = entrain_topology_look(topology);
    uint32_t *order = near_order(&view), result = bandwidth(&view, order);
    free(order);
    entrain_topology_release(topology);
    return result;
}

static entrain_topology *grid(uint32_t rows, uint32_t columns, bool directed) {
    entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_LATTICE, rows * columns);
    config.rows = rows;
    config.columns = columns;
    config.directed = directed;
    return create(config);
}

// Bandwidths known to be the least there are: a path 1, a ring 2, a grid its shorter side (Chvatalova 1975),
// which is missed by one at most: it depends on who of two of the same degree has the lower number.
static void graphs_of_known_bandwidth_get_it(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        for (int directed = 0; directed < 2; directed++) {
            assert_int_equal(near_bandwidth(renamed(grid(1, 200, directed), seed)), 1);
            entrain_topology_config ring = config_of(ENTRAIN_TOPOLOGY_RING, 201);
            ring.directed = directed;
            assert_int_equal(near_bandwidth(renamed(create(ring), seed)), 2);
            assert_int_equal(near_bandwidth(renamed(grid(2, 50, directed), seed)), 2);
            assert_in_range(near_bandwidth(renamed(grid(7, 30, directed), seed)), 7, 8);
            assert_in_range(near_bandwidth(renamed(grid(24, 25, directed), seed)), 24, 25);
        }
    // What is in order stays in order, and not the other way round.
    entrain_topology *path = grid(1, 9, false);
    entrain_topology_view view = entrain_topology_look(path);
    uint32_t *order = near_order(&view);
    for (uint32_t r = 0; r < 9; r++)
        assert_int_equal(order[r], r);
    free(order);
    entrain_topology_release(path);
}

// Eight neighbours on a ring: at least 8 apart somewhere. And each to its own k.
static void a_lattice_named_at_random_is_a_lattice_again(void **state) {
    (void)state;
    for (uint32_t degree = 4; degree <= 16; degree *= 2) {
        entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_RING, 20000);
        config.degree = degree;
        entrain_topology *topology = renamed(create(config), degree);
        entrain_topology_view view = entrain_topology_look(topology);
        assert_true(bandwidth(&view, NULL) > 19000);
        uint32_t wide = near_bandwidth(topology);
        assert_in_range(wide, degree, 2 * degree);
    }
    entrain_topology_config torus = config_of(ENTRAIN_TOPOLOGY_TORUS, 100 * 100);
    assert_in_range(near_bandwidth(renamed(create(torus), 1)), 100, 2 * 200); // a torus needs twice its side
}

static void check_order(uint32_t count, const entrain_edge *edges, uint64_t edge_count, bool directed,
                        const uint32_t *wanted) {
    entrain_topology *topology = graph_of(count, edges, edge_count, directed);
    entrain_topology_view view = entrain_topology_look(topology);
    uint32_t *order = near_order(&view);
    for (uint32_t r = 0; r < count; r++)
        assert_int_equal(order[r], wanted[r]);
    free(order);
    entrain_topology_release(topology);
}

static void small_graphs_come_out_as_by_hand(void **state) {
    (void)state;
    // Alone, a path 1-5-3, alone, a pair: components by their lowest vertex. From 1 the other end is 3; from
    // there 3 5 1, reversed.
    const entrain_edge parts[] = {{1, 5, 0}, {5, 3, 0}, {6, 4, 0}};
    check_order(7, parts, 3, false, (const uint32_t[]){0, 1, 5, 3, 2, 4, 6});
    check_order(7, parts, 3, true, (const uint32_t[]){0, 1, 5, 3, 2, 4, 6}); // arcs count in both directions
    // Nobody hears anybody.
    check_order(3, NULL, 0, false, (const uint32_t[]){0, 1, 2});
    // A star round 0: from it the last level is all others, on to 1; 1 0 2 3 4 has a level more, on to 2;
    // 2 0 1 3 4, reversed.
    const entrain_edge star[] = {{0, 1, 0}, {0, 2, 0}, {0, 3, 0}, {0, 4, 0}};
    check_order(5, star, 4, false, (const uint32_t[]){4, 3, 1, 0, 2});
    // By degree, then by number: 0 hears 1 (degree 3), 2 (2) and 3 (2); 1 and 2 are linked, 4 hangs on 1, 5
    // on 3. From 0 the last level is 4, 5: on to 4, whose last level is 5 alone; from 5 as many levels:
    // 5 | 3 | 0 | 2 (degree 2) 1 (3) | 4, reversed.
    const entrain_edge six[] = {{0, 1, 0}, {0, 2, 0}, {0, 3, 0}, {1, 2, 0}, {1, 4, 0}, {3, 5, 0}};
    check_order(6, six, 6, false, (const uint32_t[]){4, 1, 2, 0, 3, 5});
}

// --- A second one, with none of the first one's cleverness: levels by looking at everybody again and again.

typedef struct naive {
    uint32_t n;
    uint32_t *links; // [n][n]: arcs in either direction
    uint32_t *degrees, *levels, *queue;
} naive;

static uint32_t naive_search(naive *graph, uint32_t root, uint32_t *count_out) {
    uint32_t tail = 1;
    for (uint32_t v = 0; v < graph->n; v++)
        graph->levels[v] = UINT32_MAX;
    graph->levels[root] = 0;
    graph->queue[0] = root;
    for (uint32_t head = 0; head < tail; head++) {
        uint32_t v = graph->queue[head];
        for (;;) { // the next one: least degree, then lowest
            uint32_t best = UINT32_MAX;
            for (uint32_t w = 0; w < graph->n; w++)
                if (graph->links[v * graph->n + w] > 0 && graph->levels[w] == UINT32_MAX &&
                    (best == UINT32_MAX || graph->degrees[w] < graph->degrees[best]))
                    best = w;
            if (best == UINT32_MAX)
                break;
            graph->levels[best] = graph->levels[v] + 1;
            graph->queue[tail++] = best;
        }
    }
    *count_out = tail;
    return graph->levels[graph->queue[tail - 1]];
}

static void naive_order(const entrain_topology_view *view, uint32_t *order) {
    uint32_t n = view->vertex_count, made = 0;
    naive graph = {n, calloc((size_t)n * n, sizeof(uint32_t)), calloc(n, sizeof(uint32_t)),
                   calloc(n, sizeof(uint32_t)), calloc(n, sizeof(uint32_t))};
    bool *done = calloc(n, sizeof *done);
    for (uint32_t v = 0; v < n; v++)
        for (uint64_t a = view->in_offsets[v]; a < view->in_offsets[v + 1]; a++) {
            uint32_t w = (uint32_t)view->in_speakers[a];
            graph.links[v * n + w]++;
            graph.degrees[v]++;
            if (view->directed) {
                graph.links[w * n + v]++;
                graph.degrees[w]++;
            }
        }
    for (uint32_t v = 0; v < n; v++) {
        uint32_t root = v, count, last, before;
        if (done[v])
            continue;
        last = naive_search(&graph, root, &count);
        do {
            before = last;
            uint32_t best = UINT32_MAX;
            for (uint32_t w = 0; w < n; w++)
                if (graph.levels[w] == last && (best == UINT32_MAX || graph.degrees[w] < graph.degrees[best]))
                    best = w;
            root = best;
            last = naive_search(&graph, root, &count);
        } while (last > before);
        for (uint32_t i = count; i-- > 0;) {
            order[made++] = graph.queue[i];
            done[graph.queue[i]] = true;
        }
    }
    assert_int_equal(made, n);
    free(graph.links);
    free(graph.degrees);
    free(graph.levels);
    free(graph.queue);
    free(done);
}

// Parallel edges, hubs with more neighbours than are sorted by insertion, several components, both
// directions.
static void random_graphs_come_out_as_the_naive_way(void **state) {
    (void)state;
    uint64_t seed = 0;
    for (uint32_t graph = 0; graph < 300; graph++) {
        uint32_t n = 2 + below(&seed, graph % 10 == 0 ? 120 : 40), count = below(&seed, 3 * n);
        entrain_edge edges[400];
        for (uint32_t e = 0; e < count; e++) {
            uint32_t from = below(&seed, n), to = graph % 3 == 0 ? below(&seed, 1 + n / 16) : below(&seed, n);
            edges[e] = (entrain_edge){from, to != from ? to : (from + 1) % n, 1};
        }
        entrain_topology *topology = graph_of(n, edges, count, graph % 2 == 1);
        entrain_topology_view view = entrain_topology_look(topology);
        uint32_t *order = near_order(&view), wanted[200];
        naive_order(&view, wanted);
        if (memcmp(order, wanted, n * sizeof *order) != 0)
            fail_msg("graph %u of %u vertices and %u edges comes out otherwise", graph, n, count);
        free(order);
        entrain_topology_release(topology);
    }
}

static void it_gives_up_on_wide_levels_and_without_memory(void **state) {
    (void)state;
    uint32_t order[1000];
    entrain__arena *scratch;
    assert_int_equal(entrain__arena_create(&scratch), ENTRAIN_OK);
    entrain_topology *star = create(config_of(ENTRAIN_TOPOLOGY_STAR, 1000));
    entrain_topology_view view = entrain_topology_look(star);
    assert_int_equal(entrain__order_near(&view, 500, scratch, order), ENTRAIN_UNSUPPORTED);
    assert_int_equal(entrain__order_near(&view, 998, scratch, order), ENTRAIN_UNSUPPORTED);
    assert_int_equal(entrain__order_near(&view, 999, scratch, order), ENTRAIN_OK);
    for (uint64_t n = 1; n <= 2; n++) {
        entrain__memory_fail_at(n);
        assert_int_equal(entrain__order_near(&view, UINT32_MAX, scratch, order), ENTRAIN_NO_MEMORY);
        entrain__memory_fail_at(0);
        assert_int_equal(entrain__arena_bytes(scratch), 0);
    }
    entrain_topology_release(star);
    entrain__arena_destroy(scratch);
}

// --- auto

enum { MANY = 70000 }; // publications of more than a MiB

static entrain_status start(entrain_topology *topology, entrain_layout layout, entrain_engine **engine_out,
                            entrain_error *error) {
    static double values[MANY];
    uint32_t count = entrain_topology_look(topology).vertex_count;
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
    entrain_population *population;
    config.layout = layout;
    config.transport = ENTRAIN_TRANSPORT_PUBLISH;
    config.scheduler.worker_count = 1;
    entrain_status status = entrain_engine_create(&config, engine_out, error);
    if (status == ENTRAIN_OK) {
        assert_int_equal(entrain_engine_layout(*engine_out), ENTRAIN_LAYOUT_AUTO);
        status = entrain_kuramoto_add(*engine_out, &model, count, values, values, &population, error);
    }
    if (status == ENTRAIN_OK)
        status = entrain_engine_set_topology(*engine_out, topology, error);
    if (status == ENTRAIN_OK)
        status = entrain_engine_start(*engine_out, error);
    return status;
}

// @p blocks_out: how many blocks more were taken than when the layout is named: what it cost to choose.
static entrain_engine_memory check_auto(entrain_topology *topology, entrain_layout wanted,
                                        uint64_t *blocks_out) {
    entrain_error error = {0};
    entrain_engine_memory memory[2];
    uint64_t taken[2];
    for (int twin = 0; twin < 2; twin++) {
        entrain_engine *engine;
        taken[twin] = entrain__memory_taken();
        CHECK_OK(start(topology, twin == 0 ? ENTRAIN_LAYOUT_AUTO : wanted, &engine, &error), error);
        taken[twin] = entrain__memory_taken() - taken[twin];
        assert_int_equal(entrain_engine_layout(engine), wanted);
        entrain_engine_measure(engine, &memory[twin]);
        entrain_engine_destroy(engine);
    }
    assert_memory_equal(&memory[0], &memory[1], sizeof memory[0]); // what was tried leaves nothing
    entrain_topology_release(topology);
    *blocks_out = taken[0] - taken[1];
    return memory[0];
}

static entrain_topology *many(entrain_topology_kind kind, double rewire) {
    entrain_topology_config config = config_of(kind, MANY);
    config.degree = rewire > 0.25 ? 4 : 8; // so that no level of the search holds half of all
    config.directed = kind == ENTRAIN_TOPOLOGY_STAR;
    config.rewire = rewire;
    return create(config);
}

static void auto_renumbers_where_it_helps(void **state) {
    (void)state;
    uint64_t blocks;
    entrain_engine_memory near =
        check_auto(renamed(many(ENTRAIN_TOPOLOGY_RING, 0), 1), ENTRAIN_LAYOUT_NEAR, &blocks);
    entrain_engine_memory index = check_auto(many(ENTRAIN_TOPOLOGY_RING, 0), ENTRAIN_LAYOUT_INDEX, &blocks);
    assert_int_equal(near.topology - index.topology, 8 * (MANY + 1) + 4 * 8 * MANY);
    assert_in_range(near.table - index.table + 4096, 4 * MANY,
                    4 * MANY + 8192); // but for how rows are gathered
    check_auto(renamed(many(ENTRAIN_TOPOLOGY_LATTICE, 0), 1), ENTRAIN_LAYOUT_NEAR, &blocks);
    check_auto(renamed(many(ENTRAIN_TOPOLOGY_SMALL_WORLD, 0.1), 1), ENTRAIN_LAYOUT_NEAR, &blocks);
}

static void auto_leaves_alone_what_is_near_or_cannot_be(void **state) {
    (void)state;
    // Not even tried: near already, too small, no graph.
    entrain_topology *const near[] = {many(ENTRAIN_TOPOLOGY_RING, 0), many(ENTRAIN_TOPOLOGY_LATTICE, 0),
                                      many(ENTRAIN_TOPOLOGY_SMALL_WORLD, 0.1),
                                      many(ENTRAIN_TOPOLOGY_COMPLETE, 0),
                                      renamed(create(config_of(ENTRAIN_TOPOLOGY_RING, 8000)), 1)};
    for (size_t g = 0; g < sizeof near / sizeof *near; g++) {
        uint64_t blocks;
        check_auto(near[g], ENTRAIN_LAYOUT_INDEX, &blocks);
        assert_int_equal(blocks, 0);
    }
    // Tried and given up because of wide levels, or judged to be no nearer (the last).
    entrain_topology *const far[] = {many(ENTRAIN_TOPOLOGY_ERDOS_RENYI, 0),
                                     many(ENTRAIN_TOPOLOGY_SCALE_FREE, 0), many(ENTRAIN_TOPOLOGY_STAR, 0),
                                     many(ENTRAIN_TOPOLOGY_SMALL_WORLD, 0.33)};
    for (size_t g = 0; g < sizeof far / sizeof *far; g++) {
        uint64_t blocks;
        check_auto(far[g], ENTRAIN_LAYOUT_INDEX, &blocks);
        assert_int_equal(blocks, g < 3 ? 3 : 4); // the order, two to find it; and the ranks, to judge it
    }
}

static void near_without_a_graph_is_index_order(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology *complete = create(config_of(ENTRAIN_TOPOLOGY_COMPLETE, 100));
    entrain_engine *engine;
    CHECK_OK(start(complete, ENTRAIN_LAYOUT_NEAR, &engine, &error), error);
    assert_int_equal(entrain_engine_layout(engine), ENTRAIN_LAYOUT_INDEX);
    entrain_engine_destroy(engine);
    entrain_topology_release(complete);
}

static void any_allocation_of_auto_may_fail(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology *topology = renamed(many(ENTRAIN_TOPOLOGY_RING, 0), 1);
    int64_t live = entrain__memory_live();
    uint64_t n = 0;
    entrain_status status;
    do {
        entrain_engine *engine = NULL;
        entrain__memory_fail_at(++n);
        status = start(topology, ENTRAIN_LAYOUT_AUTO, &engine, &error);
        entrain__memory_fail_at(0);
        assert_true(status == ENTRAIN_OK || status == ENTRAIN_NO_MEMORY);
        entrain_engine_destroy(engine);
        assert_int_equal(entrain__memory_live(), live);
    } while (status != ENTRAIN_OK);
    assert_true(n > 25);
    entrain_topology_release(topology);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graphs_of_known_bandwidth_get_it),
        cmocka_unit_test(a_lattice_named_at_random_is_a_lattice_again),
        cmocka_unit_test(small_graphs_come_out_as_by_hand),
        cmocka_unit_test(random_graphs_come_out_as_the_naive_way),
        cmocka_unit_test(it_gives_up_on_wide_levels_and_without_memory),
        cmocka_unit_test(auto_renumbers_where_it_helps),
        cmocka_unit_test(auto_leaves_alone_what_is_near_or_cannot_be),
        cmocka_unit_test(near_without_a_graph_is_index_order),
        cmocka_unit_test(any_allocation_of_auto_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
