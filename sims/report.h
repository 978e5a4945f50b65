/// @file report.h  report.html of a directory: what was asked, what came out, pictures, and the commands
/// that repeat it.
#ifndef ENTRAIN_SIMS_REPORT_H
#define ENTRAIN_SIMS_REPORT_H

#include "entrain/status.h"

/// Writes report.html into @p directory, a run's, a sweep's or a script's, from the files that lie there:
/// one page that needs no others and fetches nothing. Pictures are those that are there as SVG (`entrain
/// plot` draws them); a run that did not end has a page too.
entrain_status report_write(const char *directory, entrain_error *error_out);

#endif
