// entrain bench resilience: how much of what a swarm survives. Every kind of disruption, stronger and
// stronger, some seeds each; where it stops recovering, beside what was promised (EMERGE: half of the
// agents dead, 30 % of the messages lost, agents ten times slower, a partition that heals).
//
// Each run is a swarm of its own with one worker; runs share the machine. Nothing here depends on time of
// the wall.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/goal.h"
#include "sims/bench.h"
#include "sims/bench_picture.h"
#include "sims/bench_turns.h"
#include "sims/crew.h"
#include "sims/interrupt.h"
#include "sims/progress.h"
#include "sims/resilience.h"
#include "sims/say.h"
#include "sims/words.h"

enum { SEEDS_DEFAULT = 5, SEEDS_MAX = 1000, KINDS_MAX = 16, PROMISE_SECONDS_MAX = 1000 };

static const bench_column columns[] = {
    {"goal", "goal", "", BENCH_DECIMALS_TEXT, 18},
    {"size", "agents", "", 0, 8},
    {"kind", "kind", "", BENCH_DECIMALS_TEXT, 9},
    {"strength", "strength", "", 2, 8},
    {"unit", "", "", BENCH_DECIMALS_TEXT, 0},
    {"alone", "alone", "seeds", 0, 0},
    {"recovered", "scrambled", "seeds", 0, 0},
    {"seeds", "of", "", 0, 3},
    {"time_median_s", "median", "s", 1, 6},
    {"time_most_s", "longest", "s", 1, 7},
    {"lowest_median", "lowest r", "alone", 3, 0},
    {"shed_most", "shed", "share", 4, 6},
    {"settled", "settled", "seeds", 0, 0},
    {"survives", "survives", "", BENCH_DECIMALS_TEXT, 10},
    {"stops", "stops at", "", BENCH_DECIMALS_TEXT, 10},
    {"promise", "promised", "", BENCH_DECIMALS_TEXT, 16},
    {"verdict", "verdict", "", BENCH_DECIMALS_TEXT, 18},
};

typedef struct resilience_limit {
    double survived, stops; // NAN: none
    char verdict[64];
} resilience_limit;

// One kind at one size, all strengths and seeds: parts of the crew.
typedef struct resilience_bench {
    const bench_options *options;
    bench_report *report;
    crew *helpers;
    const char *goal;
    uint64_t seed_first;
    uint32_t seed_count, size;
    const resilience_kind *kind;
    resilience_result *results; // [scrambled][strength][seed]
    pthread_mutex_t mutex;      // done, failed
    uint64_t done;
    bool failed;
    uint32_t unsettled;
    entrain_error error;
    resilience_limit limits[KINDS_MAX];
} resilience_bench;

// --- The command line

static entrain_status parse_seeds(resilience_bench *all, const char *text) {
    all->seed_first = 1;
    all->seed_count = SEEDS_DEFAULT;
    if (text == NULL)
        return ENTRAIN_OK;
    char *end;
    errno = 0;
    bool digits = text[0] >= '0' && text[0] <= '9';
    uint64_t first = strtoull(text, &end, 10), last = first;
    if (digits && strncmp(end, "..", 2) == 0 && end[2] >= '0' && end[2] <= '9')
        last = strtoull(end + 2, &end, 10);
    if (!digits || errno != 0 || *end != '\0' || last < first || last - first >= SEEDS_MAX)
        return entrain_error_set(
            &all->error, ENTRAIN_INVALID,
            "--seeds takes two whole numbers, the smaller one first, 1,000 seeds at most, as "
            "1..10, not \"%s\".",
            words_text(text).text);
    all->seed_first = first;
    all->seed_count = (uint32_t)(last - first + 1);
    return ENTRAIN_OK;
}

// --- Running

static void run_part(void *context, uint32_t index) {
    resilience_bench *all = context;
    const uint32_t cells = all->kind->count * all->seed_count, cell = index % cells;
    const resilience_run run = {.kind = all->kind,
                                .strength = all->kind->strengths[cell / all->seed_count],
                                .goal = all->goal,
                                .size = all->size,
                                .seed = all->seed_first + cell % all->seed_count,
                                .scrambled = index >= cells,
                                .sets = all->options->cli->sets,
                                .set_count = all->options->cli->set_count};
    all->results[index] = resilience_do(&run);
    const resilience_result *result = &all->results[index];
    pthread_mutex_lock(&all->mutex);
    all->done++;
    if (result->status != ENTRAIN_OK && result->status != ENTRAIN_CANCELLED && !all->failed) {
        all->failed = true;
        all->error = result->error;
        if (all->error.sentence[0] == '\0')
            entrain_error_set(&all->error, result->status, "A run failed: %s.",
                              entrain_status_text(result->status));
    }
    progress_part(all->done, all->kind->name);
    pthread_mutex_unlock(&all->mutex);
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static const resilience_result *results_of(const resilience_bench *all, bool scrambled, uint32_t strength) {
    return all->results + ((scrambled ? all->kind->count : 0) + (size_t)strength) * all->seed_count;
}

static uint32_t count_recovered(const resilience_bench *all, bool scrambled, uint32_t strength) {
    const resilience_result *results = results_of(all, scrambled, strength);
    uint32_t recovered = 0;
    for (uint32_t i = 0; i < all->seed_count; i++)
        recovered += results[i].recovered;
    return recovered;
}

// Alone or scrambled, whichever is fewer.
static uint32_t fewest_recovered(const resilience_bench *all, uint32_t strength) {
    uint32_t alone = count_recovered(all, false, strength);
    uint32_t scrambled = all->kind->alone ? alone : count_recovered(all, true, strength);
    return alone < scrambled ? alone : scrambled;
}

// Times are of the harder case.
static void put_strength(resilience_bench *all, uint32_t s) {
    const resilience_result *alone = results_of(all, false, s), *hard = results_of(all, !all->kind->alone, s);
    double times[SEEDS_MAX], lowest[SEEDS_MAX], shed = 0;
    uint32_t recovered = 0, settled = 0;
    for (uint32_t i = 0; i < all->seed_count; i++) {
        if (hard[i].recovered)
            times[recovered++] = hard[i].recovery_s;
        lowest[i] = alone[i].lowest;
        settled += alone[i].settled;
        shed = fmax(shed, alone[i].shed);
    }
    qsort(times, recovered, sizeof *times, by_size);
    qsort(lowest, all->seed_count, sizeof *lowest, by_size);
    bench_put_text(all->report, "goal", all->goal);
    bench_put_count(all->report, "size", all->size);
    bench_put_text(all->report, "kind", all->kind->name);
    bench_put_number(all->report, "strength", all->kind->strengths[s]);
    bench_put_text(all->report, "unit", all->kind->unit);
    bench_put_count(all->report, "alone", count_recovered(all, false, s));
    if (!all->kind->alone)
        bench_put_count(all->report, "recovered", recovered);
    bench_put_count(all->report, "seeds", all->seed_count);
    bench_put_count(all->report, "settled", settled);
    if (recovered > 0) {
        bench_put_number(all->report, "time_median_s", bench_quantile(times, recovered, 0.5));
        bench_put_number(all->report, "time_most_s", times[recovered - 1]);
    }
    bench_put_number(all->report, "lowest_median", bench_quantile(lowest, all->seed_count, 0.5));
    if (all->kind->backlog)
        bench_put_number(all->report, "shed_most", shed);
    bench_row_end(all->report);
    all->unsettled += all->seed_count - settled;
}

static void put_kind(resilience_bench *all, resilience_limit *limit) {
    const resilience_kind *kind = all->kind;
    uint32_t at_promise = UINT32_MAX; // the fewest that recovered from what was promised
    *limit = (resilience_limit){NAN, NAN, ""};
    for (uint32_t s = 0; s < kind->count; s++) {
        uint32_t recovered = fewest_recovered(all, s);
        put_strength(all, s);
        if (recovered == all->seed_count && isnan(limit->stops))
            limit->survived = kind->strengths[s];
        if (recovered < all->seed_count && isnan(limit->stops))
            limit->stops = kind->strengths[s];
        if (kind->strengths[s] <= kind->promised && recovered < at_promise)
            at_promise = recovered;
    }
    if (isnan(kind->promised))
        return;
    if (at_promise == all->seed_count)
        snprintf(limit->verdict, sizeof limit->verdict, "held");
    else
        snprintf(limit->verdict, sizeof limit->verdict, "refuted: %" PRIu32 " of %" PRIu32, at_promise,
                 all->seed_count);
}

static void draw_kind(const resilience_bench *all, bench_picture *picture) {
    for (uint32_t s = 0; s < all->kind->count; s++)
        for (int scrambled = 0; scrambled < (all->kind->alone ? 1 : 2); scrambled++) {
            const double share = (double)count_recovered(all, scrambled, s) / all->seed_count;
            bench_picture_add(picture,
                              (bench_point){.panel = all->kind->name,
                                            .series = scrambled ? "with all phases scrambled" : "alone",
                                            .x = all->kind->strengths[s],
                                            .y = share,
                                            .low = share,
                                            .high = share});
        }
}

static void put_limits(resilience_bench *all) {
    bench_report_table(all->report, "limits", "What it survives, beside what was promised",
                       "size kind survives stops promise verdict");
    for (uint32_t k = 0; resilience_kind_at(k) != NULL; k++) {
        const resilience_kind *kind = resilience_kind_at(k);
        const resilience_limit *limit = &all->limits[k];
        char text[32];
        bench_put_text(all->report, "goal", all->goal);
        bench_put_count(all->report, "size", all->size);
        bench_put_text(all->report, "kind", kind->name);
        bench_put_text(all->report, "unit", kind->unit);
        snprintf(text, sizeof text, "up to %g", limit->survived);
        bench_put_text(all->report, "survives", isnan(limit->survived) ? "nothing" : text);
        snprintf(text, sizeof text, "%g", limit->stops);
        bench_put_text(all->report, "stops", isnan(limit->stops) ? "not here" : text);
        if (kind->promise != NULL) {
            bench_put_text(all->report, "promise", kind->promise);
            bench_put_text(all->report, "verdict", limit->verdict);
        }
        bench_row_end(all->report);
    }
}

static uint32_t parts_of(const resilience_bench *all, const resilience_kind *kind) {
    return kind->count * all->seed_count * (kind->alone ? 1 : 2);
}

static bool do_kind(resilience_bench *all, uint32_t number, bench_picture *picture) {
    all->kind = resilience_kind_at(number);
    const uint32_t parts = parts_of(all, all->kind);
    all->results = bench_take(parts, sizeof *all->results);
    crew_do(all->helpers, parts, run_part, all);
    bool going = !interrupt_requested() && !all->failed;
    if (going) {
        put_kind(all, &all->limits[number]);
        if (picture != NULL)
            draw_kind(all, picture);
    }
    free(all->results);
    return going && !bench_report_lost(all->report);
}

// @p picture NULL: this size is not drawn
static bool do_size(resilience_bench *all, bench_picture *picture) {
    char title[120];
    uint64_t parts = 0;
    bool going = true;
    for (uint32_t k = 0; resilience_kind_at(k) != NULL; k++)
        parts += parts_of(all, resilience_kind_at(k));
    snprintf(title, sizeof title, "%s, %s: disrupted at %g s, watched for %g s", all->goal,
             text_counted(all->size, "agent").text, RESILIENCE_SETTLE_S, RESILIENCE_WATCH_S);
    bench_report_table(
        all->report, "resilience", title,
        "kind strength alone recovered seeds time_median_s time_most_s lowest_median shed_most");
    all->done = 0;
    progress_begin_parts(NULL, parts, all->options->cli->quiet);
    for (uint32_t k = 0; resilience_kind_at(k) != NULL && going; k++)
        going = do_kind(all, k, picture);
    progress_end();
    if (going)
        put_limits(all);
    return going;
}

static void put_notes(resilience_bench *all) {
    char text[1200] = "strengths: ";
    size_t used = strlen(text);
    for (uint32_t k = 0; resilience_kind_at(k) != NULL; k++) {
        const resilience_kind *kind = resilience_kind_at(k);
        int more =
            snprintf(text + used, sizeof text - used, "%s%s: %s", k > 0 ? "; " : "", kind->name, kind->unit);
        used += more > 0 && (size_t)more < sizeof text - used ? (size_t)more : 0;
    }
    bench_report_note(all->report, "%s.", text);
    bench_report_note(
        all->report,
        "alone: the seeds that came back into the band, and were there for 95 %% of the rest of the %g s "
        "that are watched, from the disruption on, or from its end where it has one. scrambled: the same "
        "where all phases were drawn anew at the same moment (partition: everybody was begun anew), for "
        "a swarm in step may hold for want of anything to do. Times are of those that came back, scrambled "
        "where that was tried. load, "
        "service: the backlog came back to what it was, and nothing was shed.",
        RESILIENCE_WATCH_S);
    if (all->unsettled > 0)
        bench_report_note(all->report,
                          "%" PRIu32
                          " runs were not in their band before the disruption: what they did after it "
                          "says little",
                          all->unsettled);
}

static int run_all(resilience_bench *all, const list_of_counts *sizes) {
    bench_picture picture = {.title = "How much a swarm recovers from",
                             .x_label = "strength",
                             .y_label = "share of seeds recovered"};
    bool going = true;
    for (uint32_t i = 0; i < sizes->count && going; i++) {
        all->size = sizes->values[i];
        going = do_size(all, i == 0 ? &picture : NULL);
    }
    if (going)
        put_notes(all);
    bench_picture_draw(&picture, all->report);
    bench_picture_free(&picture);
    return bench_finish(all->report, going, false, &all->error);
}

static uint32_t threads_of(const bench_options *options) {
    uint32_t most = 0;
    for (uint32_t w = 0; w < options->workers.count; w++)
        most = options->workers.values[w] > most ? options->workers.values[w] : most;
    return most > 0 ? most : entrain_scheduler_cpus();
}

int bench_resilience(const bench_options *options) {
    resilience_bench *all = bench_take(1, sizeof *all);
    const uint32_t default_size[] = {200};
    list_of_counts sizes = bench_list_or(&options->sizes, default_size, 1);
    all->options = options;
    all->goal = "minimize-api-calls";
    bench_report_setup setup = bench_setup(options);
    setup.what = "resilience";
    setup.title = "What a goal-directed swarm survives";
    setup.columns = columns;
    setup.column_count = sizeof columns / sizeof *columns;
    setup.repeats = 1;
    setup.untimed = true;
    setup.row_keys = "goal size kind strength";
    setup.row_value = "time_median_s";
    int code = EXIT_USAGE;
    pthread_mutex_init(&all->mutex, NULL);
    if (parse_seeds(all, options->cli->seeds) == ENTRAIN_OK) {
        code = EXIT_FAILED;
        if (crew_create(threads_of(options), &all->helpers, &all->error) == ENTRAIN_OK &&
            bench_report_open(&setup, &all->report, &all->error) == ENTRAIN_OK)
            code = run_all(all, &sizes);
        crew_destroy(all->helpers);
    }
    if (all->report == NULL)
        say_error("%s", all->error.sentence);
    pthread_mutex_destroy(&all->mutex);
    free(all);
    return code;
}
