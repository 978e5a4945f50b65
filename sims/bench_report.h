/// @file bench_report.h  What a benchmark has to say, for readers and for machines.
///
///   table   on stdout, each row as soon as it is known           (not with --json or --quiet)
///   JSON    one line each: facts, rows, notes, the end            (--json: on stdout; -o DIR: bench.jsonl)
///   CSV     one plain header line, then one line per row          (-o DIR: bench.csv)
///
/// A report has one set of columns; its tables show some of them each. JSON and CSV have them all, and say
/// "table" first. The facts (machine, build, governor, load, repeats, when, command line) open every
/// output, and the load at the end closes it; a file of lines without its "end" was torn.
///
///   bench_report_open(&setup, &report, &error);
///   bench_report_table(report, "exchange", "One exchange", "policy workers ns_median");
///   bench_put_text(report, "policy", "steal");
///   bench_put_count(report, "workers", 2);
///   bench_put_number(report, "ns_median", 12.5);
///   bench_row_end(report);
///   bench_report_note(report, "2 workers on 1 cpu take turns");
///   bench_report_close(report, true, &error);
///
/// Main thread only. Ends the program when there is no memory for words.
#ifndef ENTRAIN_SIMS_BENCH_REPORT_H
#define ENTRAIN_SIMS_BENCH_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "entrain/status.h"
#include "sims/bench_stats.h"

#define BENCH_FORMAT "entrain-bench"
#define BENCH_FORMAT_VERSION 1

enum { BENCH_COLUMNS_MAX = 64, BENCH_DECIMALS_TEXT = -1 };

typedef struct bench_column {
    const char *key;     ///< in CSV and JSON: "ns_median"
    const char *heading; ///< over the table's column: "median"
    const char *unit;    ///< under it: "ns"; "" for none
    int decimals;        ///< of a number in the table, 0 to 9; BENCH_DECIMALS_TEXT: a column of words
    int width;           ///< at least so wide in the table; 0: as its heading and unit need
} bench_column;

typedef struct bench_report bench_report;

typedef struct bench_report_setup {
    const char *what;            ///< "scenario", "coupling": in JSON
    const char *title;           ///< one line
    const bench_column *columns; ///< copied; their texts must outlive the report
    uint32_t column_count;       ///< 1 to BENCH_COLUMNS_MAX
    uint32_t repeats;            ///< of each measurement
    bool untimed;                ///< what is measured is simulated: neither repeats nor load matter
    double seconds;              ///< about so long each
    const char *command;         ///< as typed
    json_t *settings;            ///< further facts, an object; may be NULL; the caller keeps its reference
    const char *directory;       ///< -o; NULL: no files
    const char *baseline;        ///< --baseline, an earlier benchmark's lines; NULL: none
    /// Keys of the columns that say which row is which ("size policy workers"), and of the one whose ratio
    /// to the baseline's row becomes the column "to_baseline" (one that the subject does not list: with a
    /// baseline it is added to every table that shows row_value). NULL: no row can be compared.
    const char *row_keys, *row_value;
    bool json, quiet, force;
} bench_report_setup;

/// Reads the baseline, makes the directory ready (an earlier benchmark's files are replaced; anything else
/// is refused, unless force), looks at the machine, writes the facts. What is refused has a sentence, and
/// nothing was written.
entrain_status bench_report_open(const bench_report_setup *setup, bench_report **report_out,
                                 entrain_error *error_out);

/// Rows from here on belong to table @p name, under the heading @p title, in the columns @p keys (separated
/// by blanks). Unknown keys end the program, here and below.
void bench_report_table(bench_report *report, const char *name, const char *title, const char *keys);
/// The rows since the last bench_report_table() once more, in other columns: what did not fit. Words only.
void bench_report_again(bench_report *report, const char *title, const char *keys);

/// One cell of the row under way. Cells not put are absent: "-" in the table, null, nothing in CSV. NaN and
/// infinities are absent too.
void bench_put_text(bench_report *report, const char *key, const char *text);
void bench_put_number(bench_report *report, const char *key, double number);
void bench_put_count(bench_report *report, const char *key, uint64_t count);
/// A remark in words: a line of its own under the row, "remark" in JSON and CSV.
void bench_put_remark(bench_report *report, const char *remark);
/// Writes the row to all outputs.
void bench_row_end(bench_report *report);

/// A sentence under the table, and a line of JSON.
void bench_report_note(bench_report *report, const char *format, ...) ENTRAIN_PRINTF(2, 3);
/// Whether an output takes no more (a full disk, a reader that went away): measuring on is for nobody.
bool bench_report_lost(const bench_report *report);

/// All rows so far: objects with "table" and the cells that were put. Borrowed.
const json_t *bench_report_rows(const bench_report *report);
/// Draws bench.png and bench.svg into the directory with @p script (gnuplot's language, whole; it writes
/// bench.png.part and bench.svg.part, see drawing.h). Nothing without a directory. What fails costs the
/// picture only and is a note on stderr.
void bench_report_draw(bench_report *report, const char *script);

/// Writes the end and gives the files their names. @p complete: all that was asked for was measured; if
/// not, every output says so. ENTRAIN_IO with a sentence when a file could not be written; frees the report
/// in any case.
entrain_status bench_report_close(bench_report *report, bool complete, entrain_error *error_out);

/// Whether @p path is a directory with a finished benchmark, or one under way.
bool bench_directory_is_ours(const char *path);

#endif
