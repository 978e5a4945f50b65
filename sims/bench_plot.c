// The data goes into the script: gnuplot reads nothing that is not whole yet.
#include "sims/bench_plot.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/scheduler.h"
#include "sims/drawing.h"
#include "sims/lists.h"
#include "sims/say.h"

enum { PANELS_MAX = 12, LINES_MAX = 64 };

typedef struct plot_data {
    double sizes[PANELS_MAX];
    const char *policies[LINES_MAX];
    uint32_t size_count, policy_count;
    double workers[LIST_MAX]; // the ticks of the axis
    uint32_t worker_count;
    double most_workers;
} plot_data;

static double number_at(const json_t *row, const char *key) {
    const json_t *value = json_object_get(row, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static plot_data look(const json_t *rows) {
    plot_data data = {.size_count = 0};
    size_t at;
    json_t *row;
    json_array_foreach((json_t *)rows, at, row) { // cast: jansson's macro
        const char *policy = json_string_value(json_object_get(row, "policy"));
        double size = number_at(row, "size"), workers = number_at(row, "workers");
        if (policy == NULL || !isfinite(number_at(row, "ns_median")))
            continue;
        uint32_t s = 0, p = 0;
        while (s < data.size_count && data.sizes[s] != size)
            s++;
        if (s == data.size_count && s < PANELS_MAX)
            data.sizes[data.size_count++] = size;
        while (p < data.policy_count && strcmp(data.policies[p], policy) != 0)
            p++;
        if (p == data.policy_count && p < LINES_MAX)
            data.policies[data.policy_count++] = policy;
        uint32_t w = 0;
        while (w < data.worker_count && data.workers[w] != workers)
            w++;
        if (w == data.worker_count && w < LIST_MAX)
            data.workers[data.worker_count++] = workers;
        data.most_workers = fmax(data.most_workers, workers);
    }
    return data;
}

// One data block per line, $dS_P: workers, median, q1, q3. An empty one is a line without points.
static void put_block(FILE *to, const json_t *rows, const plot_data *data, uint32_t s, uint32_t p) {
    size_t at;
    json_t *row;
    fprintf(to, "$d%u_%u << EOD\n", s, p);
    json_array_foreach((json_t *)rows, at, row) {
        const char *policy = json_string_value(json_object_get(row, "policy"));
        if (policy == NULL || strcmp(policy, data->policies[p]) != 0 ||
            number_at(row, "size") != data->sizes[s] || !isfinite(number_at(row, "ns_median")))
            continue;
        fprintf(to, "%.17g,%.9g,%.9g,%.9g\n", number_at(row, "workers"), number_at(row, "ns_median"),
                number_at(row, "ns_q1"), number_at(row, "ns_q3"));
    }
    fputs("EOD\n", to);
}

// Distinct for most readers of colours, in the order of policies; the shape of the point tells them apart
// too.
static const char *const colors[] = {"#7f8794", "#1f5fa8", "#d9772b", "#2e8b57",
                                     "#8e44ad", "#c8432f", "#b8860b", "#17a2a2"};
// One more than colours: a ninth line has the first one's colour and another point.
static const int points[] = {5, 7, 9, 11, 13, 4, 6, 8, 10};
enum { COLORS = sizeof colors / sizeof *colors, POINTS = sizeof points / sizeof *points };

// Where equal speed on each worker would lead from serial's time, and how far the panel's times spread.
typedef struct panel {
    double serial_ns, least_ns, most_ns;
} panel;

static panel look_at_panel(const json_t *rows, double size) {
    panel out = {NAN, INFINITY, 0};
    size_t at;
    json_t *row;
    json_array_foreach((json_t *)rows, at, row) {
        const char *policy = json_string_value(json_object_get(row, "policy"));
        double ns = number_at(row, "ns_median");
        if (number_at(row, "size") != size || !isfinite(ns) || policy == NULL)
            continue;
        if (strcmp(policy, "serial") == 0 && number_at(row, "workers") == 1)
            out.serial_ns = ns;
        out.least_ns = fmin(out.least_ns, ns);
        out.most_ns = fmax(out.most_ns, number_at(row, "ns_q3"));
    }
    return out;
}

static void put_panel(FILE *to, const json_t *rows, const plot_data *data, uint32_t s, uint32_t columns) {
    panel spread = look_at_panel(rows, data->sizes[s]);
    bool wide = spread.most_ns > 30 * spread.least_ns;
    fprintf(to, "set title '%s' font ',13' textcolor rgb ink\n",
            text_counted((uint64_t)data->sizes[s], "actor").text);
    fprintf(to, "set ylabel '%s' textcolor rgb ink\n", s % columns == 0 ? "ns per agent and tick" : "");
    // Only where no other panel stands below.
    fprintf(to, "set xlabel '%s' textcolor rgb ink\n", s + columns < data->size_count ? "" : "workers");
    if (wide)
        fputs("set logscale y; set yrange [*:*]\n", to);
    else
        fprintf(to, "unset logscale y; set yrange [0:%.9g]\n", 1.08 * spread.most_ns);
    fputs("plot ", to);
    if (isfinite(spread.serial_ns) && data->most_workers > 1)
        fprintf(to,
                "%.9g/(x < %u ? x : %u) with lines lc rgb '#aab0b9' lw 1.5 dt 2 title 'serial / cpus used', "
                "\\\n  ",
                spread.serial_ns, entrain_scheduler_cpus(), entrain_scheduler_cpus());
    for (uint32_t p = 0; p < data->policy_count; p++) {
        // Side by side by a few per cent, so that bars of policies that cost the same can be told apart.
        double shift = data->policy_count > 1 ? 0.08 * ((double)p / (data->policy_count - 1) - 0.5) : 0;
        fprintf(to, "$d%u_%u using ($1*%.6f):2:3:4 with yerrorlines pt %d ps 1.2 lw 1.8 lc rgb '%s' title ",
                s, p, 1 + shift, points[p % POINTS], colors[p % COLORS]);
        drawing_put_quoted(to, data->policies[p]);
        fprintf(to, " noenhanced%s", p + 1 < data->policy_count ? ", \\\n  " : "\n");
    }
}

static void put_picture(FILE *to, const json_t *rows, const plot_data *data, const char *kind,
                        const char *title) {
    uint32_t columns = data->size_count < 3 ? data->size_count : 3;
    uint32_t lines = (data->size_count + columns - 1) / columns;
    size_t letters = strlen("serial / cpus used");
    for (uint32_t p = 0; p < data->policy_count; p++)
        letters = strlen(data->policies[p]) > letters ? strlen(data->policies[p]) : letters;
    int key_width = 90 + 9 * (int)letters;
    int width = (columns == 1 ? 760 : 460 * (int)columns + 60) + key_width, height = 420 * (int)lines + 140;
    fputs("reset\n", to);
    drawing_put_common(to);
    drawing_put_terminal(to, kind, "bench", width, height);
    // The key stands once, right of all panels, in a place that multiplot's margins leave free.
    double right = 1 - (double)key_width / width, top = 1 - 92.0 / height, bottom = 74.0 / height,
           left = 108.0 / width;
    fprintf(to, "set multiplot layout %u,%u margins %.4f,%.4f,%.4f,%.4f spacing %.4f,%.4f title ", lines,
            columns, left, right, bottom, top, 64.0 / width, 100.0 / height);
    drawing_put_quoted(to, title);
    fputs(" noenhanced font ',16' textcolor rgb ink\n"
          "set border 3; set tics nomirror out; set bars small\n"
          "set grid ytics lc rgb faint lw 1 dt 1\n"
          "set logscale x 2; set samples 400\n",
          to);
    fprintf(to, "set xrange [0.85:%.9g]\n", data->most_workers > 1 ? 1.18 * data->most_workers : 1.18);
    fputs("set xtics (", to);
    for (uint32_t w = 0; w < data->worker_count; w++)
        fprintf(to, "%s%.0f", w > 0 ? ", " : "", data->workers[w]);
    fputs(")\n", to);
    for (uint32_t s = 0; s < data->size_count; s++) {
        if (s == 0)
            fprintf(to, "set key at screen %.4f,%.4f left top Left reverse vertical samplen 2\n",
                    right + 18.0 / width, top);
        else
            fputs("unset key\n", to);
        put_panel(to, rows, data, s, columns);
    }
    fputs("unset multiplot\nunset output\n", to);
}

void bench_plot_policies(bench_report *report, const char *title) {
    const json_t *rows = bench_report_rows(report);
    plot_data data = look(rows);
    char *script = NULL;
    size_t size = 0;
    FILE *to = data.size_count > 0 ? open_memstream(&script, &size) : NULL;
    if (to == NULL)
        return; // nothing to draw
    for (uint32_t s = 0; s < data.size_count; s++)
        for (uint32_t p = 0; p < data.policy_count; p++)
            put_block(to, rows, &data, s, p);
    put_picture(to, rows, &data, "png", title);
    put_picture(to, rows, &data, "svg", title);
    if (fclose(to) == 0)
        bench_report_draw(report, script);
    free(script);
}
