// What each generator promises: degrees, neighbours, chances, tails, and which way directed arcs point.
#include "topology_check.h"

#include <math.h>

#include "engine/base/sum.h"

static void complete_has_no_arcs(void **state) {
    (void)state;
    entrain_topology *topology = create(config_of(ENTRAIN_TOPOLOGY_COMPLETE, 1000));
    entrain_topology_view view = entrain_topology_look(topology);
    assert_int_equal(view.kind, ENTRAIN_TOPOLOGY_COMPLETE);
    assert_int_equal(view.vertex_count, 1000);
    assert_int_equal(view.arc_count, 0);
    assert_null(view.in_offsets);
    assert_null(view.in_speakers);
    assert_null(view.out_offsets);
    assert_true(view.weight_scale == 1);
    assert_int_equal(entrain_topology_bytes(topology), 0);
    entrain_topology_release(topology);
}

static void ring_neighbours_are_the_nearest(void **state) {
    (void)state;
    entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_RING, 101);
    for (config.degree = 2; config.degree <= 100; config.degree += 14) {
        for (int directed = 0; directed <= 1; directed++) {
            config.directed = directed != 0;
            entrain_topology *topology = create(config);
            entrain_topology_view view = entrain_topology_look(topology);
            check_csr(&view);
            check_simple(&view);
            for (uint32_t v = 0; v < 101; v++) {
                assert_int_equal(in_degree(&view, v), directed ? config.degree / 2 : config.degree);
                for (uint32_t d = 1; d <= config.degree / 2; d++) {
                    assert_int_equal(arcs_between(&view, (v + 101 - d) % 101, v), 1);
                    assert_int_equal(arcs_between(&view, (v + d) % 101, v), !directed);
                }
            }
            entrain_topology_release(topology);
        }
    }
}

static void default_degrees_are_two_for_a_ring_and_eight(void **state) {
    (void)state;
    const entrain_topology_kind kinds[] = {ENTRAIN_TOPOLOGY_RING, ENTRAIN_TOPOLOGY_SMALL_WORLD,
                                           ENTRAIN_TOPOLOGY_RANDOM_REGULAR};
    for (int i = 0; i < 3; i++) {
        entrain_topology *topology = create(config_of(kinds[i], 100));
        assert_int_equal(entrain_topology_look(topology).arc_count, i == 0 ? 200 : 800);
        entrain_topology_release(topology);
    }
}

static void check_grid(entrain_topology_config config, uint32_t rows, uint32_t columns) {
    bool torus = config.kind == ENTRAIN_TOPOLOGY_TORUS;
    entrain_topology *topology = create(config);
    entrain_topology_view view = entrain_topology_look(topology);
    check_csr(&view);
    check_simple(&view);
    assert_int_equal(view.vertex_count, rows * columns);
    assert_int_equal(view.rows, rows);
    assert_int_equal(view.columns, columns);
    assert_int_equal(reached_count(&view), rows * columns);
    uint64_t edge_count = torus ? 2 * rows * columns : rows * (columns - 1) + columns * (rows - 1);
    assert_int_equal(view.arc_count, config.directed ? edge_count : 2 * edge_count);
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t column = 0; column < columns; column++) {
            uint32_t v = row * columns + column;
            if (torus || column > 0)
                assert_int_equal(arcs_between(&view, row * columns + (column + columns - 1) % columns, v), 1);
            if (torus || row > 0)
                assert_int_equal(arcs_between(&view, (row + rows - 1) % rows * columns + column, v), 1);
        }
    entrain_topology_release(topology);
}

static void grids_have_the_neighbours_of_a_grid(void **state) {
    (void)state;
    for (int directed = 0; directed <= 1; directed++) {
        entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_LATTICE, 12);
        config.directed = directed != 0;
        check_grid(config, 3, 4);
        config.size = 7;
        check_grid(config, 1, 7);
        config.size = 36;
        check_grid(config, 6, 6);
        config.rows = 2;
        check_grid(config, 2, 18);
        config.rows = 0;
        config.columns = 1;
        check_grid(config, 36, 1);
        config.kind = ENTRAIN_TOPOLOGY_TORUS;
        config.columns = 3;
        check_grid(config, 12, 3);
        config.size = 0;
        config.rows = 5;
        check_grid(config, 5, 3);
        config = config_of(ENTRAIN_TOPOLOGY_TORUS, 1000);
        check_grid(config, 25, 40);
    }
}

static void a_star_has_one_middle(void **state) {
    (void)state;
    entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_STAR, 50);
    entrain_topology *topology = create(config);
    entrain_topology_view view = entrain_topology_look(topology);
    check_csr(&view);
    assert_int_equal(in_degree(&view, 0), 49);
    for (uint32_t v = 1; v < 50; v++)
        assert_true(in_degree(&view, v) == 1 && arcs_between(&view, 0, v) == 1);
    entrain_topology_release(topology);
    config.directed = true;
    topology = create(config);
    view = entrain_topology_look(topology);
    check_csr(&view);
    assert_int_equal(in_degree(&view, 0), 0);
    assert_int_equal(view.in_degree_max, 1);
    entrain_topology_release(topology);
}

static void a_small_world_is_a_ring_with_a_share_rewired(void **state) {
    (void)state;
    entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_SMALL_WORLD, 20000);
    entrain_topology_config ring = config_of(ENTRAIN_TOPOLOGY_RING, 20000);
    ring.degree = 8;
    config.rewire = 0;
    entrain_topology *a = create(config), *b = create(ring);
    entrain_topology_view view = entrain_topology_look(a), ring_view = entrain_topology_look(b);
    assert_true(same_arcs(&view, &ring_view));
    entrain_topology_release(a);
    entrain_topology_release(b);
    const double rewires[] = {0.01, 0.1, 0.5, 1};
    for (int i = 0; i < 4; i++) {
        config.rewire = rewires[i];
        a = create(config);
        view = entrain_topology_look(a);
        check_csr(&view);
        check_simple(&view);
        assert_int_equal(view.arc_count, 160000);
        for (uint32_t v = 0; v < 20000; v++)
            assert_true(in_degree(&view, v) >= 4); // its own edges stay its own
        // 80,000 trials; a new end is on the ring with chance 8 / 20,000 only. Five standard deviations.
        double p = rewires[i], off = (double)arcs_off_ring(&view, 8) / 160000;
        CHECK_NEAR(off, p, 5 * sqrt(p * (1 - p) / 80000) + 0.001);
        entrain_topology_release(a);
    }
    // With everything rewired the ends are uniform: in-degree is 4 + Poisson(4), so its variance is 4.
    config.rewire = 1;
    a = create(config);
    view = entrain_topology_look(a);
    double squares = 0;
    for (uint32_t v = 0; v < 20000; v++)
        squares += pow((double)in_degree(&view, v) - 8, 2);
    CHECK_NEAR(squares / 20000, 4, 0.25);
    entrain_topology_release(a);
}

static void dense_small_worlds_stay_simple(void **state) {
    (void)state;
    for (uint32_t n = 3; n <= 80; n += n < 12 ? 1 : 17)
        for (uint32_t degree = 2; degree < n; degree += 2)
            for (uint64_t seed = 1; seed <= 3; seed++) {
                entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_SMALL_WORLD, n);
                config.degree = degree;
                config.rewire = 1;
                config.seed = seed;
                config.directed = seed == 3;
                entrain_topology *topology = create(config);
                entrain_topology_view view = entrain_topology_look(topology);
                check_csr(&view);
                check_simple(&view);
                assert_int_equal(view.arc_count, (uint64_t)n * degree / (config.directed ? 2 : 1));
                entrain_topology_release(topology);
            }
}

static void random_regular_graphs_are_regular_and_simple(void **state) {
    (void)state;
    for (uint32_t n = 2; n <= 13; n++)
        for (uint32_t degree = 1; degree < n; degree++)
            for (uint64_t seed = 1; seed <= 20 && n * degree % 2 == 0; seed++) {
                entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_RANDOM_REGULAR, n);
                config.degree = degree;
                config.seed = seed;
                entrain_topology *topology = create(config);
                entrain_topology_view view = entrain_topology_look(topology);
                check_csr(&view);
                check_simple(&view);
                for (uint32_t v = 0; v < n; v++)
                    assert_int_equal(in_degree(&view, v), degree);
                entrain_topology_release(topology);
            }
    // Seeds whose first pairing runs into a dead end and whose second does not.
    const uint64_t dead_ends[][3] = {{5, 2, 43}, {6, 2, 155}, {6, 3, 155}};
    for (int i = 0; i < 3; i++) {
        entrain_topology_config config =
            config_of(ENTRAIN_TOPOLOGY_RANDOM_REGULAR, (uint32_t)dead_ends[i][0]);
        config.degree = (uint32_t)dead_ends[i][1];
        config.seed = dead_ends[i][2];
        entrain_topology *topology = create(config);
        entrain_topology_view view = entrain_topology_look(topology);
        check_csr(&view);
        check_simple(&view);
        assert_int_equal(view.arc_count, config.size * config.degree);
        entrain_topology_release(topology);
    }
    const uint32_t shapes[][2] = {{20000, 3}, {20000, 8}, {1000, 40}, {1000, 20},
                                  {300, 149}, {300, 200}, {300, 299}};
    for (int i = 0; i < 7; i++) {
        entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_RANDOM_REGULAR, shapes[i][0]);
        config.degree = shapes[i][1];
        entrain_topology *topology = create(config);
        entrain_topology_view view = entrain_topology_look(topology);
        check_csr(&view);
        check_simple(&view);
        for (uint32_t v = 0; v < view.vertex_count; v++)
            assert_int_equal(in_degree(&view, v), config.degree);
        assert_int_equal(reached_count(&view), view.vertex_count); // almost surely, from degree 3 on
        entrain_topology_release(topology);
    }
}

// Six vertices have 15 perfect matchings; each must come up about equally often.
static void random_matchings_are_uniform(void **state) {
    (void)state;
    enum { TRIALS = 6000 };
    uint32_t counts[6][6] = {0};
    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_RANDOM_REGULAR, 6);
        config.degree = 1;
        config.seed = seed;
        entrain_topology *topology = create(config);
        entrain_topology_view view = entrain_topology_look(topology);
        uint32_t first = (uint32_t)view.in_speakers[0], next = first == 1 ? 2 : 1;
        counts[first][view.in_speakers[next]]++;
        entrain_topology_release(topology);
    }
    double chi_square = 0;
    for (int first = 1; first < 6; first++)
        for (int second = 1; second < 6; second++)
            if (second != first && second != (first == 1 ? 2 : 1))
                chi_square += pow(counts[first][second] - TRIALS / 15.0, 2) / (TRIALS / 15.0);
    assert_true(chi_square < 36.1); // 14 degrees of freedom, 0.1 %
}

static void erdos_renyi_links_every_pair_with_the_same_chance(void **state) {
    (void)state;
    enum { TRIALS = 2000, N = 6 };
    for (int directed = 0; directed <= 1; directed++) {
        uint32_t counts[N][N] = {0};
        for (uint64_t seed = 0; seed < TRIALS; seed++) {
            entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_ERDOS_RENYI, N);
            config.probability = 0.3;
            config.seed = seed;
            config.directed = directed != 0;
            entrain_topology *topology = create(config);
            entrain_topology_view view = entrain_topology_look(topology);
            check_csr(&view);
            check_simple(&view);
            for (uint32_t v = 0; v < N; v++)
                for (uint64_t a = view.in_offsets[v]; a < view.in_offsets[v + 1]; a++)
                    counts[v][view.in_speakers[a]]++;
            entrain_topology_release(topology);
        }
        for (int v = 0; v < N; v++)
            for (int w = 0; w < N; w++)
                CHECK_NEAR((double)counts[v][w] / TRIALS, v == w ? 0 : 0.3,
                           v == w ? 0 : 4.5 * sqrt(0.21 / TRIALS));
    }
}

static void erdos_renyi_degrees_are_poisson(void **state) {
    (void)state;
    for (int directed = 0; directed <= 1; directed++) {
        entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_ERDOS_RENYI, 50000);
        config.degree = 10;
        config.directed = directed != 0;
        entrain_topology *topology = create(config);
        entrain_topology_view view = entrain_topology_look(topology);
        check_csr(&view);
        check_simple(&view);
        double mean = (double)view.arc_count / 50000, squares = 0;
        CHECK_NEAR(mean, 10, 5 * sqrt(2 * 10 / 50000.0));
        for (uint32_t v = 0; v < 50000; v++)
            squares += pow((double)in_degree(&view, v) - mean, 2);
        CHECK_NEAR(squares / 50000, 10, 0.4);
        entrain_topology_release(topology);
    }
}

static void erdos_renyi_reaches_both_ends(void **state) {
    (void)state;
    for (int directed = 0; directed <= 1; directed++) {
        entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_ERDOS_RENYI, 40);
        config.directed = directed != 0;
        config.probability = 1;
        entrain_topology *topology = create(config);
        entrain_topology_view view = entrain_topology_look(topology);
        check_csr(&view);
        check_simple(&view);
        assert_int_equal(view.arc_count, 40 * 39);
        entrain_topology_release(topology);
        const double tiny[] = {0, 1e-300, 1e-17, 1e-12};
        for (int i = 0; i < 4; i++) {
            config.probability = tiny[i];
            topology = create(config);
            assert_int_equal(entrain_topology_look(topology).arc_count, 0);
            entrain_topology_release(topology);
        }
    }
}

static void scale_free_graphs_have_a_heavy_tail(void **state) {
    (void)state;
    enum { N = 100000, M = 4 };
    for (int directed = 0; directed <= 1; directed++) {
        entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_SCALE_FREE, N);
        config.directed = directed != 0;
        entrain_topology *topology = create(config);
        entrain_topology_view view = entrain_topology_look(topology);
        check_csr(&view);
        check_simple(&view);
        assert_int_equal(reached_count(&view), N);
        uint64_t edge_count = M * (M + 1) / 2 + (uint64_t)(N - M - 1) * M, heavy = 0;
        assert_int_equal(view.arc_count, directed ? edge_count : 2 * edge_count);
        for (uint32_t v = 0; v < N; v++) {
            if (directed)
                assert_int_equal(in_degree(&view, v), v < M ? v : M); // a newcomer hears those it links to
            else
                assert_true(in_degree(&view, v) >= M);
            heavy += in_degree(&view, v) >= 4 * M;
        }
        if (!directed) {
            // P(K >= k) = m (m + 1) / (k (k + 1)) in the limit (Bollobas et al. 2001); the hub grows as m
            // sqrt(n).
            CHECK_NEAR((double)heavy / N, M * (M + 1) / (4.0 * M * (4 * M + 1)), 0.003);
            assert_true(view.in_degree_max > 300 && view.in_degree_max < 8000);
        }
        entrain_topology_release(topology);
    }
    for (uint32_t n = 3; n < 12; n++)
        for (uint32_t degree = 2; degree < n; degree += 2) {
            entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_SCALE_FREE, n);
            config.degree = degree;
            entrain_topology *topology = create(config);
            entrain_topology_view view = entrain_topology_look(topology);
            check_csr(&view);
            check_simple(&view);
            entrain_topology_release(topology);
        }
}

// Each edge of the undirected graph of the same seed is one arc of the directed one; where a coin decides, it
// is fair.
static void directed_graphs_point_the_undirected_edges(void **state) {
    (void)state;
    const entrain_topology_kind kinds[] = {
        ENTRAIN_TOPOLOGY_RING,        ENTRAIN_TOPOLOGY_LATTICE,        ENTRAIN_TOPOLOGY_TORUS,
        ENTRAIN_TOPOLOGY_SMALL_WORLD, ENTRAIN_TOPOLOGY_RANDOM_REGULAR, ENTRAIN_TOPOLOGY_SCALE_FREE,
        ENTRAIN_TOPOLOGY_STAR};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        entrain_topology_config config = config_of(kinds[i], 2500);
        entrain_topology *both = create(config);
        config.directed = true;
        entrain_topology *one = create(config);
        entrain_topology_view both_view = entrain_topology_look(both), view = entrain_topology_look(one);
        check_csr(&view);
        assert_int_equal(both_view.arc_count, 2 * view.arc_count);
        uint64_t upwards = 0;
        for (uint32_t v = 0; v < 2500; v++)
            for (uint64_t a = both_view.in_offsets[v]; a < both_view.in_offsets[v + 1]; a++) {
                uint32_t w = (uint32_t)both_view.in_speakers[a];
                assert_int_equal(arcs_between(&view, w, v) + arcs_between(&view, v, w), 1);
                upwards += w < v && arcs_between(&view, w, v) == 1;
            }
        if (kinds[i] == ENTRAIN_TOPOLOGY_SMALL_WORLD || kinds[i] == ENTRAIN_TOPOLOGY_RANDOM_REGULAR)
            CHECK_NEAR((double)upwards / (double)view.arc_count, 0.5,
                       5 * sqrt(0.25 / (double)view.arc_count));
        entrain_topology_release(both);
        entrain_topology_release(one);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_has_no_arcs),
        cmocka_unit_test(ring_neighbours_are_the_nearest),
        cmocka_unit_test(default_degrees_are_two_for_a_ring_and_eight),
        cmocka_unit_test(grids_have_the_neighbours_of_a_grid),
        cmocka_unit_test(a_star_has_one_middle),
        cmocka_unit_test(a_small_world_is_a_ring_with_a_share_rewired),
        cmocka_unit_test(dense_small_worlds_stay_simple),
        cmocka_unit_test(random_regular_graphs_are_regular_and_simple),
        cmocka_unit_test(random_matchings_are_uniform),
        cmocka_unit_test(erdos_renyi_links_every_pair_with_the_same_chance),
        cmocka_unit_test(erdos_renyi_degrees_are_poisson),
        cmocka_unit_test(erdos_renyi_reaches_both_ends),
        cmocka_unit_test(scale_free_graphs_have_a_heavy_tail),
        cmocka_unit_test(directed_graphs_point_the_undirected_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
