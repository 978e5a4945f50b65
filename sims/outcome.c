// What the samples amount to. Every figure here is a function of the samples alone, so it is the same from
// run to run.
#include "sims/outcome.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double level_default = 0.9;
static const double local_level = 0.9;         // "those who hear each other agree"
static const double settled_spread_max = 0.03; // of r over the last quarter of the samples
static const int settled_samples_min = 20;
static const double partly_level = 0.25; // r that chance does not give to a swarm of more than about 200
static const double even_level = 0.01;   // Gini of the gaps: they differ by about a hundredth

void outcome_init(run_outcome *outcome, const scenario_stop *stop) {
    memset(outcome, 0, sizeof *outcome);
    outcome->level = stop->enabled && !stop->below ? stop->coherence : level_default;
}

entrain_status outcome_add(run_outcome *outcome, const entrain_phase_sample *sample,
                           entrain_error *error_out) {
    if (outcome->count == outcome->room) {
        size_t room = outcome->room == 0 ? 1024 : outcome->room * 2;
        double *grown = realloc(outcome->coherences, room * sizeof *grown);
        if (grown == NULL)
            return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for %zu samples.",
                                     room);
        outcome->coherences = grown;
        outcome->room = room;
    }
    if (outcome->count == 0)
        outcome->first = *sample;
    outcome->coherences[outcome->count++] = sample->coherence;
    outcome->last = *sample;

    if (sample->conservation_bound > 0)
        outcome->leak_share_max =
            fmax(outcome->leak_share_max, fabs(sample->conservation_change) / sample->conservation_bound);
    bool above = sample->coherence >= outcome->level;
    if (above && !outcome->reached)
        outcome->reached_s = sample->time_s;
    if (above && !outcome->staying)
        outcome->since_s = sample->time_s;
    outcome->reached = outcome->reached || above;
    outcome->staying = above;
    const bool even = sample->gap_gini <= even_level && sample->living > 2; // NaN: not measured
    if (even && !outcome->even)
        outcome->even_since_s = sample->time_s;
    outcome->even = even;
    return ENTRAIN_OK;
}

void outcome_fini(run_outcome *outcome) {
    free(outcome->coherences);
    outcome->coherences = NULL;
    outcome->count = outcome->room = 0;
}

json_t *json_number(double value) {
    json_t *number = json_real(value); // NULL for NaN and infinities
    return number != NULL ? number : json_null();
}

// Mean and spread of r over the last quarter of the samples: where it settled.
static void settled(const run_outcome *outcome, double *mean_out, double *spread_out) {
    size_t from = outcome->count - (outcome->count + 3) / 4, count = outcome->count - from;
    double sum = 0, squares = 0;
    for (size_t i = from; i < outcome->count; i++)
        sum += outcome->coherences[i];
    double mean = sum / (double)count;
    for (size_t i = from; i < outcome->count; i++)
        squares += (outcome->coherences[i] - mean) * (outcome->coherences[i] - mean);
    *mean_out = mean;
    *spread_out = sqrt(squares / (double)count);
}

static const char *classify(const run_outcome *outcome, entrain_topology_kind kind, double settled_mean) {
    if (outcome->staying)
        return "synchronized";
    if (kind != ENTRAIN_TOPOLOGY_COMPLETE && outcome->last.local_coherence >= local_level)
        return "locally synchronized";
    if (outcome->even)
        return "evenly spread";
    // Independent phases give r of about 1/sqrt(N).
    double chance = 4 / sqrt((double)(outcome->last.living > 0 ? outcome->last.living : 1));
    return settled_mean >= fmax(partly_level, chance) ? "partly synchronized" : "not synchronized";
}

static json_t *sample_json(const entrain_phase_sample *sample) {
    json_t *json = json_object();
    json_object_set_new(json, "coherence", json_number(sample->coherence));
    json_object_set_new(json, "mean_phase", json_number(sample->mean_phase));
    json_t *moments = json_array();
    for (int m = 1; m < ENTRAIN_DAIDO_MAX; m++)
        json_array_append_new(moments, json_number(sample->moments[m]));
    json_object_set_new(json, "moments", moments); // from the second on: r_2, r_3, ...
    json_object_set_new(json, "local_coherence", json_number(sample->local_coherence));
    json_object_set_new(json, "winding", json_number(sample->winding));
    json_object_set_new(json, "frequency_mean", json_number(sample->frequency_mean));
    json_object_set_new(json, "frequency_spread", json_number(sample->frequency_spread));
    json_object_set_new(json, "energy", json_number(sample->energy));
    const bool shaped = !isnan(sample->gap_gini);
    json_object_set_new(json, "gap_gini", json_number(sample->gap_gini));
    json_object_set_new(json, "clusters", shaped ? json_integer(sample->cluster_count) : json_null());
    json_object_set_new(json, "cluster_share", json_number(sample->cluster_share));
    return json;
}

json_t *outcome_json(const run_outcome *outcome, entrain_topology_kind kind) {
    double mean, spread, least = INFINITY, most = -INFINITY;
    settled(outcome, &mean, &spread);
    for (size_t i = 0; i < outcome->count; i++) {
        least = fmin(least, outcome->coherences[i]);
        most = fmax(most, outcome->coherences[i]);
    }
    json_t *json = json_object();
    json_object_set_new(json, "outcome", json_string(classify(outcome, kind, mean)));
    json_object_set_new(json, "level", json_number(outcome->level));
    json_object_set_new(json, "first_reached_s",
                        outcome->reached ? json_number(outcome->reached_s) : json_null());
    json_object_set_new(json, "synchronized_since_s",
                        outcome->staying ? json_number(outcome->since_s) : json_null());
    json_object_set_new(json, "evenly_spread_since_s",
                        outcome->even ? json_number(outcome->even_since_s) : json_null());
    json_object_set_new(json, "coherence_settled", json_number(mean));
    json_object_set_new(json, "coherence_settled_spread", json_number(spread));
    json_object_set_new(json, "coherence_min", json_number(least));
    json_object_set_new(json, "coherence_max", json_number(most));
    json_object_set_new(json, "start", sample_json(&outcome->first));
    json_object_set_new(json, "final", sample_json(&outcome->last));
    return json;
}

// Where r is, in words that claim no more than the samples show.
static void where_r_is(const json_t *summary, char *text_out, size_t size) {
    const char *ended = json_string_value(json_object_get(summary, "ended"));
    bool whole = ended != NULL && (strcmp(ended, "duration") == 0 || strcmp(ended, "stop condition") == 0);
    double mean = json_number_value(json_object_get(summary, "coherence_settled"));
    double spread = json_number_value(json_object_get(summary, "coherence_settled_spread"));
    if (!whole)
        snprintf(text_out, size, "so far r = %.3f",
                 json_number_value(json_object_get(json_object_get(summary, "final"), "coherence")));
    else if (json_integer_value(json_object_get(summary, "samples")) >= settled_samples_min &&
             spread <= settled_spread_max)
        snprintf(text_out, size, "r settled around %.3f", mean);
    else
        snprintf(text_out, size, "r has not settled, its last quarter averages %.3f", mean);
}

void outcome_sentence(const json_t *summary, char *text_out, size_t size) {
    const char *what = json_string_value(json_object_get(summary, "outcome"));
    double level = json_number_value(json_object_get(summary, "level"));
    char where[80];
    where_r_is(summary, where, sizeof where);
    const json_t *since = json_object_get(summary, "synchronized_since_s");
    const json_t *reached = json_object_get(summary, "first_reached_s");
    const json_t *final = json_object_get(summary, "final");
    double winding = json_number_value(json_object_get(final, "winding"));
    const char *kind = json_string_value(json_object_get(json_object_get(summary, "topology"), "kind"));
    if (what == NULL)
        what = "?";

    if (strcmp(what, "synchronized") == 0)
        snprintf(text_out, size, "synchronized: r >= %.4g from t = %.4g s to the end", level,
                 json_number_value(since));
    else if (strcmp(what, "locally synchronized") == 0 && kind != NULL && strcmp(kind, "ring") == 0 &&
             fabs(winding) > 0.5)
        snprintf(text_out, size, "a twisted state: neighbours agree, phases wind %.0f %s around", winding,
                 fabs(winding) < 1.5 ? "time" : "times");
    else if (strcmp(what, "locally synchronized") == 0)
        snprintf(text_out, size, "locally synchronized: neighbours agree, the whole does not");
    else if (strcmp(what, "evenly spread") == 0)
        snprintf(text_out, size, "evenly spread around the circle from t = %.4g s to the end",
                 json_number_value(json_object_get(summary, "evenly_spread_since_s")));
    else if (strcmp(what, "partly synchronized") == 0)
        snprintf(text_out, size, "partly synchronized: %s", where);
    else if (json_is_number(reached))
        snprintf(text_out, size, "not synchronized: r >= %.4g at t = %.4g s did not last", level,
                 json_number_value(reached));
    else
        snprintf(text_out, size, "not synchronized: %s, %.4g was not reached", where, level);
}
