#include "sims/plot_table.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/math.h"
#include "sims/csv_table.h"
#include "sims/drawing.h"
#include "sims/run_directory.h"
#include "sims/words.h"

enum { CURVES_MAX = 9, WORDS_MAX = 30, WIDTH = 1100 };

static const char *const colours[CURVES_MAX] = {"#1f5fa8", "#d9772b", "#3c8d5a", "#8b5aa8", "#b33a3a",
                                                "#7a6a4f", "#2aa3b5", "#c25b95", "#5f6b7a"};

typedef struct extent {
    uint32_t count; // of numbers
    double low, high;
} extent;

static extent extent_of(const csv_table *table, uint32_t column) {
    extent out = {0, INFINITY, -INFINITY};
    for (uint32_t row = 0; row < table->row_count; row++) {
        const double number = csv_number(table->cells[row][column]);
        if (isnan(number))
            continue;
        out.count++;
        out.low = fmin(out.low, number);
        out.high = fmax(out.high, number);
    }
    return out;
}

// Whether most steps of the column are steps of its logarithm: from one row to the next it grows by parts
// of itself.
static bool grows_by_ratios(const csv_table *table, uint32_t column, const extent *over) {
    if (over->count < 3 || !(over->low > 0) || over->high < 20 * over->low)
        return false;
    uint32_t near_low = 0; // a column that grows by differences has few numbers near its least
    const double middle = sqrt(over->low * over->high);
    for (uint32_t row = 0; row < table->row_count; row++)
        near_low += csv_number(table->cells[row][column]) <= middle;
    return 4 * near_low >= over->count;
}

// Says which run it was, and is no result: "seed", "first_seed", "fingerprint".
static bool is_name(const char *column) {
    static const char seed[] = "seed";
    const size_t size = strlen(column), tail = sizeof seed - 1;
    return strcmp(column, "fingerprint") == 0 || strcmp(column, "replica") == 0 ||
           (size >= tail && strcmp(column + size - tail, seed) == 0);
}

// What is known beforehand is a line; what was measured has points.
static bool is_theory(const char *column) {
    return strncmp(column, "theory", 6) == 0 || strcmp(column, "law") == 0 || strcmp(column, "expected") == 0;
}

// Several rows of one x, one after another, as of replicas: dots, no line through them.
static bool repeats(const csv_table *table) {
    for (uint32_t row = 1; row < table->row_count; row++)
        if (strcmp(table->cells[row][0], table->cells[row - 1][0]) == 0)
            return true;
    return false;
}

// The column of NAME's errors, or column_count.
static uint32_t errors_of(const csv_table *table, const char *name) {
    static const char *const endings[] = {"_se", "_error", "_err", "_sd"};
    char text[200];
    for (size_t e = 0; e < sizeof endings / sizeof *endings; e++) {
        snprintf(text, sizeof text, "%.150s%s", name, endings[e]);
        if (csv_table_find(table, text) < table->column_count)
            return csv_table_find(table, text);
    }
    return table->column_count;
}

static bool is_errors(const csv_table *table, uint32_t column) {
    for (uint32_t c = 1; c < table->column_count; c++)
        if (errors_of(table, table->columns[c]) == column)
            return true;
    return false;
}

typedef struct drawn {
    uint32_t columns[CURVES_MAX], count, left_out;
    extent x, y;
    bool words, x_log, y_log;
} drawn;

static entrain_status choose(const csv_table *table, const char *file, const char *column, drawn *out,
                             entrain_error *error_out) {
    *out = (drawn){.y = {0, INFINITY, -INFINITY}};
    if (column != NULL && csv_table_find(table, column) == table->column_count) {
        const char **names = calloc(table->column_count + (size_t)1, sizeof *names);
        if (names == NULL)
            abort();
        for (uint32_t c = 0; c < table->column_count; c++)
            names[c] = table->columns[c];
        const char *nearest = entrain_nearest_word(column, names);
        free(names);
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN, "%s has no column \"%s\"%s%s%s", file, column,
                                 nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "",
                                 nearest != NULL ? "?" : ".");
    }
    out->x = extent_of(table, 0);
    out->words = out->x.count < table->row_count;
    out->x_log = !out->words && grows_by_ratios(table, 0, &out->x);
    for (uint32_t c = 1; c < table->column_count; c++) {
        const extent one = extent_of(table, c);
        const char *name = table->columns[c];
        const bool wanted =
            column != NULL ? strcmp(column, name) == 0 : !is_errors(table, c) && !is_name(name);
        if (one.count == 0 || !wanted)
            continue;
        if (out->count == CURVES_MAX) {
            out->left_out++;
            continue;
        }
        out->columns[out->count++] = c;
        out->y.count += one.count;
        out->y.low = fmin(out->y.low, one.low);
        out->y.high = fmax(out->y.high, one.high);
    }
    out->y_log = out->y.low > 0 && out->y.high > 50 * out->y.low;
    if (out->count == 0 || (out->words && table->row_count > WORDS_MAX))
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                                 "%s has no column of numbers to draw over its first.", file);
    return ENTRAIN_OK;
}

static void put_data(FILE *to, const csv_table *table, const drawn *what) {
    for (uint32_t k = 0; k < what->count; k++) {
        const uint32_t errors = errors_of(table, table->columns[what->columns[k]]);
        fprintf(to, "$curve_%u << EOD\n", k);
        for (uint32_t row = 0; row < table->row_count; row++) {
            const double y = csv_number(table->cells[row][what->columns[k]]);
            double error = errors < table->column_count ? csv_number(table->cells[row][errors]) : NAN;
            error = isnan(error) ? 0 : error;
            if (!isnan(y))
                fprintf(to, "%.17g,%.17g,%.17g,%.17g\n", what->words ? row : csv_number(table->cells[row][0]),
                        y, what->y_log && error >= y ? y : y - error, y + error);
        }
        fputs("EOD\n", to);
    }
}

static void put_axis(FILE *to, char which, const char *label, bool logarithmic, const extent *over) {
    if (label != NULL) {
        fprintf(to, "set %clabel ", which);
        drawing_put_quoted(to, label);
        fputs(" noenhanced textcolor rgb ink\n", to);
    }
    if (logarithmic)
        drawing_put_log_tics(to, which, over->low, over->high);
    if (logarithmic)
        fprintf(to, "set %crange [%.17g:%.17g]\n", which, over->low / 1.3, over->high * 1.3);
    else if (which == 'x' && over->high > over->low) // gnuplot would go on to the next number
        fprintf(to, "set xrange [%.17g:%.17g]\n", over->low - 0.03 * (over->high - over->low),
                over->high + 0.03 * (over->high - over->low));
}

static void put_style(FILE *to, const csv_table *table, const drawn *what, uint32_t curve) {
    const char *name = table->columns[what->columns[curve]], *colour = colours[curve];
    const bool errors = errors_of(table, name) < table->column_count;
    if (is_theory(name) && !what->words)
        fputs("1:2 with lines lc rgb ink lw 2.4 dt (10,8)", to);
    else if (repeats(table))
        fprintf(to, "1:2 with points pt 7 ps %s lc rgb '%s'", table->row_count > 200 ? "0.7" : "1.1", colour);
    else if (table->row_count > 200)
        fprintf(to, "1:2 with lines lc rgb '%s' lw 2.2", colour);
    else
        fprintf(to, "%s with %s lc rgb '%s' lw 2.2 pt 7 ps 1.1", errors ? "1:2:3:4" : "1:2",
                what->words ? (errors ? "yerrorbars" : "points") : (errors ? "yerrorlines" : "linespoints"),
                colour);
}

static int bottom_lines(const csv_table *table, const drawn *what) {
    size_t longest = 0;
    for (uint32_t k = 0; k < what->count; k++) {
        const size_t size = strlen(table->columns[what->columns[k]]);
        longest = size > longest ? size : longest;
    }
    return drawing_bottom_lines((int)what->count, longest, WIDTH);
}

static void put_script(FILE *to, const csv_table *table, const drawn *what, const char *stem,
                       const char *title) {
    static const char *const kinds[] = {"png", "svg"};
    for (size_t kind = 0; kind < 2; kind++) {
        fputs("reset\n", to);
        drawing_put_common(to);
        drawing_put_terminal(to, kinds[kind], stem, WIDTH, 680);
        drawing_put_title(to, title);
        fputs(" noenhanced font ',16' textcolor rgb ink offset 0,0.4\n"
              "set border 3; set tics nomirror out; set format '%g'\n"
              "set grid ytics lc rgb faint lw 1 dt 1\n"
              "set key outside bottom center horizontal Left reverse samplen 2.4 noenhanced\n"
              "set tmargin 4; set offsets graph 0.02, graph 0.02, graph 0.04, graph 0.02\n",
              to);
        fprintf(to, "set bmargin %d\n", bottom_lines(table, what));
        put_axis(to, 'x', table->columns[0], what->x_log, &what->x);
        put_axis(to, 'y', what->count == 1 ? table->columns[what->columns[0]] : NULL, what->y_log, &what->y);
        if (what->words) {
            fputs("set xtics (", to);
            for (uint32_t row = 0; row < table->row_count; row++) {
                fputs(row > 0 ? ", " : "", to);
                drawing_put_quoted(to, words_text(table->cells[row][0]).text);
                fprintf(to, " %u", row);
            }
            fprintf(to, ") noenhanced%s\nset xrange [-0.5:%.1f]\n",
                    table->row_count > 6 ? " rotate by -25" : "", table->row_count - 0.5);
        }
        put_data(to, table, what);
        fputs("plot ", to);
        for (uint32_t k = 0; k < what->count; k++) {
            fprintf(to, "%s$curve_%u using ", k > 0 ? ", \\\n  " : "", k);
            put_style(to, table, what, k);
            fputs(" title ", to);
            drawing_put_quoted(to, table->columns[what->columns[k]]);
        }
        fputs("\nunset output\n", to);
    }
}

entrain_status plot_table(const char *directory, const char *file, const char *stem, const char *column,
                          const char *title, entrain_error *error_out) {
    csv_table table;
    drawn what;
    char *path = path_join(directory, file), *script = NULL, *png = NULL, *svg = NULL;
    size_t size = 0;
    entrain_status status = csv_table_read(path, true, &table, error_out);
    free(path);
    if (status != ENTRAIN_OK)
        return status;
    if (stem[strcspn(stem, "'\\/\n")] != '\0') // it stands in gnuplot's script
        status =
            entrain_error_set(error_out, ENTRAIN_UNKNOWN, "%s has a name that no picture can have.", file);
    else
        status = choose(&table, file, column, &what, error_out);
    if (status == ENTRAIN_OK) {
        FILE *to = open_memstream(&script, &size);
        if (to == NULL || asprintf(&png, "%s.png", stem) < 0 || asprintf(&svg, "%s.svg", stem) < 0)
            abort();
        put_script(to, &table, &what, stem, title);
        if (fclose(to) != 0)
            abort();
        const char *const pictures[] = {png, svg, NULL};
        status = drawing_run(directory, script, pictures, error_out);
        free(script);
        free(png);
        free(svg);
    }
    csv_table_free(&table);
    return status;
}
