// One swarm twice, through both transports, moved and measured together.
#include "theory_twin.h"

#include <math.h>

// Where the two differ: transport, and the order in which tasks run. Tasks are as small as they may be, so
// that there are several even in a small swarm: in a single one, everybody hears before anybody steps,
// whatever the buffers do.
static void set_apart(entrain_engine_config *config, entrain_transport transport) {
    config->transport = transport;
    config->scheduler.worker_count = 1;
    config->scheduler.policy = transport == ENTRAIN_TRANSPORT_MAILBOX ? "shuffled" : "static";
    config->cohort_weight = 64;
}

void twin_open(twin *pair, const twin_spec *spec) {
    static const double nothing[SIZE_MAX_HERE];
    assert_true(spec->count <= SIZE_MAX_HERE);
    entrain_error error;
    entrain_topology *topology = spec->topology;
    if (topology == NULL) {
        entrain_topology_config config = entrain_topology_config_defaults();
        config.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        config.size = spec->count;
        CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    }
    *pair = (twin){.count = spec->count};
    for (int t = 0; t < ENTRAIN_TRANSPORT_COUNT; t++) {
        twin_half *half = &pair->half[t];
        entrain_engine_config config = entrain_engine_config_defaults();
        set_apart(&config, (entrain_transport)t);
        config.layout = spec->layout;
        config.step_s = spec->step_s;
        CHECK_OK(entrain_engine_create(&config, &half->engine, &error), error);
        CHECK_OK(entrain_kuramoto_add(
                     half->engine, &spec->model, spec->count, spec->phases != NULL ? spec->phases : nothing,
                     spec->frequencies != NULL ? spec->frequencies : nothing, &half->population, &error),
                 error);
        CHECK_OK(entrain_engine_set_topology(half->engine, topology, &error), error);
        CHECK_OK(entrain_engine_start(half->engine, &error), error);
        CHECK_OK(entrain_phase_meter_create(half->engine, half->population, &half->meter, &error), error);
    }
    if (spec->topology == NULL)
        entrain_topology_release(topology);
}

void twin_open_swarm(twin *pair, const entrain_swarm_config *config) {
    entrain_error error;
    *pair = (twin){.count = config->size};
    for (int t = 0; t < ENTRAIN_TRANSPORT_COUNT; t++) {
        twin_half *half = &pair->half[t];
        entrain_swarm_config copy = *config;
        set_apart(&copy.engine, (entrain_transport)t);
        CHECK_OK(entrain_swarm_create(&copy, &half->swarm, &error), error);
        half->engine = entrain_swarm_engine(half->swarm);
        half->population = entrain_swarm_population(half->swarm);
    }
}

void twin_close(twin *pair) {
    for (int t = 0; t < ENTRAIN_TRANSPORT_COUNT; t++) {
        twin_half *half = &pair->half[t];
        if (half->swarm != NULL) {
            entrain_swarm_destroy(half->swarm);
        } else {
            entrain_phase_meter_destroy(half->meter);
            entrain_engine_destroy(half->engine);
        }
    }
}

static uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

#define SAME_BITS(a, b, what)                                                                                \
    do {                                                                                                     \
        if (bits_of(a) != bits_of(b))                                                                        \
            fail_msg("%s: mailbox has %.17g, publish %.17g", (what), (a), (b));                              \
    } while (0)

// Phases and turns of both transports, asserted to be the same bits.
static void read_both(twin *pair, double *phases, int32_t *turns) {
    static double other_phases[SIZE_MAX_HERE];
    static int32_t other_turns[SIZE_MAX_HERE];
    entrain_phase_read(pair->half[0].population, phases, turns, NULL);
    entrain_phase_read(pair->half[1].population, other_phases, other_turns, NULL);
    for (uint32_t i = 0; i < pair->count; i++) {
        SAME_BITS(phases[i], other_phases[i], "phase");
        assert_int_equal(turns[i], other_turns[i]);
    }
}

uint64_t twin_fingerprint(twin *pair) {
    uint64_t fingerprint = entrain_engine_fingerprint(pair->half[0].engine);
    assert_true(fingerprint == entrain_engine_fingerprint(pair->half[1].engine));
    return fingerprint;
}

void twin_advance(twin *pair, uint64_t ticks) {
    entrain_error error;
    for (int t = 0; t < ENTRAIN_TRANSPORT_COUNT; t++)
        CHECK_OK(entrain_engine_advance(pair->half[t].engine, ticks, &error), error);
    twin_fingerprint(pair);
}

entrain_phase_sample twin_sample(twin *pair) {
    entrain_phase_sample sample[ENTRAIN_TRANSPORT_COUNT];
    for (int t = 0; t < ENTRAIN_TRANSPORT_COUNT; t++) {
        twin_half *half = &pair->half[t];
        assert_int_equal(half->swarm != NULL ? entrain_swarm_sample(half->swarm, &sample[t])
                                             : entrain_phase_meter_sample(half->meter, &sample[t]),
                         ENTRAIN_OK);
    }
    const entrain_phase_sample *a = &sample[0], *b = &sample[1];
    SAME_BITS(a->coherence, b->coherence, "coherence");
    SAME_BITS(a->mean_phase, b->mean_phase, "mean phase");
    for (int m = 0; m < ENTRAIN_DAIDO_MAX; m++)
        SAME_BITS(a->moments[m], b->moments[m], "moment");
    SAME_BITS(a->local_coherence, b->local_coherence, "local coherence");
    SAME_BITS(a->winding, b->winding, "winding");
    SAME_BITS(a->frequency_mean, b->frequency_mean, "mean frequency");
    SAME_BITS(a->frequency_spread, b->frequency_spread, "spread of frequency");
    for (int g = 0; g < ENTRAIN_GROUPS_MAX; g++) {
        SAME_BITS(a->group_coherence[g], b->group_coherence[g], "coherence of a group");
        SAME_BITS(a->group_mean_phase[g], b->group_mean_phase[g], "mean phase of a group");
    }
    SAME_BITS(a->energy, b->energy, "energy");
    SAME_BITS(a->conservation, b->conservation, "conservation");
    SAME_BITS(a->conservation_change, b->conservation_change, "change of conservation");
    SAME_BITS(a->conservation_bound, b->conservation_bound, "bound of conservation");
    SAME_BITS(a->gap_gini, b->gap_gini, "Gini of gaps");
    SAME_BITS(a->cluster_share, b->cluster_share, "share of a cluster");
    assert_true(a->cluster_count == b->cluster_count && a->group_count == b->group_count);
    assert_true(a->tick == b->tick && a->living == b->living && a->observations == b->observations &&
                a->fingerprint == b->fingerprint);
    return *a;
}

void twin_unwrapped(twin *pair, long double *phases_out) {
    static double phases[SIZE_MAX_HERE];
    static int32_t turns[SIZE_MAX_HERE];
    read_both(pair, phases, turns);
    for (uint32_t i = 0; i < pair->count; i++)
        phases_out[i] = (long double)turns[i] * 0x1.921fb54442d18p+2L + (long double)phases[i];
}

void twin_wrapped(twin *pair, double *phases_out) {
    static int32_t turns[SIZE_MAX_HERE];
    read_both(pair, phases_out, turns);
}

long double coherence_of(uint32_t count, const long double *phases) {
    long double c = 0, s = 0;
    for (uint32_t i = 0; i < count; i++) {
        c += cosl(phases[i]);
        s += sinl(phases[i]);
    }
    return hypotl(c, s) / count;
}

double draw(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}
