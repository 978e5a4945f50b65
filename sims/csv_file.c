// A table written row by row.
#include "sims/csv_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/run_directory.h"
#include "sims/words.h"

struct csv_file {
    run_file file;
    char name[CSV_NAME_MAX + 1];
    char **columns;
    uint32_t column_count;
    uint64_t bytes;
    bool closed;
};

entrain_status csv_check_name(const char *name, entrain_error *error_out) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const size_t size = strlen(name);
    if (size < 5 || strcmp(name + size - 4, ".csv") != 0)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "csv: the name \"%s\" does not end in .csv, as in csv(\"results.csv\", { \"size\" }).",
            words_text(name).text);
    if (size > CSV_NAME_MAX || name[0] == '.' || strspn(name, letters) != size)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "csv: \"%s\" is no plain file name; files go into the script's directory, and a "
            "name has up to %d letters, digits, \".\", \"_\" and \"-\".",
            words_text(name).text, CSV_NAME_MAX);
    return ENTRAIN_OK;
}

static size_t put_text(FILE *to, const char *text, size_t size) {
    bool plain = size > 0 && text[0] != ' ' && text[size - 1] != ' ';
    for (size_t i = 0; plain && i < size; i++)
        plain = text[i] != '"' && text[i] != ',' && text[i] != '\n' && text[i] != '\r';
    if (plain) {
        fwrite(text, 1, size, to);
        return size;
    }
    fputc('"', to);
    size_t quotes = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"')
            fputc('"', to), quotes++;
        fputc(text[i], to);
    }
    fputc('"', to);
    return size + quotes + 2;
}

static size_t put_cell(FILE *to, const csv_cell *cell) {
    int size = 0;
    if (cell->kind == CSV_TEXT)
        return put_text(to, cell->text, cell->size);
    if (cell->kind == CSV_INTEGER)
        size = fprintf(to, "%lld", cell->integer);
    else if (cell->kind == CSV_NUMBER)
        size = isnan(cell->number) ? fprintf(to, "nan") : fprintf(to, "%.17g", cell->number); // no "-nan"
    return size > 0 ? (size_t)size : 0;
}

static entrain_status check_columns(const char *name, const char *const *columns, uint32_t count,
                                    entrain_error *error_out) {
    if (count == 0 || count > CSV_COLUMNS_MAX)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "csv: \"%s\" has %u columns; give 1 to %d names, as in { \"size\", \"coherence\" }.", name, count,
            CSV_COLUMNS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        if (columns[i][0] == '\0')
            return entrain_error_set(error_out, ENTRAIN_INVALID, "csv: column %u of \"%s\" has no name.",
                                     i + 1, name);
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(columns[i], columns[j]) == 0)
                return entrain_error_set(
                    error_out, ENTRAIN_INVALID,
                    "csv: \"%s\" has two columns \"%s\"; call one of them something else.", name,
                    words_text(columns[i]).text);
    }
    return ENTRAIN_OK;
}

static entrain_status no_memory(const char *name, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "csv: no memory left for \"%s\"; free some.",
                             name);
}

entrain_status csv_open(const char *directory, const char *name, const char *const *columns,
                        uint32_t column_count, csv_file **file_out, entrain_error *error_out) {
    entrain_status status = csv_check_name(name, error_out);
    if (status == ENTRAIN_OK)
        status = check_columns(name, columns, column_count, error_out);
    if (status != ENTRAIN_OK)
        return status;
    csv_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        return no_memory(name, error_out);
    snprintf(file->name, sizeof file->name, "%s", name);
    file->columns = calloc(column_count, sizeof *file->columns);
    for (; file->columns != NULL && file->column_count < column_count; file->column_count++)
        if ((file->columns[file->column_count] = strdup(columns[file->column_count])) == NULL)
            break;
    if (file->columns == NULL || file->column_count < column_count)
        status = no_memory(name, error_out);
    else
        status = run_file_open(directory, name, &file->file, error_out);
    if (status != ENTRAIN_OK) {
        csv_free(file);
        return status;
    }
    for (uint32_t i = 0; i < column_count; i++) {
        if (i > 0)
            fputc(',', file->file.stream);
        file->bytes += 1 + put_text(file->file.stream, columns[i], strlen(columns[i]));
    }
    fputc('\n', file->file.stream);
    *file_out = file;
    return ENTRAIN_OK;
}

const char *csv_name(const csv_file *file) { return file->name; }
uint32_t csv_column_count(const csv_file *file) { return file->column_count; }
const char *csv_column(const csv_file *file, uint32_t index) { return file->columns[index]; }

entrain_status csv_row(csv_file *file, const csv_cell *cells, entrain_error *error_out) {
    FILE *to = file->file.stream;
    if (file->closed)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "csv: \"%s\" is closed; write its rows before that.", file->name);
    for (uint32_t i = 0; i < file->column_count; i++) {
        if (i > 0)
            fputc(',', to);
        file->bytes += 1 + put_cell(to, &cells[i]);
    }
    if (file->column_count == 1 && cells[0].kind == CSV_NOTHING) {
        fputs("\"\"", to); // an empty line is no row
        file->bytes += 2;
    }
    fputc('\n', to);
    // Written through, so that what a reader finds in NAME.part is as far as the script is.
    if (fflush(to) != 0 || ferror(to) != 0)
        return run_file_refuse(&file->file, error_out);
    if (file->bytes > (uint64_t)CSV_MIB_MAX << 20)
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "csv: \"%s\" is larger than %d MiB; write less of it.", file->name,
                                 CSV_MIB_MAX);
    return ENTRAIN_OK;
}

entrain_status csv_close(csv_file *file, entrain_error *error_out) {
    if (file->closed)
        return ENTRAIN_OK;
    file->closed = true;
    return run_file_close(&file->file, error_out);
}

void csv_free(csv_file *file) {
    if (file == NULL)
        return;
    run_file_abandon(&file->file);
    for (uint32_t i = 0; file->columns != NULL && i < file->column_count; i++)
        free(file->columns[i]);
    free(file->columns);
    free(file);
}
