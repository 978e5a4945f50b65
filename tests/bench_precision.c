// Time to a given precision: a network of 1,000 oscillators with 4,000 directed edges, t = 0 to 20, integrated with RK4
// at the largest step whose mean phase error against a long-double reference stays below 2e-7. Set-up is not counted.
//
//   bench_precision [--coupling K]... [--graph random|small-world]... [--error 2e-7] [--repeats 200] [--seed 1]
//                   [--workers 1] [--simd auto|sse2|avx2|avx512]
//
// Published for this size and precision: 3.5 ms in Julia (NetworkDynamics.jl) and 5.5 ms in Fortran, with Dormand and
// Prince's fifth-order method (Lindner et al., Chaos 31, 063133, 2021, N = 1000). Their problem is the graph
// `small-world` here (Watts and Strogatz, k = 4, p = 0.2: 2,000 edges, both ways) with K = 3/999 on each edge, not
// normalised, frequencies uniform in -0.5 to 0.5, phases in 0 to 2 pi. `random` is a directed graph of exactly 4,000
// different edges. Greater K need smaller steps: the table says how much.
//
// Beside it, at the same step: RK4 in plain C, with one sine an edge as those programs have it, by libm; and with a
// sincos an oscillator and the sine of the difference expanded, by libm and by ours.
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "entrain/kuramoto.h"
#include "entrain/math.h"
#include "entrain/random.h"
#include "entrain/simd.h"

enum { SIZE = 1000, ARCS = 4000, STEPS_MAX = 1 << 15, COUPLINGS_MAX = 16, REPEATS_MAX = 10000 };
#define END_S 20.0

// Who hears whom, by hearer, and what everybody starts from.
static struct {
    entrain_topology *topology;
    uint32_t offsets[SIZE + 1], speakers[ARCS];
    double frequency[SIZE], start[SIZE];
    double coupling;
} problem;

static struct {
    double error, couplings[COUPLINGS_MAX];
    uint32_t coupling_count, repeats, workers;
    uint64_t seed;
    entrain_simd simd;
    bool random, small_world;
} options = {.error = 2e-7, .repeats = 200, .workers = 1, .seed = 1, .simd = ENTRAIN_SIMD_AUTO};

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void check(entrain_status status, const entrain_error *error) {
    if (status == ENTRAIN_OK)
        return;
    fprintf(stderr, "bench_precision: %s\n", error->sentence);
    exit(1);
}

// --- The problem

// ARCS different arcs between different vertices, every such graph as likely as any other.
static void draw_random(entrain_topology **topology_out) {
    static bool taken[SIZE][SIZE];
    static entrain_edge edges[ARCS];
    entrain_random key = entrain_random_key(options.seed, ENTRAIN_STREAM_USER);
    entrain_error error = {0};
    memset(taken, 0, sizeof taken);
    uint32_t count = 0;
    for (uint64_t draw = 0; count < ARCS; draw++) {
        uint32_t pair = (uint32_t)entrain_random_below(key, SIZE * SIZE, 0, draw, 0);
        uint32_t from = pair / SIZE, to = pair % SIZE;
        if (from == to || taken[from][to])
            continue;
        taken[from][to] = true;
        edges[count++] = (entrain_edge){from, to, 1};
    }
    check(entrain_topology_from_edges(SIZE, edges, ARCS, true, false, topology_out, &error), &error);
}

static void draw_small_world(entrain_topology **topology_out) {
    entrain_topology_config config = entrain_topology_config_defaults();
    entrain_error error = {0};
    config.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
    config.size = SIZE;
    config.degree = 4;
    config.rewire = 0.2;
    config.seed = options.seed;
    check(entrain_topology_create(&config, topology_out, &error), &error);
}

static void draw_problem(bool random) {
    (random ? draw_random : draw_small_world)(&problem.topology);
    entrain_topology_view view = entrain_topology_look(problem.topology);
    for (uint32_t i = 0; i <= SIZE; i++)
        problem.offsets[i] = (uint32_t)view.in_offsets[i];
    for (uint32_t a = 0; a < ARCS; a++)
        problem.speakers[a] = (uint32_t)view.in_speakers[a];
    entrain_random frequency = entrain_random_key(options.seed, ENTRAIN_STREAM_FREQUENCY);
    entrain_random phase = entrain_random_key(options.seed, ENTRAIN_STREAM_PHASE);
    for (uint32_t i = 0; i < SIZE; i++) {
        problem.frequency[i] = entrain_random_uniform(frequency, i, 0, 0) - 0.5;
        problem.start[i] = 0x1.921fb54442d18p+2 * entrain_random_uniform(phase, i, 0, 0);
    }
}

// --- The reference: Gragg, Bulirsch and Stoer's extrapolation of the modified midpoint rule, in long double.

enum { COLUMNS = 8 };

static void rate_exact(const long double *phase, long double *rate) {
    static long double s[SIZE], c[SIZE];
    for (uint32_t i = 0; i < SIZE; i++) {
        s[i] = sinl(phase[i]);
        c[i] = cosl(phase[i]);
    }
    for (uint32_t i = 0; i < SIZE; i++) {
        long double sum_s = 0, sum_c = 0;
        for (uint32_t a = problem.offsets[i]; a < problem.offsets[i + 1]; a++) {
            sum_s += s[problem.speakers[a]];
            sum_c += c[problem.speakers[a]];
        }
        rate[i] = problem.frequency[i] + problem.coupling * (c[i] * sum_s - s[i] * sum_c);
    }
}

// phase(t + h) by `parts` steps of the modified midpoint rule. Hairer, Norsett and Wanner (1993), II.9.
static void midpoint(const long double *phase, const long double *rate, long double h, int parts,
                     long double *result) {
    static long double before[SIZE], slope[SIZE];
    for (uint32_t i = 0; i < SIZE; i++) {
        before[i] = phase[i];
        result[i] = phase[i] + h / parts * rate[i];
    }
    for (int part = 1; part <= parts; part++) {
        rate_exact(result, slope);
        for (uint32_t i = 0; i < SIZE; i++) {
            long double next = before[i] + 2 * h / parts * slope[i];
            if (part == parts) {
                result[i] = (before[i] + result[i] + h / parts * slope[i]) / 2;
            } else {
                before[i] = result[i];
                result[i] = next;
            }
        }
    }
}

static void solve_exact(uint32_t steps, long double *phase) {
    static long double table[COLUMNS][SIZE], rate[SIZE];
    long double h = (long double)END_S / steps;
    for (uint32_t i = 0; i < SIZE; i++)
        phase[i] = problem.start[i];
    for (uint32_t step = 0; step < steps; step++) {
        rate_exact(phase, rate);
        for (int k = 0; k < COLUMNS; k++)
            midpoint(phase, rate, h, 2 * (k + 1), table[k]);
        for (uint32_t i = 0; i < SIZE; i++) {
            for (int column = 1; column < COLUMNS; column++) // Aitken and Neville, in squares of the step
                for (int k = COLUMNS - 1; k >= column; k--) {
                    long double ratio = (long double)(k + 1) / (k + 1 - column);
                    table[k][i] += (table[k][i] - table[k - 1][i]) / (ratio * ratio - 1);
                }
            phase[i] = table[COLUMNS - 1][i];
        }
    }
}

// With twice as many steps until that changes next to nothing. false: it never does, the motion is chaotic.
static bool find_exact(long double *phase) {
    static long double before[SIZE];
    solve_exact(20, before);
    for (uint32_t steps = 40; steps <= 1280; steps *= 2) {
        long double change = 0;
        solve_exact(steps, phase);
        for (uint32_t i = 0; i < SIZE; i++)
            change += fabsl(phase[i] - before[i]) / SIZE;
        if (change < 1e-3L * options.error)
            return true;
        memcpy(before, phase, sizeof before);
    }
    return false;
}

// --- Plain C

typedef void rate_of(const double *phase, double *rate);

static void rate_edges(const double *phase, double *rate) {
    for (uint32_t i = 0; i < SIZE; i++) {
        double sum = 0;
        for (uint32_t a = problem.offsets[i]; a < problem.offsets[i + 1]; a++)
            sum += sin(phase[problem.speakers[a]] - phase[i]);
        rate[i] = problem.frequency[i] + problem.coupling * sum;
    }
}

static void rate_words(const double *s, const double *c, double *rate) {
    for (uint32_t i = 0; i < SIZE; i++) {
        double sum_s = 0, sum_c = 0;
        for (uint32_t a = problem.offsets[i]; a < problem.offsets[i + 1]; a++) {
            sum_s += s[problem.speakers[a]];
            sum_c += c[problem.speakers[a]];
        }
        rate[i] = problem.frequency[i] + problem.coupling * (c[i] * sum_s - s[i] * sum_c);
    }
}

static void rate_sincos(const double *phase, double *rate) {
    static double s[SIZE], c[SIZE];
    for (uint32_t i = 0; i < SIZE; i++) {
        s[i] = sin(phase[i]);
        c[i] = cos(phase[i]);
    }
    rate_words(s, c, rate);
}

static void rate_ours(const double *phase, double *rate) {
    static double s[SIZE], c[SIZE];
    for (uint32_t i = 0; i < SIZE; i++)
        entrain_sincos(phase[i], &s[i], &c[i]);
    rate_words(s, c, rate);
}

static void solve_plain(rate_of *rate, uint32_t steps, double *phase) {
    static double k1[SIZE], k2[SIZE], k3[SIZE], k4[SIZE], ahead[SIZE];
    double h = END_S / steps;
    memcpy(phase, problem.start, sizeof problem.start);
    for (uint32_t step = 0; step < steps; step++) {
        rate(phase, k1);
        for (uint32_t i = 0; i < SIZE; i++)
            ahead[i] = phase[i] + h / 2 * k1[i];
        rate(ahead, k2);
        for (uint32_t i = 0; i < SIZE; i++)
            ahead[i] = phase[i] + h / 2 * k2[i];
        rate(ahead, k3);
        for (uint32_t i = 0; i < SIZE; i++)
            ahead[i] = phase[i] + h * k3[i];
        rate(ahead, k4);
        for (uint32_t i = 0; i < SIZE; i++)
            phase[i] += h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
    }
}

// --- Entrain

static double solve_entrain(uint32_t steps, double *phase) {
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
    entrain_engine *engine;
    entrain_population *population;
    entrain_error error = {0};
    config.scheduler.worker_count = options.workers;
    config.transport = ENTRAIN_TRANSPORT_PUBLISH;
    config.simd = options.simd;
    config.step_s = END_S / steps;
    model.coupling = problem.coupling;
    model.normalise = ENTRAIN_NORMALISE_NONE;
    model.integrator = ENTRAIN_INTEGRATOR_RK4;
    check(entrain_engine_create(&config, &engine, &error), &error);
    check(entrain_kuramoto_add(engine, &model, SIZE, problem.start, problem.frequency, &population, &error),
          &error);
    check(entrain_engine_set_topology(engine, problem.topology, &error), &error);
    check(entrain_engine_start(engine, &error), &error);
    double began = now_s();
    entrain_status status = entrain_engine_advance(engine, steps, &error);
    double took = now_s() - began;
    check(status, &error);
    for (uint32_t i = 0; i < SIZE; i++) {
        const double *wrapped = entrain_population_at(population, i, ENTRAIN_KURAMOTO_PHASE);
        const int32_t *turns = entrain_population_at(population, i, ENTRAIN_KURAMOTO_TURNS);
        phase[i] = *wrapped + 0x1.921fb54442d18p+2 * *turns;
    }
    entrain_engine_destroy(engine);
    return took;
}

// --- The table

static double mean_error(const double *phase, const long double *exact) {
    long double sum = 0;
    for (uint32_t i = 0; i < SIZE; i++)
        sum += fabsl(phase[i] - exact[i]);
    return (double)(sum / SIZE);
}

static double error_of(uint32_t steps, const long double *exact) {
    static double phase[SIZE];
    solve_entrain(steps, phase);
    return mean_error(phase, exact);
}

// The fewest steps that are exact enough. The error falls with the fourth power of the step, if not everywhere.
static uint32_t fewest_steps(const long double *exact) {
    uint32_t enough = 8;
    while (enough < STEPS_MAX && error_of(enough, exact) >= options.error)
        enough *= 2;
    uint32_t few = enough / 2;
    while (enough - few > 1) {
        uint32_t middle = (enough + few) / 2;
        if (error_of(middle, exact) < options.error)
            enough = middle;
        else
            few = middle;
    }
    return enough;
}

enum { SUBJECTS = 4 };
static rate_of *const plain_rates[SUBJECTS] = {NULL, rate_edges, rate_sincos, rate_ours};

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// In turns, so that a busy machine is busy for all of them.
static void measure(uint32_t steps, const long double *exact, double seconds[SUBJECTS][3],
                    double errors[SUBJECTS]) {
    static double took[SUBJECTS][REPEATS_MAX], phase[SIZE];
    for (uint32_t repeat = 0; repeat < options.repeats; repeat++)
        for (int s = 0; s < SUBJECTS; s++) {
            if (s > 0 && repeat > 20 && repeat % 8 != 0) {
                took[s][repeat] = took[s][repeat - 1]; // the slow ones need not be that many
                continue;
            }
            double began = now_s();
            if (s == 0)
                took[s][repeat] = solve_entrain(steps, phase);
            else
                solve_plain(plain_rates[s], steps, phase);
            if (s > 0)
                took[s][repeat] = now_s() - began;
            errors[s] = mean_error(phase, exact);
        }
    for (int s = 0; s < SUBJECTS; s++) {
        qsort(took[s], options.repeats, sizeof took[s][0], by_size);
        seconds[s][0] = took[s][0];
        seconds[s][1] = took[s][options.repeats / 2];
        seconds[s][2] = took[s][options.repeats * 3 / 4];
    }
}

static void print_row(const char *graph) {
    static long double exact[SIZE];
    double seconds[SUBJECTS][3], errors[SUBJECTS];
    uint32_t steps = find_exact(exact) ? fewest_steps(exact) : STEPS_MAX;
    printf("%-12s %8.6f", graph, problem.coupling);
    if (steps == STEPS_MAX) {
        printf("  not to be had: neighbouring trajectories part too fast\n");
        return;
    }
    measure(steps, exact, seconds, errors);
    printf(" %6u %8.5f %8.1e %8.3f %8.3f %8.3f", steps, END_S / steps, errors[0], 1e3 * seconds[0][1],
           1e3 * seconds[0][0], 1e3 * seconds[0][2]);
    for (int s = 1; s < SUBJECTS; s++)
        printf(" %8.3f", 1e3 * seconds[s][1]);
    printf("  %8.2f\n", 1e9 * seconds[0][1] / steps / 4 / SIZE);
    fflush(stdout);
}

static void print_table(bool random) {
    draw_problem(random);
    for (uint32_t k = 0; k < options.coupling_count; k++) {
        problem.coupling = options.couplings[k];
        print_row(random ? "random" : "small-world");
    }
    entrain_topology_release(problem.topology);
}

static void read_options(int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(name, "--coupling") == 0 && options.coupling_count < COUPLINGS_MAX)
            options.couplings[options.coupling_count++] = strtod(value, NULL);
        else if (strcmp(name, "--graph") == 0 && strcmp(value, "random") == 0)
            options.random = true;
        else if (strcmp(name, "--graph") == 0 && strcmp(value, "small-world") == 0)
            options.small_world = true;
        else if (strcmp(name, "--error") == 0)
            options.error = strtod(value, NULL);
        else if (strcmp(name, "--repeats") == 0)
            options.repeats = (uint32_t)strtoul(value, NULL, 10);
        else if (strcmp(name, "--seed") == 0)
            options.seed = strtoull(value, NULL, 10);
        else if (strcmp(name, "--workers") == 0)
            options.workers = (uint32_t)strtoul(value, NULL, 10);
        else if (strcmp(name, "--simd") == 0)
            options.simd = strcmp(value, "sse2") == 0     ? ENTRAIN_SIMD_SSE2
                           : strcmp(value, "avx2") == 0   ? ENTRAIN_SIMD_AVX2
                           : strcmp(value, "avx512") == 0 ? ENTRAIN_SIMD_AVX512
                                                          : ENTRAIN_SIMD_AUTO;
        else {
            fprintf(stderr,
                    "bench_precision: %s %s is no option; the first lines of the source say which are.\n",
                    name, value);
            exit(2);
        }
    }
    if (options.repeats < 1 || options.repeats > REPEATS_MAX)
        options.repeats = 200;
    if (!options.random && !options.small_world)
        options.random = options.small_world = true;
    static const double couplings[] = {3.0 / 999, 0.1, 0.5, 1, 3, 6};
    if (options.coupling_count > 0)
        return;
    options.coupling_count = sizeof couplings / sizeof *couplings;
    memcpy(options.couplings, couplings, sizeof couplings);
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    printf("%d oscillators, %d directed edges, t = 0 to %g, RK4, mean phase error below %g; ms\n", SIZE, ARCS,
           END_S, options.error);
    printf("%-12s %8s %6s %8s %8s %8s %8s %8s %8s %8s %8s  %s\n", "graph", "K", "steps", "step", "error",
           "entrain", "least", "q3", "edges", "libm", "plain", "ns an exchange and oscillator");
    if (options.small_world)
        print_table(false);
    if (options.random)
        print_table(true);
    return 0;
}
