// A run's directory. manifest.json is written first and makes the directory recognisable; summary.json is
// written last and says that the run ended. Only files that are ours by name are ever removed.
#include "sims/run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_TURNS = 100, LOCK_TURN_MS = 10 };

// All names a run may leave behind. The manifest is last: while it is there the directory is known as
// ours. A run that goes on from its own checkpoint keeps that, and who it is.
#define RUN_NAMES                                                                                            \
    "summary.json", "series.csv", "timing.csv", "phases.csv", "execution.json", "coherence.png",             \
        "coherence.svg", "phases.png", "phases.svg", "frequencies.png", "frequencies.svg", "timeline.json",  \
        "series.png", "series.svg", "report.html"
static const char *const run_names[] = {"checkpoint", RUN_NAMES, "manifest.json", NULL};
static const char *const continued_names[] = {RUN_NAMES, NULL};
static const char *const snapshot_begins[] = {"phases-", "frequencies-", NULL};

char *path_join(const char *directory, const char *name) {
    char *path = NULL;
    if (asprintf(&path, "%s/%s", directory, name) < 0)
        abort();
    return path;
}

bool run_directory_has(const char *directory, const char *name) {
    char *path = path_join(directory, name);
    bool has = access(path, F_OK) == 0;
    free(path);
    return has;
}

bool run_directory_names(const char *name) {
    for (size_t i = 0; run_names[i] != NULL; i++)
        if (strcmp(run_names[i], name) == 0)
            return true;
    return false;
}

typedef enum directory_state {
    DIRECTORY_ABSENT,
    DIRECTORY_EMPTY,
    DIRECTORY_OURS,
    DIRECTORY_FOREIGN,
    DIRECTORY_NONE, // something, but no directory
    DIRECTORY_UNREADABLE,
} directory_state;

static bool is_run(const char *path) {
    char *manifest = path_join(path, "manifest.json");
    json_t *json = json_load_file(manifest, 0, NULL);
    free(manifest);
    const char *format = json_string_value(json_object_get(json, "format"));
    bool ours = format != NULL && strcmp(format, RUN_FORMAT) == 0;
    json_decref(json);
    return ours;
}

// An unfinished manifest is all that a run leaves whose disk was full at once.
const directory_kind run_directory_kind = {.names = run_names,
                                           .beginning = "manifest.json.part",
                                           .is_ours = is_run,
                                           .what = "run",
                                           .folder = "snapshots",
                                           .folder_begins = snapshot_begins,
                                           .folder_ends = ".npy"};
const directory_kind continued_directory_kind = {
    .names = continued_names, .beginning = "manifest.json.part", .is_ours = is_run, .what = "run"};

static bool is_nothing(const directory_kind *kind, const char *name) {
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, kind->beginning) == 0;
}

static directory_state look(const directory_kind *kind, const char *path) {
    struct stat about;
    if (stat(path, &about) != 0)
        return errno == ENOENT ? DIRECTORY_ABSENT : DIRECTORY_UNREADABLE;
    if (!S_ISDIR(about.st_mode))
        return DIRECTORY_NONE;
    DIR *directory = opendir(path);
    if (directory == NULL)
        return DIRECTORY_UNREADABLE;
    bool empty = true;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        empty = empty && is_nothing(kind, entry->d_name);
    closedir(directory);
    if (empty)
        return DIRECTORY_EMPTY;
    return kind->is_ours(path) ? DIRECTORY_OURS : DIRECTORY_FOREIGN;
}

static entrain_status judge(const directory_kind *kind, const char *path, bool force,
                            directory_state *state_out, entrain_error *error_out) {
    directory_state state = look(kind, path);
    if (state == DIRECTORY_UNREADABLE)
        return entrain_error_set(error_out, ENTRAIN_IO,
                                 "The directory %s cannot be read: %s; name another with -o.", path,
                                 strerror(errno));
    if (state == DIRECTORY_NONE)
        return entrain_error_set(error_out, ENTRAIN_IO,
                                 "%s is there and is no directory; name another with -o.", path);
    if (state == DIRECTORY_FOREIGN && !force)
        return entrain_error_set(
            error_out, ENTRAIN_IO,
            "The directory %s holds something else than an Entrain %s, so nothing was written; "
            "name another with -o, or add --force.",
            path, kind->what);
    *state_out = state;
    return ENTRAIN_OK;
}

entrain_status directory_check(const directory_kind *kind, const char *path, bool force,
                               entrain_error *error_out) {
    directory_state state = DIRECTORY_NONE;
    return judge(kind, path, force, &state, error_out);
}

static entrain_status make_with_parents(const char *path, entrain_error *error_out) {
    char *copy = strdup(path);
    if (copy == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for a path.");
    entrain_status status = ENTRAIN_OK;
    for (char *at = copy + 1; status == ENTRAIN_OK; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            status = entrain_error_set(error_out, ENTRAIN_IO,
                                       "The directory %s cannot be made: %s; name another with -o.", copy,
                                       strerror(errno));
        *at = kept;
        if (kept == '\0')
            break;
    }
    free(copy);
    return status;
}

// Takes "name" and "name.part" away.
static entrain_status remove_name(const char *directory, const char *name, entrain_error *error_out) {
    char *path = path_join(directory, name), *part = NULL;
    if (asprintf(&part, "%s.part", path) < 0)
        abort();
    entrain_status status = ENTRAIN_OK;
    if ((unlink(path) != 0 && errno != ENOENT) || (unlink(part) != 0 && errno != ENOENT))
        status = entrain_error_set(error_out, ENTRAIN_IO, "The earlier run's %s cannot be replaced: %s.",
                                   path, strerror(errno));
    free(path);
    free(part);
    return status;
}

static bool is_of_folder(const directory_kind *kind, const char *name) {
    const size_t size = strlen(name), part = strlen(".part"), end = strlen(kind->folder_ends);
    const bool parted = size > part && strcmp(name + size - part, ".part") == 0;
    const size_t whole = parted ? size - part : size;
    bool ours = false;
    for (const char *const *begin = kind->folder_begins; *begin != NULL; begin++)
        ours = ours || strncmp(name, *begin, strlen(*begin)) == 0;
    return ours && whole > end && memcmp(name + whole - end, kind->folder_ends, end) == 0;
}

// Empties the folder of ours, and takes it away where nothing is left in it.
static entrain_status remove_folder(const directory_kind *kind, const char *path, entrain_error *error_out) {
    if (kind->folder == NULL)
        return ENTRAIN_OK;
    char *folder = path_join(path, kind->folder);
    DIR *directory = opendir(folder);
    entrain_status status = ENTRAIN_OK;
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;)
        if (is_of_folder(kind, entry->d_name) && unlinkat(dirfd(directory), entry->d_name, 0) != 0)
            status =
                entrain_error_set(error_out, ENTRAIN_IO, "The earlier run's %s/%s cannot be replaced: %s.",
                                  folder, entry->d_name, strerror(errno));
    if (directory != NULL) {
        closedir(directory);
        (void)rmdir(folder);
    }
    free(folder);
    return status;
}

bool run_file_lock(int file) {
    int refused = flock(file, LOCK_EX | LOCK_NB);
    for (int turn = 0; refused != 0 && errno == EWOULDBLOCK && turn < LOCK_TURNS; turn++) {
        poll(NULL, 0, LOCK_TURN_MS);
        refused = flock(file, LOCK_EX | LOCK_NB);
    }
    return refused == 0;
}

// Two runs into one directory would mix their files. The lock is on the directory itself: nothing to clean
// up, and the kernel lets go of it however the run ends.
static entrain_status lock_directory(const char *path, int *lock_out, entrain_error *error_out) {
    int lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock >= 0 && !run_file_lock(lock)) {
        bool taken = errno == EWOULDBLOCK;
        close(lock);
        lock = -1;
        if (taken)
            return entrain_error_set(error_out, ENTRAIN_IO,
                                     "Another run is writing into the directory %s; wait for its end or name "
                                     "another with -o.",
                                     path);
    }
    *lock_out = lock;
    return ENTRAIN_OK;
}

entrain_status directory_prepare(const directory_kind *kind, const char *path, bool force, bool *replaced_out,
                                 int *lock_out, entrain_error *error_out) {
    directory_state state = DIRECTORY_NONE;
    entrain_status status = judge(kind, path, force, &state, error_out);
    if (status == ENTRAIN_OK && state == DIRECTORY_ABSENT)
        status = make_with_parents(path, error_out);
    if (status == ENTRAIN_OK)
        status = lock_directory(path, lock_out, error_out);
    const bool earlier = state == DIRECTORY_OURS || state == DIRECTORY_FOREIGN;
    if (status == ENTRAIN_OK && earlier) // while the manifest still says whose it is
        status = remove_folder(kind, path, error_out);
    if (status == ENTRAIN_OK && earlier)
        for (const char *const *name = kind->names; *name != NULL && status == ENTRAIN_OK; name++)
            status = remove_name(path, *name, error_out);
    if (status == ENTRAIN_OK)
        *replaced_out = state == DIRECTORY_OURS;
    return status;
}

// Takes @p path over.
static entrain_status open_part(char *path, run_file *file_out, entrain_error *error_out) {
    run_file file = {.path = path};
    if (asprintf(&file.part, "%s.part", file.path) < 0)
        abort();
    file.stream = fopen(file.part, "we");
    if (file.stream == NULL) {
        entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be written: %s.", file.part, strerror(errno));
        run_file_abandon(&file);
        return ENTRAIN_IO;
    }
    *file_out = file;
    return ENTRAIN_OK;
}

entrain_status run_file_open(const char *directory, const char *name, run_file *file_out,
                             entrain_error *error_out) {
    return open_part(path_join(directory, name), file_out, error_out);
}

bool run_file_begins_with(const char *path, const char *mark) {
    char begin[256];
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return false;
    const size_t wanted = strlen(mark), size = fread(begin, 1, wanted, stream);
    const bool whole = !ferror(stream);
    fclose(stream);
    return whole && (size == 0 || (size == wanted && memcmp(begin, mark, size) == 0));
}

entrain_status run_file_open_path(const char *path, run_file *file_out, entrain_error *error_out) {
    char *copy = NULL;
    if (asprintf(&copy, "%s", path) < 0)
        abort();
    return open_part(copy, file_out, error_out);
}

entrain_status run_file_refuse(const run_file *file, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be written: %s.", file->part, strerror(errno));
}

entrain_status run_file_close(run_file *file, entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    bool failed = ferror(file->stream) != 0;
    failed = fclose(file->stream) != 0 || failed;
    file->stream = NULL;
    if (failed || rename(file->part, file->path) != 0)
        status = run_file_refuse(file, error_out);
    run_file_abandon(file);
    return status;
}

void run_file_abandon(run_file *file) {
    if (file->stream != NULL)
        fclose(file->stream);
    free(file->path);
    free(file->part);
    *file = (run_file){0};
}

entrain_status run_file_write_json(const char *directory, const char *name, const json_t *json,
                                   entrain_error *error_out) {
    run_file file;
    entrain_status status = run_file_open(directory, name, &file, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (json_dumpf(json, file.stream, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17)) != 0 ||
        fputc('\n', file.stream) == EOF) {
        status = run_file_refuse(&file, error_out);
        run_file_abandon(&file);
        return status;
    }
    return run_file_close(&file, error_out);
}

entrain_status run_file_read_json(const char *directory, const char *name, const char *format,
                                  json_t **json_out, entrain_error *error_out) {
    char *path = path_join(directory, name);
    entrain_status status = ENTRAIN_OK;
    json_error_t where;
    json_t *json = NULL;
    if (access(path, R_OK) != 0)
        status = entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be read: %s.", path, strerror(errno));
    else if ((json = json_load_file(path, JSON_REJECT_DUPLICATES, &where)) == NULL)
        status =
            entrain_error_set(error_out, ENTRAIN_PARSE, "%s is torn or no JSON (line %d: %s); run it again.",
                              path, where.line, where.text);
    if (status == ENTRAIN_OK) {
        const char *said = json_string_value(json_object_get(json, "format"));
        json_int_t version = json_integer_value(json_object_get(json, "format_version"));
        if (said == NULL || strcmp(said, format) != 0)
            status = entrain_error_set(error_out, ENTRAIN_PARSE, "%s is not a file of an Entrain run.", path);
        else if (version != RUN_FORMAT_VERSION)
            status = entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                       "%s has format version %lld, this Entrain reads version %d.", path,
                                       (long long)version, RUN_FORMAT_VERSION);
    }
    free(path);
    if (status != ENTRAIN_OK) {
        json_decref(json);
        return status;
    }
    *json_out = json;
    return ENTRAIN_OK;
}
