// Theory beside measurement.
#include "sims/comparison.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS_MAX = 4096, SAMPLES_MIN = 20, WINDOW = 6, CORRELATION_TIMES_MIN = 10 };
static const double sync_level = 0.9; // of entrain_theory_answer's sync_time_s

typedef struct average {
    double mean, error; // of the time average; NAN: too few correlation times
    double variance;    // of single samples
    double times;       // correlation times in what was averaged; 0: the window did not close
    double length;      // of one, in samples
    double least, most;
} average;

static double figure(double coherence, bool square) { return square ? coherence * coherence : coherence; }

// Mean, extremes and variance of single samples.
static average look_at(const double *values, size_t count, bool square) {
    average found = {.error = NAN, .least = INFINITY, .most = -INFINITY};
    for (size_t i = 0; i < count; i++) {
        double value = figure(values[i], square);
        found.mean += value / (double)count;
        found.least = fmin(found.least, value);
        found.most = fmax(found.most, value);
    }
    for (size_t i = 0; i < count; i++) {
        double off = figure(values[i], square) - found.mean;
        found.variance += off * off / (double)count;
    }
    return found;
}

// The mean of r (or of its square) and its error. Of blocks of @p each samples, so that long series take no
// longer than short ones: with their autocorrelation rho, the variance of a mean of n is 2 tau / n times that
// of one, tau = 1/2 + rho(1) + ... + rho(W); W = WINDOW tau leaves out what is noise in rho.
static average take_average(const double *values, size_t count, bool square) {
    double blocks[BLOCKS_MAX] = {0}, variance = 0, tau = 0.5;
    size_t each = (count + BLOCKS_MAX - 1) / BLOCKS_MAX, n = count / each;
    values += count - n * each; // what does not fit, at the front
    average found = look_at(values, n * each, square);
    if (!(found.most - found.least > 1e-12)) { // it stands still
        found.error = found.most - found.least;
        found.times = (double)n;
        return found;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < each; k++)
            blocks[i] += (figure(values[i * each + k], square) - found.mean) / (double)each;
        variance += blocks[i] * blocks[i] / (double)n;
    }
    for (size_t lag = 1; lag < n / 2; lag++) {
        double sum = 0;
        for (size_t i = 0; i + lag < n; i++)
            sum += blocks[i] * blocks[i + lag];
        tau += sum / ((double)n * variance);
        double share = fmax(2 * tau, 1) / (double)n; // of a correlation time in all
        if ((double)lag < WINDOW * share * (double)n / 2)
            continue;
        found.times = fmin(found.variance / (variance * share), (double)(n * each));
        found.length = (double)(n * each) / found.times;
        if (found.times >= CORRELATION_TIMES_MIN)
            found.error = sqrt(variance * share / (1 - share));
        return found;
    }
    return found;
}

// When r first passed the level, on the line between two samples; NAN: it did not.
static double time_of_passing(const scenario *given, const run_outcome *outcome, double level) {
    double every = (double)given->record_every_ticks * given->swarm.engine.step_s;
    for (size_t i = 1; i < outcome->count; i++) {
        double before = outcome->coherences[i - 1], after = outcome->coherences[i];
        if (before >= level || after < level)
            continue;
        double begin = (double)(i - 1) * every, end = fmin((double)i * every, outcome->last.time_s);
        return begin + (end - begin) * (level - before) / (after - before);
    }
    return NAN;
}

typedef struct comparison {
    const char *quantity, *verdict;
    double expected, measured, error_of_time, finite_size, error, distance;
    double correlation_time_s, correlation_times;
} comparison;

static void compare_time(const scenario *given, const run_outcome *outcome,
                         const entrain_theory_answer *answer, comparison *c) {
    c->quantity = "sync_time_s";
    c->expected = answer->sync_time_s;
    c->error = c->finite_size = answer->sync_time_deviation_s;
    c->measured = time_of_passing(given, outcome, sync_level);
    c->verdict = isnan(c->measured) ? "not reached" : "compared";
}

static void compare_average(const scenario *given, const run_outcome *outcome,
                            const entrain_theory_answer *answer, comparison *c) {
    bool square = answer->coherence == 0;
    size_t half = outcome->count / 2;
    c->quantity = square ? "coherence_rms" : "coherence";
    c->expected = square ? answer->floor : answer->coherence;
    c->finite_size = answer->finite_size;
    c->verdict = "too short";
    if (outcome->count < SAMPLES_MIN)
        return;
    average found = take_average(outcome->coherences + half, outcome->count - half, square);
    double mean = square ? sqrt(found.mean) : found.mean, scale = 1;
    // Who caught few bursts of r saw too little of r^2 and of its error: what they have in common is their
    // ratio.
    if (square)
        scale = (isfinite(c->expected) ? fmax(mean, c->expected) : mean) / (2 * found.mean);
    double range = (found.most - found.least) * scale;
    c->correlation_times = found.times;
    c->correlation_time_s = found.length * (double)given->record_every_ticks * given->swarm.engine.step_s;
    c->error_of_time = found.error * scale;
    if (isnan(c->error_of_time) && range < 0.2 * c->finite_size) // it drifts by less than matters
        c->error_of_time = range;
    if (isnan(c->error_of_time))
        return;
    c->measured = mean;
    c->verdict = isfinite(c->expected) ? "compared" : "not known";
    if (isfinite(c->finite_size))
        c->error = sqrt(c->error_of_time * c->error_of_time + c->finite_size * c->finite_size);
}

static comparison compare(const scenario *given, const run_outcome *outcome,
                          const entrain_theory_answer *answer) {
    comparison c = {.measured = NAN,
                    .error_of_time = NAN,
                    .error = NAN,
                    .distance = NAN,
                    .correlation_time_s = NAN,
                    .correlation_times = NAN};
    if (isfinite(answer->sync_time_s)) {
        compare_time(given, outcome, answer, &c);
    } else if (answer->coherence == 1) { // it comes ever nearer
        c.quantity = "coherence_final";
        c.verdict = "compared";
        c.expected = 1;
        c.finite_size = 0;
        c.measured = outcome->last.coherence;
    } else {
        compare_average(given, outcome, answer, &c);
    }
    if (isfinite(c.expected) && c.error > 0)
        c.distance = (c.measured - c.expected) / c.error;
    return c;
}

// What speaks of one swarm from its beginning to its end speaks of no other.
static bool is_undisturbed(const scenario *given, const run_outcome *outcome) {
    return outcome->count > 0 && given->events == NULL && !given->swarm.engine.overflow_named &&
           outcome->first.living == given->swarm.size && outcome->last.living == given->swarm.size;
}

static void put(json_t *json, const char *key, double value) {
    json_object_set_new(json, key, json_number(value));
}

json_t *comparison_json(const scenario *given, const run_outcome *outcome) {
    entrain_theory_answer answer;
    if (!is_undisturbed(given, outcome) || !entrain_swarm_theory(&given->swarm, given->swarm.size, &answer))
        return NULL;
    comparison c = compare(given, outcome, &answer);
    json_t *json = json_object();
    json_object_set_new(json, "law", json_string(answer.law));
    json_object_set_new(json, "source", json_string(answer.source));
    put(json, "threshold", answer.threshold);
    put(json, "coherence", answer.coherence);
    put(json, "frequency", answer.frequency);
    json_object_set_new(json, "quantity", json_string(c.quantity));
    json_object_set_new(json, "verdict", json_string(c.verdict));
    put(json, "expected", c.expected);
    put(json, "measured", c.measured);
    put(json, "standard_error", c.error);
    put(json, "error_of_time", c.error_of_time);
    put(json, "finite_size", c.finite_size);
    put(json, "distance", c.distance);
    put(json, "correlation_time_s", c.correlation_time_s);
    put(json, "correlation_times", c.correlation_times);
    return json;
}

static double number_at(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static bool is(const json_t *object, const char *key, const char *word) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL && strcmp(text, word) == 0;
}

double comparison_level(const json_t *theory) {
    double expected = number_at(theory, "expected");
    bool level = is(theory, "quantity", "coherence") || is(theory, "quantity", "coherence_rms");
    return level && isfinite(expected) ? expected : NAN;
}

// "law; source"
static void put_law(const json_t *theory, FILE *to) {
    const char *law = json_string_value(json_object_get(theory, "law"));
    const char *source = json_string_value(json_object_get(theory, "source"));
    fprintf(to, "%s; %s", law != NULL ? law : "?", source != NULL ? source : "?");
}

static void put_expected(const json_t *theory, FILE *to) {
    double expected = number_at(theory, "expected");
    if (is(theory, "quantity", "sync_time_s"))
        fprintf(to, "r = %g at t = %.4g s, give or take %.2g (", sync_level, expected,
                number_at(theory, "standard_error"));
    else if (is(theory, "quantity", "coherence_rms") && isfinite(expected))
        fprintf(to, "below K_c = %.4g, by chance r = %.4f (root mean square, ",
                number_at(theory, "threshold"), expected);
    else if (is(theory, "quantity", "coherence_rms"))
        fprintf(to, "not above K_c = %.4g, so r falls as N grows (", number_at(theory, "threshold"));
    else
        fprintf(to, "r = %.4f (", expected);
    put_law(theory, to);
    fputs("), ", to);
}

static void put_measured(const json_t *theory, FILE *to) {
    double measured = number_at(theory, "measured"), error = number_at(theory, "standard_error");
    double distance = number_at(theory, "distance"), times = number_at(theory, "correlation_times");
    if (is(theory, "quantity", "sync_time_s")) {
        if (isnan(measured))
            fputs("not reached", to);
        else
            fprintf(to, "measured %.4g s: %.1f standard deviations %s", measured, fabs(distance),
                    distance < 0 ? "earlier" : "later");
    } else if (is(theory, "quantity", "coherence_final")) {
        fprintf(to, "measured %.6f at the end", measured);
    } else if (isnan(measured) && times > 0) {
        fprintf(to,
                "but the run is too short to measure it: its second half is %.1f correlation times long, and "
                "%d are needed",
                times, CORRELATION_TIMES_MIN);
    } else if (isnan(measured)) {
        fputs("but the run is too short to measure it: r still drifts in its second half", to);
    } else if (isnan(distance)) {
        fprintf(to, "measured %.4f +- %.2g (time average)", measured, number_at(theory, "error_of_time"));
    } else {
        fprintf(to, "measured %.4f +- %.2g (time %.1g, size %.1g): %.1f standard errors %s", measured, error,
                number_at(theory, "error_of_time"), number_at(theory, "finite_size"), fabs(distance),
                distance < 0 ? "below" : "above");
    }
}

void comparison_sentence(const json_t *theory, char *text_out, size_t size) {
    FILE *to = fmemopen(text_out, size, "w");
    if (to == NULL) {
        snprintf(text_out, size, "?");
        return;
    }
    put_expected(theory, to);
    put_measured(theory, to);
    fclose(to);
    text_out[size - 1] = '\0';
}
