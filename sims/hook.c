// A scenario's own function, called at each sample.
#include "sims/hook.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/events_list.h"
#include "sims/lua_sandbox.h"
#include "sims/run_state.h"
#include "sims/words.h"

static const char name[] = "on_sample";

struct scenario_hook {
    resolver r; // values are the scenario's, kept; what reads its events asks them
    given_values given;
    const char *text; // of the script, within r.values
    size_t size;
    char path[]; // what opens a sentence about the script
};

struct hook_run {
    const scenario_hook *hook;
    sandbox *box;
    bool watching; // agents' goal, for what the function is told about it
    entrain_goal_watch watch;
    char place[512];
};

static entrain_status no_memory(const char *path, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory left for %s; free some.", path,
                             name);
}

// Runs the script and refuses one that has no such function. What it prints was said when it was loaded.
static entrain_status open_script(const scenario_hook *hook, sandbox **box_out, entrain_error *error_out) {
    sandbox_limits limits = sandbox_limits_defaults();
    limits.mute = true;
    json_t *tree = NULL;
    entrain_status status = sandbox_open(hook->path, hook->text, hook->size, &limits, given_takes_function,
                                         box_out, &tree, error_out);
    json_decref(tree);
    if (status != ENTRAIN_OK || sandbox_has(*box_out, name))
        return status;
    sandbox_close(*box_out);
    *box_out = NULL;
    return entrain_error_set(
        error_out, ENTRAIN_INVALID,
        "%s: the script's table has no function %s; it must return one, as in return { %s = "
        "function(s) ... end }.",
        hook->path, name, name);
}

entrain_status hook_resolve(resolver *r, scenario_hook **hook_out) {
    const json_t *text = r->values[KEY_ON_SAMPLE];
    const char *path = r->given->path;
    const bool of_the_script = json_is_null(r->given->values[KEY_ON_SAMPLE].value);
    const size_t room = strlen(path) + sizeof name + 3;
    scenario_hook *hook = calloc(1, sizeof *hook + room);
    if (hook == NULL)
        return no_memory(path, r->error_out);
    snprintf(hook->path, room, "%s%s%s", path, of_the_script ? "" : ": ", of_the_script ? "" : name);
    hook->text = json_string_value(text);
    hook->size = json_string_length(text);
    if (!of_the_script) { // it has been through the sandbox only if it is the script itself
        sandbox *box = NULL;
        entrain_status status = open_script(hook, &box, r->error_out);
        sandbox_close(box);
        if (status != ENTRAIN_OK) {
            free(hook);
            return status;
        }
    }
    hook->given.path = hook->path;
    for (schema_key_id id = KEY_NONE + 1; id < KEY_COUNT; id++) {
        hook->r.values[id] = json_incref(r->values[id]);
        hook->given.values[id].value = json_incref(r->given->values[id].value);
    }
    hook->r.given = &hook->given;
    *hook_out = hook;
    return ENTRAIN_OK;
}

void hook_free(scenario_hook *hook) {
    if (hook == NULL)
        return;
    for (schema_key_id id = KEY_NONE + 1; id < KEY_COUNT; id++)
        json_decref(hook->r.values[id]);
    given_free(&hook->given);
    free(hook);
}

entrain_status hook_run_begin(const scenario_hook *hook, hook_run **run_out, entrain_error *error_out) {
    hook_run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return no_memory(hook->path, error_out);
    run->hook = hook;
    entrain_status status = open_script(hook, &run->box, error_out);
    if (status != ENTRAIN_OK) {
        free(run);
        return status;
    }
    *run_out = run;
    return ENTRAIN_OK;
}

void hook_run_end(hook_run *run) {
    if (run == NULL)
        return;
    sandbox_close(run->box);
    free(run);
}

const char *hook_run_place(const hook_run *run) { return run->place; }

void hook_run_archive(hook_run *run, entrain_archive *archive) {
    entrain_archive_section(archive, "hook");
    entrain_archive_bool(archive, &run->watching);
    goal_watch_archive(&run->watch, archive);
    sandbox_archive(run->box, name, archive);
}

bool hook_run_same(const hook_run *a, const hook_run *b) {
    return a->hook->size == b->hook->size && memcmp(a->hook->text, b->hook->text, a->hook->size) == 0;
}

// --- What the function is told

// What is no number is left out: nil in Lua.
static bool put(json_t *table, const char *key, double value) {
    return !isfinite(value) || json_object_set_new(table, key, json_real(value)) == 0;
}

static bool put_count(json_t *table, const char *key, uint64_t count) {
    return json_object_set_new(table, key, json_integer((json_int_t)count)) == 0;
}

static bool put_word(json_t *table, const char *key, const char *text) {
    return json_object_set_new(table, key, json_string(text)) == 0;
}

// How the swarm stands to its goal, since it has this one.
static bool put_goal(hook_run *run, json_t *table, const entrain_goal_band *band,
                     const entrain_phase_sample *sample) {
    const entrain_goal_band *was = &run->watch.band;
    double value = NAN;
    if (!run->watching || was->goal != band->goal || was->low != band->low || was->high != band->high)
        entrain_goal_watch_begin(&run->watch, *band);
    run->watching = true;
    entrain_goal_watch_add(&run->watch, sample);
    const double distance = entrain_goal_distance(band, sample, &value);
    return put_word(table, "goal", entrain_goal_look(band->goal).name) && put(table, "low", band->low) &&
           put(table, "high", band->high) && put(table, "value", value) && put(table, "distance", distance) &&
           json_object_set_new(table, "in_band", json_boolean(distance == 0)) == 0 &&
           put(table, "entered", run->watch.report.entered_s) && put(table, "held", run->watch.report.held);
}

static bool put_agents(json_t *table, entrain_population *population) {
    entrain_agent_totals totals;
    if (entrain_agents_measure(population, &totals) != ENTRAIN_OK)
        return true; // it goes without
    bool made = put(table, "energy", totals.energy_mean) && put(table, "energy_least", totals.energy_least) &&
                put(table, "energy_spent", totals.spent) && put(table, "belief", totals.belief) &&
                put(table, "belief_error", totals.belief_error) && put(table, "busy", totals.busy) &&
                put_count(table, "switches", totals.switches) && put_count(table, "pulses", totals.pulses) &&
                put_count(table, "denied", totals.denied) &&
                put_word(table, "strategy", entrain_strategy_name(entrain_agents_look(population)->strategy));
    json_t *acting = json_object();
    for (uint32_t s = 0; made && s < ENTRAIN_STRATEGY_COUNT; s++)
        made = put_count(acting, entrain_strategy_name((entrain_strategy)s), totals.acting[s]);
    return json_object_set_new(table, "acting", acting) == 0 && made;
}

static bool put_work(json_t *table, entrain_workload *workload) {
    entrain_workload_totals totals;
    if (workload == NULL || entrain_workload_measure(workload, &totals) != ENTRAIN_OK)
        return true;
    const entrain_workload_config *config = entrain_workload_look(workload);
    return put_count(table, "generated", totals.generated) &&
           put_count(table, "delivered", totals.delivered) && put_count(table, "queued", totals.queued) &&
           put_count(table, "shed", totals.shed) && put_count(table, "calls", totals.calls) &&
           put_count(table, "calls_failed", totals.calls_failed) &&
           put_count(table, "calls_timed_out", totals.calls_timed_out) &&
           put_count(table, "calls_limited", totals.calls_limited) && put(table, "cost", totals.cost) &&
           put(table, "batch_mean", totals.batch_mean) && put(table, "wait_mean", totals.wait_mean_s) &&
           put(table, "wait_p95", totals.wait_p95_s) &&
           put_count(table, "breaker_opened", totals.breaker_opened) &&
           put_word(table, "breaker", entrain_breaker_name(totals.breaker)) &&
           put(table, "load", config->load) &&
           put_word(table, "pattern", entrain_pattern_name(config->pattern));
}

// NULL: no memory.
static json_t *hook_facts(hook_run *run, const event_run *events, const entrain_phase_sample *sample) {
    json_t *table = json_object();
    entrain_population *population = entrain_swarm_population(events->swarm);
    bool made = put_count(table, "tick", sample->tick) && put(table, "time", sample->time_s);
    made = made && put_count(table, "seed", (uint64_t)integer(&run->hook->r, KEY_SEED));
    made = made && put_count(table, "size", (uint64_t)integer(&run->hook->r, KEY_SIZE));
    made = made && put(table, "coherence", sample->coherence) && put(table, "mean_phase", sample->mean_phase);
    for (uint32_t m = 2; m <= ENTRAIN_DAIDO_MAX; m++) {
        char key[8];
        snprintf(key, sizeof key, "r%u", m);
        made = made && put(table, key, sample->moments[m - 1]);
    }
    made = made && put(table, "local_coherence", sample->local_coherence) &&
           put(table, "frequency_mean", sample->frequency_mean) &&
           put(table, "frequency_spread", sample->frequency_spread) && put(table, "gini", sample->gap_gini) &&
           put(table, "peak_load", sample->peak_load) && put_count(table, "living", sample->living) &&
           put_count(table, "clusters", sample->cluster_count);
    if (made && entrain_agents_look(population) != NULL) {
        const entrain_goal_band band = entrain_agents_band(population);
        made = put_goal(run, table, &band, sample) && put_agents(table, population) &&
               put_work(table, entrain_swarm_workload(events->swarm));
    }
    if (made)
        return table;
    json_decref(table);
    return NULL;
}

// --- A call

entrain_status hook_run_ask(hook_run *run, event_run *events, const entrain_phase_sample *sample,
                            scenario_events *list, uint32_t at, bool quiet, entrain_error *error_out) {
    json_t *facts = hook_facts(run, events, sample), *reply = NULL;
    if (facts == NULL)
        return no_memory(run->hook->path, error_out);
    int line = 0;
    char where[16] = "";
    run->box->limits.mute = quiet;
    entrain_status status = sandbox_call(run->box, name, facts, &reply, &line, error_out);
    json_decref(facts);
    if (line > 0)
        snprintf(where, sizeof where, ":%d", line);
    const size_t length = strlen(run->hook->path), shown = length > 300 ? 300 : length; // its end says more
    snprintf(run->place, sizeof run->place, "%s%s: %s at t = %.6g s", run->hook->path + (length - shown),
             where, name, sample->time_s);
    if (status != ENTRAIN_OK || reply == NULL)
        return status;
    resolver r = run->hook->r;
    r.error_out = error_out;
    status = events_read_reply(&r, list, at, run->place, sample->time_s, sample->tick, reply);
    json_decref(reply);
    return status;
}
