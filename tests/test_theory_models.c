// Every part of the equation of kuramoto.h once more (harmonics, groups, own gains, inertia, noise), written
// down as it stands and integrated in long double with libm, against the engine: random small swarms, both
// transports. And the ways to look at a model and to change it. Shares no code with the engine but its random
// draws.
#include "theory_twin.h"

#include <complex.h>
#include <math.h>

#include "entrain/random.h"

enum { COUNT_MAX = 24, ARCS_MAX = 6 * COUNT_MAX, TICKS = 300, CASES = 96 };

typedef struct equations {
    uint32_t count, arc_count;
    entrain_edge arcs[ARCS_MAX];
    bool complete;
    entrain_kuramoto_config model;
    double frequencies[COUNT_MAX], phases[COUNT_MAX];
    double gains[COUNT_MAX], inertias[COUNT_MAX], dampings[COUNT_MAX], velocities[COUNT_MAX],
        noises[COUNT_MAX];
    uint32_t degree[COUNT_MAX];
} equations;

static uint32_t group_of(const equations *eq, uint32_t i) {
    uint32_t g = 0, end = eq->model.group_sizes[0];
    while (eq->model.group_count > 1 && i >= end)
        end += eq->model.group_sizes[++g];
    return g;
}

// What j makes of i, without the weight.
static long double pull(const equations *eq, const long double *theta, uint32_t i, uint32_t j) {
    const entrain_kuramoto_config *m = &eq->model;
    const bool grouped = m->group_count > 1;
    const uint32_t a = group_of(eq, i), b = group_of(eq, j);
    long double n = m->normalise == ENTRAIN_NORMALISE_SIZE   ? grouped ? m->group_sizes[b] : eq->count
                    : m->normalise == ENTRAIN_NORMALISE_NONE ? 1
                                                             : eq->degree[i];
    long double sum = 0;
    for (uint32_t h = 1; h <= m->harmonics; h++) {
        long double k = h == 1 ? m->coupling : m->harmonic_coupling[h - 2];
        long double lag = h == 1 ? m->lag : m->harmonic_lag[h - 2];
        if (grouped) {
            k *= m->group_coupling[a][b];
            lag += m->group_lag[a][b];
        }
        sum += k * sinl((long double)h * (theta[j] - theta[i]) - lag);
    }
    return sum / n;
}

static void torques(const equations *eq, const long double *theta, long double *out) {
    for (uint32_t i = 0; i < eq->count; i++) {
        out[i] = 0;
        for (uint32_t j = 0; eq->complete && j < eq->count; j++)
            out[i] += pull(eq, theta, i, j);
    }
    for (uint32_t a = 0; a < eq->arc_count; a++)
        out[eq->arcs[a].to] += eq->arcs[a].weight * pull(eq, theta, eq->arcs[a].to, eq->arcs[a].from);
    for (uint32_t i = 0; i < eq->count; i++)
        out[i] = eq->frequencies[i] + (eq->model.gains != NULL ? eq->model.gains[i] : 1) * out[i];
}

static bool second_order(const equations *eq) { return eq->model.inertia > 0 || eq->model.inertias != NULL; }

// The kick of this tick: sqrt(2 T h) times a normal.
static long double kick(const equations *eq, uint32_t i, uint64_t tick, long double h) {
    long double t = eq->model.noises != NULL ? eq->model.noises[i] : eq->model.noise;
    if (t == 0)
        return 0;
    return sqrtl(2 * t * h) * entrain_random_normal(entrain_random_key(1, ENTRAIN_STREAM_NOISE), i, tick, 0);
}

// One step of y' = f(y), y = theta or (theta, v), the classical tableaus.
static void integrate(const equations *eq, long double h, uint64_t tick, long double *theta, long double *v) {
    static const struct {
        int stages;
        double reach[4], weight[4], sum;
    } tableaus[ENTRAIN_INTEGRATOR_COUNT] = {
        [ENTRAIN_INTEGRATOR_EULER] = {1, {0}, {1}, 1},
        [ENTRAIN_INTEGRATOR_HEUN] = {2, {0, 1}, {1, 1}, 2},
        [ENTRAIN_INTEGRATOR_RK4] = {4, {0, 0.5, 0.5, 1}, {1, 2, 2, 1}, 6},
    };
    const int which = (int)eq->model.integrator;
    const bool second = second_order(eq);
    long double rate[COUNT_MAX] = {0}, speed[COUNT_MAX] = {0}, look[COUNT_MAX], look_v[COUNT_MAX];
    long double sum[COUNT_MAX] = {0}, sum_v[COUNT_MAX] = {0}, force[COUNT_MAX];
    for (int s = 0; s < tableaus[which].stages; s++) {
        long double reach = h * tableaus[which].reach[s];
        for (uint32_t i = 0; i < eq->count; i++) {
            long double pushed =
                s > 0 ? kick(eq, i, tick, h) : 0; // Heun's corrector looks from behind the kick
            long double mass = eq->model.inertias != NULL ? eq->model.inertias[i] : eq->model.inertia;
            look[i] = theta[i] + reach * rate[i] + (second ? 0 : pushed);
            look_v[i] = v[i] + reach * speed[i] + (second ? pushed / mass : 0);
        }
        torques(eq, look, force);
        for (uint32_t i = 0; i < eq->count; i++) {
            long double mass = eq->model.inertias != NULL ? eq->model.inertias[i] : eq->model.inertia;
            long double damping = eq->model.dampings != NULL ? eq->model.dampings[i] : eq->model.damping;
            rate[i] = second ? look_v[i] : force[i];
            speed[i] = second ? (force[i] - damping * look_v[i]) / mass : 0;
            sum[i] += tableaus[which].weight[s] * rate[i];
            sum_v[i] += tableaus[which].weight[s] * speed[i];
        }
    }
    for (uint32_t i = 0; i < eq->count; i++) {
        long double pushed = kick(eq, i, tick, h);
        long double mass = eq->model.inertias != NULL ? eq->model.inertias[i] : eq->model.inertia;
        theta[i] += h * sum[i] / tableaus[which].sum + (second ? 0 : pushed);
        v[i] += h * sum_v[i] / tableaus[which].sum + (second ? pushed / mass : 0);
    }
}

static double between(uint64_t *random, double low, double high) { return low + (high - low) * draw(random); }

static void random_pairs(equations *eq, uint64_t *random) {
    static const uint32_t shapes[][2] = {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {1, 2}, {1, 3}, {1, 4}, {2, 2}};
    const uint32_t *shape = shapes[(uint32_t)(draw(random) * 8)];
    entrain_kuramoto_config *m = &eq->model;
    m->harmonics = shape[0];
    for (uint32_t h = 2; h <= shape[0]; h++) {
        m->harmonic_coupling[h - 2] = between(random, -1, 1);
        m->harmonic_lag[h - 2] = between(random, -3, 3);
    }
    m->group_count = shape[1];
    uint32_t left = eq->count;
    for (uint32_t g = 0; g < shape[1] && shape[1] > 1; g++) {
        uint32_t most = left - (shape[1] - 1 - g);
        m->group_sizes[g] = g + 1 == shape[1] ? left : 1 + (uint32_t)(draw(random) * (most - 1) / 2);
        left -= m->group_sizes[g];
        for (uint32_t b = 0; b < shape[1]; b++) {
            m->group_coupling[g][b] = between(random, -1, 1.5);
            m->group_lag[g][b] = between(random, -3, 3);
        }
    }
}

static void random_dynamics(equations *eq, int which, uint64_t *random) {
    entrain_kuramoto_config *m = &eq->model;
    for (uint32_t i = 0; i < eq->count; i++) {
        eq->gains[i] = between(random, -1, 2);
        eq->inertias[i] = between(random, 0.5, 3);
        eq->dampings[i] = between(random, 0, 2);
        eq->velocities[i] = between(random, -2, 2);
        eq->noises[i] = between(random, 0, 0.5);
    }
    if (draw(random) < 0.4)
        m->gains = eq->gains;
    if (which % 2 == 1) {
        m->inertia = between(random, 0.5, 3);
        m->damping = between(random, 0, 2);
        m->inertias = draw(random) < 0.5 ? eq->inertias : NULL;
        m->dampings = draw(random) < 0.5 ? eq->dampings : NULL;
        m->velocities = draw(random) < 0.5 ? eq->velocities : NULL;
    }
    if (m->integrator != ENTRAIN_INTEGRATOR_RK4 && draw(random) < 0.5) {
        m->noise = between(random, 0, 0.5);
        m->noises = draw(random) < 0.5 ? eq->noises : NULL;
    }
}

// The n-th random system: arcs for the oracle and, for the engine, a topology of the same edges (NULL:
// complete).
static entrain_topology *random_system(int which, equations *eq) {
    uint64_t random = 77000 + (uint64_t)which;
    *eq = (equations){.count = 5 + (uint32_t)(draw(&random) * (COUNT_MAX - 4))};
    const uint32_t n = eq->count;
    eq->model = (entrain_kuramoto_config){.integrator = (entrain_integrator)(which % 3),
                                          .normalise = (entrain_normalise)(which / 3 % 4),
                                          .lag = between(&random, -2, 2),
                                          .coupling = between(&random, -1, 1)};
    eq->complete = which % 4 == 0;
    random_pairs(eq, &random);
    random_dynamics(eq, which, &random);
    for (uint32_t i = 0; i < n; i++) {
        eq->phases[i] = between(&random, -10, 10);
        eq->frequencies[i] = between(&random, -4, 4);
        eq->degree[i] = eq->complete ? n : 0;
    }
    entrain_edge edges[ARCS_MAX];
    const bool directed = which % 4 >= 2, weighted = which % 4 == 3;
    uint32_t edge_count = eq->complete ? 0 : 2 * n;
    for (uint32_t e = 0; e < edge_count; e++) {
        uint32_t from = (uint32_t)(draw(&random) * n),
                 to = (from + 1 + (uint32_t)(draw(&random) * (n - 1))) % n;
        double weight = weighted ? between(&random, -1, 2) : 1;
        edges[e] = (entrain_edge){from, to, weight};
        eq->arcs[eq->arc_count++] = edges[e];
        if (!directed)
            eq->arcs[eq->arc_count++] = (entrain_edge){to, from, weight};
    }
    for (uint32_t a = 0; a < eq->arc_count; a++)
        eq->degree[eq->arcs[a].to]++;
    if (eq->model.normalise == ENTRAIN_NORMALISE_NONE) // no stronger than the others
        eq->model.coupling /= eq->complete ? n : 4;
    entrain_topology *graph = NULL;
    entrain_error error;
    if (!eq->complete)
        CHECK_OK(entrain_topology_from_edges(n, edges, edge_count, directed, weighted, &graph, &error),
                 error);
    return graph;
}

static void test_oracle(void **state) {
    (void)state;
    const double h = 0.01;
    double worst = 0;
    int noisy = 0, inertial = 0, paired = 0;
    for (int which = 0; which < CASES; which++) {
        equations eq;
        entrain_topology *graph = random_system(which, &eq);
        twin pair;
        twin_open(&pair,
                  &(twin_spec){.count = eq.count,
                               .phases = eq.phases,
                               .frequencies = eq.frequencies,
                               .topology = graph,
                               .model = eq.model,
                               .step_s = h,
                               .layout = which % 5 == 0 ? ENTRAIN_LAYOUT_SHUFFLED : ENTRAIN_LAYOUT_INDEX});
        long double theta[COUNT_MAX], v[COUNT_MAX], engine[COUNT_MAX];
        for (uint32_t i = 0; i < eq.count; i++) {
            theta[i] = eq.phases[i];
            v[i] = eq.model.velocities != NULL ? eq.velocities[i] : 0;
        }
        for (uint64_t tick = 0; tick < TICKS; tick++)
            integrate(&eq, h, tick, theta, v);
        twin_advance(&pair, TICKS);
        twin_unwrapped(&pair, engine);
        for (uint32_t i = 0; i < eq.count; i++) {
            double off = (double)fabsl(engine[i] - theta[i]);
            worst = fmax(worst, off);
            // Rounding of words and phases, 1e-13 in all, grown at most e^4-fold in 3 s at these couplings (a
            // few rad/s).
            if (!(off <= 1e-11))
                fail_msg("system %d (N = %u, %s, normalise %s, %u harmonics, %u groups%s%s%s): actor %u off "
                         "by %.3g",
                         which, eq.count, entrain_integrator_name(eq.model.integrator),
                         entrain_normalise_name(eq.model.normalise), eq.model.harmonics, eq.model.group_count,
                         second_order(&eq) ? ", inertia" : "", eq.model.gains != NULL ? ", gains" : "",
                         eq.complete ? ", complete" : "", i, off);
            if (second_order(&eq))
                CHECK_NEAR(
                    *(double *)entrain_population_at(pair.half[0].population, i, ENTRAIN_KURAMOTO_VELOCITY),
                    (double)v[i], 1e-11);
        }
        noisy += eq.model.noise > 0;
        inertial += second_order(&eq);
        paired += eq.model.harmonics * eq.model.group_count > 1;
        twin_close(&pair);
        entrain_topology_release(graph);
    }
    print_message("  %d systems (%d with noise, %d with inertia, %d with harmonics or groups): off by %.2e "
                  "rad at most\n",
                  CASES, noisy, inertial, paired, worst);
    assert_true(noisy > 10 && inertial > 30 && paired > 50);
}

// ---- the same bits however it runs, in swarms larger than a block ----

static uint64_t run_once(const entrain_kuramoto_config *model, entrain_topology_kind kind, const char *policy,
                         uint32_t workers, entrain_transport transport, entrain_simd simd,
                         entrain_layout layout) {
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = 1500;
    config.topology.kind = kind;
    config.model = *model;
    config.engine.step_s = 0.02;
    config.engine.transport = transport;
    config.engine.simd = simd;
    config.engine.layout = layout;
    config.engine.cohort_weight = 700;
    config.engine.scheduler.policy = policy;
    config.engine.scheduler.worker_count = workers;
    config.inertia =
        model->inertia > 0 ? entrain_distribution_constant(model->inertia) : entrain_distribution_constant(0);
    entrain_error error;
    entrain_swarm *swarm;
    CHECK_OK(entrain_swarm_create(&config, &swarm, &error), error);
    CHECK_OK(entrain_engine_advance(entrain_swarm_engine(swarm), 40, &error), error);
    uint64_t fingerprint = entrain_engine_fingerprint(entrain_swarm_engine(swarm));
    entrain_swarm_destroy(swarm);
    return fingerprint;
}

static void test_same_bits(void **state) {
    (void)state;
    entrain_kuramoto_config models[5];
    for (int m = 0; m < 5; m++)
        models[m] = entrain_kuramoto_config_defaults();
    models[0].noise = 0.3, models[0].integrator = ENTRAIN_INTEGRATOR_HEUN;
    models[1].noise = 0.3, models[1].integrator = ENTRAIN_INTEGRATOR_EULER, models[1].inertia = 2;
    models[2].inertia = 0.5, models[2].damping = 0.3;
    models[3].harmonics = 3, models[3].harmonic_coupling[0] = 0.5, models[3].harmonic_lag[1] = 1,
    models[3].harmonic_coupling[1] = -0.7;
    models[4].group_count = 3;
    for (uint32_t a = 0; a < 3; a++)
        for (uint32_t b = 0; b < 3; b++)
            models[4].group_sizes[a] = a == 0   ? 501
                                       : a == 1 ? 13
                                                : 986,
            models[4].group_coupling[a][b] = a == b ? 1 : 0.25 * (a + 2 * b),
            models[4].group_lag[a][b] = 0.1 * a;
    models[4].normalise = ENTRAIN_NORMALISE_SIZE;
    const entrain_topology_kind kinds[] = {ENTRAIN_TOPOLOGY_SMALL_WORLD, ENTRAIN_TOPOLOGY_COMPLETE};
    for (int m = 0; m < 5; m++)
        for (int k = 0; k < 2; k++) {
            uint64_t first = run_once(&models[m], kinds[k], "serial", 1, ENTRAIN_TRANSPORT_MAILBOX,
                                      ENTRAIN_SIMD_SSE2, ENTRAIN_LAYOUT_INDEX);
            const struct {
                const char *policy;
                uint32_t workers;
                entrain_transport transport;
                entrain_simd simd;
                entrain_layout layout;
            } others[] = {
                {"steal", 3, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_SIMD_AUTO, ENTRAIN_LAYOUT_SHUFFLED},
                {"shuffled", 1, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_SIMD_AVX2, ENTRAIN_LAYOUT_NEAR},
                {"dataflow", 2, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_SIMD_AUTO, ENTRAIN_LAYOUT_INDEX},
            };
            for (size_t o = 0; o < sizeof others / sizeof *others; o++) {
                entrain_simd simd = others[o].simd;
                if (simd == ENTRAIN_SIMD_AVX2 && !entrain_simd_available(simd))
                    simd = ENTRAIN_SIMD_AUTO;
                uint64_t other = run_once(&models[m], kinds[k], others[o].policy, others[o].workers,
                                          others[o].transport, simd, others[o].layout);
                if (other != first)
                    fail_msg("model %d on %s under %s: %016llx, serial has %016llx", m,
                             entrain_topology_kind_name(kinds[k]), others[o].policy,
                             (unsigned long long)other, (unsigned long long)first);
            }
        }
}

// ---- groups: the reduced equations of Ott and Antonsen ----

// z' = i omega z + (w - conj(w) z^2) / 2 with w = sum_b K_ab exp(-i alpha_ab) z_b, for identical oscillators
// of each group on the manifold. Ott and Antonsen (2008); Abrams, Mirollo, Strogatz and Wiley (2008) for two
// groups.
static void reduced_rate(const entrain_kuramoto_config *m, const double _Complex *z, double _Complex *out) {
    for (uint32_t a = 0; a < m->group_count; a++) {
        double _Complex w = 0;
        for (uint32_t b = 0; b < m->group_count; b++)
            w += m->coupling * m->group_coupling[a][b] * cexp(-I * (m->lag + m->group_lag[a][b])) * z[b];
        out[a] = 0.5 * (w - conj(w) * z[a] * z[a]);
    }
}

static void test_groups_on_the_manifold(void **state) {
    (void)state;
    enum { EACH = 100, GROUPS = 3, N = EACH * GROUPS };
    const double pi = 3.14159265358979323846, h = 0.01;
    entrain_kuramoto_config model = {.coupling = 0.7,
                                     .lag = 0.2,
                                     .normalise = ENTRAIN_NORMALISE_SIZE,
                                     .group_count = GROUPS,
                                     .integrator = ENTRAIN_INTEGRATOR_RK4};
    const double couplings[GROUPS][GROUPS] = {{0.6, 0.4, -0.3}, {0.2, -0.8, 1}, {0.5, 0.1, 0.9}},
                 lags[GROUPS][GROUPS] = {{1.4, -0.2, 0.5}, {0, 0.3, 1}, {-1, 2, 0.1}};
    double phases[N];
    double _Complex z[GROUPS];
    for (uint32_t g = 0; g < GROUPS; g++) {
        model.group_sizes[g] = EACH;
        const double r0 = 0.2 + 0.15 * g, psi = 2.0 * g - 1;
        z[g] = r0 * cexp(I * psi);
        for (uint32_t b = 0; b < GROUPS; b++) {
            model.group_coupling[g][b] = couplings[g][b];
            model.group_lag[g][b] = lags[g][b];
        }
        for (uint32_t j = 0; j < EACH; j++)
            phases[g * EACH + j] = psi + 2 * atan((1 - r0) / (1 + r0) * tan(pi * (j + 0.5) / EACH - pi / 2));
    }
    twin pair;
    twin_open(&pair, &(twin_spec){.count = N, .phases = phases, .model = model, .step_s = h});
    for (int t = 1; t <= 4; t++) {
        twin_advance(&pair, 100);
        for (int tick = 0; tick < 100; tick++) {
            double _Complex k[4][GROUPS], at[GROUPS];
            for (int s = 0; s < 4; s++) {
                for (int g = 0; g < GROUPS; g++)
                    at[g] = z[g] + (s == 0 ? 0 : s == 3 ? h * k[2][g] : h / 2 * k[s - 1][g]);
                reduced_rate(&model, at, k[s]);
            }
            for (int g = 0; g < GROUPS; g++)
                z[g] += h / 6 * (k[0][g] + 2 * k[1][g] + 2 * k[2][g] + k[3][g]);
        }
        static long double theta[N];
        twin_unwrapped(&pair, theta);
        for (int g = 0; g < GROUPS; g++) {
            double _Complex sum = 0;
            for (int j = 0; j < EACH; j++)
                sum += cexp(I * (double)theta[g * EACH + j]) / EACH;
            CHECK_NEAR(cabs(sum - z[g]), 0, 1e-8); // both RK4 at 0.01
        }
    }
    print_message("  z = %.6f %.6f %.6f in the three groups\n", cabs(z[0]), cabs(z[1]), cabs(z[2]));
    twin_close(&pair);
}

// ---- noise alone spreads as sqrt(2 T t), each actor's own draws ----

static void test_noise_spreads(void **state) {
    (void)state;
    enum { N = 1000, STEPS = 400 };
    const double t = 0.7, h = 0.005;
    for (int integrator = 0; integrator < 2; integrator++) {
        twin pair;
        twin_open(&pair, &(twin_spec){.count = N,
                                      .model = {.noise = t, .integrator = (entrain_integrator)integrator},
                                      .step_s = h});
        twin_advance(&pair, STEPS);
        static long double theta[N];
        twin_unwrapped(&pair, theta);
        double mean = 0, square = 0;
        for (int i = 0; i < N; i++) {
            mean += (double)theta[i] / N;
            square += (double)(theta[i] * theta[i]) / N;
        }
        const double variance = 2 * t * h * STEPS; // 2.8
        CHECK_LAW("noise alone: mean", mean, 0, 4 * sqrt(variance / N));
        CHECK_LAW("noise alone: variance 2 T t", square, variance, 4 * variance * sqrt(2.0 / N));
        twin_close(&pair);
    }
}

// ---- what is refused, looked at, changed ----

static void test_refusals(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_engine *engine;
    entrain_population *population;
    CHECK_OK(entrain_engine_create(&config, &engine, &error), error);
    const double zeros[3] = {0}, low[3] = {1, 0, 1}, minus[3] = {0, -1, 0}, nan_one[3] = {0, 0, NAN};
    const entrain_kuramoto_config rk4 = {.integrator = ENTRAIN_INTEGRATOR_RK4};
    entrain_kuramoto_config bad[16];
    const char *words[16];
    int count = 0;
#define BAD(sentence, ...)                                                                                   \
    do {                                                                                                     \
        bad[count] = (entrain_kuramoto_config){__VA_ARGS__};                                                 \
        words[count++] = (sentence);                                                                         \
    } while (0)
    BAD("harmonics is 5; it must be 1 to 4.", .harmonics = 5);
    BAD("group_count is 5; it must be at most 4.", .group_count = 5);
    BAD("2 groups with 3 harmonics are too many", .group_count = 2, .harmonics = 3);
    BAD("The coupling of harmonic 3 is nan rad/s", .harmonics = 3, .harmonic_coupling = {0, NAN});
    BAD("The lag of harmonic 2 is 4 rad", .harmonics = 2, .harmonic_lag = {4});
    BAD("Group 2 has no oscillators", .group_count = 2, .group_sizes = {3, 0});
    BAD("The groups' sizes add up to 4 and there are 3 oscillators", .group_count = 2, .group_sizes = {2, 2});
    BAD("The coupling of group 1 to group 2 is inf", .group_count = 2, .group_sizes = {1, 2},
        .group_coupling = {{0, INFINITY}});
    BAD("The lag of group 2 to group 1 is -4 rad", .group_count = 2, .group_sizes = {1, 2},
        .group_lag = {{0}, {-4}});
    BAD("The noise is -1; it must be at least 0", .noise = -1);
    BAD("The noise of actor 1 is -1", .noises = minus);
    BAD("The gain of actor 2 is nan", .gains = nan_one);
    BAD("The inertia of actor 1 is 0; it must be above 0", .inertias = low);
    BAD("The damping is -0.5; it must be at least 0", .inertia = 1, .damping = -0.5);
    BAD("Velocities are given without inertia", .velocities = zeros);
    BAD("past is 3; it must be still, turning or silent.", .past = (entrain_past)3);
#undef BAD
    for (int b = 0; b < count; b++)
        CHECK_REFUSED(entrain_kuramoto_add(engine, &bad[b], 3, zeros, zeros, &population, &error),
                      ENTRAIN_INVALID, error, words[b]);
    entrain_kuramoto_config noisy = rk4;
    noisy.noise = 1;
    CHECK_REFUSED(entrain_kuramoto_add(engine, &noisy, 3, zeros, zeros, &population, &error), ENTRAIN_INVALID,
                  error, "Noise cannot be integrated by rk4");
    entrain_engine_destroy(engine);
}

// A swarm changed on the way is at each tick where one of the new configuration would go from there.
static void test_change(void **state) {
    (void)state;
    enum { N = 40 };
    double frequencies[N], phases[N], gains[N];
    uint64_t random = 5;
    for (int i = 0; i < N; i++) {
        frequencies[i] = between(&random, -1, 1);
        phases[i] = between(&random, -3, 3);
        gains[i] = between(&random, 0, 2);
    }
    entrain_topology_config graph_config = entrain_topology_config_defaults();
    graph_config.kind = ENTRAIN_TOPOLOGY_ERDOS_RENYI;
    graph_config.size = N;
    entrain_topology *graph;
    entrain_error error;
    CHECK_OK(entrain_topology_create(&graph_config, &graph, &error), error);
    for (int form = 0; form < 3; form++) { // gains by degree; one for all; groups
        entrain_kuramoto_config before = {.coupling = 1,
                                          .normalise = ENTRAIN_NORMALISE_DEGREE,
                                          .integrator = ENTRAIN_INTEGRATOR_HEUN,
                                          .harmonics = 1,
                                          .gains = gains};
        if (form == 1)
            before.normalise = ENTRAIN_NORMALISE_NONE, before.gains = NULL;
        if (form == 2)
            before.group_count = 2, before.group_sizes[0] = 10, before.group_sizes[1] = 30,
            before.group_coupling[0][1] = before.group_coupling[1][0] = 0.5,
            before.normalise = ENTRAIN_NORMALISE_SIZE;
        entrain_kuramoto_config after = before;
        after.coupling = 2.5, after.lag = 0.7, after.noise = 0.2, after.group_coupling[0][0] = -1,
        after.group_lag[1][0] = 0.3;
        twin changed, begun;
        twin_open(&changed, &(twin_spec){.count = N,
                                         .phases = phases,
                                         .frequencies = frequencies,
                                         .topology = graph,
                                         .model = before,
                                         .step_s = 0.01});
        twin_advance(&changed, 50);
        double there[N];
        twin_wrapped(&changed, there);
        for (int t = 0; t < 2; t++) {
            entrain_kuramoto_config wanted = *entrain_kuramoto_look(changed.half[t].population);
            assert_true(wanted.coupling == 1 && (wanted.gains != NULL) == (before.gains != NULL));
            wanted.coupling = after.coupling, wanted.lag = after.lag, wanted.noise = after.noise;
            memcpy(wanted.group_coupling, after.group_coupling, sizeof wanted.group_coupling);
            memcpy(wanted.group_lag, after.group_lag, sizeof wanted.group_lag);
            CHECK_OK(entrain_kuramoto_change(changed.half[t].population, &wanted, &error), error);
            assert_true(entrain_kuramoto_look(changed.half[t].population)->coupling == 2.5);
            wanted.normalise = ENTRAIN_NORMALISE_HEARD;
            CHECK_REFUSED(entrain_kuramoto_change(changed.half[t].population, &wanted, &error),
                          ENTRAIN_INVALID, error, "normalise cannot be changed while the swarm runs");
            wanted = *entrain_kuramoto_look(changed.half[t].population);
            wanted.coupling = NAN;
            CHECK_REFUSED(entrain_kuramoto_change(changed.half[t].population, &wanted, &error),
                          ENTRAIN_INVALID, error, "coupling is nan");
        }
        // Begun anew where that one stood: its draws of noise are counted from tick 0, so it gets its 50
        // ticks of standing first.
        entrain_kuramoto_config waiting = after;
        waiting.coupling = 0, waiting.noise = 0;
        double still[N] = {0}, back[N];
        twin_open(&begun, &(twin_spec){.count = N,
                                       .phases = there,
                                       .frequencies = still,
                                       .topology = graph,
                                       .model = waiting,
                                       .step_s = 0.01});
        twin_advance(&begun, 50);
        twin_wrapped(&begun, back);
        assert_memory_equal(back, there, sizeof back);
        for (int t = 0; t < 2; t++) {
            entrain_kuramoto_config wanted = *entrain_kuramoto_look(begun.half[t].population);
            wanted.coupling = after.coupling, wanted.noise = after.noise;
            CHECK_OK(entrain_kuramoto_change(begun.half[t].population, &wanted, &error), error);
            for (uint32_t i = 0; i < N; i++)
                *(double *)entrain_population_at(begun.half[t].population, i, ENTRAIN_KURAMOTO_FREQUENCY) =
                    frequencies[i];
        }
        twin_advance(&changed, 50);
        twin_advance(&begun, 50);
        twin_wrapped(&changed, there);
        twin_wrapped(&begun, back);
        for (int i = 0; i < N; i++)
            if (there[i] != back[i])
                fail_msg("form %d: actor %d is at %.17g, not %.17g", form, i, there[i], back[i]);
        twin_close(&changed);
        twin_close(&begun);
    }
    entrain_topology_release(graph);
}

static void test_change_is_refused(void **state) {
    (void)state;
    entrain_error error = {0};
    twin pair;
    twin_open(&pair, &(twin_spec){.count = 4,
                                  .model = {.coupling = 1, .integrator = ENTRAIN_INTEGRATOR_RK4},
                                  .step_s = 0.01});
    entrain_kuramoto_config wanted = *entrain_kuramoto_look(pair.half[0].population);
    wanted.noise = 1;
    CHECK_REFUSED(entrain_kuramoto_change(pair.half[0].population, &wanted, &error), ENTRAIN_INVALID, error,
                  "Noise cannot come into a swarm that is integrated by rk4");
    wanted = *entrain_kuramoto_look(pair.half[0].population);
    wanted.inertia = 1;
    CHECK_REFUSED(entrain_kuramoto_change(pair.half[0].population, &wanted, &error), ENTRAIN_INVALID, error,
                  "inertia cannot be changed");
    twin_close(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oracle),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_noise_spreads),
        cmocka_unit_test(test_groups_on_the_manifold),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_change),
        cmocka_unit_test(test_change_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
