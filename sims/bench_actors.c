// entrain bench actors: what a message costs. Reference workloads, event-driven (PHOLD in virtual time), each
// under every policy and number of workers that was asked for, in turns, so that whatever disturbs the
// machine disturbs all alike.
//
// Only the run is timed: engines are made before and checked after. A run whose answer is wrong, that lost a
// message, or whose final state differs from the other ways' where it may not, has no time.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "entrain/reference.h"
#include "sims/bench.h"
#include "sims/bench_idle.h"
#include "sims/bench_turns.h"
#include "sims/interrupt.h"
#include "sims/progress.h"
#include "sims/say.h"
#include "sims/workloads.h"

enum { REPEATS_DEFAULT = 5, WORKERS_WITH_TARGET = 2, CASES_MAX = WORKLOADS_MAX + 1 };

// CPU nanoseconds a message on one and on two workers, at the sizes of benchmarks.
static const struct {
    const char *name;
    double ns[WORKERS_WITH_TARGET];
} targets[] = {{"ping-pong", {50, 80}}, {"flood", {30, 50}},         {"thread-ring", {70, 90}},
               {"big", {40, 50}},       {"kuramoto-ring", {30, 40}}, {"fork-join", {100, 100}}};

static const bench_column columns[] = {
    {"workload", "workload", "", BENCH_DECIMALS_TEXT, 14},
    {"size", "size", "", 0, 8},
    {"execution", "execution", "", BENCH_DECIMALS_TEXT, 12},
    {"policy", "policy", "", BENCH_DECIMALS_TEXT, 6},
    {"workers", "workers", "", 0, 0},
    {"deterministic", "deterministic", "", BENCH_DECIMALS_TEXT, 3},
    {"result", "result", "", BENCH_DECIMALS_TEXT, 8},
    {"cpu_ns_median", "cpu", "ns", 1, 7},
    {"cpu_ns_q1", "q1", "ns", 1, 7},
    {"cpu_ns_q3", "q3", "ns", 1, 7},
    {"cpu_ns_min", "least", "ns", 1, 7},
    {"cpu_ns_target", "target", "ns", 0, 0},
    {"verdict", "", "", BENCH_DECIMALS_TEXT, 7},
    {"wall_ns_median", "wall", "ns", 1, 7},
    {"wall_ns_q1", "wall q1", "ns", 1, 7},
    {"wall_ns_q3", "wall q3", "ns", 1, 7},
    {"messages_per_s", "messages", "/s", 0, 11},
    {"messages", "messages", "", 0, 10},
    {"steals_won", "steals", "", 0, 0},
    {"parks", "parks", "", 0, 0},
    {"fingerprint", "fingerprint", "", BENCH_DECIMALS_TEXT, 16},
    {"bytes_per_actor", "bytes", "an actor", 1, 0},
    {"rss_per_actor", "resident", "an actor", 1, 0},
    {"start_ns", "start", "ns an actor", 1, 0},
};

typedef enum cell_state { GOOD, BROKEN, LEFT_OUT } cell_state;
static const char *const state_names[] = {"ok", "WRONG", "left out"};

// One workload, one policy, one number of workers.
typedef struct cell {
    const workload *what;
    const char *policy;
    uint32_t workers;
    cell_state state;
    char why[400];
    uint64_t messages, fingerprint, steals, parks;
    double *wall, *cpu; // [repeats] ns a message
} cell;

typedef struct actors {
    const bench_options *options;
    bench_report *report;
    uint32_t repeats, taken; // rounds asked for and done
    workloads chosen;
    workload cases[CASES_MAX];
    uint32_t case_count;
    bool idle, normal;
    cell *cells;
    uint32_t cell_count;
    bool wrong;
    entrain_error error;
} actors;

// PHOLD is about simulated time.
static entrain_execution execution_of(const entrain_reference *reference) {
    const uint32_t virtual_time = 1u << ENTRAIN_EXECUTION_VIRTUAL_TIME,
                   lockstep = 1u << ENTRAIN_EXECUTION_LOCKSTEP;
    return (reference->executions & (virtual_time | lockstep)) == virtual_time
               ? ENTRAIN_EXECUTION_VIRTUAL_TIME
               : ENTRAIN_EXECUTION_EVENT_DRIVEN;
}

static double cpu_now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// --- One measurement

static void fail_cell(cell *now, cell_state state, const char *why) {
    if (now->state == GOOD) {
        now->state = state;
        snprintf(now->why, sizeof now->why, "%.390s", why);
    }
}

// Steals and parks of the run just made, added up over all measured ones.
static void count_workers(cell *now, const entrain_engine *engine) {
    const entrain_scheduler *scheduler = entrain_engine_scheduler(engine);
    for (uint32_t w = 0; w < now->workers; w++) {
        entrain_worker_stats stats;
        entrain_scheduler_worker(scheduler, w, &stats);
        now->steals += stats.steals_won;
        now->parks += stats.parks;
    }
}

// Runs @p now once; @p repeat: where the times go, UINT32_MAX: nowhere. @return whether to go on.
static bool measure(actors *all, cell *now, uint32_t repeat) {
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_reference_run *run = NULL;
    entrain_error error = {0};
    config.execution = execution_of(now->what->reference);
    config.scheduler.worker_count = now->workers;
    config.scheduler.policy = now->policy;
    config.scheduler.seed = config.seed = all->chosen.seed;
    entrain_status status =
        entrain_reference_create(now->what->reference, now->what->parameters, &config, NULL, &run, &error);
    if (status != ENTRAIN_OK) {
        if (status == ENTRAIN_NO_MEMORY || status == ENTRAIN_SYSTEM) {
            all->error = error;
            return false;
        }
        fail_cell(now, LEFT_OUT, error.sentence);
        return true;
    }
    interrupt_watch(run->engine);
    double wall = wall_now_s(), cpu = cpu_now_s();
    status = interrupt_requested() ? ENTRAIN_CANCELLED : entrain_reference_go(run, &error);
    cpu = cpu_now_s() - cpu;
    wall = wall_now_s() - wall;
    interrupt_watch(NULL);
    bool going = status != ENTRAIN_CANCELLED;
    if (status == ENTRAIN_OK)
        status = entrain_reference_check(run, &error);
    if (status == ENTRAIN_UNSUPPORTED)
        fail_cell(now, LEFT_OUT, error.sentence);
    else if (status != ENTRAIN_OK && going)
        fail_cell(now, BROKEN, error.sentence[0] != '\0' ? error.sentence : entrain_status_text(status));
    if (status == ENTRAIN_OK) {
        now->messages = entrain_reference_messages(run);
        now->fingerprint = entrain_engine_fingerprint(run->engine);
        if (repeat != UINT32_MAX) {
            now->wall[repeat] = 1e9 * wall / (double)now->messages;
            now->cpu[repeat] = 1e9 * cpu / (double)now->messages;
            count_workers(now, run->engine);
        }
    }
    entrain_reference_destroy(run);
    return going;
}

// Cells of one exact workload end in one state, whatever the way.
static void compare_states(actors *all) {
    for (uint32_t c = 0; c < all->cell_count; c++) {
        cell *now = &all->cells[c], *first = NULL;
        for (uint32_t f = 0; f < c && first == NULL; f++)
            if (all->cells[f].what == now->what && all->cells[f].state == GOOD)
                first = &all->cells[f];
        if (first == NULL || now->state != GOOD || !now->what->reference->exact ||
            now->fingerprint == first->fingerprint)
            continue;
        char why[200];
        snprintf(why, sizeof why, "fingerprint %016" PRIx64 " is not %016" PRIx64 " as under %s with %u",
                 now->fingerprint, first->fingerprint, first->policy, first->workers);
        fail_cell(now, BROKEN, why);
    }
}

// All cells once without counting, then in turns, beginning with another one each time.
static bool measure_all(actors *all) {
    for (uint32_t r = 0; r <= all->repeats; r++) {
        for (uint32_t i = 0; i < all->cell_count; i++) {
            cell *now = &all->cells[(i + r) % all->cell_count];
            progress_part((uint64_t)r * all->cell_count + i, now->what->reference->name);
            if (now->state == GOOD && !measure(all, now, r > 0 ? r - 1 : UINT32_MAX))
                return false;
        }
        compare_states(all);
        all->taken = r;
    }
    return true;
}

// --- Rows

static double target_of(const actors *all, const cell *now) {
    if (!all->normal || now->what->sized || now->workers > WORKERS_WITH_TARGET ||
        strcmp(now->policy, "steal") != 0)
        return (double)NAN;
    for (size_t t = 0; t < sizeof targets / sizeof *targets; t++)
        if (strcmp(targets[t].name, now->what->reference->name) == 0)
            return targets[t].ns[now->workers - 1];
    return (double)NAN;
}

static void put_times(const actors *all, const cell *now) {
    bench_report *report = all->report;
    bench_stats cpu = bench_stats_of(now->cpu, all->taken), wall = bench_stats_of(now->wall, all->taken);
    double target = target_of(all, now);
    bench_put_number(report, "cpu_ns_median", cpu.median);
    bench_put_number(report, "cpu_ns_q1", cpu.q1);
    bench_put_number(report, "cpu_ns_q3", cpu.q3);
    bench_put_number(report, "cpu_ns_min", cpu.least);
    bench_put_number(report, "cpu_ns_target", target);
    if (!isnan(target))
        bench_put_text(report, "verdict", cpu.median <= target ? "met" : "not met");
    bench_put_number(report, "wall_ns_median", wall.median);
    bench_put_number(report, "wall_ns_q1", wall.q1);
    bench_put_number(report, "wall_ns_q3", wall.q3);
    bench_put_number(report, "messages_per_s", 1e9 / wall.median);
    bench_put_count(report, "steals_won", now->steals / all->taken);
    bench_put_count(report, "parks", now->parks / all->taken);
}

// Whether the order of messages, and so all that may depend on it, is the same in every run.
static bool order_is_given(const cell *now) {
    return now->workers == 1 || strcmp(now->policy, "serial") == 0 || strcmp(now->policy, "shuffled") == 0 ||
           execution_of(now->what->reference) != ENTRAIN_EXECUTION_EVENT_DRIVEN;
}

static void put_row(actors *all, const cell *now) {
    bench_report *report = all->report;
    char text[500];
    bench_put_text(report, "workload", now->what->reference->name);
    bench_put_count(report, "size", (uint64_t)now->what->parameters[0]);
    bench_put_text(report, "execution", entrain_execution_name(execution_of(now->what->reference)));
    bench_put_text(report, "policy", now->policy);
    bench_put_count(report, "workers", now->workers);
    bench_put_text(report, "deterministic", order_is_given(now) ? "yes" : "no");
    bench_put_text(report, "result", state_names[now->state]);
    if (now->state == GOOD && all->taken > 0) {
        bench_put_count(report, "messages", now->messages);
        if (now->what->reference->exact) {
            snprintf(text, sizeof text, "%016" PRIx64, now->fingerprint);
            bench_put_text(report, "fingerprint", text);
        }
        put_times(all, now);
    } else if (now->state != GOOD) {
        snprintf(text, sizeof text, "%s: %s", state_names[now->state], now->why);
        bench_put_remark(report, text);
    }
    all->wrong = all->wrong || now->state == BROKEN;
    bench_row_end(report);
}

// "phold: fingerprint ... under all 4 ways."
static void note_agreement(const actors *all) {
    for (uint32_t k = 0; k < all->case_count; k++) {
        const workload *what = &all->cases[k];
        uint64_t fingerprint = 0;
        uint32_t agree = 0, ways = 0;
        for (uint32_t c = 0; c < all->cell_count; c++) {
            const cell *now = &all->cells[c];
            if (now->what != what || now->state == LEFT_OUT)
                continue;
            ways++;
            agree += now->state == GOOD;
            fingerprint = now->state == GOOD ? now->fingerprint : fingerprint;
        }
        if (what->reference->exact && ways > 1 && agree == ways &&
            execution_of(what->reference) == ENTRAIN_EXECUTION_VIRTUAL_TIME)
            bench_report_note(all->report,
                              "%s: fingerprint %016" PRIx64 " under all %u ways: what each actor saw, and in "
                              "which order, does not depend on policy or workers.",
                              what->reference->name, fingerprint, ways);
    }
}

static void put_rows(actors *all) {
    bench_report_table(all->report, "actors", "Time a message",
                       "workload size policy workers result cpu_ns_median cpu_ns_q1 cpu_ns_q3 cpu_ns_target "
                       "verdict wall_ns_median messages_per_s");
    for (uint32_t c = 0; c < all->cell_count; c++)
        put_row(all, &all->cells[c]);
    bench_report_note(
        all->report,
        "cpu: time of all processors, workers that look for work included; wall: time of the clock. "
        "Both of the run only, for each message that the benchmark is about.");
    bool given = true;
    for (uint32_t c = 0; c < all->cell_count; c++)
        given = given && order_is_given(&all->cells[c]);
    if (!given)
        bench_report_note(all->report, "deterministic: not event-driven runs on several workers, where who "
                                       "comes first to a mailbox is up "
                                       "to the machine. What is checked does not depend on it.");
    note_agreement(all);
}

// --- Idle actors

static bool bench_idle(actors *all) {
    bench_idle_figures figures;
    const uint32_t count = all->normal ? 1000000 : 10000;
    if (bench_memory_check(600.0 * count, "bench actors with idle actors", &all->error) != ENTRAIN_OK ||
        bench_idle_measure(count, &figures, &all->error) != ENTRAIN_OK)
        return false;
    bench_report_table(all->report, "idle", "Idle actors with an empty mailbox of capacity 7",
                       "workload size result bytes_per_actor rss_per_actor start_ns");
    bench_put_text(all->report, "workload", "idle");
    bench_put_count(all->report, "size", count);
    bench_put_text(all->report, "result", state_names[GOOD]);
    bench_put_number(all->report, "bytes_per_actor", figures.bytes);
    bench_put_number(all->report, "rss_per_actor", figures.resident);
    bench_put_number(all->report, "start_ns", figures.start_ns);
    bench_row_end(all->report);
    bench_report_note(all->report,
                      "bytes: as the engine asked for them, for actors without state; resident: what the "
                      "process grew by; start: all of entrain_engine_start().");
    return true;
}

// --- The whole

static entrain_status choose(actors *all, entrain_error *error_out) {
    const cli_options *cli = all->options->cli;
    if (cli->size != NULL && strcmp(cli->size, "quick") != 0 && strcmp(cli->size, "normal") != 0)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "--size is quick or normal, not \"%s\".",
                                 cli->size);
    all->normal = cli->size == NULL || strcmp(cli->size, "normal") == 0;
    entrain_status status =
        workloads_choose(cli, cli->filter, all->normal, "idle", &all->idle, &all->chosen, error_out);
    for (uint32_t i = 0; status == ENTRAIN_OK && i < all->chosen.count; i++) {
        const workload *row = &all->chosen.rows[i];
        all->cases[all->case_count++] = *row;
        if (strcmp(row->reference->name, "kuramoto-ring") != 0 || !all->normal || row->sized)
            continue;
        workload *larger = &all->cases[all->case_count++]; // one that does not fit a cache
        *larger = *row;
        larger->parameters[0] *= 10;
        larger->parameters[1] /= 10;
    }
    return status;
}

static void make_cells(actors *all) {
    static const uint32_t default_workers[] = {1, 2};
    list_of_counts workers = bench_list_or(&all->options->workers, default_workers, 2);
    const list_of_policies *policies = &all->options->policies;
    uint32_t policy_count = policies->count > 0 ? policies->count : 1;
    all->cells = bench_take((size_t)all->case_count * policy_count * workers.count, sizeof *all->cells);
    for (uint32_t k = 0; k < all->case_count; k++)
        for (uint32_t p = 0; p < policy_count; p++)
            for (uint32_t w = 0; w < workers.count; w++) {
                cell *now = &all->cells[all->cell_count++];
                *now = (cell){.what = &all->cases[k],
                              .policy = policies->count > 0 ? policies->values[p]->name : "steal",
                              .workers = workers.values[w],
                              .wall = bench_take(all->repeats, sizeof(double)),
                              .cpu = bench_take(all->repeats, sizeof(double))};
            }
}

static json_t *settings_json(const actors *all) {
    json_t *settings = json_object();
    if (settings == NULL)
        abort();
    json_object_set_new(settings, "seed", json_integer((json_int_t)all->chosen.seed));
    for (uint32_t k = 0; k < all->case_count; k++) {
        const workload *what = &all->cases[k];
        json_t *parameters = json_object();
        char name[80];
        for (uint32_t p = 0; p < what->reference->parameter_count; p++)
            json_object_set_new(parameters, what->reference->parameters[p].name,
                                json_real(what->parameters[p]));
        snprintf(name, sizeof name, "%s %.0f", what->reference->name, what->parameters[0]);
        json_object_set_new(settings, name, parameters);
    }
    return settings;
}

static int bench_all(actors *all) {
    bench_report_setup setup = bench_setup(all->options);
    setup.what = "actors";
    setup.title = "What a message costs";
    setup.columns = columns;
    setup.column_count = sizeof columns / sizeof *columns;
    setup.repeats = all->repeats;
    setup.seconds = 0;
    setup.settings = settings_json(all);
    setup.row_keys = "workload size policy workers";
    setup.row_value = "cpu_ns_median";
    entrain_status status = bench_report_open(&setup, &all->report, &all->error);
    json_decref(setup.settings);
    if (status != ENTRAIN_OK) {
        say_error("%s", all->error.sentence);
        return EXIT_USAGE;
    }
    bool complete = !all->idle || bench_idle(all);
    make_cells(all);
    if (complete && all->cell_count > 0) {
        progress_begin_parts(NULL, (uint64_t)(all->repeats + 1) * all->cell_count, all->options->cli->quiet);
        complete = measure_all(all);
        progress_end();
        put_rows(all);
    }
    if (all->wrong)
        say_error("a workload gave a wrong answer or lost something: see the rows that say WRONG.");
    return bench_finish(all->report, complete && !interrupt_requested(), all->wrong, &all->error);
}

int bench_actors(const bench_options *options) {
    actors *all = bench_take(1, sizeof *all);
    all->options = options;
    all->repeats = options->cli->repeats != 0 ? options->cli->repeats : REPEATS_DEFAULT;
    int code = EXIT_USAGE;
    if (choose(all, &all->error) == ENTRAIN_OK)
        code = bench_all(all);
    else
        say_error("%s", all->error.sentence);
    for (uint32_t c = 0; c < all->cell_count; c++) {
        free(all->cells[c].wall);
        free(all->cells[c].cpu);
    }
    free(all->cells);
    free(all);
    return code;
}
