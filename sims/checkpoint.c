// The file, when it is written, and how it is opened.
#include "sims/checkpoint.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sims/plugins.h"
#include "sims/run_state.h"
#include "sims/say.h"
#include "sims/words.h"

enum { NAME_BYTES = 1024, PATH_BYTES = 8192, SCENARIO_BYTES = 1 << 30 };

entrain_status checkpoint_pace_read(const char *text, checkpoint_pace *pace_out, entrain_error *error_out) {
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"s", 1}, {"min", 60}, {"h", 3600}};
    char *end = NULL;
    const double value = strtod(text, &end);
    checkpoint_pace pace = {0};
    const bool number = end != text && *text >= '0' && *text <= '9' && isfinite(value) && value > 0;
    for (size_t u = 0; number && u < sizeof units / sizeof *units; u++)
        if (strcmp(end, units[u].unit) == 0)
            pace.seconds = value * units[u].seconds;
    if (number && (strcmp(end, "ticks") == 0 || strcmp(end, "tick") == 0) && value == floor(value) &&
        value < 0x1p53)
        pace.ticks = (uint64_t)value;
    if (pace.ticks == 0 && !(pace.seconds > 0))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "--checkpoint-every takes wall time or ticks, as 60s, 5min or 1000ticks, not \"%s\".",
            words_text(text).text);
    *pace_out = pace;
    return ENTRAIN_OK;
}

// --- Both: the head, then the state

static void archive_plugins(entrain_archive *archive) {
    uint64_t count = 0;
    while (plugins_at((uint32_t)count) != NULL)
        count++;
    entrain_archive_count(archive, &count, CHECKPOINT_PLUGINS_MAX, "the number of plug-ins");
    for (uint32_t i = 0; i < count && entrain_archive_status(archive, NULL) == ENTRAIN_OK; i++) {
        char *path = strdup(plugins_at(i));
        entrain_archive_text(archive, &path, PATH_BYTES, "a plug-in");
        free(path);
    }
}

static void archive_head(checkpoint_head *head, entrain_archive *archive) {
    entrain_archive_section(archive, "run");
    entrain_archive_text(archive, &head->name, NAME_BYTES, "its name");
    entrain_archive_text(archive, &head->pace, NAME_BYTES, "how often it was written");
    entrain_archive_u64(archive, &head->tick);
    entrain_archive_f64(archive, &head->time_s);
    entrain_archive_u64(archive, &head->fingerprint);
    entrain_archive_u64(archive, &head->sample_count);
    entrain_archive_f64(archive, &head->wall_s);
    entrain_archive_text(archive, &head->text, SCENARIO_BYTES, "the scenario");
    entrain_archive_text(archive, &head->origin, SCENARIO_BYTES, "the scenario it began with");
    entrain_archive_text(archive, &head->branched, SCENARIO_BYTES, "where it branched off");
}

// The swarm first: who follows looks at it.
static void archive_state(run_body *body, run_position *position, entrain_archive *archive) {
    entrain_archive_section(archive, "swarm");
    entrain_swarm_archive(body->swarm, archive);
    event_run_archive(&body->events, archive);
    outcome_archive(&body->outcome, archive);
    goal_report_archive(&body->goal, archive);
    recoveries_archive(&body->recoveries, archive);
    run_position_archive(position, archive);
}

// --- Writing

static char *text_copy(const char *text) {
    char *copy = strdup(text != NULL ? text : "");
    if (copy == NULL)
        abort();
    return copy;
}

// A capacity that nothing can overflow changes nothing, and belongs to a transport that may be another one
// later.
static char *scenario_text(const scenario *given) {
    json_t *copy = json_deep_copy(given->resolved);
    json_t *exec = json_object_get(copy, "exec");
    if (json_object_get(exec, "overflow") == NULL)
        json_object_del(exec, "mailbox_capacity");
    char *text = copy != NULL ? json_dumps(copy, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(copy);
    return text;
}

static entrain_status write_parts(const checkpoint_writer *writer, entrain_archive *archive,
                                  entrain_error *error_out) {
    const checkpoint_parts *parts = &writer->parts;
    entrain_engine *engine = entrain_swarm_engine(parts->body->swarm);
    checkpoint_head head = {.name = text_copy(parts->name),
                            .pace = text_copy(parts->pace),
                            .tick = entrain_swarm_tick(parts->body->swarm),
                            .time_s = entrain_engine_time_s(engine),
                            .fingerprint = entrain_engine_fingerprint(engine),
                            .sample_count = recorder_sample_count(parts->recorder),
                            .wall_s = wall_now_s() - parts->body->begun_s};
    head.text = scenario_text(parts->given);
    head.origin = parts->origin != NULL ? scenario_text(parts->origin) : text_copy("");
    head.branched = parts->branched != NULL
                        ? json_dumps(parts->branched, JSON_COMPACT | JSON_REAL_PRECISION(17))
                        : text_copy("");
    if (head.text == NULL || head.origin == NULL || head.branched == NULL)
        entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory for the scenario.");
    archive_head(&head, archive);
    archive_plugins(archive);
    archive_state(parts->body, parts->position, archive);
    recorder_archive(parts->recorder, archive);
    checkpoint_head_free(&head);
    return entrain_archive_status(archive, error_out);
}

entrain_status checkpoint_write(checkpoint_writer *writer, entrain_error *error_out) {
    entrain_archive *archive = NULL;
    const double begun_s = wall_now_s();
    entrain_status status = entrain_archive_write(writer->path, &archive, error_out);
    if (status != ENTRAIN_OK)
        return status;
    status = write_parts(writer, archive, error_out);
    const uint64_t bytes = entrain_archive_bytes_done(archive);
    if (status != ENTRAIN_OK) {
        entrain_archive_abandon(archive);
        return status;
    }
    status = entrain_archive_end(archive, error_out);
    writer->written_at_s = wall_now_s();
    writer->spent_s += writer->written_at_s - begun_s;
    if (status != ENTRAIN_OK)
        return status;
    writer->bytes = bytes;
    writer->tick = entrain_swarm_tick(writer->parts.body->swarm);
    writer->written = true;
    writer->count++;
    return ENTRAIN_OK;
}

void checkpoint_begin(checkpoint_writer *writer, const char *directory, checkpoint_pace pace,
                      const checkpoint_parts *parts, uint64_t tick_count) {
    *writer = (checkpoint_writer){.parts = *parts,
                                  .pace = pace,
                                  .path = path_join(directory, CHECKPOINT_NAME),
                                  .tick_count = tick_count,
                                  .written_at_s = wall_now_s()};
    char *part = path_join(directory, CHECKPOINT_NAME ".part");
    (void)unlink(part); // of a run that was killed while it wrote one
    free(part);
}

void checkpoint_end(checkpoint_writer *writer) {
    free(writer->path);
    *writer = (checkpoint_writer){0};
}

uint64_t checkpoint_next(const checkpoint_writer *writer, uint64_t tick) {
    return writer->pace.ticks > 0 ? (tick / writer->pace.ticks + 1) * writer->pace.ticks : UINT64_MAX;
}

void checkpoint_look(checkpoint_writer *writer, uint64_t tick, bool now) {
    entrain_error error = {0};
    if (writer->path == NULL)
        return;
    const bool by_ticks = writer->pace.ticks > 0 && tick % writer->pace.ticks == 0;
    const bool by_time =
        writer->pace.seconds > 0 && wall_now_s() - writer->written_at_s >= writer->pace.seconds;
    if (!now && !by_ticks && !by_time && tick < writer->tick_count)
        return;
    const entrain_status status = checkpoint_write(writer, &error);
    if (status != ENTRAIN_OK && !writer->failed)
        say_note("no checkpoint at tick %s: %s The run goes on%s.", text_count(tick).text, error.sentence,
                 writer->written ? ", and the one before is whole" : "");
    writer->failed = status != ENTRAIN_OK;
    if (status != ENTRAIN_OK)
        writer->written_at_s = wall_now_s(); // no sooner than that again
}

void checkpoint_tell(const checkpoint_writer *writer, char *text_out, size_t size) {
    if (writer->path == NULL)
        snprintf(text_out, size, "no checkpoints");
    else if (!writer->written)
        snprintf(text_out, size, "no checkpoint yet");
    else
        snprintf(text_out, size, "last checkpoint at tick %s, %s ago", text_count(writer->tick).text,
                 text_duration(wall_now_s() - writer->written_at_s).text);
}

void checkpoint_json(const checkpoint_writer *writer, json_t *execution) {
    if (writer->path == NULL)
        return;
    json_t *json = json_object();
    json_object_set_new(json, "count", json_integer(writer->count));
    json_object_set_new(json, "spent_s", json_real(writer->spent_s));
    json_object_set_new(json, "bytes", json_integer((json_int_t)writer->bytes));
    json_object_set_new(json, "tick", json_integer((json_int_t)writer->tick));
    json_object_set_new(execution, "checkpoints", json);
}

// --- Reading

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

// Whether a plug-in of this name is here, from wherever.
static bool is_loaded(const char *path) {
    for (uint32_t i = 0; plugins_at(i) != NULL; i++)
        if (strcmp(base_of(plugins_at(i)), base_of(path)) == 0)
            return true;
    return false;
}

static void read_plugins(entrain_archive *archive) {
    uint64_t count = 0;
    entrain_archive_count(archive, &count, CHECKPOINT_PLUGINS_MAX, "the number of plug-ins");
    for (uint64_t i = 0; i < count && entrain_archive_status(archive, NULL) == ENTRAIN_OK; i++) {
        char *path = NULL;
        entrain_archive_text(archive, &path, PATH_BYTES, "a plug-in");
        if (path != NULL && !is_loaded(path))
            entrain_archive_refuse(archive, ENTRAIN_UNSUPPORTED,
                                   "its run had loaded the plug-in %s, which is missing here; add --load %s.",
                                   base_of(path), words_text(path).text);
        free(path);
    }
}

void checkpoint_head_free(checkpoint_head *head) {
    free(head->path);
    free(head->name);
    free(head->text);
    free(head->place);
    free(head->pace);
    free(head->origin);
    free(head->branched);
    *head = (checkpoint_head){0};
}

entrain_status checkpoint_open(const char *path, entrain_archive **archive_out, checkpoint_head *head_out,
                               entrain_error *error_out) {
    struct stat about;
    checkpoint_head head = {0};
    entrain_archive *archive = NULL;
    const bool folder = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    head.path = folder ? path_join(path, CHECKPOINT_NAME) : text_copy(path);
    head.place = path_join(head.path, "scenario.json");
    if (folder && !run_directory_has(path, CHECKPOINT_NAME)) {
        entrain_error_set(error_out, ENTRAIN_IO,
                          "The directory %s has no checkpoint; runs with --checkpoint-every have one.", path);
        checkpoint_head_free(&head);
        return ENTRAIN_IO;
    }
    entrain_status status = entrain_archive_read(head.path, &archive, error_out);
    if (status == ENTRAIN_OK) {
        archive_head(&head, archive);
        read_plugins(archive);
        if (head.name == NULL || head.text == NULL || head.pace == NULL || head.origin == NULL ||
            head.branched == NULL)
            entrain_archive_refuse(archive, ENTRAIN_PARSE, "it holds no run.");
        status = entrain_archive_status(archive, error_out);
    }
    if (status != ENTRAIN_OK) {
        entrain_archive_abandon(archive);
        checkpoint_head_free(&head);
        return status;
    }
    *archive_out = archive;
    *head_out = head;
    return ENTRAIN_OK;
}

entrain_status checkpoint_read(entrain_archive *archive, run_body *body, run_position *position,
                               entrain_error *error_out) {
    archive_state(body, position, archive);
    return entrain_archive_status(archive, error_out);
}
