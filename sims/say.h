/// @file say.h  Words for people: errors and notes on stderr, and small helpers to write numbers.
#ifndef ENTRAIN_SIMS_SAY_H
#define ENTRAIN_SIMS_SAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "entrain/export.h"

/// Notes are dropped from now on; errors are not.
void say_set_quiet(bool quiet);
/// "entrain: sentence." on stderr; the full stop is added where there is none.
void say_error(const char *format, ...) ENTRAIN_PRINTF(1, 2);
/// The library's refusal of what the scenario at @p path asks for, its fields renamed to keys of a scenario.
void say_refusal(const char *path, const char *sentence);
/// "entrain: note" on stderr, unless quiet.
void say_note(const char *format, ...) ENTRAIN_PRINTF(1, 2);

/// Whether @p file is a terminal on which bold text is welcome (NO_COLOR, TERM=dumb).
bool say_may_color(FILE *file);

/// Seconds of the monotonic clock. For rates and progress; never enters the data.
double wall_now_s(void);

/// Prints @p text and a line end. The cursor stands at @p column; words that would pass column 80 go to
/// further lines, which begin at column @p indent.
void print_wrapped(FILE *to, int column, int indent, const char *text);

/// Room for one number or duration in words.
typedef struct number_text {
    char text[40];
} number_text;
number_text text_count(uint64_t number); ///< 12,345,678
number_text text_counted(uint64_t number,
                         const char *noun); ///< "1 tick", "12,345 ticks"; @p noun up to 10 letters
number_text text_duration(double seconds);  ///< "850 ms", "12.3 s", "4 min 05 s"
number_text text_bytes(double bytes);       ///< "612 bytes", "12.3 MB"

#endif
