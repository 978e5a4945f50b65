/// @file bench_facts.h  The machine and the build that a benchmark's figures belong to.
#ifndef ENTRAIN_SIMS_BENCH_FACTS_H
#define ENTRAIN_SIMS_BENCH_FACTS_H

#include <jansson.h>
#include <stddef.h>

/// What does not change during a run: "version", "compiler", "flags", "cpu" (its model), "cpus" (those this
/// process may use), "simd" (the widest), "memory_bytes", "kernel", "governor" ("unknown" where the machine
/// does not say, "mixed" where cpus differ). The caller's to json_decref.
json_t *bench_facts(void);

/// The load average over the last minute; NaN where the machine does not say.
double bench_load(void);

/// Now, as "2026-03-01T12:34:56Z".
void bench_date(char *text_out, size_t size);

#endif
