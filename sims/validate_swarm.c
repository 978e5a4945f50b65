// A swarm to check with: once, or twice through both transports, compared bit by bit whenever it is looked
// at.
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/math.h"
#include "entrain/random.h"
#include "sims/interrupt.h"
#include "sims/validate.h"

// Actor-steps between two looks at whether a signal came: some tens of milliseconds.
enum { BREATH = 4000000 };

double *validate_doubles(uint32_t count) {
    double *values = calloc(count > 0 ? count : 1, sizeof *values);
    if (values == NULL)
        abort();
    return values;
}

double validate_draw(uint32_t series, uint32_t index) {
    return entrain_random_uniform(entrain_random_key(series, ENTRAIN_STREAM_USER), index, 0, 0);
}

void validate_fill(validate_context *context, const entrain_distribution *distribution, uint64_t seed,
                   uint32_t stream, uint32_t count, double *values_out) {
    entrain_error error = {0};
    if (entrain_distribution_fill(distribution, "the values", seed, stream, count, values_out, &error) !=
        ENTRAIN_OK)
        validate_fault(context, "%s", error.sentence);
}

void validate_uniform_quantiles(double half_width, uint32_t count, double *values_out) {
    for (uint32_t j = 1; j <= count; j++)
        values_out[j - 1] = half_width * (-1 + (2.0 * j - 1) / count);
}

double validate_asin(double x) { return entrain_atan2(x, sqrt(1 - x * x)); }

entrain_kuramoto_config validate_model(double coupling) {
    entrain_kuramoto_config model = entrain_kuramoto_config_defaults();
    model.coupling = coupling;
    model.normalise = ENTRAIN_NORMALISE_SIZE;
    return model;
}

validate_transports validate_turn(const validate_context *context, uint32_t index) {
    return index % (context->full ? 2 : 8) == 0 ? VALIDATE_MAILBOX_ONLY : VALIDATE_PUBLISH_ONLY;
}

entrain_topology *validate_graph(validate_context *context, const entrain_topology_config *config) {
    entrain_topology *graph = NULL;
    entrain_error error = {0};
    if (entrain_topology_create(config, &graph, &error) == ENTRAIN_OK)
        return graph;
    validate_fault(context, "%s", error.sentence);
    return NULL;
}

entrain_topology *validate_ring_of(validate_context *context, uint32_t count) {
    entrain_topology_config config = entrain_topology_config_defaults();
    config.kind = ENTRAIN_TOPOLOGY_RING;
    config.size = count;
    config.degree = 2;
    return validate_graph(context, &config);
}

static entrain_status open_half(const validate_spec *spec, entrain_transport transport,
                                entrain_topology *topology, const double *nothing, validate_swarm *swarm,
                                uint32_t half, entrain_error *error_out) {
    entrain_engine_config config = entrain_engine_config_defaults();
    config.transport = transport;
    config.scheduler.worker_count = spec->workers > 0 ? spec->workers : 1;
    config.scheduler.policy = spec->policy != NULL                     ? spec->policy
                              : transport == ENTRAIN_TRANSPORT_MAILBOX ? "shuffled"
                                                                       : "static";
    config.cohort_weight = spec->transports == VALIDATE_BOTH ? 64 : 0;
    config.layout = spec->layout;
    config.step_s = spec->step_s;
    config.seed = config.scheduler.seed = spec->seed;
    entrain_status status = entrain_engine_create(&config, &swarm->engines[half], error_out);
    if (status == ENTRAIN_OK)
        status = entrain_kuramoto_add(
            swarm->engines[half], &spec->model, spec->count, spec->phases != NULL ? spec->phases : nothing,
            spec->frequencies != NULL ? spec->frequencies : nothing, &swarm->populations[half], error_out);
    if (status == ENTRAIN_OK)
        status = entrain_engine_set_topology(swarm->engines[half], topology, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_engine_start(swarm->engines[half], error_out);
    if (status == ENTRAIN_OK)
        status = entrain_phase_meter_create(swarm->engines[half], swarm->populations[half],
                                            &swarm->meters[half], error_out);
    return status;
}

void validate_open(validate_context *context, const validate_spec *spec, validate_swarm *swarm_out) {
    bool both = spec->transports == VALIDATE_BOTH;
    context->any = true;
    if (atomic_exchange(&context->told, false))
        context->once = false;
    if (!both)
        context->once = true;
    *swarm_out = (validate_swarm){.context = context,
                                  .count = spec->count,
                                  .halves = both ? 2 : 1,
                                  .step_s = spec->step_s,
                                  .phases = validate_doubles(2 * spec->count),
                                  .turns = calloc(2 * (size_t)spec->count, sizeof *swarm_out->turns)};
    if (swarm_out->turns == NULL)
        abort();
    entrain_topology *topology = spec->topology;
    if (topology == NULL) {
        entrain_topology_config config = entrain_topology_config_defaults();
        config.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        config.size = spec->count;
        topology = validate_graph(context, &config);
    }
    double *nothing = validate_doubles(spec->count);
    entrain_error error = {0};
    for (uint32_t half = 0; half < swarm_out->halves && !validate_over(context); half++) {
        entrain_transport transport = spec->transports == VALIDATE_PUBLISH_ONLY || half == 1
                                          ? ENTRAIN_TRANSPORT_PUBLISH
                                          : ENTRAIN_TRANSPORT_MAILBOX;
        if (open_half(spec, transport, topology, nothing, swarm_out, half, &error) != ENTRAIN_OK)
            validate_fault(context, "%s", error.sentence);
    }
    free(nothing);
    if (spec->topology == NULL)
        entrain_topology_release(topology);
}

void validate_close(validate_swarm *swarm) {
    for (uint32_t half = 0; half < swarm->halves; half++) {
        entrain_phase_meter_destroy(swarm->meters[half]);
        entrain_engine_destroy(swarm->engines[half]);
    }
    free(swarm->phases);
    free(swarm->turns);
    *swarm = (validate_swarm){0};
}

static bool agree(validate_swarm *swarm, bool same, const char *what) {
    if (!same)
        validate_fault(swarm->context, "the two transports differ in %s at tick %" PRIu64, what,
                       entrain_engine_tick(swarm->engines[0]));
    return same;
}

uint64_t validate_fingerprint(validate_swarm *swarm) {
    if (validate_over(swarm->context))
        return 0;
    uint64_t fingerprint = entrain_engine_fingerprint(swarm->engines[0]);
    if (swarm->halves == 2)
        agree(swarm, fingerprint == entrain_engine_fingerprint(swarm->engines[1]), "their fingerprint");
    return fingerprint;
}

void validate_advance(validate_swarm *swarm, uint64_t ticks) {
    uint64_t breath = BREATH / (swarm->count > 0 ? swarm->count : 1) + 1;
    entrain_error error = {0};
    while (ticks > 0 && !validate_over(swarm->context)) {
        uint64_t now = ticks < breath ? ticks : breath;
        for (uint32_t half = 0; half < swarm->halves; half++) {
            entrain_status status = entrain_engine_advance(swarm->engines[half], now, &error);
            if (status != ENTRAIN_OK)
                validate_fault(swarm->context, "%s",
                               *error.sentence != '\0' ? error.sentence : entrain_status_text(status));
        }
        ticks -= now;
    }
    if (swarm->halves == 2)
        validate_fingerprint(swarm);
}

void validate_until(validate_swarm *swarm, double time_s) {
    if (validate_over(swarm->context))
        return;
    uint64_t goal = (uint64_t)(time_s / swarm->step_s + 0.5), now = entrain_engine_tick(swarm->engines[0]);
    validate_advance(swarm, goal > now ? goal - now : 0);
}

entrain_phase_sample validate_sample(validate_swarm *swarm) {
    entrain_phase_sample sample[2] = {{.coherence = NAN, .mean_phase = NAN, .winding = NAN}};
    for (int m = 0; m < ENTRAIN_DAIDO_MAX; m++)
        sample[0].moments[m] = NAN;
    if (validate_over(swarm->context))
        return sample[0];
    for (uint32_t half = 0; half < swarm->halves; half++) {
        entrain_status status = entrain_phase_meter_sample(swarm->meters[half], &sample[half]);
        if (status != ENTRAIN_OK)
            validate_fault(swarm->context, "a sample could not be taken: %s", entrain_status_text(status));
    }
    const entrain_phase_sample *a = &sample[0], *b = &sample[1];
    if (swarm->halves == 2)
        agree(swarm,
              a->fingerprint == b->fingerprint && a->observations == b->observations &&
                  memcmp(&a->coherence, &b->coherence, sizeof a->coherence) == 0 &&
                  memcmp(&a->mean_phase, &b->mean_phase, sizeof a->mean_phase) == 0 &&
                  memcmp(a->moments, b->moments, sizeof a->moments) == 0 &&
                  memcmp(&a->winding, &b->winding, sizeof a->winding) == 0 &&
                  memcmp(&a->frequency_mean, &b->frequency_mean, sizeof a->frequency_mean) == 0,
              "a sample");
    return sample[0];
}

const double *validate_phases(validate_swarm *swarm) {
    const size_t n = swarm->count;
    for (uint32_t half = 0; half < swarm->halves && !validate_over(swarm->context); half++)
        entrain_phase_read(swarm->populations[half], swarm->phases + half * n, swarm->turns + half * n, NULL);
    if (swarm->halves == 2 && !validate_over(swarm->context))
        agree(swarm,
              memcmp(swarm->phases, swarm->phases + n, n * sizeof *swarm->phases) == 0 &&
                  memcmp(swarm->turns, swarm->turns + n, n * sizeof *swarm->turns) == 0,
              "a phase");
    return swarm->phases;
}

void validate_unwrapped(validate_swarm *swarm, long double *phases_out) {
    const double *phases = validate_phases(swarm);
    for (uint32_t i = 0; i < swarm->count; i++)
        phases_out[i] = (long double)swarm->turns[i] * TWO_PI + (long double)phases[i];
}
