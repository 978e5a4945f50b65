/// @file validate_out.h  What a validation found, for people, for programs, and as a page.
#ifndef ENTRAIN_SIMS_VALIDATE_OUT_H
#define ENTRAIN_SIMS_VALIDATE_OUT_H

#include <jansson.h>
#include <stdio.h>

#include "sims/validate.h"

enum { VALIDATE_CHECKS_MAX = 64 };

typedef struct validation {
    validate_context *contexts; ///< [count] in the order of the table
    uint32_t count;
    bool full;
    uint32_t workers;
    bool interrupted;
    double seconds;
} validation;

typedef struct validate_verdict {
    uint32_t rows, failed; ///< rows in all
    uint32_t checks;       ///< that were done
    char names[400];       ///< of the checks with failed rows: "T5, M10"
} validate_verdict;
validate_verdict validate_judge(const validation *all);

/// "0.5235987756"; "<= 1e-12" for an expected bound; "-" for NaN.
typedef struct validate_number {
    char text[32];
} validate_number;
validate_number validate_expected(const validate_row *row);
validate_number validate_value(double value);
/// Note and standard errors in words; may be empty.
void validate_remark(const validate_row *row, char *text_out, size_t size);
/// "all 112 rows of 29 checks hold", "3 rows failed, of T5, M10; 109 hold", and whether it was interrupted.
void validate_verdict_text(const validation *all, char *text_out, size_t size);

/// The names of the columns, once.
void validate_print_head(FILE *to);
void validate_print_check(FILE *to, const validate_context *context);
void validate_print_verdict(FILE *to, const validation *all);
json_t *validate_json(const validation *all);

/// Whether a report may be written to @p path: its name ends in .html or .md, nothing else lies there (@p
/// force: it is replaced), and the folder can be written.
entrain_status validate_report_check(const char *path, bool force, entrain_error *error_out);
/// The page, with the pictures that there are points for. Without gnuplot: without pictures, and a note.
entrain_status validate_report_write(const char *path, const validation *all, entrain_error *error_out);

/// One picture that was drawn.
typedef struct validate_picture {
    const char *name, *title, *caption; ///< static
    char *svg;                          ///< the file's text, the caller's to free; NULL: not drawn
} validate_picture;
enum { VALIDATE_PICTURES = 4 };
/// Draws those that there are points for. Statuses of drawing_run().
entrain_status validate_pictures_draw(const validation *all, const char *folder,
                                      validate_picture pictures_out[VALIDATE_PICTURES],
                                      entrain_error *error_out);

#endif
