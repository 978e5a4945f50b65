// Each function tells one thing, or nothing where the summary does not know of it.
#include "sims/explain.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/control_run.h"
#include "sims/say.h"

enum { SENTENCE_BYTES = 600 };

static double number_at(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static uint64_t count_at(const json_t *object, const char *key) {
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void tell(json_t *story, const char *sentence) {
    if (*sentence != '\0')
        json_array_append_new(story, json_string(sentence));
}

// "1,234" from a hundred on, three digits below.
static number_text text_amount(double amount) {
    number_text words = text_count(amount > 0 ? (uint64_t)(amount + 0.5) : 0);
    if (isnan(amount))
        snprintf(words.text, sizeof words.text, "an unknown number of");
    else if (amount < 100)
        snprintf(words.text, sizeof words.text, "%.3g", amount);
    return words;
}

// --- What it was after, and whether it got there

// "a coherence of 0.85 to 1"
static void band_words(const json_t *goal, char *text_out, size_t size) {
    const json_t *band = json_object_get(goal, "band");
    if (!isnan(number_at(band, "low")))
        snprintf(text_out, size, "a coherence of %g to %g", number_at(band, "low"), number_at(band, "high"));
    else if (!isnan(number_at(band, "gap_gini")))
        snprintf(text_out, size, "gaps as even as a Gini coefficient of %g", number_at(band, "gap_gini"));
    else
        snprintf(text_out, size, "r_1 to r_8 up to %g, and the peak of load up to %g of the mean",
                 number_at(band, "moments"), number_at(band, "peak_load"));
}

static void tell_swarm(json_t *story, const json_t *summary) {
    char text[SENTENCE_BYTES];
    const json_t *goal = json_object_get(summary, "goal"), *topology = json_object_get(summary, "topology");
    const uint64_t size = count_at(summary, "actors"), most = count_at(topology, "in_degree_max");
    char hears[80] = "each hearing all others";
    if (strcmp(text_at(topology, "kind"), "complete") != 0)
        snprintf(hears, sizeof hears, "each hearing %" PRIu64 " other%s at most", most, most == 1 ? "" : "s");
    char band[120];
    band_words(goal, band, sizeof band);
    const bool own = strcmp(text_at(goal, "name"), "coherence") == 0; // the band says it all
    if (json_is_object(goal))
        snprintf(text, sizeof text, "%s, %s, %s after %s%s%s.", text_counted(size, "agent").text, hears,
                 json_array_size(json_object_get(goal, "earlier")) > 0 ? "were in the end" : "were",
                 own ? "" : text_at(goal, "name"), own ? "" : ": ", band);
    else
        snprintf(text, sizeof text, "%s, %s, ran for %s of simulated time and came to a coherence of %.3f.",
                 text_counted(size, "actor").text, hears, text_duration(number_at(summary, "time_s")).text,
                 number_at(json_object_get(summary, "final"), "coherence"));
    tell(story, text);
}

static void tell_goal(json_t *story, const json_t *summary) {
    char text[SENTENCE_BYTES];
    const json_t *goal = json_object_get(summary, "goal");
    if (!json_is_object(goal))
        return;
    const double entered = number_at(goal, "entered_s"), held = number_at(goal, "held");
    const double excursion = number_at(goal, "excursion");
    const bool met = json_is_true(json_object_get(goal, "met"));
    const char *unreachable = text_at(goal, "unreachable");
    if (isnan(entered)) {
        snprintf(text, sizeof text, "They never got there: %s",
                 *unreachable != '\0' ? unreachable : text_at(goal, "why"));
        const size_t end = strlen(text);
        if (text[end - 1] != '.' && end + 1 < sizeof text)
            memcpy(text + end, ".", 2);
        tell(story, text);
        return;
    }
    int used =
        snprintf(text, sizeof text, "They were there at t = %.3g s and held it for %.4g %% of the time since",
                 entered, 100 * held);
    if (excursion > 0)
        used += snprintf(text + used, sizeof text - (size_t)used,
                         "; at worst they were %.2g%s out of it, at t = %.4g s", excursion,
                         isnan(number_at(json_object_get(goal, "band"), "low")) ? " times its bounds" : "",
                         number_at(goal, "excursion_s"));
    snprintf(text + used, sizeof text - (size_t)used, "%s",
             met ? "." : ": not the 95 % that make a goal met.");
    tell(story, text);
}

// --- What it cost

static void tell_cost(json_t *story, const json_t *summary) {
    char text[SENTENCE_BYTES];
    const json_t *agents = json_object_get(summary, "agents");
    const double spent = number_at(agents, "energy_spent_each"), left = number_at(agents, "energy_mean");
    const uint64_t pulses = count_at(agents, "pulses");
    if (!json_is_object(agents))
        return;
    snprintf(text, sizeof text,
             "Each spent %s units of energy on it on average and has %s of %s left; %s observations were "
             "published "
             "to neighbours%s%s%s.",
             text_amount(spent).text, text_amount(left).text,
             text_amount(number_at(agents, "energy_capacity")).text,
             text_count(count_at(summary, "observations")).text, pulses > 0 ? ", and agents pulsed " : "",
             pulses > 0 ? text_count(pulses).text : "", pulses > 0 ? " times" : "");
    tell(story, text);
}

// --- What happened to it

static bool is_back(const json_t *recovery) { return json_is_true(json_object_get(recovery, "recovered")); }

// The words of a recovery are those of the summary: "r fell from 0.98 to 0.31, back in the band after 2.3 s".
static void tell_event(json_t *story, const json_t *event) {
    char text[SENTENCE_BYTES];
    snprintf(text, sizeof text, "At t = %.6g s (%s) %s.", number_at(event, "at"), text_at(event, "what"),
             text_at(json_object_get(event, "recovery"), "in_words"));
    tell(story, text);
}

static void tell_events(json_t *story, const json_t *summary) {
    enum { EACH_MAX = 3 };
    const json_t *events = json_object_get(summary, "events"), *worst = NULL, *last = NULL;
    size_t index, disruptions = 0, back = 0;
    double longest = 0;
    json_t *event;
    json_array_foreach((json_t *)events, index, event) { // the cast only for jansson's reference count
        const json_t *recovery = json_object_get(event, "recovery");
        if (!json_is_object(recovery))
            continue;
        disruptions++;
        last = event;
        back += is_back(recovery);
        const double took = is_back(recovery) ? number_at(recovery, "recovered_after_s") : INFINITY;
        if (worst == NULL || took > longest) {
            worst = event; // the longest way back
            longest = took;
        }
    }
    if (disruptions > EACH_MAX) {
        char text[SENTENCE_BYTES];
        snprintf(text, sizeof text,
                 "It was disrupted %zu times and came back %s; this was the worst, and the last.",
                 disruptions, back == disruptions ? "from all of it" : "from some of it");
        if (back < disruptions)
            snprintf(text, sizeof text,
                     "It was disrupted %zu times and came back %zu times before the next one; this was the "
                     "worst, and the last.",
                     disruptions, back);
        tell(story, text);
        tell_event(story, worst);
        if (last != worst)
            tell_event(story, last);
        return;
    }
    json_array_foreach((json_t *)events, index, event) if (json_is_object(json_object_get(event, "recovery")))
        tell_event(story, event);
}

// What changed the course, and what has no measure: told by the first and the last.
static void tell_course(json_t *story, const json_t *summary) {
    const json_t *events = json_object_get(summary, "events"), *first = NULL, *last = NULL;
    char text[SENTENCE_BYTES];
    size_t index, count = 0;
    json_t *event;
    json_array_foreach((json_t *)events, index, event) {
        if (json_is_object(json_object_get(event, "recovery")))
            continue;
        count++;
        first = first == NULL ? event : first;
        last = event;
    }
    if (count == 1)
        snprintf(text, sizeof text, "On the way, at t = %.6g s: %s.", number_at(first, "at"),
                 text_at(first, "what"));
    else if (count > 1)
        snprintf(text, sizeof text,
                 "On the way there were %zu events, from t = %.6g s (%.120s) to t = %.6g s (%.120s).", count,
                 number_at(first, "at"), text_at(first, "what"), number_at(last, "at"),
                 text_at(last, "what"));
    if (count > 0)
        tell(story, text);
}

static void tell_earlier(json_t *story, const json_t *summary) {
    const json_t *earlier = json_object_get(json_object_get(summary, "goal"), "earlier");
    char text[SENTENCE_BYTES];
    const size_t count = json_array_size(earlier);
    size_t index, met = 0;
    json_t *course;
    json_array_foreach((json_t *)earlier, index, course) met += json_is_true(json_object_get(course, "met"));
    if (count == 1)
        snprintf(text, sizeof text, "Before that they were after %s: %s.",
                 text_at(json_array_get(earlier, 0), "name"), met == 1 ? "met" : "not met");
    else if (count > 1)
        snprintf(text, sizeof text, "Before that they had %zu goals, from %s on, and %zu of them were met.",
                 count, text_at(json_array_get(earlier, 0), "name"), met);
    if (count > 0)
        tell(story, text);
}

// --- What they thought of it, and what it was worth

static void tell_belief(json_t *story, const json_t *summary) {
    char text[SENTENCE_BYTES];
    const json_t *agents = json_object_get(summary, "agents");
    const double belief = number_at(agents, "belief"), error = number_at(agents, "belief_error");
    if (isnan(belief))
        return;
    snprintf(text, sizeof text,
             "Nobody was told how coherent the swarm is: at the end they believed %.3f on average, each off "
             "by %.3f, "
             "and it was %.3f.",
             belief, error, number_at(json_object_get(summary, "final"), "coherence"));
    tell(story, text);
}

static void tell_requests(json_t *story, const json_t *summary) {
    char text[SENTENCE_BYTES];
    const json_t *workload = json_object_get(summary, "workload");
    if (!json_is_object(workload))
        return;
    const uint64_t shed = count_at(workload, "shed");
    snprintf(text, sizeof text, "Of %s requests %s were delivered and %s are on their way; %s%s.",
             text_count(count_at(workload, "generated")).text,
             text_count(count_at(workload, "delivered")).text, text_count(count_at(workload, "queued")).text,
             shed > 0 ? text_count(shed).text : "none", shed > 0 ? " were shed" : " was lost");
    tell(story, text);
}

static void tell_worth(json_t *story, const json_t *summary) {
    char text[SENTENCE_BYTES];
    control_sentence(summary, text, sizeof text);
    tell(story, text);
}

json_t *explain_json(const json_t *summary) {
    json_t *story = json_array();
    if (story == NULL)
        abort();
    tell_swarm(story, summary);
    tell_goal(story, summary);
    tell_earlier(story, summary);
    tell_cost(story, summary);
    tell_course(story, summary);
    tell_events(story, summary);
    tell_belief(story, summary);
    tell_requests(story, summary);
    tell_worth(story, summary);
    return story;
}

void explain_print(FILE *to, const json_t *summary) {
    json_t *story = explain_json(summary), *sentence;
    size_t index;
    char *text = NULL;
    size_t size = 0;
    FILE *all = open_memstream(&text, &size);
    if (all == NULL)
        abort();
    json_array_foreach(story, index, sentence)
        fprintf(all, "%s%s", index > 0 ? " " : "", json_string_value(sentence));
    fclose(all);
    fputs("\n  ", to);
    print_wrapped(to, 2, 2, text);
    free(text);
    json_decref(story);
}
