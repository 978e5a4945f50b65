// How much an actor costs: ns per agent and tick of both transports beside a bare vectorised loop and a
// scalar libm loop, the same graph and physics (k = 8, Euler), interleaved in one run. Prints a table, or
// JSON lines with --json.
//
//   bench_transport [--sizes 1000,100000,1000000] [--workers 1,2] [--repeats 7] [--seconds 0.2] [--json]
//
// Each cell: the median (and least) of `repeats` measurements of about `seconds` each. Timings are for
// reading, never for passing or failing; machines are noisy, so read the ratios, which are taken repeat by
// repeat.
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_loop.h"
#include "engine/base/atomics.h"
#include "engine/base/wait.h"
#include "entrain/swarm.h"

enum { REPEATS_MAX = 99, LIST_MAX = 16 };

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void bench_loop_libm(const bench_loop *loop, uint32_t first, uint32_t last) {
    for (uint32_t i = first; i < last; i++) {
        double sum = 0;
        for (uint64_t a = loop->offsets[i]; a < loop->offsets[i + 1]; a++)
            sum += sin(loop->pairs[0][2 * (size_t)loop->speakers[a]] -
                       loop->pairs[0][2 * (size_t)i]); // pairs hold phases
        double moved =
            loop->pairs[0][2 * (size_t)i] + loop->step_s * (loop->frequency[i] + loop->gain[i] * sum);
        loop->pairs[1][2 * (size_t)i] = remainder(moved, 6.283185307179586);
    }
}

// --- The bare loop on any number of threads: contiguous shares, one spinning barrier a tick (nothing cheaper
// exists where there are no more threads than cores).

typedef void loop_body(const bench_loop *loop, uint32_t first, uint32_t last);

typedef struct loop_team {
    _Alignas(64) uint32_t arrived;
    _Alignas(64) uint32_t released;
    uint32_t size;
    uint64_t ticks;
    bench_loop *loop;
    loop_body *body;
} loop_team;

typedef struct member {
    loop_team *team;
    uint32_t number;
} member;

static void team_barrier(loop_team *team, uint32_t *turn) {
    ++*turn;
    if (entrain__add_acq_rel_u32(&team->arrived, 1) + 1 == team->size * *turn) {
        double *heard = team->loop->pairs[0];
        team->loop->pairs[0] = team->loop->pairs[1];
        team->loop->pairs[1] = heard;
        entrain__store_release_u32(&team->released, *turn); // pairs with the acquire load below
    } else {
        for (uint32_t round = 0; entrain__load_acquire_u32(&team->released) != *turn; round++)
            entrain__wait_step(round < 5000 ? 0 : ENTRAIN__WAIT_YIELD);
    }
}

static void *team_run(void *context) {
    member *self = context;
    loop_team *team = self->team;
    uint32_t count = team->loop->count, turn = 0;
    uint32_t first = (uint32_t)((uint64_t)count * self->number / team->size);
    uint32_t last = (uint32_t)((uint64_t)count * (self->number + 1) / team->size);
    for (uint64_t tick = 0; tick < team->ticks; tick++) {
        team->body(team->loop, first, last);
        team_barrier(team, &turn);
    }
    return NULL;
}

static double run_loop(bench_loop *loop, loop_body *body, uint32_t workers, uint64_t ticks) {
    loop_team team = {.size = workers, .ticks = ticks, .loop = loop, .body = body};
    member members[LIST_MAX * 4];
    pthread_t threads[LIST_MAX * 4];
    double began = now_s();
    for (uint32_t w = 0; w < workers; w++)
        members[w] = (member){.team = &team, .number = w};
    for (uint32_t w = 1; w < workers; w++)
        if (pthread_create(&threads[w], NULL, team_run, &members[w]) != 0)
            abort();
    team_run(&members[0]);
    for (uint32_t w = 1; w < workers; w++)
        pthread_join(threads[w], NULL);
    return now_s() - began;
}

// --- One cell

typedef enum bench_subject { BARE, PUBLISH, MAILBOX, LIBM, SUBJECT_COUNT } bench_subject;
static const char *const subject_names[] = {"bare loop", "publish", "mailbox", "libm loop"};

typedef struct bench_cell {
    const char *graph;
    uint32_t size, workers;
    entrain_swarm *swarms[2]; // publish, mailbox
    bench_loop loop, libm;
    loop_body *body;
    uint64_t ticks[SUBJECT_COUNT];
    double ns[SUBJECT_COUNT][REPEATS_MAX]; // per agent and tick
} bench_cell;

static double run_subject(bench_cell *bench, bench_subject subject, uint64_t ticks) {
    entrain_error error = {0};
    if (subject == BARE)
        return run_loop(&bench->loop, bench->body, bench->workers, ticks);
    if (subject == LIBM)
        return run_loop(&bench->libm, bench_loop_libm, bench->workers, ticks);
    double began = now_s();
    if (entrain_engine_advance(entrain_swarm_engine(bench->swarms[subject - PUBLISH]), ticks, &error) !=
        ENTRAIN_OK) {
        fprintf(stderr, "bench_transport: %s\n", error.sentence);
        exit(1);
    }
    return now_s() - began;
}

// Zeroed, aligned like Entrain's columns, and each at another offset within a page, so that a load never
// looks as if it hit the store of another array: the loop shall want for nothing. Freed with the process.
static void *take(size_t count, size_t size) {
    static size_t arrays;
    size_t offset = 64 * (17 * arrays++ % 61), bytes = (count * size + offset + 4095) / 4096 * 4096;
    char *memory = aligned_alloc(4096, bytes);
    if (memory == NULL) {
        fprintf(stderr, "bench_transport: there is no memory for this size.\n");
        exit(1);
    }
    return (char *)memset(memory, 0, bytes) + offset;
}

// The loops start from the very state that the swarm has.
static bench_loop make_loop(entrain_swarm *swarm, bool phases_in_pairs) {
    entrain_topology_view view = entrain_topology_look(entrain_swarm_topology(swarm));
    uint32_t n = view.vertex_count;
    double *frequency = take(n, sizeof(double)), *gain = take(n, sizeof(double)),
           *phase = take(n, sizeof(double));
    bench_loop loop = {.count = n,
                       .offsets = view.in_offsets,
                       .speakers = view.in_speakers,
                       .frequency = frequency,
                       .gain = gain,
                       .step_s = 0.01,
                       .phase = phase,
                       .turns = take(n, sizeof(int32_t)),
                       .far = view.kind != ENTRAIN_TOPOLOGY_RING && n > 65536,
                       .pairs = {take(n, 2 * sizeof(double)), take(n, 2 * sizeof(double))}};
    entrain_phase_read(entrain_swarm_population(swarm), phase, NULL, frequency);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t degree = view.in_offsets[i + 1] - view.in_offsets[i];
        gain[i] = degree > 0 ? 2.0 / (double)degree : 0;
        loop.pairs[0][2 * (size_t)i] = phases_in_pairs ? phase[i] : cos(phase[i]);
        loop.pairs[0][2 * (size_t)i + 1] = sin(phase[i]);
    }
    return loop;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, uint32_t count) {
    double sorted[REPEATS_MAX];
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_value);
    return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static double least(const double *values, uint32_t count) {
    double best = values[0];
    for (uint32_t r = 1; r < count; r++)
        best = values[r] < best ? values[r] : best;
    return best;
}

static void measure(bench_cell *bench, uint32_t repeats, double seconds) {
    for (bench_subject s = 0; s < SUBJECT_COUNT; s++) { // warm up, and find out how many ticks fill the time
        uint64_t ticks = 1;
        double spent = run_subject(bench, s, ticks);
        while (spent < seconds / 4) {
            ticks *= 2;
            spent = run_subject(bench, s, ticks);
        }
        bench->ticks[s] = (uint64_t)((double)ticks * seconds / spent) + 1;
    }
    for (uint32_t r = 0; r < repeats; r++)
        for (bench_subject s = 0; s < SUBJECT_COUNT; s++)
            bench->ns[s][r] =
                run_subject(bench, s, bench->ticks[s]) * 1e9 / (double)bench->ticks[s] / bench->size;
}

static void print(const bench_cell *bench, uint32_t repeats, bool json) {
    for (bench_subject s = 0; s < SUBJECT_COUNT; s++) {
        double ratios[REPEATS_MAX];
        for (uint32_t r = 0; r < repeats; r++)
            ratios[r] = bench->ns[s][r] / bench->ns[BARE][r];
        const char *form =
            json ? "{\"graph\":\"%s\",\"size\":%u,\"workers\":%u,\"subject\":\"%s\",\"ns_median\":%.3f,"
                   "\"ns_min\":%.3f,\"to_bare_loop\":%.3f}\n"
                 : "%-12s %9u %8u  %-10s %9.2f %9.2f %9.2f\n";
        printf(form, bench->graph, bench->size, bench->workers, subject_names[s],
               median(bench->ns[s], repeats), least(bench->ns[s], repeats), median(ratios, repeats));
    }
    fflush(stdout);
}

static void bench_one(entrain_topology_kind kind, uint32_t size, uint32_t workers, uint32_t repeats,
                      double seconds, bool json) {
    static bench_cell bench;
    memset(&bench, 0, sizeof bench);
    bench.graph = kind == ENTRAIN_TOPOLOGY_RING ? "ring lattice" : "small world";
    bench.size = size;
    bench.workers = workers;
    for (int transport = 0; transport < 2; transport++) {
        entrain_error error = {0};
        entrain_swarm_config config = entrain_swarm_config_defaults();
        config.size = size;
        config.topology.kind = kind;
        config.topology.degree = 8;
        config.model.coupling = 2;
        config.model.integrator = ENTRAIN_INTEGRATOR_EULER;
        config.frequency = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_NORMAL, .deviation = 0.5};
        config.engine.scheduler.worker_count = workers;
        config.engine.transport = transport == 0 ? ENTRAIN_TRANSPORT_PUBLISH : ENTRAIN_TRANSPORT_MAILBOX;
        if (entrain_swarm_create(&config, &bench.swarms[transport], &error) != ENTRAIN_OK) {
            fprintf(stderr, "bench_transport: %s\n", error.sentence);
            exit(1);
        }
    }
    entrain_simd simd = entrain_engine_simd(entrain_swarm_engine(bench.swarms[0]));
    bench.body = simd == ENTRAIN_SIMD_AVX512 ? bench_loop_avx512
                 : simd == ENTRAIN_SIMD_AVX2 ? bench_loop_avx2
                                             : bench_loop_sse2;
    bench.loop = make_loop(bench.swarms[0], false);
    bench.libm = make_loop(bench.swarms[0], true);
    measure(&bench, repeats, seconds);
    print(&bench, repeats, json);
    entrain_swarm_destroy(bench.swarms[0]);
    entrain_swarm_destroy(bench.swarms[1]);
}

static uint32_t parse_list(const char *text, uint32_t *values) {
    uint32_t count = 0;
    while (*text != '\0' && count < LIST_MAX) {
        char *end;
        values[count++] = (uint32_t)strtod(text, &end);
        text = *end == ',' ? end + 1 : end + strlen(end);
    }
    return count;
}

int main(int argc, char **argv) {
    uint32_t sizes[LIST_MAX] = {1000, 100000, 1000000}, size_count = 3;
    uint32_t workers[LIST_MAX] = {1, 2}, worker_count = 2, repeats = 7;
    double seconds = 0.2;
    bool json = false;
    for (int a = 1; a < argc; a++) {
        bool has_value = a + 1 < argc;
        if (strcmp(argv[a], "--json") == 0)
            json = true;
        else if (strcmp(argv[a], "--sizes") == 0 && has_value)
            size_count = parse_list(argv[++a], sizes);
        else if (strcmp(argv[a], "--workers") == 0 && has_value)
            worker_count = parse_list(argv[++a], workers);
        else if (strcmp(argv[a], "--repeats") == 0 && has_value)
            repeats = (uint32_t)atoi(argv[++a]);
        else if (strcmp(argv[a], "--seconds") == 0 && has_value)
            seconds = atof(argv[++a]);
        else {
            fprintf(stderr, "usage: bench_transport [--sizes N,...] [--workers N,...] [--repeats 1..99] "
                            "[--seconds S] [--json]\n");
            return 2;
        }
    }
    if (repeats < 1 || repeats > REPEATS_MAX || !(seconds > 0) || size_count == 0 || worker_count == 0) {
        fprintf(stderr, "bench_transport: repeats is 1 to 99, seconds above 0, sizes and workers are lists "
                        "of numbers.\n");
        return 2;
    }
    if (!json)
        printf("ns per agent and tick, k = 8, Euler, seed 1, %u repeats of %.2g s, policy steal, Entrain %s\n"
               "%-12s %9s %8s  %-10s %9s %9s %9s\n",
               repeats, seconds, entrain_version(), "graph", "agents", "workers", "subject", "median",
               "least", "to bare");
    for (uint32_t s = 0; s < size_count; s++)
        for (uint32_t w = 0; w < worker_count; w++) {
            bench_one(ENTRAIN_TOPOLOGY_RING, sizes[s], workers[w], repeats, seconds, json);
            bench_one(ENTRAIN_TOPOLOGY_SMALL_WORLD, sizes[s], workers[w], repeats, seconds, json);
        }
    return 0;
}
