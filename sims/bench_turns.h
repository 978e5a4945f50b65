/// @file bench_turns.h  Measuring several subjects turn by turn, and what a measurement may cost the machine.
///
/// Each repeat measures every subject once, beginning with another one each time: what drifts (clock rate,
/// neighbours on the machine) hits all alike, and ratios taken repeat by repeat are good where times are not.
#ifndef ENTRAIN_SIMS_BENCH_TURNS_H
#define ENTRAIN_SIMS_BENCH_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/status.h"
#include "sims/bench_report.h"
#include "sims/lists.h"

typedef struct bench_turns {
    const char *label; ///< of the progress line
    bool quiet;
    uint32_t subjects, repeats;
    double seconds; ///< about how long one measurement takes; one round at least
    /// [subjects] Subjects of one leader do the same number of rounds, from the first to the last; a leader
    /// leads itself and comes before those it leads. NULL: each by itself.
    const uint32_t *leaders;
    /// Does @p rounds rounds of @p subject. @return the seconds they took; below 0: it was interrupted or
    /// failed, and nothing more is measured.
    double (*run)(void *context, uint32_t subject, uint64_t rounds);
    void *context;
    uint64_t *rounds_out; ///< [subjects] rounds of one measurement
    double *values_out;   ///< [subjects][repeats] seconds a round
} bench_turns;

/// Warms up, finds out how many rounds fill the time, measures. Main thread.
/// @return whether all of it was done; false also after a signal
bool bench_turns_take(const bench_turns *turns);

/// Memory that this process may still take without pushing others out, in bytes: what /proc/meminfo calls
/// available, cut by the cgroup's limit. INFINITY where the machine does not say.
double bench_memory_available(void);
/// Refuses with a sentence, ENTRAIN_NO_MEMORY, what needs more than nine tenths of that.
entrain_status bench_memory_check(double bytes, const char *what, entrain_error *error_out);

/// Refuses a swarm of @p size agents of 8 neighbours for `bench SUBJECT`: one that is too small for them,
/// or whose
/// @p bytes do not fit.
enum { BENCH_SIZE_MIN = 16 };
entrain_status bench_size_check(const char *subject, uint32_t size, double bytes, entrain_error *error_out);

/// @p given, or @p defaults where nothing was given.
list_of_counts bench_list_or(const list_of_counts *given, const uint32_t *defaults, uint32_t count);

/// Closes @p report. @p error: a failure if its sentence is not empty; it is said. @return the exit code
int bench_finish(bench_report *report, bool complete, bool wrong, entrain_error *error);

/// malloc() of @p count zeroed elements of @p size, or the end of the program: for words and figures, not for
/// what is measured.
void *bench_take(size_t count, size_t size);

#endif
