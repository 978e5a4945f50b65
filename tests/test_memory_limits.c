// How much memory a large swarm takes, as the system counts it: each case is a process of its own, whose
// largest resident set the kernel remembers. The limits are promises; the figures are printed.
//
//   test_memory_limits
#include "check.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "entrain/swarm.h"

typedef struct limit_case {
    const char *name;
    uint32_t size;
    entrain_topology_kind kind;
    entrain_transport transport;
    entrain_layout layout;
    double limit_mb; // 10^6 bytes
} limit_case;

#define MILLION 1000000
static const limit_case cases[] = {
    {"1e6 ring lattice, mailbox", MILLION, ENTRAIN_TOPOLOGY_RING, ENTRAIN_TRANSPORT_MAILBOX,
     ENTRAIN_LAYOUT_AUTO, 600},
    {"1e6 small world, mailbox", MILLION, ENTRAIN_TOPOLOGY_SMALL_WORLD, ENTRAIN_TRANSPORT_MAILBOX,
     ENTRAIN_LAYOUT_AUTO, 600},
    {"1e6 ring lattice, publish", MILLION, ENTRAIN_TOPOLOGY_RING, ENTRAIN_TRANSPORT_PUBLISH,
     ENTRAIN_LAYOUT_AUTO, 200},
    {"1e6 small world, publish", MILLION, ENTRAIN_TOPOLOGY_SMALL_WORLD, ENTRAIN_TRANSPORT_PUBLISH,
     ENTRAIN_LAYOUT_AUTO, 200},
    {"1e6 small world, publish, near", MILLION, ENTRAIN_TOPOLOGY_SMALL_WORLD, ENTRAIN_TRANSPORT_PUBLISH,
     ENTRAIN_LAYOUT_NEAR, 200},
    {"1e7 ring lattice, publish", 10 * MILLION, ENTRAIN_TOPOLOGY_RING, ENTRAIN_TRANSPORT_PUBLISH,
     ENTRAIN_LAYOUT_AUTO, 2000},
    {"1e7 small world, publish", 10 * MILLION, ENTRAIN_TOPOLOGY_SMALL_WORLD, ENTRAIN_TRANSPORT_PUBLISH,
     ENTRAIN_LAYOUT_AUTO, 2000},
};

// In the child: two ticks and a sample, and the parts for the reader.
static int run_case(const limit_case *one) {
    entrain_error error = {0};
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = one->size;
    config.topology.kind = one->kind;
    config.topology.degree = 8;
    config.model.integrator = ENTRAIN_INTEGRATOR_EULER;
    config.engine.transport = one->transport;
    config.engine.layout = one->layout;
    entrain_swarm *swarm;
    entrain_status status = entrain_swarm_create(&config, &swarm, &error);
    entrain_phase_sample sample;
    if (status == ENTRAIN_OK) {
        status = entrain_engine_advance(entrain_swarm_engine(swarm), 2, &error);
        if (status == ENTRAIN_OK)
            status = entrain_swarm_sample(swarm, &sample);
        entrain_engine_memory memory;
        entrain_engine_measure(entrain_swarm_engine(swarm), &memory);
        double each = 1.0 / one->size;
        printf("  bytes per actor: %.0f: state %.0f, contexts %.0f, publications %.0f, mailboxes %.0f, "
               "topology %.0f, table %.0f; layout %s\n",
               (double)memory.total * each, (double)memory.state * each, (double)memory.contexts * each,
               (double)memory.publications * each, (double)memory.mailboxes * each,
               (double)memory.topology * each, (double)memory.table * each,
               entrain_layout_name(entrain_engine_layout(entrain_swarm_engine(swarm))));
        entrain_swarm_destroy(swarm);
    }
    if (status != ENTRAIN_OK)
        fprintf(stderr, "%s: %s\n", one->name, error.sentence);
    fflush(stdout);
    return status == ENTRAIN_OK ? 0 : 1;
}

static double available_mb(void) {
    char line[128];
    double kb = 0;
    FILE *from = fopen("/proc/meminfo", "re");
    while (from != NULL && fgets(line, sizeof line, from) != NULL)
        if (strncmp(line, "MemAvailable:", 13) == 0)
            kb = strtod(line + 13, NULL);
    if (from != NULL)
        fclose(from);
    return kb * 1024 / 1e6;
}

static void large_swarms_stay_within_their_memory(void **state) {
    (void)state;
    if (strcmp(entrain__memory_backend(), "jemalloc") != 0) {
        print_message("skipped: this build brings an allocator of its own, whose memory is another\n");
        skip();
    }
    uint32_t tried = 0;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const limit_case *one = &cases[c];
        double available = available_mb();
        if (available < 1.25 * one->limit_mb) {
            print_message("skipped: %s: it may take %.0f MB and %.0f MB are available\n", one->name,
                          one->limit_mb, available);
            continue;
        }
        fflush(NULL);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(run_case(one));
        int ended;
        struct rusage usage;
        assert_int_equal(wait4(child, &ended, 0, &usage), child);
        assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
        double mb = (double)usage.ru_maxrss * 1024 / 1e6;
        print_message("%-32s %7.1f MB resident at most, limit %.0f\n", one->name, mb, one->limit_mb);
        if (mb > one->limit_mb)
            fail_msg("%s: %.1f MB resident, above the limit of %.0f", one->name, mb, one->limit_mb);
        assert_true(mb > 100 * (double)one->size / MILLION); // else it was not this swarm that was measured
        tried++;
    }
    if (tried == 0)
        skip();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_swarms_stay_within_their_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
