// The control run, and what comes of holding the two against each other.
#include "sims/control_run.h"

#include <math.h>
#include <stdio.h>

#include "sims/interrupt.h"
#include "sims/outcome.h"
#include "sims/progress.h"
#include "sims/say.h"

bool control_applies(const scenario *given) {
    return given->swarm.kind == ENTRAIN_SWARM_AGENTS && given->swarm.has_workload;
}

// --- The run

// A band of everything and a strategy that needs nothing: with no gain none of it moves anybody.
static entrain_swarm_config config_of(const scenario *given) {
    entrain_swarm_config config = given->swarm;
    config.agent.goal = ENTRAIN_GOAL_COHERENCE;
    config.agent.low = 0;
    config.agent.high = 1;
    config.agent.strategy = ENTRAIN_STRATEGY_PHASE_NUDGE;
    config.agent.coupling = 0;
    config.agent.alignment = 0;
    config.agent.pulses = false;
    config.agent.moments = false;
    config.engine.scheduler.timeline_events = 0;
    return config;
}

typedef struct coherence_mean {
    double sum;
    uint64_t count;
} coherence_mean;

static entrain_status on_sample(void *context, const entrain_phase_sample *sample, entrain_error *error_out) {
    (void)error_out;
    coherence_mean *mean = context;
    mean->sum += sample->coherence;
    mean->count++;
    return ENTRAIN_OK;
}

static entrain_status go(const control_plan *plan, entrain_swarm *swarm, control_result *result,
                         entrain_error *error_out) {
    event_run events = {0};
    coherence_mean mean = {0};
    entrain_engine *engine = entrain_swarm_engine(swarm);
    entrain_status status = event_run_begin_control(&events, plan->happened, swarm, plan->where, error_out);
    if (status != ENTRAIN_OK)
        return status;
    const run_plan run = {.swarm = swarm,
                          .tick_count = plan->tick,
                          .record_every_ticks = plan->given->record_every_ticks,
                          .events = &events,
                          .on_sample = on_sample,
                          .context = &mean};
    interrupt_watch(engine);
    if (plan->timeout_s > 0)
        entrain_engine_set_deadline(engine, plan->timeout_s);
    progress_begin("control", plan->tick, entrain_engine_step_s(engine), false, plan->quiet);
    result->end = run_loop(&run, error_out);
    progress_end();
    interrupt_watch(NULL);
    event_run_end(&events);
    if (result->end == RUN_END_FAILED || result->end == RUN_END_CALLER)
        return ENTRAIN_MISMATCH;
    result->coherence = mean.sum / (double)mean.count; // tick 0 was a sample
    status = entrain_workload_measure(entrain_swarm_workload(swarm), &result->totals);
    if (status != ENTRAIN_OK)
        return entrain_error_set(error_out, status, "The control's workload could not be measured: %s.",
                                 entrain_status_text(status));
    return entrain_workload_check(&result->totals, error_out);
}

entrain_status control_run(const control_plan *plan, control_result *result_out, entrain_error *error_out) {
    control_result result = {.end = RUN_END_TIMEOUT};
    if (plan->timeout_s < 0) {
        *result_out = result;
        return ENTRAIN_OK;
    }
    const entrain_swarm_config config = config_of(plan->given);
    entrain_swarm *swarm = NULL;
    entrain_status status = entrain_swarm_create(&config, &swarm, error_out);
    if (status != ENTRAIN_OK)
        return status;
    status = go(plan, swarm, &result, error_out);
    entrain_swarm_destroy(swarm);
    if (status == ENTRAIN_OK)
        *result_out = result;
    return status;
}

// --- What it says

static void put_count(json_t *object, const char *key, uint64_t count) {
    json_object_set_new(object, key, json_integer((json_int_t)count));
}

static void put_number(json_t *object, const char *key, double number) {
    json_object_set_new(object, key, json_number(number));
}

static json_t *side_json(const entrain_workload_totals *totals, double coherence) {
    json_t *json = json_object();
    put_number(json, "coherence", coherence);
    put_count(json, "generated", totals->generated);
    put_count(json, "delivered", totals->delivered);
    put_count(json, "queued", totals->queued);
    put_count(json, "shed", totals->shed);
    put_count(json, "calls", totals->calls);
    put_count(json, "calls_failed", totals->calls_failed);
    put_count(json, "calls_timed_out", totals->calls_timed_out);
    put_count(json, "calls_limited", totals->calls_limited);
    put_count(json, "breaker_opened", totals->breaker_opened);
    put_number(json, "cost", totals->cost);
    put_number(json, "batch_mean", totals->batch_mean);
    put_number(json, "batch_p95", totals->batch_p95);
    put_number(json, "batch_max", totals->batch_max);
    put_number(json, "wait_mean_s", totals->wait_mean_s);
    put_number(json, "wait_p50_s", totals->wait_p50_s);
    put_number(json, "wait_p95_s", totals->wait_p95_s);
    put_number(json, "wait_p99_s", totals->wait_p99_s);
    put_number(json, "wait_max_s", totals->wait_max_s);
    return json;
}

static double ratio(double of, double to) { return to > 0 ? of / to : NAN; }

json_t *control_json(const entrain_workload_totals *swarm, double coherence, const control_result *control) {
    const entrain_workload_totals *other = &control->totals;
    json_t *json = json_object();
    json_object_set_new(json, "swarm", side_json(swarm, coherence));
    json_object_set_new(json, "control", side_json(other, control->coherence));
    json_object_set_new(json, "same_requests", json_boolean(swarm->generated == other->generated));
    put_number(json, "calls_ratio", ratio((double)swarm->calls, (double)other->calls));
    put_number(json, "cost_ratio", ratio(swarm->cost, other->cost));
    put_number(json, "wait_p50_ratio", ratio(swarm->wait_p50_s, other->wait_p50_s));
    return json;
}

json_t *control_json_missing(const char *why) {
    json_t *json = json_object();
    json_object_set_new(json, "missing", json_string(why));
    return json;
}

static double number_at(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

// "1,234" above a hundred, three digits below.
static number_text text_amount(double amount) {
    number_text words = text_count(amount > 0 ? (uint64_t)(amount + 0.5) : 0);
    if (isnan(amount))
        snprintf(words.text, sizeof words.text, "-");
    else if (amount < 100)
        snprintf(words.text, sizeof words.text, "%.3g", amount);
    return words;
}

// "650 ms", "1.12 s": two digits behind the point, for it is hundredths that two waits differ by.
static number_text text_wait(double wait) {
    number_text words = {"-"};
    if (wait < 1 || wait >= 100)
        return text_duration(wait);
    if (!isnan(wait))
        snprintf(words.text, sizeof words.text, "%.2f s", wait);
    return words;
}

// "90.1 % less", "2.3 x as much"
static number_text text_change(double swarm, double control) {
    number_text words = {{0}};
    double of = ratio(swarm, control);
    if (isnan(of) || isinf(of))
        snprintf(words.text, sizeof words.text, "-");
    else if (of > 0.995 && of < 1.005)
        snprintf(words.text, sizeof words.text, swarm == control ? "the same" : "about the same");
    else if (of < 1)
        snprintf(words.text, sizeof words.text, "%.3g %% less", 100 * (1 - of));
    else if (of < 2)
        snprintf(words.text, sizeof words.text, "%.3g %% more", 100 * (of - 1));
    else
        snprintf(words.text, sizeof words.text, "%.25s x as much", text_amount(of).text);
    return words;
}

static const struct {
    const char *key, *words;
    bool seconds;
} lines[] = {{"calls", "external calls", false},       {"cost", "cost", false},
             {"batch_mean", "requests a call", false}, {"batch_p95", "95 % of calls up to", false},
             {"wait_p50_s", "wait, median", true},     {"wait_p95_s", "wait, 95 %", true},
             {"wait_p99_s", "wait, 99 %", true},       {"wait_max_s", "wait, longest", true},
             {"shed", "requests shed", false},         {"queued", "still queued", false}};

void control_rows(FILE *to, const json_t *summary, void (*row)(FILE *, const char *, const char *)) {
    const json_t *worth = json_object_get(summary, "worth");
    const json_t *swarm = json_object_get(worth, "swarm"), *control = json_object_get(worth, "control");
    const char *missing = json_string_value(json_object_get(worth, "missing"));
    if (missing != NULL)
        row(to, "Worth", missing);
    if (missing != NULL || worth == NULL)
        return;
    // Printed as it stands, here and below: row() would fold the blanks.
    fprintf(to, "  %-13s%-20s %11s %11s\n", "Worth", "against the control:", "this swarm", "control");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        double a = number_at(swarm, lines[i].key), b = number_at(control, lines[i].key);
        if (a == 0 && b == 0) // !(a > 0) && !(b > 0) would hide what is not known
            continue;
        number_text here = lines[i].seconds ? text_wait(a) : text_amount(a),
                    there = lines[i].seconds ? text_wait(b) : text_amount(b);
        fprintf(to, "%15s%-20s %11s %11s  %s\n", "", lines[i].words, here.text, there.text,
                text_change(a, b).text);
    }
    if (!json_is_true(json_object_get(worth, "same_requests")))
        row(to, "", "the two were not given the same number of requests: compare per request");
}

void control_sentence(const json_t *summary, char *text_out, size_t size) {
    const json_t *worth = json_object_get(summary, "worth");
    const json_t *swarm = json_object_get(worth, "swarm"), *control = json_object_get(worth, "control");
    const char *missing = json_string_value(json_object_get(worth, "missing"));
    *text_out = '\0';
    if (missing != NULL)
        snprintf(text_out, size, "What synchronizing was worth is not known: %s.", missing);
    if (missing != NULL || worth == NULL)
        return;
    double calls = number_at(swarm, "calls"), calls_there = number_at(control, "calls");
    double cost = number_at(swarm, "cost"), cost_there = number_at(control, "cost");
    double wait = number_at(swarm, "wait_p50_s"), wait_there = number_at(control, "wait_p50_s");
    double cheaper = ratio(cost, cost_there), quicker = ratio(wait, wait_there);
    const json_t *goal = json_object_get(summary, "goal");
    const bool spread = json_is_object(goal) && json_object_get(json_object_get(goal, "band"), "low") == NULL;
    const char *deed = spread ? "Spreading evenly" : "Synchronizing";
    const char *verdict = cheaper < 0.98 && quicker < 0.98    ? "saved calls and time"
                          : cheaper < 0.98 && quicker <= 1.02 ? "saved calls and cost next to no time"
                          : cheaper < 0.98                    ? "saved calls and cost time"
                          : cheaper <= 1.02 && quicker < 0.98 ? "saved time, not calls"
                          : cheaper > 1.02 && quicker < 0.98  ? "saved time and cost calls"
                          : cheaper > 1.02                    ? "did harm"
                          : quicker > 1.02                    ? "cost time and saved no calls"
                                                              : "changed next to nothing for the gateway";
    snprintf(text_out, size,
             "%s %s: %s external calls against %s of the control, a cost of %s against %s, and half of the "
             "requests waited up to %s against %s (95 %%: %s against %s).",
             deed, verdict, text_amount(calls).text, text_amount(calls_there).text, text_amount(cost).text,
             text_amount(cost_there).text, text_wait(number_at(swarm, "wait_p50_s")).text,
             text_wait(number_at(control, "wait_p50_s")).text, text_wait(number_at(swarm, "wait_p95_s")).text,
             text_wait(number_at(control, "wait_p95_s")).text);
}
