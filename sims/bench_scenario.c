// entrain bench SCENARIO. For each size one swarm per policy and number of workers, each at the same tick:
//
//   create all
//   -> advance all by doubling numbers of ticks, until it is known how many make a measurement
//   -> rounds: every cell advances so many ticks, in an order shuffled anew each round; then all fingerprints
//      are compared with the reference's, `serial` on one worker
//   -> one row per cell
//
// A round counts whole or not at all: so the cells of every counted round were measured within the same
// seconds, ratios can be taken round by round, and every time shown belongs to a state that was checked.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/bench.h"
#include "sims/bench_cell.h"
#include "sims/bench_plot.h"
#include "sims/interrupt.h"
#include "sims/outcome.h"
#include "sims/progress.h"
#include "sims/say.h"
#include "sims/scenario.h"
#include "sims/words.h"

enum { CELLS_MAX = LIST_MAX * LIST_MAX + 1 };

typedef struct bench_state {
    const bench_options *options;
    list_of_policies policies;
    list_of_counts workers;
    scenario *scenarios; // one per size
    uint32_t size_count;
    bench_report *report;
    // of the size under way
    const scenario *now;
    bench_cell *cells; // [0] is the reference
    uint32_t cell_count;
    uint64_t ticks;  // of one measurement
    uint32_t rounds; // counted
    uint64_t draws;  // of the shuffle
    bool any_wrong, any_failed;
} bench_state;

static const char *const main_columns =
    "policy workers ns_median ns_q1 ns_q3 speedup speedup_over efficiency to_reference";
static const char *const time_columns = "policy workers serial_share karp_flatt barrier_wait_share "
                                        "idle_share task_us_max tick_us_p50 tick_us_p99";
static const char *const scheduler_columns = "policy workers steals_tried steals_won parks yields";

// --- What to measure

static entrain_status load_one(const bench_options *options, uint32_t size, scenario *scenario_out,
                               entrain_error *error_out) {
    const cli_options *cli = options->cli;
    char text[40];
    const char **sets = calloc(cli->set_count + 1, sizeof *sets);
    if (sets == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for the command line.");
    for (uint32_t i = 0; i < cli->set_count; i++)
        sets[i] = cli->sets[i];
    snprintf(text, sizeof text, "swarm.size=%u", size);
    sets[cli->set_count] = text;
    scenario_source source = {
        .path = cli->operand, .sets = sets, .set_count = cli->set_count + (size > 0 ? 1 : 0)};
    entrain_status status = scenario_load(&source, scenario_out, error_out);
    free(sets);
    return status;
}

static entrain_status load_all(bench_state *bench, entrain_error *error_out) {
    const list_of_counts *sizes = &bench->options->sizes;
    uint32_t count = sizes->count > 0 ? sizes->count : 1;
    bench->scenarios = calloc(count, sizeof *bench->scenarios);
    if (bench->scenarios == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for the scenarios.");
    entrain_status status = ENTRAIN_OK;
    for (; bench->size_count < count && status == ENTRAIN_OK; bench->size_count += status == ENTRAIN_OK)
        status = load_one(bench->options, sizes->count > 0 ? sizes->values[bench->size_count] : 0,
                          &bench->scenarios[bench->size_count], error_out);
    return status;
}

// What the options of this command say instead. Silently ignored it would be believed.
static entrain_status refuse_sets(const cli_options *cli, entrain_error *error_out) {
    static const char *const taken[][2] = {{"exec.policy=", "--policies"}, {"exec.workers=", "--workers"}};
    for (uint32_t i = 0; i < cli->set_count; i++)
        for (size_t t = 0; t < sizeof taken / sizeof *taken; t++)
            if (strncmp(cli->sets[i], taken[t][0], strlen(taken[t][0])) == 0)
                return entrain_error_set(error_out, ENTRAIN_INVALID,
                                         "--set %s is for run; bench compares several: say %s.",
                                         words_text(cli->sets[i]).text, taken[t][1]);
    return ENTRAIN_OK;
}

static entrain_status choose(bench_state *bench, entrain_error *error_out) {
    bench->policies = bench->options->policies;
    bench->workers = bench->options->workers;
    if (bench->workers.count == 0) {
        uint32_t cpus = entrain_scheduler_cpus();
        bench->workers = (list_of_counts){.values = {1, cpus}, .count = cpus > 1 ? 2 : 1};
    }
    if (bench->policies.count == 0)
        return list_parse_policies("policies", "all", &bench->policies, error_out);
    return ENTRAIN_OK;
}

// The reference first, then policies by workers as typed.
static void list_cells(bench_state *bench) {
    bench->cell_count = 0;
    bench->cells[bench->cell_count++] = (bench_cell){.policy = "serial", .workers = 1};
    for (uint32_t p = 0; p < bench->policies.count; p++)
        for (uint32_t w = 0; w < bench->workers.count; w++) {
            bench_cell cell = {.policy = bench->policies.values[p]->name,
                               .workers = bench->workers.values[w]};
            if (strcmp(cell.policy, "serial") != 0 || cell.workers != 1)
                bench->cells[bench->cell_count++] = cell;
        }
}

static void free_cells(bench_state *bench) {
    for (uint32_t c = 0; c < bench->cell_count; c++) {
        bench_cell_destroy(&bench->cells[c]);
        free(bench->cells[c].ns);
    }
    bench->cell_count = 0;
}

// Bytes that can be had without pushing others out; 0 where the machine does not say.
static double memory_available(void) {
    FILE *from = fopen("/proc/meminfo", "re");
    char line[128];
    double kib = 0;
    while (from != NULL && fgets(line, sizeof line, from) != NULL)
        if (sscanf(line, "MemAvailable: %lf kB", &kib) == 1)
            break;
    if (from != NULL)
        fclose(from);
    return kib * 1024;
}

// All swarms of one size stand at once, or the rounds could not take turns.
static entrain_status check_memory(const bench_state *bench, entrain_swarm *swarm, entrain_error *error_out) {
    entrain_engine_memory memory;
    entrain_engine_measure(entrain_swarm_engine(swarm), &memory);
    double needed = (double)memory.total * (bench->cell_count - 1), available = memory_available();
    if (available <= 0 || needed <= 0.8 * available)
        return ENTRAIN_OK;
    return entrain_error_set(
        error_out, ENTRAIN_NO_MEMORY,
        "%u swarms of %s, %s each, stand side by side here, and this machine has %s left; name "
        "fewer policies or workers, or smaller sizes.",
        bench->cell_count,
        text_counted(entrain_population_count(entrain_swarm_population(swarm)), "actor").text,
        text_bytes((double)memory.total).text, text_bytes(available).text);
}

// What cannot be built is refused before anything is written or measured: each size once, alone.
static entrain_status try_sizes(bench_state *bench, entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    list_cells(bench);
    for (uint32_t s = 0; s < bench->size_count && status == ENTRAIN_OK; s++) {
        entrain_swarm_config config = bench->scenarios[s].swarm;
        entrain_swarm *swarm = NULL;
        config.engine.scheduler.policy = bench->cells[0].policy;
        config.engine.scheduler.worker_count = bench->cells[0].workers;
        event_run events = {0};
        status = entrain_swarm_create(&config, &swarm, error_out);
        if (status == ENTRAIN_OK)
            status = event_run_begin(&events, bench->scenarios[s].events, swarm, bench->options->cli->operand,
                                     error_out);
        if (status == ENTRAIN_OK)
            status = check_memory(bench, swarm, error_out);
        event_run_end(&events);
        entrain_swarm_destroy(swarm);
        if (status == ENTRAIN_OK && interrupt_requested())
            status = ENTRAIN_CANCELLED;
    }
    bench->cell_count = 0;
    return status;
}

// ENTRAIN_CANCELLED when a signal came.
static entrain_status create_cells(bench_state *bench, entrain_error *error_out) {
    list_cells(bench);
    progress_begin_parts("building", bench->cell_count, bench->options->cli->quiet);
    entrain_status status = ENTRAIN_OK;
    for (uint32_t c = 0; c < bench->cell_count && status == ENTRAIN_OK; c++) {
        bench_cell *cell = &bench->cells[c];
        cell->ns = calloc(bench->options->repeats, sizeof *cell->ns);
        if (cell->ns == NULL)
            abort();
        cell->planned = bench->now->events;
        bench_cell_create(cell, &bench->now->swarm);
        progress_part(c + 1, cell->policy);
        if (c == 0 && cell->state != BENCH_CELL_GOOD) // it could be built a moment ago
            status = entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s", cell->why);
        if (status == ENTRAIN_OK && interrupt_requested())
            status = ENTRAIN_CANCELLED;
    }
    progress_end();
    return status;
}

// --- Measuring

// Every cell that still runs advances; ns_out[cell] is what that took, 0 for the others. ENTRAIN_OK or
// ENTRAIN_CANCELLED.
static entrain_status advance_all(bench_state *bench, uint64_t ticks, double *ns_out) {
    for (uint32_t c = 0; c < bench->cell_count; c++) {
        bench_cell *cell = &bench->cells[c];
        ns_out[c] = 0;
        if (cell->state == BENCH_CELL_GOOD &&
            bench_cell_advance(cell, ticks, false, &ns_out[c]) == ENTRAIN_CANCELLED)
            return ENTRAIN_CANCELLED;
        if (interrupt_requested())
            return ENTRAIN_CANCELLED;
    }
    return ENTRAIN_OK;
}

// So many that all cells together take --seconds each: the whole takes repeats x cells x seconds, however far
// apart they are. Caches, branch predictors and page tables get warm on the way.
static entrain_status choose_ticks(bench_state *bench) {
    static double first_ns[CELLS_MAX], again_ns[CELLS_MAX]; // main thread only
    const double wanted_ns = bench->options->seconds * 1e9 * bench->cell_count;
    for (uint64_t ticks = 1;; ticks *= 2) {
        double all_ns = 0;
        if (advance_all(bench, ticks, first_ns) != ENTRAIN_OK ||
            advance_all(bench, ticks, again_ns) != ENTRAIN_OK)
            return ENTRAIN_CANCELLED;
        for (uint32_t c = 0; c < bench->cell_count; c++) // the slower one was cold, or disturbed
            all_ns += fmin(first_ns[c], again_ns[c]);
        if (all_ns < wanted_ns / 4 && all_ns > 0 && ticks < UINT64_C(1) << 32)
            continue;
        double count = (double)ticks * wanted_ns / fmax(all_ns, 1);
        bench->ticks = count < 1 ? 1 : count > 1e12 ? (uint64_t)1e12 : (uint64_t)count;
        return ENTRAIN_OK;
    }
}

static void check_all(bench_state *bench) {
    bench_cell *reference = &bench->cells[0];
    if (reference->state == BENCH_CELL_GOOD)
        bench_cell_check(reference, NULL);
    for (uint32_t c = 1; c < bench->cell_count; c++) {
        bench_cell *cell = &bench->cells[c];
        if (cell->state == BENCH_CELL_GOOD && reference->state == BENCH_CELL_GOOD)
            bench_cell_check(cell, reference);
        else if (cell->state == BENCH_CELL_GOOD)
            bench_cell_leave_out(cell, "there is no sound reference to compare with");
    }
}

// splitmix64 (Steele, Lea & Flood 2014): an order, not physics.
static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void shuffle(bench_state *bench, uint32_t *order) {
    for (uint32_t i = 0; i < bench->cell_count; i++)
        order[i] = i;
    for (uint32_t i = bench->cell_count; i > 1; i--) {
        uint32_t other = (uint32_t)(draw(&bench->draws) % i), kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}

static entrain_status measure_round(bench_state *bench) {
    uint32_t order[CELLS_MAX];
    shuffle(bench, order);
    for (uint32_t i = 0; i < bench->cell_count; i++) {
        bench_cell *cell = &bench->cells[order[i]];
        char what[120];
        snprintf(what, sizeof what, "round %u of %u, %.20s on %s", bench->rounds + 1, bench->options->repeats,
                 cell->policy, text_counted(cell->workers, "worker").text);
        progress_part((uint64_t)bench->rounds * bench->cell_count + i, what);
        if (cell->state == BENCH_CELL_GOOD &&
            bench_cell_advance(cell, bench->ticks, true, &cell->ns[bench->rounds]) == ENTRAIN_CANCELLED)
            return ENTRAIN_CANCELLED;
        if (interrupt_requested())
            return ENTRAIN_CANCELLED;
    }
    check_all(bench);
    return ENTRAIN_OK;
}

static entrain_status measure(bench_state *bench) {
    char label[60];
    snprintf(label, sizeof label, "%s", text_counted(bench->now->swarm.size, "actor").text);
    bench->rounds = 0;
    entrain_status status = choose_ticks(bench);
    if (status == ENTRAIN_OK)
        check_all(bench); // what is wrong by now need not be measured
    progress_begin_parts(label, (uint64_t)bench->options->repeats * bench->cell_count,
                         bench->options->cli->quiet);
    while (status == ENTRAIN_OK && bench->rounds < bench->options->repeats &&
           !bench_report_lost(bench->report)) {
        status = measure_round(bench);
        bench->rounds += status == ENTRAIN_OK;
    }
    progress_end();
    return status;
}

// --- Rows

static const bench_cell *find_cell(const bench_state *bench, const char *policy, uint32_t workers) {
    for (uint32_t c = 0; c < bench->cell_count; c++)
        if (bench->cells[c].workers == workers && strcmp(bench->cells[c].policy, policy) == 0)
            return &bench->cells[c];
    return NULL;
}

static const char *const state_names[] = {"ok", "WRONG", "left out", "failed"};

static void put_times(const bench_state *bench, const bench_cell *cell) {
    bench_report *report = bench->report;
    const bench_cell *reference = &bench->cells[0], *own = find_cell(bench, cell->policy, 1);
    uint32_t rounds = bench->rounds;
    double updates = (double)bench->ticks * bench->now->swarm.size;
    bench_stats ns = bench_stats_of(cell->ns, rounds);
    bench_put_number(report, "ns_median", ns.median / updates);
    bench_put_number(report, "ns_q1", ns.q1 / updates);
    bench_put_number(report, "ns_q3", ns.q3 / updates);
    bench_put_number(report, "ns_least", ns.least / updates);
    bench_put_number(report, "updates_per_s", updates / ns.median * 1e9);

    bool over_own = own != NULL && own != reference && own->state == BENCH_CELL_GOOD;
    bench_stats speedup = bench_stats_ratio(over_own ? own->ns : reference->ns, cell->ns, rounds);
    bench_put_number(report, "speedup", speedup.median);
    bench_put_number(report, "speedup_q1", speedup.q1);
    bench_put_number(report, "speedup_q3", speedup.q3);
    bench_put_text(report, "speedup_over", over_own ? "itself" : "serial");
    bench_put_number(report, "efficiency", 100 * speedup.median / cell->workers);
    bench_put_number(report, "karp_flatt", bench_karp_flatt(speedup.median, cell->workers));
    bench_put_number(report, "to_reference", bench_stats_ratio(cell->ns, reference->ns, rounds).median);
}

static void put_counts(const bench_state *bench, bench_cell *cell) {
    bench_report *report = bench->report;
    const bench_cell_totals *totals = &cell->totals;
    bench_cell_shares shares = bench_cell_share(cell);
    double ticks = (double)totals->ticks;
    bench_put_number(report, "serial_share", 100 * shares.serial);
    bench_put_number(report, "barrier_wait_share", 100 * shares.barrier_wait);
    bench_put_number(report, "idle_share", 100 * shares.idle);
    bench_put_number(report, "steals_tried", (double)totals->steals_tried / ticks);
    bench_put_number(report, "steals_won", (double)totals->steals_won / ticks);
    bench_put_number(report, "parks", (double)totals->parks / ticks);
    bench_put_number(report, "yields", (double)totals->yields / ticks);
    bench_put_number(report, "task_us_max", (double)bench_cell_task_ns_max(cell) * 1e-3);
    bench_latency latency = bench_tick_latency(cell);
    bench_put_number(report, "tick_us_p50", latency.p50_ns * 1e-3);
    bench_put_number(report, "tick_us_p99", latency.p99_ns * 1e-3);
}

static void put_row(bench_state *bench, bench_cell *cell) {
    bench_report *report = bench->report;
    char text[500];
    bench_put_count(report, "size", bench->now->swarm.size);
    bench_put_text(report, "policy", cell->policy);
    bench_put_count(report, "workers", cell->workers);
    bench_put_text(report, "transport", entrain_transport_name(bench->now->swarm.engine.transport));
    bench_put_text(report, "result", state_names[cell->state]);
    if (cell->state == BENCH_CELL_GOOD && bench->rounds > 0) {
        snprintf(text, sizeof text, "%016" PRIx64, cell->fingerprint);
        bench_put_text(report, "fingerprint", text);
        bench_put_count(report, "tick", cell->checked_tick);
        bench_put_count(report, "ticks", bench->ticks);
        bench_put_count(report, "rounds", bench->rounds);
        put_times(bench, cell);
        put_counts(bench, cell);
    } else if (cell->state != BENCH_CELL_GOOD) {
        snprintf(text, sizeof text, "%s: %s", state_names[cell->state], cell->why);
        bench_put_remark(report, text);
    }
    bench->any_wrong = bench->any_wrong || cell->state == BENCH_CELL_WRONG;
    bench->any_failed = bench->any_failed || cell->state == BENCH_CELL_FAILED;
    bench_row_end(report);
}

static void put_rows(bench_state *bench) {
    char title[200];
    const bench_cell *reference = &bench->cells[0];
    entrain_topology_view view = entrain_topology_look(entrain_swarm_topology(reference->swarm));
    snprintf(title, sizeof title, "%s, %s, %s: ns per agent and tick, %s a measurement",
             text_counted(view.vertex_count, "actor").text, entrain_topology_kind_name(view.kind),
             entrain_transport_name(bench->now->swarm.engine.transport),
             text_counted(bench->ticks, "tick").text);
    bench_report_table(bench->report, "policies", title, main_columns);
    uint32_t agreed = 0;
    for (uint32_t c = 0; c < bench->cell_count; c++) {
        put_row(bench, &bench->cells[c]);
        agreed += bench->cells[c].state == BENCH_CELL_GOOD;
    }
    bench_report_again(bench->report, "Where the time goes", time_columns);
    bench_report_again(bench->report, "What the scheduler did, per tick", scheduler_columns);
    if (reference->state == BENCH_CELL_GOOD)
        bench_report_note(bench->report, "%u of %u agree on fingerprint %016" PRIx64 " at tick %" PRIu64 ".",
                          agreed, bench->cell_count, reference->fingerprint, reference->checked_tick);
}

// --- The whole

static void put_notes(const bench_state *bench) {
    uint32_t cpus = entrain_scheduler_cpus(), most = 0;
    for (uint32_t w = 0; w < bench->workers.count; w++)
        most = bench->workers.values[w] > most ? bench->workers.values[w] : most;
    bench_report_note(
        bench->report,
        "speed-up: over the same policy on 1 worker (itself), or over serial on 1 worker where that "
        "was not measured, round by round; to serial: time as a share of serial's.");
    bench_report_note(
        bench->report,
        "serial: share of the engine's serial part; Karp-Flatt: serial fraction that the speed-up "
        "amounts to; barrier, idle: shares of the workers' time; tick: how long one took (under "
        "dataflow, where ticks overlap, from one common boundary to the next).");
    if (most > cpus)
        bench_report_note(
            bench->report,
            "More workers than the %u cpu%s here take turns on them: such rows show what parking and "
            "yielding cost, not a speed-up that more cpus would give.",
            cpus, cpus == 1 ? "" : "s");
}

// Without swarm.size, which the rows say.
static json_t *settings_json(const bench_state *bench) {
    const scenario *first = &bench->scenarios[0];
    json_t *settings = json_object(), *resolved = json_deep_copy(first->resolved);
    if (settings == NULL || resolved == NULL)
        abort();
    json_object_del(json_object_get(resolved, "swarm"), "size");
    json_object_del(json_object_get(resolved, "exec"), "workers"); // the rows' too
    json_object_del(json_object_get(resolved, "exec"), "policy");
    json_object_set_new(settings, "scenario", resolved);
    return settings;
}

static entrain_status open_report(bench_state *bench, entrain_error *error_out) {
    int width = 6;
    for (uint32_t p = 0; p < bench->policies.count; p++)
        if ((int)strlen(bench->policies.values[p]->name) > width)
            width = (int)strlen(bench->policies.values[p]->name);
    const bench_column columns[] = {
        {"size", "actors", "", 0, 9},
        {"policy", "policy", "", BENCH_DECIMALS_TEXT, width},
        {"workers", "workers", "", 0, 0},
        {"transport", "transport", "", BENCH_DECIMALS_TEXT, 9},
        {"result", "result", "", BENCH_DECIMALS_TEXT, 8},
        {"ns_median", "median", "ns", 2, 9},
        {"ns_q1", "q1", "ns", 2, 9},
        {"ns_q3", "q3", "ns", 2, 9},
        {"ns_least", "least", "ns", 2, 9},
        {"updates_per_s", "updates", "/s", 0, 12},
        {"speedup", "speed-up", "x", 2, 0},
        {"speedup_q1", "q1", "x", 2, 8},
        {"speedup_q3", "q3", "x", 2, 8},
        {"speedup_over", "over", "", BENCH_DECIMALS_TEXT, 6},
        {"efficiency", "efficiency", "%", 0, 0},
        {"karp_flatt", "Karp-Flatt", "", 3, 0},
        {"to_reference", "to serial", "x", 3, 0},
        {"serial_share", "serial", "%", 2, 6},
        {"barrier_wait_share", "barrier", "%", 1, 7},
        {"idle_share", "idle", "%", 1, 6},
        {"steals_tried", "steals tried", "", 2, 0},
        {"steals_won", "steals won", "", 2, 0},
        {"parks", "parks", "", 3, 8},
        {"yields", "yields", "", 3, 8},
        {"task_us_max", "longest task", "us", 1, 0},
        {"tick_us_p50", "tick p50", "us", 1, 9},
        {"tick_us_p99", "tick p99", "us", 1, 9},
        {"ticks", "ticks", "", 0, 0},
        {"rounds", "rounds", "", 0, 0},
        {"tick", "tick", "", 0, 0},
        {"fingerprint", "fingerprint", "", BENCH_DECIMALS_TEXT, 16},
    };
    char title[WORDS_BYTES + 40];
    snprintf(title, sizeof title, "Policies compared: %s", words_text(bench->scenarios[0].title).text);
    bench_report_setup setup = bench_setup(bench->options);
    setup.what = "scenario";
    setup.title = title;
    setup.columns = columns;
    setup.column_count = sizeof columns / sizeof *columns;
    setup.settings = settings_json(bench);
    setup.row_keys = "size policy workers transport";
    setup.row_value = "ns_median";
    entrain_status status = bench_report_open(&setup, &bench->report, error_out);
    json_decref(setup.settings);
    return status;
}

// One size, from creation to its rows. What went wrong has been said.
static int bench_size(bench_state *bench, const scenario *now) {
    entrain_error error = {0};
    bench->now = now;
    entrain_status status = create_cells(bench, &error);
    if (status == ENTRAIN_OK)
        status = measure(bench);
    if (status != ENTRAIN_OK && status != ENTRAIN_CANCELLED) {
        say_refusal(bench->options->cli->operand, error.sentence);
        free_cells(bench);
        return EXIT_FAILED;
    }
    bool lost = bench_report_lost(bench->report);
    if (!lost && (bench->rounds > 0 || status == ENTRAIN_OK))
        put_rows(bench);
    free_cells(bench);
    return status == ENTRAIN_CANCELLED || interrupt_requested() ? EXIT_INTERRUPTED : EXIT_DONE;
}

static int bench_all(bench_state *bench) {
    entrain_error error = {0};
    entrain_status status = try_sizes(bench, &error);
    if (status == ENTRAIN_CANCELLED)
        return EXIT_INTERRUPTED;
    if (status != ENTRAIN_OK) {
        say_refusal(bench->options->cli->operand, error.sentence);
        return status == ENTRAIN_NO_MEMORY || status == ENTRAIN_SYSTEM ? EXIT_FAILED : EXIT_USAGE;
    }
    if (open_report(bench, &error) != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return EXIT_USAGE;
    }
    int code = EXIT_DONE;
    for (uint32_t s = 0; s < bench->size_count && code == EXIT_DONE && !bench_report_lost(bench->report); s++)
        code = bench_size(bench, &bench->scenarios[s]);
    bool complete = code == EXIT_DONE && !bench_report_lost(bench->report);
    if (json_array_size(bench_report_rows(bench->report)) > 0)
        put_notes(bench);
    if (complete)
        bench_plot_policies(bench->report, bench->scenarios[0].title);
    if (code == EXIT_INTERRUPTED)
        say_note("interrupted; what is shown is complete rounds only");
    if (bench_report_close(bench->report, complete, &error) != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return EXIT_FAILED;
    }
    if (code == EXIT_DONE && bench->any_wrong)
        say_error("a policy gave another result or lost something: see the rows that say WRONG.");
    return code != EXIT_DONE   ? code
           : bench->any_wrong  ? EXIT_MISMATCH
           : bench->any_failed ? EXIT_FAILED
                               : EXIT_DONE;
}

int bench_scenario(const bench_options *options) {
    bench_state bench = {.options = options};
    entrain_error error = {0};
    entrain_status status = refuse_sets(options->cli, &error);
    if (status == ENTRAIN_OK)
        status = choose(&bench, &error);
    if (status == ENTRAIN_OK)
        status = load_all(&bench, &error);
    bench.cells = calloc(CELLS_MAX, sizeof *bench.cells);
    if (bench.cells == NULL)
        abort();
    int code = EXIT_USAGE;
    if (status == ENTRAIN_OK && events_count(bench.scenarios[0].events) > 0)
        say_note("the scenario's events happen on the way, and the times are with them");
    if (status == ENTRAIN_OK && events_have_hook(bench.scenarios[0].events))
        say_note("the scenario's on_sample is not called: nobody takes samples here");
    if (status == ENTRAIN_OK)
        code = bench_all(&bench);
    else
        say_error("%s", error.sentence);
    for (uint32_t s = 0; s < bench.size_count; s++)
        scenario_free(&bench.scenarios[s]);
    free(bench.scenarios);
    free(bench.cells);
    return code;
}
