#include "sims/bench_turns.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/interrupt.h"
#include "sims/options.h"
#include "sims/progress.h"
#include "sims/say.h"

void *bench_take(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static double run_once(const bench_turns *turns, uint32_t subject, uint64_t rounds) {
    return interrupt_requested() ? -1 : turns->run(turns->context, subject, rounds);
}

// Doubles the rounds until a quarter of the time is filled. @return seconds a round of the last, longest try;
// below 0:
// stopped. *rounds_out is the rounds of all tries together.
static double warm_up(const bench_turns *turns, uint32_t subject, uint64_t *rounds_out) {
    uint64_t done = 0;
    for (uint64_t rounds = 1;; rounds *= 2) {
        double spent = run_once(turns, subject, rounds);
        done += rounds;
        *rounds_out = done;
        if (spent < 0 || spent >= turns->seconds / 4 || rounds >= UINT64_C(1) << 40)
            return spent < 0 ? spent : spent / (double)rounds;
    }
}

static bool find_rounds(const bench_turns *turns) {
    uint64_t *warm = bench_take(turns->subjects, sizeof *warm);
    double *round_s = bench_take(turns->subjects, sizeof *round_s); // of a leader: the slowest of its own
    bool going = true;
    for (uint32_t s = 0; s < turns->subjects && going; s++) {
        uint32_t leader = turns->leaders != NULL ? turns->leaders[s] : s;
        double spent = leader == s ? warm_up(turns, s, &warm[s])
                                   : run_once(turns, s, warm[leader]) / (double)warm[leader];
        going = spent >= 0;
        round_s[leader] = spent > round_s[leader] ? spent : round_s[leader];
    }
    for (uint32_t s = 0; s < turns->subjects && going; s++) {
        double fit = turns->seconds / round_s[turns->leaders != NULL ? turns->leaders[s] : s];
        turns->rounds_out[s] = fit < 0x1p40 ? (uint64_t)fit + 1 : UINT64_C(1) << 40;
    }
    free(warm);
    free(round_s);
    return going;
}

static bool take_all(const bench_turns *turns) {
    if (!find_rounds(turns))
        return false;
    for (uint32_t r = 0; r < turns->repeats; r++)
        for (uint32_t i = 0; i < turns->subjects; i++) {
            uint32_t s = (i + r) % turns->subjects;
            progress_part((uint64_t)r * turns->subjects + i, turns->label);
            double spent = run_once(turns, s, turns->rounds_out[s]);
            if (spent < 0)
                return false;
            turns->values_out[(size_t)s * turns->repeats + r] = spent / (double)turns->rounds_out[s];
        }
    return !interrupt_requested();
}

bool bench_turns_take(const bench_turns *turns) {
    progress_begin_parts(NULL, (uint64_t)turns->repeats * turns->subjects, turns->quiet);
    bool done = take_all(turns);
    progress_end();
    return done;
}

list_of_counts bench_list_or(const list_of_counts *given, const uint32_t *defaults, uint32_t count) {
    if (given->count > 0)
        return *given;
    list_of_counts list = {.count = count};
    memcpy(list.values, defaults, count * sizeof *defaults);
    return list;
}

int bench_finish(bench_report *report, bool complete, bool wrong, entrain_error *error) {
    int code = interrupt_requested()        ? EXIT_INTERRUPTED
               : error->sentence[0] != '\0' ? EXIT_FAILED
               : wrong                      ? EXIT_MISMATCH
                                            : EXIT_DONE;
    if (code == EXIT_FAILED)
        say_error("%s", error->sentence);
    if (code == EXIT_INTERRUPTED)
        say_note("interrupted; what is shown is complete rounds only");
    if (bench_report_close(report, complete && code != EXIT_FAILED, error) == ENTRAIN_OK)
        return code;
    say_error("%s", error->sentence);
    return EXIT_FAILED;
}

// --- Memory

// The first number after @p name in a small file of the system; NAN where there is none.
static double system_number(const char *path, const char *name) {
    char line[256];
    double number = NAN;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return NAN;
    while (isnan(number) && fgets(line, sizeof line, file) != NULL) {
        char *end, *at = line + strlen(name);
        if (strncmp(line, name, strlen(name)) != 0)
            continue;
        double value = strtod(at, &end);
        number = end != at ? value : NAN;
    }
    fclose(file);
    return number;
}

double bench_memory_available(void) {
    double available = 1024 * system_number("/proc/meminfo", "MemAvailable:");
    double limit = system_number("/sys/fs/cgroup/memory.max", ""); // "max" where there is none
    double used = system_number("/sys/fs/cgroup/memory.current", "");
    if (isnan(available))
        available = INFINITY;
    return !isnan(limit) && !isnan(used) && limit - used < available ? limit - used : available;
}

entrain_status bench_memory_check(double bytes, const char *what, entrain_error *error_out) {
    double available = bench_memory_available();
    if (bytes <= 0.9 * available)
        return ENTRAIN_OK;
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                             "%s needs about %s and %s are free; give smaller --sizes.", what,
                             text_bytes(bytes).text, text_bytes(available > 0 ? available : 0).text);
}

entrain_status bench_size_check(const char *subject, uint32_t size, double bytes, entrain_error *error_out) {
    char what[80];
    if (size < BENCH_SIZE_MIN)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "--sizes: bench %s takes %d agents or more, not %u; each hears 8 others.",
                                 subject, BENCH_SIZE_MIN, size);
    snprintf(what, sizeof what, "bench %s with %s agents", subject, text_count(size).text);
    return bench_memory_check(bytes, what, error_out);
}
