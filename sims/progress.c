// The progress line. There is one terminal, so there is one line: file-level state, main thread only.
#include "sims/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sims/say.h"

static struct {
    bool active, terminal, early, standing;
    char label[48];
    uint64_t count; // of ticks or parts
    double step_s, coherence, begun_s, shown_s;
    int width; // of the line that stands on the terminal
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

static number_text time_left(uint64_t done) {
    double rate = (double)done / (line.shown_s - line.begun_s);
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

void progress_update(uint64_t tick) {
    if (!due())
        return;
    double rate = (double)tick / (line.shown_s - line.begun_s);
    char text[160];
    int width =
        snprintf(text, sizeof text, "%s%3.0f %%  t = %.2f s  r = %.4f  %s ticks/s  %s %s", line.label,
                 100.0 * (double)tick / (double)line.count, (double)tick * line.step_s, line.coherence,
                 text_count((uint64_t)rate).text, line.early ? "at most" : "ETA", time_left(tick).text);
    show(text, width);
}

void progress_part(uint64_t done, const char *what) {
    if (!due())
        return;
    char text[160];
    int width =
        snprintf(text, sizeof text, "%s%3.0f %%  %.60s  ETA %s", line.label,
                 100.0 * (double)done / (double)line.count, what, done > 0 ? time_left(done).text : "?");
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
}
