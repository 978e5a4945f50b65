// CSV as we write it and read it back. The whole file is one block of memory that cells point into.
#include "sims/csv_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/words.h"

#define FILE_BYTES_MAX ((size_t)1 << 32)

void csv_put_text(FILE *to, const char *text) {
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

void csv_put_number(FILE *to, double number) {
    char text[40];
    if (isnan(number))
        return;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (digits < 17 && strtod(text, NULL) == number)
            break;
    }
    fputs(text, to);
}

void csv_put_json(FILE *to, const json_t *value) {
    if (value == NULL || json_is_null(value))
        return;
    if (json_is_integer(value)) {
        fprintf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        csv_put_number(to, json_real_value(value));
    } else if (json_is_boolean(value)) {
        fputs(json_is_true(value) ? "true" : "false", to);
    } else if (json_is_string(value)) {
        csv_put_text(to, json_string_value(value));
    } else {
        char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
        if (text == NULL)
            abort();
        csv_put_text(to, text);
        free(text);
    }
}

double csv_number(const char *cell) {
    if (strcmp(cell, "true") == 0 || strcmp(cell, "false") == 0)
        return *cell == 't';
    char *end = NULL;
    // Not what strtod() takes beside: hexadecimal (a fingerprint), infinity in words.
    if (*cell == '\0' || cell[strspn(cell, "+-.0123456789eE")] != '\0')
        return NAN;
    double number = strtod(cell, &end);
    return *end == '\0' ? number : NAN;
}

// Takes one cell off *at, unquoted in place. *last_out: a line end followed it. False: it has no end.
static bool take_cell(char **at, char **cell_out, bool *last_out) {
    char *from = *at, *to = *at;
    *cell_out = to;
    if (*from == '"') {
        for (from++; *from != '\0'; from++) {
            if (*from == '"' && from[1] != '"')
                break;
            from += *from == '"';
            *to++ = *from;
        }
        if (*from != '"')
            return false;
        from++;
    } else {
        while (*from != '\0' && strchr(",\r\n", *from) == NULL)
            *to++ = *from++;
    }
    const bool carriage = *from == '\r' && from[1] == '\n';
    const char end = carriage ? '\n' : *from;
    if (end != ',' && end != '\n')
        return false;
    *at = from + 1 + carriage;
    *to = '\0';
    *last_out = end == '\n';
    return true;
}

typedef struct row_list {
    char **cells;
    size_t count, room;
} row_list;

static bool add_cell(row_list *list, char *cell) {
    if (list->count == list->room) {
        const size_t room = list->room * 2 + 1024;
        char **grown = realloc(list->cells, room * sizeof *grown);
        if (grown == NULL)
            return false;
        list->cells = grown;
        list->room = room;
    }
    list->cells[list->count++] = cell;
    return true;
}

static entrain_status parse(const char *path, char *text, bool torn, csv_table *table,
                            entrain_error *error_out) {
    row_list list = {0};
    entrain_status status = ENTRAIN_OK;
    uint64_t line = 1;
    bool cut = false;
    for (char *at = text; *at != '\0' && status == ENTRAIN_OK && !cut; line++) {
        const size_t first = list.count;
        bool last = false;
        while (!last && !cut && status == ENTRAIN_OK) {
            char *cell;
            if (!take_cell(&at, &cell, &last))
                cut = true;
            else if (!add_cell(&list, cell))
                status = entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for %s.", path);
        }
        if (cut)
            list.count = first;
        else if (line == 1)
            table->column_count = (uint32_t)list.count;
        else if (status == ENTRAIN_OK && list.count - first != table->column_count)
            status = entrain_error_set(
                error_out, ENTRAIN_PARSE, "%s is torn or no table: line %llu has %zu cells, the header %u.",
                path, (unsigned long long)line, list.count - first, table->column_count);
    }
    if (status == ENTRAIN_OK && (table->column_count == 0 || (cut && !torn)))
        status = entrain_error_set(error_out, ENTRAIN_PARSE, "%s is torn: line %llu has no end.", path,
                                   (unsigned long long)line - (line > 1));
    const size_t rows = status == ENTRAIN_OK ? list.count / table->column_count - 1 : 0;
    // The header's cells, then one pointer for each row into the same list; and one more (csv_table_read()).
    table->columns = list.cells;
    table->cells = calloc(rows + 1, sizeof *table->cells);
    if (status == ENTRAIN_OK && (table->cells == NULL || rows > UINT32_MAX))
        status = entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for %s.", path);
    for (size_t row = 0; row < rows && status == ENTRAIN_OK; row++)
        table->cells[row] = list.cells + (row + 1) * table->column_count;
    table->row_count = (uint32_t)rows;
    return status;
}

entrain_status csv_table_read(const char *path, bool torn, csv_table *table_out, entrain_error *error_out) {
    csv_table table = {0};
    char *text = NULL;
    size_t size = 0;
    entrain_status status = words_read_file(path, FILE_BYTES_MAX, &text, &size, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (strlen(text) != size)
        status = entrain_error_set(error_out, ENTRAIN_PARSE, "%s is torn or no table: it holds a zero byte.",
                                   path);
    else
        status = parse(path, text, torn, &table, error_out);
    // What the cells point into is kept behind the last row, where free() finds it.
    if (status == ENTRAIN_OK) {
        table.cells[table.row_count] = (char **)(void *)text;
        *table_out = table;
        return ENTRAIN_OK;
    }
    free(table.columns);
    free(table.cells);
    free(text);
    return status;
}

void csv_table_free(csv_table *table) {
    if (table->cells != NULL)
        free(table->cells[table->row_count]);
    free(table->cells);
    free(table->columns);
    *table = (csv_table){0};
}

uint32_t csv_table_find(const csv_table *table, const char *name) {
    uint32_t column = 0;
    while (column < table->column_count && strcmp(table->columns[column], name) != 0)
        column++;
    return column;
}
