// The tables of a sweep. Rows are taken in the order of run and columns in a fixed order, so that the same
// rows give the same bytes, whoever finished first.
//
// Columns of results: those of run_once.h, a search's own, and whatever else a row may have, by name.
#include "sims/sweep_results.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entrain/scheduler.h"
#include "entrain/engine.h"
#include "sims/csv_table.h"
#include "sims/plugins.h"
#include "sims/replica_stats.h"
#include "sims/run_once.h"
#include "sims/summary.h"

// The manifest last: while it is there the directory is known as ours.
static const char *const sweep_names[] = {"results.csv", "aggregate.csv", "timing.csv",
                                          "sweep.png",   "sweep.svg",     "report.html",
                                          "runs.jsonl",  "manifest.json", NULL};

static bool is_sweep(const char *path) {
    char *manifest = path_join(path, "manifest.json");
    json_t *json = json_load_file(manifest, 0, NULL);
    free(manifest);
    const char *format = json_string_value(json_object_get(json, "format"));
    const bool ours = format != NULL && strcmp(format, SWEEP_FORMAT) == 0;
    json_decref(json);
    return ours;
}

const directory_kind sweep_directory_kind = {
    .names = sweep_names, .beginning = "manifest.json.part", .is_ours = is_sweep, .what = "sweep"};

// What theory knows of the scenarios swept: of the first, the middle or the last of them.
static json_t *theory_json(const sweep_plan *plan) {
    const uint32_t tried[] = {0, plan->run_count / 2, plan->run_count > 0 ? plan->run_count - 1 : 0};
    json_t *json = NULL;
    for (size_t i = 0; i < sizeof tried / sizeof *tried && json == NULL && tried[i] < plan->run_count; i++) {
        scenario given;
        entrain_theory_answer answer;
        entrain_error error;
        if (sweep_plan_scenario(plan, tried[i], NULL, 1, &given, &error) != ENTRAIN_OK)
            continue;
        if (given.events == NULL && entrain_swarm_theory(&given.swarm, given.swarm.size, &answer) &&
            answer.coherence > 0) // where it says 0 its law is that of no order
            json = json_pack("{s:s,s:s}", "law", answer.law, "source", answer.source);
        scenario_free(&given);
    }
    return json != NULL ? json : json_null();
}

json_t *sweep_manifest_json(const sweep_plan *plan, const char *typed) {
    json_t *json = json_object(), *made_by = json_object(), *host = json_object(), *loaded = json_array();
    char hash[20];
    snprintf(hash, sizeof hash, "%016" PRIx64, plan->hash);
    json_object_set_new(json, "format", json_string(SWEEP_FORMAT));
    json_object_set_new(json, "format_version", json_integer(RUN_FORMAT_VERSION));
    json_object_set_new(json, "name", json_string(plan->name));
    json_object_set_new(json, "command", typed != NULL ? json_string(typed) : json_null());
    json_object_set_new(json, "seed", json_integer((json_int_t)plan->seed));
    json_object_set_new(json, "hash", json_string(hash));
    json_object_set_new(json, "runs", json_integer(plan->run_count));
    json_object_set_new(json, "points", json_integer(plan->point_count));
    uint32_t chosen = 0;
    for (uint32_t run = 0; run < plan->run_count; run++)
        chosen += plan->runs[run].chosen;
    json_object_set_new(json, "chosen", json_integer(chosen));
    json_object_set_new(made_by, "version", json_string(entrain_version()));
    json_object_set_new(made_by, "compiler", json_string(build_compiler()));
    json_object_set_new(json, "engine", made_by);
    json_object_set_new(host, "cpus", json_integer(entrain_scheduler_cpus()));
    json_object_set_new(json, "host", host);
    for (uint32_t i = 0; plugins_at(i) != NULL; i++) {
        json_t *path = json_string(plugins_at(i));
        json_array_append_new(loaded, path != NULL ? path : json_string("?"));
    }
    json_object_set_new(json, "loaded", loaded);
    if (plan->text != NULL)
        json_object_set_new(json, "theory", theory_json(plan));
    json_object_set(json, "scenario", plan->base);
    json_object_set(json, "sweep", plan->json);
    return json;
}

// --- columns

typedef struct column {
    const char *name;
    bool is_text;
    bool has_number; // in a row that is done
} column;

// Rows, read from the journal where memory does not hold them.
typedef struct row_source {
    json_t *const *rows;
    const journal *log;
} row_source;

static json_t *row_at(const row_source *from, uint32_t run) {
    return sweep_row_at(from->rows, from->log, run);
}

typedef struct column_list {
    column *columns;
    size_t count, room, fixed; // the first of them are known without rows
    bool ladder;               // there is a column for the direction
} column_list;

// The column called @p name, most likely @p guess; list->count: none is.
static size_t column_named(const column_list *list, const char *name, size_t guess) {
    if (guess < list->count && strcmp(list->columns[guess].name, name) == 0)
        return guess;
    size_t at = 0;
    while (at < list->count && strcmp(list->columns[at].name, name) != 0)
        at++;
    return at;
}

static void add_column(column_list *list, const char *name, bool is_text) {
    if (list->count == list->room) {
        list->room = list->room * 2 + 64;
        list->columns = realloc(list->columns, list->room * sizeof *list->columns);
        if (list->columns == NULL)
            abort();
    }
    list->columns[list->count++] = (column){name, is_text, false};
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const column *)a)->name, ((const column *)b)->name);
}

static bool is_ladder(const sweep_plan *plan) {
    for (uint32_t run = 0; run < plan->run_count; run++)
        if (plan->runs[run].direction != NULL)
            return true;
    return false;
}

static const char *status_of(const json_t *row) {
    const char *status = json_string_value(json_object_get(row, "status"));
    return status != NULL ? status : "failed";
}

static bool is_done(const json_t *row) { return strcmp(status_of(row), "done") == 0; }

// NAN where there is no number.
static double number_of(const json_t *value) {
    if (json_is_boolean(value))
        return json_is_true(value);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void look_at_row(column_list *list, const json_t *row) {
    const char *key;
    json_t *value;
    size_t at = 0;
    json_object_foreach(json_object_get(row, "result"), key, value) {
        at = column_named(list, key, at);
        if (at == list->count) {
            char *own = strdup(key); // the row is not kept
            if (own == NULL)
                abort();
            add_column(list, own, false);
        }
        list->columns[at].has_number =
            list->columns[at].has_number || (is_done(row) && !isnan(number_of(value)));
        at++;
    }
}

static column_list columns_of(const sweep_plan *plan, const row_source *from) {
    static const char *const of_search[] = {"threshold", "low", "high", "evaluations"};
    column_list list = {.ladder = is_ladder(plan)};
    for (uint32_t i = 0; result_column_at(i).name != NULL; i++)
        add_column(&list, result_column_at(i).name, result_column_at(i).is_text);
    for (size_t i = 0; plan->find.key != NULL && i < sizeof of_search / sizeof *of_search; i++)
        add_column(&list, of_search[i], false);
    list.fixed = list.count;
    for (uint32_t run = 0; run < plan->run_count; run++) {
        json_t *row = row_at(from, run);
        look_at_row(&list, row);
        json_decref(row);
    }
    if (list.count > list.fixed)
        qsort(list.columns + list.fixed, list.count - list.fixed, sizeof *list.columns, by_name);
    return list;
}

static void free_columns(column_list *list) {
    for (size_t c = list->fixed; c < list->count; c++)
        free((char *)(uintptr_t)list->columns[c].name);
    free(list->columns);
}

// Each after a comma; there may be none.
static void put_axes(FILE *to, const sweep_plan *plan, const sweep_run *run) {
    for (uint32_t axis = 0; axis < plan->axis_count; axis++) {
        fputc(',', to);
        if (run == NULL)
            csv_put_text(to, plan->axes[axis].key);
        else
            csv_put_json(to, json_object_get(run->values, plan->axes[axis].key));
    }
}

// --- results.csv, timing.csv

static void put_results(FILE *to, const sweep_plan *plan, const row_source *from, const column_list *list) {
    fputs("run,point,replica,seed", to);
    put_axes(to, plan, NULL);
    fputs(list->ladder ? ",direction,status,reason" : ",status,reason", to);
    for (size_t c = 0; c < list->count; c++) {
        fputc(',', to);
        csv_put_text(to, list->columns[c].name);
    }
    fputc('\n', to);
    for (uint32_t index = 0; index < plan->run_count; index++) {
        const sweep_run *run = &plan->runs[index];
        json_t *row = row_at(from, index);
        const json_t *result = json_object_get(row, "result");
        if (row == NULL)
            continue;
        fprintf(to, "%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu64, run->index, run->point, run->replica,
                run->seed);
        put_axes(to, plan, run);
        if (list->ladder)
            fprintf(to, ",%s", run->direction != NULL ? run->direction : "");
        fprintf(to, ",%s,", status_of(row));
        csv_put_json(to, json_object_get(row, "reason"));
        for (size_t c = 0; c < list->count; c++) {
            fputc(',', to);
            csv_put_json(to, json_object_get(result, list->columns[c].name));
        }
        fputc('\n', to);
        json_decref(row);
    }
}

static void put_timing(FILE *to, const sweep_plan *plan, const row_source *from) {
    static const char *const names[] = {"workers", "wall_s", "ticks_per_s"};
    fputs("run,workers,wall_s,ticks_per_s\n", to);
    for (uint32_t run = 0; run < plan->run_count; run++) {
        json_t *row = row_at(from, run);
        if (row == NULL)
            continue;
        fprintf(to, "%" PRIu32, plan->runs[run].index);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            fputc(',', to);
            csv_put_json(to, json_object_get(row, names[i]));
        }
        fputc('\n', to);
        json_decref(row);
    }
}

// --- aggregate.csv

// Runs that are replicas of one another: the same point, the same way.
typedef struct member {
    uint32_t point, run;
    bool down;
} member;

static int by_point(const void *a, const void *b) {
    const member *x = a, *y = b;
    if (x->point != y->point)
        return x->point < y->point ? -1 : 1;
    if (x->down != y->down)
        return x->down ? 1 : -1;
    return (x->run > y->run) - (x->run < y->run);
}

static void put_statistics(FILE *to, const replica_stats *stats) {
    const double figures[] = {stats->mean, stats->error,  stats->deviation, stats->least,
                              stats->low,  stats->median, stats->high,      stats->greatest};
    fprintf(to, ",%" PRIu32, stats->count);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        fputc(',', to);
        csv_put_number(to, figures[i]);
    }
}

// @p table: room for the numbers of all members, [column][member].
static void put_group(FILE *to, const sweep_plan *plan, const row_source *from, const column_list *list,
                      const member *members, uint32_t count, double *table) {
    const sweep_run *first = &plan->runs[members->run];
    uint32_t done = 0;
    for (uint32_t m = 0; m < count; m++) {
        json_t *row = row_at(from, members[m].run);
        const json_t *result = json_object_get(row, "result");
        const bool counts = is_done(row);
        done += counts;
        for (size_t c = 0; c < list->count; c++)
            table[c * count + m] = counts ? number_of(json_object_get(result, list->columns[c].name)) : NAN;
        json_decref(row);
    }
    fprintf(to, "%" PRIu32, first->point);
    put_axes(to, plan, first);
    if (list->ladder)
        fprintf(to, ",%s", first->direction != NULL ? first->direction : "");
    fprintf(to, ",%" PRIu32 ",%" PRIu32, done, count - done);
    for (size_t c = 0; c < list->count; c++) {
        double *values = &table[c * count];
        uint32_t found = 0;
        for (uint32_t m = 0; m < count; m++)
            if (!isnan(values[m]))
                values[found++] = values[m];
        const replica_stats stats = replica_stats_of(values, found);
        put_statistics(to, &stats);
    }
    fputc('\n', to);
}

static uint32_t group_end(const member *members, uint32_t first, uint32_t count) {
    uint32_t end = first;
    while (end < count && members[end].point == members[first].point &&
           members[end].down == members[first].down)
        end++;
    return end;
}

static void put_aggregate(FILE *to, const sweep_plan *plan, const row_source *from, const column_list *all) {
    static const char *const endings[] = {"n", "mean", "se", "sd", "min", "q05", "median", "q95", "max"};
    column_list list = {.ladder = all->ladder};
    for (size_t c = 0; c < all->count; c++)
        if (all->columns[c].has_number && !all->columns[c].is_text)
            add_column(&list, all->columns[c].name, false);
    member *members = calloc(plan->run_count + (size_t)1, sizeof *members);
    if (members == NULL)
        abort();
    uint32_t count = 0, largest = 0;
    for (uint32_t run = 0; run < plan->run_count; run++) {
        const char *direction = plan->runs[run].direction;
        if (from->rows[run] != NULL)
            members[count++] =
                (member){plan->runs[run].point, run, direction != NULL && strcmp(direction, "down") == 0};
    }
    qsort(members, count, sizeof *members, by_point);
    fputs("point", to);
    put_axes(to, plan, NULL);
    fputs(list.ladder ? ",direction,n,failed" : ",n,failed", to);
    for (size_t c = 0; c < list.count; c++)
        for (size_t e = 0; e < sizeof endings / sizeof *endings; e++)
            fprintf(to, ",%s_%s", list.columns[c].name, endings[e]);
    fputc('\n', to);
    for (uint32_t first = 0, end; first < count; first = end) {
        end = group_end(members, first, count);
        largest = end - first > largest ? end - first : largest;
    }
    double *table = calloc(largest * list.count + 1, sizeof *table);
    if (table == NULL)
        abort();
    for (uint32_t first = 0, end; first < count; first = end) {
        end = group_end(members, first, count);
        put_group(to, plan, from, &list, members + first, end - first, table);
    }
    free(list.columns);
    free(members);
    free(table);
}

// What was drawn of earlier rows is not of these.
static void remove_pictures(const char *directory, const column_list *list) {
    static const char *const kinds[] = {"png", "svg"};
    for (size_t c = 0; c <= list->count; c++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            char *path = NULL;
            const char *name = c < list->count ? list->columns[c].name : "";
            if (strchr(name, '/') != NULL)
                continue;
            if (asprintf(&path, "%s/sweep%s%s.%s", directory, *name != '\0' ? "-" : "", name, kinds[k]) < 0)
                abort();
            unlink(path);
            free(path);
        }
}

entrain_status sweep_results_write(const char *directory, const sweep_plan *plan, json_t *const *rows,
                                   const journal *log, entrain_error *error_out) {
    static const char *const names[] = {"results.csv", "aggregate.csv", "timing.csv"};
    const row_source from = {.rows = rows, .log = log};
    column_list list = columns_of(plan, &from);
    entrain_status status = ENTRAIN_OK;
    remove_pictures(directory, &list);
    for (size_t i = 0; i < sizeof names / sizeof *names && status == ENTRAIN_OK; i++) {
        run_file file;
        status = run_file_open(directory, names[i], &file, error_out);
        if (status != ENTRAIN_OK)
            break;
        if (i == 0)
            put_results(file.stream, plan, &from, &list);
        else if (i == 1)
            put_aggregate(file.stream, plan, &from, &list);
        else
            put_timing(file.stream, plan, &from);
        status = run_file_close(&file, error_out);
    }
    free_columns(&list);
    return status;
}

// --- read back

const char *sweep_title(const json_t *manifest) {
    const json_t *base = json_object_get(manifest, "scenario"), *sweep = json_object_get(manifest, "sweep");
    const char *title = json_string_value(json_object_get(base, "title"));
    const char *goal = json_string_value(json_object_get(base, "goal"));
    const char *name = json_string_value(json_object_get(manifest, "name"));
    const bool goals = json_is_array(json_object_get(sweep, "goal")),
               scales = json_is_array(json_object_get(sweep, "scale"));
    if (title == NULL || *title == '\0')
        return name != NULL ? name : "sweep";
    const size_t size = goal != NULL ? strlen(goal) : 0; // "save-energy, tiny" where nobody gave a title
    if ((goals || scales) && size > 0 && strncmp(title, goal, size) == 0 &&
        strncmp(title + size, ", ", 2) == 0)
        return goals && scales ? "Goals and scales compared" : goals ? "Goals compared" : goal;
    return title;
}

entrain_status sweep_table_read(const char *directory, sweep_table *table_out, entrain_error *error_out) {
    sweep_table table = {0};
    if (!run_directory_has(directory, "manifest.json"))
        return entrain_error_set(error_out, ENTRAIN_IO, "%s is no Entrain sweep: it has no manifest.json.",
                                 directory);
    entrain_status status =
        run_file_read_json(directory, "manifest.json", SWEEP_FORMAT, &table.manifest, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (!run_directory_has(directory, "results.csv")) {
        json_decref(table.manifest);
        return entrain_error_set(
            error_out, ENTRAIN_IO,
            "The sweep in %s has not come to its results.csv; go on with entrain sweep ... "
            "--resume -o %s.",
            directory, directory);
    }
    char *path = path_join(directory, "results.csv");
    status = csv_table_read(path, false, &table.results, error_out);
    table.status = csv_table_find(&table.results, "status");
    table.direction = csv_table_find(&table.results, "direction");
    table.axis_first = csv_table_find(&table.results, "seed") + 1;
    const uint32_t end = table.direction < table.status ? table.direction : table.status;
    if (status == ENTRAIN_OK && (table.status >= table.results.column_count || table.axis_first > end))
        status = entrain_error_set(error_out, ENTRAIN_PARSE, "%s is not the results of a sweep.", path);
    free(path);
    if (status != ENTRAIN_OK) {
        sweep_table_free(&table);
        return status;
    }
    table.axis_count = end - table.axis_first;
    *table_out = table;
    return ENTRAIN_OK;
}

void sweep_table_free(sweep_table *table) {
    json_decref(table->manifest);
    csv_table_free(&table->results);
    *table = (sweep_table){0};
}
