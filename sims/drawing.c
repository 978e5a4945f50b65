// The paper of all pictures, and gnuplot's answer looked at: a picture gets its name when it is whole.
#include "sims/drawing.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sims/gnuplot.h"
#include "sims/run_directory.h"
#include "sims/say.h"

void drawing_put_quoted(FILE *to, const char *text) {
    fputc('\'', to);
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputc('\'', to);
        if ((unsigned char)*text >= ' ')
            fputc(*text, to);
    }
    fputc('\'', to);
}

void drawing_put_common(FILE *to) {
    fputs("set encoding utf8\n"
          "set datafile separator ','\n"
          "ink = '#30343b'; faint = '#d5d8dd'; blue = '#1f5fa8'; orange = '#d9772b'\n"
          "set border lc rgb ink lw 1\n"
          "set tics textcolor rgb ink\n"
          "set key textcolor rgb ink\n",
          to);
}

void drawing_put_terminal(FILE *to, const char *kind, const char *name, int width, int height) {
    if (strcmp(kind, "png") == 0)
        fprintf(to, "set terminal pngcairo size %d,%d font 'DejaVu Sans,13' background rgb 'white'\n", width,
                height);
    else
        fprintf(to, "set terminal svg size %d,%d dynamic font 'DejaVu Sans,13' background rgb 'white'\n",
                width, height);
    fprintf(to, "set output '%s.%s.part'\n", name, kind);
}

// What fits over both pictures; the whole title is in the data.
void drawing_put_title(FILE *to, const char *title) {
    enum { LETTERS_MAX = 80 };
    size_t end = 0;
    for (int letters = 0; title[end] != '\0' && letters < LETTERS_MAX; letters++)
        for (end++; ((unsigned char)title[end] & 0xc0) == 0x80; end++) // the rest of a UTF-8 letter
            continue;
    char *shown = NULL;
    if (asprintf(&shown, "%.*s%s", (int)end, title, title[end] != '\0' ? "…" : "") < 0)
        abort();
    fputs("set title ", to);
    drawing_put_quoted(to, shown);
    free(shown);
}

void drawing_put_log_tics(FILE *to, char which, double low, double high) {
    fprintf(to, "set logscale %c\n", which);
    if (high > 1000 * low)
        fprintf(to, "set format %c '10^{%%T}'\n", which);
    else { // one number alone says nothing of the others
        double decade = 1;
        while (decade > low)
            decade /= 10;
        while (10 * decade <= low)
            decade *= 10;
        fprintf(to, "set format %c '%%g'\nset %ctics (", which, which);
        for (int k = 0; k < 5; k++, decade *= 10)
            fprintf(to, "%s%.9g, %.9g, %.9g", k > 0 ? ", " : "", decade, 2 * decade, 5 * decade);
        fputs(")\n", to);
    }
}

int drawing_bottom_lines(int names, size_t longest, int width) {
    enum { LETTER = 10, LINE = 75, MARGINS = 120 }; // pixels, as measured
    const int columns = (width - MARGINS) / (LETTER * (int)longest + LINE);
    const int rows = columns > 1 ? (names + columns - 1) / columns : names;
    return rows <= 2 ? 7 : 5 + (6 * rows + 4) / 5;
}

// The letters that the font of our pictures has for certain.
static bool has_glyph(uint32_t letter) {
    static const uint32_t ranges[][2] = {
        {0, 0x02e9},      {0x0300, 0x033f}, {0x0384, 0x038a}, {0x038e, 0x03a1}, {0x03a3, 0x051f},
        {0x1e00, 0x1eff}, {0x2010, 0x205e}, {0x2074, 0x208e}, {0x2090, 0x209c}, {0x20a0, 0x20b5},
        {0x2100, 0x2149}, {0x2153, 0x215e}, {0x2190, 0x22ff}, {0x2500, 0x269c}};
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++)
        if (letter >= ranges[r][0] && letter <= ranges[r][1])
            return true;
    return false;
}

// A letter that no font of the machine has would not be left out: pango draws the box for it as large as the
// picture, over everything. So it is a square in PNG; SVG keeps the letter, for browsers have fonts.
static char *with_known_letters(const char *script) {
    static const char square[] = "\u25a1", terminal[] = "set terminal ", png[] = "pngcairo";
    char *out = malloc(3 * strlen(script) + 1), *to = out; // a stray byte becomes three
    bool is_png = false, begins = true;
    if (out == NULL)
        abort();
    for (const char *from = script; *from != '\0';) {
        const unsigned char lead = (unsigned char)*from;
        uint32_t letter = lead;
        int more = lead < 0x80 ? 0 : lead < 0xc0 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3, size = 1;
        if (begins && strncmp(from, terminal, sizeof terminal - 1) == 0)
            is_png = strncmp(from + sizeof terminal - 1, png, sizeof png - 1) == 0;
        begins = lead == '\n';
        if (more > 0)
            letter = lead & (0x3fu >> more);
        for (; size <= more && ((unsigned char)from[size] & 0xc0) == 0x80; size++)
            letter = letter << 6 | ((unsigned char)from[size] & 0x3fu);
        const bool known = more >= 0 && size == more + 1 && has_glyph(letter);
        to = known || !is_png ? mempcpy(to, from, (size_t)size) : mempcpy(to, square, sizeof square - 1);
        from += size;
    }
    *to = '\0';
    return out;
}

static void remove_parts(const char *directory, const char *const *pictures) {
    for (const char *const *picture = pictures; *picture != NULL; picture++) {
        char *part = NULL;
        if (asprintf(&part, "%s/%s.part", directory, *picture) < 0)
            abort();
        unlink(part);
        free(part);
    }
}

// gnuplot answers 0 when it could not write all of a picture (a full disk): see whether it has its end.
static bool is_whole(const char *path, const char *name) {
    static const char png_end[] = "IEND\xae\x42\x60\x82", svg_end[] = "</svg>";
    const char *end = strstr(name, ".png") != NULL ? png_end : svg_end;
    char tail[17] = "";
    FILE *from = fopen(path, "re");
    if (from == NULL)
        return false;
    size_t count = fseek(from, -16, SEEK_END) == 0 ? fread(tail, 1, sizeof tail - 1, from) : 0;
    fclose(from);
    return memmem(tail, count, end, strlen(end)) != NULL;
}

// All of them or none.
static entrain_status rename_pictures(const char *directory, const char *const *pictures,
                                      entrain_error *error_out) {
    for (int pass = 0; pass < 2; pass++) {
        for (const char *const *picture = pictures; *picture != NULL; picture++) {
            char *path = path_join(directory, *picture), *part = NULL;
            if (asprintf(&part, "%s.part", path) < 0)
                abort();
            bool good = pass == 0 ? is_whole(part, *picture) : rename(part, path) == 0;
            free(path);
            free(part);
            if (!good) {
                remove_parts(directory, pictures);
                return entrain_error_set(error_out, ENTRAIN_IO,
                                         "gnuplot left no whole %s (is the disk full?)", *picture);
            }
        }
    }
    return ENTRAIN_OK;
}

entrain_status drawing_run(const char *directory, const char *script, const char *const *pictures,
                           entrain_error *error_out) {
    char *text = with_known_letters(script);
    entrain_status status = gnuplot_run(directory, text, error_out);
    free(text);
    if (status != ENTRAIN_OK) {
        remove_parts(directory, pictures); // which of them are whole is not known
        return status;
    }
    return rename_pictures(directory, pictures, error_out);
}

void drawing_say_missing(entrain_status status, const entrain_error *error) {
    if (status == ENTRAIN_UNKNOWN && strcmp(error->sentence, "gnuplot is not installed") == 0)
        say_note("no pictures: gnuplot is not installed (Debian: apt-get install gnuplot-nox); the data is "
                 "complete");
    else if (status == ENTRAIN_UNKNOWN)
        say_note("no picture: %s", error->sentence);
    else if (status != ENTRAIN_OK)
        say_note("no pictures: %s; the data is complete", error->sentence);
}
