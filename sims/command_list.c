// entrain list: what there is to choose from, read from the library's own registries, so that nothing can be
// listed that does not exist or exist without being listed.
#include <string.h>

#include "entrain/reference.h"
#include "entrain/swarm.h"
#include "sims/events.h"
#include "sims/options.h"
#include "sims/run_once.h"
#include "sims/say.h"
#include "sims/scenario.h"
#include "sims/words.h"

typedef struct list_entry {
    const char *name; // NULL: past the end
    const char *summary;
    const char *type, *default_text; // keys only
    wording applies;                 // keys only
    // [parameter_count] of what a plug-in brought, or of a workload
    const entrain_parameter *parameters;
    const double *normal; // [parameter_count] of a workload: what benchmarks take
    uint32_t parameter_count;
} list_entry;

static list_entry topology_at(uint32_t index) {
    entrain_topology_kind kind = (entrain_topology_kind)index;
    if (index >= ENTRAIN_TOPOLOGY_KIND_COUNT) {
        const entrain_topology_generator *own =
            entrain_topology_generator_at(index - ENTRAIN_TOPOLOGY_KIND_COUNT);
        return own == NULL ? (list_entry){0}
                           : (list_entry){.name = own->name,
                                          .summary = own->summary,
                                          .parameters = own->parameters,
                                          .parameter_count = own->parameter_count};
    }
    return (list_entry){.name = entrain_topology_kind_name(kind),
                        .summary = entrain_topology_kind_summary(kind)};
}

static list_entry model_at(uint32_t index) {
    // In the order of the schema's words for model.kind, of which each has a line here.
    static const list_entry ours[] = {
        {.name = "kuramoto",
         .summary =
             "theta_i' = omega_i + (gain_i K / n) sum_j w_ij sin(theta_j - theta_i - lag) + sqrt(2 noise) "
             "xi_i: each is "
             "pulled by the sine of the phase differences to those it hears (Kuramoto; Sakaguchi). Further "
             "harmonics, groups with a matrix of couplings and lags: model.second, model.groups"},
        {.name = "swing",
         .summary =
             "inertia_i theta_i'' + damping_i theta_i' = power_i + (gain_i K / n) sum_j w_ij sin(theta_j - "
             "theta_i - lag) + sqrt(2 noise) xi_i: the same with inertia, as generators and consumers of a "
             "power grid "
             "(Filatrella, Nielsen and Pedersen 2008); n = 1 unless model.normalise says otherwise"},
        {.name = "pulse",
         .summary =
             "phi_i' = omega_i / 2 pi; at phi_i = 1 it fires and begins anew, and its pulse lifts the charge "
             "f(phi_j) = ln(1 + (e^b - 1) phi_j) / b of each hearer by epsilon (Mirollo and Strogatz 1990); "
             "in "
             "virtual time"},
        {.name = "desync",
         .summary = "each fires once in a period and moves its next firing by alpha towards the middle "
                    "between those "
                    "before and after it (DESYNC: Degesys, Rose, Patel and Nagpal 2007); in virtual time"},
        {.name = "agent",
         .summary =
             "theta_i' = omega_i + v_i + nudges: agents that pursue a goal by what their neighbours tell "
             "them, as far as their energy goes, and produce requests (entrain list goals, strategies, "
             "requests)"},
    };
    enum { OUR_COUNT = sizeof ours / sizeof *ours };
    if (index < OUR_COUNT)
        return ours[index];
    const entrain_phase_model *own = entrain_phase_model_at(index - OUR_COUNT);
    return own == NULL ? (list_entry){0}
                       : (list_entry){.name = own->name,
                                      .summary = own->summary,
                                      .parameters = own->parameters,
                                      .parameter_count = own->parameter_count};
}

// The words of a table `sweep`, and what --set of `entrain sweep` takes.
static list_entry sweep_at(uint32_t index) {
    static const list_entry words[] = {
        {.name = "[\"swarm.size\"]",
         .summary = "any key of `entrain list keys`: a list of its values, range(0, 4, 0.25), or "
                    "logrange(100, 1e6, 9), "
                    "evenly in the logarithm; several keys: every combination"},
        {.name = "axes",
         .summary = "the order of the keys, { \"swarm.size\", \"model.coupling\" }, the one that varies "
                    "slowest first; default alphabetical (JSON: as written)"},
        {.name = "zip",
         .summary = "groups of keys that go together, value by value: { { \"swarm.size\", "
                    "\"time.duration\" } }"},
        {.name = "where", .summary = "which combinations to keep: \"size * coupling <= 20000\""},
        {.name = "replicas", .summary = "runs of each point; default 1 (--replicas)"},
        {.name = "seeds",
         .summary = "\"common\": replica k has seed + k - 1 at every point, so that differences between "
                    "points are no differences of draws; \"own\": each run has one of its own"},
        {.name = "order",
         .summary = "\"balanced\": all points once before any a second time, the dear ones first; "
                    "\"given\"; \"up\", \"down\", \"up,down\": a ladder, which climbs a key within one "
                    "swarm, \"model.coupling: up,down\" (--order)"},
        {.name = "find",
         .summary = "where a condition changes, by bisection, at each point of the others: { "
                    "\"model.coupling\", where = \"coherence > 0.5\", between = { 0, 4 }, tolerance = 0.01, "
                    "log = false } (--find)"},
    };
    return index < sizeof words / sizeof *words ? words[index] : (list_entry){0};
}

static list_entry result_at(uint32_t index) {
    const result_column column = result_column_at(index);
    return (list_entry){.name = column.name, .summary = column.summary};
}

static list_entry policy_at(uint32_t index) {
    const entrain_policy *policy = entrain_policy_at(index);
    return policy != NULL ? (list_entry){.name = policy->name, .summary = policy->summary} : (list_entry){0};
}

static list_entry distribution_at(uint32_t index) {
    entrain_distribution_kind kind = (entrain_distribution_kind)index;
    return (list_entry){.name = entrain_distribution_name(kind),
                        .summary = entrain_distribution_summary(kind)};
}

// For names that the library has no sentence for.
#define SUMMARIES(count, ...)                                                                                \
    static const char *const summaries[] = {__VA_ARGS__};                                                    \
    _Static_assert(sizeof summaries / sizeof *summaries == (count), "one line each")

static list_entry transport_at(uint32_t index) {
    SUMMARIES(ENTRAIN_TRANSPORT_COUNT,
              "every observation is a message through the hearer's own bounded mailbox",
              "hearers read what speakers published, in place: same bits, less memory and time");
    if (index >= ENTRAIN_TRANSPORT_COUNT)
        return (list_entry){0};
    return (list_entry){.name = entrain_transport_name((entrain_transport)index),
                        .summary = summaries[index]};
}

static list_entry sampling_at(uint32_t index) {
    SUMMARIES(ENTRAIN_SAMPLING_COUNT, "each actor draws its own value",
              "actor j of N gets the quantile (j - 1/2) / N: the same values for every seed");
    if (index >= ENTRAIN_SAMPLING_COUNT)
        return (list_entry){0};
    return (list_entry){.name = entrain_sampling_name((entrain_sampling)index), .summary = summaries[index]};
}

static list_entry integrator_at(uint32_t index) {
    SUMMARIES(ENTRAIN_INTEGRATOR_COUNT,
              "order 1, one exchange of observations a tick; with noise Euler-Maruyama",
              "order 2, two exchanges a tick; with noise stochastic Heun, and the default then",
              "order 4, four exchanges a tick; not with noise");
    if (index >= ENTRAIN_INTEGRATOR_COUNT)
        return (list_entry){0};
    return (list_entry){.name = entrain_integrator_name((entrain_integrator)index),
                        .summary = summaries[index]};
}

static list_entry normalise_at(uint32_t index) {
    SUMMARIES(ENTRAIN_NORMALISE_COUNT,
              "coupling / swarm size: the theory's convention on the complete graph; with groups, of what is "
              "heard of a "
              "group: coupling / that group's size",
              "coupling / how many the actor can hear", "coupling / how many it heard in this exchange",
              "coupling as it is, for each one heard");
    if (index >= ENTRAIN_NORMALISE_COUNT)
        return (list_entry){0};
    return (list_entry){.name = entrain_normalise_name((entrain_normalise)index),
                        .summary = summaries[index]};
}

static list_entry overflow_at(uint32_t index) {
    SUMMARIES(ENTRAIN_OVERFLOW_COUNT, "a message without room is undeliverable, and its sender is told",
              "a message without room is dropped and counted",
              "the oldest in the mailbox is dropped and counted, and the new one takes the room",
              "the new one takes the place of what its sender has in the mailbox; else it is dropped",
              "what has no room waits until there is some, and so does its sender: nothing is lost");
    if (index >= ENTRAIN_OVERFLOW_COUNT)
        return (list_entry){0};
    return (list_entry){.name = entrain_overflow_name((entrain_overflow)index), .summary = summaries[index]};
}

static list_entry simd_at(uint32_t index) {
    if (index > ENTRAIN_SIMD_AVX512)
        return (list_entry){0};
    entrain_simd level = (entrain_simd)index;
    return (list_entry){.name = entrain_simd_name(level),
                        .summary = level == ENTRAIN_SIMD_AUTO      ? "the widest this processor has"
                                   : entrain_simd_available(level) ? "available on this machine"
                                                                   : "not available on this machine"};
}

static list_entry layout_at(uint32_t index) {
    static const char *const summaries[] = {
        "index, or near where neighbours would lie far apart otherwise and near helps",
        "actors lie in the order of their index",
        "neighbours lie near each other (reverse Cuthill-McKee); a second copy of the arcs",
        "in a random order keyed by the seed: bad locality, same bits; for tests",
    };
    _Static_assert(sizeof summaries / sizeof *summaries == ENTRAIN_LAYOUT_COUNT, "a summary per layout");
    if (index >= ENTRAIN_LAYOUT_COUNT)
        return (list_entry){0};
    return (list_entry){.name = entrain_layout_name((entrain_layout)index), .summary = summaries[index]};
}

static list_entry workload_at(uint32_t index) {
    const entrain_reference *workload = entrain_reference_at(index);
    return workload == NULL ? (list_entry){0}
                            : (list_entry){.name = workload->name,
                                           .summary = workload->summary,
                                           .parameters = workload->parameters,
                                           .normal = workload->normal,
                                           .parameter_count = workload->parameter_count};
}

// "0.5 to 0.7" and what it is for, as the library has it; names and facts in one sentence.
static list_entry goal_at(uint32_t index) {
    static char text[400];
    const entrain_goal_facts facts = entrain_goal_look((entrain_goal)index);
    if (facts.name == NULL)
        return (list_entry){0};
    char key[16] = "";
    if (facts.key != '-')
        snprintf(key, sizeof key, "key %c; ", facts.key);
    snprintf(text, sizeof text, "%s%s: %s; strategy %s%s", key, facts.summary, facts.band,
             entrain_strategy_name(facts.strategy),
             facts.spread ? " up to 200 agents, frequency-lock above" : "");
    return (list_entry){.name = facts.name, .summary = text};
}

static list_entry scale_at(uint32_t index) {
    static char text[200];
    const entrain_scale_facts facts = entrain_scale_look((entrain_scale)index);
    if (facts.name == NULL)
        return (list_entry){0};
    snprintf(text, sizeof text, "%s agents; coherence from %g up where there is no goal",
             text_count(facts.size).text, facts.target);
    return (list_entry){.name = facts.name, .summary = text};
}

static list_entry strategy_at(uint32_t index) {
    const entrain_strategy strategy = (entrain_strategy)index;
    return (list_entry){.name = entrain_strategy_name(strategy),
                        .summary = entrain_strategy_summary(strategy)};
}

static list_entry request_at(uint32_t index) {
    static char text[200];
    const entrain_pattern pattern = (entrain_pattern)index;
    if (entrain_pattern_name(pattern) == NULL)
        return (list_entry){0};
    snprintf(text, sizeof text, "%s; %.3g requests per agent and second on average",
             entrain_pattern_summary(pattern), entrain_pattern_rate(pattern));
    return (list_entry){.name = entrain_pattern_name(pattern), .summary = text};
}

static list_entry event_at(uint32_t index) {
    const event_word word = events_word_at(index);
    return (list_entry){.name = word.name, .summary = word.summary, .type = word.form, .default_text = "-"};
}

static list_entry key_at(uint32_t index) {
    scenario_key key = scenario_key_at(index);
    return (list_entry){.name = key.name,
                        .summary = key.summary,
                        .type = key.type,
                        .default_text = key.default_text,
                        .applies = key.applies};
}

static const struct {
    const char *name, *summary;
    list_entry (*at)(uint32_t index);
} topics[] = {
    {"goals", "what a swarm of agents is after: --goal, goal", goal_at},
    {"scales", "how many agents: --scale, scale", scale_at},
    {"strategies", "what an agent does to get there: --strategy, agent.strategy", strategy_at},
    {"requests", "what agents produce: workload.pattern", request_at},
    {"topologies", "who hears whom: swarm.topology.kind", topology_at},
    {"models", "the equation of an oscillator: model.kind", model_at},
    {"policies", "which worker runs what: --policy, exec.policy", policy_at},
    {"transports", "how an observation travels: --transport, exec.transport", transport_at},
    {"distributions", "values for each: model.frequency, phase, gain, power, inertia, damping, velocity",
     distribution_at},
    {"samplings", "how values are taken from a distribution: model.frequency.sampling", sampling_at},
    {"integrators", "how a tick is computed: time.integrator", integrator_at},
    {"normalise", "what the coupling is divided by: model.normalise", normalise_at},
    {"overflow", "what happens when a mailbox is full: exec.overflow", overflow_at},
    {"simd", "vector instruction sets: exec.simd", simd_at},
    {"layouts", "how actors lie in memory: exec.layout", layout_at},
    {"events", "what can happen at a given time: events = { { at = 10, ... } }", event_at},
    {"workloads", "actor programs of entrain bench actors and entrain explore", workload_at},
    {"sweeps", "what a table `sweep` says: sweep = { [\"swarm.size\"] = { 100, 1000 }, replicas = 10 }",
     sweep_at},
    {"results", "what is known of each run of a sweep: columns of results.csv", result_at},
    {"keys", "every key of a scenario, as --set takes it", key_at},
};
enum { TOPIC_COUNT = sizeof topics / sizeof *topics };

// A name and its sentence; for a key its type and default as well.
static void print_entry(int width, list_entry entry) {
    int indent = width + 4;
    printf("  %-*s  ", width, entry.name);
    if (entry.type != NULL) {
        char text[600];
        bool has_default = strcmp(entry.default_text, "-") != 0;
        snprintf(text, sizeof text, "%s%s%s%s%s", entry.type, has_default ? "; default " : "",
                 has_default ? entry.default_text : "", entry.applies.text[0] != '\0' ? "; " : "",
                 entry.applies.text);
        print_wrapped(stdout, indent, indent, text);
        printf("%*s", indent, "");
    }
    print_wrapped(stdout, indent, indent, entry.summary);
    for (uint32_t i = 0; i < entry.parameter_count; i++) {
        const entrain_parameter *one = &entry.parameters[i];
        char text[600];
        int used = snprintf(text, sizeof text, "%.64s.%s: %.300s (%.24s to %.24s; default %.24s",
                            entry.normal != NULL ? entry.name : "parameters", one->name, one->summary,
                            words_number(one->least).text, words_number(one->most).text,
                            words_number(one->value).text);
        if (entry.normal != NULL)
            used += snprintf(text + used, sizeof text - (size_t)used, ", bench actors %.24s",
                             words_number(entry.normal[i]).text);
        snprintf(text + used, sizeof text - (size_t)used, ")");
        printf("%*s", indent, "");
        print_wrapped(stdout, indent, indent + 2, text);
    }
}

static void print_entries(list_entry (*at)(uint32_t)) {
    int width = 0;
    for (uint32_t i = 0; at(i).name != NULL; i++)
        if ((int)strlen(at(i).name) > width)
            width = (int)strlen(at(i).name);
    for (uint32_t i = 0; at(i).name != NULL; i++)
        print_entry(width, at(i));
}

static json_t *parameters_json(list_entry entry) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < entry.parameter_count; i++) {
        const entrain_parameter *one = &entry.parameters[i];
        json_t *json = json_object();
        json_object_set_new(json, "name", json_string(one->name));
        json_object_set_new(json, "summary", json_string(one->summary));
        json_object_set_new(json, "default", json_real(one->value));
        json_object_set_new(json, "least", json_real(one->least));
        json_object_set_new(json, "most", json_real(one->most));
        if (entry.normal != NULL)
            json_object_set_new(json, "normal", json_real(entry.normal[i]));
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *entries_json(list_entry (*at)(uint32_t)) {
    json_t *list = json_array();
    for (uint32_t i = 0; at(i).name != NULL; i++) {
        list_entry entry = at(i);
        json_t *json = json_object();
        json_object_set_new(json, "name", json_string(entry.name));
        json_object_set_new(json, "summary", json_string(entry.summary));
        if (entry.type != NULL)
            json_object_set_new(json, "type", json_string(entry.type));
        if (entry.type != NULL)
            json_object_set_new(json, "default", json_string(entry.default_text));
        if (entry.applies.text[0] != '\0')
            json_object_set_new(json, "applies", json_string(entry.applies.text));
        if (entry.parameters != NULL)
            json_object_set_new(json, "parameters", parameters_json(entry));
        json_array_append_new(list, json);
    }
    return list;
}

static void print_json(json_t *json) {
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_SORT_KEYS); // main() looks whether stdout took it
    putchar('\n');
    json_decref(json);
}

static int list_topics(bool as_json) {
    if (as_json) {
        json_t *all = json_object();
        for (size_t i = 0; i < TOPIC_COUNT; i++)
            json_object_set_new(all, topics[i].name, entries_json(topics[i].at));
        print_json(all);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        int column = printf("  entrain list %-13s  ", topics[i].name);
        print_wrapped(stdout, column, column, topics[i].summary);
    }
    return EXIT_DONE;
}

int command_list(const cli_options *options) {
    if (options->operand == NULL)
        return list_topics(options->json);
    const char *names[TOPIC_COUNT + 1] = {NULL};
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        names[i] = topics[i].name;
        if (strcmp(options->operand, topics[i].name) != 0)
            continue;
        if (options->json)
            print_json(entries_json(topics[i].at));
        else
            print_entries(topics[i].at);
        return EXIT_DONE;
    }
    const char *nearest = entrain_nearest_word(options->operand, names);
    if (nearest != NULL)
        say_error("list knows no \"%s\"; did you mean %s?", options->operand, nearest);
    else
        say_error("list knows no \"%s\"; `entrain list` names what it knows.", options->operand);
    return EXIT_USAGE;
}
