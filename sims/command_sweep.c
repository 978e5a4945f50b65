// entrain sweep: one scenario, many values, one table.
//
//   plan -> directory -> journal (new, or an earlier one's) -> runs -> tables, findings, picture
//
// Nothing is written or removed before every value is known to be good. What the journal has is never done
// again; its last line says that all was done, and then the tables were written.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entrain/engine.h"
#include "sims/drawing.h"
#include "sims/options.h"
#include "sims/report.h"
#include "sims/say.h"
#include "sims/sweep_execute.h"
#include "sims/sweep_results.h"
#include "sims/sweep_values.h"

#define JOURNAL "runs.jsonl"
#define JOURNAL_END "end" // the key of the entry that says that all was done

enum { ROWS_KEPT_MAX = 20000 };

typedef struct sweep_state {
    const cli_options *options;
    sweep_plan *plan;
    char *directory;
    int lock; // of the directory; -1: none
    journal *log;
    json_t **rows;
    sweep_tally tally;
} sweep_state;

static int exit_for(entrain_status status) {
    if (status == ENTRAIN_CANCELLED)
        return EXIT_INTERRUPTED;
    return status == ENTRAIN_NO_MEMORY || status == ENTRAIN_SYSTEM ? EXIT_FAILED : EXIT_USAGE;
}

static entrain_status choose_directory(sweep_state *sweep, entrain_error *error_out) {
    const char *output = sweep->options->output;
    if (output != NULL && strcmp(output, "-") == 0)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "-o takes a directory here: a sweep keeps what it has done in it; --json prints its "
            "end on stdout.");
    if (output != NULL)
        sweep->directory = strdup(output);
    else if (asprintf(&sweep->directory, "out/%s-sweep", sweep->plan->name) < 0)
        sweep->directory = NULL;
    if (sweep->directory == NULL)
        abort();
    size_t size = strlen(sweep->directory);
    while (size > 1 && sweep->directory[size - 1] == '/')
        sweep->directory[--size] = '\0';
    return ENTRAIN_OK;
}

// ---- the journal's first line, and whether an earlier one is of this sweep

static json_t *header_json(const sweep_plan *plan) {
    char hash[20];
    snprintf(hash, sizeof hash, "%016" PRIx64, plan->hash);
    json_t *header = json_object();
    json_object_set_new(header, "format", json_string(SWEEP_FORMAT));
    json_object_set_new(header, "format_version", json_integer(RUN_FORMAT_VERSION));
    json_object_set_new(header, "version", json_string(entrain_version()));
    json_object_set_new(header, "hash", json_string(hash));
    json_object_set_new(header, "runs", json_integer(plan->run_count));
    json_object_set(header, "sweep", plan->json);
    json_object_set(header, "scenario", plan->base);
    return header;
}

// The first key, in full, at which two tables differ; false: nowhere.
static bool first_difference(const json_t *was, const json_t *is, char *path, size_t size,
                             const json_t **was_out, const json_t **is_out) {
    const json_t *tables[2] = {was, is};
    const size_t used = strlen(path);
    for (int t = 0; t < 2; t++) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)tables[t], key, value) {
            const json_t *before = json_object_get(was, key), *now = json_object_get(is, key);
            if (before != NULL && now != NULL && json_equal((json_t *)before, (json_t *)now))
                continue;
            snprintf(path + used, size - used, "%s%s", used > 0 ? "." : "", key);
            if (json_is_object(before) && json_is_object(now))
                return first_difference(before, now, path, size, was_out, is_out);
            *was_out = before;
            *is_out = now;
            return true;
        }
    }
    return false;
}

// Lists of as many values are told apart by what is in them.
static wording word_beside(const json_t *value, const json_t *other) {
    wording words = words_value(value);
    if (strcmp(words.text, words_value(other).text) != 0)
        return words;
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (text != NULL)
        words = words_text(text);
    free(text);
    return words;
}

// One sentence: what is another now.
static entrain_status refuse_other(const sweep_state *sweep, const json_t *header, entrain_error *error_out) {
    static const char advice[] = "name another directory with -o, or begin again with --force";
    const sweep_plan *plan = sweep->plan;
    const char *version = json_string_value(json_object_get(header, "version"));
    const json_t *was = NULL, *is = NULL;
    char path[200] = "";
    if (version == NULL || strcmp(version, entrain_version()) != 0)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "--resume: the sweep in %s was begun by Entrain %s and this is %s, whose results may "
            "differ; %s.",
            sweep->directory, version != NULL ? version : "?", entrain_version(), advice);
    if (!first_difference(json_object_get(header, "sweep"), plan->json, path, sizeof path, &was, &is) &&
        !first_difference(json_object_get(header, "scenario"), plan->base, path, sizeof path, &was, &is))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "--resume: the text of %s, or of a file that it names, is another than when the sweep "
            "in %s began; %s.",
            plan->path, sweep->directory, advice);
    return entrain_error_set(error_out, ENTRAIN_INVALID,
                             "--resume: the sweep in %s began with another %s (%s, now %s); %s.",
                             sweep->directory, path, was != NULL ? word_beside(was, is).text : "nothing",
                             is != NULL ? word_beside(is, was).text : "nothing", advice);
}

static entrain_status open_earlier(sweep_state *sweep, const char *path, entrain_error *error_out) {
    json_t *header = NULL;
    char hash[20];
    entrain_status status = journal_open(path, &header, &sweep->log, error_out);
    if (status != ENTRAIN_OK)
        return status;
    snprintf(hash, sizeof hash, "%016" PRIx64, sweep->plan->hash);
    const char *was = json_string_value(json_object_get(header, "hash"));
    const char *version = json_string_value(json_object_get(header, "version"));
    if (was == NULL || strcmp(was, hash) != 0 || version == NULL || strcmp(version, entrain_version()) != 0)
        status = refuse_other(sweep, header, error_out);
    json_decref(header);
    return status;
}

// But for the one that says that all was done: a sweep may have gone on after it, with more runs (--only).
static size_t entries_of(const journal *log) {
    return journal_count(log) - (journal_find(log, JOURNAL_END) != NULL);
}

// Whether @p path is a journal whose sweep has not come to its end.
static bool is_unfinished(const char *path) {
    json_t *header = NULL;
    journal *log = NULL;
    entrain_error ignored = {0};
    if (access(path, F_OK) != 0)
        return false;
    if (journal_read(path, &header, &log, &ignored) != ENTRAIN_OK)
        return true; // torn: --resume says how
    const json_t *end = journal_find(log, JOURNAL_END);
    const bool finished =
        end != NULL && entries_of(log) == (size_t)json_integer_value(json_object_get(end, "entries"));
    json_decref(header);
    journal_close(log);
    return !finished;
}

static entrain_status begin_new(sweep_state *sweep, const char *path, entrain_error *error_out) {
    bool replaced = false;
    entrain_status status = directory_prepare(&sweep_directory_kind, sweep->directory, sweep->options->force,
                                              &replaced, &sweep->lock, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (replaced)
        say_note("replacing the earlier sweep in %s", sweep->directory);
    json_t *manifest = sweep_manifest_json(sweep->plan, sweep->options->typed);
    status = run_file_write_json(sweep->directory, "manifest.json", manifest, error_out);
    json_decref(manifest);
    if (status != ENTRAIN_OK)
        return status;
    json_t *header = header_json(sweep->plan);
    status = journal_create(path, header, &sweep->log, error_out);
    json_decref(header);
    return status;
}

static entrain_status begin(sweep_state *sweep, int *code, entrain_error *error_out) {
    const cli_options *options = sweep->options;
    entrain_status status = choose_directory(sweep, error_out);
    *code = EXIT_USAGE;
    if (status == ENTRAIN_OK)
        status = directory_check(&sweep_directory_kind, sweep->directory, options->force, error_out);
    if (status != ENTRAIN_OK)
        return status;
    char *path = path_join(sweep->directory, JOURNAL);
    const bool has = sweep_directory_kind.is_ours(sweep->directory) && access(path, F_OK) == 0;
    if (options->resume && has)
        status = open_earlier(sweep, path, error_out);
    else if (!options->force && has && is_unfinished(path))
        status = entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s holds a sweep that has not come to its end; go on with --resume, begin again "
            "with --force, or name another directory with -o.",
            sweep->directory);
    else {
        status = begin_new(sweep, path, error_out);
        *code = EXIT_FAILED;
    }
    free(path);
    return status;
}

// ---- the end

static json_t *tally_json(const sweep_state *sweep) {
    const sweep_tally *tally = &sweep->tally;
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:b}", "format", "entrain-sweep-end",
                     "directory", sweep->directory, "name", sweep->plan->name, "runs", (int)tally->total,
                     "done", (int)tally->done, "failed", (int)tally->failed, "earlier", (int)tally->earlier,
                     "wall_s", tally->wall_s, "busy", tally->busy, "interrupted", tally->interrupted);
}

static void print_end(const sweep_state *sweep, const sweep_table *table) {
    const sweep_tally *tally = &sweep->tally;
    sweep_findings(table, stdout);
    printf("%s in %s", text_counted(tally->done - tally->earlier, "run").text,
           text_duration(tally->wall_s).text);
    if (tally->earlier > 0)
        printf(", %s earlier", text_count(tally->earlier).text);
    if (tally->wall_s >= 1)
        printf("; workers %.0f %% busy", 100 * tally->busy);
    printf("\n%s: report.html, results.csv, aggregate.csv\n", sweep->directory);
}

static void put_command(const sweep_state *sweep) {
    say_note("interrupted after %s of %s; to go on: %s%s", text_count(sweep->tally.done).text,
             text_counted(sweep->tally.total, "run").text, sweep->options->typed_on,
             sweep->options->resume ? "" : " --resume");
}

static int finish(sweep_state *sweep) {
    const sweep_tally *tally = &sweep->tally;
    const cli_options *options = sweep->options;
    entrain_error error = {0};
    entrain_status status =
        sweep_results_write(sweep->directory, sweep->plan, sweep->rows, sweep->log, &error);
    const bool whole = !tally->interrupted && !tally->stopped && tally->done >= tally->total;
    if (status == ENTRAIN_OK && whole) {
        json_t *end = json_pack("{s:I, s:i, s:i}", "entries", (json_int_t)entries_of(sweep->log), "runs",
                                (int)tally->total, "failed", (int)tally->failed);
        status = journal_append(sweep->log, JOURNAL_END, end, &error);
        json_decref(end);
    }
    sweep_table table;
    const bool has_table = status == ENTRAIN_OK && tally->done > 0;
    if (has_table && !tally->interrupted) {
        status = sweep_table_read(sweep->directory, &table, &error);
        if (status == ENTRAIN_OK) {
            entrain_error undrawn = {0};
            entrain_status drawn = sweep_plot(sweep->directory, &table, NULL, &undrawn);
            drawing_say_missing(drawn, &undrawn);
            if (report_write(sweep->directory, &undrawn) != ENTRAIN_OK)
                say_note("there is no report.html: %s", undrawn.sentence);
            if (!options->json && !options->quiet)
                print_end(sweep, &table);
            sweep_table_free(&table);
        }
    }
    if (status != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return EXIT_FAILED;
    }
    if (options->json) {
        json_t *end = tally_json(sweep);
        json_dumpf(end, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
        putchar('\n');
        json_decref(end);
    }
    if (tally->interrupted) {
        put_command(sweep);
        return EXIT_INTERRUPTED;
    }
    if (tally->failed > 0)
        say_note("%s failed; the column reason of %s/results.csv says why%s",
                 text_counted(tally->failed, "run").text, sweep->directory,
                 tally->stopped ? "; the others were left out (--on-error stop), --resume does them" : "");
    return tally->failed > 0 ? EXIT_PARTLY : EXIT_DONE;
}

static int carry_out(sweep_state *sweep) {
    entrain_error error = {0};
    int code;
    entrain_status status = begin(sweep, &code, &error);
    if (status != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return code;
    }
    const cli_options *options = sweep->options;
    const sweep_execution what = {.plan = sweep->plan,
                                  .log = sweep->log,
                                  .scope = "",
                                  .workers = options->jobs,
                                  .timeout_s = options->timeout_s,
                                  .on_error_stop = options->on_error_stop,
                                  .quiet = options->quiet,
                                  .json = options->json,
                                  .lean = sweep->plan->run_count > ROWS_KEPT_MAX};
    status = sweep_execute(&what, &sweep->rows, &sweep->tally, &error);
    if (status == ENTRAIN_OK)
        return finish(sweep);
    say_error("%s", error.sentence);
    if (sweep->log != NULL)
        say_note("what was done is kept; to go on: %s%s", options->typed_on,
                 options->resume ? "" : " --resume");
    return EXIT_FAILED;
}

static int dry_run(const cli_options *options, const sweep_plan *plan) {
    if (!options->json) {
        sweep_plan_print(plan, stdout);
        return EXIT_DONE;
    }
    for (uint32_t i = 0; i < plan->run_count; i++) { // a line each: there may be millions
        const sweep_run *run = &plan->runs[i];
        if (!run->chosen)
            continue;
        char *command = sweep_plan_command(plan, i);
        json_t *line =
            json_pack("{s:i, s:i, s:i, s:I, s:O, s:s?, s:s?, s:f}", "run", (int)run->index, "point",
                      (int)run->point, "replica", (int)run->replica, "seed", (json_int_t)run->seed, "values",
                      run->values, "direction", run->direction, "command", command, "cost_s",
                      plan->units[run->unit].cost / plan->units[run->unit].run_count);
        json_dumpf(line, stdout, JSON_COMPACT | JSON_SORT_KEYS);
        putchar('\n');
        json_decref(line);
        free(command);
    }
    return EXIT_DONE;
}

int command_sweep(const cli_options *options) {
    const scenario_source source = {.path = options->operand,
                                    .sets = options->sets,
                                    .set_count = options->set_count,
                                    .disruptions = options->disruptions,
                                    .disruption_count = options->disruption_count};
    const sweep_words words = {
        .replicas = options->replicas, .only = options->only, .order = options->order, .find = options->find};
    sweep_state sweep = {.options = options, .lock = -1};
    entrain_error error = {0};
    if (options->resume && options->force) {
        say_error("--resume goes on and --force begins again; use one of them.");
        return EXIT_USAGE;
    }
    entrain_status status = sweep_plan_make(&source, &words, &sweep.plan, &error);
    if (status != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return exit_for(status);
    }
    const int code = options->dry_run ? dry_run(options, sweep.plan) : carry_out(&sweep);
    if (sweep.rows != NULL)
        sweep_rows_free(sweep.rows, sweep.plan->run_count);
    journal_close(sweep.log);
    sweep_plan_free(sweep.plan);
    free(sweep.directory);
    if (sweep.lock >= 0)
        close(sweep.lock);
    return code;
}
