// What a picture needs beside the curves that gnuplot reads itself: from manifest.json, summary.json,
// phases.csv; of a run that did not end, from its manifest and as far as its series goes.
#include "sims/plot_facts.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/goal.h"
#include "entrain/kuramoto.h"
#include "sims/comparison.h"
#include "sims/csv_table.h"
#include "sims/run_directory.h"
#include "sims/summary.h"

typedef struct owned {
    json_t *manifest, *summary;
} owned;

static const double level_usual = 0.9; // as outcome.h has it

static double number_at(const json_t *object, const char *key, double otherwise) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

static bool is(const json_t *object, const char *key, const char *word) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL && strcmp(text, word) == 0;
}

static void *room_for(size_t count, size_t size) {
    void *made = calloc(count + 1, size);
    if (made == NULL)
        abort();
    return made;
}

static void take_events(plot_facts *facts, const json_t *events) {
    facts->events = room_for(json_array_size(events), sizeof *facts->events);
    for (size_t e = 0; e < json_array_size(events); e++) {
        const json_t *event = json_array_get(events, e);
        const char *what = json_string_value(json_object_get(event, "what"));
        facts->events[facts->event_count++] =
            (plot_event){number_at(event, "at", 0), what != NULL ? what : "?"};
    }
}

static void add_band(plot_facts *facts, const json_t *goal) {
    const json_t *band = json_object_get(goal, "band");
    plot_band *out = &facts->bands[facts->band_count];
    *out = (plot_band){.from_s = number_at(goal, "from_s", 0), .to_s = number_at(goal, "to_s", 0)};
    if (json_object_get(band, "low") != NULL) {
        out->low = number_at(band, "low", 0);
        out->high = number_at(band, "high", 1);
    } else {
        out->spread = true;
        out->gaps = json_object_get(band, "gap_gini") != NULL;
        out->high = number_at(band, out->gaps ? "gap_gini" : "moments", ENTRAIN_SPREAD_MOMENT);
    }
    facts->band_count++;
}

static void take_goal(plot_facts *facts, const json_t *goal) {
    const json_t *earlier = json_object_get(goal, "earlier");
    facts->bands = room_for(json_array_size(earlier) + 1, sizeof *facts->bands);
    for (size_t g = 0; g < json_array_size(earlier); g++)
        add_band(facts, json_array_get(earlier, g));
    if (json_object_get(goal, "band") != NULL)
        add_band(facts, goal);
}

static void take_groups(plot_facts *facts, const json_t *groups, const csv_table *phases, uint32_t column) {
    if (json_array_size(groups) < 2 || json_array_size(groups) > ENTRAIN_GROUPS_MAX)
        return;
    facts->groups.count = (uint32_t)json_array_size(groups);
    for (uint32_t g = 0; g < facts->groups.count; g++) {
        const json_t *group = json_array_get(groups, g);
        facts->groups.coherence[g] = number_at(group, "coherence", 0);
        facts->groups.mean_phase[g] = number_at(group, "mean_phase", 0);
        facts->groups.color[g] = plot_groups_color(g);
        facts->groups.begin[g + 1] = facts->actors;
    }
    for (uint32_t row = phases->row_count; row-- > 0 && column < phases->column_count;) {
        const double group = csv_number(phases->cells[row][column]),
                     index = csv_number(phases->cells[row][0]);
        if (group >= 1 && group <= facts->groups.count)
            facts->groups.begin[(uint32_t)group - 1] = (uint32_t)index;
    }
}

static entrain_status take_phases(plot_facts *facts, const json_t *summary, entrain_error *error_out) {
    csv_table table;
    char *path = path_join(facts->directory, "phases.csv");
    entrain_status status = csv_table_read(path, false, &table, error_out);
    free(path);
    if (status != ENTRAIN_OK)
        return status;
    const uint32_t phase = csv_table_find(&table, "phase"),
                   natural = csv_table_find(&table, "natural_frequency"),
                   effective = csv_table_find(&table, "effective_frequency");
    if (phase == table.column_count || natural == table.column_count) {
        csv_table_free(&table);
        return entrain_error_set(error_out, ENTRAIN_PARSE,
                                 "%s/phases.csv is not the phases of an Entrain run.", facts->directory);
    }
    facts->phases = room_for(table.row_count, sizeof *facts->phases);
    facts->frequencies = room_for(table.row_count, sizeof *facts->frequencies);
    facts->stopped = room_for(table.row_count, sizeof *facts->stopped);
    const bool all_live = number_at(summary, "living", 0) >= number_at(summary, "actors", 0);
    for (uint32_t row = 0; row < table.row_count; row++) {
        facts->phases[row] = csv_number(table.cells[row][phase]);
        facts->frequencies[row] = csv_number(table.cells[row][natural]);
        // Who has no frequency did not live to the end.
        facts->stopped[row] =
            !all_live && effective < table.column_count && isnan(csv_number(table.cells[row][effective]));
        if (isnan(facts->phases[row]) || isnan(facts->frequencies[row])) // one that failed
            facts->phases[row] = facts->frequencies[row] = 0;
    }
    facts->count = table.row_count;
    facts->effective_column = effective < table.column_count ? (int)effective + 1 : 0;
    take_groups(facts, json_object_get(summary, "groups"), &table, csv_table_find(&table, "group"));
    csv_table_free(&table);
    return ENTRAIN_OK;
}

static void take_plateaus(plot_facts *facts, const json_t *found) {
    if (!json_is_object(found))
        facts->effective_column = 0;
    facts->plateaus.window_s = number_at(found, "window_s", 0);
    facts->plateaus.plateau_count = (uint32_t)number_at(found, "plateaus", 0);
    facts->plateaus.plateau_share = number_at(found, "plateau_share", 0);
    facts->plateaus.plateau_frequency = number_at(found, "plateau_frequency", 0);
}

// Without a summary: how far the series goes.
static entrain_status take_series(plot_facts *facts, entrain_error *error_out) {
    csv_table table;
    facts->series = run_directory_has(facts->directory, "series.csv") ? "series.csv" : "series.csv.part";
    char *path = path_join(facts->directory, facts->series);
    entrain_status status = csv_table_read(path, true, &table, error_out);
    free(path);
    if (status != ENTRAIN_OK)
        return status;
    const uint32_t time = csv_table_find(&table, "time_s");
    facts->sample_count = table.row_count;
    if (table.row_count == 0 || time == table.column_count)
        status = entrain_error_set(error_out, ENTRAIN_PARSE, "The run in %s has no sample to draw.",
                                   facts->directory);
    else
        facts->time_s = csv_number(table.cells[table.row_count - 1][time]);
    csv_table_free(&table);
    return status;
}

static void take_model(plot_facts *facts, const json_t *resolved) {
    const json_t *model = json_object_get(resolved, "model"), *swarm = json_object_get(resolved, "swarm");
    const char *title = json_string_value(json_object_get(resolved, "title"));
    facts->title = title != NULL ? title : "";
    facts->complete = is(json_object_get(swarm, "topology"), "kind", "complete");
    facts->swing = is(model, "kind", "swing");
    const json_t *damping = json_object_get(model, "damping");
    const bool alike = is(damping, "distribution", "constant") && number_at(damping, "jitter", 0) == 0;
    facts->damping = !facts->swing ? 1 : alike ? number_at(damping, "value", 0) : 0;
    facts->level = number_at(json_object_get(resolved, "stop"), "coherence", level_usual);
    facts->actors = (uint32_t)number_at(swarm, "size", 0);
}

entrain_status plot_facts_read(const char *directory, plot_facts *facts_out, entrain_error *error_out) {
    owned *kept = room_for(1, sizeof *kept);
    *facts_out = (plot_facts){
        .directory = directory, .series = "series.csv", .theory = NAN, .since_s = -1, .owned = kept};
    entrain_status status =
        run_file_read_json(directory, "manifest.json", RUN_FORMAT, &kept->manifest, error_out);
    if (status != ENTRAIN_OK)
        return status;
    take_model(facts_out, json_object_get(kept->manifest, "scenario"));
    if (!run_directory_has(directory, "summary.json"))
        return take_series(facts_out, error_out);
    status = run_file_read_json(directory, "summary.json", SUMMARY_FORMAT, &kept->summary, error_out);
    if (status != ENTRAIN_OK)
        return status;
    const json_t *summary = kept->summary, *final = json_object_get(summary, "final");
    facts_out->level = number_at(summary, "level", facts_out->level);
    facts_out->theory = comparison_level(json_object_get(summary, "theory"));
    facts_out->since_s = number_at(summary, "synchronized_since_s", -1);
    facts_out->time_s = number_at(summary, "time_s", 0);
    facts_out->sample_count = (uint64_t)number_at(summary, "samples", 0);
    facts_out->actors = (uint32_t)number_at(summary, "actors", 0);
    facts_out->coherence = number_at(final, "coherence", 0);
    facts_out->mean_phase = number_at(final, "mean_phase", 0);
    take_events(facts_out, json_object_get(summary, "events"));
    take_goal(facts_out, json_object_get(summary, "goal"));
    status = take_phases(facts_out, summary, error_out);
    take_plateaus(facts_out, json_object_get(summary, "frequencies"));
    return status;
}

void plot_facts_free(plot_facts *facts) {
    owned *kept = facts->owned;
    json_decref(kept->manifest);
    json_decref(kept->summary);
    free(kept);
    free(facts->events);
    free(facts->bands);
    free(facts->phases);
    free(facts->frequencies);
    free(facts->stopped);
    *facts = (plot_facts){0};
}
