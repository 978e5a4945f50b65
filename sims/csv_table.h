/// @file csv_table.h  Tables as CSV (RFC 4180): commas, one header line, cells with commas, quotes or line
/// ends in double quotes.
#ifndef ENTRAIN_SIMS_CSV_TABLE_H
#define ENTRAIN_SIMS_CSV_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "entrain/status.h"

typedef struct csv_table {
    char **columns; ///< [column_count]
    uint32_t column_count;
    char ***cells; ///< [row_count][column_count]; "" where there is nothing
    uint32_t row_count;
} csv_table;

/// Reads the file at @p path; a last line that has no end (a writer that was killed) is left out when @p
/// torn is allowed and refused otherwise. Refused: a row with another number of cells than the header.
entrain_status csv_table_read(const char *path, bool torn, csv_table *table_out, entrain_error *error_out);
void csv_table_free(csv_table *table);
/// The column called @p name, or column_count.
uint32_t csv_table_find(const csv_table *table, const char *name);
/// A cell as a number; true is 1, false 0; NAN for an empty cell and for words.
double csv_number(const char *cell);

/// Writes one cell, quoted where it must be.
void csv_put_text(FILE *to, const char *text);
/// The shortest digits (from 15 up) that read back as the same number; nothing for NAN.
void csv_put_number(FILE *to, double number);
/// A JSON value as a cell: the shortest digits that read back as the same number, true, false, texts as
/// they are, null as nothing, lists and tables as JSON.
void csv_put_json(FILE *to, const json_t *value);

#endif
