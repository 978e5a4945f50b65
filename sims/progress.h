/// @file progress.h  One line that says how far a run is: on stderr, at most ten times a second, never in the
/// data.
#ifndef ENTRAIN_SIMS_PROGRESS_H
#define ENTRAIN_SIMS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Begins a line for @p tick_count ticks of @p step_s. @p label opens it (NULL: nothing); @p early: a stop
/// condition may end the run before, so that the time left is "at most".
void progress_begin(const char *label, uint64_t tick_count, double step_s, bool early, bool quiet);
/// It begins at @p tick: what was done before has taken no time of ours.
void progress_from(uint64_t tick);
/// Words of the caller's to add to the answer to SIGUSR1; NULL: none. progress_end() forgets it.
void progress_add(void (*tell)(const void *context, char *text_out, size_t size), const void *context);
/// The r shown from now on.
void progress_coherence(double coherence);
/// Answers SIGUSR1, quiet or not, on a line of its own. Shows the state at @p tick if enough wall time has
/// passed: a tenth of a second on a terminal, ten seconds elsewhere.
void progress_update(uint64_t tick);
/// Begins a line for work of @p count parts of about the same length, which progress_part() moves on.
void progress_begin_parts(const char *label, uint64_t count, bool quiet);
/// @p done parts are done, and @p what comes now; shown as progress_update() does.
void progress_part(uint64_t done, const char *what);
/// Begins a line of whoever has words of their own: progress_text() shows them where progress_is_due()
/// says so.
void progress_begin_text(bool quiet);
bool progress_is_due(void);
void progress_text(const char *text);
/// The line is another process's (this one was forked): nothing is shown or cleared any more.
void progress_forget(void);
/// Takes the line off the terminal, if one stands there.
void progress_clear(void);
/// Ends: nothing is shown any more.
void progress_end(void);

#endif
