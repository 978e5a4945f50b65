// entrain run SCRIPT.lua: a script that asks for runs.
//
//   text looked at (may it be one?) -> run in the sandbox, what it prints held back
//     -> its first simulate, sweep or csv: it is one; the directory is made ready, what it printed is said
//     -> its end: files get their names, output.txt last
//
// One that returns a table without such a call is a scenario: nothing has been said or written, and
// `entrain run` goes on with it.
#include "sims/script.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/interrupt.h"
#include "sims/lua_script.h"
#include "sims/say.h"
#include "sims/scenario_text.h"
#include "sims/script_calls.h"
#include "sims/script_directory.h"

enum { FILES_MAX = 100, GIVEN_NAMES_MAX = 64 };
#define TEXT_BYTES_MAX ((size_t)16 << 20)
#define SAID_BYTES_MAX ((size_t)64 << 20)
#define MEMORY_BYTES ((size_t)512 << 20)

typedef struct script_session {
    const cli_options *options;
    char *path;                // of the script: opens sentences, and files it names begin at its folder
    char *name, *text, *where; // where: the directory
    size_t size;               // of text
    json_t *given, *machine;
    script_facts facts;
    script_calls calls;
    script_directory directory;
    bool begun;
    int code;   // where calls.over is set
    char *held; // what was printed before it was begun
    size_t held_bytes, said_bytes;
    run_file output;
    csv_file *files[FILES_MAX];
    uint32_t file_count;
} script_session;

// --- The text

// "size_ladder" from "sims/size_ladder.lua".
static char *name_of(const char *path) {
    const char *base = strrchr(path, '/');
    base = base != NULL ? base + 1 : path;
    const char *dot = strrchr(base, '.');
    char *name = strndup(base, dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base));
    if (name == NULL)
        abort();
    return name;
}

static bool ends_with(const char *text, const char *end) {
    const size_t size = strlen(text), end_size = strlen(end);
    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

// A manifest.json of an earlier run of a script: text, name, arguments and seed are in it.
static bool read_manifest(script_session *script) {
    json_t *manifest = json_load_file(script->options->operand, 0, NULL);
    const char *format = json_string_value(json_object_get(manifest, "format"));
    const char *text = json_string_value(json_object_get(manifest, "text"));
    const char *name = json_string_value(json_object_get(manifest, "name"));
    const char *path = json_string_value(json_object_get(manifest, "script"));
    json_t *given = json_object_get(manifest, "given");
    const bool is = format != NULL && strcmp(format, SCRIPT_FORMAT) == 0 && text != NULL && name != NULL &&
                    path != NULL && strchr(name, '/') == NULL && json_is_object(given);
    if (is) {
        script->text = strdup(text);
        script->name = strdup(name);
        free(script->path);
        script->path = strdup(path);
        script->given = json_deep_copy(given);
        script->calls.seed = (uint64_t)json_integer_value(json_object_get(manifest, "seed"));
        if (script->text == NULL || script->name == NULL || script->path == NULL || script->given == NULL)
            abort();
        script->size = strlen(text);
    }
    json_decref(manifest);
    return is;
}

// False: it is no script, as far as one can see without running it.
static bool read_text(script_session *script) {
    entrain_error unread = {0}; // a scenario's reader says it better
    if (ends_with(script->path, ".json"))
        return read_manifest(script);
    if (!ends_with(script->path, ".lua") ||
        words_read_file(script->path, TEXT_BYTES_MAX, &script->text, &script->size, &unread) != ENTRAIN_OK)
        return false;
    script->name = name_of(script->path); // NOLINT(clang-analyzer-unix.Malloc): free_session() does
    script->given = json_object();
    return script_may_be(script->text, script->size);
}

// --- The command line

// "1000", "1e6" and "0.5" as numbers, true and false, and else the text. Whole numbers are integers in
// Lua, however written.
static json_t *value_of(const char *text) {
    char *end = NULL;
    errno = 0;
    const double number = strtod(text, &end);
    const bool plain = text[0] != '\0' && strspn(text, "0123456789+-.eE") == strlen(text);
    if (plain && end != NULL && *end == '\0' && isfinite(number))
        return number == floor(number) && fabs(number) < 0x1p53 ? json_integer((json_int_t)number)
                                                                : json_real(number);
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(text[0] == 't');
    return json_string(text);
}

static bool is_name(const char *text, size_t size) {
    if (size == 0 || size > 40 || isdigit((unsigned char)text[0]))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_')
            return false;
    return true;
}

// Takes --set script.NAME=VALUE, --seed and --workers; false with the sentence for any other, which a
// scenario may still take.
static entrain_status take_sets(script_session *script, entrain_error *error_out) {
    const cli_options *options = script->options;
    entrain_status status = ENTRAIN_OK;
    for (uint32_t i = 0; i < options->set_count; i++) {
        const char *set = options->sets[i], *equals = strchr(set, '=');
        char key[60];
        if (equals == NULL)
            continue;
        json_t *value = value_of(equals + 1);
        const json_int_t integer = json_integer_value(value);
        snprintf(key, sizeof key, "%.*s", equals - set < 60 ? (int)(equals - set) : 59, set);
        if (strncmp(key, "script.", 7) == 0 && is_name(key + 7, strlen(key + 7)) && value != NULL) {
            json_object_set(script->given, key + 7, value);
        } else if (strcmp(key, "seed") == 0 && json_is_integer(value) && integer >= 0) {
            script->calls.seed = (uint64_t)integer;
        } else if (strcmp(key, "exec.workers") == 0 && json_is_integer(value) && integer >= 1 &&
                   integer <= 256) {
            script->calls.workers = (uint32_t)integer;
        } else if (status == ENTRAIN_OK) {
            status = entrain_error_set(error_out, ENTRAIN_INVALID,
                                       "%s is a script, which says itself what its runs are; --set %s does "
                                       "not reach them. What it is to be told is "
                                       "--set script.NAME=VALUE, which it reads as given.NAME; --seed and "
                                       "--workers are for all its runs.",
                                       script->path, words_text(set).text);
        }
        json_decref(value);
    }
    return status;
}

// Whether @p name stands as a word in @p text.
static bool speaks_of(const char *text, const char *name) {
    const size_t size = strlen(name);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at += size) {
        const bool begins = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_');
        if (begins && !isalnum((unsigned char)at[size]) && at[size] != '_')
            return true;
    }
    return false;
}

// What is told to a script that never asks for it is a slip of the pen.
static entrain_status check_given(const script_session *script, entrain_error *error_out) {
    char found[GIVEN_NAMES_MAX][48];
    const char *names[GIVEN_NAMES_MAX + 1] = {NULL}, *key;
    json_t *value;
    uint32_t count = 0;
    for (const char *at = script->text; (at = strstr(at, "given.")) != NULL && count < GIVEN_NAMES_MAX;) {
        at += 6;
        size_t size = 0;
        while (isalnum((unsigned char)at[size]) || at[size] == '_')
            size++;
        if (!is_name(at, size))
            continue;
        snprintf(found[count], sizeof found[count], "%.*s", (int)size, at);
        names[count] = found[count];
        count++;
    }
    json_object_foreach(script->given, key, value) {
        if (speaks_of(script->text, key))
            continue;
        const char *nearest = entrain_nearest_word(key, names);
        if (nearest == NULL && count > 0)
            nearest = names[0];
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                                 "--set script.%s: %s never asks for given.%s%s%s%s", key, script->path, key,
                                 nearest != NULL ? "; did you mean script." : ".",
                                 nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
    }
    return ENTRAIN_OK;
}

// What only a single run can take.
static entrain_status check_options(const cli_options *options, const char *path, entrain_error *error_out) {
    const char *name = options->timeline != NULL       ? "--timeline"
                       : options->disruption_count > 0 ? "--disrupt"
                       : options->checkpoint_every     ? "--checkpoint-every"
                       : options->branch               ? "--branch"
                       : options->require_goal         ? "--require-goal"
                       : options->control              ? "--control"
                       : options->no_control           ? "--no-control"
                       : options->explain              ? "--explain"
                       : options->json                 ? "--json"
                                                       : NULL;
    if (name != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s is for a single run, and %s is a script; leave it out.", name, path);
    if (options->output != NULL && strcmp(options->output, "-") == 0)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s is a script and says on stdout what it prints; -o takes a directory.",
                                 path);
    return ENTRAIN_OK;
}

// --- The host

static void put_said(script_session *script, const char *text, size_t size) {
    fwrite(text, 1, size, stdout);
    fwrite(text, 1, size, script->output.stream);
}

static entrain_status begin(script_calls *calls) {
    script_session *script = calls->context;
    entrain_error refused = {0};
    entrain_status status = take_sets(script, &refused);
    script->code = EXIT_USAGE;
    if (status == ENTRAIN_OK)
        status = check_options(script->options, script->path, &refused);
    if (status == ENTRAIN_OK)
        status = check_given(script, &refused);
    if (status == ENTRAIN_OK)
        status = script_directory_open(script->where, &script->facts, script->options->resume,
                                       script->options->force, &script->directory, &refused);
    if (status == ENTRAIN_OK)
        status = run_file_open(script->directory.path, "output.txt", &script->output, &refused);
    if (status != ENTRAIN_OK) {
        script->calls.over = true;
        script->calls.fatal = refused;
        return status;
    }
    script->begun = true;
    script->code = EXIT_FAILED;
    script->calls.log = script->directory.log;
    script->calls.changed = script->directory.changed;
    if (script->directory.resumed)
        say_note("going on in %s: what it holds is not run again%s", script->directory.path,
                 script->directory.changed ? "; the script has been changed since, and what it asks anew is"
                                           : "");
    if (script->held_bytes > 0)
        put_said(script, script->held, script->held_bytes);
    return ENTRAIN_OK;
}

static entrain_status on_simulate(void *context, sandbox *box, const char *where, json_t *tree,
                                  const json_t *options, json_t **result_out, entrain_error *error_out) {
    script_session *script = context;
    return script_calls_simulate(&script->calls, box, where, tree, options, result_out, error_out);
}

static entrain_status on_sweep(void *context, const char *where, json_t *tree, const json_t *options,
                               json_t **result_out, entrain_error *error_out) {
    script_session *script = context;
    return script_calls_sweep(&script->calls, where, tree, options, result_out, error_out);
}

static entrain_status on_csv(void *context, const char *where, const char *name, const char *const *columns,
                             uint32_t column_count, csv_file **file_out, entrain_error *error_out) {
    script_session *script = context;
    (void)where;
    entrain_status status = csv_check_name(name, error_out);
    for (uint32_t i = 0; status == ENTRAIN_OK && i < script->file_count; i++)
        if (strcmp(csv_name(script->files[i]), name) == 0)
            status = entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "csv: \"%s\" was begun before; keep its writer, or call this one something else.", name);
    if (status == ENTRAIN_OK && script->file_count == FILES_MAX)
        status =
            entrain_error_set(error_out, ENTRAIN_LIMIT, "csv: a script writes up to %d files.", FILES_MAX);
    if (status == ENTRAIN_OK && !script->calls.begun) {
        script->calls.begun = true;
        status = begin(&script->calls);
        if (status != ENTRAIN_OK)
            return script_calls_end(&script->calls, error_out);
    }
    if (status == ENTRAIN_OK)
        status = script_directory_add(&script->directory, script->file_count + 1, name, error_out);
    if (status == ENTRAIN_OK)
        status = csv_open(script->directory.path, name, columns, column_count, file_out, error_out);
    if (status == ENTRAIN_OK)
        script->files[script->file_count++] = *file_out;
    return status;
}

static bool on_print(void *context, const char *text, size_t size) {
    script_session *script = context;
    if (size > SAID_BYTES_MAX - script->said_bytes)
        return false;
    if (size == 0)
        return true;
    script->said_bytes += size;
    if (script->begun) {
        put_said(script, text, size);
        return true;
    }
    if (script->said_bytes > script->held_bytes) { // kept whole, twice the room when there is none left
        const size_t room = 2 * script->said_bytes;
        char *more = realloc(script->held, room);
        if (more == NULL)
            return false;
        script->held = more;
    }
    memcpy(script->held + script->held_bytes, text, size);
    script->held_bytes += size;
    return true;
}

static bool is_over(void *context) {
    const script_session *script = context;
    return script->calls.over || interrupt_requested();
}

// --- The end

static void say_how_to_go_on(const script_session *script) {
    const char *typed = script->options->typed_on;
    say_note("nothing that is done is lost; go on with: %s%s", typed,
             strstr(typed, " --resume") != NULL ? "" : " --resume");
}

static int finish(script_session *script) {
    entrain_error error = {0};
    entrain_status status = ENTRAIN_OK;
    for (uint32_t i = 0; i < script->file_count && status == ENTRAIN_OK; i++)
        status = csv_close(script->files[i], &error);
    if (status == ENTRAIN_OK)
        status = run_file_close(&script->output, &error);
    if (status != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        say_how_to_go_on(script);
        return EXIT_FAILED;
    }
    const script_calls *calls = &script->calls;
    char earlier[60] = "", failed[60] = "";
    if (calls->earlier > 0)
        snprintf(earlier, sizeof earlier, ", %u of them done before", calls->earlier);
    if (calls->failed > 0)
        snprintf(failed, sizeof failed, ", %u failed", calls->failed);
    say_note("%s%s%s; files in %s", text_counted(calls->runs, "run").text, earlier, failed,
             script->directory.path);
    return EXIT_DONE;
}

// A script that was begun, and did not come to its end. @p raised: what it raised; NULL: calls.fatal, or
// a signal.
static int leave(script_session *script, const char *raised) {
    const script_calls *calls = &script->calls;
    int code = EXIT_INTERRUPTED;
    if (script->begun)
        fflush(stdout);
    if (raised != NULL) {
        say_error("%s", raised);
        code = calls->runs > 0 ? EXIT_FAILED : EXIT_USAGE;
    } else if (calls->fatal.status != ENTRAIN_OK && calls->fatal.status != ENTRAIN_CANCELLED) {
        say_error("%s", calls->fatal.sentence);
        code = script->code;
    } else {
        say_note("interrupted after %s; files are complete up to there",
                 text_counted(calls->runs, "run").text);
    }
    if (calls->runs > 0 || code == EXIT_INTERRUPTED)
        say_how_to_go_on(script);
    return code;
}

static void free_session(script_session *script) {
    for (uint32_t i = 0; i < script->file_count; i++)
        csv_free(script->files[i]);
    run_file_abandon(&script->output);
    if (script->begun)
        script_directory_close(&script->directory);
    json_decref(script->given);
    json_decref(script->machine);
    free(script->path);
    free(script->name);
    free(script->text);
    free(script->where);
    free(script->held);
}

static int carry_out(script_session *script, bool *was_script_out) {
    const script_host host = {.simulate = on_simulate,
                              .sweep = on_sweep,
                              .csv = on_csv,
                              .print = on_print,
                              .over = is_over,
                              .given = script->given,
                              .machine = script->machine,
                              .context = script};
    sandbox_limits limits = sandbox_limits_defaults();
    limits.memory_bytes = MEMORY_BYTES;
    script_end end = SCRIPT_ENDED;
    entrain_error error = {0};
    const char *text = script->text;
    size_t size = script->size;
    scenario_skip_preamble(&text, &size);
    sandbox_run_script(script->path, text, size, &limits, &host, &end, &error);
    *was_script_out = script->begun || script->calls.over || end != SCRIPT_RETURNED;
    if (end == SCRIPT_RAISED && !script->begun && error.status == ENTRAIN_PARSE)
        *was_script_out = false; // the scenario's reader says the same
    if (!*was_script_out)
        return EXIT_DONE;
    if (end == SCRIPT_RAISED)
        return leave(script, error.sentence);
    if (end == SCRIPT_OVER)
        return leave(script, NULL);
    if (script->begun)
        return finish(script);
    if (script->held_bytes > 0)
        fwrite(script->held, 1, script->held_bytes, stdout);
    say_note("%s asked for no run and returned no scenario", script->path);
    return EXIT_DONE;
}

int script_run(const cli_options *options, bool *was_script_out) {
    *was_script_out = false;
    if (options->operand == NULL)
        return EXIT_DONE;
    script_session script = {.options = options,
                             .path = strdup(options->operand),
                             .directory = {.lock = -1},
                             .calls = {.seed = 1,
                                       .timeout_s = options->timeout_s,
                                       .quiet = options->quiet,
                                       .one = script_run_apart,
                                       .begin = begin}};
    script.calls.context = &script;
    entrain_error later = {0};
    int code = EXIT_DONE;
    if (script.path == NULL)
        abort();
    if (read_text(&script)) {
        take_sets(&script, &later); // what it refuses is told once this is known to be a script
        if (options->output != NULL)
            script.where = strdup(options->output);
        else if (asprintf(&script.where, "out/%s-%llu", script.name, (unsigned long long)script.calls.seed) <
                 0)
            script.where = NULL;
        // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the program ends
        if (script.where == NULL)
            abort();
        script.calls.name = script.name;
        script.machine = script_machine(options->resume ? script.where : NULL);
        script.facts = (script_facts){.name = script.name,
                                      .path = script.path,
                                      .text = script.text,
                                      .typed = options->typed,
                                      .given = script.given,
                                      .machine = script.machine,
                                      .seed = script.calls.seed};
        code = carry_out(&script, was_script_out);
    }
    free_session(&script);
    return code;
}
