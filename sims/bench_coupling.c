// entrain bench coupling: what an actor costs. Both transports beside bare loops, the same graph, physics and
// state (k = 8 neighbours, Euler), all of one graph and size in turns.
//
// Before anything is timed every subject advances a few ticks from the same state: the swarms must agree to
// the last bit, the loops with them to a rounding or so. A baseline that computes something else would be
// none.
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/swarm.h"
#include "sims/bench.h"
#include "sims/bench_loop.h"
#include "sims/bench_turns.h"
#include "sims/bench_picture.h"
#include "sims/interrupt.h"
#include "sims/say.h"

enum {
    CHECK_TICKS = 16,
    LEFT_OUT_ABOVE = 4000000, // agents from which on mailboxes and libm are left out: minutes and gigabytes,
};
#define LOOP_TOLERANCE 1e-10 // radians after CHECK_TICKS
#define SECONDS_DEFAULT 0.1

typedef enum subject_kind { BARE, FUSED, PUBLISH, DATAFLOW, MAILBOX, LIBM, KINDS } subject_kind;
static const char *const kind_names[] = {"bare", "fused", "publish", "dataflow", "mailbox", "libm"};

static const struct {
    entrain_topology_kind kind;
    const char *name;
} graphs[] = {{ENTRAIN_TOPOLOGY_RING, "ring"}, {ENTRAIN_TOPOLOGY_SMALL_WORLD, "small-world"}};
enum { GRAPHS = sizeof graphs / sizeof *graphs };

typedef struct coupling_subject {
    subject_kind kind;
    uint32_t workers;
    entrain_swarm *swarm; // publish and mailbox
    char wrong[200];      // why its time is not shown; empty: nothing wrong
} coupling_subject;

enum { SUBJECTS_MAX = KINDS * LIST_MAX, TARGET_SIZE = 100000 };

// What the targets are judged by: the worst row of all.
typedef struct coupling_verdict {
    double publish_worst, mailbox_worst, speedup_worst, lattice_worst; // NAN: not measured
} coupling_verdict;

// One graph and size, and what holds for all of them.
typedef struct coupling {
    const bench_options *options;
    bench_report *report;
    bench_team *team;
    double seconds;
    list_of_counts workers;
    coupling_verdict verdict;
    // of the cell under way
    uint32_t graph, size;
    coupling_subject subjects[SUBJECTS_MAX];
    uint32_t subject_count;
    bench_loop loop;
    entrain_simd simd;
    double *start, *heard, *values; // phases at tick 0; phases read; [subject][repeat] seconds a tick
    uint64_t rounds[SUBJECTS_MAX];
    entrain_error error;
    bool wrong;
} coupling;

static const bench_column columns[] = {
    {"graph", "graph", "", BENCH_DECIMALS_TEXT, 11},
    {"size", "agents", "", 0, 10},
    {"workers", "workers", "", 0, 0},
    {"subject", "subject", "", BENCH_DECIMALS_TEXT, 8},
    {"ns_median", "median", "ns", 2, 8},
    {"ns_q1", "q1", "ns", 2, 8},
    {"ns_q3", "q3", "ns", 2, 8},
    {"ns_min", "least", "ns", 2, 8},
    {"to_bare", "to bare", "ratio", 2, 0},
    {"to_bare_q1", "q1", "ratio", 2, 0},
    {"to_bare_q3", "q3", "ratio", 2, 0},
    {"to_fused", "to fused", "ratio", 2, 0},
    {"speedup", "speed-up", "", 2, 0},
    {"speedup_to_bare", "of bare's", "", 2, 0},
    {"ticks", "ticks", "", 0, 0},
    {"bytes_per_agent", "bytes", "an agent", 0, 0},
};

static entrain_engine *engine_of(const coupling_subject *subject) {
    return entrain_swarm_engine(subject->swarm);
}

// --- One cell: building

static bool left_out(const coupling *cell, subject_kind kind) {
    return cell->size > LEFT_OUT_ABOVE && (kind == MAILBOX || kind == LIBM);
}

static double swarm_bytes(uint32_t size, subject_kind kind) {
    return size * (kind == MAILBOX ? 640.0 : 170.0);
}

// All that one cell keeps at once.
static double cell_bytes(const coupling *cell) {
    bool small = !left_out(cell, MAILBOX);
    double swarms = 2 * swarm_bytes(cell->size, PUBLISH) + (small ? swarm_bytes(cell->size, MAILBOX) : 0);
    return cell->workers.count * swarms + bench_loop_bytes(cell->size, 8 * (uint64_t)cell->size, small) +
           16.0 * cell->size;
}

static entrain_status make_swarm(const coupling *cell, coupling_subject *subject, entrain_error *error_out) {
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = cell->size;
    config.topology.kind = graphs[cell->graph].kind;
    config.topology.degree = 8;
    config.model.coupling = 2;
    config.model.integrator = ENTRAIN_INTEGRATOR_EULER;
    config.frequency = (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_NORMAL, .deviation = 0.5};
    config.engine.scheduler.worker_count = subject->workers;
    config.engine.transport =
        subject->kind == MAILBOX ? ENTRAIN_TRANSPORT_MAILBOX : ENTRAIN_TRANSPORT_PUBLISH;
    if (subject->kind == DATAFLOW)
        config.engine.scheduler.policy = "dataflow";
    return entrain_swarm_create(&config, &subject->swarm, error_out);
}

static bool make_swarms(coupling *cell) {
    for (uint32_t s = 0; s < cell->subject_count; s++) {
        coupling_subject *subject = &cell->subjects[s];
        if (interrupt_requested())
            return false;
        if ((subject->kind == PUBLISH || subject->kind == DATAFLOW || subject->kind == MAILBOX) &&
            make_swarm(cell, subject, &cell->error) != ENTRAIN_OK)
            return false;
    }
    return true;
}

static coupling_subject *first_of(coupling *cell, subject_kind kind) {
    for (uint32_t s = 0; s < cell->subject_count; s++)
        if (cell->subjects[s].kind == kind)
            return &cell->subjects[s];
    return NULL;
}

// The loops start from the very state that the swarms have.
static bool make_loop(coupling *cell) {
    entrain_swarm *swarm = first_of(cell, PUBLISH)->swarm;
    entrain_topology_view view = entrain_topology_look(entrain_swarm_topology(swarm));
    uint32_t most = 1;
    for (uint32_t w = 0; w < cell->workers.count; w++)
        most = cell->workers.values[w] > most ? cell->workers.values[w] : most;
    cell->simd = entrain_engine_simd(entrain_swarm_engine(swarm));
    if (bench_loop_init(&view, 0.01, most, !left_out(cell, LIBM), &cell->loop, &cell->error) != ENTRAIN_OK)
        return false;
    cell->start = bench_take(cell->size, sizeof *cell->start);
    cell->heard = bench_take(cell->size, sizeof *cell->heard);
    entrain_phase_read(entrain_swarm_population(swarm), cell->start, NULL, cell->loop.frequency);
    for (uint32_t i = 0; i < cell->size; i++) {
        uint64_t degree = view.in_offsets[i + 1] - view.in_offsets[i];
        cell->loop.gain[i] = degree > 0 ? 2.0 / (double)degree : 0;
    }
    bench_loop_reset(&cell->loop, cell->start);
    return true;
}

static void list_subjects(coupling *cell) {
    cell->subject_count = 0;
    memset(cell->subjects, 0, sizeof cell->subjects);
    for (uint32_t w = 0; w < cell->workers.count; w++)
        for (subject_kind kind = 0; kind < KINDS; kind++)
            if (!left_out(cell, kind))
                cell->subjects[cell->subject_count++] =
                    (coupling_subject){.kind = kind, .workers = cell->workers.values[w]};
}

static void free_cell(coupling *cell) {
    for (uint32_t s = 0; s < cell->subject_count; s++)
        entrain_swarm_destroy(cell->subjects[s].swarm);
    bench_loop_fini(&cell->loop);
    free(cell->start);
    free(cell->heard);
    free(cell->values);
    cell->start = cell->heard = cell->values = NULL;
    cell->subject_count = 0;
}

// --- One cell: running

static double run_subject(void *context, uint32_t number, uint64_t ticks) {
    coupling *cell = context;
    coupling_subject *subject = &cell->subjects[number];
    static const bench_loop_kind loops[KINDS] = {
        [FUSED] = BENCH_LOOP_FUSED, [BARE] = BENCH_LOOP_BARE, [LIBM] = BENCH_LOOP_LIBM};
    if (subject->swarm == NULL)
        return bench_loop_run(&cell->loop, cell->team, loops[subject->kind], cell->simd, subject->workers,
                              ticks, 8 * cell->seconds);
    interrupt_watch(engine_of(subject));
    double began = wall_now_s();
    entrain_status status = entrain_engine_advance(engine_of(subject), ticks, &cell->error);
    double spent = wall_now_s() - began;
    interrupt_watch(NULL);
    return status == ENTRAIN_OK ? spent : -1;
}

static void mark_wrong(coupling *cell, coupling_subject *subject, const char *format, ...)
    ENTRAIN_PRINTF(3, 4);
static void mark_wrong(coupling *cell, coupling_subject *subject, const char *format, ...) {
    va_list words;
    va_start(words, format);
    if (subject->wrong[0] == '\0')
        vsnprintf(subject->wrong, sizeof subject->wrong, format, words);
    va_end(words);
    cell->wrong = true;
}

// The farthest that a loop is from @p phases, in radians.
static double loop_distance(const coupling *cell, subject_kind kind, const double *phases) {
    const double *own = kind == LIBM ? cell->loop.angles[0] : cell->loop.phase, farthest_possible = 4;
    double farthest = 0;
    for (uint32_t i = 0; i < cell->size; i++) {
        double apart = fabs(own[i] - phases[i]);
        apart = fmin(apart, fabs(apart - 6.283185307179586)); // -pi and pi are one place
        farthest = apart <= farthest ? farthest : apart <= farthest_possible ? apart : farthest_possible;
    }
    return farthest;
}

// Every subject some ticks from the same state, compared.
static bool check_cell(coupling *cell) {
    coupling_subject *reference = first_of(cell, PUBLISH);
    for (uint32_t s = 0; s < cell->subject_count; s++)
        if (cell->subjects[s].swarm != NULL && run_subject(cell, s, CHECK_TICKS) < 0)
            return false;
    uint64_t wanted = entrain_engine_fingerprint(engine_of(reference));
    entrain_phase_read(entrain_swarm_population(reference->swarm), cell->heard, NULL, NULL);
    for (uint32_t s = 0; s < cell->subject_count; s++) {
        coupling_subject *subject = &cell->subjects[s];
        if (interrupt_requested())
            return false;
        if (subject->swarm == NULL) {
            bench_loop_reset(&cell->loop, cell->start);
            run_subject(cell, s, CHECK_TICKS);
            double apart = loop_distance(cell, subject->kind, cell->heard);
            if (apart > LOOP_TOLERANCE)
                mark_wrong(cell, subject, "after %d ticks the loop is %.2g rad away from publish",
                           CHECK_TICKS, apart);
        } else if (entrain_engine_fingerprint(engine_of(subject)) != wanted) {
            mark_wrong(cell, subject, "fingerprint %016" PRIx64 " after %d ticks, publish has %016" PRIx64,
                       entrain_engine_fingerprint(engine_of(subject)), CHECK_TICKS, wanted);
        }
    }
    return true;
}

// After the measurement: swarms of one transport did the same ticks, so they must still agree; no message is
// missing.
static void check_end(coupling *cell) {
    for (uint32_t s = 0; s < cell->subject_count; s++) {
        coupling_subject *subject = &cell->subjects[s], *first = first_of(cell, subject->kind);
        if (subject->swarm == NULL)
            continue;
        entrain_message_count count;
        entrain_engine_count(engine_of(subject), &count);
        if (entrain_message_count_residual(&count) != 0)
            mark_wrong(cell, subject, "%" PRId64 " messages are unaccounted for",
                       entrain_message_count_residual(&count));
        if (entrain_engine_tick(engine_of(subject)) != entrain_engine_tick(engine_of(first)) ||
            entrain_engine_fingerprint(engine_of(subject)) != entrain_engine_fingerprint(engine_of(first)))
            mark_wrong(cell, subject, "at tick %" PRIu64 " its fingerprint is not that of %u workers",
                       entrain_engine_tick(engine_of(subject)), first->workers);
    }
}

// --- One cell: what is said

static const double *values_of(const coupling *cell, uint32_t subject) {
    return cell->values + (size_t)subject * cell->options->repeats;
}

static double keep_worst(double worst, double value, bool higher_is_worse) {
    return isnan(worst) || (higher_is_worse ? value > worst : value < worst) ? value : worst;
}

// The subject of @p kind with @p workers, or UINT32_MAX.
static uint32_t find_subject(const coupling *cell, subject_kind kind, uint32_t workers) {
    for (uint32_t s = 0; s < cell->subject_count; s++)
        if (cell->subjects[s].kind == kind && cell->subjects[s].workers == workers)
            return s;
    return UINT32_MAX;
}

// Speed-up over one worker, repeat by repeat.
static bool put_speedup(coupling *cell, uint32_t number, double *speedups) {
    const coupling_subject *subject = &cell->subjects[number];
    uint32_t alone = find_subject(cell, subject->kind, 1), repeats = cell->options->repeats;
    if (alone == UINT32_MAX || subject->workers == 1)
        return false;
    for (uint32_t r = 0; r < repeats; r++)
        speedups[r] = values_of(cell, alone)[r] / values_of(cell, number)[r];
    bench_put_number(cell->report, "speedup", bench_stats_of(speedups, repeats).median);
    return true;
}

static void put_speedups(coupling *cell, uint32_t number) {
    const coupling_subject *subject = &cell->subjects[number];
    uint32_t repeats = cell->options->repeats, cpus = entrain_scheduler_cpus();
    double own[BENCH_REPEATS_MAX], bare[BENCH_REPEATS_MAX];
    if (!put_speedup(cell, number, own) || subject->kind == BARE)
        return;
    uint32_t alone = find_subject(cell, BARE, 1), with = find_subject(cell, BARE, subject->workers);
    for (uint32_t r = 0; r < repeats; r++)
        bare[r] = values_of(cell, alone)[r] / values_of(cell, with)[r];
    double quotient = bench_stats_ratio(own, bare, repeats).median;
    bench_put_number(cell->report, "speedup_to_bare", quotient);
    if (subject->kind == PUBLISH && subject->workers <= cpus) {
        cell->verdict.speedup_worst = keep_worst(cell->verdict.speedup_worst, quotient, false);
        if (subject->workers == 2 && graphs[cell->graph].kind == ENTRAIN_TOPOLOGY_RING &&
            cell->size >= TARGET_SIZE)
            cell->verdict.lattice_worst =
                keep_worst(cell->verdict.lattice_worst, bench_stats_of(own, repeats).median, false);
    }
}

static void put_times(coupling *cell, uint32_t number) {
    const coupling_subject *subject = &cell->subjects[number];
    uint32_t repeats = cell->options->repeats;
    double ns[BENCH_REPEATS_MAX];
    for (uint32_t r = 0; r < repeats; r++)
        ns[r] = values_of(cell, number)[r] * 1e9 / cell->size;
    bench_stats stats = bench_stats_of(ns, repeats);
    bench_put_number(cell->report, "ns_median", stats.median);
    bench_put_number(cell->report, "ns_q1", stats.q1);
    bench_put_number(cell->report, "ns_q3", stats.q3);
    bench_put_number(cell->report, "ns_min", stats.least);
    uint32_t bare = find_subject(cell, BARE, subject->workers),
             fused = find_subject(cell, FUSED, subject->workers);
    bench_stats to_bare = bench_stats_ratio(values_of(cell, number), values_of(cell, bare), repeats);
    bench_put_number(cell->report, "to_bare", to_bare.median);
    bench_put_number(cell->report, "to_bare_q1", to_bare.q1);
    bench_put_number(cell->report, "to_bare_q3", to_bare.q3);
    bench_put_number(cell->report, "to_fused",
                     bench_stats_ratio(values_of(cell, number), values_of(cell, fused), repeats).median);
    put_speedups(cell, number);
    if (subject->workers > 2 || subject->workers > entrain_scheduler_cpus())
        return;
    if (subject->kind == PUBLISH)
        cell->verdict.publish_worst = keep_worst(cell->verdict.publish_worst, to_bare.median, true);
    if (subject->kind == MAILBOX && graphs[cell->graph].kind == ENTRAIN_TOPOLOGY_RING &&
        cell->size == TARGET_SIZE)
        cell->verdict.mailbox_worst = keep_worst(cell->verdict.mailbox_worst, to_bare.median, true);
}

static void put_cell(coupling *cell) {
    for (uint32_t s = 0; s < cell->subject_count; s++) {
        const coupling_subject *subject = &cell->subjects[s];
        bench_put_text(cell->report, "graph", graphs[cell->graph].name);
        bench_put_count(cell->report, "size", cell->size);
        bench_put_count(cell->report, "workers", subject->workers);
        bench_put_text(cell->report, "subject", kind_names[subject->kind]);
        bench_put_count(cell->report, "ticks", cell->rounds[s]);
        if (subject->swarm != NULL) {
            entrain_engine_memory memory;
            entrain_engine_measure(engine_of(subject), &memory);
            bench_put_number(cell->report, "bytes_per_agent", (double)memory.total / cell->size);
        }
        if (subject->wrong[0] == '\0') {
            put_times(cell, s);
        } else {
            char remark[240];
            snprintf(remark, sizeof remark, "WRONG: %s", subject->wrong);
            bench_put_remark(cell->report, remark);
        }
        bench_row_end(cell->report);
    }
}

// @return false when no more is to be measured
static bool measure_cell(coupling *cell) {
    uint32_t leaders[SUBJECTS_MAX], count = cell->subject_count;
    for (uint32_t s = 0; s < count; s++)
        leaders[s] = (uint32_t)(first_of(cell, cell->subjects[s].kind) - cell->subjects);
    cell->values = bench_take((size_t)count * cell->options->repeats, sizeof *cell->values);
    const bench_turns turns = {.label = graphs[cell->graph].name,
                               .quiet = cell->options->cli->quiet,
                               .subjects = count,
                               .repeats = cell->options->repeats,
                               .seconds = cell->seconds,
                               .leaders = leaders,
                               .run = run_subject,
                               .context = cell,
                               .rounds_out = cell->rounds,
                               .values_out = cell->values};
    return bench_turns_take(&turns);
}

// --- All cells

static const char *panel_name(const coupling *cell, uint32_t workers) {
    static char names[GRAPHS][ENTRAIN_WORKERS_MAX + 1][40];
    char *name = names[cell->graph][workers];
    snprintf(name, sizeof names[0][0], "%s, %u worker%s", graphs[cell->graph].name, workers,
             workers == 1 ? "" : "s");
    return name;
}

static void draw_cell(const coupling *cell, bench_picture *picture) {
    for (uint32_t s = 0; s < cell->subject_count; s++) {
        const coupling_subject *subject = &cell->subjects[s];
        if (subject->wrong[0] != '\0')
            continue;
        bench_stats stats = bench_stats_of(values_of(cell, s), cell->options->repeats);
        double unit = 1e9 / cell->size;
        bench_picture_add(picture, (bench_point){.panel = panel_name(cell, subject->workers),
                                                 .series = kind_names[subject->kind],
                                                 .x = cell->size,
                                                 .y = stats.median * unit,
                                                 .low = stats.q1 * unit,
                                                 .high = stats.q3 * unit});
    }
}

static bool do_cell(coupling *cell, bench_picture *picture) {
    list_subjects(cell);
    bool done = make_swarms(cell) && make_loop(cell) && check_cell(cell) && measure_cell(cell);
    if (done) {
        check_end(cell);
        put_cell(cell);
        draw_cell(cell, picture);
    }
    free_cell(cell);
    return done && !bench_report_lost(cell->report);
}

static void note_target(bench_report *report, const char *what, double worst, double target, bool at_most) {
    if (isnan(worst))
        return;
    bool met = at_most ? worst <= target : worst >= target;
    bench_report_note(report, "target: %s %s %.2f; here %.2f at worst: %s", what,
                      at_most ? "at most" : "at least", target, worst, met ? "met" : "not met");
}

static void put_notes(coupling *all, bool left_some_out) {
    bench_report *report = all->report;
    bench_report_note(
        report,
        "bare: the best loop we know for this arithmetic, without actors and messages. fused: the same "
        "with a short sine and fused multiply-adds, whose bits differ from machine to machine: what lies "
        "between the two is the price of identical bits. dataflow: publish without a barrier, so that "
        "several "
        "ticks of a lattice pass over memory together. libm: what one writes first");
    if (left_some_out)
        bench_report_note(report, "mailbox and libm are left out above %s agents, for time and memory",
                          text_count(LEFT_OUT_ABOVE).text);
    if (all->wrong)
        bench_report_note(report, "a subject is WRONG: it does not compute what the others compute");
    note_target(report, "publish to bare on 1 and 2 workers,", all->verdict.publish_worst, 1.15, true);
    note_target(report, "mailbox to bare on the ring of 100,000,", all->verdict.mailbox_worst, 10, true);
    note_target(report, "speed-up of publish to that of bare,", all->verdict.speedup_worst, 0.95, false);
    note_target(report, "speed-up of publish on rings of 100,000 or more with 2 workers,",
                all->verdict.lattice_worst, 1.9, false);
}

static const uint32_t default_sizes[] = {1000, 100000, 1000000};

// What does not fit is refused before anything is measured.
static entrain_status check_sizes(coupling *all, const list_of_counts *sizes) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t i = 0; i < sizes->count && status == ENTRAIN_OK; i++) {
        all->size = sizes->values[i];
        status = bench_size_check("coupling", all->size, cell_bytes(all), &all->error);
    }
    return status;
}

static int run_all(coupling *all, const list_of_counts *sizes) {
    bench_picture picture = {.title = "What an actor costs",
                             .x_label = "agents",
                             .y_label = "ns an agent and tick",
                             .x_log = true,
                             .y_log = true};
    bool going = true, left_some_out = false;
    bench_report_table(all->report, "coupling", "Time an agent and tick, 8 neighbours, Euler",
                       "graph size workers subject ns_median ns_q1 ns_q3 ns_min to_bare to_fused speedup "
                       "speedup_to_bare");
    for (uint32_t g = 0; g < GRAPHS && going; g++)
        for (uint32_t i = 0; i < sizes->count && going; i++) {
            all->graph = g;
            all->size = sizes->values[i];
            left_some_out = left_some_out || left_out(all, MAILBOX);
            going = do_cell(all, &picture);
        }
    put_notes(all, left_some_out);
    bench_picture_draw(&picture, all->report);
    bench_picture_free(&picture);
    return bench_finish(all->report, going, all->wrong, &all->error);
}

int bench_coupling(const bench_options *options) {
    coupling *all = bench_take(1, sizeof *all);
    uint32_t cpus = entrain_scheduler_cpus(), most = 1, default_workers[] = {1, cpus};
    list_of_counts sizes = bench_list_or(&options->sizes, default_sizes, 3);
    all->options = options;
    all->seconds = options->cli->seconds > 0 ? options->seconds : SECONDS_DEFAULT;
    all->workers = bench_list_or(&options->workers, default_workers, cpus > 1 ? 2 : 1);
    all->verdict = (coupling_verdict){NAN, NAN, NAN, NAN};
    for (uint32_t w = 0; w < all->workers.count; w++)
        most = all->workers.values[w] > most ? all->workers.values[w] : most;
    bench_report_setup setup = bench_setup(options);
    setup.what = "coupling";
    setup.title = "What an actor costs: bare loops and both transports";
    setup.columns = columns;
    setup.column_count = sizeof columns / sizeof *columns;
    setup.seconds = all->seconds;
    setup.row_keys = "graph size workers subject";
    setup.row_value = "ns_median";
    int code = EXIT_USAGE;
    if (check_sizes(all, &sizes) == ENTRAIN_OK) {
        code = EXIT_FAILED;
        if (bench_team_create(most, &all->team, &all->error) == ENTRAIN_OK &&
            bench_report_open(&setup, &all->report, &all->error) == ENTRAIN_OK) {
            code = run_all(all, &sizes);
            all->error.sentence[0] = '\0';
        }
        bench_team_destroy(all->team);
    }
    if (all->report == NULL)
        say_error("%s", all->error.sentence);
    free(all);
    return code;
}
