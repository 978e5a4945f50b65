// What a sweep found, in three lines: how it went, what changed most along what, and theory beside it.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/math.h"
#include "sims/say.h"
#include "sims/sweep_view.h"
#include "sims/words.h"

static void line(FILE *to, const char *label, const char *text) {
    fprintf(to, "  %-8s ", label);
    print_wrapped(to, 11, 11, text);
}

static void line_runs(const sweep_table *table, FILE *to) {
    const csv_table *csv = &table->results;
    const uint32_t reason = csv_table_find(csv, "reason"), run = csv_table_find(csv, "run");
    const uint64_t chosen = (uint64_t)json_integer_value(json_object_get(table->manifest, "chosen"));
    uint32_t failed = 0, first = 0;
    for (uint32_t row = csv->row_count; row-- > 0;)
        if (!sweep_view_done(table, row)) {
            failed++;
            first = row;
        }
    char text[600];
    int used = snprintf(text, sizeof text, "%s done", text_counted(csv->row_count - failed, "run").text);
    if (csv->row_count < chosen)
        used += snprintf(text + used, sizeof text - (size_t)used, " of %s", text_count(chosen).text);
    if (failed > 0)
        snprintf(text + used, sizeof text - (size_t)used, ", %s failed; the first, run %s: %s",
                 text_count(failed).text, csv->cells[first][run],
                 reason < csv->column_count ? words_text(csv->cells[first][reason]).text : "no reason given");
    else
        snprintf(text + used, sizeof text - (size_t)used, ", none failed");
    line(to, "Runs", text);
}

// --- what changed most

// Sums of squares of a result, all around the mean of all.
typedef struct spread {
    double count, squares; // of all runs
    double replicas, free; // within points that have several runs, and their degrees of freedom
} spread;

typedef struct placed {
    double point, value;
} placed;

static int by_place(const void *a, const void *b) {
    const placed *x = a, *y = b;
    return (x->point > y->point) - (x->point < y->point);
}

static spread spread_of(const sweep_view *view) {
    const csv_table *csv = &view->table->results;
    const uint32_t point = csv_table_find(csv, "point");
    placed *runs = calloc((size_t)csv->row_count + 1, sizeof *runs);
    spread out = {0, 0, 0, 0};
    double sum = 0;
    uint32_t count = 0;
    if (runs == NULL)
        abort();
    for (uint32_t row = 0; row < csv->row_count; row++) {
        const double value = csv_number(csv->cells[row][view->result_column]);
        if (!sweep_view_done(view->table, row) || isnan(value))
            continue;
        const bool down = view->ladder && strcmp(csv->cells[row][view->table->direction], "down") == 0;
        const double at = point < csv->column_count ? csv_number(csv->cells[row][point]) : row;
        runs[count++] = (placed){2 * at + down, value};
        sum += value;
    }
    qsort(runs, count, sizeof *runs, by_place);
    for (uint32_t first = 0, end = 0; first < count; first = end) {
        double here = 0;
        while (end < count && by_place(&runs[first], &runs[end]) == 0)
            here += runs[end++].value;
        for (uint32_t i = first; i < end; i++) {
            const double off = runs[i].value - here / (end - first), far = runs[i].value - sum / count;
            out.replicas += off * off;
            out.squares += far * far;
        }
        out.free += end - first - 1;
    }
    out.count = count;
    free(runs);
    return out;
}

// Between the values of an axis. @p free_out: degrees of freedom.
static double between_of(const sweep_view *view, uint32_t axis, double *free_out) {
    uint32_t count = 0;
    view_group *groups = sweep_view_groups(view, axis, VIEW_NONE, VIEW_NONE, &count);
    double all = 0, sum = 0, between = 0;
    for (uint32_t g = 0; g < count; g++) {
        all += groups[g].stats.count;
        sum += groups[g].stats.count * groups[g].stats.mean;
    }
    for (uint32_t g = 0; g < count; g++) {
        const double off = groups[g].stats.mean - sum / all;
        between += groups[g].stats.count * off * off;
    }
    free(groups);
    *free_out = count > 0 ? count - 1 : 0;
    return between;
}

// The axis that explains most of a result's spread (eta squared), of those that do more than chance, whose F
// is about 1. Chance is what replicas of a point differ by, or, if that is less, what all axes together leave
// unexplained. Where neither is known an axis is taken at its word. VIEW_NONE: no axis does more.
static uint32_t strongest_axis(const sweep_view *view) {
    const spread all = spread_of(view);
    double rest = all.squares, rest_free = all.count - 1, most = 0, one;
    uint32_t best = VIEW_NONE;
    for (uint32_t axis = 0; axis < view->axis_count; axis++) {
        rest -= between_of(view, axis, &one);
        rest_free -= one;
    }
    for (uint32_t axis = 0; axis < view->axis_count; axis++) {
        const double between = between_of(view, axis, &one);
        double noise = INFINITY;
        if (all.free > 0)
            noise = all.replicas / all.free;
        if (rest_free > 0 && rest > 1e-12 * all.squares)
            noise = fmin(noise, rest / rest_free);
        if (between > most && (isinf(noise) || between > 3 * one * noise)) {
            most = between;
            best = axis;
        }
    }
    return best;
}

// y = a + b u by least squares; @return the share of the variance of y that it explains.
static double fit(const double *u, const double *y, uint32_t count, double *a_out, double *b_out) {
    double mean_u = 0, mean_y = 0, uu = 0, uy = 0, yy = 0;
    for (uint32_t i = 0; i < count; i++) {
        mean_u += u[i] / count;
        mean_y += y[i] / count;
    }
    for (uint32_t i = 0; i < count; i++) {
        uu += (u[i] - mean_u) * (u[i] - mean_u);
        uy += (u[i] - mean_u) * (y[i] - mean_y);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    *b_out = uu > 0 ? uy / uu : 0;
    *a_out = mean_y - *b_out * mean_u;
    return uu > 0 && yy > 0 ? uy * uy / (uu * yy) : 0;
}

// Over an axis of ratios: a logarithm or a power, where one of them fits. A rise from one level to
// another, as of coherence over coupling, is neither, and comes to R² = 0.9 all the same.
static int put_fit(const view_axis *axis, const view_group *groups, uint32_t count, char *text, size_t size) {
    double *u = calloc(3 * (size_t)count + 1, sizeof *u), *y = u + count, *v = y + count, a = 0, b = 0, c = 0,
           power = 0;
    bool positive = true;
    if (u == NULL)
        abort();
    for (uint32_t g = 0; g < count; g++) {
        u[g] = entrain_log(axis->numbers[groups[g].x]);
        y[g] = groups[g].stats.mean;
        positive = positive && y[g] > 0;
        v[g] = y[g] > 0 ? entrain_log(y[g]) : 0;
    }
    const double by_log = fit(u, y, count, &a, &b), by_power = positive ? fit(u, v, count, &c, &power) : 0;
    free(u);
    if (fmax(by_log, by_power) < 0.98)
        return 0;
    if (by_log >= by_power)
        return snprintf(text, size, "; it goes as %.3g ln(%s) %c %.3g (R² = %.3f)", b, axis->key,
                        a < 0 ? '-' : '+', fabs(a), by_log);
    return snprintf(text, size, "; it goes as (%s)^%.3f (R² = %.3f)", axis->key, power, by_power);
}

// Where the straight line between two neighbours passes the middle of least and greatest: NAN where that is
// more than once.
static double crossing(const view_axis *axis, const view_group *groups, uint32_t count, double level) {
    double at = NAN;
    for (uint32_t g = 1; g < count; g++) {
        const double before = groups[g - 1].stats.mean - level, after = groups[g].stats.mean - level;
        if ((before < 0) == (after < 0))
            continue;
        const double from = axis->numbers[groups[g - 1].x], to = axis->numbers[groups[g].x];
        if (!isnan(at))
            return NAN;
        at = from + (to - from) * before / (before - after);
    }
    return at;
}

static const char *of_result(const char *result) {
    return strcmp(result, "coherence") == 0 ? "coherence r" : result;
}

static void line_numeric(const sweep_view *view, uint32_t which, FILE *to) {
    const view_axis *axis = &view->axes[which];
    uint32_t count = 0, least = 0, greatest = 0;
    view_group *groups = sweep_view_groups(view, which, VIEW_NONE, VIEW_NONE, &count);
    uint32_t ups = 0;
    while (ups < count && !groups[ups].down) // of a ladder: the way up speaks
        ups++;
    const bool both_ways = ups > 0 && ups < count;
    count = ups > 0 ? ups : count;
    for (uint32_t g = 0; g < count; g++) {
        least = groups[g].stats.mean < groups[least].stats.mean ? g : least;
        greatest = groups[g].stats.mean > groups[greatest].stats.mean ? g : greatest;
    }
    const bool rises = least < greatest;
    const view_group *from = &groups[rises ? least : greatest], *end = &groups[rises ? greatest : least];
    char text[600];
    int used =
        snprintf(text, sizeof text, "%s %s%s from %.4g at %s = %s to %.4g at %s", of_result(view->result),
                 both_ways ? "on the way up " : "", rises ? "rises" : "falls", from->stats.mean, axis->key,
                 sweep_view_value(axis, from->x).text, end->stats.mean, sweep_view_value(axis, end->x).text);
    const double level = (groups[least].stats.mean + groups[greatest].stats.mean) / 2,
                 at = crossing(axis, groups, count, level);
    int fitted = 0;
    if (axis->logarithmic && count > 3)
        used += fitted = put_fit(axis, groups, count, text + used, sizeof text - (size_t)used);
    if (fitted == 0 && count > 2 && !isnan(at))
        snprintf(text + used, sizeof text - (size_t)used, "; half way, %.3g, at about %.4g", level, at);
    free(groups);
    line(to, "Changed", text);
}

static void line_words(const sweep_view *view, uint32_t which, FILE *to) {
    const view_axis *axis = &view->axes[which];
    uint32_t count = 0, least = 0, greatest = 0;
    view_group *groups = sweep_view_groups(view, which, VIEW_NONE, VIEW_NONE, &count);
    for (uint32_t g = 0; g < count; g++) {
        least = groups[g].stats.mean < groups[least].stats.mean ? g : least;
        greatest = groups[g].stats.mean > groups[greatest].stats.mean ? g : greatest;
    }
    char text[500];
    snprintf(text, sizeof text, "%s is greatest, %.4g, with %s = %s, and least, %.4g, with %s",
             of_result(view->result), groups[greatest].stats.mean, axis->key,
             sweep_view_value(axis, groups[greatest].x).text, groups[least].stats.mean,
             sweep_view_value(axis, groups[least].x).text);
    free(groups);
    line(to, "Changed", text);
}

// Of a ladder: where the two ways are farthest apart.
static bool line_hysteresis(const sweep_view *view, FILE *to) {
    if (!view->ladder || view->axis_count == 0 || !view->axes[0].numeric)
        return false;
    const view_axis *axis = &view->axes[0];
    uint32_t count = 0, first = VIEW_NONE, last = 0, wide = 0;
    view_group *groups = sweep_view_groups(view, 0, VIEW_NONE, VIEW_NONE, &count);
    double *ways = calloc(2 * (size_t)axis->count, sizeof *ways), most = 0, squares = 0, sum = 0, steps = 0;
    if (ways == NULL)
        abort();
    for (uint32_t i = 0; i < 2 * axis->count; i++)
        ways[i] = NAN;
    for (uint32_t g = 0; g < count; g++) {
        const size_t at = 2 * (size_t)groups[g].x + groups[g].down;
        const double error = groups[g].stats.error;
        ways[at] = groups[g].stats.mean;
        squares += isnan(error) ? 0 : error * error;
    }
    for (uint32_t x = 0; x < axis->count; x++) {
        const double parted = ways[2 * (size_t)x] - ways[2 * (size_t)x + 1],
                     apart = fabs(parted); // NAN: only one way
        if (!isnan(apart)) {
            sum += parted;
            steps++;
        }
        if (apart > most) {
            most = apart;
            wide = x;
        }
    }
    for (uint32_t x = 0; x < axis->count; x++)
        if (fabs(ways[2 * (size_t)x] - ways[2 * (size_t)x + 1]) > most / 4) {
            first = first == VIEW_NONE ? x : first;
            last = x;
        }
    char text[900];
    // By the error of all steps together, since few replicas know little of their own: far apart somewhere,
    // or always on the same side.
    const double error = steps > 0 ? sqrt(squares / steps) : 0;
    if (most > 0.05 && (most > 5 * error || fabs(sum) > 4 * error * sqrt(steps)))
        snprintf(
            text, sizeof text,
            "up and down part between %s = %s and %s, most at %s: %.4g on the way up, %.4g on the way down: "
            "hysteresis",
            axis->key, sweep_view_value(axis, first).text, sweep_view_value(axis, last).text,
            sweep_view_value(axis, wide).text, ways[2 * (size_t)wide], ways[2 * (size_t)wide + 1]);
    else
        snprintf(text, sizeof text, "the same on the way up and down, to %.2g: %s", most,
                 most > 0.05 ? "more runs may tell" : "no hysteresis");
    const bool both = count > axis->count;
    free(groups);
    free(ways);
    if (both)
        line(to, "Ladder", text);
    return both;
}

// --- theory

static bool line_theory(const sweep_view *view, FILE *to) {
    if (view->theory_column == VIEW_NONE)
        return false;
    const uint32_t x = view->axis_count > 0 ? 0 : VIEW_NONE, y = view->axis_count > 1 ? 1 : VIEW_NONE,
                   z = view->axis_count > 2 ? 2 : VIEW_NONE;
    uint32_t count = 0, compared = 0, worst = 0;
    view_group *groups = sweep_view_groups(view, x, y, z, &count);
    double sum = 0, most = -1;
    for (uint32_t g = 0; g < count; g++) {
        if (isnan(groups[g].theory))
            continue;
        const double off = fabs(groups[g].stats.mean - groups[g].theory);
        compared++;
        sum += off;
        if (off > most) {
            most = off;
            worst = g;
        }
    }
    char text[500], place[200] = "";
    const uint32_t at[] = {groups[worst].x, groups[worst].y};
    for (uint32_t axis = 0; axis < view->axis_count && axis < 2; axis++)
        snprintf(place + strlen(place), sizeof place - strlen(place), "%s%s = %s", axis > 0 ? ", " : "",
                 view->axes[axis].key, sweep_view_value(&view->axes[axis], at[axis]).text);
    snprintf(text, sizeof text, "off by %.2g on average over %s; most%s%s: measured %.4g, expected %.4g",
             compared > 0 ? sum / compared : 0, text_counted(compared, "point").text,
             *place != '\0' ? " at " : "", place, groups[worst].stats.mean, groups[worst].theory);
    free(groups);
    if (compared > 0)
        line(to, "Theory", text);
    return compared > 0;
}

// Of a search: what was sought, how finely, with how many runs.
static bool line_search(const sweep_view *view, FILE *to) {
    const json_t *find = json_object_get(json_object_get(view->table->manifest, "sweep"), "find");
    if (strcmp(view->result, "threshold") != 0 || !json_is_object(find))
        return false;
    const char *key = json_string_value(json_object_get(find, "key")),
               *where = json_string_value(json_object_get(find, "where"));
    const uint32_t column = csv_table_find(&view->table->results, "evaluations");
    double runs = 0, count = 0;
    for (uint32_t row = 0; row < view->table->results.row_count && column < view->table->results.column_count;
         row++) {
        const double one = csv_number(view->table->results.cells[row][column]);
        runs += isnan(one) ? 0 : one;
        count += !isnan(one);
    }
    char text[600];
    int used = snprintf(text, sizeof text,
                        "the %.80s at which \"%.160s\" becomes true or false, to %.3g, by bisection: %s in "
                        "all",
                        key != NULL ? key : "?", where != NULL ? where : "?",
                        json_number_value(json_object_get(find, "tolerance")),
                        text_counted((uint64_t)runs, "run").text);
    if (view->axis_count == 0) { // nothing else is said of it
        uint32_t groups_count = 0;
        view_group *groups = sweep_view_groups(view, VIEW_NONE, VIEW_NONE, VIEW_NONE, &groups_count);
        const replica_stats *stats = &groups[0].stats;
        used += snprintf(text + used, sizeof text - (size_t)used, "; at %.6g", stats->mean);
        if (stats->count > 1)
            snprintf(text + used, sizeof text - (size_t)used, " +- %.2g, the mean of %u", stats->error,
                     stats->count);
        free(groups);
    }
    line(to, "Search", text);
    return count > 0;
}

// Where theory has nothing to say: how many synchronized, and when.
static void line_times(const sweep_table *table, FILE *to) {
    sweep_view view;
    entrain_error error;
    uint32_t count = 0, done = 0;
    for (uint32_t row = 0; row < table->results.row_count; row++)
        done += sweep_view_done(table, row);
    if (sweep_view_make(table, "synchronized_since_s", &view, &error) != ENTRAIN_OK) {
        const uint32_t column = csv_table_find(&table->results, "synchronized_since_s");
        if (column < table->results.column_count)
            line(to, "Times", "no run came to synchronize");
        return;
    }
    view_group *groups = sweep_view_groups(&view, VIEW_NONE, VIEW_NONE, VIEW_NONE, &count);
    char text[300];
    replica_stats stats = groups[0].stats;
    snprintf(text, sizeof text, "%s of %s synchronized, half of them by %.4g s, 95 %% by %.4g s",
             text_count(stats.count).text, text_counted(done, "run").text, stats.median, stats.high);
    line(to, "Times", text);
    free(groups);
    sweep_view_free(&view);
}

// Coherence, unless it hardly moves and the time to synchronize does.
static entrain_status choose(const sweep_table *table, sweep_view *view_out) {
    entrain_error error;
    sweep_view view, times;
    entrain_status status = sweep_view_make(table, NULL, &view, &error);
    if (status != ENTRAIN_OK)
        return status;
    uint32_t count = 0;
    double least = INFINITY, greatest = -INFINITY;
    view_group *groups = sweep_view_groups(&view, view.axis_count > 0 ? strongest_axis(&view) : VIEW_NONE,
                                           VIEW_NONE, VIEW_NONE, &count);
    for (uint32_t g = 0; g < count; g++) {
        least = fmin(least, groups[g].stats.mean);
        greatest = fmax(greatest, groups[g].stats.mean);
    }
    free(groups);
    if (strcmp(view.result, "coherence") == 0 && greatest - least < 0.02 &&
        sweep_view_make(table, "synchronized_since_s", &times, &error) == ENTRAIN_OK) {
        sweep_view_free(&view);
        view = times;
    }
    *view_out = view;
    return ENTRAIN_OK;
}

void sweep_findings(const sweep_table *table, FILE *to) {
    sweep_view view;
    line_runs(table, to);
    if (choose(table, &view) != ENTRAIN_OK) // none is done, and why has been said
        return;
    const uint32_t axis = strongest_axis(&view);
    if (axis == VIEW_NONE && view.axis_count > 0)
        line(to, "Changed", "nothing beyond what chance makes of it");
    else if (axis != VIEW_NONE && view.axes[axis].numeric)
        line_numeric(&view, axis, to);
    else if (axis != VIEW_NONE)
        line_words(&view, axis, to);
    if (!line_search(&view, to) && !line_hysteresis(&view, to) && !line_theory(&view, to))
        line_times(table, to);
    sweep_view_free(&view);
}
