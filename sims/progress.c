// The progress line. There is one terminal, so there is one line: file-level state, main thread only.
#include "sims/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sims/interrupt.h"
#include "sims/say.h"

static struct {
    bool active, terminal, early, standing;
    char label[48];
    uint64_t count, from; // of ticks or parts; where it began
    double step_s, coherence, begun_s, shown_s;
    int width; // of the line that stands on the terminal
    void (*tell)(const void *context, char *text_out, size_t size);
    const void *context;
} line;

static const double terminal_pause_s = 0.1, file_pause_s = 10;

static void begin(const char *label, uint64_t count, bool quiet) {
    progress_clear();
    memset(&line, 0, sizeof line);
    line.active = !quiet && count > 0;
    line.terminal = isatty(STDERR_FILENO) == 1;
    line.count = count;
    line.begun_s = line.shown_s = wall_now_s();
    if (label != NULL)
        snprintf(line.label, sizeof line.label, "%s  ", label);
}

void progress_begin(const char *label, uint64_t tick_count, double step_s, bool early, bool quiet) {
    begin(label, tick_count, quiet);
    line.early = early;
    line.step_s = step_s;
}

void progress_begin_parts(const char *label, uint64_t count, bool quiet) { begin(label, count, quiet); }

void progress_from(uint64_t tick) { line.from = tick; }

void progress_add(void (*tell)(const void *context, char *text_out, size_t size), const void *context) {
    line.tell = tell;
    line.context = context;
}

void progress_coherence(double coherence) { line.coherence = coherence; }

// Whether it is time to show the line again.
static bool due(void) {
    if (!line.active)
        return false;
    double now_s = wall_now_s();
    if (now_s - line.shown_s < (line.terminal ? terminal_pause_s : file_pause_s))
        return false;
    line.shown_s = now_s;
    return true;
}

// Ticks or parts a second, so far.
static double rate_at(uint64_t done, double now_s) {
    return now_s > line.begun_s ? (double)(done - line.from) / (now_s - line.begun_s) : 0;
}

static number_text time_left(uint64_t done, double now_s) {
    double rate = rate_at(done, now_s);
    double left_s = rate > 0 ? (double)(line.count - done) / rate : 0;
    number_text soon = {"< 1 s"};
    return left_s < 1 ? soon : text_duration(left_s);
}

static void show(char *text, int width) {
    struct winsize window;
    if (line.terminal && ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1 &&
        width >= window.ws_col) {
        width = window.ws_col - 1; // a line that wraps cannot be overwritten
        text[width] = '\0';
    }
    if (line.terminal) {
        // Blanks over what is left of a longer line before; no escape sequences needed.
        fprintf(stderr, "\r%s%*s", text, line.width > width ? line.width - width : 0, "");
        line.width = width;
        line.standing = true;
    } else {
        fprintf(stderr, "%s\n", text);
    }
    fflush(stderr);
}

// SIGUSR1: on a line of its own, also where nothing else is shown.
static void answer(const char *text) {
    char further[160] = "";
    if (line.tell != NULL)
        line.tell(line.context, further, sizeof further);
    progress_clear();
    fprintf(stderr, "entrain: %s%s%s%s\n", line.label, text, further[0] != '\0' ? "; " : "", further);
    fflush(stderr);
}

static void answer_ticks(uint64_t tick) {
    const double now_s = wall_now_s();
    char text[240];
    snprintf(text, sizeof text, "tick %s of %s (%.0f %%), t = %.2f s, r = %.4f, %s ticks/s, %s %s",
             text_count(tick).text, text_count(line.count).text, 100.0 * (double)tick / (double)line.count,
             (double)tick * line.step_s, line.coherence, text_count((uint64_t)rate_at(tick, now_s)).text,
             line.early ? "at most" : "ETA", time_left(tick, now_s).text);
    answer(text);
}

void progress_update(uint64_t tick) {
    if (line.count > 0 && interrupt_status_asked())
        answer_ticks(tick);
    if (!due())
        return;
    double rate = rate_at(tick, line.shown_s);
    char text[160];
    int width = snprintf(text, sizeof text, "%s%3.0f %%  t = %.2f s  r = %.4f  %s ticks/s  %s %s", line.label,
                         100.0 * (double)tick / (double)line.count, (double)tick * line.step_s,
                         line.coherence, text_count((uint64_t)rate).text, line.early ? "at most" : "ETA",
                         time_left(tick, line.shown_s).text);
    show(text, width);
}

void progress_part(uint64_t done, const char *what) {
    if (line.count > 0 && interrupt_status_asked()) {
        char status[240];
        snprintf(status, sizeof status, "%s of %s done, %.60s, ETA %s", text_count(done).text,
                 text_count(line.count).text, what, done > 0 ? time_left(done, wall_now_s()).text : "?");
        answer(status);
    }
    if (!due())
        return;
    char text[160];
    int width = snprintf(text, sizeof text, "%s%3.0f %%  %.60s  ETA %s", line.label,
                         100.0 * (double)done / (double)line.count, what,
                         done > 0 ? time_left(done, line.shown_s).text : "?");
    show(text, width);
}

void progress_clear(void) {
    if (!line.standing)
        return;
    fprintf(stderr, "\r%*s\r", line.width, "");
    fflush(stderr);
    line.standing = false;
    line.width = 0;
}

void progress_end(void) {
    progress_clear();
    line.active = false;
    line.tell = NULL;
    line.count = 0;
}

void progress_begin_text(bool quiet) { begin(NULL, 1, quiet); }

bool progress_is_due(void) { return due(); }

void progress_text(const char *text) {
    char words[512];
    const int width = snprintf(words, sizeof words, "%s", text);
    show(words, width < (int)sizeof words ? width : (int)sizeof words - 1);
}

void progress_forget(void) { memset(&line, 0, sizeof line); }
