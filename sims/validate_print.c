// A table for people, an object for programs. What can differ from machine to machine stands under "seconds"
// and "workers" only.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/say.h"
#include "sims/validate_out.h"

validate_verdict validate_judge(const validation *all) {
    validate_verdict verdict = {0};
    size_t used = 0;
    for (uint32_t c = 0; c < all->count; c++) {
        const validate_context *context = &all->contexts[c];
        bool failed = false;
        verdict.checks += !context->cut;
        for (uint32_t r = 0; r < context->row_count; r++) {
            verdict.rows++;
            verdict.failed += !context->rows[r].ok;
            failed = failed || !context->rows[r].ok;
        }
        if (failed && used < sizeof verdict.names)
            used += (size_t)snprintf(verdict.names + used, sizeof verdict.names - used, "%s%s",
                                     used > 0 ? ", " : "", context->check->id);
    }
    return verdict;
}

validate_number validate_value(double value) {
    validate_number number;
    if (isnan(value))
        snprintf(number.text, sizeof number.text, "-");
    else
        snprintf(number.text, sizeof number.text, "%.10g", value + 0.0); // no -0
    return number;
}

validate_number validate_expected(const validate_row *row) {
    validate_number number = validate_value(row->expected), bound;
    if (row->relation == VALIDATE_NEAR)
        return number;
    snprintf(bound.text, sizeof bound.text, "%s %.20s",
             row->relation == VALIDATE_AT_MOST ? "<=" : ">=", number.text);
    return bound;
}

void validate_remark(const validate_row *row, char *text_out, size_t size) {
    double off = (row->measured - row->expected) / row->standard_error;
    const char *between = *row->note != '\0' ? "; " : "";
    if (isfinite(off))
        snprintf(text_out, size, "%s%s%.1f standard errors off", row->note, between, fabs(off));
    else
        snprintf(text_out, size, "%s", row->note);
}

void validate_verdict_text(const validation *all, char *text_out, size_t size) {
    validate_verdict verdict = validate_judge(all);
    char done[120] = "";
    if (all->interrupted)
        snprintf(done, sizeof done, "interrupted: %u of %u checks were done; ", verdict.checks, all->count);
    if (verdict.failed == 0)
        snprintf(text_out, size, "%sall %s of %s hold", done, text_counted(verdict.rows, "row").text,
                 text_counted(all->interrupted ? verdict.checks : all->count, "check").text);
    else
        snprintf(text_out, size, "%s%s failed, of %s; the other %u hold", done,
                 text_counted(verdict.failed, "row").text, verdict.names, verdict.rows - verdict.failed);
}

// --- for people

// parameters, expected, measured, off by, within
enum { PARAMETERS_WIDTH = 52, VALUE_WIDTH = 14, SMALL_WIDTH = 9 };

static bool all_both(const validate_context *context) {
    for (uint32_t r = 0; r < context->row_count; r++)
        if (!context->rows[r].both)
            return false;
    return context->row_count > 0;
}

static void print_row(FILE *to, const validate_row *row) {
    char remark[320], off[16] = "", within[16] = "";
    if (row->relation == VALIDATE_NEAR) {
        snprintf(off, sizeof off, "%.1e", row->measured - row->expected);
        snprintf(within, sizeof within, "%.2g", row->tolerance);
        if (isnan(row->measured))
            snprintf(off, sizeof off, "-");
        if (row->tolerance == 0)
            snprintf(within, sizeof within, "exact");
    }
    fprintf(to, "  %s  %-*s", row->ok ? "ok  " : "FAIL", PARAMETERS_WIDTH, row->parameters);
    if (strlen(row->parameters) > PARAMETERS_WIDTH)
        fprintf(to, "\n  %*s", PARAMETERS_WIDTH + 6, "");
    fprintf(to, " %*s %*s %*s %*s\n", VALUE_WIDTH, validate_expected(row).text, VALUE_WIDTH,
            validate_value(row->measured).text, SMALL_WIDTH, off, SMALL_WIDTH, within);
    validate_remark(row, remark, sizeof remark);
    if (*remark != '\0') {
        fprintf(to, "%*s", row->ok ? 10 : 8, "");
        fprintf(to, "%s%s\n", row->ok ? "" : "! ", remark);
    }
}

void validate_print_check(FILE *to, const validate_context *context) {
    const validate_check *check = context->check;
    bool color = say_may_color(to);
    fprintf(to, "%s%-4s %s%s\n", color ? "\033[1m" : "", check->id, check->title, color ? "\033[0m" : "");
    char about[160];
    snprintf(about, sizeof about, "%s; %.2f s%s", check->source, context->seconds,
             all_both(context) ? "; both transports, bit for bit" : "");
    fprintf(to, "     %s\n", about);
    for (uint32_t r = 0; r < context->row_count; r++)
        print_row(to, &context->rows[r]);
    if (context->cut)
        fputs("  ....  interrupted\n", to);
    fputc('\n', to);
}

void validate_print_head(FILE *to) {
    fprintf(to, "        %-*s %*s %*s %*s %*s\n\n", PARAMETERS_WIDTH, "", VALUE_WIDTH, "expected",
            VALUE_WIDTH, "measured", SMALL_WIDTH, "off by", SMALL_WIDTH, "within");
}

void validate_print_verdict(FILE *to, const validation *all) {
    char text[600];
    validate_verdict_text(all, text, sizeof text);
    fprintf(to, "%c%s. (--%s, %s, %s)\n", text[0] >= 'a' && text[0] <= 'z' ? text[0] - 'a' + 'A' : text[0],
            text + 1, all->full ? "full" : "quick", text_counted(all->workers, "thread").text,
            text_duration(all->seconds).text);
}

// --- for programs

static json_t *number_json(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *row_json(const validate_row *row) {
    static const char *const relations[] = {"near", "at-most", "at-least"};
    json_t *json = json_object();
    json_object_set_new(json, "id", json_string(row->check->id));
    json_object_set_new(json, "title", json_string(row->check->title));
    json_object_set_new(json, "source", json_string(row->check->source));
    json_object_set_new(json, "parameters", json_string(row->parameters));
    json_object_set_new(json, "relation", json_string(relations[row->relation]));
    json_object_set_new(json, "expected", number_json(row->expected));
    json_object_set_new(json, "measured", number_json(row->measured));
    json_object_set_new(json, "tolerance",
                        row->relation == VALIDATE_NEAR ? number_json(row->tolerance) : json_null());
    json_object_set_new(json, "standard_error", number_json(row->standard_error));
    json_object_set_new(json, "both_transports", json_boolean(row->both));
    json_object_set_new(json, "note", json_string(row->note));
    json_object_set_new(json, "ok", json_boolean(row->ok));
    json_object_set_new(json, "seconds", json_real(row->seconds));
    return json;
}

json_t *validate_json(const validation *all) {
    validate_verdict verdict = validate_judge(all);
    json_t *json = json_object(), *rows = json_array();
    if (json == NULL || rows == NULL)
        abort();
    for (uint32_t c = 0; c < all->count; c++)
        for (uint32_t r = 0; r < all->contexts[c].row_count; r++)
            json_array_append_new(rows, row_json(&all->contexts[c].rows[r]));
    json_object_set_new(json, "mode", json_string(all->full ? "full" : "quick"));
    json_object_set_new(json, "version", json_string(entrain_version()));
    json_object_set_new(json, "workers", json_integer(all->workers));
    json_object_set_new(json, "checks", json_integer(all->count));
    json_object_set_new(json, "checks_done", json_integer(verdict.checks));
    json_object_set_new(json, "failed", json_integer(verdict.failed));
    json_object_set_new(json, "ok", json_boolean(verdict.failed == 0 && !all->interrupted));
    json_object_set_new(json, "interrupted", json_boolean(all->interrupted));
    json_object_set_new(json, "rows", rows);
    json_object_set_new(json, "seconds", json_real(all->seconds));
    return json;
}
