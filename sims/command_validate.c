// entrain validate: every known answer of the field, measured. Checks are shared by threads, each with swarms
// of one worker; they are printed in the order of the table as soon as all before them are done.
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "sims/crew.h"
#include "sims/interrupt.h"
#include "sims/options.h"
#include "sims/progress.h"
#include "sims/say.h"
#include "sims/validate_out.h"

static const validate_check *const topics[] = {validate_exact,     validate_ring,   validate_symmetry,
                                               validate_pulse,     validate_second, validate_field,
                                               validate_statistics};

// --- which checks

// T before M, then by number.
static int in_order(const void *a, const void *b) {
    const validate_check *x = *(const validate_check *const *)a, *y = *(const validate_check *const *)b;
    if (x->id[0] != y->id[0])
        return x->id[0] == 'T' ? -1 : 1;
    return atoi(x->id + 1) - atoi(y->id + 1);
}

static uint32_t all_checks(const validate_check **checks_out) {
    uint32_t count = 0;
    for (size_t t = 0; t < sizeof topics / sizeof *topics; t++)
        for (const validate_check *check = topics[t]; check->id != NULL && count < VALIDATE_CHECKS_MAX;
             check++)
            checks_out[count++] = check;
    qsort(checks_out, count, sizeof *checks_out, in_order);
    return count;
}

static bool fits(const validate_check *check, const char *word) {
    return strcasecmp(check->id, word) == 0 ||
           (strlen(word) > 2 && !isdigit((unsigned char)word[1]) && strcasestr(check->title, word) != NULL);
}

static entrain_status refuse_word(const char *word, const validate_check *const *checks, uint32_t count,
                                  entrain_error *error_out) {
    const char *ids[VALIDATE_CHECKS_MAX + 1] = {NULL};
    char list[400] = "", upper[16];
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        ids[i] = checks[i]->id;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, " %s", checks[i]->id);
    }
    snprintf(upper, sizeof upper, "%s", word);
    for (char *at = upper; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    const char *nearest = entrain_nearest_word(upper, ids);
    if (nearest != NULL)
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                                 "--filter: there is no check \"%s\"; did you mean %s?", word, nearest);
    return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                             "--filter: no check is called \"%s\" or has it in its title; there are%s.", word,
                             list);
}

// Those that @p filter names, in the order of the table; all of them without one.
static entrain_status choose(const char *filter, const validate_check **checks, uint32_t *count,
                             entrain_error *error_out) {
    bool wanted[VALIDATE_CHECKS_MAX] = {false};
    if (filter == NULL)
        return ENTRAIN_OK;
    char *words = strdup(filter), *rest = NULL;
    if (words == NULL)
        abort();
    entrain_status status = ENTRAIN_OK;
    uint32_t named = 0;
    for (char *word = strtok_r(words, ",", &rest); word != NULL && status == ENTRAIN_OK;
         word = strtok_r(NULL, ",", &rest), named++) {
        bool found = false;
        for (uint32_t i = 0; i < *count; i++)
            if (fits(checks[i], word))
                found = wanted[i] = true;
        if (!found)
            status = refuse_word(word, checks, *count, error_out);
    }
    free(words);
    if (status == ENTRAIN_OK && named == 0)
        status = entrain_error_set(error_out, ENTRAIN_INVALID, "--filter takes names of checks, as T5,M10.");
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *count; i++)
        if (wanted[i])
            checks[kept++] = checks[i];
    *count = kept;
    return status;
}

static entrain_status parse_workers(const char *text, uint32_t *workers_out, entrain_error *error_out) {
    *workers_out = entrain_scheduler_cpus();
    if (text == NULL)
        return ENTRAIN_OK;
    char *end;
    errno = 0;
    unsigned long count = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || count - 1 >= ENTRAIN_WORKERS_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "--workers takes a whole number from 1 to %d, not \"%s\".",
                                 ENTRAIN_WORKERS_MAX, text);
    *workers_out = (uint32_t)count;
    return ENTRAIN_OK;
}

// --- running them

typedef struct session {
    const cli_options *options;
    validation all;
    bool done[VALIDATE_CHECKS_MAX];
    pthread_mutex_t mutex; // done, and what is printed
    uint32_t printed, finished;
} session;

// Ctrl-C is noticed by whoever looks next; no engine is told of it, because there are several.
static void run_check(void *argument, uint32_t index) {
    session *now = argument;
    validate_context *context = &now->all.contexts[index];
    if (interrupt_requested()) {
        context->cut = true;
    } else {
        double began_s = wall_now_s();
        context->row_began_s = began_s;
        context->check->run(context);
        context->seconds = wall_now_s() - began_s;
        context->cut = context->cut || (interrupt_requested() && context->row_count == 0);
    }
    pthread_mutex_lock(&now->mutex);
    now->done[index] = true;
    now->finished++;
    progress_clear();
    for (; now->printed < now->all.count && now->done[now->printed]; now->printed++) {
        const validate_context *next = &now->all.contexts[now->printed];
        if (!now->options->json && !now->options->quiet && (next->row_count > 0 || !next->cut))
            validate_print_check(stdout, next);
    }
    fflush(stdout);
    if (now->finished < now->all.count)
        progress_part(now->finished, now->all.contexts[now->printed].check->id);
    pthread_mutex_unlock(&now->mutex);
}

typedef struct each {
    validate_context *context;
    void (*body)(validate_context *context, void *argument, uint32_t index);
    void *argument;
} each;

static void run_one(void *argument, uint32_t index) {
    each *what = argument;
    if (!validate_over(what->context))
        what->body(what->context, what->argument, index);
}

void validate_each(validate_context *context, uint32_t count,
                   void (*body)(validate_context *context, void *argument, uint32_t index), void *argument) {
    each what = {context, body, argument};
    crew_do(context->helpers, count, run_one, &what);
}

static int run_all(session *now, entrain_error *error_out) {
    const cli_options *options = now->options;
    crew *helpers = NULL;
    if (crew_create(now->all.workers, &helpers, error_out) != ENTRAIN_OK) {
        say_error("%s", error_out->sentence);
        return EXIT_FAILED;
    }
    for (uint32_t i = 0; i < now->all.count; i++)
        now->all.contexts[i].helpers = helpers;
    double began_s = wall_now_s();
    if (!options->json && !options->quiet)
        validate_print_head(stdout);
    progress_begin_parts(NULL, now->all.count, options->quiet);
    crew_do(helpers, now->all.count, run_check, now);
    progress_end();
    crew_destroy(helpers);
    now->all.seconds = wall_now_s() - began_s;
    now->all.interrupted = interrupt_requested();
    return EXIT_DONE;
}

static void print_all(const session *now) {
    if (now->options->json) {
        json_t *json = validate_json(&now->all);
        json_dumpf(json, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(json);
    } else if (!now->options->quiet) {
        validate_print_verdict(stdout, &now->all);
    }
}

static int conclude(session *now) {
    const char *report = now->options->report;
    entrain_error error = {0};
    int code = EXIT_DONE;
    print_all(now);
    validate_verdict verdict = validate_judge(&now->all);
    if (verdict.failed > 0) {
        fflush(stdout);
        say_error("%s failed, of %s", text_counted(verdict.failed, "row").text, verdict.names);
        code = EXIT_MISMATCH;
    }
    if (now->all.interrupted) {
        say_note("interrupted; what is shown was measured");
        code = EXIT_INTERRUPTED;
    }
    if (report == NULL)
        return code;
    if (validate_report_write(report, &now->all, &error) != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return code == EXIT_DONE ? EXIT_FAILED : code;
    }
    say_note("the report is %s", report);
    return code;
}

int command_validate(const cli_options *options) {
    const validate_check *checks[VALIDATE_CHECKS_MAX];
    session now = {.options = options, .mutex = PTHREAD_MUTEX_INITIALIZER};
    entrain_error error = {0};
    now.all.count = all_checks(checks);
    now.all.full = options->full;
    entrain_status status = parse_workers(options->workers, &now.all.workers, &error);
    if (status == ENTRAIN_OK && options->full && options->quick)
        status = entrain_error_set(&error, ENTRAIN_INVALID, "--quick and --full: give one of them.");
    if (status == ENTRAIN_OK)
        status = choose(options->filter, checks, &now.all.count, &error);
    if (status == ENTRAIN_OK && options->report != NULL)
        status = validate_report_check(options->report, options->force, &error);
    if (status != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return EXIT_USAGE;
    }
    now.all.contexts = calloc(VALIDATE_CHECKS_MAX, sizeof *now.all.contexts);
    if (now.all.contexts == NULL)
        abort();
    for (uint32_t i = 0; i < now.all.count; i++)
        now.all.contexts[i] = (validate_context){
            .check = checks[i], .full = options->full, .pictures = options->report != NULL};
    int code = run_all(&now, &error);
    if (code == EXIT_DONE)
        code = conclude(&now);
    for (uint32_t i = 0; i < now.all.count; i++)
        validate_context_free(&now.all.contexts[i]);
    free(now.all.contexts);
    pthread_mutex_destroy(&now.mutex);
    return code;
}
