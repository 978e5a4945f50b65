// A goal's band: what is to be held lies in the shade. Coherence has two ends; what is to be even has a
// bound.
#include "sims/plot_goal.h"

#include "entrain/goal.h"

// Columns of series.csv (r_1 is the third): r_2 to r_8 follow the mean phase.
enum { COLUMN_R2 = 5, COLUMN_R8 = 11, COLUMN_GINI = 21, COLUMN_PEAK = 24 };
enum { FIRST_OBJECT = 2000, FIRST_ARROW = 3000 };

static void put_line(FILE *to, uint32_t arrow, const plot_band *course, double at) {
    fprintf(to, "set arrow %u from %.17g,%.17g to %.17g,%.17g nohead lc rgb '#2e8b57' lw 1.4 dt 2 back\n",
            arrow, course->from_s, at, course->to_s, at);
}

void plot_goal_put_bands(FILE *to, const plot_band *bands, uint32_t count) {
    for (uint32_t c = 0; c < count; c++) {
        const plot_band *course = &bands[c];
        const double low = course->low, high = course->high;
        fprintf(
            to,
            "set object %u rectangle from %.17g,%.17g to %.17g,%.17g back fc rgb '#2e8b57' fs transparent "
            "solid 0.13 noborder\n",
            FIRST_OBJECT + c, course->from_s, low, course->to_s, high);
        if (low > 0)
            put_line(to, FIRST_ARROW + 2 * c, course, low);
        if (high < 1)
            put_line(to, FIRST_ARROW + 2 * c + 1, course, high);
    }
}

void plot_goal_put_curve(FILE *to, const plot_band *last, const char *series, unsigned long long stride) {
    if (!last->spread) {
        fputs("  NaN with lines lc rgb '#2e8b57' lw 1.4 dt 2 title 'band of the goal', \\\n", to);
        return;
    }
    const double since = last->from_s - 1e-6; // an earlier goal asks for something else
    if (last->gaps) {
        fprintf(to,
                "  '%s' using 2:($2 >= %.9g ? $%d : 1/0) every %llu::1 with lines lc rgb '#2e8b57' lw 2 "
                "title 'Gini of the gaps, to be in the shade', \\\n",
                series, since, COLUMN_GINI, stride);
        return;
    }
    fprintf(to, "  '%s' using 2:(most = $3, ", series);
    for (int column = COLUMN_R2; column <= COLUMN_R8; column++)
        fprintf(to, "most = ($%d > most ? $%d : most), ", column, column);
    fprintf(to,
            "$2 >= %.9g ? most : 1/0) every %llu::1 with lines lc rgb '#2e8b57' lw 2 "
            "title 'largest of r_1 to r_8, to be in the shade', "
            "\\\n  '%s' using 2:($2 >= %.9g ? $%d/%g : 1/0) every %llu::1 with lines lc rgb '#9a6fb0' "
            "lw 1.2 title 'peak load / %g', \\\n",
            since, stride, series, since, COLUMN_PEAK, 10 * ENTRAIN_SPREAD_PEAK, stride,
            10 * ENTRAIN_SPREAD_PEAK);
}
