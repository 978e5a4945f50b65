#include "sims/bench_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/drawing.h"

enum { NAMES_MAX = 16, PANEL_WIDTH = 520, PANEL_HEIGHT = 430, PANELS_IN_ROW = 2 };

static const char *const colours[] = {"#1f5fa8", "#d9772b", "#3c8d5a", "#8b5aa8", "#b33a3a",
                                      "#7a6a4f", "#2aa3b5", "#c25b95", "#5f6b7a"};
enum { COLOURS = sizeof colours / sizeof *colours };

void bench_picture_add(bench_picture *picture, bench_point point) {
    if (!isfinite(point.y) || !isfinite(point.low) || !isfinite(point.high))
        return;
    if (picture->count == picture->room) {
        picture->room = picture->room * 2 + 32;
        picture->points = realloc(picture->points, picture->room * sizeof *picture->points);
        if (picture->points == NULL)
            abort();
    }
    picture->points[picture->count++] = point;
}

void bench_picture_free(bench_picture *picture) {
    free(picture->points);
    picture->points = NULL;
    picture->count = picture->room = 0;
}

// Different names in the order in which they came.
typedef struct name_list {
    const char *names[NAMES_MAX];
    uint32_t count;
} name_list;

static void name_add(name_list *list, const char *name) {
    for (uint32_t i = 0; i < list->count; i++)
        if (strcmp(list->names[i], name) == 0)
            return;
    if (list->count < NAMES_MAX)
        list->names[list->count++] = name;
}

static bool has_points(const bench_picture *picture, const char *panel, const char *series) {
    for (uint32_t i = 0; i < picture->count; i++)
        if (strcmp(picture->points[i].panel, panel) == 0 && strcmp(picture->points[i].series, series) == 0)
            return true;
    return false;
}

// Above a name the series stand side by side.
static double aside(const bench_picture *picture, uint32_t series, uint32_t s) {
    return picture->x_names != NULL ? 0.6 * ((s + 0.5) / series - 0.5) : 0;
}

static void put_data(FILE *to, const bench_picture *picture, const name_list *panels,
                     const name_list *series) {
    for (uint32_t p = 0; p < panels->count; p++)
        for (uint32_t s = 0; s < series->count; s++) {
            fprintf(to, "$data_%u_%u << EOD\n", p, s);
            for (uint32_t i = 0; i < picture->count; i++) {
                const bench_point *point = &picture->points[i];
                if (strcmp(point->panel, panels->names[p]) == 0 &&
                    strcmp(point->series, series->names[s]) == 0)
                    fprintf(to, "%.9g,%.9g,%.9g,%.9g\n", point->x + aside(picture, series->count, s),
                            point->y, point->low, point->high);
            }
            fputs("EOD\n", to);
        }
}

static void put_panel(FILE *to, const bench_picture *picture, const name_list *panels,
                      const name_list *series, uint32_t p) {
    fputs("set title ", to);
    drawing_put_quoted(to, panels->names[p]);
    fputs(" textcolor rgb ink\nplot ", to);
    bool first = true;
    for (uint32_t s = 0; s < series->count; s++) {
        if (!has_points(picture, panels->names[p], series->names[s]))
            continue;
        const char *colour = colours[s % COLOURS];
        fprintf(to, "%s$data_%u_%u using 1:2:3:4 with %s lc rgb '%s' lw 1.6 pt %u ps 0.8 title ",
                first ? "" : ", ", p, s, picture->x_names != NULL ? "yerrorbars" : "yerrorlines", colour,
                s / COLOURS * 2 + 7);
        drawing_put_quoted(to, series->names[s]);
        first = false;
    }
    fputc('\n', to);
}

// Numbers at 2 and 5 as well where there are few decades: one number alone says nothing of the others.
static void put_log_tics(FILE *to, double low, double high) {
    if (!(low > 0 && high >= low && high < 100 * low)) // no points: low is infinite and high is less
        return;
    double decade = 1;
    while (decade > low)
        decade /= 10;
    while (10 * decade <= low)
        decade *= 10;
    const char *between = "set ytics add (";
    for (int upper = 0; upper < 3; upper++, decade *= 10) // two decades touch three at most
        for (int part = 2; part <= 5; part += 3, between = ", ")
            fprintf(to, "%s%.9g", between, part * decade);
    fputs(")\n", to);
}

// The same ranges in every panel, so that panels can be compared.
static void put_ranges(FILE *to, const bench_picture *picture) {
    double low = INFINITY, high = -INFINITY, x_low = INFINITY, x_high = -INFINITY;
    for (uint32_t i = 0; i < picture->count; i++) {
        const bench_point *point = &picture->points[i];
        low = fmin(low, point->low);
        high = fmax(high, point->high);
        x_low = fmin(x_low, point->x);
        x_high = fmax(x_high, point->x);
    }
    if (picture->y_log) {
        fprintf(to, "set yrange [%.9g:%.9g]\n", low / 1.5, high * 1.5);
        put_log_tics(to, low / 1.5, high * 1.5);
    } else {
        fprintf(to, "set yrange [0:%.9g]\n", high * 1.05);
    }
    if (picture->x_names != NULL)
        fprintf(to, "set xrange [-0.4:%.1f]\n", picture->x_name_count - 0.6);
    else if (picture->x_log)
        fprintf(to, "set xrange [%.9g:%.9g]\n", x_low / 1.5, x_high * 1.5);
}

static void put_axes(FILE *to, const bench_picture *picture) {
    put_ranges(to, picture);
    if (picture->x_log)
        fputs("set logscale x\nset format x '10^{%T}'\n", to);
    if (picture->y_log)
        fputs("set logscale y\n", to);
    if (picture->x_names != NULL) {
        fputs("set xtics (", to);
        for (uint32_t i = 0; i < picture->x_name_count; i++) {
            fputs(i > 0 ? "," : "", to);
            drawing_put_quoted(to, picture->x_names[i]);
            fprintf(to, " %u", i);
        }
        fputs(") rotate by -25\n", to);
    }
    fputs("set grid ytics lc rgb faint\n", to);
    fputs("set key outside bottom center horizontal samplen 1.5 font ',10' maxcols 3\nset xlabel ", to);
    drawing_put_quoted(to, picture->x_label);
    fputs(" textcolor rgb ink\nset ylabel ", to);
    drawing_put_quoted(to, picture->y_label);
    fputs(" textcolor rgb ink\n", to);
}

static void put_script(FILE *to, const bench_picture *picture) {
    static const char *const kinds[] = {"png", "svg"};
    name_list panels = {.count = 0}, series = {.count = 0};
    for (uint32_t i = 0; i < picture->count; i++) {
        name_add(&panels, picture->points[i].panel);
        name_add(&series, picture->points[i].series);
    }
    int across = panels.count < PANELS_IN_ROW ? (int)panels.count : PANELS_IN_ROW;
    int down = ((int)panels.count + across - 1) / across;
    drawing_put_common(to);
    put_data(to, picture, &panels, &series);
    for (size_t k = 0; k < 2; k++) {
        drawing_put_terminal(to, kinds[k], "bench", PANEL_WIDTH * across, PANEL_HEIGHT * down + 40);
        fprintf(to, "set multiplot layout %d,%d title ", down, across);
        drawing_put_quoted(to, picture->title);
        fputs(" textcolor rgb ink\n", to);
        fprintf(to, "set bmargin %u\n", 4 + (series.count + 2) / 3 + (picture->x_names != NULL ? 2 : 0));
        put_axes(to, picture);
        for (uint32_t p = 0; p < panels.count; p++)
            put_panel(to, picture, &panels, &series, p);
        fputs("unset multiplot\nset output\n", to);
    }
}

void bench_picture_draw(const bench_picture *picture, bench_report *report) {
    if (picture->count == 0)
        return;
    char *script = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&script, &size);
    if (to == NULL)
        abort();
    put_script(to, picture);
    if (fclose(to) != 0)
        abort();
    bench_report_draw(report, script);
    free(script);
}
