/// @file interrupt.h  Ctrl-C, SIGTERM and SIGHUP: the first one asks the engine to stop at the tick
/// boundary, the second exits.
/// SIGUSR1 asks how far things are, which the progress line answers (progress.h).
#ifndef ENTRAIN_SIMS_INTERRUPT_H
#define ENTRAIN_SIMS_INTERRUPT_H

#include <stdbool.h>

#include "entrain/engine.h"

/// Installs the handlers, and ignores SIGPIPE: a reader that has gone away is seen as a write error.
void interrupt_install(void);
/// The engine that a signal shall cancel; NULL: none. Call with NULL before the engine is destroyed.
void interrupt_watch(entrain_engine *engine);
/// Whether a signal came.
bool interrupt_requested(void);
/// Whether SIGUSR1 came since the last call.
bool interrupt_status_asked(void);

#endif
