// The columns of results: one table says where each figure stands in a summary.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sims/outcome.h"
#include "sims/run_once.h"

typedef json_t *column_reader(const json_t *summary); // a new one; NULL: it does not apply

typedef struct column {
    const char *name;
    const char *path;    ///< in the summary: "final.coherence"; "groups.0.coherence" into lists
    column_reader *read; ///< instead of a path
    const char *summary;
    bool is_text;
} column;

static const json_t *at(const json_t *json, const char *path) {
    char name[64];
    while (json != NULL && *path != '\0') {
        const size_t size = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)size, path);
        unsigned number;
        if (json_is_array(json))
            json = sscanf(name, "%u", &number) == 1 ? json_array_get(json, number) : NULL;
        else
            json = json_object_get(json, name);
        path += size + (path[size] == '.');
    }
    return json;
}

static double number_at(const json_t *json, const char *path) {
    const json_t *value = at(json, path);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

// --- Theory: what it expects is of one quantity or another

static bool theory_of(const json_t *summary, const char *quantity) {
    const char *is = json_string_value(at(summary, "theory.quantity"));
    return is != NULL && strcmp(is, quantity) == 0;
}

static json_t *theory_r(const json_t *summary) {
    return theory_of(summary, "sync_time_s") ? NULL : json_number(number_at(summary, "theory.expected"));
}

static json_t *theory_sync_time(const json_t *summary) {
    return theory_of(summary, "sync_time_s") ? json_number(number_at(summary, "theory.expected")) : NULL;
}

static json_t *theory_measured_time(const json_t *summary) {
    return theory_of(summary, "sync_time_s") ? json_number(number_at(summary, "theory.measured")) : NULL;
}

static json_t *theory_measured_r(const json_t *summary) {
    return theory_of(summary, "sync_time_s") ? NULL : json_number(number_at(summary, "theory.measured"));
}

// --- Disruptions: of several the slowest recovery counts

static json_t *disruptions(const json_t *summary) {
    const json_t *events = at(summary, "events"), *event;
    json_int_t count = 0;
    size_t e;
    json_array_foreach(events, e, event) count += json_object_get(event, "recovery") != NULL;
    return json_integer(count);
}

static json_t *recovered(const json_t *summary) {
    const json_t *events = at(summary, "events"), *event;
    bool all = true, any = false;
    size_t e;
    json_array_foreach(events, e, event) {
        const json_t *recovery = json_object_get(event, "recovery");
        any = any || recovery != NULL;
        all = all && (recovery == NULL || json_is_true(json_object_get(recovery, "recovered")));
    }
    return any ? json_boolean(all) : NULL;
}

static json_t *recovered_after(const json_t *summary) {
    const json_t *events = at(summary, "events"), *event;
    double longest = -1;
    size_t e;
    json_array_foreach(events, e, event) {
        const json_t *recovery = json_object_get(event, "recovery");
        if (recovery == NULL)
            continue;
        if (!json_is_true(json_object_get(recovery, "recovered")))
            return NULL;
        longest = fmax(longest, number_at(recovery, "recovered_after_s"));
    }
    return longest >= 0 ? json_number(longest) : NULL;
}

// In the order of results.csv. New ones go in before the fingerprint, which is last.
static const column columns[] = {
    {"outcome", "outcome", NULL, "synchronized, locally, evenly spread, partly or not synchronized", true},
    {"ended", "ended", NULL, "why the run ended: duration or stop condition", true},
    {"time_s", "time_s", NULL, "simulated seconds run", false},
    {"ticks", "ticks", NULL, "ticks run", false},
    {"coherence", "coherence_settled", NULL, "order parameter r, mean over the last quarter of the samples",
     false},
    {"coherence_spread", "coherence_settled_spread", NULL, "standard deviation of r over these", false},
    {"coherence_final", "final.coherence", NULL, "r at the end", false},
    {"coherence_min", "coherence_min", NULL, "least r of all samples", false},
    {"coherence_max", "coherence_max", NULL, "greatest r of all samples", false},
    {"first_reached_s", "first_reached_s", NULL, "when r first reached the level (of stop, else 0.9), s",
     false},
    {"synchronized_since_s", "synchronized_since_s", NULL, "since when r stayed at it to the end, s", false},
    {"evenly_spread_since_s", "evenly_spread_since_s", NULL,
     "since when the phases were evenly spread to the end, s", false},
    {"local_coherence", "final.local_coherence", NULL, "coherence of those whom each hears, mean, at the end",
     false},
    {"r2", "final.moments.0", NULL, "second moment |mean exp(2 i theta)| at the end", false},
    {"r3", "final.moments.1", NULL, "third moment", false},
    {"r4", "final.moments.2", NULL, "fourth moment", false},
    {"r5", "final.moments.3", NULL, "fifth moment", false},
    {"r6", "final.moments.4", NULL, "sixth moment", false},
    {"r7", "final.moments.5", NULL, "seventh moment", false},
    {"r8", "final.moments.6", NULL, "eighth moment", false},
    {"group1_coherence", "groups.0.coherence", NULL, "r of the first group among itself at the end", false},
    {"group2_coherence", "groups.1.coherence", NULL, "of the second", false},
    {"group3_coherence", "groups.2.coherence", NULL, "of the third", false},
    {"group4_coherence", "groups.3.coherence", NULL, "of the fourth", false},
    {"winding", "final.winding", NULL, "whole turns of phase around the indices at the end", false},
    {"frequency_mean", "final.frequency_mean", NULL, "mean frequency before the last sample, rad/s", false},
    {"frequency_spread", "final.frequency_spread", NULL, "its standard deviation over the swarm, rad/s",
     false},
    {"locked", "frequencies.locked", NULL, "whether all turned alike over the last half", false},
    {"plateaus", "frequencies.plateaus", NULL, "sets of actors that turned alike", false},
    {"plateau_share", "frequencies.plateau_share", NULL, "share of the swarm in the largest of them", false},
    {"plateau_frequency", "frequencies.plateau_frequency", NULL, "its frequency, rad/s", false},
    {"clusters", "final.clusters", NULL, "bunches of phases with empty gaps between them at the end", false},
    {"cluster_share", "final.cluster_share", NULL, "share of the swarm in the largest", false},
    {"gap_gini", "final.gap_gini", NULL, "Gini coefficient of the gaps between phases: 0 evenly spread",
     false},
    {"energy", "final.energy", NULL, "Lyapunov function of the coupling at the end, rad/s", false},
    {"living", "living", NULL, "actors alive at the end", false},
    {"together", "together", NULL, "actors within an eighth of a turn of the mean phase at the end", false},
    {"arcs", "topology.arcs", NULL, "arcs of the graph", false},
    {"observations", "observations", NULL, "observations exchanged", false},
    {"theory_threshold", "theory.threshold", NULL, "critical coupling by theory, rad/s", false},
    {"theory_r", NULL, theory_r, "what theory says r is", false},
    {"theory_measured_r", NULL, theory_measured_r, "what it is to be held against: r over the second half",
     false},
    {"theory_sync_time_s", NULL, theory_sync_time, "what theory says synchronizing takes, s", false},
    {"sync_time_s", NULL, theory_measured_time, "what it took, where theory says something, s", false},
    {"theory_error", "theory.standard_error", NULL, "standard error of what was measured", false},
    {"theory_distance", "theory.distance", NULL, "measured less expected, in standard errors", false},
    {"goal_met", "goal.met", NULL, "whether the goal in force at the end was met", false},
    {"goal_entered_s", "goal.entered_s", NULL, "when its band was first entered, s", false},
    {"goal_entered_after_s", "goal.entered_after_s", NULL, "that, since the goal was given, s", false},
    {"goal_held", "goal.held", NULL, "share of the time since then within the band", false},
    {"goal_excursion", "goal.excursion", NULL, "farthest out of the band since then", false},
    {"goal_value", "goal.value", NULL, "what is to be in the band, at the end", false},
    {"energy_mean", "agents.energy_mean", NULL, "energy left to each agent, mean", false},
    {"energy_spent_each", "agents.energy_spent_each", NULL, "energy spent by each agent, mean", false},
    {"belief_error", "agents.belief_error", NULL, "how far agents' estimates of r are off", false},
    {"switches", "agents.switches", NULL, "changes of strategy, all agents", false},
    {"pulses", "agents.pulses", NULL, "pulses sent, all agents", false},
    {"generated", "workload.generated", NULL, "requests generated", false},
    {"delivered", "workload.delivered", NULL, "requests answered", false},
    {"queued", "workload.queued", NULL, "requests still waiting", false},
    {"shed", "workload.shed", NULL, "requests given up", false},
    {"calls", "workload.calls", NULL, "external calls", false},
    {"calls_failed", "workload.calls_failed", NULL, "of them failed", false},
    {"cost", "workload.cost", NULL, "what the calls cost", false},
    {"batch_mean", "workload.batch_mean", NULL, "requests a call, mean", false},
    {"wait_mean_s", "workload.wait_mean_s", NULL, "waiting time of a request, mean, s", false},
    {"wait_p50_s", "workload.wait_p50_s", NULL, "median of it, s", false},
    {"wait_p95_s", "workload.wait_p95_s", NULL, "95 % waited no longer, s", false},
    {"wait_p99_s", "workload.wait_p99_s", NULL, "99 % waited no longer, s", false},
    {"wait_max_s", "workload.wait_max_s", NULL, "longest wait, s", false},
    {"breaker_opened", "workload.breaker_opened", NULL, "how often the breaker opened", false},
    {"worth_calls_ratio", "worth.calls_ratio", NULL, "calls, over those of the control run", false},
    {"worth_cost_ratio", "worth.cost_ratio", NULL, "cost, over that of the control run", false},
    {"worth_wait_p50_ratio", "worth.wait_p50_ratio", NULL, "median wait, over that of the control run",
     false},
    {"disruptions", NULL, disruptions, "events that disrupted the swarm", false},
    {"recovered", NULL, recovered, "whether it got over each of them", false},
    {"recovered_after_s", NULL, recovered_after, "longest time that took, s", false},
    {"fingerprint", "fingerprint", NULL, "of every actor's state at the end", true},
};
enum { COLUMN_COUNT = sizeof columns / sizeof *columns };

result_column result_column_at(uint32_t index) {
    if (index >= COLUMN_COUNT)
        return (result_column){0};
    return (result_column){columns[index].name, columns[index].summary, columns[index].is_text};
}

json_t *result_row(const json_t *summary) {
    json_t *row = json_object();
    for (size_t c = 0; c < COLUMN_COUNT; c++) {
        const column *one = &columns[c];
        json_t *value = one->read != NULL ? one->read(summary) : json_copy((json_t *)at(summary, one->path));
        json_object_set_new(row, one->name, value != NULL ? value : json_null());
    }
    return row;
}
