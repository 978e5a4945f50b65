// The equations once more, written down as they stand and integrated in long double with libm, against the
// engine: random small swarms, every integrator, normalisation and kind of graph. Shares no code with the
// engine.
//
// How far the two may part. A word is 2^-45 off at most, in cos and in sin; so is, times the scale of the
// weights, each weighed word. With W_i the in-strength and d_i the in-degree of i, its rate is off by at most
//
//   epsilon_i = |K|/n_i (sqrt 2) 2^-45 (2 W_i + d_i scale) + a few 2^-53 of each term,
//
// its phase, a double below 4, by 2^-52 a tick. The equations have the Lipschitz constant L = max_i 2 |K| W_i
// / n_i in the largest norm, and a tick of any of the three integrators multiplies an error by at most exp(L
// h). So after time T
//
//   error <= e0 exp(L T) + (h epsilon exp(L h) + 2^-52) (exp(L T) - 1) / (exp(L h) - 1).
//
// Couplings are chosen so that L = 1; with T = 4 the bound is some 1e-12, and a wrong term of the equation is
// not.
#include "theory_twin.h"

#include <math.h>

enum { COUNT_MIN = 3, COUNT_MAX = 20, ARCS_MAX = 6 * COUNT_MAX, TICKS = 400, CASES = 48 };

typedef struct equations {
    uint32_t count, arc_count;
    entrain_edge arcs[ARCS_MAX]; // complete: none
    bool complete;
    entrain_kuramoto_config model;
    double frequencies[COUNT_MAX], phases[COUNT_MAX];
    long double share[COUNT_MAX]; // 1 / n_i, 0 where nobody is heard
} equations;

static void rates(const equations *eq, const long double *theta, long double *rate_out) {
    long double lag = eq->model.lag;
    for (uint32_t i = 0; i < eq->count; i++) {
        rate_out[i] = 0;
        for (uint32_t j = 0; eq->complete && j < eq->count; j++)
            rate_out[i] += sinl(theta[j] - theta[i] - lag);
    }
    for (uint32_t a = 0; a < eq->arc_count; a++) {
        const entrain_edge *arc = &eq->arcs[a];
        rate_out[arc->to] += arc->weight * sinl(theta[arc->from] - theta[arc->to] - lag);
    }
    for (uint32_t i = 0; i < eq->count; i++)
        rate_out[i] = eq->frequencies[i] + eq->model.coupling * eq->share[i] * rate_out[i];
}

// One step of length h, the classical tableaus: each stage looks from theta + reach h times the rate before
// it.
static void integrate(const equations *eq, long double h, long double *theta) {
    static const struct {
        int stages;
        double reach[4], weight[4], sum;
    } tableaus[ENTRAIN_INTEGRATOR_COUNT] = {
        [ENTRAIN_INTEGRATOR_EULER] = {1, {0}, {1}, 1},
        [ENTRAIN_INTEGRATOR_HEUN] = {2, {0, 1}, {1, 1}, 2},
        [ENTRAIN_INTEGRATOR_RK4] = {4, {0, 0.5, 0.5, 1}, {1, 2, 2, 1}, 6},
    };
    const int which = (int)eq->model.integrator;
    long double rate[COUNT_MAX] = {0}, look[COUNT_MAX], sum[COUNT_MAX] = {0};
    for (int s = 0; s < tableaus[which].stages; s++) {
        for (uint32_t i = 0; i < eq->count; i++)
            look[i] = theta[i] + h * tableaus[which].reach[s] * rate[i];
        rates(eq, look, rate);
        for (uint32_t i = 0; i < eq->count; i++)
            sum[i] += tableaus[which].weight[s] * rate[i];
    }
    for (uint32_t i = 0; i < eq->count; i++)
        theta[i] += h * sum[i] / tableaus[which].sum;
}

static void add_arc(equations *eq, uint32_t from, uint32_t to, double weight) {
    eq->arcs[eq->arc_count++] = (entrain_edge){from, to, weight};
}

// The n-th random system: arcs for the oracle and, for the engine, a topology of the same edges (NULL:
// complete).
static entrain_topology *random_system(int which, equations *eq, double *strength_out, uint32_t *degree_out) {
    uint64_t random = 1000 + (uint64_t)which;
    *eq = (equations){.count = COUNT_MIN + (uint32_t)(draw(&random) * (COUNT_MAX - COUNT_MIN + 1))};
    const uint32_t n = eq->count;
    eq->model.integrator = (entrain_integrator)(which % 3);
    const int kind = which / 3 % 4; // complete; undirected; directed, weighted; undirected, weighted
    eq->model.normalise = (entrain_normalise)(which / 12 % ENTRAIN_NORMALISE_COUNT);
    eq->model.lag = which % 2 == 0 ? 3 * (draw(&random) - 0.5) : 0;
    eq->complete = kind == 0;
    const bool directed = kind == 2, weighted = kind >= 2;
    for (uint32_t i = 0; i < n; i++) {
        eq->phases[i] = 20 * (draw(&random) - 0.5);
        eq->frequencies[i] = 8 * (draw(&random) - 0.5);
    }
    entrain_edge edges[ARCS_MAX];
    uint32_t edge_count = eq->complete ? 0 : 2 * n + (uint32_t)(draw(&random) * n);
    for (uint32_t e = 0; e < edge_count; e++) { // parallel edges happen, and count; some hear nobody
        uint32_t from = (uint32_t)(draw(&random) * n);
        uint32_t to = (from + 1 + (uint32_t)(draw(&random) * (n - 1))) % n;
        double weight = weighted ? 3 * (draw(&random) - 0.3) : 1;
        edges[e] = (entrain_edge){from, to, weighted ? weight : 77}; // unweighted: whatever it says
        add_arc(eq, from, to, weight);
        if (!directed)
            add_arc(eq, to, from, weight);
    }
    for (uint32_t i = 0; i < n; i++) {
        strength_out[i] = eq->complete ? n : 0;
        degree_out[i] = eq->complete ? n : 0;
    }
    for (uint32_t a = 0; a < eq->arc_count; a++) {
        strength_out[eq->arcs[a].to] += fabs(eq->arcs[a].weight);
        degree_out[eq->arcs[a].to]++;
    }
    double most = 0;
    for (uint32_t i = 0; i < n; i++) {
        switch (eq->model.normalise) {
        case ENTRAIN_NORMALISE_SIZE:
            eq->share[i] = 1.0L / n;
            break;
        case ENTRAIN_NORMALISE_NONE:
            eq->share[i] = 1;
            break;
        default: // degree; heard: the same while everybody lives
            eq->share[i] = degree_out[i] > 0 ? 1.0L / degree_out[i] : 0;
            break;
        }
        most = fmax(most, strength_out[i] * (double)eq->share[i]);
    }
    eq->model.coupling = (which % 5 == 0 ? -0.5 : 0.5) / most; // L = 1
    entrain_topology *graph = NULL;
    entrain_error error;
    if (!eq->complete)
        CHECK_OK(entrain_topology_from_edges(n, edges, edge_count, directed, weighted, &graph, &error),
                 error);
    return graph;
}

static double bound_of(const equations *eq, const double *strength, const uint32_t *degree, double scale,
                       double h, double turns) {
    double epsilon = 0, lipschitz = 0;
    for (uint32_t i = 0; i < eq->count; i++) {
        double gain = fabs(eq->model.coupling) * (double)eq->share[i], pull = gain * strength[i];
        double here = 1.01 * sqrt(2) * 0x1p-45 * gain * (2 * strength[i] + degree[i] * scale) +
                      0x1p-50 * (fabs(eq->frequencies[i]) + pull); // rounding of the rate itself
        here += 2 * pull * (turns * 2.5e-16 + 0x1p-52); // a double is not 2 pi; where a stage looks from
        epsilon = fmax(epsilon, here);
        lipschitz = fmax(lipschitz, 2 * pull);
    }
    double grown = exp(lipschitz * h * TICKS), start = 2 * 10 * 0x1p-53 + 2 * 2.5e-16;
    return start * grown +
           (h * epsilon * exp(lipschitz * h) + 0x1p-52) * (grown - 1) / (expm1(lipschitz * h));
}

static void test_oracle(void **state) {
    (void)state;
    const double h = 0.01;
    double worst = 0, worst_share = 0, loosest = 0;
    int moved_count = 0;
    for (int which = 0; which < CASES; which++) {
        equations eq;
        double strength[COUNT_MAX];
        uint32_t degree[COUNT_MAX];
        entrain_topology *graph = random_system(which, &eq, strength, degree);
        double scale = 0; // words are only weighed where there are weights
        if (graph != NULL && entrain_topology_look(graph).weighted)
            scale = entrain_topology_look(graph).weight_scale;
        twin pair;
        twin_open(&pair, &(twin_spec){.count = eq.count,
                                      .phases = eq.phases,
                                      .frequencies = eq.frequencies,
                                      .topology = graph,
                                      .model = eq.model,
                                      .step_s = h});
        long double theta[COUNT_MAX], engine[COUNT_MAX];
        for (uint32_t i = 0; i < eq.count; i++)
            theta[i] = eq.phases[i];
        for (int tick = 0; tick < TICKS; tick++)
            integrate(&eq, h, theta);
        twin_advance(&pair, TICKS);
        twin_unwrapped(&pair, engine);

        double off = 0, moved = 0, turns = 0;
        for (uint32_t i = 0; i < eq.count; i++) {
            off = fmax(off, (double)fabsl(engine[i] - theta[i]));
            turns = fmax(turns, (double)fabsl(theta[i] / (2 * PI_L)) + 1);
            moved = fmax(moved,
                         (double)fabsl(theta[i] - eq.phases[i] - (long double)h * TICKS * eq.frequencies[i]));
        }
        double bound = bound_of(&eq, strength, degree, scale, h, turns);
        if (!(off <= bound))
            fail_msg("system %d (N = %u, %s, normalise %s, lag %g%s): off by %.3g, bound %.3g", which,
                     eq.count, entrain_integrator_name(eq.model.integrator),
                     entrain_normalise_name(eq.model.normalise), eq.model.lag,
                     eq.complete ? ", complete" : "", off, bound);
        CHECK_NEAR(twin_sample(&pair).coherence, (double)coherence_of(eq.count, theta), bound + 0x1p-44);
        moved_count += moved > 0.1;
        worst = fmax(worst, off);
        worst_share = fmax(worst_share, off / bound);
        loosest = fmax(loosest, bound);
        twin_close(&pair);
        entrain_topology_release(graph);
    }
    print_message("  %d systems: off by %.2e rad at most, %.3f of the bound at most\n", CASES, worst,
                  worst_share);
    CHECK_MOST("oracle: the loosest bound", loosest, 2e-11);
    CHECK_LEAST("oracle: systems in which coupling moved somebody", moved_count, CASES * 9 / 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_oracle)};
    return cmocka_run_group_tests_name("theory_oracle", tests, NULL, NULL);
}
