// Bunches, plateaus, groups and the law, as JSON and as lines.
#include "sims/summary_phases.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/run_loop.h"
#include "sims/say.h"

void run_phases_take(entrain_swarm *swarm, run_outcome *outcome, run_phases *phases_out) {
    *phases_out = (run_phases){0};
    entrain_phase_meter *meter = entrain_swarm_meter(swarm);
    entrain_phase_shape shape;
    if (isnan(outcome->last.gap_gini) && entrain_phase_meter_shape(meter, &shape) == ENTRAIN_OK) {
        outcome->last.gap_gini = shape.gap_gini;
        outcome->last.cluster_count = shape.cluster_count;
        outcome->last.cluster_share = shape.cluster_share;
    }
    uint32_t count = entrain_population_count(entrain_swarm_population(swarm));
    phases_out->effective = count <= RUN_WINDOW_ACTORS_MAX ? malloc(sizeof(double) * count) : NULL;
    if (phases_out->effective != NULL &&
        entrain_phase_meter_plateaus(meter, phases_out->effective, &phases_out->plateaus) != ENTRAIN_OK)
        run_phases_free(phases_out);
}

void run_phases_free(run_phases *phases) {
    free(phases->effective);
    phases->effective = NULL;
}

static json_t *frequencies_json(const run_phases *phases) {
    if (phases->effective == NULL)
        return json_null();
    const entrain_phase_plateaus *found = &phases->plateaus;
    json_t *json = json_object();
    json_object_set_new(json, "window_s", json_number(found->window_s));
    json_object_set_new(json, "tolerance", json_number(found->tolerance));
    json_object_set_new(json, "counted", json_integer(found->counted));
    json_object_set_new(json, "locked", json_boolean(found->locked));
    json_object_set_new(json, "plateaus", json_integer(found->plateau_count));
    json_object_set_new(json, "plateau_share", json_number(found->plateau_share));
    json_object_set_new(json, "plateau_frequency", json_number(found->plateau_frequency));
    return json;
}

static json_t *groups_json(const entrain_phase_sample *sample) {
    json_t *list = json_array();
    for (uint32_t g = 0; g < sample->group_count; g++) {
        json_t *json = json_object();
        json_object_set_new(json, "coherence", json_number(sample->group_coherence[g]));
        json_object_set_new(json, "mean_phase", json_number(sample->group_mean_phase[g]));
        json_array_append_new(list, json);
    }
    return list;
}

void run_phases_json(const run_phases *phases, const run_outcome *outcome, json_t *summary) {
    json_object_set_new(summary, "frequencies", frequencies_json(phases));
    if (outcome->last.group_count > 1)
        json_object_set_new(summary, "groups", groups_json(&outcome->last));
    json_t *law = json_null();
    if (!isnan(outcome->last.conservation)) {
        law = json_object();
        json_object_set_new(law, "residual", json_number(outcome->last.conservation));
        // Of what rounding may do between two samples, the most that it did.
        json_object_set_new(law, "share_of_bound_max", json_number(outcome->leak_share_max));
    }
    json_object_set_new(summary, "conservation", law);
}

static double number_at(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static void row_groups(FILE *to, const json_t *summary, void (*row)(FILE *, const char *, const char *)) {
    const json_t *groups = json_object_get(summary, "groups");
    char text[120] = "r =";
    if (json_array_size(groups) == 0)
        return;
    for (size_t g = 0; g < json_array_size(groups); g++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s %.4f", g > 0 ? "," : "",
                 number_at(json_array_get(groups, g), "coherence"));
    row(to, "Groups", text);
}

static void row_shape(FILE *to, const json_t *final, void (*row)(FILE *, const char *, const char *)) {
    char text[160];
    if (!json_is_number(json_object_get(final, "gap_gini")))
        return;
    uint64_t clusters = (uint64_t)json_integer_value(json_object_get(final, "clusters"));
    double share = number_at(final, "cluster_share"), gini = number_at(final, "gap_gini");
    if (clusters == 0)
        snprintf(text, sizeof text, "all around the circle; Gini of the gaps %.3f", gini);
    else if (clusters == 1)
        snprintf(text, sizeof text, "one cluster; Gini of the gaps %.3f", gini);
    else
        snprintf(text, sizeof text, "%s clusters, %.3g %% in the largest; Gini of the gaps %.3f",
                 text_count(clusters).text, 100 * share, gini);
    row(to, "Phases", text);
}

static void row_plateaus(FILE *to, const json_t *summary, void (*row)(FILE *, const char *, const char *)) {
    const json_t *found = json_object_get(summary, "frequencies");
    char text[200];
    if (!json_is_object(found) || json_integer_value(json_object_get(found, "counted")) == 0)
        return;
    uint64_t plateaus = (uint64_t)json_integer_value(json_object_get(found, "plateaus"));
    double share = 100 * number_at(found, "plateau_share"), rate = number_at(found, "plateau_frequency");
    const char *locked = json_is_true(json_object_get(found, "locked")) ? "locked: " : "";
    double tolerance = number_at(found, "tolerance");
    rate = fabs(rate) > 1e-6 * tolerance ? rate : 0; // beside that it is rounding
    if (plateaus == 0 && *locked != '\0')
        snprintf(text, sizeof text,
                 "no plateau; but in the last %.4g s nobody drifted a turn away from another",
                 number_at(found, "window_s"));
    else if (plateaus == 0)
        snprintf(text, sizeof text, "no plateau in the last %.4g s", number_at(found, "window_s"));
    else
        snprintf(text, sizeof text, "%s%s of one frequency in the last %.4g s; %.3g %% at %.4g rad/s", locked,
                 text_counted(plateaus, "plateau").text, number_at(found, "window_s"), share, rate);
    row(to, "Locking", text);
}

void summary_phases_rows(FILE *to, const json_t *summary, void (*row)(FILE *, const char *, const char *)) {
    const json_t *law = json_object_get(summary, "conservation");
    char text[160];
    row_groups(to, summary, row);
    row_shape(to, json_object_get(summary, "final"), row);
    row_plateaus(to, summary, row);
    if (json_is_object(law)) {
        snprintf(text, sizeof text, "sum of all phases, to %.1e rad", fabs(number_at(law, "residual")));
        row(to, "Conserved", text);
    }
}
