// The picture of a sweep, from its table alone.
//
//   one numeric axis        curve with error bars, every run a faint dot
//   and a second of few     one curve for each of its values; a third axis: a panel for each
//   two of many             a heat map
//   words only              a column of dots for each word
//   ladders                 triangles that point the way the value went
//
// What theory says of the rows is drawn on top: once where all curves have the same, else one for each curve.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/math.h"
#include "sims/drawing.h"
#include "sims/run_once.h"
#include "sims/sweep_view.h"
#include "sims/words.h"

enum { CURVES_MAX = 9, PANELS_MAX = 6, DOTS_MAX = 4000 };

static const char *const colours[CURVES_MAX] = {"#1f5fa8", "#d9772b", "#3c8d5a", "#8b5aa8", "#b33a3a",
                                                "#7a6a4f", "#2aa3b5", "#c25b95", "#5f6b7a"};
static const char *const theory_colour = "#30343b";

typedef struct picture {
    const sweep_view *view;
    uint32_t x, y, z; // of view->axes; VIEW_NONE
    bool heat;
    view_group *groups;
    uint32_t count;
    uint32_t curves, panels;
    double low, high;               // of what is drawn
    bool y_log, one_theory, single; // single: nobody has an error bar
} picture;

// --- what is drawn

// The value that a ladder climbs is its x, whatever else there is.
static uint32_t climbed_axis(const sweep_view *view) {
    const sweep_table *table = view->table;
    const json_t *sweep = json_object_get(table->manifest, "sweep");
    const char *named = json_string_value(json_object_get(sweep, "climbed"));
    const char *key =
        named != NULL ? named : table->results.columns[table->axis_first + table->axis_count - 1];
    for (uint32_t axis = 0; axis < view->axis_count; axis++)
        if (strcmp(view->axes[axis].key, key) == 0)
            return axis;
    return 0;
}

static void choose_axes(picture *p) {
    const sweep_view *view = p->view;
    uint32_t order[3] = {VIEW_NONE, VIEW_NONE, VIEW_NONE}, used = 0;
    if (view->axis_count > 0)
        order[used++] = view->ladder ? climbed_axis(view) : 0;
    for (uint32_t axis = 0; axis < view->axis_count && used < 3; axis++)
        if (axis != order[0])
            order[used++] = axis;
    p->x = order[0];
    p->y = order[1];
    p->z = order[2];
    const view_axis *axes = view->axes;
    p->heat = !view->ladder && p->y != VIEW_NONE && axes[p->x].numeric && axes[p->y].numeric &&
              axes[p->y].count >= CURVES_MAX;
    // A third axis of fewer values makes the better curves.
    if (!p->heat && p->z != VIEW_NONE && axes[p->y].count > CURVES_MAX && axes[p->z].count <= CURVES_MAX) {
        p->y = order[2];
        p->z = order[1];
    }
    p->curves = p->y == VIEW_NONE ? 1 : axes[p->y].count < CURVES_MAX ? axes[p->y].count : CURVES_MAX;
    p->panels = p->z == VIEW_NONE ? 1 : axes[p->z].count < PANELS_MAX ? axes[p->z].count : PANELS_MAX;
}

static bool is_share(const char *result) {
    return strncmp(result, "coherence", 9) == 0 || strcmp(result, "local_coherence") == 0;
}

static bool is_same_theory(const picture *p) {
    double *known = calloc(p->x != VIEW_NONE ? p->view->axes[p->x].count : 1, sizeof *known);
    bool same = true;
    if (known == NULL)
        abort();
    for (uint32_t g = 0; g < p->count && same; g++) {
        const view_group *group = &p->groups[g];
        if (isnan(group->theory))
            continue;
        same = known[group->x] == 0 || fabs(known[group->x] - group->theory) < 1e-9 * fabs(group->theory);
        known[group->x] = group->theory;
    }
    free(known);
    return same;
}

static void look(picture *p) {
    p->groups = sweep_view_groups(p->view, p->x, p->y, p->z, &p->count);
    p->low = INFINITY;
    p->high = -INFINITY;
    for (uint32_t g = 0; g < p->count; g++) {
        const view_group *group = &p->groups[g];
        const double more = isnan(group->stats.error) ? 0 : group->stats.error;
        p->low = fmin(p->low, fmin(group->stats.mean - more, group->theory)); // fmin() passes NAN over
        p->high = fmax(p->high, fmax(group->stats.mean + more, group->theory));
        if (!p->heat) {
            p->low = fmin(p->low, group->stats.least);
            p->high = fmax(p->high, group->stats.greatest);
        }
    }
    p->single = true;
    for (uint32_t g = 0; g < p->count; g++)
        p->single = p->single && p->groups[g].stats.count == 1;
    p->y_log = !is_share(p->view->result) && p->low > 0 && p->high > 50 * p->low;
    p->one_theory = is_same_theory(p);
}

// --- labels

static void put_label(FILE *to, const char *which, const char *text) {
    fprintf(to, "set %s ", which);
    drawing_put_quoted(to, text);
    fputs(" noenhanced textcolor rgb ink\n", to);
}

// What the result's name means.
static const char *meaning_of(const char *result) {
    for (uint32_t i = 0; result_column_at(i).name != NULL; i++)
        if (strcmp(result_column_at(i).name, result) == 0)
            return result_column_at(i).summary;
    return NULL;
}

static const json_t *find_of(const sweep_view *view) {
    const json_t *find = json_object_get(json_object_get(view->table->manifest, "sweep"), "find");
    return strcmp(view->result, "threshold") == 0 ? find : NULL;
}

// A threshold is one of some key.
static const char *name_of(const sweep_view *view) {
    const char *key = json_string_value(json_object_get(find_of(view), "key"));
    return key != NULL ? key : view->result;
}

// From the manifest, which names it where theory speaks of the base scenario.
static const char *law_of(const sweep_table *table) {
    return json_string_value(json_object_get(json_object_get(table->manifest, "theory"), "law"));
}

// "mean of 10 runs; bars: standard error. averaged over model.delay"
static void put_caption(FILE *to, const picture *p) {
    const sweep_view *view = p->view;
    uint32_t least = UINT32_MAX, most = 0;
    for (uint32_t g = 0; g < p->count; g++) {
        least = p->groups[g].stats.count < least ? p->groups[g].stats.count : least;
        most = p->groups[g].stats.count > most ? p->groups[g].stats.count : most;
    }
    char *text = NULL;
    size_t size = 0;
    FILE *words = open_memstream(&text, &size);
    if (words == NULL)
        abort();
    if (most == 1)
        fputs("one run each", words);
    else if (least == most)
        fprintf(words, "n = %u runs each%s", most,
                p->heat ? ": their mean" : "; mean and its standard error");
    else
        fprintf(words, "n = %u to %u runs each%s", least, most,
                p->heat ? ": their mean" : "; mean and its standard error");
    for (uint32_t axis = 0, first = 1; axis < view->axis_count; axis++)
        if (axis != p->x && axis != p->y && axis != p->z) {
            fprintf(words, "%s%s", first ? "; over all values of " : ", ", view->axes[axis].key);
            first = 0;
        }
    if (p->y != VIEW_NONE && !p->heat && view->axes[p->y].count > p->curves)
        fprintf(words, "; %u of %u values of %s", p->curves, view->axes[p->y].count, view->axes[p->y].key);
    if (p->z != VIEW_NONE && view->axes[p->z].count > p->panels)
        fprintf(words, "; %u of %u values of %s", p->panels, view->axes[p->z].count, view->axes[p->z].key);
    if (fclose(words) != 0)
        abort();
    fputs("set label 900 ", to);
    drawing_put_quoted(to, text);
    fprintf(to, " at %s right noenhanced font ',10' textcolor rgb '#777d86'\n",
            p->panels > 1 ? "screen 0.985,0.972" : "graph 1,1.035");
    char meaning[240] = "";
    const char *where = json_string_value(json_object_get(find_of(view), "where"));
    if (where != NULL)
        snprintf(meaning, sizeof meaning, "threshold: where \"%.160s\" changes its truth", where);
    else if (meaning_of(view->result) != NULL)
        snprintf(meaning, sizeof meaning, "%.150s", meaning_of(view->result));
    const char *law = law_of(view->table);
    if (where == NULL && law != NULL && view->theory_column != VIEW_NONE && !p->heat && p->panels == 1) {
        const bool fits = strlen(meaning) + strlen(law) + strlen(text) < 145; // letters in a line
        snprintf(meaning + strlen(meaning), sizeof meaning - strlen(meaning), "%stheory: %.*s",
                 *meaning != '\0' ? "; " : "", (int)(fits ? strlen(law) : strcspn(law, ":")), law);
    }
    fputs("set label 901 ", to);
    drawing_put_quoted(to, meaning);
    fprintf(to, " at %s left noenhanced font ',10' textcolor rgb '#777d86'\n",
            p->panels > 1 ? "screen 0.015,0.972" : "graph 0,1.035");
    free(text);
}

// --- axes

// Half way to the neighbours, or as far beyond the last ones.
static double edge(const view_axis *axis, uint32_t i, bool upper) {
    const uint32_t last = axis->count - 1, a = upper ? (i < last ? i : last - 1) : (i > 0 ? i - 1 : 0),
                   b = a + 1;
    const double one = axis->numbers[a], two = axis->numbers[b];
    const double half = axis->logarithmic ? sqrt(two / one) : (two - one) / 2, at = axis->numbers[i];
    return axis->logarithmic ? (upper ? at * half : at / half) : (upper ? at + half : at - half);
}

static void put_scale(FILE *to, char which, const view_axis *axis, bool edges) {
    const double low = axis->numbers[0], high = axis->numbers[axis->count - 1];
    if (!axis->numeric) {
        fprintf(to, "set %ctics (", which);
        for (uint32_t v = 0; v < axis->count; v++) {
            fputs(v > 0 ? ", " : "", to);
            drawing_put_quoted(to, sweep_view_value(axis, v).text);
            fprintf(to, " %u", v);
        }
        fprintf(to, ") noenhanced%s\nset %crange [-0.5:%.1f]\n",
                axis->count > 6 && which == 'x' ? " rotate by -25" : "", which, axis->count - 0.5);
        return;
    }
    if (axis->logarithmic)
        drawing_put_log_tics(to, which, low, high);
    if (edges)
        fprintf(to, "set %crange [%.17g:%.17g]\n", which, edge(axis, 0, false),
                edge(axis, axis->count - 1, true));
    else if (axis->logarithmic)
        fprintf(to, "set %crange [%.17g:%.17g]\n", which, low / 1.25, high * 1.25);
    else
        fprintf(to, "set %crange [%.17g:%.17g]\n", which, low - 0.03 * (high - low),
                high + 0.03 * (high - low));
}

static void put_result_scale(FILE *to, const picture *p) {
    if (is_share(p->view->result) && p->low >= 0 && p->high <= 1.02) {
        fputs("set yrange [-0.012:1.03]; set ytics 0.2; set mytics 2\n", to);
        return;
    }
    if (p->y_log) {
        drawing_put_log_tics(to, 'y', p->low / 1.3, p->high * 1.3);
        fprintf(to, "set yrange [%.17g:%.17g]\n", p->low / 1.3, p->high * 1.3);
        return;
    }
    const bool from_zero = p->low >= 0 && p->low < 0.5 * p->high;
    const double wide = p->high > p->low ? p->high - p->low : fabs(p->high) > 0 ? fabs(p->high) : 1;
    fprintf(to, "set yrange [%.17g:%.17g]\n", from_zero ? -0.012 * p->high : p->low - 0.08 * wide,
            p->high + 0.06 * wide);
}

// --- data

static double x_of(const picture *p, uint32_t x) {
    return p->x != VIEW_NONE ? p->view->axes[p->x].numbers[x] : x;
}

// Side by side above a word.
static double aside(const picture *p, uint32_t curve) {
    const bool words = p->x == VIEW_NONE || !p->view->axes[p->x].numeric;
    return words && p->curves > 1 ? 0.6 * ((curve + 0.5) / p->curves - 0.5) : 0;
}

static void put_rows(FILE *to, const picture *p, uint32_t curve, uint32_t panel, bool down) {
    const sweep_view *view = p->view;
    const csv_table *csv = &view->table->results;
    fprintf(to, "$dots_%u_%u_%d << EOD\n", panel, curve, down);
    for (uint32_t row = 0; row < csv->row_count && csv->row_count <= DOTS_MAX; row++) {
        const double value = csv_number(csv->cells[row][view->result_column]);
        if (!sweep_view_done(view->table, row) || isnan(value) ||
            (p->y != VIEW_NONE && view->axes[p->y].at[row] != curve) ||
            (p->z != VIEW_NONE && view->axes[p->z].at[row] != panel) ||
            (view->ladder && (strcmp(csv->cells[row][view->table->direction], "down") == 0) != down))
            continue;
        fprintf(to, "%.17g,%.17g\n",
                (p->x != VIEW_NONE ? view->axes[p->x].numbers[view->axes[p->x].at[row]] : 0) +
                    aside(p, curve),
                value);
    }
    fputs("EOD\n", to);
}

static bool is_of(const picture *p, const view_group *group, uint32_t curve, uint32_t panel, bool down) {
    return (p->y == VIEW_NONE || group->y == curve) && (p->z == VIEW_NONE || group->z == panel) &&
           group->down == down;
}

static void put_curve(FILE *to, const picture *p, uint32_t curve, uint32_t panel, bool down) {
    fprintf(to, "$curve_%u_%u_%d << EOD\n", panel, curve, down);
    for (uint32_t g = 0; g < p->count; g++) {
        const view_group *group = &p->groups[g];
        if (!is_of(p, group, curve, panel, down))
            continue;
        const double error = isnan(group->stats.error) ? 0 : group->stats.error;
        const double low = group->stats.mean - error;
        fprintf(to, "%.17g,%.17g,%.17g,%.17g\n", x_of(p, group->x) + aside(p, curve), group->stats.mean,
                p->y_log && low <= 0 ? p->low / 2 : low, group->stats.mean + error);
    }
    fputs("EOD\n", to);
}

static void put_cells(FILE *to, const picture *p) {
    const view_axis *x = &p->view->axes[p->x], *y = &p->view->axes[p->y];
    for (uint32_t panel = 0; panel < p->panels; panel++) {
        fprintf(to, "$cells_%u << EOD\n", panel);
        for (uint32_t g = 0; g < p->count; g++) {
            const view_group *group = &p->groups[g];
            if (p->z == VIEW_NONE || group->z == panel)
                fprintf(to, "%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g\n", x->numbers[group->x],
                        y->numbers[group->y], edge(x, group->x, false), edge(x, group->x, true),
                        edge(y, group->y, false), edge(y, group->y, true), group->stats.mean);
        }
        fputs("EOD\n", to);
    }
}

// --- the plots

static void name_curve(const picture *p, uint32_t curve, bool down, char *text, size_t size) {
    text[0] = '\0';
    if (p->y != VIEW_NONE)
        snprintf(text, size, "%.120s = %s", p->view->axes[p->y].key,
                 sweep_view_value(&p->view->axes[p->y], curve).text);
    if (p->view->ladder)
        snprintf(text + strlen(text), size - strlen(text), "%s%s", *text != '\0' ? ", " : "",
                 down ? "down" : "up");
    if (*text == '\0')
        snprintf(text, size, "%.200s", p->view->result);
}

// Of the key in a picture, or a panel of it, @p width wide.
static int bottom_lines(const picture *p, int width) {
    size_t longest = 12; // "theory", and a wide line
    for (uint32_t curve = 0; curve < p->curves; curve++) {
        char text[400];
        name_curve(p, curve, true, text, sizeof text);
        longest = strlen(text) > longest ? strlen(text) : longest;
    }
    return drawing_bottom_lines(
        (int)p->curves * (p->view->ladder ? 2 : 1) + (p->view->theory_column != VIEW_NONE), longest, width);
}

// What theory says of a curve, or, where all have the same, of any of them. @return how many points.
static uint32_t put_theory_points(FILE *to, const picture *p, uint32_t curve, uint32_t panel) {
    if (p->view->theory_column == VIEW_NONE || p->x == VIEW_NONE)
        return 0;
    const uint32_t room = p->view->axes[p->x].count;
    double *known = calloc(room, sizeof *known);
    uint32_t count = 0;
    if (known == NULL)
        abort();
    for (uint32_t x = 0; x < room; x++)
        known[x] = NAN;
    for (uint32_t g = 0; g < p->count; g++) {
        const view_group *group = &p->groups[g];
        if (!isnan(group->theory) && is_of(p, group, p->one_theory ? group->y : curve, panel, group->down))
            known[group->x] = group->theory;
    }
    fprintf(to, "$theory_%u_%u << EOD\n", panel, curve);
    for (uint32_t x = 0; x < room; x++) { // where it says nothing the line has a gap
        fprintf(to, "%.17g,", x_of(p, x) + (p->one_theory ? 0 : aside(p, curve)));
        fprintf(to, isnan(known[x]) ? "nan\n" : "%.17g\n", known[x]);
        count += isnan(known[x]) ? 0 : 1;
    }
    fputs("EOD\n", to);
    free(known);
    return count;
}

static void put_theory(FILE *to, const picture *p, uint32_t panel, const uint32_t *points, bool *first) {
    const bool words = p->x == VIEW_NONE || !p->view->axes[p->x].numeric;
    bool named = false;
    for (uint32_t curve = 0; curve < p->curves; curve++) {
        if (points[curve] == 0)
            continue;
        fprintf(
            to, "%s$theory_%u_%u using 1:2 with %s lc rgb '%s' lw 2.4 %s title ", *first ? "" : ", \\\n  ",
            panel, curve, words || points[curve] == 1 ? "points pt 2 ps 1.6" : "lines",
            p->one_theory ? theory_colour : colours[curve], words || points[curve] == 1 ? "" : "dt (10,8)");
        const char *text = find_of(p->view) != NULL ? "theory: onset in an infinite swarm" : "theory";
        drawing_put_quoted(to, named ? "" : text);
        named = true;
        *first = false;
    }
}

static void put_lines(FILE *to, const picture *p, uint32_t panel) {
    static const int upwards[] = {9, 11}; // filled triangles
    const bool ladder = p->view->ladder, words = p->x == VIEW_NONE || !p->view->axes[p->x].numeric;
    uint32_t points[CURVES_MAX] = {0};
    bool first = true;
    for (uint32_t curve = 0; curve < p->curves; curve++)
        for (int down = 0; down <= (int)ladder; down++) {
            put_rows(to, p, curve, panel, down != 0);
            put_curve(to, p, curve, panel, down != 0);
        }
    for (uint32_t curve = 0; curve < (p->one_theory ? 1 : p->curves); curve++)
        points[curve] = put_theory_points(to, p, curve, panel);
    const char *style = p->single ? words ? "1:2 with points" : "1:2 with linespoints"
                        : words   ? "1:2:3:4 with yerrorbars"
                                  : "1:2:3:4 with yerrorlines";
    fputs("plot ", to);
    for (uint32_t curve = 0; curve < p->curves; curve++)
        for (int down = 0; down <= (int)ladder; down++) {
            const char *colour = ladder && p->curves == 1 ? colours[down] : colours[curve];
            fprintf(to,
                    "%s$dots_%u_%u_%d using 1:2 with points pt 7 ps 0.45 lc rgb '#b0%s' notitle, \\\n  "
                    "$curve_%u_%u_%d using %s lc rgb '%s' lw 2.2 %s pt %d ps 1.15 title ",
                    first ? "" : ", \\\n  ", panel, curve, down, colour + 1, panel, curve, down, style,
                    colour, down ? "dt 2" : "", ladder ? upwards[1 - (down ? 0 : 1)] : 7);
            char text[400];
            name_curve(p, curve, down != 0, text, sizeof text);
            drawing_put_quoted(to, text);
            first = false;
        }
    put_theory(to, p, panel, points, &first);
    fputc('\n', to);
}

static void put_heat(FILE *to, const picture *p, uint32_t panel) {
    fputs("set palette defined (0 '#253a78', 0.25 '#2a7fae', 0.5 '#56b48f', 0.75 '#e8c34f', 1 '#c8432f')\n",
          to);
    put_label(to, "cblabel", name_of(p->view));
    if (is_share(p->view->result) && p->low >= 0 && p->high <= 1.02)
        fputs("set cbrange [0:1]\n", to);
    else
        fprintf(to, "%sset cbrange [%.17g:%.17g]\n", p->y_log ? "set logscale cb\n" : "", p->low,
                p->high > p->low ? p->high : p->low + 1);
    fprintf(to,
            "plot $cells_%u using 1:2:3:4:5:6:7 with boxxyerrorbars fs solid 1.0 border lw 1 lc palette "
            "notitle\n",
            panel);
}

static void put_panel(FILE *to, const picture *p, uint32_t panel) {
    const sweep_view *view = p->view;
    if (p->z != VIEW_NONE) {
        char text[400];
        snprintf(text, sizeof text, "%.100s = %s", view->axes[p->z].key,
                 sweep_view_value(&view->axes[p->z], panel).text);
        put_label(to, "title", text);
    }
    if (p->x != VIEW_NONE) {
        put_scale(to, 'x', &view->axes[p->x], p->heat);
        put_label(to, "xlabel", view->axes[p->x].key);
    } else {
        fputs("unset xtics; set xrange [-1:1]\n", to);
    }
    if (p->heat) {
        put_scale(to, 'y', &view->axes[p->y], true);
        put_label(to, "ylabel", view->axes[p->y].key);
        put_heat(to, p, panel);
        return;
    }
    put_result_scale(to, p);
    put_label(to, "ylabel", name_of(p->view));
    put_lines(to, p, panel);
}

static void put_script(FILE *to, const picture *p, const char *name) {
    static const char *const kinds[] = {"png", "svg"};
    const int across = p->panels == 1   ? 1
                       : p->panels <= 4 ? 2
                                        : 3,
              down = ((int)p->panels + across - 1) / across;
    const int width = across == 1 ? 1100 : 640 * across, height = across == 1 ? 680 : 480 * down + 40;
    for (size_t k = 0; k < 2; k++) {
        fputs("reset\n", to);
        drawing_put_common(to);
        drawing_put_terminal(to, kinds[k], name, width, height);
        if (p->heat)
            put_cells(to, p);
        fputs("set border 3; set tics nomirror out\n"
              "set grid ytics lc rgb faint lw 1 dt 1\n"
              "set key outside bottom center horizontal Left reverse samplen 2.4 noenhanced\n"
              "set format '%g'\n",
              to);
        fprintf(to, "set bmargin %d\n", bottom_lines(p, width / across));
        if (p->heat)
            fprintf(to, "set border 15; unset grid; set bmargin 5; set rmargin %s\n",
                    p->panels > 1 ? "4" : "at screen 0.87");
        put_caption(to, p);
        if (p->panels > 1) {
            fprintf(to, "set multiplot layout %d,%d title ", down, across);
            drawing_put_quoted(to, sweep_title(p->view->table->manifest));
            fputs(" noenhanced font ',16' textcolor rgb ink\n", to);
        } else {
            drawing_put_title(to, sweep_title(p->view->table->manifest));
            fputs(" noenhanced font ',16' textcolor rgb ink offset 0,1\nset tmargin 5\n", to);
        }
        for (uint32_t panel = 0; panel < p->panels; panel++) {
            put_panel(to, p, panel);
            fputs("unset label 900; unset label 901\n", to);
        }
        fputs(p->panels > 1 ? "unset multiplot\nunset output\n" : "unset output\n", to);
    }
}

static bool is_file_name(const char *name) {
    return *name != '\0' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

entrain_status sweep_plot(const char *directory, const sweep_table *table, const char *result,
                          entrain_error *error_out) {
    sweep_view view;
    entrain_status status = sweep_view_make(table, result, &view, error_out);
    if (status != ENTRAIN_OK)
        return status;
    picture p = {.view = &view};
    char name[120], png[128], svg[128], *script = NULL;
    size_t size = 0;
    choose_axes(&p);
    look(&p);
    if (result != NULL && is_file_name(result))
        snprintf(name, sizeof name, "sweep-%.100s", result);
    else
        snprintf(name, sizeof name, "sweep");
    snprintf(png, sizeof png, "%s.png", name);
    snprintf(svg, sizeof svg, "%s.svg", name);
    FILE *to = open_memstream(&script, &size);
    if (to == NULL)
        abort();
    put_script(to, &p, name);
    if (fclose(to) != 0)
        abort();
    const char *const pictures[] = {png, svg, NULL};
    status = drawing_run(directory, script, pictures, error_out);
    free(script);
    free(p.groups);
    sweep_view_free(&view);
    return status;
}
