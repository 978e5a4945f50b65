/// @file phase_meter.h  What the files of the meter share: phase_metrics.c (sums), phase_law.c (energy and
/// conservation), phase_shape.c (gaps), phase_plateaus.c (frequencies over a window).
#ifndef ENTRAIN_ACTORS_PHASE_METER_H
#define ENTRAIN_ACTORS_PHASE_METER_H

#include "actors/pulse_net.h"
#include "engine/base/memory.h"
#include "engine/base/sum.h"
#include "entrain/archive.h"
#include "entrain/phase_metrics.h"

__extension__ typedef __int128 entrain__int128;

#define ENTRAIN__TWO_PI 0x1.921fb54442d18p+2

/// Phases, frequencies and energies are summed in units of 2^-56: 2^24 actors of 2^24 neighbours and 2^20
/// rad each fit.
#define ENTRAIN__EXACT_ONE 0x1p56
#define ENTRAIN__EXACT_MAX 0x1p37
/// Of the circle, for peak_load.
#define ENTRAIN__WINDOWS 20

/// x in those units, towards zero, |x| <= ENTRAIN__EXACT_MAX (0 for what is not, NaN included).
static inline entrain__int128 entrain__exact(double x) {
    if (x > -64 && x < 64) // fits in an int64
        return (int64_t)(x * ENTRAIN__EXACT_ONE);
    if (!(x >= -ENTRAIN__EXACT_MAX && x <= ENTRAIN__EXACT_MAX))
        return 0;
    double high = (double)(int64_t)x; // |x| >= 64: the rest is exact too
    return (entrain__int128)(int64_t)x * ((int64_t)1 << 56) + (int64_t)((x - high) * ENTRAIN__EXACT_ONE);
}

/// What an equation does to energy and sum of phases; a function of configuration and topology.
typedef struct entrain__phase_law {
    const entrain_kuramoto_config *look; // NULL: another model, nothing else is set
    entrain_kuramoto_config config;      // as it was then, after so many
    uint64_t changes;
    entrain_topology *topology; // retained
    uint32_t harmonics, groups, exchanges, sizes[ENTRAIN_GROUPS_MAX];
    bool energy, conserved;
    bool may_lose;           // a mailbox may be too small
    bool counts_heard;       // arrivals are wanted
    bool second;             // inertia: M v + D theta
    uint32_t weight;         // c_i, where it is the same for all, and
    const uint64_t *offsets; // the topology's, where it is the in-degree
    double gain;             // mean over the swarm
    double scale;            // of factors: all are at most 1 in magnitude
    double sum_scale;        // the topology's weight scale, 1 / that of energies
    /// [hearer's group][speaker's group][h - 1]
    double factor[ENTRAIN_GROUPS_MAX][ENTRAIN_GROUPS_MAX][ENTRAIN_HARMONICS_MAX];
    double degree_mean; // over all vertices
    double strength;    // at least sum_i c_i (K / n_i) sum_j |w_ij|, rad/s: for the bound on rounding
    // What the coupling can do to one oscillator at most, rad/s (with inertia: times M).
    double pull;
    // What weights and the field's shift round away in a second at most, summed as strength.
    double shift_rounding;
} entrain__phase_law;

/// One task's part of a sample. Zeroed before.
typedef struct entrain__phase_partial {
    _Alignas(64) entrain__int128 moments[2 * ENTRAIN_DAIDO_MAX];
    entrain__int128 local, winding, frequency, frequency_squared;
    entrain__int128 groups[ENTRAIN_GROUPS_MAX][2];
    entrain__int128 energy;
    /// sum c theta, c 2 pi turns (new since the previous sample), c omega and c |omega|; with inertia M v +
    /// D theta in the place of theta, and what one tick rounds away of it at most, in units of 2^-53.
    entrain__int128 phase, turned, drive, drive_abs, rounding;
    uint32_t windows[ENTRAIN__WINDOWS]; // actors in each of the equal windows of the circle
    uint64_t pulses;                    // heard
    uint64_t weights, heard;            // sum of c, and of arrivals
    uint32_t living, known;             // known: who was there at the previous sample
    uint32_t group_living[ENTRAIN_GROUPS_MAX];
    bool beyond; // a figure too large to be summed
} entrain__phase_partial;

/// The sums of one sample; turned: since the baseline.
typedef struct entrain__phase_balance {
    uint64_t tick, observations, republished, weights;
    uint32_t living;
    entrain__int128 phase, turned, drive;
    double rounding; // of a tick at most, in units of 2^-53
} entrain__phase_balance;

typedef struct entrain__phase_mark {
    bool set;
    double time_s;
    double *phases; // [count] by index
    int32_t *turns;
    entrain_id *ids;
} entrain__phase_mark;

struct entrain_phase_meter {
    entrain__arena *arena;
    entrain_engine *engine;
    entrain_population *population;
    uint32_t count, words; // words: that the population publishes
    uint32_t rate_column;  // how fast who was not seen before turns: its natural frequency, or its velocity
    const entrain__pulse_net *net;    // of oscillators that speak by pulses, which publish nothing; else NULL
    int64_t *pairs;                   // theirs, [count][2] by index: cosine, sine, 0 of who is not there
    entrain__phase_partial *partials; // [task_count]
    // [count] by index, at the previous sample: where each was, and who it was
    double *phases;
    int32_t *turns;
    entrain_id *ids;
    uint64_t tick; // of the previous sample
    double time_s; // the same, where there are no ticks
    bool sampled;
    double elapsed_s; // during a sample: since the previous one, 0 for the first
    entrain__phase_law law;
    bool balanced; // base and last are set
    entrain__phase_balance base, last;
    uint64_t *keys[2]; // [count] where phases are sorted; NULL before they were
    bool shape;        // during a sample: keys[0] is filled
    entrain__phase_mark marks[2];
    uint32_t newest; // mark
};

/// Brings the law up to date (phase_law.c). @return whether anything of it has changed.
bool entrain__phase_law_update(entrain_phase_meter *meter);
/// Whether update() would leave it as it is, once there is one.
bool entrain__phase_law_is_current(const entrain_phase_meter *meter);
void entrain__phase_law_fini(entrain__phase_law *law);
/// Adds what the law needs of a range.
void entrain__phase_law_measure(const entrain_phase_meter *meter, const entrain_range *range,
                                entrain__phase_partial *into);
/// Fills energy and conservation of @p sample from the sum over all tasks, and moves the baseline where it
/// must.
void entrain__phase_law_finish(entrain_phase_meter *meter, const entrain__phase_partial *sum,
                               entrain_phase_sample *sample);

/// A phase as a key of 48 bits: its share of the circle (phase_shape.c).
#define ENTRAIN__KEY_BITS 48
#define ENTRAIN__KEY_NOBODY UINT64_MAX
static inline uint64_t entrain__phase_key(double phase) {
    // At most 2^18 turns, where it was written from outside: fits.
    int64_t key = (int64_t)(phase * (1 / ENTRAIN__TWO_PI) * 0x1p48);
    return (uint64_t)key & (((uint64_t)1 << ENTRAIN__KEY_BITS) - 1);
}
/// Memory for a mark, if it has none (phase_plateaus.c).
entrain_status entrain__phase_mark_room(entrain_phase_meter *meter, entrain__phase_mark *mark);
/// Written or read, after the engine (phase_archive.c). Reading: a meter that has measured nothing.
void entrain__phase_meter_archive(entrain_phase_meter *meter, entrain_archive *archive);
entrain_status entrain__phase_shape_room(entrain_phase_meter *meter);
/// Of the keys in keys[0], of which @p living are somebody's.
void entrain__phase_shape_of(entrain_phase_meter *meter, uint32_t living, entrain_phase_shape *shape_out);

#endif
