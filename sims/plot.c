// The pictures. gnuplot reads the run's own CSV files, and all else is read from its directory too
// (plot_facts.c), so what is drawn is what was written, and can be drawn again.
//
//   coherence: r of the whole swarm, of what neighbours hear, and of each group where there are any.
//   phases: each actor a dot on the unit circle, coloured by its group, or its natural frequency (or, where
//   all are alike, its index); bars outside it count the actors in each of 120 directions; the arrow is the
//   mean field r e^(i psi).
#include "sims/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/math.h"
#include "sims/drawing.h"
#include "sims/plot_facts.h"
#include "sims/plot_frequencies.h"
#include "sims/plot_goal.h"
#include "sims/plot_groups.h"

enum { BIN_COUNT = 120, POINTS_MAX = 4000 };
static const double pi = 3.14159265358979323846;

// Thin upright lines with words, in rows that take turns so that neighbours do not write over each other.
// Where no row has room, the line stands without words: the events are in summary.json, too.
static void put_events(FILE *to, const plot_facts *facts) {
    enum { LINES_MAX = 1000, LETTERS_MAX = 44, ROWS = 4, FIRST_TAG = 100 };
    const double letter = 0.0068,
                 time_s = facts->time_s > 0 ? facts->time_s : 1; // a letter's share of the width
    double written[ROWS] = {0};                                  // how far each row is full
    for (uint32_t e = 0; e < facts->event_count && e < LINES_MAX; e++) {
        const plot_event event = facts->events[e];
        const bool left = event.at_s > 0.7 * facts->time_s, cut = strlen(event.what) > LETTERS_MAX;
        const double wide = letter * ((cut ? LETTERS_MAX + 4.0 : (double)strlen(event.what)) + 2);
        const double from = event.at_s / time_s - (left ? wide : 0);
        fprintf(to,
                "set arrow %u from first %.17g, graph 0 to first %.17g, graph 1 nohead lc rgb '#8a8a8a' lw 1 "
                "dt 3 back\n",
                FIRST_TAG + e, event.at_s, event.at_s);
        uint32_t row = e % ROWS, tried = 0;
        for (; tried < ROWS && written[row] > from; tried++)
            row = (row + 1) % ROWS;
        if (tried == ROWS)
            continue;
        written[row] = from + wide;
        fprintf(to,
                "set label %u '%s%.*s%s%s' at first %.17g, graph %.3f %s noenhanced font ',11' "
                "textcolor rgb '#555555' front\n",
                FIRST_TAG + e, left ? "" : " ", LETTERS_MAX, event.what, cut ? " ..." : "", left ? " " : "",
                event.at_s, 0.16 + 0.05 * row, left ? "right" : "left");
    }
}

static void put_coherence(FILE *to, const plot_facts *facts, const char *kind) {
    const plot_groups groups = facts->groups;
    // Three names to a row of the legend; more than two rows need room.
    const uint32_t names = 2 + groups.count + (facts->complete ? 0 : 1) + (isfinite(facts->theory) ? 1 : 0);
    const bool goal = facts->band_count > 0;
    const double more_rows = names > 6 ? (names + 2) / 3 - 2 : 0;
    fputs("reset\n", to);
    drawing_put_common(to);
    drawing_put_terminal(to, kind, "coherence", 1200, 640);
    drawing_put_title(to, facts->title);
    fputs(" noenhanced font ',16' textcolor rgb ink offset 0,0.4\n"
          "set xlabel 'simulated time t (s)' textcolor rgb ink\n"
          "set ylabel 'coherence' textcolor rgb ink\n"
          "set yrange [-0.012:1.02]; set ytics 0.2; set mytics 2; set mxtics 2\n"
          "set border 3; set tics nomirror out\n"
          "set grid ytics lc rgb faint lw 1 dt 1\n"
          "set lmargin 9; set rmargin 4; set tmargin 3.2\n",
          to);
    fprintf(to,
            "set key at screen 0.53,%.4f center horizontal Left reverse samplen 2.5 width 2\n"
            "set bmargin %.2f\n",
            0.035 + 0.0165 * more_rows, 5.8 + 1.3 * more_rows);
    if (facts->since_s > 0 && !goal) {
        // In the right part of the picture there is more room to the left of the line.
        bool left = facts->since_s > 0.6 * facts->time_s;
        fprintf(
            to,
            "set arrow 1 from %.17g,0 to %.17g,1.02 nohead lc rgb orange lw 1.5 dt 3\n"
            "set label 1 '  synchronized from t = %.4g s  ' at %.17g,0.06 %s textcolor rgb orange front\n",
            facts->since_s, facts->since_s, facts->since_s, facts->since_s, left ? "right" : "left");
    }
    put_events(to, facts);
    fprintf(to, "set xrange [0:%.17g]\n", facts->time_s > 0 ? facts->time_s : 1);
    unsigned long long stride = facts->sample_count / POINTS_MAX + 1;
    if (goal)
        plot_goal_put_bands(to, facts->bands, facts->band_count);
    fputs("plot ", to);
    if (goal)
        plot_goal_put_curve(to, &facts->bands[facts->band_count - 1], facts->series, stride);
    else
        fprintf(to, "%.17g with lines lc rgb orange lw 1.2 dt 2 title 'synchronized: r = %.4g', \\\n",
                facts->level, facts->level);
    if (!facts->complete)
        fprintf(to,
                "  '%s' using 2:12 every %llu::1 with lines lc rgb '#8db4dd' lw 1.6 "
                "title 'among neighbours', \\\n",
                facts->series, stride);
    plot_groups_put_lines(to, &groups, facts->directory, facts->series, stride);
    fprintf(to, "  '%s' using 2:3 every %llu::1 with lines lc rgb blue lw 2.6 title 'whole swarm, r'",
            facts->series, stride);
    if (isfinite(facts->theory)) // on top: where they agree, the curve would hide it
        fprintf(to, ", \\\n  %.17g with lines lc rgb '#1f7a4a' lw 2.2 dt (12,10) title 'theory: r = %.4g'",
                facts->theory, facts->theory);
    fputc('\n', to);
    fputs("unset output\n", to);
}

typedef plot_spread spread;

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static spread frequency_spread(const plot_facts *facts) {
    const uint32_t count = facts->count;
    spread out = {0, 0};
    double *sorted = malloc(sizeof *sorted * (count + (size_t)1));
    if (sorted == NULL || count == 0) {
        free(sorted);
        return out;
    }
    memcpy(sorted, facts->frequencies, sizeof *sorted * count);
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    out = (spread){sorted[count / 20], sorted[count - 1 - count / 20]};
    free(sorted);
    return out;
}

// angle, length of the bars, as an inline data block.
static void put_bars(FILE *to, const plot_facts *facts) {
    // The longest bar stands for three times the mean at least, so that an even circle looks calm.
    uint32_t count = facts->count;
    uint32_t bins[BIN_COUNT] = {0}, most = count / BIN_COUNT * 3 + 3;
    for (uint32_t i = 0; i < count; i++) {
        const double phase = facts->phases[i];
        if (facts->stopped[i])
            continue;
        double part = (phase + pi) / (2 * pi) * BIN_COUNT;
        int bin = part < 0 ? 0 : part >= BIN_COUNT ? BIN_COUNT - 1 : (int)part;
        if (++bins[bin] > most)
            most = bins[bin];
    }
    fputs("$bars << EOD\n", to);
    for (int bin = 0; bin < BIN_COUNT; bin++)
        if (bins[bin] > 0)
            fprintf(to, "%.6f,%.6f\n", (bin + 0.5) / BIN_COUNT * 2 * pi - pi, 0.36 * bins[bin] / most);
    fputs("EOD\n", to);
}

// Who was stopped: a hollow dot where it was then. So many at most.
enum { SILENT_MAX = 1000, SILENT_OBJECT = 100 };
static void put_silent(FILE *to, const plot_facts *facts) {
    uint32_t put = 0;
    for (uint32_t i = 0; i < facts->count && put < SILENT_MAX; i++) {
        const double phase = facts->phases[i];
        if (facts->stopped[i])
            fprintf(to,
                    "set object %u circle at %.6f,%.6f size 0.024 front fc rgb 'white' fs solid border rgb "
                    "'#999999'\n",
                    SILENT_OBJECT + put++, entrain_cos(phase), entrain_sin(phase));
    }
}

static void put_phases(FILE *to, const plot_facts *facts, const char *kind, spread colors) {
    bool by_index = !(colors.high > colors.low);
    uint32_t count = facts->actors;
    plot_groups groups = facts->groups;
    fputs("reset\n", to);
    drawing_put_common(to);
    drawing_put_terminal(to, kind, "phases", 900, 830);
    put_bars(to, facts);
    drawing_put_title(to, facts->title);
    fputs(" noenhanced font ',15' textcolor rgb ink \n", to);
    fprintf(to,
            "set size ratio -1; set xrange [-1.46:1.46]; set yrange [-1.46:1.46]\n"
            "unset border; unset key\n"
            "set xtics -1,0.5,1 nomirror out scale 0.5; set ytics -1,0.5,1 nomirror out scale 0.5\n"
            "set xlabel 'cos θ' textcolor rgb ink; set ylabel 'sin θ' textcolor rgb ink\n"
            "set palette defined (0 '#2c3e8f', 0.25 '#2a8fbd', 0.5 '#57b894', 0.75 '#e9b44c', 1 '#c8432f')\n"
            "set colorbox user origin 0.88,0.27 size 0.022,0.46\n"
            "set lmargin at screen 0.10; set rmargin at screen 0.84\n"
            "set bmargin at screen 0.09; set tmargin at screen 0.93\n"
            "set cblabel '%s' textcolor rgb ink offset 0.6,0\n",
            by_index       ? "index of the actor"
            : facts->swing ? "power"
                           : "natural frequency (rad/s)");
    if (groups.count > 0)
        fputs("unset colorbox\n", to);
    else if (by_index)
        fprintf(to, "set cbrange [0:%u]\n", count - 1);
    else
        fprintf(to, "set cbrange [%.17g:%.17g]\n", colors.low, colors.high);
    double x = facts->coherence * entrain_cos(facts->mean_phase),
           y = facts->coherence * entrain_sin(facts->mean_phase);
    fprintf(to,
            "set object 1 circle at 0,0 size 1 fs empty border rgb faint lw 1.5\n"
            "set arrow 1 from -1.08,0 to 1.08,0 nohead lc rgb faint lw 1 back\n"
            "set arrow 2 from 0,-1.08 to 0,1.08 nohead lc rgb faint lw 1 back\n"
            "set arrow 3 from 0,0 to %.17g,%.17g head filled size 0.07,18 lc rgb orange lw 4 front\n"
            "set label 3 'r = %.3f,  ψ = %.2f rad' at 0,%s center textcolor rgb orange font ',14' front\n",
            x, y, facts->coherence, facts->mean_phase, y > 0 ? "-0.45" : "0.45");
    plot_groups_put_arrows(to, &groups);
    put_silent(to, facts);
    fputs("plot $bars using (1.07*cos($1)):(1.07*sin($1)):($2*cos($1)):($2*sin($1)) "
          "with vectors nohead lw 6 lc rgb '#b9cfe8', \\\n",
          to);
    double point_size = count > 2000 ? 0.7 : 1.1;
    if (groups.count > 0)
        plot_groups_put_points(to, &groups, point_size);
    else
        fprintf(to,
                "  'phases.csv' using (cos($2)):(sin($2)):%d every ::1 with points pt 7 ps %.2f lc palette\n",
                by_index ? 1 : 4, point_size);
    fputs("unset output\n", to);
}

// Those of the frequencies last: a run may have none.
static const char *const pictures[] = {"coherence.png",   "coherence.svg",   "phases.png", "phases.svg",
                                       "frequencies.png", "frequencies.svg", NULL};
static const char *const pictures_of_series[] = {"coherence.png", "coherence.svg", NULL};
static const char *const pictures_without[] = {"coherence.png", "coherence.svg", "phases.png", "phases.svg",
                                               NULL};

static entrain_status draw(const plot_facts *facts, entrain_error *error_out) {
    char *script = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&script, &size);
    if (to == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "there is no memory for a plot");
    static const char *const kinds[] = {"png", "svg"};
    spread colors = frequency_spread(facts);
    const bool circle = facts->count > 0,
               stairs = circle && facts->effective_column > 0 && colors.high > colors.low;
    for (size_t i = 0; i < 2; i++) {
        put_coherence(to, facts, kinds[i]);
        if (circle)
            put_phases(to, facts, kinds[i], colors);
        if (stairs)
            plot_frequencies_put(to, kinds[i], facts->title, &facts->plateaus, facts->effective_column,
                                 colors, facts->swing, facts->damping);
    }
    entrain_status status = ENTRAIN_OK;
    if (fclose(to) != 0)
        status = entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "there is no memory for a plot");
    if (status == ENTRAIN_OK)
        status = drawing_run(facts->directory, script,
                             stairs   ? pictures
                             : circle ? pictures_without
                                      : pictures_of_series,
                             error_out);
    free(script);
    return status;
}

entrain_status plot_run(const char *directory, entrain_error *error_out) {
    plot_facts facts;
    entrain_status status = plot_facts_read(directory, &facts, error_out);
    if (status == ENTRAIN_OK)
        status = draw(&facts, error_out);
    plot_facts_free(&facts);
    return status;
}
