// A million vertices of every kind: built in scratch memory that stays small, kept in exactly its arrays.
#include "check.h"

#include <sys/resource.h>
#include <time.h>

#include "engine/base/memory.h"
#include "entrain/topology.h"

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void a_million_vertices_fit_in_their_arrays(void **state) {
    (void)state;
    int64_t live = entrain__memory_live();
    for (unsigned kind = 0; kind < ENTRAIN_TOPOLOGY_EDGE_LIST; kind++) {
        entrain_topology_config config = entrain_topology_config_defaults();
        config.kind = (entrain_topology_kind)kind;
        config.size = 1000000;
        config.degree = 8;
        config.directed = kind == ENTRAIN_TOPOLOGY_STAR; // undirected, its middle would hear too many
        entrain_topology *topology = NULL;
        entrain_error error = {0};
        double start_s = seconds_now();
        CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
        entrain_topology_view view = entrain_topology_look(topology);
        print_message("%-15s %8llu arcs in %.2f s, %4zu MB kept\n", entrain_topology_kind_name(view.kind),
                      (unsigned long long)view.arc_count, seconds_now() - start_s,
                      entrain_topology_bytes(topology) >> 20);
        assert_int_equal(view.vertex_count, 1000000);
        size_t arrays = kind == ENTRAIN_TOPOLOGY_COMPLETE ? 0 : 8 * 1000001 + 4 * view.arc_count;
        assert_int_equal(entrain_topology_bytes(topology), view.directed ? 2 * arrays : arrays);
        entrain_topology_release(topology);
        assert_int_equal(entrain__memory_live(), live);
    }
#ifndef ENTRAIN_SYSTEM_MALLOC // sanitizers have memory of their own
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    print_message("peak %ld MB\n", usage.ru_maxrss >> 10);
    assert_true(usage.ru_maxrss >> 10 < 250); // 40 MB of graph, about 100 of scratch, the program
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_vertices_fit_in_their_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
