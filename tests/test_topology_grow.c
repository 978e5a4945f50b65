// Graphs with room, in which vertices join and leave: degrees, no parallel edges, one piece, the same from
// the same seed, and what is refused.
#include "check.h"

#include "engine/base/memory.h"
#include "entrain/topology.h"

static entrain_topology *make(entrain_topology_kind kind, uint32_t size, uint32_t degree) {
    entrain_error error = {0};
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = kind;
    config.size = size;
    config.degree = degree;
    entrain_topology *topology;
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    return topology;
}

// Each of these takes its first argument's place.
static void pad(entrain_topology **topology, uint32_t room) {
    entrain_error error = {0};
    entrain_topology *padded;
    CHECK_OK(entrain_topology_padded(*topology, room, &padded, &error), error);
    entrain_topology_release(*topology);
    *topology = padded;
}
static void join_at(entrain_topology **topology, uint32_t first, uint32_t count, uint32_t degree,
                    const bool *living, uint64_t seed, uint64_t tick) {
    entrain_error error = {0};
    uint32_t *vertices = malloc((count + 1) * sizeof *vertices);
    assert_non_null(vertices);
    for (uint32_t k = 0; k < count; k++)
        vertices[k] = first + k;
    entrain_topology *joined;
    CHECK_OK(entrain_topology_join(*topology, vertices, count, degree, living, seed, tick, &joined, &error),
             error);
    entrain_topology_release(*topology);
    *topology = joined;
    free(vertices);
}
static void join(entrain_topology **topology, uint32_t first, uint32_t count, uint32_t degree) {
    join_at(topology, first, count, degree, NULL, 1, 1);
}
static void leave(entrain_topology **topology, uint32_t first, uint32_t count, uint32_t stride,
                  const bool *living) {
    entrain_error error = {0};
    uint32_t *vertices = malloc((count + 1) * sizeof *vertices);
    assert_non_null(vertices);
    for (uint32_t k = 0; k < count; k++)
        vertices[k] = first + k * stride;
    entrain_topology *left;
    CHECK_OK(entrain_topology_leave(*topology, vertices, count, living, 1, 1, &left, &error), error);
    entrain_topology_release(*topology);
    *topology = left;
    free(vertices);
}

static uint32_t degree_of(const entrain_topology_view *view, uint32_t v) {
    return (uint32_t)(view->in_offsets[v + 1] - view->in_offsets[v]);
}

// Sound: rows sorted, simple, and each edge both ways. @return how many pieces the vertices with an edge
// are in.
static uint32_t pieces_of(const entrain_topology *topology) {
    const entrain_topology_view view = entrain_topology_look(topology);
    uint32_t *stack = calloc(view.vertex_count, sizeof *stack), pieces = 0, highest = 0;
    bool *seen = calloc(view.vertex_count, sizeof *seen);
    assert_true(stack != NULL && seen != NULL);
    for (uint32_t v = 0; v < view.vertex_count; v++) {
        highest = degree_of(&view, v) > highest ? degree_of(&view, v) : highest;
        for (uint64_t a = view.in_offsets[v]; a < view.in_offsets[v + 1]; a++) {
            assert_true(view.in_speakers[a] != (int32_t)v);
            assert_true(a == view.in_offsets[v] || view.in_speakers[a - 1] < view.in_speakers[a]);
            assert_int_equal(entrain_topology_edge_count(topology, v, (uint32_t)view.in_speakers[a]), 1);
        }
        if (seen[v] || degree_of(&view, v) == 0)
            continue;
        pieces++;
        uint32_t height = 0;
        for (stack[height++] = v, seen[v] = true; height > 0;) {
            const uint32_t at = stack[--height];
            for (uint64_t a = view.in_offsets[at]; a < view.in_offsets[at + 1]; a++)
                if (!seen[view.in_speakers[a]]) {
                    seen[view.in_speakers[a]] = true;
                    stack[height++] = (uint32_t)view.in_speakers[a];
                }
        }
    }
    assert_int_equal(view.in_degree_max, highest);
    assert_int_equal(view.in_offsets[view.vertex_count], view.arc_count);
    free(stack);
    free(seen);
    return pieces;
}

static void check_degrees(const entrain_topology *topology, uint32_t first, uint32_t count, uint32_t degree) {
    const entrain_topology_view view = entrain_topology_look(topology);
    for (uint32_t v = first; v < first + count; v++)
        if (degree_of(&view, v) != degree)
            fail_msg("vertex %u has %u neighbours, not %u", v, degree_of(&view, v), degree);
}

static bool same(const entrain_topology *one, const entrain_topology *other) {
    const entrain_topology_view a = entrain_topology_look(one), b = entrain_topology_look(other);
    return a.arc_count == b.arc_count && a.vertex_count == b.vertex_count &&
           memcmp(a.in_offsets, b.in_offsets, (a.vertex_count + 1) * sizeof *a.in_offsets) == 0 &&
           memcmp(a.in_speakers, b.in_speakers, a.arc_count * sizeof *a.in_speakers) == 0;
}

static void room_is_made_of_isolated_vertices(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
    config.size = 60;
    config.degree = 6;
    config.directed = true;
    config.weight_low = 0.5, config.weight_high = 4;
    config.delay_low = 0.1, config.delay_high = 0.2;
    entrain_topology *topology, *padded;
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    CHECK_OK(entrain_topology_padded(topology, 100, &padded, &error), error);
    const entrain_topology_view was = entrain_topology_look(topology), is = entrain_topology_look(padded);
    assert_int_equal(is.vertex_count, 100);
    assert_int_equal(is.kind, ENTRAIN_TOPOLOGY_EDGE_LIST);
    assert_string_equal(is.name, "small-world");
    assert_true(is.directed && is.weighted && is.weight_scale == was.weight_scale &&
                is.arc_count == was.arc_count && is.delay_low == was.delay_low &&
                is.delay_high == was.delay_high);
    for (uint32_t v = 0; v <= 100; v++) {
        assert_int_equal(is.in_offsets[v], was.in_offsets[v < 60 ? v : 60]);
        assert_int_equal(is.out_offsets[v], was.out_offsets[v < 60 ? v : 60]);
    }
    assert_memory_equal(is.in_speakers, was.in_speakers, was.arc_count * sizeof *was.in_speakers);
    assert_memory_equal(is.out_hearers, was.out_hearers, was.arc_count * sizeof *was.out_hearers);
    assert_memory_equal(is.in_weights, was.in_weights, was.arc_count * sizeof *was.in_weights);
    assert_memory_equal(is.in_delays, was.in_delays, was.arc_count * sizeof *was.in_delays);
    CHECK_REFUSED(entrain_topology_padded(padded, 99, &topology, &error), ENTRAIN_INVALID, error,
                  "must be 100");
    entrain_topology_release(topology); // what was made of it is its own
    assert_int_equal(entrain_topology_look(padded).in_speakers[0], is.in_speakers[0]);
    entrain_topology_release(padded);
    entrain_topology *complete = make(ENTRAIN_TOPOLOGY_COMPLETE, 10, 0);
    pad(&complete, 20);
    assert_int_equal(entrain_topology_look(complete).kind, ENTRAIN_TOPOLOGY_COMPLETE);
    assert_int_equal(entrain_topology_look(complete).vertex_count, 20);
    join(&complete, 10, 10, 4); // the same
    leave(&complete, 0, 5, 1, NULL);
    assert_int_equal(entrain_topology_look(complete).vertex_count, 20);
    entrain_topology_release(complete);
}

static void a_regular_graph_stays_regular(void **state) {
    (void)state;
    for (uint32_t degree = 2; degree <= 8; degree++) {
        entrain_topology *topology = make(ENTRAIN_TOPOLOGY_RANDOM_REGULAR, 100, degree);
        pad(&topology, 1000);
        for (uint32_t first = 100; first < 1000; first += 100)
            join_at(&topology, first, 100, degree, NULL, 7, first);
        check_degrees(topology, 0, 1000, degree);
        if (degree > 2)
            assert_int_equal(pieces_of(topology), 1);
        leave(&topology, 3, 300, 3, NULL);
        const entrain_topology_view view = entrain_topology_look(topology);
        uint32_t less = 0;
        for (uint32_t v = 0; v < 1000; v++) {
            const bool left = v >= 3 && v < 903 && v % 3 == 0;
            assert_true(left ? degree_of(&view, v) == 0 : degree_of(&view, v) <= degree);
            less += left ? 0 : degree - degree_of(&view, v);
        }
        // Of an odd number one is left over each time; and a pair that knew each other already is rare.
        assert_true(less <= (degree % 2 == 0 ? 12u : 330u));
        if (degree > 3)
            assert_int_equal(pieces_of(topology), 1);
        for (uint32_t v = 3; v < 903; v += 3) // they come again
            join_at(&topology, v, 1, degree - degree % 2, NULL, 7, v);
        for (uint32_t v = 3; v < 903; v += 3)
            check_degrees(topology, v, 1, degree - degree % 2);
        if (degree > 3)
            assert_int_equal(pieces_of(topology), 1);
        entrain_topology_release(topology);
    }
}

static void a_ring_stays_one(void **state) {
    (void)state;
    entrain_topology *topology = make(ENTRAIN_TOPOLOGY_RING, 20, 2);
    pad(&topology, 50);
    join(&topology, 20, 30, 2);
    check_degrees(topology, 0, 50, 2);
    assert_int_equal(pieces_of(topology), 1);
    leave(&topology, 0, 40, 1, NULL);
    check_degrees(topology, 0, 40, 0);
    check_degrees(topology, 40, 10, 2);
    assert_int_equal(pieces_of(topology), 1);
    entrain_topology_release(topology);
}

static void the_first_ones_come_too(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology *topology;
    CHECK_OK(entrain_topology_from_edges(40, NULL, 0, false, false, &topology, &error), error);
    join(&topology, 0, 40, 8); // nobody is there: they begin among themselves
    assert_int_equal(pieces_of(topology), 1);
    check_degrees(topology, 9, 31, 8);
    leave(&topology, 0, 40, 1, NULL);
    check_degrees(topology, 0, 40, 0);
    join(&topology, 7, 1, 8);
    check_degrees(topology, 0, 40, 0);
    join(&topology, 7, 2, 8);
    check_degrees(topology, 7, 2, 1);
    assert_int_equal(pieces_of(topology), 1);
    entrain_topology_release(topology);
    bool all[40];
    memset(all, true, sizeof all); // living, but not in yet
    CHECK_OK(entrain_topology_from_edges(40, NULL, 0, false, false, &topology, &error), error);
    join_at(&topology, 0, 40, 8, all, 1, 1);
    assert_int_equal(pieces_of(topology), 1);
    entrain_topology_release(topology);
    entrain_edge edges[3001];
    for (uint32_t e = 0; e < 3000; e++)
        edges[e] = (entrain_edge){0, e + 1, 1};
    edges[3000] = (entrain_edge){3001, 3002, 1}; // of all the edges the only one that is not the hub's
    CHECK_OK(entrain_topology_from_edges(3004, edges, 3001, false, false, &topology, &error), error);
    join(&topology, 3003, 1, 4);
    check_degrees(topology, 0, 1, 3000);
    check_degrees(topology, 1, 3002, 1);
    check_degrees(topology, 3003, 1, 4);
    entrain_topology_release(topology);
    topology = make(ENTRAIN_TOPOLOGY_STAR, 5000, 0); // every edge ends at the hub: only one of them suits
    pad(&topology, 5010);
    join(&topology, 5000, 10, 4);
    check_degrees(topology, 5000, 10, 4);
    assert_int_equal(pieces_of(topology), 1);
    leave(&topology, 0, 1, 1, NULL);
    assert_true(pieces_of(topology) > 1000); // those who know nobody else are introduced two by two
    entrain_topology_release(topology);
}

static void the_dead_are_not_joined(void **state) {
    (void)state;
    entrain_topology *topology = make(ENTRAIN_TOPOLOGY_RANDOM_REGULAR, 200, 6);
    pad(&topology, 260);
    bool living[260];
    for (uint32_t v = 0; v < 260; v++)
        living[v] = v % 2 == 0; // those who are to come, too, as it happens
    join_at(&topology, 200, 60, 6, living, 3, 3);
    const entrain_topology_view view = entrain_topology_look(topology);
    for (uint32_t v = 200; v < 260; v++) {
        assert_int_equal(degree_of(&view, v), 6);
        for (uint64_t a = view.in_offsets[v]; a < view.in_offsets[v + 1]; a++)
            assert_true(view.in_speakers[a] >= 200 || view.in_speakers[a] % 2 == 0);
    }
    check_degrees(topology, 0, 200, 6);
    assert_int_equal(pieces_of(topology), 1);
    // Among the neighbours of who leaves the living are introduced to each other.
    entrain_topology_release(topology);
    entrain_error error = {0};
    const entrain_edge edges[] = {{0, 1, 1}, {0, 2, 1}, {0, 3, 1}, {0, 4, 1}};
    for (uint64_t tick = 0; tick < 20; tick++) {
        CHECK_OK(entrain_topology_from_edges(5, edges, 4, false, false, &topology, &error), error);
        const bool two[] = {false, true, false, false, true};
        const uint32_t hub = 0;
        entrain_topology *left;
        CHECK_OK(entrain_topology_leave(topology, &hub, 1, two, 1, tick, &left, &error), error);
        assert_int_equal(entrain_topology_edge_count(left, 1, 4), 1);
        assert_int_equal(entrain_topology_edge_count(left, 2, 3), 1);
        entrain_topology_release(left);
        entrain_topology_release(topology);
    }
}

static void the_same_seed_the_same_graph(void **state) {
    (void)state;
    entrain_topology *graphs[4];
    for (uint32_t g = 0; g < 4; g++) {
        graphs[g] = make(ENTRAIN_TOPOLOGY_RANDOM_REGULAR, 200, 8);
        pad(&graphs[g], 300);
        join_at(&graphs[g], 200, 100, 8, NULL, g == 2 ? 2 : 1, g == 3 ? 2 : 1);
    }
    assert_true(same(graphs[0], graphs[1]));
    assert_false(same(graphs[0], graphs[2]));
    assert_false(same(graphs[0], graphs[3]));
    const uint64_t arcs = entrain_topology_look(graphs[0]).arc_count;
    for (uint32_t g = 0; g < 2; g++)
        leave(&graphs[g], 0, 150, 2, NULL);
    assert_true(same(graphs[0], graphs[1]));
    assert_true(entrain_topology_look(graphs[0]).arc_count < arcs);
    for (uint32_t g = 0; g < 4; g++)
        entrain_topology_release(graphs[g]);
}

static void refusals_are_sentences(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_RING;
    config.size = 20;
    const uint32_t wrong = 20, right = 3, twice[] = {0, 0};
    entrain_topology *topology, *out;
    for (uint32_t kind = 0; kind < 3; kind++) {
        entrain_topology_config odd = config;
        odd.directed = kind == 0;
        odd.weight_high = kind == 1 ? 2 : 1;
        odd.delay_high = kind == 2 ? 0.1 : 0;
        CHECK_OK(entrain_topology_create(&odd, &topology, &error), error);
        CHECK_REFUSED(entrain_topology_leave(topology, &right, 1, NULL, 1, 1, &out, &error),
                      ENTRAIN_UNSUPPORTED, error,
                      kind == 0   ? "is directed"
                      : kind == 1 ? "has weights"
                                  : "a delay for each edge");
        CHECK_REFUSED(entrain_topology_join(topology, &right, 1, 2, NULL, 1, 1, &out, &error),
                      ENTRAIN_UNSUPPORTED, error, "undirected graphs only");
        entrain_topology_release(topology);
    }
    config.delay_low = config.delay_high = 0.1; // one for all
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    CHECK_REFUSED(entrain_topology_leave(topology, &wrong, 1, NULL, 1, 1, &out, &error), ENTRAIN_INVALID,
                  error, "vertices are 0 to 19");
    CHECK_REFUSED(entrain_topology_join(topology, &wrong, 1, 2, NULL, 1, 1, &out, &error), ENTRAIN_INVALID,
                  error, "vertices are 0 to 19");
    CHECK_REFUSED(entrain_topology_join(topology, &right, 1, 2, NULL, 1, 1, &out, &error), ENTRAIN_INVALID,
                  error, "has neighbours already");
    leave(&topology, 0, 1, 1, NULL);
    assert_true(entrain_topology_look(topology).delay_low == 0.1 &&
                entrain_topology_look(topology).delay_high == 0.1);
    CHECK_REFUSED(entrain_topology_join(topology, twice, 2, 2, NULL, 1, 1, &out, &error), ENTRAIN_INVALID,
                  error, "each joins once");
    CHECK_REFUSED(entrain_topology_join(topology, twice, 1, 0, NULL, 1, 1, &out, &error), ENTRAIN_INVALID,
                  error, "1 to 19");
    CHECK_REFUSED(entrain_topology_join(topology, twice, 1, 20, NULL, 1, 1, &out, &error), ENTRAIN_INVALID,
                  error, "1 to 19");
    entrain_topology_release(topology);
}

static void any_allocation_may_fail_and_nothing_is_left(void **state) {
    (void)state;
    entrain_topology *topology = make(ENTRAIN_TOPOLOGY_RANDOM_REGULAR, 100, 6);
    pad(&topology, 120);
    const uint32_t who[] = {100, 101, 102}, leaver = 5;
    const int64_t live = entrain__memory_live();
    for (int what = 0; what < 3; what++) {
        uint64_t n = 0;
        entrain_status status;
        do {
            entrain_error error = {0};
            entrain_topology *out = NULL;
            entrain__memory_fail_at(++n);
            if (what == 0)
                status = entrain_topology_padded(topology, 150, &out, &error);
            else if (what == 1)
                status = entrain_topology_join(topology, who, 3, 6, NULL, 1, 1, &out, &error);
            else
                status = entrain_topology_leave(topology, &leaver, 1, NULL, 1, 1, &out, &error);
            entrain__memory_fail_at(0);
            assert_true(status == ENTRAIN_OK || (status == ENTRAIN_NO_MEMORY && strlen(error.sentence) > 10));
            assert_true((status == ENTRAIN_OK) == (out != NULL));
            entrain_topology_release(out);
            assert_int_equal(entrain__memory_live(), live);
        } while (status != ENTRAIN_OK);
        assert_true(n > 3);
    }
    entrain_topology_release(topology);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_made_of_isolated_vertices),
        cmocka_unit_test(a_regular_graph_stays_regular),
        cmocka_unit_test(a_ring_stays_one),
        cmocka_unit_test(the_first_ones_come_too),
        cmocka_unit_test(the_dead_are_not_joined),
        cmocka_unit_test(the_same_seed_the_same_graph),
        cmocka_unit_test(refusals_are_sentences),
        cmocka_unit_test(any_allocation_may_fail_and_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
