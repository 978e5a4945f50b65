// The page of a run, a sweep or a script. The same words as `entrain show`, the same files, the same
// pictures.
#include "sims/report.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sims/bench_facts.h"
#include "sims/page.h"
#include "sims/run_directory.h"
#include "sims/say.h"
#include "sims/summary.h"
#include "sims/sweep_view.h"
#include "sims/words.h"

#define MARK "<!-- entrain report -->"
enum { ROWS_MAX = 200, REASONS_MAX = 20, SCRIPT_ROWS_MAX = 60 };

typedef struct about_file {
    const char *name, *about;
} about_file;

// In the order of interest; what a directory has beside these is shown without a word.
static const about_file known_files[] = {
    {"series.csv", "one line per sample; the same bytes for one scenario and seed"},
    {"summary.json", "what came out, for machines"},
    {"phases.csv", "final phases, thinned to 10,000 actors"},
    {"results.csv", "one line per run"},
    {"aggregate.csv", "one line per point: n, mean, standard error, quantiles of each result"},
    {"manifest.json", "the resolved scenario and what made it; can be run again"},
    {"execution.json", "how it was carried out: messages, memory, speed, workers"},
    {"timing.csv", "wall-clock figures, which differ from run to run"},
    {"runs.jsonl", "the journal, one line per run"},
    {"output.txt", "what the script printed"},
    {"checkpoint", "where the run can be taken up again"},
    {"report.html", NULL}, // this page
};

static const char *text_at(const json_t *json, const char *key) {
    const char *text = json_string_value(json_object_get(json, key));
    return text != NULL ? text : "";
}

// A word for a shell: in quotes where it must be.
static void put_shell_word(FILE *to, const char *word) {
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
    if (*word != '\0' && word[strspn(word, safe)] == '\0') {
        fputs(word, to);
        return;
    }
    fputc('\'', to);
    for (; *word != '\0'; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, to);
    fputc('\'', to);
}

// --- parts that every page has

static void put_scenario_rows(FILE *to, const json_t *tree, const char *prefix) {
    enum { VALUE_MAX = 240 };
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)tree, key, value) {
        char *name = NULL, *text = NULL;
        if (asprintf(&name, "%s%s%s", prefix, *prefix != '\0' ? "." : "", key) < 0)
            abort();
        if (json_is_object(value) && json_object_size(value) > 0) {
            put_scenario_rows(to, value, name);
        } else if (json_is_string(value)) {
            page_row(to, name, json_string_value(value));
        } else if (json_is_real(value)) {
            page_row(to, name, words_number(json_real_value(value)).text);
        } else if ((text = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_REAL_PRECISION(12))) !=
                   NULL) {
            page_row(to, name, strlen(text) <= VALUE_MAX ? text : words_value(value).text);
            free(text);
        }
        free(name);
    }
}

static void put_scenario(FILE *to, const json_t *manifest) {
    const json_t *resolved = json_object_get(manifest, "scenario"),
                 *sweep = json_object_get(manifest, "sweep");
    if (json_object_size(sweep) > 0) {
        page_section(to, "What was swept");
        fputs("<table class=\"facts\">\n", to);
        put_scenario_rows(to, sweep, "");
        fputs("</table>\n", to);
    }
    if (json_object_size(resolved) > 0) {
        page_section(to, "The scenario, resolved");
        fputs("<details><summary>every key with its value</summary>\n<table class=\"facts\">\n", to);
        put_scenario_rows(to, resolved, "");
        fputs("</table></details>\n", to);
    }
}

static void put_file(FILE *to, const char *directory, const char *name, const char *about) {
    struct stat facts;
    char *path = path_join(directory, name);
    if (stat(path, &facts) == 0 && S_ISREG(facts.st_mode)) {
        fputs("<tr><td><a href=\"", to);
        for (const char *at = name; *at != '\0'; at++) // as a link; a name of ours has no %
            if (strchr("%?#", *at) != NULL)
                fprintf(to, "%%%02X", (unsigned)(unsigned char)*at);
            else
                page_put(to, (char[]){*at, '\0'});
        fputs("\">", to);
        page_put(to, name);
        fprintf(to, "</a></td><td class=\"n\">%s</td><td>", text_bytes((double)facts.st_size).text);
        page_put(to, about);
        fputs("</td></tr>\n", to);
    }
    free(path);
}

static const about_file *known_file(const char *name) {
    for (size_t i = 0; i < sizeof known_files / sizeof *known_files; i++)
        if (strcmp(known_files[i].name, name) == 0)
            return &known_files[i];
    return NULL;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// Names of what lies in @p directory, sorted; the caller's.
static char **names_in(const char *directory, size_t *count_out) {
    char **names = NULL;
    size_t count = 0, room = 0;
    DIR *from = opendir(directory);
    for (struct dirent *entry; from != NULL && (entry = readdir(from)) != NULL;) {
        if (entry->d_name[0] == '.' || !words_is_utf8(entry->d_name, strlen(entry->d_name)))
            continue;
        if (count == room) {
            room = room * 2 + 32;
            names = realloc(names, room * sizeof *names);
            if (names == NULL)
                abort();
        }
        if ((names[count++] = strdup(entry->d_name)) == NULL)
            abort();
    }
    if (from != NULL)
        closedir(from);
    if (count > 0)
        qsort(names, count, sizeof *names, by_text);
    *count_out = count;
    return names;
}

static void free_names(char **names, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static void put_files(FILE *to, const char *directory) {
    size_t count = 0;
    char **names = names_in(directory, &count);
    page_section(to, "Files");
    fputs("<p class=\"faint\">Beside this page.</p>\n<table class=\"facts\">\n", to);
    for (size_t i = 0; i < sizeof known_files / sizeof *known_files; i++)
        if (known_files[i].about != NULL)
            put_file(to, directory, known_files[i].name, known_files[i].about);
    for (size_t i = 0; i < count; i++)
        if (known_file(names[i]) == NULL && strstr(names[i], ".part") == NULL)
            put_file(to, directory, names[i], "");
    fputs("</table>\n", to);
    free_names(names, count);
}

static void put_commands(FILE *to, const char *directory, const char *const *lines) {
    page_section(to, "Again");
    fputs("<pre>", to);
    for (; *lines != NULL; lines++) {
        char *text = NULL;
        size_t size = 0;
        FILE *words = open_memstream(&text, &size);
        if (words == NULL)
            abort();
        for (const char *at = *lines; *at != '\0'; at++)
            if (*at == '@') // the directory
                put_shell_word(words, directory);
            else
                fputc(*at, words);
        if (fclose(words) != 0)
            abort();
        page_put(to, text);
        fputc('\n', to);
        free(text);
    }
    fputs("</pre>\n", to);
}

static void put_reading(FILE *to, const char *table, bool json) {
    page_section(to, "Reading the figures");
    fputs("<pre>", to);
    fprintf(to,
            "Python  import csv; rows = list(csv.DictReader(open(&quot;%s&quot;)))\n"
            "R       rows &lt;- read.csv(&quot;%s&quot;)\n"
            "Julia   using CSV, DataFrames; rows = CSV.read(&quot;%s&quot;, DataFrame)\n",
            table, table, table);
    if (json)
        fputs("\nPython  import json; summary = json.load(open(&quot;summary.json&quot;))\n"
              "R       summary &lt;- jsonlite::fromJSON(&quot;summary.json&quot;)\n"
              "Julia   using JSON; summary = JSON.parsefile(&quot;summary.json&quot;)\n",
              to);
    fputs("</pre>\n", to);
}

// Of the machine that carried it out, as its files say; and of the one that wrote the page.
static void put_machine(FILE *to, const json_t *manifest, const json_t *execution) {
    static const char *const asked[][2] = {{"policy", "policy"},
                                           {"transport", "transport"},
                                           {"simd", "vector instructions"},
                                           {"machine", "cores"}};
    char text[200];
    page_section(to, "Made by");
    fputs("<table class=\"facts\">\n", to);
    snprintf(text, sizeof text, "%.60s, %.60s", text_at(json_object_get(manifest, "engine"), "version"),
             text_at(json_object_get(manifest, "engine"), "compiler"));
    page_row(to, "Entrain", text);
    snprintf(text, sizeof text, "%" PRId64,
             (int64_t)json_integer_value(json_object_get(json_object_get(manifest, "host"), "cpus")));
    page_row(to, "processors it might use", text);
    for (size_t i = 0; execution != NULL && i < sizeof asked / sizeof *asked; i++)
        if (*text_at(execution, asked[i][0]) != '\0')
            page_row(to, asked[i][1], text_at(execution, asked[i][0]));
    if (execution != NULL) {
        const double wall_s = json_number_value(json_object_get(execution, "wall_s")),
                     rate = json_number_value(json_object_get(execution, "ticks_per_s"));
        snprintf(
            text, sizeof text, "%s; %.4g ticks a second on %s", text_duration(wall_s).text, rate,
            text_counted((uint64_t)json_integer_value(json_object_get(execution, "workers")), "worker").text);
        page_row(to, "it took", text);
    }
    json_t *facts = bench_facts();
    char date[40];
    bench_date(date, sizeof date);
    snprintf(text, sizeof text, "%s, with Entrain %.40s, on %.100s", date, text_at(facts, "version"),
             text_at(facts, "cpu"));
    page_row(to, "this page", text);
    fputs("</table>\n", to);
    json_decref(facts);
}

static void put_picture(FILE *to, const char *directory, const char *name, const char *caption) {
    char *path = path_join(directory, name);
    page_picture_file(to, path, caption);
    free(path);
}

static json_t *load(const char *directory, const char *name) {
    char *path = path_join(directory, name);
    json_t *json = json_load_file(path, 0, NULL);
    free(path);
    return json;
}

// Of a script it is what its first line says.
static void begin_page(FILE *to, const json_t *manifest) {
    const char *title = text_at(json_object_get(manifest, "scenario"), "title");
    const char *name = *text_at(manifest, "name") != '\0' ? text_at(manifest, "name") : "Entrain";
    if (strcmp(text_at(manifest, "format"), SWEEP_FORMAT) == 0)
        title = sweep_title(manifest);
    page_begin(to, MARK, *title != '\0' ? title : words_title(text_at(manifest, "text"), name).text);
}

// --- a run

static void put_run(FILE *to, const char *directory, const json_t *manifest) {
    static const char *const again[] = {
        "entrain run @/manifest.json        # the same run once more",
        "entrain verify @/manifest.json     # every policy and transport: the same bits",
        "entrain show @                     # the summary in words",
        "entrain plot @                     # the pictures", NULL};
    json_t *summary = load(directory, "summary.json"), *execution = load(directory, "execution.json");
    if (summary != NULL) {
        char *words = NULL;
        size_t size = 0;
        FILE *into = open_memstream(&words, &size);
        if (into == NULL)
            abort();
        summary_print(into, summary, execution, NULL);
        if (fclose(into) != 0)
            abort();
        page_put_words(to, words, 15);
        free(words);
    } else {
        fputs("<p class=\"fail\">This run did not end: there is no summary.json.</p>\n", to);
    }
    put_picture(to, directory, "coherence.svg", "Coherence over simulated time.");
    put_picture(to, directory, "phases.svg",
                "The final phases on the unit circle: a dot for each actor; the arrow is the mean field.");
    put_picture(to, directory, "frequencies.svg",
                "Effective over natural frequency: who has been entrained lies on a step.");
    put_scenario(to, manifest);
    put_commands(to, directory, again);
    put_reading(to, "series.csv", true);
    put_files(to, directory);
    put_machine(to, manifest, execution);
    json_decref(summary);
    json_decref(execution);
}

// --- a sweep

static void put_number_cell(FILE *to, double number, double error) {
    fputs("<td class=\"n\">", to);
    if (!isnan(number))
        fprintf(to, "%.5g", number);
    if (!isnan(number) && !isnan(error))
        fprintf(to, " ± %.2g", error);
    fputs("</td>", to);
}

// The axes, how many, and the result that is drawn, with theory beside it.
static void put_points(FILE *to, const char *directory, const char *result) {
    entrain_error error;
    csv_table table;
    char *path = path_join(directory, "aggregate.csv"), name[200];
    const bool read = csv_table_read(path, false, &table, &error) == ENTRAIN_OK;
    free(path);
    if (!read)
        return;
    snprintf(name, sizeof name, "%.150s_mean", result);
    const uint32_t n = csv_table_find(&table, "n"), mean = csv_table_find(&table, name),
                   theory = csv_table_find(&table, "theory_r_mean");
    snprintf(name, sizeof name, "%.150s_se", result);
    const uint32_t se = csv_table_find(&table, name);
    const bool with_theory = strcmp(result, "coherence") == 0 && theory < table.column_count;
    page_section(to, "Point by point");
    fputs("<div class=\"scroll\"><table class=\"facts\">\n<tr>", to);
    for (uint32_t c = 1; c < n + 2 && c < table.column_count; c++) {
        fputs("<th class=\"n\">", to);
        page_put(to, table.columns[c]);
        fputs("</th>", to);
    }
    fputs("<th class=\"n\">", to);
    page_put(to, result);
    fputs(with_theory ? "</th><th class=\"n\">theory</th></tr>\n" : "</th></tr>\n", to);
    for (uint32_t r = 0; r < table.row_count && r < ROWS_MAX; r++) {
        fputs("<tr>", to);
        for (uint32_t c = 1; c < n + 2 && c < table.column_count; c++) {
            fputs("<td class=\"n\">", to);
            page_put(to, words_text(table.cells[r][c]).text);
            fputs("</td>", to);
        }
        put_number_cell(to, mean < table.column_count ? csv_number(table.cells[r][mean]) : NAN,
                        se < table.column_count ? csv_number(table.cells[r][se]) : NAN);
        if (with_theory)
            put_number_cell(to, csv_number(table.cells[r][theory]), NAN);
        fputs("</tr>\n", to);
    }
    fputs("</table></div>\n", to);
    if (table.row_count > ROWS_MAX)
        fprintf(to, "<p class=\"faint\">And %u more points in aggregate.csv.</p>\n",
                table.row_count - ROWS_MAX);
    fputs("<p class=\"faint\">Mean over the n runs that are done, ± its standard error.</p>\n", to);
    csv_table_free(&table);
}

static void put_failures(FILE *to, const sweep_table *table) {
    const csv_table *csv = &table->results;
    uint32_t failed = 0;
    for (uint32_t r = 0; r < csv->row_count; r++) {
        if (sweep_view_done(table, r))
            continue;
        if (failed == 0) {
            page_section(to, "What failed");
            fputs("<table class=\"facts\">\n", to);
        }
        if (failed++ < REASONS_MAX) {
            char text[40];
            snprintf(text, sizeof text, "run %.20s", csv->cells[r][0]);
            page_row(to, text, table->status + 1 < csv->column_count ? csv->cells[r][table->status + 1] : "");
        }
    }
    if (failed > 0)
        fputs("</table>\n", to);
    if (failed > REASONS_MAX)
        fprintf(to, "<p class=\"faint\">And %u more in results.csv.</p>\n", failed - REASONS_MAX);
}

static void put_sweep(FILE *to, const char *directory, const json_t *manifest, const sweep_table *table) {
    entrain_error error;
    char *words = NULL;
    size_t size = 0;
    FILE *into = open_memstream(&words, &size);
    if (into == NULL)
        abort();
    sweep_findings(table, into);
    if (fclose(into) != 0)
        abort();
    page_put_words(to, words, 11);
    free(words);
    put_picture(to, directory, "sweep.svg", "What was swept. Faint dots are single runs.");
    sweep_view view;
    if (sweep_view_make(table, NULL, &view, &error) == ENTRAIN_OK) {
        put_points(to, directory, view.result);
        sweep_view_free(&view);
    }
    put_failures(to, table);
    put_scenario(to, manifest);
    const char *const again[] = {
        "entrain plot @                     # the picture; --result NAME: of another result",
        "entrain plot @ --result synchronized_since_s",
        "entrain show @                     # what it found, in words", NULL};
    page_section(to, "What was typed");
    fputs("<pre>", to);
    page_put(to, text_at(manifest, "command"));
    fputs("</pre>\n", to);
    put_commands(to, directory, again);
    put_reading(to, "results.csv", false);
    put_files(to, directory);
    put_machine(to, manifest, NULL);
}

// --- a script

static bool ends_with(const char *text, const char *end) {
    const size_t size = strlen(text), tail = strlen(end);
    return size > tail && strcmp(text + size - tail, end) == 0;
}

static void put_table(FILE *to, const char *directory, const char *name) {
    entrain_error error;
    csv_table table;
    char *path = path_join(directory, name);
    const bool read = csv_table_read(path, true, &table, &error) == ENTRAIN_OK;
    free(path);
    if (!read)
        return;
    fputs("<div class=\"scroll\"><table class=\"facts\">\n<tr>", to);
    for (uint32_t c = 0; c < table.column_count; c++) {
        fputs("<th class=\"n\">", to);
        page_put(to, table.columns[c]);
        fputs("</th>", to);
    }
    fputs("</tr>\n", to);
    for (uint32_t r = 0; r < table.row_count && r < SCRIPT_ROWS_MAX; r++) {
        fputs("<tr>", to);
        for (uint32_t c = 0; c < table.column_count; c++) {
            const double number = csv_number(table.cells[r][c]);
            fputs("<td class=\"n\">", to);
            if (isnan(number) || *table.cells[r][c] == 't' || *table.cells[r][c] == 'f')
                page_put(to, words_text(table.cells[r][c]).text);
            else
                fprintf(to, "%.6g", number);
            fputs("</td>", to);
        }
        fputs("</tr>\n", to);
    }
    fputs("</table></div>\n", to);
    if (table.row_count > SCRIPT_ROWS_MAX)
        fprintf(to, "<p class=\"faint\">And %u more rows.</p>\n", table.row_count - SCRIPT_ROWS_MAX);
    csv_table_free(&table);
}

static void put_script(FILE *to, const char *directory, const json_t *manifest) {
    static const char *const again[] = {"entrain plot @                     # a picture of each table", NULL};
    entrain_error error;
    char *path = path_join(directory, "output.txt"), *printed = NULL, *first = NULL;
    size_t size = 0, count = 0;
    if (words_read_file(path, (size_t)1 << 24, &printed, &size, &error) == ENTRAIN_OK) {
        page_section(to, "What it printed");
        fputs("<pre>", to);
        page_put(to, words_is_utf8(printed, size) ? printed : "(no UTF-8)");
        fputs("</pre>\n", to);
        free(printed);
    }
    free(path);
    char **names = names_in(directory, &count);
    for (size_t i = 0; i < count; i++) {
        if (!ends_with(names[i], ".csv") || strcmp(names[i], "timing.csv") == 0)
            continue;
        first = first != NULL ? first : names[i];
        char *svg = strdup(names[i]);
        if (svg == NULL)
            abort();
        memcpy(svg + strlen(svg) - 3, "svg", 4);
        page_section(to, names[i]);
        put_picture(to, directory, svg, "Its columns over the first.");
        put_table(to, directory, names[i]);
        free(svg);
    }
    const char *text = text_at(manifest, "text");
    if (*text != '\0') {
        page_section(to, "The script");
        fputs("<details><summary>as it was run</summary>\n<pre>", to);
        page_put(to, text);
        fputs("</pre></details>\n", to);
    }
    put_commands(to, directory, again);
    if (first != NULL)
        put_reading(to, first, false);
    put_files(to, directory);
    put_machine(to, manifest, NULL);
    free_names(names, count);
}

// --- any

entrain_status report_write(const char *directory, entrain_error *error_out) {
    struct stat about;
    if (stat(directory, &about) != 0)
        return entrain_error_set(error_out, ENTRAIN_IO, "The directory %s cannot be read: %s.", directory,
                                 strerror(errno));
    json_t *manifest = load(directory, "manifest.json");
    const char *format = text_at(manifest, "format");
    entrain_status status = ENTRAIN_OK;
    run_file file = {0};
    sweep_table table = {0};
    if (manifest == NULL || strncmp(format, "entrain-", 8) != 0)
        status = entrain_error_set(error_out, ENTRAIN_IO,
                                   "%s is no directory of an Entrain run, sweep or script: it has no whole "
                                   "manifest.json.",
                                   directory);
    if (status == ENTRAIN_OK && strcmp(format, SWEEP_FORMAT) == 0)
        status = sweep_table_read(directory, &table, error_out);
    if (status == ENTRAIN_OK)
        status = run_file_open(directory, "report.html", &file, error_out);
    if (status == ENTRAIN_OK) {
        begin_page(file.stream, manifest);
        if (strcmp(format, RUN_FORMAT) == 0)
            put_run(file.stream, directory, manifest);
        else if (strcmp(format, SWEEP_FORMAT) == 0)
            put_sweep(file.stream, directory, manifest, &table);
        else
            put_script(file.stream, directory, manifest);
        page_end(file.stream);
        status = run_file_close(&file, error_out);
    }
    sweep_table_free(&table);
    json_decref(manifest);
    return status;
}
