// entrain bench imbalance: tasks of uneven cost under every policy, held against what no scheduler could
// beat; barriers of others beside ours; what an empty task costs.
//
// A task's cost is so many steps of arithmetic, not so much time on a clock: its shape is exact. The ideal is
// the same steps in a plain loop, measured in the same turn, divided by the cpus that can work on them.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/topology.h"
#include "sims/bench.h"
#include "sims/bench_barrier.h"
#include "sims/bench_facts.h"
#include "sims/bench_picture.h"
#include "sims/bench_turns.h"
#include "sims/interrupt.h"
#include "sims/say.h"

#define SECONDS_DEFAULT 0.03
enum {
    TASKS_DEFAULT = 256,
    TASKS_MIN = 20,
    TASKS_MAX = 1 << 20,
    UNIT_STEPS = 200, // about a third of a microsecond
    EVEN = 10,        // units of a task where all are alike
    QUICK = 5,        // where one in ten is slow, the nine ...
    SLOW = 50,        // ... and the one
    EMPTY_TASKS = 1000,
    RUNNERS_MAX = LIST_MAX * LIST_MAX + BENCH_BARRIER_COUNT,
};

typedef enum shape_kind {
    UNIFORM,
    SLOW_SCATTERED,
    SLOW_TOGETHER,
    MOVING,
    HUBS_TOLD,
    HUBS_UNTOLD,
    SHAPES
} shape_kind;
static const struct {
    const char *name, *what;
} shapes[SHAPES] = {
    [UNIFORM] = {"uniform", "all alike"},
    [SLOW_SCATTERED] = {"slow scattered", "one task in ten costs tenfold, here and there"},
    [SLOW_TOGETHER] = {"slow together", "the first tenth of the tasks costs tenfold"},
    [MOVING] = {"slow moving", "a tenth side by side costs tenfold, elsewhere in each phase"},
    [HUBS_TOLD] = {"hubs told", "degrees of a scale-free graph, and the policy knows them"},
    [HUBS_UNTOLD] = {"hubs untold", "the same, and the policy thinks all are alike"},
};

static const bench_column columns[] = {
    {"shape", "costs", "", BENCH_DECIMALS_TEXT, 16},
    {"tasks", "tasks", "", 0, 0},
    {"policy", "policy", "", BENCH_DECIMALS_TEXT, 9},
    {"barrier", "barrier", "", BENCH_DECIMALS_TEXT, 16},
    {"workers", "workers", "", 0, 0},
    {"to_ideal", "to ideal", "ratio", 2, 0},
    {"to_ideal_q1", "q1", "ratio", 2, 6},
    {"to_ideal_q3", "q3", "ratio", 2, 6},
    {"us_median", "a phase", "us", 1, 9},
    {"steals", "steals", "a phase", 2, 0},
    {"parks", "parks", "a phase", 2, 0},
    {"ns_median", "median", "ns", 1, 12},
    {"ns_q1", "q1", "ns", 1, 10},
    {"ns_q3", "q3", "ns", 1, 10},
    {"ns_min", "least", "ns", 1, 10},
};

struct imbalance;

// A scheduler under one policy; or, without one, the plain loop (the ideal) or a barrier.
typedef struct runner {
    struct imbalance *all;
    const char *policy;
    uint32_t workers;
    entrain_scheduler *scheduler;
    bench_barrier *barrier;
    bench_barrier_kind barrier_kind;
    uint64_t phases, phase, phases_left; // since create; the next one's number; of the run under way
    double deadline_s;
    uint32_t *counts; // [tasks] how often each ran, all phases together
} runner;

typedef struct imbalance {
    const bench_options *options;
    bench_report *report;
    bench_team *team;
    double seconds;
    list_of_policies policies;
    list_of_counts workers;
    // of the table and shape under way
    shape_kind shape;
    uint32_t tasks;
    uint32_t *degrees; // [tasks] of the scale-free graph
    uint64_t *results; // [tasks] what the arithmetic came to, so that no compiler leaves it out
    runner runners[RUNNERS_MAX];
    uint32_t runner_count;
    uint64_t rounds[RUNNERS_MAX];
    double *values;
    double to_ideal[SHAPES][LIST_MAX][LIST_MAX]; // median by shape, workers, policy; NAN: not measured
    entrain_error error;
    bool wrong;
} imbalance;

// --- Costs

// 0 .. tasks-1 in a fixed disorder: a multiplier without a common factor, near the golden section.
static uint32_t scattered(uint32_t task, uint32_t tasks) {
    uint32_t factor = (uint32_t)(tasks * 0.618) | 1;
    for (uint32_t a = factor, b = tasks; b != 0;) { // greatest common divisor
        uint32_t rest = a % b;
        a = b;
        b = rest;
        if (b == 0 && a != 1) { // not coprime: the next odd number
            factor += 2;
            a = factor;
            b = tasks;
        }
    }
    return (uint32_t)((uint64_t)task * factor % tasks);
}

// SplitMix64's mixer (Steele, Lea & Flood 2014): where the slow tenth is in a phase.
static uint64_t mixed(uint64_t x) {
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

// Units that @p task costs in @p phase; the same sum in every phase.
static uint32_t cost_of(const imbalance *all, uint64_t phase, uint32_t task) {
    uint32_t slow = all->tasks / 10;
    switch (all->shape) {
    case SLOW_SCATTERED:
        return scattered(task, all->tasks) < slow ? SLOW : QUICK;
    case SLOW_TOGETHER:
        return task < slow ? SLOW : QUICK;
    case MOVING:
        return (task + mixed(phase) % all->tasks) % all->tasks < slow ? SLOW : QUICK;
    case HUBS_TOLD:
    case HUBS_UNTOLD:
        return all->degrees[task];
    default:
        return EVEN;
    }
}

// Each step waits for the one before it.
static void grind(imbalance *all, uint64_t phase, uint32_t task) {
    uint64_t x = all->results[task] + phase;
    for (uint64_t steps = (uint64_t)cost_of(all, phase, task) * UNIT_STEPS; steps > 0; steps--)
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    all->results[task] = x;
}

static entrain_status draw_degrees(imbalance *all) {
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_SCALE_FREE;
    config.size = all->tasks;
    entrain_topology *graph;
    entrain_status status = entrain_topology_create(&config, &graph, &all->error);
    if (status != ENTRAIN_OK)
        return status;
    entrain_topology_view view = entrain_topology_look(graph);
    for (uint32_t t = 0; t < all->tasks; t++)
        all->degrees[t] = (uint32_t)(view.in_offsets[t + 1] - view.in_offsets[t]);
    entrain_topology_release(graph);
    return ENTRAIN_OK;
}

// --- Running

static uint32_t advance(void *context) {
    runner *self = context;
    if (self->phases_left == 0 || wall_now_s() > self->deadline_s || interrupt_requested())
        return ENTRAIN_PHASE_END;
    self->phases_left--;
    self->phase = self->phases++;
    return 0;
}

static void run_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)phase, (void)worker;
    runner *self = context;
    self->counts[task]++;
    grind(self->all, self->phase, task);
}

static void run_empty(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)context, (void)phase, (void)task, (void)worker;
}

// Seconds that @p phases phases would have taken: fewer were run when time was up.
static double run_scheduler(runner *self, uint64_t phases, bool empty) {
    const entrain_job job = {.context = self, .advance = advance, .task = empty ? run_empty : run_task};
    double began = wall_now_s();
    self->phases_left = phases;
    self->deadline_s = began + 8 * self->all->seconds;
    if (entrain_scheduler_run(self->scheduler, &job, &self->all->error) != ENTRAIN_OK)
        return -1;
    double done = (double)(phases - self->phases_left);
    return done > 0 ? (wall_now_s() - began) * (double)phases / done : -1;
}

static double run_loop(runner *self, uint64_t phases) {
    imbalance *all = self->all;
    double began = wall_now_s();
    for (uint64_t p = 0; p < phases; p++, self->phases++)
        for (uint32_t t = 0; t < all->tasks; t++)
            grind(all, self->phases, t);
    return wall_now_s() - began;
}

static double run_uneven(void *context, uint32_t number, uint64_t rounds) {
    imbalance *all = context;
    runner *self = &all->runners[number];
    return self->scheduler != NULL ? run_scheduler(self, rounds, false) : run_loop(self, rounds);
}

static double run_nothing(void *context, uint32_t number, uint64_t rounds) {
    imbalance *all = context;
    runner *self = &all->runners[number];
    return self->barrier != NULL ? bench_barrier_run(self->barrier, all->team, rounds, 8 * all->seconds)
                                 : run_scheduler(self, rounds, true);
}

static bool take_turns(imbalance *all, const char *label,
                       double (*run)(void *context, uint32_t number, uint64_t rounds)) {
    all->values = bench_take((size_t)all->runner_count * all->options->repeats, sizeof *all->values);
    const bench_turns turns = {.label = label,
                               .quiet = all->options->cli->quiet,
                               .subjects = all->runner_count,
                               .repeats = all->options->repeats,
                               .seconds = all->seconds,
                               .run = run,
                               .context = all,
                               .rounds_out = all->rounds,
                               .values_out = all->values};
    return bench_turns_take(&turns);
}

// --- Runners

static bool add_scheduler(imbalance *all, const char *policy, uint32_t workers, uint32_t tasks,
                          const uint32_t *weights) {
    runner *self = &all->runners[all->runner_count];
    entrain_scheduler_config config = entrain_scheduler_config_defaults();
    *self = (runner){.all = all, .policy = policy, .workers = workers};
    config.policy = policy;
    config.worker_count = workers;
    if (interrupt_requested() ||
        entrain_scheduler_create(&config, &self->scheduler, &all->error) != ENTRAIN_OK)
        return false;
    self->counts = bench_take(tasks, sizeof *self->counts);
    all->runner_count++;
    return entrain_scheduler_plan(self->scheduler, tasks, weights, &all->error) == ENTRAIN_OK;
}

static void free_runners(imbalance *all) {
    for (uint32_t r = 0; r < all->runner_count; r++) {
        entrain_scheduler_destroy(all->runners[r].scheduler);
        bench_barrier_destroy(all->runners[r].barrier);
        free(all->runners[r].counts);
    }
    memset(all->runners, 0, sizeof all->runners);
    all->runner_count = 0;
    free(all->values);
    all->values = NULL;
}

static const double *values_of(const imbalance *all, uint32_t number) {
    return all->values + (size_t)number * all->options->repeats;
}

static void put_ns(imbalance *all, uint32_t number, double units_a_round) {
    double ns[BENCH_REPEATS_MAX];
    for (uint32_t r = 0; r < all->options->repeats; r++)
        ns[r] = 1e9 * values_of(all, number)[r] / units_a_round;
    bench_stats stats = bench_stats_of(ns, all->options->repeats);
    bench_put_number(all->report, "ns_median", stats.median);
    bench_put_number(all->report, "ns_q1", stats.q1);
    bench_put_number(all->report, "ns_q3", stats.q3);
    bench_put_number(all->report, "ns_min", stats.least);
}

// --- Uneven tasks

static void put_uneven(imbalance *all, uint32_t number, double *to_ideal_out, bench_picture *picture) {
    static char panels[ENTRAIN_WORKERS_MAX + 1][40];
    runner *self = &all->runners[number];
    uint32_t repeats = all->options->repeats, cpus = entrain_scheduler_cpus();
    double ideal[BENCH_REPEATS_MAX], steals = 0, parks = 0;
    for (uint32_t r = 0; r < repeats; r++)
        ideal[r] = values_of(all, 0)[r] / (self->workers < cpus ? self->workers : cpus);
    for (uint32_t w = 0; w < self->workers; w++) {
        entrain_worker_stats stats;
        entrain_scheduler_worker(self->scheduler, w, &stats);
        steals += (double)stats.steals_won;
        parks += (double)stats.parks;
    }
    bench_stats ratio = bench_stats_ratio(values_of(all, number), ideal, repeats);
    bench_put_number(all->report, "to_ideal", ratio.median);
    bench_put_number(all->report, "to_ideal_q1", ratio.q1);
    bench_put_number(all->report, "to_ideal_q3", ratio.q3);
    bench_put_number(all->report, "us_median", 1e6 * bench_stats_of(values_of(all, number), repeats).median);
    bench_put_number(all->report, "steals", steals / (double)self->phases);
    bench_put_number(all->report, "parks", parks / (double)self->phases);
    put_ns(all, number, 1);
    *to_ideal_out = ratio.median;
    snprintf(panels[self->workers], sizeof panels[0], "%u workers on %u cpu%s", self->workers, cpus,
             cpus == 1 ? "" : "s");
    bench_picture_add(picture, (bench_point){.panel = panels[self->workers],
                                             .series = self->policy,
                                             .x = all->shape,
                                             .y = ratio.median,
                                             .low = ratio.q1,
                                             .high = ratio.q3});
}

// Every task once in every phase.
static bool ran_each(const imbalance *all, const runner *self) {
    for (uint32_t t = 0; t < all->tasks; t++)
        if (self->counts[t] != (uint32_t)self->phases)
            return false;
    return true;
}

static void put_shape(imbalance *all, bench_picture *picture) {
    uint32_t number = 1;
    for (uint32_t w = 0; w < all->workers.count; w++)
        for (uint32_t p = 0; p < all->policies.count; p++, number++) {
            runner *self = &all->runners[number];
            bench_put_text(all->report, "shape", shapes[all->shape].name);
            bench_put_count(all->report, "tasks", all->tasks);
            bench_put_text(all->report, "policy", self->policy);
            bench_put_count(all->report, "workers", self->workers);
            if (ran_each(all, self)) {
                put_uneven(all, number, &all->to_ideal[all->shape][w][p], picture);
            } else {
                bench_put_remark(all->report, "WRONG: a task did not run once in every phase");
                all->wrong = true;
            }
            bench_row_end(all->report);
        }
}

static bool bench_shape(imbalance *all, bench_picture *picture) {
    all->runners[0] = (runner){.all = all, .workers = 1};
    all->runner_count = 1;
    bool going = true;
    for (uint32_t w = 0; w < all->workers.count && going; w++)
        for (uint32_t p = 0; p < all->policies.count && going; p++)
            going = add_scheduler(all, all->policies.values[p]->name, all->workers.values[w], all->tasks,
                                  all->shape == HUBS_TOLD ? all->degrees : NULL);
    going = going && take_turns(all, shapes[all->shape].name, run_uneven);
    if (going)
        put_shape(all, picture);
    free_runners(all);
    return going && !bench_report_lost(all->report);
}

static uint32_t policy_number(const imbalance *all, const char *name) {
    for (uint32_t p = 0; p < all->policies.count; p++)
        if (strcmp(all->policies.values[p]->name, name) == 0)
            return p;
    return UINT32_MAX;
}

static void put_caution(imbalance *all) {
    double load = bench_load(), cpus = entrain_scheduler_cpus();
    if (load > 0.5 * cpus)
        bench_report_note(
            all->report,
            "the load is %.1f on %.0f cpus, some of it from this benchmark: where others worked "
            "on this machine meanwhile, what follows says more about them",
            load, cpus);
}

// Where stealing paid and where not, in the words of what was measured.
static void put_conclusion(imbalance *all, uint32_t w) {
    uint32_t fixed = policy_number(all, "static"), stealing = policy_number(all, "steal");
    char pays[400] = "", even[400] = "", costs[400] = "";
    if (fixed == UINT32_MAX || stealing == UINT32_MAX || all->workers.values[w] < 2)
        return;
    for (shape_kind s = 0; s < SHAPES; s++) {
        double without = all->to_ideal[s][w][fixed], with = all->to_ideal[s][w][stealing];
        if (isnan(without) || isnan(with))
            continue;
        char *list = with < 0.95 * without ? pays : with > 1.05 * without ? costs : even;
        size_t used = strlen(list);
        snprintf(list + used, sizeof pays - used, "%s%s (%.2f, static %.2f)", used > 0 ? "; " : "",
                 shapes[s].name, with, without);
    }
    bench_report_note(all->report, "%u workers: stealing pays for %s%s%s%s%s", all->workers.values[w],
                      pays[0] != '\0' ? pays : "nothing", even[0] != '\0' ? ". Less than 5 % apart: " : "",
                      even, costs[0] != '\0' ? ". It costs for " : "", costs);
}

static bool bench_uneven(imbalance *all) {
    static const char *names[SHAPES];
    bench_picture picture = {.title = "Uneven tasks: time to ideal, by policy",
                             .x_label = "",
                             .y_label = "time / ideal",
                             .y_log = true,
                             .x_names = names,
                             .x_name_count = SHAPES};
    for (shape_kind s = 0; s < SHAPES; s++)
        names[s] = shapes[s].name;
    bool going = true;
    bench_report_table(all->report, "uneven",
                       "Tasks of uneven cost: time to the ideal (all cpus busy to the end)",
                       "shape policy workers to_ideal to_ideal_q1 to_ideal_q3 us_median steals parks");
    for (all->shape = 0; all->shape < SHAPES && going; all->shape++)
        going = bench_shape(all, &picture);
    for (shape_kind s = 0; s < SHAPES; s++)
        bench_report_note(all->report, "%s: %s", shapes[s].name, shapes[s].what);
    bench_report_note(all->report,
                      "ideal: the same arithmetic in a plain loop, divided by the workers that have a cpu "
                      "(%u here); %u tasks a phase, as engines cut their swarms",
                      entrain_scheduler_cpus(), all->tasks);
    if (going)
        put_caution(all);
    for (uint32_t w = 0; w < all->workers.count && going; w++)
        put_conclusion(all, w);
    if (going)
        bench_picture_draw(&picture, all->report);
    bench_picture_free(&picture);
    return going;
}

// --- Barriers

static bool add_barriers(imbalance *all, uint32_t workers) {
    for (bench_barrier_kind kind = 0; kind < BENCH_BARRIER_COUNT; kind++) {
        if (workers > entrain_scheduler_cpus() && bench_barrier_spins(kind))
            continue;
        runner *self = &all->runners[all->runner_count++];
        *self = (runner){.all = all, .workers = workers, .barrier_kind = kind};
        self->barrier = bench_barrier_create(kind, workers);
        if (self->barrier == NULL) {
            entrain_error_set(&all->error, ENTRAIN_NO_MEMORY,
                              "There is no memory for a barrier of %u threads.", workers);
            return false;
        }
    }
    return add_scheduler(all, "steal", workers, 1, NULL);
}

static void put_barriers(imbalance *all) {
    for (uint32_t r = 0; r < all->runner_count; r++) {
        const runner *self = &all->runners[r];
        bench_put_text(all->report, "barrier",
                       self->barrier != NULL ? bench_barrier_name(self->barrier_kind) : "entrain");
        bench_put_count(all->report, "workers", self->workers);
        if (self->barrier != NULL && bench_barrier_faults(self->barrier) != 0) {
            bench_put_remark(all->report, "WRONG: it let a thread through before all had come");
            all->wrong = true;
        } else {
            put_ns(all, r, 1);
        }
        bench_row_end(all->report);
    }
}

static bool bench_barriers(imbalance *all) {
    bool going = true;
    bench_report_table(all->report, "barrier", "One crossing of a barrier",
                       "barrier workers ns_median ns_q1 ns_q3 ns_min");
    for (uint32_t w = 0; w < all->workers.count && going; w++) {
        if (all->workers.values[w] < 2)
            continue;
        going = add_barriers(all, all->workers.values[w]) && take_turns(all, "barriers", run_nothing);
        if (going)
            put_barriers(all);
        free_runners(all);
    }
    bench_report_note(all->report,
                      "entrain: a phase of one empty task under steal, so its barrier, the serial part "
                      "between phases and one task. libck's barriers spin and never yield: they are left "
                      "out where threads outnumber cpus, where one crossing takes milliseconds");
    return going && !bench_report_lost(all->report);
}

// --- Empty tasks

static bool bench_empty(imbalance *all) {
    bool going = true;
    bench_report_table(all->report, "task", "One empty task, of 1,000 a phase",
                       "policy workers ns_median ns_q1 ns_q3 ns_min");
    for (uint32_t w = 0; w < all->workers.count && going; w++)
        for (uint32_t p = 0; p < all->policies.count && going; p++)
            going =
                add_scheduler(all, all->policies.values[p]->name, all->workers.values[w], EMPTY_TASKS, NULL);
    going = going && take_turns(all, "empty tasks", run_nothing);
    for (uint32_t r = 0; r < all->runner_count && going; r++) {
        bench_put_text(all->report, "policy", all->runners[r].policy);
        bench_put_count(all->report, "workers", all->runners[r].workers);
        put_ns(all, r, EMPTY_TASKS);
        bench_row_end(all->report);
    }
    free_runners(all);
    return going;
}

// --- All

static entrain_status choose(imbalance *all) {
    const bench_options *options = all->options;
    uint32_t cpus = entrain_scheduler_cpus(),
             beyond = 4 * cpus < ENTRAIN_WORKERS_MAX ? 4 * cpus : ENTRAIN_WORKERS_MAX;
    uint32_t default_workers[] = {cpus, beyond};
    const entrain_policy *policy;
    all->workers = bench_list_or(&options->workers, default_workers, beyond > cpus ? 2 : 1);
    all->policies = options->policies;
    for (uint32_t p = 0;
         options->policies.count == 0 && p < LIST_MAX && (policy = entrain_policy_at(p)) != NULL; p++)
        all->policies.values[all->policies.count++] = policy;
    all->tasks = options->sizes.count > 0 ? options->sizes.values[0] : TASKS_DEFAULT;
    if (options->sizes.count > 1)
        return entrain_error_set(&all->error, ENTRAIN_INVALID,
                                 "--sizes: bench imbalance takes one number, of tasks, not %u numbers.",
                                 options->sizes.count);
    if (all->tasks < TASKS_MIN || all->tasks > TASKS_MAX)
        return entrain_error_set(&all->error, ENTRAIN_INVALID,
                                 "--sizes: bench imbalance takes %d to %d tasks, not %u.", TASKS_MIN,
                                 TASKS_MAX, all->tasks);
    return ENTRAIN_OK;
}

static int run_all(imbalance *all, const bench_report_setup *setup) {
    uint32_t most = 2;
    for (uint32_t w = 0; w < all->workers.count; w++)
        most = all->workers.values[w] > most ? all->workers.values[w] : most;
    for (size_t i = 0; i < sizeof all->to_ideal / sizeof(double); i++)
        ((double *)all->to_ideal)[i] = NAN;
    all->degrees = bench_take(all->tasks, sizeof *all->degrees);
    all->results = bench_take(all->tasks, sizeof *all->results);
    if (draw_degrees(all) != ENTRAIN_OK || bench_team_create(most, &all->team, &all->error) != ENTRAIN_OK ||
        bench_report_open(setup, &all->report, &all->error) != ENTRAIN_OK) {
        say_error("%s", all->error.sentence);
        return EXIT_FAILED;
    }
    bool complete = bench_uneven(all) && bench_barriers(all) && bench_empty(all);
    return bench_finish(all->report, complete, all->wrong, &all->error);
}

int bench_imbalance(const bench_options *options) {
    imbalance *all = bench_take(1, sizeof *all);
    all->options = options;
    all->seconds = options->cli->seconds > 0 ? options->seconds : SECONDS_DEFAULT;
    bench_report_setup setup = bench_setup(options);
    setup.what = "imbalance";
    setup.title = "Uneven tasks, barriers, empty tasks: what scheduling costs";
    setup.columns = columns;
    setup.column_count = sizeof columns / sizeof *columns;
    setup.seconds = all->seconds;
    setup.row_keys = "shape tasks policy barrier workers";
    setup.row_value = "ns_median";
    int code = EXIT_USAGE;
    if (choose(all) == ENTRAIN_OK)
        code = run_all(all, &setup);
    else
        say_error("%s", all->error.sentence);
    bench_team_destroy(all->team);
    free(all->degrees);
    free(all->results);
    free(all);
    return code;
}
