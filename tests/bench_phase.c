// What a phase costs: the barrier with nothing to do, and one empty task, by policy and number of workers.
//
//   bench_phase [--repeats 9]
//
// Medians and least of `repeats` measurements: ns a task, or, with one task, ns a phase. For reading, never for passing or failing.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "entrain/scheduler.h"

enum { REPEATS_MAX = 99, TASKS = 1000 };

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static uint32_t advance(void *context) {
    uint32_t *phases_left = context;
    return (*phases_left)-- > 0 ? 0 : ENTRAIN_PHASE_END;
}
static void no_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)context, (void)phase, (void)task, (void)worker;
}

// ns a phase of the plan's empty tasks.
static double phase_ns(entrain_scheduler *scheduler, uint32_t phases) {
    entrain_error error;
    uint32_t left = phases;
    const entrain_job job = {.context = &left, .advance = advance, .task = no_task};
    double began = now_ns();
    if (entrain_scheduler_run(scheduler, &job, &error) != ENTRAIN_OK) {
        fprintf(stderr, "bench_phase: %s\n", error.sentence);
        exit(1);
    }
    return (now_ns() - began) / phases;
}

static entrain_scheduler *make(const char *policy, uint32_t workers, uint32_t tasks) {
    entrain_error error;
    entrain_scheduler *scheduler;
    entrain_scheduler_config config = entrain_scheduler_config_defaults();
    config.policy = policy;
    config.worker_count = workers;
    if (entrain_scheduler_create(&config, &scheduler, &error) != ENTRAIN_OK ||
        entrain_scheduler_plan(scheduler, tasks, NULL, &error) != ENTRAIN_OK) {
        fprintf(stderr, "bench_phase: %s\n", error.sentence);
        exit(1);
    }
    return scheduler;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// One row: a phase of one empty task (all but the barrier is next to nothing), or ns a task of a phase of many.
static void measure(const char *policy, uint32_t workers, uint32_t tasks, uint32_t repeats) {
    double values[REPEATS_MAX];
    entrain_scheduler *scheduler = make(policy, workers, tasks);
    uint32_t phases = (tasks > 1 ? 200u : 5000u) / (workers > 8 ? 5u : 1u);
    phase_ns(scheduler, phases);
    for (uint32_t r = 0; r < repeats; r++)
        values[r] = phase_ns(scheduler, phases) / tasks;
    entrain_scheduler_destroy(scheduler);
    qsort(values, repeats, sizeof *values, by_value);
    printf("%-10s %8u %7u %12.1f %12.1f\n", policy, workers, tasks, values[repeats / 2], values[0]);
}

int main(int argc, char **argv) {
    long repeats = argc == 3 && strcmp(argv[1], "--repeats") == 0 ? strtol(argv[2], NULL, 10) : 9;
    if ((argc != 1 && argc != 3) || repeats < 1 || repeats > REPEATS_MAX) {
        fprintf(stderr, "usage: bench_phase [--repeats 1..99]\n");
        return 2;
    }
    static const uint32_t workers[] = {1, 2, 4, 8, 16, 64};
    printf("%-10s %8s %7s %12s %12s\n", "policy", "workers", "tasks", "median ns", "least");
    for (size_t w = 0; w < sizeof workers / sizeof *workers; w++)
        measure("steal", workers[w], 1, (uint32_t)repeats);
    const entrain_policy *policy;
    for (uint32_t p = 0; (policy = entrain_policy_at(p)) != NULL; p++)
        for (size_t w = 0; w < 4; w += w == 1 ? 2 : 1) // 1, 2 and 8
            measure(policy->name, workers[w], TASKS, (uint32_t)repeats);
    return 0;
}
