// entrain bench agents: what it costs to pursue a goal. Goal-directed agents beside plain Kuramoto
// oscillators: the same random-regular graph of 8 neighbours, the same frequencies and first phases,
// transport publish, Euler; each subject in turns with the oscillators, so that whatever drifts hits both
// alike.
//
// Before anything is timed each subject advances some ticks with one worker and with all that were asked for:
// they must agree to the last bit.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "entrain/swarm.h"
#include "sims/bench.h"
#include "sims/bench_picture.h"
#include "sims/bench_turns.h"
#include "sims/interrupt.h"
#include "sims/say.h"

enum { CHECK_TICKS = 16, DEGREE = 8, PAIR = 2 };
static const double pi = 3.14159265358979323846, target = 4;
#define SECONDS_DEFAULT 0.1

static const struct {
    const char *name;
    entrain_goal goal;
    entrain_strategy strategy;
    bool pulses, moments, workload;
} subjects[] = {
    {"phase-nudge", ENTRAIN_GOAL_MINIMIZE_API_CALLS, ENTRAIN_STRATEGY_PHASE_NUDGE, false, false, false},
    {"frequency-lock", ENTRAIN_GOAL_MINIMIZE_API_CALLS, ENTRAIN_STRATEGY_FREQUENCY_LOCK, false, false, false},
    {"pulse", ENTRAIN_GOAL_MINIMIZE_API_CALLS, ENTRAIN_STRATEGY_PULSE, true, false, false},
    {"energy-aware", ENTRAIN_GOAL_MINIMIZE_API_CALLS, ENTRAIN_STRATEGY_ENERGY_AWARE, false, false, false},
    {"adaptive", ENTRAIN_GOAL_MINIMIZE_API_CALLS, ENTRAIN_STRATEGY_ADAPTIVE, true, false, false},
    {"spreading", ENTRAIN_GOAL_DISTRIBUTE_LOAD, ENTRAIN_STRATEGY_FREQUENCY_LOCK, false, true, false},
    {"frequency-lock", ENTRAIN_GOAL_MINIMIZE_API_CALLS, ENTRAIN_STRATEGY_FREQUENCY_LOCK, false, false, true},
    {"adaptive", ENTRAIN_GOAL_MINIMIZE_API_CALLS, ENTRAIN_STRATEGY_ADAPTIVE, true, false, true},
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static const bench_column columns[] = {
    {"size", "agents", "", 0, 9},
    {"workers", "workers", "", 0, 0},
    {"subject", "strategy", "", BENCH_DECIMALS_TEXT, 14},
    {"workload", "work", "", BENCH_DECIMALS_TEXT, 5},
    {"ns_median", "median", "ns", 2, 7},
    {"ns_q1", "q1", "ns", 2, 7},
    {"ns_q3", "q3", "ns", 2, 7},
    {"ns_min", "least", "ns", 2, 7},
    {"plain_ns_median", "plain", "ns", 2, 7},
    {"to_plain", "to plain", "ratio", 2, 0},
    {"to_plain_q1", "q1", "ratio", 2, 0},
    {"to_plain_q3", "q3", "ratio", 2, 0},
    {"ticks", "ticks", "", 0, 0},
    {"bytes_per_agent", "bytes", "an agent", 0, 0},
};

// One subject beside the plain oscillators.
typedef struct agents_bench {
    const bench_options *options;
    bench_report *report;
    double seconds, worst, worst_work; // ratios; NAN: not measured
    uint32_t size, workers, subject;
    entrain_swarm *swarms[PAIR]; // plain, subject
    uint64_t rounds[PAIR];
    double *values; // [pair][repeat] seconds a tick
    char wrong[200];
    bool any_wrong;
    entrain_error error;
} agents_bench;

static entrain_engine *engine_of(entrain_swarm *swarm) { return entrain_swarm_engine(swarm); }

// --- Building

static entrain_swarm_config plain_config(uint32_t size, uint32_t workers) {
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = size;
    config.topology.kind = ENTRAIN_TOPOLOGY_RANDOM_REGULAR;
    config.topology.degree = DEGREE;
    config.model.coupling = 2;
    config.model.integrator = ENTRAIN_INTEGRATOR_EULER;
    config.frequency =
        (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_NORMAL, .mean = 2 * pi, .deviation = 0.2};
    config.engine.scheduler.worker_count = workers;
    config.engine.transport = ENTRAIN_TRANSPORT_PUBLISH;
    return config;
}

static entrain_swarm_config subject_config(uint32_t subject, uint32_t size, uint32_t workers) {
    entrain_swarm_config config = plain_config(size, workers);
    config.kind = ENTRAIN_SWARM_AGENTS;
    config.agent.goal = subjects[subject].goal;
    config.agent.strategy = subjects[subject].strategy;
    config.agent.pulses = subjects[subject].pulses;
    config.agent.moments = subjects[subject].moments;
    config.has_workload = subjects[subject].workload;
    return config;
}

// The plain swarm, the subject, and for a while the subject once more with one worker.
static double cell_bytes(uint32_t size) { return size * (170.0 + 2 * 1200.0); }

// --- One cell

static double run_one(void *context, uint32_t number, uint64_t ticks) {
    agents_bench *all = context;
    entrain_engine *engine = engine_of(all->swarms[number]);
    interrupt_watch(engine);
    double began = wall_now_s();
    entrain_status status = entrain_engine_advance(engine, ticks, &all->error);
    double spent = wall_now_s() - began;
    interrupt_watch(NULL);
    return status == ENTRAIN_OK ? spent : -1;
}

// The subject some ticks, and another one with one worker; both must have come to the same.
static bool check(agents_bench *all) {
    all->wrong[0] = '\0';
    if (run_one(all, 1, CHECK_TICKS) < 0)
        return false;
    if (all->workers == 1)
        return true;
    entrain_swarm *measured = all->swarms[1];
    entrain_swarm_config config = subject_config(all->subject, all->size, 1);
    if (entrain_swarm_create(&config, &all->swarms[1], &all->error) != ENTRAIN_OK) {
        all->swarms[1] = measured;
        return false;
    }
    bool done = run_one(all, 1, CHECK_TICKS) >= 0;
    uint64_t wanted = entrain_engine_fingerprint(engine_of(all->swarms[1])),
             found = entrain_engine_fingerprint(engine_of(measured));
    entrain_swarm_destroy(all->swarms[1]);
    all->swarms[1] = measured;
    if (done && found != wanted)
        snprintf(all->wrong, sizeof all->wrong,
                 "WRONG: fingerprint %016" PRIx64 " after %d ticks, with one worker %016" PRIx64, found,
                 CHECK_TICKS, wanted);
    return done;
}

// Whatever was said was heard, and no request is missing.
static void check_end(agents_bench *all) {
    entrain_message_count count;
    entrain_engine_count(engine_of(all->swarms[1]), &count);
    if (all->wrong[0] == '\0' && entrain_message_count_residual(&count) != 0)
        snprintf(all->wrong, sizeof all->wrong, "WRONG: %" PRId64 " messages are unaccounted for",
                 entrain_message_count_residual(&count));
    entrain_workload *workload = entrain_swarm_workload(all->swarms[1]);
    entrain_workload_totals totals;
    entrain_error error = {0};
    if (workload != NULL && all->wrong[0] == '\0' &&
        entrain_workload_measure(workload, &totals) == ENTRAIN_OK &&
        entrain_workload_check(&totals, &error) != ENTRAIN_OK)
        snprintf(all->wrong, sizeof all->wrong, "WRONG: %.180s", error.sentence);
}

static void put_row(agents_bench *all) {
    const uint32_t repeats = all->options->repeats;
    const double *own = all->values + repeats, *plain = all->values;
    entrain_engine_memory memory;
    entrain_engine_measure(engine_of(all->swarms[1]), &memory);
    bench_put_count(all->report, "size", all->size);
    bench_put_count(all->report, "workers", all->workers);
    bench_put_text(all->report, "subject", subjects[all->subject].name);
    bench_put_text(all->report, "workload", subjects[all->subject].workload ? "mixed" : "none");
    bench_put_count(all->report, "ticks", all->rounds[1]);
    bench_put_number(all->report, "bytes_per_agent", (double)memory.total / all->size);
    if (all->wrong[0] != '\0') {
        bench_put_remark(all->report, all->wrong);
        all->any_wrong = true;
    } else {
        const double unit = 1e9 / all->size;
        bench_stats stats = bench_stats_of(own, repeats), base = bench_stats_of(plain, repeats);
        bench_stats ratio = bench_stats_ratio(own, plain, repeats);
        bench_put_number(all->report, "ns_median", stats.median * unit);
        bench_put_number(all->report, "ns_q1", stats.q1 * unit);
        bench_put_number(all->report, "ns_q3", stats.q3 * unit);
        bench_put_number(all->report, "ns_min", stats.least * unit);
        bench_put_number(all->report, "plain_ns_median", base.median * unit);
        bench_put_number(all->report, "to_plain", ratio.median);
        bench_put_number(all->report, "to_plain_q1", ratio.q1);
        bench_put_number(all->report, "to_plain_q3", ratio.q3);
        double *worst = subjects[all->subject].workload ? &all->worst_work : &all->worst;
        if (isnan(*worst) || ratio.median > *worst)
            *worst = ratio.median;
    }
    bench_row_end(all->report);
}

static bool measure(agents_bench *all, bench_picture *picture) {
    entrain_swarm_config config = subject_config(all->subject, all->size, all->workers);
    if (entrain_swarm_create(&config, &all->swarms[1], &all->error) != ENTRAIN_OK) {
        all->swarms[1] = NULL;
        return false;
    }
    const bench_turns turns = {.label = subjects[all->subject].name,
                               .quiet = all->options->cli->quiet,
                               .subjects = PAIR,
                               .repeats = all->options->repeats,
                               .seconds = all->seconds,
                               .run = run_one,
                               .context = all,
                               .rounds_out = all->rounds,
                               .values_out = all->values};
    bool done = check(all) && bench_turns_take(&turns);
    if (done) {
        check_end(all);
        put_row(all);
        bench_stats stats =
            bench_stats_ratio(all->values + all->options->repeats, all->values, all->options->repeats);
        if (all->wrong[0] == '\0')
            bench_picture_add(picture,
                              (bench_point){.panel = subjects[all->subject].workload ? "with a workload"
                                                                                     : "without a workload",
                                            .series = subjects[all->subject].name,
                                            .x = all->size,
                                            .y = stats.median,
                                            .low = stats.q1,
                                            .high = stats.q3});
    }
    entrain_swarm_destroy(all->swarms[1]);
    all->swarms[1] = NULL;
    return done && !bench_report_lost(all->report);
}

// All subjects of one size and number of workers, beside one plain swarm.
static bool measure_all(agents_bench *all, bench_picture *picture) {
    entrain_swarm_config config = plain_config(all->size, all->workers);
    if (entrain_swarm_create(&config, &all->swarms[0], &all->error) != ENTRAIN_OK) {
        all->swarms[0] = NULL;
        return false;
    }
    bool going = true;
    for (all->subject = 0; all->subject < SUBJECTS && going; all->subject++)
        going = !interrupt_requested() && measure(all, picture);
    entrain_swarm_destroy(all->swarms[0]);
    all->swarms[0] = NULL;
    return going;
}

// --- All cells

static void put_notes(agents_bench *all) {
    bench_report_note(
        all->report,
        "plain: Kuramoto's oscillator, two words published where an agent publishes six. All begin "
        "with random phases; \"spreading\" is distribute-load, by frequency-lock and moments.");
    if (!isnan(all->worst))
        bench_report_note(
            all->report,
            "target: an agent costs at most %.0f x the plain one; here %.2f at worst: %s. With a "
            "workload of its own: %.2f at worst.",
            target, all->worst, all->worst <= target ? "met" : "not met", all->worst_work);
    if (all->any_wrong)
        bench_report_note(all->report, "a subject is WRONG: it does not compute what it computes elsewhere");
}

static int run_all(agents_bench *all, const list_of_counts *sizes, const list_of_counts *workers) {
    bench_picture picture = {.title = "What it costs to pursue a goal",
                             .x_label = "agents",
                             .y_label = "times a plain oscillator",
                             .x_log = true};
    bool going = true;
    bench_report_table(all->report, "agents", "Time an agent and tick, random-regular 8, publish, Euler",
                       "size workers subject workload ns_median ns_min plain_ns_median to_plain to_plain_q1 "
                       "to_plain_q3 bytes_per_agent");
    for (uint32_t i = 0; i < sizes->count && going; i++)
        for (uint32_t w = 0; w < workers->count && going; w++) {
            all->size = sizes->values[i];
            all->workers = workers->values[w];
            going = measure_all(all, &picture);
        }
    put_notes(all);
    bench_picture_draw(&picture, all->report);
    bench_picture_free(&picture);
    return bench_finish(all->report, going, all->any_wrong, &all->error);
}

int bench_agents(const bench_options *options) {
    static const uint32_t default_sizes[] = {100000, 1000000}, default_workers[] = {1};
    agents_bench *all = bench_take(1, sizeof *all);
    list_of_counts sizes = bench_list_or(&options->sizes, default_sizes, 2),
                   workers = bench_list_or(&options->workers, default_workers, 1);
    all->options = options;
    all->seconds = options->cli->seconds > 0 ? options->seconds : SECONDS_DEFAULT;
    all->worst = all->worst_work = NAN;
    all->values = bench_take((size_t)PAIR * options->repeats, sizeof *all->values);
    bench_report_setup setup = bench_setup(options);
    setup.what = "agents";
    setup.title = "What it costs to pursue a goal: agents beside plain oscillators";
    setup.columns = columns;
    setup.column_count = sizeof columns / sizeof *columns;
    setup.seconds = all->seconds;
    setup.row_keys = "size workers subject workload";
    setup.row_value = "ns_median";
    int code = EXIT_USAGE;
    entrain_status status = ENTRAIN_OK;
    for (uint32_t i = 0; i < sizes.count && status == ENTRAIN_OK; i++)
        status = bench_size_check("agents", sizes.values[i], cell_bytes(sizes.values[i]), &all->error);
    if (status == ENTRAIN_OK) {
        code = EXIT_FAILED;
        status = bench_report_open(&setup, &all->report, &all->error);
    }
    if (status == ENTRAIN_OK)
        code = run_all(all, &sizes, &workers);
    else
        say_error("%s", all->error.sentence);
    free(all->values);
    free(all);
    return code;
}
