/// @file csv_file.h  A table written row by row: RFC 4180, numbers with all their digits, under
/// "NAME.part" until it is closed.
#ifndef ENTRAIN_SIMS_CSV_FILE_H
#define ENTRAIN_SIMS_CSV_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrain/status.h"

enum { CSV_NAME_MAX = 80, CSV_COLUMNS_MAX = 1000, CSV_MIB_MAX = 1024 };

typedef enum csv_kind { CSV_NOTHING, CSV_INTEGER, CSV_NUMBER, CSV_TEXT } csv_kind;
typedef struct csv_cell {
    csv_kind kind;
    long long integer;
    double number;
    const char *text; ///< borrowed
    size_t size;      ///< of text
} csv_cell;

typedef struct csv_file csv_file;

/// Whether a script may call a file so: letters, digits, ".", "_" and "-", not first a ".", and ".csv" at
/// the end.
entrain_status csv_check_name(const char *name, entrain_error *error_out);
/// Begins @p directory/@p name with a line of column names. Names that are empty or twice there are refused.
entrain_status csv_open(const char *directory, const char *name, const char *const *columns,
                        uint32_t column_count, csv_file **file_out, entrain_error *error_out);
const char *csv_name(const csv_file *file);
uint32_t csv_column_count(const csv_file *file);
const char *csv_column(const csv_file *file, uint32_t index);
/// Writes one row, cells[csv_column_count()]. Integers as they are, numbers as %.17g, texts quoted where
/// they need to be, nothing as nothing. Refused once closed, and beyond CSV_MIB_MAX.
entrain_status csv_row(csv_file *file, const csv_cell *cells, entrain_error *error_out);
/// Gives it its name. A second time: nothing.
entrain_status csv_close(csv_file *file, entrain_error *error_out);
/// Frees it; one that was not closed stays as NAME.part. NULL: nothing.
void csv_free(csv_file *file);

#endif
