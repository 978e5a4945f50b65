// entrain bench patterns: what sharing a word costs by each of the usual ways, and how long a whole swarm's
// update takes. Beside both stand the figures that the wish behind this project promised.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/swarm.h"
#include "sims/bench.h"
#include "sims/bench_picture.h"
#include "sims/bench_share.h"
#include "sims/bench_turns.h"
#include "sims/interrupt.h"
#include "sims/say.h"

#define SECONDS_DEFAULT 0.05
enum { RING = 1024, SHARES_MAX = BENCH_SHARE_COUNT * (LIST_MAX + 1), SWARMS_MAX = 2 * LIST_MAX };

static const struct {
    const char *name;
    double promised_ns; // NAN: nothing was promised
} sharings[BENCH_SHARE_COUNT] = {
    [BENCH_SHARE_MUTEX] = {"mutex", 500},       [BENCH_SHARE_ATOMIC] = {"atomic", 50},
    [BENCH_SHARE_MAILBOX] = {"mailbox", 200},   [BENCH_SHARE_RCU] = {"rcu read", 20},
    [BENCH_SHARE_UPDATE] = {"rcu update", NAN},
};

static const bench_column columns[] = {
    {"pattern", "pattern", "", BENCH_DECIMALS_TEXT, 10},
    {"agents", "agents", "", 0, 0},
    {"threads", "threads", "", 0, 0},
    {"ns_median", "median", "ns", 1, 9},
    {"ns_q1", "q1", "ns", 1, 9},
    {"ns_q3", "q3", "ns", 1, 9},
    {"ns_min", "least", "ns", 1, 9},
    {"ns_promised", "promised", "ns", 0, 0},
    {"size", "agents", "", 0, 10},
    {"workers", "workers", "", 0, 0},
    {"transport", "transport", "", BENCH_DECIMALS_TEXT, 9},
    {"ms_median", "median", "ms", 4, 10},
    {"ms_q1", "q1", "ms", 4, 10},
    {"ms_q3", "q3", "ms", 4, 10},
    {"ms_max", "slowest", "ms", 4, 10},
    {"ms_promised", "promised", "ms", 0, 0},
    {"verdict", "", "", BENCH_DECIMALS_TEXT, 7},
};

typedef struct patterns {
    const bench_options *options;
    bench_report *report;
    bench_team *team;
    double seconds;
    bench_share *shares[SHARES_MAX];
    bench_sharing sharing[SHARES_MAX];
    uint32_t agents[SHARES_MAX], threads[SHARES_MAX], share_count;
    entrain_swarm *swarms[SWARMS_MAX];
    uint32_t workers[SWARMS_MAX], swarm_count, size;
    uint64_t rounds[SHARES_MAX > SWARMS_MAX ? SHARES_MAX : SWARMS_MAX];
    double *values; // of the table under way
    entrain_error error;
    bool wrong;
} patterns;

// --- Sharing

static double run_share(void *context, uint32_t number, uint64_t rounds) {
    patterns *all = context;
    return bench_share_run(all->shares[number], all->team, rounds, 4 * all->seconds);
}

// Seconds of one round to nanoseconds of a core that one agent takes.
static double core_ns(const patterns *all, uint32_t number, double round_s) {
    uint32_t threads = all->threads[number], cpus = entrain_scheduler_cpus();
    if (all->sharing[number] == BENCH_SHARE_UPDATE)
        return round_s * 1e9; // one thread updates, one word a round
    return round_s * 1e9 * (threads < cpus ? threads : cpus) / all->agents[number];
}

static bool make_shares(patterns *all, const list_of_counts *threads) {
    for (uint32_t t = 0; t <= threads->count; t++)
        for (bench_sharing sharing = 0; sharing < BENCH_SHARE_COUNT; sharing++) {
            uint32_t number = all->share_count, count = t == 0 ? 1 : threads->values[t - 1];
            if (t > 0 && count < 2)
                continue; // one thread is the first line
            all->sharing[number] = sharing;
            all->agents[number] = t == 0 ? RING : count;
            all->threads[number] = count;
            if (bench_share_create(sharing, all->agents[number], count, &all->shares[number], &all->error) !=
                ENTRAIN_OK)
                return false;
            all->share_count++;
        }
    return true;
}

static void put_share(patterns *all, uint32_t number) {
    uint32_t repeats = all->options->repeats;
    double ns[BENCH_REPEATS_MAX], promised = sharings[all->sharing[number]].promised_ns;
    for (uint32_t r = 0; r < repeats; r++)
        ns[r] = core_ns(all, number, all->values[(size_t)number * repeats + r]);
    bench_stats stats = bench_stats_of(ns, repeats);
    bench_put_text(all->report, "pattern", sharings[all->sharing[number]].name);
    bench_put_count(all->report, "agents", all->agents[number]);
    bench_put_count(all->report, "threads", all->threads[number]);
    uint64_t faults = bench_share_faults(all->shares[number]);
    if (faults == 0) {
        bench_put_number(all->report, "ns_median", stats.median);
        bench_put_number(all->report, "ns_q1", stats.q1);
        bench_put_number(all->report, "ns_q3", stats.q3);
        bench_put_number(all->report, "ns_min", stats.least);
        bench_put_number(all->report, "ns_promised", promised);
        if (!isnan(promised))
            bench_put_text(all->report, "verdict", stats.median <= promised ? "met" : "not met");
    } else {
        char remark[120];
        snprintf(remark, sizeof remark, "WRONG: %" PRIu64 " words were lost, doubled or read after their end",
                 faults);
        bench_put_remark(all->report, remark);
        all->wrong = true;
    }
    bench_row_end(all->report);
}

// @return whether all of it was measured
static bool bench_shares(patterns *all, const list_of_counts *threads) {
    bool done = make_shares(all, threads);
    all->values = bench_take((size_t)all->share_count * all->options->repeats, sizeof *all->values);
    const bench_turns turns = {.label = "sharing a word",
                               .quiet = all->options->cli->quiet,
                               .subjects = all->share_count,
                               .repeats = all->options->repeats,
                               .seconds = all->seconds,
                               .run = run_share,
                               .context = all,
                               .rounds_out = all->rounds,
                               .values_out = all->values};
    done = done && bench_turns_take(&turns);
    bench_report_table(all->report, "sharing", "A word shared with two neighbours, time of a core an agent",
                       "pattern agents threads ns_median ns_q1 ns_q3 ns_min ns_promised verdict");
    for (uint32_t s = 0; done && s < all->share_count; s++)
        put_share(all, s);
    for (uint32_t s = 0; s < all->share_count; s++)
        bench_share_destroy(all->shares[s]);
    free(all->values);
    all->values = NULL;
    bench_report_note(all->report,
                      "mutex, atomic, mailbox: each agent adds a word to the inbox of both its neighbours "
                      "on a ring and empties its own; rcu read: it reads both neighbours' words within "
                      "one section of ck_epoch; rcu update: one thread replaces words and waits out the "
                      "readers (all other threads read; where those are more than the cpus, it waits for "
                      "readers without one)");
    bench_report_note(all->report,
                      "1 thread: nobody else, %d agents. More: an agent a thread, so that each word is "
                      "fought over by three threads; thread 0 also replaces a word after every 256 reads. "
                      "Time of a core: wall time x threads that can run / agents",
                      RING);
    return done;
}

// --- Updates of a whole swarm

// The wish, by size: the whole swarm's update in so many milliseconds, on so many workers at most.
static const struct {
    uint32_t size_max;
    double promised_ms;
    uint32_t workers_max;
} scales[] = {{100, 1, 4}, {1000, 10, 8}, {10000, 100, 16}, {UINT32_MAX, 1000, 32}};

static size_t scale_of(uint32_t size) {
    size_t scale = 0;
    while (size > scales[scale].size_max)
        scale++;
    return scale;
}

static entrain_transport transport_of(uint32_t number) {
    return number % 2 == 0 ? ENTRAIN_TRANSPORT_MAILBOX : ENTRAIN_TRANSPORT_PUBLISH;
}

static double run_swarm(void *context, uint32_t number, uint64_t ticks) {
    patterns *all = context;
    entrain_engine *engine = entrain_swarm_engine(all->swarms[number]);
    interrupt_watch(engine);
    double began = wall_now_s();
    entrain_status status = entrain_engine_advance(engine, ticks, &all->error);
    double spent = wall_now_s() - began;
    interrupt_watch(NULL);
    return status == ENTRAIN_OK ? spent : -1;
}

// One worker, the cpus, and as many as the wish names; or those that were given.
static list_of_counts worker_counts(const patterns *all) {
    uint32_t cpus = entrain_scheduler_cpus(), named = scales[scale_of(all->size)].workers_max;
    list_of_counts list = {.values = {1}, .count = 1};
    if (all->options->workers.count > 0)
        return all->options->workers;
    if (cpus > 1)
        list.values[list.count++] = cpus;
    if (named != cpus)
        list.values[list.count++] = named;
    return list;
}

static double swarms_bytes(uint32_t size, uint32_t workers) { return size * (700.0 + 200.0) * workers; }

static bool make_swarms(patterns *all) {
    list_of_counts workers = worker_counts(all);
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = all->size;
    config.topology.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
    config.topology.degree = 8;
    for (all->swarm_count = 0; all->swarm_count < 2 * workers.count; all->swarm_count++) {
        uint32_t number = all->swarm_count;
        all->workers[number] = workers.values[number / 2];
        config.engine.scheduler.worker_count = all->workers[number];
        config.engine.transport = transport_of(number);
        if (interrupt_requested() ||
            entrain_swarm_create(&config, &all->swarms[number], &all->error) != ENTRAIN_OK)
            return false;
    }
    return true;
}

static void check_swarm(patterns *all, uint32_t number) {
    entrain_message_count count;
    entrain_engine_count(entrain_swarm_engine(all->swarms[number]), &count);
    uint64_t own = entrain_engine_fingerprint(entrain_swarm_engine(all->swarms[number]));
    uint64_t wanted = entrain_engine_fingerprint(entrain_swarm_engine(all->swarms[0]));
    char remark[160] = "";
    if (own != wanted)
        snprintf(remark, sizeof remark, "WRONG: fingerprint %016" PRIx64 " is not %016" PRIx64, own, wanted);
    else if (entrain_message_count_residual(&count) != 0)
        snprintf(remark, sizeof remark, "WRONG: %" PRId64 " messages are unaccounted for",
                 entrain_message_count_residual(&count));
    if (remark[0] != '\0') {
        all->wrong = true;
        bench_put_remark(all->report, remark);
        return;
    }
    uint32_t repeats = all->options->repeats;
    double promised = scales[scale_of(all->size)].promised_ms, ms[BENCH_REPEATS_MAX];
    for (uint32_t r = 0; r < repeats; r++)
        ms[r] = 1e3 * all->values[(size_t)number * repeats + r];
    bench_stats stats = bench_stats_of(ms, repeats);
    bench_put_number(all->report, "ms_median", stats.median);
    bench_put_number(all->report, "ms_q1", stats.q1);
    bench_put_number(all->report, "ms_q3", stats.q3);
    bench_put_number(all->report, "ms_max", stats.most);
    bench_put_number(all->report, "ms_promised", promised);
    bench_put_text(all->report, "verdict", stats.most < promised ? "met" : "not met");
}

// The third of the numbers that nobody gave is what was promised.
static const char *series_name(const patterns *all, uint32_t number) {
    static char names[ENTRAIN_WORKERS_MAX + 1][40];
    uint32_t workers = all->workers[number];
    if (all->options->workers.count == 0 && number / 2 == 2)
        return "as many as promised";
    snprintf(names[workers], sizeof names[0], "%u worker%s", workers, workers == 1 ? "" : "s");
    return names[workers];
}

static void draw_swarm(const patterns *all, uint32_t number, bench_picture *picture) {
    const double *values = all->values + (size_t)number * all->options->repeats;
    bench_stats stats = bench_stats_of(values, all->options->repeats);
    const char *panel = entrain_transport_name(transport_of(number));
    double promised = scales[scale_of(all->size)].promised_ms;
    bench_picture_add(picture, (bench_point){.panel = panel,
                                             .series = series_name(all, number),
                                             .x = all->size,
                                             .y = 1e3 * stats.median,
                                             .low = 1e3 * stats.q1,
                                             .high = 1e3 * stats.q3});
    if (number < 2)
        bench_picture_add(picture, (bench_point){panel, "promised", all->size, promised, promised, promised});
}

// All swarms of one size in turns, the same ticks each, so that all must reach the same fingerprint.
static bool bench_size(patterns *all, bench_picture *picture) {
    static const uint32_t leaders[SWARMS_MAX]; // all zero: the first one leads all
    bool done = make_swarms(all);
    all->values = bench_take((size_t)all->swarm_count * all->options->repeats, sizeof *all->values);
    const bench_turns turns = {.label = "update of a swarm",
                               .quiet = all->options->cli->quiet,
                               .subjects = all->swarm_count,
                               .repeats = all->options->repeats,
                               .seconds = all->seconds,
                               .leaders = leaders,
                               .run = run_swarm,
                               .context = all,
                               .rounds_out = all->rounds,
                               .values_out = all->values};
    done = done && bench_turns_take(&turns);
    for (uint32_t s = 0; done && s < all->swarm_count; s++) {
        bench_put_count(all->report, "size", all->size);
        bench_put_count(all->report, "workers", all->workers[s]);
        bench_put_text(all->report, "transport", entrain_transport_name(transport_of(s)));
        check_swarm(all, s);
        draw_swarm(all, s, picture);
        bench_row_end(all->report);
    }
    for (uint32_t s = 0; s < all->swarm_count; s++)
        entrain_swarm_destroy(all->swarms[s]);
    memset(all->swarms, 0, sizeof all->swarms);
    free(all->values);
    all->values = NULL;
    return done && !bench_report_lost(all->report);
}

static bool bench_updates(patterns *all, const list_of_counts *sizes) {
    bench_picture picture = {.title = "Update of a whole swarm (small world, 8 neighbours)",
                             .x_label = "agents",
                             .y_label = "ms a tick",
                             .x_log = true,
                             .y_log = true};
    bool going = true;
    bench_report_table(all->report, "update", "One tick of a whole swarm (small world, 8 neighbours)",
                       "size workers transport ms_median ms_q1 ms_q3 ms_max ms_promised verdict");
    for (uint32_t i = 0; i < sizes->count && going; i++) {
        all->size = sizes->values[i];
        going = bench_size(all, &picture);
    }
    if (going) {
        bench_report_note(all->report,
                          "promised: to 100 agents 1 ms on 2 to 4 workers, to 1,000 10 ms on 4 to 8, to "
                          "10,000 100 ms on 8 to 16, above 1,000 ms on 16 to 32; the slowest repeat is "
                          "held against it. This machine has %u cpu%s",
                          entrain_scheduler_cpus(), entrain_scheduler_cpus() == 1 ? "" : "s");
        bench_picture_draw(&picture, all->report);
    }
    bench_picture_free(&picture);
    return going;
}

// --- Both

static entrain_status check_sizes(patterns *all, const list_of_counts *sizes) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t i = 0; i < sizes->count && status == ENTRAIN_OK; i++) {
        all->size = sizes->values[i];
        status = bench_size_check("patterns", all->size, swarms_bytes(all->size, worker_counts(all).count),
                                  &all->error);
    }
    return status;
}

int bench_patterns(const bench_options *options) {
    static const uint32_t default_sizes[] = {100, 1000, 10000, 100000};
    patterns *all = bench_take(1, sizeof *all);
    uint32_t cpus = entrain_scheduler_cpus() > 1 ? entrain_scheduler_cpus() : 2, most = 1;
    uint32_t beyond = 4 * cpus <= ENTRAIN_WORKERS_MAX ? 4 * cpus : ENTRAIN_WORKERS_MAX;
    uint32_t default_threads[] = {cpus, beyond};
    list_of_counts sizes = bench_list_or(&options->sizes, default_sizes, 4);
    list_of_counts threads = bench_list_or(&options->workers, default_threads, cpus < beyond ? 2 : 1);
    for (uint32_t t = 0; t < threads.count; t++)
        most = threads.values[t] > most ? threads.values[t] : most;
    all->options = options;
    all->seconds = options->cli->seconds > 0 ? options->seconds : SECONDS_DEFAULT;
    bench_report_setup setup = bench_setup(options);
    setup.what = "patterns";
    setup.title = "What sharing costs, and how long an update takes";
    setup.columns = columns;
    setup.column_count = sizeof columns / sizeof *columns;
    setup.seconds = all->seconds;
    setup.row_keys = "pattern agents threads size workers transport";
    setup.row_value = "ns_median";
    int code = EXIT_USAGE;
    if (check_sizes(all, &sizes) != ENTRAIN_OK) {
        say_error("%s", all->error.sentence);
    } else if (bench_team_create(most, &all->team, &all->error) != ENTRAIN_OK ||
               bench_report_open(&setup, &all->report, &all->error) != ENTRAIN_OK) {
        say_error("%s", all->error.sentence);
        code = EXIT_FAILED;
    } else {
        bool complete = bench_shares(all, &threads) && bench_updates(all, &sizes);
        code = bench_finish(all->report, complete, all->wrong, &all->error);
    }
    bench_team_destroy(all->team);
    free(all);
    return code;
}
