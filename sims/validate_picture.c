// The pictures of a report: theory as lines, what was measured as points with its standard error, by gnuplot.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/drawing.h"
#include "sims/run_directory.h"
#include "sims/validate_out.h"
#include "sims/words.h"

enum { SERIES_MAX = 8, PANEL_WIDTH = 470, HEIGHT = 440, WIDTH = 760, SVG_BYTES_MAX = 16 << 20 };

// How each is drawn. In panels, every series has one of its own.
typedef struct style {
    const char *name, *title, *caption, *x_label, *y_label, *more;
    bool panels;
} style;

static const style styles[VALIDATE_PICTURES] = {
    {"onset", "Onset of synchrony",
     "Coherence r over coupling K, all-to-all: measured as a mean over time, with its standard error, and "
     "theory's "
     "curve for infinitely many (M1, M4, M6). Frequencies are quantiles. Below threshold what noise leaves "
     "of r is "
     "of the size 1 / sqrt(N (1 - K/K_c)): theory's 0 is for infinitely many.",
     "coupling K (rad/s)", "coherence r", "set yrange [0:1]\nset key top left\n", true},
    {"relaxation", "Relaxation on Ott and Antonsen's manifold",
     "A swarm of 10,000 with Lorentzian frequencies (half width 1) begins on the manifold and follows its "
     "closed form "
     "(M2), above, below and at threshold.",
     "time t (s)", "coherence r", "set yrange [0:1]\nset key top right\n", false},
    {"ring", "Modes of a twisted ring",
     "Rate at which mode m of a small perturbation of the twisted state q decays, 32 oscillators (T9). Below "
     "0 it grows: "
     "that state is not stable (T10).",
     "mode m", "decay rate (1/s)", "set key top left\nset xrange [0:16.5]\nset xzeroaxis lc rgb ink\n",
     false},
    {"time", "Time to coherence",
     "Identical oscillators from random phases: mean K T until r = 0.9, with its standard error, over the "
     "size of the "
     "swarm, and theory's ln N + 0.5772 + ln(.81/.19), which is for many (M12).",
     "swarm size N", "K T(r = 0.9)", "set logscale x\nset key top left\nset xrange [10:40000]\n", false},
};

static const char *const colours[SERIES_MAX] = {"#1f5fa8", "#d9772b", "#3c8d5a", "#8b5aa8",
                                                "#b33a3a", "#7a6a4f", "#2aa3b5", "#c25b95"};

typedef struct series_list {
    const char *names[SERIES_MAX];
    uint32_t count;
} series_list;

static void find_series(const validation *all, const style *look, series_list *list_out) {
    *list_out = (series_list){.count = 0};
    for (uint32_t c = 0; c < all->count; c++)
        for (uint32_t p = 0; p < all->contexts[c].point_count; p++) {
            const validate_point *point = &all->contexts[c].points[p];
            uint32_t known = 0;
            if (strcmp(point->picture, look->name) != 0)
                continue;
            while (known < list_out->count && strcmp(list_out->names[known], point->series) != 0)
                known++;
            if (known == list_out->count && known < SERIES_MAX)
                list_out->names[list_out->count++] = point->series;
        }
}

// $theory_N and $measured_N.
static void put_data(FILE *to, const validation *all, const style *look, const series_list *list) {
    for (uint32_t s = 0; s < list->count; s++)
        for (int theory = 1; theory >= 0; theory--) {
            fprintf(to, "$%s_%u << EOD\n", theory ? "theory" : "measured", s);
            for (uint32_t c = 0; c < all->count; c++)
                for (uint32_t p = 0; p < all->contexts[c].point_count; p++) {
                    const validate_point *point = &all->contexts[c].points[p];
                    if (strcmp(point->picture, look->name) == 0 &&
                        strcmp(point->series, list->names[s]) == 0 && (point->error < 0) == (theory == 1))
                        fprintf(to, "%.9g,%.9g,%.9g\n", point->x, point->y, fmax(point->error, 0));
                }
            fputs("EOD\n", to);
        }
}

// A series that is alone: theory blue, what was measured orange. Several: a colour each.
static void put_series(FILE *to, const series_list *list, uint32_t s, bool alone) {
    fprintf(to, "$theory_%u using 1:2 with lines lc rgb '%s' lw 1.6 title ", s, colours[alone ? 0 : s]);
    drawing_put_quoted(to, alone ? "theory" : list->names[s]);
    fprintf(to, ", $measured_%u using 1:2:3 with yerrorbars lc rgb '%s' lw 1.4 pt 6 ps 0.8 %s", s,
            colours[alone ? 1 : s], alone ? "title 'measured'" : "notitle");
}

static void put_script(FILE *to, const validation *all, const style *look, const series_list *list) {
    drawing_put_common(to);
    put_data(to, all, look, list);
    drawing_put_terminal(to, "svg", look->name, look->panels ? PANEL_WIDTH * (int)list->count : WIDTH,
                         HEIGHT);
    fputs("set grid lt 1 lc rgb faint lw 0.7\n", to);
    fputs(look->more, to);
    fputs("set xlabel ", to);
    drawing_put_quoted(to, look->x_label);
    fputs(" textcolor rgb ink\nset ylabel ", to);
    drawing_put_quoted(to, look->y_label);
    fputs(" textcolor rgb ink\n", to);
    if (look->panels) {
        fprintf(to, "set multiplot layout 1,%u\n", list->count);
        for (uint32_t s = 0; s < list->count; s++) {
            drawing_put_title(to, list->names[s]);
            fputs(" textcolor rgb ink\nplot ", to);
            put_series(to, list, s, true);
            fputc('\n', to);
        }
        fputs("unset multiplot\n", to);
    } else {
        fputs("plot ", to);
        for (uint32_t s = 0; s < list->count; s++) {
            fputs(s > 0 ? ", " : "", to);
            put_series(to, list, s, list->count == 1);
        }
        fputs(list->count > 1
                  ? ", NaN with lines lc rgb ink title 'lines: theory', NaN with points lc rgb ink pt 6 ps "
                    "0.8 title 'points: measured'\n"
                  : "\n",
              to);
    }
    fputs("set output\n", to);
}

static entrain_status draw(const validation *all, const style *look, const series_list *list,
                           const char *folder, validate_picture *picture, entrain_error *error_out) {
    char *script = NULL, name[40];
    size_t size = 0;
    FILE *to = open_memstream(&script, &size);
    if (to == NULL)
        abort();
    put_script(to, all, look, list);
    if (fclose(to) != 0)
        abort();
    snprintf(name, sizeof name, "%s.svg", look->name);
    const char *const names[] = {name, NULL};
    entrain_status status = drawing_run(folder, script, names, error_out);
    free(script);
    if (status == ENTRAIN_OK) {
        char *path = path_join(folder, name);
        status = words_read_file(path, SVG_BYTES_MAX, &picture->svg, &size, error_out);
        free(path);
    }
    return status;
}

entrain_status validate_pictures_draw(const validation *all, const char *folder,
                                      validate_picture pictures_out[VALIDATE_PICTURES],
                                      entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t i = 0; i < VALIDATE_PICTURES; i++) {
        series_list list;
        pictures_out[i] = (validate_picture){
            .name = styles[i].name, .title = styles[i].title, .caption = styles[i].caption};
        find_series(all, &styles[i], &list);
        if (status == ENTRAIN_OK && list.count > 0)
            status = draw(all, &styles[i], &list, folder, &pictures_out[i], error_out);
    }
    return status;
}
