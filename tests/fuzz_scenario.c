// Scenarios from any bytes: refused with one sentence, or resolved into something that resolves to itself.
//
// An input is a scenario file, then --sets, each behind a byte 0x1e. What begins like JSON is JSON, the rest
// is Lua; what begins with 'P' and a line break is a pattern and, behind 0x1e, a text to match.
#include "check.h"

#include "sims/lua_pattern.h"
#include "sims/scenario_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEPARATOR = 0x1e, SETS_MAX = 8 };

static void demand(bool holds, const char *what, const char *sentence) {
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s: %s\n", what, sentence);
    abort();
}

static void check_sentence(const entrain_error *error) {
    size_t size = strnlen(error->sentence, sizeof error->sentence);
    json_t *utf8 = size < sizeof error->sentence ? json_string(error->sentence) : NULL;
    demand(utf8 != NULL && size > 10, "a sentence is text", error->sentence);
    json_decref(utf8);
    for (size_t i = 0; i < size; i++)
        demand((unsigned char)error->sentence[i] >= ' ', "a sentence is one line", error->sentence);
    demand(strchr(".?", error->sentence[size - 1]) != NULL, "a sentence ends", error->sentence);
}

// ---- patterns

static uint64_t steps_left;

static void count_steps(void *context, uint64_t steps) {
    if (steps > steps_left)
        longjmp(*(jmp_buf *)context, 1);
    steps_left -= steps;
}

static void try_pattern(const char *text, size_t size) {
    const char *separator = memchr(text, SEPARATOR, size);
    size_t pattern_size = separator != NULL ? (size_t)(separator - text) : size;
    const char *subject = separator != NULL ? separator + 1 : text + size;
    lua_pattern *volatile pattern = malloc(pattern_bytes(pattern_size));
    jmp_buf too_long;
    if (pattern == NULL)
        return;
    pattern_match match = {.subject = subject,
                           .subject_size = (size_t)(text + size - subject),
                           .step = count_steps,
                           .context = &too_long};
    if (pattern_compile(text, pattern_size, true, pattern) == NULL && setjmp(too_long) == 0) {
        steps_left = 100000;
        for (size_t begin = 0; begin <= match.subject_size; begin++) {
            size_t end;
            if (!pattern_match_at(pattern, &match, begin, &end))
                continue;
            demand(end >= begin && end <= match.subject_size, "a match lies in its text", "");
            for (uint32_t i = 0; i < pattern->capture_count; i++)
                demand(match.captures[i].begin + match.captures[i].size <= match.subject_size,
                       "a capture lies in its text", "");
        }
    }
    free(pattern);
}

// ---- scenarios

// What a plug-in might bring.
static const entrain_parameter asked[] = {{"gain", 1, -2, 2, "as it says"}, {"loss", 0, 0, 1e300, "as well"}};
static void step(const entrain_range *range, uint32_t stage) { (void)range, (void)stage; }
static entrain_status generate(const entrain_topology_request *request, entrain_topology_edges *edges,
                               entrain_error *error_out) {
    (void)request, (void)error_out;
    return entrain_topology_edge(edges, 0, 1, 1);
}
static const entrain_phase_model model = {.name = "own",
                                          .summary = "",
                                          .parameters = asked,
                                          .parameter_count = 2,
                                          .words = 2,
                                          .exchanges = 1,
                                          .step = step};
static const entrain_topology_generator generator = {.name = "own",
                                                     .summary = "",
                                                     .parameters = asked,
                                                     .parameter_count = 1,
                                                     .degree = 3,
                                                     .generate = generate};

static void register_once(void) {
    entrain_error error = {0};
    if (entrain_phase_model_at(0) == NULL)
        demand(entrain_phase_model_register(&model, &error) == ENTRAIN_OK &&
                   entrain_topology_register(&generator, &error) == ENTRAIN_OK,
               "what is sound is registered", error.sentence);
}

static void check_others(const entrain_swarm_config *swarm) {
    bool generated = swarm->topology.kind == ENTRAIN_TOPOLOGY_GENERATED;
    demand(generated == (swarm->topology.generator != NULL) &&
               (generated || swarm->topology.kind < ENTRAIN_TOPOLOGY_KIND_COUNT),
           "a topology is ours or a plug-in's", "");
    if (swarm->phase_model != NULL)
        demand(swarm->parameters[0] >= -2 && swarm->parameters[0] <= 2 && swarm->parameters[1] >= 0 &&
                   swarm->parameters[1] <= 1e300,
               "a model's parameters are in range", "");
    if (generated)
        demand(swarm->topology.parameters[0] >= -2 && swarm->topology.parameters[0] <= 2 &&
                   swarm->topology.degree >= 1,
               "a topology's parameters are in range", "");
}

static entrain_status load(const char *path, const char *text, size_t size, const char *const *sets,
                           uint32_t set_count, scenario *out, entrain_error *error) {
    const sandbox_limits limits = {.memory_bytes = (size_t)4 << 20, .work = 300000, .processor_s = 5};
    const scenario_source source = {.path = path, .sets = sets, .set_count = set_count};
    return scenario_load_text(&source, text, size, &limits, out, error);
}

static void check_scenario(const scenario *loaded) {
    const entrain_swarm_config *swarm = &loaded->swarm;
    demand(loaded->title != NULL && loaded->title[0] != '\0', "a scenario has a title", "");
    demand(loaded->tick_count >= 1 && loaded->tick_count <= UINT64_C(1) << 40, "ticks are in range",
           loaded->title);
    demand(loaded->record_every_ticks >= 1, "samples are ticks apart", loaded->title);
    demand(swarm->size >= 2 && swarm->size < 1 << 24 && swarm->phase.kind < ENTRAIN_DISTRIBUTION_KIND_COUNT &&
               swarm->frequency.kind < ENTRAIN_DISTRIBUTION_KIND_COUNT &&
               swarm->model.normalise < ENTRAIN_NORMALISE_COUNT,
           "the configuration is in range", loaded->title);
    demand((swarm->phase.kind == ENTRAIN_DISTRIBUTION_LIST) == (swarm->phase.values != NULL) &&
               (swarm->phase.kind == ENTRAIN_DISTRIBUTION_FILE) == (swarm->phase.file != NULL) &&
               (swarm->topology.kind == ENTRAIN_TOPOLOGY_EDGE_LIST) == (swarm->topology.file != NULL),
           "what a kind needs is there, and nothing else", loaded->title);
}

static void try_scenario(const char *path, const char *text, size_t size, const char *const *sets,
                         uint32_t set_count) {
    scenario once, twice, untouched;
    entrain_error error = {0};
    memset(&untouched, 0x5a, sizeof untouched);
    memset(&once, 0x5a, sizeof once);
    if (load(path, text, size, sets, set_count, &once, &error) != ENTRAIN_OK) {
        check_sentence(&error);
        demand(memcmp(&once, &untouched, sizeof once) == 0, "a refusal writes nothing", error.sentence);
        return;
    }
    check_scenario(&once);
    check_others(&once.swarm);
    char *first = json_dumps(once.resolved, JSON_REAL_PRECISION(17));
    demand(first != NULL, "what is resolved can be written", "");
    if (load("/m.json", first, strlen(first), NULL, 0, &twice, &error) != ENTRAIN_OK)
        demand(false, "what is resolved can be loaded", error.sentence);
    demand(json_equal(once.resolved, twice.resolved), "what is resolved resolves to itself", first);
    free(first);
    scenario_free(&once);
    scenario_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    register_once();
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (size >= 2 && memcmp(text, "P\n", 2) == 0) {
        try_pattern(text + 2, size - 2);
        free(text);
        return 0;
    }
    const char *sets[SETS_MAX];
    uint32_t set_count = 0;
    size_t file_size = size;
    for (char *at = text;
         set_count < SETS_MAX && (at = memchr(at, SEPARATOR, (size_t)(text + size - at))) != NULL;) {
        if (set_count == 0)
            file_size = (size_t)(at - text);
        *at++ = '\0';
        sets[set_count++] = at;
    }
    // A block of its own size, so that a sanitizer sees a read past the end.
    char *file = malloc(file_size == 0 ? 1 : file_size);
    if (file != NULL) {
        memcpy(file, text, file_size);
        bool json = file_size > 0 && memchr("{[ \n", text[0], 4) != NULL;
        try_scenario(json ? "/x.json" : "/x.lua", file, file_size, sets, set_count);
        free(file);
    }
    free(text);
    return 0;
}
