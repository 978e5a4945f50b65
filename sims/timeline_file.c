// An existing file is replaced only if it is a timeline: `--timeline sims/hub.lua` is a slip, not a wish.
#include "sims/timeline_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sims/say.h"

static entrain_status refuse(const char *path, const char *why, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_IO,
                             "The timeline %s cannot be written: %s; name another file with --timeline.",
                             path, why);
}

// An empty file is as good as none.
static bool is_timeline(const char *path) { return run_file_begins_with(path, ENTRAIN_TIMELINE_BEGINS); }

static entrain_status check_folder(const char *path, const char *run_directory, entrain_error *error_out) {
    const char *slash = strrchr(path, '/');
    size_t size = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    char *folder = size == 0 ? strdup(".") : strndup(path, size);
    if (folder == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for a path.");
    entrain_status status = ENTRAIN_OK;
    bool will_be = run_directory != NULL && strcmp(folder, run_directory) == 0;
    if (access(folder, W_OK | X_OK) != 0 && !(errno == ENOENT && will_be))
        status = refuse(path, strerror(errno), error_out);
    free(folder);
    return status;
}

entrain_status timeline_file_check(const char *path, const char *run_directory, bool force,
                                   entrain_error *error_out) {
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    struct stat about;
    if (run_directory_names(name) && strcmp(name, "timeline.json") != 0)
        return refuse(path, "a run's own file has that name", error_out);
    if (stat(path, &about) == 0) {
        if (!S_ISREG(about.st_mode))
            return refuse(path, "it is no ordinary file", error_out);
        if (!force && !is_timeline(path))
            return entrain_error_set(error_out, ENTRAIN_IO,
                                     "The file %s holds something else than a timeline, so nothing was "
                                     "written; name another with --timeline, or add --force.",
                                     path);
    } else if (errno != ENOENT) {
        return refuse(path, strerror(errno), error_out);
    }
    return check_folder(path, run_directory, error_out);
}

entrain_status timeline_file_finish(run_file *file, const entrain_scheduler *scheduler,
                                    entrain_error *error_out) {
    char *path = strdup(file->path);
    if (path == NULL)
        abort();
    entrain_status status = entrain_scheduler_timeline_write(scheduler, file->stream, error_out);
    if (status == ENTRAIN_OK)
        status = run_file_close(file, error_out);
    else
        entrain_error_set(error_out, status, "%s cannot be written: %s.", file->part, strerror(errno));
    run_file_abandon(file);
    if (status == ENTRAIN_OK) {
        uint64_t dropped = entrain_scheduler_timeline_dropped(scheduler);
        if (dropped > 0)
            say_note("%s holds the last %s spans of each worker; %s older ones were dropped", path,
                     text_count(TIMELINE_EVENTS).text, text_count(dropped).text);
        say_note("to look at %s: ui.perfetto.dev, Open trace file", path);
    }
    free(path);
    return status;
}
