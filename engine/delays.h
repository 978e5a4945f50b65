/// @file delays.h  Observations that arrive later than in the next exchange.
///
/// An arc that delays by d ticks hands its hearer, in exchange s of tick t, what its speaker published for
/// exchange s of tick t - d. Nothing is put aside for it: publications stay where they were written, in a
/// ring of buffers, until no arc can ask for them any more, and who hears looks back as far as its arcs say.
///
///   exchange      ...  e - 3   e - 2   e - 1     e     e + 1      e = tick x exchanges + stage
///   buffer             |  read by hearers of e   |  | written |   e modulo most x exchanges + 2
///
/// The two besides: the one that is heard without a delay, and the one that is written meanwhile. Under a
/// policy without a barrier, too: when a cohort's task is in exchange e and writes e + 1, over what was
/// e - 1 - most x exchanges, those that hear it are done with e - 1, and nobody looks back as far any more.
/// So most = 0 is the double buffer that the engine has without delays.
///
/// On a complete graph it is the sums over the whole swarm that are kept, in a ring of their own.
///
/// A disturbance (disturb.h) may make everything later by so many ticks more: hearers then look at buffers of
/// so much earlier. The ring is made for the greatest that is allowed.
///
/// What an actor published before it ended still arrives; afterwards there is silence. A buffer says that by
/// itself (words of nobody are 0), but not how many spoke, nor who: from the first end on, or where there was
/// silence before tick 0, it is kept for each tick and place which generation of its slot spoke (lives).
/// Actors begin and end between ticks only, so a cohort can note that itself as it begins a tick: by then all
/// who hear it are done with the tick before.
#ifndef ENTRAIN_ENGINE_DELAYS_H
#define ENTRAIN_ENGINE_DELAYS_H

#include "engine/engine_private.h"

#define ENTRAIN__DELAY_TICKS_MAX (1u << 20)

/// How late the arcs of @p view are, by place: fills delay, behind and delay_most of @p graph, whose offsets
/// are there already. Takes 4 bytes an arc, where they differ. ENTRAIN_LIMIT, ENTRAIN_NO_MEMORY.
entrain_status entrain__delays_by_place(entrain_engine *engine, const entrain_topology_view *view,
                                        entrain__graph *graph, entrain_error *error_out);
/// Takes the ring of publications, the ring of fields, and what keeps lives, for the delays of the graph and
/// of disturbances.
entrain_status entrain__ring_build(entrain_engine *engine, entrain_error *error_out);

/// START phase: what a range published before tick 0. On a complete graph the cohort's part is added to past
/// fields.
void entrain__past_range(entrain_engine *engine, entrain__cohort *cohort, entrain_range *range);
/// After the START phase; serial.
void entrain__past_done(entrain_engine *engine);

/// Before an actor of a publishing population begins or ends: from now on it is kept who spoke. Serial.
void entrain__lives_keep(entrain_engine *engine);
/// As a cohort's task begins the first exchange of a tick.
void entrain__lives_note(entrain_engine *engine, const entrain__cohort *cohort);
/// The words of whom nobody is are 0 in the buffer that the cohort is about to write.
void entrain__silence(entrain_engine *engine, const entrain__cohort *cohort, int64_t *publications);

/// Where arcs differ: sums for @p count places from @p place on.
void entrain__gather_late(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                          uint32_t count, int64_t *sums);
/// How many each hears in this exchange. Slowly: by looking at each arc.
void entrain__heard_late(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                         uint32_t count, uint32_t *heard);

/// Buffers by how many exchanges ago they were written: [-x], x = 0 .. most x exchanges.
static inline int64_t *const *entrain__buffers(const entrain_engine *engine, const entrain__cohort *cohort) {
    return engine->publications + engine->ring + cohort->now;
}
/// The same for graph->behind: counted from what comes without a delay of its arc's own.
static inline int64_t *const *entrain__past(const entrain_engine *engine, const entrain__cohort *cohort) {
    return entrain__buffers(engine, cohort) - (engine->disturbed.delay << engine->exchange_shift);
}
/// Whether the ring is larger than near caches: then what arcs bring is fetched ahead.
static inline bool entrain__ring_is_far(const entrain_engine *engine) {
    return (uint64_t)engine->vertex_count * engine->words * sizeof(int64_t) * engine->ring >= UINT64_C(1)
                                                                                                  << 20;
}
/// Ticks, a disturbance's too.
static inline uint32_t entrain__arc_delay(const entrain_engine *engine, uint64_t arc) {
    const entrain__graph *graph = &engine->graph;
    return (graph->behind != NULL ? (uint32_t)-graph->behind[arc] >> engine->exchange_shift : graph->delay) +
           engine->disturbed.delay;
}
/// Who spoke at @p place, @p ticks before the tick of @p cohort, or ENTRAIN_ID_NONE.
entrain_id entrain__spoke_then(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                               uint32_t ticks);
static inline entrain_id entrain__spoke(const entrain_engine *engine, const entrain__cohort *cohort,
                                        uint32_t place, uint32_t ticks) {
    // Within a tick nobody changes, and the row of this one may not be written yet.
    return ticks == 0 || !engine->lives_kept ? engine->ids[place]
                                             : entrain__spoke_then(engine, cohort, place, ticks);
}

#endif
