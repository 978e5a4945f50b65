/// @file bench_baseline.h  An earlier benchmark to compare with: a bench.jsonl, or what --json printed.
#ifndef ENTRAIN_SIMS_BENCH_BASELINE_H
#define ENTRAIN_SIMS_BENCH_BASELINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "entrain/status.h"

typedef struct bench_baseline bench_baseline;

/// Reads @p path, whole: a benchmark of the same @p what ("scenario", "coupling"). A missing, torn or
/// foreign file is refused with a sentence (ENTRAIN_IO, ENTRAIN_PARSE, ENTRAIN_UNSUPPORTED,
/// ENTRAIN_INVALID).
entrain_status bench_baseline_read(const char *path, const char *what, bench_baseline **baseline_out,
                                   entrain_error *error_out);
void bench_baseline_free(bench_baseline *baseline); ///< NULL is allowed

/// In what the baseline's facts differ from @p facts (a line of ours) as far as that moves times: "cpu (A
/// there, B here), repeats (10 there, 2 here)". False when in nothing.
bool bench_baseline_differs(const bench_baseline *baseline, const json_t *facts, char *text_out, size_t size);

/// The baseline's row of the same "table" whose cells @p keys (separated by blanks) equal those of @p row,
/// or NULL. Borrowed.
const json_t *bench_baseline_find(const bench_baseline *baseline, const json_t *row, const char *keys);

#endif
