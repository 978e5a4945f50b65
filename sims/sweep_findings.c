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

// How much of a result's spread an axis explains: between its values, of all (eta squared).
// @p ratio_out: of the variances between and within, F; chance alone makes it about 1.
static double explained(const sweep_view *view, uint32_t axis, double *ratio_out) {
    uint32_t count = 0;
    view_group *groups = sweep_view_groups(view, axis, VIEW_NONE, VIEW_NONE, &count);
    double all = 0, sum = 0, between = 0, within = 0;
    for (uint32_t g = 0; g < count; g++) {
        all += groups[g].stats.count;
        sum += groups[g].stats.count * groups[g].stats.mean;
    }
    for (uint32_t g = 0; g < count; g++) {
        const replica_stats *stats = &groups[g].stats;
        const double off = stats->mean - sum / all;
        between += stats->count * off * off;
        within += stats->count > 1 ? (stats->count - 1) * stats->deviation * stats->deviation : 0;
    }
    free(groups);
    *ratio_out =
        count > 1 && all > count && within > 0 ? between / (count - 1) / (within / (all - count)) : INFINITY;
    return between + within > 0 ? between / (between + within) : 0;
}

static uint32_t strongest_axis(const sweep_view *view) {
    uint32_t best = VIEW_NONE;
    double most = 0;
    for (uint32_t axis = 0; axis < view->axis_count; axis++) {
        double ratio;
        const double share = explained(view, axis, &ratio);
        if (share > most) {
            most = share;
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

// Over an axis of ratios: a logarithm or a power, where one of them fits.
static int put_fit(const view_axis *axis, const view_group *groups, uint32_t count, char *text, size_t size) {
    double *u = calloc(3 * (size_t)count + 1, sizeof *u), *y = u + count, *v = y + count, a, b, c, power;
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
    if (fmax(by_log, by_power) < 0.9)
        return 0;
    if (by_log >= by_power)
        return snprintf(text, size, "; it goes as %.3g ln(%s) %c %.3g (R² = %.3f)", b, axis->key,
                        a < 0 ? '-' : '+', fabs(a), by_log);
    return snprintf(text, size, "; it goes as (%s)^%.3f (R² = %.3f)", axis->key, power, by_power);
}

// Where the straight line between two neighbours passes the middle of least and greatest.
static double crossing(const view_axis *axis, const view_group *groups, uint32_t count, double level) {
    for (uint32_t g = 1; g < count; g++) {
        const double before = groups[g - 1].stats.mean - level, after = groups[g].stats.mean - level;
        if ((before < 0) == (after < 0))
            continue;
        const double from = axis->numbers[groups[g - 1].x], to = axis->numbers[groups[g].x];
        return from + (to - from) * before / (before - after);
    }
    return NAN;
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
    count = ups > 0 ? ups : count;
    for (uint32_t g = 0; g < count; g++) {
        least = groups[g].stats.mean < groups[least].stats.mean ? g : least;
        greatest = groups[g].stats.mean > groups[greatest].stats.mean ? g : greatest;
    }
    const bool rises = least < greatest;
    const view_group *from = &groups[rises ? least : greatest], *end = &groups[rises ? greatest : least];
    char text[600];
    int used =
        snprintf(text, sizeof text, "%s %s from %.4g at %s = %s to %.4g at %s", of_result(view->result),
                 rises ? "rises" : "falls", from->stats.mean, axis->key, sweep_view_value(axis, from->x).text,
                 end->stats.mean, sweep_view_value(axis, end->x).text);
    const double level = (groups[least].stats.mean + groups[greatest].stats.mean) / 2,
                 at = crossing(axis, groups, count, level);
    int fitted = 0;
    if (axis->logarithmic && count > 2)
        used += fitted = put_fit(axis, groups, count, text + used, sizeof text - (size_t)used);
    if (fitted == 0 && count > 2 && !isnan(at))
        used +=
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
    double *ways = calloc(2 * (size_t)axis->count, sizeof *ways), most = 0;
    if (ways == NULL)
        abort();
    for (uint32_t i = 0; i < 2 * axis->count; i++)
        ways[i] = NAN;
    for (uint32_t g = 0; g < count; g++)
        ways[2 * groups[g].x + groups[g].down] = groups[g].stats.mean;
    for (uint32_t x = 0; x < axis->count; x++) {
        const double apart = fabs(ways[2 * x] - ways[2 * x + 1]); // NAN: only one way
        if (apart > most) {
            most = apart;
            wide = x;
        }
    }
    for (uint32_t x = 0; x < axis->count; x++)
        if (fabs(ways[2 * x] - ways[2 * x + 1]) > most / 4) {
            first = first == VIEW_NONE ? x : first;
            last = x;
        }
    char text[900];
    if (most > 0.05)
        snprintf(
            text, sizeof text,
            "up and down part between %s = %s and %s, most at %s: %.4g on the way up, %.4g on the way down: "
            "hysteresis",
            axis->key, sweep_view_value(axis, first).text, sweep_view_value(axis, last).text,
            sweep_view_value(axis, wide).text, ways[2 * wide], ways[2 * wide + 1]);
    else
        snprintf(text, sizeof text, "the same on the way up and down, to %.2g: no hysteresis", most);
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
    char text[500];
    snprintf(text, sizeof text,
             "the %.80s at which \"%.160s\" becomes true or false, to %.3g, by bisection: %s in all",
             key != NULL ? key : "?", where != NULL ? where : "?",
             json_number_value(json_object_get(find, "tolerance")), text_counted((uint64_t)runs, "run").text);
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
    double ratio = INFINITY;
    if (axis != VIEW_NONE)
        explained(&view, axis, &ratio);
    if (ratio < 3)
        line(to, "Changed", "nothing beyond what chance makes of it");
    else if (axis != VIEW_NONE && view.axes[axis].numeric)
        line_numeric(&view, axis, to);
    else if (axis != VIEW_NONE)
        line_words(&view, axis, to);
    if (!line_search(&view, to) && !line_hysteresis(&view, to) && !line_theory(&view, to))
        line_times(table, to);
    sweep_view_free(&view);
}
