// What a swarm keeps and what it does not notice: constants of motion (T11), the sum of phases (T13), a turn
// of everybody, new names, a rotating frame (T14). Each has a control: a swarm that must break it, so that it
// is known to be looked for.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/math.h"
#include "entrain/policy.h"
#include "sims/validate.h"

// --- T11: Watanabe and Strogatz

enum { WS_COUNT = 12, WS_CONSTANTS = WS_COUNT - 3 };

static double half_sine(long double a, long double b) { return entrain_sin((double)((a - b) / 2)); }

// Identical oscillators in a common field move by a Moebius map of the circle, which keeps this.
static double cross_ratio(const long double *theta, int a, int b, int c, int d) {
    return half_sine(theta[a], theta[c]) * half_sine(theta[b], theta[d]) /
           (half_sine(theta[a], theta[d]) * half_sine(theta[b], theta[c]));
}

// Largest drift of the N - 3 cross ratios in T = 50. Phases start evenly spread but for a tenth of a turn, so
// that no ratio is large, then bunched: a mean field to move in.
static double cross_ratio_drift(validate_context *context, double lag, double step_s, double detuning) {
    double phases[WS_COUNT], frequencies[WS_COUNT], start[WS_CONSTANTS], drift = 0;
    for (uint32_t i = 0; i < WS_COUNT; i++) {
        phases[i] = TWO_PI * (i + 0.8 * (validate_draw(11, i) - 0.5)) / WS_COUNT;
        phases[i] += 0.5 * entrain_sin(phases[i]);
        frequencies[i] = 0.3 + (i == 3 ? detuning : 0);
    }
    validate_spec spec = {.count = WS_COUNT,
                          .phases = phases,
                          .frequencies = frequencies,
                          .model = validate_model(1),
                          .step_s = step_s};
    spec.model.lag = lag;
    validate_swarm swarm;
    validate_open(context, &spec, &swarm);
    for (int t = 0; t <= 50; t++) {
        long double theta[WS_COUNT];
        validate_until(&swarm, t);
        validate_unwrapped(&swarm, theta);
        for (int k = 0; k < WS_CONSTANTS; k++) {
            double ratio = cross_ratio(theta, 0, 1, 2, 3 + k);
            start[k] = t == 0 ? ratio : start[k];
            drift = fmax(drift, fabs(ratio - start[k]));
        }
    }
    validate_close(&swarm);
    return drift;
}

static void run_t11(validate_context *context) {
    const double lags[] = {PI / 2, 1.4};
    for (size_t i = 0; i < sizeof lags / sizeof *lags; i++) {
        double drifts[3];
        for (int s = 0; s < 3; s++)
            drifts[s] = cross_ratio_drift(context, lags[i], 0.1 / (1 << s), 0);
        // What drifts is the integrator's error, so its size is the start's and the lag's.
        const double step_s = i == 0 ? 0.05 : 0.025;
        validate_near(context, 0, drifts[i == 0 ? 1 : 2], 1e-8, "drift in T = 50; N = %d, lag %.4f, h = %g",
                      WS_COUNT, lags[i], step_s);
        validate_note(context, "drift %.1e, %.1e, %.1e at h = 0.1, 0.05, 0.025", drifts[0], drifts[1],
                      drifts[2]);
        validate_near(context, 4, entrain_log(drifts[0] / drifts[1]) * 1.4426950408889634, 0.2,
                      "its order, h = 0.1 to 0.05; lag %.4f", lags[i]);
    }
    double broken = cross_ratio_drift(context, PI / 2, 0.05, 1e-3);
    validate_note(context, "control: one of another frequency must break it");
    validate_at_least(context, 1e-4, broken, "drift with one w off by 0.001; lag %.4f", PI / 2);
}

// --- T13: the sum of phases

enum { SUM_COUNT = 400 };
static const uint32_t worker_counts[] = {1, 2, 3};

typedef struct sum_case {
    entrain_topology *graph;
    entrain_kuramoto_config model;
    const char *policy;
    uint32_t workers;
    uint64_t ticks;
    uint64_t fingerprint; // out
} sum_case;

// |sum theta(t) - sum theta(0) - t sum omega|, phases unwrapped. Odd coupling on an undirected graph: what i
// does to j, j does to i, if both look at the same tick.
static double sum_drift(validate_context *context, sum_case *what) {
    const double h = 0.01;
    double phases[SUM_COUNT], frequencies[SUM_COUNT];
    long double *before = calloc((size_t)2 * SUM_COUNT, sizeof *before), sum = 0;
    if (before == NULL)
        abort();
    long double *after = before + SUM_COUNT;
    for (uint32_t i = 0; i < SUM_COUNT; i++) {
        phases[i] = 20 * (validate_draw(13, 2 * i) - 0.5);         // some begin with turns
        frequencies[i] = 8 * (validate_draw(13, 2 * i + 1) - 0.4); // and they make more
    }
    validate_swarm swarm;
    validate_open(context,
                  &(validate_spec){.count = SUM_COUNT,
                                   .phases = phases,
                                   .frequencies = frequencies,
                                   .topology = what->graph,
                                   .model = what->model,
                                   .step_s = h,
                                   .policy = what->policy,
                                   .workers = what->workers},
                  &swarm);
    validate_unwrapped(&swarm, before);
    validate_advance(&swarm, what->ticks);
    validate_unwrapped(&swarm, after);
    what->fingerprint = validate_fingerprint(&swarm);
    for (uint32_t i = 0; i < SUM_COUNT; i++)
        sum += after[i] - before[i] - (long double)h * (long double)what->ticks * frequencies[i];
    validate_close(&swarm);
    free(before);
    return (double)fabsl(sum);
}

static entrain_topology *graph_of(validate_context *context, entrain_topology_kind kind, double weight_low,
                                  bool directed) {
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = kind;
    config.size = SUM_COUNT;
    config.degree = kind == ENTRAIN_TOPOLOGY_RING ? 4 : 8;
    config.weight_low = weight_low;
    config.weight_high = weight_low < 1 ? 1.7 : 1;
    config.directed = directed;
    return validate_graph(context, &config);
}

static void t13_graphs(validate_context *context, uint64_t ticks) {
    static const struct {
        const char *name;
        entrain_topology_kind kind;
        double weight_low;
        entrain_normalise normalise;
        double coupling;
    } rows[] = {
        {"complete", ENTRAIN_TOPOLOGY_COMPLETE, 1, ENTRAIN_NORMALISE_SIZE, 3},
        {"ring", ENTRAIN_TOPOLOGY_RING, 1, ENTRAIN_NORMALISE_NONE, 1},
        {"small-world, weighted", ENTRAIN_TOPOLOGY_SMALL_WORLD, 0.2, ENTRAIN_NORMALISE_NONE, 1},
        {"scale-free, weights of both signs", ENTRAIN_TOPOLOGY_SCALE_FREE, -0.7, ENTRAIN_NORMALISE_NONE, 1},
        {"random-regular, by degree", ENTRAIN_TOPOLOGY_RANDOM_REGULAR, 1, ENTRAIN_NORMALISE_DEGREE, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sum_case what = {.graph = graph_of(context, rows[i].kind, rows[i].weight_low, false),
                         .model = validate_model(rows[i].coupling),
                         .ticks = ticks};
        what.model.normalise = rows[i].normalise;
        double most = 0;
        for (int integrator = 0; integrator < ENTRAIN_INTEGRATOR_COUNT; integrator++) {
            what.model.integrator = (entrain_integrator)integrator;
            most = fmax(most, sum_drift(context, &what));
        }
        entrain_topology_release(what.graph);
        validate_note(context, "%d ticks each of euler, heun and rk4", (int)ticks);
        validate_near(context, 0, most, 1e-12 * SUM_COUNT, "N = %d, %s", SUM_COUNT, rows[i].name);
    }
}

// Every policy, also those of plug-ins: whoever lets a task run twice or see half a tick is seen here.
static void t13_policies(validate_context *context, uint64_t ticks) {
    entrain_topology *graph = graph_of(context, ENTRAIN_TOPOLOGY_SMALL_WORLD, 1, false);
    sum_case reference = {
        .graph = graph, .model = validate_model(1), .policy = "serial", .workers = 1, .ticks = ticks};
    reference.model.normalise = ENTRAIN_NORMALISE_NONE;
    (void)sum_drift(context, &reference);
    const entrain_policy *policy;
    for (uint32_t p = 0; (policy = entrain_policy_at(p)) != NULL && !validate_over(context); p++) {
        double most = 0;
        bool same = true;
        sum_case what = reference;
        what.policy = policy->name;
        for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++) {
            what.workers = worker_counts[w];
            most = fmax(most, sum_drift(context, &what));
            same = same && what.fingerprint == reference.fingerprint;
        }
        if (!same)
            validate_fault(context, "not the fingerprint of serial on one worker");
        validate_near(context, 0, most, 1e-12 * SUM_COUNT, "policy %s, 1, 2 and 3 workers; small-world",
                      policy->name);
        validate_mend(context); // the next policy may be sound
    }
    entrain_topology_release(graph);
}

static void run_t13(validate_context *context) {
    const uint64_t ticks = context->full ? 2000 : 300;
    t13_graphs(context, ticks);
    t13_policies(context, context->full ? 200 : 60);
    sum_case directed = {.graph = graph_of(context, ENTRAIN_TOPOLOGY_SMALL_WORLD, 1, true),
                         .model = validate_model(1),
                         .ticks = ticks};
    directed.model.normalise = ENTRAIN_NORMALISE_NONE;
    double drift = sum_drift(context, &directed);
    entrain_topology_release(directed.graph);
    validate_note(context, "control: a directed graph must break it");
    validate_at_least(context, 1e-3, drift, "small-world, directed");
}

// --- T14: symmetries

enum { SYM_COUNT = 150, SYM_EDGES = 3 * SYM_COUNT, SYM_SAMPLES = 20 };

// Two systems: all-to-all, and a directed weighted graph with a lag.
typedef struct symmetric {
    double phases[SYM_COUNT], frequencies[SYM_COUNT];
    entrain_edge edges[SYM_EDGES];
    bool complete;
    entrain_layout layout;
} symmetric;

typedef struct traces {
    double r[SYM_SAMPLES + 1];
    double phases[SYM_COUNT]; // in the end
} traces;

static symmetric symmetric_start(bool complete) {
    symmetric s = {.complete = complete};
    for (uint32_t i = 0; i < SYM_COUNT; i++) {
        s.phases[i] = TWO_PI * (validate_draw(14, 2 * i) - 0.5);
        s.frequencies[i] = 1.5 * (validate_draw(14, 2 * i + 1) - 0.5);
    }
    for (uint32_t e = 0; e < SYM_EDGES; e++) {
        uint32_t to = e % SYM_COUNT;
        uint32_t apart = 1 + (uint32_t)(validate_draw(141, 2 * e) * (SYM_COUNT - 1));
        s.edges[e] = (entrain_edge){
            .from = (to + apart) % SYM_COUNT, .to = to, .weight = 0.3 + 1.3 * validate_draw(141, 2 * e + 1)};
    }
    return s;
}

static void symmetric_run(validate_context *context, const symmetric *s, traces *traces_out) {
    entrain_topology *graph = NULL;
    entrain_error error = {0};
    if (!s->complete &&
        entrain_topology_from_edges(SYM_COUNT, s->edges, SYM_EDGES, true, true, &graph, &error) != ENTRAIN_OK)
        validate_fault(context, "%s", error.sentence);
    validate_spec spec = {.count = SYM_COUNT,
                          .phases = s->phases,
                          .frequencies = s->frequencies,
                          .topology = graph,
                          .model = validate_model(1.5),
                          .step_s = 0.02,
                          .layout = s->layout};
    if (!s->complete) {
        spec.model.normalise = ENTRAIN_NORMALISE_DEGREE;
        spec.model.lag = 0.2;
    }
    validate_swarm swarm;
    validate_open(context, &spec, &swarm);
    for (int t = 0; t <= SYM_SAMPLES; t++) {
        validate_advance(&swarm, t > 0 ? 25 : 0);
        traces_out->r[t] = validate_sample(&swarm).coherence;
    }
    memcpy(traces_out->phases, validate_phases(&swarm), sizeof traces_out->phases);
    validate_close(&swarm);
    entrain_topology_release(graph);
}

static double largest_difference(const traces *a, const traces *b) {
    double most = 0;
    for (int t = 0; t <= SYM_SAMPLES; t++)
        most = fmax(most, fabs(a->r[t] - b->r[t]));
    return most;
}

static uint32_t bits_between(double a, double b) {
    uint64_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return (uint32_t)__builtin_popcountll(x ^ y);
}

// Bits of r at every sample, and of every phase in the end, phase @p name[i] of @p b for phase i of @p a.
static double bits_apart(const traces *a, const traces *b, const uint32_t *name) {
    uint64_t bits = 0;
    for (int t = 0; t <= SYM_SAMPLES; t++)
        bits += bits_between(a->r[t], b->r[t]);
    for (uint32_t i = 0; i < SYM_COUNT; i++)
        bits += bits_between(a->phases[i], b->phases[name[i]]);
    return (double)bits;
}

static void shuffle(uint32_t *name) {
    for (uint32_t i = 0; i < SYM_COUNT; i++)
        name[i] = i;
    for (uint32_t i = SYM_COUNT - 1; i > 0; i--) {
        uint32_t j = (uint32_t)(validate_draw(142, i) * (i + 1)), swap = name[i];
        name[i] = name[j];
        name[j] = swap;
    }
}

static void rename_all(const symmetric *plain, const uint32_t *name, symmetric *renamed_out) {
    *renamed_out = *plain;
    for (uint32_t i = 0; i < SYM_COUNT; i++) {
        renamed_out->phases[name[i]] = plain->phases[i];
        renamed_out->frequencies[name[i]] = plain->frequencies[i];
    }
    for (uint32_t e = 0; e < SYM_EDGES; e++) { // and given in another order
        const entrain_edge *edge = &plain->edges[SYM_EDGES - 1 - e];
        renamed_out->edges[e] = (entrain_edge){name[edge->from], name[edge->to], edge->weight};
    }
}

static void run_t14(validate_context *context) {
    for (int system = 0; system < 2; system++) {
        const char *what = system == 0 ? "N = 150, all-to-all" : "N = 150, directed, weighted, lag";
        const symmetric plain = symmetric_start(system == 0);
        symmetric turned = plain, faster = plain, other = plain, renamed, shuffled = plain;
        traces reference, run;
        uint32_t name[SYM_COUNT], same[SYM_COUNT];
        symmetric_run(context, &plain, &reference);
        for (uint32_t i = 0; i < SYM_COUNT; i++) {
            turned.phases[i] += 1.2345;
            faster.frequencies[i] += 0.77;
            other.frequencies[i] *= 1.0001;
            same[i] = i;
        }
        symmetric_run(context, &turned, &run);
        validate_near(context, 0, largest_difference(&reference, &run), 1e-12, "r(t), phases + 1.2345; %s",
                      what);
        symmetric_run(context, &faster, &run);
        validate_near(context, 0, largest_difference(&reference, &run), 1e-12, "r(t), w + 0.77; %s", what);
        shuffle(name);
        rename_all(&plain, name, &renamed);
        symmetric_run(context, &renamed, &run);
        validate_near(context, 0, bits_apart(&reference, &run, name), 0, "bits, new names; %s", what);
        shuffled.layout = ENTRAIN_LAYOUT_SHUFFLED;
        symmetric_run(context, &shuffled, &run);
        validate_near(context, 0, bits_apart(&reference, &run, same), 0, "bits, shuffled in memory; %s",
                      what);
        symmetric_run(context, &other, &run);
        validate_note(context, "control: other frequencies must be noticed");
        validate_at_least(context, 1e-6, largest_difference(&reference, &run), "r(t), w x 1.0001; %s", what);
    }
}

const validate_check validate_symmetry[] = {
    {"T11", "Watanabe-Strogatz: N - 3 cross ratios of sin((theta_i - theta_j)/2) stay",
     "Marvel, Mirollo, Strogatz 2009", run_t11},
    {"T13", "conservation: sum theta(t) = sum theta(0) + t sum w, turns counted", "by action and reaction",
     run_t13},
    {"T14", "a turn of all phases, new names, a rotating frame: the same r(t)", "by symmetry", run_t14},
    {NULL, NULL, NULL, NULL},
};
