// The summary in plain words. It is printed from the two JSON documents, so `run` and `show` say the same.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "sims/comparison.h"
#include "sims/goal_report.h"
#include "sims/control_run.h"
#include "sims/run_directory.h"
#include "sims/say.h"
#include "sims/summary.h"
#include "sims/summary_phases.h"

enum { LABEL_WIDTH = 13 };

static uint64_t count_at(const json_t *object, const char *key) {
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static double number_at(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "?";
}

// Runs of before there was a choice do not say it.
static const char *execution_of(const json_t *object) {
    const char *execution = text_at(object, "execution");
    return *execution != '?' ? execution : "lockstep";
}

static void row(FILE *to, const char *label, const char *text) {
    fprintf(to, "  %-*s", LABEL_WIDTH, label);
    print_wrapped(to, 2 + LABEL_WIDTH, 2 + LABEL_WIDTH, text);
}

static void row_ended(FILE *to, const json_t *summary) {
    char text[200];
    const char *ended = text_at(summary, "ended");
    uint64_t ticks = count_at(summary, "ticks"), planned = count_at(summary, "ticks_planned");
    const char *how = strcmp(ended, "duration") == 0         ? "after its whole duration"
                      : strcmp(ended, "stop condition") == 0 ? "by its stop condition"
                      : strcmp(ended, "timeout") == 0        ? "by --timeout, unfinished"
                      : strcmp(ended, "interrupted") == 0    ? "interrupted, unfinished"
                                                             : "by a failure, unfinished";
    if (ticks == planned)
        snprintf(text, sizeof text, "%s: t = %.6g s, %s", how, number_at(summary, "time_s"),
                 text_counted(ticks, "tick").text);
    else
        snprintf(text, sizeof text, "%s: t = %.6g s, %s of %s", how, number_at(summary, "time_s"),
                 text_count(ticks).text, text_counted(planned, "tick").text);
    row(to, "Ended", text);
}

// A line for each of the first few events; one for the others, and for those that the run did not come to.
static void rows_events(FILE *to, const json_t *summary) {
    enum { SHOWN = 6 };
    const json_t *events = json_object_get(summary, "events");
    const uint64_t planned = count_at(summary, "events_planned");
    const size_t count = json_array_size(events);
    char text[700];
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        const json_t *event = json_array_get(events, i), *recovery = json_object_get(event, "recovery");
        snprintf(text, sizeof text, "t = %.6g s%s: %s%s%s", number_at(event, "at"),
                 json_object_get(event, "by") != NULL ? " (on_sample)" : "", text_at(event, "what"),
                 recovery != NULL ? ": " : "", recovery != NULL ? text_at(recovery, "in_words") : "");
        row(to, i == 0 ? "Events" : "", text);
    }
    if (count > SHOWN) {
        snprintf(text, sizeof text, "and %zu more (summary.json)", count - SHOWN);
        row(to, "", text);
    }
    if (count_at(summary, "events_unlisted") > 0) {
        snprintf(text, sizeof text, "and %s of on_sample that is not listed",
                 text_counted(count_at(summary, "events_unlisted"), "event").text);
        row(to, "", text);
    }
    if (count < planned) {
        snprintf(text, sizeof text, "%" PRIu64 " of %" PRIu64 " did not come to pass", planned - count,
                 planned);
        row(to, count == 0 ? "Events" : "", text);
    }
}

// Several disruptions in one line: how many the swarm got over, how long that took at most, what it lost.
static void row_recoveries(FILE *to, const json_t *summary) {
    const json_t *events = json_object_get(summary, "events");
    size_t all = 0, back = 0;
    double slowest = 0, lost = 0, lost_evenness = 0; // two quantities, which have no sum
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *recovery = json_object_get(json_array_get(events, i), "recovery");
        all += recovery != NULL;
        back += json_is_true(json_object_get(recovery, "recovered"));
        slowest = fmax(slowest, number_at(recovery, "recovered_after_s"));
        *(strcmp(text_at(recovery, "quantity"), "unevenness") == 0 ? &lost_evenness : &lost) +=
            number_at(recovery, "lost_s");
    }
    if (all < 2)
        return;
    char text[200];
    int used = snprintf(text, sizeof text, "from %zu of %zu disruptions", back, all);
    if (slowest > 0)
        used += snprintf(text + used, sizeof text - (size_t)used, ", the slowest after %.4g s", slowest);
    else if (back == all) // nothing was lost either
        used += snprintf(text + used, sizeof text - (size_t)used, ": none left a mark");
    if (lost > 0)
        used += snprintf(text + used, sizeof text - (size_t)used, "; lost %.4g r s in all", lost);
    if (lost_evenness > 0)
        snprintf(text + used, sizeof text - (size_t)used, "%s %.4g s of unevenness%s",
                 lost > 0 ? ", and" : "; lost", lost_evenness, lost > 0 ? "" : " in all");
    row(to, "Recovered", text);
}

static void rows_result(FILE *to, const json_t *summary) {
    char text[200];
    const json_t *start = json_object_get(summary, "start"), *final = json_object_get(summary, "final");
    const json_t *topology = json_object_get(summary, "topology");
    if (json_object_get(summary, "goal") != NULL) { // who has a goal is judged by it
        goal_report_rows(to, summary, row);
    } else {
        outcome_sentence(summary, text, sizeof text);
        row(to, "Outcome", text);
    }
    row_ended(to, summary);
    rows_events(to, summary);
    row_recoveries(to, summary);
    snprintf(text, sizeof text, "r = %.4f (at the start %.4f), among neighbours %.4f",
             number_at(final, "coherence"), number_at(start, "coherence"),
             number_at(final, "local_coherence"));
    row(to, "Coherence", text);
    const json_t *theory = json_object_get(summary, "theory");
    if (json_is_object(theory)) {
        char sentence[600];
        comparison_sentence(theory, sentence, sizeof sentence);
        row(to, "Theory", sentence);
    }
    snprintf(text, sizeof text, "%s of %s actors within 45 degrees of the mean phase",
             text_count(count_at(summary, "together")).text, text_count(count_at(summary, "living")).text);
    row(to, "Together", text);
    double mean = number_at(final, "frequency_mean"), spread = number_at(final, "frequency_spread");
    snprintf(text, sizeof text, "mean %.4g rad/s, spread %.4g rad/s (%s: %.4g)",
             fabs(mean) > 1e-6 * spread ? mean : 0, // beside so much spread it is rounding
             spread, strcmp(text_at(summary, "model"), "swing") == 0 ? "at the start" : "natural",
             number_at(start, "frequency_spread"));
    row(to, "Frequencies", text);

    summary_phases_rows(to, summary, row);
    goal_report_further_rows(to, summary, row);

    uint64_t arcs = count_at(topology, "arcs");
    const char *kind = text_at(topology, "kind");
    int used =
        snprintf(text, sizeof text, "%s actors, %s", text_count(count_at(summary, "actors")).text, kind);
    if (arcs > 0)
        snprintf(text + used, sizeof text - (size_t)used, ": %s arcs, at most %s into one actor",
                 text_count(arcs).text, text_count(count_at(topology, "in_degree_max")).text);
    row(to, "Swarm", text);
}

static void row_messages(FILE *to, const json_t *summary, const json_t *execution) {
    static const char *const fates[] = {"received", "queued",    "shed",         "conflated",
                                        "lost",     "cancelled", "undeliverable"};
    const json_t *messages = json_object_get(execution, "messages");
    char text[400];
    uint64_t sent = count_at(messages, "sent");
    if (sent == 0 && strcmp(text_at(execution, "transport"), "mailbox") == 0) {
        row(to, "Messages", "none yet");
        return;
    }
    if (sent == 0) {
        snprintf(text, sizeof text, "none; %s observations read in place (publish)",
                 text_count(count_at(summary, "observations")).text);
        row(to, "Messages", text);
        return;
    }
    int used = snprintf(text, sizeof text, "%s sent", text_count(sent).text);
    for (size_t i = 0; i < sizeof fates / sizeof *fates; i++) {
        uint64_t count = count_at(messages, fates[i]);
        if (count == 0 && i > 0)
            continue;
        used += snprintf(text + used, sizeof text - (size_t)used, " %s %s %s", i == 0 ? "=" : "+",
                         text_count(count).text, fates[i]);
    }
    json_int_t residual = json_integer_value(json_object_get(messages, "residual"));
    if (residual != 0)
        snprintf(text + used, sizeof text - (size_t)used, "; %lld UNACCOUNTED FOR", (long long)residual);
    row(to, "Messages", text);
}

// What a tick costs, and where there is none, a message.
static void row_speed(FILE *to, const json_t *execution) {
    char text[200];
    uint64_t received = count_at(json_object_get(execution, "messages"), "received");
    double ns = number_at(execution, "ns_per_actor_tick");
    bool virtual_time = strcmp(execution_of(execution), "virtual-time") == 0;
    if (virtual_time)
        ns = received > 0 ? number_at(execution, "advance_s") * 1e9 / (double)received : 0;
    number_text each = text_count((uint64_t)ns);
    if (ns < 1000)
        snprintf(each.text, sizeof each.text, "%.3g", ns);
    if (virtual_time)
        snprintf(text, sizeof text, "%s ns per message handled; %s in all", each.text,
                 text_duration(number_at(execution, "wall_s")).text);
    else
        snprintf(text, sizeof text, "%s ticks/s, %s ns per actor and tick; %s in all",
                 text_count((uint64_t)number_at(execution, "ticks_per_s")).text, each.text,
                 text_duration(number_at(execution, "wall_s")).text);
    row(to, "Speed", text);
}

static void row_memory(FILE *to, const json_t *memory, double resident, uint64_t actors) {
    static const char *const parts[] = {"state",    "contexts", "publications", "mailboxes",
                                        "topology", "messages", "table"};
    char text[400];
    double each = actors > 0 ? 1.0 / (double)actors : 0;
    int used =
        snprintf(text, sizeof text, "%s, %.0f bytes per actor:", text_bytes(number_at(memory, "total")).text,
                 number_at(memory, "total") * each);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        double bytes = number_at(memory, parts[i]) * each;
        if (bytes >= 0.5)
            used += snprintf(text + used, sizeof text - (size_t)used, " %s %.0f,", parts[i], bytes);
    }
    text[--used] = '\0'; // the last comma
    if (resident > 0)
        snprintf(text + used, sizeof text - (size_t)used, "; the whole process at most %s",
                 text_bytes(resident).text);
    row(to, "Memory", text);
}

static void rows_execution(FILE *to, const json_t *summary, const json_t *execution) {
    char text[400];
    row_messages(to, summary, execution);
    row_speed(to, execution);
    uint64_t workers = count_at(execution, "workers");
    const char *layout = text_at(execution, "layout"), *asked = text_at(execution, "layout_asked");
    const char *policy = text_at(execution, "policy");
    bool virtual_time = strcmp(execution_of(execution), "virtual-time") == 0;
    bool barrier = strcmp(policy, "dataflow") == 0 && json_is_true(json_object_get(execution, "barrier"));
    snprintf(
        text, sizeof text, "%" PRIu64 " worker%s%s, policy %s%s, %s%s, %s, layout %s%s%s%s", workers,
        workers == 1 ? "" : "s", json_is_true(json_object_get(execution, "pinned")) ? " pinned to cpus" : "",
        policy, barrier ? " (with a barrier: on a complete graph everybody hears everybody)" : "",
        virtual_time ? "in virtual time" : "transport ", virtual_time ? "" : text_at(execution, "transport"),
        text_at(execution, "simd"), layout, strcmp(layout, asked) != 0 ? " (" : "",
        strcmp(layout, asked) != 0 ? asked : "", strcmp(layout, asked) != 0 ? ")" : "");
    row(to, "Carried out", text);
    row_memory(to, json_object_get(execution, "memory_bytes"), number_at(execution, "resident_bytes_max"),
               count_at(summary, "actors"));
}

static void row_files(FILE *to, const char *directory, const char *label, const char *const *names) {
    char text[200] = "";
    size_t used = 0;
    for (; *names != NULL; names++)
        if (run_directory_has(directory, *names))
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used > 0 ? " " : "", *names);
    if (used > 0)
        row(to, label, text);
}

void summary_print(FILE *to, const json_t *summary, const json_t *execution, const char *directory) {
    static const char *const data[] = {
        "series.csv", "phases.csv", "summary.json", "manifest.json", "execution.json", "timing.csv", NULL};
    static const char *const pictures[] = {"coherence.png",   "coherence.svg",   "phases.png", "phases.svg",
                                           "frequencies.png", "frequencies.svg", NULL};
    bool bold = say_may_color(to);
    fprintf(to, "%s%s%s\n\n", bold ? "\033[1m" : "", text_at(summary, "title"), bold ? "\033[0m" : "");
    rows_result(to, summary);
    control_rows(to, summary, row);
    fputc('\n', to);
    if (execution != NULL) {
        rows_execution(to, summary, execution);
        fputc('\n', to);
    }
    char text[120];
    const json_t *seed = json_object_get(summary, "seed");
    row(to, "Fingerprint", text_at(summary, "fingerprint"));
    if (json_is_string(seed))
        snprintf(text, sizeof text, "deterministic: true (%s); seed %s", execution_of(summary),
                 json_string_value(seed));
    else
        snprintf(text, sizeof text, "deterministic: true (%s); seed %" PRIu64, execution_of(summary),
                 count_at(summary, "seed"));
    row(to, "Repeatable", text);
    if (directory != NULL) {
        fputc('\n', to);
        row(to, "Directory", directory);
        row_files(to, directory, "Data", data);
        row_files(to, directory, "Pictures", pictures);
    }
}
