// Words for people. A progress line may stand on the terminal when something is said: progress.c clears it
// first.
#include "sims/say.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sims/progress.h"

static bool quiet_now;

void say_set_quiet(bool quiet) { quiet_now = quiet; }

static void say(const char *sentence) {
    progress_clear();
    fprintf(stderr, "entrain: %s\n", sentence);
}

void say_refusal(const char *path, const char *sentence) {
    static const struct {
        const char *field, *key;
    } renamed[] = {{"topology.size", "swarm.size"},
                   {"topology.", "swarm.topology."},
                   {"mailbox_capacity", "exec.mailbox_capacity"}};
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
        size_t size = strlen(renamed[i].field);
        if (strncmp(sentence, renamed[i].field, size) == 0) {
            say_error("%s: %s%s", path, renamed[i].key, sentence + size);
            return;
        }
    }
    say_error("%s", sentence);
}

void say_error(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char sentence[2048]; // an entrain_error's sentence fits, with words around it
    vsnprintf(sentence, sizeof sentence - 1, format, arguments);
    va_end(arguments);
    size_t size = strlen(sentence);
    if (size > 0 && strchr(".?!", sentence[size - 1]) == NULL)
        memcpy(sentence + size, ".", 2); // the library's sentences may be parts of longer ones
    say(sentence);
}

void say_note(const char *format, ...) {
    if (quiet_now)
        return;
    va_list arguments;
    va_start(arguments, format);
    char sentence[2048]; // an entrain_error's sentence fits, with words around it
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    say(sentence);
}

bool say_may_color(FILE *file) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return (no_color == NULL || *no_color == '\0') && term != NULL && strcmp(term, "dumb") != 0 &&
           isatty(fileno(file)) == 1;
}

void print_wrapped(FILE *to, int column, int indent, const char *text) {
    enum { WIDTH = 80 };
    bool line_begins = true;
    while (*text != '\0') {
        int size = (int)strcspn(text, " ");
        if (!line_begins && column + 1 + size > WIDTH) {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
        } else if (!line_begins) {
            fputc(' ', to);
            column++;
        }
        fprintf(to, "%.*s", size, text);
        column += size;
        text += size;
        text += strspn(text, " ");
        line_begins = false;
    }
    fputc('\n', to);
}

double wall_now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

number_text text_count(uint64_t number) {
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    number_text out = {{0}};
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            out.text[at++] = ',';
        out.text[at++] = digits[i];
    }
    return out;
}

number_text text_counted(uint64_t number, const char *noun) {
    number_text out;
    char digits[28]; // of 2^64 - 1, with commas
    memcpy(digits, text_count(number).text, sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    snprintf(out.text, sizeof out.text, "%s %.10s%s", digits, noun, number == 1 ? "" : "s");
    return out;
}

number_text text_duration(double seconds) {
    number_text out;
    if (seconds < 1)
        snprintf(out.text, sizeof out.text, "%.0f ms", seconds * 1000);
    else if (seconds < 100)
        snprintf(out.text, sizeof out.text, "%.1f s", seconds);
    else if (seconds < 1e15)
        snprintf(out.text, sizeof out.text, "%.0f min %02.0f s", (double)(uint64_t)(seconds / 60),
                 (double)((uint64_t)seconds % 60));
    else
        snprintf(out.text, sizeof out.text, "ages");
    return out;
}

number_text text_bytes(double bytes) {
    number_text out;
    if (bytes < 1e4)
        snprintf(out.text, sizeof out.text, "%.0f bytes", bytes);
    else if (bytes < 1e6)
        snprintf(out.text, sizeof out.text, "%.1f kB", bytes / 1e3);
    else if (bytes < 1e9)
        snprintf(out.text, sizeof out.text, "%.1f MB", bytes / 1e6);
    else
        snprintf(out.text, sizeof out.text, "%.2f GB", bytes / 1e9);
    return out;
}
