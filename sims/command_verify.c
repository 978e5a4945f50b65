// entrain verify: the promise, checked on the user's own scenario. The scenario as it stands is run once;
// every other way of carrying it out must give the same samples, all fields, to the last bit.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sims/interrupt.h"
#include "sims/options.h"
#include "sims/progress.h"
#include "sims/run_loop.h"
#include "sims/say.h"
#include "sims/verify_plan.h"

// What is compared of a sample; the tick is part of it. Doubles by their bits.
typedef struct field {
    const char *name;
    size_t offset, size;
} field;
#define FIELD(member)                                                                                        \
    { #member, offsetof(entrain_phase_sample, member), sizeof((entrain_phase_sample *)0)->member }
static const field fields[] = {
    FIELD(tick),
    FIELD(fingerprint),
    FIELD(time_s),
    FIELD(coherence),
    FIELD(mean_phase),
    FIELD(moments),
    FIELD(local_coherence),
    FIELD(winding),
    FIELD(frequency_mean),
    FIELD(frequency_spread),
    FIELD(living),
    FIELD(observations),
    FIELD(group_coherence),
    FIELD(group_mean_phase),
    FIELD(energy),
    FIELD(conservation),
    FIELD(conservation_change),
    FIELD(conservation_bound),
    FIELD(gap_gini),
    FIELD(cluster_count),
    FIELD(cluster_share),
    FIELD(group_count),
};

typedef struct verify_state {
    const cli_options *options;
    scenario scenario;
    uint64_t tick_count;
    verify_plan plan;
    entrain_phase_sample *samples; // of the reference
    size_t count, room;
    size_t at; // next sample of the run that is compared
    bool comparing, different;
    char difference[400];
    uint32_t done;
} verify_state;

static entrain_status keep_sample(void *context, const entrain_phase_sample *sample,
                                  entrain_error *error_out) {
    verify_state *verify = context;
    if (verify->count == verify->room) {
        size_t room = verify->room == 0 ? 1024 : verify->room * 2;
        entrain_phase_sample *grown = realloc(verify->samples, room * sizeof *grown);
        if (grown == NULL)
            return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for %zu samples.",
                                     room);
        verify->samples = grown;
        verify->room = room;
    }
    verify->samples[verify->count++] = *sample;
    return ENTRAIN_OK;
}

static const char *first_difference(const entrain_phase_sample *a, const entrain_phase_sample *b) {
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (memcmp((const char *)a + fields[i].offset, (const char *)b + fields[i].offset, fields[i].size) !=
            0)
            return fields[i].name;
    return NULL;
}

static entrain_status compare_sample(void *context, const entrain_phase_sample *sample,
                                     entrain_error *error_out) {
    verify_state *verify = context;
    const entrain_phase_sample *expected = verify->at < verify->count ? &verify->samples[verify->at] : NULL;
    // Cancelled between two samples: run_loop() hands over the state there, which the reference never showed.
    if (interrupt_requested() && (expected == NULL || expected->tick != sample->tick))
        return ENTRAIN_OK;
    const char *name =
        expected != NULL ? first_difference(expected, sample) : "a sample that the reference has not";
    verify->at++;
    if (name == NULL)
        return ENTRAIN_OK;
    verify->different = true;
    snprintf(verify->difference, sizeof verify->difference,
             "tick %" PRIu64 " differs in %s: fingerprint %016" PRIx64 ", the reference has %016" PRIx64,
             sample->tick, name, sample->fingerprint, expected != NULL ? expected->fingerprint : 0);
    return entrain_error_set(error_out, ENTRAIN_MISMATCH, "%s", verify->difference);
}

// Runs the scenario with @p config. RUN_END_FAILED also when no swarm can be made; then *refused_out says
// whether the combination is merely unsupported.
static run_end run_once(verify_state *verify, const entrain_swarm_config *config, const char *label,
                        bool *refused_out, entrain_error *error_out) {
    entrain_swarm *swarm = NULL;
    *refused_out = false;
    event_run events = {0};
    entrain_status status = entrain_swarm_create(config, &swarm, error_out);
    if (status == ENTRAIN_OK)
        status =
            event_run_begin(&events, verify->scenario.events, swarm, verify->options->operand, error_out);
    if (status != ENTRAIN_OK) {
        *refused_out = status == ENTRAIN_UNSUPPORTED;
        event_run_end(&events);
        entrain_swarm_destroy(swarm);
        return RUN_END_FAILED;
    }
    entrain_engine *engine = entrain_swarm_engine(swarm);
    interrupt_watch(engine);
    run_plan plan = {.swarm = swarm,
                     .tick_count = verify->tick_count,
                     .record_every_ticks = verify->scenario.record_every_ticks,
                     .stop = verify->scenario.stop,
                     .events = &events,
                     .on_sample = verify->comparing ? compare_sample : keep_sample,
                     .context = verify};
    verify->at = 0;
    progress_begin(label, verify->tick_count, entrain_engine_step_s(engine), verify->scenario.stop.enabled,
                   verify->options->quiet);
    run_end end = run_loop(&plan, error_out);
    progress_end();
    interrupt_watch(NULL);
    event_run_end(&events);
    entrain_swarm_destroy(swarm);
    return end;
}

// EXIT_DONE when the run went through, whatever it showed.
static int run_case(verify_state *verify, verify_case *one, uint32_t number) {
    entrain_swarm_config config = verify->scenario.swarm;
    entrain_error error = {0};
    char text[200], label[40];
    bool refused;
    verify_case_apply(one, &config);
    verify_case_describe(one, text, sizeof text);
    snprintf(label, sizeof label, "%u/%u %s %u %s", number, verify->plan.count, one->policy, one->workers,
             entrain_transport_name(one->transport));
    run_end end = run_once(verify, &config, label, &refused, &error);
    if (end == RUN_END_INTERRUPTED)
        return EXIT_INTERRUPTED;
    if (refused) {
        one->result = VERIFY_REFUSED;
        say_note("left out: %s: %s", text, error.sentence);
        return EXIT_DONE;
    }
    if (!verify->different && end == RUN_END_FAILED) {
        say_error("%s: %s", text, error.sentence);
        return EXIT_FAILED;
    }
    if (!verify->different && verify->at != verify->count) {
        verify->different = true;
        snprintf(verify->difference, sizeof verify->difference,
                 "it ended after %zu samples, the reference after %zu", verify->at, verify->count);
    }
    one->result = verify->different ? VERIFY_DIFFERENT : VERIFY_SAME;
    verify->done += !verify->different;
    if (!verify->different)
        return EXIT_DONE;
    say_error("%s: %s", text, verify->difference);
    return EXIT_MISMATCH;
}

static const char *cell(verify_result result) {
    switch (result) {
    case VERIFY_SAME:
        return "same";
    case VERIFY_DIFFERENT:
        return "DIFF";
    case VERIFY_REFUSED:
        return "n/a";
    case VERIFY_WAITING:
        break;
    }
    return "-";
}

// A line of the table under way: without the blanks that its last cell would leave.
typedef struct table_line {
    char text[256];
    size_t used;
} table_line;

static void put(table_line *line, int width, const char *text) {
    int size = snprintf(line->text + line->used, sizeof line->text - line->used, "%-*s", width, text);
    if (size > 0 && line->used + (size_t)size < sizeof line->text)
        line->used += (size_t)size;
}

static void end_line(table_line *line) {
    while (line->used > 0 && line->text[line->used - 1] == ' ')
        line->used--;
    printf("%.*s\n", (int)line->used, line->text);
    *line = (table_line){0};
}

// label, then a group of a cell per number of workers for each transport
enum { LABEL_WIDTH = 20, CELL_WIDTH = 6, GROUP_WIDTH = CELL_WIDTH * VERIFY_WORKERS_COUNT + 2 };

// Names of plug-ins may be longer than ours.
static int label_width(const verify_plan *plan) {
    int width = LABEL_WIDTH;
    for (uint32_t i = 0; i < plan->grid_count; i++)
        if ((int)strlen(plan->cases[i].policy) + 4 > width)
            width = (int)strlen(plan->cases[i].policy) + 4;
    return width;
}

static void print_grid(const verify_plan *plan) {
    const int width = label_width(plan);
    uint32_t transports = plan->mailbox_only != NULL ? 1 : ENTRAIN_TRANSPORT_COUNT;
    table_line line = {0};
    put(&line, width, "");
    for (uint32_t t = 0; t < transports; t++)
        put(&line, GROUP_WIDTH, entrain_transport_name((entrain_transport)t));
    end_line(&line);
    put(&line, width, "  policy \\ workers");
    for (uint32_t t = 0; t < transports; t++)
        for (uint32_t w = 0; w < VERIFY_WORKERS_COUNT; w++)
            put(&line, w + 1 < VERIFY_WORKERS_COUNT ? CELL_WIDTH : CELL_WIDTH + 2,
                text_count(verify_workers[w]).text);
    end_line(&line);
    uint32_t row = transports * VERIFY_WORKERS_COUNT;
    for (uint32_t i = 0; i < plan->grid_count; i++) {
        if (i % row == 0) {
            put(&line, 2, "");
            put(&line, width - 2, plan->cases[i].policy);
        }
        bool group_ends = (i + 1) % VERIFY_WORKERS_COUNT == 0;
        put(&line, group_ends ? CELL_WIDTH + 2 : CELL_WIDTH, cell(plan->cases[i].result));
        if ((i + 1) % row == 0)
            end_line(&line);
    }
}

// One line each for the SIMD levels and the other layouts, a cell per transport.
static void print_others(const verify_plan *plan) {
    uint32_t transports = plan->mailbox_only != NULL ? 1 : ENTRAIN_TRANSPORT_COUNT;
    table_line line = {0};
    for (uint32_t i = plan->grid_count; i < plan->count; i++) {
        const verify_case *one = &plan->cases[i];
        uint32_t at = (i - plan->grid_count) % transports;
        if (at == 0) {
            bool is_layout = one->layout != plan->cases[0].layout;
            put(&line, 0, is_layout ? "  layout " : "  simd ");
            put(&line, label_width(plan) - (int)line.used,
                is_layout ? entrain_layout_name(one->layout) : entrain_simd_name(one->simd));
        }
        put(&line, GROUP_WIDTH, cell(one->result));
        if (at + 1 == transports)
            end_line(&line);
    }
}

static void reference_case(const verify_state *verify, verify_case *out) {
    const entrain_engine_config *engine = &verify->scenario.swarm.engine;
    *out = (verify_case){.policy = engine->scheduler.policy,
                         .workers = engine->scheduler.worker_count,
                         .transport = engine->transport,
                         .simd = engine->simd,
                         .layout = engine->layout};
}

static void print_table(const verify_state *verify, int code) {
    const entrain_phase_sample *last = &verify->samples[verify->count - 1];
    verify_case reference;
    char text[200];
    reference_case(verify, &reference);
    verify_case_describe(&reference, text, sizeof text);
    printf("%s\n\n  %s of %s, seed %" PRIu64 ", every field compared bit by bit with\n  %s.\n\n",
           verify->scenario.title, text_counted(verify->count, "sample").text,
           text_counted(last->tick, "tick").text, verify->scenario.swarm.seed, text);
    print_grid(&verify->plan);
    putchar('\n');
    print_others(&verify->plan);
    if (verify->plan.mailbox_only != NULL)
        printf("\n  Compared in the mailbox transport only: %s.\n", verify->plan.mailbox_only);
    putchar('\n');
    if (code == EXIT_DONE)
        printf("  All %u runs agree; fingerprint at the end %016" PRIx64 ".\n", verify->done,
               last->fingerprint);
    else if (code == EXIT_MISMATCH)
        printf("  MISMATCH after %s in agreement: %s.\n", text_counted(verify->done, "run").text,
               verify->difference);
    else
        printf("  Not finished: %u of %u runs compared, all of them agree.\n", verify->done,
               verify->plan.count);
}

static json_t *case_json(const verify_case *one) {
    json_t *json = json_object();
    json_object_set_new(json, "policy", json_string(one->policy));
    json_object_set_new(json, "workers", json_integer(one->workers));
    json_object_set_new(json, "transport", json_string(entrain_transport_name(one->transport)));
    json_object_set_new(json, "simd", json_string(entrain_simd_name(one->simd)));
    json_object_set_new(json, "layout", json_string(entrain_layout_name(one->layout)));
    return json;
}

static void print_json(const verify_state *verify, int code) {
    const entrain_phase_sample *last = &verify->samples[verify->count - 1];
    verify_case reference;
    char fingerprint[20];
    reference_case(verify, &reference);
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, last->fingerprint);
    json_t *json = json_object(), *runs = json_array();
    for (uint32_t i = 0; i < verify->plan.count; i++) {
        json_t *one = case_json(&verify->plan.cases[i]);
        json_object_set_new(one, "result", json_string(cell(verify->plan.cases[i].result)));
        json_array_append_new(runs, one);
    }
    json_object_set_new(json, "agree", json_boolean(code == EXIT_DONE));
    json_object_set_new(json, "samples", json_integer((json_int_t)verify->count));
    json_object_set_new(json, "ticks", json_integer((json_int_t)last->tick));
    json_object_set_new(json, "fingerprint", json_string(fingerprint));
    json_object_set_new(json, "reference", case_json(&reference));
    json_object_set_new(json, "runs", runs);
    json_object_set_new(json, "mailbox_only",
                        verify->plan.mailbox_only ? json_string(verify->plan.mailbox_only) : json_null());
    json_object_set_new(json, "difference",
                        verify->different ? json_string(verify->difference) : json_null());
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
    putchar('\n');
    json_decref(json);
}

static int verify_all(verify_state *verify) {
    entrain_error error = {0};
    bool refused;
    run_end end = run_once(verify, &verify->scenario.swarm, "reference", &refused, &error);
    if (end == RUN_END_INTERRUPTED) {
        say_note("interrupted in the reference run; nothing was compared");
        return EXIT_INTERRUPTED;
    }
    if (end == RUN_END_FAILED || end == RUN_END_CALLER) {
        say_refusal(verify->options->operand, error.sentence);
        // Refused before it began: the scenario is at fault.
        return verify->count == 0 && error.status != ENTRAIN_NO_MEMORY && error.status != ENTRAIN_SYSTEM &&
                       error.status != ENTRAIN_MISMATCH
                   ? EXIT_USAGE
                   : EXIT_FAILED;
    }
    verify->comparing = true;
    int code = EXIT_DONE;
    for (uint32_t i = 0; i < verify->plan.count && code == EXIT_DONE; i++)
        code = run_case(verify, &verify->plan.cases[i], i + 1);
    if (verify->options->json)
        print_json(verify, code);
    else if (!verify->options->quiet)
        print_table(verify, code);
    return code;
}

int command_verify(const cli_options *options) {
    verify_state *verify = calloc(1, sizeof *verify);
    if (verify == NULL)
        abort();
    verify->options = options;
    scenario_source source = {.path = options->operand,
                              .sets = options->sets,
                              .set_count = options->set_count,
                              .disruptions = options->disruptions,
                              .disruption_count = options->disruption_count};
    entrain_error error = {0};
    list_of_policies policies;
    entrain_status status = list_parse_policies(
        "policies", options->policies != NULL ? options->policies : "all", &policies, &error);
    if (status == ENTRAIN_OK)
        status = scenario_load(&source, &verify->scenario, &error);
    int code = EXIT_USAGE;
    if (status != ENTRAIN_OK) {
        say_error("%s", error.sentence);
    } else {
        verify->tick_count = verify->scenario.tick_count;
        if (options->tick_limit > 0 && options->tick_limit < verify->tick_count)
            verify->tick_count = options->tick_limit;
        verify_plan_make(&verify->scenario, &policies, &verify->plan);
        code = verify_all(verify);
    }
    if (status == ENTRAIN_OK)
        scenario_free(&verify->scenario);
    free(verify->samples);
    free(verify);
    return code;
}
