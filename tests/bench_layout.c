// What the order of actors in memory costs: the same swarm in index order and in the layout `near`,
// interleaved in one process, ratios repeat by repeat. And what huge pages change, with --pages.
//
//   bench_layout [--size 1000000] [--repeats 7] [--ticks 20] [--workers 1] [--pages]
//
// Graphs of k = 8: a ring lattice whose vertices a file named at random, a small world in its own order and
// named at random, scale-free, Erdos-Renyi. Timings are for reading, never for passing or failing.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/memory.h"
#include "engine/layout.h"
#include "entrain/kuramoto.h"
#include "entrain/random.h"

enum { REPEATS_MAX = 99 };

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void check(entrain_status status, const entrain_error *error) {
    if (status == ENTRAIN_OK)
        return;
    fprintf(stderr, "bench_layout: %s\n", error->sentence);
    exit(1);
}

static entrain_topology *make_graph(entrain_topology_kind kind, uint32_t size, bool renamed) {
    entrain_error error = {0};
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = kind;
    config.size = size;
    config.degree = 8;
    entrain_topology *plain, *result;
    check(entrain_topology_create(&config, &plain, &error), &error);
    if (!renamed)
        return plain;
    entrain_topology_view view = entrain_topology_look(plain);
    uint32_t *names = calloc(size, sizeof *names);
    entrain_edge *edges = calloc(view.arc_count / 2, sizeof *edges);
    uint64_t count = 0;
    if (names == NULL || edges == NULL)
        abort();
    entrain_random key = entrain_random_key(1, 77);
    for (uint32_t v = 0; v < size; v++) {
        uint32_t other = (uint32_t)entrain_random_below(key, (uint64_t)v + 1, v, 0, 0);
        names[v] = names[other];
        names[other] = v;
    }
    for (uint32_t v = 0; v < size; v++)
        for (uint64_t a = view.in_offsets[v]; a < view.in_offsets[v + 1]; a++)
            if ((uint32_t)view.in_speakers[a] < v)
                edges[count++] = (entrain_edge){names[view.in_speakers[a]], names[v], 1};
    check(entrain_topology_from_edges(size, edges, count, false, false, &result, &error), &error);
    free(names);
    free(edges);
    entrain_topology_release(plain);
    return result;
}

typedef struct subject {
    const char *name;
    entrain_layout layout;
    bool huge;
    entrain_engine *engine;
    double start_s;
    double ns[REPEATS_MAX];
} subject;

static void start(subject *one, entrain_topology *topology, entrain_transport transport, uint32_t workers) {
    entrain_error error = {0};
    uint32_t size = entrain_topology_look(topology).vertex_count;
    entrain__memory_use_huge_pages(one->huge);
    entrain_engine_config config = entrain_engine_config_defaults();
    config.layout = one->layout;
    config.transport = transport;
    config.scheduler.worker_count = workers;
    double *phases = calloc(size, sizeof *phases), *frequencies = calloc(size, sizeof *frequencies);
    if (phases == NULL || frequencies == NULL)
        abort();
    entrain_random key = entrain_random_key(1, 78);
    for (uint32_t i = 0; i < size; i++)
        phases[i] = 6 * entrain_random_uniform(key, 0, i, 0) - 3;
    entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
    model.integrator = ENTRAIN_INTEGRATOR_EULER;
    entrain_population *population;
    check(entrain_engine_create(&config, &one->engine, &error), &error);
    check(entrain_kuramoto_add(one->engine, &model, size, phases, frequencies, &population, &error), &error);
    check(entrain_engine_set_topology(one->engine, topology, &error), &error);
    double began = now_s();
    check(entrain_engine_start(one->engine, &error), &error);
    one->start_s = now_s() - began;
    free(phases);
    free(frequencies);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, uint32_t count) {
    double sorted[REPEATS_MAX];
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_value);
    return sorted[count / 2];
}

static void bench_one(const char *graph, entrain_topology *topology, subject *subjects, uint32_t count,
                      uint32_t repeats, uint32_t ticks, uint32_t workers) {
    entrain_error error = {0};
    uint32_t size = entrain_topology_look(topology).vertex_count;
    for (int transport = ENTRAIN_TRANSPORT_COUNT - 1; transport >= 0; transport--) {
        for (uint32_t s = 0; s < count; s++) {
            start(&subjects[s], topology, (entrain_transport)transport, workers);
            check(entrain_engine_advance(subjects[s].engine, 2, &error), &error);
        }
        for (uint32_t r = 0; r < repeats; r++)
            for (uint32_t s = 0; s < count; s++) {
                double began = now_s();
                check(entrain_engine_advance(subjects[s].engine, ticks, &error), &error);
                subjects[s].ns[r] = (now_s() - began) * 1e9 / size / ticks;
            }
        for (uint32_t s = 0; s < count; s++) {
            double ratios[REPEATS_MAX];
            for (uint32_t r = 0; r < repeats; r++)
                ratios[r] = subjects[s].ns[r] / subjects[0].ns[r];
            printf("%-22s %-8s %-10s %-6s %7.2f %9.2f %7.3f\n", graph,
                   entrain_transport_name((entrain_transport)transport), subjects[s].name,
                   entrain_layout_name(entrain_engine_layout(subjects[s].engine)), subjects[s].start_s,
                   median(subjects[s].ns, repeats), median(ratios, repeats));
            entrain_engine_destroy(subjects[s].engine);
        }
        fflush(stdout);
    }
}

// How near the order `near` is, whatever it takes.
static void print_shares(const char *graph, const entrain_topology *topology) {
    entrain_topology_view view = entrain_topology_look(topology);
    uint32_t n = view.vertex_count;
    uint32_t *order = calloc(n, sizeof *order), *rank = calloc(n, sizeof *rank);
    entrain__arena *scratch;
    if (order == NULL || rank == NULL || entrain__arena_create(&scratch) != ENTRAIN_OK)
        abort();
    double began = now_s();
    bool given_up = entrain__order_near(&view, n / 2, scratch, order) == ENTRAIN_UNSUPPORTED;
    double tried_s = now_s() - began;
    began = now_s();
    if (entrain__order_near(&view, UINT32_MAX, scratch, order) != ENTRAIN_OK)
        abort();
    double ordered_s = now_s() - began;
    for (uint32_t r = 0; r < n; r++)
        rank[order[r]] = r;
    entrain__spread before = entrain__spread_of(n, view.in_offsets, view.in_speakers, NULL),
                    after = entrain__spread_of(n, view.in_offsets, view.in_speakers, rank);
    printf(
        "%-22s far arcs %.3f, mean distance %.1f bits; near: %.3f, %.1f, ordered in %.2f s, %s in %.2f s\n",
        graph, before.far_share, before.distance_bits, after.far_share, after.distance_bits, ordered_s,
        given_up ? "given up" : "not given up", tried_s);
    entrain__arena_destroy(scratch);
    free(order);
    free(rank);
}

int main(int argc, char **argv) {
    uint32_t size = 1000000, repeats = 7, ticks = 20, workers = 1;
    bool pages = false;
    for (int a = 1; a < argc; a++) {
        bool has_value = a + 1 < argc;
        if (strcmp(argv[a], "--pages") == 0)
            pages = true;
        else if (strcmp(argv[a], "--size") == 0 && has_value)
            size = (uint32_t)strtod(argv[++a], NULL);
        else if (strcmp(argv[a], "--repeats") == 0 && has_value)
            repeats = (uint32_t)atoi(argv[++a]);
        else if (strcmp(argv[a], "--ticks") == 0 && has_value)
            ticks = (uint32_t)atoi(argv[++a]);
        else if (strcmp(argv[a], "--workers") == 0 && has_value)
            workers = (uint32_t)atoi(argv[++a]);
        else
            size = 0;
    }
    if (size < 1000 || repeats < 1 || repeats > REPEATS_MAX || ticks < 1) {
        fprintf(stderr, "usage: bench_layout [--size 1000..] [--repeats 1..99] [--ticks N] [--workers N] "
                        "[--pages]\n");
        return 2;
    }
    subject by_layout[] = {{.name = "index", .layout = ENTRAIN_LAYOUT_INDEX, .huge = true},
                           {.name = "near", .layout = ENTRAIN_LAYOUT_NEAR, .huge = true},
                           {.name = "auto", .layout = ENTRAIN_LAYOUT_AUTO, .huge = true}};
    subject by_pages[] = {{.name = "small", .huge = false}, {.name = "huge", .huge = true}};
    static const struct {
        const char *name;
        entrain_topology_kind kind;
        bool renamed;
    } graphs[] = {{"ring lattice", ENTRAIN_TOPOLOGY_RING, false},
                  {"ring lattice, renamed", ENTRAIN_TOPOLOGY_RING, true},
                  {"small world", ENTRAIN_TOPOLOGY_SMALL_WORLD, false},
                  {"small world, renamed", ENTRAIN_TOPOLOGY_SMALL_WORLD, true},
                  {"scale-free", ENTRAIN_TOPOLOGY_SCALE_FREE, false},
                  {"erdos-renyi", ENTRAIN_TOPOLOGY_ERDOS_RENYI, false}};
    printf("%u agents, k = 8, Euler, %u workers, %u repeats of %u ticks\n%-22s %-8s %-10s %-6s %7s %9s %7s\n",
           size, workers, repeats, ticks, "graph", "", "subject", "layout", "start s", "ns", "ratio");
    for (size_t g = 0; g < sizeof graphs / sizeof *graphs; g++) {
        double began = now_s();
        entrain__memory_use_huge_pages(true);
        entrain_topology *topology = make_graph(graphs[g].kind, size, graphs[g].renamed);
        printf("%-22s built in %.2f s\n", graphs[g].name, now_s() - began);
        if (!pages)
            print_shares(graphs[g].name, topology);
        bench_one(graphs[g].name, topology, pages ? by_pages : by_layout, pages ? 2 : 3, repeats, ticks,
                  workers);
        entrain_topology_release(topology);
    }
    return 0;
}
