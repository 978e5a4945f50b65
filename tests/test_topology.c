// The topology as an object: what CSR promises, weights and in-strength, what is refused and how, graphs
// that never change, and that nothing leaks.
#include "topology_check.h"

#include <math.h>

#include "engine/base/fingerprint.h"
#include "engine/base/memory.h"
#include "engine/base/sum.h"

#include <pthread.h>

static void edges_in_memory_become_sorted_arcs(void **state) {
    (void)state;
    // Parallel edges in the order given; weights scaled by 4 since the largest is 3.
    const entrain_edge edges[] = {{3, 0, 3}, {1, 0, -1}, {3, 0, 2}, {0, 2, 0.5}, {0, 3, 1}};
    entrain_topology *topology;
    entrain_error error = {0};
    CHECK_OK(entrain_topology_from_edges(5, edges, 5, true, true, &topology, &error), error);
    entrain_topology_view view = entrain_topology_look(topology);
    check_csr(&view);
    assert_int_equal(view.kind, ENTRAIN_TOPOLOGY_EDGE_LIST);
    assert_int_equal(view.arc_count, 5);
    assert_true(view.directed && view.weighted && view.weight_scale == 4);
    const uint64_t offsets[] = {0, 3, 3, 4, 5, 5};
    const int32_t speakers[] = {1, 3, 3, 0, 0};
    const double weights[] = {-0.25, 0.75, 0.5, 0.125, 0.25};
    assert_memory_equal(view.in_offsets, offsets, sizeof offsets);
    assert_memory_equal(view.in_speakers, speakers, sizeof speakers);
    assert_memory_equal(view.in_weights, weights, sizeof weights);
    entrain_topology_release(topology);

    CHECK_OK(entrain_topology_from_edges(5, edges, 5, false, true, &topology, &error), error);
    view = entrain_topology_look(topology);
    check_csr(&view);
    assert_int_equal(view.arc_count, 10);
    const int32_t both[] = {1, 2, 3, 3, 3, 0, 0, 0, 0, 0};
    assert_memory_equal(view.in_speakers, both, sizeof both);
    assert_true(view.in_weights[2] == 0.75 && view.in_weights[3] == 0.5 && view.in_weights[4] == 0.25);
    entrain_topology_release(topology);

    CHECK_OK(entrain_topology_from_edges(5, edges, 5, false, false, &topology, &error), error);
    assert_null(entrain_topology_look(topology).in_weights);
    entrain_topology_release(topology);
    CHECK_OK(entrain_topology_from_edges(2, NULL, 0, true, true, &topology, &error), error);
    assert_int_equal(entrain_topology_look(topology).arc_count, 0);
    entrain_topology_release(topology);
}

static void bad_edges_in_memory_are_refused(void **state) {
    (void)state;
    entrain_topology *topology = NULL;
    entrain_error error = {0};
    const entrain_edge far = {0, 3, 1}, loop = {2, 2, 1}, nan_weight = {0, 1, (double)NAN},
                       huge = {0, 1, 1e31};
    CHECK_REFUSED(entrain_topology_from_edges(3, &far, 1, true, true, &topology, &error), ENTRAIN_INVALID,
                  error, "edges[0]: 0 to 3 leaves the vertices 0 to 2");
    CHECK_REFUSED(entrain_topology_from_edges(3, &loop, 1, true, true, &topology, &error), ENTRAIN_INVALID,
                  error, "self-loops are not allowed");
    CHECK_REFUSED(entrain_topology_from_edges(3, &nan_weight, 1, true, true, &topology, &error),
                  ENTRAIN_INVALID, error, "between -2^100 and 2^100");
    CHECK_REFUSED(entrain_topology_from_edges(3, &huge, 1, true, true, &topology, &error), ENTRAIN_INVALID,
                  error, "between -2^100 and 2^100");
    CHECK_REFUSED(entrain_topology_from_edges(1, NULL, 0, true, true, &topology, &error), ENTRAIN_INVALID,
                  error, "outside 2 to 16777215");
    CHECK_REFUSED(entrain_topology_from_edges(1u << 24, NULL, 0, true, true, &topology, &error),
                  ENTRAIN_INVALID, error, "outside 2 to 16777215");
    assert_null(topology);
}

static void kinds_have_names_and_are_found(void **state) {
    (void)state;
    for (unsigned kind = 0; kind < ENTRAIN_TOPOLOGY_KIND_COUNT; kind++) {
        const char *name = entrain_topology_kind_name((entrain_topology_kind)kind);
        assert_int_equal(entrain_topology_kind_find(name), kind);
        assert_true(strlen(entrain_topology_kind_summary((entrain_topology_kind)kind)) > 10);
    }
    assert_string_equal(entrain_topology_kind_name(ENTRAIN_TOPOLOGY_SMALL_WORLD), "small-world");
    assert_string_equal(entrain_topology_kind_name(ENTRAIN_TOPOLOGY_EDGE_LIST), "edge-list");
    assert_null(entrain_topology_kind_name(ENTRAIN_TOPOLOGY_KIND_COUNT));
    assert_null(entrain_topology_kind_name((entrain_topology_kind)-1));
    assert_null(entrain_topology_kind_summary(ENTRAIN_TOPOLOGY_KIND_COUNT));
    assert_int_equal(entrain_topology_kind_find("small_world"), ENTRAIN_TOPOLOGY_KIND_COUNT);
    entrain_topology_config config = entrain_topology_config_defaults();
    assert_int_equal(config.kind, ENTRAIN_TOPOLOGY_RING);
    assert_true(config.seed == 1 && config.rewire == 0.1 && config.probability == -1 && !config.directed);
    assert_true(config.weight_low == 1 && config.weight_high == 1);
}

static void weights_are_uniform_and_scaled_by_a_power_of_two(void **state) {
    (void)state;
    entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_SMALL_WORLD, 10000);
    config.weight_low = -1;
    config.weight_high = 5;
    entrain_topology *topology = create(config);
    entrain_topology_view view = entrain_topology_look(topology);
    check_csr(&view);
    assert_true(view.weighted && view.weight_scale == 8);
    double sum = 0, low = 9, high = -9;
    for (uint64_t a = 0; a < view.arc_count; a++) {
        double weight = view.in_weights[a] * view.weight_scale;
        sum += weight;
        low = weight < low ? weight : low;
        high = weight > high ? weight : high;
    }
    assert_true(low >= -1 && low < -0.999 && high <= 5 && high > 4.999);
    CHECK_NEAR(sum / (double)view.arc_count, 2, 5 * sqrt(3.0 / 40000));
    // Weights do not move the edges, and directions do not move the weights.
    config.weight_low = config.weight_high = 1;
    entrain_topology *plain = create(config);
    entrain_topology_view plain_view = entrain_topology_look(plain);
    assert_true(same_arcs(&view, &plain_view));
    assert_null(plain_view.in_weights);
    assert_true(!plain_view.weighted && plain_view.weight_scale == 1);
    entrain_topology_release(plain);
    config.weight_low = -1;
    config.weight_high = 5;
    config.directed = true;
    entrain_topology *directed = create(config);
    entrain_topology_view one = entrain_topology_look(directed);
    for (uint32_t v = 0; v < 10000; v++)
        for (uint64_t a = one.in_offsets[v]; a < one.in_offsets[v + 1]; a++)
            for (uint64_t b = view.in_offsets[v]; b < view.in_offsets[v + 1]; b++)
                assert_true(view.in_speakers[b] != one.in_speakers[a] ||
                            view.in_weights[b] == one.in_weights[a]);
    entrain_topology_release(directed);
    entrain_topology_release(topology);
}

static void constant_weights_are_kept(void **state) {
    (void)state;
    const double constants[][3] = {{0.25, 1, 0.25}, {-3, -0.75, 4},        {2, 1, 2},
                                   {0, 0, 1},       {0x1p100, 1, 0x1p100}, {0x1p-101, 0.5, 0x1p-100}};
    for (int i = 0; i < 6; i++) {
        entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_RING, 10);
        config.weight_low = config.weight_high = constants[i][0];
        entrain_topology *topology = create(config);
        entrain_topology_view view = entrain_topology_look(topology);
        check_csr(&view);
        assert_true(view.weighted && view.weight_scale == constants[i][2]);
        for (uint64_t a = 0; a < view.arc_count; a++)
            assert_true(view.in_weights[a] == constants[i][1]);
        entrain_topology_release(topology);
    }
}

static void in_strength_ends_at_two_to_the_18(void **state) {
    (void)state;
    entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_STAR, (1u << 18) + 1);
    entrain_topology *topology = create(config);
    assert_int_equal(entrain_topology_look(topology).in_degree_max, ENTRAIN_STRENGTH_MAX);
    entrain_topology_release(topology);
    config.size++;
    topology = NULL;
    entrain_error error = {0};
    CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_LIMIT, error,
                  "vertex 0 hears an in-strength of 262145");
    CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_LIMIT, error, "262144");
    config.weight_low = config.weight_high = -0.5; // scaled up to 1 in size: just as many
    CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_LIMIT, error, "vertex 0");
    assert_null(topology);
    config.weight_low = 0; // about half as strong on average
    config.weight_high = 1;
    topology = create(config);
    assert_int_equal(entrain_topology_look(topology).in_degree_max, ENTRAIN_STRENGTH_MAX + 1);
    entrain_topology_release(topology);
    config.weight_low = config.weight_high = 1;
    config.directed = true;
    entrain_topology_release(create(config));
}

static void values_out_of_range_are_refused_with_a_sentence(void **state) {
    (void)state;
    const struct {
        entrain_topology_kind kind;
        uint32_t size, degree, rows, columns;
        double rewire, probability, low, high;
        bool directed;
        const char *words;
    } refused[] = {
#define PLAIN 0.1, -1, 1, 1, false
        {ENTRAIN_TOPOLOGY_KIND_COUNT, 10, 0, 0, 0, PLAIN, "topology.kind: 10 is none of the 10 kinds"},
        {(entrain_topology_kind)-1, 10, 0, 0, 0, PLAIN, "topology.kind"},
        {ENTRAIN_TOPOLOGY_COMPLETE, 1, 0, 0, 0, PLAIN, "topology.size: 1 is outside 2 to 16777215"},
        {ENTRAIN_TOPOLOGY_RING, 0, 0, 0, 0, PLAIN, "topology.size: 0 is outside"},
        {ENTRAIN_TOPOLOGY_STAR, 1u << 24, 0, 0, 0, PLAIN, "topology.size: 16777216 is outside"},
        {ENTRAIN_TOPOLOGY_EDGE_LIST, 1, 0, 0, 0, PLAIN, "topology.size: 1 is outside"},
        {ENTRAIN_TOPOLOGY_RING, 2, 2, 0, 0, PLAIN, "too small for ring"},
        {ENTRAIN_TOPOLOGY_RING, 10, 3, 0, 0, PLAIN,
         "topology.degree: 3 must be even and from 2 to 8 for ring of size 10"},
        {ENTRAIN_TOPOLOGY_RING, 10, 10, 0, 0, PLAIN, "topology.degree: 10 must be"},
        {ENTRAIN_TOPOLOGY_SMALL_WORLD, 8, 0, 0, 0, PLAIN, "topology.degree: 8 must be even and from 2 to 6"},
        {ENTRAIN_TOPOLOGY_SMALL_WORLD, 100, 8, 0, 0, 1.5, -1, 1, 1, false,
         "topology.rewire: 1.5 is outside 0 to 1"},
        {ENTRAIN_TOPOLOGY_SMALL_WORLD, 100, 8, 0, 0, (double)NAN, -1, 1, 1, false, "topology.rewire"},
        {ENTRAIN_TOPOLOGY_SCALE_FREE, 9, 9, 0, 0, PLAIN, "topology.degree: 9 must be even and from 2 to 8"},
        {ENTRAIN_TOPOLOGY_SCALE_FREE, 2, 2, 0, 0, PLAIN, "too small for scale-free"},
        {ENTRAIN_TOPOLOGY_RANDOM_REGULAR, 10, 10, 0, 0, PLAIN, "topology.degree: 10 must be from 1 to 9"},
        {ENTRAIN_TOPOLOGY_RANDOM_REGULAR, 9, 3, 0, 0, PLAIN, "topology.degree: 3 x size 9 is odd"},
        {ENTRAIN_TOPOLOGY_RANDOM_REGULAR, 1u << 23, 1u << 20, 0, 0, PLAIN, "2^32"},
        {ENTRAIN_TOPOLOGY_ERDOS_RENYI, 8, 8, 0, 0, PLAIN, "topology.degree: 8 must be from 1 to 7"},
        {ENTRAIN_TOPOLOGY_ERDOS_RENYI, 8, 0, 0, 0, 0.1, 1.01, 1, 1, false,
         "topology.probability: 1.01 is outside 0 to 1"},
        {ENTRAIN_TOPOLOGY_ERDOS_RENYI, 8, 0, 0, 0, 0.1, (double)NAN, 1, 1, false, "topology.probability"},
        {ENTRAIN_TOPOLOGY_LATTICE, 12, 0, 5, 0, PLAIN, "topology.rows: 5 does not divide the size, 12"},
        {ENTRAIN_TOPOLOGY_LATTICE, 12, 0, 3, 5, PLAIN, "3 x 5"},
        {ENTRAIN_TOPOLOGY_LATTICE, 12, 0, 24, 0, PLAIN, "topology.rows: 24 does not divide the size, 12"},
        {ENTRAIN_TOPOLOGY_LATTICE, 0, 0, 3, 0, PLAIN,
         "topology.size: 0 is outside 2 to 16777215; give size, or rows"},
        {ENTRAIN_TOPOLOGY_LATTICE, 0, 0, 1, 1, PLAIN, "topology.size: 1 is outside"},
        {ENTRAIN_TOPOLOGY_TORUS, 0, 0, 65536, 65536, PLAIN, "topology.size: 4294967296 is outside"},
        {ENTRAIN_TOPOLOGY_TORUS, 997, 0, 0, 0, PLAIN, "say 992 or 1024"},
        {ENTRAIN_TOPOLOGY_TORUS, 14, 0, 0, 0, PLAIN,
         "topology.size: 14 has no split into rows and columns of 3 or more"},
        {ENTRAIN_TOPOLOGY_TORUS, 2, 0, 0, 0, PLAIN, "say 9 or 12"},
        {ENTRAIN_TOPOLOGY_TORUS, 16, 0, 2, 0, PLAIN, "a torus needs 3 or more of each, not 2 x 8"},
        {ENTRAIN_TOPOLOGY_TORUS, 16, 0, 8, 2, PLAIN, "not 8 x 2"},
        {ENTRAIN_TOPOLOGY_COMPLETE, 10, 0, 0, 0, 0.1, -1, 1, 1, true, "topology.directed"},
        {ENTRAIN_TOPOLOGY_COMPLETE, 10, 0, 0, 0, 0.1, -1, 0, 1, false, "erdos-renyi with probability 1"},
        {ENTRAIN_TOPOLOGY_RING, 10, 0, 0, 0, 0.1, -1, 2, 1, false,
         "topology.weight_low and weight_high: [2, 1]"},
        {ENTRAIN_TOPOLOGY_RING, 10, 0, 0, 0, 0.1, -1, (double)NAN, 1, false, "topology.weight_low"},
        {ENTRAIN_TOPOLOGY_RING, 10, 0, 0, 0, 0.1, -1, 0, (double)INFINITY, false, "within -2^100 to 2^100"},
        {ENTRAIN_TOPOLOGY_RING, 16000000, 1000000, 0, 0, PLAIN, "use a smaller size or degree"},
        {ENTRAIN_TOPOLOGY_ERDOS_RENYI, 16000000, 0, 0, 0, 0.1, 1, 1, 1, false, "edges need about"},
#undef PLAIN
    };
    int64_t live = entrain__memory_live();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        entrain_topology_config config = config_of(refused[i].kind, refused[i].size);
        config.degree = refused[i].degree;
        config.rows = refused[i].rows;
        config.columns = refused[i].columns;
        config.rewire = refused[i].rewire;
        config.probability = refused[i].probability;
        config.weight_low = refused[i].low;
        config.weight_high = refused[i].high;
        config.directed = refused[i].directed;
        entrain_topology *topology = NULL;
        entrain_error error = {0};
        entrain_status status = entrain_topology_create(&config, &topology, &error);
        if (status == ENTRAIN_OK || error.status != status ||
            strstr(error.sentence, refused[i].words) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", entrain_status_name(status), error.sentence,
                     refused[i].words);
        assert_null(topology);
        assert_int_equal(entrain_topology_create(&config, &topology, NULL), status);
        assert_int_equal(entrain__memory_live(), live);
    }
}

static uint64_t fold_bytes(uint64_t mix, const void *bytes, size_t size) {
    for (size_t at = 0; at < size; at += 4) {
        uint32_t word;
        memcpy(&word, (const char *)bytes + at, sizeof word);
        mix = entrain__mix_fold(mix, word);
    }
    return mix;
}

static uint64_t hash_of(entrain_topology_config config) {
    entrain_topology *topology = create(config);
    entrain_topology_view view = entrain_topology_look(topology);
    check_csr(&view);
    uint64_t mix = entrain__mix_fold(entrain__mix64(view.vertex_count), view.arc_count);
    mix = fold_bytes(mix, view.in_offsets, ((size_t)view.vertex_count + 1) * sizeof *view.in_offsets);
    mix = fold_bytes(mix, view.in_speakers, view.arc_count * sizeof *view.in_speakers);
    mix = fold_bytes(mix, view.out_hearers, view.arc_count * sizeof *view.out_hearers);
    if (view.weighted) {
        mix = fold_bytes(mix, &view.weight_scale, sizeof view.weight_scale);
        mix = fold_bytes(mix, view.in_weights, view.arc_count * sizeof *view.in_weights);
    }
    entrain_topology_release(topology);
    return mix;
}

// The graphs that every release and every compiler must give. A change here changes every result ever
// recorded.
static void graphs_never_change(void **state) {
    (void)state;
    static const struct {
        entrain_topology_kind kind;
        bool directed, weighted;
        uint64_t seed, hash;
    } golden[] = {
        {ENTRAIN_TOPOLOGY_RING, false, false, 1, UINT64_C(0xa2e4c645306cf9c3)},
        {ENTRAIN_TOPOLOGY_RING, true, true, 1, UINT64_C(0xeb262fe4178849ac)},
        {ENTRAIN_TOPOLOGY_LATTICE, false, false, 1, UINT64_C(0xa90b1b9e1a9eea08)},
        {ENTRAIN_TOPOLOGY_LATTICE, true, true, 1, UINT64_C(0x96eccc02d441ee78)},
        {ENTRAIN_TOPOLOGY_TORUS, false, false, 1, UINT64_C(0x246d53ae610c01cf)},
        {ENTRAIN_TOPOLOGY_TORUS, true, true, 1, UINT64_C(0xd5d2814a91276140)},
        {ENTRAIN_TOPOLOGY_SMALL_WORLD, false, false, 1, UINT64_C(0x52fc44481593d7ca)},
        {ENTRAIN_TOPOLOGY_SMALL_WORLD, false, true, 2, UINT64_C(0xe865794520372ff0)},
        {ENTRAIN_TOPOLOGY_SMALL_WORLD, true, false, 1, UINT64_C(0xecf1eebac29423a9)},
        {ENTRAIN_TOPOLOGY_SMALL_WORLD, true, true, 3, UINT64_C(0x5c587ff0242057b0)},
        {ENTRAIN_TOPOLOGY_RANDOM_REGULAR, false, false, 1, UINT64_C(0x00ae9301fc526fee)},
        {ENTRAIN_TOPOLOGY_RANDOM_REGULAR, false, true, 2, UINT64_C(0x5a36fba16776daca)},
        {ENTRAIN_TOPOLOGY_RANDOM_REGULAR, true, false, 1, UINT64_C(0x9f3baba7c5134bb8)},
        {ENTRAIN_TOPOLOGY_RANDOM_REGULAR, true, true, 3, UINT64_C(0xced0962746bf6c87)},
        {ENTRAIN_TOPOLOGY_ERDOS_RENYI, false, false, 1, UINT64_C(0xf75bd2f09d6e603c)},
        {ENTRAIN_TOPOLOGY_ERDOS_RENYI, false, true, 2, UINT64_C(0x41fa5305b3723699)},
        {ENTRAIN_TOPOLOGY_ERDOS_RENYI, true, false, 1, UINT64_C(0xe88997ca95b0fa18)},
        {ENTRAIN_TOPOLOGY_ERDOS_RENYI, true, true, 3, UINT64_C(0xaab73bbf0a023b61)},
        {ENTRAIN_TOPOLOGY_SCALE_FREE, false, false, 1, UINT64_C(0xa06c0f0dd1b0ef1f)},
        {ENTRAIN_TOPOLOGY_SCALE_FREE, false, true, 2, UINT64_C(0xfd090e78d6d7ff45)},
        {ENTRAIN_TOPOLOGY_SCALE_FREE, true, false, 1, UINT64_C(0xdae64adc3e6c4c22)},
        {ENTRAIN_TOPOLOGY_SCALE_FREE, true, true, 3, UINT64_C(0x731b8ee657fcc164)},
        {ENTRAIN_TOPOLOGY_STAR, false, false, 1, UINT64_C(0x260df0ff7a754a1b)},
        {ENTRAIN_TOPOLOGY_STAR, true, true, 1, UINT64_C(0xc35e90c49440568d)},
    };
    bool changed = false;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        entrain_topology_config config = config_of(golden[i].kind, 2500);
        config.directed = golden[i].directed;
        config.seed = golden[i].seed;
        if (golden[i].weighted) {
            config.weight_low = -0.5;
            config.weight_high = 1.5;
        }
        uint64_t hash = hash_of(config);
        if (hash != golden[i].hash) {
            print_error("%s directed %d weighted %d seed %llu: now 0x%016llx\n",
                        entrain_topology_kind_name(golden[i].kind), golden[i].directed, golden[i].weighted,
                        (unsigned long long)golden[i].seed, (unsigned long long)hash);
            changed = true;
        }
    }
    // Dense graphs take another path to the same promise.
    entrain_topology_config dense = config_of(ENTRAIN_TOPOLOGY_SMALL_WORLD, 200);
    dense.degree = 60;
    dense.rewire = 0.7;
    uint64_t small_world = hash_of(dense);
    dense.kind = ENTRAIN_TOPOLOGY_RANDOM_REGULAR;
    uint64_t regular = hash_of(dense);
    dense.degree = 150;
    uint64_t complement = hash_of(dense);
    if (small_world != UINT64_C(0x06a523461da912b2) || regular != UINT64_C(0xaa62fd8dbad85401) ||
        complement != UINT64_C(0x49b346b8df23e201)) {
        print_error("dense: now 0x%016llx 0x%016llx 0x%016llx\n", (unsigned long long)small_world,
                    (unsigned long long)regular, (unsigned long long)complement);
        changed = true;
    }
    assert_false(changed);
}

static void failing_blocks_leave_nothing(void **state) {
    (void)state;
    int64_t live = entrain__memory_live();
    for (unsigned kind = 0; kind < ENTRAIN_TOPOLOGY_EDGE_LIST; kind++)
        for (int variant = 0; variant < 4; variant++) {
            entrain_topology_config config = config_of((entrain_topology_kind)kind, 100);
            config.directed = variant % 2 != 0 && kind != ENTRAIN_TOPOLOGY_COMPLETE;
            config.weight_low = variant / 2 != 0 && kind != ENTRAIN_TOPOLOGY_COMPLETE ? 0 : 1;
            uint64_t failures = 0;
            for (uint64_t n = 1;; n++) {
                entrain_topology *topology = NULL;
                entrain_error error = {0};
                entrain__memory_fail_at(n);
                entrain_status status = entrain_topology_create(&config, &topology, &error);
                entrain__memory_fail_at(0);
                if (status == ENTRAIN_OK) {
                    entrain_topology_release(topology);
                    break;
                }
                assert_int_equal(status, ENTRAIN_NO_MEMORY);
                assert_true(strlen(error.sentence) > 0);
                assert_null(topology);
                assert_int_equal(entrain__memory_live(), live);
                failures++;
            }
            assert_true(failures >= (kind == ENTRAIN_TOPOLOGY_COMPLETE ? 2 : 8));
            assert_int_equal(entrain__memory_live(), live);
        }
    const entrain_edge edges[] = {{0, 1, 2}, {1, 2, 3}};
    for (uint64_t n = 1;; n++) {
        entrain_topology *topology = NULL;
        entrain_error error = {0};
        entrain__memory_fail_at(n);
        entrain_status status = entrain_topology_from_edges(3, edges, 2, true, true, &topology, &error);
        entrain__memory_fail_at(0);
        entrain_topology_release(topology);
        assert_int_equal(entrain__memory_live(), live);
        if (status == ENTRAIN_OK)
            break;
        assert_int_equal(status, ENTRAIN_NO_MEMORY);
    }
}

static void bytes_are_those_of_the_arrays(void **state) {
    (void)state;
    entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_RING, 1000);
    entrain_topology *topology = create(config);
    assert_int_equal(entrain_topology_bytes(topology), 1001 * 8 + 2000 * 4);
    entrain_topology_release(topology);
    config.directed = true;
    config.weight_low = 0;
    topology = create(config);
    assert_int_equal(entrain_topology_bytes(topology), 2 * 1001 * 8 + 2 * 1000 * 4 + 1000 * 8);
    entrain_topology_release(topology);
}

static void *own_for_a_while(void *argument) {
    entrain_topology *topology = argument;
    for (int i = 0; i < 20000; i++) {
        entrain_topology_retain(topology);
        if (entrain_topology_look(topology).vertex_count != 10)
            return topology;
        entrain_topology_release(topology);
    }
    entrain_topology_release(topology);
    return NULL;
}

static void owners_on_many_threads_are_counted(void **state) {
    (void)state;
    int64_t live = entrain__memory_live();
    entrain_topology *topology = create(config_of(ENTRAIN_TOPOLOGY_RING, 10));
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        entrain_topology_retain(topology);
        assert_int_equal(pthread_create(&threads[i], NULL, own_for_a_while, topology), 0);
    }
    entrain_topology_release(topology);
    for (int i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(entrain__memory_live(), live);
}

static void owners_are_counted(void **state) {
    (void)state;
    int64_t live = entrain__memory_live();
    entrain_topology *topology = create(config_of(ENTRAIN_TOPOLOGY_RING, 10));
    entrain_topology_retain(topology);
    entrain_topology_release(topology);
    assert_int_equal(entrain_topology_look(topology).vertex_count, 10);
    assert_true(entrain__memory_live() > live);
    entrain_topology_release(topology);
    assert_int_equal(entrain__memory_live(), live);
    entrain_topology_release(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owners_are_counted),
        cmocka_unit_test(edges_in_memory_become_sorted_arcs),
        cmocka_unit_test(bad_edges_in_memory_are_refused),
        cmocka_unit_test(kinds_have_names_and_are_found),
        cmocka_unit_test(weights_are_uniform_and_scaled_by_a_power_of_two),
        cmocka_unit_test(constant_weights_are_kept),
        cmocka_unit_test(in_strength_ends_at_two_to_the_18),
        cmocka_unit_test(values_out_of_range_are_refused_with_a_sentence),
        cmocka_unit_test(graphs_never_change),
        cmocka_unit_test(failing_blocks_leave_nothing),
        cmocka_unit_test(bytes_are_those_of_the_arrays),
        cmocka_unit_test(owners_on_many_threads_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
