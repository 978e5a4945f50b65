// What is gathered by bands and slices is what the graph says: every shape of graph that cuts rows
// differently, at every vector width, against sums taken arc by arc from the topology.
#include <sys/mman.h>

#include "check.h"

#include "engine/engine_private.h"
#include "entrain/swarm.h"

typedef struct heard_sums {
    entrain_topology_view view;
    int64_t *published, *sums; // [size][2] by index
} heard_sums;

static void keep(void *context, const entrain_range *range, uint32_t task) {
    heard_sums *heard = context;
    (void)task;
    for (uint32_t k = 0; k < range->count; k++)
        for (uint32_t w = 0; w < 2; w++) {
            size_t at = 2 * (size_t)range->indices[k] + w;
            heard->published[at] = range->published[2 * k + w];
            heard->sums[at] = range->sums[2 * k + w];
        }
}

static void check_sums(const char *what, entrain_simd simd, const heard_sums *heard) {
    for (uint32_t v = 0; v < heard->view.vertex_count; v++) {
        int64_t sums[2] = {0, 0};
        for (uint64_t a = heard->view.in_offsets[v]; a < heard->view.in_offsets[v + 1]; a++)
            for (uint32_t w = 0; w < 2; w++)
                sums[w] += heard->published[2 * (size_t)heard->view.in_speakers[a] + w];
        if (sums[0] != heard->sums[2 * v] || sums[1] != heard->sums[2 * v + 1])
            fail_msg("%s, %s: vertex %u of %u heard something else than its %u speakers say", what,
                     entrain_simd_name(simd), v, heard->view.vertex_count,
                     (uint32_t)(heard->view.in_offsets[v + 1] - heard->view.in_offsets[v]));
    }
}

static void check_graph(const char *what, const entrain_topology_config *topology, entrain_layout layout) {
    for (int simd = ENTRAIN_SIMD_SSE2; simd <= ENTRAIN_SIMD_AVX512; simd++) {
        entrain_error error = {0};
        entrain_swarm_config config = entrain_swarm_config_defaults();
        if (!entrain_simd_available((entrain_simd)simd))
            continue;
        config.size = topology->size;
        config.topology = *topology;
        config.engine.transport = ENTRAIN_TRANSPORT_PUBLISH;
        config.engine.simd = (entrain_simd)simd;
        config.engine.layout = layout;
        config.engine.cohort_weight = 512;
        entrain_swarm *swarm;
        CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
        entrain_engine *engine = entrain_swarm_engine(swarm);
        heard_sums heard = {.view = entrain_topology_look(entrain_swarm_topology(swarm))};
        heard.published = calloc(2 * (size_t)config.size, sizeof *heard.published);
        heard.sums = calloc(2 * (size_t)config.size, sizeof *heard.sums);
        for (int round = 0; round < 2; round++) { // both buffers
            assert_int_equal(entrain_engine_visit(engine, NULL, true, keep, &heard), ENTRAIN_OK);
            check_sums(what, (entrain_simd)simd, &heard);
            CHECK_OK(entrain_engine_advance(engine, 1, &error), error);
        }
        free(heard.published);
        free(heard.sums);
        entrain_swarm_destroy(swarm);
    }
}

static entrain_topology_config graph(entrain_topology_kind kind, uint32_t size, uint32_t degree) {
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = kind;
    config.size = size;
    config.degree = degree;
    return config;
}

static void bands_of_any_width(void **state) {
    (void)state;
    for (uint32_t degree = 2; degree <= 70; degree += degree < 26 ? 2 : 22) {
        entrain_topology_config ring = graph(ENTRAIN_TOPOLOGY_RING, 1000, degree);
        check_graph("ring", &ring, ENTRAIN_LAYOUT_INDEX);
        ring.directed = true; // the odd widths
        check_graph("directed ring", &ring, ENTRAIN_LAYOUT_INDEX);
    }
    entrain_topology_config small = graph(ENTRAIN_TOPOLOGY_RING, 5, 4); // all rows at the ends
    check_graph("five", &small, ENTRAIN_LAYOUT_INDEX);
}

static void bands_that_are_interrupted(void **state) {
    (void)state;
    for (uint32_t columns = 1; columns <= 100; columns = columns * 2 + 1) {
        entrain_topology_config grid = graph(ENTRAIN_TOPOLOGY_LATTICE, columns * 20, 0);
        grid.rows = 20, grid.columns = columns;
        check_graph("lattice", &grid, ENTRAIN_LAYOUT_INDEX);
        grid.kind = ENTRAIN_TOPOLOGY_TORUS;
        if (columns >= 3)
            check_graph("torus", &grid, ENTRAIN_LAYOUT_INDEX);
    }
    entrain_topology_config world = graph(ENTRAIN_TOPOLOGY_SMALL_WORLD, 2000, 8);
    world.rewire = 0.002;
    check_graph("nearly a ring", &world, ENTRAIN_LAYOUT_INDEX);
}

static void slices_of_all_degrees(void **state) {
    (void)state;
    static const uint32_t degrees[] = {1, 3, 8, 14, 40};
    for (size_t d = 0; d < sizeof degrees / sizeof *degrees; d++) {
        entrain_topology_config random =
            graph(ENTRAIN_TOPOLOGY_ERDOS_RENYI, 1500, degrees[d]); // some hear nobody
        check_graph("random", &random, ENTRAIN_LAYOUT_INDEX);
        check_graph("random, shuffled", &random, ENTRAIN_LAYOUT_SHUFFLED);
    }
    entrain_topology_config hubs = graph(ENTRAIN_TOPOLOGY_SCALE_FREE, 1500, 6);
    check_graph("hubs", &hubs, ENTRAIN_LAYOUT_INDEX);
    entrain_topology_config star = graph(ENTRAIN_TOPOLOGY_STAR, 900, 0);
    check_graph("star", &star, ENTRAIN_LAYOUT_INDEX);
}

// Large enough that speakers are fetched ahead, past the ends of slices and cohorts.
static void looking_ahead(void **state) {
    (void)state;
    entrain_topology_config random = graph(ENTRAIN_TOPOLOGY_ERDOS_RENYI, 70000, 4);
    check_graph("far", &random, ENTRAIN_LAYOUT_INDEX);
}

// Every row is in one segment, with its degree, and a slice has the speakers of its rows.
static void check_plan(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t *kinds) {
    const entrain__graph *plan = &engine->graph;
    const uint64_t *offsets = plan->offsets + cohort->population->first + cohort->first;
    uint32_t seen = 0;
    for (uint32_t s = 0; s < cohort->segment_count; s++) {
        const entrain__segment *segment = &plan->segments[cohort->segment_first + s];
        kinds[segment->kind]++;
        for (uint32_t k = 0; k < segment->count; k++, seen++) {
            bool sliced = segment->kind == ENTRAIN__SLICE;
            uint32_t row =
                sliced ? plan->rows[cohort->row_first + segment->first + k] / 2u : segment->first + k;
            uint64_t arc =
                segment->arc + (segment->kind == ENTRAIN__BAND ? 0 : (uint64_t)k * segment->degree);
            assert_true(row < cohort->count);
            assert_int_equal(offsets[row + 1] - offsets[row], segment->degree);
            for (uint32_t a = 0; a < segment->degree; a++)
                assert_int_equal((sliced ? plan->sliced[arc + a] / 2 : plan->speakers[arc + a]) +
                                     (segment->kind == ENTRAIN__BAND ? (int32_t)k : 0),
                                 plan->speakers[offsets[row] + a]);
        }
    }
    assert_int_equal(seen, cohort->count);
}

static void plan_of(entrain_topology_kind kind, double rewire, entrain_layout layout, uint32_t *kinds) {
    entrain_error error = {0};
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = 3000;
    config.topology.kind = kind;
    config.topology.degree = 8;
    config.topology.rewire = rewire;
    config.engine.transport = ENTRAIN_TRANSPORT_PUBLISH;
    config.engine.layout = layout;
    entrain_swarm *swarm;
    CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
    const entrain_engine *engine = entrain_swarm_engine(swarm);
    assert_non_null(engine->graph.gather);
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        check_plan(engine, &engine->cohorts[c], kinds);
    entrain_swarm_destroy(swarm);
}

static void every_row_is_in_one_segment(void **state) {
    (void)state;
    uint32_t ring[3] = {0}, nearly[3] = {0}, world[3] = {0}, regular[3] = {0}, near[3] = {0};
    plan_of(ENTRAIN_TOPOLOGY_RING, 0, ENTRAIN_LAYOUT_INDEX, ring);
    assert_true(ring[ENTRAIN__BAND] > 0 && ring[ENTRAIN__SLICE] == 0);
    plan_of(ENTRAIN_TOPOLOGY_SMALL_WORLD, 0.002, ENTRAIN_LAYOUT_INDEX, nearly);
    assert_true(nearly[ENTRAIN__BAND] > 0 && nearly[ENTRAIN__RUN] + nearly[ENTRAIN__SLICE] > 0);
    plan_of(ENTRAIN_TOPOLOGY_SMALL_WORLD, 0.3, ENTRAIN_LAYOUT_INDEX, world);
    assert_true(world[ENTRAIN__SLICE] > 0);
    plan_of(ENTRAIN_TOPOLOGY_RANDOM_REGULAR, 0, ENTRAIN_LAYOUT_INDEX,
            regular); // all of one degree: no list is needed
    assert_true(regular[ENTRAIN__RUN] > 0 && regular[ENTRAIN__SLICE] == 0);
    plan_of(ENTRAIN_TOPOLOGY_SMALL_WORLD, 0.3, ENTRAIN_LAYOUT_NEAR, near); // there, degrees lie together
    assert_true(near[ENTRAIN__RUN] > 0 && near[ENTRAIN__SLICE] == 0);
}

// Behind the last speaker lies a page that nobody may touch: who looks ahead into it does not come back.
static void looking_ahead_ends_with_the_speakers(void **state) {
    (void)state;
    static entrain__gather_kernel *const kernels[] = {[ENTRAIN_SIMD_SSE2] = entrain__gather_sse2,
                                                      [ENTRAIN_SIMD_AVX2] = entrain__gather_avx2,
                                                      [ENTRAIN_SIMD_AVX512] = entrain__gather_avx512};
    enum { PAGE = 4096, DEGREES = 20, ROWS = 40 };
    static _Alignas(64) const int64_t publications[] = {1, 10, 2, 20, 4, 40};
    static const int64_t values[] = {1, 2, 4};
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED && mprotect(pages + PAGE, PAGE, PROT_NONE) == 0);
    uint16_t rows[ROWS];
    for (uint32_t k = 0; k < ROWS; k++)
        rows[k] = (uint16_t)(2 * (ROWS - 1 - k));
    for (uint32_t degree = 0; degree <= DEGREES; degree++)
        for (int simd = ENTRAIN_SIMD_SSE2; simd <= ENTRAIN_SIMD_AVX512; simd++)
            for (uint32_t kind = ENTRAIN__RUN; kind <= ENTRAIN__SLICE; kind++) {
                int32_t *speakers = (int32_t *)(void *)(pages + PAGE) - (size_t)ROWS * degree;
                for (uint32_t a = 0; a < ROWS * degree; a++)
                    speakers[a] = (int32_t)(a % 3) * (kind == ENTRAIN__SLICE ? 2 : 1);
                const entrain__segment segment = {.degree = degree, .count = ROWS, .kind = kind};
                const entrain__gather_task task = {.publications = publications,
                                                   .speakers = speakers,
                                                   .sliced = speakers,
                                                   .arc_count = ROWS * degree,
                                                   .sliced_count = ROWS * degree,
                                                   .segments = &segment,
                                                   .segment_count = 1,
                                                   .far = true,
                                                   .rows = rows};
                _Alignas(64) int64_t sums[2 * ROWS];
                if (!entrain_simd_available((entrain_simd)simd))
                    continue;
                kernels[simd](&task, sums);
                for (uint32_t k = 0; k < ROWS; k++) {
                    int64_t wanted = 0;
                    for (uint32_t a = 0; a < degree; a++)
                        wanted += values[(k * degree + a) % 3];
                    uint32_t row = kind == ENTRAIN__SLICE ? rows[k] / 2u : k;
                    assert_int_equal(sums[2 * row], wanted);
                    assert_int_equal(sums[2 * row + 1], 10 * wanted);
                }
            }
    munmap(pages, 2 * PAGE);
}

// The field of a complete graph: the sum of all words of all actors, and the same row for everybody.
static void fields_of_any_width(void **state) {
    (void)state;
    static int64_t *nowhere[4]; // fields are not read from publications
    static entrain_engine engine = {.graph = {.complete = true}, .publications = nowhere};
    static const entrain__cohort cohort;
    enum { MOST = 77, MANY = (1 << 18) + 5 };
    int64_t words[MOST * ENTRAIN_WORDS_MAX], sums[(MOST + 1) * ENTRAIN_WORDS_MAX];
    for (uint32_t i = 0; i < MOST * ENTRAIN_WORDS_MAX; i++)
        words[i] = (int64_t)i * i * 1000003 - 7;
    for (uint32_t width = 1; width <= ENTRAIN_WORDS_MAX; width++)
        for (uint32_t count = 0; count <= MOST; count++) {
            entrain__int128 got[ENTRAIN_WORDS_MAX], wanted[ENTRAIN_WORDS_MAX] = {0};
            for (uint32_t k = 0; k < count; k++)
                for (uint32_t w = 0; w < width; w++)
                    wanted[w] += words[k * width + w];
            entrain__words_sum(width, words, count, got);
            assert_memory_equal(got, wanted, width * sizeof *got);
            engine.words = width;
            memcpy(engine.field, words, width * sizeof *words);
            sums[count * width] = 5;
            entrain__gather(&engine, &cohort, 0, count, sums, NULL);
            assert_true(sums[count * width] == 5); // nothing behind the last row
            for (uint32_t i = 0; i < count * width; i++)
                assert_int_equal(sums[i], words[i % width]);
        }
    // More than an int64 holds.
    int64_t *many = malloc(MANY * 2 * sizeof *many);
    entrain__int128 got[2];
    assert_non_null(many);
    for (uint32_t k = 0; k < MANY; k++) {
        many[2 * k] = ENTRAIN_WORD_ONE;
        many[2 * k + 1] = -ENTRAIN_WORD_ONE + (k == MANY - 1);
    }
    entrain__words_sum(2, many, MANY, got);
    assert_true(got[0] == (entrain__int128)ENTRAIN_WORD_ONE * MANY && got[1] == 1 - got[0]);
    free(many);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bands_of_any_width),          cmocka_unit_test(bands_that_are_interrupted),
        cmocka_unit_test(slices_of_all_degrees),       cmocka_unit_test(looking_ahead),
        cmocka_unit_test(every_row_is_in_one_segment), cmocka_unit_test(looking_ahead_ends_with_the_speakers),
        cmocka_unit_test(fields_of_any_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
