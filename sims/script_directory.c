// A script's directory: begun anew, or gone on with.
#include "sims/script_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entrain/engine.h"
#include "sims/bench_turns.h"
#include "sims/csv_file.h"
#include "sims/say.h"

enum { NAMES_MAX = 512, FILES_MAX = 100 };

bool script_directory_is(const char *path) {
    char *manifest = path_join(path, "manifest.json");
    json_t *json = json_load_file(manifest, 0, NULL);
    const char *format = json_string_value(json_object_get(json, "format"));
    const bool ours = format != NULL && strcmp(format, SCRIPT_FORMAT) == 0;
    json_decref(json);
    free(manifest);
    return ours;
}

json_t *script_machine(const char *resumed) {
    json_t *header = NULL, *machine = NULL;
    journal *log = NULL;
    entrain_error unread = {0};
    if (resumed != NULL && script_directory_is(resumed)) {
        char *path = path_join(resumed, "runs.jsonl");
        if (access(path, F_OK) == 0 && journal_read(path, &header, &log, &unread) == ENTRAIN_OK)
            machine = json_incref(json_object_get(header, "machine"));
        journal_close(log);
        json_decref(header);
        free(path);
    }
    if (machine != NULL)
        return machine;
    const double bytes = bench_memory_available();
    machine = json_pack("{s:I}", "cpus", (json_int_t)entrain_scheduler_cpus());
    if (isfinite(bytes))
        json_object_set_new(machine, "memory_bytes", json_integer((json_int_t)bytes));
    return machine;
}

entrain_status script_directory_show(const char *path, FILE *to, entrain_error *error_out) {
    const bool ended = run_directory_has(path, "output.txt");
    char *file = path_join(path, ended ? "output.txt" : "output.txt.part"), *line = NULL;
    size_t room = 0;
    entrain_status status = ENTRAIN_OK;
    FILE *from = fopen(file, "re");
    if (from == NULL)
        status = entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be read: %s.", file, strerror(errno));
    for (ssize_t size; from != NULL && (size = getline(&line, &room, from)) > 0;)
        fwrite(line, 1, (size_t)size, to);
    if (from != NULL)
        fclose(from);
    if (status == ENTRAIN_OK && !ended)
        say_note("the script has not come to its end");
    free(line);
    free(file);
    return status;
}

// --- What an earlier one left behind

typedef struct leavings {
    char *names[NAMES_MAX]; // NULL-terminated, manifest.json last
    uint32_t count;
    size_t calls; // that its journal holds
} leavings;

static void leave(leavings *left, const char *name, const char *ending) {
    char *whole = NULL;
    const char *dot = strrchr(name, '.');
    const int size = ending[0] != '\0' && dot != NULL ? (int)(dot - name) : (int)strlen(name);
    if (left->count == NAMES_MAX - 2 || asprintf(&whole, "%.*s%s", size, name, ending) < 0)
        return;
    left->names[left->count++] = whole;
}

static void look_back(const char *path, leavings *left) {
    static const char *const always[] = {"output.txt", "runs.jsonl", "report.html"};
    char *log_path = path_join(path, "runs.jsonl");
    entrain_error unread = {0};
    json_t *header = NULL;
    journal *log = NULL;
    if (script_directory_is(path) && access(log_path, F_OK) == 0 &&
        journal_read(log_path, &header, &log, &unread) == ENTRAIN_OK) {
        for (uint32_t i = 1; i <= FILES_MAX; i++) {
            char key[24];
            snprintf(key, sizeof key, "file:%u", i);
            const char *name = json_string_value(json_object_get(journal_find(log, key), "name"));
            if (name == NULL || csv_check_name(name, &unread) != ENTRAIN_OK)
                break;
            leave(left, name, "");
            leave(left, name, ".png");
            leave(left, name, ".svg");
        }
        left->calls = journal_find(log, "call:1") != NULL ? journal_count(log) : 0;
        journal_close(log);
        json_decref(header);
    }
    free(log_path);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        leave(left, always[i], "");
    leave(left, "manifest.json", "");
}

static void forget(leavings *left) {
    for (uint32_t i = 0; i < left->count; i++)
        free(left->names[i]);
}

// --- Manifest

static json_t *manifest_of(const script_facts *facts) {
    char *whole = realpath(facts->path, NULL); // a manifest can be run from anywhere on this machine
    json_t *manifest =
        json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:O, s:I}", "format", SCRIPT_FORMAT, "format_version",
                  RUN_FORMAT_VERSION, "name", facts->name, "script", whole != NULL ? whole : facts->path,
                  "text", facts->text, "command", facts->typed, "given", (json_t *)facts->given, "seed",
                  (json_int_t)facts->seed);
    free(whole);
    if (manifest != NULL)
        json_object_set_new(manifest, "engine", json_pack("{s:s}", "version", entrain_version()));
    return manifest;
}

static bool has_changed(const json_t *manifest, const script_facts *facts) {
    const char *text = json_string_value(json_object_get(manifest, "text"));
    return text == NULL || strcmp(text, facts->text) != 0 ||
           !json_equal(json_object_get(manifest, "given"), facts->given) ||
           json_integer_value(json_object_get(manifest, "seed")) != (json_int_t)facts->seed;
}

static entrain_status write_manifest(const char *path, const script_facts *facts, entrain_error *error_out) {
    json_t *manifest = manifest_of(facts);
    if (manifest == NULL)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "%s: a script is stored whole, as UTF-8, and its text or its path is not; save it so.",
            facts->path);
    entrain_status status = run_file_write_json(path, "manifest.json", manifest, error_out);
    json_decref(manifest);
    return status;
}

// --- Opening

static entrain_status begin_anew(script_directory *directory, const script_facts *facts, bool force,
                                 entrain_error *error_out) {
    leavings left = {0};
    bool replaced = false;
    look_back(directory->path, &left);
    const directory_kind kind = {.names = (const char *const *)left.names,
                                 .beginning = "manifest.json.part",
                                 .is_ours = script_directory_is,
                                 .what = "script's run"};
    entrain_status status = ENTRAIN_OK;
    if (left.calls > 0 && !force && !run_directory_has(directory->path, "output.txt"))
        status =
            entrain_error_set(error_out, ENTRAIN_IO,
                              "The directory %s holds a script's run that was not finished; go on with it by "
                              "--resume, begin anew by --force, or name another with -o.",
                              directory->path);
    if (status == ENTRAIN_OK)
        status = directory_prepare(&kind, directory->path, force, &replaced, &directory->lock, error_out);
    forget(&left);
    if (status == ENTRAIN_OK)
        status = write_manifest(directory->path, facts, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (replaced)
        say_note("replacing the earlier run in %s", directory->path);
    json_t *header =
        json_pack("{s:s, s:s, s:O}", "journal_of", "script", "name", facts->name, "machine", facts->machine);
    char *log_path = path_join(directory->path, "runs.jsonl");
    status = journal_create(log_path, header, &directory->log, error_out);
    json_decref(header);
    free(log_path);
    return status;
}

static entrain_status lock(script_directory *directory, entrain_error *error_out) {
    directory->lock = open(directory->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory->lock >= 0 && !run_file_lock(directory->lock) && errno == EWOULDBLOCK)
        return entrain_error_set(error_out, ENTRAIN_IO,
                                 "Another run is writing into the directory %s; wait for its end.",
                                 directory->path);
    return ENTRAIN_OK;
}

static entrain_status go_on(script_directory *directory, const script_facts *facts,
                            entrain_error *error_out) {
    json_t *manifest = NULL, *header = NULL;
    entrain_status status = lock(directory, error_out);
    if (status == ENTRAIN_OK)
        status = run_file_read_json(directory->path, "manifest.json", SCRIPT_FORMAT, &manifest, error_out);
    if (status != ENTRAIN_OK)
        return status;
    directory->changed = has_changed(manifest, facts);
    json_decref(manifest);
    char *log_path = path_join(directory->path, "runs.jsonl");
    status = journal_open(log_path, &header, &directory->log, error_out);
    free(log_path);
    if (status != ENTRAIN_OK)
        return status;
    json_decref(header);
    directory->resumed = true;
    char *finished = path_join(directory->path, "output.txt");
    unlink(finished); // until it is again
    free(finished);
    return directory->changed ? write_manifest(directory->path, facts, error_out) : ENTRAIN_OK;
}

entrain_status script_directory_open(const char *path, const script_facts *facts, bool resume, bool force,
                                     script_directory *directory_out, entrain_error *error_out) {
    script_directory directory = {.path = strdup(path), .lock = -1};
    if (directory.path == NULL)
        abort();
    size_t size = strlen(directory.path);
    while (size > 1 && directory.path[size - 1] == '/')
        directory.path[--size] = '\0';
    const bool there = script_directory_is(directory.path) && run_directory_has(directory.path, "runs.jsonl");
    if (resume && !there)
        say_note("there is nothing to go on with in %s; beginning", directory.path);
    entrain_status status = resume && there ? go_on(&directory, facts, error_out)
                                            : begin_anew(&directory, facts, force, error_out);
    if (status != ENTRAIN_OK) {
        script_directory_close(&directory);
        return status;
    }
    *directory_out = directory;
    return ENTRAIN_OK;
}

void script_directory_close(script_directory *directory) {
    journal_close(directory->log);
    free(directory->path);
    if (directory->lock >= 0)
        close(directory->lock);
    *directory = (script_directory){.lock = -1};
}

entrain_status script_directory_add(script_directory *directory, uint32_t number, const char *name,
                                    entrain_error *error_out) {
    char key[24];
    snprintf(key, sizeof key, "file:%u", number);
    const char *known = json_string_value(json_object_get(journal_find(directory->log, key), "name"));
    if (known != NULL && strcmp(known, name) == 0)
        return ENTRAIN_OK;
    json_t *entry = json_pack("{s:s}", "name", name);
    entrain_status status = journal_append(directory->log, key, entry, error_out);
    json_decref(entry);
    return status;
}
