/// @file validate.h  Known answers: the checks there are, the rows that they yield, and swarms to check with.
///
/// A check is a function that moves swarms, and adds one row for each thing it measured. It says what it
/// expects by the equations (entrain/theory.h) and how far off is too far. Checks run on several threads at
/// once: each has a context of its own. Nothing of what is measured depends on a clock or on how many threads
/// there are.
///
/// Once something went wrong (a refusal, transports that differ) or Ctrl-C came, a context's swarms stand
/// still and answer NaN: checks need not look. Rows added then fail, with what went wrong as their note;
/// after Ctrl-C none are added.
#ifndef ENTRAIN_SIMS_VALIDATE_H
#define ENTRAIN_SIMS_VALIDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/swarm.h"

#define PI 3.14159265358979323846
#define TWO_PI 6.28318530717958647693

typedef struct validate_context validate_context;

typedef struct validate_check {
    const char *id;     ///< of the table of known answers: "T5"
    const char *title;  ///< one line, at most 76 letters
    const char *source; ///< author and year
    void (*run)(validate_context *context);
} validate_check;

/// The checks by topic; each list ends with an empty one.
extern const validate_check validate_exact[];      ///< two and few oscillators: T1 to T6, T12, T15, T22, T23
extern const validate_check validate_ring[];       ///< T9, T10
extern const validate_check validate_symmetry[];   ///< T11, T13, T14
extern const validate_check validate_pulse[];      ///< T16, T21
extern const validate_check validate_second[];     ///< delay and inertia: T17, T18, T19
extern const validate_check validate_field[];      ///< M1, M2, M4, M6, M7, M8
extern const validate_check validate_statistics[]; ///< M9, M10, M12

typedef enum validate_relation {
    VALIDATE_NEAR,    ///< |measured - expected| <= tolerance
    VALIDATE_AT_MOST, ///< measured <= expected
    VALIDATE_AT_LEAST ///< measured >= expected
} validate_relation;

typedef struct validate_row {
    const validate_check *check;
    char parameters[112];
    char note[240]; ///< may be empty
    validate_relation relation;
    double expected, measured, tolerance;
    double standard_error; ///< of measured, where it is a mean over independent runs or times; else NaN
    bool both;             ///< through both transports, which agreed in every bit
    bool ok;
    double seconds; ///< of wall time that this row took
} validate_row;

/// A point of one of the report's pictures; theory's curves are points without error bars.
typedef struct validate_point {
    const char *picture, *series; ///< static texts
    double x, y, error;           ///< error: standard error, 0 where there is none; below 0: theory
} validate_point;

/// What a check knows and fills.
struct validate_context {
    const validate_check *check;
    bool full;            ///< the table's sizes; otherwise those of --quick
    bool pictures;        ///< points are wanted
    struct crew *helpers; ///< who helps in validate_each(); NULL: nobody
    validate_row *rows;
    uint32_t row_count, row_room;
    validate_point *points;
    uint32_t point_count, point_room;
    char note[240];   ///< of the next row
    char fault[1100]; ///< what went wrong; empty: nothing did
    _Atomic bool faulty;
    /// Swarms that the next row speaks of: those opened since the last row, or else the last row's.
    _Atomic bool told; ///< a row was added since a swarm was opened
    _Atomic bool any;  ///< there was a swarm
    _Atomic bool once; ///< one of them ran through one transport only
    double row_began_s, seconds;
    bool cut; ///< a signal came before the check was done
};

/// Rows. The last arguments write the parameters, as "N = 4, K = 2".
void validate_near(validate_context *context, double expected, double measured, double tolerance,
                   const char *format, ...) ENTRAIN_PRINTF(5, 6);
void validate_at_most(validate_context *context, double most, double measured, const char *format, ...)
    ENTRAIN_PRINTF(4, 5);
void validate_at_least(validate_context *context, double least, double measured, const char *format, ...)
    ENTRAIN_PRINTF(4, 5);
/// As validate_near(), of a mean whose standard error is @p standard_error.
void validate_mean(validate_context *context, double expected, double measured, double standard_error,
                   double tolerance, const char *format, ...) ENTRAIN_PRINTF(6, 7);
/// What a reader should know of the next row.
void validate_note(validate_context *context, const char *format, ...) ENTRAIN_PRINTF(2, 3);
void validate_point_add(validate_context *context, const char *picture, const char *series, double x,
                        double y, double error);
/// Something went wrong; the first one stays. Any thread.
void validate_fault(validate_context *context, const char *format, ...) ENTRAIN_PRINTF(2, 3);
/// Forgets what went wrong: what comes next has nothing to do with it.
void validate_mend(validate_context *context);
/// Whether there is no point in going on: a fault, or Ctrl-C. Any thread.
bool validate_over(const validate_context *context);
/// Frees what the context holds.
void validate_context_free(validate_context *context);

/// Calls @p body for 0 .. count - 1, on as many threads as there are; they may do anything but add rows,
/// notes and points.
void validate_each(validate_context *context, uint32_t count,
                   void (*body)(validate_context *context, void *argument, uint32_t index), void *argument);

typedef enum validate_transports {
    VALIDATE_BOTH = 0,
    VALIDATE_MAILBOX_ONLY,
    VALIDATE_PUBLISH_ONLY,
} validate_transports;
/// Of the @p index-th of many swarms that are compared with each other only by their means: one transport,
/// then the other; with --quick a mailbox, which costs most, to one in eight.
validate_transports validate_turn(const validate_context *context, uint32_t index);

/// What a swarm to check with is made of. Arrays are borrowed until validate_open() returns.
typedef struct validate_spec {
    uint32_t count;
    const double *phases, *frequencies; ///< [count]; NULL: all 0
    entrain_topology *topology;         ///< borrowed; NULL: complete
    entrain_kuramoto_config model;
    double step_s;
    uint64_t seed;
    entrain_layout layout;
    validate_transports transports;
    const char *policy; ///< NULL: tasks in a shuffled order in one transport, in index order in the other
    uint32_t workers;   ///< 0: one
} validate_spec;

typedef struct validate_swarm {
    validate_context *context;
    uint32_t count, halves; ///< 1, or 2: through both transports
    double step_s;
    entrain_engine *engines[2];
    entrain_population *populations[2];
    entrain_phase_meter *meters[2];
    double *phases; ///< [2 count], and turns: what was read last
    int32_t *turns;
} validate_swarm;

/// Always to be followed by validate_close(). Through both transports, tasks are as small as they may be, so
/// that there are several even in a small swarm; through one of them as large as the engine likes.
void validate_open(validate_context *context, const validate_spec *spec, validate_swarm *swarm_out);
void validate_close(validate_swarm *swarm);
void validate_advance(validate_swarm *swarm, uint64_t ticks);
/// To tick time_s / step_s, to the nearest.
void validate_until(validate_swarm *swarm, double time_s);
/// A sample in which both transports agree to the bit.
entrain_phase_sample validate_sample(validate_swarm *swarm);
/// Wrapped phases and turns, the same bits in both transports, until the next call of this or
/// validate_unwrapped().
const double *validate_phases(validate_swarm *swarm);
/// [count]: wrapped phases + 2 pi turns, with the 2 pi (a double) that the engine takes off.
void validate_unwrapped(validate_swarm *swarm, long double *phases_out);
uint64_t validate_fingerprint(validate_swarm *swarm);

/// A model by the theory's convention: all-to-all over N, rk4.
entrain_kuramoto_config validate_model(double coupling);
/// A graph, or NULL after a fault.
entrain_topology *validate_graph(validate_context *context, const entrain_topology_config *config);
/// Ring with one neighbour to each side.
entrain_topology *validate_ring_of(validate_context *context, uint32_t count);
/// Memory for @p count doubles that the caller frees. Ends the program without.
double *validate_doubles(uint32_t count);
/// Uniform on (0, 1): draw @p index of series @p series.
double validate_draw(uint32_t series, uint32_t index);
/// values_out[count] of @p distribution; @p stream: ENTRAIN_STREAM_...
void validate_fill(validate_context *context, const entrain_distribution *distribution, uint64_t seed,
                   uint32_t stream, uint32_t count, double *values_out);
/// Uniform quantiles: omega_j = (-1 + (2j - 1) / count) half_width.
void validate_uniform_quantiles(double half_width, uint32_t count, double *values_out);
double validate_asin(double x);
/// Mean and standard error of the mean of values[count]; standard error NaN for fewer than 2.
void validate_mean_of(const double *values, uint32_t count, double *mean_out, double *error_out);

#endif
