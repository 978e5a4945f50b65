/// @file topology_check.h  What the tests of topologies share: making one, looking at it, and what holds
/// for every graph.
#ifndef ENTRAIN_TESTS_TOPOLOGY_CHECK_H
#define ENTRAIN_TESTS_TOPOLOGY_CHECK_H

#include "check.h"

#include "entrain/topology.h"

static inline entrain_topology_config config_of(entrain_topology_kind kind, uint32_t size) {
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = kind;
    config.size = size;
    return config;
}

static inline entrain_topology *create(entrain_topology_config config) {
    entrain_topology *topology = NULL;
    entrain_error error = {0};
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    return topology;
}

static inline uint64_t in_degree(const entrain_topology_view *view, uint32_t v) {
    return view->in_offsets[v + 1] - view->in_offsets[v];
}

// How many arcs go from speaker to hearer.
static inline uint32_t arcs_between(const entrain_topology_view *view, uint32_t speaker, uint32_t hearer) {
    uint32_t count = 0;
    for (uint64_t a = view->in_offsets[hearer]; a < view->in_offsets[hearer + 1]; a++)
        count += view->in_speakers[a] == (int32_t)speaker;
    return count;
}

// What holds for every graph: offsets rise, speakers are vertices and sorted, nobody hears itself, out is in
// turned round, and an undirected graph is its own transpose, weights included.
static inline void check_csr(const entrain_topology_view *view) {
    uint32_t n = view->vertex_count;
    assert_int_equal(view->in_offsets[0], 0);
    assert_int_equal(view->in_offsets[n], view->arc_count);
    assert_int_equal(view->out_offsets[n], view->arc_count);
    assert_int_equal(view->in_weights != NULL, view->weighted);
    assert_int_equal(view->in_offsets == view->out_offsets, !view->directed);
    assert_int_equal(view->in_speakers == view->out_hearers, !view->directed);
    uint64_t degree_max = 0;
    uint64_t *cursors = calloc(n, sizeof *cursors);
    memcpy(cursors, view->out_offsets, n * sizeof *cursors);
    for (uint32_t v = 0; v < n; v++) {
        assert_true(view->in_offsets[v] <= view->in_offsets[v + 1]);
        degree_max = in_degree(view, v) > degree_max ? in_degree(view, v) : degree_max;
        for (uint64_t a = view->in_offsets[v]; a < view->in_offsets[v + 1]; a++) {
            int32_t speaker = view->in_speakers[a];
            assert_true(speaker >= 0 && (uint32_t)speaker < n && (uint32_t)speaker != v);
            assert_true(a == view->in_offsets[v] || view->in_speakers[a - 1] <= speaker);
            // Hearers walked upwards must be met in the speaker's row in the same order.
            uint64_t twin = cursors[speaker]++;
            assert_true(twin < view->out_offsets[speaker + 1]);
            assert_int_equal(view->out_hearers[twin], v);
            if (view->weighted) {
                assert_true(view->in_weights[a] >= -1 && view->in_weights[a] <= 1);
                if (!view->directed)
                    assert_true(view->in_weights[twin] == view->in_weights[a]);
            }
        }
    }
    assert_int_equal(degree_max, view->in_degree_max);
    free(cursors);
}

static inline void check_simple(const entrain_topology_view *view) {
    for (uint32_t v = 0; v < view->vertex_count; v++)
        for (uint64_t a = view->in_offsets[v] + 1; a < view->in_offsets[v + 1]; a++)
            assert_true(view->in_speakers[a - 1] < view->in_speakers[a]);
}

static inline bool same_arcs(const entrain_topology_view *a, const entrain_topology_view *b) {
    return a->vertex_count == b->vertex_count && a->arc_count == b->arc_count &&
           memcmp(a->in_offsets, b->in_offsets, ((size_t)a->vertex_count + 1) * sizeof *a->in_offsets) == 0 &&
           memcmp(a->in_speakers, b->in_speakers, a->arc_count * sizeof *a->in_speakers) == 0;
}

// Vertices reached from 0 along arcs in both directions.
static inline uint32_t reached_count(const entrain_topology_view *view) {
    uint32_t *queue = calloc(view->vertex_count, sizeof *queue), head = 0, tail = 1;
    bool *reached = calloc(view->vertex_count, sizeof *reached);
    reached[0] = true;
    while (head < tail) {
        uint32_t v = queue[head++];
        for (int way = 0; way < 2; way++) {
            const uint64_t *offsets = way == 0 ? view->in_offsets : view->out_offsets;
            const int32_t *others = way == 0 ? view->in_speakers : view->out_hearers;
            for (uint64_t a = offsets[v]; a < offsets[v + 1]; a++)
                if (!reached[others[a]]) {
                    reached[others[a]] = true;
                    queue[tail++] = (uint32_t)others[a];
                }
        }
    }
    free(queue);
    free(reached);
    return tail;
}

// Arcs that a ring of this degree does not have.
static inline uint64_t arcs_off_ring(const entrain_topology_view *view, uint32_t degree) {
    uint64_t count = 0;
    uint32_t n = view->vertex_count;
    for (uint32_t v = 0; v < n; v++)
        for (uint64_t a = view->in_offsets[v]; a < view->in_offsets[v + 1]; a++) {
            uint32_t ahead = ((uint32_t)view->in_speakers[a] + n - v) % n;
            count += ahead > degree / 2 && n - ahead > degree / 2;
        }
    return count;
}

#endif
