// Groups in the pictures.
#include "sims/plot_groups.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "entrain/math.h"

const char *plot_groups_color(uint32_t group) {
    static const char *const colors[ENTRAIN_GROUPS_MAX] = {"#2c8a6b", "#c8432f", "#7a4fa3", "#b07b12"};
    return colors[group];
}

void plot_groups_put_arrows(FILE *to, const plot_groups *groups) {
    for (uint32_t g = 0; g < groups->count; g++) {
        double x = groups->coherence[g] * entrain_cos(groups->mean_phase[g]),
               y = groups->coherence[g] * entrain_sin(groups->mean_phase[g]);
        fprintf(to,
                "set arrow %u from 0,0 to %.17g,%.17g head filled size 0.06,18 lc rgb '%s' lw 3 front\n"
                "set label %u 'group %u: r = %.3f' at -1.42,%.3g left textcolor rgb '%s' font ',13' front\n",
                10 + g, x, y, groups->color[g], 10 + g, g + 1, groups->coherence[g], 1.38 - 0.085 * g,
                groups->color[g]);
    }
}

// The most scattered first, so that whoever keeps together is not hidden; and a heap of dots is a larger dot.
void plot_groups_put_points(FILE *to, const plot_groups *groups, double point_size) {
    bool drawn[ENTRAIN_GROUPS_MAX] = {false};
    for (uint32_t k = 0; k < groups->count; k++) {
        uint32_t next = ENTRAIN_GROUPS_MAX;
        for (uint32_t g = 0; g < groups->count; g++)
            if (!drawn[g] && (next == ENTRAIN_GROUPS_MAX || groups->coherence[g] < groups->coherence[next]))
                next = g;
        drawn[next] = true;
        fprintf(
            to,
            "  'phases.csv' using ($1 >= %u && $1 < %u ? cos($2) : NaN):(sin($2)) every ::1 with points pt 7 "
            "ps %.2f lc rgb '%s'%s\n",
            groups->begin[next], groups->begin[next + 1],
            groups->coherence[next] > 0.999 ? 1.8 * point_size : point_size, groups->color[next],
            k + 1 < groups->count ? ", \\" : "");
    }
}

// The number of the column called @p name, from 1; 0: there is none.
static int find_column(const char *header, const char *name) {
    int column = 1;
    for (const char *at = header; *at != '\0' && *at != '\n'; column++) {
        size_t length = strcspn(at, ",\n");
        if (length == strlen(name) && memcmp(at, name, length) == 0)
            return column;
        at += length + (at[length] == ',');
    }
    return 0;
}

void plot_groups_put_lines(FILE *to, const plot_groups *groups, const char *directory, const char *file,
                           unsigned long long stride) {
    char path[PATH_MAX], header[4096] = "";
    snprintf(path, sizeof path, "%s/%s", directory, file);
    FILE *series = groups->count > 0 ? fopen(path, "r") : NULL;
    if (series == NULL)
        return;
    if (fgets(header, sizeof header, series) == NULL)
        header[0] = '\0';
    fclose(series);
    for (uint32_t g = 0; g < groups->count; g++) {
        char name[32];
        snprintf(name, sizeof name, "group%u_coherence", g + 1);
        int column = find_column(header, name);
        if (column > 0)
            fprintf(to, "  '%s' using 2:%d every %llu::1 with lines lc rgb '%s' lw 2 title 'group %u', \\\n",
                    file, column, stride, groups->color[g], g + 1);
    }
}
