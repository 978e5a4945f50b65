// The loops' memory and layout, the loop with libm's sine, and how a team runs any of them.
//
// Rows are summed by shape, as Entrain does it too. Bands: on a lattice all loads follow each other, and no
// index is read. Slices (after the sliced formats of sparse matrices: Monakov, Lokhmotov & Avetisyan 2010):
// on a small world the degrees of neighbours in memory differ, and a loop over such a row ends where the
// processor did not expect it, for some 7 ns an actor.
#include "sims/bench_loop.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sims/interrupt.h"
#include "sims/say.h"

// --- Memory: every array on pages of its own, huge where the system has them, each at another offset within
// a page, so that a load never looks as if it hit the store of another array.

typedef struct bench_block {
    struct bench_block *next;
    void *memory;
} bench_block;

enum { BAND_ROWS_MIN = 16, HUGE_PAGE = 2 << 20, PAGE = 4096, OFFSETS = 61 };

static void *take(bench_loop *loop, size_t count, size_t size) {
    uint32_t taken = 0;
    for (const bench_block *block = loop->memory; block != NULL; block = block->next)
        taken++;
    size_t offset = 64 * (size_t)(17 * taken % OFFSETS), bytes = count * size + offset;
    size_t page = bytes >= HUGE_PAGE ? HUGE_PAGE : PAGE;
    bytes = (bytes + page - 1) / page * page;
    bench_block *block = malloc(sizeof *block);
    void *memory = aligned_alloc(page, bytes);
    if (block == NULL || memory == NULL) {
        free(block);
        free(memory);
        return NULL;
    }
    if (page == HUGE_PAGE)
        (void)madvise(memory, bytes,
                      MADV_HUGEPAGE); // a wish: where it is not granted the loop is a little slower
    *block = (bench_block){loop->memory, memory};
    loop->memory = block;
    return (char *)memset(memory, 0, bytes) + offset;
}

void bench_loop_fini(bench_loop *loop) {
    while (loop->memory != NULL) {
        bench_block *block = loop->memory;
        loop->memory = block->next;
        free(block->memory);
        free(block);
    }
    *loop = (bench_loop){0};
}

double bench_loop_bytes(uint32_t count, uint64_t arcs, bool with_libm) {
    return (double)count * (8 + 8 + 2 + 8 + 4 + 32 + (with_libm ? 16 : 0)) + 4.0 * (double)arcs +
           16.0 * HUGE_PAGE;
}

// --- Layout

static uint32_t degree_at(const entrain_topology_view *view, uint32_t row) {
    return (uint32_t)(view->in_offsets[row + 1] - view->in_offsets[row]);
}

// Whether the speakers of a row and the next lie at the same distances.
static bool is_shifted(const entrain_topology_view *view, uint32_t row) {
    const int32_t *own = view->in_speakers + view->in_offsets[row];
    const int32_t *next = view->in_speakers + view->in_offsets[row + 1];
    uint32_t degree = degree_at(view, row);
    if (degree_at(view, row + 1) != degree)
        return false;
    for (uint32_t a = 0; a < degree; a++)
        if (next[a] != own[a] + 1)
            return false;
    return true;
}

// One block's runs and their speakers, in the order in which they are added up.
typedef struct block_layout {
    bench_loop *loop;
    const entrain_topology_view *view;
    uint32_t number, first, runs;
    uint64_t arc;
    bool place; // else the runs are only counted
} block_layout;

static void put_speakers(block_layout *block, uint32_t row) {
    uint32_t degree = degree_at(block->view, row);
    memcpy(block->loop->speakers + block->arc, block->view->in_speakers + block->view->in_offsets[row],
           degree * sizeof(int32_t));
    block->arc += degree;
}

static void put_run(block_layout *block, bench_run run) {
    if (block->place)
        block->loop->runs[block->loop->first_run[block->number] + block->runs] = run;
    block->runs++;
}

// Slices of loose[count], rows that are in no band. @p counts has room for degree_max + 1, zeroes.
static void lay_slices(block_layout *block, const uint32_t *loose, uint32_t count, uint32_t *counts) {
    uint32_t highest = 0, placed = 0;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t degree = degree_at(block->view, loose[k]);
        counts[degree]++;
        highest = degree > highest ? degree : highest;
    }
    for (uint32_t degree = 0; degree <= highest; degree++) {
        if (counts[degree] == 0)
            continue;
        put_run(block, (bench_run){.degree = degree, .count = counts[degree]});
        counts[degree] = 0;
        for (uint32_t k = 0; k < count && block->place; k++) {
            if (degree_at(block->view, loose[k]) != degree)
                continue;
            block->loop->rows[block->first + placed++] = (uint16_t)(loose[k] - block->first);
            put_speakers(block, loose[k]);
        }
    }
}

// @return how many runs the block has
static uint32_t lay_block(bench_loop *loop, const entrain_topology_view *view, uint32_t number,
                          uint32_t *counts, bool place) {
    uint32_t loose[BENCH_BLOCK_MAX], loose_count = 0, first = number * loop->block;
    uint32_t last = loop->count - first < loop->block ? loop->count : first + loop->block;
    block_layout block = {.loop = loop,
                          .view = view,
                          .number = number,
                          .first = first,
                          .arc = view->in_offsets[first],
                          .place = place};
    for (uint32_t row = first; row < last;) {
        uint32_t end = row + 1;
        while (end < last && is_shifted(view, end - 1))
            end++;
        if (end - row >= BAND_ROWS_MIN && degree_at(view, row) > 0) {
            put_run(&block, (bench_run){degree_at(view, row), end - row, row - first, true});
            if (place)
                put_speakers(&block, row);
        } else {
            for (; row < end; row++)
                loose[loose_count++] = row;
        }
        row = end;
    }
    lay_slices(&block, loose, loose_count, counts);
    return block.runs;
}

static bool lay_out(bench_loop *loop, const entrain_topology_view *view) {
    uint32_t *counts = take(loop, (size_t)view->in_degree_max + 1, sizeof *counts);
    loop->first_arc = take(loop, loop->block_count, sizeof *loop->first_arc);
    loop->first_run = take(loop, (size_t)loop->block_count + 1, sizeof *loop->first_run);
    loop->rows = take(loop, loop->count, sizeof *loop->rows);
    loop->speakers = take(loop, view->arc_count + BENCH_AHEAD + view->in_degree_max, sizeof *loop->speakers);
    if (counts == NULL || loop->first_arc == NULL || loop->first_run == NULL || loop->rows == NULL ||
        loop->speakers == NULL)
        return false;
    for (uint32_t b = 0; b < loop->block_count; b++) {
        loop->first_arc[b] = view->in_offsets[(size_t)b * loop->block];
        loop->first_run[b + 1] = loop->first_run[b] + lay_block(loop, view, b, counts, false);
    }
    loop->runs = take(loop, loop->first_run[loop->block_count], sizeof *loop->runs);
    if (loop->runs == NULL)
        return false;
    for (uint32_t b = 0; b < loop->block_count; b++)
        lay_block(loop, view, b, counts, true);
    return true;
}

entrain_status bench_loop_init(const entrain_topology_view *view, double step_s, uint32_t workers,
                               bool with_libm, bench_loop *loop_out, entrain_error *error_out) {
    uint32_t count = view->vertex_count;
    // Every thread gets a few blocks; a block is a multiple of 64 actors.
    uint32_t block = count / (2 * workers) / 64 * 64;
    block = block < 64 ? 64 : block > BENCH_BLOCK_MAX ? BENCH_BLOCK_MAX : block;
    bench_loop loop = {.count = count,
                       .block = block,
                       .block_count = (count + block - 1) / block,
                       .step_s = step_s,
                       .far = view->kind != ENTRAIN_TOPOLOGY_RING && count > 65536,
                       .offsets = view->in_offsets,
                       .heard = view->in_speakers};
    bool fits = lay_out(&loop, view);
    fits = fits && (loop.frequency = take(&loop, count, sizeof(double))) != NULL &&
           (loop.gain = take(&loop, count, sizeof(double))) != NULL &&
           (loop.phase = take(&loop, count, sizeof(double))) != NULL &&
           (loop.turns = take(&loop, count, sizeof(int32_t))) != NULL;
    for (int i = 0; i < 2; i++) {
        fits = fits && (loop.pairs[i] = take(&loop, count, 2 * sizeof(double))) != NULL;
        fits = fits && (!with_libm || (loop.angles[i] = take(&loop, count, sizeof(double))) != NULL);
    }
    if (!fits) {
        bench_loop_fini(&loop);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "There is no memory for a bare loop of %u actors; give smaller --sizes.",
                                 count);
    }
    *loop_out = loop;
    return ENTRAIN_OK;
}

void bench_loop_reset(bench_loop *loop, const double *phase) {
    for (size_t i = 0; i < loop->count; i++) {
        loop->phase[i] = phase[i];
        loop->turns[i] = 0;
        loop->pairs[0][2 * i] = cos(phase[i]);     // rooms: allowed, because the loops promise no bits
        loop->pairs[0][2 * i + 1] = sin(phase[i]); // rooms: allowed, because the loops promise no bits
        if (loop->angles[0] != NULL)
            loop->angles[0][i] = phase[i];
    }
}

// --- libm

static void libm_loop(const bench_loop *loop, uint32_t first, uint32_t last) {
    const double *angle = loop->angles[0];
    for (uint32_t i = first; i < last; i++) {
        double sum = 0;
        for (uint64_t a = loop->offsets[i]; a < loop->offsets[i + 1]; a++)
            sum += sin(angle[loop->heard[a]] - angle[i]); // rooms: allowed, because libm is the subject
        double moved = angle[i] + loop->step_s * (loop->frequency[i] + loop->gain[i] * sum);
        loop->angles[1][i] = remainder(moved, 6.283185307179586);
    }
}

// --- Running

typedef struct loop_run {
    _Alignas(64) atomic_uint arrived;
    _Alignas(64) atomic_uint released;
    _Alignas(64) uint32_t workers;
    uint64_t ticks;
    bench_loop *loop;
    bench_loop_body *body; // NULL: libm
    double deadline_s;     // wall_now_s()
    bool late;             // written by the last to arrive, before the release
    uint64_t ticks_done;   // member 0's
} loop_run;

// The last one to arrive turns what was written into what is heard.
static void turn_over(bench_loop *loop, bool libm) {
    double **both = libm ? loop->angles : loop->pairs, *heard = both[0];
    both[0] = both[1];
    both[1] = heard;
}

static void loop_barrier(loop_run *run, unsigned turn) {
    // Release: what this member wrote. Acquire, for the last: what all wrote.
    if (atomic_fetch_add_explicit(&run->arrived, 1, memory_order_acq_rel) + 1 == run->workers * turn) {
        turn_over(run->loop, run->body == NULL);
        run->late = turn % 64 == 0 && (wall_now_s() > run->deadline_s || interrupt_requested());
        atomic_store_explicit(&run->released, turn,
                              memory_order_release); // pairs with the acquire load below
    } else {
        for (uint32_t round = 0; atomic_load_explicit(&run->released, memory_order_acquire) != turn; round++)
            bench_wait(round);
    }
}

static void member_run(void *context, uint32_t member) {
    loop_run *run = context;
    uint32_t parts = run->body == NULL ? run->loop->count : run->loop->block_count;
    uint32_t first = (uint32_t)((uint64_t)parts * member / run->workers);
    uint32_t last = (uint32_t)((uint64_t)parts * (member + 1) / run->workers);
    bench_loop_body *body = run->body == NULL ? libm_loop : run->body;
    uint64_t tick = 0;
    while (tick < run->ticks && !run->late) {
        body(run->loop, first, last);
        loop_barrier(run, (unsigned)++tick);
    }
    if (member == 0)
        run->ticks_done = tick;
}

static bench_loop_body *body_of(bench_loop_kind kind, entrain_simd simd) {
    if (kind == BENCH_LOOP_LIBM)
        return NULL;
    if (simd == ENTRAIN_SIMD_AVX512)
        return kind == BENCH_LOOP_FUSED ? bench_fused_avx512 : bench_bare_avx512;
    // The AVX2 and AVX-512 loops fuse; every processor but a few of VIA's has both.
    if (simd == ENTRAIN_SIMD_AVX2 && __builtin_cpu_supports("fma"))
        return kind == BENCH_LOOP_FUSED ? bench_fused_avx2 : bench_bare_avx2;
    return kind == BENCH_LOOP_FUSED ? bench_fused_sse2 : bench_bare_sse2;
}

double bench_loop_run(bench_loop *loop, bench_team *team, bench_loop_kind kind, entrain_simd simd,
                      uint32_t workers, uint64_t ticks, double limit_s) {
    loop_run run = {.workers = workers,
                    .ticks = ticks,
                    .loop = loop,
                    .body = body_of(kind, simd),
                    .deadline_s = wall_now_s() + limit_s};
    double spent = bench_team_do(team, workers, member_run, &run);
    return spent * (double)ticks / (double)run.ticks_done;
}
