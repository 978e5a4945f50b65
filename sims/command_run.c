// entrain run: one scenario, one directory.
//
//   load -> directory looked at -> swarm built -> manifest written -> samples recorded -> summary, execution
//   -> pictures
//
// Nothing is written or removed before the scenario is known to be good and the swarm stands.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sims/comparison.h"
#include "sims/control_run.h"
#include "sims/drawing.h"
#include "sims/goal_report.h"
#include "sims/explain.h"
#include "sims/interrupt.h"
#include "sims/options.h"
#include "sims/outcome.h"
#include "sims/plot.h"
#include "sims/progress.h"
#include "sims/recoveries.h"
#include "sims/recorder.h"
#include "sims/run_loop.h"
#include "sims/say.h"
#include "sims/summary.h"
#include "sims/summary_phases.h"
#include "sims/timeline_file.h"

// Events of on_sample that are told while the run goes on.
enum { ASKED_SHOWN = 20 };

typedef struct run_state {
    const cli_options *options;
    scenario scenario;
    entrain_swarm *swarm;
    run_recorder *recorder;
    run_file timeline; // not open without --timeline
    run_outcome outcome;
    goal_report goal;  // of agents
    run_phases phases; // at the end
    event_run events;
    run_recoveries recoveries;
    uint64_t asked;  // events of on_sample that have happened
    char *name;      // of the scenario
    char *directory; // NULL: series.csv to stdout, no files
    int lock;        // of the directory; -1: none
    double begun_s;
    double carried_s; // when the first tick began
    json_t *worth;    // against the control; NULL: there was none
    // Of all actors, in the order of index; NULL before the end.
    json_t *summary, *execution;
} run_state;

// Without a file: its goal and its scale, "minimize-api-calls-medium".
static char *goal_name(const scenario *given) {
    const char *scale = json_string_value(json_object_get(given->resolved, "scale"));
    char size[16], *name = NULL;
    snprintf(size, sizeof size, "%u", given->swarm.size);
    if (asprintf(&name, "%s-%s", json_string_value(json_object_get(given->resolved, "goal")),
                 scale != NULL ? scale : size) < 0)
        abort();
    return name;
}

// "fireflies" from "sims/fireflies.lua"; from a manifest.json the name that it holds.
static char *scenario_name(const char *path, const scenario *given) {
    if (strcmp(path, SCENARIO_NO_FILE) == 0)
        return goal_name(given);
    const char *base = strrchr(path, '/');
    base = base != NULL ? base + 1 : path;
    if (strcmp(base, "manifest.json") == 0) {
        json_t *manifest = json_load_file(path, 0, NULL);
        const char *held = json_string_value(json_object_get(manifest, "name"));
        char *name = held != NULL && strchr(held, '/') == NULL ? strdup(held) : NULL;
        json_decref(manifest);
        if (name != NULL)
            return name;
    }
    size_t size = strlen(base);
    const char *dot = strrchr(base, '.');
    if (dot != NULL && dot != base)
        size = (size_t)(dot - base);
    char *name = strndup(base, size);
    if (name == NULL)
        abort();
    return name;
}

static entrain_status choose_directory(run_state *run, entrain_error *error_out) {
    const char *output = run->options->output;
    if (output != NULL && strcmp(output, "-") == 0)
        return ENTRAIN_OK;
    if (output != NULL)
        run->directory = strdup(output);
    else if (asprintf(&run->directory, "out/%s-%llu", run->name,
                      (unsigned long long)run->scenario.swarm.seed) < 0)
        run->directory = NULL;
    if (run->directory == NULL)
        abort();
    size_t size = strlen(run->directory);
    while (size > 1 && run->directory[size - 1] == '/')
        run->directory[--size] = '\0';
    return directory_check(&run_directory_kind, run->directory, run->options->force, error_out);
}

static entrain_status choose_timeline(run_state *run, entrain_error *error_out) {
    const char *path = run->options->timeline;
    if (path == NULL)
        return ENTRAIN_OK;
    run->scenario.swarm.engine.scheduler.timeline_events = TIMELINE_EVENTS;
    return timeline_file_check(path, run->directory, run->options->force, error_out);
}

static entrain_status open_files(run_state *run, entrain_error *error_out) {
    bool replaced = false;
    entrain_status status = ENTRAIN_OK;
    if (run->directory != NULL) {
        status = directory_prepare(&run_directory_kind, run->directory, run->options->force, &replaced,
                                   &run->lock, error_out);
        if (status != ENTRAIN_OK)
            return status;
        json_t *manifest = manifest_json(run->name, &run->scenario, entrain_swarm_engine(run->swarm));
        status = run_file_write_json(run->directory, "manifest.json", manifest, error_out);
        json_decref(manifest);
        if (status != ENTRAIN_OK)
            return status;
    }
    if (replaced)
        say_note("replacing the earlier run in %s", run->directory);
    const entrain_kuramoto_config *model = entrain_kuramoto_look(entrain_swarm_population(run->swarm));
    char further[GOAL_COLUMNS_BYTES];
    goal_report_names(&run->goal, further);
    status = recorder_open(run->directory, model != NULL ? model->group_count : 1, further, &run->recorder,
                           error_out);
    if (status == ENTRAIN_OK && run->options->timeline != NULL)
        status = run_file_open_path(run->options->timeline, &run->timeline, error_out);
    return status;
}

static entrain_status on_sample(void *context, const entrain_phase_sample *sample, entrain_error *error_out) {
    run_state *run = context;
    char further[GOAL_COLUMNS_BYTES];
    entrain_status status = outcome_add(&run->outcome, sample, error_out);
    if (status == ENTRAIN_OK)
        status = goal_report_add(&run->goal, sample, error_out);
    if (status != ENTRAIN_OK)
        return status;
    recoveries_sample(&run->recoveries, sample);
    goal_report_values(&run->goal, sample, further);
    return recorder_sample(run->recorder, sample, further, entrain_swarm_engine(run->swarm), error_out);
}

static void on_event(void *context, uint32_t index) {
    run_state *run = context;
    const event_facts event = events_at(run->events.list, index);
    if (!recoveries_event(&run->recoveries, run->events.list, index))
        say_note("there is no memory to watch how the swarm gets over it");
    run->asked += event.asked;
    if (event.asked && run->asked > ASKED_SHOWN + 1)
        return;
    if (event.asked && run->asked > ASKED_SHOWN)
        say_note("on_sample goes on so; summary.json lists what it does");
    else
        say_note("t = %.6g s, tick %s%s: %s", event.at_s, text_count(event.tick).text,
                 event.asked ? ", on_sample" : "", event.what);
}

static run_end carry_out(run_state *run, entrain_error *error_out) {
    entrain_engine *engine = entrain_swarm_engine(run->swarm);
    const scenario *given = &run->scenario;
    run_plan plan = {.swarm = run->swarm,
                     .tick_count = given->tick_count,
                     .record_every_ticks = given->record_every_ticks,
                     .stop = given->stop,
                     .events = &run->events,
                     .on_sample = on_sample,
                     .context = run};
    uint32_t workers = entrain_scheduler_worker_count(entrain_engine_scheduler(engine));
    if (given->arcs_built)
        say_note("the complete graph has arcs here, as erdos-renyi with probability 1, because events are "
                 "to lose or cut them: each hears the others, and not itself");
    const bool by_ticks = !scenario_in_virtual_time(given);
    say_note("%s: %s, seed %llu, %s, policy %s, %s%s", run->name,
             text_counted(given->swarm.size, "actor").text, (unsigned long long)given->swarm.seed,
             text_counted(workers, "worker").text, entrain_scheduler_policy(entrain_engine_scheduler(engine)),
             by_ticks ? "transport " : "in virtual time",
             by_ticks ? entrain_transport_name(given->swarm.engine.transport) : "");
    progress_begin(NULL, given->tick_count, entrain_engine_step_s(engine), given->stop.enabled,
                   run->options->quiet);
    run->carried_s = wall_now_s();
    if (run->options->timeout_s > 0)
        entrain_engine_set_deadline(engine, run->options->timeout_s);
    run_end end = run_loop(&plan, error_out);
    progress_end();
    return end;
}

// The same swarm once more, with nobody adjusting anything. What stands in its way is no failure of the run.
static void hold_against_control(run_state *run, run_end end) {
    const cli_options *options = run->options;
    const char *missing = NULL;
    if (!control_applies(&run->scenario) || options->no_control)
        return;
    if (end != RUN_END_DURATION && end != RUN_END_STOP)
        missing = "there was no control run: this one ended before its time";
    else if (run->scenario.swarm.size > CONTROL_AGENTS_MAX && !options->control)
        missing = "above 200,000 agents a control runs only with --control";
    if (missing != NULL) {
        if (end == RUN_END_DURATION || end == RUN_END_STOP)
            say_note("%s", missing);
        run->worth = control_json_missing(missing);
        return;
    }
    control_result control;
    entrain_workload_totals totals;
    entrain_error error = {0};
    control_plan plan = {.given = &run->scenario,
                         .happened = &run->events,
                         .tick = run->outcome.last.tick,
                         .where = options->operand,
                         .quiet = options->quiet};
    if (options->timeout_s > 0)
        plan.timeout_s = options->timeout_s - (wall_now_s() - run->carried_s);
    say_note("control: the same requests%s, and nobody adjusts anything",
             run->events.next > 0 ? " and events" : "");
    entrain_status status = entrain_workload_measure(entrain_swarm_workload(run->swarm), &totals);
    if (status == ENTRAIN_OK)
        status = control_run(&plan, &control, &error);
    interrupt_watch(entrain_swarm_engine(run->swarm));
    if (status != ENTRAIN_OK) {
        say_note("the control run failed: %s", error.sentence);
        run->worth = control_json_missing("the control run failed");
    } else if (control.end != RUN_END_DURATION) {
        run->worth = control_json_missing("the control run was ended before its time");
    } else {
        double sum = 0;
        for (size_t s = 0; s < run->outcome.count; s++)
            sum += run->outcome.coherences[s];
        run->worth = control_json(&totals, sum / (double)run->outcome.count, &control);
    }
}

// Everything that is owed once the last sample is taken, except pictures.
static entrain_status write_rest(run_state *run, run_end end, entrain_error *error_out) {
    entrain_population *population = entrain_swarm_population(run->swarm);
    uint32_t together = count_together(population, run->outcome.last.mean_phase);
    run_phases_take(run->swarm, &run->outcome, &run->phases);
    run->summary = summary_json(run->name, &run->scenario, run->swarm, &run->outcome, end, together);
    run_phases_json(&run->phases, &run->outcome, run->summary);
    goal_report_json(&run->goal, run->summary);
    summary_put_events(run->summary, run->events.list, run->events.next, run->events.unlisted);
    if (run->worth != NULL)
        json_object_set(run->summary, "worth", run->worth);
    recoveries_end(&run->recoveries);
    recoveries_put(&run->recoveries, run->summary);
    run->execution = execution_json(&run->scenario, run->swarm, wall_now_s() - run->begun_s);
    entrain_status status = recorder_close(run->recorder, error_out);
    if (run->directory == NULL || status != ENTRAIN_OK)
        return status;
    status = recorder_write_phases(run->directory, population, run->phases.effective, error_out);
    if (status == ENTRAIN_OK)
        status = run_file_write_json(run->directory, "execution.json", run->execution, error_out);
    // Last: a directory with a summary is a run that ended.
    if (status == ENTRAIN_OK)
        status = run_file_write_json(run->directory, "summary.json", run->summary, error_out);
    return status;
}

static void draw(const run_state *run) {
    entrain_error error = {0};
    plot_facts facts = {.directory = run->directory,
                        .title = run->scenario.title,
                        .level = run->outcome.level,
                        .theory = comparison_level(json_object_get(run->summary, "theory")),
                        .since_s = run->outcome.staying ? run->outcome.since_s : -1,
                        .time_s = run->outcome.last.time_s,
                        .sample_count = run->outcome.count,
                        .events = run->events.list,
                        .event_count = run->events.next,
                        .population = entrain_swarm_population(run->swarm),
                        .coherence = run->outcome.last.coherence,
                        .mean_phase = run->outcome.last.mean_phase,
                        .goal = &run->goal,
                        .plateaus = run->phases.effective != NULL ? &run->phases.plateaus : NULL,
                        .complete = run->scenario.swarm.topology.kind == ENTRAIN_TOPOLOGY_COMPLETE};
    entrain_status status = plot_run(&facts, &error);
    drawing_say_missing(status, &error);
}

static entrain_status report(const run_state *run, entrain_error *error_out) {
    FILE *to = run->directory == NULL ? stderr : stdout;
    if (run->options->json && run->options->explain) // not of the file: it can be told again
        json_object_set_new(run->summary, "explained", explain_json(run->summary));
    if (run->options->json)
        return summary_print_json(stdout, run->summary, run->execution, run->directory, error_out);
    if (!run->options->quiet)
        summary_print(to, run->summary, run->execution, run->directory);
    if (run->options->explain)
        explain_print(to, run->summary);
    return ENTRAIN_OK;
}

// The engine counts every message; one that is unaccounted for is a bug of ours and must not pass for a
// result.
static bool conserved(const run_state *run) {
    const json_t *messages = json_object_get(run->execution, "messages");
    return json_integer_value(json_object_get(messages, "residual")) == 0;
}

static int after_run(run_state *run, run_end end, entrain_error *error) {
    if (end == RUN_END_CALLER) { // a file or stdout could not be written
        if (recorder_reader_gone(run->recorder))
            return EXIT_DONE;
        say_error("%s", error->sentence);
        return EXIT_FAILED;
    }
    entrain_error later = {0};
    if (end == RUN_END_FAILED)
        say_error("%s", error->sentence);
    if (run->outcome.count == 0)
        return EXIT_FAILED;
    hold_against_control(run, end);
    if (write_rest(run, end, &later) != ENTRAIN_OK) {
        say_error("%s", later.sentence);
        return EXIT_FAILED;
    }
    bool interrupted = end == RUN_END_INTERRUPTED;
    if (interrupted)
        say_note("interrupted at tick %s; %s", text_count(run->outcome.last.tick).text,
                 run->directory != NULL ? "all files are complete up to there"
                                        : "the series is complete up to there");
    if (end == RUN_END_TIMEOUT)
        say_note("the %g s of --timeout are over at tick %s", run->options->timeout_s,
                 text_count(run->outcome.last.tick).text);
    if (run->directory != NULL && !interrupted)
        draw(run);
    if (report(run, &later) != ENTRAIN_OK) {
        say_error("%s", later.sentence);
        return EXIT_FAILED;
    }
    if (!conserved(run)) {
        say_error("messages were not conserved (see execution.json): this is a bug in Entrain; do not trust "
                  "the result.");
        return EXIT_FAILED;
    }
    if (goal_report_check(&run->goal, &later) != ENTRAIN_OK) {
        say_error("%s This is a bug in Entrain; do not trust the result.", later.sentence);
        return EXIT_FAILED;
    }
    if (end == RUN_END_FAILED)
        return EXIT_FAILED;
    if (run->options->require_goal && !interrupted && !goal_report_met(&run->goal)) {
        say_error("the goal was not met: %s",
                  json_string_value(json_object_get(json_object_get(run->summary, "goal"), "why")));
        return EXIT_GOAL;
    }
    return interrupted || interrupt_requested() ? EXIT_INTERRUPTED : EXIT_DONE;
}

// Whatever became of the run: a timeline is owed as far as it went. Changes *code where it cannot be written.
static void finish_timeline(run_state *run, int *code) {
    entrain_error error = {0};
    if (run->timeline.stream == NULL)
        return;
    const entrain_scheduler *scheduler = entrain_engine_scheduler(entrain_swarm_engine(run->swarm));
    if (timeline_file_finish(&run->timeline, scheduler, &error) == ENTRAIN_OK)
        return;
    say_error("%s", error.sentence);
    *code = EXIT_FAILED;
}

static void run_state_fini(run_state *run) {
    interrupt_watch(NULL);
    run_file_abandon(&run->timeline);
    recorder_destroy(run->recorder);
    event_run_end(&run->events);
    entrain_swarm_destroy(run->swarm);
    outcome_fini(&run->outcome);
    goal_report_free(&run->goal);
    recoveries_fini(&run->recoveries);
    scenario_free(&run->scenario);
    json_decref(run->worth);
    json_decref(run->summary);
    json_decref(run->execution);
    run_phases_free(&run->phases);
    free(run->name);
    free(run->directory);
    if (run->lock >= 0)
        close(run->lock);
}

// A refusal before the first tick: what the user wrote is wrong (2), or the machine cannot, or a plug-in's
// policy lost a task (1).
static int exit_for(entrain_status status) {
    bool failed = status == ENTRAIN_NO_MEMORY || status == ENTRAIN_SYSTEM || status == ENTRAIN_MISMATCH;
    return failed ? EXIT_FAILED : EXIT_USAGE;
}

// What is known of the goal before anything runs. EXIT_DONE: go on.
static int look_ahead(run_state *run) {
    const bool required = run->options->require_goal;
    goal_report_foresee(&run->goal, &run->scenario);
    if (required && run->scenario.swarm.kind != ENTRAIN_SWARM_AGENTS) {
        say_error("--require-goal: %s has no goal; give it one (goal = \"...\", or --goal).",
                  run->options->operand);
        return EXIT_USAGE;
    }
    if (run->goal.unreachable[0] == '\0')
        return EXIT_DONE;
    if (required)
        say_error("the goal cannot be met, so nothing was run. %s", run->goal.unreachable);
    else
        say_note("the goal cannot be met. %s", run->goal.unreachable);
    return required ? EXIT_GOAL : EXIT_DONE;
}

int command_run(const cli_options *options) {
    if (options->json && options->output != NULL && strcmp(options->output, "-") == 0) {
        say_error("-o - and --json both want stdout; use one of them.");
        return EXIT_USAGE;
    }
    run_state run = {.options = options, .lock = -1, .begun_s = wall_now_s()};
    scenario_source source = {.path = options->operand,
                              .sets = options->sets,
                              .set_count = options->set_count,
                              .disruptions = options->disruptions,
                              .disruption_count = options->disruption_count};
    entrain_error error = {0};
    entrain_status status = scenario_load(&source, &run.scenario, &error);
    if (status != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return exit_for(status);
    }
    run.name = scenario_name(options->operand, &run.scenario);
    outcome_init(&run.outcome, &run.scenario.stop);
    int code = look_ahead(&run);
    if (code != EXIT_DONE) {
        run_state_fini(&run);
        return code;
    }
    code = EXIT_USAGE;
    status = choose_directory(&run, &error);
    if (status == ENTRAIN_OK)
        status = choose_timeline(&run, &error);
    if (status == ENTRAIN_OK) {
        status = entrain_swarm_create(&run.scenario.swarm, &run.swarm, &error);
        if (status == ENTRAIN_OK)
            status = event_run_begin(&run.events, run.scenario.events, run.swarm, options->operand, &error);
        if (status == ENTRAIN_OK)
            status = goal_report_begin(&run.goal, run.swarm, &error);
        if (status == ENTRAIN_OK)
            recoveries_begin(&run.recoveries, run.swarm);
        run.events.told = on_event;
        run.events.context = &run;
        code = exit_for(status);
    }
    if (status == ENTRAIN_OK) {
        interrupt_watch(entrain_swarm_engine(run.swarm));
        status = open_files(&run, &error);
        code = EXIT_FAILED;
    }
    if (status == ENTRAIN_OK) {
        run_end end = carry_out(&run, &error);
        code = after_run(&run, end, &error);
        finish_timeline(&run, &code);
    } else if (run.recorder != NULL && recorder_reader_gone(run.recorder)) {
        code = EXIT_DONE;
    } else {
        say_refusal(options->operand, error.sentence);
    }
    run_state_fini(&run);
    return code;
}
