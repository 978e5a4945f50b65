#include "sims/bench_idle.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "entrain/engine.h"
#include "sims/say.h"

enum { INBOX = 7, TOLD = 1000, KIND = ENTRAIN_KIND_USER };

static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    (void)self, (void)messages, (void)count;
    return ENTRAIN_OK;
}

// Bytes of this process in memory; NAN where the system does not say.
static double resident_bytes(void) {
    unsigned long all = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    int read = file != NULL ? fscanf(file, "%lu %lu", &all, &resident) : 0;
    if (file != NULL)
        fclose(file);
    return read == 2 ? (double)resident * (double)sysconf(_SC_PAGESIZE) : (double)NAN;
}

// A thousand of them, all over the place, hear something once.
static entrain_status tell_some(entrain_engine *engine, entrain_population *population, uint32_t count,
                                entrain_error *error_out) {
    const entrain_payload nothing = {.i64 = 0};
    const uint32_t told = count < TOLD ? count : TOLD;
    entrain_message_count counted;
    entrain_status status = ENTRAIN_OK;
    for (uint32_t t = 0; t < told && status == ENTRAIN_OK; t++) {
        entrain_id id = entrain_population_id(population, (uint32_t)((uint64_t)t * count / told));
        status = entrain_engine_tell(engine, id, KIND, 0, nothing, nothing);
    }
    if (status == ENTRAIN_OK)
        status = entrain_engine_run(engine, (double)INFINITY, error_out);
    entrain_engine_count(engine, &counted);
    if (status == ENTRAIN_OK && counted.received != told)
        status =
            entrain_error_set(error_out, ENTRAIN_MISMATCH,
                              "of %" PRIu32 " idle actors that were told something %" PRIu64 " heard it.",
                              told, counted.received);
    return status;
}

entrain_status bench_idle_measure(uint32_t count, bench_idle_figures *figures_out, entrain_error *error_out) {
    const entrain_behavior behavior = {.name = "idle", .inbox = INBOX, .receive = receive};
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_engine *engine = NULL;
    entrain_population *population = NULL;
    config.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
    config.scheduler.worker_count = 1;
    double before = resident_bytes(), began = 0, spent = 0;
    entrain_status status = entrain_engine_create(&config, &engine, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_engine_add(engine, &behavior, NULL, count, &population, error_out);
    if (status == ENTRAIN_OK) {
        began = wall_now_s();
        status = entrain_engine_start(engine, error_out);
        spent = wall_now_s() - began;
    }
    if (status == ENTRAIN_OK) {
        entrain_engine_memory memory;
        entrain_engine_measure(engine, &memory);
        *figures_out = (bench_idle_figures){.bytes = (double)memory.total / count,
                                            .resident = (resident_bytes() - before) / count,
                                            .start_ns = 1e9 * spent / count};
        status = tell_some(engine, population, count, error_out);
    }
    entrain_engine_destroy(engine);
    return status;
}
