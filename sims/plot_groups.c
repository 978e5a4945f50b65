// Groups in the pictures.
#include "sims/plot_groups.h"

#include <math.h>

#include "entrain/math.h"

plot_groups plot_groups_look(entrain_population *population) {
    static const char *const colors[ENTRAIN_GROUPS_MAX] = {"#2c5fa8", "#c8432f", "#3f9a74", "#b07b12"};
    const entrain_kuramoto_config *model = entrain_kuramoto_look(population);
    plot_groups out = {0};
    if (model == NULL || model->group_count < 2)
        return out;
    out.count = model->group_count;
    for (uint32_t g = 0; g < out.count; g++) {
        double sum_cos = 0, sum_sin = 0;
        out.begin[g + 1] = out.begin[g] + model->group_sizes[g];
        for (uint32_t i = out.begin[g]; i < out.begin[g + 1]; i++) {
            double sine, cosine;
            entrain_sincos(*(const double *)entrain_population_at(population, i, ENTRAIN_KURAMOTO_PHASE),
                           &sine, &cosine);
            sum_cos += cosine;
            sum_sin += sine;
        }
        sum_cos /= (double)model->group_sizes[g];
        sum_sin /= (double)model->group_sizes[g];
        out.coherence[g] = sqrt(sum_cos * sum_cos + sum_sin * sum_sin);
        out.mean_phase[g] = entrain_atan2(sum_sin, sum_cos);
        out.color[g] = colors[g];
    }
    return out;
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

// Who is scattered first, so that who keeps together is not hidden under it; and a heap of dots is a larger dot.
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
