// A search: where `where` changes its truth, by bisection.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/interrupt.h"
#include "sims/outcome.h"
#include "sims/sweep_unit.h"
#include "sims/words.h"

// A tolerance that is out of reach ends, too.
enum { PROBES_MAX = 200 };

typedef enum probe_end { PROBE_DONE, PROBE_FAILED, PROBE_STOPPED } probe_end;

typedef struct probe {
    double value;
    bool truth;
    json_t *result;
} probe;

typedef struct search {
    const sweep_unit_job *job;
    const sweep_run *run;
    const sweep_find *find;
    expression *where;
    bool whole;   ///< the key is an integer
    bool control; ///< `where` looks at what only a control run can tell
    uint32_t probes;
    double wall_s, advance_s;
    uint64_t ticks;
} search;

static bool is_whole(const char *key) {
    for (uint32_t k = 0; scenario_key_at(k).name != NULL; k++)
        if (strcmp(scenario_key_at(k).name, key) == 0)
            return strcmp(scenario_key_at(k).type, "integer") == 0;
    return false;
}

// --- One value

static json_t *json_value(const search *s, double value) {
    return s->whole ? json_integer((json_int_t)value) : json_number(value);
}

// The truth of `where` of one run: over its columns, what is swept, and the value searched.
static entrain_status judge(search *s, probe *one, entrain_error *error_out) {
    json_t *values = json_copy(s->run->values);
    json_object_set_new(values, s->find->key, json_value(s, one->value));
    json_object_update(values, one->result);
    const entrain_status status = expression_true(s->where, values, &one->truth, error_out);
    json_decref(values);
    return status;
}

static bool emit_probe(search *s, const probe *one, uint32_t number) {
    json_t *entry = json_object();
    json_object_set_new(entry, "run", json_integer(s->run->index));
    json_object_set_new(entry, "probe", json_integer(number));
    json_object_set_new(entry, "value", json_value(s, one->value));
    json_object_set_new(entry, "true", json_boolean(one->truth));
    json_object_set(entry, "result", one->result);
    const bool taken = s->job->emit(s->job->context, entry);
    json_decref(entry);
    return taken;
}

static bool is_known(search *s, probe *one, uint32_t number) {
    const sweep_unit_job *job = s->job;
    const json_t *entry = job->known != NULL ? job->known(job->context, job->unit, number) : NULL;
    json_t *result = json_object_get(entry, "result"), *truth = json_object_get(entry, "true");
    if (!json_is_object(result) || !json_is_boolean(truth) ||
        json_integer_value(json_object_get(entry, "run")) != s->run->index ||
        json_number_value(json_object_get(entry, "value")) != one->value)
        return false;
    one->truth = json_is_true(truth);
    one->result = json_incref(result);
    return true;
}

static probe_end look(search *s, double value, probe *one_out, entrain_error *error_out) {
    probe one = {.value = value};
    const uint32_t number = s->probes++;
    if (interrupt_requested())
        return PROBE_STOPPED;
    if (!is_known(s, &one, number)) {
        json_t *wanted = json_value(s, value);
        sweep_once once = sweep_carry_out_once(s->job, s->run, wanted, s->control);
        json_decref(wanted);
        s->wall_s += once.wall_s;
        s->ticks += once.ticks;
        if (once.ticks_per_s > 0)
            s->advance_s += (double)once.ticks / once.ticks_per_s;
        if (once.end == RUN_END_INTERRUPTED)
            return PROBE_STOPPED;
        one.result = once.result;
        entrain_error error = once.error;
        if (one.result == NULL || judge(s, &one, &error) != ENTRAIN_OK) {
            json_decref(one.result);
            entrain_error_set(error_out, ENTRAIN_INVALID, "At %s = %s: %.800s", s->find->key,
                              words_number(value).text, error.sentence);
            return PROBE_FAILED;
        }
        if (!emit_probe(s, &one, number)) {
            json_decref(one.result);
            return PROBE_STOPPED;
        }
    }
    *one_out = one;
    return PROBE_DONE;
}

// --- Between two values

// A value between the two; the upper one where there is none.
static double middle(const search *s, double low, double high) {
    const double at = s->find->logarithmic ? sqrt(low) * sqrt(high) : low + (high - low) / 2;
    return s->whole ? fmax(floor(at), fmin(low + 1, high)) : at;
}

static probe_end narrow(search *s, probe *low, probe *high, entrain_error *error_out) {
    while (high->value - low->value > s->find->tolerance && s->probes < PROBES_MAX) {
        const double at = middle(s, low->value, high->value);
        if (!(at > low->value && at < high->value)) // there is no number between them
            return PROBE_DONE;
        probe one;
        const probe_end end = look(s, at, &one, error_out);
        if (end != PROBE_DONE)
            return end;
        probe *side = one.truth == low->truth ? low : high;
        json_decref(side->result);
        *side = one;
    }
    return PROBE_DONE;
}

static json_t *row_of(const search *s, const probe *low, const probe *high) {
    const probe *holds = low->truth ? low : high;
    const double threshold = s->whole ? holds->value : middle(s, low->value, high->value);
    json_t *row = json_copy(holds->result);
    json_object_set_new(row, "threshold", json_value(s, threshold));
    json_object_set_new(row, "low", json_value(s, low->value));
    json_object_set_new(row, "high", json_value(s, high->value));
    json_object_set_new(row, "evaluations", json_integer(s->probes));
    return row;
}

static probe_end search_all(search *s, probe *low, probe *high, entrain_error *error_out) {
    probe_end end = look(s, s->find->low, low, error_out);
    if (end == PROBE_DONE)
        end = look(s, s->find->high, high, error_out);
    if (end != PROBE_DONE)
        return end;
    if (low->truth == high->truth) {
        entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "\"%s\" is %s at both %s = %s and %s: there is no threshold between them, or an even "
            "number; search elsewhere.",
            words_text(s->find->where).text, low->truth ? "true" : "false", s->find->key,
            words_number(low->value).text, words_number(high->value).text);
        return PROBE_FAILED;
    }
    return narrow(s, low, high, error_out);
}

// Every name that `where` may say; NULL-terminated, borrowed names.
static const char **names_of(const sweep_plan *plan) {
    uint32_t columns = 0, count = 0;
    while (result_column_at(columns).name != NULL)
        columns++;
    const char **names = calloc(columns + plan->axis_count + 2, sizeof *names);
    if (names == NULL)
        return NULL;
    for (uint32_t c = 0; c < columns; c++)
        names[count++] = result_column_at(c).name;
    for (uint32_t a = 0; a < plan->axis_count; a++)
        names[count++] = plan->axes[a].key;
    names[count] = plan->find.key;
    return names;
}

void sweep_find_carry_out(const sweep_unit_job *job, const sweep_run *run) {
    const sweep_find *find = &job->plan->find;
    search s = {.job = job, .run = run, .find = find, .whole = is_whole(find->key)};
    s.control = strstr(find->where, "worth") != NULL;
    entrain_error error = {0};
    const char **names = names_of(job->plan);
    if (names == NULL)
        entrain_error_set(&error, ENTRAIN_NO_MEMORY, "There is no memory for a search; free some.");
    if (names == NULL || expression_make(find->where, "find", names, &s.where, &error) != ENTRAIN_OK) {
        free(names);
        sweep_emit_failed(job, run, 0, error.sentence);
        return;
    }
    probe low = {0}, high = {0};
    const probe_end end = search_all(&s, &low, &high, &error);
    if (end == PROBE_FAILED)
        sweep_emit_failed(job, run, s.wall_s, error.sentence);
    if (end == PROBE_DONE)
        sweep_emit_done(job, run, row_of(&s, &low, &high), s.wall_s,
                        s.advance_s > 0 ? (double)s.ticks / s.advance_s : NAN);
    json_decref(low.result);
    json_decref(high.result);
    expression_free(s.where);
    free(names);
}
