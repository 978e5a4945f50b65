/// @file gnuplot.h  gnuplot as a subprocess: no shell, a time limit, its complaints caught.
#ifndef ENTRAIN_SIMS_GNUPLOT_H
#define ENTRAIN_SIMS_GNUPLOT_H

#include <stddef.h>

#include "entrain/status.h"

#define GNUPLOT_LIMIT_S 30

/// Runs @p script (gnuplot's language, whole) with @p directory as the current directory.
/// ENTRAIN_UNKNOWN: gnuplot is not installed; ENTRAIN_TIMEOUT; ENTRAIN_CANCELLED: a signal came;
/// ENTRAIN_SYSTEM: it failed.
entrain_status gnuplot_run(const char *directory, const char *script, entrain_error *error_out);

#endif
