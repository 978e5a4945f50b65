// Who turns alike: mean frequencies over a window, and plateaus of the staircase that they make over the
// natural ones.
//
// A plateau is looked for as the interval of one tolerance that holds most of who is not in one yet. Many
// oscillators of nearly the same natural frequency fill such an interval without doing anything to each
// other; what makes a plateau is that they turn more alike than they would alone. So the spread of their
// natural frequencies is held against that of the measured ones.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "actors/phase_meter.h"

enum { PLATEAUS_MAX = 16 };

entrain_status entrain__phase_mark_room(entrain_phase_meter *meter, entrain__phase_mark *mark) {
    if (mark->phases == NULL)
        mark->phases = entrain__arena_take(meter->arena, meter->count, sizeof *mark->phases);
    if (mark->turns == NULL)
        mark->turns = entrain__arena_take(meter->arena, meter->count, sizeof *mark->turns);
    if (mark->ids == NULL)
        mark->ids = entrain__arena_take(meter->arena, meter->count, sizeof *mark->ids);
    return mark->phases != NULL && mark->turns != NULL && mark->ids != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
}

entrain_status entrain_phase_meter_mark(entrain_phase_meter *meter) {
    uint32_t at = meter->marks[meter->newest].set ? 1 - meter->newest : meter->newest;
    entrain__phase_mark *mark = &meter->marks[at];
    if (entrain__phase_mark_room(meter, mark) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    for (uint32_t i = 0; i < meter->count; i++)
        mark->ids[i] = entrain_population_id(meter->population, i);
    entrain_phase_read(meter->population, mark->phases, mark->turns, NULL);
    mark->time_s = entrain_engine_time_s(meter->engine);
    mark->set = true;
    meter->newest = at;
    return ENTRAIN_OK;
}

// The mark nearest to the middle of the run, or NULL.
static const entrain__phase_mark *choose_mark(const entrain_phase_meter *meter) {
    const double now = entrain_engine_time_s(meter->engine); // in virtual time there are no ticks
    const entrain__phase_mark *best = NULL;
    for (int i = 0; i < 2; i++) {
        const entrain__phase_mark *mark = &meter->marks[i];
        if (!mark->set || mark->time_s >= now)
            continue;
        if (best == NULL || fabs(2 * mark->time_s - now) < fabs(2 * best->time_s - now))
            best = mark;
    }
    return best;
}

typedef struct turning {
    double measured, natural;
} turning;

static int by_measured(const void *a, const void *b) {
    const turning *x = a, *y = b;
    if (x->measured != y->measured)
        return x->measured < y->measured ? -1 : 1;
    // Those that are equal here are equal: the order is settled.
    return (x->natural > y->natural) - (x->natural < y->natural);
}

// The interval of one tolerance that holds most: its first and how many; the lowest of equal ones.
static uint32_t fullest(const turning *all, uint32_t count, double tolerance, uint32_t *first_out) {
    uint32_t most = 0;
    for (uint32_t low = 0, end = 0; low < count; low++) {
        while (end < count && all[end].measured - all[low].measured <= tolerance)
            end++;
        if (end - low > most) {
            most = end - low;
            *first_out = low;
        }
    }
    return most;
}

static bool is_entrained(const turning *some, uint32_t count) {
    double mean = 0, natural_mean = 0, spread = 0, natural_spread = 0;
    for (uint32_t i = 0; i < count; i++) {
        mean += some[i].measured - some[0].measured; // differences: they may be small beside the frequencies
        natural_mean += some[i].natural - some[0].natural;
    }
    mean /= count;
    natural_mean /= count;
    bool alike = true;
    for (uint32_t i = 0; i < count; i++) {
        double off = some[i].measured - some[0].measured - mean;
        double natural_off = some[i].natural - some[0].natural - natural_mean;
        spread += off * off;
        natural_spread += natural_off * natural_off;
        alike = alike && some[i].natural == some[0].natural;
    }
    return alike || natural_spread >= 4 * spread;
}

static void find_plateaus(turning *all, uint32_t count, entrain_phase_plateaus *out) {
    qsort(all, count, sizeof *all, by_measured);
    out->counted = count;
    out->locked = count > 0 && all[count - 1].measured - all[0].measured <= out->tolerance;
    uint32_t least = count / 100 > 2 ? count / 100 : 2, left = count, first = 0;
    for (uint32_t looked = 0; looked < PLATEAUS_MAX; looked++) {
        uint32_t members = fullest(all, left, out->tolerance, &first);
        if (members < least)
            return;
        if (is_entrained(all + first, members) && out->plateau_count++ == 0) {
            out->plateau_share = (double)members / count;
            // Not the mean: some at the edges are still drifting.
            out->plateau_frequency = all[first + members / 2].measured;
        }
        memmove(all + first, all + first + members, (left - first - members) * sizeof *all);
        left -= members;
    }
}

entrain_status entrain_phase_meter_plateaus(entrain_phase_meter *meter, double *frequencies_out,
                                            entrain_phase_plateaus *plateaus_out) {
    const entrain__phase_mark *mark = choose_mark(meter);
    if (mark == NULL)
        return ENTRAIN_ORDER;
    turning *all = entrain__arena_take(meter->arena, meter->count, sizeof *all);
    if (all == NULL)
        return ENTRAIN_NO_MEMORY;
    const double window_s = entrain_engine_time_s(meter->engine) - mark->time_s;
    uint32_t count = 0;
    for (uint32_t i = 0; i < meter->count; i++) {
        const entrain_id id = entrain_population_id(meter->population, i);
        const bool stayed = id != ENTRAIN_ID_NONE && id == mark->ids[i];
        const double phase =
            *(const double *)entrain_population_at(meter->population, i, ENTRAIN_KURAMOTO_PHASE);
        const int32_t turns =
            *(const int32_t *)entrain_population_at(meter->population, i, ENTRAIN_KURAMOTO_TURNS);
        const double turned = (double)(int32_t)((uint32_t)turns - (uint32_t)mark->turns[i]);
        const double frequency = (turned * ENTRAIN__TWO_PI + (phase - mark->phases[i])) / window_s;
        if (frequencies_out != NULL)
            frequencies_out[i] = stayed ? frequency : NAN;
        if (stayed)
            all[count++] = (turning){frequency, *(const double *)entrain_population_at(
                                                    meter->population, i, ENTRAIN_KURAMOTO_FREQUENCY)};
    }
    if (plateaus_out != NULL) {
        entrain_phase_plateaus found = {.window_s = window_s, .tolerance = ENTRAIN__TWO_PI / window_s};
        find_plateaus(all, count, &found);
        *plateaus_out = found;
    }
    entrain__arena_give(meter->arena, all);
    return ENTRAIN_OK;
}
