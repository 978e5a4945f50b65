// The page: HTML with its pictures inside, or Markdown with them beside it. An existing file is replaced only
// if it is such a page.
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sims/bench_facts.h"
#include "sims/drawing.h"
#include "sims/page.h"
#include "sims/run_directory.h"
#include "sims/say.h"
#include "sims/validate_out.h"

#define MARK "<!-- entrain validate -->"

static bool ends_with(const char *text, const char *end) {
    size_t size = strlen(text), tail = strlen(end);
    return size > tail && strcmp(text + size - tail, end) == 0;
}

static bool is_html(const char *path) { return ends_with(path, ".html") || ends_with(path, ".htm"); }

// Both kinds begin with the mark. An empty file is as good as none.
static bool is_report(const char *path) { return run_file_begins_with(path, MARK); }

// "dir/name.md": folder "dir", stem "name".
static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (folder == NULL)
        abort();
    return folder;
}

static char *stem_of(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path,
               *dot = strrchr(name, '.');
    char *stem = strndup(name, (size_t)(dot - name));
    if (stem == NULL)
        abort();
    return stem;
}

entrain_status validate_report_check(const char *path, bool force, entrain_error *error_out) {
    struct stat about;
    if (!is_html(path) && !ends_with(path, ".md"))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "--report takes a file whose name ends in .html or .md, not \"%s\".", path);
    if (stat(path, &about) == 0) {
        if (!S_ISREG(about.st_mode))
            return entrain_error_set(error_out, ENTRAIN_IO,
                                     "%s is no ordinary file; name another with --report.", path);
        if (!force && !is_report(path))
            return entrain_error_set(
                error_out, ENTRAIN_IO,
                "The file %s holds something else than a report, so nothing was written; name "
                "another with --report, or add --force.",
                path);
    } else if (errno != ENOENT) {
        return entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be written: %s.", path, strerror(errno));
    }
    char *folder = folder_of(path);
    entrain_status status = ENTRAIN_OK;
    if (access(folder, W_OK | X_OK) != 0)
        status = entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be written: %s: %s.", path, folder,
                                   strerror(errno));
    free(folder);
    return status;
}

// --- what both kinds say

typedef struct fact {
    const char *name, *key;
} fact;
static const fact facts_shown[] = {{"version", "version"}, {"compiler", "compiler"}, {"built with", "flags"},
                                   {"processor", "cpu"},   {"widest SIMD", "simd"},  {"kernel", "kernel"}};

typedef struct row_texts {
    char off[16], within[16], remark[320];
} row_texts;

static row_texts texts_of(const validate_row *row) {
    row_texts texts = {.off = "", .within = ""};
    if (row->relation == VALIDATE_NEAR) {
        snprintf(texts.off, sizeof texts.off, isnan(row->measured) ? "-" : "%.1e",
                 row->measured - row->expected);
        snprintf(texts.within, sizeof texts.within, row->tolerance > 0 ? "%.2g" : "exact", row->tolerance);
    }
    validate_remark(row, texts.remark, sizeof texts.remark);
    return texts;
}

static void put_facts(FILE *to, const validation *all, const char *format) {
    json_t *known = bench_facts();
    char text[120];
    bench_date(text, sizeof text);
    fprintf(to, format, "made", text);
    snprintf(text, sizeof text, "--%s, %s, %s", all->full ? "full" : "quick",
             text_counted(all->workers, "thread").text, text_duration(all->seconds).text);
    fprintf(to, format, "how", text);
    for (size_t f = 0; f < sizeof facts_shown / sizeof *facts_shown; f++) {
        const char *value = json_string_value(json_object_get(known, facts_shown[f].key));
        fprintf(to, format, facts_shown[f].name, value != NULL ? value : "unknown");
    }
    json_decref(known);
}

static const char *const introduction = "Each row is a known answer of the theory of coupled oscillators "
                                        "beside what this build of Entrain measured. Exact "
                                        "answers were measured through both transports, which had to agree "
                                        "in every bit. Rows that compare a mean say how "
                                        "many standard errors it is off; all seeds are fixed.";

// --- HTML

static void put_html_row(FILE *to, const validate_row *row) {
    row_texts texts = texts_of(row);
    fprintf(to, "<tr><td class=\"%s\">%s</td><td>", row->ok ? "ok" : "fail", row->ok ? "ok" : "FAIL");
    page_put(to, row->parameters);
    if (*texts.remark != '\0') {
        fputs("<div class=\"faint\">", to);
        page_put(to, texts.remark);
        fputs("</div>", to);
    }
    fputs("</td><td class=\"n\">", to);
    page_put(to, validate_expected(row).text);
    fprintf(to,
            "</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td "
            "class=\"n\">%.2f</td></tr>\n",
            validate_value(row->measured).text, texts.off, texts.within, row->seconds);
}

static void put_html(FILE *to, const validation *all, const validate_picture *pictures) {
    char text[600];
    page_begin(to, MARK, "Known answers");
    fprintf(to, "<p>%s</p>\n", introduction);
    validate_verdict_text(all, text, sizeof text);
    fprintf(to, "<p class=\"%s\">", validate_judge(all).failed == 0 && !all->interrupted ? "ok" : "fail");
    page_put(to, text);
    fputs(".</p>\n<table class=\"facts\">\n", to);
    put_facts(to, all, "<tr><td>%s</td><td>%s</td></tr>\n");
    fputs("</table>\n", to);
    for (uint32_t p = 0; p < VALIDATE_PICTURES; p++) {
        if (pictures[p].svg == NULL)
            continue;
        page_section(to, pictures[p].title);
        page_picture(to, pictures[p].svg, pictures[p].caption);
    }
    fputs(
        "<h2>Every row</h2>\n<table>\n<tr><th></th><th></th><th>expected</th><th>measured</th><th>off by</th>"
        "<th>within</th><th>s</th></tr>\n",
        to);
    for (uint32_t c = 0; c < all->count; c++) {
        const validate_context *context = &all->contexts[c];
        fprintf(to, "<tr class=\"check\"><td><b>%s</b></td><td colspan=\"6\"><b>", context->check->id);
        page_put(to, context->check->title);
        fputs("</b> <span class=\"faint\">", to);
        page_put(to, context->check->source);
        fputs(context->cut ? " (interrupted)</span></td></tr>\n" : "</span></td></tr>\n", to);
        for (uint32_t r = 0; r < context->row_count; r++)
            put_html_row(to, &context->rows[r]);
    }
    fputs("</table>\n", to);
    page_end(to);
}

// --- Markdown

static void put_markdown(FILE *to, const validation *all, const validate_picture *pictures,
                         const char *stem) {
    char text[600];
    validate_verdict_text(all, text, sizeof text);
    fprintf(to, MARK "\n# Known answers\n\n%s\n\n**%c%s.**\n\n", introduction,
            text[0] >= 'a' && text[0] <= 'z' ? text[0] - 'a' + 'A' : text[0], text + 1);
    fputs("| | |\n| --- | --- |\n", to);
    put_facts(to, all, "| %s | %s |\n");
    for (uint32_t p = 0; p < VALIDATE_PICTURES; p++)
        if (pictures[p].svg != NULL)
            fprintf(to, "\n## %s\n\n![%s](%s-%s.svg)\n\n%s\n", pictures[p].title, pictures[p].title, stem,
                    pictures[p].name, pictures[p].caption);
    for (uint32_t c = 0; c < all->count; c++) {
        const validate_context *context = &all->contexts[c];
        fprintf(to, "\n## %s: ", context->check->id);
        page_put(to, context->check->title);
        fprintf(to,
                "\n\n%s%s\n\n| | | expected | measured | off by | within | s |\n| --- | --- | --: | --: | "
                "--: | --: | --: |\n",
                context->check->source, context->cut ? " (interrupted)" : "");
        for (uint32_t r = 0; r < context->row_count; r++) {
            const validate_row *row = &context->rows[r];
            row_texts texts = texts_of(row);
            fprintf(to, "| %s | ", row->ok ? "ok" : "**FAIL**");
            page_put(to, row->parameters);
            if (*texts.remark != '\0') {
                fputs(" (", to);
                page_put(to, texts.remark);
                fputs(")", to);
            }
            fputs(" | ", to);
            page_put(to, validate_expected(row).text);
            fprintf(to, " | %s | %s | %s | %.2f |\n", validate_value(row->measured).text, texts.off,
                    texts.within, row->seconds);
        }
    }
}

// --- files

static entrain_status write_text(const char *folder, const char *name, const char *text,
                                 entrain_error *error_out) {
    run_file file;
    entrain_status status = run_file_open(folder, name, &file, error_out);
    if (status != ENTRAIN_OK)
        return status;
    fputs(text, file.stream);
    status = run_file_close(&file, error_out);
    run_file_abandon(&file);
    return status;
}

static entrain_status write_page(const char *path, const validation *all, const validate_picture *pictures,
                                 entrain_error *error_out) {
    run_file file;
    char *folder = folder_of(path), *stem = stem_of(path);
    entrain_status status = run_file_open_path(path, &file, error_out);
    if (status == ENTRAIN_OK) {
        if (is_html(path))
            put_html(file.stream, all, pictures);
        else
            put_markdown(file.stream, all, pictures, stem);
        status = run_file_close(&file, error_out);
        run_file_abandon(&file);
    }
    for (uint32_t p = 0; p < VALIDATE_PICTURES && status == ENTRAIN_OK && !is_html(path); p++) {
        char name[300];
        snprintf(name, sizeof name, "%.200s-%s.svg", stem, pictures[p].name);
        if (pictures[p].svg != NULL)
            status = write_text(folder, name, pictures[p].svg, error_out);
    }
    free(folder);
    free(stem);
    return status;
}

// gnuplot works in a folder of its own, beside nothing of the user's.
static entrain_status draw(const validation *all, validate_picture *pictures, entrain_error *error_out) {
    const char *base = getenv("TMPDIR");
    char *folder = path_join(base != NULL && *base != '\0' ? base : "/tmp", "entrain-XXXXXX");
    entrain_status status = ENTRAIN_OK;
    if (mkdtemp(folder) == NULL)
        status = entrain_error_set(error_out, ENTRAIN_IO, "a folder in %s: %s", folder, strerror(errno));
    else
        status = validate_pictures_draw(all, folder, pictures, error_out);
    for (uint32_t p = 0; p < VALIDATE_PICTURES && pictures[p].name != NULL; p++) {
        char name[40];
        snprintf(name, sizeof name, "%s.svg", pictures[p].name);
        char *path = path_join(folder, name);
        unlink(path);
        free(path);
    }
    rmdir(folder);
    free(folder);
    return status;
}

entrain_status validate_report_write(const char *path, const validation *all, entrain_error *error_out) {
    validate_picture pictures[VALIDATE_PICTURES] = {{.name = NULL}};
    entrain_status drawn = ENTRAIN_OK;
    if (!all->interrupted)
        drawn = draw(all, pictures, error_out);
    drawing_say_missing(drawn, error_out);
    entrain_status status = write_page(path, all, pictures, error_out);
    for (uint32_t p = 0; p < VALIDATE_PICTURES; p++)
        free(pictures[p].svg);
    return status;
}
