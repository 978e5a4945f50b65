// What a swarm of phases looks like from outside, summed exactly: every figure is an integer sum over actors
// until the last step, so it does not depend on who adds first.
#include <math.h>
#include <string.h>

#include "actors/phase_kernels.h"
#include "actors/phase_meter.h"
#include "actors/pulse_net.h"
#include "engine/base/assert.h"
#include "entrain/math.h"
#include "entrain/phase_model.h"

#define TWO_PI ENTRAIN__TWO_PI
typedef entrain__int128 int128;
typedef entrain__phase_partial partial;

// Frequencies are summed in units of 2^-30 rad/s, cut at 2^21 rad/s: squares of 2^102, 2^24 of them, fit in
// an int128.
#define FREQUENCY_ONE 0x1p30
#define FREQUENCY_MAX 0x1p21

entrain_status entrain_phase_meter_create(entrain_engine *engine, entrain_population *population,
                                          entrain_phase_meter **meter_out, entrain_error *error_out) {
    entrain__arena *arena = NULL;
    entrain_phase_meter *meter = NULL;
    uint32_t count = entrain_population_count(population);
    if (entrain_engine_task_count(engine) == 0)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "A meter was made before the engine started; start it first.");
    if (entrain__arena_create(&arena) == ENTRAIN_OK)
        meter = entrain__arena_take(arena, 1, sizeof *meter);
    if (meter != NULL) {
        meter->partials =
            entrain__arena_take(arena, entrain_engine_task_count(engine), sizeof *meter->partials);
        meter->phases = entrain__arena_take(arena, count, sizeof *meter->phases);
        meter->turns = entrain__arena_take(arena, count, sizeof *meter->turns);
        meter->ids = entrain__arena_take(arena, count, sizeof *meter->ids);
        meter->net = entrain__pulse_net_of(population);
        if (meter->net != NULL)
            meter->pairs = entrain__arena_take(arena, count, 2 * sizeof *meter->pairs);
    }
    if (meter == NULL || (meter->net != NULL && meter->pairs == NULL) || meter->partials == NULL ||
        meter->phases == NULL || meter->turns == NULL || meter->ids == NULL) {
        entrain__arena_destroy(arena);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "There is no memory to measure the swarm with.");
    }
    meter->arena = arena;
    meter->engine = engine;
    meter->population = population;
    meter->count = count;
    meter->words = entrain_population_words(population);
    const entrain_kuramoto_config *model = entrain_kuramoto_look(population);
    bool inertial = model != NULL && (model->inertia > 0 || model->inertias != NULL);
    meter->rate_column = inertial ? ENTRAIN_KURAMOTO_VELOCITY : ENTRAIN_KURAMOTO_FREQUENCY;
    if (count <= ENTRAIN_SHAPE_ALWAYS_MAX && entrain__phase_shape_room(meter) != ENTRAIN_OK) {
        entrain__arena_destroy(arena);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "There is no memory to measure the swarm with.");
    }
    *meter_out = meter;
    return ENTRAIN_OK;
}

void entrain_phase_meter_destroy(entrain_phase_meter *meter) {
    if (meter == NULL)
        return;
    entrain__phase_law_fini(&meter->law);
    entrain__arena_destroy(meter->arena);
}

// The difference of two wrapped phases on the shortest arc, in turns.
static double arc_turns(double from, double to) {
    double turns = (to - from) / TWO_PI;
    return turns - rint(turns);
}

// The next living index around the ring; a lone one's is its own. A gap is walked by the one before it alone.
static uint32_t next_living(const entrain_population *population, uint32_t index) {
    uint32_t count = entrain_population_count(population);
    do
        index = index + 1 < count ? index + 1 : 0;
    while (entrain_population_id(population, index) == ENTRAIN_ID_NONE);
    return index;
}

// Where cosine and sine of a phase come from: what its actor published, the first harmonic at the place of
// its group and zero at those of the others; or, of those who publish nothing, the phase. Pairs for the
// kernel, of `count` actors from `first` on.
enum { PAIRS_MAX = 256 };

static const int64_t *pairs_of(const entrain_phase_meter *meter, const entrain_range *range, uint32_t first,
                               uint32_t count, int64_t *room) {
    const uint32_t words = meter->words;
    const int64_t *published = range->published + words * (size_t)first;
    if (words == 2)
        return published;
    if (words == 0) {
        const double *phases = range->columns[ENTRAIN_KURAMOTO_PHASE];
        entrain_phase_publish(count, phases + first, 2, room);
        return room;
    }
    const uint32_t groups = meter->law.groups, stride = 2 * meter->law.harmonics;
    for (size_t k = 0; k < count; k++) {
        room[2 * k] = published[words * k];
        room[2 * k + 1] = published[words * k + 1];
        for (uint32_t g = 1; g < groups; g++) {
            room[2 * k] += published[words * k + (size_t)g * stride];
            room[2 * k + 1] += published[words * k + (size_t)g * stride + 1];
        }
    }
    return room;
}

// The same of what was heard: over all groups.
static double heard_length(const entrain_phase_meter *meter, const entrain_range *range, size_t k) {
    const int64_t *sums = range->sums + meter->words * k;
    int64_t c = sums[0], s = sums[1];
    for (uint32_t g = 1; g < meter->law.groups; g++) {
        c += sums[2 * (size_t)g * meter->law.harmonics];
        s += sums[2 * (size_t)g * meter->law.harmonics + 1];
    }
    double x = entrain__int64_to_double(c) * range->sum_unit,
           y = entrain__int64_to_double(s) * range->sum_unit;
    return sqrt(x * x + y * y);
}

static void add_groups(const entrain_phase_meter *meter, uint32_t count, const int64_t *published,
                       partial *into) {
    const uint32_t words = meter->words, stride = 2 * meter->law.harmonics;
    for (uint32_t g = 0; g < meter->law.groups; g++) {
        int64_t c = 0, s = 0;
        for (size_t k = 0; k < count; k++) {
            c += published[words * k + (size_t)g * stride];
            s += published[words * k + (size_t)g * stride + 1];
        }
        into->groups[g][0] += c;
        into->groups[g][1] += s;
    }
}

static void add_moments(const entrain_phase_meter *meter, const entrain_range *range, partial *into) {
    const entrain__phase_kernels *kernels = entrain__phase_kernels_for(range->simd);
    uint32_t most = meter->words == 2 ? 4096 : PAIRS_MAX;
    for (uint32_t block = 0; block < range->count; block += most) {
        uint32_t count = range->count - block < most ? range->count - block : most;
        int64_t sums[2 * ENTRAIN_DAIDO_MAX] = {0}, pairs[2 * PAIRS_MAX];
        kernels->moments(count, pairs_of(meter, range, block, count, pairs), sums);
        for (int m = 0; m < 2 * ENTRAIN_DAIDO_MAX; m++)
            into->moments[m] += sums[m];
        if (meter->law.groups > 1)
            add_groups(meter, count, range->published + meter->words * (size_t)block, into);
    }
}

// What oscillators that publish nothing would.
static void find_pairs(void *context, const entrain_range *range, uint32_t task) {
    (void)task;
    entrain_phase_meter *meter = context;
    const entrain__phase_kernels *kernels = entrain__phase_kernels_for(range->simd);
    const double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE];
    int64_t pairs[2 * PAIRS_MAX];
    for (uint32_t block = 0; block < range->count; block += PAIRS_MAX) {
        const uint32_t count = range->count - block < PAIRS_MAX ? range->count - block : PAIRS_MAX;
        kernels->publish(count, phase + block, pairs);
        for (uint32_t k = 0; k < count; k++)
            memcpy(meter->pairs + 2 * (size_t)range->indices[block + k], pairs + 2 * (size_t)k,
                   2 * sizeof *pairs);
    }
}

// |sum over who it hears and who lives of w exp(i theta)| / how many those are.
static double local_of(const entrain_phase_meter *meter, uint32_t index) {
    const entrain_topology_view *view = &meter->net->view;
    int64_t c = 0, s = 0;
    uint32_t heard = 0;
    for (uint64_t arc = view->in_offsets[index]; arc < view->in_offsets[index + 1]; arc++) {
        const uint32_t speaker = (uint32_t)view->in_speakers[arc];
        const double weight = view->in_weights != NULL ? view->in_weights[arc] : 1;
        if (entrain_population_id(meter->population, speaker) == ENTRAIN_ID_NONE)
            continue;
        heard++;
        c += entrain__round_to_int64(weight * entrain__int64_to_double(meter->pairs[2 * (size_t)speaker]));
        s +=
            entrain__round_to_int64(weight * entrain__int64_to_double(meter->pairs[2 * (size_t)speaker + 1]));
    }
    const double x = entrain__int64_to_double(c), y = entrain__int64_to_double(s);
    return heard > 0 ? sqrt(x * x + y * y) * 0x1p-44 * view->weight_scale / (double)heard : 0;
}

static void add_pulses(const entrain_phase_meter *meter, const entrain_range *range, partial *into) {
    const entrain__pulse_state *state = range->columns[ENTRAIN__PULSE_STATE];
    for (uint32_t k = 0; k < range->count; k++) {
        into->pulses += state[k].heard;
        if (meter->net->view.in_offsets == NULL)
            continue; // the same for all: r
        const double local = local_of(meter, range->indices[k]);
        into->local += entrain__round_to_int64((local < 64 ? local : 64) * 0x1p44);
    }
}

// The phase of who lives next around the ring; mostly it is the next of the range.
static double phase_after(const entrain_phase_meter *meter, const entrain_range *range, size_t k) {
    if (k + 1 < range->count && range->indices[k + 1] == range->indices[k] + 1)
        return ((const double *)range->columns[ENTRAIN_KURAMOTO_PHASE])[k + 1];
    uint32_t next = next_living(meter->population, range->indices[k]);
    return *(const double *)entrain_population_at(meter->population, next, ENTRAIN_KURAMOTO_PHASE);
}

static void measure(void *context, const entrain_range *range, uint32_t task) {
    entrain_phase_meter *meter = context;
    partial *into = &meter->partials[task];
    const double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE],
                 *frequency = range->columns[meter->rate_column];
    const int32_t *turns = range->columns[ENTRAIN_KURAMOTO_TURNS];
    into->living += range->count;
    add_moments(meter, range, into);
    if (meter->net != NULL)
        add_pulses(meter, range, into);
    entrain__phase_law_measure(meter, range, into); // before what it was at the previous sample is forgotten
    for (size_t k = 0; k < range->count; k++) {
        uint32_t index = range->indices[k];
        if (range->heard != NULL && range->heard[k] > 0) {
            double local = heard_length(meter, range, k) / (double)range->heard[k];
            into->local += entrain__round_to_int64((local < 64 ? local : 64) * 0x1p44);
        }
        into->winding += entrain__round_to_int64(arc_turns(phase[k], phase_after(meter, range, k)) * 0x1p44);
        double rate = frequency[k];
        if (meter->elapsed_s > 0 && meter->ids[index] == range->ids[k]) { // not restarted in between
            // Turns and phases apart: after many turns their sum would have lost the phase's last bits.
            double turned = (double)(int32_t)((uint32_t)turns[k] - (uint32_t)meter->turns[index]);
            rate = (turned * TWO_PI + (phase[k] - meter->phases[index])) / meter->elapsed_s;
        }
        rate = rate < FREQUENCY_MAX ? rate : FREQUENCY_MAX;
        rate = rate > -FREQUENCY_MAX ? rate : -FREQUENCY_MAX;
        int64_t scaled = (int64_t)rint(rate * FREQUENCY_ONE);
        into->frequency += scaled;
        into->frequency_squared += (int128)scaled * scaled;
        meter->phases[index] = phase[k];
        meter->turns[index] = turns[k];
        meter->ids[index] = range->ids[k];
        const uint64_t key = entrain__phase_key(phase[k]); // a share of the circle, in 2^-48
        into->windows[key * ENTRAIN__WINDOWS >> ENTRAIN__KEY_BITS]++;
        if (meter->shape)
            meter->keys[0][index] = key;
    }
}

static double length(int128 c, int128 s, double count) {
    double x = (double)c * 0x1p-44 / count, y = (double)s * 0x1p-44 / count;
    return sqrt(x * x + y * y);
}

// Standard deviation of n integers from their exact sums: sum (f - m)^2 = sum f^2 - m sum f - m rest, with m
// the mean without its rest, is exact in integers; in doubles, or without the rest, it would cancel to
// nothing where all turn nearly alike, which is where it matters.
static double deviation(int128 sum, int128 squares, uint32_t n) {
    int128 mean = sum / n, rest = sum - mean * n;
    double variance = ((double)(squares - mean * sum - mean * rest) - (double)rest * (double)rest / n) / n;
    return variance > 0 ? sqrt(variance) : 0;
}

static void add_partial(const partial *part, partial *sum) {
    for (int m = 0; m < 2 * ENTRAIN_DAIDO_MAX; m++)
        sum->moments[m] += part->moments[m];
    for (int g = 0; g < ENTRAIN_GROUPS_MAX; g++) {
        sum->groups[g][0] += part->groups[g][0];
        sum->groups[g][1] += part->groups[g][1];
        sum->group_living[g] += part->group_living[g];
    }
    for (int w = 0; w < ENTRAIN__WINDOWS; w++)
        sum->windows[w] += part->windows[w];
    sum->local += part->local;
    sum->winding += part->winding;
    sum->frequency += part->frequency;
    sum->frequency_squared += part->frequency_squared;
    sum->energy += part->energy;
    sum->phase += part->phase;
    sum->turned += part->turned;
    sum->drive += part->drive;
    sum->drive_abs += part->drive_abs;
    sum->rounding += part->rounding;
    sum->weights += part->weights;
    sum->heard += part->heard;
    sum->pulses += part->pulses;
    sum->living += part->living;
    sum->known += part->known;
    sum->beyond = sum->beyond || part->beyond;
}

static double peak_load(const partial *sum) {
    uint32_t most = 0;
    for (int w = 0; w < ENTRAIN__WINDOWS; w++)
        most = sum->windows[w] > most ? sum->windows[w] : most;
    return sum->living > 0 ? (double)most * ENTRAIN__WINDOWS / (double)sum->living : 0;
}

static void finish_groups(const entrain_phase_meter *meter, const partial *sum,
                          entrain_phase_sample *sample) {
    sample->group_count = meter->law.groups > 1 ? meter->law.groups : 1;
    sample->group_coherence[0] = sample->coherence;
    sample->group_mean_phase[0] = sample->mean_phase;
    for (uint32_t g = 0; sample->group_count > 1 && g < sample->group_count; g++) {
        const int128 *c = &sum->groups[g][0], *s = &sum->groups[g][1];
        sample->group_coherence[g] =
            length(*c, *s, sum->group_living[g] > 0 ? (double)sum->group_living[g] : 1);
        sample->group_mean_phase[g] = entrain_atan2((double)*s, (double)*c);
    }
}

static void finish_shape(entrain_phase_meter *meter, const partial *sum, entrain_phase_sample *sample) {
    sample->gap_gini = sample->cluster_share = NAN;
    if (!meter->shape)
        return;
    entrain_phase_shape shape;
    entrain__phase_shape_of(meter, sum->living, &shape);
    sample->gap_gini = shape.gap_gini;
    sample->cluster_count = shape.cluster_count;
    sample->cluster_share = shape.cluster_share;
}

entrain_status entrain_phase_meter_sample(entrain_phase_meter *meter, entrain_phase_sample *sample_out) {
    entrain_engine *engine = meter->engine;
    const uint64_t tick = entrain_engine_tick(engine);
    const uint32_t task_count = entrain_engine_task_count(engine);
    const double time_s = entrain_engine_time_s(engine);
    memset(meter->partials, 0, task_count * sizeof *meter->partials);
    meter->elapsed_s = !meter->sampled      ? 0
                       : meter->net != NULL ? time_s - meter->time_s
                                            : (double)(tick - meter->tick) * entrain_engine_step_s(engine);
    meter->shape = meter->count <= ENTRAIN_SHAPE_ALWAYS_MAX;
    if (meter->shape) // who is gone keeps this
        memset(meter->keys[0], 0xff, meter->count * sizeof *meter->keys[0]);
    if (entrain__phase_law_update(meter))
        meter->balanced = false;
    entrain_status status = ENTRAIN_OK;
    if (meter->net != NULL) {
        memset(meter->pairs, 0, (size_t)meter->count * 2 * sizeof *meter->pairs);
        status = entrain_pulse_look(meter->population);
        if (status == ENTRAIN_OK)
            status = entrain_engine_visit(engine, meter->population, false, find_pairs, meter);
    }
    if (status == ENTRAIN_OK)
        status = entrain_engine_visit(engine, meter->population, meter->net == NULL, measure, meter);
    if (status != ENTRAIN_OK)
        return status;
    meter->sampled = true;
    meter->tick = tick;
    meter->time_s = time_s;

    partial sum = {0};
    for (uint32_t t = 0; t < task_count; t++)
        add_partial(&meter->partials[t], &sum);
    double count = sum.living > 0 ? (double)sum.living : 1;
    entrain_phase_sample sample = {
        .tick = tick,
        .time_s = time_s,
        .living = sum.living,
        .local_coherence = (double)sum.local * 0x1p-44 / count,
        .winding = rint((double)sum.winding * 0x1p-44) + 0.0, // a closed walk: whole turns, and no -0
        .peak_load = peak_load(&sum),
        .frequency_mean = (double)sum.frequency / FREQUENCY_ONE / count,
        .observations = meter->net != NULL ? sum.pulses : entrain_engine_observations(engine),
        .fingerprint = entrain_engine_fingerprint(engine),
    };
    for (size_t m = 0; m < ENTRAIN_DAIDO_MAX; m++)
        sample.moments[m] = length(sum.moments[2 * m], sum.moments[2 * m + 1], count);
    sample.coherence = sample.moments[0];
    if (meter->net != NULL && meter->net->view.in_offsets == NULL)
        sample.local_coherence = sample.coherence;
    sample.mean_phase = entrain_atan2((double)sum.moments[1], (double)sum.moments[0]);
    if (sum.living > 0)
        sample.frequency_spread = deviation(sum.frequency, sum.frequency_squared, sum.living) / FREQUENCY_ONE;
    finish_groups(meter, &sum, &sample);
    finish_shape(meter, &sum, &sample);
    entrain__phase_law_finish(meter, &sum, &sample);
    *sample_out = sample;
    return ENTRAIN_OK;
}

void entrain_phase_read(entrain_population *population, double *phases_out, int32_t *turns_out,
                        double *frequencies_out) {
    uint32_t count = entrain_population_count(population);
    for (uint32_t i = 0; i < count; i++) {
        if (phases_out != NULL)
            phases_out[i] = *(const double *)entrain_population_at(population, i, ENTRAIN_KURAMOTO_PHASE);
        if (turns_out != NULL)
            turns_out[i] = *(const int32_t *)entrain_population_at(population, i, ENTRAIN_KURAMOTO_TURNS);
        if (frequencies_out != NULL)
            frequencies_out[i] =
                *(const double *)entrain_population_at(population, i, ENTRAIN_KURAMOTO_FREQUENCY);
    }
}
