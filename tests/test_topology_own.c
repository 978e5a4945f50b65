// Topologies of the user's own: that the library builds them as it builds its own, and refuses what a
// generator does wrong, by name.
#include <math.h>

#include "topology_check.h"

#include "entrain/random.h"

static const entrain_parameter parameters[] = {
    {"reach", 2, 1, 8, "distance of the farthest neighbour"},
    {"chance", 0, 0, 1, "of another edge"},
};

// The library's own ring, edge by edge, when `reach` is half its degree.
static entrain_status ring(const entrain_topology_request *request, entrain_topology_edges *edges,
                           entrain_error *error_out) {
    (void)error_out;
    entrain_random key = entrain_random_key(request->seed, ENTRAIN_STREAM_TOPOLOGY);
    for (uint32_t v = 0; v < request->size; v++) {
        for (uint32_t d = 1; d <= (uint32_t)request->parameters[0]; d++)
            entrain_topology_edge(edges, v, (v + d) % request->size, 0.5 * d);
        if (entrain_random_uniform(key, v, 0, 0) < request->parameters[1])
            entrain_topology_edge(edges, v, (v + request->size / 2) % request->size, 3);
    }
    return ENTRAIN_OK;
}

// What a generator can do wrong, and what it must be shown: chosen by the degree.
enum { VERTEX = 1, LOOP, TOO_HEAVY, NO_NUMBER, REFUSES, SILENT, NO_STATUS, TOO_STRONG, LATE };
static uint32_t asked_degree;

static entrain_status bad(const entrain_topology_request *request, entrain_topology_edges *edges,
                          entrain_error *error_out) {
    asked_degree = request->degree;
    entrain_topology_edge(edges, 0, 1, 1);
    switch (request->degree) {
    case VERTEX:
        entrain_topology_edge(edges, 1, request->size, 1);
        entrain_topology_edge(edges, 2, 2, 1); // ignored: the first one counts
        break;
    case LOOP:
        assert_int_equal(entrain_topology_edge(edges, 1, 1, 1), ENTRAIN_INVALID);
        return entrain_error_set(error_out, ENTRAIN_LIMIT, "what comes of it");
    case TOO_HEAVY:
        entrain_topology_edge(edges, 1, 2, 0x1.1p100);
        break;
    case NO_NUMBER:
        entrain_topology_edge(edges, 1, 2, NAN);
        break;
    case REFUSES:
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED, "size %u is odd; add one", request->size);
    case SILENT:
        return ENTRAIN_LIMIT;
    case NO_STATUS:
        return (entrain_status)99;
    case TOO_STRONG:
        for (uint32_t i = 0; i < (1u << 18) + 2; i++)
            entrain_topology_edge(edges, 3, 4, 1);
        break;
    default:
        break;
    }
    return ENTRAIN_OK;
}

static const entrain_topology_generator rings = {.name = "my-ring",
                                                 .summary = "a ring",
                                                 .parameters = parameters,
                                                 .parameter_count = 2,
                                                 .generate = ring},
                                        weighted_rings = {.name = "my-weighted_ring",
                                                          .summary = "a ring",
                                                          .parameters = parameters,
                                                          .parameter_count = 2,
                                                          .weighted = true,
                                                          .generate = ring},
                                        bads = {.name = "bad",
                                                .summary = "",
                                                .degree = 77,
                                                .weighted = true,
                                                .generate = bad};

static entrain_topology_config config_own(const entrain_topology_generator *generator, uint32_t size) {
    entrain_topology_config config = config_of(ENTRAIN_TOPOLOGY_GENERATED, size);
    config.generator = generator;
    return config;
}

// The same arrays, to the bit.
static void check_same(entrain_topology *one, entrain_topology *other) {
    entrain_topology_view a = entrain_topology_look(one), b = entrain_topology_look(other);
    assert_int_equal(a.vertex_count, b.vertex_count);
    assert_int_equal(a.arc_count, b.arc_count);
    assert_int_equal(a.weighted, b.weighted);
    assert_int_equal(a.directed, b.directed);
    assert_memory_equal(a.in_offsets, b.in_offsets, (a.vertex_count + 1) * sizeof *a.in_offsets);
    assert_memory_equal(a.in_speakers, b.in_speakers, a.arc_count * sizeof *a.in_speakers);
    assert_memory_equal(a.out_hearers, b.out_hearers, a.arc_count * sizeof *a.out_hearers);
    if (a.weighted)
        assert_memory_equal(a.in_weights, b.in_weights, a.arc_count * sizeof *a.in_weights);
    entrain_topology_release(one);
    entrain_topology_release(other);
}

static void an_own_ring_is_the_librarys(void **state) {
    (void)state;
    for (int directed = 0; directed < 2; directed++)
        for (int weights = 0; weights < 2; weights++) {
            entrain_topology_config own = config_own(&rings, 101),
                                    known = config_of(ENTRAIN_TOPOLOGY_RING, 101);
            own.directed = known.directed = directed;
            own.weight_high = known.weight_high = weights ? 2 : 1;
            known.degree = 4;
            entrain_topology *made = create(own);
            entrain_topology_view view = entrain_topology_look(made);
            check_csr(&view);
            assert_string_equal(view.name, "my-ring");
            assert_int_equal(view.kind, ENTRAIN_TOPOLOGY_GENERATED);
            check_same(made, create(known));
        }
}

static void weights_of_its_own_count(void **state) {
    (void)state;
    entrain_topology *topology = create(config_own(&weighted_rings, 50));
    entrain_topology_view view = entrain_topology_look(topology);
    check_csr(&view);
    assert_true(view.weighted && view.weight_scale == 1);
    for (uint64_t a = 0; a < 4; a++) // of vertex 0: 1, 2, 48, 49
        assert_true(view.in_weights[a] == (a == 0 || a == 3 ? 0.5 : 1));
    entrain_topology_release(topology);

    entrain_error error = {0};
    entrain_topology_config config = config_own(&weighted_rings, 50);
    config.weight_low = 0.5;
    CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_INVALID, error,
                  "topology \"my-weighted_ring\": has weights of its own; leave topology.weight_low");
}

static void parameters_and_seeds_decide(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_topology *topology;
    double values[2] = {3, 0.5};
    entrain_topology_config config = config_own(&rings, 60);
    config.parameters = values;
    check_same(create(config), create(config));
    entrain_topology *one = create(config);
    entrain_topology_view a = entrain_topology_look(one);
    assert_true(a.arc_count > 60 * 6 + 20 && a.arc_count < 60 * 6 + 100);
    config.seed = 2;
    entrain_topology *other = create(config);
    entrain_topology_view b = entrain_topology_look(other);
    assert_true(memcmp(a.in_offsets, b.in_offsets, 61 * sizeof *a.in_offsets) != 0);
    entrain_topology_release(one);
    entrain_topology_release(other);
    for (int i = 0; i < 3; i++) {
        values[0] = (const double[]){0.5, 9, NAN}[i];
        CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_INVALID, error,
                      "topology \"my-ring\": parameter \"reach\" is");
    }
}

static void what_a_generator_does_wrong_is_refused_by_name(void **state) {
    (void)state;
    static const struct {
        uint32_t degree;
        entrain_status status;
        const char *words;
    } rows[] = {
        {VERTEX, ENTRAIN_INVALID, "topology \"bad\": edges[1]: 1 to 9 leaves the vertices 0 to 8"},
        {LOOP, ENTRAIN_INVALID, "topology \"bad\": edges[1]: 1 to itself; self-loops are not allowed"},
        {TOO_HEAVY, ENTRAIN_INVALID,
         "topology \"bad\": edges[1]: weight 1.34688e+30 must be a number between"},
        {NO_NUMBER, ENTRAIN_INVALID, "topology \"bad\": edges[1]: weight nan must be a number"},
        {REFUSES, ENTRAIN_UNSUPPORTED, "topology \"bad\": size 9 is odd; add one"},
        {SILENT, ENTRAIN_LIMIT, "topology \"bad\": a stated limit was passed"},
        {NO_STATUS, ENTRAIN_INVALID, "topology \"bad\": it answered 99, which is no status"},
        {TOO_STRONG, ENTRAIN_LIMIT, "topology \"bad\": vertex 3 hears an in-strength of 262146"},
    };
    entrain_topology_config config = config_own(&bads, 9);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        entrain_topology *topology = NULL;
        entrain_error error = {0};
        config.degree = rows[i].degree;
        CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), rows[i].status, error,
                      rows[i].words);
        assert_null(topology);
        assert_int_equal(entrain_topology_create(&config, &topology, NULL), rows[i].status);
    }
    // and what is right, in the same program
    config.degree = LATE;
    entrain_topology_release(create(config));
    assert_int_equal(asked_degree, LATE);
    config.degree = 0;
    entrain_topology_release(create(config));
    assert_int_equal(asked_degree, 77);
}

static void what_cannot_be_registered_is_refused(void **state) {
    (void)state;
    static const entrain_parameter nameless[] = {{"Reach", 1, 0, 2, ""}},
                                   silent[] = {{"reach", 1, 0, 2, NULL}},
                                   outside[] = {{"reach", 3, 0, 2, ""}},
                                   endless[] = {{"reach", 1, 0, INFINITY, ""}},
                                   twice[] = {{"reach", 1, 0, 2, ""}, {"reach", 1, 0, 2, ""}};
#define WITH(list, count)                                                                                    \
    { .name = "x", .summary = "", .generate = ring, .parameters = list, .parameter_count = count }
    static const struct {
        entrain_topology_generator generator;
        const char *words;
    } rows[] = {
        {{.summary = "", .generate = ring}, "a topology's name is 1 to 64 lower-case letters"},
        {{.name = "A", .summary = "", .generate = ring}, "this one is \"A\""},
        {{.name = "x", .summary = ""}, "topology \"x\" has no generate function; fill it in"},
        {{.name = "x", .generate = ring}, "topology \"x\" has no summary; give it one line"},
        {{.name = "torus", .summary = "", .generate = ring}, "a topology called \"torus\" is already known"},
        {{.name = "my-ring", .summary = "", .generate = ring}, "\"my-ring\" is already known"},
        {WITH(nameless, 1), "topology \"x\": a parameter's name is"},
        {WITH(silent, 1), "parameter \"reach\" has no summary"},
        {WITH(outside, 1), "parameter \"reach\" is 3 by default, and its range is 0 to 2"},
        {WITH(endless, 1), "make the range finite"},
        {WITH(twice, 2), "declares parameter \"reach\" twice"},
        {WITH(NULL, 1), "declares 1 parameters and gives none"},
        {WITH(twice, 33), "declares 33 parameters; there may be 0 to 32"},
    };
    entrain_error error = {0};
    assert_null(entrain_topology_generator_find("my-ring"));
    CHECK_OK(entrain_topology_register(&rings, &error), error);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_REFUSED(entrain_topology_register(&rows[i].generator, &error), ENTRAIN_INVALID, error,
                      rows[i].words);
    assert_ptr_equal(entrain_topology_generator_find("my-ring"), &rings);
    assert_ptr_equal(entrain_topology_generator_at(0), &rings);
    assert_null(entrain_topology_generator_at(1));
    assert_null(entrain_topology_kind_name(ENTRAIN_TOPOLOGY_GENERATED));
    assert_int_equal(entrain_topology_kind_find("my-ring"), ENTRAIN_TOPOLOGY_KIND_COUNT);
    // 64 in all, the library's among them.
    static entrain_topology_generator many[ENTRAIN_TOPOLOGY_KIND_COUNT + 64];
    static char names[ENTRAIN_TOPOLOGY_KIND_COUNT + 64][8];
    uint32_t count = ENTRAIN_TOPOLOGY_KIND_COUNT + 1;
    for (; count < 64; count++) {
        snprintf(names[count], sizeof names[count], "m%u", count);
        many[count] = (entrain_topology_generator){.name = names[count], .summary = "", .generate = ring};
        CHECK_OK(entrain_topology_register(&many[count], &error), error);
    }
    CHECK_REFUSED(entrain_topology_register(&weighted_rings, &error), ENTRAIN_FULL, error,
                  "topology \"my-weighted_ring\" cannot be registered: 64 are known");
    // An unsound one is refused where it is used, too; and none at all.
    entrain_topology *topology;
    entrain_topology_config config = config_own(&rows[10].generator, 9);
    CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_INVALID, error, "twice");
    config.generator = NULL;
    CHECK_REFUSED(entrain_topology_create(&config, &topology, &error), ENTRAIN_INVALID, error,
                  "topology.generator: a generated topology needs one");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_own_ring_is_the_librarys),
        cmocka_unit_test(weights_of_its_own_count),
        cmocka_unit_test(parameters_and_seeds_decide),
        cmocka_unit_test(what_a_generator_does_wrong_is_refused_by_name),
        cmocka_unit_test(what_cannot_be_registered_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
