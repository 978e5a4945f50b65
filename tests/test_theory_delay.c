// Delayed oscillators against theory and against themselves in long double: whole phases kept for every stage
// of every step there ever was, no integers, no rings.
//
//   Yeung and Strogatz, PRL 82 (1999) 648: identical, all alike: Omega = omega - K sin(Omega tau).
//   A delayed equation solved stage by stage (stage s hears stage s, d steps old) is a larger equation
//   without
//   delay: the order stays that of the scheme, where delays are whole steps. Bellman and Cooke (1963), ch. 3,
//   "method of steps".
#include "theory_twin.h"

#include <math.h>

// --- T17

static long double mean_of(const long double *values, uint32_t count) {
    long double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += values[i];
    return sum / count;
}

// The frequency at which a swarm turns once it has settled, over its last @p span_s seconds.
static long double settled_frequency(twin *pair, double step_s, double settle_s, double span_s) {
    static long double before[SIZE_MAX_HERE], after[SIZE_MAX_HERE];
    const uint64_t ticks = (uint64_t)llround(span_s / step_s);
    twin_advance(pair, (uint64_t)llround(settle_s / step_s));
    twin_unwrapped(pair, before);
    twin_advance(pair, ticks);
    twin_unwrapped(pair, after);
    return (mean_of(after, pair->count) - mean_of(before, pair->count)) / ((long double)ticks * step_s);
}

// The solution of Omega = omega - K sin(Omega tau) next to @p near, by Newton.
static long double yeung_strogatz(double omega, double coupling, long double tau, double near) {
    long double x = near;
    for (int k = 0; k < 50; k++)
        x -= (x - omega + coupling * sinl(x * tau)) / (1 + coupling * tau * cosl(x * tau));
    return x;
}

static entrain_topology *graph(entrain_topology_config config) {
    entrain_error error = {0};
    entrain_topology *topology = NULL;
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    return topology;
}

static void identical_oscillators_turn_as_yeung_and_strogatz_say(void **state) {
    (void)state;
    static const struct {
        double omega, coupling, tau, expected;
        entrain_topology_kind kind;
        uint32_t size;
        entrain_past past;
        entrain_integrator integrator;
    } cases[] = {
        {(double)PI_L / 2, 1, 0.5, 1.06367740, ENTRAIN_TOPOLOGY_COMPLETE, 2, ENTRAIN_PAST_STILL,
         ENTRAIN_INTEGRATOR_RK4},
        {(double)PI_L / 2, 1, 1, 0.83171119, ENTRAIN_TOPOLOGY_COMPLETE, 40, ENTRAIN_PAST_TURNING,
         ENTRAIN_INTEGRATOR_RK4},
        {3, 1.2, 0.3, 0, ENTRAIN_TOPOLOGY_COMPLETE, 7, ENTRAIN_PAST_SILENT, ENTRAIN_INTEGRATOR_EULER},
        {1, 0.8, 2.5, 0, ENTRAIN_TOPOLOGY_RING, 24, ENTRAIN_PAST_TURNING, ENTRAIN_INTEGRATOR_HEUN},
        {-2, 0.7, 0.4, 0, ENTRAIN_TOPOLOGY_RANDOM_REGULAR, 30, ENTRAIN_PAST_STILL, ENTRAIN_INTEGRATOR_RK4},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const double step_s = 0.05;
        double phases[64], frequencies[64];
        uint64_t seed = k;
        for (uint32_t i = 0; i < cases[k].size; i++) {
            phases[i] = 0.5 * draw(&seed);
            frequencies[i] = cases[k].omega;
        }
        entrain_topology_config config = entrain_topology_config_defaults();
        config.kind = cases[k].kind;
        config.size = cases[k].size;
        config.degree = 4;
        config.delay_low = config.delay_high = cases[k].tau;
        entrain_topology *topology = graph(config);
        twin pair;
        twin_open(&pair, &(twin_spec){.count = cases[k].size,
                                      .phases = phases,
                                      .frequencies = frequencies,
                                      .topology = topology,
                                      .model = {.coupling = cases[k].coupling,
                                                .normalise = ENTRAIN_NORMALISE_DEGREE,
                                                .integrator = cases[k].integrator,
                                                .past = cases[k].past},
                                      .step_s = step_s});
        const long double measured = settled_frequency(&pair, step_s, 300, 20);
        const long double root =
            yeung_strogatz(cases[k].omega, cases[k].coupling, cases[k].tau, (double)measured);
        assert_true(cosl(root * cases[k].tau) > 0); // stable: Earl and Strogatz, PRE 67 (2003) 036204
        CHECK_LAW("T17 frequency", measured, root, 1e-10);
        if (cases[k].expected != 0)
            CHECK_LAW("T17 frequency, as tabulated", measured, cases[k].expected, 1e-8);
        CHECK_MOST("T17 in phase: 1 - r", 1 - twin_sample(&pair).coherence, 1e-9);
        twin_close(&pair);
        entrain_topology_release(topology);
    }
}

// A directed ring whose arcs differ: all turn as one when Omega tau_i + (theta_i - theta_i-1) is the same for
// all, and around the ring the differences cancel: Omega = omega - K sin(Omega x the mean delay).
static void on_a_directed_ring_the_mean_delay_counts(void **state) {
    (void)state;
    enum { SIZE = 9 };
    const double step_s = 0.025;
    entrain_topology_config config = entrain_topology_config_defaults();
    config.size = SIZE;
    config.directed = true;
    config.delay_low = 0.1;
    config.delay_high = 0.9;
    entrain_topology *topology = graph(config);
    const entrain_topology_view view = entrain_topology_look(topology);
    long double delay = 0;
    for (uint32_t a = 0; a < SIZE; a++)
        delay += roundl((long double)view.in_delays[a] / step_s) * step_s / SIZE;
    double frequencies[SIZE];
    for (uint32_t i = 0; i < SIZE; i++)
        frequencies[i] = 0.75;
    twin pair;
    twin_open(&pair, &(twin_spec){.count = SIZE,
                                  .frequencies = frequencies,
                                  .topology = topology,
                                  .model = {.coupling = 0.9,
                                            .normalise = ENTRAIN_NORMALISE_DEGREE,
                                            .integrator = ENTRAIN_INTEGRATOR_HEUN},
                                  .step_s = step_s,
                                  .layout = ENTRAIN_LAYOUT_SHUFFLED});
    const long double measured = settled_frequency(&pair, step_s, 400, 20);
    CHECK_LAW("mean delay", measured, yeung_strogatz(0.75, 0.9, delay, (double)measured), 1e-10);
    twin_close(&pair);
    entrain_topology_release(topology);
}

// --- Against themselves in long double

enum { COUNT = 14, STEPS_MOST = 700, STAGES = 4 };

typedef struct problem {
    entrain_topology_view view;
    entrain_kuramoto_config model;
    double phases[COUNT], frequencies[COUNT];
} problem;

static const long double nodes[][STAGES] = {[ENTRAIN_INTEGRATOR_EULER] = {0},
                                            [ENTRAIN_INTEGRATOR_HEUN] = {0, 1},
                                            [ENTRAIN_INTEGRATOR_RK4] = {0, 0.5L, 0.5L, 1}};
static const long double shares[][STAGES] = {
    [ENTRAIN_INTEGRATOR_EULER] = {1},
    [ENTRAIN_INTEGRATOR_HEUN] = {0.5L, 0.5L},
    [ENTRAIN_INTEGRATOR_RK4] = {1 / 6.0L, 1 / 3.0L, 1 / 3.0L, 1 / 6.0L}};
static const int stages_of[] = {
    [ENTRAIN_INTEGRATOR_EULER] = 1, [ENTRAIN_INTEGRATOR_HEUN] = 2, [ENTRAIN_INTEGRATOR_RK4] = 4};

static long double ahead[STEPS_MOST + 1][STAGES][COUNT]; // where each stage of each step looked

// What j showed at stage s, d steps before step n; false: nothing.
static bool shown(const problem *p, uint32_t j, int n, int s, int d, long double h, long double *phase) {
    if (n >= d) {
        *phase = ahead[n - d][s][j];
        return true;
    }
    *phase = p->phases[j];
    if (p->model.past == ENTRAIN_PAST_TURNING)
        *phase += p->frequencies[j] * ((n - d) + nodes[p->model.integrator][s]) * h;
    return p->model.past != ENTRAIN_PAST_SILENT;
}

static long double rate_of(const problem *p, uint32_t i, int n, int s, long double h) {
    long double sum = 0;
    uint32_t heard = 0, degree = (uint32_t)(p->view.in_offsets[i + 1] - p->view.in_offsets[i]);
    for (uint64_t a = p->view.in_offsets[i]; a < p->view.in_offsets[i + 1]; a++) {
        const double delay = p->view.in_delays != NULL ? p->view.in_delays[a] : p->view.delay_low;
        const double weight = p->view.in_weights != NULL ? p->view.in_weights[a] * p->view.weight_scale : 1;
        long double phase;
        if (!shown(p, (uint32_t)p->view.in_speakers[a], n, s, (int)lround(delay / (double)h), h, &phase))
            continue;
        sum += weight * sinl(phase - ahead[n][s][i] - p->model.lag);
        heard++;
    }
    const uint32_t divisor = p->model.normalise == ENTRAIN_NORMALISE_HEARD ? heard : degree;
    return p->frequencies[i] + (divisor > 0 ? p->model.coupling * sum / divisor : 0);
}

static void solve(const problem *p, long double h, int steps, long double *phases_out) {
    assert_true(steps <= STEPS_MOST);
    const entrain_integrator scheme = p->model.integrator;
    for (uint32_t i = 0; i < COUNT; i++)
        ahead[0][0][i] = p->phases[i];
    for (int n = 0; n < steps; n++) {
        long double slope[COUNT] = {0};
        for (int s = 0; s < stages_of[scheme]; s++) {
            long double rates[COUNT];
            for (uint32_t i = 0; i < COUNT; i++)
                rates[i] = rate_of(p, i, n, s, h);
            for (uint32_t i = 0; i < COUNT; i++) {
                slope[i] += shares[scheme][s] * rates[i];
                if (s + 1 < stages_of[scheme])
                    ahead[n][s + 1][i] = ahead[n][0][i] + nodes[scheme][s + 1] * h * rates[i];
            }
        }
        for (uint32_t i = 0; i < COUNT; i++)
            ahead[n + 1][0][i] = ahead[n][0][i] + h * slope[i];
    }
    memcpy(phases_out, ahead[steps][0], COUNT * sizeof *phases_out);
}

static long double run_engine(const problem *p, entrain_topology *topology, double h, int steps,
                              const long double *expected) {
    long double phases[COUNT], worst = 0;
    twin pair;
    twin_open(&pair, &(twin_spec){.count = COUNT,
                                  .phases = p->phases,
                                  .frequencies = p->frequencies,
                                  .topology = topology,
                                  .model = p->model,
                                  .step_s = h});
    twin_advance(&pair, (uint64_t)steps);
    twin_unwrapped(&pair, phases);
    for (uint32_t i = 0; i < COUNT; i++)
        worst = fmaxl(worst, fabsl(phases[i] - expected[i]));
    twin_close(&pair);
    return worst;
}

// Delays are whole steps of 0.1 s.
static entrain_topology *make_problem(problem *p, bool each, entrain_past past,
                                      entrain_integrator integrator) {
    enum { EDGES = 40 };
    char path[] = "/tmp/entrain-delay-XXXXXX";
    uint64_t seed = 3;
    int file = mkstemp(path);
    assert_true(file >= 0);
    FILE *stream = fdopen(file, "w");
    for (int e = 0; e < EDGES; e++) {
        const uint32_t from = (uint32_t)(COUNT * draw(&seed)), to = (uint32_t)(COUNT * draw(&seed));
        fprintf(stream, "%u %u %.3f %.1f\n", from, to == from ? (to + 1) % COUNT : to, 3 * draw(&seed) - 1,
                each ? floor(12 * draw(&seed)) / 10 : 0.7);
    }
    assert_int_equal(fclose(stream), 0);
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_EDGE_LIST;
    config.file = path;
    config.size = COUNT;
    config.directed = true;
    entrain_topology *topology = graph(config);
    remove(path);
    *p = (problem){.view = entrain_topology_look(topology),
                   .model = {.coupling = 1.5,
                             .lag = 0.3,
                             .normalise = past == ENTRAIN_PAST_SILENT ? ENTRAIN_NORMALISE_HEARD
                                                                      : ENTRAIN_NORMALISE_DEGREE,
                             .integrator = integrator,
                             .past = past}};
    for (uint32_t i = 0; i < COUNT; i++) {
        p->phases[i] = 6 * draw(&seed) - 3;
        p->frequencies[i] = 2 * draw(&seed) - 1;
    }
    return topology;
}

static void every_scheme_is_itself_in_long_double(void **state) {
    (void)state;
    for (int each = 0; each < 2; each++)
        for (int past = 0; past < ENTRAIN_PAST_COUNT; past++)
            for (int scheme = 0; scheme < ENTRAIN_INTEGRATOR_COUNT; scheme++) {
                problem p;
                long double phases[COUNT];
                char law[64];
                entrain_topology *topology =
                    make_problem(&p, each == 1, (entrain_past)past, (entrain_integrator)scheme);
                solve(&p, 0.05L, 80, phases);
                snprintf(law, sizeof law, "%s, past %s, %s",
                         entrain_integrator_name((entrain_integrator)scheme),
                         entrain_past_name((entrain_past)past), each == 1 ? "each its own" : "one for all");
                CHECK_MOST(law, run_engine(&p, topology, 0.05, 80, phases), 2e-12);
                entrain_topology_release(topology);
            }
}

static void orders_stay_what_they_are_without_delays(void **state) {
    (void)state;
    static const int orders[] = {1, 2, 4};
    for (int scheme = 0; scheme < ENTRAIN_INTEGRATOR_COUNT; scheme++) {
        problem p, fine;
        long double exact[COUNT], errors[3];
        entrain_topology *topology = make_problem(&p, true, ENTRAIN_PAST_TURNING, (entrain_integrator)scheme);
        fine = p;
        fine.model.integrator = ENTRAIN_INTEGRATOR_RK4;
        solve(&fine, 0.1L / 16, 640, exact);
        for (int k = 0; k < 3; k++)
            errors[k] = run_engine(&p, topology, 0.1 / (1 << k), 40 << k, exact);
        print_message("  %s: errors %.3Le %.3Le %.3Le\n", entrain_integrator_name((entrain_integrator)scheme),
                      errors[0], errors[1], errors[2]);
        CHECK_LAW("order at h = .025", log2l(errors[1] / errors[2]), orders[scheme], 0.15);
        entrain_topology_release(topology);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identical_oscillators_turn_as_yeung_and_strogatz_say),
        cmocka_unit_test(on_a_directed_ring_the_mean_delay_counts),
        cmocka_unit_test(every_scheme_is_itself_in_long_double),
        cmocka_unit_test(orders_stay_what_they_are_without_delays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
