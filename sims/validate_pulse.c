// Oscillators that speak by pulses, in virtual time: two that absorb each other, and n that share a period
// evenly.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sims/validate.h"

typedef struct pulses {
    validate_context *context;
    entrain_engine *engine;
    entrain_population *population;
    uint32_t count;
} pulses;

typedef entrain_status (*add_pulses)(const void *config, entrain_engine *engine, entrain_topology *topology,
                                     uint32_t count, const double *phases, const double *frequencies,
                                     entrain_population **population_out, entrain_error *error_out);

static entrain_status add_firing(const void *config, entrain_engine *engine, entrain_topology *topology,
                                 uint32_t count, const double *phases, const double *frequencies,
                                 entrain_population **population_out, entrain_error *error_out) {
    return entrain_pulse_add(engine, config, topology, count, phases, frequencies, population_out, error_out);
}

static entrain_status add_desync(const void *config, entrain_engine *engine, entrain_topology *topology,
                                 uint32_t count, const double *phases, const double *frequencies,
                                 entrain_population **population_out, entrain_error *error_out) {
    return entrain_desync_add(engine, config, topology, count, phases, frequencies, population_out,
                              error_out);
}

// @p count oscillators of period 1, all-to-all; phases in turns.
static void open_pulses(validate_context *context, add_pulses add, const void *model, uint32_t count,
                        const double *turns, pulses *out) {
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
    config.scheduler.worker_count = 1;
    entrain_topology_config graph = entrain_topology_config_defaults();
    graph.kind = ENTRAIN_TOPOLOGY_COMPLETE;
    graph.size = count;
    entrain_topology *topology = validate_graph(context, &graph);
    double *phases = validate_doubles(count), *frequencies = validate_doubles(count);
    entrain_error error = {0};
    *out = (pulses){.context = context, .count = count};
    for (uint32_t i = 0; i < count; i++) {
        phases[i] = TWO_PI * turns[i];
        frequencies[i] = TWO_PI;
    }
    if (!validate_over(context) && (entrain_engine_create(&config, &out->engine, &error) != ENTRAIN_OK ||
                                    add(model, out->engine, topology, count, phases, frequencies,
                                        &out->population, &error) != ENTRAIN_OK ||
                                    entrain_engine_start(out->engine, &error) != ENTRAIN_OK))
        validate_fault(context, "%s", error.sentence);
    entrain_topology_release(topology);
    free(phases);
    free(frequencies);
}

static void close_pulses(pulses *all) { entrain_engine_destroy(all->engine); }

// To @p time_s; phases in turns, 0 to 1, of everybody then.
static void look(pulses *all, double time_s, double *turns_out) {
    entrain_error error = {0};
    for (uint32_t i = 0; i < all->count; i++)
        turns_out[i] = NAN;
    if (validate_over(all->context))
        return;
    entrain_status status = entrain_engine_run(all->engine, time_s, &error);
    if (status == ENTRAIN_OK)
        status = entrain_pulse_look(all->population);
    if (status != ENTRAIN_OK) {
        validate_fault(all->context, "%s",
                       *error.sentence != '\0' ? error.sentence : entrain_status_text(status));
        return;
    }
    entrain_phase_read(all->population, turns_out, NULL, NULL);
    for (uint32_t i = 0; i < all->count; i++) {
        turns_out[i] /= TWO_PI;
        turns_out[i] -= floor(turns_out[i]);
    }
}

// --- T16: Mirollo and Strogatz

// Phase of the one that heard the pulse just after the @p firings-th firing, from 0 and @p phi: how far the
// two are apart does not change until the next one. phi > 1/2 or not, the first to fire is the second of the
// two.
static double after_firings(validate_context *context, const entrain_pulse_config *model, double phi,
                            int firings) {
    const double start[2] = {0, phi};
    double turns[2] = {NAN, NAN};
    pulses all;
    open_pulses(context, add_firing, model, 2, start, &all);
    uint64_t fired = 0, together = 0;
    double time_s = 0;
    // In steps so short that nobody fires twice in one.
    for (; fired < (uint64_t)firings && time_s < 20 && !validate_over(context); time_s += 0.01) {
        look(&all, time_s, turns);
        if (!validate_over(context))
            entrain_pulse_count(all.population, &fired, &together);
    }
    double apart = firings % 2 == 1 ? turns[0] - turns[1] : turns[1] - turns[0];
    close_pulses(&all);
    return validate_over(context) ? NAN : apart - floor(apart);
}

// Firings until the two fire as one, not counting those two.
static double firings_to_absorption(validate_context *context, const entrain_pulse_config *model,
                                    double phi) {
    const double start[2] = {0, phi};
    double turns[2];
    pulses all;
    open_pulses(context, add_firing, model, 2, start, &all);
    uint64_t fired = 0, together = 0;
    for (double time_s = 0; together == 0 && time_s < 100 && !validate_over(context); time_s += 0.05) {
        look(&all, time_s, turns);
        if (!validate_over(context))
            entrain_pulse_count(all.population, &fired, &together);
    }
    close_pulses(&all);
    return together > 0 ? (double)fired - 2 : NAN;
}

// The same by the map: the one that waits stands at h(phi) = jump(1 - phi) after each firing, until that is
// 1.
static double map_to_absorption(const entrain_pulse_config *model, double phi) {
    int firings = 0;
    for (; firings < 1000; firings++) {
        phi = entrain_theory_pulse_jump(model->dissipation, model->strength, 1 - phi);
        if (phi >= 1)
            break;
    }
    return firings;
}

// From random phases all of them come to fire as one (Mirollo and Strogatz, section 3): different phases left
// at t = 60.
static void all_absorbed(validate_context *context, uint32_t count, const entrain_pulse_config *model) {
    double *turns = validate_doubles(count);
    uint32_t groups = 0;
    for (uint32_t i = 0; i < count; i++)
        turns[i] = validate_draw(16, i);
    pulses all;
    open_pulses(context, add_firing, model, count, turns, &all);
    look(&all, 60, turns);
    close_pulses(&all);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = 0;
        while (j < i && turns[j] != turns[i])
            j++;
        groups += j == i;
    }
    validate_near(context, 1, groups, 0, "groups left at t = 60; N = %u, b = %g, eps = %g", count,
                  model->dissipation, model->strength);
    free(turns);
}

static void run_t16(validate_context *context) {
    static const double parameters[][2] = {{3, 0.1}, {1.5, 0.07}};
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        entrain_pulse_config model = entrain_pulse_config_defaults();
        const double b = model.dissipation = parameters[i][0], strength = model.strength = parameters[i][1];
        const double fixed = entrain_theory_pulse_fixed_point(b, strength), step = 1e-3;
        // h(phi) is linear: its fixed point lies on the line through two measured values.
        double low = after_firings(context, &model, fixed - step, 1);
        double high = after_firings(context, &model, fixed + step, 1);
        double slope = (high - low) / (2 * step);
        validate_near(context, fixed, (low - slope * (fixed - step)) / (1 - slope), 1e-9,
                      "fixed point of the pulse map; b = %g, eps = %g", b, strength);
        low = after_firings(context, &model, fixed - step, 2);
        high = after_firings(context, &model, fixed + step, 2);
        validate_near(context, entrain_theory_pulse_slope(b, strength), (high - low) / (2 * step), 1e-9,
                      "slope of the return map; b = %g, eps = %g", b, strength);
        for (int tenth = 1; tenth <= 9; tenth++) {
            const double phi = tenth / 10.0;
            validate_near(context, map_to_absorption(&model, phi),
                          firings_to_absorption(context, &model, phi), 0,
                          "absorbed after; b = %g, eps = %g, phi0 = %g", b, strength, phi);
        }
    }
    entrain_pulse_config model = entrain_pulse_config_defaults();
    model.dissipation = 3;
    model.strength = 0.01;
    all_absorbed(context, context->full ? 300 : 50, &model);
}

// --- T21: DESYNC

enum { NODES_MAX = 20, STARTS_MAX = 200, ROUNDS_MAX = 3000 };

typedef struct spreading {
    uint32_t nodes;
    double alpha;
    double rounds[STARTS_MAX]; // out
} spreading;

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Largest |gap - 1/n| n between neighbours around the period.
static double unevenness(uint32_t count, double *turns) {
    double most = 0;
    qsort(turns, count, sizeof *turns, by_size);
    for (uint32_t i = 0; i < count; i++) {
        double gap = i + 1 < count ? turns[i + 1] - turns[i] : turns[0] + 1 - turns[i];
        most = fmax(most, fabs(gap * count - 1));
    }
    return most;
}

static void spread(validate_context *context, void *argument, uint32_t index) {
    spreading *what = argument;
    entrain_desync_config model = entrain_desync_config_defaults();
    double turns[NODES_MAX], time_s = 0;
    const double every_s = context->full ? 0.125 : 0.25;
    model.alpha = what->alpha;
    for (uint32_t i = 0; i < what->nodes; i++)
        turns[i] = validate_draw(21 + index, i);
    pulses all;
    open_pulses(context, add_desync, &model, what->nodes, turns, &all);
    do {
        look(&all, time_s += every_s, turns);
    } while (!validate_over(context) && unevenness(what->nodes, turns) >= 1e-3 && time_s < ROUNDS_MAX);
    // It came about half way between two looks, on average.
    what->rounds[index] = validate_over(context) || time_s >= ROUNDS_MAX ? (double)NAN : time_s - every_s / 2;
    close_pulses(&all);
}

static void run_t21(validate_context *context) {
    // There is no formula: means of 200 starts of an independent simulation of the rule.
    static const struct {
        uint32_t nodes;
        double alpha, rounds;
    } rows[] = {{5, 0.5, 15.9},   {5, 0.95, 50.2}, {10, 0.5, 60.7},
                {10, 0.95, 39.1}, {20, 0.5, 232},  {20, 0.95, 121}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!context->full && rows[i].nodes > 10)
            continue;
        spreading *what = calloc(1, sizeof *what);
        if (what == NULL)
            abort();
        const uint32_t starts = context->full ? STARTS_MAX : 40;
        double mean, error, wider = sqrt(STARTS_MAX / (double)starts);
        what->nodes = rows[i].nodes;
        what->alpha = rows[i].alpha;
        validate_each(context, starts, spread, what);
        validate_mean_of(what->rounds, starts, &mean, &error);
        free(what);
        if (!context->full)
            validate_note(context, "%u starts instead of %d: %.2g x the tolerance of 10 %%", starts,
                          STARTS_MAX, wider);
        validate_mean(context, rows[i].rounds, mean, error, 0.1 * wider * rows[i].rounds,
                      "mean rounds; n = %u, alpha = %g, %u starts", rows[i].nodes, rows[i].alpha, starts);
    }
}

const validate_check validate_pulse[] = {
    {"T16", "pulse-coupled: h(phi) = [e^(b eps) (1 + (e^b - 1)(1 - phi)) - 1] / (e^b - 1)",
     "Mirollo, Strogatz 1990", run_t16},
    {"T21", "DESYNC, the midpoint rule: rounds until all gaps are within 0.1 % of T/n",
     "Degesys, Rose, Patel, Nagpal 2007", run_t21},
    {NULL, NULL, NULL, NULL},
};
