// Cuts the rows of each cohort into bands, runs and slices: see gather_kernels.h. Made once, when an engine
// starts, for graphs without weights, with one delay if any, and two words an actor; everything else is
// gathered row by row.
#include <string.h>

#include "engine/engine_private.h"

enum { BAND_ROWS_MIN = 16, BAND_DEGREE_MAX = 64, RUN_ROWS_MIN = 16, SLICED_ROWS_MAX = UINT16_MAX / 2 };

// Whether the speakers of two neighbouring rows lie at the same distances.
static bool is_shifted(const entrain__graph *graph, uint32_t place) {
    uint64_t a = graph->offsets[place], b = graph->offsets[place + 1], end = graph->offsets[place + 2];
    if (b - a != end - b || b - a > BAND_DEGREE_MAX)
        return false;
    for (uint64_t k = 0; k < end - b; k++)
        if (graph->speakers[b + k] != graph->speakers[a + k] + 1)
            return false;
    return true;
}

// How many rows from @p place on, below @p end, form a band.
static uint32_t band_length(const entrain__graph *graph, uint32_t place, uint32_t end) {
    uint32_t last = place;
    while (last + 1 < end && is_shifted(graph, last))
        last++;
    return last + 1 - place;
}

typedef struct plan_pass {
    const entrain__graph *graph;
    entrain__segment *segments; // NULL: only count
    uint16_t *rows;
    int32_t *sliced;
    uint64_t segment_count, row_count, sliced_count;
    uint32_t *loose; // [2 * cohort_count_max] scratch: rows that are in no band, and as much for sorting them
} plan_pass;

static uint32_t degree_at(const plan_pass *pass, uint32_t place) {
    return (uint32_t)(pass->graph->offsets[place + 1] - pass->graph->offsets[place]);
}

static void add_segment(plan_pass *pass, entrain__segment segment) {
    if (pass->segments != NULL)
        pass->segments[pass->segment_count] = segment;
    pass->segment_count++;
}

// Rows by degree, and by place within a degree: merging.
static void sort_by_degree(const plan_pass *pass, uint32_t place, uint32_t *rows, uint32_t *scratch,
                           uint32_t count) {
    if (count < 2)
        return;
    uint32_t half = count / 2, left = 0, right = half;
    sort_by_degree(pass, place, rows, scratch, half);
    sort_by_degree(pass, place, rows + half, scratch, count - half);
    for (uint32_t k = 0; k < count; k++) {
        bool take_left = right == count || (left < half && degree_at(pass, place + rows[left]) <=
                                                               degree_at(pass, place + rows[right]));
        scratch[k] = take_left ? rows[left++] : rows[right++];
    }
    memcpy(rows, scratch, count * sizeof *rows);
}

// How many of the loose rows from @p k on follow each other and have one degree.
static uint32_t run_length(const plan_pass *pass, uint32_t place, const uint32_t *loose, uint32_t k,
                           uint32_t count) {
    uint32_t end = k + 1;
    while (end < count && loose[end] == loose[end - 1] + 1 &&
           degree_at(pass, place + loose[end]) == degree_at(pass, place + loose[k]))
        end++;
    return end - k;
}

static bool runs_are_short(const plan_pass *pass, uint32_t place, const uint32_t *loose, uint32_t count) {
    uint32_t runs = 0;
    for (uint32_t k = 0; k < count; k += run_length(pass, place, loose, k, count))
        runs++;
    return runs * RUN_ROWS_MIN > count + 4 * RUN_ROWS_MIN; // a few short ones, between bands, do no harm
}

static void add_runs(plan_pass *pass, uint32_t place, const uint32_t *loose, uint32_t count) {
    for (uint32_t k = 0, length; k < count; k += length) {
        uint32_t first = place + loose[k];
        length = run_length(pass, place, loose, k, count);
        add_segment(pass, (entrain__segment){pass->graph->offsets[first], degree_at(pass, first), length,
                                             loose[k], ENTRAIN__RUN});
    }
}

static void add_slices(plan_pass *pass, uint32_t place, uint32_t *loose, uint32_t count) {
    sort_by_degree(pass, place, loose, loose + count, count);
    for (uint32_t k = 0; k < count;) {
        uint32_t first = k, degree = degree_at(pass, place + loose[k]);
        const uint64_t arc = pass->sliced_count;
        for (; k < count && degree_at(pass, place + loose[k]) == degree; k++, pass->sliced_count += degree)
            for (uint32_t a = 0; pass->sliced != NULL && a < degree; a++)
                pass->sliced[pass->sliced_count + a] =
                    2 * pass->graph->speakers[pass->graph->offsets[place + loose[k]] + a];
        add_segment(pass, (entrain__segment){arc, degree, k - first, first, ENTRAIN__SLICE});
    }
    for (uint32_t k = 0; pass->rows != NULL && k < count; k++)
        pass->rows[pass->row_count + k] = (uint16_t)(2 * loose[k]);
    pass->row_count += count;
}

static void plan_cohort(plan_pass *pass, uint32_t place, uint32_t count) {
    uint32_t *loose = pass->loose, loose_count = 0;
    for (uint32_t row = 0; row < count;) {
        uint32_t length = band_length(pass->graph, place + row, place + count);
        if (length >= BAND_ROWS_MIN)
            add_segment(pass, (entrain__segment){pass->graph->offsets[place + row],
                                                 degree_at(pass, place + row), length, row, ENTRAIN__BAND});
        else
            for (uint32_t k = 0; k < length; k++)
                loose[loose_count++] = row + k;
        row += length;
    }
    if (count <= SLICED_ROWS_MAX && runs_are_short(pass, place, loose, loose_count))
        add_slices(pass, place, loose, loose_count);
    else
        add_runs(pass, place, loose, loose_count);
}

static void plan_all(entrain_engine *engine, plan_pass *pass) {
    pass->segment_count = pass->row_count = pass->sliced_count = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        uint32_t place = cohort->population->first + cohort->first;
        if (cohort->population->behavior.words == 0)
            continue;
        cohort->segment_first = (uint32_t)pass->segment_count;
        cohort->row_first = pass->row_count;
        plan_cohort(pass, place, cohort->count);
        cohort->segment_count = (uint32_t)pass->segment_count - cohort->segment_first;
    }
}

entrain_status entrain__gather_plan(entrain_engine *engine) {
    static entrain__gather_kernel *const kernels[] = {[ENTRAIN_SIMD_SSE2] = entrain__gather_sse2,
                                                      [ENTRAIN_SIMD_AVX2] = entrain__gather_avx2,
                                                      [ENTRAIN_SIMD_AVX512] = entrain__gather_avx512};
    entrain__graph *graph = &engine->graph;
    if (engine->words != 2 || graph->complete || graph->weighted || graph->behind != NULL ||
        engine->config.transport != ENTRAIN_TRANSPORT_PUBLISH)
        return ENTRAIN_OK;
    plan_pass pass = {.graph = graph};
    pass.loose = entrain__arena_take(engine->arena, 2 * (size_t)engine->cohort_count_max, sizeof *pass.loose);
    if (pass.loose == NULL)
        return ENTRAIN_NO_MEMORY;
    plan_all(engine, &pass);
    pass.segments =
        entrain__engine_take(engine, &engine->bytes_table, pass.segment_count, sizeof *pass.segments);
    pass.rows = entrain__engine_take(engine, &engine->bytes_table, pass.row_count, sizeof *pass.rows);
    pass.sliced = entrain__engine_take(engine, &engine->bytes_graph, pass.sliced_count, sizeof *pass.sliced);
    if (pass.segments == NULL || pass.rows == NULL || pass.sliced == NULL)
        return ENTRAIN_NO_MEMORY;
    plan_all(engine, &pass);
    entrain__arena_give(engine->arena, pass.loose);
    graph->segments = pass.segments;
    graph->rows = pass.rows;
    graph->sliced = pass.sliced;
    graph->sliced_count = pass.sliced_count;
    graph->gather = kernels[engine->simd];
    return ENTRAIN_OK;
}

void entrain__gather_cohort(const entrain_engine *engine, const entrain__cohort *cohort, int64_t *sums) {
    const entrain__graph *graph = &engine->graph;
    const entrain__gather_task task = {.publications = engine->publications[cohort->hears],
                                       .speakers = graph->speakers,
                                       .sliced = graph->sliced,
                                       .arc_count = graph->offsets[engine->vertex_count],
                                       .sliced_count = graph->sliced_count,
                                       .segments = graph->segments + cohort->segment_first,
                                       .segment_count = cohort->segment_count,
                                       .far = graph->prefetch > 0,
                                       .rows = graph->rows + cohort->row_first};
    graph->gather(&task, sums);
}

void entrain__gather_wide(const entrain_engine *engine, const int64_t *publications, int64_t *const *past,
                          uint32_t place, uint32_t count, int64_t *sums) {
    static entrain__gather_words *const kernels[] = {[ENTRAIN_SIMD_SSE2] = entrain__gather_wide_sse2,
                                                     [ENTRAIN_SIMD_AVX2] = entrain__gather_wide_avx2,
                                                     [ENTRAIN_SIMD_AVX512] = entrain__gather_wide_avx512};
    kernels[engine->simd](engine, publications, past, place, count, sums);
}
