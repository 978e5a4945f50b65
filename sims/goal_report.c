// The watch over a goal, and what it found as JSON and in words. Every figure is a function of samples and of
// exact sums over agents, so it is the same for any workers, policy or transport.
#include "sims/goal_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/say.h"

// Standard deviation of natural frequencies as configured; of Lorentz's, which has none, its half width. 0
// where only a file knows it.
static double frequency_spread(const entrain_distribution *frequency) {
    double variance = frequency->jitter * frequency->jitter, mean = 0;
    const double range = frequency->high - frequency->low, count = frequency->value_count;
    switch (frequency->kind) {
    case ENTRAIN_DISTRIBUTION_UNIFORM:
        variance += range * range / 12;
        break;
    case ENTRAIN_DISTRIBUTION_NORMAL:
        variance += frequency->deviation * frequency->deviation;
        break;
    case ENTRAIN_DISTRIBUTION_LORENTZ:
        variance += frequency->width * frequency->width;
        break;
    case ENTRAIN_DISTRIBUTION_LIST:
        for (uint32_t i = 0; i < frequency->value_count; i++)
            mean += frequency->values[i] / count;
        for (uint32_t i = 0; i < frequency->value_count; i++)
            variance += (frequency->values[i] - mean) * (frequency->values[i] - mean) / count;
        break;
    default:
        break;
    }
    return sqrt(variance);
}

void goal_report_foresee(goal_report *report, const scenario *given) {
    report->unreachable[0] = '\0';
    if (given->swarm.kind == ENTRAIN_SWARM_AGENTS)
        (void)entrain_agents_can_reach(&given->swarm.agent, given->swarm.size,
                                       frequency_spread(&given->swarm.frequency), report->unreachable,
                                       sizeof report->unreachable);
}

entrain_status goal_report_begin(goal_report *report, entrain_swarm *swarm, entrain_error *error_out) {
    if (entrain_agents_look(entrain_swarm_population(swarm)) == NULL)
        return ENTRAIN_OK;
    report->courses = calloc(GOAL_COURSES_MAX, sizeof *report->courses);
    if (report->courses == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory to watch a goal.");
    report->swarm = swarm;
    report->has_work = entrain_swarm_workload(swarm) != NULL;
    return ENTRAIN_OK;
}

void goal_report_free(goal_report *report) {
    free(report->courses);
    *report = (goal_report){0};
}

static bool same_band(const entrain_goal_band *a, const entrain_goal_band *b) {
    const bool few = a->size <= ENTRAIN_SPLAY_SIZE_MAX;
    return a->goal == b->goal && a->low == b->low && a->high == b->high &&
           few == (b->size <= ENTRAIN_SPLAY_SIZE_MAX);
}

// The course in force. An event changes it before the sample of its tick: that sample is the new course's
// first.
static goal_course *course_now(goal_report *report, double time_s) {
    const entrain_goal_band band = entrain_agents_band(entrain_swarm_population(report->swarm));
    if (report->course_count > 0) {
        goal_course *last = &report->courses[report->course_count - 1];
        if (same_band(&last->watch.band, &band))
            return last;
        last->to_s = time_s;
    }
    if (report->course_count == GOAL_COURSES_MAX) { // the one before the last is forgotten
        report->courses[GOAL_COURSES_MAX - 2] = report->courses[GOAL_COURSES_MAX - 1];
        report->course_count--;
    }
    goal_course *last = &report->courses[report->course_count++];
    *last = (goal_course){.from_s = time_s};
    entrain_goal_watch_begin(&last->watch, band);
    return last;
}

entrain_status goal_report_add(goal_report *report, const entrain_phase_sample *sample,
                               entrain_error *error_out) {
    if (report->swarm == NULL || report->courses == NULL)
        return ENTRAIN_OK;
    entrain_status status = entrain_agents_measure(entrain_swarm_population(report->swarm), &report->agents);
    if (status == ENTRAIN_OK && report->has_work)
        status = entrain_workload_measure(entrain_swarm_workload(report->swarm), &report->work);
    if (status != ENTRAIN_OK)
        return entrain_error_set(error_out, status, "The agents could not be measured: %s.",
                                 entrain_status_text(status));
    goal_course *course = course_now(report, sample->time_s);
    entrain_goal_watch_add(&course->watch, sample);
    course->to_s = sample->time_s;
    if (course->watch.last_in && sample->tick > 0 && fabs(sample->frequency_mean) > 0) {
        course->jitter_sum += sample->frequency_spread / fabs(sample->frequency_mean);
        course->jitter_count++;
    }
    return ENTRAIN_OK;
}

static const goal_course *last_course(const goal_report *report) {
    return report->course_count > 0 ? &report->courses[report->course_count - 1] : NULL;
}

bool goal_report_met(const goal_report *report) {
    const goal_course *course = last_course(report);
    return course != NULL && course->watch.report.met;
}

entrain_status goal_report_check(const goal_report *report, entrain_error *error_out) {
    return report->swarm != NULL && report->has_work ? entrain_workload_check(&report->work, error_out)
                                                     : ENTRAIN_OK;
}

// --- columns ----------------------------------------------------------------------------------------------

void goal_report_names(const goal_report *report, char text_out[GOAL_COLUMNS_BYTES]) {
    text_out[0] = '\0';
    if (report->swarm == NULL)
        return;
    int used = snprintf(text_out, GOAL_COLUMNS_BYTES, ",peak_load,belief,energy_mean,energy_spent,busy");
    for (uint32_t s = 0; s < ENTRAIN_STRATEGY_COUNT; s++) {
        const int name = used + 1;
        used += snprintf(text_out + used, (size_t)(GOAL_COLUMNS_BYTES - used), ",%s",
                         entrain_strategy_name((entrain_strategy)s));
        for (int i = name; i < used; i++)
            if (text_out[i] == '-')
                text_out[i] = '_';
    }
    snprintf(text_out + used, (size_t)(GOAL_COLUMNS_BYTES - used), ",switches,pulses%s",
             report->has_work ? ",generated,delivered,queued,shed,calls,breaker" : "");
}

static double spent_each(const goal_report *report) {
    return report->agents.living > 0 ? report->agents.spent / (double)report->agents.living : 0;
}

void goal_report_values(const goal_report *report, const entrain_phase_sample *sample,
                        char text_out[GOAL_COLUMNS_BYTES]) {
    const entrain_agent_totals *agents = &report->agents;
    const entrain_workload_totals *work = &report->work;
    text_out[0] = '\0';
    if (report->swarm == NULL)
        return;
    int used = snprintf(text_out, GOAL_COLUMNS_BYTES, ",%.17g,%.17g,%.17g,%.17g,%.17g", sample->peak_load,
                        agents->belief, agents->energy_mean, spent_each(report), agents->busy);
    for (uint32_t s = 0; s < ENTRAIN_STRATEGY_COUNT; s++)
        used +=
            snprintf(text_out + used, (size_t)(GOAL_COLUMNS_BYTES - used), ",%" PRIu32, agents->acting[s]);
    used += snprintf(text_out + used, (size_t)(GOAL_COLUMNS_BYTES - used), ",%" PRIu64 ",%" PRIu64,
                     agents->switches, agents->pulses);
    if (report->has_work)
        snprintf(text_out + used, (size_t)(GOAL_COLUMNS_BYTES - used),
                 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%s", work->generated,
                 work->delivered, work->queued, work->shed, work->calls, entrain_breaker_name(work->breaker));
}

// --- JSON -------------------------------------------------------------------------------------------------

static void put_number(json_t *object, const char *key, double number) {
    json_object_set_new(object, key, json_number(number));
}

static void put_count(json_t *object, const char *key, uint64_t count) {
    json_object_set_new(object, key, json_integer((json_int_t)count));
}

static json_t *band_json(const entrain_goal_band *band) {
    json_t *json = json_object();
    if (!entrain_goal_look(band->goal).spread) {
        put_number(json, "low", band->low);
        put_number(json, "high", band->high);
    } else if (band->size <= ENTRAIN_SPLAY_SIZE_MAX) {
        put_number(json, "gap_gini", ENTRAIN_SPLAY_GINI);
    } else {
        put_number(json, "moments", ENTRAIN_SPREAD_MOMENT);
        put_number(json, "peak_load", ENTRAIN_SPREAD_PEAK);
    }
    return json;
}

// What is watched: a coherence, or how many times as uneven as the bound.
static const char *quantity_of(const entrain_goal_band *band) {
    return !entrain_goal_look(band->goal).spread  ? "coherence"
           : band->size <= ENTRAIN_SPLAY_SIZE_MAX ? "gap_gini / bound"
                                                  : "largest of moments / bound and peak_load / bound";
}

static json_t *course_json(const goal_course *course, const char *unreachable) {
    const entrain_goal_watch *watch = &course->watch;
    const entrain_goal_report *found = &watch->report;
    const entrain_goal_facts facts = entrain_goal_look(watch->band.goal);
    char why[GOAL_TEXT_BYTES], key[2] = {facts.key, '\0'};
    entrain_goal_explain(watch, why, sizeof why);
    const bool known = !found->met && unreachable[0] != '\0';
    json_t *json = json_object();
    json_object_set_new(json, "name", json_string(facts.name));
    json_object_set_new(json, "key", facts.key != '-' ? json_string(key) : json_null());
    json_object_set_new(json, "status", json_string(found->met ? "met" : known ? "unreachable" : "not met"));
    json_object_set_new(json, "met", json_boolean(found->met));
    json_object_set_new(json, "why", found->met ? json_null() : json_string(why));
    json_object_set_new(json, "unreachable", known ? json_string(unreachable) : json_null());
    json_object_set_new(json, "quantity", json_string(quantity_of(&watch->band)));
    json_object_set_new(json, "band", band_json(&watch->band));
    put_number(json, "from_s", course->from_s);
    put_number(json, "to_s", course->to_s);
    put_number(json, "entered_s", found->entered_s);
    put_number(json, "entered_after_s", found->entered_s - course->from_s);
    put_number(json, "held", found->held);
    put_number(json, "excursion", found->excursion);
    put_number(json, "excursion_s", found->excursion_s);
    put_number(json, "low", found->low);
    put_number(json, "high", found->high);
    put_number(json, "nearest", found->nearest);
    put_number(json, "nearest_s", found->nearest_s);
    put_number(json, "value", found->value);
    put_number(json, "jitter",
               course->jitter_count > 0 ? course->jitter_sum / (double)course->jitter_count : NAN);
    return json;
}

static json_t *agents_json(const goal_report *report) {
    const entrain_agent_totals *agents = &report->agents;
    const entrain_agent_config *config = entrain_agents_look(entrain_swarm_population(report->swarm));
    json_t *json = json_object(), *acting = json_object();
    for (uint32_t s = 0; s < ENTRAIN_STRATEGY_COUNT; s++)
        if (agents->acting[s] > 0)
            put_count(acting, entrain_strategy_name((entrain_strategy)s), agents->acting[s]);
    json_object_set_new(json, "strategy", json_string(entrain_strategy_name(config->strategy)));
    json_object_set_new(json, "acting", acting);
    put_number(json, "energy_capacity", config->energy);
    put_number(json, "energy_mean", agents->energy_mean);
    put_number(json, "energy_least", agents->energy_least);
    put_number(json, "energy_spent", agents->spent);
    put_number(json, "energy_spent_each", spent_each(report));
    put_number(json, "belief", agents->belief);
    put_number(json, "belief_error", agents->belief_error);
    put_number(json, "frequency_mean", agents->frequency_mean);
    put_number(json, "frequency_spread", agents->frequency_spread);
    put_number(json, "busy", agents->busy);
    put_count(json, "switches", agents->switches);
    put_count(json, "pulses", agents->pulses);
    put_count(json, "denied", agents->denied);
    return json;
}

static json_t *work_json(const goal_report *report) {
    const entrain_workload_totals *work = &report->work;
    const entrain_workload_config *config = entrain_workload_look(entrain_swarm_workload(report->swarm));
    json_t *json = json_object();
    json_object_set_new(json, "pattern", json_string(entrain_pattern_name(config->pattern)));
    put_count(json, "generated", work->generated);
    put_count(json, "delivered", work->delivered);
    put_count(json, "queued", work->queued);
    put_count(json, "queued_agents", work->queued_agents);
    put_count(json, "queued_messages", work->queued_messages);
    put_count(json, "queued_gateways", work->queued_gateways);
    put_count(json, "shed", work->shed);
    put_count(json, "shed_queue", work->shed_queue);
    put_count(json, "shed_mailbox", work->shed_mailbox);
    put_count(json, "shed_gateway", work->shed_gateway);
    put_count(json, "calls", work->calls);
    put_count(json, "calls_succeeded", work->calls_succeeded);
    put_count(json, "calls_failed", work->calls_failed);
    put_count(json, "calls_timed_out", work->calls_timed_out);
    put_count(json, "calls_limited", work->calls_limited);
    put_count(json, "calls_late", work->calls_late);
    put_number(json, "cost", work->cost);
    put_number(json, "batch_mean", work->batch_mean);
    put_number(json, "batch_p95", work->batch_p95);
    put_number(json, "batch_max", work->batch_max);
    put_number(json, "wait_mean_s", work->wait_mean_s);
    put_number(json, "wait_p50_s", work->wait_p50_s);
    put_number(json, "wait_p95_s", work->wait_p95_s);
    put_number(json, "wait_p99_s", work->wait_p99_s);
    put_number(json, "wait_max_s", work->wait_max_s);
    put_count(json, "breaker_opened", work->breaker_opened);
    json_object_set_new(json, "breaker", json_string(entrain_breaker_name(work->breaker)));
    put_number(json, "breaker_open_share", work->breaker_open_share);
    return json;
}

void goal_report_json(const goal_report *report, json_t *summary) {
    const goal_course *last = last_course(report);
    if (last == NULL)
        return;
    json_t *earlier = json_array();
    for (uint32_t c = 0; c + 1 < report->course_count; c++)
        json_array_append_new(earlier, course_json(&report->courses[c], c == 0 ? report->unreachable : ""));
    json_t *goal = course_json(last, report->course_count == 1 ? report->unreachable : "");
    json_object_set_new(goal, "earlier", earlier);
    json_object_set_new(summary, "goal", goal);
    json_object_set_new(summary, "agents", agents_json(report));
    if (report->has_work)
        json_object_set_new(summary, "workload", work_json(report));
}

// --- in words ---------------------------------------------------------------------------------------------

typedef void row_printer(FILE *to, const char *label, const char *text);

static double number_at(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static uint64_t count_at(const json_t *object, const char *key) {
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "?";
}

// "coherence 0.5 to 0.7"
static void say_band(const json_t *goal, char *text_out, size_t size) {
    const json_t *band = json_object_get(goal, "band");
    if (json_object_get(band, "low") != NULL)
        snprintf(text_out, size, "coherence %g to %g", number_at(band, "low"), number_at(band, "high"));
    else if (json_object_get(band, "gap_gini") != NULL)
        snprintf(text_out, size, "even gaps (Gini up to %g)", number_at(band, "gap_gini"));
    else
        snprintf(text_out, size, "an even load (r_1 to r_8 up to %g, peak load up to %g)",
                 number_at(band, "moments"), number_at(band, "peak_load"));
}

static void row_goal(FILE *to, const char *label, const json_t *goal, bool with_times, row_printer *row) {
    char text[3 * GOAL_TEXT_BYTES], band[120], times[80] = "";
    say_band(goal, band, sizeof band);
    if (with_times)
        snprintf(times, sizeof times, " (%.4g to %.4g s)", number_at(goal, "from_s"),
                 number_at(goal, "to_s"));
    if (json_is_true(json_object_get(goal, "met"))) {
        int used = snprintf(text, sizeof text,
                            "%s%s: met. Entered %s after %.4g s, held for %.4g %% of the time since",
                            text_at(goal, "name"), times, band, number_at(goal, "entered_after_s"),
                            100 * number_at(goal, "held"));
        if (number_at(goal, "excursion") > 0)
            snprintf(text + used, sizeof text - (size_t)used, "; farthest out at %.4g s, by %.3g%s",
                     number_at(goal, "excursion_s"), number_at(goal, "excursion"),
                     json_object_get(json_object_get(goal, "band"), "low") != NULL ? ""
                                                                                   : " times its bounds");
    } else {
        const char *unreachable = json_string_value(json_object_get(goal, "unreachable"));
        snprintf(text, sizeof text, "%s%s: NOT MET. %s%s%s", text_at(goal, "name"), times,
                 text_at(goal, "why"), unreachable != NULL ? " It was known before the run. " : "",
                 unreachable != NULL ? unreachable : "");
    }
    row(to, label, text);
}

static void row_agents(FILE *to, const json_t *agents, const json_t *goal, row_printer *row) {
    char text[400];
    const json_t *acting = json_object_get(agents, "acting"), *count;
    const char *name;
    snprintf(text, sizeof text,
             "%.4g units spent by each, %.4g of %.4g left on average, %.3g at least; could not pay %s",
             number_at(agents, "energy_spent_each"), number_at(agents, "energy_mean"),
             number_at(agents, "energy_capacity"), number_at(agents, "energy_least"),
             text_counted(count_at(agents, "denied"), "time").text);
    row(to, "Energy", text);
    int used = 0;
    json_object_foreach((json_t *)acting, name, count) used +=
        snprintf(text + used, sizeof text - (size_t)used, "%s%s %s", used > 0 ? ", " : "",
                 text_count((uint64_t)json_integer_value(count)).text, name);
    if (used == 0)
        used = snprintf(text, sizeof text, "nobody acts");
    if (count_at(agents, "switches") > 0)
        used += snprintf(text + used, sizeof text - (size_t)used, "; %s of strategy",
                         text_counted(count_at(agents, "switches"), "change").text);
    if (count_at(agents, "pulses") > 0)
        snprintf(text + used, sizeof text - (size_t)used, "; %s fired",
                 text_counted(count_at(agents, "pulses"), "pulse").text);
    row(to, "Strategies", text);
    snprintf(text, sizeof text, "agents think that r = %.4f, off by %.4f (r.m.s.)",
             number_at(agents, "belief"), number_at(agents, "belief_error"));
    if (json_is_number(json_object_get(goal, "jitter")))
        snprintf(text + strlen(text), sizeof text - strlen(text), "; periods differ by %.2g %%",
                 100 * number_at(goal, "jitter"));
    row(to, "Belief", text);
}

// "1,727" from a hundred on, three digits below.
static number_text text_amount(double amount) {
    number_text words = text_count(amount > 0 ? (uint64_t)(amount + 0.5) : 0);
    if (amount < 100)
        snprintf(words.text, sizeof words.text, "%.3g", amount);
    return words;
}

static void rows_work(FILE *to, const json_t *work, row_printer *row) {
    char text[600];
    snprintf(text, sizeof text, "%s (%s) = %s delivered + %s queued + %s shed",
             text_counted(count_at(work, "generated"), "request").text, text_at(work, "pattern"),
             text_count(count_at(work, "delivered")).text, text_count(count_at(work, "queued")).text,
             text_count(count_at(work, "shed")).text);
    row(to, "Requests", text);
    snprintf(text, sizeof text,
             "%s at a cost of %s; %s requests each (95 %%: up to %s, most %s); %s failed, %s timed out, "
             "%s over the limit",
             text_counted(count_at(work, "calls"), "call").text, text_amount(number_at(work, "cost")).text,
             text_amount(number_at(work, "batch_mean")).text, text_amount(number_at(work, "batch_p95")).text,
             text_amount(number_at(work, "batch_max")).text, text_count(count_at(work, "calls_failed")).text,
             text_count(count_at(work, "calls_timed_out")).text,
             text_count(count_at(work, "calls_limited")).text);
    row(to, "Calls", text);
    if (json_is_number(json_object_get(work, "wait_p50_s"))) {
        snprintf(text, sizeof text, "%.3g s for half of them, 95 %%: up to %.3g s, 99 %%: up to %.3g s",
                 number_at(work, "wait_p50_s"), number_at(work, "wait_p95_s"), number_at(work, "wait_p99_s"));
        row(to, "Waiting", text);
    }
    if (count_at(work, "breaker_opened") > 0) {
        snprintf(text, sizeof text, "opened %s, %s now; open for %.3g %% of the time",
                 text_counted(count_at(work, "breaker_opened"), "time").text, text_at(work, "breaker"),
                 100 * number_at(work, "breaker_open_share"));
        row(to, "Breaker", text);
    }
}

void goal_report_rows(FILE *to, const json_t *summary, row_printer *row) {
    const json_t *goal = json_object_get(summary, "goal");
    if (!json_is_object(goal))
        return;
    const json_t *earlier = json_object_get(goal, "earlier");
    for (size_t c = 0; c < json_array_size(earlier); c++)
        row_goal(to, c == 0 ? "Goals" : "", json_array_get(earlier, c), true, row);
    row_goal(to, json_array_size(earlier) > 0 ? "" : "Goal", goal, json_array_size(earlier) > 0, row);
}

void goal_report_further_rows(FILE *to, const json_t *summary, row_printer *row) {
    const json_t *goal = json_object_get(summary, "goal"), *agents = json_object_get(summary, "agents"),
                 *work = json_object_get(summary, "workload");
    if (!json_is_object(goal))
        return;
    row_agents(to, agents, goal, row);
    if (json_is_object(work))
        rows_work(to, work, row);
}
