// One row is one JSON object; table and CSV are views of it. So what is shown and what is stored cannot
// differ.
#include "sims/bench_report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sims/bench_baseline.h"
#include "sims/bench_facts.h"
#include "sims/drawing.h"
#include "sims/outcome.h"
#include "sims/progress.h"
#include "sims/run_directory.h"
#include "sims/say.h"
#include "sims/words.h"

enum { GAP = 2, MARGIN = 2 };

typedef struct shown_columns {
    const bench_column *columns[BENCH_COLUMNS_MAX + 1];
    uint32_t count;
} shown_columns;

struct bench_report {
    bench_report_setup setup;
    bench_column columns[BENCH_COLUMNS_MAX];
    bench_baseline *baseline;
    char *table; // the one that rows belong to; NULL before the first
    shown_columns shown;
    json_t *rows;       // of all tables
    size_t rows_before; // the table under way
    json_t *row;        // under way
    run_file lines, csv;
    int lock; // of the directory; -1: none
    bool words, notes_follow;
    bool reader_gone; // of stdout
    double begun_s;
};

// What is known is shown at once. A reader that has seen enough (`| head`) is no failure.
static void push(bench_report *report) {
    errno = 0;
    if (fflush(stdout) != 0 && errno == EPIPE)
        report->reader_gone = true;
}

static void need(const void *memory) {
    if (memory == NULL)
        abort();
}

// --- The directory ---------------------------------------------------------------------------------------

static bool first_line_is_ours(const char *directory, const char *name) {
    char *path = path_join(directory, name), text[4096];
    FILE *from = fopen(path, "re");
    free(path);
    if (from == NULL)
        return false;
    bool ours =
        fgets(text, sizeof text, from) != NULL && strstr(text, "\"format\":\"" BENCH_FORMAT "\"") != NULL;
    fclose(from);
    return ours;
}

bool bench_directory_is_ours(const char *path) {
    return first_line_is_ours(path, "bench.jsonl") || first_line_is_ours(path, "bench.jsonl.part");
}

static const char *const bench_names[] = {"bench.csv", "bench.png", "bench.svg", "bench.jsonl", NULL};
static const directory_kind bench_kind = {.names = bench_names,
                                          .beginning = "bench.jsonl.part",
                                          .is_ours = bench_directory_is_ours,
                                          .what = "benchmark"};

// --- Lines of JSON ---------------------------------------------------------------------------------------

static void put_line(bench_report *report, const json_t *line) {
    // Settings can be run again, to the last bit; of what was measured nine digits are plenty.
    bool exact = json_object_get(line, "settings") != NULL;
    size_t flags = JSON_COMPACT | (exact ? JSON_REAL_PRECISION(17) : JSON_REAL_PRECISION(9));
    if (report->lines.stream != NULL) {
        json_dumpf(line, report->lines.stream, flags);
        fputc('\n', report->lines.stream);
        fflush(report->lines.stream); // what is known by now survives whatever comes
    }
    if (report->setup.json) {
        progress_clear();
        json_dumpf(line, stdout, flags);
        putchar('\n');
        push(report);
    }
}

static void put_note(bench_report *report, const char *text) {
    json_t *line = json_object();
    need(line);
    json_object_set_new(line, "kind", json_string("note"));
    json_object_set_new(line, "text", json_string(text));
    put_line(report, line);
    json_decref(line);
    if (!report->words)
        return;
    progress_clear();
    printf("%s%*s", report->notes_follow ? "" : "\n", MARGIN, "");
    report->notes_follow = true;
    print_wrapped(stdout, MARGIN, MARGIN, text);
    push(report);
}

static void put_facts(bench_report *report) {
    const bench_report_setup *setup = &report->setup;
    json_t *line = json_object(), *machine = bench_facts();
    char date[32];
    need(line);
    bench_date(date, sizeof date);
    json_object_set_new(line, "kind", json_string("facts"));
    json_object_set_new(line, "format", json_string(BENCH_FORMAT));
    json_object_set_new(line, "format_version", json_integer(BENCH_FORMAT_VERSION));
    json_object_set_new(line, "what", json_string(setup->what));
    json_object_set_new(line, "title", json_string(setup->title));
    json_object_set_new(line, "command", json_string(setup->command));
    json_object_set_new(line, "date", json_string(date));
    json_object_set_new(line, "repeats", json_integer(setup->repeats));
    json_object_set_new(line, "seconds", json_number(setup->seconds));
    json_object_set_new(line, "load_begin", json_number(bench_load()));
    json_object_update(line, machine);
    if (setup->settings != NULL)
        json_object_set(line, "settings", setup->settings);
    put_line(report, line);

    const char *cpu = json_string_value(json_object_get(machine, "cpu"));
    long long cpus = json_integer_value(json_object_get(machine, "cpus"));
    if (report->words) {
        printf("%s\n\n", words_text(setup->title).text);
        printf("  machine  %lld cpu%s of %s\n           simd %s, %s, Linux %s, governor %s\n", cpus,
               cpus == 1 ? "" : "s", cpu, json_string_value(json_object_get(machine, "simd")),
               text_bytes(json_number_value(json_object_get(machine, "memory_bytes"))).text,
               json_string_value(json_object_get(machine, "kernel")),
               json_string_value(json_object_get(machine, "governor")));
        printf("  build    Entrain %s, %s, %s\n", json_string_value(json_object_get(machine, "version")),
               json_string_value(json_object_get(machine, "compiler")),
               json_string_value(json_object_get(machine, "flags")));
        double load = json_number_value(json_object_get(line, "load_begin"));
        if (setup->untimed)
            printf("  load     at the beginning %.2f; no figure depends on it\n", load);
        else
            printf("  repeats  %u of about %s each, taken in turns; load at the beginning %.2f%s\n",
                   setup->repeats, text_duration(setup->seconds).text, load,
                   load > 0.5 * (double)cpus ? ": busy, read ratios" : "");
        push(report);
    }
    char differences[800], text[900];
    if (report->baseline != NULL &&
        bench_baseline_differs(report->baseline, line, differences, sizeof differences)) {
        snprintf(text, sizeof text, "The baseline differs in %s: its times compare more than the code.",
                 differences);
        put_note(report, text);
    }
    json_decref(machine);
    json_decref(line);
}

// --- CSV -------------------------------------------------------------------------------------------------

static void put_csv_text(FILE *to, const char *text) {
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, to);
        return;
    }
    fputc('"', to); // RFC 4180
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

static void put_csv_head(bench_report *report) {
    fputs("table", report->csv.stream);
    for (uint32_t c = 0; c < report->setup.column_count; c++)
        fprintf(report->csv.stream, ",%s", report->columns[c].key);
    fputs(",to_baseline,remark\n", report->csv.stream);
}

static void put_csv_cell(FILE *to, const json_t *value) {
    if (json_is_string(value))
        put_csv_text(to, json_string_value(value));
    else if (json_is_integer(value))
        fprintf(to, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        fprintf(to, "%.9g", json_real_value(value));
}

static void put_csv_row(bench_report *report) {
    FILE *to = report->csv.stream;
    put_csv_text(to, report->table);
    for (uint32_t c = 0; c < report->setup.column_count; c++) {
        fputc(',', to);
        put_csv_cell(to, json_object_get(report->row, report->columns[c].key));
    }
    fputc(',', to);
    put_csv_cell(to, json_object_get(report->row, "to_baseline"));
    fputc(',', to);
    put_csv_cell(to, json_object_get(report->row, "remark"));
    fputc('\n', to);
    fflush(to);
}

// --- The table -------------------------------------------------------------------------------------------

// A line under way: without the blanks that its last cell would leave.
typedef struct table_line {
    char text[512];
    size_t used;
} table_line;

static void put_cell(table_line *line, const bench_column *column, int width, const char *text) {
    bool left = column->decimals == BENCH_DECIMALS_TEXT;
    int size = snprintf(line->text + line->used, sizeof line->text - line->used, "%*s%*s",
                        line->used == 0 ? MARGIN : GAP, "", left ? -width : width, text);
    if (size > 0 && line->used + (size_t)size < sizeof line->text)
        line->used += (size_t)size;
}

static void end_line(table_line *line) {
    while (line->used > 0 && line->text[line->used - 1] == ' ')
        line->used--;
    printf("%.*s\n", (int)line->used, line->text);
    *line = (table_line){0};
}

static int width_of(const bench_column *column) {
    int width = column->width, heading = (int)strlen(column->heading), unit = (int)strlen(column->unit);
    width = width < heading ? heading : width;
    return width < unit ? unit : width;
}

static void cell_text(const bench_column *column, const json_t *value, char *text_out, size_t size) {
    if (json_is_string(value))
        words_line(json_string_value(value), text_out, size);
    else if (json_is_number(value))
        snprintf(text_out, size, "%.*f", column->decimals, json_number_value(value));
    else
        snprintf(text_out, size, "-");
}

static void print_head(bench_report *report, const shown_columns *shown, const char *title) {
    table_line line = {0};
    bool units = false;
    printf("\n%s\n\n", title);
    for (uint32_t c = 0; c < shown->count; c++) {
        put_cell(&line, shown->columns[c], width_of(shown->columns[c]), shown->columns[c]->heading);
        units = units || *shown->columns[c]->unit != '\0';
    }
    end_line(&line);
    for (uint32_t c = 0; units && c < shown->count; c++)
        put_cell(&line, shown->columns[c], width_of(shown->columns[c]), shown->columns[c]->unit);
    if (units)
        end_line(&line);
    push(report);
}

static const char no_partner[] = "the baseline has no such row",
                  no_base_time[] = "the baseline has no time for it";
static const bench_column to_baseline = {"to_baseline", "to base", "x", 3, 7};

static void print_row(bench_report *report, const shown_columns *shown, const json_t *row, bool with_remark) {
    table_line line = {0};
    const char *remark = json_string_value(json_object_get(row, "remark")), *no_base = NULL;
    if (remark != NULL && strcmp(remark, no_partner) == 0)
        no_base = "no row";
    if (remark != NULL && strcmp(remark, no_base_time) == 0)
        no_base = "no time";
    for (uint32_t c = 0; c < shown->count; c++) {
        char text[64];
        cell_text(shown->columns[c], json_object_get(row, shown->columns[c]->key), text, sizeof text);
        if (shown->columns[c] == &to_baseline && no_base != NULL)
            snprintf(text, sizeof text, "%s", no_base);
        put_cell(&line, shown->columns[c], width_of(shown->columns[c]), text);
    }
    end_line(&line);
    if (with_remark && remark != NULL && no_base == NULL) {
        printf("%*s", 2 * MARGIN, "");
        print_wrapped(stdout, 2 * MARGIN, 2 * MARGIN, remark);
    }
    push(report);
}

// --- Columns and cells -----------------------------------------------------------------------------------

static const bench_column *find_column(const bench_report *report, const char *key, size_t size) {
    for (uint32_t c = 0; c < report->setup.column_count; c++)
        if (strlen(report->columns[c].key) == size && memcmp(report->columns[c].key, key, size) == 0)
            return &report->columns[c];
    fprintf(stderr, "entrain: the report has no column %.*s; this is a bug in Entrain.\n", (int)size, key);
    abort();
}

static shown_columns choose_columns(const bench_report *report, const char *keys) {
    shown_columns shown = {.count = 0};
    bool compare = false;
    for (keys += strspn(keys, " "); *keys != '\0' && shown.count < BENCH_COLUMNS_MAX;) {
        size_t size = strcspn(keys, " ");
        shown.columns[shown.count++] = find_column(report, keys, size);
        keys += size;
        keys += strspn(keys, " ");
        const char *value = report->setup.row_value;
        if (report->baseline != NULL && value != NULL &&
            strcmp(shown.columns[shown.count - 1]->key, value) == 0)
            compare = true;
    }
    if (compare)
        shown.columns[shown.count++] = &to_baseline;
    return shown;
}

void bench_report_table(bench_report *report, const char *name, const char *title, const char *keys) {
    free(report->table);
    need(report->table = strdup(name));
    report->shown = choose_columns(report, keys);
    report->notes_follow = false;
    report->rows_before = json_array_size(report->rows);
    if (report->words) {
        progress_clear();
        print_head(report, &report->shown, title);
    }
}

void bench_report_again(bench_report *report, const char *title, const char *keys) {
    shown_columns shown = choose_columns(report, keys);
    report->notes_follow = false;
    if (!report->words)
        return;
    progress_clear();
    print_head(report, &shown, title);
    for (size_t at = report->rows_before; at < json_array_size(report->rows); at++)
        print_row(report, &shown, json_array_get(report->rows, at), false);
}

const json_t *bench_report_rows(const bench_report *report) { return report->rows; }

static void put(bench_report *report, const char *key, bool words, json_t *value) {
    const bench_column *column = find_column(report, key, strlen(key));
    if (report->table == NULL || words != (column->decimals == BENCH_DECIMALS_TEXT)) {
        fprintf(stderr, "entrain: column %s was given the wrong kind of cell; this is a bug in Entrain.\n",
                key);
        abort();
    }
    json_object_set_new(report->row, key, value != NULL ? value : json_null());
}

void bench_put_text(bench_report *report, const char *key, const char *text) {
    put(report, key, true, json_string(text));
}

void bench_put_number(bench_report *report, const char *key, double number) {
    put(report, key, false, json_number(number));
}

void bench_put_count(bench_report *report, const char *key, uint64_t count) {
    put(report, key, false, count <= INT64_MAX ? json_integer((json_int_t)count) : json_real((double)count));
}

void bench_put_remark(bench_report *report, const char *remark) {
    json_object_set_new(report->row, "remark", json_string(remark));
}

// What has no time here (it is wrong, or was left out) has nothing to compare and says so already.
static void compare(bench_report *report) {
    const char *keys = report->setup.row_keys, *value = report->setup.row_value;
    if (report->baseline == NULL || keys == NULL || value == NULL)
        return;
    double here = json_number_value(json_object_get(report->row, value));
    if (!(here > 0))
        return;
    const json_t *there = bench_baseline_find(report->baseline, report->row, keys);
    double base = json_number_value(json_object_get(there, value));
    if (base > 0)
        json_object_set_new(report->row, "to_baseline", json_number(here / base));
    else if (json_object_get(report->row, "remark") == NULL)
        bench_put_remark(report,
                         there == NULL ? "the baseline has no such row" : "the baseline has no time for it");
}

void bench_row_end(bench_report *report) {
    json_t *line = json_object();
    need(line);
    json_object_set_new(report->row, "table", json_string(report->table));
    compare(report);
    json_object_set_new(line, "kind", json_string("row"));
    json_object_set_new(line, "table", json_string(report->table));
    json_object_update(line, report->row);
    put_line(report, line);
    if (report->csv.stream != NULL)
        put_csv_row(report);
    if (report->words) {
        progress_clear();
        print_row(report, &report->shown, line, true);
    }
    json_array_append_new(report->rows, line);
    json_object_clear(report->row);
}

void bench_report_note(bench_report *report, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put_note(report, text);
}

bool bench_report_lost(const bench_report *report) {
    return report->reader_gone || ferror(stdout) != 0 ||
           (report->lines.stream != NULL && ferror(report->lines.stream) != 0) ||
           (report->csv.stream != NULL && ferror(report->csv.stream) != 0);
}

void bench_report_draw(bench_report *report, const char *script) {
    static const char *const pictures[] = {"bench.png", "bench.svg", NULL};
    entrain_error error = {0};
    if (report->setup.directory != NULL)
        drawing_say_missing(drawing_run(report->setup.directory, script, pictures, &error), &error);
}

// --- Life ------------------------------------------------------------------------------------------------

static void report_free(bench_report *report) {
    run_file_abandon(&report->lines);
    run_file_abandon(&report->csv);
    bench_baseline_free(report->baseline);
    if (report->lock >= 0)
        close(report->lock);
    json_decref(report->rows);
    json_decref(report->row);
    free(report->table);
    free(report);
}

static entrain_status open_files(bench_report *report, entrain_error *error_out) {
    bool replaced = false;
    const bench_report_setup *setup = &report->setup;
    entrain_status status =
        directory_prepare(&bench_kind, setup->directory, setup->force, &replaced, &report->lock, error_out);
    if (status == ENTRAIN_OK)
        status = run_file_open(setup->directory, "bench.jsonl", &report->lines, error_out);
    if (status == ENTRAIN_OK)
        status = run_file_open(setup->directory, "bench.csv", &report->csv, error_out);
    if (status == ENTRAIN_OK && replaced)
        say_note("replacing the earlier benchmark in %s", setup->directory);
    return status;
}

entrain_status bench_report_open(const bench_report_setup *setup, bench_report **report_out,
                                 entrain_error *error_out) {
    bench_report *report = calloc(1, sizeof *report);
    need(report);
    report->setup = *setup;
    report->lock = -1;
    report->words = !setup->json && !setup->quiet;
    report->begun_s = wall_now_s();
    need(report->rows = json_array());
    need(report->row = json_object());
    if (setup->column_count == 0 || setup->column_count > BENCH_COLUMNS_MAX)
        abort(); // a bug of ours
    memcpy(report->columns, setup->columns, setup->column_count * sizeof *report->columns);
    entrain_status status = ENTRAIN_OK;
    if (setup->baseline != NULL)
        status = bench_baseline_read(setup->baseline, setup->what, &report->baseline, error_out);
    if (status == ENTRAIN_OK && setup->directory != NULL)
        status = open_files(report, error_out);
    if (status != ENTRAIN_OK) {
        report_free(report);
        return status;
    }
    if (setup->directory != NULL)
        put_csv_head(report);
    put_facts(report);
    report->setup.columns = report->columns; // the caller's words may go now
    report->setup.title = NULL;
    report->setup.settings = NULL;
    *report_out = report;
    return ENTRAIN_OK;
}

entrain_status bench_report_close(bench_report *report, bool complete, entrain_error *error_out) {
    double load = bench_load(), took_s = wall_now_s() - report->begun_s;
    json_t *line = json_object();
    need(line);
    json_object_set_new(line, "kind", json_string("end"));
    json_object_set_new(line, "complete", json_boolean(complete));
    json_object_set_new(line, "rows", json_integer((json_int_t)json_array_size(report->rows)));
    json_object_set_new(line, "load_end", json_number(load));
    json_object_set_new(line, "took_s", json_number(took_s));
    put_line(report, line);
    json_decref(line);
    if (report->words) {
        progress_clear();
        if (!complete)
            printf("\n  NOT COMPLETE: %s of what was asked for were measured.\n",
                   text_counted(json_array_size(report->rows), "row").text);
        printf("\n  load at the end %.2f; all of it took %s%s%s\n", load, text_duration(took_s).text,
               report->setup.directory != NULL ? "; files in " : "",
               report->setup.directory != NULL ? report->setup.directory : "");
        push(report);
    }
    if (report->reader_gone)
        clearerr(stdout); // main() would take it for a full disk
    entrain_status status = ENTRAIN_OK;
    if (report->csv.stream != NULL)
        status = run_file_close(&report->csv, error_out);
    if (status == ENTRAIN_OK &&
        report->lines.stream != NULL) // last: a directory with bench.jsonl is finished
        status = run_file_close(&report->lines, error_out);
    report_free(report);
    return status;
}
