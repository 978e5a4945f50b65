/// @file timeline_file.h  The file of --timeline: refused before a run, complete when it gets its name.
#ifndef ENTRAIN_SIMS_TIMELINE_FILE_H
#define ENTRAIN_SIMS_TIMELINE_FILE_H

#include <stdbool.h>

#include "entrain/scheduler.h"
#include "sims/run_directory.h"

/// Spans kept per worker: 2.5 MiB of memory each, 10 MB of file.
#define TIMELINE_EVENTS 65536

/// ENTRAIN_OK if a timeline may be written to @p path: there is nothing, or an earlier timeline, or, with @p
/// force, any ordinary file; and its folder is there, or is @p run_directory (NULL: none), which will be.
/// Changes nothing.
entrain_status timeline_file_check(const char *path, const char *run_directory, bool force,
                                   entrain_error *error_out);

/// Writes what @p scheduler keeps into @p file, which is open, gives it its name, and says on stderr how to
/// look at it and what is missing. @p file is closed either way.
entrain_status timeline_file_finish(run_file *file, const entrain_scheduler *scheduler,
                                    entrain_error *error_out);

#endif
