/// @file archive_parts.h  The parts of an engine's checkpoint (entrain_engine_archive), in the order of
/// the file.
///
/// Everything is written by what the user means (slot, index, vertex, sender and order sent), never by place,
/// cohort, ring or worker: so an engine that lies otherwise, or goes on otherwise, reads the same, and writes
/// the same bytes again. What follows from the rest is not written but made anew: who is mute, sums of a
/// field, what lies where in a heap.
///
///   engine        what both sides must agree on; tick
///   topology      whole if it was replaced, else a hash of it
///   actors        generations, who lives
///   columns       of each population, by index
///   disturbances  loss, sides, delay
///   publications  by vertex: those of now, and as far back as delays look; fields; who spoke then
///   timers        calendars by owner, with the free places in the order in which they will be used
///   supervision   restarts, budgets, what was asked of actors; watches and notices
///   mail          what was told from outside; in lockstep what waits, was sent, or is kept
///   virtual       virtual-time: entrain__virtual_archive()
///   counts        of messages, which must add up with what is under way
///   contexts      behavior.archive
///
/// A reader trusts nobody: a checksum proves that bytes are those that were written, not that who wrote them
/// was sane. Every number that becomes an index, a size, or somebody's assumption is looked at first.
#ifndef ENTRAIN_ENGINE_ARCHIVE_PARTS_H
#define ENTRAIN_ENGINE_ARCHIVE_PARTS_H

#include "engine/engine_private.h"
#include "entrain/archive.h"

/// Bytes that are gathered at a time where they do not lie in the order of the file: one element at least.
enum { ENTRAIN__ARCHIVE_BLOCK = 65536 };

/// What is read cannot be: @p what, a clause, says why. ENTRAIN_PARSE.
void entrain__archive_nonsense(entrain_archive *archive, const char *what);
static inline bool entrain__archive_failed(const entrain_archive *archive) {
    return entrain_archive_status(archive, NULL) != ENTRAIN_OK;
}
/// An array of @p count elements of @p size bytes, most of them 0: those that are not, with their numbers.
void entrain__archive_sparse(entrain_archive *archive, void *array, uint32_t count, uint32_t size,
                             const char *what);
/// @p count elements of @p size bytes by index, that lie in @p array in the order @p places [count] (NULL:
/// that of the indices); @p size at most ENTRAIN__ARCHIVE_BLOCK.
void entrain__archive_placed(entrain_archive *archive, void *array, const uint32_t *places, uint32_t count,
                             uint32_t size);

void entrain__archive_topology(entrain_engine *engine, entrain_archive *archive);
void entrain__archive_actors(entrain_engine *engine, entrain_archive *archive);
void entrain__archive_columns(entrain_engine *engine, entrain_archive *archive);
void entrain__archive_disturbances(entrain_engine *engine, entrain_archive *archive);
void entrain__archive_publications(entrain_engine *engine, entrain_archive *archive);
void entrain__archive_timers(entrain_engine *engine, entrain_archive *archive);
void entrain__archive_supervision(entrain_engine *engine, entrain_archive *archive);
void entrain__archive_watches(entrain_engine *engine, entrain_archive *archive); // watch.c
void entrain__archive_mail(entrain_engine *engine, entrain_archive *archive);

#endif
