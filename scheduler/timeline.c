// Spans out of rings into the Chrome trace-event format ("Trace Event Format", Google, 2016: complete events,
// ph X, ts and dur in microseconds), which ui.perfetto.dev and chrome://tracing read. One line per event, and
// only integers are printed, so that no locale can touch a decimal point.
#include "scheduler/timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "engine/base/assert.h"

enum { PHASES_NAMED = 16 };

struct entrain__timeline {
    // By make.
    entrain__track *tracks; // [worker_count]
    uint32_t worker_count;
    uint64_t begun_ns;
    // By the serial part.
    uint32_t named_count;
    struct {
        uint32_t phase;
        const char *name; // NULL: none
    } named[PHASES_NAMED];
};

entrain__timeline *entrain__timeline_make(entrain__arena *arena, uint32_t worker_count, uint32_t span_count,
                                          uint64_t begun_ns) {
    ENTRAIN_ASSERT(span_count > 0);
    entrain__timeline *timeline = entrain__arena_take(arena, 1, sizeof *timeline);
    entrain__track *tracks = entrain__arena_take(arena, worker_count, sizeof *tracks);
    if (timeline == NULL || tracks == NULL)
        return NULL;
    for (uint32_t worker = 0; worker < worker_count; worker++) {
        tracks[worker].spans = entrain__arena_take(arena, span_count, sizeof(entrain__timeline_span));
        tracks[worker].capacity = span_count;
        if (tracks[worker].spans == NULL)
            return NULL;
    }
    timeline->tracks = tracks;
    timeline->worker_count = worker_count;
    timeline->begun_ns = begun_ns;
    return timeline;
}

entrain__track *entrain__timeline_track(entrain__timeline *timeline, uint32_t worker) {
    ENTRAIN_ASSERT(worker < timeline->worker_count);
    return &timeline->tracks[worker];
}

void entrain__timeline_phase(entrain__timeline *timeline, uint32_t phase, const char *name) {
    for (uint32_t i = 0; i < timeline->named_count; i++)
        if (timeline->named[i].phase == phase)
            return;
    if (timeline->named_count == PHASES_NAMED)
        return;
    timeline->named[timeline->named_count].phase = phase;
    timeline->named[timeline->named_count++].name = name;
}

static uint64_t dropped_of(const entrain__track *track) {
    return track->count > track->capacity ? track->count - track->capacity : 0;
}

uint64_t entrain__timeline_dropped(const entrain__timeline *timeline) {
    uint64_t dropped = 0;
    for (uint32_t worker = 0; worker < timeline->worker_count; worker++)
        dropped += dropped_of(&timeline->tracks[worker]);
    return dropped;
}

// --- Writing

// A JSON string; what is no ASCII is passed on as it is.
static void put_text(FILE *to, const char *text) {
    fputc('"', to);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20)
            fprintf(to, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else
            fputc(c, to);
    }
    fputc('"', to);
}

static void put_phase(FILE *to, const entrain__timeline *timeline, const entrain__timeline_span *span) {
    const char *name = NULL;
    for (uint32_t i = 0; i < timeline->named_count; i++)
        if (timeline->named[i].phase == span->phase)
            name = timeline->named[i].name;
    fputs("\"phase\":", to);
    if (name != NULL)
        put_text(to, name);
    else
        fprintf(to, "%" PRIu32, span->phase);
    fprintf(to, ",\"number\":%" PRIu32, span->number);
}

// Nanoseconds as microseconds.
static void put_us(FILE *to, const char *key, uint64_t ns) {
    fprintf(to, ",\"%s\":%" PRIu64 ".%03" PRIu64, key, ns / 1000, ns % 1000);
}

static void put_span(FILE *to, const entrain__timeline *timeline, uint32_t worker,
                     const entrain__timeline_span *span) {
    static const char *const names[] = {"task", "serial part", "barrier wait", "idle"};
    fprintf(to, ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":%" PRIu32, worker + 1);
    put_us(to, "ts", span->begin_ns - timeline->begun_ns);
    put_us(to, "dur", span->end_ns - span->begin_ns);
    fprintf(to, ",\"cat\":\"%s\",\"name\":\"%s", names[span->kind], names[span->kind]);
    if (span->kind == ENTRAIN__SPAN_TASK)
        fprintf(to, " %" PRIu32 "\",\"args\":{\"task\":%" PRIu32 ",\"step\":%" PRIu32 ",\"stolen\":%s,",
                span->task, span->task, span->step, span->stolen ? "true" : "false");
    else
        fputs("\",\"args\":{", to);
    if (span->kind == ENTRAIN__SPAN_SERIAL && span->phase == ENTRAIN_PHASE_END)
        fputs("\"phase\":\"end\"", to);
    else if (span->kind == ENTRAIN__SPAN_TASK || span->kind == ENTRAIN__SPAN_SERIAL)
        put_phase(to, timeline, span);
    fputs("}}", to);
}

// Threads are numbered from 1: some versions of Perfetto put thread 0 together with another one.
static void put_names(FILE *to, const entrain__timeline *timeline, const char *policy) {
    fprintf(to,
            "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"entrain, policy %s\"}}",
            policy);
    for (uint32_t worker = 0; worker < timeline->worker_count; worker++)
        fprintf(to,
                ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%" PRIu32
                ",\"name\":\"thread_name\",\"args\":{\"name\":\"worker %" PRIu32 "\"}}"
                ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%" PRIu32
                ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":%" PRIu32 "}}",
                worker + 1, worker, worker + 1, worker);
}

static void put_track(FILE *to, const entrain__timeline *timeline, uint32_t worker) {
    const entrain__track *track = &timeline->tracks[worker];
    bool full = track->count >= track->capacity;
    uint32_t kept = full ? track->capacity : (uint32_t)track->count;
    uint32_t at = full ? track->next : 0; // the oldest
    for (uint32_t i = 0; i < kept; i++) {
        put_span(to, timeline, worker, &track->spans[at]);
        if (++at == track->capacity)
            at = 0;
    }
}

entrain_status entrain__timeline_write(const entrain__timeline *timeline, const char *policy, FILE *stream,
                                       entrain_error *error_out) {
    errno = 0;
    fprintf(stream, ENTRAIN_TIMELINE_BEGINS ",\"workers\":%" PRIu32 ",\"policy\":", timeline->worker_count);
    put_text(stream, policy);
    fprintf(stream, ",\"dropped\":%" PRIu64 ",\"dropped_by_worker\":[", entrain__timeline_dropped(timeline));
    for (uint32_t worker = 0; worker < timeline->worker_count; worker++)
        fprintf(stream, "%s%" PRIu64, worker > 0 ? "," : "", dropped_of(&timeline->tracks[worker]));
    // No displayTimeUnit: some versions of Perfetto take "ns" to be the unit of ts, which it is not.
    fputs("]},\n\"traceEvents\":[\n", stream);
    put_names(stream, timeline, policy);
    for (uint32_t worker = 0; worker < timeline->worker_count; worker++)
        put_track(stream, timeline, worker);
    fputs("\n]}\n", stream);
    if (fflush(stream) != 0 || ferror(stream))
        return entrain_error_set(error_out, ENTRAIN_IO, "the timeline cannot be written: %s",
                                 errno != 0 ? strerror(errno) : "the stream is in error");
    return ENTRAIN_OK;
}
