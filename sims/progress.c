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
    uint64_t tick_count;
    double step_s, coherence, begun_s, shown_s;
    int width; // of the line that stands on the terminal
} line;

static const double terminal_pause_s = 0.1, file_pause_s = 10;

void progress_begin(const char *label, uint64_t tick_count, double step_s, bool early, bool quiet) {
    progress_clear();
    memset(&line, 0, sizeof line);
    line.active = !quiet && tick_count > 0;
    line.terminal = isatty(STDERR_FILENO) == 1;
    line.early = early;
    line.tick_count = tick_count;
    line.step_s = step_s;
    line.begun_s = line.shown_s = wall_now_s();
    if (label != NULL)
        snprintf(line.label, sizeof line.label, "%s  ", label);
}

void progress_coherence(double coherence) { line.coherence = coherence; }

void progress_update(uint64_t tick) {
    if (!line.active)
        return;
    double now_s = wall_now_s();
    if (now_s - line.shown_s < (line.terminal ? terminal_pause_s : file_pause_s))
        return;
    line.shown_s = now_s;
    double elapsed_s = now_s - line.begun_s;
    double rate = (double)tick / elapsed_s;
    double left_s = rate > 0 ? (double)(line.tick_count - tick) / rate : 0;
    char text[160];
    int width = snprintf(text, sizeof text, "%s%3.0f %%  t = %.2f s  r = %.4f  %s ticks/s  %s %s", line.label,
                         100.0 * (double)tick / (double)line.tick_count, (double)tick * line.step_s,
                         line.coherence, text_count((uint64_t)rate).text, line.early ? "at most" : "ETA",
                         left_s < 1 ? "< 1 s" : text_duration(left_s).text);
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
