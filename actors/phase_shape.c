// How the phases lie on the circle: sorted once, then the gaps between neighbours, sorted again.
//
// Phases are sorted as integers of 48 bits, a share of the circle each: few of them by Shell's sort, many by
// radix, with digits whose tables are no larger than the work. No memory is taken, and the order does not
// depend on that in which they came.
#include <string.h>

#include "actors/phase_meter.h"
#include "entrain/math.h"

enum { FEW = 200, MANY = 8192 };

// Shell (1959), with Ciura's gaps (2001).
static void sort_few(uint32_t count, uint64_t *values) {
    static const uint32_t gaps[] = {132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++)
        for (uint32_t i = gaps[g]; i < count; i++) {
            uint64_t value = values[i];
            uint32_t at = i;
            for (; at >= gaps[g] && values[at - gaps[g]] > value; at -= gaps[g])
                values[at] = values[at - gaps[g]];
            values[at] = value;
        }
}

// Least digit first. Digits in which all agree are left alone, as the upper ones of small gaps are.
static inline __attribute__((always_inline)) uint64_t *
sort_digits(uint32_t count, uint64_t *values, uint64_t *room, uint32_t *buckets, uint32_t digit_bits) {
    const uint32_t bucket_count = 1u << digit_bits, digits = ENTRAIN__KEY_BITS / digit_bits;
    memset(buckets, 0, (size_t)digits * bucket_count * sizeof *buckets);
    for (size_t i = 0; i < count; i++)
        for (uint32_t d = 0; d < digits; d++)
            buckets[(size_t)d * bucket_count + (values[i] >> (d * digit_bits) & (bucket_count - 1))]++;
    for (uint32_t d = 0; d < digits; d++) {
        uint32_t *at = buckets + (size_t)d * bucket_count, first = 0;
        const uint32_t shift = d * digit_bits;
        if (at[values[0] >> shift & (bucket_count - 1)] == count)
            continue;
        for (uint32_t b = 0; b < bucket_count; b++) {
            uint32_t here = at[b];
            at[b] = first;
            first += here;
        }
        for (size_t i = 0; i < count; i++)
            room[at[values[i] >> shift & (bucket_count - 1)]++] = values[i];
        uint64_t *swap = values;
        values = room;
        room = swap;
    }
    return values;
}

static uint64_t *sort_keys(uint32_t count, uint64_t *values, uint64_t *room) {
    uint32_t buckets[4 * 4096];
    if (count > MANY)
        return sort_digits(count, values, room, buckets, 12);
    if (count > FEW)
        return sort_digits(count, values, room, buckets, 8);
    sort_few(count, values);
    return values;
}

// The width of an empty gap, in keys: see entrain_phase_shape.
static uint64_t empty_gap(uint32_t living) {
    double width = (entrain_log((double)living) + 7) / living;
    width = width < 0.125 ? width : 0.125;
    width = width > 0.0625 ? width : 0.0625;
    return (uint64_t)(width * (double)((uint64_t)1 << ENTRAIN__KEY_BITS));
}

// Phases in order become the gaps behind them; clusters are counted on the way. A key of nobody sorts by its
// digits as the greatest of all phases does, and may stand in its place: taken for that, it is.
static void find_gaps(uint32_t living, const uint64_t *phases, uint64_t *gaps, entrain_phase_shape *shape) {
    const uint64_t circle = (uint64_t)1 << ENTRAIN__KEY_BITS, empty = empty_gap(living);
    uint64_t widest = 0, here = phases[0] & (circle - 1);
    uint32_t before_first = 0, run = 0, most = 0, clusters = 0;
    for (uint32_t i = 0; i < living; i++) {
        const uint64_t next =
            i + 1 < living ? phases[i + 1] & (circle - 1) : (phases[0] & (circle - 1)) + circle;
        const uint64_t gap = next - here;
        here = next;
        gaps[i] = gap;
        widest = gap > widest ? gap : widest;
        run++;
        if (gap <= empty)
            continue;
        if (clusters == 0)
            before_first = run; // goes on from the last one, around the end of the circle
        else
            most = run > most ? run : most;
        clusters++;
        run = 0;
    }
    if (clusters > 0)
        most = run + before_first > most ? run + before_first : most;
    shape->gap_max = (double)widest / (double)circle;
    shape->cluster_count = clusters;
    shape->cluster_share = (double)most / living;
}

void entrain__phase_shape_of(entrain_phase_meter *meter, uint32_t living, entrain_phase_shape *shape_out) {
    *shape_out = (entrain_phase_shape){0};
    if (living == 0)
        return;
    uint64_t *sorted = sort_keys(meter->count, meter->keys[0], meter->keys[1]);
    uint64_t *gaps = sorted == meter->keys[0] ? meter->keys[1] : meter->keys[0];
    find_gaps(living, sorted, gaps, shape_out);
    // A lone one's gap is the whole circle, which does not fit in a key, and there is nothing to sort.
    if (living == 1)
        return;
    const uint64_t *ordered = sort_keys(living, gaps, sorted);
    // Sum over the gaps in order of (2 k - n - 1) gap_k, k = 1 .. n, over n times their sum, which is the
    // circle.
    entrain__int128 sum = 0;
    for (uint32_t k = 0; k < living; k++)
        sum += (2 * (int64_t)k + 1 - (int64_t)living) * (entrain__int128)ordered[k];
    shape_out->gap_gini = (double)sum / ((double)living * (double)((uint64_t)1 << ENTRAIN__KEY_BITS));
}

entrain_status entrain__phase_shape_room(entrain_phase_meter *meter) {
    for (int i = 0; i < 2; i++)
        if (meter->keys[i] == NULL)
            meter->keys[i] = entrain__arena_take(meter->arena, meter->count, sizeof(uint64_t));
    return meter->keys[0] != NULL && meter->keys[1] != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
}

entrain_status entrain_phase_meter_shape(entrain_phase_meter *meter, entrain_phase_shape *shape_out) {
    if (entrain__phase_shape_room(meter) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    uint32_t living = 0;
    for (uint32_t i = 0; i < meter->count; i++) {
        bool lives = entrain_population_id(meter->population, i) != ENTRAIN_ID_NONE;
        const double *phase = entrain_population_at(meter->population, i, ENTRAIN_KURAMOTO_PHASE);
        meter->keys[0][i] = lives ? entrain__phase_key(*phase) : ENTRAIN__KEY_NOBODY;
        living += lives;
    }
    entrain__phase_shape_of(meter, living, shape_out);
    return ENTRAIN_OK;
}
