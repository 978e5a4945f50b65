// Words and JSON for how far a sweep is.
#include "sims/sweep_progress.h"

#include <stdio.h>
#include <string.h>

#include "sims/say.h"

// Appends; what does not fit is left out.
static void add(char *text, size_t size, const char *more) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s", more);
}

void sweep_values_text(const json_t *values, char *text, size_t size) {
    const char *key;
    json_t *value;
    text[0] = '\0';
    json_object_foreach((json_t *)(uintptr_t)values, key, value) {
        char number[48];
        const char *dot = strrchr(key, '.');
        if (text[0] != '\0')
            add(text, size, ", ");
        add(text, size, dot != NULL ? dot + 1 : key);
        add(text, size, " ");
        char *other = NULL;
        if (json_is_number(value)) {
            snprintf(number, sizeof number, "%.6g", json_number_value(value));
            add(text, size, number);
        } else if (json_is_string(value)) {
            add(text, size, json_string_value(value));
        } else if ((other = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT)) != NULL) {
            add(text, size, other);
            free(other);
        }
    }
}

// "r = 0.8123 at size 100", "threshold 1.62 at size 100", "size 100 failed: sentence". The outcome comes
// first: a narrow terminal cuts the end off.
static void add_outcome(char *text, size_t size, const char *values, const json_t *row) {
    static const struct {
        const char *column, *words;
    } told[] = {{"threshold", "threshold"}, {"coherence", "r ="}};
    const json_t *result = json_object_get(row, "result");
    const char *reason = json_string_value(json_object_get(row, "reason"));
    char outcome[64] = "";
    for (size_t i = 0; i < sizeof told / sizeof *told && *outcome == '\0'; i++) {
        const json_t *value = json_object_get(result, told[i].column);
        if (json_is_number(value))
            snprintf(outcome, sizeof outcome, "%s %.4g", told[i].words, json_number_value(value));
    }
    add(text, size, "  ");
    add(text, size, outcome);
    if (*outcome != '\0' && *values != '\0')
        add(text, size, " at ");
    add(text, size, values);
    if (*outcome == '\0' && reason != NULL) {
        add(text, size, *values != '\0' ? " failed: " : "failed: ");
        add(text, size, reason);
    }
}

static double rate(const sweep_standing *now) {
    return now->elapsed_s > 0 ? (now->done - now->earlier) / now->elapsed_s : 0;
}

void sweep_standing_text(const sweep_standing *now, char *text, size_t size) {
    char words[128];
    const double each_s = rate(now);
    snprintf(text, size, "%s of %s", text_count(now->done).text, text_counted(now->total, "run").text);
    if (now->failed > 0) {
        snprintf(words, sizeof words, "  %s failed", text_count(now->failed).text);
        add(text, size, words);
    }
    if (now->done > now->earlier && now->done < now->total) {
        if (each_s >= 1)
            snprintf(words, sizeof words, "  %.3g runs/s", each_s);
        else
            snprintf(words, sizeof words, "  %.3g runs/min", each_s * 60);
        add(text, size, words);
        snprintf(words, sizeof words, "  ETA %s",
                 now->left_s < 1 ? "< 1 s" : text_duration(now->left_s).text);
        add(text, size, words);
    }
    if (now->last != NULL) {
        char values[200];
        sweep_values_text(now->last->values, values, sizeof values);
        add_outcome(text, size, values, now->row);
    }
}

json_t *sweep_standing_json(const sweep_standing *now) {
    json_t *out = json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f}", "event", "progress",
                            "total", (int)now->total, "done", (int)now->done, "failed", (int)now->failed,
                            "earlier", (int)now->earlier, "running", (int)now->running, "elapsed_s",
                            now->elapsed_s, "runs_per_s", rate(now), "eta_s", now->left_s, "busy", now->busy);
    if (now->last != NULL) {
        const json_t *coherence = json_object_get(json_object_get(now->row, "result"), "coherence");
        const json_t *status = json_object_get(now->row, "status");
        json_t *last = json_pack("{s:i, s:O, s:i}", "run", (int)now->last->index, "values", now->last->values,
                                 "replica", (int)now->last->replica);
        if (status != NULL)
            json_object_set(last, "status", (json_t *)(uintptr_t)status);
        if (json_is_number(coherence))
            json_object_set(last, "coherence", (json_t *)(uintptr_t)coherence);
        json_object_set_new(out, "last", last);
    }
    return out;
}
