// The network of bench_network.h. Plain C here is what one writes by hand: loops over rows, libm, double.
#include "sims/bench_network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/random.h"
#include "sims/bench_turns.h"
#include "sims/interrupt.h"

enum { DEGREE = 4, EXTRAPOLATIONS = 8, STEPS_FIRST = 20, STEPS_LAST = 1280 };

// --- The graph and the start

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// Arcs are numbers: from x (size - 1) + to, without loops. Draws them, and draws again what was there
// already.
static entrain_status draw_random(uint32_t size, entrain_topology **topology_out, entrain_error *error_out) {
    const entrain_random key = entrain_random_key(1, ENTRAIN_STREAM_USER);
    const uint32_t count = DEGREE * size;
    uint64_t *arcs = bench_take(count, sizeof *arcs);
    entrain_edge *edges = bench_take(count, sizeof *edges);
    uint32_t kept = 0;
    for (uint64_t round = 0; kept < count; round++) {
        for (uint32_t a = kept; a < count; a++)
            arcs[a] = entrain_random_below(key, (uint64_t)size * (size - 1), a, round, 0);
        qsort(arcs, count, sizeof *arcs, by_number);
        kept = 1;
        for (uint32_t a = 1; a < count; a++)
            if (arcs[a] != arcs[kept - 1])
                arcs[kept++] = arcs[a];
    }
    for (uint32_t a = 0; a < count; a++) {
        const uint32_t from = (uint32_t)(arcs[a] / (size - 1)), to = (uint32_t)(arcs[a] % (size - 1));
        edges[a] = (entrain_edge){from, to + (to >= from), 1};
    }
    entrain_status status =
        entrain_topology_from_edges(size, edges, count, true, false, topology_out, error_out);
    free(arcs);
    free(edges);
    return status;
}

static entrain_status draw_small_world(uint32_t size, entrain_topology **topology_out,
                                       entrain_error *error_out) {
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
    config.size = size;
    config.degree = DEGREE;
    config.rewire = 0.2;
    return entrain_topology_create(&config, topology_out, error_out);
}

entrain_status bench_network_create(bench_network *network, bench_network_kind kind, uint32_t size,
                                    entrain_error *error_out) {
    const entrain_random frequency = entrain_random_key(1, ENTRAIN_STREAM_FREQUENCY);
    const entrain_random phase = entrain_random_key(1, ENTRAIN_STREAM_PHASE);
    *network = (bench_network){.size = size};
    entrain_status status =
        (kind == BENCH_NETWORK_RANDOM ? draw_random : draw_small_world)(size, &network->topology, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain_topology_view view = entrain_topology_look(network->topology);
    network->offsets = view.in_offsets;
    network->speakers = view.in_speakers;
    network->frequency = bench_take(size, sizeof *network->frequency);
    network->start = bench_take(size, sizeof *network->start);
    network->columns = bench_take(6 * (size_t)size, sizeof *network->columns);
    network->exact_columns = bench_take((6 + EXTRAPOLATIONS) * (size_t)size, sizeof *network->exact_columns);
    for (uint32_t i = 0; i < size; i++) {
        network->frequency[i] = entrain_random_uniform(frequency, i, 0, 0) - 0.5;
        network->start[i] = 0x1.921fb54442d18p+2 * entrain_random_uniform(phase, i, 0, 0);
    }
    return ENTRAIN_OK;
}

void bench_network_destroy(bench_network *network) {
    entrain_topology_release(network->topology);
    free(network->frequency);
    free(network->start);
    free(network->columns);
    free(network->exact_columns);
    *network = (bench_network){0};
}

// --- Exactly: Gragg, Bulirsch and Stoer's extrapolation of the midpoint rule. Hairer, Norsett, Wanner
// (1993), II.9.

static void rate_exact(const bench_network *network, const long double *phase, long double *rate) {
    const uint32_t size = network->size;
    long double *s = network->exact_columns, *c = s + size;
    for (uint32_t i = 0; i < size; i++) {
        s[i] = sinl(phase[i]); // rooms: allowed, because the reference is nobody's input and needs no bits
        c[i] = cosl(phase[i]); // rooms: allowed, because the reference is nobody's input and needs no bits
    }
    for (uint32_t i = 0; i < size; i++) {
        long double sum_s = 0, sum_c = 0;
        for (uint64_t a = network->offsets[i]; a < network->offsets[i + 1]; a++) {
            sum_s += s[network->speakers[a]];
            sum_c += c[network->speakers[a]];
        }
        rate[i] = network->frequency[i] + network->coupling * (c[i] * sum_s - s[i] * sum_c);
    }
}

// phase(t + h) by @p parts parts of the smoothed midpoint rule, from phase(t) and its rate.
static void midpoint(const bench_network *network, const long double *phase, const long double *rate,
                     long double h, uint32_t parts, long double *result) {
    const uint32_t size = network->size;
    long double *before = network->exact_columns + 2 * (size_t)size, *slope = before + size;
    for (uint32_t i = 0; i < size; i++) {
        before[i] = phase[i];
        result[i] = phase[i] + h / parts * rate[i];
    }
    for (uint32_t part = 1; part < parts; part++) {
        rate_exact(network, result, slope);
        for (uint32_t i = 0; i < size; i++) {
            const long double next = before[i] + 2 * h / parts * slope[i];
            before[i] = result[i];
            result[i] = next;
        }
    }
    rate_exact(network, result, slope);
    for (uint32_t i = 0; i < size; i++)
        result[i] = (before[i] + result[i] + h / parts * slope[i]) / 2;
}

// @return false after a signal
static bool extrapolate(const bench_network *network, uint32_t steps, long double *phase) {
    const uint32_t size = network->size;
    long double *rate = network->exact_columns + 4 * (size_t)size, *table = rate + size;
    const long double h = (long double)BENCH_NETWORK_END_S / steps;
    for (uint32_t i = 0; i < size; i++)
        phase[i] = network->start[i];
    for (uint32_t step = 0; step < steps; step++) {
        if (interrupt_requested())
            return false;
        rate_exact(network, phase, rate);
        for (uint32_t k = 0; k < EXTRAPOLATIONS; k++)
            midpoint(network, phase, rate, h, 2 * (k + 1), table + k * (size_t)size);
        for (uint32_t order = 1; order < EXTRAPOLATIONS;
             order++) // Aitken and Neville, in squares of the parts
            for (uint32_t k = EXTRAPOLATIONS - 1; k >= order; k--) {
                long double *better = table + k * (size_t)size;
                const long double *worse = better - size, ratio = (long double)(k + 1) / (k + 1 - order);
                for (uint32_t i = 0; i < size; i++)
                    better[i] += (better[i] - worse[i]) / (ratio * ratio - 1);
            }
        memcpy(phase, table + (EXTRAPOLATIONS - 1) * (size_t)size, size * sizeof *phase);
    }
    return true;
}

bool bench_network_exact(bench_network *network, long double most, long double *phases) {
    long double *before = bench_take(network->size, sizeof *before);
    bool found = false, going = extrapolate(network, STEPS_FIRST, before);
    for (uint32_t steps = 2 * STEPS_FIRST; going && !found && steps <= STEPS_LAST; steps *= 2) {
        long double change = 0;
        going = extrapolate(network, steps, phases);
        for (uint32_t i = 0; i < network->size; i++) {
            change += fabsl(phases[i] - before[i]);
            before[i] = phases[i];
        }
        found = change < most * network->size;
    }
    free(before);
    return going && found;
}

// --- Plain C

static void rate_of_arcs(const bench_network *network, const double *phase, double *rate) {
    for (uint32_t i = 0; i < network->size; i++) {
        double sum = 0;
        for (uint64_t a = network->offsets[i]; a < network->offsets[i + 1]; a++)
            sum += sin(phase[network->speakers[a]] - phase[i]); // rooms: allowed, because libm is the subject
        rate[i] = network->frequency[i] + network->coupling * sum;
    }
}

static void rate_of_oscillators(const bench_network *network, const double *phase, double *rate) {
    double *s = network->columns, *c = s + network->size;
    for (uint32_t i = 0; i < network->size; i++) {
        s[i] = sin(phase[i]); // rooms: allowed, because libm is the subject
        c[i] = cos(phase[i]); // rooms: allowed, because libm is the subject
    }
    for (uint32_t i = 0; i < network->size; i++) {
        double sum_s = 0, sum_c = 0;
        for (uint64_t a = network->offsets[i]; a < network->offsets[i + 1]; a++) {
            sum_s += s[network->speakers[a]];
            sum_c += c[network->speakers[a]];
        }
        rate[i] = network->frequency[i] + network->coupling * (c[i] * sum_s - s[i] * sum_c);
    }
}

// Kutta's (1901) stages: the phase of the next one, and the weighted sum of slopes.
static void take_stage(uint32_t size, const double *restrict phase, const double *restrict rate, double reach,
                       double weight, double *restrict ahead, double *restrict slope) {
    for (uint32_t i = 0; i < size; i++) {
        ahead[i] = phase[i] + reach * rate[i];
        slope[i] += weight * rate[i];
    }
}

void bench_network_plain(bench_network *network, bench_network_sines sines, uint32_t steps, double *phases) {
    void (*const rates)(const bench_network *, const double *, double *) =
        sines == BENCH_NETWORK_OF_ARCS ? rate_of_arcs : rate_of_oscillators;
    const uint32_t size = network->size;
    double *rate = network->columns + 2 * (size_t)size, *ahead = rate + size, *slope = ahead + size;
    const double h = BENCH_NETWORK_END_S / steps;
    memcpy(phases, network->start, size * sizeof *phases);
    for (uint32_t step = 0; step < steps; step++) {
        memset(slope, 0, size * sizeof *slope);
        rates(network, phases, rate);
        take_stage(size, phases, rate, h / 2, 1, ahead, slope);
        rates(network, ahead, rate);
        take_stage(size, phases, rate, h / 2, 2, ahead, slope);
        rates(network, ahead, rate);
        take_stage(size, phases, rate, h, 2, ahead, slope);
        rates(network, ahead, rate);
        for (uint32_t i = 0; i < size; i++)
            phases[i] += h / 6 * (slope[i] + rate[i]);
    }
}
