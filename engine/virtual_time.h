/// @file virtual_time.h  Virtual-time execution: what the rest of the engine calls of it.
#ifndef ENTRAIN_ENGINE_VIRTUAL_TIME_H
#define ENTRAIN_ENGINE_VIRTUAL_TIME_H

#include "engine/engine_private.h"

/// What this execution does not know, refused with a sentence: of the configuration, and of the populations.
entrain_status entrain__virtual_check(const entrain_engine_config *config, entrain_error *error_out);
entrain_status entrain__virtual_check_populations(const entrain_engine *engine, entrain_error *error_out);
/// Takes all that a run needs, after the cohorts were cut.
entrain_status entrain__virtual_build(entrain_engine *engine);
/// entrain_engine_run().
entrain_status entrain__virtual_run(entrain_engine *engine, double until_s, entrain_error *error_out);
/// Between runs: what the living actor at @p column has under way is cancelled.
void entrain__virtual_forget(entrain_engine *engine, entrain__cohort *cohort, uint32_t column);
/// The actor at @p column has begun, and its behavior wants to be told: it is, at the present time. During
/// the start, and between runs or windows.
void entrain__virtual_begin(entrain_engine *engine, entrain__cohort *cohort, uint32_t column);
/// Messages that have left their sender and have not been handled.
uint64_t entrain__virtual_queued(const entrain_engine *engine);
/// What only this execution has, written or read (archive_virtual.c): called by entrain_engine_archive()
/// after the table of actors, columns, calendars, `undelivered`, what was told from outside, supervision
/// and watches, and before the counts of messages, which must add up then.
void entrain__virtual_archive(entrain_engine *engine, entrain_archive *archive);

#endif
