// entrain bench precision: how long a solution takes that is good to so many digits. A network of oscillators
// with four arcs each, t = 0 to 20, RK4 at the largest step at which the mean phase error stays below 2e-7;
// Entrain in both transports beside plain C at the same step. What must be built before the first step is not
// counted.
//
// For 1,000 oscillators that are a small world with K = 3/999 an arc Lindner et al. (Chaos 31, 063133, 2021)
// published, at that error, 3.5 ms (NetworkDynamics.jl) and 5.5 ms (Fortran), by Dormand and Prince's method
// of order 5 with a step it chooses itself.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/kuramoto.h"
#include "sims/bench.h"
#include "sims/bench_network.h"
#include "sims/bench_turns.h"
#include "sims/interrupt.h"
#include "sims/progress.h"
#include "sims/say.h"

#define SECONDS_DEFAULT 0.05
#define ERROR_MOST 2e-7
#define PUBLISHED_FORTRAN_MS 5.5
#define PUBLISHED_JULIA_MS 3.5
#define TARGET_MS 1.5
#define TWO_PI 0x1.921fb54442d18p+2
enum { STEPS_MOST = 1 << 14, SIZE_PUBLISHED = 1000, SUBJECTS_MAX = 2 * LIST_MAX + 2 };

typedef enum subject_kind { PUBLISH, MAILBOX, OF_OSCILLATORS, OF_ARCS } subject_kind;
static const char *const subject_names[] = {"publish", "mailbox", "libm", "libm-arcs"};
static const char *const network_names[BENCH_NETWORK_KINDS] = {"small-world", "random"};

static const bench_column columns[] = {
    {"graph", "graph", "", BENCH_DECIMALS_TEXT, 11},
    {"size", "actors", "", 0, 0},
    {"coupling", "K", "rad/s", 6, 0},
    {"steps", "steps", "", 0, 0},
    {"step_s", "step", "s", 5, 0},
    {"subject", "subject", "", BENCH_DECIMALS_TEXT, 10},
    {"workers", "workers", "", 0, 0},
    {"error_e9", "error", "1e-9", 1, 0},
    {"ms_median", "median", "ms", 3, 8},
    {"ms_q1", "q1", "ms", 3, 8},
    {"ms_q3", "q3", "ms", 3, 8},
    {"ms_min", "least", "ms", 3, 8},
    {"ns_exchange", "an exchange", "ns", 2, 0},
    {"times_arcs", "of libm-arcs", "ratio", 3, 0},
};

typedef struct precision {
    const bench_options *options;
    bench_report *report;
    list_of_counts workers;
    uint32_t size;
    // of the network and coupling under way
    bench_network network;
    uint32_t steps, subject_count;
    double
        enough_error; // of publish with one worker: what all transports and workers must come to, to the bit
    struct {
        subject_kind kind;
        uint32_t workers;
    } subjects[SUBJECTS_MAX];
    uint64_t rounds[SUBJECTS_MAX];
    long double *exact;
    double *phases, *values; // [size]; [subject][repeat] seconds
    double published_ms; // what publish took where there is something to compare it with; NAN: not measured
    entrain_error error;
    bool wrong;
} precision;

// --- Solving

static entrain_status make_engine(const precision *all, subject_kind kind, uint32_t workers,
                                  entrain_engine **engine_out, entrain_population **population_out,
                                  entrain_error *error_out) {
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
    config.scheduler.worker_count = workers;
    config.transport = kind == MAILBOX ? ENTRAIN_TRANSPORT_MAILBOX : ENTRAIN_TRANSPORT_PUBLISH;
    config.step_s = BENCH_NETWORK_END_S / all->steps;
    model.coupling = all->network.coupling;
    model.normalise = ENTRAIN_NORMALISE_NONE;
    model.integrator = ENTRAIN_INTEGRATOR_RK4;
    entrain_status status = entrain_engine_create(&config, engine_out, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_kuramoto_add(*engine_out, &model, all->size, all->network.start,
                                      all->network.frequency, population_out, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_engine_set_topology(*engine_out, all->network.topology, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_engine_start(*engine_out, error_out);
    return status;
}

// @return the seconds of all steps together; below 0: failed
static double solve_actors(precision *all, subject_kind kind, uint32_t workers) {
    entrain_engine *engine = NULL;
    entrain_population *population = NULL;
    entrain_status status = make_engine(all, kind, workers, &engine, &population, &all->error);
    double began_s = wall_now_s();
    if (status == ENTRAIN_OK)
        status = entrain_engine_advance(engine, all->steps, &all->error);
    double took_s = wall_now_s() - began_s;
    for (uint32_t i = 0; status == ENTRAIN_OK && i < all->size; i++) {
        const double *phase = entrain_population_at(population, i, ENTRAIN_KURAMOTO_PHASE);
        const int32_t *turns = entrain_population_at(population, i, ENTRAIN_KURAMOTO_TURNS);
        all->phases[i] = *phase + TWO_PI * *turns;
    }
    entrain_engine_destroy(engine);
    return status == ENTRAIN_OK ? took_s : -1;
}

static double solve(precision *all, subject_kind kind, uint32_t workers) {
    if (kind == PUBLISH || kind == MAILBOX)
        return solve_actors(all, kind, workers);
    double began_s = wall_now_s();
    bench_network_plain(&all->network, kind == OF_ARCS ? BENCH_NETWORK_OF_ARCS : BENCH_NETWORK_OF_OSCILLATORS,
                        all->steps, all->phases);
    return wall_now_s() - began_s;
}

static double mean_error(const precision *all) {
    long double sum = 0;
    for (uint32_t i = 0; i < all->size; i++)
        sum += fabsl(all->phases[i] - all->exact[i]);
    return (double)(sum / all->size);
}

// --- The step

// Whether so many steps are exact enough.
static bool suffice(precision *all, uint32_t steps, bool *going) {
    all->steps = steps;
    *going = !interrupt_requested() && solve_actors(all, PUBLISH, 1) >= 0;
    if (!*going)
        return false;
    const double error = mean_error(all);
    if (!(error < ERROR_MOST))
        return false;
    all->enough_error = error;
    return true;
}

// The fewest steps that suffice; 0: not even the most do. The error falls with the fourth power of the step.
static bool find_steps(precision *all) {
    bool going = true;
    uint32_t enough = 4;
    while (going && enough <= STEPS_MOST && !suffice(all, enough, &going))
        enough *= 2;
    uint32_t few = enough / 2;
    while (going && enough <= STEPS_MOST && enough - few > 1) {
        uint32_t middle = few + (enough - few) / 2;
        if (suffice(all, middle, &going))
            enough = middle;
        else
            few = middle;
    }
    all->steps = enough <= STEPS_MOST ? enough : 0;
    return going;
}

// --- Measuring

static double run_rounds(void *context, uint32_t subject, uint64_t rounds) {
    precision *all = context;
    double sum_s = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        double took_s = interrupt_requested()
                            ? -1
                            : solve(all, all->subjects[subject].kind, all->subjects[subject].workers);
        if (took_s < 0)
            return -1;
        sum_s += took_s;
    }
    return sum_s;
}

static void list_subjects(precision *all) {
    all->subject_count = 0;
    for (uint32_t kind = PUBLISH; kind <= OF_ARCS; kind++)
        for (uint32_t w = 0; w < (kind <= MAILBOX ? all->workers.count : 1); w++) {
            all->subjects[all->subject_count].kind = (subject_kind)kind;
            all->subjects[all->subject_count++].workers = all->workers.values[w];
        }
}

static bool is_published(const precision *all, bench_network_kind kind) {
    return kind == BENCH_NETWORK_SMALL_WORLD && all->size == SIZE_PUBLISHED && all->network.coupling < 0.01;
}

// One subject's row: its error is found by solving once more.
static bool put_row(precision *all, bench_network_kind network, uint32_t s) {
    const uint32_t repeats = all->options->repeats;
    const subject_kind kind = all->subjects[s].kind;
    const bool actors = kind == PUBLISH || kind == MAILBOX;
    const double *values = all->values + (size_t)s * repeats,
                 *arcs = all->values + (size_t)(all->subject_count - 1) * repeats;
    bench_stats stats = bench_stats_of(values, repeats);
    if (solve(all, kind, all->subjects[s].workers) < 0)
        return false;
    const double error = mean_error(all);
    bench_put_text(all->report, "graph", network_names[network]);
    bench_put_count(all->report, "size", all->size);
    bench_put_number(all->report, "coupling", all->network.coupling);
    bench_put_count(all->report, "steps", all->steps);
    bench_put_number(all->report, "step_s", BENCH_NETWORK_END_S / all->steps);
    bench_put_text(all->report, "subject", subject_names[kind]);
    if (actors)
        bench_put_count(all->report, "workers", all->subjects[s].workers);
    bench_put_number(all->report, "error_e9", 1e9 * error);
    if (actors && memcmp(&error, &all->enough_error, sizeof error) != 0) {
        bench_put_remark(all->report, "WRONG: not the phases that publish with one worker came to");
        all->wrong = true;
    } else {
        bench_put_number(all->report, "ms_median", 1e3 * stats.median);
        bench_put_number(all->report, "ms_q1", 1e3 * stats.q1);
        bench_put_number(all->report, "ms_q3", 1e3 * stats.q3);
        bench_put_number(all->report, "ms_min", 1e3 * stats.least);
        bench_put_number(all->report, "ns_exchange", 1e9 * stats.median / (4.0 * all->steps * all->size));
        bench_put_number(all->report, "times_arcs", bench_stats_ratio(values, arcs, repeats).median);
    }
    bench_row_end(all->report);
    if (kind == PUBLISH && all->subjects[s].workers == 1 && is_published(all, network))
        all->published_ms = 1e3 * stats.median;
    return true;
}

static bool measure(precision *all, bench_network_kind network) {
    list_subjects(all);
    all->values = bench_take((size_t)all->subject_count * all->options->repeats, sizeof *all->values);
    const bench_turns turns = {.label = "solution",
                               .quiet = all->options->cli->quiet,
                               .subjects = all->subject_count,
                               .repeats = all->options->repeats,
                               .seconds = all->options->seconds,
                               .run = run_rounds,
                               .context = all,
                               .rounds_out = all->rounds,
                               .values_out = all->values};
    bool going = bench_turns_take(&turns);
    for (uint32_t s = 0; going && s < all->subject_count; s++)
        going = put_row(all, network, s);
    free(all->values);
    return going && !bench_report_lost(all->report);
}

// One coupling: the exact solution, the step, the times.
static bool bench_coupling_of(precision *all, bench_network_kind kind, double coupling) {
    all->network.coupling = coupling;
    progress_begin_parts(NULL, 2, all->options->cli->quiet);
    progress_part(0, "the exact solution");
    all->steps = 0;
    bool going = true;
    if (bench_network_exact(&all->network, 1e-3L * ERROR_MOST, all->exact)) {
        progress_part(1, "the step");
        going = find_steps(all);
    }
    progress_end();
    if (!going || interrupt_requested())
        return false;
    if (all->steps > 0)
        return measure(all, kind);
    bench_report_note(all->report, "%s, K = %g: trajectories part too fast, nothing to be exact about",
                      network_names[kind], coupling);
    return true;
}

static bool bench_network_of(precision *all, bench_network_kind kind) {
    const double couplings[] = {3.0 / (all->size - 1), 0.1, 0.5, 1};
    bool going = bench_network_create(&all->network, kind, all->size, &all->error) == ENTRAIN_OK;
    for (size_t k = 0; k < sizeof couplings / sizeof *couplings && going; k++)
        going = bench_coupling_of(all, kind, couplings[k]);
    bench_network_destroy(&all->network);
    return going;
}

static bool bench_all(precision *all) {
    bool going = true;
    bench_report_table(
        all->report, "solution", "t = 0 to 20, mean phase error below 2e-7",
        "graph coupling steps subject workers error_e9 ms_median ms_q1 ms_q3 ms_min ns_exchange times_arcs");
    for (uint32_t kind = 0; kind < BENCH_NETWORK_KINDS && going; kind++)
        going = bench_network_of(all, (bench_network_kind)kind);
    if (going && !isnan(all->published_ms))
        bench_report_note(
            all->report,
            "target: small-world with K = 3/999 in at most %.1f ms by one worker, publish: %s (%.2f ms); "
            "published %.1f ms (Julia) and %.1f ms (Fortran), on another machine",
            TARGET_MS, all->published_ms <= TARGET_MS ? "met" : "not met", all->published_ms,
            PUBLISHED_JULIA_MS, PUBLISHED_FORTRAN_MS);
    return going;
}

static entrain_status check_options(const bench_options *options, uint32_t size, entrain_error *error_out) {
    if (options->sizes.count > 1)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "bench precision: --sizes takes one number here, of oscillators.");
    return bench_size_check("precision", size, 1000.0 * size, error_out);
}

int bench_precision(const bench_options *options) {
    static const uint32_t default_size[] = {SIZE_PUBLISHED}, default_workers[] = {1};
    precision *all = bench_take(1, sizeof *all);
    all->options = options;
    all->workers = bench_list_or(&options->workers, default_workers, 1);
    all->size = bench_list_or(&options->sizes, default_size, 1).values[0];
    all->published_ms = NAN;
    all->exact = bench_take(all->size, sizeof *all->exact);
    all->phases = bench_take(all->size, sizeof *all->phases);
    bench_options own = *options;
    own.seconds = options->cli->seconds > 0 ? options->seconds : SECONDS_DEFAULT;
    all->options = &own;
    bench_report_setup setup = bench_setup(&own);
    setup.what = "precision";
    setup.title = "How long a solution takes that is good to seven digits";
    setup.columns = columns;
    setup.column_count = sizeof columns / sizeof *columns;
    setup.row_keys = "graph size coupling subject workers";
    setup.row_value = "ms_median";
    int code = EXIT_USAGE;
    if (check_options(&own, all->size, &all->error) != ENTRAIN_OK) {
        say_error("%s", all->error.sentence);
    } else if (bench_report_open(&setup, &all->report, &all->error) != ENTRAIN_OK) {
        say_error("%s", all->error.sentence);
        code = EXIT_FAILED;
    } else {
        bool complete = bench_all(all);
        code = bench_finish(all->report, complete, all->wrong, &all->error);
    }
    free(all->exact);
    free(all->phases);
    free(all);
    return code;
}
