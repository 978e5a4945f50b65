// A dot for each oscillator. On the diagonal it turns as it would alone; who has been entrained lies on a
// step.
#include "sims/plot_frequencies.h"

#include "sims/drawing.h"

void plot_frequencies_put(FILE *to, const char *kind, const char *title,
                          const entrain_phase_plateaus *plateaus, int column, plot_spread natural, bool swing,
                          double damping) {
    const double margin = 0.3 * (natural.high - natural.low);
    const double low = natural.low - margin, high = natural.high + margin;
    fputs("reset\n", to);
    drawing_put_common(to);
    drawing_put_terminal(to, kind, "frequencies", 900, 830);
    drawing_put_title(to, title);
    fputs(" noenhanced font ',15' textcolor rgb ink offset 0,0.3\n", to);
    fprintf(to,
            "set xrange [%.17g:%.17g]\n"
            "set border 3; set tics nomirror out; set grid lc rgb faint lw 1 dt 1\n"
            "set xlabel '%s' textcolor rgb ink\n"
            "set ylabel 'effective frequency Ω (rad/s), mean of the last %.4g s' textcolor rgb ink\n"
            "set key at screen 0.53,0.035 center horizontal Left reverse samplen 2.5 width 2\n"
            "set lmargin 11; set rmargin 4; set tmargin 3.2; set bmargin 6\n",
            low, high, swing ? "power P" : "natural frequency ω (rad/s)", plateaus->window_s);
    if (swing) // as high as the dots lie: with little damping the diagonal is steep
        fprintf(
            to,
            "stats 'phases.csv' using %d every ::1 nooutput\n"
            "set yrange [1.1 * STATS_min - 0.1 * STATS_max - 0.1:1.1 * STATS_max - 0.1 * STATS_min + 0.1]\n",
            column);
    else
        fprintf(to, "set size ratio -1; set yrange [%.17g:%.17g]\n", low, high);
    if (plateaus->plateau_count > 0)
        fprintf(to,
                "set arrow 1 from %.17g,%.17g to %.17g,%.17g nohead lc rgb orange lw 1.5 dt 3 back\n"
                "set label 1 '%.3g %% at %.4g rad/s' at %.17g,%.17g right offset -1,-0.9 textcolor rgb "
                "orange front\n",
                low, plateaus->plateau_frequency, high, plateaus->plateau_frequency,
                100 * plateaus->plateau_share, plateaus->plateau_frequency, high,
                plateaus->plateau_frequency);
    fputs("plot ", to);
    if (damping > 0)
        fprintf(to, "x / %.17g with lines lc rgb '#8db4dd' lw 1.6 dt 2 title 'alone: Ω = %s', \\\n", damping,
                swing ? "P / D" : "ω");
    fprintf(to,
            "  'phases.csv' using 4:%d every ::1 with points pt 7 ps 0.7 lc rgb blue title 'oscillators'\n"
            "unset output\n",
            column);
}
