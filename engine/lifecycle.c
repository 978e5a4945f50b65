// What is said of actors' lives: names, and one line of text for each event.
#include <inttypes.h>
#include <stdio.h>

#include "engine/engine_private.h"

static const char *const reason_names[] = {
    [ENTRAIN_REASON_NONE] = "none",
    [ENTRAIN_REASON_FINISHED] = "finished",
    [ENTRAIN_REASON_STOPPED] = "stopped",
    [ENTRAIN_REASON_STATUS] = "status",
    [ENTRAIN_REASON_NOT_FINITE] = "not-finite",
    [ENTRAIN_REASON_SENDS] = "sends",
    [ENTRAIN_REASON_MESSAGES] = "messages",
    [ENTRAIN_REASON_GROUP] = "group",
    [ENTRAIN_REASON_GONE] = "gone",
};
_Static_assert(sizeof reason_names / sizeof *reason_names == ENTRAIN_REASON_COUNT, "one name per reason");

const char *entrain_reason_name(entrain_reason reason) {
    return (unsigned)reason < ENTRAIN_REASON_COUNT ? reason_names[reason] : NULL;
}

int entrain__reason_format(entrain_reason reason, entrain_status status, const char *column, char *text,
                           size_t size) {
    switch (reason) {
    case ENTRAIN_REASON_STATUS:
        return snprintf(text, size, "status \"%s\"", entrain_status_text(status));
    case ENTRAIN_REASON_NOT_FINITE:
        return snprintf(text, size, "a NaN or an infinity in its column \"%s\"",
                        column != NULL ? column : "?");
    case ENTRAIN_REASON_SENDS:
        return snprintf(text, size, "it sent more than it may");
    case ENTRAIN_REASON_MESSAGES:
        return snprintf(text, size, "it was sent more than it may handle");
    case ENTRAIN_REASON_GROUP:
        return snprintf(text, size, "another one of its group failed");
    default:
        return snprintf(text, size, "%s",
                        (unsigned)reason < ENTRAIN_REASON_COUNT ? reason_names[reason] : "?");
    }
}

// What was done about a failure.
static void format_remedy(const entrain_lifecycle *event, char *text, size_t size) {
    if (event->kind == ENTRAIN_LIFECYCLE_GIVEN_UP && event->restarts < event->restarts_max)
        snprintf(text, size, "it stays stopped: its place's 255 lives are used up");
    else if (event->kind == ENTRAIN_LIFECYCLE_GIVEN_UP)
        snprintf(text, size, "it stays stopped: its %" PRIu32 " restarts are used up", event->restarts_max);
    else if (event->remedy == ENTRAIN_REMEDY_RESTART)
        snprintf(text, size, "restarted as 0x%08" PRIx32 ", restart %" PRIu32 " of %" PRIu32,
                 event->successor, event->restarts, event->restarts_max);
    else if (event->remedy == ENTRAIN_REMEDY_STOP)
        snprintf(text, size, "it stays stopped");
    else
        snprintf(text, size, "this ends the run");
}

// "tick 3 (0.03 s)"; in the first tick, and where there are none, "2.5 s".
static void format_when(uint64_t tick, double time_s, char *text, size_t size) {
    if (tick > 0)
        snprintf(text, size, "tick %" PRIu64 " (%g s)", tick, time_s);
    else
        snprintf(text, size, "%g s", time_s);
}

int entrain_lifecycle_format(const entrain_lifecycle *event, char *text, size_t size) {
    static const char *const levels[] = {"debug", "debug", "error", "info", "error"};
    _Static_assert(sizeof levels / sizeof *levels == ENTRAIN_LIFECYCLE_COUNT, "one level per kind");
    char why[128], done[96], when[64];
    ENTRAIN_ASSERT((unsigned)event->kind < ENTRAIN_LIFECYCLE_COUNT);
    entrain__reason_format(event->reason, event->status, event->column, why, sizeof why);
    const char *verb = "started";
    char rest[256] = "";
    switch (event->kind) {
    case ENTRAIN_LIFECYCLE_ENDED:
        verb = "ended";
        snprintf(rest, sizeof rest, ": %s", why);
        break;
    case ENTRAIN_LIFECYCLE_FAILED:
    case ENTRAIN_LIFECYCLE_GIVEN_UP:
        verb = "failed";
        format_remedy(event, done, sizeof done);
        snprintf(rest, sizeof rest, ": %s; %s", why, done);
        break;
    case ENTRAIN_LIFECYCLE_RESTARTED:
        verb = "began";
        snprintf(rest, sizeof rest, " in the place of one that failed, restart %" PRIu32 " of %" PRIu32,
                 event->restarts, event->restarts_max);
        break;
    default:
        break;
    }
    format_when(event->tick, event->time_s, when, sizeof when);
    return snprintf(text, size, "%s: actor %" PRIu32 " of \"%s\" (id 0x%08" PRIx32 ") %s at %s%s",
                    levels[event->kind], event->index, event->behavior, event->id, verb, when, rest);
}

int entrain_trace_step_format(const entrain_trace_step *step, char *text, size_t size) {
    char from[24], when[64];
    format_when(step->tick, step->time_s, when, sizeof when);
    if (step->from == ENTRAIN_ID_NONE)
        snprintf(from, sizeof from, "outside");
    else
        snprintf(from, sizeof from, "0x%08" PRIx32, step->from);
    return snprintf(text, size, "  while handling kind %u, flags %u from %s to 0x%08" PRIx32 ", sent at %s",
                    step->kind, step->flags, from, step->to, when);
}
