#include "sims/sweep_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/math.h"
#include "sims/run_once.h"

static void *room_for(size_t count, size_t size) {
    void *made = calloc(count + 1, size);
    if (made == NULL)
        abort();
    return made;
}

bool sweep_view_done(const sweep_table *table, uint32_t row) {
    return strcmp(table->results.cells[row][table->status], "done") == 0;
}

// --- axes

typedef struct valued {
    const char *text;
    double number;
    uint32_t row; // the first one
} valued;

static int by_value(const void *a, const void *b) {
    const valued *x = a, *y = b;
    if (x->number < y->number || x->number > y->number)
        return x->number < y->number ? -1 : 1;
    const int order = strcmp(x->text, y->text);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static int by_row(const void *a, const void *b) {
    const valued *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
}

// Whether the differences of the logarithms are more alike than those of the numbers.
static bool is_logarithmic(const double *numbers, uint32_t count) {
    if (count < 3 || !(numbers[0] > 0) || numbers[count - 1] < 10 * numbers[0])
        return false;
    double worst[2] = {0, 0};
    for (uint32_t i = 1; i < count; i++) {
        const double even = (numbers[count - 1] - numbers[0]) / (count - 1),
                     even_log = (entrain_log(numbers[count - 1]) - entrain_log(numbers[0])) / (count - 1);
        worst[0] = fmax(worst[0], fabs(numbers[i] - numbers[i - 1] - even) / even);
        worst[1] =
            fmax(worst[1], fabs(entrain_log(numbers[i]) - entrain_log(numbers[i - 1]) - even_log) / even_log);
    }
    return worst[1] < worst[0];
}

static void axis_free(view_axis *axis) {
    free(axis->texts);
    free(axis->numbers);
    free(axis->at);
}

static view_axis axis_of(const sweep_table *table, uint32_t column) {
    const csv_table *csv = &table->results;
    view_axis axis = {.key = csv->columns[column], .column = column, .numeric = true};
    valued *values = room_for(csv->row_count, sizeof *values);
    for (uint32_t row = 0; row < csv->row_count; row++) {
        values[row] = (valued){csv->cells[row][column], csv_number(csv->cells[row][column]), row};
        const bool is_truth = *values[row].text == 't' || *values[row].text == 'f';
        axis.numeric = axis.numeric && !isnan(values[row].number) && !is_truth;
    }
    for (uint32_t row = 0; row < csv->row_count && !axis.numeric; row++)
        values[row].number = 0;
    qsort(values, csv->row_count, sizeof *values, by_value);
    for (uint32_t row = 0; row < csv->row_count; row++)
        if (row == 0 || strcmp(values[row].text, values[axis.count - 1].text) != 0)
            values[axis.count++] = values[row];
    if (!axis.numeric)
        qsort(values, axis.count, sizeof *values, by_row);
    axis.texts = room_for(axis.count, sizeof *axis.texts);
    axis.numbers = room_for(axis.count, sizeof *axis.numbers);
    axis.at = room_for(csv->row_count, sizeof *axis.at);
    for (uint32_t v = 0; v < axis.count; v++) {
        axis.texts[v] = values[v].text;
        axis.numbers[v] = axis.numeric ? values[v].number : v;
    }
    for (uint32_t row = 0; row < csv->row_count; row++) {
        uint32_t low = 0, high = axis.count;
        const valued wanted = {csv->cells[row][column], csv_number(csv->cells[row][column]), 0};
        while (axis.numeric && high - low > 1) {
            const uint32_t middle = low + (high - low) / 2;
            *(wanted.number < axis.numbers[middle] ? &high : &low) = middle;
        }
        while (low < axis.count && strcmp(axis.texts[low], wanted.text) != 0 && !axis.numeric)
            low++;
        axis.at[row] = low;
    }
    axis.logarithmic = axis.numeric && is_logarithmic(axis.numbers, axis.count);
    free(values);
    return axis;
}

// Zipped: each value of one comes with one value of the other, and the other way round.
static bool go_together(const view_axis *a, const view_axis *b, uint32_t rows) {
    if (a->count != b->count)
        return false;
    uint32_t *partner = room_for(a->count, sizeof *partner);
    bool together = true;
    for (uint32_t row = 0; row < rows && together; row++) {
        uint32_t *other = &partner[a->at[row]];
        together = *other == 0 || *other == b->at[row] + 1;
        *other = b->at[row] + 1;
    }
    free(partner);
    return together;
}

static bool comes_before(const view_axis *a, const view_axis *b) {
    const bool a_bends = a->numeric && a->count > 2,
               b_bends = b->numeric && b->count > 2; // two make a line at most
    if (a_bends != b_bends)
        return a_bends;
    return a->count > b->count;
}

static void look_at_axes(sweep_view *view) {
    const sweep_table *table = view->table;
    view->axes = room_for(table->axis_count, sizeof *view->axes);
    for (uint32_t i = 0; i < table->axis_count; i++) {
        view_axis axis = axis_of(table, table->axis_first + i);
        bool kept = axis.count > 1;
        for (uint32_t k = 0; k < view->axis_count && kept; k++)
            if (go_together(&view->axes[k], &axis, table->results.row_count)) {
                view->axes[k].with++;
                kept = false;
            }
        if (!kept) {
            axis_free(&axis);
            continue;
        }
        uint32_t place = view->axis_count++;
        for (; place > 0 && comes_before(&axis, &view->axes[place - 1]); place--)
            view->axes[place] = view->axes[place - 1];
        view->axes[place] = axis;
    }
}

// --- the result

static uint32_t column_of(const sweep_table *table, const char *name) {
    const uint32_t column = csv_table_find(&table->results, name);
    return column < table->results.column_count && column > table->status ? column : VIEW_NONE;
}

static bool has_numbers(const sweep_table *table, uint32_t column) {
    for (uint32_t row = 0; row < table->results.row_count; row++)
        if (sweep_view_done(table, row) && !isnan(csv_number(table->results.cells[row][column])))
            return true;
    return false;
}

// A fingerprint may look like a number.
static bool is_text(const char *name) {
    for (uint32_t i = 0; result_column_at(i).name != NULL; i++)
        if (strcmp(result_column_at(i).name, name) == 0)
            return result_column_at(i).is_text;
    return strcmp(name, "fingerprint") == 0;
}

static entrain_status refuse_result(const sweep_table *table, const char *name, entrain_error *error_out) {
    const csv_table *csv = &table->results;
    const char **names = room_for(csv->column_count, sizeof *names);
    for (uint32_t c = table->status + 2, n = 0; c < csv->column_count; c++)
        names[n++] = csv->columns[c];
    const char *nearest = entrain_nearest_word(name, names);
    entrain_status status =
        nearest != NULL
            ? entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                                "The sweep has no result \"%s\"; did you mean %s?", name, nearest)
            : entrain_error_set(
                  error_out, ENTRAIN_UNKNOWN,
                  "The sweep has no result \"%s\"; the first line of results.csv names those it has.", name);
    free(names);
    return status;
}

entrain_status sweep_view_make(const sweep_table *table, const char *result, sweep_view *view_out,
                               entrain_error *error_out) {
    static const char *const usual[] = {"threshold", "coherence"};
    static const struct {
        const char *result, *theory;
    } expected[] = {{"coherence", "theory_r"},
                    {"theory_measured_r", "theory_r"},
                    {"threshold", "theory_threshold"},
                    {"sync_time_s", "theory_sync_time_s"}};
    sweep_view view = {
        .table = table, .result = result, .result_column = VIEW_NONE, .theory_column = VIEW_NONE};
    for (size_t i = 0; i < sizeof usual / sizeof *usual && result == NULL && view.result_column == VIEW_NONE;
         i++) {
        const uint32_t column = column_of(table, usual[i]);
        if (column != VIEW_NONE && has_numbers(table, column)) {
            view.result_column = column;
            view.result = usual[i];
        }
    }
    if (result != NULL)
        view.result_column = column_of(table, result);
    if (result != NULL && (view.result_column == VIEW_NONE || view.result_column <= table->status + 1))
        return refuse_result(table, result, error_out);
    if (view.result_column == VIEW_NONE)
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                                 "The sweep has no run that is done and has a coherence.");
    if (is_text(view.result) || !has_numbers(table, view.result_column))
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN, "No run of the sweep has a number for %s.",
                                 view.result);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const uint32_t theory = column_of(table, expected[i].theory);
        if (strcmp(view.result, "threshold") == 0 && !sweep_view_is_onset(table))
            continue;
        if (strcmp(view.result, expected[i].result) == 0 && theory != VIEW_NONE && has_numbers(table, theory))
            view.theory_column = theory;
    }
    view.ladder = table->direction < table->results.column_count;
    look_at_axes(&view);
    *view_out = view;
    return ENTRAIN_OK;
}

void sweep_view_free(sweep_view *view) {
    for (uint32_t i = 0; i < view->axis_count; i++)
        axis_free(&view->axes[i]);
    free(view->axes);
    *view = (sweep_view){0};
}

wording sweep_view_value(const view_axis *axis, uint32_t value) {
    wording out;
    if (!axis->numeric)
        return words_text(axis->texts[value]);
    snprintf(out.text, sizeof out.text, "%.10g", axis->numbers[value]);
    return out;
}

bool sweep_view_is_onset(const sweep_table *table) {
    const json_t *find = json_object_get(json_object_get(table->manifest, "sweep"), "find");
    const char *key = json_string_value(json_object_get(find, "key")),
               *where = json_string_value(json_object_get(find, "where"));
    return key != NULL && where != NULL && strcmp(key, "model.coupling") == 0 &&
           strstr(where, "coherence") != NULL;
}

// --- groups

typedef struct placed {
    uint32_t x, y, z, row;
    bool down;
    double value;
} placed;

static int compare_place(const placed *a, const placed *b) {
    if (a->z != b->z)
        return a->z < b->z ? -1 : 1;
    if (a->y != b->y)
        return a->y < b->y ? -1 : 1;
    if (a->down != b->down)
        return a->down ? 1 : -1;
    return (a->x > b->x) - (a->x < b->x);
}

static int by_place(const void *a, const void *b) {
    const int order = compare_place(a, b);
    const uint32_t x = ((const placed *)a)->row, y = ((const placed *)b)->row;
    return order != 0 ? order : (x > y) - (x < y);
}

view_group *sweep_view_groups(const sweep_view *view, uint32_t x, uint32_t y, uint32_t z,
                              uint32_t *count_out) {
    const csv_table *csv = &view->table->results;
    placed *list = room_for(csv->row_count, sizeof *list);
    uint32_t found = 0, count = 0;
    for (uint32_t row = 0; row < csv->row_count; row++) {
        const double value = csv_number(csv->cells[row][view->result_column]);
        if (!sweep_view_done(view->table, row) || isnan(value))
            continue;
        list[found++] =
            (placed){.x = x != VIEW_NONE ? view->axes[x].at[row] : 0,
                     .y = y != VIEW_NONE ? view->axes[y].at[row] : 0,
                     .z = z != VIEW_NONE ? view->axes[z].at[row] : 0,
                     .row = row,
                     .down = view->ladder && strcmp(csv->cells[row][view->table->direction], "down") == 0,
                     .value = value};
    }
    qsort(list, found, sizeof *list, by_place);
    view_group *groups = room_for(found, sizeof *groups);
    double *values = room_for(found, sizeof *values);
    for (uint32_t first = 0, end = 0; first < found; first = end) {
        double theory = 0, known = 0;
        for (; end < found && compare_place(&list[first], &list[end]) == 0; end++) {
            values[end - first] = list[end].value;
            const double one = view->theory_column != VIEW_NONE
                                   ? csv_number(csv->cells[list[end].row][view->theory_column])
                                   : NAN;
            theory += isnan(one) ? 0 : one;
            known += !isnan(one);
        }
        groups[count++] = (view_group){.x = list[first].x,
                                       .y = list[first].y,
                                       .z = list[first].z,
                                       .down = list[first].down,
                                       .stats = replica_stats_of(values, end - first),
                                       .theory = known > 0 ? theory / known : NAN};
    }
    free(list);
    free(values);
    *count_out = count;
    return groups;
}
