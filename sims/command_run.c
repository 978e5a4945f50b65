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
#include "sims/drawing.h"
#include "sims/explain.h"
#include "sims/interrupt.h"
#include "sims/options.h"
#include "sims/plot.h"
#include "sims/progress.h"
#include "sims/recorder.h"
#include "sims/restore.h"
#include "sims/say.h"
#include "sims/script.h"
#include "sims/snapshots.h"
#include "sims/summary.h"
#include "sims/timeline_file.h"

// Events of on_sample that are told while the run goes on.
enum { ASKED_SHOWN = 20 };

typedef struct run_state {
    const cli_options *options;
    scenario scenario;
    run_body body;
    run_recorder *recorder;
    run_file timeline; // not open without --timeline
    uint64_t asked;    // events of on_sample that have happened
    char *name;        // of the scenario
    char *directory;   // NULL: series.csv to stdout, no files
    int lock;          // of the directory; -1: none
    run_restore restore;
    run_position position;
    checkpoint_writer checkpoints;
    checkpoint_pace pace; // 0: none
    const char *pace_typed;
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
    else if (run->restore.given && !run->restore.branch)
        run->directory = restore_home(&run->restore);
    else if (run->restore.branch) {
        if (asprintf(&run->directory, "out/%s-%llu-from-%llu", run->name,
                     (unsigned long long)run->scenario.swarm.seed,
                     (unsigned long long)run->restore.head.tick) < 0)
            run->directory = NULL;
    } else if (asprintf(&run->directory, "out/%s-%llu", run->name,
                        (unsigned long long)run->scenario.swarm.seed) < 0)
        run->directory = NULL;
    if (run->directory == NULL)
        abort();
    size_t size = strlen(run->directory);
    while (size > 1 && run->directory[size - 1] == '/')
        run->directory[--size] = '\0';
    if (run->restore.branch && restore_is_home(&run->restore, run->directory))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s is where the checkpoint lies; a branch is a run of its own, so name another "
            "directory with -o.",
            run->directory);
    return directory_check(&run_directory_kind, run->directory, run->options->force, error_out);
}

// How often checkpoints are to be written: as typed, or as the run that is taken up had it.
static entrain_status choose_pace(run_state *run, entrain_error *error_out) {
    run->pace_typed = run->options->checkpoint_every;
    if (run->pace_typed != NULL && run->directory == NULL)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "--checkpoint-every writes into the run's directory, and with -o - there is none.");
    if (run->pace_typed == NULL && run->directory != NULL && run->restore.given &&
        run->restore.head.pace[0] != '\0')
        run->pace_typed = run->restore.head.pace;
    return run->pace_typed != NULL ? checkpoint_pace_read(run->pace_typed, &run->pace, error_out)
                                   : ENTRAIN_OK;
}

// Whether it goes on in the directory of its checkpoint.
static bool continues_at_home(const run_state *run) {
    return run->restore.given && !run->restore.branch && restore_is_home(&run->restore, run->directory);
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
        const bool home = continues_at_home(run);
        status = directory_prepare(home ? &continued_directory_kind : &run_directory_kind, run->directory,
                                   run->options->force, &replaced, &run->lock, error_out);
        replaced = replaced && !home;
        if (status != ENTRAIN_OK)
            return status;
        json_t *manifest = manifest_json(run->name, &run->scenario, entrain_swarm_engine(run->body.swarm));
        restore_put_branched(&run->restore, true, manifest);
        status = run_file_write_json(run->directory, "manifest.json", manifest, error_out);
        json_decref(manifest);
        if (status != ENTRAIN_OK)
            return status;
    }
    if (replaced)
        say_note("replacing the earlier run in %s", run->directory);
    const entrain_kuramoto_config *model = entrain_kuramoto_look(entrain_swarm_population(run->body.swarm));
    char further[GOAL_COLUMNS_BYTES];
    goal_report_names(&run->body.goal, further);
    status = restore_record(&run->restore, run->directory, model != NULL ? model->group_count : 1, further,
                            &run->recorder, error_out);
    if (status == ENTRAIN_OK && run->options->timeline != NULL)
        status = run_file_open_path(run->options->timeline, &run->timeline, error_out);
    return status;
}

static entrain_status on_sample(void *context, const entrain_phase_sample *sample, entrain_error *error_out) {
    run_state *run = context;
    char further[GOAL_COLUMNS_BYTES];
    entrain_status status = run_body_sample(&run->body, sample, error_out);
    if (status != ENTRAIN_OK)
        return status;
    goal_report_values(&run->body.goal, sample, further);
    return recorder_sample(run->recorder, sample, further, entrain_swarm_engine(run->body.swarm), error_out);
}

static void on_event(void *context, uint32_t index) {
    run_state *run = context;
    const event_facts event = events_at(run->body.events.list, index);
    run_body_event(&run->body, index);
    run->asked += event.asked;
    if (event.asked && run->asked > ASKED_SHOWN + 1)
        return;
    if (event.asked && run->asked > ASKED_SHOWN)
        say_note("on_sample goes on so; summary.json lists what it does");
    else
        say_note("t = %.6g s, tick %s%s: %s", event.at_s, text_count(event.tick).text,
                 event.asked ? ", on_sample" : "", event.what);
}

static uint64_t next_boundary(void *context, uint64_t tick) {
    const run_state *run = context;
    const uint64_t checkpoint = checkpoint_next(&run->checkpoints, tick);
    const uint64_t snapshot = run->directory != NULL ? snapshots_next(&run->scenario, tick) : UINT64_MAX;
    return checkpoint < snapshot ? checkpoint : snapshot;
}

static entrain_status on_boundary(void *context, bool stopped, entrain_error *error_out) {
    run_state *run = context;
    const uint64_t tick = entrain_swarm_tick(run->body.swarm);
    if (run->directory != NULL && !stopped) {
        entrain_status status = snapshots_look(&run->scenario, run->body.swarm, run->directory, error_out);
        if (status != ENTRAIN_OK)
            return status;
    }
    if (run->checkpoints.path != NULL && !run->checkpoints.written) // whether it can be
        return checkpoint_write(&run->checkpoints, error_out);
    checkpoint_look(&run->checkpoints, tick, stopped);
    return ENTRAIN_OK;
}

static void tell_checkpoint(const void *context, char *text_out, size_t size) {
    checkpoint_tell(&((const run_state *)context)->checkpoints, text_out, size);
}

static void begin_checkpoints(run_state *run) {
    const checkpoint_parts parts = {.name = run->name,
                                    .given = &run->scenario,
                                    .origin = restore_origin(&run->restore),
                                    .branched = run->restore.branched,
                                    .pace = run->pace_typed,
                                    .body = &run->body,
                                    .position = &run->position,
                                    .recorder = run->recorder};
    if (run->pace_typed == NULL)
        return;
    checkpoint_begin(&run->checkpoints, run->directory, run->pace, &parts, run->scenario.tick_count);
    run->checkpoints.written = continues_at_home(run);
    run->checkpoints.tick = run->restore.head.tick;
}

// What is out of the ordinary, before it begins.
static void tell_beginning(const run_state *run) {
    const double bytes = run->directory != NULL ? snapshots_bytes(&run->scenario) : 0;
    if (run->restore.branch)
        say_note("a branch of %s at t = %.6g s, tick %s%s%s", run->restore.head.path,
                 run->restore.head.time_s, text_count(run->restore.head.tick).text,
                 run->restore.changed[0] != '\0' ? ": " : "", run->restore.changed);
    if (run->restore.branch && run->body.events.next > 0)
        say_note("%s up to there %s passed over", text_counted(run->body.events.next, "event").text,
                 run->body.events.next == 1 ? "is" : "are");
    if (run->restore.given && !run->restore.branch)
        say_note("going on from %s at t = %.6g s, tick %s", run->restore.head.path, run->restore.head.time_s,
                 text_count(run->restore.head.tick).text);
    if (bytes >= 1e9)
        say_note("snapshots: %s of %s each, %s in all, in %s/" SNAPSHOTS_FOLDER,
                 text_count(snapshots_count(&run->scenario)).text,
                 text_bytes(bytes / (double)snapshots_count(&run->scenario)).text, text_bytes(bytes).text,
                 run->directory);
    if (run->directory == NULL && run->scenario.snapshot_every_ticks > 0)
        say_note("there are no snapshots, because with -o - there is no directory");
}

static run_end carry_out(run_state *run, entrain_error *error_out) {
    entrain_engine *engine = entrain_swarm_engine(run->body.swarm);
    const scenario *given = &run->scenario;
    run_plan plan = {.swarm = run->body.swarm,
                     .tick_count = given->tick_count,
                     .record_every_ticks = given->record_every_ticks,
                     .begun_tick = restore_begun_tick(&run->restore),
                     .stop = given->stop,
                     .events = &run->body.events,
                     .on_sample = on_sample,
                     .context = run,
                     .position = &run->position,
                     .on_boundary = on_boundary,
                     .next_boundary = next_boundary};
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
    begin_checkpoints(run);
    tell_beginning(run);
    progress_begin(NULL, given->tick_count, entrain_engine_step_s(engine), given->stop.enabled,
                   run->options->quiet);
    progress_from(entrain_swarm_tick(run->body.swarm));
    progress_coherence(run->position.sample.coherence);
    progress_add(tell_checkpoint, run);
    run->body.carried_s = wall_now_s();
    if (run->options->timeout_s > 0)
        entrain_engine_set_deadline(engine, run->options->timeout_s);
    run_end end = run_loop(&plan, error_out);
    progress_end();
    return end;
}

// Everything that is owed once the last sample is taken, except pictures.
static entrain_status write_rest(run_state *run, run_end end, entrain_error *error_out) {
    run_body_finish(&run->body, end);
    restore_put_branched(&run->restore, false, run->body.summary);
    checkpoint_json(&run->checkpoints, run->body.execution);
    if (run->restore.given)
        restore_json(&run->restore, run->body.swarm, &run->scenario, run->body.execution);
    entrain_status status = recorder_close(run->recorder, error_out);
    if (run->directory == NULL || status != ENTRAIN_OK)
        return status;
    status = recorder_write_phases(run->directory, entrain_swarm_population(run->body.swarm),
                                   run->body.phases.effective, error_out);
    if (status == ENTRAIN_OK)
        status = run_file_write_json(run->directory, "execution.json", run->body.execution, error_out);
    // Last: a directory with a summary is a run that ended.
    if (status == ENTRAIN_OK)
        status = run_file_write_json(run->directory, "summary.json", run->body.summary, error_out);
    return status;
}

static void draw(const run_state *run) {
    entrain_error error = {0};
    entrain_status status = plot_run(run->directory, &error);
    drawing_say_missing(status, &error);
}

static entrain_status report(const run_state *run, entrain_error *error_out) {
    FILE *to = run->directory == NULL ? stderr : stdout;
    if (run->options->json && run->options->explain) // not of the file: it can be told again
        json_object_set_new(run->body.summary, "explained", explain_json(run->body.summary));
    if (run->options->json)
        return summary_print_json(stdout, run->body.summary, run->body.execution, run->directory, error_out);
    if (!run->options->quiet)
        summary_print(to, run->body.summary, run->body.execution, run->directory);
    if (run->options->explain)
        explain_print(to, run->body.summary);
    return ENTRAIN_OK;
}

static int after_run(run_state *run, run_end end, entrain_error *error) {
    if (end == RUN_END_CALLER) { // a file or stdout could not be written
        if (recorder_reader_gone(run->recorder))
            return EXIT_DONE;
        say_error("%s", error->sentence);
        if (run->checkpoints.path != NULL && run->checkpoints.written)
            say_note("once that is mended, entrain run --restore %s goes on from tick %s", run->directory,
                     text_count(run->checkpoints.tick).text);
        return EXIT_FAILED;
    }
    entrain_error later = {0};
    if (end == RUN_END_FAILED)
        say_error("%s", error->sentence);
    if (run->body.outcome.count == 0)
        return EXIT_FAILED;
    if (!run->options->no_control && run->restore.branched == NULL)
        run_body_control(&run->body, end, run->options->control);
    if (write_rest(run, end, &later) != ENTRAIN_OK) {
        say_error("%s", later.sentence);
        return EXIT_FAILED;
    }
    bool interrupted = end == RUN_END_INTERRUPTED;
    char onward[300] = "";
    if (run->checkpoints.path != NULL && run->checkpoints.written)
        snprintf(onward, sizeof onward, "; entrain run --restore %.200s goes on from tick %s", run->directory,
                 text_count(run->checkpoints.tick).text);
    if (interrupted)
        say_note("interrupted at tick %s; %s%s", text_count(run->body.outcome.last.tick).text,
                 run->directory != NULL ? "all files are complete up to there"
                                        : "the series is complete up to there",
                 onward);
    if (end == RUN_END_TIMEOUT)
        say_note("the %g s of --timeout are over at tick %s%s", run->options->timeout_s,
                 text_count(run->body.outcome.last.tick).text, onward);
    if (run->directory != NULL && !interrupted)
        draw(run);
    if (report(run, &later) != ENTRAIN_OK) {
        say_error("%s", later.sentence);
        return EXIT_FAILED;
    }
    if (run_body_check(&run->body, &later) != ENTRAIN_OK) {
        say_error("%s", later.sentence);
        return EXIT_FAILED;
    }
    if (end == RUN_END_FAILED)
        return EXIT_FAILED;
    if (run->options->require_goal && !interrupted && !goal_report_met(&run->body.goal)) {
        say_error("the goal was not met: %s",
                  json_string_value(json_object_get(json_object_get(run->body.summary, "goal"), "why")));
        return EXIT_GOAL;
    }
    return interrupted || interrupt_requested() ? EXIT_INTERRUPTED : EXIT_DONE;
}

// Whatever became of the run: a timeline is owed as far as it went. Changes *code where it cannot be written.
static void finish_timeline(run_state *run, int *code) {
    entrain_error error = {0};
    if (run->timeline.stream == NULL)
        return;
    const entrain_scheduler *scheduler = entrain_engine_scheduler(entrain_swarm_engine(run->body.swarm));
    if (timeline_file_finish(&run->timeline, scheduler, &error) == ENTRAIN_OK)
        return;
    say_error("%s", error.sentence);
    *code = EXIT_FAILED;
}

static void run_state_fini(run_state *run) {
    interrupt_watch(NULL);
    run_file_abandon(&run->timeline);
    recorder_destroy(run->recorder);
    run_body_end(&run->body);
    checkpoint_end(&run->checkpoints);
    restore_close(&run->restore);
    scenario_free(&run->scenario);
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
    goal_report_foresee(&run->body.goal, &run->scenario);
    if (required && run->scenario.swarm.kind != ENTRAIN_SWARM_AGENTS) {
        say_error("--require-goal: %s has no goal; give it one (goal = \"...\", or --goal).",
                  run->options->operand != NULL ? run->options->operand : run->restore.head.path);
        return EXIT_USAGE;
    }
    if (run->body.goal.unreachable[0] == '\0')
        return EXIT_DONE;
    if (required)
        say_error("the goal cannot be met, so nothing was run. %s", run->body.goal.unreachable);
    else
        say_note("the goal cannot be met. %s", run->body.goal.unreachable);
    return required ? EXIT_GOAL : EXIT_DONE;
}

// The scenario, and its name.
static entrain_status load(run_state *run, entrain_error *error_out) {
    const cli_options *options = run->options;
    const scenario_source source = {.path = options->operand,
                                    .sets = options->sets,
                                    .set_count = options->set_count,
                                    .disruptions = options->disruptions,
                                    .disruption_count = options->disruption_count};
    const bool taken_up = options->restore != NULL;
    entrain_status status = taken_up ? restore_open(&run->restore, options, &run->scenario, error_out)
                                     : scenario_load(&source, &run->scenario, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (taken_up && (options->operand == NULL || !options->branch))
        run->name = strdup(run->restore.head.name);
    else
        run->name = scenario_name(options->operand, &run->scenario);
    if (run->name == NULL)
        abort();
    return ENTRAIN_OK;
}

int command_run(const cli_options *options) {
    if (options->json && options->output != NULL && strcmp(options->output, "-") == 0) {
        say_error("-o - and --json both want stdout; use one of them.");
        return EXIT_USAGE;
    }
    bool was_script = false;
    const int script_code = options->restore == NULL ? script_run(options, &was_script) : EXIT_DONE;
    if (was_script)
        return script_code;
    if (options->resume) {
        say_error("--resume goes on with a script or a sweep, and %s is a scenario; leave it out.",
                  options->operand);
        return EXIT_USAGE;
    }
    run_state run = {.options = options, .lock = -1, .body.begun_s = wall_now_s()};
    const char *where = options->operand;
    entrain_error error = {0};
    entrain_status status = load(&run, &error);
    if (status != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        run_state_fini(&run);
        return exit_for(status);
    }
    if (where == NULL)
        where = run.restore.head.place;
    if (run.scenario.sweep != NULL)
        say_note("%s also says what to sweep; this runs it once, `entrain sweep %s` runs it all", run.name,
                 where);
    run.body.given = &run.scenario;
    run.body.name = run.name;
    run.body.where = where;
    run.body.timeout_s = options->timeout_s;
    run.body.quiet = options->quiet;
    run.body.notes = true;
    int code = look_ahead(&run);
    if (code != EXIT_DONE) {
        run_state_fini(&run);
        return code;
    }
    code = EXIT_USAGE;
    status = choose_directory(&run, &error);
    if (status == ENTRAIN_OK)
        status = choose_pace(&run, &error);
    if (status == ENTRAIN_OK)
        status = snapshots_check(&run.scenario, where, &error);
    if (status == ENTRAIN_OK)
        status = choose_timeline(&run, &error);
    if (status == ENTRAIN_OK) {
        status = run.restore.given ? restore_begin(&run.restore, &run.body, &run.position, &error)
                                   : run_body_begin(&run.body, &error);
        run.body.events.told = on_event;
        run.body.events.context = &run;
        code = exit_for(status);
    }
    if (status == ENTRAIN_OK) {
        interrupt_watch(entrain_swarm_engine(run.body.swarm));
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
        say_refusal(where, error.sentence);
    }
    run_state_fini(&run);
    return code;
}
