/// @file timeline.h  What each worker did when: spans in rings of fixed size, written out as a Chrome trace.
///
/// One track per worker. Its worker alone writes it between release and arrival; between the last arrival
/// and the release the last arriver may write all of them; between runs the caller reads. The barrier, the
/// gate and the home event order the three, so nothing here is atomic. Recording takes no lock, no memory and
/// no clock: the scheduler hands over times that it has read anyway.
#ifndef ENTRAIN_SCHEDULER_TIMELINE_H
#define ENTRAIN_SCHEDULER_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "entrain/scheduler.h"

typedef enum entrain__span_kind {
    ENTRAIN__SPAN_TASK,
    ENTRAIN__SPAN_SERIAL,
    ENTRAIN__SPAN_BARRIER,
    ENTRAIN__SPAN_IDLE,
} entrain__span_kind;

typedef struct entrain__timeline_span {
    uint64_t begin_ns, end_ns; // monotonic clock
    uint16_t kind;             // entrain__span_kind
    bool stolen;               // tasks
    uint32_t task, step;       // tasks; the step is 0 but in phases of several
    uint32_t phase;            // the job's number: tasks, and the phase that a serial part began
    uint32_t number;           // counts phases since the plan, modulo 2^32: likewise
} entrain__timeline_span;
_Static_assert(sizeof(entrain__timeline_span) == 40, "what entrain_scheduler_config says a span takes");

/// The newest @p capacity spans of one worker, in the order of time; they never overlap.
typedef struct entrain__track {
    _Alignas(ENTRAIN_CACHE_LINE)
        entrain__timeline_span *spans; // [capacity]; where the next one goes: spans[next]
    uint32_t capacity, next;
    uint64_t count; // ever recorded
} entrain__track;

typedef struct entrain__timeline entrain__timeline;

/// Tracks of @p span_count spans (1 or more) for @p worker_count workers; times are told from @p begun_ns on.
/// Everything comes from @p arena and goes with it. NULL without memory.
entrain__timeline *entrain__timeline_make(entrain__arena *arena, uint32_t worker_count, uint32_t span_count,
                                          uint64_t begun_ns);
entrain__track *entrain__timeline_track(entrain__timeline *timeline, uint32_t worker);

/// Keeps @p span and, where the track is full, forgets its oldest one.
static inline void entrain__track_add(entrain__track *track, entrain__timeline_span span) {
    track->spans[track->next] = span;
    if (++track->next == track->capacity)
        track->next = 0;
    track->count++;
}

/// A phase called @p phase begins, which the job calls @p name (NULL: by its number). The first 16 different
/// phases keep their names. The text must live as long as the timeline. By the serial part.
void entrain__timeline_phase(entrain__timeline *timeline, uint32_t phase, const char *name);

/// Spans forgotten, of all workers.
uint64_t entrain__timeline_dropped(const entrain__timeline *timeline);
/// Writes all that is kept as one JSON object, which begins with ENTRAIN_TIMELINE_BEGINS. ENTRAIN_IO.
entrain_status entrain__timeline_write(const entrain__timeline *timeline, const char *policy, FILE *stream,
                                       entrain_error *error_out);

#endif
